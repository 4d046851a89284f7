/* gpt.c - the partition table of an image disk. */
#include "measure/lib/gpt.h"

#include <bearssl.h>
#include <string.h>

enum {
	GUID_LEN = 16,
	CRC_AT = 16,
	LARGE_SECTOR = 4096
};

/* c12a7328-f81f-11d2-ba4b-00a0c93ec93b */
static const uint8_t guid_esp[GUID_LEN] = { 0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8,
					    0xd2, 0x11, 0xba, 0x4b, 0x00, 0xa0,
					    0xc9, 0x3e, 0xc9, 0x3b };

static enum err say(const char **why, enum err e, const char *sentence)
{
	*why = sentence;
	return e;
}

/* CRC-32 of IEEE 802.3, continued over several ranges; begin with 0. */
static uint32_t crc32_add(uint32_t crc, struct slice s)
{
	crc = ~crc;
	for (size_t i = 0; i < s.len; i++) {
		crc ^= s.ptr[i];
		for (int k = 0; k < 8; k++)
			crc = crc >> 1 ^ (0xedb88320u & (0u - (crc & 1)));
	}
	return ~crc;
}

static bool header_at(struct slice disk, size_t at)
{
	return disk.len >= 2 * at && memcmp(disk.ptr + at, "EFI PART", 8) == 0;
}

bool gpt_is(struct slice disk)
{
	return header_at(disk, GPT_SECTOR) || header_at(disk, LARGE_SECTOR);
}

/* The CRC of a header with its own CRC field taken as zero. */
static uint32_t header_crc(struct slice h)
{
	static const uint8_t zero[4];
	uint32_t crc = crc32_add(0, (struct slice){ h.ptr, CRC_AT });

	crc = crc32_add(crc, (struct slice){ zero, 4 });
	return crc32_add(
		crc, (struct slice){ h.ptr + CRC_AT + 4, h.len - CRC_AT - 4 });
}

/* Takes one used entry into account. */
static enum err add_entry(struct slice disk, struct slice entry, struct gpt *g,
			  const char **why)
{
	struct rd r = rd_over(entry);
	struct slice type = rd_take(&r, GUID_LEN);
	uint64_t first, last, sectors = disk.len / GPT_SECTOR;

	(void)rd_take(&r, GUID_LEN);
	first = rd_u64le(&r);
	last = rd_u64le(&r);
	if (first > last || last >= sectors)
		return say(why, ERR_TRUNC, "a partition leaves the disk");
	g->used++;
	if (!slice_eq(type, (struct slice){ guid_esp, GUID_LEN }))
		return ERR_OK;
	if (g->esp.ptr != NULL)
		return say(why, ERR_DUPLICATE,
			   "more than one EFI system partition");
	g->esp = (struct slice){ disk.ptr + first * GPT_SECTOR,
				 (size_t)(last - first + 1) * GPT_SECTOR };
	return ERR_OK;
}

static enum err read_entries(struct slice disk, struct gpt *g, const char **why)
{
	static const uint8_t empty[GUID_LEN];

	for (size_t at = 0; at < g->entries.len; at += GPT_ENTRY_LEN) {
		struct slice e = { g->entries.ptr + at, GPT_ENTRY_LEN };
		enum err err;

		if (memcmp(e.ptr, empty, GUID_LEN) == 0)
			continue;
		err = add_entry(disk, e, g, why);
		if (err != ERR_OK)
			return err;
	}
	if (g->esp.ptr == NULL)
		return say(why, ERR_MISSING, "no EFI system partition");
	return ERR_OK;
}

/* The fields of the header that lead to the rest. */
struct fields {
	uint32_t revision, len, crc, n, entry_len, entries_crc;
	uint64_t my_lba, entries_lba;
};

static struct fields read_fields(struct slice header)
{
	struct rd r = rd_over(header);
	struct fields f;

	(void)rd_take(&r, 8);
	f.revision = rd_u32le(&r);
	f.len = rd_u32le(&r);
	f.crc = rd_u32le(&r);
	(void)rd_u32le(&r);
	f.my_lba = rd_u64le(&r);
	(void)rd_take(&r, 8 + 8 + 8 + GUID_LEN);
	f.entries_lba = rd_u64le(&r);
	f.n = rd_u32le(&r);
	f.entry_len = rd_u32le(&r);
	f.entries_crc = rd_u32le(&r);
	return f;
}

static enum err check_fields(struct slice header, const struct fields *f,
			     const char **why)
{
	if (f->revision != 0x00010000 || f->entry_len != GPT_ENTRY_LEN)
		return say(why, ERR_UNSUPP, "GPT of another revision");
	if (f->len < GPT_HEADER_LEN || f->len > GPT_SECTOR || f->my_lba != 1)
		return say(why, ERR_VALUE, "the GPT header is malformed");
	if (f->n == 0 || f->n > GPT_MAX_ENTRIES)
		return say(why, ERR_LIMIT, "no partition entries, or too many");
	if (header_crc((struct slice){ header.ptr, f->len }) != f->crc)
		return say(why, ERR_MISMATCH, "the GPT header's CRC is wrong");
	return ERR_OK;
}

enum err gpt_parse(struct slice disk, struct gpt *out, const char **why)
{
	struct slice header;
	struct gpt g = { 0 };
	struct fields f;
	enum err e;

	if (!gpt_is(disk))
		return say(why, ERR_VALUE, "no GPT in the second sector");
	if (!header_at(disk, GPT_SECTOR))
		return say(why, ERR_UNSUPP,
			   "the disk has sectors of 4096 bytes");
	header = (struct slice){ disk.ptr + GPT_SECTOR, GPT_SECTOR };
	f = read_fields(header);
	e = check_fields(header, &f, why);
	if (e != ERR_OK)
		return e;
	g.header = (struct slice){ header.ptr, GPT_HEADER_LEN };
	g.entries.len = (size_t)f.n * GPT_ENTRY_LEN;
	if (f.entries_lba < 2 || f.entries_lba > disk.len / GPT_SECTOR ||
	    g.entries.len > disk.len - (size_t)f.entries_lba * GPT_SECTOR)
		return say(why, ERR_TRUNC,
			   "the partition entries leave the disk");
	g.entries.ptr = disk.ptr + f.entries_lba * GPT_SECTOR;
	if (crc32_add(0, g.entries) != f.entries_crc)
		return say(why, ERR_MISMATCH,
			   "the partition entries' CRC is wrong");
	e = read_entries(disk, &g, why);
	if (e == ERR_OK)
		*out = g;
	return e;
}

void gpt_digest(const struct gpt *g, uint8_t out[static SHA384_LEN])
{
	static const uint8_t empty[GUID_LEN];
	br_sha384_context h;
	uint8_t count[8];
	struct wr w = wr_over(count, sizeof count);

	wr_u64le(&w, g->used);
	br_sha384_init(&h);
	br_sha384_update(&h, g->header.ptr, g->header.len);
	br_sha384_update(&h, count, sizeof count);
	for (size_t at = 0; at < g->entries.len; at += GPT_ENTRY_LEN)
		if (memcmp(g->entries.ptr + at, empty, GUID_LEN) != 0)
			br_sha384_update(&h, g->entries.ptr + at,
					 GPT_ENTRY_LEN);
	br_sha384_out(&h, out);
}
