#include "host-launcher/plane/bundles.h"

#include <string.h>

enum err bundles_add(struct bundles *s, struct bundle *b)
{
	if (s->n == BUNDLES_MAX || b->mem_len > BUNDLES_MEM_MAX - s->mem)
		return ERR_SPACE;
	s->mem += b->mem_len;
	s->at[s->n++] = *b;
	memset(b, 0, sizeof *b);
	return ERR_OK;
}

bool bundles_take(struct bundles *s, const char *sha256, struct bundle *out)
{
	for (size_t i = 0; i < s->n; i++) {
		if (!ct_slice_eq(str_slice(s->at[i].sha256), str_slice(sha256)))
			continue;
		*out = s->at[i];
		s->mem -= out->mem_len;
		s->at[i] = s->at[--s->n];
		memset(&s->at[s->n], 0, sizeof s->at[s->n]);
		return true;
	}
	return false;
}

void bundles_free(struct bundles *s)
{
	for (size_t i = 0; i < s->n; i++)
		bundle_free(&s->at[i]);
	s->n = s->mem = 0;
}

static bool same_root(const struct bundle *b, const struct quote_platform *p)
{
	return ct_eq(b->c.pck_ca.root.pub, p->root_pub, P256_PUB_LEN);
}

/* Is a better than b, both being for p's platform? */
static bool better(const struct bundle *a, const struct bundle *b,
		   const struct quote_platform *p)
{
	if (same_root(a, p) != same_root(b, p))
		return same_root(a, p);
	return bundle_issued(&a->c) > bundle_issued(&b->c);
}

const struct bundle *bundles_find(const struct bundles *s,
				  const struct quote_platform *p)
{
	const struct bundle *best = NULL;

	for (size_t i = 0; i < s->n; i++) {
		const struct bundle *b = &s->at[i];

		if (strcmp(b->of.fmspc, p->of.fmspc) == 0 &&
		    strcmp(b->of.ca, p->of.ca) == 0 &&
		    (best == NULL || better(b, best, p)))
			best = b;
	}
	return best;
}

bool bundles_current(const struct bundles *s, const struct trust_roots *roots,
		     int64_t now_s)
{
	bool insecure;

	for (size_t i = 0; i < s->n; i++)
		if (bundle_current(&s->at[i].c, now_s) &&
		    trust_roots_know(roots, s->at[i].c.pck_ca.root.pub,
				     &insecure))
			return true;
	return false;
}
