#include "host-launcher/plane/self.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <unistd.h>

static int add_files(posix_spawn_file_actions_t *files, int in, int out)
{
	const int from[3] = { in, out, out };
	int rc = 0;

	for (int fd = 0; fd < 3 && rc == 0; fd++)
		rc = from[fd] != SELF_NULL
			     ? posix_spawn_file_actions_adddup2(files, from[fd],
								fd)
			     : posix_spawn_file_actions_addopen(
				       files, fd, "/dev/null", O_RDWR, 0);
	return rc;
}

static int add_signals(posix_spawnattr_t *attr)
{
	sigset_t none, usual;
	int rc = posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGMASK |
							POSIX_SPAWN_SETSIGDEF);

	sigemptyset(&none);
	sigemptyset(&usual);
	sigaddset(&usual, SIGPIPE);
	if (rc == 0)
		rc = posix_spawnattr_setsigmask(attr, &none);
	if (rc == 0)
		rc = posix_spawnattr_setsigdefault(attr, &usual);
	return rc;
}

enum err self_spawn(const char *const *argv, int in, int out, pid_t *pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int rc;

	if (posix_spawn_file_actions_init(&files) != 0)
		return ERR_IO;
	if (posix_spawnattr_init(&attr) != 0) {
		posix_spawn_file_actions_destroy(&files);
		return ERR_IO;
	}
	rc = add_signals(&attr);
	if (rc == 0)
		rc = add_files(&files, in, out);
	if (rc == 0)
		rc = posix_spawn(pid, "/proc/self/exe", &files, &attr,
				 (char *const *)(uintptr_t)argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return rc == 0 ? ERR_OK : ERR_IO;
}
