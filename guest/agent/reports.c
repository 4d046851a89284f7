#include "agent/reports.h"

#include <string.h>

/* What a verifier needs to know of a job's state: it goes on, or how it ended.
 */
static const char *outcome(enum job_state s)
{
	if (s == JOB_STOPPED || s == JOB_FAILED)
		return job_state_name(s);
	return job_state_name(JOB_RUNNING);
}

enum err reports_sign(struct reports *s, const struct report_origin *from,
		      const struct job_record *r, struct wr *out)
{
	uint8_t digest[SHA384_LEN];
	struct report_fields f = {
		.agent_id = from->agent_id,
		.campaign_id = r->campaign_id,
		.exchange = r->exchange,
		.job_id = r->job_id,
		.job_type = r->job_type,
		.pair = r->pair,
		.status = outcome(r->state),
		.vm_name = from->vm_name,
		.time_source = from->time_source,
		.provider = from->provider,
		.sequence = s->sequence + 1,
		.time_bound_ms = from->time_bound_ms,
		.from_ms = r->snapshot.from_ms,
		.to_ms = r->snapshot.to_ms,
		.simulated = from->simulated,
		.metrics = r->snapshot.metrics,
		.binding = from->binding,
		.quote = from->quote,
	};
	enum err e;

	memcpy(f.previous_sha384, s->previous_sha384, SHA384_LEN);
	memcpy(f.inputs_sha384, r->inputs_sha384, SHA384_LEN);
	memcpy(f.outputs_sha384, r->snapshot.outputs_sha384, SHA384_LEN);
	e = report_write(&f, from->key, out, digest);
	if (e != ERR_OK)
		return e;
	s->sequence++;
	memcpy(s->previous_sha384, digest, SHA384_LEN);
	return ERR_OK;
}
