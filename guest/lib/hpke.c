#include "lib/hpke.h"

#include <string.h>

#include "lib/digest.h"

enum {
	AES_KEY_LEN = 32,
	GCM_IV_LEN = 12
};

/* suite_id of the KEM and of the whole suite, RFC 9180 4.1 and 5.1. */
static const uint8_t kem_suite[] = { 'K', 'E', 'M', 0x00, 0x20 };
static const uint8_t suite[] = { 'H',  'P',  'K',  'E',  0x00,
				 0x20, 0x00, 0x01, 0x00, 0x02 };

#define OVER(array) ((struct slice){ array, sizeof(array) })

static const br_ec_impl *const ec = &br_ec_c25519_m31;

/* ---- LabeledExtract and LabeledExpand, RFC 9180 4 ---- */

static void update(br_hmac_context *c, struct slice s)
{
	br_hmac_update(c, s.ptr, s.len);
}

static void update_label(br_hmac_context *c, struct slice suite_id,
			 const char *label)
{
	update(c, str_slice("HPKE-v1"));
	update(c, suite_id);
	update(c, str_slice(label));
}

static void labeled_extract(struct slice salt, struct slice suite_id,
			    const char *label, struct slice ikm,
			    uint8_t prk[static SHA256_LEN])
{
	br_hmac_key_context k;
	br_hmac_context c;

	br_hmac_key_init(&k, &br_sha256_vtable, salt.ptr, salt.len);
	br_hmac_init(&c, &k, 0);
	update_label(&c, suite_id, label);
	update(&c, ikm);
	br_hmac_out(&c, prk);
	wipe(&k, sizeof k);
	wipe(&c, sizeof c);
}

/* The first block of HKDF-Expand: no output here is longer than the hash. The
 * info is given in two parts. */
static void labeled_expand(const uint8_t prk[static SHA256_LEN],
			   struct slice suite_id, const char *label,
			   struct slice info1, struct slice info2, uint8_t *out,
			   uint8_t n)
{
	const uint8_t len[2] = { 0, n }, counter[1] = { 1 };
	uint8_t block[SHA256_LEN];
	br_hmac_key_context k;
	br_hmac_context c;

	br_hmac_key_init(&k, &br_sha256_vtable, prk, SHA256_LEN);
	br_hmac_init(&c, &k, 0);
	update(&c, OVER(len));
	update_label(&c, suite_id, label);
	update(&c, info1);
	update(&c, info2);
	update(&c, OVER(counter));
	br_hmac_out(&c, block);
	memcpy(out, block, n);
	wipe(block, sizeof block);
	wipe(&k, sizeof k);
	wipe(&c, sizeof c);
}

/* ---- DHKEM(X25519, HKDF-SHA256), RFC 9180 4.1 ---- */

/* RFC 7748. BearSSL 0.6 takes the scalar as it is, little-endian, and clamps a
 * copy of it. */
static void x25519(const uint8_t scalar[static HPKE_KEY_LEN],
		   uint8_t point[static HPKE_KEY_LEN])
{
	ec->mul(point, HPKE_KEY_LEN, scalar, HPKE_KEY_LEN, BR_EC_curve25519);
}

void hpke_from_private(const uint8_t priv[static HPKE_KEY_LEN],
		       struct hpke_key *out)
{
	memmove(out->priv, priv, HPKE_KEY_LEN);
	memset(out->pub, 0, HPKE_KEY_LEN);
	out->pub[0] = 9;
	x25519(out->priv, out->pub);
}

enum err hpke_generate(const br_prng_class **rng, struct hpke_key *out)
{
	static const uint8_t zero[HPKE_KEY_LEN];
	uint8_t priv[HPKE_KEY_LEN];
	bool empty;

	(*rng)->generate(rng, priv, sizeof priv);
	/* Any 32 bytes are a key; these come from a broken generator only. */
	empty = ct_eq(priv, zero, sizeof priv);
	if (!empty)
		hpke_from_private(priv, out);
	wipe(priv, sizeof priv);
	return empty ? ERR_RANDOM : ERR_OK;
}

/* ExtractAndExpand over the shared point of a key and a peer's public key.
 * ERR_VALUE: the point is zero (RFC 9180 7.1.4), so the secret would be public.
 */
static enum err shared_secret(const struct hpke_key *key,
			      const uint8_t peer[static HPKE_KEY_LEN],
			      const uint8_t enc[static HPKE_ENC_LEN],
			      const uint8_t receiver[static HPKE_KEY_LEN],
			      uint8_t out[static SHA256_LEN])
{
	static const uint8_t zero[HPKE_KEY_LEN];
	uint8_t dh[HPKE_KEY_LEN], prk[SHA256_LEN];
	struct slice none = { NULL, 0 };
	bool empty;

	memcpy(dh, peer, sizeof dh);
	x25519(key->priv, dh);
	empty = ct_eq(dh, zero, sizeof dh);
	labeled_extract(none, OVER(kem_suite), "eae_prk", OVER(dh), prk);
	labeled_expand(prk, OVER(kem_suite), "shared_secret",
		       (struct slice){ enc, HPKE_ENC_LEN },
		       (struct slice){ receiver, HPKE_KEY_LEN }, out,
		       SHA256_LEN);
	wipe(dh, sizeof dh);
	wipe(prk, sizeof prk);
	return empty ? ERR_VALUE : ERR_OK;
}

/* ---- KeySchedule in base mode, RFC 9180 5.1 ---- */

struct schedule {
	uint8_t key[AES_KEY_LEN], nonce[GCM_IV_LEN];
};

static void key_schedule(const uint8_t secret[static SHA256_LEN],
			 struct slice info, struct schedule *out)
{
	uint8_t context[1 + 2 * SHA256_LEN] = { 0 }; /* mode_base */
	uint8_t prk[SHA256_LEN];
	struct slice none = { NULL, 0 };

	labeled_extract(none, OVER(suite), "psk_id_hash", none, context + 1);
	labeled_extract(none, OVER(suite), "info_hash", info,
			context + 1 + SHA256_LEN);
	labeled_extract((struct slice){ secret, SHA256_LEN }, OVER(suite),
			"secret", none, prk);
	labeled_expand(prk, OVER(suite), "key", OVER(context), none, out->key,
		       sizeof out->key);
	labeled_expand(prk, OVER(suite), "base_nonce", OVER(context), none,
		       out->nonce, sizeof out->nonce);
	wipe(prk, sizeof prk);
}

/* The only message of a context has sequence number 0: its nonce is the base
 * nonce. data is turned into its other form, tag is what it should have. */
static void aes_gcm(const struct schedule *s, bool encrypt, struct slice aad,
		    uint8_t *data, size_t n, uint8_t tag[static HPKE_TAG_LEN])
{
	br_aes_ct64_ctr_keys aes;
	br_gcm_context gcm;

	br_aes_ct64_ctr_init(&aes, s->key, sizeof s->key);
	br_gcm_init(&gcm, &aes.vtable, br_ghash_ctmul64);
	br_gcm_reset(&gcm, s->nonce, sizeof s->nonce);
	br_gcm_aad_inject(&gcm, aad.ptr, aad.len);
	br_gcm_flip(&gcm);
	br_gcm_run(&gcm, encrypt, data, n);
	br_gcm_get_tag(&gcm, tag);
	wipe(&aes, sizeof aes);
	wipe(&gcm, sizeof gcm);
}

enum err hpke_seal(const br_prng_class **rng,
		   const uint8_t pub[static HPKE_KEY_LEN], struct slice info,
		   struct slice aad, struct slice pt,
		   uint8_t enc[static HPKE_ENC_LEN], struct wr *out)
{
	uint8_t secret[SHA256_LEN], tag[HPKE_TAG_LEN];
	struct hpke_key ephemeral;
	struct schedule s;
	enum err e;

	if (out->err != ERR_OK)
		return out->err;
	if (out->cap - out->len < HPKE_TAG_LEN ||
	    out->cap - out->len - HPKE_TAG_LEN < pt.len)
		return ERR_SPACE;
	e = hpke_generate(rng, &ephemeral);
	if (e != ERR_OK)
		return e;
	e = shared_secret(&ephemeral, pub, ephemeral.pub, pub, secret);
	if (e == ERR_OK) {
		uint8_t *data = out->buf + out->len;

		memcpy(enc, ephemeral.pub, HPKE_ENC_LEN);
		key_schedule(secret, info, &s);
		wr_bytes(out, pt);
		aes_gcm(&s, true, aad, data, pt.len, tag);
		wr_bytes(out, OVER(tag));
		wipe(&s, sizeof s);
	}
	wipe(&ephemeral, sizeof ephemeral);
	wipe(secret, sizeof secret);
	return e;
}

enum err hpke_open(const struct hpke_key *key,
		   const uint8_t enc[static HPKE_ENC_LEN], struct slice info,
		   struct slice aad, struct slice ct, struct wr *out)
{
	uint8_t secret[SHA256_LEN], tag[HPKE_TAG_LEN], *data;
	struct schedule s;
	size_t n;
	enum err e;

	if (ct.len < HPKE_TAG_LEN)
		return ERR_TRUNC;
	n = ct.len - HPKE_TAG_LEN;
	if (out->err != ERR_OK)
		return out->err;
	if (out->cap - out->len < n)
		return ERR_SPACE;
	if (shared_secret(key, enc, enc, key->pub, secret) != ERR_OK) {
		wipe(secret, sizeof secret);
		return ERR_SIGNATURE;
	}
	key_schedule(secret, info, &s);
	data = out->buf + out->len;
	wr_bytes(out, (struct slice){ ct.ptr, n });
	aes_gcm(&s, false, aad, data, n, tag);
	e = ct_eq(tag, ct.ptr + n, sizeof tag) ? ERR_OK : ERR_SIGNATURE;
	if (e != ERR_OK) {
		wipe(data, n); /* unauthenticated: nobody may see it */
		out->len -= n;
	}
	wipe(secret, sizeof secret);
	wipe(&s, sizeof s);
	return e;
}
