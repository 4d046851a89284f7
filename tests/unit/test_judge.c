/* What the control plane keeps of a verdict and can reach it with again; the
 * rules of a policy file; agents that are judged again when something changed;
 * PCK chains that are remembered. Quotes are those of the simulated platform.
 */
#include "tests/unit/plane_make.h"

static const struct slice none = { NULL, 0 };

/* ---- rules ---- */

static enum err rules(const char *text, char why[static RULES_WHY])
{
	return rules_read(&p->rules, str_slice(text), false, why);
}

static void default_rules(void)
{
	rules_done(&p->rules);
}

static void test_rules(void)
{
	static const struct {
		const char *text, *words;
		enum err e;
	} bad[] = {
		{ "", "", ERR_TRUNC },
		{ "{}", "version", ERR_MISSING },
		{ "{\"version\":1,\"tbc_mode\":\"warn\"}", "member",
		  ERR_UNKNOWN },
		{ "{\"version\":1,\"references\":[{\"file\":\"a.json\"}]}",
		  "ee-cp trust --reference", ERR_REFUSED },
		{ "{\"version\":1,\"rtmr_mode\":\"warn\",\"measurements\":[{"
		  "\"platform\":\"x\",\"mrtd\":\"0123456789abcdef0123456789abcd"
		  "ef0123456789abcdef0123456789abcdef0123456789abcdef0123456789"
		  "abcdef\"}]}",
		  "ee-cp trust --reference", ERR_REFUSED },
		{ "{\"version\":1,\"verifier\":\"ita\"}", "dcap", ERR_UNSUPP },
		{ "{\"version\":1,\"verifier\":\"both\"}", "dcap", ERR_UNSUPP },
	};
	char why[RULES_WHY], before[65];

	is_err(rules("{\"version\":1,\"simulated\":true}", why), ERR_OK,
	       "rules without images");
	ok(strlen(p->rules.sha256) == 64 &&
		   slice_is(rules_text(&p->rules),
			    "{\"version\":1,\"simulated\":true}"),
	   "are kept with their text and its digest");
	strcpy(before, p->rules.sha256);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		enum err e = rules(bad[i].text, why);

		ok(e == bad[i].e && strstr(why, bad[i].words) != NULL,
		   "refused: %s", bad[i].text);
		if (e != bad[i].e || strstr(why, bad[i].words) == NULL)
			printf("# %s: %s\n", err_text(e), why);
	}
	ok(strcmp(before, p->rules.sha256) == 0 && p->rules.policy.simulated,
	   "the good ones stay");
	default_rules();
	ok(p->rules.sha256[0] == '\0' && rules_text(&p->rules).len == 0,
	   "the defaults have no file");
}

static void test_rules_count(void)
{
	char why[RULES_WHY];
	struct req r;

	must(rules("{\"version\":1}", why), why);
	make(&r, "vm-1");
	ok(post(&r) == 403 && member_is("code", "EE-ATT-010") &&
		   strstr(out, "simulated") != NULL,
	   "a root by name is not enough: the policy has to say so, too");
	must(rules("{\"version\":1,\"simulated\":true,"
		   "\"min_tcb_evaluation_number\":4000000000}",
		   why),
	     why);
	make(&r, "vm-1");
	ok(post(&r) == 403 && member_is("code", "EE-ATT-015"),
	   "an evaluation number that the collateral has not");
	must(rules("{\"version\":1,\"simulated\":true,\"tcb_mode\":\"warn\","
		   "\"min_tcb_evaluation_number\":4000000000}",
		   why),
	     why);
	make(&r, "vm-1");
	ok(post(&r) == 200, "which warns only, if that is wanted");
	ok(call("GET", "/api/v1/admin/attestation-events", "", "admin", none) ==
			   200 &&
		   strstr(out, "\"tcb\":\"warn\"") != NULL &&
		   strstr(out, p->rules.sha256) != NULL,
	   "the audit says under what rules");
	ok(call("GET", "/api/v1/admin/policy", "", NULL, none) == 401,
	   "the rules are the admin's to see");
	ok(call("GET", "/api/v1/admin/policy", "", "admin", none) == 200 &&
		   strstr(out, "\\\"tcb_mode\\\":\\\"warn\\\"") != NULL &&
		   strstr(out, "\"tcb\":\"warn\"") != NULL,
	   "file and summary");
	default_rules();
	ok(call("GET", "/api/v1/admin/policy", "", "admin", none) == 200 &&
		   strstr(out, "{\"file\":null,") == out,
	   "no file");
}

/* ---- records ---- */

/* The agent's JSON. */
static struct json agent(const char *vm)
{
	struct json list, first;
	struct slice id;
	char route[128];

	snprintf(route, sizeof route, "vm_name=%s", vm);
	call("GET", ROUTE_AGENTS, route, NULL, none);
	must(json_array(parsed(), "agents", &list), "agents");
	first = json_first(list);
	must(json_str(first, "agent_id", &id), "agent_id");
	snprintf(route, sizeof route, ROUTE_AGENTS "/%.*s", (int)id.len,
		 (const char *)id.ptr);
	call("GET", route, "", NULL, none);
	return parsed();
}

static void test_record(void)
{
	struct json record, verdict;
	struct slice sha, text;
	char why[RULES_WHY], query[128];
	struct req r;
	bool yes = false;

	must(rules("{\"version\":1,\"simulated\":true}", why), why);
	make(&r, "vm-record");
	ok(post(&r) == 200, "an agent");
	must(json_object(agent("vm-record"), "verdict", &record), "record");
	ok(json_str(record, "collateral_sha256", &sha) == ERR_OK &&
		   slice_is(sha, p->collateral.at[0].sha256),
	   "its record names the collateral");
	ok(json_str(record, "policy_sha256", &sha) == ERR_OK &&
		   slice_is(sha, p->rules.sha256),
	   "and the rules");
	must(json_object(record, "verdict", &verdict), "verdict");
	ok(json_str(verdict, "verdict", &text) == ERR_OK &&
		   slice_is(text, "accepted") &&
		   json_bool(verdict, "authentic", &yes) == ERR_OK && yes,
	   "and holds the whole verdict");
	snprintf(query, sizeof query, "sha256=%s", p->collateral.at[0].sha256);
	ok(call("GET", "/api/v1/admin/verdict-input", query, "admin", none) ==
			   200 &&
		   slice_eq(str_slice(out), p->collateral.at[0].text),
	   "the collateral can be had, byte for byte");
	snprintf(query, sizeof query, "sha256=%s", p->rules.sha256);
	ok(call("GET", "/api/v1/admin/verdict-input", query, "admin", none) ==
			   200 &&
		   slice_eq(str_slice(out), rules_text(&p->rules)),
	   "the rules as well");
	ok(call("GET", "/api/v1/admin/verdict-input", query, NULL, none) == 401,
	   "by the admin");
	query[7] = query[7] == '0' ? '1' : '0';
	ok(call("GET", "/api/v1/admin/verdict-input", query, "admin", none) ==
		   404,
	   "nothing else");
	ok(call("GET", "/api/v1/admin/verdict-input", "sha256=1", "admin",
		none) == 400,
	   "nor what is no digest");
	make(&r, "vm-record2");
	r.quote[100] ^= 1;
	post(&r);
	call("GET", "/api/v1/admin/attestation-events", "", "admin", none);
	must(json_array(parsed(), "events", &record), "events");
	ok(json_get(json_first(record), "verdict", &verdict) == ERR_OK &&
		   json_is_null(verdict),
	   "what is not genuine leaves no record");
	default_rules();
}

/* With the quote, the collateral and the rules of the records alone, at the
 * time that the record says, the verdict is the same. */
static void test_again(void)
{
	static char kept[JUDGE_RECORD], again[JUDGE_RECORD];
	static uint8_t quote_mem[LIMIT_QUOTE_BYTES];
	struct wr w = wr_over(kept, sizeof kept);
	struct wr quote = wr_over(quote_mem, sizeof quote_mem);
	struct wr w2 = wr_over(again, sizeof again);
	const struct bundle *with;
	struct json doc, att, record, verdict;
	struct slice b64;
	struct verdict v;
	struct req r;

	make(&r, "vm-again");
	ok(post(&r) == 200, "an agent");
	doc = agent("vm-again");
	must(json_object(doc, "verdict", &record), "record");
	must(json_object(record, "verdict", &verdict), "verdict");
	json_write(&w, verdict);
	must(json_object(doc, "attestation", &att), "attestation");
	must(json_str(att, "quote_b64", &b64), "quote");
	must(b64_decode(b64, &quote), "quote");
	must(judge_quote(p, wr_slice(&quote), now_s, &v, &with), "judge");
	verdict_write(&w2, &v);
	ok(wr_end(&w) == ERR_OK && wr_end(&w2) == ERR_OK &&
		   slice_eq(wr_slice(&w), wr_slice(&w2)),
	   "the verdict can be reached again, to the letter");
}

/* ---- judged again ---- */

static bool verified(const char *vm)
{
	bool yes = false;

	must(json_bool(agent(vm), "verified", &yes), "verified");
	return yes;
}

static void recheck_all(void)
{
	recheck_start(p, now_s);
	for (int i = 0; p->recheck.running && i < 100; i++)
		must(recheck_step(p, now_s), "recheck");
	ok(!p->recheck.running, "all were judged again");
}

static void test_recheck(void)
{
	struct store_counts before, after;
	char mrtd[97];
	struct req r;

	make(&r, "vm-r1");
	ok(post(&r) == 200 && verified("vm-r1"), "an agent, verified");
	recheck_all();
	before = counts();
	recheck_all();
	after = counts();
	ok(after.accepted == before.accepted &&
		   after.refused == before.refused && verified("vm-r1"),
	   "nothing changed, nothing is said");

	hex48(td.mrtd, mrtd);
	must(store_untrust_mrtd(p->store, mrtd), "untrust");
	recheck_all();
	ok(!verified("vm-r1"), "its image is trusted no longer: not verified");
	call("GET", "/api/v1/admin/attestation-events", "", "admin", none);
	ok(strstr(out, "\"event_name\":\"agent_attestation_rejected\"") !=
			   NULL &&
		   strstr(out, "\"reason_code\":\"EE-ATT-017\"") != NULL,
	   "the audit says since when, and why");
	before = counts();
	recheck_all();
	ok(counts().refused == before.refused, "once");
	trust();
	recheck_all();
	ok(verified("vm-r1"), "trusted again: verified again");
}

/* Collateral that is over, or none, says nothing about an agent. */
static void test_recheck_without(void)
{
	struct store_counts before = counts();
	size_t n = p->collateral.n;

	now_s = T0 + 31 * 86400;
	recheck_all();
	p->collateral.n = 0;
	recheck_all();
	p->collateral.n = n;
	now_s = T0;
	ok(verified("vm-r1") && counts().refused == before.refused,
	   "without collateral in force, agents keep their mark");
}

static void test_recheck_due(void)
{
	recheck_all();
	must(recheck_step(p, now_s + RECHECK_EVERY_S - 1), "step");
	ok(p->recheck.started_s == now_s, "no reason to judge again");
	must(recheck_step(p, now_s + RECHECK_EVERY_S), "step");
	ok(p->recheck.started_s == now_s + RECHECK_EVERY_S,
	   "a day later there is one: the time");
	p->recheck.running = false;
	must(recheck_step(p, now_s), "step");
	ok(p->recheck.started_s == now_s, "or a clock that was set back");
	p->recheck.running = false;
	p->recheck.started_s = now_s;
}

/* More agents than a step takes, one of them with a row that is damaged. */
static void test_recheck_many(void)
{
	char name[32];
	int steps = 0;
	struct req r;
	bool all = true;

	for (unsigned i = 0; i < RECHECK_STEP + 3; i++) {
		snprintf(name, sizeof name, "vm-many%u", i);
		make(&r, name);
		all = all && post(&r) == 200;
	}
	ok(all, "%d agents", RECHECK_STEP + 3);
	for (recheck_start(p, now_s); p->recheck.running; steps++)
		must(recheck_step(p, now_s), "recheck");
	ok(steps >= 2, "are judged in %d steps", steps);
}

/* ---- chains ---- */

static void test_chains(void)
{
	size_t used = 0;
	struct req r;

	memset(&p->chains, 0, sizeof p->chains);
	make(&r, "vm-c1");
	r.quote[100] ^= 1;
	post(&r);
	for (size_t i = 0; i < JUDGE_CHAINS; i++)
		used += p->chains.at[i].used != 0;
	ok(used <= 1, "a quote takes one place at most");
	make(&r, "vm-c1");
	ok(post(&r) == 200, "accepted");
	make(&r, "vm-c2");
	ok(post(&r) == 200, "twice");
	used = 0;
	for (size_t i = 0; i < JUDGE_CHAINS; i++)
		used += p->chains.at[i].used != 0;
	ok(used == 1, "the platform's chain is remembered once");
	/* a table full of others that were used before */
	for (size_t i = 0; i < JUDGE_CHAINS; i++) {
		memset(p->chains.at[i].key, 0x5a, sizeof p->chains.at[i].key);
		p->chains.at[i].key[0] = (uint8_t)i;
		p->chains.at[i].used = i + 1;
	}
	p->chains.clock = JUDGE_CHAINS;
	make(&r, "vm-c3");
	ok(post(&r) == 200 && p->chains.at[0].key[1] != 0x5a,
	   "the one whose use is longest ago makes room");
	ok(p->chains.at[0].used == JUDGE_CHAINS + 1, "and is the newest then");
	/* what is remembered of another certificate helps nobody */
	p->chains.at[0].cache.issuer_pub[10] ^= 1;
	make(&r, "vm-c4");
	ok(post(&r) == 200, "a memory that does not fit is not believed");
}

int main(void)
{
	setup();
	trust();
	test_rules();
	test_rules_count();
	test_record();
	test_again();
	test_recheck();
	test_recheck_without();
	test_recheck_due();
	test_recheck_many();
	test_chains();
	teardown();
	return tap_done();
}
