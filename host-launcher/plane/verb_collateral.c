/* verb_collateral.c - ee-cp collateral: which platforms collateral is kept for,
 * and from where it comes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host-launcher/lib/input.h"
#include "host-launcher/lib/log.h"
#include "host-launcher/plane/fetcher.h"
#include "host-launcher/plane/refresh.h"
#include "lib/rng.h"
#include "lib/text.h"

enum exit_status open_roots(const char *sim_root, struct trust_roots *out)
{
	struct buf pem = { 0 };
	enum exit_status st;
	enum err e;

	trust_roots_init(out);
	if (sim_root == NULL)
		return STATUS_DONE;
	st = input_read(sim_root, LIMIT_PEM_BYTES, &pem);
	if (st != STATUS_DONE)
		return st;
	e = trust_roots_add_insecure(out, buf_slice(&pem));
	buf_free(&pem);
	return e == ERR_OK ? STATUS_DONE : input_bad(sim_root, "", e);
}

/* ---- add, remove, list ---- */

static enum exit_status read_platform(const struct platform_opts *o,
				      struct store_platform *out)
{
	uint8_t fmspc[STORE_FMSPC_CHARS / 2];

	if (o->fmspc == NULL ||
	    hex_decode(str_slice(o->fmspc), fmspc, sizeof fmspc) != ERR_OK) {
		complain("--fmspc wants 12 hexadecimal digits: refusals with "
			 "EE-ATT-018 name them, and so does 'ee-measure quote "
			 "show'");
		return STATUS_USAGE;
	}
	if (o->ca == NULL || (strcmp(o->ca, "platform") != 0 &&
			      strcmp(o->ca, "processor") != 0)) {
		complain("--ca wants 'platform' or 'processor', the CA of the "
			 "PCK certificates");
		return STATUS_USAGE;
	}
	hex_encode((struct slice){ fmspc, sizeof fmspc }, out->fmspc);
	snprintf(out->ca, sizeof out->ca, "%s", o->ca);
	return STATUS_DONE;
}

enum exit_status verb_collateral_add(const char *const *operands, size_t n,
				     const void *opts)
{
	const struct platform_opts *o = opts;
	struct store_platform of;
	enum exit_status st = read_platform(o, &of);
	struct store *s;
	enum err e;

	(void)operands;
	(void)n;
	if (st == STATUS_DONE)
		st = open_store(o->state, false, &s);
	if (st != STATUS_DONE)
		return st;
	e = store_collateral_add(s, &of, wall_ms() / 1000);
	if (e == ERR_OK)
		printf("%s %s: kept from now on\n", of.fmspc, of.ca);
	else if (e == ERR_DUPLICATE)
		complain("%s %s: is kept already", of.fmspc, of.ca);
	else if (e == ERR_SPACE)
		complain("%d platforms are kept, which is the most: remove "
			 "one",
			 STORE_COLLATERALS_MAX);
	else
		complain("%s", store_error(s));
	store_close(s);
	return e == ERR_OK                            ? STATUS_DONE
	       : e == ERR_DUPLICATE || e == ERR_SPACE ? STATUS_REFUSED
						      : exit_of(e);
}

enum exit_status verb_collateral_remove(const char *const *operands, size_t n,
					const void *opts)
{
	const struct platform_opts *o = opts;
	struct store_platform of;
	enum exit_status st = read_platform(o, &of);
	struct store *s;
	enum err e;

	(void)operands;
	(void)n;
	if (st == STATUS_DONE)
		st = open_store(o->state, false, &s);
	if (st != STATUS_DONE)
		return st;
	e = store_collateral_remove(s, &of, wall_ms() / 1000);
	if (e == ERR_OK)
		printf("%s %s: not used any more\n", of.fmspc, of.ca);
	else if (e == ERR_MISSING)
		complain("%s %s was not kept", of.fmspc, of.ca);
	else
		complain("%s", store_error(s));
	store_close(s);
	return e == ERR_MISSING ? STATUS_REFUSED : exit_of(e);
}

static enum err list_collateral(struct store *s, struct jw *out)
{
	return store_collateral_json(s, wall_ms() / 1000, out);
}

enum exit_status verb_collateral_list(const char *const *operands, size_t n,
				      const void *opts)
{
	static const char *const columns[] = {
		"fmspc",       "ca",           "age_seconds",
		"next_update", "next_refresh", "failures",
		"simulated",   "last_error",   NULL
	};

	(void)operands;
	(void)n;
	return list_verb(opts, list_collateral, "collateral", columns);
}

/* ---- import ---- */

/* What the cache says, as an exit status. The others are those of the bundle's
 * form, or of the way to it. */
static enum exit_status status_of(enum err e, enum exit_status malformed)
{
	switch ((int)e) {
	case ERR_OK:
		return STATUS_DONE;
	case ERR_SIGNATURE:
	case ERR_REFUSED:
	case ERR_EXPIRED:
	case ERR_MISMATCH:
		return STATUS_REFUSED;
	case ERR_SPACE:
		return STATUS_INTERNAL;
	default:
		return malformed;
	}
}

/* A bundle that is taken also brings its platform into use; one that is not
 * leaves everything as it was. */
static enum exit_status import(struct store *s, const struct cache_how *how,
			       const char *path)
{
	struct store_platform of = { 0 };
	char why[CACHE_WHY] = "";
	struct buf text = { 0 };
	enum exit_status st = input_read(path, COLLATERAL_MAX_BYTES, &text);
	enum err e;

	if (st != STATUS_DONE)
		return st;
	e = cache_import(s, how, buf_slice(&text), &of, why);
	buf_free(&text);
	if (e == ERR_OK)
		printf("%s: taken for %s %s\n", path, of.fmspc, of.ca);
	else
		complain("%s: %s%s", path, why,
			 strncmp(why, CACHE_ROLLBACK,
				 sizeof CACHE_ROLLBACK - 1) == 0
				 ? "; --allow-rollback goes back"
				 : "");
	if (e == ERR_IO || e == ERR_STATE)
		return STATUS_UNAVAILABLE;
	return status_of(e, STATUS_MALFORMED);
}

enum exit_status verb_collateral_import(const char *const *operands, size_t n,
					const void *opts)
{
	const struct import_opts *o = opts;
	struct trust_roots roots;
	struct cache_how how = { .roots = &roots,
				 .now_s = wall_ms() / 1000,
				 .allow_rollback = o->allow_rollback };
	enum exit_status st = open_roots(o->sim_root, &roots);
	struct store *s;
	struct rng rng;

	if (st == STATUS_DONE && rng_system(&rng) != ERR_OK) {
		complain("the system has no entropy");
		st = STATUS_INTERNAL;
	}
	if (st == STATUS_DONE)
		st = open_store(o->state, false, &s);
	if (st != STATUS_DONE)
		return st;
	rng_bytes(rng_prng(&rng), &how.chance, sizeof how.chance);
	for (size_t i = 0; st == STATUS_DONE && i < n; i++) {
		how.source = operands[i];
		st = import(s, &how, operands[i]);
	}
	store_close(s);
	return st;
}

/* ---- refresh ---- */

/* One platform. What went wrong is in the store as well. */
static enum exit_status refresh_one(struct store *s, struct fetcher *f,
				    const struct trust_roots *roots,
				    const struct store_collateral *row)
{
	static uint8_t buf[COLLATERAL_MAX_BYTES];
	const struct cache_how how = { .roots = roots,
				       .now_s = wall_ms() / 1000,
				       .source = fetcher_source(f),
				       .chance = fetcher_chance(f) };
	char why[CACHE_WHY];
	enum err e = cache_refresh(s, &how, row, fetcher_fetch, f, buf,
				   sizeof buf, why);

	if (e == ERR_OK)
		printf("%s %s: fetched\n", row->of.fmspc, row->of.ca);
	else
		complain("%s %s: %s", row->of.fmspc, row->of.ca, why);
	return status_of(e, STATUS_UNAVAILABLE);
}

/* Who waits longest comes first: whoever stops this halfway has not favoured
 * anybody. */
static int by_due_time(const void *a, const void *b)
{
	const struct store_collateral *x = a, *y = b;

	return (x->next_refresh_s > y->next_refresh_s) -
	       (x->next_refresh_s < y->next_refresh_s);
}

/* Each platform has its attempt, whatever becomes of the others; the first
 * failure is the answer. */
static enum exit_status refresh_all(struct store *s,
				    const struct refresh_opts *o,
				    struct fetcher *f,
				    const struct trust_roots *roots)
{
	static struct store_collateral row[STORE_COLLATERALS_MAX];
	enum exit_status st = STATUS_DONE;
	size_t n = 0;

	if (store_collateral_list(s, row, &n) != ERR_OK) {
		complain("%s", store_error(s));
		return STATUS_UNAVAILABLE;
	}
	qsort(row, n, sizeof row[0], by_due_time);
	for (size_t i = 0; i < n; i++) {
		enum exit_status one;

		if (!o->now &&
		    !refresh_due(row[i].next_refresh_s, wall_ms() / 1000))
			continue;
		one = refresh_one(s, f, roots, &row[i]);
		if (st == STATUS_DONE)
			st = one;
	}
	return st;
}

enum exit_status verb_collateral_refresh(const char *const *operands, size_t n,
					 const void *opts)
{
	const struct refresh_opts *o = opts;
	struct fetcher *f = NULL;
	struct trust_roots roots;
	struct store *s = NULL;
	enum exit_status st = open_roots(o->sim_root, &roots);

	(void)operands;
	(void)n;
	if (st == STATUS_DONE)
		st = fetcher_open(&o->service, &roots, &f);
	if (st == STATUS_DONE)
		st = open_store(o->state, false, &s);
	if (st == STATUS_DONE)
		st = refresh_all(s, o, f, &roots);
	store_close(s);
	fetcher_close(f);
	return st;
}
