/* http1.h - HTTP/1.1 messages, a strict subset of RFC 9112: Content-Length or
 * (in responses that we read) chunked; CRLF only; no obs-fold; no duplicate or
 * conflicting lengths; no trailers or chunk extensions; no interim (1xx)
 * responses; header names are tokens, values visible ASCII and spaces, no
 * tabs. Requests are GET, POST, PUT or DELETE of an origin-form target
 * with one Host. A message is parsed whole out of a buffer. No allocation. */
#ifndef GUEST_LIB_HTTP1_H
#define GUEST_LIB_HTTP1_H

#include "lib/bytes.h"
#include "lib/limit.h"

struct http_header {
	struct slice name, value; /* value without space around it */
};

struct http_msg {
	/* request */
	struct slice method, path, query; /* path without "?query" */
	/* response */
	int status; /* 200..599 */
	struct http_header headers[LIMIT_HTTP_HEADERS];
	size_t nheaders;
	struct slice body; /* dechunked in place when it was chunked */
	bool keep_alive;
	size_t consumed; /* bytes of the input that the message took */
};

/* Parses one message from the start of buf (which chunked decoding changes in
 * place, once the message is whole). Slices of out point into buf.
 * ERR_AGAIN: more bytes are needed, and out->consumed (alone) is set to the
 * least length for which it is worth calling again; ERR_SPACE: the head or the
 * number of its headers is past its limit; ERR_LIMIT: the body is past max_body
 * (known from Content-Length at once) or in too many chunks; ERR_VALUE:
 * malformed; ERR_UNSUPP: other version, transfer coding, method, interim
 * response or Expect; ERR_TRUNC: eof inside a response.
 * eof: no more bytes will come (a response may then end its body here). Over
 * TLS that is a close_notify, never a bare end of the TCP stream. */
MUST_CHECK enum err http_request_parse(uint8_t *buf, size_t len,
				       size_t max_body, struct http_msg *out);
MUST_CHECK enum err http_response_parse(uint8_t *buf, size_t len,
					size_t max_body, bool eof,
					struct http_msg *out);

/* Value of a header (name compared without case); empty slice when absent. Of
 * Authorization, Content-Length, Content-Type, Expect, Host and
 * Transfer-Encoding there is never more than one; of others the first. */
struct slice http_header(const struct http_msg *m, const char *name);

/* The value of key in a query string, as is (no percent-decoding). A key
 * without "=" has the empty value. ERR_MISSING, ERR_DUPLICATE. */
MUST_CHECK enum err http_query(struct slice query, const char *key,
			       struct slice *out);

/* Writes a whole message: head, then body. content_type NULL: none is sent.
 * extra: complete header lines each ending in CRLF, or "". The writer fails
 * with ERR_VALUE when a part would break the head (a control character, a
 * target that is not origin-form), so that data cannot become headers. */
void http_write_request(struct wr *w, const char *method, const char *target,
			const char *host, const char *content_type,
			const char *extra, struct slice body);
void http_write_response(struct wr *w, int status, const char *content_type,
			 const char *extra, bool keep_alive, struct slice body);

/* The head alone, for a body of body_len bytes that is sent from elsewhere. */
void http_write_response_head(struct wr *w, int status,
			      const char *content_type, const char *extra,
			      bool keep_alive, size_t body_len);

/* The reason phrase, "Unknown" when the status is not in our table. */
const char *http_status_text(int status);
#endif
