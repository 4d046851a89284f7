/* tdvf.h - the TDX metadata of a firmware image: which parts of it, and which
 * memory, the VMM puts into a TD before it starts.
 * They are found by the GUID table in front of the reset vector or, in a file
 * without an entry for them there, by the 32-bit file offset that the design
 * guide had at 32 bytes before the end.
 * Source: Intel TDX Virtual Firmware Design Guide, section 11; edk2
 * OvmfPkg/ResetVector/X64/OvmfMetadata.asm and Ia16/ResetVectorVtf0.asm; for
 * the old form, td-shim and cloud-hypervisor arch/src/x86_64/tdx/mod.rs. */
#ifndef MEASURE_LIB_TDVF_H
#define MEASURE_LIB_TDVF_H

#include "lib/bytes.h"

enum {
	TDVF_PAGE = 4096,
	TDVF_MAX_SECTIONS = 32,
	TDVF_MAX_FIRMWARE = 64 * 1024 * 1024,
};

enum tdvf_type {
	TDVF_BFV,      /* code: measured into MRTD */
	TDVF_CFV,      /* variable store: measured into RTMR0 */
	TDVF_TD_HOB,   /* where the VMM writes the memory map */
	TDVF_TEMP_MEM, /* stack and heap before memory is accepted */
	TDVF_PERM_MEM,
	TDVF_PAYLOAD,
	TDVF_PAYLOAD_PARAM,
	TDVF_TD_INFO,   /* td-shim */
	TDVF_TD_PARAMS, /* td-shim */
	TDVF_NTYPES
};

enum {
	TDVF_ATTR_EXTEND = 1, /* contents are measured with TDH.MR.EXTEND */
	TDVF_ATTR_AUG = 2,    /* added after the build: not in MRTD */
};

/* Offsets and sizes in bytes. Checked: gpa and mem_size are multiples of 4096,
 * gpa + mem_size does not wrap, [data_offset, data_offset + raw_size) lies in
 * the file. */
struct tdvf_section {
	uint32_t data_offset, raw_size;
	uint64_t gpa, mem_size;
	enum tdvf_type type;
	uint32_t attributes;
};

/* Sections in the order of the metadata, which is the order of measuring. */
struct tdvf {
	size_t n;
	struct tdvf_section s[TDVF_MAX_SECTIONS];
};

/* Parses and checks. On failure *why is a static sentence.
 * Errors: ERR_LIMIT the file is not 4 KiB to 64 MiB; ERR_MISSING it holds no
 * TDX metadata; ERR_TRUNC an offset or size leads out of the file; ERR_UNSUPP
 * the metadata's version; ERR_UNKNOWN a section type or attribute; ERR_VALUE
 * anything else, such as overlapping sections or a second BFV. */
MUST_CHECK enum err tdvf_parse(struct slice fw, struct tdvf *out,
			       const char **why);

/* The checks of tdvf_parse alone, for sections that come from elsewhere: of a
 * firmware of fw_len bytes. Errors and *why as there. */
MUST_CHECK enum err tdvf_check(const struct tdvf *t, size_t fw_len,
			       const char **why);

/* "BFV", "TD_HOB", ...; never NULL. */
const char *tdvf_type_name(enum tdvf_type type);

/* The only section of that type, or NULL. */
const struct tdvf_section *tdvf_find(const struct tdvf *t, enum tdvf_type type);

/* The bytes of a section inside fw, raw_size long. */
struct slice tdvf_bytes(struct slice fw, const struct tdvf_section *s);
#endif
