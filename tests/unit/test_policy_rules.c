/* What each rule of a policy does to a verdict: met, not met, not knowable. The
 * verdicts are those of a made-up platform (fakequote.h), with one value of it
 * changed where that is what the rule is about. */
#include "tests/peers/judge.h"

#define DAY INT64_C(86400)

/* Authentic, and nothing asked yet: what verify_policy begins with. */
static struct verdict genuine(void)
{
	struct verifier v = { .mode = VERIFY_AUTHENTIC_ONLY, .roots = &roots };
	struct verdict out;

	fresh();
	fake_build(&fake);
	if (!load_collateral(bundle()))
		_exit(98);
	v.collateral = &collateral;
	verify_quote(&v, quote(), FAKE_NOW, &out);
	if (out.reason != REASON_OK || !out.has_platform)
		_exit(97);
	out.mode = VERIFY_FULL;
	return out;
}

/* The same TD as a token tells of it. */
static struct verdict as_token(struct verdict v)
{
	v.has_platform = v.has_piid = v.simulated = false;
	memset(v.ppid, 0, sizeof v.ppid);
	memset(v.piid, 0, sizeof v.piid);
	v.version = 0;
	v.tcb_evaluation_number = 0;
	v.tcb_date_s = v.out_of_date_since_s = 0;
	return v;
}

static enum reason ask(struct verdict *v)
{
	v->reason = REASON_OK;
	v->detail[0] = v->remarks[0] = '\0';
	v->warn_tcb = v->warn_rtmr = false;
	verify_policy(&policy, FAKE_NOW, v);
	return v->reason;
}

static void is_asked(struct verdict v, enum reason want, const char *says,
		     const char *title)
{
	(void)ask(&v);
	is_reason(&v, want, title);
	if (!ok(strstr(v.detail, says) != NULL, "... and says \"%s\"", says))
		printf("#   says %s\n", v.detail);
}

/* ---- platforms ---- */

static void test_simulated(void)
{
	struct verdict v = genuine();

	is_asked(v, REASON_OK, "",
		 "a simulated platform, which is the default");
	policy.simulated = false;
	is_asked(v, REASON_ISSUER, "simulated", "and where it is not allowed");
	v.simulated = false;
	is_asked(v, REASON_OK, "", "a real one then");
	policy.simulated = true;
	is_asked(v, REASON_OK, "", "and when both are");
}

static void add_id(uint8_t (*list)[POLICY_PLATFORM_ID_LEN], size_t *n,
		   const uint8_t *id, uint8_t flip)
{
	memcpy(list[*n], id, POLICY_PLATFORM_ID_LEN);
	list[(*n)++][15] ^= flip;
}

static void test_platforms(void)
{
	struct verdict v = genuine(), token;

	add_id(policy.ppid, &policy.n_ppid, v.ppid, 1);
	is_asked(v, REASON_ISSUER, "PPID", "a PPID that is not in the list");
	add_id(policy.ppid, &policy.n_ppid, v.ppid, 0);
	add_id(policy.ppid, &policy.n_ppid, v.ppid, 2);
	is_asked(v, REASON_OK, "", "one in the middle of it");
	add_id(policy.piid, &policy.n_piid, v.piid, 1);
	is_asked(v, REASON_ISSUER, "platform instance id is not",
		 "a PIID that is not in its list");
	add_id(policy.piid, &policy.n_piid, v.piid, 0);
	is_asked(v, REASON_OK, "", "both in their lists");
	v.has_piid = false;
	is_asked(v, REASON_ISSUER, "holds no platform instance",
		 "a PCK certificate without a PIID");
	token = as_token(v);
	add_id(policy.ppid, &policy.n_ppid, token.ppid, 0);
	is_asked(token, REASON_ISSUER, "a token does not name",
		 "a PPID list and a token, whatever its bytes");
	policy.verifier = POLICY_BOTH;
	is_asked(token, REASON_OK, "", "which the quote answers with both");
}

static void test_fake_ids(void)
{
	struct verdict v;

	fresh();
	policy.n_ppid = 1;
	memset(policy.ppid[0], 0x99, sizeof policy.ppid[0]);
	v = judge();
	is_reason(&v, REASON_OK, "the PPID is that of the PCK certificate");
	fake.ppid[0] ^= 1;
	v = judge();
	is_reason(&v, REASON_ISSUER, "and another one is not");
}

/* ---- TCB ---- */

static void test_grace(void)
{
	struct verdict v = genuine(), token;

	v.tcb_status = TCB_OUT_OF_DATE;
	v.out_of_date_since_s = FAKE_NOW - 10 * DAY;
	is_asked(v, REASON_TCB, "OutOfDate", "OutOfDate, no grace");
	policy.tcb_grace_days[TCB_OUT_OF_DATE] = 10;
	is_asked(v, REASON_TCB, "grace of 10 days", "the day after the last");
	v.out_of_date_since_s++;
	is_asked(v, REASON_OK, "", "its last second");
	(void)ask(&v);
	ok(strstr(v.remarks, "grace is 10 days") != NULL && !v.warn_tcb,
	   "which is remarked, and no warning");
	v.out_of_date_since_s = FAKE_NOW;
	is_asked(v, REASON_OK, "", "its first second");
	v.out_of_date_since_s = FAKE_NOW + 1;
	is_asked(v, REASON_TCB, "grace", "a date that has not come");
	v.out_of_date_since_s = INT64_MAX;
	is_asked(v, REASON_TCB, "grace", "one that never comes");
	v.out_of_date_since_s = 1;
	is_asked(v, REASON_TCB, "grace", "one long ago");
	v.out_of_date_since_s = 0;
	is_asked(v, REASON_TCB, "no grace", "a date that is not known");
	verify_policy(&policy, DAY, &v);
	ok(v.reason == REASON_TCB, "nor is that the first of 1970");
	v.reason = REASON_OK;
	v.out_of_date_since_s = FAKE_NOW;
	v.tcb_status = TCB_OUT_OF_DATE_CONFIGURATION;
	is_asked(v, REASON_TCB, "", "another status has its own grace");
	token = as_token(v);
	token.tcb_status = TCB_OUT_OF_DATE;
	is_asked(token, REASON_TCB, "no grace", "a token knows no date");
	policy.verifier = POLICY_BOTH;
	is_asked(token, REASON_OK, "", "which the quote answers with both");
	token.tcb_status = TCB_CONFIGURATION;
	is_asked(token, REASON_TCB, "", "but not for another status");
}

/* The date comes from the levels of the collateral. */
static void test_fake_grace(void)
{
	static const char later[] = "2026-06-01T00:00:00Z";
	static const struct fake_edit newer = { .part = FAKE_INFO,
						.op = FAKE_SET,
						.at = "2026-01-01T00:00:00Z",
						.with = later,
						.len = sizeof later - 1 };
	struct verdict v;
	int64_t since;

	fresh();
	fake.edit = &newer; /* the best level of the TDX module */
	fake.module.low = fake.body.tee_tcb_svn[0];
	fake.module.low_status = "OutOfDate";
	fake.module.isvsvn = fake.module.low + 1;
	v = judge();
	is_reason(&v, REASON_TCB, "a TDX module at the lower level");
	since = v.out_of_date_since_s;
	if (!ok(since > 0 && since < FAKE_NOW, "since when is known"))
		return;
	policy.tcb_grace_days[TCB_OUT_OF_DATE] =
		(uint16_t)((FAKE_NOW - since) / DAY + 1);
	v = judge_at(quote(), FAKE_NOW);
	is_reason(&v, REASON_OK, "with as many days of grace and one");
	policy.tcb_grace_days[TCB_OUT_OF_DATE]--;
	v = judge_at(quote(), FAKE_NOW);
	is_reason(&v, REASON_TCB, "and not with one less");
}

static void test_tcb_modes(void)
{
	static const enum tcb_status never[] = { TCB_REVOKED,
						 TCB_NOT_SUPPORTED };
	static const enum enforce modes[] = { ENFORCE_STRICT, ENFORCE_WARN,
					      ENFORCE_DISABLED };
	struct verdict v = genuine();

	for (size_t i = 0; i < 6; i++) {
		v.tcb_status = never[i / 3];
		policy.tcb_mode = modes[i % 3];
		policy.tcb_allowed[v.tcb_status] = true;
		policy.tcb_grace_days[v.tcb_status] = 3650;
		v.out_of_date_since_s = FAKE_NOW;
		is_asked(v, REASON_TCB, tcb_status_name(v.tcb_status),
			 "a status that no policy allows");
	}
	v = genuine();
	policy.tcb_mode = ENFORCE_WARN;
	policy.min_evaluation_number = v.tcb_evaluation_number + 1;
	v.tcb_status = TCB_OUT_OF_DATE;
	ok(ask(&v) == REASON_OK && v.warn_tcb &&
		   strstr(v.remarks, "OutOfDate; TCB evaluation") != NULL,
	   "warn: both are remarked");
	policy.tcb_mode = ENFORCE_DISABLED;
	ok(ask(&v) == REASON_OK && v.warn_tcb &&
		   strstr(v.remarks, "evaluation") == NULL,
	   "disabled: neither, but a warning");
}

static void test_evaluation(void)
{
	struct verdict v = genuine(), token = as_token(v);

	policy.min_evaluation_number = v.tcb_evaluation_number;
	is_asked(v, REASON_OK, "", "the least evaluation number");
	is_asked(token, REASON_TCB, "number 0 is below", "a token has none");
	policy.min_evaluation_number++;
	is_asked(v, REASON_TCB, "is below", "one less");
	policy.verifier = POLICY_BOTH;
	is_asked(token, REASON_OK, "", "the quote answers it with both");
	is_asked(v, REASON_TCB, "is below", "and has to meet it");
}

static void test_mr_seam(void)
{
	struct verdict v = genuine();

	policy.n_mr_seam = 1;
	memset(policy.mr_seam[0], 0x77, SHA384_LEN);
	ok(ask(&v) == REASON_OK && v.warn_tcb &&
		   strstr(v.remarks, "MRSEAM") != NULL,
	   "another TDX module: a warning, and a remark");
	policy.mr_seam_mode = ENFORCE_STRICT;
	is_asked(v, REASON_TCB, "MRSEAM", "strict: it is refused");
	policy.n_mr_seam = 2;
	memcpy(policy.mr_seam[1], v.body.mr_seam, SHA384_LEN);
	is_asked(v, REASON_OK, "", "one of the list");
	policy.mr_seam_mode = ENFORCE_WARN;
	ok(ask(&v) == REASON_OK && !v.warn_tcb && v.remarks[0] == '\0',
	   "no warning then");
	v = as_token(v);
	policy.mr_seam_mode = ENFORCE_STRICT;
	is_asked(v, REASON_OK, "", "a token states it as well");
	v.body.mr_seam[47] ^= 1;
	is_asked(v, REASON_TCB, "MRSEAM", "and is held to it");
}

/* ---- the TD ---- */

static void test_td(void)
{
	struct verdict v = genuine();

	policy.td_attributes_required |= TD_ATTR_PKS;
	is_asked(v, REASON_RTMR, "required", "a required attribute is missing");
	v.body.td_attributes |= TD_ATTR_PKS;
	is_asked(v, REASON_OK, "", "and is there");
	policy.td_attributes_required = TD_ATTR_SEPT_VE_DISABLE;
	policy.td_attributes_allowed = TD_ATTR_SEPT_VE_DISABLE;
	is_asked(v, REASON_RTMR, "not allowed", "one that is not allowed");
	v = genuine();
	policy.n_xfam = 1;
	policy.xfam[0] = v.body.xfam ^ 1 << 2;
	is_asked(v, REASON_RTMR, "XFAM", "an XFAM that is not in the list");
	policy.xfam[policy.n_xfam++] = v.body.xfam;
	is_asked(v, REASON_OK, "", "and one that is");
}

/* ---- order, and what was let pass ---- */

static void test_order(void)
{
	struct verdict v = genuine();

	policy.n_ppid = 1;
	v.tcb_status = TCB_OUT_OF_DATE;
	v.body.rtmr[1][0] ^= 1;
	is_asked(v, REASON_ISSUER, "PPID", "the platform comes first");
	policy.n_ppid = 0;
	is_asked(v, REASON_TCB, "OutOfDate", "then the TCB");
	policy.tcb_allowed[TCB_OUT_OF_DATE] = true;
	is_asked(v, REASON_RTMR, "RTMR1", "then the RTMRs");
	v.body.mrtd[0] ^= 1;
	is_asked(v, REASON_MRTD_UNTRUSTED, "", "the MRTD is before both");
	policy.n_sets = 0;
	is_asked(v, REASON_POLICY, "", "no image is before all");
}

static void test_remarks_fit(void)
{
	struct verdict v = genuine();

	policy.tcb_mode = ENFORCE_WARN;
	policy.tcb_grace_days[TCB_OUT_OF_DATE_CONFIGURATION] = 3650;
	v.tcb_status = TCB_OUT_OF_DATE_CONFIGURATION;
	v.out_of_date_since_s = 1;
	policy.min_evaluation_number = UINT32_MAX;
	policy.n_mr_seam = 1;
	policy.mr_seam[0][0] = (uint8_t)~v.body.mr_seam[0];
	ok(ask(&v) == REASON_OK && strlen(v.remarks) < sizeof v.remarks - 1 &&
		   strstr(v.remarks, "policy's list") != NULL,
	   "the most that can be remarked fits");
}

int main(void)
{
	trust_fake_root();
	test_simulated();
	test_platforms();
	test_fake_ids();
	test_grace();
	test_fake_grace();
	test_tcb_modes();
	test_evaluation();
	test_mr_seam();
	test_td();
	test_order();
	test_remarks_fit();
	return tap_done();
}
