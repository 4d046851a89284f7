/* policy_text.c - a policy in sentences, for whoever answers for it. */
#include <string.h>

#include "lib/text.h"
#include "measure/lib/policy.h"

/* ---- who vouches ---- */

static void say_verifier(const struct policy *p, struct wr *w)
{
	switch (p->verifier) {
	case POLICY_DCAP:
		wr_str(w, "A machine is judged here, by the quote that its "
			  "processor signs and by what Intel publishes of "
			  "such processors. Intel Trust Authority is not "
			  "asked.");
		break;
	case POLICY_ITA:
		wr_str(w, "A machine is judged by Intel Trust Authority, "
			  "whose signed token is checked here. A quote is not "
			  "looked at.");
		break;
	case POLICY_BOTH:
		wr_str(w, "A machine is judged twice, here by its quote and "
			  "by a token of Intel Trust Authority: both have to "
			  "accept it, and where they disagree it is refused.");
		break;
	}
}

static void say_simulated(const struct policy *p, struct wr *w)
{
	wr_str(w, p->simulated
			  ? "A simulated machine, which proves nothing, is "
			    "accepted as well, but only where the simulation's "
			    "root certificate is given by name too."
			  : "Only real Intel hardware is accepted; simulated "
			    "machines are refused.");
}

/* ---- images ---- */

static void say_rtmrs(const struct policy *p, struct wr *w)
{
	switch (p->rtmr_mode) {
	case ENFORCE_STRICT:
		wr_str(w, "A machine that started anything but one of the "
			  "images above is refused.");
		break;
	case ENFORCE_WARN:
		wr_str(w, "DANGEROUS: a machine with the right firmware that "
			  "started another image is accepted, with a warning.");
		break;
	case ENFORCE_DISABLED:
		wr_str(w, "DANGEROUS: what a machine with the right firmware "
			  "has started is not looked at. Every acceptance "
			  "carries a warning.");
		break;
	}
}

/* ---- platform ---- */

static void say_ids(struct wr *w, const char *what, size_t n,
		    const uint8_t (*id)[POLICY_PLATFORM_ID_LEN])
{
	wr_fmt(w, " Its %s has to be %s", what, n > 1 ? "one of " : "");
	for (size_t i = 0; i < n; i++) {
		wr_str(w, i > 0 ? ", " : "");
		wr_hex(w, (struct slice){ id[i], POLICY_PLATFORM_ID_LEN });
	}
	wr_str(w, ".");
}

static void say_platforms(const struct policy *p, struct wr *w)
{
	if (p->n_ppid == 0 && p->n_piid == 0) {
		wr_str(w, "Any computer with a genuine Intel processor for "
			  "this will do, whoever owns it.");
		return;
	}
	wr_str(w, "Only certain computers are accepted.");
	if (p->n_ppid > 0)
		say_ids(w, "processor number (PPID)", p->n_ppid, p->ppid);
	if (p->n_piid > 0)
		say_ids(w, "platform number (PIID)", p->n_piid, p->piid);
}

static void say_mr_seam(const struct policy *p, struct wr *w)
{
	if (p->n_mr_seam == 0) {
		wr_str(w, "Any TDX module, the part of Intel's that keeps "
			  "machines apart, will do that Intel signed.");
		return;
	}
	wr_fmt(w, "The TDX module, the part of Intel's that keeps machines "
		  "apart, is compared with a list: ");
	for (size_t i = 0; i < p->n_mr_seam; i++) {
		wr_str(w, i > 0 ? ", " : "");
		wr_hex(w, (struct slice){ p->mr_seam[i], SHA384_LEN });
	}
	wr_str(w, p->mr_seam_mode == ENFORCE_STRICT
			  ? ". Another one is refused."
			  : ". Another one is accepted with a warning.");
}

/* ---- TCB ---- */

/* What Intel means by a status. */
static const char *const meaning[TCB_STATUS_COUNT] = {
	[TCB_UP_TO_DATE] = "nothing is known to be missing",
	[TCB_SW_HARDENING] = "safe only with software that works around known "
			     "weaknesses",
	[TCB_CONFIGURATION] = "safe only when it is set up in the right way",
	[TCB_CONFIGURATION_SW_HARDENING] =
		"safe only when it is set up in the right way, and with "
		"software that works around known weaknesses",
	[TCB_OUT_OF_DATE] = "security updates of Intel's are missing",
	[TCB_OUT_OF_DATE_CONFIGURATION] =
		"security updates of Intel's are missing, and it may be set "
		"up in the wrong way",
	[TCB_RELAUNCH] = "updated since, but the machine was not restarted",
	[TCB_RELAUNCH_CONFIGURATION] =
		"updated since, but the machine was not restarted, and it may "
		"be set up in the wrong way",
	[TCB_REVOKED] = "Intel takes back what it said for it",
	[TCB_NOT_SUPPORTED] = "Intel does not know it",
};

static void say_statuses(const struct policy *p, struct wr *w)
{
	const char *before = "Accepted are computers that Intel calls ";

	if (p->tcb_mode == ENFORCE_DISABLED) {
		wr_str(w, "DANGEROUS: whether Intel's security updates are "
			  "installed is not looked at.");
		return;
	}
	for (size_t i = 0; i < TCB_STATUS_COUNT; i++) {
		enum tcb_status s = (enum tcb_status)i;

		if (!p->tcb_allowed[i])
			continue;
		wr_fmt(w, "%s%s (%s)", before, tcb_status_name(s), meaning[i]);
		before = "; or ";
	}
	wr_str(w, before[0] == ';' ? "." : "No status is accepted for good.");
}

static void say_grace(const struct policy *p, struct wr *w)
{
	const char *before = "";

	for (size_t i = 0; i < TCB_STATUS_COUNT; i++) {
		enum tcb_status s = (enum tcb_status)i;
		unsigned days = p->tcb_grace_days[i];

		if (days == 0)
			continue;
		wr_fmt(w,
		       "%s%s (%s) is accepted for %u day%s from the day on "
		       "which Intel published better, and then no more.",
		       before, tcb_status_name(s), meaning[i], days,
		       days == 1 ? "" : "s");
		before = " ";
	}
	if (before[0] == '\0')
		wr_str(w, "There is no time of grace for updates.");
}

/* The statuses that nothing above names. */
static void say_others(const struct policy *p, struct wr *w)
{
	const char *before = ": ";

	for (size_t i = 0; i < TCB_STATUS_COUNT; i++) {
		if (p->tcb_allowed[i] || p->tcb_grace_days[i] != 0)
			continue;
		wr_fmt(w, "%s%s", before, tcb_status_name((enum tcb_status)i));
		before = ", ";
	}
	wr_str(w, ".");
}

static void say_mode(const struct policy *p, struct wr *w)
{
	switch (p->tcb_mode) {
	case ENFORCE_STRICT:
		wr_str(w, "Every other status is refused");
		say_others(p, w);
		break;
	case ENFORCE_WARN:
		wr_str(w, "DANGEROUS: every other status is accepted with a "
			  "warning, but for Revoked and TcbNotSupported.");
		break;
	case ENFORCE_DISABLED:
		wr_str(w, "Every status is accepted with a warning, but for "
			  "Revoked and TcbNotSupported.");
		break;
	}
}

static void say_evaluation(const struct policy *p, struct wr *w)
{
	if (p->min_evaluation_number == 0)
		wr_str(w, "Any of Intel's lists of security updates will do "
			  "that is in force at the time.");
	else
		wr_fmt(w,
		       "Intel's lists of security updates have to be number "
		       "%u or later.",
		       (unsigned)p->min_evaluation_number);
}

/* ---- the machine itself ---- */

static const struct {
	uint64_t bit;
	const char *name, *meaning;
} attributes[] = {
	{ TD_ATTR_SEPT_VE_DISABLE, "SEPT_VE_DISABLE",
	  "the host cannot interrupt it by taking memory away" },
	{ TD_ATTR_LASS, "LASS",
	  "the processor keeps programs apart more "
	  "strictly" },
	{ TD_ATTR_PKS, "PKS", "protection keys of the system" },
	{ TD_ATTR_KL, "KL", "key locker" },
	{ TD_ATTR_PERFMON, "PERFMON", "performance counters of its own" },
};

static void say_bits(struct wr *w, uint64_t bits)
{
	const char *before = "";

	for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++) {
		if ((bits & attributes[i].bit) == 0)
			continue;
		wr_fmt(w, "%s%s (%s)", before, attributes[i].name,
		       attributes[i].meaning);
		before = ", ";
	}
}

static void say_attributes(const struct policy *p, struct wr *w)
{
	uint64_t more = p->td_attributes_allowed & ~p->td_attributes_required;

	wr_str(w, "A machine has to be started with ");
	say_bits(w, p->td_attributes_required);
	wr_str(w, more != 0 ? ", and may be with " : ", and with nothing else");
	say_bits(w, more);
	wr_str(w, ".");
}

static void say_xfam(const struct policy *p, struct wr *w)
{
	wr_fmt(w,
	       "The set of processor features that it may use has to be "
	       "%s",
	       p->n_xfam > 1 ? "one of " : "");
	for (size_t i = 0; i < p->n_xfam; i++) {
		uint8_t b[8];
		struct wr le = wr_over(b, sizeof b);

		wr_u64le(&le, p->xfam[i]);
		wr_str(w, i > 0 ? ", " : "");
		wr_hex(w, wr_slice(&le));
	}
	wr_str(w, " (XFAM).");
}

static void say_owner(const struct policy *p, struct wr *w)
{
	static const uint8_t zero[SHA384_LEN];
	const struct {
		const char *name;
		const uint8_t *value;
	} fields[] = {
		{ "MRCONFIGID", p->mr_config_id },
		{ "MROWNER", p->mr_owner },
		{ "MROWNERCONFIG", p->mr_owner_config },
	};

	wr_str(w, "What its owner may state when it starts has to be: ");
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		wr_fmt(w, "%s%s ", i > 0 ? "; " : "", fields[i].name);
		if (memcmp(fields[i].value, zero, sizeof zero) == 0)
			wr_str(w, "nothing");
		else
			wr_hex(w,
			       (struct slice){ fields[i].value, SHA384_LEN });
	}
	wr_str(w, ".");
}

/* ---- what no policy changes ---- */

static void say_refused(const struct policy *p, struct wr *w)
{
	(void)p;
	wr_str(w, "Refused whatever the policy says: evidence whose "
		  "signatures, certificates or dates are not right; a machine "
		  "that its host can look into, move to another computer, or "
		  "attach a service to; a computer that Intel has revoked or "
		  "does not know; a release that its publisher has revoked, or "
		  "outside its dates.");
}

static bool same_always(const struct policy *p, const struct policy *d)
{
	(void)p;
	(void)d;
	return true;
}

/* ---- the list ---- */

/* A member that has the value it has when the file does not state it. */
#define SAME(m) (memcmp(&p->m, &d->m, sizeof p->m) == 0)

static bool same_verifier(const struct policy *p, const struct policy *d)
{
	return SAME(verifier);
}

static bool same_simulated(const struct policy *p, const struct policy *d)
{
	return SAME(simulated);
}

static bool same_rtmrs(const struct policy *p, const struct policy *d)
{
	return SAME(rtmr_mode);
}

static bool same_platforms(const struct policy *p, const struct policy *d)
{
	return SAME(n_ppid) && SAME(n_piid);
}

static bool same_mr_seam(const struct policy *p, const struct policy *d)
{
	return SAME(n_mr_seam);
}

static bool same_statuses(const struct policy *p, const struct policy *d)
{
	return SAME(tcb_allowed);
}

static bool same_grace(const struct policy *p, const struct policy *d)
{
	return SAME(tcb_grace_days);
}

static bool same_mode(const struct policy *p, const struct policy *d)
{
	return SAME(tcb_mode);
}

static bool same_evaluation(const struct policy *p, const struct policy *d)
{
	return SAME(min_evaluation_number);
}

static bool same_attributes(const struct policy *p, const struct policy *d)
{
	return SAME(td_attributes_required) && SAME(td_attributes_allowed);
}

static bool same_xfam(const struct policy *p, const struct policy *d)
{
	return SAME(n_xfam) && SAME(xfam);
}

static bool same_owner(const struct policy *p, const struct policy *d)
{
	return SAME(mr_config_id) && SAME(mr_owner) && SAME(mr_owner_config);
}

static const struct {
	const char *heading, *members;
	void (*say)(const struct policy *p, struct wr *w);
	bool (*same)(const struct policy *p, const struct policy *d);
} rules[] = {
	{ "Who judges", "verifier", say_verifier, same_verifier },
	{ "Image", "rtmr_mode", say_rtmrs, same_rtmrs },
	{ "Computer", "simulated", say_simulated, same_simulated },
	{ "Computer", "ppid, piid", say_platforms, same_platforms },
	{ "Computer", "mr_seam, mr_seam_mode", say_mr_seam, same_mr_seam },
	{ "Security updates", "tcb_statuses", say_statuses, same_statuses },
	{ "Security updates", "tcb_grace_days", say_grace, same_grace },
	{ "Security updates", "tcb_mode", say_mode, same_mode },
	{ "Security updates", "min_tcb_evaluation_number", say_evaluation,
	  same_evaluation },
	{ "Machine", "td_attributes_required, td_attributes_allowed",
	  say_attributes, same_attributes },
	{ "Machine", "xfam", say_xfam, same_xfam },
	{ "Machine", "mr_config_id, mr_owner, mr_owner_config", say_owner,
	  same_owner },
	{ "Always", "", say_refused, same_always },
};

bool policy_rule_say(const struct policy *p, size_t i, struct wr *w,
		     struct policy_rule *out)
{
	struct policy absent;

	if (i >= sizeof rules / sizeof *rules)
		return false;
	policy_init(&absent);
	absent.simulated = false; /* of a file */
	*out = (struct policy_rule){
		.heading = rules[i].heading,
		.members = rules[i].members,
		.is_default = rules[i].same(p, &absent),
	};
	rules[i].say(p, w);
	return true;
}
