/* cbor.h - CBOR out, in the deterministic encoding of RFC 8949, section 4.2.1:
 * shortest heads, definite lengths, map keys in ascending bytewise order of
 * their encodings. The caller opens a map or an array with the number of its
 * entries and then writes them; nothing is counted or sorted here. */
#ifndef MEASURE_LIB_CBOR_H
#define MEASURE_LIB_CBOR_H

#include "lib/bytes.h"

void cbor_uint(struct wr *w, uint64_t v);
void cbor_int(struct wr *w, int64_t v);
void cbor_bytes(struct wr *w, struct slice v);
void cbor_text(struct wr *w, const char *utf8);
void cbor_array(struct wr *w, uint64_t n);
void cbor_map(struct wr *w, uint64_t n); /* n pairs */
void cbor_tag(struct wr *w, uint64_t tag);
#endif
