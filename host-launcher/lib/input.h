/* input.h - files that the user names: what is wrong with one is said here, in
 * the same words and with the same exit status by every program. */
#ifndef HOST_LIB_INPUT_H
#define HOST_LIB_INPUT_H

#include "host-launcher/lib/exit.h"
#include "host-launcher/lib/file.h"

/* Reads a whole file ("-" is standard input) of at most max bytes. What is
 * wrong is told: STATUS_UNAVAILABLE, or STATUS_MALFORMED for a larger file. */
enum exit_status input_read(const char *path, size_t max, struct buf *out);

/* The same for a file with a secret in it; STATUS_UNAVAILABLE, too, when it is
 * not this user's alone. */
enum exit_status input_read_secret(const char *path, size_t max,
				   struct buf *out);

/* The file was read and is no good: tells so, with the member at fault ("" for
 * none). STATUS_MALFORMED, unless e is a failure of this machine's; ERR_REFUSED
 * is a file that is right in form and not accepted. */
enum exit_status input_bad(const char *path, const char *member, enum err e);
#endif
