/* fat.c - finds one file in a FAT volume. */
#include "measure/lib/fat.h"

#include <string.h>

enum {
	ENTRY_LEN = 32,
	NAME_LEN = 11,
	ATTR_VOLUME = 0x08, /* also set in the entries of long names */
	ATTR_DIRECTORY = 0x10,
	FAT12_MAX_CLUSTERS = 4085,
};

static enum err say(const char **why, enum err e, const char *sentence)
{
	*why = sentence;
	return e;
}

/* The fields of the boot sector, in bytes where they are sizes. */
struct bpb {
	size_t sector, cluster, reserved, fat, root, total;
	unsigned nfats;
	bool fat32;
	uint32_t root_cluster;
};

static enum err read_bpb(struct slice volume, struct bpb *b, const char **why)
{
	struct rd r = rd_over(volume);
	uint32_t sector, per_cluster, reserved, root, fat, total;

	(void)rd_take(&r, 11);
	sector = rd_u16le(&r);
	per_cluster = rd_u8(&r);
	reserved = rd_u16le(&r);
	b->nfats = rd_u8(&r);
	root = rd_u16le(&r);
	total = rd_u16le(&r);
	(void)rd_u8(&r); /* media */
	fat = rd_u16le(&r);
	(void)rd_take(&r, 8);
	if (total == 0)
		total = rd_u32le(&r);
	else
		(void)rd_u32le(&r);
	b->fat32 = fat == 0;
	if (b->fat32)
		fat = rd_u32le(&r);
	else
		(void)rd_u32le(&r);
	(void)rd_take(&r, 4);
	b->root_cluster = rd_u32le(&r);
	if (r.err != ERR_OK || volume.len < 512)
		return say(why, ERR_TRUNC, "the FAT volume has no boot sector");
	if (sector < 512 || sector > 4096 || (sector & (sector - 1)) != 0 ||
	    per_cluster == 0 || (per_cluster & (per_cluster - 1)) != 0)
		return say(why, ERR_UNSUPP,
			   "not a FAT volume: sector or cluster size");
	if (reserved == 0 || fat == 0 || b->nfats == 0 || b->nfats > 2 ||
	    b->fat32 != (root == 0))
		return say(why, ERR_VALUE, "the FAT boot sector is malformed");
	b->sector = sector;
	b->cluster = (size_t)sector * per_cluster;
	b->reserved = (size_t)reserved * sector;
	b->fat = (size_t)fat * sector;
	b->root = ((size_t)root * ENTRY_LEN + sector - 1) / sector * sector;
	b->total = (size_t)total * sector;
	return ERR_OK;
}

enum err fat_open(struct slice volume, struct fat *out, const char **why)
{
	struct fat f = { 0 };
	struct bpb b;
	size_t start, n;
	enum err e = read_bpb(volume, &b, why);

	if (e != ERR_OK)
		return e;
	if (b.total > volume.len)
		return say(why, ERR_TRUNC, "the FAT volume is cut off");
	start = b.reserved + b.nfats * b.fat + b.root;
	if (start >= b.total)
		return say(why, ERR_VALUE, "the FAT volume has no data area");
	n = (b.total - start) / b.cluster;
	f.bits = b.fat32 ? 32 : n < FAT12_MAX_CLUSTERS ? 12 : 16;
	if (n == 0 || (n + 2) * (size_t)f.bits > b.fat * 8)
		return say(why, ERR_VALUE, "the FAT is too small");
	f.nclusters = (uint32_t)n;
	f.table = (struct slice){ volume.ptr + b.reserved, b.fat };
	f.root = (struct slice){ volume.ptr + start - b.root, b.root };
	f.data = (struct slice){ volume.ptr + start, n * b.cluster };
	f.cluster_len = b.cluster;
	f.root_cluster = b.fat32 ? b.root_cluster : 0;
	*out = f;
	return ERR_OK;
}

static bool valid(const struct fat *f, uint32_t cluster)
{
	return cluster >= 2 && cluster - 2 < f->nclusters;
}

/* The cluster after a valid one; anything that is not valid ends the chain. */
static uint32_t next_cluster(const struct fat *f, uint32_t cluster)
{
	const uint8_t *t = f->table.ptr;
	size_t at;
	uint32_t v;

	switch (f->bits) {
	case 12:
		at = cluster + cluster / 2;
		v = (uint32_t)t[at] | (uint32_t)t[at + 1] << 8;
		return cluster & 1 ? v >> 4 : v & 0xfff;
	case 16:
		at = (size_t)cluster * 2;
		return (uint32_t)t[at] | (uint32_t)t[at + 1] << 8;
	default:
		at = (size_t)cluster * 4;
		v = (uint32_t)t[at] | (uint32_t)t[at + 1] << 8 |
		    (uint32_t)t[at + 2] << 16 | (uint32_t)t[at + 3] << 24;
		return v & 0x0fffffff;
	}
}

static struct slice cluster_bytes(const struct fat *f, uint32_t cluster)
{
	return (struct slice){ f->data.ptr + (cluster - 2) * f->cluster_len,
			       f->cluster_len };
}

enum found {
	NOT_HERE,
	FOUND,
	END_OF_DIRECTORY
};

/* NULL is the name of any entry that is neither deleted nor "." or "..". */
static bool is_named(struct slice entry, const char *name)
{
	if (name != NULL)
		return slice_is(entry, name);
	return entry.ptr[0] != 0xe5 && entry.ptr[0] != '.';
}

/* Looks for a name in one run of directory entries. */
static enum found search(struct slice dir, const char *name, bool want_dir,
			 struct fat_file *out)
{
	for (size_t at = 0; at + ENTRY_LEN <= dir.len; at += ENTRY_LEN) {
		struct rd r =
			rd_over((struct slice){ dir.ptr + at, ENTRY_LEN });
		struct slice got = rd_take(&r, NAME_LEN);
		uint8_t attr = rd_u8(&r);
		uint32_t high, low;

		if (got.ptr[0] == 0)
			return END_OF_DIRECTORY;
		if (!is_named(got, name) || (attr & ATTR_VOLUME) ||
		    want_dir != ((attr & ATTR_DIRECTORY) != 0))
			continue;
		(void)rd_take(&r, 8);
		high = rd_u16le(&r);
		(void)rd_take(&r, 4);
		low = rd_u16le(&r);
		out->cluster = high << 16 | low;
		out->size = rd_u32le(&r);
		return FOUND;
	}
	return NOT_HERE;
}

/* Looks in the directory that begins at a cluster; 0 is the fixed root of
 * FAT12/16. A chain longer than the volume has clusters turns back. */
static enum err search_dir(const struct fat *f, uint32_t cluster,
			   const char *name, bool want_dir,
			   struct fat_file *out, const char **why)
{
	enum found found = NOT_HERE;

	if (cluster == 0 && f->bits != 32)
		found = search(f->root, name, want_dir, out);
	else if (!valid(f, cluster))
		return say(why, ERR_VALUE, "a directory leaves the volume");
	for (uint32_t n = 0; found == NOT_HERE && valid(f, cluster); n++) {
		if (n == f->nclusters)
			return say(why, ERR_VALUE, "a directory turns back");
		found = search(cluster_bytes(f, cluster), name, want_dir, out);
		cluster = next_cluster(f, cluster);
	}
	if (found == FOUND)
		return ERR_OK;
	return say(why, ERR_MISSING, "no such file on the FAT volume");
}

static size_t clusters_of(const struct fat *f, const struct fat_file *file)
{
	return (file->size + f->cluster_len - 1) / f->cluster_len;
}

/* The chain must hold as many clusters as the size says. */
static enum err check_chain(const struct fat *f, const struct fat_file *file,
			    const char **why)
{
	size_t n = clusters_of(f, file);
	uint32_t cluster = file->cluster;

	if (file->size > FAT_MAX_FILE)
		return say(why, ERR_LIMIT, "the file is larger than 256 MiB");
	if (n > f->nclusters)
		return say(why, ERR_VALUE, "the file is larger than its disk");
	for (; n > 0; n--) {
		if (!valid(f, cluster))
			return say(why, ERR_VALUE,
				   "the file's clusters leave the volume");
		cluster = next_cluster(f, cluster);
	}
	return ERR_OK;
}

enum err fat_find(const struct fat *f, const char *const *path,
		  struct fat_file *out, const char **why)
{
	struct fat_file at = { f->root_cluster, 0 };
	enum err e = ERR_OK;

	for (size_t i = 0; path[i] != NULL && e == ERR_OK; i++) {
		/* only the root may begin at cluster 0 */
		if (i > 0 && !valid(f, at.cluster))
			return say(why, ERR_VALUE,
				   "a directory leaves the volume");
		e = search_dir(f, at.cluster, path[i], path[i + 1] != NULL, &at,
			       why);
	}
	if (e == ERR_OK)
		e = check_chain(f, &at, why);
	if (e == ERR_OK)
		*out = at;
	return e;
}

enum err fat_has_folder(const struct fat *f, const char *const *path,
			const char **why)
{
	struct fat_file at = { f->root_cluster, 0 };
	enum err e = ERR_OK;

	for (size_t i = 0; e == ERR_OK; i++) {
		if (i > 0 && !valid(f, at.cluster))
			return say(why, ERR_VALUE,
				   "a directory leaves the volume");
		e = search_dir(f, at.cluster, path[i], true, &at, why);
		if (path[i] == NULL)
			break;
	}
	return e;
}

bool fat_together(const struct fat *f, const struct fat_file *file,
		  struct slice *out)
{
	size_t n = clusters_of(f, file);
	uint32_t cluster = file->cluster;

	for (size_t i = 1; i < n; i++, cluster++)
		if (next_cluster(f, cluster) != cluster + 1)
			return false;
	if (n == 0)
		*out = (struct slice){ f->data.ptr, 0 };
	else
		*out = (struct slice){ cluster_bytes(f, file->cluster).ptr,
				       file->size };
	return true;
}

enum err fat_copy(const struct fat *f, const struct fat_file *file,
		  uint8_t *buf)
{
	size_t left = file->size;
	uint32_t cluster = file->cluster;

	while (left > 0) {
		size_t n = left < f->cluster_len ? left : f->cluster_len;

		if (!valid(f, cluster))
			return ERR_VALUE;
		memcpy(buf, cluster_bytes(f, cluster).ptr, n);
		buf += n;
		left -= n;
		cluster = next_cluster(f, cluster);
	}
	return ERR_OK;
}
