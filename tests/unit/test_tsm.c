/* sys/tsm.h: each answer that configfs-tsm can give, played to the protocol.
 * The double follows drivers/virt/coco/tsm.c of Linux 6.12: generation counts
 * accepted writes, outblob answers the last one. */
#include "sys/tsm.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "lib/proto.h"
#include "tests/tap.h"

struct fake {
	/* script */
	const char *provider;
	int make_errno, write_errno, read_errno, remove_errno;
	int busy;       /* that many of the failures above, then none */
	int interleave; /* that many writes of somebody else after ours */
	size_t quote_len;
	const char *generation_text;
	/* record */
	bool exists;
	unsigned int generation;
	int made, removed, writes, pauses;
	int64_t now_ms;
	uint8_t inblob[64];
	size_t inblob_len;
	bool out_of_entry;
};

static enum err fails(struct fake *f, int number)
{
	if (number == 0 || f->busy == 0)
		return ERR_OK;
	if (f->busy > 0)
		f->busy--;
	errno = number;
	return ERR_IO;
}

static enum err fake_make(void *ctx)
{
	struct fake *f = ctx;

	if (f->exists) {
		errno = EEXIST;
		return ERR_IO;
	}
	if (fails(f, f->make_errno) != ERR_OK)
		return ERR_IO;
	f->exists = true;
	f->made++;
	return ERR_OK;
}

static enum err fake_remove(void *ctx)
{
	struct fake *f = ctx;

	if (!f->exists || fails(f, f->remove_errno) != ERR_OK) {
		errno = f->exists ? f->remove_errno : ENOENT;
		return ERR_IO;
	}
	f->exists = false;
	f->removed++;
	return ERR_OK;
}

static enum err fake_write(void *ctx, const char *attr, struct slice s)
{
	struct fake *f = ctx;

	f->out_of_entry |= !f->exists || strcmp(attr, "inblob") != 0;
	f->writes++;
	if (fails(f, f->write_errno) != ERR_OK)
		return ERR_IO;
	f->inblob_len = s.len;
	memcpy(f->inblob, s.ptr, s.len <= 64 ? s.len : 64);
	f->generation++;
	return ERR_OK;
}

static enum err text(const char *t, void *buf, size_t cap, size_t *n)
{
	*n = strlen(t);
	if (*n > cap)
		return ERR_LIMIT;
	memcpy(buf, t, *n);
	return ERR_OK;
}

static enum err fake_outblob(struct fake *f, void *buf, size_t cap, size_t *n)
{
	if (fails(f, f->read_errno) != ERR_OK)
		return ERR_IO;
	if (f->interleave > 0) {
		f->interleave--;
		f->generation++;
	}
	if (f->quote_len > cap)
		return ERR_LIMIT;
	memset(buf, 'q', f->quote_len);
	*n = f->quote_len;
	return ERR_OK;
}

static enum err fake_read(void *ctx, const char *attr, void *buf, size_t cap,
			  size_t *n)
{
	struct fake *f = ctx;
	char line[32];

	f->out_of_entry |= !f->exists;
	if (strcmp(attr, "provider") == 0)
		return text(f->provider, buf, cap, n);
	if (strcmp(attr, "outblob") == 0)
		return fake_outblob(f, buf, cap, n);
	snprintf(line, sizeof line, "%u\n", f->generation);
	return text(f->generation_text != NULL ? f->generation_text : line, buf,
		    cap, n);
}

static int64_t fake_now(void *ctx)
{
	return ((struct fake *)ctx)->now_ms;
}

static void fake_pause(void *ctx, int64_t ms)
{
	struct fake *f = ctx;

	f->pauses++;
	f->now_ms += ms;
}

static struct tsm_ops over(struct fake *f)
{
	return (struct tsm_ops){ f,         fake_make, fake_remove, fake_write,
				 fake_read, fake_now,  fake_pause };
}

static uint8_t quote[LIMIT_QUOTE_BYTES], sixtyfour[REPORTDATA_LEN];
static uint32_t len;

static enum err ask(struct fake *f)
{
	struct tsm_ops ops = over(f);

	len = 77;
	quote[0] = 'x';
	return tsm_quote(&ops, PROVIDER_TDX, sixtyfour, 1000, quote, &len);
}

/* Whatever happened, our entry is gone and nothing was done outside it. */
static void is_clean(const struct fake *f)
{
	ok(!f->exists && f->made == f->removed && !f->out_of_entry,
	   "the entry is gone");
}

static void test_good(void)
{
	struct fake f = { .provider = "tdx_guest\n", .quote_len = 8000 };

	for (int i = 0; i < REPORTDATA_LEN; i++)
		sixtyfour[i] = (uint8_t)i;
	is_err(ask(&f), ERR_OK, "a quote");
	ok(len == 8000 && quote[0] == 'q' && quote[7999] == 'q', "its bytes");
	ok(f.inblob_len == 64 && memcmp(f.inblob, sixtyfour, 64) == 0,
	   "exactly 64 bytes were written");
	ok(f.writes == 1 && f.pauses == 0, "once, without a pause");
	is_clean(&f);
	f.quote_len = LIMIT_QUOTE_BYTES;
	is_err(ask(&f), ERR_OK, "the largest quote");
	is_clean(&f);
}

static void test_retried(void)
{
	static const struct {
		struct fake f;
		const char *what;
		int writes;
	} t[] = {
		{ { .write_errno = EBUSY, .busy = 3 }, "a busy inblob", 4 },
		{ { .write_errno = EINTR, .busy = 1 }, "a signal there", 2 },
		{ { .read_errno = EBUSY, .busy = 2 }, "a busy outblob", 3 },
		{ { .read_errno = EINTR, .busy = 1 }, "a signal there", 2 },
		{ { .read_errno = EWOULDBLOCK, .busy = 1 },
		  "an outblob of an older generation",
		  2 },
		{ { .interleave = 2 }, "somebody else's writes", 3 },
	};

	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		struct fake f = t[i].f;

		f.provider = "tdx_guest\n";
		f.quote_len = 10;
		is_err(ask(&f), ERR_OK, "%s ends", t[i].what);
		ok(f.writes == t[i].writes && f.pauses == f.writes - 1,
		   "each retry writes again, after a pause");
		is_clean(&f);
	}
}

static void test_deadline(void)
{
	static const struct {
		struct fake f;
		const char *what;
	} t[] = {
		{ { .write_errno = EBUSY, .busy = -1 }, "inblob" },
		{ { .read_errno = EBUSY, .busy = -1 }, "outblob" },
		{ { .interleave = INT32_MAX }, "another writer" },
	};

	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		struct fake f = t[i].f;

		f.provider = "tdx_guest\n";
		f.quote_len = 10;
		is_err(ask(&f), ERR_TIMEOUT, "busy for ever: %s", t[i].what);
		ok(f.now_ms > 800 && f.now_ms <= 1000 && f.writes < 30,
		   "until the deadline, not in a busy loop");
		ok(len == 77 && quote[0] == 'x', "nothing written");
		is_clean(&f);
	}
}

static void test_refused(void)
{
	static const struct {
		struct fake f;
		enum err err;
		const char *what;
	} t[] = {
		{ { .quote_len = 0 }, ERR_MISSING, "an empty outblob" },
		{ { .quote_len = LIMIT_QUOTE_BYTES + 1 },
		  ERR_LIMIT,
		  "a quote above its limit" },
		{ { .quote_len = 9, .provider = "tsm_sim\n" },
		  ERR_MISMATCH,
		  "another provider than at boot" },
		{ { .quote_len = 9, .provider = "" },
		  ERR_MISMATCH,
		  "no provider" },
		{ { .quote_len = 9, .generation_text = "-1\n" },
		  ERR_VALUE,
		  "a generation that is no number" },
		{ { .quote_len = 9, .generation_text = "" },
		  ERR_VALUE,
		  "an empty generation" },
		{ { .quote_len = 9, .write_errno = EINVAL, .busy = -1 },
		  ERR_IO,
		  "a refused inblob" },
		{ { .quote_len = 9, .read_errno = ETIMEDOUT, .busy = -1 },
		  ERR_IO,
		  "a platform that gives up" },
		{ { .quote_len = 9, .read_errno = EIO, .busy = -1 },
		  ERR_IO,
		  "a platform that fails" },
		{ { .quote_len = 9, .make_errno = ENXIO, .busy = -1 },
		  ERR_IO,
		  "no provider registered" },
	};

	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		struct fake f = t[i].f;

		if (f.provider == NULL)
			f.provider = "tdx_guest\n";
		is_err(ask(&f), t[i].err, "%s", t[i].what);
		ok(len == 77 && quote[0] == 'x', "nothing written");
		ok(f.pauses == 0, "no second try");
		is_clean(&f);
	}
}

static void test_entry(void)
{
	struct fake f = { .provider = "tdx_guest\n", .quote_len = 5 };

	f.exists = true; /* left over by a child that was killed */
	f.made = 1;
	is_err(ask(&f), ERR_OK, "an entry left over is made anew");
	is_clean(&f);
	f = (struct fake){ .provider = "tdx_guest\n",
			   .quote_len = 5,
			   .remove_errno = EPERM,
			   .busy = -1 };
	is_err(ask(&f), ERR_IO, "an entry that cannot be removed is an error");
	f = (struct fake){ .provider = "tdx_guest\n",
			   .read_errno = ETIMEDOUT,
			   .remove_errno = EPERM,
			   .busy = -1 };
	is_err(ask(&f), ERR_IO, "both fail");
	ok(errno == ETIMEDOUT, "and errno is the quote's, not the removal's");
}

static void test_provider(void)
{
	static const struct {
		const char *text;
		enum err err;
	} t[] = {
		{ "tdx_guest\n", ERR_OK },
		{ "tsm_sim\n", ERR_OK },
		{ "tsm_sim", ERR_OK },
		{ "sev_guest\n", ERR_UNSUPP },
		{ "tdx_guest2\n", ERR_UNSUPP },
		{ "TDX_GUEST\n", ERR_UNSUPP },
		{ "\n", ERR_UNSUPP },
		{ "", ERR_UNSUPP },
		{ "tdx_guest\n\n", ERR_UNSUPP },
		{ "a_name_that_has_thirty_two_chars\n", ERR_LIMIT },
	};
	struct fake none = { .make_errno = ENXIO, .busy = -1 };
	struct fake shut = { .make_errno = EACCES, .busy = -1 };
	struct tsm_ops ops = over(&none);
	char name[TSM_PROVIDER_LEN];

	/* tsm_report_make_item() in Linux' drivers/virt/coco/tsm.c */
	is_err(tsm_provider(&ops, name), ERR_MISSING, "nobody registered");
	ops = over(&shut);
	is_err(tsm_provider(&ops, name), ERR_IO, "configfs refuses otherwise");
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		struct fake f = { .provider = t[i].text };

		ops = over(&f);
		memcpy(name, "before", 7);
		is_err(tsm_provider(&ops, name), t[i].err, "provider %zu", i);
		ok(t[i].err == ERR_OK
			   ? strncmp(name, t[i].text, strlen(name)) == 0
			   : strcmp(name, "before") == 0,
		   "its name");
		is_clean(&f);
	}
}

/* The real operations, over a plain folder: a folder has no attributes. */
static void test_files(void)
{
	char dir[] = "/tmp/test_tsm.XXXXXX/entry";
	struct tsm_ops ops = tsm_configfs(dir);
	uint8_t buf[8];
	size_t n;

	is_err(ops.make(ops.ctx), ERR_IO, "no such report folder");
	dir[strlen(dir) - strlen("/entry")] = '\0';
	if (mkdtemp(dir) == NULL)
		_exit(99);
	dir[strlen(dir)] = '/';
	is_err(ops.make(ops.ctx), ERR_OK, "make");
	is_err(ops.make(ops.ctx), ERR_IO, "again");
	ok(errno == EEXIST, "is EEXIST");
	is_err(ops.write(ops.ctx, "inblob", str_slice("x")), ERR_MISSING,
	       "an attribute is never created");
	is_err(ops.read(ops.ctx, "outblob", buf, sizeof buf, &n), ERR_MISSING,
	       "nor read when it is not there");
	is_err(ops.remove(ops.ctx), ERR_OK, "remove");
	dir[strlen(dir) - strlen("/entry")] = '\0';
	ok(rmdir(dir) == 0, "cleaned up");
}

int main(void)
{
	test_good();
	test_retried();
	test_deadline();
	test_refused();
	test_entry();
	test_provider();
	test_files();
	return tap_done();
}
