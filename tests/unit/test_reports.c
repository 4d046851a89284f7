/* The chain of signed reports: sequence, link to the one before, and what a
 * report says of the agent that signed it. */
#include "agent/reports.h"
#include "lib/rng.h"
#include "lib/text.h"
#include "tests/tap.h"

static struct rng rng;
static struct p256_key key;
static struct binding binding;
static struct report_origin from;
static struct job_record job;
static uint8_t mem[256 * 1024];
static uint8_t file[3][LIMIT_REPORT_BYTES];

static void set_up(void)
{
	rng_seeded(&rng, str_slice("test_reports"));
	if (p256_generate(rng_prng(&rng), &key) != ERR_OK)
		_exit(99);
	memcpy(binding.report_pub, key.pub, P256_PUB_LEN);
	memcpy(binding.tls_pub, key.pub, P256_PUB_LEN);
	strcpy(binding.role, "register");
	strcpy(binding.vm_name, "vm-1");
	from = (struct report_origin){
		.agent_id = "agent-1",
		.vm_name = "vm-1",
		.provider = "tsm_sim",
		.time_source = "control-plane",
		.time_bound_ms = 45,
		.simulated = true,
		.binding = &binding,
		.quote = str_slice("a quote"),
		.key = &key,
	};
	job.state = JOB_RUNNING;
	strcpy(job.job_id, "job-1");
	strcpy(job.job_type, "market_making");
	strcpy(job.campaign_id, "c-1");
	strcpy(job.exchange, "paper");
	strcpy(job.pair, "XRP/ETH");
	memset(job.inputs_sha384, 0x11, SHA384_LEN);
	memset(job.snapshot.outputs_sha384, 0x22, SHA384_LEN);
	job.snapshot.from_ms = 1767323045000;
	job.snapshot.to_ms = 1767323046000;
	memcpy(job.metrics, "{\"trades\":1}", 12);
	job.snapshot.metrics = (struct slice){ job.metrics, 12 };
}

/* The text of a member of the report, or of an object in it. */
static bool says(const struct report *r, const char *key_name, const char *want)
{
	struct slice s;

	return json_str(r->body, key_name, &s) == ERR_OK && slice_is(s, want);
}

static int64_t sequence_of(const struct report *r)
{
	int64_t n = -1;

	return json_int(r->body, "sequence", 0, INT32_MAX, &n) == ERR_OK ? n
									 : -1;
}

static struct slice sign(struct reports *chain, size_t i)
{
	struct wr w = wr_over(file[i], sizeof(file[i]));

	is_err(reports_sign(chain, &from, &job, &w), ERR_OK, "signed");
	return wr_slice(&w);
}

static void test_chain(void)
{
	static const char zeros[] =
		"00000000000000000000000000000000000000000000000000000000"
		"0000000000000000000000000000000000000000";
	struct reports chain = { 0 };
	char last[2 * SHA384_LEN + 1];
	const char *what = "";
	struct report r;

	memcpy(last, zeros, sizeof(last));
	for (size_t i = 0; i < 3; i++) {
		struct arena a = arena_over(mem, sizeof(mem));
		struct slice raw, f;
		uint8_t digest[SHA384_LEN];

		job.state = i == 2 ? JOB_STOPPED : JOB_STOPPING;
		f = sign(&chain, i);
		is_err(report_read(&a, f, &r, &what), ERR_OK,
		       "report %zu is well formed and signed (%s)", i + 1,
		       what);
		ok(sequence_of(&r) == (int64_t)i + 1, "its sequence is next");
		ok(says(&r, "previous_sha384", last),
		   "it names the one before");
		ok(says(&r, "status", i == 2 ? "stopped" : "running"),
		   "and the job's state");
		is_err(json_raw(f, "report", &raw), ERR_OK, "its bytes");
		sha384(raw, digest);
		hex_encode((struct slice){ digest, SHA384_LEN }, last);
	}
	ok(says(&r, "agent_id", "agent-1") && says(&r, "campaign_id", "c-1") &&
		   says(&r, "exchange", "paper") &&
		   says(&r, "job_id", "job-1") &&
		   says(&r, "job_type", "market_making") &&
		   says(&r, "pair", "XRP/ETH") && says(&r, "vm_name", "vm-1"),
	   "the names are those of the job and the agent");
	ok(r.simulated, "a simulated one says so");
	ok(slice_is(r.quote_b64, "YSBxdW90ZQ=="),
	   "and it carries the registration's quote");
}

static void test_no_room(void)
{
	struct reports chain = { .sequence = 4 };
	uint8_t small[64];
	struct wr w = wr_over(small, sizeof(small));

	chain.previous_sha384[0] = 9;
	ok(reports_sign(&chain, &from, &job, &w) != ERR_OK,
	   "a report that does not fit is not signed");
	ok(chain.sequence == 4 && chain.previous_sha384[0] == 9,
	   "and leaves no gap in the chain");
}

static void test_largest(void)
{
	static uint8_t quote[LIMIT_QUOTE_BYTES];
	struct reports chain = { 0 };
	struct wr m = wr_over(job.metrics, sizeof(job.metrics));

	wr_str(&m, "{\"a\":\"");
	while (m.len < LIMIT_JOB_METRICS - 2)
		wr_u8(&m, 'x');
	wr_str(&m, "\"}");
	job.snapshot.metrics = wr_slice(&m);
	from.quote = (struct slice){ quote, sizeof(quote) };
	ok(m.len == LIMIT_JOB_METRICS && sign(&chain, 0).len > 0,
	   "the largest metrics and quote fit a report");
}

int main(void)
{
	set_up();
	test_chain();
	test_no_room();
	test_largest();
	return tap_done();
}
