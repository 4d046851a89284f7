/* file.h - whole files in and out, for the host programs. Writes are atomic
 * (temporary file, fsync, rename): a reader sees the old file or the new one.
 */
#ifndef HOST_LIB_FILE_H
#define HOST_LIB_FILE_H

#include <sys/types.h>

#include "lib/bytes.h"

enum {
	PATH_CAP = 4096
};

/* An owned, malloc'd range of bytes. ptr[len] is always a NUL, so a text file
 * can be used as a string when it holds none. */
struct buf {
	uint8_t *ptr;
	size_t len;
};

struct slice buf_slice(const struct buf *b);
void buf_free(struct buf *b); /* wipes first; harmless on a zeroed one */

/* Reads a whole regular file, or standard input for "-". ERR_MISSING: no such
 * file; ERR_LIMIT: more than max bytes; ERR_IO: errno holds the reason. */
MUST_CHECK enum err file_read(const char *path, size_t max, struct buf *out);

/* The same for a file with a secret in it. ERR_STATE: it belongs to somebody
 * else, or somebody else may read or write it. */
MUST_CHECK enum err file_read_secret(const char *path, size_t max,
				     struct buf *out);

/* Maps a whole regular file for reading: for disk images, whose holes then cost
 * nothing. *out is empty for an empty file. The same errors. */
MUST_CHECK enum err file_map(const char *path, struct slice *out);
void file_unmap(struct slice map); /* harmless on an empty one */

/* Replaces `path` with `content`; the file has exactly `mode`. ERR_IO;
 * ERR_LIMIT: the name is too long. */
MUST_CHECK enum err file_write(const char *path, mode_t mode,
			       struct slice content);

/* mkdir -p: missing folders are made with `mode`. One that is there is left as
 * it is. ERR_IO; ERR_LIMIT. */
MUST_CHECK enum err dir_make(const char *path, mode_t mode);

/* A path (or any other text) into out. ERR_LIMIT when it does not fit. */
MUST_CHECK enum err path_fmt(char out[static PATH_CAP], const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The folder where this user's state lives: $XDG_STATE_HOME/ee-launcher, else
 * $HOME/.local/state/ee-launcher. Not made. ERR_MISSING: neither is set;
 * ERR_VALUE: XDG_STATE_HOME is relative, which its specification forbids. */
MUST_CHECK enum err state_root(char out[static PATH_CAP]);
#endif
