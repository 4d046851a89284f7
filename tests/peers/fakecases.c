/* fakecases - quotes and collateral of a made-up platform with one to three
 * things changed, all of it signed again, as cases for verdicts.c:
 *
 *   fakecases COUNT SEED > CASES
 *
 * The first line of each case ends with what was changed. The same seed always
 * gives the same cases. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/rng.h"
#include "lib/text.h"
#include "tests/peers/fakequote.h"

static const br_prng_class **rng;
static struct fake fake;

static uint32_t upto(uint32_t n)
{
	uint8_t b[4];

	rng_bytes(rng, b, sizeof b);
	return ((uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 |
		(uint32_t)b[3] << 24) %
	       n;
}

static void flip(void *bytes, size_t n)
{
	uint32_t bit = upto((uint32_t)n * 8);

	((uint8_t *)bytes)[bit / 8] ^= (uint8_t)(1U << bit % 8);
}

static const char *status(void)
{
	static const char *const all[] = { "UpToDate",
					   "SWHardeningNeeded",
					   "ConfigurationNeeded",
					   "ConfigurationAndSWHardeningNeeded",
					   "OutOfDate",
					   "OutOfDateConfigurationNeeded",
					   "Revoked" };

	return all[upto(sizeof all / sizeof *all)];
}

/* Of a module or a QE: other states are not given to them. */
static const char *part_status(void)
{
	static const char *const all[] = { "UpToDate", "OutOfDate", "Revoked" };

	return all[upto(sizeof all / sizeof *all)];
}

static const struct p256_key *any_key(const struct fake *f)
{
	const struct p256_key *const all[] = { &f->root,   &f->ca,
					       &f->pck,    &f->tcb,
					       &f->attest, &f->stranger };

	return all[upto(sizeof all / sizeof *all)];
}

static struct fake_cert *any_cert(struct fake *f)
{
	struct fake_cert *const all[] = { &f->root_cert, &f->ca_cert,
					  &f->pck_cert, &f->tcb_cert };

	return all[upto(sizeof all / sizeof *all)];
}

static const char *any_name(const struct fake *f)
{
	const char *const all[] = { f->root_cert.cn,
				    f->ca_cert.cn,
				    f->pck_cert.cn,
				    f->tcb_cert.cn,
				    "Intel SGX PCK Processor CA",
				    "Intel SGX Root CA" };

	return all[upto(sizeof all / sizeof *all)];
}

/* About now, and just before and after it. */
static int64_t about_now(void)
{
	static const int64_t off[] = { -FAKE_DAY, -1, 0, 1, FAKE_DAY };

	return FAKE_NOW + off[upto(sizeof off / sizeof *off)];
}

static void platform_status(struct fake *f)
{
	f->platform.status = status();
	f->platform.low_status = status();
}

static void module_status(struct fake *f)
{
	f->module.status = part_status();
	f->module.low_status = part_status();
}

static void qe_status(struct fake *f)
{
	f->qe_levels.status = part_status();
	f->qe_levels.low_status = part_status();
}

static void levels_left_out(struct fake *f)
{
	struct fake_levels *const all[] = { &f->platform, &f->module,
					    &f->qe_levels };

	all[upto(3)]->low = 0;
}

static void module_svn(struct fake *f)
{
	f->body.tee_tcb_svn[0] = (uint8_t)upto(8);
}

static void module_version(struct fake *f)
{
	f->body.tee_tcb_svn[1] = (uint8_t)upto(3);
}

static void module_version_known(struct fake *f)
{
	f->module_version = upto(3);
}

static void tdx_svn(struct fake *f)
{
	f->body.tee_tcb_svn[upto(16)] = (uint8_t)upto(6);
}

static void tdx_level(struct fake *f)
{
	f->level_tdx[upto(16)] = (uint8_t)upto(6);
}

static void td15(struct fake *f)
{
	f->version = 5;
	f->body.type = QUOTE_BODY_TD15;
}

static void td15_svn2(struct fake *f)
{
	td15(f);
	f->body.tee_tcb_svn2[upto(3)] = (uint8_t)upto(8);
}

static void v5_td10(struct fake *f)
{
	f->version = 5;
}

static void service_td(struct fake *f)
{
	td15(f);
	flip(f->body.mr_servicetd, sizeof f->body.mr_servicetd);
}

static void td_attributes(struct fake *f)
{
	f->body.td_attributes ^= UINT64_C(1) << upto(64);
}

/* Bits that not every verifier's list has, or not every policy. */
static void td_lass(struct fake *f)
{
	f->body.td_attributes |= TD_ATTR_LASS;
}

static void td_feature(struct fake *f)
{
	f->body.td_attributes |= upto(2) != 0 ? TD_ATTR_KL : TD_ATTR_PERFMON;
}

static void seam_attributes(struct fake *f)
{
	f->body.seam_attributes ^= UINT64_C(1) << upto(64);
}

static void seam_signer(struct fake *f)
{
	flip(f->body.mr_signer_seam, SHA384_LEN);
}

static void known_signer(struct fake *f)
{
	flip(f->module_signer, SHA384_LEN);
}

static void sgx_svn(struct fake *f)
{
	f->sgx[upto(16)] = (uint8_t)(1 + upto(3));
}

static void sgx_level(struct fake *f)
{
	f->level_sgx[upto(16)] = (uint8_t)(1 + upto(3));
}

static void pcesvn(struct fake *f)
{
	f->pcesvn = (uint16_t)(10 + upto(3));
}

static void pcesvn_level(struct fake *f)
{
	f->level_pcesvn = 10 + upto(3);
}

static void qe_svn(struct fake *f)
{
	f->qe.isvsvn = (uint16_t)upto(7);
}

static void qe_misc(struct fake *f)
{
	f->qe.miscselect ^= UINT32_C(1) << upto(32);
}

static void qe_attributes(struct fake *f)
{
	flip(f->qe.attributes, sizeof f->qe.attributes);
}

static void qe_signer(struct fake *f)
{
	flip(f->qe.mrsigner, sizeof f->qe.mrsigner);
}

static void qe_prodid(struct fake *f)
{
	f->qe.isvprodid = (uint16_t)upto(4);
}

static void qe_auth(struct fake *f)
{
	static const size_t lens[] = { 0, 1, 31, 32, 33, 64, 999 };

	f->qe_auth_len = lens[upto(sizeof lens / sizeof *lens)];
	rng_bytes(rng, f->qe_auth, f->qe_auth_len);
}

static void qe_binding(struct fake *f)
{
	f->break_binding = true;
}

static void fmspc(struct fake *f)
{
	flip(f->info_fmspc, sizeof f->info_fmspc);
}

static void pceid(struct fake *f)
{
	flip(f->info_pceid, sizeof f->info_pceid);
}

static void info_kind(struct fake *f)
{
	f->info_id = upto(2) != 0 ? "SGX" : "TDX";
	f->info_version = 2 + upto(3);
}

static void qe_kind(struct fake *f)
{
	f->qe_id = upto(2) != 0 ? "QE" : "TD_QE";
	f->qe_version = 1 + upto(3);
}

static void later_version(struct fake *f)
{
	if (upto(2) != 0)
		f->info_version = 4;
	else
		f->qe_version = 3;
}

static void info_dates(struct fake *f)
{
	*(upto(2) != 0 ? &f->info_from_s : &f->info_to_s) = about_now();
}

static void qe_dates(struct fake *f)
{
	*(upto(2) != 0 ? &f->qe_from_s : &f->qe_to_s) = about_now();
}

static void cert_dates(struct fake *f)
{
	struct fake_cert *c = any_cert(f);

	*(upto(2) != 0 ? &c->from_s : &c->to_s) = about_now();
}

static void crl_dates(struct fake *f)
{
	struct fake_crl *c = upto(2) != 0 ? &f->pck_crl : &f->root_crl;

	*(upto(2) != 0 ? &c->from_s : &c->to_s) = about_now();
}

static void crl_revokes_one(struct fake *f)
{
	(upto(2) != 0 ? &f->pck_crl : &f->root_crl)->revoked =
		(uint8_t)(FAKE_SERIAL_ROOT + upto(FAKE_SERIAL_NOBODY));
}

static void crl_signer(struct fake *f)
{
	(upto(2) != 0 ? &f->pck_crl : &f->root_crl)->signer = any_key(f);
}

static void crl_issuer(struct fake *f)
{
	(upto(2) != 0 ? &f->pck_crl : &f->root_crl)->issuer_cn = any_name(f);
}

static void cert_signer(struct fake *f)
{
	any_cert(f)->signer = any_key(f);
}

static void cert_key(struct fake *f)
{
	any_cert(f)->key = any_key(f);
}

static void cert_issuer(struct fake *f)
{
	any_cert(f)->issuer_cn = any_name(f);
}

static void cert_name(struct fake *f)
{
	any_cert(f)->cn = any_name(f);
}

static void issuer_no_ca(struct fake *f)
{
	(upto(2) != 0 ? &f->root_cert : &f->ca_cert)->is_ca = false;
}

static void leaf_ca(struct fake *f)
{
	(upto(2) != 0 ? &f->pck_cert : &f->tcb_cert)->is_ca = true;
}

static void info_signer(struct fake *f)
{
	f->info_signer = any_key(f);
}

static void identity_signer(struct fake *f)
{
	f->qe_signer = any_key(f);
}

static void report_signer(struct fake *f)
{
	f->qe_report_signer = any_key(f);
}

static void quote_signer(struct fake *f)
{
	f->quote_signer = any_key(f);
}

static void chain_order(struct fake *f)
{
	uint32_t a = upto(3), b = upto(3);
	const struct fake_cert *swap = f->chain[a];

	f->chain[a] = f->chain[b];
	f->chain[b] = swap;
}

static void chain_other(struct fake *f)
{
	f->chain[upto(3)] = upto(4) == 0 ? NULL : any_cert(f);
}

static void chain_after(struct fake *f)
{
	f->chain_tail = upto(2) != 0 ? "\n" : "what is this";
}

static void no_sgx_extension(struct fake *f)
{
	f->no_sgx_ext = true;
}

/* clang-format off */
/* What a TCB status comes from: most of the further changes are of these. */
#define STATUS_CHANGES(X) \
	X(platform_status) X(module_status) X(qe_status) X(levels_left_out) \
	X(module_svn) X(module_version) X(module_version_known) X(tdx_svn) \
	X(tdx_level) X(td15) X(td15_svn2) X(v5_td10) X(sgx_svn) \
	X(sgx_level) X(pcesvn) X(pcesvn_level) X(qe_svn) X(qe_auth)
#define OTHER_CHANGES(X) \
	X(service_td) X(td_attributes) X(td_feature) X(td_lass) \
	X(seam_attributes) X(seam_signer) \
	X(known_signer) X(qe_misc) X(qe_attributes) X(qe_signer) \
	X(qe_prodid) X(qe_binding) X(fmspc) X(pceid) X(info_kind) \
	X(qe_kind) X(later_version) X(info_dates) X(qe_dates) \
	X(cert_dates) X(crl_dates) X(crl_revokes_one) X(crl_signer) \
	X(crl_issuer) X(cert_signer) X(cert_key) X(cert_issuer) \
	X(cert_name) X(issuer_no_ca) X(leaf_ca) X(info_signer) \
	X(identity_signer) X(report_signer) X(quote_signer) \
	X(chain_order) X(chain_other) X(chain_after) X(no_sgx_extension)
/* clang-format on */

static const struct {
	const char *name;
	void (*make)(struct fake *f);
} change[] = {
#define X(name) { #name, name },
	STATUS_CHANGES(X) OTHER_CHANGES(X)
#undef X
};

enum {
#define X(name) +1
	STATUS_COUNT = 0 STATUS_CHANGES(X),
#undef X
	CHANGES = sizeof change / sizeof *change,
};

/* The first change of case n is the table's n-th, so that each has its turn,
 * three times alone. */
static void one_case(uint64_t n, const char *root, size_t root_len)
{
	uint32_t more = n < 3 * CHANGES ? 0 : upto(3);
	char what[256];
	struct wr w = wr_over(what, sizeof what);

	fake_init(&fake);
	change[n % CHANGES].make(&fake);
	wr_str(&w, change[n % CHANGES].name);
	for (uint32_t i = 0; i < more; i++) {
		uint32_t k = upto(upto(4) == 0 ? CHANGES : STATUS_COUNT);

		change[k].make(&fake);
		wr_fmt(&w, "+%s", change[k].name);
	}
	fake_build(&fake);
	printf("%lld %zu %zu %zu %.*s\n", (long long)FAKE_NOW, fake.quote_len,
	       fake.bundle_len, root_len, (int)w.len, what);
	fwrite(fake.quote, 1, fake.quote_len, stdout);
	fwrite(fake.bundle, 1, fake.bundle_len, stdout);
	fwrite(root, 1, root_len, stdout);
}

int main(int argc, char **argv)
{
	char root[sizeof fake.root_pem];
	struct rng seeded;
	size_t root_len;
	uint64_t count;

	if (argc != 3 ||
	    u64_parse(str_slice(argv[1]), UINT32_MAX, &count) != ERR_OK) {
		fprintf(stderr, "usage: fakecases COUNT SEED\n");
		return 2;
	}
	rng_seeded(&seeded, str_slice(argv[2]));
	rng = rng_prng(&seeded);
	fake_init(&fake);
	fake_build(&fake);
	root_len = fake.root_pem_len;
	memcpy(root, fake.root_pem, root_len);
	for (uint64_t i = 0; i < count; i++)
		one_case(i, root, root_len);
	return ferror(stdout) || fflush(stdout) != 0;
}
