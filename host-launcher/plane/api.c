/* api.c - the control plane's routes: one table, one handler each. */
#include <stdio.h>
#include <string.h>

#include "host-launcher/plane/api.h"
#include "lib/proto.h"
#include "lib/reportdata.h"
#include "lib/text.h"
#include "measure/lib/decide.h"

void call_fail(struct call *c, int status, const char *code,
	       const char *message)
{
	serve_error(c->res, status, code, message, c->request_id);
}

void call_fail_store(struct call *c, enum err e)
{
	if (e == ERR_SPACE)
		call_fail(c, 500, "internal_error",
			  "the answer is larger than its limit: use a filter");
	else
		call_fail(c, 500, "internal_error", "the database failed");
}

void call_finish(struct call *c, enum err e, const struct jw *j)
{
	if (e == ERR_OK)
		e = jw_end(j);
	if (e != ERR_OK)
		call_fail_store(c, e);
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
	call_fail(c, 400, "invalid_input", "a query parameter is malformed");
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
		call_fail(c, 400, "invalid_input",
			  "query parameter vm_name missing");
		return;
	}
	(*c->p->rng)->generate(c->p->rng, nonce, sizeof nonce);
	sha256((struct slice){ nonce, sizeof nonce }, hash);
	if (store_nonce_issue(c->p->store, hash, vm_name, c->now_s,
			      NONCE_TTL_SECONDS) != ERR_OK) {
		call_fail_store(c, ERR_IO);
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
	call_finish(c, ERR_OK, &j);
}

static void post_register(struct call *c)
{
	plane_register(c->p, c->conn, c->request_id, c->req->body, c->res);
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
		call_finish(c, ERR_OK, &j);
		break;
	case ERR_MISSING:
		call_fail(c, 404, "agent_not_found", "no such agent: register");
		break;
	case ERR_REFUSED:
		call_fail(c, 401, "unauthorized",
			  "not this agent's secret: register again");
		break;
	case ERR_MISMATCH:
		call_fail(c, 400, "invalid_input",
			  "another vm_name is registered");
		break;
	default:
		call_fail_store(c, e);
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
		call_fail(c, 400, "invalid_input",
			  "a header \"Authorization: Bearer\" is wanted");
		return;
	}
	if (json_parse(&a, c->req->body, &body) != ERR_OK ||
	    json_str(body, "vm_name", &vm) != ERR_OK || !name_ok(vm) ||
	    json_str(body, "status", &st) != ERR_OK || !name_ok(st) ||
	    slice_cstr(vm, vm_name, sizeof vm_name) != ERR_OK ||
	    slice_cstr(st, status, sizeof status) != ERR_OK) {
		call_fail(c, 400, "invalid_input",
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
	call_finish(c,
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
		call_fail(c, 404, "agent_not_found", "no such agent");
	else
		call_finish(c, e, &j);
}

/* ---- health ---- */

static void get_livez(struct call *c)
{
	struct jw j;

	jw_init(&j, &c->res->body);
	jw_open(&j, '{');
	jw_kstr(&j, "status", "ok");
	jw_close(&j);
	call_finish(c, ERR_OK, &j);
}

static void get_readyz(struct call *c)
{
	if (!store_ready(c->p->store))
		call_fail(c, 503, "not_ready",
			  "the database cannot be read or written");
	else if (judge_needs_token(c->p) &&
		 (c->p->ita == NULL || c->p->ita->jwks == NULL))
		call_fail(c, 503, "not_ready",
			  "no keys of Intel Trust Authority: the log says why "
			  "they were not fetched");
	else if (!decide_needs_quote(&c->p->rules.policy))
		get_livez(c);
	else if (c->p->collateral.n == 0)
		call_fail(c, 503, "not_ready",
			  "no collateral: nothing can be verified; 'ee-cp "
			  "collateral add' names a platform");
	else if (!bundles_current(&c->p->collateral, &c->p->roots, c->now_s))
		call_fail(c, 503, "not_ready",
			  "the collateral has expired: 'ee-cp collateral list' "
			  "says why it was not replaced");
	else
		get_livez(c);
}

static void get_metrics(struct call *c)
{
	if (plane_metrics(c->p, c->now_s, &c->res->body) != ERR_OK) {
		call_fail_store(c, ERR_IO);
		return;
	}
	c->res->status = 200;
	c->res->content_type = "text/plain; version=0.0.4";
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
	X("GET", "/api/v1/admin/collateral", true, get_collateral)             \
	X("GET", "/api/v1/admin/policy", true, get_policy)                     \
	X("GET", "/api/v1/admin/verdict-input", true, get_verdict_input)       \
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
			call_fail(c, 401, "unauthorized",
				  "this route wants the admin token");
		else
			handlers[i](c);
		return;
	}
	if (path_known)
		call_fail(c, 405, "method_not_allowed", "not with this method");
	else
		call_fail(c, 404, "not_found", "no such route");
}

void plane_handle(void *ctx, int conn, const struct http_msg *req,
		  struct serve_response *res)
{
	struct call c = { .p = ctx, .conn = conn, .req = req, .res = res };
	uint8_t id[REQUEST_ID_LEN / 2];

	(*c.p->rng)->generate(c.p->rng, id, sizeof id);
	hex_encode((struct slice){ id, sizeof id }, c.request_id);
	c.now_s = c.p->now_ms(c.p->clock_ctx) / 1000;
	dispatch(&c);
}

/* ---- what time does ---- */

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
