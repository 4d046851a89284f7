/* pkistore.h - the development PKI of this user, kept in a folder (0700): five
 * keys (0600), root.pem and collateral.json for verifiers. Made on first use;
 * certificates stay, collateral is issued anew when a quarter of its time is
 * left or the clock is before it. Two processes may open it at once. */
#ifndef HOST_VM_PKISTORE_H
#define HOST_VM_PKISTORE_H

#include "host-launcher/lib/file.h"
#include "host-launcher/vm/pki.h"

enum {
	PKI_VALID_S = 30 * 24 * 3600
};

/* Large (70 KiB), and not to be copied: pki holds slices into itself. */
struct pki_store {
	struct pki_keys keys;
	struct pki pki;
	char root_path[PATH_CAP], collateral_path[PATH_CAP];
};

/* Where it lives by default: the state folder's "sim-pki". */
MUST_CHECK enum err pki_store_dir(char out[static PATH_CAP]);

/* Opens or makes the PKI in dir. now_s decides what has expired.
 * Errors: ERR_STATE a key file can be read by others; ERR_MISSING, ERR_VALUE
 * the folder is damaged (it is never overwritten: verifiers hold its root);
 * ERR_IO, ERR_LIMIT, ERR_RANDOM. */
MUST_CHECK enum err pki_store_open(const char *dir, const br_prng_class **rng,
				   int64_t now_s, struct pki_store *out);
void pki_store_done(struct pki_store *s); /* wipes the keys */
#endif
