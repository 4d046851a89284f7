#include "jobs/market_making/orders.h"

#include <string.h>

#include "lib/sock.h"

enum {
	RETRIES = 2, /* after the first try; 250 ms, then 500 ms */
	BACKOFF_MS = 250
};

void mm_orders_init(struct mm_orders *o, struct venue *v, struct mm_ledger *l,
		    const struct job_start *s)
{
	memset(o, 0, sizeof(*o));
	o->v = v;
	o->ledger = l;
	mm_intents_init(&o->intents, s->campaign_id, s->job_id, s->job_type);
}

bool mm_pause(struct job *j, int64_t deadline_ms)
{
	while (!j->stop && mono_ms() < deadline_ms) {
		enum err e = job_wait(j, -1, 0, deadline_ms);

		if (e != ERR_OK && e != ERR_TIMEOUT)
			return false;
	}
	return !j->stop;
}

static int64_t unix_ms(const struct mm_orders *o)
{
	return o->v->j->now_ms(o->v->j->clock_ctx);
}

static bool ours(const struct mm_orders *o, const struct venue_order *x)
{
	return mm_intents_ours(&o->intents, x->client_id);
}

size_t mm_orders_open(const struct mm_orders *o, enum venue_side side)
{
	size_t n = 0;

	for (size_t i = 0; i < o->nopen; i++)
		n += ours(o, &o->open[i]) && o->open[i].side == side;
	return n;
}

/* ---- known orders ---- */

static const struct mm_known *known(const struct mm_orders *o, uint64_t id)
{
	for (size_t i = o->nknown; i > 0; i--)
		if (o->known[i - 1].id == id)
			return &o->known[i - 1];
	return NULL;
}

const struct dec *mm_orders_mid(const struct mm_orders *o, uint64_t order_id)
{
	const struct mm_known *k = known(o, order_id);

	return k != NULL ? &k->mid : NULL;
}

static bool is_open(const struct mm_orders *o, uint64_t id)
{
	for (size_t i = 0; i < o->nopen; i++)
		if (o->open[i].id == id)
			return true;
	return false;
}

/* The oldest one that is not open: its trades have long been counted. There is
 * one, as fewer can be open than are remembered. */
static void forget_one(struct mm_orders *o)
{
	size_t i = 0;

	while (i + 1 < o->nknown && is_open(o, o->known[i].id))
		i++;
	memmove(&o->known[i], &o->known[i + 1],
		(o->nknown - i - 1) * sizeof(o->known[0]));
	o->nknown--;
}

static void know(struct mm_orders *o, uint64_t id, struct dec mid,
		 int64_t layer)
{
	if (known(o, id) != NULL)
		return;
	if (o->nknown == MM_KNOWN_MAX)
		forget_one(o);
	o->known[o->nknown++] = (struct mm_known){ id, mid, layer };
}

/* ---- steps of an intent ---- */

/* An intent that is not where it should be is our own mistake. It must not
 * become a wrong record: the tick fails instead. */
static enum venue_error sound(struct mm_orders *o, enum err e)
{
	return e == ERR_OK ? VENUE_OK
			   : venue_say(o->v, VENUE_OTHER,
				       "an intent against its own rules");
}

static enum venue_error move(struct mm_orders *o, struct mm_intent *i,
			     enum mm_intent_status to, enum mm_reason reason)
{
	return sound(o,
		     mm_intents_move(&o->intents, i, to, reason, unix_ms(o)));
}

static enum venue_error done(struct mm_orders *o, struct mm_intent *i)
{
	enum venue_error e = move(o, i, MM_ACKED, MM_FOR_OK);

	return e != VENUE_OK ? e : move(o, i, MM_DONE, MM_FOR_OK);
}

static enum venue_error failed(struct mm_orders *o, struct mm_intent *i,
			       enum venue_error why)
{
	return move(o, i, MM_FAILED, (enum mm_reason)why);
}

/* The venue has the order of a create. */
static enum venue_error placed(struct mm_orders *o, struct mm_intent *i,
			       uint64_t id, struct dec mid)
{
	know(o, id, mid, i->layer);
	o->ledger->orders_placed++;
	return done(o, i);
}

/* Did the venue surely not do what it was asked to? */
static bool surely_not(enum venue_error e)
{
	return e == VENUE_RATE_LIMITED || e == VENUE_INVALID ||
	       e == VENUE_FUNDS || e == VENUE_NO_ORDER;
}

static bool unanswered(enum venue_error e)
{
	return e != VENUE_OK && !surely_not(e);
}

static int64_t pause_before(int retry)
{
	return (int64_t)BACKOFF_MS << retry;
}

/* Is try `retry` worth it? A venue that wants to be left alone for longer is
 * not asked again: it bans who does. */
static bool worth_a_retry(const struct mm_orders *o, enum venue_error e,
			  int retry)
{
	return retry < RETRIES &&
	       (e == VENUE_NETWORK ||
		(e == VENUE_RATE_LIMITED &&
		 o->v->retry_after_ms <= pause_before(retry)));
}

/* ---- looking ---- */

/* The intent whose outcome is not known, or NULL. */
static struct mm_intent *doubtful(struct mm_orders *o)
{
	struct mm_intent *i = mm_intents_head(&o->intents);

	return i != NULL && i->type != MM_STOP && i->status == MM_SENT ? i
								       : NULL;
}

/* Asks for the order that a create in doubt may have placed. */
static enum venue_error clear_up_create(struct mm_orders *o)
{
	struct mm_intent *i = doubtful(o);
	uint64_t id = 0;
	enum venue_error e;

	if (i == NULL || !o->doubt_create)
		return VENUE_OK;
	e = venue_find(o->v, i->client_id, &id);
	if (e == VENUE_OK)
		return placed(o, i, id, o->doubt_mid);
	return e == VENUE_NO_ORDER ? failed(o, i, o->doubt) : e;
}

/* After a look: a cancel in doubt was done when its order is gone. A replace
 * has not come to its create then, and leaves that to the next plan. A create
 * that the venue would not tell about may be seen; if not, it stays in doubt.
 */
static enum venue_error clear_up_seen(struct mm_orders *o)
{
	struct mm_intent *i = doubtful(o);
	const struct venue_order *seen = NULL;

	if (i == NULL)
		return VENUE_OK;
	for (size_t k = 0; k < o->nopen; k++)
		if (strcmp(o->open[k].client_id, i->client_id) == 0)
			seen = &o->open[k];
	if (o->doubt_create)
		return seen != NULL ? placed(o, i, seen->id, o->doubt_mid)
				    : VENUE_OK;
	return seen == NULL && i->type == MM_CANCEL ? done(o, i)
						    : failed(o, i, o->doubt);
}

/* What is open; at the job's end even while a create is in doubt, as the others
 * are to be taken back all the same. */
static enum venue_error list_open(struct mm_orders *o)
{
	enum venue_error e = clear_up_create(o);

	if (e == VENUE_OK || o->stop != NULL)
		e = venue_open_orders(o->v, o->open, &o->nopen);
	return e == VENUE_OK ? clear_up_seen(o) : e;
}

enum venue_error mm_orders_look(struct mm_orders *o)
{
	bool had = o->both;
	enum venue_error e;
	int64_t now;

	o->both = false; /* what cannot be seen does not count */
	e = list_open(o);
	if (e != VENUE_OK)
		return e;
	o->nours = mm_orders_open(o, VENUE_BUY) + mm_orders_open(o, VENUE_SELL);
	for (size_t i = 0; i < o->nopen; i++)
		if (ours(o, &o->open[i]))
			know(o, o->open[i].id, o->ledger->mid, 0);
	now = mono_ms();
	o->both = mm_orders_open(o, VENUE_BUY) > 0 &&
		  mm_orders_open(o, VENUE_SELL) > 0;
	if (had && o->both)
		o->ledger->quoting_both_ms += now - o->looked_ms;
	o->looked_ms = now;
	return VENUE_OK;
}

/* ---- requests ---- */

/* One create; as long as the order may be there, the venue is asked before it
 * is sent again. *sent: whether one of the requests may have been acted on; one
 * that comes late makes the venue refuse the next as its duplicate. */
static enum venue_error place(struct mm_orders *o, const struct mm_intent *i,
			      uint64_t *id, bool *sent)
{
	enum venue_error e =
		venue_place(o->v, i->side, i->price, i->qty, i->client_id, id);
	unsigned lost = unanswered(e); /* requests that may still arrive */

	*sent = !surely_not(e);
	for (int n = 0; worth_a_retry(o, e, n); n++) {
		if (!mm_pause(o->v->j, mono_ms() + pause_before(n)))
			break;
		e = *sent ? venue_find(o->v, i->client_id, id) : VENUE_NO_ORDER;
		lost -= *sent && e == VENUE_OK;
		if (e != VENUE_NO_ORDER)
			continue;
		e = venue_place(o->v, i->side, i->price, i->qty, i->client_id,
				id);
		lost += unanswered(e);
		*sent |= !surely_not(e);
	}
	if (lost > 0)
		o->late_ms = mono_ms() + VENUE_LATE_MS;
	return e;
}

/* VENUE_OK, too, when the order was filled meanwhile: it is gone. *sent:
 * whether one of the requests may have been acted on. */
static enum venue_error cancel(struct mm_orders *o, const char *client_id,
			       bool *sent)
{
	enum venue_error e = venue_cancel(o->v, client_id);

	o->both = false;
	*sent = !surely_not(e);
	for (int n = 0; worth_a_retry(o, e, n); n++) {
		if (!mm_pause(o->v->j, mono_ms() + pause_before(n)))
			return e;
		e = venue_cancel(o->v, client_id);
		*sent |= !surely_not(e);
	}
	if (e != VENUE_OK && e != VENUE_NO_ORDER)
		return e;
	o->ledger->orders_cancelled += e == VENUE_OK;
	o->nours -= o->nours > 0;
	return VENUE_OK;
}

/* ---- carrying out ---- */

static enum venue_error cancel_part(struct mm_orders *o, struct mm_intent *i,
				    const char *client_id)
{
	bool sent;
	enum venue_error e = cancel(o, client_id, &sent), own;

	if (e == VENUE_OK)
		return e;
	if (sent) {
		o->doubt = e;
		o->doubt_create = false;
		return e;
	}
	own = failed(o, i, e);
	return own != VENUE_OK ? own : e;
}

static enum venue_error create_part(struct mm_orders *o, struct mm_intent *i)
{
	struct dec mid = o->ledger->mid;
	uint64_t id = 0;
	bool sent;
	enum venue_error e = place(o, i, &id, &sent), own;

	if (e == VENUE_OK) {
		o->nours++;
		return placed(o, i, id, mid);
	}
	if (sent) {
		o->doubt = e;
		o->doubt_create = true;
		o->doubt_mid = mid;
		return e;
	}
	own = failed(o, i, e);
	return own != VENUE_OK || e != VENUE_RATE_LIMITED ? own : e;
}

static enum venue_error carry_out(struct mm_orders *o, struct mm_intent *i)
{
	enum venue_error e;

	if (i->type == MM_CREATE && o->nours >= MM_OPEN_MAX)
		return move(o, i, MM_DONE, MM_FOR_MAX_OPEN);
	e = move(o, i, MM_SENT, MM_FOR_OK);
	if (e == VENUE_OK && i->type == MM_CANCEL) {
		e = cancel_part(o, i, i->client_id);
		return e != VENUE_OK ? e : done(o, i);
	}
	if (e == VENUE_OK && i->type == MM_REPLACE)
		e = cancel_part(o, i, i->old_id);
	return e != VENUE_OK ? e : create_part(o, i);
}

/* FIFO, until all are finished, one cannot be, or the job is to stop. */
static enum venue_error carry_out_all(struct mm_orders *o)
{
	struct mm_intent *i;
	enum venue_error e = VENUE_OK, own;

	while (e == VENUE_OK && !o->v->j->stop &&
	       (i = mm_intents_head(&o->intents)) != NULL)
		e = carry_out(o, i);
	own = sound(o, mm_intents_drop(&o->intents, unix_ms(o)));
	return e != VENUE_OK ? e : own;
}

enum venue_error mm_orders_refresh(struct mm_orders *o,
				   const struct mm_quote *wishes, size_t n,
				   bool hanging)
{
	struct mm_standing open[VENUE_OPEN_MAX];
	size_t nopen = 0;
	enum venue_error own;
	enum err e;

	for (size_t i = 0; !hanging && i < o->nopen; i++) {
		const struct mm_known *k = known(o, o->open[i].id);

		if (ours(o, &o->open[i]))
			open[nopen++] = (struct mm_standing){
				&o->open[i], k != NULL ? k->layer : 0
			};
	}
	e = mm_plan(&o->intents, unix_ms(o), open, nopen, wishes, n);
	if (e == ERR_OK)
		return carry_out_all(o);
	/* half a plan must not wait for the next one's turn */
	own = sound(o, mm_intents_drop(&o->intents, unix_ms(o)));
	if (own != VENUE_OK || e != ERR_DUPLICATE)
		return own != VENUE_OK ? own : sound(o, e);
	return venue_say(o->v, VENUE_OTHER, "two open orders of one name");
}

/* ---- the end ---- */

enum venue_error mm_orders_stop(struct mm_orders *o)
{
	return sound(o, mm_plan_stop(&o->intents, unix_ms(o), &o->stop));
}

/* Another go does not send it again. */
static enum venue_error stop_moves(struct mm_orders *o,
				   enum mm_intent_status from,
				   enum mm_intent_status to)
{
	return o->stop != NULL && o->stop->status == from
		       ? move(o, o->stop, to, MM_FOR_OK)
		       : VENUE_OK;
}

/* Worth asking about something else? */
static bool answers(enum venue_error e)
{
	return e != VENUE_NETWORK && e != VENUE_RATE_LIMITED &&
	       e != VENUE_AGENT;
}

/* An order that the venue will not cancel does not keep the others open. */
enum venue_error mm_orders_take_back(struct mm_orders *o)
{
	enum venue_error e = stop_moves(o, MM_NEW, MM_SENT), first = e;
	bool sent;

	for (size_t i = 0; answers(e) && i < o->nopen; i++) {
		if (!ours(o, &o->open[i]))
			continue;
		e = cancel(o, o->open[i].client_id, &sent);
		if (first == VENUE_OK)
			first = e;
	}
	return first != VENUE_OK ? first : stop_moves(o, MM_SENT, MM_ACKED);
}

enum venue_error mm_orders_stopped(struct mm_orders *o, enum venue_error e)
{
	if (e == VENUE_OK || o->stop == NULL)
		return stop_moves(o, MM_ACKED, MM_DONE);
	return failed(o, o->stop, e);
}

bool mm_orders_settled(struct mm_orders *o)
{
	return doubtful(o) == NULL && o->looked_ms >= o->late_ms;
}
