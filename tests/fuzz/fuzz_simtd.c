/* What a guest may write to its second serial port, in two parts: the answers
 * are the same as in one, every answer is a frame, and registers 0 and 1 never
 * change. */
#include <stdlib.h>
#include <string.h>

#include "host-launcher/vm/simtd.h"
#include "lib/rng.h"

enum {
	OUT_CAP = 256 * 1024
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct pki_keys keys;
static struct pki pki;
static const struct sim_td td = { .td_attributes = SIM_TD_ATTRIBUTES };

static void set_up(void)
{
	static const struct pki_spec spec = { .created_s = 1700000000,
					      .issued_s = 1700000000,
					      .valid_s = 86400 };
	static bool done;
	struct rng rng;

	if (done)
		return;
	rng_seeded(&rng, str_slice("fuzz_simtd"));
	if (pki_generate(rng_prng(&rng), &keys) != ERR_OK ||
	    pki_issue(&keys, &spec, &pki) != ERR_OK)
		abort();
	done = true;
}

static void feed(struct simtd *s, struct slice in, struct wr *out)
{
	enum err e = ERR_OK;

	while (in.len > 0 && e == ERR_OK)
		e = simtd_input(s, &in, out);
	if (e != ERR_OK && e != ERR_AGAIN && e != ERR_SPACE)
		abort();
	if (e == ERR_AGAIN && in.len != 0)
		abort();
}

/* Frames from the first to the last byte. */
static void check_frames(struct slice out)
{
	struct rd r = rd_over(out);

	while (r.left > 0) {
		if (!slice_is(rd_take(&r, 4), SIM_MAGIC) ||
		    rd_u8(&r) != SIM_VERSION)
			abort();
		(void)rd_u8(&r);
		(void)rd_take(&r, rd_u16le(&r));
		if (r.err != ERR_OK)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint8_t one[OUT_CAP], two[OUT_CAP];
	struct wr a = wr_over(one, sizeof one), b = wr_over(two, sizeof two);
	struct simtd s, t;
	size_t cut;

	/* Quotes are 4 KiB each: more input than this does not fit. */
	if (len == 0 || len > 2048)
		return 0;
	set_up();
	cut = data[0] % len;
	simtd_init(&s, &keys, &pki, &td);
	simtd_init(&t, &keys, &pki, &td);
	feed(&s, (struct slice){ data, len }, &a);
	feed(&t, (struct slice){ data, cut }, &b);
	feed(&t, (struct slice){ data + cut, len - cut }, &b);
	if (!slice_eq(wr_slice(&a), wr_slice(&b)))
		abort();
	check_frames(wr_slice(&a));
	if (memcmp(s.td.rtmr, td.rtmr, 2 * SHA384_LEN) != 0 ||
	    memcmp(s.td.rtmr, t.td.rtmr, sizeof s.td.rtmr) != 0)
		abort();
	return 0;
}
