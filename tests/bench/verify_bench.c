/* verify_bench - how long a quote takes to judge, beside the P-256 operations
 * that it cannot do without, in one process. Prints one JSON object of
 * microseconds, each the median of batches. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host-launcher/vm/simquote.h"
#include "lib/rng.h"
#include "measure/lib/ecdsa.h"
#include "measure/lib/verify.h"

enum {
	BATCHES = 15,
	IN_BATCH = 40,
	NOW = 1800000000
};

static struct pki_keys keys;
static struct pki pki;
static struct collateral collateral;
static struct policy policy;
static struct trust_roots roots;
static struct chain_cache cache;
static struct verdict verdict;
static uint8_t quote[16384], *mem;
static struct slice q;
static uint8_t digest[SHA256_LEN], sig[P256_SIG_LEN];

static void must(enum err e, const char *what)
{
	if (e != ERR_OK) {
		fprintf(stderr, "verify_bench: %s: %s\n", what, err_text(e));
		exit(5);
	}
}

static void setup(void)
{
	struct pki_spec spec = { .created_s = NOW,
				 .issued_s = NOW - 60,
				 .valid_s = 86400,
				 .tcb_status = TCB_UP_TO_DATE };
	struct sim_td td = { .td_attributes = SIM_TD_ATTRIBUTES,
			     .xfam = SIM_XFAM };
	struct policy_set set = { 0 };
	uint8_t reportdata[REPORTDATA_LEN] = { 0 };
	struct wr w = wr_over(quote, sizeof quote);
	struct arena a;
	struct rng rng;
	const char *what = "";

	rng_seeded(&rng, str_slice("bench"));
	mem = malloc(COLLATERAL_ARENA_BYTES);
	a = arena_over(mem, mem == NULL ? 0 : COLLATERAL_ARENA_BYTES);
	must(pki_generate(rng_prng(&rng), &keys), "keys");
	must(pki_issue(&keys, &spec, &pki), "pki");
	must(simquote(&keys, &pki, &td, reportdata, &w), "quote");
	q = wr_slice(&w);
	must(collateral_parse(&a, pki.collateral, &collateral, &what), what);
	collateral_authenticate(&collateral);
	trust_roots_init(&roots);
	must(trust_roots_add_insecure(&roots, pki.root), "root");
	policy_init(&policy);
	must(policy_add(&policy, &set), "policy");
	sha256(q, digest);
	must(p256_sign(&keys.pck, &br_sha256_vtable, digest, sig), "sign");
}

static void one_p256(void)
{
	must(ecdsa_verify(keys.pck.pub, digest, sizeof digest, sig), "p256");
}

static void judge(struct chain_cache *c)
{
	struct verifier v = { .mode = VERIFY_FULL,
			      .roots = &roots,
			      .collateral = &collateral,
			      .policy = &policy,
			      .cache = c };

	verify_quote(&v, q, NOW, &verdict);
	if (verdict.reason != REASON_OK) {
		fprintf(stderr, "verify_bench: %s %s\n",
			reason_code(verdict.reason), verdict.detail);
		exit(5);
	}
}

static void cached(void)
{
	judge(&cache);
}

static void cold(void)
{
	struct arena a = arena_over(mem, COLLATERAL_ARENA_BYTES);
	const char *what = "";

	must(collateral_parse(&a, pki.collateral, &collateral, &what), what);
	collateral_authenticate(&collateral);
	judge(NULL);
}

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median_us(void (*fn)(void))
{
	double t[BATCHES];

	fn();
	for (int i = 0; i < BATCHES; i++) {
		double start = now_us();

		for (int k = 0; k < IN_BATCH; k++)
			fn();
		t[i] = (now_us() - start) / IN_BATCH;
	}
	qsort(t, BATCHES, sizeof t[0], by_size);
	return t[BATCHES / 2];
}

int main(void)
{
	setup();
	printf("{\"p256_verify_us\":%.1f,\"quote_verify_cached_us\":%.1f,"
	       "\"quote_verify_cold_us\":%.1f}\n",
	       median_us(one_p256), median_us(cached), median_us(cold));
	free(mem);
	return 0;
}
