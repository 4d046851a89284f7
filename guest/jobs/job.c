#include "jobs/job.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "lib/rng.h"
#include "lib/sock.h"

enum {
	PARAMS_ARENA = 32 * 1024,
	START_WAIT_MS = 10 * 1000,
	SEND_WAIT_MS = 10 * 1000, /* the agent is a poll loop: this is long */
};

/* One job a process, so its memory is static; it holds the credentials. */
static struct job the_job;
static uint8_t params_mem[PARAMS_ARENA];

const struct job_type *job_type_find(const struct job_type *table,
				     struct slice name)
{
	for (; table->name != NULL; table++)
		if (slice_is(name, table->name))
			return table;
	return NULL;
}

static int64_t clock_now(void *ctx)
{
	struct timespec t;

	(void)ctx;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void job_fail(struct job *j, const char *text)
{
	size_t n = 0;

	if (j->error[0] != '\0')
		return;
	for (; text[n] != '\0' && n < LIMIT_JOB_ERROR; n++)
		j->error[n] = text[n];
	j->error[n] = '\0';
}

/* Sends a whole frame; the agent's end is read by a poll loop, so the wait is
 * short or the agent is gone. */
static enum err send_all(struct job *j, struct slice s)
{
	int64_t deadline = mono_ms() + SEND_WAIT_MS;

	if (j->agent < 0)
		return ERR_CLOSED;
	while (s.len > 0) {
		size_t n = 0;
		enum err e = sock_send(j->agent, s.ptr, s.len, &n);

		if (e == ERR_AGAIN)
			e = sock_wait(j->agent, POLLOUT, deadline);
		if (e != ERR_OK)
			return e;
		s.ptr += n;
		s.len -= n;
	}
	return ERR_OK;
}

static enum err send_frame(struct job *j, const struct wr *w)
{
	enum err e = wr_end(w);

	return e != ERR_OK ? e : send_all(j, wr_slice(w));
}

/* A snapshot that cannot be made now is left out: the agent goes on with the
 * one before. Only a broken connection ends the job. */
static enum err send_snapshot(struct job *j)
{
	struct wr w = wr_over(j->out, sizeof(j->out));
	struct job_snapshot s = { 0 };

	if (j->snapshot == NULL || j->snapshot(j->state, &s) != ERR_OK)
		return ERR_OK;
	job_write_snapshot(&w, &s);
	if (wr_end(&w) != ERR_OK)
		return ERR_OK;
	return send_all(j, wr_slice(&w));
}

static enum err on_frame(struct job *j, enum job_frame_type type,
			 struct slice body)
{
	if (body.len != 0)
		return ERR_VALUE;
	switch (type) {
	case JOB_STOP:
		j->stop = true;
		return ERR_OK;
	case JOB_REPORT:
		return send_snapshot(j);
	case JOB_START:
	case JOB_STATUS:
	case JOB_SNAPSHOT:
	case JOB_END:
		break;
	}
	return ERR_VALUE;
}

static void drop_input(struct job *j, size_t used)
{
	memmove(j->in, j->in + used, j->in_len - used);
	j->in_len -= used;
}

static enum err read_agent(struct job *j)
{
	size_t n = 0;
	enum err e = sock_recv(j->agent, j->in + j->in_len,
			       sizeof(j->in) - j->in_len, &n);

	if (e == ERR_OK)
		j->in_len += n;
	return e;
}

/* Acts on every whole frame that is there. */
static enum err act(struct job *j)
{
	for (;;) {
		struct slice buf = { j->in, j->in_len }, body;
		enum job_frame_type type;
		size_t used;
		enum err e = job_frame(buf, &type, &body, &used);

		if (e == ERR_AGAIN)
			return ERR_OK;
		if (e == ERR_OK)
			e = on_frame(j, type, body);
		if (e != ERR_OK)
			return e;
		drop_input(j, used);
	}
}

static enum err serve_agent(struct job *j)
{
	enum err e = read_agent(j);

	if (e == ERR_OK)
		e = act(j);
	return e == ERR_AGAIN ? ERR_OK : e;
}

static int poll_timeout(int64_t deadline_ms)
{
	int64_t left = deadline_ms - mono_ms();

	if (left < 0)
		return 0;
	return left > 60 * 1000 ? 60 * 1000 : (int)left;
}

enum err job_wait(struct job *j, int fd, short events, int64_t deadline_ms)
{
	bool stopped = j->stop;

	for (;;) {
		struct pollfd p[2] = { { .fd = j->agent, .events = POLLIN },
				       { .fd = fd, .events = events } };
		int n = poll(p, 2, poll_timeout(deadline_ms));
		enum err e = ERR_OK;

		if (n < 0 && errno != EINTR)
			return ERR_IO;
		if (n > 0 && p[0].revents != 0)
			e = serve_agent(j);
		if (e != ERR_OK) {
			/* said once: the job may still wait for its venue, to
			 * leave nothing open there */
			j->agent = -1;
			return e;
		}
		if (n > 0 && p[1].revents != 0)
			return ERR_OK;
		if (fd < 0 && j->stop && !stopped)
			return ERR_OK;
		if (mono_ms() >= deadline_ms)
			return ERR_TIMEOUT;
	}
}

enum err job_tick(struct job *j, const struct job_status *s)
{
	struct wr w = wr_over(j->out, sizeof(j->out));

	j->status = *s;
	job_write_status(&w, s);
	return send_frame(j, &w);
}

/* Blocks for the first frame, which must be START. */
static enum err read_start(struct job *j)
{
	int64_t deadline = mono_ms() + START_WAIT_MS;
	enum job_frame_type type;
	struct slice body;
	size_t used;
	enum err e;

	for (;;) {
		e = job_frame((struct slice){ j->in, j->in_len }, &type, &body,
			      &used);
		if (e != ERR_AGAIN)
			break;
		e = sock_wait(j->agent, POLLIN, deadline);
		if (e == ERR_OK)
			e = read_agent(j);
		if (e != ERR_OK && e != ERR_AGAIN)
			return e;
	}
	if (e == ERR_OK && type != JOB_START)
		e = ERR_STATE;
	if (e == ERR_OK)
		e = job_read_start(body, &j->start);
	if (e != ERR_OK)
		return e;
	drop_input(j, used);
	/* What has moved away may have left credentials behind it. */
	wipe(j->in + j->in_len, sizeof(j->in) - j->in_len);
	return act(j); /* a STOP may have come with it */
}

static enum err run(struct job *j, const struct job_type *types)
{
	struct arena a = arena_over(params_mem, sizeof(params_mem));
	const struct job_type *t;
	const char *key = "";
	enum err e;

	t = job_type_find(types, str_slice(j->start.job_type));
	if (t == NULL)
		return ERR_UNKNOWN;
	e = json_parse(&a, str_slice(j->start.parameters), &j->parameters);
	if (e == ERR_OK)
		e = t->check(j->parameters, &key);
	return e != ERR_OK ? e : t->run(j);
}

/* The last words: what was done, and how it ended. */
static enum err send_end(struct job *j, enum err result)
{
	struct wr w = wr_over(j->out, sizeof(j->out));
	struct job_end end = { .failed = result != ERR_OK };
	enum err e;

	if (end.failed)
		job_fail(j, err_text(result));
	if (end.failed)
		memcpy(end.error, j->error, sizeof(end.error));
	e = send_snapshot(j);
	job_write_end(&w, &end);
	return e != ERR_OK ? e : send_frame(j, &w);
}

int job_serve(int agent, const struct job_type *types)
{
	static struct rng rng;
	struct job *j = &the_job;
	enum err e;

	memset(j, 0, sizeof(*j));
	j->agent = agent;
	j->now_ms = clock_now;
	j->rng = rng_prng(&rng);
	e = rng_system(&rng);
	if (e == ERR_OK)
		e = read_start(j);
	if (e == ERR_OK)
		e = send_end(j, run(j, types));
	wipe(j, sizeof(*j));
	wipe(&rng, sizeof(rng));
	return e == ERR_OK ? 0 : 1;
}
