/* explain_input.c - what `ee-measure explain` is given. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "measure/cli/explain.h"
#include "measure/cli/input.h"
#include "measure/cli/verifier.h"
#include "measure/lib/bzimage.h"
#include "measure/lib/eventlog_text.h"
#include "measure/lib/gpt.h"
#include "measure/lib/measured.h"
#include "measure/lib/pe.h"

#define MAX_LOG_BYTES ((size_t)1 << 26)

enum {
	MAX_CONFIG = 1 << 20,
	MAX_RELEASES = 256 /* names in the folder */
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* Keeps a text as long as the input is open. */
static const char *keep(struct explain_input *x, const char *before,
			const char *text)
{
	char *out;

	if (x->nnames == sizeof x->name / sizeof x->name[0])
		return "?";
	out = x->name[x->nnames++];
	snprintf(out, sizeof x->name[0], "%.40s%.200s", before, text);
	return out;
}

/* ---- references */

/* Adds a reference; *fits is false when there is no room for one more. */
static int add_reference(struct explain_input *x, const char *path,
			 bool primary)
{
	const size_t max = sizeof x->reference / sizeof x->reference[0];
	struct reference *r;
	const char *what = "";
	struct cli_file f;
	enum err e;
	int rc;

	if (x->nreferences == max)
		return cli_fail(CLI_USAGE, "%s: more than %zu references", path,
				max);
	rc = cli_read(path, REFERENCE_BYTES, &f);
	if (rc != CLI_DONE)
		return rc;
	r = malloc(sizeof *r);
	if (r == NULL) {
		cli_close(&f);
		return cli_fail(CLI_INTERNAL, "out of memory");
	}
	x->arena.used = 0;
	e = reference_parse(&x->arena, f.data, r, &what);
	cli_close(&f);
	if (e != ERR_OK) {
		rc = cli_fail(CLI_MALFORMED, "%s: not a reference: %s%s%s",
			      path, what, what[0] != '\0' ? ": " : "",
			      err_text(e));
		free(r);
		return rc;
	}
	x->reference[x->nreferences++] = r;
	if (explain_add_reference(&x->world, r, keep(x, "", path), primary) !=
	    ERR_OK)
		return cli_fail(CLI_USAGE, "%s: too many machines", path);
	return CLI_DONE;
}

static int add_references(const struct cli *c, struct explain_input *x)
{
	const char *path;
	int rc = CLI_DONE;

	x->arena.buf = malloc(REFERENCE_ARENA);
	if (x->arena.buf == NULL)
		return cli_fail(CLI_INTERNAL, "out of memory");
	x->arena.cap = REFERENCE_ARENA;
	for (size_t i = 0; rc == CLI_DONE; i++) {
		path = cli_nth(c, "reference", i);
		if (path == NULL)
			break;
		rc = add_reference(x, path, true);
	}
	return rc;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names of the folder's JSON files, sorted, so that the answer does not
 * depend on the file system. Free them. */
static int list_releases(const char *dir, char *name[MAX_RELEASES], size_t *n)
{
	DIR *d = opendir(dir);
	struct dirent *ent;
	int rc = CLI_DONE;

	*n = 0;
	if (d == NULL)
		return cli_fail(CLI_UNAVAILABLE, "%s: %s", dir,
				strerror(errno));
	while (rc == CLI_DONE && (ent = readdir(d)) != NULL) {
		size_t len = strlen(ent->d_name);

		if (len < 6 || strcmp(ent->d_name + len - 5, ".json") != 0)
			continue;
		if (*n == MAX_RELEASES)
			rc = cli_fail(CLI_USAGE, "%s: too many files", dir);
		else if ((name[*n] = strdup(ent->d_name)) == NULL)
			rc = cli_fail(CLI_INTERNAL, "out of memory");
		else
			(*n)++;
	}
	closedir(d);
	qsort(name, *n, sizeof name[0], by_name);
	return rc;
}

/* Files of the folder that are no references are not what was asked for: said,
 * and passed over. */
static int add_releases(const char *dir, struct explain_input *x)
{
	char *name[MAX_RELEASES];
	size_t n = 0;
	int rc;

	if (dir == NULL)
		return CLI_DONE;
	rc = list_releases(dir, name, &n);
	for (size_t i = 0; i < n; i++) {
		char path[4096];

		if (rc == CLI_DONE) {
			snprintf(path, sizeof path, "%s/%s", dir, name[i]);
			rc = add_reference(x, path, false);
			if (rc == CLI_MALFORMED)
				rc = CLI_DONE;
		}
		free(name[i]);
	}
	return rc;
}

static int add_firmware(struct explain_input *x, const char *path)
{
	const size_t max = sizeof x->firmware / sizeof x->firmware[0];
	struct reference_firmware *f;
	struct cli_file file;
	const char *why = "";
	struct tdvf t;
	enum err e;
	int rc;

	if (x->nfirmware == max)
		return cli_fail(CLI_USAGE, "more than %zu --firmware", max);
	f = &x->firmware[x->nfirmware];
	rc = input_firmware(path, &file, &t);
	if (rc != CLI_DONE)
		return rc;
	e = reference_firmware_of(file.data, base_name(path), f, &why);
	cli_close(&file);
	if (e != ERR_OK)
		return cli_fail(CLI_MALFORMED, "%s: %s", path, why);
	x->nfirmware++;
	if (explain_add_firmware(&x->world, f) != ERR_OK)
		return cli_fail(CLI_USAGE, "too many firmware images");
	return CLI_DONE;
}

/* ---- what else may have been measured */

static int candidate(struct explain_input *x, unsigned rtmr,
		     enum event_type type, enum explain_cause cause,
		     const uint8_t digest[SHA384_LEN], const char *what,
		     bool optional)
{
	if (explain_add_candidate(&x->world, rtmr, type, cause, digest, what,
				  optional) != ERR_OK)
		return cli_fail(CLI_USAGE, "too many candidates");
	return CLI_DONE;
}

/* A kernel that an old QEMU starts with -kernel shows a changed header. */
static int add_patched(struct explain_input *x, struct slice kernel,
		       const char *path)
{
	const struct qemu_kernel k = { .memory_bytes = UINT64_C(4) << 30 };
	uint8_t digest[SHA384_LEN], *copy;
	const char *why = "";
	enum err e;

	if (!bzimage_is(kernel))
		return CLI_DONE;
	copy = malloc(kernel.len);
	if (copy == NULL)
		return cli_fail(CLI_INTERNAL, "out of memory");
	memcpy(copy, kernel.ptr, kernel.len);
	e = qemu_patch_kernel(copy, kernel.len, &k, &why);
	if (e == ERR_OK)
		e = pe_authenticode((struct slice){ copy, kernel.len }, digest,
				    &why);
	free(copy);
	return e != ERR_OK
		       ? CLI_DONE
		       : candidate(
				 x, 1, EVENT_APPLICATION, EXPLAIN_BINARY,
				 digest,
				 keep(x, "patched by QEMU: ", base_name(path)),
				 false);
}

/* The event of a partition table, and what an event log would say of it. */
static int add_table(struct explain_input *x, const struct gpt *gpt,
		     const char *path)
{
	static const uint8_t unused[16];
	static uint8_t data[GPT_HEADER_LEN + 8 + 16 * GPT_ENTRY_LEN];
	struct wr w = wr_over(data, sizeof data);
	struct log_event ev = { .type = event_type_number(EVENT_GPT) };
	uint8_t digest[SHA384_LEN];
	char text[LOG_TEXT_MAX], before[64];

	wr_bytes(&w, gpt->header);
	wr_u64le(&w, gpt->used);
	for (size_t i = 0; i + GPT_ENTRY_LEN <= gpt->entries.len;
	     i += GPT_ENTRY_LEN)
		if (memcmp(gpt->entries.ptr + i, unused, sizeof unused) != 0)
			wr_bytes(&w, (struct slice){ gpt->entries.ptr + i,
						     GPT_ENTRY_LEN });
	ev.data = wr_slice(&w); /* nothing when there are very many */
	eventlog_describe(&ev, text);
	snprintf(before, sizeof before, "%.30s: ", base_name(path));
	gpt_digest(gpt, digest);
	return candidate(x, 1, EVENT_GPT, EXPLAIN_GPT, digest,
			 keep(x, before, text), false);
}

static int add_image(struct explain_input *x, const char *path)
{
	uint8_t sha[SHA256_LEN], digest[SHA384_LEN];
	const char *why = "";
	struct cli_file f;
	struct gpt gpt;
	int rc = cli_map(path, INPUT_MAX_IMAGE, &f);

	if (rc != CLI_DONE)
		return rc;
	if (efi_digests(f.data, sha, digest, &why) != ERR_OK)
		rc = cli_fail(CLI_MALFORMED, "%s: %s", path, why);
	if (rc == CLI_DONE)
		rc = candidate(x, 1, EVENT_APPLICATION, EXPLAIN_BINARY, digest,
			       keep(x, "the EFI binary of ", base_name(path)),
			       false);
	if (rc == CLI_DONE && gpt_is(f.data) &&
	    gpt_parse(f.data, &gpt, &why) == ERR_OK) {
		rc = add_table(x, &gpt, path);
	} else if (rc == CLI_DONE) {
		rc = add_patched(x, f.data, path);
	}
	cli_close(&f);
	return rc;
}

/* The firmware adds to the command line when there is an initrd: edk2 before
 * and after it knew QEMU's -shim. */
static int add_command_line(struct explain_input *x, const char *text)
{
	static const char *const forms[][2] = { { "", "" },
						{ "", " initrd=initrd" },
						{ "initrd=initrd ", "" } };
	int rc = CLI_DONE;

	for (size_t i = 0; i < 3 && rc == CLI_DONE; i++) {
		uint8_t digest[SHA384_LEN];
		char line[4096];
		const char *name;

		if ((size_t)snprintf(line, sizeof line, "%s%s%s", forms[i][0],
				     text, forms[i][1]) >= sizeof line ||
		    !load_options_digest(str_slice(line), digest))
			return cli_fail(CLI_USAGE,
					"--cmdline: too long, or not "
					"printable ASCII");
		name = keep(x, "", line);
		rc = candidate(x, 2, EVENT_EVENT_TAG, EXPLAIN_COMMAND_LINE,
			       digest, name, true);
		if (rc == CLI_DONE)
			rc = candidate(x, 2, EVENT_IPL, EXPLAIN_COMMAND_LINE,
				       digest, name, false);
	}
	return rc;
}

static int add_initrd(struct explain_input *x, const char *path)
{
	uint8_t digest[SHA384_LEN];
	struct cli_file f;
	int rc = cli_map(path, INPUT_MAX_IMAGE, &f);

	if (rc != CLI_DONE)
		return rc;
	sha384(f.data, digest);
	cli_close(&f);
	return candidate(x, 2, EVENT_EVENT_TAG, EXPLAIN_INITRD, digest,
			 keep(x, "the initrd ", base_name(path)), true);
}

/* A kernel of the reference, as it is in its file: QEMU 10.0 and later starts
 * it so. */
static int add_unpatched(struct explain_input *x)
{
	for (size_t i = 0; i < x->nreferences; i++) {
		const struct reference *r = x->reference[i];
		bool efi = false;
		int rc;

		for (size_t k = 0; k < r->n; k++)
			efi = efi || r->e[k].boot == REFERENCE_EFI;
		rc = !efi ? CLI_DONE
			  : candidate(x, 1, EVENT_APPLICATION,
				      EXPLAIN_KERNEL_PATCH,
				      r->efi_authenticode_sha384,
				      "the EFI binary as it is in its file",
				      false);
		if (rc != CLI_DONE)
			return rc;
	}
	return CLI_DONE;
}

static int each(const struct cli *c, const char *option,
		struct explain_input *x,
		int (*add)(struct explain_input *, const char *))
{
	const char *value;
	int rc = CLI_DONE;

	for (size_t i = 0; rc == CLI_DONE; i++) {
		value = cli_nth(c, option, i);
		if (value == NULL)
			break;
		rc = add(x, value);
	}
	return rc;
}

/* ---- the log */

static int read_log(struct explain_input *x, const char *path,
		    struct eventlog *reader)
{
	const char *why = "";

	if (explain_read_log(reader, &x->log, &why) != ERR_OK)
		return cli_fail(CLI_MALFORMED, "%s: %s (after %zu events)",
				path, why, reader->count);
	for (unsigned r = 0; r < RTMR_COUNT; r++)
		if (x->log.full[r])
			cli_note("the log has more than %d events for RTMR%u: "
				 "it is not used there",
				 EXPLAIN_LIST_IN, r);
	explain_set_log(&x->log, &x->in);
	return CLI_DONE;
}

static int add_log(const struct cli *c, struct explain_input *x)
{
	static struct eventlog reader;
	const char *path = cli_get(c, "eventlog"), *why = "";
	enum log_format format;
	struct cli_file f;
	int rc = input_log_format(c, &format);

	if (rc == CLI_DONE && path == NULL && cli_has(c, "format"))
		return cli_fail(CLI_USAGE, "--format needs --eventlog");
	if (rc != CLI_DONE || path == NULL)
		return rc;
	rc = cli_map(path, MAX_LOG_BYTES, &f);
	if (rc != CLI_DONE)
		return rc;
	if (eventlog_open(f.data, format, &reader, &why) != ERR_OK)
		rc = cli_fail(CLI_MALFORMED, "%s: %s", path, why);
	else
		rc = read_log(x, path, &reader);
	cli_close(&f);
	return rc;
}

/* ---- all of it */

static int open_quote(const struct cli *c, struct explain_input *x)
{
	const char *path = cli_get(c, "quote"), *what = "";
	struct slice bytes;
	int rc = cli_quote_read(path, &x->quote_file, &bytes);
	enum err e;

	if (rc != CLI_DONE)
		return rc;
	e = quote_parse(bytes, &x->quote, &what);
	if (e != ERR_OK)
		return cli_fail(CLI_MALFORMED, "%s: not a TDX quote: %s: %s",
				path, what, err_text(e));
	x->in.body = &x->quote.body;
	x->in.padding = x->quote.padding;
	return CLI_DONE;
}

static int open_config(const struct cli *c, struct explain_input *x)
{
	const char *path = cli_get(c, "config");
	int rc;

	if (path == NULL)
		return CLI_DONE;
	rc = cli_read(path, MAX_CONFIG, &x->config_file);
	if (rc == CLI_DONE)
		x->in.config = x->config_file.data;
	return rc;
}

int explain_input_open(const struct cli *c, struct explain_input *x)
{
	int rc = open_quote(c, x);

	if (rc == CLI_DONE)
		rc = add_references(c, x);
	if (rc == CLI_DONE)
		rc = add_releases(cli_get(c, "releases"), x);
	if (rc == CLI_DONE)
		rc = each(c, "firmware", x, add_firmware);
	if (rc == CLI_DONE)
		rc = each(c, "image", x, add_image);
	if (rc == CLI_DONE)
		rc = each(c, "cmdline", x, add_command_line);
	if (rc == CLI_DONE)
		rc = each(c, "initrd", x, add_initrd);
	if (rc == CLI_DONE)
		rc = add_unpatched(x);
	if (rc == CLI_DONE)
		rc = add_log(c, x);
	if (rc == CLI_DONE)
		rc = open_config(c, x);
	explain_set_world(&x->world, &x->in);
	return rc;
}

void explain_input_close(struct explain_input *x)
{
	cli_close(&x->quote_file);
	cli_close(&x->config_file);
	for (size_t i = 0; i < x->nreferences; i++)
		free(x->reference[i]);
	free(x->arena.buf);
}
