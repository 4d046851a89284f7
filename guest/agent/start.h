/* start.h - the request that starts a job: what it must look like, its one
 * canonical form, and the credentials sealed inside it. */
#ifndef GUEST_AGENT_START_H
#define GUEST_AGENT_START_H

#include "jobs/job.h"
#include "lib/config.h"
#include "lib/hpke.h"

enum {
	START_CANONICAL_BYTES = LIMIT_JOB_PARAMS + 1024,
	/* {"api_key":..,"api_secret":..}, each byte escaped at worst */
	START_SEALED_BYTES = 8 * 1024,
};

struct start_request {
	char campaign_id[LIMIT_NAME_BYTES + 1];
	char exchange[LIMIT_NAME_BYTES + 1];
	char pair[LIMIT_NAME_BYTES + 1];
	const struct job_type *type;
	const struct config_venue *venue;
	char parameters[LIMIT_JOB_PARAMS + 1]; /* canonical */
	/* SHA-384 of the canonical request without "credentials": the report's
	 * inputs_sha384 and what the credentials are sealed to. */
	uint8_t sha384[SHA384_LEN];
	uint8_t enc[HPKE_ENC_LEN];
	uint8_t sealed[START_SEALED_BYTES]; /* ciphertext and tag */
	size_t sealed_len;
};

struct start_error {
	char field[80];      /* "pair", "parameters.orderAmount"; "" for all */
	const char *problem; /* a text of ours */
};

/* Parses and checks body. arena is working memory only.
 * Errors: those of json_parse, ERR_MISSING, ERR_UNKNOWN, ERR_VALUE,
 * ERR_LIMIT; `why` then names the field. */
MUST_CHECK enum err start_parse(struct arena *a, struct slice body,
				const struct config *cfg,
				const struct job_type *types,
				struct start_request *out,
				struct start_error *why);

/* "XRP/ETH": two assets of 1 to 20 characters A-Z 0-9. */
bool pair_ok(struct slice s);

/* Opens the credentials: api_key and api_secret, 1 to LIMIT_CREDENTIAL_BYTES
 * printable ASCII characters each, into `out`. Everything else that held them
 * is wiped: `mem` is working memory. ERR_SIGNATURE: not sealed to this key
 * for this request; ERR_VALUE: opened, but not what proto.h says. */
MUST_CHECK enum err start_unseal(const struct start_request *r,
				 const struct hpke_key *key, void *mem,
				 size_t mem_len, struct job_start *out);
#endif
