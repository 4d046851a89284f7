/* errand.h - a short piece of work in a process of its own, which may block:
 * this program again, with other arguments. It reads one text and writes one,
 * which is why it failed when it did;
 * the server's loop goes on meanwhile. */
#ifndef HOST_PLANE_ERRAND_H
#define HOST_PLANE_ERRAND_H

#include <poll.h>
#include <stdbool.h>
#include <sys/types.h>

#include "lib/bytes.h"

enum {
	ERRAND_MAX_INPUT = 48 * 1024 /* what a pipe holds, with room to spare */
};

/* Zeroed: none is under way. */
struct errand {
	bool on;
	pid_t pid;
	int out; /* its standard output */
	bool eof, overflow;
	uint8_t *buf; /* what it wrote, the caller's */
	size_t cap, len;
	int64_t deadline_ms; /* then it is killed */
};

/* Starts it: argv as execve has it, ending with NULL. What it writes goes into
 * buf, and past cap it has failed. ERR_STATE: one is under way; ERR_LIMIT: the
 * input; ERR_IO. */
MUST_CHECK enum err errand_start(struct errand *e, const char *const *argv,
				 struct slice input, uint8_t *buf, size_t cap,
				 int64_t deadline_ms);

/* What to wait for: fills *pfd when there is a file (and returns 1), lowers
 * *deadline_ms. */
size_t errand_poll(const struct errand *e, struct pollfd *pfd, int64_t now_ms,
		   int64_t *deadline_ms);

/* Reads what there is. True when it is over: *status is its exit status, or -1
 * when it was killed, crashed or wrote too much. */
bool errand_step(struct errand *e, int64_t now_ms, int *status);

/* What it has written, until the next start. */
struct slice errand_output(const struct errand *e);

/* Kills it, if there is one. */
void errand_stop(struct errand *e);
#endif
