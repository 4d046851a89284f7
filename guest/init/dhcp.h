/* dhcp.h - udhcpc as a supervised child, and the interface as its hook's notes
 * say. Init sees numbers only: the hook has parsed them, lease_ok judges them.
 */
#ifndef GUEST_INIT_DHCP_H
#define GUEST_INIT_DHCP_H

#include <sys/types.h>

#include "sys/net.h"

struct dhcp {
	struct net_if nif;
	pid_t pid;        /* 0 when it is not running */
	int notes;        /* from the hook; -1 when not running */
	int64_t again_ms; /* when not running: when to start it */
	int64_t since_ms; /* when running: since when */
	int64_t pause_ms; /* before the next start; grows */
	bool have;        /* the interface has lease's address */
	struct lease lease;
};

void dhcp_init(struct dhcp *d, const struct net_if *nif);

/* Starts udhcpc. ERR_IO. */
MUST_CHECK enum err dhcp_start(struct dhcp *d, int64_t now_ms);

/* Reads what notes there are and sets the interface and resolv.conf by them.
 * A lease that the kernel refuses is dropped. ERR_VALUE: not a note; ERR_IO. */
MUST_CHECK enum err dhcp_read(struct dhcp *d);

/* Udhcpc (d->pid) has ended, with a wait status: it is told and will be started
 * again, after a pause that doubles up to a minute while it keeps ending within
 * one. */
void dhcp_ended(struct dhcp *d, int status, int64_t now_ms);

/* Starts it when its time has come. ERR_IO. */
MUST_CHECK enum err dhcp_tick(struct dhcp *d, int64_t now_ms);
#endif
