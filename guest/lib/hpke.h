/* hpke.h - HPKE (RFC 9180) base mode, single shot: DHKEM(X25519, HKDF-SHA256),
 * HKDF-SHA256, AES-256-GCM. Ciphersuite ids 0x0020, 0x0001, 0x0002. */
#ifndef GUEST_LIB_HPKE_H
#define GUEST_LIB_HPKE_H

#include <bearssl.h>

#include "lib/bytes.h"

enum {
	HPKE_KEY_LEN = 32,
	HPKE_ENC_LEN = 32,
	HPKE_TAG_LEN = 16
};

struct hpke_key {
	uint8_t priv[HPKE_KEY_LEN];
	uint8_t pub[HPKE_KEY_LEN];
};

/* A new key out of rng. ERR_RANDOM when that gives zeros. Wipe it when done. */
MUST_CHECK enum err hpke_generate(const br_prng_class **rng,
				  struct hpke_key *out);
void hpke_from_private(const uint8_t priv[static HPKE_KEY_LEN],
		       struct hpke_key *out);

/* Seals pt to `pub`: appends ciphertext || tag to out and puts the ephemeral
 * public key, which opening needs, into enc. The ephemeral key comes from rng.
 * pt must not lie in out's buffer. Nothing is written unless ERR_OK.
 * ERR_RANDOM; ERR_VALUE: pub has small order; ERR_SPACE. */
MUST_CHECK enum err hpke_seal(const br_prng_class **rng,
			      const uint8_t pub[static HPKE_KEY_LEN],
			      struct slice info, struct slice aad,
			      struct slice pt, uint8_t enc[static HPKE_ENC_LEN],
			      struct wr *out);

/* Opens ct || tag: appends the plaintext to out. ct must not lie in out's
 * buffer, which is wiped again, and looks as before, unless ERR_OK.
 * ERR_SIGNATURE: the tag does not verify, or enc has small order; ERR_TRUNC;
 * ERR_SPACE. */
MUST_CHECK enum err hpke_open(const struct hpke_key *key,
			      const uint8_t enc[static HPKE_ENC_LEN],
			      struct slice info, struct slice aad,
			      struct slice ct, struct wr *out);
#endif
