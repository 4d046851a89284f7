#include "host-launcher/plane/refresher.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

bool refresher_idle(const struct refresher *r, int64_t now_ms)
{
	unsigned n = r->fruitless < REFRESHER_REST_DOUBLINGS
			     ? r->fruitless
			     : REFRESHER_REST_DOUBLINGS;

	return r->pid == 0 &&
	       (r->ended_ms == 0 ||
		now_ms - r->ended_ms >= (int64_t)REFRESHER_REST_MS << n);
}

/* The server's signals are blocked and its broken pipes ignored: not so in the
 * child. Its words are not the log's; what it did is in the store. */
static enum err spawn(const char *const *argv, pid_t *pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, usual;
	int rc;

	sigemptyset(&none);
	sigemptyset(&usual);
	sigaddset(&usual, SIGPIPE);
	if (posix_spawn_file_actions_init(&files) != 0)
		return ERR_IO;
	if (posix_spawnattr_init(&attr) != 0) {
		posix_spawn_file_actions_destroy(&files);
		return ERR_IO;
	}
	rc = posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK |
						     POSIX_SPAWN_SETSIGDEF);
	if (rc == 0)
		rc = posix_spawnattr_setsigmask(&attr, &none);
	if (rc == 0)
		rc = posix_spawnattr_setsigdefault(&attr, &usual);
	for (int fd = 0; fd < 3 && rc == 0; fd++)
		rc = posix_spawn_file_actions_addopen(&files, fd, "/dev/null",
						      O_RDWR, 0);
	if (rc == 0)
		rc = posix_spawn(pid, "/proc/self/exe", &files, &attr,
				 (char *const *)(uintptr_t)argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return rc == 0 ? ERR_OK : ERR_IO;
}

enum err refresher_start(struct refresher *r, const struct plane_opts *o,
			 int64_t now_ms)
{
	const struct {
		const char *option, *value;
	} more[] = {
		{ "--pcs", o->service.pcs },
		{ "--pccs", o->service.pccs },
		{ "--root-crl", o->service.root_crl },
		{ "--pcs-ca", o->service.ca },
		{ "--pcs-key", o->service.key },
		{ "--insecure-sim-root", o->sim_root },
	};
	const char *argv[5 + 2 * sizeof more / sizeof more[0] + 1] = {
		"ee-cp", "collateral", "refresh", "--state", o->state
	};
	size_t n = 5;
	enum err e;

	for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) {
		if (more[i].value == NULL)
			continue;
		argv[n++] = more[i].option;
		argv[n++] = more[i].value;
	}
	e = spawn(argv, &r->pid);
	if (e != ERR_OK) {
		r->pid = 0;
		r->fruitless++;
	}
	r->started_ms = r->ended_ms = now_ms;
	return e;
}

bool refresher_ended(struct refresher *r, int64_t now_ms, int *status)
{
	int how = 0;
	pid_t got;

	if (r->pid == 0)
		return false;
	if (now_ms - r->started_ms > REFRESHER_MOST_MS)
		(void)kill(r->pid, SIGKILL);
	got = waitpid(r->pid, &how, WNOHANG);
	if (got == 0 || (got < 0 && errno == EINTR))
		return false;
	r->pid = 0;
	r->ended_ms = now_ms;
	*status = got < 0            ? STATUS_INTERNAL
		  : WIFEXITED(how)   ? WEXITSTATUS(how)
		  : WIFSIGNALED(how) ? 128 + WTERMSIG(how)
				     : STATUS_INTERNAL;
	return true;
}

void refresher_stop(struct refresher *r)
{
	if (r->pid == 0)
		return;
	(void)kill(r->pid, SIGKILL);
	while (waitpid(r->pid, NULL, 0) < 0 && errno == EINTR)
		;
	r->pid = 0;
}
