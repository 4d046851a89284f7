#include "host-launcher/lib/input.h"

#include <errno.h>
#include <string.h>

#include "host-launcher/lib/args.h"

/* Tells why a file could not be read. */
static enum exit_status unread(const char *path, size_t max, enum err e)
{
	if (e == ERR_OK)
		return STATUS_DONE;
	if (e == ERR_STATE) {
		complain("%s: others can read it: chmod 600", path);
		return exit_of_secret(e);
	}
	if (e == ERR_LIMIT) {
		complain("%s: larger than %zu bytes", path, max);
		return STATUS_MALFORMED;
	}
	if (e == ERR_MISSING)
		errno = ENOENT;
	complain("%s: %s", path,
		 e == ERR_IO || e == ERR_MISSING ? strerror(errno)
						 : err_text(e));
	return exit_of(e);
}

enum exit_status input_read(const char *path, size_t max, struct buf *out)
{
	return unread(path, max, file_read(path, max, out));
}

enum exit_status input_read_secret(const char *path, size_t max,
				   struct buf *out)
{
	return unread(path, max, file_read_secret(path, max, out));
}

enum exit_status input_bad(const char *path, const char *member, enum err e)
{
	complain("%s: %s%s%s", path, member, member[0] != '\0' ? ": " : "",
		 err_text(e));
	return e == ERR_SPACE || e == ERR_IO || e == ERR_REFUSED
		       ? exit_of(e)
		       : STATUS_MALFORMED;
}
