/* Fuzz target: the Authenticode digest of a PE file, and QEMU's change to a
 * kernel. Changing the checksum of an accepted file must not change its
 * digest. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "measure/lib/bzimage.h"
#include "measure/lib/pe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t first[SHA384_LEN], second[SHA384_LEN];
	const char *why = NULL;
	uint8_t *copy = malloc(len + 1);
	uint32_t pe;

	if (copy == NULL)
		abort();
	memcpy(copy, data, len);
	if (pe_authenticode((struct slice){ data, len }, first, &why) !=
	    ERR_OK) {
		if (why == NULL)
			abort();
	} else {
		pe = (uint32_t)data[60] | (uint32_t)data[61] << 8 |
		     (uint32_t)data[62] << 16 | (uint32_t)data[63] << 24;
		copy[pe + 24 + 64] ^= 1;
		if (pe_authenticode((struct slice){ copy, len }, second,
				    &why) == ERR_OK &&
		    memcmp(first, second, SHA384_LEN) != 0)
			abort();
	}
	if (bzimage_is((struct slice){ copy, len })) {
		const struct qemu_kernel k = { .memory_bytes = 1 << 30,
					       .initrd_len = len };

		enum err e;

		(void)bzimage_version((struct slice){ copy, len });
		why = NULL;
		e = qemu_patch_kernel(copy, len, &k, &why);
		/* the header may say that no initrd fits anywhere */
		if (e != ERR_OK && (e != ERR_LIMIT || why == NULL))
			abort();
	}
	free(copy);
	return 0;
}
