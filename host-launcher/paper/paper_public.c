/* paper_public.c - the exchange's market data. */
#include <string.h>

#include "host-launcher/paper/paper.h"
#include "lib/text.h"

enum {
	DEPTH_DEFAULT = 100,
	TRADES_DEFAULT = 500,
	LIMIT_MAX = 1000
};

static void rule(struct wr *w, const char *key, struct dec v)
{
	wr_fmt(w, ",\"%s\":\"", key);
	paper_dec(w, v);
	wr_str(w, "\"");
}

static void filters(struct wr *w, const struct engine_rules *r)
{
	static const struct dec max = { INT64_C(9000000000000000) };

	wr_str(w, "[{\"filterType\":\"PRICE_FILTER\"");
	rule(w, "minPrice", r->tick);
	rule(w, "maxPrice", max);
	rule(w, "tickSize", r->tick);
	wr_str(w, "},{\"filterType\":\"LOT_SIZE\"");
	rule(w, "minQty", r->min_qty);
	rule(w, "maxQty", max);
	rule(w, "stepSize", r->step);
	wr_str(w, "},{\"filterType\":\"NOTIONAL\"");
	rule(w, "minNotional", r->min_notional);
	wr_str(w, ",\"applyMinToMarket\":false");
	rule(w, "maxNotional", max);
	wr_fmt(w,
	       ",\"applyMaxToMarket\":false,\"avgPriceMins\":5},"
	       "{\"filterType\":\"MAX_NUM_ORDERS\",\"maxNumOrders\":%d}]",
	       ENGINE_OPEN_MAX);
}

void paper_get_exchange_info(struct paper_call *c)
{
	const struct paper *p = c->p;

	if (!paper_symbol_ok(c, false))
		return;
	wr_fmt(c->w,
	       "{\"timezone\":\"UTC\",\"serverTime\":%lld,\"rateLimits\":[{"
	       "\"rateLimitType\":\"REQUEST_WEIGHT\",\"interval\":\"MINUTE\","
	       "\"intervalNum\":1,\"limit\":6000}],\"exchangeFilters\":[],"
	       "\"symbols\":[{\"symbol\":\"%s\",\"status\":\"TRADING\","
	       "\"baseAsset\":\"%s\",\"baseAssetPrecision\":8,"
	       "\"quoteAsset\":\"%s\",\"quotePrecision\":8,"
	       "\"quoteAssetPrecision\":8,\"baseCommissionPrecision\":8,"
	       "\"quoteCommissionPrecision\":8,\"orderTypes\":[\"LIMIT\","
	       "\"LIMIT_MAKER\",\"MARKET\"],\"icebergAllowed\":false,"
	       "\"ocoAllowed\":false,\"quoteOrderQtyMarketAllowed\":false,"
	       "\"allowTrailingStop\":false,\"cancelReplaceAllowed\":false,"
	       "\"isSpotTradingAllowed\":true,"
	       "\"isMarginTradingAllowed\":false,\"filters\":",
	       (long long)c->now_ms, p->symbol, p->base, p->quote);
	filters(c->w, &p->engine.rules);
	wr_str(c->w, ",\"permissions\":[\"SPOT\"],\"permissionSets\":[["
		     "\"SPOT\"]],\"defaultSelfTradePreventionMode\":"
		     "\"EXPIRE_MAKER\",\"allowedSelfTradePreventionModes\":["
		     "\"NONE\",\"EXPIRE_TAKER\",\"EXPIRE_MAKER\","
		     "\"EXPIRE_BOTH\"]}]}");
}

/* The parameter "limit", or its default; 0 after an error was answered. */
static size_t limit_of(struct paper_call *c, size_t otherwise)
{
	char text[8];
	uint64_t n;
	enum err e = paper_param(c, "limit", text, sizeof text);

	if (e == ERR_MISSING)
		return otherwise;
	if (e == ERR_OK)
		e = u64_parse(str_slice(text), LIMIT_MAX, &n);
	if (e == ERR_OK && n > 0)
		return (size_t)n;
	paper_fail(c, PAPER_ILLEGAL);
	return 0;
}

/* For display: a sum beyond a decimal shows as the largest one. */
static void add(struct dec *sum, struct dec v)
{
	if (dec_add(*sum, v, sum) != ERR_OK)
		sum->e8 = INT64_MAX;
}

static struct dec left_of(const struct order *o)
{
	return (struct dec){ o->qty.e8 - o->filled.e8 };
}

/* One side, orders of equal price as one level. */
static void levels(struct wr *w, const struct book_side *b, size_t limit)
{
	size_t i = 0, n = 0;

	wr_str(w, "[");
	while (i < b->n && n < limit) {
		struct dec price = b->at[i]->price, qty = { 0 };

		for (; i < b->n && dec_cmp(b->at[i]->price, price) == 0; i++)
			add(&qty, left_of(b->at[i]));
		wr_str(w, n++ > 0 ? ",[\"" : "[\"");
		paper_dec(w, price);
		wr_str(w, "\",\"");
		paper_dec(w, qty);
		wr_str(w, "\"]");
	}
	wr_str(w, "]");
}

void paper_get_depth(struct paper_call *c)
{
	const struct engine *e = &c->p->engine;
	size_t limit;

	if (!paper_symbol_ok(c, true))
		return;
	limit = limit_of(c, DEPTH_DEFAULT);
	if (limit == 0)
		return;
	wr_fmt(c->w, "{\"lastUpdateId\":%llu,\"bids\":",
	       (unsigned long long)e->next_trade_id);
	levels(c->w, &e->book[SIDE_BUY], limit);
	wr_str(c->w, ",\"asks\":");
	levels(c->w, &e->book[SIDE_SELL], limit);
	wr_str(c->w, "}");
}

static void field(struct wr *w, const char *before, struct dec v,
		  const char *after)
{
	wr_str(w, before);
	paper_dec(w, v);
	wr_str(w, after);
}

typedef void trade_writer(struct wr *w, const struct market_trade *t);

/* The market's own newest trades; users' fills are in myTrades. */
static void recent(struct paper_call *c, trade_writer *put)
{
	const struct market *m = &c->p->market;
	size_t limit, first;

	if (!paper_symbol_ok(c, true))
		return;
	limit = limit_of(c, TRADES_DEFAULT);
	if (limit == 0)
		return;
	first = m->next > limit ? m->next - limit : 0;
	wr_str(c->w, "[");
	for (size_t i = first; i < m->next; i++) {
		if (i > first)
			wr_str(c->w, ",");
		put(c->w, &m->trades[i]);
	}
	wr_str(c->w, "]");
}

static void trade_json(struct wr *w, const struct market_trade *t)
{
	struct dec quote = { 0 };

	if (dec_mul(t->price, t->qty, DEC_DOWN, &quote) != ERR_OK)
		wr_fail(w, ERR_LIMIT);
	wr_fmt(w, "{\"id\":%llu", (unsigned long long)t->id);
	field(w, ",\"price\":\"", t->price, "\"");
	field(w, ",\"qty\":\"", t->qty, "\"");
	field(w, ",\"quoteQty\":\"", quote, "\"");
	wr_fmt(w, ",\"time\":%lld,\"isBuyerMaker\":%s,\"isBestMatch\":true}",
	       (long long)t->time_ms, t->buyer_is_maker ? "true" : "false");
}

static void agg_trade_json(struct wr *w, const struct market_trade *t)
{
	unsigned long long id = (unsigned long long)t->id;

	wr_fmt(w, "{\"a\":%llu", id);
	field(w, ",\"p\":\"", t->price, "\"");
	field(w, ",\"q\":\"", t->qty, "\"");
	wr_fmt(w, ",\"f\":%llu,\"l\":%llu,\"T\":%lld,\"m\":%s,\"M\":true}", id,
	       id, (long long)t->time_ms, t->buyer_is_maker ? "true" : "false");
}

void paper_get_trades(struct paper_call *c)
{
	recent(c, trade_json);
}

void paper_get_agg_trades(struct paper_call *c)
{
	recent(c, agg_trade_json);
}

void paper_get_price(struct paper_call *c)
{
	if (!paper_symbol_ok(c, true))
		return;
	wr_fmt(c->w, "{\"symbol\":\"%s\"", c->p->symbol);
	field(c->w, ",\"price\":\"", c->p->engine.last_price, "\"}");
}

static struct dec best_price(const struct book_side *b)
{
	return b->n > 0 ? b->at[0]->price : (struct dec){ 0 };
}

static struct dec best_qty(const struct book_side *b)
{
	struct dec sum = { 0 };

	for (size_t i = 0;
	     i < b->n && dec_cmp(b->at[i]->price, b->at[0]->price) == 0; i++)
		add(&sum, left_of(b->at[i]));
	return sum;
}

static void best(struct paper_call *c)
{
	const struct book_side *buy = &c->p->engine.book[SIDE_BUY];
	const struct book_side *sell = &c->p->engine.book[SIDE_SELL];

	field(c->w, ",\"bidPrice\":\"", best_price(buy), "\"");
	field(c->w, ",\"bidQty\":\"", best_qty(buy), "\"");
	field(c->w, ",\"askPrice\":\"", best_price(sell), "\"");
	field(c->w, ",\"askQty\":\"", best_qty(sell), "\"");
}

void paper_get_book_ticker(struct paper_call *c)
{
	if (!paper_symbol_ok(c, true))
		return;
	wr_fmt(c->w, "{\"symbol\":\"%s\"", c->p->symbol);
	best(c);
	wr_str(c->w, "}");
}

/* High, low and sums over the market trades of the last 24 h of market time. */
struct day {
	struct dec open, high, low, volume, quote;
	size_t count;
};

static struct day day_of(const struct market *m)
{
	enum {
		DAY_MS = 24 * 3600 * 1000
	};
	struct day d = { 0 };

	for (size_t i = m->next; i > 0; i--) {
		const struct market_trade *t = &m->trades[i - 1];
		struct dec q;

		if (m->trades[m->next - 1].time_ms - t->time_ms > DAY_MS)
			break;
		d.open = t->price;
		d.high = dec_max(d.high, t->price);
		d.low = d.count == 0 ? t->price : dec_min(d.low, t->price);
		if (dec_mul(t->price, t->qty, DEC_DOWN, &q) == ERR_OK) {
			add(&d.quote, q);
			add(&d.volume, t->qty);
		}
		d.count++;
	}
	return d;
}

void paper_get_day_ticker(struct paper_call *c)
{
	struct day d = day_of(&c->p->market);
	struct dec last = c->p->engine.last_price;
	struct dec change = { last.e8 - d.open.e8 };

	if (!paper_symbol_ok(c, true))
		return;
	wr_fmt(c->w, "{\"symbol\":\"%s\"", c->p->symbol);
	field(c->w, ",\"priceChange\":\"", change, "\"");
	field(c->w, ",\"lastPrice\":\"", last, "\"");
	field(c->w, ",\"openPrice\":\"", d.open, "\"");
	field(c->w, ",\"highPrice\":\"", d.high, "\"");
	field(c->w, ",\"lowPrice\":\"", d.low, "\"");
	field(c->w, ",\"volume\":\"", d.volume, "\"");
	field(c->w, ",\"quoteVolume\":\"", d.quote, "\"");
	best(c);
	wr_fmt(c->w, ",\"openTime\":%lld,\"closeTime\":%lld,\"count\":%zu}",
	       (long long)c->now_ms - 86400000, (long long)c->now_ms, d.count);
}
