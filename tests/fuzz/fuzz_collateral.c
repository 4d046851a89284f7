/* A whole bundle: parsed, and its signatures checked when it parses. */
#include "measure/lib/collateral.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint8_t memory[COLLATERAL_ARENA_BYTES];
	struct arena a = arena_over(memory, sizeof memory);
	struct collateral c = { 0 };
	const char *what = NULL;

	if (collateral_parse(&a, (struct slice){ data, len }, &c, &what) !=
	    ERR_OK) {
		if (what == NULL)
			__builtin_trap();
		return 0;
	}
	collateral_authenticate(&c);
	if ((c.signatures == REASON_OK) != (c.signatures_what[0] == '\0'))
		__builtin_trap();
	return 0;
}
