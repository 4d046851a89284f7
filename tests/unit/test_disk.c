/* Image disks: the partition table and its event, and the FAT volume in it.
 * Expected values: tests/peers/tdx_peer.py; disks of real tools are tested in
 * tests/integration/measure.py. */
#include "measure/lib/fat.h"
#include "measure/lib/gpt.h"
#include "tests/tap.h"
#include "tests/unit/measure_make.h"

static uint8_t disk[DISK_LEN], vol[FAT_LEN], file[1536];

static const char *const path[] = { "EFI        ", "BOOT       ", "BOOTX64 EFI",
				    NULL };

static enum err parse(const uint8_t *p, size_t n)
{
	struct slice s = heap_copy(p, n);
	struct gpt g = { .used = 99 };
	const char *why = NULL;
	enum err e = gpt_parse(s, &g, &why);

	if (e != ERR_OK && (why == NULL || g.used != 99))
		e = ERR_STATE; /* a sentence, and nothing written */
	heap_free(s);
	return e;
}

static void test_gpt_good(void)
{
	struct slice in = { disk, sizeof disk };
	uint8_t digest[SHA384_LEN];
	const char *why = "";
	struct gpt g;

	make_default_disk(disk);
	sha384(in, digest);
	ok(hex_is(digest, DISK_SHA384), "the disk is the peer's");
	is_err(gpt_parse(in, &g, &why), ERR_OK, "it parses %s", why);
	ok(g.used == 1 && g.header.len == 92, "one partition");
	ok(g.esp.ptr == disk + DISK_FIRST * 512 && g.esp.len == FAT_LEN,
	   "which is the EFI system partition");
	gpt_digest(&g, digest);
	ok(hex_is(digest, DISK_GPT_EVENT), "the event of the peer");
	put_le(disk + 1024 + 128, 0x1234, 16);
	put_le(disk + 1024 + 128 + 32, 1, 8);
	put_le(disk + 1024 + 128 + 40, 1, 8);
	gpt_seal(disk, 4);
	is_err(gpt_parse(in, &g, &why), ERR_OK, "another partition");
	ok(g.used == 2, "is counted");
	gpt_digest(&g, digest);
	ok(!hex_is(digest, DISK_GPT_EVENT), "and measured");
}

static void test_gpt_refusals(void)
{
	enum {
		H = 512,
		E = 1024
	};
	static const struct {
		const char *title;
		size_t at;
		uint64_t value;
		size_t len;
		bool reseal;
		enum err want;
	} changes[] = {
		{ "no EFI PART", H, 'e', 1, true, ERR_VALUE },
		{ "another revision", H + 8, 0x20000, 4, true, ERR_UNSUPP },
		{ "a header of 91 bytes", H + 12, 91, 4, true, ERR_VALUE },
		{ "a header of 513 bytes", H + 12, 513, 4, true, ERR_VALUE },
		{ "a header elsewhere", H + 24, 2, 8, true, ERR_VALUE },
		{ "a header CRC that is wrong", H + 40, 63, 8, false,
		  ERR_MISMATCH },
		{ "an entry CRC that is wrong", E + 56, 'e', 1, false,
		  ERR_MISMATCH },
		{ "entries before the header", H + 72, 1, 8, true, ERR_TRUNC },
		{ "entries past the end", H + 72, DISK_LEN / 512, 8, true,
		  ERR_TRUNC },
		{ "entries at 2^64 - 1", H + 72, UINT64_MAX, 8, true,
		  ERR_TRUNC },
		{ "no entries", H + 80, 0, 4, true, ERR_LIMIT },
		{ "1025 entries", H + 80, 1025, 4, true, ERR_LIMIT },
		{ "2^32 - 1 entries", H + 80, 0xffffffff, 4, true, ERR_LIMIT },
		{ "entries of 256 bytes", H + 84, 256, 4, true, ERR_UNSUPP },
		{ "a partition that ends before it begins", E + 40, 63, 8, true,
		  ERR_TRUNC },
		{ "a partition past the end", E + 40, DISK_LEN / 512, 8, true,
		  ERR_TRUNC },
		{ "a partition up to 2^64 - 1", E + 40, UINT64_MAX, 8, true,
		  ERR_TRUNC },
		{ "no EFI system partition", E, 0, 1, true, ERR_MISSING },
	};

	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		make_default_disk(disk);
		put_le(disk + changes[i].at, changes[i].value, changes[i].len);
		if (changes[i].reseal)
			gpt_seal(disk, 4);
		is_err(parse(disk, sizeof disk), changes[i].want, "%s",
		       changes[i].title);
	}
	make_default_disk(disk);
	memcpy(disk + E + 128, disk + E, 128);
	gpt_seal(disk, 4);
	is_err(parse(disk, sizeof disk), ERR_DUPLICATE,
	       "two EFI system partitions");
}

static void test_gpt_sizes(void)
{
	struct gpt g;
	const char *why;
	size_t taken = 0;

	make_default_disk(disk);
	for (size_t n = 0; n < sizeof disk - 1024; n += n < 2048 ? 1 : 509)
		taken += parse(disk, n) == ERR_OK;
	ok(taken == 0, "no prefix without the partition is a disk");
	ok(!gpt_is((struct slice){ disk, 1023 }), "1023 bytes are no disk");
	/* entries that end with the page; the partition's bytes are not read */
	is_err(gpt_parse(at_page_end(disk, 1536), &g, &why), ERR_TRUNC,
	       "three sectors before a guard page");
}

static void test_large_sectors(void)
{
	static uint8_t large[4 * 4096];
	struct slice in = { large, sizeof large };

	make_default_disk(disk);
	memcpy(large + 4096, disk + 512, 512);
	ok(gpt_is(in), "a header behind 4096 bytes");
	is_err(parse(large, sizeof large), ERR_UNSUPP, "is not read");
	in.len = 2 * 4096 - 1;
	ok(!gpt_is(in), "a sector of it is needed");
	memcpy(disk + 4096, disk + 512, 512);
	ok(parse(disk, sizeof disk) == ERR_OK, "behind another it is data");
}

static enum err find(struct slice v, struct fat *f, struct fat_file *out)
{
	const char *why = NULL;
	enum err e = fat_open(v, f, &why);

	if (e == ERR_OK)
		e = fat_find(f, path, out, &why);
	if (e != ERR_OK && why == NULL)
		e = ERR_STATE;
	return e;
}

static void fill_file(void)
{
	for (size_t i = 0; i < sizeof file; i++)
		file[i] = (uint8_t)(i * 11 + (i >> 8));
}

static void test_fat_good(void)
{
	static const uint8_t apart[] = { 9, 5, 40 };
	struct slice content = { file, 1300 }, got;
	uint8_t copy[1300];
	struct fat_file at;
	struct fat f;

	fill_file();
	make_fat12(vol, content, NULL);
	is_err(find((struct slice){ vol, sizeof vol }, &f, &at), ERR_OK,
	       "a file of three clusters");
	ok(f.bits == 12 && f.nclusters == 45, "FAT12 with 45 clusters");
	ok(fat_together(&f, &at, &got) && slice_eq(got, content),
	   "is found in one piece");
	make_fat12(vol, content, apart);
	is_err(find((struct slice){ vol, sizeof vol }, &f, &at), ERR_OK,
	       "a file in three places");
	ok(!fat_together(&f, &at, &got), "is not in one piece");
	is_err(fat_copy(&f, &at, copy), ERR_OK, "it can be copied");
	ok(memcmp(copy, file, sizeof copy) == 0, "byte for byte");
	content.len = 0;
	make_fat12(vol, content, NULL);
	is_err(find((struct slice){ vol, sizeof vol }, &f, &at), ERR_OK,
	       "an empty file");
	ok(fat_together(&f, &at, &got) && got.len == 0, "has no bytes");
}

static enum err folder(const char *const *where)
{
	const char *why = NULL;
	struct fat f;
	enum err e = fat_open((struct slice){ vol, sizeof vol }, &f, &why);

	if (e == ERR_OK)
		e = fat_has_folder(&f, where, &why);
	if (e != ERR_OK && why == NULL)
		e = ERR_STATE;
	return e;
}

static void test_fat_folders(void)
{
	static const char *const root[] = { NULL };
	static const char *const boot[] = { "EFI        ", "BOOT       ",
					    NULL };
	static const char *const none[] = { "LOADER     ", NULL };
	uint8_t *row = vol + FAT_DATA + 576;

	make_fat12(vol, (struct slice){ file, 100 }, NULL);
	is_err(folder(root), ERR_OK, "the root has a folder");
	is_err(folder(boot), ERR_MISSING, "\\EFI\\BOOT has none");
	is_err(folder(none), ERR_MISSING, "nor has what is not there");
	fat_row(row, "X          ", 16, 20, 0);
	is_err(folder(boot), ERR_OK, "now it has");
	fat_row(row, ".          ", 16, 3, 0);
	is_err(folder(boot), ERR_MISSING, "itself is none");
	fat_row(row, "\xe5          ", 16, 20, 0);
	is_err(folder(boot), ERR_MISSING, "nor is a deleted one");
	fat_row(row, "X          ", 16 | 8, 20, 0);
	is_err(folder(boot), ERR_MISSING, "nor a part of a long name");
	fat12_put(vol + FAT_TABLE, 3, 3);
	memset(vol + FAT_DATA + 512, 0xe5, 512);
	is_err(folder(boot), ERR_VALUE, "a folder that turns back");
	put_le(vol + FAT_ROOT + 32 + 26, 0, 2);
	is_err(folder(boot), ERR_VALUE, "a folder at cluster 0");
}

/* The volume of a test: FAT12 unless the change makes something else of it. */
static void test_fat_refusals(void)
{
	enum {
		ROW = FAT_DATA + 544
	};
	static const struct {
		const char *title;
		size_t at;
		uint64_t value;
		size_t len;
		enum err want;
	} changes[] = {
		{ "sectors of 256 bytes", 11, 256, 2, ERR_UNSUPP },
		{ "sectors of 768 bytes", 11, 768, 2, ERR_UNSUPP },
		{ "sectors of 8 KiB", 11, 8192, 2, ERR_UNSUPP },
		{ "clusters of 0 sectors", 13, 0, 1, ERR_UNSUPP },
		{ "clusters of 3 sectors", 13, 3, 1, ERR_UNSUPP },
		{ "no boot sector reserved", 14, 0, 2, ERR_VALUE },
		{ "no FAT", 16, 0, 1, ERR_VALUE },
		{ "three FATs", 16, 3, 1, ERR_VALUE },
		{ "no root directory on FAT12", 17, 0, 2, ERR_VALUE },
		{ "larger than its partition", 19, FAT_SECTORS + 1, 2,
		  ERR_TRUNC },
		{ "no room for data", 19, 3, 2, ERR_VALUE },
		{ "no sectors", 19, 0, 2, ERR_VALUE },
		{ "a FAT of 65535 sectors", 22, 0xffff, 2, ERR_VALUE },
		{ "FAT32 with a fixed root", 22, 0, 2, ERR_VALUE },
		{ "no EFI", FAT_ROOT + 32, 'e', 1, ERR_MISSING },
		{ "EFI is a file", FAT_ROOT + 32 + 11, 32, 1, ERR_MISSING },
		{ "EFI at cluster 0", FAT_ROOT + 32 + 26, 0, 2, ERR_VALUE },
		{ "EFI at cluster 1", FAT_ROOT + 32 + 26, 1, 2, ERR_VALUE },
		{ "EFI past the end", FAT_ROOT + 32 + 26, 47, 2, ERR_VALUE },
		{ "the file is deleted", ROW, 0xe5, 1, ERR_MISSING },
		{ "the directory ends before it", FAT_DATA + 512, 0, 1,
		  ERR_MISSING },
		{ "the file is a directory", ROW + 11, 16, 1, ERR_MISSING },
		{ "the file is a volume label", ROW + 11, 8, 1, ERR_MISSING },
		{ "the file at cluster 0", ROW + 26, 0, 2, ERR_VALUE },
		{ "the file past the end", ROW + 26, 47, 2, ERR_VALUE },
		{ "at cluster 2^32 - 1", ROW + 20, 0xffff, 2, ERR_VALUE },
		{ "longer than its clusters", ROW + 28, 1537, 4, ERR_VALUE },
		{ "longer than the volume", ROW + 28, FAT_LEN, 4, ERR_VALUE },
		{ "longer than any file", ROW + 28, 0xffffffff, 4, ERR_LIMIT },
		{ "a chain that is cut", FAT_TABLE + 6, 0, 3, ERR_VALUE },
	};
	struct fat_file at;
	struct fat f;

	fill_file();
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		struct slice s;

		make_fat12(vol, (struct slice){ file, 1300 }, NULL);
		put_le(vol + changes[i].at, changes[i].value, changes[i].len);
		s = heap_copy(vol, sizeof vol);
		is_err(find(s, &f, &at), changes[i].want, "%s",
		       changes[i].title);
		heap_free(s);
	}
}

static void test_fat_loops(void)
{
	struct fat_file at;
	struct fat f;

	make_fat12(vol, (struct slice){ file, 1300 }, NULL);
	fat_row(vol + FAT_DATA, "SOMETHING  ", 16, 3, 0);
	for (size_t i = 1; i < 16; i++)
		fat_row(vol + FAT_DATA + 32 * i, "SOMETHING  ", 16, 3, 0);
	fat12_put(vol + FAT_TABLE, 2, 2);
	is_err(find((struct slice){ vol, sizeof vol }, &f, &at), ERR_VALUE,
	       "a directory that leads back to itself");
	make_fat12(vol, (struct slice){ file, 1300 }, NULL);
	fat12_put(vol + FAT_TABLE, 5, 4);
	is_err(find((struct slice){ vol, sizeof vol }, &f, &at), ERR_OK,
	       "a file that leads back to itself ends with its size");
}

static void test_fat_sizes(void)
{
	size_t taken = 0;
	struct fat_file at;
	struct fat f;

	make_fat12(vol, (struct slice){ file, 1300 }, NULL);
	for (size_t n = 0; n < sizeof vol; n++) {
		struct slice s = heap_copy(vol, n);

		taken += find(s, &f, &at) == ERR_OK;
		heap_free(s);
	}
	ok(taken == 0, "no prefix of a volume is one");
}

int main(void)
{
	test_gpt_good();
	test_gpt_refusals();
	test_gpt_sizes();
	test_large_sectors();
	test_fat_good();
	test_fat_folders();
	test_fat_refusals();
	test_fat_loops();
	test_fat_sizes();
	return tap_done();
}
