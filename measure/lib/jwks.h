/* jwks.h - the key set of whoever issues tokens, and the verification of a
 * token's signature with it.
 * Sources: RFC 7517; RFC 7518 6.2 (EC), 6.3 (RSA), 3.3 to 3.5 (signatures). */
#ifndef MEASURE_LIB_JWKS_H
#define MEASURE_LIB_JWKS_H

#include "measure/lib/jwt.h"
#include "measure/lib/rsa_cert.h"

enum {
	JWKS_MAX_BYTES = 256 * 1024,
	JWKS_MAX_KEYS = 32, /* that can be used; others are passed over */
	JWKS_MAX_CHAIN = 4, /* certificates of one key */
	JWK_MAX_POINT = 97, /* 04 x y of P-384 */
	JWKS_ARENA = 4 << 20,
};

/* One key that tokens can be verified with. Slices lie in the arena. */
struct jwk {
	struct slice kid;
	enum jwk_kind kind;
	bool has_alg; /* else it is for every algorithm of its kind */
	enum jwt_alg alg;
	struct rsa_key rsa;               /* of JWK_RSA */
	uint8_t point[JWK_MAX_POINT];     /* of the others */
	struct slice x5c[JWKS_MAX_CHAIN]; /* DER, the key's own first */
	size_t n_x5c;                     /* 0: there is no chain */
};

struct jwks {
	struct jwk *key; /* in the arena */
	size_t n;
};

/* Reads a key set. Keys of another type, curve, use or algorithm are passed
 * over, as RFC 7517 section 5 wants it, and so are members that are not known;
 * a key that could be used must be right in all. A key's first certificate is
 * for that very key. *what names the member. *out is written only on ERR_OK.
 * Errors: json_parse's; ERR_LIMIT size, number, RSA modulus; ERR_MISSING a
 * member, a kid, every key; ERR_VALUE form, and a private member; ERR_DUPLICATE
 * two keys of one kid for one algorithm; ERR_MISMATCH alg and type, x5c and
 * key. */
MUST_CHECK enum err jwks_parse(struct arena *a, struct slice in,
			       struct jwks *out, const char **what);

/* The key of that kid for that algorithm, or NULL. */
const struct jwk *jwks_find(const struct jwks *s, struct slice kid,
			    enum jwt_alg alg);

/* ERR_SIGNATURE unless the key made the token's signature; ERR_MISMATCH when it
 * is not for the token's algorithm. */
MUST_CHECK enum err jwk_verify(const struct jwk *k, const struct jwt *t);

/* The key's chain at now_s, under the one root that is trusted: a self-signed
 * RSA certificate, that ends the chain or has signed its end. Names,
 * signatures, dates, CA flags, path lengths and key usages are checked;
 * revocation is not (jwk_chain_revoked). *what says what is wrong. ERR_MISSING
 * no chain; ERR_SIGNATURE; ERR_EXPIRED, ERR_STATE (not valid yet); ERR_MISMATCH
 * names, usage or another root; rsa_cert_parse's, so ERR_UNSUPP for a chain
 * that is not RSA. */
MUST_CHECK enum err jwk_chain_verify(const struct jwk *k,
				     const struct rsa_cert *root, int64_t now_s,
				     const char **what);

/* Whether a certificate of the key's chain, which jwk_chain_verify has found
 * right, is revoked: each of its issuers, the root included, needs a CRL that
 * it signed and that is in force at now_s. *what says what is wrong. ERR_OK
 * none is revoked; ERR_REFUSED one is; ERR_MISSING a CRL; ERR_SIGNATURE;
 * ERR_EXPIRED, ERR_STATE (not valid yet); rsa_cert_parse's. */
MUST_CHECK enum err jwk_chain_revoked(const struct jwk *k,
				      const struct rsa_cert *root,
				      const struct rsa_crl *crls, size_t n,
				      int64_t now_s, const char **what);
#endif
