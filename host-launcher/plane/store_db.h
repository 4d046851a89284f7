/* store_db.h - the few sqlite3 helpers that the store's files share. */
#ifndef HOST_PLANE_STORE_DB_H
#define HOST_PLANE_STORE_DB_H

#include <sqlite3.h>
#include <stdarg.h>

#include "host-launcher/plane/store.h"

enum {
	STORE_STATEMENTS = 64
};

struct store {
	sqlite3 *db;
	struct {
		const char *sql;
		sqlite3_stmt *st;
	} cached[STORE_STATEMENTS];
};

/* The prepared statement for `sql`, a string literal, reset; NULL on failure.
 */
sqlite3_stmt *db_stmt(struct store *s, const char *sql);

/* Binds parameters 1.. by type: i int64_t, t text or NULL, h 32-byte blob,
 * s struct slice as text. NULL in, or a failure, gives NULL. */
sqlite3_stmt *db_bind(sqlite3_stmt *st, const char *types, ...);

/* Steps a statement that returns no row. */
MUST_CHECK enum err db_run(sqlite3_stmt *st);

MUST_CHECK enum err db_begin(struct store *s);
/* Commits when e is ERR_OK, else rolls back; returns the first error. */
MUST_CHECK enum err db_end(struct store *s, enum err e);

MUST_CHECK enum err db_audit(struct store *s, const struct audit *a,
			     bool accepted, int64_t now_s);

MUST_CHECK enum err db_inputs(struct store *s, const struct store_inputs *in,
			      int64_t now_s);

/* A column's text, never NULL. */
static inline const char *db_text(sqlite3_stmt *st, int col)
{
	const unsigned char *t = sqlite3_column_text(st, col);

	return t == NULL ? "" : (const char *)t;
}

static inline void db_text_or_null(struct jw *out, const char *key,
				   sqlite3_stmt *st, int col)
{
	jw_key(out, key);
	if (sqlite3_column_type(st, col) == SQLITE_NULL)
		jw_null(out);
	else
		jw_str(out, db_text(st, col));
}
#endif
