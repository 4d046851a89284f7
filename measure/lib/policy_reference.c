#include <string.h>

#include "measure/lib/policy.h"
#include "measure/lib/reference.h"

static enum err add_entry(struct policy *p, const struct reference_entry *r)
{
	struct policy_set set = { 0 };
	struct slice name = str_slice(platform_name(r->platform));
	enum err e = slice_cstr(name, set.platform, sizeof set.platform);

	if (e != ERR_OK)
		return e;
	memcpy(set.mrtd, r->mrtd, sizeof set.mrtd);
	for (size_t i = 0; i < REFERENCE_RTMRS; i++) {
		set.has_rtmr[i] = r->rtmr_known[i];
		memcpy(set.rtmr[i], r->rtmr[i], sizeof set.rtmr[i]);
	}
	return policy_add(p, &set);
}

enum err policy_add_reference(struct policy *p, struct arena *a,
			      struct slice in, const char **what)
{
	struct reference *r = arena_alloc(a, sizeof *r);
	size_t before = p->n_sets;
	enum err e;

	*what = "";
	if (r == NULL)
		return ERR_SPACE;
	e = reference_parse(a, in, r, what);
	for (size_t i = 0; e == ERR_OK && i < r->n; i++)
		if (r->e[i].rtmr_known[1])
			e = add_entry(p, &r->e[i]);
	if (e == ERR_OK && p->n_sets == before) {
		*what = "rtmr1";
		e = ERR_MISSING;
	}
	if (e != ERR_OK)
		p->n_sets = before;
	return e;
}
