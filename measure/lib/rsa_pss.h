/* rsa_pss.h - RSASSA-PSS, verification. BearSSL has none. One hash serves the
 * message and MGF1, and the trailer is 0xbc: the only form that X.509, JOSE (PS
 * 256, 384, 512) and Google's launch endorsements use.
 * Source: RFC 8017 8.1.2, 9.1.2, B.2.1. */
#ifndef MEASURE_LIB_RSA_PSS_H
#define MEASURE_LIB_RSA_PSS_H

#include "measure/lib/rsa.h"

/* ERR_SIGNATURE unless sig is the signature of the digest, rsa_hash_len(h)
 * bytes, by that key, with a salt of exactly salt_len bytes. RFC 7518 3.5 and
 * RFC 4055 as it is used want a salt as long as the hash. */
MUST_CHECK enum err rsa_pss_verify(const struct rsa_key *k, enum rsa_hash h,
				   const uint8_t *digest, size_t salt_len,
				   struct slice sig);
#endif
