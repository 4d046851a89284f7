/* The simulated TDX module: framing of the serial protocol and its registers.
 * Expected register values are computed with openssl's SHA-384:
 *   (head -c48 /dev/zero; printf 'A%.0s' {1..48}) | openssl dgst -sha384 */
#include <errno.h>

#include "host-launcher/vm/simtd.h"
#include "lib/rng.h"
#include "lib/text.h"
#include "tests/tap.h"

static struct pki_keys keys;
static struct pki pki;
static struct sim_td td;
static uint8_t out_mem[4 * SIM_RESPONSE_MAX];

static const char extended_hex[] =
	"9a70d5e7b10abbace82af71f56c945b8281d234c7f65038cab6857538056099f60bb98"
	"34b92d7daff32b522604558829";

/* A request's bytes. */
static struct slice request(uint8_t *mem, uint8_t version, uint8_t op,
			    struct slice body)
{
	struct wr w = wr_over(mem, 256);

	wr_str(&w, SIM_MAGIC);
	wr_u8(&w, version);
	wr_u8(&w, op);
	wr_u16le(&w, (uint16_t)body.len);
	wr_bytes(&w, body);
	return wr_slice(&w);
}

/* Feeds all of it; the responses are in out. */
static enum err feed(struct simtd *s, struct slice in, struct wr *out)
{
	enum err e = ERR_OK;

	while (in.len > 0 && e != ERR_AGAIN) {
		e = simtd_input(s, &in, out);
		if (e != ERR_OK && e != ERR_AGAIN)
			return e;
	}
	return e;
}

/* The status of the one response in w, or -1 when that is not what it is. */
static int status(const struct wr *w, size_t body_len)
{
	struct rd r = rd_over(wr_slice(w));
	struct slice magic = rd_take(&r, 4);
	uint8_t version = rd_u8(&r), code = rd_u8(&r);
	uint16_t len = rd_u16le(&r);

	(void)rd_take(&r, len);
	if (rd_end(&r) != ERR_OK || !slice_is(magic, SIM_MAGIC) ||
	    version != SIM_VERSION || len != body_len)
		return -1;
	return code;
}

static const uint8_t body_a[1 + SHA384_LEN] = { 3,
#define A8 'A', 'A', 'A', 'A', 'A', 'A', 'A', 'A'
						A8, A8, A8, A8, A8, A8 };

static void test_extend_and_read(void)
{
	uint8_t mem[256], want[SHA384_LEN];
	struct wr out = wr_over(out_mem, sizeof out_mem);
	struct simtd s;
	uint8_t reg = 3;

	simtd_init(&s, &keys, &pki, &td);
	is_err(feed(&s,
		    request(mem, 1, SIM_OP_EXTEND,
			    (struct slice){ body_a, sizeof body_a }),
		    &out),
	       ERR_OK, "extend of register 3");
	ok(status(&out, 0) == 0, "is done");
	out.len = 0;
	is_err(feed(&s, request(mem, 1, SIM_OP_READ, (struct slice){ &reg, 1 }),
		    &out),
	       ERR_OK, "read of register 3");
	ok(status(&out, SHA384_LEN) == 0, "is answered");
	ok(hex_decode(str_slice(extended_hex), want, sizeof want) == ERR_OK &&
		   memcmp(out_mem + SIM_HEADER_LEN, want, sizeof want) == 0,
	   "with openssl's value");
}

static void test_quote(void)
{
	static const uint8_t data[REPORTDATA_LEN] = { 1, 2, 3 };
	uint8_t mem[256];
	struct wr out = wr_over(out_mem, sizeof out_mem);
	struct simtd s;
	struct slice in = request(mem, 1, SIM_OP_QUOTE,
				  (struct slice){ data, sizeof data });

	simtd_init(&s, &keys, &pki, &td);
	for (size_t n = 0; n < in.len; n++) {
		struct slice part = at_page_end(in.ptr, n);

		simtd_init(&s, &keys, &pki, &td);
		is_err(n == 0 ? ERR_AGAIN : simtd_input(&s, &part, &out),
		       ERR_AGAIN, "%zu bytes of a request wait", n);
		ok(out.len == 0 && part.len == 0, "without an answer");
	}
	simtd_init(&s, &keys, &pki, &td);
	for (size_t n = 0; n < in.len; n++) {
		struct slice one = { in.ptr + n, 1 };
		enum err e = simtd_input(&s, &one, &out);

		if (n + 1 < in.len && e != ERR_AGAIN)
			ok(false, "byte %zu alone", n);
	}
	ok(out.len > 4000 && status(&out, out.len - SIM_HEADER_LEN) == 0,
	   "one byte at a time makes a quote too");
	ok(memcmp(out_mem + SIM_HEADER_LEN + 48 + 520, data, sizeof data) == 0,
	   "REPORTDATA is at its place");
	ok(s.quotes == 1 && s.skipped == 0 && s.refused == 0, "counted");
}

static void test_refusals(void)
{
	static const uint8_t zeros[REPORTDATA_LEN + 1];
	static const struct {
		const char *what;
		uint8_t version, op, first;
		size_t len;
		int want;
	} rows[] = {
		{ "another version", 2, SIM_OP_QUOTE, 0, 64, EPROTO },
		{ "version 0", 0, SIM_OP_QUOTE, 0, 64, EPROTO },
		{ "operation 0", 1, 0, 0, 0, ENOSYS },
		{ "operation 4", 1, 4, 0, 64, ENOSYS },
		{ "a short quote request", 1, SIM_OP_QUOTE, 0, 63, EINVAL },
		{ "a long quote request", 1, SIM_OP_QUOTE, 0, 65, EINVAL },
		{ "an empty quote request", 1, SIM_OP_QUOTE, 0, 0, EINVAL },
		{ "a short extend", 1, SIM_OP_EXTEND, 3, 48, EINVAL },
		{ "a long extend", 1, SIM_OP_EXTEND, 3, 50, EINVAL },
		{ "an extend of MRTD's RTMR0", 1, SIM_OP_EXTEND, 0, 49, EPERM },
		{ "an extend of RTMR1", 1, SIM_OP_EXTEND, 1, 49, EPERM },
		{ "an extend of register 4", 1, SIM_OP_EXTEND, 4, 49, EPERM },
		{ "a read of register 4", 1, SIM_OP_READ, 4, 1, EINVAL },
		{ "an empty read", 1, SIM_OP_READ, 0, 0, EINVAL },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t mem[256], body[REPORTDATA_LEN + 1];
		struct wr out = wr_over(out_mem, sizeof out_mem);
		struct simtd s;

		memcpy(body, zeros, sizeof body);
		body[0] = rows[i].first;
		simtd_init(&s, &keys, &pki, &td);
		(void)feed(&s,
			   request(mem, rows[i].version, rows[i].op,
				   (struct slice){ body, rows[i].len }),
			   &out);
		ok(status(&out, 0) == rows[i].want, "%s: errno %d",
		   rows[i].what, rows[i].want);
		ok(memcmp(&s.td, &td, sizeof td) == 0 && s.refused == 1,
		   "and no register changes");
	}
}

/* Firmware's terminal output before, between and in half-made magics. */
static void test_noise(void)
{
	static const char *const noise[] = {
		"\x1b[2J\x1b[01;01H",
		"E",
		"EE",
		"EEE",
		"EES",
		"EESE",
		"EESEE",
		"EESS",
		"EXSM",
		"\xff\xff\xff\xff",
		"",
	};
	uint8_t reg = 0;

	for (size_t i = 0; i < sizeof noise / sizeof noise[0]; i++) {
		uint8_t mem[256];
		struct wr out = wr_over(out_mem, sizeof out_mem);
		struct slice r =
			request(mem, 1, SIM_OP_READ, (struct slice){ &reg, 1 });
		struct simtd s;

		simtd_init(&s, &keys, &pki, &td);
		(void)feed(&s, str_slice(noise[i]), &out);
		ok(out.len == 0, "noise %zu is not answered", i);
		(void)feed(&s, r, &out);
		ok(status(&out, SHA384_LEN) == 0, "the request after it is");
		ok(s.skipped == strlen(noise[i]), "all of it is counted");
		(void)feed(&s, str_slice(noise[i]), &out);
		out.len = 0;
		(void)feed(&s, r, &out);
		ok(status(&out, SHA384_LEN) == 0, "and so is a second one");
	}
}

static void test_space(void)
{
	static const uint8_t data[REPORTDATA_LEN];
	uint8_t mem[256], small[64];
	struct wr out = wr_over(small, sizeof small);
	struct slice in = request(mem, 1, SIM_OP_QUOTE,
				  (struct slice){ data, sizeof data });
	struct simtd s;

	simtd_init(&s, &keys, &pki, &td);
	is_err(simtd_input(&s, &in, &out), ERR_SPACE, "no room for a quote");
}

int main(void)
{
	struct pki_spec spec = { .created_s = 1700000000,
				 .issued_s = 1700000000,
				 .valid_s = 86400 };
	struct rng rng;

	rng_seeded(&rng, str_slice("test_simtd"));
	memset(&td, 0x11, sizeof td);
	memset(td.rtmr[3], 0, SHA384_LEN);
	is_err(pki_generate(rng_prng(&rng), &keys), ERR_OK, "keys");
	is_err(pki_issue(&keys, &spec, &pki), ERR_OK, "a PKI");
	test_extend_and_read();
	test_quote();
	test_refusals();
	test_noise();
	test_space();
	return tap_done();
}
