/* binance.c - venue.h over Binance's spot REST API. Requests are signed with
 * HMAC-SHA256 over query and body, with the venue's own clock. */
#include <stdio.h>
#include <string.h>

#include "jobs/venues/binance_parse.h"
#include "lib/config.h"
#include "lib/digest.h"
#include "lib/sock.h"
#include "lib/text.h"

enum {
	REQUEST_TIMEOUT_MS = 10 * 1000,
	RECV_WINDOW_MS = 5000,
	TARGET_MAX = 1024,
	HEADER_MAX = LIMIT_CREDENTIAL_BYTES + 32,
	RETRY_AFTER_MAX_S = 60,
	CODE_TIMESTAMP = -1021
};

_Static_assert((int)RECV_WINDOW_MS < (int)VENUE_LATE_MS,
	       "the venue refuses what is older than recvWindow");

const char *venue_error_name(enum venue_error e)
{
	static const char *const names[] = {
#define X(name, text) text,
		VENUE_ERROR_LIST(X)
#undef X
	};

	return names[e];
}

enum err venue_pair(struct slice pair, struct venue *v)
{
	size_t slash = 0;

	for (size_t i = 0; i < pair.len; i++) {
		uint8_t c = pair.ptr[i];

		if (c == '/' && slash == 0)
			slash = i;
		else if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')))
			return ERR_VALUE;
	}
	if (slash == 0 || slash > VENUE_ASSET_LEN || slash + 1 >= pair.len ||
	    pair.len - slash - 1 > VENUE_ASSET_LEN)
		return ERR_VALUE;
	snprintf(v->base, sizeof(v->base), "%.*s", (int)slash,
		 (const char *)pair.ptr);
	snprintf(v->quote, sizeof(v->quote), "%.*s",
		 (int)(pair.len - slash - 1),
		 (const char *)pair.ptr + slash + 1);
	snprintf(v->symbol, sizeof(v->symbol), "%s%s", v->base, v->quote);
	return ERR_OK;
}

/* Keeps a text of the venue for the job's status: printable ASCII, no quotes.
 */
static void keep_error(struct venue *v, enum venue_error e, struct slice msg)
{
	size_t n = 0, cap = sizeof(v->error) - 1;
	int len = snprintf(v->error, sizeof(v->error),
			   "%s: ", venue_error_name(e));

	for (n = (size_t)len; msg.len > 0 && n < cap; n++, msg.ptr++, msg.len--)
		v->error[n] = *msg.ptr >= 0x20 && *msg.ptr < 0x7f &&
					      *msg.ptr != '"' &&
					      *msg.ptr != '\\'
				      ? (char)*msg.ptr
				      : '.';
	v->error[n] = '\0';
}

enum venue_error venue_say(struct venue *v, enum venue_error e,
			   const char *text)
{
	keep_error(v, e, str_slice(text));
	return e;
}

static uint32_t time_left(const struct venue *v)
{
	int64_t left = v->give_up_ms - mono_ms();

	if (v->give_up_ms == 0 || left > REQUEST_TIMEOUT_MS)
		return REQUEST_TIMEOUT_MS;
	return left > 0 ? (uint32_t)left : 0;
}

/* One exchange, waiting in job_wait. */
static enum err exchange(struct venue *v, const char *method,
			 const char *target, const char *headers,
			 struct slice body, struct http_msg *res)
{
	struct httpc *c = &v->http;
	enum err e;

	/* a venue may renew its certificate while the job runs */
	c->o.tls.now_s = v->j->now_ms(v->j->clock_ctx) / 1000;
	c->o.timeout_ms = time_left(v);
	e = httpc_start(c, method, target,
			body.len > 0 ? "application/x-www-form-urlencoded"
				     : NULL,
			headers, body);
	while (e == ERR_OK) {
		e = httpc_step(c, res);
		if (e != ERR_AGAIN)
			return e;
		e = job_wait(v->j, c->fd, c->events, c->deadline_ms);
		if (e == ERR_TIMEOUT)
			e = ERR_OK; /* httpc_step says so itself */
		if (e == ERR_OK)
			continue;
		httpc_close(c); /* the agent is gone */
		return ERR_STATE;
	}
	return e;
}

/* Seconds in a Retry-After, at most a minute; 0 when there is no number. */
static int64_t retry_after_ms(const struct http_msg *res)
{
	uint64_t s = 0;

	if (u64_parse(http_header(res, "Retry-After"), UINT32_MAX, &s) !=
	    ERR_OK)
		return 0;
	return s > RETRY_AFTER_MAX_S ? RETRY_AFTER_MAX_S * 1000
				     : (int64_t)s * 1000;
}

/* What an answer that is not 2xx says. */
static enum venue_error refused(struct venue *v, const struct http_msg *res,
				struct json doc)
{
	struct slice msg;
	int64_t code;
	enum venue_error why = binance_error(res->status, doc, &msg);

	if (why == VENUE_RATE_LIMITED)
		v->retry_after_ms = retry_after_ms(res);
	if (json_int(doc, "code", CODE_TIMESTAMP, CODE_TIMESTAMP, &code) ==
	    ERR_OK)
		v->clock_known = false; /* the clocks have drifted apart */
	keep_error(v, why, msg);
	return why;
}

static enum venue_error request(struct venue *v, const char *method,
				const char *target, const char *headers,
				struct slice body, struct json *doc)
{
	struct arena a = arena_over(v->arena, sizeof(v->arena));
	struct http_msg res;
	enum err e = exchange(v, method, target, headers, body, &res);

	*doc = (struct json){ NULL };
	if (e == ERR_STATE)
		return venue_say(v, VENUE_AGENT, "");
	if (e != ERR_OK)
		return venue_say(v, VENUE_NETWORK,
				 v->http.error[0] != '\0' ? v->http.error
							  : err_text(e));
	e = json_parse(&a, res.body, doc);
	if (res.status >= 200 && res.status < 300)
		return e == ERR_OK ? VENUE_OK
				   : venue_say(v, VENUE_OTHER,
					       "the answer is not JSON");
	if (e != ERR_OK)
		*doc = (struct json){ NULL };
	return refused(v, &res, *doc);
}

static enum venue_error call(struct venue *v, const char *target,
			     struct json *doc)
{
	return request(v, "GET", target, "", (struct slice){ NULL, 0 }, doc);
}

static enum venue_error read_clock(struct venue *v)
{
	int64_t theirs, ours;
	struct json doc;
	enum venue_error e = call(v, "/api/v3/time", &doc);

	if (e != VENUE_OK)
		return e;
	if (json_int(doc, "serverTime", 0, INT64_C(1) << 53, &theirs) != ERR_OK)
		return venue_say(v, VENUE_OTHER, "no serverTime");
	ours = v->j->now_ms(v->j->clock_ctx);
	v->clock_offset_ms = theirs - ours;
	v->clock_known = true;
	return VENUE_OK;
}

/* A signed call. params ends without '&'; it goes into the body of a POST and
 * into the query otherwise. */
static enum venue_error signed_call(struct venue *v, const char *method,
				    const char *path, const char *params,
				    struct json *doc)
{
	char text[TARGET_MAX], header[HEADER_MAX], hex[2 * SHA256_LEN + 1];
	uint8_t mac[SHA256_LEN];
	struct wr w = wr_over(text, sizeof(text));
	bool post = strcmp(method, "POST") == 0;
	enum venue_error e = v->clock_known ? VENUE_OK : read_clock(v);
	int64_t now = v->j->now_ms(v->j->clock_ctx) + v->clock_offset_ms;
	size_t start;

	if (e != VENUE_OK)
		return e;
	wr_fmt(&w, "%s?", path);
	start = w.len;
	wr_fmt(&w, "%s%srecvWindow=%d&timestamp=%lld", params,
	       params[0] != '\0' ? "&" : "", RECV_WINDOW_MS, (long long)now);
	if (wr_end(&w) != ERR_OK)
		return venue_say(v, VENUE_INVALID, "request too long");
	hmac_sha256(str_slice(v->j->start.api_secret),
		    (struct slice){ w.buf + start, w.len - start }, mac);
	hex_encode((struct slice){ mac, sizeof(mac) }, hex);
	wr_fmt(&w, "&signature=%s", hex);
	snprintf(header, sizeof(header), "X-MBX-APIKEY: %s\r\n",
		 v->j->start.api_key);
	if (wr_end(&w) != ERR_OK)
		e = venue_say(v, VENUE_INVALID, "request too long");
	else if (post)
		e = request(v, method, path, header,
			    (struct slice){ w.buf + start, w.len - start },
			    doc);
	else
		e = request(v, method, text, header, (struct slice){ NULL, 0 },
			    doc);
	wipe(header, sizeof(header));
	return e;
}

static enum venue_error parsed(struct venue *v, enum err e, const char *what)
{
	return e == ERR_OK ? VENUE_OK : venue_say(v, VENUE_OTHER, what);
}

/* ---- opening ---- */

static enum venue_error read_rules(struct venue *v)
{
	char target[TARGET_MAX];
	struct json doc;
	enum venue_error e;
	enum err p;

	snprintf(target, sizeof(target), "/api/v3/exchangeInfo?symbol=%s",
		 v->symbol);
	e = call(v, target, &doc);
	if (e != VENUE_OK)
		return e;
	p = binance_rules(doc, v->symbol, &v->rules);
	if (p == ERR_MISSING)
		return venue_say(
			v, VENUE_INVALID,
			"the pair is not traded there or has no rules");
	return parsed(v, p, "the pair's rules");
}

/* The key goes into a header: visible ASCII and nothing that ends a line. */
static bool header_ok(const char *s)
{
	for (size_t i = 0; s[i] != '\0'; i++)
		if (s[i] <= ' ' || s[i] > '~')
			return false;
	return s[0] != '\0';
}

static enum venue_error start_client(struct venue *v)
{
	struct httpc_opts o = {
		.tls = { .trust = TLS_TRUST_CA,
			 .anchors = &v->anchors,
			 .now_s = v->j->now_ms(v->j->clock_ctx) / 1000,
			 .rng = v->j->rng },
		.timeout_ms = REQUEST_TIMEOUT_MS,
		.max_body = LIMIT_VENUE_BODY,
		.buf = v->buf,
		.buf_len = sizeof(v->buf),
	};

	if (!header_ok(v->j->start.api_key))
		return venue_say(v, VENUE_INVALID, "api key");
	if (url_split(str_slice(v->j->start.venue_url), o.host, &o.port) !=
	    ERR_OK)
		return venue_say(v, VENUE_INVALID, "venue url");
	if (tls_anchors_add(&v->anchors, str_slice(v->j->start.venue_ca)) !=
	    ERR_OK)
		return venue_say(v, VENUE_INVALID, "venue ca");
	httpc_init(&v->http, &o);
	v->open = true;
	return VENUE_OK;
}

enum venue_error venue_open(struct venue *v, struct job *j)
{
	enum venue_error e;

	v->j = j;
	if (venue_pair(str_slice(j->start.pair), v) != ERR_OK)
		return venue_say(v, VENUE_INVALID, "pair");
	if (!v->open) {
		e = start_client(v);
		if (e != VENUE_OK)
			return e;
	}
	e = read_clock(v);
	return e != VENUE_OK ? e : read_rules(v);
}

void venue_close(struct venue *v)
{
	if (v->open)
		httpc_done(&v->http);
	wipe(v, sizeof(*v));
}

/* ---- market data ---- */

enum venue_error venue_top(struct venue *v, struct venue_top *out)
{
	char target[TARGET_MAX];
	struct json doc;
	enum venue_error e;
	enum err p;

	snprintf(target, sizeof(target), "/api/v3/depth?symbol=%s&limit=5",
		 v->symbol);
	e = call(v, target, &doc);
	if (e != VENUE_OK)
		return e;
	p = binance_top(doc, out);
	if (p == ERR_STATE)
		return venue_say(v, VENUE_NO_PRICE,
				 "the book is empty or crossed");
	return parsed(v, p, "no book");
}

enum venue_error venue_last_price(struct venue *v, struct dec *out)
{
	char target[TARGET_MAX];
	struct json doc;
	enum venue_error e;

	snprintf(target, sizeof(target), "/api/v3/ticker/price?symbol=%s",
		 v->symbol);
	e = call(v, target, &doc);
	return e != VENUE_OK ? e
			     : parsed(v, binance_price(doc, out), "no price");
}

enum venue_error venue_balances(struct venue *v, struct venue_balances *out)
{
	struct json doc;
	enum venue_error e = signed_call(v, "GET", "/api/v3/account",
					 "omitZeroBalances=true", &doc);

	return e != VENUE_OK
		       ? e
		       : parsed(v,
				binance_balances(doc, v->base, v->quote, out),
				"no balances");
}

/* ---- orders ---- */

enum venue_error venue_place(struct venue *v, enum venue_side side,
			     struct dec price, struct dec qty,
			     const char *client_id, uint64_t *id)
{
	char p[DEC_TEXT_LEN], q[DEC_TEXT_LEN], params[TARGET_MAX];
	struct json doc;
	enum venue_error e;

	dec_format(price, p);
	dec_format(qty, q);
	snprintf(params, sizeof(params),
		 "symbol=%s&side=%s&type=LIMIT&timeInForce=GTC&quantity=%s"
		 "&price=%s&newClientOrderId=%s&newOrderRespType=ACK"
		 "&selfTradePreventionMode=EXPIRE_MAKER",
		 v->symbol, side == VENUE_BUY ? "BUY" : "SELL", q, p,
		 client_id);
	e = signed_call(v, "POST", "/api/v3/order", params, &doc);
	return e != VENUE_OK ? e
			     : parsed(v, binance_order_id(doc, id), "no order");
}

enum venue_error venue_cancel(struct venue *v, const char *client_id)
{
	char params[TARGET_MAX];
	struct json doc;

	snprintf(params, sizeof(params), "symbol=%s&origClientOrderId=%s",
		 v->symbol, client_id);
	return signed_call(v, "DELETE", "/api/v3/order", params, &doc);
}

enum venue_error venue_find(struct venue *v, const char *client_id,
			    uint64_t *id)
{
	char params[TARGET_MAX];
	struct json doc;
	enum venue_error e;

	snprintf(params, sizeof(params), "symbol=%s&origClientOrderId=%s",
		 v->symbol, client_id);
	e = signed_call(v, "GET", "/api/v3/order", params, &doc);
	return e != VENUE_OK ? e
			     : parsed(v, binance_order_id(doc, id), "no order");
}

enum venue_error venue_open_orders(struct venue *v,
				   struct venue_order out[VENUE_OPEN_MAX],
				   size_t *n)
{
	char params[TARGET_MAX];
	struct json doc;
	enum venue_error e;

	snprintf(params, sizeof(params), "symbol=%s", v->symbol);
	e = signed_call(v, "GET", "/api/v3/openOrders", params, &doc);
	return e != VENUE_OK
		       ? e
		       : parsed(v, binance_orders(doc, out, n), "open orders");
}

enum venue_error venue_trades(struct venue *v, uint64_t from,
			      struct venue_trade out[VENUE_TRADES_MAX],
			      size_t *n)
{
	char params[TARGET_MAX];
	struct json doc;
	enum venue_error e;

	if (from == 0)
		snprintf(params, sizeof(params), "symbol=%s&limit=1",
			 v->symbol);
	else
		snprintf(params, sizeof(params),
			 "symbol=%s&fromId=%llu&limit=%d", v->symbol,
			 (unsigned long long)from, VENUE_TRADES_MAX);
	e = signed_call(v, "GET", "/api/v3/myTrades", params, &doc);
	return e != VENUE_OK ? e
			     : parsed(v, binance_trades(doc, out, n), "trades");
}
