/* api.c - the control plane's routes: one table, one handler each. */
#include <stdio.h>
#include <string.h>

#include "host-launcher/plane/plane.h"
#include "lib/proto.h"
#include "lib/reportdata.h"
#include "lib/text.h"

/* One request on its way through a handler. */
struct call {
	struct plane *p;
	const struct http_msg *req;
	struct serve_response *res;
	char request_id[REQUEST_ID_LEN + 1];
	char id[LIMIT_NAME_BYTES + 1]; /* what stood for {id} */
	int64_t now_s;
};

static void fail(struct call *c, int status, const char *code,
		 const char *message)
{
	serve_error(c->res, status, code, message, c->request_id);
}

static void fail_store(struct call *c, enum err e)
{
	if (e == ERR_SPACE)
		fail(c, 500, "internal_error",
		     "the answer is larger than its limit: use a filter");
	else
		fail(c, 500, "internal_error", "the database failed");
}

/* Ends a JSON answer, or turns it into an error. */
static void finish(struct call *c, enum err e, const struct jw *j)
{
	if (e == ERR_OK)
		e = jw_end(j);
	if (e != ERR_OK)
		fail_store(c, e);
	else
		c->res->status = 200;
}

/* "Authorization: Bearer X", or an empty slice. */
static struct slice bearer(const struct http_msg *req)
{
	static const char scheme[] = "Bearer ";
	struct slice v = http_header(req, "Authorization");
	size_t n = sizeof scheme - 1;

	if (v.len <= n || memcmp(v.ptr, scheme, n) != 0)
		return (struct slice){ NULL, 0 };
	return (struct slice){ v.ptr + n, v.len - n };
}

static bool is_admin(const struct call *c)
{
	uint8_t hash[SHA256_LEN];

	sha256(bearer(c->req), hash);
	return ct_eq(hash, c->p->admin_sha256, sizeof hash);
}

/* ---- agents ---- */

static bool query_text(struct call *c, const char *key, char *out, size_t cap,
		       bool *there)
{
	struct slice v;
	enum err e = http_query(c->req->query, key, &v);

	*there = e == ERR_OK;
	if (e == ERR_MISSING)
		return true;
	if (e == ERR_OK && name_ok(v) && slice_cstr(v, out, cap) == ERR_OK)
		return true;
	fail(c, 400, "invalid_input", "a query parameter is malformed");
	return false;
}

static void get_challenge(struct call *c)
{
	char vm_name[LIMIT_NAME_BYTES + 1], hex[2 * NONCE_LEN + 1];
	char when[RFC3339_LEN + 1];
	uint8_t nonce[NONCE_LEN], hash[SHA256_LEN];
	int64_t now_ms = c->p->now_ms(c->p->clock_ctx);
	bool there;
	struct jw j;

	if (!query_text(c, "vm_name", vm_name, sizeof vm_name, &there))
		return;
	if (!there) {
		fail(c, 400, "invalid_input",
		     "query parameter vm_name missing");
		return;
	}
	(*c->p->rng)->generate(c->p->rng, nonce, sizeof nonce);
	sha256((struct slice){ nonce, sizeof nonce }, hash);
	if (store_nonce_issue(c->p->store, hash, vm_name, c->now_s,
			      NONCE_TTL_SECONDS) != ERR_OK) {
		fail_store(c, ERR_IO);
		return;
	}
	c->p->counts.nonces_issued++;
	hex_encode((struct slice){ nonce, sizeof nonce }, hex);
	rfc3339_format(now_ms, when);
	jw_init(&j, &c->res->body);
	jw_open(&j, '{');
	jw_kstr(&j, "issued_at", when);
	jw_kstr(&j, "nonce", hex);
	jw_ki64(&j, "server_time_ms", now_ms);
	jw_ki64(&j, "ttl_seconds", NONCE_TTL_SECONDS);
	jw_close(&j);
	finish(c, ERR_OK, &j);
}

static void post_register(struct call *c)
{
	plane_register(c->p, c->request_id, c->req->body, c->res);
}

static void answer_heartbeat(struct call *c, enum err e)
{
	struct jw j;

	switch ((int)e) {
	case ERR_OK:
		jw_init(&j, &c->res->body);
		jw_open(&j, '{');
		jw_kstr(&j, "status", "ok");
		jw_close(&j);
		finish(c, ERR_OK, &j);
		break;
	case ERR_MISSING:
		fail(c, 404, "agent_not_found", "no such agent: register");
		break;
	case ERR_REFUSED:
		fail(c, 401, "unauthorized",
		     "not this agent's secret: register again");
		break;
	case ERR_MISMATCH:
		fail(c, 400, "invalid_input", "another vm_name is registered");
		break;
	default:
		fail_store(c, e);
	}
}

static void post_heartbeat(struct call *c)
{
	struct arena a = arena_over(c->p->arena_mem, PLANE_JSON_ARENA);
	char vm_name[LIMIT_NAME_BYTES + 1], status[LIMIT_NAME_BYTES + 1];
	uint8_t hash[SHA256_LEN];
	struct slice vm, st, secret = bearer(c->req);
	struct json body;

	if (secret.len == 0) {
		fail(c, 400, "invalid_input",
		     "a header \"Authorization: Bearer\" is wanted");
		return;
	}
	if (json_parse(&a, c->req->body, &body) != ERR_OK ||
	    json_str(body, "vm_name", &vm) != ERR_OK || !name_ok(vm) ||
	    json_str(body, "status", &st) != ERR_OK || !name_ok(st) ||
	    slice_cstr(vm, vm_name, sizeof vm_name) != ERR_OK ||
	    slice_cstr(st, status, sizeof status) != ERR_OK) {
		fail(c, 400, "invalid_input",
		     "the body wants members \"vm_name\" and \"status\"");
		return;
	}
	sha256(secret, hash);
	answer_heartbeat(c, store_heartbeat(c->p->store, c->id, hash, vm_name,
					    status, c->now_s));
}

static void get_agents(struct call *c)
{
	char status[LIMIT_NAME_BYTES + 1], vm_name[LIMIT_NAME_BYTES + 1];
	bool has_status, has_name;
	struct jw j;

	if (!query_text(c, "status", status, sizeof status, &has_status) ||
	    !query_text(c, "vm_name", vm_name, sizeof vm_name, &has_name))
		return;
	jw_init(&j, &c->res->body);
	finish(c,
	       store_agents(c->p->store, has_status ? status : NULL,
			    has_name ? vm_name : NULL, &j),
	       &j);
}

static void get_agent(struct call *c)
{
	struct jw j;
	enum err e;

	jw_init(&j, &c->res->body);
	e = store_agent(c->p->store, c->id, &j);
	if (e == ERR_MISSING)
		fail(c, 404, "agent_not_found", "no such agent");
	else
		finish(c, e, &j);
}

/* ---- trust ---- */

static void list_trusted(struct call *c, bool whole)
{
	struct jw j;

	jw_init(&j, &c->res->body);
	finish(c, store_trusted(c->p->store, whole, &j), &j);
}

/* For everybody: no notes, which are the admin's. */
static void get_trusted(struct call *c)
{
	list_trusted(c, false);
}

static void get_trusted_whole(struct call *c)
{
	list_trusted(c, true);
}

/* 96 hex digits in lower case, so that one value has one spelling. */
static bool mrtd_ok(struct slice s, char out[static 97])
{
	uint8_t b[SHA384_LEN];

	if (hex_decode(s, b, sizeof b) != ERR_OK)
		return false;
	hex_encode((struct slice){ b, sizeof b }, out);
	return true;
}

static void post_trusted(struct call *c)
{
	static const char *const known[] = { "mrtd", "note", "type", NULL };
	struct arena a = arena_over(c->p->arena_mem, PLANE_JSON_ARENA);
	struct slice mrtd, type, note = str_slice("");
	char hex[97], ty[8], no[256];
	const char *which;
	struct json body;
	enum err e;

	if (json_parse(&a, c->req->body, &body) != ERR_OK ||
	    json_only(body, known, &which) != ERR_OK ||
	    json_str(body, "mrtd", &mrtd) != ERR_OK || !mrtd_ok(mrtd, hex) ||
	    json_str(body, "type", &type) != ERR_OK ||
	    (!slice_is(type, "agent") && !slice_is(type, "proxy")) ||
	    slice_cstr(type, ty, sizeof ty) != ERR_OK) {
		fail(c, 400, "invalid_input",
		     "the body wants \"mrtd\" (96 hex digits), \"type\" "
		     "(agent or proxy) and, if you like, \"note\"");
		return;
	}
	e = json_str(body, "note", &note);
	if ((e != ERR_OK && e != ERR_MISSING) ||
	    slice_cstr(note, no, sizeof no) != ERR_OK) {
		fail(c, 400, "invalid_input",
		     "\"note\" is a text of at most 255 bytes");
		return;
	}
	e = store_trust_mrtd(c->p->store, hex, ty, no, c->now_s);
	if (e != ERR_OK)
		fail_store(c, e);
	else
		list_trusted(c, true);
}

/* ---- health ---- */

static void get_livez(struct call *c)
{
	struct jw j;

	jw_init(&j, &c->res->body);
	jw_open(&j, '{');
	jw_kstr(&j, "status", "ok");
	jw_close(&j);
	finish(c, ERR_OK, &j);
}

static void get_readyz(struct call *c)
{
	if (!store_ready(c->p->store))
		fail(c, 503, "not_ready",
		     "the database cannot be read or written");
	else if (c->p->ncollaterals == 0)
		fail(c, 503, "not_ready",
		     "no collateral: nothing can be verified");
	else if (!plane_collateral_current(c->p, c->now_s))
		fail(c, 503, "not_ready",
		     "the collateral has expired: fetch it again, then send "
		     "SIGHUP");
	else
		get_livez(c);
}

static void metric(struct wr *w, const char *name, const char *kind)
{
	wr_fmt(w, "# TYPE %s %s\n", name, kind);
}

static void metric_value(struct wr *w, const char *name, const char *label,
			 const char *value, uint64_t n)
{
	wr_fmt(w, "%s{%s=\"%s\"} %llu\n", name, label, value,
	       (unsigned long long)n);
}

static void one_metric(struct wr *w, const char *name, const char *kind,
		       uint64_t n)
{
	metric(w, name, kind);
	wr_fmt(w, "%s %llu\n", name, (unsigned long long)n);
}

static void attempt_metrics(struct wr *w, const struct plane_counts *n)
{
	static const char attempts[] = "attestation_registration_attempt_total";
	static const char rejects[] = "attestation_registration_reject_total";
	uint64_t rejected = n->conflicts;

	for (int r = REASON_NONCE_MISSING; r <= REASON_INTERNAL; r++)
		rejected += n->rejected[r];
	metric(w, attempts, "counter");
	metric_value(w, attempts, "result", "accepted", n->accepted);
	metric_value(w, attempts, "result", "rejected", rejected);
	metric(w, rejects, "counter");
	for (int r = REASON_NONCE_MISSING; r <= REASON_INTERNAL; r++)
		metric_value(w, rejects, "reason_code",
			     reason_code((enum reason)r), n->rejected[r]);
	metric_value(w, rejects, "reason_code", "vm_name_conflict",
		     n->conflicts);
}

static void get_metrics(struct call *c)
{
	const struct plane_counts *n = &c->p->counts;
	struct wr *w = &c->res->body;
	struct store_counts now;

	if (store_count(c->p->store, c->now_s, &now) != ERR_OK) {
		fail_store(c, ERR_IO);
		return;
	}
	c->res->status = 200;
	c->res->content_type = "text/plain; version=0.0.4";
	attempt_metrics(w, n);
	one_metric(w, "attestation_nonce_issued_total", "counter",
		   n->nonces_issued);
	one_metric(w, "attestation_nonce_consumed_total", "counter",
		   n->nonces_consumed);
	one_metric(w, "attestation_nonce_expired_total", "counter",
		   n->nonces_expired);
	one_metric(w, "ee_cp_agents", "gauge", (uint64_t)now.agents);
	one_metric(w, "ee_cp_nonces_open", "gauge", (uint64_t)now.nonces_open);
}

static void get_events(struct call *c)
{
	struct jw j;

	jw_init(&j, &c->res->body);
	finish(c, store_events(c->p->store, 100, &j), &j);
}

/* ---- the table ---- */

#define ROUTES(X)                                                              \
	X("GET", ROUTE_CHALLENGE, false, get_challenge)                        \
	X("POST", ROUTE_REGISTER, false, post_register)                        \
	X("POST", ROUTE_AGENTS "/{id}/heartbeat", false, post_heartbeat)       \
	X("GET", ROUTE_AGENTS, false, get_agents)                              \
	X("GET", ROUTE_AGENTS "/{id}", false, get_agent)                       \
	X("GET", "/api/v1/trusted-mrtds", false, get_trusted)                  \
	X("GET", ROUTE_TRUSTED_MRTDS, true, get_trusted_whole)                 \
	X("POST", ROUTE_TRUSTED_MRTDS, true, post_trusted)                     \
	X("GET", "/api/v1/admin/attestation-events", true, get_events)         \
	X("GET", "/livez", false, get_livez)                                   \
	X("GET", "/readyz", false, get_readyz)                                 \
	X("GET", "/metrics", false, get_metrics)

const struct plane_route plane_routes[] = {
#define X(method, path, admin, fn) { method, path, admin },
	ROUTES(X)
#undef X
};
const size_t plane_nroutes = sizeof plane_routes / sizeof plane_routes[0];

static void (*const handlers[])(struct call *) = {
#define X(method, path, admin, fn) fn,
	ROUTES(X)
#undef X
};

/* Does path fit the pattern? {id} takes one segment that is a name. */
static bool path_fits(struct slice path, const char *pattern,
		      char id[static LIMIT_NAME_BYTES + 1])
{
	const char *brace = strstr(pattern, "{id}");
	size_t before =
		brace == NULL ? strlen(pattern) : (size_t)(brace - pattern);
	const char *after = brace == NULL ? "" : brace + 4;
	struct slice mid;

	if (path.len < before + strlen(after) ||
	    memcmp(path.ptr, pattern, before) != 0 ||
	    memcmp(path.ptr + path.len - strlen(after), after, strlen(after)) !=
		    0)
		return false;
	mid = (struct slice){ path.ptr + before,
			      path.len - before - strlen(after) };
	if (brace == NULL)
		return mid.len == 0;
	return name_ok(mid) && memchr(mid.ptr, '/', mid.len) == NULL &&
	       slice_cstr(mid, id, LIMIT_NAME_BYTES + 1) == ERR_OK;
}

static void dispatch(struct call *c)
{
	bool path_known = false;

	for (size_t i = 0; i < plane_nroutes; i++) {
		const struct plane_route *r = &plane_routes[i];

		if (!path_fits(c->req->path, r->path, c->id))
			continue;
		path_known = true;
		if (!slice_is(c->req->method, r->method))
			continue;
		if (r->admin && !is_admin(c))
			fail(c, 401, "unauthorized",
			     "this route wants the admin token");
		else
			handlers[i](c);
		return;
	}
	if (path_known)
		fail(c, 405, "method_not_allowed", "not with this method");
	else
		fail(c, 404, "not_found", "no such route");
}

void plane_handle(void *ctx, int conn, const struct http_msg *req,
		  struct serve_response *res)
{
	struct call c = { .p = ctx, .req = req, .res = res };
	uint8_t id[REQUEST_ID_LEN / 2];

	(void)conn;
	(*c.p->rng)->generate(c.p->rng, id, sizeof id);
	hex_encode((struct slice){ id, sizeof id }, c.request_id);
	c.now_s = c.p->now_ms(c.p->clock_ctx) / 1000;
	dispatch(&c);
}

/* ---- what time does ---- */

bool plane_collateral_current(const struct plane *p, int64_t now_s)
{
	for (size_t i = 0; i < p->ncollaterals; i++) {
		const struct collateral *c = p->collaterals[i];

		if (now_s <= c->tcb_info.next_update_s &&
		    now_s <= c->qe_identity.next_update_s &&
		    now_s <= c->pck_crl.next_update_s &&
		    now_s <= c->root_crl.next_update_s)
			return true;
	}
	return false;
}

enum err plane_tick(struct plane *p)
{
	int64_t now_s = p->now_ms(p->clock_ctx) / 1000, n = 0;
	enum err e = ERR_OK;

	if (p->swept_s != 0 && p->swept_s < now_s)
		e = store_nonces_expired(p->store, p->swept_s, now_s, &n);
	if (e != ERR_OK)
		return e;
	p->counts.nonces_expired += (uint64_t)n;
	p->swept_s = now_s;
	return store_nonce_sweep(p->store, now_s, PLANE_NONCE_KEEP_S);
}
