#include "lib/digest.h"

#include <bearssl.h>

void sha256(struct slice in, uint8_t out[static SHA256_LEN])
{
	br_sha256_context c;

	br_sha256_init(&c);
	br_sha256_update(&c, in.ptr, in.len);
	br_sha256_out(&c, out);
	wipe(&c, sizeof c); /* holds the last block of what may be a secret */
}

void sha384(struct slice in, uint8_t out[static SHA384_LEN])
{
	br_sha384_context c;

	br_sha384_init(&c);
	br_sha384_update(&c, in.ptr, in.len);
	br_sha384_out(&c, out);
	wipe(&c, sizeof c); /* holds the last block of what may be a secret */
}

void sha512(struct slice in, uint8_t out[static SHA512_LEN])
{
	br_sha512_context c;

	br_sha512_init(&c);
	br_sha512_update(&c, in.ptr, in.len);
	br_sha512_out(&c, out);
	wipe(&c, sizeof c); /* holds the last block of what may be a secret */
}

void rtmr_extend(uint8_t reg[static SHA384_LEN],
		 const uint8_t digest[static SHA384_LEN])
{
	br_sha384_context c;

	br_sha384_init(&c);
	br_sha384_update(&c, reg, SHA384_LEN);
	br_sha384_update(&c, digest, SHA384_LEN);
	br_sha384_out(&c, reg);
}

void hmac_sha256(struct slice key, struct slice in,
		 uint8_t out[static SHA256_LEN])
{
	br_hmac_key_context k;
	br_hmac_context c;

	br_hmac_key_init(&k, &br_sha256_vtable, key.ptr, key.len);
	br_hmac_init(&c, &k, 0);
	br_hmac_update(&c, in.ptr, in.len);
	br_hmac_out(&c, out);
	/* Both hold what the key makes of the hash: as good as the key. */
	wipe(&k, sizeof k);
	wipe(&c, sizeof c);
}
