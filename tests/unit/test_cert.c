/* lib/cert.h: what is written must be accepted, with the same content, by
 * BearSSL's validation engine and by the openssl program; and reading refuses
 * everything but the one form. */
#include "lib/cert.h"

#include <stdlib.h>

#include "lib/der.h"
#include "lib/text.h"
#include "tests/tap.h"

enum {
	NOW = 1767323045
}; /* 2026-01-02T03:04:05Z */

static struct p256_key ca_key, leaf_key;
static uint8_t ca_buf[2048], leaf_buf[2048];
static struct slice ca, leaf;

static struct p256_key key_of(uint8_t n)
{
	uint8_t priv[P256_PRIV_LEN] = { 0 };
	struct p256_key k = { .pub = { 0 } };

	priv[31] = n;
	is_err(p256_from_private(priv, &k), ERR_OK, "key %u", n);
	return k;
}

static struct cert_spec ca_spec(void)
{
	return (struct cert_spec){
		.subject_cn = "Test Root",
		.issuer_cn = "Test Root",
		.org = "Nobody",
		.subject_pub = ca_key.pub,
		.signer = &ca_key,
		.not_before = NOW - 86400,
		.not_after = 4102444800, /* 2100-01-01: GeneralizedTime */
		.serial = { 0x80, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
			    15 },
		.is_ca = true,
		.path_len = 0,
	};
}

static struct cert_spec leaf_spec(void)
{
	static const char *const dns[] = { "localhost", "cp.example", NULL };
	static const char *const ipv4[] = { "127.0.0.1", "10.0.2.2", NULL };

	return (struct cert_spec){
		.subject_cn = "leaf",
		.issuer_cn = "Test Root",
		.org = "Nobody",
		.subject_pub = leaf_key.pub,
		.signer = &ca_key,
		.not_before = NOW,
		.not_after = NOW + 3600,
		.serial = { [15] = 7 },
		.path_len = -1,
		.dns = dns,
		.ipv4 = ipv4,
		.crl_url = "https://cp.example/root.crl",
	};
}

static void make_chain(void)
{
	struct cert_spec s = ca_spec();
	struct wr w = wr_over(ca_buf, sizeof ca_buf);

	is_err(cert_write(&s, &w), ERR_OK, "a root");
	ca = wr_slice(&w);
	s = leaf_spec();
	w = wr_over(leaf_buf, sizeof leaf_buf);
	is_err(cert_write(&s, &w), ERR_OK, "a leaf");
	leaf = wr_slice(&w);
}

/* ---- BearSSL's validation engine as the judge ---- */

struct name {
	uint8_t der[256];
	size_t len;
};

static void append_name(void *ctx, const void *part, size_t n)
{
	struct name *d = ctx;

	if (n <= sizeof d->der - d->len) {
		memcpy(d->der + d->len, part, n);
		d->len += n;
	}
}

/* The result of validating `cert` under the root for `host` at time `at`. */
static unsigned int judge(struct slice cert, const char *host, int64_t at)
{
	br_x509_decoder_context d;
	br_x509_minimal_context m;
	br_x509_trust_anchor ta;
	struct name name = { .len = 0 };
	uint8_t pub[P256_PUB_LEN];

	br_x509_decoder_init(&d, append_name, &name);
	br_x509_decoder_push(&d, ca.ptr, ca.len);
	ok(br_x509_decoder_isCA(&d) == 1, "the root is a CA");
	memcpy(pub, ca_key.pub, sizeof pub);
	ta = (br_x509_trust_anchor){
		.dn = { name.der, name.len },
		.flags = BR_X509_TA_CA,
		.pkey = { BR_KEYTYPE_EC,
			  { .ec = { BR_EC_secp256r1, pub, sizeof pub } } },
	};
	br_x509_minimal_init(&m, &br_sha256_vtable, &ta, 1);
	br_x509_minimal_set_hash(&m, br_sha256_ID, &br_sha256_vtable);
	br_x509_minimal_set_ecdsa(&m, &br_ec_p256_m31, br_ecdsa_i31_vrfy_asn1);
	br_x509_minimal_set_time(&m, (uint32_t)(at / 86400 + 719528),
				 (uint32_t)(at % 86400));
	m.vtable->start_chain(&m.vtable, host);
	m.vtable->start_cert(&m.vtable, (uint32_t)cert.len);
	m.vtable->append(&m.vtable, cert.ptr, cert.len);
	m.vtable->end_cert(&m.vtable);
	return m.vtable->end_chain(&m.vtable);
}

static void test_bearssl(void)
{
	uint8_t bad[sizeof leaf_buf];

	ok(judge(leaf, "localhost", NOW) == 0, "the leaf is valid");
	ok(judge(leaf, "cp.example", NOW + 3600) == 0, "to its last second");
	ok(judge(leaf, "other", NOW) == BR_ERR_X509_BAD_SERVER_NAME,
	   "not for another host");
	ok(judge(leaf, "localhost", NOW - 1) == BR_ERR_X509_EXPIRED,
	   "not before its time");
	ok(judge(leaf, "localhost", NOW + 3601) == BR_ERR_X509_EXPIRED,
	   "nor after it");
	memcpy(bad, leaf.ptr, leaf.len);
	bad[leaf.len - 1] ^= 1;
	ok(judge((struct slice){ bad, leaf.len }, "localhost", NOW) ==
		   BR_ERR_X509_NOT_TRUSTED,
	   "not with another signature");
}

/* ---- the openssl program as the other judge ---- */

static char dir[] = "/tmp/test_cert.XXXXXX";

/* Runs a shell command in `dir`; its output in `out`, its status returned. */
static int run(const char *command, char *out, size_t cap)
{
	char line[512];
	size_t n;
	FILE *p;

	snprintf(line, sizeof line, "cd %s && { %s; } 2>&1", dir, command);
	p = popen(line, "r");
	if (p == NULL)
		return -1;
	n = fread(out, 1, cap - 1, p);
	out[n] = '\0';
	return pclose(p);
}

static void save_pem(const char *file, const char *label, struct slice der)
{
	static uint8_t pem[4096];
	struct wr w = wr_over(pem, sizeof pem);
	char path[64];
	FILE *f;

	pem_write(&w, label, der);
	snprintf(path, sizeof path, "%s/%s", dir, file);
	f = fopen(path, "w");
	ok(f != NULL && fwrite(pem, 1, w.len, f) == w.len && fclose(f) == 0,
	   "%s written", file);
}

static const struct {
	const char *file, *text;
} said[] = {
	{ "ca", "Version: 3 (0x2)" },
	{ "ca", "80:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f" },
	{ "ca", "Signature Algorithm: ecdsa-with-SHA256" },
	{ "ca", "Issuer: CN = Test Root, O = Nobody" },
	{ "ca", "Not Before: Jan  1 03:04:05 2026 GMT" },
	{ "ca", "Not After : Jan  1 00:00:00 2100 GMT" },
	{ "ca", "X509v3 Basic Constraints: critical\n                "
		"CA:TRUE, pathlen:0" },
	{ "ca", "X509v3 Key Usage: critical\n                "
		"Certificate Sign, CRL Sign" },
	{ "leaf", "Serial Number: 7 (0x7)" },
	{ "leaf", "Subject: CN = leaf, O = Nobody" },
	{ "leaf", "Not Before: Jan  2 03:04:05 2026 GMT" },
	{ "leaf", "NIST CURVE: P-256" },
	{ "leaf", "X509v3 Basic Constraints: critical\n                "
		  "CA:FALSE" },
	{ "leaf", "X509v3 Key Usage: critical\n                "
		  "Digital Signature" },
	{ "leaf", "DNS:localhost, DNS:cp.example, IP Address:127.0.0.1, "
		  "IP Address:10.0.2.2" },
	{ "leaf", "URI:https://cp.example/root.crl" },
};

static void test_openssl(void)
{
	static char out[16384];
	uint8_t key[256];
	struct wr w = wr_over(key, sizeof key);

	if (system("openssl version >/dev/null 2>&1") != 0 ||
	    mkdtemp(dir) == NULL) {
		ok(1, "openssl reads it all # SKIP no openssl program");
		return;
	}
	save_pem("ca.pem", "CERTIFICATE", ca);
	save_pem("leaf.pem", "CERTIFICATE", leaf);
	is_err(p256_key_write(&leaf_key, &w), ERR_OK, "key written");
	save_pem("key.pem", "EC PRIVATE KEY", wr_slice(&w));
	for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
		char command[64];

		snprintf(command, sizeof command,
			 "openssl x509 -in %s.pem -noout -text", said[i].file);
		ok(run(command, out, sizeof out) == 0 &&
			   strstr(out, said[i].text) != NULL,
		   "openssl: %.*s", (int)strcspn(said[i].text, "\n"),
		   said[i].text);
	}
	ok(run("openssl verify -x509_strict -attime 1767323045 -CAfile ca.pem "
	       "-verify_hostname localhost -verify_ip 10.0.2.2 leaf.pem",
	       out, sizeof out) == 0,
	   "openssl verifies it strictly");
	ok(run("openssl ec -in key.pem -check -noout", out, sizeof out) == 0 &&
		   strstr(out, "EC Key valid") != NULL,
	   "openssl reads the key");
	ok(run("openssl ec -in key.pem -pubout >a && "
	       "openssl x509 -in leaf.pem -noout -pubkey >b && cmp a b",
	       out, sizeof out) == 0,
	   "which is the certificate's");
	ok(run("rm -f ca.pem leaf.pem key.pem a b && rmdir $PWD", out,
	       sizeof out) == 0,
	   "cleaned up");
}

/* ---- refusals of the writer ---- */

#define REFUSED(what, ...)                                                     \
	do {                                                                   \
		struct cert_spec s = leaf_spec();                              \
		struct wr w_ = wr_over(buf, sizeof buf);                       \
		__VA_ARGS__;                                                   \
		is_err(cert_write(&s, &w_), ERR_VALUE, "refused: %s", what);   \
	} while (0)

static void test_spec(void)
{
	static const char long_name[66] =
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd"
		"efg";
	static const char *const bad_dns[] = { "a b", NULL };
	static const char *const no_dns[] = { "", NULL };
	static const char *const bad_ip[][2] = {
		{ "1.2.3", NULL },     { "1.2.3.4.5", NULL },
		{ "1.2.3.256", NULL }, { "1.2.3.04", NULL },
		{ "1..2.3", NULL },    { "", NULL },
		{ "1.2.3.4 ", NULL },  { "1.2.3.", NULL },
	};
	uint8_t buf[2048];
	size_t wrong = 0;

	REFUSED("serial zero", s.serial[15] = 0);
	REFUSED("empty name", s.subject_cn = "");
	REFUSED("long name", s.issuer_cn = long_name);
	REFUSED("empty organisation", s.org = "");
	REFUSED("ends before it starts", s.not_after = s.not_before - 1);
	REFUSED("before 1970", s.not_before = -1);
	REFUSED("after 9999", s.not_after = 253402300800);
	REFUSED("DNS name with a space", s.dns = bad_dns);
	REFUSED("empty DNS name", s.dns = no_dns);
	REFUSED("CRL URL not ASCII", s.crl_url = "https://\xc3\xa9/");
	REFUSED("path length", s.is_ca = true; s.path_len = 256);
	REFUSED("signer without a key",
		s.signer = &(const struct p256_key){ .priv = { 0 } });
	for (size_t i = 0; i < sizeof bad_ip / sizeof *bad_ip; i++)
		REFUSED(bad_ip[i][0], s.ipv4 = bad_ip[i]);
	for (size_t n = 0; n < leaf.len; n++) {
		struct cert_spec s = leaf_spec();
		struct wr w = wr_over(buf, n);

		wrong += cert_write(&s, &w) != ERR_SPACE;
	}
	ok(wrong == 0, "every smaller buffer is ERR_SPACE");
}

/* What is just allowed. */
static void test_spec_edges(void)
{
	static const char longest[65] =
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd"
		"ef";
	uint8_t buf[2048];
	struct cert_spec s = leaf_spec();
	struct wr w = wr_over(buf, sizeof buf);

	s.path_len = 0;
	is_err(cert_write(&s, &w), ERR_OK, "path length of a leaf");
	ok(slice_eq(wr_slice(&w), leaf), "is left out");
	w = wr_over(buf, sizeof buf);
	s = leaf_spec();
	s.subject_cn = longest;
	s.not_after = s.not_before;
	is_err(cert_write(&s, &w), ERR_OK, "64 characters, one second");
	ok(judge(wr_slice(&w), "localhost", NOW) == 0, "valid for it");
	w = wr_over(buf, sizeof buf);
	s = ca_spec();
	s.path_len = 255;
	is_err(cert_write(&s, &w), ERR_OK, "the longest path");
}

static bool holds(const struct wr *w, const void *bytes, size_t n)
{
	for (size_t i = 0; i + n <= w->len; i++)
		if (memcmp(w->buf + i, bytes, n) == 0)
			return true;
	return false;
}

/* The SAN extension is there when it has a name of either kind. */
static void test_san(void)
{
	static const char *const nobody[] = { NULL };
	static const char san[] = "\x55\x1d\x11", ip[] = "\x87\x04\x7f\0\0\1";
	uint8_t buf[2048];
	struct cert_spec s = leaf_spec();
	struct wr w = wr_over(buf, sizeof buf);

	s.ipv4 = NULL;
	is_err(cert_write(&s, &w), ERR_OK, "DNS names alone");
	ok(judge(wr_slice(&w), "localhost", NOW) == 0, "are there");
	w = wr_over(buf, sizeof buf);
	s = leaf_spec();
	s.dns = nobody;
	is_err(cert_write(&s, &w), ERR_OK, "addresses alone");
	ok(holds(&w, san, 3) && holds(&w, ip, 6), "are there");
	w = wr_over(buf, sizeof buf);
	s.ipv4 = nobody;
	is_err(cert_write(&s, &w), ERR_OK, "neither");
	ok(!holds(&w, san, 3), "makes no extension");
}

/* openssl req -x509 -newkey rsa:1024 -days 36500 -subj /CN=R */
static const char rsa_pem[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIB9jCCAV+gAwIBAgIUZ2QrtioPK7ZgKR8rWUqk1+JNQVIwDQYJKoZIhvcNAQEL\n"
	"BQAwDDEKMAgGA1UEAwwBUjAgFw0yNjExMjAwNjU4MDhaGA8yMTI2MTAyNzA2NTgw\n"
	"OFowDDEKMAgGA1UEAwwBUjCBnzANBgkqhkiG9w0BAQEFAAOBjQAwgYkCgYEAvJzc\n"
	"Z5KFPjXQYt7vOqbIkGguGhzHdHg+FMpCA4GXk9WB0nw6BvH2mglxRseg7kNaeCEk\n"
	"bu5btRjXdGVYix9zjC4WYpIrWATBAFfFf6Zx41utRx5Bd7vvWEDrEyTwWsrYfeXF\n"
	"b5E2OA+L049vqPsxr0dcM2MquRo6xoCpOIYXgTcCAwEAAaNTMFEwHQYDVR0OBBYE\n"
	"FF3ZgAn34wiW3uX8+A4VEJS5Acu6MB8GA1UdIwQYMBaAFF3ZgAn34wiW3uX8+A4V\n"
	"EJS5Acu6MA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZIhvcNAQELBQADgYEAGS3PvIgT\n"
	"Chh0rsBdeqn5lRcELuoPFM8+ldt4baTUxkytASZp/D530R56wq27I/Bo2ZJdl5w0\n"
	"Hiq1c2nZalrBkfItfvE0dz+0qmLzt42/X4j5O35KBRpq+oR029KYUJKd0kd10qIC\n"
	"bnCyzOtBXECqUm3oYUJUvI7ZND5XYURErxI=\n"
	"-----END CERTIFICATE-----\n";

/* The same with -newkey ec -pkeyopt ec_paramgen_curve:P-384 */
static const char p384_pem[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBrDCCATKgAwIBAgIUeypmxs1v6juqedvP3TZZ75KnphwwCgYIKoZIzj0EAwIw\n"
	"DDEKMAgGA1UEAwwBRTAgFw0yNjExMjAwNjU4MDhaGA8yMTI2MTAyNzA2NTgwOFow\n"
	"DDEKMAgGA1UEAwwBRTB2MBAGByqGSM49AgEGBSuBBAAiA2IABD6nKioEBoPJCK/K\n"
	"wM1759cT9x4eu/OeLEtFeXuoGQ2lxChza29s7MYNl+fb6HHSfVjzKePxS02InwzU\n"
	"Y54Sz5xcEAU/EdsJY1rHHF3F2B0TEfhJnZ8xAAN3dhgAhjSCqKNTMFEwHQYDVR0O\n"
	"BBYEFC5fgoreNvj69tJsKbPkdXFSEst4MB8GA1UdIwQYMBaAFC5fgoreNvj69tJs\n"
	"KbPkdXFSEst4MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDaAAwZQIwNEYZ\n"
	"5QEogklc6EznXQLNzdZHqyRhqOW9kedEF/rvT72FKofMLGOM6nYWXh4JK6rcAjEA\n"
	"2AQOSVub7ImmYXeKeHtCYmZ8qAXzdaOkiw039r7KpUt47NBi9wJ6/O/Wd6TVsyHv\n"
	"-----END CERTIFICATE-----\n";

/* P-256, its key put through openssl ec -conv_form compressed */
static const char compressed_pem[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBTTCB9aADAgECAhR+kWSszbROIVbNEcJrsejvoVZcjTAKBggqhkjOPQQDAjAM\n"
	"MQowCAYDVQQDDAFDMCAXDTI2MTEyMDA2NTgwOFoYDzIxMjYxMDI3MDY1ODA4WjAM\n"
	"MQowCAYDVQQDDAFDMDkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDIgACX3lKMNXD+Uxp\n"
	"QjHJatWxEaLBfKf/SAvN9hci9wmCUi+jUzBRMB0GA1UdDgQWBBRU/9vEnbuXi1/p\n"
	"UkfRimdthVeh1jAfBgNVHSMEGDAWgBRU/9vEnbuXi1/pUkfRimdthVeh1jAPBgNV\n"
	"HRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0cAMEQCIFF9A22d8XVLu/1a806XZyL0\n"
	"iBetwrneRoVbMv9gKtHzAiBNqafFa4N0uzjhQiK7QgKmMHxFW6BShJTKZcZJetH/\n"
	"Lw==\n"
	"-----END CERTIFICATE-----\n";

static void test_other_keys(void)
{
	const char *const pems[] = { rsa_pem, p384_pem, compressed_pem };
	uint8_t der[1024], pub[P256_PUB_LEN] = { 7 };

	for (size_t i = 0; i < sizeof pems / sizeof *pems; i++) {
		struct wr w = wr_over(der, sizeof der);

		is_err(pem_read(str_slice(pems[i]), "CERTIFICATE", &w), ERR_OK,
		       "a certificate");
		is_err(cert_p256_pub(wr_slice(&w), pub), ERR_UNSUPP,
		       "with another kind of key");
		ok(pub[0] == 7, "gives none");
	}
}

static void test_pub(void)
{
	uint8_t pub[P256_PUB_LEN], bad[2049];
	size_t taken = 0;

	is_err(cert_p256_pub(at_page_end(leaf.ptr, leaf.len), pub), ERR_OK,
	       "the leaf's key");
	ok(memcmp(pub, leaf_key.pub, sizeof pub) == 0, "is right");
	for (size_t n = 0; n < leaf.len; n++)
		taken += cert_p256_pub(at_page_end(leaf.ptr, n), pub) !=
			 ERR_VALUE;
	ok(taken == 0, "every prefix refused");
	memcpy(bad, leaf.ptr, leaf.len);
	bad[leaf.len] = 0;
	is_err(cert_p256_pub((struct slice){ bad, leaf.len + 1 }, pub),
	       ERR_VALUE, "one byte more refused");
	/* The curve's identifier, changed to secp384r1's length and value is
	 * not needed: any other curve will do. */
	for (size_t i = 0; i + 8 < leaf.len; i++)
		if (memcmp(bad + i, "\x2a\x86\x48\xce\x3d\x03\x01\x07", 8) == 0)
			bad[i + 7] = 1; /* prime192v1 */
	ok(cert_p256_pub((struct slice){ bad, leaf.len }, pub) != ERR_OK,
	   "another curve refused");
}

/* ---- keys and PEM ---- */

static void test_key(void)
{
	uint8_t buf[256], bad[256];
	struct wr w = wr_over(buf, sizeof buf);
	struct p256_key k;
	size_t n, taken = 0;

	is_err(p256_key_write(&leaf_key, &w), ERR_OK, "written");
	n = w.len;
	memset(&k, 0, sizeof k);
	is_err(p256_key_read(at_page_end(buf, n), &k), ERR_OK, "read back");
	ok(memcmp(&k, &leaf_key, sizeof k) == 0, "the same key");
	for (size_t i = 0; i < n; i++)
		taken += p256_key_read(at_page_end(buf, i), &k) == ERR_OK;
	ok(taken == 0, "every prefix refused");
	memcpy(bad, buf, n);
	bad[n] = 0;
	is_err(p256_key_read(at_page_end(bad, n + 1), &k), ERR_VALUE,
	       "one byte more refused");
	for (size_t i = 0; i < 8 * n; i++) {
		memcpy(bad, buf, n);
		bad[i / 8] ^= (uint8_t)(1 << i % 8);
		taken += p256_key_read(at_page_end(bad, n), &k) == ERR_OK;
	}
	ok(taken == 0, "every changed bit refused: the two halves must match");
	memcpy(bad, buf, n);
	bad[n - 66 - 5] = 1; /* the last byte of the curve's identifier */
	is_err(p256_key_read(at_page_end(bad, n), &k), ERR_UNSUPP,
	       "another curve");
	ok(memcmp(&k, &leaf_key, sizeof k) == 0, "a refusal writes nothing");
	/* RFC 5915: both members are optional. */
	memcpy(bad, "\x30\x25\x02\x01\x01\x04\x20", 7);
	memcpy(bad + 7, leaf_key.priv, 32);
	is_err(p256_key_read(at_page_end(bad, 39), &k), ERR_OK, "bare scalar");
}

/* ECPrivateKey structures that are wrong in one place: extra bytes after the
 * curve, after the public key and at the end, an empty version. */
static void test_key_members(void)
{
	static const struct {
		const char *version, *after_curve, *after_pub, *at_end;
		enum err want;
	} t[] = {
		{ "\2\1\1", "", "", "", ERR_OK },
		{ "\2\1\1", "\5", "", "", ERR_VALUE },
		{ "\2\1\1", "", "\5", "", ERR_VALUE },
		{ "\2\1\1", "", "", "\5", ERR_VALUE },
		{ "\2\1\2", "", "", "", ERR_VALUE },
		{ "\2\2\1\1", "", "", "", ERR_VALUE },
		{ "\1\1\1", "", "", "", ERR_VALUE },
	};
	static const uint8_t p256[] = { 0x2a, 0x86, 0x48, 0xce,
					0x3d, 0x03, 0x01, 0x07 };

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		uint8_t buf[256];
		struct wr w = wr_over(buf, sizeof buf);
		size_t seq = der_open(&w, DER_SEQUENCE), e;
		struct p256_key k;

		wr_str(&w, t[i].version);
		der_put(&w, DER_OCTET_STRING,
			(struct slice){ leaf_key.priv, P256_PRIV_LEN });
		e = der_open(&w, DER_CONTEXT_CONS | 0);
		der_put(&w, DER_OID, (struct slice){ p256, sizeof p256 });
		wr_str(&w, t[i].after_curve);
		der_close(&w, e);
		e = der_open(&w, DER_CONTEXT_CONS | 1);
		der_put_bits(&w, (struct slice){ leaf_key.pub, P256_PUB_LEN });
		wr_str(&w, t[i].after_pub);
		der_close(&w, e);
		wr_str(&w, t[i].at_end);
		der_close(&w, seq);
		is_err(p256_key_read(wr_slice(&w), &k), t[i].want, "key %zu",
		       i);
	}
}

#define B(x) "-----BEGIN " x "-----\n"
#define E(x) "-----END " x "-----\n"

static void test_pem(void)
{
	static const struct {
		const char *pem;
		enum err want;
	} t[] = {
		{ B("X") "Zm9vYg==\n" E("X"), ERR_OK },
		{ "text\n" B("Y") "AAAA\n" E("Y") "\n" B("X") "Zm9v\nYg==\n" E(
			  "X") B("X") "AAAA\n" E("X"),
		  ERR_OK },
		{ "-----BEGIN X-----\r\nZm9vYg==\r\n-----END X-----\r\n",
		  ERR_OK },
		{ B("X") "Zm9vYg==\n-----END X-----", ERR_OK },
		{ "", ERR_MISSING },
		{ B("Y") "Zm9vYg==\n" E("Y"), ERR_MISSING },
		{ B("XX") "Zm9vYg==\n" E("XX"), ERR_MISSING },
		{ " " B("X") "Zm9vYg==\n" E("X"), ERR_MISSING },
		{ "-----BEGIN X-----", ERR_VALUE },
		{ B("X"), ERR_VALUE },
		{ B("X") E("X"), ERR_VALUE },
		{ B("X") "Zm9vYg==\n", ERR_VALUE },
		{ B("X") "Zm9vYg==\n" E("Y"), ERR_VALUE },
		{ B("X") "Zm9vYg==\n" B("X") "Zm9vYg==\n" E("X"), ERR_VALUE },
		{ B("X") "Zm9vYg==\n\n" E("X"), ERR_VALUE },
		{ B("X") "Zg==\nZg==\n" E("X"), ERR_VALUE },
		{ B("X") "Zm8=\nZg==\n" E("X"), ERR_VALUE },
		{ "-----BEGIN X----- \nZm9vYg==\n" E("X"), ERR_MISSING },
		{ B("X") "Zm9vYg==\n-----END X------\n", ERR_VALUE },
		{ B("X") "Zm9v Yg==\n" E("X"), ERR_VALUE },
		{ B("X") "Zm9vYg\n" E("X"), ERR_VALUE },
		{ B("X") "Proc-Type: 4,ENCRYPTED\n" E("X"), ERR_VALUE },
	};
	static uint8_t long_der[200];
	uint8_t buf[64], pem[512];
	struct wr w, v;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		w = wr_over(buf, sizeof buf);
		wr_str(&w, "<");
		is_err(pem_read(at_page_end(t[i].pem, strlen(t[i].pem)), "X",
				&w),
		       t[i].want, "PEM case %zu", i);
		ok(slice_is(wr_slice(&w), t[i].want == ERR_OK ? "<foob" : "<"),
		   "its bytes");
	}
	w = wr_over(buf, 3);
	is_err(pem_read(str_slice(t[0].pem), "X", &w), ERR_SPACE, "no room");
	w = wr_over(pem, sizeof pem);
	pem_write(&w, "Z", (struct slice){ long_der, sizeof long_der });
	ok(memcmp(pem + 13, "\nAAAA", 5) != 0 &&
		   memcmp(pem + 18 + 64, "\n", 1) == 0,
	   "64 characters a line");
	v = wr_over(long_der, sizeof long_der);
	is_err(pem_read(wr_slice(&w), "Z", &v), ERR_OK, "read back");
	ok(v.len == sizeof long_der, "all of it");
}

static void test_pem_lines(void)
{
	static const uint8_t der[96];
	uint8_t pem[256];

	for (size_t n = 1; n <= sizeof der; n++) {
		struct wr w = wr_over(pem, sizeof pem);
		size_t lines = 0;

		pem_write(&w, "Z", (struct slice){ der, n });
		for (size_t i = 0; i < w.len; i++)
			lines += pem[i] == '\n';
		if (lines != 2 + (n + 47) / 48)
			ok(0, "%zu bytes make %zu lines", n, lines);
	}
	ok(1, "no empty line at the end of 48 or 96 bytes");
}

int main(void)
{
	ca_key = key_of(3);
	leaf_key = key_of(5);
	make_chain();
	test_bearssl();
	test_openssl();
	test_spec();
	test_spec_edges();
	test_san();
	test_other_keys();
	test_pub();
	test_key();
	test_key_members();
	test_pem();
	test_pem_lines();
	return tap_done();
}
