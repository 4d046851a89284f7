#include "measure/lib/quote.h"

#include <string.h>

#include "lib/limit.h"

enum {
	VERSION_4 = 4,
	VERSION_5 = 5,
	KEY_ECDSA_P256 = 2,
	TEE_TDX = 0x81,
	CERT_QE_REPORT = 6,
	CERT_PCK_CHAIN = 5,
};

/* Intel's quoting enclave; there is no other vendor. */
static const uint8_t vendor_intel[16] = { 0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c,
					  0x4c, 0xa9, 0x94, 0x0a, 0x0d, 0xb3,
					  0x95, 0x7f, 0x06, 0x07 };

/* What can stand where only one thing is taken, so that a refusal says what
 * came instead. Sources: Intel TDX DCAP Quoting Library API, appendix A, "QE
 * Certification Data"; the body types of version 5 as Intel's quote
 * verification library has them. */
#define CERT_TYPES(X)                                                          \
	X(1, "the PPID in the clear")                                          \
	X(2, "the PPID, encrypted with RSA-2048")                              \
	X(3, "the PPID, encrypted with RSA-3072")                              \
	X(4, "a PCK certificate without its chain")                            \
	X(5, "a PCK certificate chain")                                        \
	X(6, "a QE report")                                                    \
	X(7, "a platform manifest")

static const char *const cert_types[] = {
#define X(n, text) [n] = "certification data type " #n ": " text,
	CERT_TYPES(X)
#undef X
};

/* The same, inside a QE report's certification data. */
static const char *const qe_cert_types[] = {
#define X(n, text) [n] = "QE certification data type " #n ": " text,
	CERT_TYPES(X)
#undef X
};

/* Of a version 5 quote. */
static const char *const body_types[] = {
	[1] = "body type 1: an SGX enclave report",
	[4] = "body type 4: a TD report of 885 bytes",
};

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* What the number means; `other` when nobody has said. */
static const char *name_of(const char *const *names, size_t n, uint16_t type,
			   const char *other)
{
	return type < n && names[type] != NULL ? names[type] : other;
}

/* Remembers the field of the first error. */
static void at(const struct rd *r, const char *what, const char **field)
{
	if (r->err != ERR_OK && *field == NULL)
		*field = what;
}

static void need(struct rd *r, bool cond, enum err e, const char *what,
		 const char **field)
{
	if (r->err == ERR_OK && !cond)
		rd_fail(r, e);
	at(r, what, field);
}

static void read_header(struct rd *r, struct quote *q, const char **field)
{
	uint16_t key_type;
	uint32_t tee;

	q->version = rd_u16le(r);
	need(r, q->version == VERSION_4 || q->version == VERSION_5, ERR_UNSUPP,
	     "version", field);
	key_type = rd_u16le(r);
	need(r, key_type == KEY_ECDSA_P256, ERR_UNSUPP, "attestation key type",
	     field);
	tee = rd_u32le(r);
	need(r, tee == TEE_TDX, ERR_UNSUPP, "TEE type", field);
	q->qe_svn = rd_u16le(r);
	q->pce_svn = rd_u16le(r);
	rd_copy(r, q->qe_vendor_id, sizeof q->qe_vendor_id);
	need(r, memcmp(q->qe_vendor_id, vendor_intel, sizeof vendor_intel) == 0,
	     ERR_VALUE, "QE vendor id", field);
	rd_copy(r, q->user_data, sizeof q->user_data);
	at(r, "header", field);
}

/* Version 5 says which body follows and how long it is; version 4 has one. */
static void read_body_type(struct rd *r, struct quote *q, const char **field)
{
	uint16_t type;
	uint32_t len;

	q->body.type = QUOTE_BODY_TD10;
	if (q->version == VERSION_4)
		return;
	type = rd_u16le(r);
	len = rd_u32le(r);
	need(r, type == QUOTE_BODY_TD10 || type == QUOTE_BODY_TD15, ERR_UNSUPP,
	     name_of(body_types, COUNT(body_types), type, "body type"), field);
	need(r,
	     len == (type == QUOTE_BODY_TD15 ? QUOTE_BODY_15_LEN
					     : QUOTE_BODY_10_LEN),
	     ERR_EXTRA, "body size", field);
	if (type == QUOTE_BODY_TD15)
		q->body.type = QUOTE_BODY_TD15;
}

static void read_body(struct rd *r, struct quote_body *b, const char **field)
{
	rd_copy(r, b->tee_tcb_svn, sizeof b->tee_tcb_svn);
	rd_copy(r, b->mr_seam, sizeof b->mr_seam);
	rd_copy(r, b->mr_signer_seam, sizeof b->mr_signer_seam);
	b->seam_attributes = rd_u64le(r);
	b->td_attributes = rd_u64le(r);
	b->xfam = rd_u64le(r);
	rd_copy(r, b->mrtd, sizeof b->mrtd);
	rd_copy(r, b->mr_config_id, sizeof b->mr_config_id);
	rd_copy(r, b->mr_owner, sizeof b->mr_owner);
	rd_copy(r, b->mr_owner_config, sizeof b->mr_owner_config);
	for (size_t i = 0; i < 4; i++)
		rd_copy(r, b->rtmr[i], sizeof b->rtmr[i]);
	rd_copy(r, b->reportdata, sizeof b->reportdata);
	if (b->type == QUOTE_BODY_TD15) {
		rd_copy(r, b->tee_tcb_svn2, sizeof b->tee_tcb_svn2);
		rd_copy(r, b->mr_servicetd, sizeof b->mr_servicetd);
	}
	at(r, "TD report", field);
}

static void read_qe_report(struct rd *r, struct quote *q, const char **field)
{
	struct qe_report *qe = &q->qe_report;
	struct rd in;

	q->qe_report_raw = rd_take(r, QE_REPORT_LEN);
	at(r, "QE report", field);
	in = rd_over(q->qe_report_raw);
	rd_copy(&in, qe->cpusvn, sizeof qe->cpusvn);
	qe->miscselect = rd_u32le(&in);
	(void)rd_take(&in, 28);
	rd_copy(&in, qe->attributes, sizeof qe->attributes);
	rd_copy(&in, qe->mrenclave, sizeof qe->mrenclave);
	(void)rd_take(&in, 32);
	rd_copy(&in, qe->mrsigner, sizeof qe->mrsigner);
	(void)rd_take(&in, 96);
	qe->isvprodid = rd_u16le(&in);
	qe->isvsvn = rd_u16le(&in);
	(void)rd_take(&in, 60);
	rd_copy(&in, qe->reportdata, sizeof qe->reportdata);
	need(r, r->err != ERR_OK || rd_end(&in) == ERR_OK, ERR_EXTRA,
	     "QE report", field);
}

/* Certification data type 6: the QE report with a PCK chain (type 5) in it. */
static void read_certification(struct rd *r, struct quote *q,
			       const char **field)
{
	uint16_t type;
	uint32_t len;

	read_qe_report(r, q, field);
	rd_copy(r, q->qe_signature, sizeof q->qe_signature);
	q->qe_auth = rd_take(r, rd_u16le(r));
	at(r, "QE authentication data", field);
	type = rd_u16le(r);
	need(r, type == CERT_PCK_CHAIN, ERR_UNSUPP,
	     name_of(qe_cert_types, COUNT(qe_cert_types), type,
		     "QE certification data type"),
	     field);
	len = rd_u32le(r);
	need(r, len == r->left, ERR_EXTRA, "QE certification data size", field);
	q->pck_chain = rd_take(r, len);
	at(r, "QE certification data", field);
}

static void read_signature(struct rd *r, struct quote *q, const char **field)
{
	uint16_t type;
	uint32_t len;

	rd_copy(r, q->signature, sizeof q->signature);
	rd_copy(r, q->attestation_key, sizeof q->attestation_key);
	type = rd_u16le(r);
	need(r, type == CERT_QE_REPORT, ERR_UNSUPP,
	     name_of(cert_types, COUNT(cert_types), type,
		     "certification data type"),
	     field);
	len = rd_u32le(r);
	need(r, len == r->left, ERR_EXTRA, "certification data size", field);
	read_certification(r, q, field);
}

enum err quote_parse(struct slice in, struct quote *out, const char **field)
{
	struct rd r = rd_over(in), sig;
	struct quote q = { 0 };
	const char *bad = NULL;
	uint32_t sig_len;

	if (in.len > LIMIT_QUOTE_BYTES)
		rd_fail(&r, ERR_LIMIT);
	at(&r, "size", &bad);
	read_header(&r, &q, &bad);
	read_body_type(&r, &q, &bad);
	read_body(&r, &q.body, &bad);
	q.signed_part = (struct slice){ in.ptr, in.len - r.left };
	sig_len = rd_u32le(&r);
	sig = rd_over(rd_take(&r, sig_len));
	at(&r, "signature data size", &bad);
	sig.err = r.err;
	read_signature(&sig, &q, &bad);
	rd_fail(&r, rd_end(&sig));
	q.padding = r.left;
	while (r.err == ERR_OK && r.left > 0)
		need(&r, rd_u8(&r) == 0, ERR_VALUE,
		     "bytes after the signature data", &bad);
	if (r.err != ERR_OK) {
		*field = bad != NULL ? bad : "signature data size";
		return r.err;
	}
	*out = q;
	return ERR_OK;
}
