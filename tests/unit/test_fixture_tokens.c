/* Real tokens of Intel Trust Authority, of 2023 to 2025, and damaged ones. They
 * are looked for in EE_SHARED. */
#include <stdlib.h>

#include "measure/lib/ita.h"
#include "tests/shared.h"
#include "tests/tap.h"

#define PORTAL "https://portal.trustauthority.intel.com"

static uint8_t mem[ITA_ARENA];
static struct ita_claims claims;
static struct verdict verdict;

static enum reason verify(const struct ita_verifier *v, struct slice token,
			  int64_t now_s)
{
	struct arena a = arena_over(mem, sizeof mem);

	ita_verify(&a, v, token, now_s, &claims, &verdict);
	return verdict.reason;
}

static void is_reason(enum reason got, enum reason want, const char *ver,
		      const char *why)
{
	if (!ok(got == want, "%s: %s: %s", reason_code(want), ver, why))
		printf("#   got %s: %s\n", reason_code(got), verdict.detail);
}

static bool load_jwks(const char *name, const char *alg, struct jwks *out)
{
	static uint8_t big[JWKS_ARENA];
	struct arena a = arena_over(big, sizeof big);
	const char *what = "";
	struct slice in;
	enum err e;

	if (!shared_read(name, &in))
		return false;
	/* One of the stored sets has the key under RS256 alone; the service
	 * lists it under both. */
	for (size_t i = 0; alg != NULL && i + 5 <= in.len; i++)
		if (memcmp(in.ptr + i, "RS256", 5) == 0)
			memcpy((uint8_t *)(uintptr_t)(in.ptr + i), alg, 5);
	e = jwks_parse(&a, in, out, &what);
	free((void *)(uintptr_t)in.ptr);
	return e == ERR_OK;
}

static const struct {
	enum reason want;
	const char *token, *jwks, *alg, *issuer;
	int64_t now_s;
} real[] = {
	{ REASON_OK, "1cadf4483427", "79d80711", "PS384",
	  "Intel Trust Authority", 1701734950 },
	{ REASON_SIGNATURE, "1cadf4483427", "79d80711", NULL,
	  "Intel Trust Authority", 1701734950 },
	{ REASON_EXPIRED, "1cadf4483427", "79d80711", "PS384",
	  "Intel Trust Authority", 1701735250 },
	{ REASON_ISSUER, "1cadf4483427", "79d80711", "PS384", PORTAL,
	  1701734950 },
	{ REASON_OK, "e894bd463ebb", "d1554e0a", NULL, PORTAL, 1757952564 },
	{ REASON_EXPIRED, "e894bd463ebb", "d1554e0a", NULL, PORTAL,
	  1757952565 },
	{ REASON_NOT_YET_VALID, "e894bd463ebb", "d1554e0a", NULL, PORTAL,
	  1757952264 },
	{ REASON_SIGNATURE, "31da3e31bd29", "d1554e0a", NULL,
	  "Intel Trust Authority", 1706769511 },
	{ REASON_SIGNATURE, "369edd188967", "d1554e0a", NULL,
	  "https://confidentialcomputing.googleapis.com", 1757060250 },
};

static struct slice trimmed(struct slice s)
{
	while (s.len > 0 && s.ptr[s.len - 1] <= ' ')
		s.len--;
	return s;
}

static enum reason judge_file(const char *path, const struct jwks *keys,
			      const struct rsa_cert *root, const char *issuer,
			      int64_t now_s)
{
	struct ita_verifier v = { .mode = VERIFY_AUTHENTIC_ONLY,
				  .jwks = keys,
				  .root = root,
				  .issuer = str_slice(issuer) };
	struct slice in;
	enum reason r;

	if (!shared_read(path, &in))
		_exit(98);
	r = verify(&v, trimmed(in), now_s);
	free((void *)(uintptr_t)in.ptr);
	return r;
}

static void test_real(void)
{
	for (size_t i = 0; i < sizeof real / sizeof *real; i++) {
		char token[64], set[64];
		struct rsa_cert root;
		struct jwks s;

		snprintf(token, sizeof token, "fixtures/ita/%s.jwt",
			 real[i].token);
		snprintf(set, sizeof set, "fixtures/ita/jwks-%s.json",
			 real[i].jwks);
		if (!load_jwks(set, real[i].alg, &s)) {
			ok(true, "real tokens # SKIP no %s", set);
			return;
		}
		is_reason(judge_file(token, &s, NULL, real[i].issuer,
				     real[i].now_s),
			  real[i].want, real[i].token, "a real token");
		if (rsa_cert_parse(s.key[0].x5c[2], &root) != ERR_OK)
			_exit(98);
		is_reason(judge_file(token, &s, &root, real[i].issuer,
				     real[i].now_s),
			  real[i].want, real[i].token, "and under the root");
	}
}

static void test_damaged(void)
{
	static uint8_t list_mem[1 << 18];
	struct arena a = arena_over(list_mem, sizeof list_mem);
	size_t n = 0, refused = 0;
	struct slice in;
	struct json list;

	if (!shared_read("fixtures/negative/ita_negative.json", &in)) {
		ok(true, "damaged tokens # SKIP no fixtures");
		return;
	}
	if (json_parse(&a, in, &list) != ERR_OK)
		_exit(98);
	free((void *)(uintptr_t)in.ptr);
	for (struct json x = json_first(list); x.node; x = json_next(x), n++) {
		struct slice file, keys;
		char token[128], set[128];
		bool is_v1;
		struct jwks s;

		if (json_str(x, "file", &file) != ERR_OK ||
		    json_str(x, "jwks", &keys) != ERR_OK)
			_exit(98);
		snprintf(token, sizeof token, "fixtures/%.*s", (int)file.len,
			 (const char *)file.ptr);
		snprintf(set, sizeof set, "fixtures/%.*s", (int)keys.len,
			 (const char *)keys.ptr);
		is_v1 = strstr(token, "1cadf4483427") != NULL;
		if (!load_jwks(set, strstr(set, "79d8") ? "PS384" : NULL, &s))
			_exit(98);
		refused += judge_file(token, &s, NULL,
				      is_v1 ? "Intel Trust Authority" : PORTAL,
				      is_v1 ? 1701734950 : 1757952265) !=
			   REASON_OK;
	}
	ok(n > 0 && refused == n, "all of %zu damaged tokens are refused", n);
}

int main(void)
{
	test_real();
	test_damaged();
	return tap_done();
}
