/* explain.c - from a quote and references to causes. */
#include "measure/lib/explain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/lib/explain_int.h"

static const struct {
	const char *name, *sentence, *advice;
} causes[] = {
#define X(name, slug, sentence, advice)                                        \
	[EXPLAIN_##name] = { slug, sentence, advice },
	EXPLAIN_CAUSE_LIST(X)
#undef X
};

const char *explain_cause_name(enum explain_cause c)
{
	return causes[c].name;
}

const char *explain_cause_sentence(enum explain_cause c)
{
	return causes[c].sentence;
}

const char *explain_cause_advice(enum explain_cause c)
{
	return causes[c].advice;
}

const char *explain_proof_name(enum explain_proof p)
{
	static const char *const names[] = {
		[EXPLAIN_PROVED] = "proved",
		[EXPLAIN_LOGGED] = "logged",
		[EXPLAIN_GUESSED] = "guessed",
	};

	return names[p];
}

static bool is_zero(const uint8_t digest[static SHA384_LEN])
{
	static const uint8_t zero[SHA384_LEN];

	return ct_eq(digest, zero, sizeof zero);
}

static bool same(const uint8_t *a, const uint8_t *b)
{
	return ct_eq(a, b, SHA384_LEN);
}

/* The machine of the reference that is nearest to the quote: by registers, then
 * by its firmware, then by the log. */
static size_t nearness(const struct explain_in *in,
		       const struct explain_machine *m)
{
	size_t score = same(m->mrtd, in->body->mrtd);

	for (size_t i = 0; i < 3; i++)
		score += m->known[i] && same(m->rtmr[i], in->body->rtmr[i]);
	score *= 2;
	for (size_t o = 0; o < 2; o++)
		if (same(in->firmware[m->firmware].mrtd[o], in->body->mrtd)) {
			score++;
			break;
		}
	return score * 1000 + ex_log_score(in, m);
}

static bool choose(const struct explain_in *in, size_t *out)
{
	size_t best = 0;
	bool any = false;

	for (size_t i = 0; i < in->nmachines; i++) {
		size_t score;

		if (!in->machine[i].primary)
			continue;
		score = nearness(in, &in->machine[i]);
		if (any && score <= best)
			continue;
		any = true;
		best = score;
		*out = i;
	}
	return any;
}

/* ---- MRTD */

static void describe_mrtd(const struct ex *x, struct explain_change *c)
{
	c->has_expected = c->has_observed = true;
	memcpy(c->expected, x->base->mrtd, SHA384_LEN);
	memcpy(c->observed, x->in->body->mrtd, SHA384_LEN);
	snprintf(c->event, sizeof c->event,
		 "the firmware, as it is put into the TD");
}

static void mrtd_cause(struct ex *x, size_t f, size_t order)
{
	const struct explain_firmware *fw = &x->in->firmware[f];
	struct explain_change *c;

	if (f != x->base->firmware) {
		c = ex_change(x, 0, EXPLAIN_FIRMWARE, EXPLAIN_PROVED);
		describe_mrtd(x, c);
		snprintf(c->detail, sizeof c->detail, "%s instead of %s",
			 fw->name, x->in->firmware[x->base->firmware].name);
	}
	if (order == x->base->order)
		return;
	c = ex_change(x, 0, EXPLAIN_MRTD_ORDER, EXPLAIN_PROVED);
	describe_mrtd(x, c);
	snprintf(c->detail, sizeof c->detail, "%s instead of %s",
		 order == MRTD_TWO_PASS ? "two passes" : "a single pass",
		 order == MRTD_TWO_PASS ? "a single pass" : "two passes");
}

static void judge_mrtd(struct ex *x)
{
	struct explain_register *g = &x->out->reg[0];
	const struct explain_in *in = x->in;

	memcpy(g->expected, x->base->mrtd, SHA384_LEN);
	memcpy(g->observed, in->body->mrtd, SHA384_LEN);
	g->explained = same(g->expected, g->observed);
	g->state = g->explained ? EXPLAIN_EQUAL : EXPLAIN_DIFFERS;
	if (!g->explained && is_zero(in->body->mrtd)) {
		describe_mrtd(x,
			      ex_change(x, 0, EXPLAIN_NO_TD, EXPLAIN_PROVED));
		g->explained = true;
	}
	/* The expected firmware in the other order first. */
	for (size_t i = 0; i <= in->nfirmware && !g->explained; i++)
		for (size_t o = 0; o < 2 && !g->explained; o++) {
			size_t f = i == 0 ? x->base->firmware : i - 1;

			g->tried++;
			x->out->tried++;
			if (!same(in->firmware[f].mrtd[o], in->body->mrtd))
				continue;
			mrtd_cause(x, f, o);
			g->explained = true;
		}
}

/* ---- all registers */

/* True, with changes, when nothing was measured into the RTMRs of the firmware
 * though the reference expects it. RTMR3 is the guest's own. */
static bool not_measured(struct ex *x)
{
	const struct quote_body *b = x->in->body;
	bool expects = false;

	for (size_t i = 0; i < 3; i++) {
		if (!is_zero(b->rtmr[i]))
			return false;
		expects = expects ||
			  (x->base->known[i] && !is_zero(x->base->rtmr[i]));
	}
	if (!expects)
		return false;
	for (unsigned i = 0; i < 3; i++) {
		struct explain_register *g = &x->out->reg[i + 1];

		ex_state(x, i);
		g->explained = true;
		if (g->state == EXPLAIN_DIFFERS)
			(void)ex_change(x, (int)i + 1, EXPLAIN_NOT_MEASURED,
					EXPLAIN_PROVED);
	}
	ex_register(x, 3);
	return true;
}

/* A separator that moved is missing in one register and added to the other.
 * One that did only one of these was just left out, or measured twice. */
static void pair_separators(struct explain_out *o)
{
	bool in[EXPLAIN_REGISTERS] = { false };

	for (size_t i = 0; i < o->nchanges; i++)
		if (o->change[i].cause == EXPLAIN_SEPARATOR)
			in[o->change[i].reg] = true;
	for (size_t i = 0; i < o->nchanges; i++) {
		struct explain_change *c = &o->change[i];

		if (c->cause != EXPLAIN_SEPARATOR || in[c->reg == 1 ? 2 : 1] ||
		    !o->reg[c->reg == 1 ? 2 : 1].explained)
			continue;
		c->cause = c->has_expected ? EXPLAIN_MISSING : EXPLAIN_TWICE;
	}
}

static void judge_rest(struct ex *x)
{
	struct explain_change *c;

	if (x->in->body->td_attributes & TD_ATTR_DEBUG)
		(void)ex_change(x, EXPLAIN_NO_REGISTER, EXPLAIN_DEBUG,
				EXPLAIN_PROVED);
	if (x->in->padding > 0) {
		c = ex_change(x, EXPLAIN_NO_REGISTER, EXPLAIN_PADDED,
			      EXPLAIN_PROVED);
		snprintf(c->detail, sizeof c->detail, "%zu bytes",
			 x->in->padding);
	}
}

static bool all_match(const struct explain_out *o)
{
	for (size_t i = 0; i < EXPLAIN_REGISTERS; i++)
		if (o->reg[i].state == EXPLAIN_DIFFERS)
			return false;
	for (size_t i = 0; i < o->nchanges; i++)
		if (o->change[i].cause != EXPLAIN_PADDED)
			return false;
	return true;
}

static bool after(const struct explain_change *a,
		  const struct explain_change *b)
{
	return a->reg != b->reg ? a->reg > b->reg : a->index > b->index;
}

static void sort_changes(struct explain_out *o)
{
	for (size_t i = 1; i < o->nchanges; i++) {
		struct explain_change c = o->change[i];
		size_t k = i;

		for (; k > 0 && after(&o->change[k - 1], &c); k--)
			o->change[k] = o->change[k - 1];
		o->change[k] = c;
	}
}

/* RTMR0 has the most alternatives: it comes last and gets what is left, so that
 * the others are searched, too. */
static void judge_rtmrs(struct ex *x)
{
	static const struct {
		unsigned rtmr, share; /* of the budget: one in so many */
	} order[RTMR_COUNT] = { { 1, 8 }, { 2, 8 }, { 3, 8 }, { 0, 1 } };

	for (size_t i = 0; i < RTMR_COUNT; i++) {
		uint64_t left = x->out->hashes < x->budget
					? x->budget - x->out->hashes
					: 0;
		uint64_t share = x->budget / order[i].share;

		x->limit = x->out->hashes + (share < left ? share : left);
		ex_register(x, order[i].rtmr);
		if (ex_spent(x) && !x->out->reg[order[i].rtmr + 1].explained)
			x->out->exhausted = true;
	}
}

static void judge(struct ex *x)
{
	struct explain_out *o = x->out;

	judge_mrtd(x);
	ex_name_events(x);
	if (!not_measured(x))
		judge_rtmrs(x);
	pair_separators(o);
	judge_rest(x);
	o->match = all_match(o);
	ex_guess(x);
	sort_changes(o);
	ex_rank(o);
}

static enum err check(const struct explain_in *in)
{
	for (size_t i = 0; i < RTMR_COUNT; i++)
		if (in->nlog[i] > EXPLAIN_LIST_IN)
			return ERR_LIMIT;
	for (size_t i = 0; i < in->nmachines; i++) {
		const struct explain_machine *m = &in->machine[i];

		if (m->firmware >= in->nfirmware)
			return ERR_VALUE;
		for (size_t r = 0; r < 3; r++)
			if (m->nev[r] > EXPLAIN_LIST_IN)
				return ERR_LIMIT;
	}
	return ERR_OK;
}

enum err explain(const struct explain_in *in, struct explain_out *out)
{
	enum err e = check(in);
	size_t machine = 0;
	struct ex *x;

	if (e != ERR_OK)
		return e;
	if (!choose(in, &machine))
		return ERR_MISSING;
	x = calloc(1, sizeof *x);
	if (x == NULL)
		return ERR_SPACE;
	*out = (struct explain_out){ .machine = machine };
	x->in = in;
	x->out = out;
	x->base = &in->machine[machine];
	x->budget = in->budget != 0 ? in->budget : EXPLAIN_BUDGET;
	x->limit = x->budget;
	x->config =
		(struct explain_event){ .type = event_type_number(EVENT_CONFIG),
					.known = true,
					.what = "instance configuration" };
	sha384(in->config, x->config.digest);
	judge(x);
	free(x);
	return ERR_OK;
}
