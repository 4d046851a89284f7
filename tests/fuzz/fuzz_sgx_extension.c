/* Intel's extension in a PCK certificate: what is read of it stands in it, and
 * the same bytes say the same again. */
#include <string.h>

#include "measure/lib/pck.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static bool stands_in(struct slice in, const uint8_t *part, size_t n)
{
	return memmem(in.ptr, in.len, part, n) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct slice in = { data, len };
	struct pck p, again;

	memset(&p, 0x5a, sizeof p);
	memset(&again, 0x5a, sizeof again);
	if (pck_parse(in, &p) != ERR_OK) {
		if (memcmp(&p, &again, sizeof p) != 0)
			__builtin_trap(); /* written although refused */
		return 0;
	}
	if (pck_parse(in, &again) != ERR_OK ||
	    memcmp(&p.tcb, &again.tcb, sizeof p.tcb) != 0 ||
	    !stands_in(in, p.ppid, sizeof p.ppid) ||
	    !stands_in(in, p.fmspc, sizeof p.fmspc) ||
	    !stands_in(in, p.cpusvn, sizeof p.cpusvn) ||
	    !stands_in(in, p.pceid, sizeof p.pceid))
		__builtin_trap();
	return 0;
}
