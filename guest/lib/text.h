/* text.h - the text forms of bytes, numbers and times. Strict: one spelling
 * per value; anything else is ERR_VALUE. No allocation, no system call. */
#ifndef GUEST_LIB_TEXT_H
#define GUEST_LIB_TEXT_H

#include "lib/bytes.h"

/* Lower-case hex. out holds 2 * in.len + 1 bytes (NUL at the end). */
void hex_encode(struct slice in, char *out);
void wr_hex(struct wr *w, struct slice in);

/* Lower- or upper-case hex of exactly n bytes. ERR_VALUE: another length, or a
 * character that is not a hex digit. out is written only on ERR_OK. */
MUST_CHECK enum err hex_decode(struct slice in, void *out, size_t n);

/* Standard base64 (RFC 4648 section 4) with padding, no line breaks. */
void wr_b64(struct wr *w, struct slice in);
/* Strict: padding right, no stray bits. ERR_SPACE when out is too small. */
MUST_CHECK enum err b64_decode(struct slice in, struct wr *out);

/* Decimal without sign or leading zeros. ERR_VALUE when it is not one or is
 * above max. */
MUST_CHECK enum err u64_parse(struct slice in, uint64_t max, uint64_t *out);

/* "2026-01-02T03:04:05.678Z" */
enum {
	RFC3339_LEN = 24
};

/* Unix milliseconds to RFC 3339 UTC with milliseconds; out is NUL-terminated.
 * Years 1970 to 9999; a time before or after is written as the nearest one in
 * that range. */
void rfc3339_format(int64_t unix_ms, char out[static RFC3339_LEN + 1]);

/* RFC 3339 in UTC ("Z"), years 1970 to 9999, with or without a fraction of one
 * to nine digits (digits past milliseconds are cut). ERR_VALUE for anything
 * else. */
MUST_CHECK enum err rfc3339_parse(struct slice in, int64_t *unix_ms);

/* Names that travel (vm_name, node_size, exchange, campaign_id, ...): 1 to
 * LIMIT_NAME_BYTES of a-z A-Z 0-9 . _ : / - , first one a letter or digit. */
bool name_ok(struct slice in);
#endif
