/* verify_bench - how long a quote takes to judge, beside the P-256 operations
 * that it cannot do without, in one process and on one core.
 *
 *   verify_bench case          a case under a development PKI, to standard
 *                              output: "NOW QUOTE_LEN BUNDLE_LEN ROOT_LEN" and
 *                              the bytes, as tests/peers/verdicts.c reads them
 *   verify_bench < CASE        one JSON object: microseconds, each the median
 *                              of runs that take turns, and how many P-256
 *                              verifications each kind of judgement has done
 *
 * Cold is everything from the bytes of quote and collateral on; with cached
 * collateral it was parsed and authenticated before; with a cached chain the
 * signature over the platform's PCK certificate was verified before, too. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host-launcher/vm/simquote.h"
#include "lib/rng.h"
#include "measure/lib/ecdsa.h"
#include "measure/lib/verify.h"

enum {
	RUNS = 501,
	NOW = 1800000000,
	QUOTE_CAP = 16 * 1024,
	ROOT_CAP = 16 * 1024,
};

static int64_t now_s;
static struct slice quote, bundle, root;
static uint8_t *mem; /* of `collateral` */
static struct collateral collateral;
static struct policy policy;
static struct trust_roots roots;
static struct chain_cache cache;
static struct verdict verdict;
static struct p256_key key;
static uint8_t digest[SHA256_LEN], sig[P256_SIG_LEN];

static void die(const char *what, const char *why)
{
	fprintf(stderr, "verify_bench: %s: %s\n", what, why);
	exit(5);
}

static void must(enum err e, const char *what)
{
	if (e != ERR_OK)
		die(what, err_text(e));
}

/* ---- the count of operations: the linker leads all calls here ---- */

static unsigned operations;

enum err __real_ecdsa_verify(const uint8_t *pub, const void *of, size_t of_len,
			     const uint8_t *raw);
enum err __wrap_ecdsa_verify(const uint8_t *pub, const void *of, size_t of_len,
			     const uint8_t *raw);
enum err __real_ecdsa_verify_der(const uint8_t *pub, const void *of,
				 size_t of_len, struct slice der);
enum err __wrap_ecdsa_verify_der(const uint8_t *pub, const void *of,
				 size_t of_len, struct slice der);

enum err __wrap_ecdsa_verify(const uint8_t *pub, const void *of, size_t of_len,
			     const uint8_t *raw)
{
	operations++;
	return __real_ecdsa_verify(pub, of, of_len, raw);
}

enum err __wrap_ecdsa_verify_der(const uint8_t *pub, const void *of,
				 size_t of_len, struct slice der)
{
	operations++;
	return __real_ecdsa_verify_der(pub, of, of_len, der);
}

/* ---- the case ---- */

static int write_case(void)
{
	static struct pki_keys keys;
	static struct pki pki;
	static uint8_t text[QUOTE_CAP];
	struct pki_spec spec = { .created_s = NOW,
				 .issued_s = NOW - 60,
				 .valid_s = 86400,
				 .tcb_status = TCB_UP_TO_DATE };
	struct sim_td td = { .td_attributes = SIM_TD_ATTRIBUTES,
			     .xfam = SIM_XFAM };
	uint8_t reportdata[REPORTDATA_LEN] = { 0 };
	struct wr w = wr_over(text, sizeof text);
	struct rng rng;

	rng_seeded(&rng, str_slice("bench"));
	must(pki_generate(rng_prng(&rng), &keys), "keys");
	must(pki_issue(&keys, &spec, &pki), "pki");
	must(simquote(&keys, &pki, &td, reportdata, &w), "quote");
	printf("%d %zu %zu %zu\n", NOW, w.len, pki.collateral.len,
	       pki.root.len);
	fwrite(text, 1, w.len, stdout);
	fwrite(pki.collateral.ptr, 1, pki.collateral.len, stdout);
	fwrite(pki.root.ptr, 1, pki.root.len, stdout);
	return fflush(stdout) != 0 ? 5 : 0;
}

static struct slice take(size_t n, size_t cap)
{
	uint8_t *p = malloc(n + 1);

	if (p == NULL || n > cap || fread(p, 1, n, stdin) != n)
		die("case", "of another length than it says");
	return (struct slice){ p, n };
}

static void read_case(void)
{
	size_t quote_len, bundle_len, root_len;
	char line[128];
	long long when;

	if (fgets(line, sizeof line, stdin) == NULL ||
	    sscanf(line, "%lld %zu %zu %zu", &when, &quote_len, &bundle_len,
		   &root_len) != 4)
		die("case", "does not begin with four numbers");
	now_s = when;
	quote = take(quote_len, QUOTE_CAP);
	bundle = take(bundle_len, COLLATERAL_MAX_BYTES);
	root = take(root_len, ROOT_CAP);
	trust_roots_init(&roots);
	if (root.len > 0)
		must(trust_roots_add_insecure(&roots, root), "root");
}

static void load_collateral(void)
{
	struct arena a = arena_over(mem, COLLATERAL_ARENA_BYTES);
	const char *what = "";

	must(collateral_parse(&a, bundle, &collateral, &what), what);
	collateral_authenticate(&collateral);
}

/* One that the quote fits: it is the cost that counts here. */
static void make_policy(void)
{
	struct policy_set set = { .has_rtmr = { true, true, true, true } };
	const char *what = "";
	struct quote q;

	must(quote_parse(quote, &q, &what), what);
	policy_init(&policy);
	memcpy(set.mrtd, q.body.mrtd, sizeof set.mrtd);
	memcpy(set.rtmr, q.body.rtmr, sizeof set.rtmr);
	must(policy_add(&policy, &set), "policy");
	policy.xfam[0] = q.body.xfam;
	policy.n_xfam = 1;
	memcpy(policy.mr_config_id, q.body.mr_config_id, SHA384_LEN);
	memcpy(policy.mr_owner, q.body.mr_owner, SHA384_LEN);
	memcpy(policy.mr_owner_config, q.body.mr_owner_config, SHA384_LEN);
}

static void setup(void)
{
	struct rng rng;

	mem = malloc(COLLATERAL_ARENA_BYTES);
	if (mem == NULL)
		die("memory", err_text(ERR_SPACE));
	read_case();
	load_collateral();
	make_policy();
	rng_seeded(&rng, str_slice("bench"));
	must(p256_generate(rng_prng(&rng), &key), "key");
	sha256(quote, digest);
	must(p256_sign(&key, &br_sha256_vtable, digest, sig), "sign");
}

/* ---- what is timed ---- */

static void judge(struct chain_cache *c)
{
	struct verifier v = { .mode = VERIFY_FULL,
			      .roots = &roots,
			      .collateral = &collateral,
			      .policy = &policy,
			      .cache = c };

	verify_quote(&v, quote, now_s, &verdict);
	if (verdict.reason != REASON_OK)
		die(reason_code(verdict.reason), verdict.detail);
}

static void one_p256(void)
{
	must(ecdsa_verify(key.pub, digest, sizeof digest, sig), "p256");
}

static void cached_chain(void)
{
	judge(&cache);
}

static void cached_collateral(void)
{
	judge(NULL);
}

static void cold(void)
{
	load_collateral();
	judge(NULL);
}

static struct {
	const char *name;
	void (*run)(void);
	unsigned operations;
	double us[RUNS];
} timed[] = {
	{ .name = "p256", .run = one_p256 },
	{ .name = "cached_chain", .run = cached_chain },
	{ .name = "cached_collateral", .run = cached_collateral },
	{ .name = "cold", .run = cold },
};

enum {
	NTIMED = (int)(sizeof timed / sizeof timed[0])
};

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

/* All of them in turn, so that a busy moment hits all alike. */
static void measure(void)
{
	for (int t = 0; t < NTIMED; t++) {
		timed[t].run(); /* fills the cache */
		operations = 0;
		timed[t].run();
		timed[t].operations = operations;
	}
	for (int i = 0; i < RUNS * NTIMED; i++) {
		double start = now_us();

		timed[i % NTIMED].run();
		timed[i % NTIMED].us[i / NTIMED] = now_us() - start;
	}
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "case") == 0)
		return write_case();
	if (argc != 1) {
		fputs("usage: verify_bench case | verify_bench < CASE\n",
		      stderr);
		return 2;
	}
	setup();
	measure();
	for (int t = 0; t < NTIMED; t++) {
		qsort(timed[t].us, RUNS, sizeof timed[t].us[0], by_size);
		printf("%s\"%s_us\":%.1f,\"%s_operations\":%u",
		       t == 0 ? "{" : ",", timed[t].name, timed[t].us[RUNS / 2],
		       timed[t].name, timed[t].operations);
	}
	puts("}");
	return 0;
}
