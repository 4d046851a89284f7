/* Fuzz target: measurements.json. What is accepted is written again, and that
 * must be read as the same thing. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "measure/lib/reference.h"
#include "tests/fuzz/earned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct reference a, b;
	static uint8_t text[REFERENCE_BYTES];
	struct arena arena = earned_arena(len, 0);
	struct wr w = wr_over(text, sizeof text);
	const char *what = NULL;
	enum err e =
		reference_parse(&arena, (struct slice){ data, len }, &a, &what);

	must_be_earned(e, len);
	if (e != ERR_OK) {
		if (what == NULL)
			abort();
		return 0;
	}
	if (reference_write(&a, &w) != ERR_OK)
		return 0; /* escapes may make it longer than the limit */
	arena = earned_arena(wr_slice(&w).len, 0);
	if (reference_parse(&arena, wr_slice(&w), &b, &what) != ERR_OK ||
	    memcmp(&a, &b, sizeof a) != 0)
		abort();
	return 0;
}
