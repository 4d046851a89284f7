/* decide.h - one decision from what a quote and a token of Intel Trust
 * Authority say of the same TD, by the policy's `verifier`:
 *
 *   dcap  the quote's verdict; a token is not looked at
 *   ita   the token's verdict; a quote is not looked at
 *   both  each has to be accepted, and they have to agree
 *
 * Agree means: these are the same in both, bit for bit, and else the decision
 * is a refusal with the reason beside them:
 *
 *   REPORTDATA                                               005
 *   MRTD                                                     014
 *   the TCB status; TEE_TCB_SVN, MRSEAM, MRSIGNERSEAM,
 *   SEAM attributes                                          015
 *   RTMR0 to RTMR3, td_attributes, XFAM, MRCONFIGID,
 *   MROWNER, MROWNERCONFIG                                   016
 *
 * MRSERVICETD is not compared, as not every token states it: whatever states
 * one other than zeros is refused by the policy already. */
#ifndef MEASURE_LIB_DECIDE_H
#define MEASURE_LIB_DECIDE_H

#include "measure/lib/verify.h"

/* Decides. quote: verify_quote's verdict; token: ita_verify's; both under the
 * policy p, at the same time. NULL: there is none, which is refused with 018
 * where the policy needs it. *out is always written whole: the quote's verdict,
 * or the token's where the policy asks that alone; of two the first that is not
 * accepted gives its own reason, its detail beginning with "token: " when it is
 * the token's. With p NULL, or in VERIFY_AUTHENTIC_ONLY, there is no policy to
 * ask: that is dcap. */
void decide(const struct policy *p, const struct verdict *quote,
	    const struct verdict *token, struct verdict *out);

/* Which of the two the policy (NULL: none) needs. */
bool decide_needs_quote(const struct policy *p);
bool decide_needs_token(const struct policy *p);
#endif
