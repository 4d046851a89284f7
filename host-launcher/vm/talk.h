/* talk.h - a conversation in lines with a local server: QEMU's two sockets.
 * Everything has a deadline (mono_ms). */
#ifndef HOST_VM_TALK_H
#define HOST_VM_TALK_H

#include "lib/bytes.h"

enum {
	TALK_LINE_MAX = 128 * 1024
};

struct talk {
	int fd; /* -1: none */
	size_t len, used;
	uint8_t in[TALK_LINE_MAX];
};

/* Waits for somebody to listen at the Unix socket. ERR_TIMEOUT, ERR_IO. */
MUST_CHECK enum err talk_open(struct talk *t, const char *path,
			      int64_t deadline_ms);
void talk_close(struct talk *t);

/* ERR_TIMEOUT, ERR_CLOSED, ERR_IO. */
MUST_CHECK enum err talk_send(struct talk *t, struct slice text,
			      int64_t deadline_ms);

/* The next line without its line break, valid until the next call. ERR_LIMIT
 * also: the line is longer than TALK_LINE_MAX. */
MUST_CHECK enum err talk_line(struct talk *t, struct slice *line,
			      int64_t deadline_ms);
#endif
