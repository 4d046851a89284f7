/* sys/console.h: a line is a text of ours, at most one name and one number. */
#include "sys/console.h"

#include <fcntl.h>
#include <stdlib.h>

#include "tests/tap.h"

static void is_line(enum console_line line, const char *name, int64_t number,
		    const char *want)
{
	uint8_t buf[256];
	struct wr w = wr_over(buf, sizeof buf);

	console_line(&w, line, name, number);
	ok(slice_is(wr_slice(&w), want), "%.*s", (int)strcspn(want, "\n"),
	   want);
}

static void test_lines(void)
{
	char longest[64 + 1];

	is_line(CONSOLE_BOOT, NULL, -1, "ee: boot\n");
	is_line(CONSOLE_STEP, "network", 650, "ee: step network 650\n");
	is_line(CONSOLE_LEASE, "10.0.2.15", 24,
		"ee: network lease 10.0.2.15 24\n");
	is_line(CONSOLE_QUOTE, NULL, 0, "ee: quote bytes 0\n");
	is_line(CONSOLE_CONFIG, NULL, INT64_MAX,
		"ee: config bound bytes 9223372036854775807\n");
	is_line(CONSOLE_JOB_FAILED, "signal", 31, "ee: job failed signal 31\n");
	is_line(CONSOLE_REPORT, "", 1, "ee: report signed sequence 1\n");
	is_line(CONSOLE_BOOT, "a\nFATAL b", 1, "ee: boot 1\n");
	is_line(CONSOLE_BOOT, "a b", -1, "ee: boot\n");
	is_line(CONSOLE_BOOT, "\033[2J", -1, "ee: boot\n");
	is_line(CONSOLE_BOOT, "caf\xc3\xa9", -1, "ee: boot\n");
	memset(longest, 'a', sizeof longest - 1);
	longest[64] = '\0';
	is_line(CONSOLE_BOOT, longest, -1, "ee: boot\n");
}

static void test_every(void)
{
	uint8_t buf[256];
	struct wr w;

	for (unsigned int i = 0; i < CONSOLE_LINES; i++) {
		w = wr_over(buf, sizeof buf);
		console_line(&w, (enum console_line)i, NULL, -1);
		ok(w.len > 5 && memcmp(buf, "ee: ", 4) == 0, "line %u", i);
	}
	w = wr_over(buf, sizeof buf);
	console_line(&w, CONSOLE_LINES, NULL, -1);
	is_err(wr_end(&w), ERR_VALUE, "there is no line after the last");
}

static void test_fatal(void)
{
	uint8_t buf[256];
	struct wr w = wr_over(buf, sizeof buf);

	console_fatal_line(&w, "config", "a required field is not there",
			   "vm_name");
	ok(slice_is(wr_slice(&w),
		    "FATAL config: a required field is not there vm_name\n"),
	   "with a key");
	w = wr_over(buf, sizeof buf);
	console_fatal_line(&w, "config", "x", "no name\nee: boot");
	ok(slice_is(wr_slice(&w), "FATAL config: x\n"), "without a bad one");
}

static void test_open(void)
{
	char path[] = "/tmp/test_console.XXXXXX", got[64] = "";
	int fd = mkstemp(path);

	console(CONSOLE_BOOT, NULL, -1); /* goes nowhere, and does not fail */
	is_err(console_open("/nowhere/console"), ERR_IO, "no such console");
	is_err(console_open(path), ERR_OK, "a file as console");
	console(CONSOLE_STEP, "clock", 3);
	console_fatal("clock", "gone", NULL);
	ok(read(fd, got, sizeof got - 1) > 0 &&
		   strcmp(got, "ee: step clock 3\nFATAL clock: gone\n") == 0,
	   "holds both lines");
	unlink(path);
}

int main(void)
{
	test_lines();
	test_every();
	test_fatal();
	test_open();
	return tap_done();
}
