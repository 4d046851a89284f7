/* serve.h - an HTTP/1.1 server over TLS (or plain) in one poll loop with a
 * fixed number of connections. One deadline for the handshake and head and body
 * of a request, counted from its first byte (or the accept), not per read; one
 * for idle keep-alive: a slow client loses its slot. When all slots are taken,
 * a new connection takes the place of the oldest idle one, or else of the
 * oldest one that has sent no whole request for a second; requests that are
 * being answered are never given up. The handler runs to its end for one
 * request at a time; a request sent ahead of the response waits for it.
 *
 * The loop of a program that serves and is a client as well (httpc.h):
 *
 *	struct pollfd p[1 + CONNS + 1];
 *
 *	for (;;) {
 *		int64_t deadline = mono_ms() + 1000;
 *		size_t n = serve_poll(s, p, &deadline);
 *
 *		httpc_poll(&c, &p[n], &deadline);
 *		poll(p, n + 1, mono_left(deadline));
 *		serve_run(s, p, n);
 *		e = httpc_step(&c, &res);
 *		if (e == ERR_OK)
 *			use(&res);
 *		else if (e != ERR_AGAIN && e != ERR_STATE)
 *			log_failure(c.error);
 *	}
 *
 * httpc_step says ERR_STATE while no request is under way. */
#ifndef GUEST_LIB_SERVE_H
#define GUEST_LIB_SERVE_H

#include <poll.h>

#include "lib/http1.h"
#include "lib/tls.h"

enum {
	SERVE_HEAD_ROOM = 1024, /* status line, our headers and res->extra */
	SERVE_GRACE_MS = 1000,  /* a request's safe time when slots are short */
	SERVE_LINGER_MS = 2000, /* for the last answer to reach the client */
};

struct serve_response {
	int status;               /* default 200 */
	const char *content_type; /* default application/json */
	const char *extra;        /* header lines with CRLF, or NULL */
	struct wr body;           /* write here; its buffer is the server's */
	bool defer; /* answer later with serve_answer (one at a time a conn) */
};

struct serve;
/* ctx is opts.ctx. conn (never negative) is this connection's name for
 * serve_answer; names of closed connections are not used again for long. req is
 * gone when the handler returns; what res points to is read after that, so it
 * is static or in ctx. A body or extra that did not fit becomes a 500. */
typedef void serve_handler(void *ctx, int conn, const struct http_msg *req,
			   struct serve_response *res);

struct serve_opts {
	int listener; /* from sock_listen; the server never closes it */
	bool plain;
	struct tls_server_opts tls; /* its key and chain outlive the server; its
				       rng, when set, names errors, plain too */
	size_t max_conns;           /* slots */
	size_t max_request_body;    /* beyond it: 413 */
	size_t max_response_body;
	uint32_t request_timeout_ms; /* from first byte (or accept) to complete;
					again to send the answer */
	uint32_t answer_timeout_ms;  /* for a deferred one, then 504; 0: as
					long as for a request */
	uint32_t idle_timeout_ms;
	serve_handler *handler;
	void *ctx;
};

/* Memory for max_conns slots, given by the caller (static in the guest): each
 * takes about 42 KiB (the TLS context and its record buffers) + 8 KiB head +
 * max_request_body + 1 KiB head + max_response_body. No alignment needed. */
size_t serve_mem(const struct serve_opts *o);
/* ERR_SPACE: mem_len is below serve_mem; ERR_VALUE: no slots or no handler. */
MUST_CHECK enum err serve_init(struct serve **s, const struct serve_opts *o,
			       void *mem, size_t mem_len);

/* Adds this server's files to pfd (room for 1 + max_conns); returns how many.
 * *deadline_ms is lowered to the next deadline, which may have passed: poll
 * then with no wait. Then poll, then serve_run with the same entries. Callers
 * may have files of their own in the array, before or after these. */
size_t serve_poll(struct serve *s, struct pollfd *pfd, int64_t *deadline_ms);
void serve_run(struct serve *s, const struct pollfd *pfd, size_t n);

/* Answers a deferred request with a JSON body; it is sent by the next
 * serve_run. Nothing happens when the connection is gone. */
void serve_answer(struct serve *s, int conn, int status, struct slice body);

/* No new connections; requests that have arrived are finished. True when all
 * are closed. To be called once a turn of the loop until then. */
bool serve_drain(struct serve *s);

/* Closes every connection at once and wipes the memory. */
void serve_done(struct serve *s);

/* Error bodies are {"code","message","request_id"}: fills res, in place of what
 * the body may hold already. request_id NULL: "". */
void serve_error(struct serve_response *res, int status, const char *code,
		 const char *message, const char *request_id);
#endif
