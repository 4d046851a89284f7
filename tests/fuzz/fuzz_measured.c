/* Fuzz target: a list of measurements. Every event goes into RTMR2 and is
 * known; an error names a line that is there. */
#include <stdint.h>
#include <stdlib.h>

#include "measure/lib/measured.h"
#include "tests/unit/measure_make.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct eventlist l;
	struct slice text = heap_copy(data, len);
	size_t line = 0, lines = 1;

	l.n = 0;
	l.err = ERR_OK;
	for (size_t i = 0; i < len; i++)
		lines += data[i] == '\n';
	if (measured_events(text, &l, &line) != ERR_OK &&
	    (line == 0 || line > lines))
		abort();
	for (size_t i = 0; i < l.n; i++)
		if (l.ev[i].rtmr != 2 || !l.ev[i].known)
			abort();
	heap_free(text);
	return 0;
}
