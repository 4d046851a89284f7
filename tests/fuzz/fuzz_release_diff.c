/* Fuzz target: two locks, or two bills of materials, with a NUL between them. A
 * thing does not differ from itself, and rows are text that can be printed. */
#include <stdlib.h>
#include <string.h>

#include "measure/lib/release_diff.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static uint8_t mem[2][1 << 22];
static struct release_diff d;

static void sboms(struct slice a, struct slice b, bool same)
{
	struct arena x = arena_over(mem[0], sizeof mem[0]);
	struct arena y = arena_over(mem[1], sizeof mem[1]);

	memset(&d, 0, sizeof d);
	if (release_diff_sboms(&x, a, &y, b, &d) == ERR_OK && same && d.n != 0)
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
