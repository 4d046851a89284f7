/* attempt.h - one attempt to register, from its bytes to its verdict: what
 * register.c decides about and attempt.c reads. */
#ifndef HOST_PLANE_ATTEMPT_H
#define HOST_PLANE_ATTEMPT_H

#include "host-launcher/plane/plane.h"
#include "lib/reportdata.h"

struct attempt {
	struct plane *p;
	const char *request_id;
	int64_t now_s;

	char vm_name[LIMIT_NAME_BYTES + 1];
	char node_size[33], datacenter[LIMIT_NAME_BYTES + 1], version[33];
	uint8_t nonce[NONCE_LEN], nonce_hash[SHA256_LEN];
	bool has_nonce, replayed;
	struct binding binding;
	uint8_t quote_mem[LIMIT_QUOTE_BYTES];
	struct slice quote, quote_b64;

	struct verdict verdict;    /* reason and detail: the refusal so far */
	const struct bundle *with; /* that it was reached with, or NULL */
	uint8_t record[JUDGE_RECORD]; /* the verdict's, for the audit */
	uint8_t asked[JUDGE_RULES];   /* the rules', for the audit */
};

/* After a refusal nothing more is checked: each check asks first. */
static inline bool attempt_refused(const struct attempt *a)
{
	return a->verdict.reason != REASON_OK;
}

static inline void attempt_refuse(struct attempt *a, enum reason r,
				  const char *detail)
{
	verdict_refuse(&a->verdict, r, "%s", detail);
}

/* Reads the request's members, checks their form and that the nonce was issued
 * to this name: reasons 001 to 003, 006, 012, and 005 for a binding without
 * form. That the nonce was used before is told in a->replayed only. */
void attempt_read(struct attempt *a, struct slice body);
#endif
