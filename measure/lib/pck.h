/* pck.h - what Intel's extension 1.2.840.113741.1.13.1 in a PCK certificate
 * says of the platform.
 * Source: Intel SGX PCK Certificate and CRL Profile 1.5, section 1.3.5. */
#ifndef MEASURE_LIB_PCK_H
#define MEASURE_LIB_PCK_H

#include "measure/lib/tcb.h"

/* commonName of the two CAs that issue PCK certificates. */
#define PCK_PLATFORM_CA  "Intel SGX PCK Platform CA"
#define PCK_PROCESSOR_CA "Intel SGX PCK Processor CA"

struct pck {
	uint8_t ppid[16];
	bool has_piid; /* by the PCK Platform CA */
	uint8_t piid[16];
	struct tcb_platform tcb;
	uint8_t cpusvn[16];
	uint8_t pceid[2];
	uint8_t fmspc[6];
};

/* ext: the extension's value (struct x509, sgx_ext). PPID, TCB, PCEID, FMSPC
 * and the SGX type (standard, scalable, scalable with integrity) are required;
 * platform instance id and configuration come together or not at all; nothing
 * comes twice, and nothing else. *out is written only on ERR_OK.
 * Errors: ERR_MISSING, ERR_DUPLICATE, ERR_TRUNC, ERR_EXTRA, ERR_VALUE. */
MUST_CHECK enum err pck_parse(struct slice ext, struct pck *out);
#endif
