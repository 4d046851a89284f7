#include "host-launcher/vm/simport.h"

#include <unistd.h>

#include "host-launcher/vm/spawn.h"
#include "lib/sock.h"

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

enum err simport_open(struct simport *p, const char *path, struct simtd *td)
{
	*p = (struct simport){ .listener = -1, .fd = -1, .td = td };
	return unix_listen(path, &p->listener);
}

void simport_hang_up(struct simport *p)
{
	close_fd(&p->fd);
	p->len = p->sent = 0;
}

void simport_close(struct simport *p)
{
	simport_hang_up(p);
	close_fd(&p->listener);
}

size_t simport_poll(const struct simport *p,
		    struct pollfd pfd[static SIMPORT_FILES])
{
	short events = p->len > 0 ? POLLOUT : POLLIN;

	pfd[0] = (struct pollfd){ p->listener, POLLIN, 0 };
	pfd[1] = (struct pollfd){ p->fd, events, 0 };
	return SIMPORT_FILES;
}

static void flush(struct simport *p)
{
	while (p->sent < p->len) {
		size_t n;
		enum err e = sock_send(p->fd, p->out + p->sent,
				       p->len - p->sent, &n);

		if (e == ERR_AGAIN)
			return;
		if (e != ERR_OK) {
			simport_hang_up(p);
			return;
		}
		p->sent += n;
	}
	p->len = p->sent = 0;
}

/* Takes what the guest wrote. More is read only when every answer is out, and
 * a chunk completes at most one QUOTE request, so the buffer is large enough.
 */
static void take(struct simport *p)
{
	uint8_t chunk[SIM_REQUEST_MAX];
	struct wr out = wr_over(p->out, sizeof p->out);
	struct slice in = { chunk, 0 };
	enum err e = sock_recv(p->fd, chunk, sizeof chunk, &in.len);

	if (e == ERR_AGAIN)
		return;
	if (e != ERR_OK) {
		simport_hang_up(p);
		return;
	}
	while (e == ERR_OK && in.len > 0)
		e = simtd_input(p->td, &in, &out);
	p->len = out.len;
	flush(p);
}

bool simport_run(struct simport *p,
		 const struct pollfd pfd[static SIMPORT_FILES])
{
	uint64_t before = p->td->quotes + p->td->extends + p->td->refused;
	int fd;

	if (pfd[0].revents != 0 && sock_accept(p->listener, &fd) == ERR_OK) {
		simport_hang_up(p);
		p->fd = fd;
	} else if (pfd[1].revents != 0 && p->len > 0) {
		flush(p);
	} else if (pfd[1].revents != 0) {
		take(p);
	}
	return p->td->quotes + p->td->extends + p->td->refused != before;
}
