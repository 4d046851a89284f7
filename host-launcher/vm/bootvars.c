/* bootvars.c - finds variable stores in memory and reads the boot variables. */
#include "host-launcher/vm/bootvars.h"

#include <stdio.h>
#include <string.h>

enum {
	GUID_LEN = 16,
	STORE_HEADER = 28,
	STORE_FORMATTED = 0x5a,
	STORE_HEALTHY = 0xfe,
	STORE_MAX = 4 * 1024 * 1024,
	STORES_MAX = 64, /* firmware has a few; each is walked many times */
	VARIABLE_START = 0x55aa,
	VARIABLE_ADDED = 0x3f, /* written whole, and not deleted since */
	NAME_MAX_BYTES = 2 * 16,
};

/* The two kinds of stores: gEfiVariableGuid, and gEfiAuthenticatedVariableGuid
 * with a count, a time and a key index more in each variable. */
static const struct {
	uint8_t guid[GUID_LEN];
	size_t more;
} kinds[] = {
	{ { 0x16, 0x36, 0xcf, 0xdd, 0x75, 0x32, 0x64, 0x41, 0x98, 0xb6, 0xfe,
	    0x85, 0x70, 0x7f, 0xfe, 0x7d },
	  0 },
	{ { 0x78, 0x2c, 0xf3, 0xaa, 0x7b, 0x94, 0x9a, 0x43, 0xa1, 0x80, 0x2e,
	    0x14, 0x4e, 0xc3, 0x77, 0x92 },
	  8 + 16 + 4 },
};

/* 8be4df61-93ca-11d2-aa0d-00e098032b8c: EFI global variables */
static const uint8_t guid_global[GUID_LEN] = { 0x61, 0xdf, 0xe4, 0x8b,
					       0xca, 0x93, 0xd2, 0x11,
					       0xaa, 0x0d, 0x00, 0xe0,
					       0x98, 0x03, 0x2b, 0x8c };

/* d719b2cb-3d3a-4596-a3bc-dad00e67656f: image security database */
static const uint8_t guid_security[GUID_LEN] = { 0xcb, 0xb2, 0x19, 0xd7,
						 0x3a, 0x3d, 0x96, 0x45,
						 0xa3, 0xbc, 0xda, 0xd0,
						 0x0e, 0x67, 0x65, 0x6f };

const char *const bootvars_keys[BOOTVARS_KEYS] = { "SecureBoot", "PK", "KEK",
						   "db", "dbx" };

struct variable {
	uint8_t state;
	struct slice guid, name, data;
};

/* The next variable of a store; false at its end. */
static bool next_variable(struct rd *r, size_t more, struct variable *v)
{
	uint32_t name_len, data_len;
	size_t used;

	if (rd_u16le(r) != VARIABLE_START)
		return false;
	v->state = rd_u8(r);
	(void)rd_take(r, 1 + 4 + more); /* reserved, attributes */
	name_len = rd_u32le(r);
	data_len = rd_u32le(r);
	v->guid = rd_take(r, GUID_LEN);
	v->name = rd_take(r, name_len);
	v->data = rd_take(r, data_len);
	used = v->name.len + v->data.len;
	(void)rd_take(r, (4 - used % 4) % 4);
	return r->err == ERR_OK;
}

/* Whether it is the variable of that name: UTF-16 with its NUL, and the GUID
 * that goes with it. */
static bool named(const struct variable *v, const char *name)
{
	const uint8_t *guid = name[0] == 'd' ? guid_security : guid_global;
	size_t n = strlen(name) + 1;

	if (v->state != VARIABLE_ADDED || v->name.len != 2 * n ||
	    memcmp(v->guid.ptr, guid, GUID_LEN) != 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if (v->name.ptr[2 * i] != (uint8_t)name[i] ||
		    v->name.ptr[2 * i + 1] != 0)
			return false;
	return true;
}

static bool find(struct slice store, size_t more, const char *name,
		 struct slice *data)
{
	struct rd r = rd_over(store);
	struct variable v;

	while (next_variable(&r, more, &v))
		if (named(&v, name)) {
			*data = v.data;
			return true;
		}
	return false;
}

static enum err read_store(struct slice store, size_t more,
			   struct bootvars *out)
{
	struct rd r;

	if (!find(store, more, "BootOrder", &out->order))
		return ERR_MISSING;
	if (out->order.len == 0 || out->order.len % 2 != 0 ||
	    out->order.len > 2 * BOOTVARS_MAX)
		return ERR_VALUE;
	out->n = out->order.len / 2;
	r = rd_over(out->order);
	for (size_t i = 0; i < out->n; i++) {
		char name[16];

		out->option[i].number = rd_u16le(&r);
		(void)snprintf(name, sizeof name, "Boot%04X",
			       (unsigned)out->option[i].number);
		if (!find(store, more, name, &out->option[i].data))
			return ERR_MISSING;
		if (out->option[i].data.len > BOOTVAR_BYTES)
			return ERR_LIMIT;
	}
	return ERR_OK;
}

/* The variables of the store that begins here; false when none does. */
static bool store_at(struct slice memory, size_t at, struct slice *store)
{
	struct rd r =
		rd_over((struct slice){ memory.ptr + at, memory.len - at });
	uint32_t size;
	uint8_t format, state;

	(void)rd_take(&r, GUID_LEN);
	size = rd_u32le(&r);
	format = rd_u8(&r);
	state = rd_u8(&r);
	(void)rd_take(&r, 2 + 4);
	if (r.err != ERR_OK || format != STORE_FORMATTED ||
	    state != STORE_HEALTHY || size < STORE_HEADER || size > STORE_MAX)
		return false;
	*store = rd_take(&r, size - STORE_HEADER);
	return r.err == ERR_OK;
}

/* A variable that another store has, too, has to be the same there. */
static bool merge(struct slice *to, struct slice from)
{
	if (to->ptr != NULL && from.ptr != NULL)
		return slice_eq(*to, from);
	if (from.ptr != NULL)
		*to = from;
	return true;
}

static enum err add_keys(struct slice store, size_t more, struct bootvars *out)
{
	for (size_t i = 0; i < BOOTVARS_KEYS; i++) {
		struct slice data = { 0 };

		if (!find(store, more, bootvars_keys[i], &data))
			continue;
		if (data.len > BOOTVAR_KEY_BYTES)
			return ERR_LIMIT;
		if (!merge(&out->key[i], data))
			return ERR_MISMATCH;
	}
	return ERR_OK;
}

static enum err add_boot(struct slice store, size_t more, struct bootvars *out)
{
	struct bootvars b = { 0 };
	bool first = out->order.ptr == NULL, same;
	enum err e = read_store(store, more, &b);

	if (e == ERR_MISSING && b.order.ptr == NULL)
		return ERR_OK;
	same = e == ERR_OK && merge(&out->order, b.order);
	for (size_t i = 0; same && i < b.n; i++) {
		if (first)
			out->option[i] = b.option[i];
		else
			same = slice_eq(out->option[i].data, b.option[i].data);
	}
	out->n = b.n;
	return e == ERR_OK && !same ? ERR_MISMATCH : e;
}

/* Firmware has its store twice, behind a cache, and volatile variables in
 * another; the empty one that it is made from is in memory, too. Stores may lie
 * in one another, in a memory that was made to be slow to read. */
static enum err search(struct slice memory, size_t kind, size_t *stores,
		       struct bootvars *out)
{
	size_t at = 0;

	while (at + STORE_HEADER <= memory.len) {
		const uint8_t *p = memmem(memory.ptr + at, memory.len - at,
					  kinds[kind].guid, GUID_LEN);
		struct slice store;
		enum err e;

		if (p == NULL)
			break;
		at = (size_t)(p - memory.ptr);
		if (!store_at(memory, at++, &store))
			continue;
		if (++*stores > STORES_MAX)
			return ERR_LIMIT;
		e = add_boot(store, kinds[kind].more, out);
		if (e == ERR_OK)
			e = add_keys(store, kinds[kind].more, out);
		if (e != ERR_OK)
			return e;
	}
	return ERR_OK;
}

enum err bootvars_find(struct slice memory, struct bootvars *out)
{
	struct bootvars b = { 0 };
	enum err e = ERR_OK;
	size_t stores = 0;

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds && e == ERR_OK; i++)
		e = search(memory, i, &stores, &b);
	if (e == ERR_OK && b.order.ptr == NULL)
		e = ERR_MISSING;
	if (e == ERR_OK)
		*out = b;
	return e;
}
