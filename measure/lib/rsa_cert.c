#include "measure/lib/rsa_cert.h"

#include <string.h>

#include "measure/lib/rsa_pss.h"

enum {
	PSS_LEN = 67,
	PKCS1_LEN = 15,
};

/* RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt of 32 (RFC 4055 3.1).
 * The other hashes differ in the last byte of two OIDs and in the salt. */
static const uint8_t pss_sha256[PSS_LEN] = {
	0x30, 0x41, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01,
	0x0a, 0x30, 0x34, 0xa0, 0x0f, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48,
	0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0xa1, 0x1c, 0x30, 0x1a,
	0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08, 0x30,
	0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01,
	0x05, 0x00, 0xa2, 0x03, 0x02, 0x01, 0x20
};

/* sha256WithRSAEncryption (RFC 4055 5), and the last byte of the OID. */
static const uint8_t pkcs1_sha256[PKCS1_LEN] = { 0x30, 0x0d, 0x06, 0x09, 0x2a,
						 0x86, 0x48, 0x86, 0xf7, 0x0d,
						 0x01, 0x01, 0x0b, 0x05, 0x00 };

enum {
	PSS_HASH = 29, /* offsets of what differs */
	PSS_MGF_HASH = 59,
	PSS_SALT = 66,
	PKCS1_OID = 12,
};

static struct slice scheme_der(struct rsa_scheme s, uint8_t out[static PSS_LEN])
{
	if (!s.pss) {
		memcpy(out, pkcs1_sha256, PKCS1_LEN);
		out[PKCS1_OID] = (uint8_t)(out[PKCS1_OID] + s.hash);
		return (struct slice){ out, PKCS1_LEN };
	}
	memcpy(out, pss_sha256, PSS_LEN);
	out[PSS_HASH] = (uint8_t)(out[PSS_HASH] + s.hash);
	out[PSS_MGF_HASH] = (uint8_t)(out[PSS_MGF_HASH] + s.hash);
	out[PSS_SALT] = (uint8_t)rsa_hash_len(s.hash);
	return (struct slice){ out, PSS_LEN };
}

static enum err scheme_of(struct slice algorithm, struct rsa_scheme *out)
{
	uint8_t der[PSS_LEN];

	for (int i = 0; i < 2 * RSA_NHASHES; i++) {
		struct rsa_scheme s = { i >= RSA_NHASHES,
					(enum rsa_hash)(i % RSA_NHASHES) };

		if (slice_eq(algorithm, scheme_der(s, der))) {
			*out = s;
			return ERR_OK;
		}
	}
	return ERR_UNSUPP;
}

enum err rsa_cert_parse(struct slice der, struct rsa_cert *out)
{
	struct rsa_cert c = { 0 };
	enum err e = x509_read(der, &c.x);

	if (e == ERR_OK)
		e = scheme_of(c.x.algorithm, &c.scheme);
	if (e == ERR_OK)
		e = rsa_key_read(c.x.spki, &c.key);
	if (e == ERR_OK)
		*out = c;
	return e;
}

static enum err signed_by(struct rsa_scheme by, struct slice tbs,
			  struct slice signature, const struct rsa_key *issuer)
{
	uint8_t digest[SHA512_LEN];

	rsa_hash(by.hash, tbs, digest);
	if (!by.pss)
		return rsa_pkcs1_verify(issuer, by.hash, digest, signature);
	return rsa_pss_verify(issuer, by.hash, digest, rsa_hash_len(by.hash),
			      signature);
}

enum err rsa_cert_signed_by(const struct rsa_cert *c,
			    const struct rsa_key *issuer)
{
	return signed_by(c->scheme, c->x.tbs, c->x.signature, issuer);
}

enum err rsa_crl_parse(struct slice der, struct rsa_crl *out)
{
	struct rsa_crl c;
	enum err e = crl_read(der, &c.c);

	if (e == ERR_OK)
		e = scheme_of(c.c.algorithm, &c.scheme);
	if (e == ERR_OK)
		*out = c;
	return e;
}

enum err rsa_crl_signed_by(const struct rsa_crl *c,
			   const struct rsa_key *issuer)
{
	return signed_by(c->scheme, c->c.tbs, c->c.signature, issuer);
}
