/* orders.h - carries the job's intents out at the venue, and knows its orders
 * there. An account may have other orders and other traders; what is the job's
 * is known by the client order ids of its orders, and by the venue's numbers of
 * those it placed.
 *
 * Intents are carried out in their order, one in flight. A request is tried
 * again when that is safe; an intent whose outcome stays unknown stays SENT,
 * and nothing else is done before the venue has been asked what became of it.
 */
#ifndef GUEST_JOBS_MARKET_MAKING_ORDERS_H
#define GUEST_JOBS_MARKET_MAKING_ORDERS_H

#include "jobs/market_making/ledger.h"
#include "jobs/market_making/plan.h"

enum {
	MM_KNOWN_MAX = 1024, /* orders remembered; the oldest closed one goes */
	MM_OPEN_MAX = 50     /* open orders of ours; no more is created then */
};

struct mm_orders {
	struct venue *v;
	struct mm_ledger *ledger;
	struct mm_intents intents;
	struct venue_order open[VENUE_OPEN_MAX]; /* the account's, last look */
	size_t nopen;
	size_t nours; /* of ours, with what was done since the look */
	struct mm_known {
		uint64_t id;
		struct dec mid; /* when it was quoted */
		int64_t layer;  /* 0: not known */
	} known[MM_KNOWN_MAX];
	size_t nknown;
	/* Of the intent in flight, when its outcome is not known: why, and
	 * whether it is a create (else a cancel) that is in doubt. */
	enum venue_error doubt;
	bool doubt_create;
	struct dec doubt_mid;
	int64_t late_ms; /* mono: until then a create whose answer was lost may
			    still reach the venue */
	struct mm_intent *stop; /* the job's last; in the queue */
	int64_t looked_ms;      /* mono, of the last look */
	bool both;              /* orders on both sides since then */
};

void mm_orders_init(struct mm_orders *o, struct venue *v, struct mm_ledger *l,
		    const struct job_start *s);

/* Clears up doubt, then fetches what is open and counts the time during which
 * orders stood on both sides: from one look that saw them to the next. After
 * mm_orders_stop a create that stays in doubt is no reason not to look. */
enum venue_error mm_orders_look(struct mm_orders *o);

/* Makes the strategy's wishes true: plans intents from them and from what the
 * last look saw, and carries them out. With `hanging`, what is open stays. A
 * create that the venue refuses is a failed intent and VENUE_OK. The error: an
 * outcome that is not known, a cancel that was refused, a venue that cannot be
 * reached or wants to be left alone. After it, and when the job is asked to
 * stop, the rest is dropped unsent: the next tick plans anew. */
enum venue_error mm_orders_refresh(struct mm_orders *o,
				   const struct mm_quote *wishes, size_t n,
				   bool hanging);

/* The end of the job is an intent, too, and its execution takes several goes:
 * begin it once; then take back every open order of ours that the last look
 * saw, as often as it needs; then finish it with VENUE_OK when nothing is open
 * and all is counted, else with the reason why not. */
enum venue_error mm_orders_stop(struct mm_orders *o);
enum venue_error mm_orders_take_back(struct mm_orders *o);
enum venue_error mm_orders_stopped(struct mm_orders *o, enum venue_error e);

/* False while an intent is in doubt, or when a create whose answer was lost may
 * have arrived after the last look: what that saw is not the last word. */
bool mm_orders_settled(struct mm_orders *o);

size_t mm_orders_open(const struct mm_orders *o, enum venue_side side);

/* The mid price when our order of that number was quoted; NULL: not ours. */
const struct dec *mm_orders_mid(const struct mm_orders *o, uint64_t order_id);

/* Waits in job_wait. False: the agent is gone or wants the job to stop. */
bool mm_pause(struct job *j, int64_t deadline_ms);
#endif
