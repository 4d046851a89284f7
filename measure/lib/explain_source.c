/* explain_source.c - where a digest is known from, and what that means. */
#include <stdio.h>
#include <string.h>

#include "measure/lib/explain_int.h"

/* Events of the list that `set` has as well: machines and groups that share
 * more with what was measured are likelier. */
static size_t in_machine(const struct ex_list *l,
			 const struct explain_machine *m, unsigned rtmr)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		for (size_t k = 0; k < m->nev[rtmr]; k++)
			if (ex_same(l->ev[i], &m->ev[rtmr][k])) {
				n++;
				break;
			}
	return n;
}

static size_t in_group(const struct ex *x, const struct ex_list *l,
		       unsigned group)
{
	size_t n = 0;

	if (group == EX_NO_GROUP)
		return 1;
	for (size_t i = 0; i < l->n; i++)
		for (size_t k = 0; k < x->nnamed; k++)
			if (x->named[k].group == group &&
			    ex_same(l->ev[i], &x->named[k].ev)) {
				n++;
				break;
			}
	return n;
}

const char *ex_machine_words(const struct explain_machine *m, char *out,
			     size_t cap)
{
	if (m->machine_type[0] != '\0')
		snprintf(out, cap, "%s%s%s in %s", m->machine_type,
			 m->acpi_release[0] != '\0' ? ", host release " : "",
			 m->acpi_release, m->source);
	else
		snprintf(out, cap, "%s, %lu vCPUs, %llu MiB in %s",
			 platform_name(m->platform), (unsigned long)m->cpus,
			 (unsigned long long)(m->memory_bytes >> 20),
			 m->source);
	return out;
}

enum explain_cause ex_image_cause(const struct ex *x,
				  const struct explain_machine *m,
				  enum explain_cause otherwise)
{
	if (m->sim && !x->base->sim)
		return EXPLAIN_KIND;
	if (m->reference != x->base->reference)
		return EXPLAIN_RELEASE;
	return otherwise;
}

bool ex_is_type(uint32_t type, enum event_type t)
{
	return type == event_type_number(t);
}

static bool says_initrd(const struct explain_event *ev)
{
	return strstr(ev->what, "initrd") != NULL;
}

enum explain_cause ex_tag_cause(const struct explain_event *ev)
{
	return says_initrd(ev) ? EXPLAIN_INITRD : EXPLAIN_COMMAND_LINE;
}

/* What it means that an event is that of machine m instead of the expected
 * one's. */
static enum explain_cause machine_cause(const struct ex *x,
					const struct explain_machine *m,
					const struct explain_event *ev)
{
	const struct explain_machine *b = x->base;

	if (ex_is_type(ev->type, EVENT_PLATFORM_CONFIG_FLAGS))
		return m->cpus != b->cpus ? EXPLAIN_CPUS : EXPLAIN_ACPI;
	if (ex_is_type(ev->type, EVENT_VARIABLE_CONFIG))
		return EXPLAIN_SECURE_BOOT;
	if (ex_is_type(ev->type, EVENT_VARIABLE_BOOT))
		return EXPLAIN_BOOT_VARIABLES;
	if (ex_is_type(ev->type, EVENT_APPLICATION))
		return ex_image_cause(x, m, EXPLAIN_KERNEL_PATCH);
	if (ex_is_type(ev->type, EVENT_GPT))
		return ex_image_cause(x, m, EXPLAIN_GPT);
	if (ex_is_type(ev->type, EVENT_EVENT_TAG))
		return ex_image_cause(x, m, ex_tag_cause(ev));
	return EXPLAIN_CHANGED;
}

static void from_machines(const struct ex *x, unsigned rtmr,
			  const struct explain_event *ev,
			  const struct ex_list *l, struct ex_source *best)
{
	for (size_t i = 0; i < x->in->nmachines && rtmr < 3; i++) {
		const struct explain_machine *m = &x->in->machine[i];
		bool has = false;
		size_t score;
		char words[EXPLAIN_TEXT - 16];

		for (size_t k = 0; k < m->nev[rtmr] && !has; k++)
			has = ex_same(ev, &m->ev[rtmr][k]);
		score = has ? 1 + 2 * in_machine(l, m, rtmr) + m->primary : 0;
		if (score <= best->score)
			continue;
		best->score = score;
		best->cause = machine_cause(x, m, ev);
		snprintf(best->text, sizeof best->text, "as for %s",
			 ex_machine_words(m, words, sizeof words));
	}
}

/* Those of the event's type, or the others: small data have the same digest
 * in several places, and a log may have any type. */
static void from_named(const struct ex *x, unsigned rtmr,
		       const struct explain_event *ev, const struct ex_list *l,
		       bool of_type, struct ex_source *best)
{
	for (size_t i = 0; i < x->nnamed; i++) {
		const struct ex_named *n = &x->named[i];
		size_t score;

		if (n->rtmr != rtmr || !ex_same(ev, &n->ev) ||
		    (n->ev.type == ev->type) != of_type)
			continue;
		score = 1 + 2 * in_group(x, l, n->group);
		if (score <= best->score)
			continue;
		best->score = score;
		best->cause = n->cause;
		snprintf(best->text, sizeof best->text, "%s", n->text);
	}
}

/* What the user names comes first. */
static void from_candidates(const struct ex *x, unsigned rtmr,
			    const struct explain_event *ev,
			    struct ex_source *best)
{
	for (size_t i = 0; i < x->in->ncandidates; i++) {
		const struct explain_candidate *c = &x->in->candidate[i];

		if (c->rtmr != rtmr || !ex_same(ev, &c->ev))
			continue;
		best->score = SIZE_MAX;
		best->cause = c->cause;
		snprintf(best->text, sizeof best->text, "%s", c->ev.what);
		return;
	}
}

/* Memory by the TD HOB, under the layout of each firmware. */
static void from_memory(struct ex *x, const struct explain_event *ev,
			struct ex_source *best)
{
	for (size_t f = 0; f < x->in->nfirmware; f++) {
		const struct tdvf *layout = x->in->firmware[f].tdvf;

		ex_memory(x, layout, true);
		for (size_t i = 0; layout != NULL && i < x->nmemory; i++) {
			if (!ex_same(ev, &x->memory[i]))
				continue;
			best->score = 1;
			if (x->memory_bytes[i] != x->base->memory_bytes) {
				best->cause = EXPLAIN_MEMORY;
				snprintf(
					best->text, sizeof best->text,
					"%llu MiB instead of %llu MiB",
					(unsigned long long)(x->memory_bytes
								     [i] >>
							     20),
					(unsigned long long)(x->base->memory_bytes >>
							     20));
			} else {
				best->cause = EXPLAIN_FIRMWARE;
				snprintf(best->text, sizeof best->text,
					 "the memory layout is that of %s",
					 x->in->firmware[f].name);
			}
			return;
		}
	}
	best->cause = EXPLAIN_MEMORY;
	snprintf(best->text, sizeof best->text,
		 "another than %zu sizes under the %zu known firmware "
		 "layouts",
		 x->nmemory, x->in->nfirmware);
}

static void from_firmware(const struct ex *x, const struct explain_event *ev,
			  struct ex_source *best)
{
	const uint8_t *want =
		x->in->firmware[x->base->firmware].mrtd[x->base->order];

	for (size_t f = 0; f < x->in->nfirmware; f++)
		if (x->in->firmware[f].has_cfv &&
		    ct_eq(x->in->firmware[f].cfv, ev->digest, SHA384_LEN)) {
			best->score = 1;
			best->cause = EXPLAIN_FIRMWARE;
			snprintf(best->text, sizeof best->text, "%s",
				 x->in->firmware[f].name);
			return;
		}
	best->cause = EXPLAIN_FIRMWARE;
	if (ct_eq(want, x->in->body->mrtd, SHA384_LEN)) {
		best->cause = EXPLAIN_BOOT_VARIABLES;
		snprintf(best->text, sizeof best->text,
			 "another variable store (CFV); MRTD, the code, is the "
			 "expected one");
	}
}

/* The cause that a type stands for when the digest is not known. */
static enum explain_cause type_cause(const struct explain_event *ev, int reg)
{
	static const struct {
		enum event_type type;
		enum explain_cause cause;
	} table[] = {
		{ EVENT_HANDOFF_TABLES2, EXPLAIN_MEMORY },
		{ EVENT_FIRMWARE_BLOB2, EXPLAIN_FIRMWARE },
		{ EVENT_VARIABLE_CONFIG, EXPLAIN_SECURE_BOOT },
		{ EVENT_PLATFORM_CONFIG_FLAGS, EXPLAIN_ACPI },
		{ EVENT_VARIABLE_BOOT, EXPLAIN_BOOT_VARIABLES },
		{ EVENT_APPLICATION, EXPLAIN_BINARY },
		{ EVENT_GPT, EXPLAIN_GPT },
	};

	if (reg == 4)
		return EXPLAIN_CONFIG;
	if (ex_is_type(ev->type, EVENT_EVENT_TAG))
		return ex_tag_cause(ev);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (ex_is_type(ev->type, table[i].type))
			return table[i].cause;
	return EXPLAIN_CHANGED;
}

struct ex_source ex_source(struct ex *x, int reg,
			   const struct explain_event *ev,
			   const struct ex_list *l)
{
	struct ex_source s = { .cause = type_cause(ev, reg) };
	unsigned rtmr = (unsigned)reg - 1;

	if (reg == 1 && ex_is_type(ev->type, EVENT_HANDOFF_TABLES2)) {
		from_memory(x, ev, &s);
		return s;
	}
	if (reg == 1 && ex_is_type(ev->type, EVENT_FIRMWARE_BLOB2)) {
		from_firmware(x, ev, &s);
		return s;
	}
	from_machines(x, rtmr, ev, l, &s);
	from_named(x, rtmr, ev, l, true, &s);
	from_named(x, rtmr, ev, l, false, &s);
	from_candidates(x, rtmr, ev, &s);
	return s;
}
