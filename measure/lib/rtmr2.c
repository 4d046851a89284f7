/* rtmr2.c - what the programs of the boot path measure themselves. */
#include <stdio.h>
#include <string.h>

#include "measure/lib/bzimage.h"
#include "measure/lib/measured.h"
#include "measure/lib/rtmr.h"

enum {
	OPTIONS_MAX = UKI_CMDLINE_MAX + 32,
	FIRST_CC_KERNEL = 6009, /* bzimage_version */
	FIRST_CC_STUB = 256     /* of systemd */
};

static const char vtpm[] = "with a vTPM a program measures into that, without "
			   "one into the RTMRs: say which";

static enum err say(const char **why, enum err e, const char *sentence)
{
	*why = sentence;
	return e;
}

static void unknown(struct eventlist *l, enum event_type type, const char *what,
		    const char *why_not)
{
	event_add_unknown_why(l, 2, type, what, why_not);
}

/* What QEMU's -append and -initrd make of the load options. */
static enum err qemu_options(const struct predict_in *in, struct wr *out,
			     const char **why)
{
	bool initrd = in->initrd.ptr != NULL;

	if (initrd && (in->quirks & QUIRK_INITRD_FIRST))
		wr_str(out, "initrd=initrd ");
	wr_bytes(out, in->cmdline);
	if (initrd && !(in->quirks & QUIRK_INITRD_FIRST))
		wr_str(out, " initrd=initrd");
	return wr_end(out) == ERR_OK
		       ? ERR_OK
		       : say(why, ERR_LIMIT, "the command line is too long");
}

/* The first parameter of a command line, as the kernel takes it: up to a blank
 * outside of quotes. Takes it away. */
static struct slice next_word(struct slice *line)
{
	struct slice s = *line;
	bool quoted = false;
	size_t n = 0;

	while (s.len > 0 && s.ptr[0] == ' ')
		s = (struct slice){ s.ptr + 1, s.len - 1 };
	for (; n < s.len && (quoted || s.ptr[n] != ' '); n++)
		quoted ^= s.ptr[n] == '"';
	*line = (struct slice){ s.ptr + n, s.len - n };
	return (struct slice){ s.ptr, n };
}

/* Whether the EFI stub loads no initrd: efi_parse_options of the kernel, which
 * looks at the names of the parameters before "--". */
static bool noinitrd(struct slice line)
{
	static const char name[] = "noinitrd";
	const size_t n = sizeof name - 1;
	struct slice word;

	while ((word = next_word(&line)).len > 0 && !slice_is(word, "--")) {
		if (word.ptr[0] == '"')
			word = (struct slice){ word.ptr + 1, word.len - 1 };
		if (word.len >= n && memcmp(word.ptr, name, n) == 0 &&
		    (word.len == n || word.ptr[n] == '=' || word.ptr[n] == '"'))
			return true;
	}
	return false;
}

/* Whether the EFI stub of a kernel measures into RTMRs. *reason: it is not
 * known, a sentence. */
static bool kernel_measures(const struct predict_in *in, struct slice kernel,
			    const char **reason)
{
	unsigned version = bzimage_version(kernel);

	if (in->kernel_measures != MEASURES_BY_VERSION)
		return in->kernel_measures == MEASURES_YES;
	if (version == 0)
		*reason = "the kernel does not say its version, on which "
			  "depends what it measures";
	else if (version < FIRST_CC_KERNEL)
		*reason = "before Linux 6.9 the EFI stub measures into a TPM "
			  "only, unless a distributor changed it: say which";
	else if (in->platform == PLATFORM_GCP)
		*reason = vtpm;
	return true;
}

/* What a kernel measures: its load options and its initrd (NULL: none, or not
 * one that is measured). */
static void kernel_events(const struct predict_in *in, struct slice kernel,
			  struct slice options, const uint8_t *initrd,
			  struct eventlist *l)
{
	const char *reason = NULL;
	uint8_t digest[SHA384_LEN];

	if (noinitrd(options) || (in->quirks & QUIRK_NOINITRD))
		initrd = NULL;
	if (options.len == 0 && initrd == NULL)
		return;
	if (!kernel_measures(in, kernel, &reason))
		return;
	if (reason != NULL) {
		unknown(l, EVENT_EVENT_TAG, "load options and initrd", reason);
		return;
	}
	if (options.len > 0 && load_options_digest(options, digest))
		event_add(l, 2, EVENT_EVENT_TAG, digest,
			  "LOADED_IMAGE::LoadOptions");
	else if (options.len > 0)
		unknown(l, EVENT_EVENT_TAG, "LOADED_IMAGE::LoadOptions",
			"the command line has characters that are not "
			"printable ASCII");
	if (initrd != NULL)
		event_add(l, 2, EVENT_EVENT_TAG, initrd, "Linux initrd");
}

/* ---- a UKI */

/* Whether the stub measures into RTMRs; *reason as above. */
static bool stub_measures(const struct predict_in *in, const struct uki *u,
			  const char **reason)
{
	if (in->stub_measures == MEASURES_NO)
		return false;
	if (in->stub_measures == MEASURES_YES && u->version > 252 &&
	    u->version < FIRST_CC_STUB)
		*reason = "no list of what systemd-stub 253 to 255 measures "
			  "is at hand";
	if (in->stub_measures == MEASURES_BY_VERSION) {
		if (u->version < FIRST_CC_STUB)
			return false;
		if (in->platform == PLATFORM_GCP)
			*reason = vtpm;
	}
	return true;
}

/* PCR 11: the name of each section with its NUL, then its data. */
static void add_sections(const struct uki *u, struct eventlist *l)
{
	for (size_t i = 0; i < UKI_NSECTIONS; i++) {
		const char *name = uki_section_name(i);
		char what[EVENT_WHAT_LEN];

		if (!uki_measured(u, i))
			continue;
		snprintf(what, sizeof what, "%s, the name", name);
		event_add_data(l, 2, EVENT_IPL,
			       (struct slice){ (const uint8_t *)name,
					       strlen(name) + 1 },
			       what);
		event_add_data(l, 2, EVENT_IPL, u->section[i], name);
	}
}

/* Why the stub's part is not known, or NULL. */
static const char *uki_unknown(const struct predict_in *in,
			       const struct boot_image *img)
{
	bool secure = false;

	for (size_t i = 0; i < in->nvars; i++)
		if (strcmp(in->vars[i].name, "SecureBoot") == 0)
			secure = in->vars[i].data.len == 1 &&
				 in->vars[i].data.ptr[0] == 1;
	if (img->uki.by_machine)
		return "the UKI has sections of which the machine chooses";
	if (!uki_known(&img->uki))
		return "what this version of the UKI's stub measures is not "
		       "known";
	if (img->has_sidecars)
		return "there are folders on the disk from which the UKI's "
		       "stub may take credentials and extensions";
	if (secure && in->cmdline.ptr != NULL)
		return "with secure boot on, the UKI's stub may drop the "
		       "command line";
	if (in->cmdline.len > 0 && in->cmdline.ptr[0] == '@')
		return "the command line may choose a profile of the UKI";
	return NULL;
}

/* The command line that the kernel gets: the stub's own section, or -append in
 * its place. False when it is not known. */
static bool uki_options(const struct predict_in *in, const struct uki *u,
			struct wr *out)
{
	struct slice from = u->section[UKI_CMDLINE];

	if (in->cmdline.len > 0)
		from = in->cmdline;
	else if (!u->has[UKI_CMDLINE])
		return true;
	return uki_cmdline(u, from, out) == ERR_OK;
}

static void uki_events(const struct predict_in *in,
		       const struct boot_image *img, struct eventlist *l)
{
	const struct uki *u = &img->uki;
	const char *reason = uki_unknown(in, img);
	uint8_t text[UKI_CMDLINE_MAX], initrd[SHA384_LEN], digest[SHA384_LEN];
	struct wr options = wr_over(text, sizeof text);
	bool measures = reason == NULL && stub_measures(in, u, &reason);

	if (reason == NULL && !uki_options(in, u, &options))
		reason = "the UKI's command line is empty, too long, not "
			 "ASCII or begins with a blank, of which stubs make "
			 "different things";
	if (reason != NULL) {
		unknown(l, EVENT_IPL, "what the UKI measures", reason);
		return;
	}
	if (measures)
		add_sections(u, l);
	/* PCR 12: a command line from outside */
	if (measures && in->cmdline.len > 0 &&
	    load_options_digest(wr_slice(&options), digest))
		event_add(l, 2, EVENT_IPL, digest, "kernel command line");
	kernel_events(in, u->section[UKI_LINUX], wr_slice(&options),
		      uki_initrd(u, initrd) == ERR_OK ? initrd : NULL, l);
}

/* ---- the rest */

static enum err chain_events(const struct predict_in *in, struct eventlist *l,
			     const char **why)
{
	size_t line;

	if (in->measured.ptr == NULL) {
		unknown(l, EVENT_IPL, "what the boot loaders measure",
			"what boot loaders measure depends on the running "
			"machine: a list of it has to be given");
		return ERR_OK;
	}
	if (measured_is_log(in->measured))
		return measured_log(in->measured, l, why);
	if (measured_events(in->measured, l, &line) == ERR_OK)
		return ERR_OK;
	return say(why, ERR_VALUE,
		   "the list of measurements has a line that is none");
}

static enum err linux_events(const struct predict_in *in,
			     const struct boot_image *img, struct eventlist *l,
			     const char **why)
{
	uint8_t text[OPTIONS_MAX], initrd[SHA384_LEN];
	struct wr options = wr_over(text, sizeof text);
	enum err e = qemu_options(in, &options, why);

	if (e != ERR_OK)
		return e;
	if (in->initrd.ptr != NULL)
		sha384(in->initrd, initrd);
	kernel_events(in, img->efi, wr_slice(&options),
		      in->initrd.ptr != NULL ? initrd : NULL, l);
	return ERR_OK;
}

enum err rtmr2_events(const struct predict_in *in, const struct boot_image *img,
		      struct eventlist *l, const char **why)
{
	if (img->kind == BOOT_LINUX && !has_chain(in))
		return linux_events(in, img, l, why);
	if (in->initrd.ptr != NULL)
		return say(why, ERR_UNSUPP,
			   "QEMU hands an initrd to a Linux kernel only");
	if (has_chain(in))
		return chain_events(in, l, why);
	if (img->kind == BOOT_UKI)
		uki_events(in, img, l);
	else if (img->kind == BOOT_LOADER)
		unknown(l, EVENT_IPL, "what the boot loader measures",
			"what a boot loader measures depends on what it "
			"starts, which has to be given as a chain");
	else if (in->cmdline.len > 0)
		unknown(l, EVENT_EVENT_TAG, "LOADED_IMAGE::LoadOptions",
			"the image is no Linux kernel: what it makes of a "
			"command line is not known");
	return ERR_OK;
}
