/* explain_search.c - the search itself: products of alternatives, and edits. */
#include <string.h>

#include "measure/lib/explain_int.h"

bool ex_spent(const struct ex *x)
{
	return x->out->hashes >= x->limit;
}

static void extend(struct ex *x, uint8_t reg[static SHA384_LEN],
		   const struct explain_event *ev)
{
	rtmr_extend(reg, ev->digest);
	x->out->hashes++;
}

static bool compare(struct ex *x, int reg, const uint8_t *got,
		    const uint8_t *want)
{
	x->out->tried++;
	x->out->reg[reg].tried++;
	return ct_eq(got, want, SHA384_LEN);
}

void ex_replay(struct ex *x, const struct ex_list *l,
	       uint8_t out[static SHA384_LEN])
{
	memset(out, 0, SHA384_LEN);
	for (size_t i = 0; i < l->n; i++)
		extend(x, out, l->ev[i]);
}

bool ex_is(struct ex *x, int reg, const struct ex_list *l,
	   const uint8_t want[static SHA384_LEN])
{
	uint8_t got[SHA384_LEN];

	ex_replay(x, l, got);
	return compare(x, reg, got, want);
}

/* ---- products: an odometer over the segments, the first one slowest, so that
 * what the early events come to is computed once for many candidates */

enum {
	BASE = -1
};

struct odometer {
	const struct ex_segs *segs;
	bool dense;
	int depth;             /* segments that differ */
	long pick[EX_SEGS];    /* BASE or an alternative */
	int used[EX_SEGS + 1]; /* differing ones before each segment */
	uint8_t reg[EX_SEGS + 1][SHA384_LEN];
};

static size_t choices(const struct ex *x, const struct odometer *o, size_t s)
{
	const struct ex_seg *seg = &o->segs->s[s];

	if (seg->memory)
		return o->dense ? x->nmemory : x->ncommon;
	return seg->nalts;
}

/* A segment whose events cannot be known has to be replaced: that is free. */
static int cost(const struct odometer *o, size_t s)
{
	return o->pick[s] != BASE && o->segs->s[s].known;
}

static struct ex_alt picked(const struct ex *x, const struct odometer *o,
			    size_t s)
{
	const struct ex_seg *seg = &o->segs->s[s];

	return o->pick[s] == BASE ? seg->base
				  : ex_alt_at(x, seg, (size_t)o->pick[s]);
}

/* Sets all segments from s on to their first choice. False when one of them has
 * none. */
static bool reset(const struct ex *x, struct odometer *o, size_t s)
{
	for (; s < o->segs->n; s++) {
		o->pick[s] = o->segs->s[s].known ? BASE : 0;
		if (o->pick[s] == 0 && choices(x, o, s) == 0)
			return false;
	}
	return true;
}

/* Recomputes from segment s on. */
static void compute(struct ex *x, struct odometer *o, size_t s)
{
	for (; s < o->segs->n; s++) {
		struct ex_alt a = picked(x, o, s);

		o->used[s + 1] = o->used[s] + cost(o, s);
		memcpy(o->reg[s + 1], o->reg[s], SHA384_LEN);
		for (size_t i = 0; i < a.n; i++)
			extend(x, o->reg[s + 1], a.ev[i]);
	}
}

/* The next candidate; the first segment that moved is recomputed. */
static bool advance(struct ex *x, struct odometer *o)
{
	for (size_t s = o->segs->n; s-- > 0;) {
		bool free_pick = !o->segs->s[s].known;

		if (o->pick[s] == BASE && !free_pick && o->used[s] == o->depth)
			continue;
		if ((size_t)(o->pick[s] + 1) >= choices(x, o, s))
			continue;
		o->pick[s]++;
		if (!reset(x, o, s + 1))
			return false;
		compute(x, o, s);
		return true;
	}
	return false;
}

static void collect(const struct ex *x, const struct odometer *o,
		    struct ex_list *out)
{
	out->n = 0;
	for (size_t s = 0; s < o->segs->n; s++) {
		struct ex_alt a = picked(x, o, s);

		for (size_t i = 0; i < a.n; i++)
			ex_add(out, a.ev[i]);
	}
}

static bool start(struct ex *x, struct odometer *o, int depth, bool dense)
{
	memset(o, 0, sizeof *o);
	o->segs = &x->segs;
	o->depth = depth;
	o->dense = dense;
	if (!reset(x, o, 0))
		return false;
	compute(x, o, 0);
	return true;
}

bool ex_product(struct ex *x, int reg, const uint8_t want[static SHA384_LEN],
		int depth, bool dense, struct ex_list *out)
{
	struct odometer o;
	bool more;

	for (more = start(x, &o, depth, dense); more && !ex_spent(x);
	     more = advance(x, &o)) {
		if (o.used[o.segs->n] != depth ||
		    !compare(x, reg, o.reg[o.segs->n], want))
			continue;
		collect(x, &o, out);
		return true;
	}
	return false;
}

enum {
	PAIRS_MAX = 64 /* events of a list of which pairs are tried */
};

/* ---- edits of one list. prefix[i] is the value after i events. */

struct edit {
	struct ex *x;
	int reg;
	const struct ex_list *from;
	const uint8_t *want;
	uint8_t prefix[EXPLAIN_LIST + 1][SHA384_LEN];
};

/* Extends `value` with the list's events from i on and compares. */
static bool finish(struct edit *e, uint8_t value[static SHA384_LEN], size_t i)
{
	for (; i < e->from->n; i++)
		extend(e->x, value, e->from->ev[i]);
	return compare(e->x, e->reg, value, e->want);
}

static void copy_but(const struct ex_list *from, size_t at, size_t skip,
		     const struct explain_event *add, struct ex_list *out)
{
	out->n = 0;
	for (size_t i = 0; i <= from->n; i++) {
		if (i == at && add != NULL)
			ex_add(out, add);
		if (i < from->n && (i < at || i >= at + skip))
			ex_add(out, from->ev[i]);
	}
}

static bool missing(struct edit *e, struct ex_list *out)
{
	const struct ex_list *l = e->from;

	for (size_t i = 0; i < l->n && !ex_spent(e->x); i++) {
		uint8_t v[SHA384_LEN];

		memcpy(v, e->prefix[i], sizeof v);
		if (finish(e, v, i + 1)) {
			copy_but(l, i, 1, NULL, out);
			return true;
		}
	}
	return false;
}

static bool two_missing(struct edit *e, struct ex_list *out)
{
	const struct ex_list *l = e->from;

	for (size_t i = 0; i + 1 < l->n; i++) {
		uint8_t head[SHA384_LEN], v[SHA384_LEN];

		memcpy(head, e->prefix[i], sizeof head);
		for (size_t k = i + 1; k < l->n && !ex_spent(e->x); k++) {
			struct ex_list one;

			memcpy(v, head, sizeof v);
			if (finish(e, v, k + 1)) {
				copy_but(l, k, 1, NULL, &one);
				copy_but(&one, i, 1, NULL, out);
				return true;
			}
			extend(e->x, head, l->ev[k]);
		}
	}
	return false;
}

static bool added(struct edit *e, const struct explain_event *ev,
		  struct ex_list *out)
{
	if (!ev->known)
		return false;
	for (size_t i = 0; i <= e->from->n && !ex_spent(e->x); i++) {
		uint8_t v[SHA384_LEN];

		memcpy(v, e->prefix[i], sizeof v);
		extend(e->x, v, ev);
		if (finish(e, v, i)) {
			copy_but(e->from, i, 0, ev, out);
			return true;
		}
	}
	return false;
}

static bool exchanged(struct edit *e, struct ex_list *out)
{
	const struct ex_list *l = e->from;
	struct ex_list tried = *l;

	for (size_t i = 0; i + 1 < l->n; i++)
		for (size_t k = i + 1; k < l->n && !ex_spent(e->x); k++) {
			uint8_t v[SHA384_LEN];

			memcpy(v, e->prefix[i], sizeof v);
			tried.ev[i] = l->ev[k];
			tried.ev[k] = l->ev[i];
			for (size_t m = i; m < l->n; m++)
				extend(e->x, v, tried.ev[m]);
			if (compare(e->x, e->reg, v, e->want)) {
				*out = tried;
				return true;
			}
			tried.ev[i] = l->ev[i];
			tried.ev[k] = l->ev[k];
		}
	return false;
}

/* An event of any register of the expected machine, a named one, or one of the
 * list once more. */
static bool any_added(struct edit *e, struct ex_list *out)
{
	const struct ex *x = e->x;

	for (size_t i = 0; i < e->from->n; i++)
		if (added(e, e->from->ev[i], out))
			return true;
	for (size_t r = 0; r < 3 && x->base->has_events; r++)
		for (size_t i = 0; i < x->base->nev[r]; i++)
			if (added(e, &x->base->ev[r][i], out))
				return true;
	for (size_t i = 0; i < x->nnamed; i++)
		if (added(e, &x->named[i].ev, out))
			return true;
	for (size_t i = 0; i < x->in->ncandidates; i++)
		if (added(e, &x->in->candidate[i].ev, out))
			return true;
	return false;
}

bool ex_edit(struct ex *x, int reg, const struct ex_list *from,
	     const uint8_t want[static SHA384_LEN], struct ex_list *out)
{
	struct edit e = { .x = x, .reg = reg, .from = from, .want = want };

	for (size_t i = 0; i < from->n; i++) {
		memcpy(e.prefix[i + 1], e.prefix[i], SHA384_LEN);
		extend(x, e.prefix[i + 1], from->ev[i]);
	}
	if (missing(&e, out) || any_added(&e, out))
		return true;
	return from->n <= PAIRS_MAX &&
	       (exchanged(&e, out) || two_missing(&e, out));
}

bool ex_edit_product(struct ex *x, int reg,
		     const uint8_t want[static SHA384_LEN], struct ex_list *out)
{
	struct ex_list one;
	struct odometer o;
	bool more;

	for (more = start(x, &o, 1, false); more && !ex_spent(x);
	     more = advance(x, &o)) {
		if (o.used[o.segs->n] != 1)
			continue;
		collect(x, &o, &one);
		if (ex_edit(x, reg, &one, want, out))
			return true;
	}
	return false;
}
