/* base64url.h - the base64 of JOSE: RFC 4648 section 5 without padding, as RFC
 * 7515 section 2 wants it. */
#ifndef MEASURE_LIB_BASE64URL_H
#define MEASURE_LIB_BASE64URL_H

#include "lib/bytes.h"

/* Strict: no padding, no other alphabet, no stray bits; so one spelling for
 * each value. ERR_VALUE; ERR_SPACE when out is too small. */
MUST_CHECK enum err base64url_decode(struct slice in, struct wr *out);

/* Writes the bytes in this form. */
void wr_base64url(struct wr *w, struct slice in);

/* Bytes that n characters decode to at most. */
size_t base64url_room(size_t n);
#endif
