/* When a key set is fetched again, and until when the last good one is
 * believed. The clock is what the test says it is. */
#include "measure/lib/jwks_cache.h"
#include "tests/tap.h"

enum {
	NOW = 1800000000,
	FLOOR = 60,
	REFRESH = 3600,
	KEEP = 7200,
};

/* x and y of the generator of P-256 (SEC 2, 2.4.2). */
#define SET(kid)                                                               \
	"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"alg\":\"ES256\","      \
	"\"kid\":\"" kid "\","                                                 \
	"\"x\":\"axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY\","               \
	"\"y\":\"T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU\"}]}"

static struct jwks_cache cache;
static const struct jwks_cache_opts opts = { FLOOR, REFRESH, KEEP };

static bool wants(int64_t at_s, const char *kid)
{
	return jwks_cache_wants(&cache, at_s, str_slice(kid), JWT_ES256);
}

static enum err put(const char *text, int64_t at_s)
{
	const char *what = "";

	return jwks_cache_put(&cache, str_slice(text), at_s, &what);
}

static bool has(int64_t at_s, const char *kid)
{
	const struct jwks *s = jwks_cache_get(&cache, at_s);

	return s != NULL && jwks_find(s, str_slice(kid), JWT_ES256) != NULL;
}

static void test_first(void)
{
	jwks_cache_init(&cache, &opts);
	ok(jwks_cache_get(&cache, NOW) == NULL, "at first there is none");
	ok(wants(NOW, "") && wants(NOW, "a"), "so one is fetched");
	jwks_cache_failed(&cache, NOW);
	ok(!wants(NOW, "a") && !wants(NOW + FLOOR - 1, "a"),
	   "and when that fails, not again at once");
	ok(wants(NOW + FLOOR, "a"), "but after the floor");
	ok(jwks_cache_get(&cache, NOW) == NULL, "there is still none");
	is_err(put(SET("a"), NOW), ERR_OK, "a set");
	ok(has(NOW, "a") && has(NOW + KEEP - 1, "a"), "is believed");
	ok(!wants(NOW, "a") && !wants(NOW + REFRESH - 1, "a"),
	   "and not fetched again while it is young");
	ok(wants(NOW + REFRESH, "a") && wants(NOW + REFRESH, ""),
	   "and then it is");
	ok(!has(NOW + KEEP, "a"), "when it is old it is not believed");
}

static void test_unknown(void)
{
	jwks_cache_init(&cache, &opts);
	is_err(put(SET("a"), NOW), ERR_OK, "a set");
	ok(!wants(NOW + FLOOR - 1, "b"),
	   "a kid that is not in it: not within the floor");
	ok(wants(NOW + FLOOR, "b"), "after it: fetched");
	ok(!wants(NOW + FLOOR, "a") && !wants(NOW + FLOOR, ""),
	   "one that is in it, or none: not");
	ok(jwks_cache_wants(&cache, NOW + FLOOR, str_slice("a"), JWT_PS384),
	   "one for another algorithm: fetched");
	jwks_cache_failed(&cache, NOW + FLOOR);
	ok(!wants(NOW + 2 * FLOOR - 1, "b") && wants(NOW + 2 * FLOOR, "b"),
	   "each attempt has its own floor");
	ok(has(NOW + FLOOR, "a"), "the last good one stays");
	is_err(put(SET("b"), NOW + 2 * FLOOR), ERR_OK, "the keys change");
	ok(has(NOW + 2 * FLOOR, "b") && !has(NOW + 2 * FLOOR, "a"),
	   "and those that are gone are not believed");
}

static void test_bad(void)
{
	jwks_cache_init(&cache, &opts);
	is_err(put(SET("a"), NOW), ERR_OK, "a set");
	is_err(put("{\"keys\":[]}", NOW + REFRESH), ERR_MISSING,
	       "then one without keys");
	ok(has(NOW + REFRESH, "a"), "the last good one stays");
	is_err(put("<html>", NOW + REFRESH + 1), ERR_VALUE, "then no set");
	ok(has(NOW + REFRESH + 1, "a") && !has(NOW + KEEP, "a"),
	   "the last good one stays, and does not get younger");
	ok(!wants(NOW + REFRESH + FLOOR, "b"), "these were attempts as well");
	is_err(put(SET("b"), NOW + KEEP), ERR_OK, "a good one again");
	is_err(put(SET("c"), NOW + KEEP), ERR_OK, "and another");
	ok(has(NOW + KEEP, "c") && !has(NOW + KEEP, "b"), "is the one");
}

static void test_clock(void)
{
	jwks_cache_init(&cache, &opts);
	is_err(put(SET("a"), NOW), ERR_OK, "a set");
	ok(!has(NOW - 1, "a") && wants(NOW - 1, ""),
	   "of a time that is to come: not believed, fetched");
	jwks_cache_init(&cache, NULL);
	is_err(put(SET("a"), NOW), ERR_OK, "with the usual limits");
	ok(!wants(NOW + JWKS_FLOOR_S - 1, "b") &&
		   wants(NOW + JWKS_FLOOR_S, "b") &&
		   wants(NOW + JWKS_REFRESH_S, "a") &&
		   has(NOW + JWKS_KEEP_S - 1, "a") &&
		   !has(NOW + JWKS_KEEP_S, "a"),
	   "they are what they are called");
}

int main(void)
{
	test_first();
	test_unknown();
	test_bad();
	test_clock();
	return tap_done();
}
