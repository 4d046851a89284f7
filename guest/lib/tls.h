/* tls.h - TLS 1.2 over BearSSL, as an engine that is fed and drained by the
 * caller (httpc.h and serve.h do that over sockets). ECDHE only, AES-GCM and
 * ChaCha20-Poly1305, P-256 and X25519; servers use P-256 keys. Clients that
 * trust a public CA accept RSA chains as well. No renegotiation, no
 * compression, no session resumption, no client certificates. */
#ifndef GUEST_LIB_TLS_H
#define GUEST_LIB_TLS_H

#include <bearssl.h>

#include "lib/p256.h"

enum { TLS_MAX_ANCHORS = 4, TLS_MAX_CHAIN_DER = 4096 };

/* A trusted CA, decoded from PEM once and then only read. */
struct tls_anchors {
	br_x509_trust_anchor ta[TLS_MAX_ANCHORS];
	size_t n;
	uint8_t mem[TLS_MAX_ANCHORS * 1024];
	size_t used;
};

/* Adds every certificate of the PEM text. ERR_MISSING: none in it; ERR_VALUE;
 * ERR_SPACE. */
MUST_CHECK enum err tls_anchors_add(struct tls_anchors *a, struct slice pem);

/* How a client decides about the server. */
enum tls_trust {
	TLS_TRUST_CA,	 /* chain to anchors and name must match */
	TLS_TRUST_KEY,	 /* the leaf's P-256 key must be the pinned one */
	TLS_TRUST_LEARN, /* any P-256 leaf: the caller binds peer_pub itself
			    by attestation before it sends anything secret */
};

struct tls_client_opts {
	enum tls_trust trust;
	const struct tls_anchors *anchors; /* TLS_TRUST_CA */
	const char *name; /* expected DNS name (or IPv4 text) for TLS_TRUST_CA,
			     and SNI when it is a name */
	const uint8_t *pin; /* P256_PUB_LEN, TLS_TRUST_KEY */
	int64_t now_s;	    /* Unix seconds, to judge certificates by */
	const br_prng_class **rng;
};

struct tls_server_opts {
	const struct p256_key *key;
	struct slice chain_der[3]; /* leaf first */
	size_t nchain;
	const br_prng_class **rng;
};

/* One connection: about 40 KiB with its buffers. */
struct tls {
	union {
		br_ssl_client_context client;
		br_ssl_server_context server;
	} u;
	br_ssl_engine_context *eng;
	br_x509_minimal_context x509;
	struct tls_peer {
		const br_x509_class *vtable; /* ours, wraps x509 */
		struct tls *tls;
		br_x509_decoder_context dec;
		br_x509_pkey pkey; /* points into the two above */
		unsigned depth;
		bool have_pub;
	} peer;
	const struct tls_client_opts *copts;
	struct tls_client_opts copts_store;
	uint8_t pin[P256_PUB_LEN];
	uint8_t peer_pub[P256_PUB_LEN]; /* valid when peer.have_pub */
	br_x509_certificate chain[3];
	br_ec_private_key skey;
	uint8_t skey_x[P256_PRIV_LEN];
	uint8_t iobuf[BR_SSL_BUFSIZE_BIDI];
};

/* opts (anchors, rng) must outlive the connection; name and pin are copied or
 * used only here. */
void tls_client_init(struct tls *t, const struct tls_client_opts *opts);
void tls_server_init(struct tls *t, const struct tls_server_opts *opts);
void tls_done(struct tls *t); /* wipes keys */

/* Pumps records: moves what it can between the socket and the engine, without
 * blocking. ERR_OK: progress may be possible on the application side now;
 * ERR_AGAIN: waiting, *events says for what (poll's POLLIN|POLLOUT);
 * ERR_CLOSED: clean close; ERR_TLS: tls_error says why; ERR_IO. */
MUST_CHECK enum err tls_pump(struct tls *t, int fd, short *events);

/* Application data. ERR_AGAIN when none is there / no room. */
MUST_CHECK enum err tls_read(struct tls *t, void *buf, size_t cap, size_t *n);
MUST_CHECK enum err tls_write(struct tls *t, const void *buf, size_t len,
			      size_t *n);
void tls_flush(struct tls *t);
void tls_close(struct tls *t); /* starts close_notify; keep pumping */

/* The leaf's key once the handshake is done. ERR_STATE before that. */
MUST_CHECK enum err tls_peer_key(const struct tls *t,
				 uint8_t pub[static P256_PUB_LEN]);

/* Why the engine stopped, for a log line: "certificate not trusted". */
const char *tls_error(const struct tls *t);
#endif
