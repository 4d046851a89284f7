#include <bearssl.h>

#include "host-launcher/vm/pki_parts.h"
#include "lib/der.h"
#include "lib/digest.h"

enum {
	TBS_CAP = 1024,
	KEY_ID_LEN = 20,
	ECDSA_DER_CAP = 80
};

static const uint8_t oid_ecdsa_sha256[] = { 0x2a, 0x86, 0x48, 0xce,
					    0x3d, 0x04, 0x03, 0x02 };
static const uint8_t oid_crl_number[] = { 0x55, 0x1d, 0x14 };
static const uint8_t oid_crl_reason[] = { 0x55, 0x1d, 0x15 };
static const uint8_t oid_authority_key[] = { 0x55, 0x1d, 0x23 };

#define OID(a) ((struct slice){ (a), sizeof(a) })

static void algorithm(struct wr *w)
{
	size_t at = der_open(w, DER_SEQUENCE);

	der_put(w, DER_OID, OID(oid_ecdsa_sha256));
	der_close(w, at);
}

/* One revoked certificate, since thisUpdate, for key compromise. */
static void revoked(struct wr *w, const struct crl_spec *s)
{
	size_t list = der_open(w, DER_SEQUENCE);
	size_t entry = der_open(w, DER_SEQUENCE), exts, ext, value;
	const uint8_t key_compromise = 1;

	der_put(w, DER_INTEGER, s->revoked);
	der_put_time(w, s->this_update_s);
	exts = der_open(w, DER_SEQUENCE);
	ext = der_open(w, DER_SEQUENCE);
	der_put(w, DER_OID, OID(oid_crl_reason));
	value = der_open(w, DER_OCTET_STRING);
	der_put(w, DER_ENUMERATED, (struct slice){ &key_compromise, 1 });
	der_close(w, value);
	der_close(w, ext);
	der_close(w, exts);
	der_close(w, entry);
	der_close(w, list);
}

/* The identifier that cert.c gives the same key. */
static void authority_key(struct wr *w, const struct p256_key *k)
{
	uint8_t id[SHA256_LEN];
	size_t ext = der_open(w, DER_SEQUENCE), value, list;

	sha256((struct slice){ k->pub, sizeof k->pub }, id);
	der_put(w, DER_OID, OID(oid_authority_key));
	value = der_open(w, DER_OCTET_STRING);
	list = der_open(w, DER_SEQUENCE);
	der_put(w, DER_CONTEXT | 0, (struct slice){ id, KEY_ID_LEN });
	der_close(w, list);
	der_close(w, value);
	der_close(w, ext);
}

static void extensions(struct wr *w, const struct crl_spec *s)
{
	size_t tagged = der_open(w, DER_CONTEXT_CONS | 0);
	size_t list = der_open(w, DER_SEQUENCE);
	size_t ext = der_open(w, DER_SEQUENCE), value;

	der_put(w, DER_OID, OID(oid_crl_number));
	value = der_open(w, DER_OCTET_STRING);
	der_put_small(w, s->number);
	der_close(w, value);
	der_close(w, ext);
	authority_key(w, s->signer);
	der_close(w, list);
	der_close(w, tagged);
}

static void to_be_signed(struct wr *w, const struct crl_spec *s)
{
	size_t at = der_open(w, DER_SEQUENCE);

	der_put_small(w, 1); /* version 2 */
	algorithm(w);
	wr_bytes(w, s->issuer);
	der_put_time(w, s->this_update_s);
	der_put_time(w, s->next_update_s);
	if (s->revoked.len > 0)
		revoked(w, s);
	extensions(w, s);
	der_close(w, at);
}

enum err pki_crl(const struct crl_spec *spec, struct wr *out)
{
	uint8_t tbs_mem[TBS_CAP], digest[SHA256_LEN], sig[ECDSA_DER_CAP];
	struct wr tbs = wr_over(tbs_mem, sizeof tbs_mem);
	size_t at, sig_len;
	enum err e;

	to_be_signed(&tbs, spec);
	e = wr_end(&tbs);
	if (e != ERR_OK)
		return e;
	sha256(wr_slice(&tbs), digest);
	e = p256_sign(spec->signer, &br_sha256_vtable, digest, sig);
	if (e != ERR_OK)
		return e;
	sig_len = br_ecdsa_raw_to_asn1(sig, P256_SIG_LEN);
	at = der_open(out, DER_SEQUENCE);
	wr_bytes(out, wr_slice(&tbs));
	algorithm(out);
	der_put_bits(out, (struct slice){ sig, sig_len });
	der_close(out, at);
	return wr_end(out);
}
