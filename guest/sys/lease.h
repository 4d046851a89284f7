/* lease.h - what a DHCP server said, as numbers: read out of the environment
 * that udhcpc gives its hook, checked, and turned into the routes to set. Pure:
 * the hook parses, init only checks and applies. */
#ifndef GUEST_SYS_LEASE_H
#define GUEST_SYS_LEASE_H

#include "lib/bytes.h"

enum {
	LEASE_ROUTES = 8,
	LEASE_DNS = 3,
	LEASE_ENV_BYTES = 512
};

/* Addresses in host byte order. gateway 0: on the link itself. */
struct net_route {
	uint32_t dest, gateway;
	uint8_t prefix; /* 0..32 */
};

struct lease {
	uint32_t addr;
	uint8_t prefix; /* 1..32 */
	uint8_t nroutes, ndns;
	struct net_route routes[LEASE_ROUTES]; /* as the server gave them */
	uint32_t dns[LEASE_DNS];
};

/* The one record that a hook writes to init, in one write. */
enum lease_event {
	LEASE_BOUND = 1,
	LEASE_LOST
};

struct lease_note {
	uint32_t magic; /* LEASE_MAGIC */
	uint32_t event; /* enum lease_event */
	struct lease lease;
};
#define LEASE_MAGIC 0x4c454545u

/* A dotted quad, four numbers without leading zeros. ERR_VALUE. */
MUST_CHECK enum err ipv4_parse(struct slice in, uint32_t *out);
enum {
	IPV4_TEXT_LEN = 16
};
void ipv4_format(uint32_t addr, char out[static IPV4_TEXT_LEN]);

/* Value of an environment variable, or NULL; getenv in the hook. */
typedef const char *lease_env(void *ctx, const char *name);

/* Reads ip, mask, router, staticroutes and dns as busybox's udhcpc writes them
 * (networking/udhcp/dhcpc.c, fill_envp). Classless static routes (RFC 3442)
 * replace the router option. Of more than LEASE_DNS servers the first are
 * taken. ERR_MISSING: no ip or mask; ERR_VALUE; ERR_LIMIT: too many routes or a
 * value of more than LEASE_ENV_BYTES. *out passes lease_ok. */
MUST_CHECK enum err lease_parse(lease_env *env, void *ctx, struct lease *out);

/* Whether init may apply it: counts and prefixes in range, no host bits in a
 * destination, and every address one that a host can have. */
bool lease_ok(const struct lease *l);

/* The routes to add, in an order the kernel accepts: those on the link first,
 * with one made up for each gateway outside the subnet and outside those (GCP:
 * a /32 address). Returns how many. */
enum {
	LEASE_PLAN = 2 * LEASE_ROUTES
};
size_t lease_plan(const struct lease *l,
		  struct net_route out[static LEASE_PLAN]);
#endif
