#include "sys/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

/* Sets of roles, as bits. */
enum {
	D = 1 << CHILD_DHCP,
	H = 1 << CHILD_HOOK,
	M = 1 << CHILD_METADATA,
	Q = 1 << CHILD_QUOTER,
	A = 1 << CHILD_AGENT,
	J = 1 << CHILD_JOB,
	NET = M | A | J,
	OURS = M | Q | A | J,
	ALL = D | H | OURS,
};

/* Conditions on one argument: its low 32 bits under mask must be one of two
 * values. The kernel takes these arguments as int, or (mmap) looks at low bits.
 */
struct condition {
	uint8_t arg;
	uint32_t mask, value, other;
	uint16_t else_errno; /* 0: the process ends */
};

enum {
	ANY,
	READ_ONLY_1,
	READ_ONLY_2,
	NO_CREATE,
	NO_EXEC,
	IPV4,
	PACKET,
	NO_TTY,
	FLAGS,
};

static const struct condition conditions[] = {
	/* open(path, flags) and openat(dir, path, flags): only to read. */
	[READ_ONLY_1] = { 1, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY, O_RDONLY,
			  0 },
	[READ_ONLY_2] = { 2, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY, O_RDONLY,
			  0 },
	[NO_CREATE] = { 1, O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY), 0, 0,
			0 },
	/* mmap and mprotect: no page that can be executed. */
	[NO_EXEC] = { 2, PROT_EXEC, 0, 0, 0 },
	/* The resolver tries IPv6 and goes on without it. */
	[IPV4] = { 0, UINT32_MAX, AF_INET, AF_INET, EAFNOSUPPORT },
	/* udhcpc: raw frames, UDP; a socket pair is another call. */
	[PACKET] = { 0, UINT32_MAX, AF_INET, AF_PACKET, EAFNOSUPPORT },
	/* stdio asks whether a stream is a terminal. None is. */
	[NO_TTY] = { 1, 0, 1, 1, ENOTTY },
	/* fcntl: commands 0 to 7, descriptor and status flags among them. */
	[FLAGS] = { 1, ~(uint32_t)7, 0, 0, EINVAL },
};

static const struct {
	uint16_t nr;
	uint8_t roles;
	uint8_t condition;
} rules[] = {
	/* memory, and the end */
	{ SYS_brk, ALL, ANY },
	{ SYS_mmap, ALL, NO_EXEC },
	{ SYS_mprotect, ALL, NO_EXEC },
	{ SYS_munmap, ALL, ANY },
	{ SYS_mremap, ALL, ANY },
	{ SYS_madvise, ALL, ANY },
	{ SYS_exit, ALL, ANY },
	{ SYS_exit_group, ALL, ANY },
	{ SYS_rt_sigreturn, ALL, ANY },
	{ SYS_rt_sigprocmask, ALL, ANY },
	{ SYS_rt_sigaction, D | OURS, ANY },
	{ SYS_restart_syscall, D | OURS, ANY },
	{ SYS_futex, D | OURS, ANY },
	/* time and randomness */
	{ SYS_clock_gettime, D | OURS, ANY },
	{ SYS_clock_nanosleep, D | OURS, ANY },
	{ SYS_nanosleep, D | OURS, ANY },
	{ SYS_gettimeofday, D | OURS, ANY },
	{ SYS_getrandom, D | OURS, ANY },
	/* descriptors that are there */
	{ SYS_read, ALL, ANY },
	{ SYS_write, ALL, ANY },
	{ SYS_readv, D | OURS, ANY },
	{ SYS_writev, ALL, ANY },
	{ SYS_close, ALL, ANY },
	{ SYS_poll, D | OURS, ANY },
	{ SYS_ppoll, D | OURS, ANY },
	{ SYS_lseek, D | OURS, ANY },
	{ SYS_fcntl, D, ANY },
	{ SYS_fcntl, OURS, FLAGS },
	{ SYS_ioctl, D, ANY },
	{ SYS_ioctl, H | OURS, NO_TTY },
	/* files: resolv.conf and hosts */
	{ SYS_open, A | J, READ_ONLY_1 },
	{ SYS_openat, A | J, READ_ONLY_2 },
	{ SYS_fstat, A | J, ANY },
	{ SYS_newfstatat, A | J, ANY },
	/* configfs; udhcpc opens /dev/null to read and write */
	{ SYS_open, D | Q, NO_CREATE },
	{ SYS_mkdir, Q, ANY },
	{ SYS_rmdir, Q, ANY },
	/* sockets */
	{ SYS_socket, NET, IPV4 },
	{ SYS_socket, D, PACKET },
	{ SYS_connect, D | NET, ANY },
	{ SYS_bind, D | A | J, ANY }, /* the resolver binds its UDP socket */
	{ SYS_listen, A, ANY },
	{ SYS_accept, A, ANY },
	{ SYS_accept4, A, ANY },
	{ SYS_sendto, D | NET, ANY },
	{ SYS_recvfrom, D | NET, ANY },
	{ SYS_sendmsg, A | J, ANY },
	{ SYS_recvmsg, D | A | J, ANY },
	{ SYS_shutdown, NET, ANY },
	{ SYS_getsockopt, D | NET, ANY },
	{ SYS_setsockopt, D | NET, ANY },
	{ SYS_getsockname, NET, ANY },
	{ SYS_getpeername, NET, ANY },
	/* who am I; abort() */
	{ SYS_getpid, ALL, ANY },
	{ SYS_gettid, D | OURS, ANY },
	{ SYS_tkill, D | OURS, ANY },
	/* udhcpc starts its hook and waits for it; the hook narrows itself */
	{ SYS_execve, D, ANY },
	{ SYS_arch_prctl, D, ANY },
	{ SYS_set_tid_address, D, ANY },
	{ SYS_vfork, D, ANY },
	{ SYS_fork, D, ANY },
	{ SYS_clone, D, ANY },
	{ SYS_wait4, D, ANY },
	{ SYS_kill, D, ANY },
	{ SYS_socketpair, D, ANY },
	{ SYS_pipe2, D, ANY },
	{ SYS_pipe, D, ANY },
	{ SYS_select, D, ANY },
	{ SYS_dup2, D, ANY },
	{ SYS_getuid, D, ANY },
	{ SYS_geteuid, D, ANY },
	{ SYS_getgid, D, ANY },
	{ SYS_getegid, D, ANY },
	{ SYS_getppid, D, ANY },
	{ SYS_uname, D, ANY },
	{ SYS_umask, D, ANY },
	{ SYS_time, D, ANY },
	{ SYS_alarm, D, ANY },
	{ SYS_setsid, D, ANY },
	{ SYS_stat, D, ANY },
	{ SYS_readlink, D, ANY },
	{ SYS_prctl, D, ANY },
	{ SYS_seccomp, D, ANY },
	{ SYS_sigaltstack, D, ANY },
};

/* ---- the program */

struct program {
	struct sock_filter *insn;
	size_t n;
	bool full;
};

static void emit(struct program *p, struct sock_filter insn)
{
	if (p->n == FILTER_INSNS) {
		p->full = true;
		return;
	}
	p->insn[p->n++] = insn;
}

static void load(struct program *p, size_t offset)
{
	emit(p, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					     (uint32_t)offset));
}

static void jump(struct program *p, uint16_t test, uint32_t k, uint8_t yes,
		 uint8_t no)
{
	emit(p, (struct sock_filter)BPF_JUMP((uint16_t)(BPF_JMP | test | BPF_K),
					     k, yes, no));
}

static void give(struct program *p, uint32_t action)
{
	emit(p, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

static void emit_condition(struct program *p, const struct condition *c)
{
	load(p, offsetof(struct seccomp_data, args) + 8 * c->arg);
	emit(p,
	     (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, c->mask));
	jump(p, BPF_JEQ, c->value, 1, 0);
	jump(p, BPF_JEQ, c->other, 0, 1);
	give(p, SECCOMP_RET_ALLOW);
	give(p, c->else_errno == 0 ? SECCOMP_RET_KILL_PROCESS
				   : SECCOMP_RET_ERRNO | c->else_errno);
}

size_t filter_build(enum child_role role,
		    struct sock_filter out[static FILTER_INSNS])
{
	enum {
		X32 = 0x40000000,
		CONDITION_INSNS = 6
	};
	struct program p = { .insn = out };

	load(&p, offsetof(struct seccomp_data, arch));
	jump(&p, BPF_JEQ, AUDIT_ARCH_X86_64, 1, 0);
	give(&p, SECCOMP_RET_KILL_PROCESS);
	load(&p, offsetof(struct seccomp_data, nr));
	jump(&p, BPF_JGE, X32, 0, 1);
	give(&p, SECCOMP_RET_KILL_PROCESS);
	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
		if ((rules[i].roles & 1u << role) == 0)
			continue;
		if (rules[i].condition == ANY) {
			jump(&p, BPF_JEQ, rules[i].nr, 0, 1);
			give(&p, SECCOMP_RET_ALLOW);
		} else {
			jump(&p, BPF_JEQ, rules[i].nr, 0, CONDITION_INSNS);
			emit_condition(&p, &conditions[rules[i].condition]);
		}
	}
	give(&p, SECCOMP_RET_KILL_PROCESS);
	return p.full ? 0 : p.n;
}

enum err filter_apply(enum child_role role)
{
	struct sock_filter insn[FILTER_INSNS];
	struct sock_fprog prog = { .filter = insn };

	prog.len = (unsigned short)filter_build(role, insn);
	if (prog.len == 0)
		return ERR_SPACE;
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0) != 0)
		return ERR_IO;
	return ERR_OK;
}
