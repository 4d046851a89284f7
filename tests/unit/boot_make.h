/* boot_make.h - makes the kernels and unified kernel images of the tests of the
 * boot path; the same bytes as tests/peers/tdx_peer.py makes, so that its
 * values (tests/vectors/boot.h) apply. */
#ifndef TESTS_UNIT_BOOT_MAKE_H
#define TESTS_UNIT_BOOT_MAKE_H

#include <stdio.h>

#include "tests/unit/measure_make.h"
#include "tests/vectors/boot.h"

enum {
	UKI_HEAD = 1024,
	UKI_TABLE = 64 + 24 + 112 + 128, /* of sections */
	UKI_MAX = UKI_HEAD + 16 * 2560
};

/* A list of measurements, as measured.h reads it. */
static const char boot_list[] __attribute__((unused)) =
	"# a boot\n"
	"\n"
	"grub_cmd: set default=2\n"
	"grub_cmd: menuentry x {\\n\\tboot\\\\\\n}\n"
	"000102030405060708090a0b0c0d0e0f1011121314151617"
	"18191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f"
	"  /boot/grub.cfg\n"
	"kernel_cmdline: /vmlinuz ro\n"
	"load_options: ro\n"
	"grub_load_options: BOOT_IMAGE=/vmlinuz ro";

struct part {
	const char *name;
	struct slice data;
};

/* A kernel that says its release, which may be "". */
MAKE size_t make_kernel(uint8_t img[static PE_MAX], const char *release)
{
	size_t n = make_pe(img, &(struct pe_spec){ .linux = true });

	put_le(img + 0x20e, 0x100, 2);
	memcpy(img + 0x300, release, strlen(release));
	return n;
}

/* Row i of its section table: 0 is .text, 1 .sdmagic, then the parts. */
MAKE size_t uki_row(size_t i)
{
	return UKI_TABLE + 40 * i;
}

MAKE size_t uki_add(uint8_t *img, size_t at, size_t i, const char *name,
		    struct slice data)
{
	size_t raw = (data.len + 511) / 512 * 512;
	uint8_t *row = img + uki_row(i);

	put_le(img + 64 + 6, i + 1, 2);
	memcpy(row, name, strlen(name));
	put_le(row + 8, data.len, 4);
	put_le(row + 12, 4096 * (i + 1), 4);
	put_le(row + 16, raw, 4);
	put_le(row + 20, at, 4);
	if (data.len > 0)
		memcpy(img + at, data.ptr, data.len);
	return at + raw;
}

/* magic is what .sdmagic says. Returns the length. */
MAKE size_t make_uki_of(uint8_t img[static UKI_MAX], const char *magic,
			const struct part *parts, size_t n)
{
	uint8_t text[512];
	size_t at = UKI_HEAD;

	memset(img, 0, UKI_MAX);
	memset(text, 0xc3, sizeof text);
	memcpy(img, "MZ", 2);
	put_le(img + 60, 64, 4);
	memcpy(img + 64, "PE\0", 4);
	put_le(img + 64 + 4, 0x8664, 2);
	put_le(img + 64 + 20, 112 + 128, 2);
	put_le(img + 64 + 22, 0x22e, 2);
	put_le(img + 64 + 24, 0x20b, 2);
	put_le(img + 64 + 24 + 60, UKI_HEAD, 4);
	put_le(img + 64 + 24 + 108, 16, 4);
	at = uki_add(img, at, 0, ".text", (struct slice){ text, 512 });
	at = uki_add(
		img, at, 1, ".sdmagic",
		(struct slice){ (const uint8_t *)magic, strlen(magic) + 1 });
	for (size_t i = 0; i < n; i++)
		at = uki_add(img, at, i + 2, parts[i].name, parts[i].data);
	return at;
}

MAKE size_t make_uki(uint8_t img[static UKI_MAX], unsigned version,
		     const struct part *parts, size_t n)
{
	char magic[64];

	snprintf(magic, sizeof magic, "#### LoaderInfo: systemd-stub %u.1 ####",
		 version);
	return make_uki_of(img, magic, parts, n);
}
#endif
