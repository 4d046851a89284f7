/* loop.h - the agent's loop, between its three files: main.c (start, poll),
 * link.c (init and the jobs) and plane.c (the control plane). */
#ifndef GUEST_AGENT_LOOP_H
#define GUEST_AGENT_LOOP_H

#include "agent/agent.h"
#include "lib/httpc.h"
#include "sys/broker.h"

enum {
	PLANE_TIMEOUT_MS = 20 * 1000, /* one request to the control plane */
	PLANE_BUF_BYTES = 64 * 1024,
	API_REQUEST_MS = 10 * 1000, /* handshake and request */
	API_ANSWER_MS = 40 * 1000,  /* a TDX quote may take 30 s; more than
				       JOBS_REPORT_MS */
	API_IDLE_MS = 60 * 1000,
	API_RESPONSE_BYTES = 64 * 1024,
	API_MEM_BYTES = 2 * 1024 * 1024,
};

struct loop {
	struct agent agent;
	int broker;
	uint32_t broker_id;
	uint64_t epoch_s;
	struct broker_msg msg;  /* the one being sent or handled */
	int job_fd[LIMIT_JOBS]; /* -1: none */
	struct serve *serve;
	struct tls_anchors anchors;
	struct httpc http;
	enum reg_action asked;  /* what the HTTP request is for */
	bool http_busy, broken; /* broken: init is gone or makes no sense */
	uint8_t http_buf[PLANE_BUF_BYTES];
	uint8_t body[PLANE_BUF_BYTES]; /* of a request, or a late answer */
};

/* Both clocks, read now. */
struct moment moment_now(uint64_t epoch_s);

/* ---- link.c */

/* Prints a console line through init. ctx is the loop. */
void link_log(void *ctx, enum console_line line, const char *name,
	      int64_t number);
/* Asks init; the answer comes to link_broker. */
void link_clock(struct loop *l, int64_t unix_ms);
void link_quotes(struct loop *l); /* sends the next one, if any */
/* Files are ready. */
void link_broker(struct loop *l);
void link_job(struct loop *l, int slot);
extern const struct jobs_ops link_jobs_ops; /* ctx is the loop */

/* ---- plane.c */

MUST_CHECK enum err plane_init(struct loop *l);
/* Does what the registration wants done now. */
void plane_step(struct loop *l);
/* The connection's file is ready, or its deadline has passed. */
void plane_ready(struct loop *l);
void plane_quoted(struct loop *l, enum err e, const struct binding *b,
		  struct slice quote);
#endif
