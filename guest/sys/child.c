#include "sys/child.h"

#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	MIB = 1024 * 1024,
	FD_APART = 32
};

#define CAP(c) ((uint64_t)1 << (c))

/* clang-format off */
static const struct child_profile profiles[CHILD_ROLES] = {
	[CHILD_DHCP]     = { CHILD_UID_DHCP, CAP(CAP_NET_RAW) |
			     CAP(CAP_NET_BIND_SERVICE), { 64, 16 * MIB, 8 } },
	[CHILD_HOOK]     = { CHILD_UID_DHCP, 0, { 64, 16 * MIB, 8 } },
	[CHILD_METADATA] = { CHILD_UID_METADATA, 0, { 64, 32 * MIB, 1 } },
	/* configfs belongs to root; its owner needs no capability. */
	[CHILD_QUOTER]   = { 0, 0, { 64, 16 * MIB, 1 } },
	[CHILD_AGENT]    = { CHILD_UID_AGENT, 0, { 64, 64 * MIB, 1 } },
	[CHILD_JOB]      = { CHILD_UID_JOBS, 0, { 64, 32 * MIB, 1 } },
};
/* clang-format on */

const struct child_profile *child_profile(enum child_role role)
{
	return &profiles[role];
}

/* ---- steps of the set-up, in the child; false ends it */

static bool close_fds(int from, int to)
{
	return from > to || syscall(SYS_close_range, (unsigned int)from,
				    (unsigned int)to, 0) == 0;
}

/* Given descriptors go out of the way first: one of them may be in the place
 * that another has to take. */
static bool set_fds(const struct child_spec *s)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), apart[CHILD_FDS];
	int first = s->role == CHILD_DHCP ? CHILD_HOOK_FD : CHILD_FD;
	int n = (int)s->nfds;

	if (null < 0)
		return false;
	for (int i = 0; i < n; i++) {
		apart[i] = fcntl(s->fds[i], F_DUPFD, FD_APART);
		if (apart[i] < 0)
			return false;
	}
	for (int fd = 0; fd < CHILD_FD; fd++)
		if (dup2(null, fd) < 0)
			return false;
	for (int i = 0; i < n; i++)
		if (dup2(apart[i], first + i) < 0)
			return false;
	return close_fds(CHILD_FD, first - 1) && close_fds(first + n, INT_MAX);
}

static bool set_limits(const struct child_limits *l)
{
	const struct {
		int what;
		uint64_t value;
	} table[] = {
		{ RLIMIT_NOFILE, l->open_files },
		{ RLIMIT_AS, l->memory_bytes },
		{ RLIMIT_NPROC, l->processes },
		{ RLIMIT_CORE, 0 },
		{ RLIMIT_FSIZE, 0 },
		{ RLIMIT_MEMLOCK, 0 },
		{ RLIMIT_MSGQUEUE, 0 },
		{ RLIMIT_RTPRIO, 0 },
		{ RLIMIT_NICE, 0 },
	};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct rlimit r = { table[i].value, table[i].value };

		/* The C libraries disagree about the type of the first one. */
		if (syscall(SYS_setrlimit, table[i].what, &r) != 0)
			return false;
	}
	return true;
}

/* Permitted, effective and inheritable = caps, for all 64 of them. */
static bool put_caps(uint64_t caps)
{
	struct __user_cap_header_struct h = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct d[2], now[2];

	for (int i = 0; i < 2; i++) {
		uint32_t half = (uint32_t)(caps >> (32 * i));

		d[i] = (struct __user_cap_data_struct){ half, half, half };
	}
	if (syscall(SYS_capset, &h, d) != 0 ||
	    syscall(SYS_capget, &h, now) != 0)
		return false;
	for (int i = 0; i < 2; i++)
		if (now[i].effective != d[i].effective ||
		    now[i].permitted != d[i].permitted ||
		    now[i].inheritable != d[i].inheritable)
			return false;
	return true;
}

/* Before the uid goes: what may never come back. */
static bool bound_caps(uint64_t caps)
{
	for (int c = 0; c < 64; c++) {
		int there = prctl(PR_CAPBSET_READ, c, 0, 0, 0);

		if (there < 0)
			break; /* the kernel knows no higher one */
		if ((caps & CAP(c)) == 0 &&
		    prctl(PR_CAPBSET_DROP, c, 0, 0, 0) != 0)
			return false;
	}
	return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0 &&
	       prctl(PR_SET_KEEPCAPS, caps != 0, 0, 0, 0) == 0;
}

/* Capabilities survive the execve of a program of another uid as ambient. */
static bool ambient_caps(uint64_t caps)
{
	for (int c = 0; c < 64; c++)
		if ((caps & CAP(c)) != 0 &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, c, 0, 0) != 0)
			return false;
	return true;
}

static bool set_uid(uid_t id)
{
	uid_t r, e, s;

	if (setgroups(0, NULL) != 0 || setresgid(id, id, id) != 0 ||
	    setresuid(id, id, id) != 0)
		return false;
	return getresuid(&r, &e, &s) == 0 && r == id && e == id && s == id;
}

static bool set_process(pid_t parent)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
		return false;
	return getppid() == parent; /* it may have died before that */
}

static bool reset_signals(void)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL };
	struct sigaction ign = { .sa_handler = SIG_IGN };
	sigset_t none;

	sigemptyset(&none);
	return sigaction(SIGCHLD, &dfl, NULL) == 0 &&
	       sigaction(SIGPIPE, &ign, NULL) == 0 &&
	       sigprocmask(SIG_SETMASK, &none, NULL) == 0;
}

static bool set_up(const struct child_spec *s, pid_t parent)
{
	const struct child_profile *p = &profiles[s->role];
	uid_t uid = p->uid;

	if (s->role == CHILD_JOB)
		uid += s->slot;
	return reset_signals() && set_fds(s) && set_limits(&p->limits) &&
	       bound_caps(p->caps) && set_uid(uid) && put_caps(p->caps) &&
	       ambient_caps(p->caps) && set_process(parent) &&
	       filter_apply(s->role) == ERR_OK;
}

static _Noreturn void child(const struct child_spec *s, pid_t parent)
{
	char *const environment[] = { NULL };

	if (!set_up(s, parent))
		_exit(CHILD_REFUSED);
	if (s->program == NULL)
		_exit(s->entry(s->ctx));
	execve(s->program, s->argv, environment);
	_exit(CHILD_REFUSED);
}

enum err child_spawn(const struct child_spec *spec, pid_t *pid)
{
	pid_t parent = getpid(), p;

	if (spec->nfds > CHILD_FDS)
		return ERR_LIMIT;
	p = fork();
	if (p < 0)
		return ERR_IO;
	if (p == 0)
		child(spec, parent);
	*pid = p;
	return ERR_OK;
}

const char *child_end(int status, int *number)
{
	if (WIFSIGNALED(status)) {
		*number = WTERMSIG(status);
		return "signal";
	}
	*number = WEXITSTATUS(status);
	return "exit";
}
