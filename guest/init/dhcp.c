#include "init/dhcp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "init/ended.h"
#include "sys/child.h"
#include "sys/console.h"
#include "sys/kfile.h"

#define UDHCPC      "/bin/udhcpc"
#define HOOK        "/bin/udhcpc-hook"
#define RESOLV_CONF "/run/resolv.conf"

enum {
	PAUSE_FIRST_MS = 200,
	PAUSE_MOST_MS = 60000
};

void dhcp_init(struct dhcp *d, const struct net_if *nif)
{
	*d = (struct dhcp){ .nif = *nif,
			    .notes = -1,
			    .pause_ms = PAUSE_FIRST_MS };
}

enum err dhcp_start(struct dhcp *d, int64_t now_ms)
{
	/* In the foreground, renewing for ever; ask for these options only. */
	char *argv[] = { "udhcpc",       "-f",     "-i", d->nif.name, "-s",
			 HOOK,           "-t",     "5",  "-T",        "1",
			 "-A",           "1",      "-o", "-O",        "subnet",
			 "-O",           "router", "-O", "dns",       "-O",
			 "staticroutes", NULL };
	struct child_spec spec = {
		.role = CHILD_DHCP, .nfds = 1, .program = UDHCPC, .argv = argv
	};
	int ends[2];
	enum err e;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return ERR_IO;
	spec.fds = &ends[1];
	e = fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0
		    ? ERR_IO
		    : child_spawn(&spec, &d->pid);
	close(ends[1]);
	if (e != ERR_OK) {
		close(ends[0]);
		return e;
	}
	d->notes = ends[0];
	d->since_ms = now_ms;
	return ERR_OK;
}

static bool same(const struct lease *a, const struct lease *b)
{
	/* lease_parse leaves no byte of the struct to chance. */
	return slice_eq((struct slice){ (const uint8_t *)a, sizeof *a },
			(struct slice){ (const uint8_t *)b, sizeof *b });
}

/* The network said something that the kernel will not have: say so, be without
 * an address, and let the next lease do better. */
static void refuse(struct dhcp *d, const struct lease *l, int number)
{
	console(CONSOLE_LEASE, "refused", number);
	if (net_clear(&d->nif, l) != ERR_OK)
		return; /* it had not come as far as the address */
}

static enum err write_resolv(const struct lease *l)
{
	char text[128];
	struct wr w = wr_over(text, sizeof text);

	net_resolv(&w, l);
	return w.err != ERR_OK ? w.err
			       : kfile_replace(RESOLV_CONF, wr_slice(&w));
}

static enum err bound(struct dhcp *d, const struct lease *l)
{
	char addr[IPV4_TEXT_LEN];
	enum err e;

	if (d->have && same(&d->lease, l))
		return ERR_OK;
	e = net_apply(&d->nif, d->have ? &d->lease : NULL, l);
	d->have = e == ERR_OK;
	d->lease = *l;
	if (e != ERR_OK) {
		refuse(d, l, errno);
		return ERR_OK;
	}
	ipv4_format(l->addr, addr);
	console(CONSOLE_LEASE, addr, l->prefix);
	return write_resolv(l);
}

static enum err take_note(struct dhcp *d, const struct lease_note *n)
{
	if (n->magic != LEASE_MAGIC)
		return ERR_VALUE;
	switch (n->event) {
	case LEASE_BOUND:
		return lease_ok(&n->lease) ? bound(d, &n->lease) : ERR_VALUE;
	case LEASE_LOST:
		if (!d->have)
			return ERR_OK;
		d->have = false;
		console(CONSOLE_LEASE, "lost", -1);
		return net_clear(&d->nif, &d->lease);
	default:
		return ERR_VALUE;
	}
}

enum err dhcp_read(struct dhcp *d)
{
	for (;;) {
		struct lease_note note;
		/* A note is below PIPE_BUF: it comes whole or not at all. */
		ssize_t n = read(d->notes, &note, sizeof note);
		enum err e;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? ERR_OK : ERR_IO;
		if (n == 0) {
			/* The end of the process will be told separately. */
			close(d->notes);
			d->notes = -1;
			return ERR_OK;
		}
		e = n == sizeof note ? take_note(d, &note) : ERR_VALUE;
		if (e != ERR_OK)
			return e;
	}
}

void dhcp_ended(struct dhcp *d, int status, int64_t now_ms)
{
	print_end("dhcp", status);
	if (d->notes >= 0)
		close(d->notes);
	d->notes = -1;
	d->pid = 0;
	if (now_ms - d->since_ms > PAUSE_MOST_MS)
		d->pause_ms = PAUSE_FIRST_MS;
	d->again_ms = now_ms + d->pause_ms;
	d->pause_ms *= 2;
	if (d->pause_ms > PAUSE_MOST_MS)
		d->pause_ms = PAUSE_MOST_MS;
}

enum err dhcp_tick(struct dhcp *d, int64_t now_ms)
{
	if (d->pid != 0 || now_ms < d->again_ms)
		return ERR_OK;
	return dhcp_start(d, now_ms);
}
