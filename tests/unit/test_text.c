/* lib/text.h: one spelling per value, everything else refused. Time stamps
 * were computed with GNU date: date -u -d '2024-02-29T23:59:59Z' +%s */
#include "lib/text.h"

#include "lib/limit.h"
#include "tests/tap.h"

static struct slice guarded(const char *s)
{
	return at_page_end(s, strlen(s));
}

static void test_hex(void)
{
	static const char *const bad[] = { "0",    "012",  "00112", "0011223",
					   "",     "001g", "00 1",  "0x12",
					   "00:1", "00@1", "00`1",  "00/1" };
	uint8_t out[2] = { 9, 9 };
	char text[9];
	uint8_t buf[8];
	struct wr w = wr_over(buf, sizeof buf);

	is_err(hex_decode(guarded("AFaf"), out, 2), ERR_OK, "first and last");
	ok(out[0] == 0xaf && out[1] == 0xaf, "right bytes");
	is_err(hex_decode(guarded("aBf0"), out, 2), ERR_OK, "both cases");
	ok(out[0] == 0xab && out[1] == 0xf0, "right bytes");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		is_err(hex_decode(guarded(bad[i]), out, 2), ERR_VALUE,
		       "hex '%s' refused", bad[i]);
	ok(out[0] == 0xab && out[1] == 0xf0, "a refusal writes nothing");
	is_err(hex_decode(guarded(""), out, 0), ERR_OK, "no bytes");
	hex_encode((struct slice){ (const uint8_t *)"\x00\x9a\xff\x10", 4 },
		   text);
	ok(strcmp(text, "009aff10") == 0, "hex_encode is lower case");
	wr_hex(&w, (struct slice){ (const uint8_t *)"\x00\x9a\xff\x10", 4 });
	ok(slice_is(wr_slice(&w), "009aff10"), "and so is wr_hex");
	wr_hex(&w, str_slice("x"));
	is_err(wr_end(&w), ERR_SPACE, "wr_hex stops at the end of its buffer");
}

/* RFC 4648 section 10, and all 64 digits. */
static const struct {
	const char *plain, *b64;
} b64[] = {
	{ "", "" },
	{ "f", "Zg==" },
	{ "fo", "Zm8=" },
	{ "foo", "Zm9v" },
	{ "foob", "Zm9vYg==" },
	{ "fooba", "Zm9vYmE=" },
	{ "foobar", "Zm9vYmFy" },
	{ "\xfb\xff\xbf", "+/+/" },
};

static void test_b64(void)
{
	static const char *const bad[] = {
		"Z",        "Zg",   "Zg=",  "Zm8",  "Zg==Zg==", "=",
		"====",     "A===", "Zh==", "Zk==", "Zm9=",     "Zm+=",
		"Zm9v\n",   "Zm 9", "-_-_", "Zg=A", "Z=g=",     "Zm9v=",
		"Zm9v====", "=m9v", "Z@9v", "Zm9[", "Zm9`",     "Zm9{",
	};
	char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			"abcdefghijklmnopqrstuvwxyz0123456789+/";
	uint8_t buf[64], back[64];
	struct wr w, v;

	for (size_t i = 0; i < sizeof b64 / sizeof *b64; i++) {
		w = wr_over(buf, sizeof buf);
		wr_b64(&w, guarded(b64[i].plain));
		ok(slice_is(wr_slice(&w), b64[i].b64), "encodes '%s'",
		   b64[i].b64);
		w = wr_over(buf, strlen(b64[i].plain));
		is_err(b64_decode(guarded(b64[i].b64), &w), ERR_OK,
		       "decodes it into a buffer of the exact size");
		ok(slice_is(wr_slice(&w), b64[i].plain), "to the same bytes");
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		w = wr_over(buf, sizeof buf);
		is_err(b64_decode(guarded(bad[i]), &w), ERR_VALUE,
		       "base64 '%s' refused", bad[i]);
		ok(w.len == 0, "nothing written");
	}
	w = wr_over(buf, sizeof buf);
	is_err(b64_decode(guarded(digits), &w), ERR_OK, "all 64 digits");
	v = wr_over(back, sizeof back);
	wr_b64(&v, wr_slice(&w));
	ok(slice_is(wr_slice(&v), digits), "and back");
	w = wr_over(buf, 2);
	is_err(b64_decode(guarded("Zm9v"), &w), ERR_SPACE, "buffer too small");
	ok(w.len == 0, "no part of it written");
}

static void test_u64(void)
{
	static const struct {
		const char *in;
		uint64_t max;
		enum err want;
		uint64_t value;
	} t[] = {
		{ "0", 0, ERR_OK, 0 },
		{ "9", 9, ERR_OK, 9 },
		{ "10", 9, ERR_VALUE, 0 },
		{ "65535", 65535, ERR_OK, 65535 },
		{ "65536", 65535, ERR_VALUE, 0 },
		{ "18446744073709551615", UINT64_MAX, ERR_OK, UINT64_MAX },
		{ "18446744073709551616", UINT64_MAX, ERR_VALUE, 0 },
		{ "99999999999999999999", UINT64_MAX, ERR_VALUE, 0 },
		{ "184467440737095516150", UINT64_MAX, ERR_VALUE, 0 },
		{ "", 9, ERR_VALUE, 0 },
		{ "00", 9, ERR_VALUE, 0 },
		{ "01", 9, ERR_VALUE, 0 },
		{ "-1", 9, ERR_VALUE, 0 },
		{ "+1", 9, ERR_VALUE, 0 },
		{ " 1", 9, ERR_VALUE, 0 },
		{ "1 ", 99, ERR_VALUE, 0 },
		{ "0x1", 99, ERR_VALUE, 0 },
		{ "1.0", 99, ERR_VALUE, 0 },
		{ "1e1", 99, ERR_VALUE, 0 },
		{ "1:", 99, ERR_VALUE, 0 },
	};

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		uint64_t v = 0;

		is_err(u64_parse(guarded(t[i].in), t[i].max, &v), t[i].want,
		       "number '%s'", t[i].in);
		ok(v == t[i].value, "its value");
	}
}

static const struct {
	const char *text;
	int64_t ms;
	const char *canonical; /* when it differs from text */
} times[] = {
	{ "1970-01-01T00:00:00.000Z", 0, NULL },
	{ "1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00.000Z" },
	{ "2000-02-29T12:00:00.500Z", 951825600500, NULL },
	{ "2024-02-29T23:59:59.999Z", 1709251199999, NULL },
	{ "2024-03-01T00:00:00.000Z", 1709251200000, NULL },
	{ "2026-01-02T03:04:05.678Z", 1767323045678, NULL },
	{ "2026-01-02T03:04:05.6Z", 1767323045600, "2026-01-02T03:04:05.600Z" },
	{ "2026-01-02T03:04:05.678999999Z", 1767323045678,
	  "2026-01-02T03:04:05.678Z" },
	{ "2038-01-19T03:14:08.000Z", 2147483648000, NULL },
	{ "2100-02-28T23:59:59.000Z", 4107542399000, NULL },
	{ "2100-03-01T00:00:00.000Z", 4107542400000, NULL },
	{ "9999-12-31T23:59:59.999Z", 253402300799999, NULL },
};

static const char *const bad_times[] = {
	"",
	"2026-02-30T00:00:00Z",
	"2026-02-29T00:00:00Z", /* not a leap year */
	"2100-02-29T00:00:00Z", /* nor is a century */
	"2026-04-31T00:00:00Z",
	"2026-06-31T00:00:00Z",
	"2026-09-31T00:00:00Z",
	"2026-11-31T00:00:00Z",
	"2026-13-01T00:00:00Z",
	"2026-00-01T00:00:00Z",
	"2026-01-00T00:00:00Z",
	"2026-01-32T00:00:00Z",
	"2026-01-01T24:00:00Z",
	"2026-01-01T23:60:00Z",
	"2026-06-30T23:59:60Z", /* a leap second has no Unix time */
	"1969-12-31T23:59:59Z",
	"0000-01-01T00:00:00Z",
	"2026-01-01 00:00:00Z",
	"2026-01-01t00:00:00Z",
	"2026-01-01T00:00:00z",
	"2026-01-01T00:00:00",
	"2026-01-01T00:00:00+00:00",
	"2026-01-01T00:00:00.Z",
	"2026-01-01T00:00:00,5Z",
	"2026-01-01T00:00:00.1234567890Z",
	"2026-01-01T00:00:00.5",
	"2026-1-01T00:00:00Z",
	"+2026-01-01T00:00:00Z",
	"10000-01-01T00:00:00Z",
	"2026-01-01T00:00:0-Z",
	"2026-01-01T00:00:0/Z",
	"2026-01-01T00:00:0:Z",
};

static void test_time(void)
{
	char text[RFC3339_LEN + 1];
	int64_t ms;

	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		const char *in = times[i].text;
		size_t n = strlen(in), bad = 0;

		ms = -1;
		is_err(rfc3339_parse(guarded(in), &ms), ERR_OK, "%s", in);
		ok(ms == times[i].ms, "its value");
		rfc3339_format(ms, text);
		ok(strcmp(text, times[i].canonical ? times[i].canonical : in) ==
			   0,
		   "written as %s", text);
		for (size_t k = 0; k < n; k++)
			bad += rfc3339_parse(at_page_end(in, k), &ms) !=
			       ERR_VALUE;
		bad += rfc3339_parse(at_page_end(in, n + 1), &ms) != ERR_VALUE;
		ok(bad == 0, "every prefix and a NUL more refused");
	}
	ms = 7;
	for (size_t i = 0; i < sizeof bad_times / sizeof *bad_times; i++)
		is_err(rfc3339_parse(guarded(bad_times[i]), &ms), ERR_VALUE,
		       "time '%s' refused", bad_times[i]);
	ok(ms == 7, "a refusal writes nothing");
}

/* Every day of eight centuries, against the day before it. */
static void test_days(void)
{
	char text[RFC3339_LEN + 1], last[RFC3339_LEN + 1] = "";
	int64_t back = 0;
	size_t wrong = 0;

	for (int64_t day = 0; day < 2 * 146097; day++) {
		rfc3339_format(day * 86400000, text);
		wrong += strcmp(text, last) <= 0;
		wrong += rfc3339_parse(str_slice(text), &back) != ERR_OK;
		wrong += back != day * 86400000;
		memcpy(last, text, sizeof last);
	}
	ok(wrong == 0, "292194 days there and back, in ascending order");
	ok(strcmp(last, "2769-12-31T00:00:00.000Z") == 0,
	   "two whole cycles end on the last day of 2769");
	rfc3339_format(-1, text);
	ok(strcmp(text, "1970-01-01T00:00:00.000Z") == 0, "clamped below");
	rfc3339_format(INT64_MAX, text);
	ok(strcmp(text, "9999-12-31T23:59:59.999Z") == 0, "clamped above");
}

static void test_name(void)
{
	static const char *const good[] = { "a",
					    "AZ",
					    "za",
					    "09",
					    "Z9",
					    "btc/usdt",
					    "gcp:us-central1-a",
					    "a._:/-" };
	static const char *const bad[] = { "",    ".a",  "-a",  "/a",
					   "_a",  ":a",  "a b", "a\n",
					   "a\"", "a\\", "a%",  "caf\xc3\xa9",
					   "a@",  "a[",  "a`",  "a{" };
	char longest[LIMIT_NAME_BYTES + 2];

	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		ok(name_ok(guarded(good[i])), "name '%s'", good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ok(!name_ok(guarded(bad[i])), "bad name %zu refused", i);
	memset(longest, 'x', sizeof longest);
	ok(name_ok(at_page_end(longest, LIMIT_NAME_BYTES)), "63 characters");
	ok(!name_ok(at_page_end(longest, LIMIT_NAME_BYTES + 1)), "not 64");
	ok(!name_ok(at_page_end("a\0b", 3)), "no NUL");
}

int main(void)
{
	test_hex();
	test_b64();
	test_u64();
	test_time();
	test_days();
	test_name();
	return tap_done();
}
