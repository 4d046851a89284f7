/* collateral_write.h - puts what a service said into one file, in the layout of
 * collateral.h: canonical JSON, so that the same parts give the same bytes. */
#ifndef MEASURE_LIB_COLLATERAL_WRITE_H
#define MEASURE_LIB_COLLATERAL_WRITE_H

#include "measure/lib/collateral.h"

/* Nothing of it is judged here: collateral_parse and collateral_authenticate do
 * that with the file. */
struct collateral_parts {
	struct slice tcb_info, qe_identity; /* JSON texts, the bytes signed */
	uint8_t tcb_info_sig[P256_SIG_LEN], qe_identity_sig[P256_SIG_LEN];
	struct slice tcb_info_chain, qe_identity_chain, pck_crl_chain; /* PEM */
	struct slice pck_crl, root_crl;                                /* DER */
};

/* Appends the file, without a line break at its end. ERR_SPACE; ERR_VALUE when
 * a text is not UTF-8. */
MUST_CHECK enum err collateral_write(struct wr *w,
				     const struct collateral_parts *p);
#endif
