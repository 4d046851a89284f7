/* A market-making job, from START to END, over TLS against the paper exchange:
 * what it reports equals the exchange's own book, and nothing of it stays open,
 * whatever the venue, the network and the agent do meanwhile. */
#include "host-launcher/lib/log.h"
#include "lib/json.h"
#include "lib/text.h"
#include "tests/jobpeer.h"
#include "tests/peers/papervenue.h"
#include "tests/tap.h"

static struct papervenue *venue;

/* ---- jobs ---- */

#define PARAMS                                                                 \
	"{\"askSpread\":\"0.0004\",\"bidSpread\":\"0.0004\","                  \
	"\"currentBaseRatio\":\"0.5\",%s\"numberOfLayers\":2,"                 \
	"\"orderAmount\":\"5\",\"orderRefreshTime\":150,\"tickSizeMs\":50}"

static struct job_start start_of(const char *id, const char *more)
{
	struct job_start s = { .job_type = "market_making",
			       .campaign_id = "c",
			       .exchange = "paper",
			       .pair = "XRP/ETH",
			       .api_key = "key",
			       .api_secret = "sec" };

	snprintf(s.job_id, sizeof s.job_id, "%s", id);
	snprintf(s.venue_url, sizeof s.venue_url, "%s", venue->url);
	memcpy(s.venue_ca, venue->ca, sizeof venue->ca);
	snprintf(s.parameters, sizeof s.parameters, PARAMS, more);
	return s;
}

static void run_job(struct jobpeer *p, const char *id, const char *more)
{
	struct job_start s = start_of(id, more);

	jobpeer_start(p, &s);
}

static bool is_quoting(const struct jobpeer *p)
{
	return p->nstatus > 0 && p->status.open_orders > 0;
}

static uint64_t quoting_after; /* ticks */

static bool is_quoting_later(const struct jobpeer *p)
{
	return p->status.tick_count > quoting_after && is_quoting(p);
}

static size_t open_at_venue(void)
{
	size_t n = 0;

	for (size_t i = 0; i < venue->paper.engine.norders; i++)
		n += order_open(&venue->paper.engine.orders[i]);
	return n;
}

/* Asks for the report, stops the job, waits for its end. */
static void stop_job(struct jobpeer *p, const char *what)
{
	jobpeer_send(p, JOB_STOP);
	ok(jobpeer_until(p, NULL, 30000), "%s: it ends when it is asked to",
	   what);
	ok(!p->end.failed, "%s: and is stopped, not failed", what);
	if (p->end.failed || p->broken)
		printf("# %s\n", p->end.error);
	ok(jobpeer_reap(p) == 0, "%s: its process ends well", what);
	ok(open_at_venue() == 0, "%s: nothing stays open", what);
}

/* ---- what the exchange knows ---- */

struct sums {
	uint64_t trades, buys, maker, orders;
	struct dec buy, sell, buy_quote, sell_quote, fee_base, fee_quote;
	char outputs[2 * SHA384_LEN + 1];
};

static void plus(struct dec *a, struct dec b)
{
	a->e8 += b.e8;
}

/* One trade as the report's outputs have it; see ledger.c. */
static void output(char *text, const struct fill *f)
{
	char d[5][DEC_TEXT_LEN];

	dec_format(f->fee, d[0]);
	dec_format(f->price, d[1]);
	dec_format(f->qty, d[2]);
	dec_format(f->quote_qty, d[3]);
	sprintf(text,
		"{\"fee\":\"%s\",\"fee_asset\":\"%s\",\"id\":%llu,"
		"\"maker\":%s,\"order_id\":%llu,\"price\":\"%s\",\"qty\":\"%"
		"s\","
		"\"quote_qty\":\"%s\",\"side\":\"%s\",\"time_ms\":%lld}",
		d[0], f->fee_in_base ? "XRP" : "ETH",
		(unsigned long long)f->trade_id, f->is_maker ? "true" : "false",
		(unsigned long long)f->order_id, d[1], d[2], d[3],
		f->is_buyer ? "buy" : "sell", (long long)f->time_ms);
}

/* The orders with this prefix and their fills, in the exchange's own memory. */
static struct sums sums_of(const char *job_id)
{
	const struct engine *e = &venue->paper.engine;
	static char text[8 << 20];
	uint8_t h[SHA384_LEN];
	char prefix[16], hex[2 * SHA256_LEN + 1], *at = text;
	struct sums s = { 0 };

	sha256(str_slice(job_id), h);
	hex_encode((struct slice){ h, SHA256_LEN }, hex);
	snprintf(prefix, sizeof prefix, "ee%.8s-", hex);
	for (size_t i = 0; i < e->norders; i++)
		s.orders += strncmp(e->orders[i].client_id, prefix,
				    strlen(prefix)) == 0;
	*at++ = '[';
	for (size_t i = 0; i < e->nfills; i++) {
		const struct fill *f = &e->fills[i];
		const struct order *o = &e->orders[f->order_id - 1];

		if (strncmp(o->client_id, prefix, strlen(prefix)) != 0)
			continue;
		if (s.trades++ > 0)
			*at++ = ',';
		output(at, f);
		at += strlen(at);
		s.buys += f->is_buyer;
		s.maker += f->is_maker;
		plus(f->is_buyer ? &s.buy : &s.sell, f->qty);
		plus(f->is_buyer ? &s.buy_quote : &s.sell_quote, f->quote_qty);
		plus(f->fee_in_base ? &s.fee_base : &s.fee_quote, f->fee);
	}
	*at++ = ']';
	sha384((struct slice){ (uint8_t *)text, (size_t)(at - text) }, h);
	hex_encode((struct slice){ h, SHA384_LEN }, s.outputs);
	return s;
}

static struct json metrics_of(const struct jobpeer *p)
{
	static uint8_t mem[1 << 17];
	struct arena a = arena_over(mem, sizeof mem);
	struct json v = { NULL };

	if (json_parse(&a, str_slice(p->metrics), &v) != ERR_OK)
		printf("# no metrics: %s\n", p->metrics);
	return v;
}

static struct dec dec_of(struct json m, const char *key)
{
	struct dec d = { INT64_MIN };
	struct slice s;

	if (json_str(m, key, &s) == ERR_OK && dec_parse(s, &d) != ERR_OK)
		d.e8 = INT64_MIN;
	return d;
}

static int64_t int_of(struct json m, const char *key)
{
	int64_t n = -1;

	return json_int(m, key, 0, INT64_C(1) << 53, &n) == ERR_OK ? n : -1;
}

static int64_t int_of_value(struct json v)
{
	int64_t n = -1;

	return json_as_int(v, 0, INT64_C(1) << 53, &n) == ERR_OK ? n : -1;
}

/* After an orderly end: every intent is finished, the last one is the stop, and
 * what was created is what the exchange has, each order once. */
static void same_intents(const struct jobpeer *p, const char *id,
			 const char *what)
{
	struct json m = metrics_of(p), in, part, v;
	int64_t made = 0, over = 0, failures = 0, skipped = 0, stops = 0;
	struct slice hash;

	if (json_object(m, "intents", &in) != ERR_OK)
		papervenue_bail("no intents");
	if (json_object(in, "types", &part) == ERR_OK) {
		stops = int_of(part, "STOP_EXECUTOR");
		for (v = json_first(part); v.node != NULL; v = json_next(v))
			made += int_of(part, json_key(v));
	}
	if (json_object(in, "states", &part) == ERR_OK)
		over = int_of(part, "DONE") + int_of(part, "FAILED");
	ok(made > 1 && made == over && stops == 1,
	   "%s: all %lld intents are finished, the stop among them", what,
	   (long long)made);
	if (made != over)
		printf("# %s\n", p->metrics);
	if (json_object(in, "failures", &v) == ERR_OK)
		for (v = json_first(v); v.node != NULL; v = json_next(v))
			failures += int_of_value(v);
	if (json_object(in, "skipped", &v) == ERR_OK)
		for (v = json_first(v); v.node != NULL; v = json_next(v))
			skipped += int_of_value(v);
	ok(failures == int_of(part, "FAILED") &&
		   skipped <= int_of(part, "DONE") &&
		   json_str(in, "intents_sha384", &hash) == ERR_OK &&
		   hash.len == 2 * (size_t)SHA384_LEN,
	   "%s: every failure has a reason (%lld failed, %lld were not sent)",
	   what, (long long)failures, (long long)skipped);
	ok(p->status.intents_done == (uint64_t)int_of(part, "DONE") &&
		   p->status.intents_failed == (uint64_t)failures,
	   "%s: the status says so, too", what);
	ok(int_of(m, "orders_placed") == (int64_t)sums_of(id).orders,
	   "%s: %lld orders are the exchange's", what,
	   (long long)int_of(m, "orders_placed"));
}

static void same_books(const struct jobpeer *p, const char *id,
		       const char *what)
{
	struct json m = metrics_of(p);
	struct sums s = sums_of(id);
	char outputs[2 * SHA384_LEN + 1];
	struct dec value = { 0 };

	hex_encode((struct slice){ p->snapshot.outputs_sha384, SHA384_LEN },
		   outputs);
	ok(int_of(m, "trades") == (int64_t)s.trades &&
		   int_of(m, "buys") == (int64_t)s.buys &&
		   int_of(m, "maker_trades") == (int64_t)s.maker,
	   "%s: all %llu trades are counted, and no other", what,
	   (unsigned long long)s.trades);
	if (int_of(m, "trades") != (int64_t)s.trades)
		printf("# counted: %lld\n", (long long)int_of(m, "trades"));
	ok(dec_of(m, "buy_volume").e8 == s.buy.e8 &&
		   dec_of(m, "sell_volume").e8 == s.sell.e8 &&
		   dec_of(m, "buy_quote_volume").e8 == s.buy_quote.e8 &&
		   dec_of(m, "sell_quote_volume").e8 == s.sell_quote.e8,
	   "%s: volumes are the exchange's", what);
	ok(dec_of(m, "fees_base").e8 == s.fee_base.e8 &&
		   dec_of(m, "fees_quote").e8 == s.fee_quote.e8,
	   "%s: and fees", what);
	ok(dec_of(m, "inventory_base").e8 == s.buy.e8 - s.sell.e8,
	   "%s: and the inventory", what);
	ok(strcmp(outputs, s.outputs) == 0,
	   "%s: the digest is that of the exchange's list", what);
	if (dec_mul(dec_of(m, "inventory_base"), dec_of(m, "last_mid_price"),
		    DEC_HALF_EVEN, &value) != ERR_OK)
		papervenue_bail("a value");
	ok(dec_of(m, "realised_pnl_quote").e8 +
			   dec_of(m, "unrealised_pnl_quote").e8 ==
		   s.sell_quote.e8 - s.buy_quote.e8 + value.e8,
	   "%s: profit is what came in, less what went out, plus what is left",
	   what);
	same_intents(p, id, what);
}

/* ---- the tests ---- */

static void test_well(void)
{
	struct jobpeer p;
	struct json m;

	run_job(&p, "job-well", "");
	ok(jobpeer_until(&p, is_quoting, 10000), "a job quotes");
	jobpeer_send(&p, JOB_REPORT);
	(void)jobpeer_until(&p, NULL, 3000);
	ok(p.nsnapshots == 1, "a report is answered at once");
	stop_job(&p, "a good day");
	same_books(&p, "job-well", "a good day");
	m = metrics_of(&p);
	ok(int_of(m, "trades") > 10, "there were trades");
	ok(int_of(m, "time_quoting_both_sides_ms") > 0 &&
		   int_of(m, "time_quoting_both_sides_ms") < 6000,
	   "time on both sides is counted, and no more than there was");
	ok(p.snapshot.to_ms - p.snapshot.from_ms >= 2000, "the window, too");
	if (json_object(m, "intents", &m) != ERR_OK ||
	    json_object(m, "types", &m) != ERR_OK)
		papervenue_bail("no intents");
	ok(int_of(m, "CREATE_LIMIT_ORDER") >= 4 &&
		   int_of(m, "REPLACE_ORDER") > 10,
	   "what stands is replaced, what was filled is created");
}

static void test_lost_answers(void)
{
	struct jobpeer p;
	const struct engine *e = &venue->paper.engine;
	size_t first = e->norders, twice = 0;

	venue->mode = LOSE;
	run_job(&p, "job-lose", "");
	(void)jobpeer_until(&p, NULL, 5000);
	venue->mode = WELL;
	stop_job(&p, "lost answers");
	same_books(&p, "job-lose", "lost answers");
	for (size_t i = first; i < e->norders; i++)
		for (size_t k = i + 1; k < e->norders; k++)
			twice += strcmp(e->orders[i].client_id,
					e->orders[k].client_id) == 0;
	ok(e->norders > first + 5 && twice == 0,
	   "no order was sent twice, of %zu", e->norders - first);
}

static void test_by_hand(void)
{
	struct jobpeer p;
	size_t before = venue->paper.engine.nfills;

	venue->mode = MANUAL;
	run_job(&p, "job-hand", "");
	(void)jobpeer_until(&p, NULL, 3000);
	venue->mode = WELL;
	stop_job(&p, "an owner who trades as well");
	same_books(&p, "job-hand", "an owner who trades as well");
	ok(venue->paper.engine.nfills - before > sums_of("job-hand").trades,
	   "whose own trades are not the job's");
}

/* Trouble for a while; then the job must go on. */
static void test_trouble(enum venue_mode mode, const char *what)
{
	struct jobpeer p;

	run_job(&p, what, "");
	(void)jobpeer_until(&p, is_quoting, 10000);
	venue->mode = mode;
	(void)jobpeer_until(&p, NULL, mode == GARBAGE ? 700 : 3000);
	venue->mode = WELL;
	(void)jobpeer_until(&p, NULL, 500);
	quoting_after = p.status.tick_count;
	ok(jobpeer_until(&p, is_quoting_later, 5000),
	   "%s: the job quotes again", what);
	stop_job(&p, what);
	same_books(&p, what, what);
	ok(int_of(metrics_of(&p), "ticks_failed") > 0 || mode == EMPTY,
	   "%s: and tells of the ticks that failed", what);
}

static void test_frozen(void)
{
	struct jobpeer p;

	run_job(&p, "job-frozen", "");
	(void)jobpeer_until(&p, is_quoting, 10000);
	kill(venue->pid, SIGSTOP);
	(void)jobpeer_until(&p, NULL, 1000);
	jobpeer_send(&p, JOB_REPORT);
	(void)jobpeer_until(&p, NULL, 1000);
	ok(p.nsnapshots == 1,
	   "while a request hangs, the job still answers the agent");
	jobpeer_send(&p, JOB_STOP);
	(void)jobpeer_until(&p, NULL, 1000);
	kill(venue->pid, SIGCONT);
	stop_job(&p, "stopped while a request hung");
	same_books(&p, "job-frozen", "stopped while a request hung");
}

static void test_clock(void)
{
	struct jobpeer p;

	run_job(&p, "job-clock", "");
	(void)jobpeer_until(&p, is_quoting, 10000);
	venue->clock_offset_ms = 20000;
	(void)jobpeer_until(&p, NULL, 3000);
	quoting_after = p.status.tick_count + 5;
	ok(jobpeer_until(&p, is_quoting_later, 3000),
	   "a venue whose clock jumped is asked for the time again");
	stop_job(&p, "another clock");
	venue->clock_offset_ms = 0;
}

static void test_ends(void)
{
	struct jobpeer p;

	run_job(&p, "job-ticks", "\"maxTicks\":20,");
	ok(jobpeer_until(&p, NULL, 20000) && !p.end.failed &&
		   p.status.tick_count == 20,
	   "after its last tick a job ends by itself");
	ok(jobpeer_reap(&p) == 0 && open_at_venue() == 0,
	   "and leaves nothing open");
	run_job(&p, "job-alone", "");
	(void)jobpeer_until(&p, is_quoting, 10000);
	ok(open_at_venue() > 0, "a job whose agent is about to die");
	(void)jobpeer_reap(&p);
	ok(open_at_venue() == 0, "takes its orders back before it ends");
}

static void test_hopeless(void)
{
	struct dec speed = venue->paper.speed;
	struct jobpeer p;

	venue->paper.speed.e8 = 0; /* so that nobody fills its orders */
	run_job(&p, "job-garbage", "");
	(void)jobpeer_until(&p, is_quoting, 10000);
	venue->mode = GARBAGE;
	ok(jobpeer_until(&p, NULL, 60000) && p.end.failed,
	   "a venue that answers garbage for good: the job fails");
	venue->mode = WELL;
	ok(strstr(p.end.error, "EXCHANGE_ERROR: ") != NULL, "and says of what");
	ok(strstr(p.end.error, "may be left open") != NULL,
	   "and that it could not take its orders back");
	printf("# %s\n", p.end.error);
	ok(strstr(p.metrics, ":stop\",\"reason\":\"EXCHANGE_ERROR\"}") != NULL,
	   "the stop is the intent that failed");
	ok(jobpeer_reap(&p) == 0, "its process ends well");
	ok(open_at_venue() > 0, "which is true");
	venue->paper.speed = speed;
	run_job(&p, "job-garbage", "\"maxTicks\":5,");
	ok(jobpeer_until(&p, NULL, 20000) && !p.end.failed,
	   "the same job again");
	(void)jobpeer_reap(&p);
	ok(open_at_venue() == 0, "knows the orders as its own");
}

static void test_start_failures(struct jobpeer *nobody,
				struct jobpeer *stranger)
{
	struct job_start s = start_of("job-key", "");
	struct jobpeer p;

	strcpy(s.api_secret, "wrong");
	jobpeer_start(&p, &s);
	ok(jobpeer_until(&p, NULL, 10000) && p.end.failed &&
		   strstr(p.end.error, "Signature") != NULL,
	   "a wrong secret: the venue's own words, at once");
	ok(strstr(p.end.error, "wrong") == NULL, "without the secret");
	(void)jobpeer_reap(&p);
	s = start_of("job-header", "");
	strcpy(s.api_key, "key\r\nX-Other: 1");
	jobpeer_start(&p, &s);
	ok(jobpeer_until(&p, NULL, 10000) && p.end.failed &&
		   strstr(p.end.error, "EXCHANGE_INVALID_REQUEST") != NULL,
	   "a key that would be two headers is refused");
	(void)jobpeer_reap(&p);
	s = start_of("job-early", "");
	strcpy(s.venue_url, "https://127.0.0.1:1");
	jobpeer_start(&p, &s);
	(void)jobpeer_until(&p, NULL, 500);
	stop_job(&p, "stopped before the venue was reached");
	ok(jobpeer_until(nobody, NULL, 60000) && nobody->end.failed &&
		   strstr(nobody->end.error, "EXCHANGE_NETWORK_ERROR: ") !=
			   NULL,
	   "a venue that is not there: the job fails in the end");
	printf("# %s\n", nobody->end.error);
	ok(jobpeer_until(stranger, NULL, 60000) && stranger->end.failed &&
		   strstr(stranger->end.error, "EXCHANGE_NETWORK_ERROR: ") !=
			   NULL,
	   "so it does at a venue that is not under the pinned CA");
	printf("# %s\n", stranger->end.error);
	(void)jobpeer_reap(nobody);
	(void)jobpeer_reap(stranger);
}

int main(void)
{
	static struct jobpeer nobody, stranger;
	struct job_start s;

	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	venue = papervenue_start();
	s = start_of("job-nobody", "");
	strcpy(s.venue_url, "https://127.0.0.1:1");
	jobpeer_start(&nobody, &s);
	s = start_of("job-stranger", "");
	memcpy(s.venue_ca, venue->other_ca, sizeof venue->other_ca);
	jobpeer_start(&stranger, &s);
	test_well();
	test_lost_answers();
	test_by_hand();
	test_trouble(SICK, "job-sick");
	test_trouble(LIMITED, "job-limited");
	test_trouble(GARBAGE, "job-some-garbage");
	test_trouble(EMPTY, "job-empty-book");
	test_frozen();
	test_clock();
	test_ends();
	test_hopeless();
	test_start_failures(&nobody, &stranger);
	papervenue_stop(venue);
	return tap_done();
}
