/* verify_policy.c - the policy's part of a verdict. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/text.h"
#include "measure/lib/printable.h"
#include "measure/lib/verify.h"

enum {
	DAY_S = 86400
};

static bool same(const uint8_t a[static SHA384_LEN],
		 const uint8_t b[static SHA384_LEN])
{
	return ct_eq(a, b, SHA384_LEN);
}

/* The first RTMR that is not the set's; 4 when all that are given agree. */
static size_t rtmr_differs(const struct policy_set *set,
			   const struct quote_body *body)
{
	size_t i = 0;

	while (i < 4 &&
	       (!set->has_rtmr[i] || same(set->rtmr[i], body->rtmr[i])))
		i++;
	return i;
}

/* Of sets that fit equally well one that is revoked comes first, since no other
 * release makes bytes good that a publisher took back; then one in force. */
static unsigned weight(const struct policy_set *set, int64_t now_s)
{
	if (set->revoked[0] != '\0')
		return 2;
	return reference_in_force(&set->release, now_s) == ERR_OK;
}

/* The set that fits best: MRTD and all RTMRs, else the one whose RTMRs agree
 * the furthest. NULL when none has this MRTD. */
static const struct policy_set *best_set(const struct policy *p,
					 const struct quote_body *body,
					 int64_t now_s, size_t *differs)
{
	const struct policy_set *best = NULL;

	for (size_t i = 0; i < p->n_sets; i++) {
		const struct policy_set *set = &p->sets[i];
		size_t at = rtmr_differs(set, body);

		if (!same(set->mrtd, body->mrtd) ||
		    (best != NULL && at < *differs) ||
		    (best != NULL && at == *differs &&
		     weight(set, now_s) <= weight(best, now_s)))
			continue;
		best = set;
		*differs = at;
	}
	return best;
}

/* ---- the platform ---- */

/* A token does not say which platform it is of. */
static bool is_token(const struct verdict *v)
{
	return !v->has_platform;
}

/* Whether a rule that only a quote can meet is to be asked: with both, the
 * quote's verdict answers it for the token (decide.h). */
static bool is_asked(const struct policy *p, const struct verdict *v)
{
	return !is_token(v) || p->verifier != POLICY_BOTH;
}

/* All of the list is compared, in constant time. */
static bool is_listed(const uint8_t (*list)[POLICY_PLATFORM_ID_LEN], size_t n,
		      const uint8_t id[static POLICY_PLATFORM_ID_LEN])
{
	unsigned found = 0;

	for (size_t i = 0; i < n; i++)
		found |= ct_eq(list[i], id, POLICY_PLATFORM_ID_LEN);
	return found != 0;
}

static void check_platform(const struct policy *p, struct verdict *v)
{
	if (v->simulated && !p->simulated)
		verdict_refuse(v, REASON_ISSUER,
			       "the platform is simulated, and the policy does "
			       "not say \"simulated\":true");
	if (!is_asked(p, v) || (p->n_ppid == 0 && p->n_piid == 0))
		return;
	if (is_token(v))
		verdict_refuse(v, REASON_ISSUER,
			       "the policy lists platforms, and a token does "
			       "not name its own");
	else if (p->n_ppid > 0 && !is_listed(p->ppid, p->n_ppid, v->ppid))
		verdict_refuse(v, REASON_ISSUER,
			       "the platform's PPID is not in the list");
	else if (p->n_piid > 0 && !v->has_piid)
		verdict_refuse(v, REASON_ISSUER,
			       "the PCK certificate holds no platform instance "
			       "id");
	else if (p->n_piid > 0 && !is_listed(p->piid, p->n_piid, v->piid))
		verdict_refuse(v, REASON_ISSUER,
			       "the platform instance id is not in the list");
}

/* ---- TCB ---- */

/* What is accepted, and still worth saying. */
__attribute__((format(printf, 2, 3))) static void remark(struct verdict *v,
							 const char *fmt, ...)
{
	size_t n = strlen(v->remarks);
	va_list ap;

	if (n > 0 && n + 2 < sizeof v->remarks) {
		memcpy(v->remarks + n, "; ", 3);
		n += 2;
	}
	va_start(ap, fmt);
	vsnprintf(v->remarks + n, sizeof v->remarks - n, fmt, ap);
	va_end(ap);
	utf8_mend(v->remarks);
}

/* A rule of the TCB is not met: that is a refusal, or a warning. */
__attribute__((format(printf, 4, 5))) static void
tcb_unmet(struct verdict *v, enum enforce mode, bool is_final, const char *fmt,
	  ...)
{
	char text[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (mode == ENFORCE_STRICT || is_final) {
		verdict_refuse(v, REASON_TCB, "%s", text);
		return;
	}
	v->warn_tcb = true;
	remark(v, "%s", text);
}

/* Grace begins where the platform fell behind. A date that is not known, or not
 * come yet, gives none. */
static bool in_grace(const struct policy *p, const struct verdict *v,
		     int64_t now_s)
{
	int64_t days = p->tcb_grace_days[v->tcb_status];
	int64_t since = v->out_of_date_since_s;

	if (days > 0 && is_token(v) && !is_asked(p, v))
		return true;
	return since > 0 && since <= now_s && now_s - since < days * DAY_S;
}

static void check_status(const struct policy *p, int64_t now_s,
			 struct verdict *v)
{
	enum tcb_status s = v->tcb_status;
	const char *name = tcb_status_name(s);
	unsigned days = p->tcb_grace_days[s];
	int64_t since = v->out_of_date_since_s;
	bool is_final = s == TCB_REVOKED || s == TCB_NOT_SUPPORTED;
	char when[REFERENCE_TIME_LEN + 1];

	if (p->tcb_allowed[s] && !is_final)
		return;
	if (days == 0 || is_final) {
		tcb_unmet(v, p->tcb_mode, is_final, "TCB status is %s", name);
		return;
	}
	if (since == 0) {
		if (!in_grace(p, v, now_s))
			tcb_unmet(v, p->tcb_mode, false,
				  "TCB status is %s, nobody says since when: "
				  "no grace",
				  name);
		return;
	}
	reference_time_format(since, when);
	if (in_grace(p, v, now_s))
		remark(v, "TCB status is %s since %s; the grace is %u days",
		       name, when, days);
	else
		tcb_unmet(v, p->tcb_mode, false,
			  "TCB status is %s since %s; the grace of %u days "
			  "does not cover that",
			  name, when, days);
}

static void check_evaluation(const struct policy *p, struct verdict *v)
{
	if (is_asked(p, v) &&
	    v->tcb_evaluation_number < p->min_evaluation_number)
		tcb_unmet(v, p->tcb_mode, false,
			  "TCB evaluation data number %u is below %u",
			  (unsigned)v->tcb_evaluation_number,
			  (unsigned)p->min_evaluation_number);
}

/* Which TDX module it is: followed, even where any of Intel's will do. */
static void check_mr_seam(const struct policy *p, struct verdict *v)
{
	char hex[2 * SHA384_LEN + 1];
	bool found = p->n_mr_seam == 0;

	for (size_t i = 0; i < p->n_mr_seam; i++)
		found = same(p->mr_seam[i], v->body.mr_seam) || found;
	if (found)
		return;
	hex_encode((struct slice){ v->body.mr_seam, SHA384_LEN }, hex);
	tcb_unmet(v, p->mr_seam_mode, false,
		  "MRSEAM %.16s... is not in the policy's list", hex);
}

static void check_tcb(const struct policy *p, int64_t now_s, struct verdict *v)
{
	if (p->tcb_mode == ENFORCE_DISABLED) {
		v->warn_tcb = true;
		remark(v, "the policy asks nothing of the TCB");
	}
	if (p->tcb_mode != ENFORCE_DISABLED || v->tcb_status == TCB_REVOKED ||
	    v->tcb_status == TCB_NOT_SUPPORTED)
		check_status(p, now_s, v);
	if (p->tcb_mode != ENFORCE_DISABLED)
		check_evaluation(p, v);
	check_mr_seam(p, v);
}

/* ---- the TD ---- */

static void check_rtmrs(const struct policy *p, struct verdict *v,
			size_t differs)
{
	if (p->rtmr_mode != ENFORCE_STRICT)
		v->warn_rtmr = p->rtmr_mode == ENFORCE_DISABLED || differs < 4;
	else if (differs < 4)
		verdict_refuse(v, REASON_RTMR,
			       "RTMR%zu is not the expected one", differs);
}

static void check_attributes(const struct policy *p, struct verdict *v)
{
	static const uint8_t zero[SHA384_LEN];
	const struct quote_body *b = &v->body;
	uint64_t attr = b->td_attributes;
	uint64_t lacks = p->td_attributes_required & ~attr;
	uint64_t extra =
		attr & ~(p->td_attributes_allowed | p->td_attributes_required);
	const char *what = NULL;
	size_t i = 0;

	while (i < p->n_xfam && p->xfam[i] != b->xfam)
		i++;
	if ((attr & TD_ATTR_DEBUG) != 0)
		what = "the TD can be debugged by its host";
	else if ((attr & TD_ATTR_TUD) != 0)
		what = "the TD is under debug (TUD bits)";
	else if ((attr & TD_ATTR_MIGRATABLE) != 0)
		what = "the TD can be migrated";
	else if ((lacks & TD_ATTR_SEPT_VE_DISABLE) != 0)
		what = "SEPT_VE_DISABLE is not set";
	else if (lacks != 0)
		what = "a required TD attribute is not set";
	else if (extra != 0)
		what = "a TD attribute that is not allowed is set";
	else if (i == p->n_xfam)
		what = "XFAM is not in the list";
	else if (!same(b->mr_servicetd, zero))
		what = "a service TD is bound";
	else if (!same(b->mr_config_id, p->mr_config_id))
		what = "mr_config_id is not the expected one";
	else if (!same(b->mr_owner, p->mr_owner))
		what = "mr_owner is not the expected one";
	else if (!same(b->mr_owner_config, p->mr_owner_config))
		what = "mr_owner_config is not the expected one";
	if (what != NULL)
		verdict_refuse(v, REASON_RTMR, "%s", what);
}

static void check_release(const struct policy_set *set, int64_t now_s,
			  struct verdict *v)
{
	const struct reference_release *r = &set->release;
	char when[REFERENCE_TIME_LEN + 1];

	if (set->revoked[0] != '\0') {
		verdict_refuse(v, REASON_RTMR, "release %s is revoked: %s",
			       r->version, set->revoked);
		return;
	}
	switch ((int)reference_in_force(r, now_s)) {
	case ERR_OK:
		return;
	case ERR_STATE:
		reference_time_format(r->not_before_s, when);
		verdict_refuse(v, REASON_NOT_YET_VALID,
			       "release %s is good from %s on", r->version,
			       when);
		return;
	default:
		reference_time_format(r->not_after_s, when);
		verdict_refuse(v, REASON_EXPIRED,
			       "release %s was good until %s", r->version,
			       when);
	}
}

void verify_policy(const struct policy *p, int64_t now_s, struct verdict *v)
{
	const struct policy_set *set;
	size_t differs = 0;

	if (!v->authentic || !v->has_status || v->reason != REASON_OK) {
		verdict_refuse(v, REASON_INTERNAL,
			       "policy asked about an unproven quote");
		return;
	}
	if (p == NULL || p->n_sets == 0) {
		verdict_refuse(v, REASON_POLICY, "the policy trusts no image");
		return;
	}
	check_platform(p, v);
	set = best_set(p, &v->body, now_s, &differs);
	v->image = IMAGE_OTHER;
	if (set == NULL) {
		verdict_refuse(v, REASON_MRTD_UNTRUSTED,
			       "the MRTD is in no reference");
		return;
	}
	if (set->revoked[0] != '\0')
		v->image = IMAGE_REVOKED;
	else if (differs == 4)
		v->image = IMAGE_TRUSTED;
	check_tcb(p, now_s, v);
	check_rtmrs(p, v, differs);
	check_attributes(p, v);
	check_release(set, now_s, v);
	if (v->reason == REASON_OK)
		memcpy(v->platform, set->platform, sizeof v->platform);
}

/* ---- what the caller bound into the TD ---- */

enum reason verify_reportdata(const struct verdict *v,
			      const uint8_t want[static QUOTE_REPORTDATA_LEN])
{
	if (v->reason != REASON_OK)
		return v->reason;
	return ct_eq(v->body.reportdata, want, QUOTE_REPORTDATA_LEN)
		       ? REASON_OK
		       : REASON_REPORTDATA;
}

enum reason verify_config(const struct verdict *v,
			  const uint8_t config_sha384[static SHA384_LEN])
{
	uint8_t want[SHA384_LEN] = { 0 };

	if (v->reason != REASON_OK)
		return v->reason;
	rtmr_extend(want, config_sha384);
	return ct_eq(v->body.rtmr[3], want, sizeof want) ? REASON_OK
							 : REASON_RTMR;
}
