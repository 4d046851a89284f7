#include "host-launcher/lib/identity.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "host-launcher/lib/file.h"
#include "lib/text.h"
#include "measure/lib/x509.h"

enum {
	DAY_S = 24 * 3600,
	CA_DAYS = 3650,
	SERVER_DAYS = 397,
	DER_MAX = 2048,
	PEM_MAX = 4096,
	NAME_LETTERS = 64 /* RFC 5280, ub-common-name */
};

/* One file of the state folder. */
static enum err put(const char *dir, const char *name, mode_t mode,
		    struct slice content)
{
	char path[PATH_CAP];
	enum err e = path_fmt(path, "%s/%s", dir, name);

	return e != ERR_OK ? e : file_write(path, mode, content);
}

static enum err get(const char *dir, const char *name, bool secret,
		    struct buf *out)
{
	char path[PATH_CAP];
	enum err e = path_fmt(path, "%s/%s", dir, name);

	if (e != ERR_OK)
		return e;
	return secret ? file_read_secret(path, PEM_MAX * 2, out)
		      : file_read(path, PEM_MAX * 2, out);
}

static enum err put_key(const char *dir, const char *name,
			const struct p256_key *k)
{
	uint8_t der[256], pem[512];
	struct wr d = wr_over(der, sizeof der), p = wr_over(pem, sizeof pem);
	enum err e = p256_key_write(k, &d);

	if (e == ERR_OK) {
		pem_write(&p, "EC PRIVATE KEY", wr_slice(&d));
		e = wr_end(&p);
	}
	if (e == ERR_OK)
		e = put(dir, name, 0600, wr_slice(&p));
	wipe(der, sizeof der);
	wipe(pem, sizeof pem);
	return e;
}

static enum err get_key(const char *dir, const char *name, struct p256_key *k)
{
	uint8_t der[256];
	struct wr d = wr_over(der, sizeof der);
	struct buf b = { 0 };
	enum err e = get(dir, name, true, &b);

	if (e == ERR_OK)
		e = pem_read(buf_slice(&b), "EC PRIVATE KEY", &d);
	if (e == ERR_OK)
		e = p256_key_read(wr_slice(&d), k);
	wipe(der, sizeof der);
	buf_free(&b);
	return e;
}

static void random_serial(const br_prng_class **rng, uint8_t serial[16])
{
	(*rng)->generate(rng, serial, 16);
	serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x40);
}

static enum err put_cert(const char *dir, const char *name,
			 const struct cert_spec *spec)
{
	uint8_t der[DER_MAX], pem[PEM_MAX];
	struct wr d = wr_over(der, sizeof der), p = wr_over(pem, sizeof pem);
	enum err e = cert_write(spec, &d);

	if (e != ERR_OK)
		return e;
	pem_write(&p, "CERTIFICATE", wr_slice(&d));
	e = wr_end(&p);
	return e != ERR_OK ? e : put(dir, name, 0644, wr_slice(&p));
}

static enum err make_ca_key(const char *dir, const br_prng_class **rng,
			    struct p256_key *ca)
{
	enum err e = p256_generate(rng, ca);

	return e != ERR_OK ? e : put_key(dir, "ca.key", ca);
}

static enum err make_ca_cert(const char *dir, const char *ca_cn, int64_t now_s,
			     const br_prng_class **rng,
			     const struct p256_key *ca)
{
	struct cert_spec spec = {
		.subject_cn = ca_cn,
		.issuer_cn = ca_cn,
		.signer = ca,
		.subject_pub = ca->pub,
		.not_before = now_s - DAY_S,
		.not_after = now_s + (int64_t)CA_DAYS * DAY_S,
		.is_ca = true,
		.path_len = 0,
	};

	random_serial(rng, spec.serial);
	return put_cert(dir, "ca.pem", &spec);
}

static enum err make_server(const char *dir, const char *ca_cn,
			    const char *const *names, int64_t now_s,
			    const br_prng_class **rng,
			    const struct p256_key *ca)
{
	const char *ipv4[IDENTITY_NAMES_MAX + 1] = { NULL };
	struct p256_key key;
	struct cert_spec spec = {
		.subject_cn = names[0],
		.issuer_cn = ca_cn,
		.signer = ca,
		.not_before = now_s - DAY_S,
		.not_after = now_s + (int64_t)SERVER_DAYS * DAY_S,
		.dns = names, /* addresses too: BearSSL compares texts */
		.ipv4 = ipv4,
	};
	enum err e = p256_generate(rng, &key);
	size_t n = 0;

	if (e != ERR_OK)
		return e;
	for (size_t i = 0; names[i] != NULL; i++) {
		struct in_addr a;

		if (inet_pton(AF_INET, names[i], &a) == 1)
			ipv4[n++] = names[i];
	}
	spec.subject_pub = key.pub;
	random_serial(rng, spec.serial);
	e = put_key(dir, "server.key", &key);
	if (e == ERR_OK)
		e = put_cert(dir, "server.pem", &spec);
	wipe(&key, sizeof key);
	return e;
}

bool identity_name_ok(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-._*";
	size_t n = strspn(name, letters);

	return n > 0 && n <= NAME_LETTERS && name[n] == '\0';
}

static bool exists(const char *dir, const char *name)
{
	struct buf b = { 0 };
	enum err e = get(dir, name, false, &b);

	buf_free(&b);
	return e != ERR_MISSING;
}

enum err identity_create(const char *dir, const char *ca_cn,
			 const char *const *names, bool renew, int64_t now_s,
			 const br_prng_class **rng, char *why, size_t why_len)
{
	struct p256_key ca = { 0 };
	enum err e = dir_make(dir, 0700);

	if (e == ERR_OK && !renew && exists(dir, "ca.pem")) {
		snprintf(why, why_len,
			 "%s holds a CA already, which guests have pinned; "
			 "use --renew for a new server certificate under it",
			 dir);
		return ERR_STATE;
	}
	if (e == ERR_OK)
		e = renew ? get_key(dir, "ca.key", &ca)
			  : make_ca_key(dir, rng, &ca);
	if (e == ERR_OK)
		e = make_server(dir, ca_cn, names, now_s, rng, &ca);
	if (e == ERR_OK && !renew)
		e = make_ca_cert(dir, ca_cn, now_s, rng, &ca);
	wipe(&ca, sizeof ca);
	if (e == ERR_MISSING)
		snprintf(why, why_len,
			 "%s/ca.key is not there: there is nothing to renew",
			 dir);
	else if (e == ERR_STATE)
		snprintf(why, why_len,
			 "%s/ca.key is readable by others: chmod 600", dir);
	else if (e != ERR_OK)
		snprintf(why, why_len, "cannot make the identity in %s: %s",
			 dir, err_text(e));
	return e;
}

static enum err load_cert(const char *dir, const char *name, struct wr *w,
			  struct slice *out)
{
	struct buf b = { 0 };
	size_t at = w->len;
	enum err e = get(dir, name, false, &b);

	if (e == ERR_OK)
		e = pem_read(buf_slice(&b), "CERTIFICATE", w);
	buf_free(&b);
	if (e == ERR_OK)
		*out = (struct slice){ w->buf + at, w->len - at };
	return e;
}

/* The certificate is the key's, and it is time for it. */
static enum err check_server(const struct identity *id, int64_t now_s)
{
	uint8_t pub[P256_PUB_LEN];
	struct x509 leaf;
	enum err e = cert_p256_pub(id->chain[0], pub);

	if (e == ERR_OK && !ct_eq(pub, id->server_key.pub, sizeof pub))
		e = ERR_MISMATCH;
	if (e == ERR_OK)
		e = x509_parse(id->chain[0], &leaf);
	if (e == ERR_OK && now_s > leaf.not_after_s)
		e = ERR_EXPIRED;
	return e;
}

enum err identity_load(const char *dir, int64_t now_s, struct identity *out,
		       char *why, size_t why_len)
{
	struct wr w = wr_over(out->chain_mem, sizeof out->chain_mem);
	const char *what = "server.key";
	enum err e = get_key(dir, what, &out->server_key);

	if (e == ERR_OK)
		e = load_cert(dir, what = "server.pem", &w, &out->chain[0]);
	if (e == ERR_OK)
		e = load_cert(dir, what = "ca.pem", &w, &out->chain[1]);
	if (e == ERR_OK) {
		what = "server.pem";
		e = check_server(out, now_s);
	}
	if (e == ERR_MISMATCH || e == ERR_EXPIRED)
		snprintf(why, why_len,
			 "%s/server.pem %s: make a new one under the same CA "
			 "with 'init --renew'",
			 dir,
			 e == ERR_EXPIRED ? "has expired"
					  : "is not of the key beside it");
	else if (e == ERR_MISSING)
		snprintf(why, why_len,
			 "%s/%s is not there: make it with this program's init "
			 "verb",
			 dir, what);
	else if (e == ERR_STATE)
		snprintf(why, why_len,
			 "a secret in %s is readable by others: chmod 600",
			 dir);
	else if (e != ERR_OK)
		snprintf(why, why_len, "%s/%s: %s", dir, what, err_text(e));
	return e;
}

void identity_done(struct identity *id)
{
	wipe(id, sizeof *id);
}
