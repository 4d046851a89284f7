/* der.h - a strict reader for DER, on top of struct rd: definite, minimal
 * lengths only; every function sets the reader's sticky error and then returns
 * an empty value. Source: ITU-T X.690, section 10. */
#ifndef MEASURE_LIB_DER_H
#define MEASURE_LIB_DER_H

#include "lib/bytes.h"

enum {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_OID = 0x06,
	DER_ENUMERATED = 0x0a,
	DER_UTF8 = 0x0c,
	DER_PRINTABLE = 0x13,
	DER_UTC_TIME = 0x17,
	DER_GENERALIZED_TIME = 0x18,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
	DER_CONTEXT_0 = 0xa0, /* constructed, [0] */
	DER_CONTEXT_3 = 0xa3,
};

/* Is there a next element, and does it have this tag? Reads nothing. */
bool der_next_is(const struct rd *r, uint8_t tag);

/* Contents of the next element, which must have this tag.
 * ERR_TRUNC; ERR_VALUE another tag, or a length that is not DER. */
struct slice der_value(struct rd *r, uint8_t tag);

/* The same, and a reader over the contents. */
struct rd der_enter(struct rd *r, uint8_t tag);

/* The whole element, header included. */
struct slice der_element(struct rd *r, uint8_t tag);

/* Ends an inner reader: whatever is wrong with it is wrong with the outer. */
void der_leave(struct rd *outer, const struct rd *inner);

/* INTEGER or ENUMERATED (the tag) from 0 to max. */
uint32_t der_uint(struct rd *r, uint8_t tag, uint32_t max);

/* Contents of a positive INTEGER of at most max bytes, the sign byte aside:
 * for serial numbers. */
struct slice der_serial(struct rd *r, size_t max);

/* BOOLEAN DEFAULT FALSE: TRUE, or not there. An encoded FALSE is not DER. */
bool der_flag(struct rd *r);

/* BIT STRING of whole bytes. */
struct slice der_bits(struct rd *r);

/* UTCTime (years 1970 to 2049) or GeneralizedTime (from 2050 on), UTC with
 * seconds, as RFC 5280 4.1.2.5 demands. Unix seconds. */
int64_t der_time(struct rd *r);

/* An AlgorithmIdentifier, which must be ecdsa-with-SHA256 without parameters
 * (RFC 5758 3.2): ERR_UNSUPP otherwise. */
void der_ecdsa_sha256(struct rd *r);
#endif
