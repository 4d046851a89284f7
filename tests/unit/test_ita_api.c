/* What is said to Intel Trust Authority, byte for byte, and what it answers.
 * The bodies are those of its REST API reference, with sorted members. */
#include "measure/lib/ita_api.h"
#include "tests/tap.h"

#define ID_A "749dd9b1-234f-41f5-a6ca-42c4312dd4f1"
#define ID_B "00000000-0000-0000-0000-000000000000"

static uint8_t mem[ITA_ANSWER_ARENA];
static uint8_t out[1 << 20];

static struct arena fresh(void)
{
	return arena_over(mem, sizeof mem);
}

/* printf quote | base64, and so on: cXVvdGU= ZGF0YQ== dXNlcg== bG9n
 * bm9uY2U= dGltZQ== c2ln */
static const struct ita_nonce nonce = {
	{ (const uint8_t *)"nonce", 5 },
	{ (const uint8_t *)"time", 4 },
	{ (const uint8_t *)"sig", 3 },
};

static struct ita_request full(enum ita_version v)
{
	return (struct ita_request){
		.version = v,
		.quote = str_slice("quote"),
		.runtime_data = str_slice("data"),
		.user_data = str_slice("user"),
		.event_log = str_slice("log"),
		.nonce = &nonce,
		.policy_ids = { str_slice(ID_A), str_slice(ID_B) },
		.n_policy_ids = 2,
		.policy_must_match = true,
		.has_alg = true,
		.alg = JWT_RS256,
	};
}

#define NONCE                                                                  \
	"{\"iat\":\"dGltZQ==\",\"signature\":\"c2ln\",\"val\":\"bm9uY2U=\"}"
#define POLICIES                                                               \
	"\"policy_ids\":[\"" ID_A "\",\"" ID_B "\"],\"policy_must_match\":"    \
	"true"

static void is_body(const struct ita_request *r, const char *want,
		    const char *why)
{
	struct wr w = wr_over(out, sizeof out);
	enum err e = ita_request_write(r, &w);

	if (!ok(e == ERR_OK && slice_is(wr_slice(&w), want), "body: %s", why))
		printf("#   %s: %.*s\n", err_name(e), (int)w.len, out);
}

static void test_bodies(void)
{
	struct ita_request r = full(ITA_V1);

	is_body(&r,
		"{\"event_log\":\"bG9n\"," POLICIES ",\"quote\":\"cXVvdGU=\","
		"\"runtime_data\":\"ZGF0YQ==\",\"token_signing_alg\":"
		"\"RS256\",\"user_data\":\"dXNlcg==\",\"verifier_nonce\":" NONCE
		"}",
		"all of version 1");
	r = full(ITA_V2);
	is_body(&r,
		"{" POLICIES ",\"tdx\":{\"event_log\":\"bG9n\",\"quote\":"
		"\"cXVvdGU=\",\"runtime_data\":\"ZGF0YQ==\",\"user_data\":"
		"\"dXNlcg==\",\"verifier_nonce\":" NONCE
		"},\"token_signing_alg\":\"RS256\"}",
		"all of version 2");
	r = (struct ita_request){ .version = ITA_V1,
				  .quote = str_slice("quote") };
	is_body(&r, "{\"quote\":\"cXVvdGU=\"}", "the least of version 1");
	r.version = ITA_V2;
	is_body(&r, "{\"tdx\":{\"quote\":\"cXVvdGU=\"}}",
		"the least of version 2");
}

static void is_refused(const struct ita_request *r, enum err want,
		       const char *why)
{
	struct wr w = wr_over(out, sizeof out);

	is_err(ita_request_write(r, &w), want, "request: %s", why);
	if (want != ERR_LIMIT)
		ok(w.len == 0, "and nothing is written");
}

static void test_requests(void)
{
	static uint8_t big[ITA_MAX_REQUEST];
	struct ita_request r = full(ITA_V2);
	struct wr w;

	r.quote.len = 0;
	is_refused(&r, ERR_MISSING, "no quote");
	r = full(ITA_V2);
	r.policy_ids[1] = r.policy_ids[0];
	is_refused(&r, ERR_DUPLICATE, "a policy twice");
	r.policy_ids[1] = str_slice("749DD9B1-234f-41f5-a6ca-42c4312dd4f1");
	is_refused(&r, ERR_VALUE, "a policy in capitals");
	r.policy_ids[1] = str_slice("749dd9b1-234f-41f5-a6ca-42c4312dd4f\"");
	is_refused(&r, ERR_VALUE, "a policy with a quotation mark");
	r.policy_ids[1] = str_slice("749dd9b1-234f-41f5-a6ca-42c4312dd4f");
	is_refused(&r, ERR_VALUE, "a policy that is short");
	r.policy_ids[1] = str_slice("749dd9b12-34f-41f5-a6ca-42c4312dd4f1");
	is_refused(&r, ERR_VALUE, "a policy with a dash elsewhere");
	r.n_policy_ids = ITA_MAX_POLICIES + 1;
	is_refused(&r, ERR_LIMIT, "too many policies");
	r.n_policy_ids = 0;
	is_refused(&r, ERR_STATE, "none, and they must match");
	r = full(ITA_V2);
	r.alg = JWT_ES256;
	is_refused(&r, ERR_UNSUPP, "an algorithm that the service has not");
	r = full(ITA_V2);
	r.event_log = (struct slice){ big, ITA_MAX_REQUEST };
	is_refused(&r, ERR_LIMIT, "more than the service takes");
	w = wr_over(out, 16);
	r = full(ITA_V2);
	is_err(ita_request_write(&r, &w), ERR_SPACE, "request: no room");
}

static void test_names(void)
{
	enum ita_version v = ITA_V1;

	is_err(ita_version_parse(str_slice("v2"), &v), ERR_OK, "version v2");
	ok(v == ITA_V2 &&
		   strcmp(ita_nonce_path(v), "/appraisal/v2/nonce") == 0 &&
		   strcmp(ita_attest_path(v), "/appraisal/v2/attest") == 0,
	   "its paths");
	is_err(ita_version_parse(str_slice("v1"), &v), ERR_OK, "version v1");
	ok(v == ITA_V1 &&
		   strcmp(ita_nonce_path(v), "/appraisal/v1/nonce") == 0 &&
		   strcmp(ita_attest_path(v), "/appraisal/v1/attest") == 0,
	   "its paths");
	is_err(ita_version_parse(str_slice("v3"), &v), ERR_UNSUPP, "v3");
	is_err(ita_version_parse(str_slice(""), &v), ERR_UNSUPP, "no version");
}

static enum err read_nonce(const char *text, size_t len, struct ita_nonce *n,
			   const char **what)
{
	struct arena a = fresh();

	return ita_nonce_parse(&a, at_page_end(text, len), n, what);
}

static void test_nonce(void)
{
	static const char text[] =
		"{\"val\":\"bm9uY2U=\",\"iat\":\"dGltZQ==\",\"signature\":"
		"\"c2ln\",\"later\":1}";
	struct ita_nonce n = { 0 };
	const char *what = "";
	struct wr w = wr_over(out, sizeof out);
	uint8_t digest[SHA512_LEN], want[SHA512_LEN];
	size_t accepted = 0;
	struct jw j;

	is_err(read_nonce(text, sizeof text - 1, &n, &what), ERR_OK,
	       "nonce: one as the service sends it");
	ok(slice_is(n.val, "nonce") && slice_is(n.iat, "time") &&
		   slice_is(n.signature, "sig"),
	   "its parts are decoded");
	for (size_t i = 0; i < sizeof text - 1; i++)
		accepted += read_nonce(text, i, &n, &what) == ERR_OK;
	ok(accepted == 0, "nonce: no prefix");
	is_err(read_nonce("{}x", 3, &n, &what), ERR_EXTRA,
	       "nonce: a byte more");
	jw_init(&j, &w);
	ita_nonce_write(&j, &nonce);
	ok(jw_end(&j) == ERR_OK && slice_is(wr_slice(&w), NONCE),
	   "nonce: written as the service would");
	/* printf 'noncetimedata' | sha512sum */
	sha512(str_slice("noncetimedata"), want);
	ita_reportdata(&nonce, str_slice("data"), digest);
	ok(ct_eq(digest, want, sizeof want), "REPORTDATA of nonce and data");
	sha512(str_slice("data"), want);
	ita_reportdata(NULL, str_slice("data"), digest);
	ok(ct_eq(digest, want, sizeof want), "REPORTDATA of data alone");
}

static void test_bad_nonces(void)
{
	static const struct {
		enum err want;
		const char *text, *what;
	} t[] = {
		{ ERR_MISSING, "{}", "val" },
		{ ERR_MISSING, "{\"val\":\"AA==\"}", "iat" },
		{ ERR_MISSING, "{\"val\":\"AA==\",\"iat\":\"AA==\"}",
		  "signature" },
		{ ERR_VALUE,
		  "{\"val\":\"AA\",\"iat\":\"AA==\",\"signature\":\"\"}",
		  "val" },
		{ ERR_VALUE,
		  "{\"val\":\"AB==\",\"iat\":\"AA==\",\"signature\":\"\"}",
		  "val" },
		{ ERR_VALUE,
		  "{\"val\":\"\",\"iat\":\"AA==\",\"signature\":\"\"}", "val" },
		{ ERR_VALUE,
		  "{\"val\":\"AA==\",\"iat\":\"\",\"signature\":\"\"}", "iat" },
		{ ERR_VALUE, "{\"val\":1,\"iat\":\"AA==\",\"signature\":\"\"}",
		  "val" },
		{ ERR_VALUE, "[]", "" },
		{ ERR_VALUE, "null", "" },
		{ ERR_DUPLICATE, "{\"val\":\"AA==\",\"val\":\"AA==\"}", "" },
		{ ERR_TRUNC, "", "" },
	};
	static char big[ITA_MAX_ANSWER + 1];
	struct ita_nonce n = { 0 };
	struct arena a = fresh();
	const char *what = "";
	struct wr w = wr_over(out, sizeof out);

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		is_err(read_nonce(t[i].text, strlen(t[i].text), &n, &what),
		       t[i].want, "nonce: %s", t[i].text);
		ok(strcmp(what, t[i].what) == 0 && n.val.len == 0,
		   "names \"%s\", reads nothing", t[i].what);
	}
	memset(big, ' ', sizeof big);
	is_err(ita_nonce_parse(&a, (struct slice){ (uint8_t *)big, sizeof big },
			       &n, &what),
	       ERR_LIMIT, "nonce: 64 KiB and one");
	wr_str(&w, "{\"val\":\"");
	for (size_t i = 0; i < ITA_MAX_NONCE / 3 + 1; i++)
		wr_str(&w, "AAAA");
	wr_str(&w, "\",\"iat\":\"AA==\",\"signature\":\"\"}");
	a = fresh();
	is_err(ita_nonce_parse(&a, wr_slice(&w), &n, &what), ERR_LIMIT,
	       "nonce: a long val");
}

static enum err read_token(const char *text, size_t len, struct slice *token)
{
	struct arena a = fresh();
	const char *what = "";

	return ita_token_parse(&a, at_page_end(text, len), token, &what);
}

static void test_tokens(void)
{
	static const char text[] = "{\"token\":\"aA0.b-_.c\"}";
	static const struct {
		enum err want;
		const char *text;
	} t[] = {
		{ ERR_OK, "{\"token\":\"a.b.c\",\"trace\":\"x\"}" },
		{ ERR_MISSING, "{\"Token\":\"a.b.c\"}" },
		{ ERR_VALUE, "{\"token\":[\"a.b.c\"]}" },
		{ ERR_VALUE, "{\"token\":\"\"}" },
		{ ERR_VALUE, "{\"token\":\"a.b\"}" },
		{ ERR_VALUE, "{\"token\":\"a.b.c.d\"}" },
		{ ERR_VALUE, "{\"token\":\"a..c\"}" },
		{ ERR_VALUE, "{\"token\":\"a.b.\"}" },
		{ ERR_VALUE, "{\"token\":\".b.c\"}" },
		{ ERR_VALUE, "{\"token\":\"a.b.c\\n\"}" },
		{ ERR_VALUE, "{\"token\":\"a.b.c=\"}" },
		{ ERR_VALUE, "{\"token\":\"a.b.\\u001b[2J\"}" },
		{ ERR_VALUE, "\"a.b.c\"" },
		{ ERR_TRUNC, "" },
	};
	struct slice token = { 0 };
	size_t accepted = 0;

	is_err(read_token(text, sizeof text - 1, &token), ERR_OK, "token");
	ok(slice_is(token, "aA0.b-_.c"), "as it is");
	for (size_t i = 0; i < sizeof text - 1; i++)
		accepted += read_token(text, i, &token) == ERR_OK;
	ok(accepted == 0, "token: no prefix");
	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		is_err(read_token(t[i].text, strlen(t[i].text), &token),
		       t[i].want, "token: %s", t[i].text);
}

static void is_error(const char *text, const char *want)
{
	char got[ITA_ERROR_TEXT] = "x";
	struct arena a = fresh();

	ita_error_text(&a, at_page_end(text, strlen(text)), got);
	if (!ok(strcmp(got, want) == 0, "error: %.60s", text))
		printf("#   got %s\n", got);
}

static void test_errors(void)
{
	static char big[512];
	char got[ITA_ERROR_TEXT];
	struct arena a = fresh();

	is_error("{\"error\":\"The nonce has expired\"}",
		 "The nonce has expired");
	is_error("{\"message\":\"Forbidden\"}", "Forbidden");
	is_error("{\"code\":7,\"detail\":\"x\"}", "x");
	is_error("{\"error\":{\"code\":1}}", "");
	is_error("{\"error\":\"a\\u001b[31m\\nb\\u202e\"}", "a?[31m?b???");
	is_error("<html>", "");
	is_error("", "");
	snprintf(big, sizeof big, "{\"error\":\"%0400d\"}", 0);
	ita_error_text(&a, str_slice(big), got);
	ok(strlen(got) == ITA_ERROR_TEXT - 1, "error: a long one is cut");
}

int main(void)
{
	test_bodies();
	test_requests();
	test_names();
	test_nonce();
	test_bad_nonces();
	test_tokens();
	test_errors();
	return tap_done();
}
