/* Fuzz target: event logs. Whatever a log holds, its events lie within it, what
 * they say is printable, and reading it again gives the same registers. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "measure/lib/eventlog_text.h"
#include "tests/unit/measure_make.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct eventlog reader;

static void must(bool good)
{
	if (!good)
		abort();
}

/* A slice lies in the log, or in what the reader holds of a JSON row. */
static void must_lie_in(struct slice s, struct slice log)
{
	uintptr_t p = (uintptr_t)s.ptr, in = (uintptr_t)log.ptr;
	uintptr_t row = (uintptr_t)reader.row;

	if (s.len == 0)
		return;
	must((p >= in && p - in <= log.len && s.len <= log.len - (p - in)) ||
	     (p >= row && p - row <= sizeof reader.row &&
	      s.len <= sizeof reader.row - (p - row)));
}

static void look_at(const struct log_event *ev, struct slice log, size_t index)
{
	char text[LOG_TEXT_MAX];

	must(ev->index == index && ev->offset < log.len);
	must(!ev->extended || (ev->rtmr < RTMR_COUNT && ev->sha384 != NULL &&
			       ev->type != LOG_EV_NO_ACTION));
	must(ev->digest.len > 0 && ev->digest.len <= LOG_MAX_DIGEST);
	must_lie_in(ev->data, log);
	must_lie_in(ev->name, log);
	must_lie_in(ev->digest, log);
	eventlog_describe(ev, text);
	must(memchr(text, '\0', sizeof text) != NULL);
	for (const char *p = text; *p != '\0'; p++)
		must(*p >= ' ' && *p <= '~');
	(void)eventlog_check(ev);
}

/* The registers by hand. */
static enum err walk(struct slice log, uint8_t rtmr[RTMR_COUNT][SHA384_LEN],
		     size_t *n)
{
	const char *why = NULL;
	struct log_event ev;
	enum err e = eventlog_open(log, LOG_AUTO, &reader, &why);

	*n = 0;
	if (e != ERR_OK) {
		must(why != NULL);
		return e;
	}
	while ((e = eventlog_next(&reader, &ev, &why)) == ERR_OK) {
		look_at(&ev, log, (*n)++);
		if (ev.extended)
			rtmr_extend(rtmr[ev.rtmr], ev.sha384);
	}
	must(e == ERR_MISSING || why != NULL);
	must(eventlog_next(&reader, &ev, &why) == e);
	return e;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t rtmr[RTMR_COUNT][SHA384_LEN] = { { 0 } };
	struct slice log = heap_copy(data, len);
	struct log_replay r;
	const char *why = NULL;
	size_t n, at;
	enum err walked = walk(log, rtmr, &n);
	enum err e = eventlog_replay(log, LOG_AUTO, &reader, &r, &at, &why);

	if (e == ERR_OK)
		must(walked == ERR_MISSING && r.events == n &&
		     memcmp(r.rtmr, rtmr, sizeof rtmr) == 0);
	else
		must(why != NULL && at <= len);
	heap_free(log);
	return 0;
}
