#include "jobs/market_making/plan.h"

#include <string.h>

static struct mm_intent cancel_of(const struct mm_standing *s)
{
	struct mm_intent i = { .type = MM_CANCEL,
			       .side = s->order->side,
			       .layer = s->layer,
			       .price = s->order->price,
			       .qty = s->order->qty };

	memcpy(i.client_id, s->order->client_id, sizeof(i.client_id));
	return i;
}

/* `old`: the order whose place it takes, or NULL. */
static struct mm_intent create_of(const struct mm_quote *w,
				  const struct mm_standing *old)
{
	struct mm_intent i = { .type = MM_CREATE,
			       .side = w->side,
			       .layer = w->layer,
			       .price = w->price,
			       .qty = w->qty };

	if (old != NULL) {
		i.type = MM_REPLACE;
		memcpy(i.old_id, old->order->client_id, sizeof(i.old_id));
	}
	return i;
}

/* The first order of the wish's side and layer that is not taken yet. */
static const struct mm_standing *pair(const struct mm_quote *w,
				      const struct mm_standing *open,
				      size_t nopen, bool *taken)
{
	for (size_t k = 0; k < nopen; k++)
		if (!taken[k] && open[k].layer == w->layer &&
		    open[k].order->side == w->side) {
			taken[k] = true;
			return &open[k];
		}
	return NULL;
}

static bool fulfilled(const struct mm_quote *w, const struct mm_standing *old)
{
	return old != NULL && dec_cmp(old->order->price, w->price) == 0 &&
	       dec_cmp(old->order->qty, w->qty) == 0 &&
	       old->order->filled.e8 == 0;
}

enum err mm_plan(struct mm_intents *q, int64_t now_ms,
		 const struct mm_standing *open, size_t nopen,
		 const struct mm_quote *wishes, size_t n)
{
	const struct mm_standing *old[2 * MM_LAYERS_MAX];
	bool taken[VENUE_OPEN_MAX] = { false };
	struct mm_intent i;
	enum err e = ERR_OK;

	mm_intents_plan(q, now_ms);
	for (size_t k = 0; k < n; k++)
		old[k] = pair(&wishes[k], open, nopen, taken);
	for (size_t k = 0; e == ERR_OK && k < nopen; k++) {
		i = cancel_of(&open[k]);
		if (!taken[k])
			e = mm_intents_add(q, &i);
	}
	for (size_t k = 0; e == ERR_OK && k < n; k++) {
		i = create_of(&wishes[k], old[k]);
		if (!fulfilled(&wishes[k], old[k]))
			e = mm_intents_add(q, &i);
	}
	return e;
}

enum err mm_plan_stop(struct mm_intents *q, int64_t now_ms,
		      struct mm_intent **stop)
{
	static const struct mm_intent i = { .type = MM_STOP };
	enum err e = mm_intents_drop(q, now_ms);

	mm_intents_plan(q, now_ms);
	if (e == ERR_OK)
		e = mm_intents_add(q, &i);
	if (e == ERR_OK)
		*stop = &q->queue[q->n - 1];
	return e;
}
