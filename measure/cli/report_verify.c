/* report_verify.c - ee-measure report verify: decides offline whether a job's
 * report holds, and names the first thing that does not. */
#include "measure/lib/report_check.h"

#include <stdio.h>
#include <string.h>

#include "lib/limit.h"
#include "lib/text.h"
#include "measure/cli/verifier.h"

enum {
	ARENA_BYTES = 1024 * 1024
};

static const struct cli_opt opts[] = {
	{ "collateral", "FILE", "what Intel says of the platform, one JSON",
	  CLI_REQUIRED },
	{ "at", "TIME", "verify as of: RFC 3339 or Unix seconds",
	  CLI_REQUIRED },
	{ "reference", "FILE", "accept the images of measurements.json",
	  CLI_MANY },
	{ "reference-key", "PEM",
	  "of its publisher: --reference is a signed envelope", 0 },
	{ "policy", "FILE", "accept what this policy says", 0 },
	{ "config", "FILE", "the configuration it must be made under", 0 },
	{ "previous", "FILE", "the report before it, to check the chain", 0 },
	{ "insecure-sim-root", "PEM",
	  "also believe this root: simulated quotes", 0 },
	{ NULL, NULL, NULL, 0 },
};

/* What there is to say in the end. */
struct outcome {
	struct report_finding finding;
	struct verdict quote;
	struct report report;
	bool has_report, has_quote;
	int code;
};

/* Reads one report file. CLI_REFUSED when it is one, but its digest or its
 * signature is wrong: the finding says which. */
static int read_report(const char *path, struct arena *a, struct cli_file *file,
		       struct report *r, struct report_finding *finding)
{
	const char *what = "";
	int rc = cli_read(path, LIMIT_REPORT_BYTES, file);
	enum err e;

	if (rc != CLI_DONE)
		return rc;
	e = report_read(a, file->data, r, &what);
	if (e == ERR_OK)
		return CLI_DONE;
	if (report_refused(e, what, finding))
		return CLI_REFUSED;
	return cli_fail(CLI_MALFORMED, "%s: not a report: %s%s%s", path, what,
			what[0] != '\0' ? ": " : "", err_text(e));
}

static int check_config(const struct cli *c, struct outcome *o)
{
	struct cli_file file = { 0 };
	uint8_t digest[SHA384_LEN];
	int rc;

	if (!cli_has(c, "config"))
		return CLI_DONE;
	rc = cli_read(cli_get(c, "config"), LIMIT_CONFIG_BYTES, &file);
	if (rc != CLI_DONE)
		return rc;
	sha384(file.data, digest);
	cli_close(&file);
	return report_has_config(&o->report, digest, &o->finding) ? CLI_DONE
								  : CLI_REFUSED;
}

static int check_previous(const struct cli *c, struct arena *a,
			  struct outcome *o)
{
	struct cli_file file = { 0 };
	struct report before;
	int rc;

	if (!cli_has(c, "previous"))
		return CLI_DONE;
	rc = read_report(cli_get(c, "previous"), a, &file, &before,
			 &o->finding);
	if (rc == CLI_DONE && !report_follows(&o->report, &before, &o->finding))
		rc = CLI_REFUSED;
	else if (rc == CLI_REFUSED)
		o->finding.what = "previous";
	cli_close(&file);
	return rc;
}

static int judge(const struct cli *c, const struct cli_verifier *cv,
		 struct arena *a, struct outcome *o)
{
	static uint8_t quote[LIMIT_QUOTE_BYTES];
	struct wr w = wr_over(quote, sizeof quote);
	int rc;

	if (report_quote(&o->report, &w) != ERR_OK)
		return cli_fail(CLI_MALFORMED, "%s: the quote is not base64",
				c->operand[0]);
	cli_verifier_judge(cv, wr_slice(&w), NULL, &o->quote);
	o->has_quote = true;
	if (!report_check(&o->report, &o->quote, &o->finding))
		return o->quote.reason != REASON_OK
			       ? cli_verifier_exit(cv, &o->quote)
			       : CLI_REFUSED;
	rc = check_config(c, o);
	return rc == CLI_DONE ? check_previous(c, a, o) : rc;
}

static const char *code_of(const struct outcome *o)
{
	if (o->code == CLI_DONE)
		return reason_code(REASON_OK);
	return o->finding.has_reason ? reason_code(o->finding.reason) : NULL;
}

static void put_name(struct jw *j, const struct report *r, const char *key)
{
	struct slice s;

	if (json_str(r->body, key, &s) == ERR_OK)
		jw_kslice(j, key, s);
}

/* What tells this report from others. */
static void put_members(struct jw *j, const struct report *r)
{
	int64_t sequence;

	jw_open(j, '{');
	put_name(j, r, "agent_id");
	jw_khex(j, "config_sha384",
		(struct slice){ r->binding.config_sha384, SHA384_LEN });
	put_name(j, r, "exchange");
	put_name(j, r, "job_id");
	put_name(j, r, "pair");
	if (json_int(r->body, "sequence", 1, INT64_MAX, &sequence) == ERR_OK)
		jw_ki64(j, "sequence", sequence);
	jw_khex(j, "sha384", (struct slice){ r->sha384, SHA384_LEN });
	put_name(j, r, "status");
	put_name(j, r, "vm_name");
	jw_close(j);
}

static void put_quote(struct jw *j, const struct verdict *v)
{
	static uint8_t text[16 * 1024];
	struct wr w = wr_over(text, sizeof text);

	verdict_write(&w, v);
	jw_raw(j, wr_slice(&w));
}

static void put_json(struct wr *w, const struct outcome *o)
{
	const char *code = code_of(o);
	struct jw j;

	jw_init(&j, w);
	jw_open(&j, '{');
	jw_kbool(&j, "authentic", o->has_quote && o->quote.authentic);
	jw_kstr(&j, "detail", o->finding.detail);
	jw_key(&j, "quote");
	if (o->has_quote)
		put_quote(&j, &o->quote);
	else
		jw_null(&j);
	jw_key(&j, "reason_code");
	if (code != NULL)
		jw_str(&j, code);
	else
		jw_null(&j);
	jw_key(&j, "report");
	if (o->has_report)
		put_members(&j, &o->report);
	else
		jw_null(&j);
	jw_kbool(&j, "simulated", o->has_quote && o->quote.simulated);
	jw_kstr(&j, "verdict", o->code == CLI_DONE ? "accepted" : "refused");
	jw_kstr(&j, "what", o->finding.what);
	jw_close(&j);
	if (jw_end(&j) != ERR_OK)
		wr_fail(w, ERR_STATE);
	wr_str(w, "\n");
}

static void put_line(struct wr *w, struct json v, const char *key)
{
	struct slice s;

	if (json_str(v, key, &s) != ERR_OK)
		return;
	wr_fmt(w, "%s: ", key);
	wr_bytes(w, s);
	wr_str(w, "\n");
}

/* What was accepted: names, and hours, that the signature covers. */
static void put_accepted(struct wr *w, const struct report *r)
{
	static const char *const names[] = { "vm_name",  "agent_id", "job_id",
					     "exchange", "pair",     "status" };
	struct json window;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		put_line(w, r->body, names[i]);
	if (json_object(r->body, "window", &window) == ERR_OK) {
		put_line(w, window, "from");
		put_line(w, window, "to");
	}
	wr_str(w, "config_sha384: ");
	wr_hex(w, (struct slice){ r->binding.config_sha384, SHA384_LEN });
	wr_str(w, "\n");
}

static void put_text(struct wr *w, const struct outcome *o)
{
	const char *code = code_of(o);

	wr_fmt(w, "verdict: %s\n",
	       o->code == CLI_DONE ? "accepted" : "refused");
	if (o->code != CLI_DONE)
		wr_fmt(w, "wrong: %s: %s\n", o->finding.what,
		       o->finding.detail);
	if (o->code != CLI_DONE && code != NULL)
		wr_fmt(w, "reason: %s %s\n", code,
		       reason_text(o->finding.reason));
	if (o->has_quote)
		wr_fmt(w, "simulated: %s\n",
		       o->quote.simulated ? "true" : "false");
	if (o->code == CLI_DONE)
		put_accepted(w, &o->report);
}

static int print(const struct cli *c, const struct outcome *o)
{
	static uint8_t text[64 * 1024];
	struct wr w = wr_over(text, sizeof text);
	int rc;

	if (c->json)
		put_json(&w, o);
	else
		put_text(&w, o);
	rc = cli_print_wr(&w);
	return rc != CLI_DONE ? rc : o->code;
}

static int run(const struct cli *c)
{
	static uint8_t mem[ARENA_BYTES];
	static struct cli_verifier cv;
	static struct outcome o;
	struct arena a = arena_over(mem, sizeof mem);
	struct cli_file file = { 0 };
	int rc = cli_verifier_open(c, &cv);

	if (rc != CLI_DONE)
		return rc;
	o.finding.what = "";
	o.code = read_report(c->operand[0], &a, &file, &o.report, &o.finding);
	o.has_report = o.code == CLI_DONE;
	if (o.code == CLI_DONE)
		o.code = judge(c, &cv, &a, &o);
	rc = o.code == CLI_DONE || o.finding.what[0] != '\0' ? print(c, &o)
							     : o.code;
	cli_close(&file);
	return rc;
}

const struct cli_cmd cmd_report_verify = {
	.name = "report verify",
	.operands = "FILE",
	.noperands = 1,
	.summary = "decide whether a job's report holds",
	.opts = opts,
	.run = run,
};
