#include "measure/lib/collateral_write.h"

enum err collateral_write(struct wr *w, const struct collateral_parts *p)
{
	struct jw j;
	enum err e;

	jw_init(&j, w);
	jw_open(&j, '{');
	jw_khex(&j, "pck_crl", p->pck_crl);
	jw_kslice(&j, "pck_crl_issuer_chain", p->pck_crl_chain);
	jw_kslice(&j, "qe_identity", p->qe_identity);
	jw_kslice(&j, "qe_identity_issuer_chain", p->qe_identity_chain);
	jw_khex(&j, "qe_identity_signature",
		(struct slice){ p->qe_identity_sig, P256_SIG_LEN });
	jw_khex(&j, "root_ca_crl", p->root_crl);
	jw_kslice(&j, "tcb_info", p->tcb_info);
	jw_kslice(&j, "tcb_info_issuer_chain", p->tcb_info_chain);
	jw_khex(&j, "tcb_info_signature",
		(struct slice){ p->tcb_info_sig, P256_SIG_LEN });
	jw_close(&j);
	e = jw_end(&j);
	return e != ERR_OK ? e : wr_end(w);
}
