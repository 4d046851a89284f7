/* clock.h - the wall clock. The host sets it at boot, so it is not believed: it
 * is never before the build epoch, and it is set once more, from the control
 * plane's signed-for time, after which nothing moves it. */
#ifndef GUEST_SYS_CLOCK_H
#define GUEST_SYS_CLOCK_H

#include "lib/bytes.h"

struct clock_guard {
	uint64_t epoch_s; /* Unix seconds: the date of the newest source */
	bool set;         /* by clock_set_once */
	/* CLOCK_REALTIME, except in tests. ERR_IO. */
	enum err (*get)(int64_t *unix_ms);
	enum err (*put)(int64_t unix_ms);
};

void clock_guard_init(struct clock_guard *c, uint64_t epoch_s);

/* Moves the clock forward to the epoch when it is before it. ERR_IO. */
MUST_CHECK enum err clock_floor(struct clock_guard *c);

/* Sets the clock. ERR_STATE: it was set before; ERR_VALUE: before the epoch or
 * after the year 9999; ERR_IO. A refused value does not spend the one time. */
MUST_CHECK enum err clock_set_once(struct clock_guard *c, int64_t unix_ms);
#endif
