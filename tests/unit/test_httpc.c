/* The client against a server that misbehaves by script: what is reused, what
 * is sent again and what never is, and how each failure is told. */
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include "lib/httpc.h"
#include "lib/serve.h"
#include "lib/sock.h"
#include "tests/pki.h"

enum {
	BUF = 16384,
	BODY = 8192
};

/* What the scripted server does. */
enum script {
	ANSWER,       /* 200, keep-alive */
	ANSWER_CLOSE, /* 200, and closes without saying so beforehand */
	HANG,         /* reads, says nothing */
	DROP,         /* reads the request, closes */
	DROP_SECOND,  /* answers the first on a connection, DROPs the next */
	GREET,        /* answers; then a 408 before the next request */
	DRIP,         /* one byte a turn */
	RAW,          /* `raw`, then closes */
	RAW_KEEP,     /* `raw`, stays open */
};

static struct {
	enum script script;
	const char *raw;
	int listener, fd;
	uint16_t port;
	int accepts, requests, on_this;
	uint8_t in[2 * BUF];
	size_t nin, dripped;
} peer = { .fd = -1 };

static struct httpc c;
static uint8_t buf[BUF];
static const struct slice none = { NULL, 0 };

#define OK_HEAD "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"

static void peer_drop(void)
{
	close(peer.fd);
	peer.fd = -1;
}

static void peer_say(const char *s)
{
	(void)!send(peer.fd, s, strlen(s), MSG_NOSIGNAL);
}

static void peer_act(void)
{
	switch (peer.script) {
	case ANSWER:
	case GREET:
		peer_say(OK_HEAD "ok");
		break;
	case ANSWER_CLOSE:
		peer_say(OK_HEAD "ok");
		peer_drop();
		break;
	case DROP:
		peer_drop();
		break;
	case DROP_SECOND:
		if (peer.on_this == 1)
			peer_say(OK_HEAD "ok");
		else
			peer_drop();
		break;
	case RAW:
		peer_say(peer.raw);
		peer_drop();
		break;
	case RAW_KEEP:
		peer_say(peer.raw);
		break;
	case DRIP:
	case HANG:
		break;
	}
}

/* One turn of the server. */
static void peer_turn(void)
{
	static const char drip[] = OK_HEAD "ok";
	struct http_msg m;
	size_t n;
	int fd;

	if (sock_accept(peer.listener, &fd) == ERR_OK) {
		if (peer.fd >= 0)
			close(peer.fd);
		peer.fd = fd;
		peer.accepts++;
		peer.on_this = 0;
		peer.nin = peer.dripped = 0;
	}
	if (peer.fd < 0)
		return;
	if (sock_recv(peer.fd, peer.in + peer.nin, sizeof peer.in - peer.nin,
		      &n) == ERR_OK)
		peer.nin += n;
	if (peer.script == DRIP && peer.on_this > 0 &&
	    peer.dripped < sizeof drip - 1)
		(void)!send(peer.fd, drip + peer.dripped++, 1, MSG_NOSIGNAL);
	if (http_request_parse(peer.in, peer.nin, BUF, &m) != ERR_OK)
		return;
	memmove(peer.in, peer.in + m.consumed, peer.nin -= m.consumed);
	peer.requests++;
	peer.on_this++;
	peer_act();
}

static void client(uint32_t timeout_ms, bool plain)
{
	struct httpc_opts o = { .host = "127.0.0.1",
				.port = peer.port,
				.plain = plain,
				.timeout_ms = timeout_ms,
				.max_body = BODY,
				.buf = buf,
				.buf_len = sizeof buf };

	if (c.fd >= 0)
		httpc_done(&c);
	httpc_init(&c, &o);
	peer.accepts = peer.requests = 0;
	if (peer.fd >= 0)
		peer_drop();
}

static enum err run(const char *method, struct slice body, struct http_msg *m)
{
	enum err e = httpc_start(&c, method, "/x",
				 body.len > 0 ? "text/plain" : NULL, "", body);

	if (e != ERR_OK)
		return e;
	if (peer.script == GREET && peer.fd >= 0)
		peer_say("HTTP/1.1 408 Request Timeout\r\n"
			 "Content-Length: 0\r\n\r\n");
	do {
		struct pollfd p;
		int64_t deadline = INT64_MAX;

		peer_turn();
		httpc_poll(&c, &p, &deadline);
		poll(&p, 1, 1);
		e = httpc_step(&c, m);
	} while (e == ERR_AGAIN);
	return e;
}

static void test_reuse(void)
{
	struct http_msg m;
	struct pollfd p;
	int64_t deadline = 7;

	peer.script = ANSWER;
	client(3000, true);
	is_err(run("GET", none, &m), ERR_OK, "a GET");
	ok(m.status == 200 && slice_is(m.body, "ok"), "its answer");
	is_err(run("POST", str_slice("a"), &m), ERR_OK, "a POST");
	ok(peer.accepts == 1 && peer.requests == 2, "over one connection");
	is_err(httpc_step(&c, &m), ERR_STATE, "nothing under way");
	httpc_poll(&c, &p, &deadline);
	ok(p.fd == -1 && deadline == 7, "nothing to wait for");
	is_err(httpc_start(&c, "GET", "/", NULL, "", none), ERR_OK, "started");
	is_err(httpc_start(&c, "GET", "/", NULL, "", none), ERR_STATE,
	       "not twice");
	httpc_close(&c);
	is_err(httpc_start(&c, "GET", "x", NULL, "", none), ERR_VALUE,
	       "a target that is none");
	is_err(httpc_start(&c, "GET", "/", NULL, "bad", none), ERR_VALUE,
	       "an extra header that is none");
	is_err(httpc_start(&c, "POST", "/", NULL, "",
			   (struct slice){ buf, sizeof buf }),
	       ERR_SPACE, "a body that does not fit");
	ok(c.fd < 0, "none of these opens a connection");
	peer.script = DRIP;
	client(5000, true);
	is_err(run("GET", none, &m), ERR_OK, "an answer byte by byte");
	ok(slice_is(m.body, "ok"), "is the same");
}

static void test_reopen(void)
{
	struct http_msg m;

	peer.script = ANSWER_CLOSE;
	client(3000, true);
	is_err(run("POST", str_slice("a"), &m), ERR_OK, "a POST");
	is_err(run("POST", str_slice("b"), &m), ERR_OK,
	       "another, after the server has closed in silence");
	ok(peer.accepts == 2 && peer.requests == 2 && c.retried,
	   "each was seen once");
	peer.script = GREET;
	client(3000, true);
	is_err(run("GET", none, &m), ERR_OK, "a GET");
	is_err(run("GET", none, &m), ERR_OK, "another");
	ok(m.status == 200, "is not answered by a 408 from before");
	ok(peer.accepts == 2, "but over a new connection");
	peer.script = DROP_SECOND;
	client(3000, true);
	is_err(run("GET", none, &m), ERR_OK, "a GET");
	is_err(run("GET", none, &m), ERR_OK, "one that the server drops");
	ok(peer.accepts == 2 && peer.requests == 3, "is asked once more");
	client(3000, true);
	is_err(run("GET", none, &m), ERR_OK, "a GET");
	is_err(run("POST", str_slice("order"), &m), ERR_CLOSED,
	       "a POST that the server has read and dropped");
	ok(peer.accepts == 1 && peer.requests == 2, "is never sent again");
	ok(c.fd < 0 && strcmp(c.error, "connection: the peer closed the "
				       "connection") == 0,
	   "and the error says so");
	is_err(run("POST", str_slice("order"), &m), ERR_OK,
	       "the next one is a new start");
	peer.script = DROP;
	client(3000, true);
	is_err(run("GET", none, &m), ERR_CLOSED, "a first GET that is dropped");
	ok(peer.requests == 1, "is not asked again either");
}

static void test_failures(void)
{
	static const struct {
		const char *what, *raw;
		enum script how;
		enum err want;
	} t[] = {
		{ "until the end", "HTTP/1.1 200 OK\r\n\r\nok", RAW, ERR_OK },
		{ "cut short", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok",
		  RAW, ERR_TRUNC },
		{ "half a head", "HTTP/1.1 200 OK\r\nConte", RAW, ERR_TRUNC },
		{ "not HTTP", "SSH-2.0-x\r\n", RAW_KEEP, ERR_AGAIN },
		{ "not HTTP, ended", "SSH-2.0-x\r\n\r\n", RAW_KEEP, ERR_VALUE },
		{ "HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\n", RAW_KEEP, ERR_UNSUPP },
		{ "interim", "HTTP/1.1 100 Continue\r\n\r\n", RAW_KEEP,
		  ERR_UNSUPP },
		{ "two lengths",
		  "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
		  "Content-Length: 3\r\n\r\nok",
		  RAW_KEEP, ERR_VALUE },
		{ "too long", "HTTP/1.1 200 OK\r\nContent-Length: 8193\r\n\r\n",
		  RAW_KEEP, ERR_LIMIT },
		{ "more than was asked for", OK_HEAD "okHTTP/1.1 200 OK\r\n",
		  RAW_KEEP, ERR_OK },
	};
	struct http_msg m;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		enum err want =
			t[i].want == ERR_AGAIN ? ERR_TIMEOUT : t[i].want;

		peer.script = t[i].how;
		peer.raw = t[i].raw;
		client(300, true);
		is_err(run("GET", none, &m), want, "an answer: %s", t[i].what);
		ok(c.fd < 0, "the connection is not kept");
		ok(want == ERR_OK || c.error[0] != '\0', "%s", c.error);
	}
}

static void test_endless(void)
{
	static char head[BUF + 100];
	struct http_msg m;
	struct wr w = wr_over(head, sizeof head);

	wr_str(&w, "HTTP/1.1 200 OK\r\n");
	while (w.len < BUF)
		wr_str(&w, "a: b\r\n");
	peer.script = RAW_KEEP;
	peer.raw = head;
	client(2000, true);
	is_err(run("GET", none, &m), ERR_SPACE, "a head without end");
	memcpy(head, "HTTP/1.1 200 OK\r\n\r\n", 19);
	client(2000, true);
	is_err(run("GET", none, &m), ERR_LIMIT, "a body without end");
}

static void test_time(void)
{
	struct http_msg m;
	int64_t from = mono_ms(), took;

	peer.script = HANG;
	client(200, true);
	is_err(run("GET", none, &m), ERR_TIMEOUT, "no answer");
	took = mono_ms() - from;
	ok(took >= 200 && took < 1200, "in time: %d ms", (int)took);
	ok(strcmp(c.error, "request: deadline passed") == 0, "%s", c.error);
	ok(c.fd < 0, "closed");
	from = mono_ms();
	is_err(httpc_run(&c, "GET", "/", NULL, "", none, &m), ERR_TIMEOUT,
	       "the same with its own loop");
	took = mono_ms() - from;
	ok(took >= 200 && took < 1200, "in time: %d ms", (int)took);
}

static void test_connect(void)
{
	struct http_msg m;
	uint16_t port;
	int fd;

	client(1000, true);
	if (sock_listen("127.0.0.1", 0, &fd, &port) != ERR_OK)
		_exit(97);
	close(fd);
	c.o.port = port;
	is_err(httpc_run(&c, "GET", "/", NULL, "", none, &m), ERR_IO,
	       "nobody listens");
	ok(strcmp(c.error, "connect: Connection refused") == 0, "%s", c.error);
	peer.script = ANSWER;
	client(3000, true);
	memcpy(c.o.host, "localhost", 10);
	is_err(run("GET", none, &m), ERR_OK, "a host by its name");
}

/* ---- TLS, against the real server */

static void hello(void *ctx, int conn, const struct http_msg *req,
		  struct serve_response *res)
{
	(void)ctx, (void)conn, (void)req;
	wr_str(&res->body, "hello");
}

static uint8_t *mem;

static struct serve *tls_server(struct pki *p)
{
	struct serve_opts o = { .listener = peer.listener,
				.tls = pki_server(p),
				.max_conns = 2,
				.max_request_body = 64,
				.max_response_body = 256,
				.request_timeout_ms = 5000,
				.idle_timeout_ms = 5000,
				.handler = hello };
	static uint8_t room[400000];
	struct serve *s;

	mem = room;
	if (serve_init(&s, &o, mem, sizeof room) != ERR_OK)
		_exit(97);
	return s;
}

static enum err run_tls(struct serve *s, struct http_msg *m)
{
	enum err e = httpc_start(&c, "GET", "/", NULL, "", none);

	while (e == ERR_OK || e == ERR_AGAIN) {
		struct pollfd p[4];
		int64_t deadline = mono_ms() + 1000;
		size_t n = serve_poll(s, p, &deadline);

		httpc_poll(&c, &p[n], &deadline);
		poll(p, n + 1, mono_left(deadline));
		serve_run(s, p, n);
		e = httpc_step(&c, m);
		if (e == ERR_OK)
			return e;
	}
	return e;
}

static void test_tls(void)
{
	static struct pki a, b;
	struct serve *s;
	struct http_msg m;
	uint8_t key[P256_PUB_LEN];

	pki_init(&a, "ca a");
	pki_init(&b, "ca b");
	s = tls_server(&a);
	client(5000, false);
	c.o.tls = pki_client(&a);
	c.o.tls.name = NULL;
	is_err(run_tls(s, &m), ERR_OK, "the host is the name to check");
	ok(slice_is(m.body, "hello"), "its answer");
	is_err(httpc_peer_key(&c, key), ERR_OK, "the server's key");
	ok(memcmp(key, a.key.pub, sizeof key) == 0, "is the right one");
	client(5000, false);
	c.o.tls = pki_client(&b);
	is_err(run_tls(s, &m), ERR_TLS, "another CA");
	ok(strcmp(c.error, "connection: certificate not trusted") == 0, "%s",
	   c.error);
	is_err(httpc_peer_key(&c, key), ERR_STATE, "no key");
	client(5000, false);
	c.o.tls = pki_client(&a);
	c.o.tls.trust = TLS_TRUST_LEARN;
	is_err(run_tls(s, &m), ERR_OK, "a client that learns");
	serve_done(s);
	s = tls_server(&b);
	is_err(run_tls(s, &m), ERR_TLS,
	       "does not take another key after the first");
	is_err(httpc_peer_key(&c, key), ERR_OK, "and still knows that one");
	ok(memcmp(key, a.key.pub, sizeof key) == 0, "unchanged");
	client(5000, false);
	c.o.tls = pki_client(&b);
	c.o.tls.trust = TLS_TRUST_KEY;
	c.o.tls.pin = b.key.pub;
	is_err(run_tls(s, &m), ERR_OK, "a client with the right pin");
	serve_done(s);
}

int main(void)
{
	c.fd = -1;
	if (sock_listen("127.0.0.1", 0, &peer.listener, &peer.port) != ERR_OK)
		_exit(97);
	test_reuse();
	test_reopen();
	test_failures();
	test_endless();
	test_time();
	test_connect();
	client(1000, true);
	test_tls();
	httpc_done(&c);
	return tap_done();
}
