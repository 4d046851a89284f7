/* der_read.h - what certificates and CRLs need beyond lib/der.h to be read
 * strictly: nesting, numbers, times. Every function sets the reader's sticky
 * error and then returns an empty value. Source: ITU-T X.690, section 10. */
#ifndef MEASURE_LIB_DER_READ_H
#define MEASURE_LIB_DER_READ_H

#include "lib/der.h"
#include "lib/p256.h"

/* A reader over the content of the next element, which must have this tag. */
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

/* A signed structure as certificates and CRLs are (RFC 5280 4.1, 5.1): a
 * SEQUENCE of the signed bytes (*tbs), an AlgorithmIdentifier (*algorithm,
 * which is only delimited; both with their headers) and the signature, and
 * nothing after it. */
MUST_CHECK enum err der_signed(struct slice der, struct slice *tbs,
			       struct slice *algorithm,
			       struct slice *signature);

/* ERR_SIGNATURE when that key did not sign it. */
MUST_CHECK enum err der_signed_by(struct slice tbs, struct slice signature,
				  const uint8_t pub[static P256_PUB_LEN]);

enum {
	DER_MAX_EXTENSIONS = 32, /* of one list; Intel's have 6 */
};

/* The OIDs of one list of extensions. Zero it to begin. */
struct der_oids {
	size_t n;
	struct slice at[DER_MAX_EXTENSIONS];
};

/* None may come twice, known or not (RFC 5280 4.2). Fails the reader with
 * ERR_DUPLICATE, or ERR_LIMIT when there are more than DER_MAX_EXTENSIONS. */
void der_oid_once(struct rd *r, struct der_oids *seen, struct slice oid);
#endif
