#include "host-launcher/cli/trust.h"

#include "host-launcher/lib/envelope.h"
#include "measure/lib/decide.h"

static struct trust_roots roots;
static struct policy policy;
static struct collateral collateral;
static uint8_t collateral_mem[COLLATERAL_ARENA_BYTES];
static uint8_t policy_mem[POLICY_ARENA_BYTES];

static enum exit_status load_reference(const char *path, const char *key)
{
	struct arena a = arena_over(policy_mem, sizeof policy_mem);
	const char *what = "";
	struct slice text;
	enum exit_status st = reference_read(path, key, &text);
	enum err e;

	if (st != STATUS_DONE)
		return st;
	e = policy_add_reference(&policy, &a, text, &what);
	return e == ERR_OK ? STATUS_DONE : input_bad(path, what, e);
}

static enum exit_status policy_bad(const char *path, const char *what,
				   enum err e)
{
	char text[POLICY_WHY];
	struct wr w = wr_over(text, sizeof text);

	policy_fault(&w, e, what);
	complain("%s: %.*s", path, (int)w.len, text);
	return STATUS_MALFORMED;
}

/* A reference that the policy names, which lies beside it. */
static enum exit_status load_listed(const char *path, size_t i)
{
	static char file[POLICY_PATH_OUT], key[POLICY_PATH_OUT];
	struct arena a = arena_over(policy_mem, sizeof policy_mem);
	const struct policy_reference *r = &policy.references[i];
	bool has_key = r->key[0] != '\0';
	const char *what = "";
	struct slice text;
	enum exit_status st;
	enum err e = policy_path(path, r->file, file);

	if (e == ERR_OK && has_key)
		e = policy_path(path, r->key, key);
	if (e != ERR_OK)
		return input_bad(path, "references", e);
	st = reference_read(file, has_key ? key : NULL, &text);
	if (st != STATUS_DONE)
		return st;
	e = policy_add_listed(&policy, i, &a, text, &what);
	if (e == ERR_STATE) {
		complain("%s: its counter is below the policy's min_counter, "
			 "%u: name a later release",
			 file, (unsigned)r->min_counter);
		return STATUS_REFUSED;
	}
	return e == ERR_OK ? STATUS_DONE : input_bad(file, what, e);
}

static enum exit_status load_policy_file(const char *path)
{
	struct arena a = arena_over(policy_mem, sizeof policy_mem);
	struct buf b = { 0 };
	const char *what = "";
	enum exit_status st = input_read(path, POLICY_MAX_BYTES, &b);
	enum err e;

	if (st != STATUS_DONE)
		return st;
	e = policy_parse(&a, buf_slice(&b), &policy, &what);
	buf_free(&b);
	if (e != ERR_OK)
		return policy_bad(path, what, e);
	if (decide_needs_token(&policy)) {
		complain("%s: verifier is %s, and an agent is asked for quotes "
			 "alone: use a policy whose verifier is dcap",
			 path, policy_verifier_name(policy.verifier));
		return STATUS_MALFORMED;
	}
	for (size_t i = 0; st == STATUS_DONE && i < policy.n_references; i++)
		st = load_listed(path, i);
	return st;
}

static enum exit_status load_policy(const struct trust_opts *t)
{
	enum exit_status st = STATUS_DONE;

	if ((t->policy == NULL) == (t->references.n == 0)) {
		complain("--reference or --policy is needed, one of them: "
			 "without it nothing can be accepted");
		return STATUS_USAGE;
	}
	if (t->policy != NULL && t->reference_key != NULL) {
		complain("--reference-key needs --reference");
		return STATUS_USAGE;
	}
	policy_init(&policy);
	if (t->policy != NULL)
		return load_policy_file(t->policy);
	for (size_t i = 0; st == STATUS_DONE && i < t->references.n; i++)
		st = load_reference(t->references.v[i], t->reference_key);
	return st;
}

static enum exit_status load_root(const struct trust_opts *t)
{
	struct buf b = { 0 };
	enum exit_status st;
	enum err e;

	trust_roots_init(&roots);
	if (t->sim_root == NULL)
		return STATUS_DONE;
	st = input_read(t->sim_root, 16 * 1024, &b);
	if (st != STATUS_DONE)
		return st;
	e = trust_roots_add_insecure(&roots, buf_slice(&b));
	buf_free(&b);
	return e == ERR_OK ? STATUS_DONE : input_bad(t->sim_root, "", e);
}

static enum exit_status load_collateral(const struct trust_opts *t)
{
	struct arena a = arena_over(collateral_mem, sizeof collateral_mem);
	struct buf b = { 0 };
	const char *what = "";
	enum exit_status st;
	enum err e;

	if (t->collateral == NULL) {
		complain("--collateral is needed");
		return STATUS_USAGE;
	}
	st = input_read(t->collateral, COLLATERAL_MAX_BYTES, &b);
	if (st != STATUS_DONE)
		return st;
	e = collateral_parse(&a, buf_slice(&b), &collateral, &what);
	buf_free(&b);
	if (e != ERR_OK)
		return input_bad(t->collateral, what, e);
	collateral_authenticate(&collateral);
	return STATUS_DONE;
}

enum exit_status trust_load(const struct trust_opts *t, struct verifier *out)
{
	enum exit_status status = load_policy(t);

	if (status == STATUS_DONE)
		status = load_root(t);
	if (status == STATUS_DONE)
		status = load_collateral(t);
	if (status == STATUS_DONE)
		*out = (struct verifier){ .mode = VERIFY_FULL,
					  .roots = &roots,
					  .collateral = &collateral,
					  .policy = &policy };
	return status;
}
