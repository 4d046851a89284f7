/* bytes.h - borrowed byte ranges, a reader that cannot run past the end and a
 * writer that cannot run past its buffer. No allocation, no global state, no
 * system call. */
#ifndef GUEST_LIB_BYTES_H
#define GUEST_LIB_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

/* Borrowed bytes: not owned, not NUL-terminated, valid as long as the buffer
 * they point into. ptr may be NULL only when len is 0. */
struct slice {
	const uint8_t *ptr;
	size_t len;
};

/* Reader over untrusted bytes. The first failed read sets err, and every later
 * read then returns zero or an empty slice, so a parser is a straight list of
 * reads with one check at its end (rd_end). */
struct rd {
	const uint8_t *p;
	size_t left;
	enum err err;
};

struct rd rd_over(struct slice in);
uint8_t rd_u8(struct rd *r);
uint16_t rd_u16le(struct rd *r);
uint32_t rd_u32le(struct rd *r);
uint64_t rd_u64le(struct rd *r);
uint16_t rd_u16be(struct rd *r);
uint32_t rd_u32be(struct rd *r);
struct slice rd_take(struct rd *r, size_t n);
void rd_copy(struct rd *r, void *out, size_t n); /* zeros on failure */
void rd_fail(struct rd *r, enum err e);          /* keeps the first error */

/* ERR_OK when no read failed and no byte is left; else the first error, or
 * ERR_EXTRA. */
MUST_CHECK enum err rd_end(const struct rd *r);

/* Writer into a caller's buffer. The first write that does not fit sets err
 * (ERR_SPACE) and every later one is dropped; wr_end says so once. */
struct wr {
	uint8_t *buf;
	size_t cap, len;
	enum err err;
};

struct wr wr_over(void *buf, size_t cap);
void wr_u8(struct wr *w, uint8_t v);
void wr_u16le(struct wr *w, uint16_t v);
void wr_u32le(struct wr *w, uint32_t v);
void wr_u64le(struct wr *w, uint64_t v);
void wr_u16be(struct wr *w, uint16_t v);
void wr_u32be(struct wr *w, uint32_t v);
void wr_u64be(struct wr *w, uint64_t v);
void wr_bytes(struct wr *w, struct slice s);
void wr_zero(struct wr *w, size_t n);
void wr_str(struct wr *w, const char *s); /* without its NUL */
void wr_fmt(struct wr *w, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void wr_fail(struct wr *w, enum err e);

/* What has been written so far; empty after a failure. */
struct slice wr_slice(const struct wr *w);
MUST_CHECK enum err wr_end(const struct wr *w);

/* A slice over a C string, without its NUL. */
struct slice str_slice(const char *s);

/* Equal length and bytes; not constant time. */
bool slice_eq(struct slice a, struct slice b);
bool slice_is(struct slice a, const char *s);

/* Constant time in the content of n bytes: for digests, tags and secrets. */
bool ct_eq(const void *a, const void *b, size_t n);
/* The same of two slices, whose lengths are no secret. */
bool ct_slice_eq(struct slice a, struct slice b);

/* Overwrites n bytes; the compiler may not leave it out. */
void wipe(void *p, size_t n);

/* Copies s with a NUL into out. ERR_LIMIT when it does not fit, ERR_VALUE when
 * s holds a NUL byte: then out is the empty string. */
MUST_CHECK enum err slice_cstr(struct slice s, char *out, size_t cap);
#endif
