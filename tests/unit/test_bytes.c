/* The reader and the writer of lib/bytes.h: values, limits, stickiness. */
#include "lib/bytes.h"
#include "tests/tap.h"

static const uint8_t in[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14 };

static void test_reads(void)
{
	struct rd r = rd_over(at_page_end(in, 8));

	ok(rd_u64le(&r) == 0x0807060504030201, "u64le");
	is_err(rd_end(&r), ERR_OK, "all read");
	r = rd_over(at_page_end(in, 7));
	ok(rd_u8(&r) == 1, "u8");
	ok(rd_u16be(&r) == 0x0203, "u16be");
	ok(rd_u32be(&r) == 0x04050607, "u32be");
	is_err(rd_end(&r), ERR_OK, "all read again");
}

static void test_sticky(void)
{
	uint8_t out[4] = { 9, 9, 9, 9 };

	for (size_t n = 0; n < 8; n++) {
		struct rd r = rd_over(at_page_end(in, n));

		(void)rd_u64le(&r);
		is_err(rd_end(&r), ERR_TRUNC, "u64 out of %zu bytes", n);
		ok(rd_u8(&r) == 0, "every later read is zero");
	}
	struct rd r = rd_over(at_page_end(in, 3));

	rd_copy(&r, out, 4);
	ok(out[0] == 0 && out[3] == 0, "a failed copy zeroes its output");
	r = rd_over(at_page_end(in, 3));
	(void)rd_u16le(&r);
	is_err(rd_end(&r), ERR_EXTRA, "one byte left over");
	rd_fail(&r, ERR_VALUE);
	rd_fail(&r, ERR_LIMIT);
	is_err(rd_end(&r), ERR_VALUE, "the first error stays");
}

static void test_writer(void)
{
	uint8_t buf[8];
	struct wr w = wr_over(buf, sizeof buf);

	wr_u16be(&w, 0x0102);
	wr_u32le(&w, 0x06050403);
	wr_str(&w, "\x07\x08");
	is_err(wr_end(&w), ERR_OK, "eight bytes fit");
	ok(memcmp(buf, in, 8) == 0, "and are the right ones");
	wr_u8(&w, 9);
	is_err(wr_end(&w), ERR_SPACE, "a ninth does not");
	ok(wr_slice(&w).len == 0, "nothing to read after a failure");
	w = wr_over(buf, sizeof buf);
	wr_fmt(&w, "%d", 1234567);
	is_err(wr_end(&w), ERR_OK, "seven digits and a NUL fit");
	wr_fmt(&w, "%s", "x");
	is_err(wr_end(&w), ERR_SPACE, "no room for the NUL of another");
}

static void test_text(void)
{
	char out[4];

	is_err(slice_cstr(str_slice("abc"), out, sizeof out), ERR_OK, "fits");
	is_err(slice_cstr(str_slice("abcd"), out, sizeof out), ERR_LIMIT,
	       "too long");
	is_err(slice_cstr((struct slice){ (const uint8_t *)"a\0b", 3 }, out,
			  sizeof out),
	       ERR_VALUE, "a NUL inside");
	ok(out[0] == '\0', "leaves the empty string");
	ok(ct_eq("abc", "abc", 3) && !ct_eq("abc", "abd", 3), "ct_eq");
	ok(ct_slice_eq(str_slice("abc"), str_slice("abc")) &&
		   !ct_slice_eq(str_slice("abc"), str_slice("xbc")) &&
		   !ct_slice_eq(str_slice("abc"), str_slice("abcd")) &&
		   ct_slice_eq((struct slice){ NULL, 0 }, str_slice("")),
	   "ct_slice_eq");
	ok(slice_is(str_slice("x"), "x") && !slice_is(str_slice("x"), "xy"),
	   "slice_is");
}

static void test_wipe(void)
{
	uint8_t b[4] = { 1, 2, 3, 4 };

	wipe(NULL, 0); /* ends the program where that is not allowed */
	wipe(b + 1, 2);
	ok(b[0] == 1 && b[1] == 0 && b[2] == 0 && b[3] == 4,
	   "wipe takes what it is given");
}

int main(void)
{
	test_reads();
	test_sticky();
	test_writer();
	test_text();
	test_wipe();
	return tap_done();
}
