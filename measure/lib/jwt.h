/* jwt.h - signed tokens as attestation services issue them: JWS in its compact
 * form around a JSON object, and the algorithms that are believed. Only the
 * form is judged here; jwks.h verifies, ita.h judges what a token says.
 *
 * The header may hold alg, jku, kid and typ and nothing else: so no key, chain
 * or extension of the token's own choice is ever looked at, and no critical one
 * overlooked. jku is handed on and never followed.
 * Sources: RFC 7515, RFC 7518 3.1, RFC 7519, RFC 8725. */
#ifndef MEASURE_LIB_JWT_H
#define MEASURE_LIB_JWT_H

#include "lib/json.h"
#include "measure/lib/rsa.h"

enum {
	JWT_MAX_BYTES = 64 * 1024, /* as Intel's client has it */
	JWT_MAX_KID = 256,
	JWT_MAX_SIG = RSA_MAX_BYTES,
	/* for jwt_parse; a token of nothing but short values does not fit */
	JWT_ARENA = 1 << 20,
};

enum jwk_kind {
	JWK_RSA,
	JWK_P256,
	JWK_P384,
};

/* Signatures with a public key, of those that RFC 7518 names all but ES512.
 * Nothing symmetric: its key would be public. */
/* clang-format off */
/*        name    key   hash    PSS */
#define JWT_ALG_LIST(X) \
	X(RS256, RSA,  SHA256, false) \
	X(RS384, RSA,  SHA384, false) \
	X(RS512, RSA,  SHA512, false) \
	X(PS256, RSA,  SHA256, true)  \
	X(PS384, RSA,  SHA384, true)  \
	X(PS512, RSA,  SHA512, true)  \
	X(ES256, P256, SHA256, false) \
	X(ES384, P384, SHA384, false)
/* clang-format on */

enum jwt_alg {
#define X(name, key, hash, pss) JWT_##name,
	JWT_ALG_LIST(X)
#undef X
	JWT_NALGS
};

const char *jwt_alg_name(enum jwt_alg a);
enum jwk_kind jwt_alg_kind(enum jwt_alg a);
enum rsa_hash jwt_alg_hash(enum jwt_alg a);
bool jwt_alg_is_pss(enum jwt_alg a);
/* ERR_UNSUPP for "none", HS256 and whatever else is not in the list. */
MUST_CHECK enum err jwt_alg_parse(struct slice name, enum jwt_alg *out);

/* Slices and values lie in the token or in the arena. */
struct jwt {
	enum jwt_alg alg;
	struct slice kid;
	struct slice jku; /* empty when there is none */
	struct json header, claims;
	struct slice signed_part; /* header "." payload, as they travel */
	uint8_t signature[JWT_MAX_SIG];
	size_t signature_len;
};

/* Takes a token apart: exactly its bytes, nothing around them. *what names the
 * part or member that is wrong. *out is written only on ERR_OK. Errors:
 * ERR_TRUNC, ERR_EXTRA another number of parts; ERR_LIMIT a size; ERR_VALUE
 * base64url, JSON, a member; ERR_MISSING alg, kid; ERR_UNKNOWN another member
 * of the header; ERR_UNSUPP the algorithm; json_parse's. */
MUST_CHECK enum err jwt_parse(struct arena *a, struct slice in, struct jwt *out,
			      const char **what);
#endif
