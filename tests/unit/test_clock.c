/* sys/clock.h over a clock of our own, and sys/rtmr.h, sys/entropy.h,
 * sys/kfile.h over files: the small doors to the kernel. */
#include "sys/clock.h"

#include <stdlib.h>

#include "lib/sock.h"
#include "sys/entropy.h"
#include "sys/kfile.h"
#include "sys/rtmr.h"
#include "tests/tap.h"

static int64_t now;
static int sets;
static enum err answer;

static enum err get(int64_t *unix_ms)
{
	if (answer == ERR_OK)
		*unix_ms = now;
	return answer;
}

static enum err put(int64_t unix_ms)
{
	sets++;
	if (answer == ERR_OK)
		now = unix_ms;
	return answer;
}

static void test_clock(void)
{
	struct clock_guard c = { .epoch_s = 1000, .get = get, .put = put };

	now = 999999;
	is_err(clock_floor(&c), ERR_OK, "before the epoch");
	ok(now == 1000000, "it is moved to the epoch");
	now = 1000001;
	is_err(clock_floor(&c), ERR_OK, "after the epoch");
	ok(now == 1000001 && sets == 1, "it is left alone");
	is_err(clock_set_once(&c, 999999), ERR_VALUE, "before the epoch");
	is_err(clock_set_once(&c, 253402300800000), ERR_VALUE, "year 10000");
	is_err(clock_set_once(&c, -1), ERR_VALUE, "before 1970");
	answer = ERR_IO;
	is_err(clock_set_once(&c, 1000000), ERR_IO, "the kernel refuses");
	is_err(clock_floor(&c), ERR_IO, "or does not say the time");
	answer = ERR_OK;
	is_err(clock_set_once(&c, 1000000), ERR_OK, "back, to the epoch");
	ok(now == 1000000, "it is set");
	is_err(clock_set_once(&c, 2000000), ERR_STATE, "a second time");
	ok(now == 1000000, "it is not");
}

static void test_real_clock(void)
{
	struct clock_guard c;
	int64_t t = 0;

	clock_guard_init(&c, 1);
	is_err(c.get(&t), ERR_OK, "the system's clock");
	ok(t > 1600000000000 && t < 253402300800000, "in milliseconds");
	is_err(clock_floor(&c), ERR_OK, "which is after 1970, so not set");
}

static void test_rtmr(void)
{
	char path[] = "/tmp/test_rtmr.XXXXXX";
	int fd = mkstemp(path);
	struct rtmr3 r = { .path = path };
	uint8_t digest[SHA384_LEN], got[SHA384_LEN + 1];
	size_t n = 0;

	memset(digest, 0xab, sizeof digest);
	is_err(rtmr3_extend(&r, digest), ERR_OK, "extend");
	is_err(kfile_read(path, got, sizeof got, &n), ERR_OK, "the file");
	ok(n == SHA384_LEN && memcmp(got, digest, n) == 0,
	   "holds the 48 bytes once");
	is_err(rtmr3_extend(&r, digest), ERR_STATE, "a second time");
	ok(lseek(fd, 0, SEEK_END) == SHA384_LEN, "nothing is written");
	close(fd);
	unlink(path);
	r = (struct rtmr3){ .path = path };
	is_err(rtmr3_extend(&r, digest), ERR_MISSING, "no such register");
	is_err(rtmr3_extend(&r, digest), ERR_STATE, "is not tried again");
}

static void test_entropy(void)
{
	static const uint64_t good[] = { 1, 2, 3, 4 }, same[] = { 7, 7, 7, 7 },
			      twice[] = { 1, 2, 3, 1 }, zero[] = { 1, 0, 3, 4 },
			      ones[] = { 1, 2, UINT64_MAX, 4 };

	ok(entropy_alive(good, 4), "four different draws");
	ok(!entropy_alive(same, 4), "a stuck generator");
	ok(!entropy_alive(twice, 4), "a value that comes twice");
	ok(!entropy_alive(zero, 4), "zero");
	ok(!entropy_alive(ones, 4), "all ones, as a broken RDRAND gave");
	is_err(entropy_check(mono_ms() + 1000), ERR_OK,
	       "this machine has RDRAND and a seeded pool");
}

static void test_files(void)
{
	char path[] = "/tmp/test_kfile.XXXXXX", line[8];
	uint8_t buf[4];
	size_t n = 77;
	int fd = mkstemp(path), ends[2];

	is_err(kfile_write(path, str_slice("abc\n")), ERR_OK, "write");
	is_err(kfile_read(path, buf, 4, &n), ERR_OK, "read a full buffer");
	ok(n == 4 && memcmp(buf, "abc\n", 4) == 0, "its bytes");
	n = 77;
	is_err(kfile_read(path, buf, 3, &n), ERR_LIMIT, "one byte too long");
	ok(n == 77, "nothing written");
	is_err(kfile_line(path, line, sizeof line), ERR_OK, "a line");
	ok(strcmp(line, "abc") == 0, "without its newline");
	is_err(kfile_line(path, line, 3), ERR_LIMIT, "no room for its NUL");
	is_err(kfile_replace(path, str_slice("a\nb\n")), ERR_OK, "replace");
	is_err(kfile_line(path, line, sizeof line), ERR_VALUE, "two lines");
	is_err(kfile_replace(path,
			     (struct slice){ (const uint8_t *)"a\0b", 3 }),
	       ERR_OK, "replace");
	is_err(kfile_line(path, line, sizeof line), ERR_VALUE, "a NUL inside");
	close(fd);
	unlink(path);
	is_err(kfile_read(path, buf, 4, &n), ERR_MISSING, "no file to read");
	is_err(kfile_write(path, str_slice("x")), ERR_MISSING, "nor to write");
	if (pipe(ends) != 0)
		_exit(99);
	is_err(kfile_send(ends[1], "abc", 3), ERR_OK, "into a pipe");
	close(ends[1]);
	is_err(kfile_drain(ends[0], buf, sizeof buf, &n), ERR_OK, "out of it");
	ok(n == 3, "up to its end");
	close(ends[0]);
}

int main(void)
{
	test_clock();
	test_real_clock();
	test_rtmr();
	test_entropy();
	test_files();
	return tap_done();
}
