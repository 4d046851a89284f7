/* serve.h - an HTTP/1.1 server over TLS (or plain) in one poll loop with a
 * fixed number of connections. One deadline for the handshake and head and body
 * of each request, one for idle keep-alive: a slow client loses its slot. When
 * all slots are taken the oldest idle one is closed. The handler runs to its
 * end for one request at a time. */
#ifndef GUEST_LIB_SERVE_H
#define GUEST_LIB_SERVE_H

#include <poll.h>

#include "lib/http1.h"
#include "lib/tls.h"

struct serve_response {
	int status;
	const char *content_type; /* default application/json */
	const char *extra;	  /* header lines with CRLF, or NULL */
	struct wr body;		  /* write here; its buffer is the server's */
	bool defer; /* answer later with serve_answer (one at a time a conn) */
};

struct serve;
/* ctx is opts.ctx. conn identifies the connection for serve_answer. */
typedef void serve_handler(void *ctx, int conn, const struct http_msg *req,
			   struct serve_response *res);

struct serve_opts {
	int listener; /* from sock_listen */
	bool plain;
	struct tls_server_opts tls;
	size_t max_conns;	 /* slots */
	size_t max_request_body; /* ERR_LIMIT answers 413 */
	size_t max_response_body;
	uint32_t request_timeout_ms; /* from first byte (or accept) to complete */
	uint32_t idle_timeout_ms;
	serve_handler *handler;
	void *ctx;
};

/* Memory for max_conns slots, given by the caller (static in the guest). */
size_t serve_mem(const struct serve_opts *o);
MUST_CHECK enum err serve_init(struct serve **s, const struct serve_opts *o,
			       void *mem, size_t mem_len);

/* Adds this server's files to pfd (room for 1 + max_conns); returns how many.
 * *deadline_ms is lowered to the next deadline. Then poll, then serve_run with
 * the same array. Callers may have files of their own in the array. */
size_t serve_poll(struct serve *s, struct pollfd *pfd, int64_t *deadline_ms);
void serve_run(struct serve *s, const struct pollfd *pfd, size_t n);

/* Answers a deferred request. Nothing happens when the connection is gone. */
void serve_answer(struct serve *s, int conn, int status, struct slice body);

/* No new connections; existing requests are finished. True when all closed. */
bool serve_drain(struct serve *s);

/* Error bodies are {"code","message","request_id"}: fills res. */
void serve_error(struct serve_response *res, int status, const char *code,
		 const char *message, const char *request_id);
#endif
