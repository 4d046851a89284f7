/* policy.c - ee-measure policy: whether a policy file can accept anything, and
 * what it says in plain words. */
#include <stdio.h>
#include <string.h>

#include "measure/cli/policy_file.h"
#include "measure/lib/printable.h"

enum {
	TEXT_BYTES = 256 * 1024,
	LINE_BYTES = 16 * 1024,
	COLUMNS = 78,
};

static uint8_t text[TEXT_BYTES], line[LINE_BYTES], image[LINE_BYTES];

/* ---- check ---- */

static const struct cli_opt check_opts[] = {
	{ "at", "TIME", "the time its releases must be in force at; else any",
	  0 },
	{ "rules-only", NULL, "for ee-cp, which is told images by `trust`", 0 },
	{ NULL, NULL, NULL, 0 },
};

/* What was asked and what came out. */
struct check {
	bool has_at, rules_only;
	int64_t at_s;
	char why[POLICY_WHY];
	int code;
};

static void judge(const struct policy *p, const struct policy_bad *bad,
		  struct check *k)
{
	enum err e;

	snprintf(k->why, sizeof k->why, "%s", bad->text);
	utf8_mend(k->why); /* file names are in it */
	k->code = bad->code;
	if (bad->text[0] != '\0')
		return;
	e = policy_check(p, k->has_at ? &k->at_s : NULL, k->why);
	if (k->rules_only && policy_has_images(p)) {
		snprintf(k->why, sizeof k->why,
			 "measurements, references: with --rules-only images "
			 "come from elsewhere, 'ee-cp trust': leave both out");
		e = ERR_VALUE;
	} else if (k->rules_only && e == ERR_MISSING) {
		k->why[0] = '\0';
		e = ERR_OK;
	}
	k->code = e == ERR_OK        ? CLI_DONE
		  : e == ERR_REFUSED ? CLI_REFUSED
				     : CLI_MALFORMED;
}

static void put_check_json(struct wr *w, const struct policy *p,
			   const struct check *k)
{
	char when[REFERENCE_TIME_LEN + 1];
	struct jw j;

	jw_init(&j, w);
	jw_open(&j, '{');
	jw_key(&j, "at");
	if (k->has_at) {
		reference_time_format(k->at_s, when);
		jw_str(&j, when);
	} else {
		jw_null(&j);
	}
	jw_kstr(&j, "detail", k->why);
	jw_kbool(&j, "good", k->code == CLI_DONE);
	jw_ki64(&j, "images", (int64_t)p->n_sets);
	jw_ki64(&j, "references", (int64_t)p->n_references);
	jw_kstr(&j, "verifier", policy_verifier_name(p->verifier));
	jw_close(&j);
	if (jw_end(&j) != ERR_OK)
		wr_fail(w, ERR_STATE);
	wr_str(w, "\n");
}

static void put_check(struct wr *w, const struct policy *p,
		      const struct check *k)
{
	wr_fmt(w, "policy: %s\n",
	       k->code == CLI_DONE ? "good" : "not in force");
	if (k->why[0] != '\0')
		wr_fmt(w, "detail: %s\n", k->why);
	wr_fmt(w, "verifier: %s\nimages: %zu\nreferences: %zu\n",
	       policy_verifier_name(p->verifier), p->n_sets, p->n_references);
	if (k->rules_only && p->verifier != POLICY_DCAP)
		wr_str(w, "needs: ee-cp serve with --ita\n");
	if (!k->has_at && p->n_references > 0)
		wr_str(w, "dates: not asked; give --at TIME\n");
}

static int run_check(const struct cli *c)
{
	static struct policy p;
	struct wr w = wr_over(text, sizeof text);
	struct policy_bad bad;
	struct check k = { .has_at = cli_has(c, "at"),
			   .rules_only = cli_has(c, "rules-only") };
	int rc = cli_at(c, &k.at_s);

	if (rc != CLI_DONE)
		return rc;
	rc = k.rules_only ? policy_file_rules(c->operand[0], &p, &bad)
			  : policy_file_read(c->operand[0], &p, &bad);
	if (rc != CLI_DONE)
		return rc;
	judge(&p, &bad, &k);
	if (k.code == CLI_MALFORMED)
		return cli_fail(CLI_MALFORMED, "%s: %s", c->operand[0], k.why);
	if (c->json)
		put_check_json(&w, &p, &k);
	else
		put_check(&w, &p, &k);
	rc = cli_print_wr(&w);
	return rc != CLI_DONE ? rc : k.code;
}

const struct cli_cmd cmd_policy_check = {
	.name = "policy check",
	.operands = "FILE",
	.noperands = 1,
	.summary = "whether a policy can accept anything",
	.opts = check_opts,
	.run = run_check,
};

/* ---- explain ---- */

static const struct cli_opt explain_opts[] = {
	{ NULL, NULL, NULL, 0 },
};

/* A paragraph under "  ", its first line after `first`, in lines of at most
 * COLUMNS where its words allow that. */
static void put_paragraph(struct wr *w, const char *first, struct slice s)
{
	size_t column = strlen(first), at = 0;
	bool begun = false;

	wr_str(w, first);
	while (at < s.len) {
		size_t n = 0;

		while (at + n < s.len && s.ptr[at + n] != ' ')
			n++;
		if (begun && column + 1 + n > COLUMNS) {
			wr_fmt(w, "\n%*s", (int)strlen(first), "");
			column = strlen(first);
		} else if (begun) {
			wr_str(w, " ");
			column++;
		}
		wr_bytes(w, (struct slice){ s.ptr + at, n });
		column += n;
		begun = true;
		at += n + 1;
	}
	wr_str(w, "\n");
}

#define NO_IMAGE                                                               \
	"The policy names no image, and accepts none by itself: ee-cp is told" \
	" of images by \"trust\", and \"quote verify\" by --reference."

static void put_images(struct wr *w, const struct policy *p)
{
	if (p->n_sets == 0) {
		put_paragraph(w, "  ", str_slice(NO_IMAGE));
		return;
	}
	wr_str(w, "  Accepted is what runs one of these:\n");
	for (size_t i = 0; i < p->n_sets;) {
		struct wr l = wr_over(image, sizeof image);

		i = policy_image_say(p, i, &l);
		put_paragraph(w, "  - ", wr_slice(&l));
	}
}

static void put_explain(struct wr *w, const struct policy *p)
{
	const char *heading = "";
	struct policy_rule rule;

	for (size_t i = 0;; i++) {
		struct wr l = wr_over(line, sizeof line);

		if (!policy_rule_say(p, i, &l, &rule))
			return;
		if (strcmp(rule.heading, heading) != 0) {
			wr_fmt(w, "%s%s\n", i > 0 ? "\n" : "", rule.heading);
			heading = rule.heading;
			if (strcmp(heading, "Image") == 0)
				put_images(w, p);
		}
		if (rule.is_default && rule.members[0] != '\0')
			wr_str(&l, " (default)");
		put_paragraph(w, "  ", wr_slice(&l));
	}
}

static void put_explain_json(struct wr *w, const struct policy *p)
{
	struct policy_rule rule;
	struct jw j;

	jw_init(&j, w);
	jw_open(&j, '{');
	jw_key(&j, "images");
	jw_open(&j, '[');
	for (size_t i = 0; i < p->n_sets;) {
		struct wr l = wr_over(line, sizeof line);

		i = policy_image_say(p, i, &l);
		jw_slice(&j, wr_slice(&l));
	}
	jw_close(&j);
	jw_key(&j, "rules");
	jw_open(&j, '[');
	for (size_t i = 0;; i++) {
		struct wr l = wr_over(line, sizeof line);

		if (!policy_rule_say(p, i, &l, &rule))
			break;
		jw_open(&j, '{');
		jw_kbool(&j, "default", rule.is_default);
		jw_kstr(&j, "heading", rule.heading);
		jw_kstr(&j, "members", rule.members);
		jw_kslice(&j, "text", wr_slice(&l));
		jw_close(&j);
	}
	jw_close(&j);
	jw_close(&j);
	if (jw_end(&j) != ERR_OK)
		wr_fail(w, ERR_STATE);
	wr_str(w, "\n");
}

static int run_explain(const struct cli *c)
{
	static struct policy p;
	struct wr w = wr_over(text, sizeof text);
	struct policy_bad bad;
	int rc = policy_file_read(c->operand[0], &p, &bad);

	if (rc != CLI_DONE)
		return rc;
	if (bad.text[0] != '\0')
		return cli_fail(bad.code, "%s: %s", c->operand[0], bad.text);
	if (c->json)
		put_explain_json(&w, &p);
	else
		put_explain(&w, &p);
	return cli_print_wr(&w);
}

const struct cli_cmd cmd_policy_explain = {
	.name = "policy explain",
	.operands = "FILE",
	.noperands = 1,
	.summary = "what a policy accepts and refuses, in plain words",
	.opts = explain_opts,
	.run = run_explain,
};
