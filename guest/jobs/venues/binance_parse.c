#include "jobs/venues/binance_parse.h"

static const int64_t int_max = INT64_C(1) << 53;

static enum err get_dec(struct json v, const char *key, bool positive,
			struct dec *out)
{
	struct slice s;
	enum err e = json_str(v, key, &s);

	if (e == ERR_OK)
		e = dec_parse(s, out);
	if (e == ERR_OK && (positive ? out->e8 <= 0 : out->e8 < 0))
		e = ERR_VALUE;
	return e;
}

/* ---- exchangeInfo ---- */

static enum err filter_rules(struct json f, struct venue_rules *r,
			     unsigned *have)
{
	struct slice type;
	enum err e = json_str(f, "filterType", &type);

	if (e != ERR_OK)
		return e;
	if (slice_is(type, "PRICE_FILTER")) {
		*have |= 1;
		return get_dec(f, "tickSize", true, &r->tick);
	}
	if (slice_is(type, "LOT_SIZE")) {
		*have |= 2;
		e = get_dec(f, "minQty", false, &r->min_qty);
		return e != ERR_OK ? e : get_dec(f, "stepSize", true, &r->step);
	}
	if (slice_is(type, "NOTIONAL") || slice_is(type, "MIN_NOTIONAL")) {
		*have |= 4;
		return get_dec(f, "minNotional", false, &r->min_notional);
	}
	return ERR_OK;
}

enum err binance_rules(struct json doc, const char *symbol,
		       struct venue_rules *out)
{
	struct venue_rules r = { 0 };
	struct json list, f;
	struct slice name, status;
	unsigned have = 0;
	enum err e = json_array(doc, "symbols", &list);

	if (e != ERR_OK)
		return e;
	list = json_first(list);
	if (json_str(list, "symbol", &name) != ERR_OK ||
	    !slice_is(name, symbol))
		return ERR_MISSING;
	if (json_str(list, "status", &status) != ERR_OK ||
	    !slice_is(status, "TRADING"))
		return ERR_VALUE;
	e = json_array(list, "filters", &f);
	if (e != ERR_OK)
		return e;
	for (f = json_first(f); e == ERR_OK && f.node != NULL; f = json_next(f))
		e = filter_rules(f, &r, &have);
	if (e == ERR_OK && have != 7)
		e = ERR_MISSING;
	if (e == ERR_OK)
		*out = r;
	return e;
}

/* ---- depth, price ---- */

static enum err best(struct json doc, const char *side, struct dec *out)
{
	struct json list;
	struct slice s;
	enum err e = json_array(doc, side, &list);

	if (e != ERR_OK)
		return e;
	if (json_count(list) == 0)
		return ERR_STATE;
	list = json_first(json_first(list));
	if (list.node == NULL)
		return ERR_VALUE;
	e = json_as_str(list, &s);
	if (e == ERR_OK)
		e = dec_parse(s, out);
	return e == ERR_OK && out->e8 <= 0 ? ERR_VALUE : e;
}

enum err binance_top(struct json doc, struct venue_top *out)
{
	struct venue_top t;
	enum err e = best(doc, "bids", &t.bid);

	if (e == ERR_OK)
		e = best(doc, "asks", &t.ask);
	if (e == ERR_OK && dec_cmp(t.bid, t.ask) >= 0)
		e = ERR_STATE;
	if (e == ERR_OK)
		*out = t;
	return e;
}

enum err binance_price(struct json doc, struct dec *out)
{
	struct dec p;
	enum err e = get_dec(doc, "price", true, &p);

	if (e == ERR_OK)
		*out = p;
	return e;
}

/* ---- account ---- */

static enum err held(struct json v, struct dec *out)
{
	struct dec free, locked;
	enum err e = get_dec(v, "free", false, &free);

	if (e == ERR_OK)
		e = get_dec(v, "locked", false, &locked);
	return e != ERR_OK ? e : dec_add(free, locked, out);
}

enum err binance_balances(struct json doc, const char *base, const char *quote,
			  struct venue_balances *out)
{
	struct venue_balances b = { 0 }; /* an asset never held is left out */
	struct json v;
	enum err e = json_array(doc, "balances", &v);

	if (e != ERR_OK)
		return e;
	for (v = json_first(v); e == ERR_OK && v.node != NULL;
	     v = json_next(v)) {
		struct slice asset;

		e = json_str(v, "asset", &asset);
		if (e == ERR_OK && slice_is(asset, base))
			e = held(v, &b.base);
		else if (e == ERR_OK && slice_is(asset, quote))
			e = held(v, &b.quote);
	}
	if (e == ERR_OK)
		*out = b;
	return e;
}

/* ---- orders and trades ---- */

enum err binance_order_id(struct json doc, uint64_t *out)
{
	int64_t id;
	enum err e = json_int(doc, "orderId", 0, int_max, &id);

	if (e == ERR_OK)
		*out = (uint64_t)id;
	return e;
}

static enum err one_order(struct json v, struct venue_order *o)
{
	struct slice s;
	enum err e = binance_order_id(v, &o->id);

	if (e == ERR_OK)
		e = json_str(v, "clientOrderId", &s);
	if (e == ERR_OK)
		e = slice_cstr(s, o->client_id, sizeof(o->client_id));
	if (e == ERR_OK)
		e = json_str(v, "side", &s);
	if (e == ERR_OK && !slice_is(s, "BUY") && !slice_is(s, "SELL"))
		e = ERR_VALUE;
	if (e != ERR_OK)
		return e;
	o->side = slice_is(s, "BUY") ? VENUE_BUY : VENUE_SELL;
	e = get_dec(v, "price", false, &o->price);
	if (e == ERR_OK)
		e = get_dec(v, "origQty", true, &o->qty);
	return e != ERR_OK ? e : get_dec(v, "executedQty", false, &o->filled);
}

enum err binance_orders(struct json doc, struct venue_order out[VENUE_OPEN_MAX],
			size_t *n)
{
	enum err e = ERR_OK;
	size_t i = 0;

	if (!json_is_array(doc))
		return ERR_VALUE;
	if (json_count(doc) > VENUE_OPEN_MAX)
		return ERR_LIMIT;
	for (struct json v = json_first(doc); e == ERR_OK && v.node != NULL;
	     v = json_next(v))
		e = one_order(v, &out[i++]);
	if (e == ERR_OK)
		*n = i;
	return e;
}

static enum err trade_numbers(struct json v, struct venue_trade *t)
{
	int64_t id;
	enum err e = json_int(v, "id", 0, int_max, &id);

	if (e == ERR_OK)
		e = binance_order_id(v, &t->order_id);
	if (e == ERR_OK)
		e = json_int(v, "time", 0, int_max, &t->time_ms);
	if (e != ERR_OK)
		return e;
	t->id = (uint64_t)id;
	e = get_dec(v, "price", true, &t->price);
	if (e == ERR_OK)
		e = get_dec(v, "qty", true, &t->qty);
	if (e == ERR_OK)
		e = get_dec(v, "quoteQty", false, &t->quote_qty);
	return e != ERR_OK ? e : get_dec(v, "commission", false, &t->fee);
}

static bool asset_ok(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!((s.ptr[i] >= 'A' && s.ptr[i] <= 'Z') ||
		      (s.ptr[i] >= '0' && s.ptr[i] <= '9')))
			return false;
	return s.len > 0 && s.len <= VENUE_ASSET_LEN;
}

static enum err one_trade(struct json v, struct venue_trade *t)
{
	struct slice asset;
	bool buyer;
	enum err e = trade_numbers(v, t);

	if (e == ERR_OK)
		e = json_str(v, "commissionAsset", &asset);
	if (e == ERR_OK)
		e = asset_ok(asset) ? slice_cstr(asset, t->fee_asset,
						 sizeof(t->fee_asset))
				    : ERR_VALUE;
	if (e == ERR_OK)
		e = json_bool(v, "isBuyer", &buyer);
	if (e == ERR_OK)
		e = json_bool(v, "isMaker", &t->maker);
	if (e == ERR_OK)
		t->side = buyer ? VENUE_BUY : VENUE_SELL;
	return e;
}

/* Ids rise; two that are equal are the two sides of one trade. */
static bool follows(const struct venue_trade *t, const struct venue_trade *last)
{
	return t->id > last->id || (t->id == last->id && t->side != last->side);
}

enum err binance_trades(struct json doc,
			struct venue_trade out[VENUE_TRADES_MAX], size_t *n)
{
	enum err e = ERR_OK;
	size_t i = 0;

	if (!json_is_array(doc))
		return ERR_VALUE;
	if (json_count(doc) > VENUE_TRADES_MAX)
		return ERR_LIMIT;
	for (struct json v = json_first(doc); e == ERR_OK && v.node != NULL;
	     v = json_next(v)) {
		e = one_trade(v, &out[i]);
		if (e == ERR_OK && i > 0 && !follows(&out[i], &out[i - 1]))
			e = ERR_VALUE;
		i++;
	}
	if (e == ERR_OK)
		*n = i;
	return e;
}

/* ---- errors ---- */

/* Codes that mean the same with every status and text. -1006 and -1007 are "the
 * execution status is unknown", whatever status they come with. */
static enum venue_error by_code(int64_t code)
{
	static const struct {
		int64_t code;
		enum venue_error e;
	} codes[] = {
		{ -1001, VENUE_NETWORK },      { -1003, VENUE_RATE_LIMITED },
		{ -1006, VENUE_NETWORK },      { -1007, VENUE_NETWORK },
		{ -1015, VENUE_RATE_LIMITED }, { -1021, VENUE_NETWORK },
		{ -2013, VENUE_NO_ORDER },
	};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].code == code)
			return codes[i].e;
	return VENUE_OK;
}

/* Codes of the matching engine, which its text tells apart. A cancel that it
 * rejects for another reason leaves the order open. */
static enum venue_error by_text(int64_t code, struct slice msg)
{
	if (code == -2011 && slice_is(msg, "Unknown order sent."))
		return VENUE_NO_ORDER;
	if (code == -2010 && slice_is(msg, "Account has insufficient balance "
					   "for requested action."))
		return VENUE_FUNDS;
	return VENUE_OK;
}

enum venue_error binance_error(int status, struct json doc, struct slice *msg)
{
	enum venue_error e;
	int64_t code = 0;

	*msg = (struct slice){ NULL, 0 };
	if (json_str(doc, "msg", msg) != ERR_OK)
		*msg = (struct slice){ NULL, 0 };
	if (json_int(doc, "code", -100000, 100000, &code) != ERR_OK)
		code = 0;
	if (status == 429 || status == 418)
		return VENUE_RATE_LIMITED;
	/* from there on it is not known what was done */
	if (status == 408 || status >= 500)
		return by_code(code) == VENUE_RATE_LIMITED ? VENUE_RATE_LIMITED
							   : VENUE_NETWORK;
	e = by_code(code);
	if (e == VENUE_OK)
		e = by_text(code, *msg);
	if (e != VENUE_OK)
		return e;
	return status >= 400 ? VENUE_INVALID : VENUE_OTHER;
}
