/* judge.h - the fake platform (fakequote.h) in front of a verifier: what the
 * tests of verify.h share. Static, as each test is a program of its own. */
#ifndef TESTS_PEERS_JUDGE_H
#define TESTS_PEERS_JUDGE_H

#include "measure/lib/verify.h"
#include "tests/peers/fakequote.h"
#include "tests/tap.h"

static struct fake fake;
static struct trust_roots roots;
static struct collateral collateral;
static struct policy policy;
static uint8_t store[COLLATERAL_ARENA_BYTES];

static bool load_collateral(struct slice bundle)
{
	struct arena a = arena_over(store, sizeof store);
	const char *what = "";

	if (collateral_parse(&a, bundle, &collateral, &what) != ERR_OK)
		return false;
	collateral_authenticate(&collateral);
	return true;
}

static struct slice bundle(void)
{
	return (struct slice){ (const uint8_t *)fake.bundle, fake.bundle_len };
}

static struct slice quote(void)
{
	return (struct slice){ fake.quote, fake.quote_len };
}

static struct slice root_pem(void)
{
	return (struct slice){ (const uint8_t *)fake.root_pem,
			       fake.root_pem_len };
}

static void add_set(const struct policy_set *set)
{
	if (policy_add(&policy, set) != ERR_OK)
		_exit(98);
}

/* A policy that the fake's own quote satisfies. */
static void trust_fake(void)
{
	struct policy_set set = { .platform = "fake",
				  .has_rtmr = { true, true, true, false } };

	policy_init(&policy);
	memcpy(set.mrtd, fake.body.mrtd, sizeof set.mrtd);
	memcpy(set.rtmr, fake.body.rtmr, sizeof set.rtmr);
	add_set(&set);
}

static void fresh(void)
{
	fake_init(&fake);
	trust_fake();
}

__attribute__((unused)) static struct verdict judge_at(struct slice q,
						       int64_t now_s)
{
	struct verifier v = { .roots = &roots,
			      .collateral = &collateral,
			      .policy = &policy };
	struct verdict out;

	verify_quote(&v, q, now_s, &out);
	return out;
}

/* Builds the fake as it is now and judges it. */
static struct verdict judge(void)
{
	struct verifier v = { .roots = &roots, .policy = &policy };
	struct verdict out;

	fake_build(&fake);
	if (load_collateral(bundle()))
		v.collateral = &collateral;
	verify_quote(&v, quote(), FAKE_NOW, &out);
	return out;
}

static void is_reason(const struct verdict *v, enum reason want,
		      const char *title)
{
	if (!ok(v->reason == want, "%s: %s", reason_code(want), title))
		printf("#   got %s: %s\n", reason_code(v->reason), v->detail);
}

/* The fake's root, given by name. */
static void trust_fake_root(void)
{
	fresh();
	fake_build(&fake);
	trust_roots_init(&roots);
	is_err(trust_roots_add_insecure(&roots, root_pem()), ERR_OK,
	       "the fake's root is given by name");
}

/* One thing made wrong, and the verdict on it. */
struct fake_case {
	const char *title;
	void (*make)(struct fake *f);
	enum reason want;
};

__attribute__((unused)) static void run_cases(const struct fake_case *c,
					      size_t n)
{
	for (size_t i = 0; i < n; i++) {
		enum reason want = c[i].want;
		bool genuine = want == REASON_OK || want == REASON_RTMR ||
			       want == REASON_MRTD_UNTRUSTED ||
			       want == REASON_TCB;
		struct verdict v;

		fresh();
		c[i].make(&fake);
		v = judge();
		is_reason(&v, want, c[i].title);
		ok(v.authentic == genuine && v.has_status == genuine,
		   "%s: %sauthentic", c[i].title, genuine ? "" : "not ");
	}
}
#endif
