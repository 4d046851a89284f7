#include "sys/console.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include "lib/text.h"

enum {
	LINE_BYTES = 256
};

static const char *const texts[] = {
#define X(name, text) [CONSOLE_##name] = text,
	CONSOLE_LIST(X)
#undef X
};

static int console_fd = -1;

enum err console_open(const char *path)
{
	int fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return ERR_IO;
	console_fd = fd;
	return ERR_OK;
}

void console_drain(void)
{
	if (console_fd >= 0)
		(void)tcdrain(console_fd);
}

/* A name is left out rather than printed when it is not one: a value from
 * outside must not be able to write a line of its own. */
static void add_name(struct wr *w, const char *name)
{
	if (name != NULL && name_ok(str_slice(name)))
		wr_fmt(w, " %s", name);
}

void console_line(struct wr *w, enum console_line line, const char *name,
		  int64_t number)
{
	if ((unsigned int)line >= CONSOLE_LINES) {
		wr_fail(w, ERR_VALUE);
		return;
	}
	wr_str(w, texts[line]);
	add_name(w, name);
	if (number >= 0)
		wr_fmt(w, " %lld", (long long)number);
	wr_str(w, "\n");
}

void console_fatal_line(struct wr *w, const char *step, const char *reason,
			const char *detail)
{
	wr_fmt(w, "FATAL %s: %s", step, reason);
	add_name(w, detail);
	wr_str(w, "\n");
}

/* One write a line, so that lines of two processes cannot mix. */
static void emit(const struct wr *w)
{
	struct slice s = wr_slice(w);

	if (console_fd >= 0 && s.len > 0) {
		ssize_t n = write(console_fd, s.ptr, s.len);

		(void)n; /* there is nowhere to complain to */
	}
}

void console(enum console_line line, const char *name, int64_t number)
{
	uint8_t buf[LINE_BYTES];
	struct wr w = wr_over(buf, sizeof buf);

	console_line(&w, line, name, number);
	emit(&w);
}

void console_fatal(const char *step, const char *reason, const char *detail)
{
	uint8_t buf[LINE_BYTES];
	struct wr w = wr_over(buf, sizeof buf);

	console_fatal_line(&w, step, reason, detail);
	emit(&w);
}
