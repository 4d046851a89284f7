/* quote_verify.c - ee-measure quote verify: the verdict on a quote. */
#include "lib/text.h"
#include "measure/cli/ear.h"
#include "measure/cli/token.h"
#include "measure/lib/decide.h"
#include "measure/lib/reference.h"

static const struct cli_opt opts[] = {
	VERIFIER_OPTS,
	{ "token", "FILE", "what Intel Trust Authority says of the same TD",
	  0 },
	TOKEN_OPTS(0),
	EAR_OPTS,
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

/* "name: 2026-01-02T03:04:05Z, 12 days before", or nothing. */
static void put_since(struct wr *w, const char *name, const struct verdict *v,
		      int64_t since_s)
{
	char text[REFERENCE_TIME_LEN + 1];
	int64_t days = verdict_days(v, since_s);

	if (since_s == 0)
		return;
	reference_time_format(since_s, text);
	wr_fmt(w, "%s: %s", name, text);
	if (days >= 0)
		wr_fmt(w, ", %lld day%s before", (long long)days,
		       days == 1 ? "" : "s");
	wr_str(w, "\n");
}

static void put_parts(struct wr *w, const struct verdict *v)
{
	static const char *const name[TCB_PARTS] = {
		[TCB_PLATFORM] = "platform",
		[TCB_MODULE] = "TDX module",
		[TCB_QE] = "quoting enclave",
	};
	char text[REFERENCE_TIME_LEN + 1];

	for (size_t i = 0; i < TCB_PARTS; i++) {
		const struct tcb_part *p = &v->tcb_part[i];

		if (!p->applies)
			continue;
		wr_fmt(w, "tcb_part: %s %s", name[i],
		       tcb_status_name(p->status));
		if (p->date_s != 0) {
			reference_time_format(p->date_s, text);
			wr_fmt(w, ", level of %s", text);
		}
		if (p->out_of_date_since_s != 0) {
			reference_time_format(p->out_of_date_since_s, text);
			wr_fmt(w, ", out of date since %s", text);
		}
		wr_str(w, "\n");
	}
}

static void put_item(struct wr *w, const char *name,
		     const struct collateral_item *i, const uint32_t *number)
{
	char from[REFERENCE_TIME_LEN + 1], to[REFERENCE_TIME_LEN + 1];

	reference_time_format(i->issued_s, from);
	reference_time_format(i->next_update_s, to);
	wr_fmt(w, "collateral: %s", name);
	if (number != NULL)
		wr_fmt(w, " %u", (unsigned)*number);
	wr_fmt(w, ", issued %s, next update %s, sha256 ", from, to);
	wr_hex(w, (struct slice){ i->sha256, sizeof i->sha256 });
	wr_str(w, "\n");
}

static void put_collateral(struct wr *w, const struct collateral_used *u)
{
	if (!u->known)
		return;
	put_item(w, "TCB info", &u->tcb_info, &u->tcb_info_number);
	put_item(w, "QE identity", &u->qe_identity, &u->qe_identity_number);
	put_item(w, "PCK CRL", &u->pck_crl, NULL);
	put_item(w, "root CRL", &u->root_crl, NULL);
	put_hex(w, "root_certificate_sha256", u->root_sha256,
		sizeof u->root_sha256);
}

static void put_platform(struct wr *w, const struct verdict *v)
{
	if (v->has_platform) {
		put_hex(w, "fmspc", v->fmspc, sizeof v->fmspc);
		put_hex(w, "ppid", v->ppid, sizeof v->ppid);
	}
	if (v->has_piid)
		put_hex(w, "piid", v->piid, sizeof v->piid);
}

static void put_tcb(struct wr *w, const struct verdict *v)
{
	if (!v->has_status)
		return;
	wr_fmt(w, "tcb_status: %s\n", tcb_status_name(v->tcb_status));
	if (v->tcb_now != v->tcb_status)
		wr_fmt(w, "tcb_status_now: %s, for a TD that is launched now\n",
		       tcb_status_name(v->tcb_now));
	put_since(w, "tcb_date", v, v->tcb_date_s);
	put_since(w, "tcb_out_of_date_since", v, v->out_of_date_since_s);
	put_parts(w, v);
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
	if (v->remarks[0] != '\0')
		wr_fmt(w, "remark: %s\n", v->remarks);
	wr_fmt(w, "authentic: %s\n", yes_no(v->authentic));
	wr_fmt(w, "simulated: %s\n", yes_no(v->simulated));
	if (v->simulated)
		wr_str(w, "warning: simulated: all that follows is said under "
			  "a root that is not Intel's, and proves nothing\n");
	put_platform(w, v);
	put_tcb(w, v);
	put_collateral(w, &v->used);
	if (v->platform[0] != '\0')
		wr_fmt(w, "platform: %s\n", v->platform);
	if (!v->parsed)
		return;
	put_hex(w, "mrtd", v->body.mrtd, sizeof v->body.mrtd);
	for (size_t i = 0; i < 4; i++)
		put_hex(w, rtmr[i], v->body.rtmr[i], sizeof v->body.rtmr[i]);
	put_hex(w, "reportdata", v->body.reportdata, sizeof v->body.reportdata);
}

int cli_verdict_print(const struct cli *c, const struct verdict *v)
{
	static uint8_t text[16 * 1024];
	struct wr w = wr_over(text, sizeof text);

	if (c->json) {
		verdict_write(&w, v);
		wr_str(&w, "\n");
	} else {
		cli_verdict_put(&w, v);
	}
	return cli_print_wr(&w);
}

/* A token is looked at where a policy says so; options of one that is not given
 * are a mistake. */
static int check_options(const struct cli *c)
{
	static const char *const of_token[] = {
		"jwks",      "issuer",    "audience", "leeway",
		"jwks-root", "held-data", "nonce",    "require-policy-id",
		"jwks-crl"
	};

	if (cli_has(c, "token") && !cli_has(c, "policy"))
		return cli_fail(CLI_USAGE,
				"--token needs --policy: without one a quote "
				"decides alone");
	if (cli_has(c, "token") &&
	    (!cli_has(c, "jwks") || !cli_has(c, "issuer")))
		return cli_fail(CLI_USAGE, "--token needs --jwks and --issuer");
	for (size_t i = 0; i < sizeof of_token / sizeof *of_token; i++)
		if (cli_has(c, of_token[i]) && !cli_has(c, "token"))
			return cli_fail(CLI_USAGE, "--%s needs --token",
					of_token[i]);
	return CLI_DONE;
}

/* The verdict on --token in *out, and *judged when there is one. */
static int judge_token(const struct cli *c, const struct cli_verifier *cv,
		       struct cli_token *t, struct verdict *out, bool *judged)
{
	int rc;

	*judged = false;
	if (!cli_has(c, "token"))
		return CLI_DONE;
	if (!decide_needs_token(cv->v.policy)) {
		if (cv->v.policy != NULL)
			cli_note("the policy's verifier is dcap: the token is "
				 "not looked at");
		return CLI_DONE;
	}
	*judged = true;
	rc = cli_token_open(c, t);
	return rc != CLI_DONE
		       ? rc
		       : cli_token_judge(c, t, cv, cli_get(c, "token"), out);
}

static int run(const struct cli *c)
{
	static struct cli_verifier cv;
	static struct cli_token t;
	struct cli_file file;
	struct slice quote;
	struct verdict v, token;
	bool judged = false;
	int rc = check_options(c);

	if (rc == CLI_DONE)
		rc = cli_ear_check(c);
	if (rc == CLI_DONE)
		rc = cli_verifier_open(c, &cv);
	if (rc == CLI_DONE)
		rc = judge_token(c, &cv, &t, &token, &judged);
	if (rc == CLI_DONE)
		rc = cli_quote_read(c->operand[0], &file, &quote);
	if (rc != CLI_DONE)
		return rc;
	cli_verifier_judge(&cv, quote, judged ? &token : NULL, &v);
	cli_close(&file);
	if (v.reason == REASON_UNAVAILABLE && !judged &&
	    decide_needs_token(cv.v.policy))
		cli_note("give --token FILE, --jwks FILE and --issuer TEXT: "
			 "the policy's verifier is %s",
			 policy_verifier_name(cv.policy.verifier));
	rc = cli_ear_write(c, &cv, &v);
	if (rc == CLI_DONE)
		rc = cli_verdict_print(c, &v);
	if (rc == CLI_DONE)
		rc = cli_verifier_exit(&cv, &v);
	return rc == CLI_REFUSED && judged && cli_token_malformed(&t, &v)
		       ? CLI_MALFORMED
		       : rc;
}

const struct cli_cmd cmd_quote_verify = {
	.name = "quote verify",
	.operands = "FILE",
	.noperands = 1,
	.summary = "judge a quote: genuine, and what the policy wants",
	.opts = opts,
	.run = run,
};
