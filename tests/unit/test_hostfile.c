/* Files, state folder and processes of host-launcher/lib. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "host-launcher/lib/file.h"
#include "host-launcher/lib/proc.h"
#include "tests/tap.h"

static char dir[] = "/tmp/ee-test-file-XXXXXX";

static void test_round_trip(void)
{
	struct buf b = { 0 };
	struct stat st;

	is_err(file_write("a", 0600, str_slice("hello")), ERR_OK, "written");
	ok(stat("a", &st) == 0 && (st.st_mode & 07777) == 0600, "mode 0600");
	is_err(file_read("a", 5, &b), ERR_OK, "read with the exact limit");
	ok(slice_is(buf_slice(&b), "hello") && b.ptr[5] == '\0',
	   "the same bytes, then a NUL");
	buf_free(&b);
	is_err(file_read("a", 4, &b), ERR_LIMIT, "one byte over the limit");
	ok(b.ptr == NULL, "leaves nothing to free");
	is_err(file_write("a", 0644, (struct slice){ 0 }), ERR_OK, "emptied");
	ok(stat("a", &st) == 0 && st.st_size == 0 &&
		   (st.st_mode & 07777) == 0644,
	   "replaced, mode and all");
	is_err(file_read("a", 0, &b), ERR_OK, "an empty file within limit 0");
	ok(b.len == 0 && b.ptr != NULL, "is an empty string");
	buf_free(&b);
	is_err(file_read("none", 9, &b), ERR_MISSING, "no such file");
	is_err(file_read(".", 9, &b), ERR_IO, "a folder is no file");
	is_err(file_write("none/x", 0600, str_slice("x")), ERR_IO,
	       "no folder to write to");
}

static void test_large(void)
{
	enum {
		BIG = 100000
	};
	static uint8_t big[BIG];
	struct buf b = { 0 };

	for (size_t i = 0; i < BIG; i++)
		big[i] = (uint8_t)(i * 7 + i / 256);
	is_err(file_write("big", 0600, (struct slice){ big, BIG }), ERR_OK,
	       "100,000 bytes written");
	is_err(file_read("big", BIG, &b), ERR_OK, "and read");
	ok(b.len == BIG && memcmp(b.ptr, big, BIG) == 0, "are the same");
	buf_free(&b);
	is_err(file_read("big", BIG - 1, &b), ERR_LIMIT, "limit is exact");
}

static void test_secret(void)
{
	static const struct {
		mode_t mode;
		enum err want;
	} rows[] = { { 0600, ERR_OK },    { 0400, ERR_OK },
		     { 0640, ERR_STATE }, { 0604, ERR_STATE },
		     { 0620, ERR_STATE }, { 0601, ERR_STATE } };
	struct buf b = { 0 };

	is_err(file_write("s", 0600, str_slice("x")), ERR_OK, "a secret");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		ok(chmod("s", rows[i].mode) == 0, "chmod");
		is_err(file_read_secret("s", 9, &b), rows[i].want, "mode %04o",
		       (unsigned)rows[i].mode);
		buf_free(&b);
	}
}

static void test_dirs(void)
{
	char root[PATH_CAP];
	struct stat st;

	is_err(dir_make("x/y/z", 0700), ERR_OK, "three folders");
	ok(stat("x/y/z", &st) == 0 && (st.st_mode & 07777) == 0700, "0700");
	is_err(dir_make("x/y/z", 0700), ERR_OK, "again");
	is_err(dir_make("a", 0700), ERR_IO, "a file is in the way");
	is_err(dir_make("a/b", 0700), ERR_IO, "or above it");
	setenv("XDG_STATE_HOME", "/s", 1);
	is_err(state_root(root), ERR_OK, "XDG_STATE_HOME");
	ok(strcmp(root, "/s/ee-launcher") == 0, "is taken");
	setenv("XDG_STATE_HOME", "rel", 1);
	is_err(state_root(root), ERR_VALUE, "a relative one is refused");
	setenv("XDG_STATE_HOME", "", 1);
	setenv("HOME", "/h", 1);
	is_err(state_root(root), ERR_OK, "an empty one counts as unset");
	ok(strcmp(root, "/h/.local/state/ee-launcher") == 0, "HOME is used");
	unsetenv("HOME");
	is_err(state_root(root), ERR_MISSING, "neither is set");
}

/* Field 22 of proc(5)'s stat, with the hard names of its field 2. */
static void test_stat_text(void)
{
	static const char *const rest =
		" S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20\n";
	static const char *const names[] = { "1 (sh)", "1 (a b)", "1 (a) S 9)",
					     "1 ()" };
	char line[128], state = 0;
	uint64_t start;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct slice s;

		(void)snprintf(line, sizeof line, "%s%s", names[i], rest);
		start = 0;
		s = str_slice(line);
		is_err(proc_stat_parse(at_page_end(s.ptr, s.len), &state,
				       &start),
		       ERR_OK, "name %zu", i);
		ok(state == 'S' && start == 4711, "state and start");
	}
	for (size_t n = 0; n < strlen(names[0]) + strlen(rest) - 8; n++) {
		(void)snprintf(line, sizeof line, "%s%s", names[0], rest);
		is_err(proc_stat_parse(at_page_end(line, n), &state, &start),
		       ERR_VALUE, "%zu bytes of it", n);
	}
}

static void test_proc(void)
{
	char text[PROC_TEXT_CAP];
	struct proc p, q;
	pid_t child = fork();
	int status;

	if (child == 0) {
		for (;;)
			pause();
	}
	is_err(proc_of(child, &p), ERR_OK, "a live child");
	ok(proc_alive(&p), "is alive");
	proc_format(&p, text);
	is_err(proc_parse(str_slice(text), &q), ERR_OK, "text form reads back");
	ok(q.pid == child && q.start == p.start && proc_alive(&q), "the same");
	for (size_t n = 0; n < strlen(text); n++)
		is_err(proc_parse(at_page_end(text, n), &q), ERR_VALUE,
		       "%zu bytes of it", n);
	strcat(text, " ");
	is_err(proc_parse(str_slice(text), &q), ERR_VALUE, "one byte more");
	q = p;
	q.start++;
	ok(!proc_alive(&q), "another start time is another process");
	q = p;
	q.boot_id[0] = q.boot_id[0] == '0' ? '1' : '0';
	ok(!proc_alive(&q), "so is one of another boot");
	ok(!proc_signal(&q, SIGKILL) && proc_alive(&p),
	   "a stranger is not signalled");
	ok(proc_signal(&p, SIGKILL), "the child is");
	while (waitid(P_PID, (id_t)child, &(siginfo_t){ 0 },
		      WEXITED | WNOWAIT) != 0)
		;
	ok(!proc_alive(&p), "a zombie is not alive");
	ok(waitpid(child, &status, 0) == child && WIFSIGNALED(status),
	   "reaped");
	is_err(proc_of(child, &p), ERR_MISSING, "and gone");
}

int main(void)
{
	if (mkdtemp(dir) == NULL || chdir(dir) != 0)
		return 1;
	test_round_trip();
	test_large();
	test_secret();
	test_dirs();
	test_stat_text();
	test_proc();
	if (chdir("/") != 0 || system("rm -rf /tmp/ee-test-file-??????") != 0)
		return 1;
	return tap_done();
}
