/* explain_diff.c - two lists of events, the one expected and the one measured:
 * which events differ, and what causes that. */
#include <stdio.h>
#include <string.h>

#include "measure/lib/explain_int.h"

/* ---- alignment */

enum {
	COST_GAP = 2,
	COST_CHANGE = 3, /* less than two gaps */
	COST_OTHER = 5,  /* more than two gaps */
};

/* Variables are told apart by their names, the first word of what is said; a
 * command line is never compared with an initrd. */
static bool other_name(const struct explain_event *a,
		       const struct explain_event *b)
{
	size_t n = strcspn(a->what, " "), m = strcspn(b->what, " ");

	if (ex_is_type(a->type, EVENT_EVENT_TAG))
		return ex_tag_cause(a) != ex_tag_cause(b);
	if (a->type != event_type_number(EVENT_VARIABLE_CONFIG) &&
	    a->type != event_type_number(EVENT_VARIABLE_BOOT))
		return false;
	return n > 0 && m > 0 && (n != m || memcmp(a->what, b->what, n) != 0);
}

static unsigned cost_of(const struct explain_event *from,
			const struct explain_event *to)
{
	if (ex_same(from, to))
		return 0;
	if (from->type != to->type)
		return COST_OTHER;
	if (!from->known || !to->known)
		return 0;
	return other_name(from, to) ? COST_OTHER : COST_CHANGE;
}

static void step(struct ex_steps *out, int from, int to)
{
	if (out->n < sizeof out->s / sizeof *out->s)
		out->s[out->n++] = (struct ex_step){ from, to };
}

static unsigned min(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Least total cost of from i on and to k on, from the end. */
void ex_align(struct ex *x, const struct ex_list *from,
	      const struct ex_list *to, struct ex_steps *out)
{
	size_t i = from->n, k = to->n;

	for (i = from->n + 1; i-- > 0;)
		for (k = to->n + 1; k-- > 0;) {
			unsigned best = i < from->n || k < to->n ? 65535 : 0;

			if (i < from->n)
				best = min(best, x->align[i + 1][k] + COST_GAP);
			if (k < to->n)
				best = min(best, x->align[i][k + 1] + COST_GAP);
			if (i < from->n && k < to->n)
				best = min(best, x->align[i + 1][k + 1] +
							 cost_of(from->ev[i],
								 to->ev[k]));
			x->align[i][k] = (uint16_t)best;
		}
	out->n = 0;
	for (i = 0, k = 0; i < from->n || k < to->n;) {
		if (i < from->n && k < to->n &&
		    x->align[i][k] == x->align[i + 1][k + 1] +
					      cost_of(from->ev[i], to->ev[k]))
			step(out, (int)i++, (int)k++);
		else if (i < from->n &&
			 x->align[i][k] == x->align[i + 1][k] + COST_GAP)
			step(out, (int)i++, -1);
		else
			step(out, -1, (int)k++);
	}
}

/* ---- changes */

struct explain_change *ex_change(struct ex *x, int reg,
				 enum explain_cause cause,
				 enum explain_proof proof)
{
	struct explain_out *o = x->out;
	struct explain_change *c;

	c = o->nchanges < EXPLAIN_CHANGES ? &o->change[o->nchanges++]
					  : &x->overflow;
	o->dropped += c == &x->overflow;
	*c = (struct explain_change){ .cause = cause,
				      .proof = proof,
				      .reg = reg,
				      .index = EXPLAIN_NO_EVENT };
	return c;
}

static void describe(struct explain_change *c,
		     const struct explain_event *expected,
		     const struct explain_event *observed)
{
	const struct explain_event *ev = expected != NULL ? expected : observed;

	c->type = ev->type;
	snprintf(c->event, sizeof c->event, "%s", ev->what);
	if (expected != NULL && expected->known) {
		c->has_expected = true;
		memcpy(c->expected, expected->digest, SHA384_LEN);
	}
	if (observed != NULL) {
		c->has_observed = true;
		memcpy(c->observed, observed->digest, SHA384_LEN);
	}
}

/* One diff: the two lists, and what is to be made of each step. */
struct diff {
	struct ex *x;
	int reg;
	const struct ex_list *expected, *observed;
	struct ex_steps steps;
};

/* The step that has the same event on the other side only, or -1. */
static long counterpart(const struct diff *d, const struct explain_event *ev,
			bool extra)
{
	for (size_t i = 0; i < d->steps.n; i++) {
		const struct ex_step *s = &d->steps.s[i];

		if (extra && s->from < 0 && ex_same(ev, d->observed->ev[s->to]))
			return (long)i;
		if (!extra && s->to < 0 &&
		    ex_same(ev, d->expected->ev[s->from]))
			return (long)i;
	}
	return -1;
}

/* An event of this type has another digest. */
static bool has_other(const struct diff *d, enum event_type t)
{
	for (size_t i = 0; i < d->steps.n; i++) {
		const struct ex_step *s = &d->steps.s[i];

		if (s->from >= 0 && s->to >= 0 &&
		    ex_is_type(d->expected->ev[s->from]->type, t) &&
		    !ex_same(d->expected->ev[s->from], d->observed->ev[s->to]))
			return true;
	}
	return false;
}

/* An event of this type was added or left out, and not just moved. */
static bool has_gap(const struct diff *d, enum event_type t)
{
	for (size_t i = 0; i < d->steps.n; i++) {
		const struct ex_step *s = &d->steps.s[i];
		const struct explain_event *ev =
			s->from >= 0 ? d->expected->ev[s->from]
				     : d->observed->ev[s->to];

		if ((s->from < 0 || s->to < 0) && ex_is_type(ev->type, t) &&
		    counterpart(d, ev, s->to < 0) < 0)
			return true;
	}
	return false;
}

/* The firmware started something twice, and said so. */
static bool retried(const struct ex *x, const struct ex_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		for (size_t k = 0; k < x->nnamed; k++)
			if (x->named[k].cause == EXPLAIN_BOOT_RETRY &&
			    (strstr(x->named[k].text, "Returning") != NULL ||
			     strstr(x->named[k].text, "Failure") != NULL) &&
			    ex_same(l->ev[i], &x->named[k].ev))
				return true;
	return false;
}

/* An event that is not expected, and not one of the expected ones elsewhere. */
static enum explain_cause
extra_cause(const struct diff *d, const struct explain_event *ev, bool twice)
{
	enum explain_cause otherwise = twice ? EXPLAIN_TWICE : EXPLAIN_EXTRA;

	switch (d->reg) {
	case 1:
		if (ex_is_type(ev->type, EVENT_SEPARATOR) && twice)
			return EXPLAIN_SEPARATOR;
		if (ex_is_type(ev->type, EVENT_VARIABLE_BOOT) &&
		    has_other(d, EVENT_VARIABLE_BOOT) && !twice)
			return EXPLAIN_DISKS;
		if (ex_is_type(ev->type, EVENT_PLATFORM_CONFIG_FLAGS) &&
		    strstr(ev->what, "FW CFG") != NULL)
			return EXPLAIN_FW_CFG;
		break;
	case 2:
		if (ex_is_type(ev->type, EVENT_SEPARATOR))
			return EXPLAIN_SEPARATOR;
		if (ex_is_type(ev->type, EVENT_ACTION) &&
		    retried(d->x, d->observed))
			return EXPLAIN_BOOT_RETRY;
		if (ex_is_type(ev->type, EVENT_APPLICATION) && !twice)
			return has_gap(d, EVENT_GPT) ? EXPLAIN_BOOT_PATH
						     : EXPLAIN_LOADER;
		break;
	case 4:
		return twice ? EXPLAIN_CONFIG_TWICE : otherwise;
	default:
		if (ex_is_type(ev->type, EVENT_EVENT_TAG))
			return ex_tag_cause(ev);
		break;
	}
	if (ex_is_type(ev->type, EVENT_IPL) ||
	    ex_is_type(ev->type, EVENT_VARIABLE_AUTHORITY))
		return EXPLAIN_LOADER;
	return otherwise;
}

static enum explain_cause missing_cause(const struct diff *d,
					const struct explain_event *ev)
{
	if (ex_is_type(ev->type, EVENT_SEPARATOR) && d->reg <= 2)
		return EXPLAIN_SEPARATOR;
	/* A BootOrder that is another goes with it. */
	if (ex_is_type(ev->type, EVENT_VARIABLE_BOOT) &&
	    has_other(d, EVENT_VARIABLE_BOOT))
		return EXPLAIN_DISKS;
	if (d->reg == 2 && ex_is_type(ev->type, EVENT_GPT))
		return EXPLAIN_BOOT_PATH;
	return d->reg == 4 ? EXPLAIN_CONFIG_MISSING : EXPLAIN_MISSING;
}

static bool expects(const struct ex_list *l, const struct explain_event *ev)
{
	for (size_t i = 0; i < l->n; i++)
		if (ex_same(l->ev[i], ev))
			return true;
	return false;
}

/* Events of a type that cannot be predicted stand for any number of them. */
static bool unpredicted(const struct ex_list *l, const struct explain_event *ev)
{
	for (size_t i = 0; i < l->n; i++)
		if (!l->ev[i]->known && l->ev[i]->type == ev->type)
			return true;
	return false;
}

/* What the digest does not prove is the log's word. What was expected is told
 * beside it when the user has it at hand. */
static void log_says(const struct diff *d, struct explain_change *c,
		     const struct explain_event *expected,
		     const struct explain_event *observed)
{
	const struct explain_in *in = d->x->in;
	size_t n;

	snprintf(c->detail, sizeof c->detail, "the log says: %s",
		 observed->what);
	n = strlen(c->detail);
	for (size_t i = 0; expected != NULL && i < in->ncandidates; i++)
		if (ex_same(expected, &in->candidate[i].ev)) {
			snprintf(c->detail + n, sizeof c->detail - n,
				 "; expected: %s", in->candidate[i].ev.what);
			return;
		}
}

static void on_changed(struct diff *d, const struct ex_step *s)
{
	const struct explain_event *from = d->expected->ev[s->from];
	const struct explain_event *to = d->observed->ev[s->to];
	struct explain_change *c;
	struct ex_source src;

	if (!from->known || ex_same(from, to))
		return;
	src = ex_source(d->x, d->reg, to, d->observed);
	if (src.cause == EXPLAIN_BOOT_VARIABLES &&
	    has_gap(d, EVENT_VARIABLE_BOOT))
		src.cause = EXPLAIN_DISKS;
	c = ex_change(d->x, d->reg, src.cause,
		      src.score > 0 ? EXPLAIN_PROVED : EXPLAIN_LOGGED);
	c->index = s->from;
	describe(c, from, to);
	if (src.text[0] == '\0')
		log_says(d, c, from, to);
	else
		memcpy(c->detail, src.text, sizeof c->detail);
}

/* An event that is there, in another place. */
static enum explain_cause moved_cause(const struct diff *d,
				      const struct explain_event *ev)
{
	if (d->reg == 2 && ex_is_type(ev->type, EVENT_APPLICATION) &&
	    has_gap(d, EVENT_GPT))
		return EXPLAIN_BOOT_PATH;
	if (d->reg == 1 && ex_is_type(ev->type, EVENT_VARIABLE_BOOT) &&
	    has_other(d, EVENT_VARIABLE_BOOT))
		return EXPLAIN_BOOT_VARIABLES;
	return EXPLAIN_ORDER;
}

static void on_missing(struct diff *d, const struct ex_step *s)
{
	const struct explain_event *ev = d->expected->ev[s->from];
	long other = counterpart(d, ev, true);
	struct explain_change *c;

	if (!ev->known)
		return; /* it may stand for none */
	if (other >= 0) {
		c = ex_change(d->x, d->reg, moved_cause(d, ev), EXPLAIN_PROVED);
		describe(c, ev, ev);
		snprintf(c->detail, sizeof c->detail,
			 "measured as event %d instead of %d",
			 d->steps.s[other].to, s->from);
	} else {
		c = ex_change(d->x, d->reg, missing_cause(d, ev),
			      EXPLAIN_PROVED);
		describe(c, ev, NULL);
	}
	c->index = s->from;
}

static void on_extra(struct diff *d, const struct ex_step *s)
{
	const struct explain_event *ev = d->observed->ev[s->to];
	bool twice = expects(d->expected, ev);
	struct explain_change *c;
	struct ex_source src;

	if (counterpart(d, ev, false) >= 0 || unpredicted(d->expected, ev))
		return;
	src = ex_source(d->x, d->reg, ev, d->observed);
	c = ex_change(d->x, d->reg, extra_cause(d, ev, twice),
		      src.score > 0 || twice ? EXPLAIN_PROVED : EXPLAIN_LOGGED);
	if (src.score == SIZE_MAX)
		c->cause = src.cause;
	if (src.score == SIZE_MAX || c->cause == EXPLAIN_EXTRA)
		memcpy(c->detail, src.text, sizeof c->detail);
	c->index = s->to;
	describe(c, NULL, ev);
	if (c->proof == EXPLAIN_LOGGED) {
		log_says(d, c, NULL, ev);
		c->event[0] = '\0';
	}
}

void ex_diff(struct ex *x, int reg, const struct ex_list *expected,
	     const struct ex_list *observed)
{
	struct diff d = {
		.x = x, .reg = reg, .expected = expected, .observed = observed
	};

	ex_align(x, expected, observed, &d.steps);
	for (size_t i = 0; i < d.steps.n; i++) {
		const struct ex_step *s = &d.steps.s[i];

		if (s->from >= 0 && s->to >= 0)
			on_changed(&d, s);
		else if (s->from >= 0)
			on_missing(&d, s);
		else
			on_extra(&d, s);
	}
}

void ex_diff_log(struct ex *x, int reg, const struct ex_list *log,
		 const struct ex_list *extended)
{
	struct diff d = {
		.x = x, .reg = reg, .expected = log, .observed = extended
	};

	ex_align(x, log, extended, &d.steps);
	for (size_t i = 0; i < d.steps.n; i++) {
		const struct ex_step *s = &d.steps.s[i];
		const struct explain_event *ev =
			s->from >= 0 ? log->ev[s->from] : extended->ev[s->to];
		enum explain_cause cause;
		struct explain_change *c;

		if (s->from >= 0 && s->to >= 0 &&
		    ex_same(ev, extended->ev[s->to]))
			continue;
		if (s->from < 0 && counterpart(&d, ev, false) >= 0)
			continue;
		cause = s->from < 0                      ? EXPLAIN_NOT_LOGGED
			: counterpart(&d, ev, true) >= 0 ? EXPLAIN_LOG_ORDER
							 : EXPLAIN_NOT_EXTENDED;
		c = ex_change(x, reg, cause, EXPLAIN_PROVED);
		c->index = s->from >= 0 ? s->from : s->to;
		if (cause == EXPLAIN_NOT_EXTENDED)
			describe(c, s->to >= 0 ? extended->ev[s->to] : NULL,
				 ev);
		else
			describe(c, ev, cause == EXPLAIN_LOG_ORDER ? ev : NULL);
		if (s->from >= 0 && s->to >= 0)
			snprintf(c->detail, sizeof c->detail,
				 "the log has another digest than was "
				 "extended");
	}
}

void ex_diff_machines(struct ex *x, int reg, const struct explain_machine *m)
{
	const struct explain_machine *b = x->base;
	enum explain_cause cause = EXPLAIN_CHANGED;
	struct explain_change *c;

	if (reg >= 2)
		cause = ex_image_cause(x, m, EXPLAIN_BOOT_PATH);
	else if (m->memory_bytes != b->memory_bytes)
		cause = EXPLAIN_MEMORY;
	else if (m->cpus != b->cpus)
		cause = EXPLAIN_CPUS;
	else if (m->firmware != b->firmware)
		cause = EXPLAIN_FIRMWARE;
	c = ex_change(x, reg, cause, EXPLAIN_PROVED);
	snprintf(c->detail, sizeof c->detail, "as for ");
	ex_machine_words(m, c->detail + strlen(c->detail),
			 sizeof c->detail - strlen(c->detail));
}
