/* HTTP/1.1 messages: what is accepted, every reason to refuse, every prefix.
 * Sources of the expected values: RFC 9110 and 9112; the smuggling cases are
 * those of RFC 9112 11.2 and of the usual CL.TE / TE.CL / obs-fold attacks. */
#include "lib/http1.h"
#include "tests/tap.h"

#define POST_HEAD "POST /v1/jobs HTTP/1.1\r\nHost: a\r\n"

/* A literal that may hold a NUL, and its length. */
#define LIT(s) (s), sizeof(s) - 1

static struct http_msg m;

/* Parses a copy that ends at an unreadable page. The copy stays mapped, since
 * m points into it. */
static enum err request(const char *text, size_t len)
{
	struct slice s = at_page_end(text, len);

	return http_request_parse((uint8_t *)(uintptr_t)s.ptr, s.len, 64, &m);
}

static enum err response(const char *text, size_t len, bool eof)
{
	struct slice s = at_page_end(text, len);

	return http_response_parse((uint8_t *)(uintptr_t)s.ptr, s.len, 64, eof,
				   &m);
}

static void test_request(void)
{
	static const char good[] = "POST /v1/jobs/start?dry=1&x HTTP/1.1\r\n"
				   "Host: 10.0.2.15:8081\r\n"
				   "x-empty:\r\n"
				   "X-Twice: a\r\n"
				   "x-twice: b\r\n"
				   "Authorization:   Bearer a:b  c  \r\n"
				   "Content-Length: 5\r\n\r\nhello";
	size_t n = sizeof good - 1;
	bool all = true;

	is_err(request(good, n), ERR_OK, "a request");
	ok(slice_is(m.method, "POST") && slice_is(m.path, "/v1/jobs/start") &&
		   slice_is(m.query, "dry=1&x"),
	   "its method, path and query");
	ok(m.nheaders == 6 && slice_is(m.headers[1].name, "x-empty") &&
		   m.headers[1].value.len == 0,
	   "its headers in order");
	ok(slice_is(http_header(&m, "AUTHORIZATION"), "Bearer a:b  c"),
	   "a value found without case, trimmed, space inside kept");
	ok(slice_is(http_header(&m, "X-twice"), "a") &&
		   http_header(&m, "X-Twic").len == 0,
	   "the first of two; a prefix of a name is no name");
	ok(slice_is(m.body, "hello") && m.consumed == n && m.keep_alive,
	   "its body and length");
	for (size_t i = 0; i < n; i++) {
		all = all && request(good, i) == ERR_AGAIN && m.consumed > i &&
		      m.consumed <= n;
	}
	ok(all, "every prefix wants more, and never more than there is");
	is_err(request(LIT("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /x")), ERR_OK,
	       "bytes after a message");
	ok(m.consumed == 27 && m.body.len == 0, "belong to the next");
	is_err(request(LIT("GET /a%2Fb?c=%7B%7d HTTP/1.1\r\nHost: a\r\n\r\n")),
	       ERR_OK, "escapes");
	ok(slice_is(m.path, "/a%2Fb"), "are left as they are");
}

struct refusal {
	const char *what, *text;
	enum err want;
};

static const struct refusal bad_requests[] = {
	{ "no Host", "GET / HTTP/1.1\r\n\r\n", ERR_VALUE },
	{ "an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", ERR_VALUE },
	{ "two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n",
	  ERR_VALUE },
	{ "a Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
	  ERR_VALUE },
	{ "HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\n\r\n", ERR_UNSUPP },
	{ "HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", ERR_UNSUPP },
	{ "HTTP/0.9", "GET /\r\n\r\n", ERR_VALUE },
	{ "a version of three digits", "GET / HTTP/1.10\r\nHost: a\r\n\r\n",
	  ERR_VALUE },
	{ "another protocol", "GET / HTTQ/1.1\r\nHost: a\r\n\r\n", ERR_VALUE },
	{ "a lower-case protocol", "GET / http/1.1\r\nHost: a\r\n\r\n",
	  ERR_VALUE },
	{ "space after the version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
	  ERR_VALUE },
	{ "two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", ERR_VALUE },
	{ "a tab for a space", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n",
	  ERR_VALUE },
	{ "a space in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
	  ERR_VALUE },
	{ "an unknown method", "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
	  ERR_UNSUPP },
	{ "a lower-case method", "get / HTTP/1.1\r\nHost: a\r\n\r\n",
	  ERR_UNSUPP },
	{ "a method that is no token", "G(T / HTTP/1.1\r\nHost: a\r\n\r\n",
	  ERR_VALUE },
	{ "absolute-form", "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
	  ERR_VALUE },
	{ "authority-form", "GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n", ERR_VALUE },
	{ "CONNECT", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", ERR_UNSUPP },
	{ "asterisk-form", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", ERR_VALUE },
	{ "a fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", ERR_VALUE },
	{ "half an escape", "GET /a%2 HTTP/1.1\r\nHost: a\r\n\r\n", ERR_VALUE },
	{ "a bad escape", "GET /a%2g HTTP/1.1\r\nHost: a\r\n\r\n", ERR_VALUE },
	{ "a backslash", "GET /a\\b HTTP/1.1\r\nHost: a\r\n\r\n", ERR_VALUE },
	{ "an empty line first", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
	  ERR_VALUE },
	{ "bare LF", "GET / HTTP/1.1\nHost: a\n\n", ERR_VALUE },
	{ "bare LF at the end", "GET / HTTP/1.1\r\nHost: a\r\n\n", ERR_VALUE },
	{ "bare CR", "GET / HTTP/1.1\r\nHost: a\rb: c\r\n\r\n", ERR_VALUE },
	{ "CR CR LF", "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", ERR_VALUE },
	{ "obs-fold", "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", ERR_VALUE },
	{ "obs-fold with a tab", "GET / HTTP/1.1\r\nHost: a\r\n\tb: c\r\n\r\n",
	  ERR_VALUE },
	{ "space before the first name", "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
	  ERR_VALUE },
	{ "space before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
	  ERR_VALUE },
	{ "no colon", "GET / HTTP/1.1\r\nHost: a\r\nx\r\n\r\n", ERR_VALUE },
	{ "no name", "GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n", ERR_VALUE },
	{ "a name that is no token",
	  "GET / HTTP/1.1\r\nHost: a\r\n(: x\r\n\r\n", ERR_VALUE },
	{ "a control character", "GET / HTTP/1.1\r\nHost: a\r\nx: \x01\r\n\r\n",
	  ERR_VALUE },
	{ "DEL", "GET / HTTP/1.1\r\nHost: a\r\nx: \x7f\r\n\r\n", ERR_VALUE },
	{ "a byte above ASCII", "GET / HTTP/1.1\r\nHost: a\r\nx: \xe9\r\n\r\n",
	  ERR_VALUE },
	{ "two lengths, equal",
	  POST_HEAD "Content-Length: 1\r\nContent-Length: 1\r\n\r\na",
	  ERR_VALUE },
	{ "two lengths, different",
	  POST_HEAD "Content-Length: 1\r\ncontent-length: 2\r\n\r\nab",
	  ERR_VALUE },
	{ "a list of lengths", POST_HEAD "Content-Length: 1, 1\r\n\r\na",
	  ERR_VALUE },
	{ "a signed length", POST_HEAD "Content-Length: +1\r\n\r\na",
	  ERR_VALUE },
	{ "a negative length", POST_HEAD "Content-Length: -1\r\n\r\na",
	  ERR_VALUE },
	{ "a leading zero", POST_HEAD "Content-Length: 01\r\n\r\na",
	  ERR_VALUE },
	{ "a hex length", POST_HEAD "Content-Length: 0x1\r\n\r\na", ERR_VALUE },
	{ "no length", POST_HEAD "Content-Length:\r\n\r\na", ERR_VALUE },
	{ "a length with space inside", POST_HEAD "Content-Length: 1 1\r\n\r\n",
	  ERR_VALUE },
	{ "chunked", POST_HEAD "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	  ERR_UNSUPP },
	{ "length and chunked",
	  POST_HEAD "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0",
	  ERR_VALUE },
	{ "chunked and length",
	  POST_HEAD "Transfer-Encoding: x\r\nContent-Length: 1\r\n\r\n0",
	  ERR_VALUE },
	{ "a tab beside a length", POST_HEAD "Content-Length: 1\t\r\n\r\na",
	  ERR_VALUE },
	{ "a name that begins like Transfer-Encoding",
	  POST_HEAD "Transfer-Encoding1: chunked\r\n\r\n", ERR_VALUE },
	{ "an empty Connection option", POST_HEAD "Connection:, close\r\n\r\n",
	  ERR_VALUE },
	{ "an empty Connection header", POST_HEAD "Connection:\r\n\r\n",
	  ERR_VALUE },
	{ "a Connection option that is no token",
	  POST_HEAD "Connection: a b\r\n\r\n", ERR_VALUE },
	{ "two Authorizations",
	  POST_HEAD "Authorization: a\r\nAuthorization: b\r\n\r\n", ERR_VALUE },
	{ "Expect", POST_HEAD "Expect: 100-continue\r\n\r\n", ERR_UNSUPP },
	{ "65 of 64 bytes", POST_HEAD "Content-Length: 65\r\n\r\n", ERR_LIMIT },
	{ "2^64 + 1 bytes",
	  POST_HEAD "Content-Length: 18446744073709551617\r\n\r\na",
	  ERR_LIMIT },
	{ "2^63 bytes", POST_HEAD "Content-Length: 9223372036854775808\r\n\r\n",
	  ERR_LIMIT },
	{ "a TLS client hello", "\x16\x03\x01", ERR_VALUE },
};

static const struct refusal bad_responses[] = {
	{ "HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\n", ERR_UNSUPP },
	{ "no space after the status", "HTTP/1.1 200\r\n\r\n", ERR_VALUE },
	{ "a status of two digits", "HTTP/1.1 20 OK\r\n\r\n", ERR_VALUE },
	{ "a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n", ERR_VALUE },
	{ "a status with a sign", "HTTP/1.1 +20 OK\r\n\r\n", ERR_VALUE },
	{ "a status below 100", "HTTP/1.1 099 OK\r\n\r\n", ERR_VALUE },
	{ "a status above 599", "HTTP/1.1 600 OK\r\n\r\n", ERR_VALUE },
	{ "an interim response", "HTTP/1.1 100 Continue\r\n\r\n", ERR_UNSUPP },
	{ "no status line", "\r\n\r\n", ERR_VALUE },
	{ "obs-fold", "HTTP/1.1 200 OK\r\na: b\r\n c\r\n\r\n", ERR_VALUE },
	{ "a length with 204",
	  "HTTP/1.1 204 No Content\r\nContent-Length: 1\r\n\r\nx", ERR_VALUE },
	{ "gzip", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
	  ERR_UNSUPP },
	{ "gzip, chunked",
	  "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
	  ERR_UNSUPP },
	{ "two codings",
	  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
	  "Transfer-Encoding: chunked\r\n\r\n",
	  ERR_VALUE },
	{ "length and chunked",
	  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
	  "Content-Length: 3\r\n\r\n",
	  ERR_VALUE },
	{ "a body past the limit",
	  "HTTP/1.1 200 OK\r\nContent-Length: 65\r\n\r\n", ERR_LIMIT },
};

#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"

static const struct refusal bad_chunks[] = {
	{ "no digits", CHUNKED "\r\n", ERR_VALUE },
	{ "a letter", CHUNKED "g\r\n", ERR_VALUE },
	{ "a sign", CHUNKED "+1\r\na\r\n0\r\n\r\n", ERR_VALUE },
	{ "0x", CHUNKED "0x1\r\na\r\n0\r\n\r\n", ERR_VALUE },
	{ "space after the size", CHUNKED "1 \r\na\r\n0\r\n\r\n", ERR_VALUE },
	{ "an extension", CHUNKED "1;a=b\r\na\r\n0\r\n\r\n", ERR_UNSUPP },
	{ "bare LF after the size", CHUNKED "1\na\r\n0\r\n\r\n", ERR_VALUE },
	{ "CR without LF after the size", CHUNKED "1\rxa\r\n0", ERR_VALUE },
	{ "bare LF after the data", CHUNKED "1\r\na\n0\r\n\r\n", ERR_VALUE },
	{ "more data than announced", CHUNKED "1\r\nab\r\n0\r\n\r\n",
	  ERR_VALUE },
	{ "a trailer", CHUNKED "0\r\nx: y\r\n\r\n", ERR_VALUE },
	{ "nine digits", CHUNKED "000000001\r\na\r\n0\r\n\r\n", ERR_VALUE },
	{ "65 bytes of 64", CHUNKED "41\r\n", ERR_LIMIT },
	{ "60 and 5 bytes of 64",
	  CHUNKED "3c\r\n"
		  "012345678901234567890123456789012345678901234567890123456789"
		  "\r\n5\r\n",
	  ERR_LIMIT },
	{ "4 GiB", CHUNKED "ffffffff\r\n", ERR_LIMIT },
};

static void test_refusals(void)
{
	for (size_t i = 0; i < sizeof bad_requests / sizeof *bad_requests; i++)
		is_err(request(bad_requests[i].text,
			       strlen(bad_requests[i].text)),
		       bad_requests[i].want, "request refused: %s",
		       bad_requests[i].what);
	for (size_t i = 0; i < sizeof bad_responses / sizeof *bad_responses;
	     i++)
		is_err(response(bad_responses[i].text,
				strlen(bad_responses[i].text), true),
		       bad_responses[i].want, "response refused: %s",
		       bad_responses[i].what);
	for (size_t i = 0; i < sizeof bad_chunks / sizeof *bad_chunks; i++)
		is_err(response(bad_chunks[i].text, strlen(bad_chunks[i].text),
				false),
		       bad_chunks[i].want, "chunked refused: %s",
		       bad_chunks[i].what);
	is_err(request(LIT("GET / HTTP/1.1\r\nHost: a\0\r\n\r\n")), ERR_VALUE,
	       "request refused: a NUL");
}

static void test_limits(void)
{
	static char big[LIMIT_HTTP_HEAD_BYTES + 1];
	struct wr w = wr_over(big, sizeof big);

	memset(big, 'a', sizeof big);
	memcpy(big, "GET /", 5);
	is_err(http_request_parse((uint8_t *)big, sizeof big - 2, 0, &m),
	       ERR_AGAIN, "a head one short of the limit may go on");
	is_err(http_request_parse((uint8_t *)big, sizeof big - 1, 0, &m),
	       ERR_SPACE, "a head at the limit without an end");
	memcpy(big, "GET / HTTP/1.1\r\nHost: a\r\nx: ", 29);
	big[28] = 'a';
	memcpy(big + LIMIT_HTTP_HEAD_BYTES - 4, "\r\n\r\n", 4);
	is_err(http_request_parse((uint8_t *)big, sizeof big, 0, &m), ERR_OK,
	       "a head of exactly the limit");
	wr_str(&w, "GET / HTTP/1.1\r\nHost: a\r\n");
	for (int i = 1; i < LIMIT_HTTP_HEADERS; i++)
		wr_str(&w, "a:\r\n");
	wr_str(&w, "\r\n");
	is_err(http_request_parse(w.buf, w.len, 0, &m), ERR_OK, "64 headers");
	ok(m.nheaders == LIMIT_HTTP_HEADERS, "all there");
	w.len -= 2;
	wr_str(&w, "a:\r\n\r\n");
	is_err(http_request_parse(w.buf, w.len, 0, &m), ERR_SPACE,
	       "65 headers");
	w = wr_over(big, sizeof big);
	wr_str(&w, "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
	is_err(http_request_parse(w.buf, w.len, 0, &m), ERR_OK,
	       "an empty body where none is allowed");
}

static void test_chunk_count(void)
{
	static uint8_t big[LIMIT_HTTP_CHUNKS * 6 + 100];

	for (size_t extra = 0; extra < 2; extra++) {
		struct wr w = wr_over(big, sizeof big);

		wr_str(&w, CHUNKED);
		for (size_t i = 1; i < LIMIT_HTTP_CHUNKS + extra; i++)
			wr_str(&w, "1\r\nx\r\n");
		wr_str(&w, "0\r\n\r\n");
		is_err(http_response_parse(w.buf, w.len, sizeof big, false, &m),
		       extra ? ERR_LIMIT : ERR_OK, "%zu chunks",
		       LIMIT_HTTP_CHUNKS + extra);
	}
}

static void test_response(void)
{
	static const char good[] = CHUNKED "5\r\nhello\r\n"
					   "00006\r\n world\r\n0\r\n\r\n";
	static const char closed[] = "HTTP/1.1 503 \r\nServer: x\r\n\r\nbusy";
	static const char fixed[] = "HTTP/1.1 200 OK\r\nConnection: keep-alive,"
				    " Close\r\nContent-Length: 2\r\n\r\nok";
	size_t n = sizeof good - 1;
	bool all = true, unchanged = true;

	is_err(response(good, n, false), ERR_OK, "a chunked response");
	ok(m.status == 200 && slice_is(m.body, "hello world") &&
		   m.consumed == n && m.keep_alive,
	   "joined");
	for (size_t i = 0; i < n; i++) {
		struct slice s = at_page_end(good, i);
		uint8_t *p = (uint8_t *)(uintptr_t)s.ptr;

		all = all &&
		      http_response_parse(p, i, 64, false, &m) == ERR_AGAIN &&
		      m.consumed > i && m.consumed <= n;
		unchanged = unchanged && memcmp(p, good, i) == 0;
		all = all &&
		      http_response_parse(p, i, 64, true, &m) == ERR_TRUNC;
		munmap(p - (sysconf(_SC_PAGESIZE) - (long)i),
		       2 * (size_t)sysconf(_SC_PAGESIZE));
	}
	ok(all, "every prefix wants more, or is cut short at the end of input");
	ok(unchanged, "and none is changed");
	n = sizeof closed - 1;
	is_err(response(closed, n, false), ERR_AGAIN, "no length: wait");
	is_err(response(closed, n, true), ERR_OK, "until the end");
	ok(m.status == 503 && slice_is(m.body, "busy") && !m.keep_alive,
	   "which ends the body and the connection");
	n = sizeof fixed - 1;
	is_err(response(fixed, n, false), ERR_OK, "a length");
	ok(slice_is(m.body, "ok") && !m.keep_alive, "and Connection: close");
	is_err(response(fixed, n - 1, true), ERR_TRUNC, "cut short");
	is_err(response(LIT("HTTP/1.1 204 No Content\r\n\r\nHTTP"), false),
	       ERR_OK, "204");
	ok(m.body.len == 0 && m.consumed == 27, "has no body");
}

static void test_query(void)
{
	struct slice q = str_slice("a=1&b=&c&dd=2%203&a1=x=y&&b2=1"), v;

	is_err(http_query(q, "a", &v), ERR_OK, "a key");
	ok(slice_is(v, "1"), "its value");
	is_err(http_query(q, "b", &v), ERR_OK, "an empty value");
	ok(v.len == 0, "is empty");
	is_err(http_query(q, "c", &v), ERR_OK, "a key without =");
	is_err(http_query(q, "dd", &v), ERR_OK, "an escape");
	ok(slice_is(v, "2%203"), "is left alone");
	is_err(http_query(q, "a1", &v), ERR_OK, "= in a value");
	ok(slice_is(v, "x=y"), "belongs to it");
	is_err(http_query(q, "d", &v), ERR_MISSING, "a prefix of a key");
	is_err(http_query(str_slice("a=1&a=1"), "a", &v), ERR_DUPLICATE,
	       "twice the same");
	is_err(http_query((struct slice){ NULL, 0 }, "a", &v), ERR_MISSING,
	       "an empty query");
}

static void test_write(void)
{
	char buf[512];
	struct wr w = wr_over(buf, sizeof buf);
	static const char *const bad_extra[] = {
		"x",           "x: y",   "x: y\n", "x: y\r", "x: y\r\n\r\n",
		"x: a\nb\r\n", "x y\r\n"
	};

	http_write_request(&w, "POST", "/a?b=c", "h:1", "text/plain",
			   "X-A: b\r\n", str_slice("hi"));
	ok(slice_is(wr_slice(&w),
		    "POST /a?b=c HTTP/1.1\r\nHost: h:1\r\n"
		    "Content-Type: text/plain\r\nContent-Length: 2\r\n"
		    "X-A: b\r\n\r\nhi"),
	   "a request is written");
	is_err(http_request_parse(w.buf, w.len, 2, &m), ERR_OK, "and read");
	w = wr_over(buf, sizeof buf);
	http_write_request(&w, "GET", "/", "h", NULL, "",
			   (struct slice){ NULL, 0 });
	ok(slice_is(wr_slice(&w), "GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
	   "a GET has no length");
	w = wr_over(buf, sizeof buf);
	http_write_response(&w, 404, "application/json", "", false,
			    str_slice("{}"));
	ok(slice_is(wr_slice(&w),
		    "HTTP/1.1 404 Not Found\r\n"
		    "Content-Type: application/json\r\nContent-Length: 2\r\n"
		    "Connection: close\r\n\r\n{}"),
	   "a response is written");
	is_err(http_response_parse(w.buf, w.len, 2, false, &m), ERR_OK,
	       "and read");
	for (size_t i = 0; i < sizeof bad_extra / sizeof *bad_extra; i++) {
		w = wr_over(buf, sizeof buf);
		http_write_response(&w, 200, NULL, bad_extra[i], true,
				    str_slice(""));
		is_err(wr_end(&w), ERR_VALUE, "extra %zu cannot break the head",
		       i);
	}
	w = wr_over(buf, sizeof buf);
	http_write_request(&w, "GET", "/ HTTP/1.1\r\nX: y", "h", NULL, "",
			   str_slice(""));
	is_err(wr_end(&w), ERR_VALUE, "nor can a target");
	w = wr_over(buf, sizeof buf);
	http_write_request(&w, "GET", "/", "h\r\nX: y", NULL, "",
			   str_slice(""));
	is_err(wr_end(&w), ERR_VALUE, "nor a host");
	w = wr_over(buf, 20);
	http_write_response(&w, 200, NULL, "", true, str_slice("x"));
	is_err(wr_end(&w), ERR_SPACE, "a full buffer is noticed");
}

int main(void)
{
	test_request();
	test_refusals();
	test_limits();
	test_chunk_count();
	test_response();
	test_query();
	test_write();
	return tap_done();
}
