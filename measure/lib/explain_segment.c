/* explain_segment.c - a register's events cut into runs, each with everything
 * that may stand in its place. */
#include <string.h>

#include "measure/lib/explain_int.h"

/* Of a log only the digests are proved; a type is what it claims. */
bool ex_same(const struct explain_event *a, const struct explain_event *b)
{
	return a->known && b->known && ct_eq(a->digest, b->digest, SHA384_LEN);
}

bool ex_known(const struct ex_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (!l->ev[i]->known)
			return false;
	return true;
}

void ex_add(struct ex_list *l, const struct explain_event *ev)
{
	if (l->n < EXPLAIN_LIST)
		l->ev[l->n++] = ev;
}

struct ex_alt ex_alt_at(const struct ex *x, const struct ex_seg *s, size_t i)
{
	if (s->memory)
		return (struct ex_alt){ &x->memory_ref[i], 1 };
	return s->alt[i];
}

static bool alt_same(const struct ex_alt *a, const struct ex_alt *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!ex_same(a->ev[i], b->ev[i]))
			return false;
	return true;
}

/* False when it is there already, or cannot be computed with. */
static bool add_alt(struct ex_seg *s, struct ex_alt a)
{
	for (size_t i = 0; i < a.n; i++)
		if (!a.ev[i]->known)
			return false;
	if (s->nalts == EX_ALTS || alt_same(&a, &s->base))
		return false;
	for (size_t i = 0; i < s->nalts; i++)
		if (alt_same(&a, &s->alt[i]))
			return false;
	s->alt[s->nalts++] = a;
	return true;
}

static struct ex_seg *new_seg(struct ex *x, struct ex_alt base)
{
	struct ex_seg *s;

	if (x->segs.n == EX_SEGS)
		return NULL;
	s = &x->segs.s[x->segs.n++];
	s->base = base;
	s->known = true;
	s->memory = false;
	s->nalts = 0;
	for (size_t i = 0; i < base.n; i++)
		s->known = s->known && base.ev[i]->known;
	return s;
}

/* The `ordinal`-th run of a type among events; its length, 0 when there is
 * none. */
static size_t find_run(const struct explain_event *ev, size_t n, uint32_t type,
		       size_t ordinal, size_t *first)
{
	for (size_t i = 0; i < n;) {
		size_t len = 1;

		while (i + len < n && ev[i + len].type == ev[i].type)
			len++;
		if (ev[i].type == type && ordinal-- == 0) {
			*first = i;
			return len;
		}
		i += len;
	}
	return 0;
}

/* One run of a machine's. */
static void from_run(struct ex *x, const struct explain_event *ev, size_t len,
		     struct ex_seg *s)
{
	const struct explain_event **r = ex_refs(x, len);

	if (r == NULL)
		return;
	for (size_t k = 0; k < len; k++)
		r[k] = &ev[k];
	if (!add_alt(s, (struct ex_alt){ r, len }))
		x->nrefs -= len;
}

/* Runs of this type that other machines have. */
static void from_machines(struct ex *x, unsigned rtmr, uint32_t type,
			  struct ex_seg *s)
{
	for (size_t i = 0; i < x->in->nmachines && rtmr < 3; i++) {
		const struct explain_machine *m = &x->in->machine[i];
		size_t first = 0, len;

		for (size_t k = 0; m->has_events; k++) {
			len = find_run(m->ev[rtmr], m->nev[rtmr], type, k,
				       &first);
			if (len == 0)
				break;
			from_run(x, &m->ev[rtmr][first], len, s);
		}
	}
}

/* Candidates of the user in place of each event of the run. */
static void from_candidates(struct ex *x, unsigned rtmr, uint32_t type,
			    struct ex_seg *s)
{
	for (size_t i = 0; i < x->in->ncandidates; i++) {
		const struct explain_candidate *c = &x->in->candidate[i];

		if (c->rtmr != rtmr || c->ev.type != type)
			continue;
		for (size_t k = 0; k < s->base.n; k++) {
			const struct explain_event **r = ex_refs(x, s->base.n);

			if (r == NULL)
				return;
			memcpy(r, s->base.ev, s->base.n * sizeof *r);
			r[k] = &c->ev;
			if (!add_alt(s, (struct ex_alt){ r, s->base.n }))
				x->nrefs -= s->base.n;
		}
	}
}

static void from_sets(struct ex *x, enum ex_place place, unsigned rtmr,
		      uint32_t type, struct ex_seg *s)
{
	for (size_t i = 0; i < x->nsets; i++)
		if (x->set[i].place == place && x->set[i].rtmr == rtmr &&
		    (place == EX_END || x->set[i].type == type))
			(void)add_alt(s, x->set[i].alt);
}

/* A place where sets may come in; none when no set would. */
static void add_place(struct ex *x, enum ex_place place, unsigned rtmr,
		      uint32_t type)
{
	struct ex_seg *s = new_seg(x, (struct ex_alt){ NULL, 0 });

	if (s == NULL)
		return;
	from_sets(x, place, rtmr, type, s);
	if (s->nalts == 0)
		x->segs.n--;
}

/* A place for an optional candidate of one cause. */
static void add_optional(struct ex *x, unsigned rtmr, enum explain_cause cause)
{
	struct ex_seg *s = new_seg(x, (struct ex_alt){ NULL, 0 });

	if (s == NULL)
		return;
	for (size_t i = 0; i < x->in->ncandidates; i++) {
		const struct explain_candidate *c = &x->in->candidate[i];
		const struct explain_event **r;

		if (!c->optional || c->rtmr != rtmr || c->cause != cause)
			continue;
		r = ex_refs(x, 1);
		if (r == NULL)
			break;
		r[0] = &c->ev;
		(void)add_alt(s, (struct ex_alt){ r, 1 });
	}
	if (s->nalts == 0)
		x->segs.n--;
}

static void add_run(struct ex *x, unsigned rtmr, size_t first, size_t len)
{
	const struct ex_list *l = &x->seg_base;
	uint32_t type = l->ev[first]->type;
	struct ex_seg *s = new_seg(x, (struct ex_alt){ &l->ev[first], len });

	if (s == NULL)
		return;
	s->memory = rtmr == 0 && len == 1 &&
		    type == event_type_number(EVENT_HANDOFF_TABLES2);
	if (s->memory)
		return;
	from_machines(x, rtmr, type, s);
	from_candidates(x, rtmr, type, s);
	from_sets(x, EX_REPLACE, rtmr, type, s);
	add_place(x, EX_AFTER, rtmr, type);
}

void ex_segment(struct ex *x, unsigned rtmr, const struct ex_list *base)
{
	const struct ex_list *l = &x->seg_base;

	x->seg_base = *base;
	x->segs.n = 0;
	x->nrefs = x->nset_refs;
	for (size_t i = 0; i < l->n;) {
		size_t len = 1;

		/* The last segment takes the rest, which then is fixed. */
		while (i + len < l->n &&
		       (l->ev[i + len]->type == l->ev[i]->type ||
			x->segs.n >= EX_SEGS - 6))
			len++;
		add_run(x, rtmr, i, len);
		i += len;
	}
	add_place(x, EX_END, rtmr, 0);
	add_optional(x, rtmr, EXPLAIN_COMMAND_LINE);
	add_optional(x, rtmr, EXPLAIN_INITRD);
}
