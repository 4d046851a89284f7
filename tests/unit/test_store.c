/* The control plane's store: nonces are used once, a registration is all or
 * nothing, audit rows are one per attempt, and all of it survives reopening. */
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "host-launcher/plane/store_collateral.h"
#include "host-launcher/plane/store_db.h"
#include "lib/json.h"
#include "tests/tap.h"

enum {
	T0 = 1700000000
};

#define HEX96                                                                  \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"     \
	"0123456789abcdef0123456789abcdef"
#define OTHER96                                                                \
	"f123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"     \
	"0123456789abcdef0123456789abcdef"

#define SLICE(text)                                                            \
	((struct slice){ (const uint8_t *)(text), sizeof(text) - 1 })

static char path[64];
static struct store *s;

static void reopen(void)
{
	char why[256] = "";

	store_close(s);
	s = NULL;
	if (store_open(path, true, &s, why, sizeof why) != ERR_OK) {
		printf("Bail out! %s\n", why);
		exit(1);
	}
}

static const uint8_t *hash_of(uint8_t n)
{
	static uint8_t h[SHA256_LEN];

	memset(h, n, sizeof h);
	return h;
}

static enum reason check(uint8_t n, const char *vm, int64_t now)
{
	enum reason r = REASON_INTERNAL;

	is_err(store_nonce_check(s, hash_of(n), vm, now, &r), ERR_OK,
	       "the nonce can be looked up");
	return r;
}

static struct registration reg(uint8_t nonce, const char *vm, const char *mrtd)
{
	struct registration r = {
		.vm_name = vm,
		.node_size = "tiny",
		.datacenter = "local:qemu",
		.version = "1.0.0",
		.mrtd = mrtd,
		.tcb_status = "UpToDate",
		.rtmrs = str_slice("{}"),
		.attestation = str_slice("{}"),
		.simulated = true,
		.new_agent_id = "id-new",
	};

	memset(r.nonce_hash, nonce, sizeof r.nonce_hash);
	memset(r.secret_hash, nonce, sizeof r.secret_hash);
	return r;
}

static enum err register_agent(const struct registration *r, int64_t now,
			       char id[static 37], enum reason *why)
{
	struct audit a = { .request_id = "r",
			   .vm_name = r->vm_name,
			   .detail = "",
			   .policy = SLICE("{}"),
			   .verdict = SLICE("null"),
			   .reason = REASON_OK,
			   .mrtd = r->mrtd };

	return store_register(s, r, &a, now, id, why);
}

static struct store_counts counts(void)
{
	struct store_counts c = { -1, -1, -1, -1 };

	is_err(store_count(s, T0, &c), ERR_OK, "counting works");
	return c;
}

/* PRAGMA synchronous: 2 is FULL. */
static bool waits_for_disk(void)
{
	sqlite3_stmt *st = db_stmt(s, "PRAGMA synchronous");
	bool full = sqlite3_step(st) == SQLITE_ROW &&
		    sqlite3_column_int(st, 0) == 2;

	sqlite3_reset(st);
	return full;
}

static void test_nonces(void)
{
	is_err(store_nonce_issue(s, hash_of(1), "vm-1", T0, 300), ERR_OK,
	       "a nonce is issued");
	ok(check(1, "vm-1", T0 + 299) == REASON_OK, "and good for 300 s");
	ok(check(1, "vm-1", T0 + 300) == REASON_NONCE_EXPIRED, "not longer");
	ok(check(1, "vm-2", T0) == REASON_NONCE_UNKNOWN,
	   "and only for its vm_name");
	ok(check(2, "vm-1", T0) == REASON_NONCE_UNKNOWN, "another is unknown");
	ok(waits_for_disk(), "the next commit waits for the disk again");
	ok(store_nonce_issue(s, hash_of(1), "vm-1", T0, 300) != ERR_OK,
	   "the same nonce cannot be issued twice");
	ok(waits_for_disk(), "after a failure, too");
}

static void test_register(void)
{
	struct registration r = reg(1, "vm-1", HEX96);
	char id[37] = "", again[37] = "";
	enum reason why = REASON_INTERNAL;

	is_err(register_agent(&r, T0 + 1, id, &why), ERR_OK, "registers");
	ok(why == REASON_OK && strcmp(id, "id-new") == 0, "under the new id");
	reopen();
	ok(check(1, "vm-1", T0 + 2) == REASON_NONCE_REPLAY,
	   "after a restart the nonce is still used");
	is_err(register_agent(&r, T0 + 2, again, &why), ERR_OK, "a replay");
	ok(why == REASON_NONCE_REPLAY, "is refused as one");
	ok(counts().agents == 1 && counts().accepted == 1,
	   "and changes nothing");

	is_err(store_nonce_issue(s, hash_of(3), "vm-1", T0, 300), ERR_OK,
	       "a second challenge");
	r = reg(3, "vm-1", HEX96);
	r.new_agent_id = "id-other";
	is_err(register_agent(&r, T0 + 3, again, &why), ERR_OK,
	       "the same identity registers again");
	ok(why == REASON_OK && strcmp(again, id) == 0, "under its old id");
	is_err(store_heartbeat(s, id, hash_of(1), "vm-1", "ok", T0 + 4),
	       ERR_REFUSED, "the old secret is dead");
	is_err(store_heartbeat(s, id, hash_of(3), "vm-1", "ok", T0 + 4), ERR_OK,
	       "the new one lives");
	is_err(store_heartbeat(s, id, hash_of(3), "vm-2", "ok", T0 + 4),
	       ERR_MISMATCH, "for its vm_name only");
	is_err(store_heartbeat(s, "nobody", hash_of(3), "vm-1", "ok", T0),
	       ERR_MISSING, "an unknown agent");
}

static void test_conflict(void)
{
	struct registration r = reg(4, "vm-1", OTHER96);
	enum reason why = REASON_INTERNAL;
	char id[37];

	is_err(store_nonce_issue(s, hash_of(4), "vm-1", T0, 300), ERR_OK,
	       "a challenge for the same name");
	is_err(register_agent(&r, T0 + 5, id, &why), ERR_MISMATCH,
	       "another image under the same name is a conflict");
	ok(check(4, "vm-1", T0 + 6) == REASON_OK,
	   "which leaves even the nonce as it was");
	ok(counts().accepted == 2, "and no accepted row");
}

static void test_clock(void)
{
	is_err(store_nonce_issue(s, hash_of(5), "vm-5", T0, 300), ERR_OK,
	       "a nonce");
	ok(check(5, "vm-5", T0 - 300) == REASON_OK,
	   "a clock that goes back a little does no harm");
	ok(check(5, "vm-5", T0 - 301) == REASON_NONCE_EXPIRED,
	   "one that goes back far makes no nonce live longer");
}

static void test_simulated(void)
{
	struct registration r = reg(6, "vm-1", HEX96);
	enum reason why = REASON_INTERNAL;
	char id[37];

	is_err(store_nonce_issue(s, hash_of(6), "vm-1", T0, 300), ERR_OK,
	       "a challenge for a name that is taken");
	r.simulated = !r.simulated;
	is_err(register_agent(&r, T0 + 5, id, &why), ERR_MISMATCH,
	       "a simulated agent never takes a real one's name, nor the other "
	       "way round");
}

static void test_audit(void)
{
	struct audit a = { .request_id = "r9",
			   .vm_name = "vm \"9\"",
			   .detail = "why",
			   .policy = SLICE("{\"tcb\":\"strict\"}"),
			   .verdict = SLICE("{\"a\":1}"),
			   .reason = REASON_TCB };
	static char text[16384];
	struct wr w = wr_over(text, sizeof text);
	struct jw j;

	is_err(store_audit_refusal(s, &a, T0), ERR_OK, "a refusal is recorded");
	ok(counts().refused == 1, "as one row");
	jw_init(&j, &w);
	is_err(store_events(s, 1, &j), ERR_OK, "it can be listed");
	is_err(jw_end(&j), ERR_OK, "as canonical JSON");
	wr_u8(&w, 0);
	ok(strcmp(text,
		  "{\"events\":[{\"agent_vm_name\":\"vm \\\"9\\\"\","
		  "\"detail\":\"why\",\"event_name\":"
		  "\"registration_attestation_rejected\",\"mrtd\":null,"
		  "\"nonce_id\":null,\"policy_snapshot\":{\"tcb\":\"strict\"},"
		  "\"reason_code\":\"EE-ATT-015\",\"request_id\":\"r9\","
		  "\"result\":\"rejected\",\"tcb_status\":null,"
		  "\"timestamp\":\"2023-11-14T22:13:20.000Z\","
		  "\"verdict\":{\"a\":1}}]}") == 0,
	   "with every member");
}

static const struct reference_release none;

static enum err count_set(void *ctx, const struct store_set *set)
{
	int *n = ctx;

	ok(strcmp(set->mrtd, HEX96) == 0 || strcmp(set->mrtd, OTHER96) == 0,
	   "an MRTD");
	ok((set->rtmr[0] == NULL) == (set->platform[0] == '\0'),
	   "with or without RTMRs");
	*n += set->rtmr[0] == NULL ? 1 : 100;
	return ERR_OK;
}

static void test_trust(void)
{
	const char *const rtmr[3] = { HEX96, HEX96, HEX96 };
	int n = 0;

	is_err(store_trust_mrtd(s, HEX96, "agent", "a note", T0), ERR_OK,
	       "an MRTD is trusted");
	is_err(store_trust_mrtd(s, OTHER96, "agent", "", T0), ERR_OK, "two");
	is_err(store_trust_rtmrs(s, HEX96, rtmr, "sim", &none, T0), ERR_OK,
	       "RTMRs");
	is_err(store_trust_rtmrs(s, HEX96, rtmr, "sim", &none, T0), ERR_OK,
	       "the same ones again change nothing");
	ok(store_trust_rtmrs(s, "00", rtmr, "sim", &none, T0) != ERR_OK,
	   "RTMRs of an unknown MRTD are refused");
	ok(store_trust_mrtd(s, HEX96, "king", "", T0) != ERR_OK,
	   "an unknown type is refused");
	is_err(store_each_set(s, OTHER96, rtmr, 9, count_set, &n), ERR_OK,
	       "all sets are seen");
	ok(n == 101, "one with and one without RTMRs");
	n = 0;
	is_err(store_each_set(s, HEX96, rtmr, 1, count_set, &n), ERR_OK,
	       "or only the closest");
	ok(n == 100, "which fits in everything");
	is_err(store_trust_mrtd(s, OTHER96, "proxy", "", T0), ERR_OK, "proxy");
	n = 0;
	is_err(store_each_set(s, HEX96, rtmr, 9, count_set, &n), ERR_OK,
	       "again");
	ok(n == 100, "a proxy's is nobody else's");
	is_err(store_untrust_mrtd(s, HEX96), ERR_OK, "trust is taken back");
	is_err(store_untrust_mrtd(s, HEX96), ERR_MISSING, "once");
	n = 0;
	is_err(store_each_set(s, HEX96, rtmr, 9, count_set, &n), ERR_OK,
	       "again");
	ok(n == 0, "its RTMRs went with it");
}

/* ---- floods, in one statement of a second program ---- */

static void sql(const char *text)
{
	sqlite3 *db = NULL;
	char *why = NULL;

	if (sqlite3_open(path, &db) != SQLITE_OK ||
	    sqlite3_exec(db, text, NULL, NULL, &why) != SQLITE_OK) {
		printf("Bail out! %s\n", why != NULL ? why : "no database");
		exit(1);
	}
	sqlite3_close(db);
}

static void test_nonce_flood(void)
{
	uint8_t h[SHA256_LEN];

	memset(h, 0x77, sizeof h);
	is_err(store_nonce_issue(s, h, "honest", T0, 300), ERR_OK, "a nonce");
	sql("WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c"
	    " WHERE i < 65534) INSERT INTO nonces (nonce_hash, vm_name,"
	    " issued_at, expires_at) SELECT randomblob(32), 'x', 1700000000,"
	    " 1700000300 FROM c");
	is_err(store_nonce_issue(s, hash_of(8), "vm-8", T0, 300), ERR_OK,
	       "after 65,534 others there is still room");
	ok(check(0x77, "honest", T0) == REASON_OK, "for the honest one, too");
	is_err(store_nonce_issue(s, hash_of(9), "vm-9", T0, 300), ERR_OK,
	       "one more");
	ok(check(0x77, "honest", T0) == REASON_NONCE_UNKNOWN,
	   "takes the place of the oldest");
	ok(check(9, "vm-9", T0) == REASON_OK, "and is good");
	ok(counts().nonces_open == STORE_NONCES_MAX, "the limit holds");
	ok(check(3, "vm-1", T0) == REASON_NONCE_REPLAY,
	   "a nonce that was used is never forgotten for others");
	sql("DELETE FROM nonces WHERE vm_name = 'x' OR vm_name = 'vm-8' OR"
	    " vm_name = 'vm-9'");
}

static void test_refusal_flood(void)
{
	struct audit a = { .request_id = "last",
			   .vm_name = "",
			   .detail = "",
			   .policy = SLICE("{}"),
			   .verdict = SLICE("null"),
			   .reason = REASON_NONCE_MISSING };
	struct store_counts before = counts();

	sql("WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c"
	    " WHERE i < 100000) INSERT INTO attestation_events (event_name,"
	    " timestamp, request_id, agent_vm_name, reason_code, detail,"
	    " policy_snapshot, result) SELECT 'x', 1, 'r', 'v', 'c', 'd',"
	    " '{}', 'rejected' FROM c");
	is_err(store_audit_refusal(s, &a, T0), ERR_OK, "one refusal more");
	ok(counts().refused == STORE_REFUSALS_MAX, "the limit holds");
	ok(counts().accepted == before.accepted, "what was accepted is kept");
	sql("DELETE FROM attestation_events WHERE event_name = 'x'");
}

/* ---- other programs at the same file ---- */

static void test_two_programs(void)
{
	struct store *other = NULL;
	char why[256];

	is_err(store_open(path, false, &other, why, sizeof why), ERR_OK,
	       "a second program opens the file");
	ok(store_ready(s), "the first is ready");
	is_err(store_trust_mrtd(other, OTHER96, "agent", "", T0), ERR_OK,
	       "the second writes");
	is_err(store_nonce_issue(s, hash_of(10), "vm-10", T0, 300), ERR_OK,
	       "and the first can write after that");
	ok(store_ready(s), "still ready");
	store_close(other);
}

static void test_files(void)
{
	static const char *const versions[] = { "PRAGMA user_version = 99",
						"PRAGMA user_version = -1" };
	struct store *other = NULL;
	char why[256] = "", no[80];

	snprintf(no, sizeof no, "%s.none", path);
	is_err(store_open(no, false, &other, why, sizeof why), ERR_MISSING,
	       "no file");
	ok(strstr(why, "ee-cp init") != NULL, "says who makes it");
	for (size_t i = 0; i < 2; i++) {
		sql(versions[i]);
		is_err(store_open(path, false, &other, why, sizeof why),
		       ERR_UNSUPP, "a file from the future");
		ok(strstr(why, "newer") != NULL, "says so");
	}
	sql("PRAGMA user_version = 4");
}

/* The file of an ee-cp that knew neither collateral nor records. */
static void test_older_file(void)
{
	static char text[1 << 20];
	struct wr w = wr_over(text, sizeof text - 1);
	struct store_counts before = counts();
	int64_t generation = 0, later = 0;
	struct jw j;

	sql("DROP TABLE collateral");
	sql("DROP TABLE verdict_inputs");
	sql("ALTER TABLE agents DROP COLUMN verdict");
	sql("ALTER TABLE attestation_events DROP COLUMN verdict");
	sql("PRAGMA user_version = 3");
	reopen();
	ok(counts().agents == before.agents &&
		   counts().refused == before.refused,
	   "a file of before is read, and keeps what it had");
	jw_init(&j, &w);
	is_err(store_events(s, 1, &j), ERR_OK, "its events");
	text[w.len] = '\0';
	ok(strstr(text, "\"verdict\":null") != NULL, "have no record");
	is_err(store_generation(s, &generation), ERR_OK, "now");
	sql("UPDATE agents SET updated_at = updated_at");
	is_err(store_generation(s, &later), ERR_OK, "then");
	ok(later != generation, "what another program changes is noticed");
	is_err(store_generation(s, &generation), ERR_OK, "now");
	is_err(store_trust_mrtd(s, OTHER96, "agent", "", T0), ERR_OK,
	       "a change");
	is_err(store_generation(s, &later), ERR_OK, "then");
	ok(later == generation, "of our own is not");
}

static void test_sweep(void)
{
	is_err(store_nonce_issue(s, hash_of(11), "vm-1", T0, 300), ERR_OK,
	       "a nonce");
	is_err(store_nonce_sweep(s, T0 + 300 + 3600, 3600), ERR_OK, "sweeping");
	ok(check(11, "vm-1", T0) == REASON_OK, "keeps what is recent");
	is_err(store_nonce_sweep(s, T0 + 301 + 3600, 3600), ERR_OK, "later");
	ok(check(11, "vm-1", T0) == REASON_NONCE_UNKNOWN, "all are gone");
}

int main(void)
{
	struct stat st;
	char cmd[256];

	snprintf(path, sizeof path, "/tmp/test_store.%d.db", (int)getpid());
	reopen();
	ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600,
	   "the file is private");
	test_nonces();
	test_register();
	test_conflict();
	test_audit();
	test_trust();
	test_clock();
	test_simulated();
	test_nonce_flood();
	test_refusal_flood();
	test_two_programs();
	test_files();
	test_older_file();
	test_sweep();
	store_close(s);
	snprintf(cmd, sizeof cmd, "rm -f %s %s-wal %s-shm", path, path, path);
	ok(system(cmd) == 0, "cleaned up");
	return tap_done();
}
