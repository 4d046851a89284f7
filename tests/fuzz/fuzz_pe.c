/* Fuzz target: the Authenticode digest and the sections of a PE file, and
 * QEMU's change to a kernel, whose command line is the file's last bytes.
 * Changing the checksum of an accepted file must not change its digest. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "measure/lib/bzimage.h"
#include "measure/lib/pe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void sections(struct slice file)
{
	static struct pe_sections p;
	const char *why = NULL;

	if (pe_sections(file, &p, &why) != ERR_OK) {
		if (why == NULL)
			abort();
		return;
	}
	for (size_t i = 0; i < p.n; i++)
		if (p.s[i].file.len > 0 &&
		    (p.s[i].file.ptr < file.ptr ||
		     p.s[i].file.ptr + p.s[i].file.len > file.ptr + file.len))
			abort();
}

static void patch(uint8_t *kernel, size_t len)
{
	static uint8_t text[64];
	size_t n = len < sizeof text ? len : sizeof text;
	const struct qemu_kernel k = { .memory_bytes = 1 << 30,
				       .initrd_len = len,
				       .cmdline = { text, n } };
	const char *why = NULL;
	enum err e;

	memcpy(text, kernel + len - n, n);
	(void)bzimage_version((struct slice){ kernel, len });
	e = qemu_patch_kernel(kernel, len, &k, &why);
	/* the header may say that no initrd fits anywhere */
	if (e != ERR_OK && ((e != ERR_LIMIT && e != ERR_VALUE) || why == NULL))
		abort();
}

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
	sections((struct slice){ data, len });
	if (bzimage_is((struct slice){ copy, len }))
		patch(copy, len);
	free(copy);
	return 0;
}
