/* sys/net.h: the messages byte for byte as iproute2 6.1 sends them (strace of
 * the commands named below, on interface 3), sysfs as a tree of files, and the
 * whole in a network namespace of its own, asked back with ip(8). */
#include "sys/net.h"

#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "lib/text.h"
#include "sys/kfile.h"
#include "tests/tap.h"

enum {
	SEQ = 0x6affe547,
	IFINDEX = 3
};
static const uint32_t addr = 0x0a800005, gateway = 0x0a800001;

static void is_bytes(const struct wr *w, const char *hex, const char *what)
{
	uint8_t want[NET_MSG_BYTES];
	size_t n = strlen(hex) / 2;

	is_err(hex_decode(str_slice(hex), want, n), ERR_OK, "hex of %s", what);
	ok(slice_eq(wr_slice(w), (struct slice){ want, n }), "%s", what);
}

static void test_messages(void)
{
	static const struct net_route link = { 0x0a800001, 0, 32 };
	static const struct net_route all = { 0, 0x0a800001, 0 };
	static const struct net_route part = { 0xc0a80400, 0x0a800001, 22 };
	uint8_t buf[NET_MSG_BYTES];
	struct wr w = wr_over(buf, sizeof buf);

	net_msg_up(&w, SEQ, IFINDEX);
	is_bytes(&w,
		 "200000001000050047e5ff6a00000000"
		 "00000000030000000100000001000000",
		 "ip link set d0 up");
	w = wr_over(buf, sizeof buf);
	net_msg_addr(&w, true, SEQ, IFINDEX, addr, 32);
	is_bytes(&w,
		 "280000001400050647e5ff6a00000000"
		 "0220000003000000080002000a800005"
		 "080001000a800005",
		 "ip addr add 10.128.0.5/32 dev d0");
	w = wr_over(buf, sizeof buf);
	net_msg_addr(&w, false, SEQ, IFINDEX, addr, 32);
	is_bytes(&w,
		 "280000001500050047e5ff6a00000000"
		 "0220000003000000080002000a800005"
		 "080001000a800005",
		 "ip addr del 10.128.0.5/32 dev d0");
	w = wr_over(buf, sizeof buf);
	net_msg_route(&w, SEQ, IFINDEX, &link);
	is_bytes(&w,
		 "2c0000001800050647e5ff6a00000000"
		 "02200000fe03fd010000000008000100"
		 "0a8000010800040003000000",
		 "ip route add 10.128.0.1/32 dev d0 scope link");
	w = wr_over(buf, sizeof buf);
	net_msg_route(&w, SEQ, IFINDEX, &all);
	is_bytes(&w,
		 "2c0000001800050647e5ff6a00000000"
		 "02000000fe0300010000000008000500"
		 "0a8000010800040003000000",
		 "ip route add default via 10.128.0.1 dev d0");
	w = wr_over(buf, sizeof buf);
	net_msg_route(&w, SEQ, IFINDEX, &part);
	is_bytes(&w,
		 "340000001800050647e5ff6a00000000"
		 "02160000fe0300010000000008000100"
		 "c0a80400080005000a80000108000400"
		 "03000000",
		 "ip route add 192.168.4.0/22 via 10.128.0.1 dev d0");
	w = wr_over(buf, 40);
	net_msg_route(&w, SEQ, IFINDEX, &part);
	is_err(wr_end(&w), ERR_SPACE, "a message that does not fit");
}

static void test_resolv(void)
{
	struct lease l = { .ndns = 2, .dns = { 0x08080808, 0x01010101 } };
	uint8_t buf[64];
	struct wr w = wr_over(buf, sizeof buf);

	net_resolv(&w, &l);
	ok(slice_is(wr_slice(&w), "nameserver 8.8.8.8\nnameserver 1.1.1.1\n"),
	   "resolv.conf");
}

/* ---- sysfs */

static char tree[] = "/tmp/test_net.XXXXXX";

static void put(const char *name, const char *file, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", tree, name);
	mkdir(path, 0755);
	snprintf(path, sizeof path, "%s/%s/%s", tree, name, file);
	f = fopen(path, "w");
	if (f == NULL)
		_exit(99);
	fputs(text, f);
	fclose(f);
}

static void test_find(void)
{
	struct net_if nif = { .index = 77 };
	char path[128], text[8];

	if (mkdtemp(tree) == NULL)
		_exit(99);
	put("lo", "type", "772\n");
	put("lo", "ifindex", "1\n");
	put("sit0", "type", "776\n");
	is_err(net_find(tree, &nif), ERR_MISSING, "no Ethernet interface");
	ok(nif.index == 77, "nothing is written then");
	put("eth0", "type", "1\n");
	put("eth0", "ifindex", "x\n");
	is_err(net_find(tree, &nif), ERR_VALUE, "an index that is no number");
	put("eth0", "ifindex", "4\n");
	is_err(net_find(tree, &nif), ERR_OK, "one");
	ok(nif.index == 4 && strcmp(nif.name, "eth0") == 0, "is it");
	is_err(net_carrier(tree, &nif), ERR_AGAIN, "no carrier file");
	put("eth0", "carrier", "0\n");
	is_err(net_carrier(tree, &nif), ERR_AGAIN, "no carrier");
	put("eth0", "carrier", "1\n");
	is_err(net_carrier(tree, &nif), ERR_OK, "carrier");
	is_err(net_no_redirects(tree, &nif), ERR_MISSING, "no such setting");
	put("eth0", "accept_redirects", "1");
	is_err(net_no_redirects(tree, &nif), ERR_OK, "no redirects");
	snprintf(path, sizeof path, "%s/eth0/accept_redirects", tree);
	is_err(kfile_line(path, text, sizeof text), ERR_OK, "read back");
	ok(strcmp(text, "0") == 0, "is off");
	put("eth1", "type", "1\n");
	put("eth1", "ifindex", "5\n");
	is_err(net_find(tree, &nif), ERR_DUPLICATE, "two of them");
	is_err(net_find("/tmp/test_net.none", &nif), ERR_IO, "no sysfs");
}

/* ---- a namespace */

static bool says(const char *command, const char *want)
{
	char got[1024] = "";
	FILE *p = popen(command, "r");
	size_t n;

	if (p == NULL)
		return false;
	n = fread(got, 1, sizeof got - 1, p);
	got[n] = '\0';
	pclose(p);
	if (strcmp(got, want) != 0)
		printf("# %s:\n# got  %s\n# want %s\n", command, got, want);
	return strcmp(got, want) == 0;
}

static void test_live(const struct net_if *nif)
{
	struct lease gcp = { .addr = addr,
			     .prefix = 32,
			     .nroutes = 1,
			     .routes = { { 0, gateway, 0 } } };
	struct lease home = { .addr = 0x0a000207,
			      .prefix = 24,
			      .nroutes = 2,
			      .routes = { { 0, 0x0a000202, 0 },
					  { 0xac100000, 0x0a000203, 12 } } };
	struct lease bad = { .addr = 0x0a000207,
			     .prefix = 24,
			     .nroutes = 1,
			     .routes = { { 0, 0x0a0002ff, 0 } } };
	uint8_t buf[NET_MSG_BYTES];
	struct wr w = wr_over(buf, sizeof buf);

	net_msg_up(&w, 1, nif->index);
	is_err(net_do(wr_slice(&w)), ERR_OK, "the interface comes up");
	is_err(net_apply(nif, NULL, &gcp), ERR_OK, "a /32 lease");
	ok(says("ip -4 -o addr show d0 | awk '{print $4}'", "10.128.0.5/32\n"),
	   "its address");
	ok(says("ip route | sed 's/ *$//'",
		"default via 10.128.0.1 dev d0\n10.128.0.1 dev d0 scope "
		"link\n"),
	   "its gateway on the link and the default route through it");
	is_err(net_apply(nif, NULL, &gcp), ERR_IO, "the address twice");
	ok(errno == EEXIST, "is EEXIST");
	is_err(net_apply(nif, &gcp, &home), ERR_OK, "another lease");
	ok(says("ip -4 -o addr show d0 | awk '{print $4}'", "10.0.2.7/24\n"),
	   "replaces the address");
	ok(says("ip route | sed 's/ *$//'",
		"default via 10.0.2.2 dev d0\n"
		"10.0.2.0/24 dev d0 proto kernel scope link src 10.0.2.7\n"
		"172.16.0.0/12 via 10.0.2.3 dev d0\n"),
	   "and all the routes");
	is_err(net_clear(nif, &home), ERR_OK, "no lease");
	ok(says("ip route; ip -4 -o addr show d0", ""), "leaves nothing");
	is_err(net_apply(nif, NULL, &bad), ERR_IO,
	       "the subnet's broadcast as gateway");
	is_err(net_clear(nif, &bad), ERR_OK, "and it can be taken back");
}

static void test_namespace(void)
{
	struct net_if nif = { .name = "d0" };

	if (unshare(CLONE_NEWNET) != 0 ||
	    system("ip link add d0 type veth peer name d1 2>/dev/null &&"
		   " ip link set d1 up") != 0) {
		ok(1, "a lease in a network namespace # SKIP needs root, "
		      "ip(8) and veth");
		return;
	}
	nif.index = if_nametoindex("d0");
	test_live(&nif);
}

int main(void)
{
	char command[64];

	test_messages();
	test_resolv();
	test_find();
	test_namespace();
	snprintf(command, sizeof command, "rm -rf %s", tree);
	ok(system(command) == 0, "cleaned up");
	return tap_done();
}
