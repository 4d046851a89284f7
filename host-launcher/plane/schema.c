#include "host-launcher/plane/schema.h"

#include <stdbool.h>
#include <stdio.h>

/* Times are Unix seconds. Secrets and nonces are stored as SHA-256 only. */
static const char *const migrations[] = {
	"CREATE TABLE agents ("
	" agent_id TEXT PRIMARY KEY,"
	" vm_name TEXT NOT NULL UNIQUE,"
	" status TEXT NOT NULL,"
	" verified INTEGER NOT NULL DEFAULT 0,"
	" simulated INTEGER NOT NULL,"
	" mrtd TEXT NOT NULL,"
	" rtmrs TEXT NOT NULL,"
	" attestation TEXT NOT NULL,"
	" tcb_status TEXT,"
	" node_size TEXT NOT NULL,"
	" datacenter TEXT NOT NULL,"
	" version TEXT NOT NULL,"
	" health_status TEXT NOT NULL DEFAULT 'unknown',"
	" registered_at INTEGER NOT NULL,"
	" last_heartbeat INTEGER,"
	" created_at INTEGER NOT NULL,"
	" updated_at INTEGER NOT NULL) STRICT;"

	"CREATE TABLE agent_control_credentials ("
	" agent_id TEXT PRIMARY KEY REFERENCES agents ON DELETE CASCADE,"
	" api_secret_hash BLOB NOT NULL,"
	" created_at INTEGER NOT NULL,"
	" updated_at INTEGER NOT NULL) STRICT;"

	"CREATE TABLE nonces ("
	" seq INTEGER PRIMARY KEY," /* in order of issue */
	" nonce_hash BLOB NOT NULL UNIQUE,"
	" vm_name TEXT NOT NULL,"
	" issued_at INTEGER NOT NULL,"
	" expires_at INTEGER NOT NULL,"
	" used_at INTEGER) STRICT;"
	"CREATE INDEX nonces_expiry ON nonces (expires_at);"
	"CREATE INDEX nonces_unused ON nonces (seq) WHERE used_at IS NULL;"

	"CREATE TABLE trusted_mrtds ("
	" mrtd TEXT PRIMARY KEY,"
	" mrtd_type TEXT NOT NULL CHECK (mrtd_type IN ('agent', 'proxy')),"
	" note TEXT NOT NULL DEFAULT '',"
	" created_at INTEGER NOT NULL) STRICT;"

	"CREATE TABLE trusted_rtmrs ("
	" mrtd TEXT NOT NULL REFERENCES trusted_mrtds ON DELETE CASCADE,"
	" rtmr0 TEXT NOT NULL,"
	" rtmr1 TEXT NOT NULL,"
	" rtmr2 TEXT NOT NULL,"
	" platform TEXT NOT NULL,"
	" created_at INTEGER NOT NULL,"
	" PRIMARY KEY (mrtd, rtmr0, rtmr1, rtmr2)) STRICT;"

	"CREATE TABLE attestation_events ("
	" event_id INTEGER PRIMARY KEY,"
	" event_name TEXT NOT NULL,"
	" timestamp INTEGER NOT NULL,"
	" request_id TEXT NOT NULL,"
	" agent_vm_name TEXT NOT NULL,"
	" reason_code TEXT NOT NULL,"
	" detail TEXT NOT NULL,"
	" policy_snapshot TEXT NOT NULL,"
	" mrtd TEXT,"
	" tcb_status TEXT,"
	" nonce_id TEXT,"
	" result TEXT NOT NULL) STRICT;"
	"CREATE INDEX events_refused ON attestation_events (event_id)"
	" WHERE result = 'rejected';",

	/* Which release a set is of; zeros: of none. Why it is revoked, or ''.
	 */
	"ALTER TABLE trusted_rtmrs ADD version TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE trusted_rtmrs ADD counter INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE trusted_rtmrs ADD not_before INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE trusted_rtmrs ADD not_after INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE trusted_rtmrs ADD revoked TEXT NOT NULL DEFAULT '';"

	"CREATE TABLE releases_seen ("
	" kind TEXT PRIMARY KEY,"
	" counter INTEGER NOT NULL," /* the highest */
	" version TEXT NOT NULL,"
	" updated_at INTEGER NOT NULL) STRICT;"

	"CREATE TABLE releases_revoked ("
	" counter INTEGER NOT NULL,"
	" version TEXT NOT NULL,"
	" reason TEXT NOT NULL,"
	" created_at INTEGER NOT NULL,"
	" PRIMARY KEY (counter, version)) STRICT;",

	/* All releases that a set was ever of. A set is known by the newest,
	 * and revoked with any of them. */
	"CREATE TABLE release_sets ("
	" mrtd TEXT NOT NULL,"
	" rtmr0 TEXT NOT NULL,"
	" rtmr1 TEXT NOT NULL,"
	" rtmr2 TEXT NOT NULL,"
	" counter INTEGER NOT NULL,"
	" version TEXT NOT NULL,"
	" PRIMARY KEY (mrtd, rtmr0, rtmr1, rtmr2, counter, version)) STRICT;"
	"INSERT INTO release_sets SELECT mrtd, rtmr0, rtmr1, rtmr2, counter,"
	" version FROM trusted_rtmrs WHERE counter <> 0;",

	/* The newest collateral of each platform; '' and 0: none yet. A row
	 * that is not enabled is kept for its bundle alone, which nothing older
	 * may follow. */
	"CREATE TABLE collateral ("
	" fmspc TEXT NOT NULL,"
	" ca TEXT NOT NULL CHECK (ca IN ('platform', 'processor')),"
	" enabled INTEGER NOT NULL,"
	" simulated INTEGER NOT NULL DEFAULT 0,"
	" digest TEXT NOT NULL DEFAULT '',"
	" bundle TEXT NOT NULL DEFAULT '',"
	" source TEXT NOT NULL DEFAULT '',"
	" tcb_evaluation INTEGER NOT NULL DEFAULT 0,"
	" qe_evaluation INTEGER NOT NULL DEFAULT 0,"
	" issued_at INTEGER NOT NULL DEFAULT 0,"
	" next_update INTEGER NOT NULL DEFAULT 0,"
	" fetched_at INTEGER NOT NULL DEFAULT 0,"
	" next_refresh_at INTEGER NOT NULL,"
	" failures INTEGER NOT NULL DEFAULT 0,"
	" last_error TEXT NOT NULL DEFAULT '',"
	" created_at INTEGER NOT NULL,"
	" updated_at INTEGER NOT NULL,"
	" PRIMARY KEY (fmspc, ca)) STRICT;"

	/* What accepted verdicts were reached with, by SHA-256: kept as long as
	 * they are. A verdict is JSON, or null when there is none. */
	"CREATE TABLE verdict_inputs ("
	" sha256 TEXT PRIMARY KEY,"
	" kind TEXT NOT NULL CHECK (kind IN ('collateral', 'policy')),"
	" content TEXT NOT NULL,"
	" created_at INTEGER NOT NULL) STRICT;"
	"ALTER TABLE agents ADD verdict TEXT NOT NULL DEFAULT 'null';"
	"ALTER TABLE attestation_events ADD verdict TEXT NOT NULL"
	" DEFAULT 'null';",
};

enum {
	NMIGRATIONS = (int)(sizeof migrations / sizeof migrations[0])
};

static enum err version_of(sqlite3 *db, int *version)
{
	sqlite3_stmt *st;
	enum err e = ERR_IO;

	if (sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &st, NULL) !=
	    SQLITE_OK)
		return ERR_IO;
	if (sqlite3_step(st) == SQLITE_ROW) {
		*version = sqlite3_column_int(st, 0);
		e = ERR_OK;
	}
	sqlite3_finalize(st);
	return e;
}

static bool run(sqlite3 *db, const char *sql)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

/* The next migration, if there is one. The version is read inside of the
 * transaction: another process may be at the same work. */
static enum err apply_next(sqlite3 *db, bool *done)
{
	char set[64];
	int have = 0;
	enum err e;

	if (!run(db, "BEGIN IMMEDIATE"))
		return ERR_IO;
	e = version_of(db, &have);
	if (e == ERR_OK && (have < 0 || have > NMIGRATIONS))
		e = ERR_UNSUPP;
	*done = have == NMIGRATIONS;
	if (e == ERR_OK && !*done) {
		snprintf(set, sizeof set, "PRAGMA user_version = %d", have + 1);
		if (!run(db, migrations[have]) || !run(db, set))
			e = ERR_IO;
	}
	if (e == ERR_OK && run(db, "COMMIT"))
		return ERR_OK;
	(void)run(db, "ROLLBACK");
	return e != ERR_OK ? e : ERR_IO;
}

enum err schema_migrate(sqlite3 *db)
{
	bool done = false;
	enum err e = ERR_OK;

	while (e == ERR_OK && !done)
		e = apply_next(db, &done);
	return e;
}
