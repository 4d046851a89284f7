#include "lib/serve_conn.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/rng.h"
#include "lib/sock.h"
#include "lib/text.h"

enum {
	STEPS = 16
}; /* reads or writes of one conn_step */

/* Answers to what never reaches the handler. */
static const struct {
	enum err e;
	int status;
	const char *code, *message;
} refusals[] = {
	{ ERR_LIMIT, 413, "too_large", "request body too large" },
	{ ERR_SPACE, 431, "headers_too_large", "request head too large" },
	{ ERR_UNSUPP, 501, "not_implemented",
	  "HTTP/1.1 GET, POST, PUT, DELETE with Content-Length only" },
	{ ERR_TIMEOUT, 408, "request_timeout", "request took too long" },
	{ ERR_AGAIN, 504, "timeout", "no answer in time" },
	{ ERR_VALUE, 400, "bad_request", "malformed HTTP request" },
};

size_t conn_in_cap(const struct serve_opts *o)
{
	return LIMIT_HTTP_HEAD_BYTES + o->max_request_body;
}

size_t conn_out_cap(const struct serve_opts *o)
{
	return SERVE_HEAD_ROOM + o->max_response_body;
}

bool conn_idle(const struct conn *c)
{
	return c->state == CONN_READ && !c->fresh && c->in_len == 0 &&
	       (c->events & POLLOUT) == 0; /* the last answer is out */
}

void conn_open(struct conn *c, const struct serve_opts *o, int fd, int id)
{
	c->state = CONN_READ;
	c->fd = fd;
	c->id = id;
	c->events = POLLIN;
	c->runnable = true;
	c->fresh = true;
	c->keep_alive = c->shut = false;
	c->since_ms = mono_ms();
	c->deadline_ms = c->since_ms + o->request_timeout_ms;
	c->in_len = c->need = c->out_at = c->out_end = 0;
	if (!o->plain)
		tls_server_init(&c->tls, &o->tls);
}

void conn_drop(struct conn *c, const struct serve_opts *o)
{
	close(c->fd);
	c->fd = -1;
	c->state = CONN_FREE;
	c->runnable = false;
	wipe(c->in, conn_in_cap(o));
	wipe(c->out, conn_out_cap(o));
	if (!o->plain)
		tls_done(&c->tls);
}

static struct serve_response fresh_response(struct conn *c,
					    const struct serve_opts *o)
{
	return (struct serve_response){
		.status = 200,
		.content_type = "application/json",
		.body = wr_over(c->out + SERVE_HEAD_ROOM, o->max_response_body),
	};
}

/* The error of a request that no handler answered. It has a name all the same,
 * for people to tell each other of. */
static void own_error(struct serve_response *res, const struct serve_opts *o,
		      int status, const char *code, const char *message)
{
	uint8_t raw[8];
	char id[2 * sizeof raw + 1] = "";

	if (o->tls.rng != NULL) {
		rng_bytes(o->tls.rng, raw, sizeof raw);
		hex_encode((struct slice){ raw, sizeof raw }, id);
	}
	serve_error(res, status, code, message, id);
}

/* Puts the head right before the body, which is in its place already. False
 * when one of the two did not fit. */
static bool frame(struct conn *c, const struct serve_response *res)
{
	struct wr head = wr_over(c->out, SERVE_HEAD_ROOM);

	http_write_response_head(&head, res->status, res->content_type,
				 res->extra != NULL ? res->extra : "",
				 c->keep_alive, res->body.len);
	if (wr_end(&head) != ERR_OK || wr_end(&res->body) != ERR_OK)
		return false;
	c->out_at = SERVE_HEAD_ROOM - head.len;
	c->out_end = SERVE_HEAD_ROOM + res->body.len;
	memmove(c->out + c->out_at, c->out, head.len);
	return true;
}

static void respond(struct conn *c, const struct serve_opts *o,
		    const struct serve_response *res)
{
	if (!frame(c, res)) {
		struct serve_response bad = fresh_response(c, o);

		own_error(&bad, o, 500, "internal", "response too large");
		/* An empty body where even that is too long. */
		if (!frame(c, &bad)) {
			bad = fresh_response(c, o);
			bad.status = 500;
			(void)frame(c, &bad);
		}
	}
	c->state = CONN_WRITE;
	c->runnable = true;
	c->deadline_ms = mono_ms() + o->request_timeout_ms;
}

/* After a refusal the stream cannot be trusted to be in step: closed. */
static void refuse(struct conn *c, const struct serve_opts *o, enum err why)
{
	struct serve_response res = fresh_response(c, o);
	size_t i = 0, last = sizeof refusals / sizeof refusals[0] - 1;

	while (i < last && refusals[i].e != why)
		i++;
	own_error(&res, o, refusals[i].status, refusals[i].code,
		  refusals[i].message);
	c->keep_alive = false;
	respond(c, o, &res);
}

void conn_answer(struct conn *c, const struct serve_opts *o, int status,
		 struct slice body)
{
	struct serve_response res = fresh_response(c, o);

	res.status = status;
	wr_bytes(&res.body, body);
	respond(c, o, &res);
}

/* Nothing more to say. */
static void finish(struct conn *c, const struct serve_opts *o)
{
	c->state = CONN_LINGER;
	c->runnable = true;
	c->deadline_ms = mono_ms() + SERVE_LINGER_MS;
	if (!o->plain)
		tls_close(&c->tls);
}

void conn_expire(struct conn *c, const struct serve_opts *o)
{
	if (c->state == CONN_READ && c->in_len > 0)
		refuse(c, o, ERR_TIMEOUT);
	else if (c->state == CONN_WAIT)
		refuse(c, o, ERR_AGAIN);
	else if (conn_idle(c))
		finish(c, o);
	else
		conn_drop(c, o);
}

/* Forgets the request that was answered; what came after it stays. */
static void remove_request(struct conn *c, size_t n)
{
	memmove(c->in, c->in + n, c->in_len - n);
	wipe(c->in + c->in_len - n, n);
	c->in_len -= n;
	c->need = 0;
}

static void dispatch(struct conn *c, const struct serve_opts *o, bool closing,
		     const struct http_msg *req)
{
	struct serve_response res = fresh_response(c, o);

	c->keep_alive = req->keep_alive && !closing;
	o->handler(o->ctx, c->id, req, &res);
	/* Before the answer: the request's bytes are not needed for it. */
	remove_request(c, req->consumed);
	if (res.defer) {
		uint32_t ms = o->answer_timeout_ms;

		c->state = CONN_WAIT;
		c->events = 0;
		c->deadline_ms =
			mono_ms() + (ms > 0 ? ms : o->request_timeout_ms);
		return;
	}
	respond(c, o, &res);
}

/* Handles a whole request when there is one. */
static void try_request(struct conn *c, const struct serve_opts *o,
			bool closing)
{
	struct http_msg req;
	enum err e;

	if (c->in_len == 0 || c->in_len < c->need)
		return;
	e = http_request_parse(c->in, c->in_len, o->max_request_body, &req);
	if (e == ERR_OK)
		dispatch(c, o, closing, &req);
	else if (e == ERR_AGAIN)
		c->need = req.consumed;
	else
		refuse(c, o, e);
}

static void note_bytes(struct conn *c, const struct serve_opts *o, size_t n)
{
	if (c->in_len == 0 && !c->fresh) {
		c->since_ms = mono_ms();
		c->deadline_ms = c->since_ms + o->request_timeout_ms;
	}
	c->in_len += n;
}

/* The next three return ERR_OK when they have moved something, ERR_AGAIN when
 * the socket must be waited for, else the connection is lost. */
static enum err step_read(struct conn *c, const struct serve_opts *o,
			  bool closing)
{
	size_t room = conn_in_cap(o) - c->in_len, n = 0;
	enum err e;

	c->events = POLLIN;
	e = o->plain ? ERR_OK : tls_pump(&c->tls, c->fd, &c->events);
	if (e == ERR_OK)
		e = o->plain ? sock_recv(c->fd, c->in + c->in_len, room, &n)
			     : tls_read(&c->tls, c->in + c->in_len, room, &n);
	if (e != ERR_OK)
		return e;
	note_bytes(c, o, n);
	try_request(c, o, closing);
	return ERR_OK;
}

/* The answer is out: wait for the next request, which may be here, or end. */
static void written(struct conn *c, const struct serve_opts *o, bool closing)
{
	wipe(c->out, c->out_end);
	c->out_at = c->out_end = 0;
	if (!c->keep_alive) {
		finish(c, o);
		return;
	}
	c->state = CONN_READ;
	c->fresh = false;
	c->since_ms = mono_ms();
	c->deadline_ms = c->since_ms + (c->in_len > 0 ? o->request_timeout_ms
						      : o->idle_timeout_ms);
	try_request(c, o, closing);
}

static enum err step_write(struct conn *c, const struct serve_opts *o,
			   bool closing)
{
	const uint8_t *p = c->out + c->out_at;
	size_t left = c->out_end - c->out_at, n = 0;
	enum err e;

	c->events = POLLOUT;
	e = o->plain ? ERR_OK : tls_pump(&c->tls, c->fd, &c->events);
	if (e == ERR_OK)
		e = o->plain ? sock_send(c->fd, p, left, &n)
			     : tls_write(&c->tls, p, left, &n);
	if (e != ERR_OK)
		return e;
	c->out_at += n;
	if (c->out_at < c->out_end)
		return ERR_OK;
	if (!o->plain)
		tls_flush(&c->tls);
	written(c, o, closing);
	return ERR_OK;
}

/* Closing a socket that has unread bytes resets it, and a reset can take the
 * answer away from a client that is still sending. So: send all, say that this
 * was all, then read and forget until the peer closes. */
static enum err step_linger(struct conn *c, const struct serve_opts *o)
{
	uint8_t sink[4096];
	size_t n;
	enum err e;

	if (!c->shut) {
		c->events = 0;
		e = o->plain ? ERR_OK : tls_pump(&c->tls, c->fd, &c->events);
		if (e != ERR_OK && e != ERR_AGAIN)
			return e;
		if (c->events & POLLOUT)
			return ERR_AGAIN;
		if (shutdown(c->fd, SHUT_WR) != 0)
			return ERR_CLOSED;
		c->shut = true;
	}
	c->events = POLLIN;
	return sock_recv(c->fd, sink, sizeof sink, &n);
}

static enum err step(struct conn *c, const struct serve_opts *o, bool closing)
{
	switch (c->state) {
	case CONN_READ:
		return step_read(c, o, closing);
	case CONN_WRITE:
		return step_write(c, o, closing);
	case CONN_LINGER:
		return step_linger(c, o);
	case CONN_FREE:
	case CONN_WAIT:
		break;
	}
	return ERR_AGAIN;
}

void conn_step(struct conn *c, const struct serve_opts *o, bool closing)
{
	enum err e = ERR_OK;

	for (unsigned i = 0; i < STEPS && e == ERR_OK; i++)
		e = step(c, o, closing);
	if (e != ERR_OK && e != ERR_AGAIN)
		conn_drop(c, o);
	else
		c->runnable = e == ERR_OK;
}
