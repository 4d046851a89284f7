/* server.c - what a server loads at its start and while it runs. */
#include "host-launcher/plane/server.h"

#include <stdlib.h>
#include <string.h>

#include "host-launcher/lib/input.h"
#include "host-launcher/lib/log.h"

/* ---- --collateral ---- */

static enum exit_status read_bundle(const char *path, struct bundle *out)
{
	struct buf text = { 0 };
	const char *what = "";
	enum exit_status st = input_read(path, COLLATERAL_MAX_BYTES, &text);
	enum err e;

	if (st != STATUS_DONE)
		return st;
	e = bundle_parse(buf_slice(&text), out, &what);
	buf_free(&text);
	if (e != ERR_OK)
		return input_bad(path, what, e);
	if (out->c.signatures == REASON_OK)
		return STATUS_DONE;
	complain("%s: %s: %s", path, out->c.signatures_what,
		 reason_text(out->c.signatures));
	bundle_free(out);
	return STATUS_REFUSED;
}

static bool is_file(const struct server *s, const char *sha256)
{
	for (size_t i = 0; i < s->nfiles; i++)
		if (ct_slice_eq(str_slice(s->files[i]), str_slice(sha256)))
			return true;
	return false;
}

/* The files' bundles in place of those in use; the store's stay. */
static void swap_files(struct server *s, struct bundles *fresh)
{
	struct bundles *old = &s->plane.collateral;
	struct bundle b;

	for (size_t i = 0; i < s->nfiles; i++)
		if (bundles_take(old, s->files[i], &b))
			bundle_free(&b);
	s->nfiles = fresh->n;
	for (size_t i = 0; i < fresh->n; i++) {
		memcpy(s->files[i], fresh->at[i].sha256, sizeof s->files[0]);
		if (bundles_take(old, fresh->at[i].sha256, &b))
			bundle_free(&b);
	}
	while (old->n > 0) {
		(void)bundles_take(old, old->at[0].sha256, &b);
		/* one that does not fit is missed when the store is read */
		if (bundles_add(fresh, &b) != ERR_OK)
			bundle_free(&b);
	}
	*old = *fresh;
}

enum exit_status server_load_files(struct server *s)
{
	static struct bundles fresh;
	enum exit_status st = STATUS_DONE;
	struct bundle b = { 0 };

	memset(&fresh, 0, sizeof fresh);
	for (size_t i = 0; st == STATUS_DONE && i < s->o->collateral.n; i++) {
		st = read_bundle(s->o->collateral.v[i], &b);
		if (st == STATUS_DONE && bundles_add(&fresh, &b) != ERR_OK) {
			complain("%s: more collateral than the memory that is "
				 "meant for it",
				 s->o->collateral.v[i]);
			bundle_free(&b);
			st = STATUS_REFUSED;
		}
	}
	if (st != STATUS_DONE) {
		bundles_free(&fresh);
		return st;
	}
	swap_files(s, &fresh);
	if (server_load_store(s, true) == ERR_OK)
		return STATUS_DONE;
	complain("%s", store_error(s->plane.store));
	return STATUS_UNAVAILABLE;
}

/* ---- the store's ---- */

static enum err read_row(struct server *s, const struct store_collateral *row,
			 struct bundle *out, const char **what)
{
	struct store_collateral now;
	uint8_t *mem = malloc(COLLATERAL_MAX_BYTES);
	struct wr w = wr_over(mem, mem == NULL ? 0 : COLLATERAL_MAX_BYTES);
	enum err e = mem == NULL ? ERR_SPACE
				 : store_collateral_get(s->plane.store,
							&row->of, &now, &w);

	if (e == ERR_OK)
		e = bundle_parse(wr_slice(&w), out, what);
	free(mem);
	if (e == ERR_OK && out->c.signatures != REASON_OK) {
		*what = out->c.signatures_what;
		bundle_free(out);
		e = ERR_SIGNATURE;
	}
	return e;
}

/* What changed about a platform since the last look, one line each. */
static void log_row(const struct server *s, const struct store_collateral *row)
{
	for (size_t i = 0; i < s->nrows; i++) {
		const struct store_collateral *was = &s->rows[i];

		if (memcmp(&was->of, &row->of, sizeof row->of) == 0 &&
		    was->fetched_s == row->fetched_s &&
		    was->failures == row->failures)
			return;
	}
	log_event("collateral", LOG_TEXT("fmspc", row->of.fmspc),
		  LOG_TEXT("ca", row->of.ca), LOG_TEXT("sha256", row->digest),
		  LOG_NUMBER("failures", row->failures),
		  LOG_TEXT("error", row->last_error));
}

/* Into `all`: the bundle that was in use already, when it is the same. */
static void adopt_row(struct server *s, const struct store_collateral *row,
		      struct bundles *all)
{
	struct bundle b = { 0 };
	const char *what = "";
	enum err e = ERR_OK;

	if (row->digest[0] == '\0' || is_file(s, row->digest))
		return;
	if (!bundles_take(&s->plane.collateral, row->digest, &b))
		e = read_row(s, row, &b, &what);
	if (e == ERR_OK)
		e = bundles_add(all, &b);
	if (e == ERR_OK)
		return;
	bundle_free(&b);
	log_event("collateral_unusable", LOG_TEXT("fmspc", row->of.fmspc),
		  LOG_TEXT("ca", row->of.ca), LOG_TEXT("what", what),
		  LOG_TEXT("error", err_text(e)));
}

static void adopt_rows(struct server *s, const struct store_collateral *row,
		       size_t n)
{
	static struct bundles all;
	struct bundle b;

	memset(&all, 0, sizeof all);
	/* they fit: they were together before */
	for (size_t i = 0; i < s->nfiles; i++)
		if (bundles_take(&s->plane.collateral, s->files[i], &b))
			(void)!bundles_add(&all, &b);
	for (size_t i = 0; i < n; i++) {
		log_row(s, &row[i]);
		adopt_row(s, &row[i], &all);
	}
	bundles_free(&s->plane.collateral);
	s->plane.collateral = all;
	memcpy(s->rows, row, n * sizeof row[0]);
	s->nrows = n;
}

enum err server_load_store(struct server *s, bool whatever)
{
	static struct store_collateral row[STORE_COLLATERALS_MAX];
	int64_t generation = 0;
	size_t n = 0;
	enum err e = store_generation(s->plane.store, &generation);

	if (e != ERR_OK || (!whatever && generation == s->generation))
		return e;
	e = store_collateral_list(s->plane.store, row, &n);
	if (e != ERR_OK)
		return e;
	adopt_rows(s, row, n);
	s->generation = generation;
	recheck_start(&s->plane, wall_ms() / 1000);
	return ERR_OK;
}

/* ---- --policy ---- */

enum exit_status server_load_policy(struct server *s)
{
	struct buf text = { 0 };
	char why[RULES_WHY];
	enum exit_status st;
	enum err e;

	if (s->o->policy == NULL)
		return STATUS_DONE;
	st = input_read(s->o->policy, POLICY_MAX_BYTES, &text);
	if (st != STATUS_DONE)
		return st;
	e = rules_read(&s->plane.rules, buf_slice(&text), s->plane.ita != NULL,
		       why);
	buf_free(&text);
	if (e != ERR_OK) {
		complain("%s: %s", s->o->policy, why);
		return e == ERR_REFUSED || e == ERR_UNSUPP ? STATUS_REFUSED
		       : e == ERR_SPACE                    ? STATUS_INTERNAL
							   : STATUS_MALFORMED;
	}
	log_event("policy", LOG_TEXT("file", s->o->policy),
		  LOG_TEXT("sha256", s->plane.rules.sha256));
	recheck_start(&s->plane, wall_ms() / 1000);
	return STATUS_DONE;
}
