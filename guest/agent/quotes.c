#include "agent/quotes.h"

#include <string.h>

void quotes_init(struct quotes *q, int64_t now_ms)
{
	memset(q, 0, sizeof(*q));
	q->tokens = QUOTES_BURST;
	q->refilled_ms = now_ms;
}

static void refill(struct quotes *q, int64_t now_ms)
{
	int64_t n = (now_ms - q->refilled_ms) / QUOTES_REFILL_MS;

	if (n <= 0)
		return;
	q->refilled_ms += n * QUOTES_REFILL_MS;
	q->tokens = n < QUOTES_BURST ? q->tokens + (uint32_t)n : QUOTES_BURST;
	if (q->tokens > QUOTES_BURST)
		q->tokens = QUOTES_BURST;
}

enum err quotes_add(struct quotes *q, int64_t now_ms, int conn,
		    const struct binding *b)
{
	if (conn == QUOTES_REGISTRATION) {
		q->own = (struct quote_request){ conn, *b };
		q->own_waits = true;
		return ERR_OK;
	}
	refill(q, now_ms);
	if (q->n == QUOTES_QUEUE)
		return ERR_SPACE;
	if (q->busy && q->now.conn == conn)
		return ERR_DUPLICATE;
	for (size_t i = 0; i < q->n; i++)
		if (q->queue[i].conn == conn)
			return ERR_DUPLICATE;
	if (q->tokens == 0)
		return ERR_LIMIT;
	q->tokens--;
	q->queue[q->n++] = (struct quote_request){ conn, *b };
	return ERR_OK;
}

const struct quote_request *quotes_next(struct quotes *q)
{
	if (q->busy || (!q->own_waits && q->n == 0))
		return NULL;
	if (q->own_waits) {
		q->now = q->own;
		q->own_waits = false;
	} else {
		q->now = q->queue[0];
		q->n--;
		memmove(&q->queue[0], &q->queue[1], q->n * sizeof(q->queue[0]));
	}
	q->busy = true;
	q->id++;
	return &q->now;
}

enum err quotes_done(struct quotes *q, uint32_t id, struct quote_request *out)
{
	if (!q->busy || id != q->id)
		return ERR_STATE;
	q->busy = false;
	*out = q->now;
	return ERR_OK;
}
