/* supervisor.h - the process that keeps one instance: it starts QEMU, answers
 * the guest's second serial port as TDX module and quoting enclave, watches
 * QEMU's machine protocol, writes status.json, and ends when QEMU does. It
 * survives the command that started it, in a session of its own.
 *
 * With ACCEL_AUTO it takes KVM when that really runs a virtual CPU, and should
 * QEMU still fail under KVM it starts over with software emulation; status.json
 * says so.
 *
 * SIGTERM asks QEMU to quit, then kills it. The guest has no power button, and
 * no disk or state that would miss one. */
#ifndef HOST_VM_SUPERVISOR_H
#define HOST_VM_SUPERVISOR_H

#include "host-launcher/vm/instance.h"

enum {
	SUPERVISOR_WHY_CAP = 400
};

/* Starts the supervisor of the instance whose folder is dir (holding
 * instance.json and config.json) and waits until QEMU runs. The caller holds
 * instance_lock, which the supervisor then keeps.
 *
 * launcher  the program that serves metadata: `launcher metadata-serve --state
 *           dir` on its standard input and output.
 * why       what went wrong, for people; SUPERVISOR_WHY_CAP bytes.
 * Errors    ERR_REFUSED: the supervisor ended; status.json says why, too.
 *           ERR_IO. */
MUST_CHECK enum err supervisor_start(const char *dir,
				     const struct instance_spec *spec,
				     const char *launcher, char *why);
#endif
