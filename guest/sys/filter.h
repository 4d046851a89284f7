/* filter.h - seccomp: which system calls each kind of child may make. One table
 * for all of them; anything that is not in it ends the process (SIGSYS, status
 * 31), which its parent then prints. */
#ifndef GUEST_SYS_FILTER_H
#define GUEST_SYS_FILTER_H

#include <linux/filter.h>

#include "lib/bytes.h"

enum child_role {
	CHILD_DHCP,     /* busybox udhcpc */
	CHILD_HOOK,     /* its hook, under the filter of CHILD_DHCP as well */
	CHILD_METADATA, /* fetches and checks the configuration */
	CHILD_QUOTER,   /* asks configfs-tsm for one quote */
	CHILD_AGENT,
	CHILD_JOB,
	CHILD_ROLES
};

enum {
	FILTER_INSNS = 512
};

/* Writes the BPF program of a role. Returns its length; 0 when it does not
 * fit. It refuses other architectures and the x32 calls before anything else.
 */
size_t filter_build(enum child_role role,
		    struct sock_filter out[static FILTER_INSNS]);

/* Puts the calling process under the role's filter, for good. It needs
 * no_new_privs. ERR_SPACE, ERR_IO. */
MUST_CHECK enum err filter_apply(enum child_role role);
#endif
