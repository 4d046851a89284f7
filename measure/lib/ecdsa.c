#include "measure/lib/ecdsa.h"

#include <string.h>

#include "measure/lib/ecdsa_field.h"

enum {
	WINDOW_Q = 5, /* digits of the key's scalar: odd, below 2^4 */
	WINDOW_G = ECDSA_TABLE_WINDOW,
	DIGITS = 257,
	TABLE_Q = 1 << (WINDOW_Q - 2),
};

static const u256 one = { { 1, 0, 0, 0 } };
/* 2^256 - p: 1 in the field's Montgomery form */
static const u256 prime_one = { { 1, 0xffffffff00000000, UINT64_MAX,
				  0xfffffffe } };
/* the curve's b in Montgomery form */
static const u256 curve_b = { { 0xd89cdf6229c4bddf, 0xacf005cd78843090,
				0xe5a220abf7212ed6, 0xdc30061d04874834 } };

/* 1 / a modulo the order, Montgomery form in and out: a^(order - 2), four bits
 * of the exponent at a time. */
static void ninv(u256 *r, const u256 *a)
{
	u256 power[16], x;
	u256 two = { { 2, 0, 0, 0 } }, e;

	(void)sub_borrow(&e, &order, &two);
	nmul(&power[0], &one, &order_rr);
	for (int i = 1; i < 16; i++)
		nmul(&power[i], &power[i - 1], a);
	x = power[0];
	for (int i = 63; i >= 0; i--) {
		for (int j = 0; j < 4; j++)
			nmul(&x, &x, &x);
		nmul(&x, &x, &power[e.w[i / 16] >> (i % 16 * 4) & 15]);
	}
	*r = x;
}

/* ---- points: Jacobian, coordinates in Montgomery form; infinity: z is 0 ----
 */

struct point {
	u256 x, y, z;
};

static void fadd(u256 *r, const u256 *a, const u256 *b)
{
	mod_add(r, a, b, &prime);
}

static void fsub(u256 *r, const u256 *a, const u256 *b)
{
	mod_sub(r, a, b, &prime);
}

/* a / 2 */
static void fhalf(u256 *r, const u256 *a)
{
	uint64_t odd = -(a->w[0] & 1);
	u256 even = { { prime.w[0] & odd, prime.w[1] & odd, prime.w[2] & odd,
			prime.w[3] & odd } };
	uint64_t top = add_carry(&even, &even, a);

	r->w[0] = even.w[0] >> 1 | even.w[1] << 63;
	r->w[1] = even.w[1] >> 1 | even.w[2] << 63;
	r->w[2] = even.w[2] >> 1 | even.w[3] << 63;
	r->w[3] = even.w[3] >> 1 | top << 63;
}

static void twice(struct point *p)
{
	u256 alpha, beta, t, u;

	fsqr(&t, &p->z);
	fadd(&alpha, &p->x, &t);
	fsub(&t, &p->x, &t);
	fmul(&alpha, &alpha, &t);
	fadd(&t, &alpha, &alpha);
	fadd(&alpha, &alpha, &t); /* 3 (x - z^2) (x + z^2) */
	fadd(&t, &p->y, &p->y);
	fmul(&p->z, &p->z, &t);
	fsqr(&t, &t);
	fmul(&beta, &p->x, &t); /* 4 x y^2 */
	fsqr(&u, &t);
	fhalf(&u, &u); /* 8 y^4 */
	fsqr(&t, &alpha);
	fsub(&t, &t, &beta);
	fsub(&p->x, &t, &beta);
	fsub(&t, &beta, &p->x);
	fmul(&t, &alpha, &t);
	fsub(&p->y, &t, &u);
}

/* What both additions end with: u1, s1 are p's coordinates over the common
 * denominator, h and r the differences from them, z the new z less h. */
static void join(struct point *p, const u256 *u1, const u256 *s1, const u256 *h,
		 const u256 *r, const u256 *z)
{
	u256 hh, hhh, v, t;

	fsqr(&hh, h);
	fmul(&hhh, &hh, h);
	fmul(&v, u1, &hh);
	fsqr(&t, r);
	fsub(&t, &t, &hhh);
	fsub(&t, &t, &v);
	fsub(&p->x, &t, &v);
	fsub(&v, &v, &p->x);
	fmul(&v, &v, r);
	fmul(&t, s1, &hhh);
	fsub(&p->y, &v, &t);
	fmul(&p->z, z, h);
}

/* p += q; negative: p -= q */
static void add(struct point *p, const struct point *q, bool negative)
{
	u256 qy = q->y, zz1, zz2, u1, u2, s1, s2, h, r, z;
	static const u256 zero;

	if (negative)
		fsub(&qy, &zero, &qy);
	if (is_zero(&q->z))
		return;
	if (is_zero(&p->z)) {
		*p = *q;
		p->y = qy;
		return;
	}
	fsqr(&zz1, &p->z);
	fsqr(&zz2, &q->z);
	fmul(&u1, &p->x, &zz2);
	fmul(&u2, &q->x, &zz1);
	fmul(&s1, &p->y, &q->z);
	fmul(&s1, &s1, &zz2);
	fmul(&s2, &qy, &p->z);
	fmul(&s2, &s2, &zz1);
	fsub(&h, &u2, &u1);
	fsub(&r, &s2, &s1);
	if (is_zero(&h) && is_zero(&r)) {
		twice(p);
		return;
	}
	fmul(&z, &p->z, &q->z);
	join(p, &u1, &s1, &h, &r, &z);
}

/* The same for a point of the table, whose z is 1. */
static void add_affine(struct point *p, const struct ecdsa_affine *q,
		       bool negative)
{
	u256 qy = q->y, zz, u2, s2, h, r;
	static const u256 zero;

	if (negative)
		fsub(&qy, &zero, &qy);
	if (is_zero(&p->z)) {
		*p = (struct point){ q->x, qy, prime_one };
		return;
	}
	fsqr(&zz, &p->z);
	fmul(&u2, &q->x, &zz);
	fmul(&s2, &qy, &p->z);
	fmul(&s2, &s2, &zz);
	fsub(&h, &u2, &p->x);
	fsub(&r, &s2, &p->y);
	if (is_zero(&h) && is_zero(&r)) {
		twice(p);
		return;
	}
	join(p, &p->x, &p->y, &h, &r, &p->z);
}

/* y^2 = x^3 - 3 x + b */
static bool on_curve(const struct point *p)
{
	u256 left, right, t;

	fsqr(&left, &p->y);
	fsqr(&right, &p->x);
	fmul(&right, &right, &p->x);
	fadd(&t, &p->x, &p->x);
	fadd(&t, &t, &p->x);
	fsub(&right, &right, &t);
	fadd(&right, &right, &curve_b);
	return equal(&left, &right);
}

static bool read_point(const uint8_t pub[static P256_PUB_LEN],
		       struct point *out)
{
	u256 x = from_bytes(pub + 1), y = from_bytes(pub + 33);

	if (pub[0] != 4 || !below(&x, &prime) || !below(&y, &prime))
		return false;
	fmul(&out->x, &x, &prime_rr);
	fmul(&out->y, &y, &prime_rr);
	out->z = prime_one;
	return on_curve(out);
}

/* ---- u1 * G + u2 * Q ---- */

/* n bits of k from `at` on, n < 64; above its top there are zeros. */
static unsigned bits_at(const u256 *k, int at, int n)
{
	unsigned v = 0;

	for (int i = 0; i < n && at + i < 256; i++)
		v |= (unsigned)(k->w[(at + i) / 64] >> ((at + i) % 64) & 1)
		     << i;
	return v;
}

/* Digits that sum up to k, digit i worth 2^i: zero, or odd and of less than
 * `window` bits with a sign; between two of them are window - 1 zeros. */
static void recode(const u256 *k, int window, int8_t out[static DIGITS])
{
	unsigned carry = 0;
	int at = 0;

	memset(out, 0, DIGITS);
	while (at < DIGITS) {
		int n = DIGITS - at < window ? DIGITS - at : window;
		unsigned v;

		if (bits_at(k, at, 1) == carry) {
			at++;
			continue;
		}
		v = bits_at(k, at, n) + carry;
		carry = v >> (window - 1) & 1;
		out[at] = (int8_t)((int)v - (int)(carry << window));
		at += n;
	}
}

static void odd_multiples(const struct point *q,
			  struct point out[static TABLE_Q])
{
	struct point two = *q;

	twice(&two);
	out[0] = *q;
	for (int i = 1; i < TABLE_Q; i++) {
		out[i] = out[i - 1];
		add(&out[i], &two, false);
	}
}

static void mul_add(const u256 *u1, const u256 *u2, const struct point *q,
		    struct point *out)
{
	struct point table[TABLE_Q], r = { 0 };
	int8_t of_g[DIGITS], of_q[DIGITS];

	recode(u1, WINDOW_G, of_g);
	recode(u2, WINDOW_Q, of_q);
	odd_multiples(q, table);
	for (int i = DIGITS - 1; i >= 0; i--) {
		int g = of_g[i], n = of_q[i];

		twice(&r);
		if (n != 0)
			add(&r, &table[(n < 0 ? -n : n) / 2], n < 0);
		if (g != 0)
			add_affine(&r, &ecdsa_table[(g < 0 ? -g : g) / 2],
				   g < 0);
	}
	*out = r;
}

/* ---- signatures ---- */

/* Is p's x coordinate r modulo the order? There may be two such. */
static bool x_is(const struct point *p, u256 r)
{
	u256 zz, want;

	if (is_zero(&p->z))
		return false;
	fsqr(&zz, &p->z);
	for (;;) {
		fmul(&want, &r, &prime_rr);
		fmul(&want, &want, &zz);
		if (equal(&want, &p->x))
			return true;
		if (add_carry(&r, &r, &order) != 0 || !below(&r, &prime))
			return false;
	}
}

enum err ecdsa_verify(const uint8_t pub[static P256_PUB_LEN],
		      const void *digest, size_t digest_len,
		      const uint8_t sig[static P256_SIG_LEN])
{
	u256 r = from_bytes(sig), s = from_bytes(sig + 32), u1, u2, inv;
	uint8_t z[32] = { 0 };
	struct point q, sum;
	size_t n = digest_len < sizeof z ? digest_len : sizeof z;

	if (!read_point(pub, &q) || is_zero(&r) || !below(&r, &order) ||
	    is_zero(&s) || !below(&s, &order))
		return ERR_SIGNATURE;
	if (n > 0) /* else digest may be NULL */
		memcpy(z + sizeof z - n, digest, n);
	u1 = from_bytes(z);
	nmul(&inv, &s, &order_rr);
	ninv(&inv, &inv);
	nmul(&u1, &u1, &inv); /* out of Montgomery form again */
	nmul(&u2, &r, &inv);
	mul_add(&u1, &u2, &q, &sum);
	return x_is(&sum, r) ? ERR_OK : ERR_SIGNATURE;
}

enum err ecdsa_verify_der(const uint8_t pub[static P256_PUB_LEN],
			  const void *digest, size_t digest_len,
			  struct slice sig)
{
	uint8_t raw[P256_SIG_LEN];
	enum err e = p256_signature_read(sig, raw);

	return e != ERR_OK ? e : ecdsa_verify(pub, digest, digest_len, raw);
}
