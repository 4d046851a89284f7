#include "lib/serve.h"

#include <limits.h>
#include <string.h>

#include "lib/json.h"
#include "lib/serve_conn.h"
#include "lib/sock.h"

enum {
	ALIGN = 16,
	BACK_OFF_MS = 100, /* after EMFILE and the like */
	RECHECK_MS = 100,  /* for a slot, while all are taken */
};

struct serve {
	struct serve_opts o;
	struct conn *conns;
	int next_id;
	int64_t accept_after_ms;
	bool draining;
};

static size_t aligned(size_t n)
{
	return (n + ALIGN - 1) / ALIGN * ALIGN;
}

static size_t slot_mem(const struct serve_opts *o)
{
	return aligned(sizeof(struct conn)) + conn_in_cap(o) + conn_out_cap(o);
}

size_t serve_mem(const struct serve_opts *o)
{
	return ALIGN + aligned(sizeof(struct serve)) +
	       o->max_conns * slot_mem(o);
}

enum err serve_init(struct serve **out, const struct serve_opts *o, void *mem,
		    size_t mem_len)
{
	uint8_t *p = (uint8_t *)aligned((uintptr_t)mem);
	struct serve *s = (struct serve *)(void *)p;

	if (o->max_conns == 0 || o->max_conns >= INT_MAX || o->handler == NULL)
		return ERR_VALUE;
	if (mem_len < serve_mem(o))
		return ERR_SPACE;
	memset(mem, 0, mem_len);
	p += aligned(sizeof *s);
	*s = (struct serve){ .o = *o, .conns = (struct conn *)(void *)p };
	p += o->max_conns * sizeof(struct conn);
	for (size_t i = 0; i < o->max_conns; i++) {
		struct conn *c = &s->conns[i];

		c->fd = -1;
		c->in = p;
		c->out = p + conn_in_cap(o);
		p += conn_in_cap(o) + conn_out_cap(o);
	}
	*out = s;
	return ERR_OK;
}

/* Of two connections that can go, the one that has to: 3 has said all, 2 is
 * idle, 1 is slow; 0 stays. */
static int expendable(const struct conn *c, int64_t now_ms)
{
	if (c->state == CONN_LINGER && c->shut)
		return 3;
	if (conn_idle(c))
		return 2;
	return c->state == CONN_READ && now_ms - c->since_ms >= SERVE_GRACE_MS;
}

/* A free slot, or the connection that makes room for a new one, or NULL. */
static struct conn *slot_for_new(struct serve *s, int64_t now_ms)
{
	struct conn *best = NULL;
	int best_rank = 0;

	for (size_t i = 0; i < s->o.max_conns; i++) {
		struct conn *c = &s->conns[i];
		int rank = expendable(c, now_ms);

		if (c->state == CONN_FREE)
			return c;
		if (rank > best_rank || (rank > 0 && rank == best_rank &&
					 c->since_ms < best->since_ms)) {
			best = c;
			best_rank = rank;
		}
	}
	return best;
}

static void lower(int64_t *deadline_ms, int64_t to)
{
	if (to < *deadline_ms)
		*deadline_ms = to;
}

/* Whether to listen now; if not, when to think again. */
static bool can_accept(struct serve *s, int64_t *deadline_ms)
{
	int64_t now = mono_ms();

	if (s->draining)
		return false;
	if (now < s->accept_after_ms) {
		lower(deadline_ms, s->accept_after_ms);
		return false;
	}
	if (slot_for_new(s, now) == NULL) {
		lower(deadline_ms, now + RECHECK_MS);
		return false;
	}
	return true;
}

size_t serve_poll(struct serve *s, struct pollfd *pfd, int64_t *deadline_ms)
{
	size_t n = 1;

	pfd[0] = (struct pollfd){ .fd = s->o.listener };
	if (can_accept(s, deadline_ms))
		pfd[0].events = POLLIN;
	else
		pfd[0].fd = -1;
	for (size_t i = 0; i < s->o.max_conns; i++) {
		struct conn *c = &s->conns[i];

		if (c->state == CONN_FREE)
			continue;
		lower(deadline_ms, c->runnable ? 0 : c->deadline_ms);
		c->pfd = n;
		pfd[n++] = (struct pollfd){ .fd = c->fd, .events = c->events };
	}
	return n;
}

static void accept_all(struct serve *s)
{
	enum err e = ERR_OK;

	while (e == ERR_OK) {
		struct conn *c = slot_for_new(s, mono_ms());
		int fd;

		if (c == NULL)
			return;
		e = sock_accept(s->o.listener, &fd);
		if (e == ERR_OK) {
			if (c->state != CONN_FREE)
				conn_drop(c, &s->o);
			conn_open(c, &s->o, fd, s->next_id);
			s->next_id = s->next_id < INT_MAX ? s->next_id + 1 : 0;
			conn_step(c, &s->o, s->draining);
		}
	}
	if (e != ERR_AGAIN)
		s->accept_after_ms = mono_ms() + BACK_OFF_MS;
}

/* What poll has said about c, if it was asked. */
static short events_of(const struct conn *c, const struct pollfd *pfd, size_t n)
{
	bool asked = c->pfd > 0 && c->pfd < n && pfd[c->pfd].fd == c->fd;

	return asked ? pfd[c->pfd].revents : 0;
}

void serve_run(struct serve *s, const struct pollfd *pfd, size_t n)
{
	for (size_t i = 0; i < s->o.max_conns; i++) {
		struct conn *c = &s->conns[i];
		short got;

		if (c->state == CONN_FREE)
			continue;
		got = events_of(c, pfd, n);
		if (c->state == CONN_WAIT && (got & (POLLHUP | POLLERR))) {
			conn_drop(c, &s->o);
			continue;
		}
		if (got != 0 || c->runnable)
			conn_step(c, &s->o, s->draining);
		if (c->state != CONN_FREE && mono_ms() >= c->deadline_ms)
			conn_expire(c, &s->o);
	}
	if (n > 0 && pfd[0].fd == s->o.listener && pfd[0].revents != 0)
		accept_all(s);
}

void serve_answer(struct serve *s, int conn, int status, struct slice body)
{
	for (size_t i = 0; i < s->o.max_conns; i++) {
		struct conn *c = &s->conns[i];

		if (c->state == CONN_WAIT && c->id == conn)
			conn_answer(c, &s->o, status, body);
	}
}

bool serve_drain(struct serve *s)
{
	bool closed = true;

	s->draining = true;
	for (size_t i = 0; i < s->o.max_conns; i++) {
		struct conn *c = &s->conns[i];

		if (conn_idle(c) ||
		    (c->state == CONN_READ && c->fresh && c->in_len == 0))
			conn_drop(c, &s->o);
		closed = closed && c->state == CONN_FREE;
	}
	return closed;
}

void serve_done(struct serve *s)
{
	size_t conns = s->o.max_conns * slot_mem(&s->o);

	for (size_t i = 0; i < s->o.max_conns; i++) {
		if (s->conns[i].state != CONN_FREE)
			conn_drop(&s->conns[i], &s->o);
	}
	wipe(s->conns, conns);
	wipe(s, sizeof *s);
}

void serve_error(struct serve_response *res, int status, const char *code,
		 const char *message, const char *request_id)
{
	struct jw j;

	res->status = status;
	res->content_type = "application/json";
	res->body = wr_over(res->body.buf, res->body.cap);
	jw_init(&j, &res->body);
	jw_open(&j, '{');
	jw_kstr(&j, "code", code);
	jw_kstr(&j, "message", message);
	jw_kstr(&j, "request_id", request_id != NULL ? request_id : "");
	jw_close(&j);
	if (jw_end(&j) != ERR_OK)
		wr_fail(&res->body, ERR_SPACE);
}
