/* jobs.h - the table of jobs: what runs, what has ended, and how. It decides;
 * processes, sockets, signatures and answers are the caller's, through struct
 * jobs_ops, so that every transition can be tested without them.
 *
 *   starting -> running -> stopping -> stopped
 *       \----------\-----------\-----> failed
 *
 * A job has a process slot until its process has been reaped. Its record stays,
 * with its last report, until its place is needed. */
#ifndef GUEST_AGENT_JOBS_H
#define GUEST_AGENT_JOBS_H

#include "agent/start.h"
#include "jobs/wire.h"
#include "lib/json.h"
#include "lib/limit.h"
#include "sys/console.h"

enum {
	JOBS_RECORDS = 8, /* more than LIMIT_JOBS: so one is always free */
	JOBS_WAITERS = LIMIT_API_CONNS,
	JOBS_START_MS = 60 * 1000,  /* to the first tick, or it is killed */
	JOBS_STOP_MS = 30 * 1000,   /* to end after a stop, or it is killed */
	JOBS_EXIT_MS = 10 * 1000,   /* from its last word to its process' end */
	JOBS_REPORT_MS = 10 * 1000, /* to answer, or the last snapshot is
				       used */
	JOBS_SNAPSHOT_MS = 5 * 1000, /* how old the last snapshot may get: what
					a killed job's report can miss */
};

enum job_state {
	JOB_FREE,
	JOB_STARTING,
	JOB_RUNNING,
	JOB_STOPPING,
	JOB_STOPPED,
	JOB_FAILED,
};

/* Two clocks: deadlines are measured by the one that never jumps. */
struct moment {
	int64_t mono_ms, unix_ms;
};

struct job_record {
	enum job_state state;
	int slot; /* 0 .. LIMIT_JOBS - 1, or -1 */
	bool connected;
	char job_id[LIMIT_NAME_BYTES + 1];
	char job_type[LIMIT_NAME_BYTES + 1];
	char campaign_id[LIMIT_NAME_BYTES + 1];
	char exchange[LIMIT_NAME_BYTES + 1];
	char pair[LIMIT_NAME_BYTES + 1];
	uint8_t inputs_sha384[SHA384_LEN];
	int64_t started_ms, stopped_ms; /* Unix; stopped_ms 0: not yet */
	struct job_status status;
	struct job_snapshot snapshot; /* metrics point into metrics[] */
	uint8_t metrics[LIMIT_JOB_METRICS];
	struct job_end end;
	bool ended;  /* END was received */
	bool killed; /* and its end is awaited; nothing it says counts */
	char error[LIMIT_JOB_ERROR + 1];
	int64_t deadline_ms; /* then it is killed */
	int64_t ask_ms;      /* then a snapshot is asked for */
	int waiters[JOBS_WAITERS];
	size_t nwaiters;
	int64_t report_due_ms;
	uint8_t report[LIMIT_REPORT_BYTES];
	size_t report_len; /* 0: none */
};

struct jobs_ops {
	/* A process for the slot; jobs_spawned follows. */
	enum err (*spawn)(void *ctx, int slot);
	void (*kill)(void *ctx, int slot); /* jobs_exited follows */
	/* Whole frame to the job, or an error: it is then killed. */
	enum err (*send)(void *ctx, int slot, struct slice frame);
	/* Signs a report of the job as it stands. */
	enum err (*sign)(void *ctx, const struct job_record *r, struct wr *out);
	/* Answers a waiting connection: status 200 with the report, or 500. */
	void (*answer)(void *ctx, int conn, int status, struct slice report);
	void (*log)(void *ctx, enum console_line line, const char *name,
		    int64_t number);
};

struct jobs {
	const struct jobs_ops *ops;
	void *ctx;
	struct job_start *starts; /* LIMIT_JOBS; secrets, the owner's */
	struct job_record records[JOBS_RECORDS];
	struct job_slot {
		struct job_record *record; /* NULL: free */
		size_t in_len;
		uint8_t in[LIMIT_JOB_FRAME];
	} slots[LIMIT_JOBS];
	uint8_t scratch[64 * 1024]; /* a job's metrics, parsed */
};

void jobs_init(struct jobs *t, const struct jobs_ops *ops, void *ctx,
	       struct job_start *starts);

/* A new job; its credentials have been put into t->starts[*slot] by the caller
 * between jobs_slot and jobs_start. ERR_DUPLICATE: campaign, exchange and pair
 * of a job that has not ended; ERR_SPACE: no slot. */
MUST_CHECK enum err jobs_slot(const struct jobs *t,
			      const struct start_request *r, int *slot);
/* job_id is new. On failure the credentials are wiped. */
MUST_CHECK enum err jobs_start(struct jobs *t, struct moment now, int slot,
			       const struct start_request *r,
			       const char *job_id, struct job_record **out);

/* NULL: no such job. */
struct job_record *jobs_find(struct jobs *t, struct slice job_id);

/* ERR_STATE: it has ended already. Again while it stops: nothing happens. */
MUST_CHECK enum err jobs_stop(struct jobs *t, struct moment now,
			      struct job_record *r);

/* Asks for a report: ERR_OK when it is in r->report now (the job has ended);
 * ERR_AGAIN: ops.answer will bring it to conn; ERR_STATE: nothing to report
 * yet; ERR_SPACE: too many wait. */
MUST_CHECK enum err jobs_report(struct jobs *t, struct moment now,
				struct job_record *r, int conn);

/* What happened to a slot. Input: n bytes have been added at in[in_len]. */
void jobs_spawned(struct jobs *t, struct moment now, int slot, enum err e);
void jobs_input(struct jobs *t, struct moment now, int slot, size_t n);
/* The job's end of the socket is closed: its process is about to end. */
void jobs_closed(struct jobs *t, struct moment now, int slot);
void jobs_exited(struct jobs *t, struct moment now, int slot, int wait_status);

void jobs_tick(struct jobs *t, struct moment now); /* deadlines */
int64_t jobs_deadline_ms(const struct jobs *t);
bool jobs_running(const struct jobs *t); /* is any job not ended? */

const char *job_state_name(enum job_state s);
void job_status_write(struct jw *j, const struct job_record *r);
#endif
