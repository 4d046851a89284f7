/* token_input.c - from options to the verdict on a token. */
#include <stdio.h>

#include "lib/cert.h"
#include "lib/text.h"
#include "measure/cli/service.h"
#include "measure/cli/token.h"

enum {
	MAX_ROOT_BYTES = 16 * 1024,
	MAX_HELD_BYTES = 64 * 1024,
};

static int read_jwks(const struct cli *c, struct cli_token *t)
{
	static uint8_t mem[JWKS_ARENA];
	struct arena a = arena_over(mem, sizeof mem);
	const char *what = "";
	struct cli_file f;
	int rc = cli_read(cli_get(c, "jwks"), JWKS_MAX_BYTES, &f);
	enum err e;

	if (rc != CLI_DONE)
		return rc;
	e = jwks_parse(&a, f.data, &t->jwks, &what);
	cli_close(&f);
	if (e == ERR_OK)
		t->v.jwks = &t->jwks;
	else
		snprintf(t->bad, sizeof t->bad, "jwks: %s%s%s", what,
			 what[0] != '\0' ? ": " : "", err_text(e));
	return CLI_DONE;
}

static int read_root(const struct cli *c, struct cli_token *t)
{
	struct wr der = wr_over(t->root_der, sizeof t->root_der);
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
		e = rsa_cert_parse(wr_slice(&der), &t->root);
	if (e != ERR_OK)
		return cli_fail(CLI_MALFORMED, "%s: not an RSA certificate: %s",
				path, err_text(e));
	t->v.root = &t->root;
	return CLI_DONE;
}

/* DER, or PEM around it; the CRL lies in mem. */
static enum err decode_crl(struct slice in, uint8_t mem[static TOKEN_MAX_CRL],
			   struct rsa_crl *out)
{
	struct wr der = wr_over(mem, TOKEN_MAX_CRL);
	enum err e;

	if (in.len > 0 && in.ptr[0] == '-') {
		e = pem_read(in, "X509 CRL", &der);
	} else {
		wr_bytes(&der, in);
		e = wr_end(&der);
	}
	return e == ERR_OK ? rsa_crl_parse(wr_slice(&der), out) : e;
}

static int read_crls(const struct cli *c, struct cli_token *t)
{
	const char *path;
	struct cli_file f;
	enum err e;
	int rc;

	while ((path = cli_nth(c, "jwks-crl", t->v.n_crls)) != NULL) {
		size_t i = t->v.n_crls;

		if (i == TOKEN_MAX_CRLS || t->v.root == NULL)
			return cli_fail(CLI_USAGE,
					t->v.root == NULL
						? "--jwks-crl needs --jwks-root"
						: "--jwks-crl: too many");
		rc = cli_read(path, TOKEN_MAX_CRL, &f);
		if (rc != CLI_DONE)
			return rc;
		e = decode_crl(f.data, t->crl_mem[i], &t->crls[i]);
		cli_close(&f);
		if (e != ERR_OK)
			return cli_fail(CLI_MALFORMED, "%s: not a CRL: %s",
					path, err_text(e));
		t->v.n_crls++;
	}
	t->v.crls = t->crls;
	return CLI_DONE;
}

static int read_expected(const struct cli *c, struct cli_token *t)
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
	t->v.leeway_s = (int64_t)s;
	t->v.issuer = str_slice(cli_get(c, "issuer"));
	if (audience != NULL)
		t->v.audience = str_slice(audience);
	return CLI_DONE;
}

static int read_policy_ids(const struct cli *c, struct cli_token *t)
{
	const char *id;

	while ((id = cli_nth(c, "require-policy-id", t->v.n_policy_ids)) !=
	       NULL) {
		if (t->v.n_policy_ids == ITA_MAX_POLICIES)
			return cli_fail(CLI_USAGE,
					"--require-policy-id: more than %d",
					ITA_MAX_POLICIES);
		if (!ita_policy_id_ok(str_slice(id)))
			return cli_fail(CLI_USAGE,
					"--require-policy-id %s: not a UUID in "
					"lower case",
					id);
		t->policy_ids[t->v.n_policy_ids++] = str_slice(id);
	}
	t->v.policy_ids = t->policy_ids;
	return CLI_DONE;
}

/* What the token was asked for with. */
static int read_asked(const struct cli *c, struct cli_token *t)
{
	struct arena a = arena_over(t->nonce_mem, sizeof t->nonce_mem);
	const char *nonce = cli_get(c, "nonce"), *quote = cli_get(c, "quote");
	int rc = read_policy_ids(c, t);
	struct cli_file f;
	struct slice bytes;

	if (rc == CLI_DONE && nonce != NULL) {
		rc = cli_nonce_read(nonce, &a, &t->nonce);
		t->v.nonce = &t->nonce;
	}
	if (rc != CLI_DONE || quote == NULL)
		return rc;
	rc = cli_quote_read(quote, &f, &bytes);
	if (rc != CLI_DONE)
		return rc;
	sha256(bytes, t->quote_sha256);
	cli_close(&f);
	t->v.quote_sha256 = t->quote_sha256;
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

int cli_token_open(const struct cli *c, struct cli_token *out)
{
	int rc = read_expected(c, out);

	if (rc == CLI_DONE)
		rc = read_jwks(c, out);
	if (rc == CLI_DONE)
		rc = read_root(c, out);
	if (rc == CLI_DONE)
		rc = read_crls(c, out);
	return rc == CLI_DONE ? read_asked(c, out) : rc;
}

int cli_token_judge(const struct cli *c, struct cli_token *t,
		    const struct cli_verifier *cv, const char *path,
		    struct verdict *out)
{
	static uint8_t mem[ITA_ARENA];
	struct arena a = arena_over(mem, sizeof mem);
	struct cli_file file;
	struct slice token;
	int rc = cli_token_read(path, &file, &token);

	if (rc != CLI_DONE)
		return rc;
	t->v.mode = cv->v.mode;
	t->v.policy = cv->v.policy;
	ita_verify(&a, &t->v, token, cv->now_s, &t->claims, out);
	cli_verifier_detail(cv, out);
	if (out->reason == REASON_UNAVAILABLE && t->bad[0] != '\0')
		snprintf(out->detail, sizeof out->detail, "%s", t->bad);
	rc = check_held(c, &t->claims, out);
	cli_close(&file);
	return rc;
}

bool cli_token_malformed(const struct cli_token *t, const struct verdict *v)
{
	return v->reason == REASON_EVIDENCE_MISSING ||
	       (v->reason == REASON_UNAVAILABLE && t->bad[0] != '\0');
}
