/* What the agent is: its keys, its randomness, its word on a report. */
#include <string.h>

#include "agent/agent.h"
#include "lib/cert.h"

enum {
	CERT_YEARS = 30,
	YEAR_S = 365 * 24 * 3600
};

uint32_t agent_random(struct agent *a)
{
	uint32_t v = 0;

	rng_bytes(rng_prng(&a->secrets->rng), &v, sizeof(v));
	return v;
}

const char *agent_time_source(const struct agent *a)
{
	return a->reg.clock_set ? "control-plane" : "host";
}

/* Nobody believes this certificate: clients pin its key, which the quote binds,
 * and the key dies with the instance. So its dates only have to be no
 * hindrance, whatever the clock was before it was set. */
static enum err make_cert(struct agent *a, uint64_t epoch_s, struct wr *der)
{
	static const char *const names[] = { "ee-agent", NULL };
	struct cert_spec spec = {
		.subject_cn = "ee-agent",
		.issuer_cn = "ee-agent",
		.subject_pub = a->secrets->tls_key.pub,
		.signer = &a->secrets->tls_key,
		.not_before = (int64_t)epoch_s,
		.not_after = (int64_t)epoch_s + (int64_t)CERT_YEARS * YEAR_S,
		.path_len = -1,
		.dns = names,
	};

	rng_bytes(rng_prng(&a->secrets->rng), spec.serial, sizeof(spec.serial));
	spec.serial[0] = (spec.serial[0] & 0x3f) | 0x40; /* positive, full */
	return cert_write(&spec, der);
}

enum err agent_make_keys(struct agent *a, uint64_t epoch_s, struct wr *der)
{
	struct secrets *s = a->secrets;
	const br_prng_class **rng = rng_prng(&s->rng);
	enum err e = p256_generate(rng, &s->tls_key);

	if (e == ERR_OK)
		e = p256_generate(rng, &s->report_key);
	if (e == ERR_OK)
		e = hpke_generate(rng, &s->seal_key);
	if (e != ERR_OK)
		return e;
	memcpy(a->keys.tls_pub, s->tls_key.pub, P256_PUB_LEN);
	memcpy(a->keys.report_pub, s->report_key.pub, P256_PUB_LEN);
	memcpy(a->keys.seal_pub, s->seal_key.pub, HPKE_KEY_LEN);
	return make_cert(a, epoch_s, der);
}

enum err agent_sign(struct agent *a, const struct job_record *r, struct wr *out)
{
	struct report_origin from = {
		.agent_id = a->reg.agent_id,
		.vm_name = a->cfg.vm_name,
		.provider = a->provider,
		.time_source = agent_time_source(a),
		.time_bound_ms = a->reg.bound_ms,
		.simulated = a->simulated || a->reg.simulated,
		.binding = &a->accepted.binding,
		.quote = { a->accepted.quote, a->accepted.quote_len },
		.key = &a->secrets->report_key,
	};

	return reports_sign(&a->reports, &from, r, out);
}
