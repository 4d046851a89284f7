/* gpt.h - the partition table of the appliance's disk: one EFI system partition
 * and nothing else. The firmware measures the header and the entry whole (into
 * RTMR1), so every GUID, name and LBA is fixed. Source: UEFI 2.10, 5.2.3 (the
 * protective MBR) and 5.3 (the GPT). */
#ifndef IMAGE_GPT_H
#define IMAGE_GPT_H

#include "lib/bytes.h"

enum {
	SECTOR = 512,
	GPT_ENTRIES = 128,
	GPT_ENTRY_LEN = 128,
	/* The table's sectors: behind the header at the start of the disk, in
	 * front of it at the end. */
	GPT_TABLE_SECTORS = GPT_ENTRIES * GPT_ENTRY_LEN / SECTOR,
	/* Protective MBR, header, table. */
	GPT_HEAD_LEN = (2 + GPT_TABLE_SECTORS) * SECTOR,
	/* Table, header. */
	GPT_TAIL_LEN = (1 + GPT_TABLE_SECTORS) * SECTOR
};

/* Where things are, in sectors. */
struct gpt_layout {
	uint64_t disk;                /* sectors of the whole disk */
	uint64_t esp_first, esp_last; /* the partition, both ends in it */
};

/* Writes GPT_HEAD_LEN bytes for sector 0 of the disk to head and GPT_TAIL_LEN
 * bytes for its last sectors to tail. Errors: ERR_VALUE the partition does not
 * fit between the two tables; ERR_SPACE. */
MUST_CHECK enum err gpt_write(const struct gpt_layout *l, struct wr *head,
			      struct wr *tail);

/* CRC-32 (ISO 3309, reflected 0xedb88320), which the GPT uses. */
uint32_t crc32(struct slice s);
#endif
