/* bundles.h - all collateral that a server uses, and the choice among it. */
#ifndef HOST_PLANE_BUNDLES_H
#define HOST_PLANE_BUNDLES_H

#include "host-launcher/plane/bundle.h"

enum {
	BUNDLES_FILES_MAX = 8, /* --collateral, beside those of the store */
	BUNDLES_MAX = STORE_COLLATERALS_MAX + BUNDLES_FILES_MAX,
	BUNDLES_MEM_MAX = 64 * 1024 * 1024, /* of all of them together */
};

/* Owns them. Zero it to begin. */
struct bundles {
	struct bundle at[BUNDLES_MAX];
	size_t n, mem; /* how many, and their bytes */
};

/* Moves *b into the set. ERR_SPACE: it is full, or would take more than
 * BUNDLES_MEM_MAX; *b stays the caller's. */
MUST_CHECK enum err bundles_add(struct bundles *s, struct bundle *b);
/* Moves the one of this digest out of the set, if it is there. */
bool bundles_take(struct bundles *s, const char *sha256, struct bundle *out);
void bundles_free(struct bundles *s);

/* The one for a platform: of its FMSPC, its CA and, if there is one, its root;
 * of several, the one that was issued last. NULL: none. */
const struct bundle *bundles_find(const struct bundles *s,
				  const struct quote_platform *p);

/* Is any of them of use now: under a root that is trusted, with all its dates
 * in order? */
bool bundles_current(const struct bundles *s, const struct trust_roots *roots,
		     int64_t now_s);
#endif
