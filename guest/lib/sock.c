#include "lib/sock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	BACKLOG = 64
};

int64_t mono_ms(void)
{
	struct timespec t;

	/* Cannot fail for this clock and a valid pointer. */
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int mono_left(int64_t deadline_ms)
{
	int64_t left = deadline_ms - mono_ms();

	if (left <= 0)
		return 0;
	return left > INT32_MAX ? INT32_MAX : (int)left;
}

/* Small messages go out at once. Not fatal when it cannot be set: slower. */
static void no_delay(int fd)
{
	int one = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

static int tcp_socket(void)
{
	return socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/* Closes fd and leaves errno as it was. */
static void close_keep_errno(int fd)
{
	int e = errno;

	close(fd);
	errno = e;
}

static enum err connect_addr(const struct sockaddr_in *a, int *fd)
{
	int s = tcp_socket();

	if (s < 0)
		return ERR_IO;
	no_delay(s);
	if (connect(s, (const struct sockaddr *)a, sizeof *a) != 0 &&
	    errno != EINPROGRESS) {
		close_keep_errno(s);
		return ERR_IO;
	}
	*fd = s;
	return ERR_OK;
}

/* The first address of the name that a connection can be started to. */
static enum err connect_name(const char *host, uint16_t port, int *fd)
{
	struct addrinfo hints = { .ai_family = AF_INET,
				  .ai_socktype = SOCK_STREAM };
	struct addrinfo *list, *i;
	enum err e = ERR_MISSING;

	if (getaddrinfo(host, NULL, &hints, &list) != 0)
		return ERR_MISSING;
	for (i = list; i != NULL && e != ERR_OK; i = i->ai_next) {
		struct sockaddr_in a;

		if (i->ai_addrlen != sizeof a)
			continue;
		memcpy(&a, i->ai_addr, sizeof a);
		a.sin_port = htons(port);
		e = connect_addr(&a, fd);
	}
	freeaddrinfo(list);
	return e;
}

enum err sock_connect(const char *host, uint16_t port, int *fd)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons(port) };

	if (inet_pton(AF_INET, host, &a.sin_addr) == 1)
		return connect_addr(&a, fd);
	return connect_name(host, port, fd);
}

enum err sock_connected(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int e = 0;
	socklen_t len = sizeof e;

	if (poll(&p, 1, 0) < 0)
		return errno == EINTR ? ERR_AGAIN : ERR_IO;
	if (p.revents == 0)
		return ERR_AGAIN;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &len) != 0)
		return ERR_IO;
	if (e != 0) {
		errno = e;
		return ERR_IO;
	}
	return ERR_OK;
}

static enum err bind_listen(int s, const struct sockaddr_in *a,
			    uint16_t *port_out)
{
	struct sockaddr_in got;
	socklen_t len = sizeof got;
	int one = 1;

	if (setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
	    bind(s, (const struct sockaddr *)a, sizeof *a) != 0 ||
	    listen(s, BACKLOG) != 0 ||
	    getsockname(s, (struct sockaddr *)&got, &len) != 0)
		return ERR_IO;
	if (port_out != NULL)
		*port_out = ntohs(got.sin_port);
	return ERR_OK;
}

enum err sock_listen(const char *addr, uint16_t port, int *fd,
		     uint16_t *port_out)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons(port) };
	enum err e;
	int s;

	if (inet_pton(AF_INET, addr, &a.sin_addr) != 1)
		return ERR_VALUE;
	s = tcp_socket();
	if (s < 0)
		return ERR_IO;
	e = bind_listen(s, &a, port_out);
	if (e != ERR_OK)
		close_keep_errno(s);
	else
		*fd = s;
	return e;
}

enum err sock_accept(int listener, int *fd)
{
	int s = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (s >= 0) {
		no_delay(s);
		*fd = s;
		return ERR_OK;
	}
	switch (errno) {
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		return ERR_SPACE;
	case EBADF:
	case EINVAL:
	case ENOTSOCK:
	case EOPNOTSUPP:
		return ERR_IO;
	default:
		/* accept(2) also hands on errors of the connection that was
		 * waiting; those are not the listener's. */
		return ERR_AGAIN;
	}
}

static enum err transfer_error(void)
{
	bool again = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;

	return again ? ERR_AGAIN : ERR_IO;
}

enum err sock_recv(int fd, void *buf, size_t cap, size_t *n)
{
	ssize_t r = recv(fd, buf, cap, 0);

	if (r < 0)
		return transfer_error();
	if (r == 0)
		return ERR_CLOSED;
	*n = (size_t)r;
	return ERR_OK;
}

enum err sock_send(int fd, const void *buf, size_t len, size_t *n)
{
	ssize_t r = send(fd, buf, len, MSG_NOSIGNAL);

	if (r < 0)
		return transfer_error();
	*n = (size_t)r;
	return ERR_OK;
}

enum err sock_wait(int fd, short events, int64_t deadline_ms)
{
	for (;;) {
		struct pollfd p = { .fd = fd, .events = events };
		int r = poll(&p, 1, mono_left(deadline_ms));

		if (r > 0)
			return ERR_OK;
		if (r < 0 && errno != EINTR)
			return ERR_IO;
		if (r == 0 && mono_ms() >= deadline_ms)
			return ERR_TIMEOUT;
	}
}
