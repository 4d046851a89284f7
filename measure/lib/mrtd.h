/* mrtd.h - MRTD, the measurement of what a TD starts with: a SHA-384 over the
 * records that TDH.MEM.PAGE.ADD and TDH.MR.EXTEND leave. It depends on the
 * firmware alone. Source: Intel TDX Module 1.5 ABI Specification, TDH.MEM.PAGE.
 * ADD, TDH.MR.EXTEND, TDH.MR.FINALIZE; confirmed by quotes from hardware. */
#ifndef MEASURE_LIB_MRTD_H
#define MEASURE_LIB_MRTD_H

#include "lib/digest.h"
#include "measure/lib/tdvf.h"

enum mrtd_order {
	/* each page is added and then extended: upstream Linux and QEMU, GCP */
	MRTD_SINGLE_PASS,
	/* all pages of a section are added, then all extended: Intel's
	   out-of-tree QEMU 6 to 8 */
	MRTD_TWO_PASS,
};

/* fw must be the image that t was parsed from. */
void mrtd(struct slice fw, const struct tdvf *t, enum mrtd_order order,
	  uint8_t out[static SHA384_LEN]);

/* As Google's hypervisor made it until 2024-11: one pass, every section is
 * extended whatever its attributes say, and the TD HOB's memory already holds
 * the list for the machine, so that MRTD depends on its memory_bytes. The
 * endorsements of that time list one MRTD a machine size. Errors: hob_write's.
 * Source: google/gce-tcb-verifier ("TDHOB bug"). */
MUST_CHECK enum err mrtd_google_old(struct slice fw, const struct tdvf *t,
				    uint64_t memory_bytes,
				    uint8_t out[static SHA384_LEN]);

/* Bytes that go through the hash, for `make bench`. */
uint64_t mrtd_hashed_bytes(const struct tdvf *t);
#endif
