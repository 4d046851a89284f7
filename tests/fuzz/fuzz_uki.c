/* Fuzz target: a unified kernel image. Sections must lie in the file, and a
 * command line must come out shorter than it went in. */
#include <stdint.h>
#include <stdlib.h>

#include "measure/lib/uki.h"
#include "tests/unit/measure_make.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(struct slice file, const struct uki *u)
{
	static uint8_t text[UKI_CMDLINE_MAX];
	struct wr w = wr_over(text, sizeof text);
	uint8_t digest[SHA384_LEN];

	for (size_t i = 0; i < UKI_NSECTIONS; i++) {
		struct slice s = u->section[i];

		if (u->has[i] != (s.len > 0))
			abort();
		if (s.len > 0 &&
		    (s.ptr < file.ptr || s.len > file.len ||
		     (size_t)(s.ptr - file.ptr) > file.len - s.len))
			abort();
	}
	if (uki_cmdline(u, u->section[UKI_CMDLINE], &w) == ERR_OK &&
	    wr_slice(&w).len > u->section[UKI_CMDLINE].len)
		abort();
	if (uki_initrd(u, digest) == ERR_OK && uki_known(u) &&
	    !u->has[UKI_LINUX])
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct slice file = heap_copy(data, len);
	const char *why = NULL;
	struct uki u;

	if (uki_parse(file, &u, &why) == ERR_OK)
		check(file, &u);
	else if (why == NULL)
		abort();
	heap_free(file);
	return 0;
}
