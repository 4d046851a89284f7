/* Errands: this program is started again as one, and does what the test wants:
 * reads, writes, ends, is silent, writes too much, dies. */
#include <signal.h>
#include <stdlib.h>

#include "host-launcher/plane/errand.h"
#include "lib/sock.h"
#include "tests/tap.h"

enum {
	CAP = 1000
};

static struct errand errand;
static uint8_t buf[CAP];

/* ---- the other side ---- */

static int copy(void)
{
	char c[512];
	ssize_t n;

	while ((n = read(0, c, sizeof c)) > 0)
		if (write(1, c, (size_t)n) != n)
			return 9;
	return n == 0 ? 0 : 9;
}

static int child(const char *what)
{
	sigset_t blocked;
	size_t n = CAP;

	if (strcmp(what, "copy") == 0)
		return copy();
	if (strcmp(what, "three") == 0)
		return 3;
	if (strcmp(what, "wait") == 0)
		return (int)sleep(60);
	if (strcmp(what, "close") == 0)
		return close(1), close(2), (int)sleep(60);
	if (strcmp(what, "complain") == 0)
		return fputs("why", stderr) < 0 ? 9 : 4;
	if (strcmp(what, "signals") == 0)
		return sigprocmask(SIG_BLOCK, NULL, &blocked) == 0 &&
				       sigismember(&blocked, SIGTERM) == 0
			       ? 0
			       : 9;
	if (strcmp(what, "die") == 0)
		return raise(SIGKILL);
	n += strcmp(what, "more") == 0;
	for (size_t i = 0; i < n; i++)
		putchar('x');
	return 0;
}

/* ---- this side ---- */

static enum err start(const char *what, struct slice input, int wait_ms)
{
	const char *const argv[] = { "test_errand", "child", what, NULL };

	return errand_start(&errand, argv, input, buf, sizeof buf,
			    mono_ms() + wait_ms);
}

/* Its exit status; -2 when it does not end. */
static int finish(void)
{
	int64_t give_up_ms = mono_ms() + 20000;
	int status = 0;

	while (mono_ms() < give_up_ms) {
		int64_t deadline_ms = give_up_ms;
		struct pollfd p[1];
		size_t n = errand_poll(&errand, p, mono_ms(), &deadline_ms);

		if (poll(p, n, mono_left(deadline_ms)) < 0)
			return -2;
		if (errand_step(&errand, mono_ms(), &status))
			return status;
	}
	return -2;
}

static int run(const char *what, struct slice input)
{
	if (start(what, input, 20000) != ERR_OK)
		return -3;
	return finish();
}

static void test_ends(void)
{
	int status = 0;

	ok(!errand_step(&errand, mono_ms(), &status), "at first there is none");
	ok(run("copy", str_slice("hello")) == 0 &&
		   slice_is(errand_output(&errand), "hello"),
	   "what is written is read");
	ok(run("copy", str_slice("")) == 0 && errand_output(&errand).len == 0,
	   "nothing, too");
	ok(run("three", str_slice("unread")) == 3, "it ends with a status");
	ok(run("complain", str_slice("")) == 4 &&
		   slice_is(errand_output(&errand), "why"),
	   "and why, in the place of its output");
	ok(run("die", str_slice("")) == -1, "it dies");
	ok(run("full", str_slice("")) == 0 && errand_output(&errand).len == CAP,
	   "it writes all that it may");
	ok(run("more", str_slice("")) == -1, "and a byte more is a failure");
	ok(run("signals", str_slice("")) == 0, "no signal is blocked in it");
	ok(!errand.on, "none is left");
}

static void test_times(void)
{
	int64_t began_ms = mono_ms();

	is_err(start("wait", str_slice(""), 100), ERR_OK, "one that waits");
	is_err(start("wait", str_slice(""), 100), ERR_STATE,
	       "there is one at a time");
	ok(finish() == -1 && mono_ms() - began_ms < 5000,
	   "is killed at its time");
	is_err(start("close", str_slice(""), 200), ERR_OK,
	       "one that says all and stays");
	ok(finish() == -1, "is killed at its time as well");
	is_err(start("wait", str_slice(""), 60000), ERR_OK, "one that waits");
	errand_stop(&errand);
	errand_stop(&errand);
	ok(!errand.on && kill(errand.pid, 0) != 0, "is stopped, and is gone");
}

static void test_input(void)
{
	static uint8_t big[ERRAND_MAX_INPUT + 1];

	ok(run("three", (struct slice){ big, ERRAND_MAX_INPUT }) == 3,
	   "the longest input waits in the pipe");
	is_err(start("three", (struct slice){ big, sizeof big }, 1000),
	       ERR_LIMIT, "a longer one is refused");
	ok(!errand.on, "and nothing was started");
}

int main(int argc, char **argv)
{
	if (argc == 3)
		return child(argv[2]);
	test_ends();
	test_times();
	test_input();
	return tap_done();
}
