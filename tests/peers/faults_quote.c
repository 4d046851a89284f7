/* faults_quote.c - the quote itself: its form, what its signatures cover, and
 * the certification data around them. */
#include <string.h>

#include "tests/peers/faults.h"

/* Offsets in a version 4 quote with 32 bytes of authentication data, and of
 * version 5 around a TD 1.5 report. Source: Intel TDX DCAP Quoting Library API,
 * appendix A. */
enum {
	BODY = 48,
	SIG_LEN = BODY + 584,
	SIG = SIG_LEN + 4,
	KEY = SIG + 64,
	TYPE = KEY + 64,
	LEN = TYPE + 2,
	QE = LEN + 4,
	QE_SIG = QE + 384,
	AUTH_LEN = QE_SIG + 64,
	AUTH = AUTH_LEN + 2,
	INNER = AUTH + 32,
	INNER_LEN = INNER + 2,
	CHAIN = INNER_LEN + 4,
	V5_TYPE = 48,
	V5_LEN = 50,
	V5_BODY = 54,
	V5_SVN2 = V5_BODY + 584,
	V5_SERVICETD = V5_BODY + 600,
};

/* Header and TD report before they are signed, the QE report before it is, and
 * the whole quote afterwards. */
#define SET(p, s, at, bytes)                                                   \
	.edit = { .part = (p),                                                 \
		  .stage = (s),                                                \
		  .offset = (at),                                              \
		  .old = sizeof(bytes) - 1,                                    \
		  BYTES(bytes) }
#define SIGNED(at, bytes)    SET(FAKE_REPORT, FAKE_BEFORE, at, bytes)
#define QE_SIGNED(at, bytes) SET(FAKE_QE_REPORT, FAKE_BEFORE, at, bytes)
#define AFTER(at, bytes)     SET(FAKE_QUOTE, FAKE_AFTER, at, bytes)
#define QUOTE(o, at, n, bytes)                                                 \
	.edit = { .part = FAKE_QUOTE,                                          \
		  .stage = FAKE_AFTER,                                         \
		  .op = (o),                                                   \
		  .offset = (at),                                              \
		  .old = (n),                                                  \
		  BYTES(bytes) }
#define FLIP(at)   QUOTE(FAKE_XOR, at, 0, "\x40")
#define CUT(at)    QUOTE(FAKE_SET, at, FAKE_ALL, "")
#define TAIL(more) QUOTE(FAKE_SET, FAKE_FROM_END, 0, more)

#define ZERO8  "\0\0\0\0\0\0\0\0"
#define ZERO32 ZERO8 ZERO8 ZERO8 ZERO8
/* The order of P-256's group: FIPS 186-4, D.1.2.3. */
#define ORDER                                                                  \
	"\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff"     \
	"\xbc\xe6\xfa\xad\xa7\x17\x9e\x84\xf3\xb9\xca\xc2\xfc\x63\x25\x51"

static void v5(struct fault_case *c)
{
	c->fake.version = 5;
}

static void td15(struct fault_case *c)
{
	v5(c);
	c->fake.body.type = QUOTE_BODY_TD15;
}

/* Line breaks after the chain are allowed; these are too many. */
static void too_long(struct fault_case *c)
{
	static char breaks[14 * 1024];

	memset(breaks, '\n', sizeof breaks - 1);
	c->fake.chain_tail = breaks;
}

/* clang-format off */
static const struct fault form[] = {
	{ "quote-empty", "there is none", REASON_QUOTE_PARSE,
	  "version: input ends", CUT(0) },
	{ "quote-version-0", "version 0", REASON_QUOTE_PARSE,
	  "version: well formed", SIGNED(0, "\0\0") },
	{ "quote-version-3", "version 3, that of SGX", REASON_QUOTE_PARSE,
	  "version: well formed", SIGNED(0, "\3\0") },
	{ "quote-version-6", "version 6", REASON_QUOTE_PARSE,
	  "version: well formed", SIGNED(0, "\6\0") },
	{ "quote-version-order", "version 4 with its bytes turned round",
	  REASON_QUOTE_PARSE, "version: well formed", SIGNED(0, "\0\4") },
	{ "quote-version-4-as-5", "version 4 that says it is 5",
	  REASON_QUOTE_PARSE, "body type: well formed", SIGNED(0, "\5\0") },
	{ "quote-version-5-as-4", "version 5 that says it is 4",
	  REASON_QUOTE_PARSE, "signature data size", .make = td15,
	  SIGNED(0, "\4\0") },
	{ "quote-key-type-0", "attestation key type 0", REASON_QUOTE_PARSE,
	  "attestation key type", SIGNED(2, "\0\0") },
	{ "quote-key-type-1", "attestation key type 1", REASON_QUOTE_PARSE,
	  "attestation key type", SIGNED(2, "\1\0") },
	{ "quote-key-type-3", "attestation key type 3: P-384",
	  REASON_QUOTE_PARSE, "attestation key type", SIGNED(2, "\3\0") },
	{ "quote-key-type-high", "attestation key type 2 and a high bit",
	  REASON_QUOTE_PARSE, "attestation key type", SIGNED(2, "\2\1") },
	{ "quote-tee-sgx", "TEE type 0: SGX", REASON_QUOTE_PARSE, "TEE type",
	  SIGNED(4, "\0") },
	{ "quote-tee-other", "TEE type 0x82", REASON_QUOTE_PARSE, "TEE type",
	  SIGNED(4, "\x82") },
	{ "quote-tee-high", "TEE type 0x81 and a high bit", REASON_QUOTE_PARSE,
	  "TEE type", SIGNED(7, "\x80") },
	{ "quote-vendor", "another vendor's quoting enclave",
	  REASON_QUOTE_PARSE, "QE vendor id", SIGNED(12, "\x94") },
	{ "quote-vendor-zero", "a QE vendor id of zeros", REASON_QUOTE_PARSE,
	  "QE vendor id", SIGNED(12, ZERO8 ZERO8) },
	{ "quote-body-type-0", "body type 0", REASON_QUOTE_PARSE,
	  "body type: well formed", .make = td15, SIGNED(V5_TYPE, "\0\0") },
	{ "quote-body-type-1", "body type 1: an SGX report", REASON_QUOTE_PARSE,
	  "body type 1: an SGX enclave report", .make = td15,
	  SIGNED(V5_TYPE, "\1\0") },
	{ "quote-body-type-4", "body type 4: that of newer modules",
	  REASON_QUOTE_PARSE, "body type 4: a TD report of 885 bytes",
	  .make = td15, SIGNED(V5_TYPE, "\4\0") },
	{ "quote-body-type-5", "body type 5", REASON_QUOTE_PARSE,
	  "body type: well formed", .make = td15, SIGNED(V5_TYPE, "\5\0") },
	{ "quote-body-type-10", "TD 1.5 under the type of TD 1.0",
	  REASON_QUOTE_PARSE, "body size", .make = td15,
	  SIGNED(V5_TYPE, "\2\0") },
	{ "quote-body-type-15", "TD 1.0 under the type of TD 1.5",
	  REASON_QUOTE_PARSE, "body size", .make = v5,
	  SIGNED(V5_TYPE, "\3\0") },
	{ "quote-body-size-short", "a body size one too small",
	  REASON_QUOTE_PARSE, "body size", .make = td15,
	  SIGNED(V5_LEN, "\x87") },
	{ "quote-body-size-long", "a body size one too large",
	  REASON_QUOTE_PARSE, "body size", .make = td15,
	  SIGNED(V5_LEN, "\x89") },
	{ "quote-body-size-high", "a body size 2 GiB too large",
	  REASON_QUOTE_PARSE, "body size", .make = td15,
	  SIGNED(V5_LEN + 3, "\x80") },
	{ "quote-cut-header", "it ends inside its header", REASON_QUOTE_PARSE,
	  "input ends", CUT(47) },
	{ "quote-cut-report", "it ends inside the TD report",
	  REASON_QUOTE_PARSE, "TD report: input ends", CUT(SIG_LEN - 1) },
	{ "quote-cut-report-15", "TD 1.5 ends where TD 1.0 does",
	  REASON_QUOTE_PARSE, "TD report: input ends", .make = td15,
	  CUT(V5_SVN2) },
	{ "quote-cut-signature", "it ends inside its signature",
	  REASON_QUOTE_PARSE, "signature data size: input ends",
	  CUT(SIG + 40) },
	{ "quote-cut-last", "its last byte is missing", REASON_QUOTE_PARSE,
	  "signature data size: input ends", CUT(FAKE_FROM_END + 1) },
	{ "quote-tail-newline", "a line break after it", REASON_QUOTE_PARSE,
	  "bytes after the signature data", TAIL("\n") },
	{ "quote-tail-padded", "zeros after it, then another byte",
	  REASON_QUOTE_PARSE, "bytes after the signature data",
	  TAIL(ZERO8 "\1") },
	{ "quote-tail-byte", "a byte after it, then zeros", REASON_QUOTE_PARSE,
	  "bytes after the signature data", TAIL("\xff" ZERO8) },
	{ "quote-tail-twice", "the quote twice", REASON_QUOTE_PARSE,
	  "bytes after the signature data",
	  QUOTE(FAKE_TWICE, 0, FAKE_ALL, "") },
	{ "quote-long", "longer than any quote may be", REASON_QUOTE_PARSE,
	  "size: larger than its limit", .make = too_long },
	{ "quote-byte-less", "a byte of MRTD is left out", REASON_QUOTE_PARSE,
	  "signature data size", QUOTE(FAKE_SET, BODY + 140, 1, "") },
	{ "quote-byte-more", "a byte too much in MRTD", REASON_QUOTE_PARSE,
	  "signature data size", QUOTE(FAKE_SET, BODY + 140, 0, "\1") },
};
/* clang-format on */

const struct fault_table faults_quote = {
	.subject = "The form of a quote",
	.at = form,
	.n = sizeof form / sizeof *form,
};

static void by_pck(struct fault_case *c)
{
	c->fake.quote_signer = &c->fake.pck;
}

static void by_stranger(struct fault_case *c)
{
	c->fake.quote_signer = &c->fake.stranger;
}

static void qe_by_stranger(struct fault_case *c)
{
	c->fake.qe_report_signer = &c->fake.stranger;
}

static void qe_by_ca(struct fault_case *c)
{
	c->fake.qe_report_signer = &c->fake.ca;
}

static void qe_by_itself(struct fault_case *c)
{
	c->fake.qe_report_signer = &c->fake.attest;
}

static void unbound(struct fault_case *c)
{
	c->fake.break_binding = true;
}

/* clang-format off */
static const struct fault covered[] = {
	{ "signed-qe-svn", "QE SVN changed after signing", REASON_SIGNATURE,
	  "the quote's signature", FLIP(8) },
	{ "signed-pce-svn", "PCE SVN changed after signing", REASON_SIGNATURE,
	  "the quote's signature", FLIP(10) },
	{ "signed-user-data", "user data changed after signing",
	  REASON_SIGNATURE, "the quote's signature", FLIP(28) },
	{ "signed-tee-tcb-svn", "tee_tcb_svn changed after signing",
	  REASON_SIGNATURE, "the quote's signature", FLIP(BODY) },
	{ "signed-mr-seam", "mr_seam changed after signing", REASON_SIGNATURE,
	  "the quote's signature", FLIP(BODY + 16) },
	{ "signed-mr-signer-seam", "mr_signer_seam changed after signing",
	  REASON_SIGNATURE, "the quote's signature", FLIP(BODY + 64) },
	{ "signed-seam-attributes", "seam_attributes changed after signing",
	  REASON_SIGNATURE, "the quote's signature", FLIP(BODY + 112) },
	{ "signed-td-attributes", "td_attributes changed after signing",
	  REASON_SIGNATURE, "the quote's signature", FLIP(BODY + 120) },
	{ "signed-xfam", "XFAM changed after signing", REASON_SIGNATURE,
	  "the quote's signature", FLIP(BODY + 128) },
	{ "signed-mrtd", "MRTD changed after signing", REASON_SIGNATURE,
	  "the quote's signature", FLIP(BODY + 136) },
	{ "signed-mr-config-id", "mr_config_id changed after signing",
	  REASON_SIGNATURE, "the quote's signature", FLIP(BODY + 184) },
	{ "signed-mr-owner", "mr_owner changed after signing", REASON_SIGNATURE,
	  "the quote's signature", FLIP(BODY + 232) },
	{ "signed-mr-owner-config", "mr_owner_config changed after signing",
	  REASON_SIGNATURE, "the quote's signature", FLIP(BODY + 280) },
	{ "signed-rtmr0", "RTMR0 changed after signing", REASON_SIGNATURE,
	  "the quote's signature", FLIP(BODY + 328) },
	{ "signed-rtmr1", "RTMR1 changed after signing", REASON_SIGNATURE,
	  "the quote's signature", FLIP(BODY + 376) },
	{ "signed-rtmr2", "RTMR2 changed after signing", REASON_SIGNATURE,
	  "the quote's signature", FLIP(BODY + 424) },
	{ "signed-rtmr3", "RTMR3 changed after signing", REASON_SIGNATURE,
	  "the quote's signature", FLIP(BODY + 472) },
	{ "signed-reportdata", "REPORTDATA changed after signing",
	  REASON_SIGNATURE, "the quote's signature", FLIP(BODY + 520) },
	{ "signed-tee-tcb-svn2", "tee_tcb_svn2 changed after signing",
	  REASON_SIGNATURE, "the quote's signature", .make = td15,
	  FLIP(V5_SVN2) },
	{ "signed-mr-servicetd", "mr_servicetd changed after signing",
	  REASON_SIGNATURE, "the quote's signature", .make = td15,
	  FLIP(V5_SERVICETD) },
	{ "signature-r", "a bit of r", REASON_SIGNATURE,
	  "the quote's signature", FLIP(SIG) },
	{ "signature-s", "a bit of s", REASON_SIGNATURE,
	  "the quote's signature", FLIP(SIG + 32) },
	{ "signature-zero", "r and s are zero", REASON_SIGNATURE,
	  "the quote's signature", AFTER(SIG, ZERO32 ZERO32) },
	{ "signature-r-zero", "r is zero", REASON_SIGNATURE,
	  "the quote's signature", AFTER(SIG, ZERO32) },
	{ "signature-s-zero", "s is zero", REASON_SIGNATURE,
	  "the quote's signature", AFTER(SIG + 32, ZERO32) },
	{ "signature-r-order", "r is the group's order", REASON_SIGNATURE,
	  "the quote's signature", AFTER(SIG, ORDER) },
	{ "signature-s-order", "s is the group's order", REASON_SIGNATURE,
	  "the quote's signature", AFTER(SIG + 32, ORDER) },
	{ "signature-by-pck", "by the PCK, not the attestation key",
	  REASON_SIGNATURE, "the quote's signature", .make = by_pck },
	{ "signature-by-stranger", "by a key that no QE vouches for",
	  REASON_SIGNATURE, "the quote's signature", .make = by_stranger },
	{ "key-x", "a bit of the attestation key's x", REASON_SIGNATURE,
	  "does not bind the attestation key", FLIP(KEY) },
	{ "key-y", "a bit of the attestation key's y", REASON_SIGNATURE,
	  "does not bind the attestation key", FLIP(KEY + 32) },
	{ "key-zero", "an attestation key of zeros", REASON_SIGNATURE,
	  "does not bind the attestation key", AFTER(KEY, ZERO32 ZERO32) },
	{ "qe-auth", "a bit of the QE's authentication data", REASON_SIGNATURE,
	  "does not bind the attestation key", FLIP(AUTH) },
	{ "qe-binding", "the QE report names another key", REASON_SIGNATURE,
	  "does not bind the attestation key", .make = unbound },
	{ "qe-binding-tail", "more than zeros behind the key's digest",
	  REASON_SIGNATURE, "does not bind the attestation key",
	  QE_SIGNED(320 + 32, "\1") },
	{ "qe-binding-zero", "a QE report that binds nothing", REASON_SIGNATURE,
	  "does not bind the attestation key", QE_SIGNED(320, ZERO32) },
	{ "qe-report-cpusvn", "the QE report's CPUSVN changed",
	  REASON_SIGNATURE, "the QE report's signature", FLIP(QE + 0) },
	{ "qe-report-miscselect", "the QE report's MISCSELECT changed",
	  REASON_SIGNATURE, "the QE report's signature", FLIP(QE + 16) },
	{ "qe-report-reserved-1", "the QE report's reserved bytes changed",
	  REASON_SIGNATURE, "the QE report's signature", FLIP(QE + 20) },
	{ "qe-report-attributes", "the QE report's ATTRIBUTES changed",
	  REASON_SIGNATURE, "the QE report's signature", FLIP(QE + 48) },
	{ "qe-report-mrenclave", "the QE report's MRENCLAVE changed",
	  REASON_SIGNATURE, "the QE report's signature", FLIP(QE + 64) },
	{ "qe-report-reserved-2",
	  "the QE report's reserved bytes before MRSIGNER changed",
	  REASON_SIGNATURE, "the QE report's signature", FLIP(QE + 96) },
	{ "qe-report-mrsigner", "the QE report's MRSIGNER changed",
	  REASON_SIGNATURE, "the QE report's signature", FLIP(QE + 128) },
	{ "qe-report-reserved-3",
	  "the QE report's reserved bytes after MRSIGNER changed",
	  REASON_SIGNATURE, "the QE report's signature", FLIP(QE + 160) },
	{ "qe-report-isvprodid", "the QE report's ISVPRODID changed",
	  REASON_SIGNATURE, "the QE report's signature", FLIP(QE + 256) },
	{ "qe-report-isvsvn", "the QE report's ISVSVN changed",
	  REASON_SIGNATURE, "the QE report's signature", FLIP(QE + 258) },
	{ "qe-report-reserved-4",
	  "the QE report's reserved bytes at the end changed", REASON_SIGNATURE,
	  "the QE report's signature", FLIP(QE + 260) },
	{ "qe-report-reportdata", "the QE report's report data changed",
	  REASON_SIGNATURE, "the QE report's signature", FLIP(QE + 320) },
	{ "qe-signature-r", "a bit of the QE report's r", REASON_SIGNATURE,
	  "the QE report's signature", FLIP(QE_SIG) },
	{ "qe-signature-s", "a bit of the QE report's s", REASON_SIGNATURE,
	  "the QE report's signature", FLIP(QE_SIG + 32) },
	{ "qe-signature-zero", "the QE report's r and s are zero",
	  REASON_SIGNATURE, "the QE report's signature",
	  AFTER(QE_SIG, ZERO32 ZERO32) },
	{ "qe-report-by-stranger", "the QE report signed by another PCK",
	  REASON_SIGNATURE, "the QE report's signature",
	  .make = qe_by_stranger },
	{ "qe-report-by-ca", "the QE report signed by the PCK CA",
	  REASON_SIGNATURE, "the QE report's signature", .make = qe_by_ca },
	{ "qe-report-by-itself", "the QE report signed by the key it names",
	  REASON_SIGNATURE, "the QE report's signature", .make = qe_by_itself },
};
/* clang-format on */

const struct fault_table faults_report = {
	.subject = "What the quote's signatures cover",
	.at = covered,
	.n = sizeof covered / sizeof *covered,
};

/* clang-format off */
static const struct fault certification[] = {
	{ "certification-0", "certification data type 0", REASON_QUOTE_PARSE,
	  "certification data type", AFTER(TYPE, "\0\0") },
	{ "certification-1", "certification data type 1: the PPID",
	  REASON_QUOTE_PARSE,
	  "certification data type 1: the PPID in the clear",
	  AFTER(TYPE, "\1\0") },
	{ "certification-2",
	  "certification data type 2: the PPID under RSA-2048",
	  REASON_QUOTE_PARSE,
	  "certification data type 2: the PPID, encrypted with RSA-2048",
	  AFTER(TYPE, "\2\0") },
	{ "certification-3",
	  "certification data type 3: the PPID under RSA-3072",
	  REASON_QUOTE_PARSE,
	  "certification data type 3: the PPID, encrypted with RSA-3072",
	  AFTER(TYPE, "\3\0") },
	{ "certification-4",
	  "certification data type 4: a PCK certificate alone",
	  REASON_QUOTE_PARSE,
	  "certification data type 4: a PCK certificate without its chain",
	  AFTER(TYPE, "\4\0") },
	{ "certification-5",
	  "certification data type 5: a chain and no QE report",
	  REASON_QUOTE_PARSE,
	  "certification data type 5: a PCK certificate chain",
	  AFTER(TYPE, "\5\0") },
	{ "certification-7", "certification data type 7: a platform manifest",
	  REASON_QUOTE_PARSE, "certification data type 7: a platform manifest",
	  AFTER(TYPE, "\7\0") },
	{ "certification-8", "certification data type 8", REASON_QUOTE_PARSE,
	  "certification data type", AFTER(TYPE, "\x8\0") },
	{ "qe-certification-0", "inner certification data type 0",
	  REASON_QUOTE_PARSE, "QE certification data type",
	  AFTER(INNER, "\0\0") },
	{ "qe-certification-1", "inner certification data type 1: the PPID",
	  REASON_QUOTE_PARSE,
	  "QE certification data type 1: the PPID in the clear",
	  AFTER(INNER, "\1\0") },
	{ "qe-certification-2",
	  "inner certification data type 2: the PPID under RSA-2048",
	  REASON_QUOTE_PARSE,
	  "QE certification data type 2: the PPID, encrypted with RSA-2048",
	  AFTER(INNER, "\2\0") },
	{ "qe-certification-3",
	  "inner certification data type 3: the PPID under RSA-3072",
	  REASON_QUOTE_PARSE,
	  "QE certification data type 3: the PPID, encrypted with RSA-3072",
	  AFTER(INNER, "\3\0") },
	{ "qe-certification-4",
	  "inner certification data type 4: a PCK certificate alone",
	  REASON_QUOTE_PARSE,
	  "QE certification data type 4: a PCK certificate without its chain",
	  AFTER(INNER, "\4\0") },
	{ "qe-certification-6",
	  "inner certification data type 6: a QE report in a QE report",
	  REASON_QUOTE_PARSE, "QE certification data type 6: a QE report",
	  AFTER(INNER, "\6\0") },
	{ "qe-certification-7",
	  "inner certification data type 7: a platform manifest",
	  REASON_QUOTE_PARSE,
	  "QE certification data type 7: a platform manifest",
	  AFTER(INNER, "\7\0") },
	{ "qe-certification-8", "inner certification data type 8",
	  REASON_QUOTE_PARSE, "QE certification data type",
	  AFTER(INNER, "\x8\0") },
	{ "size-signature-0", "signature data of no length", REASON_QUOTE_PARSE,
	  "input ends", AFTER(SIG_LEN, "\0\0\0\0") },
	{ "size-signature-max", "signature data of 4 GiB", REASON_QUOTE_PARSE,
	  "signature data size: input ends",
	  AFTER(SIG_LEN, "\xff\xff\xff\xff") },
	{ "size-signature-odd", "a bit of the signature data's size",
	  REASON_QUOTE_PARSE, "size", QUOTE(FAKE_XOR, SIG_LEN, 0, "\1") },
	{ "size-outer-odd", "a bit of the certification data's size",
	  REASON_QUOTE_PARSE, "certification data size: bytes left",
	  QUOTE(FAKE_XOR, LEN, 0, "\1") },
	{ "size-outer-0", "certification data of no length", REASON_QUOTE_PARSE,
	  "certification data size: bytes left", AFTER(LEN, "\0\0\0\0") },
	{ "size-auth-0", "authentication data of no length", REASON_QUOTE_PARSE,
	  "certification data", AFTER(AUTH_LEN, "\0\0") },
	{ "size-auth-31", "authentication data one too short",
	  REASON_QUOTE_PARSE, "QE certification data",
	  AFTER(AUTH_LEN, "\x1f\0") },
	{ "size-auth-33", "authentication data one too long",
	  REASON_QUOTE_PARSE, "QE certification data",
	  AFTER(AUTH_LEN, "\x21\0") },
	{ "size-auth-max", "authentication data of 65,535 bytes",
	  REASON_QUOTE_PARSE, "QE authentication data: input ends",
	  AFTER(AUTH_LEN, "\xff\xff") },
	{ "size-chain-odd", "a bit of the PCK chain's size", REASON_QUOTE_PARSE,
	  "QE certification data size: bytes left",
	  QUOTE(FAKE_XOR, INNER_LEN, 0, "\1") },
	{ "size-chain-0", "a PCK chain of no length, bytes behind it",
	  REASON_QUOTE_PARSE, "QE certification data size: bytes left",
	  AFTER(INNER_LEN, "\0\0\0\0") },
	{ "size-chain-max", "a PCK chain of 4 GiB", REASON_QUOTE_PARSE,
	  "QE certification data size: bytes left",
	  AFTER(INNER_LEN, "\xff\xff\xff\xff") },
};
/* clang-format on */

const struct fault_table faults_certification = {
	.subject = "Certification data and sizes",
	.at = certification,
	.n = sizeof certification / sizeof *certification,
};
