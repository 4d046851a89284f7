/* fat.h - finds one file in a FAT12, FAT16 or FAT32 volume. Reads only, by
 * short (8.3) names. Source: Microsoft FAT32 File System Specification 1.03;
 * which of the three a volume is, as edk2's FatPkg decides it. */
#ifndef MEASURE_LIB_FAT_H
#define MEASURE_LIB_FAT_H

#include "lib/bytes.h"

enum {
	FAT_MAX_FILE = 256 * 1024 * 1024
};

struct fat {
	struct slice table;    /* the first FAT */
	struct slice root;     /* FAT12/16: the root directory */
	struct slice data;     /* cluster 2 begins here */
	size_t cluster_len;    /* bytes */
	uint32_t nclusters;    /* data clusters: 2 to nclusters + 1 */
	uint32_t root_cluster; /* FAT32 */
	int bits;              /* 12, 16 or 32 */
};

struct fat_file {
	uint32_t cluster; /* first one; 0 when the file is empty */
	uint32_t size;
};

/* On failure of these, *why is a static sentence. ERR_TRUNC, ERR_VALUE,
 * ERR_UNSUPP (sector or cluster size). */
MUST_CHECK enum err fat_open(struct slice volume, struct fat *out,
			     const char **why);

/* Follows directories; path ends with NULL, each name as in a directory entry:
 * 11 bytes, upper case, padded ("BOOTX64 EFI"). ERR_MISSING; ERR_VALUE a chain
 * of clusters that leaves the volume or turns back; ERR_LIMIT the file is
 * larger than FAT_MAX_FILE. */
MUST_CHECK enum err fat_find(const struct fat *f, const char *const *path,
			     struct fat_file *out, const char **why);

/* Whether the directory at path has a directory in it: ERR_OK, or ERR_MISSING
 * when it has none or is not there. An empty path is the root. ERR_VALUE as
 * above. */
MUST_CHECK enum err fat_has_folder(const struct fat *f, const char *const *path,
				   const char **why);

/* The file's bytes: true when they lie together, and *out is where. */
bool fat_together(const struct fat *f, const struct fat_file *file,
		  struct slice *out);

/* Copies a file of any layout into buf, which holds file->size bytes.
 * ERR_VALUE as above. */
MUST_CHECK enum err fat_copy(const struct fat *f, const struct fat_file *file,
			     uint8_t *buf);
#endif
