/* simload.h - what the simulated TDX module measures when it loads a firmware
 * and an image: the registers of a TD that has just come up to its kernel. */
#ifndef HOST_VM_SIMLOAD_H
#define HOST_VM_SIMLOAD_H

#include "host-launcher/vm/simquote.h"

/* Reads both files. On failure *why is a static sentence. Errors: file_map's;
 * predict's. */
MUST_CHECK enum err sim_load(const char *firmware, const char *image,
			     uint64_t memory_bytes, uint32_t cpus,
			     struct sim_td *out, const char **why);
#endif
