/* ear.c - verdicts for other programs: --ear and --ear-key. */
#include "measure/cli/ear.h"

#include <stdio.h>

#include "measure/cli/policy_file.h"
#include "measure/cli/release.h"
#include "measure/lib/base64url.h"
#include "measure/lib/ear.h"

enum {
	BUILD_MAX = 96,     /* "ee-measure", and the digest of its sources */
	POLICY_ID_MAX = 64, /* "ni:///sha-256;" and 43 characters */
};

int cli_ear_check(const struct cli *c)
{
	if (cli_has(c, "ear") != cli_has(c, "ear-key"))
		return cli_fail(CLI_USAGE, "--ear and --ear-key belong "
					   "together: give both");
	return CLI_DONE;
}

/* RFC 6920: a name that is the digest of what it names. */
static void policy_id(char out[static POLICY_ID_MAX])
{
	struct wr w = wr_over(out, POLICY_ID_MAX - 1);
	uint8_t sum[SHA256_LEN];

	policy_file_sum(sum);
	wr_str(&w, "ni:///sha-256;");
	wr_base64url(&w, (struct slice){ sum, sizeof sum });
	out[w.len] = '\0';
}

static int sign(const struct cli *c, const struct verdict *v,
		struct ear_issuer *by, struct wr *out)
{
	static uint8_t memory[EAR_ARENA];
	struct arena a = arena_over(memory, sizeof memory);
	struct p256_key key;
	enum err e;
	int rc = release_read_private(cli_get(c, "ear-key"), &key);

	if (rc != CLI_DONE)
		return rc;
	by->key = &key;
	e = ear_write(&a, v, by, out);
	wipe(&key, sizeof key);
	return e == ERR_OK
		       ? CLI_DONE
		       : cli_fail(CLI_INTERNAL, "cannot sign: %s", err_text(e));
}

int cli_ear_write(const struct cli *c, const struct cli_verifier *cv,
		  const struct verdict *v)
{
	static uint8_t text[EAR_MAX_BYTES];
	const struct policy *p = cv->v.policy;
	struct wr w = wr_over(text, sizeof text);
	char build[BUILD_MAX], id[POLICY_ID_MAX];
	struct ear_issuer by = {
		.developer = "easyenclave",
		.build = build,
		.lists_platforms = p != NULL && p->n_ppid + p->n_piid > 0,
		.issued_s = v->judged_s,
	};
	int rc;

	if (!cli_has(c, "ear"))
		return CLI_DONE;
	snprintf(build, sizeof build, "ee-measure %s", c->source_id);
	if (v->mode == VERIFY_FULL) {
		policy_id(id);
		by.policy_id = id;
	}
	rc = sign(c, v, &by, &w);
	return rc != CLI_DONE ? rc : cli_write(cli_get(c, "ear"), wr_slice(&w));
}
