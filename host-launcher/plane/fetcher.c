#include "host-launcher/plane/fetcher.h"

#include <stdlib.h>
#include <string.h>

#include "host-launcher/lib/input.h"
#include "host-launcher/lib/log.h"
#include "lib/rng.h"
#include "lib/text.h"
#include "measure/net/pcs.h"

enum {
	CAS_MAX_BYTES = 4 * 1024 * 1024
};

struct fetcher {
	const char *source;
	struct pcs_opts o;
	struct web_cas cas;
	struct rng rng;
	char key[PCS_MAX_KEY];
	struct pcs_work work;
};

/* ---- the command line ---- */

static enum exit_status read_url(const char *option, const char *text,
				 struct web_url *out)
{
	const char *what = "";

	if (web_url_parse(text, false, out, &what) == ERR_OK)
		return STATUS_DONE;
	complain("%s %s: %s", option, text, what);
	return STATUS_USAGE;
}

static enum exit_status read_urls(const struct service_opts *o,
				  struct pcs_opts *out)
{
	const char *crl = o->root_crl;
	enum exit_status st;

	if (o->pcs != NULL && o->pccs != NULL) {
		complain("--pcs or --pccs, not both");
		return STATUS_USAGE;
	}
	out->pccs = o->pccs != NULL;
	if (out->pccs)
		st = read_url("--pccs", o->pccs, &out->service);
	else
		st = read_url("--pcs", o->pcs != NULL ? o->pcs : PCS_INTEL_URL,
			      &out->service);
	if (crl == NULL && !out->pccs)
		crl = PCS_INTEL_ROOT_CRL;
	if (st == STATUS_DONE && crl != NULL)
		st = read_url("--root-crl", crl, &out->root_crl);
	return st;
}

/* ---- files ---- */

static enum exit_status read_cas(struct fetcher *f, const char *path)
{
	struct buf pem = { 0 };
	enum exit_status st = input_read(path, CAS_MAX_BYTES, &pem);
	enum err e;

	if (st != STATUS_DONE)
		return st;
	e = web_cas_read(&f->cas, buf_slice(&pem));
	buf_free(&pem);
	return e == ERR_OK ? STATUS_DONE : input_bad(path, "CAs", e);
}

static enum exit_status read_key(struct fetcher *f, const char *path)
{
	struct buf text = { 0 };
	struct slice key;
	enum exit_status st;
	enum err e;

	if (path == NULL)
		return STATUS_DONE;
	st = input_read_secret(path, PCS_MAX_KEY, &text);
	if (st != STATUS_DONE)
		return st;
	key = buf_slice(&text);
	if (key.len > 0 && key.ptr[key.len - 1] == '\n')
		key.len--;
	e = slice_cstr(key, f->key, sizeof f->key);
	if (e == ERR_OK)
		e = pcs_key_check(f->key);
	buf_free(&text);
	f->o.api_key = f->key;
	return e == ERR_OK ? STATUS_DONE : input_bad(path, "the key", e);
}

enum exit_status fetcher_open(const struct service_opts *o,
			      const struct trust_roots *roots,
			      struct fetcher **out)
{
	struct fetcher *f = calloc(1, sizeof *f);
	enum exit_status st;

	if (f == NULL)
		return STATUS_INTERNAL;
	f->source = o->pccs != NULL  ? o->pccs
		    : o->pcs != NULL ? o->pcs
				     : PCS_INTEL_URL;
	st = read_urls(o, &f->o);
	if (st == STATUS_DONE)
		st = read_cas(f, o->ca != NULL ? o->ca : WEB_SYSTEM_CAS);
	if (st == STATUS_DONE)
		st = read_key(f, o->key);
	if (st == STATUS_DONE && rng_system(&f->rng) != ERR_OK) {
		complain("the system has no entropy");
		st = STATUS_INTERNAL;
	}
	if (st != STATUS_DONE) {
		fetcher_close(f);
		return st;
	}
	f->o.anchors = &f->cas.anchors;
	f->o.roots = roots;
	f->o.rng = rng_prng(&f->rng);
	f->o.patience = web_patience_default;
	f->o.work = &f->work;
	*out = f;
	return STATUS_DONE;
}

void fetcher_close(struct fetcher *f)
{
	if (f == NULL)
		return;
	wipe(f->key, sizeof f->key);
	wipe(&f->rng, sizeof f->rng);
	free(f);
}

/* ---- at work ---- */

const char *fetcher_source(const struct fetcher *f)
{
	return f->source;
}

enum err fetcher_fetch(void *ctx, const struct store_platform *of,
		       struct wr *bundle, char why[static CACHE_WHY])
{
	struct fetcher *f = ctx;
	uint8_t fmspc[6];
	enum pcs_ca ca;
	enum err e = hex_decode(str_slice(of->fmspc), fmspc, sizeof fmspc);

	if (e == ERR_OK)
		e = pcs_ca_parse(str_slice(of->ca), &ca);
	if (e != ERR_OK)
		return e;
	f->o.now_s = wall_ms() / 1000;
	e = pcs_fetch(&f->o, fmspc, ca, bundle, why);
	/* a status of the service's is no verdict of ours */
	return e == ERR_REFUSED ? ERR_IO : e;
}

uint32_t fetcher_chance(struct fetcher *f)
{
	uint32_t n = 0;

	rng_bytes(rng_prng(&f->rng), &n, sizeof n);
	return n;
}
