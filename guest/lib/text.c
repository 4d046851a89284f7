#include "lib/text.h"

#include "lib/limit.h"

static const char hex_digits[] = "0123456789abcdef";
static const char b64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "abcdefghijklmnopqrstuvwxyz0123456789+/";

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_alnum(uint8_t c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

void hex_encode(struct slice in, char *out)
{
	for (size_t i = 0; i < in.len; i++) {
		*out++ = hex_digits[in.ptr[i] >> 4];
		*out++ = hex_digits[in.ptr[i] & 15];
	}
	*out = '\0';
}

void wr_hex(struct wr *w, struct slice in)
{
	for (size_t i = 0; i < in.len; i++) {
		wr_u8(w, (uint8_t)hex_digits[in.ptr[i] >> 4]);
		wr_u8(w, (uint8_t)hex_digits[in.ptr[i] & 15]);
	}
}

/* Value of a hex digit, or 16. */
static unsigned int hex_value(uint8_t c)
{
	if (is_digit(c))
		return c - (unsigned int)'0';
	if (c >= 'a' && c <= 'f')
		return c - (unsigned int)'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - (unsigned int)'A' + 10;
	return 16;
}

enum err hex_decode(struct slice in, void *out, size_t n)
{
	uint8_t *o = out;

	if (in.len / 2 != n || in.len % 2 != 0)
		return ERR_VALUE;
	for (size_t i = 0; i < in.len; i++)
		if (hex_value(in.ptr[i]) > 15)
			return ERR_VALUE;
	for (size_t i = 0; i < n; i++)
		o[i] = (uint8_t)(hex_value(in.ptr[2 * i]) << 4 |
				 hex_value(in.ptr[2 * i + 1]));
	return ERR_OK;
}

void wr_b64(struct wr *w, struct slice in)
{
	for (size_t i = 0; i < in.len; i += 3) {
		size_t n = in.len - i;
		uint32_t v = (uint32_t)in.ptr[i] << 16;

		if (n > 1)
			v |= (uint32_t)in.ptr[i + 1] << 8;
		if (n > 2)
			v |= in.ptr[i + 2];
		wr_u8(w, (uint8_t)b64_digits[v >> 18]);
		wr_u8(w, (uint8_t)b64_digits[v >> 12 & 63]);
		wr_u8(w, n > 1 ? (uint8_t)b64_digits[v >> 6 & 63] : '=');
		wr_u8(w, n > 2 ? (uint8_t)b64_digits[v & 63] : '=');
	}
}

/* Value of a base64 digit, or 64. */
static uint32_t b64_value(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - (uint32_t)'A';
	if (c >= 'a' && c <= 'z')
		return c - (uint32_t)'a' + 26;
	if (is_digit(c))
		return c - (uint32_t)'0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : 64;
}

/* The 24 bits of the quad at p whose last `pad` characters are padding. */
static uint32_t b64_quad(const uint8_t *p, size_t pad)
{
	uint32_t v = 0;

	for (size_t i = 0; i < 4 - pad; i++)
		v = v << 6 | b64_value(p[i]);
	return v << 6 * pad;
}

enum err b64_decode(struct slice in, struct wr *out)
{
	size_t pad = 0, n;

	if (in.len % 4 != 0)
		return ERR_VALUE;
	while (pad < 2 && pad < in.len && in.ptr[in.len - 1 - pad] == '=')
		pad++;
	for (size_t i = 0; i < in.len - pad; i++)
		if (b64_value(in.ptr[i]) > 63)
			return ERR_VALUE;
	n = in.len / 4 * 3 - pad;
	if (pad > 0 &&
	    (b64_quad(in.ptr + in.len - 4, pad) & ((1U << 8 * pad) - 1)) != 0)
		return ERR_VALUE; /* stray bits: a second spelling */
	if (out->err == ERR_OK && n > out->cap - out->len)
		wr_fail(out, ERR_SPACE);
	for (size_t i = 0; i < in.len; i += 4) {
		size_t skip = i + 4 == in.len ? pad : 0;
		uint32_t v = b64_quad(in.ptr + i, skip);

		wr_u8(out, (uint8_t)(v >> 16));
		if (skip < 2)
			wr_u8(out, (uint8_t)(v >> 8));
		if (skip < 1)
			wr_u8(out, (uint8_t)v);
	}
	return wr_end(out);
}

enum err u64_parse(struct slice in, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (in.len == 0 || (in.len > 1 && in.ptr[0] == '0'))
		return ERR_VALUE;
	for (size_t i = 0; i < in.len; i++) {
		uint64_t d = in.ptr[i] - (uint64_t)'0';

		if (!is_digit(in.ptr[i]) || v > max / 10 || d > max - v * 10)
			return ERR_VALUE;
		v = v * 10 + d;
	}
	*out = v;
	return ERR_OK;
}

/* Days from 1970-01-01 to year-month-day and back, in the proleptic Gregorian
 * calendar. A year here starts in March, so that the leap day is its last. */
static int64_t days_of(int64_t y, int64_t m, int64_t d)
{
	int64_t era, yoe, doy;

	y -= m <= 2;
	era = y / 400;
	yoe = y - era * 400;
	doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void date_of(int64_t days, int64_t *y, int64_t *m, int64_t *d)
{
	int64_t z = days + 719468, era = z / 146097, doe = z % 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;

	*d = doy - (153 * mp + 2) / 5 + 1;
	*m = mp < 10 ? mp + 3 : mp - 9;
	*y = yoe + era * 400 + (*m <= 2);
}

static char *put_digits(char *p, int64_t v, int n)
{
	for (int i = n - 1; i >= 0; i--, v /= 10)
		p[i] = (char)('0' + v % 10);
	return p + n;
}

enum {
	DAY_MS = 86400000
};

void rfc3339_format(int64_t unix_ms, char out[static RFC3339_LEN + 1])
{
	const int64_t last = days_of(10000, 1, 1) * DAY_MS - 1;
	int64_t y, m, d, t;

	if (unix_ms < 0)
		unix_ms = 0;
	if (unix_ms > last)
		unix_ms = last;
	date_of(unix_ms / DAY_MS, &y, &m, &d);
	t = unix_ms % DAY_MS;
	out = put_digits(out, y, 4);
	*out++ = '-';
	out = put_digits(out, m, 2);
	*out++ = '-';
	out = put_digits(out, d, 2);
	*out++ = 'T';
	out = put_digits(out, t / 3600000, 2);
	*out++ = ':';
	out = put_digits(out, t / 60000 % 60, 2);
	*out++ = ':';
	out = put_digits(out, t / 1000 % 60, 2);
	*out++ = '.';
	out = put_digits(out, t % 1000, 3);
	*out++ = 'Z';
	*out = '\0';
}

static int64_t month_days(int64_t y, int64_t m)
{
	bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;

	if (m == 2)
		return leap ? 29 : 28;
	return m == 4 || m == 6 || m == 9 || m == 11 ? 30 : 31;
}

/* n digits and then the character `after`; fails the reader otherwise. */
static int64_t take_digits(struct rd *r, size_t n, uint8_t after)
{
	int64_t v = 0;

	for (size_t i = 0; i < n; i++) {
		uint8_t c = rd_u8(r);

		if (!is_digit(c))
			rd_fail(r, ERR_VALUE);
		v = v * 10 + (c - '0');
	}
	if (after != 0 && rd_u8(r) != after)
		rd_fail(r, ERR_VALUE);
	return v;
}

/* The rest after the seconds: "Z", or a point, one to nine digits and "Z". */
static int64_t take_fraction(struct rd *r)
{
	int64_t ms = 0, unit = 100;
	size_t n = 0;
	uint8_t c = rd_u8(r);

	if (c == '.') {
		for (c = rd_u8(r); is_digit(c) && n < 9; c = rd_u8(r), n++) {
			ms += unit * (c - '0');
			unit /= 10;
		}
		if (n == 0)
			rd_fail(r, ERR_VALUE);
	}
	if (c != 'Z')
		rd_fail(r, ERR_VALUE);
	return ms;
}

enum err rfc3339_parse(struct slice in, int64_t *unix_ms)
{
	struct rd r = rd_over(in);
	int64_t y = take_digits(&r, 4, '-');
	int64_t mon = take_digits(&r, 2, '-');
	int64_t d = take_digits(&r, 2, 'T');
	int64_t h = take_digits(&r, 2, ':');
	int64_t min = take_digits(&r, 2, ':');
	int64_t s = take_digits(&r, 2, 0);
	int64_t ms = take_fraction(&r);

	if (rd_end(&r) != ERR_OK)
		return ERR_VALUE;
	if (y < 1970 || mon < 1 || mon > 12 || d < 1 || d > month_days(y, mon))
		return ERR_VALUE;
	if (h > 23 || min > 59 || s > 59)
		return ERR_VALUE;
	*unix_ms = days_of(y, mon, d) * DAY_MS + h * 3600000 + min * 60000 +
		   s * 1000 + ms;
	return ERR_OK;
}

bool name_ok(struct slice in)
{
	if (in.len == 0 || in.len > LIMIT_NAME_BYTES || !is_alnum(in.ptr[0]))
		return false;
	for (size_t i = 0; i < in.len; i++) {
		uint8_t c = in.ptr[i];

		if (!is_alnum(c) && c != '.' && c != '_' && c != ':' &&
		    c != '/' && c != '-')
			return false;
	}
	return true;
}
