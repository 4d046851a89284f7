/* faults.h - what can be wrong with evidence, one thing at a time: each fault
 * by name, with the code it is refused with. The sound platform is that of
 * fakequote.h, the sound token that of ita_make.h; both under keys of their
 * own, so that all but the one thing is right, signatures included.
 *
 * SECURITY.md has the table; tests/unit/test_faults.c judges every line of it
 * and compares. */
#ifndef TESTS_PEERS_FAULTS_H
#define TESTS_PEERS_FAULTS_H

#include "measure/lib/verify.h"
#include "tests/peers/fakequote.h"

/* A sound case, open to be made wrong before it is built and judged. */
struct fault_case {
	struct fake fake;
	struct policy policy; /* the sound platform satisfies it */
	bool intel_alone;     /* the fake's root is not given by name */
	bool no_collateral;   /* there is none */
	uint8_t reportdata[QUOTE_REPORTDATA_LEN]; /* what was asked for */
	uint8_t config[SHA384_LEN];               /* what RTMR3 must hold */
	int64_t now_s;
	bool no_jwks; /* of a token's verifier; the next two as well */
	const char *issuer, *audience;
	const char *claims, *header; /* of a token, before they are changed */
};

struct fault {
	const char *name; /* "pck-serial-negative": unique */
	const char *what; /* in plain words */
	enum reason want;
	const char *says; /* a part of what the verdict must say */
	/* How it is made: one of them, or both. */
	void (*make)(struct fault_case *c); /* or NULL */
	struct fake_edit edit;              /* or FAKE_NO_PART */
};

/* The bytes of a string literal, NULs included, for `with` and `len`. */
#define BYTES(s) .with = (s), .len = sizeof(s) - 1

/* Faults of one subject. */
struct fault_table {
	const char *subject;
	const struct fault *at;
	size_t n;
	bool token;   /* of tokens, not of quotes */
	bool genuine; /* the evidence is authentic, and refused all the same */
};

/* All of them, in the order of SECURITY.md; NULL after the last. */
extern const struct fault_table *const fault_tables[];

/* faults_quote.c, faults_chain.c, faults_crl.c, faults_tcb.c, ... */
extern const struct fault_table faults_quote, faults_report,
	faults_certification;
extern const struct fault_table faults_issuer, faults_chain, faults_cert,
	faults_sgx;
extern const struct fault_table faults_crl, faults_bundle;
extern const struct fault_table faults_info, faults_module, faults_identity,
	faults_status;
extern const struct fault_table faults_td, faults_policy;
extern const struct fault_table faults_token, faults_claims,
	faults_token_policy;

/* What the verifier says. */
struct fault_answer {
	enum reason reason;
	bool authentic;
	char detail[320];
};

/* Makes the platform of a case, with this fault or (NULL) none. */
void fault_build(const struct fault *f, struct fault_case *c);

/* Makes the case, of a quote or a token, and judges it: the evidence, then the
 * request's REPORTDATA and configuration. */
void fault_judge(const struct fault_table *t, const struct fault *f,
		 struct fault_case *c, struct fault_answer *out);

/* The section of SECURITY.md, in Markdown. */
void faults_write(struct wr *w);

/* ---- what faults.c and faults_token.c share ---- */

/* A policy that the sound platform, or the sound token, satisfies. */
void fault_trust(struct fault_case *c, const struct quote_body *b);

/* fault_judge for tokens; f may be NULL. */
void fault_judge_token(const struct fault *f, struct fault_case *c,
		       struct fault_answer *out);
#endif
