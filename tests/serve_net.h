/* serve_net.h - the server under test and its raw clients, in one thread over
 * real loopback sockets. */
#ifndef TESTS_SERVE_NET_H
#define TESTS_SERVE_NET_H

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "lib/serve.h"
#include "lib/sock.h"
#include "tests/pki.h"

enum {
	CONNS = 4,
	BODY = 4096,
	REPLY = 65536,
	REQUEST_MS = 600,
	IDLE_MS = 200
};

static struct serve *srv;
static uint16_t port;
static int handled, deferred_conn;
static uint32_t answer_ms; /* for start() */
static struct pki pki;

/* Echoes a POST; a few GETs are for the tests below. */
static inline void handler(void *ctx, int conn, const struct http_msg *req,
			   struct serve_response *res)
{
	static char extra[SERVE_HEAD_ROOM + 16];

	(void)ctx;
	handled++;
	if (slice_is(req->method, "POST")) {
		res->content_type = "application/octet-stream";
		wr_bytes(&res->body, req->body);
	} else if (slice_is(req->path, "/big")) {
		for (int i = 0; i < REPLY / 16; i++)
			wr_str(&res->body, "0123456789abcdef");
	} else if (slice_is(req->path, "/toobig")) {
		wr_zero(&res->body, REPLY + 1);
	} else if (slice_is(req->path, "/longhead")) {
		memset(extra, 'x', sizeof extra - 1);
		memcpy(extra, "X: ", 3);
		memcpy(extra + sizeof extra - 3, "\r\n", 2);
		res->extra = extra;
	} else if (slice_is(req->path, "/defer")) {
		deferred_conn = conn;
		res->defer = true;
	} else if (slice_is(req->path, "/error")) {
		wr_str(&res->body, "half an answer");
		serve_error(res, 409, "conflict", "say \"why\"", "r1");
	} else {
		res->extra = "X-A: b\r\n";
		wr_str(&res->body, "{}");
	}
}

static inline void *start(bool plain, uint32_t request_ms, void *mem_old)
{
	struct serve_opts o = { .plain = plain,
				.max_conns = CONNS,
				.max_request_body = BODY,
				.max_response_body = REPLY,
				.request_timeout_ms = request_ms,
				.answer_timeout_ms = answer_ms,
				.idle_timeout_ms = IDLE_MS,
				.handler = handler };
	static struct rng naming;
	void *mem;

	free(mem_old);
	if (!plain)
		o.tls = pki_server(&pki);
	rng_seeded(&naming, str_slice("names of errors"));
	o.tls.rng = rng_prng(&naming);
	mem = malloc(serve_mem(&o) + 1);
	if (mem == NULL ||
	    sock_listen("127.0.0.1", 0, &o.listener, &port) != ERR_OK ||
	    serve_init(&srv, &o, (char *)mem + 1, serve_mem(&o)) != ERR_OK)
		_exit(97);
	return mem;
}

/* One turn of the server's loop, waiting no longer than until fd is ready. */
static inline void turn(int fd, short events)
{
	struct pollfd p[2 + CONNS];
	int64_t deadline = mono_ms() + 20;
	size_t n;

	p[0] = (struct pollfd){ .fd = fd, .events = events };
	n = serve_poll(srv, p + 1, &deadline);
	poll(p, n + 1, mono_left(deadline));
	serve_run(srv, p + 1, n);
}

static inline void spin(int ms)
{
	int64_t end = mono_ms() + ms;

	while (mono_ms() < end)
		turn(-1, 0);
}

static inline int dial(void)
{
	int fd;

	if (sock_connect("127.0.0.1", port, &fd) != ERR_OK)
		_exit(96);
	return fd;
}

/* Sends all of it, as fast as the server takes it; false when it is cut off. */
static inline bool say(int fd, const void *p, size_t len)
{
	size_t done = 0, n;

	while (done < len) {
		enum err e =
			sock_send(fd, (const char *)p + done, len - done, &n);

		if (e == ERR_OK)
			done += n;
		else if (e != ERR_AGAIN)
			return false;
		turn(fd, POLLOUT);
	}
	return true;
}

static inline bool say_str(int fd, const char *s)
{
	return say(fd, s, strlen(s));
}

static uint8_t heard[2 * REPLY];
static size_t nheard;

/* Reads one response; its status, 0 when the connection ends before it is
 * whole, -1 when nothing ends within five seconds. */
static inline int hear(int fd, struct http_msg *m)
{
	int64_t end = mono_ms() + 5000;

	while (mono_ms() < end) {
		size_t n = 0;
		enum err e = sock_recv(fd, heard + nheard,
				       sizeof heard - nheard, &n);

		nheard += n;
		if (http_response_parse(heard, nheard, REPLY, false, m) ==
		    ERR_OK)
			return m->status;
		if (e != ERR_OK && e != ERR_AGAIN)
			return 0;
		turn(fd, POLLIN);
	}
	return -1;
}

/* How the server ends the connection: ERR_CLOSED in order, ERR_IO with a reset,
 * ERR_AGAIN not within five seconds. */
static inline enum err ending(int fd)
{
	int64_t end = mono_ms() + 5000;
	uint8_t b[4096];
	size_t n;

	while (mono_ms() < end) {
		enum err e = sock_recv(fd, b, sizeof b, &n);

		if (e != ERR_OK && e != ERR_AGAIN)
			return e;
		turn(fd, POLLIN);
	}
	return ERR_AGAIN;
}

static inline bool closes(int fd)
{
	return ending(fd) != ERR_AGAIN;
}

static inline int ask(int fd, const char *req, struct http_msg *m)
{
	nheard = 0;
	(void)say_str(fd, req);
	return hear(fd, m);
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: h\r\n\r\n"

#endif
