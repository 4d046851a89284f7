/* sys/broker.h: packets between init and the agent, over a real socket pair. */
#include "sys/broker.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/socket.h>

#include "sys/console.h"
#include "tests/tap.h"

enum {
	HEAD = offsetof(struct broker_msg, quote)
};

static int a, b; /* the two ends; b does not block */
static struct broker_msg sent, got;

static void open_pair(void)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		_exit(99);
	a = pair[0];
	b = pair[1];
	fcntl(b, F_SETFL, O_NONBLOCK);
}

static void close_pair(void)
{
	close(a);
	close(b);
}

static struct broker_msg request(uint8_t op)
{
	struct broker_msg m;

	memset(&m, 0, sizeof m);
	m.op = op;
	m.id = 0x01020304;
	return m;
}

static void test_round(void)
{
	int fd = 77;

	open_pair();
	sent = request(BROKER_QUOTE);
	memset(sent.reportdata, 5, sizeof sent.reportdata);
	memset(sent.quote, 6, sizeof sent.quote);
	for (uint32_t n = 0; n <= LIMIT_QUOTE_BYTES; n += 4096) {
		sent.quote_len = n;
		is_err(broker_send(a, &sent, -1), ERR_OK, "%u bytes go", n);
		memset(&got, 0, sizeof got);
		is_err(broker_recv(b, &got, &fd), ERR_OK, "and come");
		ok(memcmp(&got, &sent, HEAD + n) == 0 && fd == -1, "the same");
		ok(n == LIMIT_QUOTE_BYTES || got.quote[n] == 0, "no more");
	}
	sent.quote_len = LIMIT_QUOTE_BYTES + 1;
	is_err(broker_send(a, &sent, -1), ERR_LIMIT, "one byte more");
	is_err(broker_recv(b, &got, &fd), ERR_AGAIN, "nothing there");
	close(a);
	is_err(broker_recv(b, &got, &fd), ERR_CLOSED, "the end");
	sent.quote_len = 0;
	is_err(broker_send(b, &sent, -1), ERR_CLOSED, "nobody there");
	close(b);
}

static void test_descriptor(void)
{
	int pipes[2], fd = -1;
	char c = 0;

	open_pair();
	if (pipe(pipes) != 0)
		_exit(99);
	sent = request(BROKER_SPAWN);
	is_err(broker_send(a, &sent, pipes[1]), ERR_OK, "with a descriptor");
	close(pipes[1]);
	is_err(broker_recv(b, &got, &fd), ERR_OK, "comes");
	ok(fd >= 0 && write(fd, "x", 1) == 1 && read(pipes[0], &c, 1) == 1 &&
		   c == 'x',
	   "and is the same pipe");
	ok((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0, "closed on exec");
	close(fd);
	close(pipes[0]);
	close_pair();
}

/* How many descriptors are open, to see that a refused packet leaves none. */
static int open_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 64; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void send_raw(size_t len, int nfds)
{
	static const unsigned int lens[] = { 0, CMSG_LEN(4), CMSG_LEN(8), 0,
					     CMSG_LEN(16) };
	int fds[4] = { a, a, a, a };
	struct iovec iov = { &sent, len };
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1 };
	union {
		char buf[CMSG_SPACE(sizeof fds)];
		struct cmsghdr head;
	} control;

	memset(&control, 0, sizeof control);
	if (nfds > 0) {
		h.msg_control = control.buf;
		h.msg_controllen = lens[nfds];
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = lens[nfds];
		memcpy(CMSG_DATA(&control.head), fds, sizeof fds);
	}
	if (sendmsg(a, &h, 0) != (ssize_t)len)
		_exit(98);
}

static void refused(const char *what, size_t len, int nfds)
{
	int fd = 77, before = open_fds();

	send_raw(len, nfds);
	memset(&got, 0x55, sizeof got);
	is_err(broker_recv(b, &got, &fd), ERR_VALUE, "%s", what);
	ok(fd == 77 && got.op == 0x55 && open_fds() == before,
	   "writes nothing and leaves no descriptor open");
}

static void test_malformed(void)
{
	open_pair();
	for (size_t n = 1; n < HEAD; n += 13) {
		sent = request(BROKER_QUOTE);
		refused("a short head", n, 0);
	}
	refused("a head without its last byte", HEAD - 1, 0);
	refused("one byte more", HEAD + 1, 0);
	sent.quote_len = 10;
	refused("nine of ten bytes", HEAD + 9, 0);
	sent.quote_len = LIMIT_QUOTE_BYTES + 1;
	refused("a quote above its limit", sizeof sent, 0);
	sent.quote_len = UINT32_MAX;
	refused("a length that wraps", HEAD - 1, 0);
	sent = request(0);
	refused("op 0", HEAD, 0);
	sent = request(BROKER_EXITED + 1);
	refused("an op that is none", HEAD, 0);
	sent = request(BROKER_LOG);
	sent.pad = 1;
	refused("padding that is not zero", HEAD, 0);
	sent = request(BROKER_LOG);
	sent.err = ERR_IO + 1;
	refused("an error that is none", HEAD, 0);
	sent = request(BROKER_LOG);
	memset(sent.text, 'a', sizeof sent.text);
	refused("a text without its end", HEAD, 0);
	memcpy(sent.text, "a b", 4);
	refused("a text that is no name", HEAD, 0);
	sent = request(BROKER_KILL);
	refused("a bad length with a descriptor", HEAD - 1, 1);
	refused("two descriptors", HEAD, 2);
	refused("four descriptors", HEAD, 4);
	close_pair();
}

static void test_requests(void)
{
	static const struct {
		struct broker_msg m;
		enum err err;
		const char *what;
	} t[] = {
		{ { .op = BROKER_QUOTE, .reportdata = { 1 } },
		  ERR_OK,
		  "a quote" },
		{ { .op = BROKER_SPAWN, .slot = 3 }, ERR_OK, "spawn" },
		{ { .op = BROKER_KILL, .slot = 0 }, ERR_OK, "kill" },
		{ { .op = BROKER_CLOCK, .unix_ms = 9 }, ERR_OK, "clock" },
		{ { .op = BROKER_LOG,
		    .slot = CONSOLE_NONCE,
		    .status = -1,
		    .text = "x" },
		  ERR_OK,
		  "a line" },
		{ { .op = BROKER_LOG, .slot = CONSOLE_REPORT },
		  ERR_OK,
		  "the last line" },
		{ { .op = BROKER_LOG, .slot = CONSOLE_BOOT },
		  ERR_VALUE,
		  "a line of init's" },
		{ { .op = BROKER_LOG, .slot = CONSOLE_POWEROFF },
		  ERR_VALUE,
		  "another one" },
		{ { .op = BROKER_LOG, .slot = 255 }, ERR_VALUE, "no line" },
		{ { .op = BROKER_EXITED }, ERR_UNKNOWN, "an event" },
		{ { .op = BROKER_SPAWN, .slot = LIMIT_JOBS },
		  ERR_VALUE,
		  "a slot past the last" },
		{ { .op = BROKER_QUOTE, .slot = 1 }, ERR_VALUE, "a slot" },
		{ { .op = BROKER_QUOTE, .err = 1 }, ERR_VALUE, "an error" },
		{ { .op = BROKER_QUOTE, .quote_len = 1 },
		  ERR_VALUE,
		  "a quote in a request" },
		{ { .op = BROKER_KILL, .unix_ms = 1 }, ERR_VALUE, "a time" },
		{ { .op = BROKER_KILL, .status = 1 }, ERR_VALUE, "a status" },
		{ { .op = BROKER_KILL, .text = "x" }, ERR_VALUE, "a text" },
		{ { .op = BROKER_KILL, .reportdata = { [63] = 1 } },
		  ERR_VALUE,
		  "REPORTDATA" },
	};

	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++)
		is_err(broker_check_request(&t[i].m), t[i].err, "%s: %s",
		       t[i].what, err_name(t[i].err));
}

static void test_full(void)
{
	enum err e;
	int n = 0, fd;

	open_pair();
	sent = request(BROKER_QUOTE);
	sent.quote_len = LIMIT_QUOTE_BYTES;
	do
		e = broker_send(b, &sent, -1);
	while (e == ERR_OK && ++n < 1000);
	is_err(e, ERR_AGAIN, "nobody reads: %d answers fit", n);
	ok(n >= 5, "five quotes fit");
	is_err(broker_recv(a, &got, &fd), ERR_OK, "one is read");
	is_err(broker_send(b, &sent, -1), ERR_OK, "and there is room again");
	close_pair();
}

int main(void)
{
	test_round();
	test_descriptor();
	test_malformed();
	test_requests();
	test_full();
	return tap_done();
}
