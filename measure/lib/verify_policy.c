#include "measure/lib/verify.h"

#include <stdio.h>
#include <string.h>

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

static void check_tcb(const struct policy *p, struct verdict *v)
{
	bool allowed = p->tcb_allowed[v->tcb_status];
	bool recent = v->tcb_evaluation_number >= p->min_evaluation_number;

	if (p->tcb_mode != ENFORCE_STRICT)
		v->warn_tcb =
			p->tcb_mode == ENFORCE_DISABLED || !allowed || !recent;
	else if (!allowed)
		verdict_refuse(v, REASON_TCB, "TCB status is %s",
			       tcb_status_name(v->tcb_status));
	else if (!recent)
		verdict_refuse(v, REASON_TCB,
			       "TCB evaluation data number %u is below %u",
			       (unsigned)v->tcb_evaluation_number,
			       (unsigned)p->min_evaluation_number);
}

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
	set = best_set(p, &v->body, now_s, &differs);
	if (set == NULL) {
		verdict_refuse(v, REASON_MRTD_UNTRUSTED,
			       "the MRTD is in no reference");
		return;
	}
	check_tcb(p, v);
	check_rtmrs(p, v, differs);
	check_attributes(p, v);
	check_release(set, now_s, v);
	if (v->reason == REASON_OK)
		memcpy(v->platform, set->platform, sizeof v->platform);
}
