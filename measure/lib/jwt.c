#include "measure/lib/jwt.h"

#include <string.h>

#include "measure/lib/base64url.h"

enum {
	PARTS = 3
};

static const struct {
	const char *name;
	enum jwk_kind kind;
	enum rsa_hash hash;
	bool pss;
} algs[JWT_NALGS] = {
#define X(name, key, hash, pss)                                                \
	[JWT_##name] = { #name, JWK_##key, RSA_##hash, pss },
	JWT_ALG_LIST(X)
#undef X
};

const char *jwt_alg_name(enum jwt_alg a)
{
	return algs[a].name;
}

enum jwk_kind jwt_alg_kind(enum jwt_alg a)
{
	return algs[a].kind;
}

enum rsa_hash jwt_alg_hash(enum jwt_alg a)
{
	return algs[a].hash;
}

bool jwt_alg_is_pss(enum jwt_alg a)
{
	return algs[a].pss;
}

enum err jwt_alg_parse(struct slice name, enum jwt_alg *out)
{
	for (unsigned i = 0; i < JWT_NALGS; i++)
		if (slice_is(name, algs[i].name)) {
			*out = (enum jwt_alg)i;
			return ERR_OK;
		}
	return ERR_UNSUPP;
}

/* Parts as they travel, between the dots. */
static enum err split(struct slice in, struct slice part[static PARTS])
{
	size_t n = 0, start = 0;

	for (size_t i = 0; i <= in.len; i++) {
		if (i < in.len && in.ptr[i] != '.')
			continue;
		if (n == PARTS)
			return ERR_EXTRA;
		part[n++] = (struct slice){ in.ptr + start, i - start };
		start = i + 1;
	}
	return n == PARTS ? ERR_OK : ERR_TRUNC;
}

/* Decodes a part into the arena and reads the JSON object that it is. */
static enum err read_part(struct arena *a, struct slice part, struct json *out)
{
	size_t room = base64url_room(part.len);
	uint8_t *bytes = arena_alloc(a, room);
	struct json v;
	struct wr w;
	enum err e;

	if (bytes == NULL)
		return ERR_SPACE;
	w = wr_over(bytes, room);
	e = base64url_decode(part, &w);
	if (e == ERR_OK)
		e = json_parse(a, wr_slice(&w), &v);
	if (e == ERR_OK && !json_is_object(v))
		e = ERR_VALUE;
	if (e == ERR_OK)
		*out = v;
	return e;
}

static enum err optional(struct json v, const char *key, struct slice *out)
{
	return json_has(v, key) ? json_str(v, key, out) : ERR_OK;
}

/* Those that are worth a name: keys and addresses of the token's own choice,
 * and what changes how it is to be read. */
static enum err check_members(struct json header, const char **what)
{
	static const char *const known[] = { "alg", "jku", "kid", "typ", NULL };
	static const char *const named[] = { "b64",      "crit", "enc",
					     "jwk",      "x5c",  "x5t",
					     "x5t#S256", "x5u",  "zip" };
	const char *which;
	enum err e;

	for (size_t i = 0; i < sizeof named / sizeof *named; i++)
		if (json_has(header, named[i])) {
			*what = named[i];
			return ERR_UNKNOWN;
		}
	e = json_only(header, known, &which);
	*what = "header"; /* not the token's own words */
	return e;
}

static enum err read_header(struct jwt *t, const char **what)
{
	struct slice alg, typ = str_slice("JWT");
	enum err e = check_members(t->header, what);

	if (e != ERR_OK)
		return e;
	*what = "alg";
	e = json_str(t->header, "alg", &alg);
	if (e == ERR_OK)
		e = jwt_alg_parse(alg, &t->alg);
	if (e != ERR_OK)
		return e;
	*what = "kid";
	e = json_str(t->header, "kid", &t->kid);
	if (e == ERR_OK && (t->kid.len == 0 || t->kid.len > JWT_MAX_KID))
		e = ERR_LIMIT;
	if (e != ERR_OK)
		return e;
	*what = "jku";
	e = optional(t->header, "jku", &t->jku);
	if (e != ERR_OK)
		return e;
	*what = "typ";
	e = optional(t->header, "typ", &typ);
	return e == ERR_OK && !slice_is(typ, "JWT") ? ERR_VALUE : e;
}

enum err jwt_parse(struct arena *a, struct slice in, struct jwt *out,
		   const char **what)
{
	struct slice part[PARTS];
	struct jwt t = { 0 };
	struct wr w = wr_over(t.signature, sizeof t.signature);
	enum err e;

	*what = "token";
	if (in.len > JWT_MAX_BYTES)
		return ERR_LIMIT;
	e = split(in, part);
	if (e != ERR_OK)
		return e;
	*what = "header";
	e = read_part(a, part[0], &t.header);
	if (e == ERR_OK)
		e = read_header(&t, what);
	if (e != ERR_OK)
		return e;
	*what = "claims";
	e = read_part(a, part[1], &t.claims);
	if (e != ERR_OK)
		return e;
	*what = "signature";
	e = base64url_decode(part[2], &w);
	if (e == ERR_OK && w.len == 0)
		e = ERR_MISSING;
	if (e != ERR_OK)
		return e == ERR_SPACE ? ERR_LIMIT : e;
	t.signature_len = w.len;
	t.signed_part = (struct slice){ in.ptr, part[0].len + 1 + part[1].len };
	*out = t;
	return ERR_OK;
}
