/* eventlog_text.h - what an event is about, for people. The bytes come from an
 * untrusted log: whatever they hold, the text is printable ASCII. */
#ifndef MEASURE_LIB_EVENTLOG_TEXT_H
#define MEASURE_LIB_EVENTLOG_TEXT_H

#include "measure/lib/eventlog.h"

enum {
	LOG_TEXT_MAX = 1024 /* with the NUL */
};

/* The variable's name and value, the device path or file, the partitions, the
 * command or the string, as the type of the event says; where it says nothing,
 * text that is found in the data, or hex. Characters that are not printable
 * ASCII become \xNN or \uNNNN; what is too long is cut and ends in "...". */
void eventlog_describe(const struct log_event *ev,
		       char out[static LOG_TEXT_MAX]);

/* ---- for the eventlog_*.c files: text that is cut where its space ends */

struct log_text {
	char *buf;
	size_t len;
	bool cut;
};

void lt_char(struct log_text *t, unsigned c); /* a UTF-16 unit or a byte */
void lt_str(struct log_text *t, const char *s);
void lt_fmt(struct log_text *t, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void lt_bytes(struct log_text *t, struct slice ascii);
void lt_utf16(struct log_text *t, struct slice units); /* up to a NUL */
void lt_hex(struct log_text *t, struct slice bytes);
void lt_guid(struct log_text *t, struct slice guid); /* 16 bytes */

/* A device path, in the text form of UEFI 2.10, section 10.6. */
void lt_device_path(struct log_text *t, struct slice path);
#endif
