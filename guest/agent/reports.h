/* reports.h - signs what jobs did, one chain for the whole agent: every report
 * carries the next sequence number and the digest of the one before, so that
 * none can be left out of the row unseen. */
#ifndef GUEST_AGENT_REPORTS_H
#define GUEST_AGENT_REPORTS_H

#include "agent/jobs.h"
#include "lib/report.h"

struct reports {
	uint64_t sequence;                   /* of the last one; 0: none yet */
	uint8_t previous_sha384[SHA384_LEN]; /* its digest, or zeros */
};

/* What a report says about the agent: the registration that stands behind its
 * signature. */
struct report_origin {
	const char *agent_id, *vm_name, *provider, *time_source;
	uint64_t time_bound_ms;
	bool simulated;
	const struct binding *binding;
	struct slice quote;
	const struct p256_key *key;
};

/* Signs the job's report into out; the chain moves on only on ERR_OK. */
MUST_CHECK enum err reports_sign(struct reports *s,
				 const struct report_origin *from,
				 const struct job_record *r, struct wr *out);
#endif
