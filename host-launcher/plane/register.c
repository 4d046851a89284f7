/* register.c - the decision about a registration: from the request's bytes to
 * one answer and one audit row. The order of the checks is that of the security
 * contract:
 *
 *   the nonce is there, was issued to this name, is not too old   001 to 003
 *   the rest of the request is there and well formed              006, 012
 *   the quote binds this nonce, these keys, this name             005
 *   the nonce was not used before                                 004
 *   the quote is genuine and what it shows is trusted    verify.h, in its order
 *   RTMR3 holds the bound configuration                           016
 *
 * Where the policy wants a token of Intel Trust Authority it is asked for when
 * all that can be checked before is right, and the rest is checked when it is
 * there: the token's verdict, or both and that they agree (decide.h),
 * REPORTDATA and RTMR3 by what was decided.
 */
#include <stdio.h>
#include <string.h>

#include "host-launcher/plane/attempt.h"
#include "lib/proto.h"
#include "lib/text.h"
#include "measure/lib/decide.h"

/* The quote's form; what it shows belongs into the audit row from here on. */
static void parse_quote(struct attempt *a)
{
	const char *field = "";
	struct quote q;
	enum err e;

	if (attempt_refused(a))
		return;
	e = quote_parse(a->quote, &q, &field);
	if (e != ERR_OK) {
		verdict_refuse(&a->verdict, REASON_QUOTE_PARSE, "%s: %s", field,
			       err_text(e));
		return;
	}
	a->verdict.parsed = true;
	a->verdict.version = q.version;
	a->verdict.body = q.body;
}

/* The binding is of this request, and all 64 bytes of REPORTDATA are of the
 * binding. That the quote is genuine is seen later. */
static void check_binding(struct attempt *a)
{
	uint8_t want[REPORTDATA_LEN];

	if (attempt_refused(a))
		return;
	reportdata(&a->binding, want);
	if (!ct_eq(a->binding.nonce, a->nonce, NONCE_LEN))
		attempt_refuse(a, REASON_REPORTDATA,
			       "the binding has another nonce");
	else if (strcmp(a->binding.role, ROLE_REGISTER) != 0)
		attempt_refuse(a, REASON_REPORTDATA,
			       "the binding was made for another role");
	else if (strcmp(a->binding.vm_name, a->vm_name) != 0)
		attempt_refuse(a, REASON_REPORTDATA,
			       "the binding has another vm_name");
	else if (!ct_eq(want, a->verdict.body.reportdata, sizeof want))
		attempt_refuse(a, REASON_REPORTDATA, "REPORTDATA differs");
	else if (a->replayed)
		attempt_refuse(a, REASON_NONCE_REPLAY, "");
}

/* What the evidence shows, once it is accepted. It was parsed before, but who
 * vouches for it now may have seen another one. */
static void check_bound(struct attempt *a)
{
	uint8_t want[REPORTDATA_LEN];
	enum reason r;

	if (attempt_refused(a))
		return;
	reportdata(&a->binding, want);
	r = verify_reportdata(&a->verdict, want);
	if (r != REASON_OK) {
		attempt_refuse(a, r, "REPORTDATA differs");
		return;
	}
	r = verify_config(&a->verdict, a->binding.config_sha384);
	if (r != REASON_OK)
		attempt_refuse(a, r,
			       "RTMR3 does not hold the bound configuration");
}

static void check_quote(struct attempt *a)
{
	if (attempt_refused(a))
		return;
	if (!decide_needs_quote(&a->p->rules.policy)) {
		if (judge_claim(a->p, a->quote, a->now_s, &a->verdict) !=
		    ERR_OK)
			attempt_refuse(a, REASON_INTERNAL, "");
		return;
	}
	if (judge_quote(a->p, a->quote, a->now_s, &a->verdict, &a->with) ==
	    ERR_OK)
		check_bound(a);
}

static void check_token(struct attempt *a, struct slice token, const char *why)
{
	if (token.len == 0)
		attempt_refuse(a, REASON_UNAVAILABLE, why);
	else if (judge_with_token(a->p, a->quote, token, a->now_s, &a->verdict,
				  &a->with) == ERR_OK)
		check_bound(a);
}

/* The record of a verdict on a genuine quote. Others leave none: what strangers
 * can make up fills no disk. */
static struct slice record_of(struct attempt *a)
{
	struct wr w = wr_over(a->record, sizeof a->record);

	if (!a->verdict.authentic)
		return str_slice("null");
	judge_record(a->p, &a->verdict, a->with, &w);
	return wr_end(&w) == ERR_OK ? wr_slice(&w) : str_slice("null");
}

static struct audit audit_of(struct attempt *a, char mrtd[static 97],
			     char nonce_id[static 17])
{
	const struct verdict *v = &a->verdict;
	struct wr asked = wr_over(a->asked, sizeof a->asked);
	struct audit row = {
		.request_id = a->request_id,
		.vm_name = a->vm_name,
		.detail = v->detail,
		.verdict = record_of(a),
		.reason = v->reason,
		.tcb_status =
			v->has_status ? tcb_status_name(v->tcb_status) : NULL,
	};

	judge_rules(a->p, &asked);
	row.policy = wr_slice(&asked);
	if (v->parsed) {
		hex_encode((struct slice){ v->body.mrtd, SHA384_LEN }, mrtd);
		row.mrtd = mrtd;
	}
	if (a->has_nonce) {
		hex_encode((struct slice){ a->nonce_hash, 8 }, nonce_id);
		row.nonce_id = nonce_id;
	}
	return row;
}

static void tell(struct attempt *a, const struct audit *row, bool accepted)
{
	struct plane_counts *n = &a->p->counts;

	if (accepted)
		n->accepted++;
	else if (row->code != NULL)
		n->conflicts++;
	else
		n->rejected[row->reason]++;
	if (a->p->decided != NULL)
		a->p->decided(row, accepted);
}

/* Records the refusal in `row`, then answers it. When it cannot be recorded it
 * is one of ours, and still a refusal. */
static void answer_refusal(struct attempt *a, struct audit *row, int status,
			   struct serve_response *res)
{
	const char *detail = row->detail;
	char text[256];

	if (store_audit_refusal(a->p->store, row, a->now_s) != ERR_OK) {
		row->reason = REASON_INTERNAL;
		row->code = NULL;
		row->detail = detail = "the store failed";
		status = reason_http(row->reason);
	}
	snprintf(text, sizeof text, "%s%s%s",
		 row->code != NULL ? "" : reason_text(row->reason),
		 row->code == NULL && detail[0] != '\0' ? ": " : "", detail);
	serve_error(res, status, audit_code(row), text, a->request_id);
	tell(a, row, false);
}

static void answer_verdict(struct attempt *a, struct serve_response *res)
{
	char mrtd[97], nonce_id[17];
	struct audit row = audit_of(a, mrtd, nonce_id);

	answer_refusal(a, &row, reason_http(row.reason), res);
}

/* Somebody else's name. The nonce stays unused. */
static void answer_conflict(struct attempt *a, struct serve_response *res)
{
	char mrtd[97], nonce_id[17];
	struct audit row = audit_of(a, mrtd, nonce_id);

	row.code = "vm_name_conflict";
	row.detail = "another MRTD, node_size or datacenter, or a simulated "
		     "agent beside a real one, is registered under this "
		     "vm_name";
	answer_refusal(a, &row, 409, res);
}

static void rtmrs_json(const struct quote_body *b, struct wr *w)
{
	static const char *const name[] = { "rtmr0", "rtmr1", "rtmr2",
					    "rtmr3" };
	struct jw j;

	jw_init(&j, w);
	jw_open(&j, '{');
	for (size_t i = 0; i < 4; i++)
		jw_khex(&j, name[i], (struct slice){ b->rtmr[i], SHA384_LEN });
	jw_close(&j);
}

static void attestation_json(const struct attempt *a, struct wr *w)
{
	struct jw j;

	jw_init(&j, w);
	jw_open(&j, '{');
	jw_key(&j, "binding");
	binding_write(&j, &a->binding);
	jw_kb64(&j, "quote_b64", a->quote);
	jw_close(&j);
}

static void uuid4(const br_prng_class **rng, char out[static 37])
{
	uint8_t b[16];
	char h[33];

	(*rng)->generate(rng, b, sizeof b);
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	hex_encode((struct slice){ b, sizeof b }, h);
	snprintf(out, 37, "%.8s-%.4s-%.4s-%.4s-%.12s", h, h + 8, h + 12, h + 16,
		 h + 20);
}

static void answer_accepted(struct attempt *a, const char *agent_id,
			    const char *secret, struct serve_response *res)
{
	struct jw j;

	res->status = 200;
	jw_init(&j, &res->body);
	jw_open(&j, '{');
	jw_kstr(&j, "agent_api_secret", secret);
	jw_kstr(&j, "agent_id", agent_id);
	jw_ki64(&j, "poll_interval", DEFAULT_POLL_SECONDS);
	jw_kbool(&j, "simulated", a->verdict.simulated);
	jw_close(&j);
}

/* Everything holds: make it so, in one transaction. */
static enum err store_it(struct attempt *a, const struct audit *row,
			 const char *secret, char agent_id[static 37],
			 enum reason *reason)
{
	static uint8_t attest[LIMIT_QUOTE_BYTES * 2];
	char rtmrs[512], new_id[37];
	struct wr wr_rtmrs = wr_over(rtmrs, sizeof rtmrs);
	struct wr wr_attest = wr_over(attest, sizeof attest);
	struct registration r = {
		.vm_name = a->vm_name,
		.node_size = a->node_size,
		.datacenter = a->datacenter,
		.version = a->version,
		.mrtd = row->mrtd,
		.tcb_status = row->tcb_status,
		.simulated = a->verdict.simulated,
		.new_agent_id = new_id,
		.inputs = judge_inputs(a->p, a->with),
	};

	rtmrs_json(&a->verdict.body, &wr_rtmrs);
	attestation_json(a, &wr_attest);
	if (wr_end(&wr_rtmrs) != ERR_OK || wr_end(&wr_attest) != ERR_OK)
		return ERR_SPACE;
	r.rtmrs = wr_slice(&wr_rtmrs);
	r.attestation = wr_slice(&wr_attest);
	memcpy(r.nonce_hash, a->nonce_hash, sizeof r.nonce_hash);
	uuid4(a->p->rng, new_id);
	sha256(str_slice(secret), r.secret_hash);
	return store_register(a->p->store, &r, row, a->now_s, agent_id, reason);
}

static void accept(struct attempt *a, struct serve_response *res)
{
	char mrtd[97], nonce_id[17], agent_id[37];
	char secret[AGENT_SECRET_CHARS + 1];
	uint8_t raw[AGENT_SECRET_CHARS / 2];
	struct audit row = audit_of(a, mrtd, nonce_id);
	enum reason reason = REASON_INTERNAL;
	enum err e;

	(*a->p->rng)->generate(a->p->rng, raw, sizeof raw);
	hex_encode((struct slice){ raw, sizeof raw }, secret);
	e = store_it(a, &row, secret, agent_id, &reason);
	if (e == ERR_MISMATCH) {
		answer_conflict(a, res);
	} else if (e != ERR_OK || reason != REASON_OK) {
		attempt_refuse(a, e != ERR_OK ? REASON_INTERNAL : reason,
			       e != ERR_OK ? "the store failed" : "");
		answer_verdict(a, res);
	} else {
		answer_accepted(a, agent_id, secret, res);
		a->p->counts.nonces_consumed++;
		tell(a, &row, true);
	}
	wipe(secret, sizeof secret);
	wipe(raw, sizeof raw);
}

static void answer(struct attempt *a, struct serve_response *res)
{
	if (attempt_refused(a))
		answer_verdict(a, res);
	else
		accept(a, res);
}

void plane_settle(struct attempt *a, struct slice token, const char *why,
		  int64_t now_s, struct serve_response *res)
{
	a->now_s = now_s;
	a->with = NULL; /* a bundle of that time may be gone */
	check_token(a, token, why);
	answer(a, res);
}

void plane_register(struct plane *p, int conn, const char *request_id,
		    struct slice body, struct serve_response *res)
{
	static struct attempt a;

	memset(&a, 0, sizeof a);
	a.p = p;
	a.request_id = request_id;
	a.now_s = p->now_ms(p->clock_ctx) / 1000;
	attempt_read(&a, body);
	parse_quote(&a);
	check_binding(&a);
	check_quote(&a);
	if (!attempt_refused(&a) && judge_needs_token(p)) {
		res->defer = p->ask != NULL && p->ask(p->ask_ctx, conn, &a);
		if (res->defer)
			return;
		attempt_refuse(&a, REASON_UNAVAILABLE,
			       "Intel Trust Authority cannot be asked now: try "
			       "again");
	}
	answer(&a, res);
}
