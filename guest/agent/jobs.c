#include "agent/jobs.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

void jobs_init(struct jobs *t, const struct jobs_ops *ops, void *ctx,
	       struct job_start *starts)
{
	memset(t, 0, sizeof(*t));
	t->ops = ops;
	t->ctx = ctx;
	t->starts = starts;
}

static bool live(const struct job_record *r)
{
	return r->state == JOB_STARTING || r->state == JOB_RUNNING ||
	       r->state == JOB_STOPPING;
}

bool jobs_running(const struct jobs *t)
{
	for (size_t i = 0; i < JOBS_RECORDS; i++)
		if (live(&t->records[i]))
			return true;
	return false;
}

struct job_record *jobs_find(struct jobs *t, struct slice job_id)
{
	for (size_t i = 0; i < JOBS_RECORDS; i++)
		if (t->records[i].state != JOB_FREE &&
		    slice_is(job_id, t->records[i].job_id))
			return &t->records[i];
	return NULL;
}

/* ---- to the job */

static void fail(struct job_record *r, const char *why)
{
	if (r->error[0] == '\0')
		snprintf(r->error, sizeof(r->error), "%s", why);
}

static void kill_job(struct jobs *t, struct job_record *r, const char *why)
{
	fail(r, why);
	r->deadline_ms = r->ask_ms = INT64_MAX;
	if (!r->killed)
		t->ops->kill(t->ctx, r->slot);
	r->killed = true;
}

static void send_plain(struct jobs *t, struct job_record *r,
		       enum job_frame_type type)
{
	uint8_t buf[8];
	struct wr w = wr_over(buf, sizeof(buf));

	if (r->killed || r->ended || !r->connected)
		return; /* its process is about to end */
	job_write_plain(&w, type);
	if (t->ops->send(t->ctx, r->slot, wr_slice(&w)) != ERR_OK)
		kill_job(t, r, "the job does not read");
}

/* The credentials leave the agent here; the copy and the frame are wiped. */
static void send_start(struct jobs *t, struct job_record *r)
{
	struct job_start *s = &t->starts[r->slot];
	uint8_t buf[LIMIT_JOB_FRAME];
	struct wr w = wr_over(buf, sizeof(buf));
	enum err e;

	job_write_start(&w, s);
	e = wr_end(&w);
	if (e == ERR_OK)
		e = t->ops->send(t->ctx, r->slot, wr_slice(&w));
	wipe(buf, sizeof(buf));
	wipe(s, sizeof(*s));
	if (e != ERR_OK)
		kill_job(t, r, "the job could not be told what to do");
}

/* ---- reports */

static enum err sign(struct jobs *t, struct job_record *r)
{
	struct wr w = wr_over(r->report, sizeof(r->report));
	enum err e = t->ops->sign(t->ctx, r, &w);

	if (e == ERR_OK)
		e = wr_end(&w);
	r->report_len = e == ERR_OK ? w.len : 0;
	return e;
}

static void answer_waiters(struct jobs *t, struct job_record *r, enum err e)
{
	struct slice report = { r->report, r->report_len };

	for (size_t i = 0; i < r->nwaiters; i++)
		t->ops->answer(t->ctx, r->waiters[i], e == ERR_OK ? 200 : 500,
			       report);
	r->nwaiters = 0;
	r->report_due_ms = INT64_MAX;
}

enum err jobs_report(struct jobs *t, struct moment now, struct job_record *r,
		     int conn)
{
	if (!live(r))
		return r->report_len > 0 ? ERR_OK : ERR_STATE;
	if (r->state == JOB_STARTING)
		return ERR_STATE;
	if (r->nwaiters == JOBS_WAITERS)
		return ERR_SPACE;
	if (r->nwaiters == 0)
		r->report_due_ms = now.mono_ms + JOBS_REPORT_MS;
	r->waiters[r->nwaiters++] = conn;
	send_plain(t, r, JOB_REPORT);
	return ERR_AGAIN;
}

/* ---- start and stop */

enum err jobs_slot(const struct jobs *t, const struct start_request *r,
		   int *slot)
{
	for (size_t i = 0; i < JOBS_RECORDS; i++) {
		const struct job_record *o = &t->records[i];

		if (live(o) && strcmp(o->campaign_id, r->campaign_id) == 0 &&
		    strcmp(o->exchange, r->exchange) == 0 &&
		    strcmp(o->pair, r->pair) == 0)
			return ERR_DUPLICATE;
	}
	for (int i = 0; i < LIMIT_JOBS; i++)
		if (t->slots[i].record == NULL) {
			*slot = i;
			return ERR_OK;
		}
	return ERR_SPACE;
}

/* A free record, else that of the job that ended longest ago. */
static struct job_record *take_record(struct jobs *t)
{
	struct job_record *best = NULL;

	for (size_t i = 0; i < JOBS_RECORDS; i++) {
		struct job_record *r = &t->records[i];

		if (r->state == JOB_FREE)
			return r;
		if (r->slot < 0 &&
		    (best == NULL || r->stopped_ms < best->stopped_ms))
			best = r;
	}
	return best;
}

static void fill(struct job_record *r, struct moment now, int slot,
		 const struct start_request *q, const char *job_id)
{
	memset(r, 0, sizeof(*r));
	r->state = JOB_STARTING;
	r->slot = slot;
	snprintf(r->job_id, sizeof(r->job_id), "%s", job_id);
	snprintf(r->job_type, sizeof(r->job_type), "%s", q->type->name);
	memcpy(r->campaign_id, q->campaign_id, sizeof(r->campaign_id));
	memcpy(r->exchange, q->exchange, sizeof(r->exchange));
	memcpy(r->pair, q->pair, sizeof(r->pair));
	memcpy(r->inputs_sha384, q->sha384, SHA384_LEN);
	r->started_ms = now.unix_ms;
	r->deadline_ms = now.mono_ms + JOBS_START_MS;
	r->ask_ms = INT64_MAX;
	r->report_due_ms = INT64_MAX;
	/* Until the job says more: nothing was traded. */
	r->snapshot.from_ms = r->snapshot.to_ms = now.unix_ms;
	sha384(str_slice("[]"), r->snapshot.outputs_sha384);
	memcpy(r->metrics, "{}", 2);
	r->snapshot.metrics = (struct slice){ r->metrics, 2 };
}

static void fill_start(struct job_start *s, const struct job_record *r,
		       const struct start_request *q)
{
	memcpy(s->job_id, r->job_id, sizeof(s->job_id));
	memcpy(s->job_type, r->job_type, sizeof(s->job_type));
	memcpy(s->campaign_id, r->campaign_id, sizeof(s->campaign_id));
	memcpy(s->exchange, r->exchange, sizeof(s->exchange));
	memcpy(s->pair, r->pair, sizeof(s->pair));
	memcpy(s->venue_url, q->venue->url, sizeof(s->venue_url));
	memcpy(s->venue_ca, q->venue->ca_pem, sizeof(s->venue_ca));
	memcpy(s->parameters, q->parameters, sizeof(s->parameters));
}

enum err jobs_start(struct jobs *t, struct moment now, int slot,
		    const struct start_request *q, const char *job_id,
		    struct job_record **out)
{
	struct job_record *r = take_record(t);
	enum err e = r != NULL ? t->ops->spawn(t->ctx, slot) : ERR_SPACE;

	if (e != ERR_OK) {
		wipe(&t->starts[slot], sizeof(t->starts[slot]));
		return e;
	}
	fill(r, now, slot, q, job_id);
	fill_start(&t->starts[slot], r, q);
	t->slots[slot].record = r;
	t->slots[slot].in_len = 0;
	*out = r;
	return ERR_OK;
}

enum err jobs_stop(struct jobs *t, struct moment now, struct job_record *r)
{
	if (!live(r))
		return ERR_STATE;
	if (r->state == JOB_STOPPING)
		return ERR_OK;
	r->state = JOB_STOPPING;
	r->deadline_ms = now.mono_ms + JOBS_STOP_MS;
	send_plain(t, r, JOB_STOP);
	return ERR_OK;
}

/* ---- from the job */

/* The process is gone, or there never was one: the job is over. A job that said
 * how it ended is believed about that, unless the agent had to kill it. */
static void settle(struct jobs *t, struct moment now, struct job_record *r)
{
	bool failed = !r->ended || r->end.failed || r->error[0] != '\0';

	if (r->ended && r->end.failed)
		fail(r, r->end.error);
	if (failed)
		fail(r, "the job's process ended without a word");
	wipe(&t->starts[r->slot], sizeof(t->starts[r->slot]));
	t->slots[r->slot].record = NULL;
	r->slot = -1;
	r->connected = false;
	r->state = failed ? JOB_FAILED : JOB_STOPPED;
	r->stopped_ms = now.unix_ms;
	r->status.open_orders = failed ? r->status.open_orders : 0;
	r->deadline_ms = r->ask_ms = INT64_MAX;
	if (failed)
		t->ops->log(t->ctx, CONSOLE_JOB_FAILED, r->job_id, -1);
	else
		t->ops->log(t->ctx, CONSOLE_JOB_STOP, r->job_id,
			    (int64_t)r->status.tick_count);
	answer_waiters(t, r, sign(t, r));
}

void jobs_spawned(struct jobs *t, struct moment now, int slot, enum err e)
{
	struct job_record *r = t->slots[slot].record;

	if (r == NULL || r->connected)
		return; /* not asked for */
	if (e != ERR_OK) {
		fail(r, "no process for the job");
		settle(t, now, r);
		return;
	}
	r->connected = true;
	t->ops->log(t->ctx, CONSOLE_JOB_START, r->job_id, -1);
	send_start(t, r);
	if (r->state == JOB_STOPPING)
		send_plain(t, r, JOB_STOP);
}

static enum err on_status(struct moment now, struct job_record *r,
			  struct slice body)
{
	struct job_status s;
	enum err e = job_read_status(body, &s);

	if (e == ERR_OK && s.tick_count < r->status.tick_count)
		e = ERR_VALUE;
	if (e != ERR_OK)
		return e;
	r->status = s;
	if (r->state == JOB_STARTING) {
		r->state = JOB_RUNNING;
		r->deadline_ms = INT64_MAX;
		r->ask_ms = now.mono_ms + JOBS_SNAPSHOT_MS;
	}
	return ERR_OK;
}

/* What a job calls its metrics goes into a signed document: only an object in
 * canonical form does. */
static enum err check_metrics(struct jobs *t, struct slice m)
{
	uint8_t again[LIMIT_JOB_METRICS];
	struct wr w = wr_over(again, sizeof(again));
	struct arena a = arena_over(t->scratch, sizeof(t->scratch));
	struct json v;
	enum err e = json_parse(&a, m, &v);

	if (e != ERR_OK)
		return e;
	if (!json_is_object(v))
		return ERR_VALUE;
	json_write(&w, v);
	e = wr_end(&w);
	if (e == ERR_OK && !slice_eq(wr_slice(&w), m))
		e = ERR_VALUE;
	return e;
}

static enum err on_snapshot(struct jobs *t, struct job_record *r,
			    struct slice body)
{
	struct job_snapshot s;
	enum err e = job_read_snapshot(body, &s);

	if (e == ERR_OK)
		e = check_metrics(t, s.metrics);
	if (e != ERR_OK)
		return e;
	memcpy(r->metrics, s.metrics.ptr, s.metrics.len);
	r->snapshot = s;
	r->snapshot.metrics.ptr = r->metrics;
	if (r->nwaiters > 0)
		answer_waiters(t, r, sign(t, r));
	return ERR_OK;
}

static enum err on_frame(struct jobs *t, struct moment now,
			 struct job_record *r, enum job_frame_type type,
			 struct slice body)
{
	enum err e;

	if (r->ended)
		return ERR_STATE;
	switch (type) {
	case JOB_STATUS:
		return on_status(now, r, body);
	case JOB_SNAPSHOT:
		return on_snapshot(t, r, body);
	case JOB_END:
		e = job_read_end(body, &r->end);
		r->ended = e == ERR_OK;
		if (r->ended)
			r->deadline_ms = now.mono_ms + JOBS_EXIT_MS;
		return e;
	case JOB_START:
	case JOB_STOP:
	case JOB_REPORT:
		break;
	}
	return ERR_VALUE;
}

void jobs_input(struct jobs *t, struct moment now, int slot, size_t n)
{
	struct job_slot *s = &t->slots[slot];

	s->in_len += n;
	if (s->record == NULL || s->record->killed)
		s->in_len = 0; /* whatever else it says is not heard */
	while (s->in_len > 0) {
		enum job_frame_type type;
		struct slice body;
		size_t used;
		enum err e = job_frame((struct slice){ s->in, s->in_len },
				       &type, &body, &used);

		if (e == ERR_AGAIN)
			return;
		if (e == ERR_OK)
			e = on_frame(t, now, s->record, type, body);
		if (e != ERR_OK) {
			s->in_len = 0;
			kill_job(t, s->record, "the job broke its protocol");
			return;
		}
		memmove(s->in, s->in + used, s->in_len - used);
		s->in_len -= used;
	}
}

void jobs_closed(struct jobs *t, struct moment now, int slot)
{
	struct job_record *r = t->slots[slot].record;

	if (r == NULL || !r->connected)
		return;
	r->connected = false;
	r->ask_ms = INT64_MAX;
	if (!r->killed)
		r->deadline_ms = now.mono_ms + JOBS_EXIT_MS;
}

void jobs_exited(struct jobs *t, struct moment now, int slot, int wait_status)
{
	struct job_record *r = t->slots[slot].record;
	char why[LIMIT_JOB_ERROR];

	if (r == NULL)
		return;
	if (!r->ended && WIFSIGNALED(wait_status)) {
		snprintf(why, sizeof(why), "the job was killed by signal %d",
			 WTERMSIG(wait_status));
		fail(r, why);
	} else if (!r->ended) {
		snprintf(why, sizeof(why), "the job ended with status %d",
			 WEXITSTATUS(wait_status));
		fail(r, why);
	}
	settle(t, now, r);
}

/* ---- deadlines */

static const char *late(const struct job_record *r)
{
	if (r->ended || (!r->connected && r->state != JOB_STARTING))
		return "the job ended but its process did not";
	return r->state == JOB_STARTING ? "the job did not start in time"
					: "the job did not stop in time";
}

void jobs_tick(struct jobs *t, struct moment now)
{
	for (size_t i = 0; i < LIMIT_JOBS; i++) {
		struct job_record *r = t->slots[i].record;

		if (r == NULL)
			continue;
		if (now.mono_ms >= r->report_due_ms)
			answer_waiters(t, r, sign(t, r));
		if (now.mono_ms >= r->ask_ms) {
			r->ask_ms = now.mono_ms + JOBS_SNAPSHOT_MS;
			send_plain(t, r, JOB_REPORT);
		}
		if (now.mono_ms >= r->deadline_ms)
			kill_job(t, r, late(r));
	}
}

int64_t jobs_deadline_ms(const struct jobs *t)
{
	int64_t d = INT64_MAX;

	for (size_t i = 0; i < LIMIT_JOBS; i++) {
		const struct job_record *r = t->slots[i].record;

		if (r == NULL)
			continue;
		d = r->report_due_ms < d ? r->report_due_ms : d;
		d = r->ask_ms < d ? r->ask_ms : d;
		d = r->deadline_ms < d ? r->deadline_ms : d;
	}
	return d;
}
