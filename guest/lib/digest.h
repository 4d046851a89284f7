/* digest.h - SHA-2 over one range. For several ranges use BearSSL's
 * br_sha384_context directly. */
#ifndef GUEST_LIB_DIGEST_H
#define GUEST_LIB_DIGEST_H

#include "lib/bytes.h"

enum {
	SHA256_LEN = 32,
	SHA384_LEN = 48,
	SHA512_LEN = 64
};

void sha256(struct slice in, uint8_t out[static SHA256_LEN]);
void sha384(struct slice in, uint8_t out[static SHA384_LEN]);
void sha512(struct slice in, uint8_t out[static SHA512_LEN]);

/* reg = SHA-384(reg || digest): the extend of an RTMR. */
void rtmr_extend(uint8_t reg[static SHA384_LEN],
		 const uint8_t digest[static SHA384_LEN]);

/* HMAC-SHA256 of `in` under `key`. */
void hmac_sha256(struct slice key, struct slice in,
		 uint8_t out[static SHA256_LEN]);
#endif
