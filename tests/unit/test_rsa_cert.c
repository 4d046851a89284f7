/* Certificates with RSA keys: the root of tests/peers/gcp_peer.py (OpenSSL's
 * key and signature) and what it becomes with bytes exchanged, and public keys.
 */
#include "lib/cert.h"
#include "lib/text.h"
#include "measure/lib/rsa_cert.h"
#include "tests/peers/fakequote.h"
#include "tests/tap.h"

static uint8_t der[X509_MAX_DER], pem[4096];
static struct slice whole;
static struct rsa_cert root;

static void load(void)
{
	struct wr w = wr_over(der, sizeof der);
	FILE *f = fopen("tests/vectors/gcp_root.pem", "rb");
	size_t n;

	if (f == NULL)
		_exit(98);
	n = fread(pem, 1, sizeof pem, f);
	fclose(f);
	if (pem_read((struct slice){ pem, n }, "CERTIFICATE", &w) != ERR_OK)
		_exit(98);
	whole = wr_slice(&w);
}

static void test_good(void)
{
	is_err(rsa_cert_parse(at_page_end(whole.ptr, whole.len), &root), ERR_OK,
	       "a certificate by OpenSSL");
	ok(slice_is(root.x.subject_cn, "GCE-cc-tcb-root") && root.x.is_ca &&
		   root.key.bits == 2048 && root.key.e_len == 3,
	   "its name and key");
	ok(root.scheme.pss && root.scheme.hash == RSA_SHA256,
	   "signed with PSS and SHA-256");
	is_err(rsa_cert_signed_by(&root, &root.key), ERR_OK, "by itself");
}

static void test_damage(void)
{
	uint8_t copy[X509_MAX_DER + 1] = { 0 };
	size_t accepted = 0, n = whole.len;
	struct rsa_cert c;

	for (size_t i = 0; i < n; i++)
		accepted +=
			rsa_cert_parse(at_page_end(whole.ptr, i), &c) == ERR_OK;
	ok(accepted == 0, "none of %zu prefixes is a certificate", n);
	memcpy(copy, whole.ptr, n);
	is_err(rsa_cert_parse(at_page_end(copy, n + 1), &c), ERR_EXTRA,
	       "nor is one byte more");
	is_err(rsa_cert_parse((struct slice){ copy, sizeof copy }, &c),
	       ERR_LIMIT, "nor more than the limit");
	for (size_t i = 0; i < 8 * n; i++) {
		copy[i / 8] ^= (uint8_t)(1 << i % 8);
		accepted += rsa_cert_parse((struct slice){ copy, n }, &c) ==
				    ERR_OK &&
			    rsa_cert_signed_by(&c, &root.key) == ERR_OK;
		copy[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	ok(accepted == 0, "no flipped bit leaves one that verifies");
}

/* Exchanges bytes wherever they stand, in the signed part and outside. */
static void test_algorithms(void)
{
	static const struct {
		const char *why, *from, *to;
		size_t n, places;
		enum err want;
	} t[] = {
		{ "PSS with SHA-384, MGF1 with SHA-256",
		  "\x04\x02\x01\x05\x00\xa1\x1c",
		  "\x04\x02\x02\x05\x00\xa1\x1c", 7, 2, ERR_UNSUPP },
		{ "MGF1 with another hash", "\x04\x02\x01\x05\x00\xa2\x03",
		  "\x04\x02\x02\x05\x00\xa2\x03", 7, 2, ERR_UNSUPP },
		{ "a salt of 33", "\xa2\x03\x02\x01\x20",
		  "\xa2\x03\x02\x01\x21", 5, 2, ERR_UNSUPP },
		{ "another mask generator", "\x01\x01\x08\x30",
		  "\x01\x01\x09\x30", 4, 2, ERR_UNSUPP },
		{ "a scheme that is not PSS", "\x01\x01\x0a\x30",
		  "\x01\x01\x07\x30", 4, 2, ERR_UNSUPP },
		{ "one scheme inside, another outside", "\x01\x01\x0a\x30",
		  "\x01\x01\x07\x30", 4, 1, ERR_UNSUPP },
		{ "a key for PSS alone", "\x01\x01\x01\x05\x00",
		  "\x01\x01\x0a\x05\x00", 5, 1, ERR_UNSUPP },
		{ "parameters of a key that are not NULL",
		  "\x01\x01\x01\x05\x00", "\x01\x01\x01\x04\x00", 5, 1,
		  ERR_UNSUPP },
		{ "an even exponent", "\x02\x03\x01\x00\x01",
		  "\x02\x03\x01\x00\x02", 5, 1, ERR_VALUE },
		{ "a negative exponent", "\x02\x03\x01\x00\x01",
		  "\x02\x03\x81\x00\x01", 5, 1, ERR_VALUE },
		{ "an exponent with a zero too many", "\x02\x03\x01\x00\x01",
		  "\x02\x03\x00\x00\x01", 5, 1, ERR_VALUE },
		{ "a negative modulus", "\x02\x82\x01\x01\x00",
		  "\x02\x82\x01\x01\x80", 5, 1, ERR_VALUE },
		{ "a key with bits to spare", "\x03\x82\x01\x0f\x00",
		  "\x03\x82\x01\x0f\x01", 5, 1, ERR_VALUE },
	};
	uint8_t copy[X509_MAX_DER];
	struct rsa_cert c;

	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		uint8_t *at = copy;
		size_t places = 0;

		memcpy(copy, whole.ptr, whole.len);
		while (places < t[i].places) {
			at = memmem(at, whole.len - (size_t)(at - copy),
				    t[i].from, t[i].n);
			if (at == NULL)
				break;
			memcpy(at, t[i].to, t[i].n);
			places++;
		}
		ok(places == t[i].places, "%s: there is a place", t[i].why);
		is_err(rsa_cert_parse((struct slice){ copy, whole.len }, &c),
		       t[i].want, "%s", t[i].why);
	}
}

static void test_others(void)
{
	static struct fake fake;
	struct slice spki = root.x.spki;
	size_t accepted = 0;
	struct rsa_key k;
	struct rsa_cert c;

	fake_init(&fake);
	fake_build(&fake);
	is_err(rsa_cert_parse(
		       (struct slice){ fake.cert_der, fake.cert_der_len }, &c),
	       ERR_UNSUPP, "a certificate of a P-256 key");
	is_err(rsa_key_read(spki, &k), ERR_OK, "a public key");
	ok(k.n_len == root.key.n_len && memcmp(k.n, root.key.n, k.n_len) == 0,
	   "the same");
	for (size_t i = 0; i < spki.len; i++)
		accepted +=
			rsa_key_read(at_page_end(spki.ptr, i), &k) == ERR_OK;
	ok(accepted == 0, "none of its %zu prefixes", spki.len);
	is_err(rsa_key_read((struct slice){ spki.ptr, spki.len + 1 }, &k),
	       ERR_EXTRA, "nor one byte more");
}

int main(void)
{
	load();
	test_good();
	test_damage();
	test_algorithms();
	test_others();
	return tap_done();
}
