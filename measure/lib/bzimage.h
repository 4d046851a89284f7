/* bzimage.h - the setup header of a Linux kernel for x86: its version, and what
 * QEMU writes into it before it hands the kernel to the firmware. Source: Linux
 * Documentation/arch/x86/boot.rst; QEMU hw/i386/x86-common.c. */
#ifndef MEASURE_LIB_BZIMAGE_H
#define MEASURE_LIB_BZIMAGE_H

#include "lib/bytes.h"

/* True when the file has a setup header that QEMU patches: "HdrS", boot
 * protocol 2.12 or later, loaded high. A file without one is handed over as it
 * is; that is how QEMU treats every other EFI binary. */
bool bzimage_is(struct slice file);

/* The release that the kernel says it is, "6.12.1": major * 1000 + minor, so
 * 6012; 0 when it does not say. Untrusted, as the whole file is. */
unsigned bzimage_version(struct slice file);

struct qemu_kernel {
	uint64_t memory_bytes; /* of the VM, a q35 machine */
	size_t initrd_len;     /* 0: no -initrd */
	struct slice cmdline;  /* -append */
};

/* Writes what QEMU before 10.0 writes into the header of a kernel, for which
 * bzimage_is holds: where loader, heap and command line are, the address of the
 * initrd, and the video mode of vga=. *why is a static sentence.
 * ERR_LIMIT the initrd does not fit below the 4 GiB hole; ERR_VALUE a vga= that
 * QEMU refuses. The header is then not to be used. */
MUST_CHECK enum err qemu_patch_kernel(uint8_t *kernel, size_t len,
				      const struct qemu_kernel *k,
				      const char **why);
#endif
