/* reason.h - the reason codes of an attestation decision, EE-ATT-001 to 019 and
 * W01 to W03. Source: the easyenclave security attestation model. */
#ifndef GUEST_LIB_REASON_H
#define GUEST_LIB_REASON_H

/* clang-format off */
/*  name            code          HTTP  sentence */
#define REASON_LIST(X) \
	X(OK,               "OK",         200, "accepted") \
	X(NONCE_MISSING,    "EE-ATT-001", 400, "the request carries no nonce") \
	X(NONCE_UNKNOWN,    "EE-ATT-002", 403, "this nonce was not issued here") \
	X(NONCE_EXPIRED,    "EE-ATT-003", 403, "the nonce has expired: ask for a new challenge") \
	X(NONCE_REPLAY,     "EE-ATT-004", 403, "the nonce was used before: ask for a new challenge") \
	X(REPORTDATA,       "EE-ATT-005", 403, "REPORTDATA does not bind this nonce and these keys") \
	X(EVIDENCE_MISSING, "EE-ATT-006", 400, "no quote, or a member of the request is missing or malformed") \
	X(SIGNATURE,        "EE-ATT-007", 403, "a signature or certificate chain of the evidence does not verify") \
	X(EXPIRED,          "EE-ATT-008", 403, "evidence or collateral has expired") \
	X(NOT_YET_VALID,    "EE-ATT-009", 403, "evidence or collateral is not valid yet") \
	X(ISSUER,           "EE-ATT-010", 403, "the evidence was issued by somebody else") \
	X(AUDIENCE,         "EE-ATT-011", 403, "the evidence was issued for somebody else") \
	X(QUOTE_PARSE,      "EE-ATT-012", 400, "the quote is malformed") \
	X(MRTD_MISSING,     "EE-ATT-013", 400, "the evidence holds no MRTD") \
	X(MRTD_UNTRUSTED,   "EE-ATT-014", 403, "the MRTD is not trusted here") \
	X(TCB,              "EE-ATT-015", 403, "the platform's TCB does not satisfy the policy") \
	X(RTMR,             "EE-ATT-016", 403, "an RTMR or TD attribute is not the expected one") \
	X(POLICY,           "EE-ATT-017", 403, "the policy is empty or invalid: nothing can be accepted") \
	X(UNAVAILABLE,      "EE-ATT-018", 403, "something needed for the decision is not available") \
	X(INTERNAL,         "EE-ATT-019", 403, "the verifier failed: nothing is accepted") \
	X(WARN_TCB,         "EE-ATT-W01", 200, "accepted although the TCB policy is not met") \
	X(WARN_RTMR,        "EE-ATT-W02", 200, "accepted although the RTMR policy is not met") \
	X(WARN_NONCE,       "EE-ATT-W03", 200, "accepted without a nonce")
/* clang-format on */

enum reason {
#define X(name, code, http, text) REASON_##name,
	REASON_LIST(X)
#undef X
};

const char *reason_code(enum reason r); /* "EE-ATT-014"; never NULL */
const char *reason_text(enum reason r);
int reason_http(enum reason r); /* HTTP status of a refusal */
#endif
