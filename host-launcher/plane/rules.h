/* rules.h - the rules by which the control plane judges: a policy file without
 * images (policy.h), or the strict defaults. The images are in the store, where
 * 'ee-cp trust' puts them. */
#ifndef HOST_PLANE_RULES_H
#define HOST_PLANE_RULES_H

#include "host-launcher/lib/file.h"
#include "lib/digest.h"
#include "measure/lib/policy.h"

enum {
	RULES_WHY = 400
};

struct rules {
	struct policy policy;            /* without sets */
	struct buf text;                 /* of the file; empty: the defaults */
	char sha256[2 * SHA256_LEN + 1]; /* of the text, or "" */
};

/* The defaults of policy_init. */
void rules_init(struct rules *r);
void rules_done(struct rules *r);

/* Replaces *r, which rules_init has filled, by those of a policy file. On an
 * error *r stays as it is and why says what to do.
 * Errors: policy_parse's; ERR_REFUSED: it names images, which are not read from
 * here; ERR_UNSUPP: its verifier wants tokens, and with_tokens is false. */
MUST_CHECK enum err rules_read(struct rules *r, struct slice text,
			       bool with_tokens, char why[static RULES_WHY]);

/* The file's text, or an empty slice. */
struct slice rules_text(const struct rules *r);
#endif
