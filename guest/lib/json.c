#include "lib/json.h"

#include <cJSON.h>
#include <string.h>

#include "lib/json_scan.h"
#include "lib/limit.h"
#include "lib/text.h"

enum {
	ARENA_ALIGN = 16
};

struct arena arena_over(void *buf, size_t cap)
{
	return (struct arena){ .buf = buf, .cap = cap };
}

void *arena_alloc(struct arena *a, size_t n)
{
	size_t pad = -((uintptr_t)a->buf + a->used) % ARENA_ALIGN;
	uint8_t *p;

	if (pad > a->cap - a->used || n > a->cap - a->used - pad)
		return NULL;
	p = a->buf + a->used + pad;
	a->used += pad + n;
	return p;
}

/* ---- cJSON's memory: the arena of the parse that is going on ---- */

static _Thread_local struct arena *parsing;
static _Thread_local uint8_t *newest;

static void *hook_alloc(size_t n)
{
	newest = parsing == NULL ? NULL : arena_alloc(parsing, n);
	return newest;
}

/* cJSON copies each number aside for strtod: the newest block is given back. */
static void hook_free(void *p)
{
	if (p != NULL && p == newest)
		parsing->used = (size_t)(newest - parsing->buf);
	newest = NULL;
}

/* Before main, so that threads cannot meet here. */
__attribute__((constructor)) static void install_hooks(void)
{
	cJSON_Hooks hooks = { hook_alloc, hook_free };

	cJSON_InitHooks(&hooks);
}

/* ---- after the parse: exact numbers, sorted members ---- */

/* A node's type without cJSON's flags. */
static int type_of(const struct cJSON *n)
{
	return n->type & 0xff;
}

static struct cJSON *merge(struct cJSON *a, struct cJSON *b)
{
	struct cJSON head, *tail = &head;

	while (a != NULL && b != NULL) {
		struct cJSON **least =
			strcmp(b->string, a->string) < 0 ? &b : &a;

		tail->next = *least;
		tail = *least;
		*least = tail->next;
	}
	tail->next = a != NULL ? a : b;
	return head.next;
}

/* Merge sort as a binary counter: run[i] is empty or a sorted list of 2^i
 * members. Neither many members nor a bad order make it slow. */
static struct cJSON *sort_members(struct cJSON *list)
{
	struct cJSON *run[32] = { NULL }, *one;
	size_t i;

	while (list != NULL) {
		one = list;
		list = list->next;
		one->next = NULL;
		for (i = 0; i < 31 && run[i] != NULL; i++) {
			one = merge(run[i], one);
			run[i] = NULL;
		}
		run[i] = run[i] == NULL ? one : merge(run[i], one);
	}
	for (i = 0; i < 32; i++)
		list = merge(run[i], list);
	return list;
}

/* Called when every child of n is done. */
static enum err finish(struct cJSON *n)
{
	struct cJSON *m;

	if (type_of(n) != cJSON_Object || n->child == NULL)
		return ERR_OK;
	n->child = sort_members(n->child);
	for (m = n->child; m->next != NULL; m = m->next)
		if (strcmp(m->string, m->next->string) == 0)
			return ERR_DUPLICATE;
	return ERR_OK;
}

/* Keeps the number's own text in valuestring, which cJSON leaves unused for
 * numbers: integers come from there, exact, and not from its double. */
static enum err keep_number(struct arena *a, struct slice text, struct cJSON *n)
{
	n->valuestring = arena_alloc(a, text.len + 1);
	if (n->valuestring == NULL)
		return ERR_SPACE;
	return slice_cstr(text, n->valuestring, text.len + 1);
}

/* Walks the tree in the order of the document. */
static enum err finish_tree(struct arena *a, struct slice in, struct cJSON *n)
{
	struct json_scan s = json_scan_over(in);
	struct cJSON *up[LIMIT_JSON_DEPTH];
	size_t depth = 0;
	enum err e = ERR_OK;

	while (n != NULL && e == ERR_OK) {
		if (type_of(n) == cJSON_Number)
			e = keep_number(a, json_scan_number(&s), n);
		if (n->child != NULL && depth < LIMIT_JSON_DEPTH) {
			up[depth++] = n;
			n = n->child;
			continue;
		}
		while (e == ERR_OK && n->next == NULL && depth > 0) {
			n = up[--depth];
			e = finish(n);
		}
		n = n->next;
	}
	return e;
}

static enum err check(struct slice in)
{
	struct json_scan s = json_scan_over(in);
	enum err e;

	if (!json_scan_space(&s))
		return ERR_TRUNC;
	e = json_scan_value(&s);
	if (e != ERR_OK)
		return e;
	return json_scan_space(&s) ? ERR_EXTRA : ERR_OK;
}

enum err json_parse(struct arena *a, struct slice in, struct json *out)
{
	size_t used = a->used;
	struct cJSON *root;
	enum err e = check(in);

	if (e != ERR_OK)
		return e;
	parsing = a;
	root = cJSON_ParseWithLength((const char *)in.ptr, in.len);
	parsing = NULL;
	newest = NULL;
	/* The grammar was accepted: only memory can have been missing. */
	e = root == NULL ? ERR_SPACE : finish_tree(a, in, root);
	if (e == ERR_OK)
		out->node = root;
	else
		a->used = used;
	return e;
}

enum err json_raw(struct slice doc, const char *key, struct slice *out)
{
	struct json_scan s = json_scan_over(doc);
	struct slice name;

	if (!json_scan_space(&s) || !json_scan_byte(&s, '{'))
		return ERR_VALUE;
	do {
		const uint8_t *start;
		enum err e;

		if (!json_scan_space(&s) || *s.p == '}')
			break;
		e = json_scan_string(&s, &name);
		(void)json_scan_space(&s);
		if (e != ERR_OK || !json_scan_byte(&s, ':'))
			return ERR_VALUE;
		(void)json_scan_space(&s);
		start = s.p;
		e = json_scan_value(&s);
		if (e != ERR_OK)
			return e;
		if (slice_is(name, key)) {
			*out = (struct slice){ start, (size_t)(s.p - start) };
			return ERR_OK;
		}
		(void)json_scan_space(&s);
	} while (json_scan_byte(&s, ','));
	return ERR_MISSING;
}

/* ---- lookups ---- */

static bool is(struct json v, int type)
{
	return v.node != NULL && type_of(v.node) == type;
}

bool json_is_object(struct json v)
{
	return is(v, cJSON_Object);
}

bool json_is_array(struct json v)
{
	return is(v, cJSON_Array);
}

bool json_is_null(struct json v)
{
	return is(v, cJSON_NULL);
}

enum err json_get(struct json v, const char *key, struct json *out)
{
	if (!json_is_object(v))
		return ERR_VALUE;
	for (struct json e = json_first(v); e.node; e = json_next(e)) {
		if (strcmp(e.node->string, key) == 0) {
			*out = e;
			return ERR_OK;
		}
	}
	return ERR_MISSING;
}

bool json_has(struct json v, const char *key)
{
	struct json m;

	return json_get(v, key, &m) == ERR_OK;
}

enum err json_as_str(struct json v, struct slice *out)
{
	if (!is(v, cJSON_String))
		return ERR_VALUE;
	*out = str_slice(v.node->valuestring);
	return ERR_OK;
}

enum err json_as_int(struct json v, int64_t min, int64_t max, int64_t *out)
{
	uint64_t magnitude, limit = INT64_MAX;
	struct slice text;
	bool negative;
	int64_t n;

	if (!is(v, cJSON_Number))
		return ERR_VALUE;
	text = str_slice(v.node->valuestring);
	negative = text.len > 0 && text.ptr[0] == '-';
	if (negative) {
		text = (struct slice){ text.ptr + 1, text.len - 1 };
		limit++;
	}
	if (u64_parse(text, limit, &magnitude) != ERR_OK)
		return ERR_VALUE;
	if (negative && magnitude == 0)
		return ERR_VALUE; /* "-0": a second spelling */
	n = negative ? -(int64_t)(magnitude - 1) - 1 : (int64_t)magnitude;
	if (n < min || n > max)
		return ERR_VALUE;
	*out = n;
	return ERR_OK;
}

enum err json_str(struct json v, const char *key, struct slice *out)
{
	struct json m;
	enum err e = json_get(v, key, &m);

	return e == ERR_OK ? json_as_str(m, out) : e;
}

enum err json_int(struct json v, const char *key, int64_t min, int64_t max,
		  int64_t *out)
{
	struct json m;
	enum err e = json_get(v, key, &m);

	return e == ERR_OK ? json_as_int(m, min, max, out) : e;
}

enum err json_bool(struct json v, const char *key, bool *out)
{
	struct json m;
	enum err e = json_get(v, key, &m);

	if (e != ERR_OK)
		return e;
	if (!is(m, cJSON_True) && !is(m, cJSON_False))
		return ERR_VALUE;
	*out = is(m, cJSON_True);
	return ERR_OK;
}

enum err json_hex(struct json v, const char *key, void *out, size_t n)
{
	struct slice text;
	enum err e = json_str(v, key, &text);

	if (e != ERR_OK)
		return e;
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] >= 'A' && text.ptr[i] <= 'F')
			return ERR_VALUE;
	return hex_decode(text, out, n);
}

static enum err get_typed(struct json v, const char *key, int type,
			  struct json *out)
{
	struct json m;
	enum err e = json_get(v, key, &m);

	if (e != ERR_OK)
		return e;
	if (!is(m, type))
		return ERR_VALUE;
	*out = m;
	return ERR_OK;
}

enum err json_object(struct json v, const char *key, struct json *out)
{
	return get_typed(v, key, cJSON_Object, out);
}

enum err json_array(struct json v, const char *key, struct json *out)
{
	return get_typed(v, key, cJSON_Array, out);
}

struct json json_first(struct json v)
{
	return (struct json){ v.node != NULL ? v.node->child : NULL };
}

struct json json_next(struct json e)
{
	return (struct json){ e.node != NULL ? e.node->next : NULL };
}

const char *json_key(struct json e)
{
	return e.node != NULL && e.node->string != NULL ? e.node->string : "";
}

size_t json_count(struct json v)
{
	size_t n = 0;

	for (struct json e = json_first(v); e.node; e = json_next(e))
		n++;
	return n;
}

enum err json_only(struct json v, const char *const *known, const char **which)
{
	for (struct json e = json_first(v); e.node; e = json_next(e)) {
		size_t i = 0;

		while (known[i] != NULL && strcmp(known[i], json_key(e)) != 0)
			i++;
		if (known[i] == NULL) {
			*which = json_key(e);
			return ERR_UNKNOWN;
		}
	}
	return ERR_OK;
}
