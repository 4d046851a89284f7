/* The development PKI. openssl is the judge of chains, CRLs and signatures. */
#include <stdlib.h>

#include "host-launcher/lib/file.h"
#include "host-launcher/vm/pki.h"
#include "lib/json.h"
#include "lib/rng.h"
#include "lib/text.h"
#include "measure/lib/collateral.h"
#include "tests/tap.h"

enum {
	NOW = 1790000000,
	VALID_S = 30 * 86400
};

static char dir[] = "/tmp/ee-test-pki-XXXXXX";
static uint8_t arena_mem[COLLATERAL_ARENA_BYTES];
static struct pki_keys keys;
static struct pki pki;
static const struct pki_spec spec = { .created_s = NOW,
				      .issued_s = NOW,
				      .valid_s = VALID_S };

/* True when a shell command succeeds in the test's folder. */
static bool runs(const char *command)
{
	char line[1024];

	(void)snprintf(line, sizeof line, "(%s) >>log 2>&1", command);
	(void)fflush(stdout);
	return system(line) == 0;
}

static void put(const char *name, struct slice s)
{
	if (file_write(name, 0600, s) != ERR_OK)
		ok(false, "%s cannot be written", name);
}

/* Takes a member that holds hex apart into a file. */
static void put_hex(struct json bundle, const char *key, const char *file)
{
	static uint8_t mem[64 * 1024];
	struct slice s;

	if (json_str(bundle, key, &s) != ERR_OK || s.len / 2 > sizeof mem ||
	    hex_decode(s, mem, s.len / 2) != ERR_OK)
		ok(false, "%s is no hex", key);
	else
		put(file, (struct slice){ mem, s.len / 2 });
}

static void put_text(struct json bundle, const char *key, const char *file)
{
	struct slice s = { 0 };

	if (json_str(bundle, key, &s) != ERR_OK)
		ok(false, "%s is no string", key);
	put(file, s);
}

/* r || s as the DER that openssl wants. */
static void put_signature(struct json bundle, const char *key, const char *file)
{
	uint8_t sig[P256_SIG_LEN * 2] = { 0 };
	struct slice s;
	size_t n;

	if (json_str(bundle, key, &s) != ERR_OK ||
	    hex_decode(s, sig, P256_SIG_LEN) != ERR_OK)
		ok(false, "%s is no signature", key);
	n = br_ecdsa_raw_to_asn1(sig, P256_SIG_LEN);
	put(file, (struct slice){ sig, n });
}

static void unpack(void)
{
	struct arena a = arena_over(arena_mem, sizeof arena_mem);
	struct json b;

	is_err(json_parse(&a, pki.collateral, &b), ERR_OK, "the bundle parses");
	ok(json_count(b) == 9, "and has the nine members of its layout");
	put("root.pem", pki.root);
	put("chain.pem", pki.pck_chain);
	put_hex(b, "pck_crl", "pck.crl");
	put_hex(b, "root_ca_crl", "root.crl");
	put_text(b, "tcb_info", "tcb.json");
	put_text(b, "qe_identity", "qe.json");
	put_text(b, "tcb_info_issuer_chain", "tcb.pem");
	put_text(b, "pck_crl_issuer_chain", "ca.pem");
	put_signature(b, "tcb_info_signature", "tcb.sig");
	put_signature(b, "qe_identity_signature", "qe.sig");
}

#define AT     "-attime 1790000001 "
#define CRL(x) "openssl crl -inform DER -in " x

static void test_openssl(void)
{
	static const char *const yes[] = {
		"openssl verify -x509_strict " AT "-CAfile root.pem root.pem",
		"openssl verify -x509_strict " AT "-CAfile root.pem tcb.pem",
		"openssl verify -x509_strict " AT "-CAfile root.pem ca.pem",
		"openssl verify -x509_strict " AT
		"-CAfile root.pem -untrusted ca.pem chain.pem",
		/* ten years later, when the CRLs have long expired */
		"openssl verify -attime 2105000000 -CAfile root.pem "
		"-untrusted ca.pem chain.pem",
		CRL("root.crl") " -noout -CAfile root.pem -verify 2>&1 | "
				"grep -q 'verify OK'",
		CRL("pck.crl") " -noout -CAfile ca.pem -verify 2>&1 | "
			       "grep -q 'verify OK'",
		CRL("pck.crl") " -noout -text | grep -q 'No Revoked'",
		CRL("pck.crl") " -noout -nextupdate | grep -q 'Oct 21.*2026'",
		CRL("pck.crl") " -out pck.crl.pem && " CRL(
			"root.crl") " -out root.crl.pem && cat *.crl.pem "
				    ">all.crl",
		"openssl verify -x509_strict -crl_check_all -CRLfile "
		"all.crl " AT "-CAfile root.pem -untrusted ca.pem chain.pem",
		"openssl x509 -in tcb.pem -noout -pubkey >tcb.pub",
		"openssl dgst -sha256 -verify tcb.pub -signature tcb.sig "
		"tcb.json",
		"openssl dgst -sha256 -verify tcb.pub -signature qe.sig "
		"qe.json",
		"openssl x509 -in root.pem -noout -subject -nameopt RFC2253 | "
		"grep -q '^subject=O=EE simulated\\\\, not Intel,"
		"CN=EE Simulated SGX Root CA$'",
		"openssl x509 -in chain.pem -noout -text | "
		"grep -q 1.2.840.113741.1.13.1",
		"openssl x509 -in chain.pem -noout -ext basicConstraints | "
		"grep -q CA:FALSE",
	};
	static const char *const no[] = {
		"openssl dgst -sha256 -verify tcb.pub -signature tcb.sig "
		"qe.json",
		"openssl verify -attime 1789900000 -CAfile root.pem root.pem",
		CRL("pck.crl") " -noout -CAfile root.pem -verify 2>&1 | "
			       "grep -q 'verify OK'",
	};

	for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
		ok(runs(yes[i]), "%s", yes[i]);
	for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
		ok(!runs(no[i]), "not: %s", no[i]);
}

static void test_revoked(void)
{
	static struct pki p;
	struct arena a = arena_over(arena_mem, sizeof arena_mem);
	struct pki_spec s = spec;
	struct json b;

	s.revoke_pck = true;
	is_err(pki_issue(&keys, &s, &p), ERR_OK, "with a revoked PCK");
	is_err(json_parse(&a, p.collateral, &b), ERR_OK, "parses");
	put_hex(b, "pck_crl", "pck.crl");
	ok(runs(CRL("pck.crl") " -out pck.crl.pem && "
			       "cat pck.crl.pem root.crl.pem >all.crl"),
	   "the CRLs together");
	ok(runs("openssl verify -crl_check_all -CRLfile all.crl " AT
		"-CAfile root.pem -untrusted ca.pem chain.pem 2>&1 | "
		"grep -q 'certificate revoked'"),
	   "openssl says that the PCK certificate is revoked");
	ok(runs(CRL("pck.crl") " -noout -text | grep -q 'Key Compromise'"),
	   "and why");
}

static void test_same_again(void)
{
	static struct pki p;
	struct pki_spec later = spec;

	is_err(pki_issue(&keys, &spec, &p), ERR_OK, "issued again");
	ok(slice_eq(p.collateral, pki.collateral) &&
		   slice_eq(p.pck_chain, pki.pck_chain) &&
		   slice_eq(p.root, pki.root),
	   "the same keys and times give the same bytes");
	later.issued_s += VALID_S;
	is_err(pki_issue(&keys, &later, &p), ERR_OK, "issued a month later");
	ok(slice_eq(p.pck_chain, pki.pck_chain) && slice_eq(p.root, pki.root) &&
		   !slice_eq(p.collateral, pki.collateral),
	   "new collateral under the same certificates");
}

static void test_times(void)
{
	static const struct pki_spec bad[] = {
		{ .created_s = 0, .issued_s = NOW, .valid_s = 1 },
		{ .created_s = NOW, .issued_s = 0, .valid_s = 1 },
		{ .created_s = NOW, .issued_s = -1, .valid_s = 1 },
		{ .created_s = NOW, .issued_s = NOW, .valid_s = 0 },
		{ .created_s = INT64_MAX, .issued_s = NOW, .valid_s = 1 },
		{ .created_s = NOW, .issued_s = NOW, .valid_s = INT64_MAX },
	};
	static struct pki p;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		is_err(pki_issue(&keys, &bad[i], &p), ERR_VALUE,
		       "times of row %zu", i);
}

/* The verifier's own reading of it. */
static void test_collateral(void)
{
	struct arena a = arena_over(arena_mem, sizeof arena_mem);
	static struct collateral c;
	const char *what = "";

	is_err(collateral_parse(&a, pki.collateral, &c, &what), ERR_OK,
	       "the verifier reads the bundle (%s)", what);
	collateral_authenticate(&c);
	ok(c.signatures == REASON_OK, "its signatures are right: %s",
	   c.signatures_what);
	ok(c.tcb_info.issued_s == NOW &&
		   c.tcb_info.next_update_s == NOW + VALID_S,
	   "its dates are the ones asked for");
	ok(memcmp(c.tcb_info.fmspc, "EESIM\0", 6) == 0, "its FMSPC too");
}

int main(void)
{
	struct rng rng;

	if (mkdtemp(dir) == NULL || chdir(dir) != 0)
		return 1;
	rng_seeded(&rng, str_slice("test_pki"));
	is_err(pki_generate(rng_prng(&rng), &keys), ERR_OK, "keys");
	is_err(pki_issue(&keys, &spec, &pki), ERR_OK, "issued");
	ok(at_page_end(pki.root.ptr, pki.root.len).len < sizeof pki.root_pem,
	   "the root fits");
	unpack();
	test_openssl();
	test_revoked();
	test_same_again();
	test_times();
	test_collateral();
	if (tap_bad != 0 && system("cat log") != 0)
		return 1;
	if (chdir("/") != 0 || system("rm -rf /tmp/ee-test-pki-??????") != 0)
		return 1;
	return tap_done();
}
