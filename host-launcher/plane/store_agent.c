/* store_agent.c - the store's agents and what is trusted. */
#include <string.h>

#include "host-launcher/plane/store_db.h"
#include "lib/text.h"

static enum err use_nonce(struct store *s, const struct registration *r,
			  int64_t now_s, enum reason *reason)
{
	enum err e = db_run(
		db_bind(db_stmt(s, "UPDATE nonces SET used_at = ?1"
				   " WHERE nonce_hash = ?2 AND vm_name = ?3"
				   " AND used_at IS NULL AND expires_at > ?1"),
			"iht", now_s, r->nonce_hash, r->vm_name));

	if (e != ERR_OK)
		return e;
	*reason = REASON_OK;
	if (sqlite3_changes(s->db) == 1)
		return ERR_OK;
	/* another request was faster, or its time ran out meanwhile */
	e = store_nonce_check(s, r->nonce_hash, r->vm_name, now_s, reason);
	if (e == ERR_OK && *reason == REASON_OK)
		*reason = REASON_NONCE_REPLAY;
	return e;
}

/* Finds the agent of this vm_name: its id when it has the same identity,
 * ERR_MISSING when there is none, ERR_MISMATCH when it is another one. */
static enum err find_same(struct store *s, const struct registration *r,
			  char agent_id[static 37])
{
	sqlite3_stmt *st = db_bind(
		db_stmt(s, "SELECT agent_id, mrtd, node_size, datacenter,"
			   " simulated FROM agents WHERE vm_name = ?"),
		"t", r->vm_name);
	int rc = st == NULL ? SQLITE_ERROR : sqlite3_step(st);
	enum err e;

	if (rc == SQLITE_DONE)
		e = ERR_MISSING;
	else if (rc != SQLITE_ROW)
		e = ERR_IO;
	else if (!ct_slice_eq(str_slice(db_text(st, 1)), str_slice(r->mrtd)) ||
		 strcmp(db_text(st, 2), r->node_size) != 0 ||
		 strcmp(db_text(st, 3), r->datacenter) != 0 ||
		 (sqlite3_column_int(st, 4) != 0) != r->simulated)
		e = ERR_MISMATCH;
	else
		e = slice_cstr(str_slice(db_text(st, 0)), agent_id, 37);
	if (st != NULL)
		sqlite3_reset(st);
	return e;
}

static enum err put_agent(struct store *s, const struct registration *r,
			  const char *agent_id, struct slice verdict,
			  int64_t now_s)
{
	return db_run(db_bind(
		db_stmt(s, "INSERT INTO agents (agent_id, vm_name, status,"
			   " verified, simulated, mrtd, rtmrs, attestation,"
			   " tcb_status, node_size, datacenter, version,"
			   " registered_at, last_heartbeat, created_at,"
			   " updated_at, verdict) VALUES (?1, ?2, 'undeployed',"
			   " 1, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11, ?11,"
			   " ?11, ?12)"
			   " ON CONFLICT (agent_id) DO UPDATE SET"
			   " status = 'undeployed', verified = 1,"
			   " simulated = ?3, rtmrs = ?5, attestation = ?6,"
			   " tcb_status = ?7, version = ?10,"
			   " registered_at = ?11, last_heartbeat = ?11,"
			   " updated_at = ?11, verdict = ?12"),
		"ttitssttttis", agent_id, r->vm_name, (int64_t)r->simulated,
		r->mrtd, r->rtmrs, r->attestation, r->tcb_status, r->node_size,
		r->datacenter, r->version, now_s, verdict));
}

static enum err put_secret(struct store *s, const struct registration *r,
			   const char *agent_id, int64_t now_s)
{
	return db_run(db_bind(
		db_stmt(s, "INSERT INTO agent_control_credentials (agent_id,"
			   " api_secret_hash, created_at, updated_at)"
			   " VALUES (?1, ?2, ?3, ?3)"
			   " ON CONFLICT (agent_id) DO UPDATE SET"
			   " api_secret_hash = ?2, updated_at = ?3"),
		"thi", agent_id, r->secret_hash, now_s));
}

enum err store_register(struct store *s, const struct registration *r,
			const struct audit *a, int64_t now_s,
			char agent_id[static 37], enum reason *reason)
{
	enum err e = db_begin(s);

	if (e != ERR_OK)
		return e;
	e = use_nonce(s, r, now_s, reason);
	if (e != ERR_OK || *reason != REASON_OK) {
		/* nothing to keep: end the transaction either way */
		enum err done = db_end(s, ERR_STATE);

		return e != ERR_OK || done == ERR_STATE ? e : done;
	}
	e = find_same(s, r, agent_id);
	if (e == ERR_MISSING)
		e = slice_cstr(str_slice(r->new_agent_id), agent_id, 37);
	if (e == ERR_OK)
		e = db_inputs(s, &r->inputs, now_s);
	if (e == ERR_OK)
		e = put_agent(s, r, agent_id, a->verdict, now_s);
	if (e == ERR_OK)
		e = put_secret(s, r, agent_id, now_s);
	if (e == ERR_OK)
		e = db_audit(s, a, true, now_s);
	return db_end(s, e);
}

enum err store_heartbeat(struct store *s, const char *agent_id,
			 const uint8_t secret_hash[static SHA256_LEN],
			 const char *vm_name, const char *status, int64_t now_s)
{
	sqlite3_stmt *st = db_bind(
		db_stmt(s, "SELECT c.api_secret_hash, a.vm_name FROM agents a"
			   " JOIN agent_control_credentials c USING (agent_id)"
			   " WHERE agent_id = ?"),
		"t", agent_id);
	int rc = st == NULL ? SQLITE_ERROR : sqlite3_step(st);
	enum err e = ERR_OK;

	if (rc == SQLITE_DONE)
		e = ERR_MISSING;
	else if (rc != SQLITE_ROW)
		e = ERR_IO;
	else if (sqlite3_column_bytes(st, 0) != SHA256_LEN ||
		 !ct_eq(sqlite3_column_blob(st, 0), secret_hash, SHA256_LEN))
		e = ERR_REFUSED;
	else if (strcmp(db_text(st, 1), vm_name) != 0)
		e = ERR_MISMATCH;
	if (st != NULL)
		sqlite3_reset(st);
	if (e != ERR_OK)
		return e;
	return db_run(
		db_bind(db_stmt(s, "UPDATE agents SET last_heartbeat = ?2,"
				   " health_status = ?3, updated_at = ?2"
				   " WHERE agent_id = ?1"),
			"tit", agent_id, now_s, status));
}

#define AGENT_COLUMNS                                                          \
	"SELECT agent_id, vm_name, status, verified, simulated, mrtd, rtmrs,"  \
	" attestation, tcb_status, node_size, datacenter, version,"            \
	" health_status, registered_at, last_heartbeat, verdict FROM agents "

static void time_or_null(struct jw *out, const char *key, sqlite3_stmt *st,
			 int col)
{
	char when[RFC3339_LEN + 1];

	jw_key(out, key);
	if (sqlite3_column_type(st, col) == SQLITE_NULL) {
		jw_null(out);
		return;
	}
	rfc3339_format(sqlite3_column_int64(st, col) * 1000, when);
	jw_str(out, when);
}

static void agent_json(sqlite3_stmt *st, bool whole, struct jw *out)
{
	jw_open(out, '{');
	jw_kstr(out, "agent_id", db_text(st, 0));
	if (whole) {
		jw_key(out, "attestation");
		jw_raw(out, str_slice(db_text(st, 7)));
	}
	jw_kstr(out, "datacenter", db_text(st, 10));
	jw_kstr(out, "health_status", db_text(st, 12));
	time_or_null(out, "last_heartbeat", st, 14);
	jw_kstr(out, "mrtd", db_text(st, 5));
	jw_kstr(out, "node_size", db_text(st, 9));
	time_or_null(out, "registered_at", st, 13);
	jw_key(out, "rtmrs");
	jw_raw(out, str_slice(db_text(st, 6)));
	jw_kbool(out, "simulated", sqlite3_column_int(st, 4) != 0);
	jw_kstr(out, "status", db_text(st, 2));
	db_text_or_null(out, "tcb_status", st, 8);
	if (whole) {
		jw_key(out, "verdict");
		jw_raw(out, str_slice(db_text(st, 15)));
	}
	jw_kbool(out, "verified", sqlite3_column_int(st, 3) != 0);
	jw_kstr(out, "version", db_text(st, 11));
	jw_kstr(out, "vm_name", db_text(st, 1));
	jw_close(out);
}

enum err store_agent(struct store *s, const char *agent_id, struct jw *out)
{
	sqlite3_stmt *st = db_bind(
		db_stmt(s, AGENT_COLUMNS "WHERE agent_id = ?"), "t", agent_id);
	int rc = st == NULL ? SQLITE_ERROR : sqlite3_step(st);

	if (rc == SQLITE_ROW)
		agent_json(st, true, out);
	if (st != NULL)
		sqlite3_reset(st);
	return rc == SQLITE_ROW    ? ERR_OK
	       : rc == SQLITE_DONE ? ERR_MISSING
				   : ERR_IO;
}

enum err store_agents(struct store *s, const char *status, const char *vm_name,
		      struct jw *out)
{
	sqlite3_stmt *st = db_bind(db_stmt(s, AGENT_COLUMNS
					   "WHERE (?1 IS NULL OR status = ?1)"
					   " AND (?2 IS NULL OR vm_name = ?2)"
					   " ORDER BY registered_at, agent_id"),
				   "tt", status, vm_name);
	int64_t total = 0;
	int rc;

	if (st == NULL)
		return ERR_IO;
	jw_open(out, '{');
	jw_key(out, "agents");
	jw_open(out, '[');
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		agent_json(st, false, out);
		total++;
	}
	jw_close(out);
	jw_ki64(out, "total", total);
	jw_close(out);
	sqlite3_reset(st);
	return rc == SQLITE_DONE ? ERR_OK : ERR_IO;
}

/* ---- trust ---- */

enum err store_trust_mrtd(struct store *s, const char *mrtd, const char *type,
			  const char *note, int64_t now_s)
{
	return db_run(db_bind(
		db_stmt(s, "INSERT INTO trusted_mrtds (mrtd, mrtd_type, note,"
			   " created_at) VALUES (?1, ?2, ?3, ?4)"
			   " ON CONFLICT (mrtd) DO UPDATE SET"
			   " mrtd_type = ?2, note = ?3"),
		"ttti", mrtd, type, note, now_s));
}

/* Remembers of which release a set is. */
static enum err note_release(struct store *s, const char *mrtd,
			     const char *const rtmr[static 3],
			     const struct reference_release *release)
{
	if (release->counter == 0)
		return ERR_OK;
	return db_run(db_bind(
		db_stmt(s, "INSERT INTO release_sets (mrtd, rtmr0, rtmr1,"
			   " rtmr2, counter, version)"
			   " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"),
		"ttttit", mrtd, rtmr[0], rtmr[1], rtmr[2],
		(int64_t)release->counter, release->version));
}

enum err store_trust_rtmrs(struct store *s, const char *mrtd,
			   const char *const rtmr[static 3],
			   const char *platform,
			   const struct reference_release *release,
			   int64_t now_s)
{
	enum err e = note_release(s, mrtd, rtmr, release);

	if (e != ERR_OK)
		return e;
	return db_run(db_bind(
		db_stmt(s, "INSERT INTO trusted_rtmrs (mrtd, rtmr0, rtmr1,"
			   " rtmr2, platform, version, counter, not_before,"
			   " not_after, created_at)"
			   " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
			   " ON CONFLICT DO UPDATE SET"
			   " version = excluded.version,"
			   " counter = excluded.counter,"
			   " not_before = excluded.not_before,"
			   " not_after = excluded.not_after"
			   " WHERE excluded.counter >= counter"),
		"ttttttiiii", mrtd, rtmr[0], rtmr[1], rtmr[2], platform,
		release->version, (int64_t)release->counter,
		release->not_before_s, release->not_after_s, now_s));
}

/* "" stands for what is not there. */
static void text_or_null(struct jw *out, const char *key, const char *s)
{
	jw_key(out, key);
	if (s[0] != '\0')
		jw_str(out, s);
	else
		jw_null(out);
}

static enum err rtmrs_json(struct store *s, const char *mrtd, struct jw *out)
{
	sqlite3_stmt *st = db_bind(
		db_stmt(s, "SELECT rtmr0, rtmr1, rtmr2, platform,"
			   " version, revoked FROM trusted_rtmrs WHERE mrtd = ?"
			   " ORDER BY rtmr0, rtmr1, rtmr2"),
		"t", mrtd);
	int rc;

	if (st == NULL)
		return ERR_IO;
	jw_open(out, '[');
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		jw_open(out, '{');
		jw_kstr(out, "platform", db_text(st, 3));
		text_or_null(out, "revoked", db_text(st, 5));
		text_or_null(out, "rtmr0", db_text(st, 0));
		jw_kstr(out, "rtmr1", db_text(st, 1));
		jw_kstr(out, "rtmr2", db_text(st, 2));
		text_or_null(out, "version", db_text(st, 4));
		jw_close(out);
	}
	jw_close(out);
	sqlite3_reset(st);
	return rc == SQLITE_DONE ? ERR_OK : ERR_IO;
}

enum err store_untrust_mrtd(struct store *s, const char *mrtd)
{
	enum err e = db_run(
		db_bind(db_stmt(s, "DELETE FROM trusted_mrtds WHERE mrtd = ?"),
			"t", mrtd));

	if (e == ERR_OK && sqlite3_changes(s->db) == 0)
		e = ERR_MISSING;
	return e;
}

enum err store_trusted(struct store *s, bool whole, struct jw *out)
{
	sqlite3_stmt *st = db_stmt(s, "SELECT mrtd, mrtd_type, note FROM"
				      " trusted_mrtds ORDER BY mrtd");
	enum err e = ERR_OK;
	int64_t total = 0;
	int rc = SQLITE_DONE;

	if (st == NULL)
		return ERR_IO;
	while ((rc = sqlite3_step(st)) == SQLITE_ROW)
		total++;
	sqlite3_reset(st);
	jw_open(out, '{');
	jw_ki64(out, "total", total);
	jw_key(out, "trusted_mrtds");
	jw_open(out, '[');
	while (e == ERR_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		jw_open(out, '{');
		jw_kstr(out, "mrtd", db_text(st, 0));
		if (whole) {
			jw_kstr(out, "note", db_text(st, 2));
			jw_key(out, "rtmrs");
			e = rtmrs_json(s, db_text(st, 0), out);
		}
		jw_kstr(out, "type", db_text(st, 1));
		jw_close(out);
	}
	jw_close(out);
	jw_close(out);
	sqlite3_reset(st);
	return e != ERR_OK ? e : rc == SQLITE_DONE ? ERR_OK : ERR_IO;
}

/* A row of store_each_set. */
static enum err read_set(sqlite3_stmt *st, struct store_set *out)
{
	bool has = sqlite3_column_type(st, 1) != SQLITE_NULL;

	*out = (struct store_set){
		.mrtd = db_text(st, 0),
		.platform = db_text(st, 4),
		.release = { .counter = (uint32_t)sqlite3_column_int64(st, 6),
			     .not_before_s = sqlite3_column_int64(st, 7),
			     .not_after_s = sqlite3_column_int64(st, 8) },
		.revoked = db_text(st, 9),
	};
	for (int i = 0; has && i < 3; i++)
		out->rtmr[i] = db_text(st, 1 + i);
	return slice_cstr(str_slice(db_text(st, 5)), out->release.version,
			  sizeof out->release.version);
}

enum err store_each_set(struct store *s, const char *mrtd,
			const char *const want[static 3], int limit,
			store_set_fn *fn, void *ctx)
{
	sqlite3_stmt *st = db_bind(
		db_stmt(s,
			"SELECT m.mrtd, r.rtmr0, r.rtmr1, r.rtmr2,"
			" r.platform, r.version, r.counter, r.not_before,"
			" r.not_after, r.revoked FROM trusted_mrtds m"
			" LEFT JOIN trusted_rtmrs r USING (mrtd)"
			" WHERE m.mrtd_type = 'agent'"
			" ORDER BY m.mrtd = ?1 DESC, r.rtmr0 IN ('', ?2) DESC,"
			" r.rtmr1 IS ?3 DESC, r.rtmr2 IS ?4 DESC,"
			" m.mrtd, r.rtmr0, r.rtmr1, r.rtmr2 LIMIT ?5"),
		"tttti", mrtd, want[0], want[1], want[2], (int64_t)limit);
	enum err e = ERR_OK;
	int rc = SQLITE_DONE;

	if (st == NULL)
		return ERR_IO;
	while (e == ERR_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		struct store_set set;

		e = read_set(st, &set);
		if (e == ERR_OK)
			e = fn(ctx, &set);
	}
	sqlite3_reset(st);
	return e != ERR_OK ? e : rc == SQLITE_DONE ? ERR_OK : ERR_IO;
}
