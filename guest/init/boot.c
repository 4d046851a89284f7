#include "init/boot.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init/ended.h"
#include "lib/proto.h"
#include "lib/sock.h"
#include "sys/child.h"
#include "sys/console.h"
#include "sys/entropy.h"
#include "sys/kfile.h"
#include "sys/metadata.h"
#include "sys/mounts.h"
#include "sys/power.h"

#define NET_DIR  "/sys/class/net"
#define NET_CONF "/proc/sys/net/ipv4/conf"

enum {
	ENTROPY_MS = 5000,
	CARRIER_MS = 15000,
	LEASE_MS = 60000,
	METADATA_ATTEMPT_MS = 5000,
	METADATA_MS = 60000,
	METADATA_KILL_MS = METADATA_MS + METADATA_ATTEMPT_MS + 1000,
	POLL_MS = 5,
	LOOPBACK = 1, /* the index of lo, always */
};

/* Why a step failed, beyond its error: a name, or the kernel's errno. */
struct fault {
	const char *reason; /* default: err_text() */
	char detail[64];
};

/* A sentence for one error of a step that says more than the error's own. */
static enum err because(struct fault *f, enum err e, enum err of,
			const char *reason)
{
	if (e == of)
		f->reason = reason;
	return e;
}

static void set_detail(struct fault *f, const char *text)
{
	snprintf(f->detail, sizeof f->detail, "%s", text);
}

/* ---- the steps */

static enum err start_signals(struct machine *m)
{
	struct rlimit none = { 0, 0 };
	sigset_t set;

	/* The kernel would write PID 1's own core as it does any other. */
	if (setrlimit(RLIMIT_CORE, &none) != 0)
		return ERR_IO;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_SETMASK, &set, NULL) != 0)
		return ERR_IO;
	m->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return m->signals < 0 ? ERR_IO : ERR_OK;
}

static enum err step_mounts(struct machine *m, struct fault *f)
{
	/* The initramfs may have no node yet: then devtmpfs brings it. */
	bool early = console_open("/dev/console") == ERR_OK;
	const char *what = "";
	enum err e;

	e = mount_all(mount_table, mount_count, &what);
	if (e == ERR_OK && !early)
		e = console_open("/dev/console");
	console(CONSOLE_BOOT, NULL, -1);
	if (e == ERR_OK)
		e = mount_seal_root();
	if (e == ERR_OK)
		e = sysctl_all(&what);
	if (e == ERR_OK)
		e = start_signals(m);
	if (e != ERR_OK && what[0] == '/')
		set_detail(f, what + 1);
	return e;
}

static enum err step_entropy(struct machine *m, struct fault *f)
{
	(void)m;
	return because(f, entropy_check(mono_ms() + ENTROPY_MS), ERR_RANDOM,
		       "RDRAND or the kernel's pool is not to be had");
}

static enum err step_clock(struct machine *m, struct fault *f)
{
	(void)f;
	clock_guard_init(&m->clock, EE_BUILD_EPOCH);
	m->start.build_epoch_s = EE_BUILD_EPOCH;
	return clock_floor(&m->clock);
}

static enum err step_provider(struct machine *m, struct fault *f)
{
	enum err e = quoter_init(&m->quoter);

	e = because(f, e, ERR_MISSING, "no quote provider: this is not a TD");
	e = because(f, e, ERR_UNSUPP, "not a quote provider that we know");
	if (e != ERR_OK)
		return e;
	_Static_assert(sizeof m->start.provider == sizeof m->quoter.provider,
		       "one length for a provider's name");
	memcpy(m->start.provider, m->quoter.provider, sizeof m->start.provider);
	console(CONSOLE_PROVIDER, m->quoter.provider, -1);
	return ERR_OK;
}

static enum err carrier(const struct net_if *nif)
{
	int64_t deadline = mono_ms() + CARRIER_MS;

	while (net_carrier(NET_DIR, nif) != ERR_OK) {
		if (mono_ms() > deadline)
			return ERR_TIMEOUT;
		(void)poll(NULL, 0, POLL_MS);
	}
	return ERR_OK;
}

/* Waits for the first lease; udhcpc may have to be started again meanwhile. */
static enum err first_lease(struct dhcp *d)
{
	int64_t deadline = mono_ms() + LEASE_MS;
	enum err e = dhcp_start(d, mono_ms());
	int status;

	while (e == ERR_OK && !d->have) {
		struct pollfd p = { .fd = d->notes, .events = POLLIN };

		if (mono_ms() > deadline)
			return ERR_TIMEOUT;
		(void)poll(&p, 1, 100);
		if (d->notes >= 0)
			e = dhcp_read(d);
		if (d->pid != 0 && waitpid(d->pid, &status, WNOHANG) == d->pid)
			dhcp_ended(d, status, mono_ms());
		if (e == ERR_OK)
			e = dhcp_tick(d, mono_ms());
	}
	return e;
}

static enum err up(uint32_t index)
{
	uint8_t buf[NET_MSG_BYTES];
	struct wr w = wr_over(buf, sizeof buf);

	net_msg_up(&w, 1, index);
	return net_do(wr_slice(&w));
}

static enum err step_network(struct machine *m, struct fault *f)
{
	struct net_if nif;
	enum err e = up(LOOPBACK);

	if (e != ERR_OK)
		return e;
	e = net_find(NET_DIR, &nif);
	if (e != ERR_OK) {
		e = because(f, e, ERR_MISSING, "no Ethernet interface");
		return because(f, e, ERR_DUPLICATE, "two Ethernet interfaces");
	}
	e = net_no_redirects(NET_CONF, &nif);
	if (e == ERR_OK)
		e = up(nif.index);
	if (e == ERR_OK)
		e = because(f, carrier(&nif), ERR_TIMEOUT, "no carrier");
	if (e != ERR_OK)
		return e;
	dhcp_init(&m->dhcp, &nif);
	return because(f, first_lease(&m->dhcp), ERR_TIMEOUT, "no DHCP lease");
}

/* Waits until the child has closed its pipe, which holds the whole record, or
 * kills it when that takes too long. */
static enum err wait_metadata(int fd, pid_t pid, struct metadata_result *r,
			      size_t *n)
{
	struct pollfd p = { .fd = fd }; /* no event but POLLHUP */
	bool done = poll(&p, 1, METADATA_KILL_MS) == 1;
	int status;

	if (!done)
		(void)kill(pid, SIGKILL);
	if (waitpid(pid, &status, 0) != pid)
		return ERR_IO;
	print_end("metadata", status);
	return done ? kfile_drain(fd, r, sizeof *r, n) : ERR_TIMEOUT;
}

static enum err run_metadata(struct metadata_result *r, size_t *n)
{
	struct metadata_source source = { METADATA_ADDR, 80,
					  METADATA_ATTEMPT_MS, METADATA_MS };
	struct child_spec spec = { .role = CHILD_METADATA,
				   .nfds = 1,
				   .entry = metadata_child,
				   .ctx = &source };
	int ends[2];
	pid_t pid;
	enum err e;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return ERR_IO;
	spec.fds = &ends[1];
	e = child_spawn(&spec, &pid);
	close(ends[1]);
	if (e == ERR_OK)
		e = wait_metadata(ends[0], pid, r, n);
	close(ends[0]);
	return e;
}

/* Why there is no configuration to check. */
static enum err not_fetched(struct fault *f, enum err e)
{
	e = because(f, e, ERR_TIMEOUT, "the metadata server does not answer");
	e = because(f, e, ERR_MISSING, "the instance has no ee-config");
	e = because(f, e, ERR_MISMATCH, "that is not a metadata server");
	return because(f, e, ERR_REFUSED, "the metadata server refuses");
}

static enum err step_config(struct machine *m, struct fault *f)
{
	static struct metadata_result r;
	size_t n = 0;
	enum err e = run_metadata(&r, &n);

	if (e != ERR_OK)
		return e;
	if (!metadata_result_ok(&r, n)) {
		f->reason = "the metadata child ended without an answer";
		return ERR_VALUE;
	}
	set_detail(f, r.key);
	if (r.err != ERR_OK && r.stage == METADATA_FETCH)
		return not_fetched(f, (enum err)r.err);
	if (r.err != ERR_OK)
		return (enum err)r.err;
	memcpy(m->start.config, r.config, r.len);
	m->start.config_len = r.len;
	return ERR_OK;
}

static enum err step_bind(struct machine *m, struct fault *f)
{
	uint8_t digest[SHA384_LEN];
	enum err e;

	(void)f;
	sha384((struct slice){ m->start.config, m->start.config_len }, digest);
	m->rtmr3 = (struct rtmr3){ .path = RTMR3_PATH };
	e = rtmr3_extend(&m->rtmr3, digest);
	if (e == ERR_OK)
		console(CONSOLE_CONFIG, NULL, m->start.config_len);
	return e;
}

static int agent_child(void *ctx)
{
	return agent_main(CHILD_FD, ctx);
}

static enum err step_agent(struct machine *m, struct fault *f)
{
	struct child_spec spec = { .role = CHILD_AGENT,
				   .nfds = 1,
				   .entry = agent_child,
				   .ctx = &m->start };
	int pair[2];
	enum err e;

	(void)f;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0 ||
	    fcntl(pair[0], F_SETFL, O_NONBLOCK) != 0)
		return ERR_IO;
	spec.fds = &pair[1];
	e = child_spawn(&spec, &m->agent);
	close(pair[1]);
	m->broker = pair[0];
	return e;
}

static const struct {
	const char *name;
	enum err (*run)(struct machine *m, struct fault *f);
} steps[] = {
	{ "mounts", step_mounts }, { "entropy", step_entropy },
	{ "clock", step_clock },   { "network", step_network },
	{ "config", step_config }, { "provider", step_provider },
	{ "bind", step_bind },     { "agent", step_agent },
};

static _Noreturn void fail(const char *step, enum err e, const struct fault *f,
			   int number)
{
	char detail[sizeof f->detail + 16];

	if (e == ERR_IO)
		snprintf(detail, sizeof detail, "%s%serrno:%d", f->detail,
			 f->detail[0] != '\0' ? ":" : "", number);
	else
		snprintf(detail, sizeof detail, "%s", f->detail);
	console_fatal(step, f->reason != NULL ? f->reason : err_text(e),
		      detail);
	power_off();
}

void boot(struct machine *m)
{
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		struct fault f = { .reason = NULL };
		enum err e = steps[i].run(m, &f);
		int number = errno;

		if (e != ERR_OK)
			fail(steps[i].name, e, &f, number);
		console(CONSOLE_STEP, steps[i].name, mono_ms());
	}
}
