/* collateral_verify.c - ee-measure collateral verify: is it genuine, and in
 * force at a time. */
#include "lib/text.h"
#include "measure/cli/collateral.h"

static const struct cli_opt opts[] = {
	{ "at", "TIME", "judge as of: RFC 3339 or Unix seconds", CLI_REQUIRED },
	{ "insecure-sim-root", "PEM",
	  "also believe this root: simulated platforms", 0 },
	{ NULL, NULL, NULL, 0 },
};

static void put_text(struct wr *w, const struct collateral *c,
		     const struct collateral_judgement *j, int64_t now_s)
{
	char end[CLI_DATE_LEN + 1];

	cli_date(j->next.to_s, end);
	wr_fmt(w, "verdict: %s\n",
	       j->reason == REASON_OK ? "accepted" : "refused");
	if (j->reason != REASON_OK)
		wr_fmt(w, "reason: %s %s\ndetail: %s\n", reason_code(j->reason),
		       reason_text(j->reason), j->detail);
	wr_fmt(w, "simulated: %s\nfmspc: ", j->simulated ? "true" : "false");
	wr_hex(w, (struct slice){ c->tcb_info.fmspc, 6 });
	wr_fmt(w, "\nnext: %s ends %s\ndays_left: %lld\n", j->next.what, end,
	       (long long)cli_days_left(now_s, j->next.to_s));
	cli_collateral_put(w, c);
}

static void put_json(struct wr *w, const struct collateral *c,
		     const struct collateral_judgement *g, int64_t now_s)
{
	char end[CLI_DATE_LEN + 1];
	struct jw j;

	cli_date(g->next.to_s, end);
	jw_init(&j, w);
	jw_open(&j, '{');
	jw_key(&j, "collateral");
	jw_open(&j, '{');
	cli_collateral_json(&j, c);
	jw_close(&j);
	jw_ki64(&j, "days_left", cli_days_left(now_s, g->next.to_s));
	jw_kstr(&j, "detail", g->detail);
	jw_khex(&j, "fmspc", (struct slice){ c->tcb_info.fmspc, 6 });
	jw_key(&j, "next");
	jw_open(&j, '{');
	jw_kstr(&j, "at", end);
	jw_kstr(&j, "what", g->next.what);
	jw_close(&j);
	jw_kstr(&j, "reason", reason_text(g->reason));
	jw_kstr(&j, "reason_code", reason_code(g->reason));
	jw_kbool(&j, "simulated", g->simulated);
	jw_kstr(&j, "verdict", g->reason == REASON_OK ? "accepted" : "refused");
	jw_close(&j);
	if (jw_end(&j) != ERR_OK)
		wr_fail(w, ERR_STATE);
	wr_str(w, "\n");
}

static int run(const struct cli *c)
{
	static uint8_t store[COLLATERAL_ARENA_BYTES], text[16 * 1024];
	struct wr w = wr_over(text, sizeof text);
	struct collateral_judgement j;
	struct trust_roots roots;
	struct collateral col;
	int64_t now_s = 0;
	int rc;

	rc = cli_at(c, &now_s);
	if (rc == CLI_DONE)
		rc = cli_roots_read(c, &roots);
	if (rc == CLI_DONE)
		rc = cli_collateral_read(c->operand[0], store, &col);
	if (rc != CLI_DONE)
		return rc;
	collateral_check(&col, &roots, now_s, &j);
	if (c->json)
		put_json(&w, &col, &j, now_s);
	else
		put_text(&w, &col, &j, now_s);
	rc = cli_print_wr(&w);
	if (rc != CLI_DONE)
		return rc;
	return j.reason == REASON_OK ? CLI_DONE : CLI_REFUSED;
}

const struct cli_cmd cmd_collateral_verify = {
	.name = "collateral verify",
	.operands = "FILE",
	.noperands = 1,
	.summary = "judge collateral: genuine, and in force at a time",
	.opts = opts,
	.run = run,
};
