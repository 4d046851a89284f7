/* verify.h - the verdict on a quote, in one place: everybody who accepts a TD
 * (control plane, launcher, ee-measure) asks here. Pure: no clock, no network,
 * no allocation; time, collateral, roots and policy are arguments.
 *
 * Order of the checks, with the reason each refuses with:
 *   1. the quote's form                                   012
 *   2. collateral is there                                018
 *   3. root is Intel's, or the one given by name          010
 *   4. collateral's signatures                            007
 *   5. PCK chain, names, revocation                       007
 *   6. dates of certificates, CRLs, TCB info, QE identity 008, 009
 *   7. QE report, attestation key, quote signature        007
 *   8. collateral is that of the platform                 018
 *      TDX module and QE are those it names               007
 *      -- from here on the quote is "authentic" --
 *   9. the policy holds at least one set                  017
 *  10. a simulated platform is allowed, PPID, PIID        010
 *  11. MRTD                                               014
 *  12. TCB status and its grace, evaluation number,
 *      MRSEAM                                             015
 *  13. RTMRs, TD attributes, XFAM, owner fields           016
 *  14. the image's release is not revoked                 016
 *      and in force                                       008, 009
 * REPORTDATA and RTMR3 depend on the request, so the caller checks them: before
 * (by parsing) or after, with the two functions at the end. */
#ifndef MEASURE_LIB_VERIFY_H
#define MEASURE_LIB_VERIFY_H

#include "lib/reason.h"
#include "measure/lib/collateral.h"
#include "measure/lib/policy.h"
#include "measure/lib/quote.h"

/* Intel's root is always trusted and is a constant of verify.c. One further
 * root may be given by name (--insecure-sim-root): then quotes under it are
 * accepted and their verdict says `simulated`. */
struct trust_roots {
	bool has_insecure;
	uint8_t insecure_pub[P256_PUB_LEN];
};

/* Intel's alone. */
void trust_roots_init(struct trust_roots *r);

/* Adds the one insecure root, a self-signed CA certificate in PEM. Errors:
 * ERR_STATE there is one already; x509_chain_parse's; ERR_SIGNATURE; ERR_VALUE
 * when it is no CA, or is Intel's root. */
MUST_CHECK enum err trust_roots_add_insecure(struct trust_roots *r,
					     struct slice pem);

/* Is this a root's key that is trusted? *insecure: it is not Intel's. */
bool trust_roots_know(const struct trust_roots *r,
		      const uint8_t pub[static P256_PUB_LEN], bool *insecure);

/* A PCK certificate whose signature was found right, and the key that made it:
 * the same platform's next quote then costs two P-256 verifications and not
 * three. The issuer, names, dates and revocation are checked every time. Zero
 * it to begin. */
struct chain_cache {
	size_t len; /* 0: none yet */
	uint8_t der[X509_MAX_DER];
	uint8_t issuer_pub[P256_PUB_LEN];
};

enum verify_mode {
	VERIFY_FULL, /* needs a policy; without one refuses with 017 */
	VERIFY_AUTHENTIC_ONLY,
};

/* What a verifier knows before it sees a quote. All pointers are borrowed. */
struct verifier {
	enum verify_mode mode;
	const struct trust_roots *roots;
	const struct collateral *collateral; /* NULL: none to be had, 018 */
	const struct policy *policy;         /* NULL: as empty */
	struct chain_cache *cache;           /* NULL: no cache */
};

/* What a policy's sets say of the image, whatever is enforced. */
enum verdict_image {
	IMAGE_NOT_ASKED,
	IMAGE_OTHER,   /* MRTD and RTMRs are not those of one set */
	IMAGE_REVOKED, /* its publisher took the release back */
	IMAGE_TRUSTED, /* they are; the release may be out of force */
};

/* Self-contained: nothing in it points anywhere that can go away. */
struct verdict {
	enum verify_mode mode; /* what was asked */
	enum reason reason;    /* REASON_OK: accepted; else the first refusal */
	char detail[160];      /* what exactly, for people; "" when accepted */
	bool authentic;        /* checks 1 to 8, whatever the policy says */
	bool simulated;        /* under the insecure root */
	bool warn_tcb;         /* EE-ATT-W01: the TCB policy is not met */
	bool warn_rtmr;        /* EE-ATT-W02: the RTMR policy is not met */
	char remarks[320];     /* what was let pass, in words, or "" */
	bool parsed;           /* version and body are filled */
	uint16_t version;
	struct quote_body body;
	int64_t judged_s;  /* the time it is a verdict of: now_s */
	bool has_platform; /* what the PCK certificate says is filled */
	uint8_t fmspc[6], pceid[2], ppid[16];
	bool has_piid; /* a platform of several packages: its instance id */
	uint8_t piid[16];
	bool has_status; /* authentic: all down to the advisories is filled */
	enum tcb_status tcb_status;
	enum tcb_status tcb_now; /* as in struct tcb_state; of a token: same */
	uint32_t tcb_evaluation_number; /* the lesser of the two; 0: unknown */
	int64_t tcb_date_s, out_of_date_since_s; /* as in struct tcb_state */
	struct tcb_part tcb_part[TCB_PARTS];     /* none applies: unknown */
	struct tcb_advisories advisories;
	struct collateral_used used; /* once its signatures were found right */
	enum verdict_image image;    /* what the policy says of it */
	char platform[64];           /* of the policy set that matched, or "" */
};

/* Judges the quote at now_s (Unix seconds). *out is always written whole. */
void verify_quote(const struct verifier *v, struct slice quote, int64_t now_s,
		  struct verdict *out);

/* Whether a platform under one of the roots has signed the quote at all, by the
 * certificates in it: steps 1, 3, 5 and 7, and the certificates' dates. For who
 * is asked by strangers and has no collateral. Of revocation, identities and
 * TCB nothing is known, so *out is never authentic, and REASON_OK admits
 * nobody. */
void verify_origin(const struct trust_roots *roots, struct slice quote,
		   int64_t now_s, struct verdict *out);

/* Steps 9 to 14 alone, on a verdict that is authentic and so far accepted: sets
 * reason, warnings, image and platform. */
void verify_policy(const struct policy *p, int64_t now_s, struct verdict *v);

/* All 64 bytes, in constant time: REASON_OK or REASON_REPORTDATA. A verdict
 * that is not accepted keeps its own reason. */
enum reason verify_reportdata(const struct verdict *v,
			      const uint8_t want[static QUOTE_REPORTDATA_LEN]);

/* RTMR3 must hold the configuration and nothing else: one extend of zeros with
 * the SHA-384 of its bytes. REASON_OK, or REASON_RTMR; a verdict that is not
 * accepted keeps its own reason. */
enum reason verify_config(const struct verdict *v,
			  const uint8_t config_sha384[static SHA384_LEN]);

/* Whole days from a date of the verdict (tcb_date_s, out_of_date_since_s) to
 * the time it was judged at; -1: the date is not stated, or lies ahead. */
int64_t verdict_days(const struct verdict *v, int64_t since_s);

enum {
	VERDICT_MAX_JSON = 12 * 1024 /* bytes that verdict_write writes */
};

/* The verdict as canonical JSON. Every member is always there; null says that
 * it is not known. verdict.schema.json, beside this program's sources, says the
 * same to other programs.
 *
 *   advisories        ids that apply at the TCB levels reached
 *   authentic         checks 1 to 8 passed
 *   collateral        what was used: for tcb_info, qe_identity, pck_crl and
 *                     root_crl sha256, issued and next_update (and the
 *                     evaluation_number); sha256 of the signers' certificates
 *   detail            of a refusal, for people
 *   fmspc, pceid, ppid, piid             of the PCK certificate
 *   judged_at         the time it is a verdict of
 *   measurements      the TD report
 *   mode              "full" or "authentic-only"
 *   platform          of the policy set that matched, or ""
 *   quote_version     4 or 5
 *   reason_code, reason                  "OK", or the first refusal
 *   remarks           what the policy let pass, for people; or ""
 *   simulated         the chain ends at the root that was given by name and is
 *                     not Intel's: hardware, TCB and measurements are what the
 *                     holder of that root's key says
 *   tcb_status        converged; tcb_parts: of each part with its own dates
 *   tcb_status_now    what the TD would have if it were launched anew
 *   tcb_date, tcb_days                   of the oldest level, and days since
 *   tcb_out_of_date_since, tcb_out_of_date_days
 *   tcb_evaluation_number
 *   verdict           "accepted" or "refused"
 *   warnings          EE-ATT-W01, EE-ATT-W02
 *
 * Times are RFC 3339 in UTC with seconds, digests and ids lower-case hex. */
void verdict_write(struct wr *w, const struct verdict *v);

/* Writes "what: text" into the verdict and sets its reason: for callers that
 * refuse before or after verify_quote. */
void verdict_refuse(struct verdict *v, enum reason r, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
#endif
