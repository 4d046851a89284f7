/* explain_register.c - one RTMR: compare, read the log, search. */
#include <stdio.h>
#include <string.h>

#include "measure/lib/explain_int.h"

static void list_of(const struct explain_event *ev, size_t n,
		    struct ex_list *out)
{
	out->n = 0;
	for (size_t i = 0; i < n; i++)
		ex_add(out, &ev[i]);
}

/* What the reference expects; false when it has no events. */
static bool expected_list(const struct ex *x, unsigned rtmr,
			  struct ex_list *out)
{
	out->n = 0;
	if (rtmr == 3) {
		if (x->in->config.ptr != NULL)
			ex_add(out, &x->config);
		return x->in->config.ptr != NULL;
	}
	if (!x->base->has_events)
		return false;
	list_of(x->base->ev[rtmr], x->base->nev[rtmr], out);
	return true;
}

/* ---- variants of the expected list: under another firmware, or started
 * another way */

static bool mrtd_is(const struct explain_firmware *f, const uint8_t *mrtd)
{
	return ct_eq(f->mrtd[0], mrtd, SHA384_LEN) ||
	       ct_eq(f->mrtd[1], mrtd, SHA384_LEN);
}

/* The i-th firmware to try: those that MRTD names, or else all, the expected
 * one first. */
static const struct explain_firmware *firmware_at(const struct ex *x, size_t i)
{
	const struct explain_in *in = x->in;
	bool named = false;

	for (size_t f = 0; f < in->nfirmware; f++)
		named = named || mrtd_is(&in->firmware[f], in->body->mrtd);
	for (size_t k = 0; k < in->nfirmware; k++) {
		size_t f = k == 0                   ? x->base->firmware
			   : k <= x->base->firmware ? k - 1
						    : k;

		if (named && !mrtd_is(&in->firmware[f], in->body->mrtd))
			continue;
		if (i-- == 0)
			return &in->firmware[f];
	}
	return NULL;
}

static void under_firmware(struct ex *x, const struct explain_firmware *f,
			   struct ex_list *l)
{
	ex_memory(x, f->tdvf, false);
	if (f == &x->in->firmware[x->base->firmware])
		return;
	for (size_t i = 0; i < l->n; i++) {
		if (ex_is_type(l->ev[i]->type, EVENT_HANDOFF_TABLES2) &&
		    ex_hob(x, f->tdvf, x->base->memory_bytes, &x->fw_hob))
			l->ev[i] = &x->fw_hob;
		if (ex_is_type(l->ev[i]->type, EVENT_FIRMWARE_BLOB2) &&
		    f->has_cfv) {
			x->fw_cfv = *l->ev[i];
			memcpy(x->fw_cfv.digest, f->cfv, SHA384_LEN);
			l->ev[i] = &x->fw_cfv;
		}
	}
}

/* With -kernel the binary is loaded first, and no partition table is read. */
static bool without_disk(struct ex_list *l)
{
	const struct explain_event *pe = NULL;
	struct ex_list out = { 0 };
	bool gpt = false;

	ex_add(&out, NULL);
	for (size_t i = 0; i < l->n; i++) {
		if (ex_is_type(l->ev[i]->type, EVENT_GPT))
			gpt = true;
		else if (pe == NULL &&
			 ex_is_type(l->ev[i]->type, EVENT_APPLICATION))
			pe = l->ev[i];
		else
			ex_add(&out, l->ev[i]);
	}
	out.ev[0] = pe;
	if (gpt && pe != NULL)
		*l = out;
	return gpt && pe != NULL;
}

/* What RTMR1, which is searched first, says of the separator: it lacks it, or
 * has one more. NULL: neither. */
static const struct explain_change *separator_change(const struct ex *x)
{
	for (size_t i = 0; i < x->out->nchanges; i++)
		if (x->out->change[i].cause == EXPLAIN_SEPARATOR &&
		    x->out->change[i].reg == 2)
			return &x->out->change[i];
	return NULL;
}

/* RTMR0 then has it as the last event, or lost its last one. */
static void move_separator(const struct ex *x, const struct explain_change *c,
			   struct ex_list *l)
{
	size_t at = l->n;

	for (size_t i = 0; c->has_expected && i < x->nnamed; i++)
		if (x->named[i].rtmr == 0 &&
		    x->named[i].cause == EXPLAIN_SEPARATOR) {
			ex_add(l, &x->named[i].ev);
			return;
		}
	while (at > 0 && !ex_is_type(l->ev[at - 1]->type, EVENT_SEPARATOR))
		at--;
	if (at == 0 || c->has_expected)
		return;
	l->n--;
	memmove(&l->ev[at - 1], &l->ev[at], (l->n - at + 1) * sizeof *l->ev);
}

/* Makes the v-th variant of the expected list the one that is searched. False
 * after the last. */
static bool variant(struct ex *x, unsigned rtmr, size_t v)
{
	const struct explain_change *sep = separator_change(x);
	const struct explain_firmware *f;
	struct ex_list l;

	(void)expected_list(x, rtmr, &l);
	if (rtmr == 0) {
		f = firmware_at(x, sep != NULL ? v / 2 : v);
		if (f == NULL)
			return false;
		under_firmware(x, f, &l);
		if (sep != NULL && v % 2 == 0)
			move_separator(x, sep, &l);
	} else if (v > 1 || (v == 1 && (rtmr != 1 || !without_disk(&l)))) {
		return false;
	}
	ex_segment(x, rtmr, &l);
	return true;
}

/* ---- searching */

enum search {
	SEARCH_PRODUCT,
	SEARCH_EDIT,
	SEARCH_EDIT_PRODUCT
};

/* From what is likely to what is not. */
static const struct {
	enum search how;
	int depth;
	bool dense;
} phases[] = {
	{ SEARCH_PRODUCT, 0, false },      { SEARCH_PRODUCT, 1, false },
	{ SEARCH_EDIT, 0, false },         { SEARCH_PRODUCT, 2, false },
	{ SEARCH_PRODUCT, 1, true },       { SEARCH_PRODUCT, 3, false },
	{ SEARCH_EDIT_PRODUCT, 1, false },
};

static bool run_phase(struct ex *x, unsigned rtmr, size_t phase,
		      struct ex_list *out)
{
	const uint8_t *want = x->in->body->rtmr[rtmr];
	int reg = (int)rtmr + 1;

	for (size_t v = 0; !ex_spent(x) && variant(x, rtmr, v); v++) {
		bool found = false;

		if (phases[phase].dense)
			ex_memory(x, x->layout, true);
		switch (phases[phase].how) {
		case SEARCH_PRODUCT:
			found = ex_product(x, reg, want, phases[phase].depth,
					   phases[phase].dense, out);
			break;
		case SEARCH_EDIT:
			found = ex_known(&x->seg_base) &&
				ex_edit(x, reg, &x->seg_base, want, out);
			break;
		case SEARCH_EDIT_PRODUCT:
			found = ex_edit_product(x, reg, want, out);
			break;
		}
		if (found)
			return true;
	}
	return false;
}

/* A machine whose register is the quote's, or NULL. */
static const struct explain_machine *same_machine(struct ex *x, unsigned rtmr)
{
	for (size_t i = 0; i < x->in->nmachines && rtmr < 3; i++) {
		const struct explain_machine *m = &x->in->machine[i];

		if (!m->known[rtmr])
			continue;
		x->out->tried++;
		x->out->reg[rtmr + 1].tried++;
		if (ct_eq(m->rtmr[rtmr], x->in->body->rtmr[rtmr], SHA384_LEN))
			return m;
	}
	return NULL;
}

static bool is_computed(const struct ex *x, const struct explain_event *ev)
{
	if (ev == &x->fw_hob || ev == &x->fw_cfv)
		return true;
	for (size_t i = 0; i < x->nmemory; i++)
		if (ev == &x->memory[i])
			return true;
	return false;
}

/* What is computed for one layout is computed again for the next: an answer
 * keeps its own. */
static void keep(struct ex *x, struct ex_list *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n && n < EX_KEPT; i++) {
		if (!is_computed(x, l->ev[i]))
			continue;
		x->kept[n] = *l->ev[i];
		l->ev[i] = &x->kept[n++];
	}
}

static bool search(struct ex *x, unsigned rtmr, struct ex_list *out)
{
	const struct explain_machine *m = same_machine(x, rtmr);

	if (m != NULL && m->has_events) {
		list_of(m->ev[rtmr], m->nev[rtmr], out);
		return true;
	}
	if (rtmr < 3 && !x->base->has_events)
		return false;
	for (size_t i = 0; i < sizeof phases / sizeof *phases; i++)
		if (run_phase(x, rtmr, i, out)) {
			keep(x, out);
			return true;
		}
	return false;
}

/* ---- the log */

enum {
	FOREIGN = 4 /* this many events differ: another boot */
};

static size_t differing(struct ex *x, const struct ex_list *a,
			const struct ex_list *b)
{
	struct ex_steps s;
	size_t n = 0;

	ex_align(x, a, b, &s);
	for (size_t i = 0; i < s.n; i++)
		n += s.s[i].from < 0 || s.s[i].to < 0 ||
		     !ex_same(a->ev[s.s[i].from], b->ev[s.s[i].to]);
	return n;
}

/* The log's first events, when they alone replay to the quote. */
static bool prefix(struct ex *x, unsigned rtmr, const struct ex_list *log,
		   struct ex_list *out)
{
	uint8_t v[SHA384_LEN] = { 0 };
	struct explain_change *c;

	for (size_t i = 0; i < log->n; i++) {
		rtmr_extend(v, log->ev[i]->digest);
		x->out->hashes++;
		if (!ct_eq(v, x->in->body->rtmr[rtmr], SHA384_LEN))
			continue;
		*out = *log;
		out->n = i + 1;
		c = ex_change(x, (int)rtmr + 1, EXPLAIN_LOG_LATER,
			      EXPLAIN_PROVED);
		c->index = (int)i + 1;
		return true;
	}
	return false;
}

/* True when the log explains the register; *out is then what was extended. */
static bool read_log(struct ex *x, unsigned rtmr, bool equal,
		     const struct ex_list *expected, struct ex_list *out)
{
	const uint8_t *want = x->in->body->rtmr[rtmr];
	int reg = (int)rtmr + 1;
	struct explain_change *c;
	struct ex_list log;

	list_of(x->in->log[rtmr], x->in->nlog[rtmr], &log);
	if (ex_is(x, reg, &log, want)) {
		x->out->reg[reg].log_replays = true;
		*out = log;
		return true;
	}
	if (prefix(x, rtmr, &log, out))
		return true;
	if (equal && ex_known(expected) &&
	    differing(x, &log, expected) < FOREIGN)
		*out = *expected;
	else if (equal || log.n == 0 || !ex_edit(x, reg, &log, want, out)) {
		c = ex_change(x, reg, EXPLAIN_LOG_FOREIGN, EXPLAIN_PROVED);
		if (log.n == 0)
			snprintf(c->detail, sizeof c->detail,
				 "the log has no event of this register");
		return false;
	}
	ex_diff_log(x, reg, &log, out);
	return true;
}

size_t ex_log_score(const struct explain_in *in,
		    const struct explain_machine *m)
{
	size_t score = 0;

	for (unsigned r = 0; r < 3; r++)
		for (size_t i = 0; i < m->nev[r]; i++)
			for (size_t k = 0; k < in->nlog[r]; k++)
				if (ex_same(&m->ev[r][i], &in->log[r][k])) {
					score++;
					break;
				}
	return score;
}

/* ---- all of it */

void ex_state(struct ex *x, unsigned rtmr)
{
	struct explain_register *g = &x->out->reg[rtmr + 1];
	struct ex_list config = { .n = 1, .ev = { &x->config } };

	memcpy(g->observed, x->in->body->rtmr[rtmr], SHA384_LEN);
	g->state = EXPLAIN_OPEN;
	if (rtmr < 3 && x->base->known[rtmr])
		memcpy(g->expected, x->base->rtmr[rtmr], SHA384_LEN);
	else if (rtmr == 3 && x->in->config.ptr != NULL)
		ex_replay(x, &config, g->expected);
	else
		return;
	g->state = ct_eq(g->expected, g->observed, SHA384_LEN)
			   ? EXPLAIN_EQUAL
			   : EXPLAIN_DIFFERS;
}

void ex_register(struct ex *x, unsigned rtmr)
{
	struct explain_register *g = &x->out->reg[rtmr + 1];
	const struct explain_machine *m;
	struct ex_list expected, observed;
	bool has = expected_list(x, rtmr, &expected), found = false;

	ex_state(x, rtmr);
	g->explained = g->state != EXPLAIN_DIFFERS;
	if (x->in->log_covers[rtmr])
		found = read_log(x, rtmr, g->state == EXPLAIN_EQUAL, &expected,
				 &observed);
	if (g->state == EXPLAIN_EQUAL || (g->state == EXPLAIN_OPEN && !found))
		return;
	if (!found)
		found = search(x, rtmr, &observed);
	if (found && has) {
		ex_diff(x, (int)rtmr + 1, &expected, &observed);
		g->explained = true;
		return;
	}
	m = found || !has ? same_machine(x, rtmr) : NULL;
	if (m != NULL) {
		ex_diff_machines(x, (int)rtmr + 1, m);
		g->explained = true;
	}
}
