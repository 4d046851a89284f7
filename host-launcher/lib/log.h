/* log.h - one line an event on standard error, for the daemons of the host:
 * time, event and key=value fields. A value with anything else than visible
 * ASCII, or with a quote or a backslash, is quoted and escaped, so that nothing
 * a peer sends can start a line of its own. Secrets are never given to it. */
#ifndef HOST_LIB_LOG_H
#define HOST_LIB_LOG_H

#include <stdint.h>

struct log_field {
	const char *key;
	const char *text; /* NULL: number is the value */
	int64_t number;
};

#define LOG_TEXT(k, v)   ((struct log_field){ (k), (v) != NULL ? (v) : "", 0 })
#define LOG_NUMBER(k, v) ((struct log_field){ (k), NULL, (int64_t)(v) })

/* log_event("started", LOG_TEXT("name", name), LOG_NUMBER("pid", pid)); */
#define log_event(event, ...)                                                  \
	log_fields((event), (struct log_field[]){ __VA_ARGS__, { 0 } })

/* fields end with a NULL key. Lines longer than 2 KiB are cut. */
void log_fields(const char *event, const struct log_field *fields);

/* Unix milliseconds now: the clock of log lines and of records. */
int64_t wall_ms(void);
#endif
