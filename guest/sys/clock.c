#include "sys/clock.h"

#include <time.h>

/* 9999-12-31T23:59:59.999Z, the last time that RFC 3339 can write. */
static const int64_t last_ms = 253402300799999;

static enum err real_get(int64_t *unix_ms)
{
	struct timespec t;

	if (clock_gettime(CLOCK_REALTIME, &t) != 0)
		return ERR_IO;
	*unix_ms = (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
	return ERR_OK;
}

static enum err real_put(int64_t unix_ms)
{
	struct timespec t = { .tv_sec = unix_ms / 1000,
			      .tv_nsec = unix_ms % 1000 * 1000000 };

	return clock_settime(CLOCK_REALTIME, &t) == 0 ? ERR_OK : ERR_IO;
}

void clock_guard_init(struct clock_guard *c, uint64_t epoch_s)
{
	*c = (struct clock_guard){ .epoch_s = epoch_s,
				   .get = real_get,
				   .put = real_put };
}

enum err clock_floor(struct clock_guard *c)
{
	int64_t now, floor = (int64_t)c->epoch_s * 1000;
	enum err e = c->get(&now);

	if (e != ERR_OK || now >= floor)
		return e;
	return c->put(floor);
}

enum err clock_set_once(struct clock_guard *c, int64_t unix_ms)
{
	enum err e;

	if (c->set)
		return ERR_STATE;
	if (unix_ms < (int64_t)c->epoch_s * 1000 || unix_ms > last_ms)
		return ERR_VALUE;
	e = c->put(unix_ms);
	if (e == ERR_OK)
		c->set = true;
	return e;
}
