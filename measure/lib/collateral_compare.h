/* collateral_compare.h - may fresh collateral take the place of what we have?
 * Everything in collateral only ever goes forward. Old collateral is genuine
 * and may still be within its dates, so signatures do not show that somebody
 * hands it out again, to hide that a platform has fallen behind or that a
 * certificate was revoked: only what we have seen before does. */
#ifndef MEASURE_LIB_COLLATERAL_COMPARE_H
#define MEASURE_LIB_COLLATERAL_COMPARE_H

#include "measure/lib/collateral.h"

enum collateral_change {
	COLLATERAL_SAME,  /* every document and certificate is the same */
	COLLATERAL_NEWER, /* something is newer, nothing is older */
	COLLATERAL_OLDER, /* something went back: a rollback */
	COLLATERAL_OTHER, /* not of the same platform, CA or root */
};

enum {
	COLLATERAL_WHY = 160
};

/* Compares two that are authenticated: evaluation numbers and issue dates of
 * TCB info and QE identity, thisUpdate of both CRLs, and their numbers where
 * both have one. For the same root key, PCK CA, FMSPC and PCE id; else it is
 * COLLATERAL_OTHER.
 * why     for OLDER and OTHER: what it is and both values, for people; else "".
 * Either one not authenticated (signatures is not REASON_OK) is OTHER. */
enum collateral_change collateral_compare(const struct collateral *old,
					  const struct collateral *fresh,
					  char why[static COLLATERAL_WHY]);
#endif
