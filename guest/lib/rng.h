/* rng.h - the one random generator of a process: HMAC-DRBG over SHA-256
 * (NIST SP 800-90A), seeded once from the kernel. Keys, nonces and TLS draw
 * from it. Not to be shared across fork: the child seeds its own. */
#ifndef GUEST_LIB_RNG_H
#define GUEST_LIB_RNG_H

#include <bearssl.h>

#include "lib/bytes.h"

enum {
	RNG_SEED_LEN = 48
};

struct rng {
	br_hmac_drbg_context drbg;
};

/* Seeds from getrandom(2), which blocks until the kernel's pool is ready.
 * ERR_RANDOM: it cannot be had; there is no other source. */
MUST_CHECK enum err rng_system(struct rng *r);

/* Always the same stream for the same seed. For tests. */
void rng_seeded(struct rng *r, struct slice seed);

/* For BearSSL and for every function that takes a generator. Valid as long as
 * r is. */
const br_prng_class **rng_prng(struct rng *r);

/* n bytes out of any generator. */
void rng_bytes(const br_prng_class **rng, void *out, size_t n);
#endif
