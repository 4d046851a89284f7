/* lib/decimal.h: spellings here, arithmetic against tests/vectors/decimal.txt,
 * which make_decimal.py makes with Python's decimal module. */
#include "lib/decimal.h"

#include "tests/tap.h"

static const struct {
	const char *in, *canonical;
	int64_t e8;
} good[] = {
	{ "0", "0", 0 },
	{ "-0", "0", 0 },
	{ "-0.00", "0", 0 },
	{ "1", "1", 100000000 },
	{ "0.5", "0.5", 50000000 },
	{ "-12.34", "-12.34", -1234000000 },
	{ "0.00000001", "0.00000001", 1 },
	{ "-0.00000001", "-0.00000001", -1 },
	{ "100", "100", 10000000000 },
	{ "97231.41000000", "97231.41", 9723141000000 },
	{ "1.000000000000", "1", 100000000 },
	{ "0.123456780000", "0.12345678", 12345678 },
	{ "92233720368.54775807", "92233720368.54775807", INT64_MAX },
	{ "-92233720368.54775807", "-92233720368.54775807", -INT64_MAX },
};

static const struct {
	const char *in;
	enum err want;
} bad[] = {
	{ "", ERR_VALUE },
	{ "-", ERR_VALUE },
	{ ".", ERR_VALUE },
	{ ".5", ERR_VALUE },
	{ "5.", ERR_VALUE },
	{ "-.5", ERR_VALUE },
	{ "+1", ERR_VALUE },
	{ "--1", ERR_VALUE },
	{ "1e3", ERR_VALUE },
	{ "1E3", ERR_VALUE },
	{ "1,5", ERR_VALUE },
	{ " 1", ERR_VALUE },
	{ "1 ", ERR_VALUE },
	{ "1.5.", ERR_VALUE },
	{ "1.-5", ERR_VALUE },
	{ "00", ERR_VALUE },
	{ "01", ERR_VALUE },
	{ "-00.5", ERR_VALUE },
	{ "0x1", ERR_VALUE },
	{ "NaN", ERR_VALUE },
	{ "inf", ERR_VALUE },
	{ "1.123456789", ERR_VALUE },
	{ "1:", ERR_VALUE },
	{ "1/", ERR_VALUE },
	{ "0.000000001", ERR_VALUE },
	{ "92233720368.54775808", ERR_LIMIT },
	{ "-92233720368.54775808", ERR_LIMIT },
	{ "92233720369", ERR_LIMIT },
	{ "9223372036854775807", ERR_LIMIT },
	{ "9223372036854775808", ERR_LIMIT },
	{ "99999999999999999999999999999999999999999999999", ERR_LIMIT },
};

static void test_text(void)
{
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct dec v = { 7 };
		char out[DEC_TEXT_LEN];

		is_err(dec_parse(at_page_end(good[i].in, strlen(good[i].in)),
				 &v),
		       ERR_OK, "'%s'", good[i].in);
		ok(v.e8 == good[i].e8, "its value");
		dec_format(v, out);
		ok(strcmp(out, good[i].canonical) == 0, "written %s", out);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct dec v = { 7 };

		is_err(dec_parse(at_page_end(bad[i].in, strlen(bad[i].in)), &v),
		       bad[i].want, "'%s' refused", bad[i].in);
		ok(v.e8 == 7, "and nothing written");
	}
}

static enum err apply(const char *op, struct dec a, struct dec b,
		      enum dec_round how, struct dec *out)
{
	if (strcmp(op, "add") == 0)
		return dec_add(a, b, out);
	if (strcmp(op, "sub") == 0)
		return dec_sub(a, b, out);
	if (strcmp(op, "mul") == 0)
		return dec_mul(a, b, how, out);
	if (strcmp(op, "div") == 0)
		return dec_div(a, b, how, out);
	return dec_step(a, b, how, out);
}

static void test_vectors(void)
{
	FILE *f = fopen("tests/vectors/decimal.txt", "r");
	char op[8], how[8], at[32], bt[32], want[32], got[32];
	int lines = 0;

	if (!ok(f != NULL, "vectors found (run from the top folder)"))
		return;
	while (fscanf(f, "%7s %7s %31s %31s %31s", op, how, at, bt, want) ==
	       5) {
		enum dec_round round = how[0] == 'd'   ? DEC_DOWN
				       : how[0] == 'u' ? DEC_UP
						       : DEC_HALF_EVEN;
		struct dec a = { 0 }, b = { 0 }, r = { 0 };
		enum err e = dec_parse(str_slice(at), &a);

		if (e == ERR_OK)
			e = dec_parse(str_slice(bt), &b);
		if (e == ERR_OK)
			e = apply(op, a, b, round, &r);
		if (e == ERR_OK)
			dec_format(r, got);
		else
			snprintf(got, sizeof got, "%s", err_name(e));
		lines++;
		if (!ok(strcmp(got, want) == 0, "%s %s %s %s", op, how, at, bt))
			printf("#   got %s, want %s\n", got, want);
	}
	fclose(f);
	ok(lines == 1100, "all %d vectors read", lines);
}

static void test_order(void)
{
	const struct dec small = { -5 }, big = { 3 };

	ok(dec_cmp(small, big) == -1 && dec_cmp(big, small) == 1 &&
		   dec_cmp(big, big) == 0,
	   "order");
	ok(dec_min(small, big).e8 == -5 && dec_max(small, big).e8 == 3 &&
		   dec_min(big, small).e8 == -5 && dec_max(big, small).e8 == 3,
	   "least and greatest");
	ok(dec_neg(small).e8 == 5 &&
		   dec_neg((struct dec){ INT64_MAX }).e8 == -INT64_MAX,
	   "negation");
}

int main(void)
{
	test_text();
	test_vectors();
	test_order();
	return tap_done();
}
