/* reference.c - ee-measure reference: writes measurements.json, the values that
 * genuine boots of one image show. */
#include "measure/lib/reference.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "measure/cli/cli.h"
#include "measure/cli/input.h"
#include "measure/lib/gcp.h"
#include "measure/lib/gpt.h"

static const struct cli_opt opts[] = {
	{ "image", "FILE", "the image disk, or the bare EFI binary",
	  CLI_REQUIRED },
	{ "kind", "production|sim", "which kernel it is", CLI_REQUIRED },
	{ "lock", "FILE", "image/sources.lock", CLI_REQUIRED },
	{ "toolchain", "TEXT", "what it was made with", CLI_REQUIRED },
	{ "entry", "KEY=VALUE[,KEY=VALUE]",
	  "one machine: platform, firmware, memory, cpus, machine-type, "
	  "image, acpi=DIR, quirk=NAME+NAME, second-disk=1, "
	  "stub-keys=1",
	  CLI_REQUIRED | CLI_MANY },
	{ "gcp-tar", "FILE", "the archive for Google Compute Engine", 0 },
	{ "pinned", NULL, "every source was the pinned one", 0 },
	{ "version", "TEXT", "of a release; needs the next four and --pinned",
	  0 },
	{ "counter", "N", "of the release: one more than the one before", 0 },
	{ "commit", "HEX", "of the sources", 0 },
	{ "not-before", "TIME", "the release is good from then", 0 },
	{ "not-after", "TIME", "and until then", 0 },
	{ "revoked", "\"COUNTER VERSION REASON\"",
	  "an earlier release that must not be trusted any more", CLI_MANY },
	{ NULL, NULL, NULL, 0 },
};

/* The keys of --entry; values are cut out of the argument into text. */
struct entry_args {
	char text[1024];
	const char *platform, *firmware, *memory, *cpus, *machine, *image,
		*stub, *acpi, *quirk, *second;
};

static const char **entry_slot(struct entry_args *a, const char *key)
{
	const struct {
		const char *key;
		const char **slot;
	} slots[] = {
		{ "platform", &a->platform },    { "firmware", &a->firmware },
		{ "memory", &a->memory },        { "cpus", &a->cpus },
		{ "machine-type", &a->machine }, { "image", &a->image },
		{ "stub-keys", &a->stub },       { "acpi", &a->acpi },
		{ "quirk", &a->quirk },          { "second-disk", &a->second },
	};

	for (size_t i = 0; i < sizeof slots / sizeof *slots; i++)
		if (strcmp(slots[i].key, key) == 0)
			return slots[i].slot;
	return NULL;
}

static int split_entry(const char *spec, struct entry_args *a)
{
	char *save = NULL, *item;

	*a = (struct entry_args){ 0 };
	if (strlen(spec) >= sizeof a->text)
		return cli_fail(CLI_USAGE, "--entry: too long");
	strcpy(a->text, spec);
	for (item = strtok_r(a->text, ",", &save); item != NULL;
	     item = strtok_r(NULL, ",", &save)) {
		char *eq = strchr(item, '=');
		const char **slot;

		if (eq == NULL)
			return cli_fail(CLI_USAGE, "--entry: %s has no value",
					item);
		*eq = '\0';
		slot = entry_slot(a, item);
		if (slot == NULL || *slot != NULL)
			return cli_fail(CLI_USAGE,
					"--entry: %s is unknown or twice there",
					item);
		*slot = eq + 1;
	}
	if (a->platform == NULL || a->firmware == NULL)
		return cli_fail(CLI_USAGE,
				"--entry needs platform and firmware");
	return CLI_DONE;
}

/* The machine of an entry, by the same rules as the options of `image`. */
static int entry_machine(const struct entry_args *a, struct predict_in *in)
{
	static const struct cli_opt machine_opts[] = { INPUT_MACHINE_OPTS,
						       { 0 } };
	const struct {
		const char *name, *value;
	} given[] = {
		{ "platform", a->platform }, { "memory", a->memory },
		{ "cpus", a->cpus },         { "machine-type", a->machine },
		{ "stub-keys", a->stub },    { "second-disk", a->second },
	};
	struct cli c = { 0 };

	for (size_t i = 0; i < sizeof given / sizeof *given; i++)
		for (const struct cli_opt *o = machine_opts; o->name != NULL;
		     o++) {
			if (given[i].value == NULL ||
			    strcmp(o->name, given[i].name) != 0)
				continue;
			c.given[c.n].opt = o;
			c.given[c.n++].value = given[i].value;
		}
	return input_machine(&c, in);
}

/* "old-separator+two-pass": names of image's options. */
static int entry_quirks(const char *quirks, struct predict_in *in)
{
	while (quirks != NULL && *quirks != '\0') {
		size_t n = strcspn(quirks, "+");
		char name[32];

		(void)snprintf(name, sizeof name, "%.*s", (int)n, quirks);
		if (n >= sizeof name || !input_quirk(name, in))
			return cli_fail(CLI_USAGE, "--entry: no quirk %.*s",
					(int)n, quirks);
		quirks += quirks[n] == '+' ? n + 1 : n;
	}
	return CLI_DONE;
}

/* The index of a firmware in the list, to which it is added when it is new. */
static int add_firmware(const char *path, struct slice fw, struct reference *r,
			size_t *index)
{
	struct reference_firmware *f = &r->firmware[r->nfirmware];
	const char *base = strrchr(path, '/'), *why = "";
	uint8_t sha[SHA256_LEN];

	sha256(fw, sha);
	for (*index = 0; *index < r->nfirmware; (*index)++)
		if (ct_eq(r->firmware[*index].sha256, sha, sizeof sha))
			return CLI_DONE;
	if (r->nfirmware == REFERENCE_MAX_FIRMWARE)
		return cli_fail(CLI_USAGE, "too many firmware images");
	if (reference_firmware_of(fw, base != NULL ? base + 1 : path, f,
				  &why) != ERR_OK)
		return cli_fail(CLI_MALFORMED, "%s: %s", path, why);
	r->nfirmware++;
	return CLI_DONE;
}

static int add_entry(const char *spec, struct slice image, struct reference *r)
{
	struct cli_file fw = { 0 }, own = { 0 };
	struct input_files machine = { 0 };
	struct predict_in in = { 0 };
	static struct prediction p;
	struct entry_args a;
	struct tdvf t;
	const char *why = "";
	size_t index = 0;
	int rc = split_entry(spec, &a);

	if (rc == CLI_DONE)
		rc = entry_machine(&a, &in);
	if (rc == CLI_DONE)
		rc = input_firmware(a.firmware, &fw, &t);
	if (rc == CLI_DONE && a.image != NULL)
		rc = cli_map(a.image, INPUT_MAX_IMAGE, &own);
	in.firmware = fw.data;
	in.image = a.image != NULL ? own.data : image;
	if (rc == CLI_DONE)
		rc = entry_quirks(a.quirk, &in);
	if (rc == CLI_DONE && a.acpi != NULL)
		rc = input_acpi(a.acpi, &machine, &in);
	if (rc == CLI_DONE) {
		enum err e = predict(&in, &p, &why);

		if (e != ERR_OK)
			rc = input_predict_failed(e, why);
	}
	if (rc == CLI_DONE && !ct_eq(p.efi_sha256, r->efi_sha256, SHA256_LEN))
		rc = cli_fail(CLI_MALFORMED,
			      "--entry: %s holds another EFI binary", a.image);
	if (rc == CLI_DONE)
		rc = add_firmware(a.firmware, fw.data, r, &index);
	if (rc == CLI_DONE) {
		enum err e = reference_add(r, &in, index, &p);

		if (e != ERR_OK)
			rc = cli_fail(CLI_USAGE, "--entry: %s", err_text(e));
		else
			input_note_firmware(in.platform, p.mrtd);
	}
	input_files_close(&machine);
	cli_close(&fw);
	cli_close(&own);
	return rc;
}

static int add_digest(const char *path, uint64_t max,
		      uint8_t out[static SHA256_LEN])
{
	struct cli_file f;
	int rc = cli_map(path, max, &f);

	if (rc != CLI_DONE)
		return rc;
	sha256(f.data, out);
	cli_close(&f);
	return CLI_DONE;
}

static int release_time(const struct cli *c, const char *name, int64_t *out)
{
	if (cli_time(cli_get(c, name), out) != ERR_OK || *out <= 0)
		return cli_fail(CLI_USAGE, "--%s: not RFC 3339 or Unix seconds",
				name);
	return CLI_DONE;
}

/* All of them, or none of them. */
static int release_opts(const struct cli *c, struct reference_release *r)
{
	static const char *const names[] = { "version", "counter", "commit",
					     "not-before", "not-after" };
	size_t given = 0, all = sizeof names / sizeof *names;
	uint64_t counter;
	int rc;

	r->pinned = cli_has(c, "pinned");
	for (size_t i = 0; i < all; i++)
		given += cli_has(c, names[i]);
	if (given == 0)
		return CLI_DONE;
	if (given < all || !r->pinned)
		return cli_fail(CLI_USAGE,
				"a release has --version, --counter, --commit, "
				"--not-before, --not-after and is --pinned");
	if (!reference_version_ok(str_slice(cli_get(c, "version"))) ||
	    slice_cstr(str_slice(cli_get(c, "version")), r->version,
		       sizeof r->version) != ERR_OK)
		return cli_fail(CLI_USAGE,
				"--version %s: not 1 to 31 of "
				"0-9 A-Z a-z . - + _",
				cli_get(c, "version"));
	if (u64_parse(str_slice(cli_get(c, "counter")), INT32_MAX, &counter) !=
		    ERR_OK ||
	    counter == 0)
		return cli_fail(CLI_USAGE, "--counter: not 1 to 2147483647");
	if (!reference_commit_ok(str_slice(cli_get(c, "commit"))) ||
	    slice_cstr(str_slice(cli_get(c, "commit")), r->commit,
		       sizeof r->commit) != ERR_OK)
		return cli_fail(CLI_USAGE, "--commit: not 40 or 64 of 0-9 a-f");
	r->counter = (uint32_t)counter;
	rc = release_time(c, "not-before", &r->not_before_s);
	if (rc == CLI_DONE)
		rc = release_time(c, "not-after", &r->not_after_s);
	return rc;
}

/* "5 1.0.4 the reason in words" */
static bool parse_revoked(struct slice in, struct reference_revoked *out)
{
	const uint8_t *end = in.ptr + in.len;
	const uint8_t *a = memchr(in.ptr, ' ', in.len), *b = NULL;
	uint64_t counter = 0;

	if (a != NULL)
		b = memchr(a + 1, ' ', (size_t)(end - a - 1));
	if (b == NULL || b + 1 == end ||
	    u64_parse((struct slice){ in.ptr, (size_t)(a - in.ptr) }, INT32_MAX,
		      &counter) != ERR_OK ||
	    !reference_version_ok(
		    (struct slice){ a + 1, (size_t)(b - a - 1) }) ||
	    slice_cstr((struct slice){ a + 1, (size_t)(b - a - 1) },
		       out->version, sizeof out->version) != ERR_OK ||
	    slice_cstr((struct slice){ b + 1, (size_t)(end - b - 1) },
		       out->reason, sizeof out->reason) != ERR_OK)
		return false;
	out->counter = (uint32_t)counter;
	return true;
}

static int add_revoked(const struct cli *c, struct reference *r)
{
	const char *text;

	for (size_t i = 0; (text = cli_nth(c, "revoked", i)) != NULL; i++) {
		if (r->nrevoked == REFERENCE_MAX_REVOKED)
			return cli_fail(CLI_USAGE, "too many --revoked");
		if (!parse_revoked(str_slice(text), &r->revoked[r->nrevoked]))
			return cli_fail(CLI_USAGE,
					"--revoked %s: not COUNTER VERSION "
					"REASON",
					text);
		r->nrevoked++;
	}
	return CLI_DONE;
}

static int fill(const struct cli *c, struct slice image, struct reference *r)
{
	const char *toolchain = cli_get(c, "toolchain"), *spec, *why = "";
	int rc;

	if (reference_kind_parse(str_slice(cli_get(c, "kind")), &r->kind) !=
	    ERR_OK)
		return cli_fail(CLI_USAGE, "--kind is production or sim");
	if (toolchain[0] == '\0' ||
	    slice_cstr(str_slice(toolchain), r->toolchain,
		       sizeof r->toolchain) != ERR_OK)
		return cli_fail(CLI_USAGE, "--toolchain: empty or too long");
	rc = release_opts(c, &r->release);
	if (rc == CLI_DONE)
		rc = add_revoked(c, r);
	if (rc == CLI_DONE)
		rc = add_digest(cli_get(c, "lock"), INPUT_MAX_BLOB,
				r->lock_sha256);
	if (rc == CLI_DONE && cli_has(c, "gcp-tar")) {
		r->has_gcp_tar = true;
		rc = add_digest(cli_get(c, "gcp-tar"), INPUT_MAX_IMAGE,
				r->gcp_tar_sha256);
	}
	if (rc == CLI_DONE &&
	    efi_digests(image, r->efi_sha256, r->efi_authenticode_sha384,
			&why) != ERR_OK)
		rc = cli_fail(CLI_MALFORMED, "%s: %s", cli_get(c, "image"),
			      why);
	for (size_t i = 0; rc == CLI_DONE; i++) {
		spec = cli_nth(c, "entry", i);
		if (spec == NULL)
			break;
		if (r->n == REFERENCE_MAX)
			return cli_fail(CLI_USAGE, "too many entries");
		rc = add_entry(spec, image, r);
	}
	if (rc == CLI_DONE && gpt_is(image)) {
		r->has_raw = true;
		sha256(image, r->raw_sha256);
	}
	return rc;
}

static int run(const struct cli *c)
{
	static uint8_t text[REFERENCE_BYTES];
	static struct reference r;
	struct wr w = wr_over(text, sizeof text);
	const char *what = "";
	struct cli_file image;
	int rc = cli_map(cli_get(c, "image"), INPUT_MAX_IMAGE, &image);

	if (rc != CLI_DONE)
		return rc;
	rc = fill(c, image.data, &r);
	cli_close(&image);
	if (rc != CLI_DONE)
		return rc;
	if (reference_check(&r, &what) != ERR_OK)
		return cli_fail(CLI_USAGE, "no such release: %s is wrong",
				what);
	if (reference_write(&r, &w) != ERR_OK)
		return cli_fail(CLI_INTERNAL, "the output does not fit");
	return cli_print(wr_slice(&w));
}

const struct cli_cmd cmd_reference = {
	.name = "reference",
	.operands = "",
	.noperands = 0,
	.summary = "write the reference measurements of an image",
	.opts = opts,
	.run = run,
};
