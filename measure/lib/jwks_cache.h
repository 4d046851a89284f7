/* jwks_cache.h - the key set of an issuer as a program that lives long keeps
 * it: when to fetch it again, and until when the last good one is believed.
 * Pure: time is an argument and somebody else fetches.
 *
 *	if (jwks_cache_wants(c, now_s, kid, alg))
 *		jwks_cache_put(c, fetched, now_s, &what);   or _failed
 *	set = jwks_cache_get(c, now_s);
 *
 * A key that is not in the set is a reason to fetch, since issuers change keys;
 * but anybody can name one in a token, so never within the floor of the last
 * attempt. A set that cannot be fetched or read is not a reason to forget the
 * one that is there, until that is too old: an issuer takes keys out of its set
 * that are not to be believed any more. */
#ifndef MEASURE_LIB_JWKS_CACHE_H
#define MEASURE_LIB_JWKS_CACHE_H

#include "measure/lib/jwks.h"

enum {
	JWKS_FLOOR_S = 60,          /* between attempts */
	JWKS_REFRESH_S = 60 * 60,   /* age at which it is fetched anyway */
	JWKS_KEEP_S = 24 * 60 * 60, /* age from which it is not believed */
};

struct jwks_cache_opts {
	int64_t floor_s, refresh_s, keep_s;
};

/* Some 8 MiB, static or allocated; not to be moved. */
struct jwks_cache {
	struct jwks_cache_opts o;
	bool has, tried;
	int64_t fetched_s; /* when the set was fetched */
	int64_t tried_s;   /* the last attempt */
	struct jwks set;   /* lies in mem[in_use] */
	unsigned in_use;
	uint8_t mem[2][JWKS_ARENA];
};

/* Empty, with the limits above when o is NULL. */
void jwks_cache_init(struct jwks_cache *c, const struct jwks_cache_opts *o);

/* Whether to fetch now: there is no set, it is old, or it has no such key (kid
 * empty: whichever), and the last attempt is floor_s ago. A clock that was set
 * back counts as long ago. */
bool jwks_cache_wants(const struct jwks_cache *c, int64_t now_s,
		      struct slice kid, enum jwt_alg alg);

/* A set was fetched at now_s: takes it in the place of the one before, or keeps
 * that. *what and errors: jwks_parse's. */
MUST_CHECK enum err jwks_cache_put(struct jwks_cache *c, struct slice text,
				   int64_t now_s, const char **what);

/* None could be fetched at now_s. */
void jwks_cache_failed(struct jwks_cache *c, int64_t now_s);

/* The set to believe at now_s; NULL: none yet, or too old, or from a time that
 * is still to come. Valid until the next put. */
const struct jwks *jwks_cache_get(const struct jwks_cache *c, int64_t now_s);
#endif
