#include "lib/cert.h"

#include <string.h>

#include "lib/der.h"
#include "lib/digest.h"
#include "lib/text.h"

/* Contents of the object identifiers used here. */
#define OID(...)                                                               \
	((struct slice){ (const uint8_t[]){ __VA_ARGS__ },                     \
			 sizeof((const uint8_t[]){ __VA_ARGS__ }) })
#define OID_CN           OID(0x55, 0x04, 0x03)
#define OID_ORG          OID(0x55, 0x04, 0x0a)
#define OID_SKI          OID(0x55, 0x1d, 0x0e)
#define OID_KEY_USAGE    OID(0x55, 0x1d, 0x0f)
#define OID_SAN          OID(0x55, 0x1d, 0x11)
#define OID_BASIC        OID(0x55, 0x1d, 0x13)
#define OID_CRL_DP       OID(0x55, 0x1d, 0x1f)
#define OID_AKI          OID(0x55, 0x1d, 0x23)
#define OID_EC_KEY       OID(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01)
#define OID_P256         OID(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07)
#define OID_ECDSA_SHA256 OID(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02)

enum {
	NAME_MAX_LEN = 64, /* ub-common-name and the like, RFC 5280 A.1 */
	KEY_ID_LEN = 20,
};

static void put_algorithm(struct wr *w)
{
	size_t e = der_open(w, DER_SEQUENCE);

	der_put(w, DER_OID, OID_ECDSA_SHA256);
	der_close(w, e);
}

/* A set of one attribute. */
static void put_attribute(struct wr *w, struct slice oid, const char *value)
{
	size_t set = der_open(w, DER_SET);
	size_t attribute = der_open(w, DER_SEQUENCE);

	if (strlen(value) == 0 || strlen(value) > NAME_MAX_LEN)
		wr_fail(w, ERR_VALUE);
	der_put(w, DER_OID, oid);
	der_put(w, DER_UTF8, str_slice(value));
	der_close(w, attribute);
	der_close(w, set);
}

static void put_name(struct wr *w, const char *cn, const char *org)
{
	size_t e = der_open(w, DER_SEQUENCE);

	put_attribute(w, OID_CN, cn);
	if (org != NULL)
		put_attribute(w, OID_ORG, org);
	der_close(w, e);
}

static void put_validity(struct wr *w, const struct cert_spec *s)
{
	size_t e = der_open(w, DER_SEQUENCE);

	if (s->not_after < s->not_before)
		wr_fail(w, ERR_VALUE);
	der_put_time(w, s->not_before);
	der_put_time(w, s->not_after);
	der_close(w, e);
}

static void put_key(struct wr *w, const uint8_t *pub)
{
	size_t e = der_open(w, DER_SEQUENCE);
	size_t algorithm = der_open(w, DER_SEQUENCE);

	der_put(w, DER_OID, OID_EC_KEY);
	der_put(w, DER_OID, OID_P256);
	der_close(w, algorithm);
	der_put_bits(w, (struct slice){ pub, P256_PUB_LEN });
	der_close(w, e);
}

/* ---- extensions ---- */

struct extension {
	size_t whole, value;
};

static struct extension open_extension(struct wr *w, struct slice oid,
				       bool critical)
{
	struct extension x = { .whole = der_open(w, DER_SEQUENCE) };

	der_put(w, DER_OID, oid);
	if (critical)
		der_put(w, DER_BOOLEAN,
			(struct slice){ (const uint8_t *)"\xff", 1 });
	x.value = der_open(w, DER_OCTET_STRING);
	return x;
}

static void close_extension(struct wr *w, struct extension x)
{
	der_close(w, x.value);
	der_close(w, x.whole);
}

static void put_basic_constraints(struct wr *w, const struct cert_spec *s)
{
	struct extension x = open_extension(w, OID_BASIC, true);
	size_t e = der_open(w, DER_SEQUENCE);

	if (s->is_ca)
		der_put(w, DER_BOOLEAN,
			(struct slice){ (const uint8_t *)"\xff", 1 });
	if (s->is_ca && s->path_len >= 0)
		der_put_small(w, (uint8_t)s->path_len);
	if (s->path_len > 255)
		wr_fail(w, ERR_VALUE);
	der_close(w, e);
	close_extension(w, x);
}

/* The first byte counts the unused bits at the end of the second: a CA has
 * keyCertSign (5) and cRLSign (6), a leaf digitalSignature (0). */
static void put_key_usage(struct wr *w, bool is_ca)
{
	struct extension x = open_extension(w, OID_KEY_USAGE, true);
	const char *bits = is_ca ? "\x01\x06" : "\x07\x80";

	der_put(w, DER_BIT_STRING, (struct slice){ (const uint8_t *)bits, 2 });
	close_extension(w, x);
}

/* RFC 7093 section 2, method 1: the first 160 bits of the key's SHA-256. */
static void put_key_id(struct wr *w, struct slice oid, const uint8_t *pub)
{
	struct extension x = open_extension(w, oid, false);
	uint8_t id[SHA256_LEN];

	sha256((struct slice){ pub, P256_PUB_LEN }, id);
	if (slice_eq(oid, OID_SKI)) {
		der_put(w, DER_OCTET_STRING, (struct slice){ id, KEY_ID_LEN });
	} else {
		size_t e = der_open(w, DER_SEQUENCE);

		der_put(w, DER_CONTEXT | 0, (struct slice){ id, KEY_ID_LEN });
		der_close(w, e);
	}
	close_extension(w, x);
}

/* Visible ASCII, as a name or a URL in an IA5String must be here. */
static void put_ia5(struct wr *w, unsigned int tag, const char *s)
{
	for (const char *c = s; *c != '\0'; c++)
		if (*c <= ' ' || *c > '~')
			wr_fail(w, ERR_VALUE);
	if (*s == '\0')
		wr_fail(w, ERR_VALUE);
	der_put(w, tag, str_slice(s));
}

static void put_ipv4(struct wr *w, const char *quad)
{
	size_t e = der_open(w, DER_CONTEXT | 7);

	for (int i = 0; i < 4; i++) {
		size_t n = strcspn(quad, ".");
		struct slice part = { (const uint8_t *)quad, n };
		uint64_t v = 0;

		if (u64_parse(part, 255, &v) != ERR_OK ||
		    (quad[n] == '.') != (i < 3)) {
			wr_fail(w, ERR_VALUE);
			break;
		}
		wr_u8(w, (uint8_t)v);
		quad += n + 1;
	}
	der_close(w, e);
}

static void put_san(struct wr *w, const struct cert_spec *s)
{
	struct extension x;
	size_t e;

	if ((s->dns == NULL || *s->dns == NULL) &&
	    (s->ipv4 == NULL || *s->ipv4 == NULL))
		return;
	x = open_extension(w, OID_SAN, false);
	e = der_open(w, DER_SEQUENCE);
	for (const char *const *n = s->dns; n != NULL && *n != NULL; n++)
		put_ia5(w, DER_CONTEXT | 2, *n);
	for (const char *const *n = s->ipv4; n != NULL && *n != NULL; n++)
		put_ipv4(w, *n);
	der_close(w, e);
	close_extension(w, x);
}

static void put_crl_url(struct wr *w, const char *url)
{
	struct extension x = open_extension(w, OID_CRL_DP, false);
	size_t points = der_open(w, DER_SEQUENCE);
	size_t point = der_open(w, DER_SEQUENCE);
	size_t name = der_open(w, DER_CONTEXT_CONS | 0);
	size_t full = der_open(w, DER_CONTEXT_CONS | 0);

	put_ia5(w, DER_CONTEXT | 6, url);
	der_close(w, full);
	der_close(w, name);
	der_close(w, point);
	der_close(w, points);
	close_extension(w, x);
}

static void put_extensions(struct wr *w, const struct cert_spec *s)
{
	size_t outer = der_open(w, DER_CONTEXT_CONS | 3);
	size_t list = der_open(w, DER_SEQUENCE);

	put_basic_constraints(w, s);
	put_key_usage(w, s->is_ca);
	put_key_id(w, OID_SKI, s->subject_pub);
	put_key_id(w, OID_AKI, s->signer->pub);
	put_san(w, s);
	if (s->crl_url != NULL)
		put_crl_url(w, s->crl_url);
	wr_bytes(w, s->extra);
	der_close(w, list);
	der_close(w, outer);
}

/* ---- the certificate ---- */

static void put_tbs(struct wr *w, const struct cert_spec *s)
{
	static const uint8_t zero[sizeof s->serial];
	size_t tbs = der_open(w, DER_SEQUENCE);
	size_t version = der_open(w, DER_CONTEXT_CONS | 0);

	der_put_small(w, 2); /* v3 */
	der_close(w, version);
	if (memcmp(s->serial, zero, sizeof zero) == 0)
		wr_fail(w, ERR_VALUE);
	der_put_uint(w, (struct slice){ s->serial, sizeof s->serial });
	put_algorithm(w);
	put_name(w, s->issuer_cn, s->org);
	put_validity(w, s);
	put_name(w, s->subject_cn, s->org);
	put_key(w, s->subject_pub);
	put_extensions(w, s);
	der_close(w, tbs);
}

void cert_sign(struct wr *w, size_t tbs, const struct p256_key *signer)
{
	uint8_t digest[SHA256_LEN], sig[P256_SIG_LEN];
	size_t bits, seq;
	enum err e;

	if (w->err != ERR_OK)
		return;
	sha256((struct slice){ w->buf + tbs, w->len - tbs }, digest);
	e = p256_sign(signer, &br_sha256_vtable, digest, sig);
	if (e != ERR_OK) {
		wr_fail(w, e);
		return;
	}
	put_algorithm(w);
	bits = der_open(w, DER_BIT_STRING);
	wr_u8(w, 0);
	seq = der_open(w, DER_SEQUENCE);
	der_put_uint(w, (struct slice){ sig, 32 });
	der_put_uint(w, (struct slice){ sig + 32, 32 });
	der_close(w, seq);
	der_close(w, bits);
}

enum err cert_write(const struct cert_spec *spec, struct wr *out)
{
	size_t whole = der_open(out, DER_SEQUENCE);
	size_t tbs = out->len;

	put_tbs(out, spec);
	cert_sign(out, tbs, spec->signer);
	der_close(out, whole);
	return wr_end(out);
}

enum err cert_p256_pub(struct slice der, uint8_t pub[static P256_PUB_LEN])
{
	br_x509_decoder_context c;
	br_x509_pkey *key;

	br_x509_decoder_init(&c, NULL, NULL);
	br_x509_decoder_push(&c, der.ptr, der.len);
	key = br_x509_decoder_get_pkey(&c);
	if (key == NULL)
		return ERR_VALUE;
	if (key->key_type != BR_KEYTYPE_EC ||
	    key->key.ec.curve != BR_EC_secp256r1 ||
	    key->key.ec.qlen != P256_PUB_LEN || key->key.ec.q[0] != 4)
		return ERR_UNSUPP;
	memcpy(pub, key->key.ec.q, P256_PUB_LEN);
	return ERR_OK;
}

/* ---- private keys ---- */

enum err p256_key_write(const struct p256_key *k, struct wr *der)
{
	size_t seq = der_open(der, DER_SEQUENCE), e;

	der_put_small(der, 1);
	der_put(der, DER_OCTET_STRING,
		(struct slice){ k->priv, P256_PRIV_LEN });
	e = der_open(der, DER_CONTEXT_CONS | 0);
	der_put(der, DER_OID, OID_P256);
	der_close(der, e);
	e = der_open(der, DER_CONTEXT_CONS | 1);
	der_put_bits(der, (struct slice){ k->pub, P256_PUB_LEN });
	der_close(der, e);
	der_close(der, seq);
	return wr_end(der);
}

/* The two optional members, which must say what this key is. */
static enum err check_key_members(struct rd *r, const struct p256_key *k)
{
	if (der_has(r, DER_CONTEXT_CONS | 0)) {
		struct rd curve = rd_over(der_take(r, DER_CONTEXT_CONS | 0));

		if (!slice_eq(der_take(&curve, DER_OID), OID_P256))
			return ERR_UNSUPP;
		if (rd_end(&curve) != ERR_OK)
			return ERR_VALUE;
	}
	if (der_has(r, DER_CONTEXT_CONS | 1)) {
		struct rd pub = rd_over(der_take(r, DER_CONTEXT_CONS | 1));
		struct slice bits = der_take(&pub, DER_BIT_STRING);

		if (rd_end(&pub) != ERR_OK || bits.len != 1 + P256_PUB_LEN ||
		    bits.ptr[0] != 0 ||
		    !ct_eq(bits.ptr + 1, k->pub, P256_PUB_LEN))
			return ERR_VALUE;
	}
	return ERR_OK;
}

enum err p256_key_read(struct slice der, struct p256_key *k)
{
	struct rd outer = rd_over(der);
	struct rd r = rd_over(der_take(&outer, DER_SEQUENCE));
	struct slice version = der_take(&r, DER_INTEGER);
	struct slice priv = der_take(&r, DER_OCTET_STRING);
	struct p256_key key;
	enum err e = ERR_VALUE;

	if (rd_end(&outer) != ERR_OK || r.err != ERR_OK || version.len != 1 ||
	    version.ptr[0] != 1 || priv.len != P256_PRIV_LEN)
		return ERR_VALUE;
	e = p256_from_private(priv.ptr, &key);
	if (e == ERR_OK)
		e = check_key_members(&r, &key);
	if (e == ERR_OK && rd_end(&r) != ERR_OK)
		e = ERR_VALUE;
	if (e == ERR_OK)
		*k = key;
	wipe(&key, sizeof key);
	return e;
}
