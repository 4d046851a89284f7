/* lib/json.h: what is refused and why, exact integers, raw slices, and the
 * canonical form. Cases after RFC 8259 and the public JSONTestSuite; canonical
 * strings after RFC 8785 3.2.2.2. */
#include "lib/json.h"

#include <stdlib.h>

#include "tests/tap.h"

static uint8_t memory[1 << 20];

static enum err parse(struct slice in, struct json *out)
{
	struct arena a = arena_over(memory, sizeof memory);

	return json_parse(&a, in, out);
}

static struct json parsed(const char *text)
{
	struct json v = { NULL };

	is_err(parse(str_slice(text), &v), ERR_OK, "parses %.40s", text);
	return v;
}

/* json_write of what parses must be `canonical`. */
static const struct {
	const char *in, *canonical;
} good[] = {
	{ "null", "null" },
	{ " true\n", "true" },
	{ "\t[ ]\r\n", "[]" },
	{ "{}", "{}" },
	{ "[[],{},[[]]]", "[[],{},[[]]]" },
	{ "0", "0" },
	{ "-9007199254740991", "-9007199254740991" },
	{ "\"\"", "\"\"" },
	{ "\"\\u0041\\/\"", "\"A/\"" },
	{ "\"\\\"\\\\\\b\\f\\n\\r\\t\"", "\"\\\"\\\\\\b\\f\\n\\r\\t\"" },
	{ "\"\\u001F\\u0001\"", "\"\\u001f\\u0001\"" },
	{ "\"\\u00e9\\u20AC\\ud83d\\ude00\"",
	  "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"" },
	{ "\"\x7f\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf\"",
	  "\"\x7f\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf\"" },
	{ "\" a b \"", "\" a b \"" },
	{ "\"\\ud7ff\\ue000\\ud800\\udc00\\udbff\\udfff\"",
	  "\"\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"" },
	{ "{\"b\":[1,{\"z\":0,\"y\":\"\"}],\"a\":{\"\":null},\"B\":false}",
	  "{\"B\":false,\"a\":{\"\":null},\"b\":[1,{\"y\":\"\",\"z\":0}]}" },
	{ "{\"\xc3\xa9\":1,\"z\":2,\"~\":3,\"10\":4,\"1\":5,\"9\":6}",
	  "{\"1\":5,\"10\":4,\"9\":6,\"z\":2,\"~\":3,\"\xc3\xa9\":1}" },
	{ "[[[[[[[[[[[[[[[[16]]]]]]]]]]]]]]]]",
	  "[[[[[[[[[[[[[[[[16]]]]]]]]]]]]]]]]" },
};

static void test_good(void)
{
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		size_t n = strlen(good[i].in), bad = 0;
		struct json v = { NULL };
		char out[256];
		struct wr w = wr_over(out, sizeof out);

		is_err(parse(at_page_end(good[i].in, n), &v), ERR_OK,
		       "accepts %s", good[i].in);
		json_write(&w, v);
		ok(slice_is(wr_slice(&w), good[i].canonical), "writes %.*s",
		   (int)w.len, out);
		/* A prefix of a number or of white space may be complete. */
		for (size_t k = 0; k < n; k++)
			if (parse(at_page_end(good[i].in, k), &v) == ERR_OK)
				bad += strchr("-0123456789 \t\r\n",
					      good[i].in[k]) == NULL;
		ok(bad == 0, "and none of its prefixes");
		is_err(parse(at_page_end(good[i].in, n + 1), &v), ERR_EXTRA,
		       "nor with a NUL after it");
	}
}

static const struct {
	const char *in;
	enum err want;
} bad[] = {
	{ "", ERR_TRUNC },
	{ " \n", ERR_TRUNC },
	{ "\xef\xbb\xbf{}", ERR_VALUE }, /* byte order mark */
	{ "[1]x", ERR_EXTRA },
	{ "{}{}", ERR_EXTRA },
	{ "1 2", ERR_EXTRA },
	{ "[1,]", ERR_VALUE },
	{ "[,1]", ERR_VALUE },
	{ "[1 2]", ERR_VALUE },
	{ "[1}", ERR_VALUE },
	{ "[", ERR_VALUE },
	{ "]", ERR_VALUE },
	{ "{\"a\":1,}", ERR_VALUE },
	{ "{,}", ERR_VALUE },
	{ "{\"a\"}", ERR_VALUE },
	{ "{\"a\":}", ERR_VALUE },
	{ "{\"a\" 1}", ERR_VALUE },
	{ "{a:1}", ERR_VALUE },
	{ "{1:1}", ERR_VALUE },
	{ "{:1}", ERR_VALUE },
	{ "{\"a\":1,:1}", ERR_VALUE },
	{ "{\"a\":1 \"b\":2}", ERR_VALUE },
	{ "{\"a\":1]", ERR_VALUE },
	{ "True", ERR_VALUE },
	{ "nul", ERR_VALUE },
	{ "NaN", ERR_VALUE },
	{ "Infinity", ERR_VALUE },
	{ "-", ERR_VALUE },
	{ "+1", ERR_VALUE },
	{ ".5", ERR_VALUE },
	{ "1.", ERR_VALUE },
	{ "1.e1", ERR_VALUE },
	{ "1e", ERR_VALUE },
	{ "1e+", ERR_VALUE },
	{ "01", ERR_EXTRA },
	{ "-01", ERR_EXTRA },
	{ "[01]", ERR_VALUE },
	{ "0x10", ERR_EXTRA },
	{ "[1e1.5]", ERR_VALUE },
	{ "[--1]", ERR_VALUE },
	{ "'a'", ERR_VALUE },
	{ "\"a", ERR_VALUE },
	{ "\"\\", ERR_VALUE },
	{ "\"\\\"", ERR_VALUE },
	{ "\"\\x41\"", ERR_VALUE },
	{ "\"\\U0041\"", ERR_VALUE },
	{ "\"\\u004\"", ERR_VALUE },
	{ "\"\\u00g1\"", ERR_VALUE },
	{ "\"\\u0000\"", ERR_VALUE },
	{ "\"\\ud800\"", ERR_VALUE },
	{ "\"\\ud800x\"", ERR_VALUE },
	{ "\"\\ud800\\n\"", ERR_VALUE },
	{ "\"\\ud800\\u0041\"", ERR_VALUE },
	{ "\"\\ud800\\ud800\"", ERR_VALUE },
	{ "\"\\udc00\"", ERR_VALUE },
	{ "\"\\udfff\"", ERR_VALUE },
	{ "\"\\udbff\\ue000\"", ERR_VALUE },
	{ "\"\\ud800\\udbff\"", ERR_VALUE },
	{ "\"\t\"", ERR_VALUE },
	{ "\"\n\"", ERR_VALUE },
	{ "\"\x80\"", ERR_VALUE },
	{ "\"\xc0\x80\"", ERR_VALUE }, /* overlong NUL */
	{ "\"\xc1\xbf\"", ERR_VALUE },
	{ "\"\xe0\x9f\xbf\"", ERR_VALUE },
	{ "\"\xf0\x8f\xbf\xbf\"", ERR_VALUE },
	{ "\"\xed\xa0\x80\"", ERR_VALUE }, /* a surrogate */
	{ "\"\xf4\x90\x80\x80\"", ERR_VALUE },
	{ "\"\xf5\x80\x80\x80\"", ERR_VALUE },
	{ "\"\xe2\x82\"", ERR_VALUE },
	{ "\"\xe2(\xa1\"", ERR_VALUE },
	{ "\"\xff\"", ERR_VALUE },
	{ "{\"\x80\":1}", ERR_VALUE },
	{ "/**/1", ERR_VALUE },
	{ "[1]\x0b", ERR_EXTRA },
	{ "\xc2\xa0[1]", ERR_VALUE },
	{ "{\"a\":1,\"a\":2}", ERR_DUPLICATE },
	{ "{\"a\":1,\"b\":0,\"\\u0061\":2}", ERR_DUPLICATE },
	{ "[{\"x\":{\"\":1,\"\":1}}]", ERR_DUPLICATE },
	{ "[[[[[[[[[[[[[[[[[17]]]]]]]]]]]]]]]]]", ERR_LIMIT },
	{ "[[[[[[[[[[[[[[[[{", ERR_LIMIT },
};

static void test_bad(void)
{
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		size_t n = strlen(bad[i].in);
		struct arena a = arena_over(memory, sizeof memory);
		struct json v = { NULL };

		is_err(json_parse(&a, at_page_end(bad[i].in, n), &v),
		       bad[i].want, "refuses #%zu %.30s", i, bad[i].in);
		ok(v.node == NULL && a.used == 0, "and leaves nothing behind");
	}
	is_err(parse((struct slice){ (const uint8_t *)"\"a\0b\"", 5 },
		     &(struct json){ NULL }),
	       ERR_VALUE, "a raw NUL in a string");
	ok(json_has(parsed("{\"a\":1,\"A\":2}"), "A"), "keys have a case");
}

static void test_numbers(void)
{
	static const struct {
		const char *text;
		enum err want;
		int64_t value;
	} t[] = {
		{ "0", ERR_OK, 0 },
		{ "-1", ERR_OK, -1 },
		{ "9007199254740993", ERR_OK, 9007199254740993 },
		{ "9223372036854775807", ERR_OK, INT64_MAX },
		{ "-9223372036854775808", ERR_OK, INT64_MIN },
		{ "9223372036854775808", ERR_VALUE, 0 },
		{ "-9223372036854775809", ERR_VALUE, 0 },
		{ "1.0", ERR_VALUE, 0 },
		{ "1e2", ERR_VALUE, 0 },
		{ "1.00000000000000000001", ERR_VALUE, 0 },
		{ "-0", ERR_VALUE, 0 },
		{ "1e999", ERR_VALUE, 0 },
		{ "\"1\"", ERR_VALUE, 0 },
		{ "true", ERR_VALUE, 0 },
		{ "null", ERR_VALUE, 0 },
	};

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		/* Numbers elsewhere, and in a string, must not be mixed up. */
		char doc[128];
		int64_t n = 0;

		snprintf(doc, sizeof doc,
			 "{\"z\":77,\"s\":\"-5\",\"y\":[1,{\"9\":2}],\"n\":%s}",
			 t[i].text);
		is_err(json_int(parsed(doc), "n", INT64_MIN, INT64_MAX, &n),
		       t[i].want, "integer %s", t[i].text);
		ok(n == t[i].value, "its value");
	}
	int64_t n = 7;
	struct json v = parsed("{\"n\":10}");

	is_err(json_int(v, "n", 11, 99, &n), ERR_VALUE, "below its range");
	is_err(json_int(v, "n", 0, 9, &n), ERR_VALUE, "above it");
	is_err(json_int(v, "N", 0, 99, &n), ERR_MISSING, "not there");
	ok(n == 7, "a refusal writes nothing");
	is_err(json_int(v, "n", 10, 10, &n), ERR_OK, "in range");
}

static void test_lookups(void)
{
	struct json v = parsed("{\"s\":\"x\\u0020y\",\"t\":true,\"f\":false,"
			       "\"n\":null,\"o\":{\"k\":1},\"a\":[\"p\",2]}");
	static const char *const known[] = {
		"s", "t", "f", "n", "o", "a", NULL
	};
	struct slice s = { NULL, 0 };
	struct json m = { NULL };
	const char *which = NULL;
	bool b = false;
	int64_t n = 0;

	is_err(json_str(v, "s", &s), ERR_OK, "a string");
	ok(slice_is(s, "x y"), "its value");
	is_err(json_str(v, "t", &s), ERR_VALUE, "true is not a string");
	is_err(json_bool(v, "t", &b), ERR_OK, "true");
	ok(b, "is true");
	is_err(json_bool(v, "f", &b), ERR_OK, "false");
	ok(!b, "is false");
	is_err(json_bool(v, "n", &b), ERR_VALUE, "null is not a bool");
	is_err(json_get(v, "n", &m), ERR_OK, "null is there");
	ok(json_is_null(m) && !json_is_null((struct json){ NULL }), "as null");
	is_err(json_object(v, "o", &m), ERR_OK, "an object");
	is_err(json_object(v, "a", &m), ERR_VALUE, "an array is not");
	is_err(json_array(v, "o", &m), ERR_VALUE, "nor the other way round");
	is_err(json_array(v, "a", &m), ERR_OK, "an array");
	ok(json_count(m) == 2 && json_count(v) == 6, "counts");
	is_err(json_get(m, "p", &m), ERR_VALUE, "no lookups in arrays");
	m = json_first(m);
	is_err(json_as_str(m, &s), ERR_OK, "first element");
	m = json_next(m);
	is_err(json_as_int(m, 0, 9, &n), ERR_OK, "second element");
	ok(slice_is(s, "p") && n == 2 && json_key(m)[0] == '\0', "right");
	ok(json_next(m).node == NULL, "no third");
	is_err(json_only(v, known, &which), ERR_OK, "known members only");
	is_err(json_only(v, known + 1, &which), ERR_UNKNOWN, "one unknown");
	ok(which != NULL && strcmp(which, "s") == 0, "named");
	m = (struct json){ NULL };
	is_err(json_get(m, "x", &m), ERR_VALUE, "nothing in nothing");
	ok(json_count(m) == 0 && !json_is_object(m), "nor a count");
}

static void test_hex(void)
{
	struct json v =
		parsed("{\"a\":\"00ff\",\"b\":\"00FF\",\"c\":5,\"e\":\"0A\"}");
	uint8_t out[2] = { 7, 7 };

	is_err(json_hex(v, "b", out, 2), ERR_VALUE, "upper-case hex");
	is_err(json_hex(v, "e", out, 1), ERR_VALUE, "its first digit");
	is_err(json_hex(v, "a", out, 1), ERR_VALUE, "too long");
	is_err(json_hex(v, "a", out, 3), ERR_VALUE, "too short");
	is_err(json_hex(v, "c", out, 2), ERR_VALUE, "not a string");
	is_err(json_hex(v, "d", out, 2), ERR_MISSING, "not there");
	ok(out[0] == 7, "a refusal writes nothing");
	is_err(json_hex(v, "a", out, 2), ERR_OK, "lower-case hex");
	ok(out[0] == 0 && out[1] == 0xff, "its bytes");
}

static void test_raw(void)
{
	struct slice doc = str_slice(
		" { \"a\" : \"}{\\\"\", \"report\": { \"x\" : [1, 2 ] } ,"
		"\"\\u0062\":1, \"c\":-0.5e1 } ");
	struct slice raw = { NULL, 0 };

	is_err(json_raw(doc, "report", &raw), ERR_OK, "member found");
	ok(slice_is(raw, "{ \"x\" : [1, 2 ] }"), "byte for byte");
	is_err(json_raw(doc, "a", &raw), ERR_OK, "a string member");
	ok(slice_is(raw, "\"}{\\\"\""), "with its quotes");
	is_err(json_raw(doc, "c", &raw), ERR_OK, "a number");
	ok(slice_is(raw, "-0.5e1"), "as written");
	is_err(json_raw(doc, "x", &raw), ERR_MISSING, "no inner member");
	is_err(json_raw(doc, "b", &raw), ERR_MISSING, "no escaped key");
	is_err(json_raw(str_slice("{ }"), "x", &raw), ERR_MISSING, "empty");
	is_err(json_raw(str_slice("[1]"), "x", &raw), ERR_VALUE, "no object");
	is_err(json_raw(str_slice("{x}"), "x", &raw), ERR_VALUE, "no JSON");
}

/* Many members in an order that is bad for naive sorting, keys of one length;
 * strtol reads them back. */
static void test_many(void)
{
	enum {
		N = 5000
	};
	static char doc[N * 16], out[N * 16];
	struct wr w = wr_over(doc, sizeof doc);
	struct json v = { NULL };
	long last = -1;
	size_t wrong = 0;

	wr_str(&w, "{");
	for (int i = 0; i < N; i++)
		wr_fmt(&w, "%s\"%05d\":%d", i ? "," : "", i * 3571 % N, i);
	wr_str(&w, "}");
	is_err(wr_end(&w), ERR_OK, "document made");
	is_err(parse(wr_slice(&w), &v), ERR_OK, "5000 members");
	for (struct json e = json_first(v); e.node; e = json_next(e)) {
		long k = strtol(json_key(e), NULL, 10);
		int64_t n = -1;

		wrong += k != last + 1 || json_as_int(e, 0, N, &n) != ERR_OK ||
			 n * 3571 % N != k;
		last = k;
	}
	ok(wrong == 0 && last == N - 1, "all there, sorted, with their values");
	w = wr_over(out, sizeof out);
	json_write(&w, v);
	is_err(wr_end(&w), ERR_OK, "written");
	out[w.len - 1] = ',';
	wr_str(&w, "\"04999\":0}");
	is_err(parse(wr_slice(&w), &v), ERR_DUPLICATE, "one key twice");
}

static void test_arena(void)
{
	const char *text = "{\"k\":[1,\"two\",{\"three\":3.5}]}";
	struct arena a = arena_over(memory, sizeof memory);
	struct json v = { NULL };
	size_t need, wrong = 0;

	is_err(json_parse(&a, str_slice(text), &v), ERR_OK, "enough memory");
	need = a.used;
	a = arena_over(memory, need);
	is_err(json_parse(&a, str_slice(text), &v), ERR_OK, "just enough");
	for (size_t n = 0; n < need; n++) {
		a = arena_over(memory, n);
		wrong += json_parse(&a, str_slice(text), &v) != ERR_SPACE;
		wrong += a.used != 0;
	}
	ok(wrong == 0, "every smaller arena is ERR_SPACE");
	a = arena_over(memory + 1, 64);
	ok((uintptr_t)arena_alloc(&a, 1) % 16 == 0, "blocks are aligned");
	ok(arena_alloc(&a, 64) == NULL, "and end with the buffer");
	ok(arena_alloc(&a, SIZE_MAX) == NULL, "whatever the size");
}

static void test_write_refusals(void)
{
	static const char *const t[] = { "1.5", "[9007199254740992]", "1e3",
					 "{\"a\":-0}", "-9007199254740992" };
	char out[64];

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct wr w = wr_over(out, sizeof out);

		json_write(&w, parsed(t[i]));
		is_err(wr_end(&w), ERR_VALUE, "no canonical form of %s", t[i]);
	}
	struct wr w = wr_over(out, sizeof out);

	json_write(&w, (struct json){ NULL });
	is_err(wr_end(&w), ERR_VALUE, "nor of nothing");
	w = wr_over(out, 6);
	json_write(&w, parsed("[1,2,3]"));
	is_err(wr_end(&w), ERR_SPACE, "buffer too small");
	w = wr_over(out, sizeof out);
	json_write(&w, json_first(parsed("[{\"a\":[]},2]")));
	ok(slice_is(wr_slice(&w), "{\"a\":[]}"), "one element alone");
}

static char jw_out[256];

static void jw_start(struct jw *j, struct wr *w)
{
	*w = wr_over(jw_out, sizeof jw_out);
	jw_init(j, w);
}

static void test_writer(void)
{
	struct wr w;
	struct jw j;

	jw_start(&j, &w);
	jw_open(&j, '{');
	jw_kstr(&j, "", "q\"\x01");
	jw_kb64(&j, "b", str_slice("fo"));
	jw_kbool(&j, "c", true);
	jw_khex(&j, "h", str_slice("\x0a"));
	jw_ki64(&j, "i", -5);
	jw_key(&j, "l");
	jw_open(&j, '[');
	jw_null(&j);
	jw_i64(&j, 9007199254740991);
	jw_open(&j, '{');
	jw_close(&j);
	jw_raw(&j, str_slice("{\"x\":1}"));
	jw_close(&j);
	jw_kslice(&j, "s", str_slice("/"));
	jw_close(&j);
	is_err(jw_end(&j), ERR_OK, "a whole document");
	ok(slice_is(wr_slice(&w), "{\"\":\"q\\\"\\u0001\",\"b\":\"Zm8=\","
				  "\"c\":true,\"h\":\"0a\",\"i\":-5,"
				  "\"l\":[null,9007199254740991,{},"
				  "{\"x\":1}],\"s\":\"/\"}"),
	   "as it should be");
}

/* Each row drives the writer with one character per call: { [ ] } open and
 * close, a b c are keys, 1 a value. */
static void test_writer_states(void)
{
	static const struct {
		const char *calls;
		enum err want;
	} t[] = {
		{ "{a1b1}", ERR_OK },
		{ "[11]", ERR_OK },
		{ "1", ERR_OK },
		{ "{a{a1}b[]}", ERR_OK },
		{ "", ERR_STATE },
		{ "{", ERR_STATE },
		{ "{b1a1}", ERR_STATE },
		{ "{a1a1}", ERR_STATE },
		{ "{1}", ERR_STATE },
		{ "{a}", ERR_STATE },
		{ "{ab1}", ERR_STATE },
		{ "[a1]", ERR_STATE },
		{ "11", ERR_STATE },
		{ "[][]", ERR_STATE },
		{ "a", ERR_STATE },
		{ "]", ERR_STATE },
		{ "{a[b1]}", ERR_STATE },
		{ "{a{b1}b1a1}", ERR_STATE },
		{ "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]", ERR_OK },
		{ "[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]", ERR_STATE },
		{ "1]", ERR_STATE },
		{ "[[[[[[[[[[[[[[[[[", ERR_STATE },
	};

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct wr w;
		struct jw j;

		jw_start(&j, &w);
		for (const char *c = t[i].calls; *c; c++) {
			char key[2] = { *c, '\0' };

			if (*c == '{' || *c == '[')
				jw_open(&j, *c);
			else if (*c == '}' || *c == ']')
				jw_close(&j);
			else if (*c == '1')
				jw_i64(&j, 1);
			else
				jw_key(&j, key);
		}
		is_err(jw_end(&j), t[i].want, "calls %s", t[i].calls);
	}
}

static void test_writer_values(void)
{
	char key[65];
	struct wr w;
	struct jw j;

	jw_start(&j, &w);
	jw_i64(&j, 9007199254740992);
	is_err(jw_end(&j), ERR_VALUE, "an integer others would round");
	jw_start(&j, &w);
	jw_str(&j, "\xc3");
	is_err(jw_end(&j), ERR_VALUE, "a string that is not UTF-8");
	jw_start(&j, &w);
	jw_slice(&j, (struct slice){ (const uint8_t *)"a\0b", 3 });
	is_err(jw_end(&j), ERR_VALUE, "a string with a NUL");
	jw_start(&j, &w);
	jw_open(&j, '{');
	memset(key, 'k', sizeof key);
	key[64] = '\0';
	jw_kbool(&j, key + 1, true);
	is_err(wr_end(&w), ERR_OK, "a key of 63 bytes");
	key[0] = 'l';
	jw_kbool(&j, key, true);
	is_err(wr_end(&w), ERR_STATE, "not one of 64");
	jw_start(&j, &w);
	jw_open(&j, '(');
	is_err(wr_end(&w), ERR_STATE, "another bracket");
	jw_start(&j, &w);
	jw_raw(&j, (struct slice){ NULL, 0 });
	is_err(jw_end(&j), ERR_STATE, "an empty raw value");
}

int main(void)
{
	test_good();
	test_bad();
	test_numbers();
	test_lookups();
	test_hex();
	test_raw();
	test_many();
	test_arena();
	test_write_refusals();
	test_writer();
	test_writer_states();
	test_writer_values();
	return tap_done();
}
