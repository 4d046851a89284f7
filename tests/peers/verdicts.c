/* verdicts - says what verify.h says of many quotes, in one process:
 *
 *   verdicts < CASES
 *
 * A case is the line "NOW QUOTE_LEN BUNDLE_LEN ROOT_LEN" and then the bytes:
 * quote, collateral bundle, root certificate in PEM. NOW is in Unix seconds. A
 * BUNDLE_LEN of -1 is the bundle of the case before; a ROOT_LEN of 0 is Intel's
 * root alone, any other is one that is given by name.
 *
 * For each case one line: "genuine", "simulated" (under the root that is given)
 * or the reason of the refusal, the TCB status or "-", "OK" or the reason of
 * the policy or "-", and the refusal in words. The policy
 * names the quote's own measurements and allows every TCB status that leaves a
 * verifier a choice: what it refuses, no policy should accept. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/lib/verify.h"

enum {
	QUOTE_CAP = 1 << 20,
	BUNDLE_CAP = 2 << 20,
	ROOT_CAP = 1 << 16,
};

static uint8_t quote_mem[QUOTE_CAP], bundle_mem[BUNDLE_CAP], root_mem[ROOT_CAP];
static uint8_t arena_mem[COLLATERAL_ARENA_BYTES];
static struct collateral collateral;
static struct policy policy;
static bool has_collateral;
static const char *bundle_what = "";

static void die(const char *what)
{
	fprintf(stderr, "verdicts: %s\n", what);
	exit(2);
}

static struct slice take(uint8_t *to, size_t cap, long n)
{
	if (n < 0 || (size_t)n > cap ||
	    fread(to, 1, (size_t)n, stdin) != (size_t)n)
		die("a case of another length than it says");
	return (struct slice){ to, (size_t)n };
}

static void take_bundle(long n)
{
	struct arena a = arena_over(arena_mem, sizeof arena_mem);
	struct slice text;

	if (n == -1)
		return;
	text = take(bundle_mem, sizeof bundle_mem, n);
	has_collateral =
		collateral_parse(&a, text, &collateral, &bundle_what) == ERR_OK;
	if (has_collateral)
		collateral_authenticate(&collateral);
}

/* The most generous policy that is not a mistake. */
static void make_policy(const struct quote_body *b)
{
	struct policy_set set = { .platform = "any",
				  .has_rtmr = { true, true, true, true } };

	policy_init(&policy);
	memcpy(set.mrtd, b->mrtd, sizeof set.mrtd);
	memcpy(set.rtmr, b->rtmr, sizeof set.rtmr);
	if (policy_add(&policy, &set) != ERR_OK)
		die("policy");
	for (unsigned s = 0; s < TCB_STATUS_COUNT; s++)
		policy.tcb_allowed[s] =
			s != TCB_REVOKED && s != TCB_NOT_SUPPORTED;
	policy.xfam[0] = b->xfam;
	policy.n_xfam = 1;
	memcpy(policy.mr_config_id, b->mr_config_id, SHA384_LEN);
	memcpy(policy.mr_owner, b->mr_owner, SHA384_LEN);
	memcpy(policy.mr_owner_config, b->mr_owner_config, SHA384_LEN);
}

static const char *kind(const struct verdict *v, enum reason genuine)
{
	if (!v->authentic)
		return reason_code(genuine);
	return v->simulated ? "simulated" : "genuine";
}

static void judge(struct slice quote, const struct trust_roots *roots,
		  int64_t now_s)
{
	const struct verifier v = { .mode = VERIFY_AUTHENTIC_ONLY,
				    .roots = roots,
				    .collateral = has_collateral ? &collateral
								 : NULL };
	struct verdict out;
	enum reason genuine;

	verify_quote(&v, quote, now_s, &out);
	genuine = out.reason;
	if (out.authentic != (genuine == REASON_OK))
		die("authentic, but refused");
	if (out.authentic) {
		make_policy(&out.body);
		verify_policy(&policy, now_s, &out);
	}
	printf("%s %s %s %s", kind(&out, genuine),
	       out.has_status ? tcb_status_name(out.tcb_status) : "-",
	       out.authentic ? reason_code(out.reason) : "-", out.detail);
	printf("%s%s\n", has_collateral ? "" : ": ",
	       has_collateral ? "" : bundle_what);
}

static bool next_case(void)
{
	long quote_len, bundle_len, root_len;
	struct trust_roots roots;
	long long now_s;
	struct slice quote, root;
	char line[128];

	if (fgets(line, sizeof line, stdin) == NULL)
		return false;
	if (sscanf(line, "%lld %ld %ld %ld", &now_s, &quote_len, &bundle_len,
		   &root_len) != 4)
		die("a case that does not begin with four numbers");
	quote = take(quote_mem, sizeof quote_mem, quote_len);
	take_bundle(bundle_len);
	root = take(root_mem, sizeof root_mem, root_len);
	trust_roots_init(&roots);
	if (root_len > 0 && trust_roots_add_insecure(&roots, root) != ERR_OK)
		die("a root that is none");
	judge(quote, &roots, now_s);
	return true;
}

int main(void)
{
	while (next_case())
		;
	return ferror(stdin) || fflush(stdout) != 0;
}
