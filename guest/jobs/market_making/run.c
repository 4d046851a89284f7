/* run.c - the job: a tick at a fixed pace; each tick follows the orders and
 * trades, and when the refresh time has come turns the strategy's wishes into
 * intents (cancel, create) and carries them out one after another. */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "jobs/market_making/ledger.h"
#include "jobs/market_making/strategy.h"
#include "lib/sock.h"
#include "lib/text.h"

enum {
	INTENT_RETRIES = 2, /* after the first try; 250 ms, then 500 ms */
	INTENT_BACKOFF_MS = 250,
	OPEN_ORDERS_CAP = 50,   /* further creates are left out */
	OPEN_TRIES = 6,         /* to reach the venue at the start */
	OPEN_BACKOFF_MS = 500,  /* doubled each time */
	TICK_FAILURES_MAX = 30, /* in a row: the job fails */
	CLEAN_UP_TRIES = 3,
	ID_PREFIX_LEN = 10
};

static struct {
	struct job *j;
	struct venue venue;
	struct mm_params params;
	struct mm_ledger ledger;
	struct venue_order orders[VENUE_OPEN_MAX];
	size_t norders;
	struct venue_trade trades[VENUE_TRADES_MAX];
	uint64_t next_trade_id; /* 0: not known yet */
	uint64_t order_seq;
	char id_prefix[ID_PREFIX_LEN + 1];    /* of our client order ids */
	int64_t from_ms, last_tick_ms;        /* Unix */
	int64_t next_refresh_ms, followed_ms; /* monotonic */
	unsigned failures;                    /* ticks in a row */
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
	enum err e = mm_ledger_metrics(&mm.ledger, &w);

	(void)state;
	if (e != ERR_OK)
		return e;
	out->from_ms = mm.from_ms;
	out->to_ms =
		mm.last_tick_ms > mm.from_ms ? mm.last_tick_ms : mm.from_ms;
	mm_ledger_outputs(&mm.ledger, out->outputs_sha384);
	out->metrics = wr_slice(&w);
	return ERR_OK;
}

/* ---- waiting ---- */

/* False when the job has to end: the agent is gone or wants it to stop. */
static bool pause_until(int64_t deadline_ms)
{
	while (!mm.j->stop && mono_ms() < deadline_ms) {
		enum err e = job_wait(mm.j, -1, 0, deadline_ms);

		if (e != ERR_OK && e != ERR_TIMEOUT)
			return false;
	}
	return !mm.j->stop;
}

static bool worth_a_retry(enum venue_error e)
{
	return e == VENUE_NETWORK || e == VENUE_RATE_LIMITED;
}

/* ---- intents ---- */

/* One create: after a failure of the network the order may be there or not, so
 * the venue is asked before it is sent again. */
static enum venue_error create(const struct mm_quote *q, const char *id)
{
	enum venue_error e =
		venue_place(&mm.venue, q->side, q->price, q->qty, id);

	for (int i = 0; i < INTENT_RETRIES && worth_a_retry(e); i++) {
		if (!pause_until(mono_ms() + (INTENT_BACKOFF_MS << i)))
			return e;
		e = venue_find(&mm.venue, id);
		if (e == VENUE_NO_ORDER)
			e = venue_place(&mm.venue, q->side, q->price, q->qty,
					id);
	}
	return e;
}

static enum venue_error cancel(const char *id)
{
	enum venue_error e = venue_cancel(&mm.venue, id);

	for (int i = 0; i < INTENT_RETRIES && worth_a_retry(e); i++) {
		if (!pause_until(mono_ms() + (INTENT_BACKOFF_MS << i)))
			return e;
		e = venue_cancel(&mm.venue, id);
	}
	return e == VENUE_NO_ORDER ? VENUE_OK : e;
}

static bool ours(const struct venue_order *o)
{
	return strncmp(o->client_id, mm.id_prefix, ID_PREFIX_LEN) == 0;
}

static size_t count_ours(enum venue_side side)
{
	size_t n = 0;

	for (size_t i = 0; i < mm.norders; i++)
		n += ours(&mm.orders[i]) && mm.orders[i].side == side;
	return n;
}

static enum venue_error cancel_ours(void)
{
	for (size_t i = 0; i < mm.norders; i++) {
		enum venue_error e;

		if (!ours(&mm.orders[i]))
			continue;
		e = cancel(mm.orders[i].client_id);
		if (e != VENUE_OK)
			return e;
		mm.ledger.orders_cancelled++;
	}
	return VENUE_OK;
}

/* An intent that the venue refuses is counted and left; one that the network
 * ate ends the tick. */
static enum venue_error create_quotes(const struct mm_quote *q, size_t n,
				      size_t open)
{
	for (size_t i = 0; i < n && open < OPEN_ORDERS_CAP; i++) {
		char id[VENUE_ID_LEN + 1];
		enum venue_error e;

		snprintf(id, sizeof(id), "%s-%llu", mm.id_prefix,
			 (unsigned long long)++mm.order_seq);
		e = create(&q[i], id);
		if (e == VENUE_OK) {
			mm.ledger.orders_placed++;
			open++;
			continue;
		}
		mm.ledger.intents_failed++;
		if (worth_a_retry(e) || e == VENUE_AGENT)
			return e;
	}
	return VENUE_OK;
}

/* ---- one tick ---- */

static enum venue_error read_price(struct venue_top *top, struct dec *price)
{
	enum venue_error e = venue_top(&mm.venue, top);
	struct dec sum;

	if (e != VENUE_OK)
		return e;
	if (dec_add(top->bid, top->ask, &sum) != ERR_OK)
		return VENUE_OTHER;
	mm.ledger.mid.e8 = sum.e8 / 2;
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

/* New trades of ours into the ledger, valued at the mid of the tick before. */
static enum venue_error follow_trades(void)
{
	struct dec mid = mm.ledger.mid;
	size_t n = 0;
	enum venue_error e;

	do {
		e = venue_trades(&mm.venue, mm.next_trade_id, mm.trades, &n);
		if (e != VENUE_OK)
			return e;
		for (size_t i = 0; i < n; i++) {
			struct venue_trade *t = &mm.trades[i];

			if (t->id < mm.next_trade_id)
				return VENUE_OTHER;
			if (mm_ledger_trade(&mm.ledger, t,
					    mid.e8 > 0 ? mid : t->price) !=
			    ERR_OK)
				return VENUE_OTHER;
			mm.next_trade_id = t->id + 1;
		}
	} while (n == VENUE_TRADES_MAX);
	return VENUE_OK;
}

/* Time with orders on both sides, from one look to the next. */
static void follow_time(void)
{
	int64_t now = mono_ms();

	if (mm.followed_ms != 0 && count_ours(VENUE_BUY) > 0 &&
	    count_ours(VENUE_SELL) > 0)
		mm.ledger.quoting_both_ms += now - mm.followed_ms;
	mm.followed_ms = now;
}

static enum venue_error follow_orders(void)
{
	follow_time();
	return venue_open_orders(&mm.venue, mm.orders, &mm.norders);
}

static enum venue_error look(struct mm_view *v)
{
	struct venue_balances b;
	struct venue_top top;
	enum venue_error e = read_price(&top, &v->price);

	v->base_ratio = mm.params.base_ratio;
	v->rules = mm.venue.rules;
	if (e != VENUE_OK || mm.params.has_base_ratio)
		return e;
	e = venue_balances(&mm.venue, &b);
	if (e == VENUE_OK &&
	    mm_base_ratio(b.base, b.quote, v->price, &v->base_ratio) != ERR_OK)
		return VENUE_OTHER;
	return e;
}

static enum venue_error refresh(void)
{
	struct mm_quote quotes[2 * MM_LAYERS_MAX];
	struct mm_view v = { 0 };
	enum venue_error e = look(&v);
	size_t n, open = 0;

	if (e != VENUE_OK)
		return e;
	if (mm.params.hanging) {
		v.open_buys = count_ours(VENUE_BUY);
		v.open_sells = count_ours(VENUE_SELL);
		open = v.open_buys + v.open_sells;
	} else {
		e = cancel_ours();
	}
	if (e != VENUE_OK)
		return e;
	n = mm_quotes(&mm.params, &v, quotes);
	e = create_quotes(quotes, n, open);
	return e != VENUE_OK ? e : follow_orders();
}

static enum venue_error tick(void)
{
	enum venue_error e = follow_orders();

	if (e == VENUE_OK)
		e = follow_trades();
	if (e != VENUE_OK || mono_ms() < mm.next_refresh_ms)
		return e;
	e = refresh();
	if (e == VENUE_OK)
		mm.next_refresh_ms = mono_ms() + mm.params.refresh_ms;
	return e;
}

static enum err tell(void)
{
	struct job_status s = { .tick_count = mm.ledger.ticks,
				.last_tick_ms = mm.last_tick_ms };

	for (size_t i = 0; i < mm.norders; i++)
		s.open_orders += ours(&mm.orders[i]);
	return job_tick(mm.j, &s);
}

/* ---- the job ---- */

/* Reaching the venue, and where its list of our trades stands. */
static enum venue_error begin(void)
{
	enum venue_error e = venue_open(&mm.venue, mm.j);
	size_t n = 0;

	if (e == VENUE_OK)
		e = venue_trades(&mm.venue, 0, mm.trades, &n);
	if (e == VENUE_OK)
		mm.next_trade_id = n > 0 ? mm.trades[n - 1].id + 1 : 1;
	return e;
}

static enum venue_error begin_patiently(void)
{
	enum venue_error e = begin();

	for (int i = 1; i < OPEN_TRIES && worth_a_retry(e); i++) {
		if (!pause_until(mono_ms() + (OPEN_BACKOFF_MS << i)))
			return e;
		e = begin();
	}
	return e;
}

/* True while the job goes on. */
static bool one_round(enum venue_error *e)
{
	int64_t started = mono_ms();

	*e = tick();
	mm.last_tick_ms = unix_ms();
	mm.ledger.ticks++;
	if (*e != VENUE_OK) {
		mm.ledger.ticks_failed++;
		if (*e == VENUE_AGENT || ++mm.failures >= TICK_FAILURES_MAX)
			return false;
	} else {
		mm.failures = 0;
	}
	*e = VENUE_OK;
	if (tell() != ERR_OK) {
		*e = VENUE_AGENT;
		return false;
	}
	if (mm.params.max_ticks > 0 &&
	    mm.ledger.ticks >= (uint64_t)mm.params.max_ticks)
		return false;
	return pause_until(started + mm.params.tick_ms);
}

/* Nothing of ours stays at the venue, and the last trades are counted. */
static enum venue_error clean_up(void)
{
	enum venue_error e = VENUE_OK;

	for (int i = 0; i < CLEAN_UP_TRIES; i++) {
		e = follow_orders();
		if (e == VENUE_OK)
			e = cancel_ours();
		if (e == VENUE_OK)
			e = follow_orders();
		if (e == VENUE_OK)
			e = follow_trades();
		if (e == VENUE_OK || e == VENUE_AGENT)
			return e;
	}
	return e;
}

/* Client order ids carry the job's digest, so that a job knows its own orders
 * among others of the same account. */
static void make_prefix(void)
{
	uint8_t h[SHA256_LEN];
	char hex[2 * SHA256_LEN + 1];

	sha256(str_slice(mm.j->start.job_id), h);
	hex_encode((struct slice){ h, sizeof(h) }, hex);
	snprintf(mm.id_prefix, sizeof(mm.id_prefix), "ee%.8s", hex);
}

enum err market_making_check(struct json parameters, const char **key)
{
	struct mm_params p;

	return mm_params_read(parameters, &p, key);
}

static enum err result(enum venue_error e)
{
	if (e == VENUE_OK)
		return ERR_OK;
	job_fail(mm.j, mm.venue.error[0] != '\0' ? mm.venue.error
						 : venue_error_name(e));
	return ERR_REFUSED;
}

enum err market_making_run(struct job *j)
{
	enum venue_error e, cleaned;
	const char *key;
	enum err err;

	memset(&mm, 0, sizeof(mm));
	mm.j = j;
	err = mm_params_read(j->parameters, &mm.params, &key);
	if (err != ERR_OK)
		return err;
	make_prefix();
	mm.from_ms = unix_ms();
	err = venue_pair(str_slice(j->start.pair), &mm.venue);
	if (err != ERR_OK)
		return err;
	mm_ledger_init(&mm.ledger, mm.venue.base, mm.venue.quote);
	j->snapshot = snapshot;
	e = begin_patiently();
	if (e != VENUE_OK)
		return result(e);
	while (!j->stop && one_round(&e))
		;
	cleaned = e == VENUE_AGENT ? e : clean_up();
	(void)tell();
	err = result(e != VENUE_OK ? e : cleaned);
	venue_close(&mm.venue);
	return err;
}
