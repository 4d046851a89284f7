/* quote_verify.c - ee-measure quote verify: the verdict on a quote. */
#include "lib/text.h"
#include "measure/cli/verifier.h"

static const struct cli_opt opts[] = {
	VERIFIER_OPTS,
	{ NULL, NULL, NULL, 0 },
};

static void put_hex(struct wr *w, const char *name, const uint8_t *p, size_t n)
{
	wr_fmt(w, "%s: ", name);
	wr_hex(w, (struct slice){ p, n });
	wr_str(w, "\n");
}

static const char *yes_no(bool b)
{
	return b ? "true" : "false";
}

static void put_tcb(struct wr *w, const struct verdict *v)
{
	if (v->has_platform)
		put_hex(w, "fmspc", v->fmspc, sizeof v->fmspc);
	if (!v->has_status)
		return;
	wr_fmt(w, "tcb_status: %s\n", tcb_status_name(v->tcb_status));
	if (v->tcb_evaluation_number != 0) /* a token states none */
		wr_fmt(w, "tcb_evaluation_number: %u\n",
		       (unsigned)v->tcb_evaluation_number);
	wr_str(w, "advisories:");
	for (size_t i = 0; i < v->advisories.n; i++)
		wr_fmt(w, " %s", v->advisories.id[i]);
	wr_str(w, v->advisories.n == 0 ? " none\n" : "\n");
}

void cli_verdict_put(struct wr *w, const struct verdict *v)
{
	static const char *const rtmr[] = { "rtmr0", "rtmr1", "rtmr2",
					    "rtmr3" };

	if (v->reason == REASON_OK)
		wr_fmt(w, "verdict: accepted%s\n",
		       v->mode == VERIFY_AUTHENTIC_ONLY
			       ? " as authentic; no policy was asked"
			       : "");
	else
		wr_fmt(w, "verdict: refused\nreason: %s %s\n",
		       reason_code(v->reason), reason_text(v->reason));
	if (v->detail[0] != '\0')
		wr_fmt(w, "detail: %s\n", v->detail);
	if (v->warn_tcb)
		wr_fmt(w, "warning: %s %s\n", reason_code(REASON_WARN_TCB),
		       reason_text(REASON_WARN_TCB));
	if (v->warn_rtmr)
		wr_fmt(w, "warning: %s %s\n", reason_code(REASON_WARN_RTMR),
		       reason_text(REASON_WARN_RTMR));
	wr_fmt(w, "authentic: %s\n", yes_no(v->authentic));
	wr_fmt(w, "simulated: %s\n", yes_no(v->simulated));
	put_tcb(w, v);
	if (v->platform[0] != '\0')
		wr_fmt(w, "platform: %s\n", v->platform);
	if (!v->parsed)
		return;
	put_hex(w, "mrtd", v->body.mrtd, sizeof v->body.mrtd);
	for (size_t i = 0; i < 4; i++)
		put_hex(w, rtmr[i], v->body.rtmr[i], sizeof v->body.rtmr[i]);
	put_hex(w, "reportdata", v->body.reportdata, sizeof v->body.reportdata);
}

static int run(const struct cli *c)
{
	static struct cli_verifier cv;
	static uint8_t text[16 * 1024];
	struct wr w = wr_over(text, sizeof text);
	struct cli_file file;
	struct slice quote;
	struct verdict v;
	int rc = cli_verifier_open(c, &cv);

	if (rc != CLI_DONE)
		return rc;
	rc = cli_quote_read(c->operand[0], &file, &quote);
	if (rc != CLI_DONE)
		return rc;
	cli_verifier_judge(&cv, quote, &v);
	cli_close(&file);
	if (c->json) {
		verdict_write(&w, &v);
		wr_str(&w, "\n");
	} else {
		cli_verdict_put(&w, &v);
	}
	rc = cli_print_wr(&w);
	return rc != CLI_DONE ? rc : cli_verifier_exit(&cv, &v);
}

const struct cli_cmd cmd_quote_verify = {
	.name = "quote verify",
	.operands = "FILE",
	.noperands = 1,
	.summary = "judge a quote: genuine, and what the policy wants",
	.opts = opts,
	.run = run,
};
