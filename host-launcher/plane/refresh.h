/* refresh.h - when collateral is fetched again. Pure: the time and the chance
 * are arguments. */
#ifndef HOST_PLANE_REFRESH_H
#define HOST_PLANE_REFRESH_H

#include <stdbool.h>
#include <stdint.h>

enum {
	REFRESH_LEAST_S = 3600,        /* after a success: not more often */
	REFRESH_MOST_S = 24 * 3600,    /* nor less */
	REFRESH_FIRST_RETRY_S = 60,    /* after a failure, then twice that, */
	REFRESH_RETRY_MOST_S = 3600,   /* and so on up to this */
	REFRESH_FAR_S = 2 * 24 * 3600, /* no time of ours is farther ahead */
};

/* The time of the next attempt, after one that ended at now_s.
 * failures       attempts that failed since the last success; 0: this was one.
 * next_update_s  of what is kept now: the first date at which it is to be
 *                replaced. After a success the attempt comes when half to three
 *                quarters of the time until then have passed, within an hour
 *                and a day; after failures it does not count, since then the
 *                attempts come at least every hour and a quarter.
 * chance         any number, uniformly distributed: servers that were started
 *                together do not stay so. */
int64_t refresh_at(int64_t now_s, int64_t next_update_s, uint32_t failures,
		   uint32_t chance);

/* Is an attempt that was set for at_s due? Also when it is farther ahead than
 * refresh_at sets any: then the clock was put back. */
bool refresh_due(int64_t at_s, int64_t now_s);
#endif
