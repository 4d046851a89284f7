/* attest.c - challenges an agent and judges the quote that it answers with. */
#include <string.h>

#include "host-launcher/cli/session.h"
#include "host-launcher/cli/trust.h"
#include "host-launcher/lib/log.h"
#include "lib/proto.h"
#include "lib/text.h"

enum {
	NONCE_BODY_CAP = 128,
	ATTESTED_CAP = 8 * 1024,
	VERDICT_CAP = 24 * 1024
};

/* The answer to POST /v1/attest. quote points into mem. */
struct answer {
	struct binding binding;
	uint8_t quote_mem[LIMIT_QUOTE_BYTES];
	struct slice quote;
};

static enum err parse_answer(struct session *s, struct slice body,
			     struct answer *out)
{
	static const char *const known[] = { "binding", "provider", "quote_b64",
					     NULL };
	struct arena a = arena_over(s->json_mem, sizeof s->json_mem);
	struct wr w = wr_over(out->quote_mem, sizeof out->quote_mem);
	struct json v, binding;
	const char *which;
	struct slice text;
	enum err e = json_parse(&a, body, &v);

	if (e == ERR_OK)
		e = json_only(v, known, &which);
	if (e == ERR_OK)
		e = json_object(v, "binding", &binding);
	if (e == ERR_OK)
		e = binding_read(binding, &out->binding);
	if (e == ERR_OK)
		e = json_str(v, "quote_b64", &text);
	if (e == ERR_OK)
		e = b64_decode(text, &w);
	out->quote = wr_slice(&w);
	return e;
}

static enum exit_status challenge(struct session *s,
				  uint8_t nonce[static NONCE_LEN],
				  struct answer *out)
{
	char body[NONCE_BODY_CAP], hex[2 * NONCE_LEN + 1];
	struct http_msg res;
	enum exit_status status;
	enum err e;

	rng_bytes(rng_prng(&s->rng), nonce, NONCE_LEN);
	hex_encode((struct slice){ nonce, NONCE_LEN }, hex);
	(void)snprintf(body, sizeof body, "{\"nonce\":\"%s\"}", hex);
	status =
		session_request(s, "POST", ROUTE_ATTEST, str_slice(body), &res);
	if (status != STATUS_DONE)
		return status;
	e = parse_answer(s, res.body, out);
	if (e == ERR_OK)
		return STATUS_DONE;
	complain("the agent's answer: %s", err_text(e));
	return STATUS_MALFORMED;
}

/* What the quote has to bind, checked against what is known here: NULL when it
 * is all so. */
static const char *binding_wrong(const struct session *s,
				 const struct binding *b,
				 const uint8_t nonce[static NONCE_LEN])
{
	uint8_t key[P256_PUB_LEN];

	if (httpc_peer_key(&s->http, key) != ERR_OK)
		return "no key of its own";
	if (!ct_eq(b->nonce, nonce, NONCE_LEN))
		return "another nonce than the one sent";
	if (strcmp(b->role, ROLE_ATTEST) != 0)
		return "a quote for another purpose";
	if (strcmp(b->vm_name, s->spec.name) != 0)
		return "another instance's name";
	if (!ct_eq(b->config_sha384, s->config_sha384, SHA384_LEN))
		return "another configuration";
	if (!ct_eq(b->tls_pub, key, P256_PUB_LEN))
		return "another TLS key than this connection's";
	return NULL;
}

static void judge(const struct session *s, const struct verifier *verifier,
		  const struct answer *a, const uint8_t nonce[static NONCE_LEN],
		  struct verdict *v)
{
	const char *wrong = binding_wrong(s, &a->binding, nonce);
	uint8_t want[REPORTDATA_LEN];
	enum reason r;

	verify_quote(verifier, a->quote, wall_ms() / 1000, v);
	if (v->reason != REASON_OK)
		return;
	reportdata(&a->binding, want);
	if (wrong != NULL) {
		verdict_refuse(v, REASON_REPORTDATA, "the agent shows %s",
			       wrong);
		return;
	}
	r = verify_reportdata(v, want);
	if (r != REASON_OK) {
		verdict_refuse(v, r, "REPORTDATA is not that of the binding");
		return;
	}
	r = verify_config(v, s->config_sha384);
	if (r != REASON_OK)
		verdict_refuse(v, r, "RTMR3 does not hold the configuration");
}

/* The keys that were accepted, for later conversations. */
static enum err save(const struct session *s, const struct binding *b,
		     const struct verdict *v)
{
	uint8_t mem[ATTESTED_CAP];
	struct wr w = wr_over(mem, sizeof mem);
	char path[PATH_CAP], at[RFC3339_LEN + 1];
	struct jw j;
	enum err e;

	rfc3339_format(wall_ms(), at);
	jw_init(&j, &w);
	jw_open(&j, '{');
	jw_kstr(&j, "attested_at", at);
	jw_khex(&j, "config_sha384",
		(struct slice){ b->config_sha384, SHA384_LEN });
	jw_kb64(&j, "report_public_key",
		(struct slice){ b->report_pub, P256_PUB_LEN });
	jw_kb64(&j, "seal_public_key",
		(struct slice){ b->seal_pub, HPKE_KEY_LEN });
	jw_kbool(&j, "simulated", v->simulated);
	jw_kb64(&j, "tls_public_key",
		(struct slice){ b->tls_pub, P256_PUB_LEN });
	jw_close(&j);
	e = jw_end(&j);
	if (e == ERR_OK)
		e = path_fmt(path, "%s/" INSTANCE_ATTESTED, s->dir);
	return e != ERR_OK ? e : file_write(path, 0600, wr_slice(&w));
}

enum exit_status session_attest(struct session *s, const struct trust_opts *t,
				struct verdict *v, struct binding *binding)
{
	static struct answer answer;
	uint8_t nonce[NONCE_LEN];
	struct verifier verifier;
	enum exit_status status = trust_load(t, &verifier);
	enum err e;

	if (status == STATUS_DONE)
		status = challenge(s, nonce, &answer);
	if (status != STATUS_DONE)
		return status;
	judge(s, &verifier, &answer, nonce, v);
	if (v->reason != REASON_OK)
		return STATUS_REFUSED;
	e = save(s, &answer.binding, v);
	if (e != ERR_OK) {
		complain("the attested keys cannot be saved: %s", err_text(e));
		return exit_of(e);
	}
	/* The connection keeps to the key that it learned, which is the one
	 * that was just attested. */
	*binding = answer.binding;
	s->trusted = true;
	return STATUS_DONE;
}

static void print_tcb(const struct verdict *v)
{
	char since[REFERENCE_TIME_LEN + 1];

	(void)printf("tcb_status  %s\n", tcb_status_name(v->tcb_status));
	if (v->out_of_date_since_s != 0) {
		reference_time_format(v->out_of_date_since_s, since);
		(void)printf(
			"behind      since %s, %lld days\n", since,
			(long long)verdict_days(v, v->out_of_date_since_s));
	}
	if (v->remarks[0] != '\0')
		(void)printf("remark      %s\n", v->remarks);
}

void print_verdict(const struct verdict *v, bool json)
{
	static uint8_t mem[VERDICT_CAP];
	struct wr w = wr_over(mem, sizeof mem);
	char mrtd[2 * SHA384_LEN + 1];

	if (json) {
		verdict_write(&w, v);
		(void)printf("%.*s\n", (int)w.len, (const char *)w.buf);
		return;
	}
	(void)printf("%s%s  %s %s%s%s\n",
		     v->reason == REASON_OK ? "accepted" : "refused",
		     v->simulated ? " (SIMULATED: proves nothing)" : "",
		     reason_code(v->reason), reason_text(v->reason),
		     v->detail[0] != '\0' ? ": " : "", v->detail);
	if (v->has_status)
		print_tcb(v);
	if (!v->parsed)
		return;
	hex_encode((struct slice){ v->body.mrtd, SHA384_LEN }, mrtd);
	(void)printf("mrtd        %s\n", mrtd);
}

VERB(cmd_attest)
{
	static struct session s;
	const struct attest_opts *o = opts;
	struct binding binding;
	struct verdict v;
	enum exit_status status;
	bool json;

	(void)n;
	status = wants_json(o->format, &json);
	if (status == STATUS_DONE)
		status = session_open(&s, operands[0]);
	if (status != STATUS_DONE)
		return status;
	v.reason = REASON_INTERNAL;
	status = session_attest(&s, &o->trust, &v, &binding);
	if (status == STATUS_DONE || v.reason != REASON_INTERNAL)
		print_verdict(&v, json);
	session_close(&s);
	return status;
}
