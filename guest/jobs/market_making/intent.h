/* intent.h - what a market-making job means to do at its venue, one record an
 * intention: planned, carried out once, and finished as DONE or FAILED. Types,
 * ids and states are those of the engine this follows (MR.MARKET). Pure: no
 * venue, and every time is an argument.
 *
 *   strategyKey  {campaign_id}-{job_id}-{job_type}. Upstream's is
 *                {user}-{client}-{type}: the campaign stands for the user whom
 *                the trading is for, the job for the client's order.
 *   intent id    {strategyKey}:{ts}:{suffix}
 *   trace id     mm:{strategyKey}:{ts}, of all intents of one plan
 *   ts           the plan's Unix time in ms; later than that of every plan
 *                before it, even when the clock is not
 *   suffix       mm-layer-N-buy|sell to create or replace,
 *                mm-cancel-{client order id}, stop
 *
 * The names in a key may hold ':' and '-', ts and suffix no ':': an id is read
 * from its end.
 *
 *   NEW ---> SENT ---> ACKED ---> DONE
 *    |\        \          \
 *    | `--------`----------`----> FAILED, for a venue's error
 *     `-------------------------> DONE unsent, for a reason of our own
 *
 * SENT: requests may have reached the venue; an intent whose outcome is not
 * known stays here. ACKED: the venue has done all of it.
 *
 * A finished intent in canonical JSON, the numbers null where they do not apply
 * (client_order_id is the order created, or cancelled; replaces the one that
 * went before it):
 *   {"client_order_id":s,"created_ms":i,"intent_id":s,"price":s,"qty":s,
 *    "reason":s,"replaces":s,"side":"buy"|"sell","status":"DONE"|"FAILED",
 *    "trace_id":s,"type":s,"updated_ms":i} */
#ifndef GUEST_JOBS_MARKET_MAKING_INTENT_H
#define GUEST_JOBS_MARKET_MAKING_INTENT_H

#include "jobs/venues/venue.h"
#include "lib/digest.h"

enum {
	MM_PREFIX_LEN = 10,                      /* of our client order ids */
	MM_KEY_LEN = 3 * LIMIT_NAME_BYTES + 2,   /* strategyKey */
	MM_INTENT_ID_LEN = MM_KEY_LEN + 21 + 48, /* ":" ts, ":" suffix */
	MM_QUEUE_MAX = VENUE_OPEN_MAX + 32, /* one plan, one before, stop */
	MM_FAILED_KEPT = 4                  /* failures told one by one */
};

/* The lists are sorted by name, as a report counts by it. */
/* clang-format off */
#define MM_INTENT_TYPE_LIST(X) \
	X(CANCEL,  "CANCEL_ORDER") \
	X(CREATE,  "CREATE_LIMIT_ORDER") \
	X(REPLACE, "REPLACE_ORDER") \
	X(STOP,    "STOP_EXECUTOR")
#define MM_INTENT_STATUS_LIST(X) \
	X(ACKED) X(DONE) X(FAILED) X(NEW) X(SENT)
/* clang-format on */

enum mm_intent_type {
#define X(name, text) MM_##name,
	MM_INTENT_TYPE_LIST(X)
#undef X
	MM_TYPES
};

enum mm_intent_status {
#define X(name) MM_##name,
	MM_INTENT_STATUS_LIST(X)
#undef X
	MM_STATUSES
};

/* A venue's error under its own number, and after them what is no error. */
enum mm_reason {
#define X(name, text) MM_FOR_##name,
	VENUE_ERROR_LIST(X)
#undef X
	MM_FOR_MAX_OPEN, /* the strategy has MM_OPEN_MAX orders open */
	MM_FOR_NOT_SENT, /* the job stops, or one before it could not be carried
			    out: the next tick plans anew */
	MM_REASONS
};

struct mm_intent {
	enum mm_intent_type type;
	enum mm_intent_status status;
	enum mm_reason reason; /* MM_FOR_OK: none */
	enum venue_side side;
	int64_t layer; /* from 1; 0: not known, and in STOP */
	struct dec price, qty;
	char client_id[VENUE_ID_LEN + 1]; /* created or cancelled; "" in STOP */
	char old_id[VENUE_ID_LEN + 1];    /* REPLACE: the order that goes */
	int64_t created_ms, updated_ms;   /* Unix; created_ms is the id's ts */
};

/* The intents of one job: those that wait in their order, and what has become
 * of the others. Statuses are changed through mm_intents_move only. */
struct mm_intents {
	char key[MM_KEY_LEN + 1];
	char prefix[MM_PREFIX_LEN + 1];
	uint64_t seq; /* of client order ids */
	int64_t ts;   /* of the plan at hand */
	struct mm_intent queue[MM_QUEUE_MAX];
	size_t n;
	uint64_t types[MM_TYPES], statuses[MM_STATUSES], reasons[MM_REASONS];
	struct {
		char id[MM_INTENT_ID_LEN + 1];
		enum mm_reason reason;
	} failed[MM_FAILED_KEPT]; /* the last ones, oldest first */
	size_t nfailed;
	br_sha384_context finished; /* "[" and the finished ones so far */
};

/* One step of the state machine. ERR_STATE: not a legal one. ERR_VALUE: FAILED
 * without a venue's error, DONE from NEW without a reason of ours, or a reason
 * where none belongs. The intent is changed on ERR_OK only; updated_ms never
 * goes back. */
MUST_CHECK enum err mm_intent_move(struct mm_intent *i,
				   enum mm_intent_status to,
				   enum mm_reason reason, int64_t now_ms);

/* For a job of these names. Client order ids are {prefix}-{number}; the prefix
 * carries the job id's digest, so that a job finds its orders among others. */
void mm_intents_init(struct mm_intents *q, const char *campaign_id,
		     const char *job_id, const char *job_type);

/* Is this client order id one of ours? Exactly prefix, '-' and a number. */
bool mm_intents_ours(const struct mm_intents *q, const char *client_id);

/* A new plan: later ids get its ts. Finished intents leave the queue. */
void mm_intents_plan(struct mm_intents *q, int64_t now_ms);

/* Puts type, side, layer, price, qty and old_id of `wanted` (for CANCEL
 * client_id, too) at the end of the queue as NEW, with a new client order id
 * when it creates one. ERR_DUPLICATE: the id is there already, so it would be
 * carried out twice; ERR_SPACE. */
MUST_CHECK enum err mm_intents_add(struct mm_intents *q,
				   const struct mm_intent *wanted);

/* The first one that is not finished; NULL: none. */
struct mm_intent *mm_intents_head(struct mm_intents *q);

/* mm_intent_move with the counts and, at its end, the digest. i is in q. */
MUST_CHECK enum err mm_intents_move(struct mm_intents *q, struct mm_intent *i,
				    enum mm_intent_status to,
				    enum mm_reason reason, int64_t now_ms);

/* Every NEW one is DONE unsent: MM_FOR_NOT_SENT. */
MUST_CHECK enum err mm_intents_drop(struct mm_intents *q, int64_t now_ms);

void mm_intent_id(const struct mm_intents *q, const struct mm_intent *i,
		  char out[static MM_INTENT_ID_LEN + 1]);

/* SHA-384 over the canonical JSON array of the finished intents, in the order
 * in which they finished. */
void mm_intents_sha384(const struct mm_intents *q,
		       uint8_t out[static SHA384_LEN]);

/* For a report: {"failures":{reason:n},"intents_sha384":hex,"last_failed":
 * [{"intent_id":s,"reason":s}],"skipped":{reason:n},"states":{status:n},
 * "types":{type:n}}. States are those of now: what is neither DONE nor FAILED
 * is not finished. Reasons that did not occur are left out. */
void mm_intents_write(const struct mm_intents *q, struct jw *j);
#endif
