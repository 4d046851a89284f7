/* sys/filter.h: a process under each role's filter makes the calls below, as
 * raw system calls, and must get through, get an errno or die of SIGSYS. */
#include "sys/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/tap.h"

enum {
	PASS = 0,
	KILLED = -1,
	NO_SYSCALL = 250
};

static const char *const names[CHILD_ROLES] = { "dhcp",   "hook",  "metadata",
						"quoter", "agent", "job" };

static long call(long nr, long a, long b, long c)
{
	return syscall(nr, a, b, c, 0L, 0L, 0L);
}

static bool enter(enum child_role role)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       filter_apply(role) == ERR_OK;
}

/* PASS, an errno, or KILLED. */
static int outcome(enum child_role role, long nr, long a, long b, long c)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		long r;

		if (!enter(role))
			syscall(SYS_exit_group, 99);
		r = call(nr, a, b, c);
		syscall(SYS_exit_group, r >= 0 ? 0 : errno);
	}
	if (waitpid(pid, &status, 0) != pid)
		_exit(98);
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSYS ? KILLED : 1000;
	return WEXITSTATUS(status);
}

#define ON(role) (1u << CHILD_##role)
#define EVERY                                                                  \
	(ON(DHCP) | ON(HOOK) | ON(METADATA) | ON(QUOTER) | ON(AGENT) | ON(JOB))
#define BUT(roles) (EVERY & ~(roles))

static char resolv[] = "/etc/resolv.conf";

static const struct {
	const char *what;
	unsigned int roles;
	long nr, a, b, c;
	int want;
} calls[] = {
	/* What nobody may do, udhcpc included. */
	{ "mount", EVERY, SYS_mount, 0, 0, 0, KILLED },
	{ "ptrace", EVERY, SYS_ptrace, 0, 0, 0, KILLED },
	{ "process_vm_readv", EVERY, SYS_process_vm_readv, 0, 0, 0, KILLED },
	{ "bpf", EVERY, SYS_bpf, 0, 0, 0, KILLED },
	{ "io_uring_setup", EVERY, 425, 0, 0, 0, KILLED },
	{ "unshare", EVERY, SYS_unshare, 0, 0, 0, KILLED },
	{ "setns", EVERY, SYS_setns, 0, 0, 0, KILLED },
	{ "clone3", EVERY, 435, 0, 0, 0, KILLED },
	{ "setuid", EVERY, SYS_setuid, 0, 0, 0, KILLED },
	{ "capset", EVERY, SYS_capset, 0, 0, 0, KILLED },
	{ "chmod", EVERY, SYS_chmod, 0, 0, 0, KILLED },
	{ "unlink", EVERY, SYS_unlink, 0, 0, 0, KILLED },
	{ "rename", EVERY, SYS_rename, 0, 0, 0, KILLED },
	{ "memfd_create", EVERY, SYS_memfd_create, 0, 0, 0, KILLED },
	{ "userfaultfd", EVERY, SYS_userfaultfd, 0, 0, 0, KILLED },
	{ "perf_event_open", EVERY, SYS_perf_event_open, 0, 0, 0, KILLED },
	{ "keyctl", EVERY, SYS_keyctl, 0, 0, 0, KILLED },
	{ "reboot", EVERY, SYS_reboot, 0, 0, 0, KILLED },
	{ "clock_settime", EVERY, SYS_clock_settime, 0, 0, 0, KILLED },
	{ "init_module", EVERY, SYS_init_module, 0, 0, 0, KILLED },
	{ "kexec_load", EVERY, SYS_kexec_load, 0, 0, 0, KILLED },
	{ "personality", EVERY, SYS_personality, 0, 0, 0, KILLED },
	{ "iopl", EVERY, SYS_iopl, 0, 0, 0, KILLED },
	{ "a call that does not exist", EVERY, 5000, 0, 0, 0, KILLED },
	{ "x32's getpid", EVERY, 0x40000000 + SYS_getpid, 0, 0, 0, KILLED },
	{ "memory to execute", EVERY, SYS_mmap, 0, 4096, PROT_EXEC, KILLED },
	{ "mprotect to execute", EVERY, SYS_mprotect, 0, 4096,
	  PROT_READ | PROT_EXEC, KILLED },
	/* New processes: udhcpc's hook only. */
	{ "execve", BUT(ON(DHCP)), SYS_execve, 0, 0, 0, KILLED },
	{ "fork", BUT(ON(DHCP)), SYS_fork, 0, 0, 0, KILLED },
	{ "clone", BUT(ON(DHCP)), SYS_clone, 0, 0, 0, KILLED },
	{ "kill", BUT(ON(DHCP)), SYS_kill, 0, 0, 0, KILLED },
	{ "prctl", BUT(ON(DHCP)), SYS_prctl, 0, 0, 0, KILLED },
	/* Files: read some, write none. */
	{ "open to write", BUT(ON(QUOTER) | ON(DHCP)), SYS_open, (long)resolv,
	  O_WRONLY, 0, KILLED },
	{ "open to create", EVERY, SYS_open, (long)resolv, O_RDONLY | O_CREAT,
	  0, KILLED },
	{ "open a nameless file", EVERY, SYS_open, (long)"/tmp",
	  O_TMPFILE | O_RDWR, 0, KILLED },
	{ "openat to write", EVERY, SYS_openat, AT_FDCWD, (long)resolv, O_RDWR,
	  KILLED },
	{ "open to read", ON(AGENT) | ON(JOB), SYS_open, (long)resolv, O_RDONLY,
	  0, PASS },
	{ "open to read", ON(HOOK) | ON(METADATA), SYS_open, (long)resolv,
	  O_RDONLY, 0, KILLED },
	{ "open to read", ON(QUOTER) | ON(DHCP), SYS_open, (long)"/dev/null",
	  O_RDONLY, 0, PASS },
	{ "open to write", ON(QUOTER) | ON(DHCP), SYS_open, (long)"/dev/null",
	  O_WRONLY, 0, PASS },
	{ "mkdir", BUT(ON(QUOTER)), SYS_mkdir, 0, 0, 0, KILLED },
	{ "mkdir", ON(QUOTER), SYS_mkdir, (long)"/dev/null/x", 0, 0, ENOTDIR },
	{ "rmdir", ON(QUOTER), SYS_rmdir, (long)"/dev/null/x", 0, 0, ENOTDIR },
	/* Sockets. */
	{ "socket", ON(HOOK) | ON(QUOTER), SYS_socket, AF_INET, SOCK_STREAM, 0,
	  KILLED },
	{ "a TCP socket", BUT(ON(HOOK) | ON(QUOTER)), SYS_socket, AF_INET,
	  SOCK_STREAM, 0, PASS },
	{ "an IPv6 socket", BUT(ON(HOOK) | ON(QUOTER)), SYS_socket, AF_INET6,
	  SOCK_STREAM, 0, EAFNOSUPPORT },
	{ "a netlink socket", BUT(ON(HOOK) | ON(QUOTER)), SYS_socket,
	  AF_NETLINK, SOCK_RAW, 0, EAFNOSUPPORT },
	{ "a Unix socket", BUT(ON(HOOK) | ON(QUOTER)), SYS_socket, AF_UNIX,
	  SOCK_STREAM, 0, EAFNOSUPPORT },
	{ "a packet socket", ON(METADATA) | ON(AGENT) | ON(JOB), SYS_socket,
	  AF_PACKET, SOCK_RAW, 0, EAFNOSUPPORT },
	{ "listen", BUT(ON(AGENT)), SYS_listen, -1, 1, 0, KILLED },
	{ "listen", ON(AGENT), SYS_listen, -1, 1, 0, EBADF },
	/* The rest. */
	{ "ioctl", BUT(ON(DHCP)), SYS_ioctl, 0, 0x5413, 0, ENOTTY },
	{ "fcntl F_SETOWN", ON(AGENT) | ON(JOB), SYS_fcntl, 0, F_SETOWN, 1,
	  EINVAL },
	{ "fcntl F_GETFL", ON(AGENT) | ON(JOB), SYS_fcntl, 1, F_GETFL, 0,
	  PASS },
	{ "getpid", EVERY, SYS_getpid, 0, 0, 0, PASS },
	{ "getrandom", BUT(ON(HOOK)), SYS_getrandom, 0, 0, 0, PASS },
	{ "plain memory", EVERY, SYS_brk, 0, 0, 0, PASS },
};

static void test_calls(void)
{
	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
		for (int r = 0; r < CHILD_ROLES; r++) {
			int got;

			if ((calls[i].roles & 1u << r) == 0)
				continue;
			got = outcome((enum child_role)r, calls[i].nr,
				      calls[i].a, calls[i].b, calls[i].c);
			ok(got == calls[i].want, "%s: %s gives %d, got %d",
			   names[r], calls[i].what, calls[i].want, got);
		}
	}
}

/* The 32-bit gate has other numbers: 20 is its getpid, and writev here. */
static long gate32(void)
{
	long r = 20;

	__asm__ volatile("int $0x80" : "+a"(r) : : "memory");
	return r;
}

static int gate_status(bool filtered)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (filtered && !enter(CHILD_AGENT))
			syscall(SYS_exit_group, 99);
		syscall(SYS_exit_group, gate32() > 0 ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	return status;
}

static void test_gate(void)
{
	int status;

	if (gate_status(false) != 0) {
		ok(1, "32-bit calls # SKIP this kernel has none");
		return;
	}
	status = gate_status(true);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS,
	   "a 32-bit call ends the process");
}

static void test_size(void)
{
	struct sock_filter insn[FILTER_INSNS];

	for (int r = 0; r < CHILD_ROLES; r++) {
		size_t n = filter_build((enum child_role)r, insn);

		ok(n > 20 && n < FILTER_INSNS, "%s: %zu instructions", names[r],
		   n);
	}
}

/* ---- what the agent and its jobs really do, through the C library */

static bool resolves(const char *name)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC,
				  .ai_socktype = SOCK_STREAM },
			*found;

	if (getaddrinfo(name, "443", &hints, &found) != 0)
		return false;
	freeaddrinfo(found);
	return true;
}

static bool works(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET };
	char *m = malloc(1 << 20), *more;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct timespec t;

	if (m == NULL || (more = realloc(m, 8 << 20)) == NULL)
		return false;
	free(more);
	any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return fd >= 0 && bind(fd, (struct sockaddr *)&any, sizeof any) == 0 &&
	       poll(&p, 1, 1) >= 0 && clock_gettime(CLOCK_REALTIME, &t) == 0 &&
	       fcntl(fd, F_SETFL, O_NONBLOCK) == 0 && resolves("127.0.0.1") &&
	       resolves("localhost") &&
	       /* asks a name server, if there is one, and fails cleanly */
	       (resolves("no-such-name.invalid") || errno != 0);
}

static void test_works(void)
{
#ifdef __GLIBC__
	ok(1, "the C library at work # SKIP the guest's is musl");
#else
	static const enum child_role roles[] = { CHILD_AGENT, CHILD_JOB };

	for (size_t i = 0; i < 2; i++) {
		pid_t pid = fork();
		int status;

		if (pid == 0)
			_exit(enter(roles[i]) && works() ? 0 : 1);
		waitpid(pid, &status, 0);
		ok(status == 0, "%s: sockets, names, memory, time: %d",
		   names[roles[i]], status);
	}
#endif
	(void)works;
}

int main(void)
{
	test_size();
	test_calls();
	test_gate();
	test_works();
	return tap_done();
}
