#include "tests/peers/fakequote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/digest.h"
#include "tests/peers/fakeparts.h"

#define CN_ROOT     "EE Test Root CA"
#define CN_PLATFORM "Intel SGX PCK Platform CA"
#define CN_PCK      "Intel SGX PCK Certificate"
#define CN_TCB      "Intel SGX TCB Signing"

void fake_must(bool cond, const char *what)
{
	if (cond)
		return;
	fprintf(stderr, "fakequote: %s\n", what);
	exit(97);
}

void fake_sign(const struct p256_key *k, struct slice what,
	       uint8_t sig[static P256_SIG_LEN])
{
	uint8_t digest[SHA256_LEN];

	sha256(what, digest);
	fake_must(p256_sign(k, &br_sha256_vtable, digest, sig) == ERR_OK,
		  "sign");
}

static void make_key(struct p256_key *k, uint8_t n)
{
	uint8_t scalar[P256_PRIV_LEN] = { 0 };

	scalar[P256_PRIV_LEN - 1] = n;
	fake_must(p256_from_private(scalar, k) == ERR_OK, "key");
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
	f->crl_root = f->info_root = f->qe_root = &f->root_cert;
	f->crl_issuer = &f->ca_cert;
	f->qe_issuer = &f->tcb_cert;
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
	memset(f->ppid, 0x99, sizeof f->ppid);
	memset(f->piid, 0x77, sizeof f->piid);
	memset(f->sgx, 2, sizeof f->sgx);
	f->pcesvn = 11;
	init_certs(f);
	init_collateral(f);
	init_quote(f);
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
	fake_must(r.err == ERR_OK && r.len == sizeof raw, "QE report");
	if (fake_edits(f, FAKE_QE_REPORT, FAKE_BEFORE, FAKE_EVERYWHERE))
		fake_change(&r, 0, f->edit);
	fake_sign(f->qe_report_signer, wr_slice(&r), sig);
	PUT(w, raw);
	PUT(w, sig);
}

static void build_quote(struct fake *f)
{
	char pem[20 * 1024];
	struct wr chain = wr_over(pem, sizeof pem);
	struct wr w = wr_over(f->quote, sizeof f->quote);
	uint8_t sig[P256_SIG_LEN];
	uint32_t cert_len;

	for (int i = 0; i < 3; i++)
		if (f->chain[i] != NULL)
			fake_put_cert(&chain, f, f->chain[i], FAKE_IN_QUOTE);
	wr_str(&chain, f->chain_tail);
	if (fake_edits(f, FAKE_CHAIN, FAKE_BEFORE, FAKE_EVERYWHERE))
		fake_change(&chain, 0, f->edit);
	fake_must(wr_end(&chain) == ERR_OK, "PCK chain");
	put_header(&w, f);
	put_body(&w, &f->body);
	if (fake_edits(f, FAKE_REPORT, FAKE_BEFORE, FAKE_EVERYWHERE))
		fake_change(&w, 0, f->edit);
	fake_sign(f->quote_signer, wr_slice(&w), sig);
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
	if (fake_edits(f, FAKE_QUOTE, FAKE_AFTER, FAKE_EVERYWHERE))
		fake_change(&w, 0, f->edit);
	fake_must(wr_end(&w) == ERR_OK, "quote");
	f->quote_len = w.len;
}

void fake_build(struct fake *f)
{
	struct wr root = wr_over(f->root_pem, sizeof f->root_pem);

	fake_build_collateral(f);
	build_quote(f);
	fake_put_cert(&root, f, &f->root_cert, FAKE_EVERYWHERE);
	fake_must(wr_end(&root) == ERR_OK, "root");
	f->root_pem_len = root.len;
}
