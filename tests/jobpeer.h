/* jobpeer.h - the agent's side of a job's process (jobs/wire.h), for tests: a
 * real job in a process of its own, told what to do and listened to. */
#ifndef TESTS_JOBPEER_H
#define TESTS_JOBPEER_H

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "jobs/job.h"
#include "lib/sock.h"

struct jobpeer {
	pid_t pid;
	int fd;
	uint8_t in[LIMIT_JOB_FRAME];
	size_t len;
	unsigned nstatus, nsnapshots;
	struct job_status status;
	struct job_snapshot snapshot; /* metrics: the text below */
	char metrics[LIMIT_JOB_METRICS + 1];
	bool ended, broken; /* END came; the stream made no sense or closed */
	struct job_end end;
};

/* A job that has just ended reads no more; what it said last is still there to
 * be read, so only another failure breaks the conversation. */
static void jobpeer_write(struct jobpeer *p, const struct wr *w)
{
	if (wr_end(w) != ERR_OK ||
	    (send(p->fd, w->buf, w->len, MSG_NOSIGNAL) != (ssize_t)w->len &&
	     errno != EPIPE))
		p->broken = true;
}

static void jobpeer_send(struct jobpeer *p, enum job_frame_type t)
{
	uint8_t buf[16];
	struct wr w = wr_over(buf, sizeof buf);

	job_write_plain(&w, t);
	jobpeer_write(p, &w);
}

static void jobpeer_start(struct jobpeer *p, const struct job_start *s)
{
	static uint8_t buf[LIMIT_JOB_FRAME];
	struct wr w = wr_over(buf, sizeof buf);
	int pair[2];

	memset(p, 0, sizeof *p);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		exit(99);
	p->pid = fork();
	if (p->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(pair[0]);
		_exit(job_serve(pair[1], job_types));
	}
	close(pair[1]);
	p->fd = pair[0];
	job_write_start(&w, s);
	jobpeer_write(p, &w);
}

static enum err jobpeer_frame(struct jobpeer *p, enum job_frame_type type,
			      struct slice body)
{
	enum err e = ERR_VALUE;

	if (type == JOB_STATUS) {
		e = job_read_status(body, &p->status);
		p->nstatus++;
	} else if (type == JOB_SNAPSHOT) {
		e = job_read_snapshot(body, &p->snapshot);
		if (e == ERR_OK)
			e = slice_cstr(p->snapshot.metrics, p->metrics,
				       sizeof p->metrics);
		p->nsnapshots++;
	} else if (type == JOB_END) {
		e = job_read_end(body, &p->end);
		p->ended = true;
	}
	return e;
}

static void jobpeer_read(struct jobpeer *p)
{
	ssize_t n = recv(p->fd, p->in + p->len, sizeof p->in - p->len, 0);

	if (n <= 0) {
		p->broken = true;
		return;
	}
	p->len += (size_t)n;
	while (!p->broken) {
		struct slice body;
		enum job_frame_type type;
		size_t used;
		enum err e = job_frame((struct slice){ p->in, p->len }, &type,
				       &body, &used);

		if (e == ERR_AGAIN)
			return;
		if (e == ERR_OK)
			e = jobpeer_frame(p, type, body);
		if (e != ERR_OK) {
			p->broken = true;
			return;
		}
		memmove(p->in, p->in + used, p->len - used);
		p->len -= used;
	}
}

/* Listens until `done` says so, or the time is up (false), or the job ended. */
static bool jobpeer_until(struct jobpeer *p,
			  bool (*done)(const struct jobpeer *p),
			  int64_t timeout_ms)
{
	int64_t deadline = mono_ms() + timeout_ms;

	while (!p->broken && !p->ended && !(done != NULL && done(p))) {
		struct pollfd f = { .fd = p->fd, .events = POLLIN };
		int64_t left = deadline - mono_ms();

		if (left <= 0)
			return false;
		if (poll(&f, 1, (int)left) > 0)
			jobpeer_read(p);
	}
	return !p->broken && (done == NULL ? p->ended : done(p));
}

/* Waits for the process' end: its exit status, -1 when it was killed. */
static int jobpeer_reap(struct jobpeer *p)
{
	int status = 0;

	close(p->fd);
	p->fd = -1;
	waitpid(p->pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
#endif
