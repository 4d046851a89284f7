#include "jobs/market_making/intent.h"

#include <string.h>

#include "lib/text.h"

static const char *const type_names[] = {
#define X(name, text) text,
	MM_INTENT_TYPE_LIST(X)
#undef X
};

static const char *const status_names[] = {
#define X(name) #name,
	MM_INTENT_STATUS_LIST(X)
#undef X
};

static const char *reason_name(enum mm_reason r)
{
	if (r == MM_FOR_MAX_OPEN)
		return "MAX_OPEN_ORDERS_REACHED";
	if (r == MM_FOR_NOT_SENT)
		return "NOT_SENT";
	return venue_error_name((enum venue_error)r);
}

/* ---- one intent ---- */

/* A reason that stands for a venue's error. */
static bool is_error(enum mm_reason r)
{
	return r > MM_FOR_OK && r < MM_FOR_MAX_OPEN;
}

static bool is_final(enum mm_intent_status s)
{
	return s == MM_DONE || s == MM_FAILED;
}

enum err mm_intent_move(struct mm_intent *i, enum mm_intent_status to,
			enum mm_reason reason, int64_t now_ms)
{
	enum {
		ACKED = 1 << MM_ACKED,
		DONE = 1 << MM_DONE,
		FAILED = 1 << MM_FAILED,
		SENT = 1 << MM_SENT
	};
	static const unsigned legal[MM_STATUSES] = {
		[MM_NEW] = SENT | DONE | FAILED,
		[MM_SENT] = ACKED | FAILED,
		[MM_ACKED] = DONE | FAILED,
	};
	bool unsent = i->status == MM_NEW && to == MM_DONE;
	bool right = reason == MM_FOR_OK;

	if ((legal[i->status] & 1U << to) == 0)
		return ERR_STATE;
	if (to == MM_FAILED)
		right = is_error(reason);
	else if (unsent)
		right = reason >= MM_FOR_MAX_OPEN && reason < MM_REASONS;
	if (!right)
		return ERR_VALUE;
	i->status = to;
	i->reason = reason;
	if (now_ms > i->updated_ms)
		i->updated_ms = now_ms;
	return ERR_OK;
}

static void wr_suffix(struct wr *w, const struct mm_intent *i)
{
	switch (i->type) {
	case MM_CREATE:
	case MM_REPLACE:
		wr_fmt(w, "mm-layer-%lld-%s", (long long)i->layer,
		       i->side == VENUE_BUY ? "buy" : "sell");
		break;
	case MM_CANCEL:
		wr_fmt(w, "mm-cancel-%s", i->client_id);
		break;
	case MM_STOP:
	case MM_TYPES:
		wr_str(w, "stop");
		break;
	}
}

void mm_intent_id(const struct mm_intents *q, const struct mm_intent *i,
		  char out[static MM_INTENT_ID_LEN + 1])
{
	struct wr w = wr_over(out, MM_INTENT_ID_LEN + 1);

	wr_fmt(&w, "%s:%lld:", q->key, (long long)i->created_ms);
	wr_suffix(&w, i);
	wr_u8(&w, 0);
}

static void jw_kdec(struct jw *j, const char *key, struct dec v)
{
	char text[DEC_TEXT_LEN];

	dec_format(v, text);
	jw_kstr(j, key, text);
}

static void jw_kopt(struct jw *j, const char *key, const char *s)
{
	jw_key(j, key);
	if (s[0] != '\0')
		jw_str(j, s);
	else
		jw_null(j);
}

static void write_numbers(struct jw *j, const struct mm_intent *i)
{
	if (i->type == MM_STOP) {
		jw_kopt(j, "price", "");
		jw_kopt(j, "qty", "");
		return;
	}
	jw_kdec(j, "price", i->price);
	jw_kdec(j, "qty", i->qty);
}

static void write_intent(const struct mm_intents *q, const struct mm_intent *i,
			 struct jw *j)
{
	const char *side = i->side == VENUE_BUY ? "buy" : "sell";
	char id[MM_INTENT_ID_LEN + 1], trace[MM_INTENT_ID_LEN];
	struct wr w = wr_over(trace, sizeof(trace));

	mm_intent_id(q, i, id);
	wr_fmt(&w, "mm:%s:%lld", q->key, (long long)i->created_ms);
	wr_u8(&w, 0);
	jw_open(j, '{');
	jw_kopt(j, "client_order_id", i->client_id);
	jw_ki64(j, "created_ms", i->created_ms);
	jw_kstr(j, "intent_id", id);
	write_numbers(j, i);
	jw_kopt(j, "reason", reason_name(i->reason));
	jw_kopt(j, "replaces", i->old_id);
	jw_kopt(j, "side", i->type == MM_STOP ? "" : side);
	jw_kstr(j, "status", status_names[i->status]);
	jw_kstr(j, "trace_id", trace);
	jw_kstr(j, "type", type_names[i->type]);
	jw_ki64(j, "updated_ms", i->updated_ms);
	jw_close(j);
}

/* ---- all of a job ---- */

void mm_intents_init(struct mm_intents *q, const char *campaign_id,
		     const char *job_id, const char *job_type)
{
	struct wr w = wr_over(q->key, sizeof(q->key));
	uint8_t h[SHA256_LEN];

	memset(q, 0, sizeof(*q));
	wr_fmt(&w, "%s-%s-%s", campaign_id, job_id, job_type);
	wr_u8(&w, 0);
	sha256(str_slice(job_id), h);
	memcpy(q->prefix, "ee", 2);
	hex_encode((struct slice){ h, (MM_PREFIX_LEN - 2) / 2 }, q->prefix + 2);
	br_sha384_init(&q->finished);
	br_sha384_update(&q->finished, "[", 1);
}

bool mm_intents_ours(const struct mm_intents *q, const char *client_id)
{
	uint64_t number;

	return strncmp(client_id, q->prefix, MM_PREFIX_LEN) == 0 &&
	       client_id[MM_PREFIX_LEN] == '-' &&
	       u64_parse(str_slice(client_id + MM_PREFIX_LEN + 1), UINT64_MAX,
			 &number) == ERR_OK;
}

void mm_intents_plan(struct mm_intents *q, int64_t now_ms)
{
	size_t kept = 0;

	for (size_t k = 0; k < q->n; k++)
		if (!is_final(q->queue[k].status))
			q->queue[kept++] = q->queue[k];
	q->n = kept;
	q->ts = now_ms > q->ts ? now_ms : q->ts + 1;
}

/* Ids of other plans have another ts. */
static bool planned(const struct mm_intents *q, const struct mm_intent *i)
{
	char id[MM_INTENT_ID_LEN + 1], other[MM_INTENT_ID_LEN + 1];

	mm_intent_id(q, i, id);
	for (size_t k = 0; k < q->n; k++) {
		mm_intent_id(q, &q->queue[k], other);
		if (strcmp(id, other) == 0)
			return true;
	}
	return false;
}

enum err mm_intents_add(struct mm_intents *q, const struct mm_intent *wanted)
{
	struct mm_intent i = *wanted;
	struct wr w = wr_over(i.client_id, sizeof(i.client_id));

	i.status = MM_NEW;
	i.reason = MM_FOR_OK;
	i.created_ms = i.updated_ms = q->ts;
	if (planned(q, &i))
		return ERR_DUPLICATE;
	if (q->n == MM_QUEUE_MAX)
		return ERR_SPACE;
	if (i.type == MM_CREATE || i.type == MM_REPLACE) {
		wr_fmt(&w, "%s-%llu", q->prefix, (unsigned long long)++q->seq);
		wr_u8(&w, 0);
	}
	q->queue[q->n++] = i;
	q->types[i.type]++;
	q->statuses[MM_NEW]++;
	return ERR_OK;
}

struct mm_intent *mm_intents_head(struct mm_intents *q)
{
	for (size_t k = 0; k < q->n; k++)
		if (!is_final(q->queue[k].status))
			return &q->queue[k];
	return NULL;
}

static enum err add_finished(struct mm_intents *q, const struct mm_intent *i)
{
	char text[2 * MM_INTENT_ID_LEN + 512];
	struct wr w = wr_over(text, sizeof(text));
	struct jw j;
	enum err e;

	jw_init(&j, &w);
	write_intent(q, i, &j);
	e = jw_end(&j);
	if (e != ERR_OK)
		return e;
	if (q->statuses[MM_DONE] + q->statuses[MM_FAILED] > 0)
		br_sha384_update(&q->finished, ",", 1);
	br_sha384_update(&q->finished, w.buf, w.len);
	return ERR_OK;
}

static void keep_failed(struct mm_intents *q, const struct mm_intent *i)
{
	if (q->nfailed == MM_FAILED_KEPT)
		memmove(&q->failed[0], &q->failed[1],
			--q->nfailed * sizeof(q->failed[0]));
	mm_intent_id(q, i, q->failed[q->nfailed].id);
	q->failed[q->nfailed++].reason = i->reason;
}

enum err mm_intents_move(struct mm_intents *q, struct mm_intent *i,
			 enum mm_intent_status to, enum mm_reason reason,
			 int64_t now_ms)
{
	struct mm_intent next = *i;
	enum err e = mm_intent_move(&next, to, reason, now_ms);

	if (e == ERR_OK && is_final(to))
		e = add_finished(q, &next);
	if (e != ERR_OK)
		return e;
	q->statuses[i->status]--;
	q->statuses[to]++;
	q->reasons[reason]++;
	if (to == MM_FAILED)
		keep_failed(q, &next);
	*i = next;
	return ERR_OK;
}

enum err mm_intents_drop(struct mm_intents *q, int64_t now_ms)
{
	enum err e = ERR_OK;

	for (size_t k = 0; e == ERR_OK && k < q->n; k++)
		if (q->queue[k].status == MM_NEW)
			e = mm_intents_move(q, &q->queue[k], MM_DONE,
					    MM_FOR_NOT_SENT, now_ms);
	return e;
}

/* ---- the report ---- */

void mm_intents_sha384(const struct mm_intents *q,
		       uint8_t out[static SHA384_LEN])
{
	br_sha384_context c = q->finished;

	br_sha384_update(&c, "]", 1);
	br_sha384_out(&c, out);
}

static void write_counts(struct jw *j, const char *key,
			 const char *const *names, const uint64_t *counts,
			 size_t n)
{
	jw_key(j, key);
	jw_open(j, '{');
	for (size_t k = 0; k < n; k++)
		jw_ki64(j, names[k], (int64_t)counts[k]);
	jw_close(j);
}

static void write_reasons(const struct mm_intents *q, struct jw *j,
			  const char *key, bool errors)
{
	jw_key(j, key);
	jw_open(j, '{');
	for (enum mm_reason r = MM_FOR_OK + 1; r < MM_REASONS; r++)
		if (is_error(r) == errors && q->reasons[r] > 0)
			jw_ki64(j, reason_name(r), (int64_t)q->reasons[r]);
	jw_close(j);
}

void mm_intents_write(const struct mm_intents *q, struct jw *j)
{
	uint8_t h[SHA384_LEN];

	mm_intents_sha384(q, h);
	jw_open(j, '{');
	write_reasons(q, j, "failures", true);
	jw_khex(j, "intents_sha384", (struct slice){ h, sizeof(h) });
	jw_key(j, "last_failed");
	jw_open(j, '[');
	for (size_t k = 0; k < q->nfailed; k++) {
		jw_open(j, '{');
		jw_kstr(j, "intent_id", q->failed[k].id);
		jw_kstr(j, "reason", reason_name(q->failed[k].reason));
		jw_close(j);
	}
	jw_close(j);
	write_reasons(q, j, "skipped", false);
	write_counts(j, "states", status_names, q->statuses, MM_STATUSES);
	write_counts(j, "types", type_names, q->types, MM_TYPES);
	jw_close(j);
}
