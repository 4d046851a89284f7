/* rtmr.h - the events behind RTMR0 (what the platform is), RTMR1 (what was
 * started) and RTMR2 (what that was given, and what loaders measured), in the
 * order of the firmware's log. The parts of predict.h.
 *
 * RTMR2 gets what the EFI stub of a Linux kernel measures into PCR 9: its load
 * options, as they are, when there are any; the initrd, when the firmware or a
 * loader serves it (LoadFile2 with LINUX_EFI_INITRD_MEDIA), not when it is
 * built in. Into a TD's registers it does so from Linux 6.9 on, and only where
 * no TPM is. Source: Linux drivers/firmware/efi/libstub/efi-stub-helper.c; edk2
 * OvmfPkg/Library/X86QemuLoadImageLib. Checked against boots by real firmware,
 * tests/integration/oracle.py and oracle_boot.py. */
#ifndef MEASURE_LIB_RTMR_H
#define MEASURE_LIB_RTMR_H

#include "measure/lib/gpt.h"
#include "measure/lib/predict.h"
#include "measure/lib/uki.h"

enum boot_kind {
	BOOT_PROGRAM, /* taken to start and to measure nothing */
	BOOT_LINUX,   /* a kernel with a setup header */
	BOOT_UKI,
	BOOT_LOADER /* shim, grub, systemd-boot: what comes next is not in it */
};

/* What is booted. */
struct boot_image {
	bool is_disk;
	struct gpt gpt;         /* when is_disk */
	struct slice efi;       /* the EFI binary */
	uint8_t pe[SHA384_LEN]; /* its digest, as it is started */
	enum boot_kind kind;
	struct uki uki;    /* BOOT_UKI */
	bool systemd_boot; /* BOOT_LOADER: by its mark */
	/* the disk has folders from which a UKI's stub takes credentials,
	   extensions and more */
	bool has_sidecars;
};

/* Finds kind, uki and systemd_boot from efi. Errors: those of uki_parse, except
 * its ERR_MISSING, and of pe_sections. */
MUST_CHECK enum err boot_classify(struct boot_image *img, const char **why);

/* Whether an EFI binary is shim. Errors: pe_sections'. */
MUST_CHECK enum err boot_is_shim(struct slice efi, bool *yes, const char **why);

/* True when the parts of a chain are more than the image's own. */
static inline bool has_chain(const struct predict_in *in)
{
	return in->nchain > 1;
}

/* Events up to and with the boot variables. Errors: hob_write's, ERR_VALUE a
 * given BootOrder is malformed, ERR_MISSING the firmware has no CFV. */
MUST_CHECK enum err rtmr0_events(const struct predict_in *in,
				 const struct tdvf *t, bool is_disk,
				 struct eventlist *l, const char **why);

/* The variable of that name that was given; NULL when none was. */
const struct efi_var *rtmr0_variable_given(const struct predict_in *in,
					   const char *name);

/* The digest of EV_EFI_VARIABLE_DRIVER_CONFIG for SecureBoot, PK, KEK, db or
 * dbx with this data; no data: the variable is absent. That of
 * EV_EFI_VARIABLE_AUTHORITY for a variable of shim's is made likewise. */
void rtmr0_variable(const char *name, struct slice data,
		    uint8_t out[static SHA384_LEN]);

/* What the programs add to that: shim its variables SbatLevel and
 * MokListTrusted; others maybe what the machine is. Errors: boot_classify's. */
MUST_CHECK enum err rtmr0_loader_events(const struct predict_in *in,
					const struct boot_image *img,
					struct eventlist *l, const char **why);

/* The path from the boot option to ExitBootServices. Errors: those of
 * pe_authenticode for the kernel of a UKI or a program of the chain;
 * ERR_MISMATCH the chain does not begin with the image. */
MUST_CHECK enum err rtmr1_events(const struct predict_in *in,
				 const struct boot_image *img,
				 struct eventlist *l, const char **why);

/* Load options, initrd, the sections of a UKI, the list of a chain. Errors:
 * measured_log's; ERR_VALUE the list is malformed; ERR_UNSUPP QEMU hands no
 * initrd to what is not a kernel; ERR_LIMIT the command line is too long. */
MUST_CHECK enum err rtmr2_events(const struct predict_in *in,
				 const struct boot_image *img,
				 struct eventlist *l, const char **why);
#endif
