/* Certificates, CRLs and the SGX extension. The vectors were made with OpenSSL
 * 3.0.17 (`openssl req -x509`, `openssl ca -gencrl`), which also printed the
 * values compared here. */
#include "lib/der.h"
#include "lib/text.h"
#include "measure/lib/crl.h"
#include "measure/lib/der_read.h"
#include "measure/lib/pck.h"
#include "measure/lib/x509.h"
#include "tests/peers/fakequote.h"
#include "tests/tap.h"

static const char ca_pem[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBtDCCAVqgAwIBAgIJAIEiM0RVZneIMAoGCCqGSM49BAMCMDsxEjAQBgNVBAMM\n"
	"CVZlY3RvciBDQTEYMBYGA1UECgwPRUUgdGVzdCB2ZWN0b3JzMQswCQYDVQQGEwJD\n"
	"SDAgFw0yNjExMjAwNjM0MzNaGA8yMDU5MDkyODA2MzQzM1owOzESMBAGA1UEAwwJ\n"
	"VmVjdG9yIENBMRgwFgYDVQQKDA9FRSB0ZXN0IHZlY3RvcnMxCzAJBgNVBAYTAkNI\n"
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEfsajWoyfGi+vZGcJCXafgZ2T9CR8\n"
	"x9RJRJpabFbZflV2E1TFznFw6M02N45Pja1aPdc80g0EWuiEXitvB1fKgqNFMEMw\n"
	"EgYDVR0TAQH/BAgwBgEB/wIBATAOBgNVHQ8BAf8EBAMCAQYwHQYDVR0OBBYEFBho\n"
	"REZvi7jrHZZnKTP3WXiu742kMAoGCCqGSM49BAMCA0gAMEUCIQDbsLiSVs9lNuwr\n"
	"M/WTAHPg6tnkBX3A/zr6FyaewoBEDAIgEKAm9elWyZEfTwIzuQuMwJEqMBoUht+0\n"
	"CCIpzbz5RyI=\n"
	"-----END CERTIFICATE-----\n";

static const char crl_hex[] =
	"308201133081ba020101300a06082a8648ce3d040302303b3112301006035504030c"
	"09566563746f7220434131183016060355040a0c0f4545207465737420766563746f"
	"7273310b3009060355040613024348170d3236313132303036333433335a170d3236"
	"313232303036333433335a303e301202010a170d3236303330323132303030305a30"
	"280209008122334455667799170d3236303330313132303030305a300c300a060355"
	"1d1504030a0101a00e300c300a0603551d140403020105300a06082a8648ce3d0403"
	"020348003045022100ad796a8da57fbb4c1564b7cdb648d9971a2fb744107b9395b3"
	"f8cb8ecaeb883002201d7b1e7f2f90cc3cb6f005a1cfe6c33dc41789563f075eeb80"
	"81178060a30dc5";

enum {
	CRL_LEN = sizeof crl_hex / 2
};

static uint8_t ca_store[X509_MAX_DER], crl_der[CRL_LEN];
static struct x509 ca;
static struct fake fake;

static struct slice text(const char *s)
{
	return str_slice(s);
}

/* ---- DER ---- */

static const struct {
	const char *why, *bytes;
	size_t n;
	char kind; /* which function reads it */
	enum err want;
} forms[] = {
	{ "an INTEGER", "\x02\x01\x7f", 3, 'u', ERR_OK },
	{ "a negative INTEGER", "\x02\x01\x80", 3, 'u', ERR_VALUE },
	{ "an INTEGER with a needless zero", "\x02\x02\x00\x01", 4, 'u',
	  ERR_VALUE },
	{ "an INTEGER of no bytes", "\x02\x00", 2, 'u', ERR_VALUE },
	{ "an INTEGER above its limit", "\x02\x02\x01\x00", 4, 'u', ERR_VALUE },
	{ "an INTEGER of six bytes", "\x02\x06\x01\0\0\0\0\0", 8, 'u',
	  ERR_VALUE },
	{ "a length in the long form that is short", "\x02\x81\x01\x01", 4, 'u',
	  ERR_VALUE },
	{ "an indefinite length", "\x02\x80\x01\x00\x00", 5, 'u', ERR_VALUE },
	{ "another tag", "\x03\x01\x01", 3, 'u', ERR_VALUE },
	{ "a serial", "\x02\x02\x00\x80", 4, 's', ERR_OK },
	{ "a serial of zero", "\x02\x01\x00", 3, 's', ERR_VALUE },
	{ "a serial that is too long", "\x02\x03\x01\x02\x03", 5, 's',
	  ERR_VALUE },
	{ "TRUE", "\x01\x01\xff", 3, 'f', ERR_OK },
	{ "a TRUE that is BER", "\x01\x01\x01", 3, 'f', ERR_VALUE },
	{ "an encoded FALSE", "\x01\x01\x00", 3, 'f', ERR_VALUE },
	{ "whole bits", "\x03\x02\x00\xaa", 4, 'b', ERR_OK },
	{ "a broken byte of bits", "\x03\x02\x01\xaa", 4, 'b', ERR_VALUE },
	{ "a UTCTime",
	  "\x17\x0d"
	  "260228235959Z",
	  15, 't', ERR_OK },
	{ "a day that is none",
	  "\x17\x0d"
	  "260230235959Z",
	  15, 't', ERR_VALUE },
	{ "a UTCTime without seconds",
	  "\x17\x0b"
	  "2602282359Z",
	  13, 't', ERR_VALUE },
	{ "a UTCTime with an offset",
	  "\x17\x11"
	  "260228235959+0100",
	  19, 't', ERR_VALUE },
	{ "a UTCTime before 1970",
	  "\x17\x0d"
	  "690101000000Z",
	  15, 't', ERR_VALUE },
	{ "a GeneralizedTime",
	  "\x18\x0f"
	  "20500101000000Z",
	  17, 't', ERR_OK },
	{ "a GeneralizedTime that UTCTime could say",
	  "\x18\x0f"
	  "20491231235959Z",
	  17, 't', ERR_VALUE },
	{ "a time with a fraction",
	  "\x18\x11"
	  "20500101000000.5Z",
	  19, 't', ERR_VALUE },
	{ "letters for digits",
	  "\x17\x0d"
	  "2602282359T9Z",
	  15, 't', ERR_VALUE },
};

static void test_forms(void)
{
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		struct rd r = rd_over(at_page_end(forms[i].bytes, forms[i].n));

		switch (forms[i].kind) {
		case 'u':
			(void)der_uint(&r, DER_INTEGER, 255);
			break;
		case 's':
			(void)der_serial(&r, 2);
			break;
		case 'f':
			(void)der_flag(&r);
			break;
		case 'b':
			(void)der_bits(&r);
			break;
		default:
			(void)der_time(&r);
			break;
		}
		is_err(rd_end(&r), forms[i].want, "DER: %s", forms[i].why);
	}
}

static void test_long_lengths(void)
{
	static uint8_t big[70000] = { 0x04, 0x83, 0x01, 0x11, 0x6b };
	struct rd r = rd_over((struct slice){ big, sizeof big });

	ok(der_take(&r, DER_OCTET_STRING).len == 0x1116b &&
		   rd_end(&r) == ERR_OK,
	   "DER: a length of three bytes");
	big[2] = 0;
	r = rd_over((struct slice){ big, sizeof big });
	(void)der_take(&r, DER_OCTET_STRING);
	is_err(r.err, ERR_VALUE, "DER: one that two bytes could say");
}

/* ---- certificates ---- */

static void test_certificate(void)
{
	static const uint8_t serial[] = { 0x00, 0x81, 0x22, 0x33, 0x44,
					  0x55, 0x66, 0x77, 0x88 };
	uint8_t pub[P256_PUB_LEN];

	is_err(x509_chain_parse(text(ca_pem), 1, ca_store, &ca), ERR_OK,
	       "a certificate by OpenSSL");
	ok(slice_is(ca.subject_cn, "Vector CA") &&
		   slice_eq(ca.issuer, ca.subject),
	   "names");
	ok(slice_eq(ca.serial, (struct slice){ serial, sizeof serial }),
	   "serial");
	ok(ca.not_before_s == 1795156473 && ca.not_after_s == 2831956473,
	   "dates, as UTCTime and GeneralizedTime");
	ok(ca.is_ca && ca.has_path_len && ca.path_len == 1 &&
		   ca.key_usage == (X509_KU_CERT_SIGN | X509_KU_CRL_SIGN),
	   "basicConstraints and keyUsage");
	ok(hex_decode(text("047ec6a35a8c9f1a2faf64670909769f819d93f4247cc7d449"
			   "449a5a6c56d97e55761354c5ce7170e8cd36378e4f8dad5a3d"
			   "d73cd20d045ae8845e2b6f0757ca82"),
		      pub, sizeof pub) == ERR_OK &&
		   memcmp(pub, ca.pub, sizeof pub) == 0,
	   "public key");
	ok(ca.sgx_ext.len == 0, "no SGX extension");
	is_err(x509_signed_by(&ca, ca.pub), ERR_OK, "it signs itself");
	is_err(x509_signed_by(&ca, fake.root.pub), ERR_SIGNATURE,
	       "nobody else does");
}

static void test_certificate_damage(void)
{
	uint8_t der[X509_MAX_DER + 1] = { 0 };
	struct x509 out;
	size_t n = ca.der.len, accepted = 0;

	memcpy(der, ca.der.ptr, n);
	for (size_t i = 0; i < n; i++)
		accepted += x509_parse(at_page_end(der, i), &out) == ERR_OK;
	ok(accepted == 0, "none of %zu prefixes is a certificate", n);
	is_err(x509_parse(at_page_end(der, n + 1), &out), ERR_EXTRA,
	       "nor is one byte more");
	is_err(x509_parse((struct slice){ der, sizeof der }, &out), ERR_LIMIT,
	       "nor more than the limit");
	for (size_t i = 0; i < n; i++)
		for (int bit = 0; bit < 8; bit++) {
			der[i] ^= (uint8_t)(1 << bit);
			accepted += x509_parse((struct slice){ der, n },
					       &out) == ERR_OK &&
				    x509_signed_by(&out, ca.pub) == ERR_OK;
			der[i] ^= (uint8_t)(1 << bit);
		}
	ok(accepted == 0, "no flipped bit leaves a certificate that verifies");
}

/* The CA's certificate with one extension's bytes exchanged for others of the
 * same length: the form is judged before the signature. */
static void test_extensions(void)
{
	static const struct {
		const char *why, *from, *to;
		size_t n;
		enum err want;
	} swap[] = {
		{ "basicConstraints labelled keyUsage", "\x55\x1d\x13\x01",
		  "\x55\x1d\x0f\x01", 4, ERR_VALUE },
		{ "subjectKeyIdentifier as an unknown one", "\x55\x1d\x0e\x04",
		  "\x55\x1d\x7e\x04", 4, ERR_OK },
		{ "keyUsage as an unknown critical one", "\x55\x1d\x0f\x01",
		  "\x55\x1d\x7f\x01", 4, ERR_UNSUPP },
		{ "a critical flag of FALSE", "\x1d\x0f\x01\x01\xff",
		  "\x1d\x0f\x01\x01\x00", 5, ERR_VALUE },
		{ "CA:FALSE spelt out", "\x30\x06\x01\x01\xff",
		  "\x30\x06\x01\x01\x00", 5, ERR_VALUE },
		{ "keyUsage with stray bits", "\x03\x02\x01\x06",
		  "\x03\x02\x02\x06", 4, ERR_VALUE },
		{ "version 2", "\xa0\x03\x02\x01\x02", "\xa0\x03\x02\x01\x01",
		  5, ERR_UNSUPP },
		{ "another curve", "\x3d\x03\x01\x07", "\x3d\x03\x01\x06", 4,
		  ERR_UNSUPP },
		{ "a compressed point", "\x42\x00\x04\x7e", "\x42\x00\x02\x7e",
		  4, ERR_UNSUPP },
		{ "SHA-384 in the certificate", "\x3d\x04\x03\x02\x30",
		  "\x3d\x04\x03\x03\x30", 5, ERR_UNSUPP },
		{ "SHA-384 outside", "\x3d\x04\x03\x02\x03",
		  "\x3d\x04\x03\x03\x03", 5, ERR_UNSUPP },
		{ "a line feed in a name", "Vector CA", "Vector\nCA", 9,
		  ERR_VALUE },
		{ "an escape in another attribute", "EE test", "EE\x1btest", 7,
		  ERR_VALUE },
		{ "a name that is no ASCII", "Vector CA",
		  "Vector\x9b"
		  "CA",
		  9, ERR_VALUE },
		{ "two common names", "\x55\x04\x0a\x0c", "\x55\x04\x03\x0c", 4,
		  ERR_DUPLICATE },
	};
	uint8_t der[X509_MAX_DER];
	struct x509 out;

	for (size_t i = 0; i < sizeof swap / sizeof swap[0]; i++) {
		uint8_t *at;

		memcpy(der, ca.der.ptr, ca.der.len);
		at = memmem(der, ca.der.len, swap[i].from, swap[i].n);
		ok(at != NULL, "%s: there is a place", swap[i].why);
		if (at == NULL)
			continue;
		memcpy(at, swap[i].to, swap[i].n);
		is_err(x509_parse((struct slice){ der, ca.der.len }, &out),
		       swap[i].want, "%s", swap[i].why);
	}
}

static void test_chain(void)
{
	static uint8_t der[2 * X509_MAX_DER];
	static const struct {
		const char *why, *before, *after;
		enum err want;
	} around[] = {
		{ "line breaks around", "\n\r\n", "\r\n\n", ERR_OK },
		{ "text before", "x", "", ERR_VALUE },
		{ "text after", "", "x", ERR_EXTRA },
		{ "a space after", "", " ", ERR_EXTRA },
		{ "half a block after", "", "-----BEGIN", ERR_EXTRA },
	};
	struct x509 out[2];
	char pem[4096];

	for (size_t i = 0; i < sizeof around / sizeof around[0]; i++) {
		snprintf(pem, sizeof pem, "%s%s%s%s", around[i].before, ca_pem,
			 ca_pem, around[i].after);
		is_err(x509_chain_parse(text(pem), 2, der, out), around[i].want,
		       "chain: %s", around[i].why);
	}
	is_err(x509_chain_parse(text(ca_pem), 2, der, out), ERR_MISSING,
	       "chain: one too few");
	snprintf(pem, sizeof pem, "%s%s", ca_pem, ca_pem);
	is_err(x509_chain_parse(text(pem), 1, der, out), ERR_EXTRA,
	       "chain: one too many");
	is_err(x509_chain_parse(
		       (struct slice){ (const uint8_t *)pem, strlen(pem) + 1 },
		       2, der, out),
	       ERR_OK, "chain: a NUL at the end");
	is_err(x509_chain_parse((struct slice){ NULL, 0 }, 1, der, out),
	       ERR_MISSING, "chain: nothing");
	memset(pem, 'A', sizeof pem);
	memcpy(pem, "-----BEGIN CERTIFICATE-----\n", 28);
	is_err(x509_chain_parse(
		       (struct slice){ (const uint8_t *)pem, sizeof pem }, 1,
		       der, out),
	       ERR_TRUNC, "chain: a block without end");
}

static void test_chain_prefixes(void)
{
	static uint8_t der[X509_MAX_DER];
	struct x509 out;
	size_t accepted = 0, n = strlen(ca_pem) - 1;

	/* Each ends where the reader's own loops look for more. */
	for (size_t i = 0; i < n; i++)
		accepted += x509_chain_parse(at_page_end(ca_pem, i), 1, der,
					     &out) == ERR_OK;
	ok(accepted == 0, "chain: none of %zu prefixes is one", n);
}

/* ---- CRLs ---- */

static void test_crl(void)
{
	static const uint8_t a[] = { 0x0a },
			     b[] = { 0x00, 0x81, 0x22, 0x33, 0x44,
				     0x55, 0x66, 0x77, 0x99 };
	struct crl c;

	is_err(hex_decode(text(crl_hex), crl_der, CRL_LEN), ERR_OK, "hex");
	is_err(crl_parse((struct slice){ crl_der, CRL_LEN }, &c), ERR_OK,
	       "a CRL by OpenSSL");
	ok(slice_eq(c.issuer, ca.subject), "its issuer is the CA");
	ok(c.this_update_s == 1795156473 && c.next_update_s == 1797748473,
	   "its dates");
	ok(c.number.len == 1 && c.number.ptr[0] == 5, "its number");
	ok(crl_revokes(&c, (struct slice){ a, sizeof a }) &&
		   crl_revokes(&c, (struct slice){ b, sizeof b }),
	   "both serials are revoked");
	ok(crl_count(&c) == 2, "and nobody else");
	ok(!crl_revokes(&c, ca.serial) &&
		   !crl_revokes(&c, (struct slice){ b + 1, sizeof b - 1 }),
	   "others are not");
	is_err(crl_signed_by(&c, ca.pub), ERR_OK, "signed by the CA");
	is_err(crl_signed_by(&c, fake.root.pub), ERR_SIGNATURE,
	       "and by nobody else");
}

static void test_crl_damage(void)
{
	uint8_t der[CRL_LEN + 1] = { 0 };
	size_t accepted = 0;
	struct crl c;

	memcpy(der, crl_der, CRL_LEN);
	for (size_t i = 0; i < CRL_LEN; i++)
		accepted += crl_parse(at_page_end(der, i), &c) == ERR_OK;
	ok(accepted == 0, "none of %d prefixes is a CRL", CRL_LEN);
	is_err(crl_parse((struct slice){ der, CRL_LEN + 1 }, &c), ERR_EXTRA,
	       "nor is one byte more");
	for (size_t i = 0; i < CRL_LEN; i++)
		for (int bit = 0; bit < 8; bit++) {
			der[i] ^= (uint8_t)(1 << bit);
			accepted += crl_parse((struct slice){ der, CRL_LEN },
					      &c) == ERR_OK &&
				    crl_signed_by(&c, ca.pub) == ERR_OK;
			der[i] ^= (uint8_t)(1 << bit);
		}
	ok(accepted == 0, "no flipped bit leaves a CRL that verifies");
}

static void test_crl_critical(void)
{
	/* crlNumber made critical by taking the place of another byte run:
	 * a CRL whose one extension is critical and unknown (27: delta). */
	uint8_t der[CRL_LEN + 3], *at;
	struct crl c;

	memcpy(der, crl_der, CRL_LEN);
	at = memmem(der, CRL_LEN,
		    "\xa0\x0e\x30\x0c\x30\x0a\x06\x03\x55\x1d\x14", 11);
	ok(at != NULL, "there is an extension");
	if (at == NULL)
		return;
	memmove(at + 14, at + 11, CRL_LEN - (size_t)(at - der) - 11);
	memcpy(at, "\xa0\x11\x30\x0f\x30\x0d\x06\x03\x55\x1d\x1b\x01\x01\xff",
	       14);
	der[3] = (uint8_t)(der[3] + 3);
	der[6] = (uint8_t)(der[6] + 3);
	is_err(crl_parse((struct slice){ der, sizeof der }, &c), ERR_UNSUPP,
	       "a delta CRL is refused");
	at[10] = 0x14;
	is_err(crl_parse((struct slice){ der, sizeof der }, &c), ERR_OK,
	       "a critical crlNumber is not");
}

/* ---- the SGX extension ---- */

static struct slice fake_ext(struct x509 *leaf)
{
	static uint8_t der[3 * X509_MAX_DER];
	struct x509 chain[3];
	const char *field = "";
	struct quote q;

	fake_build(&fake);
	if (quote_parse((struct slice){ fake.quote, fake.quote_len }, &q,
			&field) != ERR_OK ||
	    x509_chain_parse(q.pck_chain, 3, der, chain) != ERR_OK)
		_exit(98);
	*leaf = chain[0];
	return leaf->sgx_ext;
}

static void test_pck(void)
{
	uint8_t copy[1024];
	struct x509 leaf;
	struct slice ext;
	struct pck p;
	size_t accepted = 0;

	for (size_t i = 0; i < 16; i++)
		fake.sgx[i] = (uint8_t)(100 + i);
	ext = fake_ext(&leaf);
	is_err(pck_parse(ext, &p), ERR_OK, "the SGX extension");
	ok(memcmp(p.tcb.sgx, fake.sgx, 16) == 0 && p.tcb.pcesvn == 11 &&
		   memcmp(p.fmspc, fake.fmspc, 6) == 0 &&
		   memcmp(p.pceid, fake.pceid, 2) == 0,
	   "its values");
	for (size_t i = 0; i < ext.len; i++)
		accepted += pck_parse(at_page_end(ext.ptr, i), &p) == ERR_OK;
	ok(accepted == 0, "none of its %zu prefixes parses", ext.len);
	memcpy(copy, ext.ptr, ext.len);
	copy[ext.len] = 0;
	is_err(pck_parse((struct slice){ copy, ext.len + 1 }, &p), ERR_EXTRA,
	       "nor one byte more");
	is_err(pck_parse((struct slice){ NULL, 0 }, &p), ERR_MISSING,
	       "nor nothing");
}

static void test_pck_entries(void)
{
	static const uint8_t arc[] = { 0x2a, 0x86, 0x48, 0x86, 0xf8,
				       0x4d, 0x01, 0x0d, 0x01 };
	static const struct {
		const char *why;
		uint8_t id, to;
		enum err want;
	} swap[] = {
		{ "PPID made something else", 1, 9, ERR_VALUE },
		{ "FMSPC made something else", 4, 9, ERR_VALUE },
		{ "PCEID made a second FMSPC", 3, 4, ERR_VALUE },
		{ "the type made a second FMSPC", 5, 4, ERR_DUPLICATE },
	};
	uint8_t copy[1024];
	struct x509 leaf;
	struct slice ext = fake_ext(&leaf);
	struct pck p;

	for (size_t i = 0; i < sizeof swap / sizeof swap[0]; i++) {
		uint8_t want[12] = { 0x06, 0x0a };
		uint8_t *at;

		memcpy(want + 2, arc, sizeof arc);
		want[11] = swap[i].id;
		memcpy(copy, ext.ptr, ext.len);
		at = memmem(copy, ext.len, want, sizeof want);
		ok(at != NULL, "%s: there is a place", swap[i].why);
		if (at == NULL)
			continue;
		at[11] = swap[i].to;
		is_err(pck_parse((struct slice){ copy, ext.len }, &p),
		       swap[i].want, "%s", swap[i].why);
	}
}

int main(void)
{
	fake_init(&fake);
	test_forms();
	test_long_lengths();
	test_certificate();
	test_certificate_damage();
	test_extensions();
	test_chain();
	test_chain_prefixes();
	test_crl();
	test_crl_damage();
	test_crl_critical();
	test_pck();
	test_pck_entries();
	return tap_done();
}
