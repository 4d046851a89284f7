/* release_sign.c - ee-measure release sign: states that a reference is that of
 * a release, and signs it. */
#include <stdio.h>
#include <string.h>

#include "measure/cli/release.h"

static const struct cli_opt opts[] = {
	{ "key", "FILE", "the private key, PEM, readable by its owner alone",
	  CLI_REQUIRED },
	{ "reference", "FILE", "measurements.json of the release",
	  CLI_REQUIRED },
	{ "artefacts", "DIR", "its files, which must be what it says",
	  CLI_REQUIRED },
	{ "out", "FILE", "where to (standard output)", 0 },
	{ NULL, NULL, NULL, 0 },
};

/* Nobody signs for what was not there. */
static int check_artefacts(const char *dir, const struct reference *r)
{
	const char *checked[RELEASE_NFILES + 1];
	struct release_finding f = { 0 };
	struct release_dir d;
	int rc = release_dir_open(dir, &d);

	if (rc == CLI_DONE &&
	    (d.efi.data.ptr == NULL ||
	     (r->has_raw && release_dir_disk(&d).ptr == NULL) ||
	     (r->has_gcp_tar && d.gcp_tar.data.ptr == NULL)))
		rc = cli_fail(CLI_UNAVAILABLE,
			      "%s: a file of which the reference has a digest "
			      "is not there",
			      dir);
	if (rc == CLI_DONE)
		rc = release_dir_check(&d, r, checked, &f);
	if (rc == CLI_REFUSED)
		cli_fail(rc, "%s/%s: %s", dir, f.what, f.detail);
	release_dir_close(&d);
	return rc;
}

static int sign(const char *key_path, struct slice statement, struct wr *out)
{
	struct p256_key key;
	int rc = release_read_private(key_path, &key);
	enum err e;

	if (rc != CLI_DONE)
		return rc;
	e = dsse_sign(&key, RELEASE_PAYLOAD_TYPE, statement, out);
	wipe(&key, sizeof key);
	return e == ERR_OK
		       ? CLI_DONE
		       : cli_fail(CLI_INTERNAL, "cannot sign: %s", err_text(e));
}

static int run(const struct cli *c)
{
	static uint8_t statement[RELEASE_MAX_STATEMENT];
	static uint8_t envelope[DSSE_MAX_BYTES];
	static struct reference r;
	struct wr w = wr_over(statement, sizeof statement);
	struct wr out = wr_over(envelope, sizeof envelope);
	int rc = release_read_reference(cli_get(c, "reference"), NULL, &r);

	if (rc == CLI_DONE && r.release.counter == 0)
		return cli_fail(CLI_REFUSED,
				"%s: a development build is not a release",
				cli_get(c, "reference"));
	if (rc == CLI_DONE)
		rc = check_artefacts(cli_get(c, "artefacts"), &r);
	if (rc != CLI_DONE)
		return rc;
	if (release_statement_write(&r, &w) != ERR_OK)
		return cli_fail(CLI_INTERNAL, "the statement does not fit");
	rc = sign(cli_get(c, "key"), wr_slice(&w), &out);
	if (rc == CLI_DONE)
		rc = cli_write(cli_get(c, "out"), wr_slice(&out));
	return rc;
}

const struct cli_cmd cmd_release_sign = {
	.name = "release sign",
	.operands = "",
	.noperands = 0,
	.summary = "sign the reference of a release: a DSSE envelope",
	.opts = opts,
	.run = run,
};
