/* sys/lease.h: what udhcpc's environment may say. The good values are those of
 * busybox 1.35 for the servers named beside them. */
#include "sys/lease.h"

#include "tests/tap.h"

struct env {
	const char *ip, *mask, *router, *staticroutes, *dns;
};

static const char *look(void *ctx, const char *name)
{
	const struct env *e = ctx;
	const struct {
		const char *name, *value;
	} table[] = { { "ip", e->ip },
		      { "mask", e->mask },
		      { "router", e->router },
		      { "staticroutes", e->staticroutes },
		      { "dns", e->dns } };

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (strcmp(table[i].name, name) == 0)
			return table[i].value;
	return NULL;
}

static bool route_is(const struct net_route *r, uint32_t dest, uint8_t prefix,
		     uint32_t via)
{
	return r->dest == dest && r->prefix == prefix && r->gateway == via;
}

static void test_qemu(void)
{
	struct env e = { "10.0.2.15", "24", "10.0.2.2", NULL, "10.0.2.3" };
	struct net_route plan[LEASE_PLAN];
	struct lease l;

	is_err(lease_parse(look, &e, &l), ERR_OK, "QEMU's user network");
	ok(l.addr == 0x0a00020f && l.prefix == 24, "address");
	ok(l.ndns == 1 && l.dns[0] == 0x0a000203, "name server");
	ok(lease_plan(&l, plan) == 1 && route_is(&plan[0], 0, 0, 0x0a000202),
	   "one default route: the gateway is in the subnet");
}

static void test_gcp(void)
{
	/* RFC 3442 as GCP sends it; the router option must then be ignored. */
	struct env e = { "10.128.0.5", "32", "10.9.9.9",
			 "10.128.0.1/32 0.0.0.0 0.0.0.0/0 10.128.0.1",
			 "169.254.169.254" };
	struct net_route plan[LEASE_PLAN];
	struct lease l;

	is_err(lease_parse(look, &e, &l), ERR_OK, "GCP");
	ok(l.prefix == 32 && l.nroutes == 2, "a /32 and two routes");
	ok(lease_plan(&l, plan) == 2 && route_is(&plan[0], 0x0a800001, 32, 0) &&
		   route_is(&plan[1], 0, 0, 0x0a800001),
	   "the gateway on the link, then the default route");
	e.staticroutes = "0.0.0.0/0 10.128.0.1 10.128.0.1/32 0.0.0.0";
	is_err(lease_parse(look, &e, &l), ERR_OK, "in the other order");
	ok(lease_plan(&l, plan) == 2 && route_is(&plan[0], 0x0a800001, 32, 0) &&
		   route_is(&plan[1], 0, 0, 0x0a800001),
	   "the same plan");
	e.staticroutes = NULL;
	e.router = "10.128.0.1 10.128.0.2";
	is_err(lease_parse(look, &e, &l), ERR_OK, "without static routes");
	ok(lease_plan(&l, plan) == 2 && route_is(&plan[0], 0x0a800001, 32, 0) &&
		   route_is(&plan[1], 0, 0, 0x0a800001),
	   "the first router is put on the link");
	e.router = NULL;
	is_err(lease_parse(look, &e, &l), ERR_OK, "no router at all");
	ok(lease_plan(&l, plan) == 0, "no route");
}

static void test_plan(void)
{
	/* Example of RFC 3442: 10/8 and 10.27.129/24 through gateways. */
	struct env e = { "10.27.129.7", "25", NULL,
			 "10.0.0.0/8 10.27.129.1 10.27.129.128/25 10.27.129.2 "
			 "192.0.2.0/24 198.51.100.1",
			 NULL };
	struct net_route plan[LEASE_PLAN];
	struct lease l;

	is_err(lease_parse(look, &e, &l), ERR_OK, "three gateways");
	ok(lease_plan(&l, plan) == 4, "one is outside the subnet");
	ok(route_is(&plan[0], 0xc6336401, 32, 0), "so it is put on the link");
	ok(route_is(&plan[3], 0xc0000200, 24, 0xc6336401), "before its route");
}

static void test_most(void)
{
	char many[LEASE_ENV_BYTES + 2] = "";
	struct env e = { "10.0.0.2", "32", NULL, many, NULL };
	struct net_route plan[LEASE_PLAN];
	struct lease l;

	for (int i = 0; i < LEASE_ROUTES; i++)
		snprintf(many + strlen(many), sizeof many - strlen(many),
			 "10.1.%d.0/24 10.2.0.%d ", i, i + 1);
	is_err(lease_parse(look, &e, &l), ERR_OK, "%d routes", LEASE_ROUTES);
	ok(lease_plan(&l, plan) == LEASE_PLAN, "with a gateway each");
	strcat(many, "10.3.0.0/24 10.2.0.9");
	is_err(lease_parse(look, &e, &l), ERR_LIMIT, "one more");
	memset(many, ' ', LEASE_ENV_BYTES);
	is_err(lease_parse(look, &e, &l), ERR_OK, "512 spaces");
	many[LEASE_ENV_BYTES] = ' ';
	is_err(lease_parse(look, &e, &l), ERR_LIMIT, "513");
}

static void test_refused(void)
{
	static const struct {
		struct env e;
		enum err err;
		const char *what;
	} t[] = {
		{ { NULL, "24", 0, 0, 0 }, ERR_MISSING, "no ip" },
		{ { "", "24", 0, 0, 0 }, ERR_MISSING, "an empty ip" },
		{ { "10.0.0.2", NULL, 0, 0, 0 }, ERR_MISSING, "no mask" },
		{ { "10.0.0.2", "33", 0, 0, 0 }, ERR_VALUE, "mask 33" },
		{ { "10.0.0.2", "0", 0, 0, 0 }, ERR_VALUE, "mask 0" },
		{ { "10.0.0.2", "-1", 0, 0, 0 }, ERR_VALUE, "mask -1" },
		{ { "10.0.0.2", "024", 0, 0, 0 }, ERR_VALUE, "mask 024" },
		{ { "10.0.0", "24", 0, 0, 0 }, ERR_VALUE, "three numbers" },
		{ { "10.0.0.2.1", "24", 0, 0, 0 }, ERR_VALUE, "five" },
		{ { "10.0.0.256", "24", 0, 0, 0 }, ERR_VALUE, "256" },
		{ { "10.0.0.02", "24", 0, 0, 0 }, ERR_VALUE, "octal" },
		{ { "10.0.0.2 ", "24", 0, 0, 0 }, ERR_VALUE, "a space after" },
		{ { "10.0.0.0x2", "24", 0, 0, 0 }, ERR_VALUE, "hex" },
		{ { "example", "24", 0, 0, 0 }, ERR_VALUE, "a name" },
		{ { "0.0.0.0", "24", 0, 0, 0 }, ERR_VALUE, "address 0" },
		{ { "127.0.0.1", "8", 0, 0, 0 }, ERR_VALUE, "loopback" },
		{ { "224.0.0.1", "24", 0, 0, 0 }, ERR_VALUE, "multicast" },
		{ { "255.255.255.255", "24", 0, 0, 0 }, ERR_VALUE, "all" },
		{ { "10.0.0.2", "24", "10.0.0.1;id", 0, 0 },
		  ERR_VALUE,
		  "a command after the router" },
		{ { "10.0.0.2", "24", "127.0.0.1", 0, 0 },
		  ERR_VALUE,
		  "loopback as router" },
		{ { "10.0.0.2", "24", 0, "10.0.0.0/8", 0 },
		  ERR_VALUE,
		  "a route without gateway" },
		{ { "10.0.0.2", "24", 0, "10.0.0.0 10.0.0.1", 0 },
		  ERR_VALUE,
		  "a route without prefix" },
		{ { "10.0.0.2", "24", 0, "10.0.0.0/33 10.0.0.1", 0 },
		  ERR_VALUE,
		  "prefix 33" },
		{ { "10.0.0.2", "24", 0, "10.0.0.1/8 10.0.0.1", 0 },
		  ERR_VALUE,
		  "host bits in a destination" },
		{ { "10.0.0.2", "24", 0, "10.0.0.0/ 10.0.0.1", 0 },
		  ERR_VALUE,
		  "an empty prefix" },
		{ { "10.0.0.2", "24", 0, 0, "8.8.8.8\nsearch evil" },
		  ERR_VALUE,
		  "a line for resolv.conf" },
		{ { "10.0.0.2", "24", 0, 0, "8.8.8.8 ::1" },
		  ERR_VALUE,
		  "IPv6 as name server" },
		{ { "10.0.0.2", "24", 0, 0, "127.0.0.1" },
		  ERR_VALUE,
		  "loopback as name server" },
	};

	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		struct env e = t[i].e;
		struct lease l = { .addr = 77 };

		is_err(lease_parse(look, &e, &l), t[i].err, "%s", t[i].what);
		ok(l.addr == 77, "nothing written");
	}
}

/* What init checks of a record that a broken child could have made. */
static void test_ok(void)
{
	struct lease good = { .addr = 0x0a000002,
			      .prefix = 24,
			      .nroutes = 1,
			      .ndns = 1,
			      .routes = { { 0, 0x0a000001, 0 } },
			      .dns = { 0x08080808 } };
	struct lease l = good;

	ok(lease_ok(&l), "a lease");
	l.nroutes = LEASE_ROUTES + 1;
	ok(!lease_ok(&l), "more routes than there is room for");
	l = good;
	l.ndns = 255;
	ok(!lease_ok(&l), "more name servers than there is room for");
	l = good;
	l.routes[0].prefix = 33;
	ok(!lease_ok(&l), "a prefix past the mask");
	l = good;
	l.dns[0] = 0;
	ok(!lease_ok(&l), "a name server 0.0.0.0");
}

static void test_text(void)
{
	char out[IPV4_TEXT_LEN];
	uint32_t v;

	ipv4_format(0xfffefd00, out);
	ok(strcmp(out, "255.254.253.0") == 0, "format");
	is_err(ipv4_parse(at_page_end("255.254.253.0", 13), &v), ERR_OK,
	       "parse");
	ok(v == 0xfffefd00, "and back");
	for (size_t n = 0; n < 7; n++)
		is_err(ipv4_parse(at_page_end("1.2.3.4", n), &v), ERR_VALUE,
		       "the first %zu characters", n);
}

int main(void)
{
	test_qemu();
	test_gcp();
	test_plan();
	test_most();
	test_refused();
	test_ok();
	test_text();
	return tap_done();
}
