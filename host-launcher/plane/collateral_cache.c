#include "host-launcher/plane/collateral_cache.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host-launcher/plane/refresh.h"
#include "measure/lib/collateral_compare.h"

static enum err refuse(enum err e, char why[static CACHE_WHY], const char *fmt,
		       ...) __attribute__((format(printf, 3, 4)));

static enum err refuse(enum err e, char why[static CACHE_WHY], const char *fmt,
		       ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, CACHE_WHY, fmt, ap);
	va_end(ap);
	return e;
}

/* ---- alone ---- */

static enum err check_alone(const struct bundle *b, const struct cache_how *how,
			    const struct store_platform *want, bool *simulated,
			    char why[static CACHE_WHY])
{
	struct collateral_judgement v;

	collateral_check(&b->c, how->roots, how->now_s, &v);
	*simulated = v.simulated;
	if (v.reason == REASON_SIGNATURE || v.reason == REASON_ISSUER)
		return refuse(ERR_SIGNATURE, why, "%s: %s",
			      reason_code(v.reason), v.detail);
	if (v.reason != REASON_OK)
		return refuse(ERR_REFUSED, why, "%s: %s", reason_code(v.reason),
			      v.detail);
	if (want != NULL && (strcmp(want->fmspc, b->of.fmspc) != 0 ||
			     strcmp(want->ca, b->of.ca) != 0))
		return refuse(ERR_REFUSED, why,
			      "it is for FMSPC %s, %s CA, which was not asked "
			      "for",
			      b->of.fmspc, b->of.ca);
	return ERR_OK;
}

/* ---- beside what is kept ---- */

/* Under a root that nobody trusts any more, or simulated where Intel's own is
 * at hand: it may go, whatever it says. */
static bool is_obsolete(const struct bundle *kept, const struct bundle *b,
			const struct trust_roots *roots)
{
	bool simulated = false, fresh = false;

	return !trust_roots_know(roots, kept->c.pck_ca.root.pub, &simulated) ||
	       (simulated &&
		trust_roots_know(roots, b->c.pck_ca.root.pub, &fresh) &&
		!fresh);
}

static enum err check_beside(const struct bundle *b, const struct bundle *kept,
			     const struct cache_how *how,
			     char why[static CACHE_WHY])
{
	char text[COLLATERAL_WHY];

	if (is_obsolete(kept, b, how->roots))
		return ERR_OK;
	switch (collateral_compare(&kept->c, &b->c, text)) {
	case COLLATERAL_SAME:
	case COLLATERAL_NEWER:
		return ERR_OK;
	case COLLATERAL_OLDER:
		if (how->allow_rollback)
			return ERR_OK;
		return refuse(ERR_REFUSED, why, CACHE_ROLLBACK "%s", text);
	case COLLATERAL_OTHER:
		break;
	}
	return refuse(ERR_REFUSED, why, "not what it would replace: %s", text);
}

/* What is kept now: its row, and its text in mem. */
static enum err kept_text(struct store *s, const struct store_platform *of,
			  struct store_collateral *row, uint8_t *mem,
			  struct slice *text, char why[static CACHE_WHY])
{
	struct wr w = wr_over(mem, COLLATERAL_MAX_BYTES);
	enum err e = store_collateral_get(s, of, row, &w);

	if (e == ERR_MISSING)
		return refuse(e, why, "FMSPC %s, %s CA is not in use: add it",
			      of->fmspc, of->ca);
	if (e != ERR_OK)
		return refuse(ERR_IO, why, "%s", store_error(s));
	*text = wr_slice(&w);
	return ERR_OK;
}

/* Nothing is kept, or nothing that is newer. What is kept may be of a program
 * that was less strict than this one: only a person goes past that. */
static enum err check_kept(const struct bundle *b, struct slice text,
			   const struct cache_how *how,
			   char why[static CACHE_WHY])
{
	struct bundle kept = { 0 };
	const char *what = "";
	enum err e;

	if (text.len == 0)
		return ERR_OK;
	e = bundle_parse(text, &kept, &what);
	if (e == ERR_OK && kept.c.signatures == REASON_OK)
		e = check_beside(b, &kept, how, why);
	else if (how->allow_rollback)
		e = ERR_OK;
	else
		e = refuse(ERR_REFUSED, why,
			   CACHE_ROLLBACK "perhaps: what is kept cannot be "
					  "read any more: %s",
			   e == ERR_OK ? kept.c.signatures_what : err_text(e));
	bundle_free(&kept);
	return e;
}

/* The text can be a path of any bytes, or what somebody else sent. */
static void to_ascii(char *text)
{
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

static void describe(const struct bundle *b, bool simulated,
		     const struct cache_how *how, struct store_collateral *row)
{
	*row = (struct store_collateral){
		.of = b->of,
		.simulated = simulated,
		.tcb_evaluation = b->c.tcb_info.evaluation_number,
		.qe_evaluation = b->c.qe_identity.evaluation_number,
		.issued_s = bundle_issued(&b->c),
		.next_update_s = bundle_next_update(&b->c),
		.fetched_s = how->now_s,
	};
	row->next_refresh_s =
		refresh_at(how->now_s, row->next_update_s, 0, how->chance);
	snprintf(row->digest, sizeof row->digest, "%s", b->sha256);
	snprintf(row->source, sizeof row->source, "%s", how->source);
	to_ascii(row->source);
}

static enum err take(struct store *s, const struct bundle *b, bool simulated,
		     const struct cache_how *how, char why[static CACHE_WHY])
{
	struct store_collateral kept, row;
	uint8_t *mem = malloc(COLLATERAL_MAX_BYTES);
	struct slice text = { NULL, 0 };
	enum err e;

	if (mem == NULL)
		return refuse(ERR_SPACE, why, "out of memory");
	e = kept_text(s, &b->of, &kept, mem, &text, why);
	if (e == ERR_OK)
		e = check_kept(b, text, how, why);
	free(mem);
	if (e != ERR_OK)
		return e;
	describe(b, simulated, how, &row);
	e = store_collateral_put(s, &row, kept.digest, b->text, how->now_s);
	if (e == ERR_STATE)
		return refuse(e, why, "another process was faster");
	return e == ERR_OK ? ERR_OK : refuse(e, why, "%s", store_error(s));
}

/* Parses and judges alone. */
static enum err open_bundle(const struct cache_how *how,
			    const struct store_platform *want,
			    struct slice text, struct bundle *out,
			    bool *simulated, char why[static CACHE_WHY])
{
	const char *what = "";
	enum err e = bundle_parse(text, out, &what);

	why[0] = '\0';
	if (e != ERR_OK)
		return refuse(e, why, "not collateral: %s%s%s", what,
			      what[0] != '\0' ? ": " : "", err_text(e));
	e = check_alone(out, how, want, simulated, why);
	if (e != ERR_OK)
		bundle_free(out);
	return e;
}

enum err cache_take(struct store *s, const struct cache_how *how,
		    const struct store_platform *want, struct slice text,
		    char why[static CACHE_WHY])
{
	struct bundle b = { 0 };
	bool simulated = false;
	enum err e = open_bundle(how, want, text, &b, &simulated, why);

	if (e != ERR_OK)
		return e;
	e = take(s, &b, simulated, how, why);
	bundle_free(&b);
	return e;
}

enum err cache_import(struct store *s, const struct cache_how *how,
		      struct slice text, struct store_platform *of,
		      char why[static CACHE_WHY])
{
	struct bundle b = { 0 };
	bool simulated = false;
	enum err e = open_bundle(how, NULL, text, &b, &simulated, why), added;

	if (e != ERR_OK)
		return e;
	*of = b.of;
	added = store_collateral_add(s, of, how->now_s);
	if (added == ERR_OK || added == ERR_DUPLICATE)
		e = take(s, &b, simulated, how, why);
	else
		e = refuse(added == ERR_SPACE ? ERR_REFUSED : added, why, "%s",
			   added == ERR_SPACE
				   ? "as many platforms as can be are in use"
				   : store_error(s));
	if (e != ERR_OK && added == ERR_OK)
		(void)!store_collateral_remove(s, of, how->now_s);
	bundle_free(&b);
	return e;
}

enum err cache_refresh(struct store *s, const struct cache_how *how,
		       const struct store_collateral *row,
		       cache_fetch_fn *fetch, void *ctx, void *buf,
		       size_t buf_len, char why[static CACHE_WHY])
{
	struct wr w = wr_over(buf, buf_len);
	int64_t next_s;
	enum err e;

	why[0] = '\0';
	e = fetch(ctx, &row->of, &w, why);
	if (e == ERR_OK)
		e = cache_take(s, how, &row->of, wr_slice(&w), why);
	if (e == ERR_OK)
		return ERR_OK;
	if (why[0] == '\0')
		snprintf(why, CACHE_WHY, "%s", err_text(e));
	to_ascii(why);
	next_s = refresh_at(how->now_s, row->next_update_s, row->failures + 1,
			    how->chance);
	if (store_collateral_failed(s, &row->of, why, next_s, how->now_s) !=
	    ERR_OK)
		return refuse(ERR_IO, why, "%s", store_error(s));
	return e;
}
