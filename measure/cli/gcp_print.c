/* gcp_print.c - what came of a quote, as JSON and as text. */
#include <inttypes.h>

#include "lib/text.h"
#include "measure/cli/gcp.h"

static const char *verdict_of(const struct gcp_question *g)
{
	if (g->judged && !g->v.authentic)
		return "refused";
	if (g->matched)
		return "matched";
	return g->by_firmware != NULL || g->known.found ? "unendorsed"
							: "unmatched";
}

static struct slice digest(const uint8_t *d)
{
	return (struct slice){ d, SHA384_LEN };
}

static void json_firmware(struct jw *j, const struct gcp_firmware *f)
{
	const struct gcp_machine *m;
	uint8_t hob[SHA384_LEN];

	jw_open(j, '{');
	jw_key(j, "cfv_sha384");
	if (f->has_cfv)
		jw_hex(j, digest(f->cfv_sha384));
	else
		jw_null(j);
	jw_key(j, "endorsement");
	if (f->endorsed != NULL)
		jw_str(j, f->endorsed->path);
	else
		jw_null(j);
	jw_ki64(j, "endorsement_rows", (int64_t)f->endorsed_rows);
	jw_kstr(j, "file", f->path);
	jw_kbool(j, "matches", f->matches);
	jw_khex(j, "mrtd", digest(f->mrtd));
	jw_key(j, "older_hypervisor");
	if (f->old_machine != NULL)
		jw_str(j, f->old_machine->name);
	else
		jw_null(j);
	jw_key(j, "td_hob_sha384");
	jw_open(j, '[');
	for (size_t i = 0; (m = gcp_machine_at(i)) != NULL; i++) {
		if (!gcp_td_hob(f, m, hob))
			continue;
		jw_open(j, '{');
		jw_kstr(j, "machine_type", m->name);
		jw_khex(j, "sha384", digest(hob));
		jw_close(j);
	}
	jw_close(j);
	jw_khex(j, "uefi_sha384", digest(f->sha384));
	jw_close(j);
}

static void json_known(struct jw *j, const struct gcp_question *g)
{
	jw_key(j, "known");
	if (!g->has_known) {
		jw_null(j);
		return;
	}
	jw_open(j, '{');
	jw_key(j, "day");
	if (g->known.found)
		jw_str(j, g->known.day);
	else
		jw_null(j);
	jw_ki64(j, "entries", (int64_t)g->known.n);
	jw_kstr(j, "newest", g->known.newest);
	jw_close(j);
}

static void json_matched_by(struct jw *j, const struct gcp_question *g)
{
	jw_key(j, "matched_by");
	jw_open(j, '[');
	if (g->by_endorsement != NULL)
		jw_str(j, "endorsement");
	if (g->by_firmware != NULL)
		jw_str(j, "firmware");
	if (g->known.found)
		jw_str(j, "known");
	jw_close(j);
}

static void json_platform(struct jw *j, const struct gcp_question *g)
{
	uint8_t le[8];
	struct wr w = wr_over(le, sizeof le);

	wr_u64le(&w, g->q.body.td_attributes);
	jw_key(j, "platform");
	jw_open(j, '{');
	jw_key(j, "fmspc");
	if (g->has_fmspc)
		jw_hex(j, (struct slice){ g->fmspc, sizeof g->fmspc });
	else
		jw_null(j);
	jw_ki64(j, "quote_bytes", (int64_t)g->quote_len);
	jw_khex(j, "td_attributes", wr_slice(&w));
	jw_close(j);
}

static void json_quote(struct jw *j, const struct gcp_question *g)
{
	jw_key(j, "quote");
	jw_open(j, '{');
	jw_key(j, "reason");
	if (g->judged && !g->v.authentic)
		jw_str(j, g->v.detail[0] != '\0' ? g->v.detail
						 : reason_text(g->v.reason));
	else
		jw_null(j);
	jw_key(j, "tcb_status");
	if (g->judged && g->v.has_status)
		jw_str(j, tcb_status_name(g->v.tcb_status));
	else
		jw_null(j);
	jw_kbool(j, "verified", g->judged && g->v.authentic);
	jw_close(j);
}

static void json_rtmr0(struct jw *j, const struct gcp_question *g)
{
	jw_key(j, "rtmr0");
	if (g->by_firmware == NULL) {
		jw_null(j);
		return;
	}
	jw_open(j, '{');
	if (g->rtmr0.machine != NULL) {
		jw_ki64(j, "disks", g->rtmr0.disks);
		jw_kstr(j, "host_release", g->rtmr0.release);
		jw_kstr(j, "machine_type", g->rtmr0.machine->name);
	}
	jw_kbool(j, "matches", g->rtmr0.machine != NULL);
	jw_ki64(j, "tried", (int64_t)g->rtmr0.tried);
	jw_close(j);
}

static void put_url(struct wr *w, const struct gcp_question *g)
{
	wr_str(w, GCP_BUCKET "tdx/");
	wr_hex(w, digest(g->q.body.mrtd));
	wr_str(w, ".binarypb");
}

static void json_url(struct jw *j, const struct gcp_question *g)
{
	uint8_t text[sizeof GCP_BUCKET + 128];
	struct wr w = wr_over(text, sizeof text);

	put_url(&w, g);
	jw_kslice(j, "url", wr_slice(&w));
}

static void json_endorsements(struct jw *j, const struct gcp_question *g)
{
	jw_key(j, "endorsements");
	jw_open(j, '[');
	for (size_t i = 0; i < g->nendorsements; i++) {
		const struct gcp_endorsement *e = &g->endorsement[i];

		jw_open(j, '{');
		jw_key(j, "endorsement");
		jw_open(j, '{');
		gcp_endorsement_json(j, e);
		jw_close(j);
		jw_kstr(j, "file", e->path);
		jw_kbool(j, "matches", gcp_endorses(e, g));
		jw_close(j);
	}
	jw_close(j);
}

void gcp_question_json(struct wr *w, const struct gcp_question *g)
{
	struct jw j;

	jw_init(&j, w);
	jw_open(&j, '{');
	json_endorsements(&j, g);
	jw_key(&j, "firmware");
	jw_open(&j, '[');
	for (size_t i = 0; i < g->nfirmware; i++)
		json_firmware(&j, &g->firmware[i]);
	jw_close(&j);
	jw_key(&j, "hints");
	jw_open(&j, '[');
	for (size_t i = 0; i < g->nhints; i++)
		jw_str(&j, g->hint[i]);
	jw_close(&j);
	json_known(&j, g);
	json_matched_by(&j, g);
	jw_khex(&j, "mrtd", digest(g->q.body.mrtd));
	json_platform(&j, g);
	json_quote(&j, g);
	json_rtmr0(&j, g);
	json_url(&j, g);
	jw_kstr(&j, "verdict", verdict_of(g));
	jw_close(&j);
	if (jw_end(&j) != ERR_OK)
		wr_fail(w, ERR_STATE);
	wr_str(w, "\n");
}

/* ---- text */

static void put_digest(struct wr *w, const char *name, const uint8_t *d)
{
	wr_fmt(w, "%s: ", name);
	wr_hex(w, digest(d));
	wr_str(w, "\n");
}

static void text_quote(struct wr *w, const struct gcp_question *g)
{
	if (!g->judged)
		wr_str(w, "quote: parsed only, its signature is not verified; "
			  "give --collateral and --at\n");
	else if (g->v.authentic)
		wr_fmt(w, "quote: authentic, TCB status %s\n",
		       tcb_status_name(g->v.tcb_status));
	else
		wr_fmt(w, "quote: refused: %s%s%s\n", reason_text(g->v.reason),
		       g->v.detail[0] != '\0' ? ": " : "", g->v.detail);
}

static void text_platform(struct wr *w, const struct gcp_question *g)
{
	wr_str(w, "platform: FMSPC ");
	if (g->has_fmspc)
		wr_hex(w, (struct slice){ g->fmspc, sizeof g->fmspc });
	else
		wr_str(w, "unreadable");
	wr_fmt(w, ", td_attributes 0x%llx, a quote of %zu bytes\n",
	       (unsigned long long)g->q.body.td_attributes, g->quote_len);
}

/* The rows with the quote's MRTD: there may be several. */
static void text_rows(struct wr *w, const struct gcp_question *g,
		      const struct endorsement *e)
{
	const char *before = "quote: MRTD is in it, for";

	for (size_t i = 0; i < e->ntd; i++) {
		const struct endorsed_td *td = &e->td[i];

		if (!ct_eq(td->mrtd, g->q.body.mrtd, SHA384_LEN))
			continue;
		if (td->ram_gib == 0)
			wr_fmt(w, "%s any memory size", before);
		else
			wr_fmt(w, "%s %" PRIu32 " GiB", before, td->ram_gib);
		wr_str(w, td->early_accept ? ", early accept" : "");
		before = "; for";
	}
	wr_str(w, "\n");
}

static void text_endorsement(struct wr *w, const struct gcp_question *g,
			     const struct gcp_endorsement *e)
{
	wr_fmt(w, "\nendorsement %s\n", e->path);
	gcp_endorsement_text(w, e);
	if (gcp_endorses(e, g))
		text_rows(w, g, &e->e);
	else if (e->verified)
		wr_str(w, "quote: MRTD is not in it\n");
}

static void text_firmware(struct wr *w, const struct gcp_question *g,
			  const struct gcp_firmware *f)
{
	uint8_t hob[SHA384_LEN];

	wr_fmt(w, "\nfirmware %s\n", f->path);
	put_digest(w, "uefi_sha384", f->sha384);
	put_digest(w, "mrtd", f->mrtd);
	if (f->has_cfv)
		put_digest(w, "cfv_sha384", f->cfv_sha384);
	if (g->machine != NULL && gcp_td_hob(f, g->machine, hob))
		put_digest(w, "td_hob_sha384", hob);
	if (f->endorsed != NULL)
		wr_fmt(w, "endorsed: by %s; %zu of its %zu MRTDs follow\n",
		       f->endorsed->path, f->endorsed_rows, f->endorsed->e.ntd);
	else
		wr_str(w, "endorsed: by no endorsement given\n");
	if (f->old_machine != NULL)
		wr_fmt(w,
		       "quote: MRTD is this firmware's on the hypervisor of "
		       "before 2024-11, %s\n",
		       f->old_machine->name);
	else
		wr_fmt(w, "quote: MRTD is %s\n",
		       f->matches ? "this one" : "another");
}

static void text_rtmr0(struct wr *w, const struct gcp_question *g)
{
	const struct gcp_rtmr0 *r = &g->rtmr0;

	if (g->by_firmware == NULL)
		return;
	wr_str(w, "\nrtmr0: ");
	if (r->machine != NULL)
		wr_fmt(w, "%s, host release %s, %u disk%s, %s\n",
		       r->machine->name, r->release, r->disks,
		       r->disks == 1 ? "" : "s",
		       g->nvars > 0 ? "the variables given"
				    : "the constant Secure Boot keys");
	else
		wr_fmt(w, "none of the %zu that were tried\n", r->tried);
}

/* Of a forged quote it does not matter what fits. */
static void text_verdict(struct wr *w, const struct gcp_question *g)
{
	bool refused = g->judged && !g->v.authentic;

	wr_fmt(w, "verdict: %s", verdict_of(g));
	wr_str(w, g->by_endorsement != NULL && !refused ? ", endorsed" : "");
	wr_str(w, g->by_firmware != NULL && !refused ? ", recomputed" : "");
	wr_str(w, g->known.found && !refused ? ", listed" : "");
	wr_str(w, "\n");
}

void gcp_question_text(struct wr *w, const struct gcp_question *g)
{
	text_verdict(w, g);
	text_quote(w, g);
	put_digest(w, "mrtd", g->q.body.mrtd);
	wr_str(w, "url: ");
	put_url(w, g);
	wr_str(w, "\n");
	text_platform(w, g);
	if (g->known.found)
		wr_fmt(w, "listed: published on %s\n", g->known.day);
	for (size_t i = 0; i < g->nendorsements; i++)
		text_endorsement(w, g, &g->endorsement[i]);
	for (size_t i = 0; i < g->nfirmware; i++)
		text_firmware(w, g, &g->firmware[i]);
	text_rtmr0(w, g);
	for (size_t i = 0; i < g->nhints; i++)
		wr_fmt(w, "hint: %s\n", g->hint[i]);
}
