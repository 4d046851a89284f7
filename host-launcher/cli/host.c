#include "host-launcher/cli/host.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	NOT_FOUND = 127
};

extern char **environ;

/* Reads to the end of the pipe; what does not fit is dropped. */
static void read_pipe(int fd, char *out, size_t cap)
{
	char rest[512];
	size_t len = 0;
	ssize_t n;

	do {
		bool room = len + 1 < cap;

		n = room ? read(fd, out + len, cap - 1 - len)
			 : read(fd, rest, sizeof rest);
		if (n > 0 && room)
			len += (size_t)n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	out[len] = '\0';
}

static enum err run_into(const char *const *argv, int fd, pid_t *pid)
{
	posix_spawn_file_actions_t fa;
	char *copy[16] = { 0 };
	int rc;

	for (size_t i = 0; i < 15 && argv[i] != NULL; i++)
		copy[i] = (char *)(uintptr_t)argv[i]; /* posix_spawn's type */
	if (posix_spawn_file_actions_init(&fa) != 0)
		return ERR_IO;
	rc = posix_spawn_file_actions_adddup2(&fa, fd, STDOUT_FILENO);
	if (rc == 0)
		rc = posix_spawn_file_actions_addopen(&fa, STDERR_FILENO,
						      "/dev/null", 1, 0);
	if (rc == 0)
		rc = posix_spawnp(pid, argv[0], &fa, NULL, copy, environ);
	(void)posix_spawn_file_actions_destroy(&fa);
	if (rc == 0)
		return ERR_OK;
	return rc == ENOENT ? ERR_MISSING : ERR_IO;
}

enum err host_output(const char *const *argv, char *out, size_t cap)
{
	int fds[2], status = 0;
	pid_t pid = -1;
	enum err e;

	if (pipe2(fds, O_CLOEXEC) != 0)
		return ERR_IO;
	e = run_into(argv, fds[1], &pid);
	(void)close(fds[1]);
	if (e == ERR_OK)
		read_pipe(fds[0], out, cap);
	(void)close(fds[0]);
	while (e == ERR_OK && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			e = ERR_IO;
	if (e != ERR_OK)
		return e;
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_FOUND)
		return ERR_MISSING;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? ERR_OK
							     : ERR_REFUSED;
}

enum err host_qemu_version(const char *binary, struct qemu_version *out)
{
	const char *const argv[] = { binary, "--version", NULL };
	char text[256];
	enum err e = host_output(argv, text, sizeof text);

	return e != ERR_OK ? e : qemu_version_parse(str_slice(text), out);
}
