/* json.h - strict JSON in (cJSON behind it) and canonical JSON out.
 *
 * In: UTF-8 only, nesting up to LIMIT_JSON_DEPTH, no duplicate keys, no bytes
 * after the value, lookups case-sensitive, integers by range. Memory comes from
 * the arena the caller gives: nothing is freed one by one, the arena is simply
 * reused. A value costs 64 bytes and its text, so [0,0,...], the worst, needs
 * forty times its own length and usual documents five to ten times theirs. No
 * number passes through a double, money is a string anyhow.
 * Out: sorted keys, no whitespace, made so by refusing anything else. */
#ifndef GUEST_LIB_JSON_H
#define GUEST_LIB_JSON_H

#include "lib/bytes.h"
#include "lib/limit.h"

struct cJSON;

/* A bump allocator over a caller's buffer (16-byte aligned blocks). */
struct arena {
	uint8_t *buf;
	size_t cap, used;
};

struct arena arena_over(void *buf, size_t cap);
/* NULL when it is full. Not zeroed. */
void *arena_alloc(struct arena *a, size_t n);

/* A value inside a parsed document; valid as long as the arena is not reused.
 * A zeroed one means "not there". */
struct json {
	const struct cJSON *node;
};

/* Parses one document out of `in`, which is not kept.
 * Errors: ERR_VALUE syntax or UTF-8, ERR_LIMIT depth, ERR_DUPLICATE key,
 * ERR_EXTRA bytes after the value, ERR_SPACE arena full, ERR_TRUNC empty. */
MUST_CHECK enum err json_parse(struct arena *a, struct slice in,
			       struct json *out);

bool json_is_object(struct json v);
bool json_is_array(struct json v);
bool json_is_null(struct json v); /* a JSON null, not "not there" */

/* The member `key` of an object. ERR_MISSING; ERR_VALUE when v is no object. */
MUST_CHECK enum err json_get(struct json v, const char *key, struct json *out);
bool json_has(struct json v, const char *key);

/* Typed members: ERR_MISSING, or ERR_VALUE for another type or range. Strings
 * lie in the arena; NUL inside a string is refused when parsing. An integer is
 * exact in all 64 bits and has no fraction, exponent or "-0". */
MUST_CHECK enum err json_str(struct json v, const char *key, struct slice *out);
MUST_CHECK enum err json_int(struct json v, const char *key, int64_t min,
			     int64_t max, int64_t *out);
MUST_CHECK enum err json_bool(struct json v, const char *key, bool *out);
MUST_CHECK enum err json_object(struct json v, const char *key,
				struct json *out);
MUST_CHECK enum err json_array(struct json v, const char *key,
			       struct json *out);

/* A string of exactly n bytes in lower-case hex, the form in which digests and
 * nonces travel. ERR_VALUE also for upper case. */
MUST_CHECK enum err json_hex(struct json v, const char *key, void *out,
			     size_t n);

/* The value itself, for array elements. */
MUST_CHECK enum err json_as_str(struct json v, struct slice *out);
MUST_CHECK enum err json_as_int(struct json v, int64_t min, int64_t max,
				int64_t *out);

/* Walk an array or object: for (e = json_first(v); e.node; e = json_next(e)).
 * Members of an object come in ascending byte order of their keys, whatever
 * their order in the document. json_key is the name, "" in an array. */
struct json json_first(struct json v);
struct json json_next(struct json e);
const char *json_key(struct json e);
size_t json_count(struct json v);

/* ERR_OK when every member of object v is one of the NULL-terminated `known`;
 * else ERR_UNKNOWN and *which names the first other one. */
MUST_CHECK enum err json_only(struct json v, const char *const *known,
			      const char **which);

/* Where the raw bytes of top-level member `key` lie in `doc`, an object already
 * accepted by json_parse: for signatures over raw bytes. ERR_MISSING, also for
 * a key that the document spells with escapes; ERR_VALUE: not an object. */
MUST_CHECK enum err json_raw(struct slice doc, const char *key,
			     struct slice *out);

/* Writes v canonically (sorted keys, no whitespace). The writer's error is
 * ERR_VALUE for a number that is not an integer within +-(2^53 - 1). */
void json_write(struct wr *w, struct json v);

/* ---- canonical writer ----
 * jw_open(w,'{'); jw_key(w,"a"); jw_str(...); jw_close(w); Keys of one object
 * must come in ascending byte order and be shorter than 64 bytes; otherwise, or
 * when keys, values and brackets do not make one value, the error is ERR_STATE.
 * A string that is not UTF-8 or holds a NUL, or an integer beyond 2^53 - 1, is
 * ERR_VALUE. The first error stays in w. */
struct jw {
	struct wr *w;
	size_t depth;
	struct {
		char kind; /* '{' or '[' */
		bool any;
		char last[64];      /* last key */
	} at[LIMIT_JSON_DEPTH + 1]; /* at[0]: around the outermost value */
	bool after_key;
};

void jw_init(struct jw *j, struct wr *w);
void jw_open(struct jw *j, char kind); /* '{' or '[' */
void jw_close(struct jw *j);
void jw_key(struct jw *j, const char *key);
void jw_slice(struct jw *j, struct slice utf8); /* a string, escaped */
void jw_str(struct jw *j, const char *s);
void jw_i64(struct jw *j, int64_t v);
void jw_bool(struct jw *j, bool v);
void jw_null(struct jw *j);
void jw_hex(struct jw *j, struct slice bytes);
void jw_b64(struct jw *j, struct slice bytes);
void jw_raw(struct jw *j, struct slice json); /* a value already canonical */

/* Key and value in one call, for the common cases. */
void jw_kstr(struct jw *j, const char *key, const char *s);
void jw_kslice(struct jw *j, const char *key, struct slice s);
void jw_ki64(struct jw *j, const char *key, int64_t v);
void jw_kbool(struct jw *j, const char *key, bool v);
void jw_khex(struct jw *j, const char *key, struct slice bytes);
void jw_kb64(struct jw *j, const char *key, struct slice bytes);

/* ERR_STATE when something is still open or nothing was written. */
MUST_CHECK enum err jw_end(const struct jw *j);
#endif
