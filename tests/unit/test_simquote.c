/* Quotes of the simulated platform, judged by the verifier that judges real
 * ones, and their offsets by the tables of Intel's quote format. */
#include "host-launcher/vm/simplatform.h"
#include "host-launcher/vm/simquote.h"
#include "lib/rng.h"
#include "measure/lib/verify.h"
#include "tests/tap.h"

enum {
	NOW = 1790000000,
	VALID_S = 30 * 86400,
	STRIDE = 13
};

static uint8_t arena_mem[COLLATERAL_ARENA_BYTES];
static struct pki_keys keys;
static struct pki pki;
static struct collateral collateral;
static struct trust_roots roots;
static struct policy policy;
static struct sim_td td;
static uint8_t report_data[REPORTDATA_LEN], quote_mem[LIMIT_QUOTE_BYTES];
static struct slice quote;

static struct verdict judge(struct slice q, int64_t now,
			    const struct trust_roots *r)
{
	struct verifier v = { .mode = VERIFY_FULL,
			      .roots = r,
			      .collateral = &collateral,
			      .policy = &policy };
	struct verdict out;

	verify_quote(&v, q, now, &out);
	return out;
}

static void set_up(const struct pki_spec *spec)
{
	struct arena a = arena_over(arena_mem, sizeof arena_mem);
	struct wr w = wr_over(quote_mem, sizeof quote_mem);
	const char *what = "";

	is_err(pki_issue(&keys, spec, &pki), ERR_OK, "a PKI");
	is_err(collateral_parse(&a, pki.collateral, &collateral, &what), ERR_OK,
	       "its collateral %s", what);
	collateral_authenticate(&collateral);
	trust_roots_init(&roots);
	is_err(trust_roots_add_insecure(&roots, pki.root), ERR_OK,
	       "its root, by name");
	is_err(simquote(&keys, &pki, &td, report_data, &w), ERR_OK, "a quote");
	quote = wr_slice(&w);
}

static void test_accepted(void)
{
	struct trust_roots intel_alone;
	struct slice first = at_page_end(quote.ptr, 48 + 584);
	struct verdict v = judge(first, NOW + 1, &roots);

	ok(v.reason == REASON_QUOTE_PARSE, "header and body alone: %s",
	   reason_code(v.reason));
	v = judge(quote, NOW + 1, &roots);
	ok(v.reason == REASON_OK && v.authentic, "accepted: %s", v.detail);
	ok(v.simulated, "and marked as simulated");
	ok(v.has_status && v.tcb_status == TCB_UP_TO_DATE, "UpToDate");
	ok(memcmp(v.body.mrtd, td.mrtd, SHA384_LEN) == 0 &&
		   memcmp(v.body.rtmr, td.rtmr, sizeof td.rtmr) == 0 &&
		   memcmp(v.body.reportdata, report_data, REPORTDATA_LEN) == 0,
	   "measurements and REPORTDATA arrive");
	ok(memcmp(v.fmspc, "EESIM\0", 6) == 0,
	   "the FMSPC is the simulated one");
	trust_roots_init(&intel_alone);
	v = judge(quote, NOW + 1, &intel_alone);
	ok(v.reason == REASON_ISSUER && !v.authentic && !v.simulated,
	   "without the root by name: %s", reason_code(v.reason));
	v = judge(quote, NOW + VALID_S + 1, &roots);
	ok(v.reason == REASON_EXPIRED, "after its time: %s",
	   reason_code(v.reason));
	v = judge(quote, NOW - 1, &roots);
	ok(v.reason == REASON_NOT_YET_VALID, "before its time: %s",
	   reason_code(v.reason));
}

/* Offsets of the format's tables, not of our structures. */
static void test_layout(void)
{
	const uint8_t *q = quote.ptr, *body = q + 48,
		      *qe = body + 584 + 4 + 134;

	ok(q[0] == 4 && q[2] == 2 && q[4] == 0x81, "version, key, TEE");
	ok(memcmp(body + 136, td.mrtd, 48) == 0, "MRTD at 136");
	ok(memcmp(body + 328, td.rtmr, 192) == 0, "RTMRs at 328");
	ok(memcmp(body + 520, report_data, 64) == 0, "REPORTDATA at 520");
	ok(memcmp(body + 120, "\0\0\0\x10\0\0\0\0", 8) == 0, "TDATTRIBUTES");
	ok(memcmp(body + 128, "\xe7\x00\x06\0\0\0\0\0", 8) == 0, "XFAM");
	ok(memcmp(qe + 128, SIM_QE_MRSIGNER, 32) == 0, "QE's MRSIGNER at 128");
	ok(memcmp(body + 584 + 4 + 64, keys.attestation.pub + 1, 64) == 0,
	   "attestation key after the signature");
}

/* Every STRIDEth byte, one bit each: nothing of a quote is loose. */
static void test_flips(void)
{
	static uint8_t copy[LIMIT_QUOTE_BYTES];
	size_t accepted = 0, at = 0, n = 0;

	memcpy(copy, quote.ptr, quote.len);
	for (size_t i = 0; i < quote.len; i += STRIDE, n++) {
		struct verdict v;

		copy[i] ^= (uint8_t)(1u << (n % 8));
		v = judge((struct slice){ copy, quote.len }, NOW + 1, &roots);
		copy[i] = quote.ptr[i];
		if (v.reason == REASON_OK || v.authentic) {
			accepted++;
			at = i;
		}
	}
	ok(accepted == 0, "%zu flipped bits, all refused (last accepted: %zu)",
	   n, at);
	for (n = 0, accepted = 0; n < quote.len; n++) {
		struct verdict v =
			judge((struct slice){ quote.ptr, n }, NOW + 1, &roots);

		accepted += v.reason == REASON_OK;
	}
	ok(accepted == 0, "no prefix is a quote");
}

static void test_policy(void)
{
	struct pki_spec s = { .created_s = NOW,
			      .issued_s = NOW,
			      .valid_s = VALID_S,
			      .revoke_pck = true };
	struct verdict v;

	set_up(&s);
	v = judge(quote, NOW + 1, &roots);
	ok(v.reason == REASON_SIGNATURE && !v.authentic,
	   "a revoked PCK certificate: %s %s", reason_code(v.reason), v.detail);
	s.revoke_pck = false;
	s.tcb_status = TCB_OUT_OF_DATE;
	set_up(&s);
	v = judge(quote, NOW + 1, &roots);
	ok(v.reason == REASON_TCB && v.authentic &&
		   v.tcb_status == TCB_OUT_OF_DATE,
	   "a platform out of date: %s", reason_code(v.reason));
	s.tcb_status = TCB_UP_TO_DATE;
	td.mrtd[0] ^= 1;
	set_up(&s);
	v = judge(quote, NOW + 1, &roots);
	ok(v.reason == REASON_MRTD_UNTRUSTED && v.authentic,
	   "another image: %s", reason_code(v.reason));
	td.mrtd[0] ^= 1;
	td.td_attributes |= TD_ATTR_DEBUG;
	set_up(&s);
	v = judge(quote, NOW + 1, &roots);
	ok(v.reason == REASON_RTMR && v.authentic, "a debug TD: %s",
	   reason_code(v.reason));
}

static void test_space(void)
{
	uint8_t small[1024];
	struct wr w = wr_over(small, sizeof small);

	is_err(simquote(&keys, &pki, &td, report_data, &w), ERR_SPACE,
	       "a buffer that is too small");
}

int main(void)
{
	struct pki_spec spec = { .created_s = NOW,
				 .issued_s = NOW,
				 .valid_s = VALID_S };
	struct policy_set set = { .platform = "sim" };
	struct rng rng;

	rng_seeded(&rng, str_slice("test_simquote"));
	is_err(pki_generate(rng_prng(&rng), &keys), ERR_OK, "keys");
	td.td_attributes = SIM_TD_ATTRIBUTES;
	td.xfam = SIM_XFAM;
	memset(td.mrtd, 0xa5, sizeof td.mrtd);
	for (size_t i = 0; i < sizeof td.rtmr; i++)
		(&td.rtmr[0][0])[i] = (uint8_t)i;
	for (size_t i = 0; i < REPORTDATA_LEN; i++)
		report_data[i] = (uint8_t)(i * 3 + 1);
	policy_init(&policy);
	memcpy(set.mrtd, td.mrtd, sizeof set.mrtd);
	is_err(policy_add(&policy, &set), ERR_OK, "a policy");
	set_up(&spec);
	test_accepted();
	test_layout();
	test_flips();
	test_policy();
	test_space();
	return tap_done();
}
