/* explain_log.c - the events of a log, register by register. */
#include "measure/lib/explain_log.h"

#include <stdio.h>
#include <string.h>

#include "measure/lib/eventlog_text.h"

static void add_event(struct explain_log *l, const struct log_event *ev)
{
	char text[LOG_TEXT_MAX];
	struct explain_event *to;
	size_t n;

	if (!ev->extended || ev->rtmr >= RTMR_COUNT)
		return;
	n = l->n[ev->rtmr];
	l->full[ev->rtmr] = n == EXPLAIN_LIST_IN;
	if (l->full[ev->rtmr])
		return;
	eventlog_describe(ev, text);
	snprintf(l->text[ev->rtmr][n], EXPLAIN_LOG_TEXT, "%.*s",
		 EXPLAIN_LOG_TEXT - 1, text);
	to = &l->event[ev->rtmr][n];
	to->type = ev->type;
	to->known = true;
	to->what = l->text[ev->rtmr][n];
	memcpy(to->digest, ev->sha384, SHA384_LEN);
	l->n[ev->rtmr]++;
}

/* The kernel keeps no log of what the guest extends into RTMR3, so a firmware's
 * log that has nothing there says nothing of it. */
static bool covers(const struct explain_log *l, enum log_format format,
		   unsigned rtmr)
{
	return !l->full[rtmr] && eventlog_covers(format, rtmr) &&
	       (rtmr < 3 || format == LOG_DSTACK || l->n[rtmr] > 0);
}

enum err explain_read_log(struct eventlog *reader, struct explain_log *out,
			  const char **why)
{
	enum log_format format = reader->form.format;
	struct log_event ev;
	enum err e;

	memset(out, 0, sizeof *out);
	while ((e = eventlog_next(reader, &ev, why)) == ERR_OK)
		add_event(out, &ev);
	if (e != ERR_MISSING)
		return e;
	if (format == LOG_TCG1) {
		*why = "the log has no SHA-384 digests";
		return ERR_UNSUPP;
	}
	for (unsigned r = 0; r < RTMR_COUNT; r++) {
		out->covers[r] = covers(out, format, r);
		if (out->full[r])
			out->n[r] = 0;
	}
	return ERR_OK;
}

void explain_set_log(const struct explain_log *l, struct explain_in *in)
{
	for (size_t r = 0; r < RTMR_COUNT; r++) {
		in->log[r] = l->event[r];
		in->nlog[r] = l->n[r];
		in->log_covers[r] = l->covers[r];
	}
}
