/* reference_make.c - between predictions and the entries of a reference. */
#include <stdio.h>
#include <string.h>

#include "measure/lib/gcp.h"
#include "measure/lib/reference.h"

enum err reference_firmware_of(struct slice fw, const char *name,
			       struct reference_firmware *out, const char **why)
{
	const struct tdvf_section *cfv;
	struct reference_firmware f;
	enum err e;

	memset(&f, 0, sizeof f);
	*why = "the firmware has no name, or one that is too long";
	e = name[0] == '\0'
		    ? ERR_LIMIT
		    : slice_cstr(str_slice(name), f.name, sizeof f.name);
	if (e == ERR_OK)
		e = tdvf_parse(fw, &f.tdvf, why);
	if (e != ERR_OK)
		return e;
	sha256(fw, f.sha256);
	f.size = fw.len;
	mrtd(fw, &f.tdvf, MRTD_SINGLE_PASS, f.mrtd[MRTD_SINGLE_PASS]);
	mrtd(fw, &f.tdvf, MRTD_TWO_PASS, f.mrtd[MRTD_TWO_PASS]);
	cfv = tdvf_find(&f.tdvf, TDVF_CFV);
	f.has_cfv = cfv != NULL;
	if (f.has_cfv)
		sha384(tdvf_bytes(fw, cfv), f.cfv_sha384);
	*out = f;
	return ERR_OK;
}

static unsigned options_of(const struct predict_in *in)
{
	const bool set[REFERENCE_NOPTIONS] = {
		[REFERENCE_FW_CFG_EVENTS_BIT] =
			in->quirks & QUIRK_FW_CFG_EVENTS,
		[REFERENCE_OLD_SEPARATOR_BIT] =
			in->quirks & QUIRK_SEPARATOR_RTMR0,
		[REFERENCE_SECOND_DISK_BIT] = in->gcp_second_disk,
		[REFERENCE_STUB_KEYS_BIT] = in->gcp_stub_keys,
		[REFERENCE_TWO_PASS_BIT] = in->order == MRTD_TWO_PASS,
		[REFERENCE_UNPATCHED_KERNEL_BIT] =
			in->quirks & QUIRK_KERNEL_UNPATCHED,
	};
	unsigned bits = 0;

	for (unsigned i = 0; i < REFERENCE_NOPTIONS; i++)
		if (set[i])
			bits |= 1u << i;
	return bits;
}

static void fill_machine(const struct predict_in *in,
			 struct reference_entry *out)
{
	const struct gcp_machine *m = in->machine;

	out->memory_bytes = m != NULL ? m->memory_bytes : in->memory_bytes;
	out->cpus = m != NULL ? m->cpus : in->cpus;
	if (m == NULL)
		return;
	snprintf(out->machine_type, sizeof out->machine_type, "%s", m->name);
	if (in->acpi_release < m->nacpi)
		snprintf(out->acpi_release, sizeof out->acpi_release, "%s",
			 m->acpi[in->acpi_release].release);
}

/* RTMR3 is the instance's, not the image's. */
static enum err add_events(struct reference *r, const struct eventlist *from,
			   struct reference_entry *m)
{
	m->first_event = r->nevents;
	for (size_t i = 0; i < from->n; i++) {
		if (from->ev[i].rtmr >= REFERENCE_RTMRS)
			continue;
		if (m->first_event + m->nevents == REFERENCE_MAX_EVENTS)
			return ERR_SPACE;
		r->event[m->first_event + m->nevents++] = from->ev[i];
	}
	return ERR_OK;
}

static void fill_registers(const struct prediction *p,
			   struct reference_entry *m)
{
	memcpy(m->mrtd, p->mrtd, sizeof m->mrtd);
	for (size_t i = 0; i < REFERENCE_RTMRS; i++) {
		m->rtmr_known[i] = p->rtmr[i].known;
		memcpy(m->rtmr[i], p->rtmr[i].value, SHA384_LEN);
		if (!p->rtmr[i].known && m->reason[0] == '\0')
			snprintf(m->reason, sizeof m->reason, "rtmr%zu: %s", i,
				 p->rtmr[i].why_not);
	}
}

enum err reference_add(struct reference *r, const struct predict_in *in,
		       size_t firmware, const struct prediction *p)
{
	struct reference_entry *m = &r->e[r->n];
	enum err e;

	if (r->n == REFERENCE_MAX)
		return ERR_SPACE;
	if (in->quirks &
	    ~(unsigned)(QUIRK_SEPARATOR_RTMR0 | QUIRK_KERNEL_UNPATCHED |
			QUIRK_FW_CFG_EVENTS))
		return ERR_UNSUPP;
	memset(m, 0, sizeof *m);
	m->platform = in->platform;
	m->firmware = firmware;
	m->boot = p->is_disk ? REFERENCE_DISK : REFERENCE_EFI;
	m->options = options_of(in);
	fill_machine(in, m);
	fill_registers(p, m);
	e = add_events(r, &p->events, m);
	if (e != ERR_OK)
		return e;
	r->nevents += m->nevents;
	r->n++;
	return ERR_OK;
}

static bool has(const struct reference_entry *m, enum reference_option o)
{
	return (m->options & 1u << o) != 0;
}

static enum err find_machine(const struct reference_entry *m,
			     struct predict_in *in)
{
	const struct gcp_machine *g = gcp_machine(m->machine_type);

	if (g == NULL || g->cpus != m->cpus ||
	    g->memory_bytes != m->memory_bytes)
		return ERR_UNKNOWN;
	in->machine = g;
	in->memory_bytes = 0;
	in->acpi_release = g->nacpi;
	for (size_t i = 0; i < g->nacpi; i++)
		if (strcmp(g->acpi[i].release, m->acpi_release) == 0)
			in->acpi_release = i;
	return in->acpi_release == g->nacpi && m->acpi_release[0] != '\0'
		       ? ERR_UNKNOWN
		       : ERR_OK;
}

enum err reference_predict_in(const struct reference_entry *m,
			      struct predict_in *out)
{
	struct predict_in in = {
		.platform = m->platform,
		.memory_bytes = m->memory_bytes,
		.cpus = m->cpus,
		.gcp_second_disk = has(m, REFERENCE_SECOND_DISK_BIT),
		.gcp_stub_keys = has(m, REFERENCE_STUB_KEYS_BIT),
		.order = has(m, REFERENCE_TWO_PASS_BIT) ? MRTD_TWO_PASS
							: MRTD_SINGLE_PASS,
	};
	enum err e = ERR_OK;

	if (has(m, REFERENCE_OLD_SEPARATOR_BIT))
		in.quirks |= QUIRK_SEPARATOR_RTMR0;
	if (has(m, REFERENCE_FW_CFG_EVENTS_BIT))
		in.quirks |= QUIRK_FW_CFG_EVENTS;
	if (has(m, REFERENCE_UNPATCHED_KERNEL_BIT))
		in.quirks |= QUIRK_KERNEL_UNPATCHED;
	if (m->platform == PLATFORM_GCP)
		e = find_machine(m, &in);
	if (e == ERR_OK)
		*out = in;
	return e;
}
