#include "measure/lib/verify.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "measure/lib/collateral_check.h"
#include "measure/lib/ecdsa.h"
#include "measure/lib/pck.h"
#include "measure/lib/printable.h"

#define CN_PCK "Intel SGX PCK Certificate"

/* Public key of "Intel SGX Root CA", serial 22650cd65a9d3489f383b49552bf501b
 * 392706ac, valid 2018 to 2049: the whole trust in Intel. Source: the
 * certificate at
 * https://certificates.trustedservices.intel.com/Intel_SGX_Provisioning_Certification_RootCA.cer
 */
static const uint8_t intel_root_pub[P256_PUB_LEN] = {
	0x04, 0x0b, 0xa9, 0xc4, 0xc0, 0xc0, 0xc8, 0x61, 0x93, 0xa3, 0xfe,
	0x23, 0xd6, 0xb0, 0x2c, 0xda, 0x10, 0xa8, 0xbb, 0xd4, 0xe8, 0x8e,
	0x48, 0xb4, 0x45, 0x85, 0x61, 0xa3, 0x6e, 0x70, 0x55, 0x25, 0xf5,
	0x67, 0x91, 0x8e, 0x2e, 0xdc, 0x88, 0xe4, 0x0d, 0x86, 0x0b, 0xd0,
	0xcc, 0x4e, 0xe2, 0x6a, 0xac, 0xc9, 0x88, 0xe5, 0x05, 0xa9, 0x53,
	0x55, 0x8c, 0x45, 0x3f, 0x6b, 0x09, 0x04, 0xae, 0x73, 0x94
};

/* The PCK chain of one quote, and what its leaf says. */
struct chain {
	uint8_t der[3 * X509_MAX_DER];
	struct x509 cert[3];
	struct pck pck;
};

enum {
	LEAF,
	CA,
	ROOT
};

void trust_roots_init(struct trust_roots *r)
{
	*r = (struct trust_roots){ 0 };
}

enum err trust_roots_add_insecure(struct trust_roots *r, struct slice pem)
{
	uint8_t der[X509_MAX_DER];
	struct x509 root;
	enum err e;

	if (r->has_insecure)
		return ERR_STATE;
	e = x509_chain_parse(pem, 1, der, &root);
	if (e == ERR_OK)
		e = x509_signed_by(&root, root.pub);
	if (e != ERR_OK)
		return e;
	if (!root.is_ca || ct_eq(root.pub, intel_root_pub, P256_PUB_LEN))
		return ERR_VALUE;
	r->has_insecure = true;
	memcpy(r->insecure_pub, root.pub, P256_PUB_LEN);
	return ERR_OK;
}

bool trust_roots_know(const struct trust_roots *r,
		      const uint8_t pub[static P256_PUB_LEN], bool *insecure)
{
	bool intel = ct_eq(pub, intel_root_pub, P256_PUB_LEN);

	*insecure = !intel && r->has_insecure &&
		    ct_eq(pub, r->insecure_pub, P256_PUB_LEN);
	return intel || *insecure;
}

void verdict_refuse(struct verdict *v, enum reason r, const char *fmt, ...)
{
	va_list ap;

	if (v->reason != REASON_OK)
		return;
	v->reason = r;
	va_start(ap, fmt);
	vsnprintf(v->detail, sizeof v->detail, fmt, ap);
	va_end(ap);
	utf8_mend(v->detail);
}

static void refuse_signature(struct verdict *v, const char *what)
{
	verdict_refuse(v, REASON_SIGNATURE, "%s", what);
}

/* ---- 3: the root ---- */

static void check_root(const struct verifier *in, const struct chain *c,
		       struct verdict *v)
{
	bool insecure = false;

	if (trust_roots_know(in->roots, c->cert[ROOT].pub, &insecure)) {
		v->simulated = insecure;
		return;
	}
	verdict_refuse(v, REASON_ISSUER,
		       "the PCK chain's root is not Intel's, nor one that was "
		       "given by name");
}

/* ---- 4: collateral as a whole ---- */

static void check_collateral(const struct verifier *in, const struct chain *c,
			     struct verdict *v)
{
	const struct collateral *col = in->collateral;

	if (col->signatures != REASON_OK)
		verdict_refuse(v, col->signatures, "%s", col->signatures_what);
	else if (!ct_eq(col->pck_ca.root.pub, c->cert[ROOT].pub, P256_PUB_LEN))
		refuse_signature(v, "the collateral is under another root");
	else
		v->used = col->used;
}

/* ---- 5: the PCK chain ---- */

/* By itself, without collateral. */
static const char *ca_unsigned(const struct chain *c)
{
	const struct x509 *ca = &c->cert[CA], *root = &c->cert[ROOT];
	const unsigned usage = X509_KU_CERT_SIGN | X509_KU_CRL_SIGN;

	if (!ca->is_ca || (ca->key_usage & usage) != usage)
		return "the PCK CA's certificate is not a CA's";
	if (!slice_eq(ca->issuer, root->subject) ||
	    x509_signed_by(ca, root->pub) != ERR_OK)
		return "the PCK CA is not signed by the root";
	return NULL;
}

/* The quote's intermediate is the CA whose CRL the collateral holds, whose
 * certificate was authenticated with it; or another certificate of its key. */
static const char *ca_wrong(const struct verifier *in, const struct chain *c)
{
	const struct x509 *known = &in->collateral->pck_ca.cert;
	const struct x509 *ca = &c->cert[CA];
	const char *wrong;

	if (slice_eq(ca->der, known->der))
		return NULL;
	if (!slice_eq(ca->subject, known->subject) ||
	    !ct_eq(ca->pub, known->pub, P256_PUB_LEN))
		return "the PCK CRL is that of another CA";
	wrong = ca_unsigned(c);
	if (wrong != NULL)
		return wrong;
	if (crl_revokes(&in->collateral->root_crl, ca->serial))
		return "the PCK CA is revoked";
	return NULL;
}

/* The root's key is pinned; its dates count too, so its signature does. */
static const char *root_wrong(const struct verifier *in, const struct chain *c)
{
	const struct x509 *root = &c->cert[ROOT];
	const char *wrong;

	if (slice_eq(root->der, in->collateral->pck_ca.root.der))
		return NULL;
	wrong = collateral_root_wrong(root);
	if (wrong != NULL)
		return wrong;
	if (crl_revokes(&in->collateral->root_crl, root->serial))
		return "the root certificate is revoked";
	return NULL;
}

/* The Platform CA certifies platforms of several packages, which have an
 * instance id; the Processor CA the others, which have none. */
static const char *instance_wrong(const struct chain *c)
{
	bool platform = slice_is(c->cert[CA].subject_cn, PCK_PLATFORM_CA);

	if (platform && !c->pck.has_piid)
		return "the PCK certificate is by the Platform CA and has no "
		       "platform instance id";
	if (!platform && c->pck.has_piid)
		return "the PCK certificate is by the Processor CA and has a "
		       "platform instance id";
	return NULL;
}

static const char *leaf_wrong(const struct chain *c)
{
	const struct x509 *leaf = &c->cert[LEAF];

	if (!slice_is(leaf->subject_cn, CN_PCK))
		return "the leaf is not an \"" CN_PCK "\"";
	if (leaf->is_ca || (leaf->key_usage & X509_KU_SIGN) == 0)
		return "the PCK's key is not for signing";
	if (!slice_eq(leaf->issuer, c->cert[CA].subject))
		return "the PCK certificate is by another issuer";
	return instance_wrong(c);
}

static bool is_cached(const struct chain_cache *cache, const struct x509 *leaf,
		      const uint8_t issuer_pub[static P256_PUB_LEN])
{
	return cache != NULL && cache->len > 0 &&
	       slice_eq((struct slice){ cache->der, cache->len }, leaf->der) &&
	       ct_eq(cache->issuer_pub, issuer_pub, P256_PUB_LEN);
}

static void remember(struct chain_cache *cache, const struct x509 *leaf,
		     const uint8_t issuer_pub[static P256_PUB_LEN])
{
	if (cache == NULL)
		return;
	memcpy(cache->der, leaf->der.ptr, leaf->der.len);
	memcpy(cache->issuer_pub, issuer_pub, P256_PUB_LEN);
	cache->len = leaf->der.len;
}

static void check_chain(const struct verifier *in, const struct chain *c,
			struct verdict *v)
{
	const struct x509 *leaf = &c->cert[LEAF], *ca = &c->cert[CA];
	const char *wrong = root_wrong(in, c);

	if (wrong == NULL)
		wrong = ca_wrong(in, c);
	if (wrong == NULL)
		wrong = leaf_wrong(c);
	if (wrong == NULL &&
	    crl_revokes(&in->collateral->pck_crl, leaf->serial))
		wrong = "the PCK certificate is revoked";
	if (wrong == NULL && !is_cached(in->cache, leaf, ca->pub) &&
	    x509_signed_by(leaf, ca->pub) != ERR_OK)
		wrong = "the PCK certificate's signature does not verify";
	if (wrong != NULL)
		refuse_signature(v, wrong);
	else
		remember(in->cache, leaf, ca->pub);
}

/* ---- 6: dates ---- */

static void check_period(const struct collateral_period *p, int64_t now_s,
			 struct verdict *v)
{
	if (now_s < p->from_s)
		verdict_refuse(v, REASON_NOT_YET_VALID, "%s is not valid yet",
			       p->what);
	if (now_s > p->to_s)
		verdict_refuse(v, REASON_EXPIRED, "%s has expired", p->what);
}

static void check_chain_dates(const struct chain *c, int64_t now_s,
			      struct verdict *v)
{
	static const char *const name[] = {
		[LEAF] = "PCK certificate",
		[CA] = "PCK CA certificate",
		[ROOT] = "root certificate",
	};

	for (size_t i = LEAF; i <= ROOT; i++) {
		const struct x509 *x = &c->cert[i];

		check_period(
			&(struct collateral_period){ name[i], x->not_before_s,
						     x->not_after_s, false },
			now_s, v);
	}
}

static void check_dates(const struct collateral *col, const struct chain *c,
			int64_t now_s, struct verdict *v)
{
	struct collateral_period p[COLLATERAL_PERIODS];

	check_chain_dates(c, now_s, v);
	collateral_periods(col, p);
	for (size_t i = 0; i < COLLATERAL_PERIODS; i++)
		check_period(&p[i], now_s, v);
}

/* ---- 7: the quote's own signatures ---- */

static enum err verify_raw(const uint8_t pub[static P256_PUB_LEN],
			   struct slice what,
			   const uint8_t sig[static P256_SIG_LEN])
{
	uint8_t digest[SHA256_LEN];

	sha256(what, digest);
	return ecdsa_verify(pub, digest, sizeof digest, sig);
}

/* The QE vouches for the attestation key in its report's 64 bytes: SHA-256 of
 * key and authentication data, then zeros. */
static bool qe_binds_key(const struct quote *q)
{
	uint8_t want[64] = { 0 };
	br_sha256_context h;

	br_sha256_init(&h);
	br_sha256_update(&h, q->attestation_key, sizeof q->attestation_key);
	br_sha256_update(&h, q->qe_auth.ptr, q->qe_auth.len);
	br_sha256_out(&h, want);
	return ct_eq(want, q->qe_report.reportdata, sizeof want);
}

static void check_signatures(const struct quote *q, const struct chain *c,
			     struct verdict *v)
{
	uint8_t key[P256_PUB_LEN] = { 0x04 };

	memcpy(key + 1, q->attestation_key, sizeof q->attestation_key);
	if (verify_raw(c->cert[LEAF].pub, q->qe_report_raw, q->qe_signature) !=
	    ERR_OK)
		refuse_signature(v, "the QE report's signature does not "
				    "verify");
	else if (!qe_binds_key(q))
		refuse_signature(v, "the QE report does not bind the "
				    "attestation key");
	else if (verify_raw(key, q->signed_part, q->signature) != ERR_OK)
		refuse_signature(v, "the quote's signature does not verify");
}

/* ---- 8: platform, TDX module and QE ---- */

static void check_identities(const struct collateral *col,
			     const struct quote *q, const struct chain *c,
			     struct verdict *v)
{
	const struct tcb_info *info = &col->tcb_info;
	const char *what = "";

	if (memcmp(info->fmspc, c->pck.fmspc, sizeof info->fmspc) != 0)
		verdict_refuse(v, REASON_UNAVAILABLE,
			       "the TCB info is for another FMSPC");
	else if (memcmp(info->pceid, c->pck.pceid, sizeof info->pceid) != 0)
		verdict_refuse(v, REASON_UNAVAILABLE,
			       "the TCB info is for another PCE");
	else if (tcb_module_check(info, &q->body, &what) != ERR_OK ||
		 qe_identity_check(&col->qe_identity, &q->qe_report, &what) !=
			 ERR_OK)
		refuse_signature(v, what);
}

static void fill_status(const struct collateral *col, const struct quote *q,
			const struct chain *c, struct verdict *v)
{
	uint32_t a = col->tcb_info.evaluation_number;
	uint32_t b = col->qe_identity.evaluation_number;
	struct tcb_state s;

	v->authentic = true;
	v->has_status = true;
	v->tcb_evaluation_number = a < b ? a : b;
	tcb_evaluate(&col->tcb_info, &col->qe_identity, &c->pck.tcb, &q->body,
		     q->qe_report.isvsvn, &s);
	v->tcb_status = s.status;
	v->tcb_now = s.now;
	v->tcb_date_s = s.date_s;
	v->out_of_date_since_s = s.out_of_date_since_s;
	memcpy(v->tcb_part, s.part, sizeof v->tcb_part);
	v->advisories = s.advisories;
}

/* What the PCK certificate says of the platform; its root is known by now. */
static void open_pck(struct chain *c, struct verdict *v)
{
	enum err e = pck_parse(c->cert[LEAF].sgx_ext, &c->pck);

	if (e != ERR_OK) {
		verdict_refuse(v, REASON_SIGNATURE,
			       "PCK certificate's SGX extension: %s",
			       err_text(e));
		return;
	}
	v->has_platform = true;
	memcpy(v->fmspc, c->pck.fmspc, sizeof v->fmspc);
	memcpy(v->pceid, c->pck.pceid, sizeof v->pceid);
	memcpy(v->ppid, c->pck.ppid, sizeof v->ppid);
	memcpy(v->piid, c->pck.piid, sizeof v->piid);
	v->has_piid = c->pck.has_piid;
}

/* Step 3, and what the certificates say. */
static void open_chain(const struct verifier *in, const struct quote *q,
		       struct chain *c, struct verdict *v)
{
	enum err e = x509_chain_parse(q->pck_chain, 3, c->der, c->cert);

	if (e != ERR_OK)
		verdict_refuse(v, REASON_SIGNATURE, "PCK chain: %s",
			       err_text(e));
	if (v->reason == REASON_OK)
		check_root(in, c, v);
	if (v->reason == REASON_OK)
		open_pck(c, v);
}

/* Steps 3 to 8; each looks only when those before it found nothing wrong. */
static void check_authentic(const struct verifier *in, const struct quote *q,
			    int64_t now_s, struct verdict *v)
{
	struct chain c = { 0 };

	open_chain(in, q, &c, v);
	if (v->reason == REASON_OK)
		check_collateral(in, &c, v);
	if (v->reason == REASON_OK)
		check_chain(in, &c, v);
	if (v->reason == REASON_OK)
		check_dates(in->collateral, &c, now_s, v);
	if (v->reason == REASON_OK)
		check_signatures(q, &c, v);
	if (v->reason == REASON_OK)
		check_identities(in->collateral, q, &c, v);
	if (v->reason == REASON_OK)
		fill_status(in->collateral, q, &c, v);
}

/* Step 1. */
static void open_quote(enum verify_mode mode, struct slice quote, int64_t now_s,
		       struct quote *q, struct verdict *out)
{
	const char *field = "";
	enum err e = quote_parse(quote, q, &field);

	*out = (struct verdict){ .mode = mode,
				 .reason = REASON_OK,
				 .judged_s = now_s };
	if (e != ERR_OK) {
		verdict_refuse(out, REASON_QUOTE_PARSE, "%s: %s", field,
			       err_text(e));
		return;
	}
	out->parsed = true;
	out->version = q->version;
	out->body = q->body;
}

static bool is_pck_ca(const struct x509 *ca)
{
	return slice_is(ca->subject_cn, PCK_PLATFORM_CA) ||
	       slice_is(ca->subject_cn, PCK_PROCESSOR_CA);
}

void verify_origin(const struct trust_roots *roots, struct slice quote,
		   int64_t now_s, struct verdict *out)
{
	const struct verifier in = { .roots = roots };
	struct chain c = { 0 };
	const char *wrong;
	struct quote q;

	open_quote(VERIFY_AUTHENTIC_ONLY, quote, now_s, &q, out);
	if (out->reason == REASON_OK)
		open_chain(&in, &q, &c, out);
	if (out->reason != REASON_OK)
		return;
	wrong = collateral_root_wrong(&c.cert[ROOT]);
	if (wrong == NULL && !is_pck_ca(&c.cert[CA]))
		wrong = "the intermediate is no PCK CA of Intel's";
	if (wrong == NULL)
		wrong = ca_unsigned(&c);
	if (wrong == NULL)
		wrong = leaf_wrong(&c);
	if (wrong == NULL &&
	    x509_signed_by(&c.cert[LEAF], c.cert[CA].pub) != ERR_OK)
		wrong = "the PCK certificate's signature does not verify";
	if (wrong != NULL)
		refuse_signature(out, wrong);
	check_chain_dates(&c, now_s, out);
	if (out->reason == REASON_OK)
		check_signatures(&q, &c, out);
}

void verify_quote(const struct verifier *v, struct slice quote, int64_t now_s,
		  struct verdict *out)
{
	struct quote q;

	open_quote(v->mode, quote, now_s, &q, out);
	if (out->reason != REASON_OK)
		return;
	if (v->collateral == NULL) {
		verdict_refuse(out, REASON_UNAVAILABLE, "no collateral");
		return;
	}
	check_authentic(v, &q, now_s, out);
	if (out->reason == REASON_OK && v->mode != VERIFY_AUTHENTIC_ONLY)
		verify_policy(v->policy, now_s, out);
}
