/* Boot variables in a firmware's memory. The stores are laid out by
 * bootvars_make.h after edk2's header; that real firmware has them so, is shown
 * by tests/integration/oracle.py. */
#include <stdlib.h>

#include "host-launcher/vm/bootvars.h"
#include "tests/tap.h"
#include "tests/unit/bootvars_make.h"

enum {
	ADDED = 0x3f,
	DELETED = 0x3c
};

static const uint8_t order[] = { 1, 0, 0x0a, 0 };
static uint8_t mem[8192];

static struct slice usual(bool auth)
{
	struct make_store s = make_begin(mem, sizeof mem, auth);

	make_var(&s, ADDED, MAKE_GLOBAL, "Lang", "en", 3);
	make_var(&s, DELETED, MAKE_GLOBAL, "BootOrder", "\0", 2);
	make_var(&s, ADDED, MAKE_OTHER, "Boot0001", "not this", 8);
	make_var(&s, ADDED, MAKE_GLOBAL, "Boot0001", "first", 5);
	make_var(&s, ADDED, MAKE_GLOBAL, "BootOrder", order, sizeof order);
	make_var(&s, ADDED, MAKE_GLOBAL, "Boot000A", "second!", 7);
	return make_end(&s);
}

static bool is_usual(const struct bootvars *b)
{
	return slice_eq(b->order, (struct slice){ order, sizeof order }) &&
	       b->n == 2 && b->option[0].number == 1 &&
	       b->option[1].number == 10 &&
	       slice_is(b->option[0].data, "first") &&
	       slice_is(b->option[1].data, "second!");
}

static void test_good(void)
{
	for (int auth = 0; auth < 2; auth++) {
		struct slice s = usual(auth != 0);
		struct bootvars b;

		is_err(bootvars_find(at_page_end(s.ptr, s.len), &b), ERR_OK,
		       "a store %s authentication", auth ? "with" : "without");
		ok(is_usual(&b), "the newest of each, of the right GUID");
	}
}

/* Variables of secure boot: keys beside the boot options, SecureBoot in the
 * store of volatile ones. */
static void test_keys(void)
{
	static uint8_t big[2 * 8192], other[4096];
	static const uint8_t key[BOOTVAR_KEY_BYTES + 1];
	struct wr w = wr_over(big, sizeof big);
	struct make_store s = make_begin(mem, sizeof mem, true), v;
	struct bootvars b;

	make_var(&s, ADDED, MAKE_GLOBAL, "BootOrder", order, 2);
	make_var(&s, ADDED, MAKE_GLOBAL, "Boot0001", "x", 1);
	make_var(&s, ADDED, MAKE_GLOBAL, "db", "not the database", 16);
	make_var(&s, ADDED, MAKE_SECURITY, "db", "certificates", 12);
	make_var(&s, DELETED, MAKE_GLOBAL, "PK", "gone", 4);
	wr_bytes(&w, make_end(&s));
	v = make_begin(other, sizeof other, true);
	make_var(&v, ADDED, MAKE_GLOBAL, "SecureBoot", "\1", 1);
	wr_bytes(&w, make_end(&v));
	is_err(bootvars_find(wr_slice(&w), &b), ERR_OK, "keys in two stores");
	ok(slice_is(b.key[0], "\1") && slice_is(b.key[3], "certificates") &&
		   b.key[1].ptr == NULL && b.key[2].ptr == NULL &&
		   b.key[4].ptr == NULL && b.n == 1,
	   "are found, and no other");
	v = make_begin(other, sizeof other, true);
	make_var(&v, ADDED, MAKE_GLOBAL, "SecureBoot", "\0", 1);
	wr_bytes(&w, make_end(&v));
	is_err(bootvars_find(wr_slice(&w), &b), ERR_MISMATCH,
	       "two that say something else");
	static uint8_t huge[BOOTVAR_KEY_BYTES + 4096];

	s = make_begin(huge, sizeof huge, false);
	make_var(&s, ADDED, MAKE_SECURITY, "dbx", key, sizeof key);
	is_err(bootvars_find(make_end(&s), &b), ERR_LIMIT, "one too large");
}

/* Noise, the store, an empty one, the store again. */
static void test_memory(void)
{
	static uint8_t big[4 * 8192];
	struct wr w = wr_over(big, sizeof big);
	uint8_t empty[256];
	struct make_store s = make_begin(empty, sizeof empty, true);
	struct slice blank = make_end(&s), store = usual(true);
	struct bootvars b;
	size_t second;

	wr_str(&w, "noise" MAKE_AUTH MAKE_PLAIN);
	wr_bytes(&w, store);
	wr_bytes(&w, blank);
	wr_str(&w, "x");
	second = w.len;
	wr_bytes(&w, store);
	wr_str(&w, MAKE_AUTH);
	is_err(bootvars_find(wr_slice(&w), &b), ERR_OK,
	       "two stores and an empty one in memory");
	ok(is_usual(&b), "say the same");
	big[second + store.len - 68] ^= 1;
	is_err(bootvars_find(wr_slice(&w), &b), ERR_MISMATCH,
	       "two that differ are refused");
}

static void test_truncated(void)
{
	struct slice s = usual(true);
	size_t found = 0;

	for (size_t n = 0; n < s.len; n++) {
		struct bootvars b = { .n = 99 };

		found += bootvars_find(at_page_end(s.ptr, n), &b) !=
				 ERR_MISSING ||
			 b.n != 99;
	}
	ok(found == 0, "no prefix of a store is one, and nothing is written");
}

/* A store with a BootOrder and one option of these sizes. */
static enum err find_sizes(size_t order_len, const char *option,
			   size_t option_len)
{
	static const uint8_t zeros[BOOTVAR_BYTES + 1];
	struct make_store s = make_begin(mem, sizeof mem, true);
	struct bootvars b;

	make_var(&s, ADDED, MAKE_GLOBAL, "BootOrder", zeros, order_len);
	make_var(&s, ADDED, MAKE_GLOBAL, option, zeros, option_len);
	return bootvars_find(make_end(&s), &b);
}

static void test_refusals(void)
{
	struct slice s = usual(true);
	struct bootvars b;

	is_err(find_sizes(2, "Boot0000", 9), ERR_OK, "one option");
	is_err(find_sizes(32, "Boot0000", 9), ERR_OK, "sixteen");
	is_err(find_sizes(0, "Boot0000", 9), ERR_VALUE, "an empty BootOrder");
	is_err(find_sizes(3, "Boot0000", 9), ERR_VALUE, "half a number");
	is_err(find_sizes(34, "Boot0000", 9), ERR_VALUE, "seventeen numbers");
	is_err(find_sizes(2, "Boot0001", 9), ERR_MISSING,
	       "an option that is not there");
	is_err(find_sizes(2, "boot0000", 9), ERR_MISSING, "another name");
	is_err(find_sizes(2, "Boot00000", 9), ERR_MISSING, "a longer name");
	is_err(find_sizes(2, "Boot0000", BOOTVAR_BYTES), ERR_OK, "the largest");
	is_err(find_sizes(2, "Boot0000", BOOTVAR_BYTES + 1), ERR_LIMIT,
	       "one byte more");
	is_err(bootvars_find((struct slice){ 0 }, &b), ERR_MISSING, "nothing");
	mem[16 + 3] = 0xff;
	is_err(bootvars_find(s, &b), ERR_MISSING, "a store of 4 GiB");
	s = usual(true);
	mem[20] = 0;
	is_err(bootvars_find(s, &b), ERR_MISSING, "one that is not formatted");
	s = usual(true);
	mem[21] = 0xff;
	is_err(bootvars_find(s, &b), ERR_MISSING, "one that is not healthy");
	s = usual(true);
	mem[28 + 36] = mem[28 + 37] = mem[28 + 38] = mem[28 + 39] = 0xff;
	is_err(bootvars_find(s, &b), ERR_MISSING,
	       "a variable of 4 GiB ends the store");
}

/* Stores inside of one another, each with all variables of those behind it:
 * what is read must not grow with the square of the memory. */
static void test_slow(void)
{
	enum {
		EACH = 64,
		MIB = 1024 * 1024,
		SIZE = 8 * MIB
	};
	uint8_t *m = calloc(1, SIZE), one[256];
	struct make_store s = make_begin(one, sizeof one, false);
	struct bootvars b;

	make_var(&s, ADDED, MAKE_OTHER, "", "", 1);
	(void)make_end(&s);
	one[16] = one[17] = one[19] = 0;
	one[18] = 0x40;           /* a store of 4 MiB */
	one[28 + 8] = 0;          /* its variable has no name, */
	one[28 + 12] = EACH - 32; /* and the next store in it */
	for (size_t i = 0; m != NULL && i < SIZE; i += EACH)
		memcpy(m + i, one, EACH);
	is_err(m != NULL ? bootvars_find((struct slice){ m, SIZE }, &b)
			 : ERR_SPACE,
	       ERR_LIMIT, "65536 stores in one another");
	free(m);
}

int main(void)
{
	test_slow();
	test_good();
	test_keys();
	test_memory();
	test_truncated();
	test_refusals();
	return tap_done();
}
