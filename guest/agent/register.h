/* register.h - the agent's standing with the control plane, as a state machine
 * without files, clock or sockets: the caller performs one action at a time and
 * tells how it went.
 *
 *   challenge -> clock (the first time) -> quote -> register -> heartbeats
 *
 * A failure begins again at the challenge after 10 s * 2^n, at most 60 s, for
 * ever; after a 403, after 60 s. A heartbeat answered 401 or 404 begins again
 * at once. A control plane that cannot be reached changes nothing else.
 * Source: easyenclave's agent (wire and schedule); proto.h. */
#ifndef GUEST_AGENT_REGISTER_H
#define GUEST_AGENT_REGISTER_H

#include "lib/config.h"
#include "lib/http1.h"
#include "lib/json.h"
#include "lib/proto.h"
#include "lib/reportdata.h"
#include "sys/console.h"

enum {
	REG_RETRY_BASE_MS = 10 * 1000,
	REG_RETRY_MAX_MS = 60 * 1000,
	REG_REFUSED_MS = 60 * 1000, /* after a 403 */
	REG_BODY_BYTES = 32 * 1024, /* a registration with the largest quote */
};

enum reg_action {
	REG_NOTHING,   /* until reg_due_ms */
	REG_CHALLENGE, /* GET reg_target */
	REG_CLOCK,     /* set the clock to reg.server_time_ms */
	REG_QUOTE,     /* a quote over reg.binding */
	REG_REGISTER,  /* POST reg_target, reg_body */
	REG_HEARTBEAT, /* POST reg_target, reg_body, with the credential */
};

/* Prints a console line; see console(). */
typedef void reg_log_fn(void *ctx, enum console_line line, const char *name,
			int64_t number);

struct reg {
	/* set by reg_init */
	const struct config *cfg;
	char *api_secret;  /* AGENT_SECRET_CHARS + 1; the owner wipes it */
	uint64_t epoch_ms; /* no server's time is before this */
	reg_log_fn *log;
	void *log_ctx;
	/* for reading */
	bool registered;   /* the control plane knows us, as far as we know */
	bool ever;         /* has been registered since the start */
	bool simulated;    /* the control plane says so */
	bool clock_set;    /* time is the control plane's */
	uint64_t bound_ms; /* how far off the clock may have been when set */
	char agent_id[LIMIT_NAME_BYTES + 1]; /* "" before the first time */
	struct binding binding; /* of the quote in hand, or asked for */
	int64_t server_time_ms;
	/* register.c only */
	enum reg_action next;
	bool busy, lost;
	unsigned failures;
	uint32_t poll_ms;
	int64_t due_ms, asked_ms;
	char code[LIMIT_NAME_BYTES + 1]; /* of the last refusal */
};

/* keys: the three public keys of the binding; the rest of it is filled here. */
void reg_init(struct reg *r, const struct config *cfg,
	      const struct binding *keys, uint64_t epoch_s, char *api_secret,
	      reg_log_fn *log, void *log_ctx);

/* What to do now; the same action is not handed out again before its outcome
 * is told. now_ms is monotonic. */
enum reg_action reg_step(struct reg *r, int64_t now_ms);

/* When reg_step will next have something: INT64_MAX while an outcome is out. */
int64_t reg_due_ms(const struct reg *r);

/* The path for the present action. */
MUST_CHECK enum err reg_target(const struct reg *r, enum reg_action a,
			       struct wr *out);

/* The body: REG_REGISTER takes the quote and the time; REG_HEARTBEAT says
 * whether a job is running. */
MUST_CHECK enum err reg_body(const struct reg *r, enum reg_action a,
			     struct slice quote, int64_t unix_ms,
			     bool jobs_running, struct wr *out);

/* Outcomes. `e` other than ERR_OK: there was no answer; res is not read then.
 * `a` is working memory for the answer's JSON, wiped afterwards. `random` is
 * 32 random bits: jitter shortens a wait by up to a tenth of it. */
void reg_answered(struct reg *r, int64_t now_ms, uint32_t random, enum err e,
		  const struct http_msg *res, struct arena *a);
void reg_clock_set(struct reg *r, int64_t now_ms, uint32_t random, enum err e);
void reg_quoted(struct reg *r, int64_t now_ms, uint32_t random, enum err e);

/* The wait before attempt `failures` + 1 (failures from 1), without jitter. */
uint32_t reg_delay_ms(unsigned failures, int http_status);
#endif
