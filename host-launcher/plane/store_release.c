/* store_release.c - which releases the store knows: the newest one of each
 * kind, and those that were revoked. */
#include <string.h>

#include "host-launcher/plane/store_db.h"

static enum err check_counter(struct store *s, struct store_release *r)
{
	sqlite3_stmt *st = db_bind(
		db_stmt(s, "SELECT counter FROM releases_seen WHERE kind = ?"),
		"t", reference_kind_name(r->reference->kind));
	int rc = st == NULL ? SQLITE_ERROR : sqlite3_step(st);

	r->seen = 0;
	if (rc == SQLITE_ROW)
		r->seen = (uint32_t)sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return ERR_IO;
	if (r->reference->release.counter < r->seen && !r->allow_rollback)
		return ERR_STATE;
	return ERR_OK;
}

static enum err check_revoked(struct store *s, struct store_release *r)
{
	const struct reference_release *v = &r->reference->release;
	sqlite3_stmt *st;
	enum err e = ERR_OK;
	int rc;

	if (v->counter == 0)
		return ERR_OK;
	st = db_bind(db_stmt(s, "SELECT reason FROM releases_revoked"
				" WHERE counter = ? OR version = ?"),
		     "it", (int64_t)v->counter, v->version);
	rc = st == NULL ? SQLITE_ERROR : sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		e = slice_cstr(str_slice(db_text(st, 0)), r->reason,
			       sizeof r->reason);
		if (e == ERR_OK)
			e = ERR_REFUSED;
	} else if (rc != SQLITE_DONE) {
		e = ERR_IO;
	}
	sqlite3_reset(st);
	return e;
}

static enum err revoke(struct store *s, const struct reference_revoked *v,
		       int64_t now_s)
{
	enum err e = db_run(db_bind(
		db_stmt(s, "INSERT INTO releases_revoked (counter, version,"
			   " reason, created_at) VALUES (?, ?, ?, ?)"
			   " ON CONFLICT DO NOTHING"),
		"itti", (int64_t)v->counter, v->version, v->reason, now_s));

	if (e != ERR_OK)
		return e;
	return db_run(db_bind(db_stmt(s, "UPDATE trusted_rtmrs SET revoked = ?"
					 " WHERE (mrtd, rtmr0, rtmr1, rtmr2) IN"
					 " (SELECT mrtd, rtmr0, rtmr1, rtmr2"
					 " FROM release_sets"
					 " WHERE counter = ? OR version = ?)"),
			      "tit", v->reason, (int64_t)v->counter,
			      v->version));
}

static enum err note_seen(struct store *s, const struct reference *r,
			  int64_t now_s)
{
	return db_run(db_bind(
		db_stmt(s, "INSERT INTO releases_seen (kind, counter, version,"
			   " updated_at) VALUES (?, ?, ?, ?)"
			   " ON CONFLICT DO UPDATE SET"
			   " counter = excluded.counter,"
			   " version = excluded.version,"
			   " updated_at = excluded.updated_at"
			   " WHERE excluded.counter > counter"),
		"titi", reference_kind_name(r->kind),
		(int64_t)r->release.counter, r->release.version, now_s));
}

enum err store_release_begin(struct store *s, struct store_release *r,
			     int64_t now_s)
{
	enum err e = db_begin(s);

	if (e != ERR_OK)
		return e;
	e = check_revoked(s, r);
	if (e == ERR_OK)
		e = check_counter(s, r);
	for (size_t i = 0; e == ERR_OK && i < r->reference->nrevoked; i++)
		e = revoke(s, &r->reference->revoked[i], now_s);
	if (e == ERR_OK)
		e = note_seen(s, r->reference, now_s);
	return e == ERR_OK ? ERR_OK : db_end(s, e);
}

enum err store_release_end(struct store *s, enum err e)
{
	return db_end(s, e);
}
