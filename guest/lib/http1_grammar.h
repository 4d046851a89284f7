/* http1_grammar.h - the character rules of RFC 9110 and 9112 that the parser
 * (http1.c) and the writer (http1_write.c) share. For those two only. */
#ifndef GUEST_LIB_HTTP1_GRAMMAR_H
#define GUEST_LIB_HTTP1_GRAMMAR_H

#include "lib/http1.h"

static inline struct slice between(const uint8_t *a, const uint8_t *b)
{
	return (struct slice){ a, (size_t)(b - a) };
}

bool http_one_of(uint8_t c, const char *set); /* never for a NUL */
bool http_is_digit(uint8_t c);
int http_hex_value(uint8_t c); /* -1 when it is not a hex digit */

/* token of RFC 9110 5.6.2. */
bool http_is_token(struct slice s);

/* Equal but for the case of ASCII letters. */
bool http_same_nocase(struct slice s, const char *name);

/* s without the spaces around it. */
struct slice http_trim(struct slice s);

/* origin-form: pchar, "/" and "?" of RFC 3986, escapes whole. */
bool http_target_ok(struct slice s);

/* uri-host [":" port], as far as a server without virtual hosts cares: there,
 * and of the right characters. */
bool http_host_ok(struct slice s);

/* Splits "name: value" (no CRLF). ERR_VALUE: no colon, or a name that is not a
 * token, as when space stands around it. */
MUST_CHECK enum err http_header_line(struct slice line,
				     struct http_header *out);
#endif
