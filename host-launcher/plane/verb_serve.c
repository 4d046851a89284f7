/* verb_serve.c - ee-cp serve: files in, sockets on, one poll loop. */
#include <stdlib.h>

#include "host-launcher/lib/daemon.h"
#include "host-launcher/lib/log.h"
#include "host-launcher/plane/fetcher.h"
#include "host-launcher/plane/refresh.h"
#include "host-launcher/plane/server.h"
#include "host-launcher/plane/token.h"
#include "lib/sock.h"

enum {
	CONNS = 128,
	RESPONSE_MAX = 1024 * 1024,
	TICK_MS = 1000,
	SWEEP_MS = 60000
};

static int64_t clock_ms(void *ctx)
{
	(void)ctx;
	return wall_ms();
}

/* One line a decision. What is in it is checked (names), ours (codes) or
 * escaped by the log. */
static void log_decision(const struct audit *a, bool accepted)
{
	log_event(a->event != NULL ? a->event : "registration",
		  LOG_TEXT("result", accepted ? "accepted" : "rejected"),
		  LOG_TEXT("reason_code", audit_code(a)),
		  LOG_TEXT("vm_name", a->vm_name), LOG_TEXT("mrtd", a->mrtd),
		  LOG_TEXT("detail", a->detail),
		  LOG_TEXT("request_id", a->request_id));
}

/* Only who names a service wants this machine to ask one. */
static bool refreshes(const struct server *s)
{
	return s->o->service.pcs != NULL || s->o->service.pccs != NULL;
}

static enum exit_status check_service(const struct server *s)
{
	const struct service_opts *o = &s->o->service;
	struct fetcher *f = NULL;
	enum exit_status st;

	if (!refreshes(s) &&
	    (o->root_crl != NULL || o->ca != NULL || o->key != NULL)) {
		complain("--root-crl, --pcs-ca and --pcs-key are about a "
			 "service: --pcs URL or --pccs URL names it");
		return STATUS_USAGE;
	}
	if (!refreshes(s))
		return STATUS_DONE;
	/* the process that fetches will open it for itself, and say nothing */
	st = fetcher_open(o, NULL, &f);
	fetcher_close(f);
	return st;
}

/* The server's key, the admin's token, randomness. */
static enum exit_status load_secrets(struct server *s)
{
	char why[256];
	enum err e = identity_load(s->o->state, wall_ms() / 1000, &s->identity,
				   why, sizeof why);

	if (e != ERR_OK) {
		complain("%s", why);
		return STATUS_UNAVAILABLE;
	}
	e = token_load(s->o->state, s->plane.admin_sha256);
	if (e != ERR_OK) {
		complain("%s/admin.token: %s", s->o->state,
			 e == ERR_MISSING ? "'ee-cp init --renew' makes it"
			 : e == ERR_STATE ? "others can read it: chmod 600"
					  : err_text(e));
		return STATUS_UNAVAILABLE;
	}
	if (rng_system(&s->rng) != ERR_OK) {
		complain("the system has no entropy");
		return STATUS_INTERNAL;
	}
	s->plane.rng = rng_prng(&s->rng);
	return STATUS_DONE;
}

/* What quotes are judged by. */
static enum exit_status load_rules(struct server *s)
{
	enum exit_status st = open_roots(s->o->sim_root, &s->plane.roots);

	if (st != STATUS_DONE)
		return st;
	if (s->o->sim_root != NULL)
		log_event("insecure_sim_root",
			  LOG_TEXT("warning", "SIMULATED quotes are accepted"),
			  LOG_TEXT("root", s->o->sim_root));
	st = server_load_policy(s);
	return st != STATUS_DONE ? st : server_load_files(s);
}

static enum exit_status load(struct server *s)
{
	enum exit_status st = check_service(s);

	rules_init(&s->plane.rules);
	s->plane.now_ms = clock_ms;
	s->plane.decided = log_decision;
	if (st == STATUS_DONE)
		st = vouch_open(&s->o->ita, &s->vouch);
	if (st != STATUS_DONE)
		return st;
	if (s->vouch != NULL)
		vouch_attach(s->vouch, &s->plane);
	st = open_store(s->o->state, false, &s->plane.store);
	if (st == STATUS_DONE)
		st = load_secrets(s);
	return st != STATUS_DONE ? st : load_rules(s);
}

/* What SIGHUP asks for. What is bad stays as it was, and is told. */
static void reload(struct server *s)
{
	enum exit_status files = server_load_files(s);
	enum exit_status policy = server_load_policy(s);

	log_event("reload", LOG_NUMBER("status", files),
		  LOG_NUMBER("policy_status", policy));
}

static bool due(const struct server *s)
{
	for (size_t i = 0; i < s->nrows; i++)
		if (refresh_due(s->rows[i].next_refresh_s, wall_ms() / 1000))
			return true;
	return false;
}

static void refresh(struct server *s)
{
	int64_t now_ms = mono_ms();
	int status = 0;
	bool ended = refresher_ended(&s->refresher, now_ms, &status);

	if (server_load_store(s, false) != ERR_OK)
		log_event("collateral_not_read",
			  LOG_TEXT("error", store_error(s->plane.store)));
	if (ended) {
		log_event("collateral_refresh", LOG_NUMBER("status", status));
		s->refresher.fruitless =
			due(s) ? s->refresher.fruitless + 1 : 0;
	}
	if (!refreshes(s) || !refresher_idle(&s->refresher, now_ms) || !due(s))
		return;
	if (refresher_start(&s->refresher, s->o, now_ms) != ERR_OK)
		log_event("collateral_refresh_failed",
			  LOG_TEXT("error", "no process can be started"));
}

static void tick(void *ctx, bool hangup)
{
	struct server *s = ctx;

	if (hangup)
		reload(s);
	refresh(s);
	if (recheck_step(&s->plane, wall_ms() / 1000) != ERR_OK)
		log_event("recheck_failed",
			  LOG_TEXT("error", store_error(s->plane.store)));
	if (s->swept_ms != 0 && mono_ms() - s->swept_ms < SWEEP_MS)
		return;
	s->swept_ms = mono_ms();
	if (plane_tick(&s->plane) != ERR_OK)
		log_event("nonce_sweep_failed",
			  LOG_TEXT("error", store_error(s->plane.store)));
}

static void handle(void *ctx, int conn, const struct http_msg *req,
		   struct serve_response *res)
{
	struct server *s = ctx;

	plane_handle(&s->plane, conn, req, res);
}

static size_t poll_own(void *ctx, struct pollfd *pfd, int64_t *deadline_ms)
{
	struct server *s = ctx;

	return vouch_poll(s->vouch, pfd, deadline_ms);
}

static void run_own(void *ctx, struct serve *serve)
{
	struct server *s = ctx;

	vouch_run(s->vouch, serve);
}

static enum exit_status run(struct server *s)
{
	struct daemon d = {
		.listen =
			s->o->listen != NULL ? s->o->listen : "127.0.0.1:8443",
		.identity = &s->identity,
		.rng = s->plane.rng,
		.max_conns = CONNS,
		.max_response = RESPONSE_MAX,
		.handler = handle,
		.tick = tick,
		.tick_ms = TICK_MS,
		.files = s->vouch != NULL ? VOUCH_FILES : 0,
		.poll = s->vouch != NULL ? poll_own : NULL,
		.run = s->vouch != NULL ? run_own : NULL,
		.ctx = s,
	};

	return daemon_run(&d);
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
	daemon_hold_reload();
	st = load(s);
	if (st == STATUS_DONE)
		st = run(s);
	refresher_stop(&s->refresher);
	vouch_close(s->vouch);
	bundles_free(&s->plane.collateral);
	rules_done(&s->plane.rules);
	store_close(s->plane.store);
	identity_done(&s->identity);
	wipe(&s->rng, sizeof s->rng);
	free(s);
	return st;
}
