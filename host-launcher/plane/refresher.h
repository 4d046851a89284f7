/* refresher.h - the process that fetches collateral for a server: another one,
 * so that neither a slow network nor what it sends is in the way of an answer.
 * It is this program again ('ee-cp collateral refresh'), and leaves what it got
 * in the store. */
#ifndef HOST_PLANE_REFRESHER_H
#define HOST_PLANE_REFRESHER_H

#include <sys/types.h>

#include "host-launcher/plane/verbs.h"

enum {
	REFRESHER_MOST_MS = 30 * 60 * 1000, /* then it is killed */
	REFRESHER_REST_MS = 10 * 1000,      /* from an end to the next start, */
	REFRESHER_REST_DOUBLINGS = 8, /* and up to 2^8 times as long after those
					 that did nothing for what was due */
};

/* Zero it to begin. Times are monotonic milliseconds. */
struct refresher {
	pid_t pid; /* 0: none runs */
	int64_t started_ms, ended_ms;
	unsigned fruitless; /* processes in a row, for the server to count */
};

/* May one be started now? */
bool refresher_idle(const struct refresher *r, int64_t now_ms);

/* Starts it with the server's own options. ERR_IO. */
MUST_CHECK enum err refresher_start(struct refresher *r,
				    const struct plane_opts *o, int64_t now_ms);

/* Has it ended since the last call? *status receives its exit status, or 128
 * and the signal's number. */
bool refresher_ended(struct refresher *r, int64_t now_ms, int *status);

/* Ends it, at once. */
void refresher_stop(struct refresher *r);
#endif
