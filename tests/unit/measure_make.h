/* measure_make.h - makes the small firmware, PE files and disks of the
 * measurement tests; the same bytes as tests/peers/tdx_peer.py makes, so that
 * its values (tests/vectors/measure.h) apply. */
#ifndef TESTS_UNIT_MEASURE_MAKE_H
#define TESTS_UNIT_MEASURE_MAKE_H

#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "measure/lib/tdvf.h"
#include "tests/vectors/measure.h"

#define MAKE static __attribute__((unused))

/* Writes n bytes little endian. */
MAKE void put_le(uint8_t *p, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(i < 8 ? v >> (8 * i) : 0);
}

MAKE struct slice of(const uint8_t *p, size_t n)
{
	return (struct slice){ p, n };
}

MAKE bool hex_is(const uint8_t *digest, const char *hex)
{
	char got[2 * 48 + 1];

	hex_encode((struct slice){ digest, 48 }, got);
	return strcmp(got, hex) == 0;
}

/* ---- firmware */

enum {
	FW_PAGES = 3,
	FW_LEN = FW_PAGES * TDVF_PAGE,
	FW_DESC = FW_LEN - 0x400
};

static const struct tdvf_section fw_sections[5] = {
	{ TDVF_PAGE, 2 * TDVF_PAGE, 0xffffe000, 2 * TDVF_PAGE, TDVF_BFV, 1 },
	{ 0, TDVF_PAGE, 0xffffd000, TDVF_PAGE, TDVF_CFV, 0 },
	{ 0, 0, 0x810000, 0x10000, TDVF_TEMP_MEM, 0 },
	{ 0, 0, 0x809000, 0x2000, TDVF_TD_HOB, 0 },
	{ 0, 0, 0x80b000, 0x2000, TDVF_TEMP_MEM, 0 },
};

/* Where the fields of section i are in the firmware. */
enum {
	SEC_OFF = 0,
	SEC_RAW = 4,
	SEC_GPA = 8,
	SEC_MEM = 16,
	SEC_TYPE = 24,
	SEC_ATTR = 28
};

MAKE size_t sec_at(size_t i, size_t field)
{
	return FW_DESC + 16 + 32 * i + field;
}

MAKE void make_descriptor(uint8_t *at, const struct tdvf_section *s, size_t n)
{
	memcpy(at, "TDVF", 4);
	put_le(at + 4, 16 + 32 * n, 4);
	put_le(at + 8, 1, 4);
	put_le(at + 12, n, 4);
	at += 16;
	for (size_t i = 0; i < n; i++, at += 32) {
		put_le(at + SEC_OFF, s[i].data_offset, 4);
		put_le(at + SEC_RAW, s[i].raw_size, 4);
		put_le(at + SEC_GPA, s[i].gpa, 8);
		put_le(at + SEC_MEM, s[i].mem_size, 8);
		put_le(at + SEC_TYPE, s[i].type, 4);
		put_le(at + SEC_ATTR, s[i].attributes, 4);
	}
}

/* Offsets of the GUID table, from the end of any firmware. */
enum {
	END_FOOTER = 0x20 + 16,
	END_TOTAL = END_FOOTER + 2,
	END_GUID = END_TOTAL + 16,
	END_SIZE = END_GUID + 2,
	END_OFFSET = END_SIZE + 4
};

/* fw holds len bytes; the descriptor goes to 0x400 before the end. */
MAKE void make_firmware_of(uint8_t *fw, size_t len,
			   const struct tdvf_section *s, size_t n)
{
	static const char footer[] = "\xde\x82\xb5\x96\xb2\x1f\xf7\x45"
				     "\xba\xea\xa3\x66\xc5\x5a\x08\x2d";
	static const char entry[] = "\x35\x65\x7a\xe4\x4a\x98\x98\x47"
				    "\x86\x5e\x46\x85\xa7\xbf\x8e\xc2";
	static const char meta[] = "\xf3\xf9\xea\xe9\x8e\x16\xd5\x44"
				   "\xa8\xeb\x7f\x4d\x87\x38\xf6\xae";
	uint8_t *end = fw + len;

	for (size_t i = 0; i < len; i++)
		fw[i] = (uint8_t)(i * 7 + 1 + (i >> 8));
	memcpy(end - 0x400 - 16, meta, 16);
	make_descriptor(end - 0x400, s, n);
	memcpy(end - END_FOOTER, footer, 16);
	put_le(end - END_TOTAL, 40, 2);
	memcpy(end - END_GUID, entry, 16);
	put_le(end - END_SIZE, 22, 2);
	put_le(end - END_OFFSET, 0x400, 4);
}

MAKE void make_firmware(uint8_t fw[static FW_LEN])
{
	make_firmware_of(fw, FW_LEN, fw_sections, 5);
}

/* ---- PE */

enum {
	PE_AT = 64,
	PE_OPT = PE_AT + 24,
	PE_MAX = 1024 + 1024 + 64,
	PE_TEXT = 0, /* section table rows */
	PE_BSS = 1,
	PE_DATA = 2
};

struct pe_spec {
	bool pe32, swap, linux;
	size_t tail, cert; /* bytes of each at the end of the file */
};

MAKE size_t pe_dirs(const struct pe_spec *s)
{
	return PE_OPT + (s->pe32 ? 96u : 112u);
}

/* Row i of the section table. */
MAKE size_t pe_row(const struct pe_spec *s, size_t i)
{
	return pe_dirs(s) + 128 + 40 * i;
}

MAKE void pe_section(uint8_t *row, const char *name, size_t at, size_t len)
{
	memcpy(row, name, strlen(name));
	put_le(row + 8, 512, 4);
	put_le(row + 12, 4096, 4);
	put_le(row + 16, len, 4);
	put_le(row + 20, at, 4);
	put_le(row + 36, 0x60000020, 4);
}

/* Returns the length. tail and cert are filled with "tail" and "cert". */
MAKE size_t make_pe(uint8_t img[static PE_MAX], const struct pe_spec *s)
{
	size_t headers = s->linux ? 1024 : 512, at = headers;

	memset(img, 0, PE_MAX);
	memcpy(img, "MZ", 2);
	put_le(img + 60, PE_AT, 4);
	memcpy(img + PE_AT, "PE\0", 4);
	put_le(img + PE_AT + 4, 0x8664, 2);
	put_le(img + PE_AT + 6, 3, 2);
	put_le(img + PE_AT + 20, pe_dirs(s) - PE_OPT + 128, 2);
	put_le(img + PE_AT + 22, 0x22e, 2);
	put_le(img + PE_OPT, s->pe32 ? 0x10b : 0x20b, 2);
	put_le(img + PE_OPT + 60, headers, 4);
	put_le(img + PE_OPT + 64, 0xdeadbeef, 4);
	put_le(img + pe_dirs(s) - 4, 16, 4);
	if (s->cert > 0) {
		put_le(img + pe_dirs(s) + 32, headers + 1024 + s->tail, 4);
		put_le(img + pe_dirs(s) + 36, s->cert, 4);
	}
	pe_section(img + pe_row(s, PE_TEXT), ".text",
		   headers + (s->swap ? 512 : 0), 512);
	pe_section(img + pe_row(s, PE_BSS), ".bss", 0, 0);
	pe_section(img + pe_row(s, PE_DATA), ".data",
		   headers + (s->swap ? 0 : 512), 512);
	if (s->linux) {
		img[0x1f1] = 1;
		memcpy(img + 0x202, "HdrS", 4);
		put_le(img + 0x206, 0x20f, 2);
		img[0x211] = 1;
	}
	for (size_t i = 0; i < 1024; i++)
		img[at++] = (uint8_t)(i * 5 + 3);
	for (size_t i = 0; i < s->tail; i++)
		img[at++] = (uint8_t) "tail"[i % 4];
	for (size_t i = 0; i < s->cert; i++)
		img[at++] = (uint8_t) "cert"[i % 4];
	return at;
}

/* ---- disk */

enum {
	FAT_SECTORS = 48,
	FAT_LEN = FAT_SECTORS * 512,
	FAT_TABLE = 512,
	FAT_ROOT = 1024,
	FAT_DATA = 1536,
	DISK_FIRST = 64,
	DISK_LEN = (DISK_FIRST + FAT_SECTORS + 2) * 512
};

MAKE void fat12_put(uint8_t *fat, size_t cluster, unsigned v)
{
	uint8_t *p = fat + cluster * 3 / 2;

	if (cluster & 1) {
		p[0] = (uint8_t)((p[0] & 0x0f) | v << 4);
		p[1] = (uint8_t)(v >> 4);
	} else {
		p[0] = (uint8_t)v;
		p[1] = (uint8_t)((p[1] & 0xf0) | v >> 8);
	}
}

MAKE void fat_row(uint8_t *row, const char *name, uint8_t attr, size_t cluster,
		  size_t size)
{
	memcpy(row, name, 11);
	row[11] = attr;
	put_le(row + 26, cluster, 2);
	put_le(row + 28, size, 4);
}

/* A FAT12 volume with \EFI\BOOT\BOOTX64.EFI in the clusters of chain, or in
 * those from 4 on. */
MAKE void make_fat12(uint8_t vol[static FAT_LEN], struct slice file,
		     const uint8_t *chain)
{
	size_t n = (file.len + 511) / 512;

	memset(vol, 0, FAT_LEN);
	memcpy(vol,
	       "\xeb\x3c\x90"
	       "EEMAKER ",
	       11);
	put_le(vol + 11, 512, 2);
	vol[13] = 1;
	put_le(vol + 14, 1, 2);
	vol[16] = 1;
	put_le(vol + 17, 16, 2);
	put_le(vol + 19, FAT_SECTORS, 2);
	vol[21] = 0xf8;
	put_le(vol + 22, 1, 2);
	put_le(vol + 24, 1, 2);
	put_le(vol + 26, 1, 2);
	put_le(vol + 510, 0xaa55, 2);
	fat12_put(vol + FAT_TABLE, 0, 0xff8);
	for (size_t i = 1; i < 4; i++)
		fat12_put(vol + FAT_TABLE, i, 0xfff);
	fat_row(vol + FAT_ROOT, "EE LABEL   ", 8, 0, 0);
	fat_row(vol + FAT_ROOT + 32, "EFI        ", 16, 2, 0);
	fat_row(vol + FAT_DATA, "BOOT       ", 16, 3, 0);
	fat_row(vol + FAT_DATA + 512, "\xe5OOTX64 EFI", 32, 9, 9);
	fat_row(vol + FAT_DATA + 544, "BOOTX64 EFI", 32,
		chain != NULL ? chain[0] : 4, file.len);
	for (size_t i = 0; i < n; i++) {
		size_t at = chain != NULL ? chain[i] : 4 + i;
		size_t next = i + 1 == n      ? 0xfff
			      : chain != NULL ? chain[i + 1]
					      : at + 1;
		size_t left = file.len - 512 * i;

		fat12_put(vol + FAT_TABLE, at, (unsigned)next);
		memcpy(vol + FAT_DATA + 512 * (at - 2), file.ptr + 512 * i,
		       left < 512 ? left : 512);
	}
}

MAKE uint32_t crc32_of(const uint8_t *p, size_t n)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < n * 8; i++) {
		uint32_t bit = ((uint32_t)p[i / 8] >> i % 8 ^ crc) & 1;

		crc = crc >> 1 ^ (bit ? 0xedb88320u : 0);
	}
	return ~crc;
}

/* Puts both CRCs right again after a change. */
MAKE void gpt_seal(uint8_t *disk, size_t entries)
{
	uint8_t *h = disk + 512;

	put_le(h + 88, crc32_of(disk + 1024, entries * 128), 4);
	put_le(h + 16, 0, 4);
	put_le(h + 16, crc32_of(h, 92), 4);
}

/* A disk whose one partition, an EFI system partition, is vol. */
MAKE void make_disk(uint8_t disk[static DISK_LEN],
		    const uint8_t vol[static FAT_LEN])
{
	static const char esp[] = "\x28\x73\x2a\xc1\x1f\xf8\xd2\x11"
				  "\xba\x4b\x00\xa0\xc9\x3e\xc9\x3b";
	const size_t last = DISK_FIRST + FAT_SECTORS - 1;
	uint8_t *h = disk + 512, *e = disk + 1024;

	memset(disk, 0, DISK_LEN);
	memcpy(h, "EFI PART", 8);
	put_le(h + 8, 0x10000, 4);
	put_le(h + 12, 92, 4);
	put_le(h + 24, 1, 8);
	put_le(h + 32, DISK_LEN / 512 - 1, 8);
	put_le(h + 40, DISK_FIRST, 8);
	put_le(h + 48, last, 8);
	put_le(h + 72, 2, 8);
	put_le(h + 80, 4, 4);
	put_le(h + 84, 128, 4);
	memcpy(e, esp, 16);
	for (size_t i = 0; i < 16; i++) {
		e[16 + i] = (uint8_t)i;
		h[56 + i] = (uint8_t)(16 + i);
	}
	put_le(e + 32, DISK_FIRST, 8);
	put_le(e + 40, last, 8);
	e[56] = 'E';
	e[58] = 'E';
	memcpy(disk + (size_t)DISK_FIRST * 512, vol, FAT_LEN);
	gpt_seal(disk, 4);
}

/* The disk of the vectors. */
MAKE void make_default_disk(uint8_t disk[static DISK_LEN])
{
	static uint8_t pe[PE_MAX], vol[FAT_LEN];
	size_t n = make_pe(pe, &(struct pe_spec){ 0 });

	make_fat12(vol, (struct slice){ pe, n }, NULL);
	make_disk(disk, vol);
}

/* A copy of any length whose end is the end of its memory: sanitizers see a
 * read past it. Free ptr. */
MAKE struct slice heap_copy(const uint8_t *p, size_t n)
{
	uint8_t *m = malloc(n > 0 ? n : 1);

	if (m == NULL)
		abort();
	memcpy(m, p, n);
	return (struct slice){ m, n };
}

MAKE void heap_free(struct slice s)
{
	free((void *)(uintptr_t)s.ptr);
}
#endif
