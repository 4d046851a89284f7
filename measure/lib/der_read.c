#include "measure/lib/der_read.h"

#include <string.h>

#include "lib/digest.h"
#include "lib/text.h"
#include "measure/lib/ecdsa.h"

struct rd der_enter(struct rd *r, uint8_t tag)
{
	struct rd in = rd_over(der_take(r, tag));

	in.err = r->err;
	return in;
}

struct slice der_element(struct rd *r, uint8_t tag)
{
	const uint8_t *start = r->p;

	(void)der_take(r, tag);
	if (r->err != ERR_OK)
		return (struct slice){ NULL, 0 };
	return (struct slice){ start, (size_t)(r->p - start) };
}

void der_leave(struct rd *outer, const struct rd *inner)
{
	enum err e = rd_end(inner);

	if (e != ERR_OK)
		rd_fail(outer, e);
}

/* X.690 8.3.2: the first nine bits are neither all zero nor all one; and here
 * no number is negative. */
static bool minimal_unsigned(struct slice v)
{
	if (v.len == 0 || (v.ptr[0] & 0x80) != 0)
		return false;
	return v.len == 1 || v.ptr[0] != 0 || (v.ptr[1] & 0x80) != 0;
}

uint32_t der_uint(struct rd *r, uint8_t tag, uint32_t max)
{
	struct slice v = der_take(r, tag);
	uint64_t n = 0;

	if (r->err != ERR_OK)
		return 0;
	if (!minimal_unsigned(v) || v.len > 5) {
		rd_fail(r, ERR_VALUE);
		return 0;
	}
	for (size_t i = 0; i < v.len; i++)
		n = n << 8 | v.ptr[i];
	if (n > max) {
		rd_fail(r, ERR_VALUE);
		return 0;
	}
	return (uint32_t)n;
}

struct slice der_serial(struct rd *r, size_t max)
{
	struct slice v = der_take(r, DER_INTEGER);
	bool zero = v.len == 1 && v.ptr[0] == 0;

	if (r->err != ERR_OK)
		return v;
	if (!minimal_unsigned(v) || zero || v.len > max + (v.ptr[0] == 0)) {
		rd_fail(r, ERR_VALUE);
		return (struct slice){ NULL, 0 };
	}
	return v;
}

bool der_flag(struct rd *r)
{
	struct slice v;

	if (!der_has(r, DER_BOOLEAN))
		return false;
	v = der_take(r, DER_BOOLEAN);
	if (r->err == ERR_OK && (v.len != 1 || v.ptr[0] != 0xff))
		rd_fail(r, ERR_VALUE);
	return r->err == ERR_OK;
}

struct slice der_bits(struct rd *r)
{
	struct slice v = der_take(r, DER_BIT_STRING);

	if (r->err != ERR_OK)
		return v;
	if (v.len == 0 || v.ptr[0] != 0) {
		rd_fail(r, ERR_VALUE);
		return (struct slice){ NULL, 0 };
	}
	return (struct slice){ v.ptr + 1, v.len - 1 };
}

int64_t der_time(struct rd *r)
{
	bool utc = der_has(r, DER_UTC_TIME);
	struct slice v = der_take(r, utc ? DER_UTC_TIME : DER_TIME);
	/* Where each digit of the RFC 3339 form comes from. */
	char text[] = "20YY-MM-DDTHH:MM:SSZ";
	const uint8_t *p = v.ptr;
	int64_t ms = 0;

	if (r->err != ERR_OK)
		return 0;
	if (v.len != (utc ? 13u : 15u) || p[v.len - 1] != 'Z') {
		rd_fail(r, ERR_VALUE);
		return 0;
	}
	if (!utc) {
		memcpy(text, p, 2);
		p += 2;
	} else if (p[0] >= '5') {
		memcpy(text, "19", 2);
	}
	for (size_t i = 2; text[i] != 'Z'; i++)
		if (text[i] >= 'A' && text[i] <= 'Z' && text[i] != 'T')
			text[i] = (char)*p++;
	if (rfc3339_parse(str_slice(text), &ms) != ERR_OK ||
	    (!utc && memcmp(text, "2050", 4) < 0)) {
		rd_fail(r, ERR_VALUE);
		return 0;
	}
	return ms / 1000;
}

void der_ecdsa_sha256(struct rd *r)
{
	static const uint8_t oid[] = { 0x2a, 0x86, 0x48, 0xce,
				       0x3d, 0x04, 0x03, 0x02 };
	struct rd alg = der_enter(r, DER_SEQUENCE);
	struct slice got = der_take(&alg, DER_OID);

	der_leave(r, &alg);
	if (r->err == ERR_OK &&
	    !slice_eq(got, (struct slice){ oid, sizeof oid }))
		rd_fail(r, ERR_UNSUPP);
}

enum err der_signed(struct slice der, struct slice *tbs,
		    struct slice *algorithm, struct slice *signature)
{
	struct rd whole = rd_over(der);
	struct rd r = der_enter(&whole, DER_SEQUENCE);
	struct slice t = der_element(&r, DER_SEQUENCE);
	struct slice a = der_element(&r, DER_SEQUENCE);
	struct slice s = der_bits(&r);
	enum err e;

	der_leave(&whole, &r);
	e = rd_end(&whole);
	if (e != ERR_OK)
		return e;
	*tbs = t;
	*algorithm = a;
	*signature = s;
	return ERR_OK;
}

enum err der_signed_by(struct slice tbs, struct slice signature,
		       const uint8_t pub[static P256_PUB_LEN])
{
	uint8_t digest[SHA256_LEN];

	sha256(tbs, digest);
	return ecdsa_verify_der(pub, digest, sizeof digest, signature);
}

void der_oid_once(struct rd *r, struct der_oids *seen, struct slice oid)
{
	if (r->err != ERR_OK)
		return;
	for (size_t i = 0; i < seen->n; i++)
		if (slice_eq(seen->at[i], oid)) {
			rd_fail(r, ERR_DUPLICATE);
			return;
		}
	if (seen->n == DER_MAX_EXTENSIONS)
		rd_fail(r, ERR_LIMIT);
	else
		seen->at[seen->n++] = oid;
}
