/* job.h - what a job is written against. A job is one process with one venue,
 * one pair and one set of credentials. It sees the agent through this header
 * only: it reports its ticks, is asked for snapshots, and is told to stop.
 *
 * A job type is an entry of job_types: a pure check of its parameters, which
 * the agent calls before it accepts a job, and a function that runs the job in
 * its own process. */
#ifndef GUEST_JOBS_JOB_H
#define GUEST_JOBS_JOB_H

#include <bearssl.h> /* br_prng_class */

#include "jobs/wire.h"
#include "lib/json.h"

struct job;
/* Errors: any; the snapshot is then not sent and the job goes on. */
typedef enum err job_snapshot_fn(void *state, struct job_snapshot *out);

/* The running job. The fields up to the line are for reading; `snapshot` and
 * `state` are set by the job type before its first job_wait. */
struct job {
	struct job_start start;
	struct json parameters;       /* start.parameters, already checked */
	const br_prng_class **rng;    /* seeded from the system */
	int64_t (*now_ms)(void *ctx); /* Unix milliseconds */
	void *clock_ctx;
	bool stop; /* the agent wants the job to end, orderly */
	job_snapshot_fn *snapshot;
	void *state;
	/* ---- jobs/job.c only */
	int agent;
	struct job_status status;
	uint8_t in[LIMIT_JOB_FRAME], out[LIMIT_JOB_FRAME];
	size_t in_len;
	char error[LIMIT_JOB_ERROR + 1];
};

/* Waits until fd has one of `events` or the monotonic clock (mono_ms) reaches
 * deadline_ms, and serves the agent meanwhile: a job waits here only, for its
 * next tick (fd -1) and for its venue alike, so it can always be stopped and
 * asked. ERR_OK: fd is ready, or (fd -1) the job was asked to stop just now.
 * ERR_TIMEOUT: deadline. ERR_CLOSED, ERR_VALUE, ERR_IO: the agent is gone or
 * makes no sense; the job ends. It is told so once: later calls wait without
 * the agent, so that the job can leave its venue in order. */
MUST_CHECK enum err job_wait(struct job *j, int fd, short events,
			     int64_t deadline_ms);

/* Tells the agent how far the job is; call after each tick. The first call
 * makes the job "running". */
MUST_CHECK enum err job_tick(struct job *j, const struct job_status *s);

/* Why the job failed: a text of ours without secrets, for the job's status. The
 * first one counts. Printable ASCII; cut at LIMIT_JOB_ERROR. */
void job_fail(struct job *j, const char *text);

/* Runs until j->stop, the job's own end, or a failure; cancels what it left
 * open at the venue in all three cases. ERR_OK: the job is "stopped";
 * else "failed", with job_fail's text or the error's own. */
typedef enum err job_run_fn(struct job *j);

/* ERR_OK when the parameters (a JSON object) are complete and right for the
 * pair. Else *key names the member that is wrong or unknown: static, or inside
 * the document. Pure. */
typedef enum err job_check_fn(struct json parameters, const char **key);

struct job_type {
	const char *name; /* job_type in the start request */
	job_check_fn *check;
	job_run_fn *run;
};

/* All types, ended by a NULL name. */
extern const struct job_type job_types[];

/* NULL when there is none of that name in the table. */
const struct job_type *job_type_find(const struct job_type *table,
				     struct slice name);

/* Reads START from the agent, runs the job, sends its last snapshot and END.
 * Returns the exit status. `types` is job_types except in tests. */
int job_serve(int agent, const struct job_type *types);

/* Declared here, defined in jobs/market_making. */
job_check_fn market_making_check;
job_run_fn market_making_run;
#endif
