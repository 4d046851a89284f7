/* policy_file.h - a policy file and the references that it names, from disk. */
#ifndef MEASURE_CLI_POLICY_FILE_H
#define MEASURE_CLI_POLICY_FILE_H

#include "measure/cli/cli.h"
#include "measure/lib/policy.h"

/* What is wrong with a file of a policy, which is not the end of everything: a
 * verdict is then a refusal that says so. */
struct policy_bad {
	char text[POLICY_WHY]; /* "" while nothing is */
	int code; /* CLI_MALFORMED; CLI_REFUSED for what was judged: a
		   * signature, a counter, what a reference leaves open */
};

/* Reads the policy into *out, and its references with their keys, which lie
 * where the policy says (policy_path). The first thing that is wrong is told in
 * *bad; *out is then not to be used. Returns CLI_DONE; when a file or a key
 * cannot be read, prints that and returns an exit code. */
int policy_file_read(const char *path, struct policy *out,
		     struct policy_bad *bad);

/* The same without its references, which are not looked for. */
int policy_file_rules(const char *path, struct policy *out,
		      struct policy_bad *bad);

/* Adds a reference file to the policy, as --reference does: pub is its
 * publisher's key, NULL when it is not signed. Returns as above. */
int policy_file_add(const char *path, const uint8_t *pub, struct policy *out,
		    struct policy_bad *bad);
/* SHA-256 of the file of the policy that was read. When there were more,
 * references for instance, then in the order that they were read in: of the
 * digest of all before and the digest of the next. */
void policy_file_sum(uint8_t out[static SHA256_LEN]);
#endif
