#include "measure/lib/rsa.h"

#include <string.h>

#include "measure/lib/der_read.h"

/* AlgorithmIdentifier of rsaEncryption, whose parameters are NULL. */
static const uint8_t rsa_encryption[] = { 0x30, 0x0d, 0x06, 0x09, 0x2a,
					  0x86, 0x48, 0x86, 0xf7, 0x0d,
					  0x01, 0x01, 0x01, 0x05, 0x00 };

enum {
	INFO_LEN = 19
};

/* DigestInfo up to the digest: RFC 8017 9.2, note 1. */
static const struct {
	const br_hash_class *class;
	size_t len;
	uint8_t info[INFO_LEN];
} hashes[RSA_NHASHES] = {
	[RSA_SHA256] = { &br_sha256_vtable,
			 SHA256_LEN,
			 { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48,
			   0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04,
			   0x20 } },
	[RSA_SHA384] = { &br_sha384_vtable,
			 SHA384_LEN,
			 { 0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48,
			   0x01, 0x65, 0x03, 0x04, 0x02, 0x02, 0x05, 0x00, 0x04,
			   0x30 } },
	[RSA_SHA512] = { &br_sha512_vtable,
			 SHA512_LEN,
			 { 0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48,
			   0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0x00, 0x04,
			   0x40 } },
};

const br_hash_class *rsa_hash_class(enum rsa_hash h)
{
	return hashes[h].class;
}

size_t rsa_hash_len(enum rsa_hash h)
{
	return hashes[h].len;
}

void rsa_hash(enum rsa_hash h, struct slice in, uint8_t out[static SHA512_LEN])
{
	br_hash_compat_context c;

	hashes[h].class->init(&c.vtable);
	c.vtable->update(&c.vtable, in.ptr, in.len);
	c.vtable->out(&c.vtable, out);
}

static size_t bit_length(struct slice v)
{
	size_t bits = 8 * v.len;

	for (unsigned top = v.ptr[0]; (top & 0x80) == 0; top <<= 1)
		bits--;
	return bits;
}

static bool odd_without_zeros(struct slice v)
{
	return v.len > 0 && v.ptr[0] != 0 && (v.ptr[v.len - 1] & 1) != 0;
}

enum err rsa_key_init(struct slice n, struct slice e, struct rsa_key *out)
{
	struct rsa_key k = { .n_len = n.len, .e_len = e.len };

	if (!odd_without_zeros(n) || !odd_without_zeros(e) ||
	    (e.len == 1 && e.ptr[0] == 1))
		return ERR_VALUE;
	k.bits = bit_length(n);
	if (k.bits < RSA_MIN_BITS || k.bits > RSA_MAX_BITS ||
	    e.len > sizeof k.e)
		return ERR_LIMIT;
	memcpy(k.n, n.ptr, n.len);
	memcpy(k.e, e.ptr, e.len);
	*out = k;
	return ERR_OK;
}

/* A positive INTEGER without its sign byte. */
static struct slice take_number(struct rd *r)
{
	struct slice v = der_serial(r, RSA_MAX_BYTES);

	if (v.len > 1 && v.ptr[0] == 0)
		v = (struct slice){ v.ptr + 1, v.len - 1 };
	return v;
}

enum err rsa_key_read(struct slice spki, struct rsa_key *out)
{
	struct rd whole = rd_over(spki);
	struct rd r = der_enter(&whole, DER_SEQUENCE);
	struct slice algorithm = der_element(&r, DER_SEQUENCE), n, e;
	struct rd bits, numbers;
	enum err err;

	if (r.err == ERR_OK &&
	    !slice_eq(algorithm,
		      (struct slice){ rsa_encryption, sizeof rsa_encryption }))
		return ERR_UNSUPP;
	bits = rd_over(der_bits(&r));
	numbers = der_enter(&bits, DER_SEQUENCE);
	n = take_number(&numbers);
	e = take_number(&numbers);
	der_leave(&bits, &numbers);
	der_leave(&r, &bits);
	der_leave(&whole, &r);
	err = rd_end(&whole);
	return err != ERR_OK ? err : rsa_key_init(n, e, out);
}

enum err rsa_public(const struct rsa_key *k, struct slice sig,
		    uint8_t out[static RSA_MAX_BYTES])
{
	struct rsa_key copy = *k; /* BearSSL's fields are not const */
	br_rsa_public_key pk = { copy.n, copy.n_len, copy.e, copy.e_len };
	uint8_t x[RSA_MAX_BYTES];

	if (sig.len != k->n_len)
		return ERR_SIGNATURE;
	memcpy(x, sig.ptr, sig.len);
	if (br_rsa_public_get_default()(x, sig.len, &pk) != 1)
		return ERR_SIGNATURE;
	memcpy(out, x, sig.len);
	return ERR_OK;
}

enum err rsa_pkcs1_verify(const struct rsa_key *k, enum rsa_hash h,
			  const uint8_t *digest, struct slice sig)
{
	uint8_t got[RSA_MAX_BYTES], want[RSA_MAX_BYTES];
	struct wr w = wr_over(want, k->n_len);
	size_t tail = 1 + INFO_LEN + hashes[h].len;
	enum err e = rsa_public(k, sig, got);

	if (e != ERR_OK)
		return e;
	/* 00 01 ff .. ff 00 DigestInfo: at least 170 bytes of ff. */
	wr_u8(&w, 0);
	wr_u8(&w, 1);
	while (w.err == ERR_OK && w.len + tail < k->n_len)
		wr_u8(&w, 0xff);
	wr_u8(&w, 0);
	wr_bytes(&w, (struct slice){ hashes[h].info, INFO_LEN });
	wr_bytes(&w, (struct slice){ digest, hashes[h].len });
	if (wr_end(&w) != ERR_OK || w.len != k->n_len ||
	    !ct_eq(got, want, k->n_len))
		return ERR_SIGNATURE;
	return ERR_OK;
}
