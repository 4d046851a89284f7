/* cert.h - writes X.509 certificates for P-256 keys, PEM, and reads the few
 * things of a peer's certificate that TLS needs here. Source: RFC 5280. */
#ifndef GUEST_LIB_CERT_H
#define GUEST_LIB_CERT_H

#include "lib/p256.h"

struct cert_spec {
	const char *subject_cn;
	const char *issuer_cn;
	const char *org; /* O= of both names, after CN=; NULL leaves it out */
	const uint8_t *subject_pub; /* P256_PUB_LEN */
	const struct p256_key *signer;
	int64_t not_before, not_after; /* Unix seconds */
	uint8_t serial[16];            /* positive, not zero */
	bool is_ca;
	int path_len;            /* for a CA; -1 leaves it out */
	const char *const *dns;  /* NULL-terminated SAN names, or NULL */
	const char *const *ipv4; /* NULL-terminated dotted quads, or NULL */
	struct slice extra;      /* further DER extensions, may be empty */
	const char *crl_url;     /* CRL distribution point, or NULL */
};

/* Writes the DER certificate, signed ecdsa-with-SHA256: v3, with critical
 * basicConstraints and keyUsage (CA: keyCertSign, cRLSign; leaf:
 * digitalSignature), key identifiers, SAN and CRL distribution point.
 * ERR_VALUE: a name, address, URL, serial, time or path length that does not
 * fit its field; ERR_SPACE. */
MUST_CHECK enum err cert_write(const struct cert_spec *spec, struct wr *out);

/* The rest of any X.509 SIGNED structure (certificate, CRL): algorithm and
 * signature over what out holds from offset `tbs` on. Errors go to out. */
void cert_sign(struct wr *out, size_t tbs, const struct p256_key *signer);

/* PEM (RFC 7468) with the given label ("CERTIFICATE", "EC PRIVATE KEY", ...).
 */
void pem_write(struct wr *w, const char *label, struct slice der);

/* The first block with that label; text and other blocks before it are skipped.
 * Lines hold whole groups of four characters, end in LF or CR LF and are not
 * empty. ERR_MISSING, ERR_VALUE, ERR_SPACE: der is as it was before. */
MUST_CHECK enum err pem_read(struct slice pem, const char *label,
			     struct wr *der);

/* SEC 1 ECPrivateKey (RFC 5915) in DER, for key files on the host. Reading
 * refuses a curve that is not P-256 (ERR_UNSUPP) and a public key that is not
 * the one of the private key (ERR_VALUE). */
MUST_CHECK enum err p256_key_write(const struct p256_key *k, struct wr *der);
MUST_CHECK enum err p256_key_read(struct slice der, struct p256_key *k);

/* Subject public key of a certificate. ERR_UNSUPP when it is not P-256,
 * ERR_VALUE when it is no certificate. The signature is not looked at. */
MUST_CHECK enum err cert_p256_pub(struct slice der,
				  uint8_t pub[static P256_PUB_LEN]);
#endif
