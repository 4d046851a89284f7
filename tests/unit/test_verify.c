/* The verdict on quotes of a platform made for the test: what is accepted, and
 * every reason for a refusal. The policy's part is in test_verdict.c. */
#include "tests/peers/judge.h"

static void test_accepted(void)
{
	struct trust_roots intel;
	struct verdict v;

	fresh();
	v = judge();
	is_reason(&v, REASON_OK, "a quote in order");
	ok(v.authentic && v.simulated && v.has_status &&
		   v.tcb_status == TCB_UP_TO_DATE && v.detail[0] == '\0',
	   "authentic, simulated, UpToDate");
	ok(strcmp(v.platform, "fake") == 0 && v.tcb_evaluation_number == 20,
	   "the set that matched is named");
	ok(memcmp(v.fmspc, fake.fmspc, 6) == 0 && v.has_platform, "FMSPC");
	fake.version = 5;
	v = judge();
	is_reason(&v, REASON_OK, "version 5 around a TD 1.0 body");
	fake.body.type = QUOTE_BODY_TD15;
	v = judge();
	is_reason(&v, REASON_OK, "version 5, TD 1.5");
	trust_roots_init(&intel);
	roots = intel;
	v = judge_at(quote(), FAKE_NOW);
	is_reason(&v, REASON_ISSUER, "the same under Intel's root alone");
	ok(!v.authentic && !v.simulated, "and nothing is said for it");
	trust_fake_root();
}

/* What the verdict says of the platform and of the collateral it used. */
static void test_said(void)
{
	uint8_t info[SHA256_LEN], identity[SHA256_LEN], crl[SHA256_LEN];
	const struct collateral_used *u;
	struct verdict v;

	fresh();
	fake.qe_evaluation = 19;
	v = judge();
	u = &v.used;
	ok(v.judged_s == FAKE_NOW, "the time it is a verdict of");
	ok(memcmp(v.ppid, fake.ppid, 16) == 0 && v.has_piid &&
		   memcmp(v.piid, fake.piid, 16) == 0 &&
		   memcmp(v.pceid, fake.pceid, 2) == 0,
	   "PPID, platform instance id, PCEID");
	sha256((struct slice){ (const uint8_t *)fake.info, fake.info_len },
	       info);
	sha256((struct slice){ (const uint8_t *)fake.identity,
			       fake.identity_len },
	       identity);
	sha256((struct slice){ fake.pck_crl_der, fake.pck_crl_der_len }, crl);
	ok(u->known && memcmp(u->tcb_info.sha256, info, SHA256_LEN) == 0 &&
		   memcmp(u->qe_identity.sha256, identity, SHA256_LEN) == 0 &&
		   memcmp(u->pck_crl.sha256, crl, SHA256_LEN) == 0,
	   "digests of TCB info, QE identity and PCK CRL");
	ok(u->tcb_info.issued_s == FAKE_NOW - FAKE_DAY &&
		   u->tcb_info.next_update_s == FAKE_NOW + FAKE_DAY &&
		   u->tcb_info_number == 20 && u->qe_identity_number == 19 &&
		   v.tcb_evaluation_number == 19,
	   "dates and evaluation numbers");
	ok(v.tcb_date_s == INT64_C(1767225600) && v.out_of_date_since_s == 0 &&
		   verdict_days(&v, v.tcb_date_s) == 263 &&
		   verdict_days(&v, 0) == -1 &&
		   verdict_days(&v, FAKE_NOW + 1) == -1 &&
		   verdict_days(&v, FAKE_NOW - FAKE_DAY + 1) == 0,
	   "the date of the TCB, and whole days since");
	fake.no_instance = true;
	fake.ca_cert.cn = fake.pck_cert.issuer_cn = fake.pck_crl.issuer_cn =
		"Intel SGX PCK Processor CA";
	v = judge();
	ok(v.reason == REASON_OK && !v.has_piid, "no platform instance id");
	fake.pck_crl.signer = &fake.stranger;
	v = judge();
	ok(v.has_platform && !v.used.known,
	   "collateral that does not verify is none that was used");
	fresh();
	fake.version = 5;
	fake.body.type = QUOTE_BODY_TD15;
	fake.module.low_status = "OutOfDate";
	memcpy(fake.body.tee_tcb_svn2, fake.body.tee_tcb_svn,
	       sizeof fake.body.tee_tcb_svn2);
	fake.body.tee_tcb_svn[0] = 3;
	v = judge();
	ok(v.tcb_status == TCB_RELAUNCH && v.tcb_now == TCB_UP_TO_DATE &&
		   v.tcb_part[TCB_MODULE].status == TCB_OUT_OF_DATE &&
		   v.tcb_part[TCB_PLATFORM].status == TCB_UP_TO_DATE,
	   "what a TD was launched on, and what it would be now");
	fresh();
	fake.info_to_s = FAKE_NOW - 1;
	v = judge();
	ok(v.reason == REASON_EXPIRED && v.used.known,
	   "collateral that has expired is");
}

static void test_roots(void)
{
	struct trust_roots r;

	trust_roots_init(&r);
	is_err(trust_roots_add_insecure(&r, root_pem()), ERR_OK, "a root");
	is_err(trust_roots_add_insecure(&r, root_pem()), ERR_STATE,
	       "not a second one");
	trust_roots_init(&r);
	is_err(trust_roots_add_insecure(
		       &r,
		       (struct slice){ root_pem().ptr, root_pem().len - 40 }),
	       ERR_TRUNC, "not half a one");
	fresh();
	fake.root_cert.is_ca = false;
	fake_build(&fake);
	is_err(trust_roots_add_insecure(&r, root_pem()), ERR_VALUE,
	       "not one that is no CA");
	fresh();
	fake.root_cert.signer = &fake.stranger;
	fake_build(&fake);
	is_err(trust_roots_add_insecure(&r, root_pem()), ERR_SIGNATURE,
	       "not one that does not sign itself");
}

static void test_no_inputs(void)
{
	struct verifier v = { .roots = &roots, .collateral = &collateral };
	struct verdict out;

	fresh();
	fake_build(&fake);
	(void)load_collateral(bundle());
	verify_quote(&v, quote(), FAKE_NOW, &out);
	is_reason(&out, REASON_POLICY, "no policy at all");
	ok(out.authentic, "it is authentic all the same");
	policy_init(&policy);
	v.policy = &policy;
	verify_quote(&v, quote(), FAKE_NOW, &out);
	is_reason(&out, REASON_POLICY, "an empty policy");
	v.mode = VERIFY_AUTHENTIC_ONLY;
	verify_quote(&v, quote(), FAKE_NOW, &out);
	is_reason(&out, REASON_OK, "asked for authenticity alone");
	v.collateral = NULL;
	verify_quote(&v, quote(), FAKE_NOW, &out);
	is_reason(&out, REASON_UNAVAILABLE, "no collateral");
	collateral.signatures = REASON_INTERNAL;
	v.collateral = &collateral;
	verify_quote(&v, quote(), FAKE_NOW, &out);
	is_reason(&out, REASON_INTERNAL, "collateral nobody authenticated");
}

/* ---- one thing wrong at a time ---- */

static void other_root_key(struct fake *f)
{
	f->root_cert.key = &f->stranger;
}

static void root_not_self_signed(struct fake *f)
{
	f->root_cert.signer = &f->stranger;
}

static void ca_by_stranger(struct fake *f)
{
	f->ca_cert.signer = &f->stranger;
}

static void ca_wrong_name(struct fake *f)
{
	f->ca_cert.cn = "Intel SGX PCK Other CA";
	f->pck_cert.issuer_cn = f->pck_crl.issuer_cn = f->ca_cert.cn;
}

static void ca_no_ca(struct fake *f)
{
	f->ca_cert.is_ca = false;
}

static void ca_expired(struct fake *f)
{
	f->ca_cert.to_s = FAKE_NOW - 1;
}

static void root_revoked(struct fake *f)
{
	f->root_crl.revoked = FAKE_SERIAL_ROOT;
}

/* A second certificate of the root's key, in the quote alone. */
static void root_of_two(struct fake *f)
{
	static struct fake_cert second;

	second = f->root_cert;
	second.serial = FAKE_SERIAL_NOBODY;
	f->chain[2] = &second;
}

static void root_of_two_revoked(struct fake *f)
{
	root_of_two(f);
	f->root_crl.revoked = FAKE_SERIAL_NOBODY;
}

static void root_of_two_no_ca(struct fake *f)
{
	static struct fake_cert second;

	root_of_two(f);
	second = *f->chain[2];
	second.is_ca = false;
	f->chain[2] = &second;
}

/* The other CA: its certificates have no platform instance id. */
static void processor(struct fake *f)
{
	f->ca_cert.cn = "Intel SGX PCK Processor CA";
	f->pck_cert.issuer_cn = f->pck_crl.issuer_cn = f->ca_cert.cn;
	f->no_instance = true;
}

static void processor_with_instance(struct fake *f)
{
	processor(f);
	f->no_instance = false;
}

static void platform_without_instance(struct fake *f)
{
	f->no_instance = true;
}

static void ca_revoked(struct fake *f)
{
	f->root_crl.revoked = FAKE_SERIAL_CA;
}

static void pck_by_root(struct fake *f)
{
	f->pck_cert.signer = &f->root;
}

static void pck_wrong_name(struct fake *f)
{
	f->pck_cert.cn = "Intel SGX Attestation Key";
}

static void pck_other_issuer(struct fake *f)
{
	f->pck_cert.issuer_cn = "Intel SGX PCK Processor CA";
}

static void pck_is_ca(struct fake *f)
{
	f->pck_cert.is_ca = true;
}

static void pck_no_ext(struct fake *f)
{
	f->no_sgx_ext = true;
}

static void pck_expired(struct fake *f)
{
	f->pck_cert.to_s = FAKE_NOW - 1;
}

static void pck_early(struct fake *f)
{
	f->pck_cert.from_s = FAKE_NOW + 1;
}

static void pck_revoked(struct fake *f)
{
	f->pck_crl.revoked = FAKE_SERIAL_PCK;
}

static void nobody_revoked(struct fake *f)
{
	f->pck_crl.revoked = f->root_crl.revoked = FAKE_SERIAL_NOBODY;
}

static void chain_without_ca(struct fake *f)
{
	f->chain[1] = NULL;
}

static void chain_without_root(struct fake *f)
{
	f->chain[2] = NULL;
}

static void chain_reversed(struct fake *f)
{
	f->chain[0] = &f->root_cert;
	f->chain[2] = &f->pck_cert;
}

static void chain_of_leaves(struct fake *f)
{
	f->chain[1] = f->chain[2] = &f->pck_cert;
}

static void chain_with_tail(struct fake *f)
{
	f->chain_tail = "x";
}

static void pck_crl_by_stranger(struct fake *f)
{
	f->pck_crl.signer = &f->stranger;
}

static void pck_crl_by_root(struct fake *f)
{
	f->pck_crl.signer = &f->root;
	f->pck_crl.issuer_cn = f->root_crl.issuer_cn;
}

static void pck_crl_expired(struct fake *f)
{
	f->pck_crl.to_s = FAKE_NOW - 1;
}

static void pck_crl_early(struct fake *f)
{
	f->pck_crl.from_s = FAKE_NOW + 1;
}

static void root_crl_by_ca(struct fake *f)
{
	f->root_crl.signer = &f->ca;
}

static void root_crl_expired(struct fake *f)
{
	f->root_crl.to_s = FAKE_NOW - 1;
}

static void signer_revoked(struct fake *f)
{
	f->root_crl.revoked = FAKE_SERIAL_TCB;
}

static void signer_wrong_name(struct fake *f)
{
	f->tcb_cert.cn = "Intel SGX PCK Certificate";
}

static void signer_by_ca(struct fake *f)
{
	f->tcb_cert.signer = &f->ca;
}

static void signer_is_ca(struct fake *f)
{
	f->tcb_cert.is_ca = true;
}

static void signer_expired(struct fake *f)
{
	f->tcb_cert.to_s = FAKE_NOW - 1;
}

static void info_by_pck(struct fake *f)
{
	f->info_signer = &f->pck;
}

static void info_expired(struct fake *f)
{
	f->info_to_s = FAKE_NOW - 1;
}

static void info_early(struct fake *f)
{
	f->info_from_s = FAKE_NOW + 1;
}

static void info_of_sgx(struct fake *f)
{
	f->info_id = "SGX";
}

static void info_version_2(struct fake *f)
{
	f->info_version = 2;
}

static void info_other_fmspc(struct fake *f)
{
	f->info_fmspc[5] ^= 1;
}

static void info_other_pce(struct fake *f)
{
	f->info_pceid[1] ^= 1;
}

static void identity_by_stranger(struct fake *f)
{
	f->qe_signer = &f->stranger;
}

static void identity_expired(struct fake *f)
{
	f->qe_to_s = FAKE_NOW - 1;
}

static void identity_of_sgx(struct fake *f)
{
	f->qe_id = "QE";
}

static void module_unknown(struct fake *f)
{
	f->module_version = 2;
}

static void module_other_signer(struct fake *f)
{
	f->body.mr_signer_seam[0] = 1;
}

static void module_attributes(struct fake *f)
{
	f->body.seam_attributes = 1;
}

static void qe_other_signer(struct fake *f)
{
	f->qe.mrsigner[31] ^= 1;
}

static void qe_other_product(struct fake *f)
{
	f->qe.isvprodid = 1;
}

static void qe_debug(struct fake *f)
{
	f->qe.attributes[0] |= 2;
}

static void qe_masked_attribute(struct fake *f)
{
	f->qe.attributes[0] |= 4;
	f->qe.attributes[8] = 7;
}

static void qe_miscselect(struct fake *f)
{
	f->qe.miscselect = 1;
}

static void qe_by_stranger(struct fake *f)
{
	f->qe_report_signer = &f->stranger;
}

static void qe_binds_other(struct fake *f)
{
	f->break_binding = true;
}

static void qe_auth_none(struct fake *f)
{
	f->qe_auth_len = 0;
}

static void qe_auth_long(struct fake *f)
{
	f->qe_auth_len = sizeof f->qe_auth;
}

static void quote_by_pck(struct fake *f)
{
	f->quote_signer = &f->pck;
}

static const struct fake_case cases[] = {
	{ "root of another key", other_root_key, REASON_ISSUER },
	{ "root not self-signed", root_not_self_signed, REASON_SIGNATURE },
	{ "PCK CA signed by a stranger", ca_by_stranger, REASON_SIGNATURE },
	{ "PCK CA of another name", ca_wrong_name, REASON_SIGNATURE },
	{ "PCK CA that is no CA", ca_no_ca, REASON_SIGNATURE },
	{ "PCK CA expired", ca_expired, REASON_EXPIRED },
	{ "root revokes itself", root_revoked, REASON_SIGNATURE },
	{ "another certificate of the root's key", root_of_two, REASON_OK },
	{ "the same, revoked", root_of_two_revoked, REASON_SIGNATURE },
	{ "one that is no CA's", root_of_two_no_ca, REASON_SIGNATURE },
	{ "PCK CA revoked", ca_revoked, REASON_SIGNATURE },
	{ "a platform of the Processor CA", processor, REASON_OK },
	{ "one with an instance id", processor_with_instance,
	  REASON_SIGNATURE },
	{ "one of the Platform CA without", platform_without_instance,
	  REASON_SIGNATURE },
	{ "PCK signed by the root", pck_by_root, REASON_SIGNATURE },
	{ "PCK of another name", pck_wrong_name, REASON_SIGNATURE },
	{ "PCK names another issuer", pck_other_issuer, REASON_SIGNATURE },
	{ "PCK that is a CA", pck_is_ca, REASON_SIGNATURE },
	{ "PCK without the SGX extension", pck_no_ext, REASON_SIGNATURE },
	{ "PCK expired", pck_expired, REASON_EXPIRED },
	{ "PCK not valid yet", pck_early, REASON_NOT_YET_VALID },
	{ "PCK revoked", pck_revoked, REASON_SIGNATURE },
	{ "somebody else revoked", nobody_revoked, REASON_OK },
	{ "chain without the CA", chain_without_ca, REASON_SIGNATURE },
	{ "chain without the root", chain_without_root, REASON_SIGNATURE },
	{ "chain root first", chain_reversed, REASON_ISSUER },
	{ "chain of three leaves", chain_of_leaves, REASON_ISSUER },
	{ "text after the chain", chain_with_tail, REASON_SIGNATURE },
	{ "PCK CRL by a stranger", pck_crl_by_stranger, REASON_SIGNATURE },
	{ "PCK CRL by the root", pck_crl_by_root, REASON_SIGNATURE },
	{ "PCK CRL expired", pck_crl_expired, REASON_EXPIRED },
	{ "PCK CRL from the future", pck_crl_early, REASON_NOT_YET_VALID },
	{ "root CRL by the PCK CA", root_crl_by_ca, REASON_SIGNATURE },
	{ "root CRL expired", root_crl_expired, REASON_EXPIRED },
	{ "TCB signer revoked", signer_revoked, REASON_SIGNATURE },
	{ "TCB signer of another name", signer_wrong_name, REASON_SIGNATURE },
	{ "TCB signer under the PCK CA", signer_by_ca, REASON_SIGNATURE },
	{ "TCB signer that is a CA", signer_is_ca, REASON_SIGNATURE },
	{ "TCB signer expired", signer_expired, REASON_EXPIRED },
	{ "TCB info signed by the PCK", info_by_pck, REASON_SIGNATURE },
	{ "TCB info expired", info_expired, REASON_EXPIRED },
	{ "TCB info from the future", info_early, REASON_NOT_YET_VALID },
	{ "TCB info of SGX", info_of_sgx, REASON_UNAVAILABLE },
	{ "TCB info of version 2", info_version_2, REASON_UNAVAILABLE },
	{ "TCB info of another FMSPC", info_other_fmspc, REASON_UNAVAILABLE },
	{ "TCB info of another PCE", info_other_pce, REASON_UNAVAILABLE },
	{ "QE identity by a stranger", identity_by_stranger, REASON_SIGNATURE },
	{ "QE identity expired", identity_expired, REASON_EXPIRED },
	{ "QE identity of SGX", identity_of_sgx, REASON_UNAVAILABLE },
	{ "TDX module unknown", module_unknown, REASON_SIGNATURE },
	{ "TDX module's signer", module_other_signer, REASON_SIGNATURE },
	{ "TDX module's attributes", module_attributes, REASON_SIGNATURE },
	{ "QE of another signer", qe_other_signer, REASON_SIGNATURE },
	{ "QE of another product", qe_other_product, REASON_SIGNATURE },
	{ "QE in debug mode", qe_debug, REASON_SIGNATURE },
	{ "QE attributes that the mask hides", qe_masked_attribute, REASON_OK },
	{ "QE miscselect", qe_miscselect, REASON_SIGNATURE },
	{ "QE report signed by a stranger", qe_by_stranger, REASON_SIGNATURE },
	{ "QE report binds another key", qe_binds_other, REASON_SIGNATURE },
	{ "no QE authentication data", qe_auth_none, REASON_OK },
	{ "1000 bytes of it", qe_auth_long, REASON_OK },
	{ "quote signed by the PCK", quote_by_pck, REASON_SIGNATURE },
};

int main(void)
{
	trust_fake_root();
	test_accepted();
	test_said();
	test_roots();
	test_no_inputs();
	run_cases(cases, sizeof cases / sizeof cases[0]);
	return tap_done();
}
