/* gcp_quote.c - ee-measure gcp quote: which of Google's firmware a TD booted.
 */
#include <stdio.h>
#include <string.h>

#include "lib/json_scan.h"
#include "lib/text.h"
#include "measure/cli/gcp.h"
#include "measure/cli/input.h"
#include "measure/cli/verifier.h"
#include "measure/lib/pck.h"
#include "measure/lib/x509.h"

static const struct cli_opt opts[] = {
	{ "endorsement", "FILE", "what Google says of a firmware; needs --at",
	  CLI_MANY },
	{ "firmware", "FD", "a firmware to recompute", CLI_MANY },
	{ "known", "FILE", "a list of published MRTDs, unsigned", 0 },
	{ "machine-type", "NAME", "compare RTMR0 with this machine's alone",
	  0 },
	{ "efi-var", "NAME=FILE",
	  "a Secure Boot variable of the image, for RTMR0", CLI_MANY },
	{ "collateral", "FILE", "verify the quote, too; needs --at", 0 },
	{ "at", "TIME", "verify as of: RFC 3339 or Unix seconds", 0 },
	GCP_ROOT_OPT,
	{ NULL, NULL, NULL, 0 },
};

/* ---- reading */

static void read_fmspc(struct gcp_question *g)
{
	static uint8_t store[3 * X509_MAX_DER];
	struct x509 cert[3];
	struct pck pck;

	if (x509_chain_parse(g->q.pck_chain, 3, store, cert) != ERR_OK ||
	    pck_parse(cert[0].sgx_ext, &pck) != ERR_OK)
		return;
	memcpy(g->fmspc, pck.fmspc, sizeof g->fmspc);
	g->has_fmspc = true;
}

/* Judges the quote as authentic or not, when there is collateral. */
static int judge(const struct cli *c, struct slice quote, int64_t now_s,
		 struct gcp_question *g)
{
	static uint8_t store[COLLATERAL_ARENA_BYTES];
	struct arena a = arena_over(store, sizeof store);
	const char *path = cli_get(c, "collateral"), *what = "";
	static struct collateral collateral;
	struct trust_roots roots;
	struct verifier v = { .mode = VERIFY_AUTHENTIC_ONLY,
			      .roots = &roots,
			      .collateral = &collateral };
	struct cli_file f;
	enum err e;
	int rc;

	if (path == NULL)
		return CLI_DONE;
	rc = cli_read(path, COLLATERAL_MAX_BYTES, &f);
	if (rc != CLI_DONE)
		return rc;
	e = collateral_parse(&a, f.data, &collateral, &what);
	cli_close(&f);
	if (e != ERR_OK)
		return cli_fail(CLI_MALFORMED, "%s: not collateral: %s%s%s",
				path, what, what[0] != '\0' ? ": " : "",
				err_text(e));
	trust_roots_init(&roots);
	collateral_authenticate(&collateral);
	verify_quote(&v, quote, now_s, &g->v);
	g->judged = true;
	return CLI_DONE;
}

static int read_quote(const struct cli *c, int64_t now_s, struct cli_file *file,
		      struct gcp_question *g)
{
	const char *what = "";
	struct slice in;
	int rc = cli_quote_read(c->operand[0], file, &in);
	enum err e;

	if (rc != CLI_DONE)
		return rc;
	e = quote_parse(in, &g->q, &what);
	if (e != ERR_OK)
		return cli_fail(CLI_MALFORMED, "%s: not a TDX quote: %s: %s",
				c->operand[0], what, err_text(e));
	g->quote_len = in.len;
	read_fmspc(g);
	return judge(c, in, now_s, g);
}

/* Names of files are printed; those that are not UTF-8 have no JSON. */
static int check_name(const struct cli *c, const char *path)
{
	const uint8_t *p = (const uint8_t *)path, *end = p + strlen(path);
	size_t n = 1;

	while (c->json && p < end && n > 0) {
		n = utf8_len(p, end);
		p += n;
	}
	if (n == 0)
		return cli_fail(CLI_USAGE, "-o json: a file's name is not "
					   "UTF-8");
	return CLI_DONE;
}

static int read_endorsements(const struct cli *c, int64_t now_s,
			     struct gcp_question *g)
{
	struct cli_file root;
	int rc = gcp_root_open(c, &root);
	const char *path;

	for (size_t i = 0; rc == CLI_DONE; i++) {
		path = cli_nth(c, "endorsement", i);
		if (path == NULL)
			break;
		if (i == GCP_MAX_ENDORSEMENTS)
			rc = cli_fail(CLI_USAGE, "too many --endorsement");
		else
			rc = check_name(c, path);
		if (rc == CLI_DONE)
			rc = gcp_endorsement_open(path, root.data, now_s,
						  &g->endorsement[i]);
		g->nendorsements += rc == CLI_DONE;
	}
	cli_close(&root);
	return rc;
}

static int read_firmware(const struct cli *c, struct gcp_question *g)
{
	const char *path;

	for (size_t i = 0; (path = cli_nth(c, "firmware", i)) != NULL; i++) {
		struct gcp_firmware *f = &g->firmware[i];
		int rc;

		if (i == GCP_MAX_FIRMWARE)
			return cli_fail(CLI_USAGE, "too many --firmware");
		rc = check_name(c, path);
		if (rc == CLI_DONE)
			rc = input_firmware(path, &f->file, &f->t);
		if (rc != CLI_DONE)
			return rc;
		f->path = path;
		gcp_firmware_measure(f);
		g->nfirmware++;
	}
	return CLI_DONE;
}

/* Others are of the boot, which is tried, or of shim. */
static bool is_key_var(const char *text)
{
	static const char *const names[] = { "SecureBoot=", "PK=", "KEK=",
					     "db=", "dbx=" };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strncmp(text, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

/* The variables live in f. */
static int read_vars(const struct cli *c, struct input_files *f,
		     struct gcp_question *g)
{
	const char *text;

	for (size_t i = 0; (text = cli_nth(c, "efi-var", i)) != NULL; i++) {
		int rc;

		if (!is_key_var(text))
			return cli_fail(CLI_USAGE,
					"--efi-var %s: not NAME=FILE of a "
					"Secure Boot variable",
					text);
		rc = input_add_var(f, text);
		if (rc != CLI_DONE)
			return rc;
	}
	g->vars = f->vars;
	g->nvars = f->nvars;
	return CLI_DONE;
}

static int read_known(const struct cli *c, struct gcp_question *g)
{
	const char *path = cli_get(c, "known");
	struct cli_file f;
	size_t line = 0;
	enum err e;
	int rc;

	if (path == NULL)
		return CLI_DONE;
	rc = cli_read(path, KNOWN_MAX_BYTES, &f);
	if (rc != CLI_DONE)
		return rc;
	e = known_mrtds_search(f.data, g->q.body.mrtd, &g->known, &line);
	cli_close(&f);
	if (e != ERR_OK)
		return cli_fail(CLI_MALFORMED,
				"%s: line %zu is not \"day size mrtd\"", path,
				line);
	g->has_known = true;
	return CLI_DONE;
}

/* Options that only mean something together: the others are not ignored. */
static int check_pairs(const struct cli *c)
{
	bool endorsement = cli_has(c, "endorsement");
	bool dated = endorsement || cli_has(c, "collateral");

	if (dated && !cli_has(c, "at"))
		return cli_fail(CLI_USAGE, "--endorsement and --collateral "
					   "need --at");
	if (!dated && cli_has(c, "at"))
		return cli_fail(CLI_USAGE, "--at is for --endorsement and "
					   "--collateral");
	if (!endorsement && cli_has(c, "root"))
		return cli_fail(CLI_USAGE, "--root is for --endorsement");
	if ((cli_has(c, "machine-type") || cli_has(c, "efi-var")) &&
	    !cli_has(c, "firmware"))
		return cli_fail(CLI_USAGE, "--machine-type and --efi-var need "
					   "--firmware");
	return CLI_DONE;
}

static int check_opts(const struct cli *c, struct gcp_question *g,
		      int64_t *now_s)
{
	const char *type = cli_get(c, "machine-type");
	int rc = check_pairs(c);

	*now_s = 0;
	if (rc == CLI_DONE)
		rc = cli_at(c, now_s);
	if (rc != CLI_DONE || type == NULL)
		return rc;
	g->machine = gcp_machine(type);
	if (g->machine == NULL)
		return cli_fail(CLI_USAGE, "unknown machine type %s", type);
	return CLI_DONE;
}

static void close_all(struct gcp_question *g, struct cli_file *quote)
{
	for (size_t i = 0; i < g->nendorsements; i++)
		cli_close(&g->endorsement[i].file);
	for (size_t i = 0; i < g->nfirmware; i++)
		cli_close(&g->firmware[i].file);
	cli_close(quote);
}

/* ---- the command */

static int print(const struct cli *c, const struct gcp_question *g)
{
	static uint8_t text[1024 * 1024];
	struct wr w = wr_over(text, sizeof text);

	if (c->json)
		gcp_question_json(&w, g);
	else
		gcp_question_text(&w, g);
	return cli_print_wr(&w);
}

static int run(const struct cli *c)
{
	static struct gcp_question g;
	static struct input_files vars;
	struct cli_file quote = { 0 };
	int64_t now_s;
	int rc = check_opts(c, &g, &now_s);

	if (rc == CLI_DONE)
		rc = read_quote(c, now_s, &quote, &g);
	if (rc == CLI_DONE)
		rc = read_endorsements(c, now_s, &g);
	if (rc == CLI_DONE)
		rc = read_firmware(c, &g);
	if (rc == CLI_DONE)
		rc = read_vars(c, &vars, &g);
	if (rc == CLI_DONE)
		rc = read_known(c, &g);
	if (rc == CLI_DONE) {
		gcp_answer(&g);
		rc = print(c, &g);
	}
	close_all(&g, &quote);
	input_files_close(&vars);
	if (rc == CLI_DONE && (!g.matched || (g.judged && !g.v.authentic)))
		return CLI_REFUSED;
	return rc;
}

const struct cli_cmd cmd_gcp_quote = {
	.name = "gcp quote",
	.operands = "QUOTE",
	.noperands = 1,
	.summary = "say which of Google's firmware a TD booted",
	.opts = opts,
	.run = run,
};
