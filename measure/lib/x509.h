/* x509.h - the certificates of Intel's PCK hierarchy, read strictly: version 3,
 * P-256, ecdsa-with-SHA256, every extension known or not critical. The form is
 * read apart from key and algorithm; rsa_cert.h adds RSA.
 * Source: RFC 5280; Intel SGX PCK Certificate and CRL Profile 1.5. */
#ifndef MEASURE_LIB_X509_H
#define MEASURE_LIB_X509_H

#include "lib/p256.h"

enum {
	X509_MAX_DER = 2048, /* bytes; Intel's are under 1,300 */
	X509_MAX_SERIAL = 20,
};

/* Slices point into the DER. */
struct x509 {
	struct slice der;
	struct slice tbs;             /* the signed bytes, header included */
	struct slice algorithm;       /* AlgorithmIdentifier in DER */
	struct slice signature;       /* x509_parse: Ecdsa-Sig-Value in DER */
	struct slice serial;          /* INTEGER contents */
	struct slice issuer, subject; /* Names in DER */
	struct slice subject_cn;
	int64_t not_before_s, not_after_s;
	struct slice spki;         /* SubjectPublicKeyInfo in DER */
	uint8_t pub[P256_PUB_LEN]; /* zeros after x509_read */
	bool is_ca;
	bool has_path_len;
	uint8_t path_len;
	uint16_t key_usage;   /* X509_KU_ bits */
	struct slice sgx_ext; /* value of 1.2.840.113741.1.13.1, or empty */
};

enum {
	X509_KU_SIGN = 1 << 0,
	X509_KU_NON_REPUDIATION = 1 << 1,
	X509_KU_CERT_SIGN = 1 << 5,
	X509_KU_CRL_SIGN = 1 << 6,
};

/* Parses exactly one certificate. *out is written only on ERR_OK.
 * Errors: ERR_TRUNC, ERR_EXTRA, ERR_VALUE form, and names with an attribute
 * that is empty or not printable ASCII; ERR_LIMIT size; ERR_UNSUPP another
 * algorithm, version or a critical extension that is not known; ERR_DUPLICATE
 * an extension twice; ERR_MISSING basicConstraints, keyUsage. */
MUST_CHECK enum err x509_parse(struct slice der, struct x509 *out);

/* The same for any key and algorithm: spki, algorithm and signature are only
 * delimited. The algorithm inside the signed bytes is the one outside (RFC 5280
 * 4.1.1.2); ERR_UNSUPP when it is not. */
MUST_CHECK enum err x509_read(struct slice der, struct x509 *out);

/* ERR_SIGNATURE unless cert is signed by the key `pub`. */
MUST_CHECK enum err x509_signed_by(const struct x509 *cert,
				   const uint8_t pub[static P256_PUB_LEN]);

/* Takes a PEM chain of exactly n certificates apart. Between and around the
 * blocks only line breaks may stand, and NULs at the very end.
 * store holds the DER, n * X509_MAX_DER bytes, and must live as long as out;
 * both are written in part on failure.
 * Errors: ERR_MISSING too few, ERR_EXTRA too many, ERR_VALUE, x509_parse's. */
MUST_CHECK enum err x509_chain_parse(struct slice pem, size_t n, uint8_t *store,
				     struct x509 *out);
#endif
