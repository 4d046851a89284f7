/* run.c - the job: a tick at a fixed pace; each tick follows orders, trades and
 * price, and when the refresh time has come turns the strategy's wishes into
 * intents. However it ends, nothing of it stays open. */
#include <stdio.h>
#include <string.h>

#include "jobs/market_making/orders.h"
#include "lib/sock.h"
#include "lib/text.h"

enum {
	OPEN_MS = 35 * 1000, /* to reach the venue at the start: the agent waits
				60 s for the first tick */
	BAD_TICKS_MAX = 30,  /* in a row that the venue refused or garbled */
	LOST_MS = 5 * 60 * 1000, /* without reaching the venue: the job fails */
	BACKOFF_MS = 500,        /* doubled for each tick that is lost */
	BACKOFF_MAX_MS = 10 * 1000,
	CLEAN_UP_MS = 18 * 1000, /* the agent waits 30 s after a stop */
	LAST_GO_MS = 3 * 1000,   /* before its end */
	PAGES_MAX = 20           /* of trades, a tick */
};

static struct {
	struct job *j;
	struct venue venue;
	struct mm_params params;
	struct mm_ledger ledger;
	struct mm_orders orders;
	struct venue_trade trades[VENUE_TRADES_MAX];
	/* the newest trade seen: its id, and which of its sides (bits) */
	uint64_t seen_id;
	unsigned seen_sides;
	int64_t from_ms, last_tick_ms; /* Unix */
	int64_t counted_ms; /* Unix: all trades up to then are counted */
	bool behind;        /* there are more trades than one tick counts */
	int64_t next_refresh_ms;     /* monotonic */
	int64_t lost_ms, backoff_ms; /* since when and how long; 0: not lost */
	unsigned bad;                /* ticks in a row */
	uint8_t metrics[LIMIT_JOB_METRICS];
} mm;

static int64_t unix_ms(void)
{
	return mm.j->now_ms(mm.j->clock_ctx);
}

/* ---- snapshots ---- */

static enum err snapshot(void *state, struct job_snapshot *out)
{
	struct wr w = wr_over(mm.metrics, sizeof(mm.metrics));
	enum err e = mm_ledger_metrics(&mm.ledger, &mm.orders.intents, &w);

	(void)state;
	if (e != ERR_OK)
		return e;
	out->from_ms = mm.from_ms;
	out->to_ms = mm.counted_ms > mm.from_ms ? mm.counted_ms : mm.from_ms;
	mm_ledger_outputs(&mm.ledger, out->outputs_sha384);
	out->metrics = wr_slice(&w);
	return ERR_OK;
}

static enum err tell(void)
{
	struct job_status s = { .tick_count = mm.ledger.ticks,
				.last_tick_ms = mm.last_tick_ms };

	s.open_orders = (uint32_t)(mm_orders_open(&mm.orders, VENUE_BUY) +
				   mm_orders_open(&mm.orders, VENUE_SELL));
	s.intents_done = mm.orders.intents.statuses[MM_DONE];
	s.intents_failed = mm.orders.intents.statuses[MM_FAILED];
	return job_tick(mm.j, &s);
}

/* ---- trades ---- */

/* A trade of the account into the ledger, if it is one of our orders'. */
static enum venue_error book(const struct venue_trade *t)
{
	unsigned side = 1U << t->side;
	const struct dec *mid;

	if (t->id < mm.seen_id)
		return venue_say(&mm.venue, VENUE_OTHER,
				 "trades before the one asked for");
	if (t->id == mm.seen_id && (mm.seen_sides & side) != 0)
		return VENUE_OK;
	mid = mm_orders_mid(&mm.orders, t->order_id);
	if (mid != NULL &&
	    mm_ledger_trade(&mm.ledger, t, mid->e8 > 0 ? *mid : t->price) !=
		    ERR_OK)
		return venue_say(&mm.venue, VENUE_OTHER,
				 "a trade that no sum can hold");
	if (t->id > mm.seen_id)
		mm.seen_sides = 0;
	mm.seen_id = t->id;
	mm.seen_sides |= side;
	return VENUE_OK;
}

/* From the newest one seen, itself included: of a trade of the account with
 * itself, one side may have been the last of its page. */
static enum venue_error follow_trades(void)
{
	size_t n = VENUE_TRADES_MAX;

	for (int page = 0; page < PAGES_MAX && n == VENUE_TRADES_MAX; page++) {
		int64_t asked_ms = unix_ms();
		enum venue_error e =
			venue_trades(&mm.venue, mm.seen_id > 0 ? mm.seen_id : 1,
				     mm.trades, &n);

		for (size_t i = 0; e == VENUE_OK && i < n; i++)
			e = book(&mm.trades[i]);
		if (e != VENUE_OK)
			return e;
		if (n < VENUE_TRADES_MAX)
			mm.counted_ms = asked_ms;
	}
	mm.behind = n == VENUE_TRADES_MAX;
	return VENUE_OK;
}

/* ---- one tick ---- */

static enum venue_error read_price(struct venue_top *top)
{
	enum venue_error e = venue_top(&mm.venue, top);
	struct dec sum;

	if (e != VENUE_OK)
		return e;
	if (dec_add(top->bid, top->ask, &sum) != ERR_OK)
		return venue_say(&mm.venue, VENUE_OTHER, "a price too large");
	mm.ledger.mid.e8 = sum.e8 / 2;
	return VENUE_OK;
}

static enum venue_error source_price(const struct venue_top *top,
				     struct dec *price)
{
	switch (mm.params.source) {
	case MM_MID_PRICE:
		*price = mm.ledger.mid;
		break;
	case MM_BEST_BID:
		*price = top->bid;
		break;
	case MM_BEST_ASK:
		*price = top->ask;
		break;
	case MM_LAST_PRICE:
		return venue_last_price(&mm.venue, price);
	}
	return VENUE_OK;
}

static enum venue_error view(const struct venue_top *top, struct mm_view *v)
{
	struct venue_balances b;
	enum venue_error e = source_price(top, &v->price);

	v->base_ratio = mm.params.base_ratio;
	v->rules = mm.venue.rules;
	if (e != VENUE_OK || mm.params.has_base_ratio)
		return e;
	e = venue_balances(&mm.venue, &b);
	if (e == VENUE_OK &&
	    mm_base_ratio(b.base, b.quote, v->price, &v->base_ratio) != ERR_OK)
		return venue_say(&mm.venue, VENUE_OTHER,
				 "an account too large");
	return e;
}

static enum venue_error refresh(const struct venue_top *top)
{
	struct mm_quote quotes[2 * MM_LAYERS_MAX];
	struct mm_view v = { 0 };
	enum venue_error e = view(top, &v);
	size_t n;

	if (e != VENUE_OK)
		return e;
	if (mm.params.hanging) {
		v.open_buys = mm_orders_open(&mm.orders, VENUE_BUY);
		v.open_sells = mm_orders_open(&mm.orders, VENUE_SELL);
	}
	n = mm_quotes(&mm.params, &v, quotes);
	e = mm_orders_refresh(&mm.orders, quotes, n, mm.params.hanging);
	return e != VENUE_OK ? e : mm_orders_look(&mm.orders);
}

/* Without a price there is nothing to quote, and what is quoted is stale. */
static enum venue_error unpriced(void)
{
	enum venue_error e = mm_orders_refresh(&mm.orders, NULL, 0, false);

	mm.next_refresh_ms = 0;
	return e != VENUE_OK ? e : mm_orders_look(&mm.orders);
}

static enum venue_error tick(void)
{
	struct venue_top top;
	enum venue_error e = mm_orders_look(&mm.orders);

	if (e == VENUE_OK)
		e = follow_trades();
	if (e == VENUE_OK)
		e = read_price(&top);
	if (e == VENUE_NO_PRICE)
		return unpriced();
	if (e != VENUE_OK || mm.j->stop || mono_ms() < mm.next_refresh_ms)
		return e;
	e = refresh(&top);
	if (e == VENUE_OK)
		mm.next_refresh_ms = mono_ms() + mm.params.refresh_ms;
	return e;
}

/* ---- the job ---- */

static bool away(enum venue_error e)
{
	return e == VENUE_NETWORK || e == VENUE_RATE_LIMITED;
}

/* A pause after e: as long as we would, or as the venue wants it. */
static int64_t pause_after(enum venue_error e, int64_t ms)
{
	return e == VENUE_RATE_LIMITED && mm.venue.retry_after_ms > ms
		       ? mm.venue.retry_after_ms
		       : ms;
}

/* Reaching the venue, and where its list of our trades stands. */
static enum venue_error begin(void)
{
	enum venue_error e = venue_open(&mm.venue, mm.j);
	size_t n = 0;

	if (e == VENUE_OK)
		e = venue_trades(&mm.venue, 0, mm.trades, &n);
	if (e == VENUE_OK && n > 0) {
		mm.seen_id = mm.trades[n - 1].id;
		mm.seen_sides = 1U << VENUE_BUY | 1U << VENUE_SELL;
	}
	return e;
}

static enum venue_error begin_patiently(void)
{
	int64_t deadline = mono_ms() + OPEN_MS, wait = BACKOFF_MS;
	enum venue_error e;

	mm.venue.give_up_ms = deadline;
	for (;;) {
		e = begin();
		wait = pause_after(e, wait);
		if (!(away(e) || e == VENUE_OTHER) ||
		    mono_ms() + wait >= deadline ||
		    !mm_pause(mm.j, mono_ms() + wait))
			break;
		wait *= 2;
	}
	mm.venue.give_up_ms = 0;
	return e;
}

/* Whether the job may go on after a tick that ended with e. A venue that cannot
 * be reached is waited for, longer each time; one that answers nonsense is
 * given a number of chances. */
static bool bearable(enum venue_error e)
{
	int64_t now = mono_ms();

	if (e == VENUE_OK) {
		mm.bad = 0;
		mm.lost_ms = mm.backoff_ms = 0;
		return true;
	}
	mm.ledger.ticks_failed++;
	if (!away(e))
		return e != VENUE_AGENT && ++mm.bad < BAD_TICKS_MAX;
	if (mm.lost_ms == 0)
		mm.lost_ms = now;
	mm.backoff_ms = mm.backoff_ms == 0 ? BACKOFF_MS : 2 * mm.backoff_ms;
	if (mm.backoff_ms > BACKOFF_MAX_MS)
		mm.backoff_ms = BACKOFF_MAX_MS;
	mm.backoff_ms = pause_after(e, mm.backoff_ms);
	return now - mm.lost_ms < LOST_MS;
}

/* True while the job goes on; *e is why it does not. */
static bool one_round(enum venue_error *e)
{
	int64_t started = mono_ms(), wait;

	*e = tick();
	mm.last_tick_ms = unix_ms();
	mm.ledger.ticks++;
	if (!bearable(*e))
		return false;
	*e = VENUE_OK;
	if (tell() != ERR_OK) {
		*e = venue_say(&mm.venue, VENUE_AGENT, "");
		return false;
	}
	if (mm.params.max_ticks > 0 &&
	    mm.ledger.ticks >= (uint64_t)mm.params.max_ticks)
		return false;
	wait = mm.backoff_ms > mm.params.tick_ms ? mm.backoff_ms
						 : mm.params.tick_ms;
	return mm_pause(mm.j, started + wait);
}

/* Nothing of ours stays at the venue, the last trades are counted, and what is
 * left is valued at the last price. */
static enum venue_error clean_once(void)
{
	struct venue_top top;
	enum venue_error e = mm_orders_look(&mm.orders);

	if (e == VENUE_OK)
		e = mm_orders_take_back(&mm.orders);
	if (e == VENUE_OK)
		e = mm_orders_look(&mm.orders);
	if (e == VENUE_OK &&
	    mm_orders_open(&mm.orders, VENUE_BUY) +
			    mm_orders_open(&mm.orders, VENUE_SELL) >
		    0)
		e = venue_say(&mm.venue, VENUE_OTHER,
			      "cancelled orders are still open");
	if (e == VENUE_OK)
		e = follow_trades();
	if (e == VENUE_OK && !mm_orders_settled(&mm.orders))
		e = venue_say(&mm.venue, VENUE_OTHER,
			      "it is not known yet what became of an order");
	if (e == VENUE_OK && mm.behind)
		e = venue_say(&mm.venue, VENUE_OTHER,
			      "there are more trades to count");
	if (e == VENUE_OK)
		(void)read_price(&top);
	return e;
}

/* When to try again. A venue that wants more patience than the agent has is
 * asked once more at the last moment. */
static int64_t next_go(enum venue_error e, int64_t deadline)
{
	int64_t now = mono_ms(), last = deadline - LAST_GO_MS, wait;

	wait = pause_after(e, BACKOFF_MS);
	return now < last && now + wait > last ? last : now + wait;
}

static enum venue_error clean_patiently(void)
{
	int64_t deadline = mono_ms() + CLEAN_UP_MS;
	enum venue_error e;

	mm.venue.give_up_ms = deadline;
	for (;;) {
		int64_t next;

		e = clean_once();
		next = next_go(e, deadline);
		if (e == VENUE_OK || next >= deadline)
			return e;
		while (mono_ms() < next)
			(void)!job_wait(mm.j, -1, 0, next);
	}
}

/* The execution of the last intent, STOP_EXECUTOR. The venue is left in order
 * even when our own records are not. */
static enum venue_error clean_up(void)
{
	enum venue_error planned = mm_orders_stop(&mm.orders);
	enum venue_error e = clean_patiently();
	enum venue_error noted = mm_orders_stopped(&mm.orders, e);

	if (e != VENUE_OK)
		return e;
	return planned != VENUE_OK ? planned : noted;
}

enum err market_making_check(struct json parameters, const char **key)
{
	struct mm_params p;

	return mm_params_read(parameters, &p, key);
}

/* Trades until the end; then the venue is left in order, whatever the end was.
 */
static enum err trade(void)
{
	char why[LIMIT_JOB_ERROR + 1], text[2 * LIMIT_JOB_ERROR];
	enum venue_error e = VENUE_OK, cleaned;

	while (!mm.j->stop && one_round(&e))
		;
	memcpy(why, mm.venue.error, sizeof(why));
	cleaned = clean_up();
	(void)tell();
	if (e == VENUE_OK && cleaned == VENUE_OK)
		return ERR_OK;
	snprintf(text, sizeof(text), "%s%s",
		 cleaned != VENUE_OK ? "orders may be left open: " : "",
		 e != VENUE_OK ? why : mm.venue.error);
	job_fail(mm.j, text);
	return ERR_REFUSED;
}

static enum err prepare(struct job *j)
{
	const char *key;
	enum err e;

	memset(&mm, 0, sizeof(mm));
	mm.j = j;
	e = mm_params_read(j->parameters, &mm.params, &key);
	if (e == ERR_OK)
		e = venue_pair(str_slice(j->start.pair), &mm.venue);
	if (e != ERR_OK)
		return e;
	mm.from_ms = unix_ms();
	mm_ledger_init(&mm.ledger, mm.venue.base, mm.venue.quote);
	mm_orders_init(&mm.orders, &mm.venue, &mm.ledger, &j->start);
	j->snapshot = snapshot;
	return ERR_OK;
}

enum err market_making_run(struct job *j)
{
	enum err err = prepare(j);
	enum venue_error e;

	if (err != ERR_OK)
		return err;
	e = begin_patiently();
	if (e == VENUE_OK) {
		err = trade();
	} else if (!j->stop) {
		job_fail(j, mm.venue.error);
		err = ERR_REFUSED;
	}
	venue_close(&mm.venue);
	return err;
}
