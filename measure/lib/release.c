/* release.c - the statement that is signed. */
#include "measure/lib/release.h"

#include <string.h>

static void put_subject(struct jw *j, const char *name, const uint8_t *sha)
{
	jw_open(j, '{');
	jw_key(j, "digest");
	jw_open(j, '{');
	jw_khex(j, "sha256", (struct slice){ sha, SHA256_LEN });
	jw_close(j);
	jw_kstr(j, "name", name);
	jw_close(j);
}

static void put_subjects(struct jw *j, const struct reference *r)
{
	jw_open(j, '[');
	put_subject(j, RELEASE_EFI, r->efi_sha256);
	if (r->has_raw)
		put_subject(j, RELEASE_DISK, r->raw_sha256);
	if (r->has_gcp_tar)
		put_subject(j, RELEASE_GCP_TAR, r->gcp_tar_sha256);
	jw_close(j);
}

enum err release_statement_write(const struct reference *r, struct wr *out)
{
	struct jw j;
	enum err e;

	if (r->release.counter == 0)
		return ERR_STATE;
	jw_init(&j, out);
	jw_open(&j, '{');
	jw_kstr(&j, "_type", RELEASE_STATEMENT_TYPE);
	jw_key(&j, "predicate");
	reference_put(&j, r);
	jw_kstr(&j, "predicateType", RELEASE_PREDICATE_TYPE);
	jw_key(&j, "subject");
	put_subjects(&j, r);
	jw_close(&j);
	e = jw_end(&j);
	return e != ERR_OK ? e : wr_end(out);
}

static enum err check_types(struct json doc, const char **what)
{
	struct slice s;
	enum err e;

	*what = "_type";
	e = json_str(doc, "_type", &s);
	if (e == ERR_OK && !slice_is(s, RELEASE_STATEMENT_TYPE))
		e = ERR_UNSUPP;
	if (e != ERR_OK)
		return e;
	*what = "predicateType";
	e = json_str(doc, "predicateType", &s);
	if (e == ERR_OK && !slice_is(s, RELEASE_PREDICATE_TYPE))
		e = ERR_UNSUPP;
	return e;
}

/* Whether the statement about r is `in`, byte for byte; w has room for as many.
 */
static enum err is_statement(const struct reference *r, struct slice in,
			     struct wr *w)
{
	enum err e = release_statement_write(r, w);

	if (e == ERR_SPACE || (e == ERR_OK && !slice_eq(wr_slice(w), in)))
		e = ERR_VALUE;
	return e;
}

enum err release_statement_read(struct arena *a, struct slice in,
				struct reference *out, const char **what)
{
	struct json doc, predicate;
	size_t used;
	struct wr w;
	enum err e;

	*what = "";
	if (in.len > RELEASE_MAX_STATEMENT)
		return ERR_LIMIT;
	w = wr_over(arena_alloc(a, in.len), in.len);
	if (w.buf == NULL)
		return ERR_SPACE;
	used = a->used;
	e = json_parse(a, in, &doc);
	if (e == ERR_OK)
		e = check_types(doc, what);
	if (e != ERR_OK)
		return e;
	*what = "predicate";
	e = json_object(doc, "predicate", &predicate);
	if (e != ERR_OK)
		return e;
	json_write(&w, predicate);
	a->used = used; /* of the document that is all */
	e = wr_end(&w);
	if (e == ERR_SPACE)
		e = ERR_VALUE; /* longer than it came: not canonical */
	if (e == ERR_OK)
		e = reference_parse(a, wr_slice(&w), out, what);
	if (e != ERR_OK)
		return e;
	*what = "";
	w = wr_over(w.buf, in.len);
	return is_statement(out, in, &w);
}
