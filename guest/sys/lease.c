#include "sys/lease.h"

#include <stdio.h>
#include <string.h>

#include "lib/text.h"

/* Cuts the next word (up to a space) off *rest. False at the end. */
static bool next_word(struct slice *rest, struct slice *word)
{
	size_t n = 0;

	while (rest->len > 0 && rest->ptr[0] == ' ') {
		rest->ptr++;
		rest->len--;
	}
	while (n < rest->len && rest->ptr[n] != ' ')
		n++;
	*word = (struct slice){ rest->ptr, n };
	rest->ptr += n;
	rest->len -= n;
	return n > 0;
}

/* Splits s at the first c; false when there is none. */
static bool cut(struct slice s, char c, struct slice *head, struct slice *tail)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] != (uint8_t)c)
			continue;
		*head = (struct slice){ s.ptr, i };
		*tail = (struct slice){ s.ptr + i + 1, s.len - i - 1 };
		return true;
	}
	return false;
}

enum err ipv4_parse(struct slice in, uint32_t *out)
{
	struct slice part, rest = in;
	uint32_t addr = 0;
	uint64_t v;

	for (int i = 0; i < 4; i++) {
		if (i == 3)
			part = rest;
		else if (!cut(rest, '.', &part, &rest))
			return ERR_VALUE;
		if (u64_parse(part, 255, &v) != ERR_OK)
			return ERR_VALUE;
		addr = addr << 8 | (uint32_t)v;
	}
	*out = addr;
	return ERR_OK;
}

void ipv4_format(uint32_t addr, char out[static IPV4_TEXT_LEN])
{
	snprintf(out, IPV4_TEXT_LEN, "%u.%u.%u.%u", addr >> 24,
		 addr >> 16 & 255, addr >> 8 & 255, addr & 255);
}

static uint32_t prefix_mask(unsigned int prefix)
{
	return prefix == 0 ? 0 : UINT32_MAX << (32 - prefix);
}

/* An address that one host can have: no 0/8, loopback, multicast or above. */
static bool is_host(uint32_t addr)
{
	uint32_t top = addr >> 24;

	return top != 0 && top != 127 && top < 224;
}

static bool route_ok(const struct net_route *r)
{
	return r->prefix <= 32 && (r->dest & ~prefix_mask(r->prefix)) == 0 &&
	       (r->gateway == 0 || is_host(r->gateway));
}

bool lease_ok(const struct lease *l)
{
	if (!is_host(l->addr) || l->prefix < 1 || l->prefix > 32 ||
	    l->nroutes > LEASE_ROUTES || l->ndns > LEASE_DNS)
		return false;
	for (size_t i = 0; i < l->nroutes; i++)
		if (!route_ok(&l->routes[i]))
			return false;
	for (size_t i = 0; i < l->ndns; i++)
		if (!is_host(l->dns[i]))
			return false;
	return true;
}

static enum err get(lease_env *env, void *ctx, const char *name,
		    struct slice *out)
{
	const char *v = env(ctx, name);

	if (v == NULL || v[0] == '\0')
		return ERR_MISSING;
	if (strnlen(v, LEASE_ENV_BYTES + 1) > LEASE_ENV_BYTES)
		return ERR_LIMIT;
	*out = str_slice(v);
	return ERR_OK;
}

/* "DEST/PREFIX" */
static enum err parse_dest(struct slice in, struct net_route *r)
{
	struct slice addr, prefix;
	uint64_t n;

	if (!cut(in, '/', &addr, &prefix) ||
	    ipv4_parse(addr, &r->dest) != ERR_OK ||
	    u64_parse(prefix, 32, &n) != ERR_OK)
		return ERR_VALUE;
	r->prefix = (uint8_t)n;
	return ERR_OK;
}

/* "DEST/PREFIX GATEWAY DEST/PREFIX GATEWAY ..." */
static enum err parse_static(struct slice in, struct lease *l)
{
	struct slice dest, gateway;

	while (next_word(&in, &dest)) {
		struct net_route r = { .prefix = 0 };

		if (l->nroutes == LEASE_ROUTES)
			return ERR_LIMIT;
		if (parse_dest(dest, &r) != ERR_OK ||
		    !next_word(&in, &gateway) ||
		    ipv4_parse(gateway, &r.gateway) != ERR_OK)
			return ERR_VALUE;
		l->routes[l->nroutes++] = r;
	}
	return ERR_OK;
}

/* The first router becomes the default route. */
static enum err parse_router(struct slice in, struct lease *l)
{
	struct net_route r = { .prefix = 0 };
	struct slice word;

	if (!next_word(&in, &word) || ipv4_parse(word, &r.gateway) != ERR_OK)
		return ERR_VALUE;
	l->routes[l->nroutes++] = r;
	return ERR_OK;
}

static enum err parse_dns(struct slice in, struct lease *l)
{
	struct slice word;
	uint32_t addr;

	while (next_word(&in, &word)) {
		if (ipv4_parse(word, &addr) != ERR_OK)
			return ERR_VALUE;
		if (l->ndns < LEASE_DNS)
			l->dns[l->ndns++] = addr;
	}
	return ERR_OK;
}

enum err lease_parse(lease_env *env, void *ctx, struct lease *out)
{
	static const struct {
		const char *name;
		enum err (*parse)(struct slice in, struct lease *l);
		bool unless_routes;
	} optional[] = {
		{ "staticroutes", parse_static, false },
		{ "router", parse_router, true },
		{ "dns", parse_dns, false },
	};
	struct lease l;
	struct slice v;
	uint64_t prefix;
	enum err e;

	/* Padding too: the record travels through a pipe. */
	memset(&l, 0, sizeof l);
	if ((e = get(env, ctx, "ip", &v)) != ERR_OK ||
	    (e = ipv4_parse(v, &l.addr)) != ERR_OK ||
	    (e = get(env, ctx, "mask", &v)) != ERR_OK ||
	    (e = u64_parse(v, 32, &prefix)) != ERR_OK)
		return e;
	l.prefix = (uint8_t)prefix;
	for (size_t i = 0; i < sizeof optional / sizeof optional[0]; i++) {
		if (optional[i].unless_routes && l.nroutes > 0)
			continue;
		e = get(env, ctx, optional[i].name, &v);
		if (e == ERR_OK)
			e = optional[i].parse(v, &l);
		else if (e == ERR_MISSING)
			e = ERR_OK;
		if (e != ERR_OK)
			return e;
	}
	if (!lease_ok(&l))
		return ERR_VALUE;
	*out = l;
	return ERR_OK;
}

/* Whether addr can be reached without a gateway: in the subnet, or by one of
 * the first n routes of out, which are on the link. */
static bool on_link(const struct lease *l, const struct net_route *out,
		    size_t n, uint32_t addr)
{
	uint32_t mask = prefix_mask(l->prefix);

	if (l->prefix < 32 && (addr & mask) == (l->addr & mask))
		return true;
	for (size_t i = 0; i < n; i++)
		if ((addr & prefix_mask(out[i].prefix)) == out[i].dest)
			return true;
	return false;
}

size_t lease_plan(const struct lease *l,
		  struct net_route out[static LEASE_PLAN])
{
	size_t n = 0;

	for (size_t i = 0; i < l->nroutes; i++)
		if (l->routes[i].gateway == 0)
			out[n++] = l->routes[i];
	for (size_t i = 0; i < l->nroutes; i++) {
		uint32_t gateway = l->routes[i].gateway;

		if (gateway != 0 && !on_link(l, out, n, gateway))
			out[n++] = (struct net_route){ .dest = gateway,
						       .prefix = 32 };
	}
	for (size_t i = 0; i < l->nroutes; i++)
		if (l->routes[i].gateway != 0)
			out[n++] = l->routes[i];
	return n;
}
