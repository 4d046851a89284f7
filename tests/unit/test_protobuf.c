/* Protocol buffers by hand: the encodings of protobuf.dev's own examples, and
 * every way a field can be wrong. */
#include "measure/lib/protobuf.h"
#include "tests/tap.h"

static const struct pb_rule rules[] = {
	{ 1, PB_VARINT, false, UINT64_MAX, 0 },
	{ 2, PB_LEN, false, 16, 0 },
	{ 3, PB_LEN, true, 16, 2 },
	{ 4, PB_I32, false, UINT64_MAX, 0 },
	{ 5, PB_I64, false, UINT64_MAX, 0 },
	{ 6, PB_VARINT, true, 1, 0 },
	{ 31, PB_VARINT, false, 9, 0 },
	{ 0, PB_VARINT, false, 0, 0 },
};

/* Reads all; returns what the message is. */
static enum err read_all(const char *bytes, size_t n, bool skip, size_t *fields)
{
	struct pb m = pb_over(at_page_end(bytes, n), rules, skip);
	struct pb_field f;

	*fields = 0;
	while (pb_next(&m, &f))
		(*fields)++;
	return pb_end(&m);
}

#define MESSAGE(s) s, sizeof(s) - 1

static void test_values(void)
{
	/* "Encoding": 150 in field 1, "testing" in field 2. */
	static const char doc[] = "\x08\x96\x01\x12\x07testing";
	static const char fixed[] = "\x25\x01\x02\x03\x04"
				    "\x29\x01\x02\x03\x04\x05\x06\x07\x08";
	static const char most[] =
		"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
	struct pb m = pb_over(at_page_end(MESSAGE(doc)), rules, false);
	struct pb_field f;

	ok(pb_next(&m, &f) && f.number == 1 && f.type == PB_VARINT &&
		   f.value == 150,
	   "a varint of two bytes");
	ok(pb_has(&m, 1) && !pb_has(&m, 2), "which was there");
	ok(pb_next(&m, &f) && f.number == 2 && slice_is(f.bytes, "testing"),
	   "a string");
	ok(!pb_next(&m, &f) && pb_end(&m) == ERR_OK, "the end");
	m = pb_over(at_page_end(MESSAGE(fixed)), rules, false);
	ok(pb_next(&m, &f) && f.value == 0x04030201, "four bytes");
	ok(pb_next(&m, &f) && f.value == UINT64_C(0x0807060504030201) &&
		   !pb_next(&m, &f) && pb_end(&m) == ERR_OK,
	   "eight bytes");
	m = pb_over(at_page_end(MESSAGE(most)), rules, false);
	ok(pb_next(&m, &f) && f.value == UINT64_MAX, "the largest varint");
	m = pb_over((struct slice){ NULL, 0 }, rules, false);
	ok(!pb_next(&m, &f) && pb_end(&m) == ERR_OK, "no field at all");
}

static void test_messages(void)
{
	static const struct {
		const char *why, *bytes;
		size_t n, fields;
		enum err want, skipping; /* unknown fields refused, skipped */
	} t[] = {
		{ "zero, spelt", MESSAGE("\x08\x00"), 1, ERR_OK, ERR_OK },
		{ "a list", MESSAGE("\x1a\2ab\x1a\2cd"), 2, ERR_OK, ERR_OK },
		{ "field 31", MESSAGE("\xf8\x01\x09"), 1, ERR_OK, ERR_OK },
		{ "a number above the rule's", MESSAGE("\xf8\x01\x0a"), 0,
		  ERR_LIMIT, ERR_LIMIT },
		{ "a field twice", MESSAGE("\x08\x01\x08\x01"), 1,
		  ERR_DUPLICATE, ERR_DUPLICATE },
		{ "a string twice", MESSAGE("\x12\x01x\x12\x01x"), 1,
		  ERR_DUPLICATE, ERR_DUPLICATE },
		{ "bytes of another length", MESSAGE("\x1a\3abc"), 0, ERR_VALUE,
		  ERR_VALUE },
		{ "bytes above the limit", MESSAGE("\x12\x11xxxxxxxxxxxxxxxxx"),
		  0, ERR_LIMIT, ERR_LIMIT },
		{ "a number where bytes belong", MESSAGE("\x10\x01"), 0,
		  ERR_VALUE, ERR_VALUE },
		{ "bytes where a number belongs", MESSAGE("\x0a\x01x"), 0,
		  ERR_VALUE, ERR_VALUE },
		{ "four bytes where a number belongs",
		  MESSAGE("\x0d\x01\x01\x01\x01"), 0, ERR_VALUE, ERR_VALUE },
		{ "a list of numbers, packed", MESSAGE("\x32\x02\x01\x01"), 0,
		  ERR_VALUE, ERR_VALUE },
		{ "a field nobody knows", MESSAGE("\x38\x01"), 0, ERR_UNKNOWN,
		  ERR_OK },
		{ "field 32", MESSAGE("\x80\x02\x01"), 0, ERR_UNKNOWN, ERR_OK },
		{ "field 33, whose bit would be field 1's",
		  MESSAGE("\x88\x02\x01\x08\x01"), 1, ERR_UNKNOWN, ERR_OK },
		{ "the largest field number",
		  MESSAGE("\xf8\xff\xff\xff\x0f\x01"), 0, ERR_UNKNOWN, ERR_OK },
		{ "unknown of each type",
		  MESSAGE("\x38\x01\x3a\1x\x3d...."
			  "\x39........"),
		  0, ERR_UNKNOWN, ERR_OK },
		{ "field 0", MESSAGE("\x00\x01"), 0, ERR_VALUE, ERR_VALUE },
		{ "a field number above 29 bits",
		  MESSAGE("\x88\x80\x80\x80\x10\x01"), 0, ERR_VALUE,
		  ERR_VALUE },
		{ "a group", MESSAGE("\x0b\x0c"), 0, ERR_VALUE, ERR_VALUE },
		{ "an unknown group", MESSAGE("\x3b\x3c"), 0, ERR_VALUE,
		  ERR_VALUE },
		{ "the end of a group", MESSAGE("\x0c"), 0, ERR_VALUE,
		  ERR_VALUE },
		{ "wire type 6", MESSAGE("\x0e\x01"), 0, ERR_VALUE, ERR_VALUE },
		{ "wire type 7", MESSAGE("\x3f\x01"), 0, ERR_VALUE, ERR_VALUE },
		{ "one in two bytes", MESSAGE("\x08\x81\x00"), 0, ERR_VALUE,
		  ERR_VALUE },
		{ "a key in two bytes", MESSAGE("\x88\x00\x01"), 0, ERR_VALUE,
		  ERR_VALUE },
		{ "a length in two bytes", MESSAGE("\x12\x81\x00x"), 0,
		  ERR_VALUE, ERR_VALUE },
		{ "a varint of 65 bits",
		  MESSAGE("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), 0,
		  ERR_VALUE, ERR_VALUE },
		{ "a varint of eleven bytes",
		  MESSAGE("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"),
		  0, ERR_VALUE, ERR_VALUE },
		{ "a varint without end",
		  MESSAGE("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
		  0, ERR_VALUE, ERR_VALUE },
		{ "a varint that is cut", MESSAGE("\x08\x80"), 0, ERR_TRUNC,
		  ERR_TRUNC },
		{ "no value", MESSAGE("\x08"), 0, ERR_TRUNC, ERR_TRUNC },
		{ "bytes that are cut", MESSAGE("\x12\x03xx"), 0, ERR_TRUNC,
		  ERR_TRUNC },
		{ "a length of 2^64 - 1",
		  MESSAGE("\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01x"), 0,
		  ERR_TRUNC, ERR_TRUNC },
		{ "a length of 2^32", MESSAGE("\x12\x80\x80\x80\x80\x10x"), 0,
		  ERR_TRUNC, ERR_TRUNC },
		{ "four bytes that are three", MESSAGE("\x25..."), 0, ERR_TRUNC,
		  ERR_TRUNC },
		{ "eight bytes that are seven", MESSAGE("\x29......."), 0,
		  ERR_TRUNC, ERR_TRUNC },
	};

	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		size_t n = 0;

		is_err(read_all(t[i].bytes, t[i].n, false, &n), t[i].want, "%s",
		       t[i].why);
		is_err(read_all(t[i].bytes, t[i].n, true, &n), t[i].skipping,
		       "%s, skipping", t[i].why);
		ok(n == t[i].fields, "%s: %zu fields", t[i].why, n);
	}
}

static void test_sticks(void)
{
	struct pb m =
		pb_over(str_slice("\x08\x01\x08\x01\x12\x01x"), rules, false);
	struct pb_field f = { 0 };

	ok(pb_next(&m, &f) && !pb_next(&m, &f) && !pb_next(&m, &f),
	   "nothing is read after a failure");
	ok(f.number == 1 && pb_end(&m) == ERR_DUPLICATE && !pb_has(&m, 2),
	   "and the first error stays");
}

int main(void)
{
	test_values();
	test_messages();
	test_sticks();
	return tap_done();
}
