#include "lib/decimal.h"

__extension__ typedef __int128 i128;
__extension__ typedef unsigned __int128 u128;

enum {
	PLACES = 8
};

/* The range is symmetric, so that dec_neg cannot overflow. */
static enum err fit(i128 v, struct dec *out)
{
	if (v > INT64_MAX || v < -INT64_MAX)
		return ERR_LIMIT;
	out->e8 = (int64_t)v;
	return ERR_OK;
}

/* Whether the next byte is a digit; never after a failure, when reads no longer
 * move on. */
static bool at_digit(const struct rd *r)
{
	return r->err == ERR_OK && r->left > 0 && r->p[0] >= '0' &&
	       r->p[0] <= '9';
}

/* The digits before the point; without leading zeros, there is at least one. */
static i128 take_whole(struct rd *r)
{
	i128 v = 0;
	size_t n = 0;

	while (at_digit(r)) {
		if (n++ > 0 && v == 0)
			rd_fail(r, ERR_VALUE);
		v = v * 10 + (rd_u8(r) - '0');
		if (v > INT64_MAX)
			rd_fail(r, ERR_LIMIT);
	}
	if (n == 0)
		rd_fail(r, ERR_VALUE);
	return v;
}

/* The digits after the point, in units of 10^-8. */
static i128 take_places(struct rd *r)
{
	i128 v = 0;
	size_t n = 0;

	for (; at_digit(r); n++) {
		uint8_t c = rd_u8(r);

		if (n < PLACES)
			v = v * 10 + (c - '0');
		else if (c != '0')
			rd_fail(r, ERR_VALUE);
	}
	if (n == 0)
		rd_fail(r, ERR_VALUE);
	for (; n < PLACES; n++)
		v *= 10;
	return v;
}

enum err dec_parse(struct slice in, struct dec *out)
{
	struct rd r = rd_over(in);
	bool negative = r.left > 0 && r.p[0] == '-';
	i128 v;

	if (negative)
		(void)rd_u8(&r);
	v = take_whole(&r) * DEC_ONE;
	if (r.err == ERR_OK && r.left > 0 && r.p[0] == '.') {
		(void)rd_u8(&r);
		v += take_places(&r);
	}
	if (rd_end(&r) != ERR_OK)
		return r.err == ERR_LIMIT ? ERR_LIMIT : ERR_VALUE;
	return fit(negative ? -v : v, out);
}

void dec_format(struct dec v, char out[static DEC_TEXT_LEN])
{
	uint64_t n = v.e8 < 0 ? -(uint64_t)v.e8 : (uint64_t)v.e8;
	char text[DEC_TEXT_LEN], *p = text + sizeof text;
	int places = PLACES;

	/* From the last digit to the first, without zeros at the end. */
	while (places > 0 && n % 10 == 0) {
		n /= 10;
		places--;
	}
	if (places > 0) {
		for (; places > 0; places--, n /= 10)
			*--p = (char)('0' + n % 10);
		*--p = '.';
	}
	do {
		*--p = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	if (v.e8 < 0)
		*--p = '-';
	while (p != text + sizeof text)
		*out++ = *p++;
	*out = '\0';
}

enum err dec_add(struct dec a, struct dec b, struct dec *out)
{
	return fit((i128)a.e8 + b.e8, out);
}

enum err dec_sub(struct dec a, struct dec b, struct dec *out)
{
	return fit((i128)a.e8 - b.e8, out);
}

static u128 magnitude(i128 v)
{
	return v < 0 ? -(u128)v : (u128)v;
}

/* num / den, rounded; den is not zero. No operand here comes near 2^127: they
 * are products of a value and a value, or of a value and 10^8. */
static i128 divide(i128 num, i128 den, enum dec_round how)
{
	bool negative = (num < 0) != (den < 0);
	u128 d = magnitude(den), q = magnitude(num) / d;
	u128 rest = magnitude(num) % d;

	switch (how) {
	case DEC_DOWN:
		break;
	case DEC_UP:
		q += rest > 0;
		break;
	case DEC_HALF_EVEN:
		q += rest > d - rest || (rest == d - rest && q % 2 == 1);
		break;
	}
	return negative ? -(i128)q : (i128)q;
}

enum err dec_mul(struct dec a, struct dec b, enum dec_round how,
		 struct dec *out)
{
	return fit(divide((i128)a.e8 * b.e8, DEC_ONE, how), out);
}

enum err dec_div(struct dec a, struct dec b, enum dec_round how,
		 struct dec *out)
{
	if (b.e8 == 0)
		return ERR_VALUE;
	return fit(divide((i128)a.e8 * DEC_ONE, b.e8, how), out);
}

enum err dec_step(struct dec v, struct dec step, enum dec_round how,
		  struct dec *out)
{
	if (step.e8 <= 0)
		return ERR_VALUE;
	return fit(divide(v.e8, step.e8, how) * step.e8, out);
}

int dec_cmp(struct dec a, struct dec b)
{
	return (a.e8 > b.e8) - (a.e8 < b.e8);
}

struct dec dec_neg(struct dec a)
{
	return (struct dec){ -a.e8 };
}

struct dec dec_min(struct dec a, struct dec b)
{
	return dec_cmp(a, b) <= 0 ? a : b;
}

struct dec dec_max(struct dec a, struct dec b)
{
	return dec_cmp(a, b) >= 0 ? a : b;
}
