#include "host-launcher/paper/paper.h"

#include <stdio.h>
#include <string.h>

#include "lib/json.h"
#include "lib/text.h"

enum {
	WEIGHT_LIMIT = 6000, /* a minute, as the venue has it */
	RECV_WINDOW_MS = 5000,
	RECV_WINDOW_MAX_MS = 60000,
	SIG_PARAM_LEN = sizeof "signature=" - 1 + 2 * SHA256_LEN
};

/* ---- errors ---- */

static const struct {
	int status, code;
	const char *text;
} errors[] = {
	[PAPER_UNKNOWN] = { 404, -1000, "No such route." },
	[PAPER_WEIGHT] = { 429, -1003, "Too many requests." },
	[PAPER_TIMESTAMP] = { 400, -1021,
			      "Timestamp for this request is outside of the "
			      "recvWindow." },
	[PAPER_SIGNATURE] = { 400, -1022,
			      "Signature for this request is not valid." },
	[PAPER_ILLEGAL] = { 400, -1100,
			    "Illegal characters found in a parameter." },
	[PAPER_MISSING] = { 400, -1102,
			    "A mandatory parameter was not sent, was "
			    "empty/null, or malformed." },
	[PAPER_PRECISION] = { 400, -1111, "Parameter has too much precision." },
	[PAPER_TIF] = { 400, -1115, "Invalid timeInForce." },
	[PAPER_TYPE] = { 400, -1116, "Invalid orderType." },
	[PAPER_SIDE] = { 400, -1117, "Invalid side." },
	[PAPER_SYMBOL] = { 400, -1121, "Invalid symbol." },
	[PAPER_FILTER_PRICE] = { 400, -1013, "Filter failure: PRICE_FILTER" },
	[PAPER_FILTER_LOT] = { 400, -1013, "Filter failure: LOT_SIZE" },
	[PAPER_FILTER_NOTIONAL] = { 400, -1013, "Filter failure: NOTIONAL" },
	[PAPER_FILTER_ORDERS] = { 400, -1013,
				  "Filter failure: MAX_NUM_ORDERS" },
	[PAPER_BALANCE] = { 400, -2010,
			    "Account has insufficient balance for requested "
			    "action." },
	[PAPER_TAKE] = { 400, -2010,
			 "Order would immediately match and take." },
	[PAPER_DUPLICATE] = { 400, -2010, "Duplicate order sent." },
	[PAPER_CANCEL] = { 400, -2011, "Unknown order sent." },
	[PAPER_NO_ORDER] = { 400, -2013, "Order does not exist." },
	[PAPER_NO_KEY] = { 401, -2014, "API-key format invalid." },
	[PAPER_BAD_KEY] = { 401, -2015,
			    "Invalid API-key, IP, or permissions for action." },
};

void paper_fail(struct paper_call *c, enum paper_error e)
{
	c->w->len = 0;
	c->w->err = ERR_OK;
	c->res->status = errors[e].status;
	wr_fmt(c->w, "{\"code\":%d,\"msg\":\"%s\"}", errors[e].code,
	       errors[e].text);
}

/* ---- parameters ---- */

static enum err percent_decode(struct slice in, char *out, size_t cap)
{
	struct wr w = wr_over(out, cap);

	for (size_t i = 0; i < in.len; i++) {
		uint8_t b = in.ptr[i];

		if (b == '+')
			b = ' ';
		else if (b == '%') {
			if (in.len - i < 3 ||
			    hex_decode((struct slice){ in.ptr + i + 1, 2 }, &b,
				       1) != ERR_OK)
				return ERR_VALUE;
			i += 2;
		}
		if (b < 0x20 || b > 0x7e)
			return ERR_VALUE;
		wr_u8(&w, b);
	}
	wr_u8(&w, 0);
	return wr_end(&w) == ERR_OK ? ERR_OK : ERR_LIMIT;
}

enum err paper_param(const struct paper_call *c, const char *key, char *out,
		     size_t cap)
{
	struct slice q, b;
	enum err in_query = http_query(c->req->query, key, &q);
	enum err in_body = http_query(c->req->body, key, &b);

	if (in_query == ERR_OK && in_body == ERR_MISSING)
		return percent_decode(q, out, cap);
	if (in_query == ERR_MISSING && in_body == ERR_OK)
		return percent_decode(b, out, cap);
	return in_query == ERR_MISSING && in_body == ERR_MISSING ? ERR_MISSING
								 : ERR_VALUE;
}

bool paper_symbol_ok(struct paper_call *c, bool required)
{
	char s[2 * PAPER_ASSET_MAX + 2];
	enum err e = paper_param(c, "symbol", s, sizeof s);

	if (e == ERR_MISSING && !required)
		return true;
	if (e == ERR_MISSING)
		paper_fail(c, PAPER_MISSING);
	else if (e != ERR_OK || strcmp(s, c->p->symbol) != 0)
		paper_fail(c, PAPER_SYMBOL);
	else
		return true;
	return false;
}

void paper_dec(struct wr *w, struct dec v)
{
	uint64_t a = v.e8 < 0 ? (uint64_t)0 - (uint64_t)v.e8 : (uint64_t)v.e8;

	wr_fmt(w, "%s%llu.%08llu", v.e8 < 0 ? "-" : "",
	       (unsigned long long)(a / DEC_ONE),
	       (unsigned long long)(a % DEC_ONE));
}

/* ---- signed requests ---- */

static const struct paper_key *find_key(const struct paper_call *c)
{
	struct slice k = http_header(c->req, "X-MBX-APIKEY");

	for (size_t i = 0; i < c->p->nkeys; i++)
		if (slice_is(k, c->p->keys[i].api_key))
			return &c->p->keys[i];
	return NULL;
}

/* The signature is the last parameter; what it covers is all before it, query
 * and body run together. */
static bool signature_ok(const struct paper_call *c, const struct paper_key *k)
{
	struct slice q = c->req->query, b = c->req->body;
	struct slice *last = b.len > 0 ? &b : &q;
	uint8_t text[LIMIT_HTTP_HEAD_BYTES + LIMIT_HTTP_BODY_BYTES];
	uint8_t got[SHA256_LEN], want[SHA256_LEN];
	struct wr w = wr_over(text, sizeof text);
	size_t cut;

	if (last->len < SIG_PARAM_LEN)
		return false;
	cut = last->len - SIG_PARAM_LEN;
	if (memcmp(last->ptr + cut, "signature=", 10) != 0 ||
	    (cut > 0 && last->ptr[cut - 1] != '&') ||
	    hex_decode((struct slice){ last->ptr + cut + 10, 2 * SHA256_LEN },
		       got, sizeof got) != ERR_OK)
		return false;
	last->len = cut > 0 ? cut - 1 : 0;
	wr_bytes(&w, q);
	wr_bytes(&w, b);
	if (wr_end(&w) != ERR_OK)
		return false;
	hmac_sha256(str_slice(k->secret), wr_slice(&w), want);
	return ct_eq(got, want, sizeof want);
}

static bool read_ms(const struct paper_call *c, const char *key, uint64_t max,
		    int64_t *out)
{
	char text[24];
	uint64_t n;

	if (paper_param(c, key, text, sizeof text) != ERR_OK ||
	    u64_parse(str_slice(text), max, &n) != ERR_OK)
		return false;
	*out = (int64_t)n;
	return true;
}

static bool in_window(struct paper_call *c)
{
	int64_t window = RECV_WINDOW_MS, sent;
	char text[8];

	if (!read_ms(c, "timestamp", INT64_MAX, &sent) ||
	    (paper_param(c, "recvWindow", text, sizeof text) != ERR_MISSING &&
	     !read_ms(c, "recvWindow", RECV_WINDOW_MAX_MS, &window))) {
		paper_fail(c, PAPER_MISSING);
		return false;
	}
	if (sent < c->now_ms + 1000 && c->now_ms - sent <= window)
		return true;
	paper_fail(c, PAPER_TIMESTAMP);
	return false;
}

static bool authorised(struct paper_call *c)
{
	const struct paper_key *k = find_key(c);

	if (http_header(c->req, "X-MBX-APIKEY").len == 0)
		paper_fail(c, PAPER_NO_KEY);
	else if (k == NULL)
		paper_fail(c, PAPER_BAD_KEY);
	else if (!signature_ok(c, k))
		paper_fail(c, PAPER_SIGNATURE);
	else if (in_window(c)) {
		c->account = k->account;
		return true;
	}
	return false;
}

/* ---- the market's clock ---- */

void paper_warm_up(struct paper *p, size_t n)
{
	if (n > p->market.n)
		n = p->market.n;
	p->market_start_ms = p->market.trades[n > 0 ? n - 1 : 0].time_ms;
	if (n > 0)
		(void)market_advance(&p->market, &p->engine, p->market_start_ms,
				     0);
}

void paper_advance(struct paper *p, int64_t now_ms)
{
	struct dec real = { 0 }, market;

	if (!p->started)
		return;
	real.e8 = (now_ms - p->started_ms) * 1000;
	if (dec_mul(real, p->speed, DEC_DOWN, &market) == ERR_OK)
		(void)market_advance(&p->market, &p->engine,
				     p->market_start_ms + market.e8 / 1000,
				     now_ms);
}

/* ---- routes ---- */

static void get_ping(struct paper_call *c)
{
	wr_str(c->w, "{}");
}

static void get_time(struct paper_call *c)
{
	wr_fmt(c->w, "{\"serverTime\":%lld}", (long long)c->now_ms);
}

static const struct {
	const char *method, *path;
	void (*fn)(struct paper_call *c);
	bool signed_;
	unsigned weight;
} routes[] = {
	{ "GET", "/api/v3/ping", get_ping, false, 1 },
	{ "GET", "/api/v3/time", get_time, false, 1 },
	{ "GET", "/api/v3/exchangeInfo", paper_get_exchange_info, false, 20 },
	{ "GET", "/api/v3/depth", paper_get_depth, false, 5 },
	{ "GET", "/api/v3/trades", paper_get_trades, false, 10 },
	{ "GET", "/api/v3/aggTrades", paper_get_agg_trades, false, 4 },
	{ "GET", "/api/v3/ticker/price", paper_get_price, false, 2 },
	{ "GET", "/api/v3/ticker/bookTicker", paper_get_book_ticker, false, 2 },
	{ "GET", "/api/v3/ticker/24hr", paper_get_day_ticker, false, 2 },
	{ "POST", "/api/v3/order", paper_post_order, true, 1 },
	{ "GET", "/api/v3/order", paper_get_order, true, 4 },
	{ "DELETE", "/api/v3/order", paper_delete_order, true, 1 },
	{ "GET", "/api/v3/openOrders", paper_get_open_orders, true, 6 },
	{ "DELETE", "/api/v3/openOrders", paper_delete_open_orders, true, 1 },
	{ "GET", "/api/v3/allOrders", paper_get_all_orders, true, 20 },
	{ "GET", "/api/v3/myTrades", paper_get_my_trades, true, 20 },
	{ "GET", "/api/v3/account", paper_get_account, true, 20 },
};

/* False when this minute's weight is used up. */
static bool within_weight(struct paper *p, unsigned weight, int64_t now_ms)
{
	if (p->minute != now_ms / 60000) {
		p->minute = now_ms / 60000;
		p->weight = 0;
	}
	p->weight += weight;
	return p->weight <= WEIGHT_LIMIT;
}

static void run(struct paper_call *c, size_t route)
{
	if (!within_weight(c->p, routes[route].weight, c->now_ms)) {
		paper_fail(c, PAPER_WEIGHT);
		c->res->extra = "Retry-After: 60\r\n";
		return;
	}
	if (routes[route].signed_ && !authorised(c))
		return;
	if (routes[route].signed_ && !c->p->started) {
		c->p->started = true;
		c->p->started_ms = c->now_ms;
	}
	paper_advance(c->p, c->now_ms);
	routes[route].fn(c);
}

void paper_handle(void *ctx, int conn, const struct http_msg *req,
		  struct serve_response *res)
{
	struct paper *p = ctx;
	struct paper_call c = { .p = p,
				.req = req,
				.res = res,
				.w = &res->body,
				.now_ms = p->now_ms(p->clock_ctx) };
	size_t i = 0, n = sizeof routes / sizeof routes[0];

	(void)conn;
	res->status = 200;
	while (i < n && (!slice_is(req->path, routes[i].path) ||
			 !slice_is(req->method, routes[i].method)))
		i++;
	if (i == n)
		paper_fail(&c, PAPER_UNKNOWN);
	else
		run(&c, i);
}

/* ---- accounts ---- */

static enum err text_of(struct json v, const char *key, char *out, size_t cap,
			const char **what)
{
	struct slice s;
	enum err e = json_str(v, key, &s);

	*what = key;
	if (e == ERR_OK && s.len == 0)
		e = ERR_VALUE;
	return e != ERR_OK ? e : slice_cstr(s, out, cap);
}

static enum err amount_of(struct json v, const char *key, struct dec *out,
			  const char **what)
{
	struct slice s;
	enum err e = json_str(v, key, &s);

	*what = key;
	if (e == ERR_OK)
		e = dec_parse(s, out);
	return e == ERR_OK && out->e8 < 0 ? ERR_VALUE : e;
}

static enum err add_account(struct paper *p, struct json v, const char **what)
{
	static const char *const known[] = { "api_key", "api_secret", "base",
					     "quote", NULL };
	struct paper_key k;
	struct dec base, quote;
	enum err e = json_only(v, known, what);

	if (e == ERR_OK)
		e = text_of(v, "api_key", k.api_key, sizeof k.api_key, what);
	if (e == ERR_OK)
		e = text_of(v, "api_secret", k.secret, sizeof k.secret, what);
	if (e == ERR_OK)
		e = amount_of(v, "base", &base, what);
	if (e == ERR_OK)
		e = amount_of(v, "quote", &quote, what);
	if (e == ERR_OK)
		e = engine_account(&p->engine, base, quote, &k.account);
	if (e == ERR_OK)
		p->keys[p->nkeys++] = k;
	wipe(&k, sizeof k);
	return e;
}

enum err paper_accounts(struct paper *p, struct arena *a, struct slice in,
			const char **what)
{
	struct json doc, list, v;
	enum err e = json_parse(a, in, &doc);

	*what = "";
	if (e == ERR_OK) {
		*what = "accounts";
		e = json_array(doc, "accounts", &list);
	}
	if (e == ERR_OK && json_count(list) == 0)
		e = ERR_MISSING;
	if (e != ERR_OK)
		return e;
	for (v = json_first(list); e == ERR_OK && v.node != NULL;
	     v = json_next(v))
		e = add_account(p, v, what);
	return e;
}
