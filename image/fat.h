/* fat.h - a FAT32 file system that holds one file, \EFI\BOOT\BOOTX64.EFI, laid
 * out as a function of its size and content alone. Source: Microsoft FAT
 * specification 1.03 (2000); UEFI 2.10, 13.3. */
#ifndef IMAGE_FAT_H
#define IMAGE_FAT_H

#include "lib/bytes.h"

/* Receives n bytes for `offset` from the start of the file system. What is
 * never put is zero. */
typedef enum err fat_put(void *ctx, uint64_t offset, struct slice s);

/* sectors: of 512 bytes, in the partition; hidden: sectors in front of it.
 * Errors: ERR_VALUE too small for FAT32 or too large for 32-bit sector numbers;
 * ERR_SPACE the file does not fit; ERR_LIMIT more clusters than `fat_put` can
 * be given at once (a file of more than 64 MiB); what put returns. */
MUST_CHECK enum err fat_write(uint64_t sectors, uint64_t hidden,
			      struct slice file, fat_put *put, void *ctx);
#endif
