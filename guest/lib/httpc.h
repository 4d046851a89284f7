/* httpc.h - an HTTPS (or, for the metadata server, plain HTTP) client for one
 * server, as a state machine that never blocks: call httpc_step when its file is
 * ready. A keep-alive connection is reused; a stale one is reopened once.
 * httpc_run is the same thing with its own poll loop. */
#ifndef GUEST_LIB_HTTPC_H
#define GUEST_LIB_HTTPC_H

#include "lib/http1.h"
#include "lib/tls.h"

struct httpc_opts {
	char host[256]; /* name or IPv4 */
	uint16_t port;
	bool plain; /* http:// */
	struct tls_client_opts tls;
	uint32_t timeout_ms; /* for one whole request */
	size_t max_body;
	void *buf; /* request and response bytes; the response points here */
	size_t buf_len;
};

struct httpc {
	struct httpc_opts o;
	struct tls tls;
	int fd; /* -1 when closed */
	short events;
	int state;
	int64_t deadline_ms;
	size_t out_len, out_sent, in_len;
	bool eof, reused, retried;
	char error[96]; /* for a log line; never holds secrets */
};

void httpc_init(struct httpc *c, const struct httpc_opts *o);
void httpc_done(struct httpc *c);

/* Begins a request: it is copied into the buffer. content_type NULL when there
 * is no body. extra: header lines with CRLF, or "". ERR_STATE: one is under
 * way. ERR_SPACE. */
MUST_CHECK enum err httpc_start(struct httpc *c, const char *method,
				const char *target, const char *content_type,
				const char *extra, struct slice body);

/* ERR_AGAIN: poll c->fd for c->events until c->deadline_ms, then call again.
 * ERR_OK: *res is complete and points into the buffer until the next start.
 * Else the request has failed and the connection is closed. */
MUST_CHECK enum err httpc_step(struct httpc *c, struct http_msg *res);

/* start + step until done. */
MUST_CHECK enum err httpc_run(struct httpc *c, const char *method,
			      const char *target, const char *content_type,
			      const char *extra, struct slice body,
			      struct http_msg *res);
#endif
