/* market.h - the market that the paper exchange replays: recorded aggregate
 * trades (Binance's JSON, one object a line) or trades generated from a seed.
 * Time comes from the caller, so a replay can be repeated exactly. */
#ifndef HOST_PAPER_MARKET_H
#define HOST_PAPER_MARKET_H

#include "host-launcher/paper/engine.h"

struct market_trade {
	int64_t time_ms;
	uint64_t id;
	struct dec price, qty;
	bool buyer_is_maker; /* the aggressor sold */
};

enum {
	MARKET_LEVELS = 20
}; /* displayed, a side */

struct market {
	struct market_trade *trades; /* owned */
	size_t n, next;
	bool generated;
	/* prices of the displayed levels, oldest first */
	struct dec shown[2][MARKET_LEVELS];
	size_t nshown[2];
};

/* Reads lines with the members a, p, q, T and m (others are ignored), in the
 * order of T. *line names the first bad line, from 1. Errors: ERR_VALUE,
 * ERR_MISSING (no trade at all), ERR_SPACE (memory). */
MUST_CHECK enum err market_read(struct slice text, struct market *out,
				size_t *line);

/* n trades around `price`: a random walk in ticks, as likely up
 * as down, made from seed alone. */
MUST_CHECK enum err market_generate(uint64_t seed, size_t n, struct dec price,
				    struct dec tick, struct dec step,
				    struct market *out);
void market_free(struct market *m);

/* Applies every trade up to market time `until_ms` (the trades' own clock) and
 * keeps the displayed levels: what was last traded at each price, as nobody
 * recorded the book. A trade that passes every level of the other side leaves
 * one there, a tick beyond its price: a market has two sides. now_ms stamps the
 * users' fills. True while trades are left. */
bool market_advance(struct market *m, struct engine *e, int64_t until_ms,
		    int64_t now_ms);
#endif
