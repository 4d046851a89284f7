#include "sys/tsm.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/proto.h"
#include "lib/sock.h"
#include "lib/text.h"
#include "sys/kfile.h"

enum {
	RETRY_FIRST_MS = 2,
	RETRY_MOST_MS = 100
};

/* ---- the protocol */

/* Another request is under way, a signal came, or (outblob) the generation
 * moved since our write: all three end by themselves. */
static bool is_transient(enum err e)
{
	return e == ERR_IO &&
	       (errno == EBUSY || errno == EINTR || errno == EAGAIN);
}

static enum err read_line(const struct tsm_ops *ops, const char *attr,
			  char *out, size_t cap)
{
	uint8_t line[64];
	size_t n;
	enum err e = ops->read(ops->ctx, attr, line, sizeof line, &n);

	if (e != ERR_OK)
		return e;
	if (n > 0 && line[n - 1] == '\n')
		n--;
	return slice_cstr((struct slice){ line, n }, out, cap);
}

static enum err read_generation(const struct tsm_ops *ops, uint64_t *out)
{
	char text[24];
	enum err e = read_line(ops, "generation", text, sizeof text);

	return e != ERR_OK ? e : u64_parse(str_slice(text), INT64_MAX, out);
}

static enum err check_provider(const struct tsm_ops *ops, const char *want)
{
	char have[TSM_PROVIDER_LEN];
	enum err e = read_line(ops, "provider", have, sizeof have);

	if (e != ERR_OK)
		return e;
	return strcmp(have, want) == 0 ? ERR_OK : ERR_MISMATCH;
}

/* One attempt. ERR_AGAIN: what was read may answer somebody else's write. */
static enum err attempt(const struct tsm_ops *ops, const char *provider,
			struct slice reportdata, uint8_t *buf, size_t *n)
{
	uint64_t before, after;
	enum err e = read_generation(ops, &before);

	if (e == ERR_OK)
		e = ops->write(ops->ctx, "inblob", reportdata);
	if (e == ERR_OK)
		e = ops->read(ops->ctx, "outblob", buf, LIMIT_QUOTE_BYTES, n);
	if (e == ERR_OK)
		e = read_generation(ops, &after);
	if (e == ERR_OK && after != before + 1)
		e = ERR_AGAIN;
	if (e == ERR_OK)
		e = check_provider(ops, provider);
	if (is_transient(e))
		e = ERR_AGAIN;
	if (e == ERR_OK && *n == 0)
		e = ERR_MISSING;
	return e;
}

static enum err attempts(const struct tsm_ops *ops, const char *provider,
			 struct slice reportdata, int64_t deadline_ms,
			 uint8_t *buf, size_t *n)
{
	int64_t wait_ms = RETRY_FIRST_MS;

	for (;;) {
		enum err e = attempt(ops, provider, reportdata, buf, n);

		if (e != ERR_AGAIN)
			return e;
		if (ops->now_ms(ops->ctx) + wait_ms > deadline_ms)
			return ERR_TIMEOUT;
		ops->pause(ops->ctx, wait_ms);
		if (wait_ms < RETRY_MOST_MS)
			wait_ms *= 2;
	}
}

/* Our entry, and nobody else's: one that is left over is made anew. */
static enum err make_entry(const struct tsm_ops *ops)
{
	enum err e = ops->make(ops->ctx);

	if (e != ERR_IO || errno != EEXIST)
		return e;
	e = ops->remove(ops->ctx);
	return e != ERR_OK ? e : ops->make(ops->ctx);
}

/* Removes the entry without hiding why the request failed. */
static enum err remove_entry(const struct tsm_ops *ops, enum err e)
{
	int saved = errno;
	enum err removed = ops->remove(ops->ctx);

	if (e == ERR_OK)
		return removed;
	errno = saved;
	return e;
}

enum err tsm_quote(const struct tsm_ops *ops, const char *provider,
		   const uint8_t reportdata[static REPORTDATA_LEN],
		   int64_t deadline_ms, uint8_t quote[static LIMIT_QUOTE_BYTES],
		   uint32_t *len)
{
	uint8_t buf[LIMIT_QUOTE_BYTES];
	enum err e = make_entry(ops);
	size_t n = 0;

	if (e != ERR_OK)
		return e;
	e = attempts(ops, provider,
		     (struct slice){ reportdata, REPORTDATA_LEN }, deadline_ms,
		     buf, &n);
	e = remove_entry(ops, e);
	if (e != ERR_OK)
		return e;
	memcpy(quote, buf, n);
	*len = (uint32_t)n;
	return ERR_OK;
}

enum err tsm_provider(const struct tsm_ops *ops,
		      char out[static TSM_PROVIDER_LEN])
{
	char have[TSM_PROVIDER_LEN];
	enum err e = make_entry(ops);

	/* So configfs refuses entries while no driver answers for them. */
	if (e == ERR_IO && errno == ENXIO)
		return ERR_MISSING;
	if (e != ERR_OK)
		return e;
	e = read_line(ops, "provider", have, sizeof have);
	e = remove_entry(ops, e);
	if (e != ERR_OK)
		return e;
	if (strcmp(have, PROVIDER_TDX) != 0 && strcmp(have, PROVIDER_SIM) != 0)
		return ERR_UNSUPP;
	memcpy(out, have, sizeof have);
	return ERR_OK;
}

/* ---- the operations on a real configfs; ctx is the entry's path */

static enum err fs_make(void *ctx)
{
	return mkdir(ctx, 0700) == 0 ? ERR_OK : ERR_IO;
}

static enum err fs_remove(void *ctx)
{
	return rmdir(ctx) == 0 ? ERR_OK : ERR_IO;
}

static enum err attr_path(const char *dir, const char *attr,
			  char out[static PATH_MAX])
{
	int n = snprintf(out, PATH_MAX, "%s/%s", dir, attr);

	return n > 0 && n < PATH_MAX ? ERR_OK : ERR_LIMIT;
}

static enum err fs_write(void *ctx, const char *attr, struct slice s)
{
	char path[PATH_MAX];
	enum err e = attr_path(ctx, attr, path);

	return e != ERR_OK ? e : kfile_write(path, s);
}

static enum err fs_read(void *ctx, const char *attr, void *buf, size_t cap,
			size_t *n)
{
	char path[PATH_MAX];
	enum err e = attr_path(ctx, attr, path);

	return e != ERR_OK ? e : kfile_read(path, buf, cap, n);
}

static int64_t fs_now(void *ctx)
{
	(void)ctx;
	return mono_ms();
}

static void fs_pause(void *ctx, int64_t ms)
{
	(void)ctx;
	(void)poll(NULL, 0, (int)ms);
}

struct tsm_ops tsm_configfs(char *path)
{
	return (struct tsm_ops){
		.ctx = path,
		.make = fs_make,
		.remove = fs_remove,
		.write = fs_write,
		.read = fs_read,
		.now_ms = fs_now,
		.pause = fs_pause,
	};
}
