/* http1.h - HTTP/1.1 messages, a strict subset of RFC 9112: Content-Length or
 * (in responses that we read) chunked; CRLF only; no obs-fold; no duplicate or
 * conflicting lengths; no trailers; header names are tokens, values visible
 * ASCII. A message is parsed whole out of a buffer. No allocation. */
#ifndef GUEST_LIB_HTTP1_H
#define GUEST_LIB_HTTP1_H

#include "lib/bytes.h"
#include "lib/limit.h"

struct http_header {
	struct slice name, value;
};

struct http_msg {
	/* request */
	struct slice method, path, query; /* path without "?query" */
	/* response */
	int status;
	struct http_header headers[LIMIT_HTTP_HEADERS];
	size_t nheaders;
	struct slice body; /* dechunked in place when it was chunked */
	bool keep_alive;
	size_t consumed; /* bytes of the input that the message took */
};

/* Parses one message from the start of buf (which chunked decoding changes in
 * place). ERR_AGAIN: more bytes are needed; ERR_LIMIT: head, header count or
 * max_body passed (known from Content-Length at once); ERR_VALUE: malformed;
 * ERR_UNSUPP: other version, transfer coding or method form.
 * eof: no more bytes will come (a response may then end its body here). */
MUST_CHECK enum err http_request_parse(uint8_t *buf, size_t len,
				       size_t max_body, struct http_msg *out);
MUST_CHECK enum err http_response_parse(uint8_t *buf, size_t len,
					size_t max_body, bool eof,
					struct http_msg *out);

/* Value of a header (name compared without case); empty slice when absent. */
struct slice http_header(const struct http_msg *m, const char *name);

/* The value of key in a query string, as is (no percent-decoding).
 * ERR_MISSING, ERR_DUPLICATE. */
MUST_CHECK enum err http_query(struct slice query, const char *key,
			       struct slice *out);

/* Writes heads. extra: complete header lines each ending in CRLF, or "". */
void http_write_request(struct wr *w, const char *method, const char *target,
			const char *host, const char *content_type,
			const char *extra, struct slice body);
void http_write_response(struct wr *w, int status, const char *content_type,
			 const char *extra, bool keep_alive,
			 struct slice body);
const char *http_status_text(int status);
#endif
