/* A service by script, in a process of its own: which failures are asked again,
 * how long is waited, when it is given up, and what is told. */
#include <stdlib.h>

#include "measure/net/web.h"
#include "tests/pki.h"
#include "tests/unit/web_service.h"

#define SECRET "x-api-key: hush-hush\r\n"
#define LEN2   "Content-Length: 2\r\n\r\nok"
#define OK_200 "HTTP/1.1 200 OK\r\n" LEN2
#define ST(code, more)                                                         \
	"HTTP/1.1 " code " x\r\n" more "Content-Length: 8\r\n\r\nhushhush"

enum {
	MAX_WAITS = 16,
	BODY = 4096
};

static struct rng rng;
static struct web w;
static uint8_t buf[BODY + 24 * 1024];

/* ---- a clock that only waits move ---- */

static struct {
	int64_t now;
	size_t n;
	int64_t wait[MAX_WAITS];
} fake;

static int64_t fake_now(void *ctx)
{
	(void)ctx;
	return fake.now;
}

static void fake_sleep(void *ctx, int64_t ms)
{
	(void)ctx;
	fake.now += ms;
	if (fake.n < MAX_WAITS)
		fake.wait[fake.n++] = ms;
}

static struct web_opts options(uint16_t port)
{
	struct web_opts o = { .url = { .host = "127.0.0.1",
				       .port = port,
				       .plain = true,
				       .path = "/base" },
			      .rng = rng_prng(&rng),
			      .patience = web_patience_default,
			      .time = { .now_ms = fake_now,
					.sleep_ms = fake_sleep },
			      .max_body = BODY,
			      .buf = buf,
			      .buf_len = sizeof buf };

	return o;
}

static enum err ask(const struct web_opts *o, struct http_msg *m)
{
	static const struct web_request r = { .method = "GET",
					      .path = "/a?b=c",
					      .headers = SECRET };

	fake.n = 0;
	if (w.o.buf != NULL)
		web_done(&w);
	web_init(&w, o);
	return web_ask(&w, &r, m);
}

/* Asks a service that answers so; the clock moves by waits alone. */
static enum err ask_script(const char *const *answers, struct http_msg *m)
{
	struct web_opts o;
	uint16_t port;
	pid_t pid = serve(answers, &port);
	enum err e;

	o = options(port);
	e = ask(&o, m);
	stop(pid);
	return e;
}

/* Between half of it and all of it. */
static bool waited(size_t i, int64_t ms)
{
	return i < fake.n && fake.wait[i] >= ms / 2 && fake.wait[i] <= ms;
}

static bool told(const char *what)
{
	bool there = strstr(w.why, what) != NULL;

	if (!there || strstr(w.why, "hush") != NULL)
		printf("#   says: %s\n", w.why);
	return there && strstr(w.why, "hush") == NULL;
}

static void test_retries(void)
{
	static const char *const second[] = { ST("503", ""), ST("500", ""),
					      OK_200, NULL };
	static const char *const busy[] = { ST("503", ""), NULL };
	static const char *const cut[] = { "", "HTTP/1.1 200 OK\r\n",
					   "HTTP/1.1 200 OK\r\n"
					   "Content-Length: 9\r\n\r\nhush",
					   OK_200, NULL };
	struct http_msg m = { 0 };

	is_err(ask_script(second, &m), ERR_OK, "503, 500, then 200");
	ok(m.status == 200 && slice_is(m.body, "ok") && w.attempts == 3 &&
		   seen->connections == 3 && w.why[0] == '\0',
	   "the third answer is the result");
	ok(fake.n == 2 && waited(0, 500) && waited(1, 1000),
	   "after waits that double");
	ok(strncmp(seen->request, "GET /base/a?b=c HTTP/1.1\r\n", 26) == 0 &&
		   strstr(seen->request, "\r\n" SECRET) != NULL,
	   "the path is below the URL's, the header goes along");
	is_err(ask_script(busy, &m), ERR_REFUSED, "503 to the end");
	ok(w.attempts == 4 && w.status == 503 && fake.n == 3 &&
		   waited(2, 2000) &&
		   told("127.0.0.1: answers 503 Service Unavailable "
			"(4 attempts)"),
	   "four attempts, and it is said");
	is_err(ask_script(cut, &m), ERR_OK,
	       "closed at once, in the head, in the body, then an answer");
	ok(w.attempts == 4 && seen->connections == 4, "four attempts");
}

static void test_retry_after(void)
{
	static const char *const two[] = { ST("429", "Retry-After: 20\r\n"),
					   OK_200, NULL };
	static const char *const long_[] = { ST("429", "Retry-After: 60\r\n"),
					     OK_200, NULL };
	static const char *const date[] = {
		ST("503", "Retry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n"),
		OK_200, NULL
	};
	static const char *const huge[] = {
		ST("429", "Retry-After: 99999999999999999999\r\n"), OK_200, NULL
	};
	struct http_msg m;

	is_err(ask_script(two, &m), ERR_OK, "429, to be asked after 20 s");
	ok(fake.n == 1 && fake.wait[0] == 20000, "it is asked after 20 s");
	is_err(ask_script(long_, &m), ERR_REFUSED, "429, after 60 s");
	ok(fake.n == 0 && told("429 Too Many Requests (1 attempt, it asks for "
			       "a longer wait)"),
	   "is past our own deadline, so it is not waited for");
	is_err(ask_script(date, &m), ERR_OK, "a date instead of seconds");
	ok(fake.n == 1 && waited(0, 500), "is waited for as without");
	is_err(ask_script(huge, &m), ERR_OK, "no number of seconds");
	ok(fake.n == 1 && waited(0, 500), "is waited for as without");
}

static void test_final(void)
{
	static const struct {
		int status;
		const char *answer, *why;
	} row[] = {
		{ 301, ST("301", "Location: /hush\r\n"), "a redirect" },
		{ 400, ST("400", ""), "answers 400 Bad Request" },
		{ 401, ST("401", ""), "is the API key right?" },
		{ 403, ST("403", ""), "is the API key right?" },
		{ 404, ST("404", ""), "answers 404 Not Found" },
		{ 204, "HTTP/1.1 204 x\r\n\r\n", "answers 204 No Content" },
	};
	struct http_msg m;

	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		const char *const script[] = { row[i].answer, OK_200, NULL };

		is_err(ask_script(script, &m), ERR_OK, "%d is an answer",
		       row[i].status);
		ok(m.status == row[i].status && fake.n == 0 &&
			   seen->connections == 1,
		   "it is not asked again");
		is_err(web_need_200(&w, &m), ERR_REFUSED, "it is not 200");
		ok(told(row[i].why), "and it is said");
	}
}

static void test_broken(void)
{
	static const struct {
		const char *answer, *title;
		enum err err;
	} row[] = {
		{ "hush\r\n\r\n", "no HTTP at all", ERR_VALUE },
		{ "HTTP/1.0 200 OK\r\n\r\nhush", "HTTP/1.0", ERR_UNSUPP },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 4097\r\n\r\n",
		  "a body past the limit", ERR_LIMIT },
	};
	struct web_opts o = options(1);
	struct http_msg m;

	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		const char *const script[] = { row[i].answer, OK_200, NULL };

		is_err(ask_script(script, &m), row[i].err, "%s", row[i].title);
		ok(w.attempts == 1 && w.status == 0 && told("127.0.0.1: "),
		   "is not asked again");
	}
	is_err(ask(&o, &m), ERR_IO, "nobody listens");
	ok(w.attempts == 4 && fake.n == 3 &&
		   told("connect: Connection refused (4 attempts)"),
	   "four attempts, and it is said");
	(void)snprintf(o.url.host, sizeof o.url.host, "name.invalid");
	is_err(ask(&o, &m), ERR_MISSING, "a name that nobody has (RFC 2606)");
	ok(w.attempts == 4 &&
		   told("name.invalid: no address is known for that name (4 "
			"attempts)"),
	   "is told so; the resolver may be what is away");
}

static void test_patience(void)
{
	static const char *const busy[] = { ST("500", ""), NULL };
	struct http_msg m;
	struct web_opts o;
	uint16_t port;
	pid_t pid = serve(busy, &port);
	int listener;

	o = options(port);
	o.patience.attempts = 12;
	o.patience.max_wait_ms = 3000;
	is_err(ask(&o, &m), ERR_REFUSED, "twelve attempts");
	ok(w.attempts == 12 && waited(3, 3000) && waited(10, 3000),
	   "no wait is longer than the longest");
	o.patience.total_ms = 4000;
	is_err(ask(&o, &m), ERR_REFUSED, "four seconds in all");
	ok(w.attempts >= 3 && w.attempts <= 5 && fake.now > 0 &&
		   told(", no time left)"),
	   "are over before twelve attempts");
	o.patience.attempts = 1;
	is_err(ask(&o, &m), ERR_REFUSED, "one attempt");
	ok(w.attempts == 1 && fake.n == 0 && told("(1 attempt)"), "is one");
	o.patience.total_ms = 0;
	is_err(ask(&o, &m), ERR_TIMEOUT, "no time at all");
	ok(w.attempts == 0 && seen->connections > 0, "is no attempt");
	stop(pid);

	/* A listener that nobody serves: the kernel connects, and that is all.
	 */
	if (sock_listen("127.0.0.1", 0, &listener, &port) != ERR_OK)
		_exit(97);
	o = options(port);
	o.patience = (struct web_patience){ .attempts = 2,
					    .attempt_ms = 50,
					    .total_ms = 1000,
					    .first_wait_ms = 2 };
	is_err(ask(&o, &m), ERR_TIMEOUT, "a server that says nothing");
	ok(w.attempts == 2 && told("request: deadline passed (2 attempts)"),
	   "is asked twice");
	close(listener);
}

static void test_unfit(void)
{
	static char path[WEB_PATH_BYTES + 64];
	struct web_request r = { .method = "GET", .path = path, .headers = "" };
	struct web_opts o = options(1);
	struct http_msg m;

	web_done(&w);
	web_init(&w, &o);
	memset(path, 'a', sizeof path - 1);
	path[0] = '/';
	is_err(web_ask(&w, &r, &m), ERR_VALUE, "a path too long");
	r.path = "/a b";
	is_err(web_ask(&w, &r, &m), ERR_VALUE, "a path that is none");
	r.path = "/";
	r.headers = "x-api-key: hush\nhush: 1\r\n";
	is_err(web_ask(&w, &r, &m), ERR_VALUE, "a header that is two");
	ok(told("the request cannot be sent"), "says so, and not the header");
	ok(w.attempts == 1 && w.c.fd == -1, "and nothing was sent");
	web_done(&w);
	for (size_t i = 0; i < sizeof buf; i++)
		if (buf[i] != 0) {
			ok(false, "the buffer is wiped");
			return;
		}
	ok(true, "the buffer is wiped");
}

static void test_post(void)
{
	static const char *const again[] = { ST("502", ""), OK_200, NULL };
	struct web_request r = { .method = "POST",
				 .path = "/p",
				 .content_type = "application/json",
				 .headers = "",
				 .body = str_slice("{\"a\":1}") };
	struct http_msg m;
	struct web_opts o;
	uint16_t port;
	pid_t pid = serve(again, &port);

	o = options(port);
	o.url.path[0] = '\0';
	web_init(&w, &o);
	is_err(web_ask(&w, &r, &m), ERR_OK, "a POST");
	ok(w.attempts == 2 && strstr(seen->request, "POST /p HTTP") != NULL &&
		   strstr(seen->request, "\r\n\r\n{\"a\":1}") != NULL,
	   "is sent again, with its body");
	stop(pid);
	web_done(&w);
}

int main(void)
{
	service_open();
	rng_seeded(&rng, str_slice("waits"));
	test_retries();
	test_retry_after();
	test_final();
	test_broken();
	test_patience();
	test_unfit();
	test_post();
	return tap_done();
}
