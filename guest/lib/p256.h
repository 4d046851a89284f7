/* p256.h - NIST P-256 keys and ECDSA over SHA-256 or SHA-384 digests. */
#ifndef GUEST_LIB_P256_H
#define GUEST_LIB_P256_H

#include <bearssl.h>

#include "lib/bytes.h"

enum {
	P256_PRIV_LEN = 32,
	P256_PUB_LEN = 65, /* 04 || x || y */
	P256_SIG_LEN = 64, /* r || s */
};

struct p256_key {
	uint8_t priv[P256_PRIV_LEN];
	uint8_t pub[P256_PUB_LEN];
};

/* A new key out of rng. ERR_RANDOM when that gives nothing fit for a key. Wipe
 * the key when done. */
MUST_CHECK enum err p256_generate(const br_prng_class **rng,
				  struct p256_key *out);

/* From the private scalar. ERR_VALUE when it is 0 or not below the order. */
MUST_CHECK enum err p256_from_private(const uint8_t priv[static P256_PRIV_LEN],
				      struct p256_key *out);

/* Deterministic ECDSA (RFC 6979) over a digest; hash is &br_sha256_vtable or
 * &br_sha384_vtable, the function that made the digest. ERR_VALUE: k is no key.
 */
MUST_CHECK enum err p256_sign(const struct p256_key *k,
			      const br_hash_class *hash, const void *digest,
			      uint8_t sig[static P256_SIG_LEN]);

/* ERR_SIGNATURE when it does not verify or the key is not a point. */
MUST_CHECK enum err p256_verify(const uint8_t pub[static P256_PUB_LEN],
				const void *digest, size_t digest_len,
				const uint8_t sig[static P256_SIG_LEN]);

/* An ASN.1 DER signature, as in certificates, as r || s. ERR_SIGNATURE: it is
 * none; BER is refused. */
MUST_CHECK enum err p256_signature_read(struct slice der,
					uint8_t out[static P256_SIG_LEN]);

/* p256_verify for such a one. */
MUST_CHECK enum err p256_verify_der(const uint8_t pub[static P256_PUB_LEN],
				    const void *digest, size_t digest_len,
				    struct slice sig);
#endif
