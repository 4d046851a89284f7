/* gcp_match.c - which of Google's firmware a quote is of: compares, and tries
 * what could explain a difference. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "measure/cli/gcp.h"
#include "measure/cli/input.h"
#include "measure/lib/hob.h"
#include "measure/lib/mrtd.h"
#include "measure/lib/rtmr.h"

/* The FMSPC of the hosts of every quote from Google that was seen so far. */
static const uint8_t google_fmspc[6] = { 0x00, 0x80, 0x6f, 0x05, 0x00, 0x00 };

static bool same(const uint8_t *a, const uint8_t *b)
{
	return ct_eq(a, b, SHA384_LEN);
}

__attribute__((format(printf, 2, 3))) static void hint(struct gcp_question *g,
						       const char *fmt, ...)
{
	va_list ap;

	if (g->nhints == GCP_MAX_HINTS)
		return;
	va_start(ap, fmt);
	vsnprintf(g->hint[g->nhints++], GCP_HINT_LEN, fmt, ap);
	va_end(ap);
}

void gcp_firmware_measure(struct gcp_firmware *f)
{
	const struct tdvf_section *cfv = tdvf_find(&f->t, TDVF_CFV);

	sha384(f->file.data, f->sha384);
	mrtd(f->file.data, &f->t, MRTD_SINGLE_PASS, f->mrtd);
	mrtd(f->file.data, &f->t, MRTD_TWO_PASS, f->two_pass);
	f->has_cfv = cfv != NULL;
	if (cfv != NULL)
		sha384(tdvf_bytes(f->file.data, cfv), f->cfv_sha384);
}

bool gcp_td_hob(const struct gcp_firmware *f, const struct gcp_machine *m,
		uint8_t out[static SHA384_LEN])
{
	uint8_t hob[HOB_MAX_BYTES];
	struct wr w = wr_over(hob, sizeof hob);

	if (hob_write(&f->t, HOB_GOOGLE, m->memory_bytes, &w) != ERR_OK)
		return false;
	sha384(wr_slice(&w), out);
	return true;
}

/* ---- RTMR0 */

/* RTMR0 of a VM with that many disks. */
static bool predicted(const struct gcp_question *g, const struct gcp_machine *m,
		      size_t release, unsigned disks,
		      uint8_t out[static SHA384_LEN])
{
	static struct eventlist l;
	/* Boot0001 and so on are the disks, Boot0000 is the firmware's menu. */
	uint8_t order[2 * 3] = { 0 };
	struct efi_var vars[INPUT_MAX_VARS + 1] = {
		{ "BootOrder", { order, 2 * (disks + 1) } }
	};
	struct predict_in in = { .platform = PLATFORM_GCP,
				 .firmware = g->by_firmware->file.data,
				 .machine = m,
				 .acpi_release = release,
				 .gcp_stub_keys = true,
				 .vars = vars,
				 .nvars = 1 + g->nvars };
	const char *why;

	for (unsigned i = 0; i < disks; i++)
		order[2 * i] = (uint8_t)(i + 1);
	for (size_t i = 0; i < g->nvars; i++)
		vars[1 + i] = g->vars[i];
	l = (struct eventlist){ 0 };
	return rtmr0_events(&in, &g->by_firmware->t, true, &l, &why) ==
		       ERR_OK &&
	       l.err == ERR_OK && eventlist_replay(&l, 0, out);
}

static bool search_machine(struct gcp_question *g, const struct gcp_machine *m)
{
	uint8_t got[SHA384_LEN];

	for (size_t r = 0; r < m->nacpi; r++)
		for (unsigned disks = 1; disks <= 2; disks++) {
			if (!predicted(g, m, r, disks, got))
				continue;
			g->rtmr0.tried++;
			if (!same(got, g->q.body.rtmr[0]))
				continue;
			g->rtmr0.machine = m;
			g->rtmr0.release = m->acpi[r].release;
			g->rtmr0.disks = disks;
			return true;
		}
	return false;
}

static void search_rtmr0(struct gcp_question *g)
{
	const struct gcp_machine *m;

	for (size_t i = 0; (m = gcp_machine_at(i)) != NULL; i++)
		if ((g->machine == NULL || m == g->machine) &&
		    search_machine(g, m))
			return;
	if (g->rtmr0.tried == 0) {
		hint(g, "RTMR0 cannot be predicted: the ACPI tables of that "
			"machine type are not known here");
		return;
	}
	hint(g,
	     "RTMR0 is none of the %zu that were tried (machine type, host "
	     "release, one or two disks, %s): the image has Secure Boot keys "
	     "of its own or Google's, or the host's ACPI tables are not known "
	     "here",
	     g->rtmr0.tried,
	     g->nvars > 0 ? "the variables given" : "the constant keys");
}

/* ---- MRTD */

bool gcp_endorses(const struct gcp_endorsement *e, const struct gcp_question *g)
{
	return e->verified && endorsement_find(&e->e, g->q.body.mrtd) != NULL;
}

static void match_endorsements(struct gcp_question *g)
{
	for (size_t i = 0; i < g->nendorsements; i++) {
		const struct gcp_endorsement *e = &g->endorsement[i];

		if (g->by_endorsement == NULL && gcp_endorses(e, g))
			g->by_endorsement = e;
		else if (!e->verified &&
			 endorsement_find(&e->e, g->q.body.mrtd) != NULL)
			hint(g, "%s names this MRTD, but is refused: %s",
			     e->path, e->check.why);
	}
}

/* Whether a row follows from the firmware's bytes. Until 2024-11 the memory
 * size came into MRTD; what early accept did then is not known here. */
static bool row_follows(const struct gcp_firmware *f,
			const struct endorsed_td *row)
{
	uint8_t old[SHA384_LEN];

	if (same(row->mrtd, f->mrtd))
		return true;
	return !row->early_accept && row->ram_gib != 0 &&
	       mrtd_google_old(f->file.data, &f->t,
			       (uint64_t)row->ram_gib << 30, old) == ERR_OK &&
	       same(row->mrtd, old);
}

static void match_endorsed(struct gcp_question *g, struct gcp_firmware *f)
{
	for (size_t i = 0; i < g->nendorsements; i++) {
		const struct gcp_endorsement *e = &g->endorsement[i];

		if (!e->verified || !same(e->e.uefi_sha384, f->sha384))
			continue;
		f->endorsed = e;
		f->endorsed_rows = 0;
		for (size_t k = 0; k < e->e.ntd; k++)
			f->endorsed_rows += row_follows(f, &e->e.td[k]);
		if (f->endorsed_rows < e->e.ntd)
			hint(g,
			     "%s is the file that %s endorses, but %zu of its "
			     "%zu MRTDs do not follow from it",
			     f->path, e->path, e->e.ntd - f->endorsed_rows,
			     e->e.ntd);
	}
}

static void match_old(struct gcp_question *g, struct gcp_firmware *f)
{
	const struct gcp_machine *m;
	uint8_t old[SHA384_LEN];

	for (size_t i = 0; (m = gcp_machine_at(i)) != NULL; i++)
		if (mrtd_google_old(f->file.data, &f->t, m->memory_bytes,
				    old) == ERR_OK &&
		    same(old, g->q.body.mrtd)) {
			f->old_machine = m;
			return;
		}
}

static void match_firmware(struct gcp_question *g, struct gcp_firmware *f)
{
	match_endorsed(g, f);
	if (!same(f->mrtd, g->q.body.mrtd))
		match_old(g, f);
	f->matches = f->old_machine != NULL || same(f->mrtd, g->q.body.mrtd);
	if (f->matches) {
		if (g->by_firmware == NULL)
			g->by_firmware = f;
	} else if (same(f->two_pass, g->q.body.mrtd)) {
		hint(g,
		     "the MRTD is that of %s added in two passes: a TD of "
		     "Intel's out-of-tree QEMU 6 to 8, not of Google's",
		     f->path);
	}
}

/* ---- what to think of it */

/* Anybody can boot Google's firmware: whether Google did is said, if at all, by
 * the rest of the quote. */
static void hint_platform(struct gcp_question *g)
{
	static const uint8_t zero[SHA384_LEN];
	const struct quote_body *b = &g->q.body;

	if (g->has_fmspc &&
	    memcmp(g->fmspc, google_fmspc, sizeof google_fmspc) != 0)
		hint(g, "the platform's FMSPC is not that of Google's TDX "
			"hosts, 00806f050000: it is likely no VM of theirs");
	if ((b->td_attributes & TD_ATTR_DEBUG) != 0)
		hint(g, "this is a debug TD: its host can read and change all "
			"of it");
	if (b->td_attributes != TD_ATTR_SEPT_VE_DISABLE)
		hint(g, "td_attributes are not those of Google's VMs, "
			"SEPT_VE_DISABLE alone");
	if (!same(b->mr_config_id, zero) || !same(b->mr_owner, zero))
		hint(g, "mr_config_id or mr_owner is set, which Google's VMs "
			"leave zero");
	if (same(b->mrtd, zero))
		hint(g, "MRTD is zero: this is no TD that was ever started");
}

static void hint_unmatched(struct gcp_question *g)
{
	if (g->has_known)
		hint(g,
		     "the list has %zu MRTDs up to %s: a newer firmware is not "
		     "in it",
		     g->known.n,
		     g->known.n > 0 ? g->known.newest : "no day at all");
	hint(g, "if Google published it, its endorsement is at the url: fetch "
		"it and give it with --endorsement");
}

/* A file or a list fits, and nothing that Google signed. */
static void hint_unsigned(struct gcp_question *g)
{
	hint(g,
	     "no endorsement given names this MRTD: that %s Google's, only "
	     "its endorsement can say; it would be at the url",
	     g->by_firmware != NULL ? "the firmware is" : "the list is");
}

void gcp_answer(struct gcp_question *g)
{
	bool fits;

	hint_platform(g);
	match_endorsements(g);
	for (size_t i = 0; i < g->nfirmware; i++)
		match_firmware(g, &g->firmware[i]);
	fits = g->by_firmware != NULL || g->known.found;
	/* Who gives endorsements asks for Google's word, not for a list's. */
	g->matched =
		g->by_endorsement != NULL || (fits && g->nendorsements == 0);
	if (g->by_endorsement == NULL && fits)
		hint_unsigned(g);
	else if (!g->matched)
		hint_unmatched(g);
	if (g->by_firmware != NULL)
		search_rtmr0(g);
}
