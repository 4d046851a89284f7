/* token_verify.c - ee-measure token verify: the verdict on a token of Intel
 * Trust Authority, with the policy that quotes are judged by. */
#include <stdio.h>

#include "lib/cert.h"
#include "lib/text.h"
#include "measure/cli/token.h"
#include "measure/cli/verifier.h"
#include "measure/lib/ita.h"

enum {
	MAX_ROOT_BYTES = 16 * 1024,
	MAX_HELD_BYTES = 64 * 1024,
};

static const struct cli_opt opts[] = {
	{ "jwks", "FILE", "the issuer's keys, a JSON Web Key Set",
	  CLI_REQUIRED },
	{ "issuer", "TEXT", "who must have issued it", CLI_REQUIRED },
	{ "at", "TIME", "verify as of: RFC 3339 or Unix seconds",
	  CLI_REQUIRED },
	{ "audience", "TEXT", "whom it must be for; else it is for nobody", 0 },
	{ "leeway", "SECONDS", "by which clocks may differ, at most 300; 0",
	  0 },
	{ "jwks-root", "PEM", "the CA that must be behind its key", 0 },
	{ "held-data", "FILE", "what its REPORTDATA must bind", 0 },
	{ "reference", "FILE", "accept the images of measurements.json",
	  CLI_MANY },
	{ "reference-key", "PEM",
	  "of its publisher: --reference is a signed envelope", 0 },
	{ "policy", "FILE", "accept what this policy says", 0 },
	{ "authentic-only", NULL, "ask only whether the token is genuine", 0 },
	{ NULL, NULL, NULL, 0 },
};

/* What the options gave beyond the policy. */
struct keys {
	struct jwks jwks;
	struct rsa_cert root;
	uint8_t root_der[X509_MAX_DER];
	char bad[160]; /* why the key set is no good */
};

static int read_jwks(const struct cli *c, struct ita_verifier *iv,
		     struct keys *k)
{
	static uint8_t mem[JWKS_ARENA];
	struct arena a = arena_over(mem, sizeof mem);
	const char *what = "";
	struct cli_file f;
	int rc = cli_read(cli_get(c, "jwks"), JWKS_MAX_BYTES, &f);
	enum err e;

	if (rc != CLI_DONE)
		return rc;
	e = jwks_parse(&a, f.data, &k->jwks, &what);
	cli_close(&f);
	if (e == ERR_OK)
		iv->jwks = &k->jwks;
	else
		snprintf(k->bad, sizeof k->bad, "jwks: %s%s%s", what,
			 what[0] != '\0' ? ": " : "", err_text(e));
	return CLI_DONE;
}

static int read_root(const struct cli *c, struct ita_verifier *iv,
		     struct keys *k)
{
	struct wr der = wr_over(k->root_der, sizeof k->root_der);
	const char *path = cli_get(c, "jwks-root");
	struct cli_file f;
	enum err e;
	int rc;

	if (path == NULL)
		return CLI_DONE;
	rc = cli_read(path, MAX_ROOT_BYTES, &f);
	if (rc != CLI_DONE)
		return rc;
	e = pem_read(f.data, "CERTIFICATE", &der);
	cli_close(&f);
	if (e == ERR_OK)
		e = rsa_cert_parse(wr_slice(&der), &k->root);
	if (e != ERR_OK)
		return cli_fail(CLI_MALFORMED, "%s: not an RSA certificate: %s",
				path, err_text(e));
	iv->root = &k->root;
	return CLI_DONE;
}

static int read_expected(const struct cli *c, struct ita_verifier *iv)
{
	const char *leeway = cli_get(c, "leeway");
	const char *audience = cli_get(c, "audience");
	uint64_t s = 0;

	if (leeway != NULL &&
	    u64_parse(str_slice(leeway), ITA_MAX_LEEWAY_S, &s) != ERR_OK)
		return cli_fail(CLI_USAGE, "--leeway %s: not 0 to %d seconds",
				leeway, ITA_MAX_LEEWAY_S);
	if (audience != NULL && audience[0] == '\0')
		return cli_fail(CLI_USAGE, "--audience is empty");
	iv->leeway_s = (int64_t)s;
	iv->issuer = str_slice(cli_get(c, "issuer"));
	if (audience != NULL)
		iv->audience = str_slice(audience);
	return CLI_DONE;
}

/* REPORTDATA against the data of --held-data and the nonce of the token. */
static int check_held(const struct cli *c, const struct ita_claims *claims,
		      struct verdict *v)
{
	const char *path = cli_get(c, "held-data");
	uint8_t want[SHA512_LEN];
	struct cli_file f;
	int rc;

	if (path == NULL || !v->authentic)
		return CLI_DONE;
	rc = cli_read(path, MAX_HELD_BYTES, &f);
	if (rc != CLI_DONE)
		return rc;
	ita_reportdata(claims->has_nonce ? &claims->nonce : NULL, f.data, want);
	cli_close(&f);
	if (verify_reportdata(v, want) == REASON_REPORTDATA)
		verdict_refuse(v, REASON_REPORTDATA,
			       "REPORTDATA does not bind %s", "--held-data");
	return CLI_DONE;
}

static int exit_code(const struct cli_verifier *cv, const struct verdict *v)
{
	if (v->reason == REASON_EVIDENCE_MISSING ||
	    v->reason == REASON_UNAVAILABLE)
		return CLI_MALFORMED; /* of the token, of the key set */
	return cli_verifier_exit(cv, v);
}

static int print(const struct cli *c, const struct cli_verifier *cv,
		 const struct verdict *v)
{
	static uint8_t text[16 * 1024];
	struct wr w = wr_over(text, sizeof text);
	int rc;

	if (c->json) {
		verdict_write(&w, v);
		wr_str(&w, "\n");
	} else {
		cli_verdict_put(&w, v);
	}
	if (wr_end(&w) != ERR_OK)
		return cli_fail(CLI_INTERNAL, "the output does not fit");
	rc = cli_print(wr_slice(&w));
	return rc != CLI_DONE ? rc : exit_code(cv, v);
}

/* The reason why a file was no good goes into the verdict. */
static void note_files(const struct cli_verifier *cv, const struct keys *k,
		       struct verdict *v)
{
	if (v->reason == REASON_UNAVAILABLE)
		snprintf(v->detail, sizeof v->detail, "%s", k->bad);
	if (v->reason == REASON_POLICY && cv->v.policy == NULL)
		snprintf(v->detail, sizeof v->detail, "%s", cv->policy_bad);
}

static int run(const struct cli *c)
{
	static uint8_t mem[ITA_ARENA];
	static struct cli_verifier cv;
	static struct ita_claims claims;
	static struct verdict v;
	static struct keys keys;
	struct arena a = arena_over(mem, sizeof mem);
	struct ita_verifier iv = { 0 };
	struct cli_file file;
	struct slice token;
	int rc = cli_verifier_open(c, &cv);

	if (rc == CLI_DONE)
		rc = read_expected(c, &iv);
	if (rc == CLI_DONE)
		rc = read_jwks(c, &iv, &keys);
	if (rc == CLI_DONE)
		rc = read_root(c, &iv, &keys);
	if (rc == CLI_DONE)
		rc = cli_token_read(c->operand[0], &file, &token);
	if (rc != CLI_DONE)
		return rc;
	iv.mode = cv.v.mode;
	iv.policy = cv.v.policy;
	ita_verify(&a, &iv, token, cv.now_s, &claims, &v);
	note_files(&cv, &keys, &v);
	rc = check_held(c, &claims, &v);
	cli_close(&file);
	return rc != CLI_DONE ? rc : print(c, &cv, &v);
}

const struct cli_cmd cmd_token_verify = {
	.name = "token verify",
	.operands = "FILE",
	.noperands = 1,
	.summary = "judge a token of Intel Trust Authority, as a quote",
	.opts = opts,
	.run = run,
};
