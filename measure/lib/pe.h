/* pe.h - the Authenticode digest of a PE image, as edk2 computes it when it
 * measures an image that it starts. Source: Microsoft PE/COFF specification,
 * appendix A; edk2 SecurityPkg DxeTpm2MeasureBootLib and OvmfPkg
 * MeasureBootPeCoff.c. */
#ifndef MEASURE_LIB_PE_H
#define MEASURE_LIB_PE_H

#include "lib/digest.h"

enum {
	PE_MAX_SECTIONS = 96
};

/* Hashes everything but the checksum, the certificate table and its directory
 * entry: the headers, the sections in order of their place in the file, and
 * what follows them. Nothing is padded: an image whose size is a multiple of 8
 * has the same digest in all tools.
 * On failure *why is a static sentence. Errors: ERR_TRUNC a header or section
 * leaves the file; ERR_VALUE not a PE file, or one that contradicts itself;
 * ERR_LIMIT more than PE_MAX_SECTIONS sections. */
MUST_CHECK enum err pe_authenticode(struct slice file,
				    uint8_t out[static SHA384_LEN],
				    const char **why);

/* The sections in the order of their table. */
struct pe_sections {
	size_t n;
	struct pe_named {
		char name[9];        /* cut at 8, as it is in an executable */
		struct slice file;   /* its bytes in the file, maybe padded */
		uint32_t memory_len; /* VirtualSize: its bytes in memory */
	} s[PE_MAX_SECTIONS];
};

/* Errors: pe_authenticode's. */
MUST_CHECK enum err pe_sections(struct slice file, struct pe_sections *out,
				const char **why);

/* True when the file begins as a PE file does ("MZ"). */
bool pe_is(struct slice file);
#endif
