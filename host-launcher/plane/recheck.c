#include "host-launcher/plane/recheck.h"

#include <string.h>

#include "host-launcher/plane/plane.h"
#include "lib/text.h"
#include "measure/lib/decide.h"

/* One agent and its new verdict. */
struct again {
	struct store_agent agent;
	struct verdict verdict;
	const struct bundle *with;
	uint8_t quote[LIMIT_QUOTE_BYTES];
	struct slice quote_s;
};

void recheck_start(struct plane *p, int64_t now_s)
{
	p->recheck = (struct recheck){ .running = true, .started_s = now_s };
}

/* The next agent and the quote it registered with; none when the store holds
 * no quote there, which is refused as what it is. */
static enum err load(struct plane *p, struct again *a)
{
	static uint8_t text[LIMIT_QUOTE_BYTES * 2];
	struct wr w = wr_over(text, sizeof text);
	struct wr quote = wr_over(a->quote, sizeof a->quote);
	struct arena arena = arena_over(p->arena_mem, PLANE_JSON_ARENA);
	struct slice b64;
	struct json doc;
	enum err e =
		store_agent_next(p->store, p->recheck.after, &a->agent, &w);

	if (e != ERR_OK)
		return e;
	a->quote_s = (struct slice){ a->quote, 0 };
	if (json_parse(&arena, wr_slice(&w), &doc) == ERR_OK &&
	    json_str(doc, "quote_b64", &b64) == ERR_OK &&
	    b64_decode(b64, &quote) == ERR_OK)
		a->quote_s = wr_slice(&quote);
	return ERR_OK;
}

/* Is there anything to say that was not said before? */
static bool changed(const struct again *a)
{
	const char *status = a->verdict.has_status
				     ? tcb_status_name(a->verdict.tcb_status)
				     : "";

	return a->agent.verified != (a->verdict.reason == REASON_OK) ||
	       strcmp(a->agent.tcb_status, status) != 0;
}

static enum err record(struct plane *p, struct again *a, int64_t now_s)
{
	static uint8_t mem[JUDGE_RECORD];
	uint8_t rules[JUDGE_RULES];
	struct wr verdict = wr_over(mem, sizeof mem);
	struct wr asked = wr_over(rules, sizeof rules);
	const struct verdict *v = &a->verdict;
	struct store_inputs in = judge_inputs(p, a->with);
	struct audit row = {
		.event = "agent",
		.request_id = "",
		.vm_name = a->agent.vm_name,
		.detail = v->detail,
		.reason = v->reason,
		.mrtd = a->agent.mrtd,
		.tcb_status =
			v->has_status ? tcb_status_name(v->tcb_status) : NULL,
	};
	enum err e;

	judge_record(p, v, a->with, &verdict);
	judge_rules(p, &asked);
	if (wr_end(&verdict) != ERR_OK || wr_end(&asked) != ERR_OK)
		return ERR_IO;
	row.verdict = wr_slice(&verdict);
	row.policy = wr_slice(&asked);
	e = store_agent_judged(p->store, a->agent.agent_id, &in, &row, now_s);
	if (e == ERR_OK && p->decided != NULL)
		p->decided(&row, v->reason == REASON_OK);
	return e;
}

static enum err by_quote(struct plane *p, struct again *a, int64_t now_s)
{
	enum err e = judge_quote(p, a->quote_s, now_s, &a->verdict, &a->with);

	if (e == ERR_OK && a->with != NULL &&
	    bundle_current(&a->with->c, now_s) && changed(a))
		e = record(p, a, now_s);
	return e;
}

/* A token tells of the day it was made: without a new one an agent can be
 * refused, and not be admitted again. */
static enum err by_token(struct plane *p, struct again *a, int64_t now_s)
{
	enum tcb_status status;
	enum err e;

	if (!a->agent.verified ||
	    tcb_status_parse(str_slice(a->agent.tcb_status), &status) != ERR_OK)
		return ERR_OK;
	a->with = NULL;
	e = judge_standing(p, a->quote_s, status, now_s, &a->verdict);
	if (e == ERR_OK && a->verdict.reason != REASON_OK)
		e = record(p, a, now_s);
	return e;
}

static enum err judge_next(struct plane *p, int64_t now_s)
{
	static struct again a;
	enum err e = load(p, &a);

	if (e != ERR_OK)
		return e;
	e = decide_needs_quote(&p->rules.policy) ? by_quote(p, &a, now_s)
						 : by_token(p, &a, now_s);
	if (e == ERR_OK)
		memcpy(p->recheck.after, a.agent.agent_id,
		       sizeof p->recheck.after);
	return e;
}

enum err recheck_step(struct plane *p, int64_t now_s)
{
	enum err e = ERR_OK;

	if (!p->recheck.running &&
	    (now_s < p->recheck.started_s ||
	     now_s - p->recheck.started_s >= RECHECK_EVERY_S))
		recheck_start(p, now_s);
	for (int i = 0; p->recheck.running && e == ERR_OK && i < RECHECK_STEP;
	     i++)
		e = judge_next(p, now_s);
	if (e != ERR_MISSING)
		return e;
	p->recheck.running = false;
	return ERR_OK;
}
