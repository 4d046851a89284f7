/* When collateral is fetched again: within its bounds for every number drawn,
 * later with each failure, never at once. Expected values worked out by hand
 * from the description in refresh.h. */
#include "host-launcher/plane/refresh.h"
#include "tests/tap.h"

enum {
	HOUR = 3600,
	DAY = 24 * HOUR
};

#define NOW INT64_C(1790000000)

/* The least and the most that are drawn, in seconds from now. */
static void range(int64_t next_update_s, uint32_t failures, int64_t least,
		  int64_t most, const char *what)
{
	int64_t a = refresh_at(NOW, next_update_s, failures, 0) - NOW;
	int64_t z = refresh_at(NOW, next_update_s, failures, UINT32_MAX) - NOW;
	bool within = true;

	for (uint32_t i = 0; i < 1000; i++) {
		int64_t s = refresh_at(NOW, next_update_s, failures,
				       i * UINT32_C(4294967)) -
			    NOW;

		within = within && s >= least && s < most;
	}
	ok(a == least && z == most - 1 && within, "%s: %lld to %lld s", what,
	   (long long)least, (long long)most);
	if (a != least || z != most - 1)
		printf("# %lld to %lld\n", (long long)a, (long long)z);
}

static void test_success(void)
{
	range(NOW + 30 * DAY, 0, 16 * HOUR, 24 * HOUR, "a month is left");
	range(NOW + 32 * HOUR, 0, 16 * HOUR, 24 * HOUR, "32 hours");
	range(NOW + 10 * HOUR, 0, 5 * HOUR, 7 * HOUR + HOUR / 2, "ten hours");
	range(NOW + 2 * HOUR, 0, HOUR, HOUR + HOUR / 2, "two hours");
	range(NOW + 60, 0, HOUR, HOUR + HOUR / 2, "a minute");
	range(NOW - DAY, 0, HOUR, HOUR + HOUR / 2, "nothing");
	range(INT64_MIN, 0, HOUR, HOUR + HOUR / 2, "no date");
}

static void test_failures(void)
{
	range(NOW + 30 * DAY, 1, 45, 75, "one failure");
	range(NOW + 30 * DAY, 2, 90, 150, "two");
	range(NOW - DAY, 3, 180, 300, "three, and it is over");
	range(NOW + 30 * DAY, 6, 24 * 60, 40 * 60, "six");
	range(NOW + 30 * DAY, 7, 45 * 60, 75 * 60, "seven");
	range(NOW + 30 * DAY, 8, 45 * 60, 75 * 60, "eight, no longer");
	range(NOW + 30 * DAY, UINT32_MAX, 45 * 60, 75 * 60, "as many as are");
}

static void test_due(void)
{
	ok(!refresh_due(NOW + 1, NOW), "not before its time");
	ok(refresh_due(NOW, NOW) && refresh_due(NOW - DAY, NOW), "from then");
	ok(!refresh_due(NOW + DAY, NOW) && !refresh_due(NOW + 2 * DAY, NOW),
	   "a time that can have been set");
	ok(refresh_due(NOW + 2 * DAY + 1, NOW),
	   "one that cannot: the clock was put back");
}

int main(void)
{
	test_success();
	test_failures();
	test_due();
	return tap_done();
}
