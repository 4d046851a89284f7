/* faults_token.c - tokens of Intel Trust Authority: how they are signed, what
 * they claim, and TDs that the policy does not accept. */
#include <stdio.h>
#include <string.h>

#include "tests/peers/fakeparts.h"
#include "tests/peers/faults.h"
#include "tests/unit/ita_make.h"

#define TEXT(p, from, to) .edit = { .part = (p), .at = (from), BYTES(to) }
#define HEAD(from, to)    TEXT(FAKE_HEADER, from, to)
#define CLAIM(from, to)   TEXT(FAKE_CLAIMS, from, to)
#define ADD(text)         CLAIM("\"exp\"", text ",\"exp\"")
#define JKU(host)         "\"jku\":\"" host "/certs\","
#define TOKEN(o, where, n, to)                                                 \
	.edit = { .part = FAKE_TOKEN,                                          \
		  .op = (o),                                                   \
		  .offset = (where),                                           \
		  .old = (n),                                                  \
		  BYTES(to) }

/* Base64url of zeros. */
#define A43 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

/* ---- a token, and what a verifier knows ---- */

static const struct ita_nonce nonce = { { (const uint8_t *)"nonce", 5 },
					{ (const uint8_t *)"time", 4 },
					{ (const uint8_t *)"", 1 } };

/* What the verifier wants to be told: the quote that was judged, and that a
 * policy of the service's matched. */
#define QUOTEHASH  ITA_X8("71717171")
#define POLICY_ID  "0d6d4a58-7a1c-4f0b-9d43-9a7d1c2b3e4f"
#define COLLATERAL "\"tdx_collateral\":{\"quotehash\":\"" QUOTEHASH "\"},"
#define MATCHED    "\"policy_ids_matched\":[{\"id\":\"" POLICY_ID "\"}],"

/* The token of ita_make.h, saying that. */
static const char *sound_claims(void)
{
	static char text[ITA_MAX_TEXT];
	const char *td = strstr(ita_v2, "\"dbgstat\"");
	const char *end = strstr(ita_v2, "\"exp\"");

	snprintf(text, sizeof text, "%.*s" COLLATERAL "%.*s" MATCHED "%s",
		 (int)(td - ita_v2), ita_v2, (int)(end - td), td, end);
	return text;
}

/* The sound token's measurements, as ita_make.h has them. */
static void init_case(struct fault_case *c)
{
	struct quote_body b = { 0 };

	memset(b.mrtd, 0xaa, sizeof b.mrtd);
	for (uint8_t i = 0; i < 3; i++)
		memset(b.rtmr[i], 0x10 + i, sizeof b.rtmr[i]);
	fault_trust(c, &b);
	c->now_s = ITA_NOW;
	c->claims = sound_claims();
	c->header = HEADER;
	c->issuer = ITA_PORTAL;
	c->audience = "";
	c->no_jwks = false;
}

/* A part of the token, with the fault's change when it is of this part. */
static const char *part(char out[static ITA_MAX_TEXT], const char *text,
			enum fake_part which, const struct fake_edit *e)
{
	struct wr w = wr_over(out, ITA_MAX_TEXT - 1);

	wr_str(&w, text);
	if (e->part == which)
		fake_change(&w, 0, e);
	fake_must(wr_end(&w) == ERR_OK, "token");
	out[w.len] = '\0';
	return out;
}

static struct slice sign(const struct fault_case *c, const struct fake_edit *e)
{
	static char header[ITA_MAX_TEXT], claims[ITA_MAX_TEXT];
	static uint8_t whole[3 * ITA_MAX_TEXT];
	struct wr w = wr_over(whole, sizeof whole);

	wr_bytes(&w, ita_signed(part(header, c->header, FAKE_HEADER, e),
				part(claims, c->claims, FAKE_CLAIMS, e)));
	if (e->part == FAKE_TOKEN)
		fake_change(&w, 0, e);
	return wr_slice(&w);
}

void fault_judge_token(const struct fault *f, struct fault_case *c,
		       struct fault_answer *out)
{
	static const struct fake_edit none;
	static uint8_t mem[ITA_ARENA];
	static struct jwks jwks;
	static const struct slice id = { (const uint8_t *)POLICY_ID,
					 sizeof POLICY_ID - 1 };
	uint8_t quote[SHA256_LEN];
	struct arena a = arena_over(mem, sizeof mem);
	struct ita_claims claims;
	struct ita_verifier iv;
	struct verdict v;

	if (jwks.n == 0)
		ita_make_keys(&jwks);
	memset(quote, 0x71, sizeof quote);
	init_case(c);
	if (f != NULL && f->make != NULL)
		f->make(c);
	iv = (struct ita_verifier){ .jwks = c->no_jwks ? NULL : &jwks,
				    .issuer = str_slice(c->issuer),
				    .audience = str_slice(c->audience),
				    .nonce = &nonce,
				    .quote_sha256 = quote,
				    .policy_ids = &id,
				    .n_policy_ids = 1,
				    .policy = &c->policy };
	ita_verify(&a, &iv, sign(c, f != NULL ? &f->edit : &none), c->now_s,
		   &claims, &v);
	out->reason = v.reason;
	out->authentic = v.authentic;
	snprintf(out->detail, sizeof out->detail, "%s", v.detail);
}

/* ---- what is wrong ---- */

static void no_keys(struct fault_case *c)
{
	c->no_jwks = true;
}

static void late(struct fault_case *c)
{
	c->now_s = ITA_NOW + 300;
}

static void early(struct fault_case *c)
{
	c->now_s = ITA_NOW - 1;
}

static void other_issuer(struct fault_case *c)
{
	c->issuer = "https://portal.eu.trustauthority.intel.com";
}

static void no_issuer(struct fault_case *c)
{
	c->issuer = "";
}

static void for_me(struct fault_case *c)
{
	c->audience = "me";
}

static void evaluation(struct fault_case *c)
{
	c->policy.min_evaluation_number = 1;
}

static void empty(struct fault_case *c)
{
	c->policy.n_sets = 0;
}

static void listed(struct fault_case *c)
{
	c->policy.n_ppid = 1;
}

/* clang-format off */
static const struct fault token[] = {
	{ "token-no-keys", "no key set to verify with", REASON_UNAVAILABLE,
	  "no key set", .make = no_keys },
	{ "token-empty", "no token", REASON_EVIDENCE_MISSING,
	  "not a signed token", TOKEN(FAKE_SET, 0, FAKE_ALL, "") },
	{ "token-two-parts", "a part is missing", REASON_EVIDENCE_MISSING,
	  "not a signed token", TEXT(FAKE_TOKEN, ".", "") },
	{ "token-four-parts", "a part too many", REASON_EVIDENCE_MISSING,
	  "not a signed token", TEXT(FAKE_TOKEN, ".", "..") },
	{ "token-tail", "a line break after it", REASON_EVIDENCE_MISSING,
	  "not a signed token", TOKEN(FAKE_SET, FAKE_FROM_END, 0, "\n") },
	{ "token-padding", "base64 with padding", REASON_EVIDENCE_MISSING,
	  "not a signed token", TOKEN(FAKE_SET, FAKE_FROM_END, 0, "=") },
	{ "token-no-signature", "an empty signature", REASON_EVIDENCE_MISSING,
	  "not a signed token", TOKEN(FAKE_SET, FAKE_FROM_END + 86, 86, "") },
	{ "token-signature", "a bit of the signature", REASON_SIGNATURE,
	  "not by its key", TOKEN(FAKE_XOR, FAKE_FROM_END + 50, 0, "\1") },
	{ "token-signature-short", "a signature one byte too short",
	  REASON_SIGNATURE, "not by its key",
	  TOKEN(FAKE_SET, FAKE_FROM_END + 2, 2, "") },
	{ "token-signature-zero", "a signature of zeros", REASON_SIGNATURE,
	  "not by its key", TOKEN(FAKE_SET, FAKE_FROM_END + 86, 86, A43 A43) },
	{ "token-unsigned", "another MRTD under the old signature",
	  REASON_SIGNATURE, "not by its key",
	  TEXT(FAKE_TOKEN, "YWFhYWFh", "YWFhYWFi") },
	{ "token-alg-none", "alg none", REASON_SIGNATURE, "alg is not accepted",
	  HEAD("ES256", "none") },
	{ "token-alg-hs256", "alg HS256: a key that everybody has",
	  REASON_SIGNATURE, "alg is not accepted", HEAD("ES256", "HS256") },
	{ "token-alg-hs512", "alg HS512", REASON_SIGNATURE,
	  "alg is not accepted", HEAD("ES256", "HS512") },
	{ "token-alg-es512", "alg ES512", REASON_SIGNATURE,
	  "alg is not accepted", HEAD("ES256", "ES512") },
	{ "token-alg-eddsa", "alg EdDSA", REASON_SIGNATURE,
	  "alg is not accepted", HEAD("ES256", "EdDSA") },
	{ "token-alg-case", "alg es256", REASON_SIGNATURE,
	  "alg is not accepted", HEAD("ES256", "es256") },
	{ "token-alg-es384", "alg ES384 with a P-256 key", REASON_SIGNATURE,
	  "no such key", HEAD("ES256", "ES384") },
	{ "token-alg-rs256", "alg RS256 with a P-256 key", REASON_SIGNATURE,
	  "no such key", HEAD("ES256", "RS256") },
	{ "token-alg-ps384", "alg PS384 with a P-256 key", REASON_SIGNATURE,
	  "no such key", HEAD("ES256", "PS384") },
	{ "token-no-alg", "no alg", REASON_EVIDENCE_MISSING, "alg",
	  HEAD("\"alg\":\"ES256\",", "") },
	{ "token-kid", "a kid that the key set lacks", REASON_SIGNATURE,
	  "no such key", HEAD("\"k\"", "\"K\"") },
	{ "token-kid-longer", "a kid that goes on", REASON_SIGNATURE,
	  "no such key", HEAD("\"k\"", "\"k \"") },
	{ "token-kid-empty", "an empty kid", REASON_EVIDENCE_MISSING, "kid",
	  HEAD("\"k\"", "\"\"") },
	{ "token-no-kid", "no kid", REASON_EVIDENCE_MISSING, "kid",
	  HEAD("\"kid\":\"k\",", "") },
	{ "token-typ", "typ of something else", REASON_EVIDENCE_MISSING, "typ",
	  HEAD("\"JWT\"", "\"JOSE\"") },
	{ "token-jwk", "a key of its own: jwk", REASON_SIGNATURE,
	  "jwk is not accepted",
	  HEAD("\"kid\"", "\"jwk\":{\"kty\":\"EC\"},\"kid\"") },
	{ "token-x5c", "a chain of its own: x5c", REASON_SIGNATURE,
	  "x5c is not accepted",
	  HEAD("\"kid\"", "\"x5c\":[\"MIIB\"],\"kid\"") },
	{ "token-x5u", "an address of a chain: x5u", REASON_SIGNATURE,
	  "x5u is not accepted",
	  HEAD("\"kid\"", "\"x5u\":\"https://x/\",\"kid\"") },
	{ "token-x5t", "a thumbprint: x5t", REASON_SIGNATURE,
	  "x5t is not accepted", HEAD("\"kid\"", "\"x5t\":\"AA\",\"kid\"") },
	{ "token-crit", "a critical member: crit", REASON_SIGNATURE,
	  "crit is not accepted",
	  HEAD("\"kid\"", "\"crit\":[\"exp\"],\"kid\"") },
	{ "token-b64", "a payload not in base64: b64", REASON_SIGNATURE,
	  "b64 is not accepted", HEAD("\"kid\"", "\"b64\":false,\"kid\"") },
	{ "token-zip", "compression: zip", REASON_SIGNATURE,
	  "zip is not accepted", HEAD("\"kid\"", "\"zip\":\"DEF\",\"kid\"") },
	{ "token-enc", "encryption: enc", REASON_SIGNATURE,
	  "enc is not accepted",
	  HEAD("\"kid\"", "\"enc\":\"A128GCM\",\"kid\"") },
	{ "token-member", "a header member nobody knows", REASON_SIGNATURE,
	  "header is not accepted", HEAD("\"kid\"", "\"x\":1,\"kid\"") },
	{ "token-header-twice", "alg twice", REASON_EVIDENCE_MISSING, "header",
	  HEAD("\"kid\"", "\"alg\":\"ES256\",\"kid\"") },
	{ "token-header-array", "a header that is an array",
	  REASON_EVIDENCE_MISSING, "header", TEXT(FAKE_HEADER, HEADER, "[]") },
	{ "token-jku", "an address of keys that is not Intel's", REASON_ISSUER,
	  "jku is not its issuer's",
	  HEAD("\"kid\"", "\"jku\":\"https://evil.example/certs\",\"kid\"") },
	{ "token-jku-host", "an address of keys on a longer host",
	  REASON_ISSUER, "jku is not its issuer's",
	  HEAD("\"kid\"", JKU(ITA_PORTAL ".evil.example") "\"kid\"") },
	{ "token-jku-plain", "an address of keys without TLS", REASON_ISSUER,
	  "jku is not its issuer's",
	  HEAD("\"kid\"",
	   JKU("http://portal.trustauthority.intel.com") "\"kid\"") },
};
/* clang-format on */

const struct fault_table faults_token = {
	.subject = "Tokens: form, algorithm, key",
	.at = token,
	.n = sizeof token / sizeof *token,
	.token = true,
};

/* clang-format off */
static const struct fault claims[] = {
	{ "claim-iss", "another issuer", REASON_ISSUER, "issuer",
	  CLAIM("\"iss\":\"", "\"iss\":\"x") },
	{ "claim-iss-region", "another region's issuer than expected",
	  REASON_ISSUER, "issuer", .make = other_issuer },
	{ "claim-iss-unexpected", "a verifier that expects no issuer",
	  REASON_ISSUER, "issuer", .make = no_issuer },
	{ "claim-no-iss", "no issuer", REASON_ISSUER, "issuer",
	  CLAIM("\"iss\"", "\"x\"") },
	{ "claim-aud", "for somebody, and nobody is expected", REASON_AUDIENCE,
	  "", ADD("\"aud\":\"me\"") },
	{ "claim-aud-other", "for somebody else", REASON_AUDIENCE,
	  "another audience", .make = for_me, ADD("\"aud\":\"you\"") },
	{ "claim-no-aud", "for nobody, and somebody is expected",
	  REASON_AUDIENCE, "names no audience", .make = for_me },
	{ "claim-aud-list", "an audience that is no text", REASON_AUDIENCE,
	  "another audience", .make = for_me, ADD("\"aud\":[\"me\",1]") },
	{ "claim-expired", "it has expired", REASON_EXPIRED, "has expired",
	  .make = late },
	{ "claim-nbf", "not valid yet", REASON_NOT_YET_VALID, "not valid yet",
	  CLAIM("\"nbf\":1800000000", "\"nbf\":1800000001") },
	{ "claim-iat", "issued in the future", REASON_NOT_YET_VALID,
	  "not valid yet", CLAIM("\"iat\":1800000000", "\"iat\":1800000001") },
	{ "claim-early", "judged before it was issued", REASON_NOT_YET_VALID,
	  "not valid yet", .make = early },
	{ "claim-no-exp", "no exp", REASON_QUOTE_PARSE, "exp",
	  CLAIM("\"exp\"", "\"x\"") },
	{ "claim-no-nbf", "no nbf", REASON_QUOTE_PARSE, "nbf",
	  CLAIM("\"nbf\"", "\"x\"") },
	{ "claim-no-iat", "no iat", REASON_QUOTE_PARSE, "iat",
	  CLAIM("\"iat\":18", "\"x\":18") },
	{ "claim-exp-text", "exp in a string", REASON_QUOTE_PARSE, "exp",
	  CLAIM("\"exp\":1800000300", "\"exp\":\"1800000300\"") },
	{ "claim-exp-fraction", "exp with a fraction", REASON_QUOTE_PARSE,
	  "exp", CLAIM("\"exp\":1800000300", "\"exp\":1800000300.5") },
	{ "claim-exp-end", "exp at the end of time", REASON_QUOTE_PARSE, "exp",
	  CLAIM("\"exp\":1800000300", "\"exp\":9223372036854775807") },
	{ "claim-life", "it expires when it begins", REASON_QUOTE_PARSE,
	  "expires before it begins",
	  CLAIM("\"exp\":1800000300", "\"exp\":1800000000") },
	{ "claim-twice", "a claim twice", REASON_EVIDENCE_MISSING, "claims",
	  CLAIM("\"nbf\"", "\"nbf\":1,\"nbf\"") },
	{ "claim-ver", "a version nobody knows", REASON_QUOTE_PARSE, "ver",
	  CLAIM("\"2.0.0\"", "\"3.0.0\"") },
	{ "claim-ver-1", "version 1 with the claims of version 2",
	  REASON_QUOTE_PARSE, "tdx", CLAIM("\"2.0.0\"", "\"1.0.0\"") },
	{ "claim-no-ver", "no version", REASON_QUOTE_PARSE, "ver",
	  CLAIM("\"ver\":\"2", "\"x\":\"2") },
	{ "claim-two-tds", "a second MRTD beside the TD's", REASON_QUOTE_PARSE,
	  "tdx_mrtd", ADD("\"tdx_mrtd\":\"00\"") },
	{ "claim-tdx-array", "claims of a TD in an array", REASON_QUOTE_PARSE,
	  "tdx", CLAIM("\"tdx\":{", "\"tdx\":[],\"x\":{") },
	{ "claim-type", "an attester of SGX", REASON_QUOTE_PARSE,
	  "attester_type", CLAIM("\"TDX\"", "\"SGX\"") },
	{ "claim-no-mrtd", "no MRTD", REASON_MRTD_MISSING, "tdx_mrtd",
	  CLAIM("\"tdx_mrtd\"", "\"x\"") },
	{ "claim-mrtd-long", "an MRTD of 49 bytes", REASON_QUOTE_PARSE,
	  "tdx_mrtd", CLAIM("\"tdx_mrtd\":\"", "\"tdx_mrtd\":\"aa") },
	{ "claim-mrtd-case", "an MRTD in capitals", REASON_QUOTE_PARSE,
	  "tdx_mrtd", CLAIM("\"tdx_mrtd\":\"a", "\"tdx_mrtd\":\"A") },
	{ "claim-no-rtmr0", "no tdx_rtmr0", REASON_QUOTE_PARSE, "tdx_rtmr0",
	  CLAIM("\"tdx_rtmr0\"", "\"x\"") },
	{ "claim-no-rtmr1", "no tdx_rtmr1", REASON_QUOTE_PARSE, "tdx_rtmr1",
	  CLAIM("\"tdx_rtmr1\"", "\"x\"") },
	{ "claim-no-rtmr2", "no tdx_rtmr2", REASON_QUOTE_PARSE, "tdx_rtmr2",
	  CLAIM("\"tdx_rtmr2\"", "\"x\"") },
	{ "claim-no-rtmr3", "no tdx_rtmr3", REASON_QUOTE_PARSE, "tdx_rtmr3",
	  CLAIM("\"tdx_rtmr3\"", "\"x\"") },
	{ "claim-no-report-data", "no tdx_report_data", REASON_QUOTE_PARSE,
	  "tdx_report_data", CLAIM("\"tdx_report_data\"", "\"x\"") },
	{ "claim-no-mrseam", "no tdx_mrseam", REASON_QUOTE_PARSE, "tdx_mrseam",
	  CLAIM("\"tdx_mrseam\"", "\"x\"") },
	{ "claim-no-mrsignerseam", "no tdx_mrsignerseam", REASON_QUOTE_PARSE,
	  "tdx_mrsignerseam", CLAIM("\"tdx_mrsignerseam\"", "\"x\"") },
	{ "claim-no-mrconfigid", "no tdx_mrconfigid", REASON_QUOTE_PARSE,
	  "tdx_mrconfigid", CLAIM("\"tdx_mrconfigid\"", "\"x\"") },
	{ "claim-no-mrowner", "no tdx_mrowner", REASON_QUOTE_PARSE,
	  "tdx_mrowner", CLAIM("\"tdx_mrowner\"", "\"x\"") },
	{ "claim-no-mrownerconfig", "no tdx_mrownerconfig", REASON_QUOTE_PARSE,
	  "tdx_mrownerconfig", CLAIM("\"tdx_mrownerconfig\"", "\"x\"") },
	{ "claim-no-tee-tcb-svn", "no tdx_tee_tcb_svn", REASON_QUOTE_PARSE,
	  "tdx_tee_tcb_svn", CLAIM("\"tdx_tee_tcb_svn\"", "\"x\"") },
	{ "claim-no-td-attributes", "no tdx_td_attributes", REASON_QUOTE_PARSE,
	  "tdx_td_attributes", CLAIM("\"tdx_td_attributes\"", "\"x\"") },
	{ "claim-no-xfam", "no tdx_xfam", REASON_QUOTE_PARSE, "tdx_xfam",
	  CLAIM("\"tdx_xfam\"", "\"x\"") },
	{ "claim-no-seam-attributes", "no tdx_seam_attributes",
	  REASON_QUOTE_PARSE, "tdx_seam_attributes",
	  CLAIM("\"tdx_seam_attributes\"", "\"x\"") },
	{ "claim-no-is-debuggable", "no tdx_is_debuggable", REASON_QUOTE_PARSE,
	  "tdx_is_debuggable", CLAIM("\"tdx_is_debuggable\"", "\"x\"") },
	{ "claim-no-attester-tcb-status", "no attester_tcb_status",
	  REASON_QUOTE_PARSE, "attester_tcb_status",
	  CLAIM("\"attester_tcb_status\"", "\"x\"") },
	{ "claim-no-attester-type", "no attester_type", REASON_QUOTE_PARSE,
	  "attester_type", CLAIM("\"attester_type\"", "\"x\"") },
	{ "claim-debuggable", "debuggable in words, not in bits",
	  REASON_QUOTE_PARSE, "tdx_is_debuggable",
	  CLAIM("\"tdx_is_debuggable\":false", "\"tdx_is_debuggable\":true") },
	{ "claim-debuggable-bit", "debuggable in bits, not in words",
	  REASON_QUOTE_PARSE, "tdx_is_debuggable",
	  CLAIM("\"tdx_td_attributes\":\"00", "\"tdx_td_attributes\":\"01") },
	{ "claim-debuggable-0", "debuggable: 0 for false", REASON_QUOTE_PARSE,
	  "tdx_is_debuggable",
	  CLAIM("\"tdx_is_debuggable\":false", "\"tdx_is_debuggable\":0") },
	{ "claim-dbgstat", "dbgstat enabled, the bit not set",
	  REASON_QUOTE_PARSE, "dbgstat", CLAIM("\"disabled\"", "\"enabled\"") },
	{ "claim-septve", "SEPT_VE_DISABLE denied, the bit set",
	  REASON_QUOTE_PARSE, "septve_disable",
	  CLAIM("septve_disable\":true", "septve_disable\":false") },
	{ "claim-perfmon", "PERFMON claimed, the bit not set",
	  REASON_QUOTE_PARSE, "perfmon",
	  CLAIM("perfmon\":false", "perfmon\":true") },
	{ "claim-key-locker", "the key locker claimed, the bit not set",
	  REASON_QUOTE_PARSE, "key_locker",
	  CLAIM("key_locker\":false", "key_locker\":true") },
	{ "claim-pks", "protection keys claimed, the bit not set",
	  REASON_QUOTE_PARSE, "protection_keys",
	  CLAIM("protection_keys\":false", "protection_keys\":true") },
	{ "claim-module-signer", "a TDX module signed by somebody",
	  REASON_SIGNATURE, "not one of Intel's",
	  CLAIM("\"tdx_mrsignerseam\":\"00", "\"tdx_mrsignerseam\":\"01") },
	{ "claim-module-attributes", "a TDX module being debugged",
	  REASON_SIGNATURE, "not one of Intel's",
	  CLAIM("\"tdx_seam_attributes\":\"00",
	   "\"tdx_seam_attributes\":\"01") },
	{ "claim-advisory", "an advisory that cannot be printed",
	  REASON_QUOTE_PARSE, "attester_advisory_ids",
	  CLAIM("INTEL-SA-01192", "INTEL SA\\u001b") },
	{ "claim-held", "REPORTDATA is not the held data's", REASON_REPORTDATA,
	  "not the digest", CLAIM("ZGF0YQ==", "ZGF0Yg==") },
	{ "claim-held-form", "held data that is not base64", REASON_QUOTE_PARSE,
	  "attester_held_data", CLAIM("ZGF0YQ==", "ZGF0YQ") },
	{ "claim-nonce", "another nonce than asked for", REASON_NONCE_UNKNOWN,
	  "not the one that was asked", CLAIM("bm9uY2U=", "bm9uY2Y=") },
	{ "claim-nonce-time", "the nonce of another time", REASON_NONCE_UNKNOWN,
	  "not the one that was asked", CLAIM("dGltZQ==", "dGltZg==") },
	{ "claim-quote", "of another quote", REASON_SIGNATURE,
	  "of another quote",
	  CLAIM("\"quotehash\":\"71", "\"quotehash\":\"72") },
	{ "claim-no-quote", "it does not say of which quote", REASON_SIGNATURE,
	  "does not say which quote", CLAIM("\"quotehash\"", "\"x\"") },
	{ "claim-quote-form", "a quote's digest of 33 bytes",
	  REASON_QUOTE_PARSE, "quotehash",
	  CLAIM("\"quotehash\":\"71", "\"quotehash\":\"7171") },
	{ "claim-policy", "a policy of the service's that did not match",
	  REASON_TCB, "does not say that its policy",
	  CLAIM("\"id\":\"0d", "\"id\":\"0e") },
	{ "claim-no-policy", "no word on the service's policies", REASON_TCB,
	  "does not say that its policy",
	  CLAIM("\"policy_ids_matched\"", "\"x\"") },
	{ "claim-policy-form", "the service's policies in an object",
	  REASON_QUOTE_PARSE, "policy_ids_matched",
	  CLAIM("\"policy_ids_matched\":",
	   "\"policy_ids_matched\":{},\"x\":") },
	{ "claim-no-nonce", "no nonce", REASON_NONCE_MISSING,
	  "names no verifier_nonce", CLAIM("\"verifier_nonce\"", "\"x\"") },
};
/* clang-format on */

const struct fault_table faults_claims = {
	.subject = "Tokens: claims",
	.at = claims,
	.n = sizeof claims / sizeof *claims,
	.token = true,
};

/* clang-format off */
static const struct fault token_policy[] = {
	{ "token-status", "a status that the policy does not allow", REASON_TCB,
	  "OutOfDate", CLAIM("\"UpToDate\"", "\"OutOfDate\"") },
	{ "token-status-revoked", "a revoked platform", REASON_TCB, "Revoked",
	  CLAIM("\"UpToDate\"", "\"Revoked\"") },
	{ "token-mrtd", "another MRTD", REASON_MRTD_UNTRUSTED,
	  "in no reference", CLAIM("\"tdx_mrtd\":\"aa", "\"tdx_mrtd\":\"ab") },
	{ "token-rtmr0", "another RTMR0", REASON_RTMR, "RTMR0 is not",
	  CLAIM("\"tdx_rtmr0\":\"10", "\"tdx_rtmr0\":\"11") },
	{ "token-rtmr1", "another RTMR1", REASON_RTMR, "RTMR1 is not",
	  CLAIM("\"tdx_rtmr1\":\"11", "\"tdx_rtmr1\":\"10") },
	{ "token-rtmr2", "another RTMR2", REASON_RTMR, "RTMR2 is not",
	  CLAIM("\"tdx_rtmr2\":\"12", "\"tdx_rtmr2\":\"13") },
	{ "token-xfam", "another XFAM", REASON_RTMR, "XFAM is not in the list",
	  CLAIM("\"tdx_xfam\":\"e7", "\"tdx_xfam\":\"e3") },
	{ "token-config-id", "an MRCONFIGID", REASON_RTMR, "mr_config_id",
	  CLAIM("\"tdx_mrconfigid\":\"00", "\"tdx_mrconfigid\":\"01") },
	{ "token-owner", "an MROWNER", REASON_RTMR, "mr_owner is",
	  CLAIM("\"tdx_mrowner\":\"00", "\"tdx_mrowner\":\"01") },
	{ "token-owner-config", "an MROWNERCONFIG", REASON_RTMR,
	  "mr_owner_config",
	  CLAIM("\"tdx_mrownerconfig\":\"00", "\"tdx_mrownerconfig\":\"01") },
	{ "token-service", "a service TD is bound", REASON_RTMR,
	  "a service TD is bound",
	  CLAIM("\"dbgstat\"",
	   "\"tdx_mrservicetd\":\"" ITA_X48("01") "\",\"dbgstat\"") },
	{ "token-migratable", "a TD that can be migrated", REASON_RTMR,
	  "can be migrated",
	  CLAIM("\"tdx_td_attributes\":\"00000010",
	   "\"tdx_td_attributes\":\"00000030") },
	{ "token-attribute", "a TD with a reserved attribute", REASON_RTMR,
	  "not allowed is set",
	  CLAIM("\"tdx_td_attributes\":\"0000",
	   "\"tdx_td_attributes\":\"0001") },
	{ "token-evaluation", "no evaluation number where the policy wants one",
	  REASON_TCB, "evaluation", .make = evaluation },
	{ "token-platform", "a platform list, and no platform named",
	  REASON_ISSUER, "a token does not name its own", .make = listed },
	{ "token-policy-empty", "a policy that trusts no image", REASON_POLICY,
	  "trusts no image", .make = empty },
};
/* clang-format on */

const struct fault_table faults_token_policy = {
	.subject = "Tokens: policy",
	.at = token_policy,
	.n = sizeof token_policy / sizeof *token_policy,
	.token = true,
	.genuine = true,
};
