#include "measure/lib/policy.h"

#include <string.h>

#include "lib/text.h"

static const char *const rtmr_key[] = { "rtmr0", "rtmr1", "rtmr2", "rtmr3" };

void policy_init(struct policy *p)
{
	*p = (struct policy){
		.tcb_allowed = { [TCB_UP_TO_DATE] = true },
		/* x87, SSE, AVX, AVX-512, PKRU, AMX: Google's C3; and the same
		 * with CET. */
		.xfam = { UINT64_C(0x600e7), UINT64_C(0x618e7) },
		.n_xfam = 2,
		.td_attributes_required = TD_ATTR_SEPT_VE_DISABLE,
		.td_attributes_allowed =
			TD_ATTR_SEPT_VE_DISABLE | TD_ATTR_LASS | TD_ATTR_PKS,
		.tcb_mode = ENFORCE_STRICT,
		.rtmr_mode = ENFORCE_STRICT,
	};
}

enum err policy_add(struct policy *p, const struct policy_set *set)
{
	if (p->n_sets == POLICY_MAX_SETS)
		return ERR_SPACE;
	p->sets[p->n_sets++] = *set;
	return ERR_OK;
}

/* A walk over one file: the first error sticks, with the member's name. */
struct walk {
	enum err err;
	const char *what;
};

static void fail(struct walk *w, enum err e, const char *what)
{
	if (w->err == ERR_OK && e != ERR_OK) {
		w->err = e;
		w->what = what;
	}
}

/* Optional hex of exactly n bytes; true when it was there. */
static bool get_hex(struct walk *w, struct json v, const char *key, void *out,
		    size_t n)
{
	struct slice s = { NULL, 0 };

	if (!json_has(v, key))
		return false;
	fail(w, json_str(v, key, &s), key);
	if (w->err == ERR_OK)
		fail(w, hex_decode(s, out, n), key);
	return w->err == ERR_OK;
}

/* Eight bytes as in a quote: a little-endian number. */
static bool u64_of(struct slice hex, uint64_t *out)
{
	uint8_t b[8];
	struct rd r = rd_over((struct slice){ b, sizeof b });

	if (hex_decode(hex, b, sizeof b) != ERR_OK)
		return false;
	*out = rd_u64le(&r);
	return true;
}

/* v is an object with known members only; `name` is what it is called. */
static void get_only(struct walk *w, struct json v, const char *name,
		     const char *const *known)
{
	const char *which = NULL;
	enum err e;

	if (!json_is_object(v))
		fail(w, ERR_VALUE, name);
	if (w->err != ERR_OK)
		return;
	e = json_only(v, known, &which);
	fail(w, e, e == ERR_UNKNOWN && which != NULL ? which : name);
}

static void get_set(struct walk *w, struct json v, struct policy *p)
{
	static const char *const known[] = { "platform", "mrtd",  "rtmr0",
					     "rtmr1",    "rtmr2", "rtmr3",
					     NULL };
	struct policy_set set = { 0 };
	struct slice name = { NULL, 0 };

	get_only(w, v, "measurements", known);
	if (json_has(v, "platform"))
		fail(w, json_str(v, "platform", &name), "platform");
	fail(w, slice_cstr(name, set.platform, sizeof set.platform),
	     "platform");
	if (!get_hex(w, v, "mrtd", set.mrtd, sizeof set.mrtd))
		fail(w, ERR_MISSING, "mrtd");
	for (size_t i = 0; i < 4; i++)
		set.has_rtmr[i] = get_hex(w, v, rtmr_key[i], set.rtmr[i],
					  sizeof set.rtmr[i]);
	if (w->err == ERR_OK)
		fail(w, policy_add(p, &set), "measurements");
}

static void get_sets(struct walk *w, struct json v, struct policy *p)
{
	struct json list = { NULL };

	if (!json_has(v, "measurements"))
		return;
	fail(w, json_array(v, "measurements", &list), "measurements");
	for (struct json e = json_first(list); e.node; e = json_next(e))
		get_set(w, e, p);
}

static void get_statuses(struct walk *w, struct json v, struct policy *p)
{
	struct json list = { NULL };

	if (!json_has(v, "tcb_statuses"))
		return;
	fail(w, json_array(v, "tcb_statuses", &list), "tcb_statuses");
	memset(p->tcb_allowed, 0, sizeof p->tcb_allowed);
	for (struct json e = json_first(list); e.node; e = json_next(e)) {
		struct slice s = { NULL, 0 };
		enum tcb_status status = TCB_NOT_SUPPORTED;

		fail(w, json_as_str(e, &s), "tcb_statuses");
		if (w->err == ERR_OK)
			fail(w, tcb_status_parse(s, &status), "tcb_statuses");
		/* Neither can be allowed by name: there is no TCB that Intel
		 * stands behind. */
		if (status == TCB_REVOKED || status == TCB_NOT_SUPPORTED)
			fail(w, ERR_VALUE, "tcb_statuses");
		if (w->err == ERR_OK)
			p->tcb_allowed[status] = true;
	}
}

static void get_attributes(struct walk *w, struct json v, struct policy *p)
{
	struct json list = { NULL };
	struct slice s = { NULL, 0 };

	if (json_has(v, "td_attributes_allowed")) {
		fail(w, json_str(v, "td_attributes_allowed", &s),
		     "td_attributes_allowed");
		if (w->err == ERR_OK && !u64_of(s, &p->td_attributes_allowed))
			fail(w, ERR_VALUE, "td_attributes_allowed");
		if ((p->td_attributes_allowed & TD_ATTR_NEVER) != 0)
			fail(w, ERR_VALUE, "td_attributes_allowed");
	}
	if (!json_has(v, "xfam"))
		return;
	fail(w, json_array(v, "xfam", &list), "xfam");
	p->n_xfam = 0;
	for (struct json e = json_first(list); e.node; e = json_next(e)) {
		if (p->n_xfam == POLICY_MAX_XFAM)
			fail(w, ERR_LIMIT, "xfam");
		fail(w, json_as_str(e, &s), "xfam");
		if (w->err != ERR_OK)
			return;
		if (!u64_of(s, &p->xfam[p->n_xfam++]))
			fail(w, ERR_VALUE, "xfam");
	}
}

static enum enforce get_mode(struct walk *w, struct json v, const char *key)
{
	static const char *const names[] = {
		[ENFORCE_STRICT] = "strict",
		[ENFORCE_WARN] = "warn",
		[ENFORCE_DISABLED] = "disabled",
	};
	struct slice s = { NULL, 0 };

	if (!json_has(v, key))
		return ENFORCE_STRICT;
	fail(w, json_str(v, key, &s), key);
	for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
		if (slice_is(s, names[i]))
			return (enum enforce)i;
	fail(w, ERR_VALUE, key);
	return ENFORCE_STRICT;
}

/* One firmware, and so one MRTD, boots any image: without RTMR1 a set would
 * accept them all. */
static void check_images(struct walk *w, const struct policy *p)
{
	for (size_t i = 0; i < p->n_sets; i++)
		if (p->rtmr_mode == ENFORCE_STRICT && !p->sets[i].has_rtmr[1])
			fail(w, ERR_MISSING, "rtmr1");
}

static void get_version(struct walk *w, struct json v)
{
	int64_t version = 0;

	fail(w, json_int(v, "version", 0, INT32_MAX, &version), "version");
	if (w->err == ERR_OK && version != 1)
		fail(w, ERR_UNSUPP, "version");
}

static void get_evaluation(struct walk *w, struct json v, struct policy *p)
{
	int64_t n = 0;

	if (!json_has(v, "min_tcb_evaluation_number"))
		return;
	fail(w, json_int(v, "min_tcb_evaluation_number", 0, UINT32_MAX, &n),
	     "min_tcb_evaluation_number");
	p->min_evaluation_number = (uint32_t)n;
}

enum err policy_parse(struct arena *a, struct slice in, struct policy *out,
		      const char **what)
{
	static const char *const known[] = { "version",
					     "measurements",
					     "tcb_statuses",
					     "min_tcb_evaluation_number",
					     "xfam",
					     "td_attributes_allowed",
					     "mr_config_id",
					     "mr_owner",
					     "mr_owner_config",
					     "tcb_mode",
					     "rtmr_mode",
					     NULL };
	struct policy *p = arena_alloc(a, sizeof *p);
	struct walk w = { .err = ERR_OK, .what = "" };
	struct json v = { NULL };

	*what = "";
	if (p == NULL)
		return ERR_SPACE;
	if (in.len > POLICY_MAX_BYTES)
		return ERR_LIMIT;
	policy_init(p);
	fail(&w, json_parse(a, in, &v), "");
	get_only(&w, v, "", known);
	get_version(&w, v);
	get_sets(&w, v, p);
	get_statuses(&w, v, p);
	get_evaluation(&w, v, p);
	get_attributes(&w, v, p);
	(void)get_hex(&w, v, "mr_config_id", p->mr_config_id, SHA384_LEN);
	(void)get_hex(&w, v, "mr_owner", p->mr_owner, SHA384_LEN);
	(void)get_hex(&w, v, "mr_owner_config", p->mr_owner_config, SHA384_LEN);
	p->tcb_mode = get_mode(&w, v, "tcb_mode");
	p->rtmr_mode = get_mode(&w, v, "rtmr_mode");
	check_images(&w, p);
	*what = w.what;
	if (w.err == ERR_OK)
		*out = *p;
	return w.err;
}
