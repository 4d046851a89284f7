#include "host-launcher/plane/errand.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host-launcher/plane/self.h"

enum {
	REAP_MS = 10 /* between its last word and its end */
};

/* A pipe that holds all of the input and ends after it. */
static enum err fill_pipe(struct slice input, int *out)
{
	ssize_t n = 0;
	int p[2];

	if (pipe2(p, O_CLOEXEC | O_NONBLOCK) != 0)
		return ERR_IO;
	if (input.len > 0)
		n = write(p[1], input.ptr, input.len);
	close(p[1]);
	/* whoever reads it waits for nothing, but need not know that */
	if (n != (ssize_t)input.len || fcntl(p[0], F_SETFL, 0) != 0) {
		close(p[0]);
		return ERR_IO;
	}
	*out = p[0];
	return ERR_OK;
}

enum err errand_start(struct errand *e, const char *const *argv,
		      struct slice input, uint8_t *buf, size_t cap,
		      int64_t deadline_ms)
{
	enum err err = ERR_OK;
	int in, p[2];

	if (e->on)
		return ERR_STATE;
	if (input.len > ERRAND_MAX_INPUT)
		return ERR_LIMIT;
	if (fill_pipe(input, &in) != ERR_OK)
		return ERR_IO;
	if (pipe2(p, O_CLOEXEC) != 0) {
		close(in);
		return ERR_IO;
	}
	*e = (struct errand){
		.out = p[0], .buf = buf, .cap = cap, .deadline_ms = deadline_ms
	};
	if (fcntl(e->out, F_SETFL, O_NONBLOCK) != 0)
		err = ERR_IO;
	if (err == ERR_OK)
		err = self_spawn(argv, in, p[1], &e->pid);
	close(in);
	close(p[1]);
	if (err != ERR_OK) {
		close(e->out);
		return err;
	}
	e->on = true;
	return ERR_OK;
}

size_t errand_poll(const struct errand *e, struct pollfd *pfd, int64_t now_ms,
		   int64_t *deadline_ms)
{
	int64_t at_ms = e->eof ? now_ms + REAP_MS : e->deadline_ms;

	if (!e->on)
		return 0;
	if (at_ms < *deadline_ms)
		*deadline_ms = at_ms;
	if (e->eof)
		return 0;
	*pfd = (struct pollfd){ .fd = e->out, .events = POLLIN };
	return 1;
}

static void read_some(struct errand *e)
{
	while (!e->eof) {
		uint8_t spare;
		bool full = e->len == e->cap;
		ssize_t n = read(e->out, full ? &spare : e->buf + e->len,
				 full ? 1 : e->cap - e->len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n > 0 && !full) {
			e->len += (size_t)n;
			continue;
		}
		e->overflow = n > 0;
		e->eof = true;
	}
}

static pid_t reap(const struct errand *e, int flags, int *how)
{
	pid_t got;

	do
		got = waitpid(e->pid, how, flags);
	while (got < 0 && errno == EINTR);
	return got;
}

bool errand_step(struct errand *e, int64_t now_ms, int *status)
{
	pid_t got;
	int how = 0;

	if (!e->on)
		return false;
	read_some(e);
	*status = -1;
	if (e->overflow || now_ms >= e->deadline_ms) {
		errand_stop(e);
		return true;
	}
	if (!e->eof)
		return false;
	got = reap(e, WNOHANG, &how);
	if (got == 0)
		return false;
	if (got > 0 && WIFEXITED(how))
		*status = WEXITSTATUS(how);
	close(e->out);
	e->on = false;
	return true;
}

struct slice errand_output(const struct errand *e)
{
	return (struct slice){ e->buf, e->len };
}

void errand_stop(struct errand *e)
{
	int how;

	if (!e->on)
		return;
	(void)kill(e->pid, SIGKILL);
	(void)reap(e, 0, &how);
	close(e->out);
	e->on = false;
}
