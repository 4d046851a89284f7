/* logs.c - what an instance, its supervisor or QEMU has printed. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "host-launcher/cli/verbs.h"
#include "host-launcher/vm/instance.h"

enum {
	FOLLOW_MS = 200
};

static const struct {
	const char *name, *file;
} logs[] = {
	{ "console", QEMU_CONSOLE_LOG },
	{ "supervisor", INSTANCE_LOG },
	{ "qemu", INSTANCE_QEMU_LOG },
};

/* The guest writes its console: what a terminal would obey is not passed on,
 * and a serial line's carriage returns are left out. Returns the length left.
 */
static size_t make_plain(uint8_t *p, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		bool plain = (p[i] >= ' ' && p[i] <= '~') || p[i] == '\n' ||
			     p[i] == '\t';

		if (p[i] != '\r')
			p[kept++] = plain ? p[i] : '.';
	}
	return kept;
}

/* Copies what is there; false when that failed. */
static bool copy(int fd)
{
	uint8_t buf[4096];
	ssize_t n;

	while ((n = read(fd, buf, sizeof buf)) > 0) {
		size_t kept = make_plain(buf, (size_t)n);

		if (fwrite(buf, 1, kept, stdout) != kept)
			return false;
	}
	return n == 0 && fflush(stdout) == 0;
}

static enum exit_status show(const char *dir, int fd, bool follow)
{
	struct instance_status st;
	bool live = follow;

	for (;;) {
		if (!copy(fd))
			return STATUS_UNAVAILABLE;
		if (!live)
			return STATUS_DONE;
		/* One more round after the end: nothing is cut off. */
		live = instance_status_read(dir, &st) == ERR_OK &&
		       instance_is_live(st.state);
		(void)poll(NULL, 0, FOLLOW_MS);
	}
}

VERB(cmd_logs)
{
	const struct logs_opts *o = opts;
	const char *which = o->which != NULL ? o->which : "console";
	const char *file = NULL;
	char dir[PATH_CAP], path[PATH_CAP];
	enum exit_status status;
	int fd;

	(void)n;
	for (size_t i = 0; i < sizeof logs / sizeof logs[0]; i++)
		if (strcmp(which, logs[i].name) == 0)
			file = logs[i].file;
	if (file == NULL) {
		complain("--which %s: console, supervisor or qemu", which);
		return STATUS_USAGE;
	}
	status = find_instance(operands[0], dir);
	if (status != STATUS_DONE)
		return status;
	if (path_fmt(path, "%s/%s", dir, file) != ERR_OK)
		return STATUS_INTERNAL;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		complain("%s: %s", path, strerror(errno));
		return STATUS_UNAVAILABLE;
	}
	status = show(dir, fd, o->follow);
	(void)close(fd);
	return status;
}
