/* policy_check.c - a policy does not contradict itself, and can accept
 * something. */
#include <stdio.h>
#include <string.h>

#include "measure/lib/policy.h"
#include "measure/lib/printable.h"

/* ---- XFAM ---- */

/* What an XFAM must look like for any TDX module to start a TD with it: x87 and
 * SSE are there, and a feature that has several state components has all of
 * them. Source: Intel TDX Module Base Architecture Specification, "XFAM";
 * Intel SDM volume 1, 13.3. */
static bool xfam_possible(uint64_t xfam)
{
	static const uint64_t together[] = {
		UINT64_C(3),       /* x87, SSE */
		UINT64_C(7) << 5,  /* AVX-512 */
		UINT64_C(3) << 11, /* CET */
		UINT64_C(3) << 17, /* AMX */
	};
	const uint64_t avx = UINT64_C(1) << 2, avx512 = UINT64_C(7) << 5;

	if ((xfam & 3) != 3 || ((xfam & avx512) != 0 && (xfam & avx) == 0))
		return false;
	for (size_t i = 0; i < sizeof together / sizeof *together; i++)
		if ((xfam & together[i]) != 0 &&
		    (xfam & together[i]) != together[i])
			return false;
	return true;
}

/* ---- rules against each other ---- */

/* Of these alone a date is known at which a better TCB level came out. */
static bool can_be_late(enum tcb_status s)
{
	return s == TCB_OUT_OF_DATE || s == TCB_OUT_OF_DATE_CONFIGURATION ||
	       s == TCB_RELAUNCH || s == TCB_RELAUNCH_CONFIGURATION;
}

static const char *grace_wrong(const struct policy *p)
{
	for (size_t i = 0; i < TCB_STATUS_COUNT; i++) {
		if (p->tcb_grace_days[i] == 0)
			continue;
		if (p->tcb_allowed[i])
			return "tcb_grace_days: a status of it is in "
			       "tcb_statuses too, which allows it for good: "
			       "take it out of one of them";
		if (!can_be_late((enum tcb_status)i))
			return "tcb_grace_days: only OutOfDate, "
			       "OutOfDateConfigurationNeeded, "
			       "TDRelaunchAdvised and TDRelaunchAdvised"
			       "ConfigurationNeeded begin at a date: put "
			       "other statuses into tcb_statuses, or leave "
			       "them out";
		if (p->verifier == POLICY_ITA)
			return "tcb_grace_days: a token does not say since "
			       "when a platform is out of date: leave it out, "
			       "or let verifier be dcap or both";
	}
	return NULL;
}

static const char *statuses_wrong(const struct policy *p)
{
	bool any = false;

	for (size_t i = 0; i < TCB_STATUS_COUNT; i++)
		any = any || p->tcb_allowed[i] || p->tcb_grace_days[i] != 0;
	if (p->tcb_allowed[TCB_REVOKED] || p->tcb_allowed[TCB_NOT_SUPPORTED])
		return "tcb_statuses: Revoked and TcbNotSupported cannot be "
		       "allowed: leave them out";
	if (p->tcb_mode == ENFORCE_STRICT && !any)
		return "tcb_statuses: no status is allowed: name one";
	return NULL;
}

/* Rules that only a quote can meet, in a policy that asks a token alone. */
static const char *ita_wrong(const struct policy *p)
{
	if (p->verifier != POLICY_ITA)
		return NULL;
	if (p->n_ppid > 0)
		return "ppid: a token does not name the platform: leave it "
		       "out, or let verifier be dcap or both";
	if (p->n_piid > 0)
		return "piid: a token does not name the platform: leave it "
		       "out, or let verifier be dcap or both";
	if (p->min_evaluation_number > 0)
		return "min_tcb_evaluation_number: a token does not state it: "
		       "leave it out, or let verifier be dcap or both";
	return NULL;
}

static const char *td_wrong(const struct policy *p)
{
	uint64_t required = p->td_attributes_required;
	uint64_t allowed = p->td_attributes_allowed;

	if ((required & ~POLICY_TD_ATTRIBUTES) != 0)
		return "td_attributes_required: holds a bit that has no name, "
		       "or one that opens the TD to its host: require only "
		       "SEPT_VE_DISABLE, LASS, PKS, KL, PERFMON";
	if ((allowed & ~POLICY_TD_ATTRIBUTES) != 0)
		return "td_attributes_allowed: holds a bit that has no name, "
		       "or one that opens the TD to its host: allow only "
		       "SEPT_VE_DISABLE, LASS, PKS, KL, PERFMON";
	if ((required & TD_ATTR_SEPT_VE_DISABLE) == 0)
		return "td_attributes_required: SEPT_VE_DISABLE is required of "
		       "every TD: add 0000001000000000";
	if ((required & ~allowed) != 0)
		return "td_attributes_required: asks for an attribute that "
		       "td_attributes_allowed does not allow: add it there";
	if (p->n_xfam == 0)
		return "xfam: no value is allowed: name one, or leave it out";
	for (size_t i = 0; i < p->n_xfam; i++)
		if (!xfam_possible(p->xfam[i]))
			return "xfam: a value that no TD can have: x87 and SSE "
			       "are always there, AVX-512, CET and AMX have "
			       "all their bits or none; it is written as in a "
			       "quote, lowest byte first";
	return NULL;
}

static const char *modes_wrong(const struct policy *p)
{
	if (p->mr_seam_mode == ENFORCE_STRICT && p->n_mr_seam == 0)
		return "mr_seam_mode: strict, and no mr_seam is allowed: name "
		       "one";
	return NULL;
}

enum err policy_rules_check(const struct policy *p, const char **what)
{
	static const char *(*const rules[])(const struct policy *) = {
		statuses_wrong, grace_wrong, ita_wrong, td_wrong, modes_wrong,
	};

	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		const char *wrong = rules[i](p);

		if (wrong == NULL)
			continue;
		*what = wrong;
		return ERR_VALUE;
	}
	return ERR_OK;
}

/* ---- with its references, at a time ---- */

/* "releases/measurements.json", or "the reference" of images that none of the
 * policy's own list brought. */
static const char *name_of(const struct policy *p, size_t set)
{
	for (size_t i = 0; i < p->n_references; i++) {
		const struct policy_reference *r = &p->references[i];

		if (set >= r->first_set && set - r->first_set < r->n_sets)
			return r->file;
	}
	return "the reference";
}

static enum err release_wrong(const struct policy *p, size_t i,
			      const int64_t *now_s, char why[static POLICY_WHY])
{
	const struct policy_set *set = &p->sets[i];
	const struct reference_release *r = &set->release;
	const char *file = name_of(p, i);
	char when[REFERENCE_TIME_LEN + 1];

	if (set->revoked[0] != '\0') {
		snprintf(why, POLICY_WHY,
			 "references: %.100s: release %s is revoked (%.100s): "
			 "name a later release",
			 file, r->version, set->revoked);
		return ERR_REFUSED;
	}
	switch (now_s == NULL ? ERR_OK : (int)reference_in_force(r, *now_s)) {
	case ERR_OK:
		return ERR_OK;
	case ERR_STATE:
		reference_time_format(r->not_before_s, when);
		snprintf(why, POLICY_WHY,
			 "references: %.100s: release %s is good from %s on: "
			 "name one that is good now",
			 file, r->version, when);
		return ERR_REFUSED;
	default:
		reference_time_format(r->not_after_s, when);
		snprintf(why, POLICY_WHY,
			 "references: %.100s: release %s was good until %s: "
			 "name a later release",
			 file, r->version, when);
		return ERR_REFUSED;
	}
}

enum err policy_check(const struct policy *p, const int64_t *now_s,
		      char why[static POLICY_WHY])
{
	const char *what = "";
	enum err e = policy_rules_check(p, &what);

	snprintf(why, POLICY_WHY, "%s", what);
	if (e != ERR_OK)
		return e;
	if (!policy_has_images(p)) {
		snprintf(why, POLICY_WHY,
			 "the policy is empty: it names no image, so it "
			 "accepts nothing: add references, or measurements");
		return ERR_MISSING;
	}
	for (size_t i = 0; i < p->n_references; i++) {
		if (p->references[i].n_sets > 0)
			continue;
		snprintf(why, POLICY_WHY, "references: %.200s is not loaded",
			 p->references[i].file);
		return ERR_REFUSED;
	}
	for (size_t i = 0; e == ERR_OK && i < p->n_sets; i++)
		e = release_wrong(p, i, now_s, why);
	utf8_mend(why); /* the file and the reason may have been cut */
	return e;
}
