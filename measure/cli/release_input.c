/* release_input.c - the files of a release. */
#include "measure/cli/release.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure/cli/input.h"

/* One command reads at most two references, one after the other. */
static uint8_t arena_mem[RELEASE_ARENA], envelope_mem[DSSE_ARENA];

static int join(const char *dir, const char *name, char out[static PATH_MAX])
{
	int n = snprintf(out, PATH_MAX, "%s/%s", dir, name);

	if (n < 0 || n >= PATH_MAX)
		return cli_fail(CLI_USAGE, "%s: the path is too long", dir);
	return CLI_DONE;
}

/* Maps DIR/NAME when it is there. */
static int map_if_there(const char *dir, const char *name, struct cli_file *out)
{
	char path[PATH_MAX];
	struct stat st;
	int rc = join(dir, name, path);

	if (rc != CLI_DONE)
		return rc;
	if (stat(path, &st) != 0)
		return errno == ENOENT ? CLI_DONE
				       : cli_fail(CLI_UNAVAILABLE, "%s: %s",
						  path, strerror(errno));
	/* of a folder that somebody else has filled: nothing to wait for */
	if (!S_ISREG(st.st_mode))
		return cli_fail(CLI_UNAVAILABLE, "%s: not a plain file", path);
	rc = cli_map(path, INPUT_MAX_IMAGE, out);
	/* an empty file is there, too */
	if (rc == CLI_DONE && out->data.ptr == NULL)
		out->data.ptr = (const uint8_t *)"";
	return rc;
}

int release_dir_open(const char *path, struct release_dir *out)
{
	const struct {
		const char *name;
		struct cli_file *file;
	} files[] = {
		{ RELEASE_EFI, &out->efi },
		{ RELEASE_DISK, &out->disk },
		{ RELEASE_GCP_TAR, &out->gcp_tar },
		{ RELEASE_GCP_RAW, &out->gcp_raw },
		{ RELEASE_LOCK, &out->lock },
		{ "measurements.json", &out->reference },
	};
	struct stat st;
	int rc = CLI_DONE;

	*out = (struct release_dir){ 0 };
	if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
		return cli_fail(CLI_UNAVAILABLE, "%s: no such folder", path);
	for (size_t i = 0; rc == CLI_DONE && i < sizeof files / sizeof *files;
	     i++)
		rc = map_if_there(path, files[i].name, files[i].file);
	return rc;
}

struct slice release_dir_disk(const struct release_dir *d)
{
	return d->disk.data.ptr != NULL ? d->disk.data : d->gcp_raw.data;
}

void release_dir_close(struct release_dir *d)
{
	cli_close(&d->efi);
	cli_close(&d->disk);
	cli_close(&d->gcp_tar);
	cli_close(&d->gcp_raw);
	cli_close(&d->lock);
	cli_close(&d->reference);
}

static bool is_file(const struct cli_file *f, const uint8_t *want)
{
	uint8_t got[SHA256_LEN];

	sha256(f->data, got);
	return ct_eq(got, want, sizeof got);
}

int release_dir_check(const struct release_dir *d, const struct reference *r,
		      const char **checked, struct release_finding *out)
{
	const struct {
		const char *name;
		const struct cli_file *file;
		const uint8_t *want;
		bool named;
	} files[] = {
		{ RELEASE_EFI, &d->efi, r->efi_sha256, true },
		{ RELEASE_GCP_TAR, &d->gcp_tar, r->gcp_tar_sha256,
		  r->has_gcp_tar },
		{ RELEASE_LOCK, &d->lock, r->lock_sha256, true },
		{ RELEASE_DISK, &d->disk, r->raw_sha256, r->has_raw },
		{ RELEASE_GCP_RAW, &d->gcp_raw, r->raw_sha256, r->has_raw },
	};

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		if (!files[i].named || files[i].file->data.ptr == NULL)
			continue;
		*checked++ = files[i].name;
		*checked = NULL;
		if (is_file(files[i].file, files[i].want))
			continue;
		snprintf(out->what, sizeof out->what, "%s", files[i].name);
		snprintf(
			out->detail, sizeof out->detail,
			"the file has another SHA-256 than the reference says");
		return CLI_REFUSED;
	}
	return CLI_DONE;
}

static int bad_file(const char *path, const char *is_no, const char *what,
		    enum err e)
{
	return cli_fail(CLI_MALFORMED, "%s: not %s: %s%s%s", path, is_no, what,
			what[0] != '\0' ? ": " : "", err_text(e));
}

int release_read_envelope(const char *path, struct dsse *out)
{
	struct arena a = arena_over(envelope_mem, sizeof envelope_mem);
	struct cli_file f;
	int rc = cli_read(path, DSSE_MAX_BYTES, &f);
	enum err e;

	if (rc != CLI_DONE)
		return rc;
	e = dsse_parse(&a, f.data, out);
	cli_close(&f);
	return e == ERR_OK ? CLI_DONE
			   : bad_file(path, "a signed envelope", "", e);
}

int release_read_statement(const char *path, const struct dsse *d,
			   struct reference *out)
{
	struct arena a = arena_over(arena_mem, sizeof arena_mem);
	const char *what = "payloadType";
	enum err e = ERR_UNSUPP;

	if (slice_is(d->payload_type, RELEASE_PAYLOAD_TYPE))
		e = release_statement_read(&a, d->payload, out, &what);
	return e == ERR_OK
		       ? CLI_DONE
		       : bad_file(path, "the statement of a release", what, e);
}

/* Whether a JSON text is an envelope, by the one member that says so. */
static bool is_envelope(struct slice text)
{
	struct arena a = arena_over(envelope_mem, sizeof envelope_mem);
	struct json doc;

	return json_parse(&a, text, &doc) == ERR_OK &&
	       json_has(doc, "payloadType");
}

static int read_plain(const char *path, struct slice text,
		      struct reference *out)
{
	struct arena a = arena_over(arena_mem, sizeof arena_mem);
	const char *what = "";
	enum err e = reference_parse(&a, text, out, &what);

	return e == ERR_OK ? CLI_DONE
			   : bad_file(path, "a reference file", what, e);
}

static int read_either(const char *path, struct slice text, const uint8_t *pub,
		       struct reference *out)
{
	struct arena a;
	struct dsse d;
	enum err e;

	if (!is_envelope(text))
		return read_plain(path, text, out);
	a = arena_over(envelope_mem, sizeof envelope_mem);
	e = dsse_parse(&a, text, &d);
	if (e != ERR_OK)
		return bad_file(path, "a signed envelope", "", e);
	if (pub != NULL && dsse_verify(&d, pub) != ERR_OK)
		return CLI_REFUSED;
	return release_read_statement(path, &d, out);
}

int release_read_reference(const char *path, const uint8_t *pub,
			   struct reference *out)
{
	char inside[PATH_MAX];
	struct cli_file f;
	struct stat st;
	int rc = CLI_DONE;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		rc = join(path, "measurements.json", inside);
		path = inside;
	}
	if (rc == CLI_DONE)
		rc = cli_read(path, DSSE_MAX_BYTES, &f);
	if (rc != CLI_DONE)
		return rc;
	rc = read_either(path, f.data, pub, out);
	cli_close(&f);
	return rc;
}

int release_read_public(const char *path, uint8_t pub[static P256_PUB_LEN])
{
	struct cli_file f;
	int rc = cli_read(path, DSSE_MAX_PEM, &f);
	enum err e;

	if (rc != CLI_DONE)
		return rc;
	e = dsse_public_pem(f.data, pub);
	cli_close(&f);
	return e == ERR_OK ? CLI_DONE
			   : bad_file(path, "a public P-256 key in PEM", "", e);
}

int release_read_private(const char *path, struct p256_key *out)
{
	uint8_t pem[DSSE_MAX_PEM];
	size_t n;
	enum err e;
	int rc = cli_read_private(path, pem, sizeof pem, &n);

	if (rc != CLI_DONE)
		return rc;
	e = dsse_private_pem((struct slice){ pem, n }, out);
	wipe(pem, sizeof pem);
	return e == ERR_OK
		       ? CLI_DONE
		       : bad_file(path, "a private P-256 key in PEM", "", e);
}
