/* The whole way of a report: written as a guest writes it, with the quote of a
 * platform made for tests, read, judged and held against its quote. With a
 * folder as its argument the program leaves the files there, and more that must
 * be refused, for tests/integration/measure.py to run ee-measure on. */
#include "lib/limit.h"
#include "lib/report.h"
#include "measure/lib/report_check.h"
#include "measure/lib/verify.h"
#include "tests/peers/fakequote.h"
#include "tests/reference_make.h"
#include "tests/tap.h"

#include <stdlib.h>

static struct p256_key report_key, other_key;

/* The platform, and what a verifier believes of it. */
static struct fake fake;
static struct trust_roots roots;
static struct collateral collateral;
static struct policy policy;

struct file {
	uint8_t bytes[LIMIT_REPORT_BYTES];
	size_t len;
	uint8_t sha384[SHA384_LEN];
};

static const char config[] = "{\"venues\":[]}";
static struct file first, second;
static uint8_t mem[1 << 20];

static struct binding binding(void)
{
	struct binding b = { .role = ROLE_REGISTER, .vm_name = "vm-1" };

	memset(b.nonce, 1, sizeof b.nonce);
	memcpy(b.tls_pub, other_key.pub, sizeof b.tls_pub);
	memcpy(b.report_pub, report_key.pub, sizeof b.report_pub);
	memset(b.seal_pub, 3, sizeof b.seal_pub);
	sha384(str_slice(config), b.config_sha384);
	return b;
}

/* The fake platform's TD has booted, extended its configuration and asked for
 * a quote over the binding. */
static void make_quote(const struct binding *b)
{
	fake_init(&fake);
	memset(fake.body.rtmr[3], 0, SHA384_LEN);
	rtmr_extend(fake.body.rtmr[3], b->config_sha384);
	reportdata(b, fake.body.reportdata);
	fake_build(&fake);
}

static struct slice text_of(const char *p, size_t n)
{
	return (struct slice){ (const uint8_t *)p, n };
}

/* Believes the fake's root, collateral and image. */
static void believe(void)
{
	static uint8_t store[COLLATERAL_ARENA_BYTES];
	struct policy_set set = { .platform = "fake",
				  .has_rtmr = { true, true, true, false } };
	struct arena a = arena_over(store, sizeof store);
	const char *what = "";

	trust_roots_init(&roots);
	is_err(trust_roots_add_insecure(
		       &roots, text_of(fake.root_pem, fake.root_pem_len)),
	       ERR_OK, "the root");
	is_err(collateral_parse(&a, text_of(fake.bundle, fake.bundle_len),
				&collateral, &what),
	       ERR_OK, "the collateral");
	collateral_authenticate(&collateral);
	policy_init(&policy);
	memcpy(set.mrtd, fake.body.mrtd, sizeof set.mrtd);
	memcpy(set.rtmr, fake.body.rtmr, sizeof set.rtmr);
	is_err(policy_add(&policy, &set), ERR_OK, "the image");
}

static void write_report(struct file *f, uint64_t sequence,
			 const uint8_t previous[static SHA384_LEN],
			 const struct binding *b, const struct p256_key *key,
			 int64_t to_ms)
{
	struct report_fields r = {
		.agent_id = "agent-1",
		.campaign_id = "campaign-1",
		.exchange = "paper",
		.job_id = "job-1",
		.job_type = "market_making",
		.pair = "XRP/ETH",
		.status = "stopped",
		.vm_name = b->vm_name,
		.time_source = "control-plane",
		.provider = "tsm_sim",
		.sequence = sequence,
		.time_bound_ms = 1000,
		.from_ms = FAKE_NOW * 1000,
		.to_ms = to_ms,
		.simulated = true,
		.metrics = str_slice("{\"pnl\":\"1.25\",\"trades\":\"7\"}"),
		.binding = b,
		.quote = { fake.quote, fake.quote_len },
	};
	struct wr w = wr_over(f->bytes, sizeof f->bytes);

	memcpy(r.previous_sha384, previous, SHA384_LEN);
	is_err(report_write(&r, key, &w, f->sha384), ERR_OK,
	       "report %d is written", (int)sequence);
	f->len = wr_slice(&w).len;
}

static enum err read_back(const uint8_t *p, size_t n, struct report *r,
			  const char **what)
{
	struct arena a = arena_over(mem, sizeof mem);

	return report_read(&a, (struct slice){ p, n }, r, what);
}

static bool check(const struct file *f, struct report_finding *finding)
{
	static uint8_t q[LIMIT_QUOTE_BYTES];
	struct wr w = wr_over(q, sizeof q);
	const char *what = "";
	struct verifier verifier = { .roots = &roots,
				     .collateral = &collateral,
				     .policy = &policy };
	struct report r;
	struct verdict v;

	is_err(read_back(f->bytes, f->len, &r, &what), ERR_OK, "read");
	is_err(report_quote(&r, &w), ERR_OK, "its quote");
	verify_quote(&verifier, wr_slice(&w), FAKE_NOW, &v);
	return report_check(&r, &v, finding);
}

static void test_good(void)
{
	static const uint8_t zeros[SHA384_LEN];
	const struct binding b = binding();
	struct report_finding f;

	make_quote(&b);
	write_report(&first, 1, zeros, &b, &report_key, FAKE_NOW * 1000 + 5);
	write_report(&second, 2, first.sha384, &b, &report_key,
		     FAKE_NOW * 1000 + 9);
	believe();
	ok(check(&first, &f), "the first holds");
	ok(check(&second, &f), "the second holds");
}

/* Every digit of the file, changed by one. */
static void test_digits(void)
{
	static struct file f;
	struct report_finding finding;
	size_t taken = 0, digits = 0, verdicts = 0;

	f = first;
	for (size_t i = 0; i < f.len; i++) {
		const char *what = "";
		struct report r;
		enum err e;

		if (f.bytes[i] < '0' || f.bytes[i] > '9')
			continue;
		f.bytes[i] ^= 1;
		e = read_back(f.bytes, f.len, &r, &what);
		taken += e == ERR_OK;
		verdicts += report_refused(e, what, &finding);
		f.bytes[i] ^= 1;
		digits++;
	}
	ok(digits > 1000 && taken == 0,
	   "a report with one of its %zu digits changed is refused", digits);
	ok(verdicts > digits / 2, "mostly by its digest or signature");
}

/* Somebody signs with a key of his own, which no quote binds. */
static void test_foreign_key(void)
{
	static const uint8_t zeros[SHA384_LEN];
	static struct file f;
	struct binding b = binding();
	struct report_finding finding;

	memcpy(b.report_pub, other_key.pub, sizeof b.report_pub);
	write_report(&f, 1, zeros, &b, &other_key, FAKE_NOW * 1000 + 5);
	ok(!check(&f, &finding), "a key of his own is refused");
	ok(strcmp(finding.what, "reportdata") == 0 &&
		   finding.reason == REASON_REPORTDATA,
	   "since the quote does not bind it (%s)", finding.what);
}

/* ---- files for the command line */

static void save(const char *dir, const char *name, const void *p, size_t n)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "wb");
	if (f == NULL || fwrite(p, 1, n, f) != n || fclose(f) != 0)
		_exit(97);
}

static void save_reference(const char *dir, const char *name, bool mine)
{
	static uint8_t text[8192];
	static struct reference r;
	uint8_t mrtd[SHA384_LEN];
	struct wr w = wr_over(text, sizeof text);

	memcpy(mrtd, fake.body.mrtd, sizeof mrtd);
	mrtd[0] = (uint8_t)(mrtd[0] ^ !mine);
	make_reference(&r, mrtd, fake.body.rtmr);
	if (reference_write(&r, &w) != ERR_OK)
		_exit(97);
	save(dir, name, text, w.len);
}

static void save_all(const char *dir)
{
	static const uint8_t zeros[SHA384_LEN];
	struct binding b = binding();
	static struct file f;

	save(dir, "collateral.json", fake.bundle, fake.bundle_len);
	save(dir, "root.pem", fake.root_pem, fake.root_pem_len);
	save(dir, "config.json", config, strlen(config));
	save_reference(dir, "measurements.json", true);
	save_reference(dir, "other.json", false);
	save(dir, "first.json", first.bytes, first.len);
	save(dir, "second.json", second.bytes, second.len);
	write_report(&f, 2, zeros, &b, &report_key, FAKE_NOW * 1000 + 5);
	save(dir, "no-previous.json", f.bytes, f.len);
	memcpy(b.report_pub, other_key.pub, sizeof b.report_pub);
	write_report(&f, 1, zeros, &b, &other_key, FAKE_NOW * 1000 + 5);
	save(dir, "foreign-key.json", f.bytes, f.len);
	b = binding();
	strcpy(b.role, ROLE_ATTEST);
	make_quote(&b);
	write_report(&f, 1, zeros, &b, &report_key, FAKE_NOW * 1000 + 5);
	save(dir, "role.json", f.bytes, f.len);
	b = binding();
	make_quote(&b);
	b.config_sha384[0] ^= 1;
	reportdata(&b, fake.body.reportdata);
	fake_build(&fake);
	write_report(&f, 1, zeros, &b, &report_key, FAKE_NOW * 1000 + 5);
	save(dir, "rtmr3.json", f.bytes, f.len);
}

int main(int argc, char **argv)
{
	static const uint8_t one[P256_PRIV_LEN] = { [31] = 21 };
	static const uint8_t two[P256_PRIV_LEN] = { [31] = 22 };

	is_err(p256_from_private(one, &report_key), ERR_OK, "a report key");
	is_err(p256_from_private(two, &other_key), ERR_OK, "another key");
	test_good();
	test_digits();
	test_foreign_key();
	if (argc > 1)
		save_all(argv[1]);
	return tap_done();
}
