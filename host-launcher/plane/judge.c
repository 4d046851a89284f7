#include "host-launcher/plane/judge.h"

#include <stdio.h>
#include <string.h>

#include "host-launcher/plane/plane.h"
#include "lib/text.h"
#include "measure/lib/decide.h"

/* ---- the images that are trusted ---- */

static enum err add_set(void *ctx, const struct store_set *from)
{
	struct plane *p = ctx;
	struct policy_set set = { .release = from->release };
	bool all = from->rtmr[0] != NULL;
	enum err e;

	snprintf(set.platform, sizeof set.platform, "%s", from->platform);
	snprintf(set.revoked, sizeof set.revoked, "%s", from->revoked);
	e = hex_decode(str_slice(from->mrtd), set.mrtd, sizeof set.mrtd);
	for (size_t i = 0; all && e == ERR_OK && i < 3; i++) {
		if (from->rtmr[i][0] == '\0')
			continue;
		e = hex_decode(str_slice(from->rtmr[i]), set.rtmr[i],
			       sizeof set.rtmr[i]);
		set.has_rtmr[i] = true;
	}
	if (e == ERR_OK)
		p->has_rtmrs[p->policy.n_sets % POLICY_MAX_SETS] = all;
	return e != ERR_OK ? e : policy_add(&p->policy, &set);
}

/* An MRTD may be trusted while no RTMRs are: then the policy is strict and
 * nothing can satisfy it. */
static bool mrtd_has_rtmrs(const struct plane *p, const struct verdict *v)
{
	for (size_t i = 0; i < p->policy.n_sets; i++)
		if (p->has_rtmrs[i] &&
		    ct_eq(p->policy.sets[i].mrtd, v->body.mrtd, SHA384_LEN))
			return true;
	return false;
}

/* The policy for this quote: the operator's rules, with the trusted sets
 * nearest to what it shows. */
static enum err load_policy(struct plane *p, const struct quote_body *b)
{
	char mrtd[97], rtmr[3][97];
	const char *const regs[3] = { rtmr[0], rtmr[1], rtmr[2] };

	hex_encode((struct slice){ b->mrtd, SHA384_LEN }, mrtd);
	for (size_t i = 0; i < 3; i++)
		hex_encode((struct slice){ b->rtmr[i], SHA384_LEN }, rtmr[i]);
	p->policy = p->rules.policy;
	return store_each_set(p->store, mrtd, regs, POLICY_MAX_SETS, add_set,
			      p);
}

/* ---- PCK chains that were seen ---- */

static size_t find_chain(const struct judge_chains *c,
			 const uint8_t key[static 16])
{
	size_t i = 0;

	while (i < JUDGE_CHAINS &&
	       (c->at[i].used == 0 || memcmp(c->at[i].key, key, 16) != 0))
		i++;
	return i;
}

/* The free slot, or the one whose last use is longest ago. */
static size_t oldest_chain(const struct judge_chains *c)
{
	size_t at = 0;

	for (size_t i = 1; i < JUDGE_CHAINS; i++)
		if (c->at[i].used < c->at[at].used)
			at = i;
	return at;
}

static void verify_with_chains(struct judge_chains *chains,
			       const uint8_t key[static 16], struct verifier *v,
			       struct slice quote, int64_t now_s,
			       struct verdict *out)
{
	size_t i = find_chain(chains, key);
	struct chain_cache cache = { 0 };

	if (i < JUDGE_CHAINS)
		cache = chains->at[i].cache;
	v->cache = &cache;
	verify_quote(v, quote, now_s, out);
	if (cache.len == 0)
		return;
	if (i == JUDGE_CHAINS)
		i = oldest_chain(chains);
	memcpy(chains->at[i].key, key, 16);
	chains->at[i].used = ++chains->clock;
	chains->at[i].cache = cache;
}

/* ---- the verdict ---- */

static void no_collateral(const struct quote_platform *of, struct verdict *v)
{
	snprintf(v->detail, sizeof v->detail,
		 "no collateral for this platform: ee-cp collateral add "
		 "--fmspc %s --ca %s",
		 of->of.fmspc, of->of.ca);
}

/* With the platform's bundle. A quote that names no platform, or a root that
 * nobody trusts, gets any, to be refused for that. */
static const struct bundle *verify(struct plane *p, struct slice quote,
				   int64_t now_s, struct verdict *out)
{
	struct quote_platform of = { 0 };
	const struct bundle *b = NULL;
	const char *field = "";
	bool insecure = false;
	struct quote q;
	bool told = quote_parse(quote, &q, &field) == ERR_OK &&
		    quote_platform(&q, &of) == ERR_OK &&
		    trust_roots_know(&p->roots, of.root_pub, &insecure);
	struct verifier v = {
		.mode = VERIFY_FULL,
		.roots = &p->roots,
		.policy = &p->policy,
	};

	if (told)
		b = bundles_find(&p->collateral, &of);
	else if (p->collateral.n > 0)
		b = &p->collateral.at[0];
	v.collateral = b != NULL ? &b->c : NULL;
	verify_with_chains(&p->chains, of.key, &v, quote, now_s, out);
	if (told && b == NULL && out->reason == REASON_UNAVAILABLE)
		no_collateral(&of, out);
	return b;
}

/* The trusted sets for this quote. One that is malformed is refused before any
 * is asked for. */
static enum err prepare(struct plane *p, struct slice quote,
			struct verdict *out)
{
	const char *field = "";
	struct quote q;

	if (quote_parse(quote, &q, &field) != ERR_OK ||
	    load_policy(p, &q.body) == ERR_OK)
		return ERR_OK;
	*out = (struct verdict){ .reason = REASON_OK };
	verdict_refuse(out, REASON_INTERNAL, "the trusted set cannot be read");
	return ERR_IO;
}

static void need_rtmrs(const struct plane *p, struct verdict *out)
{
	if (out->reason == REASON_OK && p->policy.rtmr_mode == ENFORCE_STRICT &&
	    !mrtd_has_rtmrs(p, out))
		verdict_refuse(out, REASON_RTMR,
			       "no RTMRs are trusted for this MRTD: give "
			       "'ee-cp trust' the image's reference file");
}

enum err judge_quote(struct plane *p, struct slice quote, int64_t now_s,
		     struct verdict *out, const struct bundle **with)
{
	enum err e = prepare(p, quote, out);

	*with = NULL;
	if (e != ERR_OK)
		return e;
	*with = verify(p, quote, now_s, out);
	need_rtmrs(p, out);
	return ERR_OK;
}

/* ---- tokens ---- */

/* Who signed it, and that a simulated platform may. */
static void check_origin(struct plane *p, struct slice quote, int64_t now_s,
			 struct verdict *out)
{
	verify_origin(&p->roots, quote, now_s, out);
	if (out->simulated && !p->policy.simulated)
		verdict_refuse(out, REASON_ISSUER,
			       "the platform is simulated, and the policy does "
			       "not say \"simulated\":true");
}

enum err judge_claim(struct plane *p, struct slice quote, int64_t now_s,
		     struct verdict *out)
{
	enum err e = prepare(p, quote, out);

	if (e != ERR_OK)
		return e;
	check_origin(p, quote, now_s, out);
	if (out->reason != REASON_OK)
		return ERR_OK;
	if (p->policy.n_sets == 0) {
		verdict_refuse(out, REASON_POLICY, "no image is trusted");
		return ERR_OK;
	}
	for (size_t i = 0; i < p->policy.n_sets; i++)
		if (ct_eq(p->policy.sets[i].mrtd, out->body.mrtd, SHA384_LEN))
			return ERR_OK;
	verdict_refuse(out, REASON_MRTD_UNTRUSTED, "of the quote");
	return ERR_OK;
}

enum err judge_standing(struct plane *p, struct slice quote,
			enum tcb_status status, int64_t now_s,
			struct verdict *out)
{
	enum err e = prepare(p, quote, out);

	if (e != ERR_OK)
		return e;
	check_origin(p, quote, now_s, out);
	if (out->reason != REASON_OK)
		return ERR_OK;
	out->authentic = out->has_status = true;
	out->tcb_status = out->tcb_now = status;
	verify_policy(&p->policy, now_s, out);
	need_rtmrs(p, out);
	return ERR_OK;
}

bool judge_needs_token(const struct plane *p)
{
	return decide_needs_token(&p->rules.policy);
}

static void verify_token(struct plane *p, struct slice quote,
			 struct slice token, int64_t now_s, struct verdict *out)
{
	static uint8_t mem[ITA_ARENA];
	static struct ita_claims claims;
	struct arena a = arena_over(mem, sizeof mem);
	struct ita_verifier v = { 0 };
	uint8_t digest[SHA256_LEN];

	if (p->ita != NULL)
		v = *p->ita;
	sha256(quote, digest);
	v.mode = VERIFY_FULL;
	v.quote_sha256 = digest;
	v.policy = &p->policy;
	ita_verify(&a, &v, token, now_s, &claims, out);
}

enum err judge_with_token(struct plane *p, struct slice quote,
			  struct slice token, int64_t now_s,
			  struct verdict *out, const struct bundle **with)
{
	bool both = decide_needs_quote(&p->rules.policy);
	struct verdict of_quote, of_token;
	enum err e = prepare(p, quote, out);

	*with = NULL;
	if (e != ERR_OK)
		return e;
	if (both) {
		*with = verify(p, quote, now_s, &of_quote);
	} else {
		check_origin(p, quote, now_s, &of_quote);
		if (of_quote.reason != REASON_OK) {
			*out = of_quote;
			return ERR_OK;
		}
	}
	verify_token(p, quote, token, now_s, &of_token);
	decide(&p->policy, both ? &of_quote : NULL, &of_token, out);
	/* a token does not say it */
	out->simulated = of_quote.simulated;
	need_rtmrs(p, out);
	return ERR_OK;
}

/* ---- for the records ---- */

static void text_or_null(struct jw *j, const char *key, const char *text)
{
	jw_key(j, key);
	if (text == NULL || text[0] == '\0')
		jw_null(j);
	else
		jw_str(j, text);
}

void judge_record(const struct plane *p, const struct verdict *v,
		  const struct bundle *with, struct wr *out)
{
	uint8_t mem[JUDGE_RECORD];
	struct wr verdict = wr_over(mem, sizeof mem);
	struct jw j;

	verdict_write(&verdict, v);
	jw_init(&j, out);
	jw_open(&j, '{');
	text_or_null(&j, "collateral_sha256", with != NULL ? with->sha256 : "");
	text_or_null(&j, "policy_sha256", p->rules.sha256);
	jw_key(&j, "verdict");
	if (wr_end(&verdict) == ERR_OK)
		jw_raw(&j, wr_slice(&verdict));
	else
		jw_null(&j);
	jw_close(&j);
}

struct store_inputs judge_inputs(const struct plane *p,
				 const struct bundle *with)
{
	struct store_inputs in = {
		.policy = rules_text(&p->rules),
		.policy_sha256 = p->rules.sha256,
	};

	if (with != NULL) {
		in.collateral = with->text;
		in.collateral_sha256 = with->sha256;
	}
	return in;
}

static void tcb_statuses(const struct policy *p, struct jw *j)
{
	jw_open(j, '[');
	for (int i = 0; i < TCB_STATUS_COUNT; i++)
		if (p->tcb_allowed[i])
			jw_str(j, tcb_status_name((enum tcb_status)i));
	jw_close(j);
}

static void grace_days(const struct policy *p, struct jw *j)
{
	uint16_t most = 0;

	for (int i = 0; i < TCB_STATUS_COUNT; i++)
		if (p->tcb_grace_days[i] > most)
			most = p->tcb_grace_days[i];
	jw_i64(j, most);
}

void judge_rules(const struct plane *p, struct wr *out)
{
	const struct policy *r = &p->rules.policy;
	struct jw j;

	jw_init(&j, out);
	jw_open(&j, '{');
	jw_ki64(&j, "min_tcb_evaluation_number", r->min_evaluation_number);
	jw_kstr(&j, "mr_seam", enforce_name(r->mr_seam_mode));
	jw_kstr(&j, "nonce", "required");
	jw_ki64(&j, "platforms", (int64_t)(r->n_ppid + r->n_piid));
	text_or_null(&j, "policy_sha256", p->rules.sha256);
	jw_kstr(&j, "rtmr", enforce_name(r->rtmr_mode));
	jw_kbool(&j, "simulated", p->roots.has_insecure && r->simulated);
	jw_kstr(&j, "tcb", enforce_name(r->tcb_mode));
	jw_key(&j, "tcb_grace_days");
	grace_days(r, &j);
	jw_key(&j, "tcb_statuses");
	tcb_statuses(r, &j);
	jw_kstr(&j, "verifier", policy_verifier_name(r->verifier));
	jw_close(&j);
}
