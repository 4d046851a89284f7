/* strategy.h - what pure market making wants to quote, as a pure function: no
 * clock, no venue, no memory of its own. The rules are those of the engine it
 * follows: for layer 1..N
 *
 *   bid = bidSpread * layer (+ bias when maker heavy), ask likewise
 *   skew = (base ratio - target) * factor; bid = max(0, bid + skew),
 *          ask = max(0, ask - skew)
 *   buy at price * (1 - bid), sell at price * (1 + ask)
 *
 * Buys round down to the tick, sells up; quantities down to the step. A quote
 * below the venue's minimum, a buy above the ceiling and a sell below the floor
 * are left out. */
#ifndef GUEST_JOBS_MARKET_MAKING_STRATEGY_H
#define GUEST_JOBS_MARKET_MAKING_STRATEGY_H

#include "jobs/market_making/params.h"
#include "jobs/venues/venue.h"

struct mm_view {
	struct dec price;      /* by the source that the parameters name */
	struct dec base_ratio; /* of the account's value that is base, 0..1 */
	size_t open_buys, open_sells; /* hanging orders that stay */
	struct venue_rules rules;
};

struct mm_quote {
	enum venue_side side;
	int64_t layer; /* from 1 */
	struct dec price, qty;
};

/* At most 2 * MM_LAYERS_MAX quotes, buys and sells of a layer together. A layer
 * whose numbers leave the range of a decimal is left out. */
size_t mm_quotes(const struct mm_params *p, const struct mm_view *v,
		 struct mm_quote out[static 2 * MM_LAYERS_MAX]);

/* base * price / (base * price + quote); 0.5 for an empty account. ERR_LIMIT.
 */
MUST_CHECK enum err mm_base_ratio(struct dec base, struct dec quote,
				  struct dec price, struct dec *out);
#endif
