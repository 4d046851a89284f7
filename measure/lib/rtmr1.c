/* rtmr1.c - the boot path. */
#include <stdio.h>

#include "measure/lib/pe.h"
#include "measure/lib/rtmr.h"

static void action(struct eventlist *l, const char *text)
{
	event_add_data(l, 1, EVENT_ACTION, str_slice(text), text);
}

static void separator(const struct predict_in *in, struct eventlist *l)
{
	static const uint8_t zero[4];

	event_add_data(l, in->quirks & QUIRK_SEPARATOR_RTMR0 ? 0 : 1,
		       EVENT_SEPARATOR, (struct slice){ zero, sizeof zero },
		       "ready to boot");
}

/* The first program of a chain is the image itself. */
static enum err check_first(const struct predict_in *in,
			    const struct boot_image *img, const char **why)
{
	uint8_t first[SHA384_LEN], own[SHA384_LEN];
	enum err e = ERR_OK;

	if (in->nchain == 0)
		return ERR_OK;
	e = pe_authenticode(img->efi, own, why);
	if (e == ERR_OK)
		e = pe_authenticode(in->chain[0], first, why);
	if (e == ERR_OK && !ct_eq(own, first, sizeof own)) {
		*why = "the chain does not begin with the image's EFI binary";
		e = ERR_MISMATCH;
	}
	return e;
}

static enum err add_chain(const struct predict_in *in, struct eventlist *l,
			  const char **why)
{
	for (size_t i = 1; i < in->nchain; i++) {
		uint8_t digest[SHA384_LEN];
		char what[EVENT_WHAT_LEN];
		enum err e = pe_authenticode(in->chain[i], digest, why);

		if (e != ERR_OK)
			return e;
		snprintf(what, sizeof what, "program %zu of the chain", i + 1);
		event_add(l, 1, EVENT_APPLICATION, digest, what);
	}
	return ERR_OK;
}

static enum err add_uki_kernel(const struct uki *u, struct eventlist *l,
			       const char **why)
{
	static const char what[] = "the kernel in the UKI";
	uint8_t digest[SHA384_LEN];
	enum err e;

	if (!uki_known(u)) {
		event_add_unknown_why(l, 1, EVENT_APPLICATION, what,
				      "it is not known how the stub of this "
				      "UKI starts its kernel");
		return ERR_OK;
	}
	if (!uki_kernel_measured(u))
		return ERR_OK;
	e = pe_authenticode(u->section[UKI_LINUX], digest, why);
	if (e == ERR_OK)
		event_add(l, 1, EVENT_APPLICATION, digest, what);
	return e;
}

/* What the image's program starts itself. */
static enum err add_started(const struct predict_in *in,
			    const struct boot_image *img, struct eventlist *l,
			    const char **why)
{
	if (has_chain(in))
		return add_chain(in, l, why);
	if (img->kind == BOOT_UKI)
		return add_uki_kernel(&img->uki, l, why);
	if (img->kind == BOOT_LOADER)
		event_add_unknown_why(l, 1, EVENT_APPLICATION,
				      "what the boot loader starts",
				      "the image is a boot loader: what it "
				      "starts has to be given as a chain");
	return ERR_OK;
}

enum err rtmr1_events(const struct predict_in *in, const struct boot_image *img,
		      struct eventlist *l, const char **why)
{
	uint8_t digest[SHA384_LEN];
	enum err e = check_first(in, img, why);

	if (e != ERR_OK)
		return e;
	/* With -kernel the image is loaded before the boot options are tried;
	   from a disk it is loaded as one of them. */
	if (!img->is_disk)
		event_add(l, 1, EVENT_APPLICATION, img->pe,
			  "kernel, as handed over by the VMM");
	action(l, "Calling EFI Application from Boot Option");
	separator(in, l);
	if (img->is_disk) {
		gpt_digest(&img->gpt, digest);
		event_add(l, 1, EVENT_GPT, digest,
			  "partition table of the boot disk");
		event_add(l, 1, EVENT_APPLICATION, img->pe,
			  "\\EFI\\BOOT\\BOOTX64.EFI");
	}
	e = add_started(in, img, l, why);
	action(l, "Exit Boot Services Invocation");
	action(l, "Exit Boot Services Returned with Success");
	return e;
}
