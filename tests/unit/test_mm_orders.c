/* Intents carried out at a venue that does what a script says: retries, doubt,
 * refusals, the cap and the end. The venue is a double of venue.h with a book
 * of its own, so that what became of each order is known from outside. */
#include "jobs/market_making/orders.h"
#include "lib/sock.h"
#include "tests/tap.h"

/* ---- the venue ----
 * One letter of the script a request; when it is used up, all goes well:
 *   .  acts and answers      N  acts, the answer is lost
 *   n  is lost before        r  rate limited
 *   f  no funds              i  invalid
 *   g  acts, and the answer is garbage
 *   S  acts, answers, and the job is asked to stop meanwhile
 *   l  a place that arrives before the next one only
 * What it was asked for is written down: P place, C cancel, F find, L list; and
 * between them the pauses, in milliseconds. */
static struct {
	const char *script;
	char log[256];
	char late[VENUE_ID_LEN + 1];
	struct venue_order orders[64];
	bool open[64];
	size_t n;
} book;

static int64_t mono;
static struct job job;
static struct venue venue;
static struct mm_ledger ledger;
static struct mm_orders orders;

const char *venue_error_name(enum venue_error e)
{
	static const char *const names[] = {
#define X(name, text) text,
		VENUE_ERROR_LIST(X)
#undef X
	};

	return names[e];
}

enum venue_error venue_say(struct venue *v, enum venue_error e,
			   const char *text)
{
	snprintf(v->error, sizeof(v->error), "%s", text);
	return e;
}

/* What becomes of the request: *acts, and the answer. */
static enum venue_error fate(char what, bool *acts)
{
	char step = *book.script != '\0' ? *book.script++ : '.';
	size_t n = strlen(book.log);

	snprintf(book.log + n, sizeof(book.log) - n, "%c", what);
	*acts = strchr(".NgS", step) != NULL;
	job.stop |= step == 'S';
	switch (step) {
	case 'N':
	case 'n':
	case 'l':
		return VENUE_NETWORK;
	case 'r':
		return VENUE_RATE_LIMITED;
	case 'f':
		return VENUE_FUNDS;
	case 'i':
		return VENUE_INVALID;
	case 'g':
		return VENUE_OTHER;
	default:
		return VENUE_OK;
	}
}

static struct venue_order *named(const char *client_id, bool *open)
{
	for (size_t i = 0; i < book.n; i++)
		if (strcmp(book.orders[i].client_id, client_id) == 0) {
			*open = book.open[i];
			return &book.orders[i];
		}
	return NULL;
}

static void put(const char *client_id, enum venue_side side)
{
	struct venue_order *o = &book.orders[book.n];

	*o = (struct venue_order){ .id = 100 + book.n, .side = side };
	snprintf(o->client_id, sizeof(o->client_id), "%s", client_id);
	book.open[book.n++] = true;
}

enum venue_error venue_place(struct venue *v, enum venue_side side,
			     struct dec price, struct dec qty,
			     const char *client_id, uint64_t *id)
{
	bool acts, open, late = *book.script == 'l';
	enum venue_error e = fate('P', &acts);

	(void)v, (void)price, (void)qty;
	if (book.late[0] != '\0')
		put(book.late, side);
	snprintf(book.late, sizeof(book.late), "%s", late ? client_id : "");
	if (acts && named(client_id, &open) != NULL)
		return VENUE_INVALID; /* as a duplicate */
	if (acts)
		put(client_id, side);
	if (e == VENUE_OK)
		*id = book.orders[book.n - 1].id;
	return e;
}

enum venue_error venue_cancel(struct venue *v, const char *client_id)
{
	bool acts, open = false;
	enum venue_error e = fate('C', &acts);
	const struct venue_order *o = named(client_id, &open);

	(void)v;
	if (acts && open)
		book.open[o - book.orders] = false;
	return e == VENUE_OK && !open ? VENUE_NO_ORDER : e;
}

enum venue_error venue_find(struct venue *v, const char *client_id,
			    uint64_t *id)
{
	bool acts, open;
	enum venue_error e = fate('F', &acts);
	const struct venue_order *o = named(client_id, &open);

	(void)v;
	if (e == VENUE_OK && o == NULL)
		return VENUE_NO_ORDER;
	if (e == VENUE_OK)
		*id = o->id;
	return e;
}

enum venue_error venue_open_orders(struct venue *v,
				   struct venue_order out[VENUE_OPEN_MAX],
				   size_t *n)
{
	bool acts;
	enum venue_error e = fate('L', &acts);

	(void)v;
	if (e != VENUE_OK)
		return e;
	*n = 0;
	for (size_t i = 0; i < book.n; i++)
		if (book.open[i])
			out[(*n)++] = book.orders[i];
	return VENUE_OK;
}

/* ---- the job ---- */

static int64_t clock_now(void *ctx)
{
	static int64_t now = 1767323045000;

	(void)ctx;
	return ++now;
}

/* No time passes but in pauses. */
int64_t mono_ms(void)
{
	return mono;
}

enum err job_wait(struct job *j, int fd, short events, int64_t deadline_ms)
{
	size_t n = strlen(book.log);

	(void)fd, (void)events;
	snprintf(book.log + n, sizeof(book.log) - n, "%lld",
		 (long long)(deadline_ms - mono));
	mono = deadline_ms;
	return j->stop ? ERR_OK : ERR_TIMEOUT;
}

static const struct mm_quote buy1 = { VENUE_BUY, 1, { 100 }, { DEC_ONE } };
static const struct mm_quote sell1 = { VENUE_SELL, 1, { 200 }, { DEC_ONE } };

static void set_up(void)
{
	struct job_start s = { .campaign_id = "c",
			       .job_id = "job-1",
			       .job_type = "market_making" };

	memset(&book, 0, sizeof(book));
	memset(&job, 0, sizeof(job));
	book.script = "";
	job.agent = -1;
	job.now_ms = clock_now;
	venue.j = &job;
	venue.retry_after_ms = 0;
	mm_ledger_init(&ledger, "XRP", "ETH");
	ledger.mid.e8 = 150;
	mm_orders_init(&orders, &venue, &ledger, &s);
}

static size_t open_at_venue(void)
{
	size_t n = 0;

	for (size_t i = 0; i < book.n; i++)
		n += book.open[i];
	return n;
}

static void script(const char *steps)
{
	book.script = steps;
	book.log[0] = '\0';
}

/* Types and states of the queue in one line: "REPLACE DONE". */
static const char *told(void)
{
	static const char *const types[] = { "cancel", "create", "replace",
					     "stop" };
	static const char *const states[] = { "acked", "done", "failed", "new",
					      "sent" };
	static char text[256];
	struct wr w = wr_over(text, sizeof(text));

	for (size_t k = 0; k < orders.intents.n; k++) {
		const struct mm_intent *i = &orders.intents.queue[k];

		wr_fmt(&w, "%s%s %s", k > 0 ? ", " : "", types[i->type],
		       states[i->status]);
		if (i->reason != MM_FOR_OK)
			wr_fmt(&w, " %d", (int)i->reason);
	}
	wr_u8(&w, 0);
	return text;
}

static void says(const char *want, const char *what)
{
	const char *got = told();

	if (!ok(strcmp(got, want) == 0, "%s: %s", what, want))
		printf("#   got %s\n", got);
}

static void asked(const char *want)
{
	if (!ok(strcmp(book.log, want) == 0, "by %s", want))
		printf("#   got %s\n", book.log);
}

static enum venue_error refresh(const struct mm_quote *wishes, size_t n)
{
	return mm_orders_refresh(&orders, wishes, n, false);
}

/* ---- one create ---- */

/* A create, carried out under `now`, and the look at the next tick under
 * `then`: its state after each, and how many orders are at the venue. */
static const struct {
	const char *what, *now, *log, *state, *then, *later;
	enum venue_error e;
	size_t orders;
} creates[] = {
	{ "all well", "", "P", "create done", "", "create done", VENUE_OK, 1 },
	{ "no funds", "f", "P", "create failed 3", "", "create failed 3",
	  VENUE_OK, 0 },
	{ "invalid", "i", "P", "create failed 4", "", "create failed 4",
	  VENUE_OK, 0 },
	{ "rate limited once", "r", "P250P", "create done", "", "create done",
	  VENUE_OK, 1 },
	{ "rate limited for long", "rrr", "P250P500P", "create failed 8", "",
	  "create failed 8", VENUE_RATE_LIMITED, 0 },
	{ "the answer is lost", "N", "P250F", "create done", "", "create done",
	  VENUE_OK, 1 },
	{ "the request is lost", "n", "P250FP", "create done", "",
	  "create done", VENUE_OK, 1 },
	{ "the network is lost", "nnn", "P250F500F", "create sent", "",
	  "create failed 5", VENUE_NETWORK, 0 },
	{ "and the order is there", "Nnn", "P250F500F", "create sent", "",
	  "create done", VENUE_NETWORK, 1 },
	{ "garbage for an answer", "g", "P", "create sent", "", "create done",
	  VENUE_OTHER, 1 },
	{ "and the next look fails", "g", "P", "create sent", "n",
	  "create sent", VENUE_OTHER, 1 },
	{ "it comes late", "n.f", "P250FP", "create sent", "",
	  "create failed 3", VENUE_FUNDS, 0 },
	{ "later, and makes a duplicate", "l", "P250FP", "create sent", "",
	  "create done", VENUE_INVALID, 1 },
	{ "an answer is lost while the job stops", "NS", "P250F", "create done",
	  "", "create done", VENUE_OK, 1 },
};

static void test_creates(void)
{
	for (size_t k = 0; k < sizeof(creates) / sizeof(creates[0]); k++) {
		set_up();
		script(creates[k].now);
		ok(refresh(&buy1, 1) == creates[k].e, "%s: %s", creates[k].what,
		   venue_error_name(creates[k].e));
		asked(creates[k].log);
		says(creates[k].state, "now");
		script(creates[k].then);
		(void)mm_orders_look(&orders);
		says(creates[k].later, "then");
		ok(book.n == creates[k].orders &&
			   ledger.orders_placed ==
				   orders.intents.statuses[MM_DONE],
		   "%zu at the venue", book.n);
	}
}

/* ---- one cancel, one replace ---- */

static const struct {
	const char *what;
	bool replace;
	const char *now, *log, *state, *then, *later;
	enum venue_error e;
	size_t open;
} takes[] = {
	{ "all well", false, "", "C", "cancel done", "", "cancel done",
	  VENUE_OK, 0 },
	{ "refused", false, "i", "C", "cancel failed 4", "", "cancel failed 4",
	  VENUE_INVALID, 1 },
	{ "the answer is lost", false, "N", "C250C", "cancel done", "",
	  "cancel done", VENUE_OK, 0 },
	{ "the network is lost", false, "nnn", "C250C500C", "cancel sent", "",
	  "cancel failed 5", VENUE_NETWORK, 1 },
	{ "and the order is gone", false, "nNn", "C250C500C", "cancel sent", "",
	  "cancel done", VENUE_NETWORK, 0 },
	{ "lost, then refused", false, "Nrr", "C250C500C", "cancel sent", "",
	  "cancel done", VENUE_RATE_LIMITED, 0 },
	{ "all well", true, "", "CP", "replace done", "", "replace done",
	  VENUE_OK, 1 },
	{ "the cancel is refused", true, "i", "C", "replace failed 4", "",
	  "replace failed 4", VENUE_INVALID, 1 },
	{ "the cancel is in doubt", true, "g", "C", "replace sent", "",
	  "replace failed 2", VENUE_OTHER, 0 },
	{ "and was not done", true, "nnn", "C250C500C", "replace sent", "",
	  "replace failed 5", VENUE_NETWORK, 1 },
	{ "the create is refused", true, ".f", "CP", "replace failed 3", "",
	  "replace failed 3", VENUE_OK, 0 },
	{ "the create is in doubt", true, ".g", "CP", "replace sent", "",
	  "replace done", VENUE_OTHER, 1 },
};

static void test_takes(void)
{
	for (size_t k = 0; k < sizeof(takes) / sizeof(takes[0]); k++) {
		set_up();
		ok(refresh(&buy1, 1) == VENUE_OK &&
			   mm_orders_look(&orders) == VENUE_OK,
		   "an order stands");
		script(takes[k].now);
		ok(refresh(&buy1, takes[k].replace) == takes[k].e, "%s: %s",
		   takes[k].what, venue_error_name(takes[k].e));
		asked(takes[k].log);
		says(takes[k].state, "now");
		script(takes[k].then);
		ok(mm_orders_look(&orders) == VENUE_OK, "the next look");
		says(takes[k].later, "then");
		ok(open_at_venue() == takes[k].open, "%zu open",
		   open_at_venue());
	}
}

static void test_filled(void)
{
	set_up();
	ok(refresh(&buy1, 1) == VENUE_OK && mm_orders_look(&orders) == VENUE_OK,
	   "an order stands");
	book.open[0] = false;
	ok(refresh(NULL, 0) == VENUE_OK, "and is filled before its cancel");
	says("cancel done", "which is done then");
	ok(ledger.orders_cancelled == 0, "but is no cancelled order");
}

/* ---- several ---- */

static void test_order(void)
{
	struct mm_quote both[2] = { buy1, sell1 };

	set_up();
	ok(refresh(both, 2) == VENUE_OK, "two");
	asked("PP");
	ok(mm_orders_look(&orders) == VENUE_OK, "a look");
	script("");
	ok(refresh(both, 2) == VENUE_OK, "replaced, one after the other");
	asked("CPCP");
	ok(mm_orders_look(&orders) == VENUE_OK, "a look");
	script("");
	ok(refresh(&sell1, 1) == VENUE_OK, "one side");
	says("cancel done, replace done", "first what goes");
	asked("CCP");
	ok(mm_orders_mid(&orders, 99 + book.n) != NULL &&
		   mm_orders_mid(&orders, 99 + book.n)->e8 == 150,
	   "the mid when it was quoted is kept");
}

static void test_rest(void)
{
	struct mm_quote both[2] = { buy1, sell1 };

	set_up();
	script("nnn");
	ok(refresh(both, 2) == VENUE_NETWORK, "the first is lost");
	says("create sent, create done 10", "the second is not sent");
	script("");
	ok(mm_orders_look(&orders) == VENUE_OK, "looked after");
	says("create failed 5, create done 10", "the first has failed");
	asked("FL");
	set_up();
	script("S");
	ok(refresh(both, 2) == VENUE_OK, "the job is to stop meanwhile");
	says("create done, create done 10", "the rest is not sent");
	set_up();
	script("f");
	ok(refresh(both, 2) == VENUE_OK, "a refusal");
	says("create failed 3, create done", "stops no other");
}

/* The reasons' numbers above are these. */
static void test_numbers(void)
{
	ok(MM_FOR_OTHER == 2 && MM_FOR_FUNDS == 3 && MM_FOR_INVALID == 4 &&
		   MM_FOR_NETWORK == 5 && MM_FOR_RATE_LIMITED == 8 &&
		   MM_FOR_MAX_OPEN == 9 && MM_FOR_NOT_SENT == 10,
	   "reasons have the numbers of the venue's errors");
	for (enum venue_error e = VENUE_OK; e < VENUE_RATE_LIMITED; e++)
		ok(strcmp(venue_error_name(e), venue_error_name(e + 1)) < 0,
		   "\"%s\" is in its place", venue_error_name(e));
}

static void test_cap(void)
{
	struct mm_quote both[2] = { buy1, sell1 };
	char id[VENUE_ID_LEN + 1];

	set_up();
	for (int i = 0; i < MM_OPEN_MAX - 1; i++) {
		snprintf(id, sizeof(id), "%s-%d", orders.intents.prefix,
			 1000 + i);
		put(id, VENUE_BUY);
	}
	put("by-hand", VENUE_SELL);
	ok(mm_orders_look(&orders) == VENUE_OK, "49 of ours are open");
	script("");
	ok(mm_orders_refresh(&orders, both, 2, true) == VENUE_OK, "two wishes");
	says("create done, create done 9", "the 50th is the last");
	asked("P");
	script("");
	ok(mm_orders_refresh(&orders, NULL, 0, false) == VENUE_OK &&
		   orders.intents.types[MM_CANCEL] == MM_OPEN_MAX - 1,
	   "what the look saw is taken back");
	ok(refresh(&sell1, 1) == VENUE_OK &&
		   orders.intents.reasons[MM_FOR_MAX_OPEN] == 1,
	   "and then there is room");
}

/* ---- the end ---- */

static void test_stop(void)
{
	struct mm_quote both[2] = { buy1, sell1 };

	set_up();
	ok(refresh(both, 2) == VENUE_OK, "two stand");
	put("by-hand", VENUE_SELL);
	job.stop = true;
	ok(mm_orders_stop(&orders) == VENUE_OK, "the end");
	says("stop new", "is an intent");
	ok(mm_orders_look(&orders) == VENUE_OK, "a look");
	script(".n");
	ok(mm_orders_take_back(&orders) == VENUE_NETWORK, "one go fails");
	says("stop sent", "it has begun");
	ok(mm_orders_look(&orders) == VENUE_OK, "a look");
	script("");
	ok(mm_orders_take_back(&orders) == VENUE_OK, "the next does not");
	asked("C");
	says("stop acked", "the venue has done it");
	ok(mm_orders_take_back(&orders) == VENUE_OK, "once more");
	ok(mm_orders_stopped(&orders, VENUE_OK) == VENUE_OK, "all is counted");
	says("stop done", "it is over");
	ok(open_at_venue() == 1, "the order of the account's owner stays");
}

static void test_stop_in_doubt(void)
{
	set_up();
	script("nnnnn");
	ok(refresh(&buy1, 1) == VENUE_NETWORK, "a create in doubt");
	ok(mm_orders_stop(&orders) == VENUE_OK, "the end");
	says("create sent, stop new", "waits behind it");
	ok(mm_orders_look(&orders) == VENUE_NETWORK, "the venue stays away");
	ok(mm_orders_stopped(&orders, VENUE_NETWORK) == VENUE_OK, "for good");
	says("create sent, stop failed 5",
	     "the end has failed, and the doubt is told as it is");
	set_up();
	script("nnN");
	ok(refresh(&buy1, 1) == VENUE_NETWORK, "a create in doubt");
	ok(mm_orders_stop(&orders) == VENUE_OK &&
		   mm_orders_look(&orders) == VENUE_OK &&
		   mm_orders_take_back(&orders) == VENUE_OK,
	   "the venue is back");
	says("create failed 5, stop acked", "first the doubt, then the end");
}

/* One order that the venue will not tell about does not keep the others open.
 */
static void test_stop_untold(void)
{
	struct mm_quote both[2] = { buy1, sell1 };

	set_up();
	script(".nnn");
	ok(refresh(both, 2) == VENUE_NETWORK, "one stands, one is in doubt");
	script("i");
	ok(mm_orders_look(&orders) == VENUE_INVALID, "a look needs its answer");
	asked("F");
	ok(mm_orders_stop(&orders) == VENUE_OK, "the end");
	mono += VENUE_LATE_MS;
	script("i");
	ok(mm_orders_look(&orders) == VENUE_OK &&
		   mm_orders_take_back(&orders) == VENUE_OK,
	   "does not");
	asked("FLC");
	says("create sent, stop acked", "the doubt stays");
	ok(open_at_venue() == 0, "the other one is taken back");
	ok(!mm_orders_settled(&orders), "but it is not settled");
	set_up();
	script("Nnn");
	ok(refresh(&buy1, 1) == VENUE_NETWORK, "a create in doubt");
	ok(mm_orders_stop(&orders) == VENUE_OK, "the end");
	script("i");
	ok(mm_orders_look(&orders) == VENUE_OK, "the look sees its order");
	says("create done, stop new", "which was placed, then");
	ok(mm_orders_mid(&orders, 100) != NULL, "and is known by its number");
}

static void test_stop_refused(void)
{
	struct mm_quote both[2] = { buy1, sell1 };
	char id[VENUE_ID_LEN + 1];

	set_up();
	ok(refresh(both, 2) == VENUE_OK && mm_orders_stop(&orders) == VENUE_OK,
	   "two stand, and the end comes");
	ok(mm_orders_look(&orders) == VENUE_OK, "a look");
	script("i");
	ok(mm_orders_take_back(&orders) == VENUE_INVALID,
	   "one that cannot be cancelled");
	asked("CC");
	says("stop sent", "is told");
	ok(open_at_venue() == 1, "and does not keep the other open");
	snprintf(id, sizeof(id), "%s-99", orders.intents.prefix);
	put(id, VENUE_BUY);
	ok(mm_orders_look(&orders) == VENUE_OK, "a look at two");
	script("r");
	venue.retry_after_ms = 1000;
	ok(mm_orders_take_back(&orders) == VENUE_RATE_LIMITED,
	   "a venue that wants to be left alone is");
	asked("C");
}

/* A create whose answer was lost may arrive after a look. */
static void test_settled(void)
{
	static const struct {
		const char *what, *now;
		bool settled;
	} cases[] = {
		{ "all well", "", true },
		{ "refused", "f", true },
		{ "the answer is lost, the order found", "N", true },
		{ "the request is lost, and sent again", "n", false },
		{ "both answers are lost, one order found", "n.N", false },
		{ "garbage for an answer", "g", false },
	};

	for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
		set_up();
		mono = 1000;
		script(cases[k].now);
		(void)refresh(&buy1, 1);
		ok(mm_orders_look(&orders) == VENUE_OK &&
			   mm_orders_settled(&orders) == cases[k].settled,
		   "%s: %ssettled", cases[k].what,
		   cases[k].settled ? "" : "not ");
		mono += VENUE_LATE_MS;
		ok(mm_orders_settled(&orders) == cases[k].settled,
		   "time alone does not settle it");
		ok(mm_orders_look(&orders) == VENUE_OK &&
			   mm_orders_settled(&orders),
		   "a look after that time does");
	}
}

/* A venue that asks for more patience than a retry has is left alone. */
static void test_retry_after(void)
{
	set_up();
	venue.retry_after_ms = 251;
	script("rr");
	ok(refresh(&buy1, 1) == VENUE_RATE_LIMITED, "to be left alone");
	asked("P");
	says("create failed 8", "is certain");
	venue.retry_after_ms = 250;
	script("r");
	ok(refresh(&buy1, 1) == VENUE_OK, "for as long as a pause");
	asked("P250P");
	ok(mm_orders_look(&orders) == VENUE_OK, "a look");
	venue.retry_after_ms = 1000;
	script("Nr");
	ok(refresh(NULL, 0) == VENUE_RATE_LIMITED, "a cancel, too");
	asked("C250C");
	says("cancel sent", "whose first request may have been acted on");
}

/* Half a plan does not wait for a later one. */
static void test_half_a_plan(void)
{
	char id[VENUE_ID_LEN + 1];

	set_up();
	snprintf(id, sizeof(id), "%s-7", orders.intents.prefix);
	put(id, VENUE_BUY);
	put(id, VENUE_BUY);
	ok(mm_orders_look(&orders) == VENUE_OK, "two orders of one name");
	script("");
	ok(refresh(&buy1, 1) == VENUE_OTHER, "cannot be planned for");
	asked("");
	says("cancel done 10", "what was planned is not sent");
	book.open[1] = false;
	ok(mm_orders_look(&orders) == VENUE_OK && refresh(&buy1, 1) == VENUE_OK,
	   "when it is one, all goes on");
	says("cancel done, create done", "with a plan of its own");
}

int main(void)
{
	test_numbers();
	test_creates();
	test_takes();
	test_filled();
	test_order();
	test_rest();
	test_cap();
	test_stop();
	test_stop_in_doubt();
	test_stop_refused();
	test_stop_untold();
	test_settled();
	test_retry_after();
	test_half_a_plan();
	return tap_done();
}
