/* net.h - the network interface, through rtnetlink (rtnetlink(7)) and sysfs.
 * The messages are pure functions; net_do sends one and waits for its answer.
 */
#ifndef GUEST_SYS_NET_H
#define GUEST_SYS_NET_H

#include "lib/bytes.h"
#include "sys/lease.h"

enum {
	NET_NAME_LEN = 16,
	NET_MSG_BYTES = 128
};

struct net_if {
	char name[NET_NAME_LEN];
	uint32_t index;
};

/* The one Ethernet interface below `dir` ("/sys/class/net"). ERR_MISSING:
 * none; ERR_DUPLICATE: more than one; ERR_IO; ERR_VALUE. */
MUST_CHECK enum err net_find(const char *dir, struct net_if *out);

/* ERR_OK when the link has its carrier; ERR_AGAIN when not yet. */
MUST_CHECK enum err net_carrier(const char *dir, const struct net_if *nif);

/* Makes the interface deaf to ICMP redirects; dir is "/proc/sys/net/ipv4/conf".
 * An interface that was there before the sysctls keeps its own setting, and for
 * a host either that one or the one for all is enough to obey them (Linux,
 * IN_DEV_RX_REDIRECTS). ERR_MISSING, ERR_IO. */
MUST_CHECK enum err net_no_redirects(const char *dir, const struct net_if *nif);

/* RTM_NEWLINK: up. */
void net_msg_up(struct wr *w, uint32_t seq, uint32_t ifindex);
/* RTM_NEWADDR or RTM_DELADDR of addr/prefix. */
void net_msg_addr(struct wr *w, bool add, uint32_t seq, uint32_t ifindex,
		  uint32_t addr, uint8_t prefix);
/* RTM_NEWROUTE in the main table: scope link without a gateway, else global. */
void net_msg_route(struct wr *w, uint32_t seq, uint32_t ifindex,
		   const struct net_route *r);

/* Sends one message and waits for the kernel's acknowledgement. ERR_IO: errno
 * is the kernel's answer (EEXIST, ENETUNREACH, ...). */
MUST_CHECK enum err net_do(struct slice msg);

/* Gives the interface the lease's address and routes; `old` (or NULL) is what
 * an earlier call gave it and is taken away first, routes included. ERR_IO. */
MUST_CHECK enum err net_apply(const struct net_if *nif, const struct lease *old,
			      const struct lease *lease);
MUST_CHECK enum err net_clear(const struct net_if *nif,
			      const struct lease *old);

/* resolv.conf for the lease's name servers, into w. */
void net_resolv(struct wr *w, const struct lease *l);
#endif
