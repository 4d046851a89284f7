/* release_open.c - from a signed reference to the reference. */
#include "measure/lib/release.h"

/* By the one member that says so. What is parsed for it is forgotten again. */
static bool is_envelope(const struct arena *a, struct slice in)
{
	struct arena scratch = *a;
	struct json doc;

	return in.len <= DSSE_MAX_BYTES &&
	       json_parse(&scratch, in, &doc) == ERR_OK &&
	       json_is_object(doc) && json_has(doc, "payloadType");
}

/* Nothing of the payload is looked at before its signature was found right. */
static enum err open_envelope(struct arena *a, struct slice in,
			      const uint8_t pub[static P256_PUB_LEN],
			      struct reference *out, const char **what)
{
	struct dsse d;
	enum err e;

	*what = "not an envelope";
	e = dsse_parse(a, in, &d);
	if (e != ERR_OK)
		return e;
	*what = "not signed with that key";
	e = dsse_verify(&d, pub);
	if (e != ERR_OK)
		return e;
	*what = "payloadType";
	if (!slice_is(d.payload_type, RELEASE_PAYLOAD_TYPE))
		return ERR_UNSUPP;
	return release_statement_read(a, d.payload, out, what);
}

enum err release_open(struct arena *a, struct slice in, const uint8_t *pub,
		      struct slice *out, const char **what)
{
	bool sealed = is_envelope(a, in);
	struct reference *r;
	struct wr w;
	enum err e;

	*what = "";
	if (sealed != (pub != NULL)) {
		*what = sealed ? "an envelope, and no key to open it"
			       : "a key, and no envelope";
		return ERR_SIGNATURE;
	}
	if (!sealed) {
		*out = in;
		return ERR_OK;
	}
	r = arena_alloc(a, sizeof *r);
	if (r == NULL)
		return ERR_SPACE;
	e = open_envelope(a, in, pub, r, what);
	if (e != ERR_OK)
		return e;
	w = wr_over(arena_alloc(a, in.len), in.len); /* it is in there */
	if (w.buf == NULL)
		return ERR_SPACE;
	e = reference_write(r, &w);
	if (e != ERR_OK)
		return e;
	*what = "";
	*out = wr_slice(&w);
	return ERR_OK;
}
