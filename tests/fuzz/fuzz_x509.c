/* A certificate, as DER and as a PEM chain. Since few changes of base64 are a
 * certificate, DER certificates one after another are made a chain too. */
#include "lib/cert.h"
#include "measure/lib/der_read.h"
#include "measure/lib/pck.h"
#include "measure/lib/x509.h"

enum {
	CHAIN = 3,
	PEM_BYTES = 2 * CHAIN * X509_MAX_DER,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void one(struct slice in)
{
	struct x509 c;
	struct pck pck;

	if (x509_parse(in, &c) != ERR_OK)
		return;
	if (c.tbs.len + c.signature.len >= in.len || c.serial.len == 0 ||
	    c.serial.len > X509_MAX_SERIAL || c.pub[0] != 4)
		__builtin_trap();
	if (pck_parse(c.sgx_ext, &pck) == ERR_OK && c.sgx_ext.len == 0)
		__builtin_trap();
}

static void chains(struct slice pem, bool all_parse)
{
	static uint8_t store[CHAIN * X509_MAX_DER];
	struct x509 c[CHAIN];
	size_t good = 0;

	for (size_t n = 1; n <= CHAIN; n++) {
		if (x509_chain_parse(pem, n, store, c) != ERR_OK)
			continue;
		good++;
		for (size_t i = 0; i < n; i++)
			if (c[i].der.ptr < store ||
			    c[i].der.ptr + c[i].der.len >
				    store + (i + 1) * X509_MAX_DER)
				__builtin_trap();
	}
	/* a chain has one length */
	if (good > 1 || (all_parse && good == 0))
		__builtin_trap();
}

/* Takes the certificates apart by their outer headers. */
static void joined(struct slice in)
{
	static uint8_t text[PEM_BYTES];
	struct wr pem = wr_over(text, sizeof text);
	struct rd r = rd_over(in);
	bool all_parse = in.len > 0;
	size_t n = 0;

	while (n < CHAIN && r.left > 0) {
		const uint8_t *start = r.p;
		struct slice der;
		struct x509 c;

		(void)der_enter(&r, DER_SEQUENCE);
		if (r.err != ERR_OK)
			break;
		der = (struct slice){ start, (size_t)(r.p - start) };
		all_parse = all_parse && x509_parse(der, &c) == ERR_OK;
		pem_write(&pem, "CERTIFICATE", der);
		n++;
	}
	if (n > 0 && wr_end(&pem) == ERR_OK)
		chains(wr_slice(&pem), all_parse);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct slice in = { data, len };

	one(in);
	chains(in, false);
	joined(in);
	return 0;
}
