/* paper_private.c - the exchange's signed calls: orders, trades, account. */
#include <stdio.h>
#include <string.h>

#include "host-launcher/paper/paper.h"
#include "lib/text.h"

enum {
	LIST_DEFAULT = 500,
	LIST_MAX = 1000
};

static const char *const status_name[] = {
	[ORDER_NEW] = "NEW",
	[ORDER_PARTIALLY_FILLED] = "PARTIALLY_FILLED",
	[ORDER_FILLED] = "FILLED",
	[ORDER_CANCELED] = "CANCELED",
	[ORDER_EXPIRED] = "EXPIRED",
	[ORDER_EXPIRED_IN_MATCH] = "EXPIRED_IN_MATCH",
};
static const char *const self_trade_name[] = {
	[SELF_TRADE_NONE] = "NONE",
	[SELF_TRADE_EXPIRE_MAKER] = "EXPIRE_MAKER",
	[SELF_TRADE_EXPIRE_TAKER] = "EXPIRE_TAKER",
	[SELF_TRADE_EXPIRE_BOTH] = "EXPIRE_BOTH",
};
static const char *const side_name[] = {
	[SIDE_BUY] = "BUY", [SIDE_SELL] = "SELL"
};
static const char *const type_name[] = {
	[ORDER_LIMIT] = "LIMIT",
	[ORDER_LIMIT_MAKER] = "LIMIT_MAKER",
	[ORDER_MARKET] = "MARKET",
};
static const char *const tif_name[] = { [TIF_GTC] = "GTC", [TIF_IOC] = "IOC" };

static void dec_field(struct wr *w, const char *key, struct dec v)
{
	wr_fmt(w, ",\"%s\":\"", key);
	paper_dec(w, v);
	wr_str(w, "\"");
}

/* The members that every form of an order has. */
static void order_core(struct paper_call *c, const struct order *o)
{
	wr_fmt(c->w, "\"symbol\":\"%s\",\"orderId\":%llu,\"orderListId\":-1",
	       c->p->symbol, (unsigned long long)o->id);
	dec_field(c->w, "price", o->price);
	dec_field(c->w, "origQty", o->qty);
	dec_field(c->w, "executedQty", o->filled);
	dec_field(c->w, "cummulativeQuoteQty", o->quote_filled);
	wr_fmt(c->w,
	       ",\"status\":\"%s\",\"timeInForce\":\"%s\",\"type\":\"%s\","
	       "\"side\":\"%s\",\"selfTradePreventionMode\":\"%s\"",
	       status_name[o->status], tif_name[o->tif], type_name[o->type],
	       side_name[o->side], self_trade_name[o->self_trade]);
}

static void order_json(struct paper_call *c, const struct order *o)
{
	wr_str(c->w, "{");
	order_core(c, o);
	wr_fmt(c->w,
	       ",\"clientOrderId\":\"%s\",\"time\":%lld,\"updateTime\":%lld,"
	       "\"isWorking\":%s,\"workingTime\":%lld}",
	       o->client_id, (long long)o->time_ms, (long long)o->update_ms,
	       order_open(o) ? "true" : "false", (long long)o->time_ms);
}

/* ---- placing ---- */

static int index_of(const char *text, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(text, names[i]) == 0)
			return (int)i;
	return -1;
}

static bool read_choice(struct paper_call *c, const char *key,
			const char *const *names, size_t n,
			enum paper_error wrong, int *out)
{
	char text[24];
	enum err e = paper_param(c, key, text, sizeof text);

	if (e == ERR_MISSING) {
		paper_fail(c, PAPER_MISSING);
		return false;
	}
	*out = e == ERR_OK ? index_of(text, names, n) : -1;
	if (*out < 0)
		paper_fail(c, wrong);
	return *out >= 0;
}

static bool read_amount(struct paper_call *c, const char *key, struct dec *out)
{
	char text[40];
	enum err e = paper_param(c, key, text, sizeof text);

	if (e == ERR_MISSING)
		paper_fail(c, PAPER_MISSING);
	else if (e != ERR_OK || dec_parse(str_slice(text), out) != ERR_OK)
		paper_fail(c, PAPER_PRECISION);
	else
		return true;
	return false;
}

/* The venue's pattern: ^[.A-Z:/a-z0-9_-]{1,36}$ */
static bool client_id_ok(const char *s)
{
	for (size_t i = 0; s[i] != '\0'; i++) {
		char x = s[i];

		if (!((x >= 'a' && x <= 'z') || (x >= 'A' && x <= 'Z') ||
		      (x >= '0' && x <= '9') || strchr(".:/_-", x) != NULL))
			return false;
	}
	return s[0] != '\0';
}

static bool read_client_id(struct paper_call *c, char *out)
{
	enum err e = paper_param(c, "newClientOrderId", out, CLIENT_ID_LEN + 1);

	if (e == ERR_MISSING) {
		snprintf(out, CLIENT_ID_LEN + 1, "paper-%llu",
			 (unsigned long long)(c->p->engine.norders + 1));
		return true;
	}
	if (e == ERR_OK && client_id_ok(out))
		return true;
	paper_fail(c, PAPER_ILLEGAL);
	return false;
}

static bool read_order(struct paper_call *c, struct order_request *r, char *id)
{
	int side, type, tif = TIF_GTC, self_trade = SELF_TRADE_EXPIRE_MAKER;
	char none[2];

	if (!paper_symbol_ok(c, true) ||
	    !read_choice(c, "side", side_name, 2, PAPER_SIDE, &side) ||
	    !read_choice(c, "type", type_name, 3, PAPER_TYPE, &type) ||
	    !read_amount(c, "quantity", &r->qty) || !read_client_id(c, id))
		return false;
	if (type == ORDER_LIMIT &&
	    !read_choice(c, "timeInForce", tif_name, 2, PAPER_TIF, &tif))
		return false;
	if (type != ORDER_MARKET && !read_amount(c, "price", &r->price))
		return false;
	if (paper_param(c, "selfTradePreventionMode", none, sizeof none) !=
		    ERR_MISSING &&
	    !read_choice(c, "selfTradePreventionMode", self_trade_name, 4,
			 PAPER_ILLEGAL, &self_trade))
		return false;
	r->self_trade = (enum self_trade)self_trade;
	r->account = c->account;
	r->side = (enum side)side;
	r->type = (enum order_type)type;
	r->tif = (enum time_in_force)tif;
	r->client_id = id;
	r->time_ms = c->now_ms;
	return true;
}

static void refuse(struct paper_call *c, enum engine_refusal why)
{
	static const enum paper_error as[] = {
		[ENGINE_OK] = PAPER_UNKNOWN,
		[ENGINE_BAD_PRICE] = PAPER_FILTER_PRICE,
		[ENGINE_BAD_QTY] = PAPER_FILTER_LOT,
		[ENGINE_BAD_NOTIONAL] = PAPER_FILTER_NOTIONAL,
		[ENGINE_NO_BALANCE] = PAPER_BALANCE,
		[ENGINE_WOULD_TAKE] = PAPER_TAKE,
		[ENGINE_TOO_MANY] = PAPER_FILTER_ORDERS,
		[ENGINE_DUPLICATE] = PAPER_DUPLICATE,
		[ENGINE_UNKNOWN] = PAPER_CANCEL,
		[ENGINE_FULL] = PAPER_WEIGHT,
	};

	paper_fail(c, as[why]);
}

static void fill_json(struct paper_call *c, const struct fill *f, bool first)
{
	wr_str(c->w, first ? "{" : ",{");
	wr_str(c->w, "\"price\":\"");
	paper_dec(c->w, f->price);
	wr_str(c->w, "\"");
	dec_field(c->w, "qty", f->qty);
	dec_field(c->w, "commission", f->fee);
	wr_fmt(c->w, ",\"commissionAsset\":\"%s\",\"tradeId\":%llu}",
	       f->fee_in_base ? c->p->base : c->p->quote,
	       (unsigned long long)f->trade_id);
}

void paper_post_order(struct paper_call *c)
{
	const struct engine *e = &c->p->engine;
	struct order_request r = { 0 };
	char id[CLIENT_ID_LEN + 1];
	const struct order *o = NULL;
	enum engine_refusal why;
	size_t i = 0;
	bool first = true;

	if (!read_order(c, &r, id))
		return;
	why = engine_place(&c->p->engine, &r, &o, &i);
	if (why != ENGINE_OK) {
		refuse(c, why);
		return;
	}
	wr_str(c->w, "{");
	order_core(c, o);
	wr_fmt(c->w,
	       ",\"clientOrderId\":\"%s\",\"transactTime\":%lld,"
	       "\"workingTime\":%lld,\"fills\":[",
	       o->client_id, (long long)o->time_ms, (long long)o->time_ms);
	for (; i < e->nfills; i++) {
		const struct fill *f = engine_fill(e, i);

		if (f == NULL || f->order_id != o->id)
			continue; /* the other side's, maybe a user's, too */
		fill_json(c, f, first);
		first = false;
	}
	wr_str(c->w, "]}");
}

/* ---- finding ---- */

/* orderId or origClientOrderId. NULL after an error was answered. */
static const struct order *find_order(struct paper_call *c,
				      enum paper_error missing)
{
	char text[CLIENT_ID_LEN + 1];
	const struct order *o = NULL;
	uint64_t id;

	if (!paper_symbol_ok(c, true))
		return NULL;
	if (paper_param(c, "orderId", text, sizeof text) == ERR_OK) {
		if (u64_parse(str_slice(text), UINT64_MAX, &id) != ERR_OK) {
			paper_fail(c, PAPER_ILLEGAL);
			return NULL;
		}
		o = engine_find(&c->p->engine, c->account, id);
	} else if (paper_param(c, "origClientOrderId", text, sizeof text) ==
		   ERR_OK) {
		o = engine_find_client(&c->p->engine, c->account, text);
	} else {
		paper_fail(c, PAPER_MISSING);
		return NULL;
	}
	if (o == NULL)
		paper_fail(c, missing);
	return o;
}

void paper_get_order(struct paper_call *c)
{
	const struct order *o = find_order(c, PAPER_NO_ORDER);

	if (o != NULL)
		order_json(c, o);
}

static void canceled_json(struct paper_call *c, const struct order *o)
{
	wr_str(c->w, "{");
	order_core(c, o);
	wr_fmt(c->w,
	       ",\"origClientOrderId\":\"%s\",\"clientOrderId\":\"%s\","
	       "\"transactTime\":%lld}",
	       o->client_id, o->client_id, (long long)o->update_ms);
}

void paper_delete_order(struct paper_call *c)
{
	const struct order *o = find_order(c, PAPER_CANCEL);

	if (o == NULL)
		return;
	if (engine_cancel(&c->p->engine, c->account, o->id, c->now_ms, &o) !=
	    ENGINE_OK)
		paper_fail(c, PAPER_CANCEL);
	else
		canceled_json(c, o);
}

typedef bool order_filter(const struct order *o);
typedef void order_writer(struct paper_call *c, const struct order *o);

/* The account's orders after id `after`, oldest first, but for the first `skip`
 * of them. */
static void list(struct paper_call *c, order_filter *want, order_writer *put,
		 uint64_t after, uint64_t skip)
{
	const struct engine *e = &c->p->engine;
	const struct order *o;
	bool any = false;

	wr_str(c->w, "[");
	while ((o = engine_next_order(e, c->account, after)) != NULL) {
		after = o->id;
		if (!want(o))
			continue;
		if (skip > 0) {
			skip--;
			continue;
		}
		if (any)
			wr_str(c->w, ",");
		put(c, o);
		any = true;
	}
	wr_str(c->w, "]");
}

static bool every(const struct order *o)
{
	(void)o;
	return true;
}

void paper_get_open_orders(struct paper_call *c)
{
	if (paper_symbol_ok(c, false))
		list(c, order_open, order_json, 0, 0);
}

static void cancel_and_write(struct paper_call *c, const struct order *o)
{
	if (engine_cancel(&c->p->engine, c->account, o->id, c->now_ms, &o) ==
	    ENGINE_OK)
		canceled_json(c, o);
}

void paper_delete_open_orders(struct paper_call *c)
{
	if (!paper_symbol_ok(c, true))
		return;
	list(c, order_open, cancel_and_write, 0, 0);
	if (c->w->len == 2) /* "[]": nothing was open */
		paper_fail(c, PAPER_CANCEL);
}

/* ---- trades and account ---- */

static void my_trade_json(struct paper_call *c, const struct fill *f)
{
	wr_fmt(c->w,
	       "{\"symbol\":\"%s\",\"id\":%llu,\"orderId\":%llu,"
	       "\"orderListId\":-1",
	       c->p->symbol, (unsigned long long)f->trade_id,
	       (unsigned long long)f->order_id);
	dec_field(c->w, "price", f->price);
	dec_field(c->w, "qty", f->qty);
	dec_field(c->w, "quoteQty", f->quote_qty);
	dec_field(c->w, "commission", f->fee);
	wr_fmt(c->w,
	       ",\"commissionAsset\":\"%s\",\"time\":%lld,\"isBuyer\":%s,"
	       "\"isMaker\":%s,\"isBestMatch\":true}",
	       f->fee_in_base ? c->p->base : c->p->quote, (long long)f->time_ms,
	       f->is_buyer ? "true" : "false", f->is_maker ? "true" : "false");
}

/* Optional number parameter. False after an error was answered. */
static bool read_number(struct paper_call *c, const char *key, uint64_t max,
			uint64_t *out)
{
	char text[24];
	enum err e = paper_param(c, key, text, sizeof text);

	if (e == ERR_MISSING)
		return true;
	if (e == ERR_OK && u64_parse(str_slice(text), max, out) == ERR_OK)
		return true;
	paper_fail(c, PAPER_ILLEGAL);
	return false;
}

/* The newest `limit`, of those from orderId on. */
void paper_get_all_orders(struct paper_call *c)
{
	const struct engine *e = &c->p->engine;
	uint64_t from = 0, limit = LIST_DEFAULT, n = 0;
	const struct order *o = NULL;

	if (!paper_symbol_ok(c, true) ||
	    !read_number(c, "orderId", UINT64_MAX, &from) ||
	    !read_number(c, "limit", LIST_MAX, &limit))
		return;
	from -= from > 0; /* the list begins after an id */
	while ((o = engine_next_order(e, c->account,
				      o == NULL ? from : o->id)) != NULL)
		n++;
	list(c, every, order_json, from, n > limit ? n - limit : 0);
}

static bool fill_wanted(const struct paper_call *c, const struct fill *f,
			uint64_t from_id, uint64_t order_id)
{
	return f->account == c->account && f->trade_id >= from_id &&
	       (order_id == 0 || f->order_id == order_id);
}

/* With fromId the oldest from there on, else the newest; at most `limit`. */
void paper_get_my_trades(struct paper_call *c)
{
	const struct engine *e = &c->p->engine;
	uint64_t from = 0, order = 0, limit = LIST_DEFAULT, start = 0;
	size_t n = 0, skip = 0, put = 0;

	if (!paper_symbol_ok(c, true) ||
	    !read_number(c, "fromId", UINT64_MAX, &from) ||
	    !read_number(c, "orderId", UINT64_MAX, &order) ||
	    !read_number(c, "startTime", INT64_MAX, &start) ||
	    !read_number(c, "limit", LIST_MAX, &limit))
		return;
	for (size_t i = engine_first_fill(e); i < e->nfills; i++)
		n += fill_wanted(c, engine_fill(e, i), from, order) &&
		     engine_fill(e, i)->time_ms >= (int64_t)start;
	if (from == 0 && n > limit)
		skip = n - (size_t)limit;
	wr_str(c->w, "[");
	for (size_t i = engine_first_fill(e); i < e->nfills && put < limit;
	     i++) {
		const struct fill *f = engine_fill(e, i);

		if (!fill_wanted(c, f, from, order) ||
		    f->time_ms < (int64_t)start)
			continue;
		if (skip > 0) {
			skip--;
			continue;
		}
		if (put++ > 0)
			wr_str(c->w, ",");
		my_trade_json(c, f);
	}
	wr_str(c->w, "]");
}

static void balance_json(struct wr *w, const char *asset,
			 const struct balance *b)
{
	wr_fmt(w, "{\"asset\":\"%s\"", asset);
	dec_field(w, "free", b->free);
	dec_field(w, "locked", b->locked);
	wr_str(w, "}");
}

/* A rate as the venue's account call has it: basis points. */
static unsigned basis_points(struct dec rate)
{
	return (unsigned)(rate.e8 / (DEC_ONE / 10000));
}

void paper_get_account(struct paper_call *c)
{
	const struct account *a = &c->p->engine.accounts[c->account];
	const struct engine_rules *r = &c->p->engine.rules;

	wr_fmt(c->w,
	       "{\"makerCommission\":%u,\"takerCommission\":%u,"
	       "\"buyerCommission\":0,\"sellerCommission\":0",
	       basis_points(r->maker_fee), basis_points(r->taker_fee));
	wr_str(c->w, ",\"commissionRates\":{\"maker\":\"");
	paper_dec(c->w, r->maker_fee);
	wr_str(c->w, "\"");
	dec_field(c->w, "taker", r->taker_fee);
	wr_fmt(c->w,
	       ",\"buyer\":\"0.00000000\",\"seller\":\"0.00000000\"},"
	       "\"canTrade\":true,\"canWithdraw\":false,\"canDeposit\":false,"
	       "\"updateTime\":%lld,\"accountType\":\"SPOT\",\"balances\":[",
	       (long long)c->now_ms);
	balance_json(c->w, c->p->base, &a->base);
	wr_str(c->w, ",");
	balance_json(c->w, c->p->quote, &a->quote);
	wr_str(c->w, "],\"permissions\":[\"SPOT\"]}");
}
