/* identity.h - who a TLS server of this project is: a CA of its own, which its
 * clients pin, and a server certificate under it. Files in a state folder
 * (0700): ca.pem (give this one to clients), ca.key, server.pem, server.key;
 * the keys are secrets (0600). */
#ifndef HOST_LIB_IDENTITY_H
#define HOST_LIB_IDENTITY_H

#include "lib/cert.h"

enum {
	IDENTITY_NAMES_MAX = 8
};

struct identity {
	struct p256_key server_key;
	uint8_t chain_mem[4096];
	struct slice chain[2]; /* leaf, CA: DER */
};

/* Whether a server's certificate can have this name: at most 64 of the letters
 * that DNS names and IPv4 addresses have. */
bool identity_name_ok(const char *name);

/* Makes the files. ca_cn is the CA's name. names: DNS names and IPv4 addresses,
 * NULL-terminated, at most IDENTITY_NAMES_MAX. Refuses (ERR_STATE) when ca.pem
 * is there already: guests have pinned that CA. It is the last file to be made,
 * so that what was cut short can simply be done again. With renew, only the
 * server certificate and its key are made anew, under the CA that must be
 * there. On failure `why` says what to do. */
MUST_CHECK enum err identity_create(const char *dir, const char *ca_cn,
				    const char *const *names, bool renew,
				    int64_t now_s, const br_prng_class **rng,
				    char *why, size_t why_len);

/* ERR_MISSING; ERR_MISMATCH: the key is not the certificate's; ERR_EXPIRED: the
 * certificate's time is over at now_s; ERR_STATE: others can read the key;
 * ERR_VALUE, ERR_IO. `why` says what to do. */
MUST_CHECK enum err identity_load(const char *dir, int64_t now_s,
				  struct identity *out, char *why,
				  size_t why_len);
void identity_done(struct identity *id); /* wipes */
#endif
