/* venue.h - a spot exchange as a job sees it: one pair, one account. Calls wait
 * in job_wait, so the job can be stopped and asked meanwhile. */
#ifndef GUEST_JOBS_VENUES_VENUE_H
#define GUEST_JOBS_VENUES_VENUE_H

#include "jobs/job.h"
#include "lib/decimal.h"
#include "lib/httpc.h"

enum {
	VENUE_ID_LEN = 36,      /* client order id */
	VENUE_ASSET_LEN = 15,   /* "XRP" */
	VENUE_OPEN_MAX = 200,   /* open orders that are looked at */
	VENUE_TRADES_MAX = 100, /* trades fetched at once */
	VENUE_LATE_MS = 6000,   /* a signed request is not acted on later */
	LIMIT_VENUE_BODY = 128 * 1024,
	LIMIT_VENUE_ARENA = 1024 * 1024,
};

/* Errors as the engine this follows names them, sorted by name, since a report
 * counts by it. RATE_LIMITED and NETWORK are worth a retry. */
/* clang-format off */
#define VENUE_ERROR_LIST(X) \
	X(OK,           "") \
	X(AGENT,        "AGENT_GONE") \
	X(OTHER,        "EXCHANGE_ERROR") \
	X(FUNDS,        "EXCHANGE_INSUFFICIENT_FUNDS") \
	X(INVALID,      "EXCHANGE_INVALID_REQUEST") \
	X(NETWORK,      "EXCHANGE_NETWORK_ERROR") \
	X(NO_PRICE,     "EXCHANGE_NO_PRICE") \
	X(NO_ORDER,     "EXCHANGE_NO_SUCH_ORDER") \
	X(RATE_LIMITED, "EXCHANGE_RATE_LIMITED")
/* clang-format on */

enum venue_error {
#define X(name, text) VENUE_##name,
	VENUE_ERROR_LIST(X)
#undef X
};

const char *venue_error_name(enum venue_error e);

enum venue_side {
	VENUE_BUY,
	VENUE_SELL
};

struct venue_rules {
	struct dec tick, step, min_qty, min_notional;
};

struct venue_top {
	struct dec bid, ask; /* both positive, bid < ask */
};

struct venue_order {
	uint64_t id;
	char client_id[VENUE_ID_LEN + 1];
	enum venue_side side;
	struct dec price, qty, filled;
};

struct venue_trade {
	uint64_t id, order_id;
	enum venue_side side;
	struct dec price, qty, quote_qty, fee;
	char fee_asset[VENUE_ASSET_LEN + 1];
	bool maker;
	int64_t time_ms;
};

struct venue_balances {
	struct dec base, quote; /* free and locked together */
};

struct venue {
	struct job *j;
	char base[VENUE_ASSET_LEN + 1], quote[VENUE_ASSET_LEN + 1];
	char symbol[2 * VENUE_ASSET_LEN + 1];
	struct venue_rules rules;
	bool clock_known;        /* false: it is asked before a signed call */
	int64_t clock_offset_ms; /* the venue's clock less ours */
	int64_t give_up_ms; /* mono: no request lasts longer; 0: no such time */
	int64_t retry_after_ms; /* what the last RATE_LIMITED asked for, or 0 */
	struct tls_anchors anchors;
	struct httpc http;
	bool open;
	uint8_t buf[LIMIT_VENUE_BODY + 2 * LIMIT_HTTP_HEAD_BYTES];
	uint8_t arena[LIMIT_VENUE_ARENA];
	char error[LIMIT_JOB_ERROR + 1]; /* of the last failure, printable */
};

/* Splits "BASE/QUOTE" (capital letters and digits). ERR_VALUE. */
MUST_CHECK enum err venue_pair(struct slice pair, struct venue *v);

/* Gets ready to talk to j->start's venue with its credentials, reads the clock
 * and the rules of the pair. */
enum venue_error venue_open(struct venue *v, struct job *j);
void venue_close(struct venue *v); /* wipes */

/* Sets v->error to e's name and text; returns e. */
enum venue_error venue_say(struct venue *v, enum venue_error e,
			   const char *text);

/* VENUE_NO_PRICE when one side of the book is empty or the book is crossed. */
enum venue_error venue_top(struct venue *v, struct venue_top *out);
enum venue_error venue_last_price(struct venue *v, struct dec *out);
enum venue_error venue_balances(struct venue *v, struct venue_balances *out);

/* Places a limit order, good till cancelled; *id receives the venue's number.
 * It never trades with another order of the account: that one is taken back
 * instead. After NETWORK, OTHER and AGENT the order may be there or not:
 * venue_find tells, and the order must not be sent again before it has. */
enum venue_error venue_place(struct venue *v, enum venue_side side,
			     struct dec price, struct dec qty,
			     const char *client_id, uint64_t *id);
/* VENUE_NO_ORDER: it is not open any more. */
enum venue_error venue_cancel(struct venue *v, const char *client_id);
/* Is there an order, open or not, of that client_id? VENUE_NO_ORDER: no. */
enum venue_error venue_find(struct venue *v, const char *client_id,
			    uint64_t *id);

/* Open orders of the pair. VENUE_OTHER when there are more than
 * VENUE_OPEN_MAX. */
enum venue_error venue_open_orders(struct venue *v,
				   struct venue_order out[VENUE_OPEN_MAX],
				   size_t *n);

/* The account's trades from id `from` on, oldest first; from 0: the newest one
 * alone, to know where to begin. An account that traded with itself has two of
 * the same id, one on each side. */
enum venue_error venue_trades(struct venue *v, uint64_t from,
			      struct venue_trade out[VENUE_TRADES_MAX],
			      size_t *n);
#endif
