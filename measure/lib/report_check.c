/* report_check.c - a report against its quote and its predecessor. */
#include "measure/lib/report_check.h"

#include <stdio.h>
#include <string.h>

#include "lib/limit.h"
#include "lib/proto.h"
#include "lib/text.h"

/* Records a finding; always false, so that a check can return it. */
static bool found(struct report_finding *out, const char *what,
		  const char *detail)
{
	*out = (struct report_finding){ .what = what };
	snprintf(out->detail, sizeof out->detail, "%s", detail);
	return false;
}

static bool found_as(struct report_finding *out, enum reason reason,
		     const char *what, const char *detail)
{
	found(out, what, detail);
	out->has_reason = true;
	out->reason = reason;
	return false;
}

bool report_refused(enum err e, const char *what, struct report_finding *out)
{
	if (e != ERR_MISMATCH && e != ERR_SIGNATURE)
		return false;
	found_as(out, REASON_SIGNATURE, what,
		 e == ERR_MISMATCH
			 ? "the report is not the one that was signed"
			 : "not signed by the key that the report names");
	return true;
}

enum err report_quote(const struct report *r, struct wr *out)
{
	return b64_decode(r->quote_b64, out);
}

static bool check_quote(const struct report *r, const struct verdict *quote,
			struct report_finding *out)
{
	uint8_t want[REPORTDATA_LEN];

	if (quote->reason != REASON_OK)
		return found_as(out, quote->reason, "quote", quote->detail);
	reportdata(&r->binding, want);
	if (verify_reportdata(quote, want) != REASON_OK)
		return found_as(out, REASON_REPORTDATA, "reportdata",
				"the quote does not bind the report's keys");
	if (verify_config(quote, r->binding.config_sha384) != REASON_OK)
		return found_as(out, REASON_RTMR, "rtmr3",
				"the TD did not start with this configuration");
	if (strcmp(r->binding.role, ROLE_REGISTER) != 0)
		return found_as(out, REASON_AUDIENCE, "role",
				"the quote was made for another purpose");
	return true;
}

/* A string member of the report equals s. */
static bool str_is(const struct report *r, const char *key, const char *s)
{
	struct slice v;

	return json_str(r->body, key, &v) == ERR_OK && slice_is(v, s);
}

static bool digest_member(struct json body, const char *key,
			  uint8_t out[static SHA384_LEN])
{
	return json_hex(body, key, out, SHA384_LEN) == ERR_OK;
}

static bool check_claims(const struct report *r, const struct verdict *quote,
			 struct report_finding *out)
{
	const char *provider = quote->simulated ? PROVIDER_SIM : PROVIDER_TDX;
	uint8_t config[SHA384_LEN];
	struct json attestation;
	struct slice got;

	if (!digest_member(r->body, "config_sha384", config) ||
	    !ct_eq(config, r->binding.config_sha384, SHA384_LEN))
		return found_as(out, REASON_REPORTDATA, "config_sha384",
				"not the configuration that the quote binds");
	if (!str_is(r, "vm_name", r->binding.vm_name))
		return found_as(out, REASON_REPORTDATA, "vm_name",
				"not the name that the quote binds");
	if (r->simulated != quote->simulated)
		return found_as(out, REASON_ISSUER, "simulated",
				quote->simulated
					? "the quote is simulated"
					: "the quote is not simulated");
	if (json_object(r->body, "attestation", &attestation) != ERR_OK ||
	    json_str(attestation, "provider", &got) != ERR_OK ||
	    !slice_is(got, provider))
		return found_as(out, REASON_ISSUER, "provider",
				"such a quote does not come from there");
	return true;
}

static bool sequence_of(const struct report *r, int64_t *out)
{
	return json_int(r->body, "sequence", 1, INT64_C(1) << 53, out) ==
	       ERR_OK;
}

static bool check_chain(const struct report *r, struct report_finding *out)
{
	static const uint8_t zeros[SHA384_LEN];
	uint8_t previous[SHA384_LEN];
	int64_t sequence;
	bool first;

	if (!sequence_of(r, &sequence))
		return found(out, "sequence", "not a number from 1 on");
	if (!digest_member(r->body, "previous_sha384", previous))
		return found(out, "previous_sha384", "not a digest");
	first = ct_eq(previous, zeros, sizeof zeros);
	if (first != (sequence == 1))
		return found(out, "previous_sha384",
			     first ? "a later report must name the one before"
				   : "the first report has none before it");
	return true;
}

static bool check_window(const struct report *r, struct report_finding *out)
{
	struct slice from, to;
	int64_t from_ms, to_ms;
	struct json window;

	if (json_object(r->body, "window", &window) != ERR_OK ||
	    json_str(window, "from", &from) != ERR_OK ||
	    json_str(window, "to", &to) != ERR_OK ||
	    rfc3339_parse(from, &from_ms) != ERR_OK ||
	    rfc3339_parse(to, &to_ms) != ERR_OK)
		return found(out, "window", "not two times");
	if (from_ms > to_ms)
		return found(out, "window", "it ends before it begins");
	return true;
}

bool report_check(const struct report *r, const struct verdict *quote,
		  struct report_finding *out)
{
	*out = (struct report_finding){ .what = "" };
	return check_quote(r, quote, out) && check_claims(r, quote, out) &&
	       check_chain(r, out) && check_window(r, out);
}

bool report_has_config(const struct report *r,
		       const uint8_t config_sha384[static SHA384_LEN],
		       struct report_finding *out)
{
	*out = (struct report_finding){ .what = "" };
	if (ct_eq(r->binding.config_sha384, config_sha384, SHA384_LEN))
		return true;
	return found(out, "config", "made under another configuration");
}

bool report_follows(const struct report *r, const struct report *before,
		    struct report_finding *out)
{
	uint8_t previous[SHA384_LEN];
	int64_t mine, theirs;
	struct slice agent;
	char id[LIMIT_NAME_BYTES + 1];

	*out = (struct report_finding){ .what = "" };
	if (json_str(before->body, "agent_id", &agent) != ERR_OK ||
	    slice_cstr(agent, id, sizeof id) != ERR_OK ||
	    !str_is(r, "agent_id", id) ||
	    !ct_eq(r->binding.report_pub, before->binding.report_pub,
		   P256_PUB_LEN))
		return found(out, "previous", "it is another agent's report");
	if (!sequence_of(r, &mine) || !sequence_of(before, &theirs) ||
	    theirs + 1 != mine)
		return found(out, "previous",
			     "its sequence number is not the one before");
	if (!digest_member(r->body, "previous_sha384", previous) ||
	    !ct_eq(previous, before->sha384, SHA384_LEN))
		return found(out, "previous_sha384",
			     "not the digest of the report before");
	return true;
}
