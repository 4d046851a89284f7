/* release_input.c - the files of a release, read and written. */
#include "measure/cli/release.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
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
	return memcmp(got, want, sizeof got) == 0;
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

/* Reads at most cap bytes of an open file; the number, or -1. */
static ssize_t read_some(int fd, uint8_t *out, size_t cap)
{
	size_t len = 0;

	while (len < cap) {
		ssize_t n = read(fd, out + len, cap - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

/* Whether nobody else can read it. The open file is asked, not the path. */
static int check_private(int fd, const char *path)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return cli_fail(CLI_UNAVAILABLE, "%s: not a plain file", path);
	if (st.st_uid != geteuid() || (st.st_mode & 077) != 0)
		return cli_fail(CLI_UNAVAILABLE,
				"%s: a secret must be yours alone: "
				"chmod 600",
				path);
	return CLI_DONE;
}

/* From now on a crash leaves no memory behind, where the key is; nor may
 * another process of this user look into it. */
static int leave_no_core(void)
{
	const struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) != 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return cli_fail(CLI_INTERNAL, "core dumps: %s",
				strerror(errno));
	return CLI_DONE;
}

int release_read_secret(const char *path, uint8_t *out, size_t cap, size_t *n)
{
	ssize_t got = -1;
	int fd, rc = leave_no_core();

	if (rc != CLI_DONE)
		return rc;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return cli_fail(CLI_UNAVAILABLE, "%s: %s", path,
				strerror(errno));
	rc = check_private(fd, path);
	if (rc == CLI_DONE)
		got = read_some(fd, out, cap);
	close(fd);
	if (rc == CLI_DONE && got < 0)
		rc = cli_fail(CLI_UNAVAILABLE, "%s: cannot be read", path);
	if (rc == CLI_DONE)
		*n = (size_t)got;
	return rc;
}

int release_read_private(const char *path, struct p256_key *out)
{
	uint8_t pem[DSSE_MAX_PEM];
	size_t n = 0;
	int rc = release_read_secret(path, pem, sizeof pem, &n);
	enum err e;

	if (rc != CLI_DONE)
		return rc;
	e = dsse_private_pem((struct slice){ pem, n }, out);
	wipe(pem, sizeof pem);
	return e == ERR_OK
		       ? CLI_DONE
		       : bad_file(path, "a private P-256 key in PEM", "", e);
}

static bool write_all(int fd, struct slice text)
{
	while (text.len > 0) {
		ssize_t n = write(fd, text.ptr, text.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		text.ptr += n;
		text.len -= (size_t)n;
	}
	return true;
}

int release_write(const char *path, struct slice text)
{
	char tmp[PATH_MAX];
	bool done;
	int fd, n;

	if (path == NULL)
		return cli_print(text);
	n = snprintf(tmp, sizeof tmp, "%s.tmp", path);
	if (n < 0 || (size_t)n >= sizeof tmp)
		return cli_fail(CLI_USAGE, "%s: the path is too long", path);
	(void)unlink(tmp); /* of one that was cut short; never a link's end */
	fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return cli_fail(CLI_UNAVAILABLE, "%s: %s", tmp,
				strerror(errno));
	done = write_all(fd, text) && fsync(fd) == 0;
	if (close(fd) != 0 || !done || rename(tmp, path) != 0) {
		int why = errno;

		unlink(tmp);
		return cli_fail(CLI_UNAVAILABLE, "%s: %s", path, strerror(why));
	}
	return CLI_DONE;
}
