/* spawn.h - processes and local sockets of the supervisor. */
#ifndef HOST_VM_SPAWN_H
#define HOST_VM_SPAWN_H

#include <sys/types.h>

#include "lib/bytes.h"

/* Starts a program (looked for in PATH) that dies with its parent and cannot
 * gain privileges. Its output is appended to the file `log`, its input is
 * empty, its signal mask too. ERR_IO; when the program cannot be executed it
 * exits with 127. */
MUST_CHECK enum err spawn_child(char *const *argv, const char *log, pid_t *out);

/* A listening Unix socket at `path` (relative: 107 bytes at most), for this
 * user only, replacing one that is left over. And a connection to one;
 * ERR_AGAIN when nobody listens there yet. Both non-blocking and close-on-exec.
 */
MUST_CHECK enum err unix_listen(const char *path, int *fd);
MUST_CHECK enum err unix_connect(const char *path, int *fd);

/* A TCP port of 127.0.0.1 that is free right now. */
MUST_CHECK enum err free_port(uint16_t *out);

/* Appends s to out in single quotes, as POSIX shells and GLib read it. */
void wr_shell_word(struct wr *w, const char *s);
#endif
