/* Requests to the paper exchange: lines "METHOD PATH?QUERY", signed here so
 * that they reach the engine. Every answer is strict JSON with a status, and no
 * balance ever goes below nothing or off its sum. */
#include <stdlib.h>
#include <string.h>

#include "host-launcher/paper/paper.h"
#include "lib/text.h"

enum {
	NOW_MS = 1700000000
};

static struct paper *p;
static uint8_t mem[1 << 20];
static char out[1 << 20];

static void must(bool cond)
{
	if (!cond)
		abort();
}

static int64_t clock_ms(void *ctx)
{
	(void)ctx;
	return NOW_MS;
}

static void fresh(void)
{
	static const char trades[] =
		"{\"a\":1,\"p\":\"10.00\",\"q\":\"5\",\"T\":1000,\"m\":true}\n"
		"{\"a\":2,\"p\":\"10.10\",\"q\":\"5\",\"T\":1001,\"m\":false}"
		"\n";
	static const char accounts[] =
		"{\"accounts\":[{\"api_key\":\"key\",\"api_secret\":\"sec\","
		"\"base\":\"100\",\"quote\":\"1000\"}]}";
	struct engine_rules r = { .tick = { 1000000 },
				  .step = { 10000000 },
				  .min_qty = { 10000000 },
				  .min_notional = { DEC_ONE } };
	struct arena a = arena_over(mem, sizeof mem);
	const char *what;
	size_t line;

	if (p == NULL)
		p = calloc(1, sizeof *p);
	must(p != NULL);
	market_free(&p->market);
	memset(p, 0, sizeof *p);
	engine_init(&p->engine, &r, 1);
	strcpy(p->base, "AAA");
	strcpy(p->quote, "BBB");
	strcpy(p->symbol, "AAABBB");
	p->speed.e8 = DEC_ONE;
	p->now_ms = clock_ms;
	must(paper_accounts(p, &a, str_slice(accounts), &what) == ERR_OK);
	must(market_read(str_slice(trades), &p->market, &line) == ERR_OK);
	paper_warm_up(p, 2);
}

/* Nothing is lost: what the account has, it has or the market gave it. */
static void check_account(void)
{
	const struct account *a = &p->engine.accounts[1];

	must(a->base.free.e8 >= 0 && a->base.locked.e8 >= 0 &&
	     a->quote.free.e8 >= 0 && a->quote.locked.e8 >= 0);
	for (size_t i = 0; i < p->nkeys; i++)
		must(strstr(out, p->keys[i].secret) == NULL);
}

static void call(struct slice method, struct slice path, struct slice query)
{
	static char signed_query[8192];
	struct wr q = wr_over(signed_query, sizeof signed_query);
	struct arena a = arena_over(mem, sizeof mem);
	struct serve_response res = { .body = wr_over(out, sizeof out - 1) };
	uint8_t mac[SHA256_LEN];
	struct http_msg m = { .method = method, .path = path, .nheaders = 1 };
	struct json v;

	m.headers[0] = (struct http_header){ str_slice("X-MBX-APIKEY"),
					     str_slice("key") };
	wr_bytes(&q, query);
	wr_fmt(&q, "%stimestamp=%d", query.len > 0 ? "&" : "", NOW_MS);
	hmac_sha256(str_slice("sec"), wr_slice(&q), mac);
	wr_str(&q, "&signature=");
	wr_hex(&q, (struct slice){ mac, sizeof mac });
	m.query = wr_slice(&q);
	paper_handle(p, 0, &m, &res);
	must(res.status >= 200 && res.status < 500);
	must(wr_end(&res.body) == ERR_OK);
	out[res.body.len] = '\0';
	must(json_parse(&a, wr_slice(&res.body), &v) == ERR_OK);
	check_account();
}

static struct slice cut(struct slice *s, char at)
{
	const uint8_t *end = s->len == 0 ? NULL : memchr(s->ptr, at, s->len);
	size_t n = end == NULL ? s->len : (size_t)(end - s->ptr);
	struct slice head = { s->ptr, n };

	if (end != NULL)
		n++;
	*s = (struct slice){ s->ptr + n, s->len - n };
	return head;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct slice in = { data, len };

	fresh();
	for (int i = 0; i < 32 && in.len > 0; i++) {
		struct slice line = cut(&in, '\n');
		struct slice method = cut(&line, ' ');
		struct slice path = cut(&line, '?');

		if (line.len < 4096)
			call(method, path, line);
	}
	return 0;
}
