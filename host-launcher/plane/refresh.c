#include "host-launcher/plane/refresh.h"

static int64_t clamp(int64_t v, int64_t least, int64_t most)
{
	return v < least ? least : v > most ? most : v;
}

/* chance, scaled to 0 .. span. */
static int64_t part_of(int64_t span, uint32_t chance)
{
	return (int64_t)(((uint64_t)span * chance) >> 32);
}

static int64_t backoff(uint32_t failures)
{
	int64_t s = REFRESH_FIRST_RETRY_S;

	for (uint32_t i = 1; i < failures && s < REFRESH_RETRY_MOST_S; i++)
		s *= 2;
	return s < REFRESH_RETRY_MOST_S ? s : REFRESH_RETRY_MOST_S;
}

int64_t refresh_at(int64_t now_s, int64_t next_update_s, uint32_t failures,
		   uint32_t chance)
{
	int64_t left_s = next_update_s > now_s ? next_update_s - now_s : 0;

	if (failures > 0) {
		int64_t s = backoff(failures);

		/* three quarters to five quarters of it */
		return now_s + s * 3 / 4 + part_of(s / 2, chance);
	}
	/* half of these is the least, three quarters the most */
	left_s = clamp(left_s, 2 * REFRESH_LEAST_S, REFRESH_MOST_S * 4 / 3);
	return now_s + left_s / 2 + part_of(left_s / 4, chance);
}

bool refresh_due(int64_t at_s, int64_t now_s)
{
	return at_s <= now_s || at_s - now_s > REFRESH_FAR_S;
}
