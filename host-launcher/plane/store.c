#include "host-launcher/plane/store.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host-launcher/plane/schema.h"
#include "host-launcher/plane/store_db.h"
#include "lib/text.h"

/* sqlite3 would make the file with the umask's mode. */
static enum err touch_private(const char *path, bool create)
{
	int fd = open(path,
		      O_RDWR | (create ? O_CREAT : 0) | O_CLOEXEC | O_NOFOLLOW,
		      0600);

	if (fd < 0)
		return errno == ENOENT && !create ? ERR_MISSING : ERR_IO;
	close(fd);
	return ERR_OK;
}

static enum err open_db(struct store *s, const char *path)
{
	enum err e = ERR_IO;

	if (sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE, NULL) ==
		    SQLITE_OK &&
	    sqlite3_busy_timeout(s->db, 5000) == SQLITE_OK &&
	    sqlite3_exec(s->db,
			 "PRAGMA journal_mode = WAL;"
			 "PRAGMA synchronous = FULL;"
			 "PRAGMA foreign_keys = ON;"
			 "PRAGMA trusted_schema = OFF;",
			 NULL, NULL, NULL) == SQLITE_OK)
		e = schema_migrate(s->db);
	return e;
}

enum err store_open(const char *path, bool create, struct store **out,
		    char *why, size_t why_len)
{
	struct store *s = calloc(1, sizeof *s);
	enum err e;

	if (s == NULL) {
		snprintf(why, why_len, "out of memory");
		return ERR_SPACE;
	}
	e = touch_private(path, create);
	if (e == ERR_MISSING) {
		snprintf(why, why_len, "%s is not there: 'ee-cp init' makes it",
			 path);
	} else if (e != ERR_OK) {
		snprintf(why, why_len, "%s: %s", path, strerror(errno));
	} else {
		e = open_db(s, path);
		if (e == ERR_UNSUPP)
			snprintf(why, why_len,
				 "%s was written by a newer ee-cp: use that "
				 "one",
				 path);
		else if (e != ERR_OK)
			snprintf(why, why_len, "%s: %s", path, store_error(s));
	}
	if (e == ERR_OK)
		*out = s;
	else
		store_close(s);
	return e;
}

void store_close(struct store *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < STORE_STATEMENTS; i++)
		sqlite3_finalize(s->cached[i].st);
	sqlite3_close(s->db);
	free(s);
}

const char *store_error(const struct store *s)
{
	return s->db == NULL ? "out of memory" : sqlite3_errmsg(s->db);
}

bool store_ready(struct store *s)
{
	sqlite3_stmt *st = db_stmt(s, "SELECT count(*) FROM trusted_mrtds");
	bool read = st != NULL && sqlite3_step(st) == SQLITE_ROW;

	/* a statement left at a row would keep its view of the database open,
	 * and then no write succeeds once another process has written */
	if (st != NULL)
		sqlite3_reset(st);
	if (!read || sqlite3_db_readonly(s->db, "main") != 0 ||
	    db_begin(s) != ERR_OK)
		return false;
	return db_end(s, ERR_STATE) == ERR_STATE;
}

/* Statements are prepared once and found again by the address of their text. */
sqlite3_stmt *db_stmt(struct store *s, const char *sql)
{
	size_t i = 0;

	while (i < STORE_STATEMENTS && s->cached[i].sql != NULL &&
	       s->cached[i].sql != sql)
		i++;
	if (i == STORE_STATEMENTS)
		return NULL;
	if (s->cached[i].sql == NULL) {
		if (sqlite3_prepare_v3(s->db, sql, -1,
				       SQLITE_PREPARE_PERSISTENT,
				       &s->cached[i].st, NULL) != SQLITE_OK)
			return NULL;
		s->cached[i].sql = sql;
	}
	sqlite3_reset(s->cached[i].st);
	sqlite3_clear_bindings(s->cached[i].st);
	return s->cached[i].st;
}

sqlite3_stmt *db_bind(sqlite3_stmt *st, const char *types, ...)
{
	va_list ap;
	int rc = SQLITE_OK;

	if (st == NULL)
		return NULL;
	va_start(ap, types);
	for (int i = 0; types[i] != '\0' && rc == SQLITE_OK; i++) {
		if (types[i] == 'i') {
			rc = sqlite3_bind_int64(st, i + 1, va_arg(ap, int64_t));
		} else if (types[i] == 't') {
			rc = sqlite3_bind_text(st, i + 1,
					       va_arg(ap, const char *), -1,
					       SQLITE_TRANSIENT);
		} else if (types[i] == 'h') {
			rc = sqlite3_bind_blob(st, i + 1,
					       va_arg(ap, const void *),
					       SHA256_LEN, SQLITE_TRANSIENT);
		} else {
			struct slice v = va_arg(ap, struct slice);

			rc = sqlite3_bind_text(st, i + 1, (const char *)v.ptr,
					       (int)v.len, SQLITE_TRANSIENT);
		}
	}
	va_end(ap);
	return rc == SQLITE_OK ? st : NULL;
}

enum err db_run(sqlite3_stmt *st)
{
	enum err e;

	if (st == NULL)
		return ERR_IO;
	e = sqlite3_step(st) == SQLITE_DONE ? ERR_OK : ERR_IO;
	sqlite3_reset(st);
	return e;
}

enum err db_begin(struct store *s)
{
	return db_run(db_stmt(s, "BEGIN IMMEDIATE"));
}

enum err db_end(struct store *s, enum err e)
{
	if (e == ERR_OK)
		e = db_run(db_stmt(s, "COMMIT"));
	if (e != ERR_OK && sqlite3_get_autocommit(s->db) == 0)
		(void)!db_run(db_stmt(s, "ROLLBACK"));
	return e;
}

/* ---- nonces ---- */

/* Whether a commit waits for the disk. */
static enum err wait_for_disk(struct store *s, bool wait)
{
	return sqlite3_exec(s->db,
			    wait ? "PRAGMA synchronous = FULL"
				 : "PRAGMA synchronous = NORMAL",
			    NULL, NULL, NULL) == SQLITE_OK
		       ? ERR_OK
		       : ERR_IO;
}

static enum err put_nonce(struct store *s,
			  const uint8_t hash[static SHA256_LEN],
			  const char *vm_name, int64_t now_s, int64_t ttl_s)
{
	enum err e = db_begin(s);

	if (e != ERR_OK)
		return e;
	e = db_run(db_bind(
		db_stmt(s, "INSERT INTO nonces (nonce_hash, vm_name, issued_at,"
			   " expires_at) VALUES (?, ?, ?, ?)"),
		"htii", hash, vm_name, now_s, now_s + ttl_s));
	if (e == ERR_OK)
		e = db_run(db_bind(
			db_stmt(s, "DELETE FROM nonces WHERE used_at IS NULL"
				   " AND seq <= ?"),
			"i",
			sqlite3_last_insert_rowid(s->db) - STORE_NONCES_MAX));
	return db_end(s, e);
}

/* A nonce that a power cut takes away is unknown afterwards, which is safe: its
 * guest asks for another. It is on the disk before any use of it is, as both
 * are in one log. */
enum err store_nonce_issue(struct store *s,
			   const uint8_t hash[static SHA256_LEN],
			   const char *vm_name, int64_t now_s, int64_t ttl_s)
{
	enum err e = wait_for_disk(s, false), back;

	if (e == ERR_OK)
		e = put_nonce(s, hash, vm_name, now_s, ttl_s);
	back = wait_for_disk(s, true);
	return e != ERR_OK ? e : back;
}

enum err store_nonce_check(struct store *s,
			   const uint8_t hash[static SHA256_LEN],
			   const char *vm_name, int64_t now_s, enum reason *out)
{
	sqlite3_stmt *st =
		db_bind(db_stmt(s, "SELECT vm_name, expires_at, used_at,"
				   " 2 * issued_at - expires_at FROM nonces"
				   " WHERE nonce_hash = ?"),
			"h", hash);
	int rc = st == NULL ? SQLITE_ERROR : sqlite3_step(st);

	if (rc == SQLITE_DONE)
		*out = REASON_NONCE_UNKNOWN;
	else if (rc != SQLITE_ROW)
		return ERR_IO;
	else if (strcmp(db_text(st, 0), vm_name) != 0)
		*out = REASON_NONCE_UNKNOWN;
	else if (sqlite3_column_type(st, 2) != SQLITE_NULL)
		*out = REASON_NONCE_REPLAY;
	else if (sqlite3_column_int64(st, 1) <= now_s ||
		 sqlite3_column_int64(st, 3) > now_s)
		*out = REASON_NONCE_EXPIRED;
	else
		*out = REASON_OK;
	sqlite3_reset(st);
	return ERR_OK;
}

enum err store_nonce_sweep(struct store *s, int64_t now_s, int64_t keep_s)
{
	return db_run(
		db_bind(db_stmt(s, "DELETE FROM nonces WHERE expires_at < ?"),
			"i", now_s - keep_s));
}

/* ---- audit ---- */

const char *audit_code(const struct audit *a)
{
	return a->code != NULL ? a->code : reason_code(a->reason);
}

enum err db_audit(struct store *s, const struct audit *a, bool accepted,
		  int64_t now_s)
{
	char name[64];

	snprintf(name, sizeof name, "%s_attestation_%s",
		 a->event != NULL ? a->event : "registration",
		 accepted ? "accepted" : "rejected");
	return db_run(db_bind(
		db_stmt(s,
			"INSERT INTO attestation_events (event_name, timestamp,"
			" request_id, agent_vm_name, reason_code, detail,"
			" policy_snapshot, mrtd, tcb_status, nonce_id, result,"
			" verdict) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
			" ?)"),
		"tittttstttts", name, now_s, a->request_id, a->vm_name,
		audit_code(a), a->detail, a->policy, a->mrtd, a->tcb_status,
		a->nonce_id, accepted ? "accepted" : "rejected", a->verdict));
}

enum err store_audit_refusal(struct store *s, const struct audit *a,
			     int64_t now_s)
{
	enum err e = db_begin(s);

	if (e != ERR_OK)
		return e;
	e = db_audit(s, a, false, now_s);
	if (e == ERR_OK)
		e = db_run(db_bind(
			db_stmt(s, "DELETE FROM attestation_events WHERE"
				   " result = 'rejected' AND event_id <= ?"),
			"i",
			sqlite3_last_insert_rowid(s->db) - STORE_REFUSALS_MAX));
	return db_end(s, e);
}

static void event_json(sqlite3_stmt *st, struct jw *out)
{
	char when[RFC3339_LEN + 1];

	jw_open(out, '{');
	jw_kstr(out, "agent_vm_name", db_text(st, 3));
	jw_kstr(out, "detail", db_text(st, 5));
	jw_kstr(out, "event_name", db_text(st, 0));
	db_text_or_null(out, "mrtd", st, 7);
	db_text_or_null(out, "nonce_id", st, 9);
	jw_key(out, "policy_snapshot");
	jw_raw(out, str_slice(db_text(st, 6)));
	jw_kstr(out, "reason_code", db_text(st, 4));
	jw_kstr(out, "request_id", db_text(st, 2));
	jw_kstr(out, "result", db_text(st, 10));
	db_text_or_null(out, "tcb_status", st, 8);
	rfc3339_format(sqlite3_column_int64(st, 1) * 1000, when);
	jw_kstr(out, "timestamp", when);
	jw_key(out, "verdict");
	jw_raw(out, str_slice(db_text(st, 11)));
	jw_close(out);
}

enum err store_events(struct store *s, int limit, struct jw *out)
{
	sqlite3_stmt *st = db_bind(
		db_stmt(s,
			"SELECT event_name, timestamp, request_id,"
			" agent_vm_name, reason_code, detail, policy_snapshot,"
			" mrtd, tcb_status, nonce_id, result, verdict"
			" FROM attestation_events ORDER BY event_id DESC"
			" LIMIT ?"),
		"i", (int64_t)limit);
	int rc;

	if (st == NULL)
		return ERR_IO;
	jw_open(out, '{');
	jw_key(out, "events");
	jw_open(out, '[');
	while ((rc = sqlite3_step(st)) == SQLITE_ROW)
		event_json(st, out);
	jw_close(out);
	jw_close(out);
	sqlite3_reset(st);
	return rc == SQLITE_DONE ? ERR_OK : ERR_IO;
}

/* A number that a statement with two parameters finds; 0 and *e on failure. */
static int64_t one_number(struct store *s, const char *sql, int64_t a,
			  int64_t b, enum err *e)
{
	sqlite3_stmt *st = db_bind(db_stmt(s, sql), "ii", a, b);
	int64_t n = 0;

	if (st == NULL || sqlite3_step(st) != SQLITE_ROW)
		*e = ERR_IO;
	else
		n = sqlite3_column_int64(st, 0);
	if (st != NULL)
		sqlite3_reset(st);
	return n;
}

enum err store_nonces_expired(struct store *s, int64_t from_s, int64_t to_s,
			      int64_t *out)
{
	enum err e = ERR_OK;
	int64_t n = one_number(s,
			       "SELECT count(*) FROM nonces WHERE used_at IS"
			       " NULL AND expires_at > ?1 AND expires_at <= ?2",
			       from_s, to_s, &e);

	if (e == ERR_OK)
		*out = n;
	return e;
}

enum err store_count(struct store *s, int64_t now_s, struct store_counts *out)
{
	enum err e = ERR_OK;
	struct store_counts c = {
		.agents = one_number(
			s, "SELECT count(*) FROM agents WHERE ?1 = ?2", 1, 1,
			&e),
		.accepted = one_number(s,
				       "SELECT count(*) FROM attestation_events"
				       " WHERE ?1 = ?2 AND result = 'accepted'",
				       1, 1, &e),
		.refused = one_number(s,
				      "SELECT count(*) FROM attestation_events"
				      " WHERE ?1 = ?2 AND result = 'rejected'",
				      1, 1, &e),
		.nonces_open = one_number(
			s,
			"SELECT count(*) FROM nonces WHERE used_at IS"
			" NULL AND expires_at > ?1 AND issued_at <= ?2",
			now_s, INT64_MAX, &e),
	};

	if (e == ERR_OK)
		*out = c;
	return e;
}
