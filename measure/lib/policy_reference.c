/* policy_reference.c - from a reference file to a policy. */
#include <stdio.h>
#include <string.h>

#include "measure/lib/policy.h"

static enum err add_entry(struct policy *p, const struct reference *r,
			  const struct reference_entry *m)
{
	struct policy_set set = { .release = r->release };
	struct slice name = str_slice(platform_name(m->platform));
	enum err e = slice_cstr(name, set.platform, sizeof set.platform);

	if (e != ERR_OK)
		return e;
	memcpy(set.mrtd, m->mrtd, sizeof set.mrtd);
	for (size_t i = 0; i < REFERENCE_RTMRS; i++) {
		set.has_rtmr[i] = m->rtmr_known[i];
		memcpy(set.rtmr[i], m->rtmr[i], sizeof set.rtmr[i]);
	}
	return policy_add(p, &set);
}

/* Each release's reference repeats what the ones before it revoked. */
static bool is_listed(const struct policy *p, const struct reference_revoked *v)
{
	for (size_t i = 0; i < p->n_revoked; i++)
		if (p->revoked[i].counter == v->counter &&
		    strcmp(p->revoked[i].version, v->version) == 0)
			return true;
	return false;
}

static enum err add_revoked(struct policy *p, const struct reference *r)
{
	for (size_t i = 0; i < r->nrevoked; i++) {
		if (is_listed(p, &r->revoked[i]))
			continue;
		if (p->n_revoked == POLICY_MAX_REVOKED)
			return ERR_SPACE;
		p->revoked[p->n_revoked++] = r->revoked[i];
	}
	return ERR_OK;
}

/* Whichever of two references came first. */
static void mark_revoked(struct policy *p)
{
	for (size_t i = 0; i < p->n_sets; i++) {
		struct policy_set *set = &p->sets[i];

		for (size_t k = 0; k < p->n_revoked; k++)
			if (reference_names(&p->revoked[k], &set->release))
				snprintf(set->revoked, sizeof set->revoked,
					 "%s", p->revoked[k].reason);
	}
}

/* min_counter is 0 when any release will do. */
static enum err add(struct policy *p, uint32_t min_counter, struct arena *a,
		    struct slice in, const char **what)
{
	struct reference *r = arena_alloc(a, sizeof *r);
	size_t before = p->n_sets, revoked_before = p->n_revoked;
	enum err e;

	*what = "";
	if (r == NULL)
		return ERR_SPACE;
	e = reference_parse(a, in, r, what);
	if (e == ERR_OK && r->release.counter < min_counter) {
		*what = "min_counter";
		e = ERR_STATE;
	}
	for (size_t i = 0; e == ERR_OK && i < r->n; i++)
		if (r->e[i].rtmr_known[1])
			e = add_entry(p, r, &r->e[i]);
	if (e == ERR_OK && p->n_sets == before) {
		*what = "no entry has RTMR1";
		e = ERR_REFUSED;
	}
	if (e == ERR_OK)
		e = add_revoked(p, r);
	if (e == ERR_OK) {
		mark_revoked(p);
	} else {
		p->n_sets = before;
		p->n_revoked = revoked_before;
	}
	return e;
}

enum err policy_add_reference(struct policy *p, struct arena *a,
			      struct slice in, const char **what)
{
	return add(p, 0, a, in, what);
}

enum err policy_add_listed(struct policy *p, size_t i, struct arena *a,
			   struct slice in, const char **what)
{
	struct policy_reference *r = &p->references[i];
	size_t before = p->n_sets;
	enum err e = add(p, r->min_counter, a, in, what);

	if (e == ERR_OK) {
		r->first_set = before;
		r->n_sets = p->n_sets - before;
	}
	return e;
}

enum err policy_path(const char *policy, const char *file,
		     char out[static POLICY_PATH_OUT])
{
	const char *slash = strrchr(policy, '/');
	int folder = slash != NULL ? (int)(slash - policy) + 1 : 0;
	int n;

	if (file[0] == '/')
		folder = 0;
	n = snprintf(out, POLICY_PATH_OUT, "%.*s%s", folder, policy, file);
	return n < 0 || n >= POLICY_PATH_OUT ? ERR_LIMIT : ERR_OK;
}
