/* Pure market making: parameters, the quotes they lead to, and the ledger of
 * what came of them. Expected numbers are worked out by hand from the rules in
 * strategy.h and ledger.h. */
#include "jobs/market_making/ledger.h"
#include "jobs/market_making/strategy.h"
#include "tests/tap.h"

static uint8_t mem[65536];
static const struct mm_intents no_intents;

static struct dec d(const char *s)
{
	struct dec v = { -1 };

	if (dec_parse(str_slice(s), &v) != ERR_OK)
		printf("Bail out! %s is no decimal\n", s);
	return v;
}

static bool same(struct dec a, const char *b)
{
	return a.e8 == d(b).e8;
}

static enum err read_params(const char *text, struct mm_params *p,
			    const char **key)
{
	struct arena a = arena_over(mem, sizeof mem);
	struct json v;

	if (json_parse(&a, str_slice(text), &v) != ERR_OK)
		printf("Bail out! not JSON: %s\n", text);
	return mm_params_read(v, p, key);
}

#define REQUIRED                                                               \
	"\"orderAmount\":\"10\",\"bidSpread\":\"0.001\",\"askSpread\":"        \
	"\"0.002\""

static void test_params(void)
{
	static const struct {
		const char *text, *key;
		enum err want;
	} bad[] = {
		{ "{\"bidSpread\":\"0\",\"askSpread\":\"0\"}", "orderAmount",
		  ERR_MISSING },
		{ "{" REQUIRED ",\"spread\":\"1\"}", "spread", ERR_UNKNOWN },
		{ "{" REQUIRED ",\"tickSizeMs\":49}", "tickSizeMs", ERR_VALUE },
		{ "{" REQUIRED ",\"tickSizeMs\":\"100\"}", "tickSizeMs",
		  ERR_VALUE },
		{ "{" REQUIRED ",\"numberOfLayers\":11}", "numberOfLayers",
		  ERR_VALUE },
		{ "{" REQUIRED ",\"floorPrice\":\"0\"}", "floorPrice",
		  ERR_VALUE },
		{ "{" REQUIRED ",\"floorPrice\":\"2\",\"ceilingPrice\":\"1\"}",
		  "ceilingPrice", ERR_VALUE },
		{ "{" REQUIRED ",\"inventoryTargetBaseRatio\":\"1.1\"}",
		  "inventoryTargetBaseRatio", ERR_VALUE },
		{ "{" REQUIRED ",\"priceSourceType\":\"MID\"}",
		  "priceSourceType", ERR_VALUE },
		{ "{" REQUIRED ",\"makerHeavyMode\":1}", "makerHeavyMode",
		  ERR_VALUE },
		{ "{\"orderAmount\":10,\"bidSpread\":\"0\",\"askSpread\":"
		  "\"0\"}",
		  "orderAmount", ERR_VALUE },
		{ "{\"orderAmount\":\"-1\",\"bidSpread\":\"0\",\"askSpread\":"
		  "\"0\"}",
		  "orderAmount", ERR_VALUE },
	};
	struct mm_params p;
	const char *key;

	is_err(read_params("{" REQUIRED "}", &p, &key), ERR_OK, "the minimum");
	ok(p.refresh_ms == 15000 && p.tick_ms == 1000 && p.layers == 1 &&
		   p.source == MM_MID_PRICE && same(p.target_ratio, "0.5") &&
		   same(p.skew_factor, "0.25") && p.bias_bps == 20,
	   "has the documented defaults");
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		is_err(read_params(bad[i].text, &p, &key), bad[i].want,
		       "refused: %s", bad[i].text);
		ok(strcmp(key, bad[i].key) == 0, "names %s, want %s", key,
		   bad[i].key);
	}
}

static struct mm_view view(const char *price, const char *ratio)
{
	struct mm_view v = { .price = d(price), .base_ratio = d(ratio) };

	v.rules = (struct venue_rules){ .tick = d("0.01"),
					.step = d("0.1"),
					.min_qty = d("0.1"),
					.min_notional = d("1") };
	return v;
}

static struct mm_params params(const char *more)
{
	struct mm_params p = { 0 };
	const char *key;
	char text[512];

	snprintf(text, sizeof text, "{" REQUIRED "%s}", more);
	is_err(read_params(text, &p, &key), ERR_OK, "parameters %s", more);
	return p;
}

static void test_one_layer(void)
{
	struct mm_params p = params("");
	struct mm_view v = view("100", "0.5");
	struct mm_quote q[2 * MM_LAYERS_MAX];

	ok(mm_quotes(&p, &v, q) == 2, "a buy and a sell");
	ok(q[0].side == VENUE_BUY && same(q[0].price, "99.9") &&
		   same(q[0].qty, "10"),
	   "buy 10 at 100 * (1 - 0.001)");
	ok(q[1].side == VENUE_SELL && same(q[1].price, "100.2"),
	   "sell at 100 * (1 + 0.002)");
	v.price = d("100.005");
	(void)mm_quotes(&p, &v, q);
	ok(same(q[0].price, "99.9") && same(q[1].price, "100.21"),
	   "buys round down to the tick, sells up");
}

static void test_layers(void)
{
	struct mm_params p = params(",\"numberOfLayers\":3,"
				    "\"amountChangePerLayer\":\"2\"");
	struct mm_view v = view("100", "0.5");
	struct mm_quote q[2 * MM_LAYERS_MAX];

	ok(mm_quotes(&p, &v, q) == 6, "three layers");
	ok(same(q[4].price, "99.7") && same(q[4].qty, "14"),
	   "the third buys 10 + 2 + 2 at three spreads");
	p = params(",\"numberOfLayers\":3,\"amountChangePerLayer\":\"50\","
		   "\"amountChangeType\":\"percentage\"");
	(void)mm_quotes(&p, &v, q);
	ok(same(q[4].qty, "22.5"), "or 10 * 1.5 * 1.5");
	v.open_buys = 2;
	v.open_sells = 3;
	ok(mm_quotes(&p, &v, q) == 1 && q[0].side == VENUE_BUY &&
		   q[0].layer == 3,
	   "hanging orders take the place of the first layers");
}

static void test_skew(void)
{
	struct mm_params p = params("");
	struct mm_view v = view("100", "0.9");
	struct mm_quote q[2 * MM_LAYERS_MAX];

	/* (0.9 - 0.5) * 0.25 = 0.1 */
	(void)mm_quotes(&p, &v, q);
	ok(same(q[0].price, "89.9") && same(q[1].price, "100"),
	   "too much base: bid lower, ask at the price but not below");
	v = view("100", "0.1");
	(void)mm_quotes(&p, &v, q);
	ok(same(q[0].price, "100") && same(q[1].price, "110.2"),
	   "too little: the other way round");
	p = params(",\"makerHeavyMode\":true,\"makerHeavyBiasBps\":50");
	v = view("100", "0.5");
	(void)mm_quotes(&p, &v, q);
	ok(same(q[0].price, "99.4") && same(q[1].price, "100.7"),
	   "maker heavy adds 50 basis points on both sides");
}

static void test_limits(void)
{
	struct mm_params p = params(",\"ceilingPrice\":\"90\"");
	struct mm_view v = view("100", "0.5");
	struct mm_quote q[2 * MM_LAYERS_MAX];

	ok(mm_quotes(&p, &v, q) == 1 && q[0].side == VENUE_SELL,
	   "no buy above the ceiling");
	p = params(",\"floorPrice\":\"110\"");
	ok(mm_quotes(&p, &v, q) == 1 && q[0].side == VENUE_BUY,
	   "no sell below the floor");
	p = params("");
	v.rules.min_qty = d("10.1");
	ok(mm_quotes(&p, &v, q) == 0, "nothing below the venue's minimum");
	v = view("0.01", "0.5");
	ok(mm_quotes(&p, &v, q) == 0, "nor below its notional");
	v = view("92233720368", "0.5");
	ok(mm_quotes(&p, &v, q) == 0, "nor beyond what a decimal holds");
}

static void test_ratio(void)
{
	struct dec r;

	is_err(mm_base_ratio(d("2"), d("300"), d("50"), &r), ERR_OK, "ratio");
	ok(same(r, "0.25"), "100 of 400 is base");
	is_err(mm_base_ratio(d("0"), d("0"), d("50"), &r), ERR_OK, "empty");
	ok(same(r, "0.5"), "counts as balanced");
}

static struct venue_trade trade(uint64_t id, enum venue_side side,
				const char *price, const char *qty,
				const char *fee)
{
	struct venue_trade t = { .id = id,
				 .order_id = id,
				 .side = side,
				 .price = d(price),
				 .qty = d(qty),
				 .fee = d(fee),
				 .maker = true,
				 .time_ms = 5 };

	strcpy(t.fee_asset, side == VENUE_BUY ? "XRP" : "ETH");
	if (dec_mul(t.price, t.qty, DEC_DOWN, &t.quote_qty) != ERR_OK)
		printf("Bail out! product\n");
	return t;
}

static void book(struct mm_ledger *l, struct venue_trade t, const char *mid)
{
	is_err(mm_ledger_trade(l, &t, d(mid)), ERR_OK, "a trade is booked");
}

static void test_ledger(void)
{
	struct mm_ledger l;

	mm_ledger_init(&l, "XRP", "ETH");
	book(&l, trade(1, VENUE_BUY, "10", "4", "0.004"), "10.5");
	book(&l, trade(2, VENUE_BUY, "12", "4", "0.004"), "12.5");
	ok(same(l.inventory, "8") && same(l.cost, "88"), "8 for 88");
	book(&l, trade(3, VENUE_SELL, "13", "2", "0.026"), "12.5");
	ok(same(l.realised_pnl, "4"), "2 of them sold at 13: 26 - 22");
	ok(same(l.inventory, "6") && same(l.cost, "66"), "6 for 66 stay");
	book(&l, trade(4, VENUE_SELL, "10", "10", "0.1"), "10");
	ok(same(l.realised_pnl, "-2"), "6 closed at a loss of 6");
	ok(same(l.inventory, "-4") && same(l.cost, "-40"), "and 4 short at 10");
	book(&l, trade(5, VENUE_BUY, "9", "4", "0.004"), "9");
	ok(same(l.realised_pnl, "2"), "bought back at 9: 4 won");
	ok(l.inventory.e8 == 0 && l.cost.e8 == 0, "nothing is left");
	ok(same(l.spread_captured, "5"), "2 + 2 + 1 + 0 + 0 against the mid");
	ok(same(l.fees_base, "0.012") && same(l.fees_quote, "0.126"), "fees");
	ok(l.buys == 3 && l.sells == 2 && l.trades == 5, "counts");
}

static void test_ledger_limits(void)
{
	struct venue_trade t = trade(1, VENUE_BUY, "1", "92233720368", "0");
	struct mm_ledger l, before;

	mm_ledger_init(&l, "XRP", "ETH");
	book(&l, t, "1");
	before = l;
	t.id = 2;
	is_err(mm_ledger_trade(&l, &t, d("1")), ERR_LIMIT,
	       "a sum beyond a decimal is refused");
	ok(memcmp(&l, &before, sizeof l) == 0, "and changes nothing");
}

/* Amounts of a coin of small price: cost times quantity is far beyond what a
 * decimal holds, and is never formed. */
static void test_ledger_large(void)
{
	struct mm_ledger l;

	mm_ledger_init(&l, "XRP", "ETH");
	book(&l, trade(1, VENUE_BUY, "0.1", "50000000", "0"), "0.1");
	book(&l, trade(2, VENUE_SELL, "0.2", "20000000", "0"), "0.2");
	ok(same(l.realised_pnl, "2000000") && same(l.cost, "3000000"),
	   "20,000,000 of 50,000,000 for 5,000,000, sold for 4,000,000");
}

static void test_ledger_fees(void)
{
	struct venue_trade t = trade(1, VENUE_BUY, "10", "4", "0.1");
	static const char *const assets[] = { "BNB", "AAA", "BNB", "CCC",
					      "DDD" };
	struct wr w = wr_over(mem, sizeof mem);
	struct mm_ledger l, before;

	mm_ledger_init(&l, "XRP", "ETH");
	for (size_t i = 0; i < 5; i++) {
		strcpy(t.fee_asset, assets[i]);
		book(&l, t, "10");
	}
	is_err(mm_ledger_metrics(&l, &no_intents, &w), ERR_OK, "metrics");
	wr_u8(&w, 0);
	ok(strstr((char *)mem,
		  "\"fees_other\":{\"AAA\":\"0.1\",\"BNB\":"
		  "\"0.2\",\"CCC\":\"0.1\",\"DDD\":\"0.1\"}") != NULL,
	   "fees in the venue's own coin are summed by asset");
	before = l;
	strcpy(t.fee_asset, "EEE");
	is_err(mm_ledger_trade(&l, &t, d("10")), ERR_SPACE,
	       "five are too many");
	ok(memcmp(&l, &before, sizeof l) == 0, "and change nothing");
	t.fee.e8 = 0;
	book(&l, t, "10");
}

/* Ten thousand trades whose quote amounts the venue has rounded as it likes:
 * realised = sell_quote - buy_quote + cost, to the last place, at every step.
 */
static void test_ledger_identity(void)
{
	struct mm_ledger l;
	uint64_t x = 88172645463325252;
	bool exact = true;
	int turns = 0;

	mm_ledger_init(&l, "XRP", "ETH");
	for (uint64_t i = 1; i <= 10000; i++) {
		int64_t before = l.inventory.e8;
		struct venue_trade t = { .id = i, .fee_asset = "ETH" };

		x ^= x << 13; /* xorshift64, Marsaglia */
		x ^= x >> 7;
		x ^= x << 17;
		t.side = (x & 1) != 0 ? VENUE_BUY : VENUE_SELL;
		t.price.e8 = 100000 + (int64_t)(x >> 8 & 0xffff);
		t.qty.e8 = 1 + (int64_t)(x >> 24 & 0xffffffff);
		if (dec_mul(t.price, t.qty, DEC_DOWN, &t.quote_qty) != ERR_OK)
			printf("Bail out! product\n");
		t.quote_qty.e8 += (int64_t)(x >> 56 & 3);
		exact &= mm_ledger_trade(&l, &t, t.price) == ERR_OK;
		exact &= l.realised_pnl.e8 ==
			 l.sell_quote.e8 - l.buy_quote.e8 + l.cost.e8;
		exact &= l.inventory.e8 == l.buy_volume.e8 - l.sell_volume.e8;
		exact &= l.inventory.e8 != 0 || l.cost.e8 == 0;
		turns += (before < 0) != (l.inventory.e8 < 0);
	}
	ok(exact, "the books balance after every trade");
	ok(turns > 10, "through %d turns from long to short and back", turns);
}

/* The first bytes are those that "printf [] | sha384sum" prints. */
static void test_outputs(void)
{
	static const uint8_t none[4] = { 0x56, 0x21, 0x09, 0xb0 };
	uint8_t got[SHA384_LEN], want[SHA384_LEN];
	struct mm_ledger l;

	mm_ledger_init(&l, "XRP", "ETH");
	mm_ledger_outputs(&l, got);
	sha384(str_slice("[]"), want);
	ok(memcmp(got, want, sizeof got) == 0 && memcmp(got, none, 4) == 0,
	   "no trades: the digest of []");
	book(&l, trade(7, VENUE_SELL, "0.5", "3", "0.0015"), "0.5");
	mm_ledger_outputs(&l, got);
	sha384(str_slice("[{\"fee\":\"0.0015\",\"fee_asset\":\"ETH\",\"id\":7,"
			 "\"maker\":true,\"order_id\":7,\"price\":\"0.5\","
			 "\"qty\":\"3\",\"quote_qty\":\"1.5\",\"side\":"
			 "\"sell\",\"time_ms\":5}]"),
	       want);
	ok(memcmp(got, want, sizeof got) == 0, "one trade: its canonical form");
}

static void test_metrics(void)
{
	struct mm_ledger l;
	struct wr w = wr_over(mem, sizeof mem);

	mm_ledger_init(&l, "XRP", "ETH");
	book(&l, trade(1, VENUE_BUY, "10", "4", "0.004"), "10.5");
	l.mid = d("11");
	is_err(mm_ledger_metrics(&l, &no_intents, &w), ERR_OK, "metrics");
	wr_u8(&w, 0);
	ok(strstr((char *)mem, "\"unrealised_pnl_quote\":\"4\"") != NULL,
	   "4 * 11 - 40 is not realised yet");
	ok(strstr((char *)mem, "\"realised_pnl_quote\":\"0\"") != NULL, "0 is");
}

/* Everything as long as it gets: all names, all numbers, all reasons. */
static void test_longest_metrics(void)
{
	static struct mm_intents q;
	struct wr w = wr_over(mem, sizeof mem);
	char asset[VENUE_ASSET_LEN + 1], name[LIMIT_NAME_BYTES + 1];
	struct mm_intent i = { .type = MM_CANCEL };
	struct mm_ledger l;
	struct dec *const sums[] = { &l.buy_volume,   &l.sell_volume,
				     &l.buy_quote,    &l.sell_quote,
				     &l.fees_base,    &l.fees_quote,
				     &l.realised_pnl, &l.spread_captured };

	memset(asset, 'A', VENUE_ASSET_LEN);
	asset[VENUE_ASSET_LEN] = '\0';
	memset(name, 'n', LIMIT_NAME_BYTES);
	name[LIMIT_NAME_BYTES] = '\0';
	mm_ledger_init(&l, asset, asset);
	for (size_t k = 0; k < sizeof sums / sizeof sums[0]; k++)
		sums[k]->e8 = -INT64_MAX;
	l.nfees_other = MM_FEE_ASSETS;
	for (size_t k = 0; k < MM_FEE_ASSETS; k++) {
		memset(l.fees_other[k].asset, 'A' + (int)k, VENUE_ASSET_LEN);
		l.fees_other[k].sum.e8 = -INT64_MAX;
	}
	mm_intents_init(&q, name, name, name);
	mm_intents_plan(&q, (INT64_C(1) << 53) - 1);
	for (enum mm_reason r = MM_FOR_AGENT; r < MM_FOR_MAX_OPEN; r++) {
		memset(i.client_id, 'a' + (int)r, VENUE_ID_LEN);
		if (mm_intents_add(&q, &i) != ERR_OK ||
		    mm_intents_move(&q, mm_intents_head(&q), MM_FAILED, r, 0) !=
			    ERR_OK)
			printf("Bail out! intent\n");
	}
	for (enum mm_reason r = MM_FOR_AGENT; r < MM_REASONS; r++)
		q.reasons[r] = (UINT64_C(1) << 53) - 1;
	is_err(mm_ledger_metrics(&l, &q, &w), ERR_OK, "the longest metrics");
	ok(w.len < LIMIT_JOB_METRICS / 2, "are %zu bytes of %d", w.len,
	   LIMIT_JOB_METRICS);
}

int main(void)
{
	test_params();
	test_one_layer();
	test_layers();
	test_skew();
	test_limits();
	test_ratio();
	test_ledger();
	test_ledger_limits();
	test_ledger_large();
	test_ledger_fees();
	test_ledger_identity();
	test_outputs();
	test_metrics();
	test_longest_metrics();
	return tap_done();
}
