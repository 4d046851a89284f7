#include "host-launcher/vm/qmp.h"

#include <string.h>
#include <unistd.h>

#include "host-launcher/vm/spawn.h"
#include "lib/json.h"
#include "lib/sock.h"

enum err qmp_line(struct slice line, void *mem, enum qmp_event *out)
{
	struct arena a = arena_over(mem, QMP_ARENA);
	struct json v, result;
	struct slice text;
	enum err e = json_parse(&a, line, &v);

	if (e != ERR_OK)
		return e;
	if (!json_is_object(v))
		return ERR_VALUE;
	*out = QMP_OTHER;
	if (json_has(v, "QMP"))
		*out = QMP_GREETING;
	else if (json_str(v, "event", &text) == ERR_OK &&
		 slice_is(text, "STOP"))
		*out = QMP_STOPPED;
	else if (json_object(v, "return", &result) == ERR_OK &&
		 json_str(result, "status", &text) == ERR_OK &&
		 slice_is(text, "internal-error"))
		*out = QMP_BROKEN;
	return ERR_OK;
}

enum err qmp_open(struct qmp *q, const char *path)
{
	q->len = 0;
	return unix_connect(path, &q->fd);
}

void qmp_close(struct qmp *q)
{
	if (q->fd >= 0)
		(void)close(q->fd);
	q->fd = -1;
}

void qmp_send(struct qmp *q, const char *command)
{
	size_t n;

	if (q->fd >= 0 &&
	    sock_send(q->fd, command, strlen(command), &n) != ERR_OK)
		qmp_close(q);
}

/* Takes one line out of the buffer. Lines that make no sense are skipped. */
static enum err take_line(struct qmp *q, enum qmp_event *out)
{
	uint8_t *end = q->len > 0 ? memchr(q->in, '\n', q->len) : NULL;
	size_t n;
	enum err e;

	if (end == NULL)
		return ERR_AGAIN;
	n = (size_t)(end - q->in) + 1;
	e = qmp_line((struct slice){ q->in, n - 1 }, q->mem, out);
	if (e != ERR_OK)
		*out = QMP_OTHER;
	q->len -= n;
	memmove(q->in, q->in + n, q->len);
	return ERR_OK;
}

enum err qmp_next(struct qmp *q, enum qmp_event *out)
{
	enum err e = take_line(q, out);
	size_t n;

	if (e != ERR_AGAIN)
		return e;
	if (q->fd < 0)
		return ERR_CLOSED;
	e = q->len == sizeof q->in ? ERR_LIMIT
				   : sock_recv(q->fd, q->in + q->len,
					       sizeof q->in - q->len, &n);
	if (e == ERR_AGAIN)
		return e;
	if (e != ERR_OK) {
		qmp_close(q);
		return ERR_CLOSED;
	}
	q->len += n;
	return take_line(q, out);
}
