/* ecdsa_field.h - numbers of 256 bits, and P-256's two moduli: the field's
 * prime and the order of the base point. ecdsa.c's, and nobody else's: what is
 * here may take time that depends on the values.
 *
 * Products are Montgomery's: a * b / 2^256. A number is in Montgomery form when
 * it was multiplied by 2^256 before. */
#ifndef MEASURE_LIB_ECDSA_FIELD_H
#define MEASURE_LIB_ECDSA_FIELD_H

#include <stdbool.h>
#include <stdint.h>

/* ECDSA_PORTABLE: for the test of what other processors run. */
#if defined __x86_64__ && !defined ECDSA_PORTABLE
#include <immintrin.h>
#define ECDSA_INTRINSICS
#endif

#include "measure/lib/ecdsa_table.h"

__extension__ typedef unsigned __int128 u128;

/* ---- numbers of 256 bits, the lowest limb first ---- */

typedef struct ecdsa_u256 u256;

/* The field and the order of the base point. */
static const u256 prime = { { UINT64_MAX, 0xffffffff, 0, 0xffffffff00000001 } };
static const u256 order = { { 0xf3b9cac2fc632551, 0xbce6faada7179e84,
			      UINT64_MAX, 0xffffffff00000000 } };
/* -order^-1 mod 2^64; that of the prime is 1 */
static const uint64_t order_inv = 0xccd1c8aaee00bc4f;
/* 2^512 modulo each: brings a number into Montgomery form */
static const u256 prime_rr = { { 3, 0xfffffffbffffffff, 0xfffffffffffffffe,
				 0x4fffffffd } };
static const u256 order_rr = { { 0x83244c95be79eea2, 0x4699799c49bd6fa6,
				 0x2845b2392b6bec59, 0x66e12d94f3d95620 } };

static inline u256 from_bytes(const uint8_t b[static 32])
{
	u256 r;

	for (int i = 0; i < 4; i++) {
		uint64_t v = 0;

		for (int j = 0; j < 8; j++)
			v = v << 8 | b[24 - 8 * i + j];
		r.w[i] = v;
	}
	return r;
}

static inline bool is_zero(const u256 *a)
{
	return (a->w[0] | a->w[1] | a->w[2] | a->w[3]) == 0;
}

static inline bool equal(const u256 *a, const u256 *b)
{
	return ((a->w[0] ^ b->w[0]) | (a->w[1] ^ b->w[1]) |
		(a->w[2] ^ b->w[2]) | (a->w[3] ^ b->w[3])) == 0;
}

/* ---- limbs ---- */

typedef unsigned char bit; /* 0 or 1 */

/* *r = a + b + c, and the carry out of it. Compilers find the instructions for
 * this in the intrinsics alone. */
static inline bit add_limb(bit c, uint64_t a, uint64_t b, uint64_t *r)
{
#ifdef ECDSA_INTRINSICS
	unsigned long long sum;

	c = _addcarry_u64(c, a, b, &sum);
	*r = sum;
	return c;
#else
	u128 sum = (u128)a + b + c;

	*r = (uint64_t)sum;
	return (bit)(sum >> 64);
#endif
}

/* *r = a - b - c, and the borrow. */
static inline bit sub_limb(bit c, uint64_t a, uint64_t b, uint64_t *r)
{
#ifdef ECDSA_INTRINSICS
	unsigned long long diff;

	c = _subborrow_u64(c, a, b, &diff);
	*r = diff;
	return c;
#else
	u128 diff = (u128)a - b - c;

	*r = (uint64_t)diff;
	return (bit)(diff >> 64 & 1);
#endif
}

/* The low limb of a * b; *high is the other. */
static inline uint64_t mul_limb(uint64_t a, uint64_t b, uint64_t *high)
{
	u128 p = (u128)a * b;

	*high = (uint64_t)(p >> 64);
	return (uint64_t)p;
}

/* Written out, as all that follows: -O2 leaves loops as they are, and this is
 * where the time goes. */
static inline bit add_carry(u256 *r, const u256 *a, const u256 *b)
{
	bit c = add_limb(0, a->w[0], b->w[0], &r->w[0]);

	c = add_limb(c, a->w[1], b->w[1], &r->w[1]);
	c = add_limb(c, a->w[2], b->w[2], &r->w[2]);
	return add_limb(c, a->w[3], b->w[3], &r->w[3]);
}

static inline bit sub_borrow(u256 *r, const u256 *a, const u256 *b)
{
	bit c = sub_limb(0, a->w[0], b->w[0], &r->w[0]);

	c = sub_limb(c, a->w[1], b->w[1], &r->w[1]);
	c = sub_limb(c, a->w[2], b->w[2], &r->w[2]);
	return sub_limb(c, a->w[3], b->w[3], &r->w[3]);
}

static inline bool below(const u256 *a, const u256 *b)
{
	u256 d;

	return sub_borrow(&d, a, b) != 0;
}

/* ---- modulo m: arguments and results are below it ---- */

/* r = v, or v - m when that is not negative; top is v's fifth limb. No branch:
 * it would be taken every other time, which no processor can foresee. */
static inline void settle(u256 *r, const u256 *v, uint64_t top, const u256 *m)
{
	u256 less;
	uint64_t keep;

	(void)sub_limb(sub_borrow(&less, v, m), top, 0, &keep);
	r->w[0] = less.w[0] ^ ((less.w[0] ^ v->w[0]) & keep);
	r->w[1] = less.w[1] ^ ((less.w[1] ^ v->w[1]) & keep);
	r->w[2] = less.w[2] ^ ((less.w[2] ^ v->w[2]) & keep);
	r->w[3] = less.w[3] ^ ((less.w[3] ^ v->w[3]) & keep);
}

static inline void mod_add(u256 *r, const u256 *a, const u256 *b, const u256 *m)
{
	u256 sum;
	bit top = add_carry(&sum, a, b);

	settle(r, &sum, top, m);
}

static inline void mod_sub(u256 *r, const u256 *a, const u256 *b, const u256 *m)
{
	u256 diff, back;
	uint64_t mask = -(uint64_t)sub_borrow(&diff, a, b);

	back = (u256){ { m->w[0] & mask, m->w[1] & mask, m->w[2] & mask,
			 m->w[3] & mask } };
	(void)add_carry(r, &diff, &back);
}

/* t += a * b, and the carry out of five limbs. */
static inline bit add_product(uint64_t t[static 5], const u256 *a, uint64_t b)
{
	uint64_t h0, h1, h2, h3;
	u256 low = { { mul_limb(a->w[0], b, &h0), mul_limb(a->w[1], b, &h1),
		       mul_limb(a->w[2], b, &h2), mul_limb(a->w[3], b, &h3) } };
	bit c = add_limb(0, t[0], low.w[0], &t[0]);

	c = add_limb(c, t[1], low.w[1], &t[1]);
	c = add_limb(c, t[2], low.w[2], &t[2]);
	c = add_limb(c, t[3], low.w[3], &t[3]);
	(void)add_limb(c, h3, 0, &h3); /* it is at most 2^64 - 2 */
	c = add_limb(0, t[1], h0, &t[1]);
	c = add_limb(c, t[2], h1, &t[2]);
	c = add_limb(c, t[3], h2, &t[3]);
	return add_limb(c, t[4], h3, &t[4]);
}

/* t = (t + t[0] * p) / 2^64, which is whole: p = 2^256 - 2^224 + 2^192 + 2^96 -
 * 1. `top` is t's sixth limb. */
static inline void drop_limb(uint64_t t[static 5], uint64_t top)
{
	uint64_t m = t[0], high, low = mul_limb(m, prime.w[3], &high);
	bit c = add_limb(0, t[1], m << 32, &t[0]);

	c = add_limb(c, t[2], m >> 32, &t[1]);
	c = add_limb(c, t[3], low, &t[2]);
	c = add_limb(c, t[4], high, &t[3]);
	t[4] = top + c;
}

/* a * b / 2^256 modulo the prime. */
static inline void fmul(u256 *r, const u256 *a, const u256 *b)
{
	uint64_t t[5] = { 0 };
	u256 v;

	drop_limb(t, add_product(t, a, b->w[0]));
	drop_limb(t, add_product(t, a, b->w[1]));
	drop_limb(t, add_product(t, a, b->w[2]));
	drop_limb(t, add_product(t, a, b->w[3]));
	v = (u256){ { t[0], t[1], t[2], t[3] } };
	settle(r, &v, t[4], &prime);
}

/* t = a * a, where a product that occurs twice is made once. */
static inline void square(uint64_t t[static 8], const u256 *a)
{
	uint64_t a0 = a->w[0], a1 = a->w[1], a2 = a->w[2], a3 = a->w[3], p, q;
	bit c;

	/* a0 a1, a0 a2, a0 a3, a1 a3, a2 a3, then a1 a2 */
	t[1] = mul_limb(a0, a1, &t[2]);
	p = mul_limb(a0, a2, &t[3]);
	c = add_limb(0, t[2], p, &t[2]);
	p = mul_limb(a0, a3, &t[4]);
	c = add_limb(c, t[3], p, &t[3]);
	p = mul_limb(a1, a3, &t[5]);
	c = add_limb(c, t[4], p, &t[4]);
	p = mul_limb(a2, a3, &t[6]);
	c = add_limb(c, t[5], p, &t[5]);
	(void)add_limb(c, t[6], 0, &t[6]);
	p = mul_limb(a1, a2, &q);
	c = add_limb(0, t[3], p, &t[3]);
	c = add_limb(c, t[4], q, &t[4]);
	c = add_limb(c, t[5], 0, &t[5]);
	(void)add_limb(c, t[6], 0, &t[6]);
	/* twice that */
	t[7] = t[6] >> 63;
	t[6] = t[6] << 1 | t[5] >> 63;
	t[5] = t[5] << 1 | t[4] >> 63;
	t[4] = t[4] << 1 | t[3] >> 63;
	t[3] = t[3] << 1 | t[2] >> 63;
	t[2] = t[2] << 1 | t[1] >> 63;
	t[1] = t[1] << 1;
	/* a0 a0, a1 a1, a2 a2, a3 a3 */
	t[0] = mul_limb(a0, a0, &q);
	c = add_limb(0, t[1], q, &t[1]);
	p = mul_limb(a1, a1, &q);
	c = add_limb(c, t[2], p, &t[2]);
	c = add_limb(c, t[3], q, &t[3]);
	p = mul_limb(a2, a2, &q);
	c = add_limb(c, t[4], p, &t[4]);
	c = add_limb(c, t[5], q, &t[5]);
	p = mul_limb(a3, a3, &q);
	c = add_limb(c, t[6], p, &t[6]);
	(void)add_limb(c, t[7], q, &t[7]);
}

/* a * a / 2^256 modulo the prime. */
static inline void fsqr(u256 *r, const u256 *a)
{
	uint64_t t[8];
	u256 high, v;
	bit top;

	square(t, a);
	high = (u256){ { t[4], t[5], t[6], t[7] } };
	t[4] = 0;
	drop_limb(t, 0);
	drop_limb(t, 0);
	drop_limb(t, 0);
	drop_limb(t, 0);
	v = (u256){ { t[0], t[1], t[2], t[3] } };
	top = add_carry(&v, &v, &high);
	settle(r, &v, top, &prime);
}

/* The same modulo the order. */
static inline void drop_limb_order(uint64_t t[static 5], uint64_t top)
{
	bit c = add_product(t, &order, t[0] * order_inv);

	t[0] = t[1];
	t[1] = t[2];
	t[2] = t[3];
	t[3] = t[4];
	t[4] = top + c;
}

/* a * b / 2^256 modulo the order; a may be any number. */
static inline void nmul(u256 *r, const u256 *a, const u256 *b)
{
	uint64_t t[5] = { 0 };
	u256 v;

	drop_limb_order(t, add_product(t, a, b->w[0]));
	drop_limb_order(t, add_product(t, a, b->w[1]));
	drop_limb_order(t, add_product(t, a, b->w[2]));
	drop_limb_order(t, add_product(t, a, b->w[3]));
	v = (u256){ { t[0], t[1], t[2], t[3] } };
	settle(r, &v, t[4], &order);
}

#endif
