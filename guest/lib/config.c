#include "lib/config.h"

#include <bearssl.h>
#include <stdio.h>
#include <string.h>

#include "lib/cert.h"
#include "lib/json.h"
#include "lib/text.h"

/* ---- what a string must look like ---- */

/* 1 to max of a-z 0-9 and, from the second on, one of `others`. */
static bool word_ok(struct slice s, size_t max, const char *others)
{
	if (s.len == 0 || s.len > max)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.ptr[i];

		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			continue;
		if (i == 0 || c == '\0' || strchr(others, c) == NULL)
			return false;
	}
	return true;
}

static bool node_size_ok(struct slice s)
{
	return word_ok(s, 32, "_-");
}

/* cloud:zone, as the control plane checks it again. */
static bool datacenter_ok(struct slice s)
{
	const uint8_t *colon = s.len > 0 ? memchr(s.ptr, ':', s.len) : NULL;
	size_t n;

	if (colon == NULL)
		return false;
	n = (size_t)(colon - s.ptr);
	return word_ok((struct slice){ s.ptr, n }, 32, "_-") &&
	       word_ok((struct slice){ colon + 1, s.len - n - 1 }, 96, "._-");
}

static bool url_ok(struct slice s)
{
	char host[256];
	uint16_t port;

	return url_split(s, host, &port) == ERR_OK;
}

static bool pem_ok(struct slice s)
{
	static const char begin[] = "-----BEGIN ";
	uint8_t der[LIMIT_PEM_BYTES];
	struct wr w = wr_over(der, sizeof der);
	br_x509_decoder_context c;
	size_t blocks = 0;

	for (size_t i = 0; i + sizeof begin - 1 <= s.len; i++)
		blocks += memcmp(s.ptr + i, begin, sizeof begin - 1) == 0;
	if (blocks != 1 || pem_read(s, "CERTIFICATE", &w) != ERR_OK)
		return false;
	br_x509_decoder_init(&c, NULL, NULL);
	br_x509_decoder_push(&c, der, w.len);
	return br_x509_decoder_get_pkey(&c) != NULL;
}

/* Labels of letters, digits and inner hyphens, between single points. */
static bool host_ok(struct slice h)
{
	uint8_t last = '.';

	for (size_t i = 0; i < h.len; i++) {
		uint8_t c = h.ptr[i];
		bool edge =
			last == '.' || i + 1 == h.len || h.ptr[i + 1] == '.';

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= '0' && c <= '9') && !(c == '-' && !edge) &&
		    !(c == '.' && last != '.'))
			return false;
		last = c;
	}
	return last != '.' && h.len <= 253;
}

enum err url_split(struct slice url, char host[static 256], uint16_t *port)
{
	struct rd r = rd_over(url);
	const uint8_t *colon;
	uint64_t number = 443;
	struct slice h;

	if (!slice_is(rd_take(&r, 8), "https://") || r.left == 0)
		return ERR_VALUE;
	colon = memchr(r.p, ':', r.left);
	h = (struct slice){ r.p, colon ? (size_t)(colon - r.p) : r.left };
	if (!host_ok(h))
		return ERR_VALUE;
	if (colon != NULL) {
		struct slice p = { colon + 1, r.left - h.len - 1 };

		if (u64_parse(p, 65535, &number) != ERR_OK || number == 0)
			return ERR_VALUE;
	}
	*port = (uint16_t)number;
	return slice_cstr(h, host, 256);
}

/* ---- members that are strings, as tables ---- */

struct field {
	const char *key;
	size_t at, cap;
	bool (*fits)(struct slice);
};

#define FIELD(type, member, key, fits)                                         \
	{                                                                      \
		key, offsetof(type, member), sizeof(((type *)0)->member), fits \
	}

static const struct field config_fields[] = {
	FIELD(struct config, vm_name, "vm_name", name_ok),
	FIELD(struct config, node_size, "node_size", node_size_ok),
	FIELD(struct config, datacenter, "datacenter", datacenter_ok),
	FIELD(struct config, control_plane_url, "control_plane_url", url_ok),
	FIELD(struct config, control_plane_ca, "control_plane_ca", pem_ok),
	{ NULL, 0, 0, NULL },
};

static const struct field venue_fields[] = {
	FIELD(struct config_venue, name, "name", name_ok),
	FIELD(struct config_venue, url, "url", url_ok),
	FIELD(struct config_venue, ca_pem, "ca", pem_ok),
	{ NULL, 0, 0, NULL },
};

static enum err read_fields(struct json v, const struct field *f, void *base,
			    const char **key)
{
	for (; f->key != NULL; f++) {
		char *out = (char *)base + f->at;
		struct slice text;
		enum err e = json_str(v, f->key, &text);

		*key = f->key;
		if (e == ERR_OK)
			e = slice_cstr(text, out, f->cap);
		if (e == ERR_OK && !f->fits(text))
			e = ERR_VALUE;
		if (e != ERR_OK)
			return e;
	}
	return ERR_OK;
}

/* ERR_UNKNOWN with the name of a member that is not in the list; a name that
 * could garble a log is not repeated. */
static enum err known_only(struct json v, const char *const *known,
			   const char **key)
{
	enum err e = json_only(v, known, key);

	if (e != ERR_OK && !name_ok(str_slice(*key)))
		*key = "(unprintable)";
	return e;
}

/* "venues[i].key", in the scratch memory. */
static const char *venue_key(struct arena *a, size_t i, const char *key)
{
	enum {
		LEN = 96
	};
	char *name = arena_alloc(a, LEN);

	if (name == NULL)
		return "venues";
	snprintf(name, LEN, "venues[%zu]%s%s", i, *key ? "." : "", key);
	return name;
}

static enum err read_venue(struct json v, const struct config *c,
			   struct config_venue *out, const char **key)
{
	static const char *const known[] = { "ca", "name", "url", NULL };
	enum err e;

	*key = "";
	if (!json_is_object(v))
		return ERR_VALUE;
	e = known_only(v, known, key);
	if (e == ERR_OK)
		e = read_fields(v, venue_fields, out, key);
	if (e != ERR_OK)
		return e;
	*key = "name";
	for (size_t i = 0; i < c->nvenues; i++)
		if (strcmp(c->venues[i].name, out->name) == 0)
			return ERR_DUPLICATE;
	return ERR_OK;
}

static enum err read_venues(struct arena *a, struct json v, struct config *c,
			    const char **key)
{
	struct json list;
	enum err e = json_array(v, "venues", &list);

	*key = "venues";
	if (e != ERR_OK)
		return e;
	if (json_count(list) > LIMIT_VENUES)
		return ERR_LIMIT;
	for (v = json_first(list); v.node != NULL; v = json_next(v)) {
		e = read_venue(v, c, &c->venues[c->nvenues], key);
		if (e != ERR_OK) {
			*key = venue_key(a, c->nvenues, *key);
			return e;
		}
		c->nvenues++;
	}
	return ERR_OK;
}

static enum err read_numbers(struct json v, struct config *c, const char **key)
{
	int64_t n;
	enum err e;

	*key = "api_port";
	e = json_int(v, *key, 1, 65535, &n);
	if (e != ERR_OK)
		return e;
	c->api_port = (uint16_t)n;
	*key = "heartbeat_seconds";
	n = 30;
	e = json_int(v, *key, 1, 3600, &n);
	if (e != ERR_OK && e != ERR_MISSING)
		return e;
	c->heartbeat_seconds = (uint32_t)n;
	*key = "operator_token_sha256";
	return json_hex(v, *key, c->operator_token_sha256, SHA256_LEN);
}

static enum err read_config(struct arena *a, struct json v, struct config *c,
			    const char **key)
{
	static const char *const known[] = {
		"api_port",
		"control_plane_ca",
		"control_plane_url",
		"datacenter",
		"heartbeat_seconds",
		"node_size",
		"operator_token_sha256",
		"venues",
		"version",
		"vm_name",
		NULL,
	};
	int64_t version;
	enum err e;

	if (!json_is_object(v))
		return ERR_VALUE;
	/* Before the names: another version may well have others. */
	*key = "version";
	e = json_int(v, *key, 0, INT64_MAX, &version);
	if (e != ERR_OK)
		return e;
	if (version != 1)
		return ERR_UNSUPP;
	e = known_only(v, known, key);
	if (e == ERR_OK)
		e = read_fields(v, config_fields, c, key);
	if (e == ERR_OK)
		e = read_numbers(v, c, key);
	if (e == ERR_OK)
		e = read_venues(a, v, c, key);
	return e;
}

enum err config_parse(struct slice in, void *scratch, size_t scratch_len,
		      struct config *out, const char **key)
{
	struct arena a = arena_over(scratch, scratch_len);
	struct config c = { .nvenues = 0 };
	struct json v;
	enum err e;

	*key = "";
	if (in.len > LIMIT_CONFIG_BYTES)
		return ERR_LIMIT;
	e = json_parse(&a, in, &v);
	if (e == ERR_OK)
		e = read_config(&a, v, &c, key);
	if (e != ERR_OK)
		return e;
	sha384(in, c.sha384);
	*out = c;
	*key = "";
	return ERR_OK;
}
