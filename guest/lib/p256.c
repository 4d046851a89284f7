#include "lib/p256.h"

#include <string.h>

/* The 31-bit code: with 64-bit multiplications it is several times as fast as
 * the 15-bit code, and both are constant time. */
static const br_ec_impl *const ec = &br_ec_p256_m31;

enum err p256_from_private(const uint8_t priv[static P256_PRIV_LEN],
			   struct p256_key *out)
{
	size_t n;
	const unsigned char *order = ec->order(BR_EC_secp256r1, &n);
	unsigned int below = 0, bits = 0;

	/* The borrow of priv - order, without a branch on the secret. */
	for (size_t i = P256_PRIV_LEN; i-- > 0;) {
		below = ((unsigned int)priv[i] - order[i] - below) >> 8 & 1;
		bits |= priv[i];
	}
	if (n != P256_PRIV_LEN || below == 0 || bits == 0)
		return ERR_VALUE;
	memmove(out->priv, priv, P256_PRIV_LEN);
	ec->mulgen(out->pub, out->priv, P256_PRIV_LEN, BR_EC_secp256r1);
	return ERR_OK;
}

enum err p256_generate(const br_prng_class **rng, struct p256_key *out)
{
	uint8_t priv[P256_PRIV_LEN];
	enum err e = ERR_RANDOM;

	/* One try in 2^32 fails, so a second one means a broken generator. */
	for (int i = 0; i < 4 && e != ERR_OK; i++) {
		(*rng)->generate(rng, priv, sizeof priv);
		e = p256_from_private(priv, out);
	}
	wipe(priv, sizeof priv);
	return e == ERR_OK ? ERR_OK : ERR_RANDOM;
}

enum err p256_sign(const struct p256_key *k, const br_hash_class *hash,
		   const void *digest, uint8_t sig[static P256_SIG_LEN])
{
	uint8_t priv[P256_PRIV_LEN], out[P256_SIG_LEN];
	br_ec_private_key sk = { BR_EC_secp256r1, priv, sizeof priv };
	size_t n;

	memcpy(priv, k->priv, sizeof priv); /* BearSSL's field is not const */
	n = br_ecdsa_i31_sign_raw(ec, hash, digest, &sk, out);
	wipe(priv, sizeof priv);
	if (n != sizeof out)
		return ERR_VALUE;
	memcpy(sig, out, sizeof out);
	return ERR_OK;
}

enum err p256_verify(const uint8_t pub[static P256_PUB_LEN], const void *digest,
		     size_t digest_len, const uint8_t sig[static P256_SIG_LEN])
{
	uint8_t q[P256_PUB_LEN];
	br_ec_public_key pk = { BR_EC_secp256r1, q, sizeof q };

	/* 04 is the only form; that the point is on the curve is checked when
	 * it is multiplied, and refused there. */
	memcpy(q, pub, sizeof q);
	if (q[0] != 4)
		return ERR_SIGNATURE;
	if (br_ecdsa_i31_vrfy_raw(ec, digest, digest_len, &pk, sig,
				  P256_SIG_LEN) != 1)
		return ERR_SIGNATURE;
	return ERR_OK;
}

/* One DER INTEGER as 32 big-endian bytes: not negative, of minimal length. */
static void take_integer(struct rd *r, uint8_t out[static 32])
{
	uint8_t tag = rd_u8(r), n = rd_u8(r);
	struct slice v = rd_take(r, n);

	if (tag != 2 || v.len == 0 || v.ptr[0] > 0x7f ||
	    (v.len > 1 && v.ptr[0] == 0 && v.ptr[1] < 0x80)) {
		rd_fail(r, ERR_VALUE);
		return;
	}
	if (v.ptr[0] == 0)
		v = (struct slice){ v.ptr + 1, v.len - 1 };
	if (v.len > 32) {
		rd_fail(r, ERR_VALUE);
		return;
	}
	memset(out, 0, 32);
	memcpy(out + 32 - v.len, v.ptr, v.len);
}

enum err p256_signature_read(struct slice der, uint8_t out[static P256_SIG_LEN])
{
	struct rd r = rd_over(der);
	uint8_t raw[P256_SIG_LEN] = { 0 };
	uint8_t tag = rd_u8(&r), len = rd_u8(&r);

	/* At most 2 + 35 + 35 bytes: the length is always one byte. */
	if (tag != 0x30 || len != r.left)
		return ERR_SIGNATURE;
	take_integer(&r, raw);
	take_integer(&r, raw + 32);
	if (rd_end(&r) != ERR_OK)
		return ERR_SIGNATURE;
	memcpy(out, raw, sizeof raw);
	return ERR_OK;
}

enum err p256_verify_der(const uint8_t pub[static P256_PUB_LEN],
			 const void *digest, size_t digest_len,
			 struct slice sig)
{
	uint8_t raw[P256_SIG_LEN];
	enum err e = p256_signature_read(sig, raw);

	return e != ERR_OK ? e : p256_verify(pub, digest, digest_len, raw);
}
