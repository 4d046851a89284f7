/* verb_ita.c - ee-cp ita: one request to Intel Trust Authority, in a process
 * that may wait for it. The server runs these; a person may, to see what it
 * would. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "host-launcher/lib/input.h"
#include "host-launcher/lib/log.h"
#include "host-launcher/plane/verbs.h"
#include "host-launcher/plane/vouch.h"
#include "lib/rng.h"
#include "measure/net/ita_client.h"

/* Less than what the server waits. */
static const struct web_patience patience = {
	.attempts = 3,
	.attempt_ms = 4000,
	.total_ms = VOUCH_MS - 1000,
	.first_wait_ms = 200,
	.max_wait_ms = 1000,
};

struct online {
	struct web_opts o;
	struct rng rng;
	struct web_cas cas;
};

static enum exit_status go_online(const char *option, const char *url,
				  const char *ca, struct online *out)
{
	const char *path = ca != NULL ? ca : WEB_SYSTEM_CAS, *what = "";
	struct buf pem = { 0 };
	enum exit_status st;
	enum err e;

	if (url == NULL ||
	    web_url_parse(url, false, &out->o.url, &what) != ERR_OK) {
		complain("%s %s: %s", option, url != NULL ? url : "",
			 url != NULL ? what : "is needed");
		return STATUS_USAGE;
	}
	if (rng_system(&out->rng) != ERR_OK) {
		complain("the system has no entropy");
		return STATUS_INTERNAL;
	}
	st = input_read(path, VOUCH_CAS_MAX_BYTES, &pem);
	if (st != STATUS_DONE)
		return st;
	e = web_cas_read(&out->cas, buf_slice(&pem));
	buf_free(&pem);
	if (e != ERR_OK)
		return input_bad(path, "CAs", e);
	out->o.anchors = &out->cas.anchors;
	out->o.rng = rng_prng(&out->rng);
	out->o.now_s = wall_ms() / 1000;
	out->o.patience = patience;
	return STATUS_DONE;
}

static enum exit_status put(struct slice text)
{
	if (fwrite(text.ptr, 1, text.len, stdout) == text.len &&
	    fflush(stdout) == 0)
		return STATUS_DONE;
	return STATUS_UNAVAILABLE;
}

static enum exit_status fail(const struct web *w, const char *why)
{
	complain("%s", why);
	return w->status == 200 ? STATUS_MALFORMED : STATUS_UNAVAILABLE;
}

static enum exit_status read_key(const char *path, struct ita_api_key *out)
{
	struct buf text = { 0 };
	enum exit_status st;
	enum err e;

	if (path == NULL) {
		complain("--ita-api-key-file is needed");
		return STATUS_USAGE;
	}
	st = input_read_secret(path, ITA_MAX_KEY + 1, &text);
	if (st != STATUS_DONE)
		return st;
	e = ita_api_key_parse(buf_slice(&text), out);
	buf_free(&text);
	return e == ERR_OK ? STATUS_DONE : input_bad(path, "the key", e);
}

static enum exit_status ask(const struct ita_opts *o, struct ita_client *c,
			    struct slice body)
{
	static uint8_t mem[ITA_ANSWER_ARENA];
	struct arena a = arena_over(mem, sizeof mem);
	struct slice token;

	if (ita_client_send(c, ITA_V2, body, o->request_id, &a, &token) !=
	    ERR_OK)
		return fail(&c->web, c->why);
	return put(token);
}

enum exit_status verb_ita_token(const char *const *operands, size_t n,
				const void *opts)
{
	static struct online online;
	static struct ita_client client;
	const struct ita_opts *o = opts;
	struct ita_api_key key;
	struct buf body = { 0 };
	enum exit_status st = go_online("--ita", o->url, o->ca, &online);

	(void)operands;
	(void)n;
	if (st == STATUS_DONE)
		st = input_read("-", ITA_MAX_REQUEST, &body);
	if (st == STATUS_DONE)
		st = read_key(o->key, &key);
	if (st == STATUS_DONE) {
		ita_client_init(&client, &online.o, &key);
		wipe(&key, sizeof key);
		st = ask(o, &client, buf_slice(&body));
		ita_client_done(&client);
	}
	buf_free(&body);
	return st;
}

enum exit_status verb_ita_keys(const char *const *operands, size_t n,
			       const void *opts)
{
	static struct online online;
	static uint8_t buf[ITA_JWKS_BUF];
	static struct web w;
	const struct ita_opts *o = opts;
	enum exit_status st =
		go_online("--ita-jwks-url", o->jwks_url, o->ca, &online);
	struct slice text;

	(void)operands;
	(void)n;
	if (st != STATUS_DONE)
		return st;
	online.o.max_body = JWKS_MAX_BYTES;
	online.o.buf = buf;
	online.o.buf_len = sizeof buf;
	web_init(&w, &online.o);
	st = ita_jwks_fetch(&w, &text) == ERR_OK ? put(text) : fail(&w, w.why);
	web_done(&w);
	return st;
}
