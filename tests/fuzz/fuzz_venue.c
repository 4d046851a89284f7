/* What a venue answers: the first byte picks who reads it, the rest is the
 * body. Whatever is accepted keeps what its header promises. */
#include <stdlib.h>
#include <string.h>

#include "jobs/market_making/ledger.h"
#include "jobs/venues/binance_parse.h"

static uint8_t mem[LIMIT_VENUE_ARENA], text[LIMIT_JOB_METRICS];
static struct venue_order orders[VENUE_OPEN_MAX];
static struct venue_trade trades[VENUE_TRADES_MAX];
static struct mm_intents intents;

static void must(bool cond)
{
	if (!cond)
		abort();
}

static void read_rules(struct json v)
{
	struct venue_rules r;

	if (binance_rules(v, "XRPETH", &r) == ERR_OK)
		must(r.tick.e8 > 0 && r.step.e8 > 0 && r.min_qty.e8 >= 0 &&
		     r.min_notional.e8 >= 0);
}

static void read_top(struct json v)
{
	struct venue_top t;

	if (binance_top(v, &t) == ERR_OK)
		must(t.bid.e8 > 0 && dec_cmp(t.bid, t.ask) < 0);
}

static void read_account(struct json v)
{
	struct venue_balances b;
	struct dec price;

	if (binance_balances(v, "XRP", "ETH", &b) == ERR_OK)
		must(b.base.e8 >= 0 && b.quote.e8 >= 0);
	if (binance_price(v, &price) == ERR_OK)
		must(price.e8 > 0);
}

static void read_orders(struct json v)
{
	uint64_t id;
	size_t n;

	if (binance_orders(v, orders, &n) == ERR_OK)
		for (size_t i = 0; i < n; i++)
			must(orders[i].qty.e8 > 0 &&
			     strlen(orders[i].client_id) <= VENUE_ID_LEN);
	if (binance_order_id(v, &id) == ERR_OK)
		must(id <= UINT64_C(1) << 53);
}

/* Trades that were accepted are booked: sums hold or refuse, and the metrics
 * are canonical. */
static void read_trades(struct json v)
{
	struct arena a = arena_over(mem, sizeof(mem));
	struct wr w = wr_over(text, sizeof(text));
	struct mm_ledger l;
	struct json doc;
	size_t n;

	if (binance_trades(v, trades, &n) != ERR_OK)
		return;
	mm_ledger_init(&l, "XRP", "ETH");
	for (size_t i = 0; i < n; i++) {
		must(i == 0 || trades[i].id >= trades[i - 1].id);
		if (mm_ledger_trade(&l, &trades[i], trades[i].price) != ERR_OK)
			continue;
		must(l.realised_pnl.e8 ==
		     l.sell_quote.e8 - l.buy_quote.e8 + l.cost.e8);
	}
	mm_intents_init(&intents, "c", "j", "t");
	if (mm_ledger_metrics(&l, &intents, &w) == ERR_OK)
		must(json_parse(&a, wr_slice(&w), &doc) == ERR_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static void (*const readers[])(struct json) = {
		read_rules, read_top, read_account, read_orders, read_trades
	};
	struct arena a = arena_over(mem, sizeof(mem));
	struct slice body = { data + 1, len - 1 }, msg;
	struct json v = { NULL };

	if (len == 0)
		return 0;
	if (json_parse(&a, body, &v) != ERR_OK)
		v = (struct json){ NULL };
	must(strlen(venue_error_name(binance_error(data[0] * 3, v, &msg))) <
	     40);
	if (v.node != NULL)
		readers[data[0] % 5](v);
	return 0;
}
