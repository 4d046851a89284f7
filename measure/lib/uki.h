/* uki.h - a unified kernel image: systemd-stub with a kernel, an initrd and a
 * command line as sections of one PE file. What it measures depends on the
 * version of the stub, which it says itself.
 *
 * Sources: UAPI Group, Unified Kernel Image specification; systemd, man page
 * systemd-stub(7) and the sources of the stub (src/boot), by version:
 *   252 to 257  start the kernel with LoadImage, which the firmware measures
 *   256         and later measure into a TD's registers (pull request 30996),
 *               before only into a TPM: name and data of each section
 *   257         and later hand /.extra/os-release over in the initrd and drop
 *               blanks in front of the command line; 252 keeps them
 *   258         starts the kernel itself, unmeasured (pull request 37372)
 *   262         measures an SMBIOS table into PCR 1, and adds to a command
 *               line without "console="
 *
 * A UKI of another version than 252 to 258, or one that chooses by the machine
 * (profiles, device trees), is not predicted. Versions 252 and 257 were checked
 * against boots by real firmware, tests/integration/oracle_boot.py. */
#ifndef MEASURE_LIB_UKI_H
#define MEASURE_LIB_UKI_H

#include "lib/digest.h"

/* In the order in which they are measured; UKI_PCRSIG, which holds signatures
 * over the others' measurement, is not. */
/* clang-format off */
#define UKI_SECTIONS(X)                \
	X(LINUX,   ".linux",   252) \
	X(OSREL,   ".osrel",   252) \
	X(CMDLINE, ".cmdline", 252) \
	X(INITRD,  ".initrd",  252) \
	X(UCODE,   ".ucode",   256) \
	X(SPLASH,  ".splash",  252) \
	X(DTB,     ".dtb",     252) \
	X(UNAME,   ".uname",   256) \
	X(SBAT,    ".sbat",    256) \
	X(PCRPKEY, ".pcrpkey", 252) \
	X(PCRSIG,  ".pcrsig",  252)
/* clang-format on */

enum uki_section {
#define X(name, text, since) UKI_##name,
	UKI_SECTIONS(X)
#undef X
	UKI_NSECTIONS
};

enum {
	UKI_CMDLINE_MAX = 16384
};

struct uki {
	unsigned
		version; /* of systemd-stub, 0: another stub, or it is silent */
	bool by_machine; /* the machine has a say in which sections count */
	bool has[UKI_NSECTIONS];
	struct slice section[UKI_NSECTIONS]; /* as in memory, without padding */
};

/* Reads the sections. *why is a static sentence. Errors: pe_sections';
 * ERR_MISSING no UKI: there is no .linux; ERR_DUPLICATE a section comes twice;
 * ERR_UNSUPP a section is larger in memory than in the file, or empty;
 * ERR_SPACE. */
MUST_CHECK enum err uki_parse(struct slice file, struct uki *out,
			      const char **why);

/* ".linux"; never NULL. */
const char *uki_section_name(enum uki_section s);

/* True when stubs of this version measure the section, where they measure at
 * all, and the image has it. */
bool uki_measured(const struct uki *u, enum uki_section s);

/* True when the stub has the firmware load its kernel, which measures it; the
 * second, whether the version is one of which that and the rest is known. */
bool uki_kernel_measured(const struct uki *u);
bool uki_known(const struct uki *u);

/* True when the stub may measure the machine into RTMR0: new ones do. */
bool uki_touches_rtmr0(const struct uki *u);

/* A command line as the stub hands it to the kernel: up to a NUL, control
 * characters turned to blanks, none at the end. ERR_LIMIT longer than
 * UKI_CMDLINE_MAX; ERR_UNSUPP not ASCII, or a blank at the front where the
 * version does not say what becomes of it; ERR_VALUE empty: stubs differ. */
MUST_CHECK enum err uki_cmdline(const struct uki *u, struct slice in,
				struct wr *out);

/* The SHA-384 of the initrd that the kernel gets: .ucode, .initrd and the
 * archives that the stub makes of other sections, one after the other.
 * ERR_MISSING: none. Credentials and extensions from the disk are not in it. */
MUST_CHECK enum err uki_initrd(const struct uki *u,
			       uint8_t out[static SHA384_LEN]);
#endif
