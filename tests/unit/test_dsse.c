/* Envelopes: the test vector of the protocol, what is written is read and
 * verified, and all that must not be. */
#include "measure/lib/dsse.h"

#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "tests/tap.h"

/* The key, payload and signature of the DSSE protocol 1.0, "Test Vectors"; the
 * key in the forms in which openssl writes it, its SPKI's SHA-256 by openssl
 * dgst, the signature as an Ecdsa-Sig-Value by python3-cryptography. */
#define TYPE    "http://example.com/HelloWorld"
#define PAYLOAD "hello world"
#define KEYID   "f793580060562d6ff075d814ea698c282fcc779b0cde64d79ffc6301df00d14b"
#define SIG                                                                    \
	"MEQCIANyarEBrVbCdjtsaqyOSHJ14qeRk6CdxfhZ2fjvPEo7AiBR6rDAajabZKciJTf"  \
	"UiHqJPcIAriEGAHTVeCUjW2JIZA=="
#define PUBLIC                                                                 \
	"-----BEGIN PUBLIC KEY-----\n"                                         \
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEZ805D3eqNZywjCI19lInBJOp7YMr\n"   \
	"CrzAH3CVTAOQ0jgMeCvVTiaRJaRPRDOv8UMs6U4SvKc6pnrIDOoSYI3fdA==\n"       \
	"-----END PUBLIC KEY-----\n"
#define PKCS8                                                                  \
	"-----BEGIN PRIVATE KEY-----\n"                                        \
	"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg1z7EN/1jRuNhnF6/\n"   \
	"3/8PaRaASVWtMqyaxJKw7eH2/7ehRANCAARnzTkPd6o1nLCMIjX2UicEk6ntgysK\n"   \
	"vMAfcJVMA5DSOAx4K9VOJpElpE9EM6/xQyzpThK8pzqmesgM6hJgjd90\n"           \
	"-----END PRIVATE KEY-----\n"
#define SEC1                                                                   \
	"-----BEGIN EC PRIVATE KEY-----\n"                                     \
	"MHcCAQEEINc+xDf9Y0bjYZxev9//D2kWgElVrTKsmsSSsO3h9v+3oAoGCCqGSM49\n"   \
	"AwEHoUQDQgAEZ805D3eqNZywjCI19lInBJOp7YMrCrzAH3CVTAOQ0jgMeCvVTiaR\n"   \
	"JaRPRDOv8UMs6U4SvKc6pnrIDOoSYI3fdA==\n"                               \
	"-----END EC PRIVATE KEY-----\n"
/* openssl ecparam -name secp384r1 -genkey | openssl ec -pubout */
#define P384                                                                   \
	"-----BEGIN PUBLIC KEY-----\n"                                         \
	"MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEtiqvm2KqxudAlOpg9kSrTp4XpJ0mR2Nt\n"   \
	"cgz7w0pHkE98Bbkb5fZ2UFCgnVzAVMNcePBQPrvuPyvleWWEd1oPLQOKwYCQyLHF\n"   \
	"AMvcaf8Z84dA0pAwf7WcyhoUmFElzzwX\n"                                   \
	"-----END PUBLIC KEY-----\n"

#define SIGNED(payload, type, signatures)                                      \
	"{\"payload\":\"" payload "\",\"payloadType\":\"" type                 \
	"\",\"signatures\":[" signatures "]}\n"
#define ONE  "{\"keyid\":\"" KEYID "\",\"sig\":\"" SIG "\"}"
#define BODY "aGVsbG8gd29ybGQ="

static const char good[] = SIGNED(BODY, TYPE, ONE);

static uint8_t mem[DSSE_ARENA], out[8192];
static uint8_t pub[P256_PUB_LEN];
static struct p256_key key;

static enum err parse(const char *text, size_t n, struct dsse *d)
{
	struct arena a = arena_over(mem, sizeof mem);

	return dsse_parse(&a, at_page_end(text, n), d);
}

static void test_keys(void)
{
	char id[DSSE_KEYID_LEN + 1];
	struct p256_key other;

	is_err(dsse_public_pem(str_slice(PUBLIC), pub), ERR_OK, "a public key");
	dsse_keyid(pub, id);
	ok(strcmp(id, KEYID) == 0, "keyid is the SHA-256 of its SPKI");
	is_err(dsse_private_pem(str_slice(PKCS8), &key), ERR_OK, "PKCS #8");
	ok(memcmp(key.pub, pub, sizeof pub) == 0, "the same key");
	is_err(dsse_private_pem(str_slice(SEC1), &other), ERR_OK, "SEC 1");
	ok(memcmp(&key, &other, sizeof key) == 0, "the same again");
	is_err(dsse_public_pem(str_slice(PKCS8), pub), ERR_MISSING,
	       "a private key is no public one");
	is_err(dsse_private_pem(str_slice(PUBLIC), &other), ERR_MISSING,
	       "nor the other way round");
	is_err(dsse_public_pem(str_slice(P384), pub), ERR_UNSUPP, "P-384");
	is_err(dsse_private_pem(str_slice("-----BEGIN PRIVATE KEY-----\n"
					  "MAA=\n"
					  "-----END PRIVATE KEY-----\n"),
				&other),
	       ERR_VALUE, "an empty one");
}

static void test_pae(void)
{
	/* printf 'DSSEv1 29 %s 11 %s' TYPE PAYLOAD | sha256sum */
	static const char want[] = "217751fac2c4f14edb2c9297fbc34abcb016ba88e7"
				   "4757e875ec4ac16fb6b6a1";
	uint8_t digest[SHA256_LEN];
	char hex[2 * SHA256_LEN + 1];

	dsse_pae_sha256(str_slice(TYPE), str_slice(PAYLOAD), digest);
	hex_encode((struct slice){ digest, sizeof digest }, hex);
	ok(strcmp(hex, want) == 0, "the pre-authentication encoding");
}

static void test_good(void)
{
	struct wr w = wr_over(out, sizeof out);
	struct dsse d;

	is_err(parse(good, strlen(good), &d), ERR_OK, "the protocol's vector");
	ok(slice_is(d.payload_type, TYPE) && slice_is(d.payload, PAYLOAD) &&
		   d.n == 1 && slice_is(d.sig[0].keyid, KEYID),
	   "its parts");
	is_err(dsse_verify(&d, pub), ERR_OK, "its signature");
	is_err(dsse_sign(&key, TYPE, str_slice(PAYLOAD), &w), ERR_OK, "signed");
	ok(slice_is(wr_slice(&w), good),
	   "is the same envelope: the vector's signature is RFC 6979's");
	for (size_t n = 0; n < strlen(good); n++) {
		w = wr_over(out, n);
		if (dsse_sign(&key, TYPE, str_slice(PAYLOAD), &w) == ERR_OK)
			ok(false, "an envelope in %zu bytes", n);
	}
}

static void test_prefixes(void)
{
	struct dsse d;
	size_t taken = 0;

	for (size_t n = 0; n < strlen(good) - 1; n++)
		taken += parse(good, n, &d) == ERR_OK;
	ok(taken == 0, "no prefix is an envelope");
	is_err(parse(SIGNED(BODY, TYPE, ONE) "x", sizeof good, &d), ERR_EXTRA,
	       "one byte more");
}

static enum err verify(const char *text)
{
	struct dsse d;
	enum err e = parse(text, strlen(text), &d);

	return e == ERR_OK ? dsse_verify(&d, pub) : e;
}

static void test_forms(void)
{
	static const struct {
		const char *text, *name;
		enum err want;
	} cases[] = {
		{ SIGNED("aGVsbG8gd29ybGR=", TYPE, ONE), "stray bits",
		  ERR_VALUE },
		{ SIGNED("aGVsbG8gd29ybGQ", TYPE, ONE), "no padding",
		  ERR_VALUE },
		{ SIGNED("aGVsbG8g d29ybGQ=", TYPE, ONE), "a space",
		  ERR_VALUE },
		{ SIGNED("+_==", TYPE, ONE), "two alphabets", ERR_VALUE },
		{ SIGNED("aGVsbG8gd29ybGU=", TYPE, ONE), "another payload",
		  ERR_SIGNATURE },
		{ SIGNED(BODY, TYPE "s", ONE), "another type", ERR_SIGNATURE },
		{ SIGNED(BODY, TYPE, ""), "no signature", ERR_MISSING },
		{ SIGNED(BODY, TYPE, "{\"sig\":\"" SIG "\"}"), "no keyid",
		  ERR_OK },
		{ SIGNED(BODY, TYPE, "{\"keyid\":\"x\",\"sig\":\"" SIG "\"}"),
		  "another keyid: it decides nothing", ERR_OK },
		{ SIGNED(BODY, TYPE, "{\"keyid\":\"" KEYID "\"}"), "no sig",
		  ERR_MISSING },
		{ SIGNED(BODY, TYPE, "{\"keyid\":7,\"sig\":\"" SIG "\"}"),
		  "keyid is a number", ERR_VALUE },
		{ SIGNED(BODY, TYPE, "7"), "a signature is a number",
		  ERR_VALUE },
		{ SIGNED(BODY, TYPE, "{\"sig\":\"\"}"), "an empty signature",
		  ERR_SIGNATURE },
		{ SIGNED(BODY, TYPE, "{\"sig\":\"MAYCAQECAQE=\"}"),
		  "one that is another's", ERR_SIGNATURE },
		{ SIGNED(BODY, TYPE, "{\"sig\":\"MAYCAQECAQE=\"}," ONE),
		  "ours is the second", ERR_OK },
		{ SIGNED(BODY, TYPE,
			 ONE "," ONE "," ONE "," ONE "," ONE "," ONE "," ONE
			     "," ONE),
		  "eight", ERR_OK },
		{ SIGNED(BODY, TYPE,
			 ONE "," ONE "," ONE "," ONE "," ONE "," ONE "," ONE
			     "," ONE "," ONE),
		  "nine", ERR_LIMIT },
		{ "{\"payload\":\"" BODY "\",\"payloadType\":\"" TYPE
		  "\",\"signatures\":[{\"cert\":\"x\",\"sig\":\"" SIG
		  "\"}],\"x\":1}",
		  "members that are not known are passed over", ERR_OK },
		{ "{\"payload\":\"" BODY "\",\"signatures\":[" ONE "]}",
		  "no type", ERR_MISSING },
		{ "{\"payloadType\":\"" TYPE "\",\"signatures\":[" ONE "]}",
		  "no payload", ERR_MISSING },
		{ "{\"payload\":\"" BODY "\",\"payloadType\":\"" TYPE "\"}",
		  "no signatures", ERR_MISSING },
		{ "{\"payload\":\"" BODY "\",\"payload\":\"" BODY
		  "\",\"payloadType\":\"" TYPE "\",\"signatures\":[" ONE "]}",
		  "two payloads", ERR_DUPLICATE },
		{ "[]", "an array", ERR_VALUE },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		is_err(verify(cases[i].text), cases[i].want, "%s",
		       cases[i].name);
}

/* The same envelope in the other alphabet: DSSE wants both read. */
static void test_url_alphabet(void)
{
	static const uint8_t bytes[] = { 0xfb, 0xff, 0xbf };
	struct wr w = wr_over(out, sizeof out);
	char *at;

	is_err(dsse_sign(&key, TYPE, (struct slice){ bytes, 3 }, &w), ERR_OK,
	       "a payload with + and / in it");
	out[w.len] = '\0';
	is_err(verify((char *)out), ERR_OK, "verifies");
	at = strstr((char *)out, "+/+/");
	ok(at != NULL, "as it is");
	if (at != NULL)
		memcpy(at, "-_-_", 4);
	is_err(verify((char *)out), ERR_OK, "and with - and _");
}

/* Every bit of a signature and of the key counts. */
static void test_bits(void)
{
	struct dsse d;
	size_t taken = 0;

	is_err(parse(good, strlen(good), &d), ERR_OK, "the vector");
	for (size_t i = 0; i < 8 * d.sig[0].der_len; i++) {
		d.sig[0].der[i / 8] ^= (uint8_t)(1 << i % 8);
		taken += dsse_verify(&d, pub) == ERR_OK;
		d.sig[0].der[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	ok(taken == 0, "no signature with one bit changed");
	pub[40] ^= 1;
	is_err(dsse_verify(&d, pub), ERR_SIGNATURE, "another key");
	pub[40] ^= 1;
}

static void test_limits(void)
{
	struct arena a = arena_over(mem, sizeof mem);
	struct dsse d;
	uint8_t *big = calloc(1, DSSE_MAX_PAYLOAD + 1);
	uint8_t *text = malloc(DSSE_MAX_BYTES);
	struct wr w = wr_over(text, DSSE_MAX_BYTES);

	if (big == NULL || text == NULL)
		_exit(98);
	is_err(dsse_sign(&key, TYPE, (struct slice){ big, DSSE_MAX_PAYLOAD },
			 &w),
	       ERR_OK, "the largest payload");
	is_err(dsse_parse(&a, wr_slice(&w), &d), ERR_OK, "is read");
	ok(d.payload.len == DSSE_MAX_PAYLOAD, "whole");
	is_err(dsse_verify(&d, pub), ERR_OK, "and verifies");
	w = wr_over(text, DSSE_MAX_BYTES);
	a = arena_over(mem, sizeof mem);
	is_err(dsse_sign(&key, TYPE,
			 (struct slice){ big, DSSE_MAX_PAYLOAD + 1 }, &w),
	       ERR_OK, "one byte more");
	is_err(dsse_parse(&a, wr_slice(&w), &d), ERR_LIMIT, "is refused");
	is_err(dsse_parse(&a, (struct slice){ text, DSSE_MAX_BYTES + 1 }, &d),
	       ERR_LIMIT, "an envelope that is too long is not looked at");
	free(big);
	free(text);
}

int main(void)
{
	test_keys();
	is_err(dsse_public_pem(str_slice(PUBLIC), pub), ERR_OK, "the key");
	test_pae();
	test_good();
	test_prefixes();
	test_forms();
	test_url_alphabet();
	test_bits();
	test_limits();
	return tap_done();
}
