/* Tokens of Intel Trust Authority: one of each version, made and signed here
 * (P-256), and what becomes of the verdict when one thing in it is wrong. */
#include "tests/tap.h"
#include "tests/unit/ita_make.h"

#define NOW    ITA_NOW
#define PORTAL ITA_PORTAL
#define X48    ITA_X48

static uint8_t mem[ITA_ARENA];
static struct jwks jwks;
static struct policy policy;

static void make_policy(void)
{
	struct policy_set set = { .platform = "here", .has_rtmr[1] = true };

	memset(set.mrtd, 0xaa, sizeof set.mrtd);
	memset(set.rtmr[1], 0x11, sizeof set.rtmr[1]);
	policy_init(&policy);
	policy.xfam[0] = 0x600e7;
	policy.n_xfam = 1;
	if (policy_add(&policy, &set) != ERR_OK)
		_exit(98);
}

static struct ita_verifier verifier_of(const char *claims)
{
	return (struct ita_verifier){
		.mode = VERIFY_FULL,
		.jwks = &jwks,
		.issuer = str_slice(claims == ita_v1 ? "Intel Trust Authority"
						     : PORTAL),
		.policy = &policy,
	};
}

static struct ita_claims claims;
static struct verdict verdict;

static enum reason verify(const struct ita_verifier *v, struct slice token,
			  int64_t now_s)
{
	struct arena a = arena_over(mem, sizeof mem);

	ita_verify(&a, v, token, now_s, &claims, &verdict);
	return verdict.reason;
}

/* out: base with the first `from` replaced. */
static void replaced(const char *base, const char *from, const char *to,
		     char out[static ITA_MAX_TEXT])
{
	const char *at = strstr(base, from);

	if (at == NULL ||
	    (size_t)snprintf(out, ITA_MAX_TEXT, "%.*s%s%s", (int)(at - base),
			     base, to, at + strlen(from)) >= ITA_MAX_TEXT)
		_exit(98);
}

static void is_reason(enum reason got, enum reason want, const char *ver,
		      const char *why)
{
	if (!ok(got == want, "%s: %s: %s", reason_code(want), ver, why))
		printf("#   got %s: %s\n", reason_code(got), verdict.detail);
}

static void test_good(const char *text)
{
	struct ita_verifier v = verifier_of(text);
	struct slice token = ita_signed(HEADER, text);

	is_reason(verify(&v, token, NOW), REASON_OK, "good", "as it is");
	ok(verdict.authentic && verdict.parsed && verdict.has_status &&
		   verdict.tcb_status == TCB_UP_TO_DATE &&
		   verdict.advisories.n == 2 &&
		   strcmp(verdict.advisories.id[1], "INTEL-SA-01245") == 0 &&
		   strcmp(verdict.platform, "here") == 0 && !verdict.simulated,
	   "the verdict says what the token says");
	ok(verdict.body.mrtd[47] == 0xaa && verdict.body.rtmr[3][0] == 0x13 &&
		   verdict.body.mr_seam[1] == 0x5e &&
		   verdict.body.td_attributes == TD_ATTR_SEPT_VE_DISABLE &&
		   verdict.body.xfam == 0x600e7 &&
		   verdict.body.tee_tcb_svn[0] == 8 &&
		   verdict.body.reportdata[0] == 0x3d,
	   "and the registers are where they belong");
	ok(claims.has_nonce && slice_is(claims.nonce.val, "nonce") &&
		   slice_is(claims.nonce.iat, "time") && claims.has_held &&
		   slice_is(claims.held, "data"),
	   "nonce and held data are decoded");
	v.mode = VERIFY_AUTHENTIC_ONLY;
	v.policy = NULL;
	is_reason(verify(&v, token, NOW), REASON_OK, "good", "without policy");
	v.mode = VERIFY_FULL;
	is_reason(verify(&v, token, NOW), REASON_POLICY, "good",
		  "a verdict without a policy");
	ok(verdict.authentic, "is one on an authentic token");
}

/* One claim is wrong, under a right signature. */
static const struct {
	enum reason want;
	const char *from, *to, *why;
} wrong[] = {
	{ REASON_OK, "\"ver\":\"", "\"new\":[1],\"ver\":\"", "a new claim" },
	{ REASON_OK, "\"tdx_td_attributes_debug\":false,", "", "no such bit" },
	{ REASON_OK, "\"dbgstat\":\"disabled\",", "", "no dbgstat" },
	{ REASON_OK, "\"attester_held_data\":\"ZGF0YQ==\",", "",
	  "no held data" },
	{ REASON_OK,
	  "\"attester_advisory_ids\":[\"INTEL-SA-01192\",\"INTEL-SA-01245\"],",
	  "", "no advisories" },
	{ REASON_OK, "\"dbgstat\"",
	  "\"tdx_mrservicetd\":\"" X48("00") "\",\"dbgstat\"",
	  "no service TD, and it says so" },
	{ REASON_RTMR, "\"dbgstat\"",
	  "\"tdx_mrservicetd\":\"" X48("01") "\",\"dbgstat\"", "a service TD" },
	{ REASON_ISSUER, "\"iss\":\"", "\"iss\":\"x", "another issuer" },
	{ REASON_ISSUER, "\"iss\"", "\"isx\"", "no issuer" },
	{ REASON_AUDIENCE, "\"exp\"", "\"aud\":\"me\",\"exp\"",
	  "for somebody" },
	{ REASON_AUDIENCE, "\"exp\"", "\"aud\":[],\"exp\"",
	  "for an empty list" },
	{ REASON_QUOTE_PARSE, "\"exp\"", "\"exq\"", "no exp" },
	{ REASON_QUOTE_PARSE, "\"iat\":18", "\"iau\":18", "no iat" },
	{ REASON_QUOTE_PARSE, "\"nbf\"", "\"nbg\"", "no nbf" },
	{ REASON_QUOTE_PARSE, "\"exp\":1800000300", "\"exp\":\"1800000300\"",
	  "exp in a string" },
	{ REASON_QUOTE_PARSE, "\"exp\":1800000300", "\"exp\":1800000300.5",
	  "exp with a fraction" },
	{ REASON_QUOTE_PARSE, "\"exp\":1800000300",
	  "\"exp\":9223372036854775807", "exp at the end of time" },
	{ REASON_QUOTE_PARSE, "\"exp\":1800000300", "\"exp\":1800000000",
	  "a life of no length" },
	{ REASON_NOT_YET_VALID, "\"iat\":1800000000", "\"iat\":1800000001",
	  "issued in the future" },
	{ REASON_NOT_YET_VALID, "\"nbf\":1800000000", "\"nbf\":1800000001",
	  "for later" },
	{ REASON_QUOTE_PARSE, "\"ver\":\"", "\"ver\":\"3", "another version" },
	{ REASON_QUOTE_PARSE, "\"ver\":\"", "\"vex\":\"", "no version" },
	{ REASON_QUOTE_PARSE, "\"TDX\"", "\"SGX\"", "another attester" },
	{ REASON_QUOTE_PARSE, "\"attester_type\"", "\"attester_typ\"",
	  "no attester" },
	{ REASON_MRTD_MISSING, "\"tdx_mrtd\"", "\"tdx_mrte\"", "no MRTD" },
	{ REASON_QUOTE_PARSE, "\"tdx_mrtd\":\"", "\"tdx_mrtd\":\"aa",
	  "a long MRTD" },
	{ REASON_QUOTE_PARSE, "\"tdx_mrtd\":\"a", "\"tdx_mrtd\":\"A",
	  "an MRTD in capitals" },
	{ REASON_QUOTE_PARSE, "\"tdx_rtmr0\"", "\"tdx_rtmr8\"", "no RTMR0" },
	{ REASON_QUOTE_PARSE, "\"tdx_rtmr3\"", "\"tdx_rtmr8\"", "no RTMR3" },
	{ REASON_QUOTE_PARSE, "\"tdx_xfam\"", "\"tdx_xfan\"", "no XFAM" },
	{ REASON_QUOTE_PARSE, "\"tdx_mrowner\"", "\"tdx_mrownes\"",
	  "no mr_owner" },
	{ REASON_QUOTE_PARSE, "\"tdx_is_debuggable\"", "\"tdx_is\"",
	  "no word on debugging" },
	{ REASON_QUOTE_PARSE, "\"tdx_is_debuggable\":false",
	  "\"tdx_is_debuggable\":true", "debuggable, and its bit is not set" },
	{ REASON_QUOTE_PARSE, "\"tdx_is_debuggable\":false",
	  "\"tdx_is_debuggable\":0", "debuggable: 0" },
	{ REASON_QUOTE_PARSE, "\"tdx_td_attributes\":\"00",
	  "\"tdx_td_attributes\":\"01", "the bit of DEBUG, and no word of it" },
	{ REASON_QUOTE_PARSE, "\"dbgstat\":\"disabled\"",
	  "\"dbgstat\":\"enabled\"", "dbgstat enabled" },
	{ REASON_QUOTE_PARSE, "septve_disable\":true", "septve_disable\":false",
	  "SEPT_VE_DISABLE, and its bit is set" },
	{ REASON_QUOTE_PARSE, "perfmon\":false", "perfmon\":true",
	  "PERFMON, and its bit is not set" },
	{ REASON_QUOTE_PARSE, "key_locker\":false", "key_locker\":true",
	  "KL, and its bit is not set" },
	{ REASON_QUOTE_PARSE, "protection_keys\":false",
	  "protection_keys\":true", "PKS, and its bit is not set" },
	{ REASON_TCB, "\"UpToDate\"", "\"Fine\"", "a status nobody knows" },
	{ REASON_TCB, "\"UpToDate\"", "\"OutOfDate\"", "a status not allowed" },
	{ REASON_QUOTE_PARSE, "\"attester_tcb_status\"", "\"tcb_status\"",
	  "no status" },
	{ REASON_QUOTE_PARSE, "INTEL-SA-01192", "INTEL SA\\u001b",
	  "an advisory that cannot be printed" },
	{ REASON_QUOTE_PARSE, "INTEL-SA-01192", "INTEL-SA-0119200000000000",
	  "a long advisory" },
	{ REASON_QUOTE_PARSE, "[\"INTEL-SA-01192\"", "[null", "advisory null" },
	{ REASON_QUOTE_PARSE, "[\"INTEL-SA-01192\",\"INTEL-SA-01245\"]", "1",
	  "advisories that are no list" },
	{ REASON_SIGNATURE, "\"tdx_mrsignerseam\":\"00",
	  "\"tdx_mrsignerseam\":\"01", "a module signed by somebody" },
	{ REASON_SIGNATURE, "\"tdx_seam_attributes\":\"00",
	  "\"tdx_seam_attributes\":\"01", "a module being debugged" },
	{ REASON_REPORTDATA, "ZGF0YQ==", "ZGF0Yg==", "other held data" },
	{ REASON_REPORTDATA, "bm9uY2U=", "bm9uY2Y=", "another nonce" },
	{ REASON_REPORTDATA, "dGltZQ==", "dGltZg==", "another time of it" },
	{ REASON_REPORTDATA, "\"verifier_nonce\"", "\"verifier_none\"",
	  "no nonce" },
	{ REASON_QUOTE_PARSE, "\"val\"", "\"vax\"", "a nonce without val" },
	{ REASON_QUOTE_PARSE, "\"signature\"", "\"signaturf\"",
	  "a nonce without signature" },
	{ REASON_QUOTE_PARSE, "bm9uY2U=", "", "a nonce of nothing" },
	{ REASON_QUOTE_PARSE, "dGltZQ==", "", "a nonce of no time" },
	{ REASON_QUOTE_PARSE, "\"dbgstat\"",
	  "\"tdx_collateral\":[],\"dbgstat\"", "a list of collateral" },
	{ REASON_QUOTE_PARSE, "\"dbgstat\"",
	  "\"tdx_collateral\":{\"quotehash\":\"aa\"},\"dbgstat\"",
	  "a short digest of the quote" },
	{ REASON_OK, "\"dbgstat\"",
	  "\"tdx_collateral\":{\"qeidhash\":\"\"},\"dbgstat\"",
	  "collateral without a quote" },
	{ REASON_OK, "\"ver\":\"", "\"policy_ids_matched\":null,\"ver\":\"",
	  "policies: null" },
	{ REASON_QUOTE_PARSE, "\"ver\":\"",
	  "\"policy_ids_matched\":{},\"ver\":\"", "policies: an object" },
	{ REASON_QUOTE_PARSE, "\"ver\":\"",
	  "\"policy_ids_matched\":[{\"version\":\"v1\"}],\"ver\":\"",
	  "a policy without id" },
	{ REASON_QUOTE_PARSE, "\"ver\":\"",
	  "\"policy_ids_matched\":[" ITA_X8("{\"id\":\"\"},")
		  ITA_X8("{\"id\":\"\"},") "{\"id\":\"\"}],\"ver\":\"",
	  "17 policies" },
	{ REASON_QUOTE_PARSE, "ZGF0YQ==", "ZGF0YQ",
	  "held data without padding" },
	{ REASON_MRTD_UNTRUSTED, "\"tdx_mrtd\":\"aa", "\"tdx_mrtd\":\"ab",
	  "another MRTD" },
	{ REASON_RTMR, "\"tdx_rtmr1\":\"11", "\"tdx_rtmr1\":\"10",
	  "another RTMR1" },
	{ REASON_RTMR, "\"tdx_xfam\":\"e7", "\"tdx_xfam\":\"e6",
	  "another XFAM" },
	{ REASON_RTMR, "\"tdx_mrconfigid\":\"00", "\"tdx_mrconfigid\":\"01",
	  "another mr_config_id" },
	{ REASON_RTMR, "\"tdx_mrownerconfig\":\"00",
	  "\"tdx_mrownerconfig\":\"01", "another mr_owner_config" },
	{ REASON_RTMR, "\"tdx_td_attributes\":\"00000010",
	  "\"tdx_td_attributes\":\"00000030", "a TD that can be migrated" },
	{ REASON_EVIDENCE_MISSING, "\"nbf\"", "\"nbf\":1,\"nbf\"",
	  "nbf twice" },
};

static void test_wrong(const char *base, const char *ver)
{
	static char text[ITA_MAX_TEXT];
	struct ita_verifier v = verifier_of(base);

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		replaced(base, wrong[i].from, wrong[i].to, text);
		is_reason(verify(&v, ita_signed(HEADER, text), NOW),
			  wrong[i].want, ver, wrong[i].why);
		if (verdict.reason == REASON_OK && !verdict.authentic)
			_exit(98);
	}
}

static void test_debug(void)
{
	static char a[ITA_MAX_TEXT], b[ITA_MAX_TEXT];
	struct ita_verifier v = verifier_of(ita_v2);

	replaced(ita_v2, "\"tdx_td_attributes\":\"00",
		 "\"tdx_td_attributes\":\"01", a);
	replaced(a, "\"tdx_is_debuggable\":false", "\"tdx_is_debuggable\":true",
		 b);
	replaced(b, "\"tdx_td_attributes_debug\":false",
		 "\"tdx_td_attributes_debug\":true", a);
	replaced(a, "\"dbgstat\":\"disabled\"", "\"dbgstat\":\"enabled\"", b);
	is_reason(verify(&v, ita_signed(HEADER, b), NOW), REASON_RTMR, "2.0.0",
		  "a TD that can be debugged, all claims agreeing");
	ok(verdict.authentic, "is authentic");
}

/* The claims of one version in a token of the other. */
static void test_versions(void)
{
	static char text[ITA_MAX_TEXT];
	struct ita_verifier v = verifier_of(ita_v2);

	replaced(ita_v2, "\"exp\"", "\"tdx_mrtd\":\"" X48("bb") "\",\"exp\"",
		 text);
	is_reason(verify(&v, ita_signed(HEADER, text), NOW), REASON_QUOTE_PARSE,
		  "2.0.0", "a second MRTD beside \"tdx\"");
	replaced(ita_v2, "2.0.0", "1.0.0", text);
	is_reason(verify(&v, ita_signed(HEADER, text), NOW), REASON_QUOTE_PARSE,
		  "2.0.0", "under the name 1.0.0");
	replaced(ita_v2, "\"tdx\":{", "\"tdx\":[],\"tdy\":{", text);
	is_reason(verify(&v, ita_signed(HEADER, text), NOW), REASON_QUOTE_PARSE,
		  "2.0.0", "\"tdx\" is an array");
	v = verifier_of(ita_v1);
	replaced(ita_v1, "1.0.0", "2.0.0", text);
	is_reason(verify(&v, ita_signed(HEADER, text), NOW), REASON_QUOTE_PARSE,
		  "1.0.0", "under the name 2.0.0");
	replaced(ita_v1, "\"exp\"", "\"tdx\":{},\"exp\"", text);
	is_reason(verify(&v, ita_signed(HEADER, text), NOW), REASON_QUOTE_PARSE,
		  "1.0.0", "with an object \"tdx\"");
}

static const struct {
	enum reason want;
	int64_t now_s, leeway_s;
	const char *why;
} times[] = {
	{ REASON_OK, NOW, 0, "the first second" },
	{ REASON_OK, NOW + 299, 0, "the last second" },
	{ REASON_EXPIRED, NOW + 300, 0, "exp itself" },
	{ REASON_NOT_YET_VALID, NOW - 1, 0, "a second before nbf" },
	{ REASON_OK, NOW + 300, 1, "exp with a leeway" },
	{ REASON_EXPIRED, NOW + 301, 1, "exp and the leeway" },
	{ REASON_OK, NOW - 60, 60, "as early as the leeway" },
	{ REASON_NOT_YET_VALID, NOW - 61, 60, "a second earlier" },
	{ REASON_OK, NOW + 599, 300, "the longest leeway" },
	{ REASON_INTERNAL, NOW, 301, "a longer leeway" },
	{ REASON_INTERNAL, NOW, -1, "a leeway below zero" },
	{ REASON_INTERNAL, -1, 0, "a time before 1970" },
	{ REASON_INTERNAL, INT64_MAX, 0, "the end of time" },
};

static void test_times(void)
{
	struct ita_verifier v = verifier_of(ita_v2);
	struct slice token = ita_signed(HEADER, ita_v2);

	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		v.leeway_s = times[i].leeway_s;
		is_reason(verify(&v, token, times[i].now_s), times[i].want,
			  "time", times[i].why);
	}
}

static const struct {
	enum reason want;
	const char *aud, *expected, *why;
} audiences[] = {
	{ REASON_OK, "\"aud\":\"me\",", "me", "for me" },
	{ REASON_OK, "\"aud\":[\"you\",\"me\"],", "me", "for you and me" },
	{ REASON_AUDIENCE, "\"aud\":\"you\",", "me", "for you" },
	{ REASON_AUDIENCE, "\"aud\":\"me2\",", "me", "for a longer name" },
	{ REASON_AUDIENCE, "\"aud\":[\"me\",1],", "me", "for me and 1" },
	{ REASON_AUDIENCE, "\"aud\":[[\"me\"]],", "me", "for me in a list" },
	{ REASON_AUDIENCE, "\"aud\":{\"me\":\"me\"},", "me", "for an object" },
	{ REASON_AUDIENCE, "\"aud\":null,", "me", "for null" },
	{ REASON_AUDIENCE, "", "me", "for nobody" },
	{ REASON_AUDIENCE, "\"aud\":\"\",", "", "for an empty name" },
};

static void test_audience(void)
{
	static char text[ITA_MAX_TEXT];
	struct ita_verifier v = verifier_of(ita_v2);

	for (size_t i = 0; i < sizeof audiences / sizeof *audiences; i++) {
		char to[64];

		snprintf(to, sizeof to, "%s\"exp\"", audiences[i].aud);
		replaced(ita_v2, "\"exp\"", to, text);
		v.audience = str_slice(audiences[i].expected);
		is_reason(verify(&v, ita_signed(HEADER, text), NOW),
			  audiences[i].want, "audience", audiences[i].why);
	}
}

#define JKU(url)                                                               \
	"{\"alg\":\"ES256\",\"jku\":\"" url "\",\"kid\":\"k\",\"typ\":"        \
	"\"JWT\"}"

static const struct {
	enum reason want;
	const char *claims, *header, *why;
} headers[] = {
	{ REASON_OK, ita_v2, JKU(PORTAL "/certs"), "jku of the issuer" },
	{ REASON_OK, ita_v1, JKU(PORTAL "/certs"), "jku of Intel" },
	{ REASON_ISSUER, ita_v2, JKU("https://evil/certs"), "a foreign jku" },
	{ REASON_ISSUER, ita_v1, JKU("https://evil/certs"),
	  "a foreign jku, 1.0.0" },
	{ REASON_ISSUER, ita_v2, JKU(PORTAL ".evil/certs"), "a longer host" },
	{ REASON_ISSUER, ita_v2, JKU(PORTAL "/certs2"), "a longer path" },
	{ REASON_ISSUER, ita_v2, JKU(PORTAL), "no path" },
	{ REASON_ISSUER, ita_v2,
	  JKU("http://portal.trustauthority.intel.com/certs"),
	  "jku without TLS" },
	{ REASON_SIGNATURE, ita_v2, "{\"alg\":\"ES256\",\"kid\":\"K\"}",
	  "another kid" },
	{ REASON_SIGNATURE, ita_v2, "{\"alg\":\"PS384\",\"kid\":\"k\"}",
	  "another alg" },
	{ REASON_SIGNATURE, ita_v2, "{\"alg\":\"none\",\"kid\":\"k\"}",
	  "alg none" },
	{ REASON_SIGNATURE, ita_v2, "{\"alg\":\"HS256\",\"kid\":\"k\"}",
	  "alg HS256" },
	{ REASON_SIGNATURE, ita_v2,
	  "{\"alg\":\"ES256\",\"jwk\":{\"kty\":\"EC\"},\"kid\":\"k\"}",
	  "its own key" },
	{ REASON_EVIDENCE_MISSING, ita_v2, "{\"alg\":\"ES256\"}", "no kid" },
	{ REASON_EVIDENCE_MISSING, ita_v2, "{\"alg\":\"ES256\",\"kid\":\"k\"",
	  "half a header" },
};

static void test_headers(void)
{
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
		struct ita_verifier v = verifier_of(headers[i].claims);

		is_reason(
			verify(&v,
			       ita_signed(headers[i].header, headers[i].claims),
			       NOW),
			headers[i].want, "header", headers[i].why);
	}
}

/* What the token is about: beyond what it says of itself. */
static void test_asked(void)
{
	static const struct {
		enum reason want;
		const char *val, *iat, *signature, *why;
	} nonces[] = {
		{ REASON_OK, "nonce", "time", "", "the nonce of the token" },
		{ REASON_NONCE_UNKNOWN, "nonc", "etime", "",
		  "the same bytes, cut elsewhere" },
		{ REASON_NONCE_UNKNOWN, "Nonce", "time", "", "another val" },
		{ REASON_NONCE_UNKNOWN, "nonce", "Time", "", "another iat" },
		{ REASON_NONCE_UNKNOWN, "nonce", "time", "x",
		  "another signature" },
	};
	static char text[ITA_MAX_TEXT], unsigned_[ITA_MAX_TEXT];
	struct ita_verifier v = verifier_of(ita_v2);
	struct ita_nonce n;

	replaced(ita_v2, "\"signature\":\"AA==\"", "\"signature\":\"\"",
		 unsigned_);
	for (size_t i = 0; i < sizeof nonces / sizeof *nonces; i++) {
		n = (struct ita_nonce){ str_slice(nonces[i].val),
					str_slice(nonces[i].iat),
					str_slice(nonces[i].signature) };
		v.nonce = &n;
		is_reason(verify(&v, ita_signed(HEADER, unsigned_), NOW),
			  nonces[i].want, "asked", nonces[i].why);
	}
	n = (struct ita_nonce){ str_slice("nonce"), str_slice("time"),
				str_slice("") };
	replaced(unsigned_, "\"verifier_nonce\"", "\"verifier_none\"", text);
	replaced(text, "\"attester_held_data\":\"ZGF0YQ==\",", "", unsigned_);
	is_reason(verify(&v, ita_signed(HEADER, unsigned_), NOW),
		  REASON_NONCE_MISSING, "asked", "no nonce in the token");
}

#define QUOTEHASH(hex) "\"tdx_collateral\":{\"quotehash\":\"" hex "\"},"
#define X32(b)         ITA_X8(b) ITA_X8(b) ITA_X8(b) ITA_X8(b)

static void test_quote(void)
{
	static char text[ITA_MAX_TEXT];
	struct ita_verifier v = verifier_of(ita_v2);
	uint8_t digest[SHA256_LEN];

	memset(digest, 0xab, sizeof digest);
	v.quote_sha256 = digest;
	is_reason(verify(&v, ita_signed(HEADER, ita_v2), NOW), REASON_SIGNATURE,
		  "quote", "a token that does not say of which");
	replaced(ita_v2, "\"dbgstat\"", QUOTEHASH(X32("ab")) "\"dbgstat\"",
		 text);
	is_reason(verify(&v, ita_signed(HEADER, text), NOW), REASON_OK, "quote",
		  "the one that was handed in");
	digest[31] ^= 1;
	is_reason(verify(&v, ita_signed(HEADER, text), NOW), REASON_SIGNATURE,
		  "quote", "another one");
}

#define POLICY_A "749dd9b1-234f-41f5-a6ca-42c4312dd4f1"
#define POLICY_B "849dd9b1-234f-41f5-a6ca-42c4312dd4f1"

static void test_policies(void)
{
	static char text[ITA_MAX_TEXT];
	struct slice ids[2] = { str_slice(POLICY_A), str_slice(POLICY_B) };
	struct ita_verifier v = verifier_of(ita_v2);

	v.policy_ids = ids;
	v.n_policy_ids = 1;
	is_reason(verify(&v, ita_signed(HEADER, ita_v2), NOW), REASON_TCB,
		  "policies", "a token without");
	replaced(ita_v2, "\"ver\":\"2",
		 "\"policy_ids_matched\":[{\"id\":\"" POLICY_A
		 "\",\"version\":\"v1\"}],\"ver\":\"2",
		 text);
	is_reason(verify(&v, ita_signed(HEADER, text), NOW), REASON_OK,
		  "policies", "the one that must match");
	v.n_policy_ids = 2;
	is_reason(verify(&v, ita_signed(HEADER, text), NOW), REASON_TCB,
		  "policies", "one of two that must match");
	ok(strstr(verdict.detail, POLICY_B) != NULL, "the other one is named");
	replaced(ita_v2, "\"ver\":\"2",
		 "\"policy_ids_unmatched\":[{\"id\":\"" POLICY_A
		 "\",\"version\":\"v1\"}],\"ver\":\"2",
		 text);
	v.n_policy_ids = 1;
	is_reason(verify(&v, ita_signed(HEADER, text), NOW), REASON_TCB,
		  "policies", "one that did not match");
}

static void test_verifier(void)
{
	struct ita_verifier v = verifier_of(ita_v2);
	struct slice token = ita_signed(HEADER, ita_v2);
	uint8_t want[SHA512_LEN];

	v.jwks = NULL;
	is_reason(verify(&v, token, NOW), REASON_UNAVAILABLE, "verifier",
		  "without keys");
	v = verifier_of(ita_v2);
	v.issuer = str_slice("");
	is_reason(verify(&v, token, NOW), REASON_ISSUER, "verifier",
		  "that expects no issuer");
	v = verifier_of(ita_v2);
	v.root = &(struct rsa_cert){ 0 };
	is_reason(verify(&v, token, NOW), REASON_SIGNATURE, "verifier",
		  "that wants a chain, of a key without");
	policy.min_evaluation_number = 1;
	v = verifier_of(ita_v2);
	is_reason(verify(&v, token, NOW), REASON_TCB, "verifier",
		  "that wants an evaluation number: no token has one");
	policy.min_evaluation_number = 0;
	(void)verify(&v, token, NOW);
	ita_reportdata(&claims.nonce, str_slice("data"), want);
	ok(verify_reportdata(&verdict, want) == REASON_OK,
	   "REPORTDATA binds nonce and data");
	ita_reportdata(&claims.nonce, str_slice("Data"), want);
	ok(verify_reportdata(&verdict, want) == REASON_REPORTDATA,
	   "and no other data");
}

static void test_cuts(void)
{
	static char text[2 * ITA_MAX_TEXT];
	struct ita_verifier v = verifier_of(ita_v1);
	struct slice token = ita_signed(HEADER, ita_v1);
	size_t accepted = 0;

	for (size_t n = 0; n < token.len; n += n < token.len - 90 ? 17 : 1)
		accepted += verify(&v, (struct slice){ token.ptr, n }, NOW) ==
			    REASON_OK;
	memcpy(text, token.ptr, token.len);
	for (size_t i = 0; i < token.len; i += 13) {
		text[i] ^= 4;
		accepted +=
			verify(&v, (struct slice){ (uint8_t *)text, token.len },
			       NOW) == REASON_OK;
		text[i] ^= 4;
	}
	ok(accepted == 0, "no prefix and no changed byte");
}

int main(void)
{
	ita_make_keys(&jwks);
	make_policy();
	test_good(ita_v1);
	test_good(ita_v2);
	test_wrong(ita_v1, "1.0.0");
	test_wrong(ita_v2, "2.0.0");
	test_debug();
	test_versions();
	test_times();
	test_audience();
	test_headers();
	test_asked();
	test_quote();
	test_policies();
	test_verifier();
	test_cuts();
	return tap_done();
}
