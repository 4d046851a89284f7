#include "measure/lib/decide.h"

#include <stddef.h>
#include <stdio.h>

#define FIELD(name, member, reason)                                            \
	{                                                                      \
		(name), offsetof(struct quote_body, member),                   \
			sizeof(((struct quote_body *)0)->member),              \
			REASON_##reason                                        \
	}

/* What both state of a TD. */
static const struct {
	const char *name;
	size_t offset, len;
	enum reason reason;
} fields[] = {
	FIELD("REPORTDATA", reportdata, REPORTDATA),
	FIELD("MRTD", mrtd, MRTD_UNTRUSTED),
	FIELD("TEE_TCB_SVN", tee_tcb_svn, TCB),
	FIELD("MRSEAM", mr_seam, TCB),
	FIELD("MRSIGNERSEAM", mr_signer_seam, TCB),
	FIELD("SEAM attributes", seam_attributes, TCB),
	FIELD("RTMR0", rtmr[0], RTMR),
	FIELD("RTMR1", rtmr[1], RTMR),
	FIELD("RTMR2", rtmr[2], RTMR),
	FIELD("RTMR3", rtmr[3], RTMR),
	FIELD("td_attributes", td_attributes, RTMR),
	FIELD("XFAM", xfam, RTMR),
	FIELD("MRCONFIGID", mr_config_id, RTMR),
	FIELD("MROWNER", mr_owner, RTMR),
	FIELD("MROWNERCONFIG", mr_owner_config, RTMR),
};

static void check_agree(const struct verdict *token, struct verdict *out)
{
	const uint8_t *a = (const uint8_t *)&out->body;
	const uint8_t *b = (const uint8_t *)&token->body;

	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (!ct_eq(a + fields[i].offset, b + fields[i].offset,
			   fields[i].len))
			verdict_refuse(out, fields[i].reason,
				       "quote and token disagree: %s",
				       fields[i].name);
	if (out->tcb_status != token->tcb_status)
		verdict_refuse(out, REASON_TCB,
			       "quote and token disagree: TCB status %s, and "
			       "%s in the token",
			       tcb_status_name(out->tcb_status),
			       tcb_status_name(token->tcb_status));
}

/* A verdict that nothing led to. */
static struct verdict nothing(const char *which)
{
	struct verdict v = { .reason = REASON_OK };

	verdict_refuse(&v, REASON_UNAVAILABLE,
		       "the policy's verifier needs a %s, and there is none",
		       which);
	return v;
}

bool decide_needs_quote(const struct policy *p)
{
	return p == NULL || p->verifier != POLICY_ITA;
}

bool decide_needs_token(const struct policy *p)
{
	return p != NULL && p->verifier != POLICY_DCAP;
}

/* An accepted verdict is what it claims: authentic, with a body and a status to
 * compare. */
static bool is_whole(const struct verdict *v)
{
	return v->authentic && v->parsed && v->has_status;
}

static void add_token(const struct verdict *token, struct verdict *out)
{
	if (token == NULL)
		verdict_refuse(out, REASON_UNAVAILABLE,
			       "the policy's verifier needs a token of Intel "
			       "Trust Authority too, and there is none");
	else if (token->reason != REASON_OK)
		verdict_refuse(out, token->reason, "token: %s", token->detail);
	else if (!is_whole(out) || !is_whole(token))
		verdict_refuse(out, REASON_INTERNAL,
			       "a verdict was accepted without its evidence");
	if (out->reason != REASON_OK)
		return;
	check_agree(token, out);
	out->warn_tcb = out->warn_tcb || token->warn_tcb;
	out->warn_rtmr = out->warn_rtmr || token->warn_rtmr;
}

void decide(const struct policy *p, const struct verdict *quote,
	    const struct verdict *token, struct verdict *out)
{
	bool asked = quote == NULL || quote->mode == VERIFY_FULL;
	const struct policy *by = asked ? p : NULL;

	if (!decide_needs_quote(by)) {
		*out = token != NULL ? *token : nothing("token");
		return;
	}
	*out = quote != NULL ? *quote : nothing("quote");
	if (out->reason == REASON_OK && decide_needs_token(by))
		add_token(token, out);
}
