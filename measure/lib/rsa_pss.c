#include "measure/lib/rsa_pss.h"

enum {
	TRAILER = 0xbc
};

/* data ^= MGF1(seed). */
static void mgf1_xor(const br_hash_class *hash, struct slice seed,
		     uint8_t *data, size_t len)
{
	uint8_t block[SHA512_LEN];
	size_t used = seed.len; /* of block, whose size is the seed's */
	uint32_t counter = 0;

	for (size_t i = 0; i < len; i++) {
		if (used == seed.len) {
			uint8_t be[4] = { (uint8_t)(counter >> 24),
					  (uint8_t)(counter >> 16),
					  (uint8_t)(counter >> 8),
					  (uint8_t)counter };
			br_hash_compat_context c;

			hash->init(&c.vtable);
			hash->update(&c.vtable, seed.ptr, seed.len);
			hash->update(&c.vtable, be, sizeof be);
			hash->out(&c.vtable, block);
			counter++;
			used = 0;
		}
		data[i] ^= block[used++];
	}
}

/* Step 12 and 13: H' = Hash(eight zeros || digest || salt). */
static void hash_m_prime(const br_hash_class *hash, struct slice digest,
			 struct slice salt, uint8_t out[static SHA512_LEN])
{
	static const uint8_t zero[8];
	br_hash_compat_context c;

	hash->init(&c.vtable);
	hash->update(&c.vtable, zero, sizeof zero);
	hash->update(&c.vtable, digest.ptr, digest.len);
	hash->update(&c.vtable, salt.ptr, salt.len);
	hash->out(&c.vtable, out);
}

/* EMSA-PSS-VERIFY (9.1.2) of em, whose first `spare` bits lie outside emBits.
 * Unmasks em where it is. */
static bool em_is_right(uint8_t *em, size_t em_len, unsigned spare,
			enum rsa_hash h, const uint8_t *digest, size_t salt_len)
{
	const br_hash_class *hash = rsa_hash_class(h);
	size_t h_len = rsa_hash_len(h), db_len, pad;
	uint8_t spare_bits = (uint8_t)(0xff00u >> spare);
	uint8_t want[SHA512_LEN];
	struct slice got;

	if (em_len < h_len + 2 || em_len - h_len - 2 < salt_len ||
	    em[em_len - 1] != TRAILER || (em[0] & spare_bits) != 0)
		return false;
	db_len = em_len - h_len - 1;
	pad = db_len - salt_len - 1;
	got = (struct slice){ em + db_len, h_len };
	mgf1_xor(hash, got, em, db_len);
	em[0] &= (uint8_t)~spare_bits;
	for (size_t i = 0; i < pad; i++)
		if (em[i] != 0)
			return false;
	if (em[pad] != 1)
		return false;
	hash_m_prime(hash, (struct slice){ digest, h_len },
		     (struct slice){ em + pad + 1, salt_len }, want);
	return ct_eq(got.ptr, want, h_len);
}

enum err rsa_pss_verify(const struct rsa_key *k, enum rsa_hash h,
			const uint8_t *digest, size_t salt_len,
			struct slice sig)
{
	uint8_t em[RSA_MAX_BYTES];
	size_t em_bits = k->bits - 1, em_len = (em_bits + 7) / 8;
	size_t lead = k->n_len - em_len; /* 1 when emBits is a multiple of 8 */
	enum err e = rsa_public(k, sig, em);

	if (e != ERR_OK)
		return e;
	if ((lead == 1 && em[0] != 0) ||
	    !em_is_right(em + lead, em_len, (unsigned)(8 * em_len - em_bits), h,
			 digest, salt_len))
		return ERR_SIGNATURE;
	return ERR_OK;
}
