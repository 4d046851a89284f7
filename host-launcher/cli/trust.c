#include "host-launcher/cli/trust.h"

#include "host-launcher/lib/file.h"

static struct trust_roots roots;
static struct policy policy;
static struct collateral collateral;
static uint8_t collateral_mem[COLLATERAL_ARENA_BYTES];
static uint8_t policy_mem[POLICY_ARENA_BYTES];

static enum exit_status bad_file(const char *path, const char *what, enum err e)
{
	complain("%s: %s%s%s", path, what, what[0] != '\0' ? ": " : "",
		 err_text(e));
	return exit_of(e);
}

static enum exit_status load_policy(const struct trust_opts *t)
{
	const char *path = t->policy != NULL ? t->policy : t->reference;
	struct arena a = arena_over(policy_mem, sizeof policy_mem);
	struct buf b = { 0 };
	const char *what = "";
	enum err e;

	if ((t->policy == NULL) == (t->reference == NULL)) {
		complain("--reference or --policy is needed, one of them: "
			 "without it nothing can be accepted");
		return STATUS_USAGE;
	}
	policy_init(&policy);
	e = file_read(path, POLICY_MAX_BYTES, &b);
	if (e == ERR_OK && t->policy != NULL)
		e = policy_parse(&a, buf_slice(&b), &policy, &what);
	else if (e == ERR_OK)
		e = policy_add_reference(&policy, &a, buf_slice(&b), &what);
	buf_free(&b);
	return e == ERR_OK ? STATUS_DONE : bad_file(path, what, e);
}

static enum exit_status load_root(const struct trust_opts *t)
{
	struct buf b = { 0 };
	enum err e;

	trust_roots_init(&roots);
	if (t->sim_root == NULL)
		return STATUS_DONE;
	e = file_read(t->sim_root, 16 * 1024, &b);
	if (e == ERR_OK)
		e = trust_roots_add_insecure(&roots, buf_slice(&b));
	buf_free(&b);
	return e == ERR_OK ? STATUS_DONE : bad_file(t->sim_root, "", e);
}

static enum exit_status load_collateral(const struct trust_opts *t)
{
	struct arena a = arena_over(collateral_mem, sizeof collateral_mem);
	struct buf b = { 0 };
	const char *what = "";
	enum err e;

	if (t->collateral == NULL) {
		complain("--collateral is needed");
		return STATUS_USAGE;
	}
	e = file_read(t->collateral, COLLATERAL_MAX_BYTES, &b);
	if (e == ERR_OK)
		e = collateral_parse(&a, buf_slice(&b), &collateral, &what);
	buf_free(&b);
	if (e != ERR_OK)
		return bad_file(t->collateral, what, e);
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
