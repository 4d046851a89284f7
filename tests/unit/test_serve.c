/* The server over real loopback sockets: requests and answers, what it refuses,
 * the deadlines, and what it survives. */
#include "lib/httpc.h"
#include "lib/text.h"
#include "tests/serve_net.h"

/* The 16 digits that name an error, and are another's each time. */
static bool named(const struct http_msg *m)
{
	static const char key[] = "\"request_id\":\"";
	static uint8_t last[16];
	const uint8_t *id = memmem(m->body.ptr, m->body.len, key, strlen(key));
	uint8_t raw[8];
	bool fresh;

	if (id == NULL || m->body.ptr + m->body.len - id < 32)
		return false;
	id += strlen(key);
	fresh = memcmp(id, last, sizeof last) != 0;
	memcpy(last, id, sizeof last);
	return fresh && id[16] == '"' &&
	       hex_decode((struct slice){ id, 16 }, raw, sizeof raw) == ERR_OK;
}

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
	ok(named(&m), "has a name");
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
		ok(named(&m), "%s: has a name", t[i].what);
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
		is_err(ending(fd), ERR_CLOSED, "and no reset after it");
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
	short ev;

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
	is_err(tls_pump(&c.tls, c.fd, &ev), ERR_CLOSED,
	       "the idle time ends with a close_notify");
	is_err(fetch(&c, "POST", "/", str_slice("late"), &m), ERR_OK,
	       "after the idle time a POST still arrives");
	ok(c.retried, "over a new connection");
	httpc_done(&c);
}

int main(void)
{
	void *mem = start(true, REQUEST_MS, NULL);

	pki_init(&pki, "serve");
	test_requests();
	test_refusals();
	test_body();
	test_slow();
	test_garbage(true);
	serve_done(srv);
	mem = start(false, REQUEST_MS, mem);
	test_tls();
	serve_done(srv);
	free(mem);
	return tap_done();
}
