#include "lib/rng.h"

#include <errno.h>
#include <sys/random.h>

enum err rng_system(struct rng *r)
{
	uint8_t seed[RNG_SEED_LEN];
	size_t have = 0;

	while (have < sizeof seed) {
		ssize_t n = getrandom(seed + have, sizeof seed - have, 0);

		if (n > 0)
			have += (size_t)n;
		else if (n == 0 || errno != EINTR)
			return ERR_RANDOM;
	}
	rng_seeded(r, (struct slice){ seed, sizeof seed });
	wipe(seed, sizeof seed);
	return ERR_OK;
}

void rng_seeded(struct rng *r, struct slice seed)
{
	br_hmac_drbg_init(&r->drbg, &br_sha256_vtable, seed.ptr, seed.len);
}

const br_prng_class **rng_prng(struct rng *r)
{
	return &r->drbg.vtable;
}

void rng_bytes(const br_prng_class **rng, void *out, size_t n)
{
	(*rng)->generate(rng, out, n);
}
