/* plane.h - the control plane as one object: what it knows and what its HTTP
 * API decides. Time and randomness are arguments, so that every decision can be
 * reproduced; the sockets are in main.c. */
#ifndef HOST_PLANE_PLANE_H
#define HOST_PLANE_PLANE_H

#include "host-launcher/plane/judge.h"
#include "host-launcher/plane/recheck.h"
#include "host-launcher/plane/rules.h"
#include "host-launcher/plane/store.h"
#include "lib/serve.h"
#include "measure/lib/ita.h"

enum {
	PLANE_JSON_ARENA = 512 * 1024,
	PLANE_NONCE_KEEP_S = 24 * 3600, /* after its end: to tell 003 and 004 */
	REQUEST_ID_LEN = 16             /* hex characters */
};

/* What has happened since the start, for /metrics: names and meanings are
 * easyenclave's. */
struct plane_counts {
	uint64_t accepted, conflicts, rejected[REASON_WARN_NONCE + 1];
	uint64_t nonces_issued, nonces_consumed, nonces_expired;
};

struct attempt;

struct plane {
	struct store *store;
	uint8_t admin_sha256[SHA256_LEN]; /* of the admin token */
	const br_prng_class **rng;
	int64_t (*now_ms)(void *ctx); /* Unix time */
	void *clock_ctx;

	/* What quotes are judged by (judge.h). */
	struct trust_roots roots;
	struct bundles collateral;
	struct judge_chains chains;
	struct rules rules;

	/* By whom tokens are judged, but the policy; NULL: none are. */
	const struct ita_verifier *ita;
	/* Asks for a token for the attempt, which it copies; the answer goes to
	 * plane_settle. False: not now. NULL: never. */
	bool (*ask)(void *ctx, int conn, const struct attempt *a);
	void *ask_ctx;

	struct recheck recheck;

	/* Called once for each decision about a registration, or about an agent
	 * that was judged again and differently, after it was recorded (or
	 * could not be: REASON_INTERNAL); may be NULL. */
	void (*decided)(const struct audit *a, bool accepted);

	struct plane_counts counts;
	int64_t swept_s;      /* plane_tick's last time */
	struct policy policy; /* rules and trusted sets, for each quote */
	bool has_rtmrs[POLICY_MAX_SETS]; /* of policy.sets */
	uint8_t arena_mem[PLANE_JSON_ARENA];
};

/* To be called about once a minute: forgets old nonces, counts those that ran
 * out. ERR_IO. */
MUST_CHECK enum err plane_tick(struct plane *p);

/* GET /metrics, in metrics.c: Prometheus' text format. ERR_IO. */
MUST_CHECK enum err plane_metrics(struct plane *p, int64_t now_s,
				  struct wr *out);

/* serve_handler for the whole API; ctx is the struct plane. */
void plane_handle(void *ctx, int conn, const struct http_msg *req,
		  struct serve_response *res);

/* The routes, for the tests that compare them with openapi.json. */
struct plane_route {
	const char *method, *path; /* "{id}" stands for one segment */
	bool admin;
};
extern const struct plane_route plane_routes[];
extern const size_t plane_nroutes;

/* POST register, in register.c. Where the policy wants a token the answer is
 * put off (res->defer) until plane_settle. */
void plane_register(struct plane *p, int conn, const char *request_id,
		    struct slice body, struct serve_response *res);

/* The end of an attempt for which a token was asked at now_s: the token, or an
 * empty slice and why there is none. All is judged again, since time has passed
 * and other attempts have ended; the nonce is used up here or never. */
void plane_settle(struct attempt *a, struct slice token, const char *why,
		  int64_t now_s, struct serve_response *res);

/* Adds the trusted measurements of a reference file (measurements.json) to the
 * store: the entries that know RTMR1 and RTMR2, and what it revokes. An RTMR0
 * that is null is not compared, as everywhere (policy.h). All of it or, on an
 * error, nothing.
 * Errors: those of the file, *why naming the member that is wrong;
 * ERR_REFUSED when the file is well formed and yet not to be trusted: it is not
 * in force at now_s, older than the newest of its kind and rollback is not
 * allowed, revoked, or holds no set; *why is then a sentence, in out->text. */
struct plane_trusted {
	size_t sets, without_rtmr0;
	char text[REFERENCE_REASON];
};
struct plane_trust {
	int64_t now_s;
	bool allow_rollback;
};
MUST_CHECK enum err plane_trust_reference(struct store *s, struct arena *a,
					  struct slice in,
					  const struct plane_trust *how,
					  struct plane_trusted *out,
					  const char **why);
#endif
