/* A whole bundle: parsed, and its signatures checked when it parses. */
#include "measure/lib/collateral.h"
#include "tests/fuzz/earned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct arena a = earned_arena(len, 0);
	struct collateral c = { 0 };
	const char *what = NULL;
	enum err e =
		collateral_parse(&a, (struct slice){ data, len }, &c, &what);

	must_be_earned(e, len);
	if (e != ERR_OK) {
		if (what == NULL)
			__builtin_trap();
		return 0;
	}
	collateral_authenticate(&c);
	if ((c.signatures == REASON_OK) != (c.signatures_what[0] == '\0'))
		__builtin_trap();
	return 0;
}
