/* web_url.c - reading a base URL, and the CAs that vouch for its host. */
#include <arpa/inet.h>
#include <string.h>

#include "lib/text.h"
#include "measure/net/web.h"

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

/* Labels of letters, digits and hyphens, with dots between (RFC 1123 2.1). */
static bool host_ok(const char *s)
{
	size_t label = 0;

	if (strlen(s) > 253)
		return false;
	for (; *s != '\0'; s++) {
		if (*s == '.' && (label == 0 || s[-1] == '-'))
			return false;
		if (*s == '-' && label == 0)
			return false;
		if (*s != '.' && *s != '-' && !is_alnum(*s))
			return false;
		label = *s == '.' ? 0 : label + 1;
		if (label > 63)
			return false;
	}
	return label > 0 && s[-1] != '-';
}

/* What looks like an address is one: "127.1" and "0x7f.1" are names to us but
 * addresses to resolvers. */
static bool ends_in_number(const char *host)
{
	const char *dot = strrchr(host, '.');
	const char *last = dot != NULL ? dot + 1 : host;

	return strspn(last, "0123456789") == strlen(last) ||
	       strncmp(last, "0x", 2) == 0 || strncmp(last, "0X", 2) == 0;
}

static bool loopback(const char *host)
{
	return strcmp(host, "localhost") == 0 ||
	       (strncmp(host, "127.", 4) == 0 && ends_in_number(host));
}

/* Takes "https://" or "http://" off. */
static enum err scheme(struct slice *s, struct web_url *u, const char **what)
{
	static const char https[] = "https://", http[] = "http://";
	size_t n = sizeof https - 1;

	u->plain = s->len >= n - 1 && memcmp(s->ptr, http, n - 1) == 0;
	if (u->plain)
		n--;
	else if (s->len < n || memcmp(s->ptr, https, n) != 0) {
		*what = "does not begin with https://";
		return ERR_VALUE;
	}
	*s = (struct slice){ s->ptr + n, s->len - n };
	return ERR_OK;
}

static enum err host(struct slice s, struct web_url *u, const char **what)
{
	struct in_addr a;

	*what = "has no host that is a name or an IPv4 address";
	if (slice_cstr(s, u->host, sizeof u->host) != ERR_OK ||
	    !host_ok(u->host))
		return ERR_VALUE;
	if (ends_in_number(u->host) && inet_pton(AF_INET, u->host, &a) != 1)
		return ERR_VALUE;
	return ERR_OK;
}

static enum err host_and_port(struct slice s, struct web_url *u,
			      const char **what)
{
	const uint8_t *colon = NULL;
	uint64_t port = u->plain ? 80 : 443;

	if (s.len > 0 && memchr(s.ptr, '@', s.len) != NULL) {
		*what = "holds a user name: credentials have no place in a URL";
		return ERR_VALUE;
	}
	if (s.len > 0 && s.ptr[0] == '[') {
		*what = "has an IPv6 address: give a name or an IPv4 address";
		return ERR_UNSUPP;
	}
	if (s.len > 0)
		colon = memchr(s.ptr, ':', s.len);
	if (colon != NULL) {
		size_t n = (size_t)(colon - s.ptr);

		*what = "has a port that is not 1 to 65535";
		if (u64_parse((struct slice){ colon + 1, s.len - n - 1 },
			      UINT16_MAX, &port) != ERR_OK ||
		    port == 0)
			return ERR_VALUE;
		s.len = n;
	}
	u->port = (uint16_t)port;
	return host(s, u, what);
}

/* Segments of unreserved characters: what a server may read in more than one
 * way has no place in a base path. */
static enum err path(struct slice s, struct web_url *u, const char **what)
{
	size_t start = 1;

	if (s.len > 0 && s.ptr[s.len - 1] == '/')
		s.len--;
	*what = "has a path that is not of plain segments";
	for (size_t i = 1; i <= s.len && s.len > 0; i++) {
		char c = i < s.len ? (char)s.ptr[i] : '/';

		if (c != '/' && !is_alnum(c) && memchr("-._~", c, 4) == NULL)
			return ERR_VALUE;
		if (c != '/')
			continue;
		if (i == start || (i - start == 1 && s.ptr[start] == '.') ||
		    (i - start == 2 && s.ptr[start] == '.' &&
		     s.ptr[start + 1] == '.'))
			return ERR_VALUE;
		start = i + 1;
	}
	return slice_cstr(s, u->path, sizeof u->path);
}

enum err web_url_parse(const char *text, bool insecure_http,
		       struct web_url *out, const char **what)
{
	struct web_url u = { .port = 0 };
	struct slice s = str_slice(text), authority;
	const uint8_t *slash;
	enum err e;

	*what = "is longer than 255 bytes";
	if (s.len > LIMIT_URL_BYTES)
		return ERR_LIMIT;
	e = scheme(&s, &u, what);
	if (e != ERR_OK)
		return e;
	slash = s.len > 0 ? memchr(s.ptr, '/', s.len) : NULL;
	authority = s;
	if (slash != NULL)
		authority.len = (size_t)(slash - s.ptr);
	e = host_and_port(authority, &u, what);
	if (e != ERR_OK)
		return e;
	e = path((struct slice){ s.ptr + authority.len, s.len - authority.len },
		 &u, what);
	if (e != ERR_OK)
		return e;
	if (u.plain && !insecure_http && !loopback(u.host)) {
		*what = "is http:// to another machine, where anybody on the "
			"way can read and change it: use https://";
		return ERR_REFUSED;
	}
	*out = u;
	return ERR_OK;
}

enum err web_cas_read(struct web_cas *cas, struct slice pem)
{
	static const char end[] = "-----END CERTIFICATE-----";
	static const char begin[] = "-----BEGIN";
	const uint8_t *p;

	memset(cas, 0, sizeof *cas);
	cas->anchors.room.ta = cas->ta;
	cas->anchors.room.max = WEB_MAX_CAS;
	cas->anchors.room.mem = cas->mem;
	cas->anchors.room.cap = sizeof cas->mem;
	while (pem.len > 0 &&
	       (p = memmem(pem.ptr, pem.len, end, sizeof end - 1)) != NULL) {
		size_t n = (size_t)(p - pem.ptr) + sizeof end - 1;
		enum err e = tls_anchors_add(&cas->anchors,
					     (struct slice){ pem.ptr, n });

		if (e == ERR_SPACE)
			return e;
		cas->skipped += e != ERR_OK;
		pem = (struct slice){ pem.ptr + n, pem.len - n };
	}
	if (pem.len > 0 &&
	    memmem(pem.ptr, pem.len, begin, sizeof begin - 1) != NULL)
		return ERR_VALUE;
	return cas->anchors.n > 0 ? ERR_OK : ERR_MISSING;
}
