/* explain_world.c - what is known, out of reference files. */
#include "measure/lib/explain_world.h"

#include <string.h>

static size_t find_firmware(const struct explain_world *w,
			    const struct reference_firmware *f)
{
	size_t i = 0;

	for (; i < w->nfirmware; i++) {
		const struct explain_firmware *k = &w->firmware[i];

		if (ct_eq(k->mrtd, f->mrtd, sizeof f->mrtd) &&
		    k->has_cfv == f->has_cfv &&
		    ct_eq(k->cfv, f->cfv_sha384, sizeof k->cfv))
			break;
	}
	return i;
}

enum err explain_add_firmware(struct explain_world *w,
			      const struct reference_firmware *f)
{
	struct explain_firmware *out;

	if (find_firmware(w, f) < w->nfirmware)
		return ERR_OK;
	if (w->nfirmware == EXPLAIN_FIRMWARES)
		return ERR_LIMIT;
	out = &w->firmware[w->nfirmware++];
	*out = (struct explain_firmware){ .name = f->name,
					  .has_cfv = f->has_cfv,
					  .tdvf = &f->tdvf };
	memcpy(out->mrtd, f->mrtd, sizeof out->mrtd);
	memcpy(out->cfv, f->cfv_sha384, sizeof out->cfv);
	return ERR_OK;
}

/* An entry's events, register by register. */
static void add_events(struct explain_world *w, const struct event *ev,
		       size_t n, struct explain_machine *m)
{
	m->has_events = n > 0;
	for (unsigned r = 0; r < REFERENCE_RTMRS; r++) {
		m->ev[r] = &w->event[w->nevents];
		m->nev[r] = 0;
		for (size_t i = 0; i < n; i++) {
			const struct event *from = &ev[i];
			struct explain_event *to;

			if (from->rtmr != r)
				continue;
			to = &w->event[w->nevents++];
			to->type = event_type_number(from->type);
			to->known = from->known;
			to->what = from->what;
			memcpy(to->digest, from->digest, SHA384_LEN);
			m->nev[r]++;
		}
	}
}

static void add_machine(struct explain_world *w, const struct reference *r,
			const struct reference_entry *e, const char *source,
			bool primary)
{
	struct explain_machine *m = &w->machine[w->nmachines++];

	*m = (struct explain_machine){
		.source = source,
		.reference = w->nreferences,
		.primary = primary,
		.sim = r->kind == REFERENCE_SIM,
		.platform = e->platform,
		.order = e->options & 1u << REFERENCE_TWO_PASS_BIT
				 ? MRTD_TWO_PASS
				 : MRTD_SINGLE_PASS,
		.memory_bytes = e->memory_bytes,
		.cpus = e->cpus,
		.machine_type = e->machine_type,
		.acpi_release = e->acpi_release,
		.firmware = find_firmware(w, &r->firmware[e->firmware]),
	};
	memcpy(m->mrtd, e->mrtd, sizeof m->mrtd);
	memcpy(m->known, e->rtmr_known, sizeof m->known);
	memcpy(m->rtmr, e->rtmr, sizeof m->rtmr);
	add_events(w, &r->event[e->first_event], e->nevents, m);
}

enum err explain_add_reference(struct explain_world *w,
			       const struct reference *r, const char *source,
			       bool primary)
{
	size_t nfirmware = w->nfirmware;

	if (r->n > EXPLAIN_MACHINES - w->nmachines ||
	    r->nevents > EXPLAIN_EVENTS - w->nevents)
		return ERR_LIMIT;
	for (size_t i = 0; i < r->nfirmware; i++)
		if (explain_add_firmware(w, &r->firmware[i]) != ERR_OK) {
			w->nfirmware = nfirmware;
			return ERR_LIMIT;
		}
	for (size_t i = 0; i < r->n; i++)
		add_machine(w, r, &r->e[i], source, primary);
	w->nreferences++;
	return ERR_OK;
}

enum err explain_add_candidate(struct explain_world *w, unsigned rtmr,
			       enum event_type type, enum explain_cause cause,
			       const uint8_t digest[SHA384_LEN],
			       const char *what, bool optional)
{
	struct explain_candidate *c;

	if (w->ncandidates == EXPLAIN_CANDIDATES)
		return ERR_LIMIT;
	c = &w->candidate[w->ncandidates++];
	*c = (struct explain_candidate){ .rtmr = rtmr,
					 .cause = cause,
					 .optional = optional };
	c->ev = (struct explain_event){ .type = event_type_number(type),
					.known = true,
					.what = what };
	memcpy(c->ev.digest, digest, SHA384_LEN);
	return ERR_OK;
}

void explain_set_world(const struct explain_world *w, struct explain_in *in)
{
	in->machine = w->machine;
	in->nmachines = w->nmachines;
	in->firmware = w->firmware;
	in->nfirmware = w->nfirmware;
	in->candidate = w->candidate;
	in->ncandidates = w->ncandidates;
}
