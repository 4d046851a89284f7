/* Whom a client trusts: the anchors, and the X.509 class between BearSSL's
 * handshake and its certificate engines. */
#include <string.h>

#include "lib/cert.h"
#include "lib/tls.h"

enum {
	MAX_CA_DER = 4096,
	DAYS_TO_1970 = 719528,
	DAY_S = 86400
};

/* A certificate on its way to an anchor. */
struct anchor_reader {
	struct tls_anchors *a;
	bool full; /* its name did not fit */
};

static uint8_t *anchor_next(struct tls_anchors *a)
{
	return (a->room.ta != NULL ? a->room.mem : a->mem) + a->used;
}

static uint8_t *anchor_mem(struct tls_anchors *a, const void *p, size_t n)
{
	size_t cap = a->room.ta != NULL ? a->room.cap : sizeof a->mem;
	uint8_t *at = anchor_next(a);

	if (n > cap - a->used)
		return NULL;
	memcpy(at, p, n);
	a->used += n;
	return at;
}

static void take_dn(void *ctx, const void *buf, size_t len)
{
	struct anchor_reader *r = ctx;

	if (anchor_mem(r->a, buf, len) == NULL)
		r->full = true;
}

static bool copy_key(struct tls_anchors *a, br_x509_pkey *k)
{
	if (k->key_type == BR_KEYTYPE_EC) {
		br_ec_public_key *ec = &k->key.ec;

		ec->q = anchor_mem(a, ec->q, ec->qlen);
		return ec->q != NULL;
	}
	br_rsa_public_key *rsa = &k->key.rsa;

	rsa->n = anchor_mem(a, rsa->n, rsa->nlen);
	rsa->e = anchor_mem(a, rsa->e, rsa->elen);
	return rsa->n != NULL && rsa->e != NULL;
}

static enum err add_der(struct tls_anchors *a, struct slice der)
{
	struct anchor_reader r = { .a = a };
	br_x509_trust_anchor ta = { .flags = BR_X509_TA_CA };
	br_x509_decoder_context dec;
	const br_x509_pkey *k;

	if (a->n == (a->room.ta != NULL ? a->room.max : TLS_MAX_ANCHORS))
		return ERR_SPACE;
	ta.dn.data = anchor_next(a);
	br_x509_decoder_init(&dec, take_dn, &r);
	br_x509_decoder_push(&dec, der.ptr, der.len);
	k = br_x509_decoder_get_pkey(&dec);
	if (k == NULL || !br_x509_decoder_isCA(&dec))
		return ERR_VALUE;
	ta.dn.len = (size_t)(anchor_next(a) - ta.dn.data);
	ta.pkey = *k;
	if (r.full || !copy_key(a, &ta.pkey))
		return ERR_SPACE;
	(a->room.ta != NULL ? a->room.ta : a->ta)[a->n++] = ta;
	return ERR_OK;
}

static enum err add_block(struct tls_anchors *a, struct slice pem)
{
	uint8_t buf[MAX_CA_DER];
	struct wr der = wr_over(buf, sizeof buf);
	enum err e = pem_read(pem, "CERTIFICATE", &der);

	if (e == ERR_OK)
		e = add_der(a, wr_slice(&der));
	return e == ERR_MISSING ? ERR_VALUE : e; /* an END without its BEGIN */
}

static enum err add_all(struct tls_anchors *a, struct slice pem)
{
	static const char end[] = "-----END CERTIFICATE-----";
	static const char begin[] = "-----BEGIN";
	const uint8_t *p;
	size_t n = a->n;

	while ((p = memmem(pem.ptr, pem.len, end, sizeof end - 1)) != NULL) {
		size_t len = (size_t)(p - pem.ptr) + sizeof end - 1;
		enum err e = add_block(a, (struct slice){ pem.ptr, len });

		if (e != ERR_OK)
			return e;
		pem = (struct slice){ pem.ptr + len, pem.len - len };
	}
	if (memmem(pem.ptr, pem.len, begin, sizeof begin - 1) != NULL)
		return ERR_VALUE; /* cut off, or something else */
	return a->n > n ? ERR_OK : ERR_MISSING;
}

enum err tls_anchors_add(struct tls_anchors *a, struct slice pem)
{
	size_t n = a->n, used = a->used;
	enum err e = pem.len > 0 ? add_all(a, pem) : ERR_MISSING;

	if (e != ERR_OK) {
		a->n = n;
		a->used = used;
	}
	return e;
}

static struct tls_peer *peer_of(const br_x509_class **ctx)
{
	return (struct tls_peer *)(void *)ctx;
}

/* The handshake's server name is left aside: it is the one for SNI, and empty
 * for an address. */
static void peer_start_chain(const br_x509_class **ctx, const char *name)
{
	struct tls_peer *p = peer_of(ctx);

	(void)name;
	p->past_leaf = p->have_pub = false;
	if (p->trust == TLS_TRUST_CA)
		p->minimal.vtable->start_chain(&p->minimal.vtable, p->name);
	else
		br_x509_decoder_init(&p->decoder, NULL, NULL);
}

static void peer_start_cert(const br_x509_class **ctx, uint32_t length)
{
	struct tls_peer *p = peer_of(ctx);

	if (p->trust == TLS_TRUST_CA)
		p->minimal.vtable->start_cert(&p->minimal.vtable, length);
}

static void peer_append(const br_x509_class **ctx, const unsigned char *buf,
			size_t len)
{
	struct tls_peer *p = peer_of(ctx);

	if (p->trust == TLS_TRUST_CA)
		p->minimal.vtable->append(&p->minimal.vtable, buf, len);
	else if (!p->past_leaf)
		br_x509_decoder_push(&p->decoder, buf, len);
}

static void peer_end_cert(const br_x509_class **ctx)
{
	struct tls_peer *p = peer_of(ctx);

	if (p->trust == TLS_TRUST_CA)
		p->minimal.vtable->end_cert(&p->minimal.vtable);
	p->past_leaf = true;
}

static bool keep_p256(struct tls_peer *p, const br_x509_pkey *k)
{
	if (k == NULL || k->key_type != BR_KEYTYPE_EC ||
	    k->key.ec.curve != BR_EC_secp256r1 ||
	    k->key.ec.qlen != sizeof p->pub)
		return false;
	memcpy(p->pub, k->key.ec.q, sizeof p->pub);
	p->have_pub = true;
	return true;
}

/* BearSSL takes a missing name for "any name"; here it is nobody's. */
static unsigned end_chain_ca(struct tls_peer *p)
{
	unsigned r = p->minimal.vtable->end_chain(&p->minimal.vtable);

	if (r == 0 && p->name[0] == '\0')
		r = BR_ERR_X509_BAD_SERVER_NAME;
	if (r == 0)
		(void)keep_p256(p, p->minimal.vtable->get_pkey(
					   &p->minimal.vtable, NULL));
	return r;
}

static unsigned peer_end_chain(const br_x509_class **ctx)
{
	struct tls_peer *p = peer_of(ctx);

	if (p->trust == TLS_TRUST_CA)
		return end_chain_ca(p);
	if (!p->past_leaf)
		return BR_ERR_X509_EMPTY_CHAIN;
	if (br_x509_decoder_last_error(&p->decoder) != 0)
		return (unsigned)br_x509_decoder_last_error(&p->decoder);
	if (!keep_p256(p, br_x509_decoder_get_pkey(&p->decoder)))
		return BR_ERR_X509_WRONG_KEY_TYPE;
	if (p->trust != TLS_TRUST_LEARN &&
	    !ct_eq(p->pub, p->pin, sizeof p->pub)) {
		p->have_pub = false;
		return BR_ERR_X509_NOT_TRUSTED;
	}
	p->pkey = (br_x509_pkey){ .key_type = BR_KEYTYPE_EC };
	p->pkey.key.ec = (br_ec_public_key){ .curve = BR_EC_secp256r1,
					     .q = p->pub,
					     .qlen = sizeof p->pub };
	return 0;
}

static const br_x509_pkey *peer_get_pkey(const br_x509_class *const *ctx,
					 unsigned *usages)
{
	const struct tls_peer *p = (const struct tls_peer *)(const void *)ctx;

	if (p->trust == TLS_TRUST_CA)
		return p->minimal.vtable->get_pkey(&p->minimal.vtable, usages);
	if (!p->have_pub)
		return NULL;
	if (usages != NULL)
		*usages = BR_KEYTYPE_SIGN;
	return &p->pkey;
}

static const br_x509_class peer_class = {
	sizeof(struct tls_peer), peer_start_chain, peer_start_cert, peer_append,
	peer_end_cert,           peer_end_chain,   peer_get_pkey,
};

static void minimal_init(br_x509_minimal_context *m,
			 const struct tls_client_opts *opts)
{
	/* Before 1970 nothing is valid, and neither is it in 1970. */
	int64_t now = opts->now_s > 0 ? opts->now_s : 0;
	const struct tls_anchors *a = opts->anchors;

	br_x509_minimal_init(m, &br_sha256_vtable,
			     a->room.ta != NULL ? a->room.ta : a->ta, a->n);
	br_x509_minimal_set_hash(m, br_sha256_ID, &br_sha256_vtable);
	br_x509_minimal_set_hash(m, br_sha384_ID, &br_sha384_vtable);
	br_x509_minimal_set_hash(m, br_sha512_ID, &br_sha512_vtable);
	br_x509_minimal_set_rsa(m, br_rsa_pkcs1_vrfy_get_default());
	br_x509_minimal_set_ecdsa(m, br_ec_get_default(),
				  br_ecdsa_vrfy_asn1_get_default());
	br_x509_minimal_set_time(m, (uint32_t)(now / DAY_S + DAYS_TO_1970),
				 (uint32_t)(now % DAY_S));
}

void tls_peer_init(struct tls_peer *p, const struct tls_client_opts *opts)
{
	memset(p, 0, sizeof *p);
	p->vtable = &peer_class;
	p->trust = opts->trust;
	if (opts->name != NULL && strlen(opts->name) <= TLS_NAME_LEN)
		memcpy(p->name, opts->name, strlen(opts->name) + 1);
	/* An unset pin stays all zeros, which no point is encoded as. */
	if (opts->pin != NULL)
		memcpy(p->pin, opts->pin, sizeof p->pin);
	if (opts->trust == TLS_TRUST_CA)
		minimal_init(&p->minimal, opts);
}
