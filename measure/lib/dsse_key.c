/* dsse_key.c - the keys of envelopes, as other tools keep them. */
#include <string.h>

#include "lib/cert.h"
#include "lib/der.h"
#include "lib/text.h"
#include "measure/lib/dsse.h"

/* AlgorithmIdentifier { id-ecPublicKey, prime256v1 } (RFC 5480, 2.1.1) */
static const uint8_t algorithm[] = { 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
				     0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
				     0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };

void dsse_spki(const uint8_t pub[static P256_PUB_LEN],
	       uint8_t out[static DSSE_SPKI_LEN])
{
	static const uint8_t bits[] = { 0x03, 0x42, 0x00 };
	struct wr w = wr_over(out, DSSE_SPKI_LEN);

	wr_u8(&w, DER_SEQUENCE);
	wr_u8(&w, DSSE_SPKI_LEN - 2);
	wr_bytes(&w, (struct slice){ algorithm, sizeof algorithm });
	wr_bytes(&w, (struct slice){ bits, sizeof bits });
	wr_bytes(&w, (struct slice){ pub, P256_PUB_LEN });
}

void dsse_keyid(const uint8_t pub[static P256_PUB_LEN],
		char out[static DSSE_KEYID_LEN + 1])
{
	uint8_t spki[DSSE_SPKI_LEN], digest[SHA256_LEN];

	dsse_spki(pub, spki);
	sha256((struct slice){ spki, sizeof spki }, digest);
	hex_encode((struct slice){ digest, sizeof digest }, out);
}

enum err dsse_public_pem(struct slice pem, uint8_t pub[static P256_PUB_LEN])
{
	uint8_t der[DSSE_MAX_PEM], again[DSSE_SPKI_LEN];
	struct wr w = wr_over(der, sizeof der);
	enum err e = pem_read(pem, "PUBLIC KEY", &w);
	const uint8_t *point;

	if (e != ERR_OK)
		return e;
	/* DER has one form for a key of this kind, so it is written anew */
	if (wr_slice(&w).len != DSSE_SPKI_LEN)
		return ERR_UNSUPP;
	point = der + DSSE_SPKI_LEN - P256_PUB_LEN;
	dsse_spki(point, again);
	if (!ct_eq(again, der, sizeof again) || point[0] != 4)
		return ERR_UNSUPP;
	memcpy(pub, point, P256_PUB_LEN);
	return ERR_OK;
}

/* PrivateKeyInfo: version, algorithm, the key as an OCTET STRING, and what may
 * follow: attributes and, in version 2, the public key. */
static enum err pkcs8_read(struct slice der, struct p256_key *out)
{
	struct rd outer = rd_over(der);
	struct rd r = rd_over(der_take(&outer, DER_SEQUENCE));
	struct slice version = der_take(&r, DER_INTEGER);
	struct slice kind = der_take(&r, DER_SEQUENCE);
	struct slice key = der_take(&r, DER_OCTET_STRING);

	if (rd_end(&outer) != ERR_OK || r.err != ERR_OK || version.len != 1 ||
	    version.ptr[0] > 1)
		return ERR_VALUE;
	if (!slice_eq(kind,
		      (struct slice){ algorithm + 2, sizeof algorithm - 2 }))
		return ERR_UNSUPP;
	return p256_key_read(key, out);
}

enum err dsse_private_pem(struct slice pem, struct p256_key *out)
{
	uint8_t der[DSSE_MAX_PEM];
	struct wr w = wr_over(der, sizeof der);
	enum err e = pem_read(pem, "PRIVATE KEY", &w);

	if (e == ERR_OK) {
		e = pkcs8_read(wr_slice(&w), out);
	} else if (e == ERR_MISSING) {
		w = wr_over(der, sizeof der);
		e = pem_read(pem, "EC PRIVATE KEY", &w);
		if (e == ERR_OK)
			e = p256_key_read(wr_slice(&w), out);
	}
	wipe(der, sizeof der);
	return e;
}
