#include "lib/json_scan.h"

#include <string.h>

#include "lib/limit.h"

struct json_scan json_scan_over(struct slice in)
{
	if (in.len == 0)
		return (struct json_scan){ NULL, NULL };
	return (struct json_scan){ in.ptr, in.ptr + in.len };
}

bool json_scan_space(struct json_scan *s)
{
	while (s->p != s->end && (*s->p == ' ' || *s->p == '\t' ||
				  *s->p == '\n' || *s->p == '\r'))
		s->p++;
	return s->p != s->end;
}

bool json_scan_byte(struct json_scan *s, uint8_t c)
{
	if (s->p == s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

/* Unicode 15, table 3-7: for each range of first bytes the length and the range
 * of the second byte. It leaves out overlong forms, surrogates and everything
 * above U+10FFFF. */
size_t utf8_len(const uint8_t *p, const uint8_t *end)
{
	static const struct {
		uint8_t from, to, len, second_from, second_to;
	} rows[] = {
		{ 0x00, 0x7f, 1, 0x00, 0x00 }, { 0xc2, 0xdf, 2, 0x80, 0xbf },
		{ 0xe0, 0xe0, 3, 0xa0, 0xbf }, { 0xe1, 0xec, 3, 0x80, 0xbf },
		{ 0xed, 0xed, 3, 0x80, 0x9f }, { 0xee, 0xef, 3, 0x80, 0xbf },
		{ 0xf0, 0xf0, 4, 0x90, 0xbf }, { 0xf1, 0xf3, 4, 0x80, 0xbf },
		{ 0xf4, 0xf4, 4, 0x80, 0x8f },
	};
	size_t left = (size_t)(end - p), r = 0, n = sizeof rows / sizeof *rows;

	if (left == 0)
		return 0;
	while (r < n && (*p < rows[r].from || *p > rows[r].to))
		r++;
	if (r == n || left < rows[r].len)
		return 0;
	if (rows[r].len > 1 &&
	    (p[1] < rows[r].second_from || p[1] > rows[r].second_to))
		return 0;
	for (size_t i = 2; i < rows[r].len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return rows[r].len;
}

/* The four hex digits after "\u", or -1. */
static int32_t scan_hex4(struct json_scan *s)
{
	int32_t v = 0;

	if (s->end - s->p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		uint8_t c = *s->p++, lower = c | 0x20;

		if (c >= '0' && c <= '9')
			v = v * 16 + (c - '0');
		else if (lower >= 'a' && lower <= 'f')
			v = v * 16 + (lower - 'a' + 10);
		else
			return -1;
	}
	return v;
}

/* What follows a backslash. NUL cannot live in the C strings that cJSON makes,
 * and half a surrogate pair has no UTF-8: both are refused. */
static bool scan_escape(struct json_scan *s)
{
	int32_t v;

	if (s->p == s->end)
		return false;
	if (*s->p != 'u')
		return *s->p != '\0' && strchr("\"\\/bfnrt", *s->p++) != NULL;
	s->p++;
	v = scan_hex4(s);
	if (v < 0xd800 || v > 0xdfff)
		return v > 0;
	if (v > 0xdbff || !json_scan_byte(s, '\\') || !json_scan_byte(s, 'u'))
		return false;
	v = scan_hex4(s);
	return v >= 0xdc00 && v <= 0xdfff;
}

enum err json_scan_string(struct json_scan *s, struct slice *raw)
{
	const uint8_t *start;

	if (!json_scan_byte(s, '"'))
		return ERR_VALUE;
	start = s->p;
	while (s->p != s->end && *s->p != '"') {
		if (*s->p < 0x20)
			return ERR_VALUE;
		if (json_scan_byte(s, '\\')) {
			if (!scan_escape(s))
				return ERR_VALUE;
		} else {
			size_t n = utf8_len(s->p, s->end);

			if (n == 0)
				return ERR_VALUE;
			s->p += n;
		}
	}
	*raw = (struct slice){ start, (size_t)(s->p - start) };
	return json_scan_byte(s, '"') ? ERR_OK : ERR_VALUE;
}

static bool is_digit(const struct json_scan *s)
{
	return s->p != s->end && *s->p >= '0' && *s->p <= '9';
}

/* One or more digits. */
static bool scan_digits(struct json_scan *s)
{
	if (!is_digit(s))
		return false;
	while (is_digit(s))
		s->p++;
	return true;
}

static bool scan_number(struct json_scan *s)
{
	(void)json_scan_byte(s, '-');
	if (!json_scan_byte(s, '0') && !scan_digits(s))
		return false;
	if (json_scan_byte(s, '.') && !scan_digits(s))
		return false;
	if (json_scan_byte(s, 'e') || json_scan_byte(s, 'E')) {
		if (!json_scan_byte(s, '+'))
			(void)json_scan_byte(s, '-');
		return scan_digits(s);
	}
	return true;
}

static bool scan_word(struct json_scan *s, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n) != 0)
		return false;
	s->p += n;
	return true;
}

/* A string, number, true, false or null. */
static enum err scan_scalar(struct json_scan *s)
{
	struct slice raw;

	if (s->p == s->end)
		return ERR_VALUE;
	if (*s->p == '"')
		return json_scan_string(s, &raw);
	if (*s->p == '-' || is_digit(s))
		return scan_number(s) ? ERR_OK : ERR_VALUE;
	return scan_word(s, "true") || scan_word(s, "false") ||
			       scan_word(s, "null")
		       ? ERR_OK
		       : ERR_VALUE;
}

/* A key and its colon. */
static enum err scan_key(struct json_scan *s)
{
	struct slice raw;
	enum err e;

	(void)json_scan_space(s);
	e = json_scan_string(s, &raw);
	if (e != ERR_OK)
		return e;
	(void)json_scan_space(s);
	if (!json_scan_byte(s, ':'))
		return ERR_VALUE;
	(void)json_scan_space(s);
	return ERR_OK;
}

/* What one value may be followed by: the end of the containers it is the last
 * of, then a comma. *depth is 0 when the outermost value is complete. */
static bool scan_after(struct json_scan *s, const uint8_t *closer,
		       size_t *depth)
{
	while (*depth > 0) {
		(void)json_scan_space(s);
		if (json_scan_byte(s, ','))
			return true;
		if (!json_scan_byte(s, closer[*depth - 1]))
			return false;
		--*depth;
	}
	return true;
}

enum err json_scan_value(struct json_scan *s)
{
	uint8_t closer[LIMIT_JSON_DEPTH];
	size_t depth = 0;
	enum err e;

	do {
		bool open;

		(void)json_scan_space(s);
		if (depth > 0 && closer[depth - 1] == '}') {
			e = scan_key(s);
			if (e != ERR_OK)
				return e;
		}
		open = s->p != s->end && (*s->p == '{' || *s->p == '[');
		if (open) {
			if (depth == LIMIT_JSON_DEPTH)
				return ERR_LIMIT;
			closer[depth++] = *s->p++ == '{' ? '}' : ']';
			(void)json_scan_space(s);
			if (!json_scan_byte(s, closer[depth - 1]))
				continue;
			depth--;
		} else {
			e = scan_scalar(s);
			if (e != ERR_OK)
				return e;
		}
		if (!scan_after(s, closer, &depth))
			return ERR_VALUE;
	} while (depth > 0);
	return ERR_OK;
}

struct slice json_scan_number(struct json_scan *s)
{
	const uint8_t *start;
	struct slice raw;

	while (s->p != s->end && *s->p != '-' && !is_digit(s)) {
		if (*s->p != '"')
			s->p++;
		else if (json_scan_string(s, &raw) != ERR_OK)
			break;
	}
	start = s->p;
	if (s->p == s->end || !scan_number(s))
		return (struct slice){ NULL, 0 };
	return (struct slice){ start, (size_t)(s->p - start) };
}
