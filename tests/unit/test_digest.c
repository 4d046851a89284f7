/* lib/digest.h against FIPS 180-4 and RFC 4231; the extend against the Python
 * line hashlib.sha384(bytes(48) + hashlib.sha384(b"abc").digest()). */
#include "lib/digest.h"

#include "lib/text.h"
#include "tests/tap.h"

static void same(const uint8_t *got, size_t n, const char *want,
		 const char *what)
{
	char text[2 * SHA512_LEN + 1];

	hex_encode((struct slice){ got, n }, text);
	ok(strcmp(text, want) == 0, "%s", what);
}

/* FIPS 180-4 example messages, csrc.nist.gov "SHA Examples". */
static void test_sha(void)
{
	struct slice abc = at_page_end("abc", 3);
	struct slice none = { NULL, 0 };
	uint8_t d[SHA512_LEN];

	sha256(abc, d);
	same(d, SHA256_LEN,
	     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	     "SHA-256 of abc");
	sha256(none, d);
	same(d, SHA256_LEN,
	     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	     "SHA-256 of nothing");
	sha384(abc, d);
	same(d, SHA384_LEN,
	     "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
	     "8086072ba1e7cc2358baeca134c825a7",
	     "SHA-384 of abc");
	sha512(abc, d);
	same(d, SHA512_LEN,
	     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
	     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
	     "SHA-512 of abc");
}

static void test_extend(void)
{
	uint8_t reg[SHA384_LEN] = { 0 }, d[SHA384_LEN];

	sha384(str_slice("abc"), d);
	rtmr_extend(reg, d);
	same(reg, SHA384_LEN,
	     "93732e3733514a841c982cfa75ea76ab55fe011acb9cd980ef4523913c65be1b"
	     "0998e04d77f8c174f81a82151619ca40",
	     "a register extended once");
	rtmr_extend(reg, d);
	same(reg, SHA384_LEN,
	     "0b815adb5c2824360b25f9c2ca667eee481dc15676327e8c56be97a3275d8f11"
	     "4d89b198e39f5f49e89657ea2a8adb6a",
	     "and twice");
}

/* RFC 4231 section 4.3 (case 2) and 4.7 (case 6: key longer than a block). */
static void test_hmac(void)
{
	uint8_t key[131], mac[SHA256_LEN];

	hmac_sha256(str_slice("Jefe"),
		    str_slice("what do ya want for nothing?"), mac);
	same(mac, sizeof mac,
	     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
	     "HMAC, short key");
	memset(key, 0xaa, sizeof key);
	hmac_sha256(at_page_end(key, sizeof key),
		    str_slice("Test Using Larger Than Block-Size Key - "
			      "Hash Key First"),
		    mac);
	same(mac, sizeof mac,
	     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
	     "HMAC, key longer than a block");
}

int main(void)
{
	test_sha();
	test_extend();
	test_hmac();
	return tap_done();
}
