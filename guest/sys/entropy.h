/* entropy.h - whether keys may be made here. The host may starve or fake every
 * source but the processor's own, so that one has to be there and to move. */
#ifndef GUEST_SYS_ENTROPY_H
#define GUEST_SYS_ENTROPY_H

#include "lib/bytes.h"

enum {
	ENTROPY_DRAWS = 16
};

/* Whether n draws of a generator look alive: no value twice, none of them all
 * zeros or all ones. A good 64-bit generator fails this once in 2^56 boots. */
bool entropy_alive(const uint64_t *draws, size_t n);

/* ERR_RANDOM unless the processor has RDRAND (CPUID leaf 1, ECX bit 30), it
 * answers each of ENTROPY_DRAWS draws within ten tries (Intel SDM volume 1,
 * 7.3.17), these are alive, and getrandom(2) is seeded before deadline_ms. */
MUST_CHECK enum err entropy_check(int64_t deadline_ms);
#endif
