/* qmp.h - as much of QEMU's machine protocol as a supervisor needs: send a
 * command, and understand the lines that come back. Source: QEMU, "QMP
 * Specification" and "QMP Reference Manual". */
#ifndef HOST_VM_QMP_H
#define HOST_VM_QMP_H

#include "lib/bytes.h"

enum {
	QMP_LINE_MAX = 16 * 1024,
	QMP_ARENA = 256 * 1024
};

enum qmp_event {
	QMP_OTHER,    /* answers and events that change nothing here */
	QMP_GREETING, /* ready for qmp_capabilities */
	QMP_STOPPED,  /* the machine does not run: ask query-status */
	QMP_BROKEN,   /* query-status: internal-error, so KVM gave up */
};

/* The commands, with their line break. */
#define QMP_CAPABILITIES "{\"execute\":\"qmp_capabilities\"}\n"
#define QMP_QUERY_STATUS "{\"execute\":\"query-status\"}\n"
#define QMP_QUIT         "{\"execute\":\"quit\"}\n"

/* One line, without its line break. mem (QMP_ARENA bytes) is scratch.
 * Errors: json_parse's; ERR_VALUE when it is no object. */
MUST_CHECK enum err qmp_line(struct slice line, void *mem, enum qmp_event *out);

/* A connection to QEMU. */
struct qmp {
	int fd; /* -1: none */
	size_t len;
	uint8_t in[QMP_LINE_MAX], mem[QMP_ARENA];
};

/* Connects. ERR_AGAIN: QEMU does not listen yet; ERR_IO, ERR_LIMIT. */
MUST_CHECK enum err qmp_open(struct qmp *q, const char *path);
void qmp_close(struct qmp *q);
void qmp_send(struct qmp *q, const char *command);

/* Reads once and takes out the next event, if a line is complete. ERR_AGAIN:
 * none now. A connection that fails is closed: ERR_CLOSED. */
MUST_CHECK enum err qmp_next(struct qmp *q, enum qmp_event *out);
#endif
