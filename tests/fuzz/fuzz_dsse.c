/* Fuzz target: an envelope and the statement in it. A statement that is taken
 * is the very text that is written for its reference. */
#include <stdlib.h>

#include "measure/lib/dsse.h"
#include "measure/lib/release.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint8_t mem[DSSE_ARENA], mem2[RELEASE_ARENA];
	static uint8_t text[RELEASE_MAX_STATEMENT];
	static const uint8_t pub[P256_PUB_LEN] = { 4 };
	static struct reference r;
	struct arena a = arena_over(mem, sizeof mem);
	struct wr w = wr_over(text, sizeof text);
	const char *what = NULL;
	struct dsse d;

	if (dsse_parse(&a, (struct slice){ data, len }, &d) != ERR_OK)
		return 0;
	if (d.n == 0 || d.n > DSSE_MAX_SIGNATURES ||
	    dsse_verify(&d, pub) == ERR_OK)
		abort();
	a = arena_over(mem2, sizeof mem2);
	if (release_statement_read(&a, d.payload, &r, &what) != ERR_OK) {
		if (what == NULL)
			abort();
		return 0;
	}
	if (r.release.counter == 0 ||
	    release_statement_write(&r, &w) != ERR_OK ||
	    !slice_eq(wr_slice(&w), d.payload))
		abort();
	return 0;
}
