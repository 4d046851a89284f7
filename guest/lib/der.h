/* der.h - ASN.1 DER, as much of it as certificates, keys and CRLs need. Writes
 * into a struct wr, reads with a struct rd. Source: X.690. */
#ifndef GUEST_LIB_DER_H
#define GUEST_LIB_DER_H

#include "lib/bytes.h"

enum der_tag {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_NULL = 0x05,
	DER_OID = 0x06,
	DER_ENUMERATED = 0x0a,
	DER_UTF8 = 0x0c,
	DER_PRINTABLE = 0x13,
	DER_IA5 = 0x16,
	DER_UTC_TIME = 0x17,
	DER_TIME = 0x18, /* GeneralizedTime */
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
	DER_CONTEXT = 0x80,     /* | n: primitive, implicit */
	DER_CONTEXT_CONS = 0xa0 /* | n: constructed or explicit */
};

/* Starts an element whose content is what is written until der_close, which
 * then moves the content to make room for a long length. Returns what
 * der_close needs. Elements nest. ERR_LIMIT in w: 64 KiB or more. */
size_t der_open(struct wr *w, unsigned int tag);
void der_close(struct wr *w, size_t opened);

/* A whole primitive element. */
void der_put(struct wr *w, unsigned int tag, struct slice content);

/* INTEGER, not negative, of minimal length, from big-endian bytes. */
void der_put_uint(struct wr *w, struct slice big_endian);
void der_put_small(struct wr *w, uint8_t v); /* the same for a small one */

/* BIT STRING of whole bytes. */
void der_put_bits(struct wr *w, struct slice bytes);

/* UTCTime before 2050, GeneralizedTime from then on (RFC 5280 4.1.2.5).
 * ERR_VALUE in w: before 1970 or after 9999. */
void der_put_time(struct wr *w, int64_t unix_seconds);

/* The content of the next element, which must have this tag and a definite
 * length of minimal form. Fails the reader with ERR_VALUE or ERR_TRUNC. */
struct slice der_take(struct rd *r, unsigned int tag);

/* Whether the next element has this tag. */
bool der_has(const struct rd *r, unsigned int tag);
#endif
