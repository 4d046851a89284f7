/* The frames between the agent and a job, and job.c's side of the conversation
 * over a real socket pair. Expected bytes are written out by hand from wire.h.
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "jobs/job.h"
#include "lib/sock.h"
#include "tests/tap.h"

/* ---- frames */

static const uint8_t status_frame[] = {
	37,   0, 0, 0, JOB_STATUS,          /* length, type */
	7,    0, 0, 0, 0,          0, 0, 0, /* ticks */
	0xe8, 3, 0, 0, 0,          0, 0, 0, /* 1,000 ms */
	2,    0, 0, 0,                      /* open orders */
	9,    0, 0, 0, 0,          0, 0, 0, /* intents done */
	3,    0, 0, 0, 0,          0, 0, 0, /* intents failed */
};

static struct slice body_of(struct slice frame)
{
	return (struct slice){ frame.ptr + 5, frame.len - 5 };
}

static void test_status(void)
{
	uint8_t buf[64];
	struct wr w = wr_over(buf, sizeof(buf));
	struct job_status s = { 7, 1000, 2, 9, 3 }, got;
	struct slice body, f;
	enum job_frame_type t;
	size_t used, refused = 0;

	job_write_status(&w, &s);
	ok(slice_eq(wr_slice(&w),
		    (struct slice){ status_frame, sizeof(status_frame) }),
	   "a status frame has the bytes that wire.h describes");
	f = at_page_end(status_frame, sizeof(status_frame));
	is_err(job_frame(f, &t, &body, &used), ERR_OK, "it is one frame");
	ok(t == JOB_STATUS && used == f.len && body.len == 36,
	   "with its type, its length and its body");
	is_err(job_read_status(body, &got), ERR_OK, "its body is read");
	ok(got.tick_count == 7 && got.last_tick_ms == 1000 &&
		   got.open_orders == 2 && got.intents_done == 9 &&
		   got.intents_failed == 3,
	   "and holds what was written");
	for (size_t n = 0; n < body.len; n++)
		refused += job_read_status((struct slice){ body.ptr, n },
					   &got) == ERR_TRUNC;
	ok(refused == body.len, "every shorter body is refused");
	refused = 0;
	for (size_t n = 0; n < f.len; n++)
		refused += job_frame((struct slice){ f.ptr, n }, &t, &body,
				     &used) == ERR_AGAIN;
	ok(refused == f.len, "every shorter frame waits for more");
}

static void test_frame_refusals(void)
{
	static const struct {
		uint8_t bytes[5];
		enum err want;
		const char *what;
	} t[] = {
		{ { 0, 0, 0, 0, 1 }, ERR_VALUE, "no type" },
		{ { 1, 0, 0, 0, 0 }, ERR_VALUE, "type 0" },
		{ { 1, 0, 0, 0, 7 }, ERR_VALUE, "a type past the last" },
		{ { 0xfd, 0x3f, 0, 0, 1 }, ERR_LIMIT, "one byte too long" },
		{ { 0xfc, 0x3f, 0, 0, 1 }, ERR_AGAIN, "the longest" },
		{ { 0xff, 0xff, 0xff, 0xff, 1 }, ERR_LIMIT, "2^32 - 1 bytes" },
		{ { 1, 0, 0, 0, 2 }, ERR_OK, "a stop" },
	};
	enum job_frame_type type;
	struct slice body;
	size_t used;

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		is_err(job_frame(at_page_end(t[i].bytes, 5), &type, &body,
				 &used),
		       t[i].want, "frame: %s", t[i].what);
}

static void test_status_refusals(void)
{
	static const size_t counts[] = { 0, 20, 28 };
	uint8_t b[37] = { 0 };
	struct job_status s = { .tick_count = 99 };

	for (size_t i = 0; i < 3; i++) {
		b[counts[i] + 6] = 0x20;
		is_err(job_read_status((struct slice){ b, 36 }, &s), ERR_VALUE,
		       "2^53 at byte %zu is refused", counts[i]);
		b[counts[i] + 6] = 0;
	}
	b[15] = 0x80;
	is_err(job_read_status((struct slice){ b, 36 }, &s), ERR_VALUE,
	       "a negative time is refused");
	b[15] = 0;
	is_err(job_read_status((struct slice){ b, 37 }, &s), ERR_EXTRA,
	       "a byte more is refused");
	ok(s.tick_count == 99, "a refusal writes nothing");
}

static void test_snapshot(void)
{
	static uint8_t buf[LIMIT_JOB_FRAME], big[LIMIT_JOB_METRICS + 1];
	struct wr w = wr_over(buf, sizeof(buf));
	struct job_snapshot s = { .from_ms = 5, .to_ms = 9 }, got;
	struct slice body;
	size_t refused = 0;

	memset(s.outputs_sha384, 0xab, SHA384_LEN);
	s.metrics = str_slice("{}");
	job_write_snapshot(&w, &s);
	ok(w.len == 5 + 8 + 8 + 48 + 2 + 2, "a snapshot's frame is this long");
	body = at_page_end(buf + 5, w.len - 5);
	is_err(job_read_snapshot(body, &got), ERR_OK, "it is read");
	ok(got.from_ms == 5 && got.to_ms == 9 &&
		   memcmp(got.outputs_sha384, s.outputs_sha384, 48) == 0 &&
		   slice_is(got.metrics, "{}"),
	   "and holds what was written");
	for (size_t n = 0; n < body.len; n++)
		refused += job_read_snapshot((struct slice){ body.ptr, n },
					     &got) == ERR_TRUNC;
	ok(refused == body.len, "every shorter body is refused");

	s.from_ms = 10;
	w = wr_over(buf, sizeof(buf));
	job_write_snapshot(&w, &s);
	is_err(job_read_snapshot(body_of(wr_slice(&w)), &got), ERR_VALUE,
	       "a window that ends before it begins is refused");
	s.from_ms = 5;
	s.metrics = (struct slice){ big, sizeof(big) };
	w = wr_over(buf, sizeof(buf));
	job_write_snapshot(&w, &s);
	is_err(wr_end(&w), ERR_LIMIT, "too many metrics are not written");
}

static void test_end(void)
{
	static const uint8_t good[] = { 1, 2, 0, 'n', 'o' };
	static const uint8_t flag[] = { 2, 0, 0 };
	static const uint8_t bell[] = { 1, 1, 0, 7 };
	static const uint8_t nul[] = { 1, 1, 0, 0 };
	static uint8_t lng[3 + LIMIT_JOB_ERROR + 1] = { 1, LIMIT_JOB_ERROR + 1,
							0 };
	struct job_end e;

	is_err(job_read_end(at_page_end(good, sizeof(good)), &e), ERR_OK,
	       "an end with its reason is read");
	ok(e.failed && strcmp(e.error, "no") == 0, "as it was written");
	is_err(job_read_end((struct slice){ flag, 3 }, &e), ERR_VALUE,
	       "a flag that is not 0 or 1 is refused");
	is_err(job_read_end((struct slice){ bell, 4 }, &e), ERR_VALUE,
	       "control characters are refused");
	is_err(job_read_end((struct slice){ nul, 4 }, &e), ERR_VALUE,
	       "a NUL in a text is refused");
	memset(lng + 3, 'x', LIMIT_JOB_ERROR + 1);
	is_err(job_read_end((struct slice){ lng, sizeof(lng) }, &e), ERR_LIMIT,
	       "a text past its limit is refused");
}

static void fill(struct job_start *s)
{
	memset(s, 0, sizeof(*s));
	strcpy(s->job_id, "job-1");
	strcpy(s->job_type, "echo");
	strcpy(s->campaign_id, "c1");
	strcpy(s->exchange, "paper");
	strcpy(s->pair, "XRP/ETH");
	strcpy(s->venue_url, "https://10.0.2.2:9443");
	strcpy(s->venue_ca, "PEM");
	strcpy(s->api_key, "key");
	strcpy(s->api_secret, "top secret");
	strcpy(s->parameters, "{\"n\":\"1\"}");
}

static void test_start(void)
{
	static uint8_t buf[LIMIT_JOB_FRAME];
	static struct job_start s, got, zero;
	struct wr w = wr_over(buf, sizeof(buf));
	size_t refused = 0;
	struct slice body;

	fill(&s);
	job_write_start(&w, &s);
	is_err(wr_end(&w), ERR_OK, "a start is written");
	body = at_page_end(buf + 5, w.len - 5);
	is_err(job_read_start(body, &got), ERR_OK, "and read");
	ok(memcmp(&s, &got, sizeof(s)) == 0, "every field of it");
	for (size_t n = 0; n < body.len; n++) {
		memset(&got, 1, sizeof(got));
		refused += job_read_start((struct slice){ body.ptr, n },
					  &got) == ERR_TRUNC &&
			   memcmp(&got, &zero, sizeof(got)) == 0;
	}
	ok(refused == body.len,
	   "every shorter one is refused, and leaves no secret behind");

	memset(s.venue_ca, 'c', sizeof(s.venue_ca) - 1);
	memset(s.parameters, 'p', sizeof(s.parameters) - 1);
	memset(s.api_key, 'k', sizeof(s.api_key) - 1);
	memset(s.api_secret, 's', sizeof(s.api_secret) - 1);
	memset(s.venue_url, 'u', sizeof(s.venue_url) - 1);
	w = wr_over(buf, sizeof(buf));
	job_write_start(&w, &s);
	is_err(wr_end(&w), ERR_OK, "the largest start fits a frame");
}

/* ---- a job's conversation */

static enum err check_any(struct json p, const char **key)
{
	*key = "n";
	return json_has(p, "n") ? ERR_OK : ERR_MISSING;
}

static enum err echo_snapshot(void *state, struct job_snapshot *out)
{
	struct job *j = state;

	out->from_ms = 1;
	out->to_ms = 2;
	memset(out->outputs_sha384, 7, SHA384_LEN);
	out->metrics =
		str_slice(j->start.api_secret[0] ? "{\"s\":true}" : "{}");
	return ERR_OK;
}

static enum err echo_run(struct job *j)
{
	struct job_status s = { .tick_count = 1, .last_tick_ms = 1 };
	enum err e;

	j->snapshot = echo_snapshot;
	j->state = j;
	e = job_tick(j, &s);
	while (e == ERR_OK && !j->stop)
		e = job_wait(j, -1, 0, mono_ms() + 10000);
	return e;
}

static enum err fail_run(struct job *j)
{
	job_fail(j, "venue said no");
	job_fail(j, "second thoughts");
	return ERR_REFUSED;
}

static const struct job_type types[] = {
	{ "echo", check_any, echo_run },
	{ "fail", check_any, fail_run },
	{ NULL, NULL, NULL },
};

static pid_t begin(int *fd)
{
	int sv[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sv) != 0)
		_exit(99);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		close(sv[0]);
		_exit(job_serve(sv[1], types));
	}
	close(sv[1]);
	*fd = sv[0];
	return pid;
}

static void say(int fd, struct wr *w)
{
	if (write(fd, w->buf, w->len) != (ssize_t)w->len)
		_exit(99);
	w->len = 0;
}

/* The next frame from the job; its body is copied into `out`. */
static enum job_frame_type hear(int fd, uint8_t out[static LIMIT_JOB_FRAME],
				struct slice *body)
{
	static uint8_t in[LIMIT_JOB_FRAME];
	static size_t n;
	enum job_frame_type t;
	size_t used;

	if (body == NULL) {
		n = 0;
		return JOB_STOP;
	}
	for (;;) {
		enum err e =
			job_frame((struct slice){ in, n }, &t, body, &used);
		ssize_t got;

		if (e == ERR_OK)
			break;
		got = read(fd, in + n, sizeof(in) - n);
		if (got <= 0)
			return 0;
		n += (size_t)got;
	}
	memcpy(out, in, used);
	*body = (struct slice){ out + 5, used - 5 };
	memmove(in, in + used, n - used);
	n -= used;
	return t;
}

static int exit_status(pid_t pid)
{
	int st;

	if (waitpid(pid, &st, 0) != pid || !WIFEXITED(st))
		return -1;
	return WEXITSTATUS(st);
}

static void test_life(void)
{
	static uint8_t buf[LIMIT_JOB_FRAME], got[LIMIT_JOB_FRAME];
	static struct job_start s;
	struct wr w = wr_over(buf, sizeof(buf));
	struct job_snapshot snap;
	struct job_end end;
	struct slice body;
	int fd;
	pid_t pid = begin(&fd);

	fill(&s);
	job_write_start(&w, &s);
	say(fd, &w);
	ok(hear(fd, got, &body) == JOB_STATUS, "a started job ticks");
	job_write_plain(&w, JOB_REPORT);
	say(fd, &w);
	ok(hear(fd, got, &body) == JOB_SNAPSHOT, "asked, it gives a snapshot");
	is_err(job_read_snapshot(body, &snap), ERR_OK, "that can be read");
	ok(slice_is(snap.metrics, "{\"s\":true}"),
	   "and it has its credentials");
	job_write_plain(&w, JOB_STOP);
	say(fd, &w);
	ok(hear(fd, got, &body) == JOB_SNAPSHOT, "stopped, a last snapshot");
	ok(hear(fd, got, &body) == JOB_END, "and the end");
	is_err(job_read_end(body, &end), ERR_OK, "that can be read");
	ok(!end.failed && end.error[0] == '\0', "without a failure");
	ok(exit_status(pid) == 0, "the process ends with status 0");
	hear(-1, got, NULL);
	close(fd);
}

/* START with the given type and parameters and STOP in one write. */
static void last_words(const char *type, const char *params,
		       struct job_end *end)
{
	static uint8_t buf[LIMIT_JOB_FRAME], got[LIMIT_JOB_FRAME];
	static struct job_start s;
	struct wr w = wr_over(buf, sizeof(buf));
	enum job_frame_type t;
	struct slice body;
	int fd;
	pid_t pid = begin(&fd);

	memset(end, 0, sizeof(*end));
	strcpy(end->error, "nothing heard");
	fill(&s);
	strcpy(s.job_type, type);
	strcpy(s.parameters, params);
	job_write_start(&w, &s);
	job_write_plain(&w, JOB_STOP);
	say(fd, &w);
	do
		t = hear(fd, got, &body);
	while (t == JOB_STATUS || t == JOB_SNAPSHOT);
	if (t == JOB_END && job_read_end(body, end) != ERR_OK)
		strcpy(end->error, "bad end");
	exit_status(pid);
	hear(-1, got, NULL);
	close(fd);
}

static void test_ends(void)
{
	struct job_end e;

	last_words("echo", "{\"n\":\"1\"}", &e);
	ok(!e.failed && e.error[0] == '\0',
	   "a stop that comes with the start is heard");
	last_words("fail", "{\"n\":\"1\"}", &e);
	ok(e.failed && strcmp(e.error, "venue said no") == 0,
	   "a failed job gives its first reason");
	last_words("echo", "{}", &e);
	ok(e.failed && strcmp(e.error, err_text(ERR_MISSING)) == 0,
	   "wrong parameters fail the job");
	last_words("none", "{\"n\":\"1\"}", &e);
	ok(e.failed, "an unknown type fails the job");
}

static void test_no_start(void)
{
	uint8_t buf[16];
	struct wr w = wr_over(buf, sizeof(buf));
	int fd;
	pid_t pid = begin(&fd);

	job_write_plain(&w, JOB_STOP);
	say(fd, &w);
	ok(exit_status(pid) == 1, "a stop before the start ends the process");
	close(fd);
	pid = begin(&fd);
	close(fd);
	ok(exit_status(pid) == 1, "and so does an agent that goes away");
}

int main(void)
{
	test_status();
	test_frame_refusals();
	test_status_refusals();
	test_snapshot();
	test_end();
	test_start();
	test_life();
	test_ends();
	test_no_start();
	return tap_done();
}
