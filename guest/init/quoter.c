#include "init/quoter.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "lib/proto.h"
#include "lib/sock.h"
#include "sys/child.h"
#include "sys/kfile.h"

/* The TDX driver itself gives up after 30 s. */
enum {
	TSM_DEADLINE_MS = 40000,
	KILL_MS = 45000
};

static char entry_path[] = TSM_REPORT_DIR "/ee-init";

/* What the child sends. It fits into a pipe, so the child never waits. */
struct result {
	uint32_t err; /* enum err */
	uint32_t len;
	uint8_t quote[LIMIT_QUOTE_BYTES];
};
_Static_assert(sizeof(struct result) <= 65536, "a pipe's default capacity");

enum err quoter_init(struct quoter *q)
{
	struct tsm_ops ops = tsm_configfs(entry_path);

	*q = (struct quoter){ .result = -1 };
	return tsm_provider(&ops, q->provider);
}

enum err quoter_add(struct quoter *q, uint32_t id,
		    const uint8_t reportdata[static REPORTDATA_LEN])
{
	struct quoter_job *j = &q->queue[q->waiting];

	if (q->waiting == QUOTER_QUEUE)
		return ERR_SPACE;
	j->id = id;
	memcpy(j->reportdata, reportdata, REPORTDATA_LEN);
	q->waiting++;
	return ERR_OK;
}

static int child(void *ctx)
{
	static struct result r;
	const struct quoter *q = ctx;
	struct tsm_ops ops = tsm_configfs(entry_path);
	enum err e = tsm_quote(&ops, q->provider, q->queue[0].reportdata,
			       mono_ms() + TSM_DEADLINE_MS, r.quote, &r.len);

	r.err = (uint32_t)e;
	return kfile_send(CHILD_FD, &r, sizeof r) == ERR_OK ? 0 : 1;
}

enum err quoter_tick(struct quoter *q, int64_t now_ms)
{
	struct child_spec spec = {
		.role = CHILD_QUOTER, .nfds = 1, .entry = child, .ctx = q
	};
	int ends[2];
	enum err e;

	if (q->pid != 0) {
		if (now_ms > q->deadline_ms)
			(void)kill(q->pid, SIGKILL);
		return ERR_OK;
	}
	if (q->waiting == 0)
		return ERR_OK;
	if (pipe2(ends, O_CLOEXEC) != 0)
		return ERR_IO;
	spec.fds = &ends[1];
	e = child_spawn(&spec, &q->pid);
	close(ends[1]);
	if (e != ERR_OK) {
		close(ends[0]);
		return e;
	}
	q->result = ends[0];
	q->deadline_ms = now_ms + KILL_MS;
	return ERR_OK;
}

static enum err read_result(int fd, struct result *r)
{
	size_t n;
	enum err e = kfile_drain(fd, r, sizeof *r, &n);

	if (e != ERR_OK)
		return e;
	if (n == 0)
		return ERR_TIMEOUT; /* it was killed */
	if (n != sizeof *r || r->err > ERR_IO || r->len > LIMIT_QUOTE_BYTES)
		return ERR_VALUE;
	return (enum err)r->err;
}

void quoter_ended(struct quoter *q, struct broker_msg *answer)
{
	static struct result r;
	enum err e = read_result(q->result, &r);

	close(q->result);
	/* A child that was killed has left its entry behind. */
	(void)rmdir(entry_path);
	memset(answer, 0, sizeof *answer);
	answer->op = BROKER_QUOTE;
	answer->id = q->queue[0].id;
	answer->err = (uint8_t)e;
	if (e == ERR_OK) {
		answer->quote_len = r.len;
		memcpy(answer->quote, r.quote, r.len);
	}
	q->pid = 0;
	q->result = -1;
	q->waiting--;
	memmove(&q->queue[0], &q->queue[1], q->waiting * sizeof q->queue[0]);
}
