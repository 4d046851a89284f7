/* Fuzz target: measurements.json. What is accepted is written again, and that
 * must be read as the same thing. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "measure/lib/reference.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct reference a, b;
	static uint8_t mem[REFERENCE_ARENA], text[REFERENCE_BYTES];
	struct arena arena = arena_over(mem, sizeof mem);
	struct wr w = wr_over(text, sizeof text);
	const char *what = NULL;

	if (reference_parse(&arena, (struct slice){ data, len }, &a, &what) !=
	    ERR_OK) {
		if (what == NULL)
			abort();
		return 0;
	}
	if (reference_write(&a, &w) != ERR_OK)
		return 0; /* escapes may make it longer than the limit */
	arena = arena_over(mem, sizeof mem);
	if (reference_parse(&arena, wr_slice(&w), &b, &what) != ERR_OK ||
	    memcmp(&a, &b, sizeof a) != 0)
		abort();
	return 0;
}
