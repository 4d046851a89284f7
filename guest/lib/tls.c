#include "lib/tls.h"

#include <arpa/inet.h>
#include <poll.h>
#include <string.h>

#include "lib/rng.h"
#include "lib/sock.h"

enum {
	/* Reads and writes of one tls_pump, so that a peer that sends without
	 * end cannot keep the caller from its other connections. */
	PUMP_STEPS = 16,
	SEED_LEN = 32,
	ECDSA_SUITES = 3, /* at the start of the list below */
};

/* ECDSA first: our own servers have no RSA keys. AES-GCM first: every processor
 * with TDX has instructions for it. */
static const uint16_t suites[] = {
	BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
	BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	BR_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
};

/* What clients and servers have in common. Instead of BearSSL's ready-made
 * profiles, which would link every cipher it has. */
static void engine_init(br_ssl_engine_context *eng, size_t nsuites,
			const br_prng_class **rng)
{
	uint8_t seed[SEED_LEN];

	br_ssl_engine_set_versions(eng, BR_TLS12, BR_TLS12);
	br_ssl_engine_set_suites(eng, suites, nsuites);
	br_ssl_engine_set_hash(eng, br_sha256_ID, &br_sha256_vtable);
	br_ssl_engine_set_hash(eng, br_sha384_ID, &br_sha384_vtable);
	br_ssl_engine_set_hash(eng, br_sha512_ID, &br_sha512_vtable);
	br_ssl_engine_set_prf_sha256(eng, &br_tls12_sha256_prf);
	br_ssl_engine_set_prf_sha384(eng, &br_tls12_sha384_prf);
	br_ssl_engine_set_default_aes_gcm(eng);
	br_ssl_engine_set_default_chapol(eng);
	br_ssl_engine_set_default_ecdsa(eng);
	br_ssl_engine_add_flags(eng, BR_OPT_NO_RENEGOTIATION);
	/* The caller's generator is the one source of randomness: without this
	 * BearSSL would look for the system's, which a sandboxed process must
	 * not open. */
	eng->rng_os_rand_done = 1;
	rng_bytes(rng, seed, sizeof seed);
	br_ssl_engine_inject_entropy(eng, seed, sizeof seed);
	wipe(seed, sizeof seed);
}

/* The name for SNI: RFC 6066 3 has no addresses in it. */
static const char *sni(const char *name)
{
	struct in_addr a;

	return name[0] != '\0' && inet_pton(AF_INET, name, &a) != 1 ? name
								    : NULL;
}

void tls_client_init(struct tls *t, const struct tls_client_opts *opts)
{
	br_ssl_client_context *cc = &t->u.client;
	bool ca = opts->trust == TLS_TRUST_CA;

	memset(t, 0, offsetof(struct tls, iobuf));
	br_ssl_client_zero(cc);
	t->eng = &cc->eng;
	engine_init(t->eng,
		    ca ? sizeof suites / sizeof suites[0] : ECDSA_SUITES,
		    opts->rng);
	if (ca)
		br_ssl_engine_set_default_rsavrfy(t->eng);
	tls_peer_init(&t->peer, opts);
	br_ssl_engine_set_x509(t->eng, &t->peer.vtable);
	br_ssl_engine_set_buffer(t->eng, t->iobuf, sizeof t->iobuf, 1);
	/* A failure is kept in the engine: tls_pump tells it. */
	(void)br_ssl_client_reset(cc, sni(t->peer.name), 0);
}

void tls_server_init(struct tls *t, const struct tls_server_opts *opts)
{
	br_ssl_server_context *sc = &t->u.server;
	size_t n = 0;

	memset(t, 0, offsetof(struct tls, iobuf));
	br_ssl_server_zero(sc);
	t->eng = &sc->eng;
	engine_init(t->eng, ECDSA_SUITES, opts->rng);
	br_ssl_engine_add_flags(t->eng, BR_OPT_ENFORCE_SERVER_PREFERENCES);
	for (; n < opts->nchain && n < TLS_MAX_CHAIN; n++) {
		/* BearSSL's type lacks a const; it only reads. */
		t->chain[n].data =
			(unsigned char *)(uintptr_t)opts->chain_der[n].ptr;
		t->chain[n].data_len = opts->chain_der[n].len;
	}
	memcpy(t->skey_x, opts->key->priv, sizeof t->skey_x);
	t->skey = (br_ec_private_key){ .curve = BR_EC_secp256r1,
				       .x = t->skey_x,
				       .xlen = sizeof t->skey_x };
	br_ssl_server_set_single_ec(sc, t->chain, n, &t->skey, BR_KEYTYPE_SIGN,
				    0, br_ssl_engine_get_ec(t->eng),
				    br_ecdsa_i31_sign_asn1);
	br_ssl_engine_set_buffer(t->eng, t->iobuf, sizeof t->iobuf, 1);
	(void)br_ssl_server_reset(sc);
}

void tls_done(struct tls *t)
{
	wipe(t, sizeof *t);
}

/* Both return ERR_AGAIN when the engine has nothing to move that way. */
static enum err send_records(struct tls *t, int fd)
{
	size_t len, n;
	const unsigned char *p = br_ssl_engine_sendrec_buf(t->eng, &len);
	enum err e;

	if (p == NULL)
		return ERR_AGAIN;
	e = sock_send(fd, p, len, &n);
	if (e == ERR_OK)
		br_ssl_engine_sendrec_ack(t->eng, n);
	return e;
}

static enum err recv_records(struct tls *t, int fd)
{
	size_t len, n;
	unsigned char *p = br_ssl_engine_recvrec_buf(t->eng, &len);
	enum err e;

	if (p == NULL)
		return ERR_AGAIN;
	e = sock_recv(fd, p, len, &n);
	if (e == ERR_OK)
		br_ssl_engine_recvrec_ack(t->eng, n);
	return e == ERR_CLOSED ? ERR_TRUNC : e;
}

/* Moves records until neither way has progress. */
static enum err move_records(struct tls *t, int fd)
{
	for (unsigned i = 0; i < PUMP_STEPS; i++) {
		enum err out = send_records(t, fd);
		enum err in = recv_records(t, fd);

		/* What has come in first: it may be the peer's last word. */
		if (in == ERR_AGAIN && out != ERR_OK)
			return out;
		if (in != ERR_OK && in != ERR_AGAIN)
			return in;
	}
	return ERR_AGAIN;
}

enum err tls_pump(struct tls *t, int fd, short *events)
{
	enum err e = move_records(t, fd);
	unsigned st = br_ssl_engine_current_state(t->eng);

	*events = (short)((st & BR_SSL_SENDREC ? POLLOUT : 0) |
			  (st & BR_SSL_RECVREC ? POLLIN : 0));
	if (st & BR_SSL_CLOSED)
		return br_ssl_engine_last_error(t->eng) == BR_ERR_OK
			       ? ERR_CLOSED
			       : ERR_TLS;
	if (e != ERR_OK && e != ERR_AGAIN)
		return e;
	if ((st & (BR_SSL_SENDAPP | BR_SSL_RECVAPP)) == 0)
		return ERR_AGAIN;
	t->established = true;
	return ERR_OK;
}

enum err tls_read(struct tls *t, void *buf, size_t cap, size_t *n)
{
	size_t len;
	const unsigned char *p = br_ssl_engine_recvapp_buf(t->eng, &len);

	if (p == NULL || cap == 0)
		return ERR_AGAIN;
	if (len > cap)
		len = cap;
	memcpy(buf, p, len);
	br_ssl_engine_recvapp_ack(t->eng, len);
	*n = len;
	return ERR_OK;
}

enum err tls_write(struct tls *t, const void *buf, size_t len, size_t *n)
{
	size_t room;
	unsigned char *p = br_ssl_engine_sendapp_buf(t->eng, &room);

	if (p == NULL || len == 0)
		return ERR_AGAIN;
	if (len > room)
		len = room;
	memcpy(p, buf, len);
	br_ssl_engine_sendapp_ack(t->eng, len);
	*n = len;
	return ERR_OK;
}

void tls_flush(struct tls *t)
{
	br_ssl_engine_flush(t->eng, 0);
}

void tls_close(struct tls *t)
{
	size_t len;

	br_ssl_engine_close(t->eng);
	/* What the peer still says has no reader, and would keep the engine
	 * from seeing its close_notify. */
	while (br_ssl_engine_recvapp_buf(t->eng, &len) != NULL)
		br_ssl_engine_recvapp_ack(t->eng, len);
}

enum err tls_peer_key(const struct tls *t, uint8_t pub[static P256_PUB_LEN])
{
	if (!t->established)
		return ERR_STATE;
	if (!t->peer.have_pub)
		return ERR_UNSUPP;
	memcpy(pub, t->peer.pub, P256_PUB_LEN);
	return ERR_OK;
}

const char *tls_error(const struct tls *t)
{
	/* clang-format off */
	static const struct {
		int code;
		const char *text;
	} texts[] = {
		{ BR_ERR_OK, "no error" },
		{ BR_ERR_UNSUPPORTED_VERSION, "no TLS version in common" },
		{ BR_ERR_BAD_VERSION, "not a TLS record" },
		{ BR_ERR_BAD_LENGTH, "bad record length" },
		{ BR_ERR_TOO_LARGE, "record too large" },
		{ BR_ERR_BAD_MAC, "bad record tag" },
		{ BR_ERR_NO_RANDOM, "no entropy" },
		{ BR_ERR_BAD_CIPHER_SUITE, "bad cipher suite" },
		{ BR_ERR_BAD_FINISHED, "bad Finished" },
		{ BR_ERR_BAD_SIGNATURE, "bad handshake signature" },
		{ BR_ERR_X509_EMPTY_CHAIN, "no certificate" },
		{ BR_ERR_X509_WRONG_KEY_TYPE, "certificate key is of the wrong type" },
		{ BR_ERR_X509_BAD_SIGNATURE, "bad certificate signature" },
		{ BR_ERR_X509_EXPIRED, "certificate not valid at this time" },
		{ BR_ERR_X509_DN_MISMATCH, "certificate chain names do not match" },
		{ BR_ERR_X509_BAD_SERVER_NAME, "certificate is for another name" },
		{ BR_ERR_X509_CRITICAL_EXTENSION, "unknown critical extension in certificate" },
		{ BR_ERR_X509_NOT_CA, "certificate issuer is not a CA" },
		{ BR_ERR_X509_WEAK_PUBLIC_KEY, "weak key in certificate" },
		{ BR_ERR_X509_NOT_TRUSTED, "certificate not trusted" },
	};
	/* clang-format on */
	int code = t->eng != NULL ? br_ssl_engine_last_error(t->eng) : 0;

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		if (texts[i].code == code)
			return texts[i].text;
	}
	if (code >= BR_ERR_SEND_FATAL_ALERT)
		return "handshake refused by us";
	if (code >= BR_ERR_RECV_FATAL_ALERT)
		return "refused by the peer (fatal alert)";
	return code >= BR_ERR_X509_INVALID_VALUE ? "malformed certificate"
						 : "TLS protocol error";
}
