/* host.h - what this machine has. */
#ifndef HOST_CLI_HOST_H
#define HOST_CLI_HOST_H

#include "host-launcher/vm/qemu.h"

/* Runs a program with `input` (a few hundred bytes) on its standard input, and
 * keeps the beginning of what it prints on both outputs, also when it fails.
 * ERR_MISSING: there is no such program; ERR_REFUSED: it failed; ERR_IO. */
MUST_CHECK enum err host_output(const char *const *argv, const char *input,
				char *out, size_t cap);

/* Asks a QEMU for its version. host_output's errors, qemu_version_parse's. */
MUST_CHECK enum err host_qemu_version(const char *binary,
				      struct qemu_version *out);
#endif
