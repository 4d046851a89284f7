/* boot.h - the boot, as a table of steps. */
#ifndef GUEST_INIT_BOOT_H
#define GUEST_INIT_BOOT_H

#include "init/machine.h"

/* Takes the machine from nothing to a running agent. A step that fails prints
 * "FATAL <step>: <reason>" and switches the machine off. */
void boot(struct machine *m);
#endif
