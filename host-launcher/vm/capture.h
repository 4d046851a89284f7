/* capture.h - what RTMR0 says of a machine under QEMU, taken from a run of that
 * machine with its own firmware, without TDX and in software emulation: the
 * ACPI blobs as QEMU makes them once the firmware has given the PCI devices
 * their addresses, the other items of fw_cfg that firmware measures, and the
 * boot variables that the firmware makes.
 *
 * Firmware has read all of the program that it boots from the disk: then it has
 * measured these, since it reads the program last. */
#ifndef HOST_VM_CAPTURE_H
#define HOST_VM_CAPTURE_H

#include "host-launcher/lib/file.h"
#include "host-launcher/vm/bootvars.h"
#include "host-launcher/vm/qemu.h"
#include "measure/lib/platformdir.h"

/* A file that may be left in the folder when the process is killed; qemu.log
 * and QEMU's own always are. */
#define CAPTURE_MEMORY "memory"

struct capture {
	struct buf acpi[PLATFORM_ACPI_BLOBS];
	struct buf item[PLATFORM_ITEMS]; /* ptr NULL: the machine has none */
	struct slice memory;             /* where boot's slices lie */
	struct bootvars boot;
};

/* Runs the machine in the current folder, which is to be empty and private;
 * it has the logs when that fails. spec->capture is set and its disk's program
 * has program_bytes. Release out with capture_free in any case.
 * On failure *why is a static sentence. Errors: ERR_TIMEOUT deadline_ms (mono)
 * passed; ERR_CLOSED QEMU ended; ERR_REFUSED QEMU refused a request, or the
 * machine stopped before; ERR_VALUE an answer that makes no sense; those of
 * qemu_command, spawn_child, bootvars_find, fwcfg_dir. */
MUST_CHECK enum err capture_run(const struct qemu_spec *spec,
				uint64_t program_bytes, int64_t deadline_ms,
				struct capture *out, const char **why);
void capture_free(struct capture *c);
#endif
