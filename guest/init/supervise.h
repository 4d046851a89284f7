/* supervise.h - PID 1 after the boot. */
#ifndef GUEST_INIT_SUPERVISE_H
#define GUEST_INIT_SUPERVISE_H

#include "init/machine.h"

/* Reaps, serves the agent's requests, keeps udhcpc running. The keys that the
 * quote binds die with the agent, so its end, or a request that makes no sense,
 * is the end of the machine. */
_Noreturn void supervise(struct machine *m);
#endif
