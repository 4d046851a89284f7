/* engine_find.c - what the engine remembers: orders by id and by client id, the
 * newest fills. */
#include <string.h>

#include "host-launcher/paper/engine.h"

bool order_open(const struct order *o)
{
	return o->status == ORDER_NEW || o->status == ORDER_PARTIALLY_FILLED;
}

const struct order *engine_find(const struct engine *e, unsigned account,
				uint64_t id)
{
	const struct order *o = &e->orders[(id - 1) % ENGINE_ORDERS];

	return id != 0 && o->id == id && o->account == account ? o : NULL;
}

/* From this id on, places hold their own id or an older one that is open. */
static uint64_t window_start(const struct engine *e)
{
	return e->norders > ENGINE_ORDERS ? e->norders - ENGINE_ORDERS + 1 : 1;
}

/* The account's first open order with an id in (after, end): those that are
 * older than the window are all in the book. */
static const struct order *old_order(const struct engine *e, unsigned account,
				     uint64_t after, uint64_t end)
{
	const struct order *best = NULL;

	for (int s = 0; s < 2; s++)
		for (size_t i = 0; i < e->book[s].n; i++) {
			const struct order *o = e->book[s].at[i];

			if (o->account == account && o->id > after &&
			    o->id < end && (best == NULL || o->id < best->id))
				best = o;
		}
	return best;
}

const struct order *engine_next_order(const struct engine *e, unsigned account,
				      uint64_t after)
{
	uint64_t start = window_start(e);
	const struct order *o = NULL;

	if (after + 1 < start)
		o = old_order(e, account, after, start);
	for (uint64_t id = after + 1 > start ? after + 1 : start;
	     o == NULL && id <= e->norders; id++)
		o = engine_find(e, account, id);
	return o;
}

size_t engine_first_fill(const struct engine *e)
{
	return e->nfills > ENGINE_FILLS ? e->nfills - ENGINE_FILLS : 0;
}

const struct fill *engine_fill(const struct engine *e, size_t i)
{
	if (i >= e->nfills || i < engine_first_fill(e))
		return NULL;
	return &e->fills[i % ENGINE_FILLS];
}

const struct order *engine_find_client(const struct engine *e, unsigned account,
				       const char *client_id)
{
	uint64_t start = window_start(e);
	const struct order *o;

	if (client_id[0] == '\0')
		return NULL;
	for (uint64_t id = e->norders; id >= start; id--) {
		o = engine_find(e, account, id);
		if (o != NULL && strcmp(o->client_id, client_id) == 0)
			return o;
	}
	for (o = old_order(e, account, 0, start); o != NULL;
	     o = old_order(e, account, o->id, start))
		if (strcmp(o->client_id, client_id) == 0)
			return o;
	return NULL;
}
