#include "measure/lib/jwks_cache.h"

void jwks_cache_init(struct jwks_cache *c, const struct jwks_cache_opts *o)
{
	static const struct jwks_cache_opts usual = {
		.floor_s = JWKS_FLOOR_S,
		.refresh_s = JWKS_REFRESH_S,
		.keep_s = JWKS_KEEP_S,
	};

	c->o = o != NULL ? *o : usual;
	c->has = false;
	c->tried = false;
	c->in_use = 0;
}

/* Seconds since then; below zero when the clock was set back. Neither time is
 * so far away that this overflows: both are this program's own clock. */
static bool is_within(int64_t then_s, int64_t now_s, int64_t limit_s)
{
	return now_s >= then_s && now_s - then_s < limit_s;
}

bool jwks_cache_wants(const struct jwks_cache *c, int64_t now_s,
		      struct slice kid, enum jwt_alg alg)
{
	if (c->tried && is_within(c->tried_s, now_s, c->o.floor_s))
		return false;
	if (!c->has || !is_within(c->fetched_s, now_s, c->o.refresh_s))
		return true;
	return kid.len > 0 && jwks_find(&c->set, kid, alg) == NULL;
}

enum err jwks_cache_put(struct jwks_cache *c, struct slice text, int64_t now_s,
			const char **what)
{
	unsigned next = 1 - c->in_use;
	struct arena a = arena_over(c->mem[next], sizeof c->mem[next]);
	struct jwks set;
	enum err e = jwks_parse(&a, text, &set, what);

	c->tried = true;
	c->tried_s = now_s;
	if (e != ERR_OK)
		return e;
	c->set = set;
	c->in_use = next;
	c->has = true;
	c->fetched_s = now_s;
	return ERR_OK;
}

void jwks_cache_failed(struct jwks_cache *c, int64_t now_s)
{
	c->tried = true;
	c->tried_s = now_s;
}

const struct jwks *jwks_cache_get(const struct jwks_cache *c, int64_t now_s)
{
	return c->has && is_within(c->fetched_s, now_s, c->o.keep_s) ? &c->set
								     : NULL;
}
