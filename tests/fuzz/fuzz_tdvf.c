/* Fuzz target: the TDX metadata of a firmware image. What is accepted is
 * measured too, when that is quick, and laid out as a TD HOB list. */
#include <stdint.h>
#include <stdlib.h>

#include "measure/lib/hob.h"
#include "measure/lib/mrtd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint8_t buf[HOB_MAX_BYTES];
	struct slice fw = { data, len };
	uint8_t digest[SHA384_LEN];
	const char *why = NULL;
	struct tdvf t;

	if (tdvf_parse(fw, &t, &why) != ERR_OK) {
		if (why == NULL)
			abort();
		return 0;
	}
	if (mrtd_hashed_bytes(&t) < 1 << 20)
		mrtd(fw, &t, MRTD_SINGLE_PASS, digest);
	for (int form = HOB_QEMU; form <= HOB_GOOGLE_OLD; form++) {
		struct wr w = wr_over(buf, sizeof buf);

		if (hob_write(&t, (enum hob_form)form, 1ULL << 34, &w) ==
			    ERR_OK &&
		    (wr_slice(&w).len - 56) % 48 !=
			    (form == HOB_GOOGLE_OLD ? 8 : 0))
			abort();
	}
	return 0;
}
