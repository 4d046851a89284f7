/* lib/p256.h against RFC 6979 A.2.5, and every way a key or a signature can be
 * wrong. The short signature is of "m65112" under the private key 1, found with
 * the Python cryptography package (deterministic_signing=True). */
#include "lib/p256.h"

#include "lib/digest.h"
#include "lib/text.h"
#include "tests/tap.h"

#define RFC_PRIV                                                               \
	"c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"
#define RFC_PUB                                                                \
	"04"                                                                   \
	"60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"     \
	"7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
/* SEC 2, 2.4.2 */
#define ORDER "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
#define ORDER_LESS_1                                                           \
	"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550"
#define GENERATOR                                                              \
	"04"                                                                   \
	"6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"     \
	"4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
#define MINUS_GENERATOR                                                        \
	"04"                                                                   \
	"6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"     \
	"b01cbd1c01e58065711814b583f061e9d431cca994cea1313449bf97c840ae0a"
#define SHORT_DER                                                              \
	"3042"                                                                 \
	"022052d19efd3c3618fbd2059b73c1dd93d5be50d646616a9e4df16111da331fe8fc" \
	"021e714a2b97a4009425d2f51872738e72b636f398ccdc290aed49cab7001783"

static const struct {
	const char *message;
	const br_hash_class *hash;
	const char *sig;
} vectors[] = {
	{ "sample", &br_sha256_vtable,
	  "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
	  "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8" },
	{ "test", &br_sha256_vtable,
	  "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367"
	  "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083" },
	{ "sample", &br_sha384_vtable,
	  "0eafea039b20e9b42309fb1d89e213057cbf973dc0cfc8f129edddc800ef7719"
	  "4861f0491e6998b9455193e34e7b0d284ddd7149a74b95b9261f13abde940954" },
	{ "test", &br_sha384_vtable,
	  "83910e8b48bb0c74244ebdf7f07a1c5413d61472bd941ef3920e623fbccebeb6"
	  "8ddbec54cf8cd5874883841d712142a56a8d0f218f5003cb0296b6b509619f2c" },
};

static void unhex(const char *text, void *out, size_t n)
{
	if (hex_decode(str_slice(text), out, n) != ERR_OK)
		ok(0, "the test's own hex is wrong: %s", text);
}

static struct p256_key key_of(const char *priv_hex)
{
	uint8_t priv[P256_PRIV_LEN] = { 0 };
	struct p256_key k = { .pub = { 0 } };

	unhex(priv_hex, priv, sizeof priv);
	is_err(p256_from_private(priv, &k), ERR_OK, "key from its scalar");
	return k;
}

static size_t digest_of(const char *m, const br_hash_class *hash, uint8_t *out)
{
	if (hash == &br_sha256_vtable) {
		sha256(str_slice(m), out);
		return SHA256_LEN;
	}
	sha384(str_slice(m), out);
	return SHA384_LEN;
}

static void test_vectors(void)
{
	struct p256_key k = key_of(RFC_PRIV);
	uint8_t pub[P256_PUB_LEN], sig[P256_SIG_LEN], want[P256_SIG_LEN];
	uint8_t d[SHA384_LEN];

	unhex(RFC_PUB, pub, sizeof pub);
	ok(memcmp(k.pub, pub, sizeof pub) == 0, "RFC 6979: public key");
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
		size_t n = digest_of(vectors[i].message, vectors[i].hash, d);

		unhex(vectors[i].sig, want, sizeof want);
		is_err(p256_sign(&k, vectors[i].hash, d, sig), ERR_OK, "signs");
		ok(memcmp(sig, want, sizeof sig) == 0, "RFC 6979: %s, SHA-%zu",
		   vectors[i].message, 8 * n);
		is_err(p256_verify(pub, d, n, want), ERR_OK, "verifies");
	}
}

static void test_private(void)
{
	uint8_t priv[P256_PRIV_LEN], pub[P256_PUB_LEN];
	struct p256_key k;

	memset(&k, 9, sizeof k);
	memset(priv, 0, sizeof priv);
	is_err(p256_from_private(priv, &k), ERR_VALUE, "zero is no key");
	unhex(ORDER, priv, sizeof priv);
	is_err(p256_from_private(priv, &k), ERR_VALUE, "nor is the order");
	memset(priv, 0xff, sizeof priv);
	is_err(p256_from_private(priv, &k), ERR_VALUE, "nor what is above it");
	ok(k.priv[0] == 9 && k.pub[0] == 9, "a refusal writes nothing");
	k = key_of(ORDER_LESS_1);
	unhex(MINUS_GENERATOR, pub, sizeof pub);
	ok(memcmp(k.pub, pub, sizeof pub) == 0, "order - 1 gives -G");
	memset(&k, 0, sizeof k);
	is_err(p256_sign(&k, &br_sha256_vtable, priv, pub), ERR_VALUE,
	       "a wiped key does not sign");
}

/* A generator that gives back one byte for ever. */
struct stuck {
	const br_prng_class *vtable;
	uint8_t byte;
	int calls;
};

static void stuck_generate(const br_prng_class **ctx, void *out, size_t n)
{
	struct stuck *s = (struct stuck *)(void *)ctx;

	memset(out, s->byte, n);
	s->calls++;
}

static const br_prng_class stuck_class = { .context_size = sizeof(struct stuck),
					   .generate = stuck_generate };

static void test_generate(void)
{
	struct stuck bad = { &stuck_class, 0xff, 0 };
	br_hmac_drbg_context rng;
	struct p256_key a, b;
	uint8_t d[SHA256_LEN] = { 1 }, sig[P256_SIG_LEN];

	is_err(p256_generate(&bad.vtable, &a), ERR_RANDOM, "all ones for ever");
	bad.byte = 0;
	is_err(p256_generate(&bad.vtable, &a), ERR_RANDOM, "zeros for ever");
	ok(bad.calls < 20, "given up soon");
	br_hmac_drbg_init(&rng, &br_sha256_vtable, "seed", 4);
	is_err(p256_generate(&rng.vtable, &a), ERR_OK, "a key");
	is_err(p256_generate(&rng.vtable, &b), ERR_OK, "another");
	ok(memcmp(a.priv, b.priv, sizeof a.priv) != 0, "they differ");
	is_err(p256_sign(&a, &br_sha256_vtable, d, sig), ERR_OK, "signs");
	is_err(p256_verify(a.pub, d, sizeof d, sig), ERR_OK, "verifies");
	is_err(p256_verify(b.pub, d, sizeof d, sig), ERR_SIGNATURE,
	       "not under the other");
}

static void test_refusals(void)
{
	uint8_t pub[P256_PUB_LEN], sig[P256_SIG_LEN], bad[P256_SIG_LEN];
	uint8_t d[SHA256_LEN], off[P256_PUB_LEN], order[32];
	size_t taken = 0;

	unhex(RFC_PUB, pub, sizeof pub);
	unhex(vectors[0].sig, sig, sizeof sig);
	sha256(str_slice("sample"), d);
	for (size_t i = 0; i < 8 * sizeof sig; i++) {
		memcpy(bad, sig, sizeof bad);
		bad[i / 8] ^= (uint8_t)(1 << i % 8);
		taken += p256_verify(pub, d, sizeof d, bad) != ERR_SIGNATURE;
	}
	ok(taken == 0, "no bit of the signature may change");
	for (size_t i = 0; i < 8 * sizeof pub; i++) {
		memcpy(off, pub, sizeof off);
		off[i / 8] ^= (uint8_t)(1 << i % 8);
		taken += p256_verify(off, d, sizeof d, sig) != ERR_SIGNATURE;
	}
	ok(taken == 0, "none of the key: not on the curve, or not 04");
	d[0] ^= 1;
	is_err(p256_verify(pub, d, sizeof d, sig), ERR_SIGNATURE, "digest");
	d[0] ^= 1;
	memset(off, 0, sizeof off);
	is_err(p256_verify(off, d, sizeof d, sig), ERR_SIGNATURE, "zero key");
	off[0] = 4;
	is_err(p256_verify(off, d, sizeof d, sig), ERR_SIGNATURE, "point 0,0");
	unhex(ORDER, order, sizeof order);
	for (int half = 0; half < 2; half++) {
		memcpy(bad, sig, sizeof bad);
		memset(bad + 32 * half, 0, 32);
		is_err(p256_verify(pub, d, sizeof d, bad), ERR_SIGNATURE,
		       "%c = 0", "rs"[half]);
		memcpy(bad + 32 * half, order, 32);
		is_err(p256_verify(pub, d, sizeof d, bad), ERR_SIGNATURE,
		       "%c = n", "rs"[half]);
	}
	memset(bad, 0, sizeof bad);
	is_err(p256_verify(pub, d, sizeof d, bad), ERR_SIGNATURE, "r = s = 0");
}

/* Made like the short one: r begins with 7f and s, after its zero, with 80. */
#define EDGE_MESSAGE "m71878"
#define EDGE_DER                                                               \
	"3045"                                                                 \
	"02207f18dfa5d8a755fb4608fa2e3e33c956fb78ae6ee6206cdba517109d25e1e0b3" \
	"02210080f2631a75719bb22519e959bc8aaa9338cb2fd09f447d15a6e64d464c384a" \
	"83"

/* The short vector, re-encoded in ways that BER allows and DER does not. */
static void test_der(void)
{
	static const char *const bad[] = {
		"308142" /* long form of the length */
		"022052d19efd3c3618fbd2059b73c1dd93d5be50d646616a9e4df16111da33"
		"1fe8fc"
		"021e714a2b97a4009425d2f51872738e72b636f398ccdc290aed49cab70017"
		"83",
		"3043" /* r with a zero in front */
		"02210052d19efd3c3618fbd2059b73c1dd93d5be50d646616a9e4df16111da"
		"331fe8fc"
		"021e714a2b97a4009425d2f51872738e72b636f398ccdc290aed49cab70017"
		"83",
		"3042" /* r as an OCTET STRING */
		"042052d19efd3c3618fbd2059b73c1dd93d5be50d646616a9e4df16111da33"
		"1fe8fc"
		"021e714a2b97a4009425d2f51872738e72b636f398ccdc290aed49cab70017"
		"83",
		"3142" /* SET */
		"022052d19efd3c3618fbd2059b73c1dd93d5be50d646616a9e4df16111da33"
		"1fe8fc"
		"021e714a2b97a4009425d2f51872738e72b636f398ccdc290aed49cab70017"
		"83",
		"3024" /* r empty */
		"0200"
		"0220714a2b97a4009425d2f51872738e72b636f398ccdc290aed49cab70017"
		"830000",
		"3006"
		"020101"
		"0201ff", /* s negative */
		"3004"
		"0200"
		"0200",
		"3000",
		"",
	};
	uint8_t der[80], pub[P256_PUB_LEN], d[SHA256_LEN];
	size_t n = strlen(SHORT_DER) / 2, taken = 0;

	unhex(GENERATOR, pub, sizeof pub); /* the public key of 1 */
	unhex(SHORT_DER, der, n);
	sha256(str_slice("m65112"), d);
	is_err(p256_verify_der(pub, d, sizeof d, at_page_end(der, n)), ERR_OK,
	       "a signature with a short s");
	unhex(EDGE_DER, der, strlen(EDGE_DER) / 2);
	sha256(str_slice(EDGE_MESSAGE), d);
	is_err(p256_verify_der(pub, d, sizeof d,
			       at_page_end(der, strlen(EDGE_DER) / 2)),
	       ERR_OK, "one with a sign bit to clear, and one without");
	unhex(SHORT_DER, der, n);
	sha256(str_slice("m65112"), d);
	for (size_t k = 0; k < n; k++)
		taken += p256_verify_der(pub, d, sizeof d,
					 at_page_end(der, k)) != ERR_SIGNATURE;
	ok(taken == 0, "every prefix refused");
	der[n] = 0;
	is_err(p256_verify_der(pub, d, sizeof d, at_page_end(der, n + 1)),
	       ERR_SIGNATURE, "one byte more refused");
	for (size_t i = 0; i < 8 * n; i++) {
		der[i / 8] ^= (uint8_t)(1 << i % 8);
		taken += p256_verify_der(pub, d, sizeof d,
					 at_page_end(der, n)) != ERR_SIGNATURE;
		der[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	ok(taken == 0, "every changed bit refused");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		n = strlen(bad[i]) / 2;
		unhex(bad[i], der, n);
		is_err(p256_verify_der(pub, d, sizeof d, at_page_end(der, n)),
		       ERR_SIGNATURE, "not DER: %.12s", bad[i]);
	}
	memset(der, 0xff, sizeof der);
	memcpy(der, "\x30\x4e\x02\x22\x01", 5); /* r of 34 bytes */
	is_err(p256_verify_der(pub, d, sizeof d, at_page_end(der, 80)),
	       ERR_SIGNATURE, "an integer of 34 bytes");
}

int main(void)
{
	test_vectors();
	test_private();
	test_generate();
	test_refusals();
	test_der();
	return tap_done();
}
