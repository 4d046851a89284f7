/* rtmr0_loader.c - what shim and other loaders measure into RTMR0. */
#include <stdio.h>

#include "measure/lib/rtmr.h"

/* Loaders and stubs that may measure what the machine is, as systemd's do from
 * its SMBIOS tables in new versions. */
static void add_machine(struct eventlist *l)
{
	event_add_unknown_why(l, 0, EVENT_EVENT_TAG,
			      "what a loader measures of the machine",
			      "a boot loader or the stub of a UKI may measure "
			      "tables of the machine");
}

/* PCR 7, EV_EFI_VARIABLE_AUTHORITY, as an event log of Container-Optimized OS
 * has them: their digests cover name and data as those of the secure boot
 * variables do. A signature database's entry comes before them when it verified
 * the image, and that is known to the machine alone. */
static void add_shim(const struct predict_in *in, struct eventlist *l)
{
	static const char *const names[] = { "SbatLevel", "MokListTrusted" };
	const struct efi_var *secure = rtmr0_variable_given(in, "SecureBoot");

	if (secure != NULL && secure->data.len == 1 && secure->data.ptr[0] == 1)
		event_add_unknown_why(l, 0, EVENT_VARIABLE_AUTHORITY, "db",
				      "with secure boot on, the entry of db "
				      "that verified the image is measured");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const struct efi_var *v = rtmr0_variable_given(in, names[i]);
		uint8_t digest[SHA384_LEN];

		if (v == NULL) {
			event_add_unknown_why(l, 0, EVENT_VARIABLE_AUTHORITY,
					      names[i],
					      "shim's variables SbatLevel and "
					      "MokListTrusted are not given");
			continue;
		}
		if (v->data.len == 0)
			continue;
		rtmr0_variable(names[i], v->data, digest);
		event_add(l, 0, EVENT_VARIABLE_AUTHORITY, digest, names[i]);
	}
}

/* Whether a program of a chain may measure the machine. */
static enum err may_measure(struct slice efi, bool *yes, const char **why)
{
	struct boot_image img = { .efi = efi };
	enum err e = boot_classify(&img, why);

	*yes = (img.kind == BOOT_UKI && uki_touches_rtmr0(&img.uki)) ||
	       img.systemd_boot;
	return e;
}

enum err rtmr0_loader_events(const struct predict_in *in,
			     const struct boot_image *img, struct eventlist *l,
			     const char **why)
{
	bool shim = false, machine = false;
	enum err e = ERR_OK;

	if (!has_chain(in)) {
		if (img->kind == BOOT_LOADER ||
		    (img->kind == BOOT_UKI && uki_touches_rtmr0(&img->uki)))
			add_machine(l);
		return ERR_OK;
	}
	e = boot_is_shim(in->chain[0], &shim, why);
	if (e == ERR_OK && shim)
		add_shim(in, l);
	for (size_t i = 0; i < in->nchain && e == ERR_OK && !machine; i++)
		e = may_measure(in->chain[i], &machine, why);
	if (machine)
		add_machine(l);
	return e;
}
