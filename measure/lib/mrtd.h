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

/* Bytes that go through the hash, for `make bench`. */
uint64_t mrtd_hashed_bytes(const struct tdvf *t);
#endif
