/* sock.h - TCP over IPv4 with deadlines, and the monotonic clock that deadlines
 * are measured by. With rng.h the part of lib that makes system calls: guest
 * and host share it. All sockets are non-blocking and close-on-exec. */
#ifndef GUEST_LIB_SOCK_H
#define GUEST_LIB_SOCK_H

#include "lib/bytes.h"

/* CLOCK_MONOTONIC in milliseconds. */
int64_t mono_ms(void);

/* From now to deadline_ms, as poll(2) wants it: never negative. */
int mono_left(int64_t deadline_ms);

/* Starts a TCP connection. host is an IPv4 literal or a name (resolved with
 * getaddrinfo, which may block for its own time-out). *fd is connecting: wait
 * until it is writable, then call sock_connected. ERR_IO, ERR_MISSING (name).
 */
MUST_CHECK enum err sock_connect(const char *host, uint16_t port, int *fd);
/* ERR_AGAIN: not yet; ERR_IO: errno says why there is no connection. */
MUST_CHECK enum err sock_connected(int fd);

/* Listens on IPv4 address:port (port 0 picks one; *port_out tells, when it is
 * not NULL). ERR_VALUE: addr is not a dotted quad; ERR_IO. */
MUST_CHECK enum err sock_listen(const char *addr, uint16_t port, int *fd,
				uint16_t *port_out);

/* ERR_AGAIN when nobody waits, ERR_SPACE on EMFILE and the like (back off). */
MUST_CHECK enum err sock_accept(int listener, int *fd);

/* One read or write, never SIGPIPE. ERR_AGAIN: would block; ERR_CLOSED: the
 * peer has ended the stream (sock_recv only); ERR_IO, a reset included. */
MUST_CHECK enum err sock_recv(int fd, void *buf, size_t cap, size_t *n);
MUST_CHECK enum err sock_send(int fd, const void *buf, size_t len, size_t *n);

/* Waits until fd has one of `events` (poll's) or deadline_ms (mono) passes.
 * ERR_TIMEOUT, ERR_IO. An error or hang-up on fd counts as an event. */
MUST_CHECK enum err sock_wait(int fd, short events, int64_t deadline_ms);
#endif
