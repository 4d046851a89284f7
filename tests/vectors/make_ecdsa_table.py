#!/usr/bin/env python3
"""make_ecdsa_table.py - the odd multiples of P-256's base point in
measure/lib/ecdsa_table.h, from the curve's definition (SP 800-186) alone."""

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
G = (0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296,
     0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5)
WINDOW = 7


def add(a, b):
    if a == b:
        slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, P)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def limbs(v):
    v = v * 2**256 % P
    words = [f"0x{v >> 64 * i & 2**64 - 1:016x}" for i in range(4)]
    return ("{ { " + ", ".join(words[:2]) + ",\n\t      " +
            ", ".join(words[2:]) + " } }")


def main():
    print("""\
/* ecdsa_table.h - G, 3 G, 5 G, ... of P-256, coordinates in Montgomery form
 * (times 2^256 modulo the prime), the lowest limb first.
 * Made by tests/vectors/make_ecdsa_table.py. */
#ifndef MEASURE_LIB_ECDSA_TABLE_H
#define MEASURE_LIB_ECDSA_TABLE_H

#include <stdint.h>

enum {
	ECDSA_TABLE_WINDOW = %d, /* digits below 2^%d */
};

struct ecdsa_u256 {
	uint64_t w[4];
};

struct ecdsa_affine {
	struct ecdsa_u256 x, y;
};

/* clang-format off */
static const struct ecdsa_affine ecdsa_table[1 << (ECDSA_TABLE_WINDOW - 2)] = {"""
          % (WINDOW, WINDOW - 1))
    point, double = G, add(G, G)
    for _ in range(1 << (WINDOW - 2)):
        print(f"\t{{ {limbs(point[0])},\n\t  {limbs(point[1])} }},")
        point = add(point, double)
    print("};\n/* clang-format on */\n#endif")


main()
