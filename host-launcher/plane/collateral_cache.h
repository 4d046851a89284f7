/* collateral_cache.h - how collateral gets into the store: what is fetched or
 * imported is judged like everything that comes from others, and the bundle
 * that is kept is replaced by nothing older. */
#ifndef HOST_PLANE_COLLATERAL_CACHE_H
#define HOST_PLANE_COLLATERAL_CACHE_H

#include "host-launcher/plane/bundle.h"

enum {
	CACHE_WHY = STORE_ERROR_MAX
};

/* How the sentence begins that allow_rollback would have spared. */
#define CACHE_ROLLBACK "a rollback: "

struct cache_how {
	const struct trust_roots *roots;
	int64_t now_s;
	const char *source;  /* where it comes from, for people */
	bool allow_rollback; /* even one that is older than what is kept */
	uint32_t chance;     /* as of refresh_at */
};

/* Takes a bundle into the store for the platform `want`, which must be in use.
 * Errors, with why: bundle_parse's; ERR_SIGNATURE not authentic, or under no
 * trusted root; ERR_REFUSED for another platform or root, not in force at
 * now_s, or older than what is kept; ERR_MISSING the platform is not in use;
 * ERR_STATE another process was faster; ERR_IO. Nothing changes then. */
MUST_CHECK enum err cache_take(struct store *s, const struct cache_how *how,
			       const struct store_platform *want,
			       struct slice text, char why[static CACHE_WHY]);

/* The same for whatever platform the bundle is for, which it brings into use
 * when it is taken. ERR_REFUSED also when STORE_COLLATERALS_MAX are. */
MUST_CHECK enum err cache_import(struct store *s, const struct cache_how *how,
				 struct slice text, struct store_platform *of,
				 char why[static CACHE_WHY]);

/* Fetches the collateral of a platform into *bundle, in the layout of
 * collateral.h. An error, with why. */
typedef enum err cache_fetch_fn(void *ctx, const struct store_platform *of,
				struct wr *bundle, char why[static CACHE_WHY]);

/* Fetches and takes, and sets the time of the next attempt either way. Returns
 * the attempt's error, with why; ERR_IO also when it could not be noted.
 * buf, buf_len   for the bundle: COLLATERAL_MAX_BYTES is always enough. */
MUST_CHECK enum err cache_refresh(struct store *s, const struct cache_how *how,
				  const struct store_collateral *row,
				  cache_fetch_fn *fetch, void *ctx, void *buf,
				  size_t buf_len, char why[static CACHE_WHY]);
#endif
