#include "host-launcher/plane/schema.h"

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
	" nonce_hash BLOB PRIMARY KEY,"
	" vm_name TEXT NOT NULL,"
	" issued_at INTEGER NOT NULL,"
	" expires_at INTEGER NOT NULL,"
	" used_at INTEGER) STRICT;"
	"CREATE INDEX nonces_expiry ON nonces (expires_at);"

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
	" result TEXT NOT NULL) STRICT;",
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

static enum err apply(sqlite3 *db, int n)
{
	char set[64];

	snprintf(set, sizeof set, "PRAGMA user_version = %d", n + 1);
	if (sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
		return ERR_IO;
	if (sqlite3_exec(db, migrations[n], NULL, NULL, NULL) == SQLITE_OK &&
	    sqlite3_exec(db, set, NULL, NULL, NULL) == SQLITE_OK &&
	    sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK)
		return ERR_OK;
	sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return ERR_IO;
}

enum err schema_migrate(sqlite3 *db)
{
	int have = 0;
	enum err e = version_of(db, &have);

	if (e != ERR_OK)
		return e;
	if (have > NMIGRATIONS)
		return ERR_UNSUPP;
	for (int n = have; n < NMIGRATIONS; n++) {
		e = apply(db, n);
		if (e != ERR_OK)
			return e;
	}
	return ERR_OK;
}
