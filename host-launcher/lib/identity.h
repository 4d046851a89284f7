/* identity.h - who the control plane is: a CA that `ee-cp init` makes, a server
 * certificate under it and the admin token. Files in the state folder (0700):
 * ca.pem (give this one to guests), ca.key, server.pem, server.key,
 * admin.token; the last four but server.pem are secrets (0600). */
#ifndef HOST_PLANE_IDENTITY_H
#define HOST_PLANE_IDENTITY_H

#include "lib/cert.h"
#include "lib/digest.h"

enum {
	IDENTITY_NAMES_MAX = 8,
	ADMIN_TOKEN_CHARS = 64
};

struct identity {
	struct p256_key server_key;
	uint8_t chain_mem[4096];
	struct slice chain[2]; /* leaf, CA: DER */
	uint8_t admin_sha256[SHA256_LEN];
};

/* Makes the files. names: DNS names and IPv4 addresses, NULL-terminated, at
 * most IDENTITY_NAMES_MAX. Refuses (ERR_STATE) when ca.key is there already:
 * guests have pinned that CA. With renew, only the server certificate and its
 * key are made anew, under the CA that must be there.
 * On failure `why` says what to do. */
MUST_CHECK enum err identity_create(const char *dir, const char *const *names,
				    bool renew, int64_t now_s,
				    const br_prng_class **rng, char *why,
				    size_t why_len);

MUST_CHECK enum err identity_load(const char *dir, struct identity *out,
				  char *why, size_t why_len);
void identity_done(struct identity *id); /* wipes */
#endif
