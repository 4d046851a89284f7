/* The request that starts a job: every field missing, unknown and wrong, its
 * digest, and the credentials sealed in it. The digest was computed with
 * openssl dgst -sha384 over the canonical text below. */
#include "agent/start.h"
#include "lib/proto.h"
#include "lib/rng.h"
#include "lib/text.h"
#include "tests/tap.h"

/* printf '%s' '{"campaign_id":...}' | openssl dgst -sha384 */
#define CANONICAL                                                              \
	"{\"campaign_id\":\"c-1\",\"exchange\":\"paper\","                     \
	"\"job_type\":\"test\",\"pair\":\"XRP/ETH\","                          \
	"\"parameters\":{\"a\":\"1\",\"b\":\"0.5\"}}"
#define DIGEST                                                                 \
	"bc3db62ed578d1ecd0945584d1bc2880adb9844f8fa21e02"                     \
	"c91b0070d4082d3ce3a10ec77b5d7305db613f0d7d9e760b"

#define ENC "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static uint8_t mem[192 * 1024];
static struct config cfg;
static struct start_request req;
static struct start_error why;

static enum err check(struct json p, const char **key)
{
	static const char *const known[] = { "a", "b", NULL };
	enum err e = json_only(p, known, key);
	struct slice s;

	if (e != ERR_OK)
		return e;
	*key = "a";
	return json_str(p, "a", &s);
}

static const struct job_type types[] = {
	{ "test", check, NULL },
	{ NULL, NULL, NULL },
};

static enum err parse(const char *body)
{
	struct arena a = arena_over(mem, sizeof(mem));

	memset(&why, 0, sizeof(why));
	return start_parse(&a, str_slice(body), &cfg, types, &req, &why);
}

static void set_up(void)
{
	cfg.nvenues = 2;
	strcpy(cfg.venues[0].name, "other");
	strcpy(cfg.venues[1].name, "paper");
}

#define CAMPAIGN "\"campaign_id\":\"c-1\","
#define CREDENTIALS                                                            \
	"\"credentials\":{\"ciphertext\":\"AQID\",\"enc\":\"" ENC "\"},"
#define EXCHANGE   "\"exchange\":\"paper\","
#define TYPE       "\"job_type\":\"test\","
#define PAIR       "\"pair\":\"XRP/ETH\","
#define PARAMETERS "\"parameters\":{\"b\":\"0.5\", \"a\":\"1\"}"

static void test_good(void)
{
	char hex[2 * SHA384_LEN + 1];

	is_err(parse("{ " PAIR CAMPAIGN TYPE CREDENTIALS EXCHANGE PARAMETERS
		     "}"),
	       ERR_OK, "a good request, in any order");
	ok(strcmp(req.campaign_id, "c-1") == 0 &&
		   strcmp(req.exchange, "paper") == 0 &&
		   strcmp(req.pair, "XRP/ETH") == 0 && req.type == &types[0] &&
		   req.venue == &cfg.venues[1],
	   "its fields are taken");
	ok(strcmp(req.parameters, "{\"a\":\"1\",\"b\":\"0.5\"}") == 0,
	   "the parameters are made canonical");
	hex_encode((struct slice){ req.sha384, SHA384_LEN }, hex);
	ok(strcmp(hex, DIGEST) == 0,
	   "the digest is that of the canonical form without credentials");
	ok(req.sealed_len == 3 && memcmp(req.sealed, "\1\2\3", 3) == 0,
	   "the sealed bytes are decoded");
}

static void test_bad(void)
{
	static const struct {
		const char *body;
		enum err want;
		const char *field;
	} t[] = {
		{ "", ERR_TRUNC, "" },
		{ "{", ERR_VALUE, "" },
		{ "[]", ERR_VALUE, "" },
		{ "{" CREDENTIALS EXCHANGE TYPE PAIR PARAMETERS "}",
		  ERR_MISSING, "campaign_id" },
		{ "{" CAMPAIGN EXCHANGE TYPE PAIR PARAMETERS "}", ERR_MISSING,
		  "credentials" },
		{ "{" CAMPAIGN CREDENTIALS TYPE PAIR PARAMETERS "}",
		  ERR_MISSING, "exchange" },
		{ "{" CAMPAIGN CREDENTIALS EXCHANGE PAIR PARAMETERS "}",
		  ERR_MISSING, "job_type" },
		{ "{" CAMPAIGN CREDENTIALS EXCHANGE TYPE PARAMETERS "}",
		  ERR_MISSING, "pair" },
		{ "{" CAMPAIGN CREDENTIALS EXCHANGE TYPE
		  "\"pair\":\"XRP/ETH\"}",
		  ERR_MISSING, "parameters" },
		{ "{\"wallet\":\"x\"," CAMPAIGN CREDENTIALS EXCHANGE TYPE PAIR
			  PARAMETERS "}",
		  ERR_UNKNOWN, "wallet" },
		{ "{\"a\\u0007\\u00e9\":1}", ERR_UNKNOWN, "a???" },
		{ "{\"campaign_id\":1," CREDENTIALS EXCHANGE TYPE PAIR
			  PARAMETERS "}",
		  ERR_VALUE, "campaign_id" },
		{ "{\"campaign_id\":\"\"," CREDENTIALS EXCHANGE TYPE PAIR
			  PARAMETERS "}",
		  ERR_VALUE, "campaign_id" },
		{ "{\"campaign_id\":\"a b\"," CREDENTIALS EXCHANGE TYPE PAIR
			  PARAMETERS "}",
		  ERR_VALUE, "campaign_id" },
		{ "{" CAMPAIGN CREDENTIALS
		  "\"exchange\":\"mars\"," TYPE PAIR PARAMETERS "}",
		  ERR_VALUE, "exchange" },
		{ "{" CAMPAIGN CREDENTIALS EXCHANGE
		  "\"job_type\":\"Test\"," PAIR PARAMETERS "}",
		  ERR_VALUE, "job_type" },
		{ "{" CAMPAIGN CREDENTIALS EXCHANGE TYPE
		  "\"pair\":\"XRPETH\"," PARAMETERS "}",
		  ERR_VALUE, "pair" },
		{ "{" CAMPAIGN CREDENTIALS EXCHANGE TYPE PAIR
		  "\"parameters\":[]}",
		  ERR_VALUE, "parameters" },
		{ "{" CAMPAIGN CREDENTIALS EXCHANGE TYPE PAIR
		  "\"parameters\":{}}",
		  ERR_MISSING, "parameters.a" },
		{ "{" CAMPAIGN CREDENTIALS EXCHANGE TYPE PAIR
		  "\"parameters\":{\"a\":\"1\",\"c\":1}}",
		  ERR_UNKNOWN, "parameters.c" },
		{ "{" CAMPAIGN CREDENTIALS EXCHANGE TYPE PAIR
		  "\"parameters\":{\"a\":\"1\",\"b\":0.5}}",
		  ERR_VALUE, "parameters" },
		{ "{" CAMPAIGN "\"credentials\":{\"enc\":\"" ENC
		  "\"}," EXCHANGE TYPE PAIR PARAMETERS "}",
		  ERR_MISSING, "credentials.ciphertext" },
		{ "{" CAMPAIGN
		  "\"credentials\":{\"ciphertext\":\"AQID\"}," EXCHANGE TYPE
			  PAIR PARAMETERS "}",
		  ERR_MISSING, "credentials.enc" },
		{ "{" CAMPAIGN "\"credentials\":{\"ciphertext\":\"AQID\","
		  "\"enc\":\"AQID\"}," EXCHANGE TYPE PAIR PARAMETERS "}",
		  ERR_VALUE, "credentials.enc" },
		{ "{" CAMPAIGN "\"credentials\":{\"ciphertext\":\"A\","
		  "\"enc\":\"" ENC "\"}," EXCHANGE TYPE PAIR PARAMETERS "}",
		  ERR_VALUE, "credentials.ciphertext" },
		{ "{" CAMPAIGN "\"credentials\":{\"ciphertext\":\"AQID\","
		  "\"enc\":\"" ENC
		  "\",\"iv\":\"\"}," EXCHANGE TYPE PAIR PARAMETERS "}",
		  ERR_UNKNOWN, "credentials" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		enum err e = parse(t[i].body);

		ok(e == t[i].want && strcmp(why.field, t[i].field) == 0 &&
			   why.problem != NULL,
		   "%s names \"%s\" (got %s, \"%s\")", err_name(t[i].want),
		   t[i].field, err_name(e), why.field);
	}
}

static void test_pairs(void)
{
	static const char *const good[] = { "XRP/ETH", "1INCH/USDT", "A/B",
					    "ABCDEFGHIJKLMNOPQRST/B" };
	static const char *const bad[] = {
		"",
		"XRP",
		"/",
		"XRP/",
		"/ETH",
		"XRP//ETH",
		"A/B/C",
		"xrp/ETH",
		"XRP-ETH",
		"XRP /ETH",
		"A/ABCDEFGHIJKLMNOPQRSTU",
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		ok(pair_ok(str_slice(good[i])), "pair %s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(!pair_ok(str_slice(bad[i])), "no pair: \"%s\"", bad[i]);
}

static struct rng rng;
static struct hpke_key key;

static void seal(const char *plain)
{
	struct wr w = wr_over(req.sealed, sizeof(req.sealed));

	if (hpke_seal(rng_prng(&rng), key.pub, str_slice(SEAL_INFO),
		      (struct slice){ req.sha384, SHA384_LEN },
		      str_slice(plain), req.enc, &w) != ERR_OK)
		_exit(99);
	req.sealed_len = w.len;
}

static bool holds(const void *hay, size_t n, const char *needle)
{
	return memmem(hay, n, needle, strlen(needle)) != NULL;
}

static void test_seal(void)
{
	static struct job_start s, zero;
	static const char *const bad[] = {
		"{\"api_key\":\"k\"}",
		"{\"api_key\":\"k\",\"api_secret\":\"\"}",
		"{\"api_key\":\"k\",\"api_secret\":\"a b\"}",
		"{\"api_key\":\"k\",\"api_secret\":\"a\\nb\"}",
		"{\"api_key\":\"k\",\"api_secret\":1}",
		"{\"api_key\":\"k\",\"api_secret\":\"s\",\"x\":\"\"}",
		"not JSON",
		"",
	};
	char big[2 * LIMIT_CREDENTIAL_BYTES];

	rng_seeded(&rng, str_slice("test_start"));
	if (hpke_generate(rng_prng(&rng), &key) != ERR_OK)
		_exit(99);
	is_err(parse("{" CAMPAIGN CREDENTIALS EXCHANGE TYPE PAIR PARAMETERS
		     "}"),
	       ERR_OK, "a request to seal for");
	seal("{\"api_key\":\"kkk\",\"api_secret\":\"topmost-secret\"}");
	is_err(start_unseal(&req, &key, mem, sizeof(mem), &s), ERR_OK,
	       "sealed to this key and request: opened");
	ok(strcmp(s.api_key, "kkk") == 0 &&
		   strcmp(s.api_secret, "topmost-secret") == 0,
	   "and read");
	ok(!holds(mem, sizeof(mem), "topmost"),
	   "the working memory keeps nothing of it");

	req.sha384[0] ^= 1;
	s = zero;
	is_err(start_unseal(&req, &key, mem, sizeof(mem), &s), ERR_SIGNATURE,
	       "for another request: refused");
	req.sha384[0] ^= 1;
	req.enc[0] ^= 1;
	is_err(start_unseal(&req, &key, mem, sizeof(mem), &s), ERR_SIGNATURE,
	       "another encapsulation: refused");
	req.enc[0] ^= 1;
	req.sealed[0] ^= 1;
	is_err(start_unseal(&req, &key, mem, sizeof(mem), &s), ERR_SIGNATURE,
	       "another ciphertext: refused");
	req.sealed[0] ^= 1;
	req.sealed_len = 3;
	is_err(start_unseal(&req, &key, mem, sizeof(mem), &s), ERR_SIGNATURE,
	       "shorter than a tag: refused");
	key.pub[0] ^= 1;
	hpke_from_private((const uint8_t[32]){ 1, 2, 3 }, &key);
	seal("{\"api_key\":\"k\",\"api_secret\":\"s\"}");
	hpke_from_private((const uint8_t[32]){ 4, 5, 6 }, &key);
	is_err(start_unseal(&req, &key, mem, sizeof(mem), &s), ERR_SIGNATURE,
	       "sealed to another agent's key: refused");
	ok(memcmp(&s, &zero, sizeof(s)) == 0, "none of these wrote anything");

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		seal(bad[i]);
		is_err(start_unseal(&req, &key, mem, sizeof(mem), &s),
		       ERR_VALUE, "opened but no credentials: %zu", i);
	}
	snprintf(big, sizeof(big),
		 "{\"api_key\":\"%0*d\",\"api_secret\":\"s\"}",
		 LIMIT_CREDENTIAL_BYTES + 1, 0);
	seal(big);
	is_err(start_unseal(&req, &key, mem, sizeof(mem), &s), ERR_VALUE,
	       "a key past its limit");
	ok(memcmp(&s, &zero, sizeof(s)) == 0, "these wrote nothing either");
}

int main(void)
{
	set_up();
	test_good();
	test_bad();
	test_pairs();
	test_seal();
	return tap_done();
}
