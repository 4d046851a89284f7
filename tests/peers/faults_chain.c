/* faults_chain.c - the PCK certificate and the signer of TCB info under their
 * issuers, and the PCK chain as a whole. */
#include "tests/peers/faults.h"

#define TEXT(o, from, to)                                                      \
	.edit = { .part = FAKE_CHAIN, .op = (o), .at = (from), BYTES(to) }
#define AT(o, where, n, to)                                                    \
	.edit = { .part = FAKE_CHAIN,                                          \
		  .op = (o),                                                   \
		  .offset = (where),                                           \
		  .old = (n),                                                  \
		  BYTES(to) }
#define QUOTED(p, o, path, bytes)                                              \
	.edit = { .part = (p),                                                 \
		  .place = FAKE_IN_QUOTE,                                      \
		  .op = (o),                                                   \
		  .at = (path),                                                \
		  BYTES(bytes) }

/* A signer of the QE identity alone, beside that of TCB info. */
static struct fake_cert *qe2(struct fault_case *c)
{
	static struct fake_cert copy;

	copy = c->fake.tcb_cert;
	copy.serial = FAKE_SERIAL_NOBODY;
	c->fake.qe_issuer = &copy;
	return &copy;
}

static void pck_signer(struct fault_case *c)
{
	c->fake.pck_cert.signer = &c->fake.stranger;
}

static void pck_by_root(struct fault_case *c)
{
	c->fake.pck_cert.signer = &c->fake.root;
}

static void pck_by_root_named(struct fault_case *c)
{
	pck_by_root(c);
	c->fake.pck_cert.issuer_cn = c->fake.root_cert.cn;
}

static void pck_itself(struct fault_case *c)
{
	c->fake.pck_cert.signer = &c->fake.pck;
}

static void pck_issuer(struct fault_case *c)
{
	c->fake.pck_cert.issuer_cn = "Intel SGX PCK Processor CA";
}

static void pck_name(struct fault_case *c)
{
	c->fake.pck_cert.cn = "Intel SGX Attestation Key";
}

static void pck_ca_name(struct fault_case *c)
{
	c->fake.pck_cert.cn = c->fake.ca_cert.cn;
}

static void pck_is_ca(struct fault_case *c)
{
	c->fake.pck_cert.is_ca = true;
}

static void pck_late(struct fault_case *c)
{
	c->fake.pck_cert.to_s = FAKE_NOW - 1;
}

static void pck_early(struct fault_case *c)
{
	c->fake.pck_cert.from_s = FAKE_NOW + 1;
}

static void pck_revoked(struct fault_case *c)
{
	c->fake.pck_crl.revoked = FAKE_SERIAL_PCK;
}

static void pck_key(struct fault_case *c)
{
	c->fake.pck_cert.key = &c->fake.stranger;
}

static void tcb_signer(struct fault_case *c)
{
	c->fake.tcb_cert.signer = &c->fake.stranger;
}

static void tcb_by_ca(struct fault_case *c)
{
	c->fake.tcb_cert.signer = &c->fake.ca;
}

static void tcb_by_ca_named(struct fault_case *c)
{
	tcb_by_ca(c);
	c->fake.tcb_cert.issuer_cn = c->fake.ca_cert.cn;
}

static void tcb_issuer(struct fault_case *c)
{
	c->fake.tcb_cert.issuer_cn = "Intel SGX Root CA";
}

static void tcb_name(struct fault_case *c)
{
	c->fake.tcb_cert.cn = c->fake.pck_cert.cn;
}

static void tcb_is_ca(struct fault_case *c)
{
	c->fake.tcb_cert.is_ca = true;
}

static void tcb_late(struct fault_case *c)
{
	c->fake.tcb_cert.to_s = FAKE_NOW - 1;
}

static void tcb_early(struct fault_case *c)
{
	c->fake.tcb_cert.from_s = FAKE_NOW + 1;
}

static void tcb_revoked(struct fault_case *c)
{
	c->fake.root_crl.revoked = FAKE_SERIAL_TCB;
}

static void qe2_signer(struct fault_case *c)
{
	qe2(c)->signer = &c->fake.stranger;
}

static void qe2_name(struct fault_case *c)
{
	qe2(c)->cn = "Intel SGX PCK Certificate";
}

static void qe2_is_ca(struct fault_case *c)
{
	qe2(c)->is_ca = true;
}

static void qe2_revoked(struct fault_case *c)
{
	(void)qe2(c);
	c->fake.root_crl.revoked = FAKE_SERIAL_NOBODY;
}

static void qe2_late(struct fault_case *c)
{
	qe2(c)->to_s = FAKE_NOW - 1;
}

static void qe2_early(struct fault_case *c)
{
	qe2(c)->from_s = FAKE_NOW + 1;
}

static void qe2_key(struct fault_case *c)
{
	qe2(c)->key = &c->fake.stranger;
}

static void no_leaf(struct fault_case *c)
{
	c->fake.chain[0] = NULL;
}

static void no_ca(struct fault_case *c)
{
	c->fake.chain[1] = NULL;
}

static void no_root(struct fault_case *c)
{
	c->fake.chain[2] = NULL;
}

static void leaf_alone(struct fault_case *c)
{
	no_ca(c);
	no_root(c);
}

static void root_first(struct fault_case *c)
{
	c->fake.chain[0] = &c->fake.root_cert;
	c->fake.chain[2] = &c->fake.pck_cert;
}

static void ca_first(struct fault_case *c)
{
	c->fake.chain[0] = &c->fake.ca_cert;
	c->fake.chain[1] = &c->fake.pck_cert;
}

static void ca_last(struct fault_case *c)
{
	c->fake.chain[1] = &c->fake.root_cert;
	c->fake.chain[2] = &c->fake.ca_cert;
}

static void ca_as_leaf(struct fault_case *c)
{
	c->fake.chain[0] = &c->fake.ca_cert;
}

static void ca_twice(struct fault_case *c)
{
	c->fake.chain[2] = &c->fake.ca_cert;
}

static void leaf_twice(struct fault_case *c)
{
	c->fake.chain[1] = &c->fake.pck_cert;
}

static void root_twice(struct fault_case *c)
{
	c->fake.chain[1] = &c->fake.root_cert;
}

static void leaf_thrice(struct fault_case *c)
{
	leaf_twice(c);
	c->fake.chain[2] = &c->fake.pck_cert;
}

static void signer_as_leaf(struct fault_case *c)
{
	c->fake.chain[0] = &c->fake.tcb_cert;
}

/* clang-format off */
static const struct fault chain[] = {
	{ "pck-signature", "the PCK certificate is signed by a stranger",
	  REASON_SIGNATURE, "the PCK certificate's signature",
	  .make = pck_signer },
	{ "pck-by-root", "signed by the root, not the CA it names",
	  REASON_SIGNATURE, "the PCK certificate's signature",
	  .make = pck_by_root },
	{ "pck-under-root", "the root's own, without a PCK CA",
	  REASON_SIGNATURE, "by another issuer", .make = pck_by_root_named },
	{ "pck-self-signed", "the PCK certificate is signed by itself",
	  REASON_SIGNATURE, "the PCK certificate's signature",
	  .make = pck_itself },
	{ "pck-issuer", "it names another issuer", REASON_SIGNATURE,
	  "by another issuer", .make = pck_issuer },
	{ "pck-name", "the name is not that of a PCK certificate",
	  REASON_SIGNATURE, "the leaf is not", .make = pck_name },
	{ "pck-name-ca", "the name is that of a PCK CA", REASON_SIGNATURE,
	  "the leaf is not", .make = pck_ca_name },
	{ "pck-is-ca", "the PCK certificate is a CA", REASON_SIGNATURE,
	  "not for signing", .make = pck_is_ca },
	{ "pck-expired", "the PCK certificate has expired", REASON_EXPIRED,
	  "PCK certificate has expired", .make = pck_late },
	{ "pck-early", "the PCK certificate is not valid yet",
	  REASON_NOT_YET_VALID, "PCK certificate is not valid yet",
	  .make = pck_early },
	{ "pck-revoked", "the PCK certificate is revoked", REASON_SIGNATURE,
	  "the PCK certificate is revoked", .make = pck_revoked },
	{ "pck-key", "its key is not the one of the QE report",
	  REASON_SIGNATURE, "the QE report's signature", .make = pck_key },
	{ "signer-signature", "the TCB signer is signed by a stranger",
	  REASON_SIGNATURE, "not signed by the root", .make = tcb_signer },
	{ "signer-by-ca", "the TCB signer is signed by the PCK CA",
	  REASON_SIGNATURE, "not signed by the root", .make = tcb_by_ca },
	{ "signer-under-ca", "the TCB signer stands under the PCK CA",
	  REASON_SIGNATURE, "not signed by the root", .make = tcb_by_ca_named },
	{ "signer-issuer", "the TCB signer names another issuer",
	  REASON_SIGNATURE, "not signed by the root", .make = tcb_issuer },
	{ "signer-name", "the TCB signer has the name of a PCK",
	  REASON_SIGNATURE, "the signer is not", .make = tcb_name },
	{ "signer-is-ca", "the TCB signer is a CA", REASON_SIGNATURE,
	  "the signer's key is not for signing", .make = tcb_is_ca },
	{ "signer-expired", "the TCB signer has expired", REASON_EXPIRED,
	  "signer's certificate has expired", .make = tcb_late },
	{ "signer-early", "the TCB signer is not valid yet",
	  REASON_NOT_YET_VALID, "signer's certificate is not valid yet",
	  .make = tcb_early },
	{ "signer-revoked", "the TCB signer is revoked", REASON_SIGNATURE,
	  "an issuer is revoked", .make = tcb_revoked },
	{ "identity-signer-signature",
	  "a QE identity signer of its own, forged", REASON_SIGNATURE,
	  "not signed by the root", .make = qe2_signer },
	{ "identity-signer-name", "a QE identity signer with the name of a PCK",
	  REASON_SIGNATURE, "the signer is not", .make = qe2_name },
	{ "identity-signer-is-ca", "a QE identity signer that is a CA",
	  REASON_SIGNATURE, "the signer's key is not for signing",
	  .make = qe2_is_ca },
	{ "identity-signer-revoked", "a QE identity signer that is revoked",
	  REASON_SIGNATURE, "an issuer is revoked", .make = qe2_revoked },
	{ "identity-signer-expired", "a QE identity signer that has expired",
	  REASON_EXPIRED, "QE identity signer's certificate has expired",
	  .make = qe2_late },
	{ "identity-signer-early", "a QE identity signer of tomorrow",
	  REASON_NOT_YET_VALID,
	  "QE identity signer's certificate is not valid yet",
	  .make = qe2_early },
	{ "identity-signer-key", "a QE identity signer of another key",
	  REASON_SIGNATURE, "the signature of TCB info or QE identity",
	  .make = qe2_key },
	{ "chain-no-leaf", "the PCK certificate is missing", REASON_SIGNATURE,
	  "PCK chain: a required", .make = no_leaf },
	{ "chain-no-ca", "the PCK CA is missing", REASON_SIGNATURE,
	  "PCK chain: a required", .make = no_ca },
	{ "chain-no-root", "the root is missing", REASON_SIGNATURE,
	  "PCK chain: a required", .make = no_root },
	{ "chain-leaf-alone", "the PCK certificate alone", REASON_SIGNATURE,
	  "PCK chain: a required", .make = leaf_alone },
	{ "chain-root-first", "root first, leaf last", REASON_ISSUER,
	  "root is not Intel's", .make = root_first },
	{ "chain-ca-first", "the PCK CA before the PCK", REASON_SIGNATURE,
	  "SGX extension: a required", .make = ca_first },
	{ "chain-ca-last", "the PCK CA after the root", REASON_ISSUER,
	  "root is not Intel's", .make = ca_last },
	{ "chain-ca-as-leaf", "the PCK CA in the place of a PCK",
	  REASON_SIGNATURE, "SGX extension: a required", .make = ca_as_leaf },
	{ "chain-ca-as-root", "the PCK CA in the place of the root",
	  REASON_ISSUER, "root is not Intel's", .make = ca_twice },
	{ "chain-leaf-as-ca", "the PCK certificate in the place of the CA",
	  REASON_SIGNATURE, "the PCK CRL is that of another CA",
	  .make = leaf_twice },
	{ "chain-root-as-ca", "the root in the place of the CA",
	  REASON_SIGNATURE, "the PCK CRL is that of another CA",
	  .make = root_twice },
	{ "chain-leaves", "the PCK certificate three times", REASON_ISSUER,
	  "root is not Intel's", .make = leaf_thrice },
	{ "chain-signer-as-leaf", "the TCB signer in the place of a PCK",
	  REASON_SIGNATURE, "SGX extension: a required",
	  .make = signer_as_leaf },
	{ "chain-empty", "a chain of no bytes", REASON_SIGNATURE,
	  "PCK chain: a required", AT(FAKE_SET, 0, FAKE_ALL, "") },
	{ "chain-twice", "the whole chain twice", REASON_SIGNATURE,
	  "PCK chain: bytes left over", AT(FAKE_TWICE, 0, FAKE_ALL, "") },
	{ "chain-text-before", "text before the chain", REASON_SIGNATURE,
	  "PCK chain: a field", AT(FAKE_SET, 0, 0, "subject=PCK\n") },
	{ "chain-text-after", "text after the chain", REASON_SIGNATURE,
	  "PCK chain: bytes left over", AT(FAKE_SET, FAKE_FROM_END, 0, "x") },
	{ "chain-text-between", "text between certificates", REASON_SIGNATURE,
	  "PCK chain: a field",
	  TEXT(FAKE_FOLLOW, "CERTIFICATE-----\n-----", "x\n") },
	{ "chain-nul-before", "a NUL before the chain", REASON_SIGNATURE,
	  "PCK chain: a required", AT(FAKE_SET, 0, 0, "\0") },
	{ "chain-nul-text", "a NUL and then text after the chain",
	  REASON_SIGNATURE, "PCK chain: bytes left over",
	  AT(FAKE_SET, FAKE_FROM_END, 0, "\0x") },
	{ "chain-label", "the label of another PEM object", REASON_SIGNATURE,
	  "PCK chain: a field",
	  TEXT(FAKE_SET, "BEGIN CERTIFICATE", "BEGIN X509 CRL") },
	{ "chain-no-end", "an END line is missing", REASON_SIGNATURE,
	  "PCK chain: ", TEXT(FAKE_SET, "-----END CERTIFICATE-----\n", "") },
	{ "chain-base64", "a character that is not base64", REASON_SIGNATURE,
	  "PCK chain: a field", AT(FAKE_SET, 40, 1, "*") },
	{ "chain-base64-cut", "base64 of another length", REASON_SIGNATURE,
	  "PCK chain: ", AT(FAKE_SET, 40, 1, "") },
	{ "chain-der", "DER in the place of PEM", REASON_SIGNATURE,
	  "PCK chain: ", AT(FAKE_SET, 0, FAKE_ALL, "\x30\x03\x02\x01\x00") },
};
/* clang-format on */

const struct fault_table faults_chain = {
	.subject = "PCK certificate, TCB signer, and the chain",
	.at = chain,
	.n = sizeof chain / sizeof *chain,
};
