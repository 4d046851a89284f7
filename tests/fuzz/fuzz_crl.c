/* A revocation list: when it parses, walking its entries ends, and each of them
 * is found. */
#include "measure/lib/crl.h"
#include "measure/lib/der_read.h"
#include "measure/lib/x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const uint8_t nobody[X509_MAX_SERIAL + 2];
	struct slice in = { data, len };
	struct rd list;
	struct crl c;

	if (crl_parse(in, &c) != ERR_OK)
		return 0;
	if (crl_revokes(&c, (struct slice){ nobody, sizeof nobody }))
		__builtin_trap();
	list = rd_over(c.revoked);
	while (list.left > 0) {
		struct rd entry = der_enter(&list, DER_SEQUENCE);
		struct slice serial = der_serial(&entry, X509_MAX_SERIAL);

		if (entry.err != ERR_OK || !crl_revokes(&c, serial))
			__builtin_trap();
	}
	return 0;
}
