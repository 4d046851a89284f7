/* token_verify.c - ee-measure token verify: the verdict on a token of Intel
 * Trust Authority, with the policy that quotes are judged by. */
#include "measure/cli/ear.h"
#include "measure/cli/token.h"
#include "measure/lib/decide.h"

static const struct cli_opt opts[] = {
	TOKEN_OPTS(CLI_REQUIRED),
	{ "quote", "FILE", "the quote it must be of", 0 },
	{ "at", "TIME", "verify as of: RFC 3339 or Unix seconds",
	  CLI_REQUIRED },
	{ "reference", "FILE", "accept the images of measurements.json",
	  CLI_MANY },
	{ "reference-key", "PEM",
	  "of its publisher: --reference is a signed envelope", 0 },
	{ "policy", "FILE", "accept what this policy says", 0 },
	{ "authentic-only", NULL, "ask only whether the token is genuine", 0 },
	EAR_OPTS,
	{ NULL, NULL, NULL, 0 },
};

/* A token alone may decide only where the policy says that it does. References
 * without a policy say nothing of quotes: then the token is what is asked. */
static void check_verifier(const struct cli *c, const struct policy *p,
			   struct verdict *v)
{
	if (cli_has(c, "policy") && p != NULL && decide_needs_quote(p))
		verdict_refuse(v, REASON_UNAVAILABLE,
			       "the policy's verifier is %s, so a token alone "
			       "decides nothing: use quote verify%s",
			       policy_verifier_name(p->verifier),
			       decide_needs_token(p) ? " --token" : "");
}

static int exit_code(const struct cli_token *t, const struct cli_verifier *cv,
		     const struct verdict *v)
{
	return cli_token_malformed(t, v) ? CLI_MALFORMED
					 : cli_verifier_exit(cv, v);
}

static int run(const struct cli *c)
{
	static struct cli_verifier cv;
	static struct cli_token token;
	struct verdict v;
	int rc = cli_ear_check(c);

	if (rc == CLI_DONE)
		rc = cli_verifier_open(c, &cv);
	if (rc == CLI_DONE)
		rc = cli_token_open(c, &token);
	if (rc == CLI_DONE)
		rc = cli_token_judge(c, &token, &cv, c->operand[0], &v);
	if (rc != CLI_DONE)
		return rc;
	check_verifier(c, cv.v.policy, &v);
	rc = cli_ear_write(c, &cv, &v);
	if (rc == CLI_DONE)
		rc = cli_verdict_print(c, &v);
	return rc != CLI_DONE ? rc : exit_code(&token, &cv, &v);
}

const struct cli_cmd cmd_token_verify = {
	.name = "token verify",
	.operands = "FILE",
	.noperands = 1,
	.summary = "judge a token of Intel Trust Authority, as a quote",
	.opts = opts,
	.run = run,
};
