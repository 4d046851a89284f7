/* job.c - jobs of an instance. Credentials leave this machine only sealed to a
 * key that the agent's quote, just verified, binds. */
#include <string.h>

#include "host-launcher/cli/session.h"
#include "host-launcher/lib/input.h"
#include "lib/hpke.h"
#include "lib/proto.h"

enum {
	CREDENTIALS_MAX = 8 * 1024,
	PARAMETERS_MAX = 16 * 1024,
	REQUEST_CAP = 48 * 1024,
	TARGET_CAP = 128,
};

/* A credentials file: {"api_key":s,"api_secret":s} and nothing else. What is
 * sealed is written anew from the two values, into plain. */
static enum err parse_credentials(struct slice in, struct wr *plain)
{
	static const char *const known[] = { "api_key", "api_secret", NULL };
	static uint8_t mem[64 * 1024];
	struct arena a = arena_over(mem, sizeof mem);
	struct slice key, secret;
	const char *which = "";
	struct json v;
	struct jw j;
	enum err e = json_parse(&a, in, &v);

	if (e == ERR_OK)
		e = json_only(v, known, &which);
	if (e == ERR_OK)
		e = json_str(v, "api_key", &key);
	if (e == ERR_OK)
		e = json_str(v, "api_secret", &secret);
	if (e == ERR_OK) {
		jw_init(&j, plain);
		jw_open(&j, '{');
		jw_kslice(&j, "api_key", key);
		jw_kslice(&j, "api_secret", secret);
		jw_close(&j);
		e = jw_end(&j);
	}
	wipe(mem, sizeof mem);
	return e;
}

static enum exit_status read_credentials(const char *path, struct wr *plain)
{
	struct buf b = { 0 };
	enum exit_status st = input_read_secret(path, CREDENTIALS_MAX, &b);
	enum err e = ERR_OK;

	if (st == STATUS_DONE)
		e = parse_credentials(buf_slice(&b), plain);
	buf_free(&b);
	return e == ERR_OK
		       ? st
		       : input_bad(path, "no {\"api_key\",\"api_secret\"}", e);
}

/* The parameters in canonical form, as the agent will digest them. */
static enum exit_status read_parameters(const char *path, struct wr *out)
{
	static uint8_t mem[256 * 1024];
	struct arena a = arena_over(mem, sizeof mem);
	struct buf b = { 0 };
	struct json v;
	enum exit_status st = input_read(path, PARAMETERS_MAX, &b);
	enum err e;

	if (st != STATUS_DONE)
		return st;
	e = json_parse(&a, buf_slice(&b), &v);
	if (e == ERR_OK) {
		json_write(out, v);
		e = wr_end(out);
	}
	buf_free(&b);
	return e == ERR_OK ? STATUS_DONE : input_bad(path, "", e);
}

/* The sealed part; ciphertext empty leaves it out. */
struct sealed {
	uint8_t enc[HPKE_ENC_LEN];
	struct slice ciphertext;
};

static void write_request(struct wr *w, const struct start_opts *o,
			  struct slice parameters, const struct sealed *sealed)
{
	struct jw j;

	jw_init(&j, w);
	jw_open(&j, '{');
	jw_kstr(&j, "campaign_id", o->campaign);
	if (sealed != NULL) {
		jw_key(&j, "credentials");
		jw_open(&j, '{');
		jw_kb64(&j, "ciphertext", sealed->ciphertext);
		jw_kb64(&j, "enc",
			(struct slice){ sealed->enc, sizeof sealed->enc });
		jw_close(&j);
	}
	jw_kstr(&j, "exchange", o->exchange);
	jw_kstr(&j, "job_type", o->type != NULL ? o->type : "market_making");
	jw_kstr(&j, "pair", o->pair);
	jw_key(&j, "parameters");
	jw_raw(&j, parameters);
	jw_close(&j);
	if (jw_end(&j) != ERR_OK)
		wr_fail(w, ERR_STATE);
}

/* Seals to the attested key; the associated data is the digest of the request
 * that the credentials are for. */
static enum err make_request(struct session *s, const struct start_opts *o,
			     const struct binding *b, struct slice parameters,
			     struct slice plain, struct wr *out)
{
	static uint8_t request[REQUEST_CAP];
	uint8_t cipher[CREDENTIALS_MAX + HPKE_TAG_LEN], aad[SHA384_LEN];
	struct wr bare = wr_over(request, sizeof request);
	struct wr ct = wr_over(cipher, sizeof cipher);
	struct sealed sealed;
	enum err e;

	write_request(&bare, o, parameters, NULL);
	e = wr_end(&bare);
	if (e != ERR_OK)
		return e;
	sha384(wr_slice(&bare), aad);
	e = hpke_seal(rng_prng(&s->rng), b->seal_pub, str_slice(SEAL_INFO),
		      (struct slice){ aad, sizeof aad }, plain, sealed.enc,
		      &ct);
	if (e != ERR_OK)
		return e;
	sealed.ciphertext = wr_slice(&ct);
	write_request(out, o, parameters, &sealed);
	return wr_end(out);
}

static enum exit_status check_options(const struct start_opts *o)
{
	if (o->campaign != NULL && o->exchange != NULL && o->pair != NULL &&
	    o->parameters != NULL && o->credentials != NULL)
		return STATUS_DONE;
	complain("--campaign, --exchange, --pair, --parameters and "
		 "--credentials are needed");
	return STATUS_USAGE;
}

/* One member a line, strings without their quotes. They stay escaped: nothing
 * in them reaches a terminal as a control character. */
static void print_members(struct json v)
{
	static char text[SESSION_BODY_MAX];

	for (struct json m = json_first(v); m.node != NULL; m = json_next(m)) {
		struct wr w = wr_over(text, sizeof text);
		size_t quote;

		json_write(&w, m);
		quote = w.len > 1 && text[0] == '"' ? 1 : 0;
		(void)printf("%-13s %.*s\n", json_key(m),
			     (int)(w.len - 2 * quote), text + quote);
	}
}

/* What the agent answered: as it is, or for people. */
static enum exit_status print_body(struct session *s,
				   const struct http_msg *res, bool as_json)
{
	struct arena a = arena_over(s->json_mem, sizeof s->json_mem);
	struct json v, jobs, job;

	if (as_json) {
		(void)printf("%.*s\n", (int)res->body.len,
			     (const char *)res->body.ptr);
		return STATUS_DONE;
	}
	if (json_parse(&a, res->body, &v) != ERR_OK || !json_is_object(v)) {
		complain("the agent's answer is not JSON");
		return STATUS_MALFORMED;
	}
	if (json_array(v, "jobs", &jobs) != ERR_OK) {
		print_members(v);
		return STATUS_DONE;
	}
	for (job = json_first(jobs); job.node != NULL; job = json_next(job)) {
		print_members(job);
		(void)putchar('\n');
	}
	return STATUS_DONE;
}

/* Everything after the files are read. */
static enum exit_status start(struct session *s, const struct start_opts *o,
			      bool json, struct slice parameters,
			      struct slice plain)
{
	static uint8_t mem[REQUEST_CAP];
	struct wr request = wr_over(mem, sizeof mem);
	struct binding binding;
	struct http_msg res;
	struct verdict v;
	enum exit_status status;
	enum err e;

	v.reason = REASON_INTERNAL;
	status = session_attest(s, &o->trust, &v, &binding);
	if (status != STATUS_DONE) {
		if (v.reason != REASON_INTERNAL)
			complain("%s: refused, nothing was sent: %s %s",
				 s->spec.name, reason_code(v.reason), v.detail);
		return status;
	}
	if (v.simulated)
		complain("SIMULATED: %s is not a TD; its operator can read "
			 "these credentials",
			 s->spec.name);
	e = make_request(s, o, &binding, parameters, plain, &request);
	if (e != ERR_OK) {
		complain("the request: %s", err_text(e));
		return exit_of(e);
	}
	status = session_request(s, "POST", ROUTE_JOB_START, wr_slice(&request),
				 &res);
	return status == STATUS_DONE ? print_body(s, &res, json) : status;
}

VERB(cmd_job_start)
{
	static struct session s;
	static uint8_t plain_mem[CREDENTIALS_MAX], params_mem[PARAMETERS_MAX];
	const struct start_opts *o = opts;
	struct wr plain = wr_over(plain_mem, sizeof plain_mem);
	struct wr params = wr_over(params_mem, sizeof params_mem);
	enum exit_status status = check_options(o);
	bool json = false;

	(void)n;
	if (status == STATUS_DONE)
		status = wants_json(o->format, &json);
	if (status == STATUS_DONE)
		status = read_parameters(o->parameters, &params);
	if (status == STATUS_DONE)
		status = read_credentials(o->credentials, &plain);
	if (status == STATUS_DONE)
		status = session_open(&s, operands[0]);
	if (status == STATUS_DONE) {
		status =
			start(&s, o, json, wr_slice(&params), wr_slice(&plain));
		session_close(&s);
	}
	wipe(plain_mem, sizeof plain_mem);
	return status;
}

/* One request that is authorised by an earlier attestation. *res points into
 * *s, which is open when STATUS_DONE is answered. */
static enum exit_status ask(struct session *s, const char *name,
			    const char *method, const char *target,
			    struct slice body, struct http_msg *res)
{
	enum exit_status status = session_open(s, name);

	if (status != STATUS_DONE)
		return status;
	status = session_pin(s);
	if (status == STATUS_DONE)
		status = session_request(s, method, target, body, res);
	if (status != STATUS_DONE)
		session_close(s);
	return status;
}

static enum exit_status ask_and_print(const char *name, const char *method,
				      const char *target, struct slice body,
				      const char *format)
{
	static struct session s;
	struct http_msg res;
	bool json;
	enum exit_status status = wants_json(format, &json);

	if (status == STATUS_DONE)
		status = ask(&s, name, method, target, body, &res);
	if (status != STATUS_DONE)
		return status;
	status = print_body(&s, &res, json);
	session_close(&s);
	return status;
}

VERB(cmd_job_stop)
{
	const struct show_opts *o = opts;
	uint8_t mem[TARGET_CAP * 2];
	struct wr w = wr_over(mem, sizeof mem);
	struct jw j;

	(void)n;
	jw_init(&j, &w);
	jw_open(&j, '{');
	jw_kstr(&j, "job_id", operands[1]);
	jw_close(&j);
	if (jw_end(&j) != ERR_OK) {
		complain("%s: not a job's id", operands[1]);
		return STATUS_USAGE;
	}
	return ask_and_print(operands[0], "POST", ROUTE_JOB_STOP, wr_slice(&w),
			     o->format);
}

/* Job ids come from the command line: what would make another target of it is
 * refused here, and the rest by http1. */
static enum exit_status job_target(const char *job, const char *what,
				   char target[static TARGET_CAP])
{
	int n = snprintf(target, TARGET_CAP, ROUTE_JOBS "/%s/%s", job, what);

	if (n > 0 && n < TARGET_CAP && strpbrk(job, "/?# ") == NULL)
		return STATUS_DONE;
	complain("%s: not a job's id", job);
	return STATUS_USAGE;
}

VERB(cmd_job_status)
{
	const struct show_opts *o = opts;
	char target[TARGET_CAP] = ROUTE_JOBS;
	enum exit_status status = STATUS_DONE;

	if (n == 2)
		status = job_target(operands[1], "status", target);
	if (status != STATUS_DONE)
		return status;
	return ask_and_print(operands[0], "GET", target, (struct slice){ 0 },
			     o->format);
}

VERB(cmd_job_report)
{
	static struct session s;
	const struct report_opts *o = opts;
	char target[TARGET_CAP];
	struct http_msg res;
	enum exit_status status = job_target(operands[1], "report", target);

	(void)n;
	if (status == STATUS_DONE)
		status = ask(&s, operands[0], "GET", target,
			     (struct slice){ 0 }, &res);
	if (status != STATUS_DONE)
		return status;
	if (o->out == NULL)
		status = print_body(&s, &res, true);
	else
		status = exit_of(file_write(o->out, 0644, res.body));
	if (status != STATUS_DONE)
		complain("%s cannot be written", o->out);
	session_close(&s);
	return status;
}
