/* papervenue.h - the paper exchange as a test's venue: over TLS, in a process
 * of its own, with its books in memory that the test shares, misbehaving as it
 * is told. One account (key "key", secret "sec") holds XRP and ETH. */
#ifndef TESTS_PEERS_PAPERVENUE_H
#define TESTS_PEERS_PAPERVENUE_H

#include <sys/types.h>

#include "host-launcher/paper/paper.h"
#include "lib/limit.h"

enum venue_mode {
	WELL,
	LOSE,    /* every second order is taken, and its answer lost */
	SICK,    /* 503, nothing done */
	LIMITED, /* 429, "Retry-After: 1" */
	GARBAGE, /* 200, and something that is not the answer */
	MANUAL,  /* the account's owner trades by hand as well */
	EMPTY    /* a book without bids */
};

struct papervenue {
	struct paper paper;
	volatile enum venue_mode mode;
	volatile int64_t clock_offset_ms;
	volatile unsigned requests;

	/* where it is, and whom to trust */
	pid_t pid;
	char dir[64], url[64];
	char ca[LIMIT_PEM_BYTES], other_ca[LIMIT_PEM_BYTES];
};

/* Starts it; ends the test ("Bail out!") when it cannot. */
struct papervenue *papervenue_start(void);
void papervenue_stop(struct papervenue *v);

/* "Bail out! what" and the end of the test. */
void papervenue_bail(const char *what) __attribute__((noreturn));
#endif
