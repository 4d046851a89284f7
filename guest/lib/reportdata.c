#include "lib/reportdata.h"

#include <string.h>

#include "lib/json.h"
#include "lib/text.h"

static void put(struct wr *w, const void *bytes, size_t n)
{
	wr_u64be(w, n);
	wr_bytes(w, (struct slice){ bytes, n });
}

void reportdata_fields(const struct binding *b, struct wr *w)
{
	put(w, REPORTDATA_TAG, sizeof REPORTDATA_TAG - 1);
	put(w, b->nonce, sizeof b->nonce);
	put(w, b->tls_pub, sizeof b->tls_pub);
	put(w, b->report_pub, sizeof b->report_pub);
	put(w, b->seal_pub, sizeof b->seal_pub);
	put(w, b->config_sha384, sizeof b->config_sha384);
	put(w, b->role, strlen(b->role));
	put(w, b->vm_name, strlen(b->vm_name));
}

void reportdata(const struct binding *b, uint8_t out[static REPORTDATA_LEN])
{
	uint8_t fields[REPORTDATA_FIELDS];
	struct wr w = wr_over(fields, sizeof fields);

	_Static_assert(8 * sizeof(uint64_t) + sizeof REPORTDATA_TAG +
				       sizeof(struct binding) <=
			       REPORTDATA_FIELDS,
		       "they fit");
	reportdata_fields(b, &w);
	sha512(wr_slice(&w), out);
}

void binding_write(struct jw *j, const struct binding *b)
{
	jw_open(j, '{');
	jw_khex(j, "config_sha384",
		(struct slice){ b->config_sha384, sizeof b->config_sha384 });
	jw_khex(j, "nonce", (struct slice){ b->nonce, sizeof b->nonce });
	jw_kb64(j, "report_public_key",
		(struct slice){ b->report_pub, sizeof b->report_pub });
	jw_kstr(j, "role", b->role);
	jw_kb64(j, "seal_public_key",
		(struct slice){ b->seal_pub, sizeof b->seal_pub });
	jw_kb64(j, "tls_public_key",
		(struct slice){ b->tls_pub, sizeof b->tls_pub });
	jw_kstr(j, "vm_name", b->vm_name);
	jw_close(j);
}

/* A key of exactly n bytes, base64. */
static enum err read_key(struct json v, const char *key, uint8_t *out, size_t n)
{
	struct wr w = wr_over(out, n);
	struct slice text;
	enum err e = json_str(v, key, &text);

	if (e != ERR_OK)
		return e;
	if (b64_decode(text, &w) != ERR_OK || w.len != n)
		return ERR_VALUE;
	return ERR_OK;
}

static enum err read_point(struct json v, const char *key,
			   uint8_t out[static P256_PUB_LEN])
{
	enum err e = read_key(v, key, out, P256_PUB_LEN);

	return e == ERR_OK && out[0] != 4 ? ERR_VALUE : e;
}

static enum err read_name(struct json v, const char *key, char *out, size_t cap)
{
	struct slice text;
	enum err e = json_str(v, key, &text);

	if (e != ERR_OK)
		return e;
	if (!name_ok(text) || slice_cstr(text, out, cap) != ERR_OK)
		return ERR_VALUE;
	return ERR_OK;
}

enum err binding_read(struct json v, struct binding *out)
{
	static const char *const known[] = {
		"config_sha384",     "nonce",
		"report_public_key", "role",
		"seal_public_key",   "tls_public_key",
		"vm_name",           NULL,
	};
	const char *which;
	struct binding b;
	enum err e =
		json_is_object(v) ? json_only(v, known, &which) : ERR_VALUE;

	if (e == ERR_OK)
		e = json_hex(v, "config_sha384", b.config_sha384,
			     sizeof b.config_sha384);
	if (e == ERR_OK)
		e = json_hex(v, "nonce", b.nonce, sizeof b.nonce);
	if (e == ERR_OK)
		e = read_point(v, "report_public_key", b.report_pub);
	if (e == ERR_OK)
		e = read_name(v, "role", b.role, sizeof b.role);
	if (e == ERR_OK)
		e = read_key(v, "seal_public_key", b.seal_pub,
			     sizeof b.seal_pub);
	if (e == ERR_OK)
		e = read_point(v, "tls_public_key", b.tls_pub);
	if (e == ERR_OK)
		e = read_name(v, "vm_name", b.vm_name, sizeof b.vm_name);
	if (e == ERR_OK)
		*out = b;
	return e;
}
