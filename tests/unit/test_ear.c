/* A verdict as an EAT Attestation Result. The values are those of the tables of
 * draft-ietf-rats-ar4si-09, 2.3; the claims' names those of the profile
 * tag:github.com,2023:veraison/ear. tests/integration/ear.py has the signature
 * verified by other people's code. */
#include "measure/lib/base64url.h"
#include "measure/lib/dsse.h"
#include "measure/lib/ear.h"
#include "measure/lib/jwt.h"
#include "tests/peers/judge.h"

static struct ear_result result;

/* configuration, executables, hardware, instance-identity, runtime-opaque and
 * the status; the other three claims are `rest`. */
struct want {
	int8_t config, exec, hw, instance, opaque, rest;
	const char *status;
};

static void is_result(const struct want *w, const char *title)
{
	const int8_t *c = result.claim;
	bool same = c[EAR_CONFIGURATION] == w->config &&
		    c[EAR_EXECUTABLES] == w->exec && c[EAR_HARDWARE] == w->hw &&
		    c[EAR_INSTANCE_IDENTITY] == w->instance &&
		    c[EAR_RUNTIME_OPAQUE] == w->opaque &&
		    c[EAR_FILE_SYSTEM] == w->rest &&
		    c[EAR_SOURCED_DATA] == w->rest &&
		    c[EAR_STORAGE_OPAQUE] == w->rest &&
		    strcmp(ear_tier_name(result.status), w->status) == 0;

	if (!ok(same, "%s: %s", title, w->status))
		printf("#   got %d %d %d %d %d / %d %d %d: %s\n",
		       c[EAR_CONFIGURATION], c[EAR_EXECUTABLES],
		       c[EAR_HARDWARE], c[EAR_INSTANCE_IDENTITY],
		       c[EAR_RUNTIME_OPAQUE], c[EAR_FILE_SYSTEM],
		       c[EAR_SOURCED_DATA], c[EAR_STORAGE_OPAQUE],
		       ear_tier_name(result.status));
}

/* A verdict on genuine hardware, accepted by a policy. */
static const struct verdict good = {
	.mode = VERIFY_FULL,
	.reason = REASON_OK,
	.authentic = true,
	.parsed = true,
	.version = 4,
	.has_status = true,
	.tcb_status = TCB_UP_TO_DATE,
	.image = IMAGE_TRUSTED,
	.body = { .td_attributes = TD_ATTR_SEPT_VE_DISABLE },
};

#define UNPROVEN(n, status)                                                    \
	{                                                                      \
		(n), (n), (n), (n), (n), (n), (status)                         \
	}

/* Evidence that proves nothing, by the reason it is refused with. */
static const struct {
	enum reason reason;
	struct want want;
} unproven[] = {
	{ REASON_SIGNATURE, UNPROVEN(99, "contraindicated") },
	{ REASON_ISSUER, UNPROVEN(99, "contraindicated") },
	{ REASON_REPORTDATA, UNPROVEN(99, "contraindicated") },
	{ REASON_QUOTE_PARSE, UNPROVEN(1, "none") },
	{ REASON_EVIDENCE_MISSING, UNPROVEN(1, "none") },
	{ REASON_MRTD_MISSING, UNPROVEN(1, "none") },
	{ REASON_INTERNAL, UNPROVEN(-1, "none") },
	{ REASON_EXPIRED, UNPROVEN(0, "none") },
	{ REASON_NOT_YET_VALID, UNPROVEN(0, "none") },
	{ REASON_UNAVAILABLE, UNPROVEN(0, "none") },
	{ REASON_AUDIENCE, UNPROVEN(0, "none") },
	{ REASON_NONCE_MISSING, UNPROVEN(0, "none") },
	{ REASON_NONCE_UNKNOWN, UNPROVEN(0, "none") },
	{ REASON_POLICY, UNPROVEN(0, "none") },
};

static void test_unproven(void)
{
	for (size_t i = 0; i < sizeof unproven / sizeof unproven[0]; i++) {
		struct verdict v = { .mode = VERIFY_FULL,
				     .reason = unproven[i].reason };

		ear_appraise(&v, true, &result);
		is_result(&unproven[i].want, reason_code(unproven[i].reason));
	}
}

/* An accepted verdict by its TCB status. */
static const struct {
	enum tcb_status tcb;
	struct want want;
} statuses[] = {
	{ TCB_UP_TO_DATE, { 2, 3, 2, 0, 2, 0, "affirming" } },
	{ TCB_SW_HARDENING, { 2, 3, 32, 0, 2, 0, "warning" } },
	{ TCB_CONFIGURATION, { 32, 3, 2, 0, 2, 0, "warning" } },
	{ TCB_CONFIGURATION_SW_HARDENING, { 32, 3, 32, 0, 2, 0, "warning" } },
	{ TCB_OUT_OF_DATE, { 2, 3, 32, 0, 2, 0, "warning" } },
	{ TCB_OUT_OF_DATE_CONFIGURATION, { 32, 3, 32, 0, 2, 0, "warning" } },
	{ TCB_RELAUNCH, { 2, 3, 32, 0, 2, 0, "warning" } },
	{ TCB_RELAUNCH_CONFIGURATION, { 32, 3, 32, 0, 2, 0, "warning" } },
	{ TCB_REVOKED, { 2, 3, 96, 0, 0, 0, "contraindicated" } },
	{ TCB_NOT_SUPPORTED, { 2, 3, 97, 0, 0, 0, "contraindicated" } },
};

static bool affirms(const struct ear_result *r)
{
	for (size_t i = 0; i < EAR_CLAIMS; i++)
		if (r->claim[i] >= 2 && r->claim[i] < 32)
			return true;
	return false;
}

static void test_statuses(void)
{
	bool seen[TCB_STATUS_COUNT] = { false };
	size_t n = 0;

	for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
		struct verdict v = good;

		v.tcb_status = statuses[i].tcb;
		seen[v.tcb_status] = true;
		ear_appraise(&v, false, &result);
		is_result(&statuses[i].want, tcb_status_name(v.tcb_status));
		v.simulated = true;
		ear_appraise(&v, true, &result);
		ok(result.claim[EAR_HARDWARE] == 97 &&
			   result.claim[EAR_RUNTIME_OPAQUE] == 96 &&
			   result.status == EAR_CONTRAINDICATED &&
			   !affirms(&result),
		   "and simulated: contraindicated, and affirms nothing");
	}
	for (size_t i = 0; i < TCB_STATUS_COUNT; i++)
		n += seen[i];
	ok(n == TCB_STATUS_COUNT, "every status has its line");
}

static void no_policy(struct verdict *v)
{
	v->mode = VERIFY_AUTHENTIC_ONLY;
	v->image = IMAGE_NOT_ASKED;
}

static void no_policy_debug(struct verdict *v)
{
	no_policy(v);
	v->body.td_attributes |= TD_ATTR_DEBUG;
}

static void no_set(struct verdict *v)
{
	v->reason = REASON_POLICY;
	v->image = IMAGE_NOT_ASKED;
}

static void other_mrtd(struct verdict *v)
{
	v->reason = REASON_MRTD_UNTRUSTED;
	v->image = IMAGE_OTHER;
}

static void other_rtmr(struct verdict *v)
{
	v->reason = REASON_RTMR;
	v->image = IMAGE_OTHER;
}

static void other_rtmr_warned(struct verdict *v)
{
	v->image = IMAGE_OTHER;
	v->warn_rtmr = true;
}

static void attributes(struct verdict *v)
{
	v->reason = REASON_RTMR;
}

static void attributes_warned(struct verdict *v)
{
	other_rtmr_warned(v);
	v->reason = REASON_RTMR;
}

static void debug(struct verdict *v)
{
	attributes(v);
	v->body.td_attributes |= TD_ATTR_DEBUG;
}

static void migratable(struct verdict *v)
{
	attributes(v);
	v->body.td_attributes |= TD_ATTR_MIGRATABLE;
}

static void revoked(struct verdict *v)
{
	v->reason = REASON_RTMR;
	v->image = IMAGE_REVOKED;
}

static void expired(struct verdict *v)
{
	v->reason = REASON_EXPIRED;
}

static void early(struct verdict *v)
{
	v->reason = REASON_NOT_YET_VALID;
}

static void out_of_date(struct verdict *v)
{
	v->tcb_status = TCB_OUT_OF_DATE;
	v->reason = REASON_TCB;
}

static void old_collateral(struct verdict *v)
{
	v->reason = REASON_TCB;
}

static void out_of_date_other(struct verdict *v)
{
	out_of_date(v);
	v->image = IMAGE_OTHER;
}

static void tcb_warned(struct verdict *v)
{
	v->warn_tcb = true;
}

static void not_bound(struct verdict *v)
{
	v->reason = REASON_REPORTDATA;
}

static void not_listed(struct verdict *v)
{
	v->reason = REASON_ISSUER;
}

static void nothing(struct verdict *v)
{
	(void)v;
}

static const struct {
	const char *title;
	void (*make)(struct verdict *v);
	bool lists;
	struct want want;
} cases[] = {
	{ "one of the listed platforms",
	  nothing,
	  true,
	  { 2, 3, 2, 2, 2, 0, "affirming" } },
	{ "none of them",
	  not_listed,
	  true,
	  { 0, 3, 2, 97, 2, 0, "contraindicated" } },
	{ "no policy asked",
	  no_policy,
	  false,
	  { 0, 0, 2, 0, 2, 0, "warning" } },
	{ "no policy asked, and DEBUG",
	  no_policy_debug,
	  false,
	  { 96, 0, 2, 0, 96, 0, "contraindicated" } },
	{ "a policy without an image",
	  no_set,
	  true,
	  { 0, 0, 2, 0, 2, 0, "contraindicated" } },
	{ "another MRTD",
	  other_mrtd,
	  true,
	  { 0, 96, 2, 2, 2, 0, "contraindicated" } },
	{ "another RTMR",
	  other_rtmr,
	  false,
	  { 0, 96, 2, 0, 2, 0, "contraindicated" } },
	{ "another RTMR, let pass",
	  other_rtmr_warned,
	  false,
	  { 2, 33, 2, 0, 2, 0, "warning" } },
	{ "TD attributes",
	  attributes,
	  false,
	  { 96, 3, 2, 0, 2, 0, "contraindicated" } },
	{ "TD attributes, where RTMRs are let pass",
	  attributes_warned,
	  false,
	  { 96, 33, 2, 0, 2, 0, "contraindicated" } },
	{ "DEBUG", debug, false, { 96, 3, 2, 0, 96, 0, "contraindicated" } },
	{ "MIGRATABLE",
	  migratable,
	  false,
	  { 96, 3, 2, 0, 2, 0, "contraindicated" } },
	{ "a revoked release",
	  revoked,
	  false,
	  { 0, 96, 2, 0, 2, 0, "contraindicated" } },
	{ "a release that has ended",
	  expired,
	  false,
	  { 0, 32, 2, 0, 2, 0, "contraindicated" } },
	{ "one that has not begun",
	  early,
	  false,
	  { 0, 32, 2, 0, 2, 0, "contraindicated" } },
	{ "OutOfDate, refused",
	  out_of_date,
	  false,
	  { 0, 3, 96, 0, 0, 0, "contraindicated" } },
	{ "collateral that is too old",
	  old_collateral,
	  false,
	  { 0, 3, 96, 0, 0, 0, "contraindicated" } },
	{ "OutOfDate, refused, and another image",
	  out_of_date_other,
	  false,
	  { 0, 33, 96, 0, 0, 0, "contraindicated" } },
	{ "a TCB rule let pass",
	  tcb_warned,
	  false,
	  { 2, 3, 2, 0, 2, 0, "warning" } },
	{ "another REPORTDATA", not_bound, false,
	  UNPROVEN(99, "contraindicated") },
};

static void test_cases(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct verdict v = good;

		cases[i].make(&v);
		ear_appraise(&v, cases[i].lists, &result);
		is_result(&cases[i].want, cases[i].title);
	}
}

/* ---- the token ---- */

static struct p256_key key;
static struct jwt token;

static struct ear_issuer issuer(void)
{
	return (struct ear_issuer){ .key = &key,
				    .developer = "easyenclave",
				    .build = "ee-measure test",
				    .policy_id = "ni:///sha-256;abc",
				    .issued_s = FAKE_NOW };
}

static struct slice write_token(const struct verdict *v,
				const struct ear_issuer *by)
{
	static uint8_t text[EAR_MAX_BYTES], memory[EAR_ARENA];
	struct arena a = arena_over(memory, sizeof memory);
	struct wr w = wr_over(text, sizeof text);

	is_err(ear_write(&a, v, by, &w), ERR_OK, "a token");
	return wr_slice(&w);
}

static void is_str(struct json v, const char *name, const char *want)
{
	struct slice s = { NULL, 0 };

	ok(json_str(v, name, &s) == ERR_OK && slice_is(s, want), "%s is %s",
	   name, want);
}

static void check_claims(const struct verdict *v)
{
	static uint8_t text[VERDICT_MAX_JSON], again[VERDICT_MAX_JSON];
	struct wr w = wr_over(text, sizeof text);
	struct wr x = wr_over(again, sizeof again);
	struct json tdx = { NULL }, o = { NULL };
	int64_t n = 0;

	ok(json_int(token.claims, "iat", 0, INT64_MAX, &n) == ERR_OK &&
		   n == FAKE_NOW,
	   "iat");
	is_str(token.claims, "eat_profile", "tag:github.com,2023:veraison/ear");
	ok(json_object(token.claims, "ear.verifier-id", &o) == ERR_OK,
	   "ear.verifier-id");
	is_str(o, "build", "ee-measure test");
	is_str(o, "developer", "easyenclave");
	ok(json_object(token.claims, "submods", &o) == ERR_OK &&
		   json_count(o) == 1 && json_object(o, "tdx", &tdx) == ERR_OK,
	   "one submodule, tdx");
	is_str(tdx, "ear.status", "contraindicated");
	is_str(tdx, "ear.appraisal-policy-id", "ni:///sha-256;abc");
	ok(json_object(tdx, "ear.trustworthiness-vector", &o) == ERR_OK &&
		   json_count(o) == EAR_CLAIMS &&
		   json_int(o, "hardware", -128, 127, &n) == ERR_OK && n == 97,
	   "a vector of eight claims: a fake is not recognized");
	ok(json_object(tdx, "ear.easyenclave.verdict", &o) == ERR_OK,
	   "the verdict");
	verdict_write(&w, v);
	json_write(&x, o);
	ok(wr_end(&w) == ERR_OK && wr_end(&x) == ERR_OK &&
		   slice_eq(wr_slice(&w), wr_slice(&x)),
	   "whole");
}

static void test_token(void)
{
	static uint8_t memory[JWT_ARENA], first[EAR_MAX_BYTES];
	struct arena a = arena_over(memory, sizeof memory);
	struct ear_issuer by = issuer();
	char kid[DSSE_KEYID_LEN + 1];
	uint8_t digest[SHA256_LEN];
	const char *what = "";
	struct verdict v;
	struct slice t;

	fresh();
	v = judge();
	is_reason(&v, REASON_OK, "a simulated platform, accepted");
	t = write_token(&v, &by);
	memcpy(first, t.ptr, t.len);
	is_err(jwt_parse(&a, t, &token, &what), ERR_OK, "reads as a token %s",
	       what);
	dsse_keyid(key.pub, kid);
	sha256(token.signed_part, digest);
	ok(token.alg == JWT_ES256 && slice_is(token.kid, kid) &&
		   token.signature_len == P256_SIG_LEN,
	   "ES256, with the key's id");
	is_err(p256_verify(key.pub, digest, sizeof digest, token.signature),
	       ERR_OK, "its signature verifies");
	is_str(token.header, "typ", "JWT");
	check_claims(&v);
	ok(slice_eq(write_token(&v, &by), (struct slice){ first, t.len }),
	   "the same again, to the last byte");
	by.policy_id = NULL;
	a = arena_over(memory, sizeof memory);
	is_err(jwt_parse(&a, write_token(&v, &by), &token, &what), ERR_OK,
	       "one without a policy");
}

/* Every size of arena and writer: too small is an error, and no token. */
static void test_room(void)
{
	static uint8_t text[EAR_MAX_BYTES], memory[EAR_ARENA];
	struct ear_issuer by = issuer();
	struct arena a = arena_over(memory, sizeof memory - 1);
	struct wr w = wr_over(text, sizeof text);
	size_t bad = 0, n;

	is_err(ear_write(&a, &good, &by, &w), ERR_SPACE, "a small arena");
	n = write_token(&good, &by).len;
	for (size_t cap = 0; cap < n; cap++) {
		a = arena_over(memory, sizeof memory);
		w = wr_over(text, cap);
		bad += ear_write(&a, &good, &by, &w) != ERR_SPACE;
	}
	ok(bad == 0, "none of %zu sizes that are too small", n);
	by.build = "\xff";
	a = arena_over(memory, sizeof memory);
	w = wr_over(text, sizeof text);
	is_err(ear_write(&a, &good, &by, &w), ERR_VALUE,
	       "a build that is not UTF-8");
	by = issuer();
	memset(&key, 0, sizeof key);
	a = arena_over(memory, sizeof memory);
	w = wr_over(text, sizeof text);
	is_err(ear_write(&a, &good, &by, &w), ERR_VALUE, "a key that is none");
}

/* The longest verdict there can be fits where its writers say. */
static void test_longest(void)
{
	static uint8_t text[VERDICT_MAX_JSON];
	struct wr w = wr_over(text, sizeof text);
	struct verdict v = good;

	memset(v.detail, '"', sizeof v.detail - 1);
	memset(v.remarks, '"', sizeof v.remarks - 1);
	memset(v.platform, '"', sizeof v.platform - 1);
	v.advisories.n = sizeof v.advisories.id / sizeof v.advisories.id[0];
	for (size_t i = 0; i < v.advisories.n; i++)
		memset(v.advisories.id[i], '\\', sizeof v.advisories.id[i] - 1);
	for (size_t i = 0; i < TCB_PARTS; i++)
		v.tcb_part[i] =
			(struct tcb_part){ true, TCB_OUT_OF_DATE, 1, 1 };
	v.tcb_status = TCB_RELAUNCH_CONFIGURATION;
	v.has_platform = v.has_piid = v.used.known = true;
	v.tcb_date_s = v.out_of_date_since_s = 1;
	v.judged_s = INT64_MAX;
	v.warn_tcb = v.warn_rtmr = true;
	v.tcb_evaluation_number = UINT32_MAX;
	verdict_write(&w, &v);
	is_err(wr_end(&w), ERR_OK, "a verdict of %zu bytes", w.len);
	ok(memmem(text, w.len, "\"judged_at\":\"9999-12-31T23:59:59Z\"", 34) !=
		   NULL,
	   "a time beyond all years is the last one");
	v.judged_s = INT64_MIN;
	w = wr_over(text, sizeof text);
	verdict_write(&w, &v);
	ok(memmem(text, w.len, "\"judged_at\":\"1970-01-01T00:00:00Z\"", 34) !=
		   NULL,
	   "one before them the first");
	(void)write_token(&v, &(struct ear_issuer){ .key = &key,
						    .developer = "d",
						    .build = "b" });
}

/* RFC 4648, 10, without the padding; RFC 7515, appendix C. */
static void test_base64url(void)
{
	static const struct {
		const char *in, *want;
	} rows[] = {
		{ "", "" },
		{ "f", "Zg" },
		{ "fo", "Zm8" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg" },
		{ "fooba", "Zm9vYmE" },
		{ "foobar", "Zm9vYmFy" },
		{ "\x03\xec\xff\xe0\xc1", "A-z_4ME" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char text[16];
		struct wr w = wr_over(text, sizeof text);

		wr_base64url(&w, at_page_end(rows[i].in, strlen(rows[i].in)));
		ok(wr_end(&w) == ERR_OK && slice_is(wr_slice(&w), rows[i].want),
		   "base64url \"%s\"", rows[i].want);
	}
}

int main(void)
{
	static const uint8_t scalar[P256_PRIV_LEN] = { 1, 2, 3 };

	trust_fake_root();
	if (p256_from_private(scalar, &key) != ERR_OK)
		return 98;
	test_base64url();
	test_unproven();
	test_statuses();
	test_cases();
	test_token();
	test_longest();
	test_room();
	return tap_done();
}
