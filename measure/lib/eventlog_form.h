/* eventlog_form.h - what the eventlog*.c files share: one reader for each form
 * of a log. */
#ifndef MEASURE_LIB_EVENTLOG_FORM_H
#define MEASURE_LIB_EVENTLOG_FORM_H

#include "measure/lib/eventlog.h"

/* Reads the next record of one form. The caller has set index and offset of
 * *ev, everything else is zero, and there are bytes left. Errors are those of
 * eventlog_next; ERR_MISSING, at the end, without *why. */
typedef enum err log_next_fn(struct eventlog *l, struct log_event *ev,
			     const char **why);

log_next_fn log_next_tcg, log_next_cel, log_next_dstack;

/* Checks that all of l->in is one JSON array and goes to its first row. */
MUST_CHECK enum err log_open_dstack(struct eventlog *l, const char **why);

/* True for what a CEL begins with. */
bool log_is_cel(struct slice in);

/* Which RTMR a register number means. False: there is no such register. */
bool log_rtmr_of_cc(uint32_t number, unsigned *rtmr);
bool log_rtmr_of_pcr(uint32_t number, unsigned *rtmr);

/* What dstack extends for an event at run time, from its type, its name and its
 * data: version 1 hashes the three, version 2 a JSON object of them. */
void log_dstack_digest(const struct log_event *ev, unsigned version,
		       uint8_t out[static SHA384_LEN]);

/* Says why and returns e. */
static inline enum err log_bad(const char **why, enum err e, const char *text)
{
	*why = text;
	return e;
}
#endif
