/* token.h - what the commands about tokens of Intel Trust Authority share: the
 * file, and the options by which a command is told whose word to take. */
#ifndef MEASURE_CLI_TOKEN_H
#define MEASURE_CLI_TOKEN_H

#include "measure/cli/verifier.h"
#include "measure/lib/ita_api.h"

/* needed: CLI_REQUIRED, or 0 where there may be no token at all. */
#define TOKEN_OPTS(needed)                                                     \
	{ "jwks", "FILE", "the issuer's keys, a JSON Web Key Set", (needed) }, \
		{ "issuer", "TEXT", "who must have issued it", (needed) },     \
		{ "audience", "TEXT",                                          \
		  "whom it must be for; else it is for nobody", 0 },           \
		{ "leeway", "SECONDS",                                         \
		  "by which clocks may differ, at most 300; 0", 0 },           \
		{ "jwks-root", "PEM", "the CA that must be behind its key",    \
		  0 },                                                         \
		{ "jwks-crl", "FILE",                                          \
		  "a CRL of each CA behind it, DER or PEM", CLI_MANY },        \
		{ "nonce", "FILE",                                             \
		  "the nonce it was asked for with, of token nonce", 0 },      \
		{ "require-policy-id", "UUID",                                 \
		  "a policy of the service's that must have matched",          \
		  CLI_MANY },                                                  \
	{                                                                      \
		"held-data", "FILE", "what its REPORTDATA must bind", 0        \
	}

enum {
	TOKEN_MAX_CRLS = 4,
	TOKEN_MAX_CRL = 64 * 1024 /* bytes of one */
};

/* What the options gave. A key set that is no good is not an end: the verdict
 * is then a refusal that says so. */
struct cli_token {
	struct ita_verifier v; /* points into this struct */
	struct jwks jwks;
	struct rsa_cert root;
	uint8_t root_der[X509_MAX_DER];
	struct rsa_crl crls[TOKEN_MAX_CRLS];
	uint8_t crl_mem[TOKEN_MAX_CRLS][TOKEN_MAX_CRL];
	struct ita_nonce nonce;
	uint8_t nonce_mem[ITA_ANSWER_ARENA];
	struct slice policy_ids[ITA_MAX_POLICIES];
	uint8_t quote_sha256[SHA256_LEN];
	struct ita_claims claims;
	char bad[VERIFIER_DETAIL]; /* why the key set is no good, or "" */
};

/* Reads the options of TOKEN_OPTS. There is one a process. Prints what is wrong
 * and returns an exit code; CLI_DONE when there can be a verdict. */
int cli_token_open(const struct cli *c, struct cli_token *out);

/* Judges the token in the file, with the mode, policy and time of cv, and the
 * held data of c. Prints and returns as above; *out is the verdict. */
int cli_token_judge(const struct cli *c, struct cli_token *t,
		    const struct cli_verifier *cv, const char *path,
		    struct verdict *out);

/* Whether the token or its keys are not what they should be, which is a matter
 * of form: CLI_MALFORMED, and not CLI_REFUSED. */
bool cli_token_malformed(const struct cli_token *t, const struct verdict *v);

/* Reads a file that holds one token and, after it, white space. The token lies
 * in *file; close it. Returns an exit code. */
int cli_token_read(const char *path, struct cli_file *file,
		   struct slice *token);
#endif
