#include "sys/kfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static enum err open_error(void)
{
	return errno == ENOENT ? ERR_MISSING : ERR_IO;
}

/* Closes without losing the errno that tells what went wrong before. */
static void close_quietly(int fd)
{
	int saved = errno;

	close(fd);
	errno = saved;
}

enum err kfile_read(const char *path, void *buf, size_t cap, size_t *n)
{
	uint8_t *p = buf, extra;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t got = 0;
	ssize_t r;

	if (fd < 0)
		return open_error();
	do {
		/* One byte past cap tells a full buffer from a long file. */
		r = got < cap ? read(fd, p + got, cap - got)
			      : read(fd, &extra, 1);
		if (r > 0 && got == cap) {
			close(fd);
			return ERR_LIMIT;
		}
		if (r > 0)
			got += (size_t)r;
	} while (r > 0);
	close_quietly(fd);
	if (r < 0)
		return ERR_IO;
	*n = got;
	return ERR_OK;
}

enum err kfile_line(const char *path, char *out, size_t cap)
{
	char line[256];
	size_t n;
	enum err e = kfile_read(path, line, sizeof line, &n);

	if (e != ERR_OK)
		return e;
	if (n > 0 && line[n - 1] == '\n')
		n--;
	if (memchr(line, '\n', n) != NULL || memchr(line, 0, n) != NULL)
		return ERR_VALUE;
	return slice_cstr((struct slice){ (uint8_t *)line, n }, out, cap);
}

enum err kfile_write(const char *path, struct slice s)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t r;

	if (fd < 0)
		return open_error();
	r = write(fd, s.ptr, s.len);
	if (r >= 0 && (size_t)r != s.len) {
		errno = EIO;
		r = -1;
	}
	close_quietly(fd);
	return r < 0 ? ERR_IO : ERR_OK;
}

enum err kfile_replace(const char *path, struct slice s)
{
	char temp[PATH_MAX];
	enum err e;
	int fd;

	if ((size_t)snprintf(temp, sizeof temp, "%s.new", path) >= sizeof temp)
		return ERR_LIMIT;
	fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return ERR_IO;
	close(fd);
	e = kfile_write(temp, s);
	if (e == ERR_OK && rename(temp, path) != 0)
		e = ERR_IO;
	return e;
}

enum err kfile_send(int fd, const void *buf, size_t len)
{
	const uint8_t *p = buf;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return ERR_IO;
		p += n;
		len -= (size_t)n;
	}
	return ERR_OK;
}

enum err kfile_drain(int fd, void *buf, size_t cap, size_t *n)
{
	uint8_t *p = buf;
	size_t got = 0;

	while (got < cap) {
		ssize_t r = read(fd, p + got, cap - got);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return ERR_IO;
		if (r == 0)
			break;
		got += (size_t)r;
	}
	*n = got;
	return ERR_OK;
}
