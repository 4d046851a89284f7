/* Fuzz target: two locks, or two bills of materials, with a NUL between them. A
 * thing does not differ from itself, and rows are text that can be printed. */
#include <stdlib.h>
#include <string.h>

#include "measure/lib/release_diff.h"
#include "tests/fuzz/earned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static uint8_t mem[EARNED_FREE + EARNED_A_BYTE * EARNED_MAX_INPUT];
static struct release_diff d;

static void sboms(struct slice a, struct slice b, bool same)
{
	struct arena x = earned_arena(a.len, 0);
	struct arena y = arena_over(mem, EARNED_FREE + EARNED_A_BYTE * b.len);
	enum err e;

	memset(&d, 0, sizeof d);
	if (b.len > EARNED_MAX_INPUT)
		return;
	e = release_diff_sboms(&x, a, &y, b, &d);
	must_be_earned(e, a.len);
	if (e == ERR_OK && same && d.n != 0)
		abort();
}

static void locks(struct slice a, struct slice b, bool same)
{
	memset(&d, 0, sizeof d);
	if (release_diff_locks(a, b, &d) == ERR_OK && same && d.n != 0)
		abort();
	for (size_t i = 0; i < d.n; i++)
		for (const char *c = d.c[i].what; *c != '\0'; c++)
			if (*c < 0x20 || *c > 0x7e)
				abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const uint8_t *nul = len > 0 ? memchr(data, '\0', len) : NULL;
	size_t n = nul != NULL ? (size_t)(nul - data) : len;
	struct slice a = { data, n }, b = { data, 0 };

	if (nul != NULL)
		b = (struct slice){ nul + 1, len - n - 1 };
	locks(a, a, true);
	locks(a, b, false);
	sboms(a, a, true);
	sboms(a, b, false);
	return 0;
}
