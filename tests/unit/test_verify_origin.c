/* Who signed a quote, told without collateral: all that is wrong with it or its
 * certificates is refused with the code of the whole verdict, and what only
 * collateral can tell passes. Never authentic. */
#include "tests/peers/faults.h"
#include "tests/tap.h"

static struct fault_case c;

/* The sound platform's root, by name, whatever root a case has. */
static void trust_root(struct trust_roots *roots)
{
	static struct fake sound;

	fake_init(&sound);
	fake_build(&sound);
	trust_roots_init(roots);
	is_err(trust_roots_add_insecure(
		       roots, (struct slice){ (const uint8_t *)sound.root_pem,
					      sound.root_pem_len }),
	       ERR_OK, "the root is given by name");
}

static struct trust_roots intel, named;

static struct verdict origin(const struct fault *f)
{
	struct verdict v;

	fault_build(f, &c);
	verify_origin(c.intel_alone ? &intel : &named,
		      (struct slice){ c.fake.quote, c.fake.quote_len }, c.now_s,
		      &v);
	return v;
}

/* Faults of the collateral, or that only it can tell. */
static bool is_of_collateral(const char *name)
{
	static const char *const begins[] = { "crl",     "info-",   "identity-",
					      "roots2-", "signer-", "ca2-key" };
	static const char *const holds[] = { "-revoked", "-collateral" };

	for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
		if (strncmp(name, begins[i], strlen(begins[i])) == 0)
			return true;
	for (size_t i = 0; i < sizeof holds / sizeof *holds; i++)
		if (strstr(name, holds[i]) != NULL)
			return true;
	return false;
}

static void test_fault(const struct fault *f)
{
	enum reason want = is_of_collateral(f->name) ? REASON_OK : f->want;
	struct verdict v = origin(f);

	if (!ok(v.reason == want && !v.authentic && !v.has_status, "%s: %s",
		reason_code(want), f->name))
		printf("#   got %s: %s\n", reason_code(v.reason), v.detail);
}

static void test_sound(void)
{
	struct verdict v = origin(NULL);

	ok(v.reason == REASON_OK && v.parsed && v.has_platform && v.simulated &&
		   !v.authentic && !v.has_status,
	   "a sound one is signed, simulated, and not authentic by that");
	ok(memcmp(v.body.mrtd, c.fake.body.mrtd, sizeof v.body.mrtd) == 0 &&
		   v.judged_s == c.now_s,
	   "what it shows, and when it was looked at");
	verify_origin(&intel, (struct slice){ c.fake.quote, c.fake.quote_len },
		      c.now_s, &v);
	ok(v.reason == REASON_ISSUER && !v.simulated,
	   "nobody's, where the root is not named");
}

int main(void)
{
	static const struct fault_table *const of_quotes[] = {
		&faults_quote,  &faults_report, &faults_certification,
		&faults_issuer, &faults_chain,  &faults_cert,
		&faults_sgx,
	};

	trust_root(&named);
	test_sound();
	for (size_t i = 0; i < sizeof of_quotes / sizeof *of_quotes; i++)
		for (size_t k = 0; k < of_quotes[i]->n; k++)
			test_fault(&of_quotes[i]->at[k]);
	return tap_done();
}
