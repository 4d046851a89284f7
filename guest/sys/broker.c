#include "sys/broker.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/text.h"
#include "sys/console.h"

/* A packet is the struct up to the quote, then quote_len bytes of it. The two
 * ends are one program, so its layout is the protocol; it has no padding. */
enum {
	HEAD = offsetof(struct broker_msg, quote)
};
_Static_assert(HEAD == 24 + 64 + REPORTDATA_LEN, "no padding in the head");
_Static_assert(sizeof(struct broker_msg) == HEAD + LIMIT_QUOTE_BYTES,
	       "no padding after it");

enum err broker_send(int fd, const struct broker_msg *m, int pass_fd)
{
	struct iovec iov = { .iov_len = HEAD + m->quote_len };
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1 };
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct broker_msg copy;
	ssize_t n;

	if (m->quote_len > LIMIT_QUOTE_BYTES)
		return ERR_LIMIT;
	memcpy(&copy, m, HEAD + m->quote_len);
	iov.iov_base = &copy;
	if (pass_fd >= 0) {
		memset(&control, 0, sizeof control);
		h.msg_control = control.buf;
		h.msg_controllen = sizeof control.buf;
		CMSG_FIRSTHDR(&h)->cmsg_level = SOL_SOCKET;
		CMSG_FIRSTHDR(&h)->cmsg_type = SCM_RIGHTS;
		CMSG_FIRSTHDR(&h)->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&h)), &pass_fd, sizeof(int));
	}
	do
		n = sendmsg(fd, &h, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)iov.iov_len)
		return ERR_OK;
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return ERR_AGAIN;
	return n < 0 && errno == EPIPE ? ERR_CLOSED : ERR_IO;
}

/* Takes the descriptors that came along: the one, or -1 for none. Where there
 * was room for one there may be room for two, by alignment: false, and none is
 * left open. */
static bool take_fd(struct msghdr *h, int *fd)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(h);
	int fds[CMSG_SPACE(sizeof(int)) / sizeof(int)];
	size_t n;

	*fd = -1;
	if (c == NULL)
		return true;
	if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
		return false;
	n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(fds, CMSG_DATA(c), n * sizeof(int));
	if (n == 1) {
		*fd = fds[0];
		return true;
	}
	for (size_t i = 0; i < n; i++)
		close(fds[i]);
	return false;
}

/* What holds for every message, whoever sent it. */
static bool well_formed(const struct broker_msg *m, size_t n)
{
	const char *end;

	if (n < HEAD || m->quote_len > LIMIT_QUOTE_BYTES ||
	    n != HEAD + m->quote_len)
		return false;
	if (m->op < BROKER_QUOTE || m->op > BROKER_EXITED || m->pad != 0 ||
	    m->err > ERR_IO)
		return false;
	end = memchr(m->text, 0, sizeof m->text);
	if (end == NULL)
		return false;
	return m->text[0] == '\0' || name_ok(str_slice(m->text));
}

static enum err recv_error(ssize_t n)
{
	if (n == 0)
		return ERR_CLOSED;
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return ERR_AGAIN;
	return errno == ECONNRESET ? ERR_CLOSED : ERR_IO;
}

enum err broker_recv(int fd, struct broker_msg *m, int *got_fd)
{
	struct broker_msg in;
	struct iovec iov = { .iov_base = &in, .iov_len = sizeof in };
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct msghdr h = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control.buf,
			    .msg_controllen = sizeof control.buf };
	ssize_t n;
	int passed;
	bool good;

	do
		n = recvmsg(fd, &h, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return recv_error(n);
	good = take_fd(&h, &passed);
	if (!good || (h.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 ||
	    !well_formed(&in, (size_t)n)) {
		if (passed >= 0)
			close(passed);
		return ERR_VALUE;
	}
	memcpy(m, &in, (size_t)n);
	*got_fd = passed;
	return ERR_OK;
}

/* ---- what the agent may ask */

enum {
	USES_SLOT = 1,
	USES_UNIX_MS = 2,
	USES_STATUS = 4,
	USES_TEXT = 8,
	USES_REPORTDATA = 16,
};

static const struct {
	uint8_t uses;
	uint8_t first, last; /* range of slot */
} requests[] = {
	[BROKER_QUOTE] = { USES_REPORTDATA, 0, 0 },
	[BROKER_SPAWN] = { USES_SLOT, 0, LIMIT_JOBS - 1 },
	[BROKER_KILL] = { USES_SLOT, 0, LIMIT_JOBS - 1 },
	[BROKER_CLOCK] = { USES_UNIX_MS, 0, 0 },
	[BROKER_LOG] = { USES_SLOT | USES_STATUS | USES_TEXT, CONSOLE_NONCE,
			 CONSOLE_REPORT },
};

static bool all_zero(const void *p, size_t n)
{
	const uint8_t *b = p;

	for (size_t i = 0; i < n; i++)
		if (b[i] != 0)
			return false;
	return true;
}

enum err broker_check_request(const struct broker_msg *m)
{
	unsigned int uses;

	if (m->op < BROKER_QUOTE || m->op > BROKER_LOG)
		return ERR_UNKNOWN;
	uses = requests[m->op].uses;
	if (m->err != ERR_OK || m->quote_len != 0)
		return ERR_VALUE;
	if (m->slot < requests[m->op].first || m->slot > requests[m->op].last)
		return ERR_VALUE;
	if ((uses & USES_UNIX_MS) == 0 && m->unix_ms != 0)
		return ERR_VALUE;
	if ((uses & USES_STATUS) == 0 && m->status != 0)
		return ERR_VALUE;
	if ((uses & USES_TEXT) == 0 && m->text[0] != '\0')
		return ERR_VALUE;
	if ((uses & USES_REPORTDATA) == 0 &&
	    !all_zero(m->reportdata, sizeof m->reportdata))
		return ERR_VALUE;
	return ERR_OK;
}
