#include "lib/text.h"
#include "measure/lib/verify.h"

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

static void write_platform(struct jw *j, const struct verdict *v)
{
	if (v->has_platform) {
		KHEX(j, "pceid", v->pceid);
	} else {
		jw_key(j, "pceid");
		jw_null(j);
	}
	jw_kstr(j, "platform", v->platform);
	if (v->parsed && v->version != 0) { /* a token states none */
		jw_ki64(j, "quote_version", v->version);
	} else {
		jw_key(j, "quote_version");
		jw_null(j);
	}
}

static void write_tcb(struct jw *j, const struct verdict *v)
{
	jw_key(j, "tcb_evaluation_number");
	if (v->has_status && v->tcb_evaluation_number != 0)
		jw_i64(j, v->tcb_evaluation_number);
	else
		jw_null(j);
	jw_key(j, "tcb_status");
	if (v->has_status)
		jw_str(j, tcb_status_name(v->tcb_status));
	else
		jw_null(j);
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

void verdict_write(struct wr *w, const struct verdict *v)
{
	struct jw j;

	jw_init(&j, w);
	jw_open(&j, '{');
	write_advisories(&j, v);
	jw_kbool(&j, "authentic", v->authentic);
	jw_kstr(&j, "detail", v->detail);
	if (v->has_platform) {
		KHEX(&j, "fmspc", v->fmspc);
	} else {
		jw_key(&j, "fmspc");
		jw_null(&j);
	}
	write_measurements(&j, v);
	jw_kstr(&j, "mode",
		v->mode == VERIFY_AUTHENTIC_ONLY ? "authentic-only" : "full");
	write_platform(&j, v);
	jw_kstr(&j, "reason", reason_text(v->reason));
	jw_kstr(&j, "reason_code", reason_code(v->reason));
	jw_kbool(&j, "simulated", v->simulated);
	write_tcb(&j, v);
	jw_kstr(&j, "verdict", v->reason == REASON_OK ? "accepted" : "refused");
	write_warnings(&j, v);
	jw_close(&j);
	if (jw_end(&j) != ERR_OK)
		wr_fail(w, ERR_STATE);
}
