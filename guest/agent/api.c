/* The agent's API: proto.h's routes over struct agent. */
#include <stdio.h>
#include <string.h>

#include "agent/agent.h"
#include "lib/proto.h"
#include "lib/text.h"

#define BEARER "Bearer "

enum {
	REQUEST_ID_CHARS = 16
};

static void random_hex(struct agent *a, char *out, size_t chars)
{
	uint8_t b[32];

	rng_bytes(rng_prng(&a->secrets->rng), b, chars / 2);
	hex_encode((struct slice){ b, chars / 2 }, out);
}

/* ---- answers */

static void refuse(struct agent *a, struct serve_response *res, int status,
		   const char *code, const char *message)
{
	char id[REQUEST_ID_CHARS + 1];

	random_hex(a, id, REQUEST_ID_CHARS);
	serve_error(res, status, code, message, id);
}

void api_error_body(struct agent *a, const char *code, const char *message,
		    struct wr *out)
{
	char id[REQUEST_ID_CHARS + 1];
	struct jw j;

	random_hex(a, id, REQUEST_ID_CHARS);
	jw_init(&j, out);
	jw_open(&j, '{');
	jw_kstr(&j, "code", code);
	jw_kstr(&j, "message", message);
	jw_kstr(&j, "request_id", id);
	jw_close(&j);
}

/* Ends a JSON answer; one that does not fit becomes a 500. */
static void finish(struct agent *a, struct serve_response *res, int status,
		   const struct jw *j)
{
	res->status = status;
	if (jw_end(j) == ERR_OK)
		return;
	res->body.len = 0;
	res->body.err = ERR_OK;
	refuse(a, res, 500, "internal", "the answer could not be written");
}

static void answer_status(struct agent *a, struct serve_response *res,
			  int status, const char *text)
{
	struct jw j;

	jw_init(&j, &res->body);
	jw_open(&j, '{');
	jw_kstr(&j, "status", text);
	jw_close(&j);
	finish(a, res, status, &j);
}

static void answer_job(struct agent *a, struct serve_response *res,
		       const struct job_record *r)
{
	struct jw j;

	jw_init(&j, &res->body);
	jw_open(&j, '{');
	jw_kstr(&j, "job_id", r->job_id);
	jw_kstr(&j, "status", job_state_name(r->state));
	jw_close(&j);
	finish(a, res, 202, &j);
}

/* Working memory for the JSON of one request; wiped when it is done. */
static struct arena scratch(struct agent *a)
{
	return arena_over(a->secrets->scratch, sizeof(a->secrets->scratch));
}

/* The one member `key` of a body that may hold nothing else. False: answered.
 */
static bool one_member(struct agent *a, const struct http_msg *req,
		       struct serve_response *res, const char *key,
		       struct slice *out)
{
	const char *known[] = { key, NULL };
	const char *which = key;
	struct arena mem = scratch(a);
	char msg[160];
	struct json v;
	enum err e = json_parse(&mem, req->body, &v);

	if (e != ERR_OK)
		which = "body";
	else
		e = json_only(v, known, &which);
	if (e == ERR_OK) {
		which = key;
		e = json_str(v, key, out);
	}
	if (e == ERR_OK)
		return true;
	snprintf(msg, sizeof(msg), "%s: %s", e == ERR_UNKNOWN ? "body" : which,
		 err_text(e));
	refuse(a, res, 400, "invalid_request", msg);
	return false;
}

/* ---- health */

static void livez(struct agent *a, int conn, struct slice id,
		  const struct http_msg *req, struct serve_response *res)
{
	(void)conn, (void)id, (void)req;
	answer_status(a, res, 200, "ok");
}

static void readyz(struct agent *a, int conn, struct slice id,
		   const struct http_msg *req, struct serve_response *res)
{
	(void)conn, (void)id, (void)req;
	if (a->reg.registered)
		answer_status(a, res, 200, "ok");
	else
		refuse(a, res, 503, "not_registered",
		       "the control plane has not accepted this agent");
}

static void health(struct agent *a, int conn, struct slice id,
		   const struct http_msg *req, struct serve_response *res)
{
	struct jw j;

	(void)conn, (void)id, (void)req;
	jw_init(&j, &res->body);
	jw_open(&j, '{');
	jw_key(&j, "agent_id");
	if (a->reg.agent_id[0] != '\0')
		jw_str(&j, a->reg.agent_id);
	else
		jw_null(&j);
	jw_khex(&j, "config_sha384",
		(struct slice){ a->cfg.sha384, SHA384_LEN });
	jw_kstr(&j, "provider", a->provider);
	jw_kbool(&j, "registered", a->reg.registered);
	jw_kbool(&j, "simulated", a->simulated || a->reg.simulated);
	jw_kstr(&j, "status", "ok");
	jw_kstr(&j, "time_source", agent_time_source(a));
	jw_kstr(&j, "vm_name", a->cfg.vm_name);
	jw_close(&j);
	finish(a, res, 200, &j);
}

/* ---- attestation */

static void attest(struct agent *a, int conn, struct slice id,
		   const struct http_msg *req, struct serve_response *res)
{
	struct binding b = a->keys;
	struct slice nonce;
	enum err e;

	(void)id;
	if (!one_member(a, req, res, "nonce", &nonce))
		return;
	if (hex_decode(nonce, b.nonce, NONCE_LEN) != ERR_OK) {
		refuse(a, res, 400, "invalid_request",
		       "nonce: not 64 hex characters");
		return;
	}
	memcpy(b.config_sha384, a->cfg.sha384, SHA384_LEN);
	memcpy(b.role, ROLE_ATTEST, sizeof(ROLE_ATTEST));
	memcpy(b.vm_name, a->cfg.vm_name, sizeof(b.vm_name));
	e = quotes_add(&a->quotes, a->now.mono_ms, conn, &b);
	if (e == ERR_OK) {
		res->defer = true;
		return;
	}
	refuse(a, res, 429, "too_many_requests",
	       "quotes are made one at a time; try again");
	res->extra = "Retry-After: 1\r\n";
}

enum err api_attest_body(const struct agent *a, const struct binding *b,
			 struct slice quote, struct wr *out)
{
	struct jw j;

	jw_init(&j, out);
	jw_open(&j, '{');
	jw_key(&j, "binding");
	binding_write(&j, b);
	jw_kstr(&j, "provider", a->provider);
	jw_kb64(&j, "quote_b64", quote);
	jw_close(&j);
	return jw_end(&j);
}

/* ---- jobs */

/* Room for the job, its credentials, and then the job itself. */
static void start_parsed(struct agent *a, struct serve_response *res)
{
	struct secrets *s = a->secrets;
	struct job_record *r = NULL;
	char id[4 + REQUEST_ID_CHARS + 1] = "job-";
	int slot;
	enum err e = jobs_slot(&a->jobs, &a->request, &slot);

	if (e == ERR_DUPLICATE) {
		refuse(a, res, 409, "duplicate_job",
		       "this campaign, exchange and pair has a job already");
		return;
	}
	if (e != ERR_OK) {
		refuse(a, res, 503, "no_slot", "as many jobs as may run do");
		return;
	}
	e = start_unseal(&a->request, &s->seal_key, s->scratch,
			 sizeof(s->scratch), &s->starts[slot]);
	if (e != ERR_OK) {
		refuse(a, res, 400, "invalid_credentials",
		       e == ERR_SIGNATURE
			       ? "credentials: not sealed to this agent's key "
				 "for this request"
			       : "credentials: not an API key and its secret");
		return;
	}
	random_hex(a, id + 4, REQUEST_ID_CHARS);
	e = jobs_start(&a->jobs, a->now, slot, &a->request, id, &r);
	if (e != ERR_OK)
		refuse(a, res, 503, "no_process", err_text(e));
	else
		answer_job(a, res, r);
}

static void job_start(struct agent *a, int conn, struct slice id,
		      const struct http_msg *req, struct serve_response *res)
{
	struct arena mem = scratch(a);
	struct start_error why;
	char msg[160];

	(void)conn, (void)id;
	if (!a->reg.registered) {
		refuse(a, res, 503, "not_registered",
		       "the control plane has not accepted this agent");
		return;
	}
	if (start_parse(&mem, req->body, &a->cfg, a->types, &a->request,
			&why) == ERR_OK) {
		start_parsed(a, res);
		return;
	}
	snprintf(msg, sizeof(msg), "%s: %s",
		 why.field[0] != '\0' ? why.field : "body", why.problem);
	refuse(a, res, 400, "invalid_request", msg);
}

/* NULL: answered with 404. */
static struct job_record *find(struct agent *a, struct slice id,
			       struct serve_response *res)
{
	struct job_record *r = jobs_find(&a->jobs, id);

	if (r == NULL)
		refuse(a, res, 404, "job_not_found", "no such job");
	return r;
}

static void job_stop(struct agent *a, int conn, struct slice unused,
		     const struct http_msg *req, struct serve_response *res)
{
	struct job_record *r;
	struct slice id;

	(void)conn, (void)unused;
	if (!one_member(a, req, res, "job_id", &id))
		return;
	r = find(a, id, res);
	if (r == NULL)
		return;
	if (jobs_stop(&a->jobs, a->now, r) != ERR_OK)
		refuse(a, res, 409, "job_ended", "the job has ended already");
	else
		answer_job(a, res, r);
}

static void job_list(struct agent *a, int conn, struct slice id,
		     const struct http_msg *req, struct serve_response *res)
{
	struct jw j;

	(void)conn, (void)id, (void)req;
	jw_init(&j, &res->body);
	jw_open(&j, '{');
	jw_key(&j, "jobs");
	jw_open(&j, '[');
	for (size_t i = 0; i < JOBS_RECORDS; i++)
		if (a->jobs.records[i].state != JOB_FREE)
			job_status_write(&j, &a->jobs.records[i]);
	jw_close(&j);
	jw_close(&j);
	finish(a, res, 200, &j);
}

static void job_status(struct agent *a, int conn, struct slice id,
		       const struct http_msg *req, struct serve_response *res)
{
	struct job_record *r = find(a, id, res);
	struct jw j;

	(void)conn, (void)req;
	if (r == NULL)
		return;
	jw_init(&j, &res->body);
	job_status_write(&j, r);
	finish(a, res, 200, &j);
}

static void job_report(struct agent *a, int conn, struct slice id,
		       const struct http_msg *req, struct serve_response *res)
{
	struct job_record *r = find(a, id, res);
	enum err e;

	(void)req;
	if (r == NULL)
		return;
	e = jobs_report(&a->jobs, a->now, r, conn);
	if (e == ERR_AGAIN) {
		res->defer = true;
	} else if (e == ERR_OK) {
		res->status = 200;
		wr_bytes(&res->body,
			 (struct slice){ r->report, r->report_len });
	} else if (e == ERR_STATE) {
		refuse(a, res, 409, "no_report",
		       "the job has nothing to report yet");
	} else {
		refuse(a, res, 429, "too_many_requests",
		       "too many wait for this report");
	}
}

/* ---- routes */

const struct api_route api_routes[] = {
	{ "GET", "/livez", API_OPEN, livez },
	{ "GET", "/readyz", API_OPEN, readyz },
	{ "GET", ROUTE_HEALTH, API_OPEN, health },
	{ "POST", ROUTE_ATTEST, API_OPEN, attest },
	{ "POST", ROUTE_JOB_START, API_OPERATOR, job_start },
	{ "POST", ROUTE_JOB_STOP, API_OPERATOR, job_stop },
	{ "GET", ROUTE_JOBS, API_OPERATOR, job_list },
	{ "GET", ROUTE_JOBS "/{id}/status", API_OPERATOR, job_status },
	{ "GET", ROUTE_JOBS "/{id}/report", API_OPERATOR, job_report },
};
const size_t api_nroutes = sizeof(api_routes) / sizeof(api_routes[0]);

/* Does the path fit the pattern? *id is what stands for "{id}": one segment,
 * not empty. */
static bool fits(const char *pattern, struct slice path, struct slice *id)
{
	const char *hole = strstr(pattern, "{id}");
	size_t head, tail, n;

	*id = (struct slice){ NULL, 0 };
	if (hole == NULL)
		return slice_is(path, pattern);
	head = (size_t)(hole - pattern);
	tail = strlen(hole + 4);
	if (path.len <= head + tail || memcmp(path.ptr, pattern, head) != 0 ||
	    memcmp(path.ptr + path.len - tail, hole + 4, tail) != 0)
		return false;
	n = path.len - head - tail;
	*id = (struct slice){ path.ptr + head, n };
	return memchr(id->ptr, '/', n) == NULL;
}

/* Whether the request shows the operator's token. The same work is done
 * whatever it shows, and nothing says how far off it was. */
static bool is_operator(const struct agent *a, const struct http_msg *req)
{
	const size_t n = strlen(BEARER);
	struct slice v = http_header(req, "Authorization");
	struct slice token = { NULL, 0 };
	uint8_t digest[SHA256_LEN];
	bool shown = v.len > n && memcmp(v.ptr, BEARER, n) == 0;
	bool right;

	if (shown)
		token = (struct slice){ v.ptr + n, v.len - n };
	sha256(token, digest);
	right = ct_eq(digest, a->cfg.operator_token_sha256, SHA256_LEN);
	return shown && right;
}

static void dispatch(struct agent *a, const struct api_route *t, int conn,
		     struct slice id, const struct http_msg *req,
		     struct serve_response *res)
{
	if (t->access == API_OPERATOR && !is_operator(a, req)) {
		refuse(a, res, 401, "unauthorized",
		       "the operator's token is wanted");
		res->extra = "WWW-Authenticate: Bearer\r\n";
	} else if (t->access == API_OPERATOR && !a->reg.ever) {
		/* One that has been registered stays under control while it
		 * registers anew; only new jobs wait for that. */
		refuse(a, res, 503, "not_registered",
		       "the control plane has not accepted this agent");
	} else {
		t->run(a, conn, id, req, res);
	}
	wipe(a->secrets->scratch, sizeof(a->secrets->scratch));
}

void api_handle(void *ctx, int conn, const struct http_msg *req,
		struct serve_response *res)
{
	struct agent *a = ctx;
	const char *allow = NULL;

	for (size_t i = 0; i < api_nroutes; i++) {
		const struct api_route *t = &api_routes[i];
		struct slice id;

		if (!fits(t->pattern, req->path, &id))
			continue;
		allow = slice_is(str_slice(t->method), "GET")
				? "Allow: GET\r\n"
				: "Allow: POST\r\n";
		if (slice_is(req->method, t->method)) {
			dispatch(a, t, conn, id, req, res);
			return;
		}
	}
	if (allow == NULL) {
		refuse(a, res, 404, "not_found", "no such path");
		return;
	}
	refuse(a, res, 405, "method_not_allowed",
	       "this path has another method");
	res->extra = allow;
}
