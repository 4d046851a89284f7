#include "measure/lib/collateral.h"

#include <string.h>

#include "lib/digest.h"
#include "lib/text.h"
#include "measure/lib/ecdsa.h"
#include "measure/lib/pck.h"

#define CN_TCB_SIGNING "Intel SGX TCB Signing"

/* A walk over the bundle: the first error sticks, with the member's name. */
struct walk {
	struct arena *a;
	struct json v;
	enum err err;
	const char *what;
};

static void fail(struct walk *w, enum err e, const char *what)
{
	if (w->err == ERR_OK && e != ERR_OK) {
		w->err = e;
		w->what = what;
	}
}

static struct slice get_text(struct walk *w, const char *key)
{
	struct slice s = { NULL, 0 };

	if (w->err == ERR_OK)
		fail(w, json_str(w->v, key, &s), key);
	return s;
}

static void get_signature(struct walk *w, const char *key,
			  uint8_t out[static P256_SIG_LEN])
{
	struct slice s = get_text(w, key);

	if (w->err == ERR_OK)
		fail(w, hex_decode(s, out, P256_SIG_LEN), key);
}

static void get_issuer(struct walk *w, const char *key, struct issuer *out)
{
	struct slice pem = get_text(w, key);
	struct x509 chain[2];
	uint8_t *store = arena_alloc(w->a, 2 * (size_t)X509_MAX_DER);

	if (store == NULL)
		fail(w, ERR_SPACE, key);
	if (w->err != ERR_OK)
		return;
	fail(w, x509_chain_parse(pem, 2, store, chain), key);
	if (w->err == ERR_OK)
		*out = (struct issuer){ chain[0], chain[1] };
}

static void get_crl(struct walk *w, const char *key, struct crl *out)
{
	struct slice hex = get_text(w, key);
	size_t n = hex.len / 2;
	uint8_t *der = arena_alloc(w->a, n);

	if (der == NULL)
		fail(w, ERR_SPACE, key);
	if (w->err == ERR_OK)
		fail(w, hex_decode(hex, der, n), key);
	if (w->err == ERR_OK)
		fail(w, crl_parse((struct slice){ der, n }, out), key);
}

/* Reads the outer object and refuses members that are not known. */
static void open_bundle(struct walk *w, struct slice in)
{
	static const char *const known[] = { "tcb_info",
					     "tcb_info_signature",
					     "tcb_info_issuer_chain",
					     "qe_identity",
					     "qe_identity_signature",
					     "qe_identity_issuer_chain",
					     "pck_crl",
					     "pck_crl_issuer_chain",
					     "root_ca_crl",
					     "pck_certificate_chain",
					     NULL };
	const char *which = NULL;

	if (in.len > COLLATERAL_MAX_BYTES)
		fail(w, ERR_LIMIT, "");
	if (w->err == ERR_OK)
		fail(w, json_parse(w->a, in, &w->v), "");
	if (w->err == ERR_OK && !json_is_object(w->v))
		fail(w, ERR_VALUE, "");
	if (w->err == ERR_OK)
		fail(w, json_only(w->v, known, &which), "an unknown member");
}

enum err collateral_parse(struct arena *a, struct slice in,
			  struct collateral *out, const char **what)
{
	struct walk w = { .a = a, .err = ERR_OK, .what = "" };
	struct collateral c = { .signatures = REASON_INTERNAL,
				.signatures_what = "not checked" };
	const char *member = "";

	open_bundle(&w, in);
	c.tcb_info_text = get_text(&w, "tcb_info");
	c.qe_identity_text = get_text(&w, "qe_identity");
	get_signature(&w, "tcb_info_signature", c.tcb_info_sig);
	get_signature(&w, "qe_identity_signature", c.qe_identity_sig);
	get_issuer(&w, "tcb_info_issuer_chain", &c.tcb_issuer);
	get_issuer(&w, "qe_identity_issuer_chain", &c.qe_issuer);
	get_issuer(&w, "pck_crl_issuer_chain", &c.pck_ca);
	get_crl(&w, "pck_crl", &c.pck_crl);
	get_crl(&w, "root_ca_crl", &c.root_crl);
	if (w.err == ERR_OK)
		fail(&w,
		     tcb_info_parse(a, c.tcb_info_text, &c.tcb_info, &member),
		     "tcb_info");
	if (w.err == ERR_OK)
		fail(&w,
		     qe_identity_parse(a, c.qe_identity_text, &c.qe_identity,
				       &member),
		     "qe_identity");
	if (w.err != ERR_OK) {
		*what = w.what;
		return w.err;
	}
	*out = c;
	return ERR_OK;
}

const char *collateral_root_wrong(const struct x509 *root)
{
	const unsigned usage = X509_KU_CERT_SIGN | X509_KU_CRL_SIGN;

	if (!root->is_ca || (root->key_usage & usage) != usage ||
	    (root->has_path_len && root->path_len < 1))
		return "the root certificate is not a CA's";
	if (!slice_eq(root->issuer, root->subject) ||
	    x509_signed_by(root, root->pub) != ERR_OK)
		return "the root certificate is not self-signed";
	return NULL;
}

/* cert stands directly under the root and is not revoked. */
static const char *under_root_wrong(const struct collateral *c,
				    const struct x509 *cert)
{
	const struct x509 *root = &c->pck_ca.root;

	if (!slice_eq(cert->issuer, root->subject) ||
	    x509_signed_by(cert, root->pub) != ERR_OK)
		return "collateral: an issuer is not signed by the root";
	if (crl_revokes(&c->root_crl, cert->serial))
		return "collateral: an issuer is revoked";
	return NULL;
}

static const char *signer_wrong(const struct collateral *c,
				const struct issuer *signer)
{
	const struct x509 *s = &signer->cert;

	/* TCB info and QE identity usually have the same signer. */
	if (signer != &c->tcb_issuer &&
	    slice_eq(s->der, c->tcb_issuer.cert.der))
		return NULL;
	if (!slice_is(s->subject_cn, CN_TCB_SIGNING))
		return "collateral: the signer is not \"" CN_TCB_SIGNING "\"";
	if (s->is_ca || (s->key_usage & X509_KU_SIGN) == 0)
		return "collateral: the signer's key is not for signing";
	return under_root_wrong(c, s);
}

static const char *crl_wrong(const struct crl *crl, const struct x509 *ca)
{
	if (!slice_eq(crl->issuer, ca->subject))
		return "collateral: a CRL is by another issuer";
	if (crl_signed_by(crl, ca->pub) != ERR_OK)
		return "collateral: a CRL's signature does not verify";
	return NULL;
}

static const char *text_wrong(const uint8_t digest[static SHA256_LEN],
			      const uint8_t sig[static P256_SIG_LEN],
			      const struct x509 *signer)
{
	if (ecdsa_verify(signer->pub, digest, SHA256_LEN, sig) != ERR_OK)
		return "collateral: the signature of TCB info or QE identity "
		       "does not verify";
	return NULL;
}

/* A root that takes itself back is not to be built on, key pinned or not. */
static const char *root_revoked(const struct collateral *c)
{
	if (crl_revokes(&c->root_crl, c->pck_ca.root.serial))
		return "collateral: the root revokes itself";
	return NULL;
}

static const char *pck_ca_wrong(const struct collateral *c)
{
	const unsigned usage = X509_KU_CERT_SIGN | X509_KU_CRL_SIGN;
	const struct x509 *ca = &c->pck_ca.cert;

	if (!slice_is(ca->subject_cn, PCK_PLATFORM_CA) &&
	    !slice_is(ca->subject_cn, PCK_PROCESSOR_CA))
		return "collateral: the PCK CRL's issuer is not a PCK CA";
	if (!ca->is_ca || (ca->key_usage & usage) != usage)
		return "collateral: the PCK CA is not a CA";
	return under_root_wrong(c, ca);
}

/* All three chains end at one root, byte for byte the same certificate: so one
 * check of its signature and dates is enough. */
static const char *roots_differ(const struct collateral *c)
{
	struct slice root = c->pck_ca.root.der;

	if (!slice_eq(root, c->tcb_issuer.root.der) ||
	    !slice_eq(root, c->qe_issuer.root.der))
		return "collateral: more than one root";
	return NULL;
}

static struct collateral_item item_of(struct slice bytes, int64_t issued_s,
				      int64_t next_update_s)
{
	struct collateral_item i = { .issued_s = issued_s,
				     .next_update_s = next_update_s };

	sha256(bytes, i.sha256);
	return i;
}

/* The digests of TCB info and QE identity are those that are signed. */
static void fill_used(struct collateral *c)
{
	struct collateral_used *u = &c->used;

	u->known = true;
	u->tcb_info = item_of(c->tcb_info_text, c->tcb_info.issued_s,
			      c->tcb_info.next_update_s);
	u->qe_identity = item_of(c->qe_identity_text, c->qe_identity.issued_s,
				 c->qe_identity.next_update_s);
	u->pck_crl = item_of(c->pck_crl.der, c->pck_crl.this_update_s,
			     c->pck_crl.next_update_s);
	u->root_crl = item_of(c->root_crl.der, c->root_crl.this_update_s,
			      c->root_crl.next_update_s);
	u->tcb_info_number = c->tcb_info.evaluation_number;
	u->qe_identity_number = c->qe_identity.evaluation_number;
	sha256(c->tcb_issuer.cert.der, u->tcb_signer_sha256);
	sha256(c->qe_issuer.cert.der, u->qe_signer_sha256);
	sha256(c->pck_ca.cert.der, u->pck_ca_sha256);
	sha256(c->pck_ca.root.der, u->root_sha256);
}

void collateral_authenticate(struct collateral *c)
{
	const char *wrong = roots_differ(c);

	fill_used(c);
	if (wrong == NULL)
		wrong = collateral_root_wrong(&c->pck_ca.root);
	if (wrong == NULL)
		wrong = crl_wrong(&c->root_crl, &c->pck_ca.root);
	if (wrong == NULL)
		wrong = root_revoked(c);
	if (wrong == NULL)
		wrong = pck_ca_wrong(c);
	if (wrong == NULL)
		wrong = signer_wrong(c, &c->tcb_issuer);
	if (wrong == NULL)
		wrong = signer_wrong(c, &c->qe_issuer);
	if (wrong == NULL)
		wrong = crl_wrong(&c->pck_crl, &c->pck_ca.cert);
	if (wrong == NULL)
		wrong = text_wrong(c->used.tcb_info.sha256, c->tcb_info_sig,
				   &c->tcb_issuer.cert);
	if (wrong == NULL)
		wrong = text_wrong(c->used.qe_identity.sha256,
				   c->qe_identity_sig, &c->qe_issuer.cert);
	c->signatures = wrong == NULL ? REASON_OK : REASON_SIGNATURE;
	c->signatures_what = wrong == NULL ? "" : wrong;
}
