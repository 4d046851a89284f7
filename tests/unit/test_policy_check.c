/* Policies that can never hold: rules against each other, lists that say
 * nothing, references that are not in force. Each is refused in a sentence that
 * begins with the member at fault. */
#include "lib/text.h"
#include "measure/lib/policy.h"
#include "tests/reference_make.h"
#include "tests/tap.h"

#define H16  "00112233445566778899aabbccddeeff"
#define ID   "\"" H16 "\""
#define MR   "\"" H16 H16 H16 "\""
#define MR_B "\"" H16 H16 "ffffffffffffffffffffffffffffffff\""
#define IMG  "{\"mrtd\":" MR ",\"rtmr1\":" MR "}"
#define P(t) "{\"version\":1," t "}"

static uint8_t memory[POLICY_ARENA_BYTES];

static enum err parse(const char *text, struct policy *p, const char **what)
{
	struct arena a = arena_over(memory, sizeof memory);

	*what = "";
	return policy_parse(&a, str_slice(text), p, what);
}

/* says: how the sentence for people begins; members alone are named as in
 * test_policy.c. */
static const struct {
	const char *text;
	enum err want;
	const char *says;
} bad[] = {
	/* lists that allow nothing, or one thing twice */
	{ P("\"measurements\":[]"), ERR_MISSING, "measurements: " },
	{ P("\"measurements\":[" IMG "," IMG "]"), ERR_DUPLICATE,
	  "measurements: " },
	{ P("\"references\":[]"), ERR_MISSING, "references: " },
	{ P("\"references\":[{\"file\":\"a\"},{\"file\":\"b\"},"
	    "{\"file\":\"a\",\"min_counter\":2}]"),
	  ERR_DUPLICATE, "references: " },
	{ P("\"tcb_statuses\":[]"), ERR_MISSING, "tcb_statuses: " },
	{ P("\"tcb_statuses\":[\"UpToDate\",\"UpToDate\"]"), ERR_DUPLICATE,
	  "tcb_statuses: " },
	{ P("\"tcb_grace_days\":{}"), ERR_MISSING, "tcb_grace_days: " },
	{ P("\"ppid\":[]"), ERR_MISSING, "ppid: " },
	{ P("\"ppid\":[" ID "," ID "]"), ERR_DUPLICATE, "ppid: " },
	{ P("\"piid\":[]"), ERR_MISSING, "piid: " },
	{ P("\"piid\":[" ID "," ID "]"), ERR_DUPLICATE, "piid: " },
	{ P("\"mr_seam\":[]"), ERR_MISSING, "mr_seam: " },
	{ P("\"mr_seam\":[],\"mr_seam_mode\":\"strict\""), ERR_MISSING,
	  "mr_seam: " },
	{ P("\"mr_seam\":[" MR "," MR "]"), ERR_DUPLICATE, "mr_seam: " },
	{ P("\"xfam\":[]"), ERR_MISSING, "xfam: " },
	{ P("\"xfam\":[\"e700060000000000\",\"e700060000000000\"]"),
	  ERR_DUPLICATE, "xfam: " },
	/* forms */
	{ P("\"references\":[{}]"), ERR_MISSING, "file: " },
	{ P("\"references\":[{\"file\":\"\"}]"), ERR_VALUE, "file: " },
	{ P("\"references\":[{\"file\":\"a\\nb\"}]"), ERR_VALUE, "file: " },
	{ P("\"references\":[{\"file\":\"a\",\"key\":\"\"}]"), ERR_VALUE,
	  "key: " },
	{ P("\"references\":[{\"file\":\"a\",\"min_counter\":0}]"), ERR_VALUE,
	  "min_counter: " },
	{ P("\"references\":[{\"file\":\"a\",\"max_counter\":1}]"), ERR_UNKNOWN,
	  "max_counter: " },
	{ P("\"ppid\":[\"00\"]"), ERR_VALUE, "ppid: " },
	{ P("\"ppid\":[\"00112233445566778899AABBCCDDEEFF\"]"), ERR_VALUE,
	  "ppid: " },
	{ P("\"piid\":" ID), ERR_VALUE, "piid: " },
	{ P("\"mr_seam\":[7]"), ERR_VALUE, "mr_seam: " },
	{ P("\"mr_seam\":[" MR "],\"mr_seam_mode\":\"disabled\""), ERR_VALUE,
	  "mr_seam_mode: " },
	{ P("\"simulated\":1"), ERR_VALUE, "simulated: " },
	{ P("\"verifier\":\"DCAP\""), ERR_VALUE, "verifier: " },
	{ P("\"tcb_grace_days\":{\"Old\":1}"), ERR_VALUE, "tcb_grace_days: " },
	{ P("\"tcb_grace_days\":{\"Revoked\":1}"), ERR_VALUE,
	  "tcb_grace_days: " },
	{ P("\"tcb_grace_days\":{\"OutOfDate\":0}"), ERR_VALUE,
	  "tcb_grace_days: " },
	{ P("\"tcb_grace_days\":{\"OutOfDate\":3651}"), ERR_VALUE,
	  "tcb_grace_days: " },
	{ P("\"td_attributes_required\":\"00\""), ERR_VALUE,
	  "td_attributes_required: " },
	{ P("\"measurements\":[{\"platform\":\"\",\"mrtd\":" MR "}]"),
	  ERR_VALUE, "platform: " },
	{ P("\"no \\u001b[31m: b\":1"), ERR_UNKNOWN, "no ?[31m: b: " },
	/* rules against each other */
	{ P("\"tcb_grace_days\":{\"UpToDate\":1}"), ERR_VALUE,
	  "tcb_grace_days: a status of it is in tcb_statuses" },
	{ P("\"tcb_statuses\":[\"OutOfDate\"],"
	    "\"tcb_grace_days\":{\"OutOfDate\":1}"),
	  ERR_VALUE, "tcb_grace_days: a status of it is in tcb_statuses" },
	{ P("\"tcb_grace_days\":{\"SWHardeningNeeded\":9}"), ERR_VALUE,
	  "tcb_grace_days: only OutOfDate" },
	{ P("\"tcb_mode\":\"disabled\",\"tcb_statuses\":[\"UpToDate\"]"),
	  ERR_VALUE, "tcb_mode: " },
	{ P("\"tcb_mode\":\"disabled\",\"min_tcb_evaluation_number\":1"),
	  ERR_VALUE, "tcb_mode: " },
	{ P("\"tcb_mode\":\"disabled\",\"tcb_grace_days\":{\"OutOfDate\":1}"),
	  ERR_VALUE, "tcb_mode: " },
	{ P("\"mr_seam_mode\":\"strict\""), ERR_VALUE, "mr_seam_mode: there" },
	{ P("\"mr_seam_mode\":\"warn\""), ERR_VALUE, "mr_seam_mode: there" },
	{ P("\"td_attributes_required\":\"0000000000000000\""), ERR_VALUE,
	  "td_attributes_required: SEPT_VE_DISABLE" },
	{ P("\"td_attributes_required\":\"0100001000000000\""), ERR_VALUE,
	  "td_attributes_required: holds a bit" },
	{ P("\"td_attributes_required\":\"0000001000000080\""), ERR_VALUE,
	  "td_attributes_required: asks for" },
	{ P("\"td_attributes_required\":\"0000005000000000\","
	    "\"td_attributes_allowed\":\"0000001000000000\""),
	  ERR_VALUE, "td_attributes_required: asks for" },
	{ P("\"td_attributes_allowed\":\"0000004000000000\""), ERR_VALUE,
	  "td_attributes_required: asks for" },
	{ P("\"td_attributes_allowed\":\"0100001000000000\""), ERR_VALUE,
	  "td_attributes_allowed: holds a bit" },
	{ P("\"td_attributes_allowed\":\"0000003000000000\""), ERR_VALUE,
	  "td_attributes_allowed: holds a bit" },
	{ P("\"td_attributes_allowed\":\"0000001001000000\""), ERR_VALUE,
	  "td_attributes_allowed: holds a bit" },
	{ P("\"xfam\":[\"0000000000000000\"]"), ERR_VALUE, "xfam: a value" },
	{ P("\"xfam\":[\"0200000000000000\"]"), ERR_VALUE, "xfam: a value" },
	{ P("\"xfam\":[\"6700000000000000\"]"), ERR_VALUE, "xfam: a value" },
	{ P("\"xfam\":[\"e300000000000000\"]"), ERR_VALUE, "xfam: a value" },
	{ P("\"xfam\":[\"0308000000000000\"]"), ERR_VALUE, "xfam: a value" },
	{ P("\"xfam\":[\"0300040000000000\"]"), ERR_VALUE, "xfam: a value" },
	/* a token cannot meet them */
	{ P("\"verifier\":\"ita\",\"ppid\":[" ID "]"), ERR_VALUE, "ppid: a t" },
	{ P("\"verifier\":\"ita\",\"piid\":[" ID "]"), ERR_VALUE, "piid: a t" },
	{ P("\"verifier\":\"ita\",\"min_tcb_evaluation_number\":1"), ERR_VALUE,
	  "min_tcb_evaluation_number: a token" },
	{ P("\"verifier\":\"ita\",\"tcb_grace_days\":{\"OutOfDate\":1}"),
	  ERR_VALUE, "tcb_grace_days: a token" },
};

static void test_bad(void)
{
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct policy p = { .n_sets = 77 };
		char line[512] = "";
		struct wr w = wr_over(line, sizeof line - 1);
		const char *what = "";
		enum err e = parse(bad[i].text, &p, &what);

		is_err(e, bad[i].want, "%s", bad[i].text);
		policy_fault(&w, e, what);
		if (!ok(strncmp(line, bad[i].says, strlen(bad[i].says)) == 0 &&
				w.len > strlen(bad[i].says) + 20 &&
				w.len < POLICY_WHY && p.n_sets == 77,
			"... %s", bad[i].says))
			printf("#   %s\n", line);
	}
}

/* What is next to a refusal, and good. */
static void test_good(void)
{
	static const char *const good[] = {
		"{\"version\":1}",
		P("\"measurements\":[" IMG ",{\"mrtd\":" MR_B ",\"rtmr1\":" MR
		  "}]"),
		P("\"measurements\":[" IMG ",{\"mrtd\":" MR ",\"rtmr1\":" MR
		  ",\"rtmr0\":" MR "}]"),
		P("\"references\":[{\"file\":\"a\"},{\"file\":\"b\"}]"),
		P("\"tcb_statuses\":[\"SWHardeningNeeded\"],"
		  "\"tcb_grace_days\":{\"OutOfDate\":3650}"),
		P("\"tcb_mode\":\"disabled\""),
		P("\"verifier\":\"both\",\"ppid\":[" ID "],\"piid\":[" ID "],"
		  "\"tcb_grace_days\":{\"TDRelaunchAdvised\":1},"
		  "\"min_tcb_evaluation_number\":1,\"simulated\":true"),
		P("\"verifier\":\"ita\",\"min_tcb_evaluation_number\":0,"
		  "\"simulated\":true,\"mr_seam\":[" MR "]"),
		P("\"td_attributes_required\":\"0000005000000000\""),
		P("\"xfam\":[\"0300000000000000\",\"0700000000000000\","
		  "\"e700000000000000\",\"0318000000000000\","
		  "\"0300060000000000\"]"),
	};

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		const char *what = "";
		struct policy p;

		is_err(parse(good[i], &p, &what), ERR_OK, "%s", good[i]);
	}
}

static void test_simulated(void)
{
	const char *what = "";
	struct policy p;

	policy_init(&p);
	ok(p.simulated, "without a file the root by name is the gate");
	is_err(parse("{\"version\":1}", &p, &what), ERR_OK, "a file");
	ok(!p.simulated, "a file that does not say so allows none");
}

/* ---- with references ---- */

static const int64_t in_2025 = INT64_C(1748736000); /* 2025-06-01 */

static struct slice reference_text(const char *version, uint32_t counter,
				   const char *revokes, uint32_t revoked)
{
	static uint8_t text[REFERENCE_BYTES];
	static struct reference r;
	uint8_t mrtd[SHA384_LEN] = { (uint8_t)counter };
	uint8_t rtmr[REFERENCE_RTMRS][SHA384_LEN] = { { 1 }, { 2 }, { 3 } };
	struct wr w = wr_over(text, sizeof text);

	make_reference(&r, mrtd, rtmr);
	if (counter > 0)
		make_release(&r, version, counter);
	if (revokes != NULL) {
		r.nrevoked = 1;
		snprintf(r.revoked[0].version, REFERENCE_VERSION, "%s",
			 revokes);
		snprintf(r.revoked[0].reason, REFERENCE_TEXT, "it leaks");
		r.revoked[0].counter = revoked;
	}
	if (reference_write(&r, &w) != ERR_OK)
		_exit(98);
	return wr_slice(&w);
}

static enum err add(struct policy *p, size_t i, struct slice text)
{
	struct arena a = arena_over(memory, sizeof memory);
	const char *what = "";

	return policy_add_listed(p, i, &a, text, &what);
}

static void is_checked(const struct policy *p, const int64_t *at, enum err want,
		       const char *says, const char *title)
{
	char why[POLICY_WHY] = "?";
	enum err e = policy_check(p, at, why);

	is_err(e, want, "%s", title);
	if (!ok(strstr(why, says) != NULL && (e != ERR_OK || why[0] == '\0'),
		"... %s", says))
		printf("#   %s\n", why);
}

static void test_references(void)
{
	int64_t early = INT64_C(1577836799), late = INT64_C(4000000000);
	const char *what = "";
	static struct policy p;

	is_err(parse(P("\"references\":[{\"file\":\"one.json\"},"
		       "{\"file\":\"two.json\",\"min_counter\":8}]"),
		     &p, &what),
	       ERR_OK, "two references");
	ok(policy_has_images(&p), "are images");
	is_checked(&p, &in_2025, ERR_REFUSED, "one.json is not loaded",
		   "not loaded yet");
	is_err(add(&p, 0, reference_text("1.7", 7, NULL, 0)), ERR_OK,
	       "the first");
	is_err(add(&p, 1, reference_text("1.7", 7, NULL, 0)), ERR_STATE,
	       "a counter below the least");
	is_err(add(&p, 1, reference_text("", 0, NULL, 0)), ERR_STATE,
	       "a development build has none");
	ok(p.n_sets == 1 && p.references[1].n_sets == 0, "nothing was added");
	is_err(add(&p, 1, reference_text("1.8", 8, NULL, 0)), ERR_OK,
	       "the least counter itself");
	ok(p.n_sets == 2 && p.references[1].first_set == 1 &&
		   p.references[1].n_sets == 1,
	   "its images are known as its own");
	is_checked(&p, &in_2025, ERR_OK, "", "both in force");
	is_checked(&p, &early, ERR_REFUSED,
		   "one.json: release 1.7 is good from", "not yet");
	is_checked(&p, &late, ERR_REFUSED, "release 1.7 was good until",
		   "not any more");
	is_checked(&p, NULL, ERR_OK, "", "dates that nobody asks for");
	p.references[1].n_sets = 0;
	p.n_sets = 1;
	is_err(add(&p, 1, reference_text("1.8", 8, "1.7", 7)), ERR_OK,
	       "one that revokes the other");
	is_checked(&p, NULL, ERR_REFUSED, "release 1.7 is revoked (it leaks)",
		   "revoked, at any time");
	for (size_t i = 1; i + 2 < sizeof p.sets[0].revoked; i += 2)
		memcpy(p.sets[0].revoked + i, "\xc3\xa9", 3);
	is_checked(&p, NULL, ERR_REFUSED, "\xc3\xa9?): name a later release",
		   "a reason that is cut inside a letter");
}

static void test_empty(void)
{
	const char *what = "";
	static struct policy p;

	is_err(parse("{\"version\":1}", &p, &what), ERR_OK, "rules alone");
	ok(!policy_has_images(&p), "have no image");
	is_checked(&p, &in_2025, ERR_MISSING, "the policy is empty",
		   "which accepts nothing");
	is_err(parse(P("\"measurements\":[" IMG "]"), &p, &what), ERR_OK,
	       "an image of its own");
	is_checked(&p, NULL, ERR_OK, "", "is enough");
	p.n_xfam = 0;
	is_checked(&p, NULL, ERR_VALUE, "xfam: no value",
		   "rules put together otherwise are asked again");
}

static void test_paths(void)
{
	static char out[POLICY_PATH_OUT], folder[POLICY_PATH_OUT + 1];

	is_err(policy_path("policy.json", "m.json", out), ERR_OK, "beside it");
	ok(strcmp(out, "m.json") == 0, "%s", out);
	is_err(policy_path("/a/b/policy.json", "c/m.json", out), ERR_OK,
	       "below it");
	ok(strcmp(out, "/a/b/c/m.json") == 0, "%s", out);
	is_err(policy_path("a/policy.json", "/m.json", out), ERR_OK,
	       "an absolute path");
	ok(strcmp(out, "/m.json") == 0, "%s", out);
	memset(folder, 'a', sizeof folder - 1);
	folder[sizeof folder - 8] = '/';
	is_err(policy_path(folder, "123456", out), ERR_LIMIT, "too long");
	is_err(policy_path(folder, "12345", out), ERR_OK, "as long as can be");
}

/* ---- in words ---- */

static void test_words(void)
{
	static uint8_t text[16 * 1024];
	static struct policy p;
	struct policy_rule rule;
	size_t n = 0, defaults = 0;

	policy_init(&p);
	p.simulated = false;
	p.tcb_grace_days[TCB_OUT_OF_DATE] = 1;
	for (;; n++) {
		struct wr w = wr_over(text, sizeof text);

		if (!policy_rule_say(&p, n, &w, &rule))
			break;
		if (wr_end(&w) != ERR_OK || w.len < 20 ||
		    text[w.len - 1] != '.')
			break;
		defaults += rule.is_default;
	}
	ok(!policy_rule_say(&p, n, &(struct wr){ 0 }, &rule),
	   "each of %zu rules is a sentence", n);
	ok(defaults == n - 1, "all but one are defaults");
}

int main(void)
{
	test_bad();
	test_good();
	test_simulated();
	test_references();
	test_empty();
	test_paths();
	test_words();
	return tap_done();
}
