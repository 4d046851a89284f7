#include "host-launcher/plane/vouch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host-launcher/lib/input.h"
#include "host-launcher/lib/log.h"
#include "host-launcher/plane/errand.h"
#include "lib/cert.h"
#include "lib/sock.h"
#include "measure/lib/ita_api.h"
#include "measure/lib/jwks_cache.h"
#include "measure/net/ita_client.h"

enum {
	WHY_MAX = 400,
	ANSWER_MAX = 4096,
	ARGS_MAX = 16
};

#define NO_TOKEN "Intel Trust Authority gives no token: try again"

/* One attempt that waits. */
struct waiting {
	bool used, has_token;
	bool wants_keys; /* its token is by one that is not there */
	int conn;
	int64_t deadline_ms;
	struct attempt a;
	char request_id[REQUEST_ID_LEN + 1];
	struct errand errand;
	uint8_t token[ITA_MAX_ANSWER];
};

struct vouch {
	const struct ita_opts *o;
	struct plane *p;
	struct ita_verifier verifier;
	uint8_t root_der[X509_MAX_DER];
	struct rsa_cert root;
	struct errand fetch;
	uint8_t fetched[JWKS_MAX_BYTES];
	struct waiting at[VOUCH_MOST];
	struct jwks_cache keys;
};

/* ---- the command line ---- */

static enum exit_status check_url(const char *option, const char *url)
{
	struct web_url u;
	const char *what = "";

	if (web_url_parse(url, false, &u, &what) == ERR_OK)
		return STATUS_DONE;
	complain("%s %s: %s", option, url, what);
	return STATUS_USAGE;
}

static enum exit_status check_options(const struct ita_opts *o)
{
	const struct {
		const char *option, *value;
	} needed[] = {
		{ "--ita", o->url },
		{ "--ita-api-key-file", o->key },
		{ "--ita-jwks-url", o->jwks_url },
		{ "--ita-issuer", o->issuer },
	};
	enum exit_status st;

	for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
		if (needed[i].value == NULL || needed[i].value[0] == '\0') {
			complain("%s is needed, for tokens of Intel Trust "
				 "Authority",
				 needed[i].option);
			return STATUS_USAGE;
		}
	st = check_url("--ita", o->url);
	return st == STATUS_DONE ? check_url("--ita-jwks-url", o->jwks_url)
				 : st;
}

static enum exit_status read_root(struct vouch *v)
{
	struct wr der = wr_over(v->root_der, sizeof v->root_der);
	struct buf pem = { 0 };
	enum exit_status st;
	enum err e;

	if (v->o->root == NULL)
		return STATUS_DONE;
	st = input_read(v->o->root, LIMIT_PEM_BYTES, &pem);
	if (st != STATUS_DONE)
		return st;
	e = pem_read(buf_slice(&pem), "CERTIFICATE", &der);
	buf_free(&pem);
	if (e == ERR_OK)
		e = rsa_cert_parse(wr_slice(&der), &v->root);
	if (e != ERR_OK)
		return input_bad(v->o->root, "an RSA certificate", e);
	v->verifier.root = &v->root;
	return STATUS_DONE;
}

/* The errands read these files; what is wrong with them is better told now. The
 * key does not stay. */
static enum exit_status check_files(const struct ita_opts *o)
{
	struct buf text = { 0 };
	enum exit_status st = input_read_secret(o->key, ITA_MAX_KEY + 1, &text);

	buf_free(&text);
	if (st != STATUS_DONE)
		return st;
	st = input_read(o->ca != NULL ? o->ca : WEB_SYSTEM_CAS,
			VOUCH_CAS_MAX_BYTES, &text);
	buf_free(&text);
	return st;
}

enum exit_status vouch_open(const struct ita_opts *o, struct vouch **out)
{
	enum exit_status st;
	struct vouch *v;

	*out = NULL;
	if (o->url == NULL && o->key == NULL && o->jwks_url == NULL &&
	    o->issuer == NULL && o->audience == NULL && o->root == NULL &&
	    o->ca == NULL)
		return STATUS_DONE;
	st = check_options(o);
	if (st == STATUS_DONE)
		st = check_files(o);
	if (st != STATUS_DONE)
		return st;
	v = calloc(1, sizeof *v);
	if (v == NULL)
		return STATUS_INTERNAL;
	v->o = o;
	v->verifier = (struct ita_verifier){
		.issuer = str_slice(o->issuer),
		.audience = str_slice(o->audience != NULL ? o->audience : ""),
		.leeway_s = VOUCH_LEEWAY_S,
	};
	jwks_cache_init(&v->keys, NULL);
	st = read_root(v);
	if (st == STATUS_DONE)
		*out = v;
	else
		free(v);
	return st;
}

void vouch_close(struct vouch *v)
{
	if (v == NULL)
		return;
	errand_stop(&v->fetch);
	for (size_t i = 0; i < VOUCH_MOST; i++)
		errand_stop(&v->at[i].errand);
	free(v);
}

/* ---- errands ---- */

static void add_arg(const char **argv, size_t *n, const char *option,
		    const char *value)
{
	if (value == NULL)
		return;
	argv[(*n)++] = option;
	argv[(*n)++] = value;
}

static enum err ask_for_token(struct vouch *v, struct waiting *w)
{
	static uint8_t body[ERRAND_MAX_INPUT];
	const char *argv[ARGS_MAX] = { "ee-cp", "ita", "token" };
	struct wr fields = wr_over(w->token, REPORTDATA_FIELDS);
	struct wr text = wr_over(body, sizeof body);
	struct ita_request r = { .version = ITA_V2, .quote = w->a.quote };
	size_t n = 3;
	enum err e;

	reportdata_fields(&w->a.binding, &fields);
	r.runtime_data = wr_slice(&fields);
	e = ita_request_write(&r, &text);
	if (e != ERR_OK)
		return e;
	add_arg(argv, &n, "--ita", v->o->url);
	add_arg(argv, &n, "--ita-api-key-file", v->o->key);
	add_arg(argv, &n, "--ita-ca", v->o->ca);
	add_arg(argv, &n, "--request-id", w->request_id);
	return errand_start(&w->errand, argv, wr_slice(&text), w->token,
			    sizeof w->token, w->deadline_ms);
}

static void fetch_keys(struct vouch *v, int64_t now_ms)
{
	const char *argv[ARGS_MAX] = { "ee-cp", "ita", "keys" };
	size_t n = 3;

	if (v->fetch.on)
		return;
	add_arg(argv, &n, "--ita-jwks-url", v->o->jwks_url);
	add_arg(argv, &n, "--ita-ca", v->o->ca);
	if (errand_start(&v->fetch, argv, (struct slice){ NULL, 0 }, v->fetched,
			 sizeof v->fetched, now_ms + VOUCH_MS) == ERR_OK)
		return;
	jwks_cache_failed(&v->keys, wall_ms() / 1000);
	log_event("ita_keys_failed",
		  LOG_TEXT("why", "no process can be started"));
}

/* What an errand says of its failure is ours, but has a stranger's words in it:
 * cut here, and escaped by the log. */
static void log_failure(const char *event, const struct errand *e, int status,
			const char *request_id)
{
	struct slice said = errand_output(e);
	char why[WHY_MAX] = "";

	if (said.len >= sizeof why)
		said.len = sizeof why - 1;
	if (said.len > 0 && said.ptr[said.len - 1] == '\n')
		said.len--;
	if (status == -1 || slice_cstr(said, why, sizeof why) != ERR_OK)
		snprintf(why, sizeof why, "it took too long or wrote too much");
	log_event(event, LOG_NUMBER("status", status), LOG_TEXT("why", why),
		  LOG_TEXT("request_id", request_id));
}

/* ---- keys ---- */

static void take_keys(struct vouch *v, int64_t now_ms)
{
	int64_t now_s = wall_ms() / 1000;
	const char *what = "";
	int status = 0;
	enum err e;

	if (!errand_step(&v->fetch, now_ms, &status))
		return;
	if (status != STATUS_DONE) {
		jwks_cache_failed(&v->keys, now_s);
		log_failure("ita_keys_failed", &v->fetch, status, "");
		return;
	}
	e = jwks_cache_put(&v->keys, errand_output(&v->fetch), now_s, &what);
	if (e == ERR_OK)
		log_event("ita_keys", LOG_NUMBER("keys", v->keys.set.n));
	else
		log_event("ita_keys_failed", LOG_TEXT("what", what),
			  LOG_TEXT("why", err_text(e)));
}

/* Whether the token is by a key that is worth fetching the set for. */
static bool wants_keys(struct vouch *v, const struct waiting *w)
{
	static uint8_t mem[JWT_ARENA];
	struct arena a = arena_over(mem, sizeof mem);
	const char *what = "";
	struct jwt t;

	return jwt_parse(&a, errand_output(&w->errand), &t, &what) == ERR_OK &&
	       jwks_cache_wants(&v->keys, wall_ms() / 1000, t.kid, t.alg);
}

/* ---- attempts ---- */

static bool ask(void *ctx, int conn, const struct attempt *a)
{
	struct vouch *v = ctx;
	struct waiting *w = v->at;

	while (w < v->at + VOUCH_MOST && w->used)
		w++;
	if (w == v->at + VOUCH_MOST)
		return false;
	w->a = *a;
	/* what it points to is the request's */
	w->a.quote.ptr = w->a.quote_mem;
	w->a.quote_b64 = (struct slice){ NULL, 0 };
	snprintf(w->request_id, sizeof w->request_id, "%s", a->request_id);
	w->a.request_id = w->request_id;
	w->conn = conn;
	w->has_token = w->wants_keys = false;
	w->deadline_ms = mono_ms() + VOUCH_MS;
	w->used = ask_for_token(v, w) == ERR_OK;
	return w->used;
}

static void settle(struct vouch *v, struct waiting *w, struct serve *s)
{
	static uint8_t body[ANSWER_MAX];
	struct serve_response res = { .status = 200,
				      .body = wr_over(body, sizeof body) };
	int64_t now_s = v->p->now_ms(v->p->clock_ctx) / 1000;
	struct slice none = { NULL, 0 };

	v->verifier.jwks = jwks_cache_get(&v->keys, now_s);
	plane_settle(&w->a, w->has_token ? errand_output(&w->errand) : none,
		     NO_TOKEN, now_s, &res);
	serve_answer(s, w->conn, res.status, wr_slice(&res.body));
	wipe(body, sizeof body); /* an agent's secret */
	w->used = false;
}

static void go_on(struct vouch *v, struct waiting *w, struct serve *s,
		  int64_t now_ms)
{
	int status = 0;

	if (w->used && !w->has_token) {
		if (!errand_step(&w->errand, now_ms, &status))
			return;
		w->has_token = status == STATUS_DONE;
		if (!w->has_token)
			log_failure("ita_token_failed", &w->errand, status,
				    w->request_id);
		else
			w->wants_keys = wants_keys(v, w);
		if (w->wants_keys)
			fetch_keys(v, now_ms);
	}
	if (w->used &&
	    (!w->wants_keys || !v->fetch.on || now_ms >= w->deadline_ms))
		settle(v, w, s);
}

void vouch_attach(struct vouch *v, struct plane *p)
{
	v->p = p;
	p->ita = &v->verifier;
	p->ask = ask;
	p->ask_ctx = v;
}

size_t vouch_poll(const struct vouch *v, struct pollfd *pfd,
		  int64_t *deadline_ms)
{
	int64_t now_ms = mono_ms();
	size_t n = errand_poll(&v->fetch, pfd, now_ms, deadline_ms);

	for (size_t i = 0; i < VOUCH_MOST; i++) {
		const struct waiting *w = &v->at[i];

		n += errand_poll(&w->errand, pfd + n, now_ms, deadline_ms);
		if (w->used && w->deadline_ms < *deadline_ms)
			*deadline_ms = w->deadline_ms;
	}
	return n;
}

void vouch_run(struct vouch *v, struct serve *s)
{
	int64_t now_ms = mono_ms(), now_s = wall_ms() / 1000;

	take_keys(v, now_ms);
	if (judge_needs_token(v->p) &&
	    jwks_cache_wants(&v->keys, now_s, str_slice(""), JWT_PS384))
		fetch_keys(v, now_ms);
	for (size_t i = 0; i < VOUCH_MOST; i++)
		go_on(v, &v->at[i], s, now_ms);
	v->verifier.jwks = jwks_cache_get(&v->keys, now_s);
}
