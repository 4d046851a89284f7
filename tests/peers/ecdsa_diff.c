/* ecdsa_diff.c - ecdsa_diff CASES SEED: measure/lib/ecdsa.h against OpenSSL,
 * verdict by verdict. `make ecdsa-diff` runs a million; as it needs libssl-dev
 * and minutes, `make check` has tests/vectors/ecdsa.txt in its place.
 *
 * Signatures are made backwards, so that both scalars of u1 G + u2 Q are what a
 * case wants: r is the sum's x, s = r / u2, digest = u1 s. Half of the cases
 * then damage something. */
#include "measure/lib/ecdsa.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/rng.h"
#include "lib/text.h"

#define OPENSSL_API_COMPAT                                                     \
	0x10100000L /* EC_KEY: what does one thing at once                     \
		     */
#define ERR_STATE openssl_ERR_STATE
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/obj_mac.h>
#undef ERR_STATE

enum {
	PER_KEY = 16,
	BYTES = 32,
};

struct one {
	uint8_t pub[P256_PUB_LEN], digest[BYTES], sig[P256_SIG_LEN];
	size_t digest_len;
};

static const br_prng_class **rng;
static const EC_GROUP *group;
static BN_CTX *ctx;
static const BIGNUM *order;

/* What OpenSSL answers when it cannot go on: out of memory, or a mistake here.
 */
static void need(int good)
{
	if (good)
		return;
	fprintf(stderr, "ecdsa_diff: OpenSSL failed\n");
	abort();
}

static uint32_t upto(uint32_t n)
{
	uint8_t b[4];

	(*rng)->generate(rng, b, sizeof b);
	return ((uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 |
		(uint32_t)b[3] << 24) %
	       n;
}

/* 1 to order - 1: any; a small one; runs of equal bits; and their negatives. */
static void scalar(BIGNUM *out)
{
	uint32_t at = upto(BYTES);
	uint8_t b[BYTES];

	(*rng)->generate(rng, b, sizeof b);
	if (upto(4) == 0)
		memset(b + at, upto(2) != 0 ? 0xff : 0, upto(BYTES - at) + 1);
	if (upto(4) == 0)
		memset(b, 0, BYTES - 1 - upto(2));
	need(BN_bin2bn(b, sizeof b, out) != NULL &&
	     BN_nnmod(out, out, order, ctx) &&
	     (!BN_is_zero(out) || BN_one(out)));
	if (upto(4) == 0)
		need(BN_sub(out, order, out));
}

static EC_POINT *new_key(struct one *c)
{
	EC_POINT *q = EC_POINT_new(group);
	BIGNUM *d = BN_new();

	need(q != NULL && d != NULL);
	scalar(d);
	need(EC_POINT_mul(group, q, d, NULL, NULL, ctx) &&
	     EC_POINT_point2oct(group, q, POINT_CONVERSION_UNCOMPRESSED, c->pub,
				sizeof c->pub, ctx) == sizeof c->pub);
	BN_free(d);
	return q;
}

static void make(const EC_POINT *q, struct one *c)
{
	BIGNUM *u1 = BN_new(), *u2 = BN_new(), *r = BN_new(), *s = BN_new();
	EC_POINT *sum = EC_POINT_new(group);

	need(u1 && u2 && r && s && sum);
	scalar(u1);
	scalar(u2);
	if (upto(16) == 0)
		BN_zero(u1);
	need(EC_POINT_mul(group, sum, u1, q, u2, ctx));
	if (EC_POINT_is_at_infinity(group, sum))
		scalar(r); /* which must not verify */
	else
		need(EC_POINT_get_affine_coordinates(group, sum, r, NULL, ctx));
	need(BN_nnmod(r, r, order, ctx) &&
	     BN_mod_inverse(s, u2, order, ctx) != NULL &&
	     BN_mod_mul(s, s, r, order, ctx) &&
	     BN_mod_mul(u1, u1, s, order, ctx) &&
	     BN_bn2binpad(r, c->sig, BYTES) == BYTES &&
	     BN_bn2binpad(s, c->sig + BYTES, BYTES) == BYTES &&
	     BN_bn2binpad(u1, c->digest, BYTES) == BYTES);
	c->digest_len = BYTES;
	EC_POINT_free(sum);
	BN_free(u1);
	BN_free(u2);
	BN_free(r);
	BN_free(s);
}

/* order - v, v + order where it fits, a number near a modulus, or no change */
static void replace(uint8_t v[static BYTES])
{
	BIGNUM *n = BN_bin2bn(v, BYTES, NULL);

	need(n != NULL);
	switch (upto(3)) {
	case 0:
		need(BN_nnmod(n, n, order, ctx) && BN_sub(n, order, n));
		break;
	case 1:
		need(BN_add(n, n, order));
		break;
	default:
		need(BN_copy(n, upto(2) != 0 ? order
					     : EC_GROUP_get0_field(group)) &&
		     (upto(2) != 0 ? BN_add_word(n, upto(4))
				   : BN_sub_word(n, upto(4))));
	}
	if (BN_num_bits(n) <= 8 * BYTES)
		need(BN_bn2binpad(n, v, BYTES) == BYTES);
	BN_free(n);
}

static void damage(struct one *c)
{
	uint8_t *part[] = { c->sig, c->sig + BYTES, c->digest, c->pub + 1,
			    c->pub + 1 + BYTES };
	uint8_t *p = part[upto(sizeof part / sizeof part[0])];

	switch (upto(8)) {
	case 0:
		memset(p, 0, BYTES);
		break;
	case 1:
		c->digest_len = upto(BYTES);
		break;
	case 2:
		c->pub[0] ^= (uint8_t)(1u << upto(8));
		break;
	case 3:
	case 4:
		replace(p);
		break;
	default:
		p[upto(BYTES)] ^= (uint8_t)(1u << upto(8));
	}
}

/* The tag is looked at here: OpenSSL knows other forms of a key, too. */
static bool openssl_says(const struct one *c)
{
	EC_KEY *key = EC_KEY_new();
	EC_POINT *q = EC_POINT_new(group);
	ECDSA_SIG *sig = ECDSA_SIG_new();
	bool good;

	need(key && q && sig && EC_KEY_set_group(key, group) &&
	     ECDSA_SIG_set0(sig, BN_bin2bn(c->sig, BYTES, NULL),
			    BN_bin2bn(c->sig + BYTES, BYTES, NULL)));
	good = c->pub[0] == 4 &&
	       EC_POINT_oct2point(group, q, c->pub, sizeof c->pub, ctx) == 1 &&
	       EC_KEY_set_public_key(key, q) == 1 &&
	       ECDSA_do_verify(c->digest, (int)c->digest_len, sig, key) == 1;
	ECDSA_SIG_free(sig);
	EC_POINT_free(q);
	EC_KEY_free(key);
	return good;
}

static void print(const struct one *c, bool openssl)
{
	uint8_t text[512];
	struct wr w = wr_over(text, sizeof text);

	wr_hex(&w, (struct slice){ c->pub, sizeof c->pub });
	wr_str(&w, " ");
	wr_hex(&w, (struct slice){ c->digest, c->digest_len });
	wr_str(&w, " ");
	wr_hex(&w, (struct slice){ c->sig, sizeof c->sig });
	printf("differs %.*s openssl: %s\n", (int)w.len, (char *)text,
	       openssl ? "good" : "bad");
}

int main(int argc, char **argv)
{
	uint64_t cases, good = 0, differ = 0;
	EC_POINT *q = NULL;
	struct one key, c;
	struct rng seeded;

	if (argc != 3 ||
	    u64_parse(str_slice(argv[1]), UINT32_MAX, &cases) != ERR_OK) {
		fprintf(stderr, "usage: ecdsa_diff CASES SEED\n");
		return 2;
	}
	rng_seeded(&seeded, str_slice(argv[2]));
	rng = rng_prng(&seeded);
	group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	ctx = BN_CTX_new();
	need(group != NULL && ctx != NULL);
	order = EC_GROUP_get0_order(group);
	for (uint64_t i = 0; i < cases; i++) {
		bool theirs, ours;

		if (i % PER_KEY == 0) {
			EC_POINT_free(q);
			q = new_key(&key);
		}
		c = key;
		make(q, &c);
		if (upto(2) == 0)
			damage(&c);
		theirs = openssl_says(&c);
		ours = ecdsa_verify(c.pub, c.digest, c.digest_len, c.sig) ==
		       ERR_OK;
		good += theirs;
		differ += ours != theirs;
		if (ours != theirs)
			print(&c, theirs);
	}
	EC_POINT_free(q);
	printf("ecdsa_diff: %llu cases, %llu good, %llu differ\n",
	       (unsigned long long)cases, (unsigned long long)good,
	       (unsigned long long)differ);
	return differ != 0 || good == 0 || good == cases;
}
