/* Intel Trust Authority by script: what is sent to it, what is made of its
 * answers, and that the API key is nowhere but in its header. */
#include <stdlib.h>

#include "lib/rng.h"
#include "measure/net/ita_client.h"
#include "tests/tap.h"
#include "tests/unit/web_service.h"

#define KEY "hush-0123456789-hush-0123456789"
#define NONCE                                                                  \
	"{\"val\":\"bm9uY2U=\",\"iat\":\"dGltZQ==\",\"signature\":\"c2ln\"}"
#define ANSWER(code, more, len, body)                                          \
	"HTTP/1.1 " code " x\r\n" more "Content-Length: " len "\r\n\r\n" body

static struct ita_client client;
static struct rng rng;
static uint8_t mem[ITA_ANSWER_ARENA];

static int64_t now_ms(void *ctx)
{
	(void)ctx;
	return 0;
}

static void sleep_ms(void *ctx, int64_t ms)
{
	(void)ctx;
	(void)ms;
}

static void open_client(uint16_t port)
{
	struct web_opts o = {
		.url = { .host = "127.0.0.1", .port = port, .plain = true },
		.rng = rng_prng(&rng),
		.patience = web_patience_default,
		.time = { .now_ms = now_ms, .sleep_ms = sleep_ms }
	};
	struct ita_api_key key;

	if (ita_api_key_parse(str_slice(KEY "\n"), &key) != ERR_OK)
		_exit(98);
	ita_client_init(&client, &o, &key);
}

/* Asks a service of that one answer for a nonce, or else for a token. */
static enum err ask(const char *answer, bool nonce, const char *id)
{
	const char *const script[] = { answer, NULL };
	struct ita_request r = { .version = ITA_V1,
				 .quote = str_slice("quote") };
	struct arena a = arena_over(mem, sizeof mem);
	struct ita_nonce n;
	struct slice token;
	uint16_t port;
	pid_t pid = serve(script, &port);
	enum err e;

	open_client(port);
	e = nonce ? ita_client_nonce(&client, ITA_V2, id, &a, &n)
		  : ita_client_token(&client, &r, id, &a, &token);
	if (e == ERR_OK && nonce && !slice_is(n.val, "nonce"))
		e = ERR_MISMATCH;
	if (e == ERR_OK && !nonce && !slice_is(token, "a.b.c"))
		e = ERR_MISMATCH;
	stop(pid);
	return e;
}

static bool told(const char *what)
{
	bool there = strstr(client.why, what) != NULL;
	bool hush = strstr(client.why, "hush") != NULL;

	if (!there || hush)
		printf("#   says: %s\n", client.why);
	return there && !hush;
}

static void test_sent(void)
{
	is_err(ask(ANSWER("200", "", "54", NONCE), true, "r-1"), ERR_OK,
	       "a nonce");
	ok(strncmp(seen->request, "GET /appraisal/v2/nonce HTTP/1.1\r\n", 34) ==
			   0 &&
		   strstr(seen->request, "\r\nx-api-key: " KEY "\r\n") &&
		   strstr(seen->request, "\r\nAccept: application/json\r\n") &&
		   strstr(seen->request, "\r\nrequest-id: r-1\r\n"),
	   "is asked for with the key and a name");
	is_err(ask(ANSWER("200", "", "17", "{\"token\":\"a.b.c\"}"), false,
		   NULL),
	       ERR_OK, "a token");
	ok(strncmp(seen->request, "POST /appraisal/v1/attest HTTP/1.1\r\n",
		   36) == 0 &&
		   strstr(seen->request, "\r\nx-api-key: " KEY "\r\n") &&
		   strstr(seen->request,
			  "\r\nContent-Type: application/json\r\n") &&
		   strstr(seen->request, "request-id") == NULL &&
		   strstr(seen->request, "\r\n\r\n{\"quote\":\"cXVvdGU=\"}") !=
			   NULL,
	   "is asked for with the key and the quote, and no name");
	is_err(ask("", true, "r 1"), ERR_VALUE, "a name that is none");
	ok(told("not a name") && seen->connections == 0, "is not sent");
	is_err(ask("", true, "r\r\nx: 1"), ERR_VALUE, "a name of two lines");
	ok(seen->connections == 0, "is not sent");
}

static void test_refused(void)
{
	static const struct {
		enum err want;
		const char *answer, *says, *why;
	} t[] = {
		{ ERR_REFUSED, ANSWER("401", "", "0", ""), "API key right?",
		  "no such key" },
		{ ERR_REFUSED,
		  ANSWER("400", "trace-id: T1\r\n", "21",
			 "{\"error\":\"bad nonce\"}"),
		  "answers 400 Bad Request: \"bad nonce\", trace-id T1",
		  "the service says why" },
		{ ERR_REFUSED,
		  ANSWER("400", "", "28", "{\"error\":\"key hush-0123456\"}"),
		  "answers 400 Bad Request",
		  "the service says a part of the key" },
		{ ERR_REFUSED,
		  ANSWER("400", "trace-id: " KEY "\r\n", "16",
			 "{\"error\":\"text\"}"),
		  "answers 400 Bad Request", "the service says the key" },
		{ ERR_REFUSED, ANSWER("302", "Location: /hush\r\n", "0", ""),
		  "a redirect", "the service is elsewhere" },
		{ ERR_REFUSED, ANSWER("503", "Connection: close\r\n", "0", ""),
		  "(4 attempts)", "the service is busy" },
		{ ERR_LIMIT, ANSWER("200", "", "65537", "{"), "",
		  "an answer of more than 64 KiB" },
		{ ERR_VALUE, ANSWER("200", "", "6", "<html>"),
		  "the answer is not a ", "no JSON" },
		{ ERR_TRUNC, ANSWER("200", "", "0", ""), "the answer is not a ",
		  "nothing" },
		{ ERR_MISSING, ANSWER("200", "", "2", "{}"),
		  "the answer is not a ", "an empty object" },
	};

	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		for (int nonce = 0; nonce < 2; nonce++) {
			is_err(ask(t[i].answer, nonce == 1, NULL), t[i].want,
			       "%s: %s", nonce == 1 ? "nonce" : "token",
			       t[i].why);
			ok(told(t[i].says), "and it is said");
		}
}

static void test_request(void)
{
	static uint8_t big[ITA_MAX_REQUEST];
	struct arena a = arena_over(mem, sizeof mem);
	struct ita_request r = { .version = ITA_V2 };
	struct slice token;

	open_client(1);
	is_err(ita_client_token(&client, &r, NULL, &a, &token), ERR_MISSING,
	       "no quote");
	r.quote = (struct slice){ big, sizeof big };
	is_err(ita_client_token(&client, &r, NULL, &a, &token), ERR_LIMIT,
	       "more than the service takes");
	ok(told("larger than its limit"), "and it is said");
	ita_client_done(&client);
	ok(client.key.text[0] == '\0' && client.body[10] == 0,
	   "nothing is left of it");
}

static void test_jwks(void)
{
	static const char *const script[] = { ANSWER("500", "", "0", ""),
					      ANSWER("200", "", "2", "{}"),
					      NULL };
	static uint8_t buf[ITA_JWKS_BUF];
	struct web_opts o = { .url = { .host = "127.0.0.1", .plain = true },
			      .rng = rng_prng(&rng),
			      .patience = web_patience_default,
			      .time = { .now_ms = now_ms,
					.sleep_ms = sleep_ms },
			      .max_body = JWKS_MAX_BYTES,
			      .buf = buf,
			      .buf_len = sizeof buf };
	static struct web w;
	struct slice text;
	pid_t pid = serve(script, &o.url.port);

	web_init(&w, &o);
	is_err(ita_jwks_fetch(&w, &text), ERR_OK, "a key set");
	ok(slice_is(text, "{}") && seen->connections == 2 &&
		   strncmp(seen->request, "GET / HTTP/1.1\r\n", 16) == 0 &&
		   strstr(seen->request, "x-api-key") == NULL,
	   "is asked for again, and without a key");
	stop(pid);
	web_done(&w);
}

static void is_key(const char *text, enum err want, const char *why)
{
	struct ita_api_key k;

	is_err(ita_api_key_parse(at_page_end(text, strlen(text)), &k), want,
	       "key: %s", why);
}

static void test_keys(void)
{
	static char big[ITA_MAX_KEY + 2];

	is_key(KEY, ERR_OK, "one line");
	is_key(KEY "\n", ERR_OK, "with its end");
	is_key(KEY "\n\n", ERR_VALUE, "and an empty one");
	is_key(KEY "\r\n", ERR_VALUE, "with the end of another system");
	is_key(KEY " ", ERR_VALUE, "with a space");
	is_key("x-api-key: 0123456789", ERR_VALUE, "with its header");
	is_key("012345678901234", ERR_LIMIT, "too short");
	is_key("", ERR_LIMIT, "nothing");
	memset(big, 'k', ITA_MAX_KEY + 1);
	is_key(big, ERR_LIMIT, "too long");
	big[ITA_MAX_KEY] = '\0';
	is_key(big, ERR_OK, "the longest");
	ok(!ita_request_id_ok("") && !ita_request_id_ok("a b") &&
		   !ita_request_id_ok("a\n") && ita_request_id_ok("a-1_B.c"),
	   "names for requests");
}

int main(void)
{
	service_open();
	rng_seeded(&rng, str_slice("waits"));
	test_sent();
	test_refused();
	test_request();
	test_jwks();
	test_keys();
	return tap_done();
}
