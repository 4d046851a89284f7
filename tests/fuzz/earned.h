/* earned.h - no input makes a parser take more than 64 KiB of memory that it
 * has not earned: 48 bytes for each byte that it has. The dearest document is
 * [0,0,...], 80 bytes a value in guest/lib/json.h; tables beside the JSON make
 * the rest. Nothing is ever sized by a length that an input only claims. */
#ifndef TESTS_FUZZ_EARNED_H
#define TESTS_FUZZ_EARNED_H

#include "lib/json.h"

enum {
	EARNED_FREE = 64 * 1024,
	EARNED_A_BYTE = 48,
	EARNED_MAX_INPUT = 64 * 1024,
	EARNED_MAX_RESULT = 512 * 1024,
};

/* The arena that an input of len bytes has earned, over memory for the longest
 * one; for a longer input, as much as there is. result: bytes of the struct
 * that the parser fills there, whatever the input; mostly 0, the caller's. */
static inline struct arena earned_arena(size_t len, size_t result)
{
	static uint8_t memory[EARNED_MAX_RESULT + EARNED_FREE +
			      EARNED_A_BYTE * EARNED_MAX_INPUT];
	size_t cap = result + EARNED_FREE + EARNED_A_BYTE * len;

	return arena_over(memory, cap < sizeof memory ? cap : sizeof memory);
}

/* After each parse in such an arena, with its result: when there was not enough
 * the parser asked for more than the rule gives. */
static inline void must_be_earned(enum err e, size_t len)
{
	if (e == ERR_SPACE && len <= EARNED_MAX_INPUT)
		__builtin_trap();
}
#endif
