/* report_check.h - does a job's report hold? report_read (lib/report.h) has
 * checked its form, digest and signature; here it is held against the quote
 * that it carries, and against the report before it. Pure: the quote's verdict
 * is an argument. */
#ifndef MEASURE_LIB_REPORT_CHECK_H
#define MEASURE_LIB_REPORT_CHECK_H

#include "lib/report.h"
#include "measure/lib/verify.h"

/* The first thing that is wrong. what is "" when nothing is; else the member
 * or check, static: "quote", "reportdata", "rtmr3", "window", ... reason fits
 * it when has_reason: what is wrong with a report alone has no EE-ATT code. */
struct report_finding {
	const char *what;
	bool has_reason;
	enum reason reason;
	char detail[160];
};

/* The reason for which report_read's error refuses; a digest or a signature
 * that is wrong is a verdict, all else is a malformed input (false). */
bool report_refused(enum err e, const char *what, struct report_finding *out);

/* The quote in the report, decoded into out (LIMIT_QUOTE_BYTES are enough).
 * ERR_VALUE, ERR_SPACE. */
MUST_CHECK enum err report_quote(const struct report *r, struct wr *out);

/* Judges, in this order: the quote's verdict; REPORTDATA, all 64 bytes, from
 * the binding; RTMR3 from the binding's configuration; the binding's role; the
 * report's configuration and vm_name against the binding's; its `simulated`
 * flag and provider against the root that the quote has; sequence and previous
 * digest; the window. True when all hold. */
bool report_check(const struct report *r, const struct verdict *quote,
		  struct report_finding *out);

/* True when the report was made under the configuration of that digest. Which
 * one it was made under is proved by report_check, but the host chooses it, and
 * with it the venue and whom it trusts: only its owner knows the right one. */
bool report_has_config(const struct report *r,
		       const uint8_t config_sha384[static SHA384_LEN],
		       struct report_finding *out);

/* True when r follows directly on the report `before`: same agent, same key,
 * next sequence number, digest of the one before. */
bool report_follows(const struct report *r, const struct report *before,
		    struct report_finding *out);
#endif
