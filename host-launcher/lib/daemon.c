#include "host-launcher/lib/daemon.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "host-launcher/lib/args.h"
#include "host-launcher/lib/log.h"
#include "lib/sock.h"
#include "lib/text.h"

enum {
	REQUEST_TIMEOUT_MS = 10000,
	IDLE_TIMEOUT_MS = 60000,
	DRAIN_MS = 5000
};

static volatile sig_atomic_t want_stop, want_reload;

static void on_signal(int sig)
{
	if (sig == SIGHUP)
		want_reload = 1;
	else
		want_stop = 1;
}

/* The three signals are blocked but while the loop waits: one that comes a
 * moment before the wait would otherwise be seen only after it. *waiting
 * receives the mask to wait with. */
static void catch_signals(sigset_t *waiting)
{
	struct sigaction sa = { .sa_handler = on_signal };
	sigset_t ours;

	sigemptyset(&ours);
	sigaddset(&ours, SIGTERM);
	sigaddset(&ours, SIGINT);
	sigaddset(&ours, SIGHUP);
	sigprocmask(SIG_BLOCK, &ours, waiting);
	sigdelset(waiting, SIGTERM);
	sigdelset(waiting, SIGINT);
	sigdelset(waiting, SIGHUP);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
}

void daemon_hold_reload(void)
{
	sigset_t hangup;

	sigemptyset(&hangup);
	sigaddset(&hangup, SIGHUP);
	sigprocmask(SIG_BLOCK, &hangup, NULL);
}

static int wait_for(struct pollfd *pfd, size_t n, int64_t deadline_ms,
		    const sigset_t *waiting)
{
	int64_t left_ms = deadline_ms - mono_ms();
	struct timespec t = { 0 };

	if (left_ms > 0) {
		t.tv_sec = left_ms / 1000;
		t.tv_nsec = left_ms % 1000 * 1000000;
	}
	return ppoll(pfd, n, &t, waiting);
}

/* "ADDR:PORT" */
static enum err split_listen(const char *text, char addr[static 64],
			     uint16_t *port)
{
	const char *colon = strrchr(text, ':');
	uint64_t n;
	enum err e;

	if (colon == NULL)
		return ERR_VALUE;
	e = u64_parse(str_slice(colon + 1), UINT16_MAX, &n);
	if (e != ERR_OK)
		return e;
	*port = (uint16_t)n;
	return slice_cstr(
		(struct slice){ (const uint8_t *)text, (size_t)(colon - text) },
		addr, 64);
}

static enum exit_status open_listener(const struct daemon *d, int *fd)
{
	char addr[64];
	uint16_t port;

	if (split_listen(d->listen, addr, &port) != ERR_OK) {
		complain("--listen wants ADDR:PORT, not '%s'", d->listen);
		return STATUS_USAGE;
	}
	if (sock_listen(addr, port, fd, &port) != ERR_OK) {
		complain("cannot listen on %s: %s", d->listen, strerror(errno));
		return STATUS_UNAVAILABLE;
	}
	log_event("listening", LOG_TEXT("address", addr),
		  LOG_NUMBER("port", port));
	return STATUS_DONE;
}

/* One round: what is due, then wait, then serve. False when it is over. */
static bool round_trip(const struct daemon *d, struct serve *s,
		       struct pollfd *pfd, int64_t *next_tick_ms,
		       int64_t give_up_ms, const sigset_t *waiting)
{
	int64_t deadline_ms = give_up_ms;
	size_t n, more = 0;

	if (want_reload || mono_ms() >= *next_tick_ms) {
		bool reload = want_reload != 0;

		want_reload = 0;
		*next_tick_ms = mono_ms() + d->tick_ms;
		d->tick(d->ctx, reload);
	}
	if (*next_tick_ms < deadline_ms)
		deadline_ms = *next_tick_ms;
	n = serve_poll(s, pfd, &deadline_ms);
	if (d->poll != NULL)
		more = d->poll(d->ctx, pfd + n, &deadline_ms);
	if (wait_for(pfd, n + more, deadline_ms, waiting) < 0) {
		if (errno == EINTR)
			return true;
		log_event("poll_failed", LOG_TEXT("error", strerror(errno)));
		return false;
	}
	serve_run(s, pfd, n);
	if (d->run != NULL)
		d->run(d->ctx, s);
	return true;
}

static void loop(const struct daemon *d, struct serve *s, struct pollfd *pfd,
		 const sigset_t *waiting)
{
	int64_t next_tick_ms = 0, give_up_ms = INT64_MAX;

	while (round_trip(d, s, pfd, &next_tick_ms, give_up_ms, waiting)) {
		if (!want_stop)
			continue;
		if (give_up_ms == INT64_MAX)
			give_up_ms = mono_ms() + DRAIN_MS;
		if (serve_drain(s) || mono_ms() >= give_up_ms)
			return;
	}
}

enum exit_status daemon_run(const struct daemon *d)
{
	struct serve_opts so = {
		.tls = { .key = &d->identity->server_key,
			 .chain_der = { d->identity->chain[0],
					d->identity->chain[1] },
			 .nchain = 2,
			 .rng = d->rng },
		.max_conns = d->max_conns,
		.max_request_body = LIMIT_HTTP_BODY_BYTES,
		.max_response_body = d->max_response,
		.request_timeout_ms = REQUEST_TIMEOUT_MS,
		.idle_timeout_ms = IDLE_TIMEOUT_MS,
		.handler = d->handler,
		.ctx = d->ctx,
	};
	struct pollfd *pfd = calloc(d->max_conns + 1 + d->files, sizeof *pfd);
	enum exit_status st;
	struct serve *s = NULL;
	sigset_t waiting;
	void *mem = NULL;

	so.listener = -1;
	catch_signals(&waiting);
	st = open_listener(d, &so.listener);
	if (st == STATUS_DONE) {
		mem = malloc(serve_mem(&so));
		if (pfd == NULL || mem == NULL ||
		    serve_init(&s, &so, mem, serve_mem(&so)) != ERR_OK) {
			complain("out of memory for %zu connections",
				 d->max_conns);
			st = STATUS_INTERNAL;
		}
	}
	if (st == STATUS_DONE) {
		loop(d, s, pfd, &waiting);
		serve_done(s);
		log_event("stopped", LOG_TEXT("address", d->listen));
	}
	if (so.listener >= 0)
		close(so.listener);
	free(mem);
	free(pfd);
	return st;
}
