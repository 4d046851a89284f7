/* faults_issuer.c - the root and the PCK CA: their names, dates and signatures,
 * and second certificates of the same keys in one place alone. */
#include "tests/peers/faults.h"

/* A second certificate of the same key and name, in one place alone. */
static struct fake_cert *second(const struct fake_cert *of)
{
	static struct fake_cert copy;

	copy = *of;
	copy.serial = FAKE_SERIAL_NOBODY;
	return &copy;
}

/* The CRL's issuer, and the root of all three chains, in the collateral. */
static struct fake_cert *crl2(struct fault_case *c)
{
	struct fake_cert *ca = second(&c->fake.ca_cert);

	c->fake.crl_issuer = ca;
	return ca;
}

static struct fake_cert *roots2(struct fault_case *c)
{
	struct fake_cert *root = second(&c->fake.root_cert);

	c->fake.crl_root = c->fake.info_root = c->fake.qe_root = root;
	return root;
}

static void root_key(struct fault_case *c)
{
	c->fake.root_cert.key = &c->fake.stranger;
}

static void root_signer(struct fault_case *c)
{
	c->fake.root_cert.signer = &c->fake.stranger;
}

static void root_issuer(struct fault_case *c)
{
	c->fake.root_cert.issuer_cn = "Intel SGX Root CA";
}

static void root_no_ca(struct fault_case *c)
{
	c->fake.root_cert.is_ca = false;
}

static void root_late(struct fault_case *c)
{
	c->fake.root_cert.to_s = FAKE_NOW - 1;
}

static void root_early(struct fault_case *c)
{
	c->fake.root_cert.from_s = FAKE_NOW + 1;
}

static void root_revoked(struct fault_case *c)
{
	c->fake.root_crl.revoked = FAKE_SERIAL_ROOT;
}

static void intel_alone(struct fault_case *c)
{
	c->intel_alone = true;
}

static void root2(struct fault_case *c)
{
	c->fake.chain[2] = second(&c->fake.root_cert);
}

static void root2_revoked(struct fault_case *c)
{
	root2(c);
	c->fake.root_crl.revoked = FAKE_SERIAL_NOBODY;
}

static void root2_late(struct fault_case *c)
{
	struct fake_cert *r = second(&c->fake.root_cert);

	r->to_s = FAKE_NOW - 1;
	c->fake.chain[2] = r;
}

static void root2_signer(struct fault_case *c)
{
	struct fake_cert *r = second(&c->fake.root_cert);

	r->signer = &c->fake.stranger;
	c->fake.chain[2] = r;
}

static void root2_no_ca(struct fault_case *c)
{
	struct fake_cert *r = second(&c->fake.root_cert);

	r->is_ca = false;
	c->fake.chain[2] = r;
}

static void crl_root2(struct fault_case *c)
{
	c->fake.crl_root = second(&c->fake.root_cert);
}

static void info_root2(struct fault_case *c)
{
	c->fake.info_root = second(&c->fake.root_cert);
}

static void qe_root2(struct fault_case *c)
{
	c->fake.qe_root = second(&c->fake.root_cert);
}

static void ca_signer(struct fault_case *c)
{
	c->fake.ca_cert.signer = &c->fake.stranger;
}

static void ca_itself(struct fault_case *c)
{
	c->fake.ca_cert.signer = &c->fake.ca;
}

static void ca_issuer(struct fault_case *c)
{
	c->fake.ca_cert.issuer_cn = "Intel SGX Root CA";
}

static void ca_name(struct fault_case *c)
{
	const char *cn = "Intel SGX PCK Other CA";

	c->fake.ca_cert.cn = c->fake.pck_cert.issuer_cn = cn;
	c->fake.pck_crl.issuer_cn = cn;
}

static void ca_no_ca(struct fault_case *c)
{
	c->fake.ca_cert.is_ca = false;
}

static void ca_late(struct fault_case *c)
{
	c->fake.ca_cert.to_s = FAKE_NOW - 1;
}

static void ca_early(struct fault_case *c)
{
	c->fake.ca_cert.from_s = FAKE_NOW + 1;
}

static void ca_revoked(struct fault_case *c)
{
	c->fake.root_crl.revoked = FAKE_SERIAL_CA;
}

static void ca2_late(struct fault_case *c)
{
	struct fake_cert *ca = second(&c->fake.ca_cert);

	ca->to_s = FAKE_NOW - 1;
	c->fake.chain[1] = ca;
}

static void ca2_early(struct fault_case *c)
{
	struct fake_cert *ca = second(&c->fake.ca_cert);

	ca->from_s = FAKE_NOW + 1;
	c->fake.chain[1] = ca;
}

static void ca2_revoked(struct fault_case *c)
{
	c->fake.chain[1] = second(&c->fake.ca_cert);
	c->fake.root_crl.revoked = FAKE_SERIAL_NOBODY;
}

static void ca2_signer(struct fault_case *c)
{
	struct fake_cert *ca = second(&c->fake.ca_cert);

	ca->signer = &c->fake.stranger;
	c->fake.chain[1] = ca;
}

static void ca2_key(struct fault_case *c)
{
	struct fake_cert *ca = second(&c->fake.ca_cert);

	ca->key = &c->fake.stranger;
	c->fake.chain[1] = ca;
	c->fake.pck_cert.signer = &c->fake.stranger;
}

static void ca2_processor(struct fault_case *c)
{
	struct fake_cert *ca = second(&c->fake.ca_cert);

	ca->cn = "Intel SGX PCK Processor CA";
	c->fake.chain[1] = ca;
	c->fake.pck_cert.issuer_cn = ca->cn;
}

static void ca2_no_ca(struct fault_case *c)
{
	struct fake_cert *ca = second(&c->fake.ca_cert);

	ca->is_ca = false;
	c->fake.chain[1] = ca;
}

static void crl2_late(struct fault_case *c)
{
	crl2(c)->to_s = FAKE_NOW - 1;
}

static void crl2_early(struct fault_case *c)
{
	crl2(c)->from_s = FAKE_NOW + 1;
}

static void crl2_revoked(struct fault_case *c)
{
	(void)crl2(c);
	c->fake.root_crl.revoked = FAKE_SERIAL_NOBODY;
}

static void crl2_signer(struct fault_case *c)
{
	crl2(c)->signer = &c->fake.stranger;
}

static void crl2_key(struct fault_case *c)
{
	crl2(c)->key = &c->fake.stranger;
}

static void roots2_late(struct fault_case *c)
{
	roots2(c)->to_s = FAKE_NOW - 1;
}

static void roots2_early(struct fault_case *c)
{
	roots2(c)->from_s = FAKE_NOW + 1;
}

static void roots2_signer(struct fault_case *c)
{
	roots2(c)->signer = &c->fake.stranger;
}

static void roots2_revoked(struct fault_case *c)
{
	(void)roots2(c);
	c->fake.root_crl.revoked = FAKE_SERIAL_NOBODY;
}

/* clang-format off */
static const struct fault issuer[] = {
	{ "root-key", "a root of another key", REASON_ISSUER,
	  "root is not Intel's", .make = root_key },
	{ "root-not-named", "a root that nobody gave by name", REASON_ISSUER,
	  "root is not Intel's", .make = intel_alone },
	{ "root-signature", "the root is not signed by itself",
	  REASON_SIGNATURE, "not self-signed", .make = root_signer },
	{ "root-issuer", "the root names another issuer", REASON_SIGNATURE,
	  "not self-signed", .make = root_issuer },
	{ "root-no-ca", "the root is no CA", REASON_SIGNATURE, "is not a CA",
	  .make = root_no_ca },
	{ "root-expired", "the root has expired", REASON_EXPIRED,
	  "root certificate has expired", .make = root_late },
	{ "root-early", "the root is not valid yet", REASON_NOT_YET_VALID,
	  "root certificate is not valid yet", .make = root_early },
	{ "root-revoked", "the root revokes itself", REASON_SIGNATURE,
	  "the root revokes itself", .make = root_revoked },
	{ "root2-revoked", "the quote's own copy of the root is revoked",
	  REASON_SIGNATURE, "the root certificate is revoked",
	  .make = root2_revoked },
	{ "root2-expired", "the quote's own copy of the root has expired",
	  REASON_EXPIRED, "root certificate has expired", .make = root2_late },
	{ "root2-signature", "the quote's own copy of the root is forged",
	  REASON_SIGNATURE, "the root certificate is not self-signed",
	  .make = root2_signer },
	{ "root2-no-ca", "the quote's own copy of the root is no CA",
	  REASON_SIGNATURE, "is not a CA", .make = root2_no_ca },
	{ "crl-root2", "the PCK CRL's chain ends in another copy",
	  REASON_SIGNATURE, "more than one root", .make = crl_root2 },
	{ "info-root2", "the TCB info's chain ends in another copy",
	  REASON_SIGNATURE, "more than one root", .make = info_root2 },
	{ "identity-root2", "the QE identity's chain ends in another copy",
	  REASON_SIGNATURE, "more than one root", .make = qe_root2 },
	{ "roots2-expired", "the collateral's own copy of the root has expired",
	  REASON_EXPIRED, "collateral's root certificate has expired",
	  .make = roots2_late },
	{ "roots2-early", "the collateral's own copy is not valid yet",
	  REASON_NOT_YET_VALID,
	  "collateral's root certificate is not valid yet",
	  .make = roots2_early },
	{ "roots2-signature", "the collateral's own copy is forged",
	  REASON_SIGNATURE, "not self-signed", .make = roots2_signer },
	{ "roots2-revoked", "the collateral's own copy revokes itself",
	  REASON_SIGNATURE, "the root revokes itself", .make = roots2_revoked },
	{ "ca-signature", "the PCK CA is signed by a stranger",
	  REASON_SIGNATURE, "not signed by the root", .make = ca_signer },
	{ "ca-self-signed", "the PCK CA is signed by itself", REASON_SIGNATURE,
	  "not signed by the root", .make = ca_itself },
	{ "ca-issuer", "the PCK CA names another issuer", REASON_SIGNATURE,
	  "not signed by the root", .make = ca_issuer },
	{ "ca-name", "a PCK CA of another name", REASON_SIGNATURE,
	  "is not a PCK CA", .make = ca_name },
	{ "ca-no-ca", "the PCK CA is no CA", REASON_SIGNATURE,
	  "the PCK CA is not a CA", .make = ca_no_ca },
	{ "ca-expired", "the PCK CA has expired", REASON_EXPIRED,
	  "PCK CA certificate has expired", .make = ca_late },
	{ "ca-early", "the PCK CA is not valid yet", REASON_NOT_YET_VALID,
	  "PCK CA certificate is not valid yet", .make = ca_early },
	{ "ca-revoked", "the PCK CA is revoked", REASON_SIGNATURE,
	  "an issuer is revoked", .make = ca_revoked },
	{ "ca2-expired", "the quote's own copy of the CA has expired",
	  REASON_EXPIRED, "PCK CA certificate has expired", .make = ca2_late },
	{ "ca2-early", "the quote's own copy of the CA is of tomorrow",
	  REASON_NOT_YET_VALID, "PCK CA certificate is not valid yet",
	  .make = ca2_early },
	{ "ca2-revoked", "the quote's own copy of the CA is revoked",
	  REASON_SIGNATURE, "the PCK CA is revoked", .make = ca2_revoked },
	{ "ca2-signature", "the quote's own copy of the CA is forged",
	  REASON_SIGNATURE, "the PCK CA is not signed by the root",
	  .make = ca2_signer },
	{ "ca2-key", "a CA of another key beside the CRL's", REASON_SIGNATURE,
	  "the PCK CRL is that of another CA", .make = ca2_key },
	{ "ca2-processor", "the processor CA beside the platform CA's CRL",
	  REASON_SIGNATURE, "the PCK CRL is that of another CA",
	  .make = ca2_processor },
	{ "ca2-no-ca", "the quote's own copy of the CA is no CA",
	  REASON_SIGNATURE, "the PCK CA's certificate is not a CA's",
	  .make = ca2_no_ca },
	{ "crl2-expired", "the CRL's own copy of the CA has expired",
	  REASON_EXPIRED, "PCK CRL issuer's certificate has expired",
	  .make = crl2_late },
	{ "crl2-early", "the CRL's own copy of the CA is of tomorrow",
	  REASON_NOT_YET_VALID, "PCK CRL issuer's certificate is not valid yet",
	  .make = crl2_early },
	{ "crl2-revoked", "the CRL's own copy of the CA is revoked",
	  REASON_SIGNATURE, "an issuer is revoked", .make = crl2_revoked },
	{ "crl2-signature", "the CRL's own copy of the CA is forged",
	  REASON_SIGNATURE, "not signed by the root", .make = crl2_signer },
	{ "crl2-key", "the CRL's own copy of the CA has another key",
	  REASON_SIGNATURE, "a CRL's signature", .make = crl2_key },
};
/* clang-format on */

const struct fault_table faults_issuer = {
	.subject = "Root and PCK CA",
	.at = issuer,
	.n = sizeof issuer / sizeof *issuer,
};
