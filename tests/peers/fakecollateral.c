#include "lib/der.h"
#include "lib/digest.h"
#include "lib/json.h"
#include "lib/text.h"
#include "tests/peers/fakeparts.h"

/* ---- certificates and CRLs ---- */

static void put_sgx_oid(struct wr *w, uint8_t a, uint8_t b)
{
	uint8_t oid[] = { 0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d,
			  0x01, 0x0d, 0x01, a,    b };

	der_put(w, DER_OID,
		(struct slice){ oid, sizeof oid - (a == 0) - (b == 0) });
}

static void put_octets(struct wr *w, uint8_t id, const uint8_t *p, size_t n)
{
	size_t e = der_open(w, DER_SEQUENCE);

	put_sgx_oid(w, id, 0);
	der_put(w, DER_OCTET_STRING, (struct slice){ p, n });
	der_close(w, e);
}

static void put_component(struct wr *w, uint8_t id, uint8_t svn)
{
	size_t e = der_open(w, DER_SEQUENCE);

	put_sgx_oid(w, 2, id);
	der_put_small(w, svn);
	der_close(w, e);
}

static void put_tcb(struct wr *w, const struct fake *f)
{
	size_t e = der_open(w, DER_SEQUENCE), list, last;

	put_sgx_oid(w, 2, 0);
	list = der_open(w, DER_SEQUENCE);
	for (uint8_t i = 0; i < 16; i++)
		put_component(w, (uint8_t)(i + 1), f->sgx[i]);
	put_component(w, 17, (uint8_t)f->pcesvn);
	last = der_open(w, DER_SEQUENCE);
	put_sgx_oid(w, 2, 18);
	der_put(w, DER_OCTET_STRING, (struct slice){ f->sgx, 16 });
	der_close(w, last);
	der_close(w, list);
	der_close(w, e);
}

/* What the Platform CA adds: instance id and configuration. */
static void put_instance(struct wr *w, const struct fake *f)
{
	static const uint8_t yes = 0xff;
	size_t entry, config;

	put_octets(w, 6, f->piid, sizeof f->piid);
	entry = der_open(w, DER_SEQUENCE);
	put_sgx_oid(w, 7, 0);
	config = der_open(w, DER_SEQUENCE);
	for (uint8_t i = 1; i <= 3; i++) {
		size_t flag = der_open(w, DER_SEQUENCE);

		put_sgx_oid(w, 7, i);
		der_put(w, DER_BOOLEAN, (struct slice){ &yes, 1 });
		der_close(w, flag);
	}
	der_close(w, config);
	der_close(w, entry);
}

static void put_sgx_ext(struct wr *w, const struct fake *f)
{
	static const uint8_t standard = 0;
	size_t ext = der_open(w, DER_SEQUENCE), value, list, type;

	put_sgx_oid(w, 0, 0);
	value = der_open(w, DER_OCTET_STRING);
	list = der_open(w, DER_SEQUENCE);
	put_octets(w, 1, f->ppid, sizeof f->ppid);
	put_tcb(w, f);
	put_octets(w, 3, f->pceid, sizeof f->pceid);
	put_octets(w, 4, f->fmspc, sizeof f->fmspc);
	type = der_open(w, DER_SEQUENCE);
	put_sgx_oid(w, 5, 0);
	der_put(w, DER_ENUMERATED, (struct slice){ &standard, 1 });
	der_close(w, type);
	if (!f->no_instance)
		put_instance(w, f);
	der_close(w, list);
	der_close(w, value);
	der_close(w, ext);
}

static enum fake_part part_of(const struct fake *f, const struct fake_cert *c)
{
	if (c == &f->pck_cert)
		return FAKE_PCK_CERT;
	if (c == &f->ca_cert)
		return FAKE_CA_CERT;
	if (c == &f->tcb_cert)
		return FAKE_TCB_CERT;
	return c == &f->root_cert ? FAKE_ROOT_CERT : FAKE_NO_PART;
}

/* Signs the certificate anew, its signed part changed. */
static void change_signed(struct wr *der, const struct fake *f,
			  const struct p256_key *signer)
{
	uint8_t tbs[sizeof f->cert_der];
	struct wr w = wr_over(tbs, sizeof tbs);
	struct rd whole = rd_over(wr_slice(der));
	struct rd in = rd_over(der_take(&whole, DER_SEQUENCE));
	size_t open = der_open(&w, DER_SEQUENCE), at;

	wr_bytes(&w, der_take(&in, DER_SEQUENCE));
	der_close(&w, open);
	fake_change(&w, 0, f->edit);
	der->len = 0;
	open = der_open(der, DER_SEQUENCE);
	at = der->len;
	wr_bytes(der, wr_slice(&w));
	cert_sign(der, at, signer);
	der_close(der, open);
}

void fake_put_cert(struct wr *pem, struct fake *f, const struct fake_cert *c,
		   enum fake_place place)
{
	uint8_t ext[sizeof f->cert_der];
	struct wr w = wr_over(ext, sizeof ext);
	struct wr der = wr_over(f->cert_der, sizeof f->cert_der);
	struct cert_spec spec = {
		.subject_cn = c->cn,
		.issuer_cn = c->issuer_cn,
		.subject_pub = c->key->pub,
		.signer = c->signer,
		.not_before = c->from_s,
		.not_after = c->to_s,
		.serial = { c->serial, 1 },
		.is_ca = c->is_ca,
		.path_len = c->key == &f->root ? 1 : 0,
	};

	if (c == &f->pck_cert && !f->no_sgx_ext)
		put_sgx_ext(&w, f);
	spec.extra = wr_slice(&w);
	fake_must(cert_write(&spec, &der) == ERR_OK, "certificate");
	if (fake_edits(f, part_of(f, c), FAKE_BEFORE, place))
		change_signed(&der, f, c->signer);
	if (fake_edits(f, part_of(f, c), FAKE_AFTER, place))
		fake_change(&der, 0, f->edit);
	fake_must(wr_end(&der) == ERR_OK, "certificate");
	f->cert_der_len = der.len;
	pem_write(pem, "CERTIFICATE", wr_slice(&der));
}

static void put_cn(struct wr *w, const char *cn)
{
	static const uint8_t oid[] = { 0x55, 0x04, 0x03 };
	size_t name = der_open(w, DER_SEQUENCE), set = der_open(w, DER_SET);
	size_t attr = der_open(w, DER_SEQUENCE);

	der_put(w, DER_OID, (struct slice){ oid, sizeof oid });
	der_put(w, DER_UTF8, str_slice(cn));
	der_close(w, attr);
	der_close(w, set);
	der_close(w, name);
}

static size_t put_crl(const struct fake *f, enum fake_part part,
		      const struct fake_crl *c, uint8_t *out, size_t cap)
{
	static const uint8_t ecdsa[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
					 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02 };
	uint8_t serial[16] = { c->revoked, 1 };
	struct wr w = wr_over(out, cap);
	size_t whole = der_open(&w, DER_SEQUENCE), at = w.len;
	size_t tbs = der_open(&w, DER_SEQUENCE);

	der_put_small(&w, 1);
	wr_bytes(&w, (struct slice){ ecdsa, sizeof ecdsa });
	put_cn(&w, c->issuer_cn);
	der_put_time(&w, c->from_s);
	der_put_time(&w, c->to_s);
	if (c->revoked != 0) {
		size_t list = der_open(&w, DER_SEQUENCE);
		size_t entry = der_open(&w, DER_SEQUENCE);

		der_put(&w, DER_INTEGER,
			(struct slice){ serial, sizeof serial });
		der_put_time(&w, c->from_s);
		der_close(&w, entry);
		der_close(&w, list);
	}
	der_close(&w, tbs);
	if (fake_edits(f, part, FAKE_BEFORE, FAKE_EVERYWHERE))
		fake_change(&w, at, f->edit);
	cert_sign(&w, at, c->signer);
	der_close(&w, whole);
	if (fake_edits(f, part, FAKE_AFTER, FAKE_EVERYWHERE))
		fake_change(&w, 0, f->edit);
	fake_must(wr_end(&w) == ERR_OK, "CRL");
	return w.len;
}

/* ---- TCB info and QE identity ---- */

static void put_time(struct wr *w, const char *key, int64_t s)
{
	char text[RFC3339_LEN + 1];

	rfc3339_format(s * 1000, text);
	wr_fmt(w, "\"%s\":\"%.19sZ\",", key, text);
}

static void put_hex(struct wr *w, const char *key, const uint8_t *p, size_t n)
{
	wr_fmt(w, "\"%s\":\"", key);
	wr_hex(w, (struct slice){ p, n });
	wr_str(w, "\",");
}

static void put_components(struct wr *w, const char *key, const uint8_t *svn)
{
	wr_fmt(w, "\"%s\":[", key);
	for (int i = 0; i < 16; i++)
		wr_fmt(w, "%s{\"svn\":%u}", i > 0 ? "," : "", svn[i]);
	wr_str(w, "],");
}

static void put_end_of_level(struct wr *w, const char *status,
			     const char *advisory)
{
	wr_fmt(w, "\"tcbDate\":\"2026-01-01T00:00:00Z\",\"tcbStatus\":\"%s\"",
	       status);
	if (advisory != NULL)
		wr_fmt(w, ",\"advisoryIDs\":[\"%s\"]", advisory);
	wr_str(w, "}");
}

static void put_isv_levels(struct wr *w, const struct fake_levels *l)
{
	wr_fmt(w, "\"tcbLevels\":[{\"tcb\":{\"isvsvn\":%u},", l->isvsvn);
	put_end_of_level(w, l->status, l->advisory);
	if (l->low != 0) {
		wr_fmt(w, ",{\"tcb\":{\"isvsvn\":%u},", l->low);
		put_end_of_level(w, l->low_status, NULL);
	}
	wr_str(w, "]");
}

static void put_platform_level(struct wr *w, const struct fake *f,
			       unsigned pcesvn)
{
	static const uint8_t none[16];
	bool low = pcesvn == 0;

	wr_str(w, "{\"tcb\":{");
	put_components(w, "sgxtcbcomponents", low ? none : f->level_sgx);
	put_components(w, "tdxtcbcomponents", low ? none : f->level_tdx);
	wr_fmt(w, "\"pcesvn\":%u},", pcesvn);
	put_end_of_level(w, low ? f->platform.low_status : f->platform.status,
			 low ? NULL : f->platform.advisory);
}

static void put_module(struct wr *w, const uint8_t *signer)
{
	put_hex(w, "mrsigner", signer, SHA384_LEN);
	wr_str(w, "\"attributes\":\"0000000000000000\","
		  "\"attributesMask\":\"FFFFFFFFFFFFFFFF\"");
}

static void build_info(struct fake *f)
{
	struct wr w = wr_over(f->info, sizeof f->info);

	wr_fmt(&w, "{\"id\":\"%s\",\"version\":%u,", f->info_id,
	       f->info_version);
	put_time(&w, "issueDate", f->info_from_s);
	put_time(&w, "nextUpdate", f->info_to_s);
	put_hex(&w, "fmspc", f->info_fmspc, sizeof f->info_fmspc);
	put_hex(&w, "pceId", f->info_pceid, sizeof f->info_pceid);
	wr_fmt(&w, "\"tcbType\":0,\"tcbEvaluationDataNumber\":%u,",
	       f->info_evaluation);
	wr_str(&w, "\"tdxModule\":{");
	put_module(&w, f->module_signer);
	wr_fmt(&w, "},\"tdxModuleIdentities\":[{\"id\":\"TDX_%02X\",",
	       f->module_version);
	put_module(&w, f->module_signer);
	wr_str(&w, ",");
	put_isv_levels(&w, &f->module);
	wr_str(&w, "}],\"tcbLevels\":[");
	if (f->low_first && f->platform.low != 0) {
		put_platform_level(&w, f, 0);
		wr_str(&w, ",");
	}
	put_platform_level(&w, f, f->level_pcesvn);
	if (!f->low_first && f->platform.low != 0) {
		wr_str(&w, ",");
		put_platform_level(&w, f, 0);
	}
	wr_str(&w, "]}");
	if (fake_edits(f, FAKE_INFO, FAKE_BEFORE, FAKE_EVERYWHERE))
		fake_change(&w, 0, f->edit);
	fake_must(wr_end(&w) == ERR_OK, "TCB info");
	f->info_len = w.len;
}

static void build_identity(struct fake *f)
{
	struct wr w = wr_over(f->identity, sizeof f->identity);

	wr_fmt(&w, "{\"id\":\"%s\",\"version\":%u,", f->qe_id, f->qe_version);
	put_time(&w, "issueDate", f->qe_from_s);
	put_time(&w, "nextUpdate", f->qe_to_s);
	wr_fmt(&w, "\"tcbEvaluationDataNumber\":%u,", f->qe_evaluation);
	wr_str(&w,
	       "\"miscselect\":\"00000000\",\"miscselectMask\":\"FFFFFFFF\","
	       "\"attributes\":\"11000000000000000000000000000000\","
	       "\"attributesMask\":\"FBFFFFFFFFFFFFFF0000000000000000\",");
	put_hex(&w, "mrsigner", f->qe_mrsigner, sizeof f->qe_mrsigner);
	wr_fmt(&w, "\"isvprodid\":%u,", f->qe_prodid);
	put_isv_levels(&w, &f->qe_levels);
	wr_str(&w, "}");
	if (fake_edits(f, FAKE_IDENTITY, FAKE_BEFORE, FAKE_EVERYWHERE))
		fake_change(&w, 0, f->edit);
	fake_must(wr_end(&w) == ERR_OK, "QE identity");
	f->identity_len = w.len;
}

/* ---- the bundle ---- */

static void put_chain(struct jw *j, struct fake *f, const char *key,
		      const struct fake_cert *cert,
		      const struct fake_cert *root)
{
	char pem[4096];
	struct wr w = wr_over(pem, sizeof pem);

	fake_put_cert(&w, f, cert, FAKE_IN_COLLATERAL);
	fake_put_cert(&w, f, root, FAKE_IN_COLLATERAL);
	fake_must(wr_end(&w) == ERR_OK, "issuer chain");
	jw_kslice(j, key, wr_slice(&w));
}

static void put_signature(struct jw *j, const char *key,
			  const struct p256_key *k, struct slice text)
{
	uint8_t sig[P256_SIG_LEN];

	fake_sign(k, text, sig);
	jw_khex(j, key, (struct slice){ sig, sizeof sig });
}

static void build_bundle(struct fake *f)
{
	struct slice info = { (const uint8_t *)f->info, f->info_len };
	struct slice id = { (const uint8_t *)f->identity, f->identity_len };
	struct wr w = wr_over(f->bundle, sizeof f->bundle);
	uint8_t root_crl[1024];
	struct jw j;

	f->pck_crl_der_len = put_crl(f, FAKE_PCK_CRL, &f->pck_crl,
				     f->pck_crl_der, sizeof f->pck_crl_der);
	jw_init(&j, &w);
	jw_open(&j, '{');
	jw_khex(&j, "pck_crl",
		(struct slice){ f->pck_crl_der, f->pck_crl_der_len });
	put_chain(&j, f, "pck_crl_issuer_chain", f->crl_issuer, f->crl_root);
	jw_kslice(&j, "qe_identity", id);
	put_chain(&j, f, "qe_identity_issuer_chain", f->qe_issuer, f->qe_root);
	put_signature(&j, "qe_identity_signature", f->qe_signer, id);
	jw_khex(&j, "root_ca_crl",
		(struct slice){ root_crl,
				put_crl(f, FAKE_ROOT_CRL, &f->root_crl,
					root_crl, sizeof root_crl) });
	jw_kslice(&j, "tcb_info", info);
	put_chain(&j, f, "tcb_info_issuer_chain", &f->tcb_cert, f->info_root);
	put_signature(&j, "tcb_info_signature", f->info_signer, info);
	jw_close(&j);
	fake_must(jw_end(&j) == ERR_OK && wr_end(&w) == ERR_OK, "bundle");
	if (fake_edits(f, FAKE_BUNDLE, FAKE_AFTER, FAKE_EVERYWHERE))
		fake_change(&w, 0, f->edit);
	f->bundle_len = w.len;
}

void fake_build_collateral(struct fake *f)
{
	build_info(f);
	build_identity(f);
	build_bundle(f);
}
