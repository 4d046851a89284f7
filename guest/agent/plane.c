#include <stdio.h>
#include <string.h>

#include "agent/loop.h"

enum err plane_init(struct loop *l)
{
	const struct config *cfg = &l->agent.cfg;
	struct httpc_opts o = {
		.tls = { .trust = TLS_TRUST_CA, .anchors = &l->anchors },
		.timeout_ms = PLANE_TIMEOUT_MS,
		.max_body = LIMIT_HTTP_BODY_BYTES / 2,
		.buf = l->http_buf,
		.buf_len = sizeof(l->http_buf),
	};
	static char host[256]; /* the options keep a pointer to it */
	enum err e =
		tls_anchors_add(&l->anchors, str_slice(cfg->control_plane_ca));

	if (e == ERR_OK)
		e = url_split(str_slice(cfg->control_plane_url), host, &o.port);
	if (e != ERR_OK)
		return e;
	memcpy(o.host, host, sizeof(host));
	o.tls.name = host;
	o.tls.rng = rng_prng(&l->agent.secrets->rng);
	httpc_init(&l->http, &o);
	return ERR_OK;
}

static void answered(struct loop *l, enum err e, const struct http_msg *res)
{
	struct agent *a = &l->agent;
	struct arena mem =
		arena_over(a->secrets->scratch, sizeof(a->secrets->scratch));

	l->http_busy = false;
	a->now = moment_now(l->epoch_s);
	reg_answered(&a->reg, a->now.mono_ms, agent_random(a), e, res, &mem);
	/* Requests and answers alike hold the credential. */
	wipe(l->http_buf, sizeof(l->http_buf));
	if (l->asked == REG_REGISTER && a->reg.registered)
		a->accepted = a->pending;
}

void plane_ready(struct loop *l)
{
	static struct http_msg res;
	enum err e = httpc_step(&l->http, &res);

	if (e != ERR_AGAIN)
		answered(l, e, &res);
}

static enum err start_request(struct loop *l, enum reg_action what)
{
	struct agent *a = &l->agent;
	char auth[64 + AGENT_SECRET_CHARS] = "";
	char path[LIMIT_HTTP_HEAD_BYTES / 8];
	struct wr target = wr_over(path, sizeof(path));
	struct wr body = wr_over(l->body, sizeof(l->body));
	struct slice quote = { a->pending.quote, a->pending.quote_len };
	bool post = what != REG_CHALLENGE;
	enum err e = reg_target(&a->reg, what, &target);

	if (e == ERR_OK && post)
		e = reg_body(&a->reg, what, quote, a->now.unix_ms,
			     jobs_running(&a->jobs), &body);
	if (e != ERR_OK)
		return e;
	if (what == REG_HEARTBEAT)
		snprintf(auth, sizeof(auth), "Authorization: Bearer %s\r\n",
			 a->secrets->api_secret);
	l->http.o.tls.now_s = a->now.unix_ms / 1000;
	e = httpc_start(&l->http, post ? "POST" : "GET", path,
			post ? "application/json" : NULL, auth,
			wr_slice(&body));
	wipe(auth, sizeof(auth));
	return e;
}

void plane_step(struct loop *l)
{
	struct agent *a = &l->agent;
	enum reg_action what = reg_step(&a->reg, a->now.mono_ms);
	enum err e;

	switch (what) {
	case REG_NOTHING:
		return;
	case REG_CLOCK:
		link_clock(l, a->reg.server_time_ms);
		return;
	case REG_QUOTE:
		e = quotes_add(&a->quotes, a->now.mono_ms, QUOTES_REGISTRATION,
			       &a->reg.binding);
		if (e != ERR_OK)
			reg_quoted(&a->reg, a->now.mono_ms, agent_random(a), e);
		return;
	case REG_CHALLENGE:
	case REG_REGISTER:
	case REG_HEARTBEAT:
		break;
	}
	l->asked = what;
	e = start_request(l, what);
	if (e == ERR_OK) {
		l->http_busy = true;
		plane_ready(l);
	} else {
		answered(l, e, NULL);
	}
}

void plane_quoted(struct loop *l, enum err e, const struct binding *b,
		  struct slice quote)
{
	struct agent *a = &l->agent;

	if (e == ERR_OK) {
		a->pending.binding = *b;
		memcpy(a->pending.quote, quote.ptr, quote.len);
		a->pending.quote_len = quote.len;
		link_log(l, CONSOLE_QUOTE, NULL, (int64_t)quote.len);
	}
	reg_quoted(&a->reg, a->now.mono_ms, agent_random(a), e);
}
