/* rtmr.h - the events behind RTMR0 (what the platform is) and RTMR1 (what was
 * started), in the order of the firmware's log. The parts of predict.h. */
#ifndef MEASURE_LIB_RTMR_H
#define MEASURE_LIB_RTMR_H

#include "measure/lib/gpt.h"
#include "measure/lib/predict.h"

/* What is booted. */
struct boot_image {
	bool is_disk;
	struct gpt gpt;         /* when is_disk */
	struct slice efi;       /* the EFI binary */
	uint8_t pe[SHA384_LEN]; /* its digest, as it is started */
};

/* Events up to and with the boot variables. Errors: hob_write's, ERR_VALUE a
 * given BootOrder is malformed, ERR_MISSING the firmware has no CFV. */
MUST_CHECK enum err rtmr0_events(const struct predict_in *in,
				 const struct tdvf *t, bool is_disk,
				 struct eventlist *l, const char **why);

/* The path from the boot option to ExitBootServices. */
void rtmr1_events(const struct predict_in *in, const struct boot_image *img,
		  struct eventlist *l);

/* Writes what QEMU writes into the setup header of a Linux kernel that it
 * starts without an initrd. False, and nothing written, when the file is not
 * one (no "HdrS", or a boot protocol before 2.12): such a file is handed over
 * as it is. */
bool qemu_patch_kernel(uint8_t *kernel, size_t len);
#endif
