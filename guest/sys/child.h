/* child.h - starting a child with nothing but what its role needs: a uid of its
 * own, no capability that is not named, resource limits, the descriptors it is
 * given and a system call filter. Everything except udhcpc is a function of
 * this program: it runs after fork alone, so that its filter need not allow
 * execve.
 */
#ifndef GUEST_SYS_CHILD_H
#define GUEST_SYS_CHILD_H

#include <sys/types.h>

#include "lib/bytes.h"
#include "sys/filter.h"

enum {
	CHILD_UID_AGENT = 1,
	CHILD_UID_DHCP = 2,
	CHILD_UID_METADATA = 3,
	CHILD_UID_JOBS = 1000, /* plus the slot */
	CHILD_FD = 3,          /* the first descriptor given */
	CHILD_HOOK_FD = 10,    /* to udhcpc: it takes 3 and 4 for itself */
	CHILD_FDS = 2,         /* at most that many */
	CHILD_REFUSED = 125,   /* exit status: the set-up failed, nothing ran */
};

struct child_limits {
	uint64_t open_files, memory_bytes, processes;
};

/* What a role may have. The bits of caps are capability numbers. */
struct child_profile {
	uint32_t uid;
	uint64_t caps;
	struct child_limits limits;
};

const struct child_profile *child_profile(enum child_role role);

struct child_spec {
	enum child_role role;
	uint8_t slot; /* CHILD_JOB: added to the uid */
	const int *
		fds; /* become CHILD_FD, CHILD_FD + 1 (udhcpc: CHILD_HOOK_FD) */
	size_t nfds;
	/* Either a program with its arguments (no environment), */
	const char *program;
	char *const *argv;
	/* or a function whose result is the exit status. */
	int (*entry)(void *ctx);
	void *ctx;
};

/* Starts it. Descriptors 0 to 2 are /dev/null; all others but the given ones
 * are closed. It dies with its parent. The caller closes its own copies of fds.
 * ERR_LIMIT: too many descriptors; ERR_IO: no process to be had. A set-up that
 * fails ends the child with CHILD_REFUSED. */
MUST_CHECK enum err child_spawn(const struct child_spec *spec, pid_t *pid);

/* What a wait status says: "exit" or "signal" and its number. */
const char *child_end(int status, int *number);
#endif
