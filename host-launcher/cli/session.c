#include "host-launcher/cli/session.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "host-launcher/lib/log.h"
#include "lib/limit.h"
#include "lib/text.h"

enum {
	REQUEST_TIMEOUT_MS = 40000, /* a TDX quote may take 30 s */
	HTTP_TOO_MANY = 429,
	BUSY_TRIES = 6,
	BUSY_PAUSE_MS = 1000,
};

static enum err read_in(const char *dir, const char *name, bool secret,
			size_t max, struct buf *out)
{
	char path[PATH_CAP];
	enum err e = path_fmt(path, "%s/%s", dir, name);

	if (e != ERR_OK)
		return e;
	return secret ? file_read_secret(path, max, out)
		      : file_read(path, max, out);
}

static enum err read_files(struct session *s)
{
	struct buf config = { 0 }, token = { 0 };
	enum err e = instance_spec_read(s->dir, &s->spec);

	if (e == ERR_OK)
		e = read_in(s->dir, INSTANCE_CONFIG, false, LIMIT_CONFIG_BYTES,
			    &config);
	if (e == ERR_OK)
		e = read_in(s->dir, INSTANCE_TOKEN, true, SESSION_TOKEN_MAX,
			    &token);
	if (e == ERR_OK)
		e = slice_cstr(buf_slice(&token), s->token, sizeof s->token);
	if (e == ERR_OK)
		sha384(buf_slice(&config), s->config_sha384);
	buf_free(&config);
	buf_free(&token);
	return e;
}

static void connect_with(struct session *s, enum tls_trust trust)
{
	struct httpc_opts o = { .host = "127.0.0.1",
				.port = s->spec.api_port,
				.timeout_ms = REQUEST_TIMEOUT_MS,
				.max_body = SESSION_BODY_MAX,
				.buf = s->http_mem,
				.buf_len = sizeof s->http_mem };

	o.tls.trust = trust;
	o.tls.pin = s->pin;
	o.tls.now_s = wall_ms() / 1000;
	o.tls.rng = rng_prng(&s->rng);
	httpc_init(&s->http, &o);
}

enum exit_status session_open(struct session *s, const char *name)
{
	enum exit_status status = find_instance(name, s->dir);
	struct instance_status st;
	enum err e;

	if (status != STATUS_DONE)
		return status;
	e = read_files(s);
	if (e == ERR_OK)
		e = instance_status_read(s->dir, &st);
	if (e == ERR_OK)
		e = rng_system(&s->rng);
	if (e != ERR_OK) {
		complain("%s: %s", name,
			 e == ERR_STATE ? "others can read its token: chmod 600"
					: err_text(e));
		return exit_of_secret(e);
	}
	if (!instance_is_live(st.state)) {
		complain("%s does not run (%s)", name,
			 instance_state_name(st.state));
		return STATUS_UNAVAILABLE;
	}
	connect_with(s, TLS_TRUST_LEARN);
	return STATUS_DONE;
}

void session_close(struct session *s)
{
	httpc_done(&s->http);
	wipe(s->token, sizeof s->token);
	wipe(&s->rng, sizeof s->rng);
	wipe(s->http_mem, sizeof s->http_mem);
	wipe(s->json_mem, sizeof s->json_mem);
}

enum exit_status session_pin(struct session *s)
{
	struct arena a = arena_over(s->json_mem, sizeof s->json_mem);
	struct wr pin = wr_over(s->pin, sizeof s->pin);
	uint8_t config[SHA384_LEN];
	struct buf b = { 0 };
	struct slice text;
	struct json v;
	enum err e = read_in(s->dir, INSTANCE_ATTESTED, false,
			     INSTANCE_JSON_MAX, &b);

	if (e == ERR_OK)
		e = json_parse(&a, buf_slice(&b), &v);
	buf_free(&b);
	if (e == ERR_OK)
		e = json_str(v, "config_sha384", &text);
	if (e == ERR_OK)
		e = hex_decode(text, config, sizeof config);
	if (e == ERR_OK && !ct_eq(config, s->config_sha384, SHA384_LEN))
		e = ERR_MISSING; /* of another run of this name */
	if (e == ERR_OK)
		e = json_str(v, "tls_public_key", &text);
	if (e == ERR_OK)
		e = b64_decode(text, &pin);
	if (e == ERR_OK && pin.len != P256_PUB_LEN)
		e = ERR_VALUE;
	if (e != ERR_OK) {
		complain("%s is not attested: `ee-launcher attest %s` first",
			 s->spec.name, s->spec.name);
		return STATUS_REFUSED;
	}
	httpc_done(&s->http);
	connect_with(s, TLS_TRUST_KEY);
	s->trusted = true;
	return STATUS_DONE;
}

/* The agent's own words, without what a terminal would obey. */
static enum exit_status refused(struct session *s, const struct http_msg *res)
{
	struct arena a = arena_over(s->json_mem, sizeof s->json_mem);
	struct slice code = { 0 }, message = { 0 };
	char text[256];
	struct wr w = wr_over(text, sizeof text - 1);
	struct json v;

	if (json_parse(&a, res->body, &v) != ERR_OK ||
	    json_str(v, "code", &code) != ERR_OK ||
	    json_str(v, "message", &message) != ERR_OK)
		message = str_slice("no reason given");
	wr_bytes(&w, code);
	wr_str(&w, code.len > 0 ? ": " : "");
	wr_bytes(&w, message);
	for (size_t i = 0; i < w.len; i++)
		if (text[i] < ' ' || text[i] > '~')
			text[i] = '?';
	text[w.len] = '\0';
	complain("the agent refuses (%d): %s", res->status, text);
	return res->status >= 500 ? STATUS_UNAVAILABLE : STATUS_REFUSED;
}

enum exit_status session_request(struct session *s, const char *method,
				 const char *target, struct slice body,
				 struct http_msg *res)
{
	char extra[64 + SESSION_TOKEN_MAX] = "";
	const char *type = body.len > 0 ? "application/json" : NULL;
	enum err e;

	if (s->trusted)
		(void)snprintf(extra, sizeof extra,
			       "Authorization: Bearer %s\r\n", s->token);
	/* The agent makes a quote a second, for whoever asks: wait for ours. */
	for (int tries = 1;; tries++) {
		e = httpc_run(&s->http, method, target, type, extra, body, res);
		if (e != ERR_OK || res->status != HTTP_TOO_MANY ||
		    tries == BUSY_TRIES)
			break;
		(void)poll(NULL, 0, BUSY_PAUSE_MS);
	}
	wipe(extra, sizeof extra);
	if (e != ERR_OK) {
		complain("the agent at 127.0.0.1:%u: %s%s%s", s->spec.api_port,
			 err_text(e), s->http.error[0] != '\0' ? ": " : "",
			 s->http.error);
		return STATUS_UNAVAILABLE;
	}
	return res->status / 100 == 2 ? STATUS_DONE : refused(s, res);
}
