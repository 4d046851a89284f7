/* store_verdict.c - verdicts with what they were reached with, and agents that
 * are judged again. */
#include <string.h>

#include "host-launcher/plane/store_db.h"

static enum err put_input(struct store *s, const char *sha256, const char *kind,
			  struct slice content, int64_t now_s)
{
	if (content.len == 0)
		return ERR_OK;
	return db_run(db_bind(
		db_stmt(s, "INSERT INTO verdict_inputs (sha256, kind, content,"
			   " created_at) VALUES (?, ?, ?, ?)"
			   " ON CONFLICT DO NOTHING"),
		"ttsi", sha256, kind, content, now_s));
}

enum err db_inputs(struct store *s, const struct store_inputs *in,
		   int64_t now_s)
{
	enum err e = put_input(s, in->collateral_sha256, "collateral",
			       in->collateral, now_s);

	return e != ERR_OK ? e
			   : put_input(s, in->policy_sha256, "policy",
				       in->policy, now_s);
}

enum err store_input(struct store *s, const char *sha256, struct wr *out)
{
	sqlite3_stmt *st = db_bind(db_stmt(s, "SELECT content FROM"
					      " verdict_inputs"
					      " WHERE sha256 = ?"),
				   "t", sha256);
	int rc = st == NULL ? SQLITE_ERROR : sqlite3_step(st);

	if (rc == SQLITE_ROW)
		wr_str(out, db_text(st, 0));
	if (st != NULL)
		sqlite3_reset(st);
	return rc == SQLITE_ROW    ? wr_end(out)
	       : rc == SQLITE_DONE ? ERR_MISSING
				   : ERR_IO;
}

/* ---- judging again ---- */

enum err store_agent_next(struct store *s, const char *after,
			  struct store_agent *out, struct wr *attestation)
{
	sqlite3_stmt *st = db_bind(
		db_stmt(s, "SELECT agent_id, vm_name, mrtd, verified,"
			   " coalesce(tcb_status, ''), attestation FROM agents"
			   " WHERE agent_id > ? ORDER BY agent_id LIMIT 1"),
		"t", after);
	int rc = st == NULL ? SQLITE_ERROR : sqlite3_step(st);
	struct store_agent a = { .verified = false };
	enum err e = rc == SQLITE_ROW    ? ERR_OK
		     : rc == SQLITE_DONE ? ERR_MISSING
					 : ERR_IO;

	if (e == ERR_OK) {
		a.verified = sqlite3_column_int(st, 3) != 0;
		wr_str(attestation, db_text(st, 5));
		e = wr_end(attestation);
	}
	if (e == ERR_OK)
		e = slice_cstr(str_slice(db_text(st, 0)), a.agent_id,
			       sizeof a.agent_id);
	if (e == ERR_OK)
		e = slice_cstr(str_slice(db_text(st, 1)), a.vm_name,
			       sizeof a.vm_name);
	if (e == ERR_OK)
		e = slice_cstr(str_slice(db_text(st, 2)), a.mrtd,
			       sizeof a.mrtd);
	if (e == ERR_OK)
		e = slice_cstr(str_slice(db_text(st, 4)), a.tcb_status,
			       sizeof a.tcb_status);
	if (st != NULL)
		sqlite3_reset(st);
	if (e == ERR_OK)
		*out = a;
	return e;
}

enum err store_agent_judged(struct store *s, const char *agent_id,
			    const struct store_inputs *in,
			    const struct audit *a, int64_t now_s)
{
	bool accepted = a->reason == REASON_OK;
	enum err e = db_begin(s);

	if (e != ERR_OK)
		return e;
	if (accepted)
		e = db_inputs(s, in, now_s);
	if (e == ERR_OK)
		e = db_run(db_bind(
			db_stmt(s, "UPDATE agents SET verified = ?2,"
				   " tcb_status = ?3, verdict = ?4,"
				   " updated_at = ?5 WHERE agent_id = ?1"),
			"titsi", agent_id, (int64_t)accepted, a->tcb_status,
			a->verdict, now_s));
	if (e == ERR_OK)
		e = db_audit(s, a, accepted, now_s);
	return db_end(s, e);
}
