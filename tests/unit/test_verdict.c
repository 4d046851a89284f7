/* The policy's part of a verdict, what its caller adds, and damage: a bit
 * flipped anywhere. */
#include "tests/peers/judge.h"

/* ---- policy ---- */

static void other_mrtd(struct fake *f)
{
	f->body.mrtd[47] ^= 1;
}

static void other_rtmr0(struct fake *f)
{
	f->body.rtmr[0][0] ^= 1;
}

static void other_rtmr1(struct fake *f)
{
	f->body.rtmr[1][0] ^= 1;
}

static void other_rtmr2(struct fake *f)
{
	f->body.rtmr[2][0] ^= 1;
}

static void other_rtmr3(struct fake *f)
{
	f->body.rtmr[3][0] ^= 1;
}

static void td_debug(struct fake *f)
{
	f->body.td_attributes |= TD_ATTR_DEBUG;
}

static void td_tud(struct fake *f)
{
	f->body.td_attributes |= UINT64_C(1) << 4;
}

static void td_no_sept(struct fake *f)
{
	f->body.td_attributes = 0;
}

static void td_migratable(struct fake *f)
{
	f->body.td_attributes |= TD_ATTR_MIGRATABLE;
}

static void td_pks(struct fake *f)
{
	f->body.td_attributes |= TD_ATTR_PKS;
}

static void td_perfmon(struct fake *f)
{
	f->body.td_attributes |= TD_ATTR_PERFMON;
}

static void td_unknown_bit(struct fake *f)
{
	f->body.td_attributes |= UINT64_C(1) << 40;
}

static void td_xfam(struct fake *f)
{
	f->body.xfam |= UINT64_C(1) << 10;
}

static void td_service(struct fake *f)
{
	f->version = 5;
	f->body.type = QUOTE_BODY_TD15;
	f->body.mr_servicetd[0] = 1;
}

static void td_config_id(struct fake *f)
{
	f->body.mr_config_id[0] = 1;
}

static void td_owner(struct fake *f)
{
	f->body.mr_owner[47] = 1;
}

static void td_owner_config(struct fake *f)
{
	f->body.mr_owner_config[20] = 1;
}

static void platform_revoked(struct fake *f)
{
	f->platform.status = "Revoked";
}

static void platform_below(struct fake *f)
{
	f->level_pcesvn = f->pcesvn + 1u;
	f->platform.low = 0;
}

static const struct fake_case cases[] = {
	{ "another MRTD", other_mrtd, REASON_MRTD_UNTRUSTED },
	{ "another RTMR0", other_rtmr0, REASON_RTMR },
	{ "another RTMR1", other_rtmr1, REASON_RTMR },
	{ "another RTMR2", other_rtmr2, REASON_RTMR },
	{ "an RTMR3 that nobody compares", other_rtmr3, REASON_OK },
	{ "DEBUG", td_debug, REASON_RTMR },
	{ "a TUD bit", td_tud, REASON_RTMR },
	{ "no SEPT_VE_DISABLE", td_no_sept, REASON_RTMR },
	{ "MIGRATABLE", td_migratable, REASON_RTMR },
	{ "PKS, which is allowed", td_pks, REASON_OK },
	{ "PERFMON, which is not", td_perfmon, REASON_RTMR },
	{ "a TD attribute without a name", td_unknown_bit, REASON_RTMR },
	{ "an XFAM not in the list", td_xfam, REASON_RTMR },
	{ "a service TD", td_service, REASON_RTMR },
	{ "mr_config_id", td_config_id, REASON_RTMR },
	{ "mr_owner", td_owner, REASON_RTMR },
	{ "mr_owner_config", td_owner_config, REASON_RTMR },
	{ "platform revoked", platform_revoked, REASON_TCB },
	{ "platform below all levels", platform_below, REASON_TCB },
};

static void test_modes(void)
{
	struct verdict v;

	fresh();
	fake.platform.status = "OutOfDate";
	fake.platform.advisory = "INTEL-SA-00001";
	v = judge();
	is_reason(&v, REASON_TCB, "OutOfDate by default");
	ok(v.advisories.n == 1 &&
		   strcmp(v.advisories.id[0], "INTEL-SA-00001") == 0,
	   "its advisory is named");
	policy.tcb_allowed[TCB_OUT_OF_DATE] = true;
	v = judge_at(quote(), FAKE_NOW);
	is_reason(&v, REASON_OK, "OutOfDate when the policy allows it");
	ok(!v.warn_tcb, "without a warning");
	policy.tcb_allowed[TCB_OUT_OF_DATE] = false;
	policy.tcb_mode = ENFORCE_WARN;
	v = judge_at(quote(), FAKE_NOW);
	ok(v.reason == REASON_OK && v.warn_tcb, "mode warn: W01");
	policy.tcb_mode = ENFORCE_STRICT;
	policy.tcb_allowed[TCB_OUT_OF_DATE] = true;
	policy.min_evaluation_number = 21;
	v = judge_at(quote(), FAKE_NOW);
	is_reason(&v, REASON_TCB, "TCB info older than the policy wants");
	policy.min_evaluation_number = 20;
	policy.rtmr_mode = ENFORCE_WARN;
	v = judge_at(quote(), FAKE_NOW);
	ok(v.reason == REASON_OK && !v.warn_rtmr, "RTMRs agree: no warning");
	policy.sets[0].rtmr[1][3] ^= 1;
	v = judge_at(quote(), FAKE_NOW);
	ok(v.reason == REASON_OK && v.warn_rtmr, "mode warn: W02");
	policy.rtmr_mode = ENFORCE_DISABLED;
	policy.sets[0].rtmr[1][3] ^= 1;
	v = judge_at(quote(), FAKE_NOW);
	ok(v.reason == REASON_OK && v.warn_rtmr, "mode disabled warns always");
	fake.body.td_attributes |= TD_ATTR_DEBUG;
	v = judge();
	is_reason(&v, REASON_RTMR, "no mode lets a debuggable TD pass");
}

static void test_sets(void)
{
	struct policy_set other;
	struct verdict v;

	fresh();
	other = policy.sets[0];
	policy.n_sets = 0;
	other.rtmr[0][0] ^= 1;
	snprintf(other.platform, sizeof other.platform, "other");
	add_set(&other);
	other.rtmr[0][0] ^= 1;
	snprintf(other.platform, sizeof other.platform, "second");
	add_set(&other);
	v = judge();
	ok(v.reason == REASON_OK && strcmp(v.platform, "second") == 0,
	   "of two sets with one MRTD the one that fits is found");
	policy.sets[1].rtmr[1][0] ^= 1;
	v = judge_at(quote(), FAKE_NOW);
	is_reason(&v, REASON_RTMR, "RTMRs of two sets do not mix");
	while (policy.n_sets < POLICY_MAX_SETS)
		add_set(&other);
	is_err(policy_add(&policy, &other), ERR_SPACE, "no more sets");
}

/* What is said of the image, whatever else is wrong. */
static void test_image(void)
{
	struct verdict v;

	fresh();
	v = judge();
	ok(v.image == IMAGE_TRUSTED, "the image is the policy's");
	fake.platform.status = "OutOfDate";
	v = judge();
	ok(v.reason == REASON_TCB && v.image == IMAGE_TRUSTED,
	   "it is, on a platform that is refused");
	fresh();
	fake.body.rtmr[1][0] ^= 1;
	v = judge();
	ok(v.image == IMAGE_OTHER, "another RTMR is another image");
	fresh();
	fake.body.mrtd[0] ^= 1;
	v = judge();
	ok(v.image == IMAGE_OTHER, "and so is another MRTD");
	fresh();
	snprintf(policy.sets[0].revoked, sizeof policy.sets[0].revoked, "bad");
	v = judge();
	ok(v.reason == REASON_RTMR && v.image == IMAGE_REVOKED,
	   "a release that was revoked");
	fresh();
	policy.n_sets = 0;
	v = judge();
	ok(v.image == IMAGE_NOT_ASKED, "nobody is asked by an empty policy");
	fresh();
	fake.quote_signer = &fake.pck;
	v = judge();
	ok(v.image == IMAGE_NOT_ASKED, "nor about a quote that is not genuine");
}

/* ---- the caller's own checks ---- */

static void test_bindings(void)
{
	uint8_t want[QUOTE_REPORTDATA_LEN], config[SHA384_LEN] = { 1, 2, 3 };
	struct verdict v;

	fresh();
	rtmr_extend(fake.body.rtmr[3], config);
	v = judge();
	memcpy(want, fake.body.reportdata, sizeof want);
	ok(verify_reportdata(&v, want) == REASON_OK, "REPORTDATA agrees");
	for (size_t i = 0; i < sizeof want; i++) {
		want[i] ^= 0x80;
		if (verify_reportdata(&v, want) != REASON_REPORTDATA)
			break;
		want[i] ^= 0x80;
		if (i + 1 == sizeof want)
			ok(true, "each of the 64 bytes counts");
	}
	ok(memcmp(want, fake.body.reportdata, sizeof want) == 0,
	   "none was passed over");
	ok(verify_config(&v, config) == REASON_OK, "RTMR3 holds the config");
	config[47] ^= 1;
	ok(verify_config(&v, config) == REASON_RTMR, "not another one");
	v.reason = REASON_TCB;
	ok(verify_reportdata(&v, want) == REASON_TCB &&
		   verify_config(&v, config) == REASON_TCB,
	   "a refusal stays what it was");
}

static void test_times(void)
{
	struct verdict v;

	fresh();
	fake_build(&fake);
	(void)load_collateral(bundle());
	v = judge_at(quote(), FAKE_NOW + FAKE_DAY);
	is_reason(&v, REASON_OK, "the last second");
	v = judge_at(quote(), FAKE_NOW + FAKE_DAY + 1);
	is_reason(&v, REASON_EXPIRED, "one second later");
	v = judge_at(quote(), FAKE_NOW - FAKE_DAY);
	is_reason(&v, REASON_OK, "the first second");
	v = judge_at(quote(), FAKE_NOW - FAKE_DAY - 1);
	is_reason(&v, REASON_NOT_YET_VALID, "one second earlier");
	v = judge_at(quote(), INT64_MIN);
	is_reason(&v, REASON_NOT_YET_VALID, "the beginning of time");
	v = judge_at(quote(), INT64_MAX);
	is_reason(&v, REASON_EXPIRED, "the end of time");
}

static bool same_verdict(const struct verdict *a, const struct verdict *b)
{
	static uint8_t x[VERDICT_MAX_JSON], y[VERDICT_MAX_JSON];
	struct wr wx = wr_over(x, sizeof x), wy = wr_over(y, sizeof y);

	verdict_write(&wx, a);
	verdict_write(&wy, b);
	return wx.len > 0 && slice_eq(wr_slice(&wx), wr_slice(&wy));
}

static void test_cache(void)
{
	struct chain_cache cache = { 0 };
	struct verifier v = { .roots = &roots,
			      .collateral = &collateral,
			      .policy = &policy,
			      .cache = &cache };
	struct verdict first, second;

	fresh();
	fake_build(&fake);
	(void)load_collateral(bundle());
	verify_quote(&v, quote(), FAKE_NOW, &first);
	ok(cache.len > 0 && first.reason == REASON_OK, "a chain is remembered");
	verify_quote(&v, quote(), FAKE_NOW, &second);
	ok(same_verdict(&first, &second), "the verdict is the same with it");
	fake.pck_crl.revoked = FAKE_SERIAL_PCK;
	fake_build(&fake);
	(void)load_collateral(bundle());
	verify_quote(&v, quote(), FAKE_NOW, &second);
	is_reason(&second, REASON_SIGNATURE,
		  "a remembered chain can still be revoked");
	fresh();
	fake.pck_cert.signer = &fake.stranger;
	fake_build(&fake);
	(void)load_collateral(bundle());
	verify_quote(&v, quote(), FAKE_NOW, &second);
	is_reason(&second, REASON_SIGNATURE, "another chain is not that one");
	v.roots = &(struct trust_roots){ 0 };
	fresh();
	fake_build(&fake);
	(void)load_collateral(bundle());
	verify_quote(&v, quote(), FAKE_NOW, &second);
	is_reason(&second, REASON_ISSUER, "nor does it stand for its root");
}

/* ---- damage ---- */

static void test_prefixes(void)
{
	size_t bad = 0;

	fresh();
	fake_build(&fake);
	(void)load_collateral(bundle());
	for (size_t n = 0; n < fake.quote_len; n++) {
		struct verdict v =
			judge_at((struct slice){ fake.quote, n }, FAKE_NOW);

		bad += v.reason != REASON_QUOTE_PARSE || v.authentic;
	}
	ok(bad == 0, "every one of %zu prefixes is refused", fake.quote_len);
}

static void test_flips(void)
{
	size_t bad = 0;

	fresh();
	fake_build(&fake);
	(void)load_collateral(bundle());
	for (size_t i = 0; i < fake.quote_len; i++) {
		struct verdict v;
		uint8_t bit = (uint8_t)(1u << (i * 5 % 8));

		fake.quote[i] ^= bit;
		v = judge_at(quote(), FAKE_NOW);
		fake.quote[i] ^= bit;
		if (v.reason == REASON_OK || v.authentic) {
			printf("#   byte %zu ^ %02x: accepted\n", i, bit);
			bad++;
		}
	}
	ok(bad == 0, "a flipped bit in each of %zu bytes is refused",
	   fake.quote_len);
}

static void test_bundle_flips(void)
{
	size_t bad = 0, n = 0;

	fresh();
	fake_build(&fake);
	for (size_t i = 0; i < fake.bundle_len; i += 13) {
		struct verdict v = { 0 };

		/* Bit 0 of a hex digit or a letter is another one of its
		 * kind; bit 5 would only change its case. */
		fake.bundle[i] ^= 1;
		if (load_collateral(bundle()))
			v = judge_at(quote(), FAKE_NOW);
		fake.bundle[i] ^= 1;
		n++;
		if (v.authentic) {
			printf("#   byte %zu: accepted\n", i);
			bad++;
		}
	}
	ok(bad == 0, "a flipped bit in %zu places of the bundle is refused", n);
}

static void test_padding(void)
{
	struct verdict v;

	fresh();
	fake_build(&fake);
	(void)load_collateral(bundle());
	memset(fake.quote + fake.quote_len, 0, 1000);
	fake.quote_len += 1000;
	v = judge_at(quote(), FAKE_NOW);
	is_reason(&v, REASON_OK, "zero bytes after the quote");
	fake.quote[fake.quote_len - 1] = 1;
	v = judge_at(quote(), FAKE_NOW);
	is_reason(&v, REASON_QUOTE_PARSE, "and then one that is not");
}

static void test_json(void)
{
	uint8_t text[VERDICT_MAX_JSON], memory[65536];
	struct wr w = wr_over(text, sizeof text);
	struct arena a = arena_over(memory, sizeof memory);
	struct json v = { NULL };
	struct slice s = { NULL, 0 };
	struct verdict out;
	bool b = true;

	fresh();
	fake.platform.status = "OutOfDate";
	fake.platform.advisory = "INTEL-SA-00001";
	out = judge();
	verdict_write(&w, &out);
	is_err(wr_end(&w), ERR_OK, "a verdict as JSON");
	is_err(json_parse(&a, wr_slice(&w), &v), ERR_OK, "that parses");
	ok(json_str(v, "verdict", &s) == ERR_OK && slice_is(s, "refused"),
	   "refused");
	ok(json_str(v, "reason_code", &s) == ERR_OK &&
		   slice_is(s, "EE-ATT-015"),
	   "with its code");
	ok(json_str(v, "tcb_status", &s) == ERR_OK && slice_is(s, "OutOfDate"),
	   "and its TCB status");
	ok(json_bool(v, "authentic", &b) == ERR_OK && b &&
		   json_bool(v, "simulated", &b) == ERR_OK && b,
	   "authentic and simulated");
	verify_quote(&(struct verifier){ .roots = &roots },
		     (struct slice){ NULL, 0 }, FAKE_NOW, &out);
	w = wr_over(text, sizeof text);
	a = arena_over(memory, sizeof memory);
	verdict_write(&w, &out);
	is_err(json_parse(&a, wr_slice(&w), &v), ERR_OK, "one on no quote");
	ok(json_get(v, "tcb_status", &v) == ERR_OK && json_is_null(v),
	   "has no TCB status");
}

/* What a sentence can hold: letters, half a letter at its end, and bytes of a
 * file's name that are no text at all. */
static void test_sentences(void)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "caf\xc3\xa9", "caf\xc3\xa9" },
		{ "caf\xc3", "caf?" },
		{ "\xe2\x82", "??" },
		{ "a\xff.json", "a?.json" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t text[VERDICT_MAX_JSON], memory[65536];
		struct wr w = wr_over(text, sizeof text);
		struct arena a = arena_over(memory, sizeof memory);
		struct verdict v = { .reason = REASON_POLICY };
		struct json doc = { NULL };
		struct slice s = { NULL, 0 };

		snprintf(v.detail, sizeof v.detail, "%s", rows[i].in);
		memset(v.remarks, 'x', sizeof v.remarks - 1);
		verdict_write(&w, &v);
		is_err(wr_end(&w), ERR_OK, "a sentence that may be no text");
		ok(json_parse(&a, wr_slice(&w), &doc) == ERR_OK &&
			   json_str(doc, "detail", &s) == ERR_OK &&
			   slice_is(s, rows[i].out),
		   "is %s", rows[i].out);
		ok(json_str(doc, "remarks", &s) == ERR_OK &&
			   s.len == sizeof v.remarks - 1,
		   "and the longest is whole");
	}
}

/* One that does not fit is cut, between letters or inside one. */
static void test_long_sentence(void)
{
	char text[200];

	for (size_t from = 0; from < 2; from++) {
		struct verdict v = { .reason = REASON_OK };

		memset(text, 'x', from);
		for (size_t i = from; i + 3 < sizeof text; i += 2)
			memcpy(text + i, "\xc3\xa9", 3);
		verdict_refuse(&v, REASON_RTMR, "%s", text);
		ok(strlen(v.detail) == sizeof v.detail - 1 &&
			   v.detail[sizeof v.detail - 2] ==
				   (from == 0 ? '?' : '\xa9'),
		   "a sentence that is cut after %zu bytes of a letter",
		   1 + from);
	}
}

int main(void)
{
	trust_fake_root();
	run_cases(cases, sizeof cases / sizeof cases[0]);
	test_modes();
	test_sets();
	test_image();
	test_bindings();
	test_times();
	test_cache();
	test_padding();
	test_prefixes();
	test_flips();
	test_bundle_flips();
	test_json();
	test_sentences();
	test_long_sentence();
	return tap_done();
}
