/* Fuzz target: a FAT volume. A file that is found in one piece must be the one
 * that a copy yields. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "measure/lib/fat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const path[] = { "EFI        ", "BOOT       ",
					    "BOOTX64 EFI", NULL };
	const char *why = NULL;
	struct fat_file file;
	struct slice piece;
	uint8_t *copy;
	struct fat f;

	if (fat_open((struct slice){ data, len }, &f, &why) != ERR_OK ||
	    fat_find(&f, path, &file, &why) != ERR_OK) {
		if (why == NULL)
			abort();
		return 0;
	}
	copy = malloc(file.size + 1UL);
	if (copy == NULL)
		abort();
	if (fat_copy(&f, &file, copy) != ERR_OK)
		abort();
	if (fat_together(&f, &file, &piece) &&
	    (piece.len != file.size || memcmp(piece.ptr, copy, piece.len) != 0))
		abort();
	free(copy);
	return 0;
}
