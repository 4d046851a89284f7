/* The paper exchange's matching engine: price-time priority, fees, balances
 * that never appear or vanish, and how a recorded trade meets users' orders.
 * The expected amounts are worked out by hand from the rules in engine.h. */
#include <stdlib.h>

#include "host-launcher/paper/engine.h"
#include "lib/rng.h"
#include "tests/tap.h"

static struct engine *e;
static unsigned alice, bob;

static struct dec d(const char *s)
{
	struct dec v = { -1 };

	if (dec_parse(str_slice(s), &v) != ERR_OK)
		printf("Bail out! %s is no decimal\n", s);
	return v;
}

static void fresh(const char *maker_fee, const char *taker_fee)
{
	struct engine_rules r = { .tick = d("0.01"),
				  .step = d("0.1"),
				  .min_qty = d("0.1"),
				  .min_notional = d("1"),
				  .maker_fee = d(maker_fee),
				  .taker_fee = d(taker_fee) };

	engine_init(e, &r, 1);
	if (engine_account(e, d("100"), d("1000"), &alice) != ERR_OK ||
	    engine_account(e, d("100"), d("1000"), &bob) != ERR_OK)
		printf("Bail out! no accounts\n");
}

static const struct order *place(unsigned who, enum side side,
				 const char *price, const char *qty,
				 enum engine_refusal want, const char *what)
{
	struct order_request r = { .account = who,
				   .side = side,
				   .type = ORDER_LIMIT,
				   .tif = TIF_GTC,
				   .price = d(price),
				   .qty = d(qty),
				   .client_id = "",
				   .time_ms = 1 };
	const struct order *o = NULL;
	size_t first;

	ok(engine_place(e, &r, &o, &first) == want, "%s", what);
	return o;
}

static bool same(struct dec a, const char *b)
{
	return a.e8 == d(b).e8;
}

static void test_price_time(void)
{
	const struct order *a, *b, *c, *t;

	fresh("0", "0");
	a = place(alice, SIDE_SELL, "10.05", "1", ENGINE_OK, "ask at 10.05");
	b = place(alice, SIDE_SELL, "10.00", "1", ENGINE_OK, "ask at 10.00");
	c = place(alice, SIDE_SELL, "10.00", "1", ENGINE_OK, "a second one");
	t = place(bob, SIDE_BUY, "10.05", "2.5", ENGINE_OK, "a buy takes 2.5");
	ok(t->status == ORDER_FILLED, "all of it");
	ok(b->status == ORDER_FILLED && c->status == ORDER_FILLED,
	   "best price first, then the older");
	ok(a->status == ORDER_PARTIALLY_FILLED && same(a->filled, "0.5"),
	   "then the next price, in part");
	ok(same(t->quote_filled, "25.025"), "at the makers' prices");
	ok(same(e->accounts[bob].quote.free, "974.975") &&
		   e->accounts[bob].quote.locked.e8 == 0,
	   "what was locked for a worse price came back");
	ok(e->nfills == 6, "two fills a trade");
}

static void test_fees(void)
{
	fresh("0.001", "0.002");
	place(alice, SIDE_SELL, "10", "2", ENGINE_OK, "maker sells 2 at 10");
	place(bob, SIDE_BUY, "10", "2", ENGINE_OK, "taker buys them");
	ok(same(e->accounts[alice].quote.free, "1019.98"),
	   "the maker's fee is 0.1 per cent of 20");
	ok(same(e->accounts[bob].base.free, "101.996"),
	   "the taker's is 0.2 per cent of 2, in base");
	ok(e->fills[0].is_maker && !e->fills[1].is_maker, "marked so");
}

static void test_refusals(void)
{
	fresh("0", "0");
	place(alice, SIDE_BUY, "10.001", "1", ENGINE_BAD_PRICE, "off the tick");
	place(alice, SIDE_BUY, "0", "1", ENGINE_BAD_PRICE, "price zero");
	place(alice, SIDE_BUY, "-1", "1", ENGINE_BAD_PRICE, "negative price");
	place(alice, SIDE_BUY, "10", "0.05", ENGINE_BAD_QTY, "too small");
	place(alice, SIDE_BUY, "10", "1.05", ENGINE_BAD_QTY, "off the step");
	place(alice, SIDE_BUY, "10", "-1", ENGINE_BAD_QTY, "negative");
	place(alice, SIDE_BUY, "0.01", "0.1", ENGINE_BAD_NOTIONAL, "notional");
	place(alice, SIDE_BUY, "10", "100.1", ENGINE_NO_BALANCE, "too dear");
	place(alice, SIDE_SELL, "10", "100.1", ENGINE_NO_BALANCE, "too much");
	place(alice, SIDE_BUY, "90000000000", "90000000000", ENGINE_BAD_QTY,
	      "a product out of range");
	ok(e->norders == 0 && same(e->accounts[alice].quote.free, "1000"),
	   "none of which left a trace");
}

static void test_cancel(void)
{
	const struct order *o, *out = NULL;

	fresh("0", "0");
	o = place(alice, SIDE_BUY, "10", "5", ENGINE_OK, "a bid");
	ok(same(e->accounts[alice].quote.locked, "50"), "locks its cost");
	ok(engine_cancel(e, bob, o->id, 2, &out) == ENGINE_UNKNOWN,
	   "another account cannot cancel it");
	ok(engine_cancel(e, alice, 99, 2, &out) == ENGINE_UNKNOWN, "nor 99");
	ok(engine_cancel(e, alice, o->id, 2, &out) == ENGINE_OK &&
		   out->status == ORDER_CANCELED,
	   "its owner can");
	ok(same(e->accounts[alice].quote.free, "1000") &&
		   e->accounts[alice].quote.locked.e8 == 0,
	   "and has it all back");
	ok(engine_cancel(e, alice, o->id, 2, &out) == ENGINE_UNKNOWN,
	   "but not twice");
}

/* Recorded trades: better price first, equal price last, never more than the
 * trade was. */
static void test_market(void)
{
	const struct order *at, *good, *far;

	fresh("0", "0");
	at = place(alice, SIDE_BUY, "10.00", "1", ENGINE_OK, "bid at 10.00");
	good = place(alice, SIDE_BUY, "10.02", "1", ENGINE_OK, "at 10.02");
	far = place(alice, SIDE_BUY, "9.90", "1", ENGINE_OK, "at 9.90");
	engine_market_trade(e, SIDE_SELL, d("10.00"), d("0.4"), 5);
	ok(same(good->filled, "0.4") && same(good->quote_filled, "4.008"),
	   "a sale of 0.4 at 10.00 would have met 10.02 first");
	engine_market_trade(e, SIDE_SELL, d("10.00"), d("50"), 6);
	ok(good->status == ORDER_FILLED, "a large one fills it");
	ok(at->filled.e8 == 0, "at 10.00 the recorded bid was first");
	engine_market_trade(e, SIDE_SELL, d("9.99"), d("0.1"), 7);
	ok(same(at->filled, "0.1"), "a trade through 10.00 reaches it");
	ok(far->filled.e8 == 0, "and nothing reaches 9.90");
	engine_market_trade(e, SIDE_BUY, d("9.80"), d("1.2"), 8);
	ok(at->status == ORDER_FILLED && same(far->filled, "0.3") &&
		   same(far->quote_filled, "2.97"),
	   "who offered 1.2 at 9.80 would have sold to 10.00, then to 9.90");
}

/* An account's orders meet each other. */
static void test_self_trade(void)
{
	static const struct {
		enum self_trade how;
		enum order_status maker, taker;
		const char *what;
	} cases[] = {
		{ SELF_TRADE_NONE, ORDER_FILLED, ORDER_FILLED, "none: trade" },
		{ SELF_TRADE_EXPIRE_MAKER, ORDER_EXPIRED_IN_MATCH, ORDER_NEW,
		  "the resting one expires" },
		{ SELF_TRADE_EXPIRE_TAKER, ORDER_NEW, ORDER_EXPIRED_IN_MATCH,
		  "the new one expires" },
		{ SELF_TRADE_EXPIRE_BOTH, ORDER_EXPIRED_IN_MATCH,
		  ORDER_EXPIRED_IN_MATCH, "both expire" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct order_request r = { .side = SIDE_BUY,
					   .self_trade = cases[i].how,
					   .price = d("10"),
					   .qty = d("1"),
					   .client_id = "",
					   .time_ms = 2 };
		const struct order *maker, *taker;
		size_t first;

		fresh("0", "0");
		maker = place(alice, SIDE_SELL, "10", "1", ENGINE_OK, "an ask");
		r.account = alice;
		ok(engine_place(e, &r, &taker, &first) == ENGINE_OK &&
			   maker->status == cases[i].maker &&
			   taker->status == cases[i].taker,
		   "%s", cases[i].what);
		ok(same(e->accounts[alice].base.free,
			order_open(maker) ? "99" : "100") &&
			   same(e->accounts[alice].quote.free,
				order_open(taker) ? "990" : "1000"),
		   "and gives back what it held");
	}
}

/* More orders and fills than are remembered. */
static void test_memory(void)
{
	const struct order *old, *o = NULL;
	const struct fill *f;
	uint64_t n = 0;

	fresh("0", "0");
	old = place(alice, SIDE_SELL, "99", "1", ENGINE_OK,
		    "an ask that stays");
	for (int i = 0; i < ENGINE_FILLS; i++) {
		struct order_request r = { .account = i / 2 % 2 == i % 2
							      ? bob
							      : alice,
					   .side = i % 2 ? SIDE_BUY : SIDE_SELL,
					   .price = d("10"),
					   .qty = d("1"),
					   .client_id = "same",
					   .time_ms = i };
		size_t first;

		if (engine_place(e, &r, &o, &first) != ENGINE_OK)
			printf("Bail out! order %d\n", i);
	}
	ok(e->norders > 4 * ENGINE_ORDERS - 1 && e->nfills == ENGINE_FILLS,
	   "a long day");
	place(bob, SIDE_SELL, "10", "1", ENGINE_OK, "goes on");
	place(alice, SIDE_BUY, "10", "1", ENGINE_OK, "and on");
	ok(engine_fill(e, 1) == NULL && engine_first_fill(e) == 2,
	   "the oldest fills are forgotten");
	f = engine_fill(e, e->nfills - 1);
	ok(f != NULL && f->order_id == e->norders, "the newest is there");
	ok(order_open(old) && engine_find(e, alice, old->id) == old,
	   "an open order is never forgotten");
	ok(engine_next_order(e, alice, 0) == old, "and stands first in lists");
	for (o = old; o != NULL; o = engine_next_order(e, alice, o->id))
		n++;
	ok(n > ENGINE_ORDERS / 2 - 2 && n <= ENGINE_ORDERS / 2 + 2,
	   "with the newest after it: %llu", (unsigned long long)n);
	ok(engine_cancel(e, alice, old->id, 9, &o) == ENGINE_OK,
	   "it can be cancelled");
	ok(engine_find(e, alice, 2) == NULL, "others are gone");
	ok(engine_cancel(e, alice, 0, 9, &o) == ENGINE_UNKNOWN &&
		   engine_cancel(e, alice, UINT64_MAX, 9, &o) == ENGINE_UNKNOWN,
	   "ids at the ends of the range are nobody's");
	ok(same(e->accounts[alice].quote.locked, "0") &&
		   same(e->accounts[bob].base.locked, "0"),
	   "nothing stays locked");
}

/* Balances at the end of a decimal's range: no amount appears or vanishes. */
static void test_extremes(void)
{
	struct engine_rules r = { .tick = d("1"),
				  .step = d("1"),
				  .min_qty = d("1"),
				  .min_notional = d("1") };
	const struct order *ask, *bid;

	engine_init(e, &r, 1);
	if (engine_account(e, d("90000000000"), d("90000000000"), &alice) !=
		    ERR_OK ||
	    engine_account(e, d("90000000000"), d("90000000000"), &bob) !=
		    ERR_OK)
		printf("Bail out! no accounts\n");
	ask = place(alice, SIDE_SELL, "1", "80000000000", ENGINE_OK, "an ask");
	bid = place(bob, SIDE_BUY, "1", "80000000000", ENGINE_OK, "a bid");
	ok(ask->filled.e8 == 0 && bid->filled.e8 == 0,
	   "a trade after which an account would burst does not happen");
	ok(same(e->accounts[alice].base.locked, "80000000000") &&
		   same(e->accounts[bob].quote.locked, "80000000000"),
	   "and moves nothing");
	engine_market_trade(e, SIDE_BUY, d("2"), d("90000000000"), 3);
	ok(ask->filled.e8 == 0, "nor does one with the market");
}

static void test_market_levels(void)
{
	const struct order *t;

	fresh("0", "0");
	engine_market_level(e, SIDE_SELL, d("10"), d("3"), 1);
	engine_market_level(e, SIDE_SELL, d("11"), d("3"), 1);
	t = place(alice, SIDE_BUY, "11", "4", ENGINE_OK, "takes 4");
	ok(same(t->quote_filled, "41"), "3 at 10 and 1 at 11");
	engine_market_level(e, SIDE_SELL, d("11"), d("0"), 2);
	ok(e->book[SIDE_SELL].n == 0, "a level can be removed");
	t = place(alice, SIDE_SELL, "12", "1", ENGINE_OK, "an ask at 12");
	engine_market_level(e, SIDE_BUY, d("12.5"), d("3"), 3);
	ok(t->status == ORDER_FILLED && same(t->quote_filled, "12"),
	   "a new bid above it takes it at its own price");
	ok(e->book[SIDE_BUY].n == 1, "and rests with what is left");
	engine_market_trim(e, SIDE_BUY, d("12"));
	ok(e->book[SIDE_BUY].n == 0, "trimming removes better levels");
}

static struct dec total(bool base)
{
	struct dec sum = { 0 };

	for (unsigned i = 1; i < ENGINE_ACCOUNTS; i++) {
		const struct balance *b =
			base ? &e->accounts[i].base : &e->accounts[i].quote;

		sum.e8 += b->free.e8 + b->locked.e8;
	}
	return sum;
}

/* Random orders between two users, without fees: money is conserved up to the
 * rounding against them, and nobody ever has less than nothing. */
static void test_conservation(void)
{
	struct rng rng;
	bool below = false;
	struct dec base, quote;

	rng_seeded(&rng, str_slice("engine"));
	fresh("0", "0");
	base = total(true);
	quote = total(false);
	for (int i = 0; i < 5000; i++) {
		uint8_t r[4];
		char price[16], qty[16];
		struct order_request q = { .client_id = "" };
		const struct order *o;
		size_t first;

		rng_bytes(rng_prng(&rng), r, sizeof r);
		snprintf(price, sizeof price, "9.%02u", r[0] % 100u);
		snprintf(qty, sizeof qty, "%u.%u", 1u + r[1] % 9u, r[2] % 10u);
		q.account = r[3] & 1 ? alice : bob;
		q.side = r[3] & 2 ? SIDE_BUY : SIDE_SELL;
		q.type = r[3] & 4 ? ORDER_LIMIT : ORDER_MARKET;
		q.tif = r[3] & 8 ? TIF_IOC : TIF_GTC;
		q.price = d(price);
		q.qty = d(qty);
		(void)engine_place(e, &q, &o, &first);
		if (i % 7 == 0)
			(void)engine_cancel(e, q.account, (uint64_t)i / 2, i,
					    &o);
		for (unsigned a = alice; a <= bob; a++)
			below |= e->accounts[a].base.free.e8 < 0 ||
				 e->accounts[a].quote.free.e8 < 0 ||
				 e->accounts[a].base.locked.e8 < 0 ||
				 e->accounts[a].quote.locked.e8 < 0;
	}
	ok(e->nfills > 1000, "%zu fills", e->nfills);
	ok(!below, "no balance was ever below zero");
	ok(total(true).e8 == base.e8, "no base asset came or went");
	ok(quote.e8 - total(false).e8 >= 0 &&
		   quote.e8 - total(false).e8 <= (int64_t)e->nfills,
	   "no quote asset came, and at most the rounding went");
}

int main(void)
{
	e = malloc(sizeof *e);
	if (e == NULL)
		return 1;
	test_price_time();
	test_fees();
	test_refusals();
	test_cancel();
	test_market();
	test_market_levels();
	test_self_trade();
	test_memory();
	test_extremes();
	test_conservation();
	free(e);
	return tap_done();
}
