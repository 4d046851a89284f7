/* decimal.h - fixed-point decimals with eight places in 64 bits: prices,
 * quantities, fees and profit. Range +-92,233,720,368.54775807. Products are
 * taken in 128 bits and rounded as the caller says; overflow is an error. */
#ifndef GUEST_LIB_DECIMAL_H
#define GUEST_LIB_DECIMAL_H

#include "lib/bytes.h"

struct dec {
	int64_t e8; /* value * 10^8 */
};

enum dec_round {
	DEC_DOWN, /* towards zero */
	DEC_UP,   /* away from zero */
	DEC_HALF_EVEN
};

enum {
	DEC_ONE = 100000000,
	DEC_TEXT_LEN = 24
};

/* "-12.34": optional minus, digits, optional point and one to eight digits; no
 * exponent, no plus, no leading zeros. Places after the eighth must be zeros.
 * ERR_VALUE otherwise, ERR_LIMIT out of range. */
MUST_CHECK enum err dec_parse(struct slice in, struct dec *out);

/* Shortest form ("0.5", "-3", "0"), the only spelling in canonical JSON. */
void dec_format(struct dec v, char out[static DEC_TEXT_LEN]);

MUST_CHECK enum err dec_add(struct dec a, struct dec b, struct dec *out);
MUST_CHECK enum err dec_sub(struct dec a, struct dec b, struct dec *out);
MUST_CHECK enum err dec_mul(struct dec a, struct dec b, enum dec_round how,
			    struct dec *out);
/* ERR_VALUE when b is zero. */
MUST_CHECK enum err dec_div(struct dec a, struct dec b, enum dec_round how,
			    struct dec *out);

/* The multiple of step (> 0) next to v in the given direction. */
MUST_CHECK enum err dec_step(struct dec v, struct dec step, enum dec_round how,
			     struct dec *out);

int dec_cmp(struct dec a, struct dec b); /* -1, 0, 1 */
struct dec dec_neg(struct dec a);
struct dec dec_min(struct dec a, struct dec b);
struct dec dec_max(struct dec a, struct dec b);
#endif
