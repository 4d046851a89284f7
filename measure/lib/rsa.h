/* rsa.h - RSA public keys and RSASSA-PKCS1-v1_5. Signatures are judged here and
 * never made; rsa_pss.h has the other scheme. The exponentiation is BearSSL's,
 * all that is around it is ours. Source: RFC 8017. */
#ifndef MEASURE_LIB_RSA_H
#define MEASURE_LIB_RSA_H

#include <bearssl.h>

#include "lib/bytes.h"
#include "lib/digest.h"

enum {
	RSA_MIN_BITS = 2048,
	RSA_MAX_BITS = 4096, /* what BearSSL is built for */
	RSA_MAX_BYTES = RSA_MAX_BITS / 8,
	RSA_MAX_EXPONENT_BYTES = 4,
};

/* A modulus of RSA_MIN_BITS to RSA_MAX_BITS, any number of bits between, and an
 * exponent, both odd and big-endian without leading zeros. Whether the modulus
 * is a product of two primes is for whoever certified it. */
struct rsa_key {
	size_t n_len, e_len, bits;
	uint8_t n[RSA_MAX_BYTES];
	uint8_t e[RSA_MAX_EXPONENT_BYTES];
};

enum rsa_hash {
	RSA_SHA256,
	RSA_SHA384,
	RSA_SHA512,
	RSA_NHASHES
};

/* A key out of its two numbers, big-endian without leading zeros. ERR_VALUE: a
 * leading zero, an even number, an exponent below 3; ERR_LIMIT: a size. */
MUST_CHECK enum err rsa_key_init(struct slice n, struct slice e,
				 struct rsa_key *out);

/* A SubjectPublicKeyInfo in DER (RFC 3279 2.3.1), whole. Errors:
 * rsa_key_init's; ERR_UNSUPP another kind of key; ERR_TRUNC, ERR_EXTRA,
 * ERR_VALUE form. */
MUST_CHECK enum err rsa_key_read(struct slice spki, struct rsa_key *out);

const br_hash_class *rsa_hash_class(enum rsa_hash h);
size_t rsa_hash_len(enum rsa_hash h); /* bytes */

/* The first rsa_hash_len(h) bytes of out are written. */
void rsa_hash(enum rsa_hash h, struct slice in, uint8_t out[static SHA512_LEN]);

/* RSAVP1 (RFC 8017 5.2.2): sig^e mod n into the first n_len bytes of out.
 * ERR_SIGNATURE: sig is not as long as the modulus, or not below it. */
MUST_CHECK enum err rsa_public(const struct rsa_key *k, struct slice sig,
			       uint8_t out[static RSA_MAX_BYTES]);

/* ERR_SIGNATURE unless sig is the RSASSA-PKCS1-v1_5 signature of the digest,
 * rsa_hash_len(h) bytes, by that key. What the signature holds is compared with
 * the one right encoding (RFC 8017 8.2.2); nothing of it is parsed. */
MUST_CHECK enum err rsa_pkcs1_verify(const struct rsa_key *k, enum rsa_hash h,
				     const uint8_t *digest, struct slice sig);
#endif
