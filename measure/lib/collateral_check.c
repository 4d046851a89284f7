#include "measure/lib/collateral_check.h"

#include <stdio.h>
#include <string.h>

void collateral_periods(const struct collateral *c,
			struct collateral_period out[static COLLATERAL_PERIODS])
{
#define TEXT(what, x)                                                          \
	{                                                                      \
		what, (x).issued_s, (x).next_update_s, true                    \
	}
#define CRL(what, x)                                                           \
	{                                                                      \
		what, (x).this_update_s, (x).next_update_s, true               \
	}
#define CERT(what, x)                                                          \
	{                                                                      \
		what, (x).not_before_s, (x).not_after_s, false                 \
	}
	const struct collateral_period all[COLLATERAL_PERIODS] = {
		CERT("PCK CRL issuer's certificate", c->pck_ca.cert),
		CERT("collateral's root certificate", c->pck_ca.root),
		CERT("TCB info signer's certificate", c->tcb_issuer.cert),
		CERT("QE identity signer's certificate", c->qe_issuer.cert),
		CRL("root CRL", c->root_crl),
		CRL("PCK CRL", c->pck_crl),
		TEXT("TCB info", c->tcb_info),
		TEXT("QE identity", c->qe_identity),
	};
#undef TEXT
#undef CRL
#undef CERT

	memcpy(out, all, sizeof all);
}

static void refuse(struct collateral_judgement *j, enum reason r,
		   const char *what, const char *is)
{
	if (j->reason != REASON_OK)
		return;
	j->reason = r;
	(void)snprintf(j->detail, sizeof j->detail, "%s%s", what, is);
}

void collateral_check(const struct collateral *c,
		      const struct trust_roots *roots, int64_t now_s,
		      struct collateral_judgement *out)
{
	struct collateral_judgement j = { .reason = REASON_OK };
	struct collateral_period p[COLLATERAL_PERIODS];

	collateral_periods(c, p);
	if (!trust_roots_know(roots, c->pck_ca.root.pub, &j.simulated))
		refuse(&j, REASON_ISSUER, "the root",
		       " is not Intel's, nor one that was given by name");
	if (c->signatures != REASON_OK)
		refuse(&j, c->signatures, c->signatures_what, "");
	j.next = p[0];
	for (size_t i = 0; i < COLLATERAL_PERIODS; i++) {
		if (now_s < p[i].from_s)
			refuse(&j, REASON_NOT_YET_VALID, p[i].what,
			       " is not valid yet");
		if (now_s > p[i].to_s)
			refuse(&j, REASON_EXPIRED, p[i].what, " has expired");
		if (p[i].to_s < j.next.to_s)
			j.next = p[i];
	}
	*out = j;
}
