/* What a job writes to the agent: the input, in pieces whose sizes come from
 * its own bytes. Whatever it is, the table stays sound, and what would be
 * signed is canonical. */
#include <stdlib.h>
#include <string.h>

#include "agent/jobs.h"

static struct jobs jobs;
static struct job_start starts[LIMIT_JOBS];
static int kills;

static enum err op_spawn(void *ctx, int slot)
{
	(void)ctx, (void)slot;
	return ERR_OK;
}

static void op_kill(void *ctx, int slot)
{
	(void)ctx, (void)slot;
	kills++;
}

static enum err op_send(void *ctx, int slot, struct slice frame)
{
	(void)ctx, (void)slot, (void)frame;
	return ERR_OK;
}

static void must(bool cond)
{
	if (!cond)
		abort();
}

static enum err op_sign(void *ctx, const struct job_record *r, struct wr *out)
{
	static uint8_t mem[64 * 1024], again[LIMIT_JOB_METRICS];
	struct arena a = arena_over(mem, sizeof(mem));
	struct wr w = wr_over(again, sizeof(again));
	struct json v;

	(void)ctx;
	must(json_parse(&a, r->snapshot.metrics, &v) == ERR_OK);
	must(json_is_object(v));
	json_write(&w, v);
	must(wr_end(&w) == ERR_OK);
	must(slice_eq(wr_slice(&w), r->snapshot.metrics));
	must(r->snapshot.from_ms <= r->snapshot.to_ms);
	wr_str(out, "{}");
	return ERR_OK;
}

static void op_answer(void *ctx, int conn, int status, struct slice report)
{
	(void)ctx, (void)conn, (void)report;
	must(status == 200);
}

static void op_log(void *ctx, enum console_line line, const char *name,
		   int64_t number)
{
	(void)ctx, (void)line, (void)name, (void)number;
}

static const struct jobs_ops ops = { op_spawn, op_kill,   op_send,
				     op_sign,  op_answer, op_log };

/* The status as the API shows it must be JSON, whatever was sent. */
static void check_status(const struct job_record *r)
{
	char buf[2048];
	struct wr w = wr_over(buf, sizeof(buf));
	struct jw j;

	jw_init(&j, &w);
	job_status_write(&j, r);
	must(jw_end(&j) == ERR_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct job_type type = { "fuzz", NULL, NULL };
	static const struct config_venue venue = { .name = "v" };
	static struct start_request q = { .campaign_id = "c",
					  .exchange = "v",
					  .pair = "A/B",
					  .parameters = "{}",
					  .type = &type,
					  .venue = &venue };
	struct moment now = { 1000, 1767323045000 };
	struct job_slot *s = &jobs.slots[0];
	struct job_record *r;

	kills = 0;
	jobs_init(&jobs, &ops, NULL, starts);
	must(jobs_start(&jobs, now, 0, &q, "job-1", &r) == ERR_OK);
	jobs_spawned(&jobs, now, 0, ERR_OK);
	while (len > 0) {
		size_t room = sizeof(s->in) - s->in_len;
		size_t n = (size_t)data[0] * 8 + 1;

		n = n < len ? n : len;
		n = n < room ? n : room;
		memcpy(s->in + s->in_len, data, n);
		jobs_input(&jobs, now, 0, n);
		must(s->in_len < sizeof(s->in));
		check_status(r);
		data += n;
		len -= n;
		if (r->state == JOB_RUNNING)
			must(jobs_report(&jobs, now, r, 1) == ERR_AGAIN ||
			     r->nwaiters == JOBS_WAITERS);
	}
	must(kills <= 1);
	jobs_exited(&jobs, now, 0, 0);
	must(r->state == JOB_STOPPED || r->state == JOB_FAILED);
	must(r->report_len == 2 && r->nwaiters == 0);
	check_status(r);
	return 0;
}
