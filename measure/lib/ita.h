/* ita.h - attestation tokens of Intel Trust Authority: what they say of a TD,
 * and the verdict on one, under the same policy as a quote. Pure: token, keys,
 * policy and time are arguments.
 *
 * Order of the checks, with the reason each refuses with:
 *   1. the token's form                                   006
 *      its algorithm and the members of its header        007
 *   2. a key set is there                                 018
 *   3. the key, its chain when a root is given, signature 007, 008, 009
 *   4. iss, and jku when it is there                      010
 *   5. aud                                                011
 *   6. exp; nbf and iat                                   008, 009
 *   7. claims of a TD, each there and none against
 *      another                                            012; no MRTD: 013
 *   8. the nonce is the one that was asked for            001, 002
 *      REPORTDATA is the digest of nonce and held data    005
 *      the quote is the one that was handed in            007
 *      the service's policies that must match             015
 *      -- from here on the token is "authentic" --
 *   9. the policy, as in verify.h                         010, 014 to 017,
 *                                                         008, 009
 *
 * Sources: Intel Trust Authority, "Attestation tokens" (eat_profile.html);
 * tokens of 2023 to 2025. Version 1.0.0 has the claims of the TD beside the
 * others, version 2.0.0 in an object "tdx". */
#ifndef MEASURE_LIB_ITA_H
#define MEASURE_LIB_ITA_H

#include "measure/lib/jwks.h"
#include "measure/lib/verify.h"

enum {
	ITA_MAX_LEEWAY_S = 300, /* as long as Intel's tokens live */
	ITA_MAX_AUDIENCES = 16,
	ITA_MAX_POLICIES = 16, /* of the service's, in a token or a request */
	ITA_MAX_NONCE = 1024,  /* bytes of each of its parts; Intel's: 384 */
	ITA_ARENA = JWT_ARENA + 2 * JWT_MAX_BYTES,
};

/* A nonce that the service issued and signed; decoded. */
struct ita_nonce {
	struct slice val, iat, signature;
};

/* Reads {"val","iat","signature"}, base64; other members are passed over. The
 * signature is the service's own business and may be empty. Slices lie in the
 * arena; *what names the member. Errors: ERR_MISSING; ERR_VALUE; ERR_LIMIT;
 * ERR_SPACE. */
MUST_CHECK enum err ita_nonce_read(struct arena *a, struct json v,
				   struct ita_nonce *out, const char **what);

/* The claims of a TD. Slices lie in the arena. */
struct ita_claims {
	struct quote_body body; /* TD 1.0; mr_servicetd where a token has it */
	enum tcb_status tcb_status;
	int64_t tcb_date_s; /* 0: the token states none */
	struct tcb_advisories advisories;
	bool has_nonce;
	struct ita_nonce nonce;
	bool has_held;
	struct slice held; /* decoded */
	bool has_quote;
	uint8_t quote_sha256[SHA256_LEN]; /* of the quote that was judged */
	struct slice matched[ITA_MAX_POLICIES]; /* ids of the service's */
	size_t n_matched;
};

/* Reads the claims of the TD out of a token that was parsed. Those that are not
 * known are ignored, as the service adds some; those that are read are required
 * except mr_servicetd, advisories, nonce, held data, the quote's digest,
 * matched policies and the spelled-out bits of td_attributes. *what names the
 * claim. *out is written only on ERR_OK. Errors: ERR_MISSING; ERR_VALUE;
 * ERR_UNSUPP "ver" or another kind of attester; ERR_UNKNOWN a TCB status;
 * ERR_MISMATCH two claims that cannot both be true; ERR_LIMIT; ERR_SPACE. */
MUST_CHECK enum err ita_claims_read(struct arena *a, const struct jwt *t,
				    struct ita_claims *out, const char **what);

/* REPORTDATA as Intel's clients make it: SHA-512 over the nonce's val and iat,
 * decoded, and the data that the TD holds; n NULL: over the data alone. Nothing
 * says where one ends and the next begins, so that only a nonce that is known
 * (struct ita_verifier) tells what the data were. */
void ita_reportdata(const struct ita_nonce *n, struct slice data,
		    uint8_t out[static SHA512_LEN]);

/* What a verifier knows before it sees a token. All pointers are borrowed. */
struct ita_verifier {
	enum verify_mode mode;
	const struct jwks *jwks;     /* NULL: none to be had, 018 */
	const struct rsa_cert *root; /* NULL: keys are believed as they are */
	const struct rsa_crl *crls;  /* of the issuers of its chain */
	size_t n_crls;               /* 0: revocation is not looked at */
	struct slice issuer;
	struct slice audience; /* empty: a token for somebody is refused */
	int64_t leeway_s;      /* 0 to ITA_MAX_LEEWAY_S, for 6. alone */
	const struct ita_nonce *nonce;  /* NULL: whichever it names, or none */
	const uint8_t *quote_sha256;    /* NULL: of whichever quote */
	const struct slice *policy_ids; /* all of these must have matched */
	size_t n_policy_ids;
	const struct policy *policy; /* NULL: as empty */
};

/* Judges the token at now_s (Unix seconds). Both outputs are always written
 * whole; claims hold something only when out->parsed. No token states the
 * version of its quote or a TCB evaluation number: both are 0 in the verdict,
 * and no platform. A policy with rules about those accepts no token, but for
 * one of both, where the quote answers them (decide.h). */
void ita_verify(struct arena *a, const struct ita_verifier *v,
		struct slice token, int64_t now_s, struct ita_claims *claims,
		struct verdict *out);
#endif
