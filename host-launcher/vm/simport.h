/* simport.h - the wire to the guest's second serial port: a Unix socket that
 * QEMU connects to, with a simulated TDX module at this end. */
#ifndef HOST_VM_SIMPORT_H
#define HOST_VM_SIMPORT_H

#include <poll.h>

#include "host-launcher/vm/simtd.h"

enum {
	SIMPORT_FILES = 2
};

struct simport {
	int listener, fd; /* -1: none */
	struct simtd *td;
	uint8_t out[2 * SIM_RESPONSE_MAX];
	size_t len, sent;
};

/* Listens at `path`. td must outlive the port. ERR_IO, ERR_LIMIT. */
MUST_CHECK enum err simport_open(struct simport *p, const char *path,
				 struct simtd *td);
void simport_close(struct simport *p);
void simport_hang_up(struct simport *p); /* drops the guest, keeps listening */

/* Adds the port's files to pfd; then poll, then simport_run. True when the
 * module has done something since. A port that was never opened has none. */
size_t simport_poll(const struct simport *p,
		    struct pollfd pfd[static SIMPORT_FILES]);
bool simport_run(struct simport *p,
		 const struct pollfd pfd[static SIMPORT_FILES]);
#endif
