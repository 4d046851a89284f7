/* lib/der.h: the one spelling of each value that DER has. */
#include "lib/der.h"
#include "lib/text.h"
#include "tests/tap.h"

/* X.690 8.3 (INTEGER), 8.2 and RFC 5280 4.1.2.5 (times). */
static void test_der_values(void)
{
	static const struct {
		const char *in, *der;
	} ints[] = {
		{ "00", "020100" },           { "7f", "02017f" },
		{ "80", "02020080" },         { "000001", "020101" },
		{ "ff00", "020300ff00" },     { "0000", "020100" },
		{ "00008000", "0203008000" },
	};
	static const struct {
		int64_t t;
		const char *der;
	} times[] = {
		{ 0, "\x17\x0d"
		     "700101000000Z" },
		{ 946684799, "\x17\x0d"
			     "991231235959Z" },
		{ 2524607999, "\x17\x0d"
			      "491231235959Z" },
		{ 2524608000, "\x18\x0f"
			      "20500101000000Z" },
		{ 253402300799, "\x18\x0f"
				"99991231235959Z" },
	};
	uint8_t in[8], want[8], buf[32];
	struct wr w;

	for (size_t i = 0; i < sizeof ints / sizeof *ints; i++) {
		size_t n = strlen(ints[i].in) / 2, m = strlen(ints[i].der) / 2;

		if (hex_decode(str_slice(ints[i].in), in, n) != ERR_OK ||
		    hex_decode(str_slice(ints[i].der), want, m) != ERR_OK)
			ok(0, "the test's own hex is wrong");
		w = wr_over(buf, sizeof buf);
		der_put_uint(&w, at_page_end(in, n));
		ok(slice_eq(wr_slice(&w), (struct slice){ want, m }),
		   "INTEGER %s", ints[i].in);
	}
	w = wr_over(buf, sizeof buf);
	der_put_uint(&w, (struct slice){ NULL, 0 });
	der_put_small(&w, 200);
	ok(slice_eq(wr_slice(&w),
		    (struct slice){ (const uint8_t *)"\2\1\0\2\2\0\310", 7 }),
	   "no bytes are zero; 200");
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		w = wr_over(buf, sizeof buf);
		der_put_time(&w, times[i].t);
		ok(slice_is(wr_slice(&w), times[i].der), "time %s",
		   times[i].der + 2);
	}
}

/* X.690 8.1.3 and 10.1: lengths of each form. */
static void test_der(void)
{
	static const size_t sizes[] = { 0, 1, 127, 128, 255, 256, 65535 };
	static uint8_t buf[70000];

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct wr w = wr_over(buf, sizeof buf);
		size_t n = sizes[i], e = der_open(&w, DER_OCTET_STRING);
		size_t head = n < 128 ? 2 : n < 256 ? 3 : 4;
		struct rd r;

		wr_zero(&w, n);
		der_close(&w, e);
		ok(w.err == ERR_OK && w.len == head + n, "%zu bytes", n);
		r = rd_over(wr_slice(&w));
		ok(der_take(&r, DER_OCTET_STRING).len == n, "read back");
		is_err(rd_end(&r), ERR_OK, "whole");
	}
	struct wr w = wr_over(buf, sizeof buf);
	size_t e = der_open(&w, DER_OCTET_STRING);

	wr_zero(&w, 65536);
	der_close(&w, e);
	is_err(wr_end(&w), ERR_LIMIT, "64 KiB");
	static const char *const bad[] = { "\x04\x81\x7f", "\x04\x80",
					   "\x04\x82",     "\x05\x01",
					   "\x04\x83\x01", "\x04\xff" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		memcpy(buf, bad[i], strlen(bad[i]));
		memset(buf + strlen(bad[i]), 0, 300);
		struct rd r = rd_over((struct slice){ buf, 300 });

		(void)der_take(&r, DER_OCTET_STRING);
		ok(r.err == ERR_VALUE || r.err == ERR_TRUNC,
		   "length form %zu refused", i);
	}
}

int main(void)
{
	test_der_values();
	test_der();
	return tap_done();
}
