/* bundle.h - bundles of collateral that are ready for use: parsed, their
 * signatures checked, in no more memory than they need; and the one among many
 * that is for a quote's platform. */
#ifndef HOST_PLANE_BUNDLE_H
#define HOST_PLANE_BUNDLE_H

#include "host-launcher/plane/store_collateral.h"
#include "measure/lib/collateral_check.h"
#include "measure/lib/quote.h"

/* Owns what c points into. Zero it to begin. */
struct bundle {
	uint8_t *mem;
	size_t mem_len;
	struct slice text; /* of the file, in mem */
	struct collateral c;
	struct store_platform of;
	char sha256[2 * SHA256_LEN + 1]; /* of the text */
};

/* Parses and checks signatures (collateral_authenticate): c.signatures may
 * still be a refusal; root and dates are collateral_check's business. *out is
 * written only on ERR_OK; *what names the member that is wrong. Errors:
 * collateral_parse's, ERR_SPACE, and ERR_VALUE ("PCK CA") for one whose CA is
 * neither of Intel's two. */
MUST_CHECK enum err bundle_parse(struct slice text, struct bundle *out,
				 const char **what);
void bundle_free(struct bundle *b);

/* The first of the next-update dates in it. */
int64_t bundle_next_update(const struct collateral *c);
/* The oldest of the issue dates in it. */
int64_t bundle_issued(const struct collateral *c);
/* Are all its parts in force at now_s, certificates included? */
bool bundle_current(const struct collateral *c, int64_t now_s);

/* What a quote says of its platform before anything about it is known to be
 * true: good for choosing what to judge it with. */
struct quote_platform {
	struct store_platform of;
	uint8_t root_pub[P256_PUB_LEN];
	uint8_t key[16]; /* differs from platform to platform */
};

/* ERR_VALUE when the PCK chain does not tell. */
MUST_CHECK enum err quote_platform(const struct quote *q,
				   struct quote_platform *out);
#endif
