#include "measure/lib/crl.h"

#include <string.h>

#include "measure/lib/der_read.h"
#include "measure/lib/x509.h"

/* Extensions that may be critical: CRL number, authority key id, reason code.
 * Any other critical one (delta, distribution point) narrows what the list
 * covers, so it is refused: RFC 5280 5.2. */
static const uint8_t known_oid[][3] = {
	{ 0x55, 0x1d, 0x14 },
	{ 0x55, 0x1d, 0x23 },
	{ 0x55, 0x1d, 0x15 },
};

static bool is_known(struct slice oid)
{
	for (size_t i = 0; i < sizeof known_oid / sizeof known_oid[0]; i++)
		if (slice_eq(oid, (struct slice){ known_oid[i], 3 }))
			return true;
	return false;
}

/* CRLNumber ::= INTEGER (0..MAX), of at most 20 bytes: RFC 5280 5.2.3. */
static struct slice read_number(struct rd *outer, struct slice value)
{
	static const uint8_t zero[] = { DER_INTEGER, 1, 0 };
	struct rd r = rd_over(value);
	struct slice n;

	if (slice_eq(value, (struct slice){ zero, sizeof zero }))
		n = der_take(&r, DER_INTEGER);
	else
		n = der_serial(&r, X509_MAX_SERIAL);
	der_leave(outer, &r);
	return n;
}

/* number: where a crlNumber goes, or NULL in an entry, which has none. */
static void check_extensions(struct rd *outer, struct slice *number)
{
	struct rd list = der_enter(outer, DER_SEQUENCE);
	struct der_oids seen = { 0 };

	if (list.left == 0) /* SIZE (1..MAX) */
		rd_fail(&list, ERR_VALUE);
	while (list.err == ERR_OK && list.left > 0) {
		struct rd ext = der_enter(&list, DER_SEQUENCE);
		struct slice oid = der_take(&ext, DER_OID);
		bool critical = der_flag(&ext);
		struct slice value = der_take(&ext, DER_OCTET_STRING);

		der_oid_once(&ext, &seen, oid);
		if (critical && !is_known(oid))
			rd_fail(&ext, ERR_UNSUPP);
		if (number != NULL &&
		    slice_eq(oid, (struct slice){ known_oid[0], 3 }))
			*number = read_number(&ext, value);
		der_leave(&list, &ext);
	}
	der_leave(outer, &list);
}

/* One entry of revokedCertificates; its serial. */
static struct slice read_entry(struct rd *list)
{
	struct rd entry = der_enter(list, DER_SEQUENCE);
	struct slice serial = der_serial(&entry, X509_MAX_SERIAL);

	(void)der_time(&entry);
	if (der_has(&entry, DER_SEQUENCE))
		check_extensions(&entry, NULL);
	der_leave(list, &entry);
	return serial;
}

static void read_tbs(struct rd *outer, struct crl *c)
{
	struct rd whole = rd_over(c->tbs);
	struct rd r = der_enter(&whole, DER_SEQUENCE);
	struct rd list;

	if (der_uint(&r, DER_INTEGER, 1) != 1)
		rd_fail(&r, ERR_UNSUPP);
	if (!slice_eq(der_element(&r, DER_SEQUENCE), c->algorithm))
		rd_fail(&r, ERR_UNSUPP); /* RFC 5280 5.1.1.2 */
	c->issuer = der_element(&r, DER_SEQUENCE);
	c->this_update_s = der_time(&r);
	c->next_update_s = der_time(&r);
	if (der_has(&r, DER_SEQUENCE)) {
		c->revoked = der_take(&r, DER_SEQUENCE);
		if (c->revoked.len == 0) /* absent then: 5.1.2.6 */
			rd_fail(&r, ERR_VALUE);
	}
	list = rd_over(c->revoked);
	while (list.err == ERR_OK && list.left > 0)
		(void)read_entry(&list);
	der_leave(&r, &list);
	if (der_has(&r, DER_CONTEXT_CONS | 0)) {
		struct rd tagged = der_enter(&r, DER_CONTEXT_CONS | 0);

		check_extensions(&tagged, &c->number);
		der_leave(&r, &tagged);
	}
	der_leave(outer, &r);
}

enum err crl_read(struct slice der, struct crl *out)
{
	struct rd rest = { 0 };
	struct crl c = { .der = der };
	enum err e = der_signed(der, &c.tbs, &c.algorithm, &c.signature);

	if (e != ERR_OK)
		return e;
	read_tbs(&rest, &c);
	e = rd_end(&rest);
	if (e != ERR_OK)
		return e;
	*out = c;
	return ERR_OK;
}

enum err crl_parse(struct slice der, struct crl *out)
{
	struct crl c;
	struct rd r;
	enum err e = crl_read(der, &c);

	if (e != ERR_OK)
		return e;
	r = rd_over(c.algorithm);
	der_ecdsa_sha256(&r);
	e = rd_end(&r);
	if (e != ERR_OK)
		return e;
	*out = c;
	return ERR_OK;
}

enum err crl_signed_by(const struct crl *crl,
		       const uint8_t pub[static P256_PUB_LEN])
{
	return der_signed_by(crl->tbs, crl->signature, pub);
}

bool crl_revokes(const struct crl *crl, struct slice serial)
{
	struct rd list = rd_over(crl->revoked);

	while (list.left > 0 && list.err == ERR_OK) {
		struct rd entry = rd_over(der_take(&list, DER_SEQUENCE));

		/* the rest of the entry was read when the list was parsed */
		if (slice_eq(der_serial(&entry, X509_MAX_SERIAL), serial))
			return true;
	}
	return false;
}

size_t crl_count(const struct crl *crl)
{
	struct rd list = rd_over(crl->revoked);
	size_t n = 0;

	for (; list.left > 0 && list.err == ERR_OK; n++)
		(void)read_entry(&list);
	return n;
}
