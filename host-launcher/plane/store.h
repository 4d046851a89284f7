/* store.h - what the control plane remembers, in one sqlite3 file: WAL, full
 * synchronisation, foreign keys, prepared statements only. Every change that an
 * answer depends on is on the disk before the answer leaves, so a power cut
 * loses no agent and no used nonce comes back; it may take away nonces that
 * were issued in the last moments and not used. */
#ifndef HOST_PLANE_STORE_H
#define HOST_PLANE_STORE_H

#include "lib/digest.h"
#include "lib/json.h"
#include "lib/reason.h"
#include "measure/lib/reference.h"

/* What strangers can make this file hold: anyone may ask for a challenge or be
 * refused, so the oldest of these make room for the newest. A flood of
 * challenges thus never locks an honest guest out: its nonce lives as long as
 * the flood needs for that many. */
enum {
	STORE_NONCES_MAX = 65536,   /* that were never used */
	STORE_REFUSALS_MAX = 100000 /* audit rows of refused attempts */
};

struct store;

/* Opens the file and migrates it; `create` makes it (mode 0600) when it is not
 * there. ERR_MISSING, ERR_UNSUPP (a newer ee-cp's), ERR_IO. On failure `why`
 * says what to do. */
MUST_CHECK enum err store_open(const char *path, bool create,
			       struct store **out, char *why, size_t why_len);
void store_close(struct store *s);
/* sqlite3's last message. */
const char *store_error(const struct store *s);
/* Can the database be read and locked for writing? For /readyz. */
bool store_ready(struct store *s);

/* ---- nonces ---- */
/* Forgets the oldest unused one beyond STORE_NONCES_MAX. Does not wait for the
 * disk. */
MUST_CHECK enum err store_nonce_issue(struct store *s,
				      const uint8_t hash[static SHA256_LEN],
				      const char *vm_name, int64_t now_s,
				      int64_t ttl_s);

/* REASON_OK when the nonce was issued to vm_name, is unexpired and unused; else
 * NONCE_UNKNOWN, NONCE_EXPIRED or NONCE_REPLAY. A clock that went back by more
 * than the nonce's lifetime makes it expired, too. Changes nothing. */
MUST_CHECK enum err store_nonce_check(struct store *s,
				      const uint8_t hash[static SHA256_LEN],
				      const char *vm_name, int64_t now_s,
				      enum reason *out);

/* Forgets nonces that expired more than keep_s ago. */
MUST_CHECK enum err store_nonce_sweep(struct store *s, int64_t now_s,
				      int64_t keep_s);

/* How many ran out unused in (from_s, to_s]. */
MUST_CHECK enum err store_nonces_expired(struct store *s, int64_t from_s,
					 int64_t to_s, int64_t *out);

/* ---- audit ---- */
struct audit {
	const char *request_id, *vm_name, *detail;
	struct slice policy;  /* what was asked, canonical JSON */
	struct slice verdict; /* what was found (judge.h), or "null" */
	enum reason reason;
	const char *event;      /* "registration" (NULL) or "agent" */
	const char *code;       /* in place of the reason's, or NULL */
	const char *mrtd;       /* 96 hex or NULL */
	const char *tcb_status; /* or NULL */
	const char *nonce_id;   /* first 16 hex of the nonce's hash, or NULL */
};

/* The code that the row and the answer carry. */
const char *audit_code(const struct audit *a);

/* One terminal row for a refused attempt; the oldest refusal beyond
 * STORE_REFUSALS_MAX is forgotten. Accepted attempts are kept for ever. */
MUST_CHECK enum err store_audit_refusal(struct store *s, const struct audit *a,
					int64_t now_s);

/* ---- agents ---- */
/* What a verdict was reached with, and their SHA-256 in hex; empty for none. */
struct store_inputs {
	struct slice collateral, policy;
	const char *collateral_sha256, *policy_sha256;
};

struct registration {
	const char *vm_name, *node_size, *datacenter, *version;
	const char *mrtd, *tcb_status;   /* tcb_status may be NULL */
	struct slice rtmrs, attestation; /* canonical JSON */
	struct store_inputs inputs;
	bool simulated;
	uint8_t nonce_hash[SHA256_LEN];
	uint8_t secret_hash[SHA256_LEN];
	const char *new_agent_id; /* used when the vm_name is new */
};

/* In one transaction: what the verdict was reached with is kept, the nonce
 * becomes used, the agent is inserted (or, with
 * the same MRTD, node_size and datacenter, and simulated or not as before,
 * updated under its old id), its credential replaced and the attempt audited as
 * accepted. agent_id receives the id. *reason is REASON_OK, or NONCE_REPLAY
 * when another request was faster, NONCE_EXPIRED or NONCE_UNKNOWN when the
 * nonce ran out or was forgotten since it was checked. ERR_MISMATCH: the
 * vm_name belongs to an agent of another identity; nothing was changed. */
MUST_CHECK enum err store_register(struct store *s,
				   const struct registration *r,
				   const struct audit *a, int64_t now_s,
				   char agent_id[static 37],
				   enum reason *reason);

/* ERR_MISSING: no such agent; ERR_REFUSED: another secret; ERR_MISMATCH: the
 * agent has another vm_name. */
MUST_CHECK enum err
store_heartbeat(struct store *s, const char *agent_id,
		const uint8_t secret_hash[static SHA256_LEN],
		const char *vm_name, const char *status, int64_t now_s);

/* Writes one agent as a JSON object (ERR_MISSING), or {"agents":[..],"total"}
 * with NULL or a value for each filter. */
MUST_CHECK enum err store_agent(struct store *s, const char *agent_id,
				struct jw *out);
MUST_CHECK enum err store_agents(struct store *s, const char *status,
				 const char *vm_name, struct jw *out);

/* A verdict's input by its SHA-256, as it was: a JSON document. ERR_MISSING,
 * ERR_SPACE. */
MUST_CHECK enum err store_input(struct store *s, const char *sha256,
				struct wr *out);

/* The agent that follows `after` in the order of ids, to be judged again, with
 * its evidence as a JSON object (store_register's). ERR_MISSING: none does. */
struct store_agent {
	char agent_id[37], vm_name[LIMIT_NAME_BYTES + 1];
	char mrtd[2 * SHA384_LEN + 1], tcb_status[64]; /* "": none */
	bool verified;
};
MUST_CHECK enum err store_agent_next(struct store *s, const char *after,
				     struct store_agent *out,
				     struct wr *attestation);

/* The agent's last verdict is another one: in one transaction, the agent is
 * verified or not from now on, by a->reason, and the row is written. */
MUST_CHECK enum err store_agent_judged(struct store *s, const char *agent_id,
				       const struct store_inputs *in,
				       const struct audit *a, int64_t now_s);

/* ---- trust ---- */
/* Adds or renames an entry. type is "agent" or "proxy". */
MUST_CHECK enum err store_trust_mrtd(struct store *s, const char *mrtd,
				     const char *type, const char *note,
				     int64_t now_s);
/* rtmr: three times 96 hex; "" is a register that is not known, and then not
 * compared. The MRTD must be there already. A set that is there takes the
 * release's name and dates, unless it is of a later one; what is revoked stays
 * so. */
MUST_CHECK enum err store_trust_rtmrs(struct store *s, const char *mrtd,
				      const char *const rtmr[static 3],
				      const char *platform,
				      const struct reference_release *release,
				      int64_t now_s);

/* Adopts a reference file's release in one transaction, before its sets:
 * store_release_begin refuses with ERR_STATE a counter below the highest that
 * was seen of the kind, unless rollback is allowed, and with ERR_REFUSED a
 * release that is revoked (*reason says why, copied); and it marks what the
 * reference revokes. store_release_end commits when e is ERR_OK; returns the
 * first error. Nothing may be ended that was not begun. */
struct store_release {
	const struct reference *reference;
	bool allow_rollback;
	char reason[REFERENCE_TEXT]; /* out */
	uint32_t seen;               /* out: that highest counter */
};
MUST_CHECK enum err store_release_begin(struct store *s,
					struct store_release *r, int64_t now_s);
MUST_CHECK enum err store_release_end(struct store *s, enum err e);
/* Forgets the MRTD and its RTMRs. ERR_MISSING: it was not trusted. */
MUST_CHECK enum err store_untrust_mrtd(struct store *s, const char *mrtd);
/* {"total":n,"trusted_mrtds":[{"mrtd","note","rtmrs":[..],"type"}]}; the public
 * form has mrtd and type alone. */
MUST_CHECK enum err store_trusted(struct store *s, bool whole, struct jw *out);

/* Calls fn for the trusted sets of agents that come closest to these registers
 * (96 hex each), closest first, at most `limit`: one that fits in everything is
 * the first. Stops with fn's error. */
struct store_set {
	const char *mrtd;
	const char *rtmr[3]; /* NULL: the MRTD has none yet; "": not known */
	const char *platform;
	struct reference_release release; /* name and dates */
	const char *revoked;              /* why, or "" */
};
typedef enum err store_set_fn(void *ctx, const struct store_set *set);
MUST_CHECK enum err store_each_set(struct store *s, const char *mrtd,
				   const char *const rtmr[static 3], int limit,
				   store_set_fn *fn, void *ctx);

/* What the file holds now. */
struct store_counts {
	int64_t agents, accepted, refused, nonces_open;
};
MUST_CHECK enum err store_count(struct store *s, int64_t now_s,
				struct store_counts *out);

/* The newest audit rows, at most `limit`: {"events":[..]} */
MUST_CHECK enum err store_events(struct store *s, int limit, struct jw *out);
#endif
