/* self.h - this program again, in a process of its own. */
#ifndef HOST_PLANE_SELF_H
#define HOST_PLANE_SELF_H

#include <sys/types.h>

#include "lib/err.h"

enum {
	SELF_NULL = -1 /* for a file: /dev/null */
};

/* Starts /proc/self/exe: argv as execve has it, ending with NULL; in and out
 * are its standard input and output, or SELF_NULL. The server's signals are
 * blocked and its broken pipes ignored: not so in the child. What it complains
 * of goes into its output, as who succeeds complains of nothing, and not into
 * the server's log. ERR_IO. */
MUST_CHECK enum err self_spawn(const char *const *argv, int in, int out,
			       pid_t *pid);
#endif
