/* One decision from two verdicts: who is asked, whose reason it is, and what
 * they have to agree in. */
#include <string.h>

#include "measure/lib/decide.h"
#include "tests/tap.h"

static struct policy policy;

static struct verdict accepted(void)
{
	struct verdict v = { .mode = VERIFY_FULL,
			     .authentic = true,
			     .parsed = true,
			     .version = 4,
			     .has_status = true,
			     .tcb_status = TCB_UP_TO_DATE };

	memset(v.body.mrtd, 0xaa, sizeof v.body.mrtd);
	memset(v.body.reportdata, 0x55, sizeof v.body.reportdata);
	return v;
}

static struct verdict refused(enum reason r, const char *why)
{
	struct verdict v = accepted();

	verdict_refuse(&v, r, "%s", why);
	return v;
}

static void is_decided(const struct verdict *quote, const struct verdict *token,
		       enum reason want, const char *says, const char *title)
{
	struct verdict out;

	memset(&out, 0xff, sizeof out);
	decide(&policy, quote, token, &out);
	if (!ok(out.reason == want && strstr(out.detail, says) != NULL,
		"%s: %s: %s", policy_verifier_name(policy.verifier),
		reason_code(want), title))
		printf("#   got %s: %s\n", reason_code(out.reason), out.detail);
}

static void test_one(void)
{
	struct verdict good = accepted(), bad = refused(REASON_TCB, "late");

	policy.verifier = POLICY_DCAP;
	is_decided(&good, NULL, REASON_OK, "", "the quote alone");
	is_decided(&good, &bad, REASON_OK, "", "a token is ignored");
	is_decided(&bad, &good, REASON_TCB, "late", "the quote's reason");
	is_decided(NULL, &good, REASON_UNAVAILABLE, "needs a quote",
		   "no quote");
	policy.verifier = POLICY_ITA;
	is_decided(NULL, &good, REASON_OK, "", "the token alone");
	is_decided(&bad, &good, REASON_OK, "", "a quote is ignored");
	is_decided(&good, &bad, REASON_TCB, "late", "the token's reason");
	is_decided(&good, NULL, REASON_UNAVAILABLE, "needs a token",
		   "no token");
	is_decided(NULL, NULL, REASON_UNAVAILABLE, "needs a token", "nothing");
}

static void test_both(void)
{
	struct verdict good = accepted(), late = refused(REASON_TCB, "late");
	struct verdict old = refused(REASON_EXPIRED, "old");
	struct verdict empty = { .mode = VERIFY_FULL };

	policy.verifier = POLICY_BOTH;
	is_decided(&good, &good, REASON_OK, "", "both accept");
	is_decided(&late, &good, REASON_TCB, "late", "the quote's reason");
	is_decided(&good, &late, REASON_TCB, "token: late",
		   "the token's reason");
	is_decided(&old, &late, REASON_EXPIRED, "old", "the quote's first");
	is_decided(&good, NULL, REASON_UNAVAILABLE, "needs a token of",
		   "no token");
	is_decided(NULL, &good, REASON_UNAVAILABLE, "needs a quote",
		   "no quote");
	is_decided(&late, NULL, REASON_TCB, "late",
		   "the quote's reason, and no token");
	is_decided(&empty, &good, REASON_INTERNAL, "",
		   "accepted, with nothing behind it");
	is_decided(&good, &empty, REASON_INTERNAL, "", "and the other way");
}

/* Each bit of what both state. */
static void test_fields(void)
{
#define F(name, member, reason)                                                \
	{                                                                      \
		name, (uint8_t *)&token.body.member, sizeof token.body.member, \
			REASON_##reason                                        \
	}
	struct verdict quote = accepted(), token = accepted(), out;
	const struct {
		const char *name;
		uint8_t *at;
		size_t n;
		enum reason want;
	} fields[] = {
		F("REPORTDATA", reportdata, REPORTDATA),
		F("MRTD", mrtd, MRTD_UNTRUSTED),
		F("TEE_TCB_SVN", tee_tcb_svn, TCB),
		F("MRSEAM", mr_seam, TCB),
		F("MRSIGNERSEAM", mr_signer_seam, TCB),
		F("SEAM attributes", seam_attributes, TCB),
		F("RTMR0", rtmr[0], RTMR),
		F("RTMR1", rtmr[1], RTMR),
		F("RTMR2", rtmr[2], RTMR),
		F("RTMR3", rtmr[3], RTMR),
		F("td_attributes", td_attributes, RTMR),
		F("XFAM", xfam, RTMR),
		F("MRCONFIGID", mr_config_id, RTMR),
		F("MROWNER", mr_owner, RTMR),
		F("MROWNERCONFIG", mr_owner_config, RTMR),
	};
#undef F

	policy.verifier = POLICY_BOTH;
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		size_t caught = 0;

		for (size_t k = 0; k < fields[i].n * 8; k++) {
			fields[i].at[k / 8] ^= (uint8_t)(1u << k % 8);
			decide(&policy, &quote, &token, &out);
			caught += out.reason == fields[i].want &&
				  strstr(out.detail, fields[i].name) != NULL;
			fields[i].at[k / 8] ^= (uint8_t)(1u << k % 8);
		}
		ok(caught == fields[i].n * 8, "both: %s: each of %zu bits",
		   fields[i].name, fields[i].n * 8);
	}
	token.tcb_status = TCB_SW_HARDENING;
	is_decided(&quote, &token, REASON_TCB, "SWHardeningNeeded",
		   "another TCB status");
	token = accepted();
	token.version = 0;
	token.body.mr_servicetd[0] = 1;
	is_decided(&quote, &token, REASON_OK, "", "what a token may leave out");
}

static void test_warnings(void)
{
	struct verdict quote = accepted(), token = accepted(), out;

	policy.verifier = POLICY_BOTH;
	token.warn_tcb = token.warn_rtmr = true;
	decide(&policy, &quote, &token, &out);
	ok(out.reason == REASON_OK && out.warn_tcb && out.warn_rtmr,
	   "both: a warning of either stays");
	ok(out.version == 4, "the verdict is the quote's");
}

/* Without a policy, and where only the evidence was asked for. */
static void test_no_policy(void)
{
	struct verdict good = accepted(), out;

	decide(NULL, &good, NULL, &out);
	ok(out.reason == REASON_OK, "no policy: the quote");
	decide(NULL, NULL, &good, &out);
	ok(out.reason == REASON_UNAVAILABLE, "and never a token alone");
	policy.verifier = POLICY_BOTH;
	good.mode = VERIFY_AUTHENTIC_ONLY;
	decide(&policy, &good, NULL, &out);
	ok(out.reason == REASON_OK && out.mode == VERIFY_AUTHENTIC_ONLY,
	   "authentic only: no policy is asked, and the verdict says so");
}

int main(void)
{
	policy_init(&policy);
	ok(decide_needs_quote(NULL) && !decide_needs_token(NULL),
	   "no policy needs a quote alone");
	test_one();
	test_both();
	test_fields();
	test_warnings();
	test_no_policy();
	return tap_done();
}
