/* fakequote.h - a platform made for tests: keys, certificates, CRLs, collateral
 * and a quote, each of them open to be made wrong. It is written from the
 * formats' descriptions and shares no code with what it tests but the DER, JSON
 * and P-256 primitives. Fixed keys: nothing here is secret. */
#ifndef TESTS_PEERS_FAKEQUOTE_H
#define TESTS_PEERS_FAKEQUOTE_H

#include "lib/cert.h"
#include "measure/lib/quote.h"

#define FAKE_NOW INT64_C(1790000000) /* 2026-09-21T14:13:20Z */

enum {
	FAKE_DAY = 86400,
	FAKE_SERIAL_ROOT = 1,
	FAKE_SERIAL_CA,
	FAKE_SERIAL_PCK,
	FAKE_SERIAL_TCB,
	FAKE_SERIAL_NOBODY,
};

struct fake_cert {
	const char *cn, *issuer_cn;
	const struct p256_key *key, *signer;
	int64_t from_s, to_s;
	uint8_t serial; /* FAKE_SERIAL_ */
	bool is_ca;
};

struct fake_crl {
	const char *issuer_cn;
	const struct p256_key *signer;
	int64_t from_s, to_s;
	uint8_t revoked; /* a serial, or 0 */
};

/* One level list each for platform, TDX module and QE: a good level first, a
 * lower one second. An SVN of 0 in `low` leaves the second out. */
struct fake_levels {
	const char *status;
	unsigned isvsvn;
	const char *low_status;
	unsigned low;
	const char *advisory; /* of the good level, or NULL */
};

/* One change in the bytes of something made, for what no field below can make
 * wrong. Before or after it is signed, so that nothing else is wrong. */
enum fake_part {
	FAKE_NO_PART,
	FAKE_PCK_CERT, /* DER; before signing the part that is signed */
	FAKE_CA_CERT,
	FAKE_ROOT_CERT,
	FAKE_TCB_CERT,
	FAKE_PCK_CRL,
	FAKE_ROOT_CRL,
	FAKE_INFO, /* text, from here on bytes */
	FAKE_IDENTITY,
	FAKE_BUNDLE,
	FAKE_CHAIN,     /* the PEM in the quote */
	FAKE_REPORT,    /* header and TD report */
	FAKE_QE_REPORT, /* 384 bytes */
	FAKE_QUOTE,     /* all of it */
	FAKE_CLAIMS,    /* of a token: fakequote.c makes none */
	FAKE_HEADER,
	FAKE_TOKEN,
};

enum fake_stage {
	FAKE_BEFORE, /* signing */
	FAKE_AFTER,
};

/* Where a certificate stands. */
enum fake_place {
	FAKE_EVERYWHERE,
	FAKE_IN_QUOTE,
	FAKE_IN_COLLATERAL,
};

enum fake_op {
	FAKE_SET,    /* `with` in its place; nothing: it is left out */
	FAKE_TWICE,  /* it stands there twice */
	FAKE_FOLLOW, /* `with` right after it */
	FAKE_XOR,    /* bytes: `with` is added to them, bit by bit */
	FAKE_SWAP,   /* DER: it changes places with the next element */
	FAKE_APPEND, /* DER: `with` at the end of its content */
	FAKE_CUT,    /* DER: the last byte of its content is left out */
	FAKE_TAG,    /* DER: the byte of `with` is its tag */
};

/* Of an offset: counted from the end; of `old`: all that is left. */
#define FAKE_FROM_END ((size_t)1 << 30)
#define FAKE_ALL      SIZE_MAX

struct fake_edit {
	enum fake_part part;
	enum fake_stage stage;
	enum fake_place place;
	enum fake_op op;
	const char *at; /* DER: path from the outermost element, "7.0.4", ""
			 * itself. Text: the first such. NULL: offset */
	const char *with;
	size_t len;
	size_t offset, old; /* bytes: where, how many (FAKE_XOR: len) */
};

/* fake_init fills everything with what verifies; a test then changes what it is
 * about and calls fake_build. Key pointers may be set to any of the keys. */
struct fake {
	struct p256_key root, ca, pck, tcb, attest, stranger;
	struct fake_cert root_cert, ca_cert, pck_cert, tcb_cert;
	struct fake_crl pck_crl, root_crl;
	bool no_sgx_ext, no_instance; /* as the Processor CA issues it */
	uint8_t ppid[16], piid[16];
	uint8_t fmspc[6], pceid[2], sgx[16];
	uint16_t pcesvn;

	/* TCB info and QE identity */
	const char *info_id, *qe_id;
	unsigned info_version, qe_version, info_evaluation, qe_evaluation;
	uint8_t info_fmspc[6], info_pceid[2];
	int64_t info_from_s, info_to_s, qe_from_s, qe_to_s;
	const struct p256_key *info_signer, *qe_signer;
	struct fake_levels platform, module, qe_levels;
	uint8_t level_sgx[16], level_tdx[16];
	unsigned level_pcesvn;
	bool low_first;          /* the platform's levels, in wrong order */
	unsigned module_version; /* "TDX_NN" */
	uint8_t module_signer[SHA384_LEN], qe_mrsigner[32];
	unsigned qe_prodid;

	/* the quote */
	uint16_t version;
	struct quote_body body;
	struct qe_report qe;
	uint8_t qe_auth[1000];
	size_t qe_auth_len;
	bool break_binding; /* QE report does not hold the key's digest */
	const struct p256_key *quote_signer, *qe_report_signer;
	const struct fake_cert *chain[3];
	const struct fake_cert *crl_root, *info_root, *qe_root;
	const struct fake_cert *crl_issuer, *qe_issuer; /* in collateral */
	const char *chain_tail;       /* appended to the PEM chain */
	const struct fake_edit *edit; /* or NULL */

	/* the results */
	uint8_t quote[24 * 1024];
	size_t quote_len;
	char bundle[32 * 1024];
	size_t bundle_len;
	char root_pem[2048];
	size_t root_pem_len;
	/* parts of the bundle, for tests of one parser */
	uint8_t cert_der[2048], pck_crl_der[1024];
	size_t cert_der_len, pck_crl_der_len;
	char info[8 * 1024], identity[2 * 1024];
	size_t info_len, identity_len;
};

void fake_init(struct fake *f);

/* Writes the results. Exits the process when something does not fit: the test
 * itself is wrong then. */
void fake_build(struct fake *f);
#endif
