/* jwks.c - reading of key sets. */
#include "measure/lib/jwks.h"

#include <string.h>

#include "lib/text.h"
#include "measure/lib/base64url.h"

static const struct {
	const char *crv; /* NULL: RSA */
	size_t len;      /* of a coordinate */
	size_t spki_head_len;
	uint8_t spki_head[26]; /* SubjectPublicKeyInfo up to the point */
} kinds[] = {
	[JWK_RSA] = { NULL, 0, 0, { 0 } },
	[JWK_P256] = { "P-256", 32, 26, { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07,
					  0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02,
					  0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
					  0xce, 0x3d, 0x03, 0x01, 0x07, 0x03,
					  0x42, 0x00 } },
	[JWK_P384] = { "P-384", 48, 23, { 0x30, 0x76, 0x30, 0x10, 0x06, 0x07,
					  0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02,
					  0x01, 0x06, 0x05, 0x2b, 0x81, 0x04,
					  0x00, 0x22, 0x03, 0x62, 0x00 } },
};

/* The private and symmetric members of RFC 7518 6.2.2, 6.3.2 and 6.4.1. */
static const char *const private_members[] = { "d", "dp", "dq", "k",
					       "p", "q",  "qi", "oth" };

static enum err get_base64url(struct arena *a, struct json v, const char *key,
			      struct slice *out)
{
	struct slice text;
	uint8_t *bytes;
	struct wr w;
	size_t room;
	enum err e = json_str(v, key, &text);

	if (e != ERR_OK)
		return e;
	room = base64url_room(text.len);
	bytes = arena_alloc(a, room);
	if (bytes == NULL)
		return ERR_SPACE;
	w = wr_over(bytes, room);
	e = base64url_decode(text, &w);
	if (e == ERR_OK)
		*out = wr_slice(&w);
	return e;
}

/* Whether the key is one to verify signatures with, of a type and for an
 * algorithm that are known here. */
static enum err is_usable(struct json v, struct jwk *k, bool *usable,
			  const char **what)
{
	struct slice kty, crv, use = str_slice("sig"), alg;
	unsigned kind = JWK_RSA;
	enum err e;

	*usable = false;
	*what = "kty";
	e = json_str(v, "kty", &kty);
	if (e == ERR_OK && slice_is(kty, "EC")) {
		*what = "crv";
		e = json_str(v, "crv", &crv);
		for (kind = JWK_P256; e == ERR_OK && kind <= JWK_P384; kind++)
			if (slice_is(crv, kinds[kind].crv))
				break;
	} else if (e == ERR_OK && !slice_is(kty, "RSA")) {
		return ERR_OK;
	}
	if (e != ERR_OK || kind > JWK_P384)
		return e;
	k->kind = (enum jwk_kind)kind;
	*what = "use";
	if (json_has(v, "use"))
		e = json_str(v, "use", &use);
	if (e != ERR_OK || !slice_is(use, "sig"))
		return e;
	*what = "alg";
	k->has_alg = json_has(v, "alg");
	if (k->has_alg)
		e = json_str(v, "alg", &alg);
	if (e != ERR_OK)
		return e;
	*usable = !k->has_alg || jwt_alg_parse(alg, &k->alg) == ERR_OK;
	return *usable && k->has_alg && jwt_alg_kind(k->alg) != k->kind
		       ? ERR_MISMATCH
		       : ERR_OK;
}

/* "key_ops", when it is there, names verify (RFC 7517 4.3). */
static enum err may_verify(struct json v, bool *usable)
{
	struct json list;
	struct slice op;
	enum err e;

	if (!json_has(v, "key_ops"))
		return ERR_OK;
	*usable = false;
	e = json_array(v, "key_ops", &list);
	if (e != ERR_OK)
		return e;
	for (struct json x = json_first(list); x.node != NULL && e == ERR_OK;
	     x = json_next(x)) {
		e = json_as_str(x, &op);
		if (e == ERR_OK && slice_is(op, "verify"))
			*usable = true;
	}
	return e;
}

static enum err read_rsa(struct arena *a, struct json v, struct jwk *k,
			 const char **what)
{
	struct slice n, exponent;
	enum err e;

	*what = "n";
	e = get_base64url(a, v, "n", &n);
	if (e != ERR_OK)
		return e;
	*what = "e";
	e = get_base64url(a, v, "e", &exponent);
	if (e != ERR_OK)
		return e;
	*what = "n and e";
	return rsa_key_init(n, exponent, &k->rsa);
}

/* RFC 7518 6.2.1.2: a coordinate has its full length. That the point is on the
 * curve is found when it is multiplied. */
static enum err read_point(struct arena *a, struct json v, struct jwk *k,
			   const char **what)
{
	static const char *const names[] = { "x", "y" };
	size_t len = kinds[k->kind].len;

	k->point[0] = 4;
	for (size_t i = 0; i < 2; i++) {
		struct slice c;
		enum err e;

		*what = names[i];
		e = get_base64url(a, v, names[i], &c);
		if (e == ERR_OK && c.len != len)
			e = ERR_VALUE;
		if (e != ERR_OK)
			return e;
		memcpy(k->point + 1 + i * len, c.ptr, len);
	}
	return ERR_OK;
}

static bool same_rsa(const struct rsa_key *a, const struct rsa_key *b)
{
	return a->n_len == b->n_len && a->e_len == b->e_len &&
	       ct_eq(a->n, b->n, a->n_len) && ct_eq(a->e, b->e, a->e_len);
}

/* The certificate is for this key, whoever signed it. */
static enum err check_leaf(const struct jwk *k)
{
	size_t head = kinds[k->kind].spki_head_len;
	size_t point = 1 + 2 * kinds[k->kind].len;
	struct rsa_key key;
	struct x509 x;
	enum err e = x509_read(k->x5c[0], &x);

	if (e != ERR_OK)
		return e;
	if (k->kind != JWK_RSA)
		return x.spki.len == head + point &&
				       memcmp(x.spki.ptr,
					      kinds[k->kind].spki_head,
					      head) == 0 &&
				       ct_eq(x.spki.ptr + head, k->point, point)
			       ? ERR_OK
			       : ERR_MISMATCH;
	e = rsa_key_read(x.spki, &key);
	if (e == ERR_OK && !same_rsa(&key, &k->rsa))
		e = ERR_MISMATCH;
	return e;
}

static enum err read_certificate(struct arena *a, struct json v, struct jwk *k)
{
	struct slice text;
	uint8_t *der;
	struct wr w;
	size_t room;
	enum err e = json_as_str(v, &text);

	if (e != ERR_OK)
		return e;
	room = text.len / 4 * 3;
	if (room > X509_MAX_DER + 2)
		return ERR_LIMIT;
	der = arena_alloc(a, room);
	if (der == NULL)
		return ERR_SPACE;
	w = wr_over(der, room);
	e = b64_decode(text, &w);
	if (e == ERR_OK)
		k->x5c[k->n_x5c++] = wr_slice(&w);
	return e;
}

static enum err read_chain(struct arena *a, struct json v, struct jwk *k)
{
	struct json list;
	enum err e;

	if (!json_has(v, "x5c"))
		return ERR_OK;
	e = json_array(v, "x5c", &list);
	if (e == ERR_OK && json_count(list) == 0)
		e = ERR_MISSING;
	if (e == ERR_OK && json_count(list) > JWKS_MAX_CHAIN)
		e = ERR_LIMIT;
	if (e != ERR_OK)
		return e;
	for (struct json x = json_first(list); x.node != NULL && e == ERR_OK;
	     x = json_next(x))
		e = read_certificate(a, x, k);
	return e == ERR_OK ? check_leaf(k) : e;
}

static enum err check_public(struct json v, const char **what)
{
	for (size_t i = 0; i < sizeof private_members / sizeof *private_members;
	     i++)
		if (json_has(v, private_members[i])) {
			*what = private_members[i];
			return ERR_VALUE;
		}
	return ERR_OK;
}

static enum err read_key(struct arena *a, struct json v, struct jwk *k,
			 bool *usable, const char **what)
{
	enum err e;

	*k = (struct jwk){ 0 };
	if (!json_is_object(v))
		return ERR_VALUE;
	e = check_public(v, what);
	if (e == ERR_OK)
		e = is_usable(v, k, usable, what);
	if (e != ERR_OK || !*usable)
		return e;
	*what = "key_ops";
	e = may_verify(v, usable);
	if (e != ERR_OK || !*usable)
		return e;
	*what = "kid";
	e = json_str(v, "kid", &k->kid);
	if (e == ERR_OK && (k->kid.len == 0 || k->kid.len > JWT_MAX_KID))
		e = ERR_LIMIT;
	if (e == ERR_OK)
		e = k->kind == JWK_RSA ? read_rsa(a, v, k, what)
				       : read_point(a, v, k, what);
	if (e != ERR_OK)
		return e;
	*what = "x5c";
	return read_chain(a, v, k);
}

static bool fits(const struct jwk *k, enum jwt_alg alg)
{
	return jwt_alg_kind(alg) == k->kind && (!k->has_alg || k->alg == alg);
}

/* Two keys that one token could mean: which is asked would be a matter of
 * order. */
static bool ambiguous(const struct jwks *s, const struct jwk *k)
{
	for (unsigned alg = 0; alg < JWT_NALGS; alg++)
		if (fits(k, (enum jwt_alg)alg) &&
		    jwks_find(s, k->kid, (enum jwt_alg)alg) != NULL)
			return true;
	return false;
}

static enum err read_keys(struct arena *a, struct json list, struct jwks *s,
			  const char **what)
{
	for (struct json v = json_first(list); v.node != NULL;
	     v = json_next(v)) {
		bool usable = false;
		struct jwk k;
		enum err e;

		*what = "keys";
		e = read_key(a, v, &k, &usable, what);
		if (e != ERR_OK)
			return e;
		if (!usable)
			continue;
		*what = "keys";
		if (s->n == JWKS_MAX_KEYS)
			return ERR_LIMIT;
		if (ambiguous(s, &k))
			return ERR_DUPLICATE;
		s->key[s->n++] = k;
	}
	return s->n > 0 ? ERR_OK : ERR_MISSING;
}

enum err jwks_parse(struct arena *a, struct slice in, struct jwks *out,
		    const char **what)
{
	struct jwks s = { NULL, 0 };
	struct json doc, list;
	enum err e;

	*what = "";
	if (in.len > JWKS_MAX_BYTES)
		return ERR_LIMIT;
	e = json_parse(a, in, &doc);
	if (e == ERR_OK && !json_is_object(doc))
		e = ERR_VALUE;
	if (e != ERR_OK)
		return e;
	*what = "keys";
	e = json_array(doc, "keys", &list);
	if (e != ERR_OK)
		return e;
	s.key = arena_alloc(a, JWKS_MAX_KEYS * sizeof *s.key);
	if (s.key == NULL)
		return ERR_SPACE;
	e = read_keys(a, list, &s, what);
	if (e == ERR_OK)
		*out = s;
	return e;
}

const struct jwk *jwks_find(const struct jwks *s, struct slice kid,
			    enum jwt_alg alg)
{
	for (size_t i = 0; i < s->n; i++)
		if (slice_eq(s->key[i].kid, kid) && fits(&s->key[i], alg))
			return &s->key[i];
	return NULL;
}
