/* Fuzz target: a key set. Every key that is read is found by its kid, under
 * each of its algorithms, and is the only one. */
#include <stdlib.h>

#include "measure/lib/jwks.h"
#include "tests/fuzz/earned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_key(const struct jwks *s, const struct jwk *k)
{
	size_t found = 0;

	if (k->kid.len == 0 || k->kid.len > JWT_MAX_KID ||
	    k->n_x5c > JWKS_MAX_CHAIN)
		abort();
	for (unsigned alg = 0; alg < JWT_NALGS; alg++) {
		bool mine = jwt_alg_kind((enum jwt_alg)alg) == k->kind &&
			    (!k->has_alg || k->alg == alg);

		if (mine && jwks_find(s, k->kid, (enum jwt_alg)alg) != k)
			abort();
		found += mine;
	}
	if (found == 0)
		abort();
}

/* Under the certificate that ends it, which is at times a root. */
static void check_chain(const struct jwk *k)
{
	struct rsa_cert root;
	const char *what = NULL;

	if (k->n_x5c == 0 ||
	    rsa_cert_parse(k->x5c[k->n_x5c - 1], &root) != ERR_OK)
		return;
	if (jwk_chain_verify(k, &root, 1800000000, &what) != ERR_OK &&
	    what == NULL)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct arena a = earned_arena(len, 0);
	const char *what = NULL;
	struct jwks s;
	enum err e = jwks_parse(&a, (struct slice){ data, len }, &s, &what);

	must_be_earned(e, len);
	if (what == NULL)
		abort();
	if (e != ERR_OK)
		return 0;
	if (s.n == 0 || s.n > JWKS_MAX_KEYS)
		abort();
	for (size_t i = 0; i < s.n; i++) {
		const struct jwk *k = &s.key[i];

		check_key(&s, k);
		check_chain(k);
	}
	return 0;
}
