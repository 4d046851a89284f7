/* file.c - reading the inputs of a command, and writing its output. */
#include "measure/cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_input(const char *path, int *fd)
{
	static bool stdin_taken;

	if (strcmp(path, "-") == 0) {
		if (stdin_taken)
			return cli_fail(CLI_USAGE, "only one input can be -");
		stdin_taken = true;
		*fd = STDIN_FILENO;
		return CLI_DONE;
	}
	*fd = open(path, O_RDONLY | O_CLOEXEC);
	if (*fd < 0)
		return cli_fail(CLI_UNAVAILABLE, "%s: %s", path,
				strerror(errno));
	return CLI_DONE;
}

static int too_large(const char *path, size_t max)
{
	return cli_fail(CLI_MALFORMED, "%s: larger than %zu bytes", path, max);
}

/* Reads to the end. The buffer doubles, so that a pipe of any length works. */
static int read_all(int fd, const char *path, size_t max, struct cli_file *out)
{
	size_t cap = 0, len = 0;
	uint8_t *buf = NULL;

	for (;;) {
		ssize_t n;

		if (len == cap) {
			size_t want = cap == 0 ? 65536 : cap * 2;
			uint8_t *more = realloc(buf, want);

			if (more == NULL) {
				free(buf);
				return cli_fail(CLI_INTERNAL, "out of memory");
			}
			buf = more;
			cap = want;
		}
		n = read(fd, buf + len, cap - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			free(buf);
			return cli_fail(CLI_UNAVAILABLE, "%s: %s", path,
					strerror(errno));
		}
		if (n == 0)
			break;
		len += (size_t)n;
		if (len > max) {
			free(buf);
			return too_large(path, max);
		}
	}
	*out = (struct cli_file){ .data = { buf, len }, .mem = buf };
	return CLI_DONE;
}

/* Maps a regular file that is not empty; everything else is read, and so are
 * the files of sysfs, which say that they are regular. */
static int map_or_read(int fd, const char *path, size_t max,
		       struct cli_file *out)
{
	struct stat st;
	size_t len;
	void *m;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
		return read_all(fd, path, max, out);
	if ((uintmax_t)st.st_size > max)
		return too_large(path, max);
	len = (size_t)st.st_size;
	m = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
	if (m == MAP_FAILED && errno == ENODEV)
		return read_all(fd, path, max, out);
	if (m == MAP_FAILED)
		return cli_fail(CLI_UNAVAILABLE, "%s: %s", path,
				strerror(errno));
	*out = (struct cli_file){ .data = { m, len },
				  .mem = m,
				  .map_len = len };
	return CLI_DONE;
}

static int with_input(const char *path, size_t max, struct cli_file *out,
		      int (*get)(int, const char *, size_t, struct cli_file *))
{
	int fd = -1, rc = open_input(path, &fd);

	if (rc != CLI_DONE)
		return rc;
	rc = get(fd, path, max, out);
	if (fd != STDIN_FILENO)
		close(fd);
	return rc;
}

int cli_read(const char *path, size_t max, struct cli_file *out)
{
	return with_input(path, max, out, read_all);
}

int cli_map(const char *path, size_t max, struct cli_file *out)
{
	return with_input(path, max, out, map_or_read);
}

void cli_close(struct cli_file *f)
{
	if (f->map_len > 0)
		munmap(f->mem, f->map_len);
	else
		free(f->mem);
	*f = (struct cli_file){ 0 };
}

int cli_print(struct slice text)
{
	if (fwrite(text.ptr, 1, text.len, stdout) == text.len &&
	    fflush(stdout) == 0)
		return CLI_DONE;
	return cli_fail(CLI_UNAVAILABLE, "standard output: %s",
			strerror(errno));
}

int cli_print_wr(const struct wr *w)
{
	if (wr_end(w) != ERR_OK)
		return cli_fail(CLI_INTERNAL, "the output does not fit");
	return cli_print(wr_slice(w));
}

static bool write_all(int fd, struct slice text)
{
	while (text.len > 0) {
		ssize_t n = write(fd, text.ptr, text.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		text.ptr += n;
		text.len -= (size_t)n;
	}
	return true;
}

int cli_write(const char *path, struct slice text)
{
	char tmp[PATH_MAX];
	bool done;
	int fd, n;

	if (path == NULL)
		return cli_print(text);
	n = snprintf(tmp, sizeof tmp, "%s.tmp", path);
	if (n < 0 || (size_t)n >= sizeof tmp)
		return cli_fail(CLI_USAGE, "%s: the path is too long", path);
	(void)unlink(tmp); /* of one that was cut short; never a link's end */
	fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return cli_fail(CLI_UNAVAILABLE, "%s: %s", tmp,
				strerror(errno));
	done = write_all(fd, text) && fsync(fd) == 0;
	if (close(fd) != 0 || !done || rename(tmp, path) != 0) {
		int why = errno;

		unlink(tmp);
		return cli_fail(CLI_UNAVAILABLE, "%s: %s", path, strerror(why));
	}
	return CLI_DONE;
}
