/* dsse.h - signed envelopes: the Dead Simple Signing Envelope, in JSON, with
 * ECDSA P-256 over SHA-256. What is signed is the pre-authentication encoding
 *
 *   PAE = "DSSEv1" SP LEN(type) SP type SP LEN(payload) SP payload
 *
 * with lengths in decimal, so a payload of one type cannot pass for another.
 * A signature is an Ecdsa-Sig-Value in DER, as other implementations write and
 * read it; keyid is the SHA-256 of the key's SubjectPublicKeyInfo in hex. Here
 * it says which signature to look at first, and decides nothing.
 * Source: github.com/secure-systems-lab/dsse, protocol.md and envelope.md,
 * version 1.0. */
#ifndef MEASURE_LIB_DSSE_H
#define MEASURE_LIB_DSSE_H

#include "lib/digest.h"
#include "lib/json.h"
#include "lib/p256.h"

enum {
	DSSE_MAX_SIGNATURES = 8,
	DSSE_MAX_PAYLOAD = (1 << 20) + 4096,
	DSSE_MAX_BYTES = 2 << 20, /* the envelope */
	/* for dsse_parse, of an envelope of that size */
	DSSE_ARENA = 2 * DSSE_MAX_BYTES + DSSE_MAX_PAYLOAD + (1 << 20),
	DSSE_MAX_DER = 72, /* an Ecdsa-Sig-Value */
	DSSE_SPKI_LEN = 91,
	DSSE_KEYID_LEN = 64,
	DSSE_MAX_PEM = 4096,
};

/* Slices lie in the arena that it was parsed with. */
struct dsse {
	struct slice payload_type;
	struct slice payload; /* decoded */
	size_t n;
	struct {
		struct slice keyid; /* empty when there is none */
		uint8_t der[DSSE_MAX_DER];
		size_t der_len;
	} sig[DSSE_MAX_SIGNATURES];
};

/* SHA-256 of the pre-authentication encoding. */
void dsse_pae_sha256(struct slice payload_type, struct slice payload,
		     uint8_t out[static SHA256_LEN]);

/* Writes an envelope with one signature: canonical JSON and a newline. Signing
 * is deterministic (RFC 6979). ERR_SPACE; ERR_VALUE: k is no key. */
MUST_CHECK enum err dsse_sign(const struct p256_key *k,
			      const char *payload_type, struct slice payload,
			      struct wr *out);

/* Reads an envelope. Members that are not known are passed over, as the
 * protocol wants it: none of them is signed or used. Both alphabets of base64
 * are taken. A signature that is longer than an Ecdsa-Sig-Value of P-256 is
 * another scheme's, and kept empty. Errors: json_parse's, ERR_MISSING,
 * ERR_VALUE, ERR_LIMIT (size, signatures). */
MUST_CHECK enum err dsse_parse(struct arena *a, struct slice in,
			       struct dsse *out);

/* ERR_OK when one of the signatures is this key's; else ERR_SIGNATURE. */
MUST_CHECK enum err dsse_verify(const struct dsse *d,
				const uint8_t pub[static P256_PUB_LEN]);

/* The SubjectPublicKeyInfo of a key in DER (RFC 5480), and the hex SHA-256 of
 * it, with a NUL. */
void dsse_spki(const uint8_t pub[static P256_PUB_LEN],
	       uint8_t out[static DSSE_SPKI_LEN]);
void dsse_keyid(const uint8_t pub[static P256_PUB_LEN],
		char out[static DSSE_KEYID_LEN + 1]);

/* A public key in PEM: "PUBLIC KEY". A private one: "PRIVATE KEY" (PKCS #8,
 * RFC 5958) or "EC PRIVATE KEY" (RFC 5915), not encrypted; wipe *out when done.
 * ERR_MISSING there is no such block; ERR_UNSUPP another kind of key;
 * ERR_VALUE. */
MUST_CHECK enum err dsse_public_pem(struct slice pem,
				    uint8_t pub[static P256_PUB_LEN]);
MUST_CHECK enum err dsse_private_pem(struct slice pem, struct p256_key *out);
#endif
