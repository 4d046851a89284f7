/* verb_serve.c - ee-cp serve: files in, sockets on, one poll loop. */
#include <stdlib.h>
#include <string.h>

#include "host-launcher/lib/daemon.h"
#include "host-launcher/lib/input.h"
#include "host-launcher/lib/log.h"
#include "host-launcher/plane/plane.h"
#include "host-launcher/plane/token.h"
#include "host-launcher/plane/verbs.h"
#include "lib/rng.h"

enum {
	CONNS = 128,
	RESPONSE_MAX = 1024 * 1024,
	SWEEP_MS = 60000
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
	log_event("registration",
		  LOG_TEXT("result", accepted ? "accepted" : "rejected"),
		  LOG_TEXT("reason_code", audit_code(a)),
		  LOG_TEXT("vm_name", a->vm_name), LOG_TEXT("mrtd", a->mrtd),
		  LOG_TEXT("detail", a->detail),
		  LOG_TEXT("request_id", a->request_id));
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
	enum exit_status st = input_read(path, COLLATERAL_MAX_BYTES, &b.text);
	enum err e = ERR_OK;

	if (st == STATUS_DONE)
		e = collateral_parse(&a, buf_slice(&b.text), &b.c, &what);
	if (e != ERR_OK)
		st = input_bad(path, what, e);
	if (st != STATUS_DONE) {
		bundle_free(&b);
		return st;
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
	enum exit_status st;
	enum err e;

	trust_roots_init(&s->plane.roots);
	if (s->o->sim_root == NULL)
		return STATUS_DONE;
	st = input_read(s->o->sim_root, LIMIT_PEM_BYTES, &pem);
	if (st != STATUS_DONE)
		return st;
	e = trust_roots_add_insecure(&s->plane.roots, buf_slice(&pem));
	buf_free(&pem);
	if (e != ERR_OK)
		return input_bad(s->o->sim_root, "", e);
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
	st = open_store(s->o->state, false, &s->plane.store);
	if (st != STATUS_DONE)
		return st;
	e = identity_load(s->o->state, wall_ms() / 1000, &s->identity, why,
			  sizeof why);
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
	s->plane.now_ms = clock_ms;
	s->plane.decided = log_decision;
	st = load_roots(s);
	return st != STATUS_DONE ? st : load_collateral(s);
}

static void tick(void *ctx, bool reload)
{
	struct server *s = ctx;

	if (reload)
		log_event("reload", LOG_NUMBER("status", load_collateral(s)));
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
		.tick_ms = SWEEP_MS,
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
	st = load(s);
	if (st == STATUS_DONE)
		st = run(s);
	for (size_t i = 0; i < PLANE_COLLATERALS_MAX; i++)
		bundle_free(&s->bundles[i]);
	store_close(s->plane.store);
	identity_done(&s->identity);
	wipe(&s->rng, sizeof s->rng);
	free(s);
	return st;
}
