/* tdvf.c - finding, reading and checking the TDX metadata of a firmware. */
#include "measure/lib/tdvf.h"

#include <string.h>

enum {
	GUID_LEN = 16,
	FOOTER_END = 0x20,  /* the footer GUID ends here, before the end */
	OLD_POINTER = 0x20, /* so far before the end: a 32-bit file offset */
	ENTRY_TAIL = 2 + GUID_LEN, /* u16 size, GUID */
	DESCRIPTOR_LEN = 16,
	SECTION_LEN = 32,
	MAX_ADDRESS_BITS = 52,
};

/* 96b582de-1fb2-45f7-baea-a366c55a082d: the table's footer */
static const uint8_t guid_footer[GUID_LEN] = { 0xde, 0x82, 0xb5, 0x96,
					       0xb2, 0x1f, 0xf7, 0x45,
					       0xba, 0xea, 0xa3, 0x66,
					       0xc5, 0x5a, 0x08, 0x2d };
/* e47a6535-984a-4798-865e-4685a7bf8ec2: the entry that leads to the metadata */
static const uint8_t guid_offset[GUID_LEN] = { 0x35, 0x65, 0x7a, 0xe4,
					       0x4a, 0x98, 0x98, 0x47,
					       0x86, 0x5e, 0x46, 0x85,
					       0xa7, 0xbf, 0x8e, 0xc2 };
/* e9eaf9f3-168e-44d5-a8eb-7f4d8738f6ae: in front of the metadata */
static const uint8_t guid_metadata[GUID_LEN] = { 0xf3, 0xf9, 0xea, 0xe9,
						 0x8e, 0x16, 0xd5, 0x44,
						 0xa8, 0xeb, 0x7f, 0x4d,
						 0x87, 0x38, 0xf6, 0xae };

/* What a failed check reports, at once as error and as sentence. */
static enum err say(const char **why, enum err e, const char *sentence)
{
	*why = sentence;
	return e;
}

/* fw[from, from + len); the caller has checked the range. */
static struct slice part(struct slice fw, size_t from, size_t len)
{
	return (struct slice){ fw.ptr + from, len };
}

static uint32_t u16_at(struct slice fw, size_t at)
{
	struct rd r = rd_over(part(fw, at, 2));

	return rd_u16le(&r);
}

static uint32_t u32_at(struct slice fw, size_t at)
{
	struct rd r = rd_over(part(fw, at, 4));

	return rd_u32le(&r);
}

static bool guid_at(struct slice fw, size_t at, const uint8_t *guid)
{
	return memcmp(fw.ptr + at, guid, GUID_LEN) == 0;
}

/* Walks the GUID table backwards from its footer to the entry that holds the
 * metadata's offset; *offset counts from the end of the file. */
static enum err find_offset(struct slice fw, uint32_t *offset, const char **why)
{
	size_t footer = fw.len - FOOTER_END - GUID_LEN, end, low;
	uint32_t total;

	if (!guid_at(fw, footer, guid_footer))
		return say(why, ERR_MISSING,
			   "no OVMF GUID table in front of the reset vector");
	total = u16_at(fw, footer - 2);
	if (total < ENTRY_TAIL || total > footer + GUID_LEN)
		return say(why, ERR_TRUNC, "the GUID table leaves the file");
	low = footer + GUID_LEN - total;
	for (end = footer - 2; end > low;) {
		uint32_t size;

		if (end - low < ENTRY_TAIL)
			return say(why, ERR_TRUNC, "a GUID entry is cut off");
		size = u16_at(fw, end - ENTRY_TAIL);
		if (size < ENTRY_TAIL || size > end - low)
			return say(why, ERR_VALUE,
				   "a GUID entry has an impossible size");
		if (guid_at(fw, end - GUID_LEN, guid_offset)) {
			if (size != ENTRY_TAIL + 4)
				return say(why, ERR_VALUE,
					   "the TDX entry is not a 32-bit "
					   "offset");
			*offset = u32_at(fw, end - size);
			return ERR_OK;
		}
		end -= size;
	}
	return say(why, ERR_MISSING, "no TDX metadata entry in the GUID table");
}

/* Each rule of one section on its own. */
static enum err check_section(size_t fw_len, const struct tdvf_section *s,
			      const char **why)
{
	if (s->attributes & ~(uint32_t)(TDVF_ATTR_EXTEND | TDVF_ATTR_AUG))
		return say(why, ERR_UNKNOWN, "unknown section attribute");
	if (s->gpa % TDVF_PAGE != 0 || s->mem_size % TDVF_PAGE != 0)
		return say(why, ERR_VALUE, "a section is not made of pages");
	if (s->mem_size == 0 || s->gpa >> MAX_ADDRESS_BITS != 0 ||
	    s->mem_size >> MAX_ADDRESS_BITS != 0)
		return say(why, ERR_VALUE,
			   "a section is empty or has no possible address");
	if (s->data_offset > fw_len || s->raw_size > fw_len - s->data_offset)
		return say(why, ERR_TRUNC, "a section's data leave the file");
	if (s->raw_size > s->mem_size)
		return say(why, ERR_VALUE,
			   "a section has more data than memory");
	if (s->type == TDVF_BFV || s->type == TDVF_CFV) {
		if (s->raw_size != s->mem_size)
			return say(why, ERR_VALUE,
				   "a firmware volume is not whole");
	} else if (s->type == TDVF_TD_HOB || s->type == TDVF_TEMP_MEM ||
		   s->type == TDVF_PERM_MEM) {
		if (s->raw_size != 0)
			return say(why, ERR_VALUE,
				   "a memory section has data in the file");
	}
	if (s->type == TDVF_BFV && !(s->attributes & TDVF_ATTR_EXTEND))
		return say(why, ERR_VALUE, "the code is not measured");
	if ((s->attributes & TDVF_ATTR_AUG) &&
	    (s->type != TDVF_PERM_MEM || s->attributes & TDVF_ATTR_EXTEND))
		return say(why, ERR_VALUE,
			   "a section that is added later cannot be measured");
	return ERR_OK;
}

/* What all sections together must be. The amount of memory that is added at
 * the start is bounded so that hashing it is. */
static enum err check_sections(const struct tdvf *t, const char **why)
{
	size_t bfv = 0, cfv = 0, hob = 0;
	uint64_t added = 0;

	for (size_t i = 0; i < t->n; i++) {
		const struct tdvf_section *a = &t->s[i];

		bfv += a->type == TDVF_BFV;
		cfv += a->type == TDVF_CFV;
		hob += a->type == TDVF_TD_HOB;
		if (!(a->attributes & TDVF_ATTR_AUG))
			added += a->mem_size;
		for (size_t k = 0; k < i; k++) {
			const struct tdvf_section *b = &t->s[k];

			if (a->gpa < b->gpa + b->mem_size &&
			    b->gpa < a->gpa + a->mem_size)
				return say(why, ERR_VALUE,
					   "two sections overlap in memory");
		}
	}
	if (bfv != 1)
		return say(why, ERR_VALUE, "there is not exactly one BFV");
	if (cfv > 1)
		return say(why, ERR_VALUE, "there is more than one CFV");
	if (hob != 1)
		return say(why, ERR_VALUE, "there is not exactly one TD HOB");
	if (added > TDVF_MAX_FIRMWARE * 4ULL)
		return say(why, ERR_LIMIT, "sections of more than 256 MiB");
	return ERR_OK;
}

static enum err read_section(struct rd *r, size_t fw_len,
			     struct tdvf_section *s, const char **why)
{
	uint32_t type;

	s->data_offset = rd_u32le(r);
	s->raw_size = rd_u32le(r);
	s->gpa = rd_u64le(r);
	s->mem_size = rd_u64le(r);
	type = rd_u32le(r);
	s->attributes = rd_u32le(r);
	if (type >= TDVF_NTYPES)
		return say(why, ERR_UNKNOWN, "unknown section type");
	s->type = (enum tdvf_type)type;
	return check_section(fw_len, s, why);
}

/* The descriptor and its sections, at `at` in the file. */
static enum err read_metadata(struct slice fw, size_t at, struct tdvf *t,
			      const char **why)
{
	struct rd r = rd_over(part(fw, at, fw.len - at));
	struct slice magic = rd_take(&r, 4);
	uint32_t length = rd_u32le(&r), version = rd_u32le(&r);
	uint32_t n = rd_u32le(&r);
	enum err e;

	if (!slice_is(magic, "TDVF"))
		return say(why, ERR_VALUE,
			   "the metadata do not begin with TDVF");
	if (version != 1)
		return say(why, ERR_UNSUPP, "metadata of another version");
	if (n == 0 || n > TDVF_MAX_SECTIONS)
		return say(why, ERR_VALUE, "no sections, or too many");
	if (length != DESCRIPTOR_LEN + n * SECTION_LEN)
		return say(why, ERR_VALUE,
			   "the metadata's length and section count differ");
	if (r.left < (size_t)n * SECTION_LEN)
		return say(why, ERR_TRUNC, "the metadata leave the file");
	for (t->n = 0; t->n < n; t->n++) {
		e = read_section(&r, fw.len, &t->s[t->n], why);
		if (e != ERR_OK)
			return e;
	}
	return check_sections(t, why);
}

enum err tdvf_check(const struct tdvf *t, size_t fw_len, const char **why)
{
	if (t->n == 0)
		return say(why, ERR_VALUE, "no sections, or too many");
	for (size_t i = 0; i < t->n; i++) {
		enum err e = check_section(fw_len, &t->s[i], why);

		if (e != ERR_OK)
			return e;
	}
	return check_sections(t, why);
}

/* The metadata as the GUID table names them. */
static enum err find_metadata(struct slice fw, size_t *at, const char **why)
{
	uint32_t offset = 0;
	enum err e = find_offset(fw, &offset, why);

	if (e != ERR_OK)
		return e;
	if (offset < DESCRIPTOR_LEN || offset > fw.len - GUID_LEN)
		return say(why, ERR_TRUNC, "the metadata leave the file");
	*at = fw.len - offset;
	if (!guid_at(fw, *at - GUID_LEN, guid_metadata))
		return say(why, ERR_VALUE,
			   "no metadata GUID where the offset leads");
	return ERR_OK;
}

/* The form before the GUID table, which td-shim has still: an offset from the
 * start of the file. Whatever is not that leads to no signature. */
static bool find_old_metadata(struct slice fw, size_t *at)
{
	uint32_t offset = u32_at(fw, fw.len - OLD_POINTER);

	if (offset > fw.len - DESCRIPTOR_LEN ||
	    !slice_is(part(fw, offset, 4), "TDVF"))
		return false;
	*at = offset;
	return true;
}

enum err tdvf_parse(struct slice fw, struct tdvf *out, const char **why)
{
	struct tdvf t = { 0 };
	size_t at = 0;
	enum err e;

	if (fw.len < TDVF_PAGE || fw.len > TDVF_MAX_FIRMWARE)
		return say(why, ERR_LIMIT,
			   "a firmware image has 4 KiB to 64 MiB");
	e = find_metadata(fw, &at, why);
	if (e == ERR_MISSING && find_old_metadata(fw, &at))
		e = ERR_OK;
	if (e != ERR_OK)
		return e;
	e = read_metadata(fw, at, &t, why);
	if (e == ERR_OK)
		*out = t;
	return e;
}

const char *tdvf_type_name(enum tdvf_type type)
{
	static const char *const names[TDVF_NTYPES] = {
		"BFV",     "CFV",          "TD_HOB", "TempMem",  "PermMem",
		"Payload", "PayloadParam", "TdInfo", "TdParams",
	};

	return names[type];
}

const struct tdvf_section *tdvf_find(const struct tdvf *t, enum tdvf_type type)
{
	const struct tdvf_section *found = NULL;

	for (size_t i = 0; i < t->n; i++) {
		if (t->s[i].type != type)
			continue;
		if (found != NULL)
			return NULL;
		found = &t->s[i];
	}
	return found;
}

struct slice tdvf_bytes(struct slice fw, const struct tdvf_section *s)
{
	return part(fw, s->data_offset, s->raw_size);
}
