/* rtmr0_shim.c - what shim measures into RTMR0. */
#include <stdio.h>
#include <string.h>

#include "measure/lib/rtmr.h"

static const struct efi_var *find_var(const struct predict_in *in,
				      const char *name)
{
	for (size_t i = 0; i < in->nvars; i++)
		if (strcmp(in->vars[i].name, name) == 0)
			return &in->vars[i];
	return NULL;
}

/* PCR 7, EV_EFI_VARIABLE_AUTHORITY, as an event log of Container-Optimized OS
 * has them: their digests cover name and data as those of the secure boot
 * variables do. A signature database's entry comes before them when it verified
 * the image, and that is known to the machine alone. */
enum err rtmr0_shim_events(const struct predict_in *in, struct eventlist *l,
			   const char **why)
{
	static const char *const names[] = { "SbatLevel", "MokListTrusted" };
	const struct efi_var *secure = find_var(in, "SecureBoot");
	bool shim = false;
	enum err e;

	if (!has_chain(in))
		return ERR_OK;
	e = boot_is_shim(in->chain[0], &shim, why);
	if (e != ERR_OK || !shim)
		return e;
	if (secure != NULL && secure->data.len == 1 && secure->data.ptr[0] == 1)
		event_add_unknown_why(l, 0, EVENT_VARIABLE_AUTHORITY, "db",
				      "with secure boot on, the entry of db "
				      "that verified the image is measured");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const struct efi_var *v = find_var(in, names[i]);
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
	return ERR_OK;
}
