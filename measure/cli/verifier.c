/* verifier.c - from options to a verifier. */
#include "measure/cli/verifier.h"

#include <stdio.h>
#include <string.h>

#include "measure/cli/policy_file.h"
#include "measure/cli/release.h"
#include "measure/lib/decide.h"

enum {
	MAX_ROOT_BYTES = 16 * 1024
};

/* One process verifies once, so this needs no allocation. */
static uint8_t collateral_store[COLLATERAL_ARENA_BYTES];

int cli_roots_read(const struct cli *c, struct trust_roots *out)
{
	const char *path = cli_get(c, "insecure-sim-root");
	struct cli_file f;
	enum err e;
	int rc;

	trust_roots_init(out);
	if (path == NULL)
		return CLI_DONE;
	rc = cli_read(path, MAX_ROOT_BYTES, &f);
	if (rc != CLI_DONE)
		return rc;
	e = trust_roots_add_insecure(out, f.data);
	cli_close(&f);
	if (e != ERR_OK)
		return cli_fail(CLI_MALFORMED, "%s: not a root certificate: %s",
				path, err_text(e));
	return CLI_DONE;
}

static int read_collateral(const struct cli *c, struct cli_verifier *cv)
{
	const char *path = cli_get(c, "collateral"), *what = "";
	struct arena a = arena_over(collateral_store, sizeof collateral_store);
	struct cli_file f;
	enum err e;
	int rc;

	if (path == NULL)
		return CLI_DONE;
	rc = cli_read(path, COLLATERAL_MAX_BYTES, &f);
	if (rc != CLI_DONE)
		return rc;
	e = collateral_parse(&a, f.data, &cv->collateral, &what);
	cli_close(&f);
	if (e != ERR_OK) { /* the verdict will say so */
		snprintf(cv->collateral_bad, sizeof cv->collateral_bad,
			 "collateral: %s%s%s", what,
			 what[0] != '\0' ? ": " : "", err_text(e));
		cv->malformed = CLI_MALFORMED;
		return CLI_DONE;
	}
	collateral_authenticate(&cv->collateral);
	cv->v.collateral = &cv->collateral;
	return CLI_DONE;
}

static int add_references(const struct cli *c, struct policy *p,
			  struct policy_bad *bad)
{
	const char *key = cli_get(c, "reference-key"), *path;
	uint8_t pub[P256_PUB_LEN];
	int rc = key != NULL ? release_read_public(key, pub) : CLI_DONE;

	for (size_t i = 0; rc == CLI_DONE && bad->text[0] == '\0'; i++) {
		path = cli_nth(c, "reference", i);
		if (path == NULL)
			break;
		rc = policy_file_add(path, key != NULL ? pub : NULL, p, bad);
	}
	return rc;
}

/* What is wrong is a part of the verdict, which has room for its beginning; and
 * a note when that is not all. */
static int read_policy(const struct cli *c, struct cli_verifier *cv)
{
	const char *path = cli_get(c, "policy");
	struct policy_bad bad = { .code = CLI_DONE };
	int rc = CLI_DONE;

	if (cv->v.mode == VERIFY_AUTHENTIC_ONLY)
		return CLI_DONE;
	if (path != NULL)
		rc = policy_file_read(path, &cv->policy, &bad);
	else
		policy_init(&cv->policy);
	if (rc == CLI_DONE && bad.text[0] == '\0' && path != NULL &&
	    cli_has(c, "reference") && policy_has_images(&cv->policy))
		return cli_fail(CLI_USAGE,
				"--reference: %s names images of its own: "
				"leave the one or the other out",
				path);
	if (rc == CLI_DONE)
		rc = add_references(c, &cv->policy, &bad);
	if (rc != CLI_DONE)
		return rc;
	if (bad.text[0] == '\0') {
		cv->v.policy = &cv->policy;
		return CLI_DONE;
	}
	if (strlen(bad.text) >= sizeof cv->policy_bad)
		cli_note("%s", bad.text);
	snprintf(cv->policy_bad, sizeof cv->policy_bad, "%.*s",
		 VERIFIER_DETAIL - 1, bad.text);
	if (bad.code == CLI_MALFORMED)
		cv->malformed = CLI_MALFORMED;
	return CLI_DONE;
}

static bool takes(const struct cli *c, const char *name)
{
	const struct cli_opt *o = c->cmd->opts;

	while (o->name != NULL && strcmp(o->name, name) != 0)
		o++;
	return o->name != NULL;
}

int cli_verifier_open(const struct cli *c, struct cli_verifier *out)
{
	bool judges = cli_has(c, "reference") || cli_has(c, "policy");
	int rc;

	if (judges == cli_has(c, "authentic-only"))
		return cli_fail(CLI_USAGE,
				"say what to accept: --reference, --policy, "
				"or both when the policy names no images%s",
				takes(c, "authentic-only")
					? "; or --authentic-only alone"
					: "");
	if (cli_has(c, "reference-key") && !cli_has(c, "reference"))
		return cli_fail(CLI_USAGE, "--reference-key needs --reference");
	*out = (struct cli_verifier){ .v = { .roots = &out->roots } };
	rc = cli_at(c, &out->now_s);
	if (rc != CLI_DONE)
		return rc;
	out->v.mode = cli_has(c, "authentic-only") ? VERIFY_AUTHENTIC_ONLY
						   : VERIFY_FULL;
	rc = cli_roots_read(c, &out->roots);
	if (rc == CLI_DONE)
		rc = read_collateral(c, out);
	if (rc == CLI_DONE)
		rc = read_policy(c, out);
	return rc;
}

void cli_verifier_detail(const struct cli_verifier *cv, struct verdict *v)
{
	if (v->reason == REASON_POLICY && cv->policy_bad[0] != '\0')
		snprintf(v->detail, sizeof v->detail, "%s", cv->policy_bad);
}

void cli_verifier_judge(const struct cli_verifier *cv, struct slice quote,
			const struct verdict *token, struct verdict *out)
{
	struct verdict v;

	verify_quote(&cv->v, quote, cv->now_s, &v);
	if (v.reason == REASON_UNAVAILABLE && cv->collateral_bad[0] != '\0')
		snprintf(v.detail, sizeof v.detail, "%s", cv->collateral_bad);
	cli_verifier_detail(cv, &v);
	decide(cv->v.policy, &v, token, out);
}

int cli_verifier_exit(const struct cli_verifier *cv, const struct verdict *v)
{
	if (v->reason == REASON_OK)
		return CLI_DONE;
	if (v->reason == REASON_QUOTE_PARSE)
		return CLI_MALFORMED;
	if (v->reason == REASON_INTERNAL)
		return CLI_INTERNAL;
	return cv->malformed != 0 ? cv->malformed : CLI_REFUSED;
}
