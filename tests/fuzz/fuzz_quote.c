/* A quote's bytes: what parses lies inside the input, and its parts account for
 * all of it. */
#include "measure/lib/pck.h"
#include "measure/lib/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static bool inside(struct slice in, struct slice part)
{
	return part.len == 0 ||
	       (part.ptr >= in.ptr && part.len <= in.len &&
		(size_t)(part.ptr - in.ptr) <= in.len - part.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint8_t store[3 * X509_MAX_DER];
	struct slice in = { data, len };
	const char *field = NULL;
	struct x509 chain[3];
	struct pck pck;
	struct quote q;

	if (quote_parse(in, &q, &field) != ERR_OK) {
		if (field == NULL)
			__builtin_trap();
		return 0;
	}
	if (!inside(in, q.signed_part) || !inside(in, q.qe_report_raw) ||
	    !inside(in, q.qe_auth) || !inside(in, q.pck_chain) ||
	    q.signed_part.len + 4 + 134 + q.qe_report_raw.len + 64 + 2 +
			    q.qe_auth.len + 6 + q.pck_chain.len + q.padding !=
		    len)
		__builtin_trap();
	if (x509_chain_parse(q.pck_chain, 3, store, chain) == ERR_OK &&
	    pck_parse(chain[0].sgx_ext, &pck) == ERR_OK &&
	    !inside(chain[0].der, chain[0].sgx_ext))
		__builtin_trap();
	return 0;
}
