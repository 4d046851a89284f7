/* engine.h - a spot matching engine for one symbol: price-time priority, maker
 * and taker fees, accounts with free and locked balances. Time and order ids
 * are the caller's, so a run can be repeated exactly. No allocation, no clock.
 *
 * Account ENGINE_MARKET is the recorded or generated market: it has no balances
 * to run out of and pays no fees. */
#ifndef HOST_PAPER_ENGINE_H
#define HOST_PAPER_ENGINE_H

#include "lib/decimal.h"

enum {
	ENGINE_MARKET = 0,
	ENGINE_ACCOUNTS = 8,   /* with the market */
	ENGINE_ORDERS = 16384, /* of users, remembered: the oldest closed ones
				  make room for new ones */
	ENGINE_BOOK = 1024,    /* resting, a side */
	ENGINE_FILLS = 65536,  /* of users, the newest */
	ENGINE_OPEN_MAX = 200, /* open orders an account may have */
	CLIENT_ID_LEN = 36
};

enum side {
	SIDE_BUY,
	SIDE_SELL
};
enum order_status {
	ORDER_NEW,
	ORDER_PARTIALLY_FILLED,
	ORDER_FILLED,
	ORDER_CANCELED,
	ORDER_EXPIRED,         /* the rest of an IOC, or of a market order */
	ORDER_EXPIRED_IN_MATCH /* by self-trade prevention */
};
enum order_type {
	ORDER_LIMIT,
	ORDER_LIMIT_MAKER,
	ORDER_MARKET
};
enum time_in_force {
	TIF_GTC,
	TIF_IOC
};

/* When an order would trade with another one of its account, which of the two
 * expires instead. */
enum self_trade {
	SELF_TRADE_NONE, /* neither: they trade */
	SELF_TRADE_EXPIRE_MAKER,
	SELF_TRADE_EXPIRE_TAKER,
	SELF_TRADE_EXPIRE_BOTH
};

struct order {
	uint64_t id; /* from 1, rising in order of arrival; some are left out */
	unsigned account;
	enum side side;
	enum order_type type;
	enum time_in_force tif;
	enum self_trade self_trade;
	enum order_status status;
	struct dec price, qty, filled, quote_filled;
	struct dec locked; /* what it still holds of its account's balance */
	int64_t time_ms, update_ms;
	char client_id[CLIENT_ID_LEN + 1];
	int64_t priority; /* resting order at equal price: lower goes first */
};

/* One side of one trade, as the account sees it. */
struct fill {
	uint64_t trade_id, order_id;
	unsigned account;
	struct dec price, qty, quote_qty, fee;
	bool fee_in_base; /* fees are paid in what was received */
	bool is_buyer, is_maker;
	int64_t time_ms;
};

struct balance {
	struct dec free, locked;
};

struct account {
	bool used;
	struct balance base, quote;
};

struct book_side {
	struct order *at[ENGINE_BOOK]; /* best first */
	size_t n;
};

struct engine_rules {
	struct dec tick, step, min_qty, min_notional;
	struct dec maker_fee, taker_fee; /* 0.001 is 10 basis points */
};

struct engine {
	struct engine_rules rules;
	struct account accounts[ENGINE_ACCOUNTS];
	struct book_side book[2];           /* by enum side */
	struct order orders[ENGINE_ORDERS]; /* by id, modulo; see engine_find */
	uint64_t norders;                   /* the newest id */
	struct order market[2 * ENGINE_BOOK]; /* the market's resting orders */
	bool market_used[2 * ENGINE_BOOK];
	struct fill fills[ENGINE_FILLS]; /* modulo: see engine_fill */
	size_t nfills;                   /* ever */
	uint64_t next_trade_id;
	int64_t next_priority;
	struct dec last_price;
};

void engine_init(struct engine *e, const struct engine_rules *rules,
		 uint64_t first_trade_id);

/* Opens an account with these balances; *n names it. ERR_SPACE. What an account
 * has stays within a decimal: an order stops short of a trade that would give
 * it more. */
MUST_CHECK enum err engine_account(struct engine *e, struct dec base,
				   struct dec quote, unsigned *n);

/* What a caller asks for. price is ignored for market orders. */
struct order_request {
	unsigned account;
	enum side side;
	enum order_type type;
	enum time_in_force tif;
	enum self_trade self_trade;
	struct dec price, qty;
	const char *client_id;
	int64_t time_ms;
};

/* Why a request was refused; ENGINE_OK otherwise. */
enum engine_refusal {
	ENGINE_OK,
	ENGINE_BAD_PRICE,    /* not a positive multiple of the tick */
	ENGINE_BAD_QTY,      /* below the minimum or off the step */
	ENGINE_BAD_NOTIONAL, /* price * quantity too small */
	ENGINE_NO_BALANCE,   /* free balance too small */
	ENGINE_WOULD_TAKE,   /* LIMIT_MAKER that crosses the book */
	ENGINE_TOO_MANY,     /* open orders */
	ENGINE_DUPLICATE,    /* client id of an open order */
	ENGINE_UNKNOWN,      /* no such open order */
	ENGINE_FULL          /* the book's side is */
};

/* Places and matches an order of a user. *out is the stored order. Fills made
 * by it are the ones from *first_fill to nfills. */
enum engine_refusal engine_place(struct engine *e,
				 const struct order_request *r,
				 const struct order **out, size_t *first_fill);

/* Cancels an open order of the account. */
enum engine_refusal engine_cancel(struct engine *e, unsigned account,
				  uint64_t id, int64_t time_ms,
				  const struct order **out);

/* One trade of the recorded market, as its two orders: the resting one at
 * `price` arrives (and first fills users' orders that it crosses), goes before
 * every user's order of the same price, since it was there before, and then the
 * aggressor takes `qty` down to `price`: users' orders with a better price are
 * filled first and at their own price, as they would have been. What is left of
 * either order is taken off the book. */
void engine_market_trade(struct engine *e, enum side aggressor,
			 struct dec price, struct dec qty, int64_t time_ms);

/* Replaces the market's displayed quantity at one price (0 removes it); a new
 * level first fills the users' orders that it crosses. */
void engine_market_level(struct engine *e, enum side side, struct dec price,
			 struct dec qty, int64_t time_ms);
/* Removes the market's levels better than `price` on that side. */
void engine_market_trim(struct engine *e, enum side side, struct dec price);

/* Fill i of all that ever were, [0, nfills); NULL when it is forgotten.
 * engine_first_fill is the oldest that is not. */
const struct fill *engine_fill(const struct engine *e, size_t i);
size_t engine_first_fill(const struct engine *e);

/* The account's next remembered order after that id (0: its first), in order of
 * ids; NULL: no more. */
const struct order *engine_next_order(const struct engine *e, unsigned account,
				      uint64_t after);

/* NULL when there is none, or it is forgotten. */
const struct order *engine_find(const struct engine *e, unsigned account,
				uint64_t id);
const struct order *engine_find_client(const struct engine *e, unsigned account,
				       const char *client_id);
bool order_open(const struct order *o);
#endif
