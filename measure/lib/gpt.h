/* gpt.h - the partition table of an image disk, and the event that edk2
 * measures it with. Source: UEFI 2.10, section 5.3; TCG PC Client Platform
 * Firmware Profile, UEFI_GPT_DATA. */
#ifndef MEASURE_LIB_GPT_H
#define MEASURE_LIB_GPT_H

#include "lib/digest.h"

enum {
	GPT_SECTOR = 512,
	GPT_HEADER_LEN = 92,
	GPT_ENTRY_LEN = 128,
	GPT_MAX_ENTRIES = 1024,
};

struct gpt {
	struct slice header;  /* GPT_HEADER_LEN bytes of the primary header */
	struct slice entries; /* the whole array */
	uint64_t used;        /* entries that are not empty */
	struct slice esp;     /* the only EFI system partition's bytes */
};

/* True when the second sector begins as a GPT header does, be a sector 512 or
 * 4096 bytes; the second kind is then refused by gpt_parse. */
bool gpt_is(struct slice disk);

/* Reads and checks the primary header and its entries, with both CRCs. The
 * backup at the end of the disk is not looked at: firmware measures the primary
 * one, and takes to the backup only when that is damaged. On failure *why is a
 * static sentence. Errors: ERR_TRUNC, ERR_VALUE, ERR_UNSUPP (revision, entry
 * size, sector size), ERR_LIMIT (entries), ERR_MISMATCH (a CRC),
 * ERR_MISSING (no EFI system partition), ERR_DUPLICATE (more than one). */
MUST_CHECK enum err gpt_parse(struct slice disk, struct gpt *out,
			      const char **why);

/* The digest of EV_EFI_GPT_EVENT: over header, u64 used, used entries. */
void gpt_digest(const struct gpt *g, uint8_t out[static SHA384_LEN]);
#endif
