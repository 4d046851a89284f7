/* faults_crl.c - the two CRLs, and the bundle that holds them. A CRL that
 * cannot be read is one that is not there. */
#include "tests/peers/faults.h"

#define CRL(p, o, path, bytes)                                                 \
	.edit = { .part = (p), .op = (o), .at = (path), BYTES(bytes) }
#define OUTER(p, o, path, bytes)                                               \
	.edit = { .part = (p),                                                 \
		  .stage = FAKE_AFTER,                                         \
		  .op = (o),                                                   \
		  .at = (path),                                                \
		  BYTES(bytes) }
#define BUNDLE(from, to)                                                       \
	.edit = { .part = FAKE_BUNDLE,                                         \
		  .stage = FAKE_AFTER,                                         \
		  .at = (from),                                                \
		  BYTES(to) }
#define BUNDLE_AT(o, where, n, to)                                             \
	.edit = { .part = FAKE_BUNDLE,                                         \
		  .stage = FAKE_AFTER,                                         \
		  .op = (o),                                                   \
		  .offset = (where),                                           \
		  .old = (n),                                                  \
		  BYTES(to) }

/* AlgorithmIdentifiers: RFC 5758, RFC 3279. */
#define ECDSA_SHA384 "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03"
#define RSA_SHA256                                                             \
	"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00"

/* Extensions: RFC 5280, 5.2. */
#define CRITICAL         "\x01\x01\xff"
#define NUMBER           "\x30\x0a\x06\x03\x55\x1d\x14\x04\x03\x02\x01\x07"
#define DELTA            "\x06\x03\x55\x1d\x1b"
#define POINT            "\x06\x03\x55\x1d\x1c"
#define WHY              "\x30\x0a\x06\x03\x55\x1d\x15\x04\x03\x0a\x01\x01"
#define ISSUER           "\x06\x03\x55\x1d\x1d"
#define NOBODYS          "\x06\x03\x55\x1d\x7f"
#define NOBODYS_CRITICAL "\x30\x0a" NOBODYS CRITICAL "\x04\x00"
#define ISSUER_CRITICAL  "\x30\x0c" ISSUER CRITICAL "\x04\x02\x30\x00"
#define ENTRY                                                                  \
	"\x02\x01\x09\x17\x0d"                                                 \
	"260101000000Z"

static void pck_crl_signer(struct fault_case *c)
{
	c->fake.pck_crl.signer = &c->fake.stranger;
}

static void pck_crl_by_pck(struct fault_case *c)
{
	c->fake.pck_crl.signer = &c->fake.pck;
}

static void pck_crl_of_root(struct fault_case *c)
{
	c->fake.pck_crl = c->fake.root_crl;
}

static void pck_crl_issuer(struct fault_case *c)
{
	c->fake.pck_crl.issuer_cn = "Intel SGX PCK Processor CA";
}

static void pck_crl_late(struct fault_case *c)
{
	c->fake.pck_crl.to_s = FAKE_NOW - 1;
}

static void pck_crl_early(struct fault_case *c)
{
	c->fake.pck_crl.from_s = FAKE_NOW + 1;
}

static void root_crl_signer(struct fault_case *c)
{
	c->fake.root_crl.signer = &c->fake.stranger;
}

static void root_crl_by_ca(struct fault_case *c)
{
	c->fake.root_crl.signer = &c->fake.ca;
}

static void root_crl_of_ca(struct fault_case *c)
{
	c->fake.root_crl = c->fake.pck_crl;
}

static void root_crl_issuer(struct fault_case *c)
{
	c->fake.root_crl.issuer_cn = "Intel SGX Root CA";
}

static void root_crl_late(struct fault_case *c)
{
	c->fake.root_crl.to_s = FAKE_NOW - 1;
}

static void root_crl_early(struct fault_case *c)
{
	c->fake.root_crl.from_s = FAKE_NOW + 1;
}

static void nobody(struct fault_case *c)
{
	c->fake.pck_crl.revoked = FAKE_SERIAL_NOBODY;
}

static void none(struct fault_case *c)
{
	c->no_collateral = true;
}

/* clang-format off */
static const struct fault crl[] = {
	{ "pck-crl-signature", "the PCK CRL is signed by a stranger",
	  REASON_SIGNATURE, "a CRL's signature", .make = pck_crl_signer },
	{ "pck-crl-by-pck", "the PCK CRL is signed by the PCK",
	  REASON_SIGNATURE, "a CRL's signature", .make = pck_crl_by_pck },
	{ "pck-crl-of-root", "the root's CRL in its place", REASON_SIGNATURE,
	  "a CRL is by another issuer", .make = pck_crl_of_root },
	{ "pck-crl-issuer", "the PCK CRL names another issuer",
	  REASON_SIGNATURE, "a CRL is by another issuer",
	  .make = pck_crl_issuer },
	{ "pck-crl-expired", "the PCK CRL has expired", REASON_EXPIRED,
	  "PCK CRL has expired", .make = pck_crl_late },
	{ "pck-crl-early", "the PCK CRL is not valid yet", REASON_NOT_YET_VALID,
	  "PCK CRL is not valid yet", .make = pck_crl_early },
	{ "root-crl-signature", "the root CRL is signed by a stranger",
	  REASON_SIGNATURE, "a CRL's signature", .make = root_crl_signer },
	{ "root-crl-by-ca", "the root CRL is signed by the PCK CA",
	  REASON_SIGNATURE, "a CRL's signature", .make = root_crl_by_ca },
	{ "root-crl-of-ca", "the PCK CRL in its place", REASON_SIGNATURE,
	  "a CRL is by another issuer", .make = root_crl_of_ca },
	{ "root-crl-issuer", "the root CRL names another issuer",
	  REASON_SIGNATURE, "a CRL is by another issuer",
	  .make = root_crl_issuer },
	{ "root-crl-expired", "the root CRL has expired", REASON_EXPIRED,
	  "root CRL has expired", .make = root_crl_late },
	{ "root-crl-early", "the root CRL is not valid yet",
	  REASON_NOT_YET_VALID, "root CRL is not valid yet",
	  .make = root_crl_early },
	{ "pck-crl-version-1", "PCK CRL: version 1, none is stated",
	  REASON_UNAVAILABLE, "pck_crl", CRL(FAKE_PCK_CRL, FAKE_SET, "0", "") },
	{ "pck-crl-version-3", "PCK CRL: version 3", REASON_UNAVAILABLE,
	  "pck_crl", CRL(FAKE_PCK_CRL, FAKE_SET, "0", "\x02\x01\x02") },
	{ "pck-crl-alg", "PCK CRL: ECDSA with SHA-384 inside",
	  REASON_UNAVAILABLE, "pck_crl",
	  CRL(FAKE_PCK_CRL, FAKE_SET, "1", ECDSA_SHA384) },
	{ "pck-crl-alg-outer", "PCK CRL: RSA outside", REASON_UNAVAILABLE,
	  "pck_crl", OUTER(FAKE_PCK_CRL, FAKE_SET, "1", RSA_SHA256) },
	{ "pck-crl-no-next", "PCK CRL: no next update", REASON_UNAVAILABLE,
	  "pck_crl", CRL(FAKE_PCK_CRL, FAKE_SET, "4", "") },
	{ "pck-crl-dates", "PCK CRL: a date that is none", REASON_UNAVAILABLE,
	  "pck_crl",
	  CRL(FAKE_PCK_CRL, FAKE_SET, "3", "\x17\x0d" "261301000000Z") },
	{ "pck-crl-dates-swapped", "PCK CRL: it ends before it begins",
	  REASON_NOT_YET_VALID, "CRL is not valid yet",
	  CRL(FAKE_PCK_CRL, FAKE_SWAP, "3", "") },
	{ "pck-crl-critical", "PCK CRL: a critical extension nobody knows",
	  REASON_UNAVAILABLE, "pck_crl",
	  CRL(FAKE_PCK_CRL, FAKE_APPEND, "",
	   "\xa0\x0e\x30\x0c\x30\x0a" NOBODYS CRITICAL "\x04\x00") },
	{ "pck-crl-delta", "PCK CRL: a delta CRL", REASON_UNAVAILABLE,
	  "pck_crl",
	  CRL(FAKE_PCK_CRL, FAKE_APPEND, "",
	   "\xa0\x11\x30\x0f\x30\x0d" DELTA CRITICAL "\x04\x03\x02\x01\x01") },
	{ "pck-crl-point", "PCK CRL: for one distribution point alone",
	  REASON_UNAVAILABLE, "pck_crl",
	  CRL(FAKE_PCK_CRL, FAKE_APPEND, "",
	   "\xa0\x10\x30\x0e\x30\x0c" POINT CRITICAL "\x04\x02\x30\x00") },
	{ "pck-crl-ext-twice", "PCK CRL: an extension twice",
	  REASON_UNAVAILABLE, "pck_crl",
	  CRL(FAKE_PCK_CRL, FAKE_APPEND, "",
	   "\xa0\x1a\x30\x18" NUMBER NUMBER) },
	{ "pck-crl-ext-none", "PCK CRL: a list of no extensions",
	  REASON_UNAVAILABLE, "pck_crl",
	  CRL(FAKE_PCK_CRL, FAKE_APPEND, "", "\xa0\x02\x30\x00") },
	{ "pck-crl-entries-none", "PCK CRL: a list of no revoked certificates",
	  REASON_UNAVAILABLE, "pck_crl",
	  CRL(FAKE_PCK_CRL, FAKE_FOLLOW, "4", "\x30\x00") },
	{ "pck-crl-entry-serial",
	  "PCK CRL: a revoked serial number that is negative",
	  REASON_UNAVAILABLE, "pck_crl",
	  CRL(FAKE_PCK_CRL, FAKE_FOLLOW, "4",
	   "\x30\x14\x30\x12\x02\x01\x80\x17\x0d" "260101000000Z") },
	{ "pck-crl-entry-no-date", "PCK CRL: an entry without a date",
	  REASON_UNAVAILABLE, "pck_crl",
	  CRL(FAKE_PCK_CRL, FAKE_FOLLOW, "4", "\x30\x05\x30\x03\x02\x01\x09") },
	{ "pck-crl-entry-critical",
	  "PCK CRL: an entry with a critical extension", REASON_UNAVAILABLE,
	  "pck_crl",
	  CRL(FAKE_PCK_CRL, FAKE_FOLLOW, "4",
	   "\x30\x22\x30\x20" ENTRY "\x30\x0c" NOBODYS_CRITICAL) },
	{ "pck-crl-entry-issuer",
	  "PCK CRL: an entry of another issuer's certificate",
	  REASON_UNAVAILABLE, "pck_crl",
	  CRL(FAKE_PCK_CRL, FAKE_FOLLOW, "4",
	   "\x30\x24\x30\x22" ENTRY "\x30\x0e" ISSUER_CRITICAL) },
	{ "pck-crl-entry-ext-twice",
	  "PCK CRL: an entry with an extension twice", REASON_UNAVAILABLE,
	  "pck_crl",
	  CRL(FAKE_PCK_CRL, FAKE_FOLLOW, "4",
	   "\x30\x2e\x30\x2c" ENTRY "\x30\x18" WHY WHY) },
	{ "pck-crl-entry-after", "PCK CRL: bytes after an entry's extensions",
	  REASON_UNAVAILABLE, "pck_crl",
	  CRL(FAKE_PCK_CRL, FAKE_FOLLOW, "4",
	   "\x30\x24\x30\x22" ENTRY "\x30\x0c" WHY "\x05\x00") },
	{ "pck-crl-after", "PCK CRL: an element after the last",
	  REASON_UNAVAILABLE, "pck_crl",
	  CRL(FAKE_PCK_CRL, FAKE_APPEND, "", "\x05\x00") },
	{ "pck-crl-tail", "PCK CRL: a byte after it", REASON_UNAVAILABLE,
	  "pck_crl", OUTER(FAKE_PCK_CRL, FAKE_FOLLOW, "", "\x00") },
	{ "pck-crl-sig-cut", "PCK CRL: a signature one byte too short",
	  REASON_SIGNATURE, "a CRL's signature",
	  OUTER(FAKE_PCK_CRL, FAKE_CUT, "2", "") },
	{ "pck-crl-sig-zero", "PCK CRL: r and s are zero", REASON_SIGNATURE,
	  "a CRL's signature",
	  OUTER(FAKE_PCK_CRL, FAKE_SET, "2",
	   "\x03\x09\x00\x30\x06\x02\x01\x00\x02\x01\x00") },
	{ "pck-crl-sig-type", "PCK CRL: a signature that is no BIT STRING",
	  REASON_UNAVAILABLE, "pck_crl",
	  OUTER(FAKE_PCK_CRL, FAKE_TAG, "2", "\x04") },
	{ "pck-crl-unsigned",
	  "PCK CRL: another issue date under the old signature",
	  REASON_SIGNATURE, "a CRL's signature",
	  OUTER(FAKE_PCK_CRL, FAKE_SET, "0.3", "\x17\x0d" "260901000000Z") },
	{ "pck-crl-empty", "PCK CRL: no byte of it", REASON_UNAVAILABLE,
	  "pck_crl", OUTER(FAKE_PCK_CRL, FAKE_SET, "", "") },
	{ "pck-crl-type", "PCK CRL: it is no SEQUENCE", REASON_UNAVAILABLE,
	  "pck_crl", OUTER(FAKE_PCK_CRL, FAKE_TAG, "", "\x31") },
	{ "root-crl-version-1", "root CRL: version 1, none is stated",
	  REASON_UNAVAILABLE, "root_ca_crl",
	  CRL(FAKE_ROOT_CRL, FAKE_SET, "0", "") },
	{ "root-crl-version-3", "root CRL: version 3", REASON_UNAVAILABLE,
	  "root_ca_crl", CRL(FAKE_ROOT_CRL, FAKE_SET, "0", "\x02\x01\x02") },
	{ "root-crl-alg", "root CRL: ECDSA with SHA-384 inside",
	  REASON_UNAVAILABLE, "root_ca_crl",
	  CRL(FAKE_ROOT_CRL, FAKE_SET, "1", ECDSA_SHA384) },
	{ "root-crl-alg-outer", "root CRL: RSA outside", REASON_UNAVAILABLE,
	  "root_ca_crl", OUTER(FAKE_ROOT_CRL, FAKE_SET, "1", RSA_SHA256) },
	{ "root-crl-no-next", "root CRL: no next update", REASON_UNAVAILABLE,
	  "root_ca_crl", CRL(FAKE_ROOT_CRL, FAKE_SET, "4", "") },
	{ "root-crl-dates", "root CRL: a date that is none", REASON_UNAVAILABLE,
	  "root_ca_crl",
	  CRL(FAKE_ROOT_CRL, FAKE_SET, "3", "\x17\x0d" "261301000000Z") },
	{ "root-crl-dates-swapped", "root CRL: it ends before it begins",
	  REASON_NOT_YET_VALID, "CRL is not valid yet",
	  CRL(FAKE_ROOT_CRL, FAKE_SWAP, "3", "") },
	{ "root-crl-critical", "root CRL: a critical extension nobody knows",
	  REASON_UNAVAILABLE, "root_ca_crl",
	  CRL(FAKE_ROOT_CRL, FAKE_APPEND, "",
	   "\xa0\x0e\x30\x0c\x30\x0a" NOBODYS CRITICAL "\x04\x00") },
	{ "root-crl-delta", "root CRL: a delta CRL", REASON_UNAVAILABLE,
	  "root_ca_crl",
	  CRL(FAKE_ROOT_CRL, FAKE_APPEND, "",
	   "\xa0\x11\x30\x0f\x30\x0d" DELTA CRITICAL "\x04\x03\x02\x01\x01") },
	{ "root-crl-point", "root CRL: for one distribution point alone",
	  REASON_UNAVAILABLE, "root_ca_crl",
	  CRL(FAKE_ROOT_CRL, FAKE_APPEND, "",
	   "\xa0\x10\x30\x0e\x30\x0c" POINT CRITICAL "\x04\x02\x30\x00") },
	{ "root-crl-ext-twice", "root CRL: an extension twice",
	  REASON_UNAVAILABLE, "root_ca_crl",
	  CRL(FAKE_ROOT_CRL, FAKE_APPEND, "",
	   "\xa0\x1a\x30\x18" NUMBER NUMBER) },
	{ "root-crl-ext-none", "root CRL: a list of no extensions",
	  REASON_UNAVAILABLE, "root_ca_crl",
	  CRL(FAKE_ROOT_CRL, FAKE_APPEND, "", "\xa0\x02\x30\x00") },
	{ "root-crl-entries-none",
	  "root CRL: a list of no revoked certificates", REASON_UNAVAILABLE,
	  "root_ca_crl", CRL(FAKE_ROOT_CRL, FAKE_FOLLOW, "4", "\x30\x00") },
	{ "root-crl-entry-serial",
	  "root CRL: a revoked serial number that is negative",
	  REASON_UNAVAILABLE, "root_ca_crl",
	  CRL(FAKE_ROOT_CRL, FAKE_FOLLOW, "4",
	   "\x30\x14\x30\x12\x02\x01\x80\x17\x0d" "260101000000Z") },
	{ "root-crl-entry-no-date", "root CRL: an entry without a date",
	  REASON_UNAVAILABLE, "root_ca_crl",
	  CRL(FAKE_ROOT_CRL, FAKE_FOLLOW, "4",
	   "\x30\x05\x30\x03\x02\x01\x09") },
	{ "root-crl-entry-critical",
	  "root CRL: an entry with a critical extension", REASON_UNAVAILABLE,
	  "root_ca_crl",
	  CRL(FAKE_ROOT_CRL, FAKE_FOLLOW, "4",
	   "\x30\x22\x30\x20" ENTRY "\x30\x0c" NOBODYS_CRITICAL) },
	{ "root-crl-entry-issuer",
	  "root CRL: an entry of another issuer's certificate",
	  REASON_UNAVAILABLE, "root_ca_crl",
	  CRL(FAKE_ROOT_CRL, FAKE_FOLLOW, "4",
	   "\x30\x24\x30\x22" ENTRY "\x30\x0e" ISSUER_CRITICAL) },
	{ "root-crl-entry-ext-twice",
	  "root CRL: an entry with an extension twice", REASON_UNAVAILABLE,
	  "root_ca_crl",
	  CRL(FAKE_ROOT_CRL, FAKE_FOLLOW, "4",
	   "\x30\x2e\x30\x2c" ENTRY "\x30\x18" WHY WHY) },
	{ "root-crl-entry-after", "root CRL: bytes after an entry's extensions",
	  REASON_UNAVAILABLE, "root_ca_crl",
	  CRL(FAKE_ROOT_CRL, FAKE_FOLLOW, "4",
	   "\x30\x24\x30\x22" ENTRY "\x30\x0c" WHY "\x05\x00") },
	{ "root-crl-after", "root CRL: an element after the last",
	  REASON_UNAVAILABLE, "root_ca_crl",
	  CRL(FAKE_ROOT_CRL, FAKE_APPEND, "", "\x05\x00") },
	{ "root-crl-tail", "root CRL: a byte after it", REASON_UNAVAILABLE,
	  "root_ca_crl", OUTER(FAKE_ROOT_CRL, FAKE_FOLLOW, "", "\x00") },
	{ "root-crl-sig-cut", "root CRL: a signature one byte too short",
	  REASON_SIGNATURE, "a CRL's signature",
	  OUTER(FAKE_ROOT_CRL, FAKE_CUT, "2", "") },
	{ "root-crl-sig-zero", "root CRL: r and s are zero", REASON_SIGNATURE,
	  "a CRL's signature",
	  OUTER(FAKE_ROOT_CRL, FAKE_SET, "2",
	   "\x03\x09\x00\x30\x06\x02\x01\x00\x02\x01\x00") },
	{ "root-crl-sig-type", "root CRL: a signature that is no BIT STRING",
	  REASON_UNAVAILABLE, "root_ca_crl",
	  OUTER(FAKE_ROOT_CRL, FAKE_TAG, "2", "\x04") },
	{ "root-crl-unsigned",
	  "root CRL: another issue date under the old signature",
	  REASON_SIGNATURE, "a CRL's signature",
	  OUTER(FAKE_ROOT_CRL, FAKE_SET, "0.3", "\x17\x0d" "260901000000Z") },
	{ "root-crl-empty", "root CRL: no byte of it", REASON_UNAVAILABLE,
	  "root_ca_crl", OUTER(FAKE_ROOT_CRL, FAKE_SET, "", "") },
	{ "root-crl-type", "root CRL: it is no SEQUENCE", REASON_UNAVAILABLE,
	  "root_ca_crl", OUTER(FAKE_ROOT_CRL, FAKE_TAG, "", "\x31") },
	{ "pck-crl-entry-dropped",
	  "a revoked certificate cut out under the old signature",
	  REASON_SIGNATURE, "a CRL's signature", .make = nobody,
	  OUTER(FAKE_PCK_CRL, FAKE_SET, "0.5", "") },
};
/* clang-format on */

const struct fault_table faults_crl = {
	.subject = "CRLs",
	.at = crl,
	.n = sizeof crl / sizeof *crl,
};

/* clang-format off */
static const struct fault bundle[] = {
	{ "collateral-none", "there is none", REASON_UNAVAILABLE,
	  "no collateral", .make = none },
	{ "collateral-empty", "it is empty", REASON_UNAVAILABLE,
	  "no collateral", BUNDLE_AT(FAKE_SET, 0, FAKE_ALL, "") },
	{ "collateral-cut", "it ends too early", REASON_UNAVAILABLE,
	  "no collateral", BUNDLE_AT(FAKE_SET, FAKE_FROM_END + 1, 1, "") },
	{ "collateral-tail", "text after it", REASON_UNAVAILABLE,
	  "no collateral", BUNDLE_AT(FAKE_SET, FAKE_FROM_END, 0, "{}") },
	{ "collateral-twice", "the whole of it twice", REASON_UNAVAILABLE,
	  "no collateral", BUNDLE_AT(FAKE_TWICE, 0, FAKE_ALL, "") },
	{ "collateral-array", "it is an array", REASON_UNAVAILABLE,
	  "no collateral", BUNDLE_AT(FAKE_SET, 0, FAKE_ALL, "[]") },
	{ "collateral-unknown", "a member nobody knows", REASON_UNAVAILABLE,
	  "unknown member", BUNDLE_AT(FAKE_SET, 1, 0, "\"x\":1,") },
	{ "collateral-no-tcb-info", "no tcb_info", REASON_UNAVAILABLE,
	  "tcb_info", BUNDLE("\"tcb_info\":", "\"pck_certificate_chain\":") },
	{ "collateral-tcb-info-twice", "tcb_info twice", REASON_UNAVAILABLE,
	  "the same key", BUNDLE_AT(FAKE_SET, 1, 0, "\"tcb_info\":\"\",") },
	{ "collateral-tcb-info-null", "tcb_info is null", REASON_UNAVAILABLE,
	  "tcb_info",
	  BUNDLE("\"tcb_info\":",
	   "\"tcb_info\":null,\"pck_certificate_chain\":") },
	{ "collateral-no-tcb-info-signature", "no tcb_info_signature",
	  REASON_UNAVAILABLE, "tcb_info_signature",
	  BUNDLE("\"tcb_info_signature\":", "\"pck_certificate_chain\":") },
	{ "collateral-tcb-info-signature-twice", "tcb_info_signature twice",
	  REASON_UNAVAILABLE, "the same key",
	  BUNDLE_AT(FAKE_SET, 1, 0, "\"tcb_info_signature\":\"\",") },
	{ "collateral-tcb-info-signature-null", "tcb_info_signature is null",
	  REASON_UNAVAILABLE, "tcb_info_signature",
	  BUNDLE("\"tcb_info_signature\":",
	   "\"tcb_info_signature\":null,\"pck_certificate_chain\":") },
	{ "collateral-no-tcb-info-issuer-chain", "no tcb_info_issuer_chain",
	  REASON_UNAVAILABLE, "tcb_info_issuer_chain",
	  BUNDLE("\"tcb_info_issuer_chain\":", "\"pck_certificate_chain\":") },
	{ "collateral-tcb-info-issuer-chain-twice",
	  "tcb_info_issuer_chain twice", REASON_UNAVAILABLE, "the same key",
	  BUNDLE_AT(FAKE_SET, 1, 0, "\"tcb_info_issuer_chain\":\"\",") },
	{ "collateral-tcb-info-issuer-chain-null",
	  "tcb_info_issuer_chain is null", REASON_UNAVAILABLE,
	  "tcb_info_issuer_chain",
	  BUNDLE("\"tcb_info_issuer_chain\":",
	   "\"tcb_info_issuer_chain\":null,\"pck_certificate_chain\":") },
	{ "collateral-no-qe-identity", "no qe_identity", REASON_UNAVAILABLE,
	  "qe_identity",
	  BUNDLE("\"qe_identity\":", "\"pck_certificate_chain\":") },
	{ "collateral-qe-identity-twice", "qe_identity twice",
	  REASON_UNAVAILABLE, "the same key",
	  BUNDLE_AT(FAKE_SET, 1, 0, "\"qe_identity\":\"\",") },
	{ "collateral-qe-identity-null", "qe_identity is null",
	  REASON_UNAVAILABLE, "qe_identity",
	  BUNDLE("\"qe_identity\":",
	   "\"qe_identity\":null,\"pck_certificate_chain\":") },
	{ "collateral-no-qe-identity-signature", "no qe_identity_signature",
	  REASON_UNAVAILABLE, "qe_identity_signature",
	  BUNDLE("\"qe_identity_signature\":", "\"pck_certificate_chain\":") },
	{ "collateral-qe-identity-signature-twice",
	  "qe_identity_signature twice", REASON_UNAVAILABLE, "the same key",
	  BUNDLE_AT(FAKE_SET, 1, 0, "\"qe_identity_signature\":\"\",") },
	{ "collateral-qe-identity-signature-null",
	  "qe_identity_signature is null", REASON_UNAVAILABLE,
	  "qe_identity_signature",
	  BUNDLE("\"qe_identity_signature\":",
	   "\"qe_identity_signature\":null,\"pck_certificate_chain\":") },
	{ "collateral-no-qe-identity-issuer-chain",
	  "no qe_identity_issuer_chain", REASON_UNAVAILABLE,
	  "qe_identity_issuer_chain",
	  BUNDLE("\"qe_identity_issuer_chain\":",
	   "\"pck_certificate_chain\":") },
	{ "collateral-qe-identity-issuer-chain-twice",
	  "qe_identity_issuer_chain twice", REASON_UNAVAILABLE, "the same key",
	  BUNDLE_AT(FAKE_SET, 1, 0, "\"qe_identity_issuer_chain\":\"\",") },
	{ "collateral-qe-identity-issuer-chain-null",
	  "qe_identity_issuer_chain is null", REASON_UNAVAILABLE,
	  "qe_identity_issuer_chain",
	  BUNDLE("\"qe_identity_issuer_chain\":",
	   "\"qe_identity_issuer_chain\":null,\"pck_certificate_chain\":") },
	{ "collateral-no-pck-crl", "no pck_crl", REASON_UNAVAILABLE, "pck_crl",
	  BUNDLE("\"pck_crl\":", "\"pck_certificate_chain\":") },
	{ "collateral-pck-crl-twice", "pck_crl twice", REASON_UNAVAILABLE,
	  "the same key", BUNDLE_AT(FAKE_SET, 1, 0, "\"pck_crl\":\"\",") },
	{ "collateral-pck-crl-null", "pck_crl is null", REASON_UNAVAILABLE,
	  "pck_crl",
	  BUNDLE("\"pck_crl\":",
	   "\"pck_crl\":null,\"pck_certificate_chain\":") },
	{ "collateral-no-pck-crl-issuer-chain", "no pck_crl_issuer_chain",
	  REASON_UNAVAILABLE, "pck_crl_issuer_chain",
	  BUNDLE("\"pck_crl_issuer_chain\":", "\"pck_certificate_chain\":") },
	{ "collateral-pck-crl-issuer-chain-twice", "pck_crl_issuer_chain twice",
	  REASON_UNAVAILABLE, "the same key",
	  BUNDLE_AT(FAKE_SET, 1, 0, "\"pck_crl_issuer_chain\":\"\",") },
	{ "collateral-pck-crl-issuer-chain-null",
	  "pck_crl_issuer_chain is null", REASON_UNAVAILABLE,
	  "pck_crl_issuer_chain",
	  BUNDLE("\"pck_crl_issuer_chain\":",
	   "\"pck_crl_issuer_chain\":null,\"pck_certificate_chain\":") },
	{ "collateral-no-root-ca-crl", "no root_ca_crl", REASON_UNAVAILABLE,
	  "root_ca_crl",
	  BUNDLE("\"root_ca_crl\":", "\"pck_certificate_chain\":") },
	{ "collateral-root-ca-crl-twice", "root_ca_crl twice",
	  REASON_UNAVAILABLE, "the same key",
	  BUNDLE_AT(FAKE_SET, 1, 0, "\"root_ca_crl\":\"\",") },
	{ "collateral-root-ca-crl-null", "root_ca_crl is null",
	  REASON_UNAVAILABLE, "root_ca_crl",
	  BUNDLE("\"root_ca_crl\":",
	   "\"root_ca_crl\":null,\"pck_certificate_chain\":") },
	{ "collateral-tcb-info-sig-long",
	  "TCB info's signature one byte too long", REASON_UNAVAILABLE,
	  "tcb_info_signature",
	  BUNDLE("tcb_info_signature\":\"", "tcb_info_signature\":\"00") },
	{ "collateral-qe-identity-sig-long",
	  "QE identity's signature one byte too long", REASON_UNAVAILABLE,
	  "qe_identity_signature",
	  BUNDLE("qe_identity_signature\":\"",
	   "qe_identity_signature\":\"00") },
	{ "collateral-crl-odd", "an odd number of digits of a CRL",
	  REASON_UNAVAILABLE, "pck_crl",
	  BUNDLE("pck_crl\":\"30", "pck_crl\":\"3") },
	{ "collateral-crl-digits", "a CRL with a character that is no digit",
	  REASON_UNAVAILABLE, "pck_crl",
	  BUNDLE("pck_crl\":\"30", "pck_crl\":\"3x") },
	{ "collateral-chain-empty", "an issuer chain of no certificates",
	  REASON_UNAVAILABLE, "pck_crl_issuer_chain",
	  BUNDLE("pck_crl_issuer_chain\":\"",
	   "pck_crl_issuer_chain\":\"\",\"pck_certificate_chain\":\"") },
	{ "collateral-chain-text", "text before an issuer chain",
	  REASON_UNAVAILABLE, "tcb_info_issuer_chain",
	  BUNDLE("tcb_info_issuer_chain\":\"", "tcb_info_issuer_chain\":\"x") },
};
/* clang-format on */

const struct fault_table faults_bundle = {
	.subject = "The collateral as a file",
	.at = bundle,
	.n = sizeof bundle / sizeof *bundle,
};
