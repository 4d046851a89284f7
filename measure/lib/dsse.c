/* dsse.c - envelopes: their encoding, signing and verifying. */
#include "measure/lib/dsse.h"

#include <stdio.h>
#include <string.h>

#include "lib/der.h"
#include "lib/text.h"

void dsse_pae_sha256(struct slice payload_type, struct slice payload,
		     uint8_t out[static SHA256_LEN])
{
	br_sha256_context h;
	char text[64];
	int n;

	br_sha256_init(&h);
	n = snprintf(text, sizeof text, "DSSEv1 %zu ", payload_type.len);
	br_sha256_update(&h, text, (size_t)n);
	br_sha256_update(&h, payload_type.ptr, payload_type.len);
	n = snprintf(text, sizeof text, " %zu ", payload.len);
	br_sha256_update(&h, text, (size_t)n);
	br_sha256_update(&h, payload.ptr, payload.len);
	br_sha256_out(&h, out);
}

/* r || s as an Ecdsa-Sig-Value. */
static enum err der_of(const uint8_t sig[static P256_SIG_LEN], struct wr *out)
{
	size_t seq = der_open(out, DER_SEQUENCE);

	der_put_uint(out, (struct slice){ sig, P256_SIG_LEN / 2 });
	der_put_uint(out, (struct slice){ sig + P256_SIG_LEN / 2,
					  P256_SIG_LEN / 2 });
	der_close(out, seq);
	return wr_end(out);
}

enum err dsse_sign(const struct p256_key *k, const char *payload_type,
		   struct slice payload, struct wr *out)
{
	uint8_t digest[SHA256_LEN], sig[P256_SIG_LEN], der[DSSE_MAX_DER];
	struct wr w = wr_over(der, sizeof der);
	char keyid[DSSE_KEYID_LEN + 1];
	struct jw j;
	enum err e;

	dsse_pae_sha256(str_slice(payload_type), payload, digest);
	e = p256_sign(k, &br_sha256_vtable, digest, sig);
	if (e == ERR_OK)
		e = der_of(sig, &w);
	if (e != ERR_OK)
		return e;
	dsse_keyid(k->pub, keyid);
	jw_init(&j, out);
	jw_open(&j, '{');
	jw_kb64(&j, "payload", payload);
	jw_kstr(&j, "payloadType", payload_type);
	jw_key(&j, "signatures");
	jw_open(&j, '[');
	jw_open(&j, '{');
	jw_kstr(&j, "keyid", keyid);
	jw_kb64(&j, "sig", wr_slice(&w));
	jw_close(&j);
	jw_close(&j);
	jw_close(&j);
	e = jw_end(&j);
	if (e != ERR_OK)
		return e;
	wr_str(out, "\n");
	return wr_end(out);
}

/* Base64 in either alphabet, but not in both at once; text is overwritten. */
static enum err decode(uint8_t *text, size_t len, struct wr *out)
{
	bool url = memchr(text, '-', len) != NULL ||
		   memchr(text, '_', len) != NULL;

	if (url &&
	    (memchr(text, '+', len) != NULL || memchr(text, '/', len) != NULL))
		return ERR_VALUE;
	for (size_t i = 0; url && i < len; i++) {
		if (text[i] == '-')
			text[i] = '+';
		else if (text[i] == '_')
			text[i] = '/';
	}
	return b64_decode((struct slice){ text, len }, out);
}

/* Decodes a member into at most cap bytes of the arena. */
static enum err get_b64(struct arena *a, struct json v, const char *key,
			size_t cap, struct slice *out)
{
	struct slice s;
	uint8_t *text, *bytes;
	struct wr w;
	enum err e = json_str(v, key, &s);

	if (e != ERR_OK)
		return e;
	if (s.len / 4 * 3 > cap + 2)
		return ERR_LIMIT;
	text = arena_alloc(a, s.len + 1);
	bytes = arena_alloc(a, s.len / 4 * 3 + 1);
	if (text == NULL || bytes == NULL)
		return ERR_SPACE;
	if (s.len > 0)
		memcpy(text, s.ptr, s.len);
	w = wr_over(bytes, s.len / 4 * 3);
	e = decode(text, s.len, &w);
	if (e == ERR_OK && wr_slice(&w).len > cap)
		e = ERR_LIMIT;
	if (e == ERR_OK)
		*out = wr_slice(&w);
	return e;
}

static enum err get_signature(struct arena *a, struct json v, struct dsse *out)
{
	struct slice sig, keyid = { NULL, 0 };
	enum err e = ERR_VALUE;

	if (json_is_object(v))
		e = get_b64(a, v, "sig", DSSE_MAX_PAYLOAD, &sig);
	if (e == ERR_OK && json_has(v, "keyid"))
		e = json_str(v, "keyid", &keyid);
	if (e != ERR_OK)
		return e;
	out->sig[out->n].keyid = keyid;
	if (sig.len > 0 && sig.len <= DSSE_MAX_DER) {
		memcpy(out->sig[out->n].der, sig.ptr, sig.len);
		out->sig[out->n].der_len = sig.len;
	}
	out->n++;
	return ERR_OK;
}

static enum err get_signatures(struct arena *a, struct json doc,
			       struct dsse *out)
{
	struct json list;
	enum err e = json_array(doc, "signatures", &list);

	if (e != ERR_OK)
		return e;
	if (json_count(list) == 0)
		return ERR_MISSING;
	if (json_count(list) > DSSE_MAX_SIGNATURES)
		return ERR_LIMIT;
	for (struct json v = json_first(list); v.node != NULL && e == ERR_OK;
	     v = json_next(v))
		e = get_signature(a, v, out);
	return e;
}

enum err dsse_parse(struct arena *a, struct slice in, struct dsse *out)
{
	struct dsse d;
	struct json doc;
	enum err e;

	memset(&d, 0, sizeof d);
	if (in.len > DSSE_MAX_BYTES)
		return ERR_LIMIT;
	e = json_parse(a, in, &doc);
	if (e == ERR_OK && !json_is_object(doc))
		e = ERR_VALUE;
	if (e == ERR_OK)
		e = json_str(doc, "payloadType", &d.payload_type);
	if (e == ERR_OK)
		e = get_b64(a, doc, "payload", DSSE_MAX_PAYLOAD, &d.payload);
	if (e == ERR_OK)
		e = get_signatures(a, doc, &d);
	if (e == ERR_OK)
		*out = d;
	return e;
}

enum err dsse_verify(const struct dsse *d,
		     const uint8_t pub[static P256_PUB_LEN])
{
	uint8_t digest[SHA256_LEN];

	dsse_pae_sha256(d->payload_type, d->payload, digest);
	for (size_t i = 0; i < d->n; i++) {
		struct slice der = { d->sig[i].der, d->sig[i].der_len };

		if (p256_verify_der(pub, digest, sizeof digest, der) == ERR_OK)
			return ERR_OK;
	}
	return ERR_SIGNATURE;
}
