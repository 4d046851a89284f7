/* Fuzz target: the partition table of a disk. Both CRCs are made right first,
 * so that mutations get past them. */
#include <stdint.h>
#include <stdlib.h>

#include "measure/lib/gpt.h"
#include "tests/unit/measure_make.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The CRCs as the header's own fields ask for them. */
static void seal(uint8_t *disk, size_t len)
{
	struct rd r = rd_over((struct slice){ disk + 512 + 72, 16 });
	uint64_t lba = rd_u64le(&r);
	uint64_t n = (uint64_t)rd_u32le(&r) * 128;
	size_t head = disk[512 + 12] | (size_t)disk[512 + 13] << 8;

	if (lba <= len / 512 && n <= len - lba * 512)
		put_le(disk + 512 + 88, crc32_of(disk + lba * 512, n), 4);
	put_le(disk + 512 + 16, 0, 4);
	if (head >= 92 && head <= 512)
		put_le(disk + 512 + 16, crc32_of(disk + 512, head), 4);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t digest[SHA384_LEN];
	const char *why = NULL;
	struct slice disk = heap_copy(data, len);
	struct gpt g;

	if (len >= 1024)
		seal((uint8_t *)(uintptr_t)disk.ptr, len);
	if (gpt_parse(disk, &g, &why) == ERR_OK) {
		gpt_digest(&g, digest);
		if (g.esp.ptr < disk.ptr ||
		    g.esp.len > len - (size_t)(g.esp.ptr - disk.ptr))
			abort();
	} else if (why == NULL) {
		abort();
	}
	heap_free(disk);
	return 0;
}
