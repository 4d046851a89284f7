/* lib/report.h: the writer must make byte for byte the report that Python made
 * (tests/vectors/make_report.py), and the reader must refuse every change to
 * it, saying what is wrong. */
#include "lib/report.h"

#include <stdlib.h>

#include "lib/text.h"
#include "tests/tap.h"

static uint8_t memory[1 << 18];
static char golden[8192], made[8192], body[8192];
static size_t golden_len;
static struct p256_key key;

static enum err read_report(struct slice in, struct report *r,
			    const char **what)
{
	struct arena a = arena_over(memory, sizeof memory);

	*what = "?";
	return report_read(&a, in, r, what);
}

static void load(void)
{
	FILE *f = fopen("tests/vectors/report.json", "rb");
	const uint8_t priv[P256_PRIV_LEN] = { [31] = 7 };

	ok(f != NULL, "vector found (run from the top folder)");
	if (f == NULL)
		exit(1);
	golden_len = fread(golden, 1, sizeof golden, f);
	fclose(f);
	is_err(p256_from_private(priv, &key), ERR_OK, "its key");
}

static struct binding sample_binding(void)
{
	struct binding b = { .role = ROLE_REGISTER, .vm_name = "vm-1" };

	for (uint8_t i = 0; i < NONCE_LEN; i++)
		b.nonce[i] = i;
	memset(b.tls_pub, 1, sizeof b.tls_pub);
	b.tls_pub[0] = 4;
	memcpy(b.report_pub, key.pub, sizeof b.report_pub);
	memset(b.seal_pub, 3, sizeof b.seal_pub);
	memset(b.config_sha384, 0x44, sizeof b.config_sha384);
	return b;
}

static struct report_fields sample(const struct binding *b)
{
	struct report_fields f = {
		.agent_id = "6ba7b810-9dad-41d1-80b4-00c04fd430c8",
		.campaign_id = "campaign-7",
		.exchange = "paper",
		.job_id = "job-1",
		.job_type = "market_making",
		.pair = "BTC/USDT",
		.status = "stopped",
		.vm_name = "vm-1",
		.time_source = "control-plane",
		.provider = "tdx_guest",
		.sequence = 12,
		.time_bound_ms = 250,
		.from_ms = 1767323045678,
		.to_ms = 1767326645678,
		.simulated = true,
		.metrics = str_slice("{\"note\":\"caf\xc3\xa9 \\\"x\\\"\","
				     "\"pnl_quote\":\"-0.25\",\"trades\":3}"),
		.binding = b,
		.quote = str_slice("not a quote, but bytes"),
	};

	memset(f.inputs_sha384, 0xa1, SHA384_LEN);
	memset(f.outputs_sha384, 0xb2, SHA384_LEN);
	return f;
}

static void test_write(void)
{
	struct binding b = sample_binding();
	struct report_fields f = sample(&b);
	struct wr w = wr_over(made, sizeof made);
	uint8_t digest[SHA384_LEN];
	char text[2 * SHA384_LEN + 1];
	size_t wrong = 0;

	is_err(report_write(&f, &key, &w, digest), ERR_OK, "written");
	ok(slice_eq(wr_slice(&w),
		    (struct slice){ (uint8_t *)golden, golden_len }),
	   "byte for byte what Python wrote");
	hex_encode((struct slice){ digest, sizeof digest }, text);
	golden[golden_len] = '\0';
	ok(strstr(golden, text) != NULL, "with this digest");
	for (size_t n = 0; n < golden_len; n += 7) {
		w = wr_over(made, n);
		wrong += report_write(&f, &key, &w, digest) != ERR_SPACE;
	}
	ok(wrong == 0, "smaller buffers are ERR_SPACE");
}

#define REFUSED(what, ...)                                                     \
	do {                                                                   \
		struct report_fields f = sample(&b);                           \
		struct wr w = wr_over(made, sizeof made);                      \
		__VA_ARGS__;                                                   \
		is_err(report_write(&f, &key, &w, digest), ERR_VALUE,          \
		       "not written: %s", what);                               \
	} while (0)

static void test_fields(void)
{
	struct binding b = sample_binding();
	uint8_t digest[SHA384_LEN];

	REFUSED("agent_id", f.agent_id = "");
	REFUSED("campaign_id", f.campaign_id = "a b");
	REFUSED("exchange", f.exchange = "");
	REFUSED("job_id", f.job_id = "");
	REFUSED("job_type", f.job_type = "");
	REFUSED("pair", f.pair = "");
	REFUSED("status", f.status = "done");
	REFUSED("vm_name", f.vm_name = "");
	REFUSED("time source", f.time_source = "");
	REFUSED("provider", f.provider = "");
	REFUSED("sequence 0", f.sequence = 0);
	REFUSED("sequence 2^53", f.sequence = 1ULL << 53);
	REFUSED("time bound", f.time_bound_ms = 1ULL << 53);
	REFUSED("window before 1970", f.from_ms = -1);
	REFUSED("window backwards", f.from_ms = f.to_ms + 1);
	REFUSED("no quote", f.quote.len = 0);
}

/* What is just allowed is written and read. */
static void test_edges(void)
{
	struct binding b = sample_binding();
	struct report_fields f = sample(&b);
	struct wr w = wr_over(made, sizeof made);
	uint8_t digest[SHA384_LEN];
	struct report r;
	const char *what;

	f.sequence = 1;
	f.time_bound_ms = (1ULL << 53) - 1;
	f.from_ms = f.to_ms = 0;
	is_err(report_write(&f, &key, &w, digest), ERR_OK, "least sequence");
	is_err(read_report(wr_slice(&w), &r, &what), ERR_OK, "read");
	w = wr_over(made, sizeof made);
	f.sequence = (1ULL << 53) - 1;
	f.time_bound_ms = 0;
	is_err(report_write(&f, &key, &w, digest), ERR_OK, "greatest one");
	is_err(read_report(wr_slice(&w), &r, &what), ERR_OK, "read");
	w = wr_over(made, sizeof made);
	is_err(report_write(&f, &(const struct p256_key){ .priv = { 0 } }, &w,
			    digest),
	       ERR_VALUE, "no key");
}

/* Too little memory is said to be that, wherever it runs out. */
static void test_memory(void)
{
	struct slice in = { (uint8_t *)golden, golden_len };
	struct report r;
	const char *what;
	size_t wrong = 0, n = 0;
	enum err e = ERR_SPACE;

	for (; n < sizeof memory && e == ERR_SPACE; n += 16) {
		struct arena a = arena_over(memory, n);

		e = report_read(&a, in, &r, &what);
		wrong += e != ERR_SPACE && e != ERR_OK;
	}
	ok(wrong == 0 && e == ERR_OK && n > 4096, "%zu bytes are enough", n);
}

static void test_read(void)
{
	struct slice in = at_page_end(golden, golden_len);
	struct report r;
	const char *what;
	uint8_t digest[SHA384_LEN];

	is_err(read_report(in, &r, &what), ERR_OK, "Python's report is read");
	ok(*what == '\0', "nothing is wrong");
	ok(r.raw.ptr == in.ptr + 10 && r.raw.ptr[r.raw.len - 1] == '}',
	   "its raw bytes");
	sha384(r.raw, digest);
	ok(memcmp(digest, r.sha384, sizeof digest) == 0, "their digest");
	ok(r.simulated, "simulated");
	ok(slice_is(r.quote_b64, "bm90IGEgcXVvdGUsIGJ1dCBieXRlcw=="), "quote");
	ok(memcmp(r.binding.report_pub, key.pub, P256_PUB_LEN) == 0 &&
		   strcmp(r.binding.vm_name, "vm-1") == 0,
	   "binding");
	ok(json_has(r.body, "metrics"), "body");
}

static bool is_hexdigit(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* Every character that could be a digit of something, changed into others. */
static void test_tampering(void)
{
	const char *report = strstr(golden, "\"report\":") + 9;
	const char *sum = strstr(golden, "},\"sha384\":\"") + 12;
	const char *sig = strstr(golden, "\"signature\":\"") + 13;
	size_t changes = 0, taken = 0, wrong = 0, prefixes = 0;
	struct report r;
	const char *what;

	for (char *p = golden; p < golden + golden_len; p++) {
		const char *want = p >= sig     ? "signature"
				   : p >= sum   ? "sha384"
				   : p > report ? "sha384"
						: "";
		char was = *p;

		for (const char *c = "0123456789abcdefZ/\"} "; *c; c++) {
			enum err e;

			if (*c == was)
				continue;
			*p = *c;
			e = read_report(
				(struct slice){ (uint8_t *)golden, golden_len },
				&r, &what);
			changes++;
			taken += e == ERR_OK;
			/* A digit for a digit keeps the form, but for numbers
			 * with a zero in front. */
			if (is_hexdigit(was) && is_hexdigit(*c) &&
			    *what != '\0')
				wrong += strcmp(what, want) != 0;
		}
		*p = was;
	}
	ok(taken == 0, "none of %zu changed characters is taken", changes);
	ok(wrong == 0, "and each is blamed on the right thing");
	for (size_t n = 0; n < golden_len; n++)
		prefixes += read_report((struct slice){ (uint8_t *)golden, n },
					&r, &what) == ERR_OK;
	ok(prefixes == 0, "every prefix refused");
	golden[golden_len] = '\n';
	is_err(read_report((struct slice){ (uint8_t *)golden, golden_len + 1 },
			   &r, &what),
	       ERR_VALUE, "a line end after it is another file");
	ok(*what == '\0', "the file itself");
	golden[golden_len] = '\0';
}

/* ---- reports that are signed, and wrong all the same ---- */

/* The golden file with the first `from` replaced by `to`, digest and signature
 * made anew when `sign` is set. */
static struct slice edited(const char *from, const char *to, bool sign)
{
	const char *start = strstr(golden, "\"report\":") + 9;
	const char *end = strstr(golden, ",\"sha384\":\"");
	const char *at = strstr(golden, from);
	struct wr w = wr_over(body, sizeof body);
	uint8_t digest[SHA384_LEN], sig[P256_SIG_LEN] = { 0 };

	if (at == NULL) {
		ok(0, "edit %s does not apply", from);
		return str_slice("");
	}
	if (!sign) {
		wr_fmt(&w, "%.*s%s%s", (int)(at - golden), golden, to,
		       at + strlen(from));
		return wr_slice(&w);
	}
	wr_fmt(&w, "%.*s%s%.*s", (int)(at - start), start, to,
	       (int)(end - at - (long)strlen(from)), at + strlen(from));
	sha384(wr_slice(&w), digest);
	is_err(p256_sign(&key, &br_sha384_vtable, digest, sig), ERR_OK, "sign");
	struct wr m = wr_over(made, sizeof made);

	wr_fmt(&m, "{\"report\":%.*s,\"sha384\":\"", (int)w.len, body);
	wr_hex(&m, (struct slice){ digest, sizeof digest });
	wr_str(&m, "\",\"signature\":\"");
	wr_b64(&m, (struct slice){ sig, sizeof sig });
	wr_str(&m, "\"}");
	return wr_slice(&m);
}

static const struct {
	const char *from, *to;
	enum err want;
	const char *what;
} signed_edits[] = {
	{ "vm-1\"},\"prov", "vm-1\"},\"prov", ERR_OK, "" },
	{ "\"version\":1", "\"version\":2", ERR_VALUE, "report.version" },
	{ "\"version\":1", "\"version\":\"1\"", ERR_VALUE, "report.version" },
	{ ",\"version\":1", "", ERR_MISSING, "report.version" },
	{ "\"agent_id\":\"6", "\"agent_id\":\" ", ERR_VALUE,
	  "report.agent_id" },
	{ "\"campaign_id\":\"campaign-7\",", "", ERR_MISSING,
	  "report.campaign_id" },
	{ ",\"config_sha384\":\"44", ",\"config_sha384\":\"4", ERR_VALUE,
	  "report.config_sha384" },
	{ "\"inputs_sha384\":\"a1", "\"inputs_sha384\":\"A1", ERR_VALUE,
	  "report.inputs_sha384" },
	{ "\"outputs_sha384\":\"b2", "\"outputs_sha384\":\"b2b2", ERR_VALUE,
	  "report.outputs_sha384" },
	{ "\"previous_sha384\":\"00", "\"previous_sha384\":\"0g", ERR_VALUE,
	  "report.previous_sha384" },
	{ "\"exchange\":\"paper\"", "\"exchange\":null", ERR_VALUE,
	  "report.exchange" },
	{ "\"job_id\":\"job-1\"", "\"job_id\":\"\"", ERR_VALUE,
	  "report.job_id" },
	{ "\"job_type\":\"market_making\"", "\"job_type\":1", ERR_VALUE,
	  "report.job_type" },
	{ "\"metrics\":{", "\"metrics\":[],\"metrics2\":{", ERR_VALUE,
	  "report.metrics" },
	{ "\"pair\":\"BTC/USDT\",", "", ERR_MISSING, "report.pair" },
	{ "\"sequence\":12", "\"sequence\":0", ERR_VALUE, "report.sequence" },
	{ "\"sequence\":12", "\"sequence\":-1", ERR_VALUE, "report.sequence" },
	{ "\"sequence\":12", "\"sequence\":\"12\"", ERR_VALUE,
	  "report.sequence" },
	{ "\"simulated\":true", "\"simulated\":1", ERR_VALUE,
	  "report.simulated" },
	{ "\"status\":\"stopped\"", "\"status\":\"done\"", ERR_VALUE,
	  "report.status" },
	{ "\"time\":{\"bound_ms\":250,", "\"time\":{", ERR_MISSING,
	  "report.time.bound_ms" },
	{ "\"bound_ms\":250", "\"bound_ms\":-1", ERR_VALUE,
	  "report.time.bound_ms" },
	{ "\"source\":\"control-plane\"}", "\"source\":\"\"}", ERR_VALUE,
	  "report.time.source" },
	{ "\"source\":\"control-plane\"}",
	  "\"source\":\"control-plane\",\"x\":1}", ERR_UNKNOWN, "report.time" },
	{ "\"from\":\"2026-01-02T03:04:05.678Z\"",
	  "\"from\":\"2026-01-02T03:04:05Z\"", ERR_VALUE,
	  "report.window.from" },
	{ "\"to\":\"2026-01-02T04:04:05.678Z\"",
	  "\"to\":\"2026-02-30T04:04:05.678Z\"", ERR_VALUE,
	  "report.window.to" },
	{ "\"to\":\"2026-01-02T04:04:05.678Z\"}",
	  "\"to\":\"2026-01-02T04:04:05.678Z\",\"x\":1}", ERR_UNKNOWN,
	  "report.window" },
	{ "\"window\":{", "\"window\":1,\"x\":{", ERR_VALUE, "report.window" },
	{ "\"vm_name\":\"vm-1\",\"window\"", "\"vm_name\":\" \",\"window\"",
	  ERR_VALUE, "report.vm_name" },
	{ "\"vm_name\":\"vm-1\",\"window\"",
	  "\"vm_name\":\"vm-1\",\"w\":1,\"window\"", ERR_UNKNOWN, "report" },
	{ "\"provider\":\"tdx_guest\"", "\"provider\":\"\"", ERR_VALUE,
	  "report.attestation.provider" },
	{ "\"quote\":\"bm90", "\"quote\":\"bm9", ERR_VALUE,
	  "report.attestation.quote" },
	{ "\"quote\":\"bm90IGEgcXVvdGUsIGJ1dCBieXRlcw==\"", "\"quote\":\"\"",
	  ERR_VALUE, "report.attestation.quote" },
	{ "\"provider\":\"tdx_guest\"", "\"provider\":\"tdx_guest\",\"q\":1",
	  ERR_UNKNOWN, "report.attestation" },
	{ "\"role\":\"register\"", "\"role\":\"\"", ERR_VALUE,
	  "report.attestation.binding" },
	{ "\"binding\":{", "\"binding\":1,\"c\":{", ERR_VALUE,
	  "report.attestation.binding" },
	{ "\"attestation\":{", "\"attestation\":1,\"b\":{", ERR_VALUE,
	  "report.attestation" },
	/* The form: signed, but not the canonical spelling. */
	{ "\"sequence\":12", "\"sequence\": 12", ERR_VALUE, "" },
	{ "\"sequence\":12", "\"sequence\":12.0", ERR_VALUE, "" },
	{ "\"sequence\":12", "\"sequence\":12,\"sequence\":13", ERR_DUPLICATE,
	  "" },
	{ "\"exchange\":\"paper\"", "\"exchange\":\"p\\u0061per\"", ERR_VALUE,
	  "" },
	{ "{\"agent_id\"", "{\"z\":1,\"agent_id\"", ERR_VALUE, "" },
};

static void test_signed(void)
{
	struct report r;
	const char *what;

	for (size_t i = 0; i < sizeof signed_edits / sizeof *signed_edits;
	     i++) {
		struct slice in =
			edited(signed_edits[i].from, signed_edits[i].to, true);

		is_err(read_report(in, &r, &what), signed_edits[i].want,
		       "signed with %s", signed_edits[i].to);
		if (!ok(strcmp(what, signed_edits[i].what) == 0, "says '%s'",
			signed_edits[i].what))
			printf("#   said '%s'\n", what);
	}
}

static const struct {
	const char *from, *to;
	enum err want;
	const char *what;
} file_edits[] = {
	{ "},\"sha384\":\"", "},\"sha384\":\"0", ERR_VALUE, "sha384" },
	{ "\"signature\":\"", "\"signature\":\"AAAA", ERR_VALUE, "signature" },
	{ "\"signature\":\"", "\"signature\":5,\"z\":\"", ERR_UNKNOWN, "" },
	{ "{\"report\":", "{\"a\":0,\"report\":", ERR_UNKNOWN, "" },
	{ "{\"report\":", "[{\"report\":", ERR_VALUE, "" },
	{ "{\"report\":{", "{\"report\":5,\"sha384\":\"\"}{", ERR_EXTRA, "" },
};

static void test_file(void)
{
	static char big[LIMIT_REPORT_BYTES + 1];
	struct arena a = arena_over(memory, 1000);
	struct slice in = { (uint8_t *)golden, golden_len };
	struct report r;
	const char *what;
	char *cut;

	for (size_t i = 0; i < sizeof file_edits / sizeof *file_edits; i++) {
		is_err(read_report(edited(file_edits[i].from, file_edits[i].to,
					  false),
				   &r, &what),
		       file_edits[i].want, "file with %s", file_edits[i].to);
		ok(strcmp(what, file_edits[i].what) == 0, "says '%s'", what);
	}
	is_err(read_report(str_slice("{}"), &r, &what), ERR_MISSING, "empty");
	ok(strcmp(what, "report") == 0, "no report");
	is_err(read_report(str_slice("{\"report\":{}}"), &r, &what),
	       ERR_MISSING, "no digest");
	ok(strcmp(what, "sha384") == 0, "says so");
	memset(big, ' ', sizeof big);
	is_err(read_report((struct slice){ (uint8_t *)big, sizeof big }, &r,
			   &what),
	       ERR_LIMIT, "too long");
	is_err(report_read(&a, in, &r, &what), ERR_SPACE, "too little memory");
	cut = strstr(golden, ",\"signature\"");
	is_err(read_report(edited(cut, "}", false), &r, &what), ERR_MISSING,
	       "no signature");
	ok(strcmp(what, "signature") == 0, "says so");
}

/* Signed by a key that is not the one in its binding. */
static void test_other_key(void)
{
	struct binding b = sample_binding();
	struct report_fields f = sample(&b);
	const uint8_t priv[P256_PRIV_LEN] = { [31] = 8 };
	struct wr w = wr_over(made, sizeof made);
	uint8_t digest[SHA384_LEN];
	struct p256_key other;
	struct report r;
	const char *what;

	is_err(p256_from_private(priv, &other), ERR_OK, "another key");
	is_err(report_write(&f, &other, &w, digest), ERR_OK, "signs");
	is_err(read_report(wr_slice(&w), &r, &what), ERR_SIGNATURE, "refused");
	ok(strcmp(what, "signature") == 0, "for its signature");
}

int main(void)
{
	load();
	test_write();
	test_fields();
	test_edges();
	test_memory();
	test_read();
	test_tampering();
	test_signed();
	test_file();
	test_other_key();
	return tap_done();
}
