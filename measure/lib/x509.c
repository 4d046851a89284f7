#include "measure/lib/x509.h"

#include <string.h>

#include "lib/digest.h"
#include "lib/text.h"
#include "measure/lib/der_read.h"

#define SLICE(a) ((struct slice){ (a), sizeof(a) })

/* SubjectPublicKeyInfo of an uncompressed P-256 point, up to its "04". */
static const uint8_t spki_p256[] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a,
				     0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
				     0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03,
				     0x01, 0x07, 0x03, 0x42, 0x00 };

static const uint8_t oid_cn[] = { 0x55, 0x04, 0x03 };

enum extension {
	EXT_BASIC_CONSTRAINTS,
	EXT_KEY_USAGE,
	EXT_SGX,
	EXT_SUBJECT_KEY_ID, /* this one and those below: known, not needed */
	EXT_AUTHORITY_KEY_ID,
	EXT_CRL_POINTS,
	EXT_COUNT
};

static const struct {
	uint8_t len, oid[9];
} extension_oid[EXT_COUNT] = {
	[EXT_BASIC_CONSTRAINTS] = { 3, { 0x55, 0x1d, 0x13 } },
	[EXT_KEY_USAGE] = { 3, { 0x55, 0x1d, 0x0f } },
	/* 1.2.840.113741.1.13.1 */
	[EXT_SGX] = { 9, { 0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 1, 13, 1 } },
	[EXT_SUBJECT_KEY_ID] = { 3, { 0x55, 0x1d, 0x0e } },
	[EXT_AUTHORITY_KEY_ID] = { 3, { 0x55, 0x1d, 0x23 } },
	[EXT_CRL_POINTS] = { 3, { 0x55, 0x1d, 0x1f } },
};

/* Names are printed, on terminals too, and compared as they are: one spelling,
 * nothing that moves a cursor. Those of Intel and Google are plain ASCII. */
static bool printable(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] < ' ' || s.ptr[i] > '~')
			return false;
	return s.len > 0;
}

/* The one commonName of a Name; every other attribute is of no interest, but
 * must be well formed. */
static struct slice name_cn(struct rd *outer, struct slice name)
{
	struct rd whole = rd_over(name);
	struct rd rdns = der_enter(&whole, DER_SEQUENCE);
	struct slice cn = { NULL, 0 };

	while (rdns.err == ERR_OK && rdns.left > 0) {
		struct rd set = der_enter(&rdns, DER_SET);
		struct rd attr = der_enter(&set, DER_SEQUENCE);
		struct slice oid = der_take(&attr, DER_OID);
		bool utf8 = der_has(&attr, DER_UTF8);
		struct slice v =
			der_take(&attr, utf8 ? DER_UTF8 : DER_PRINTABLE);

		der_leave(&set, &attr);
		der_leave(&rdns, &set);
		if (!printable(v))
			rd_fail(&rdns, ERR_VALUE);
		if (!slice_eq(oid, SLICE(oid_cn)))
			continue;
		if (cn.len > 0)
			rd_fail(&rdns, ERR_DUPLICATE);
		cn = v;
	}
	der_leave(outer, &rdns);
	return cn;
}

static void read_basic_constraints(struct rd *r, struct x509 *c)
{
	struct rd bc = der_enter(r, DER_SEQUENCE);

	c->is_ca = der_flag(&bc);
	if (c->is_ca && der_has(&bc, DER_INTEGER)) {
		c->has_path_len = true;
		c->path_len = (uint8_t)der_uint(&bc, DER_INTEGER, 255);
	}
	der_leave(r, &bc);
}

/* KeyUsage ::= BIT STRING, bit 0 first; the last byte's unused bits are zero,
 * and there is no empty last byte. */
static void read_key_usage(struct rd *r, struct x509 *c)
{
	struct slice v = der_take(r, DER_BIT_STRING);
	uint8_t unused;

	if (r->err != ERR_OK)
		return;
	if (v.len < 2 || v.len > 3 || v.ptr[0] > 7) {
		rd_fail(r, ERR_VALUE);
		return;
	}
	unused = v.ptr[0];
	if ((v.ptr[v.len - 1] & ((1u << unused) - 1)) != 0 ||
	    (v.ptr[v.len - 1] >> unused & 1) == 0) {
		rd_fail(r, ERR_VALUE);
		return;
	}
	for (unsigned bit = 0; bit < 8 * (v.len - 1); bit++)
		if ((v.ptr[1 + bit / 8] >> (7 - bit % 8) & 1) != 0)
			c->key_usage |= (uint16_t)(1u << bit);
}

static void read_extension(struct rd *r, struct x509 *c, struct der_oids *oids,
			   unsigned *seen)
{
	struct rd ext = der_enter(r, DER_SEQUENCE);
	struct slice oid = der_take(&ext, DER_OID);
	bool critical = der_flag(&ext);
	struct slice value = der_take(&ext, DER_OCTET_STRING);
	struct rd in = rd_over(value);
	unsigned id = 0;

	der_leave(r, &ext);
	der_oid_once(r, oids, oid);
	if (r->err != ERR_OK)
		return;
	while (id < EXT_COUNT &&
	       !slice_eq(oid, (struct slice){ extension_oid[id].oid,
					      extension_oid[id].len }))
		id++;
	if (id == EXT_COUNT) {
		if (critical)
			rd_fail(r, ERR_UNSUPP);
		return;
	}
	*seen |= 1u << id;
	if (id == EXT_SGX)
		c->sgx_ext = value;
	if (id == EXT_BASIC_CONSTRAINTS)
		read_basic_constraints(&in, c);
	else if (id == EXT_KEY_USAGE)
		read_key_usage(&in, c);
	else
		in.left = 0;
	der_leave(r, &in);
}

static void read_extensions(struct rd *r, struct x509 *c)
{
	const unsigned needed =
		1u << EXT_BASIC_CONSTRAINTS | 1u << EXT_KEY_USAGE;
	struct rd tagged = der_enter(r, DER_CONTEXT_CONS | 3);
	struct rd list = der_enter(&tagged, DER_SEQUENCE);
	struct der_oids oids = { 0 };
	unsigned seen = 0;

	while (list.err == ERR_OK && list.left > 0)
		read_extension(&list, c, &oids, &seen);
	der_leave(&tagged, &list);
	der_leave(r, &tagged);
	if ((seen & needed) != needed)
		rd_fail(r, ERR_MISSING);
}

static void read_tbs(struct rd *outer, struct x509 *c)
{
	struct rd whole = rd_over(c->tbs);
	struct rd r = der_enter(&whole, DER_SEQUENCE);
	struct rd version = der_enter(&r, DER_CONTEXT_CONS | 0);
	struct rd validity;

	if (der_uint(&version, DER_INTEGER, 2) != 2)
		rd_fail(&version, ERR_UNSUPP);
	der_leave(&r, &version);
	c->serial = der_serial(&r, X509_MAX_SERIAL);
	if (!slice_eq(der_element(&r, DER_SEQUENCE), c->algorithm))
		rd_fail(&r, ERR_UNSUPP);
	c->issuer = der_element(&r, DER_SEQUENCE);
	(void)name_cn(&r, c->issuer);
	validity = der_enter(&r, DER_SEQUENCE);
	c->not_before_s = der_time(&validity);
	c->not_after_s = der_time(&validity);
	der_leave(&r, &validity);
	c->subject = der_element(&r, DER_SEQUENCE);
	c->subject_cn = name_cn(&r, c->subject);
	c->spki = der_element(&r, DER_SEQUENCE);
	read_extensions(&r, c);
	der_leave(outer, &r);
}

enum err x509_read(struct slice der, struct x509 *out)
{
	struct x509 c = { .der = der };
	struct rd rest = { 0 };
	enum err e;

	if (der.len > X509_MAX_DER)
		return ERR_LIMIT;
	e = der_signed(der, &c.tbs, &c.algorithm, &c.signature);
	if (e != ERR_OK)
		return e;
	read_tbs(&rest, &c);
	e = rd_end(&rest);
	if (e != ERR_OK)
		return e;
	*out = c;
	return ERR_OK;
}

enum err x509_parse(struct slice der, struct x509 *out)
{
	const size_t head = sizeof spki_p256;
	struct x509 c;
	struct rd r;
	enum err e = x509_read(der, &c);

	if (e != ERR_OK)
		return e;
	r = rd_over(c.algorithm);
	der_ecdsa_sha256(&r);
	e = rd_end(&r);
	if (e != ERR_OK)
		return e;
	if (c.spki.len != head + P256_PUB_LEN ||
	    memcmp(c.spki.ptr, spki_p256, head) != 0 || c.spki.ptr[head] != 4)
		return ERR_UNSUPP;
	memcpy(c.pub, c.spki.ptr + head, P256_PUB_LEN);
	*out = c;
	return ERR_OK;
}

enum err x509_signed_by(const struct x509 *cert,
			const uint8_t pub[static P256_PUB_LEN])
{
	return der_signed_by(cert->tbs, cert->signature, pub);
}

#define PEM_BEGIN "-----BEGIN CERTIFICATE-----"
#define PEM_END   "-----END CERTIFICATE-----"

static void skip_breaks(struct rd *r)
{
	/* A failed reader no longer moves: without its error in the condition
	 * this would not end. */
	while (r->err == ERR_OK && r->left > 0 &&
	       (*r->p == '\n' || *r->p == '\r'))
		(void)rd_u8(r);
}

static void expect_text(struct rd *r, const char *text)
{
	if (!slice_is(rd_take(r, strlen(text)), text))
		rd_fail(r, ERR_VALUE);
}

/* What is left of a line of base64: up to its end, or to a '-'. */
static struct slice take_line(struct rd *r)
{
	size_t n = 0;

	while (n < r->left && r->p[n] != '\n' && r->p[n] != '\r' &&
	       r->p[n] != '-')
		n++;
	return rd_take(r, n);
}

/* One block: base64 lines up to the '-' of the end line. */
static void read_block(struct rd *r, struct wr *der)
{
	uint8_t b64[(X509_MAX_DER + 2) / 3 * 4];
	struct wr text = wr_over(b64, sizeof b64);
	enum err e;

	expect_text(r, PEM_BEGIN);
	skip_breaks(r);
	while (r->err == ERR_OK && r->left > 0 && *r->p != '-') {
		wr_bytes(&text, take_line(r));
		skip_breaks(r);
	}
	expect_text(r, PEM_END);
	skip_breaks(r);
	if (wr_end(&text) != ERR_OK)
		rd_fail(r, ERR_LIMIT);
	if (r->err != ERR_OK)
		return;
	e = b64_decode(wr_slice(&text), der);
	if (e != ERR_OK)
		rd_fail(r, e);
}

enum err x509_chain_parse(struct slice pem, size_t n, uint8_t *store,
			  struct x509 *out)
{
	struct rd r = rd_over(pem);

	skip_breaks(&r);
	for (size_t i = 0; i < n; i++) {
		struct wr der = wr_over(store + i * X509_MAX_DER, X509_MAX_DER);
		enum err e;

		if (r.err == ERR_OK && (r.left == 0 || *r.p == 0))
			return ERR_MISSING;
		read_block(&r, &der);
		if (r.err != ERR_OK)
			return r.err;
		e = x509_parse(wr_slice(&der), &out[i]);
		if (e != ERR_OK)
			return e;
	}
	while (r.err == ERR_OK && r.left > 0 && *r.p == 0)
		(void)rd_u8(&r);
	return rd_end(&r);
}
