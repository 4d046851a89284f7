#include "lib/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct rd rd_over(struct slice in)
{
	return (struct rd){ .p = in.ptr, .left = in.len, .err = ERR_OK };
}

void rd_fail(struct rd *r, enum err e)
{
	if (r->err == ERR_OK)
		r->err = e;
}

struct slice rd_take(struct rd *r, size_t n)
{
	struct slice s;

	if (n > r->left)
		rd_fail(r, ERR_TRUNC);
	if (r->err != ERR_OK || n == 0)
		return (struct slice){ NULL, 0 };
	s = (struct slice){ r->p, n };
	r->p += n;
	r->left -= n;
	return s;
}

void rd_copy(struct rd *r, void *out, size_t n)
{
	struct slice s = rd_take(r, n);

	if (n == 0)
		return;
	if (s.len == n)
		memcpy(out, s.ptr, n);
	else
		memset(out, 0, n);
}

static uint64_t rd_le(struct rd *r, size_t n)
{
	struct slice s = rd_take(r, n);
	uint64_t v = 0;

	for (size_t i = s.len; i > 0; i--)
		v = v << 8 | s.ptr[i - 1];
	return v;
}

static uint64_t rd_be(struct rd *r, size_t n)
{
	struct slice s = rd_take(r, n);
	uint64_t v = 0;

	for (size_t i = 0; i < s.len; i++)
		v = v << 8 | s.ptr[i];
	return v;
}

uint8_t rd_u8(struct rd *r)
{
	return (uint8_t)rd_le(r, 1);
}

uint16_t rd_u16le(struct rd *r)
{
	return (uint16_t)rd_le(r, 2);
}

uint32_t rd_u32le(struct rd *r)
{
	return (uint32_t)rd_le(r, 4);
}

uint64_t rd_u64le(struct rd *r)
{
	return rd_le(r, 8);
}

uint16_t rd_u16be(struct rd *r)
{
	return (uint16_t)rd_be(r, 2);
}

uint32_t rd_u32be(struct rd *r)
{
	return (uint32_t)rd_be(r, 4);
}

enum err rd_end(const struct rd *r)
{
	if (r->err != ERR_OK)
		return r->err;
	return r->left == 0 ? ERR_OK : ERR_EXTRA;
}

struct wr wr_over(void *buf, size_t cap)
{
	return (struct wr){ .buf = buf, .cap = cap, .err = ERR_OK };
}

void wr_fail(struct wr *w, enum err e)
{
	if (w->err == ERR_OK)
		w->err = e;
}

/* Room for n more bytes, or NULL with the error set. */
static uint8_t *wr_room(struct wr *w, size_t n)
{
	uint8_t *p;

	if (n > w->cap - w->len)
		wr_fail(w, ERR_SPACE);
	if (w->err != ERR_OK || n == 0)
		return NULL;
	p = w->buf + w->len;
	w->len += n;
	return p;
}

void wr_bytes(struct wr *w, struct slice s)
{
	uint8_t *p = wr_room(w, s.len);

	if (p != NULL)
		memcpy(p, s.ptr, s.len);
}

void wr_zero(struct wr *w, size_t n)
{
	uint8_t *p = wr_room(w, n);

	if (p != NULL)
		memset(p, 0, n);
}

void wr_str(struct wr *w, const char *s)
{
	wr_bytes(w, str_slice(s));
}

static void wr_le(struct wr *w, uint64_t v, size_t n)
{
	uint8_t *p = wr_room(w, n);

	for (size_t i = 0; p != NULL && i < n; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

static void wr_be(struct wr *w, uint64_t v, size_t n)
{
	uint8_t *p = wr_room(w, n);

	for (size_t i = 0; p != NULL && i < n; i++)
		p[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
}

void wr_u8(struct wr *w, uint8_t v)
{
	wr_le(w, v, 1);
}

void wr_u16le(struct wr *w, uint16_t v)
{
	wr_le(w, v, 2);
}

void wr_u32le(struct wr *w, uint32_t v)
{
	wr_le(w, v, 4);
}

void wr_u64le(struct wr *w, uint64_t v)
{
	wr_le(w, v, 8);
}

void wr_u16be(struct wr *w, uint16_t v)
{
	wr_be(w, v, 2);
}

void wr_u32be(struct wr *w, uint32_t v)
{
	wr_be(w, v, 4);
}

void wr_u64be(struct wr *w, uint64_t v)
{
	wr_be(w, v, 8);
}

void wr_fmt(struct wr *w, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (w->err != ERR_OK)
		return;
	va_start(ap, fmt);
	n = vsnprintf((char *)w->buf + w->len, w->cap - w->len, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= w->cap - w->len)
		wr_fail(w, ERR_SPACE);
	else
		w->len += (size_t)n;
}

struct slice wr_slice(const struct wr *w)
{
	if (w->err != ERR_OK)
		return (struct slice){ NULL, 0 };
	return (struct slice){ w->buf, w->len };
}

enum err wr_end(const struct wr *w)
{
	return w->err;
}

struct slice str_slice(const char *s)
{
	return (struct slice){ (const uint8_t *)s, strlen(s) };
}

bool slice_eq(struct slice a, struct slice b)
{
	return a.len == b.len &&
	       (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool slice_is(struct slice a, const char *s)
{
	return slice_eq(a, str_slice(s));
}

bool ct_eq(const void *a, const void *b, size_t n)
{
	const volatile uint8_t *x = a, *y = b;
	uint8_t diff = 0;

	for (size_t i = 0; i < n; i++)
		diff |= (uint8_t)(x[i] ^ y[i]);
	return diff == 0;
}

bool ct_slice_eq(struct slice a, struct slice b)
{
	return a.len == b.len && ct_eq(a.ptr, b.ptr, a.len);
}

void wipe(void *p, size_t n)
{
	if (n > 0) /* else p may be NULL */
		explicit_bzero(p, n);
}

enum err slice_cstr(struct slice s, char *out, size_t cap)
{
	if (cap == 0)
		return ERR_LIMIT;
	out[0] = '\0';
	if (s.len >= cap)
		return ERR_LIMIT;
	if (s.len > 0 && memchr(s.ptr, 0, s.len) != NULL)
		return ERR_VALUE;
	if (s.len > 0)
		memcpy(out, s.ptr, s.len);
	out[s.len] = '\0';
	return ERR_OK;
}
