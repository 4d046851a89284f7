/* explain_log.h - an event log made into what explain.h compares with. */
#ifndef MEASURE_LIB_EXPLAIN_LOG_H
#define MEASURE_LIB_EXPLAIN_LOG_H

#include "measure/lib/eventlog.h"
#include "measure/lib/explain.h"

enum {
	EXPLAIN_LOG_TEXT = 160
};

/* The extended events of a log, by register. Large: on the heap. */
struct explain_log {
	size_t n[RTMR_COUNT];
	bool full[RTMR_COUNT]; /* there are more than EXPLAIN_LIST_IN */
	bool covers[RTMR_COUNT];
	struct explain_event event[RTMR_COUNT][EXPLAIN_LIST_IN];
	char text[RTMR_COUNT][EXPLAIN_LIST_IN][EXPLAIN_LOG_TEXT];
};

/* Reads all events of a log that eventlog_open opened. The texts come from the
 * log, which is untrusted, as printable ASCII. A register that is full is not
 * covered and has no events. *why is a static sentence, on failure only.
 * Errors: eventlog_next's, except ERR_MISSING; ERR_UNSUPP no SHA-384. */
MUST_CHECK enum err explain_read_log(struct eventlog *reader,
				     struct explain_log *out, const char **why);

/* Points the log's part of *in at l. */
void explain_set_log(const struct explain_log *l, struct explain_in *in);
#endif
