#include "image/gpt.h"

enum {
	HEADER_LEN = 92,
	HEADER_REVISION = 0x00010000,
	NAME_UNITS = 36 /* UTF-16 code units of a partition name */
};

/* As they are on disk: the first three fields of a GUID are little endian. */
typedef uint8_t guid_bytes[16];

/* EFI system partition: C12A7328-F81F-11D2-BA4B-00A0C93EC93B */
static const guid_bytes esp_type = { 0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8,
				     0xd2, 0x11, 0xba, 0x4b, 0x00, 0xa0,
				     0xc9, 0x3e, 0xc9, 0x3b };
/* The disk: 0B52B04B-58C5-4A9E-9C0E-6F1B6A3E2D41, drawn once. */
static const guid_bytes disk_guid = { 0x4b, 0xb0, 0x52, 0x0b, 0xc5, 0x58,
				      0x9e, 0x4a, 0x9c, 0x0e, 0x6f, 0x1b,
				      0x6a, 0x3e, 0x2d, 0x41 };
/* The partition: 5D0F7C36-12A9-4E57-8B7D-C4A81E90F263, drawn once. */
static const guid_bytes esp_guid = { 0x36, 0x7c, 0x0f, 0x5d, 0xa9, 0x12,
				     0x57, 0x4e, 0x8b, 0x7d, 0xc4, 0xa8,
				     0x1e, 0x90, 0xf2, 0x63 };

uint32_t crc32(struct slice s)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < s.len; i++) {
		crc ^= s.ptr[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
	}
	return ~crc;
}

static void guid(struct wr *w, const guid_bytes g)
{
	wr_bytes(w, (struct slice){ g, sizeof(guid_bytes) });
}

/* One partition of type 0xee over the whole disk, so that old tools keep off.
 */
static void protective_mbr(struct wr *w, const struct gpt_layout *l)
{
	uint64_t sectors = l->disk - 1;

	wr_zero(w, 446);
	wr_u32le(w, 0x00020000); /* not bootable; CHS 0, 2, 0 */
	wr_u32le(w, 0xffffffee); /* type; last CHS: as far as it goes */
	wr_u32le(w, 1);
	wr_u32le(w, sectors > UINT32_MAX ? UINT32_MAX : (uint32_t)sectors);
	wr_zero(w, 3 * 16);
	wr_u16le(w, 0xaa55);
}

static void table(struct wr *w, const struct gpt_layout *l)
{
	static const char name[] = "EFI system partition";
	size_t units = sizeof name - 1;

	guid(w, esp_type);
	guid(w, esp_guid);
	wr_u64le(w, l->esp_first);
	wr_u64le(w, l->esp_last);
	wr_u64le(w, 0); /* attributes */
	for (size_t i = 0; i < units; i++)
		wr_u16le(w, (uint16_t)name[i]);
	wr_zero(w, 2 * (NAME_UNITS - units));
	wr_zero(w, (GPT_ENTRIES - 1) * GPT_ENTRY_LEN);
}

/* The header at LBA `mine`, whose table starts at `at`, without its CRC. */
static void header_fields(struct wr *w, const struct gpt_layout *l,
			  uint64_t mine, uint64_t other, uint64_t at,
			  uint32_t table_crc, uint32_t own_crc)
{
	wr_str(w, "EFI PART");
	wr_u32le(w, HEADER_REVISION);
	wr_u32le(w, HEADER_LEN);
	wr_u32le(w, own_crc);
	wr_u32le(w, 0);
	wr_u64le(w, mine);
	wr_u64le(w, other);
	wr_u64le(w, 2 + GPT_TABLE_SECTORS);
	wr_u64le(w, l->disk - 2 - GPT_TABLE_SECTORS);
	guid(w, disk_guid);
	wr_u64le(w, at);
	wr_u32le(w, GPT_ENTRIES);
	wr_u32le(w, GPT_ENTRY_LEN);
	wr_u32le(w, table_crc);
}

static void header(struct wr *w, const struct gpt_layout *l, uint64_t mine,
		   uint64_t other, uint64_t at, uint32_t table_crc)
{
	uint8_t buf[HEADER_LEN];
	struct wr h = wr_over(buf, sizeof buf);

	header_fields(&h, l, mine, other, at, table_crc, 0);
	header_fields(w, l, mine, other, at, table_crc, crc32(wr_slice(&h)));
	wr_zero(w, SECTOR - HEADER_LEN);
}

enum err gpt_write(const struct gpt_layout *l, struct wr *head, struct wr *tail)
{
	uint64_t first = 2 + GPT_TABLE_SECTORS;
	uint64_t end = 1 + GPT_TABLE_SECTORS; /* sectors of the tail */
	uint64_t last = l->disk - 1;
	struct slice entries;
	uint32_t crc;
	enum err e;

	if (l->disk < first + end || l->esp_first < first ||
	    l->esp_last < l->esp_first || l->esp_last >= l->disk - end)
		return ERR_VALUE;
	table(tail, l);
	entries = wr_slice(tail);
	crc = crc32(entries);
	header(tail, l, last, 1, last - GPT_TABLE_SECTORS, crc);
	e = wr_end(tail);
	if (e != ERR_OK)
		return e;
	protective_mbr(head, l);
	header(head, l, 1, last, 2, crc);
	wr_bytes(head, entries);
	return wr_end(head);
}
