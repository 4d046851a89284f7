/* quote.h - takes a TDX quote apart. Versions 4 and 5, TD 1.0 and TD 1.5
 * bodies, ECDSA P-256, QE certification data type 6 around a PCK chain (5).
 * Only the form is judged here; verify.h judges what it says.
 * Source: Intel TDX DCAP Quoting Library API, appendix A "Quote Format". */
#ifndef MEASURE_LIB_QUOTE_H
#define MEASURE_LIB_QUOTE_H

#include "lib/bytes.h"
#include "lib/digest.h"

enum {
	QUOTE_HEADER_LEN = 48,
	QUOTE_BODY_10_LEN = 584, /* TD 1.0 */
	QUOTE_BODY_15_LEN = 648, /* TD 1.5 */
	QUOTE_SIG_LEN = 64,      /* r || s */
	QUOTE_POINT_LEN = 64,    /* x || y */
	QUOTE_REPORTDATA_LEN = 64,
	QE_REPORT_LEN = 384,
};

enum quote_body_type {
	QUOTE_BODY_TD10 = 2,
	QUOTE_BODY_TD15 = 3,
};

/* Bits of td_attributes, as a little-endian number. */
#define TD_ATTR_DEBUG           (UINT64_C(1) << 0)
#define TD_ATTR_TUD             (UINT64_C(0xff)) /* the TD is not trusted */
#define TD_ATTR_LASS            (UINT64_C(1) << 27)
#define TD_ATTR_SEPT_VE_DISABLE (UINT64_C(1) << 28)
#define TD_ATTR_MIGRATABLE      (UINT64_C(1) << 29)
#define TD_ATTR_PKS             (UINT64_C(1) << 30)
#define TD_ATTR_KL              (UINT64_C(1) << 31)
#define TD_ATTR_PERFMON         (UINT64_C(1) << 63)
/* With these the host can see or move the TD: no policy may allow them. */
#define TD_ATTR_NEVER (TD_ATTR_TUD | TD_ATTR_MIGRATABLE)

/* The TD report, copied out of the quote. mr_servicetd and tee_tcb_svn2 are
 * zero when the body is TD 1.0. */
struct quote_body {
	enum quote_body_type type;
	uint8_t tee_tcb_svn[16];
	uint8_t mr_seam[SHA384_LEN];
	uint8_t mr_signer_seam[SHA384_LEN];
	uint64_t seam_attributes;
	uint64_t td_attributes;
	uint64_t xfam;
	uint8_t mrtd[SHA384_LEN];
	uint8_t mr_config_id[SHA384_LEN];
	uint8_t mr_owner[SHA384_LEN];
	uint8_t mr_owner_config[SHA384_LEN];
	uint8_t rtmr[4][SHA384_LEN];
	uint8_t reportdata[QUOTE_REPORTDATA_LEN];
	uint8_t tee_tcb_svn2[16];
	uint8_t mr_servicetd[SHA384_LEN];
};

/* The quoting enclave's SGX report: the fields that are checked. */
struct qe_report {
	uint8_t cpusvn[16];
	uint32_t miscselect;
	uint8_t attributes[16];
	uint8_t mrenclave[32];
	uint8_t mrsigner[32];
	uint16_t isvprodid;
	uint16_t isvsvn;
	uint8_t reportdata[64];
};

/* Slices point into the quote. */
struct quote {
	uint16_t version;
	uint16_t qe_svn, pce_svn; /* reserved in version 5 */
	uint8_t qe_vendor_id[16];
	uint8_t user_data[20];
	struct quote_body body;
	struct slice signed_part; /* what `signature` covers */
	uint8_t signature[QUOTE_SIG_LEN];
	uint8_t attestation_key[QUOTE_POINT_LEN];
	struct slice qe_report_raw; /* what `qe_signature` covers */
	struct qe_report qe_report;
	uint8_t qe_signature[QUOTE_SIG_LEN];
	struct slice qe_auth;
	struct slice pck_chain; /* PEM */
	size_t padding;         /* zero bytes after the signature data */
};

/* Parses a whole quote: sizes add up exactly, and only zero bytes may follow
 * the signature data (a shared page is sent whole on some platforms).
 *
 * in      untrusted, at most LIMIT_QUOTE_BYTES.
 * out     written only on ERR_OK.
 * field   names the field that is wrong, and of certification data or a body
 *         that is not taken what it is; static; not written on ERR_OK.
 * Errors  ERR_LIMIT, ERR_TRUNC; ERR_EXTRA sizes that do not add up;
 *         ERR_UNSUPP another version, TEE, key, body or certification type;
 *         ERR_VALUE vendor, reserved bytes or padding not what they must be. */
MUST_CHECK enum err quote_parse(struct slice in, struct quote *out,
				const char **field);
#endif
