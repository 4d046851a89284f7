/* TLS over a socket pair: what a client accepts, what it refuses and why, and
 * what happens to bytes that are not TLS. */
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include "tests/pki.h"

static struct pki pki, other;
static struct tls client, server;
static int fds[2];

static void pair(void)
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) != 0)
		_exit(97);
}

static void unpair(void)
{
	close(fds[0]);
	close(fds[1]);
	tls_done(&client);
	tls_done(&server);
}

/* Runs both ends until the client knows; the server's view in *s. */
static enum err handshake(enum err *s)
{
	enum err c = ERR_AGAIN;
	short ev;

	*s = ERR_AGAIN;
	for (int i = 0; i < 50 && (c == ERR_AGAIN || *s == ERR_AGAIN); i++) {
		if (c == ERR_AGAIN)
			c = tls_pump(&client, fds[0], &ev);
		if (*s == ERR_AGAIN)
			*s = tls_pump(&server, fds[1], &ev);
	}
	return c;
}

static enum err connect_with(const struct tls_client_opts *co,
			     const struct tls_server_opts *so, enum err *s)
{
	pair();
	tls_client_init(&client, co);
	tls_server_init(&server, so);
	return handshake(s);
}

/* One connection that must be refused by the client with this text. */
static void refused(const char *what, const struct tls_client_opts *co,
		    const struct tls_server_opts *so, const char *why)
{
	uint8_t pub[P256_PUB_LEN];
	enum err s;

	is_err(connect_with(co, so, &s), ERR_TLS, "refused: %s", what);
	if (!ok(strcmp(tls_error(&client), why) == 0, "because: %s", why))
		printf("#   got: %s\n", tls_error(&client));
	ok(s != ERR_OK, "the server has no session either");
	is_err(tls_peer_key(&client, pub), ERR_STATE, "no key to be had");
	unpair();
}

static void accepted(const char *what, const struct tls_client_opts *co,
		     const struct tls_server_opts *so)
{
	uint8_t pub[P256_PUB_LEN] = { 0 };
	enum err s;

	is_err(connect_with(co, so, &s), ERR_OK, "accepted: %s", what);
	is_err(s, ERR_OK, "by the server too");
	is_err(tls_peer_key(&client, pub), ERR_OK, "the server's key");
	ok(memcmp(pub, so->key->pub, sizeof pub) == 0, "is the right one");
	unpair();
}

static void test_trust_ca(void)
{
	struct tls_server_opts so = pki_server(&pki), evil = so;
	struct tls_client_opts co = pki_client(&pki), bad = co;

	accepted("CA and name", &co, &so);
	bad.name = "127.0.0.1";
	accepted("an address that the certificate has as a name", &bad, &so);
	bad.name = "LocalHost";
	accepted("a name in another case", &bad, &so);
	so.nchain = 1;
	accepted("a chain without its root", &co, &so);
	so.nchain = 2;
	bad.name = "example.com";
	refused("another name", &bad, &so, "certificate is for another name");
	bad.name = "127.0.0.2";
	refused("another address", &bad, &so,
		"certificate is for another name");
	bad.name = NULL;
	refused("no name to compare with", &bad, &so,
		"certificate is for another name");
	bad = co;
	bad.anchors = &other.anchors;
	refused("another CA", &bad, &so, "certificate not trusted");
	bad = co;
	bad.now_s = PKI_NOW + 2 * PKI_DAY;
	refused("expired", &bad, &so, "certificate not valid at this time");
	bad.now_s = PKI_NOW - 2 * PKI_DAY;
	refused("not yet valid", &bad, &so,
		"certificate not valid at this time");
	bad.now_s = 0;
	refused("no clock", &bad, &so, "certificate not valid at this time");
	evil.key = &other.key;
	refused("the certificate without its key", &co, &evil,
		"bad handshake signature");
	evil = so;
	evil.nchain = 0;
	is_err(connect_with(&co, &evil, &(enum err){ 0 }), ERR_TLS,
	       "refused: no certificate");
	unpair();
}

static void test_trust_key(void)
{
	struct tls_server_opts so = pki_server(&pki), evil = so;
	struct tls_client_opts co = pki_client(&pki), bad;

	co.trust = TLS_TRUST_KEY;
	co.pin = pki.key.pub;
	co.name = NULL;
	co.anchors = NULL;
	accepted("the pinned key", &co, &so);
	co.now_s = PKI_NOW + 1000 * PKI_DAY;
	accepted("at any time: the key is what counts", &co, &so);
	bad = co;
	bad.pin = other.key.pub;
	refused("another key", &bad, &so, "certificate not trusted");
	bad.pin = NULL;
	refused("no pin", &bad, &so, "certificate not trusted");
	bad.pin = pki.ca_key.pub;
	refused("the pinned key in another place of the chain", &bad, &so,
		"certificate not trusted");
	evil.key = &other.key;
	refused("the pinned certificate without its key", &co, &evil,
		"bad handshake signature");
}

static void test_trust_learn(void)
{
	struct tls_server_opts so = pki_server(&pki), evil = so;
	struct tls_client_opts co = pki_client(&other);

	co.trust = TLS_TRUST_LEARN;
	accepted("any P-256 key, to be judged later", &co, &so);
	evil.key = &other.key;
	refused("a certificate without its key", &co, &evil,
		"bad handshake signature");
	evil = so;
	evil.chain_der[0].len /= 2;
	is_err(connect_with(&co, &evil, &(enum err){ 0 }), ERR_TLS,
	       "refused: half a certificate");
	unpair();
}

/* Moves `want` bytes from one end to the other; true when they arrive whole. */
static bool transfer(struct tls *from, int from_fd, struct tls *to, int to_fd,
		     size_t want)
{
	static uint8_t out[200000], in[200000];
	size_t sent = 0, got = 0, n;
	short ev;

	for (size_t i = 0; i < want; i++)
		out[i] = (uint8_t)(i * 31 + i / 251);
	for (int i = 0; i < 10000 && got < want; i++) {
		while (tls_write(from, out + sent, want - sent, &n) == ERR_OK)
			sent += n;
		tls_flush(from);
		if (tls_pump(from, from_fd, &ev) != ERR_OK ||
		    tls_pump(to, to_fd, &ev) != ERR_OK)
			return false;
		while (tls_read(to, in + got, want - got, &n) == ERR_OK)
			got += n;
	}
	return got == want && memcmp(in, out, want) == 0;
}

static void test_data(void)
{
	struct tls_server_opts so = pki_server(&pki);
	struct tls_client_opts co = pki_client(&pki);
	enum err s;
	uint8_t b[4];
	size_t n;
	short ev;

	is_err(connect_with(&co, &so, &s), ERR_OK, "connected");
	is_err(tls_read(&client, b, sizeof b, &n), ERR_AGAIN,
	       "nothing to read");
	ok(transfer(&client, fds[0], &server, fds[1], 200000),
	   "200000 bytes up");
	ok(transfer(&server, fds[1], &client, fds[0], 200000),
	   "200000 bytes down");
	ok(transfer(&client, fds[0], &server, fds[1], 1), "one byte up");
	tls_close(&client);
	for (int i = 0; i < 10; i++) {
		(void)!tls_pump(&client, fds[0], &ev);
		s = tls_pump(&server, fds[1], &ev);
	}
	is_err(s, ERR_CLOSED, "the server sees a clean close");
	is_err(tls_pump(&client, fds[0], &ev), ERR_CLOSED, "the client too");
	is_err(tls_write(&server, b, sizeof b, &n), ERR_AGAIN,
	       "no writing after that");
	unpair();
	is_err(connect_with(&co, &so, &s), ERR_OK, "connected again");
	close(fds[0]);
	is_err(tls_pump(&server, fds[1], &ev), ERR_TRUNC,
	       "a bare end of the stream is no clean close");
	fds[0] = dup(fds[1]);
	unpair();
}

/* A flipped bit in any record after the handshake ends the session. */
static void test_tampering(void)
{
	struct tls_server_opts so = pki_server(&pki);
	struct tls_client_opts co = pki_client(&pki);
	uint8_t rec[256], b[8];
	enum err s;
	size_t n = 0;
	ssize_t len;
	short ev;

	is_err(connect_with(&co, &so, &s), ERR_OK, "connected");
	is_err(tls_write(&client, "secret", 6, &n), ERR_OK, "written");
	tls_flush(&client);
	is_err(tls_pump(&client, fds[0], &ev), ERR_OK, "sent");
	len = recv(fds[1], rec, sizeof rec, 0);
	ok(len > 6 && memmem(rec, (size_t)len, "secret", 6) == NULL,
	   "the record is encrypted");
	rec[len - 1] ^= 1;
	(void)!write(fds[0], rec, (size_t)len);
	is_err(tls_pump(&server, fds[1], &ev), ERR_TLS, "one bit flipped");
	ok(strcmp(tls_error(&server), "bad record tag") == 0, "is noticed");
	is_err(tls_read(&server, b, sizeof b, &n), ERR_AGAIN,
	       "and nothing of it is handed out");
	unpair();
}

static void test_garbage(void)
{
	struct tls_server_opts so = pki_server(&pki);
	struct rng r;
	bool stopped = true;

	rng_seeded(&r, str_slice("garbage"));
	for (int i = 0; i < 200; i++) {
		uint8_t junk[512] = { 0x16, 3, 3, 0, 200, 1, 0, 0, 196, 3, 3 };
		size_t from = (size_t)(i % 12);
		short ev;

		rng_bytes(rng_prng(&r), junk + from, sizeof junk - from);
		pair();
		tls_server_init(&server, &so);
		tls_client_init(&client, &(struct tls_client_opts){
						 .trust = TLS_TRUST_LEARN,
						 .rng = rng_prng(&r) });
		(void)!write(fds[0], junk, sizeof junk);
		stopped = stopped && tls_pump(&server, fds[1], &ev) != ERR_OK;
		(void)!write(fds[1], junk, sizeof junk);
		stopped = stopped && tls_pump(&client, fds[0], &ev) != ERR_OK;
		unpair();
	}
	ok(stopped, "200 random client and server hellos: no session");
}

/* Gives back what at_page_end has mapped. */
static void unmap(struct slice s)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	munmap((void *)((uintptr_t)s.ptr + s.len - page), 2 * page);
}

static void test_anchors(void)
{
	static struct tls_anchors a;
	char pem[8192];
	struct wr w = wr_over(pem, sizeof pem);
	struct slice ca = { pki.ca_der, pki.ca_len };
	size_t len;
	bool refused_all = true;

	pem_write(&w, "CERTIFICATE", ca);
	len = w.len;
	for (size_t i = 0; i + 1 < len; i++) {
		struct slice s = at_page_end(pem, i);
		enum err e = tls_anchors_add(&a, s);

		refused_all = refused_all && a.n == 0 &&
			      (e == ERR_VALUE || e == ERR_MISSING);
		unmap(s);
	}
	ok(refused_all, "every prefix of a PEM is refused");
	is_err(tls_anchors_add(&a, (struct slice){ w.buf, len - 1 }), ERR_OK,
	       "a last line without its newline");
	for (int i = 0; i < 3; i++)
		pem_write(&w, "CERTIFICATE", ca);
	is_err(tls_anchors_add(&a, wr_slice(&w)), ERR_SPACE, "a fifth anchor");
	ok(a.n == 1, "leaves the one that was there");
	w = wr_over(pem, sizeof pem);
	pem_write(&w, "CERTIFICATE", (struct slice){ pki.der, pki.len });
	is_err(tls_anchors_add(&a, wr_slice(&w)), ERR_VALUE, "not a CA's");
	w = wr_over(pem, sizeof pem);
	pem_write(&w, "EC PRIVATE KEY", ca);
	is_err(tls_anchors_add(&a, wr_slice(&w)), ERR_VALUE,
	       "not a certificate");
	is_err(tls_anchors_add(&a, str_slice("")), ERR_MISSING, "nothing");
}

/* A host's own room, used instead of the guest's, and no more than it is. */
static void test_anchor_room(void)
{
	static struct tls_anchors a;
	static br_x509_trust_anchor ta[6];
	static uint8_t mem[4096];
	char pem[8192];
	struct wr w = wr_over(pem, sizeof pem);

	a.room.ta = ta;
	a.room.max = 6;
	a.room.mem = mem;
	a.room.cap = sizeof mem;
	for (int i = 0; i < 6; i++)
		pem_write(&w, "CERTIFICATE",
			  (struct slice){ pki.ca_der, pki.ca_len });
	is_err(tls_anchors_add(&a, wr_slice(&w)), ERR_OK, "six anchors");
	ok(a.n == 6 && ta[5].dn.len > 0 && ta[5].dn.data >= mem &&
		   ta[5].dn.data < mem + sizeof mem && a.ta[0].dn.len == 0,
	   "lie in the room that was given");
	w.len /= 6;
	is_err(tls_anchors_add(&a, wr_slice(&w)), ERR_SPACE, "a seventh");
	a.n = 5;
	a.room.cap = a.used + 16;
	is_err(tls_anchors_add(&a, wr_slice(&w)), ERR_SPACE,
	       "no room for the name");
	ok(a.n == 5, "leaves those that were there");
}

int main(void)
{
	pki_init(&pki, "ca one");
	pki_init(&other, "ca two");
	test_anchors();
	test_anchor_room();
	test_trust_ca();
	test_trust_key();
	test_trust_learn();
	test_data();
	test_tampering();
	test_garbage();
	return tap_done();
}
