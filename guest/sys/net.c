#include "sys/net.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/text.h"
#include "sys/kfile.h"

/* Interface flags and types of linux/if.h and linux/if_arp.h, which cannot be
 * included beside a C library's own headers. */
enum {
	LINK_UP = 1,
	ARP_ETHER = 1
};

/* A number from sysfs: /sys/class/net/NAME/FILE. */
static enum err attr(const char *dir, const char *name, const char *file,
		     uint64_t max, uint64_t *out)
{
	char path[PATH_MAX], text[32];
	enum err e;

	if ((size_t)snprintf(path, sizeof path, "%s/%s/%s", dir, name, file) >=
	    sizeof path)
		return ERR_LIMIT;
	e = kfile_line(path, text, sizeof text);
	return e != ERR_OK ? e : u64_parse(str_slice(text), max, out);
}

static enum err take(const char *dir, const char *name, struct net_if *found,
		     int *count)
{
	uint64_t type, index;
	enum err e;

	if (name[0] == '.' ||
	    attr(dir, name, "type", UINT16_MAX, &type) != ERR_OK ||
	    type != ARP_ETHER)
		return ERR_OK;
	e = attr(dir, name, "ifindex", INT32_MAX, &index);
	if (e == ERR_OK)
		e = slice_cstr(str_slice(name), found->name,
			       sizeof found->name);
	found->index = e == ERR_OK ? (uint32_t)index : 0;
	++*count;
	return e;
}

enum err net_find(const char *dir, struct net_if *out)
{
	DIR *d = opendir(dir);
	struct net_if found;
	struct dirent *entry;
	enum err e = ERR_OK;
	int count = 0;

	if (d == NULL)
		return ERR_IO;
	while (e == ERR_OK && (entry = readdir(d)) != NULL)
		e = take(dir, entry->d_name, &found, &count);
	closedir(d);
	if (e != ERR_OK)
		return e;
	if (count != 1)
		return count == 0 ? ERR_MISSING : ERR_DUPLICATE;
	*out = found;
	return ERR_OK;
}

enum err net_carrier(const char *dir, const struct net_if *nif)
{
	uint64_t carrier;
	/* Reading it is an error (EINVAL) while the interface is down. */
	enum err e = attr(dir, nif->name, "carrier", 1, &carrier);

	return e == ERR_OK && carrier == 1 ? ERR_OK : ERR_AGAIN;
}

enum err net_no_redirects(const char *dir, const struct net_if *nif)
{
	char path[PATH_MAX];

	if ((size_t)snprintf(path, sizeof path, "%s/%s/accept_redirects", dir,
			     nif->name) >= sizeof path)
		return ERR_LIMIT;
	return kfile_write(path, str_slice("0"));
}

/* struct nlmsghdr with its length left open; end_msg fills it in. */
static void begin_msg(struct wr *w, uint16_t type, uint16_t flags, uint32_t seq)
{
	wr_u32le(w, 0);
	wr_u16le(w, type);
	wr_u16le(w, flags | NLM_F_REQUEST | NLM_F_ACK);
	wr_u32le(w, seq);
	wr_u32le(w, 0); /* to the kernel */
}

static void end_msg(struct wr *w)
{
	if (w->err == ERR_OK)
		w->buf[0] = (uint8_t)w->len; /* NET_MSG_BYTES is below 256 */
}

/* A struct rtattr of four bytes: an address goes out big-endian, an index in
 * the machine's order, which is little-endian here. */
static void attr_addr(struct wr *w, uint16_t type, uint32_t addr)
{
	wr_u16le(w, 8);
	wr_u16le(w, type);
	wr_u32be(w, addr);
}

static void attr_index(struct wr *w, uint16_t type, uint32_t index)
{
	wr_u16le(w, 8);
	wr_u16le(w, type);
	wr_u32le(w, index);
}

void net_msg_up(struct wr *w, uint32_t seq, uint32_t ifindex)
{
	begin_msg(w, RTM_NEWLINK, 0, seq);
	/* struct ifinfomsg */
	wr_u8(w, AF_UNSPEC);
	wr_u8(w, 0);
	wr_u16le(w, 0); /* any type */
	wr_u32le(w, ifindex);
	wr_u32le(w, LINK_UP); /* flags */
	wr_u32le(w, LINK_UP); /* which of them change */
	end_msg(w);
}

void net_msg_addr(struct wr *w, bool add, uint32_t seq, uint32_t ifindex,
		  uint32_t addr, uint8_t prefix)
{
	if (add)
		begin_msg(w, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, seq);
	else
		begin_msg(w, RTM_DELADDR, 0, seq);
	/* struct ifaddrmsg */
	wr_u8(w, AF_INET);
	wr_u8(w, prefix);
	wr_u8(w, 0); /* flags */
	wr_u8(w, RT_SCOPE_UNIVERSE);
	wr_u32le(w, ifindex);
	attr_addr(w, IFA_LOCAL, addr);
	attr_addr(w, IFA_ADDRESS, addr);
	end_msg(w);
}

void net_msg_route(struct wr *w, uint32_t seq, uint32_t ifindex,
		   const struct net_route *r)
{
	begin_msg(w, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, seq);
	/* struct rtmsg */
	wr_u8(w, AF_INET);
	wr_u8(w, r->prefix);
	wr_u8(w, 0); /* any source */
	wr_u8(w, 0); /* any type of service */
	wr_u8(w, RT_TABLE_MAIN);
	wr_u8(w, RTPROT_BOOT);
	wr_u8(w, r->gateway == 0 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE);
	wr_u8(w, RTN_UNICAST);
	wr_u32le(w, 0); /* flags */
	if (r->prefix > 0)
		attr_addr(w, RTA_DST, r->dest);
	if (r->gateway != 0)
		attr_addr(w, RTA_GATEWAY, r->gateway);
	attr_index(w, RTA_OIF, ifindex);
	end_msg(w);
}

/* The answer is a struct nlmsgerr: header, then 0 or a negative errno. */
static enum err read_ack(struct slice in)
{
	struct rd r = rd_over(in);
	uint16_t type;
	int32_t code;

	(void)rd_u32le(&r);
	type = rd_u16le(&r);
	(void)rd_take(&r, 10);
	code = (int32_t)rd_u32le(&r);
	if (r.err != ERR_OK || type != NLMSG_ERROR) {
		errno = EPROTO;
		return ERR_IO;
	}
	if (code == 0)
		return ERR_OK;
	errno = -code;
	return ERR_IO;
}

enum err net_do(struct slice msg)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	uint8_t answer[512];
	enum err e = ERR_IO;
	ssize_t n = -1;
	int saved;

	if (fd < 0)
		return ERR_IO;
	if (sendto(fd, msg.ptr, msg.len, 0, (struct sockaddr *)&kernel,
		   sizeof kernel) == (ssize_t)msg.len)
		n = recv(fd, answer, sizeof answer, 0);
	if (n > 0)
		e = read_ack((struct slice){ answer, (size_t)n });
	saved = errno;
	close(fd);
	errno = saved;
	return e;
}

static enum err set_addr(const struct net_if *nif, bool add,
			 const struct lease *l)
{
	uint8_t buf[NET_MSG_BYTES];
	struct wr w = wr_over(buf, sizeof buf);

	net_msg_addr(&w, add, 1, nif->index, l->addr, l->prefix);
	return net_do(wr_slice(&w));
}

enum err net_clear(const struct net_if *nif, const struct lease *old)
{
	/* The kernel takes the routes away with the last address. */
	return set_addr(nif, false, old);
}

enum err net_apply(const struct net_if *nif, const struct lease *old,
		   const struct lease *lease)
{
	struct net_route plan[LEASE_PLAN];
	size_t n = lease_plan(lease, plan);
	enum err e = ERR_OK;

	if (old != NULL)
		e = net_clear(nif, old);
	if (e == ERR_OK)
		e = set_addr(nif, true, lease);
	for (size_t i = 0; e == ERR_OK && i < n; i++) {
		uint8_t buf[NET_MSG_BYTES];
		struct wr w = wr_over(buf, sizeof buf);

		net_msg_route(&w, 1, nif->index, &plan[i]);
		e = net_do(wr_slice(&w));
		/* The same route twice in one lease, or the subnet's own. */
		if (e == ERR_IO && errno == EEXIST)
			e = ERR_OK;
	}
	return e;
}

void net_resolv(struct wr *w, const struct lease *l)
{
	for (size_t i = 0; i < l->ndns; i++) {
		char text[IPV4_TEXT_LEN];

		ipv4_format(l->dns[i], text);
		wr_fmt(w, "nameserver %s\n", text);
	}
}
