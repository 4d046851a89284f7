/* explain_log: events of a log, register by register. */
#include "measure/lib/explain_log.h"
#include "tests/tap.h"

enum {
	HEAD = 32 + 16 + 17,
	RECORD = 4 + 4 + 4 + 2 + 48 + 4 + 4,
	MAX_EVENTS = 400
};

static uint8_t bytes[HEAD + MAX_EVENTS * RECORD + 64];
static struct wr w;
static struct eventlog reader;
static struct explain_log seen;

/* The head of a CCEL: TCG PC Client Platform Firmware Profile 1.06, 10.4.5. */
static void start(void)
{
	w = wr_over(bytes, sizeof bytes);
	wr_u32le(&w, 1);
	wr_u32le(&w, 3);
	wr_zero(&w, 20);
	wr_u32le(&w, 33);
	wr_bytes(&w, (struct slice){ (const uint8_t *)"Spec ID Event03", 16 });
	wr_u32le(&w, 0);
	wr_u8(&w, 0);
	wr_u8(&w, 2);
	wr_u8(&w, 0);
	wr_u8(&w, 2);
	wr_u32le(&w, 1);
	wr_u16le(&w, LOG_ALG_SHA384);
	wr_u16le(&w, SHA384_LEN);
	wr_u8(&w, 0);
}

static void event(unsigned cc, uint32_t type, uint8_t fill)
{
	wr_u32le(&w, cc);
	wr_u32le(&w, type);
	wr_u32le(&w, 1);
	wr_u16le(&w, LOG_ALG_SHA384);
	for (size_t i = 0; i < SHA384_LEN; i++)
		wr_u8(&w, fill);
	wr_u32le(&w, 4);
	wr_str(&w, "a\x01\xff!");
}

static enum err read_it(const char **why)
{
	enum err e = eventlog_open(wr_slice(&w), LOG_CCEL, &reader, why);

	return e != ERR_OK ? e : explain_read_log(&reader, &seen, why);
}

static void test_registers(void)
{
	struct explain_in in = { 0 };
	const char *why = "";

	start();
	event(1, 4, 0x10);
	event(2, 0x80000007, 0x20);
	event(1, 3, 0x30); /* EV_NO_ACTION */
	event(1, 0x0d, 0x40);
	event(0, 0x0d, 0x50); /* MRTD, which nothing extends */
	is_err(read_it(&why), ERR_OK, "a log %s", why);
	ok(seen.n[0] == 2 && seen.n[1] == 1 && seen.n[2] == 0 && seen.n[3] == 0,
	   "what is extended, by register");
	ok(seen.event[0][0].type == 4 && seen.event[0][1].type == 0x0d &&
		   seen.event[0][1].digest[47] == 0x40 &&
		   seen.event[0][1].known,
	   "in order, with type and digest");
	for (const char *c = seen.event[1][0].what; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			ok(false, "a character that is not printable");
	ok(seen.event[1][0].what[0] != '\0', "and a printable text");
	ok(seen.covers[0] && seen.covers[1] && seen.covers[2] &&
		   !seen.covers[3],
	   "a firmware's log says nothing of RTMR3");
	explain_set_log(&seen, &in);
	ok(in.nlog[0] == 2 && in.log[0] == seen.event[0] && in.log_covers[2] &&
		   !in.log_covers[3],
	   "and so it is handed on");
	start();
	event(4, 0x0d, 0x10);
	is_err(read_it(&why), ERR_OK, "a log with RTMR3");
	ok(seen.covers[3] && seen.n[3] == 1 && seen.n[0] == 0,
	   "covers it; nothing stays of the log before");
}

static void test_full(void)
{
	const char *why = "";

	start();
	for (size_t i = 0; i < EXPLAIN_LIST_IN; i++)
		event(1, 0x0d, (uint8_t)i);
	event(2, 0x0d, 1);
	is_err(read_it(&why), ERR_OK, "as many events as fit");
	ok(!seen.full[0] && seen.covers[0] && seen.n[0] == EXPLAIN_LIST_IN,
	   "are all there");
	event(1, 0x0d, 1);
	event(1, 0x0d, 2);
	is_err(read_it(&why), ERR_OK, "two more");
	ok(seen.full[0] && !seen.covers[0] && seen.n[0] == 0 &&
		   seen.covers[1] && seen.n[1] == 1,
	   "that register is not compared, the others are");
}

static void test_damaged(void)
{
	const char *why = "";
	size_t len;

	start();
	event(1, 4, 0x10);
	event(2, 4, 0x20);
	len = w.len;
	for (w.len = HEAD + RECORD + 1; w.len < len; w.len++)
		if (read_it(&why) == ERR_OK)
			ok(false, "a log cut at %zu is read", w.len);
	ok(w.len == len, "no log that is cut is read");
}

int main(void)
{
	test_registers();
	test_full();
	test_damaged();
	return tap_done();
}
