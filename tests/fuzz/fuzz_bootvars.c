/* Fuzz target: a firmware's memory, searched for boot variables. What is found
 * lies inside the memory. */
#include <stdint.h>
#include <stdlib.h>

#include "host-launcher/vm/bootvars.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void inside(struct slice s, const uint8_t *data, size_t len)
{
	if (s.len > 0 && (s.ptr < data || s.ptr + s.len > data + len))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bootvars b;

	if (bootvars_find((struct slice){ data, len }, &b) != ERR_OK)
		return 0;
	if (b.n == 0 || b.n > BOOTVARS_MAX || b.order.len != 2 * b.n)
		abort();
	inside(b.order, data, len);
	for (size_t i = 0; i < b.n; i++)
		inside(b.option[i].data, data, len);
	for (size_t i = 0; i < BOOTVARS_KEYS; i++)
		inside(b.key[i], data, len);
	return 0;
}
