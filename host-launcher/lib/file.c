#include "host-launcher/lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct slice buf_slice(const struct buf *b)
{
	return (struct slice){ b->ptr, b->len };
}

void buf_free(struct buf *b)
{
	if (b->ptr != NULL)
		wipe(b->ptr, b->len);
	free(b->ptr);
	*b = (struct buf){ 0 };
}

/* Doubles the buffer up to max + 1 bytes, so that one byte too many shows. Not
 * realloc: what is left behind may be a secret. */
static enum err grow(struct buf *b, size_t *cap, size_t max)
{
	size_t want = *cap == 0 ? 4096 : *cap * 2;
	struct buf old = *b;
	uint8_t *p;

	if (want > max + 1)
		want = max + 1;
	p = malloc(want + 1);
	if (p == NULL)
		return ERR_SPACE;
	if (old.len > 0)
		memcpy(p, old.ptr, old.len);
	b->ptr = p;
	*cap = want;
	buf_free(&old);
	return ERR_OK;
}

static enum err read_all(int fd, size_t max, struct buf *out)
{
	struct buf b = { 0 };
	size_t cap = 0;
	enum err e = ERR_OK;

	for (;;) {
		ssize_t n;

		if (b.len == cap)
			e = grow(&b, &cap, max);
		if (e != ERR_OK)
			break;
		n = read(fd, b.ptr + b.len, cap - b.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			e = ERR_IO;
		if (n <= 0)
			break;
		b.len += (size_t)n;
		if (b.len > max) {
			e = ERR_LIMIT;
			break;
		}
	}
	if (e != ERR_OK) {
		buf_free(&b);
		return e;
	}
	b.ptr[b.len] = '\0';
	*out = b;
	return ERR_OK;
}

static bool is_private(const struct stat *st)
{
	return st->st_uid == geteuid() && (st->st_mode & 077) == 0;
}

static enum err read_path(const char *path, size_t max, bool secret,
			  struct buf *out)
{
	bool in = strcmp(path, "-") == 0;
	int fd = in ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	enum err e;
	int saved;

	if (fd < 0)
		return errno == ENOENT ? ERR_MISSING : ERR_IO;
	if (fstat(fd, &st) != 0)
		e = ERR_IO;
	else if (secret && !in && !is_private(&st))
		e = ERR_STATE;
	else
		e = read_all(fd, max, out);
	saved = errno;
	if (!in)
		(void)close(fd);
	errno = saved;
	return e;
}

enum err file_read(const char *path, size_t max, struct buf *out)
{
	return read_path(path, max, false, out);
}

enum err file_read_secret(const char *path, size_t max, struct buf *out)
{
	return read_path(path, max, true, out);
}

enum err file_map(const char *path, struct slice *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), saved;
	struct slice s = { 0 };
	struct stat st;
	void *p = NULL;

	if (fd < 0)
		return errno == ENOENT ? ERR_MISSING : ERR_IO;
	errno = EINVAL; /* what a folder or a device is told */
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		p = MAP_FAILED;
	else if (st.st_size > 0)
		p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd,
			 0);
	saved = errno;
	(void)close(fd);
	errno = saved;
	if (p == MAP_FAILED)
		return ERR_IO;
	s.ptr = p;
	s.len = p != NULL ? (size_t)st.st_size : 0;
	*out = s;
	return ERR_OK;
}

void file_unmap(struct slice map)
{
	if (map.len > 0)
		(void)munmap((void *)(uintptr_t)map.ptr, map.len);
}

static enum err write_all(int fd, struct slice s)
{
	while (s.len > 0) {
		ssize_t n = write(fd, s.ptr, s.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ERR_IO;
		s.ptr += n;
		s.len -= (size_t)n;
	}
	return ERR_OK;
}

enum err file_write(const char *path, mode_t mode, struct slice content)
{
	char tmp[PATH_CAP];
	int fd, saved;
	enum err e = path_fmt(tmp, "%s.XXXXXX", path);

	if (e != ERR_OK)
		return e;
	fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0)
		return ERR_IO;
	e = write_all(fd, content);
	if (e == ERR_OK && (fchmod(fd, mode) != 0 || fsync(fd) != 0))
		e = ERR_IO;
	if (close(fd) != 0 && e == ERR_OK)
		e = ERR_IO;
	if (e == ERR_OK && rename(tmp, path) != 0)
		e = ERR_IO;
	if (e != ERR_OK) {
		saved = errno;
		(void)unlink(tmp);
		errno = saved;
	}
	return e;
}

enum err dir_make(const char *path, mode_t mode)
{
	char p[PATH_CAP];
	enum err e = path_fmt(p, "%s", path);
	struct stat st;

	if (e != ERR_OK)
		return e;
	for (char *s = p + 1;; s++) {
		char c = *s;

		if (c != '/' && c != '\0')
			continue;
		*s = '\0';
		if (mkdir(p, mode) != 0 && errno != EEXIST)
			return ERR_IO;
		*s = c;
		if (c == '\0')
			break;
	}
	if (stat(p, &st) != 0)
		return ERR_IO;
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return ERR_IO;
	}
	return ERR_OK;
}

enum err path_fmt(char out[static PATH_CAP], const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(out, PATH_CAP, fmt, ap);
	va_end(ap);
	if (n >= 0 && n < PATH_CAP)
		return ERR_OK;
	errno = ENAMETOOLONG;
	return ERR_LIMIT;
}

enum err state_root(char out[static PATH_CAP])
{
	const char *xdg = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");

	if (xdg != NULL && xdg[0] != '\0')
		return xdg[0] == '/' ? path_fmt(out, "%s/ee-launcher", xdg)
				     : ERR_VALUE;
	if (home == NULL || home[0] != '/')
		return ERR_MISSING;
	return path_fmt(out, "%s/.local/state/ee-launcher", home);
}
