#include "host-launcher/vm/talk.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "host-launcher/vm/spawn.h"
#include "lib/sock.h"

enum {
	RETRY_MS = 20
};

enum err talk_open(struct talk *t, const char *path, int64_t deadline_ms)
{
	enum err e;

	t->len = t->used = 0;
	while ((e = unix_connect(path, &t->fd)) == ERR_AGAIN) {
		if (mono_ms() >= deadline_ms)
			return ERR_TIMEOUT;
		(void)poll(NULL, 0, RETRY_MS);
	}
	return e;
}

void talk_close(struct talk *t)
{
	if (t->fd >= 0)
		(void)close(t->fd);
	t->fd = -1;
}

enum err talk_send(struct talk *t, struct slice text, int64_t deadline_ms)
{
	while (text.len > 0) {
		size_t n = 0;
		enum err e = sock_send(t->fd, text.ptr, text.len, &n);

		if (e == ERR_AGAIN)
			e = sock_wait(t->fd, POLLOUT, deadline_ms);
		if (e != ERR_OK)
			return e;
		text.ptr += n;
		text.len -= n;
	}
	return ERR_OK;
}

/* A line that is in the buffer already. */
static bool take(struct talk *t, struct slice *line)
{
	const uint8_t *at = t->in + t->used, *end;

	end = t->len > t->used ? memchr(at, '\n', t->len - t->used) : NULL;
	if (end == NULL)
		return false;
	*line = (struct slice){ at, (size_t)(end - at) };
	t->used += line->len + 1;
	if (line->len > 0 && line->ptr[line->len - 1] == '\r')
		line->len--;
	return true;
}

enum err talk_line(struct talk *t, struct slice *line, int64_t deadline_ms)
{
	while (!take(t, line)) {
		size_t n = 0;
		enum err e;

		t->len -= t->used;
		memmove(t->in, t->in + t->used, t->len);
		t->used = 0;
		if (t->len == sizeof t->in)
			return ERR_LIMIT;
		e = sock_recv(t->fd, t->in + t->len, sizeof t->in - t->len, &n);
		if (e == ERR_AGAIN)
			e = sock_wait(t->fd, POLLIN, deadline_ms);
		if (e != ERR_OK)
			return e;
		t->len += n;
	}
	return ERR_OK;
}
