#include "host-launcher/vm/pkistore.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "lib/cert.h"
#include "lib/json.h"

enum {
	KEY_DER_CAP = 256,
	KEY_PEM_CAP = 1024,
	TIMES_CAP = 256,
	TIMES_VERSION = 1,
};

#define KEY_LABEL "EC PRIVATE KEY"

/* When the certificates and when the collateral were issued: times.json. */
struct times {
	int64_t created_s, issued_s;
};

struct key_file {
	const char *name;
	struct p256_key *key;
};

enum {
	KEY_FILES = 5
};

static void key_files(struct pki_keys *k, struct key_file out[static KEY_FILES])
{
	const struct key_file all[KEY_FILES] = {
		{ "root.key", &k->root },
		{ "platform.key", &k->platform },
		{ "pck.key", &k->pck },
		{ "tcb.key", &k->tcb },
		{ "attestation.key", &k->attestation },
	};

	for (size_t i = 0; i < KEY_FILES; i++)
		out[i] = all[i];
}

enum err pki_store_dir(char out[static PATH_CAP])
{
	char root[PATH_CAP];
	enum err e = state_root(root);

	return e != ERR_OK ? e : path_fmt(out, "%s/sim-pki", root);
}

static enum err write_key(const char *dir, const struct key_file *f)
{
	uint8_t der_mem[KEY_DER_CAP], pem_mem[KEY_PEM_CAP];
	struct wr der = wr_over(der_mem, sizeof der_mem);
	struct wr pem = wr_over(pem_mem, sizeof pem_mem);
	char path[PATH_CAP];
	enum err e = path_fmt(path, "%s/%s", dir, f->name);

	if (e == ERR_OK)
		e = p256_key_write(f->key, &der);
	if (e == ERR_OK) {
		pem_write(&pem, KEY_LABEL, wr_slice(&der));
		e = wr_end(&pem);
	}
	if (e == ERR_OK)
		e = file_write(path, 0600, wr_slice(&pem));
	wipe(der_mem, sizeof der_mem);
	wipe(pem_mem, sizeof pem_mem);
	return e;
}

static enum err read_key(const char *dir, const struct key_file *f)
{
	uint8_t der_mem[KEY_DER_CAP];
	struct wr der = wr_over(der_mem, sizeof der_mem);
	struct buf pem = { 0 };
	char path[PATH_CAP];
	enum err e = path_fmt(path, "%s/%s", dir, f->name);

	if (e == ERR_OK)
		e = file_read_secret(path, KEY_PEM_CAP, &pem);
	if (e == ERR_OK)
		e = pem_read(buf_slice(&pem), KEY_LABEL, &der);
	if (e == ERR_OK)
		e = p256_key_read(wr_slice(&der), f->key);
	buf_free(&pem);
	wipe(der_mem, sizeof der_mem);
	return e;
}

static enum err write_times(const char *path, const struct times *t)
{
	uint8_t mem[TIMES_CAP];
	struct wr w = wr_over(mem, sizeof mem);
	struct jw j;
	enum err e;

	jw_init(&j, &w);
	jw_open(&j, '{');
	jw_ki64(&j, "created", t->created_s);
	jw_ki64(&j, "issued", t->issued_s);
	jw_ki64(&j, "version", TIMES_VERSION);
	jw_close(&j);
	e = jw_end(&j);
	return e != ERR_OK ? e : file_write(path, 0600, wr_slice(&w));
}

static enum err read_times(const char *path, struct times *out)
{
	uint8_t mem[4096];
	struct arena a = arena_over(mem, sizeof mem);
	struct buf b = { 0 };
	struct times t;
	struct json doc;
	int64_t version;
	enum err e = file_read(path, TIMES_CAP, &b);

	if (e != ERR_OK)
		return e; /* ERR_MISSING: the first use */
	e = json_parse(&a, buf_slice(&b), &doc);
	buf_free(&b);
	if (e == ERR_OK)
		e = json_int(doc, "version", TIMES_VERSION, TIMES_VERSION,
			     &version);
	if (e == ERR_OK)
		e = json_int(doc, "created", 0, INT64_MAX, &t.created_s);
	if (e == ERR_OK)
		e = json_int(doc, "issued", 0, INT64_MAX, &t.issued_s);
	if (e != ERR_OK)
		return ERR_VALUE;
	*out = t;
	return ERR_OK;
}

/* First use. times.json comes last: without it there is no PKI. */
static enum err create(const char *dir, const char *times_path,
		       const br_prng_class **rng, int64_t now_s,
		       struct pki_keys *keys, struct times *t)
{
	struct key_file files[KEY_FILES];
	enum err e = pki_generate(rng, keys);

	key_files(keys, files);
	for (size_t i = 0; i < KEY_FILES && e == ERR_OK; i++)
		e = write_key(dir, &files[i]);
	*t = (struct times){ now_s, now_s };
	return e != ERR_OK ? e : write_times(times_path, t);
}

static enum err load(const char *dir, struct pki_keys *keys)
{
	struct key_file files[KEY_FILES];
	enum err e = ERR_OK;

	key_files(keys, files);
	for (size_t i = 0; i < KEY_FILES && e == ERR_OK; i++)
		e = read_key(dir, &files[i]);
	return e;
}

static bool is_due(const struct times *t, int64_t now_s)
{
	return now_s < t->issued_s || now_s > t->issued_s + PKI_VALID_S / 4 * 3;
}

/* Writes the file unless it holds just that. */
static enum err refresh(const char *path, struct slice want)
{
	struct buf b = { 0 };
	enum err e = file_read(path, PKI_BUNDLE_CAP, &b);
	bool same = e == ERR_OK && slice_eq(buf_slice(&b), want);

	buf_free(&b);
	return same ? ERR_OK : file_write(path, 0644, want);
}

/* The rest, under the folder's lock. */
static enum err open_locked(const char *dir, const br_prng_class **rng,
			    int64_t now_s, struct pki_store *s)
{
	struct pki_spec spec = { .valid_s = PKI_VALID_S,
				 .tcb_status = TCB_UP_TO_DATE };
	char times_path[PATH_CAP];
	struct times t;
	enum err e = path_fmt(times_path, "%s/times.json", dir);

	if (e != ERR_OK)
		return e;
	e = read_times(times_path, &t);
	if (e == ERR_MISSING && access(s->root_path, F_OK) == 0)
		e = ERR_VALUE; /* a root went out without them */
	else if (e == ERR_MISSING)
		e = create(dir, times_path, rng, now_s, &s->keys, &t);
	else if (e == ERR_OK)
		e = load(dir, &s->keys);
	if (e == ERR_OK && is_due(&t, now_s)) {
		t.issued_s = now_s;
		e = write_times(times_path, &t);
	}
	spec.created_s = t.created_s;
	spec.issued_s = t.issued_s;
	if (e == ERR_OK)
		e = pki_issue(&s->keys, &spec, &s->pki);
	if (e == ERR_OK)
		e = refresh(s->root_path, s->pki.root);
	return e != ERR_OK ? e : refresh(s->collateral_path, s->pki.collateral);
}

enum err pki_store_open(const char *dir, const br_prng_class **rng,
			int64_t now_s, struct pki_store *out)
{
	char lock_path[PATH_CAP];
	int lock = -1;
	enum err e = dir_make(dir, 0700);

	if (e == ERR_OK)
		e = path_fmt(lock_path, "%s/lock", dir);
	if (e == ERR_OK)
		e = path_fmt(out->root_path, "%s/root.pem", dir);
	if (e == ERR_OK)
		e = path_fmt(out->collateral_path, "%s/collateral.json", dir);
	if (e != ERR_OK)
		return e;
	lock = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (lock < 0)
		return ERR_IO;
	while (e == ERR_OK && flock(lock, LOCK_EX) != 0)
		if (errno != EINTR)
			e = ERR_IO;
	if (e == ERR_OK)
		e = open_locked(dir, rng, now_s, out);
	(void)close(lock);
	if (e != ERR_OK)
		pki_store_done(out);
	return e;
}

void pki_store_done(struct pki_store *s)
{
	wipe(&s->keys, sizeof s->keys);
}
