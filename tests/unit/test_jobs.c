/* The table of jobs: every transition, with the process, its socket, the
 * signature and the clock scripted. Frames are written by wire.c, whose bytes
 * test_job_wire checks. */
#include <signal.h>

#include "agent/jobs.h"
#include "tests/tap.h"

static struct jobs jobs;
static struct job_start starts[LIMIT_JOBS];
static struct start_request req;
static struct config_venue venue = { .name = "paper",
				     .url = "https://10.0.2.2:9443",
				     .ca_pem = "PEM" };
static const struct job_type type = { "test", NULL, NULL };

/* ---- the scripted world: what was asked of it, as text */

static char did[4096];
static bool spawn_fails, sign_fails, send_fails;
static struct job_start told; /* the last START that a job received */

static void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void note(const char *fmt, ...)
{
	size_t n = strlen(did);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(did + n, sizeof(did) - n, fmt, ap);
	va_end(ap);
}

static bool happened(const char *want)
{
	bool same = strcmp(did, want) == 0;

	if (!same)
		printf("#   happened: %s\n#   wanted:   %s\n", did, want);
	did[0] = '\0';
	return same;
}

static enum err op_spawn(void *ctx, int slot)
{
	(void)ctx;
	note("spawn %d;", slot);
	return spawn_fails ? ERR_IO : ERR_OK;
}

static void op_kill(void *ctx, int slot)
{
	(void)ctx;
	note("kill %d;", slot);
}

static enum err op_send(void *ctx, int slot, struct slice frame)
{
	static const char *const names[] = { "?", "START", "STOP", "REPORT" };
	enum job_frame_type t;
	struct slice body;
	size_t used;

	(void)ctx;
	if (job_frame(frame, &t, &body, &used) != ERR_OK || t > JOB_REPORT)
		_exit(99);
	note("%s %d;", names[t], slot);
	if (t == JOB_START && job_read_start(body, &told) != ERR_OK)
		_exit(98);
	return send_fails ? ERR_AGAIN : ERR_OK;
}

static enum err op_sign(void *ctx, const struct job_record *r, struct wr *out)
{
	(void)ctx;
	if (sign_fails)
		return ERR_STATE;
	wr_fmt(out, "[%s %lld %.*s]", job_state_name(r->state),
	       (long long)r->snapshot.to_ms, (int)r->snapshot.metrics.len,
	       (const char *)r->snapshot.metrics.ptr);
	return ERR_OK;
}

static void op_answer(void *ctx, int conn, int status, struct slice report)
{
	(void)ctx;
	note("answer %d %d %.*s;", conn, status, (int)report.len,
	     (const char *)report.ptr);
}

static void op_log(void *ctx, enum console_line line, const char *name,
		   int64_t number)
{
	static const char *const names[] = {
#define X(n, text) [CONSOLE_##n] = #n,
		CONSOLE_LIST(X)
#undef X
	};

	(void)ctx;
	note("%s %s %lld;", names[line], name, (long long)number);
}

static const struct jobs_ops ops = { op_spawn, op_kill,   op_send,
				     op_sign,  op_answer, op_log };

/* ---- short forms */

static struct moment at(int64_t ms)
{
	return (struct moment){ .mono_ms = ms, .unix_ms = 1000000 + ms };
}

static void set_up(void)
{
	jobs_init(&jobs, &ops, NULL, starts);
	memset(&req, 0, sizeof(req));
	strcpy(req.campaign_id, "c");
	strcpy(req.exchange, "paper");
	strcpy(req.pair, "XRP/ETH");
	strcpy(req.parameters, "{}");
	req.type = &type;
	req.venue = &venue;
	spawn_fails = sign_fails = send_fails = false;
	did[0] = '\0';
}

static struct job_record *start(int64_t ms, const char *id)
{
	struct job_record *r = NULL;
	int slot = -1;

	if (jobs_slot(&jobs, &req, &slot) != ERR_OK)
		return NULL;
	strcpy(starts[slot].api_key, "key");
	strcpy(starts[slot].api_secret, "secret");
	if (jobs_start(&jobs, at(ms), slot, &req, id, &r) != ERR_OK)
		return NULL;
	return r;
}

static void input(int64_t ms, int slot, struct slice s)
{
	struct job_slot *j = &jobs.slots[slot];

	memcpy(j->in + j->in_len, s.ptr, s.len);
	jobs_input(&jobs, at(ms), slot, s.len);
}

static void says_status(int64_t ms, int slot, uint64_t ticks)
{
	struct job_status s = { ticks, 1000000 + ms, 2, 7, 1 };
	uint8_t buf[64];
	struct wr w = wr_over(buf, sizeof(buf));

	job_write_status(&w, &s);
	input(ms, slot, wr_slice(&w));
}

static void says_snapshot(int64_t ms, int slot, const char *metrics)
{
	struct job_snapshot s = { .from_ms = 1000000, .to_ms = 1000000 + ms };
	uint8_t buf[512];
	struct wr w = wr_over(buf, sizeof(buf));

	s.metrics = str_slice(metrics);
	job_write_snapshot(&w, &s);
	input(ms, slot, wr_slice(&w));
}

static void says_end(int64_t ms, int slot, bool failed, const char *why)
{
	struct job_end e = { .failed = failed };
	uint8_t buf[512];
	struct wr w = wr_over(buf, sizeof(buf));

	strcpy(e.error, why);
	job_write_end(&w, &e);
	input(ms, slot, wr_slice(&w));
}

static struct job_record *running(int64_t ms)
{
	struct job_record *r = start(ms, "job-1");

	jobs_spawned(&jobs, at(ms), 0, ERR_OK);
	says_status(ms, 0, 1);
	did[0] = '\0';
	return r;
}

/* ---- tests */

static void test_life(void)
{
	static const struct job_start zero;
	struct job_record *r;

	set_up();
	r = start(0, "job-1");
	ok(r != NULL && r->state == JOB_STARTING && jobs_running(&jobs),
	   "a job starts");
	ok(happened("spawn 0;"), "a process is asked for");
	ok(jobs_find(&jobs, str_slice("job-1")) == r &&
		   jobs_find(&jobs, str_slice("job-2")) == NULL,
	   "it is found by its id alone");
	is_err(jobs_report(&jobs, at(0), r, 3), ERR_STATE, "no report yet");
	jobs_spawned(&jobs, at(10), 0, ERR_OK);
	ok(happened("JOB_START job-1 -1;START 0;"), "there, it is told");
	ok(strcmp(told.api_secret, "secret") == 0 &&
		   strcmp(told.venue_url, venue.url) == 0 &&
		   strcmp(told.venue_ca, "PEM") == 0 &&
		   strcmp(told.pair, "XRP/ETH") == 0 &&
		   strcmp(told.job_id, "job-1") == 0 &&
		   strcmp(told.parameters, "{}") == 0,
	   "everything it needs");
	ok(memcmp(&starts[0], &zero, sizeof(zero)) == 0,
	   "and the agent keeps no credential");
	says_status(20, 0, 1);
	ok(r->state == JOB_RUNNING && r->status.open_orders == 2,
	   "its first tick makes it run");
	is_err(jobs_stop(&jobs, at(30), r), ERR_OK, "stop");
	is_err(jobs_stop(&jobs, at(31), r), ERR_OK, "again");
	ok(r->state == JOB_STOPPING && happened("STOP 0;"), "one STOP is sent");
	says_snapshot(40, 0, "{\"n\":1}");
	says_status(41, 0, 7);
	says_end(42, 0, false, "");
	ok(r->state == JOB_STOPPING, "its last words do not end it");
	jobs_exited(&jobs, at(50), 0, 0);
	ok(r->state == JOB_STOPPED && r->slot == -1 && r->error[0] == '\0' &&
		   r->stopped_ms == 1000050 && r->status.open_orders == 0,
	   "its process' end does");
	ok(happened("JOB_STOP job-1 7;"), "and that is said with its ticks");
	is_err(jobs_report(&jobs, at(60), r, 3), ERR_OK, "its report is there");
	ok(slice_is((struct slice){ r->report, r->report_len },
		    "[stopped 1000040 {\"n\":1}]"),
	   "over its last snapshot");
	is_err(jobs_stop(&jobs, at(60), r), ERR_STATE, "it cannot be stopped");
	ok(!jobs_running(&jobs) && jobs_deadline_ms(&jobs) == INT64_MAX,
	   "nothing runs");
}

static void test_failures(void)
{
	struct job_record *r;

	set_up();
	spawn_fails = true;
	ok(start(0, "job-1") == NULL && !jobs_running(&jobs) &&
		   starts[0].api_secret[0] == '\0',
	   "init cannot be asked: no job, no credentials");
	set_up();
	r = start(0, "job-1");
	jobs_spawned(&jobs, at(1), 0, ERR_IO);
	ok(r->state == JOB_FAILED && starts[0].api_secret[0] == '\0' &&
		   strcmp(r->error, "no process for the job") == 0,
	   "no process: failed, and the credentials are wiped");
	is_err(jobs_report(&jobs, at(2), r, 1), ERR_OK,
	       "it has a report all the same");
	ok(slice_is((struct slice){ r->report, r->report_len },
		    "[failed 1000000 {}]"),
	   "that says so");
	set_up();
	r = running(0);
	says_snapshot(5, 0, "{\"n\":5}");
	jobs_exited(&jobs, at(9), 0, SIGKILL);
	ok(r->state == JOB_FAILED &&
		   strcmp(r->error, "the job was killed by signal 9") == 0,
	   "killed: failed, with the signal");
	ok(r->status.open_orders == 2, "its orders may still be open");
	ok(slice_is((struct slice){ r->report, r->report_len },
		    "[failed 1000005 {\"n\":5}]"),
	   "the report holds what is known");
	set_up();
	r = running(0);
	jobs_exited(&jobs, at(9), 0, 3 << 8);
	ok(strcmp(r->error, "the job ended with status 3") == 0,
	   "ended without a word: failed, with the status");
	set_up();
	r = running(0);
	says_end(5, 0, true, "venue refused the key");
	jobs_exited(&jobs, at(9), 0, 0);
	ok(r->state == JOB_FAILED &&
		   strcmp(r->error, "venue refused the key") == 0,
	   "its own reason is kept");
	ok(happened("JOB_FAILED job-1 -1;"), "and the failure is said");
}

static void breaks(const char *what, struct slice s)
{
	struct job_record *r;

	set_up();
	r = running(0);
	says_snapshot(1, 0, "{\"n\":1}");
	input(2, 0, s);
	ok(happened("kill 0;"), "%s: killed", what);
	says_status(3, 0, 99);
	ok(r->status.tick_count == 1 && happened(""),
	   "%s: nothing more is heard", what);
	jobs_exited(&jobs, at(4), 0, SIGKILL);
	ok(r->state == JOB_FAILED &&
		   strcmp(r->error, "the job broke its protocol") == 0 &&
		   r->snapshot.metrics.len == 7,
	   "%s: failed, with what was known before", what);
}

static struct slice snapshot_of(const char *metrics)
{
	static uint8_t buf[256];
	struct wr w = wr_over(buf, sizeof(buf));
	struct job_snapshot s = { .metrics = str_slice(metrics) };

	job_write_snapshot(&w, &s);
	return wr_slice(&w);
}

static void test_protocol(void)
{
	static const uint8_t huge[] = { 0xff, 0xff, 0xff, 0x7f };
	static const uint8_t start_frame[] = { 1, 0, 0, 0, JOB_START };
	static const uint8_t short_status[] = { 2, 0, 0, 0, JOB_STATUS, 1 };
	static const uint8_t backwards[] = {
		21, 0, 0, 0, JOB_STATUS, 0, 0, 0, 0, 0, 0, 0, 0,
		0,  0, 0, 0, 0,          0, 0, 0, 0, 0, 0, 0,
	};
	static uint8_t after[64];
	struct wr w = wr_over(after, sizeof(after));
	struct job_end e = { 0 };

	breaks("a frame of 2 GiB", (struct slice){ huge, 4 });
	breaks("an agent's frame", (struct slice){ start_frame, 5 });
	breaks("a short status", (struct slice){ short_status, 6 });
	breaks("ticks that go back", (struct slice){ backwards, 25 });
	breaks("metrics that are no object", snapshot_of("[1]"));
	breaks("metrics with white space", snapshot_of("{\"a\": 1}"));
	breaks("metrics out of order", snapshot_of("{\"b\":1,\"a\":1}"));
	breaks("metrics with a fraction", snapshot_of("{\"a\":1.5}"));
	breaks("metrics that end early", snapshot_of("{\"a\":1"));
	breaks("no metrics", snapshot_of(""));
	job_write_end(&w, &e);
	job_write_end(&w, &e);
	breaks("words after the last", wr_slice(&w));
}

static void test_fragments(void)
{
	struct job_record *r;
	uint8_t buf[256];
	struct wr w = wr_over(buf, sizeof(buf));
	struct job_status s = { .tick_count = 5, .last_tick_ms = 1000001 };

	set_up();
	r = running(0);
	job_write_status(&w, &s);
	s.tick_count = 6;
	job_write_status(&w, &s);
	for (size_t i = 0; i + 1 < w.len; i++)
		input(1, 0, (struct slice){ buf + i, 1 });
	ok(r->status.tick_count == 5, "frames may come byte by byte");
	input(1, 0, (struct slice){ buf + w.len - 1, 1 });
	ok(r->status.tick_count == 6 && jobs.slots[0].in_len == 0,
	   "and are whole with their last one");
}

static void test_limits(void)
{
	struct job_record *r[LIMIT_JOBS];
	char id[16];
	int slot;

	set_up();
	for (int i = 0; i < LIMIT_JOBS; i++) {
		snprintf(id, sizeof(id), "job-%d", i);
		snprintf(req.campaign_id, sizeof(req.campaign_id), "c%d", i);
		r[i] = start(i, id);
		ok(r[i] != NULL && r[i]->slot == i, "job %d has a slot", i);
	}
	is_err(jobs_slot(&jobs, &req, &slot), ERR_DUPLICATE,
	       "the same campaign, exchange and pair: refused");
	strcpy(req.pair, "BTC/USDT");
	is_err(jobs_slot(&jobs, &req, &slot), ERR_SPACE,
	       "another pair: no slot is left");
	jobs_spawned(&jobs, at(10), 2, ERR_IO);
	is_err(jobs_slot(&jobs, &req, &slot), ERR_OK, "until one ends");
	ok(slot == 2, "which is that one's");
	strcpy(req.campaign_id, "c2");
	strcpy(req.pair, "XRP/ETH");
	is_err(jobs_slot(&jobs, &req, &slot), ERR_OK,
	       "and its campaign may have a job again");
}

static void test_records(void)
{
	struct job_record *first;
	char id[16];

	set_up();
	first = start(0, "job-0");
	jobs_spawned(&jobs, at(0), 0, ERR_IO);
	for (int i = 1; i < JOBS_RECORDS; i++) {
		snprintf(id, sizeof(id), "job-%d", i);
		(void)start(i, id);
		jobs_spawned(&jobs, at(i), 0, ERR_IO);
	}
	ok(jobs_find(&jobs, str_slice("job-0")) == first,
	   "as many ended jobs are remembered as there are records");
	ok(start(100, "job-x") == first &&
		   jobs_find(&jobs, str_slice("job-0")) == NULL &&
		   first->report_len == 0,
	   "then the oldest gives way, with its report");
}

static void test_reports(void)
{
	struct job_record *r;

	set_up();
	r = running(0);
	is_err(jobs_report(&jobs, at(10), r, 3), ERR_AGAIN,
	       "a running job is asked");
	is_err(jobs_report(&jobs, at(11), r, 4), ERR_AGAIN, "by two");
	ok(happened("REPORT 0;REPORT 0;"), "each time");
	says_snapshot(20, 0, "{\"n\":2}");
	ok(happened("answer 3 200 [running 1000020 {\"n\":2}];"
		    "answer 4 200 [running 1000020 {\"n\":2}];"),
	   "one answer is for all who wait");
	says_snapshot(21, 0, "{\"n\":3}");
	ok(happened(""), "the second signs nothing");
	is_err(jobs_report(&jobs, at(30), r, 5), ERR_AGAIN, "asked again");
	did[0] = '\0';
	ok(jobs_deadline_ms(&jobs) == 5000, "a snapshot is due anyway");
	jobs_tick(&jobs, at(10029));
	ok(happened("REPORT 0;"), "and asked for");
	jobs_tick(&jobs, at(10030));
	ok(happened("answer 5 200 [running 1000021 {\"n\":3}];"),
	   "a job that does not answer: the last snapshot is signed");
	is_err(jobs_report(&jobs, at(10040), r, 6), ERR_AGAIN, "asked");
	did[0] = '\0';
	jobs_exited(&jobs, at(10050), 0, SIGSEGV);
	ok(happened("JOB_FAILED job-1 -1;"
		    "answer 6 200 [failed 1000021 {\"n\":3}];"),
	   "a job that dies: its last report is the answer");
	set_up();
	r = running(0);
	sign_fails = true;
	(void)!jobs_report(&jobs, at(10), r, 3);
	did[0] = '\0';
	says_snapshot(20, 0, "{}");
	ok(happened("answer 3 500 ;"), "no signature: an error");
	for (int i = 0; i < JOBS_WAITERS; i++)
		is_err(jobs_report(&jobs, at(30), r, i), ERR_AGAIN, "waiter %d",
		       i);
	is_err(jobs_report(&jobs, at(30), r, 99), ERR_SPACE, "no more");
}

static void test_deadlines(void)
{
	struct job_record *r;

	set_up();
	r = start(0, "job-1");
	jobs_spawned(&jobs, at(0), 0, ERR_OK);
	did[0] = '\0';
	jobs_tick(&jobs, at(JOBS_START_MS - 1));
	ok(happened(""), "a job has its time to start");
	jobs_tick(&jobs, at(JOBS_START_MS));
	jobs_tick(&jobs, at(JOBS_START_MS + 1));
	ok(happened("kill 0;"), "then it is killed, once");
	jobs_exited(&jobs, at(JOBS_START_MS + 2), 0, SIGKILL);
	ok(strcmp(r->error, "the job did not start in time") == 0, "for that");
	set_up();
	r = running(0);
	(void)!jobs_stop(&jobs, at(100), r);
	did[0] = '\0';
	r->ask_ms = INT64_MAX;
	jobs_tick(&jobs, at(100 + JOBS_STOP_MS));
	ok(happened("kill 0;"), "a job that does not stop is killed");
	says_end(100 + JOBS_STOP_MS + 1, 0, false, "");
	jobs_exited(&jobs, at(100 + JOBS_STOP_MS + 2), 0, SIGKILL);
	ok(r->state == JOB_FAILED &&
		   strcmp(r->error, "the job did not stop in time") == 0,
	   "and has failed, whatever it says at last");
	set_up();
	r = start(0, "job-1");
	is_err(jobs_stop(&jobs, at(1), r), ERR_OK,
	       "a job is stopped before its process is there");
	did[0] = '\0';
	jobs_spawned(&jobs, at(2), 0, ERR_OK);
	ok(happened("JOB_START job-1 -1;START 0;STOP 0;"), "it hears of both");
	says_status(3, 0, 1);
	ok(r->state == JOB_STOPPING, "and does not run");
	set_up();
	r = running(0);
	send_fails = true;
	(void)!jobs_stop(&jobs, at(5), r);
	ok(happened("STOP 0;kill 0;"), "a job that does not read is killed");
}

/* Between a job's last word and the news of its process' end. */
static void test_leaving(void)
{
	struct job_record *r;

	set_up();
	r = running(0);
	says_end(10, 0, false, "");
	send_fails = true;
	jobs_tick(&jobs, at(JOBS_SNAPSHOT_MS));
	ok(happened(""), "a job that has ended is asked nothing");
	is_err(jobs_report(&jobs, at(20), r, 3), ERR_AGAIN,
	       "its report is waited for");
	is_err(jobs_stop(&jobs, at(20), r), ERR_OK, "a stop comes too late");
	jobs_closed(&jobs, at(21), 0);
	ok(happened(""), "nothing is sent to it");
	jobs_exited(&jobs, at(30), 0, 0);
	ok(r->state == JOB_STOPPED && r->error[0] == '\0', "it has stopped");
	ok(happened("JOB_STOP job-1 1;answer 3 200 [stopped 1000000 {}];"),
	   "and the report is there");
	set_up();
	r = running(0);
	jobs_closed(&jobs, at(10), 0);
	send_fails = true;
	jobs_tick(&jobs, at(10 + JOBS_EXIT_MS - 1));
	ok(happened(""), "one that closed its socket has time to end");
	jobs_tick(&jobs, at(10 + JOBS_EXIT_MS));
	ok(happened("kill 0;"), "and is then killed");
	jobs_exited(&jobs, at(30000), 0, SIGKILL);
	ok(r->state == JOB_FAILED, "which is a failure");
	set_up();
	r = running(0);
	jobs_closed(&jobs, at(10), 0);
	jobs_exited(&jobs, at(11), 0, SIGSEGV);
	ok(strcmp(r->error, "the job was killed by signal 11") == 0,
	   "one that crashed shows the signal, not the closed socket");
}

static void test_json(void)
{
	char buf[1024];
	struct wr w = wr_over(buf, sizeof(buf));
	struct job_record *r;
	struct jw j;

	set_up();
	r = start(500, "job-1");
	r->status.intents_done = 7;
	r->status.intents_failed = 1;
	jw_init(&j, &w);
	job_status_write(&j, r);
	is_err(jw_end(&j), ERR_OK, "a status is canonical JSON");
	ok(slice_is(wr_slice(&w), "{\"campaign_id\":\"c\",\"error\":null,"
				  "\"exchange\":\"paper\",\"intents_done\":7,"
				  "\"intents_failed\":1,\"job_id\":\"job-1\","
				  "\"last_tick_at\":null,\"open_orders\":0,"
				  "\"pair\":\"XRP/ETH\","
				  "\"started_at\":\"1970-01-01T00:16:40.500Z\","
				  "\"status\":\"starting\",\"stopped_at\":null,"
				  "\"tick_count\":0}"),
	   "with the members of proto.h");
}

int main(void)
{
	test_life();
	test_failures();
	test_protocol();
	test_fragments();
	test_limits();
	test_records();
	test_reports();
	test_deadlines();
	test_leaving();
	test_json();
	return tap_done();
}
