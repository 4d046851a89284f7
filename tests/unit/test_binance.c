/* Binance's answers taken apart: documented examples, and everything that a
 * venue gone wrong may send. Examples are shaped after the spot API
 * documentation. */
#include "jobs/venues/binance_parse.h"
#include "tests/tap.h"

static uint8_t mem[1 << 17];

static struct json parse(const char *text)
{
	struct arena a = arena_over(mem, sizeof mem);
	struct json v = { NULL };

	if (json_parse(&a, str_slice(text), &v) != ERR_OK)
		printf("Bail out! not JSON: %s\n", text);
	return v;
}

#define INFO(filters)                                                          \
	"{\"timezone\":\"UTC\",\"symbols\":[{\"symbol\":\"XRPETH\","           \
	"\"status\":\"TRADING\",\"filters\":[" filters "]}]}"
#define PRICE "{\"filterType\":\"PRICE_FILTER\",\"tickSize\":\"0.00000010\"}"
#define LOT                                                                    \
	"{\"filterType\":\"LOT_SIZE\",\"minQty\":\"0.10000000\","              \
	"\"stepSize\":\"0.10000000\"}"
#define NOTIONAL "{\"filterType\":\"NOTIONAL\",\"minNotional\":\"0.00100000\"}"

static void test_rules(void)
{
	struct venue_rules r;

	is_err(binance_rules(parse(INFO(PRICE "," LOT ",{\"filterType\":\"X\"}"
					      "," NOTIONAL)),
			     "XRPETH", &r),
	       ERR_OK, "the rules of a pair");
	ok(r.tick.e8 == 10 && r.step.e8 == 10000000 &&
		   r.min_qty.e8 == 10000000 && r.min_notional.e8 == 100000,
	   "are read");
	is_err(binance_rules(parse(INFO(PRICE "," LOT)), "XRPETH", &r),
	       ERR_MISSING, "no notional filter");
	is_err(binance_rules(parse(INFO(PRICE)), "BTCETH", &r), ERR_MISSING,
	       "another pair");
	is_err(binance_rules(parse("{\"symbols\":[]}"), "XRPETH", &r),
	       ERR_MISSING, "no pair at all");
	is_err(binance_rules(parse("[]"), "XRPETH", &r), ERR_VALUE,
	       "not an object");
	is_err(binance_rules(parse("{\"symbols\":[{\"symbol\":\"XRPETH\","
				   "\"status\":\"BREAK\",\"filters\":[]}]}"),
			     "XRPETH", &r),
	       ERR_VALUE, "a pair that is not trading");
	is_err(binance_rules(
		       parse(INFO("{\"filterType\":\"PRICE_FILTER\","
				  "\"tickSize\":\"0\"}," LOT "," NOTIONAL)),
		       "XRPETH", &r),
	       ERR_VALUE, "a tick of zero");
}

static void test_top(void)
{
	struct venue_top t;

	is_err(binance_top(parse("{\"lastUpdateId\":1,\"bids\":[[\"4.00\","
				 "\"431\"],[\"3\",\"1\"]],\"asks\":[[\"4.02\","
				 "\"12\"]]}"),
			   &t),
	       ERR_OK, "the top of the book");
	ok(t.bid.e8 == 400000000 && t.ask.e8 == 402000000, "bid and ask");
	is_err(binance_top(parse("{\"bids\":[],\"asks\":[[\"4\",\"1\"]]}"), &t),
	       ERR_STATE, "no bid");
	is_err(binance_top(parse("{\"bids\":[[\"4\",\"1\"]],\"asks\":[[\"4\","
				 "\"1\"]]}"),
			   &t),
	       ERR_STATE, "a crossed book");
	is_err(binance_top(parse("{\"bids\":[[4,1]],\"asks\":[[\"5\",\"1\"]]}"),
			   &t),
	       ERR_VALUE, "a price that is a number");
	is_err(binance_top(parse("{\"bids\":[7],\"asks\":[[\"5\",\"1\"]]}"),
			   &t),
	       ERR_VALUE, "a level that is a number");
	is_err(binance_top(parse("{\"bids\":[[\"-4\",\"1\"]],\"asks\":[[\"5\","
				 "\"1\"]]}"),
			   &t),
	       ERR_VALUE, "a negative price");
	is_err(binance_top(parse("{}"), &t), ERR_MISSING, "nothing");
}

static void test_account(void)
{
	struct venue_balances b;

	is_err(binance_balances(
		       parse("{\"balances\":[{\"asset\":\"ETH\",\"free\":"
			     "\"1.5\",\"locked\":\"0.5\"},{\"asset\":\"BNB\","
			     "\"free\":\"9\",\"locked\":\"0\"}]}"),
		       "XRP", "ETH", &b),
	       ERR_OK, "balances");
	ok(b.base.e8 == 0 && b.quote.e8 == 2 * (int64_t)DEC_ONE,
	   "an asset never held is zero, the other free and locked");
	is_err(binance_balances(
		       parse("{\"balances\":[{\"asset\":\"ETH\",\"free\":"
			     "\"-1\",\"locked\":\"0\"}]}"),
		       "XRP", "ETH", &b),
	       ERR_VALUE, "a negative balance");
	is_err(binance_balances(parse("{\"balances\":7}"), "XRP", "ETH", &b),
	       ERR_VALUE, "not a list");
}

#define ORDER                                                                  \
	"{\"symbol\":\"XRPETH\",\"orderId\":1,\"clientOrderId\":\"ab\","       \
	"\"price\":\"0.1\",\"origQty\":\"1.0\",\"executedQty\":\"0.4\","       \
	"\"side\":\"SELL\"}"

static struct venue_order orders[VENUE_OPEN_MAX];
static struct venue_trade trades[VENUE_TRADES_MAX];

static void test_orders(void)
{
	static char many[(VENUE_OPEN_MAX + 1) * (sizeof ORDER + 1) + 8] = "[";
	size_t n = 99;

	is_err(binance_orders(parse("[" ORDER "]"), orders, &n), ERR_OK,
	       "an open order");
	ok(n == 1 && orders[0].side == VENUE_SELL &&
		   strcmp(orders[0].client_id, "ab") == 0 &&
		   orders[0].filled.e8 == 40000000,
	   "is read");
	is_err(binance_orders(parse("[]"), orders, &n), ERR_OK, "none");
	ok(n == 0, "is none");
	uint64_t id = 7;

	is_err(binance_order_id(parse(ORDER), &id), ERR_OK, "an order's id");
	ok(id == 1, "is read");
	is_err(binance_order_id(parse("{\"orderId\":-1}"), &id), ERR_VALUE,
	       "a negative one is refused");
	is_err(binance_order_id(parse("[]"), &id), ERR_VALUE, "a list, too");
	for (int i = 0; i <= VENUE_OPEN_MAX; i++)
		strcat(many, i == 0 ? ORDER : "," ORDER);
	strcat(many, "]");
	is_err(binance_orders(parse("{}"), orders, &n), ERR_VALUE, "no list");
	is_err(binance_orders(parse("[{}]"), orders, &n), ERR_MISSING, "empty");
	static uint8_t big[1 << 20];
	struct arena a = arena_over(big, sizeof big);
	struct json v;

	is_err(json_parse(&a, str_slice(many), &v), ERR_OK, "201 orders");
	is_err(binance_orders(v, orders, &n), ERR_LIMIT, "are too many");
}

#define TRADE(id, asset)                                                       \
	"{\"id\":" id ",\"orderId\":9,\"price\":\"4\",\"qty\":\"12\","         \
	"\"quoteQty\":\"48\",\"commission\":\"10.1\",\"commissionAsset\":"     \
	"\"" asset "\",\"time\":1499865549590,\"isBuyer\":true,\"isMaker\":"   \
	"false,\"isBestMatch\":true}"

static void test_trades(void)
{
	size_t n = 0;

	is_err(binance_trades(
		       parse("[" TRADE("7", "BNB") "," TRADE("8", "ETH") "]"),
		       trades, &n),
	       ERR_OK, "two trades");
	ok(n == 2 && trades[1].id == 8 && trades[0].side == VENUE_BUY &&
		   !trades[0].maker && strcmp(trades[0].fee_asset, "BNB") == 0,
	   "are read");
	is_err(binance_trades(
		       parse("[" TRADE("8", "BNB") "," TRADE("8", "ETH") "]"),
		       trades, &n),
	       ERR_VALUE, "the same id twice");
	is_err(binance_trades(
		       parse("[" TRADE(
			       "8",
			       "BNB") ",{\"id\":8,"
				      "\"orderId\":10,\"price\":\"4\",\"qty\":"
				      "\"12\",\"quoteQty\":\"48\","
				      "\"commission\":\"0\","
				      "\"commissionAsset\":"
				      "\"ETH\",\"time\":1,\"isBuyer\":false,"
				      "\"isMaker\":true}]"),
		       trades, &n),
	       ERR_OK, "but for the two sides of one trade");
	is_err(binance_trades(parse("[" TRADE("-1", "BNB") "]"), trades, &n),
	       ERR_VALUE, "a negative id");
	is_err(binance_trades(parse("[" TRADE("1.5", "BNB") "]"), trades, &n),
	       ERR_VALUE, "a broken id");
	is_err(binance_trades(parse("[" TRADE("1", "b\\\"x") "]"), trades, &n),
	       ERR_VALUE, "an asset with a quote in it");
	is_err(binance_trades(parse("[" TRADE("1", "AAAABBBBCCCCDDDD") "]"),
			      trades, &n),
	       ERR_VALUE, "an asset that is too long");
}

static void test_errors(void)
{
	static const struct {
		int status;
		const char *body;
		enum venue_error want;
	} cases[] = {
		{ 429, "{}", VENUE_RATE_LIMITED },
		{ 418, "{}", VENUE_RATE_LIMITED },
		{ 400, "{\"code\":-1003,\"msg\":\"x\"}", VENUE_RATE_LIMITED },
		{ 500, "[]", VENUE_NETWORK },
		{ 400, "{\"code\":-1021,\"msg\":\"x\"}", VENUE_NETWORK },
		{ 400, "{\"code\":-2011,\"msg\":\"Unknown order sent.\"}",
		  VENUE_NO_ORDER },
		{ 400,
		  "{\"code\":-2011,\"msg\":\"Order was not canceled due to "
		  "cancel restrictions.\"}",
		  VENUE_INVALID },
		{ 400, "{\"code\":-2011}", VENUE_INVALID },
		{ 400, "{\"code\":-2013,\"msg\":\"x\"}", VENUE_NO_ORDER },
		{ 400, "{\"code\":-1006,\"msg\":\"x\"}", VENUE_NETWORK },
		{ 400, "{\"code\":-1007,\"msg\":\"x\"}", VENUE_NETWORK },
		{ 408, "{}", VENUE_NETWORK },
		{ 503, "{\"code\":-2013,\"msg\":\"x\"}", VENUE_NETWORK },
		{ 400,
		  "{\"code\":-2010,\"msg\":\"Account has insufficient balance "
		  "for requested action.\"}",
		  VENUE_FUNDS },
		{ 400, "{\"code\":-2010,\"msg\":\"Duplicate order sent.\"}",
		  VENUE_INVALID },
		{ 401, "{\"code\":-2015,\"msg\":\"x\"}", VENUE_INVALID },
		{ 302, "{}", VENUE_OTHER },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct slice msg;

		ok(binance_error(cases[i].status, parse(cases[i].body), &msg) ==
			   cases[i].want,
		   "%d %s is %s", cases[i].status, cases[i].body,
		   venue_error_name(cases[i].want));
	}
	struct slice msg;

	ok(binance_error(502, (struct json){ NULL }, &msg) == VENUE_NETWORK &&
		   msg.len == 0,
	   "a body that is no JSON at all");
}

static void test_pair(void)
{
	static struct venue v;

	is_err(venue_pair(str_slice("XRP/ETH"), &v), ERR_OK, "XRP/ETH");
	ok(strcmp(v.base, "XRP") == 0 && strcmp(v.symbol, "XRPETH") == 0,
	   "is XRPETH there");
	is_err(venue_pair(str_slice("XRPETH"), &v), ERR_VALUE, "no slash");
	is_err(venue_pair(str_slice("/ETH"), &v), ERR_VALUE, "no base");
	is_err(venue_pair(str_slice("XRP/"), &v), ERR_VALUE, "no quote");
	is_err(venue_pair(str_slice("X/Y/Z"), &v), ERR_VALUE, "two slashes");
	is_err(venue_pair(str_slice("xrp/eth"), &v), ERR_VALUE, "lower case");
	is_err(venue_pair(str_slice("A&b=1/ETH"), &v), ERR_VALUE,
	       "a parameter smuggled in");
	is_err(venue_pair(str_slice("AAAABBBBCCCCDDDD/E"), &v), ERR_VALUE,
	       "too long");
}

int main(void)
{
	test_rules();
	test_top();
	test_account();
	test_orders();
	test_trades();
	test_errors();
	test_pair();
	return tap_done();
}
