/* token_fetch.c - ee-measure token fetch: a token of Intel Trust Authority for
 * a quote. Nothing is verified here: token verify does that. */
#include <stdio.h>
#include <string.h>

#include "measure/cli/service.h"
#include "measure/cli/verifier.h"

static const struct cli_opt opts[] = {
	SERVICE_OPTS,
	{ "nonce", "FILE", "the nonce that the quote binds, of token nonce",
	  0 },
	{ "runtime-data", "FILE", "what the quote binds after it", 0 },
	{ "user-data", "FILE", "handed in as well; the quote does not bind it",
	  0 },
	{ "eventlog", "FILE", "the TD's CCEL, for the service's policies", 0 },
	{ "policy-id", "UUID", "a policy of the service's to try", CLI_MANY },
	{ "policy-must-match", NULL, "no token unless all of them match", 0 },
	{ "alg", "NAME", "PS384 or RS256; as the service likes", 0 },
	{ NULL, NULL, NULL, 0 },
};

enum {
	MAX_DATA_BYTES = 64 * 1024,
	MAX_LOG_BYTES = 256 * 1024
};

/* All that a request is made of, static. */
struct parts {
	struct ita_request r;
	struct ita_nonce nonce;
	struct cli_file quote, runtime, user, log;
	uint8_t mem[ITA_ANSWER_ARENA]; /* the nonce */
};

static int read_part(const struct cli *c, const char *name, size_t max,
		     struct cli_file *file, struct slice *out)
{
	const char *path = cli_get(c, name);
	int rc;

	if (path == NULL)
		return CLI_DONE;
	rc = cli_read(path, max, file);
	if (rc != CLI_DONE)
		return rc;
	if (file->data.len == 0)
		return cli_fail(CLI_MALFORMED, "%s: is empty", path);
	*out = file->data;
	return CLI_DONE;
}

static int read_policies(const struct cli *c, struct ita_request *r)
{
	const char *id;

	while ((id = cli_nth(c, "policy-id", r->n_policy_ids)) != NULL) {
		if (r->n_policy_ids == ITA_MAX_POLICIES)
			return cli_fail(CLI_USAGE,
					"--policy-id: more than %d of them",
					ITA_MAX_POLICIES);
		if (!ita_policy_id_ok(str_slice(id)))
			return cli_fail(CLI_USAGE,
					"--policy-id %s: not a UUID in lower "
					"case",
					id);
		r->policy_ids[r->n_policy_ids++] = str_slice(id);
	}
	r->policy_must_match = cli_has(c, "policy-must-match");
	if (r->policy_must_match && r->n_policy_ids == 0)
		return cli_fail(CLI_USAGE,
				"--policy-must-match needs a --policy-id");
	return CLI_DONE;
}

static int read_alg(const struct cli *c, struct ita_request *r)
{
	const char *alg = cli_get(c, "alg");

	if (alg == NULL)
		return CLI_DONE;
	r->has_alg = true;
	if (jwt_alg_parse(str_slice(alg), &r->alg) != ERR_OK ||
	    (r->alg != JWT_PS384 && r->alg != JWT_RS256))
		return cli_fail(CLI_USAGE, "--alg %s: PS384 or RS256", alg);
	return CLI_DONE;
}

/* What the service would refuse after all has been sent. */
static int check_quote(const struct cli *c, const struct ita_request *r)
{
	uint8_t want[SHA512_LEN];
	const char *field = "";
	struct quote q;
	enum err e = quote_parse(r->quote, &q, &field);

	if (e != ERR_OK)
		return cli_fail(CLI_MALFORMED, "%s: not a quote: %s: %s",
				c->operand[0], field, err_text(e));
	if (r->nonce == NULL && r->runtime_data.len == 0)
		return CLI_DONE;
	ita_reportdata(r->nonce, r->runtime_data, want);
	if (ct_eq(want, q.body.reportdata, sizeof want))
		return CLI_DONE;
	return cli_fail(CLI_REFUSED,
			"%s: %s: it has to be SHA-512 of the nonce's val and "
			"iat, decoded, and the runtime data",
			c->operand[0], reason_code(REASON_REPORTDATA));
}

static int read_parts(const struct cli *c, struct parts *p)
{
	struct arena a = arena_over(p->mem, sizeof p->mem);
	struct ita_request *r = &p->r;
	int rc = read_policies(c, r);

	if (rc == CLI_DONE)
		rc = read_alg(c, r);
	if (rc == CLI_DONE)
		rc = cli_quote_read(c->operand[0], &p->quote, &r->quote);
	if (rc == CLI_DONE)
		rc = read_part(c, "runtime-data", MAX_DATA_BYTES, &p->runtime,
			       &r->runtime_data);
	if (rc == CLI_DONE)
		rc = read_part(c, "user-data", MAX_DATA_BYTES, &p->user,
			       &r->user_data);
	if (rc == CLI_DONE)
		rc = read_part(c, "eventlog", MAX_LOG_BYTES, &p->log,
			       &r->event_log);
	if (rc == CLI_DONE && cli_has(c, "nonce")) {
		rc = cli_nonce_read(cli_get(c, "nonce"), &a, &p->nonce);
		r->nonce = &p->nonce;
	}
	return rc == CLI_DONE ? check_quote(c, r) : rc;
}

static void close_parts(struct parts *p)
{
	cli_close(&p->quote);
	cli_close(&p->runtime);
	cli_close(&p->user);
	cli_close(&p->log);
}

static int put(const struct cli *c, struct slice token)
{
	static uint8_t text[ITA_MAX_ANSWER + 64];
	struct wr w = wr_over(text, sizeof text);

	wr_str(&w, c->json ? "{\"token\":\"" : "");
	wr_bytes(&w, token);
	wr_str(&w, c->json ? "\"}\n" : "\n");
	if (wr_end(&w) != ERR_OK)
		return cli_fail(CLI_INTERNAL, "the token does not fit");
	return cli_write(cli_get(c, "out"), wr_slice(&w));
}

static int run(const struct cli *c)
{
	static uint8_t mem[ITA_ANSWER_ARENA];
	static struct ita_client client;
	static struct parts parts;
	struct arena a = arena_over(mem, sizeof mem);
	struct slice token;
	int rc = read_parts(c, &parts);
	enum err e;

	if (rc == CLI_DONE)
		rc = cli_service_open(c, &client, &parts.r.version);
	if (rc == CLI_DONE) {
		e = ita_client_token(&client, &parts.r,
				     cli_get(c, "request-id"), &a, &token);
		if (e != ERR_OK)
			rc = cli_fail(cli_online_exit(&client.web), "%s",
				      client.why);
		ita_client_done(&client);
	}
	close_parts(&parts);
	return rc == CLI_DONE ? put(c, token) : rc;
}

const struct cli_cmd cmd_token_fetch = {
	.name = "token fetch",
	.operands = "QUOTE",
	.noperands = 1,
	.summary = "ask Intel Trust Authority for a token; it is not verified",
	.opts = opts,
	.run = run,
};
