#include "host-launcher/vm/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host-launcher/lib/log.h"
#include "host-launcher/vm/kvm.h"
#include "host-launcher/vm/pkistore.h"
#include "host-launcher/vm/qmp.h"
#include "host-launcher/vm/simload.h"
#include "host-launcher/vm/simport.h"
#include "host-launcher/vm/spawn.h"
#include "lib/rng.h"
#include "lib/sock.h"

enum {
	QMP_RETRY_MS = 50, /* until QEMU listens there */
	KVM_SETTLE_MS = 500,
	QUIT_MS = 2000,       /* for QEMU, when told to quit */
	KVM_TRIAL_MS = 20000, /* after that a failure is not KVM's */
};

#define READY "+"

enum stopping {
	NOT_STOPPING,
	QUITTING,
	KILLING
};

/* One instance. Lives in static memory of its process. */
struct supervisor {
	struct instance_spec spec;
	struct instance_status status;
	const char *launcher;
	char dir[PATH_CAP];
	struct pki_store pki;
	struct sim_td loaded;
	struct simtd td;
	struct qemu_command command;
	pid_t qemu;
	int64_t started_ms;
	int signals;
	int ready; /* pipe to the command that waits; -1 once it knows */
	struct simport sim;
	struct qmp qmp;
	enum stopping stopping;
	int64_t stop_deadline_ms;
	int64_t settled_ms; /* when a machine that has come up counts as running
			     */
	bool kvm_broken;
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

static void save_status(struct supervisor *s)
{
	s->status.updated_ms = wall_ms();
	s->status.quotes = s->td.quotes;
	memcpy(s->status.rtmr, s->td.td.rtmr, sizeof s->status.rtmr);
	if (instance_status_write(".", &s->status) != ERR_OK)
		log_event("status_not_written",
			  LOG_TEXT("reason", strerror(errno)));
}

/* Tells the waiting command: READY, or what is wrong. */
static void tell(struct supervisor *s, const char *text)
{
	if (s->ready >= 0 && write(s->ready, text, strlen(text)) < 0)
		log_event("nobody_waits", LOG_NUMBER("errno", errno));
	close_fd(&s->ready);
}

static void detail(struct supervisor *s, const char *text)
{
	struct wr w = wr_over(s->status.detail, sizeof s->status.detail - 1);

	for (; *text != '\0' && w.err == ERR_OK; text++)
		wr_u8(&w, *text >= ' ' && *text <= '~' ? (uint8_t)*text : '?');
	s->status.detail[w.len] = '\0';
}

static enum err fail(struct supervisor *s, const char *what, enum err e)
{
	char text[INSTANCE_DETAIL_CAP];

	(void)snprintf(text, sizeof text, "%s: %s", what,
		       e == ERR_IO ? strerror(errno) : err_text(e));
	detail(s, text);
	return e;
}

/* ---- before QEMU ---- */

static void choose_accel(struct supervisor *s)
{
	char why[128];

	s->status.accel = s->spec.accel;
	if (s->spec.accel != ACCEL_AUTO)
		return;
	s->status.accel = ACCEL_KVM;
	if (kvm_probe(why, sizeof why) == KVM_WORKS)
		return;
	log_event("kvm_not_used", LOG_TEXT("reason", why));
	s->status.accel = ACCEL_TCG;
}

static enum err load(struct supervisor *s)
{
	const char *why = "";
	struct rng rng;
	char dir[PATH_CAP];
	enum err e;

	if (!s->spec.simulated)
		return ERR_OK;
	e = rng_system(&rng);
	if (e == ERR_OK)
		e = pki_store_dir(dir);
	if (e == ERR_OK)
		e = pki_store_open(dir, rng_prng(&rng), wall_ms() / 1000,
				   &s->pki);
	if (e != ERR_OK)
		return fail(s, "the development PKI cannot be opened", e);
	e = sim_load(s->spec.firmware, s->spec.image, s->spec.memory_bytes,
		     s->spec.cpus, &s->loaded, &why);
	if (e != ERR_OK)
		return fail(s, why, e);
	s->status.measured = true;
	memcpy(s->status.mrtd, s->loaded.mrtd, SHA384_LEN);
	e = simport_open(&s->sim, QEMU_SIM_SOCKET, &s->td);
	return e == ERR_OK ? e : fail(s, QEMU_SIM_SOCKET, e);
}

static enum err start_qemu(struct supervisor *s)
{
	char metadata_mem[2 * PATH_CAP + 128];
	struct wr metadata = wr_over(metadata_mem, sizeof metadata_mem);
	struct qemu_spec q = { .binary = s->spec.qemu,
			       .name = s->spec.name,
			       .tdx = !s->spec.simulated,
			       .accel = s->status.accel,
			       .firmware = s->spec.firmware,
			       .image = s->spec.image,
			       .memory_bytes = s->spec.memory_bytes,
			       .cpus = s->spec.cpus,
			       .host_port = s->spec.api_port,
			       .guest_port = s->spec.guest_port,
			       .metadata_command = metadata_mem,
			       .qgs = s->spec.qgs };
	enum err e;

	wr_shell_word(&metadata, s->launcher);
	wr_str(&metadata, " metadata-serve --state ");
	wr_shell_word(&metadata, s->dir);
	wr_u8(&metadata, '\0');
	e = wr_end(&metadata);
	if (e == ERR_OK)
		e = qemu_command(&q, &s->command);
	if (e != ERR_OK)
		return fail(s, "the QEMU command", e);
	simtd_init(&s->td, &s->pki.keys, &s->pki.pki, &s->loaded);
	s->kvm_broken = false;
	s->settled_ms = 0;
	(void)unlink(QEMU_QMP_SOCKET);
	s->started_ms = mono_ms();
	e = spawn_child(s->command.argv, INSTANCE_QEMU_LOG, &s->qemu);
	if (e != ERR_OK)
		return fail(s, "QEMU", e);
	log_event("qemu_started", LOG_NUMBER("pid", s->qemu),
		  LOG_TEXT("accel", accel_name(s->status.accel)));
	return ERR_OK;
}

/* ---- while QEMU runs ---- */

static void running(struct supervisor *s)
{
	if (s->status.state == INSTANCE_RUNNING)
		return;
	s->status.state = INSTANCE_RUNNING;
	save_status(s);
	log_event("running", LOG_TEXT("accel", accel_name(s->status.accel)));
	tell(s, READY);
}

/* A KVM that is broken shows it within its first instructions. */
static int64_t settle_time(const struct supervisor *s)
{
	return s->spec.accel == ACCEL_AUTO && s->status.accel == ACCEL_KVM
		       ? KVM_SETTLE_MS
		       : 0;
}

static void qmp_event(struct supervisor *s, enum qmp_event ev)
{
	switch (ev) {
	case QMP_GREETING:
		qmp_send(&s->qmp, QMP_CAPABILITIES);
		s->settled_ms = mono_ms() + settle_time(s);
		break;
	case QMP_STOPPED:
		qmp_send(&s->qmp, QMP_QUERY_STATUS);
		break;
	case QMP_BROKEN:
		/* KVM accepted the machine and gave up running it. */
		s->kvm_broken = true;
		(void)kill(s->qemu, SIGKILL);
		break;
	case QMP_OTHER:
		break;
	}
}

static void qmp_read(struct supervisor *s)
{
	enum qmp_event ev;

	while (qmp_next(&s->qmp, &ev) == ERR_OK)
		qmp_event(s, ev);
}

static void sim_report(struct supervisor *s)
{
	log_event("simulated_tdx", LOG_NUMBER("quotes", s->td.quotes),
		  LOG_NUMBER("extends", s->td.extends),
		  LOG_NUMBER("refused", s->td.refused));
	save_status(s);
}

/* ---- the end ---- */

static void next_stop_step(struct supervisor *s)
{
	s->stopping++;
	switch (s->stopping) {
	case QUITTING:
		log_event("quitting", LOG_NUMBER("pid", s->qemu));
		qmp_send(&s->qmp, QMP_QUIT);
		s->stop_deadline_ms = mono_ms() + QUIT_MS;
		break;
	case KILLING:
	case NOT_STOPPING:
		s->stopping = KILLING;
		(void)kill(s->qemu, SIGKILL);
		s->stop_deadline_ms = mono_ms() + QUIT_MS;
		break;
	}
}

static bool try_without_kvm(struct supervisor *s, int status)
{
	bool early = mono_ms() - s->started_ms < KVM_TRIAL_MS;
	bool failed = !WIFEXITED(status) || WEXITSTATUS(status) != 0;

	if (s->spec.accel != ACCEL_AUTO || s->status.accel != ACCEL_KVM ||
	    s->stopping != NOT_STOPPING ||
	    (!s->kvm_broken && !(early && failed)))
		return false;
	log_event("kvm_failed", LOG_TEXT("next", "tcg"));
	s->status.accel = ACCEL_TCG;
	s->status.state = INSTANCE_STARTING;
	simport_hang_up(&s->sim);
	qmp_close(&s->qmp);
	return start_qemu(s) == ERR_OK;
}

/* Judges how QEMU ended. Writes the last status. */
static void finished(struct supervisor *s, int status)
{
	char line[INSTANCE_DETAIL_CAP] = "QEMU ended without a word";
	bool clean = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	bool fatal =
		s->stopping == NOT_STOPPING &&
		log_last_line(QEMU_CONSOLE_LOG, "FATAL ", line, sizeof line);

	s->status.state = INSTANCE_STOPPED;
	if (fatal || (!clean && s->stopping == NOT_STOPPING)) {
		if (!fatal)
			(void)log_last_line(INSTANCE_QEMU_LOG, "", line,
					    sizeof line);
		s->status.state = INSTANCE_FAILED;
		detail(s, line);
	}
	log_event("ended", LOG_NUMBER("wait_status", status),
		  LOG_TEXT("state", instance_state_name(s->status.state)),
		  LOG_TEXT("detail", s->status.detail));
	save_status(s);
}

/* True while the instance goes on. */
static bool take_signals(struct supervisor *s)
{
	struct signalfd_siginfo si;
	int status;

	while (read(s->signals, &si, sizeof si) == (ssize_t)sizeof si)
		if (si.ssi_signo != SIGCHLD && s->stopping == NOT_STOPPING)
			next_stop_step(s);
	if (waitpid(s->qemu, &status, WNOHANG) != s->qemu)
		return true;
	if (try_without_kvm(s, status))
		return true;
	finished(s, status);
	return false;
}

static bool wants_qmp(const struct supervisor *s)
{
	return s->qmp.fd < 0 && s->status.state == INSTANCE_STARTING;
}

static int poll_timeout(const struct supervisor *s)
{
	int64_t left = s->stop_deadline_ms - mono_ms();

	if (s->status.state == INSTANCE_STARTING)
		return QMP_RETRY_MS;
	if (s->stopping == NOT_STOPPING)
		return -1;
	return left > 0 ? (int)left : 0;
}

static void loop(struct supervisor *s)
{
	do {
		struct pollfd p[2 + SIMPORT_FILES] = {
			{ s->signals, POLLIN, 0 },
			{ s->qmp.fd, POLLIN, 0 },
		};

		(void)simport_poll(&s->sim, p + 2);
		if (poll(p, 2 + SIMPORT_FILES, poll_timeout(s)) < 0)
			continue; /* EINTR: nothing is ready */
		if (s->spec.simulated && simport_run(&s->sim, p + 2))
			sim_report(s);
		if (p[1].revents != 0)
			qmp_read(s);
		else if (wants_qmp(s) &&
			 qmp_open(&s->qmp, QEMU_QMP_SOCKET) == ERR_IO)
			log_event("qmp_refused", LOG_NUMBER("errno", errno));
		if (s->settled_ms != 0 && mono_ms() >= s->settled_ms)
			running(s);
		if (s->stopping != NOT_STOPPING &&
		    mono_ms() >= s->stop_deadline_ms)
			next_stop_step(s);
	} while (take_signals(s));
}

/* ---- the process ---- */

static enum err write_pid(void)
{
	char text[PROC_TEXT_CAP];
	struct proc self;
	enum err e = proc_of(getpid(), &self);

	if (e != ERR_OK)
		return e;
	proc_format(&self, text);
	return file_write(INSTANCE_PID, 0600, str_slice(text));
}

static enum err settle(struct supervisor *s)
{
	sigset_t set;
	int log, null;

	(void)setsid();
	if (chdir(s->dir) != 0)
		return ERR_IO;
	(void)umask(077);
	log = open(INSTANCE_LOG, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
		   0600);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (log < 0 || null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(null, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0)
		return ERR_IO;
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return s->signals < 0 ? ERR_IO : write_pid();
}

static _Noreturn void supervise(struct supervisor *s)
{
	enum err e = settle(s);

	s->status.state = INSTANCE_STARTING;
	if (e != ERR_OK)
		e = fail(s, s->dir, e);
	if (e == ERR_OK) {
		choose_accel(s);
		save_status(s);
		e = load(s);
	}
	if (e == ERR_OK)
		e = start_qemu(s);
	if (e == ERR_OK)
		loop(s);
	if (e != ERR_OK) {
		s->status.state = INSTANCE_FAILED;
		save_status(s);
	}
	tell(s, s->status.detail[0] != '\0' ? s->status.detail
					    : "the instance has ended");
	pki_store_done(&s->pki);
	simport_close(&s->sim);
	(void)unlink(QEMU_SIM_SOCKET);
	(void)unlink(QEMU_QMP_SOCKET);
	_exit(e == ERR_OK ? 0 : 1);
}

enum err supervisor_start(const char *dir, const struct instance_spec *spec,
			  const char *launcher, char *why)
{
	static struct supervisor s;
	size_t len = 0;
	ssize_t n;
	int fds[2];
	pid_t child;
	enum err e = path_fmt(s.dir, "%s", dir);

	if (e != ERR_OK)
		return e;
	if (pipe2(fds, O_CLOEXEC) != 0)
		return ERR_IO;
	child = fork();
	if (child == 0) {
		(void)close(fds[0]);
		s.spec = *spec;
		s.launcher = launcher;
		s.ready = fds[1];
		s.signals = s.qmp.fd = s.sim.fd = s.sim.listener = -1;
		supervise(&s);
	}
	(void)close(fds[1]);
	while (child > 0 && len < SUPERVISOR_WHY_CAP - 1) {
		n = read(fds[0], why + len, SUPERVISOR_WHY_CAP - 1 - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	(void)close(fds[0]);
	why[len] = '\0';
	if (child < 0)
		return ERR_IO;
	return strcmp(why, READY) == 0 ? ERR_OK : ERR_REFUSED;
}
