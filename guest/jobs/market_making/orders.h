/* orders.h - the job's own orders at the venue: placed, followed, taken back.
 * An account may have other orders and other traders; what is the job's is
 * known by the venue's numbers of the orders it placed. */
#ifndef GUEST_JOBS_MARKET_MAKING_ORDERS_H
#define GUEST_JOBS_MARKET_MAKING_ORDERS_H

#include "jobs/market_making/ledger.h"
#include "jobs/market_making/strategy.h"

enum {
	MM_KNOWN_MAX = 1024, /* orders remembered; the oldest closed one goes */
	MM_PREFIX_LEN = 10   /* of our client order ids */
};

struct mm_orders {
	struct venue *v;
	struct mm_ledger *ledger;
	char prefix[MM_PREFIX_LEN + 1];
	uint64_t seq;
	struct venue_order open[VENUE_OPEN_MAX]; /* the account's, last look */
	size_t nopen;
	struct {
		uint64_t id;
		struct dec mid; /* when it was quoted */
	} known[MM_KNOWN_MAX];
	size_t nknown;
	/* A create whose outcome is not known, "" for none: it is cleared up
	 * before anything else is done. */
	char doubtful[VENUE_ID_LEN + 1];
	struct dec doubtful_mid;
	int64_t looked_ms; /* mono, of the last look */
	bool both;         /* orders on both sides since then */
};

/* Client order ids carry the job id's digest: a job finds its orders among
 * others of the account. */
void mm_orders_init(struct mm_orders *o, struct venue *v, struct mm_ledger *l,
		    const char *job_id);

/* Clears up doubt, then fetches what is open and counts the time during which
 * orders stood on both sides: from one look that saw them to the next. */
enum venue_error mm_orders_look(struct mm_orders *o);

/* Places one quote; retried when that is safe. A refusal by the venue is
 * counted and VENUE_OK; an outcome that is not known, or a venue that cannot be
 * reached, is the error. */
enum venue_error mm_orders_create(struct mm_orders *o,
				  const struct mm_quote *q);

/* Takes back every open order of ours that the last look saw. */
enum venue_error mm_orders_cancel(struct mm_orders *o);

size_t mm_orders_open(const struct mm_orders *o, enum venue_side side);

/* The mid price when our order of that number was quoted; NULL: not ours. */
const struct dec *mm_orders_mid(const struct mm_orders *o, uint64_t order_id);

/* Waits in job_wait. False: the agent is gone or wants the job to stop. */
bool mm_pause(struct job *j, int64_t deadline_ms);
#endif
