/* The paper exchange's API through its handler, without sockets: signatures,
 * windows, errors as the venue has them, a replay that is the same every time.
 */
#include <stdlib.h>

#include "host-launcher/paper/paper.h"
#include "lib/json.h"
#include "lib/text.h"
#include "tests/tap.h"

enum {
	NOW = 1700000000
};

static struct paper *p;
static int64_t now_ms = (int64_t)NOW * 1000;
static char out[256 * 1024], arena_mem[1024 * 1024];

static int64_t clock_ms(void *ctx)
{
	(void)ctx;
	return now_ms;
}

/* One request; query and body may be "". Returns the status, text in out. */
static int call(const char *method, const char *path, const char *query,
		const char *body, const char *key)
{
	struct http_msg m = { .method = str_slice(method),
			      .path = str_slice(path),
			      .query = str_slice(query),
			      .body = str_slice(body) };
	struct serve_response res = { .body = wr_over(out, sizeof out - 1) };

	if (key != NULL) {
		m.headers[0] = (struct http_header){ str_slice("X-MBX-APIKEY"),
						     str_slice(key) };
		m.nheaders = 1;
	}
	paper_handle(p, 0, &m, &res);
	out[res.body.len] = '\0';
	return res.status;
}

/* A signed one: `params` in the query for GET and DELETE, else in the body. */
static int signed_call(const char *method, const char *path, const char *params)
{
	uint8_t mac[SHA256_LEN];
	char text[1024], hex[65];
	bool post = strcmp(method, "POST") == 0;

	snprintf(text, sizeof text, "%s%stimestamp=%lld", params,
		 params[0] != '\0' ? "&" : "", (long long)now_ms);
	hmac_sha256(str_slice("sec"), str_slice(text), mac);
	hex_encode((struct slice){ mac, sizeof mac }, hex);
	strcat(text, "&signature=");
	strcat(text, hex);
	return call(method, path, post ? "" : text, post ? text : "", "key");
}

static struct json parsed(void)
{
	struct arena a = arena_over(arena_mem, sizeof arena_mem);
	struct json v = { NULL };

	is_err(json_parse(&a, str_slice(out), &v), ERR_OK,
	       "the answer is strict JSON");
	return v;
}

static bool has_code(int code)
{
	int64_t v = 0;

	return json_int(parsed(), "code", -10000, 10000, &v) == ERR_OK &&
	       v == code;
}

static bool str_is(struct json v, const char *key, const char *want)
{
	struct slice s;

	return json_str(v, key, &s) == ERR_OK && slice_is(s, want);
}

static const char trades[] =
	"{\"a\":1,\"p\":\"10.00\",\"q\":\"5\",\"T\":1000,\"m\":true}\n"
	"{\"a\":2,\"p\":\"10.10\",\"q\":\"5\",\"T\":1001,\"m\":false}\n"
	"{\"a\":3,\"p\":\"10.02\",\"q\":\"2\",\"T\":2000,\"m\":true}\n"
	"{\"a\":4,\"p\":\"10.00\",\"q\":\"3\",\"T\":3000,\"m\":true}\n";

static const char accounts[] =
	"{\"accounts\":[{\"api_key\":\"key\",\"api_secret\":\"sec\","
	"\"base\":\"100\",\"quote\":\"1000\"}]}";

static void fresh(void)
{
	struct engine_rules r = { .tick = { 1000000 },
				  .step = { 10000000 },
				  .min_qty = { 10000000 },
				  .min_notional = { DEC_ONE },
				  .maker_fee = { 100000 },
				  .taker_fee = { 100000 } };
	struct arena a = arena_over(arena_mem, sizeof arena_mem);
	const char *what;
	size_t line;

	market_free(&p->market);
	memset(p, 0, sizeof *p);
	engine_init(&p->engine, &r, 1);
	strcpy(p->base, "AAA");
	strcpy(p->quote, "BBB");
	strcpy(p->symbol, "AAABBB");
	p->speed.e8 = DEC_ONE;
	p->now_ms = clock_ms;
	is_err(paper_accounts(p, &a, str_slice(accounts), &what), ERR_OK,
	       "the accounts are read");
	is_err(market_read(str_slice(trades), &p->market, &line), ERR_OK,
	       "and the market");
	paper_warm_up(p, 2);
}

static void test_public(void)
{
	struct json v, list;

	ok(call("GET", "/api/v3/ping", "", "", NULL) == 200, "ping");
	ok(call("GET", "/api/v3/time", "", "", NULL) == 200, "time");
	ok(strstr(out, "1700000000000") != NULL, "is the server's");
	ok(call("GET", "/api/v3/exchangeInfo", "", "", NULL) == 200, "info");
	v = parsed();
	ok(json_array(v, "symbols", &list) == ERR_OK && json_count(list) == 1 &&
		   str_is(json_first(list), "symbol", "AAABBB"),
	   "has the symbol");
	ok(call("GET", "/api/v3/depth", "symbol=AAABBB", "", NULL) == 200,
	   "depth");
	ok(strcmp(out, "{\"lastUpdateId\":3,\"bids\":[[\"10.00000000\","
		       "\"5.00000000\"]],\"asks\":[[\"10.10000000\","
		       "\"5.00000000\"]]}") == 0,
	   "shows what was traded");
	ok(call("GET", "/api/v3/depth", "symbol=NOPE", "", NULL) == 400 &&
		   has_code(-1121),
	   "another symbol is invalid");
	ok(call("GET", "/api/v3/depth", "", "", NULL) == 400 && has_code(-1102),
	   "none is missing");
	ok(call("GET", "/api/v3/depth", "symbol=AAABBB&limit=0", "", NULL) ==
		   400,
	   "limit 0 is refused");
	ok(call("GET", "/api/v3/trades", "symbol=AAABBB", "", NULL) == 200 &&
		   json_count(parsed()) == 2,
	   "two trades so far");
	ok(call("GET", "/api/v3/ticker/24hr", "symbol=AAABBB", "", NULL) ==
			   200 &&
		   str_is(parsed(), "highPrice", "10.10000000"),
	   "the day's ticker");
	ok(call("GET", "/nope", "", "", NULL) == 404, "no such route");
	ok(call("PUT", "/api/v3/ping", "", "", NULL) == 404, "no such method");
}

static void test_auth(void)
{
	char text[256];

	ok(call("GET", "/api/v3/account", "", "", NULL) == 401 &&
		   has_code(-2014),
	   "no key");
	ok(call("GET", "/api/v3/account", "", "", "other") == 401 &&
		   has_code(-2015),
	   "an unknown key");
	snprintf(text, sizeof text, "timestamp=%lld&signature=%064d",
		 (long long)now_ms, 0);
	ok(call("GET", "/api/v3/account", text, "", "key") == 400 &&
		   has_code(-1022),
	   "a wrong signature");
	ok(signed_call("GET", "/api/v3/account", "") == 200, "a right one");
	ok(signed_call("GET", "/api/v3/account", "timestamp=1") == 400,
	   "a timestamp twice");
	ok(signed_call("GET", "/api/v3/account", "recvWindow=60001") == 400,
	   "a window too wide");
	now_ms -= 20000;
	snprintf(text, sizeof text, "recvWindow=10");
	now_ms += 20000;
	ok(signed_call("GET", "/api/v3/account", text) == 200, "in window");
}

/* The example of the venue's documentation, "SIGNED endpoint examples". */
static void test_signature_vector(void)
{
	static const char secret[] = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjIn"
				     "ClVN65XAbvqqM6A7H5fATj0j";
	static const char query[] =
		"symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1"
		"&price=0.1&recvWindow=5000&timestamp=1499827319559";
	uint8_t mac[SHA256_LEN];
	char hex[65];

	hmac_sha256(str_slice(secret), str_slice(query), mac);
	hex_encode((struct slice){ mac, sizeof mac }, hex);
	ok(strcmp(hex, "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2"
		       "838bd6b71") == 0,
	   "the documented signature");
}

#define LIMIT_ORDER                                                            \
	"symbol=AAABBB&side=BUY&type=LIMIT&timeInForce=GTC&quantity=4&price="

static void test_orders(void)
{
	struct json v;

	fresh();
	ok(signed_call("POST", "/api/v3/order",
		       LIMIT_ORDER "10.05&newClientOrderId=my-1") == 200,
	   "an order is placed");
	ok(str_is(parsed(), "status", "NEW"), "and rests");
	ok(signed_call("POST", "/api/v3/order",
		       LIMIT_ORDER "10.05&newClientOrderId=my-1") == 400 &&
		   has_code(-2010),
	   "its client id cannot be used again while it is open");
	now_ms += 1100; /* the trade at 10.02 comes by */
	ok(signed_call("GET", "/api/v3/order",
		       "symbol=AAABBB&origClientOrderId=my-1") == 200,
	   "it is found by its client id");
	v = parsed();
	ok(str_is(v, "status", "PARTIALLY_FILLED") &&
		   str_is(v, "executedQty", "2.00000000"),
	   "the recorded sale of 2 filled it in part");
	now_ms += 1000;
	ok(signed_call("GET", "/api/v3/myTrades", "symbol=AAABBB") == 200 &&
		   json_count(parsed()) == 2,
	   "the next one filled the rest");
	ok(signed_call("GET", "/api/v3/account", "") == 200 &&
		   strstr(out, "\"asset\":\"AAA\",\"free\":\"103.99600000\"") !=
			   NULL &&
		   strstr(out, "\"asset\":\"BBB\",\"free\":\"959.80000000\"") !=
			   NULL,
	   "four bought at 10.05, fee 0.1 per cent");
	ok(signed_call("DELETE", "/api/v3/order", "symbol=AAABBB&orderId=1") ==
			   400 &&
		   has_code(-2011),
	   "a filled order cannot be cancelled");
	ok(signed_call("POST", "/api/v3/order", LIMIT_ORDER "9.00") == 200 &&
		   signed_call("GET", "/api/v3/openOrders", "symbol=AAABBB") ==
			   200 &&
		   json_count(parsed()) == 1,
	   "an open order is listed");
	ok(signed_call("DELETE", "/api/v3/openOrders", "symbol=AAABBB") ==
			   200 &&
		   json_count(parsed()) == 1,
	   "and cancelled with all others");
	ok(signed_call("DELETE", "/api/v3/openOrders", "symbol=AAABBB") == 400,
	   "of which there are none any more");
}

static void test_bad_orders(void)
{
	static const struct {
		const char *params;
		int code;
		const char *why;
	} bad[] = {
		{ "symbol=AAABBB&side=UP&type=LIMIT&timeInForce=GTC&quantity=1"
		  "&price=10",
		  -1117, "an unknown side" },
		{ "symbol=AAABBB&side=BUY&type=STOP&quantity=1&price=10", -1116,
		  "an unknown type" },
		{ "symbol=AAABBB&side=BUY&type=LIMIT&timeInForce=FOK&quantity=1"
		  "&price=10",
		  -1115, "an unsupported time in force" },
		{ LIMIT_ORDER "10.001", -1013, "a price off the tick" },
		{ LIMIT_ORDER "1e1", -1111, "a price with an exponent" },
		{ LIMIT_ORDER, -1111, "an empty price" },
		{ LIMIT_ORDER "10&newClientOrderId=a%22b", -1100,
		  "a quote in the client id" },
		{ LIMIT_ORDER "300", -2010, "more than the balance" },
	};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ok(signed_call("POST", "/api/v3/order", bad[i].params) == 400 &&
			   has_code(bad[i].code),
		   "%s is refused with %d", bad[i].why, bad[i].code);
}

/* A taker's answer lists its own fills, though the maker was a user, too. */
static void test_two_traders(void)
{
	struct order_request ask = { .side = SIDE_SELL,
				     .price = { 1001000000 },
				     .qty = { DEC_ONE },
				     .client_id = "maker" };
	struct json v, list;
	const struct order *o;
	size_t first;

	is_err(engine_account(&p->engine, (struct dec){ 10 * (int64_t)DEC_ONE },
			      (struct dec){ 0 }, &ask.account),
	       ERR_OK, "a second account");
	ok(engine_place(&p->engine, &ask, &o, &first) == ENGINE_OK, "asks");
	ok(signed_call("POST", "/api/v3/order", LIMIT_ORDER "10.01") == 200,
	   "the first one buys that");
	v = parsed();
	ok(json_array(v, "fills", &list) == ERR_OK && json_count(list) == 1 &&
		   str_is(json_first(list), "commissionAsset", "AAA"),
	   "one fill, its own");
	ok(signed_call("GET", "/api/v3/myTrades", "symbol=AAABBB") == 200 &&
		   json_count(parsed()) == 1,
	   "one trade, its own");
	ok(signed_call("GET", "/api/v3/allOrders",
		       "symbol=AAABBB&limit=1&orderId=0") == 200 &&
		   json_count(parsed()) == 1,
	   "and one order");
	ok(signed_call("POST", "/api/v3/order",
		       LIMIT_ORDER "9&selfTradePreventionMode=NO") == 400 &&
		   has_code(-1100),
	   "an unknown self-trade prevention");
	ok(signed_call("POST", "/api/v3/order", LIMIT_ORDER "9&price=9.01") ==
		   400,
	   "a price twice");
	ok(signed_call("POST", "/api/v3/order", LIMIT_ORDER "9%2E00") == 200,
	   "a price with an escape");
	ok(signed_call("POST", "/api/v3/order", LIMIT_ORDER "9%2") == 400 &&
		   signed_call("POST", "/api/v3/order", LIMIT_ORDER "9%00") ==
			   400,
	   "with half of one, and with a NUL");
	ok(signed_call("GET", "/api/v3/account", "recvWindow=0") == 200 &&
		   signed_call("GET", "/api/v3/account", "recvWindow=") == 400,
	   "a window of nothing, and none at all");
}

static void test_empty_book(void)
{
	struct dec most = { INT64_MAX };

	engine_market_trim(&p->engine, SIDE_SELL, (struct dec){ INT64_MAX });
	engine_market_level(&p->engine, SIDE_SELL, (struct dec){ 1010000000 },
			    (struct dec){ 0 }, 0);
	ok(p->engine.book[SIDE_SELL].n == 0, "nobody sells");
	ok(signed_call("POST", "/api/v3/order",
		       "symbol=AAABBB&side=BUY&type=MARKET&quantity=1") ==
			   200 &&
		   str_is(parsed(), "status", "EXPIRED"),
	   "a buy at market expires");
	ok(call("GET", "/api/v3/depth", "symbol=AAABBB", "", NULL) == 200 &&
		   strstr(out, "\"asks\":[]") != NULL,
	   "the book says so");
	engine_market_level(&p->engine, SIDE_SELL, (struct dec){ 2000000000 },
			    most, 0);
	p->market.trades[0].qty = p->market.trades[1].qty = most;
	ok(call("GET", "/api/v3/depth", "symbol=AAABBB", "", NULL) == 200 &&
		   call("GET", "/api/v3/ticker/24hr", "symbol=AAABBB", "",
			NULL) == 200,
	   "sums beyond a decimal are cut, not wrapped");
	ok(strstr(out, "\"volume\":\"-") == NULL, "to the largest one");
}

static void test_market_files(void)
{
	struct market m = { 0 }, n = { 0 };
	struct dec price = { 141342 }, tick = { 1 }, step = { DEC_ONE };
	size_t line = 0;

	is_err(market_read(str_slice(""), &m, &line), ERR_MISSING, "no trade");
	is_err(market_read(str_slice("{\"a\":1}\n"), &m, &line), ERR_VALUE,
	       "a line without members");
	is_err(market_read(str_slice("{\"a\":1,\"p\":\"1\",\"q\":\"1\",\"T\":2,"
				     "\"m\":true}\n{\"a\":2,\"p\":\"1\",\"q\":"
				     "\"1\",\"T\":1,\"m\":true}\n"),
			   &m, &line),
	       ERR_VALUE, "time that runs backwards");
	ok(line == 2, "is on line 2");
	is_err(market_generate(7, 1000, price, tick, step, &m), ERR_OK,
	       "a market is generated");
	is_err(market_generate(7, 1000, price, tick, step, &n), ERR_OK,
	       "and again");
	ok(memcmp(m.trades, n.trades, 1000 * sizeof *m.trades) == 0,
	   "the same seed makes the same market");
	market_free(&n);
	is_err(market_generate(8, 1000, price, tick, step, &n), ERR_OK,
	       "another seed");
	ok(memcmp(m.trades, n.trades, 1000 * sizeof *m.trades) != 0,
	   "makes another");
	market_free(&m);
	market_free(&n);
}

/* A price that jumps passes every level of the other side: a real market would
 * still have one there. */
static void test_two_sides(void)
{
	const struct book_side *asks = &p->engine.book[SIDE_SELL];

	p->market.trades[2].price.e8 = 12 * DEC_ONE; /* best ask: 10.10 */
	(void)market_advance(&p->market, &p->engine, 2000, 0);
	ok(asks->n == 1 && asks->at[0]->price.e8 == 12 * DEC_ONE + 1000000,
	   "after a jump somebody sells a tick higher");
	ok(dec_cmp(asks->at[0]->qty, p->market.trades[2].qty) == 0,
	   "as much as was traded");
	ok(p->engine.book[SIDE_BUY].at[0]->price.e8 == 12 * DEC_ONE,
	   "where somebody bought");
}

/* A market that drifts would fill one side of every quote and not the other. */
static void test_market_walk(void)
{
	struct dec price = { 141342 }, tick = { 1 }, step = { DEC_ONE };
	int up = 0, sold = 0, far = 0;

	for (uint64_t seed = 1; seed <= 32; seed++) {
		struct market m = { 0 };

		is_err(market_generate(seed, 5000, price, tick, step, &m),
		       ERR_OK, "market %d", (int)seed);
		for (size_t i = 0; i < m.n; i++)
			sold += m.trades[i].buyer_is_maker ? 1 : 0;
		up += m.trades[m.n - 1].price.e8 > price.e8 ? 1 : 0;
		far += m.trades[m.n - 1].price.e8 < price.e8 * 3 / 4 ? 1 : 0;
		market_free(&m);
	}
	ok(up >= 8 && up <= 24, "%d of 32 markets rise", up);
	ok(far == 0, "%d lose a quarter", far);
	ok(sold > 79000 && sold < 81000, "%d of 160000 trades sell", sold);
}

int main(void)
{
	p = calloc(1, sizeof *p);
	if (p == NULL)
		return 1;
	fresh();
	test_two_traders();
	test_empty_book();
	fresh();
	test_two_sides();
	fresh();
	test_public();
	test_auth();
	test_signature_vector();
	test_orders();
	test_bad_orders();
	test_market_files();
	test_market_walk();
	market_free(&p->market);
	free(p);
	return tap_done();
}
