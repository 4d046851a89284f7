/* Registrations under a policy that wants a token of Intel Trust Authority:
 * when one is asked for, and what becomes of the attempt when it is there. The
 * token is made here from the quote's own bytes, and then bent. */
#include "host-launcher/plane/attempt.h"
#include "tests/unit/ita_make.h"
#include "tests/unit/plane_make.h"

enum {
	LIFE_S = 300
};

static struct jwks jwks;
static struct ita_verifier verifier;
static struct attempt waiting; /* what was asked for last */
static char waiting_id[REQUEST_ID_LEN + 1];
static int asked;
static bool busy;

static bool ask(void *ctx, int conn, const struct attempt *a)
{
	(void)ctx;
	if (busy || conn != 0)
		return false;
	waiting = *a;
	waiting.quote.ptr = waiting.quote_mem;
	snprintf(waiting_id, sizeof waiting_id, "%s", a->request_id);
	waiting.request_id = waiting_id;
	asked++;
	return true;
}

static void use_policy(const char *text)
{
	char why[RULES_WHY];

	must(rules_read(&p->rules, str_slice(text), true, why), why);
}

#define ITA_ALONE "{\"simulated\":true,\"verifier\":\"ita\",\"version\":1}"
#define ITA_REAL  "{\"verifier\":\"ita\",\"version\":1}"
#define BOTH      "{\"simulated\":true,\"verifier\":\"both\",\"version\":1}"

/* ---- tokens ---- */

/* What a token says of the quote, with `from` replaced by `to`. */
static struct slice token_of(struct slice quote, const char *from,
			     const char *to)
{
	static const struct {
		const char *claim;
		size_t at, len;
	} fields[] = {
		{ "tdx_tee_tcb_svn", 0, 16 },
		{ "tdx_mrseam", 16, 48 },
		{ "tdx_mrsignerseam", 64, 48 },
		{ "tdx_seam_attributes", 112, 8 },
		{ "tdx_td_attributes", 120, 8 },
		{ "tdx_xfam", 128, 8 },
		{ "tdx_mrtd", 136, 48 },
		{ "tdx_mrconfigid", 184, 48 },
		{ "tdx_mrowner", 232, 48 },
		{ "tdx_mrownerconfig", 280, 48 },
		{ "tdx_rtmr0", 328, 48 },
		{ "tdx_rtmr1", 376, 48 },
		{ "tdx_rtmr2", 424, 48 },
		{ "tdx_rtmr3", 472, 48 },
		{ "tdx_report_data", 520, 64 },
	};
	static char text[ITA_MAX_TEXT], bent[ITA_MAX_TEXT];
	struct wr w = wr_over(text, sizeof text - 1);
	uint8_t digest[SHA256_LEN];
	const char *at;

	sha256(quote, digest);
	wr_fmt(&w,
	       "{\"exp\":%lld,\"iat\":%lld,\"iss\":\"me\",\"nbf\":%lld,"
	       "\"tdx\":{\"attester_tcb_status\":\"UpToDate\","
	       "\"attester_type\":\"TDX\",\"tdx_collateral\":{\"quotehash\":\"",
	       (long long)now_s + LIFE_S, (long long)now_s, (long long)now_s);
	wr_hex(&w, (struct slice){ digest, sizeof digest });
	wr_str(&w, "\"},\"tdx_is_debuggable\":false");
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		wr_fmt(&w, ",\"%s\":\"", fields[i].claim);
		wr_hex(&w, (struct slice){ quote.ptr + 48 + fields[i].at,
					   fields[i].len });
		wr_str(&w, "\"");
	}
	wr_str(&w, "},\"ver\":\"2.0.0\"}");
	must(wr_end(&w), "token");
	text[w.len] = '\0';
	at = strstr(text, from);
	if (at == NULL)
		bail(from);
	snprintf(bent, sizeof bent, "%.*s%s%s", (int)(at - text), text, to,
		 at + strlen(from));
	return ita_signed(HEADER, bent);
}

/* ---- attempts ---- */

/* True when the request was put off. */
static bool put_off(const struct req *r)
{
	struct http_msg m = { .method = str_slice("POST"),
			      .path = str_slice(ROUTE_REGISTER),
			      .body = write_body(r) };
	struct serve_response res = { .body = wr_over(out, sizeof out - 1) };

	plane_handle(p, 0, &m, &res);
	out[res.body.len] = '\0';
	memset(body, 0, sizeof body); /* a request is gone when it was read */
	return res.defer;
}

static int settle(struct slice token)
{
	struct serve_response res = { .status = 200,
				      .body = wr_over(out, sizeof out - 1) };

	plane_settle(&waiting, token, "no token", now_s, &res);
	out[res.body.len] = '\0';
	return res.status;
}

static void is_settled(struct slice token, const char *code, const char *why)
{
	struct store_counts before = counts(), after;
	int got = settle(token);

	if (!ok(code == NULL ? got == 200
			     : got >= 400 && member_is("code", code),
		"%s: %s", code == NULL ? "OK" : code, why))
		printf("# %d %s\n", got, out);
	after = counts();
	ok(after.accepted == before.accepted + (code == NULL) &&
		   after.refused == before.refused + (code != NULL) &&
		   after.nonces_open == before.nonces_open - (code == NULL),
	   "one row, and the nonce is used when it is accepted");
}

static const struct {
	const char *code, *from, *to, *why;
} bent[] = {
	{ "EE-ATT-012", "\"quotehash\":\"", "\"quotehash\":\"00",
	  "a digest that is too long" },
	{ "EE-ATT-010", "\"iss\":\"me\"", "\"iss\":\"you\"", "another issuer" },
	{ "EE-ATT-011", "\"iss\"", "\"aud\":\"me\",\"iss\"",
	  "for an audience" },
	{ "EE-ATT-015", "UpToDate", "OutOfDate", "a platform out of date" },
	{ "EE-ATT-014", "\"tdx_mrtd\":\"01", "\"tdx_mrtd\":\"02",
	  "another MRTD" },
	{ "EE-ATT-016", "\"tdx_rtmr1\":\"03", "\"tdx_rtmr1\":\"04",
	  "another RTMR1" },
	{ "EE-ATT-016", "\"tdx_xfam\":\"e7", "\"tdx_xfam\":\"e6",
	  "another XFAM" },
};

static void test_verifier(const char *text, const char *name)
{
	struct req r;
	struct slice none = { NULL, 0 };
	char vm[32];

	use_policy(text);
	snprintf(vm, sizeof vm, "%s-vm", name);
	make(&r, vm);
	ok(put_off(&r) && asked == 1, "%s: a token is asked for", name);
	is_settled(none, "EE-ATT-018", "there is none");
	is_settled(str_slice("a.b.c"), "EE-ATT-006", "there is no such thing");
	for (size_t i = 0; i < sizeof bent / sizeof *bent; i++)
		is_settled(token_of(waiting.quote, bent[i].from, bent[i].to),
			   bent[i].code, bent[i].why);
	is_settled(token_of(waiting.quote, "iss", "iss"), NULL, "the token");
	is_settled(token_of(waiting.quote, "iss", "iss"), "EE-ATT-004",
		   "the same again");
	asked = 0;
}

static void test_before(void)
{
	struct req r;

	make(&r, "vm-b");
	r.b.report_pub[64] ^= 1;
	ok(!put_off(&r) && member_is("code", "EE-ATT-005") && asked == 0,
	   "no token is asked for when a key is not bound");
	make(&r, "vm-b");
	r.quote[100] ^= 1;
	ok(!put_off(&r) && member_is("code", "EE-ATT-007") && asked == 0,
	   "nor, with both, for a quote that is not genuine");
	make(&r, "vm-b");
	busy = true;
	ok(!put_off(&r) && member_is("code", "EE-ATT-018"),
	   "too many wait: refused");
	busy = false;
	p->ask = NULL;
	ok(post(&r) == 403 && member_is("code", "EE-ATT-018"),
	   "nobody can be asked: refused");
	p->ask = ask;
	ok(put_off(&r), "and then it is asked for");
	p->ita = NULL;
	ok(settle(token_of(waiting.quote, "iss", "iss")) == 403 &&
		   member_is("code", "EE-ATT-018"),
	   "there are no keys: refused");
	p->ita = &verifier;
	asked = 0;
}

/* What a stranger can make up costs nobody a token. */
static void test_strangers(void)
{
	struct trust_roots roots = p->roots;
	struct req r;

	use_policy(ITA_ALONE);
	make(&r, "vm-s");
	r.quote[100] ^= 1; /* in MRSEAM: any of them will do */
	ok(!put_off(&r) && member_is("code", "EE-ATT-007") && asked == 0,
	   "nobody is asked about a quote that no platform signed");
	make(&r, "vm-s");
	trust_roots_init(&p->roots);
	ok(!put_off(&r) && member_is("code", "EE-ATT-010") && asked == 0,
	   "nor about one under a root that is not trusted");
	p->roots = roots;
	use_policy(ITA_REAL);
	ok(!put_off(&r) && member_is("code", "EE-ATT-010") && asked == 0,
	   "nor about a simulated one, where none may be");
	use_policy(ITA_ALONE);
	ok(put_off(&r) && asked == 1, "else it is");
	use_policy(ITA_REAL);
	is_settled(token_of(waiting.quote, "iss", "iss"), "EE-ATT-010",
		   "none may be from now on, whatever the token says");
	use_policy(ITA_ALONE);
	is_settled(token_of(waiting.quote, "iss", "iss"), NULL,
		   "and now one may");
	ok(strstr(out, "\"simulated\":true") != NULL,
	   "and the answer says that it is");
	ok(call("GET", ROUTE_AGENTS, "vm_name=vm-s", NULL, str_slice("")) ==
			   200 &&
		   strstr(out, "\"simulated\":true") != NULL,
	   "as does the record");
	asked = 0;
}

/* ---- agents, later ---- */

static bool is_verified(const char *vm)
{
	char query[64];

	snprintf(query, sizeof query, "vm_name=%s", vm);
	return call("GET", ROUTE_AGENTS, query, NULL, str_slice("")) == 200 &&
	       strstr(out, "\"verified\":true") != NULL;
}

static void recheck_all(void)
{
	recheck_start(p, now_s);
	for (int i = 0; p->recheck.running && i < 100; i++)
		must(recheck_step(p, now_s), "recheck");
}

/* Nobody has a new token of an agent: it stays until its image or the rules say
 * no, and comes back with its next registration. */
static void test_standing(void)
{
	struct store_counts before;
	char mrtd[97];
	struct req r;

	use_policy(ITA_ALONE);
	make(&r, "vm-w");
	ok(put_off(&r), "an attempt");
	is_settled(token_of(waiting.quote, "iss", "iss"), NULL, "an agent");
	before = counts();
	recheck_all();
	ok(is_verified("vm-w") && counts().refused == before.refused,
	   "it is left alone");
	hex48(td.mrtd, mrtd);
	must(store_untrust_mrtd(p->store, mrtd), "untrust");
	recheck_all();
	ok(!is_verified("vm-w") && counts().refused > before.refused,
	   "its image is trusted no longer: not verified, and a row says so");
	before = counts();
	trust();
	recheck_all();
	ok(!is_verified("vm-w") && counts().refused == before.refused,
	   "trusted again: it needs a token");
	make(&r, "vm-w");
	ok(put_off(&r), "an attempt");
	is_settled(token_of(waiting.quote, "iss", "iss"), NULL,
		   "with a new one");
	ok(is_verified("vm-w"), "it is verified again");
	use_policy(ITA_REAL);
	recheck_all();
	ok(!is_verified("vm-w"), "rules that it does not meet");
	asked = 0;
}

/* The token with the first byte of a register changed. */
static struct slice token_with_other(const char *claim, size_t at)
{
	char from[64], to[64];
	uint8_t byte = waiting.quote.ptr[48 + at];

	snprintf(from, sizeof from, "\"%s\":\"%02x", claim, byte);
	snprintf(to, sizeof to, "\"%s\":\"%02x", claim, byte ^ 1);
	return token_of(waiting.quote, from, to);
}

/* Under `ita` what counts is what the token says, all of it. */
static void test_other_td(void)
{
	struct slice quote;
	struct req r, other;

	use_policy(ITA_ALONE);
	make(&r, "vm-x");
	r.td.mrtd[0] ^= 1;
	sign(&r);
	ok(!put_off(&r) && member_is("code", "EE-ATT-014"),
	   "nobody is asked about an image that is not trusted");
	make(&r, "vm-x");
	make(&other, "vm-y");
	ok(put_off(&r), "one attempt");
	quote = (struct slice){ other.quote, other.quote_len };
	is_settled(token_of(quote, "iss", "iss"), "EE-ATT-007",
		   "the token of another quote");
	is_settled(token_with_other("tdx_report_data", 520), "EE-ATT-005",
		   "another REPORTDATA than the quote has");
	is_settled(token_with_other("tdx_rtmr3", 472), "EE-ATT-016",
		   "another configuration");
	is_settled(token_with_other("tdx_mrseam", 16), NULL,
		   "a module that the policy does not name");
}

static void test_disagree(void)
{
	struct req r;

	use_policy(BOTH);
	make(&r, "vm-z");
	ok(put_off(&r), "both: one attempt");
	is_settled(token_with_other("tdx_mrseam", 16), "EE-ATT-015",
		   "another module than the quote has");
	ok(strstr(out, "disagree: MRSEAM") != NULL, "and it is said");
	is_settled(token_of(waiting.quote, "iss", "iss"), NULL, "the same one");
}

/* The collateral is replaced while a token is waited for: the new one counts,
 * and the old one is not looked at any more. */
static void test_replaced(void)
{
	struct slice none = { NULL, 0 };
	struct bundle b = { 0 };
	const char *what = "";
	struct req r;

	use_policy(BOTH);
	make(&r, "vm-r");
	ok(put_off(&r) && waiting.with != NULL, "both: one attempt");
	bundles_free(&p->collateral);
	is_settled(none, "EE-ATT-018", "no token, and no collateral");
	is_settled(token_of(waiting.quote, "iss", "iss"), "EE-ATT-018",
		   "a token, and no collateral");
	must(bundle_parse(pki.collateral, &b, &what), what);
	must(bundles_add(&p->collateral, &b), "bundle");
	is_settled(token_of(waiting.quote, "iss", "iss"), NULL,
		   "a token, and collateral again");
}

/* The nonce's time goes on while a token is waited for. */
static void test_late(void)
{
	struct req r;

	use_policy(ITA_ALONE);
	make(&r, "vm-l");
	ok(put_off(&r), "one attempt");
	now_s += NONCE_TTL_SECONDS;
	ok(settle(token_of(waiting.quote, "iss", "iss")) >= 400 &&
		   member_is("code", "EE-ATT-003"),
	   "a nonce that ran out meanwhile is expired, not replayed");
	now_s = T0;
}

static void test_ready(void)
{
	use_policy(ITA_ALONE);
	ok(call("GET", "/readyz", "", NULL, str_slice("")) == 200,
	   "ready, with keys");
	verifier.jwks = NULL;
	ok(call("GET", "/readyz", "", NULL, str_slice("")) == 503,
	   "not ready, without");
	verifier.jwks = &jwks;
	now_s += 400 * 86400;
	ok(call("GET", "/readyz", "", NULL, str_slice("")) == 200,
	   "old collateral does not matter where quotes do not");
	use_policy(BOTH);
	ok(call("GET", "/readyz", "", NULL, str_slice("")) == 503,
	   "where they do, it does");
	now_s = T0;
}

int main(void)
{
	setup();
	trust();
	ita_make_keys(&jwks);
	verifier = (struct ita_verifier){ .jwks = &jwks,
					  .issuer = str_slice("me") };
	p->ita = &verifier;
	p->ask = ask;
	test_verifier(ITA_ALONE, "ita");
	test_verifier(BOTH, "both");
	test_before();
	test_strangers();
	test_standing();
	test_other_td();
	test_disagree();
	test_replaced();
	test_late();
	test_ready();
	teardown();
	return tap_done();
}
