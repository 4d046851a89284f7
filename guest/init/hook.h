/* hook.h - what /init is under the name udhcpc-hook. */
#ifndef GUEST_INIT_HOOK_H
#define GUEST_INIT_HOOK_H

/* argv[1] is udhcpc's event; the lease is in the environment. Writes one
 * struct lease_note to CHILD_HOOK_FD. Returns the exit status: 0, or 1 when the
 * event or the lease is refused or nobody listens. */
int hook_main(int argc, char **argv);
#endif
