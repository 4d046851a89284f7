/* judge.h - what the control plane thinks of a quote now: with the collateral
 * of its platform, the rules of the operator's policy and the images that are
 * trusted. For registrations, and to judge stored quotes again. */
#ifndef HOST_PLANE_JUDGE_H
#define HOST_PLANE_JUDGE_H

#include "host-launcher/plane/bundles.h"

struct plane;

enum {
	JUDGE_CHAINS = 64,        /* PCK chains that are remembered */
	JUDGE_RECORD = 16 * 1024, /* bytes of a verdict's record */
	JUDGE_RULES = 1024        /* and of judge_rules */
};

/* The PCK chains of the platforms that were seen last. A chain gets in only
 * once its signatures were found right, so strangers push none out. */
struct judge_chains {
	struct {
		uint8_t key[16]; /* quote_platform's */
		uint64_t used;   /* 0: free; else when, counted in quotes */
		struct chain_cache cache;
	} at[JUDGE_CHAINS];
	uint64_t clock;
};

/* The quote's verdict at now_s, whichever verifier the policy names. *with
 * receives the bundle that it was reached with, or NULL; it is good until the
 * next reload. Without collateral for the platform the refusal (018) says which
 * command gets it. REPORTDATA and RTMR3 are the caller's business, as with
 * verify_quote. ERR_IO: the trusted set cannot be read; *out is then a refusal
 * (019). */
MUST_CHECK enum err judge_quote(struct plane *p, struct slice quote,
				int64_t now_s, struct verdict *out,
				const struct bundle **with);

/* Before a service is asked about a quote, without any collateral: refuses in
 * *out what no platform under a trusted root has signed (verify_origin), a
 * simulated one where the policy allows none, and an image that is not trusted.
 * So a stranger who wants it asked needs a TD of such an image, on a platform
 * of Intel's. ERR_IO as above. */
MUST_CHECK enum err judge_claim(struct plane *p, struct slice quote,
				int64_t now_s, struct verdict *out);

/* Whether the rules want a token of Intel Trust Authority. */
bool judge_needs_token(const struct plane *p);

/* The verdict with such a token, by the policy's verifier (decide.h): the
 * token's, or of both. The token must be of that very quote, and where it is
 * alone the quote is looked at as by judge_claim, as it says whether the
 * platform is simulated. With p->ita NULL or without keys it is refused (018).
 * Else as judge_quote. */
MUST_CHECK enum err judge_with_token(struct plane *p, struct slice quote,
				     struct slice token, int64_t now_s,
				     struct verdict *out,
				     const struct bundle **with);

/* An agent that a token admitted, judged again as far as that can be done
 * without one: who signed its quote, the images that are trusted now and the
 * rules of now, with the TCB status of then. Where it refuses, so it would a
 * token that says the same today. ERR_IO as above. */
MUST_CHECK enum err judge_standing(struct plane *p, struct slice quote,
				   enum tcb_status status, int64_t now_s,
				   struct verdict *out);

/* The record of a verdict that is kept with its inputs, canonical JSON:
 *   {"collateral_sha256":hex or null,"policy_sha256":hex or null,
 *    "verdict":{as verdict_write's}} */
void judge_record(const struct plane *p, const struct verdict *v,
		  const struct bundle *with, struct wr *out);

/* The inputs themselves; good as long as `with`. */
struct store_inputs judge_inputs(const struct plane *p,
				 const struct bundle *with);

/* What was asked of quotes, for the audit: canonical JSON. A summary; the file
 * with policy_sha256 has it all. */
void judge_rules(const struct plane *p, struct wr *out);
#endif
