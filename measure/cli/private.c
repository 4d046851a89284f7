/* private.c - reading keys, and what the process may leave behind then. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure/cli/cli.h"

/* Reads at most cap bytes of an open file; the number, or -1. */
static ssize_t read_some(int fd, uint8_t *out, size_t cap)
{
	size_t len = 0;

	while (len < cap) {
		ssize_t n = read(fd, out + len, cap - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

/* Whether nobody else can read it. The open file is asked, not the path. */
static int check_private(int fd, const char *path)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return cli_fail(CLI_UNAVAILABLE, "%s: not a plain file", path);
	if (st.st_uid != geteuid() || (st.st_mode & 077) != 0)
		return cli_fail(CLI_UNAVAILABLE,
				"%s: a secret must be yours alone: "
				"chmod 600",
				path);
	return CLI_DONE;
}

/* From now on a crash leaves no memory behind, where the key is; nor may
 * another process of this user look into it. */
static int leave_no_core(void)
{
	const struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) != 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return cli_fail(CLI_INTERNAL, "core dumps: %s",
				strerror(errno));
	return CLI_DONE;
}

int cli_read_private(const char *path, uint8_t *out, size_t cap, size_t *len)
{
	ssize_t n = -1;
	int fd, rc = leave_no_core();

	if (rc != CLI_DONE)
		return rc;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return cli_fail(CLI_UNAVAILABLE, "%s: %s", path,
				strerror(errno));
	rc = check_private(fd, path);
	if (rc == CLI_DONE) {
		n = read_some(fd, out, cap);
		if (n < 0)
			rc = cli_fail(CLI_UNAVAILABLE, "%s: cannot be read",
				      path);
	}
	close(fd);
	if (rc == CLI_DONE)
		*len = (size_t)n;
	return rc;
}
