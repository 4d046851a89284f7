#include "lib/httpc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/sock.h"

static uint8_t *in_buf(const struct httpc *c)
{
	return (uint8_t *)c->o.buf + c->out_len;
}

void httpc_init(struct httpc *c, const struct httpc_opts *o)
{
	memset(c, 0, sizeof *c);
	c->o = *o;
	c->fd = -1;
}

void httpc_close(struct httpc *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	c->state = HTTPC_IDLE;
	if (!c->o.plain)
		tls_done(&c->tls);
}

void httpc_done(struct httpc *c)
{
	httpc_close(c);
	wipe(c->o.buf, c->o.buf_len);
	wipe(c, sizeof *c);
	c->fd = -1;
}

/* The error line, from what is known at the moment of failure. */
static enum err fail(struct httpc *c, const char *what, enum err e)
{
	int saved = errno;
	const char *why = err_text(e);

	if (e == ERR_IO)
		why = strerror(saved);
	else if (e == ERR_TLS)
		why = tls_error(&c->tls);
	(void)snprintf(c->error, sizeof c->error, "%s: %s", what, why);
	httpc_close(c);
	return e;
}

/* TLS options for the next connection: a key once learned is a pin. */
static struct tls_client_opts tls_opts(struct httpc *c)
{
	struct tls_client_opts t = c->o.tls;

	if (t.name == NULL)
		t.name = c->o.host;
	if (t.trust == TLS_TRUST_LEARN && c->have_key) {
		t.trust = TLS_TRUST_KEY;
		t.pin = c->learned;
	}
	return t;
}

static enum err open_connection(struct httpc *c)
{
	struct tls_client_opts t = tls_opts(c);
	enum err e = sock_connect(c->o.host, c->o.port, &c->fd);

	if (e != ERR_OK)
		return fail(c, "connect", e);
	if (!c->o.plain)
		tls_client_init(&c->tls, &t);
	c->state = HTTPC_CONNECT;
	c->events = POLLOUT;
	c->out_sent = c->in_len = c->need = 0;
	c->eof = c->reused = false;
	return ERR_OK;
}

/* "host", or "host:port" when it is not the scheme's own. */
static void host_field(const struct httpc *c, char *out, size_t cap)
{
	if (c->o.port == (c->o.plain ? 80 : 443))
		(void)snprintf(out, cap, "%s", c->o.host);
	else
		(void)snprintf(out, cap, "%s:%u", c->o.host,
			       (unsigned)c->o.port);
}

enum err httpc_start(struct httpc *c, const char *method, const char *target,
		     const char *content_type, const char *extra,
		     struct slice body)
{
	char host[sizeof c->o.host + 8];
	struct wr w = wr_over(c->o.buf, c->o.buf_len);

	if (c->state != HTTPC_IDLE)
		return ERR_STATE;
	c->error[0] = '\0';
	host_field(c, host, sizeof host);
	http_write_request(&w, method, target, host, content_type, extra, body);
	if (wr_end(&w) != ERR_OK)
		return wr_end(&w);
	c->out_len = w.len;
	c->deadline_ms = mono_ms() + c->o.timeout_ms;
	c->safe = strcmp(method, "GET") == 0 || strcmp(method, "DELETE") == 0;
	c->retried = false;
	if (c->fd < 0)
		return open_connection(c);
	c->state = HTTPC_EXCHANGE;
	c->events = POLLIN | POLLOUT;
	c->out_sent = c->in_len = c->need = 0;
	c->eof = false;
	c->reused = true;
	return ERR_OK;
}

/* The connection has failed with e: open another one when the request cannot
 * have been acted on and the failure is the old connection's. */
static enum err lost(struct httpc *c, const char *what, enum err e)
{
	bool gone = e == ERR_CLOSED || e == ERR_TRUNC || e == ERR_IO;
	bool unseen = c->out_sent == 0 || (c->safe && c->in_len == 0);

	if (!c->reused || c->retried || !gone || !unseen)
		return fail(c, what, e);
	httpc_close(c);
	c->retried = true;
	return open_connection(c);
}

static void learn(struct httpc *c)
{
	if (!c->have_key)
		c->have_key = tls_peer_key(&c->tls, c->learned) == ERR_OK;
}

/* A server that answers before it was asked is out of step, as when it has
 * given up an idle connection with a 408: the same as closed. */
static bool out_of_step(struct httpc *c)
{
	if (c->out_sent > 0 || c->in_len == 0)
		return false;
	c->in_len = 0;
	return true;
}

/* Receives and sends what it can. ERR_OK: something moved. Received first: a
 * reused connection that the server has closed is found before a byte of the
 * request is sent. */
static enum err move_plain(struct httpc *c)
{
	size_t room = c->o.buf_len - c->out_len - c->in_len, n = 0;
	enum err in = ERR_AGAIN, out = ERR_AGAIN;

	if (room > 0)
		in = sock_recv(c->fd, in_buf(c) + c->in_len, room, &n);
	if (in == ERR_OK)
		c->in_len += n;
	if (out_of_step(c))
		return ERR_CLOSED;
	if (in != ERR_OK && in != ERR_AGAIN)
		return in;
	if (c->out_sent < c->out_len)
		out = sock_send(c->fd, (uint8_t *)c->o.buf + c->out_sent,
				c->out_len - c->out_sent, &n);
	if (out == ERR_OK)
		c->out_sent += n;
	c->events = (short)(POLLIN | (c->out_sent < c->out_len ? POLLOUT : 0));
	return in == ERR_OK ? ERR_OK : out;
}

static enum err read_tls(struct httpc *c)
{
	enum err e = ERR_AGAIN;
	size_t n;

	while (tls_read(&c->tls, in_buf(c) + c->in_len,
			c->o.buf_len - c->out_len - c->in_len, &n) == ERR_OK) {
		c->in_len += n;
		e = ERR_OK;
	}
	return e;
}

static enum err move_tls(struct httpc *c)
{
	enum err e = tls_pump(&c->tls, c->fd, &c->events);
	size_t n;

	if (e != ERR_OK)
		return e;
	learn(c);
	e = read_tls(c);
	if (out_of_step(c))
		return ERR_CLOSED;
	while (tls_write(&c->tls, (uint8_t *)c->o.buf + c->out_sent,
			 c->out_len - c->out_sent, &n) == ERR_OK) {
		c->out_sent += n;
		e = ERR_OK;
	}
	tls_flush(&c->tls);
	return e;
}

/* A response that is whole, or ERR_AGAIN. */
static enum err parse(struct httpc *c, struct http_msg *res)
{
	struct http_msg m;
	enum err e;

	if (c->in_len == 0 || (c->in_len < c->need && !c->eof))
		return ERR_AGAIN;
	e = http_response_parse(in_buf(c), c->in_len, c->o.max_body, c->eof,
				&m);
	if (e == ERR_OK) {
		*res = m;
	} else if (e == ERR_AGAIN) {
		c->need = m.consumed;
		if (c->in_len == c->o.buf_len - c->out_len)
			e = ERR_LIMIT;
	}
	return e;
}

/* Kept only when both sides are at the end of their message. */
static enum err complete(struct httpc *c, const struct http_msg *res)
{
	bool in_step = res->consumed == c->in_len && c->out_sent == c->out_len;

	if (res->keep_alive && in_step && !c->eof)
		c->state = HTTPC_IDLE;
	else
		httpc_close(c);
	return ERR_OK;
}

static enum err exchange(struct httpc *c, struct http_msg *res)
{
	enum err e = ERR_OK;

	while (e == ERR_OK) {
		enum err p;

		e = c->o.plain ? move_plain(c) : move_tls(c);
		if (e == ERR_CLOSED && c->in_len > 0)
			c->eof = true;
		p = parse(c, res);
		if (p == ERR_OK)
			return complete(c, res);
		if (p != ERR_AGAIN)
			return fail(c, "response", p);
	}
	return e == ERR_AGAIN ? e : lost(c, "connection", e);
}

static enum err connecting(struct httpc *c)
{
	enum err e = sock_connected(c->fd);

	if (e == ERR_AGAIN)
		return e;
	if (e != ERR_OK)
		return fail(c, "connect", e);
	c->state = HTTPC_EXCHANGE;
	return ERR_OK;
}

void httpc_poll(const struct httpc *c, struct pollfd *p, int64_t *deadline_ms)
{
	*p = (struct pollfd){ .fd = -1 };
	if (c->state == HTTPC_IDLE)
		return;
	*p = (struct pollfd){ .fd = c->fd, .events = c->events };
	if (c->deadline_ms < *deadline_ms)
		*deadline_ms = c->deadline_ms;
}

enum err httpc_step(struct httpc *c, struct http_msg *res)
{
	enum err e = ERR_OK;

	if (c->state == HTTPC_IDLE)
		return ERR_STATE;
	/* Twice at most: lost() reopens once. */
	while (e == ERR_OK) {
		if (mono_ms() >= c->deadline_ms)
			return fail(c, "request", ERR_TIMEOUT);
		if (c->state == HTTPC_CONNECT)
			e = connecting(c);
		if (e == ERR_OK) {
			e = exchange(c, res);
			if (e == ERR_OK && c->state != HTTPC_CONNECT)
				return ERR_OK;
		}
	}
	return e;
}

enum err httpc_peer_key(const struct httpc *c, uint8_t pub[static P256_PUB_LEN])
{
	if (!c->have_key)
		return ERR_STATE;
	memcpy(pub, c->learned, P256_PUB_LEN);
	return ERR_OK;
}

enum err httpc_run(struct httpc *c, const char *method, const char *target,
		   const char *content_type, const char *extra,
		   struct slice body, struct http_msg *res)
{
	enum err e = httpc_start(c, method, target, content_type, extra, body);

	if (e != ERR_OK)
		return e;
	for (e = httpc_step(c, res); e == ERR_AGAIN; e = httpc_step(c, res)) {
		enum err w = sock_wait(c->fd, c->events, c->deadline_ms);

		/* A time-out is the next step's to tell. */
		if (w != ERR_OK && w != ERR_TIMEOUT)
			return fail(c, "wait", w);
	}
	return e;
}
