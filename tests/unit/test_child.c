/* sys/child.h: what a child may do, read from outside: /proc/PID as the kernel
 * writes it. Needs root, as PID 1 is. */
#include "sys/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tests/tap.h"

static int ours = CHILD_FD, udhcpcs = CHILD_HOOK_FD;
static int hold; /* a child ends when this is closed */

/* The exit status of a child. The sanitizer hooks into every function that does
 * not return, with calls that the filter refuses: there we leave at once. */
static int leave(int status)
{
#ifdef __SANITIZE_ADDRESS__
	syscall(SYS_exit_group, status);
#endif
	return status;
}

static int wait_for_end(void *ctx)
{
	const int *first = ctx;
	char c;

	/* Tell that the set-up is over, then wait. */
	if (write(*first + 1, "r", 1) != 1)
		return leave(1);
	return leave(read(*first, &c, 1) == 0 ? 7 : 1);
}

/* The text of /proc/PID/NAME. */
static const char *proc(pid_t pid, const char *name)
{
	static char text[16384];
	char path[64];
	size_t n = 0;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
	f = fopen(path, "r");
	if (f != NULL) {
		n = fread(text, 1, sizeof text - 1, f);
		fclose(f);
	}
	text[n] = '\0';
	return text;
}

static bool has(pid_t pid, const char *name, const char *line)
{
	return strstr(proc(pid, name), line) != NULL;
}

static void has_status(pid_t pid, const char *name, uint64_t value)
{
	char line[64];

	snprintf(line, sizeof line, "%s:\t%016llx\n", name,
		 (unsigned long long)value);
	ok(has(pid, "status", line), "%s is %llx", name,
	   (unsigned long long)value);
}

static void has_limit(pid_t pid, const char *name, uint64_t value)
{
	char line[128];

	snprintf(line, sizeof line, "%-25s %-20llu %-20llu", name,
		 (unsigned long long)value, (unsigned long long)value);
	ok(has(pid, "limits", line), "%s %llu", name,
	   (unsigned long long)value);
}

static void check_child(pid_t pid, enum child_role role, uint32_t uid)
{
	const struct child_profile *p = child_profile(role);
	char line[64];

	snprintf(line, sizeof line, "Uid:\t%u\t%u\t%u\t%u\n", uid, uid, uid,
		 uid);
	ok(has(pid, "status", line), "uid %u", uid);
	line[0] = 'G';
	ok(has(pid, "status", line), "gid %u", uid);
	ok(has(pid, "status", "Groups:\t \n") ||
		   has(pid, "status", "Groups:\t\n"),
	   "no other group");
	has_status(pid, "CapPrm", p->caps);
	has_status(pid, "CapEff", p->caps);
	has_status(pid, "CapBnd", p->caps);
	has_status(pid, "CapAmb", p->caps);
	has_status(pid, "CapInh", p->caps);
	ok(has(pid, "status", "NoNewPrivs:\t1\n"), "no new privileges");
	ok(has(pid, "status", "Seccomp:\t2\n"), "a filter");
	has_limit(pid, "Max open files", p->limits.open_files);
	has_limit(pid, "Max processes", p->limits.processes);
	has_limit(pid, "Max address space", p->limits.memory_bytes);
	has_limit(pid, "Max core file size", 0);
	has_limit(pid, "Max file size", 0);
	has_limit(pid, "Max locked memory", 0);
}

static bool link_is(pid_t pid, int fd, const char *want)
{
	char path[64], got[128];
	ssize_t n;

	snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)pid, fd);
	n = readlink(path, got, sizeof got - 1);
	if (n < 0)
		return want == NULL;
	got[n] = '\0';
	return want != NULL && strncmp(got, want, strlen(want)) == 0;
}

static void check_files(pid_t pid, int first)
{
	bool closed = true;

	ok(link_is(pid, 0, "/dev/null") && link_is(pid, 1, "/dev/null") &&
		   link_is(pid, 2, "/dev/null"),
	   "0, 1 and 2 are /dev/null");
	ok(link_is(pid, first, "pipe:") && link_is(pid, first + 1, "pipe:"),
	   "%d and %d are what was given", first, first + 1);
	for (int fd = 3; fd < 256; fd++)
		closed = closed && (fd == first || fd == first + 1 ||
				    link_is(pid, fd, NULL));
	ok(closed, "nothing else is open");
}

/* A pipe whose ends are far from the numbers that matter. */
static void far_pipe(int ends[2])
{
	int near[2];

	if (pipe(near) != 0)
		_exit(99);
	for (int i = 0; i < 2; i++) {
		ends[i] = fcntl(near[i], F_DUPFD, 20);
		close(near[i]);
	}
}

static pid_t start(struct child_spec *spec, const char *what)
{
	/* Each is where the other has to go. */
	static const int swapped[2] = { CHILD_FD + 1, CHILD_FD };
	int life[2], ready[2];
	pid_t pid = -1;
	char c;

	far_pipe(life);
	far_pipe(ready);
	dup2(life[0], CHILD_FD + 1);
	dup2(ready[1], CHILD_FD);
	close(life[0]);
	close(ready[1]);
	spec->fds = swapped;
	spec->nfds = 2;
	is_err(child_spawn(spec, &pid), ERR_OK, "%s", what);
	close(CHILD_FD);
	close(CHILD_FD + 1);
	ok(read(ready[0], &c, 1) == 1 && c == 'r', "runs");
	close(ready[0]);
	hold = life[1];
	return pid;
}

static int end(pid_t pid)
{
	int status;

	close(hold);
	return waitpid(pid, &status, 0) == pid ? status : -1;
}

static void test_roles(void)
{
	static const struct {
		enum child_role role;
		uint8_t slot;
		uint32_t uid;
		const char *what;
	} t[] = {
		{ CHILD_AGENT, 0, 1, "agent" },
		{ CHILD_METADATA, 0, 3, "metadata" },
		{ CHILD_QUOTER, 0, 0, "quoter" },
		{ CHILD_JOB, 0, 1000, "first job" },
		{ CHILD_JOB, 3, 1003, "last job" },
	};

	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		struct child_spec spec = {
			.role = t[i].role,
			.slot = t[i].slot,
			.entry = wait_for_end,
			.ctx = &ours,
		};
		int status, number;
		pid_t pid = start(&spec, t[i].what);

		check_child(pid, t[i].role, t[i].uid);
		check_files(pid, CHILD_FD);
		status = end(pid);
		ok(strcmp(child_end(status, &number), "exit") == 0 &&
			   number == 7,
		   "its result is its exit status");
	}
}

/* A program: this one again, which must be static to run under the filter. */
static void test_program(void)
{
#ifdef __GLIBC__
	ok(1, "a program # SKIP the filter lets only a static one start");
#else
	char *argv[] = { "test_child", "child", NULL };
	struct child_spec spec = { .role = CHILD_DHCP,
				   .program = "/proc/self/exe",
				   .argv = argv };
	pid_t pid = start(&spec, "udhcpc's role");

	check_child(pid, CHILD_DHCP, 2);
	check_files(pid, CHILD_HOOK_FD);
	ok(strcmp(proc(pid, "environ"), "") == 0, "no environment");
	ok(WEXITSTATUS(end(pid)) == 7, "it ends");
#endif
}

static void test_failures(void)
{
	char *argv[] = { "x", NULL };
	int fds[3] = { 0, 1, 2 }, bad = 900, status, number;
	struct child_spec spec = { .role = CHILD_DHCP,
				   .program = "/nowhere",
				   .argv = argv };
	pid_t pid;

	is_err(child_spawn(&spec, &pid), ERR_OK, "a program that is not there");
	ok(waitpid(pid, &status, 0) == pid &&
		   WEXITSTATUS(status) == CHILD_REFUSED,
	   "is refused");
	spec = (struct child_spec){ .role = CHILD_JOB,
				    .entry = wait_for_end,
				    .ctx = &ours,
				    .fds = &bad,
				    .nfds = 1 };
	is_err(child_spawn(&spec, &pid), ERR_OK, "a descriptor that is none");
	ok(waitpid(pid, &status, 0) == pid &&
		   WEXITSTATUS(status) == CHILD_REFUSED,
	   "is refused");
	spec.fds = fds;
	spec.nfds = 3;
	is_err(child_spawn(&spec, &pid), ERR_LIMIT, "three descriptors");
	ok(strcmp(child_end(SIGSYS, &number), "signal") == 0 &&
		   number == SIGSYS,
	   "a forbidden call is told as signal 31");
}

static int forbidden(void *ctx)
{
	(void)ctx;
	return getppid() == 0; /* not in the job's list */
}

static void test_forbidden(void)
{
	struct child_spec spec = { .role = CHILD_JOB, .entry = forbidden };
	int status;
	pid_t pid;

	is_err(child_spawn(&spec, &pid), ERR_OK, "a job that asks too much");
	ok(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) &&
		   WTERMSIG(status) == SIGSYS && !WCOREDUMP(status),
	   "dies of signal 31 and leaves no core");
}

/* The parent dies; its child must not outlive it. */
static void test_orphan(void)
{
	int told[2], life[2];
	pid_t middle, pid = 0;
	char c;

	if (pipe(told) != 0 || pipe(life) != 0)
		_exit(99);
	middle = fork();
	if (middle == 0) {
		int fds[2] = { told[0], life[1] };
		struct child_spec spec = { .role = CHILD_AGENT,
					   .entry = wait_for_end,
					   .ctx = &ours,
					   .fds = fds,
					   .nfds = 2 };

		if (child_spawn(&spec, &pid) != ERR_OK)
			_exit(1);
		for (;;)
			pause();
	}
	close(life[1]);
	ok(read(life[0], &c, 1) == 1, "a child of a child");
	kill(middle, SIGKILL);
	waitpid(middle, NULL, 0);
	/* It holds the last write end, and would wait for told for ever. */
	ok(read(life[0], &c, 1) == 0, "dies with its parent");
	close(told[1]);
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "child") == 0)
		return wait_for_end(&udhcpcs);
	if (geteuid() != 0) {
		printf("1..0 # SKIP only root can give up root\n");
		return 0;
	}
	test_roles();
	test_program();
	test_failures();
	test_forbidden();
	test_orphan();
	return tap_done();
}
