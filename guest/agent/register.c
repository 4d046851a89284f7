#include "agent/register.h"

#include <string.h>

#include "lib/text.h"

static const struct slice no_bytes = { NULL, 0 };

void reg_init(struct reg *r, const struct config *cfg,
	      const struct binding *keys, uint64_t epoch_s, char *api_secret,
	      reg_log_fn *log, void *log_ctx)
{
	memset(r, 0, sizeof(*r));
	r->cfg = cfg;
	r->api_secret = api_secret;
	r->epoch_ms = epoch_s * 1000;
	r->log = log;
	r->log_ctx = log_ctx;
	r->binding = *keys;
	memcpy(r->binding.config_sha384, cfg->sha384, SHA384_LEN);
	memcpy(r->binding.role, ROLE_REGISTER, sizeof(ROLE_REGISTER));
	memcpy(r->binding.vm_name, cfg->vm_name, sizeof(r->binding.vm_name));
	r->next = REG_CHALLENGE;
	r->due_ms = 0; /* at once */
}

enum reg_action reg_step(struct reg *r, int64_t now_ms)
{
	if (r->busy || now_ms < r->due_ms)
		return REG_NOTHING;
	r->busy = true;
	if (r->next == REG_CHALLENGE)
		r->asked_ms = now_ms;
	return r->next;
}

int64_t reg_due_ms(const struct reg *r)
{
	return r->busy ? INT64_MAX : r->due_ms;
}

uint32_t reg_delay_ms(unsigned failures, int http_status)
{
	uint32_t d = REG_RETRY_BASE_MS;

	if (http_status == 403)
		return REG_REFUSED_MS;
	while (failures-- > 1 && d < REG_RETRY_MAX_MS)
		d *= 2;
	return d < REG_RETRY_MAX_MS ? d : REG_RETRY_MAX_MS;
}

static void go(struct reg *r, enum reg_action next, int64_t due_ms)
{
	r->busy = false;
	r->next = next;
	r->due_ms = due_ms;
}

/* An attempt to register has failed; status is 0 when there was no answer. */
static void retry(struct reg *r, int64_t now_ms, uint32_t random, int status)
{
	uint32_t d;

	if (r->failures < 16)
		r->failures++;
	d = reg_delay_ms(r->failures, status);
	if (status != 403)
		d -= (uint32_t)((uint64_t)random * (d / 10) >> 32);
	r->log(r->log_ctx, CONSOLE_REGISTER_RETRY, r->code, d);
	go(r, REG_CHALLENGE, now_ms + d);
}

enum err reg_target(const struct reg *r, enum reg_action a, struct wr *out)
{
	switch (a) {
	case REG_CHALLENGE:
		wr_fmt(out, ROUTE_CHALLENGE "?vm_name=%s", r->cfg->vm_name);
		break;
	case REG_REGISTER:
		wr_str(out, ROUTE_REGISTER);
		break;
	case REG_HEARTBEAT:
		wr_fmt(out, ROUTE_AGENTS "/%s/heartbeat", r->agent_id);
		break;
	case REG_NOTHING:
	case REG_CLOCK:
	case REG_QUOTE:
		return ERR_STATE;
	}
	wr_u8(out, 0);
	return wr_end(out);
}

static void write_register(const struct reg *r, struct slice quote,
			   int64_t unix_ms, struct jw *j)
{
	char now[RFC3339_LEN + 1];

	rfc3339_format(unix_ms, now);
	jw_open(j, '{');
	jw_key(j, "attestation");
	jw_open(j, '{');
	jw_key(j, "binding");
	binding_write(j, &r->binding);
	jw_key(j, "tdx");
	jw_open(j, '{');
	jw_kb64(j, "quote_b64", quote);
	jw_close(j);
	jw_kstr(j, "timestamp", now);
	jw_close(j);
	jw_kstr(j, "datacenter", r->cfg->datacenter);
	jw_kstr(j, "node_size", r->cfg->node_size);
	jw_khex(j, "nonce", (struct slice){ r->binding.nonce, NONCE_LEN });
	jw_kstr(j, "version", AGENT_VERSION);
	jw_kstr(j, "vm_name", r->cfg->vm_name);
	jw_close(j);
}

enum err reg_body(const struct reg *r, enum reg_action a, struct slice quote,
		  int64_t unix_ms, bool jobs_running, struct wr *out)
{
	struct jw j;

	jw_init(&j, out);
	if (a == REG_REGISTER) {
		write_register(r, quote, unix_ms, &j);
	} else if (a == REG_HEARTBEAT) {
		jw_open(&j, '{');
		jw_kstr(&j, "status", jobs_running ? "deployed" : "undeployed");
		jw_kstr(&j, "vm_name", r->cfg->vm_name);
		jw_close(&j);
	} else {
		return ERR_STATE;
	}
	return jw_end(&j);
}

/* The code of an error body, for the console; "" when there is none. */
static void read_code(struct reg *r, struct slice body, struct arena *a)
{
	struct json v;
	struct slice s;

	r->code[0] = '\0';
	if (json_parse(a, body, &v) != ERR_OK ||
	    json_str(v, "code", &s) != ERR_OK || !name_ok(s) ||
	    slice_cstr(s, r->code, sizeof(r->code)) != ERR_OK)
		r->code[0] = '\0';
}

static enum err read_challenge(struct reg *r, struct slice body,
			       struct arena *a)
{
	uint8_t nonce[NONCE_LEN];
	struct slice hex = no_bytes;
	struct json v;
	int64_t t;
	enum err e = json_parse(a, body, &v);

	if (e == ERR_OK)
		e = json_str(v, "nonce", &hex);
	if (e == ERR_OK)
		e = hex_decode(hex, nonce, sizeof(nonce));
	if (e == ERR_OK)
		e = json_int(v, "server_time_ms", (int64_t)r->epoch_ms,
			     INT64_C(253402300799999), &t);
	if (e != ERR_OK)
		return e;
	memcpy(r->binding.nonce, nonce, NONCE_LEN);
	r->server_time_ms = t;
	return ERR_OK;
}

static bool is_lower_hex(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((s.ptr[i] < '0' || s.ptr[i] > '9') &&
		    (s.ptr[i] < 'a' || s.ptr[i] > 'f'))
			return false;
	return true;
}

/* An id becomes part of a path. */
static bool id_ok(struct slice s)
{
	return name_ok(s) && memchr(s.ptr, '/', s.len) == NULL;
}

static enum err read_registered(struct reg *r, struct slice body,
				struct arena *a)
{
	struct slice id = no_bytes, secret = no_bytes;
	bool simulated = false;
	struct json v;
	int64_t poll;
	enum err e = json_parse(a, body, &v);

	if (e == ERR_OK)
		e = json_str(v, "agent_id", &id);
	if (e == ERR_OK)
		e = json_str(v, "agent_api_secret", &secret);
	if (e == ERR_OK)
		e = json_int(v, "poll_interval", 1, 3600, &poll);
	if (e == ERR_OK)
		e = json_bool(v, "simulated", &simulated);
	if (e != ERR_OK)
		return e;
	if (!id_ok(id) || secret.len != AGENT_SECRET_CHARS ||
	    !is_lower_hex(secret))
		return ERR_VALUE;
	e = slice_cstr(id, r->agent_id, sizeof(r->agent_id));
	if (e != ERR_OK)
		return e;
	memcpy(r->api_secret, secret.ptr, AGENT_SECRET_CHARS);
	r->api_secret[AGENT_SECRET_CHARS] = '\0';
	r->simulated = simulated;
	if (poll > r->cfg->heartbeat_seconds)
		poll = r->cfg->heartbeat_seconds;
	r->poll_ms = (uint32_t)poll * 1000;
	return ERR_OK;
}

static enum err after_challenge(struct reg *r, int64_t now_ms,
				struct slice body, struct arena *a)
{
	enum err e = read_challenge(r, body, a);

	if (e != ERR_OK)
		return e;
	r->log(r->log_ctx, CONSOLE_NONCE, NULL, -1);
	go(r, r->clock_set ? REG_QUOTE : REG_CLOCK, now_ms);
	return ERR_OK;
}

static enum err after_register(struct reg *r, int64_t now_ms, struct slice body,
			       struct arena *a)
{
	enum err e = read_registered(r, body, a);

	if (e != ERR_OK)
		return e;
	r->registered = true;
	r->ever = true;
	r->failures = 0;
	r->lost = false;
	r->log(r->log_ctx, CONSOLE_REGISTERED, r->agent_id, -1);
	go(r, REG_HEARTBEAT, now_ms + r->poll_ms);
	return ERR_OK;
}

static void heartbeat_done(struct reg *r, int64_t now_ms, int status)
{
	bool lost = status != 200;

	if (status == 401 || status == 404) {
		r->registered = false;
		r->failures = 0;
		wipe(r->api_secret, AGENT_SECRET_CHARS + 1);
		go(r, REG_CHALLENGE, now_ms);
		return;
	}
	if (lost != r->lost)
		r->log(r->log_ctx,
		       lost ? CONSOLE_HEARTBEAT_LOST : CONSOLE_HEARTBEAT_BACK,
		       NULL, -1);
	r->lost = lost;
	go(r, REG_HEARTBEAT, now_ms + r->poll_ms);
}

void reg_answered(struct reg *r, int64_t now_ms, uint32_t random, enum err e,
		  const struct http_msg *res, struct arena *a)
{
	int status = e == ERR_OK ? res->status : 0;

	if (r->next == REG_HEARTBEAT) {
		heartbeat_done(r, now_ms, status);
		return;
	}
	r->code[0] = '\0';
	if (status == 200)
		e = r->next == REG_CHALLENGE
			    ? after_challenge(r, now_ms, res->body, a)
			    : after_register(r, now_ms, res->body, a);
	else if (status != 0)
		read_code(r, res->body, a);
	/* The answer to a registration holds the credential. */
	wipe(a->buf, a->cap);
	a->used = 0;
	if (status != 200 || e != ERR_OK)
		retry(r, now_ms, random, status);
}

/* The server's time was right at some moment between the question and now; so
 * the whole of that time is the bound. */
void reg_clock_set(struct reg *r, int64_t now_ms, uint32_t random, enum err e)
{
	if (e != ERR_OK) {
		r->code[0] = '\0';
		retry(r, now_ms, random, 0);
		return;
	}
	r->clock_set = true;
	r->bound_ms = (uint64_t)(now_ms - r->asked_ms);
	go(r, REG_QUOTE, now_ms);
}

void reg_quoted(struct reg *r, int64_t now_ms, uint32_t random, enum err e)
{
	r->code[0] = '\0';
	if (e != ERR_OK)
		retry(r, now_ms, random, 0);
	else
		go(r, REG_REGISTER, now_ms);
}
