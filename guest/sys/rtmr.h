/* rtmr.h - RTMR3, the one register that this guest extends itself. Source: the
 * interface of Linux 6.16, Documentation/ABI/testing/sysfs-devices-virtual-
 * misc-tdx_guest, which our kernel patch and the sim driver offer on 6.12. */
#ifndef GUEST_SYS_RTMR_H
#define GUEST_SYS_RTMR_H

#include "lib/digest.h"

struct rtmr3 {
	const char *path; /* RTMR3_PATH (proto.h) */
	bool spent;
};

/* Extends the register with the digest: 48 bytes in one write. Only once, or
 * nobody could replay the register: ERR_STATE afterwards, also when the first
 * try failed, because it may have reached the register. ERR_MISSING: the kernel
 * offers no such file; ERR_IO. */
MUST_CHECK enum err rtmr3_extend(struct rtmr3 *r,
				 const uint8_t digest[static SHA384_LEN]);
#endif
