/* hob.h - the TD HOB list: the memory map that the VMM hands to the firmware
 * and that the firmware measures first. Source: UEFI PI 1.8, volume 3, section
 * 5; QEMU target/i386 hw/i386/tdvf-hob.c; for Google's form, quotes and the
 * event logs of their machines. */
#ifndef MEASURE_LIB_HOB_H
#define MEASURE_LIB_HOB_H

#include "lib/digest.h"
#include "measure/lib/tdvf.h"

enum {
	HOB_MAX_BYTES = 56 + 48 * (2 * TDVF_MAX_SECTIONS + 16) + 8
};

enum hob_form {
	HOB_QEMU,   /* accepted and free memory sorted by address */
	HOB_GOOGLE, /* sections in metadata order, then free memory */
	/* the list that mrtd_google_old has in it: with its end marker, and
	   only memory below 4 GiB is to be accepted early */
	HOB_GOOGLE_OLD,
};

/* Writes the list, without its end marker where it is measured into RTMR0.
 * memory_bytes is the size of the VM. Errors: ERR_LIMIT memory_bytes is 0, is
 * not made of pages or is above 2^46; ERR_VALUE a section lies outside of the
 * memory; ERR_UNSUPP QEMU knows no section of that type; ERR_SPACE. */
MUST_CHECK enum err hob_write(const struct tdvf *t, enum hob_form form,
			      uint64_t memory_bytes, struct wr *out);
#endif
