#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "agent/loop.h"
#include "lib/sock.h"

enum {
	BROKER_WAIT_MS = 60 * 1000
};

/* ---- to init */

/* Init reads its end in a poll loop; a pair that stays full is a broken one. */
static void send_broker(struct loop *l, struct broker_msg *m)
{
	int64_t deadline = mono_ms() + BROKER_WAIT_MS;
	enum err e;

	do {
		e = broker_send(l->broker, m, -1);
		if (e != ERR_AGAIN)
			break;
		e = sock_wait(l->broker, POLLOUT, deadline);
	} while (e == ERR_OK);
	if (e != ERR_OK)
		l->broken = true;
}

static struct broker_msg *new_msg(struct loop *l, enum broker_op op)
{
	memset(&l->msg, 0, offsetof(struct broker_msg, quote));
	l->msg.op = (uint8_t)op;
	l->msg.id = ++l->broker_id;
	return &l->msg;
}

static int32_t console_number(int64_t n)
{
	if (n < 0)
		return -1;
	return n > INT32_MAX ? INT32_MAX : (int32_t)n;
}

void link_log(void *ctx, enum console_line line, const char *name,
	      int64_t number)
{
	struct loop *l = ctx;
	struct broker_msg m = { .op = BROKER_LOG, .slot = (uint8_t)line };

	m.id = ++l->broker_id;
	m.status = console_number(number);
	if (name != NULL &&
	    slice_cstr(str_slice(name), m.text, sizeof(m.text)) != ERR_OK)
		m.text[0] = '\0';
	send_broker(l, &m);
}

void link_clock(struct loop *l, int64_t unix_ms)
{
	struct broker_msg *m = new_msg(l, BROKER_CLOCK);

	m->unix_ms = unix_ms;
	send_broker(l, m);
}

void link_quotes(struct loop *l)
{
	const struct quote_request *q = quotes_next(&l->agent.quotes);
	struct broker_msg *m;

	if (q == NULL)
		return;
	m = new_msg(l, BROKER_QUOTE);
	m->id = l->agent.quotes.id;
	reportdata(&q->binding, m->reportdata);
	send_broker(l, m);
}

/* ---- the jobs' operations */

static enum err op_spawn(void *ctx, int slot)
{
	struct loop *l = ctx;
	struct broker_msg *m = new_msg(l, BROKER_SPAWN);

	m->slot = (uint8_t)slot;
	send_broker(l, m);
	return l->broken ? ERR_IO : ERR_OK;
}

static void op_kill(void *ctx, int slot)
{
	struct loop *l = ctx;
	struct broker_msg *m = new_msg(l, BROKER_KILL);

	m->slot = (uint8_t)slot;
	send_broker(l, m);
}

/* A frame goes out whole or the job is not reading: its buffer holds more
 * frames than the agent ever has outstanding. */
static enum err op_send(void *ctx, int slot, struct slice frame)
{
	struct loop *l = ctx;
	size_t n = 0;
	enum err e;

	if (l->job_fd[slot] < 0)
		return ERR_CLOSED;
	e = sock_send(l->job_fd[slot], frame.ptr, frame.len, &n);
	if (e == ERR_OK && n != frame.len)
		e = ERR_AGAIN;
	return e;
}

static enum err op_sign(void *ctx, const struct job_record *r, struct wr *out)
{
	struct loop *l = ctx;
	enum err e = agent_sign(&l->agent, r, out);

	if (e == ERR_OK)
		link_log(l, CONSOLE_REPORT, r->job_id,
			 (int64_t)l->agent.reports.sequence);
	return e;
}

static void answer_error(struct loop *l, int conn, int status, const char *code,
			 const char *message)
{
	struct wr w = wr_over(l->body, sizeof(l->body));

	api_error_body(&l->agent, code, message, &w);
	serve_answer(l->serve, conn, status, wr_slice(&w));
}

static void op_answer(void *ctx, int conn, int status, struct slice report)
{
	struct loop *l = ctx;

	if (status == 200)
		serve_answer(l->serve, conn, 200, report);
	else
		answer_error(l, conn, status, "internal",
			     "the report could not be signed");
}

const struct jobs_ops link_jobs_ops = {
	.spawn = op_spawn,
	.kill = op_kill,
	.send = op_send,
	.sign = op_sign,
	.answer = op_answer,
	.log = link_log,
};

/* ---- from init */

static void attested(struct loop *l, enum err e, const struct quote_request *q,
		     struct slice quote)
{
	struct wr w = wr_over(l->body, sizeof(l->body));

	if (e == ERR_OK)
		e = api_attest_body(&l->agent, &q->binding, quote, &w);
	if (e == ERR_OK)
		serve_answer(l->serve, q->conn, 200, wr_slice(&w));
	else
		answer_error(l, q->conn, 503, "quote_unavailable",
			     "no quote could be had");
}

static void on_quote(struct loop *l, enum err e, const struct broker_msg *m)
{
	struct slice quote = { m->quote, m->quote_len };
	struct quote_request q;

	if (quotes_done(&l->agent.quotes, m->id, &q) != ERR_OK)
		return;
	if (e == ERR_OK && quote.len == 0)
		e = ERR_MISSING;
	if (q.conn == QUOTES_REGISTRATION)
		plane_quoted(l, e, &q.binding, quote);
	else
		attested(l, e, &q, quote);
}

/* The agent's end must not block, whatever the job does with its own. */
static enum err take_fd(struct loop *l, int slot, int fd)
{
	if (fd < 0)
		return ERR_MISSING;
	if (l->job_fd[slot] >= 0 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
		close(fd);
		return ERR_STATE;
	}
	l->job_fd[slot] = fd;
	return ERR_OK;
}

static void close_job(struct loop *l, int slot)
{
	if (l->job_fd[slot] >= 0)
		close(l->job_fd[slot]);
	l->job_fd[slot] = -1;
}

void link_job(struct loop *l, int slot)
{
	struct job_slot *s = &l->agent.jobs.slots[slot];
	size_t n = 0;
	enum err e = sock_recv(l->job_fd[slot], s->in + s->in_len,
			       sizeof(s->in) - s->in_len, &n);

	if (e == ERR_OK)
		jobs_input(&l->agent.jobs, l->agent.now, slot, n);
	if (e == ERR_OK || e == ERR_AGAIN)
		return;
	close_job(l, slot);
	jobs_closed(&l->agent.jobs, l->agent.now, slot);
}

/* What a dead job has written before is still heard. */
static void on_exited(struct loop *l, int slot, int wait_status)
{
	enum {
		DRAINS = 64
	};

	for (int i = 0; i < DRAINS && l->job_fd[slot] >= 0; i++)
		link_job(l, slot);
	close_job(l, slot);
	jobs_exited(&l->agent.jobs, l->agent.now, slot, wait_status);
}

static void on_message(struct loop *l, const struct broker_msg *m, int fd)
{
	struct agent *a = &l->agent;
	enum err e = (enum err)m->err;

	if (m->slot >= LIMIT_JOBS || (fd >= 0 && m->op != BROKER_SPAWN)) {
		if (fd >= 0)
			close(fd);
		l->broken = true;
		return;
	}
	switch ((enum broker_op)m->op) {
	case BROKER_QUOTE:
		on_quote(l, e, m);
		return;
	case BROKER_SPAWN:
		if (e == ERR_OK)
			e = take_fd(l, m->slot, fd);
		jobs_spawned(&a->jobs, a->now, m->slot, e);
		return;
	case BROKER_CLOCK:
		a->now = moment_now(l->epoch_s);
		reg_clock_set(&a->reg, a->now.mono_ms, agent_random(a), e);
		return;
	case BROKER_EXITED:
		on_exited(l, m->slot, m->status);
		return;
	case BROKER_KILL:
		return; /* BROKER_EXITED follows */
	case BROKER_LOG:
		break;
	}
	l->broken = true;
}

void link_broker(struct loop *l)
{
	static struct broker_msg m; /* handlers send, and that uses l->msg */
	int fd = -1;
	enum err e = broker_recv(l->broker, &m, &fd);

	if (e == ERR_OK)
		on_message(l, &m, fd);
	else if (e != ERR_AGAIN)
		l->broken = true;
}
