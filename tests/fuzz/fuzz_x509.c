/* A certificate, as DER and as a PEM chain. */
#include "measure/lib/pck.h"
#include "measure/lib/x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint8_t store[3 * X509_MAX_DER];
	struct slice in = { data, len };
	struct x509 one, chain[3];
	struct pck pck;

	if (x509_parse(in, &one) == ERR_OK) {
		if (one.tbs.len + one.signature.len >= len ||
		    one.serial.len == 0 || one.pub[0] != 4)
			__builtin_trap();
		if (one.sgx_ext.len > 0 &&
		    pck_parse(one.sgx_ext, &pck) == ERR_OK)
			return 0;
	}
	for (size_t n = 1; n <= 3; n++)
		if (x509_chain_parse(in, n, store, chain) == ERR_OK &&
		    chain[n - 1].der.len == 0)
			__builtin_trap();
	return 0;
}
