/* ecdsa.h - ECDSA verification over NIST P-256 with 64-bit limbs, several times
 * as fast as the guest's code. It is for public values alone: its time depends
 * on them. The guest, and whatever signs, uses lib/p256.h, which takes constant
 * time. Same contract as the functions of that header.
 * Sources: FIPS 186-5, 6.4.2; SEC 1, 4.1.4; point formulas dbl-2001-b (with 2 y
 * z for (y + z)^2 - y^2 - z^2, and 8 y^4 as half of (4 y^2)^2), madd and
 * add-1998-cmo-2 of the Explicit-Formulas Database. */
#ifndef MEASURE_LIB_ECDSA_H
#define MEASURE_LIB_ECDSA_H

#include "lib/p256.h"

/* ERR_SIGNATURE when it does not verify or the key is not a point. Of a digest
 * longer than 32 bytes the first 32 count, as the standard says. */
MUST_CHECK enum err ecdsa_verify(const uint8_t pub[static P256_PUB_LEN],
				 const void *digest, size_t digest_len,
				 const uint8_t sig[static P256_SIG_LEN]);

/* The same, for an ASN.1 DER signature as in certificates; BER is refused. */
MUST_CHECK enum err ecdsa_verify_der(const uint8_t pub[static P256_PUB_LEN],
				     const void *digest, size_t digest_len,
				     struct slice sig);
#endif
