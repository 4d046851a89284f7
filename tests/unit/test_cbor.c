/* CBOR out: the examples of RFC 8949, appendix A, that are in its deterministic
 * encoding. */
#include "measure/lib/cbor.h"

#include <string.h>

#include "lib/text.h"
#include "tests/tap.h"

static uint8_t buf[64];
static struct wr w;

static void begin(void)
{
	w = wr_over(buf, sizeof buf);
}

static void is_cbor(const char *want, const char *name)
{
	char hex[2 * sizeof buf + 1];

	hex_encode(wr_slice(&w), hex);
	ok(strcmp(hex, want) == 0, "%s: %s", name, hex);
	begin();
}

static void test_numbers(void)
{
	static const struct {
		int64_t v;
		const char *want;
	} cases[] = {
		{ 0, "00" },
		{ 1, "01" },
		{ 10, "0a" },
		{ 23, "17" },
		{ 24, "1818" },
		{ 25, "1819" },
		{ 100, "1864" },
		{ 255, "18ff" }, /* this and 65535, 65536: by section 3 */
		{ 256, "190100" },
		{ 1000, "1903e8" },
		{ 65535, "19ffff" },
		{ 65536, "1a00010000" },
		{ 1000000, "1a000f4240" },
		{ INT64_C(1000000000000), "1b000000e8d4a51000" },
		{ -1, "20" },
		{ -10, "29" },
		{ -100, "3863" },
		{ -1000, "3903e7" },
		{ INT64_MIN, "3b7fffffffffffffff" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		cbor_int(&w, cases[i].v);
		is_cbor(cases[i].want, "an integer");
	}
	cbor_uint(&w, UINT64_MAX);
	is_cbor("1bffffffffffffffff", "18446744073709551615");
}

static void test_strings(void)
{
	cbor_bytes(&w, (struct slice){ NULL, 0 });
	is_cbor("40", "h''");
	cbor_bytes(&w,
		   (struct slice){ (const uint8_t *)"\x01\x02\x03\x04", 4 });
	is_cbor("4401020304", "h'01020304'");
	cbor_text(&w, "");
	is_cbor("60", "\"\"");
	cbor_text(&w, "IETF");
	is_cbor("6449455446", "\"IETF\"");
	cbor_text(&w, "\u00fc");
	is_cbor("62c3bc", "\"\u00fc\"");
}

static void test_structures(void)
{
	cbor_array(&w, 0);
	is_cbor("80", "[]");
	cbor_array(&w, 25);
	for (unsigned i = 1; i <= 25; i++)
		cbor_uint(&w, i);
	is_cbor("98190102030405060708090a0b0c0d0e0f101112131415161718181819",
		"[1, 2, ... 25]");
	cbor_map(&w, 2);
	cbor_uint(&w, 1);
	cbor_uint(&w, 2);
	cbor_uint(&w, 3);
	cbor_uint(&w, 4);
	is_cbor("a201020304", "{1: 2, 3: 4}");
	cbor_tag(&w, 1);
	cbor_uint(&w, 1363896240);
	is_cbor("c11a514b67b0", "1(1363896240)");
	cbor_tag(&w, 501);
	cbor_map(&w, 0);
	is_cbor("d901f5a0", "501({})");
}

static void test_full(void)
{
	w = wr_over(buf, 3);
	cbor_text(&w, "abc");
	is_err(wr_end(&w), ERR_SPACE, "a text that does not fit");
	begin();
}

int main(void)
{
	begin();
	test_numbers();
	test_strings();
	test_structures();
	test_full();
	return tap_done();
}
