/* plan.h - from the strategy's wishes and the orders that stand to intents, as
 * a pure function.
 *
 * A wish takes the place of our open order of the same side and layer
 * (REPLACE_ORDER: the cancel and the create are one intent); without one it is
 * a CREATE_LIMIT_ORDER. An open order that no wish replaces is a CANCEL_ORDER.
 * One that is just what its wish asks for, and nothing of it filled, stays: a
 * new one would only queue behind those that came after the old.
 * Cancels come first, since they free what the others may need; then the wishes
 * in the strategy's order. */
#ifndef GUEST_JOBS_MARKET_MAKING_PLAN_H
#define GUEST_JOBS_MARKET_MAKING_PLAN_H

#include "jobs/market_making/intent.h"
#include "jobs/market_making/strategy.h"

/* An open order of ours. */
struct mm_standing {
	const struct venue_order *order;
	int64_t layer; /* 0: not known; it pairs with no wish */
};

/* Adds the plan's intents to q. nopen <= VENUE_OPEN_MAX, n <= 2 *
 * MM_LAYERS_MAX; orders that are to stay are not in `open`. ERR_DUPLICATE: two
 * wishes of one side and layer, or two orders of one client order id;
 * ERR_SPACE. What was added before stays NEW in q. */
MUST_CHECK enum err mm_plan(struct mm_intents *q, int64_t now_ms,
			    const struct mm_standing *open, size_t nopen,
			    const struct mm_quote *wishes, size_t n);

/* What waits unsent is dropped; *stop receives the STOP_EXECUTOR behind what is
 * still in flight. */
MUST_CHECK enum err mm_plan_stop(struct mm_intents *q, int64_t now_ms,
				 struct mm_intent **stop);
#endif
