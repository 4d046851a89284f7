/* eventlog_dstack.c - dstack's event log: a JSON array of objects with imr,
 * event_type, digest, event and event_payload, the latter three as text, and
 * version when it is 2. To save space dstack leaves out what a verifier can do
 * without: the digest of an event at run time, which follows from the rest, and
 * the payload of any other. Source: dstack, cc-eventlog, src/tdx.rs and
 * src/runtime_events.rs. */
#include <bearssl.h>
#include <stdio.h>
#include <string.h>

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

/* ---- the digest of an event at run time */

static void hash_str(br_sha384_context *c, const char *s)
{
	br_sha384_update(c, s, strlen(s));
}

/* A string as RFC 8785 writes it. The text is UTF-8, as its row is. */
static void hash_json_text(br_sha384_context *c, struct slice text)
{
	static const char *const escapes[] = {
		['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n",  ['\f'] = "\\f",
		['\r'] = "\\r", ['"'] = "\\\"", ['\\'] = "\\\\",
	};

	for (size_t i = 0; i < text.len; i++) {
		uint8_t b = text.ptr[i];
		char code[8];

		if (b < sizeof escapes / sizeof escapes[0] &&
		    escapes[b] != NULL) {
			hash_str(c, escapes[b]);
		} else if (b < 0x20) {
			snprintf(code, sizeof code, "\\u%04x", b);
			hash_str(c, code);
		} else {
			br_sha384_update(c, &b, 1);
		}
	}
}

/* type, little endian | ":" | name | ":" | data */
static void hash_version1(br_sha384_context *c, const struct log_event *ev)
{
	uint8_t head[5];
	struct wr w = wr_over(head, sizeof head);

	wr_u32le(&w, ev->type);
	wr_str(&w, ":");
	br_sha384_update(c, head, w.len);
	br_sha384_update(c, ev->name.ptr, ev->name.len);
	hash_str(c, ":");
	br_sha384_update(c, ev->data.ptr, ev->data.len);
}

static void hash_version2(br_sha384_context *c, const struct log_event *ev)
{
	char text[64];

	hash_str(c, "{\"event\":\"");
	hash_json_text(c, ev->name);
	snprintf(text, sizeof text, "\",\"event_type\":%u,\"payload\":\"",
		 (unsigned)ev->type);
	hash_str(c, text);
	for (size_t i = 0; i < ev->data.len; i++) {
		snprintf(text, sizeof text, "%02x", ev->data.ptr[i]);
		br_sha384_update(c, text, 2);
	}
	hash_str(c, "\",\"version\":2}");
}

void log_dstack_digest(const struct log_event *ev, unsigned version,
		       uint8_t out[static SHA384_LEN])
{
	br_sha384_context c;

	br_sha384_init(&c);
	if (version == 2)
		hash_version2(&c, ev);
	else
		hash_version1(&c, ev);
	br_sha384_out(&c, out);
}

/* Sets the digest of a row that came without one. */
static enum err fill_digest(struct arena *a, struct json row,
			    struct log_event *ev, const char **why)
{
	int64_t version = 1;
	uint8_t *digest;

	if (json_has(row, "version") &&
	    json_int(row, "version", 1, 2, &version) != ERR_OK)
		return log_bad(why, ERR_VALUE, "a row's version is not 1 or 2");
	if (ev->type != LOG_EV_DSTACK_RUNTIME || ev->digest.len != 0)
		return ERR_OK;
	digest = arena_alloc(a, SHA384_LEN);
	if (digest == NULL)
		return log_bad(why, ERR_SPACE, "a row is larger than we read");
	log_dstack_digest(ev, (unsigned)version, digest);
	ev->digest = (struct slice){ digest, SHA384_LEN };
	return ERR_OK;
}

/* ---- rows */

static enum err take_row(struct arena *a, struct json row, struct log_event *ev,
			 const char **why)
{
	int64_t imr, type;
	enum err e;

	if (json_int(row, "imr", 0, RTMR_COUNT - 1, &imr) != ERR_OK)
		return log_bad(why, ERR_VALUE, "a row's imr is not 0 to 3");
	if (json_int(row, "event_type", 0, UINT32_MAX, &type) != ERR_OK)
		return log_bad(why, ERR_VALUE, "a row has no event_type");
	if (hex_member(a, row, "digest", &ev->digest) != ERR_OK)
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
	ev->stripped = ev->type != LOG_EV_DSTACK_RUNTIME && ev->data.len == 0;
	e = fill_digest(a, row, ev, why);
	if (e == ERR_OK && ev->digest.len != SHA384_LEN)
		return log_bad(why, ERR_VALUE,
			       "a row's digest is not 48 bytes in hex");
	return e;
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
