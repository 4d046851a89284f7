/* endorsement_verify.c - whether a launch endorsement is Google's. */
#include <stdarg.h>
#include <stdio.h>

#include "lib/cert.h"
#include "lib/text.h"
#include "measure/lib/endorsement.h"
#include "measure/lib/rsa_pss.h"

/* SHA-256 of Google's root certificate GCE-cc-tcb-root, serial number 1, valid
 * to 2048: of https://pki.goog/cloud_integrity/GCE-cc-tcb-root_1.crt. The
 * certificate itself comes with every endorsement. */
static const uint8_t google_root_sha256[SHA256_LEN] = {
	0xe8, 0x76, 0xbc, 0x69, 0x78, 0xbf, 0x4f, 0x3d, 0xa4, 0x45, 0xf9,
	0x8a, 0x0a, 0x82, 0x36, 0x3c, 0x8c, 0x0b, 0xae, 0x5a, 0x1f, 0xc0,
	0x33, 0xc6, 0xdf, 0x65, 0x84, 0x6a, 0x6c, 0xb0, 0xf1, 0x8c
};

/* The root may certify signers of other things. */
static const char signer_name[] = "GCE-uefi-signer";

/* From this time on the golden measurement says what it was built from;
 * Google's own verifier has the same date (2024-08-02). */
#define PROVENANCE_FROM_S INT64_C(1722556800)

__attribute__((format(printf, 3, 4))) static enum err
refuse(struct endorsement_check *c, enum err e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c->why, sizeof c->why, fmt, ap);
	va_end(ap);
	return e;
}

/* The root certificate: the one given, or the one in the endorsement. */
static enum err read_root(const struct endorsement *e, struct slice given,
			  uint8_t store[static X509_MAX_DER],
			  struct rsa_cert *root, struct endorsement_check *c)
{
	struct wr der = wr_over(store, X509_MAX_DER);
	struct slice pem = given.len > 0 ? given : e->ca_bundle;
	uint8_t digest[SHA256_LEN];
	enum err err = pem_read(pem, "CERTIFICATE", &der);

	if (err != ERR_OK)
		return refuse(c, err, "there is no root certificate in %s",
			      given.len > 0 ? "the file given"
					    : "the endorsement");
	sha256(wr_slice(&der), digest);
	c->google_root = ct_eq(digest, google_root_sha256, SHA256_LEN);
	if (given.len == 0 && !c->google_root)
		return refuse(c, ERR_MISMATCH,
			      "the root certificate in the endorsement is not "
			      "Google's");
	err = rsa_cert_parse(wr_slice(&der), root);
	if (err != ERR_OK)
		return refuse(c, err, "the root certificate: %s",
			      err_text(err));
	return ERR_OK;
}

static enum err check_root(const struct rsa_cert *root,
			   struct endorsement_check *c)
{
	if (!root->x.is_ca || (root->x.key_usage & X509_KU_CERT_SIGN) == 0 ||
	    !slice_eq(root->x.issuer, root->x.subject))
		return refuse(c, ERR_MISMATCH,
			      "the root certificate is not that of a root CA");
	if (rsa_cert_signed_by(root, &root->key) != ERR_OK)
		return refuse(
			c, ERR_SIGNATURE,
			"the root certificate's signature is not its own");
	return ERR_OK;
}

static void note_signer(const struct x509 *x, struct endorsement_check *c)
{
	struct wr w = wr_over(c->signer_serial, sizeof c->signer_serial - 1);

	wr_hex(&w, x->serial);
	c->signer_serial[w.len] = '\0';
	c->not_before_s = x->not_before_s;
	c->not_after_s = x->not_after_s;
}

static enum err check_signer(const struct rsa_cert *signer,
			     const struct rsa_cert *root,
			     struct endorsement_check *c)
{
	if (!slice_eq(signer->x.issuer, root->x.subject))
		return refuse(c, ERR_MISMATCH,
			      "the signer's certificate is of another issuer "
			      "than the root");
	if (rsa_cert_signed_by(signer, &root->key) != ERR_OK)
		return refuse(c, ERR_SIGNATURE,
			      "the root did not sign the signer's certificate");
	if (signer->x.is_ca || (signer->x.key_usage & X509_KU_SIGN) == 0 ||
	    !slice_is(signer->x.subject_cn, signer_name))
		return refuse(c, ERR_MISMATCH,
			      "the signer's certificate is not that of a "
			      "signer named %s",
			      signer_name);
	return ERR_OK;
}

static enum err check_dates(const struct x509 *x, const char *whose,
			    int64_t now_s, struct endorsement_check *c)
{
	char from[RFC3339_LEN + 1], to[RFC3339_LEN + 1];

	if (now_s >= x->not_before_s && now_s <= x->not_after_s)
		return ERR_OK;
	rfc3339_format(x->not_before_s * 1000, from);
	rfc3339_format(x->not_after_s * 1000, to);
	return refuse(c, ERR_EXPIRED, "the %s certificate is valid %s to %s",
		      whose, from, to);
}

static enum err check_chain(const struct endorsement *e, struct slice given,
			    int64_t now_s, struct rsa_cert *signer,
			    struct endorsement_check *c)
{
	uint8_t store[X509_MAX_DER];
	struct rsa_cert root;
	enum err err = read_root(e, given, store, &root, c);

	if (err == ERR_OK)
		err = check_root(&root, c);
	if (err != ERR_OK)
		return err;
	err = rsa_cert_parse(e->cert, signer);
	if (err != ERR_OK)
		return refuse(c, err, "the signer's certificate: %s",
			      err_text(err));
	note_signer(&signer->x, c);
	err = check_signer(signer, &root, c);
	if (err == ERR_OK)
		err = check_dates(&root.x, "root", now_s, c);
	if (err == ERR_OK)
		err = check_dates(&signer->x, "signer's", now_s, c);
	return err;
}

/* What the signed bytes say of themselves. */
static enum err check_golden(const struct endorsement *e, int64_t now_s,
			     struct endorsement_check *c)
{
	char made[RFC3339_LEN + 1];

	if (e->timestamp_s > now_s) {
		rfc3339_format(e->timestamp_s * 1000, made);
		return refuse(c, ERR_EXPIRED,
			      "the endorsement was made later, %s", made);
	}
	if (e->timestamp_s > PROVENANCE_FROM_S && e->cl_spec == 0 &&
	    e->commit.len == 0)
		return refuse(c, ERR_MISSING,
			      "the endorsement does not say what the firmware "
			      "was built from");
	return ERR_OK;
}

enum err endorsement_verify(const struct endorsement *e, struct slice root,
			    int64_t now_s, struct endorsement_check *out)
{
	uint8_t digest[SHA256_LEN];
	struct rsa_cert signer;
	enum err err;

	*out = (struct endorsement_check){ 0 };
	err = check_chain(e, root, now_s, &signer, out);
	if (err != ERR_OK)
		return err;
	sha256(e->golden, digest);
	err = rsa_pss_verify(&signer.key, RSA_SHA256, digest, SHA256_LEN,
			     e->signature);
	if (err != ERR_OK)
		return refuse(out, err,
			      "the signature does not fit: the endorsement was "
			      "changed, or is not by that signer");
	return check_golden(e, now_s, out);
}
