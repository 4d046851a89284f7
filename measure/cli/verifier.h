/* verifier.h - the options by which a command is told what to believe, and the
 * quote it judges. Shared by `quote verify` and `report verify`. */
#ifndef MEASURE_CLI_VERIFIER_H
#define MEASURE_CLI_VERIFIER_H

#include "measure/cli/cli.h"
#include "measure/lib/verify.h"

#define VERIFIER_OPTS                                                          \
	{ "collateral", "FILE", "what Intel says of the platform, one JSON",   \
	  CLI_REQUIRED },                                                      \
		{ "at", "TIME", "verify as of: RFC 3339 or Unix seconds",      \
		  CLI_REQUIRED },                                              \
		{ "reference", "FILE",                                         \
		  "accept the images of measurements.json", CLI_MANY },        \
		{ "reference-key", "PEM",                                      \
		  "of its publisher: --reference is a signed envelope", 0 },   \
		{ "policy", "FILE", "accept what this policy says", 0 },       \
		{ "authentic-only", NULL,                                      \
		  "ask only whether the quote is genuine", 0 },                \
	{                                                                      \
		"insecure-sim-root", "PEM",                                    \
			"also believe this root: simulated quotes", 0          \
	}

enum {
	VERIFIER_DETAIL = 160
};

/* What the options gave. A policy or collateral that is no good is not an end:
 * the verdict is then a refusal that says so. */
struct cli_verifier {
	struct verifier v; /* points into this struct */
	int64_t now_s;
	struct trust_roots roots;
	struct collateral collateral;
	struct policy policy;
	char collateral_bad[VERIFIER_DETAIL]; /* "" when it is good */
	char policy_bad[VERIFIER_DETAIL];
	int malformed; /* CLI_MALFORMED when a file is not what it is for */
};

/* Intel's root, and the one of --insecure-sim-root. Prints what is wrong and
 * returns an exit code. */
int cli_roots_read(const struct cli *c, struct trust_roots *out);

/* Reads the options of VERIFIER_OPTS; a command without --collateral in its
 * table gets a verifier without. There is one verifier a process. Prints what
 * is wrong and returns an exit code; CLI_DONE when there can be a verdict. */
int cli_verifier_open(const struct cli *c, struct cli_verifier *out);

/* verify_quote, with the reason for bad files put into the verdict, and decide
 * (decide.h) with the verdict on a token, NULL when there is none. */
void cli_verifier_judge(const struct cli_verifier *cv, struct slice quote,
			const struct verdict *token, struct verdict *out);

/* Puts the reason why the policy is no good into a verdict that refuses for
 * that. */
void cli_verifier_detail(const struct cli_verifier *cv, struct verdict *v);

/* The exit code that goes with a verdict. */
int cli_verifier_exit(const struct cli_verifier *cv, const struct verdict *v);

/* The verdict as lines "name: value". */
void cli_verdict_put(struct wr *w, const struct verdict *v);

/* Prints the verdict as the command line wants it: those lines, or JSON. An
 * exit code of cli_print. */
int cli_verdict_print(const struct cli *c, const struct verdict *v);

/* Reads a quote file and decodes it: binary, hex or base64, with white space
 * around and between. The bytes live as long as *file; close it. What cannot
 * be decoded is handed on as it is, for the parser to refuse. */
int cli_quote_read(const char *path, struct cli_file *file,
		   struct slice *quote);
#endif
