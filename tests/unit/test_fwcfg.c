/* fw_cfg through a qtest socket: against a child that plays QEMU. Its answers
 * have the form of QEMU 7.2's and 10.1's; that it is theirs, is shown by
 * tests/integration/oracle.py. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "host-launcher/vm/fwcfg.h"
#include "lib/sock.h"
#include "tests/tap.h"

static struct talk talk;
static struct fwcfg_dir dir;

/* What the device has: a directory of two files, and their bytes. */
static const char *form = "OK 0x%04x\n", *selected = "OK\n";
static uint32_t nfiles = 2;

static uint8_t device_byte(unsigned key, size_t at)
{
	uint8_t raw[4 + 2 * 64];
	struct wr w = wr_over(raw, sizeof raw);
	static const char *const names[] = { "etc/one", "bootorder" };

	if (key != 0x19)
		return (uint8_t)(key + at);
	wr_u32be(&w, nfiles);
	for (unsigned i = 0; i < 2; i++) {
		wr_u32be(&w, 1000 * (i + 1));
		wr_u16be(&w, (uint16_t)(0x20 + i));
		wr_u16be(&w, 0);
		wr_str(&w, names[i]);
		wr_zero(&w, 56 - strlen(names[i]));
	}
	return at < sizeof raw ? raw[at] : 0;
}

static _Noreturn void serve(int fd)
{
	FILE *f = fdopen(fd, "r+");
	unsigned key = 0;
	char line[64];
	size_t at = 0;

	while (f != NULL && fgets(line, sizeof line, f) != NULL) {
		char answer[64];

		if (sscanf(line, "outw 0x510 0x%x", &key) == 1) {
			at = 0;
			(void)snprintf(answer, sizeof answer, "%s", selected);
		} else if (strcmp(line, "inb 0x511\n") == 0) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
			(void)snprintf(answer, sizeof answer, form,
				       device_byte(key, at++));
#pragma GCC diagnostic pop
		} else {
			_exit(97);
		}
		if (write(fd, answer, strlen(answer)) < 0)
			_exit(96);
	}
	_exit(0);
}

static pid_t start(void)
{
	int fds[2];
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0)
		_exit(98);
	child = fork();
	if (child == 0) {
		(void)close(fds[0]);
		serve(fds[1]);
	}
	(void)close(fds[1]);
	(void)fcntl(fds[0], F_SETFL, O_NONBLOCK);
	talk = (struct talk){ .fd = fds[0] };
	return child;
}

static void stop(pid_t child)
{
	talk_close(&talk);
	(void)waitpid(child, NULL, 0);
}

static void test_read(void)
{
	static const char *const forms[] = { "OK 0x%04x\n", "OK 0x%02x\r\n",
					     "OK 0x%016x\n" };

	for (size_t i = 0; i < 3; i++) {
		int64_t end = mono_ms() + 20000;
		struct buf b = { 0 };
		size_t wrong = 0;
		pid_t child;

		form = forms[i];
		child = start();
		is_err(fwcfg_dir(&talk, end, &dir), ERR_OK, "a directory");
		ok(dir.n == 2 && fwcfg_find(&dir, "bootorder")->key == 0x21 &&
			   fwcfg_find(&dir, "bootorder")->size == 2000 &&
			   fwcfg_find(&dir, "boot") == NULL,
		   "of two files");
		is_err(fwcfg_read(&talk, 0x21, 2000, end, &b), ERR_OK,
		       "a file of several batches");
		for (size_t k = 0; k < b.len; k++)
			wrong += b.ptr[k] != (uint8_t)(0x21 + k);
		ok(b.len == 2000 && wrong == 0, "has its bytes");
		buf_free(&b);
		stop(child);
	}
}

static void test_refusals(void)
{
	static const struct {
		const char *form, *selected;
		uint32_t n;
		enum err want;
		const char *title;
	} rows[] = {
		{ "OK 0x%04x\n", "FAIL no\n", 2, ERR_VALUE,
		  "a selector that is refused" },
		{ "OK 0x01%02x\n", "OK\n", 2, ERR_VALUE, "more than a byte" },
		{ "OK %02x\n", "OK\n", 2, ERR_VALUE, "no 0x" },
		{ "OK 0x\n", "OK\n", 2, ERR_VALUE, "no digits" },
		{ "OK 0xZ%x\n", "OK\n", 2, ERR_VALUE, "no number" },
		{ "OK 0x%04x\n", "OK\n", FWCFG_FILES_MAX + 1, ERR_LIMIT,
		  "more files than there can be" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		pid_t child;

		form = rows[i].form;
		selected = rows[i].selected;
		nfiles = rows[i].n;
		child = start();
		is_err(fwcfg_dir(&talk, mono_ms() + 20000, &dir), rows[i].want,
		       "%s", rows[i].title);
		stop(child);
	}
}

static void test_talk(void)
{
	static char line[TALK_LINE_MAX + 2];
	struct slice got;
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) != 0)
		_exit(98);
	talk = (struct talk){ .fd = fds[0] };
	is_err(talk_line(&talk, &got, mono_ms() + 20), ERR_TIMEOUT,
	       "nobody says anything");
	ok(write(fds[1], "a\r\n\nb", 5) == 5, "two lines and a half");
	is_err(talk_line(&talk, &got, mono_ms() + 5000), ERR_OK, "one");
	ok(slice_is(got, "a"), "without its line break");
	is_err(talk_line(&talk, &got, mono_ms() + 5000), ERR_OK, "an empty");
	ok(got.len == 0, "one");
	is_err(talk_line(&talk, &got, mono_ms() + 20), ERR_TIMEOUT, "no more");
	(void)close(fds[1]);
	is_err(talk_line(&talk, &got, mono_ms() + 5000), ERR_CLOSED,
	       "half a line at the end is none");
	talk_close(&talk);
	is_err(talk_open(&talk, "/nowhere/at.all", mono_ms() + 50), ERR_TIMEOUT,
	       "nobody listens");
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) != 0)
		_exit(98);
	talk = (struct talk){ .fd = fds[0] };
	memset(line, 'x', sizeof line);
	for (size_t at = 0; at < sizeof line;) {
		ssize_t n = write(fds[1], line + at, sizeof line - at);

		if (n > 0)
			at += (size_t)n;
		else if (talk_line(&talk, &got, mono_ms() + 10) != ERR_TIMEOUT)
			break;
	}
	is_err(talk_line(&talk, &got, mono_ms() + 5000), ERR_LIMIT,
	       "a line too long");
	talk_close(&talk);
	(void)close(fds[1]);
}

int main(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
	test_read();
	test_refusals();
	test_talk();
	return tap_done();
}
