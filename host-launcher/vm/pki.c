#include "host-launcher/vm/pki.h"

#include "host-launcher/vm/pki_parts.h"
#include "lib/cert.h"
#include "measure/lib/collateral_write.h"

enum {
	CERT_CAP = 1200,
	CRL_CAP = 1024,
	TCB_INFO_CAP = 4096,
	DAY_S = 24 * 3600,
};

static const int64_t lifetime_s = INT64_C(20) * 365 * DAY_S;
static const int64_t earliest_s = INT64_C(365) * DAY_S;
static const int64_t latest_s = INT64_C(13569465600); /* 2400-01-01 */

/* DER of one certificate. */
struct der_cert {
	uint8_t mem[CERT_CAP];
	struct slice der;
};

enum err pki_generate(const br_prng_class **rng, struct pki_keys *out)
{
	struct pki_keys k;
	struct p256_key *const all[] = { &k.root, &k.platform, &k.pck, &k.tcb,
					 &k.attestation };
	enum err e = ERR_OK;

	for (size_t i = 0; i < sizeof all / sizeof all[0] && e == ERR_OK; i++)
		e = p256_generate(rng, all[i]);
	if (e == ERR_OK)
		*out = k;
	wipe(&k, sizeof k);
	return e;
}

/* Fills in what is the same for all of them and writes the certificate. The
 * serial number follows from the key, so it repeats only with it. */
static enum err issue(struct cert_spec *s, const struct p256_key *subject,
		      int64_t created_s, struct der_cert *out)
{
	struct wr w = wr_over(out->mem, sizeof out->mem);
	uint8_t digest[SHA256_LEN];
	enum err e;

	sha256((struct slice){ subject->pub, sizeof subject->pub }, digest);
	for (size_t i = 0; i < sizeof s->serial; i++)
		s->serial[i] = digest[i];
	s->serial[0] = (uint8_t)((s->serial[0] & 0x3f) | 0x40);
	s->org = PKI_ORG;
	s->subject_pub = subject->pub;
	s->not_before = created_s - DAY_S;
	s->not_after = created_s + lifetime_s;
	e = cert_write(s, &w);
	if (e == ERR_OK)
		out->der = wr_slice(&w);
	return e;
}

struct certs {
	struct der_cert root, platform, pck, tcb;
};

static enum err issue_all(const struct pki_keys *k, int64_t created_s,
			  struct certs *out)
{
	uint8_t ext_mem[CERT_CAP];
	struct wr ext = wr_over(ext_mem, sizeof ext_mem);
	struct cert_spec root = { .subject_cn = PKI_ROOT_CN,
				  .issuer_cn = PKI_ROOT_CN,
				  .signer = &k->root,
				  .is_ca = true,
				  .path_len = 1 };
	struct cert_spec platform = { .subject_cn = PKI_PLATFORM_CN,
				      .issuer_cn = PKI_ROOT_CN,
				      .signer = &k->root,
				      .is_ca = true };
	struct cert_spec tcb = { .subject_cn = PKI_TCB_CN,
				 .issuer_cn = PKI_ROOT_CN,
				 .signer = &k->root };
	struct cert_spec pck = { .subject_cn = PKI_PCK_CN,
				 .issuer_cn = PKI_PLATFORM_CN,
				 .signer = &k->platform };
	enum err e = issue(&root, &k->root, created_s, &out->root);

	if (e == ERR_OK)
		e = issue(&platform, &k->platform, created_s, &out->platform);
	if (e == ERR_OK)
		e = issue(&tcb, &k->tcb, created_s, &out->tcb);
	pki_sgx_extension(&ext);
	if (e == ERR_OK)
		e = wr_end(&ext);
	pck.extra = wr_slice(&ext);
	if (e == ERR_OK)
		e = issue(&pck, &k->pck, created_s, &out->pck);
	return e;
}

/* The CRL of one CA. revoke: NULL, or the certificate that it names. */
static enum err issue_crl(const struct der_cert *ca,
			  const struct p256_key *signer,
			  const struct pki_spec *spec,
			  const struct der_cert *revoke, struct wr *out)
{
	struct crl_spec s = { .signer = signer,
			      .this_update_s = spec->issued_s,
			      .next_update_s = spec->issued_s + spec->valid_s,
			      .number = 1 };
	struct x509 issuer, subject;
	enum err e = x509_parse(ca->der, &issuer);

	if (e == ERR_OK && revoke != NULL) {
		e = x509_parse(revoke->der, &subject);
		if (e == ERR_OK)
			s.revoked = subject.serial;
	}
	if (e != ERR_OK)
		return e;
	s.issuer = issuer.subject;
	return pki_crl(&s, out);
}

static enum err sign_text(const struct p256_key *k, const struct wr *text,
			  uint8_t sig[static P256_SIG_LEN])
{
	uint8_t digest[SHA256_LEN];
	enum err e = wr_end(text);

	if (e != ERR_OK)
		return e;
	sha256(wr_slice(text), digest);
	return p256_sign(k, &br_sha256_vtable, digest, sig);
}

/* Certificates one after another in PEM. */
static struct slice chain(struct wr *w, const struct der_cert *const *certs,
			  size_t n)
{
	size_t at = w->len;

	for (size_t i = 0; i < n; i++)
		pem_write(w, "CERTIFICATE", certs[i]->der);
	return (struct slice){ w->buf + at, w->len - at };
}

static enum err issue_bundle(const struct pki_keys *keys,
			     const struct pki_spec *spec, const struct certs *c,
			     struct wr *out)
{
	const struct der_cert *const tcb_chain[] = { &c->tcb, &c->root };
	const struct der_cert *const ca_chain[] = { &c->platform, &c->root };
	uint8_t info_mem[TCB_INFO_CAP], qe_mem[TCB_INFO_CAP];
	uint8_t crl_mem[2][CRL_CAP], pem_mem[PKI_PEM_CAP];
	struct wr info = wr_over(info_mem, sizeof info_mem);
	struct wr qe = wr_over(qe_mem, sizeof qe_mem);
	struct wr pck_crl = wr_over(crl_mem[0], CRL_CAP);
	struct wr root_crl = wr_over(crl_mem[1], CRL_CAP);
	struct wr pem = wr_over(pem_mem, sizeof pem_mem);
	struct collateral_parts p;
	enum err e;

	pki_tcb_info(spec, &info);
	pki_qe_identity(spec, &qe);
	p.tcb_info_chain = p.qe_identity_chain = chain(&pem, tcb_chain, 2);
	p.pck_crl_chain = chain(&pem, ca_chain, 2);
	e = wr_end(&pem);
	if (e == ERR_OK)
		e = sign_text(&keys->tcb, &info, p.tcb_info_sig);
	if (e == ERR_OK)
		e = sign_text(&keys->tcb, &qe, p.qe_identity_sig);
	if (e == ERR_OK)
		e = issue_crl(&c->platform, &keys->platform, spec,
			      spec->revoke_pck ? &c->pck : NULL, &pck_crl);
	if (e == ERR_OK)
		e = issue_crl(&c->root, &keys->root, spec, NULL, &root_crl);
	p.tcb_info = wr_slice(&info);
	p.qe_identity = wr_slice(&qe);
	p.pck_crl = wr_slice(&pck_crl);
	p.root_crl = wr_slice(&root_crl);
	return e != ERR_OK ? e : collateral_write(out, &p);
}

enum err pki_issue(const struct pki_keys *keys, const struct pki_spec *spec,
		   struct pki *out)
{
	static const size_t whole_chain = 3;
	struct wr root = wr_over(out->root_pem, sizeof out->root_pem);
	struct wr pck = wr_over(out->pck_chain_pem, sizeof out->pck_chain_pem);
	struct wr bundle = wr_over(out->bundle, sizeof out->bundle);
	struct certs c;
	const struct der_cert *const all[] = { &c.pck, &c.platform, &c.root };
	enum err e;

	if (spec->created_s < earliest_s || spec->created_s > latest_s ||
	    spec->issued_s < earliest_s || spec->issued_s > latest_s ||
	    spec->valid_s <= 0 || spec->valid_s > lifetime_s)
		return ERR_VALUE;
	e = issue_all(keys, spec->created_s, &c);
	if (e == ERR_OK)
		e = issue_bundle(keys, spec, &c, &bundle);
	if (e != ERR_OK)
		return e;
	out->root = chain(&root, all + 2, 1);
	out->pck_chain = chain(&pck, all, whole_chain);
	out->collateral = wr_slice(&bundle);
	e = wr_end(&root);
	return e != ERR_OK ? e : wr_end(&pck);
}
