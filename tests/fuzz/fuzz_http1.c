/* Any bytes as a request and as a response: no read or write outside, slices
 * inside the input, prefixes judged the same way, and what the parser accepts
 * survives being fed in two parts. */
#include <stdlib.h>
#include <string.h>

#include "lib/http1.h"

enum {
	MAX_BODY = 4096
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void inside(struct slice s, const uint8_t *buf, size_t len)
{
	if (s.len > 0 && (s.ptr < buf || s.ptr + s.len > buf + len))
		abort();
}

static enum err parse(bool request, uint8_t *buf, size_t len, bool eof,
		      struct http_msg *m)
{
	return request ? http_request_parse(buf, len, MAX_BODY, m)
		       : http_response_parse(buf, len, MAX_BODY, eof, m);
}

static void check(const struct http_msg *m, const uint8_t *buf, size_t len)
{
	struct slice v;

	if (m->consumed > len || m->nheaders > LIMIT_HTTP_HEADERS ||
	    m->body.len > MAX_BODY)
		abort();
	inside(m->method, buf, len);
	inside(m->path, buf, len);
	inside(m->query, buf, len);
	inside(m->body, buf, len);
	for (size_t i = 0; i < m->nheaders; i++) {
		inside(m->headers[i].name, buf, len);
		inside(m->headers[i].value, buf, len);
	}
	inside(http_header(m, "connection"), buf, len);
	if (http_query(m->query, "a", &v) == ERR_OK)
		inside(v, buf, len);
}

static void one(bool request, bool eof, const uint8_t *data, size_t len)
{
	/* A heap block of the exact size: ASan sees one byte too far. */
	uint8_t *buf = malloc(len > 0 ? len : 1);
	struct http_msg m, half;
	enum err e, h;

	if (buf == NULL)
		abort();
	memcpy(buf, data, len);
	h = parse(request, buf, len / 2, false, &half);
	if (h == ERR_OK)
		memcpy(buf, data, len); /* it was decoded in place */
	else if (memcmp(buf, data, len) != 0)
		abort();
	e = parse(request, buf, len, eof, &m);
	if (h == ERR_AGAIN && half.consumed <= len / 2)
		abort();
	/* More bytes cannot change what a whole or a bad message was. */
	if (h != ERR_AGAIN && h != e)
		abort();
	if (e == ERR_OK)
		check(&m, buf, len);
	free(buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	one(true, false, data, len);
	one(false, false, data, len);
	one(false, true, data, len);
	return 0;
}
