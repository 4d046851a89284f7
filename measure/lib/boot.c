/* boot.c - what kind of program an EFI binary is. */
#include <stdlib.h>
#include <string.h>

#include "measure/lib/bzimage.h"
#include "measure/lib/pe.h"
#include "measure/lib/rtmr.h"

/* True when one of the lines begins with the text and a comma. */
static bool has_line(struct slice lines, const char *text)
{
	size_t n = strlen(text);

	while (lines.len > n) {
		const uint8_t *end = memchr(lines.ptr, '\n', lines.len);
		size_t len =
			end != NULL ? (size_t)(end - lines.ptr) + 1 : lines.len;

		if (memcmp(lines.ptr, text, n) == 0 && lines.ptr[n] == ',')
			return true;
		lines = (struct slice){ lines.ptr + len, lines.len - len };
	}
	return false;
}

static bool begins(struct slice s, const char *text)
{
	size_t n = strlen(text);

	return s.len >= n && memcmp(s.ptr, text, n) == 0;
}

static struct slice section(const struct pe_sections *p, const char *name)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->s[i].name, name) == 0)
			return p->s[i].file;
	return (struct slice){ NULL, 0 };
}

/* A loader says what it is in .sbat, whose first column is the component
 * (SBAT.md of shim), or as systemd-boot does in .sdmagic. */
static bool is_systemd_boot(const struct pe_sections *p)
{
	return has_line(section(p, ".sbat"), "systemd-boot") ||
	       begins(section(p, ".sdmagic"), "#### LoaderInfo: systemd-boot");
}

static bool is_loader(const struct pe_sections *p)
{
	static const char *const names[] = { "shim", "grub", "grub2" };
	struct slice sbat = section(p, ".sbat");

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (has_line(sbat, names[i]))
			return true;
	return is_systemd_boot(p);
}

static enum err with_sections(struct slice efi, bool *yes,
			      bool (*test)(const struct pe_sections *),
			      const char **why)
{
	struct pe_sections *p = malloc(sizeof *p);
	enum err e = ERR_SPACE;

	*why = "out of memory";
	if (p != NULL)
		e = pe_sections(efi, p, why);
	if (e == ERR_OK)
		*yes = test(p);
	free(p);
	return e;
}

enum err boot_classify(struct boot_image *img, const char **why)
{
	bool loader = false;
	enum err e;

	img->kind = BOOT_PROGRAM;
	if (bzimage_is(img->efi)) {
		img->kind = BOOT_LINUX;
		return ERR_OK;
	}
	e = uki_parse(img->efi, &img->uki, why);
	if (e == ERR_OK)
		img->kind = BOOT_UKI;
	if (e != ERR_MISSING)
		return e;
	e = with_sections(img->efi, &loader, is_loader, why);
	if (e == ERR_OK)
		e = with_sections(img->efi, &img->systemd_boot, is_systemd_boot,
				  why);
	if (loader)
		img->kind = BOOT_LOADER;
	return e;
}

static bool is_shim(const struct pe_sections *p)
{
	return has_line(section(p, ".sbat"), "shim");
}

enum err boot_is_shim(struct slice efi, bool *yes, const char **why)
{
	return with_sections(efi, yes, is_shim, why);
}
