/* The agent's API: its handlers, called as the server calls them, over a table
 * of jobs whose processes are scripted. The token's digest comes from
 * printf '%s' operator-token | sha256sum. */
#include "agent/agent.h"
#include "lib/text.h"
#include "tests/tap.h"

#define TOKEN_SHA256                                                           \
	"0850123315d21ab90f4f7236408a52ef6dbd6a02a6550e5c10dc73f4d993680e"
#define BEARER_TOKEN "Bearer operator-token"
#define N32          "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static struct agent agent;
static struct secrets secrets;
static char secret[AGENT_SECRET_CHARS + 1];

/* ---- jobs that start and say what they are told to */

static enum err op_spawn(void *ctx, int slot)
{
	(void)ctx, (void)slot;
	return ERR_OK;
}

static void op_kill(void *ctx, int slot)
{
	(void)ctx, (void)slot;
}

static enum err op_send(void *ctx, int slot, struct slice frame)
{
	(void)ctx, (void)slot, (void)frame;
	return ERR_OK;
}

static enum err op_sign(void *ctx, const struct job_record *r, struct wr *out)
{
	(void)ctx, (void)r;
	wr_str(out, "{\"report\":\"signed\"}");
	return ERR_OK;
}

static char answered[256];

static void op_answer(void *ctx, int conn, int status, struct slice report)
{
	(void)ctx;
	snprintf(answered, sizeof(answered), "%d %d %.*s", conn, status,
		 (int)report.len, (const char *)report.ptr);
}

static void op_log(void *ctx, enum console_line line, const char *name,
		   int64_t number)
{
	(void)ctx, (void)line, (void)name, (void)number;
}

static const struct jobs_ops ops = { op_spawn, op_kill,   op_send,
				     op_sign,  op_answer, op_log };

static enum err check(struct json p, const char **key)
{
	struct slice s;

	*key = "orderAmount";
	return json_str(p, "orderAmount", &s);
}

static const struct job_type types[] = {
	{ "market_making", check, NULL },
	{ NULL, NULL, NULL },
};

static void set_up(bool registered)
{
	struct config *c = &agent.cfg;

	memset(&agent, 0, sizeof(agent));
	memset(&secrets, 0, sizeof(secrets));
	agent.secrets = &secrets;
	agent.types = types;
	strcpy(agent.provider, "tsm_sim");
	agent.simulated = true;
	rng_seeded(&secrets.rng, str_slice("test_api"));
	strcpy(c->vm_name, "vm-1");
	c->nvenues = 1;
	strcpy(c->venues[0].name, "paper");
	if (hex_decode(str_slice(TOKEN_SHA256), c->operator_token_sha256,
		       SHA256_LEN) != ERR_OK ||
	    hpke_generate(rng_prng(&secrets.rng), &secrets.seal_key) != ERR_OK)
		_exit(99);
	reg_init(&agent.reg, c, &agent.keys, 0, secret, op_log, NULL);
	agent.reg.registered = agent.reg.ever = registered;
	if (registered)
		strcpy(agent.reg.agent_id, "agent-1");
	quotes_init(&agent.quotes, 0);
	jobs_init(&agent.jobs, &ops, NULL, secrets.starts);
	agent.now = (struct moment){ 1000, 1767323045000 };
}

/* ---- one request */

static struct serve_response res;
static char body[64 * 1024];

static int ask_on(int conn, const char *method, const char *path,
		  const char *auth, const char *in)
{
	struct http_msg req = { .method = str_slice(method),
				.path = str_slice(path),
				.body = str_slice(in) };

	if (auth != NULL) {
		req.headers[0].name = str_slice("authorization");
		req.headers[0].value = str_slice(auth);
		req.nheaders = 1;
	}
	memset(&res, 0, sizeof(res));
	res.body = wr_over(body, sizeof(body) - 1);
	api_handle(&agent, conn, &req, &res);
	body[res.body.len] = '\0';
	return res.defer ? 0 : res.status;
}

static int ask(const char *method, const char *path, const char *in)
{
	return ask_on(1, method, path, BEARER_TOKEN, in);
}

static bool body_is(const char *want)
{
	bool same = strcmp(body, want) == 0;

	if (!same)
		printf("#   body: %s\n#   want: %s\n", body, want);
	return same;
}

/* An error body: its code and message, and 16 hex digits of request_id. */
static bool error_is(const char *code, const char *message)
{
	char want[512];
	size_t n = (size_t)snprintf(want, sizeof(want),
				    "{\"code\":\"%s\",\"message\":\"%s\","
				    "\"request_id\":\"",
				    code, message);
	bool same = strncmp(body, want, n) == 0 &&
		    strspn(body + n, "0123456789abcdef") == 16 &&
		    strcmp(body + n + 16, "\"}") == 0;

	if (!same)
		printf("#   body: %s\n#   want: %s...\n", body, want);
	return same;
}

/* ---- tests */

static void test_open_routes(void)
{
	set_up(false);
	ok(ask_on(1, "GET", "/livez", NULL, "") == 200, "alive");
	ok(body_is("{\"status\":\"ok\"}"), "and well");
	ok(ask_on(1, "GET", "/readyz", NULL, "") == 503,
	   "not ready before it is registered");
	ok(error_is("not_registered",
		    "the control plane has not accepted this agent"),
	   "and why");
	ok(ask_on(1, "GET", "/api/health", NULL, "") == 200, "health");
	ok(strstr(body, "{\"agent_id\":null,\"config_sha384\":\"0000") ==
			   body &&
		   strstr(body, "\"provider\":\"tsm_sim\",\"registered\":false,"
				"\"simulated\":true,\"status\":\"ok\","
				"\"time_source\":\"host\","
				"\"vm_name\":\"vm-1\"}") != NULL,
	   "says what the agent is");
	set_up(true);
	agent.reg.clock_set = true;
	ok(ask_on(1, "GET", "/readyz", NULL, "") == 200, "ready");
	ok(ask_on(1, "GET", "/api/health", NULL, "") == 200 &&
		   strstr(body, "{\"agent_id\":\"agent-1\",") == body &&
		   strstr(body, "\"time_source\":\"control-plane\"") != NULL,
	   "health of a registered one");
}

static void test_routing(void)
{
	static const struct {
		const char *method, *path;
		int status;
		const char *allow;
	} t[] = {
		{ "GET", "/", 404, NULL },
		{ "GET", "/livez/", 404, NULL },
		{ "GET", "/v1/jobs/", 404, NULL },
		{ "GET", "/v1/jobs//status", 404, NULL },
		{ "GET", "/v1/jobs/a/b/status", 404, NULL },
		{ "GET", "/v1/jobs/a/statusx", 404, NULL },
		{ "GET", "/v1/jobs/../status", 404, NULL },
		{ "POST", "/livez", 405, "Allow: GET\r\n" },
		{ "DELETE", "/v1/jobs", 405, "Allow: GET\r\n" },
		{ "GET", "/v1/jobs/start", 405, "Allow: POST\r\n" },
		{ "GET", "/v1/attest", 405, "Allow: POST\r\n" },
	};

	set_up(true);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		ok(ask(t[i].method, t[i].path, "") == t[i].status, "%s %s: %d",
		   t[i].method, t[i].path, t[i].status);
		ok((t[i].allow == NULL) == (res.extra == NULL) &&
			   (t[i].allow == NULL ||
			    strcmp(res.extra, t[i].allow) == 0),
		   "and what is allowed");
	}
}

static void test_access(void)
{
	static const char *const bad[] = {
		NULL,
		"",
		"Bearer",
		"Bearer ",
		"Bearer operator-tokem",
		"Bearer operator-token ",
		"Bearer operator-toke",
		"bearer operator-token",
		"Basic operator-token",
		"operator-token",
	};
	size_t refused = 0, routes = 0;

	set_up(true);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(ask_on(1, "GET", "/v1/jobs", bad[i], "") == 401 &&
			   error_is("unauthorized",
				    "the operator's token is wanted"),
		   "no entry with \"%s\"", bad[i] != NULL ? bad[i] : "(none)");
	ok(ask("GET", "/v1/jobs", "") == 200 && body_is("{\"jobs\":[]}"),
	   "the token opens");
	for (size_t i = 0; i < api_nroutes; i++) {
		const struct api_route *r = &api_routes[i];
		char path[64];
		const char *hole = strstr(r->pattern, "{id}");
		int n = hole != NULL ? (int)(hole - r->pattern) : 64;

		snprintf(path, sizeof(path), "%.*s%s%s", n, r->pattern,
			 hole != NULL ? "x" : "", hole != NULL ? hole + 4 : "");
		if (strncmp(r->pattern, "/v1/jobs", 8) != 0)
			continue;
		routes++;
		refused += ask_on(1, r->method, path, NULL, "") == 401;
	}
	ok(routes == 5 && refused == routes,
	   "every route under /v1/jobs wants the token");
	memset(agent.cfg.operator_token_sha256, 0, SHA256_LEN);
	ok(ask_on(1, "GET", "/v1/jobs", NULL, "") == 401,
	   "an empty digest opens to nobody");
	set_up(false);
	ok(ask("GET", "/v1/jobs", "") == 503 &&
		   error_is("not_registered",
			    "the control plane has not accepted this agent"),
	   "jobs want a registered agent");
	ok(ask_on(1, "GET", "/v1/jobs", NULL, "") == 401,
	   "which a stranger does not learn here");
	set_up(true);
	agent.reg.registered = false;
	ok(ask("GET", "/v1/jobs", "") == 200,
	   "one that registers anew stays under control");
	ok(ask("POST", "/v1/jobs/start", "{}") == 503, "but takes no new job");
}

static void test_attest(void)
{
	static const struct {
		const char *in, *message;
	} bad[] = {
		{ "", "body: input ends before the value does" },
		{ "[]", "nonce: a field holds a value that is not allowed" },
		{ "{}", "nonce: a required field, entry or file is not there" },
		{ "{\"nonce\":1}",
		  "nonce: a field holds a value that is not allowed" },
		{ "{\"nonce\":\"00\"}", "nonce: not 64 hex characters" },
		{ "{\"nonce\":\"" N32 "\",\"x\":1}",
		  "body: a field that is not in the list of known ones" },
	};
	const struct quote_request *q;
	struct wr w = wr_over(body, sizeof(body) - 1);
	struct binding b;

	set_up(false);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(ask_on(1, "POST", "/v1/attest", NULL, bad[i].in) == 400 &&
			   error_is("invalid_request", bad[i].message),
		   "attest: %s", bad[i].message);
	agent.keys.seal_pub[0] = 7;
	ok(ask_on(5, "POST", "/v1/attest", NULL, "{\"nonce\":\"" N32 "\"}") ==
		   0,
	   "a challenge is answered later");
	q = quotes_next(&agent.quotes);
	ok(q != NULL && q->conn == 5 && q->binding.nonce[31] == 31 &&
		   strcmp(q->binding.role, "attest") == 0 &&
		   strcmp(q->binding.vm_name, "vm-1") == 0 &&
		   q->binding.seal_pub[0] == 7,
	   "with a quote of its own role");
	b = q->binding;
	is_err(api_attest_body(&agent, &b, str_slice("\1\2\3"), &w), ERR_OK,
	       "the answer");
	body[w.len] = '\0';
	ok(strncmp(body, "{\"binding\":{\"config_sha384\":\"", 29) == 0 &&
		   strstr(body, "},\"provider\":\"tsm_sim\","
				"\"quote_b64\":\"AQID\"}") != NULL,
	   "has binding, provider and quote");
	for (int c = 6; c < 9; c++)
		(void)ask_on(c, "POST", "/v1/attest", NULL,
			     "{\"nonce\":\"" N32 "\"}");
	ok(ask_on(9, "POST", "/v1/attest", NULL, "{\"nonce\":\"" N32 "\"}") ==
			   429 &&
		   res.extra != NULL &&
		   strcmp(res.extra, "Retry-After: 1\r\n") == 0,
	   "too many challenges: 429 and when to come back");
}

/* A start request with credentials sealed by the test. */
static char start_body[8192];

static void seal_start(const char *campaign, const char *plain)
{
	char text[512];
	uint8_t aad[SHA384_LEN], enc[HPKE_ENC_LEN], ct[1024];
	struct wr sealed = wr_over(ct, sizeof(ct));
	struct wr w = wr_over(start_body, sizeof(start_body) - 1);

	snprintf(text, sizeof(text),
		 "{\"campaign_id\":\"%s\",\"exchange\":\"paper\","
		 "\"job_type\":\"market_making\",\"pair\":\"XRP/ETH\","
		 "\"parameters\":{\"orderAmount\":\"1\"}}",
		 campaign);
	sha384(str_slice(text), aad);
	if (hpke_seal(rng_prng(&secrets.rng), secrets.seal_key.pub,
		      str_slice(SEAL_INFO), (struct slice){ aad, sizeof(aad) },
		      str_slice(plain), enc, &sealed) != ERR_OK)
		_exit(99);
	wr_bytes(&w, (struct slice){ (uint8_t *)text, strlen(text) - 1 });
	wr_str(&w, ",\"credentials\":{\"enc\":\"");
	wr_b64(&w, (struct slice){ enc, sizeof(enc) });
	wr_str(&w, "\",\"ciphertext\":\"");
	wr_b64(&w, wr_slice(&sealed));
	wr_str(&w, "\"}}");
	start_body[w.len] = '\0';
}

#define PLAIN "{\"api_key\":\"kk\",\"api_secret\":\"topmost-secret\"}"

static void test_start(void)
{
	static const uint8_t zero[sizeof(secrets.scratch)];

	set_up(true);
	seal_start("c-1", PLAIN);
	ok(ask("POST", "/v1/jobs/start", start_body) == 202, "a job is taken");
	ok(strncmp(body, "{\"job_id\":\"job-", 15) == 0 &&
		   strcmp(body + 31, "\",\"status\":\"starting\"}") == 0,
	   "and has an id");
	ok(strcmp(secrets.starts[0].api_secret, "topmost-secret") == 0 &&
		   strcmp(secrets.starts[0].campaign_id, "c-1") == 0,
	   "its credentials wait for its process");
	ok(memcmp(secrets.scratch, zero, sizeof(zero)) == 0,
	   "and are nowhere else");
	seal_start("c-1", PLAIN);
	ok(ask("POST", "/v1/jobs/start", start_body) == 409 &&
		   error_is("duplicate_job",
			    "this campaign, exchange and pair has a job "
			    "already"),
	   "not twice");
	seal_start("c-2", PLAIN);
	start_body[strlen("{\"campaign_id\":\"c-")] = '3';
	ok(ask("POST", "/v1/jobs/start", start_body) == 400 &&
		   error_is("invalid_credentials",
			    "credentials: not sealed to this agent's key for "
			    "this request"),
	   "credentials of another request: refused");
	seal_start("c-4", "{\"api_key\":\"kk\"}");
	ok(ask("POST", "/v1/jobs/start", start_body) == 400 &&
		   error_is("invalid_credentials",
			    "credentials: not an API key and its secret"),
	   "half of the credentials: refused");
	ok(ask("POST", "/v1/jobs/start", "{\"pair\":1}") == 400 &&
		   error_is("invalid_request",
			    "campaign_id: a required field, entry or file is "
			    "not there"),
	   "a field that is missing is named");
	for (int i = 1; i < LIMIT_JOBS; i++) {
		char id[16];

		snprintf(id, sizeof(id), "d-%d", i);
		seal_start(id, PLAIN);
		(void)ask("POST", "/v1/jobs/start", start_body);
	}
	seal_start("d-9", PLAIN);
	ok(ask("POST", "/v1/jobs/start", start_body) == 503 &&
		   error_is("no_slot", "as many jobs as may run do"),
	   "no slot: 503");
	ok(secrets.starts[1].api_secret[0] != '\0' &&
		   memcmp(secrets.scratch, zero, sizeof(zero)) == 0,
	   "and nothing of it is kept");
}

static void test_job(void)
{
	struct job_record *r = &agent.jobs.records[0];
	char path[128], in[128];

	set_up(true);
	seal_start("c-1", PLAIN);
	(void)ask("POST", "/v1/jobs/start", start_body);
	snprintf(path, sizeof(path), "/v1/jobs/%s/status", r->job_id);
	ok(ask("GET", path, "") == 200 &&
		   strstr(body, "\"status\":\"starting\"") != NULL,
	   "its status");
	ok(ask("GET", "/v1/jobs/job-0/status", "") == 404 &&
		   error_is("job_not_found", "no such job"),
	   "of another: 404");
	snprintf(path, sizeof(path), "/v1/jobs/%s/report", r->job_id);
	ok(ask("GET", path, "") == 409, "no report before its first tick");
	r->state = JOB_RUNNING;
	ok(ask_on(7, "GET", path, BEARER_TOKEN, "") == 0,
	   "a running job is asked for its report");
	snprintf(in, sizeof(in), "{\"job_id\":\"%s\"}", r->job_id);
	ok(ask("POST", "/v1/jobs/stop", in) == 202 &&
		   strstr(body, "\"status\":\"stopping\"") != NULL,
	   "it is stopped");
	jobs_exited(&agent.jobs, agent.now, 0, 0);
	ok(strcmp(answered, "7 200 {\"report\":\"signed\"}") == 0,
	   "who waited has the report");
	ok(ask("GET", path, "") == 200 && body_is("{\"report\":\"signed\"}"),
	   "and so has who asks afterwards");
	ok(ask("POST", "/v1/jobs/stop", in) == 409 &&
		   error_is("job_ended", "the job has ended already"),
	   "it cannot be stopped again");
	ok(ask("POST", "/v1/jobs/stop", "{\"job_id\":\"job-0\"}") == 404,
	   "nor can another");
	ok(ask("POST", "/v1/jobs/stop", "{}") == 400, "nor none");
	ok(ask("GET", "/v1/jobs", "") == 200 &&
		   strstr(body, "{\"jobs\":[{\"campaign_id\":\"c-1\",") == body,
	   "it is in the list");
}

/* The document and the table name the same operations. The document is read
 * from the tree, where the tests run. */
static void test_document(void)
{
	static uint8_t mem[512 * 1024], text[64 * 1024];
	struct arena a = arena_over(mem, sizeof(mem));
	FILE *f = fopen("guest/agent/openapi.json", "rb");
	size_t n = f != NULL ? fread(text, 1, sizeof(text), f) : 0;
	size_t written = 0, found = 0;
	struct json doc, paths = { NULL }, p, op;

	if (f != NULL)
		fclose(f);
	is_err(json_parse(&a, (struct slice){ text, n }, &doc), ERR_OK,
	       "the API document is JSON");
	is_err(json_object(doc, "paths", &paths), ERR_OK, "with paths");
	for (p = json_first(paths); p.node != NULL; p = json_next(p))
		written += json_count(p);
	for (size_t i = 0; i < api_nroutes; i++) {
		const struct api_route *r = &api_routes[i];
		bool post = strcmp(r->method, "POST") == 0;

		if (json_object(paths, r->pattern, &p) == ERR_OK &&
		    json_object(p, post ? "post" : "get", &op) == ERR_OK)
			found += json_has(op, "security") ==
				 (r->access == API_OPERATOR);
	}
	ok(found == api_nroutes, "every route is in it, with what it asks for");
	ok(written == api_nroutes, "and nothing else is");
}

int main(void)
{
	test_document();
	test_open_routes();
	test_routing();
	test_access();
	test_attest();
	test_start();
	test_job();
	return tap_done();
}
