/* simagent - the agent of the guest, unchanged, as a process of this machine.
 * Plays init: the broker, job processes, and a console on standard output. Its
 * quotes come from a development PKI and hold made-up registers (registers.h)
 * and an RTMR3 extended by the configuration, as in a guest. There is no
 * sandbox here, and the clock stays as it is.
 *
 *   simagent CONFIG PKI
 *
 * Prints "job SLOT pid PID" beside the console's lines. Ends on SIGTERM, or
 * with the agent's status. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host-launcher/lib/log.h"
#include "host-launcher/vm/pkistore.h"
#include "lib/proto.h"
#include "lib/rng.h"
#include "sys/broker.h"
#include "sys/console.h"
#include "tests/peers/registers.h"

enum {
	BUILD_EPOCH_S = 1735689600 /* 2025-01-01 */
};

static struct {
	struct agent_start start;
	struct pki_store pki;
	struct sim_td td;
	int broker, signals;
	pid_t agent, jobs[LIMIT_JOBS];
	struct broker_msg msg;
} world;

static void check(const char *what, enum err e)
{
	if (e == ERR_OK)
		return;
	fprintf(stderr, "simagent: %s: %s\n", what, err_text(e));
	exit(4);
}

static void print_line(const struct broker_msg *m)
{
	static const char *const texts[] = {
#define X(name, text) text,
		CONSOLE_LIST(X)
#undef X
	};

	printf("%s", texts[m->slot]);
	if (m->text[0] != '\0')
		printf(" %s", m->text);
	if (m->status >= 0)
		printf(" %d", m->status);
	printf("\n");
}

/* ---- requests of the agent */

static void on_quote(struct broker_msg *m)
{
	struct wr w = wr_over(m->quote, sizeof m->quote);

	m->err = (uint8_t)simquote(&world.pki.keys, &world.pki.pki, &world.td,
				   m->reportdata, &w);
	m->quote_len = m->err == ERR_OK ? (uint32_t)w.len : 0;
}

static int on_spawn(struct broker_msg *m)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		check("socketpair", ERR_IO);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(pair[0]);
		close(world.broker);
		_exit(job_main(pair[1]));
	}
	close(pair[1]);
	world.jobs[m->slot] = pid;
	printf("job %d pid %d\n", m->slot, (int)pid);
	return pair[0];
}

static void serve(void)
{
	struct broker_msg *m = &world.msg;
	int fd = -1;
	enum err e = broker_recv(world.broker, m, &fd);

	if (e == ERR_CLOSED)
		return; /* its end comes as a signal */
	if (e == ERR_OK)
		e = broker_check_request(m);
	check("broker", e);
	if (m->op == BROKER_LOG) {
		print_line(m);
		return;
	}
	if (m->op == BROKER_QUOTE)
		on_quote(m);
	if (m->op == BROKER_SPAWN)
		fd = on_spawn(m);
	if (m->op == BROKER_KILL && world.jobs[m->slot] > 0)
		kill(world.jobs[m->slot], SIGKILL);
	check("broker", broker_send(world.broker, m, fd));
	if (fd >= 0)
		close(fd);
}

/* ---- ends of children */

static void job_ended(int slot, int status)
{
	struct broker_msg *m = &world.msg;

	world.jobs[slot] = 0;
	memset(m, 0, sizeof *m);
	m->op = BROKER_EXITED;
	m->slot = (uint8_t)slot;
	m->status = status;
	check("broker", broker_send(world.broker, m, -1));
}

static void reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == world.agent) {
			printf("agent ended status %d\n", status);
			exit(WIFEXITED(status) ? WEXITSTATUS(status) : 5);
		}
		for (int i = 0; i < LIMIT_JOBS; i++)
			if (world.jobs[i] == pid)
				job_ended(i, status);
	}
}

static void on_signal(void)
{
	struct signalfd_siginfo s;

	if (read(world.signals, &s, sizeof s) != sizeof s)
		return;
	if (s.ssi_signo == SIGTERM)
		exit(0); /* the children die with us */
	reap();
}

/* ---- start */

static void read_input(const char *config, const char *pki)
{
	static struct rng rng;
	uint8_t digest[SHA384_LEN];
	struct buf b = { 0 };

	check(config, file_read(config, LIMIT_CONFIG_BYTES, &b));
	world.start.build_epoch_s = BUILD_EPOCH_S;
	strcpy(world.start.provider, PROVIDER_SIM);
	world.start.config_len = (uint32_t)b.len;
	memcpy(world.start.config, b.ptr, b.len);
	buf_free(&b);
	check("entropy", rng_system(&rng));
	check(pki, pki_store_open(pki, rng_prng(&rng), wall_ms() / 1000,
				  &world.pki));
	world.td = made_up_registers();
	sha384((struct slice){ world.start.config, world.start.config_len },
	       digest);
	rtmr_extend(world.td.rtmr[3], digest);
}

static void start_agent(void)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		check("socketpair", ERR_IO);
	world.agent = fork();
	if (world.agent == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(pair[0]);
		_exit(agent_main(pair[1], &world.start));
	}
	close(pair[1]);
	world.broker = pair[0];
}

int main(int argc, char **argv)
{
	sigset_t set;

	if (argc != 3) {
		fputs("usage: simagent CONFIG PKI\n", stderr);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	read_input(argv[1], argv[2]);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	world.signals = signalfd(-1, &set, SFD_CLOEXEC);
	start_agent();
	for (;;) {
		struct pollfd p[] = {
			{ .fd = world.broker, .events = POLLIN },
			{ .fd = world.signals, .events = POLLIN },
		};

		if (poll(p, 2, -1) < 0 && errno != EINTR)
			check("poll", ERR_IO);
		if (p[0].revents & POLLIN)
			serve();
		if (p[1].revents != 0)
			on_signal();
		else if (p[0].revents & POLLHUP)
			reap();
	}
}
