#include "lib/der.h"

#include <string.h>

#include "lib/text.h"

size_t der_open(struct wr *w, unsigned int tag)
{
	wr_u8(w, (uint8_t)tag);
	wr_u8(w, 0);
	return w->len;
}

void der_close(struct wr *w, size_t opened)
{
	size_t n = w->len - opened, more;

	if (w->err == ERR_OK && n > 0xffff)
		wr_fail(w, ERR_LIMIT);
	more = n < 0x80 ? 0 : n < 0x100 ? 1 : 2;
	wr_zero(w, more);
	if (w->err != ERR_OK)
		return;
	if (more == 0) {
		w->buf[opened - 1] = (uint8_t)n;
		return;
	}
	memmove(w->buf + opened + more, w->buf + opened, n);
	w->buf[opened - 1] = (uint8_t)(0x80 | more);
	w->buf[opened] = (uint8_t)(more == 1 ? n : n >> 8);
	w->buf[opened + more - 1] = (uint8_t)n;
}

void der_put(struct wr *w, unsigned int tag, struct slice content)
{
	size_t e = der_open(w, tag);

	wr_bytes(w, content);
	der_close(w, e);
}

void der_put_uint(struct wr *w, struct slice big_endian)
{
	struct slice v = big_endian;
	size_t e = der_open(w, DER_INTEGER);

	while (v.len > 0 && v.ptr[0] == 0)
		v = (struct slice){ v.ptr + 1, v.len - 1 };
	if (v.len == 0 || v.ptr[0] > 0x7f)
		wr_u8(w, 0);
	wr_bytes(w, v);
	der_close(w, e);
}

void der_put_small(struct wr *w, uint8_t v)
{
	der_put_uint(w, (struct slice){ &v, 1 });
}

void der_put_bits(struct wr *w, struct slice bytes)
{
	size_t e = der_open(w, DER_BIT_STRING);

	wr_u8(w, 0); /* no unused bits */
	wr_bytes(w, bytes);
	der_close(w, e);
}

void der_put_time(struct wr *w, int64_t unix_seconds)
{
	const int64_t y2050 = 2524608000, y10000 = 253402300800;
	char t[RFC3339_LEN + 1];
	size_t e;

	if (unix_seconds < 0 || unix_seconds >= y10000) {
		wr_fail(w, ERR_VALUE);
		return;
	}
	rfc3339_format(unix_seconds * 1000, t);
	e = der_open(w, unix_seconds < y2050 ? DER_UTC_TIME : DER_TIME);
	/* 2026-01-02T03:04:05 without its punctuation and, for UTCTime, without
	 * its century. */
	for (size_t i = unix_seconds < y2050 ? 2 : 0; i < 19; i++)
		if (t[i] >= '0' && t[i] <= '9')
			wr_u8(w, (uint8_t)t[i]);
	wr_u8(w, 'Z');
	der_close(w, e);
}

bool der_has(const struct rd *r, unsigned int tag)
{
	return r->err == ERR_OK && r->left > 0 && r->p[0] == tag;
}

struct slice der_take(struct rd *r, unsigned int tag)
{
	uint8_t got = rd_u8(r);
	size_t n = rd_u8(r), min = 0;

	if (n == 0x81) {
		n = rd_u8(r);
		min = 0x80;
	} else if (n == 0x82) {
		n = rd_u16be(r);
		min = 0x100;
	} else if (n == 0x83) {
		n = (size_t)rd_u8(r) << 16;
		n |= rd_u16be(r);
		min = 0x10000;
	} else if (n >= 0x80) {
		rd_fail(r, ERR_VALUE);
	}
	if (got != tag || n < min)
		rd_fail(r, ERR_VALUE);
	return rd_take(r, n);
}
