/* Fuzz target: an envelope and the statement in it. A statement that is taken
 * is the very text that is written for its reference. */
#include <stdlib.h>
#include <string.h>

#include "measure/lib/dsse.h"
#include "measure/lib/release.h"
#include "tests/fuzz/earned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint8_t text[RELEASE_MAX_STATEMENT], payload[EARNED_MAX_INPUT];
	static const uint8_t pub[P256_PUB_LEN] = { 4 };
	static struct reference r;
	struct arena a = earned_arena(len, 0);
	struct wr w = wr_over(text, sizeof text);
	const char *what = NULL;
	struct dsse d;
	enum err e = dsse_parse(&a, (struct slice){ data, len }, &d);

	must_be_earned(e, len);
	if (e != ERR_OK)
		return 0;
	if (d.n == 0 || d.n > DSSE_MAX_SIGNATURES ||
	    dsse_verify(&d, pub) == ERR_OK)
		abort();
	if (d.payload.len > sizeof payload)
		return 0;
	memcpy(payload, d.payload.ptr, d.payload.len);
	d.payload.ptr = payload;
	a = earned_arena(d.payload.len, 0);
	e = release_statement_read(&a, d.payload, &r, &what);
	must_be_earned(e, d.payload.len);
	if (e != ERR_OK) {
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
