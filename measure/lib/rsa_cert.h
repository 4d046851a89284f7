/* rsa_cert.h - certificates whose key is RSA and that an RSA key signed, and
 * the CRLs of such issuers: what x509.h and crl.h demand of the form, and the
 * algorithm out of a closed list.
 * Source: RFC 5280; RFC 4055 (PSS, SHA-2); RFC 3279 (the key). */
#ifndef MEASURE_LIB_RSA_CERT_H
#define MEASURE_LIB_RSA_CERT_H

#include "measure/lib/crl.h"
#include "measure/lib/rsa.h"
#include "measure/lib/x509.h"

/* How a certificate is signed. PSS has MGF1 with the same hash and a salt as
 * long as it. */
struct rsa_scheme {
	bool pss; /* else PKCS1-v1_5 */
	enum rsa_hash hash;
};

/* Slices point into the DER. x.pub is not used. */
struct rsa_cert {
	struct x509 x;
	struct rsa_key key;
	struct rsa_scheme scheme;
};

/* Parses exactly one certificate. Errors: x509_read's, rsa_key_read's;
 * ERR_UNSUPP an algorithm that is none of RSASSA-PSS and PKCS1-v1_5 with
 * SHA-256, SHA-384, SHA-512, each in the one encoding that has every NULL. */
MUST_CHECK enum err rsa_cert_parse(struct slice der, struct rsa_cert *out);

/* ERR_SIGNATURE unless that key signed the certificate. */
MUST_CHECK enum err rsa_cert_signed_by(const struct rsa_cert *c,
				       const struct rsa_key *issuer);

struct rsa_crl {
	struct crl c;
	struct rsa_scheme scheme;
};

/* Parses exactly one CRL. Errors: crl_read's; ERR_UNSUPP the algorithm. */
MUST_CHECK enum err rsa_crl_parse(struct slice der, struct rsa_crl *out);

MUST_CHECK enum err rsa_crl_signed_by(const struct rsa_crl *c,
				      const struct rsa_key *issuer);
#endif
