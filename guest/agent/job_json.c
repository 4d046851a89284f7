#include "agent/jobs.h"
#include "lib/text.h"

const char *job_state_name(enum job_state s)
{
	static const char *const names[] = {
		[JOB_FREE] = "free",       [JOB_STARTING] = "starting",
		[JOB_RUNNING] = "running", [JOB_STOPPING] = "stopping",
		[JOB_STOPPED] = "stopped", [JOB_FAILED] = "failed",
	};

	return names[s];
}

static void write_time(struct jw *j, const char *key, int64_t unix_ms)
{
	char t[RFC3339_LEN + 1];

	jw_key(j, key);
	if (unix_ms == 0) {
		jw_null(j);
		return;
	}
	rfc3339_format(unix_ms, t);
	jw_str(j, t);
}

void job_status_write(struct jw *j, const struct job_record *r)
{
	jw_open(j, '{');
	jw_kstr(j, "campaign_id", r->campaign_id);
	jw_key(j, "error");
	if (r->error[0] != '\0')
		jw_str(j, r->error);
	else
		jw_null(j);
	jw_kstr(j, "exchange", r->exchange);
	jw_ki64(j, "intents_done", (int64_t)r->status.intents_done);
	jw_ki64(j, "intents_failed", (int64_t)r->status.intents_failed);
	jw_kstr(j, "job_id", r->job_id);
	write_time(j, "last_tick_at", r->status.last_tick_ms);
	jw_ki64(j, "open_orders", r->status.open_orders);
	jw_kstr(j, "pair", r->pair);
	write_time(j, "started_at", r->started_ms);
	jw_kstr(j, "status", job_state_name(r->state));
	write_time(j, "stopped_at", r->stopped_ms);
	jw_ki64(j, "tick_count", (int64_t)r->status.tick_count);
	jw_close(j);
}
