/* release_diff_files.c - what two releases are made of: their locks and their
 * bills of materials. */
#include <stdio.h>
#include <string.h>

#include "measure/lib/release_diff.h"

/* ---- locks: lines of "kind name version [file sha256]" */

struct line {
	struct slice kind, name, version, file, sha;
};

static struct slice word(struct slice *rest)
{
	struct slice w = *rest;
	const uint8_t *sp =
		rest->len > 0 ? memchr(rest->ptr, ' ', rest->len) : NULL;

	if (sp == NULL) {
		*rest = (struct slice){ NULL, 0 };
		return w;
	}
	w.len = (size_t)(sp - rest->ptr);
	rest->len -= w.len + 1;
	rest->ptr = sp + 1;
	return w;
}

/* The next line that is no comment; false at the end. */
static bool next_line(struct slice *text, struct line *out)
{
	while (text->len > 0) {
		const uint8_t *nl = memchr(text->ptr, '\n', text->len);
		size_t n = nl != NULL ? (size_t)(nl - text->ptr) : text->len;
		struct slice rest = { text->ptr, n };

		text->ptr += nl != NULL ? n + 1 : n;
		text->len -= nl != NULL ? n + 1 : n;
		if (n == 0 || rest.ptr[0] == '#')
			continue;
		out->kind = word(&rest);
		out->name = word(&rest);
		out->version = word(&rest);
		out->file = word(&rest);
		out->sha = rest;
		return true;
	}
	return false;
}

/* Files of one source package carry its version in their names, so the package
 * is what is found again, by kind and name; the first of its lines. */
static bool find_line(struct slice text, const struct line *want,
		      struct line *out)
{
	while (next_line(&text, out))
		if (slice_eq(out->kind, want->kind) &&
		    slice_eq(out->name, want->name))
			return true;
	return false;
}

static void line_text(const struct line *l, bool with_sha,
		      char out[static RELEASE_DIFF_TEXT])
{
	snprintf(out, RELEASE_DIFF_TEXT, "%.*s%s%.*s", (int)l->version.len,
		 (const char *)l->version.ptr, with_sha ? " " : "",
		 with_sha ? (int)l->sha.len : 0,
		 with_sha ? (const char *)l->sha.ptr : "");
}

/* Each package of `one` once. */
static void diff_lock(struct slice one, struct slice two, bool forward,
		      struct release_diff *d)
{
	struct slice rest = one;
	struct line l, first, other;

	while (next_line(&rest, &l)) {
		char what[RELEASE_DIFF_TEXT], x[RELEASE_DIFF_TEXT];
		char y[RELEASE_DIFF_TEXT] = "";
		bool there, same_version;

		if (!find_line(one, &l, &first) || first.name.ptr != l.name.ptr)
			continue;
		there = find_line(two, &l, &other);
		if (there && !forward)
			continue;
		same_version = there && slice_eq(l.version, other.version);
		if (same_version && ct_slice_eq(l.sha, other.sha))
			continue;
		snprintf(what, sizeof what, "%.*s %.*s", (int)l.kind.len,
			 (const char *)l.kind.ptr, (int)l.name.len,
			 (const char *)l.name.ptr);
		line_text(&l, same_version, x);
		if (there)
			line_text(&other, same_version, y);
		release_diff_add(d, "lock", what, forward ? x : y,
				 forward ? y : x, false);
	}
}

/* Names, versions and digests are ASCII. */
static bool is_ascii(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] != '\n' &&
		    (text.ptr[i] < 0x20 || text.ptr[i] > 0x7e))
			return false;
	return true;
}

enum err release_diff_locks(struct slice a, struct slice b,
			    struct release_diff *out)
{
	if (!is_ascii(a) || !is_ascii(b))
		return ERR_VALUE;
	diff_lock(a, b, true, out);
	diff_lock(b, a, false, out);
	return ERR_OK;
}

/* ---- bills of materials */

struct sbom_file {
	struct slice name, sha, where;
};

static enum err read_sha(struct json v, struct slice *out)
{
	struct json list;
	struct slice algorithm;
	enum err e = json_array(v, "checksums", &list);

	if (e != ERR_OK)
		return e;
	for (struct json c = json_first(list); e == ERR_OK && c.node != NULL;
	     c = json_next(c)) {
		e = json_str(c, "algorithm", &algorithm);
		if (e == ERR_OK && slice_is(algorithm, "SHA256"))
			return json_str(c, "checksumValue", out);
	}
	return e != ERR_OK ? e : ERR_MISSING;
}

static enum err read_file(struct json v, struct sbom_file *out)
{
	enum err e = ERR_VALUE;

	if (json_is_object(v))
		e = json_str(v, "fileName", &out->name);
	if (e == ERR_OK)
		e = read_sha(v, &out->sha);
	if (e == ERR_OK && json_has(v, "comment"))
		e = json_str(v, "comment", &out->where);
	else
		out->where = str_slice("");
	return e;
}

static int compare(struct slice a, struct slice b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int c = n > 0 ? memcmp(a.ptr, b.ptr, n) : 0;

	return c != 0 ? c : (a.len > b.len) - (a.len < b.len);
}

/* As a string, as much as is shown of it; `release_diff_add` cuts it to whole
 * characters, for which one byte more is there. */
static const char *show(struct slice s, char out[static RELEASE_DIFF_TEXT + 4])
{
	size_t n =
		s.len < RELEASE_DIFF_TEXT + 3 ? s.len : RELEASE_DIFF_TEXT + 3;

	if (n > 0)
		memcpy(out, s.ptr, n);
	out[n] = '\0';
	return out;
}

/* "in kernel" is of the kernel; what is in several is named by all of them. */
static struct slice component_of(const struct sbom_file *f)
{
	struct slice w = f->where;

	if (w.len > 3 && memcmp(w.ptr, "in ", 3) == 0) {
		w.ptr += 3;
		w.len -= 3;
	}
	return w;
}

static void add_file(const struct sbom_file *a, const struct sbom_file *b,
		     struct release_diff *d)
{
	static const struct slice none = { NULL, 0 };
	const struct sbom_file *named = b != NULL ? b : a;
	char component[RELEASE_DIFF_TEXT + 4], what[RELEASE_DIFF_TEXT + 4];
	char from[RELEASE_DIFF_TEXT + 4], to[RELEASE_DIFF_TEXT + 4];

	release_diff_add(d, show(component_of(named), component),
			 show(named->name, what),
			 show(a != NULL ? a->sha : none, from),
			 show(b != NULL ? b->sha : none, to), false);
}

/* A walk over one sorted list: the file it stands at, if there is one. */
struct cursor {
	struct json at;
	bool there;
	struct sbom_file f;
};

static enum err load(struct cursor *c)
{
	struct slice before = c->there ? c->f.name : str_slice("");
	enum err e;

	c->there = c->at.node != NULL;
	if (!c->there)
		return ERR_OK;
	e = read_file(c->at, &c->f);
	if (e == ERR_OK && compare(before, c->f.name) >= 0)
		e = ERR_VALUE; /* not sorted, or twice */
	c->at = json_next(c->at);
	return e;
}

static enum err open_sbom(struct arena *a, struct slice in, struct cursor *out)
{
	struct json doc, list;
	struct slice version;
	enum err e = in.len > RELEASE_SBOM_BYTES ? ERR_LIMIT
						 : json_parse(a, in, &doc);

	if (e == ERR_OK)
		e = json_str(doc, "spdxVersion", &version);
	if (e == ERR_OK && !slice_is(version, "SPDX-2.3"))
		e = ERR_UNSUPP;
	if (e == ERR_OK)
		e = json_array(doc, "files", &list);
	if (e != ERR_OK)
		return e;
	*out = (struct cursor){ .at = json_first(list) };
	return load(out);
}

enum err release_diff_sboms(struct arena *aa, struct slice a, struct arena *ab,
			    struct slice b, struct release_diff *out)
{
	struct cursor x, y;
	enum err e = open_sbom(aa, a, &x);

	if (e == ERR_OK)
		e = open_sbom(ab, b, &y);
	while (e == ERR_OK && (x.there || y.there)) {
		int c = !x.there   ? 1
			: !y.there ? -1
				   : compare(x.f.name, y.f.name);

		if (c != 0 || !ct_slice_eq(x.f.sha, y.f.sha))
			add_file(c <= 0 ? &x.f : NULL, c >= 0 ? &y.f : NULL,
				 out);
		if (c <= 0)
			e = load(&x);
		if (e == ERR_OK && c >= 0)
			e = load(&y);
	}
	return e;
}
