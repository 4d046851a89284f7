/* bzimage.c - the setup header of a Linux kernel. */
#include "measure/lib/bzimage.h"

#include <string.h>

#include "lib/text.h"

/* Offsets in the file. */
enum {
	HDR_VIDEO_MODE = 0x1fa,
	HDR_MAGIC = 0x202,
	HDR_PROTOCOL = 0x206,
	HDR_VERSION = 0x20e, /* of the string, less 0x200 */
	HDR_LOADER = 0x210,
	HDR_LOADFLAGS = 0x211,
	HDR_INITRD = 0x218,
	HDR_INITRD_LEN = 0x21c,
	HDR_HEAP_END = 0x224,
	HDR_CMDLINE = 0x228,
	HDR_INITRD_MAX = 0x22c,
	HDR_XLOADFLAGS = 0x236,
	HDR_END = 0x238,
	PROTOCOL_2_12 = 0x20c,
	LOADED_HIGH = 0x01,
	CAN_USE_HEAP = 0x80,
	ABOVE_4G = 0x40,
};

/* QEMU's memory map of q35, and what it keeps for ACPI tables at the top of the
 * low memory: hw/i386/pc_q35.c, pc.c. */
static const uint64_t low_all = 0xb0000000, low_split = 0x80000000;
static const uint64_t acpi_data = 0x28000;

static uint32_t le_at(struct slice file, size_t at, size_t n)
{
	struct rd r = rd_over(file);

	(void)rd_take(&r, at);
	return n == 2 ? rd_u16le(&r) : rd_u32le(&r);
}

bool bzimage_is(struct slice file)
{
	return file.len >= HDR_END &&
	       memcmp(file.ptr + HDR_MAGIC, "HdrS", 4) == 0 &&
	       le_at(file, HDR_PROTOCOL, 2) >= PROTOCOL_2_12 &&
	       (file.ptr[HDR_LOADFLAGS] & LOADED_HIGH) != 0;
}

/* The number at the front, which it takes away; false when there is none. */
static bool take_number(struct slice *s, uint64_t *out)
{
	size_t n = 0;

	while (n < s->len && s->ptr[n] >= '0' && s->ptr[n] <= '9')
		n++;
	if (u64_parse((struct slice){ s->ptr, n }, 999, out) != ERR_OK)
		return false;
	*s = (struct slice){ s->ptr + n, s->len - n };
	return true;
}

unsigned bzimage_version(struct slice file)
{
	uint64_t major, minor;
	struct slice text;
	size_t at;

	if (!bzimage_is(file))
		return 0;
	at = le_at(file, HDR_VERSION, 2);
	if (at == 0 || at + 0x200 >= file.len)
		return 0;
	text = (struct slice){ file.ptr + at + 0x200, file.len - at - 0x200 };
	if (!take_number(&text, &major) || text.len == 0 || text.ptr[0] != '.')
		return 0;
	text = (struct slice){ text.ptr + 1, text.len - 1 };
	return take_number(&text, &minor) ? (unsigned)(major * 1000 + minor)
					  : 0;
}

static void put_at(uint8_t *kernel, size_t at, uint32_t v, size_t n)
{
	struct wr w = wr_over(kernel + at, n);

	if (n == 2)
		wr_u16le(&w, (uint16_t)v);
	else
		wr_u32le(&w, v);
}

/* The initrd ends as high as the kernel can take it. */
static enum err put_initrd(uint8_t *kernel, size_t len,
			   const struct qemu_kernel *k, const char **why)
{
	struct slice file = { kernel, len };
	uint64_t low = k->memory_bytes < low_all ? k->memory_bytes : low_split;
	uint64_t max = le_at(file, HDR_INITRD_MAX, 4);

	if (le_at(file, HDR_XLOADFLAGS, 2) & ABOVE_4G)
		max = UINT32_MAX;
	if (low > acpi_data && max >= low - acpi_data)
		max = low - acpi_data - 1;
	if (low <= acpi_data || k->initrd_len >= max) {
		*why = "the initrd does not fit into the memory of the VM";
		return ERR_LIMIT;
	}
	put_at(kernel, HDR_INITRD,
	       (uint32_t)((max - k->initrd_len) & ~UINT64_C(4095)), 4);
	put_at(kernel, HDR_INITRD_LEN, (uint32_t)k->initrd_len, 4);
	return ERR_OK;
}

static bool begins(struct slice s, const char *text)
{
	size_t n = strlen(text);

	return s.len >= n && memcmp(s.ptr, text, n) == 0;
}

/* Decimal, octal after 0 or hexadecimal after 0x, up to a blank or the end. */
static bool mode_number(struct slice s, uint32_t *out)
{
	unsigned base = 10;
	uint64_t v = 0;
	size_t i = 0;

	if (begins(s, "0x") || begins(s, "0X")) {
		base = 16;
		i = 2;
	} else if (begins(s, "0")) {
		base = 8;
	}
	if (i == s.len || s.ptr[i] == ' ')
		return false;
	for (; i < s.len && s.ptr[i] != ' '; i++) {
		static const char digits[] = "0123456789abcdef";
		uint8_t c = s.ptr[i];
		const char *d =
			c == '\0' ? NULL
				  : strchr(digits,
					   c >= 'A' && c <= 'F' ? c + 32 : c);

		if (d == NULL || (unsigned)(d - digits) >= base)
			return false;
		v = v * base + (unsigned)(d - digits);
		if (v > UINT32_MAX)
			return false;
	}
	*out = (uint32_t)v;
	return true;
}

/* The first "vga=" anywhere in the command line. */
static enum err put_video_mode(uint8_t *kernel, struct slice cmdline,
			       const char **why)
{
	static const struct {
		const char *name;
		uint16_t mode;
	} names[] = { { "normal", 0xffff },
		      { "ext", 0xfffe },
		      { "ask", 0xfffd } };
	struct slice s = cmdline;
	uint32_t mode;

	while (s.len > 0 && !begins(s, "vga="))
		s = (struct slice){ s.ptr + 1, s.len - 1 };
	if (s.len == 0)
		return ERR_OK;
	s = (struct slice){ s.ptr + 4, s.len - 4 };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (begins(s, names[i].name)) {
			put_at(kernel, HDR_VIDEO_MODE, names[i].mode, 2);
			return ERR_OK;
		}
	if (!mode_number(s, &mode)) {
		*why = "QEMU refuses the vga= of the command line";
		return ERR_VALUE;
	}
	put_at(kernel, HDR_VIDEO_MODE, mode, 2);
	return ERR_OK;
}

/* Real mode code at 0x10000, command line at 0x20000, heap up to 0x200 below
 * it; the loader is QEMU, version 0. */
enum err qemu_patch_kernel(uint8_t *kernel, size_t len,
			   const struct qemu_kernel *k, const char **why)
{
	kernel[HDR_LOADER] = 0xb0;
	kernel[HDR_LOADFLAGS] |= CAN_USE_HEAP;
	put_at(kernel, HDR_HEAP_END, 0xfe00, 2);
	put_at(kernel, HDR_CMDLINE, 0x20000, 4);
	if (k->initrd_len > 0) {
		enum err e = put_initrd(kernel, len, k, why);

		if (e != ERR_OK)
			return e;
	}
	return put_video_mode(kernel, k->cmdline, why);
}
