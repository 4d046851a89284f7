/* agent.h - the agent's state, shared by the loop (main.c) and the API (api.c).
 * All of it is static: nothing is allocated after the start. */
#ifndef GUEST_AGENT_AGENT_H
#define GUEST_AGENT_AGENT_H

#include "agent/jobs.h"
#include "agent/quotes.h"
#include "agent/register.h"
#include "agent/reports.h"
#include "lib/rng.h"
#include "lib/serve.h"

enum {
	AGENT_SCRATCH_BYTES = 192 * 1024, /* JSON of one request or answer */
	AGENT_REQUEST_BYTES = 32 * 1024,  /* body of a request to the API */
};

/* Every secret of the agent, so that one wipe ends them all. What passes
 * through scratch is wiped there when the request is done. */
struct secrets {
	struct p256_key tls_key;
	struct p256_key report_key;
	struct hpke_key seal_key;
	char api_secret[AGENT_SECRET_CHARS + 1];
	struct job_start starts[LIMIT_JOBS]; /* until the job has them */
	uint8_t scratch[AGENT_SCRATCH_BYTES];
	struct rng rng;
};

/* A quote that the control plane has accepted, and what it binds. */
struct registration {
	struct binding binding;
	uint8_t quote[LIMIT_QUOTE_BYTES];
	size_t quote_len;
};

struct agent {
	struct config cfg;
	char provider[32];
	bool simulated;
	struct secrets *secrets;
	struct binding keys; /* the public keys; the rest is filled per quote */
	const struct job_type *types;
	struct reg reg;
	struct registration pending, accepted;
	struct quotes quotes;
	struct jobs jobs;
	struct reports reports;
	struct start_request request; /* the one being handled */
	struct moment now;            /* when the present event came */
};

/* 32 bits out of the agent's generator. */
uint32_t agent_random(struct agent *a);

/* "control-plane" once the clock was set from there, "host" before. */
const char *agent_time_source(const struct agent *a);

/* Signs the job's report under the accepted registration. */
MUST_CHECK enum err agent_sign(struct agent *a, const struct job_record *r,
			       struct wr *out);

/* The public keys and the certificate of the API, out of a seeded generator.
 * der receives the certificate. ERR_RANDOM, ERR_SPACE. */
MUST_CHECK enum err agent_make_keys(struct agent *a, uint64_t epoch_s,
				    struct wr *der);

/* serve.h's handler; ctx is the agent. */
void api_handle(void *ctx, int conn, const struct http_msg *req,
		struct serve_response *res);

/* An error's body, for an answer that was deferred. */
void api_error_body(struct agent *a, const char *code, const char *message,
		    struct wr *out);

/* The body of an answer to ROUTE_ATTEST. */
MUST_CHECK enum err api_attest_body(const struct agent *a,
				    const struct binding *b, struct slice quote,
				    struct wr *out);

/* An entry of the route table, in the open for the tests and the API document:
 * pattern holds at most one "{id}". */
struct api_route {
	const char *method, *pattern;
	enum {
		API_OPEN,
		API_OPERATOR,
		API_REGISTERED
	} access;
	void (*run)(struct agent *a, int conn, struct slice id,
		    const struct http_msg *req, struct serve_response *res);
};
extern const struct api_route api_routes[];
extern const size_t api_nroutes;
#endif
