/* RSA signatures: every line of tests/vectors/rsa.txt (tests/vectors/
 * make_rsa.py: OpenSSL's signatures, and wrong ones of which OpenSSL says so),
 * every bit of one signature and one digest, and the keys that are refused. */
#include <stdlib.h>

#include "lib/text.h"
#include "measure/lib/rsa_pss.h"
#include "tests/tap.h"

enum {
	MAX_LINE = 4096,
	MAX_KEYS = 8,
	LINES = 171
};

struct vector {
	char scheme[8], key[8], hash[8], salt[8], digest[2 * SHA512_LEN + 1];
	char sig[2 * RSA_MAX_BYTES + 8], want[4], why[80];
};

static struct {
	char name[8];
	struct rsa_key key;
} keys[MAX_KEYS];
static size_t nkeys;

static struct slice unhex(const char *hex, uint8_t *out, size_t cap)
{
	size_t n = strcmp(hex, "-") == 0 ? 0 : strlen(hex) / 2;

	if (n > cap || (n > 0 && hex_decode(str_slice(hex), out, n) != ERR_OK))
		_exit(98);
	return (struct slice){ out, n };
}

static const struct rsa_key *find_key(const char *name)
{
	for (size_t i = 0; i < nkeys; i++)
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i].key;
	_exit(98);
}

static enum rsa_hash hash_of(const char *name)
{
	if (strcmp(name, "sha256") == 0)
		return RSA_SHA256;
	return strcmp(name, "sha384") == 0 ? RSA_SHA384 : RSA_SHA512;
}

/* key NAME BITS N E */
static void add_key(char *text)
{
	char name[8], bits[8], n[2 * RSA_MAX_BYTES + 1], e[16];
	uint8_t nb[RSA_MAX_BYTES], eb[8];
	struct slice ns, es;

	if (nkeys == MAX_KEYS ||
	    sscanf(text, "key %7s %7s %1024s %15s", name, bits, n, e) != 4)
		_exit(98);
	ns = unhex(n, nb, sizeof nb);
	es = unhex(e, eb, sizeof eb);
	memcpy(keys[nkeys].name, name, sizeof name);
	is_err(rsa_key_init(ns, es, &keys[nkeys].key), ERR_OK,
	       "key %s is taken", name);
	ok(keys[nkeys].key.bits == strtoul(bits, NULL, 10),
	   "key %s has %s bits", name, bits);
	nkeys++;
}

static enum err verify(const struct vector *v, const uint8_t *digest,
		       struct slice sig)
{
	const struct rsa_key *k = find_key(v->key);
	enum rsa_hash h = hash_of(v->hash);

	if (strcmp(v->scheme, "pkcs1") == 0)
		return rsa_pkcs1_verify(k, h, digest, sig);
	return rsa_pss_verify(k, h, digest, strtoul(v->salt, NULL, 10), sig);
}

/* Another key, another hash, another salt length, another scheme. */
static void test_mixed(const struct vector *v, const uint8_t *digest,
		       struct slice sig)
{
	size_t accepted = 0, tried = 0;

	for (size_t i = 0; i < nkeys; i++)
		for (int h = 0; h < RSA_NHASHES; h++)
			for (size_t salt = 0; salt < 70; salt++) {
				const struct rsa_key *k = &keys[i].key;
				enum rsa_hash rh = (enum rsa_hash)h;

				tried++;
				accepted += rsa_pss_verify(k, rh, digest, salt,
							   sig) == ERR_OK;
			}
	ok(accepted == 1, "%s fits one key, hash and salt length of %zu",
	   v->key, tried);
}

/* Bits of the signature as a number all count. */
static void test_bits(const struct vector *v, uint8_t *digest, uint8_t *sig,
		      size_t len)
{
	size_t accepted = 0;

	for (size_t i = 0; i < 8 * len; i += v->scheme[1] == 's' ? 1 : 7) {
		sig[i / 8] ^= (uint8_t)(1 << i % 8);
		accepted +=
			verify(v, digest, (struct slice){ sig, len }) == ERR_OK;
		sig[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	ok(accepted == 0, "%s: no flipped bit of a signature", v->scheme);
	for (size_t i = 0; i < 8 * rsa_hash_len(hash_of(v->hash)); i++) {
		digest[i / 8] ^= (uint8_t)(1 << i % 8);
		accepted +=
			verify(v, digest, (struct slice){ sig, len }) == ERR_OK;
		digest[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	ok(accepted == 0, "%s: no flipped bit of a digest", v->scheme);
}

static void test_line(const char *text)
{
	uint8_t digest[SHA512_LEN] = { 0 }, sig[RSA_MAX_BYTES + 4];
	struct vector v;
	struct slice s;

	if (sscanf(text, "%7s %7s %7s %7s %128s %1031s %3s %79[^\n]", v.scheme,
		   v.key, v.hash, v.salt, v.digest, v.sig, v.want, v.why) != 8)
		_exit(98);
	(void)unhex(v.digest, digest, sizeof digest);
	s = unhex(v.sig, sig, sizeof sig);
	is_err(verify(&v, digest, at_page_end(s.ptr, s.len)),
	       strcmp(v.want, "ok") == 0 ? ERR_OK : ERR_SIGNATURE,
	       "%s %s %s: %s", v.scheme, v.key, v.hash, v.why);
	if (strcmp(v.why, "plain") != 0 || strcmp(v.hash, "sha256") != 0 ||
	    strcmp(v.key, "k2048") != 0)
		return;
	test_bits(&v, digest, sig, s.len);
	if (strcmp(v.scheme, "pss") == 0)
		test_mixed(&v, digest, s);
}

static void test_vectors(void)
{
	static char text[MAX_LINE];
	FILE *f = fopen("tests/vectors/rsa.txt", "r");
	size_t lines = 0;

	if (!ok(f != NULL, "tests/vectors/rsa.txt is there"))
		return;
	while (fgets(text, sizeof text, f) != NULL) {
		if (strncmp(text, "key ", 4) == 0)
			add_key(text);
		else
			test_line(text);
		lines++;
	}
	fclose(f);
	ok(lines == LINES && nkeys == 6, "all %zu lines", lines);
}

/* Longer than any buffer for one. */
static void test_long(void)
{
	static uint8_t sig[2 * RSA_MAX_BYTES];
	static const uint8_t digest[SHA512_LEN];
	size_t accepted = 0;

	for (size_t i = 0; i < nkeys; i++)
		for (size_t n = RSA_MAX_BYTES + 1; n <= sizeof sig; n += 100) {
			struct slice s = { sig, n };
			const struct rsa_key *k = &keys[i].key;

			accepted += rsa_pss_verify(k, RSA_SHA256, digest, 32,
						   s) == ERR_OK;
			accepted += rsa_pkcs1_verify(k, RSA_SHA256, digest,
						     s) == ERR_OK;
		}
	ok(accepted == 0, "no signature above the limit");
}

/* ---- keys */

static uint8_t number[RSA_MAX_BYTES + 1];

/* A number of that many bits, odd unless the last byte says otherwise. */
static struct slice number_of(size_t bits, uint8_t last)
{
	size_t n = (bits + 7) / 8;

	memset(number, 0xa5, sizeof number);
	number[0] = (uint8_t)(0xff >> (8 * n - bits));
	number[n - 1] = last;
	return (struct slice){ number, n };
}

static void test_keys(void)
{
	static const struct {
		const char *why, *e;
		size_t e_len, bits;
		uint8_t last;
		enum err want;
	} t[] = {
		{ "2048 bits", "\1\0\1", 3, 2048, 1, ERR_OK },
		{ "2047 bits", "\1\0\1", 3, 2047, 1, ERR_LIMIT },
		{ "1024 bits", "\1\0\1", 3, 1024, 1, ERR_LIMIT },
		{ "8 bits", "\3", 1, 8, 0x8f, ERR_LIMIT },
		{ "4096 bits", "\3", 1, 4096, 1, ERR_OK },
		{ "4097 bits", "\3", 1, 4097, 1, ERR_LIMIT },
		{ "an even modulus", "\1\0\1", 3, 2048, 2, ERR_VALUE },
		{ "exponent 1", "\1", 1, 2048, 1, ERR_VALUE },
		{ "exponent 2", "\2", 1, 2048, 1, ERR_VALUE },
		{ "exponent 0", "\0", 1, 2048, 1, ERR_VALUE },
		{ "no exponent", "", 0, 2048, 1, ERR_VALUE },
		{ "an even exponent", "\1\0\0", 3, 2048, 1, ERR_VALUE },
		{ "an exponent with a zero before", "\0\3", 2, 2048, 1,
		  ERR_VALUE },
		{ "an exponent of 32 bits", "\xff\xff\xff\xff", 4, 2048, 1,
		  ERR_OK },
		{ "an exponent of 33 bits", "\1\0\0\0\1", 5, 2048, 1,
		  ERR_LIMIT },
	};
	struct rsa_key k;
	struct slice n;

	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++)
		is_err(rsa_key_init(number_of(t[i].bits, t[i].last),
				    (struct slice){ (const uint8_t *)t[i].e,
						    t[i].e_len },
				    &k),
		       t[i].want, "key: %s", t[i].why);
	n = number_of(2048, 1);
	number[0] = 0;
	is_err(rsa_key_init(n, str_slice("\3"), &k), ERR_VALUE,
	       "key: a modulus with a zero before");
	is_err(rsa_key_init((struct slice){ NULL, 0 }, str_slice("\3"), &k),
	       ERR_VALUE, "key: no modulus");
}

int main(void)
{
	test_vectors();
	test_long();
	test_keys();
	return tap_done();
}
