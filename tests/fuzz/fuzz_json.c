/* Fuzz target: JSON. What parses and has a canonical form must parse again from
 * that form, and have no other; each raw member must be a value by itself. */
#include <stdlib.h>

#include "lib/json.h"
#include "tests/fuzz/earned.h"

enum {
	ARENA = 1 << 22,
	OUT = 1 << 17
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_members(struct slice in, struct json v, void *memory)
{
	for (struct json e = json_first(v); e.node; e = json_next(e)) {
		struct arena a = arena_over(memory, ARENA);
		struct slice raw;
		struct json m;
		enum err found = json_raw(in, json_key(e), &raw);

		/* Missing only when its key is spelled with escapes. */
		check(found == ERR_OK || found == ERR_MISSING);
		check(found != ERR_OK || json_parse(&a, raw, &m) == ERR_OK);
	}
}

static void check_form(struct json v, uint8_t *first, uint8_t *second,
		       void *memory)
{
	struct arena a = arena_over(memory, ARENA);
	struct wr w = wr_over(first, OUT), again = wr_over(second, OUT);
	struct json back;

	json_write(&w, v);
	if (wr_end(&w) != ERR_OK)
		return; /* a number without a canonical form, or too long */
	check(json_parse(&a, wr_slice(&w), &back) == ERR_OK);
	json_write(&again, back);
	check(wr_end(&again) == ERR_OK);
	check(slice_eq(wr_slice(&w), wr_slice(&again)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint8_t memory[ARENA], out[2][OUT];
	struct arena a = earned_arena(len, 0);
	struct slice in = { data, len };
	struct json v;
	enum err e = json_parse(&a, in, &v);

	must_be_earned(e, len);
	if (e != ERR_OK)
		return 0;
	if (json_is_object(v))
		check_members(in, v, memory);
	check_form(v, out[0], out[1], memory);
	return 0;
}
