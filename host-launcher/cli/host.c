#include "host-launcher/cli/host.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	NOT_FOUND = 127,
	ARGS_MAX = 24
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

static enum err run_into(const char *const *argv, int in, int out, pid_t *pid)
{
	posix_spawn_file_actions_t fa;
	char *copy[ARGS_MAX + 1] = { 0 };
	int rc;

	for (size_t i = 0; i < ARGS_MAX && argv[i] != NULL; i++)
		copy[i] = (char *)(uintptr_t)argv[i]; /* posix_spawn's type */
	if (posix_spawn_file_actions_init(&fa) != 0)
		return ERR_IO;
	rc = posix_spawn_file_actions_adddup2(&fa, in, STDIN_FILENO);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(&fa, out, STDOUT_FILENO);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(&fa, out, STDERR_FILENO);
	if (rc == 0)
		rc = posix_spawnp(pid, argv[0], &fa, NULL, copy, environ);
	(void)posix_spawn_file_actions_destroy(&fa);
	if (rc == 0)
		return ERR_OK;
	return rc == ENOENT ? ERR_MISSING : ERR_IO;
}

static enum err reap(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return ERR_IO;
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_FOUND)
		return ERR_MISSING;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? ERR_OK
							     : ERR_REFUSED;
}

enum err host_output(const char *const *argv, const char *input, char *out,
		     size_t cap)
{
	size_t len = strlen(input);
	int in[2], from[2];
	pid_t pid = -1;
	enum err e;

	if (pipe2(in, O_CLOEXEC) != 0)
		return ERR_IO;
	if (pipe2(from, O_CLOEXEC) != 0) {
		(void)close(in[0]);
		(void)close(in[1]);
		return ERR_IO;
	}
	/* So little fits into the pipe before anybody reads. */
	e = write(in[1], input, len) == (ssize_t)len ? ERR_OK : ERR_IO;
	(void)close(in[1]);
	if (e == ERR_OK)
		e = run_into(argv, in[0], from[1], &pid);
	(void)close(in[0]);
	(void)close(from[1]);
	if (e == ERR_OK)
		read_pipe(from[0], out, cap);
	(void)close(from[0]);
	return e != ERR_OK ? e : reap(pid);
}

enum err host_qemu_version(const char *binary, struct qemu_version *out)
{
	const char *const argv[] = { binary, "--version", NULL };
	char text[256];
	enum err e = host_output(argv, "", text, sizeof text);

	return e != ERR_OK ? e : qemu_version_parse(str_slice(text), out);
}
