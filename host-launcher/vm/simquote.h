/* simquote.h - writes TDX quotes, version 4, as a quoting enclave would: TD
 * report, signature by the attestation key, QE report, PCK chain. Pure.
 * Source: Intel TDX DCAP Quoting Library API, appendix A "Quote Format". */
#ifndef HOST_VM_SIMQUOTE_H
#define HOST_VM_SIMQUOTE_H

#include "host-launcher/vm/pki.h"
#include "lib/reportdata.h"
#include "measure/lib/quote.h"

/* What the TDX module knows of a TD. */
struct sim_td {
	uint8_t mrtd[SHA384_LEN];
	uint8_t rtmr[4][SHA384_LEN];
	uint64_t td_attributes; /* TD_ATTR_ bits */
	uint64_t xfam;
};

/* What Google's TDX VMs have: SEPT_VE_DISABLE alone; x87, SSE, AVX, AVX-512,
 * PKRU and AMX. */
#define SIM_TD_ATTRIBUTES TD_ATTR_SEPT_VE_DISABLE
#define SIM_XFAM          UINT64_C(0x600e7)

/* The attestation key of `keys` signs the quote, its PCK key the QE report.
 * Errors: ERR_SPACE (about 5 KiB are needed). */
MUST_CHECK enum err simquote(const struct pki_keys *keys, const struct pki *pki,
			     const struct sim_td *td,
			     const uint8_t reportdata[static REPORTDATA_LEN],
			     struct wr *out);
#endif
