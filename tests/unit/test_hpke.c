/* lib/hpke.h against the CFRG's vector for this suite, against sealed messages
 * that another implementation made (tests/vectors/make_hpke.py), and every way
 * a message can be wrong. */
#include "lib/hpke.h"

#include "lib/text.h"
#include "tests/tap.h"

/* github.com/cfrg/draft-irtf-cfrg-hpke test-vectors.json at 5f503c56, the file
 * that RFC 9180 appendix A points to: mode 0, KEM 32, KDF 1, AEAD 2, first
 * encryption. */
static const char *const rfc_skr =
	"497b4502664cfea5d5af0b39934dac72242a74f8480451e1aee7d6a53320333d";
static const char *const rfc_pkr =
	"430f4b9859665145a6b1ba274024487bd66f03a2dd577d7753c68d7d7d00c00c";
static const char *const rfc_ske =
	"179d4b53b6365c45b600c4163b61d95cbc2f4d9e36f1695558dce265ab8bab11";
static const char *const rfc_enc =
	"6c93e09869df3402d7bf231bf540fadd35cd56be14f97178f0954db94b7fc256";
static const char *const rfc_info = "Ode on a Grecian Urn";
static const char *const rfc_aad = "Count-0";
static const char *const rfc_pt = "Beauty is truth, truth beauty";
static const char *const rfc_ct =
	"e5d84cd531cfb583096e7cfa9641bd3079cf3a91cda813c52deb5f512be99319"
	"80a41de125a925cdad859d5b7a";

/* A generator that gives these bytes back, or zeros: the ephemeral key. */
struct fixed {
	const br_prng_class *vtable;
	uint8_t bytes[32];
};

static void fixed_generate(const br_prng_class **ctx, void *out, size_t n)
{
	struct fixed *f = (struct fixed *)(void *)ctx;

	memset(out, 0, n);
	memcpy(out, f->bytes, n < sizeof f->bytes ? n : sizeof f->bytes);
}

static const br_prng_class fixed_class = { .context_size = sizeof(struct fixed),
					   .generate = fixed_generate };

static size_t unhex(const char *text, uint8_t *out, size_t cap)
{
	size_t n = strcmp(text, "-") == 0 ? 0 : strlen(text) / 2;

	if (n > cap || (n > 0 && hex_decode(str_slice(text), out, n) != ERR_OK))
		ok(0, "the test's own hex is wrong: %.40s", text);
	return n;
}

static struct hpke_key key_of(const char *priv_hex)
{
	uint8_t priv[HPKE_KEY_LEN];
	struct hpke_key k;

	(void)unhex(priv_hex, priv, sizeof priv);
	hpke_from_private(priv, &k);
	return k;
}

static void test_rfc(void)
{
	struct hpke_key k = key_of(rfc_skr);
	struct fixed rng = { .vtable = &fixed_class };
	uint8_t want[64], enc[HPKE_ENC_LEN], buf[64];
	struct wr w = wr_over(buf, sizeof buf);
	size_t n = unhex(rfc_ct, want, sizeof want);

	(void)unhex(rfc_pkr, enc, sizeof enc);
	ok(memcmp(k.pub, enc, sizeof enc) == 0, "public key of the recipient");
	(void)unhex(rfc_ske, rng.bytes, sizeof rng.bytes);
	is_err(hpke_seal(&rng.vtable, k.pub, str_slice(rfc_info),
			 str_slice(rfc_aad), str_slice(rfc_pt), enc, &w),
	       ERR_OK, "sealed");
	ok(slice_eq(wr_slice(&w), (struct slice){ want, n }),
	   "the vector's ciphertext");
	(void)unhex(rfc_enc, want, HPKE_ENC_LEN);
	ok(memcmp(enc, want, sizeof enc) == 0, "the vector's enc");
	(void)unhex(rfc_ct, want, sizeof want);
	w = wr_over(buf, strlen(rfc_pt));
	is_err(hpke_open(&k, enc, str_slice(rfc_info), str_slice(rfc_aad),
			 at_page_end(want, n), &w),
	       ERR_OK, "opened");
	ok(slice_is(wr_slice(&w), rfc_pt), "the vector's plaintext");
}

/* RFC 7748 section 6.1: the keys of Alice and of Bob. */
static void test_x25519(void)
{
	static const char *const keys[][2] = {
		{ "77076d0a7318a57d3c16c17251b26645"
		  "df4c2f87ebc0992ab177fba51db92c2a",
		  "8520f0098930a754748b7ddcb43ef75a"
		  "0dbf3a0d26381af4eba4a98eaa9b4e6a" },
		{ "5dab087e624a8a4b79e17f8b83800ee6"
		  "6f3bb1292618b6fd1c2f8b27ff88e0eb",
		  "de9edb7d7b7dc1b4d35b61c2ece43537"
		  "3f8343c85b78674dadfc7e146f882b4f" },
	};

	for (size_t i = 0; i < 2; i++) {
		struct hpke_key k = key_of(keys[i][0]);
		char text[2 * HPKE_KEY_LEN + 1];

		hex_encode((struct slice){ k.pub, sizeof k.pub }, text);
		ok(strcmp(text, keys[i][1]) == 0, "RFC 7748: %.8s", text);
	}
}

static void test_peer(void)
{
	FILE *f = fopen("tests/vectors/hpke.txt", "r");
	static char key[80], info[512], aad[512], pt[4100], sealed[4300];
	static uint8_t i_[256], a_[256], p_[2048], s_[2100], buf[2048];
	int lines = 0;

	if (!ok(f != NULL, "vectors found (run from the top folder)"))
		return;
	while (fscanf(f, "%79s %511s %511s %4099s %4299s", key, info, aad, pt,
		      sealed) == 5) {
		struct hpke_key k = key_of(key);
		struct slice i = { i_, unhex(info, i_, sizeof i_) };
		struct slice a = { a_, unhex(aad, a_, sizeof a_) };
		struct slice p = { p_, unhex(pt, p_, sizeof p_) };
		size_t n = unhex(sealed, s_, sizeof s_);
		struct wr w = wr_over(buf, p.len);

		lines++;
		is_err(hpke_open(
			       &k, s_, i, a,
			       at_page_end(s_ + HPKE_ENC_LEN, n - HPKE_ENC_LEN),
			       &w),
		       ERR_OK, "message %d of another implementation", lines);
		ok(slice_eq(wr_slice(&w), p), "its plaintext");
	}
	fclose(f);
	ok(lines == 12, "all vectors read");
}

static void test_refusals(void)
{
	struct hpke_key k = key_of(rfc_skr), other = key_of(rfc_ske);
	uint8_t enc[HPKE_ENC_LEN], ct[64], buf[64] = { 0 };
	size_t n = unhex(rfc_ct, ct, sizeof ct), taken = 0;
	struct slice info = str_slice(rfc_info), aad = str_slice(rfc_aad);
	struct slice sealed = { ct, n };
	struct wr w = wr_over(buf, sizeof buf);

	(void)unhex(rfc_enc, enc, sizeof enc);
	wr_str(&w, "<");
	for (size_t i = 0; i < n; i++)
		taken +=
			hpke_open(&k, enc, info, aad, at_page_end(ct, i), &w) !=
			(i < HPKE_TAG_LEN ? ERR_TRUNC : ERR_SIGNATURE);
	ok(taken == 0, "every prefix refused");
	ct[n] = 0;
	is_err(hpke_open(&k, enc, info, aad, at_page_end(ct, n + 1), &w),
	       ERR_SIGNATURE, "one byte more refused");
	for (size_t i = 0; i < 8 * n; i++) {
		ct[i / 8] ^= (uint8_t)(1 << i % 8);
		taken += hpke_open(&k, enc, info, aad, sealed, &w) !=
			 ERR_SIGNATURE;
		ct[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	ok(taken == 0, "every changed bit of the message refused");
	for (size_t i = 0; i < 8 * sizeof enc; i++) {
		enc[i / 8] ^= (uint8_t)(1 << i % 8);
		taken += hpke_open(&k, enc, info, aad, sealed, &w) !=
			 ERR_SIGNATURE;
		enc[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	ok(taken == 0, "every changed bit of enc refused, the ignored one too");
	is_err(hpke_open(&k, enc, aad, aad, sealed, &w), ERR_SIGNATURE, "info");
	is_err(hpke_open(&k, enc, info, info, sealed, &w), ERR_SIGNATURE,
	       "aad");
	is_err(hpke_open(&other, enc, info, aad, sealed, &w), ERR_SIGNATURE,
	       "another key");
	ok(slice_is(wr_slice(&w), "<"), "no refusal writes anything");
	for (size_t i = 1; i < sizeof buf; i++)
		taken += buf[i] != 0;
	ok(taken == 0, "nor leaves what it decrypted in the buffer");
	w = wr_over(buf, n - HPKE_TAG_LEN - 1);
	is_err(hpke_open(&k, enc, info, aad, sealed, &w), ERR_SPACE,
	       "no room for the plaintext");
}

/* Points of small order make the shared secret zero whatever the key: RFC 7748
 * section 6.1; the list is from cr.yp.to/ecdh.html. */
static void test_small_order(void)
{
	static const char *const points[] = {
		"00000000000000000000000000000000000000000000000000000000000000"
		"00",
		"01000000000000000000000000000000000000000000000000000000000000"
		"00",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b8"
		"00",
		"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f11"
		"57",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		"7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		"7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		"7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		"ff",
	};
	struct fixed rng = { .vtable = &fixed_class, .bytes = { 1 } };
	struct hpke_key k = key_of(rfc_skr);
	struct slice none = { NULL, 0 };
	uint8_t pub[HPKE_KEY_LEN], enc[HPKE_ENC_LEN] = { 7 }, buf[64];
	struct wr w = wr_over(buf, sizeof buf);

	for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
		(void)unhex(points[i], pub, sizeof pub);
		is_err(hpke_seal(&rng.vtable, pub, none, none, none, enc, &w),
		       ERR_VALUE, "no sealing to point %zu", i);
		is_err(hpke_open(&k, pub, none, none,
				 (struct slice){ buf, sizeof buf }, &w),
		       ERR_SIGNATURE, "no opening from it");
	}
	ok(enc[0] == 7 && w.len == 0, "nothing written");
}

static void test_generate(void)
{
	struct fixed zero = { .vtable = &fixed_class };
	struct slice none = { NULL, 0 };
	uint8_t enc[HPKE_ENC_LEN], buf[64];
	struct wr w = wr_over(buf, sizeof buf);
	struct hpke_key a, b;
	br_hmac_drbg_context rng;

	is_err(hpke_generate(&zero.vtable, &a), ERR_RANDOM, "zeros");
	br_hmac_drbg_init(&rng, &br_sha256_vtable, "seed", 4);
	is_err(hpke_generate(&rng.vtable, &a), ERR_OK, "a key");
	is_err(hpke_generate(&rng.vtable, &b), ERR_OK, "another");
	ok(memcmp(a.priv, b.priv, sizeof a.priv) != 0, "they differ");
	is_err(hpke_seal(&zero.vtable, a.pub, none, none, none, enc, &w),
	       ERR_RANDOM, "no sealing without entropy");
	is_err(hpke_seal(&rng.vtable, a.pub, none, none, str_slice("secret"),
			 enc, &w),
	       ERR_OK, "sealed");
	ok(w.len == 6 + HPKE_TAG_LEN && memcmp(buf, "secret", 6) != 0,
	   "to something else");
	w = wr_over(buf, 6 + HPKE_TAG_LEN);
	is_err(hpke_seal(&rng.vtable, a.pub, none, none, str_slice("secret"),
			 enc, &w),
	       ERR_OK, "into a buffer of the exact size");
	w = wr_over(buf, HPKE_TAG_LEN);
	is_err(hpke_seal(&rng.vtable, a.pub, none, none, none, enc, &w), ERR_OK,
	       "of nothing");
	w = wr_over(buf, 5 + HPKE_TAG_LEN);
	is_err(hpke_seal(&rng.vtable, a.pub, none, none, str_slice("secret"),
			 enc, &w),
	       ERR_SPACE, "no room");
	ok(w.len == 0, "nothing written");
}

int main(void)
{
	test_rfc();
	test_x25519();
	test_peer();
	test_refusals();
	test_small_order();
	test_generate();
	return tap_done();
}
