/* web.c - one request, and its repetitions. */
#include "measure/net/web.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/rng.h"
#include "lib/sock.h"
#include "lib/text.h"

enum {
	HTTP_OK = 200,
	HTTP_TOO_MANY = 429
};

/* Some front ends refuse a request that does not say who asks. */
#define USER_AGENT "User-Agent: ee-appliance\r\n"

const struct web_patience web_patience_default = {
	.attempts = 4,
	.attempt_ms = 20 * 1000,
	.total_ms = 60 * 1000,
	.first_wait_ms = 500,
	.max_wait_ms = 8 * 1000,
};

static int64_t system_now(void *ctx)
{
	(void)ctx;
	return mono_ms();
}

static void system_sleep(void *ctx, int64_t ms)
{
	struct timespec t = { .tv_sec = ms / 1000,
			      .tv_nsec = ms % 1000 * 1000000 };

	(void)ctx;
	/* A signal shortens the wait, which does no harm. */
	(void)nanosleep(&t, NULL);
}

void web_init(struct web *w, const struct web_opts *o)
{
	struct httpc_opts h = {
		.port = o->url.port,
		.plain = o->url.plain,
		.tls = { .trust = TLS_TRUST_CA,
			 .anchors = o->anchors,
			 .now_s = o->now_s,
			 .rng = o->rng },
		.timeout_ms = o->patience.attempt_ms,
		.max_body = o->max_body,
		.buf = o->buf,
		.buf_len = o->buf_len,
	};

	memset(w, 0, sizeof *w);
	w->o = *o;
	if (w->o.time.now_ms == NULL)
		w->o.time.now_ms = system_now;
	if (w->o.time.sleep_ms == NULL)
		w->o.time.sleep_ms = system_sleep;
	memcpy(h.host, o->url.host, sizeof h.host);
	httpc_init(&w->c, &h);
}

void web_done(struct web *w)
{
	httpc_done(&w->c);
	wipe(w, sizeof *w);
	w->c.fd = -1; /* 0 would be a file */
}

/* "host: " and why. */
__attribute__((format(printf, 2, 3))) static void explain(struct web *w,
							  const char *fmt, ...)
{
	char text[WEB_WHY];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	(void)snprintf(w->why, sizeof w->why, "%.100s: %.130s", w->o.url.host,
		       text);
}

/* Worth another attempt: the way to the server, or its load; not what it is or
 * says. */
static bool may_pass(enum err e)
{
	return e == ERR_IO || e == ERR_CLOSED || e == ERR_TRUNC ||
	       e == ERR_TIMEOUT || e == ERR_MISSING;
}

static bool busy(int status)
{
	return status == HTTP_TOO_MANY || status >= 500;
}

/* Retry-After in milliseconds; 0 when it is not there or is a date, for which
 * our own wait has to do. */
static int64_t retry_after_ms(const struct http_msg *res)
{
	struct slice s = http_header(res, "retry-after");
	uint64_t seconds;

	if (u64_parse(s, UINT32_MAX, &seconds) != ERR_OK)
		return 0;
	return (int64_t)seconds * 1000;
}

/* The wait after the n-th attempt, counted from 1. */
static int64_t backoff_ms(struct web *w, unsigned n)
{
	const struct web_patience *p = &w->o.patience;
	uint64_t ms = p->first_wait_ms;
	uint32_t random = 0;

	for (unsigned i = 1; i < n && ms < p->max_wait_ms; i++)
		ms *= 2;
	if (ms > p->max_wait_ms)
		ms = p->max_wait_ms;
	rng_bytes(w->o.rng, &random, sizeof random);
	return (int64_t)(ms / 2 + random % (ms / 2 + 1));
}

/* One attempt; there is time left until deadline_ms. */
static enum err attempt(struct web *w, const struct web_request *r,
			int64_t left_ms, struct http_msg *res)
{
	char path[sizeof w->o.url.path + WEB_PATH_BYTES];
	char headers[2048];
	int n = snprintf(path, sizeof path, "%s%s", w->o.url.path, r->path);
	int m = snprintf(headers, sizeof headers, USER_AGENT "%s", r->headers);
	enum err e = ERR_VALUE;

	if (left_ms < w->o.patience.attempt_ms)
		w->c.o.timeout_ms = (uint32_t)left_ms;
	else
		w->c.o.timeout_ms = w->o.patience.attempt_ms;
	w->status = 0;
	w->attempts++;
	if (strlen(r->path) < WEB_PATH_BYTES && n > 0 && m > 0 &&
	    (size_t)m < sizeof headers)
		e = httpc_run(&w->c, r->method, path, r->content_type, headers,
			      r->body, res);
	wipe(headers, sizeof headers);
	if (e == ERR_OK)
		w->status = res->status;
	if (e != ERR_OK && w->c.error[0] == '\0')
		explain(w, "the request cannot be sent: %s", err_text(e));
	else if (e == ERR_MISSING)
		explain(w, "no address is known for that name");
	else if (e != ERR_OK)
		explain(w, "%s", w->c.error);
	return e;
}

/* How it ended, after attempts that might have gone better. */
static enum err give_up(struct web *w, enum err e, const char *reason)
{
	char last[WEB_WHY];

	if (e == ERR_OK) {
		explain(w, "answers %d %s (%u attempt%s%s)", w->status,
			http_status_text(w->status), w->attempts,
			w->attempts == 1 ? "" : "s", reason);
		return ERR_REFUSED;
	}
	(void)snprintf(last, sizeof last, "%s", w->why);
	(void)snprintf(w->why, sizeof w->why, "%.190s (%u attempt%s%.30s)",
		       last, w->attempts, w->attempts == 1 ? "" : "s", reason);
	return e;
}

/* How long to wait before the next attempt, or -1 when this was the last one;
 * *reason then says why. e and m are what the last one brought. */
static int64_t next_wait(struct web *w, enum err e, const struct http_msg *m,
			 int64_t left_ms, const char **reason)
{
	int64_t asked_ms = e == ERR_OK ? retry_after_ms(m) : 0;
	int64_t wait_ms;

	*reason = "";
	if (w->attempts >= w->o.patience.attempts)
		return -1;
	wait_ms = backoff_ms(w, w->attempts);
	if (wait_ms < asked_ms)
		wait_ms = asked_ms;
	*reason = asked_ms > 0 && wait_ms == asked_ms
			  ? ", it asks for a longer wait"
			  : ", no time left";
	return wait_ms < left_ms ? wait_ms : -1;
}

enum err web_ask(struct web *w, const struct web_request *r,
		 struct http_msg *res)
{
	const struct web_time *t = &w->o.time;
	int64_t deadline_ms = t->now_ms(t->ctx) + w->o.patience.total_ms;
	const char *reason = ", no time left";
	enum err e = ERR_TIMEOUT;
	struct http_msg m = { 0 };

	w->attempts = 0;
	explain(w, "not asked");
	for (;;) {
		int64_t left_ms = deadline_ms - t->now_ms(t->ctx), wait_ms;

		if (left_ms <= 0)
			return give_up(w, e, reason);
		e = attempt(w, r, left_ms, &m);
		if (e == ERR_OK && !busy(m.status)) {
			w->why[0] = '\0';
			*res = m;
			return ERR_OK;
		}
		if (e != ERR_OK && !may_pass(e))
			return e;
		left_ms = deadline_ms - t->now_ms(t->ctx);
		wait_ms = next_wait(w, e, &m, left_ms, &reason);
		if (wait_ms < 0)
			return give_up(w, e, reason);
		/* Who is busy closes while we wait; or another one answers. */
		httpc_close(&w->c);
		t->sleep_ms(t->ctx, wait_ms);
		reason = ", no time left";
	}
}

enum err web_need_200(struct web *w, const struct http_msg *res)
{
	if (res->status == HTTP_OK)
		return ERR_OK;
	if (res->status == 401 || res->status == 403)
		explain(w, "answers %d %s: is the API key right?", res->status,
			http_status_text(res->status));
	else if (res->status >= 300 && res->status < 400)
		explain(w,
			"answers %d, a redirect, which is not followed: give "
			"the URL that it leads to",
			res->status);
	else
		explain(w, "answers %d %s", res->status,
			http_status_text(res->status));
	return ERR_REFUSED;
}
