/* A launch endorsement: its form, its certificates, and the check under the
 * root that it brings itself. The same bytes as a list of MRTDs. */
#include "measure/lib/endorsement.h"
#include "measure/lib/endorsement_known.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static bool inside(struct slice s, const uint8_t *data, size_t len)
{
	return s.len == 0 || (s.ptr >= data && s.len <= len &&
			      (size_t)(s.ptr - data) <= len - s.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const uint8_t mrtd[SHA384_LEN];
	struct slice in = { data, len };
	struct endorsement_check c;
	struct endorsement e;
	struct known_mrtds k;
	struct rsa_cert cert;
	const char *where;
	size_t line = 0;

	if (rsa_cert_parse(in, &cert) == ERR_OK &&
	    (cert.key.bits < RSA_MIN_BITS || cert.key.bits > RSA_MAX_BITS))
		__builtin_trap();
	if (known_mrtds_search(in, mrtd, &k, &line) != ERR_OK && line == 0)
		__builtin_trap();
	if (endorsement_parse(in, &e, &where) != ERR_OK)
		return 0;
	if (!inside(e.golden, data, len) || !inside(e.cert, data, len) ||
	    !inside(e.ca_bundle, data, len) || !inside(e.commit, data, len) ||
	    !inside(e.signature, data, len) || e.ntd > ENDORSEMENT_MAX_ROWS ||
	    e.nsnp > ENDORSEMENT_MAX_ROWS)
		__builtin_trap();
	if (endorsement_verify(&e, e.ca_bundle, 1790000000, &c) == ERR_OK &&
	    (c.why[0] != '\0' || c.google_root))
		__builtin_trap();
	return 0;
}
