#include "tests/peers/faults.h"

#include <stdio.h>
#include <string.h>

#include "tests/peers/fakeparts.h"

const struct fault_table *const fault_tables[] = {
	&faults_quote,  &faults_report, &faults_certification,
	&faults_issuer, &faults_chain,  &faults_cert,
	&faults_sgx,    &faults_crl,    &faults_bundle,
	&faults_info,   &faults_module, &faults_identity,
	&faults_status, &faults_td,     &faults_policy,
	&faults_token,  &faults_claims, &faults_token_policy,
	NULL,
};

void fault_trust(struct fault_case *c, const struct quote_body *b)
{
	struct policy_set set = { .platform = "sound",
				  .has_rtmr = { true, true, true, false } };

	policy_init(&c->policy);
	memcpy(set.mrtd, b->mrtd, sizeof set.mrtd);
	memcpy(set.rtmr, b->rtmr, sizeof set.rtmr);
	fake_must(policy_add(&c->policy, &set) == ERR_OK, "policy");
}

static void init_case(struct fault_case *c)
{
	fake_init(&c->fake);
	c->intel_alone = c->no_collateral = false;
	c->now_s = FAKE_NOW;
	memset(c->config, 0x44, sizeof c->config);
	rtmr_extend(c->fake.body.rtmr[3], c->config);
	memcpy(c->reportdata, c->fake.body.reportdata, sizeof c->reportdata);
	fault_trust(c, &c->fake.body);
}

/* The sound platform's root, by name, whatever root the case has. */
static void trust_root(struct trust_roots *roots)
{
	static struct fake sound;

	if (sound.root_pem_len == 0) {
		fake_init(&sound);
		fake_build(&sound);
	}
	trust_roots_init(roots);
	fake_must(
		trust_roots_add_insecure(
			roots, (struct slice){ (const uint8_t *)sound.root_pem,
					       sound.root_pem_len }) == ERR_OK,
		"root");
}

/* The member inside TCB info or QE identity that is not right: the bundle's
 * parser names the document. */
static const char *member(const struct fake *f, struct arena *a,
			  const char *what)
{
	struct slice info = { (const uint8_t *)f->info, f->info_len };
	struct slice id = { (const uint8_t *)f->identity, f->identity_len };
	struct qe_identity q;
	struct tcb_info t;
	const char *in = "";

	if ((strncmp(what, "tcb_info", 8) == 0 &&
	     tcb_info_parse(a, info, &t, &in) != ERR_OK) ||
	    (strncmp(what, "qe_identity", 11) == 0 &&
	     qe_identity_parse(a, id, &q, &in) != ERR_OK))
		return in;
	return "";
}

/* NULL when the bundle cannot be read: `why` says what it is then. */
static const struct collateral *read_bundle(const struct fault_case *c,
					    char why[static 128])
{
	static uint8_t mem[COLLATERAL_ARENA_BYTES], again[1 << 20];
	static struct collateral col;
	struct arena a = arena_over(mem, sizeof mem);
	struct arena b = arena_over(again, sizeof again);
	const struct fake *f = &c->fake;
	const char *what = "";
	enum err e;

	if (c->no_collateral)
		return NULL;
	e = collateral_parse(
		&a, (struct slice){ (const uint8_t *)f->bundle, f->bundle_len },
		&col, &what);
	if (e != ERR_OK) {
		snprintf(why, 128, ": %s %s: %s", what, member(f, &b, what),
			 err_text(e));
		return NULL;
	}
	collateral_authenticate(&col);
	return &col;
}

static void judge_quote(const struct fault_case *c, struct fault_answer *out)
{
	char why[128] = "";
	struct trust_roots roots;
	struct verdict v;
	const struct verifier verifier = {
		.roots = &roots,
		.collateral = read_bundle(c, why),
		.policy = &c->policy,
	};

	trust_root(&roots);
	if (c->intel_alone)
		trust_roots_init(&roots);
	verify_quote(&verifier,
		     (struct slice){ c->fake.quote, c->fake.quote_len },
		     c->now_s, &v);
	out->authentic = v.authentic;
	out->reason = verify_reportdata(&v, c->reportdata);
	if (out->reason == REASON_OK)
		out->reason = verify_config(&v, c->config);
	snprintf(out->detail, sizeof out->detail, "%s%s", v.detail, why);
}

void fault_build(const struct fault *f, struct fault_case *c)
{
	init_case(c);
	if (f != NULL && f->make != NULL)
		f->make(c);
	if (f != NULL && f->edit.part != FAKE_NO_PART)
		c->fake.edit = &f->edit;
	fake_build(&c->fake);
}

void fault_judge(const struct fault_table *t, const struct fault *f,
		 struct fault_case *c, struct fault_answer *out)
{
	if (t->token) {
		fault_judge_token(f, c, out);
		return;
	}
	fault_build(f, c);
	judge_quote(c, out);
}

/* The codes that refuse a table's faults, each once. */
static void write_codes(struct wr *w, const struct fault_table *t)
{
	const char *comma = "";

	for (enum reason r = REASON_OK; r <= REASON_INTERNAL; r++) {
		size_t n = 0;

		for (size_t k = 0; k < t->n; k++)
			n += t->at[k].want == r;
		if (n == 0)
			continue;
		wr_fmt(w, "%s%s", comma, reason_code(r));
		comma = ", ";
	}
}

static void write_overview(struct wr *w)
{
	size_t all = 0;

	wr_str(w, "\n| what a fault is in | faults | refused with |\n"
		  "|---|---|---|\n");
	for (size_t i = 0; fault_tables[i] != NULL; i++) {
		const struct fault_table *t = fault_tables[i];

		wr_fmt(w, "| %s | %zu | ", t->subject, t->n);
		write_codes(w, t);
		wr_str(w, " |\n");
		all += t->n;
	}
	wr_fmt(w, "| all | %zu | |\n", all);
}

void faults_write(struct wr *w)
{
	write_overview(w);
	for (size_t i = 0; fault_tables[i] != NULL; i++) {
		const struct fault_table *t = fault_tables[i];

		wr_fmt(w, "\n**%s** (%zu)\n\n", t->subject, t->n);
		wr_str(w, "| fault | what is wrong | code |\n|---|---|---|\n");
		for (size_t k = 0; k < t->n; k++)
			wr_fmt(w, "| %s | %s | %s |\n", t->at[k].name,
			       t->at[k].what, reason_code(t->at[k].want));
	}
	wr_str(w, "\n");
}
