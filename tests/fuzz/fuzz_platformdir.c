/* Fuzz target: machine.json of a captured machine. What is read is written
 * again, and read again the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "measure/lib/platformdir.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct platform_machine m, again;
	uint8_t text[PLATFORM_JSON_MAX];
	struct wr w = wr_over(text, sizeof text);

	memset(&m, 0, sizeof m);
	memset(&again, 0, sizeof again);
	if (platform_machine_read((struct slice){ data, len }, &m) != ERR_OK)
		return 0;
	if (platform_machine_write(&m, &w) != ERR_OK ||
	    platform_machine_read(wr_slice(&w), &again) != ERR_OK ||
	    m.memory_bytes != again.memory_bytes || m.cpus != again.cpus ||
	    m.disks != again.disks || m.phys_bits != again.phys_bits ||
	    memcmp(m.firmware_sha256, again.firmware_sha256, SHA256_LEN) != 0 ||
	    strcmp(m.qemu, again.qemu) != 0)
		abort();
	return 0;
}
