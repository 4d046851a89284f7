#include <stdio.h>

#include "lib/text.h"
#include "measure/lib/printable.h"
#include "measure/lib/reference.h"
#include "measure/lib/verify.h"

/* Callers put sentences of their own into a verdict: whatever is in them, there
 * is JSON of it. */
static void write_text(struct jw *j, const char *key, const char *text)
{
	char clean[sizeof((struct verdict *)0)->remarks];

	snprintf(clean, sizeof clean, "%s", text);
	utf8_mend(clean);
	jw_kstr(j, key, clean);
}

static void write_advisories(struct jw *j, const struct verdict *v)
{
	jw_key(j, "advisories");
	jw_open(j, '[');
	for (size_t i = 0; i < v->advisories.n; i++)
		jw_str(j, v->advisories.id[i]);
	jw_close(j);
}

static void write_number(struct jw *j, const char *key, uint64_t n)
{
	uint8_t b[8];
	struct wr w = wr_over(b, sizeof b);

	wr_u64le(&w, n);
	jw_khex(j, key, (struct slice){ b, sizeof b });
}

#define KHEX(j, key, field)                                                    \
	jw_khex((j), (key), (struct slice){ (field), sizeof(field) })

/* What the TD is: null when the quote could not be parsed. */
static void write_measurements(struct jw *j, const struct verdict *v)
{
	const struct quote_body *b = &v->body;

	jw_key(j, "measurements");
	if (!v->parsed) {
		jw_null(j);
		return;
	}
	jw_open(j, '{');
	KHEX(j, "mr_config_id", b->mr_config_id);
	KHEX(j, "mr_owner", b->mr_owner);
	KHEX(j, "mr_owner_config", b->mr_owner_config);
	KHEX(j, "mr_seam", b->mr_seam);
	KHEX(j, "mr_servicetd", b->mr_servicetd);
	KHEX(j, "mrtd", b->mrtd);
	KHEX(j, "reportdata", b->reportdata);
	KHEX(j, "rtmr0", b->rtmr[0]);
	KHEX(j, "rtmr1", b->rtmr[1]);
	KHEX(j, "rtmr2", b->rtmr[2]);
	KHEX(j, "rtmr3", b->rtmr[3]);
	write_number(j, "td_attributes", b->td_attributes);
	KHEX(j, "tee_tcb_svn", b->tee_tcb_svn);
	write_number(j, "xfam", b->xfam);
	jw_close(j);
}

static void write_hex_or_null(struct jw *j, const char *key, bool known,
			      const uint8_t *p, size_t n)
{
	jw_key(j, key);
	if (known)
		jw_hex(j, (struct slice){ p, n });
	else
		jw_null(j);
}

/* 0 is "not stated" wherever a verdict holds a date. */
static void write_date(struct jw *j, const char *key, int64_t s)
{
	char text[REFERENCE_TIME_LEN + 1];

	jw_key(j, key);
	if (s == 0) {
		jw_null(j);
		return;
	}
	reference_time_format(s, text);
	jw_str(j, text);
}

static void write_days(struct jw *j, const char *key, int64_t days)
{
	jw_key(j, key);
	if (days < 0)
		jw_null(j);
	else
		jw_i64(j, days);
}

static void write_item(struct jw *j, const char *key,
		       const struct collateral_item *i, const uint32_t *number)
{
	jw_key(j, key);
	jw_open(j, '{');
	if (number != NULL)
		jw_ki64(j, "evaluation_number", *number);
	write_date(j, "issued", i->issued_s);
	write_date(j, "next_update", i->next_update_s);
	KHEX(j, "sha256", i->sha256);
	jw_close(j);
}

static void write_collateral(struct jw *j, const struct collateral_used *u)
{
	jw_key(j, "collateral");
	if (!u->known) {
		jw_null(j);
		return;
	}
	jw_open(j, '{');
	KHEX(j, "pck_ca_sha256", u->pck_ca_sha256);
	write_item(j, "pck_crl", &u->pck_crl, NULL);
	write_item(j, "qe_identity", &u->qe_identity, &u->qe_identity_number);
	KHEX(j, "qe_signer_sha256", u->qe_signer_sha256);
	write_item(j, "root_crl", &u->root_crl, NULL);
	KHEX(j, "root_sha256", u->root_sha256);
	write_item(j, "tcb_info", &u->tcb_info, &u->tcb_info_number);
	KHEX(j, "tcb_signer_sha256", u->tcb_signer_sha256);
	jw_close(j);
}

static void write_platform(struct jw *j, const struct verdict *v)
{
	write_hex_or_null(j, "pceid", v->has_platform, v->pceid,
			  sizeof v->pceid);
	write_hex_or_null(j, "piid", v->has_piid, v->piid, sizeof v->piid);
	write_text(j, "platform", v->platform);
	write_hex_or_null(j, "ppid", v->has_platform, v->ppid, sizeof v->ppid);
	jw_key(j, "quote_version");
	if (v->parsed && v->version != 0) /* a token states none */
		jw_i64(j, v->version);
	else
		jw_null(j);
}

/* The parts that apply, by name; {} when a token states none. */
static void write_parts(struct jw *j, const struct verdict *v)
{
	/* ascending, as keys must come */
	static const struct {
		const char *name;
		int part;
	} order[TCB_PARTS] = {
		{ "platform", TCB_PLATFORM },
		{ "qe", TCB_QE },
		{ "tdx_module", TCB_MODULE },
	};

	jw_key(j, "tcb_parts");
	jw_open(j, '{');
	for (size_t i = 0; i < TCB_PARTS; i++) {
		const struct tcb_part *p = &v->tcb_part[order[i].part];

		if (!p->applies)
			continue;
		jw_key(j, order[i].name);
		jw_open(j, '{');
		write_date(j, "date", p->date_s);
		write_date(j, "out_of_date_since", p->out_of_date_since_s);
		jw_kstr(j, "status", tcb_status_name(p->status));
		jw_close(j);
	}
	jw_close(j);
}

static void write_status(struct jw *j, const char *key, const struct verdict *v,
			 enum tcb_status s)
{
	jw_key(j, key);
	if (v->has_status)
		jw_str(j, tcb_status_name(s));
	else
		jw_null(j);
}

static void write_tcb(struct jw *j, const struct verdict *v)
{
	write_date(j, "tcb_date", v->tcb_date_s);
	write_days(j, "tcb_days", verdict_days(v, v->tcb_date_s));
	jw_key(j, "tcb_evaluation_number");
	if (v->has_status && v->tcb_evaluation_number != 0)
		jw_i64(j, v->tcb_evaluation_number);
	else
		jw_null(j);
	write_days(j, "tcb_out_of_date_days",
		   verdict_days(v, v->out_of_date_since_s));
	write_date(j, "tcb_out_of_date_since", v->out_of_date_since_s);
	write_parts(j, v);
	write_status(j, "tcb_status", v, v->tcb_status);
	write_status(j, "tcb_status_now", v, v->tcb_now);
}

static void write_warnings(struct jw *j, const struct verdict *v)
{
	jw_key(j, "warnings");
	jw_open(j, '[');
	if (v->warn_tcb)
		jw_str(j, reason_code(REASON_WARN_TCB));
	if (v->warn_rtmr)
		jw_str(j, reason_code(REASON_WARN_RTMR));
	jw_close(j);
}

int64_t verdict_days(const struct verdict *v, int64_t since_s)
{
	if (since_s == 0 || v->judged_s < since_s)
		return -1;
	return (v->judged_s - since_s) / 86400;
}

void verdict_write(struct wr *w, const struct verdict *v)
{
	struct jw j;

	jw_init(&j, w);
	jw_open(&j, '{');
	write_advisories(&j, v);
	jw_kbool(&j, "authentic", v->authentic);
	write_collateral(&j, &v->used);
	write_text(&j, "detail", v->detail);
	write_hex_or_null(&j, "fmspc", v->has_platform, v->fmspc,
			  sizeof v->fmspc);
	write_date(&j, "judged_at", v->judged_s);
	write_measurements(&j, v);
	jw_kstr(&j, "mode",
		v->mode == VERIFY_AUTHENTIC_ONLY ? "authentic-only" : "full");
	write_platform(&j, v);
	jw_kstr(&j, "reason", reason_text(v->reason));
	jw_kstr(&j, "reason_code", reason_code(v->reason));
	write_text(&j, "remarks", v->remarks);
	jw_kbool(&j, "simulated", v->simulated);
	write_tcb(&j, v);
	jw_kstr(&j, "verdict", v->reason == REASON_OK ? "accepted" : "refused");
	write_warnings(&j, v);
	jw_close(&j);
	if (jw_end(&j) != ERR_OK)
		wr_fail(w, ERR_STATE);
}
