/* eventlog_dstack.c - dstack's event log: a JSON array of objects with imr,
 * event_type, digest, event and event_payload, the latter three as text. */
#include "lib/json.h"
#include "lib/json_scan.h"
#include "lib/text.h"
#include "measure/lib/eventlog_form.h"

static struct json_scan scan_rest(const struct eventlog *l)
{
	return json_scan_over((struct slice){ l->rd.p, l->rd.left });
}

static void scanned(struct eventlog *l, const struct json_scan *s)
{
	rd_take(&l->rd, (size_t)(s->p - l->rd.p));
}

enum err log_open_dstack(struct eventlog *l, const char **why)
{
	struct json_scan s = scan_rest(l);

	json_scan_space(&s);
	if (json_scan_value(&s) != ERR_OK || json_scan_space(&s))
		return log_bad(why, ERR_VALUE, "the log is not one JSON array");
	s = scan_rest(l);
	json_scan_space(&s);
	json_scan_byte(&s, '[');
	json_scan_space(&s);
	scanned(l, &s);
	return ERR_OK;
}

/* The text of the next row, and the position after it and its comma. The whole
 * was found to be an array, so the punctuation is where it belongs. */
static enum err next_row(struct eventlog *l, struct slice *row)
{
	struct json_scan s = scan_rest(l);
	const uint8_t *start = s.p;
	enum err e;

	if (json_scan_byte(&s, ']')) {
		rd_take(&l->rd, l->rd.left);
		return ERR_MISSING;
	}
	e = json_scan_value(&s);
	if (e != ERR_OK)
		return e;
	*row = (struct slice){ start, (size_t)(s.p - start) };
	json_scan_space(&s);
	if (json_scan_byte(&s, ','))
		json_scan_space(&s);
	scanned(l, &s);
	return ERR_OK;
}

/* A member in hex, decoded into the arena; an absent one is empty. */
static enum err hex_member(struct arena *a, struct json row, const char *key,
			   struct slice *out)
{
	struct slice text;
	uint8_t *bytes;
	enum err e;

	*out = (struct slice){ NULL, 0 };
	if (!json_has(row, key))
		return ERR_OK;
	e = json_str(row, key, &text);
	if (e != ERR_OK || text.len == 0)
		return e;
	bytes = arena_alloc(a, text.len / 2 + 1);
	if (bytes == NULL)
		return ERR_SPACE;
	*out = (struct slice){ bytes, text.len / 2 };
	return text.len % 2 == 0 ? hex_decode(text, bytes, text.len / 2)
				 : ERR_VALUE;
}

static enum err take_row(struct arena *a, struct json row, struct log_event *ev,
			 const char **why)
{
	int64_t imr, type;
	enum err e;

	if (json_int(row, "imr", 0, RTMR_COUNT - 1, &imr) != ERR_OK)
		return log_bad(why, ERR_VALUE, "a row's imr is not 0 to 3");
	if (json_int(row, "event_type", 0, UINT32_MAX, &type) != ERR_OK)
		return log_bad(why, ERR_VALUE, "a row has no event_type");
	if (hex_member(a, row, "digest", &ev->digest) != ERR_OK ||
	    ev->digest.len != SHA384_LEN)
		return log_bad(why, ERR_VALUE,
			       "a row's digest is not 48 bytes in hex");
	e = hex_member(a, row, "event_payload", &ev->data);
	if (e != ERR_OK)
		return log_bad(why, e, "a row's event_payload is not hex");
	if (json_has(row, "event") &&
	    json_str(row, "event", &ev->name) != ERR_OK)
		return log_bad(why, ERR_VALUE, "a row's event is not text");
	ev->number = (uint32_t)imr;
	ev->rtmr = (unsigned)imr;
	ev->type = (uint32_t)type;
	return ERR_OK;
}

enum err log_next_dstack(struct eventlog *l, struct log_event *ev,
			 const char **why)
{
	struct arena a = arena_over(l->row, sizeof l->row);
	struct slice text;
	struct json row;
	enum err e = next_row(l, &text);

	if (e == ERR_MISSING)
		return e;
	if (e == ERR_OK)
		e = json_parse(&a, text, &row);
	if (e == ERR_OK && !json_is_object(row))
		e = ERR_VALUE;
	if (e != ERR_OK)
		return log_bad(why, e,
			       e == ERR_SPACE
				       ? "a row is larger than we read"
				       : "a row is no JSON object, or a key "
					 "is there twice");
	e = take_row(&a, row, ev, why);
	if (e != ERR_OK)
		return e;
	ev->sha384 = ev->digest.ptr;
	ev->alg = LOG_ALG_SHA384;
	ev->extended = ev->type != LOG_EV_NO_ACTION;
	return ERR_OK;
}
