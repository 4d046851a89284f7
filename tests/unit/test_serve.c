/* The server over real loopback sockets, in one thread with its clients: the
 * limits, the deadlines, the slots, and what it survives. */
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "lib/httpc.h"
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
static struct pki pki;

/* Echoes a POST; a few GETs are for the tests below. */
static void handler(void *ctx, int conn, const struct http_msg *req,
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

static void *start(bool plain, uint32_t request_ms, void *mem_old)
{
	struct serve_opts o = { .plain = plain,
				.max_conns = CONNS,
				.max_request_body = BODY,
				.max_response_body = REPLY,
				.request_timeout_ms = request_ms,
				.idle_timeout_ms = IDLE_MS,
				.handler = handler };
	void *mem;

	free(mem_old);
	if (!plain)
		o.tls = pki_server(&pki);
	mem = malloc(serve_mem(&o) + 1);
	if (mem == NULL ||
	    sock_listen("127.0.0.1", 0, &o.listener, &port) != ERR_OK ||
	    serve_init(&srv, &o, (char *)mem + 1, serve_mem(&o)) != ERR_OK)
		_exit(97);
	return mem;
}

/* One turn of the server's loop, waiting no longer than until fd is ready. */
static void turn(int fd, short events)
{
	struct pollfd p[2 + CONNS];
	int64_t deadline = mono_ms() + 20, wait;
	size_t n;

	p[0] = (struct pollfd){ .fd = fd, .events = events };
	n = serve_poll(srv, p + 1, &deadline);
	wait = deadline - mono_ms();
	poll(p, n + 1, wait < 0 ? 0 : (int)wait);
	serve_run(srv, p + 1, n);
}

static void spin(int ms)
{
	int64_t end = mono_ms() + ms;

	while (mono_ms() < end)
		turn(-1, 0);
}

static int dial(void)
{
	int fd;

	if (sock_connect("127.0.0.1", port, &fd) != ERR_OK)
		_exit(96);
	return fd;
}

/* Sends all of it, as fast as the server takes it; false when it is cut off. */
static bool say(int fd, const void *p, size_t len)
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

static bool say_str(int fd, const char *s)
{
	return say(fd, s, strlen(s));
}

static uint8_t heard[2 * REPLY];
static size_t nheard;

/* Reads one response; its status, 0 when the connection ends before it is
 * whole, -1 when nothing ends within five seconds. */
static int hear(int fd, struct http_msg *m)
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

/* Whether the server closes the connection within five seconds. */
static bool closes(int fd)
{
	int64_t end = mono_ms() + 5000;
	uint8_t b[4096];
	size_t n;

	while (mono_ms() < end) {
		enum err e = sock_recv(fd, b, sizeof b, &n);

		if (e != ERR_OK && e != ERR_AGAIN)
			return true;
		turn(fd, POLLIN);
	}
	return false;
}

static int ask(int fd, const char *req, struct http_msg *m)
{
	nheard = 0;
	(void)say_str(fd, req);
	return hear(fd, m);
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: h\r\n\r\n"

static void test_requests(void)
{
	struct http_msg m;
	int fd = dial();

	ok(ask(fd, GET("/"), &m) == 200 && slice_is(m.body, "{}"), "a GET");
	ok(slice_is(http_header(&m, "x-a"), "b") && m.keep_alive &&
		   slice_is(http_header(&m, "content-type"),
			    "application/json"),
	   "with the handler's header, the default type, kept alive");
	ok(ask(fd, GET("/") GET("/error"), &m) == 200, "two at once");
	memmove(heard, heard + m.consumed, nheard -= m.consumed);
	ok(hear(fd, &m) == 409 &&
		   slice_is(m.body,
			    "{\"code\":\"conflict\",\"message\":"
			    "\"say \\\"why\\\"\",\"request_id\":\"r1\"}"),
	   "are answered one after the other; an error replaces the body");
	ok(ask(fd, GET("/toobig"), &m) == 500, "an answer that does not fit");
	ok(ask(fd, GET("/longhead"), &m) == 500, "a head that does not fit");
	ok(ask(fd, GET("/big"), &m) == 200 && m.body.len == REPLY,
	   "the largest answer");
	ok(ask(fd, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
	       &m) == 200 &&
		   !m.keep_alive && closes(fd),
	   "the last one on this connection");
	close(fd);
	fd = dial();
	ok(ask(fd, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhe",
	       &m) == 408,
	   "a request that stops half-way");
	close(fd);
	fd = dial();
	(void)say_str(fd, GET("/"));
	shutdown(fd, SHUT_WR);
	nheard = 0;
	ok(hear(fd, &m) == 200, "a client that says no more still hears");
	ok(closes(fd), "and is let go");
	close(fd);
}

/* An error must reach the client although it is still sending. */
static void test_refusals(void)
{
	static const struct {
		const char *what, *req;
		int status;
	} t[] = {
		{ "malformed", "GET / HTTP/1.1\nHost: h\n\n", 400 },
		{ "no Host", "GET / HTTP/1.1\r\n\r\n", 400 },
		{ "smuggling",
		  "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n"
		  "Transfer-Encoding: chunked\r\n\r\n",
		  400 },
		{ "chunked",
		  "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked"
		  "\r\n\r\n",
		  501 },
		{ "HTTP/1.0", "GET / HTTP/1.0\r\nHost: h\r\n\r\n", 501 },
		{ "an unknown method", "BREW / HTTP/1.1\r\nHost: h\r\n\r\n",
		  501 },
		{ "too large",
		  "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4097\r\n\r\n",
		  413 },
	};
	static char junk[300000];
	struct http_msg m;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		int fd = dial(), before = handled;

		ok(ask(fd, t[i].req, &m) == t[i].status && !m.keep_alive,
		   "%s: %d", t[i].what, t[i].status);
		ok(handled == before && closes(fd), "not handled; closed");
		close(fd);
	}
	memset(junk, 'a', sizeof junk);
	for (int i = 0; i < 2; i++) {
		int fd = dial();

		(void)say_str(fd, i == 0 ? "POST / HTTP/1.1\r\nHost: h\r\n"
					   "Content-Length: 300000\r\n\r\n"
					 : "GET /");
		(void)say(fd, junk, sizeof junk);
		nheard = 0;
		ok(hear(fd, &m) == (i == 0 ? 413 : 431),
		   "300000 bytes too many: the answer arrives");
		close(fd);
	}
}

static void test_body(void)
{
	static char req[BODY + 100];
	struct http_msg m;
	struct wr w = wr_over(req, sizeof req);
	int fd = dial();
	bool same = true;

	wr_fmt(&w, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n",
	       BODY);
	for (int i = 0; i < BODY; i++)
		wr_u8(&w, (uint8_t)(i * 7));
	for (int i = 0; i < 20; i++) {
		nheard = 0;
		same = same && say(fd, req, w.len) && hear(fd, &m) == 200 &&
		       m.body.len == BODY &&
		       memcmp(m.body.ptr, req + w.len - BODY, BODY) == 0;
	}
	ok(same, "20 bodies of the largest size come back");
	close(fd);
}

/* One byte every 30 ms never idles, and still ends at the deadline. */
static void test_slow(void)
{
	struct http_msg m;
	int64_t from = mono_ms(), took;
	int fd = dial(), idle;
	bool up = true;
	const char *req = GET("/a/long/path/that/takes/its/time/to/be/sent");

	nheard = 0;
	for (size_t i = 0; up && i < strlen(req); i++) {
		spin(30);
		up = say(fd, req + i, 1) && recv(fd, heard, 1, MSG_PEEK) != 1;
	}
	took = mono_ms() - from;
	ok(hear(fd, &m) == 408, "slow loris gets a 408");
	ok(took >= REQUEST_MS - 50 && took < REQUEST_MS + 900,
	   "after its deadline, however often it sends: %d ms", (int)took);
	close(fd);
	fd = dial();
	from = mono_ms();
	ok(closes(fd), "a connection that says nothing is closed");
	took = mono_ms() - from;
	ok(took >= REQUEST_MS - 50 && took < REQUEST_MS + 900,
	   "at the same deadline: %d ms", (int)took);
	close(fd);
	idle = dial();
	(void)ask(idle, GET("/"), &m);
	from = mono_ms();
	ok(closes(idle), "an idle one is closed");
	took = mono_ms() - from;
	ok(took >= IDLE_MS - 50 && took < IDLE_MS + 350,
	   "after the idle time: %d ms", (int)took);
	close(idle);
}

static void test_slots(void)
{
	struct http_msg m;
	int fd[CONNS + 1], bad[12];

	for (int i = 0; i < CONNS; i++) {
		fd[i] = dial();
		(void)ask(fd[i], GET("/"), &m);
	}
	fd[CONNS] = dial();
	ok(ask(fd[CONNS], GET("/"), &m) == 200,
	   "with all slots idle a new connection is served");
	ok(closes(fd[0]) && ask(fd[3], GET("/"), &m) == 200,
	   "in the place of the oldest");
	for (int i = 0; i <= CONNS; i++)
		close(fd[i]);
	for (int i = 0; i < CONNS; i++) {
		fd[i] = dial();
		(void)say_str(fd[i], GET("/defer"));
	}
	spin(50);
	fd[CONNS] = dial();
	(void)say_str(fd[CONNS], GET("/"));
	spin(50);
	nheard = 0;
	serve_answer(srv, deferred_conn, 200, str_slice("[]"));
	ok(hear(fd[CONNS - 1], &m) == 200 && slice_is(m.body, "[]"),
	   "requests under way keep their slots");
	nheard = 0;
	ok(hear(fd[CONNS], &m) == 200, "and one that ends makes room");
	for (int i = 0; i <= CONNS; i++)
		close(fd[i]);
	spin(20);
	for (int i = 0; i < 12; i++) {
		bad[i] = dial();
		(void)say_str(bad[i], i % 2 ? "GET / HT" : "");
	}
	fd[0] = dial();
	ok(ask(fd[0], GET("/"), &m) == 200,
	   "12 connections that never finish do not keep one out");
	close(fd[0]);
	for (int i = 0; i < 12; i++)
		close(bad[i]);
	spin(20);
}

/* With a long deadline: who has had a second makes room when somebody waits. */
static void test_grace(void)
{
	struct http_msg m;
	int64_t from = mono_ms(), took;
	int slow[CONNS], fd;

	for (int i = 0; i < CONNS; i++) {
		slow[i] = dial();
		(void)say_str(slow[i], "GET / HT");
	}
	fd = dial();
	ok(ask(fd, GET("/"), &m) == 200, "slow requests make room");
	took = mono_ms() - from;
	ok(took >= SERVE_GRACE_MS && took < SERVE_GRACE_MS + 500,
	   "once they have had their time: %d ms", (int)took);
	ok(closes(slow[0]), "the oldest");
	nheard = 0;
	(void)say_str(slow[3], "TP/1.1\r\nHost: h\r\n\r\n");
	ok(hear(slow[3], &m) == 200, "and only that one");
	for (int i = 0; i < CONNS; i++)
		close(slow[i]);
	close(fd);
}

static void test_defer(void)
{
	struct http_msg m;
	int fd = dial(), old;

	(void)say_str(fd, GET("/defer") GET("/"));
	spin(30);
	nheard = 0;
	serve_answer(srv, deferred_conn + 1, 200, str_slice("wrong"));
	serve_answer(srv, -1, 200, str_slice("wrong"));
	spin(30);
	ok(recv(fd, heard, 1, MSG_PEEK | MSG_DONTWAIT) < 0,
	   "no answer before its time, nor another's");
	serve_answer(srv, deferred_conn, 202, str_slice("{\"a\":1}"));
	ok(hear(fd, &m) == 202 && slice_is(m.body, "{\"a\":1}"),
	   "a deferred answer");
	memmove(heard, heard + m.consumed, nheard -= m.consumed);
	ok(hear(fd, &m) == 200, "then the request behind it");
	old = deferred_conn;
	serve_answer(srv, old, 200, str_slice("again"));
	ok(ask(fd, GET("/"), &m) == 200 && slice_is(m.body, "{}"),
	   "a second answer goes nowhere");
	ok(ask(fd, GET("/defer"), &m) == 504 && closes(fd),
	   "one that never comes is a 504");
	serve_answer(srv, deferred_conn, 200, str_slice("late"));
	close(fd);
	fd = dial();
	(void)say_str(fd, GET("/defer"));
	spin(30);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 0 },
		   sizeof(struct linger));
	close(fd);
	spin(30);
	serve_answer(srv, deferred_conn, 200, str_slice("gone"));
	fd = dial();
	ok(ask(fd, GET("/"), &m) == 200, "a client that has gone is no harm");
	ok(ask(fd, GET("/defer"), &m) > 0, "answered or timed out");
	close(fd);
}

static void test_garbage(bool plain)
{
	static const char *const seeds[] = { GET("/"),
					     "\x16\x03\x03\x00\x2e\x01",
					     "\x16\x03\x01\xff\xff",
					     "POST / HTTP/1.1\r\nHost: h\r\n"
					     "Content-Length: 9\r\n\r\n" };
	struct rng r;
	struct http_msg m;

	rng_seeded(&r, str_slice("serve"));
	for (int i = 0; i < 200; i++) {
		uint8_t b[600];
		size_t from = strlen(seeds[i % 4]), len;
		int fd = dial();

		rng_bytes(rng_prng(&r), b, sizeof b);
		memcpy(b, seeds[i % 4], from);
		len = from + b[300];
		if (i % 8 == 0)
			b[b[301] % from] ^= b[302];
		(void)say(fd, b, len);
		if (i % 3 == 0)
			shutdown(fd, SHUT_WR);
		if (i % 5 == 0)
			setsockopt(fd, SOL_SOCKET, SO_LINGER,
				   &(struct linger){ 1, 0 },
				   sizeof(struct linger));
		turn(fd, POLLIN);
		close(fd);
	}
	spin(30);
	if (plain) {
		int fd = dial();

		ok(ask(fd, GET("/"), &m) == 200, "200 bad clients later: fine");
		close(fd);
	}
}

/* Runs a client's request while the server turns. */
static enum err fetch(struct httpc *c, const char *method, const char *target,
		      struct slice body, struct http_msg *m)
{
	enum err e = httpc_start(c, method, target,
				 body.len > 0 ? "text/plain" : NULL, "", body);

	while (e == ERR_OK) {
		e = httpc_step(c, m);
		if (e != ERR_AGAIN)
			return e;
		turn(c->fd, c->events);
		e = ERR_OK;
	}
	return e;
}

static void test_tls(void)
{
	static struct httpc c;
	static uint8_t buf[REPLY + BODY + 1024];
	struct httpc_opts o = { .host = "127.0.0.1",
				.port = port,
				.tls = pki_client(&pki),
				.timeout_ms = 3000,
				.max_body = REPLY,
				.buf = buf,
				.buf_len = sizeof buf };
	char body[BODY];
	struct http_msg m;
	int64_t from = mono_ms();
	int fd = dial();

	(void)say(fd, "\x16\x03\x01\x00\x80\x01\x00\x00\x7c", 9);
	ok(closes(fd), "a handshake that stops is closed");
	ok(mono_ms() - from < REQUEST_MS + 900, "at the request's deadline");
	close(fd);
	test_garbage(false);
	httpc_init(&c, &o);
	memset(body, 'x', sizeof body);
	is_err(fetch(&c, "GET", "/big", (struct slice){ NULL, 0 }, &m), ERR_OK,
	       "a large answer over TLS");
	ok(m.body.len == REPLY && m.status == 200, "whole");
	is_err(fetch(&c, "POST", "/",
		     (struct slice){ (uint8_t *)body, sizeof body }, &m),
	       ERR_OK, "a body over the same connection");
	ok(m.body.len == BODY && memcmp(m.body.ptr, body, BODY) == 0 &&
		   c.reused && !c.retried,
	   "echoed");
	spin(IDLE_MS + 100);
	is_err(fetch(&c, "POST", "/", str_slice("late"), &m), ERR_OK,
	       "after the idle time a POST still arrives");
	ok(c.retried, "over a new connection");
	httpc_done(&c);
}

static void test_drain(void)
{
	struct http_msg m;
	int idle = dial(), busy = dial(), late;

	(void)ask(idle, GET("/"), &m);
	(void)say_str(busy, GET("/defer"));
	spin(30);
	ok(!serve_drain(srv), "not drained while a request is under way");
	ok(closes(idle), "an idle connection is closed");
	late = dial();
	(void)say_str(late, GET("/"));
	spin(50);
	ok(recv(late, heard, 1, MSG_DONTWAIT) < 0, "no new one is accepted");
	nheard = 0;
	serve_answer(srv, deferred_conn, 200, str_slice("done"));
	ok(hear(busy, &m) == 200, "the request under way is finished");
	close(busy);
	for (int i = 0; i < 20 && !serve_drain(srv); i++)
		turn(-1, 0);
	ok(serve_drain(srv), "drained");
	close(idle);
	close(late);
}

int main(void)
{
	void *mem = start(true, REQUEST_MS, NULL);

	pki_init(&pki, "serve");
	test_requests();
	test_refusals();
	test_body();
	test_slow();
	test_slots();
	test_defer();
	test_garbage(true);
	test_drain();
	serve_done(srv);
	mem = start(true, 60000, mem);
	test_grace();
	serve_done(srv);
	mem = start(false, REQUEST_MS, mem);
	test_tls();
	serve_done(srv);
	free(mem);
	return tap_done();
}
