/* mrtd.c - replays what the VMM does with each page before the TD starts. */
#include "measure/lib/mrtd.h"

#include <bearssl.h>
#include <string.h>

#include "measure/lib/hob.h"

enum {
	RECORD = 128,
	CHUNK = 256
};

static const uint8_t zeros[CHUNK];

/* One 128-byte record: the leaf's name, the address at 16, zeros. */
static void record(br_sha384_context *h, const char *leaf, uint64_t gpa)
{
	uint8_t rec[RECORD] = { 0 };
	struct wr w = wr_over(rec + 16, 8);

	memcpy(rec, leaf, strlen(leaf));
	wr_u64le(&w, gpa);
	br_sha384_update(h, rec, sizeof rec);
}

/* One chunk of a section's memory; what is past its data is zero. */
static void extend_chunk(br_sha384_context *h, struct slice data, uint64_t gpa,
			 uint64_t at)
{
	size_t have = 0;

	record(h, "MR.EXTEND", gpa + at);
	if (at < data.len) {
		have = data.len - (size_t)at;
		if (have > CHUNK)
			have = CHUNK;
		br_sha384_update(h, data.ptr + at, have);
	}
	br_sha384_update(h, zeros, CHUNK - have);
}

static void extend_page(br_sha384_context *h, struct slice data, uint64_t gpa,
			uint64_t page)
{
	for (uint64_t at = page; at < page + TDVF_PAGE; at += CHUNK)
		extend_chunk(h, data, gpa, at);
}

static void section(br_sha384_context *h, struct slice data,
		    const struct tdvf_section *s, enum mrtd_order order)
{
	bool extend = (s->attributes & TDVF_ATTR_EXTEND) != 0;

	if (s->attributes & TDVF_ATTR_AUG)
		return;
	for (uint64_t page = 0; page < s->mem_size; page += TDVF_PAGE) {
		record(h, "MEM.PAGE.ADD", s->gpa + page);
		if (extend && order == MRTD_SINGLE_PASS)
			extend_page(h, data, s->gpa, page);
	}
	if (!extend || order == MRTD_SINGLE_PASS)
		return;
	for (uint64_t page = 0; page < s->mem_size; page += TDVF_PAGE)
		extend_page(h, data, s->gpa, page);
}

void mrtd(struct slice fw, const struct tdvf *t, enum mrtd_order order,
	  uint8_t out[static SHA384_LEN])
{
	br_sha384_context h;

	br_sha384_init(&h);
	for (size_t i = 0; i < t->n; i++)
		section(&h, tdvf_bytes(fw, &t->s[i]), &t->s[i], order);
	br_sha384_out(&h, out);
}

enum err mrtd_google_old(struct slice fw, const struct tdvf *t,
			 uint64_t memory_bytes, uint8_t out[static SHA384_LEN])
{
	uint8_t list[HOB_MAX_BYTES];
	struct wr w = wr_over(list, sizeof list);
	br_sha384_context h;
	enum err e = hob_write(t, HOB_GOOGLE_OLD, memory_bytes, &w);

	if (e == ERR_OK &&
	    wr_slice(&w).len > tdvf_find(t, TDVF_TD_HOB)->mem_size)
		e = ERR_SPACE;
	if (e != ERR_OK)
		return e;
	br_sha384_init(&h);
	for (size_t i = 0; i < t->n; i++) {
		struct tdvf_section s = t->s[i];
		struct slice data = tdvf_bytes(fw, &s);

		if (s.type == TDVF_TD_HOB)
			data = wr_slice(&w);
		s.attributes = TDVF_ATTR_EXTEND;
		section(&h, data, &s, MRTD_SINGLE_PASS);
	}
	br_sha384_out(&h, out);
	return ERR_OK;
}

uint64_t mrtd_hashed_bytes(const struct tdvf *t)
{
	uint64_t n = 0;

	for (size_t i = 0; i < t->n; i++) {
		const struct tdvf_section *s = &t->s[i];

		if (s->attributes & TDVF_ATTR_AUG)
			continue;
		n += s->mem_size / TDVF_PAGE * RECORD;
		if (s->attributes & TDVF_ATTR_EXTEND)
			n += s->mem_size / CHUNK * (RECORD + CHUNK);
	}
	return n;
}
