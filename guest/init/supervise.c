#include "init/supervise.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init/ended.h"
#include "lib/sock.h"
#include "sys/child.h"
#include "sys/console.h"
#include "sys/power.h"

enum {
	TICK_MS = 1000,
	BURST = 64
};

static _Noreturn void give_up(const char *what, enum err e)
{
	console_fatal(what, err_text(e), NULL);
	power_off();
}

/* The agent keeps its end empty enough; one that does not is not ours. */
static void answer(struct machine *m, const struct broker_msg *msg, int fd)
{
	enum err e = broker_send(m->broker, msg, fd);

	/* Closed: its end comes as a signal, with the reason. */
	if (e != ERR_OK && e != ERR_CLOSED)
		give_up("broker", e);
}

/* ---- requests; each returns whether its answer can be sent now */

static bool on_quote(struct machine *m, struct broker_msg *msg)
{
	enum err e = quoter_add(&m->quoter, msg->id, msg->reportdata);

	msg->err = (uint8_t)e;
	return e != ERR_OK;
}

static bool on_spawn(struct machine *m, struct broker_msg *msg)
{
	int end = -1;

	msg->err = (uint8_t)slots_spawn(&m->slots, msg->slot, &end);
	answer(m, msg, end);
	if (end >= 0)
		close(end);
	return false;
}

static bool on_kill(struct machine *m, struct broker_msg *msg)
{
	msg->err = (uint8_t)slots_kill(&m->slots, msg->slot);
	return true;
}

static bool on_clock(struct machine *m, struct broker_msg *msg)
{
	msg->err = (uint8_t)clock_set_once(&m->clock, msg->unix_ms);
	return true;
}

static bool on_log(struct machine *m, struct broker_msg *msg)
{
	(void)m;
	console((enum console_line)msg->slot, msg->text, msg->status);
	return false;
}

static bool (*const handlers[])(struct machine *m, struct broker_msg *msg) = {
	[BROKER_QUOTE] = on_quote, [BROKER_SPAWN] = on_spawn,
	[BROKER_KILL] = on_kill,   [BROKER_CLOCK] = on_clock,
	[BROKER_LOG] = on_log,
};

static void serve_agent(struct machine *m)
{
	static struct broker_msg msg;

	/* Not for ever: the rest of the machine has its turns. */
	for (int i = 0; i < BURST; i++) {
		int passed = -1;
		enum err e = broker_recv(m->broker, &msg, &passed);

		if (e == ERR_AGAIN)
			return;
		if (e == ERR_CLOSED) {
			/* It will not ask again, so it has no use. */
			(void)kill(m->agent, SIGKILL);
			close(m->broker);
			m->broker = -1;
			return;
		}
		if (e == ERR_OK && passed >= 0)
			e = ERR_VALUE;
		if (e == ERR_OK)
			e = broker_check_request(&msg);
		if (e != ERR_OK)
			give_up("broker", e);
		if (handlers[msg.op](m, &msg))
			answer(m, &msg, -1);
	}
}

/* ---- ends of children */

static _Noreturn void agent_ended(struct machine *m, int status)
{
	int number;
	const char *how = child_end(status, &number);

	if (m->broker >= 0)
		serve_agent(m); /* its last lines */
	console(CONSOLE_AGENT_EXIT, how, number);
	console(CONSOLE_POWEROFF, NULL, -1);
	power_off();
}

static void job_ended(struct machine *m, int slot, int status)
{
	static struct broker_msg msg;
	int number;
	const char *how = child_end(status, &number);

	/* A forbidden system call is told by us: nobody else saw it. */
	if (WIFSIGNALED(status))
		console(CONSOLE_JOB_FAILED, how, number);
	memset(&msg, 0, sizeof msg);
	msg.op = BROKER_EXITED;
	msg.slot = (uint8_t)slot;
	msg.status = status;
	if (m->broker >= 0)
		answer(m, &msg, -1);
}

static void quoter_done(struct machine *m, int status)
{
	static struct broker_msg msg;

	print_end("quoter", status);
	quoter_ended(&m->quoter, &msg);
	if (m->broker >= 0)
		answer(m, &msg, -1);
}

static void reap(struct machine *m)
{
	struct signalfd_siginfo info;
	int status, slot;
	pid_t pid;

	while (read(m->signals, &info, sizeof info) == sizeof info)
		; /* several ends may have become one signal */
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == m->agent)
			agent_ended(m, status);
		else if (pid == m->quoter.pid)
			quoter_done(m, status);
		else if (pid == m->dhcp.pid)
			dhcp_ended(&m->dhcp, status, mono_ms());
		else if ((slot = slots_ended(&m->slots, pid)) >= 0)
			job_ended(m, slot, status);
		/* else a hook that udhcpc left to us */
	}
}

static void tick(struct machine *m)
{
	int64_t now = mono_ms();
	enum err e = dhcp_tick(&m->dhcp, now);

	if (e == ERR_OK)
		e = quoter_tick(&m->quoter, now);
	if (e != ERR_OK)
		give_up("child", e);
}

_Noreturn void supervise(struct machine *m)
{
	for (;;) {
		/* poll leaves out negative descriptors. */
		struct pollfd p[] = {
			{ .fd = m->broker, .events = POLLIN },
			{ .fd = m->dhcp.notes, .events = POLLIN },
			{ .fd = m->signals, .events = POLLIN },
		};
		enum err e = ERR_OK;

		tick(m);
		(void)poll(p, 3, TICK_MS);
		if (p[0].revents != 0)
			serve_agent(m);
		if (p[1].revents != 0)
			e = dhcp_read(&m->dhcp);
		if (e != ERR_OK)
			give_up("network", e);
		if (p[2].revents != 0)
			reap(m);
	}
}
