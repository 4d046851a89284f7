/* pki_parts.h - what pki.c is put together from. */
#ifndef HOST_VM_PKI_PARTS_H
#define HOST_VM_PKI_PARTS_H

#include "host-launcher/vm/pki.h"

/* The extension 1.2.840.113741.1.13.1 of the PCK certificate, as one element
 * of Extensions: identity and TCB of the simulated platform. */
void pki_sgx_extension(struct wr *w);

struct crl_spec {
	struct slice issuer; /* Name in DER, the issuer's subject */
	const struct p256_key *signer;
	int64_t this_update_s, next_update_s;
	uint8_t number;       /* below 128 */
	struct slice revoked; /* one serial's INTEGER contents, or empty */
};

/* A CRL, version 2, with CRL number and authority key identifier. */
MUST_CHECK enum err pki_crl(const struct crl_spec *spec, struct wr *out);

/* The JSON texts that the TCB signing key signs. */
void pki_tcb_info(const struct pki_spec *spec, struct wr *w);
void pki_qe_identity(const struct pki_spec *spec, struct wr *w);
#endif
