/* Fuzz target: a token, and the claims in it; or claims alone, in JSON, since
 * few changes of base64 are one of them. What is read is inside its bounds; no
 * random signature is that of a key. */
#include <stdlib.h>

#include "measure/lib/ita.h"
#include "tests/fuzz/earned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void read_claims(struct arena *a, const struct jwt *t, size_t len)
{
	struct ita_claims c;
	const char *what = NULL;
	enum err e = ita_claims_read(a, t, &c, &what);

	must_be_earned(e, len);
	if (what == NULL)
		abort();
	if (e == ERR_OK &&
	    (c.tcb_status >= TCB_STATUS_COUNT || c.advisories.n > 64 ||
	     (!c.has_held && c.held.len > 0) ||
	     (!c.has_nonce && c.nonce.val.len > 0)))
		abort();
}

static void verify(const struct jwt *t)
{
	static const struct jwk p256 = { .kind = JWK_P256, .point = { 4 } };
	static const struct jwk p384 = { .kind = JWK_P384, .point = { 4 } };

	if (jwk_verify(&p256, t) == ERR_OK || jwk_verify(&p384, t) == ERR_OK)
		abort();
}

static void read_json(struct arena *a, struct slice in)
{
	struct jwt t = { 0 };
	enum err e = json_parse(a, in, &t.claims);

	must_be_earned(e, in.len);
	if (e == ERR_OK)
		read_claims(a, &t, in.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct arena a = earned_arena(len, 0);
	struct slice in = { data, len };
	const char *what = NULL;
	struct jwt t;
	enum err e = jwt_parse(&a, in, &t, &what);

	must_be_earned(e, len);
	if (what == NULL)
		abort();
	if (e != ERR_OK) {
		a = earned_arena(len, 0);
		read_json(&a, in);
		return 0;
	}
	if (t.alg >= JWT_NALGS || t.kid.len == 0 || t.kid.len > JWT_MAX_KID ||
	    t.signature_len == 0 || t.signature_len > JWT_MAX_SIG ||
	    t.signed_part.ptr != data || t.signed_part.len >= len ||
	    data[t.signed_part.len] != '.')
		abort();
	read_claims(&a, &t, len);
	verify(&t);
	return 0;
}
