/* verb_serve.c - ee-cp serve: files in, sockets on, one poll loop. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host-launcher/lib/file.h"
#include "host-launcher/lib/log.h"
#include "host-launcher/plane/plane.h"
#include "host-launcher/plane/verbs.h"
#include "lib/rng.h"
#include "lib/sock.h"
#include "lib/text.h"

enum {
	CONNS = 128,
	RESPONSE_MAX = 1024 * 1024,
	REQUEST_TIMEOUT_MS = 10000,
	IDLE_TIMEOUT_MS = 60000,
	SWEEP_MS = 60000,
	DRAIN_MS = 5000,
	NONCE_KEEP_S = 24 * 3600
};

/* A parsed bundle with the memory it lives in. */
struct bundle {
	uint8_t *mem;
	struct buf text;
	struct collateral c;
};

struct server {
	const struct plane_opts *o;
	struct plane plane;
	struct identity identity;
	struct rng rng;
	struct bundle bundles[PLANE_COLLATERALS_MAX];
	struct serve *serve;
	void *serve_mem;
	int64_t next_sweep_ms;
};

static volatile sig_atomic_t want_stop, want_reload;

static void on_signal(int sig)
{
	if (sig == SIGHUP)
		want_reload = 1;
	else
		want_stop = 1;
}

static int64_t clock_ms(void *ctx)
{
	(void)ctx;
	return wall_ms();
}

static void bundle_free(struct bundle *b)
{
	free(b->mem);
	buf_free(&b->text);
	memset(b, 0, sizeof *b);
}

static enum exit_status bundle_load(const char *path, struct bundle *out)
{
	struct bundle b = { .mem = malloc(COLLATERAL_ARENA_BYTES) };
	struct arena a =
		arena_over(b.mem, b.mem == NULL ? 0 : COLLATERAL_ARENA_BYTES);
	const char *what = "";
	enum err e = file_read(path, COLLATERAL_MAX_BYTES, &b.text);
	bool found = e == ERR_OK;

	if (found)
		e = collateral_parse(&a, buf_slice(&b.text), &b.c, &what);
	if (e != ERR_OK) {
		complain("%s: %s%s%s", path, what, *what != '\0' ? ": " : "",
			 err_text(e));
		bundle_free(&b);
		return found ? STATUS_MALFORMED : STATUS_UNAVAILABLE;
	}
	collateral_authenticate(&b.c);
	if (b.c.signatures != REASON_OK) {
		complain("%s: %s: %s", path, b.c.signatures_what,
			 reason_text(b.c.signatures));
		bundle_free(&b);
		return STATUS_REFUSED;
	}
	*out = b;
	return STATUS_DONE;
}

/* Loads every --collateral file; the ones in use stay when one is bad. */
static enum exit_status load_collateral(struct server *s)
{
	struct bundle fresh[PLANE_COLLATERALS_MAX] = { 0 };
	size_t n = s->o->collateral.n;
	enum exit_status st = STATUS_DONE;

	for (size_t i = 0; st == STATUS_DONE && i < n; i++)
		st = bundle_load(s->o->collateral.v[i], &fresh[i]);
	if (st != STATUS_DONE) {
		for (size_t i = 0; i < n; i++)
			bundle_free(&fresh[i]);
		return st;
	}
	for (size_t i = 0; i < n; i++) {
		bundle_free(&s->bundles[i]);
		s->bundles[i] = fresh[i];
		s->plane.collaterals[i] = &s->bundles[i].c;
	}
	s->plane.ncollaterals = n;
	return STATUS_DONE;
}

static enum exit_status load_roots(struct server *s)
{
	struct buf pem = { 0 };
	enum err e;

	trust_roots_init(&s->plane.roots);
	if (s->o->sim_root == NULL)
		return STATUS_DONE;
	e = file_read(s->o->sim_root, LIMIT_PEM_BYTES, &pem);
	if (e == ERR_OK)
		e = trust_roots_add_insecure(&s->plane.roots, buf_slice(&pem));
	buf_free(&pem);
	if (e != ERR_OK) {
		complain("%s: %s", s->o->sim_root, err_text(e));
		return exit_of(e);
	}
	log_event("insecure_sim_root",
		  LOG_TEXT("warning", "SIMULATED quotes are accepted"),
		  LOG_TEXT("root", s->o->sim_root));
	return STATUS_DONE;
}

static enum exit_status load(struct server *s)
{
	enum exit_status st;
	char why[256];
	enum err e;

	if (s->o->collateral.n > PLANE_COLLATERALS_MAX) {
		complain("at most %d --collateral files",
			 PLANE_COLLATERALS_MAX);
		return STATUS_USAGE;
	}
	s->plane.store = open_store(s->o->state);
	if (s->plane.store == NULL)
		return STATUS_UNAVAILABLE;
	e = identity_load(s->o->state, &s->identity, why, sizeof why);
	if (e != ERR_OK) {
		complain("%s", why);
		return STATUS_UNAVAILABLE;
	}
	if (rng_system(&s->rng) != ERR_OK) {
		complain("the system has no entropy");
		return STATUS_INTERNAL;
	}
	s->plane.identity = &s->identity;
	s->plane.rng = rng_prng(&s->rng);
	s->plane.now_ms = clock_ms;
	st = load_roots(s);
	return st != STATUS_DONE ? st : load_collateral(s);
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

static enum exit_status start(struct server *s)
{
	const char *text =
		s->o->listen != NULL ? s->o->listen : "127.0.0.1:8443";
	struct serve_opts so = {
		.listener = -1,
		.tls = { .key = &s->identity.server_key,
			 .chain_der = { s->identity.chain[0],
					s->identity.chain[1] },
			 .nchain = 2,
			 .rng = s->plane.rng },
		.max_conns = CONNS,
		.max_request_body = LIMIT_HTTP_BODY_BYTES,
		.max_response_body = RESPONSE_MAX,
		.request_timeout_ms = REQUEST_TIMEOUT_MS,
		.idle_timeout_ms = IDLE_TIMEOUT_MS,
		.handler = plane_handle,
		.ctx = &s->plane,
	};
	char addr[64];
	uint16_t port;
	size_t need;

	if (split_listen(text, addr, &port) != ERR_OK) {
		complain("--listen wants ADDR:PORT, not '%s'", text);
		return STATUS_USAGE;
	}
	if (sock_listen(addr, port, &so.listener, &port) != ERR_OK) {
		complain("cannot listen on %s: %s", text, strerror(errno));
		return STATUS_UNAVAILABLE;
	}
	need = serve_mem(&so);
	s->serve_mem = malloc(need);
	if (s->serve_mem == NULL ||
	    serve_init(&s->serve, &so, s->serve_mem, need) != ERR_OK) {
		complain("out of memory for %d connections", CONNS);
		return STATUS_INTERNAL;
	}
	log_event("listening", LOG_TEXT("address", addr),
		  LOG_NUMBER("port", port));
	return STATUS_DONE;
}

static void housekeeping(struct server *s)
{
	if (want_reload) {
		want_reload = 0;
		log_event("reload", LOG_NUMBER("status", load_collateral(s)));
	}
	if (mono_ms() < s->next_sweep_ms)
		return;
	s->next_sweep_ms = mono_ms() + SWEEP_MS;
	if (store_nonce_sweep(s->plane.store, wall_ms() / 1000, NONCE_KEEP_S) !=
	    ERR_OK)
		log_event("nonce_sweep_failed",
			  LOG_TEXT("error", store_error(s->plane.store)));
}

static void loop(struct server *s)
{
	struct pollfd pfd[1 + CONNS];
	int64_t give_up_ms = 0;

	for (;;) {
		int64_t deadline_ms, wait_ms;
		size_t n;

		housekeeping(s);
		if (want_stop && give_up_ms == 0)
			give_up_ms = mono_ms() + DRAIN_MS;
		if (want_stop &&
		    (serve_drain(s->serve) || mono_ms() >= give_up_ms))
			return;
		deadline_ms = want_stop ? give_up_ms : s->next_sweep_ms;
		n = serve_poll(s->serve, pfd, &deadline_ms);
		wait_ms = deadline_ms - mono_ms();
		if (poll(pfd, n, wait_ms < 0 ? 0 : (int)wait_ms) < 0 &&
		    errno != EINTR) {
			log_event("poll_failed",
				  LOG_TEXT("error", strerror(errno)));
			return;
		}
		serve_run(s->serve, pfd, n);
	}
}

static void catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
}

enum exit_status verb_serve(const char *const *operands, size_t n,
			    const void *opts)
{
	struct server *s = calloc(1, sizeof *s);
	enum exit_status st;

	(void)operands;
	(void)n;
	if (s == NULL)
		return STATUS_INTERNAL;
	s->o = opts;
	catch_signals();
	st = load(s);
	if (st == STATUS_DONE)
		st = start(s);
	if (st == STATUS_DONE)
		loop(s);
	if (st == STATUS_DONE)
		log_event("stopped", LOG_NUMBER("status", st));
	free(s->serve_mem);
	for (size_t i = 0; i < PLANE_COLLATERALS_MAX; i++)
		bundle_free(&s->bundles[i]);
	store_close(s->plane.store);
	identity_done(&s->identity);
	wipe(&s->rng, sizeof s->rng);
	free(s);
	return st;
}
