#include <cJSON.h>
#include <inttypes.h>
#include <string.h>

#include "lib/json.h"
#include "lib/json_scan.h"
#include "lib/text.h"

/* 2^53 - 1: the integers that every JSON reader keeps exact (RFC 7493 2.2). */
static const int64_t max_int = 9007199254740991;

/* RFC 8785 3.2.2.2: two-character escapes where there are any, \u00xx for the
 * other control characters, everything else as it is. */
static void write_control(struct wr *w, uint8_t c)
{
	static const char from[] = "\b\t\n\f\r\"\\", to[] = "btnfr\"\\";
	const char *at = strchr(from, c);

	wr_u8(w, '\\');
	if (at != NULL) {
		wr_u8(w, (uint8_t)to[at - from]);
		return;
	}
	wr_str(w, "u00");
	wr_hex(w, (struct slice){ &c, 1 });
}

static void write_string(struct wr *w, struct slice s)
{
	const uint8_t *p = s.ptr, *end = s.len > 0 ? s.ptr + s.len : s.ptr;

	wr_u8(w, '"');
	while (p != end) {
		size_t n = utf8_len(p, end);

		if (n == 0 || *p == 0) {
			wr_fail(w, ERR_VALUE);
			return;
		}
		if (*p < 0x20 || *p == '"' || *p == '\\')
			write_control(w, *p);
		else
			wr_bytes(w, (struct slice){ p, n });
		p += n;
	}
	wr_u8(w, '"');
}

static void write_int(struct wr *w, int64_t v)
{
	if (v < -max_int || v > max_int)
		wr_fail(w, ERR_VALUE);
	else
		wr_fmt(w, "%" PRId64, v);
}

/* ---- a parsed value, written canonically ---- */

static void write_scalar(struct wr *w, struct json v)
{
	struct slice s;
	int64_t n;

	switch (v.node->type & 0xff) {
	case cJSON_NULL:
		wr_str(w, "null");
		return;
	case cJSON_True:
		wr_str(w, "true");
		return;
	case cJSON_False:
		wr_str(w, "false");
		return;
	case cJSON_Number:
		if (json_as_int(v, -max_int, max_int, &n) == ERR_OK)
			write_int(w, n);
		else
			wr_fail(w, ERR_VALUE);
		return;
	default:
		if (json_as_str(v, &s) == ERR_OK)
			write_string(w, s);
		else
			wr_fail(w, ERR_VALUE);
	}
}

/* The opening of a container, or all of another value. */
static void write_head(struct wr *w, struct json v, bool in_object)
{
	if (in_object) {
		write_string(w, str_slice(json_key(v)));
		wr_u8(w, ':');
	}
	if (json_is_object(v))
		wr_u8(w, '{');
	else if (json_is_array(v))
		wr_u8(w, '[');
	else
		write_scalar(w, v);
}

void json_write(struct wr *w, struct json v)
{
	struct json up[LIMIT_JSON_DEPTH];
	size_t depth = 0;

	if (v.node == NULL) {
		wr_fail(w, ERR_VALUE);
		return;
	}
	write_head(w, v, false);
	for (;;) {
		struct json next = json_first(v);

		if ((json_is_object(v) || json_is_array(v)) &&
		    depth < LIMIT_JSON_DEPTH) {
			up[depth++] = v;
		} else {
			next = depth > 0 ? json_next(v) : (struct json){ NULL };
			if (next.node != NULL)
				wr_u8(w, ',');
		}
		while (next.node == NULL && depth > 0) {
			v = up[--depth];
			wr_u8(w, json_is_object(v) ? '}' : ']');
			if (depth > 0)
				next = json_next(v);
			if (next.node != NULL)
				wr_u8(w, ',');
		}
		if (next.node == NULL)
			return;
		v = next;
		write_head(w, v, json_is_object(up[depth - 1]));
	}
}

/* ---- the canonical writer ---- */

void jw_init(struct jw *j, struct wr *w)
{
	memset(j, 0, sizeof *j);
	j->w = w;
}

/* What stands before a value: a comma in an array, nothing after a key. At the
 * top there is one value and no more. */
static void before_value(struct jw *j)
{
	if (j->at[j->depth].kind == '{') {
		if (!j->after_key)
			wr_fail(j->w, ERR_STATE);
		j->after_key = false;
		return;
	}
	if (j->at[j->depth].any) {
		if (j->depth == 0)
			wr_fail(j->w, ERR_STATE);
		wr_u8(j->w, ',');
	}
	j->at[j->depth].any = true;
}

void jw_open(struct jw *j, char kind)
{
	before_value(j);
	if (j->depth == LIMIT_JSON_DEPTH || (kind != '{' && kind != '[')) {
		wr_fail(j->w, ERR_STATE);
		return;
	}
	wr_u8(j->w, (uint8_t)kind);
	j->depth++;
	j->at[j->depth].kind = kind;
	j->at[j->depth].any = false;
	j->at[j->depth].last[0] = '\0';
}

void jw_close(struct jw *j)
{
	if (j->depth == 0 || j->after_key) {
		wr_fail(j->w, ERR_STATE);
		return;
	}
	wr_u8(j->w, j->at[j->depth].kind == '{' ? '}' : ']');
	j->depth--;
}

void jw_key(struct jw *j, const char *key)
{
	size_t n = strlen(key);

	if (j->at[j->depth].kind != '{' || j->after_key ||
	    n >= sizeof j->at[0].last ||
	    (j->at[j->depth].any && strcmp(key, j->at[j->depth].last) <= 0)) {
		wr_fail(j->w, ERR_STATE);
		return;
	}
	if (j->at[j->depth].any)
		wr_u8(j->w, ',');
	j->at[j->depth].any = true;
	memcpy(j->at[j->depth].last, key, n + 1);
	write_string(j->w, str_slice(key));
	wr_u8(j->w, ':');
	j->after_key = true;
}

void jw_slice(struct jw *j, struct slice utf8)
{
	before_value(j);
	write_string(j->w, utf8);
}

void jw_str(struct jw *j, const char *s)
{
	jw_slice(j, str_slice(s));
}

void jw_i64(struct jw *j, int64_t v)
{
	before_value(j);
	write_int(j->w, v);
}

void jw_bool(struct jw *j, bool v)
{
	before_value(j);
	wr_str(j->w, v ? "true" : "false");
}

void jw_null(struct jw *j)
{
	before_value(j);
	wr_str(j->w, "null");
}

void jw_hex(struct jw *j, struct slice bytes)
{
	before_value(j);
	wr_u8(j->w, '"');
	wr_hex(j->w, bytes);
	wr_u8(j->w, '"');
}

void jw_b64(struct jw *j, struct slice bytes)
{
	before_value(j);
	wr_u8(j->w, '"');
	wr_b64(j->w, bytes);
	wr_u8(j->w, '"');
}

void jw_raw(struct jw *j, struct slice json)
{
	before_value(j);
	if (json.len == 0)
		wr_fail(j->w, ERR_STATE);
	wr_bytes(j->w, json);
}

void jw_kstr(struct jw *j, const char *key, const char *s)
{
	jw_key(j, key);
	jw_str(j, s);
}

void jw_kslice(struct jw *j, const char *key, struct slice s)
{
	jw_key(j, key);
	jw_slice(j, s);
}

void jw_ki64(struct jw *j, const char *key, int64_t v)
{
	jw_key(j, key);
	jw_i64(j, v);
}

void jw_kbool(struct jw *j, const char *key, bool v)
{
	jw_key(j, key);
	jw_bool(j, v);
}

void jw_khex(struct jw *j, const char *key, struct slice bytes)
{
	jw_key(j, key);
	jw_hex(j, bytes);
}

void jw_kb64(struct jw *j, const char *key, struct slice bytes)
{
	jw_key(j, key);
	jw_b64(j, bytes);
}

enum err jw_end(const struct jw *j)
{
	if (j->w->err != ERR_OK)
		return j->w->err;
	return j->depth == 0 && j->at[0].any ? ERR_OK : ERR_STATE;
}
