/* Order intents: the state machine, ids, plans and the digest over what was
 * finished. Expected texts follow intent.h; the digest is computed by
 * tests/vectors/make_intents.py, which knows nothing of this code. */
#include "jobs/market_making/plan.h"
#include "lib/text.h"
#include "tests/tap.h"

enum {
	T = 0 /* placeholder of times that do not matter */
};

static const int64_t t0 = 1767323045000; /* 2026-01-02T03:04:05Z */
static struct mm_intents q;

static struct dec d(const char *s)
{
	struct dec v = { -1 };

	if (dec_parse(str_slice(s), &v) != ERR_OK)
		printf("Bail out! %s is no decimal\n", s);
	return v;
}

static void set_up(void)
{
	mm_intents_init(&q, "campaign-7", "job-1", "market_making");
	mm_intents_plan(&q, t0);
}

static enum err add(enum mm_intent_type type, enum venue_side side,
		    int64_t layer)
{
	struct mm_intent i = { .type = type, .side = side, .layer = layer };

	return mm_intents_add(&q, &i);
}

static enum err move(size_t k, enum mm_intent_status to, enum mm_reason reason,
		     int64_t now_ms)
{
	return mm_intents_move(&q, &q.queue[k], to, reason, now_ms);
}

/* ---- the state machine ---- */

static const char *const status_names[MM_STATUSES] = {
	[MM_ACKED] = "ACKED", [MM_DONE] = "DONE", [MM_FAILED] = "FAILED",
	[MM_NEW] = "NEW",     [MM_SENT] = "SENT",
};

/* A reason with which the step is refused for nothing but itself. */
static enum mm_reason fitting(enum mm_intent_status from,
			      enum mm_intent_status to)
{
	if (to == MM_FAILED)
		return MM_FOR_NETWORK;
	return from == MM_NEW && to == MM_DONE ? MM_FOR_MAX_OPEN : MM_FOR_OK;
}

static void test_steps(void)
{
	static const bool legal[MM_STATUSES][MM_STATUSES] = {
		[MM_NEW][MM_SENT] = true,     [MM_NEW][MM_DONE] = true,
		[MM_NEW][MM_FAILED] = true,   [MM_SENT][MM_ACKED] = true,
		[MM_SENT][MM_FAILED] = true,  [MM_ACKED][MM_DONE] = true,
		[MM_ACKED][MM_FAILED] = true,
	};

	for (enum mm_intent_status from = 0; from < MM_STATUSES; from++)
		for (enum mm_intent_status to = 0; to < MM_STATUSES; to++) {
			struct mm_intent i = { .status = from }, before = i;
			enum err want = legal[from][to] ? ERR_OK : ERR_STATE;

			is_err(mm_intent_move(&i, to, fitting(from, to), 5),
			       want, "%s to %s", status_names[from],
			       status_names[to]);
			ok(want == ERR_OK ? i.status == to && i.updated_ms == 5
					  : memcmp(&i, &before, sizeof(i)) == 0,
			   "%s",
			   want == ERR_OK ? "goes there"
					  : "and nothing changes");
		}
}

static void test_step_reasons(void)
{
	static const struct {
		enum mm_intent_status from, to;
		enum mm_reason first, last; /* the ones that are allowed */
	} t[] = {
		{ MM_NEW, MM_SENT, MM_FOR_OK, MM_FOR_OK },
		{ MM_NEW, MM_DONE, MM_FOR_MAX_OPEN, MM_FOR_NOT_SENT },
		{ MM_NEW, MM_FAILED, MM_FOR_AGENT, MM_FOR_RATE_LIMITED },
		{ MM_SENT, MM_ACKED, MM_FOR_OK, MM_FOR_OK },
		{ MM_SENT, MM_FAILED, MM_FOR_AGENT, MM_FOR_RATE_LIMITED },
		{ MM_ACKED, MM_DONE, MM_FOR_OK, MM_FOR_OK },
		{ MM_ACKED, MM_FAILED, MM_FOR_AGENT, MM_FOR_RATE_LIMITED },
	};

	for (size_t k = 0; k < sizeof(t) / sizeof(t[0]); k++) {
		unsigned wrong = 0;

		for (enum mm_reason r = MM_FOR_OK; r <= MM_REASONS; r++) {
			struct mm_intent i = { .status = t[k].from };
			bool want = r >= t[k].first && r <= t[k].last;

			wrong += (mm_intent_move(&i, t[k].to, r, T) ==
				  (want ? ERR_OK : ERR_VALUE)) !=
				 (i.status == (want ? t[k].to : t[k].from));
		}
		ok(wrong == 0, "%s to %s takes its own reasons and no other",
		   status_names[t[k].from], status_names[t[k].to]);
	}
}

static void test_times(void)
{
	struct mm_intent i = { .status = MM_NEW, .updated_ms = 10 };

	ok(mm_intent_move(&i, MM_SENT, MM_FOR_OK, 9) == ERR_OK &&
		   i.updated_ms == 10,
	   "a clock that goes back does not take the record along");
}

/* ---- ids ---- */

static void id_is(size_t k, const char *want)
{
	char id[MM_INTENT_ID_LEN + 1];

	mm_intent_id(&q, &q.queue[k], id);
	if (!ok(strcmp(id, want) == 0, "id %s", want))
		printf("#   got %s\n", id);
}

static void test_ids(void)
{
	struct mm_intent cancel = { .type = MM_CANCEL,
				    .client_id = "ee026ab639-17" };

	mm_intents_init(&q, "camp:7", "8e-f0", "market_making");
	mm_intents_plan(&q, t0);
	is_err(mm_intents_add(&q, &cancel), ERR_OK, "a cancel");
	is_err(add(MM_CREATE, VENUE_BUY, 1), ERR_OK, "a create");
	is_err(add(MM_REPLACE, VENUE_SELL, 10), ERR_OK, "a replace");
	is_err(add(MM_STOP, VENUE_BUY, 0), ERR_OK, "the stop");
	id_is(0, "camp:7-8e-f0-market_making:1767323045000:"
		 "mm-cancel-ee026ab639-17");
	id_is(1, "camp:7-8e-f0-market_making:1767323045000:mm-layer-1-buy");
	id_is(2, "camp:7-8e-f0-market_making:1767323045000:mm-layer-10-sell");
	id_is(3, "camp:7-8e-f0-market_making:1767323045000:stop");
}

static void test_longest_id(void)
{
	char name[LIMIT_NAME_BYTES + 1], id[MM_INTENT_ID_LEN + 1];
	struct mm_intent i = { .type = MM_CANCEL };

	memset(name, 'n', LIMIT_NAME_BYTES);
	name[LIMIT_NAME_BYTES] = '\0';
	memset(i.client_id, 'c', VENUE_ID_LEN);
	mm_intents_init(&q, name, name, name);
	mm_intents_plan(&q, INT64_MAX);
	is_err(mm_intents_add(&q, &i), ERR_OK, "the longest names");
	mm_intent_id(&q, &q.queue[0], id);
	ok(strlen(id) == 191 + 1 + 19 + 1 + 10 + 36, "make an id uncut");
	is_err(move(0, MM_SENT, MM_FOR_OK, T), ERR_OK, "it is sent");
	is_err(move(0, MM_FAILED, MM_FOR_FUNDS, T), ERR_VALUE,
	       "a time that JSON has no number for is no record");
	ok(q.queue[0].status == MM_SENT && q.statuses[MM_SENT] == 1 &&
		   q.statuses[MM_FAILED] == 0 && q.nfailed == 0,
	   "and changes nothing");
}

static void test_once(void)
{
	int64_t ts[4];

	set_up();
	is_err(add(MM_CREATE, VENUE_BUY, 1), ERR_OK, "layer 1 buys");
	is_err(add(MM_CREATE, VENUE_SELL, 1), ERR_OK, "and sells");
	is_err(add(MM_CREATE, VENUE_BUY, 1), ERR_DUPLICATE,
	       "the same id is not planned twice");
	is_err(add(MM_REPLACE, VENUE_BUY, 1), ERR_DUPLICATE,
	       "nor as another type");
	ok(q.n == 2 && q.seq == 2 && q.types[MM_CREATE] == 2 &&
		   q.types[MM_REPLACE] == 0,
	   "a refused one is not counted");
	is_err(move(0, MM_SENT, MM_FOR_OK, T), ERR_OK, "one is sent");
	is_err(move(0, MM_SENT, MM_FOR_OK, T), ERR_STATE, "once");
	for (size_t i = 0; i < 4; i++) {
		static const int64_t clock[] = { 0, 0, -5000, 3 };

		mm_intents_plan(&q, t0 + clock[i]);
		ts[i] = q.ts - t0;
	}
	ok(ts[0] == 1 && ts[1] == 2 && ts[2] == 3 && ts[3] == 4,
	   "every plan's ts is new, whatever the clock does");
	ok(q.n == 2, "and what is not finished stays");
}

static void test_ours(void)
{
	static const char *const no[] = {
		"",
		"ee026ab639",
		"ee026ab639-",
		"ee026ab639x1",
		"ee026ab639-1x",
		"ee026ab639-1&symbol=BTCUSDT",
		"ee026ab639--1",
		"ee026ab638-1",
		"ee026ab639-18446744073709551616",
	};

	set_up();
	ok(mm_intents_ours(&q, "ee026ab639-1") &&
		   mm_intents_ours(&q, "ee026ab639-18446744073709551615"),
	   "an order of this job is known by its client order id");
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		ok(!mm_intents_ours(&q, no[i]), "\"%s\" is not ours", no[i]);
}

/* ---- plans ---- */

/* "b2": a buy of layer 2. */
static enum venue_side side_of(const char *s)
{
	return s[0] == 'b' ? VENUE_BUY : VENUE_SELL;
}

/* The queue in one line: "cancel 3", "b2 create", "s1 replace 4", where a
 * number is that of the order in the list of open ones, from 1. */
static void show(char *out, size_t cap)
{
	struct wr w = wr_over(out, cap);

	for (size_t k = 0; k < q.n; k++) {
		const struct mm_intent *i = &q.queue[k];
		const char *side = i->side == VENUE_BUY ? "b" : "s";

		wr_str(&w, k > 0 ? ", " : "");
		if (i->type == MM_CANCEL)
			wr_fmt(&w, "cancel %s", i->client_id + 1);
		else
			wr_fmt(&w, "%s%d %s%s", side, (int)i->layer,
			       i->type == MM_CREATE ? "create" : "replace ",
			       i->old_id[0] != '\0' ? i->old_id + 1 : "");
	}
	wr_u8(&w, 0);
}

static void test_plans(void)
{
	static const struct {
		const char *open[5], *wishes[5], *want;
	} t[] = {
		{ { NULL }, { NULL }, "" },
		{ { NULL }, { "b1", "s1" }, "b1 create, s1 create" },
		{ { "b1", "s1" },
		  { "b1", "s1" },
		  "b1 replace 1, s1 replace 2" },
		{ { "s1", "b1" },
		  { "b1", "s1" },
		  "b1 replace 2, s1 replace 1" },
		{ { "b1", "s1" }, { NULL }, "cancel 1, cancel 2" },
		{ { "b1", "s1" }, { "s1" }, "cancel 1, s1 replace 2" },
		{ { "b1" }, { "s1" }, "cancel 1, s1 create" },
		{ { "b2" }, { "b1", "b2" }, "b1 create, b2 replace 1" },
		{ { "b2", "b1" }, { "b1" }, "cancel 1, b1 replace 2" },
		{ { "b1", "b1" }, { "b1" }, "cancel 2, b1 replace 1" },
		{ { "b0", "s0" },
		  { "b1", "s1" },
		  "cancel 1, cancel 2, b1 create, s1 create" },
		{ { "b1", "s3", "s1" },
		  { "b1", "s1", "b2", "s2" },
		  "cancel 2, b1 replace 1, s1 replace 3, b2 create, s2 "
		  "create" },
	};

	for (size_t k = 0; k < sizeof(t) / sizeof(t[0]); k++) {
		struct venue_order orders[5] = { 0 };
		struct mm_standing open[5];
		struct mm_quote wishes[5];
		size_t nopen = 0, n = 0;
		char got[256];

		for (; t[k].open[nopen] != NULL; nopen++) {
			orders[nopen].side = side_of(t[k].open[nopen]);
			snprintf(orders[nopen].client_id, VENUE_ID_LEN + 1,
				 "#%zu", nopen + 1);
			open[nopen].order = &orders[nopen];
			open[nopen].layer = t[k].open[nopen][1] - '0';
		}
		for (; t[k].wishes[n] != NULL; n++)
			wishes[n] = (struct mm_quote){
				.side = side_of(t[k].wishes[n]),
				.layer = t[k].wishes[n][1] - '0',
				.qty = d("1")
			};
		set_up();
		is_err(mm_plan(&q, t0 + 1, open, nopen, wishes, n), ERR_OK,
		       "a plan");
		show(got, sizeof(got));
		if (!ok(strcmp(got, t[k].want) == 0, "is: %s", t[k].want))
			printf("#   got %s\n", got);
	}
}

static void test_plan_values(void)
{
	struct venue_order order = { .side = VENUE_SELL,
				     .client_id = "ee026ab639-8",
				     .price = d("2"),
				     .qty = d("3") };
	struct mm_standing open = { &order, 1 };
	struct mm_quote wish = { VENUE_SELL, 1, d("4"), d("5") };
	const struct mm_intent *i = &q.queue[0];

	set_up();
	is_err(mm_plan(&q, t0 + 9, &open, 1, &wish, 1), ERR_OK, "a replace");
	ok(i->price.e8 == d("4").e8 && i->qty.e8 == d("5").e8 &&
		   strcmp(i->client_id, "ee026ab639-1") == 0 &&
		   strcmp(i->old_id, "ee026ab639-8") == 0 &&
		   i->status == MM_NEW && i->created_ms == t0 + 9 &&
		   i->updated_ms == t0 + 9,
	   "has the wish's numbers, a new order's id and the old one's");
	set_up();
	is_err(mm_plan(&q, t0, &open, 1, NULL, 0), ERR_OK, "a cancel");
	ok(i->price.e8 == d("2").e8 && i->qty.e8 == d("3").e8 &&
		   strcmp(i->client_id, "ee026ab639-8") == 0 &&
		   i->old_id[0] == '\0' && q.seq == 0,
	   "has the order's own");
}

/* An order that is just what is wished for stays, and only such a one. */
static void test_plan_stays(void)
{
	static const struct {
		const char *what, *price, *qty, *filled;
		bool stays;
	} t[] = {
		{ "the same", "2", "3", "0", true },
		{ "another price", "2.00000001", "3", "0", false },
		{ "a smaller one", "2", "2.99999999", "0", false },
		{ "a larger one, filled to the same rest", "2", "4", "1",
		  false },
		{ "the same, filled in part", "2", "3", "0.00000001", false },
	};
	struct mm_quote wish = { VENUE_BUY, 1, d("2"), d("3") };

	for (size_t k = 0; k < sizeof(t) / sizeof(t[0]); k++) {
		struct venue_order order = { .client_id = "ee026ab639-8",
					     .price = d(t[k].price),
					     .qty = d(t[k].qty),
					     .filled = d(t[k].filled) };
		struct mm_standing open = { &order, 1 };

		set_up();
		ok(mm_plan(&q, t0, &open, 1, &wish, 1) == ERR_OK, "%s",
		   t[k].what);
		ok(q.n == !t[k].stays &&
			   (t[k].stays || q.queue[0].type == MM_REPLACE),
		   "%s", t[k].stays ? "stays" : "is replaced");
		open.layer = 2;
		set_up();
		is_err(mm_plan(&q, t0, &open, 1, &wish, 1), ERR_OK,
		       "of another layer");
		ok(q.n == 2, "it is none");
	}
}

static void test_plan_limits(void)
{
	static struct venue_order orders[VENUE_OPEN_MAX];
	static struct mm_standing open[VENUE_OPEN_MAX];
	struct mm_quote wishes[2 * MM_LAYERS_MAX];
	struct mm_intent *stop = NULL;
	size_t k;

	for (k = 0; k < VENUE_OPEN_MAX; k++) {
		snprintf(orders[k].client_id, VENUE_ID_LEN + 1, "#%zu", k);
		open[k] = (struct mm_standing){ &orders[k], 0 };
	}
	for (k = 0; k < 2 * MM_LAYERS_MAX; k++)
		wishes[k] = (struct mm_quote){ .side = k % 2 == 0 ? VENUE_BUY
								  : VENUE_SELL,
					       .layer = 1 + (int64_t)k / 2 };
	set_up();
	is_err(mm_plan(&q, t0, open, VENUE_OPEN_MAX, wishes, k), ERR_OK,
	       "the largest plan there is");
	ok(q.n == VENUE_OPEN_MAX + 2 * MM_LAYERS_MAX, "is whole");
	is_err(move(0, MM_SENT, MM_FOR_OK, t0), ERR_OK, "one is in flight");
	is_err(mm_plan_stop(&q, t0 + 1, &stop), ERR_OK, "the stop has room");
	ok(q.n == 2 && stop == &q.queue[1] && stop->type == MM_STOP &&
		   mm_intents_head(&q) == &q.queue[0] &&
		   q.queue[0].status == MM_SENT,
	   "behind the one in flight, and the rest is dropped");
	ok(q.reasons[MM_FOR_NOT_SENT] == q.statuses[MM_DONE] &&
		   q.statuses[MM_DONE] == VENUE_OPEN_MAX - 1 + k &&
		   q.statuses[MM_NEW] == 1 && q.statuses[MM_SENT] == 1,
	   "as done unsent");
	orders[1] = orders[0];
	set_up();
	is_err(mm_plan(&q, t0, open, 2, wishes, k), ERR_DUPLICATE,
	       "two orders of one id are not cancelled as two");
	wishes[2] = wishes[0];
	set_up();
	is_err(mm_plan(&q, t0, NULL, 0, wishes, k), ERR_DUPLICATE,
	       "nor two wishes placed for one layer");
	for (k = 1; add(MM_CREATE, VENUE_BUY, (int64_t)k + 100) == ERR_OK; k++)
		;
	is_err(add(MM_CREATE, VENUE_BUY, 1000), ERR_SPACE, "a queue ends");
}

/* ---- what has become of them ---- */

/* The five intents of make_intents.py. */
static void finish_five(void)
{
	struct mm_intent i[] = {
		{ .type = MM_CANCEL,
		  .side = VENUE_SELL,
		  .price = d("0.0015"),
		  .qty = d("7.5"),
		  .client_id = "ee026ab639-9" },
		{ .type = MM_REPLACE,
		  .side = VENUE_BUY,
		  .layer = 1,
		  .price = d("0.0014"),
		  .qty = d("5"),
		  .old_id = "ee026ab639-8" },
		{ .type = MM_CREATE,
		  .side = VENUE_SELL,
		  .layer = 10,
		  .price = d("92233720368.54775807"),
		  .qty = d("0.00000001") },
		{ .type = MM_CREATE,
		  .side = VENUE_BUY,
		  .layer = 2,
		  .price = d("0.0013"),
		  .qty = d("5") },
		{ .type = MM_STOP },
	};
	static const struct {
		size_t k;
		enum mm_intent_status to;
		enum mm_reason reason;
	} steps[] = {
		{ 0, MM_SENT, MM_FOR_OK },       { 0, MM_ACKED, MM_FOR_OK },
		{ 0, MM_DONE, MM_FOR_OK },       { 1, MM_SENT, MM_FOR_OK },
		{ 1, MM_ACKED, MM_FOR_OK },      { 1, MM_DONE, MM_FOR_OK },
		{ 2, MM_SENT, MM_FOR_OK },       { 2, MM_FAILED, MM_FOR_FUNDS },
		{ 3, MM_DONE, MM_FOR_MAX_OPEN }, { 4, MM_SENT, MM_FOR_OK },
		{ 4, MM_ACKED, MM_FOR_OK },      { 4, MM_DONE, MM_FOR_OK },
	};
	unsigned good = 0;

	set_up();
	for (size_t k = 0; k < 5; k++) {
		if (k == 4)
			mm_intents_plan(&q, t0 + 1000);
		good += mm_intents_add(&q, &i[k]) == ERR_OK;
		for (size_t s = 0; s < 12; s++)
			good += steps[s].k == k &&
				move(q.n - 1, steps[s].to, steps[s].reason,
				     k == 4 ? t0 + 1000 + (int64_t)s - 8
					    : t0 + (int64_t)s + 1) == ERR_OK;
	}
	ok(good == 17 && mm_intents_head(&q) == NULL, "five are finished");
}

static void test_digest(void)
{
	/* python3 tests/vectors/make_intents.py */
	static const char want[] =
		"9642d54a3e41a6280d77066aa18b634f75cd494d97f892c253a1a88c972d02"
		"de9fe5f8cf30c6048f88de4f4e98312e75";
	uint8_t h[SHA384_LEN], empty[SHA384_LEN];
	char hex[2 * SHA384_LEN + 1];

	set_up();
	mm_intents_sha384(&q, h);
	sha384(str_slice("[]"), empty);
	ok(memcmp(h, empty, sizeof(h)) == 0, "none: the digest of []");
	finish_five();
	mm_intents_sha384(&q, h);
	hex_encode((struct slice){ h, sizeof(h) }, hex);
	if (!ok(strcmp(hex, want) == 0, "five: the script's digest"))
		printf("#   got %s\n", hex);
	is_err(add(MM_CREATE, VENUE_BUY, 3), ERR_OK, "one more is planned");
	is_err(move(q.n - 1, MM_SENT, MM_FOR_OK, t0), ERR_OK, "and sent");
	mm_intents_sha384(&q, empty);
	ok(memcmp(h, empty, sizeof(h)) == 0, "but not in it until it is over");
}

static void report_is(const char *want)
{
	char text[4096];
	struct wr w = wr_over(text, sizeof(text));
	struct jw j;

	jw_init(&j, &w);
	mm_intents_write(&q, &j);
	is_err(jw_end(&j), ERR_OK, "the report's part is canonical JSON");
	if (!ok(slice_is(wr_slice(&w), want), "and tells what happened"))
		printf("#   got %.*s\n", (int)w.len, text);
}

static void test_report(void)
{
	set_up();
	/* printf [] | sha384sum */
	report_is(
		"{\"failures\":{},\"intents_sha384\":"
		"\"562109b054cb4428fc53607b1"
		"07c0acdf91de434b990a0295f516ef2aad79efc902238944e76d42f21bcf71"
		"0bfa4c554\",\"last_failed\":[],\"skipped\":{},"
		"\"states\":{\"ACKED\":0,\"DONE\":0,\"FAILED\":0,\"NEW\":0,"
		"\"SENT\":0},\"types\":{\"CANCEL_ORDER\":0,"
		"\"CREATE_LIMIT_ORDER\":0,\"REPLACE_ORDER\":0,"
		"\"STOP_EXECUTOR\":0}}");
	finish_five();
	report_is("{\"failures\":{\"EXCHANGE_INSUFFICIENT_FUNDS\":1},"
		  "\"intents_sha384\":\"9642d54a3e41a6280d77066aa18b634f75cd494"
		  "d97f892c253a1a88c972d02de9fe5f8cf30c6048f88de4f4e98312e75\","
		  "\"last_failed\":[{\"intent_id\":\"campaign-7-job-1-"
		  "market_making:1767323045000:mm-layer-10-sell\",\"reason\":"
		  "\"EXCHANGE_INSUFFICIENT_FUNDS\"}],\"skipped\":{"
		  "\"MAX_OPEN_ORDERS_REACHED\":1},\"states\":{\"ACKED\":0,"
		  "\"DONE\":4,\"FAILED\":1,\"NEW\":0,\"SENT\":0},\"types\":{"
		  "\"CANCEL_ORDER\":1,\"CREATE_LIMIT_ORDER\":2,"
		  "\"REPLACE_ORDER\":1,\"STOP_EXECUTOR\":1}}");
}

static void test_last_failed(void)
{
	static const char *const want[] = { "mm-layer-3-buy", "mm-layer-4-buy",
					    "mm-layer-5-buy",
					    "mm-layer-6-buy" };
	bool last = true;

	set_up();
	for (size_t k = 0; k < 6; k++)
		if (add(MM_CREATE, VENUE_BUY, (int64_t)k + 1) != ERR_OK ||
		    move(k, MM_FAILED, (enum mm_reason)(k + 1), t0) != ERR_OK)
			printf("Bail out! intent %zu\n", k);
	for (size_t k = 0; k < MM_FAILED_KEPT; k++)
		last &= strcmp(strrchr(q.failed[k].id, ':') + 1, want[k]) ==
				0 &&
			q.failed[k].reason == (enum mm_reason)(k + 3);
	ok(q.nfailed == MM_FAILED_KEPT && last,
	   "the last four failures are told, oldest first");
}

int main(void)
{
	test_steps();
	test_step_reasons();
	test_times();
	test_ids();
	test_longest_id();
	test_once();
	test_ours();
	test_plans();
	test_plan_values();
	test_plan_stays();
	test_plan_limits();
	test_digest();
	test_report();
	test_last_failed();
	return tap_done();
}
