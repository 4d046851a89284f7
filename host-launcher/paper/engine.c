#include "host-launcher/paper/engine.h"

#include <string.h>

static const struct dec zero = { 0 };

void engine_init(struct engine *e, const struct engine_rules *rules,
		 uint64_t first_trade_id)
{
	memset(e, 0, sizeof *e);
	e->rules = *rules;
	e->next_trade_id = first_trade_id;
	e->accounts[ENGINE_MARKET].used = true;
}

enum err engine_account(struct engine *e, struct dec base, struct dec quote,
			unsigned *n)
{
	for (unsigned i = ENGINE_MARKET + 1; i < ENGINE_ACCOUNTS; i++) {
		if (e->accounts[i].used)
			continue;
		e->accounts[i] = (struct account){
			.used = true,
			.base = { .free = base },
			.quote = { .free = quote },
		};
		*n = i;
		return ERR_OK;
	}
	return ERR_SPACE;
}

/* Sums that cannot leave the range of a dec, as can_settle() has looked: a
 * failure would be a bug and leaves the value. */
static void add_to(struct dec *a, struct dec b)
{
	struct dec sum;

	if (dec_add(*a, b, &sum) == ERR_OK)
		*a = sum;
}

static void take_from(struct dec *a, struct dec b)
{
	add_to(a, dec_neg(b));
}

static struct dec product(struct dec a, struct dec b, enum dec_round how)
{
	struct dec p;

	return dec_mul(a, b, how, &p) == ERR_OK ? p : zero;
}

static struct dec remaining(const struct order *o)
{
	return (struct dec){ o->qty.e8 - o->filled.e8 };
}

static enum side other(enum side s)
{
	return s == SIDE_BUY ? SIDE_SELL : SIDE_BUY;
}

/* Does price a come before price b on that side of the book? */
static bool better(enum side s, struct dec a, struct dec b)
{
	return s == SIDE_BUY ? dec_cmp(a, b) > 0 : dec_cmp(a, b) < 0;
}

/* ---- the book ---- */

static bool before(const struct order *a, const struct order *b)
{
	if (dec_cmp(a->price, b->price) != 0)
		return better(a->side, a->price, b->price);
	return a->priority < b->priority;
}

static bool book_insert(struct engine *e, struct order *o)
{
	struct book_side *b = &e->book[o->side];
	size_t i = b->n;

	if (b->n == ENGINE_BOOK)
		return false;
	while (i > 0 && before(o, b->at[i - 1])) {
		b->at[i] = b->at[i - 1];
		i--;
	}
	b->at[i] = o;
	b->n++;
	return true;
}

static void book_remove(struct engine *e, const struct order *o)
{
	struct book_side *b = &e->book[o->side];
	size_t i = 0;

	while (i < b->n && b->at[i] != o)
		i++;
	if (i == b->n)
		return;
	memmove(&b->at[i], &b->at[i + 1], (b->n - i - 1) * sizeof b->at[0]);
	b->n--;
	if (o->account == ENGINE_MARKET)
		e->market_used[o - e->market] = false;
}

/* ---- money ---- */

/* What an order may have to pay at most: quote for a buy, base for a sell. */
static struct balance *paying(struct engine *e, const struct order *o)
{
	struct account *a = &e->accounts[o->account];

	return o->side == SIDE_BUY ? &a->quote : &a->base;
}

static void lock(struct engine *e, struct order *o, struct dec amount)
{
	struct balance *b = paying(e, o);

	take_from(&b->free, amount);
	add_to(&b->locked, amount);
	o->locked = amount;
}

static void release(struct engine *e, struct order *o, struct dec amount)
{
	struct balance *b = paying(e, o);

	take_from(&b->locked, amount);
	add_to(&b->free, amount);
	take_from(&o->locked, amount);
}

/* A finished order gives back what it did not use. */
static void finish(struct engine *e, struct order *o, enum order_status st,
		   int64_t time_ms)
{
	o->status = st;
	o->update_ms = time_ms;
	if (o->account != ENGINE_MARKET)
		release(e, o, o->locked);
}

static void record(struct engine *e, const struct order *o, struct dec price,
		   struct dec qty, struct dec quote, struct dec fee, bool maker,
		   int64_t time_ms)
{
	e->fills[e->nfills++ % ENGINE_FILLS] = (struct fill){
		.trade_id = e->next_trade_id,
		.order_id = o->id,
		.account = o->account,
		.price = price,
		.qty = qty,
		.quote_qty = quote,
		.fee = fee,
		.fee_in_base = o->side == SIDE_BUY,
		.is_buyer = o->side == SIDE_BUY,
		.is_maker = maker,
		.time_ms = time_ms,
	};
}

/* Moves one side's money: pays out of what was locked, receives less the fee.
 * Amounts round against the account, by less than 10^-8. */
static void settle(struct engine *e, struct order *o, struct dec price,
		   struct dec qty, bool maker, int64_t time_ms)
{
	struct account *a = &e->accounts[o->account];
	bool buy = o->side == SIDE_BUY;
	struct dec quote = product(price, qty, buy ? DEC_UP : DEC_DOWN);
	struct dec got = buy ? qty : quote;
	struct dec paid = buy ? quote : qty;
	struct dec fee = product(
		got, maker ? e->rules.maker_fee : e->rules.taker_fee, DEC_UP);

	add_to(&o->filled, qty);
	add_to(&o->quote_filled, quote);
	o->status = ORDER_PARTIALLY_FILLED;
	o->update_ms = time_ms;
	if (o->account == ENGINE_MARKET)
		return;
	paid = dec_min(paid, o->locked); /* roundings of parts can add up */
	take_from(&paying(e, o)->locked, paid);
	take_from(&o->locked, paid);
	add_to(buy ? &a->base.free : &a->quote.free, got);
	take_from(buy ? &a->base.free : &a->quote.free, fee);
	record(e, o, price, qty, quote, fee, maker, time_ms);
}

/* Does what the order's account has, with this trade, stay a decimal? */
static bool can_settle(const struct engine *e, const struct order *o,
		       struct dec price, struct dec qty)
{
	const struct account *a = &e->accounts[o->account];
	bool buy = o->side == SIDE_BUY;
	const struct balance *b = buy ? &a->base : &a->quote;
	struct dec quote, sum;

	if (dec_mul(price, qty, DEC_UP, &quote) != ERR_OK)
		return false;
	if (o->account == ENGINE_MARKET)
		return true;
	return dec_add(o->quote_filled, quote, &sum) == ERR_OK &&
	       dec_add(b->free, b->locked, &sum) == ERR_OK &&
	       dec_add(sum, buy ? qty : quote, &sum) == ERR_OK;
}

/* ---- matching ---- */

static bool crosses(const struct order *taker, const struct order *resting)
{
	return taker->type == ORDER_MARKET ||
	       !better(resting->side, taker->price, resting->price);
}

/* Two orders of the recorded market never need to meet: their trade is known.
 */
static bool skipped(const struct order *taker, const struct order *resting)
{
	return taker->account == ENGINE_MARKET &&
	       resting->account == ENGINE_MARKET;
}

/* False when one of the two cannot hold what it would get. */
static bool trade(struct engine *e, struct order *taker, struct order *resting,
		  int64_t time_ms)
{
	struct dec qty = dec_min(remaining(taker), remaining(resting));

	if (!can_settle(e, taker, resting->price, qty) ||
	    !can_settle(e, resting, resting->price, qty))
		return false;
	settle(e, resting, resting->price, qty, true, time_ms);
	settle(e, taker, resting->price, qty, false, time_ms);
	e->last_price = resting->price;
	e->next_trade_id++;
	if (remaining(resting).e8 == 0) {
		finish(e, resting, ORDER_FILLED, time_ms);
		book_remove(e, resting);
	}
	return true;
}

static bool meets_itself(const struct order *taker, const struct order *resting)
{
	return taker->account != ENGINE_MARKET &&
	       taker->account == resting->account &&
	       taker->self_trade != SELF_TRADE_NONE;
}

/* What expires instead of the two trading; false when the taker does. */
static bool prevent(struct engine *e, struct order *taker,
		    struct order *resting, int64_t time_ms)
{
	if (taker->self_trade != SELF_TRADE_EXPIRE_TAKER) {
		book_remove(e, resting);
		finish(e, resting, ORDER_EXPIRED_IN_MATCH, time_ms);
	}
	if (taker->self_trade == SELF_TRADE_EXPIRE_MAKER)
		return true;
	taker->status = ORDER_EXPIRED_IN_MATCH;
	return false;
}

static void match(struct engine *e, struct order *taker, int64_t time_ms)
{
	struct book_side *b = &e->book[other(taker->side)];
	size_t i = 0;

	while (i < b->n && remaining(taker).e8 > 0 &&
	       crosses(taker, b->at[i])) {
		struct order *resting = b->at[i];

		if (skipped(taker, resting)) {
			i++;
			continue;
		}
		if (meets_itself(taker, resting)) {
			if (!prevent(e, taker, resting, time_ms))
				return;
			continue;
		}
		if (!trade(e, taker, resting, time_ms))
			return;
		if (i < b->n && b->at[i] == resting)
			i++; /* only partly filled: the taker is done */
	}
}

/* ---- users' orders ---- */

static bool multiple_of(struct dec v, struct dec step)
{
	return step.e8 > 0 && v.e8 % step.e8 == 0;
}

/* The most a buy at market may cost: every level it would take. */
static bool market_cost(const struct engine *e, const struct order_request *r,
			struct dec *out)
{
	const struct book_side *b = &e->book[SIDE_SELL];
	struct dec left = r->qty, sum = zero;

	for (size_t i = 0; i < b->n && left.e8 > 0; i++) {
		struct dec q = dec_min(left, remaining(b->at[i])), c;

		if (dec_mul(q, b->at[i]->price, DEC_UP, &c) != ERR_OK ||
		    dec_add(sum, c, &sum) != ERR_OK)
			return false;
		left.e8 -= q.e8;
	}
	*out = sum;
	return true;
}

static enum engine_refusal
cost_of(const struct engine *e, const struct order_request *r, struct dec *cost)
{
	struct dec notional;

	if (r->type == ORDER_MARKET) {
		*cost = r->qty;
		if (r->side == SIDE_BUY && !market_cost(e, r, cost))
			return ENGINE_BAD_QTY;
		return ENGINE_OK;
	}
	if (r->price.e8 <= 0 || !multiple_of(r->price, e->rules.tick))
		return ENGINE_BAD_PRICE;
	if (dec_mul(r->price, r->qty, DEC_UP, &notional) != ERR_OK)
		return ENGINE_BAD_QTY;
	if (dec_cmp(notional, e->rules.min_notional) < 0)
		return ENGINE_BAD_NOTIONAL;
	*cost = r->side == SIDE_BUY ? notional : r->qty;
	return ENGINE_OK;
}

static size_t open_orders(const struct engine *e, unsigned account)
{
	size_t n = 0;

	for (int s = 0; s < 2; s++)
		for (size_t i = 0; i < e->book[s].n; i++)
			n += e->book[s].at[i]->account == account;
	return n;
}

static bool would_take(const struct engine *e, const struct order_request *r)
{
	const struct book_side *b = &e->book[other(r->side)];
	struct order probe = { .side = r->side,
			       .type = ORDER_LIMIT,
			       .price = r->price };

	return b->n > 0 && crosses(&probe, b->at[0]);
}

static enum engine_refusal
check(const struct engine *e, const struct order_request *r, struct dec *cost)
{
	const struct account *a = &e->accounts[r->account];
	const struct order *same;
	enum engine_refusal why;

	if (dec_cmp(r->qty, e->rules.min_qty) < 0 || r->qty.e8 <= 0 ||
	    !multiple_of(r->qty, e->rules.step))
		return ENGINE_BAD_QTY;
	why = cost_of(e, r, cost);
	if (why != ENGINE_OK)
		return why;
	same = engine_find_client(e, r->account, r->client_id);
	if (same != NULL && order_open(same))
		return ENGINE_DUPLICATE;
	if (open_orders(e, r->account) >= ENGINE_OPEN_MAX)
		return ENGINE_TOO_MANY;
	if (e->book[r->side].n == ENGINE_BOOK)
		return ENGINE_FULL;
	if (dec_cmp(r->side == SIDE_BUY ? a->quote.free : a->base.free, *cost) <
	    0)
		return ENGINE_NO_BALANCE;
	if (r->type == ORDER_LIMIT_MAKER && would_take(e, r))
		return ENGINE_WOULD_TAKE;
	return ENGINE_OK;
}

/* The place of the next id whose earlier order is closed: fewer orders can be
 * open than there are places. */
static struct order *next_place(struct engine *e)
{
	struct order *o;

	do
		o = &e->orders[e->norders++ % ENGINE_ORDERS];
	while (o->id != 0 && order_open(o));
	return o;
}

enum engine_refusal engine_place(struct engine *e,
				 const struct order_request *r,
				 const struct order **out, size_t *first_fill)
{
	struct dec cost;
	enum engine_refusal why = check(e, r, &cost);
	struct order *o;

	if (why != ENGINE_OK)
		return why;
	o = next_place(e);
	*o = (struct order){
		.id = e->norders,
		.account = r->account,
		.side = r->side,
		.type = r->type,
		.tif = r->tif,
		.self_trade = r->self_trade,
		.status = ORDER_NEW,
		.price = r->type == ORDER_MARKET ? zero : r->price,
		.qty = r->qty,
		.time_ms = r->time_ms,
		.update_ms = r->time_ms,
		.priority = ++e->next_priority,
	};
	strncpy(o->client_id, r->client_id, CLIENT_ID_LEN);
	lock(e, o, cost);
	*first_fill = e->nfills;
	*out = o;
	match(e, o, r->time_ms);
	if (remaining(o).e8 == 0)
		finish(e, o, ORDER_FILLED, r->time_ms);
	else if (o->status == ORDER_EXPIRED_IN_MATCH)
		finish(e, o, ORDER_EXPIRED_IN_MATCH, r->time_ms);
	else if (r->type == ORDER_MARKET || r->tif == TIF_IOC ||
		 !book_insert(e, o))
		finish(e, o, ORDER_EXPIRED, r->time_ms);
	return ENGINE_OK;
}

enum engine_refusal engine_cancel(struct engine *e, unsigned account,
				  uint64_t id, int64_t time_ms,
				  const struct order **out)
{
	struct order *o = &e->orders[(id - 1) % ENGINE_ORDERS];

	if (engine_find(e, account, id) == NULL || !order_open(o))
		return ENGINE_UNKNOWN;
	book_remove(e, o);
	finish(e, o, ORDER_CANCELED, time_ms);
	*out = o;
	return ENGINE_OK;
}

/* ---- the market ---- */

static struct order *market_order(struct engine *e, enum side side,
				  struct dec price, struct dec qty,
				  int64_t priority, int64_t time_ms)
{
	for (size_t i = 0; i < 2 * ENGINE_BOOK; i++) {
		if (e->market_used[i])
			continue;
		e->market_used[i] = true;
		e->market[i] = (struct order){
			.account = ENGINE_MARKET,
			.side = side,
			.type = ORDER_LIMIT,
			.price = price,
			.qty = qty,
			.priority = priority,
			.time_ms = time_ms,
		};
		return &e->market[i];
	}
	return NULL;
}

static void market_free(struct engine *e, const struct order *o)
{
	e->market_used[o - e->market] = false;
}

/* A market order that takes what users offer, and is then forgotten. */
static struct dec market_take(struct engine *e, enum side side,
			      struct dec price, struct dec qty, int64_t time_ms)
{
	struct order *o = market_order(e, side, price, qty, 0, time_ms);
	struct dec left = qty;

	if (o == NULL)
		return left;
	match(e, o, time_ms);
	left = remaining(o);
	market_free(e, o);
	return left;
}

/* Users' orders strictly better than `price`, as far as qty goes. */
static void take_better(struct engine *e, enum side aggressor, struct dec price,
			struct dec qty, int64_t time_ms)
{
	struct dec tick = e->rules.tick, limit;
	enum err err = aggressor == SIDE_SELL ? dec_add(price, tick, &limit)
					      : dec_sub(price, tick, &limit);

	if (err == ERR_OK && limit.e8 > 0)
		(void)market_take(e, aggressor, limit, qty, time_ms);
}

void engine_market_trade(struct engine *e, enum side aggressor,
			 struct dec price, struct dec qty, int64_t time_ms)
{
	/* the resting order arrives: it takes what it crosses */
	(void)market_take(e, other(aggressor), price, qty, time_ms);
	/* the aggressor: at `price` itself the recorded order was first, and
	 * it was as large as the trade */
	take_better(e, aggressor, price, qty, time_ms);
	e->last_price = price;
	e->next_trade_id++;
}

static struct order *market_at(const struct engine *e, enum side side,
			       struct dec price)
{
	const struct book_side *b = &e->book[side];

	for (size_t i = 0; i < b->n; i++)
		if (b->at[i]->account == ENGINE_MARKET &&
		    dec_cmp(b->at[i]->price, price) == 0)
			return b->at[i];
	return NULL;
}

void engine_market_level(struct engine *e, enum side side, struct dec price,
			 struct dec qty, int64_t time_ms)
{
	struct order *o = market_at(e, side, price);

	if (o != NULL)
		book_remove(e, o);
	if (qty.e8 > 0)
		qty = market_take(e, side, price, qty, time_ms);
	if (qty.e8 <= 0)
		return;
	o = market_order(e, side, price, qty, 0, time_ms);
	if (o != NULL && !book_insert(e, o))
		market_free(e, o);
}

void engine_market_trim(struct engine *e, enum side side, struct dec price)
{
	struct book_side *b = &e->book[side];
	size_t i = 0;

	while (i < b->n && better(side, b->at[i]->price, price)) {
		if (b->at[i]->account == ENGINE_MARKET)
			book_remove(e, b->at[i]);
		else
			i++;
	}
}
