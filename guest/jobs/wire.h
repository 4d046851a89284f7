/* wire.h - the messages between the agent and a job's process, over a
 * SOCK_STREAM pair. A frame is u32le length (of what follows), u8 type, body;
 * strings are u16le length and bytes. Fixed layouts, because the agent reads
 * what a process wrote that talks to a venue: it is not believed.
 *
 *   agent -> job   JOB_START (once, first), JOB_STOP, JOB_REPORT
 *   job -> agent   JOB_STATUS, JOB_SNAPSHOT (answers each JOB_REPORT, and once
 *                  before the end), JOB_END (once, last) */
#ifndef GUEST_JOBS_WIRE_H
#define GUEST_JOBS_WIRE_H

#include "lib/digest.h"
#include "lib/limit.h"

enum job_frame_type {
	JOB_START = 1,
	JOB_STOP,
	JOB_REPORT,
	JOB_STATUS,
	JOB_SNAPSHOT,
	JOB_END,
};

/* Everything that a job is told. Holds secrets: wipe it. */
struct job_start {
	char job_id[LIMIT_NAME_BYTES + 1];
	char job_type[LIMIT_NAME_BYTES + 1];
	char campaign_id[LIMIT_NAME_BYTES + 1];
	char exchange[LIMIT_NAME_BYTES + 1]; /* the venue's name */
	char pair[LIMIT_NAME_BYTES + 1];     /* "BASE/QUOTE" */
	char venue_url[LIMIT_URL_BYTES + 1];
	char venue_ca[LIMIT_PEM_BYTES];
	char api_key[LIMIT_CREDENTIAL_BYTES + 1];
	char api_secret[LIMIT_CREDENTIAL_BYTES + 1];
	char parameters[LIMIT_JOB_PARAMS + 1]; /* canonical JSON object */
};

struct job_status {
	uint64_t tick_count;
	int64_t last_tick_ms; /* Unix milliseconds; 0: none yet */
	uint32_t open_orders;
	uint64_t intents_done, intents_failed; /* finished order intents */
};

/* What has happened since the job began. Filled by the job type's snapshot
 * function; metrics points into memory that lives until the next call. */
struct job_snapshot {
	int64_t from_ms, to_ms;             /* window, Unix milliseconds */
	uint8_t outputs_sha384[SHA384_LEN]; /* canonical own trades */
	struct slice metrics; /* canonical JSON object, LIMIT_JOB_METRICS */
};

struct job_end {
	bool failed;
	char error[LIMIT_JOB_ERROR + 1]; /* printable ASCII, "" when not */
};

/* Writers: one whole frame each. ERR_SPACE ends up in the writer. */
void job_write_start(struct wr *w, const struct job_start *s);
void job_write_plain(struct wr *w, enum job_frame_type t); /* STOP, REPORT */
void job_write_status(struct wr *w, const struct job_status *s);
void job_write_snapshot(struct wr *w, const struct job_snapshot *s);
void job_write_end(struct wr *w, const struct job_end *e);

/* The first frame in buf: *type, its body and how many bytes it took.
 * ERR_AGAIN: more bytes are needed. ERR_LIMIT, ERR_VALUE: not a frame. */
MUST_CHECK enum err job_frame(struct slice buf, enum job_frame_type *type,
			      struct slice *body, size_t *used);

/* Body readers. ERR_TRUNC, ERR_EXTRA, ERR_LIMIT, ERR_VALUE (names, NUL bytes,
 * times outside 1970..9999, unprintable text). */
MUST_CHECK enum err job_read_start(struct slice body, struct job_start *out);
MUST_CHECK enum err job_read_status(struct slice body, struct job_status *out);
/* out->metrics points into body; that it is canonical JSON is not checked. */
MUST_CHECK enum err job_read_snapshot(struct slice body,
				      struct job_snapshot *out);
MUST_CHECK enum err job_read_end(struct slice body, struct job_end *out);
#endif
