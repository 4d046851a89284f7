/* collateral_fetch.c - ee-measure collateral fetch: asks a PCS or a PCCS, and
 * puts what it says where older collateral was, but never the other way. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "lib/text.h"
#include "measure/cli/collateral.h"
#include "measure/cli/online.h"
#include "measure/lib/collateral_compare.h"
#include "measure/lib/pck.h"
#include "measure/net/pcs.h"

static const struct cli_opt opts[] = {
	{ "pcs", "URL",
	  "of the service; Intel's is https://api.trustedservices.intel.com",
	  CLI_REQUIRED },
	{ "fmspc", "HEX", "of the platform: 12 digits", 0 },
	{ "quote", "FILE", "instead: a quote of it, which need not be genuine",
	  0 },
	{ "pck-ca", "NAME",
	  "platform or processor, whose CRL (the quote's; platform)", 0 },
	{ "out", "FILE", "where to: nothing older is put over what is there",
	  CLI_REQUIRED },
	{ "pccs", NULL, "the service is a PCCS: it has the root CRL too", 0 },
	{ "root-crl-url", "URL", "of the root CRL (Intel's; the PCCS's own)",
	  0 },
	{ "update", "WHEN", "early or standard: when TCB recoveries count", 0 },
	{ "evaluation-number", "N", "this one's instead of the newest", 0 },
	{ "api-key-file", "FILE", "its API key, readable by its owner alone",
	  0 },
	{ "at", "TIME", "judge as of: RFC 3339 or Unix seconds (now)", 0 },
	{ "allow-rollback", NULL, "put older collateral over newer as well",
	  0 },
	{ "insecure-sim-root", "PEM",
	  "also believe this root: simulated platforms", 0 },
	ONLINE_OPTS,
	{ NULL, NULL, NULL, 0 },
};

/* ---- what to ask for ---- */

/* FMSPC and CA of a quote's PCK certificate. Nothing is verified: they only
 * choose what is fetched, and that is verified. */
static int read_quote(const char *path, uint8_t fmspc[6], enum pcs_ca *ca)
{
	static uint8_t store[3 * X509_MAX_DER];
	const char *field = "";
	struct x509 cert[3];
	struct cli_file f;
	struct slice raw;
	struct quote q;
	struct pck pck;
	enum err e;
	int rc = cli_quote_read(path, &f, &raw);

	if (rc != CLI_DONE)
		return rc;
	e = quote_parse(raw, &q, &field);
	if (e == ERR_OK) {
		field = "PCK certificate";
		e = x509_chain_parse(q.pck_chain, 3, store, cert);
	}
	if (e == ERR_OK)
		e = pck_parse(cert[0].sgx_ext, &pck);
	cli_close(&f);
	if (e != ERR_OK)
		return cli_fail(CLI_MALFORMED, "%s: not a quote: %s: %s", path,
				field, err_text(e));
	memcpy(fmspc, pck.fmspc, sizeof pck.fmspc);
	*ca = slice_is(cert[1].subject_cn, PCK_PROCESSOR_CA) ? PCS_PROCESSOR
							     : PCS_PLATFORM;
	return CLI_DONE;
}

static int read_platform(const struct cli *c, uint8_t fmspc[6], enum pcs_ca *ca)
{
	const char *hex = cli_get(c, "fmspc"), *quote = cli_get(c, "quote");
	const char *name = cli_get(c, "pck-ca");
	int rc;

	*ca = PCS_PLATFORM;
	if ((hex == NULL) == (quote == NULL))
		return cli_fail(CLI_USAGE, "give one of --fmspc and --quote");
	if (hex != NULL && hex_decode(str_slice(hex), fmspc, 6) != ERR_OK)
		return cli_fail(CLI_USAGE, "--fmspc %s: not 12 hex digits",
				hex);
	if (quote != NULL) {
		rc = read_quote(quote, fmspc, ca);
		if (rc != CLI_DONE)
			return rc;
	}
	if (name != NULL && pcs_ca_parse(str_slice(name), ca) != ERR_OK)
		return cli_fail(CLI_USAGE,
				"--pck-ca %s: not platform or processor", name);
	return CLI_DONE;
}

/* ---- whom to ask, and how ---- */

static int read_update(const struct cli *c, struct pcs_opts *o)
{
	const char *update = cli_get(c, "update");
	const char *number = cli_get(c, "evaluation-number");
	uint64_t n;

	if (update != NULL && number != NULL)
		return cli_fail(CLI_USAGE, "--update and --evaluation-number "
					   "exclude each other");
	if (update != NULL && strcmp(update, "early") != 0 &&
	    strcmp(update, "standard") != 0)
		return cli_fail(CLI_USAGE, "--update %s: not early or standard",
				update);
	o->early = update != NULL && strcmp(update, "early") == 0;
	if (number == NULL)
		return CLI_DONE;
	if (u64_parse(str_slice(number), UINT32_MAX, &n) != ERR_OK || n == 0)
		return cli_fail(CLI_USAGE,
				"--evaluation-number %s: not a number from 1",
				number);
	o->evaluation_number = (uint32_t)n;
	return CLI_DONE;
}

static int read_root_url(const struct cli *c, struct pcs_opts *o)
{
	const char *url = cli_get(c, "root-crl-url"), *what = "";

	o->pccs = cli_has(c, "pccs");
	if (url == NULL && o->pccs)
		return CLI_DONE;
	if (url == NULL)
		url = PCS_INTEL_ROOT_CRL;
	if (web_url_parse(url, false, &o->root_crl, &what) != ERR_OK)
		return cli_fail(CLI_USAGE, "--root-crl-url %s: %s", url, what);
	return CLI_DONE;
}

/* One line; what a header can hold is for pcs_key_check. */
static int read_key(const struct cli *c, char out[static PCS_MAX_KEY])
{
	const char *path = cli_get(c, "api-key-file");
	uint8_t line[PCS_MAX_KEY + 1];
	enum err e;
	size_t n;
	int rc;

	out[0] = '\0';
	if (path == NULL)
		return CLI_DONE;
	rc = cli_read_private(path, line, sizeof line, &n);
	if (rc != CLI_DONE)
		return rc;
	if (n > 0 && line[n - 1] == '\n')
		n--;
	e = slice_cstr((struct slice){ line, n }, out, PCS_MAX_KEY);
	if (e == ERR_OK)
		e = pcs_key_check(out);
	wipe(line, sizeof line);
	return e == ERR_OK ? CLI_DONE
			   : cli_fail(CLI_MALFORMED,
				      "%s: not one line with an API key", path);
}

/* --at is for the collateral; TLS always goes by the clock. */
static int read_time(const struct cli *c, int64_t *now_s)
{
	*now_s = (int64_t)time(NULL);
	return cli_at(c, now_s);
}

/* The exit code of a fetch that failed: a verdict, a malformed answer, or that
 * there was none. */
static int exit_of(enum err e)
{
	if (e == ERR_SIGNATURE || e == ERR_MISMATCH || e == ERR_EXPIRED)
		return CLI_REFUSED;
	if (e == ERR_VALUE || e == ERR_LIMIT || e == ERR_UNSUPP)
		return CLI_MALFORMED;
	return e == ERR_STATE   ? CLI_USAGE
	       : e == ERR_SPACE ? CLI_INTERNAL
				: CLI_UNAVAILABLE;
}

/* ---- what was there ---- */

enum written {
	CREATED,
	REPLACED,
	ROLLED_BACK,
	UNCHANGED
};

static const char *const written_names[] = { "created", "replaced",
					     "rolled_back", "unchanged" };

/* Old and new, and what is to be done. */
struct change {
	bool has_old;
	struct collateral old, fresh;
	enum written how;
	char why[COLLATERAL_WHY];
};

static int decide(const struct cli *c, struct change *ch)
{
	const char *path = cli_get(c, "out");

	ch->how = CREATED;
	if (!ch->has_old)
		return CLI_DONE;
	switch (collateral_compare(&ch->old, &ch->fresh, ch->why)) {
	case COLLATERAL_SAME:
		ch->how = UNCHANGED;
		return CLI_DONE;
	case COLLATERAL_NEWER:
		ch->how = REPLACED;
		return CLI_DONE;
	case COLLATERAL_OLDER:
		ch->how = ROLLED_BACK;
		if (cli_has(c, "allow-rollback"))
			return CLI_DONE;
		return cli_fail(CLI_REFUSED,
				"%s is kept: what was fetched is older: %s",
				path, ch->why);
	case COLLATERAL_OTHER:
	default:
		return cli_fail(CLI_REFUSED,
				"%s is kept: what was fetched is not its "
				"successor: %s; give another --out",
				path, ch->why);
	}
}

/* From here to the end of the process: what another fetch writes meanwhile
 * would else be taken for older than ours, or half of it be moved. The lock is
 * the folder's, so that none is left behind. */
static int lock_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];
	size_t n = slash != NULL ? (size_t)(slash - path) : 0;
	int fd;

	if (n >= sizeof folder)
		return cli_fail(CLI_USAGE, "%s: the path is too long", path);
	memcpy(folder, path, n);
	folder[n] = '\0';
	fd = open(n > 0           ? folder
		  : slash != NULL ? "/"
				  : ".",
		  O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || flock(fd, LOCK_EX) != 0)
		return cli_fail(CLI_UNAVAILABLE, "%s: %s", path,
				strerror(errno));
	return CLI_DONE;
}

static int read_old(const char *path, struct change *ch)
{
	static uint8_t store[COLLATERAL_ARENA_BYTES];

	if (access(path, F_OK) != 0 && errno == ENOENT)
		return CLI_DONE;
	ch->has_old = true;
	return cli_collateral_read(path, store, &ch->old);
}

/* ---- what is told ---- */

static void put_step(struct wr *w, const char *name,
		     const struct collateral_item *old,
		     const struct collateral_item *fresh)
{
	char from[CLI_DATE_LEN + 1], to[CLI_DATE_LEN + 1];

	cli_date(fresh->issued_s, to);
	if (old != NULL && old->issued_s != fresh->issued_s) {
		cli_date(old->issued_s, from);
		wr_fmt(w, "%s: %s -> %s\n", name, from, to);
	} else {
		wr_fmt(w, "%s: %s\n", name, to);
	}
}

static void put_number(struct wr *w, const char *name, const uint32_t *old,
		       uint32_t fresh)
{
	if (old != NULL && *old != fresh)
		wr_fmt(w, "%s: %u -> %u\n", name, (unsigned)*old,
		       (unsigned)fresh);
	else
		wr_fmt(w, "%s: %u\n", name, (unsigned)fresh);
}

static void put_text(struct wr *w, const struct cli *c, const struct change *ch,
		     const struct collateral_judgement *g, int64_t now_s)
{
	const struct collateral_used *o = ch->has_old ? &ch->old.used : NULL;
	const struct collateral_used *f = &ch->fresh.used;
	char end[CLI_DATE_LEN + 1];

	cli_date(g->next.to_s, end);
	wr_fmt(w, "%s: %s\nfmspc: ", cli_get(c, "out"), written_names[ch->how]);
	wr_hex(w, (struct slice){ ch->fresh.tcb_info.fmspc, 6 });
	wr_fmt(w, "\nsimulated: %s\n", g->simulated ? "true" : "false");
	put_number(w, "tcb_info.evaluation_number",
		   o != NULL ? &o->tcb_info_number : NULL, f->tcb_info_number);
	put_step(w, "tcb_info.issued", o != NULL ? &o->tcb_info : NULL,
		 &f->tcb_info);
	put_number(w, "qe_identity.evaluation_number",
		   o != NULL ? &o->qe_identity_number : NULL,
		   f->qe_identity_number);
	put_step(w, "qe_identity.issued", o != NULL ? &o->qe_identity : NULL,
		 &f->qe_identity);
	put_step(w, "pck_crl.issued", o != NULL ? &o->pck_crl : NULL,
		 &f->pck_crl);
	put_step(w, "root_crl.issued", o != NULL ? &o->root_crl : NULL,
		 &f->root_crl);
	wr_fmt(w, "next: %s ends %s\ndays_left: %lld\n", g->next.what, end,
	       (long long)cli_days_left(now_s, g->next.to_s));
}

static void put_json(struct wr *w, const struct cli *c, const struct change *ch,
		     const struct collateral_judgement *g, int64_t now_s)
{
	char end[CLI_DATE_LEN + 1];
	struct jw j;

	cli_date(g->next.to_s, end);
	jw_init(&j, w);
	jw_open(&j, '{');
	jw_kstr(&j, "change", written_names[ch->how]);
	jw_ki64(&j, "days_left", cli_days_left(now_s, g->next.to_s));
	jw_kstr(&j, "file", cli_get(c, "out"));
	jw_khex(&j, "fmspc", (struct slice){ ch->fresh.tcb_info.fmspc, 6 });
	jw_key(&j, "from");
	if (ch->has_old) {
		jw_open(&j, '{');
		cli_collateral_json(&j, &ch->old);
		jw_close(&j);
	} else {
		jw_null(&j);
	}
	jw_key(&j, "next");
	jw_open(&j, '{');
	jw_kstr(&j, "at", end);
	jw_kstr(&j, "what", g->next.what);
	jw_close(&j);
	jw_kbool(&j, "simulated", g->simulated);
	jw_key(&j, "to");
	jw_open(&j, '{');
	cli_collateral_json(&j, &ch->fresh);
	jw_close(&j);
	jw_close(&j);
	if (jw_end(&j) != ERR_OK)
		wr_fail(w, ERR_STATE);
	wr_str(w, "\n");
}

/* ---- all of it ---- */

static uint8_t bundle_mem[COLLATERAL_MAX_BYTES];
static uint8_t fresh_store[COLLATERAL_ARENA_BYTES];

/* Compares, writes, tells. */
static int finish(const struct cli *c, const struct pcs_opts *o,
		  struct slice bundle)
{
	static struct change ch;
	static uint8_t text[16 * 1024];
	struct wr w = wr_over(text, sizeof text);
	struct collateral_judgement g;
	const char *path = cli_get(c, "out");
	int rc = cli_collateral_parse("the answer", bundle, fresh_store,
				      &ch.fresh);

	if (rc == CLI_DONE)
		rc = lock_folder(path);
	if (rc == CLI_DONE)
		rc = read_old(path, &ch);
	if (rc == CLI_DONE)
		rc = decide(c, &ch);
	if (rc == CLI_DONE && ch.how != UNCHANGED)
		rc = cli_write(path, bundle);
	if (rc != CLI_DONE)
		return rc;
	if (ch.how == ROLLED_BACK)
		cli_note("%s", ch.why);
	collateral_check(&ch.fresh, o->roots, o->now_s, &g);
	if (c->json)
		put_json(&w, c, &ch, &g, o->now_s);
	else
		put_text(&w, c, &ch, &g, o->now_s);
	return cli_print_wr(&w);
}

static int run(const struct cli *c)
{
	static struct cli_online online;
	static struct pcs_work work;
	static char key[PCS_MAX_KEY];
	struct wr bundle = wr_over(bundle_mem, sizeof bundle_mem);
	struct trust_roots roots;
	struct pcs_opts o = { .roots = &roots, .work = &work };
	char why[PCS_WHY];
	uint8_t fmspc[6];
	enum pcs_ca ca;
	enum err e;
	int rc = CLI_DONE;

	if (strcmp(cli_get(c, "out"), "-") == 0)
		return cli_fail(CLI_USAGE, "--out -: a file is needed, which "
					   "is compared with what comes");
	rc = read_platform(c, fmspc, &ca);
	if (rc == CLI_DONE)
		rc = read_update(c, &o);
	if (rc == CLI_DONE)
		rc = read_root_url(c, &o);
	if (rc == CLI_DONE)
		rc = read_time(c, &o.now_s);
	if (rc == CLI_DONE)
		rc = cli_roots_read(c, &roots);
	if (rc == CLI_DONE)
		rc = cli_online_open(c, "pcs", &online);
	if (rc == CLI_DONE)
		rc = read_key(c, key);
	if (rc != CLI_DONE)
		return rc;
	o.service = online.o.url;
	o.anchors = online.o.anchors;
	o.rng = online.o.rng;
	o.patience = online.o.patience;
	o.tls_now_s = online.o.now_s;
	o.api_key = key[0] != '\0' ? key : NULL;
	e = pcs_fetch(&o, fmspc, ca, &bundle, why);
	wipe(key, sizeof key);
	if (e != ERR_OK)
		return cli_fail(exit_of(e), "%s", why);
	return finish(c, &o, wr_slice(&bundle));
}

const struct cli_cmd cmd_collateral_fetch = {
	.name = "collateral fetch",
	.operands = "",
	.noperands = 0,
	.summary = "ask a PCS or PCCS what it says of a platform",
	.opts = opts,
	.run = run,
};
