/* token.h - the admin's bearer token: 64 hex digits in DIR/admin.token (0600),
 * made once by `ee-cp init`. The server keeps only its SHA-256. */
#ifndef HOST_PLANE_TOKEN_H
#define HOST_PLANE_TOKEN_H

#include <bearssl.h>

#include "lib/digest.h"

enum {
	ADMIN_TOKEN_CHARS = 64
};

/* Errors: ERR_IO, ERR_LIMIT (path). */
MUST_CHECK enum err token_create(const char *dir, const br_prng_class **rng);

/* Errors: ERR_MISSING, ERR_STATE (readable by others), ERR_VALUE, ERR_IO. */
MUST_CHECK enum err token_load(const char *dir,
			       uint8_t sha256_out[static SHA256_LEN]);
#endif
