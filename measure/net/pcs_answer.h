/* pcs_answer.h - what one answer of Intel's Provisioning Certification Service
 * (or of a PCCS, its cache) holds. Pure; nothing is believed yet: the parts are
 * judged together, as a bundle.
 *
 * document      body                                  issuer chain in the
 * header TCB info      {"tcbInfo":{...},"signature":"hex"}
 * TCB-Info-Issuer-Chain, or SGX-TCB-Info-Issuer-Chain QE identity
 * {"enclaveIdentity":{...},             SGX-Enclave-Identity-
 *                "signature":"hex"}                   Issuer-Chain
 * PCK CRL       DER; a PCCS: its hex                  SGX-PCK-CRL-Issuer-Chain
 * root CRL      the same                              none
 *
 * Headers hold PEM, percent-encoded. The inner objects are kept as the bytes
 * that stand there: those are signed.
 * Source: Intel PCS API documentation, version 4; PCCS of DCAP 1.23. */
#ifndef MEASURE_NET_PCS_ANSWER_H
#define MEASURE_NET_PCS_ANSWER_H

#include "lib/http1.h"
#include "measure/lib/collateral_write.h"

enum pcs_document {
	PCS_TCB_INFO,
	PCS_QE_IDENTITY,
	PCS_PCK_CRL,
	PCS_ROOT_CRL,
	PCS_DOCUMENTS
};

enum {
	PCS_MAX_BODY = 192 * 1024, /* so that two CRLs fit a bundle in hex */
	PCS_MAX_CHAIN = LIMIT_HTTP_HEAD_BYTES
};

/* "TCB info", and so on. */
const char *pcs_document_name(enum pcs_document d);

/* Fills in the members of *parts that this document brings, with copies in
 * keep; scratch is used and given back. res has status 200.
 * what    what is wrong, static, for people; written on failure only, and then
 * *parts is as it was. Errors: ERR_MISSING or ERR_DUPLICATE a header;
 * ERR_VALUE, ERR_UNKNOWN, ERR_EXTRA and json_parse's for what is not such an
 * answer; ERR_LIMIT; ERR_SPACE keep or scratch is full. */
MUST_CHECK enum err pcs_answer(enum pcs_document d, const struct http_msg *res,
			       struct arena *keep, struct arena *scratch,
			       struct collateral_parts *parts,
			       const char **what);

/* Percent-decoding (RFC 3986 2.1) of text: each escape whole, what comes out
 * printable ASCII or a line break. "+" is itself, as base64 has it. ERR_VALUE;
 * ERR_SPACE. */
MUST_CHECK enum err pcs_unescape(struct slice in, struct wr *out);
#endif
