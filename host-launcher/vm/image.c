#include "host-launcher/vm/image.h"

#include <string.h>

#include "measure/lib/gpt.h"

/* Linux/x86 boot protocol: "HdrS" at 0x202, a u16 offset from 0x200 to the
 * version's text at 0x20e. */
enum {
	SETUP_MAGIC_AT = 0x202,
	SETUP_VERSION_AT = 0x20e,
	SETUP_BASE = 0x200,
};

enum err image_program(struct slice disk, struct fat *fat, struct fat_file *out,
		       const char **why)
{
	static const char *const path[] = { "EFI        ", "BOOT       ",
					    "BOOTX64 EFI", NULL };
	struct gpt gpt;
	enum err e = gpt_parse(disk, &gpt, why);

	if (e == ERR_OK)
		e = fat_open(gpt.esp, fat, why);
	return e != ERR_OK ? e : fat_find(fat, path, out, why);
}

static enum err find_kernel(struct slice disk, struct slice *out,
			    const char **why)
{
	struct fat_file file;
	struct fat fat;
	enum err e = image_program(disk, &fat, &file, why);

	if (e != ERR_OK)
		return e;
	*why = "BOOTX64.EFI lies in pieces";
	return fat_together(&fat, &file, out) ? ERR_OK : ERR_UNSUPP;
}

static enum err read_version(struct slice kernel, char *out, size_t cap)
{
	struct rd r = rd_over(kernel);
	struct slice text = { 0 };
	uint16_t at;

	(void)rd_take(&r, SETUP_MAGIC_AT);
	if (!slice_is(rd_take(&r, 4), "HdrS"))
		return ERR_VALUE;
	(void)rd_take(&r, SETUP_VERSION_AT - SETUP_MAGIC_AT - 4);
	at = rd_u16le(&r);
	if (r.err != ERR_OK || (size_t)at + SETUP_BASE >= kernel.len)
		return ERR_VALUE;
	text.ptr = kernel.ptr + SETUP_BASE + at;
	while (text.len < cap &&
	       text.ptr + text.len < kernel.ptr + kernel.len &&
	       text.ptr[text.len] >= ' ' && text.ptr[text.len] <= '~')
		text.len++;
	return slice_cstr(text, out, cap);
}

enum err image_inspect(struct slice image, struct image_info *out,
		       const char **why)
{
	struct image_info info = { .kind = IMAGE_PRODUCTION };
	struct slice kernel = image;
	enum err e = gpt_is(image) ? find_kernel(image, &kernel, why) : ERR_OK;

	if (e != ERR_OK)
		return e;
	*why = "it is neither a disk nor a Linux kernel";
	e = read_version(kernel, info.version, sizeof info.version);
	if (e != ERR_OK)
		return ERR_VALUE;
	/* The release, up to the first space, ends in the flavour. */
	if (strstr(info.version, "-sim ") != NULL)
		info.kind = IMAGE_SIM;
	*out = info;
	return ERR_OK;
}
