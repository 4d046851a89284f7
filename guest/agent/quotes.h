/* quotes.h - who waits for a quote. The quoting enclave makes one at a time and
 * slowly, and anyone may ask for one; so there is one in flight, a short queue
 * behind it, a rate, and a place of its own for the registration, which nobody
 * can take away. */
#ifndef GUEST_AGENT_QUOTES_H
#define GUEST_AGENT_QUOTES_H

#include "lib/reportdata.h"

enum {
	QUOTES_QUEUE = 4,         /* challengers waiting or served */
	QUOTES_BURST = 4,         /* at once ... */
	QUOTES_REFILL_MS = 1000,  /* ... and then one in this time */
	QUOTES_REGISTRATION = -1, /* conn of the agent's own registration */
};

struct quote_request {
	int conn; /* serve.h, or QUOTES_REGISTRATION */
	struct binding binding;
};

struct quotes {
	struct quote_request own, queue[QUOTES_QUEUE], now;
	bool own_waits, busy;
	size_t n;
	uint32_t id; /* of the quote in flight: broker_msg.id */
	uint32_t tokens;
	int64_t refilled_ms;
};

void quotes_init(struct quotes *q, int64_t now_ms);

/* ERR_LIMIT: too often; ERR_SPACE: too many wait; ERR_DUPLICATE: this
 * connection waits already. Never for the registration, whose newer request
 * replaces an older one. */
MUST_CHECK enum err quotes_add(struct quotes *q, int64_t now_ms, int conn,
			       const struct binding *b);

/* The request to make now, or NULL: one is in flight or nobody waits. */
const struct quote_request *quotes_next(struct quotes *q);

/* The request in flight has been answered under `id`: *out is who asked.
 * ERR_STATE: there is none of that id. */
MUST_CHECK enum err quotes_done(struct quotes *q, uint32_t id,
				struct quote_request *out);
#endif
