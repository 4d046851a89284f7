/* explain_show.c - what was found, for people and as JSON. */
#include <ctype.h>
#include <string.h>

#include "lib/text.h"
#include "measure/cli/explain.h"
#include "measure/lib/eventlog.h"

enum {
	CLEAN_LEN = EXPLAIN_TEXT
};

static const char *const upper[EXPLAIN_REGISTERS] = { "MRTD", "RTMR0", "RTMR1",
						      "RTMR2", "RTMR3" };
static const char *const lower[EXPLAIN_REGISTERS] = { "mrtd", "rtmr0", "rtmr1",
						      "rtmr2", "rtmr3" };

static const char *type_name(uint32_t type)
{
	const char *name = eventlog_type_name(type);

	if (type == event_type_number(EVENT_CONFIG)) /* which TCG has not */
		return event_type_name(EVENT_CONFIG);
	return name != NULL ? name : "unknown type";
}

/* Names of files and the texts of references are others' words: they are shown
 * as printable ASCII. */
static const char *clean(const char *text, char out[static CLEAN_LEN])
{
	size_t n = 0;

	for (; text[n] != '\0' && n < CLEAN_LEN - 1; n++)
		out[n] = text[n] >= ' ' && text[n] <= '~' ? text[n] : '?';
	out[n] = '\0';
	return out;
}

static void digest(struct wr *w, const uint8_t *d)
{
	wr_hex(w, (struct slice){ d, SHA384_LEN });
}

static void short_digest(struct wr *w, const uint8_t *d)
{
	wr_hex(w, (struct slice){ d, 8 });
	wr_str(w, "..  ");
}

/* ---- text */

static void text_machine(struct wr *w, const struct explain_in *in,
			 const struct explain_machine *m)
{
	char fw[CLEAN_LEN], source[CLEAN_LEN], type[CLEAN_LEN];

	if (m->machine_type[0] != '\0')
		wr_str(w, clean(m->machine_type, type));
	else
		wr_fmt(w, "%s, %lu vCPUs, %llu MiB", platform_name(m->platform),
		       (unsigned long)m->cpus,
		       (unsigned long long)(m->memory_bytes >> 20));
	wr_fmt(w, ", %s, of %s", clean(in->firmware[m->firmware].name, fw),
	       clean(m->source, source));
}

static void text_registers(struct wr *w, const struct explain_out *out)
{
	static const char *const words[] = {
		[EXPLAIN_EQUAL] = "equal",
		[EXPLAIN_DIFFERS] = "DIFFERS",
		[EXPLAIN_OPEN] = "not predicted",
	};

	wr_str(w, "          expected            observed\n");
	for (size_t i = 0; i < EXPLAIN_REGISTERS; i++) {
		const struct explain_register *g = &out->reg[i];

		wr_fmt(w, "  %-8s", upper[i]);
		if (g->state == EXPLAIN_OPEN)
			wr_str(w, "-                   ");
		else
			short_digest(w, g->expected);
		short_digest(w, g->observed);
		wr_str(w, words[g->state]);
		if (g->state == EXPLAIN_DIFFERS)
			wr_str(w, g->explained ? ", explained" : ", open");
		if (g->log_replays)
			wr_str(w, ", the log replays to it");
		wr_str(w, "\n");
	}
}

static void text_digest(struct wr *w, const char *label, bool there,
			const uint8_t *d)
{
	wr_fmt(w, "     %s ", label);
	if (there)
		digest(w, d);
	else
		wr_str(w, "no such event");
	wr_str(w, "\n");
}

static void text_digests(struct wr *w, const struct explain_change *c)
{
	bool log = c->cause == EXPLAIN_NOT_EXTENDED ||
		   c->cause == EXPLAIN_NOT_LOGGED ||
		   c->cause == EXPLAIN_LOG_ORDER;

	if (!c->has_expected && !c->has_observed)
		return;
	text_digest(w, log ? "extended" : "expected", c->has_expected,
		    c->expected);
	text_digest(w, log ? "logged  " : "observed", c->has_observed,
		    c->observed);
}

static void text_change(struct wr *w, const struct explain_change *c)
{
	char text[CLEAN_LEN];

	if (c->reg >= 0) {
		wr_fmt(w, "   %s", upper[c->reg]);
		if (c->index != EXPLAIN_NO_EVENT)
			wr_fmt(w, ", event %d", c->index);
		if (c->reg > 0 && c->event[0] != '\0')
			wr_fmt(w, ", %s", type_name(c->type));
		if (c->event[0] != '\0')
			wr_fmt(w, ": %s", clean(c->event, text));
		wr_str(w, "\n");
	}
	if (c->detail[0] != '\0')
		wr_fmt(w, "     %s\n", clean(c->detail, text));
	text_digests(w, c);
}

static void text_cause(struct wr *w, const struct explain_out *out, size_t n)
{
	const struct explain_ranked *r = &out->cause[n];
	const char *sentence = explain_cause_sentence(r->cause);

	if (r->proof == EXPLAIN_GUESSED)
		wr_fmt(w, "\n%zu. Perhaps %s", n + 1, sentence);
	else
		wr_fmt(w, "\n%zu. %c%s", n + 1,
		       toupper((unsigned char)sentence[0]), sentence + 1);
	wr_fmt(w, " (%s, %s)\n", explain_cause_name(r->cause),
	       explain_proof_name(r->proof));
	for (size_t i = 0; i < out->nchanges; i++)
		if (out->change[i].cause == r->cause &&
		    out->change[i].proof == r->proof)
			text_change(w, &out->change[i]);
	wr_fmt(w, "   What to do: %s.\n", explain_cause_advice(r->cause));
}

static bool any_open(const struct explain_out *out)
{
	for (size_t i = 0; i < EXPLAIN_REGISTERS; i++)
		if (!out->reg[i].explained)
			return true;
	return false;
}

/* No register that is predicted is as expected, and nothing explains any: this
 * has little to do with the reference. */
static bool all_strange(const struct explain_out *out)
{
	size_t n = 0;

	for (size_t i = 0; i < EXPLAIN_REGISTERS; i++) {
		if (out->reg[i].state == EXPLAIN_OPEN)
			continue;
		if (out->reg[i].explained)
			return false;
		n++;
	}
	return n > 1;
}

static void text_verdict(struct wr *w, const struct explain_out *out)
{
	const char *sep = "";

	if (out->match) {
		wr_str(w, "MATCH: the quote shows what the reference says.\n");
		return;
	}
	wr_str(w, "DIFFERS:");
	for (size_t i = 0; i < EXPLAIN_REGISTERS; i++) {
		if (out->reg[i].state != EXPLAIN_DIFFERS)
			continue;
		wr_fmt(w, "%s %s", sep, upper[i]);
		sep = ",";
	}
	if (sep[0] == '\0')
		wr_str(w, " not in the registers, but there is this:\n");
	else if (any_open(out))
		wr_str(w, all_strange(out)
				  ? "; none of it is explained.\nNo register "
				    "is as expected: are this quote and this "
				    "reference of the same machine?\n"
				  : "; not all of it is explained.\n");
	else
		wr_fmt(w, "; explained by %zu cause%s.\n", out->ncauses,
		       out->ncauses == 1 ? "" : "s");
}

static void text_tried(struct wr *w, const struct explain_out *out)
{
	if (out->dropped > 0)
		wr_fmt(w, "\n%zu more changes are not listed.\n", out->dropped);
	wr_fmt(w, "\nTried %llu candidates.", (unsigned long long)out->tried);
	if (out->exhausted)
		wr_str(w, " The search ended at its budget: --budget takes it "
			  "further.");
	if (any_open(out))
		wr_str(w,
		       " \"guessed\" means: nothing that was tried fits, and "
		       "these\nare the likeliest of the rest. The event "
		       "log, in the guest\n"
		       "/sys/firmware/acpi/tables/data/CCEL, would show "
		       "which.");
	wr_str(w, "\n");
}

void explain_show_text(struct wr *w, const struct explain_in *in,
		       const struct explain_out *out)
{
	text_verdict(w, out);
	wr_str(w, "Expected: ");
	text_machine(w, in, &in->machine[out->machine]);
	wr_str(w, "\n\n");
	text_registers(w, out);
	for (size_t i = 0; i < out->ncauses; i++)
		text_cause(w, out, i);
	text_tried(w, out);
	wr_str(w, "Whether the quote is genuine is not asked here: see "
		  "quote verify.\n");
}

/* ---- JSON */

static void json_digest(struct jw *j, const char *key, bool there,
			const uint8_t *d)
{
	jw_key(j, key);
	if (there)
		jw_hex(j, (struct slice){ d, SHA384_LEN });
	else
		jw_null(j);
}

static void json_text(struct jw *j, const char *key, const char *text)
{
	char out[CLEAN_LEN];

	jw_key(j, key);
	if (text[0] != '\0')
		jw_str(j, clean(text, out));
	else
		jw_null(j);
}

static void json_change(struct jw *j, const struct explain_change *c)
{
	jw_open(j, '{');
	json_text(j, "detail", c->detail);
	json_text(j, "event", c->event);
	json_digest(j, "expected", c->has_expected, c->expected);
	jw_key(j, "index");
	if (c->index != EXPLAIN_NO_EVENT)
		jw_i64(j, c->index);
	else
		jw_null(j);
	json_digest(j, "observed", c->has_observed, c->observed);
	json_text(j, "register", c->reg >= 0 ? lower[c->reg] : "");
	json_text(j, "type",
		  c->reg > 0 && c->event[0] != '\0' ? type_name(c->type) : "");
	jw_close(j);
}

static void json_cause(struct jw *j, const struct explain_out *out,
		       const struct explain_ranked *r)
{
	jw_open(j, '{');
	jw_kstr(j, "advice", explain_cause_advice(r->cause));
	jw_kstr(j, "cause", explain_cause_name(r->cause));
	jw_key(j, "changes");
	jw_open(j, '[');
	for (size_t i = 0; i < out->nchanges; i++)
		if (out->change[i].cause == r->cause &&
		    out->change[i].proof == r->proof)
			json_change(j, &out->change[i]);
	jw_close(j);
	jw_kstr(j, "proof", explain_proof_name(r->proof));
	jw_kstr(j, "sentence", explain_cause_sentence(r->cause));
	jw_close(j);
}

static void json_machine(struct jw *j, const struct explain_in *in,
			 const struct explain_machine *m)
{
	jw_open(j, '{');
	jw_ki64(j, "cpus", m->cpus);
	json_text(j, "firmware", in->firmware[m->firmware].name);
	json_text(j, "machine_type", m->machine_type);
	jw_ki64(j, "memory_bytes", (int64_t)m->memory_bytes);
	jw_kstr(j, "platform", platform_name(m->platform));
	json_text(j, "reference", m->source);
	jw_close(j);
}

static void json_register(struct jw *j, const struct explain_register *g)
{
	static const char *const words[] = {
		[EXPLAIN_EQUAL] = "equal",
		[EXPLAIN_DIFFERS] = "differs",
		[EXPLAIN_OPEN] = "not-predicted",
	};

	jw_open(j, '{');
	json_digest(j, "expected", g->state != EXPLAIN_OPEN, g->expected);
	jw_kbool(j, "explained", g->explained);
	jw_kbool(j, "log_replays", g->log_replays);
	json_digest(j, "observed", true, g->observed);
	jw_kstr(j, "state", words[g->state]);
	jw_ki64(j, "tried", (int64_t)g->tried);
	jw_close(j);
}

void explain_show_json(struct wr *w, const struct explain_in *in,
		       const struct explain_out *out)
{
	struct jw j;

	jw_init(&j, w);
	jw_open(&j, '{');
	jw_key(&j, "causes");
	jw_open(&j, '[');
	for (size_t i = 0; i < out->ncauses; i++)
		json_cause(&j, out, &out->cause[i]);
	jw_close(&j);
	jw_ki64(&j, "changes_not_listed", (int64_t)out->dropped);
	jw_kbool(&j, "exhausted", out->exhausted);
	jw_key(&j, "expected");
	json_machine(&j, in, &in->machine[out->machine]);
	jw_ki64(&j, "hashes", (int64_t)out->hashes);
	jw_kbool(&j, "match", out->match);
	jw_key(&j, "registers");
	jw_open(&j, '{');
	for (size_t i = 0; i < EXPLAIN_REGISTERS; i++) {
		jw_key(&j, lower[i]);
		json_register(&j, &out->reg[i]);
	}
	jw_close(&j);
	jw_ki64(&j, "tried", (int64_t)out->tried);
	jw_close(&j);
	if (jw_end(&j) != ERR_OK)
		wr_fail(w, ERR_STATE);
	wr_str(w, "\n");
}
