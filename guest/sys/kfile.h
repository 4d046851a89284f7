/* kfile.h - small files of the kernel's file systems, and records in pipes,
 * whole and in one call. */
#ifndef GUEST_SYS_KFILE_H
#define GUEST_SYS_KFILE_H

#include "lib/bytes.h"

/* Reads all of a file. ERR_MISSING: there is none; ERR_LIMIT: more than cap
 * bytes; ERR_IO. */
MUST_CHECK enum err kfile_read(const char *path, void *buf, size_t cap,
			       size_t *n);

/* Reads a file that holds one line, without its newline, as a C string.
 * ERR_VALUE: a NUL or a second line; else as kfile_read. */
MUST_CHECK enum err kfile_line(const char *path, char *out, size_t cap);

/* Writes s to an existing file in exactly one write(2): what configfs and
 * sysfs attributes ask for. ERR_MISSING, ERR_IO (errno; EIO when short). */
MUST_CHECK enum err kfile_write(const char *path, struct slice s);

/* Makes the file anew with mode 0644 and that content: a reader sees the old
 * content or the new, never a part. path + ".new" is used on the way. */
MUST_CHECK enum err kfile_replace(const char *path, struct slice s);

/* All of buf to a blocking pipe, and all of a pipe up to its end or cap bytes.
 * ERR_IO; EAGAIN when it is non-blocking. */
MUST_CHECK enum err kfile_send(int fd, const void *buf, size_t len);
MUST_CHECK enum err kfile_drain(int fd, void *buf, size_t cap, size_t *n);
#endif
