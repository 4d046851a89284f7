/* json_scan.h - the grammar of RFC 8259, checked to the letter. cJSON accepts
 * more than JSON (control characters, bad UTF-8, "01", lone surrogates, bytes
 * after the value), so nothing reaches it that was not accepted here first.
 * For json.c and json_write.c, and for who walks a document too large to be
 * held. No recursion, no allocation. */
#ifndef GUEST_LIB_JSON_SCAN_H
#define GUEST_LIB_JSON_SCAN_H

#include "lib/bytes.h"

/* The bytes not yet scanned. */
struct json_scan {
	const uint8_t *p, *end;
};

struct json_scan json_scan_over(struct slice in);

/* Skips spaces, tabs and line ends; true when a byte is left. */
bool json_scan_space(struct json_scan *s);

/* Skips the byte c; false when another one comes. */
bool json_scan_byte(struct json_scan *s, uint8_t c);

/* Skips one string. *raw is what stands between its quotes, escapes and all. */
MUST_CHECK enum err json_scan_string(struct json_scan *s, struct slice *raw);

/* Skips one whole value, nested at most LIMIT_JSON_DEPTH deep. ERR_VALUE,
 * ERR_LIMIT. */
MUST_CHECK enum err json_scan_value(struct json_scan *s);

/* The next number after s->p, which lies outside any string of a document that
 * was accepted; empty when there is none. */
struct slice json_scan_number(struct json_scan *s);

/* Length of the well-formed UTF-8 sequence at p (1 to 4), or 0. */
size_t utf8_len(const uint8_t *p, const uint8_t *end);
#endif
