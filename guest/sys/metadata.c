#include "sys/metadata.h"

#include <poll.h>
#include <string.h>

#include "lib/config.h"
#include "lib/httpc.h"
#include "lib/proto.h"
#include "lib/sock.h"
#include "lib/text.h"
#include "sys/child.h"
#include "sys/kfile.h"

enum {
	PAUSE_FIRST_MS = 50,
	PAUSE_MOST_MS = 2000
};

_Static_assert(sizeof(((struct metadata_result *)NULL)->key) > LIMIT_NAME_BYTES,
	       "every name fits, with its NUL");

static struct work {
	struct httpc client;
	uint8_t buf[LIMIT_HTTP_HEAD_BYTES + LIMIT_CONFIG_BYTES + 1024];
	uint8_t scratch[256 * 1024];
	struct config config;
} work;

/* What one answer means. ERR_AGAIN: try again. */
static enum err judge(const struct http_msg *res)
{
	bool busy = res->status == 429 || res->status >= 500;

	if (!slice_is(http_header(res, "Metadata-Flavor"), "Google"))
		return busy ? ERR_AGAIN : ERR_MISMATCH;
	if (busy)
		return ERR_AGAIN;
	if (res->status == 404)
		return ERR_MISSING;
	return res->status == 200 ? ERR_OK : ERR_REFUSED;
}

/* One request; the body goes into out, because the client wipes its buffer. */
static enum err attempt(struct work *w, struct metadata_result *out)
{
	struct http_msg res;
	enum err e =
		httpc_run(&w->client, "GET", METADATA_PATH, NULL,
			  METADATA_HEADER, (struct slice){ NULL, 0 }, &res);

	if (e == ERR_LIMIT || e == ERR_VALUE || e == ERR_UNSUPP)
		return e; /* it did answer, and would again */
	if (e != ERR_OK)
		return ERR_AGAIN;
	e = judge(&res);
	if (e == ERR_OK && res.body.len > sizeof out->config)
		e = ERR_LIMIT;
	if (e != ERR_OK || res.body.len == 0)
		return e;
	memcpy(out->config, res.body.ptr, res.body.len);
	out->len = (uint32_t)res.body.len;
	return ERR_OK;
}

static enum err client_init(const struct metadata_source *s, struct work *w)
{
	struct httpc_opts o = {
		.port = s->port,
		.plain = true,
		.timeout_ms = s->attempt_ms,
		.max_body = LIMIT_CONFIG_BYTES,
		.buf = w->buf,
		.buf_len = sizeof w->buf,
	};

	enum err e = slice_cstr(str_slice(s->host), o.host, sizeof o.host);

	if (e == ERR_OK)
		httpc_init(&w->client, &o);
	return e;
}

static enum err fetch(const struct metadata_source *s, struct work *w,
		      struct metadata_result *out)
{
	int64_t deadline = mono_ms() + s->total_ms;
	int pause_ms = PAUSE_FIRST_MS;

	for (;;) {
		enum err e = client_init(s, w);

		if (e != ERR_OK)
			return e;
		e = attempt(w, out);
		httpc_done(&w->client);
		if (e != ERR_AGAIN)
			return e;
		if (mono_ms() + pause_ms > deadline)
			return ERR_TIMEOUT;
		(void)poll(NULL, 0, pause_ms);
		if (pause_ms < PAUSE_MOST_MS)
			pause_ms *= 2;
	}
}

static enum err check(struct work *w, struct metadata_result *out)
{
	const char *key = "";
	enum err e =
		config_parse((struct slice){ out->config, out->len },
			     w->scratch, sizeof w->scratch, &w->config, &key);

	/* An unknown key is the host's own text: only as a name. */
	if (e != ERR_OK && name_ok(str_slice(key)))
		memcpy(out->key, key, strlen(key));
	return e;
}

void metadata_read(const struct metadata_source *s, struct metadata_result *out)
{
	enum err e;

	memset(out, 0, sizeof *out);
	out->magic = METADATA_MAGIC;
	out->stage = METADATA_FETCH;
	e = fetch(s, &work, out);
	if (e == ERR_OK) {
		out->stage = METADATA_PARSE;
		e = check(&work, out);
	}
	out->err = (uint16_t)e;
	if (e != ERR_OK) {
		out->len = 0;
		memset(out->config, 0, sizeof out->config);
	}
}

bool metadata_result_ok(const struct metadata_result *r, size_t n)
{
	if (n != sizeof *r || r->magic != METADATA_MAGIC || r->err > ERR_IO ||
	    memchr(r->key, 0, sizeof r->key) == NULL)
		return false;
	if (r->stage != METADATA_FETCH && r->stage != METADATA_PARSE)
		return false;
	if (r->err != ERR_OK)
		return r->len == 0;
	return r->stage == METADATA_PARSE && r->len > 0 &&
	       r->len <= LIMIT_CONFIG_BYTES;
}

int metadata_child(void *source)
{
	static struct metadata_result result;

	metadata_read(source, &result);
	return kfile_send(CHILD_FD, &result, sizeof result) == ERR_OK ? 0 : 1;
}
