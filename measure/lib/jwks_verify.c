/* jwks_verify.c - signatures of tokens, and the chains behind keys. */
#include <bearssl.h>
#include <string.h>

#include "measure/lib/ecdsa.h"
#include "measure/lib/jwks.h"
#include "measure/lib/rsa_pss.h"

enum {
	P384_SIG_LEN = 96, /* r || s */
	P384_PUB_LEN = 97
};

static bool is_zero(const uint8_t *p, size_t n)
{
	uint8_t any = 0;

	for (size_t i = 0; i < n; i++)
		any |= p[i];
	return any == 0;
}

/* BearSSL's generic code: few tokens are signed so. It finds points that are
 * not on the curve, and numbers that are not below the order. */
static enum err verify_p384(const struct jwk *k, const uint8_t *digest,
			    const struct jwt *t)
{
	uint8_t q[P384_PUB_LEN];
	br_ec_public_key pk = { BR_EC_secp384r1, q, sizeof q };

	if (t->signature_len != P384_SIG_LEN ||
	    is_zero(t->signature, P384_SIG_LEN / 2) ||
	    is_zero(t->signature + P384_SIG_LEN / 2, P384_SIG_LEN / 2))
		return ERR_SIGNATURE;
	memcpy(q, k->point, sizeof q); /* BearSSL's field is not const */
	if (br_ecdsa_i31_vrfy_raw(&br_ec_prime_i31, digest, SHA384_LEN, &pk,
				  t->signature, P384_SIG_LEN) != 1)
		return ERR_SIGNATURE;
	return ERR_OK;
}

enum err jwk_verify(const struct jwk *k, const struct jwt *t)
{
	struct slice sig = { t->signature, t->signature_len };
	enum rsa_hash h = jwt_alg_hash(t->alg);
	uint8_t digest[SHA512_LEN];

	if (jwt_alg_kind(t->alg) != k->kind || (k->has_alg && k->alg != t->alg))
		return ERR_MISMATCH;
	rsa_hash(h, t->signed_part, digest);
	if (k->kind == JWK_P384)
		return verify_p384(k, digest, t);
	if (k->kind == JWK_P256)
		return sig.len == P256_SIG_LEN
			       ? ecdsa_verify(k->point, digest, SHA256_LEN,
					      t->signature)
			       : ERR_SIGNATURE;
	if (jwt_alg_is_pss(t->alg)) /* RFC 7518 3.5: salt as long as hash */
		return rsa_pss_verify(&k->rsa, h, digest, rsa_hash_len(h), sig);
	return rsa_pkcs1_verify(&k->rsa, h, digest, sig);
}

static enum err check_dates(const struct rsa_cert *c, int64_t now_s,
			    const char **what)
{
	*what = "a certificate of the key is not valid yet";
	if (now_s < c->x.not_before_s)
		return ERR_STATE;
	*what = "a certificate of the key has expired";
	return now_s > c->x.not_after_s ? ERR_EXPIRED : ERR_OK;
}

/* below: certificates under this one that are CAs themselves. */
static enum err check_ca(const struct rsa_cert *c, size_t below,
			 const char **what)
{
	*what = "an issuer in the key's chain is no CA, or not one so high";
	return c->x.is_ca && (c->x.key_usage & X509_KU_CERT_SIGN) != 0 &&
			       (!c->x.has_path_len || below <= c->x.path_len)
		       ? ERR_OK
		       : ERR_MISMATCH;
}

static enum err check_link(const struct rsa_cert *c,
			   const struct rsa_cert *issuer, size_t below,
			   const char **what)
{
	enum err e = check_ca(issuer, below, what);

	if (e != ERR_OK)
		return e;
	*what = "a certificate of the key names another issuer";
	if (!slice_eq(c->x.issuer, issuer->x.subject))
		return ERR_MISMATCH;
	*what = "a certificate of the key is not signed by its issuer";
	return rsa_cert_signed_by(c, &issuer->key);
}

static enum err check_root(const struct rsa_cert *root, int64_t now_s,
			   const char **what)
{
	enum err e;

	*what = "the root certificate is not signed by itself";
	if (!slice_eq(root->x.issuer, root->x.subject))
		return ERR_MISMATCH;
	e = rsa_cert_signed_by(root, &root->key);
	return e == ERR_OK ? check_dates(root, now_s, what) : e;
}

enum err jwk_chain_verify(const struct jwk *k, const struct rsa_cert *root,
			  int64_t now_s, const char **what)
{
	struct rsa_cert cert[JWKS_MAX_CHAIN];
	size_t n = k->n_x5c;
	enum err e;

	*what = "the key has no certificates";
	if (n == 0)
		return ERR_MISSING;
	e = check_root(root, now_s, what);
	for (size_t i = 0; i < n && e == ERR_OK; i++) {
		*what = "a certificate of the key cannot be read";
		e = rsa_cert_parse(k->x5c[i], &cert[i]);
		if (e == ERR_OK)
			e = check_dates(&cert[i], now_s, what);
	}
	if (e != ERR_OK)
		return e;
	*what = "the key's certificate is not one for signatures";
	if (cert[0].x.is_ca || (cert[0].x.key_usage & X509_KU_SIGN) == 0)
		return ERR_MISMATCH;
	/* The root itself may end the chain; it was looked at above. */
	if (n > 1 && slice_eq(k->x5c[n - 1], root->x.der))
		n--;
	for (size_t i = 0; i + 1 < n && e == ERR_OK; i++)
		e = check_link(&cert[i], &cert[i + 1], i, what);
	if (e != ERR_OK)
		return e;
	e = check_link(&cert[n - 1], root, n - 1, what);
	if (e != ERR_OK)
		*what = "the key's chain does not end in the root given";
	return e;
}

/* Every CRL of the issuer's is looked at: one that is old and revokes is as
 * good a reason as one in force. */
static enum err check_revoked(const struct rsa_cert *c,
			      const struct rsa_cert *issuer,
			      const struct rsa_crl *crls, size_t n,
			      int64_t now_s, const char **what)
{
	enum err late = ERR_MISSING;
	bool in_force = false;

	for (size_t i = 0; i < n; i++) {
		const struct crl *l = &crls[i].c;

		if (!slice_eq(l->issuer, issuer->x.subject))
			continue;
		*what = "a CRL is not signed by an issuer in the key's chain";
		if ((issuer->x.key_usage & X509_KU_CRL_SIGN) == 0 ||
		    rsa_crl_signed_by(&crls[i], &issuer->key) != ERR_OK)
			return ERR_SIGNATURE;
		*what = "a certificate of the key is revoked";
		if (crl_revokes(l, c->x.serial))
			return ERR_REFUSED;
		if (now_s < l->this_update_s)
			late = ERR_STATE;
		else if (now_s > l->next_update_s)
			late = ERR_EXPIRED;
		else
			in_force = true;
	}
	*what = late == ERR_MISSING
			? "there is no CRL of an issuer in the key's chain"
			: "the CRL of an issuer in the key's chain is not in "
			  "force";
	return in_force ? ERR_OK : late;
}

enum err jwk_chain_revoked(const struct jwk *k, const struct rsa_cert *root,
			   const struct rsa_crl *crls, size_t n, int64_t now_s,
			   const char **what)
{
	struct rsa_cert cert, issuer;
	enum err e = ERR_OK;

	*what = "a certificate of the key cannot be read";
	for (size_t i = 0; i < k->n_x5c && e == ERR_OK; i++) {
		if (i > 0 && slice_eq(k->x5c[i], root->x.der))
			break; /* nobody revokes a root */
		issuer = *root;
		e = rsa_cert_parse(k->x5c[i], &cert);
		if (e == ERR_OK && i + 1 < k->n_x5c)
			e = rsa_cert_parse(k->x5c[i + 1], &issuer);
		if (e == ERR_OK)
			e = check_revoked(&cert, &issuer, crls, n, now_s, what);
	}
	return e;
}
