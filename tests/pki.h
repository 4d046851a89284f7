/* pki.h - a CA and a server certificate for tests that speak TLS, made afresh
 * from a fixed seed. */
#ifndef TESTS_PKI_H
#define TESTS_PKI_H

#include "lib/cert.h"
#include "lib/rng.h"
#include "lib/tls.h"
#include "tests/tap.h"

enum {
	PKI_NOW = 1767225600,
	PKI_DAY = 86400
}; /* 2026-01-01T00:00:00Z */

struct pki {
	struct rng rng;
	struct p256_key ca_key, key;
	uint8_t ca_der[1024], der[1024];
	size_t ca_len, len;
	struct tls_anchors anchors;
};

static inline void pki_cert(struct p256_key *signer, const char *issuer,
			    const struct p256_key *subject, const char *cn,
			    bool ca, const char *const *dns, int64_t now,
			    uint8_t *out, size_t *len)
{
	struct cert_spec spec = {
		.subject_cn = cn,
		.issuer_cn = issuer,
		.subject_pub = subject->pub,
		.signer = signer,
		.not_before = now - PKI_DAY,
		.not_after = now + PKI_DAY,
		.serial = { 1 },
		.is_ca = ca,
		.path_len = ca ? 0 : -1,
		.dns = dns,
	};
	struct wr w = wr_over(out, 1024);

	if (cert_write(&spec, &w) != ERR_OK)
		_exit(98);
	*len = w.len;
}

/* A CA named `name`, and a certificate of it for localhost and 127.0.0.1 (as
 * text in a dNSName, which is where BearSSL looks), both valid a day each way
 * of now. */
static inline void pki_init_at(struct pki *p, const char *name, int64_t now)
{
	static const char *const dns[] = { "localhost", "127.0.0.1", NULL };
	char pem[2048];
	struct wr w = wr_over(pem, sizeof pem);

	memset(p, 0, sizeof *p);
	rng_seeded(&p->rng, str_slice(name));
	if (p256_generate(rng_prng(&p->rng), &p->ca_key) != ERR_OK ||
	    p256_generate(rng_prng(&p->rng), &p->key) != ERR_OK)
		_exit(98);
	pki_cert(&p->ca_key, name, &p->ca_key, name, true, NULL, now, p->ca_der,
		 &p->ca_len);
	pki_cert(&p->ca_key, name, &p->key, "server", false, dns, now, p->der,
		 &p->len);
	pem_write(&w, "CERTIFICATE", (struct slice){ p->ca_der, p->ca_len });
	if (wr_end(&w) != ERR_OK ||
	    tls_anchors_add(&p->anchors, wr_slice(&w)) != ERR_OK)
		_exit(98);
}

static inline void pki_init(struct pki *p, const char *name)
{
	pki_init_at(p, name, PKI_NOW);
}

static inline struct tls_server_opts pki_server(struct pki *p)
{
	return (struct tls_server_opts){
		.key = &p->key,
		.chain_der = { { p->der, p->len }, { p->ca_der, p->ca_len } },
		.nchain = 2,
		.rng = rng_prng(&p->rng),
	};
}

static inline struct tls_client_opts pki_client(struct pki *p)
{
	return (struct tls_client_opts){
		.trust = TLS_TRUST_CA,
		.anchors = &p->anchors,
		.name = "localhost",
		.now_s = PKI_NOW,
		.rng = rng_prng(&p->rng),
	};
}
#endif
