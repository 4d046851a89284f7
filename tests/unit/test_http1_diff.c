/* Our HTTP parser against another one, Debian's http-parser 2.9: whatever we
 * accept, it must accept and read in the same way: method, path, query, status,
 * headers, body, length, keep-alive. What we refuse it may accept. Mutations of
 * valid messages, from a fixed seed.
 *
 * Left out because it is theirs alone: http-parser takes Proxy-Connection,
 * which no standard has, for Connection. */
#include <http_parser.h>
#include <stdlib.h>

#include "lib/http1.h"
#include "lib/rng.h"
#include "tests/tap.h"

enum {
	ROUNDS = 60000,
	MAX = 1024
};

/* What http-parser has read. */
struct seen {
	char url[MAX], name[LIMIT_HTTP_HEADERS + 1][MAX],
		value[LIMIT_HTTP_HEADERS + 1][MAX], body[MAX];
	size_t nurl, nname[LIMIT_HTTP_HEADERS + 1],
		nvalue[LIMIT_HTTP_HEADERS + 1], nbody, n;
	bool in_value, done, keep_alive;
};

static struct seen seen;

static int add(char *to, size_t *n, const char *p, size_t len)
{
	if (len > MAX - *n)
		return 1;
	memcpy(to + *n, p, len);
	*n += len;
	return 0;
}

static int on_url(http_parser *p, const char *at, size_t len)
{
	(void)p;
	return add(seen.url, &seen.nurl, at, len);
}

static int on_field(http_parser *p, const char *at, size_t len)
{
	(void)p;
	if (seen.in_value || seen.n == 0) {
		if (seen.n > LIMIT_HTTP_HEADERS)
			return 1;
		seen.n++;
	}
	seen.in_value = false;
	return add(seen.name[seen.n - 1], &seen.nname[seen.n - 1], at, len);
}

static int on_value(http_parser *p, const char *at, size_t len)
{
	(void)p;
	seen.in_value = true;
	return add(seen.value[seen.n - 1], &seen.nvalue[seen.n - 1], at, len);
}

static int on_body(http_parser *p, const char *at, size_t len)
{
	(void)p;
	return add(seen.body, &seen.nbody, at, len);
}

static int on_done(http_parser *p)
{
	seen.done = true;
	seen.keep_alive = http_should_keep_alive(p) != 0;
	http_parser_pause(p, 1); /* one message is all we want */
	return 0;
}

static bool same(struct slice s, const char *p, size_t n)
{
	/* It leaves the spaces at the end of a value to its caller. */
	while (n > 0 && (p[n - 1] == ' ' || p[n - 1] == '\t'))
		n--;
	return slice_eq(s, (struct slice){ (const uint8_t *)p, n });
}

static bool same_url(const struct http_msg *m)
{
	size_t n = m->path.len;

	if (!slice_eq(m->path, (struct slice){ (uint8_t *)seen.url,
					       n < seen.nurl ? n : seen.nurl }))
		return false;
	if (n == seen.nurl)
		return m->query.len == 0;
	return seen.url[n] == '?' &&
	       same(m->query, seen.url + n + 1, seen.nurl - n - 1);
}

static bool same_headers(const struct http_msg *m)
{
	if (m->nheaders != seen.n)
		return false;
	for (size_t i = 0; i < seen.n; i++) {
		if (!same(m->headers[i].name, seen.name[i], seen.nname[i]) ||
		    !same(m->headers[i].value, seen.value[i], seen.nvalue[i]))
			return false;
	}
	return true;
}

/* What is wrong with http-parser's reading of a message that we accept. */
static const char *differs(bool request, const uint8_t *in, size_t len,
			   const struct http_msg *m)
{
	static const http_parser_settings s = {
		.on_url = on_url,
		.on_header_field = on_field,
		.on_header_value = on_value,
		.on_body = on_body,
		.on_message_complete = on_done,
	};
	http_parser p;
	size_t used;

	seen.nurl = seen.nbody = seen.n = 0;
	seen.in_value = seen.done = false;
	memset(seen.nname, 0, sizeof seen.nname);
	memset(seen.nvalue, 0, sizeof seen.nvalue);
	http_parser_init(&p, request ? HTTP_REQUEST : HTTP_RESPONSE);
	used = http_parser_execute(&p, &s, (const char *)in, len);
	if (!seen.done && HTTP_PARSER_ERRNO(&p) == HPE_OK)
		(void)http_parser_execute(&p, &s, NULL, 0);
	if (!seen.done)
		return http_errno_name(HTTP_PARSER_ERRNO(&p));
	/* A pause at the end of a message counts its last byte or not. */
	if (used != m->consumed && used + 1 != m->consumed)
		return "length";
	if (request && !slice_is(m->method, http_method_str(p.method)))
		return "method";
	if (request && !same_url(m))
		return "target";
	if (!request && m->status != p.status_code)
		return "status";
	if (!same_headers(m))
		return "headers";
	if (!slice_eq(m->body,
		      (struct slice){ (uint8_t *)seen.body, seen.nbody }))
		return "body";
	return m->keep_alive == seen.keep_alive ? NULL : "keep-alive";
}

static const char *const requests[] = {
	"GET /api/v1/agents?vm_name=x HTTP/1.1\r\nHost: a.b:80\r\n"
	"Accept: */*\r\n\r\n",
	"POST /v1/jobs/start HTTP/1.1\r\nHost: h\r\nContent-Type: "
	"text/plain\r\n"
	"Authorization: Bearer abc\r\nContent-Length: 11\r\n\r\nhello world",
	"DELETE /api/v3/order?symbol=XRPETH&signature=%41 HTTP/1.1\r\n"
	"Host: [::1]\r\nConnection: close, x\r\nX-MBX-APIKEY:k\r\n\r\n",
	"PUT / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive\r\n"
	"content-length:  3 \r\nUpgrade: h2c\r\n\r\nabcGET / HTTP/1.1\r\n",
};

static const char *const responses[] = {
	"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	"Content-Length: 2\r\n\r\n{}",
	"HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n"
	"5\r\nhello\r\n00a\r\n0123456789\r\n0\r\n\r\n",
	"HTTP/1.1 404 Not Found\r\nServer: x\r\nConnection: close\r\n\r\nbody",
	"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n",
};

/* Bits of messages that matter, to put anywhere. */
static const char *const tokens[] = {
	"\r\n",
	"\n",
	"\r",
	" ",
	"\t",
	":",
	"0",
	"1",
	"chunked",
	",",
	"%00",
	"?",
	"#",
	"//",
	"\r\n\r\n",
	"\r\n ",
	"close",
	"GET ",
	"HEAD",
	"CONNECT",
	";x=y",
	"Connection: upgrade\r\n",
	"Connection: close\r\n",
	"Connection: keep-alive\r\n",
	"Content-Length: 1\r\n",
	"Content-Length: 0\r\n",
	"Transfer-Encoding: chunked\r\n",
	"Transfer-Encoding: gzip, chunked\r\n",
	"Host: z\r\n",
	"Upgrade: websocket\r\n",
	"Expect: 100-continue\r\n",
	"http://h/",
	"HTTP/1.0",
	"HTTP/1.1",
	"0\r\n\r\n",
	"ffffffffffffffff",
	"\xff",
	"\x80",
	"\x7f",
};

static const br_prng_class **rng;

static size_t below(size_t n)
{
	uint32_t v;

	rng_bytes(rng, &v, sizeof v);
	return v % n;
}

static void insert(uint8_t *b, size_t *len, size_t at, const void *p, size_t n)
{
	if (*len + n > MAX)
		return;
	memmove(b + at + n, b + at, *len - at);
	memcpy(b + at, p, n);
	*len += n;
}

static void mutate(uint8_t *b, size_t *len)
{
	size_t at = below(*len), n;
	uint8_t part[40];
	const char *t = tokens[below(sizeof tokens / sizeof *tokens)];

	switch (below(6)) {
	case 0: /* another byte */
		b[at] = (uint8_t)below(256);
		break;
	case 1: /* a bit, or another case */
		b[at] ^= (uint8_t)(1 << below(8));
		break;
	case 2: /* some bytes less */
		n = below(*len - at < 8 ? *len - at : 8);
		memmove(b + at, b + at + n, *len - at - n);
		*len -= n;
		break;
	case 3: /* some bytes twice */
		n = below(*len - at < 40 ? *len - at : 40);
		memcpy(part, b + at, n);
		insert(b, len, below(*len), part, n);
		break;
	case 4: /* a token where a line starts */
		while (at > 0 && b[at - 1] != '\n')
			at--;
		insert(b, len, at, t, strlen(t));
		break;
	default:
		insert(b, len, at, t, strlen(t));
	}
}

static void differential(bool request, const char *const *seeds, size_t n)
{
	static uint8_t in[MAX], ours[MAX];
	size_t accepted = 0, bad = 0;

	for (int i = 0; i < ROUNDS; i++) {
		const char *seed = seeds[below(n)];
		size_t len = strlen(seed), k = below(4);
		struct http_msg m;
		const char *why;

		memcpy(in, seed, len);
		while (k-- > 0 && len > 0)
			mutate(in, &len);
		memcpy(ours, in, len);
		if ((request ? http_request_parse(ours, len, MAX, &m)
			     : http_response_parse(ours, len, MAX, true, &m)) !=
		    ERR_OK)
			continue;
		accepted++;
		why = differs(request, in, len, &m);
		if (why != NULL && bad++ < 5)
			printf("# %s:\n# %.*s\n", why, (int)len, in);
	}
	ok(bad == 0, "%zu of %d mutated %s accepted, all read the same by both",
	   accepted, ROUNDS, request ? "requests" : "responses");
	ok(accepted > ROUNDS / 10 && accepted < ROUNDS - ROUNDS / 10,
	   "enough are accepted and enough refused to mean something");
}

int main(void)
{
	struct rng r;

	rng_seeded(&r, str_slice("http1"));
	rng = rng_prng(&r);
	differential(true, requests, sizeof requests / sizeof *requests);
	differential(false, responses, sizeof responses / sizeof *responses);
	return tap_done();
}
