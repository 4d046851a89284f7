/* host.h - what this machine has. */
#ifndef HOST_CLI_HOST_H
#define HOST_CLI_HOST_H

#include "host-launcher/vm/qemu.h"

/* Runs a program and keeps the beginning of what it prints. ERR_MISSING: there
 * is no such program; ERR_REFUSED: it failed; ERR_IO. */
MUST_CHECK enum err host_output(const char *const *argv, char *out, size_t cap);

/* Asks a QEMU for its version. host_output's errors, qemu_version_parse's. */
MUST_CHECK enum err host_qemu_version(const char *binary,
				      struct qemu_version *out);
#endif
