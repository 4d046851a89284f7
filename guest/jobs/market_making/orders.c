#include "jobs/market_making/orders.h"

#include <stdio.h>
#include <string.h>

#include "lib/sock.h"
#include "lib/text.h"

enum {
	RETRIES = 2, /* after the first try; 250 ms, then 500 ms */
	BACKOFF_MS = 250
};

void mm_orders_init(struct mm_orders *o, struct venue *v, struct mm_ledger *l,
		    const char *job_id)
{
	uint8_t h[SHA256_LEN];
	char hex[2 * SHA256_LEN + 1];

	memset(o, 0, sizeof(*o));
	o->v = v;
	o->ledger = l;
	sha256(str_slice(job_id), h);
	hex_encode((struct slice){ h, sizeof(h) }, hex);
	snprintf(o->prefix, sizeof(o->prefix), "ee%.8s", hex);
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

static bool ours(const struct mm_orders *o, const struct venue_order *x)
{
	return strncmp(x->client_id, o->prefix, MM_PREFIX_LEN) == 0;
}

size_t mm_orders_open(const struct mm_orders *o, enum venue_side side)
{
	size_t n = 0;

	for (size_t i = 0; i < o->nopen; i++)
		n += ours(o, &o->open[i]) && o->open[i].side == side;
	return n;
}

/* ---- known orders ---- */

const struct dec *mm_orders_mid(const struct mm_orders *o, uint64_t order_id)
{
	for (size_t i = o->nknown; i > 0; i--)
		if (o->known[i - 1].id == order_id)
			return &o->known[i - 1].mid;
	return NULL;
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

static void know(struct mm_orders *o, uint64_t id, struct dec mid)
{
	if (mm_orders_mid(o, id) != NULL)
		return;
	if (o->nknown == MM_KNOWN_MAX)
		forget_one(o);
	o->known[o->nknown].id = id;
	o->known[o->nknown++].mid = mid;
}

/* ---- looking ---- */

static enum venue_error clear_up(struct mm_orders *o)
{
	uint64_t id = 0;
	enum venue_error e;

	if (o->doubtful[0] == '\0')
		return VENUE_OK;
	e = venue_find(o->v, o->doubtful, &id);
	if (e != VENUE_OK && e != VENUE_NO_ORDER)
		return e;
	if (e == VENUE_OK) {
		know(o, id, o->doubtful_mid);
		o->ledger->orders_placed++;
	} else {
		o->ledger->intents_failed++;
	}
	o->doubtful[0] = '\0';
	return VENUE_OK;
}

enum venue_error mm_orders_look(struct mm_orders *o)
{
	bool had = o->both;
	enum venue_error e = clear_up(o);
	int64_t now;

	o->both = false; /* what cannot be seen does not count */
	if (e == VENUE_OK)
		e = venue_open_orders(o->v, o->open, &o->nopen);
	if (e != VENUE_OK)
		return e;
	for (size_t i = 0; i < o->nopen; i++)
		if (ours(o, &o->open[i]))
			know(o, o->open[i].id, o->ledger->mid);
	now = mono_ms();
	o->both = mm_orders_open(o, VENUE_BUY) > 0 &&
		  mm_orders_open(o, VENUE_SELL) > 0;
	if (had && o->both)
		o->ledger->quoting_both_ms += now - o->looked_ms;
	o->looked_ms = now;
	return VENUE_OK;
}

/* ---- creating ---- */

/* Did the venue surely not take the order? */
static bool surely_not(enum venue_error e)
{
	return e == VENUE_RATE_LIMITED || e == VENUE_INVALID ||
	       e == VENUE_FUNDS || e == VENUE_NO_ORDER;
}

static bool worth_a_retry(enum venue_error e)
{
	return e == VENUE_NETWORK || e == VENUE_RATE_LIMITED;
}

/* One create; as long as the order may be there, the venue is asked before it
 * is sent again. */
static enum venue_error place(struct mm_orders *o, const struct mm_quote *q,
			      const char *client_id, uint64_t *id)
{
	enum venue_error e =
		venue_place(o->v, q->side, q->price, q->qty, client_id, id);
	bool sent = !surely_not(e);

	for (int i = 0; i < RETRIES && worth_a_retry(e); i++) {
		if (!mm_pause(o->v->j, mono_ms() + (BACKOFF_MS << i)))
			break;
		e = sent ? venue_find(o->v, client_id, id) : VENUE_NO_ORDER;
		if (e != VENUE_NO_ORDER)
			continue;
		e = venue_place(o->v, q->side, q->price, q->qty, client_id, id);
		sent = !surely_not(e);
	}
	if (e != VENUE_OK && sent)
		snprintf(o->doubtful, sizeof(o->doubtful), "%s", client_id);
	return e;
}

enum venue_error mm_orders_create(struct mm_orders *o, const struct mm_quote *q)
{
	char client_id[VENUE_ID_LEN + 1];
	uint64_t id = 0;
	enum venue_error e;

	snprintf(client_id, sizeof(client_id), "%s-%llu", o->prefix,
		 (unsigned long long)++o->seq);
	o->doubtful_mid = o->ledger->mid;
	e = place(o, q, client_id, &id);
	if (e == VENUE_OK) {
		know(o, id, o->ledger->mid);
		o->ledger->orders_placed++;
		return VENUE_OK;
	}
	if (o->doubtful[0] != '\0')
		return e;
	o->ledger->intents_failed++;
	return e == VENUE_RATE_LIMITED ? e : VENUE_OK;
}

/* ---- cancelling ---- */

static enum venue_error take_back(struct mm_orders *o, const char *client_id)
{
	enum venue_error e = venue_cancel(o->v, client_id);

	for (int i = 0; i < RETRIES && worth_a_retry(e); i++) {
		if (!mm_pause(o->v->j, mono_ms() + (BACKOFF_MS << i)))
			return e;
		e = venue_cancel(o->v, client_id);
	}
	return e;
}

enum venue_error mm_orders_cancel(struct mm_orders *o)
{
	for (size_t i = 0; i < o->nopen; i++) {
		enum venue_error e;

		if (!ours(o, &o->open[i]))
			continue;
		o->both = false;
		e = take_back(o, o->open[i].client_id);
		if (e != VENUE_OK && e != VENUE_NO_ORDER)
			return e;
		/* NO_ORDER: it was filled meanwhile */
		o->ledger->orders_cancelled += e == VENUE_OK;
	}
	return VENUE_OK;
}
