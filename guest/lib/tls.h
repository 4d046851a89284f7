/* tls.h - TLS 1.2 over BearSSL, as an engine that is fed and drained by the
 * caller (httpc.h and serve.h do that over sockets). ECDHE only, AES-GCM and
 * ChaCha20-Poly1305, P-256 and X25519; servers use P-256 keys. Clients that
 * trust a public CA accept RSA chains as well. No renegotiation, no
 * compression, no session resumption, no client certificates. */
#ifndef GUEST_LIB_TLS_H
#define GUEST_LIB_TLS_H

#include <bearssl.h>

#include "lib/p256.h"

enum {
	TLS_MAX_ANCHORS = 4,
	TLS_MAX_CHAIN = 3
};

/* Trusted CAs, decoded from PEM and then only read; starts zeroed. Holds
 * pointers into itself: not to be moved or copied. */
struct tls_anchors {
	br_x509_trust_anchor ta[TLS_MAX_ANCHORS];
	size_t n;
	uint8_t mem[TLS_MAX_ANCHORS * 1024];
	size_t used;
	/* Set before the first is added, used instead of the two arrays: for
	 * hosts, which trust more CAs than the guest has room for. */
	struct {
		br_x509_trust_anchor *ta; /* NULL: none */
		size_t max;
		uint8_t *mem;
		size_t cap;
	} room;
};

/* Adds every certificate of the PEM text. ERR_MISSING: none in it; ERR_VALUE:
 * not PEM, not a certificate, or not a CA's; ERR_SPACE. After an error the
 * anchors that were there before are the only ones. */
MUST_CHECK enum err tls_anchors_add(struct tls_anchors *a, struct slice pem);

/* How a client decides about the server. */
enum tls_trust {
	TLS_TRUST_CA,    /* chain to anchors and name must match */
	TLS_TRUST_KEY,   /* the leaf's P-256 key must be the pinned one */
	TLS_TRUST_LEARN, /* any P-256 leaf: the caller binds peer_pub itself
			    by attestation before it sends anything secret */
};

struct tls_client_opts {
	enum tls_trust trust;
	const struct tls_anchors *anchors; /* TLS_TRUST_CA */
	const char *name; /* expected DNS name (or IPv4 text) for TLS_TRUST_CA,
			     and SNI when it is a name */
	const uint8_t *pin; /* P256_PUB_LEN, TLS_TRUST_KEY */
	int64_t now_s;      /* Unix seconds, to judge certificates by */
	const br_prng_class **rng;
};

struct tls_server_opts {
	const struct p256_key *key;
	struct slice chain_der[TLS_MAX_CHAIN]; /* leaf first */
	size_t nchain;
	const br_prng_class **rng;
};

enum {
	TLS_NAME_LEN = 255
};

/* Between BearSSL and its X.509 engine: decides by tls_trust and keeps the
 * leaf's key. */
struct tls_peer {
	const br_x509_class *vtable; /* first: BearSSL calls through it */
	enum tls_trust trust;
	char name[TLS_NAME_LEN + 1];
	uint8_t pin[P256_PUB_LEN];
	br_x509_minimal_context minimal; /* TLS_TRUST_CA */
	br_x509_decoder_context decoder; /* the others: the leaf */
	br_x509_pkey pkey;               /* the others: points to pub */
	bool past_leaf;
	uint8_t pub[P256_PUB_LEN];
	bool have_pub;
};

/* Its X.509 class, ready for one handshake (tls_trust.c). */
void tls_peer_init(struct tls_peer *p, const struct tls_client_opts *opts);

/* One connection: about 40 KiB with its buffers. Not to be moved or copied. */
struct tls {
	union {
		br_ssl_client_context client;
		br_ssl_server_context server;
	} u;
	br_ssl_engine_context *eng;
	struct tls_peer peer; /* clients */
	br_x509_certificate chain[TLS_MAX_CHAIN];
	br_ec_private_key skey; /* servers: points to skey_x */
	uint8_t skey_x[P256_PRIV_LEN];
	bool established; /* the handshake was completed */
	uint8_t iobuf[BR_SSL_BUFSIZE_BIDI];
};

/* opts' anchors and certificates must outlive the connection; the rest is
 * copied or used only here. Each connection draws its own seed from rng. An
 * option that cannot work (a CA client without a name, too long a name) is
 * found by the handshake, which then fails: never by trusting. */
void tls_client_init(struct tls *t, const struct tls_client_opts *opts);
void tls_server_init(struct tls *t, const struct tls_server_opts *opts);
void tls_done(struct tls *t); /* wipes all of it */

/* Pumps records: moves what it can between the socket and the engine, without
 * blocking; a bounded amount a call. *events always says what the socket must
 * be ready for before the next call is of use (poll's POLLIN|POLLOUT).
 * ERR_OK: the handshake is done, tls_read and tls_write may do something;
 * ERR_AGAIN: the handshake goes on; ERR_CLOSED: clean close, both sides done;
 * ERR_TRUNC: the stream ended without close_notify; ERR_TLS: tls_error says
 * why; ERR_IO. An alert that says why may still have been sent. */
MUST_CHECK enum err tls_pump(struct tls *t, int fd, short *events);

/* Application data, after the handshake. ERR_AGAIN when none is there / no
 * room. What is written is sent by tls_flush and the next pumps. */
MUST_CHECK enum err tls_read(struct tls *t, void *buf, size_t cap, size_t *n);
MUST_CHECK enum err tls_write(struct tls *t, const void *buf, size_t len,
			      size_t *n);
void tls_flush(struct tls *t);
void tls_close(struct tls *t); /* starts close_notify; keep pumping */

/* The server's leaf key once the handshake is done. ERR_STATE before that,
 * ERR_UNSUPP when the leaf's key is not a P-256 one (TLS_TRUST_CA only). */
MUST_CHECK enum err tls_peer_key(const struct tls *t,
				 uint8_t pub[static P256_PUB_LEN]);

/* Why the engine stopped, for a log line: "certificate not trusted". Fixed
 * texts only. */
const char *tls_error(const struct tls *t);
#endif
