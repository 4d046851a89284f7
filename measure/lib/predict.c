/* predict.c - from firmware and image to MRTD, RTMRs and events. */
#include "measure/lib/predict.h"

#include <stdlib.h>
#include <string.h>

#include "measure/lib/bzimage.h"
#include "measure/lib/fat.h"
#include "measure/lib/gcp.h"
#include "measure/lib/pe.h"
#include "measure/lib/rtmr.h"

static const char *const platforms[] = {
	[PLATFORM_QEMU] = "qemu",
	[PLATFORM_GCP] = "gcp",
	[PLATFORM_SIM] = "sim",
};

const char *platform_name(enum platform p)
{
	return platforms[p];
}

enum err platform_parse(struct slice s, enum platform *out)
{
	for (size_t i = 0; i < sizeof platforms / sizeof *platforms; i++)
		if (slice_is(s, platforms[i])) {
			*out = (enum platform)i;
			return ERR_OK;
		}
	return ERR_UNKNOWN;
}

static enum err say(const char **why, enum err e, const char *sentence)
{
	*why = sentence;
	return e;
}

/* Folders from which systemd-stub takes more than its own sections: those in
 * \EFI\BOOT, as BOOTX64.EFI.extra.d, and those in \loader. One that cannot be
 * read counts. */
static bool has_sidecars(const struct fat *fat)
{
	static const char *const beside[] = { "EFI        ", "BOOT       ",
					      NULL };
	static const char *const loader[] = { "LOADER     ", NULL };
	const char *ignored;

	return fat_has_folder(fat, beside, &ignored) != ERR_MISSING ||
	       fat_has_folder(fat, loader, &ignored) != ERR_MISSING;
}

/* Finds the EFI binary of a disk. *copy is to be freed: it is set when the
 * file's clusters do not lie together. */
static enum err open_disk(struct slice disk, struct boot_image *img,
			  void **copy, const char **why)
{
	static const char *const path[] = { "EFI        ", "BOOT       ",
					    "BOOTX64 EFI", NULL };
	struct fat_file file;
	struct fat fat;
	enum err e = gpt_parse(disk, &img->gpt, why);

	img->is_disk = true;
	if (e == ERR_OK)
		e = fat_open(img->gpt.esp, &fat, why);
	if (e != ERR_OK)
		return e;
	img->has_sidecars = has_sidecars(&fat);
	e = fat_find(&fat, path, &file, why);
	if (e == ERR_MISSING)
		*why = "no \\EFI\\BOOT\\BOOTX64.EFI on the EFI system "
		       "partition";
	if (e != ERR_OK || fat_together(&fat, &file, &img->efi))
		return e;
	*copy = malloc(file.size);
	if (*copy == NULL)
		return say(why, ERR_SPACE, "out of memory");
	e = fat_copy(&fat, &file, *copy);
	img->efi = (struct slice){ *copy, file.size };
	return e;
}

/* The digest of a kernel that QEMU starts with -kernel, patched as QEMU does.
 * The file's own bytes stay as they are. */
static enum err direct_digest(const struct predict_in *in,
			      struct boot_image *img, const char **why)
{
	const struct qemu_kernel k = { .memory_bytes = in->memory_bytes,
				       .initrd_len = in->initrd.len,
				       .cmdline = in->cmdline };
	uint8_t *patched;
	enum err e;

	if (img->kind != BOOT_LINUX || (in->quirks & QUIRK_KERNEL_UNPATCHED))
		return pe_authenticode(img->efi, img->pe, why);
	patched = malloc(img->efi.len);
	if (patched == NULL)
		return say(why, ERR_SPACE, "out of memory");
	memcpy(patched, img->efi.ptr, img->efi.len);
	e = qemu_patch_kernel(patched, img->efi.len, &k, why);
	if (e == ERR_OK)
		e = pe_authenticode((struct slice){ patched, img->efi.len },
				    img->pe, why);
	free(patched);
	return e;
}

/* Finds the EFI binary of either kind of image. */
static enum err open_image(struct slice image, struct boot_image *img,
			   void **copy, const char **why)
{
	if (gpt_is(image))
		return open_disk(image, img, copy, why);
	if (!pe_is(image))
		return say(why, ERR_VALUE,
			   "neither a GPT disk nor an EFI binary");
	if (image.len > FAT_MAX_FILE)
		return say(why, ERR_LIMIT, "the EFI binary is too large");
	img->efi = image;
	return ERR_OK;
}

enum err efi_digests(struct slice image, uint8_t sha[static SHA256_LEN],
		     uint8_t authenticode[static SHA384_LEN], const char **why)
{
	struct boot_image img = { 0 };
	void *copy = NULL;
	enum err e = open_image(image, &img, &copy, why);

	if (e == ERR_OK)
		e = pe_authenticode(img.efi, authenticode, why);
	if (e == ERR_OK)
		sha256(img.efi, sha);
	free(copy);
	return e;
}

/* Finds what kind of program the binary is, and the digest that the firmware
 * measures when it starts it. */
static enum err start_digest(const struct predict_in *in,
			     struct boot_image *img, const char **why)
{
	enum err e = boot_classify(img, why);

	if (e != ERR_OK)
		return e;
	if (img->is_disk && (in->cmdline.ptr != NULL || in->initrd.ptr != NULL))
		return say(why, ERR_UNSUPP,
			   "a disk is booted without -append and -initrd");
	if (img->is_disk)
		return pe_authenticode(img->efi, img->pe, why);
	if (in->platform == PLATFORM_GCP)
		return say(why, ERR_UNSUPP,
			   "a GCP machine boots a disk, not an EFI binary");
	return direct_digest(in, img, why);
}

/* Why a register is not known: the first of its events that is not. */
static const char *why_not(const struct eventlist *l, unsigned rtmr)
{
	for (size_t i = 0; i < l->n; i++) {
		if (l->ev[i].rtmr != rtmr || l->ev[i].known)
			continue;
		if (l->ev[i].why_not != NULL)
			return l->ev[i].why_not;
		if (l->ev[i].type == EVENT_VARIABLE_CONFIG)
			return "the image's secure boot keys are not given, "
			       "and the platform's own change";
		if (l->ev[i].type == EVENT_PLATFORM_CONFIG_FLAGS)
			return "the ACPI blobs of the machine are not given; "
			       "ee-launcher acpi takes them";
		return "the boot variables of the machine are not given; "
		       "ee-launcher acpi takes them";
	}
	return NULL;
}

static enum err check_in(const struct predict_in *in, const char **why)
{
	if (in->nchain > CHAIN_MAX)
		return say(why, ERR_LIMIT, "the chain is too long");
	if (in->measured.ptr != NULL && !has_chain(in))
		return say(why, ERR_VALUE,
			   "a list of measurements needs the chain that makes "
			   "them");
	if (in->platform == PLATFORM_GCP) {
		if (in->machine == NULL)
			return say(why, ERR_MISSING,
				   "a GCP machine type is needed");
		if (in->cpus != 0 && in->cpus != in->machine->cpus)
			return say(why, ERR_VALUE,
				   "the machine type has another number of "
				   "CPUs");
		return ERR_OK;
	}
	if (in->cpus == 0)
		return say(why, ERR_VALUE, "a machine has at least one CPU");
	return ERR_OK;
}

/* The firmware's sections: out of its image, or Google's. */
static enum err open_firmware(const struct predict_in *in, struct tdvf *t,
			      const char **why)
{
	if (in->endorsed_mrtd == NULL && in->cfv_sha384 == NULL)
		return tdvf_parse(in->firmware, t, why);
	if (in->platform != PLATFORM_GCP || in->endorsed_mrtd == NULL ||
	    in->cfv_sha384 == NULL || in->firmware.ptr != NULL)
		return say(why, ERR_VALUE,
			   "an endorsed MRTD and the CFV's digest stand for "
			   "Google's firmware, together and without an image");
	*t = gcp_layout;
	return ERR_OK;
}

static enum err add_events(const struct predict_in *in, const struct tdvf *t,
			   const struct boot_image *img, struct eventlist *l,
			   const char **why)
{
	enum err e = rtmr0_events(in, t, img->is_disk, l, why);

	if (e != ERR_OK)
		return e;
	e = rtmr1_events(in, img, l, why);
	/* after a separator that goes into RTMR0 */
	if (e == ERR_OK)
		e = rtmr0_loader_events(in, img, l, why);
	if (e == ERR_OK)
		e = rtmr2_events(in, img, l, why);
	if (e != ERR_OK)
		return e;
	if (in->config_sha384 != NULL)
		event_add(l, 3, EVENT_CONFIG, in->config_sha384,
			  "instance configuration, extended by the guest");
	return l->err != ERR_OK ? say(why, l->err, "too many events") : ERR_OK;
}

static enum err predict_image(const struct predict_in *in, const struct tdvf *t,
			      struct boot_image *img, struct prediction *p,
			      const char **why)
{
	enum err e = add_events(in, t, img, &p->events, why);

	if (e == ERR_OK)
		e = pe_authenticode(img->efi, p->efi_authenticode_sha384, why);
	if (e != ERR_OK)
		return e;
	if (in->endorsed_mrtd != NULL)
		memcpy(p->mrtd, in->endorsed_mrtd, SHA384_LEN);
	else
		mrtd(in->firmware, t, in->order, p->mrtd);
	for (unsigned i = 0; i < RTMR_COUNT; i++) {
		p->rtmr[i].known =
			eventlist_replay(&p->events, i, p->rtmr[i].value);
		p->rtmr[i].why_not = why_not(&p->events, i);
	}
	p->is_disk = img->is_disk;
	sha256(img->efi, p->efi_sha256);
	return ERR_OK;
}

enum err predict(const struct predict_in *in, struct prediction *out,
		 const char **why)
{
	struct prediction *p = calloc(1, sizeof *p);
	struct boot_image img = { 0 };
	void *copy = NULL;
	struct tdvf t;
	enum err e = p == NULL ? say(why, ERR_SPACE, "out of memory")
			       : check_in(in, why);

	if (e == ERR_OK)
		e = open_firmware(in, &t, why);
	if (e == ERR_OK)
		e = open_image(in->image, &img, &copy, why);
	if (e == ERR_OK)
		e = start_digest(in, &img, why);
	if (e == ERR_OK)
		e = predict_image(in, &t, &img, p, why);
	if (e == ERR_OK)
		*out = *p;
	free(copy);
	free(p);
	return e;
}
