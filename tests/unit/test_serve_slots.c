/* The server's slots: who makes room for whom, answers that come later, and
 * the way out. */
#include "tests/serve_net.h"

static void test_slots(void)
{
	struct http_msg m;
	int fd[CONNS + 1], bad[12];
	size_t n;

	for (int i = 0; i < CONNS; i++) {
		fd[i] = dial();
		(void)ask(fd[i], GET("/"), &m);
		spin(5);
	}
	(void)ask(fd[0], GET("/"), &m);
	fd[CONNS] = dial();
	ok(ask(fd[CONNS], GET("/"), &m) == 200,
	   "with all slots idle a new connection is served");
	ok(sock_recv(fd[1], heard, 1, &n) == ERR_CLOSED,
	   "in the place of the one that was idle for longest");
	ok(sock_recv(fd[0], heard, 1, &n) == ERR_AGAIN &&
		   sock_recv(fd[2], heard, 1, &n) == ERR_AGAIN,
	   "and of no other");
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
}

/* An answer may have more time than a request. */
static void test_defer_long(void)
{
	struct http_msg m;
	int fd = dial();

	(void)say_str(fd, GET("/defer"));
	spin(REQUEST_MS + REQUEST_MS / 2);
	nheard = 0;
	serve_answer(srv, deferred_conn, 200, str_slice("{}"));
	ok(hear(fd, &m) == 200, "an answer later than a request may be");
	ok(ask(fd, GET("/defer"), &m) == 504 && closes(fd), "but not for ever");
	close(fd);
}

static void reset(int fd)
{
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 0 },
		   sizeof(struct linger));
	close(fd);
}

static void test_defer_gone(void)
{
	struct http_msg m;
	int64_t from;
	int fd[CONNS], late, gone;

	for (int i = 0; i < CONNS; i++) {
		fd[i] = dial();
		(void)say_str(fd[i], GET("/defer"));
		spin(10);
	}
	gone = deferred_conn;
	reset(fd[CONNS - 1]);
	from = mono_ms();
	late = dial();
	ok(ask(late, GET("/"), &m) == 200 && mono_ms() - from < REQUEST_MS / 2,
	   "a client that resets leaves its slot at once");
	serve_answer(srv, gone, 200, str_slice("gone"));
	ok(ask(late, GET("/"), &m) == 200 && slice_is(m.body, "{}"),
	   "and its answer goes to nobody");
	close(late);
	for (int i = 0; i < CONNS - 1; i++)
		reset(fd[i]);
	spin(30);
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

	test_slots();
	test_defer();
	test_defer_gone();
	test_drain();
	serve_done(srv);
	answer_ms = 2 * REQUEST_MS;
	mem = start(true, REQUEST_MS, mem);
	test_defer_long();
	serve_done(srv);
	mem = start(true, 60000, mem);
	test_grace();
	serve_done(srv);
	free(mem);
	return tap_done();
}
