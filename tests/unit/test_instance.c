/* An instance's files, and the recognition of stale ones. */
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "host-launcher/vm/instance.h"
#include "tests/tap.h"

static char dir[] = "/tmp/ee-test-inst-XXXXXX";

static void put(const char *name, const char *text)
{
	if (file_write(name, 0600, str_slice(text)) != ERR_OK)
		ok(false, "%s cannot be written", name);
}

static const struct instance_spec spec = {
	.name = "one",
	.simulated = true,
	.accel = ACCEL_AUTO,
	.memory_bytes = UINT64_C(5) << 30,
	.cpus = 3,
	.api_port = 1,
	.guest_port = 65535,
	.created_ms = 1790000000123,
	.image = "/a \"b\"/\xc3\xbc.raw",
	.firmware = "/fw",
	.qemu = "q",
	.qgs = "",
};

static void test_spec(void)
{
	struct instance_spec s;
	struct buf b = { 0 };
	struct stat st;

	is_err(instance_spec_write(".", &spec), ERR_OK, "written");
	ok(stat(INSTANCE_SPEC, &st) == 0 && (st.st_mode & 0777) == 0600,
	   "for its owner alone");
	is_err(instance_spec_read(".", &s), ERR_OK, "read");
	ok(strcmp(s.name, spec.name) == 0 && strcmp(s.image, spec.image) == 0 &&
		   strcmp(s.firmware, "/fw") == 0 && s.simulated &&
		   s.memory_bytes == spec.memory_bytes && s.cpus == 3 &&
		   s.api_port == 1 && s.guest_port == 65535 &&
		   s.created_ms == spec.created_ms && s.accel == ACCEL_AUTO,
	   "as it was");
	is_err(file_read(INSTANCE_SPEC, INSTANCE_JSON_MAX, &b), ERR_OK,
	       "its text");
	for (size_t n = 0; n < b.len; n++) {
		if (file_write(INSTANCE_SPEC, 0600,
			       (struct slice){ b.ptr, n }) != ERR_OK ||
		    instance_spec_read(".", &s) == ERR_OK)
			ok(false, "%zu bytes of it are read", n);
	}
	buf_free(&b);
	put(INSTANCE_SPEC, "{\"name\":\"one\",\"version\":2}");
	ok(instance_spec_read(".", &s) != ERR_OK, "another version is refused");
	is_err(instance_spec_read("none", &s), ERR_MISSING, "none is there");
}

static void test_status(void)
{
	struct instance_status s = { .state = INSTANCE_STOPPED,
				     .accel = ACCEL_TCG,
				     .updated_ms = 5,
				     .quotes = 7,
				     .detail = "why \"so\"",
				     .measured = true },
			       t;

	memset(s.mrtd, 0xab, sizeof s.mrtd);
	for (size_t i = 0; i < 4; i++)
		memset(s.rtmr[i], (int)i + 1, SHA384_LEN);
	is_err(instance_status_read(".", &t), ERR_OK, "no status yet");
	ok(t.state == INSTANCE_STALE, "is stale");
	is_err(instance_status_write(".", &s), ERR_OK, "a last status");
	is_err(instance_status_read(".", &t), ERR_OK, "read");
	ok(t.state == INSTANCE_STOPPED && t.accel == ACCEL_TCG &&
		   t.quotes == 7 && strcmp(t.detail, s.detail) == 0 &&
		   memcmp(t.mrtd, s.mrtd, SHA384_LEN) == 0 &&
		   memcmp(t.rtmr, s.rtmr, sizeof s.rtmr) == 0,
	   "as it was; it needs no supervisor");
	put(INSTANCE_STATUS, "{\"accel\":\"tcg\",\"detail\":\"\","
			     "\"state\":\"stale\",\"updated_ms\":1}");
	is_err(instance_status_read(".", &t), ERR_UNKNOWN,
	       "nobody may write that he is stale");
}

static void write_pid(const struct proc *p)
{
	char text[PROC_TEXT_CAP];

	proc_format(p, text);
	put(INSTANCE_PID, text);
}

static enum instance_state state_now(void)
{
	struct instance_status s = { .state = INSTANCE_FAILED };

	is_err(instance_status_read(".", &s), ERR_OK, "status");
	return s.state;
}

static void test_stale(void)
{
	struct instance_status s = { .state = INSTANCE_RUNNING };
	pid_t child = fork();
	struct proc p, q;

	if (child == 0) {
		for (;;)
			pause();
	}
	is_err(instance_status_write(".", &s), ERR_OK, "says it is running");
	ok(state_now() == INSTANCE_STALE, "no pid file: stale");
	is_err(proc_of(child, &p), ERR_OK, "a process");
	write_pid(&p);
	ok(state_now() == INSTANCE_RUNNING, "its supervisor runs: running");
	q = p;
	q.start--;
	write_pid(&q);
	ok(state_now() == INSTANCE_STALE,
	   "the pid is somebody else's now: stale");
	q = p;
	q.boot_id[3] = q.boot_id[3] == 'a' ? 'b' : 'a';
	write_pid(&q);
	ok(state_now() == INSTANCE_STALE, "the machine was rebooted: stale");
	put(INSTANCE_PID, "1");
	ok(state_now() == INSTANCE_STALE, "a damaged pid file: stale");
	write_pid(&p);
	s.state = INSTANCE_STARTING;
	is_err(instance_status_write(".", &s), ERR_OK, "says it is starting");
	ok(state_now() == INSTANCE_STARTING, "starting");
	if (kill(child, SIGKILL) != 0 || waitpid(child, NULL, 0) != child)
		ok(false, "the child cannot be ended");
	ok(state_now() == INSTANCE_STALE, "killed: stale");
}

static void test_lock(void)
{
	int fd = -1, other = -1;
	pid_t child;

	is_err(instance_lock(".", &fd), ERR_OK, "taken");
	is_err(instance_lock(".", &other), ERR_STATE, "not twice");
	ok(other == -1, "and nothing is opened");
	child = fork();
	if (child == 0) {
		for (;;)
			pause();
	}
	(void)close(fd);
	is_err(instance_lock(".", &other), ERR_STATE,
	       "a child that was forked keeps it");
	if (kill(child, SIGKILL) != 0 || waitpid(child, NULL, 0) != child)
		ok(false, "the child cannot be ended");
	is_err(instance_lock(".", &other), ERR_OK, "until it ends");
	(void)close(other);
	is_err(instance_lock("none", &other), ERR_IO, "no such folder");
}

static void test_names(void)
{
	static const char *const good[] = { "a", "A-1.b_c", "9" };
	static const char *const bad[] = { "",    ".",   "..",  "-x",      "_",
					   "a/b", "a b", "a\n", "\xc3\xbc" };
	char path[PATH_CAP], name[INSTANCE_NAME_MAX + 2];

	setenv("XDG_STATE_HOME", "/s", 1);
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		is_err(instance_dir(good[i], path), ERR_OK, "%s", good[i]);
	ok(strcmp(path, "/s/ee-launcher/instances/9") == 0, "%s", path);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		is_err(instance_dir(bad[i], path), ERR_VALUE, "bad name %zu",
		       i);
	memset(name, 'a', sizeof name);
	name[INSTANCE_NAME_MAX] = '\0';
	is_err(instance_dir(name, path), ERR_OK, "as long as may be");
	name[INSTANCE_NAME_MAX] = 'a';
	name[INSTANCE_NAME_MAX + 1] = '\0';
	is_err(instance_dir(name, path), ERR_VALUE, "one longer");
}

static void test_last_line(void)
{
	static char big[8192];
	char out[64] = "unchanged";

	ok(!log_last_line("none", "", out, sizeof out), "no log");
	put("log", "");
	ok(!log_last_line("log", "", out, sizeof out), "an empty one");
	ok(strcmp(out, "unchanged") == 0, "leave the text alone");
	put("log", "a\nFATAL x: y\r\nreboot\n\n");
	ok(log_last_line("log", "", out, sizeof out) &&
		   strcmp(out, "reboot") == 0,
	   "the last line that is not empty");
	ok(log_last_line("log", "FATAL ", out, sizeof out) &&
		   strcmp(out, "FATAL x: y") == 0,
	   "the last one with a mark");
	ok(!log_last_line("log", "PANIC", out, sizeof out), "no such mark");
	memset(big, '.', sizeof big - 1);
	memcpy(big, "FATAL early\n", 12);
	put("log", big);
	ok(!log_last_line("log", "FATAL ", out, sizeof out),
	   "only the end of a long log counts");
	ok(log_last_line("log", "", out, sizeof out) && strlen(out) == 63,
	   "a long line is cut");
}

int main(void)
{
	if (mkdtemp(dir) == NULL || chdir(dir) != 0)
		return 1;
	ok(at_page_end(dir, 1).len == 1, "in %s", dir);
	test_spec();
	test_status();
	test_stale();
	test_lock();
	test_names();
	test_last_line();
	if (chdir("/") != 0 || system("rm -rf /tmp/ee-test-inst-??????") != 0)
		return 1;
	return tap_done();
}
