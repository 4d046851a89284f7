/* metadata_serve.c - QEMU's user network runs this for each connection to
 * 169.254.169.254:80, with the connection as standard input and output. */
#include <poll.h>
#include <unistd.h>

#include "host-launcher/cli/verbs.h"
#include "host-launcher/lib/file.h"
#include "host-launcher/vm/instance.h"
#include "host-launcher/vm/metadata.h"
#include "lib/sock.h"

enum {
	DEADLINE_MS = 10000
};

static enum err read_request(uint8_t *buf, size_t cap, struct slice config,
			     struct wr *out)
{
	int64_t deadline = mono_ms() + DEADLINE_MS;
	enum err e = ERR_AGAIN;
	size_t len = 0;

	while (e == ERR_AGAIN && len < cap) {
		ssize_t n;

		e = sock_wait(STDIN_FILENO, POLLIN, deadline);
		if (e != ERR_OK)
			return e;
		n = read(STDIN_FILENO, buf + len, cap - len);
		if (n <= 0)
			return n == 0 ? ERR_CLOSED : ERR_IO;
		len += (size_t)n;
		e = metadata_answer(buf, len, config, out);
	}
	return e;
}

static enum err send_all(struct slice s)
{
	int64_t deadline = mono_ms() + DEADLINE_MS;
	enum err e = ERR_OK;

	while (e == ERR_OK && s.len > 0) {
		ssize_t n;

		e = sock_wait(STDOUT_FILENO, POLLOUT, deadline);
		if (e != ERR_OK)
			break;
		n = write(STDOUT_FILENO, s.ptr, s.len);
		if (n < 0)
			return ERR_IO;
		s.ptr += n;
		s.len -= (size_t)n;
	}
	return e;
}

VERB(cmd_metadata_serve)
{
	static uint8_t request[METADATA_REQUEST_MAX];
	static uint8_t response[METADATA_RESPONSE_MAX];
	const struct metadata_opts *o = opts;
	struct wr out = wr_over(response, sizeof response);
	struct buf config = { 0 };
	char path[PATH_CAP];
	enum err e;

	(void)operands;
	(void)n;
	if (o->state == NULL) {
		complain("--state is needed");
		return STATUS_USAGE;
	}
	e = path_fmt(path, "%s/" INSTANCE_CONFIG, o->state);
	if (e == ERR_OK)
		e = file_read(path, LIMIT_CONFIG_BYTES, &config);
	if (e == ERR_OK)
		e = read_request(request, sizeof request, buf_slice(&config),
				 &out);
	if (e == ERR_OK)
		e = send_all(wr_slice(&out));
	buf_free(&config);
	return exit_of(e);
}
