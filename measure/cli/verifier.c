/* verifier.c - from options to a verifier. */
#include "measure/cli/verifier.h"

#include <stdio.h>
#include <string.h>

#include "measure/cli/release.h"

enum {
	MAX_ROOT_BYTES = 16 * 1024
};

/* One process verifies once, so these need no allocation. */
static uint8_t collateral_store[COLLATERAL_ARENA_BYTES];
static uint8_t policy_store[POLICY_ARENA_BYTES];
static uint8_t open_store[RELEASE_OPEN_ARENA];

/* Remembers why a file is no good. The verdict is then still a refusal, but the
 * exit status says that the file is malformed, if it is: a signature, and what
 * a reference leaves open, are judged. */
static void note_bad(struct cli_verifier *cv, char note[VERIFIER_DETAIL],
		     const char *file, const char *what, enum err e)
{
	snprintf(note, VERIFIER_DETAIL, "%s: %s%s%s", file, what,
		 what[0] != '\0' ? ": " : "", err_text(e));
	if (e != ERR_SIGNATURE && e != ERR_REFUSED)
		cv->malformed = CLI_MALFORMED;
}

static int read_root(const struct cli *c, struct cli_verifier *cv)
{
	const char *path = cli_get(c, "insecure-sim-root");
	struct cli_file f;
	enum err e;
	int rc;

	trust_roots_init(&cv->roots);
	if (path == NULL)
		return CLI_DONE;
	rc = cli_read(path, MAX_ROOT_BYTES, &f);
	if (rc != CLI_DONE)
		return rc;
	e = trust_roots_add_insecure(&cv->roots, f.data);
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
	if (e != ERR_OK) {
		note_bad(cv, cv->collateral_bad, "collateral", what, e);
		return CLI_DONE;
	}
	collateral_authenticate(&cv->collateral);
	cv->v.collateral = &cv->collateral;
	return CLI_DONE;
}

static enum err add_reference(struct cli_verifier *cv, struct slice in,
			      const uint8_t *pub, const char **what)
{
	struct arena a = arena_over(open_store, sizeof open_store);
	struct arena b = arena_over(policy_store, sizeof policy_store);
	struct slice text;
	enum err e = release_open(&a, in, pub, &text, what);

	return e != ERR_OK ? e
			   : policy_add_reference(&cv->policy, &b, text, what);
}

/* One file of what to believe; the first one that is no good says why. */
static int read_policy_file(struct cli_verifier *cv, const char *name,
			    const char *path, const uint8_t *pub)
{
	bool is_reference = strcmp(name, "reference") == 0;
	struct arena a = arena_over(policy_store, sizeof policy_store);
	const char *what = "";
	struct cli_file f;
	enum err e;
	int rc = cli_read(path, DSSE_MAX_BYTES, &f);

	if (rc != CLI_DONE)
		return rc;
	if (is_reference)
		e = add_reference(cv, f.data, pub, &what);
	else
		e = policy_parse(&a, f.data, &cv->policy, &what);
	if (e != ERR_OK && cv->policy_bad[0] == '\0')
		note_bad(cv, cv->policy_bad, name, what, e);
	cli_close(&f);
	return CLI_DONE;
}

static int read_policy(const struct cli *c, struct cli_verifier *cv)
{
	const char *name = cli_has(c, "reference") ? "reference" : "policy";
	const char *path, *key = cli_get(c, "reference-key");
	uint8_t pub[P256_PUB_LEN];
	int rc = CLI_DONE;

	if (cv->v.mode == VERIFY_AUTHENTIC_ONLY)
		return CLI_DONE;
	if (key != NULL)
		rc = release_read_public(key, pub);
	policy_init(&cv->policy);
	for (size_t i = 0; rc == CLI_DONE; i++) {
		path = cli_nth(c, name, i);
		if (path == NULL)
			break;
		rc = read_policy_file(cv, name, path, key != NULL ? pub : NULL);
	}
	if (cv->policy_bad[0] == '\0')
		cv->v.policy = &cv->policy;
	return rc;
}

int cli_verifier_open(const struct cli *c, struct cli_verifier *out)
{
	int ways = cli_has(c, "reference") + cli_has(c, "policy") +
		   cli_has(c, "authentic-only");
	int rc;

	if (ways != 1)
		return cli_fail(CLI_USAGE, "one of --reference, --policy and "
					   "--authentic-only is needed");
	if (cli_has(c, "reference-key") && !cli_has(c, "reference"))
		return cli_fail(CLI_USAGE, "--reference-key needs --reference");
	*out = (struct cli_verifier){ .v = { .roots = &out->roots } };
	if (cli_time(cli_get(c, "at"), &out->now_s) != ERR_OK)
		return cli_fail(CLI_USAGE,
				"--at %s: not RFC 3339 or Unix seconds",
				cli_get(c, "at"));
	out->v.mode = cli_has(c, "authentic-only") ? VERIFY_AUTHENTIC_ONLY
						   : VERIFY_FULL;
	rc = read_root(c, out);
	if (rc == CLI_DONE)
		rc = read_collateral(c, out);
	if (rc == CLI_DONE)
		rc = read_policy(c, out);
	return rc;
}

void cli_verifier_judge(const struct cli_verifier *cv, struct slice quote,
			struct verdict *out)
{
	const char *detail = "";

	verify_quote(&cv->v, quote, cv->now_s, out);
	if (out->reason == REASON_UNAVAILABLE && cv->v.collateral == NULL)
		detail = cv->collateral_bad;
	if (out->reason == REASON_POLICY && cv->v.policy == NULL)
		detail = cv->policy_bad;
	if (detail[0] != '\0')
		snprintf(out->detail, sizeof out->detail, "%s", detail);
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
