#include "host-launcher/plane/refresher.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "host-launcher/plane/self.h"

bool refresher_idle(const struct refresher *r, int64_t now_ms)
{
	unsigned n = r->fruitless < REFRESHER_REST_DOUBLINGS
			     ? r->fruitless
			     : REFRESHER_REST_DOUBLINGS;

	return r->pid == 0 &&
	       (r->ended_ms == 0 ||
		now_ms - r->ended_ms >= (int64_t)REFRESHER_REST_MS << n);
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
	/* its words are not the log's; what it did is in the store */
	e = self_spawn(argv, SELF_NULL, SELF_NULL, &r->pid);
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
