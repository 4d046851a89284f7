/* A report against the verdict on its quote, and against the report before it:
 * each thing that can be wrong, and that it is named. */
#include "measure/lib/report_check.h"

#include <string.h>

#include "lib/text.h"
#include "tests/tap.h"

/* A report and a verdict that fit; a test changes one thing. */
struct pair {
	struct report r;
	struct verdict v;
	char body[2048];
	uint8_t mem[16384];
};

struct text {
	const char *vm_name, *config, *provider, *simulated, *sequence,
		*previous, *from, *to, *agent;
};

#define CONFIG                                                                 \
	"1111111111111111111111111111111111111111111111111111111111111111"     \
	"11111111111111111111111111111111"
#define ZEROS                                                                  \
	"0000000000000000000000000000000000000000000000000000000000000000"     \
	"00000000000000000000000000000000"
#define BEFORE                                                                 \
	"2222222222222222222222222222222222222222222222222222222222222222"     \
	"22222222222222222222222222222222"

static const struct text good = { "vm-1",
				  CONFIG,
				  "tsm_sim",
				  "true",
				  "2",
				  BEFORE,
				  "2026-01-02T03:04:05Z",
				  "2026-01-02T03:04:06Z",
				  "agent-1" };

static void bind(struct pair *p)
{
	uint8_t zero[SHA384_LEN] = { 0 };

	reportdata(&p->r.binding, p->v.body.reportdata);
	rtmr_extend(zero, p->r.binding.config_sha384);
	memcpy(p->v.body.rtmr[3], zero, sizeof zero);
}

static void make(struct pair *p, const struct text *t)
{
	struct arena a = arena_over(p->mem, sizeof p->mem);

	memset(&p->r, 0, sizeof p->r);
	memset(&p->v, 0, sizeof p->v);
	snprintf(p->body, sizeof p->body,
		 "{\"agent_id\":\"%s\",\"attestation\":{\"provider\":\"%s\"},"
		 "\"config_sha384\":\"%s\",\"previous_sha384\":\"%s\","
		 "\"sequence\":%s,\"simulated\":%s,\"vm_name\":\"%s\","
		 "\"window\":{\"from\":\"%s\",\"to\":\"%s\"}}",
		 t->agent, t->provider, t->config, t->previous, t->sequence,
		 t->simulated, t->vm_name, t->from, t->to);
	if (json_parse(&a, str_slice(p->body), &p->r.body) != ERR_OK)
		_exit(99);
	p->r.simulated = strcmp(t->simulated, "true") == 0;
	memset(p->r.binding.config_sha384, 0x11, SHA384_LEN);
	memset(p->r.binding.report_pub, 4, P256_PUB_LEN);
	memset(p->r.sha384, 0x22, SHA384_LEN);
	strcpy(p->r.binding.role, ROLE_REGISTER);
	strcpy(p->r.binding.vm_name, "vm-1");
	p->v.reason = REASON_OK;
	p->v.parsed = p->v.authentic = p->v.simulated = true;
	bind(p);
}

static struct pair p, q;

static void wants(const char *what, bool has_reason, enum reason reason)
{
	struct report_finding f;

	ok(!report_check(&p.r, &p.v, &f), "refused: %s", what);
	ok(strcmp(f.what, what) == 0 && f.detail[0] != '\0', "named (%s: %s)",
	   f.what, f.detail);
	ok(f.has_reason == has_reason && (!has_reason || f.reason == reason),
	   "with the right code");
}

static void test_good(void)
{
	struct report_finding f;
	struct text first = good;

	make(&p, &good);
	ok(report_check(&p.r, &p.v, &f) && f.what[0] == '\0', "a good report");
	first.sequence = "1";
	first.previous = ZEROS;
	first.to = first.from;
	make(&p, &first);
	ok(report_check(&p.r, &p.v, &f), "the first, over no time at all");
}

static void test_quote(void)
{
	make(&p, &good);
	p.v.reason = REASON_MRTD_UNTRUSTED;
	strcpy(p.v.detail, "mrtd");
	wants("quote", true, REASON_MRTD_UNTRUSTED);
	for (size_t i = 0; i < sizeof p.v.body.reportdata; i++) {
		struct report_finding f;

		make(&p, &good);
		p.v.body.reportdata[i] ^= 1;
		if (report_check(&p.r, &p.v, &f))
			ok(false, "byte %zu of REPORTDATA is not compared", i);
	}
	make(&p, &good);
	p.v.body.reportdata[63] ^= 0x80;
	wants("reportdata", true, REASON_REPORTDATA);
	make(&p, &good);
	p.r.binding.report_pub[1] ^= 1;
	wants("reportdata", true, REASON_REPORTDATA);
	make(&p, &good);
	p.v.body.rtmr[3][47] ^= 1;
	wants("rtmr3", true, REASON_RTMR);
	make(&p, &good);
	memset(p.v.body.rtmr[3], 0, SHA384_LEN);
	wants("rtmr3", true, REASON_RTMR);
	make(&p, &good);
	strcpy(p.r.binding.role, ROLE_ATTEST);
	bind(&p);
	wants("role", true, REASON_AUDIENCE);
}

static void test_claims(void)
{
	struct text t = good;

	t.config = BEFORE;
	make(&p, &t);
	wants("config_sha384", true, REASON_REPORTDATA);
	t = good;
	t.vm_name = "vm-2";
	make(&p, &t);
	wants("vm_name", true, REASON_REPORTDATA);
	t = good;
	t.simulated = "false";
	make(&p, &t);
	wants("simulated", true, REASON_ISSUER);
	make(&p, &good);
	p.v.simulated = false;
	wants("simulated", true, REASON_ISSUER);
	t = good;
	t.provider = "tdx_guest";
	make(&p, &t);
	wants("provider", true, REASON_ISSUER);
	t.simulated = "false";
	make(&p, &t);
	p.v.simulated = false;
	struct report_finding f;

	ok(report_check(&p.r, &p.v, &f), "real TDX says neither");
}

static void test_row(void)
{
	struct text t = good;

	t.sequence = "0";
	make(&p, &t);
	wants("sequence", false, REASON_OK);
	t.sequence = "1";
	make(&p, &t);
	wants("previous_sha384", false, REASON_OK);
	t = good;
	t.previous = ZEROS;
	make(&p, &t);
	wants("previous_sha384", false, REASON_OK);
	t = good;
	t.to = "2026-01-02T03:04:04.999Z";
	make(&p, &t);
	wants("window", false, REASON_OK);
	t = good;
	t.from = "yesterday";
	make(&p, &t);
	wants("window", false, REASON_OK);
}

static void test_follows(void)
{
	struct text first = good, t;
	struct report_finding f;

	first.sequence = "1";
	first.previous = ZEROS;
	make(&q, &first);
	make(&p, &good);
	ok(report_follows(&p.r, &q.r, &f), "the second after the first");
	ok(!report_follows(&q.r, &p.r, &f), "not the first after the second");
	ok(strcmp(f.what, "previous") == 0, "for its number");
	q.r.sha384[0] ^= 1;
	ok(!report_follows(&p.r, &q.r, &f), "another digest");
	ok(strcmp(f.what, "previous_sha384") == 0, "is named");
	make(&q, &first);
	q.r.binding.report_pub[5] ^= 1;
	ok(!report_follows(&p.r, &q.r, &f), "another key");
	t = first;
	t.agent = "agent-2";
	make(&q, &t);
	ok(!report_follows(&p.r, &q.r, &f), "another agent");
	t = good;
	t.sequence = "3";
	make(&q, &first);
	make(&p, &t);
	ok(!report_follows(&p.r, &q.r, &f), "one left out");
}

static void test_config(void)
{
	struct report_finding f;
	uint8_t digest[SHA384_LEN];

	make(&p, &good);
	memset(digest, 0x11, sizeof digest);
	ok(report_has_config(&p.r, digest, &f) && f.what[0] == '\0',
	   "the configuration that it was made under");
	for (size_t i = 0; i < sizeof digest; i++) {
		digest[i] ^= 1;
		if (report_has_config(&p.r, digest, &f))
			ok(false, "byte %zu is not compared", i);
		digest[i] ^= 1;
	}
	digest[47] ^= 0x80;
	ok(!report_has_config(&p.r, digest, &f) &&
		   strcmp(f.what, "config") == 0 && f.detail[0] != '\0',
	   "another one is named");
}

static void test_read_errors(void)
{
	struct report_finding f;

	ok(report_refused(ERR_MISMATCH, "sha384", &f) &&
		   f.reason == REASON_SIGNATURE &&
		   strcmp(f.what, "sha384") == 0,
	   "a digest that is wrong is a verdict");
	ok(report_refused(ERR_SIGNATURE, "signature", &f) &&
		   f.reason == REASON_SIGNATURE,
	   "so is a signature");
	ok(!report_refused(ERR_VALUE, "report.window", &f),
	   "a form that is wrong is not");
}

int main(void)
{
	test_good();
	test_quote();
	test_claims();
	test_row();
	test_follows();
	test_config();
	test_read_errors();
	return tap_done();
}
