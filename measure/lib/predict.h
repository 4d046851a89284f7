/* predict.h - the MRTD and RTMR values that a genuine boot of an image shows,
 * with the events behind each register. Works on bytes it is given: no file is
 * opened and nothing is logged. Source: the event orders of edk2 (OvmfPkg,
 * SecurityPkg) as of 2024-08 and later, checked against quotes from hardware.
 *
 * Platforms:
 *   qemu  a TDX guest under QEMU. An image disk is booted by the firmware from
 *         \EFI\BOOT\BOOTX64.EFI; a bare EFI binary is started with -kernel.
 *         The three ACPI blobs and the boot variables are made by QEMU and the
 *         firmware out of the whole machine; they are inputs, never guessed.
 *   gcp   a Google Compute Engine VM of a given machine type, booting the disk.
 *   sim   what the simulated TDX module of the launcher measures when it loads
 *         the same firmware and image. It emulates no ACPI hand-over and no
 *         boot variables, so RTMR0 is: TdxTable (TD HOB as for QEMU), CFV,
 *         SecureBoot, PK, KEK, db, dbx as absent variables, separator. RTMR1 is
 *         that of qemu. By construction every register is known.
 *
 * What starts is an EFI-stub kernel, or any other EFI program; a UKI (uki.h),
 * which starts its kernel and measures by the version of its stub; or a chain
 * of shim, boot loader and kernel, which has to be given whole. RTMR1 tells
 * what started, in order. RTMR2 is zero unless load options, an initrd or a
 * loader's own measurements come into it (rtmr.h). What depends on the running
 * machine is unknown, with a reason. RTMR3 is zero, or one extend of the
 * configuration's SHA-384 by the guest itself. */
#ifndef MEASURE_LIB_PREDICT_H
#define MEASURE_LIB_PREDICT_H

#include "measure/lib/eventlist.h"
#include "measure/lib/mrtd.h"
#include "measure/lib/platformdir.h"

struct gcp_machine;

enum platform {
	PLATFORM_QEMU,
	PLATFORM_GCP,
	PLATFORM_SIM
};

/* "qemu"; never NULL. platform_parse: ERR_UNKNOWN. */
const char *platform_name(enum platform p);
MUST_CHECK enum err platform_parse(struct slice s, enum platform *out);

/* An EFI variable as it was when it was measured: raw data, without GUID and
 * attributes. name is one of SecureBoot, PK, KEK, db, dbx, BootOrder, Boot####;
 * for a chain that begins with shim also SbatLevel and MokListTrusted, which
 * without data are not measured. */
struct efi_var {
	const char *name;
	struct slice data;
};

/* Old firmware orders events differently; 0 means current. */
enum predict_quirk {
	/* edk2 before efaf8931bb (2024-08-27), so Debian 12's: the
	   ready-to-boot separator goes into RTMR0 instead of RTMR1 */
	QUIRK_SEPARATOR_RTMR0 = 1,
	/* QEMU 10.0 with edk2 2025.02 or later hands over the kernel as it is
	   in the file; before, QEMU patched its setup header */
	QUIRK_KERNEL_UNPATCHED = 2,
	/* edk2 after 2025.02, which knows QEMU's -shim: "initrd=initrd " comes
	   before the command line, not " initrd=initrd" after it */
	QUIRK_INITRD_FIRST = 4,
	/* the kernel's built-in command line says noinitrd: its EFI stub
	   loads, and so measures, no initrd */
	QUIRK_NOINITRD = 8,
	/* edk2 2025.05 and later measures the items of fw_cfg that it takes,
	   between CFV and the secure boot variables */
	QUIRK_FW_CFG_EVENTS = 16,
};

/* Whether a program measures into RTMRs, where its version alone does not say:
 * distributors patch. */
enum measures {
	MEASURES_BY_VERSION,
	MEASURES_YES,
	MEASURES_NO
};

enum {
	CHAIN_MAX = 8
};

struct predict_in {
	enum platform platform;
	enum mrtd_order order;
	unsigned quirks; /* enum predict_quirk, or-ed */
	struct slice firmware;
	struct slice image;    /* GPT disk, or a PE file (qemu and sim only) */
	uint64_t memory_bytes; /* of the VM; gcp: 0, the machine type says */
	/* vCPUs change only the ACPI tables, which are an input. At least 1;
	   for gcp 0 or what the machine type has. */
	uint32_t cpus;
	/* qemu: fw_cfg etc/table-loader, etc/acpi/rsdp, etc/acpi/tables as QEMU
	   makes them, before the loader script runs. ptr NULL: not given. */
	struct slice acpi[PLATFORM_ACPI_BLOBS];
	/* qemu, QUIRK_FW_CFG_EVENTS: the items of platformdir.h. items_known:
	   given; then ptr NULL is one that the machine has not. */
	bool items_known;
	struct slice items[PLATFORM_ITEMS];
	const struct efi_var *vars; /* those that are known, may be NULL */
	size_t nvars;
	const struct gcp_machine *machine; /* gcp */
	size_t acpi_release;  /* gcp: index into the machine's releases */
	bool gcp_stub_keys;   /* gcp: see gcp.h */
	bool gcp_second_disk; /* gcp: a data disk, which is a boot option too */
	/* gcp, instead of the firmware: its MRTD, from a launch endorsement
	   whose signature holds, and the SHA-384 of its CFV, which no
	   endorsement has: from the .fd file with the endorsed digest, or from
	   a party trusted with that. NULL unless used; 48 bytes each. A wrong
	   one leads to values that no machine shows. */
	const uint8_t *endorsed_mrtd, *cfv_sha384;
	/* qemu, a bare EFI binary: -append and -initrd. ptr NULL: not given. */
	struct slice cmdline;
	struct slice initrd;
	/* The programs that start one after the other, when they are more than
	   the image's own and a UKI's kernel. The first is the image's. */
	const struct slice *chain;
	size_t nchain;
	/* What a chain measures into RTMR2, see measured.h. ptr NULL: not
	   given. */
	struct slice measured;
	enum measures kernel_measures; /* its EFI stub, in a TD */
	enum measures stub_measures;   /* a UKI's systemd-stub, in a TD */
	/* SHA-384 of the instance configuration, or NULL: RTMR3 stays zero */
	const uint8_t *config_sha384;
};

struct prediction {
	uint8_t mrtd[SHA384_LEN];
	struct predicted_rtmr {
		bool known;
		uint8_t value[SHA384_LEN]; /* zeros unless known */
		const char *why_not;       /* a sentence; NULL when known */
	} rtmr[RTMR_COUNT];
	uint8_t efi_sha256[SHA256_LEN]; /* of the EFI binary, as in the file */
	uint8_t efi_authenticode_sha384[SHA384_LEN];
	bool is_disk;
	struct eventlist events;
};

/* SHA-256 and Authenticode SHA-384 of the EFI binary in an image disk, or of a
 * bare one, as in the file. Errors: as predict for the image. */
MUST_CHECK enum err efi_digests(struct slice image,
				uint8_t sha[static SHA256_LEN],
				uint8_t authenticode[static SHA384_LEN],
				const char **why);

/* Predicts. On failure *why is a static sentence that names what is wrong.
 * Errors: those of tdvf_parse, gpt_parse, fat_open, fat_find and
 * pe_authenticode (a malformed input); ERR_LIMIT memory_bytes too small or not
 * a multiple of 4096; ERR_MISSING no machine type for gcp; ERR_UNSUPP a bare
 * EFI binary for gcp; ERR_SPACE no memory. */
MUST_CHECK enum err predict(const struct predict_in *in, struct prediction *out,
			    const char **why);
#endif
