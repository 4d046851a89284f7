/* measure/lib/ecdsa.h against vectors of the cases where implementations go
 * wrong (tests/vectors/make_ecdsa.py, judged by OpenSSL), and against BearSSL,
 * which shares no code with it, over signatures good and damaged. */
#include "measure/lib/ecdsa.h"

#include <stdlib.h>

#include "lib/digest.h"
#include "lib/rng.h"
#include "lib/text.h"
#include "tests/tap.h"

enum {
	VECTORS = 64,
	KEYS = 20,
	PER_KEY = 30,
};

/* One line: name, public key, digest, signature, verdict. */
static void one_vector(char *line)
{
	uint8_t pub[P256_PUB_LEN], digest[64], sig[P256_SIG_LEN];
	char *part[5], *rest = line;
	struct slice d;

	for (size_t i = 0; i < 5; i++) {
		part[i] = strtok_r(rest, " \n", &rest);
		if (part[i] == NULL) {
			ok(0, "a line of five parts");
			return;
		}
	}
	d = (struct slice){ digest, strlen(part[2]) / 2 };
	if (d.len > sizeof digest ||
	    hex_decode(str_slice(part[1]), pub, sizeof pub) != ERR_OK ||
	    hex_decode(str_slice(part[2]), digest, d.len) != ERR_OK ||
	    hex_decode(str_slice(part[3]), sig, sizeof sig) != ERR_OK) {
		ok(0, "%s is hex", part[0]);
		return;
	}
	d = at_page_end(digest, d.len);
	is_err(ecdsa_verify(pub, d.ptr, d.len, sig),
	       strcmp(part[4], "good") == 0 ? ERR_OK : ERR_SIGNATURE,
	       "%s is %s", part[0], part[4]);
}

static void test_vectors(void)
{
	FILE *f = fopen("tests/vectors/ecdsa.txt", "r");
	char line[1024];
	int lines = 0;

	if (!ok(f != NULL, "vectors found (run from the top folder)"))
		return;
	for (; fgets(line, sizeof line, f) != NULL; lines++)
		one_vector(line);
	fclose(f);
	ok(lines == VECTORS, "all vectors read");
}

/* One bit of what is verified, chosen by the generator. */
static void damage(const br_prng_class **rng, uint8_t *pub, uint8_t *digest,
		   uint8_t *sig)
{
	uint8_t r[3];

	(*rng)->generate(rng, r, sizeof r);
	if (r[0] % 8 == 0)
		pub[r[1] % P256_PUB_LEN] ^= (uint8_t)(1 << (r[2] & 7));
	else if (r[0] % 8 < 3)
		digest[r[1] % SHA256_LEN] ^= (uint8_t)(1 << (r[2] & 7));
	else
		sig[r[1] % P256_SIG_LEN] ^= (uint8_t)(1 << (r[2] & 7));
}

static void test_against_bearssl(void)
{
	int good = 0, refused = 0;
	struct rng rng;
	const br_prng_class **r;

	rng_seeded(&rng, str_slice("ecdsa"));
	r = rng_prng(&rng);
	for (int i = 0; i < KEYS * PER_KEY; i++) {
		static struct p256_key k;
		uint8_t digest[SHA256_LEN], sig[P256_SIG_LEN];
		uint8_t pub[P256_PUB_LEN];

		if (i % PER_KEY == 0 && p256_generate(r, &k) != ERR_OK)
			abort();
		(*r)->generate(r, digest, sizeof digest);
		if (p256_sign(&k, &br_sha256_vtable, digest, sig) != ERR_OK)
			abort();
		memcpy(pub, k.pub, sizeof pub);
		good += ecdsa_verify(pub, digest, sizeof digest, sig) == ERR_OK;
		damage(r, pub, digest, sig);
		refused += ecdsa_verify(pub, digest, sizeof digest, sig) ==
				   ERR_SIGNATURE &&
			   p256_verify(pub, digest, sizeof digest, sig) ==
				   ERR_SIGNATURE;
	}
	ok(good == KEYS * PER_KEY, "%d signatures of BearSSL's verify", good);
	ok(refused == KEYS * PER_KEY, "%d damaged ones do not", refused);
}

static void test_der(void)
{
	uint8_t priv[P256_PRIV_LEN] = { [31] = 7 }, sig[P256_SIG_LEN];
	uint8_t digest[SHA256_LEN] = { 1 }, der[P256_SIG_LEN + 16];
	struct p256_key k;
	size_t n;

	is_err(p256_from_private(priv, &k), ERR_OK, "a key");
	is_err(p256_sign(&k, &br_sha256_vtable, digest, sig), ERR_OK, "signs");
	memcpy(der, sig, sizeof sig);
	n = br_ecdsa_raw_to_asn1(der, sizeof sig);
	is_err(ecdsa_verify_der(k.pub, digest, sizeof digest,
				at_page_end(der, n)),
	       ERR_OK, "a DER signature");
	for (size_t i = 0; i < n; i++)
		is_err(ecdsa_verify_der(k.pub, digest, sizeof digest,
					at_page_end(der, i)),
		       ERR_SIGNATURE, "its first %zu bytes", i);
	der[n] = 0;
	is_err(ecdsa_verify_der(k.pub, digest, sizeof digest,
				at_page_end(der, n + 1)),
	       ERR_SIGNATURE, "one byte more");
}

/* No digest at all is the number 0, for which OpenSSL verifies, too; BearSSL
 * refuses any signature of it. */
static void test_empty_digest(void)
{
	uint8_t priv[P256_PRIV_LEN] = { [31] = 9 }, sig[P256_SIG_LEN];
	uint8_t zero[SHA256_LEN] = { 0 };
	struct p256_key k;

	is_err(p256_from_private(priv, &k), ERR_OK, "a key");
	is_err(p256_sign(&k, &br_sha256_vtable, zero, sig), ERR_OK, "signs");
	is_err(ecdsa_verify(k.pub, NULL, 0, sig), ERR_OK, "no digest");
	is_err(ecdsa_verify(k.pub, "\1", 1, sig), ERR_SIGNATURE, "one byte");
}

int main(void)
{
	test_vectors();
	test_empty_digest();
	test_against_bearssl();
	test_der();
	return tap_done();
}
