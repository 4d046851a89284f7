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

/* ---- URLs ---- */

static void test_urls(void)
{
	static const struct {
		const char *text, *host;
		unsigned port;
		bool plain;
		const char *path;
	} good[] = {
		{ "https://h", "h", 443, false, "" },
		{ "https://api.trustedservices.intel.com/",
		  "api.trustedservices.intel.com", 443, false, "" },
		{ "https://a-b.c:8081/x/y.z_~-1", "a-b.c", 8081, false,
		  "/x/y.z_~-1" },
		{ "https://10.0.0.1:65535/x/", "10.0.0.1", 65535, false, "/x" },
		{ "http://127.0.0.1", "127.0.0.1", 80, true, "" },
		{ "http://localhost:1/..a/...", "localhost", 1, true,
		  "/..a/..." },
		{ "https://1e100.net", "1e100.net", 443, false, "" },
	};
	static const struct {
		const char *text;
		enum err err;
	} bad[] = {
		{ "", ERR_VALUE },
		{ "h", ERR_VALUE },
		{ "https:/", ERR_VALUE },
		{ "https://", ERR_VALUE },
		{ "HTTPS://h", ERR_VALUE },
		{ "ftp://h", ERR_VALUE },
		{ " https://h", ERR_VALUE },
		{ "https:///x", ERR_VALUE },
		{ "https://:443", ERR_VALUE },
		{ "https://h:", ERR_VALUE },
		{ "https://h:0", ERR_VALUE },
		{ "https://h:65536", ERR_VALUE },
		{ "https://h:080", ERR_VALUE },
		{ "https://h:+1", ERR_VALUE },
		{ "https://h:1:2", ERR_VALUE },
		{ "https://u@h", ERR_VALUE },
		{ "https://u:p@h/x", ERR_VALUE },
		{ "https://[::1]/", ERR_UNSUPP },
		{ "https://h_h", ERR_VALUE },
		{ "https://-h", ERR_VALUE },
		{ "https://h-", ERR_VALUE },
		{ "https://h-.x", ERR_VALUE },
		{ "https://h..x", ERR_VALUE },
		{ "https://.h", ERR_VALUE },
		{ "https://h.", ERR_VALUE },
		{ "https://127.1", ERR_VALUE },
		{ "https://0x7f.0.0.1", ERR_VALUE },
		{ "https://h.0x1", ERR_VALUE },
		{ "https://2130706433", ERR_VALUE },
		{ "https://256.0.0.1", ERR_VALUE },
		{ "https://h x", ERR_VALUE },
		{ "https://h\r\nX: y", ERR_VALUE },
		{ "https://h?x", ERR_VALUE },
		{ "https://h/?x", ERR_VALUE },
		{ "https://h/#x", ERR_VALUE },
		{ "https://h//", ERR_VALUE },
		{ "https://h//x", ERR_VALUE },
		{ "https://h/x//y", ERR_VALUE },
		{ "https://h/.", ERR_VALUE },
		{ "https://h/../x", ERR_VALUE },
		{ "https://h/x/./y", ERR_VALUE },
		{ "https://h/%2e", ERR_VALUE },
		{ "https://h/a b", ERR_VALUE },
		{ "http://h", ERR_REFUSED },
		{ "http://10.0.0.1", ERR_REFUSED },
		{ "http://128.0.0.1", ERR_REFUSED },
		{ "http://127.0.0.1.evil.com", ERR_REFUSED },
		{ "http://localhost.evil.com", ERR_REFUSED },
	};
	static char big[LIMIT_URL_BYTES + 2] = "https://h/";
	struct web_url u;
	const char *what;

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		is_err(web_url_parse(good[i].text, false, &u, &what), ERR_OK,
		       "%s", good[i].text);
		ok(strcmp(u.host, good[i].host) == 0 &&
			   u.port == good[i].port && u.plain == good[i].plain &&
			   strcmp(u.path, good[i].path) == 0,
		   "its parts");
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		what = NULL;
		is_err(web_url_parse(bad[i].text, false, &u, &what), bad[i].err,
		       "refused: URL %zu", i);
		ok(what != NULL && what[0] != '\0', "with a reason");
	}
	is_err(web_url_parse("http://h/x", true, &u, &what), ERR_OK,
	       "http:// to another machine when that is asked for");
	memset(big + 10, 'a', sizeof big - 11);
	is_err(web_url_parse(big, false, &u, &what), ERR_LIMIT, "256 bytes");
	big[LIMIT_URL_BYTES] = '\0';
	is_err(web_url_parse(big, false, &u, &what), ERR_OK, "255 bytes");
}

/* ---- CAs ---- */

static void test_cas(void)
{
	static struct web_cas cas;
	static struct pki a, b;
	static char pem[16 * 1024];
	struct wr t = wr_over(pem, sizeof pem);
	size_t whole;

	pki_init(&a, "ca a");
	pki_init(&b, "ca b");
	for (int i = 0; i < 3; i++) {
		pem_write(&t, "CERTIFICATE",
			  (struct slice){ a.ca_der, a.ca_len });
		pem_write(&t, "CERTIFICATE", (struct slice){ a.der, a.len });
		pem_write(&t, "CERTIFICATE",
			  (struct slice){ b.ca_der, b.ca_len });
	}
	whole = t.len;
	is_err(web_cas_read(&cas, wr_slice(&t)), ERR_OK,
	       "CAs, and certificates that are none");
	ok(cas.anchors.n == 6 && cas.skipped == 3 &&
		   cas.anchors.room.ta == cas.ta,
	   "six CAs, more than a guest takes; three left out");
	is_err(web_cas_read(&cas, (struct slice){ t.buf, whole - 10 }),
	       ERR_VALUE, "cut off");
	is_err(web_cas_read(&cas, str_slice("")), ERR_MISSING, "nothing");
	is_err(web_cas_read(&cas, str_slice("no PEM\n")), ERR_MISSING,
	       "something else");
	t = wr_over(pem, sizeof pem);
	pem_write(&t, "CERTIFICATE", (struct slice){ a.der, a.len });
	is_err(web_cas_read(&cas, wr_slice(&t)), ERR_MISSING, "no CA");
}

/* The bundle of the machine that runs the test, whole. */
static void test_system_cas(void)
{
	static struct web_cas cas;
	static uint8_t pem[1 << 20];
	FILE *f = fopen(WEB_SYSTEM_CAS, "rb");
	size_t n;

	if (f == NULL) {
		ok(1, "the system's CAs # SKIP no " WEB_SYSTEM_CAS);
		return;
	}
	n = fread(pem, 1, sizeof pem, f);
	fclose(f);
	is_err(web_cas_read(&cas, (struct slice){ pem, n }), ERR_OK,
	       "the system's CAs fit");
	ok(cas.anchors.n > TLS_MAX_ANCHORS && cas.skipped < cas.anchors.n / 10,
	   "%zu of them, %zu left out", cas.anchors.n, cas.skipped);
}

int main(void)
{
	service_open();
	rng_seeded(&rng, str_slice("waits"));
	w.c.fd = -1;
	test_urls();
	test_cas();
	test_system_cas();
	test_retries();
	test_retry_after();
	test_final();
	test_broken();
	test_patience();
	test_unfit();
	test_post();
	return tap_done();
}
