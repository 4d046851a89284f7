/* policy_read.c - from a policy file to a policy. */
#include <string.h>

#include "lib/text.h"
#include "measure/lib/policy.h"
#include "measure/lib/printable.h"

static const char *const rtmr_key[] = { "rtmr0", "rtmr1", "rtmr2", "rtmr3" };

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
	if (!json_has(v, key))
		return false;
	fail(w, json_hex(v, key, out, n), key);
	return w->err == ERR_OK;
}

/* Eight bytes as in a quote: a little-endian number. */
static uint64_t u64_of(const uint8_t b[static 8])
{
	struct rd r = rd_over((struct slice){ b, 8 });

	return rd_u64le(&r);
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

/* The optional list `key`, of 1 to max elements, in *out; true when it is there
 * and good so far. An empty one would allow nothing, or say nothing. */
static bool get_list(struct walk *w, struct json v, const char *key, size_t max,
		     struct json *out)
{
	if (!json_has(v, key))
		return false;
	fail(w, json_array(v, key, out), key);
	if (w->err == ERR_OK && json_count(*out) == 0)
		fail(w, ERR_MISSING, key);
	if (w->err == ERR_OK && json_count(*out) > max)
		fail(w, ERR_LIMIT, key);
	return w->err == ERR_OK;
}

/* Lower-case hex, the one spelling of a value. */
static enum err hex_of(struct json e, uint8_t *out, size_t n)
{
	struct slice s = { NULL, 0 };
	enum err err = json_as_str(e, &s);

	for (size_t i = 0; err == ERR_OK && i < s.len; i++)
		if (s.ptr[i] >= 'A' && s.ptr[i] <= 'F')
			err = ERR_VALUE;
	return err != ERR_OK ? err : hex_decode(s, out, n);
}

/* A list of values of n bytes each in hex, none of them twice; how many. */
static size_t get_hex_list(struct walk *w, struct json v, const char *key,
			   uint8_t *out, size_t n, size_t max)
{
	struct json list = { NULL };
	size_t count = 0;

	if (!get_list(w, v, key, max, &list))
		return 0;
	for (struct json e = json_first(list); e.node; e = json_next(e)) {
		uint8_t *at = out + count * n;

		fail(w, hex_of(e, at, n), key);
		if (w->err != ERR_OK)
			return 0;
		for (size_t i = 0; i < count; i++)
			if (memcmp(out + i * n, at, n) == 0)
				fail(w, ERR_DUPLICATE, key);
		count++;
	}
	return count;
}

/* ---- images ---- */

/* Two with the same name and registers: one of them says nothing. */
static bool same_set(const struct policy_set *a, const struct policy_set *b)
{
	bool same = strcmp(a->platform, b->platform) == 0 &&
		    ct_eq(a->mrtd, b->mrtd, SHA384_LEN);

	for (size_t i = 0; i < 4; i++)
		same = same && a->has_rtmr[i] == b->has_rtmr[i] &&
		       ct_eq(a->rtmr[i], b->rtmr[i], SHA384_LEN);
	return same;
}

/* Printable ASCII, as it goes into verdicts. */
static bool is_name(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] < ' ' || s.ptr[i] > '~')
			return false;
	return s.len > 0;
}

static void get_set(struct walk *w, struct json v, struct policy *p)
{
	static const char *const known[] = { "platform", "mrtd",  "rtmr0",
					     "rtmr1",    "rtmr2", "rtmr3",
					     NULL };
	struct policy_set set = { 0 };
	struct slice name = { NULL, 0 };

	get_only(w, v, "measurements", known);
	if (json_has(v, "platform")) {
		fail(w, json_str(v, "platform", &name), "platform");
		if (!is_name(name))
			fail(w, ERR_VALUE, "platform");
		fail(w, slice_cstr(name, set.platform, sizeof set.platform),
		     "platform");
	}
	if (!get_hex(w, v, "mrtd", set.mrtd, sizeof set.mrtd))
		fail(w, ERR_MISSING, "mrtd");
	for (size_t i = 0; i < 4; i++)
		set.has_rtmr[i] = get_hex(w, v, rtmr_key[i], set.rtmr[i],
					  sizeof set.rtmr[i]);
	for (size_t i = 0; i < p->n_sets; i++)
		if (same_set(&p->sets[i], &set))
			fail(w, ERR_DUPLICATE, "measurements");
	if (w->err == ERR_OK)
		fail(w, policy_add(p, &set), "measurements");
}

static void get_sets(struct walk *w, struct json v, struct policy *p)
{
	struct json list = { NULL };

	if (!get_list(w, v, "measurements", POLICY_MAX_SETS, &list))
		return;
	for (struct json e = json_first(list); e.node; e = json_next(e))
		get_set(w, e, p);
}

static void get_path(struct walk *w, struct json v, const char *key,
		     char out[static POLICY_PATH])
{
	struct slice s = { NULL, 0 };

	fail(w, json_str(v, key, &s), key);
	if (w->err == ERR_OK)
		fail(w, slice_cstr(s, out, POLICY_PATH), key);
	if (w->err == ERR_OK && (s.len == 0 || !is_printable(out)))
		fail(w, ERR_VALUE, key);
}

static void get_reference(struct walk *w, struct json v, struct policy *p)
{
	static const char *const known[] = { "file", "key", "min_counter",
					     NULL };
	struct policy_reference r = { .n_sets = 0 };
	int64_t n = 0;

	get_only(w, v, "references", known);
	get_path(w, v, "file", r.file);
	if (json_has(v, "key"))
		get_path(w, v, "key", r.key);
	if (json_has(v, "min_counter"))
		fail(w, json_int(v, "min_counter", 1, INT32_MAX, &n),
		     "min_counter");
	r.min_counter = (uint32_t)n;
	if (w->err != ERR_OK)
		return;
	for (size_t i = 0; i < p->n_references; i++)
		if (strcmp(p->references[i].file, r.file) == 0)
			fail(w, ERR_DUPLICATE, "references");
	p->references[p->n_references++] = r;
}

static void get_references(struct walk *w, struct json v, struct policy *p)
{
	struct json list = { NULL };

	if (!get_list(w, v, "references", POLICY_MAX_REFERENCES, &list))
		return;
	for (struct json e = json_first(list); e.node; e = json_next(e))
		get_reference(w, e, p);
}

/* ---- TCB ---- */

/* Neither Revoked nor TcbNotSupported can be allowed by name: there is no TCB
 * that Intel stands behind. */
static enum err status_of(struct slice name, enum tcb_status *out)
{
	enum tcb_status s;

	if (tcb_status_parse(name, &s) != ERR_OK || s == TCB_REVOKED ||
	    s == TCB_NOT_SUPPORTED)
		return ERR_VALUE;
	*out = s;
	return ERR_OK;
}

static void get_statuses(struct walk *w, struct json v, struct policy *p)
{
	static const char key[] = "tcb_statuses";
	struct json list = { NULL };

	if (!get_list(w, v, key, TCB_STATUS_COUNT, &list))
		return;
	memset(p->tcb_allowed, 0, sizeof p->tcb_allowed);
	for (struct json e = json_first(list); e.node; e = json_next(e)) {
		struct slice s = { NULL, 0 };
		enum tcb_status status = TCB_NOT_SUPPORTED;

		fail(w, json_as_str(e, &s), key);
		if (w->err == ERR_OK)
			fail(w, status_of(s, &status), key);
		if (w->err != ERR_OK)
			return;
		if (p->tcb_allowed[status])
			fail(w, ERR_DUPLICATE, key);
		p->tcb_allowed[status] = true;
	}
}

static void get_grace(struct walk *w, struct json v, struct policy *p)
{
	static const char key[] = "tcb_grace_days";
	struct json days = { NULL };

	if (!json_has(v, key))
		return;
	fail(w, json_object(v, key, &days), key);
	if (w->err == ERR_OK && json_count(days) == 0)
		fail(w, ERR_MISSING, key);
	for (struct json e = json_first(days); e.node; e = json_next(e)) {
		enum tcb_status status = TCB_NOT_SUPPORTED;
		int64_t n = 0;

		fail(w, status_of(str_slice(json_key(e)), &status), key);
		fail(w, json_as_int(e, 1, POLICY_MAX_GRACE_DAYS, &n), key);
		if (w->err == ERR_OK)
			p->tcb_grace_days[status] = (uint16_t)n;
	}
}

static void get_evaluation(struct walk *w, struct json v, struct policy *p)
{
	static const char key[] = "min_tcb_evaluation_number";
	int64_t n = 0;

	if (!json_has(v, key))
		return;
	fail(w, json_int(v, key, 0, UINT32_MAX, &n), key);
	p->min_evaluation_number = (uint32_t)n;
}

/* ---- the TD ---- */

static void get_attributes(struct walk *w, struct json v, const char *key,
			   uint64_t *out)
{
	uint8_t b[8];

	if (get_hex(w, v, key, b, sizeof b))
		*out = u64_of(b);
}

static void get_xfam(struct walk *w, struct json v, struct policy *p)
{
	uint8_t values[POLICY_MAX_XFAM][8];
	size_t n = get_hex_list(w, v, "xfam", values[0], sizeof values[0],
				POLICY_MAX_XFAM);

	if (n == 0)
		return;
	p->n_xfam = n;
	for (size_t i = 0; i < n; i++)
		p->xfam[i] = u64_of(values[i]);
}

/* ---- words ---- */

static enum enforce get_mode(struct walk *w, struct json v, const char *key,
			     enum enforce absent, enum enforce last)
{
	struct slice s = { NULL, 0 };

	if (!json_has(v, key))
		return absent;
	fail(w, json_str(v, key, &s), key);
	for (unsigned i = ENFORCE_STRICT; i <= last; i++)
		if (slice_is(s, enforce_name((enum enforce)i)))
			return (enum enforce)i;
	fail(w, ERR_VALUE, key);
	return absent;
}

static void get_verifier(struct walk *w, struct json v, struct policy *p)
{
	struct slice s = { NULL, 0 };

	if (!json_has(v, "verifier"))
		return;
	fail(w, json_str(v, "verifier", &s), "verifier");
	for (unsigned i = POLICY_DCAP; i <= POLICY_BOTH; i++)
		if (slice_is(s,
			     policy_verifier_name((enum policy_verifier)i))) {
			p->verifier = (enum policy_verifier)i;
			return;
		}
	fail(w, ERR_VALUE, "verifier");
}

static void get_simulated(struct walk *w, struct json v, struct policy *p)
{
	p->simulated = false;
	if (json_has(v, "simulated"))
		fail(w, json_bool(v, "simulated", &p->simulated), "simulated");
}

static void get_version(struct walk *w, struct json v)
{
	int64_t version = 0;

	fail(w, json_int(v, "version", 0, INT32_MAX, &version), "version");
	if (w->err == ERR_OK && version != 1)
		fail(w, ERR_UNSUPP, "version");
}

/* ---- the whole ---- */

static void get_platforms(struct walk *w, struct json v, struct policy *p)
{
	p->n_ppid = get_hex_list(w, v, "ppid", p->ppid[0],
				 POLICY_PLATFORM_ID_LEN, POLICY_MAX_PLATFORMS);
	p->n_piid = get_hex_list(w, v, "piid", p->piid[0],
				 POLICY_PLATFORM_ID_LEN, POLICY_MAX_PLATFORMS);
	p->n_mr_seam = get_hex_list(w, v, "mr_seam", p->mr_seam[0], SHA384_LEN,
				    POLICY_MAX_SEAMS);
}

static void get_td(struct walk *w, struct json v, struct policy *p)
{
	get_xfam(w, v, p);
	get_attributes(w, v, "td_attributes_required",
		       &p->td_attributes_required);
	get_attributes(w, v, "td_attributes_allowed",
		       &p->td_attributes_allowed);
	(void)get_hex(w, v, "mr_config_id", p->mr_config_id, SHA384_LEN);
	(void)get_hex(w, v, "mr_owner", p->mr_owner, SHA384_LEN);
	(void)get_hex(w, v, "mr_owner_config", p->mr_owner_config, SHA384_LEN);
}

static void get_modes(struct walk *w, struct json v, struct policy *p)
{
	p->tcb_mode =
		get_mode(w, v, "tcb_mode", ENFORCE_STRICT, ENFORCE_DISABLED);
	p->rtmr_mode =
		get_mode(w, v, "rtmr_mode", ENFORCE_STRICT, ENFORCE_DISABLED);
	p->mr_seam_mode =
		get_mode(w, v, "mr_seam_mode", ENFORCE_WARN, ENFORCE_WARN);
	get_verifier(w, v, p);
	get_simulated(w, v, p);
}

/* One firmware, and so one MRTD, boots any image: without RTMR1 a set would
 * accept them all. */
static void check_images(struct walk *w, const struct policy *p)
{
	for (size_t i = 0; i < p->n_sets; i++)
		if (p->rtmr_mode == ENFORCE_STRICT && !p->sets[i].has_rtmr[1])
			fail(w, ERR_MISSING, "rtmr1");
}

/* Members that another one makes void: who wrote them meant something. */
static void check_void(struct walk *w, struct json v, const struct policy *p)
{
	static const char *const tcb[] = { "tcb_statuses", "tcb_grace_days",
					   "min_tcb_evaluation_number" };

	if (json_has(v, "mr_seam_mode") && p->n_mr_seam == 0)
		fail(w, ERR_VALUE,
		     "mr_seam_mode: there is no mr_seam that it could be of: "
		     "give that list, or leave the mode out");
	for (size_t i = 0; i < sizeof tcb / sizeof *tcb; i++)
		if (p->tcb_mode == ENFORCE_DISABLED && json_has(v, tcb[i]))
			fail(w, ERR_VALUE,
			     "tcb_mode: \"disabled\" asks none of the other "
			     "TCB rules: leave those out, or write \"warn\"");
}

enum err policy_parse(struct arena *a, struct slice in, struct policy *out,
		      const char **what)
{
	static const char *const known[] = { "version",
					     "measurements",
					     "references",
					     "tcb_statuses",
					     "tcb_grace_days",
					     "min_tcb_evaluation_number",
					     "ppid",
					     "piid",
					     "mr_seam",
					     "mr_seam_mode",
					     "xfam",
					     "td_attributes_required",
					     "td_attributes_allowed",
					     "mr_config_id",
					     "mr_owner",
					     "mr_owner_config",
					     "simulated",
					     "verifier",
					     "tcb_mode",
					     "rtmr_mode",
					     NULL };
	/* 100 KiB: not in the arena, as no input has earned that much. */
	struct policy p;
	struct walk w = { .err = ERR_OK, .what = "" };
	const char *why = "";
	struct json v = { NULL };
	enum err e;

	*what = "";
	if (in.len > POLICY_MAX_BYTES)
		return ERR_LIMIT;
	policy_init(&p);
	fail(&w, json_parse(a, in, &v), "");
	get_only(&w, v, "", known);
	get_version(&w, v);
	get_sets(&w, v, &p);
	get_references(&w, v, &p);
	get_statuses(&w, v, &p);
	get_grace(&w, v, &p);
	get_evaluation(&w, v, &p);
	get_platforms(&w, v, &p);
	get_td(&w, v, &p);
	get_modes(&w, v, &p);
	check_images(&w, &p);
	if (w.err == ERR_OK)
		check_void(&w, v, &p);
	if (w.err == ERR_OK) {
		e = policy_rules_check(&p, &why);
		fail(&w, e, why);
	}
	*what = w.what;
	if (w.err == ERR_OK)
		*out = p;
	return w.err;
}
