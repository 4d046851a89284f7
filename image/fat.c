#include "image/fat.h"

enum {
	SECTOR_LEN = 512,
	CLUSTER_SECTORS = 8,
	CLUSTER_LEN = CLUSTER_SECTORS * SECTOR_LEN,
	RESERVED_SECTORS = 32,
	INFO_SECTOR = 1,
	BACKUP_SECTOR = 6,
	FATS = 2,
	/* A volume with fewer clusters is FAT16, whatever it says. */
	MIN_CLUSTERS = 65525,
	MAX_CLUSTERS = 0x0ffffff5,
	ROOT_CLUSTER = 2,
	EFI_CLUSTER = 3,
	BOOT_CLUSTER = 4,
	FILE_CLUSTER = 5,
	MAX_FILE_CLUSTERS = (64 << 20) / CLUSTER_LEN,
	END_OF_CHAIN = 0x0fffffff,
	VOLUME_ID = 0x45450001,
	DATE_1980_01_01 = 0x0021,
	ATTR_VOLUME = 0x08,
	ATTR_DIR = 0x10,
	ATTR_ARCHIVE = 0x20
};
#define VOLUME_LABEL "EE         "

struct layout {
	uint32_t sectors, hidden, fat_sectors, clusters, file_clusters;
};

static enum err layout_of(struct layout *l, uint64_t sectors, uint64_t hidden,
			  size_t file_len)
{
	uint64_t most, fat, clusters;

	if (sectors > UINT32_MAX || hidden > UINT32_MAX ||
	    sectors < RESERVED_SECTORS)
		return ERR_VALUE;
	/* Entries for as many clusters as there were without any FAT. */
	most = (sectors - RESERVED_SECTORS) / CLUSTER_SECTORS + 2;
	fat = (most * 4 + SECTOR_LEN - 1) / SECTOR_LEN;
	if (sectors < RESERVED_SECTORS + FATS * fat)
		return ERR_VALUE;
	clusters = (sectors - RESERVED_SECTORS - FATS * fat) / CLUSTER_SECTORS;
	if (clusters < MIN_CLUSTERS || clusters > MAX_CLUSTERS)
		return ERR_VALUE;
	if (file_len > (size_t)MAX_FILE_CLUSTERS * CLUSTER_LEN)
		return ERR_LIMIT;
	*l = (struct layout){
		.sectors = (uint32_t)sectors,
		.hidden = (uint32_t)hidden,
		.fat_sectors = (uint32_t)fat,
		.clusters = (uint32_t)clusters,
		.file_clusters =
			(uint32_t)((file_len + CLUSTER_LEN - 1) / CLUSTER_LEN),
	};
	return l->file_clusters + FILE_CLUSTER - 2 <= clusters ? ERR_OK
							       : ERR_SPACE;
}

static void boot_sector(struct wr *w, const struct layout *l)
{
	size_t start = w->len;

	wr_u8(w, 0xeb); /* jmp over the parameters */
	wr_u16be(w, 0x5890);
	wr_str(w, "EE      ");
	wr_u16le(w, SECTOR_LEN);
	wr_u8(w, CLUSTER_SECTORS);
	wr_u16le(w, RESERVED_SECTORS);
	wr_u8(w, FATS);
	wr_u16le(w, 0); /* root entries: FAT12/16 */
	wr_u16le(w, 0); /* sectors, 16 bits */
	wr_u8(w, 0xf8); /* fixed disk */
	wr_u16le(w, 0); /* FAT sectors, 16 bits */
	wr_u16le(w, 63);
	wr_u16le(w, 255);
	wr_u32le(w, l->hidden);
	wr_u32le(w, l->sectors);
	wr_u32le(w, l->fat_sectors);
	wr_u16le(w, 0); /* FATs are mirrored */
	wr_u16le(w, 0); /* version */
	wr_u32le(w, ROOT_CLUSTER);
	wr_u16le(w, INFO_SECTOR);
	wr_u16le(w, BACKUP_SECTOR);
	wr_zero(w, 12);
	wr_u8(w, 0x80); /* drive */
	wr_u8(w, 0);
	wr_u8(w, 0x29); /* the next three are there */
	wr_u32le(w, VOLUME_ID);
	wr_str(w, VOLUME_LABEL);
	wr_str(w, "FAT32   ");
	wr_zero(w, SECTOR_LEN - 2 - (w->len - start));
	wr_u16le(w, 0xaa55);
}

static void info_sector(struct wr *w, const struct layout *l)
{
	uint32_t used = FILE_CLUSTER - 2 + l->file_clusters;

	wr_u32le(w, 0x41615252);
	wr_zero(w, 480);
	wr_u32le(w, 0x61417272);
	wr_u32le(w, l->clusters - used);
	wr_u32le(w, 2 + used); /* where to look for a free one */
	wr_zero(w, 12);
	wr_u32le(w, 0xaa550000);
}

static void dir_entry(struct wr *w, const char *name, uint8_t attr,
		      uint32_t cluster, uint32_t size)
{
	wr_str(w, name); /* 8 + 3, padded with spaces */
	wr_u8(w, attr);
	wr_zero(w, 2);
	wr_u16le(w, 0);               /* created: time */
	wr_u16le(w, DATE_1980_01_01); /* created: date */
	wr_u16le(w, DATE_1980_01_01); /* read */
	wr_u16le(w, (uint16_t)(cluster >> 16));
	wr_u16le(w, 0);               /* written: time */
	wr_u16le(w, DATE_1980_01_01); /* written: date */
	wr_u16le(w, (uint16_t)cluster);
	wr_u32le(w, size);
}

/* The three directories, one cluster each, in cluster order. */
static void directories(struct wr *w, const struct layout *l, uint32_t size)
{
	dir_entry(w, VOLUME_LABEL, ATTR_VOLUME, 0, 0);
	dir_entry(w, "EFI        ", ATTR_DIR, EFI_CLUSTER, 0);
	wr_zero(w, CLUSTER_LEN - w->len);
	dir_entry(w, ".          ", ATTR_DIR, EFI_CLUSTER, 0);
	dir_entry(w, "..         ", ATTR_DIR, 0, 0); /* 0: the root */
	dir_entry(w, "BOOT       ", ATTR_DIR, BOOT_CLUSTER, 0);
	wr_zero(w, 2 * CLUSTER_LEN - w->len);
	dir_entry(w, ".          ", ATTR_DIR, BOOT_CLUSTER, 0);
	dir_entry(w, "..         ", ATTR_DIR, EFI_CLUSTER, 0);
	dir_entry(w, "BOOTX64 EFI", ATTR_ARCHIVE,
		  l->file_clusters > 0 ? FILE_CLUSTER : 0, size);
	wr_zero(w, 3 * CLUSTER_LEN - w->len);
}

static void chains(struct wr *w, const struct layout *l)
{
	wr_u32le(w, 0x0ffffff8); /* the media byte again */
	wr_u32le(w, END_OF_CHAIN);
	for (uint32_t c = ROOT_CLUSTER; c < FILE_CLUSTER; c++)
		wr_u32le(w, END_OF_CHAIN);
	for (uint32_t i = 0; i < l->file_clusters; i++)
		wr_u32le(w, i + 1 < l->file_clusters ? FILE_CLUSTER + i + 1
						     : END_OF_CHAIN);
}

/* Both copies of the boot sectors and of the FAT. */
static enum err put_tables(const struct layout *l, fat_put *put, void *ctx)
{
	static uint8_t boot_buf[2 * SECTOR_LEN];
	static uint8_t fat_buf[4 * (FILE_CLUSTER + MAX_FILE_CLUSTERS)];
	struct wr boot = wr_over(boot_buf, sizeof boot_buf);
	struct wr fat = wr_over(fat_buf, sizeof fat_buf);
	enum err e;

	boot_sector(&boot, l);
	info_sector(&boot, l);
	chains(&fat, l);
	e = wr_end(&boot);
	if (e == ERR_OK)
		e = wr_end(&fat);
	if (e == ERR_OK)
		e = put(ctx, 0, wr_slice(&boot));
	if (e == ERR_OK)
		e = put(ctx, BACKUP_SECTOR * SECTOR_LEN, wr_slice(&boot));
	for (uint32_t i = 0; i < FATS && e == ERR_OK; i++) {
		uint64_t s = RESERVED_SECTORS + (uint64_t)i * l->fat_sectors;

		e = put(ctx, s * SECTOR_LEN, wr_slice(&fat));
	}
	return e;
}

enum err fat_write(uint64_t sectors, uint64_t hidden, struct slice file,
		   fat_put *put, void *ctx)
{
	static uint8_t dir_buf[3 * CLUSTER_LEN];
	struct wr dirs = wr_over(dir_buf, sizeof dir_buf);
	struct layout l;
	uint64_t data;
	enum err e = layout_of(&l, sectors, hidden, file.len);

	if (e != ERR_OK)
		return e;
	e = put_tables(&l, put, ctx);
	if (e != ERR_OK)
		return e;
	directories(&dirs, &l, (uint32_t)file.len);
	e = wr_end(&dirs);
	if (e != ERR_OK)
		return e;
	data = (RESERVED_SECTORS + FATS * (uint64_t)l.fat_sectors) * SECTOR_LEN;
	e = put(ctx, data, wr_slice(&dirs));
	if (e != ERR_OK)
		return e;
	return put(ctx, data + (FILE_CLUSTER - 2) * (uint64_t)CLUSTER_LEN,
		   file);
}
