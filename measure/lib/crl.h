/* crl.h - certificate revocation lists, version 2. BearSSL has none. The form
 * is read apart from the algorithm, which is P-256 here; rsa_cert.h adds RSA.
 * Source: RFC 5280 section 5; Intel SGX PCK Certificate and CRL Profile. */
#ifndef MEASURE_LIB_CRL_H
#define MEASURE_LIB_CRL_H

#include "lib/p256.h"

/* Slices point into the DER. */
struct crl {
	struct slice der;
	struct slice tbs, signature;
	struct slice algorithm; /* AlgorithmIdentifier in DER */
	struct slice issuer;    /* Name in DER */
	int64_t this_update_s, next_update_s;
	struct slice number; /* INTEGER contents of crlNumber, or empty */
	/* entries of revokedCertificates, checked; or empty */
	struct slice revoked;
};

/* Parses exactly one CRL, all of its entries included. *out is written only on
 * ERR_OK. Errors: ERR_TRUNC, ERR_EXTRA, ERR_VALUE, ERR_UNSUPP. */
MUST_CHECK enum err crl_parse(struct slice der, struct crl *out);

/* The same for any algorithm: it and the signature are only delimited, and the
 * one inside the signed bytes is the one outside; ERR_UNSUPP when it is not. */
MUST_CHECK enum err crl_read(struct slice der, struct crl *out);

MUST_CHECK enum err crl_signed_by(const struct crl *crl,
				  const uint8_t pub[static P256_PUB_LEN]);

/* serial: INTEGER contents, as in struct x509. */
bool crl_revokes(const struct crl *crl, struct slice serial);

/* How many certificates it names. */
size_t crl_count(const struct crl *crl);
#endif
