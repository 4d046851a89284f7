/* collateral_check.h - is collateral genuine and in force, asked without a
 * quote: before it is kept, and for people. */
#ifndef MEASURE_LIB_COLLATERAL_CHECK_H
#define MEASURE_LIB_COLLATERAL_CHECK_H

#include "measure/lib/verify.h"

/* From when to when a part of it holds, both ends included. */
struct collateral_period {
	const char *what; /* "TCB info" */
	int64_t from_s, to_s;
	bool is_update; /* to_s is a nextUpdate, not the end of a certificate */
};

enum {
	COLLATERAL_PERIODS = 8,
	COLLATERAL_DETAIL = 160
};

/* All of them, in the order in which verify_quote asks. */
void collateral_periods(
	const struct collateral *c,
	struct collateral_period out[static COLLATERAL_PERIODS]);

struct collateral_judgement {
	enum reason reason; /* OK, or the first that does not hold: ISSUER,
			       SIGNATURE, NOT_YET_VALID, EXPIRED */
	char detail[COLLATERAL_DETAIL]; /* for people; "" when OK */
	bool simulated;                 /* under the insecure root */
	struct collateral_period next;  /* the first one to end */
};

/* Judges collateral that collateral_authenticate has seen, at now_s (Unix
 * seconds). *out is always written whole. */
void collateral_check(const struct collateral *c,
		      const struct trust_roots *roots, int64_t now_s,
		      struct collateral_judgement *out);
#endif
