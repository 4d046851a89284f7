/* httpc.h - an HTTPS (or, for the metadata server, plain HTTP) client for one
 * server, as a state machine that never blocks but to resolve a name: call
 * httpc_step when its file is ready. A keep-alive connection is reused. When a
 * reused one turns out to be closed, it is reopened once and in silence, but
 * only when the server cannot have acted on the request: no byte of it was
 * sent, or no byte of an answer came and the method is GET or DELETE. An order
 * is never sent twice.
 *
 *	e = httpc_start(&c, "GET", "/v1/x", NULL, "", none);
 *	while (e == ERR_OK && (e = httpc_step(&c, &res)) == ERR_AGAIN) {
 *		struct pollfd p;
 *		int64_t deadline = INT64_MAX;
 *
 *		httpc_poll(&c, &p, &deadline);
 *		poll(&p, 1, mono_left(deadline));
 *		e = ERR_OK;
 *	}
 *
 * is what httpc_run does; serve.h shows a loop that serves as well. */
#ifndef GUEST_LIB_HTTPC_H
#define GUEST_LIB_HTTPC_H

#include <poll.h>

#include "lib/http1.h"
#include "lib/tls.h"

struct httpc_opts {
	char host[256]; /* name or IPv4 */
	uint16_t port;
	bool plain; /* http:// */
	/* name NULL: host. A client that learns a key (TLS_TRUST_LEARN) keeps
	 * to it: later connections of this httpc must show the same one.
	 * now_s judges every later connection too: a client that lives long
	 * sets o.tls.now_s afresh before a start. */
	struct tls_client_opts tls;
	uint32_t timeout_ms; /* for one whole request, reopening included */
	size_t max_body;
	void *buf; /* request and response bytes; the response points here */
	size_t buf_len;
};

enum httpc_state {
	HTTPC_IDLE,
	HTTPC_CONNECT,
	HTTPC_EXCHANGE
};

struct httpc {
	struct httpc_opts o;
	struct tls tls;
	int fd; /* -1 when closed */
	short events;
	enum httpc_state state;
	int64_t deadline_ms; /* of the request under way */
	size_t out_len, out_sent, in_len, need;
	bool eof, reused, retried, safe;
	bool have_key; /* learned holds the first P-256 key seen */
	uint8_t learned[P256_PUB_LEN];
	char error[96]; /* for a log line; never holds secrets */
};

/* o is copied (what it points to stays the caller's). c is about 42 KiB and is
 * not to be moved. */
void httpc_init(struct httpc *c, const struct httpc_opts *o);
void httpc_done(struct httpc *c); /* closes; wipes keys and the buffer */

/* Begins a request: it is copied into the buffer. content_type NULL when there
 * is no body. extra: header lines with CRLF, or "". ERR_STATE: one is under
 * way. ERR_SPACE; ERR_VALUE: a part is not fit for a head (http1.h). */
MUST_CHECK enum err httpc_start(struct httpc *c, const char *method,
				const char *target, const char *content_type,
				const char *extra, struct slice body);

/* What to poll for before the next step: fills *p (fd -1 when no request is
 * under way) and lowers *deadline_ms (mono). */
void httpc_poll(const struct httpc *c, struct pollfd *p, int64_t *deadline_ms);

/* ERR_AGAIN: poll as httpc_poll says, then call again.
 * ERR_OK: *res is complete and points into the buffer until the next start; any
 * status is OK here. ERR_STATE: nothing under way. Else the request has failed,
 * the connection is closed and c->error says why: ERR_MISSING (name), ERR_IO,
 * ERR_CLOSED, ERR_TRUNC (cut off), ERR_TLS, ERR_TIMEOUT, ERR_SPACE (response
 * head), ERR_LIMIT (body), ERR_VALUE and ERR_UNSUPP (not a response we read).
 */
MUST_CHECK enum err httpc_step(struct httpc *c, struct http_msg *res);

/* The key of the first server certificate that was a P-256 one; also after the
 * connection has been closed. ERR_STATE: none so far. */
MUST_CHECK enum err httpc_peer_key(const struct httpc *c,
				   uint8_t pub[static P256_PUB_LEN]);

/* Gives up the request under way, if any, and closes the connection. */
void httpc_close(struct httpc *c);

/* start + step until done. */
MUST_CHECK enum err httpc_run(struct httpc *c, const char *method,
			      const char *target, const char *content_type,
			      const char *extra, struct slice body,
			      struct http_msg *res);
#endif
