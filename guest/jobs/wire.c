#include "jobs/wire.h"

#include <string.h>

#include "lib/text.h"

enum {
	HEADER = 5
}; /* u32le length, u8 type */

/* The last millisecond that RFC 3339 can spell: the end of the year 9999. */
static const int64_t time_max_ms = INT64_C(253402300799999);

/* A frame's length is known only when its body is written: begin leaves room
 * for it, end fills it in. */
static size_t begin(struct wr *w, enum job_frame_type t)
{
	size_t at = w->len;

	wr_u32le(w, 0);
	wr_u8(w, (uint8_t)t);
	return at;
}

static void end(struct wr *w, size_t at)
{
	size_t n = w->len - at - 4;

	if (w->err != ERR_OK)
		return;
	if (n + 4 > LIMIT_JOB_FRAME) {
		wr_fail(w, ERR_LIMIT);
		return;
	}
	for (int i = 0; i < 4; i++)
		w->buf[at + (size_t)i] = (uint8_t)(n >> (8 * i));
}

static void put_str(struct wr *w, const char *s)
{
	struct slice v = str_slice(s);

	if (v.len > UINT16_MAX)
		wr_fail(w, ERR_LIMIT);
	wr_u16le(w, (uint16_t)v.len);
	wr_bytes(w, v);
}

void job_write_start(struct wr *w, const struct job_start *s)
{
	size_t at = begin(w, JOB_START);

	put_str(w, s->job_id);
	put_str(w, s->job_type);
	put_str(w, s->campaign_id);
	put_str(w, s->exchange);
	put_str(w, s->pair);
	put_str(w, s->venue_url);
	put_str(w, s->venue_ca);
	put_str(w, s->api_key);
	put_str(w, s->api_secret);
	put_str(w, s->parameters);
	end(w, at);
}

void job_write_plain(struct wr *w, enum job_frame_type t)
{
	end(w, begin(w, t));
}

void job_write_status(struct wr *w, const struct job_status *s)
{
	size_t at = begin(w, JOB_STATUS);

	wr_u64le(w, s->tick_count);
	wr_u64le(w, (uint64_t)s->last_tick_ms);
	wr_u32le(w, s->open_orders);
	wr_u64le(w, s->intents_done);
	wr_u64le(w, s->intents_failed);
	end(w, at);
}

void job_write_snapshot(struct wr *w, const struct job_snapshot *s)
{
	size_t at = begin(w, JOB_SNAPSHOT);

	if (s->metrics.len > LIMIT_JOB_METRICS)
		wr_fail(w, ERR_LIMIT);
	wr_u64le(w, (uint64_t)s->from_ms);
	wr_u64le(w, (uint64_t)s->to_ms);
	wr_bytes(w, (struct slice){ s->outputs_sha384, SHA384_LEN });
	wr_u16le(w, (uint16_t)s->metrics.len);
	wr_bytes(w, s->metrics);
	end(w, at);
}

void job_write_end(struct wr *w, const struct job_end *e)
{
	size_t at = begin(w, JOB_END);

	wr_u8(w, e->failed ? 1 : 0);
	put_str(w, e->error);
	end(w, at);
}

enum err job_frame(struct slice buf, enum job_frame_type *type,
		   struct slice *body, size_t *used)
{
	struct rd r = rd_over(buf);
	size_t n;
	uint8_t t;

	if (buf.len < 4)
		return ERR_AGAIN;
	n = rd_u32le(&r);
	if (n < 1)
		return ERR_VALUE;
	if (n + 4 > LIMIT_JOB_FRAME)
		return ERR_LIMIT;
	if (buf.len < HEADER)
		return ERR_AGAIN;
	t = rd_u8(&r);
	if (t < JOB_START || t > JOB_END)
		return ERR_VALUE;
	if (buf.len < n + 4)
		return ERR_AGAIN;
	*type = (enum job_frame_type)t;
	*body = rd_take(&r, n - 1);
	*used = n + 4;
	return ERR_OK;
}

static void get_str(struct rd *r, char *out, size_t cap)
{
	struct slice s = rd_take(r, rd_u16le(r));

	if (r->err == ERR_OK) {
		enum err e = slice_cstr(s, out, cap);

		if (e != ERR_OK)
			rd_fail(r, e);
	}
}

static void get_name(struct rd *r, char out[static LIMIT_NAME_BYTES + 1])
{
	get_str(r, out, LIMIT_NAME_BYTES + 1);
	if (r->err == ERR_OK && !name_ok(str_slice(out)))
		rd_fail(r, ERR_VALUE);
}

/* A time of the years 1970 to 9999: nothing else has a spelling. */
static int64_t get_time(struct rd *r)
{
	uint64_t v = rd_u64le(r);

	if (v > (uint64_t)time_max_ms)
		rd_fail(r, ERR_VALUE);
	return r->err == ERR_OK ? (int64_t)v : 0;
}

enum err job_read_start(struct slice body, struct job_start *out)
{
	struct rd r = rd_over(body);
	enum err e;

	get_name(&r, out->job_id);
	get_name(&r, out->job_type);
	get_name(&r, out->campaign_id);
	get_name(&r, out->exchange);
	get_name(&r, out->pair);
	get_str(&r, out->venue_url, sizeof(out->venue_url));
	get_str(&r, out->venue_ca, sizeof(out->venue_ca));
	get_str(&r, out->api_key, sizeof(out->api_key));
	get_str(&r, out->api_secret, sizeof(out->api_secret));
	get_str(&r, out->parameters, sizeof(out->parameters));
	e = rd_end(&r);
	if (e != ERR_OK)
		wipe(out, sizeof(*out));
	return e;
}

enum err job_read_status(struct slice body, struct job_status *out)
{
	struct rd r = rd_over(body);
	struct job_status s = {
		.tick_count = rd_u64le(&r),
		.last_tick_ms = get_time(&r),
		.open_orders = rd_u32le(&r),
		.intents_done = rd_u64le(&r),
		.intents_failed = rd_u64le(&r),
	};
	enum err e;

	/* JSON integers end at 2^53, for the report and for the status. */
	if ((s.tick_count | s.intents_done | s.intents_failed) >> 53 != 0)
		rd_fail(&r, ERR_VALUE);
	e = rd_end(&r);
	if (e == ERR_OK)
		*out = s;
	return e;
}

enum err job_read_snapshot(struct slice body, struct job_snapshot *out)
{
	struct rd r = rd_over(body);
	struct job_snapshot s = {
		.from_ms = get_time(&r),
		.to_ms = get_time(&r),
	};
	enum err e;

	rd_copy(&r, s.outputs_sha384, SHA384_LEN);
	s.metrics = rd_take(&r, rd_u16le(&r));
	if (s.metrics.len > LIMIT_JOB_METRICS)
		rd_fail(&r, ERR_LIMIT);
	if (s.from_ms > s.to_ms)
		rd_fail(&r, ERR_VALUE);
	e = rd_end(&r);
	if (e == ERR_OK)
		*out = s;
	return e;
}

enum err job_read_end(struct slice body, struct job_end *out)
{
	struct rd r = rd_over(body);
	uint8_t failed = rd_u8(&r);
	struct job_end s = { .failed = failed == 1 };
	enum err e;

	get_str(&r, s.error, sizeof(s.error));
	if (failed > 1)
		rd_fail(&r, ERR_VALUE);
	for (const char *c = s.error; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			rd_fail(&r, ERR_VALUE);
	e = rd_end(&r);
	if (e == ERR_OK)
		*out = s;
	return e;
}
