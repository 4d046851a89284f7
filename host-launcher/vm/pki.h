/* pki.h - the development PKI of the simulated TDX platform: everything that
 * Intel's provisioning would say about a real one, signed by a root of our own.
 * The verification code runs over it unchanged, which is what it is for. Nobody
 * trusts that root unless it is given by name, and every certificate says in
 * its O= that it is simulated.
 *
 * Pure: keys come from the caller's generator, times are arguments; the same
 * keys and times give the same bytes.
 * Source of the forms: Intel SGX PCK Certificate and CRL Profile 1.5, Intel
 * PCS API v4; the collateral is in the layout of measure/lib/collateral.h. */
#ifndef HOST_VM_PKI_H
#define HOST_VM_PKI_H

#include "lib/p256.h"
#include "measure/lib/tcb.h"

#define PKI_ORG     "EE simulated, not Intel"
#define PKI_ROOT_CN "EE Simulated SGX Root CA"
/* Verifiers compare these two names; they are Intel's. */
#define PKI_PLATFORM_CN "Intel SGX PCK Platform CA"
#define PKI_TCB_CN      "Intel SGX TCB Signing"
#define PKI_PCK_CN      "Intel SGX PCK Certificate"

enum {
	PKI_BUNDLE_CAP = 24 * 1024,
	PKI_PEM_CAP = 8 * 1024
};

struct pki_keys {
	struct p256_key root, platform, pck, tcb;
	struct p256_key attestation; /* the quoting enclave's */
};

/* Draws all five keys. ERR_RANDOM. Wipe them when done. */
MUST_CHECK enum err pki_generate(const br_prng_class **rng,
				 struct pki_keys *out);

struct pki_spec {
	int64_t created_s; /* certificates: from a day before, for 20 years */
	int64_t issued_s;  /* CRLs, TCB info and QE identity: from here ... */
	int64_t valid_s;   /* ... for so long */
	enum tcb_status tcb_status; /* what the TCB info says of the platform */
	bool revoke_pck;            /* the PCK CRL names the PCK certificate */
};

/* What a platform and its verifiers need, all public. */
struct pki {
	char root_pem[PKI_PEM_CAP / 4];
	struct slice root;
	char pck_chain_pem[PKI_PEM_CAP]; /* leaf, platform CA, root */
	struct slice pck_chain;
	char bundle[PKI_BUNDLE_CAP]; /* collateral, one JSON file */
	struct slice collateral;
};

/* Issues everything. The slices of *out point into *out: do not copy it.
 * Errors: ERR_SPACE, ERR_VALUE (times before 1971 or after 2400). */
MUST_CHECK enum err pki_issue(const struct pki_keys *keys,
			      const struct pki_spec *spec, struct pki *out);
#endif
