#include "tests/peers/fakequote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/der.h"
#include "lib/digest.h"
#include "lib/json.h"
#include "lib/text.h"

#define CN_ROOT     "EE Test Root CA"
#define CN_PLATFORM "Intel SGX PCK Platform CA"
#define CN_PCK      "Intel SGX PCK Certificate"
#define CN_TCB      "Intel SGX TCB Signing"

static void must(bool cond, const char *what)
{
	if (cond)
		return;
	fprintf(stderr, "fakequote: %s\n", what);
	exit(97);
}

static void make_key(struct p256_key *k, uint8_t n)
{
	uint8_t scalar[P256_PRIV_LEN] = { 0 };

	scalar[P256_PRIV_LEN - 1] = n;
	must(p256_from_private(scalar, k) == ERR_OK, "key");
}

static void sign(const struct p256_key *k, struct slice what,
		 uint8_t sig[static P256_SIG_LEN])
{
	uint8_t digest[SHA256_LEN];

	sha256(what, digest);
	must(p256_sign(k, &br_sha256_vtable, digest, sig) == ERR_OK, "sign");
}

/* ---- what verifies ---- */

static void init_certs(struct fake *f)
{
	const int64_t from = FAKE_NOW - 100 * FAKE_DAY;
	const int64_t to = FAKE_NOW + 100 * FAKE_DAY;

	f->root_cert = (struct fake_cert){ CN_ROOT,          CN_ROOT, &f->root,
					   &f->root,         from,    to,
					   FAKE_SERIAL_ROOT, true };
	f->ca_cert = (struct fake_cert){ CN_PLATFORM,    CN_ROOT, &f->ca,
					 &f->root,       from,    to,
					 FAKE_SERIAL_CA, true };
	f->pck_cert = (struct fake_cert){ CN_PCK,          CN_PLATFORM, &f->pck,
					  &f->ca,          from,        to,
					  FAKE_SERIAL_PCK, false };
	f->tcb_cert =
		(struct fake_cert){ CN_TCB, CN_ROOT, &f->tcb,         &f->root,
				    from,   to,      FAKE_SERIAL_TCB, false };
	f->pck_crl =
		(struct fake_crl){ CN_PLATFORM, &f->ca, FAKE_NOW - FAKE_DAY,
				   FAKE_NOW + FAKE_DAY, 0 };
	f->root_crl = (struct fake_crl){ CN_ROOT, &f->root, FAKE_NOW - FAKE_DAY,
					 FAKE_NOW + FAKE_DAY, 0 };
	f->chain[0] = &f->pck_cert;
	f->chain[1] = &f->ca_cert;
	f->chain[2] = &f->root_cert;
	f->chain_tail = "";
}

static void init_collateral(struct fake *f)
{
	f->info_id = "TDX";
	f->qe_id = "TD_QE";
	f->info_version = 3;
	f->qe_version = 2;
	f->info_evaluation = 20;
	f->qe_evaluation = 20;
	f->info_from_s = f->qe_from_s = FAKE_NOW - FAKE_DAY;
	f->info_to_s = f->qe_to_s = FAKE_NOW + FAKE_DAY;
	f->info_signer = f->qe_signer = &f->tcb;
	f->platform =
		(struct fake_levels){ "UpToDate", 0, "OutOfDate", 1, NULL };
	f->module = (struct fake_levels){ "UpToDate", 5, "OutOfDate", 3, NULL };
	f->qe_levels =
		(struct fake_levels){ "UpToDate", 4, "OutOfDate", 2, NULL };
	memcpy(f->info_fmspc, f->fmspc, sizeof f->fmspc);
	memcpy(f->level_sgx, f->sgx, sizeof f->sgx);
	f->level_tdx[2] = 3;
	f->level_pcesvn = f->pcesvn;
	f->module_version = 1;
	memset(f->qe_mrsigner, 0xab, sizeof f->qe_mrsigner);
	f->qe_prodid = 2;
}

static void init_quote(struct fake *f)
{
	struct quote_body *b = &f->body;

	f->version = 4;
	b->type = QUOTE_BODY_TD10;
	b->tee_tcb_svn[0] = b->tee_tcb_svn2[0] = 5;
	b->tee_tcb_svn[1] = b->tee_tcb_svn2[1] = 1;
	b->tee_tcb_svn[2] = b->tee_tcb_svn2[2] = 3;
	b->td_attributes = TD_ATTR_SEPT_VE_DISABLE;
	b->xfam = 0x600e7;
	memset(b->mrtd, 0x11, sizeof b->mrtd);
	for (int i = 0; i < 3; i++)
		memset(b->rtmr[i], 0x20 + i, sizeof b->rtmr[i]);
	memset(b->reportdata, 0x33, sizeof b->reportdata);
	f->qe.attributes[0] = 0x11;
	memcpy(f->qe.mrsigner, f->qe_mrsigner, sizeof f->qe_mrsigner);
	f->qe.isvprodid = 2;
	f->qe.isvsvn = 4;
	f->qe_auth_len = 32;
	f->quote_signer = &f->attest;
	f->qe_report_signer = &f->pck;
}

void fake_init(struct fake *f)
{
	static const uint8_t fmspc[6] = { 0xfa, 0x4e, 0, 0, 0, 1 };

	memset(f, 0, sizeof *f);
	make_key(&f->root, 11);
	make_key(&f->ca, 12);
	make_key(&f->pck, 13);
	make_key(&f->tcb, 14);
	make_key(&f->attest, 15);
	make_key(&f->stranger, 16);
	memcpy(f->fmspc, fmspc, sizeof fmspc);
	memset(f->sgx, 2, sizeof f->sgx);
	f->pcesvn = 11;
	init_certs(f);
	init_collateral(f);
	init_quote(f);
}

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

static void put_sgx_ext(struct wr *w, const struct fake *f)
{
	static const uint8_t ppid[16] = { 1, 2, 3 }, standard = 0;
	size_t ext = der_open(w, DER_SEQUENCE), value, list, type;

	put_sgx_oid(w, 0, 0);
	value = der_open(w, DER_OCTET_STRING);
	list = der_open(w, DER_SEQUENCE);
	put_octets(w, 1, ppid, sizeof ppid);
	put_tcb(w, f);
	put_octets(w, 3, f->pceid, sizeof f->pceid);
	put_octets(w, 4, f->fmspc, sizeof f->fmspc);
	type = der_open(w, DER_SEQUENCE);
	put_sgx_oid(w, 5, 0);
	der_put(w, DER_ENUMERATED, (struct slice){ &standard, 1 });
	der_close(w, type);
	der_close(w, list);
	der_close(w, value);
	der_close(w, ext);
}

static void put_cert(struct wr *pem, struct fake *f, const struct fake_cert *c)
{
	uint8_t ext[1024];
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
		.path_len = c == &f->root_cert ? 1 : 0,
	};

	if (c == &f->pck_cert && !f->no_sgx_ext)
		put_sgx_ext(&w, f);
	spec.extra = wr_slice(&w);
	must(cert_write(&spec, &der) == ERR_OK, "certificate");
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

static size_t put_crl(const struct fake_crl *c, uint8_t *out, size_t cap)
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
	cert_sign(&w, at, c->signer);
	der_close(&w, whole);
	must(wr_end(&w) == ERR_OK, "CRL");
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
	put_platform_level(&w, f, f->level_pcesvn);
	if (f->platform.low != 0) {
		wr_str(&w, ",");
		put_platform_level(&w, f, 0);
	}
	wr_str(&w, "]}");
	must(wr_end(&w) == ERR_OK, "TCB info");
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
	must(wr_end(&w) == ERR_OK, "QE identity");
	f->identity_len = w.len;
}

/* ---- the bundle ---- */

static void put_chain(struct jw *j, struct fake *f, const char *key,
		      const struct fake_cert *cert)
{
	char pem[4096];
	struct wr w = wr_over(pem, sizeof pem);

	put_cert(&w, f, cert);
	put_cert(&w, f, &f->root_cert);
	must(wr_end(&w) == ERR_OK, "issuer chain");
	jw_kslice(j, key, wr_slice(&w));
}

static void put_signature(struct jw *j, const char *key,
			  const struct p256_key *k, struct slice text)
{
	uint8_t sig[P256_SIG_LEN];

	sign(k, text, sig);
	jw_khex(j, key, (struct slice){ sig, sizeof sig });
}

static void build_bundle(struct fake *f)
{
	struct slice info = { (const uint8_t *)f->info, f->info_len };
	struct slice id = { (const uint8_t *)f->identity, f->identity_len };
	struct wr w = wr_over(f->bundle, sizeof f->bundle);
	uint8_t root_crl[1024];
	struct jw j;

	f->pck_crl_der_len =
		put_crl(&f->pck_crl, f->pck_crl_der, sizeof f->pck_crl_der);
	jw_init(&j, &w);
	jw_open(&j, '{');
	jw_khex(&j, "pck_crl",
		(struct slice){ f->pck_crl_der, f->pck_crl_der_len });
	put_chain(&j, f, "pck_crl_issuer_chain", &f->ca_cert);
	jw_kslice(&j, "qe_identity", id);
	put_chain(&j, f, "qe_identity_issuer_chain", &f->tcb_cert);
	put_signature(&j, "qe_identity_signature", f->qe_signer, id);
	jw_khex(&j, "root_ca_crl",
		(struct slice){ root_crl, put_crl(&f->root_crl, root_crl,
						  sizeof root_crl) });
	jw_kslice(&j, "tcb_info", info);
	put_chain(&j, f, "tcb_info_issuer_chain", &f->tcb_cert);
	put_signature(&j, "tcb_info_signature", f->info_signer, info);
	jw_close(&j);
	must(jw_end(&j) == ERR_OK && wr_end(&w) == ERR_OK, "bundle");
	f->bundle_len = w.len;
}

/* ---- the quote ---- */

static void put_header(struct wr *w, const struct fake *f)
{
	static const uint8_t vendor[16] = { 0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c,
					    0x4c, 0xa9, 0x94, 0x0a, 0x0d, 0xb3,
					    0x95, 0x7f, 0x06, 0x07 };

	wr_u16le(w, f->version);
	wr_u16le(w, 2);
	wr_u32le(w, 0x81);
	wr_zero(w, 4);
	wr_bytes(w, (struct slice){ vendor, sizeof vendor });
	wr_zero(w, 20);
	if (f->version == 4)
		return;
	wr_u16le(w, (uint16_t)f->body.type);
	wr_u32le(w, f->body.type == QUOTE_BODY_TD15 ? 648 : 584);
}

#define PUT(w, a) wr_bytes((w), (struct slice){ (a), sizeof(a) })

static void put_body(struct wr *w, const struct quote_body *b)
{
	PUT(w, b->tee_tcb_svn);
	PUT(w, b->mr_seam);
	PUT(w, b->mr_signer_seam);
	wr_u64le(w, b->seam_attributes);
	wr_u64le(w, b->td_attributes);
	wr_u64le(w, b->xfam);
	PUT(w, b->mrtd);
	PUT(w, b->mr_config_id);
	PUT(w, b->mr_owner);
	PUT(w, b->mr_owner_config);
	for (int i = 0; i < 4; i++)
		PUT(w, b->rtmr[i]);
	PUT(w, b->reportdata);
	if (b->type != QUOTE_BODY_TD15)
		return;
	PUT(w, b->tee_tcb_svn2);
	PUT(w, b->mr_servicetd);
}

/* The QE report, signed; its last 64 bytes bind the attestation key. */
static void put_qe_report(struct wr *w, const struct fake *f)
{
	uint8_t raw[QE_REPORT_LEN], sig[P256_SIG_LEN];
	uint8_t bound[64 + sizeof f->qe_auth], digest[SHA256_LEN];
	struct wr r = wr_over(raw, sizeof raw);

	memcpy(bound, f->attest.pub + 1, 64);
	memcpy(bound + 64, f->qe_auth, f->qe_auth_len);
	sha256((struct slice){ bound, 64 + f->qe_auth_len }, digest);
	digest[0] ^= f->break_binding;
	PUT(&r, f->qe.cpusvn);
	wr_u32le(&r, f->qe.miscselect);
	wr_zero(&r, 28);
	PUT(&r, f->qe.attributes);
	PUT(&r, f->qe.mrenclave);
	wr_zero(&r, 32);
	PUT(&r, f->qe.mrsigner);
	wr_zero(&r, 96);
	wr_u16le(&r, f->qe.isvprodid);
	wr_u16le(&r, f->qe.isvsvn);
	wr_zero(&r, 60);
	PUT(&r, digest);
	wr_zero(&r, 32);
	must(r.err == ERR_OK && r.len == sizeof raw, "QE report");
	sign(f->qe_report_signer, wr_slice(&r), sig);
	PUT(w, raw);
	PUT(w, sig);
}

static void build_quote(struct fake *f)
{
	char pem[6 * 1024];
	struct wr chain = wr_over(pem, sizeof pem);
	struct wr w = wr_over(f->quote, sizeof f->quote);
	uint8_t sig[P256_SIG_LEN];
	uint32_t cert_len;

	for (int i = 0; i < 3; i++)
		if (f->chain[i] != NULL)
			put_cert(&chain, f, f->chain[i]);
	wr_str(&chain, f->chain_tail);
	must(wr_end(&chain) == ERR_OK, "PCK chain");
	put_header(&w, f);
	put_body(&w, &f->body);
	sign(f->quote_signer, wr_slice(&w), sig);
	cert_len = (uint32_t)(QE_REPORT_LEN + 64 + 2 + f->qe_auth_len + 6 +
			      chain.len);
	wr_u32le(&w, 64 + 64 + 6 + cert_len);
	PUT(&w, sig);
	wr_bytes(&w, (struct slice){ f->attest.pub + 1, 64 });
	wr_u16le(&w, 6);
	wr_u32le(&w, cert_len);
	put_qe_report(&w, f);
	wr_u16le(&w, (uint16_t)f->qe_auth_len);
	wr_bytes(&w, (struct slice){ f->qe_auth, f->qe_auth_len });
	wr_u16le(&w, 5);
	wr_u32le(&w, (uint32_t)chain.len);
	wr_bytes(&w, wr_slice(&chain));
	must(wr_end(&w) == ERR_OK, "quote");
	f->quote_len = w.len;
}

void fake_build(struct fake *f)
{
	struct wr root = wr_over(f->root_pem, sizeof f->root_pem);

	build_info(f);
	build_identity(f);
	build_bundle(f);
	build_quote(f);
	put_cert(&root, f, &f->root_cert);
	must(wr_end(&root) == ERR_OK, "root");
	f->root_pem_len = root.len;
}
