/* collateral.h - what Intel says about a platform and its quoting enclave, at
 * some time, as one JSON file (the layout that dcap-qvl writes):
 *
 *   tcb_info, qe_identity                   JSON texts, the bytes signed
 *   tcb_info_signature, qe_identity_signature        hex, r || s
 *   tcb_info_issuer_chain, qe_identity_issuer_chain  PEM: TCB signing, root
 *   pck_crl, root_ca_crl                             hex of DER
 *   pck_crl_issuer_chain                             PEM: PCK CA, root
 *
 * Other members are refused, but for "pck_certificate_chain", which is ignored:
 * the chain that counts is the one inside the quote. */
#ifndef MEASURE_LIB_COLLATERAL_H
#define MEASURE_LIB_COLLATERAL_H

#include "lib/json.h"
#include "lib/reason.h"
#include "measure/lib/crl.h"
#include "measure/lib/tcb.h"
#include "measure/lib/x509.h"

enum {
	COLLATERAL_MAX_BYTES = 512 * 1024,        /* the file */
	COLLATERAL_ARENA_BYTES = 8 * 1024 * 1024, /* Intel's take a tenth */
};

/* One signed document of the collateral. */
struct collateral_item {
	uint8_t sha256[SHA256_LEN];      /* of the bytes that are signed */
	int64_t issued_s, next_update_s; /* a CRL's thisUpdate, nextUpdate */
};

/* Which collateral a verdict rests on, to be kept when it is gone. */
struct collateral_used {
	bool known;
	/* A CRL's digest is that of its whole DER, signature included. */
	struct collateral_item tcb_info, qe_identity, pck_crl, root_crl;
	uint32_t tcb_info_number, qe_identity_number; /* evaluation data */
	/* SHA-256 of certificates in DER */
	uint8_t tcb_signer_sha256[SHA256_LEN], qe_signer_sha256[SHA256_LEN];
	uint8_t pck_ca_sha256[SHA256_LEN], root_sha256[SHA256_LEN];
};

/* A chain of two: the signer, then the root. */
struct issuer {
	struct x509 cert, root;
};

/* Parsed, and authenticated or not: see collateral_authenticate. Slices and
 * tables live in the arena it was parsed into. */
struct collateral {
	struct slice tcb_info_text, qe_identity_text;
	uint8_t tcb_info_sig[P256_SIG_LEN], qe_identity_sig[P256_SIG_LEN];
	struct issuer tcb_issuer, qe_issuer, pck_ca;
	struct crl pck_crl, root_crl;
	struct tcb_info tcb_info;
	struct qe_identity qe_identity;
	struct collateral_used used; /* by collateral_authenticate */
	/* Result of collateral_authenticate, REASON_INTERNAL before it ran. */
	enum reason signatures;
	const char *signatures_what; /* what is wrong, static, or "" */
};

/* Parses a bundle. No signature is checked yet.
 * a       scratch and result; COLLATERAL_ARENA_BYTES is enough for
 *         any file that is not made to be dear (lib/json.h): ERR_SPACE.
 * out     written only on ERR_OK; valid as long as the arena is not reused.
 * what    names the member that is wrong, "" when the document is; static.
 * Errors  ERR_LIMIT, json_parse's, ERR_MISSING, ERR_UNKNOWN, ERR_VALUE, those
 *         of x509_chain_parse, crl_parse, tcb_info_parse. */
MUST_CHECK enum err collateral_parse(struct arena *a, struct slice in,
				     struct collateral *out, const char **what);

/* Checks all that does not depend on the time or the quote, once: chains of the
 * issuers up to the root they name (whose self-signature is checked; that it is
 * a root to be trusted is verify_quote's business), names, key usages,
 * revocation, and the signatures over CRLs, TCB info and QE identity. Seven to
 * ten P-256 verifications; verify_quote then needs three or less. Fills c->used
 * as well, whatever the result. */
void collateral_authenticate(struct collateral *c);

/* NULL when the certificate may stand at the end of a PCK chain: a CA that can
 * have a CA under it, may sign certificates and CRLs, names itself and signs
 * itself. Else what is wrong, static. Whose key it is is not looked at. */
const char *collateral_root_wrong(const struct x509 *root);
#endif
