/* store_collateral.c - the rows of collateral. */
#include "host-launcher/plane/store_collateral.h"

#include <string.h>

#include "host-launcher/plane/store_db.h"
#include "lib/text.h"

#define COLUMNS                                                                \
	"SELECT fmspc, ca, simulated, digest, source, tcb_evaluation,"         \
	" qe_evaluation, issued_at, next_update, fetched_at, next_refresh_at," \
	" failures, last_error, bundle FROM collateral "

enum {
	COL_BUNDLE = 13
};

static enum err copy(sqlite3_stmt *st, int col, char *out, size_t cap)
{
	return slice_cstr(str_slice(db_text(st, col)), out, cap);
}

static enum err read_row(sqlite3_stmt *st, struct store_collateral *out)
{
	struct store_collateral c = {
		.simulated = sqlite3_column_int(st, 2) != 0,
		.tcb_evaluation = sqlite3_column_int64(st, 5),
		.qe_evaluation = sqlite3_column_int64(st, 6),
		.issued_s = sqlite3_column_int64(st, 7),
		.next_update_s = sqlite3_column_int64(st, 8),
		.fetched_s = sqlite3_column_int64(st, 9),
		.next_refresh_s = sqlite3_column_int64(st, 10),
		.failures = (uint32_t)sqlite3_column_int64(st, 11),
	};
	enum err e = copy(st, 0, c.of.fmspc, sizeof c.of.fmspc);

	if (e == ERR_OK)
		e = copy(st, 1, c.of.ca, sizeof c.of.ca);
	if (e == ERR_OK)
		e = copy(st, 3, c.digest, sizeof c.digest);
	if (e == ERR_OK)
		e = copy(st, 4, c.source, sizeof c.source);
	if (e == ERR_OK)
		e = copy(st, 12, c.last_error, sizeof c.last_error);
	if (e == ERR_OK)
		*out = c;
	return e;
}

/* ---- in use or not ---- */

static enum err in_use(struct store *s, const struct store_platform *of,
		       bool *this_one, int64_t *all)
{
	sqlite3_stmt *st = db_bind(
		db_stmt(s, "SELECT count(*), coalesce(sum(fmspc = ? AND ca = ?)"
			   ", 0) FROM collateral WHERE enabled"),
		"tt", of->fmspc, of->ca);
	enum err e = ERR_IO;

	if (st != NULL && sqlite3_step(st) == SQLITE_ROW) {
		*all = sqlite3_column_int64(st, 0);
		*this_one = sqlite3_column_int64(st, 1) != 0;
		e = ERR_OK;
	}
	if (st != NULL)
		sqlite3_reset(st);
	return e;
}

enum err store_collateral_add(struct store *s, const struct store_platform *of,
			      int64_t now_s)
{
	bool there = false;
	int64_t all = 0;
	enum err e = db_begin(s);

	if (e != ERR_OK)
		return e;
	e = in_use(s, of, &there, &all);
	if (e == ERR_OK && there)
		e = ERR_DUPLICATE;
	else if (e == ERR_OK && all >= STORE_COLLATERALS_MAX)
		e = ERR_SPACE;
	if (e == ERR_OK)
		e = db_run(db_bind(
			db_stmt(s, "INSERT INTO collateral (fmspc, ca, enabled,"
				   " next_refresh_at, created_at, updated_at)"
				   " VALUES (?1, ?2, 1, ?3, ?3, ?3)"
				   " ON CONFLICT DO UPDATE SET enabled = 1,"
				   " next_refresh_at = ?3, failures = 0,"
				   " last_error = '', updated_at = ?3"),
			"tti", of->fmspc, of->ca, now_s));
	return db_end(s, e);
}

enum err store_collateral_remove(struct store *s,
				 const struct store_platform *of, int64_t now_s)
{
	enum err e = db_run(db_bind(
		db_stmt(s, "UPDATE collateral SET enabled = 0, updated_at = ?3"
			   " WHERE fmspc = ?1 AND ca = ?2 AND enabled"),
		"tti", of->fmspc, of->ca, now_s));

	if (e == ERR_OK && sqlite3_changes(s->db) == 0)
		e = ERR_MISSING;
	return e;
}

/* ---- out ---- */

enum err
store_collateral_list(struct store *s,
		      struct store_collateral out[static STORE_COLLATERALS_MAX],
		      size_t *n)
{
	sqlite3_stmt *st =
		db_stmt(s, COLUMNS "WHERE enabled ORDER BY fmspc, ca");
	enum err e = ERR_OK;
	size_t have = 0;
	int rc = SQLITE_DONE;

	if (st == NULL)
		return ERR_IO;
	while (e == ERR_OK && have < STORE_COLLATERALS_MAX &&
	       (rc = sqlite3_step(st)) == SQLITE_ROW)
		e = read_row(st, &out[have++]);
	sqlite3_reset(st);
	if (e == ERR_OK && rc != SQLITE_DONE && rc != SQLITE_ROW)
		e = ERR_IO;
	if (e == ERR_OK)
		*n = have;
	return e;
}

enum err store_collateral_get(struct store *s, const struct store_platform *of,
			      struct store_collateral *out, struct wr *text)
{
	sqlite3_stmt *st =
		db_bind(db_stmt(s, COLUMNS "WHERE fmspc = ? AND ca = ?"), "tt",
			of->fmspc, of->ca);
	int rc = st == NULL ? SQLITE_ERROR : sqlite3_step(st);
	enum err e = rc == SQLITE_ROW    ? ERR_OK
		     : rc == SQLITE_DONE ? ERR_MISSING
					 : ERR_IO;

	if (e == ERR_OK && text != NULL) {
		wr_str(text, db_text(st, COL_BUNDLE));
		e = wr_end(text);
	}
	if (e == ERR_OK)
		e = read_row(st, out);
	if (st != NULL)
		sqlite3_reset(st);
	return e;
}

static void time_or_null(struct jw *out, const char *key, int64_t at_s)
{
	char when[RFC3339_LEN + 1];

	jw_key(out, key);
	if (at_s == 0) {
		jw_null(out);
		return;
	}
	rfc3339_format(at_s * 1000, when);
	jw_str(out, when);
}

static void text_or_null(struct jw *out, const char *key, const char *text)
{
	jw_key(out, key);
	if (text[0] == '\0')
		jw_null(out);
	else
		jw_str(out, text);
}

static void row_json(const struct store_collateral *c, int64_t now_s,
		     struct jw *out)
{
	jw_open(out, '{');
	jw_key(out, "age_seconds");
	if (c->fetched_s == 0)
		jw_null(out);
	else
		jw_i64(out, now_s - c->fetched_s);
	jw_kstr(out, "ca", c->of.ca);
	jw_ki64(out, "failures", c->failures);
	time_or_null(out, "fetched_at", c->fetched_s);
	jw_kstr(out, "fmspc", c->of.fmspc);
	time_or_null(out, "issued_at", c->issued_s);
	text_or_null(out, "last_error", c->last_error);
	time_or_null(out, "next_refresh", c->next_refresh_s);
	time_or_null(out, "next_update", c->next_update_s);
	jw_ki64(out, "qe_evaluation_number", c->qe_evaluation);
	text_or_null(out, "sha256", c->digest);
	jw_kbool(out, "simulated", c->simulated);
	text_or_null(out, "source", c->source);
	jw_ki64(out, "tcb_evaluation_number", c->tcb_evaluation);
	jw_close(out);
}

enum err store_collateral_json(struct store *s, int64_t now_s, struct jw *out)
{
	struct store_collateral row[STORE_COLLATERALS_MAX];
	size_t n = 0;
	enum err e = store_collateral_list(s, row, &n);

	if (e != ERR_OK)
		return e;
	jw_open(out, '{');
	jw_key(out, "collateral");
	jw_open(out, '[');
	for (size_t i = 0; i < n; i++)
		row_json(&row[i], now_s, out);
	jw_close(out);
	jw_ki64(out, "total", (int64_t)n);
	jw_close(out);
	return ERR_OK;
}

enum err store_generation(struct store *s, int64_t *out)
{
	sqlite3_stmt *st = db_stmt(s, "PRAGMA data_version");
	enum err e = ERR_IO;

	if (st != NULL && sqlite3_step(st) == SQLITE_ROW) {
		*out = sqlite3_column_int64(st, 0);
		e = ERR_OK;
	}
	if (st != NULL)
		sqlite3_reset(st);
	return e;
}

/* ---- in ---- */

enum err store_collateral_put(struct store *s, const struct store_collateral *c,
			      const char *old, struct slice text, int64_t now_s)
{
	enum err e = db_run(db_bind(
		db_stmt(s,
			"UPDATE collateral SET simulated = ?4, digest = ?5,"
			" source = ?6, tcb_evaluation = ?7, qe_evaluation = ?8,"
			" issued_at = ?9, next_update = ?10, fetched_at = ?11,"
			" next_refresh_at = ?12, bundle = ?13, failures = 0,"
			" last_error = '', updated_at = ?14"
			" WHERE fmspc = ?1 AND ca = ?2 AND digest = ?3"),
		"tttittiiiiiisi", c->of.fmspc, c->of.ca, old,
		(int64_t)c->simulated, c->digest, c->source, c->tcb_evaluation,
		c->qe_evaluation, c->issued_s, c->next_update_s, c->fetched_s,
		c->next_refresh_s, text, now_s));

	if (e == ERR_OK && sqlite3_changes(s->db) == 0)
		e = ERR_STATE;
	return e;
}

enum err store_collateral_failed(struct store *s,
				 const struct store_platform *of,
				 const char *error, int64_t next_refresh_s,
				 int64_t now_s)
{
	return db_run(db_bind(
		db_stmt(s, "UPDATE collateral SET failures = failures + 1,"
			   " last_error = ?3, next_refresh_at = ?4,"
			   " updated_at = ?5 WHERE fmspc = ?1 AND ca = ?2"),
		"tttii", of->fmspc, of->ca, error, next_refresh_s, now_s));
}
