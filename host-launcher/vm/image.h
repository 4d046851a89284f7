/* image.h - which of our two kernels an image holds, read out of the version
 * string in the kernel's setup header. So an image that cannot work in the mode
 * asked for is refused before it is booted. It protects nobody: what runs is
 * decided by its measurements alone. */
#ifndef HOST_VM_IMAGE_H
#define HOST_VM_IMAGE_H

#include "measure/lib/fat.h"

enum image_kind {
	IMAGE_PRODUCTION,
	IMAGE_SIM
};

enum {
	IMAGE_VERSION_CAP = 128
};

struct image_info {
	enum image_kind kind;
	char version[IMAGE_VERSION_CAP]; /* "6.12.94-sim (ee@...) #1 ..." */
};

/* \EFI\BOOT\BOOTX64.EFI of a GPT disk. On failure *why is a static sentence.
 * Errors: those of gpt_parse, fat_open, fat_find. */
MUST_CHECK enum err image_program(struct slice disk, struct fat *fat,
				  struct fat_file *out, const char **why);

/* image: a GPT disk with \EFI\BOOT\BOOTX64.EFI, or that file itself.
 * On failure *why is a static sentence. Errors: those of image_program;
 * ERR_VALUE: the file is not a Linux kernel. */
MUST_CHECK enum err image_inspect(struct slice image, struct image_info *out,
				  const char **why);
#endif
