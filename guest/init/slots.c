#include "init/slots.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sys/broker.h"
#include "sys/child.h"

static int child(void *ctx)
{
	(void)ctx;
	return job_main(CHILD_FD);
}

enum err slots_spawn(struct slots *s, uint8_t slot, int *agent_end)
{
	struct child_spec spec = {
		.role = CHILD_JOB, .slot = slot, .nfds = 1, .entry = child
	};
	int pair[2];
	enum err e;

	if (s->pid[slot] != 0)
		return ERR_STATE;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return ERR_IO;
	spec.fds = &pair[1];
	e = child_spawn(&spec, &s->pid[slot]);
	close(pair[1]);
	if (e != ERR_OK) {
		close(pair[0]);
		return e;
	}
	*agent_end = pair[0];
	return ERR_OK;
}

enum err slots_kill(struct slots *s, uint8_t slot)
{
	if (s->pid[slot] == 0)
		return ERR_STATE;
	return kill(s->pid[slot], SIGKILL) == 0 ? ERR_OK : ERR_IO;
}

int slots_ended(struct slots *s, pid_t pid)
{
	for (int i = 0; i < LIMIT_JOBS; i++) {
		if (s->pid[i] != pid)
			continue;
		s->pid[i] = 0;
		return i;
	}
	return -1;
}
