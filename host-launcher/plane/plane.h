/* plane.h - the control plane as one object: what it knows and what its HTTP
 * API decides. Time and randomness are arguments, so that every decision can be
 * reproduced; the sockets are in main.c. */
#ifndef HOST_PLANE_PLANE_H
#define HOST_PLANE_PLANE_H

#include "host-launcher/plane/store.h"
#include "lib/serve.h"
#include "measure/lib/verify.h"

enum {
	PLANE_COLLATERALS_MAX = 8,
	PLANE_OPEN_NONCES_MAX = 20000, /* then challenges are refused (429) */
	PLANE_JSON_ARENA = 512 * 1024,
	REQUEST_ID_LEN = 16 /* hex characters */
};

struct plane {
	struct store *store;
	uint8_t admin_sha256[SHA256_LEN]; /* of the admin token */
	const br_prng_class **rng;
	int64_t (*now_ms)(void *ctx); /* Unix time */
	void *clock_ctx;

	struct trust_roots roots;
	const struct collateral *collaterals[PLANE_COLLATERALS_MAX];
	size_t ncollaterals;
	struct chain_cache chain;

	struct policy policy; /* filled from the store for each request */
	bool has_rtmrs[POLICY_MAX_SETS]; /* of policy.sets */
	uint8_t arena_mem[PLANE_JSON_ARENA];
};

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

/* POST register, in register.c. */
void plane_register(struct plane *p, const char *request_id, struct slice body,
		    struct serve_response *res);

/* Adds the trusted measurements of a reference file (measurements.json) to the
 * store. *n receives how many sets have all registers and were added; *what
 * names the member that is wrong. */
MUST_CHECK enum err plane_trust_reference(struct store *s, struct arena *a,
					  struct slice in, int64_t now_s,
					  size_t *n, const char **what);
#endif
