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
	  "image, stub-keys=1",
	  CLI_REQUIRED | CLI_MANY },
	{ "gcp-tar", "FILE", "the archive for Google Compute Engine", 0 },
	{ "release", NULL, "every source was the pinned one", 0 },
	{ NULL, NULL, NULL, 0 },
};

/* The keys of --entry; values are cut out of the argument into text. */
struct entry_args {
	char text[1024];
	const char *platform, *firmware, *memory, *cpus, *machine, *image,
		*stub;
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
		{ "stub-keys", &a->stub },
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
		{ "stub-keys", a->stub },
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

static void fill_entry(const struct predict_in *in, const struct prediction *p,
		       struct reference_entry *m)
{
	m->platform = in->platform;
	sha256(in->firmware, m->firmware_sha256);
	m->memory_bytes = in->machine != NULL ? in->machine->memory_bytes
					      : in->memory_bytes;
	m->cpus = in->machine != NULL ? in->machine->cpus : in->cpus;
	snprintf(m->machine_type, sizeof m->machine_type, "%s",
		 in->machine != NULL ? in->machine->name : "");
	memcpy(m->mrtd, p->mrtd, sizeof m->mrtd);
	for (size_t i = 0; i < REFERENCE_RTMRS; i++) {
		m->rtmr_known[i] = p->rtmr[i].known;
		memcpy(m->rtmr[i], p->rtmr[i].value, SHA384_LEN);
		if (!p->rtmr[i].known && m->reason[0] == '\0')
			snprintf(m->reason, sizeof m->reason, "rtmr%zu: %s", i,
				 p->rtmr[i].why_not);
	}
}

static int add_entry(const char *spec, struct slice image, struct reference *r)
{
	struct cli_file fw = { 0 }, own = { 0 };
	struct reference_entry *m = &r->e[r->n];
	struct predict_in in = { 0 };
	struct prediction p;
	struct entry_args a;
	struct tdvf t;
	const char *why = "", *base;
	int rc = split_entry(spec, &a);

	if (rc == CLI_DONE)
		rc = entry_machine(&a, &in);
	if (rc == CLI_DONE)
		rc = input_firmware(a.firmware, &fw, &t);
	if (rc == CLI_DONE && a.image != NULL)
		rc = cli_map(a.image, INPUT_MAX_IMAGE, &own);
	in.firmware = fw.data;
	in.image = a.image != NULL ? own.data : image;
	if (rc == CLI_DONE) {
		enum err e = predict(&in, &p, &why);

		if (e != ERR_OK)
			rc = input_predict_failed(e, why);
	}
	if (rc == CLI_DONE &&
	    memcmp(p.efi_sha256, r->efi_sha256, SHA256_LEN) != 0)
		rc = cli_fail(CLI_MALFORMED,
			      "--entry: %s holds another EFI binary", a.image);
	if (rc == CLI_DONE) {
		fill_entry(&in, &p, m);
		input_note_firmware(in.platform, p.mrtd);
		base = strrchr(a.firmware, '/');
		snprintf(m->firmware_name, sizeof m->firmware_name, "%s",
			 base != NULL ? base + 1 : a.firmware);
		r->n++;
	}
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
	r->release = cli_has(c, "release");
	rc = add_digest(cli_get(c, "lock"), INPUT_MAX_BLOB, r->lock_sha256);
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
	struct cli_file image;
	int rc = cli_map(cli_get(c, "image"), INPUT_MAX_IMAGE, &image);

	if (rc != CLI_DONE)
		return rc;
	rc = fill(c, image.data, &r);
	cli_close(&image);
	if (rc != CLI_DONE)
		return rc;
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
