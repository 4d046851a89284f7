/* The control plane's decisions, through its handler, with quotes of the
 * simulated platform: what is accepted, every refusal with its code, one audit
 * row each and nothing else changed; mutated requests; the API's edges. */
#include <stdlib.h>

#include "host-launcher/plane/plane.h"
#include "host-launcher/vm/simquote.h"
#include "lib/json.h"
#include "lib/proto.h"
#include "lib/reportdata.h"
#include "lib/rng.h"
#include "lib/text.h"
#include "tests/tap.h"

enum {
	T0 = 1800000000,
	MUTATIONS = 2000
};

static struct plane *p;
static struct pki_keys keys;
static struct pki pki;
static struct rng rng;
static int64_t now_s = T0;
static struct collateral collateral;
static uint8_t *collateral_mem;
static char out[1 << 20], path[64];
static uint8_t arena_mem[1 << 20];

static int64_t clock_ms(void *ctx)
{
	(void)ctx;
	return now_s * 1000;
}

static void bail(const char *what)
{
	printf("Bail out! %s\n", what);
	exit(1);
}

static void must(enum err e, const char *what)
{
	if (e != ERR_OK)
		bail(what);
}

static void setup(void)
{
	struct arena a;
	struct pki_spec spec = { .created_s = T0,
				 .issued_s = T0 - 3600,
				 .valid_s = 30 * 86400,
				 .tcb_status = TCB_UP_TO_DATE };
	const char *what;
	char why[256];

	rng_seeded(&rng, str_slice("plane"));
	p = calloc(1, sizeof *p);
	collateral_mem = malloc(COLLATERAL_ARENA_BYTES);
	if (p == NULL || collateral_mem == NULL)
		bail("memory");
	a = arena_over(collateral_mem, COLLATERAL_ARENA_BYTES);
	must(pki_generate(rng_prng(&rng), &keys), "keys");
	must(pki_issue(&keys, &spec, &pki), "pki");
	must(collateral_parse(&a, pki.collateral, &collateral, &what), what);
	collateral_authenticate(&collateral);
	snprintf(path, sizeof path, "/tmp/test_plane.%d.db", (int)getpid());
	must(store_open(path, &p->store, why, sizeof why), "store");
	p->rng = rng_prng(&rng);
	p->now_ms = clock_ms;
	p->collaterals[0] = &collateral;
	p->ncollaterals = 1;
	sha256(str_slice("admin"), p->admin_sha256);
	trust_roots_init(&p->roots);
	must(trust_roots_add_insecure(&p->roots, pki.root), "root");
}

/* ---- requests ---- */

static int call(const char *method, const char *route, const char *query,
		const char *bearer, struct slice body)
{
	struct http_msg m = { .method = str_slice(method),
			      .path = str_slice(route),
			      .query = str_slice(query),
			      .body = body };
	struct serve_response res = { .body = wr_over(out, sizeof out - 1) };
	char auth[128];

	if (bearer != NULL) {
		snprintf(auth, sizeof auth, "Bearer %s", bearer);
		m.headers[0] = (struct http_header){ str_slice("Authorization"),
						     str_slice(auth) };
		m.nheaders = 1;
	}
	plane_handle(p, 0, &m, &res);
	out[res.body.len] = '\0';
	return res.status;
}

static struct json parsed(void)
{
	struct arena a = arena_over(arena_mem, sizeof arena_mem);
	struct json v = { NULL };

	must(json_parse(&a, str_slice(out), &v), "the answer is not JSON");
	return v;
}

static bool member_is(const char *key, const char *want)
{
	struct slice s;

	return json_str(parsed(), key, &s) == ERR_OK && slice_is(s, want);
}

static struct sim_td td = { .td_attributes = SIM_TD_ATTRIBUTES,
			    .xfam = SIM_XFAM };

/* Everything that a request is made of, to be bent by a test. */
struct req {
	struct binding b;
	struct sim_td td;
	char nonce[65], vm_name[64], node_size[40], datacenter[64];
	uint8_t quote[16384];
	size_t quote_len;
};

static void challenge(const char *vm, char nonce[static 65])
{
	char query[96];
	struct slice s;

	snprintf(query, sizeof query, "vm_name=%s", vm);
	if (call("GET", ROUTE_CHALLENGE, query, NULL, str_slice("")) != 200 ||
	    json_str(parsed(), "nonce", &s) != ERR_OK)
		bail("no challenge");
	must(slice_cstr(s, nonce, 65), "nonce");
}

static void sign(struct req *r)
{
	uint8_t rd[REPORTDATA_LEN];
	struct wr w = wr_over(r->quote, sizeof r->quote);

	reportdata(&r->b, rd);
	must(simquote(&keys, &pki, &r->td, rd, &w), "quote");
	r->quote_len = w.len;
}

static void make(struct req *r, const char *vm)
{
	uint8_t zeros[SHA384_LEN] = { 0 };

	memset(r, 0, sizeof *r);
	r->td = td;
	challenge(vm, r->nonce);
	must(hex_decode(str_slice(r->nonce), r->b.nonce, NONCE_LEN), "nonce");
	memset(r->b.config_sha384, 7, SHA384_LEN);
	memcpy(r->td.rtmr[3], zeros, SHA384_LEN);
	rtmr_extend(r->td.rtmr[3], r->b.config_sha384);
	r->b.tls_pub[0] = r->b.report_pub[0] = 4;
	strcpy(r->b.role, ROLE_REGISTER);
	snprintf(r->b.vm_name, sizeof r->b.vm_name, "%s", vm);
	snprintf(r->vm_name, sizeof r->vm_name, "%s", vm);
	strcpy(r->node_size, "tiny");
	strcpy(r->datacenter, "local:qemu");
	sign(r);
}

static char body[65536];

static struct slice write_body(const struct req *r)
{
	struct wr w = wr_over(body, sizeof body);
	struct jw j;

	jw_init(&j, &w);
	jw_open(&j, '{');
	jw_key(&j, "attestation");
	jw_open(&j, '{');
	jw_key(&j, "binding");
	binding_write(&j, &r->b);
	jw_key(&j, "tdx");
	jw_open(&j, '{');
	jw_kb64(&j, "quote_b64", (struct slice){ r->quote, r->quote_len });
	jw_close(&j);
	jw_kstr(&j, "timestamp", "2027-01-15T08:00:00.000Z");
	jw_close(&j);
	jw_kstr(&j, "datacenter", r->datacenter);
	jw_kstr(&j, "node_size", r->node_size);
	jw_kstr(&j, "nonce", r->nonce);
	jw_kstr(&j, "version", AGENT_VERSION);
	jw_kstr(&j, "vm_name", r->vm_name);
	jw_close(&j);
	must(jw_end(&j), "body");
	return wr_slice(&w);
}

static int post(const struct req *r)
{
	return call("POST", ROUTE_REGISTER, "", NULL, write_body(r));
}

static struct store_counts counts(void)
{
	struct store_counts c;

	must(store_count(p->store, now_s, &c), "count");
	return c;
}

/* A refusal: its status and code, one row more, no agent more. */
static void refused(const struct req *r, int status, const char *code,
		    const char *why)
{
	struct store_counts before = counts(), after;
	int got = post(r);

	ok(got == status && member_is("code", code), "%s: %s", why, code);
	if (got != status || !member_is("code", code))
		printf("# %d %s\n", got, out);
	after = counts();
	ok(after.refused == before.refused + 1 &&
		   after.agents == before.agents &&
		   after.accepted == before.accepted &&
		   after.nonces_open == before.nonces_open,
	   "%s: one audit row and nothing else", why);
}

/* ---- trust ---- */

static void hex48(const uint8_t b[static SHA384_LEN], char text[static 97])
{
	hex_encode((struct slice){ b, SHA384_LEN }, text);
}

static void trust(void)
{
	char mrtd[97], r[3][97];
	const char *const regs[3] = { r[0], r[1], r[2] };

	hex48(td.mrtd, mrtd);
	for (size_t i = 0; i < 3; i++)
		hex48(td.rtmr[i], r[i]);
	must(store_trust_mrtd(p->store, mrtd, "agent", "", T0), "mrtd");
	must(store_trust_rtmrs(p->store, mrtd, regs, "sim", T0), "rtmrs");
}

static void test_trust(void)
{
	struct req r;
	char json[256], mrtd[97];

	memset(td.mrtd, 1, SHA384_LEN);
	for (int i = 0; i < 3; i++)
		memset(td.rtmr[i], 2 + i, SHA384_LEN);
	make(&r, "vm-0");
	refused(&r, 403, "EE-ATT-017", "nothing is trusted yet");
	hex48(td.mrtd, mrtd);
	snprintf(json, sizeof json, "{\"mrtd\":\"%s\",\"type\":\"agent\"}",
		 mrtd);
	ok(call("POST", ROUTE_TRUSTED_MRTDS, "", NULL, str_slice(json)) == 401,
	   "trust wants the admin token");
	ok(call("POST", ROUTE_TRUSTED_MRTDS, "", "Admin", str_slice(json)) ==
		   401,
	   "the right one");
	ok(call("POST", ROUTE_TRUSTED_MRTDS, "", "admin", str_slice("{}")) ==
		   400,
	   "and a whole entry");
	ok(call("POST", ROUTE_TRUSTED_MRTDS, "", "admin", str_slice(json)) ==
		   200,
	   "an MRTD is trusted");
	refused(&r, 403, "EE-ATT-016", "an MRTD without RTMRs");
	trust();
	ok(post(&r) == 200, "with them, the very same request is accepted");
	ok(call("GET", "/api/v1/trusted-mrtds", "", NULL, str_slice("")) ==
			   200 &&
		   strstr(out, "\"total\":1") != NULL,
	   "the public list shows it");
}

/* ---- accepted ---- */

static void test_accepted(void)
{
	struct req r;
	struct store_counts before = counts(), after;
	char route[128], secret[80];
	struct slice id, s;
	bool sim = false;

	make(&r, "vm-1");
	ok(post(&r) == 200, "a good registration");
	ok(json_bool(parsed(), "simulated", &sim) == ERR_OK && sim,
	   "is marked simulated");
	must(json_str(parsed(), "agent_api_secret", &s), "secret");
	ok(s.len == AGENT_SECRET_CHARS, "has a secret");
	must(slice_cstr(s, secret, sizeof secret), "secret");
	must(json_str(parsed(), "agent_id", &id), "id");
	snprintf(route, sizeof route, ROUTE_AGENTS "/%.*s/heartbeat",
		 (int)id.len, (const char *)id.ptr);
	after = counts();
	ok(after.agents == before.agents + 1 &&
		   after.accepted == before.accepted + 1 &&
		   after.nonces_open == before.nonces_open,
	   "one agent, one row, the nonce is used");
	refused(&r, 403, "EE-ATT-004", "the same request again");

	const char *beat = "{\"status\":\"healthy\",\"vm_name\":\"vm-1\"}";

	ok(call("POST", route, "", secret, str_slice(beat)) == 200, "a beat");
	ok(call("POST", route, "", "no", str_slice(beat)) == 401, "a bad one");
	ok(call("POST", route, "", NULL, str_slice(beat)) == 401, "without");
	ok(call("POST", route, "", secret,
		str_slice("{\"status\":\"x\",\"vm_name\":\"vm-2\"}")) == 400,
	   "for another name");
	ok(call("POST", ROUTE_AGENTS "/none/heartbeat", "", secret,
		str_slice(beat)) == 404,
	   "for nobody");
	*strrchr(route, '/') = '\0';
	ok(call("GET", route, "", NULL, str_slice("")) == 200 &&
		   strstr(out, "\"quote_b64\":\"") != NULL &&
		   strstr(out, secret) == NULL,
	   "the agent is shown with its evidence and without its secret");
}

/* ---- refused ---- */

static void test_nonce(void)
{
	struct req r;

	make(&r, "vm-2");
	r.nonce[0] = '\0';
	refused(&r, 400, "EE-ATT-001", "no nonce");
	make(&r, "vm-2");
	r.nonce[0] = r.nonce[0] == 'a' ? 'b' : 'a';
	refused(&r, 403, "EE-ATT-002", "a nonce of its own");
	strcpy(r.nonce, "zz");
	refused(&r, 403, "EE-ATT-002", "a nonce that is none");
	make(&r, "vm-2");
	now_s += NONCE_TTL_SECONDS;
	refused(&r, 403, "EE-ATT-003", "300 seconds later");
	now_s = T0;
	make(&r, "vm-2");
	strcpy(r.vm_name, "vm-3");
	refused(&r, 403, "EE-ATT-002", "a nonce issued to another name");
}

static void test_binding(void)
{
	struct req r;

	make(&r, "vm-2");
	r.b.report_pub[64] ^= 1;
	refused(&r, 403, "EE-ATT-005", "another report key than was quoted");
	make(&r, "vm-2");
	r.b.nonce[0] ^= 1;
	sign(&r);
	refused(&r, 403, "EE-ATT-005", "a quote over another nonce");
	make(&r, "vm-2");
	strcpy(r.b.role, ROLE_ATTEST);
	sign(&r);
	refused(&r, 403, "EE-ATT-005", "a quote made to attest, not register");
	make(&r, "vm-2");
	strcpy(r.b.vm_name, "vm-9");
	sign(&r);
	refused(&r, 403, "EE-ATT-005", "a quote for another vm_name");
}

static void test_evidence(void)
{
	struct req r;

	make(&r, "vm-2");
	r.quote_len = 0;
	refused(&r, 400, "EE-ATT-006", "no quote");
	make(&r, "vm-2");
	r.quote_len = 600;
	refused(&r, 400, "EE-ATT-012", "a quote cut short");
	make(&r, "vm-2");
	r.quote[100] ^= 1;
	refused(&r, 403, "EE-ATT-007", "a bit flipped in the TD report");
	make(&r, "vm-2");
	strcpy(r.node_size, "Tiny");
	refused(&r, 400, "EE-ATT-006", "a node size in capitals");
	make(&r, "vm-2");
	strcpy(r.datacenter, "nowhere");
	refused(&r, 400, "EE-ATT-006", "a datacenter without a zone");
}

static void test_policy(void)
{
	struct req r;

	make(&r, "vm-2");
	r.td.mrtd[0] ^= 1;
	sign(&r);
	refused(&r, 403, "EE-ATT-014", "other firmware");
	for (int i = 0; i < 4; i++) {
		make(&r, "vm-2");
		r.td.rtmr[i][47] ^= 1;
		sign(&r);
		refused(&r, 403, "EE-ATT-016", "another RTMR");
	}
	make(&r, "vm-2");
	r.td.td_attributes |= TD_ATTR_DEBUG;
	sign(&r);
	refused(&r, 403, "EE-ATT-016", "a debug TD");
	make(&r, "vm-2");
	r.td.td_attributes = 0;
	sign(&r);
	refused(&r, 403, "EE-ATT-016", "without SEPT_VE_DISABLE");
}

static void test_collateral(void)
{
	struct trust_roots with = p->roots;
	struct req r;

	make(&r, "vm-2");
	trust_roots_init(&p->roots);
	refused(&r, 403, "EE-ATT-010", "the simulated root is not named");
	p->roots = with;
	p->ncollaterals = 0;
	refused(&r, 403, "EE-ATT-018", "no collateral");
	ok(call("GET", "/readyz", "", NULL, str_slice("")) == 503,
	   "which /readyz tells");
	p->ncollaterals = 1;
	ok(call("GET", "/readyz", "", NULL, str_slice("")) == 200,
	   "with it, it is ready");
	now_s = T0 + 31 * 86400;
	make(&r, "vm-2");
	refused(&r, 403, "EE-ATT-008", "collateral a month old");
	now_s = T0;
}

static void test_conflict(void)
{
	struct req r;
	struct store_counts before = counts();

	make(&r, "vm-1");
	strcpy(r.node_size, "standard");
	ok(post(&r) == 409 && member_is("code", "vm_name_conflict"),
	   "another node size under a name that is taken");
	ok(counts().agents == before.agents, "changes nothing");
	make(&r, "vm-1");
	ok(post(&r) == 200, "the same identity may register again");
	ok(counts().agents == before.agents, "and stays one agent");
}

/* ---- mutated bodies ---- */

/* Any answer but a crash or an acceptance, and a code that exists. */
static bool proper_refusal(int status)
{
	struct slice code;

	if (status < 400 || status > 499 ||
	    json_str(parsed(), "code", &code) != ERR_OK)
		return false;
	for (int i = 1; i <= 19; i++) {
		char want[24];

		snprintf(want, sizeof want, "EE-ATT-%03d", i);
		if (slice_is(code, want))
			return true;
	}
	return false;
}

static void mutate(struct slice *b)
{
	uint8_t r[4];
	size_t at, n;

	rng_bytes(rng_prng(&rng), r, sizeof r);
	at = ((size_t)r[0] << 8 | r[1]) % b->len;
	n = r[3] % 64u;
	switch (r[2] % 4) {
	case 0:
		body[at] = (char)(body[at] ^ (1 << r[3] % 8));
		break;
	case 1:
		b->len = at;
		break;
	case 2:
		if (at + n < b->len) {
			memmove(body + at, body + at + n, b->len - at - n);
			b->len -= n;
		}
		break;
	default:
		for (size_t i = at; i < b->len && i < at + n; i++)
			body[i] = (char)r[3];
	}
}

static void test_mutations(void)
{
	struct req r;
	struct store_counts before, after;
	int wrong = 0, same = 0;

	make(&r, "vm-m");
	before = counts();
	for (unsigned i = 0; i < MUTATIONS; i++) {
		struct slice b = write_body(&r);
		char *copy = malloc(b.len);
		size_t len = b.len;
		int status;

		if (copy == NULL)
			bail("memory");
		memcpy(copy, body, len);
		mutate(&b);
		/* the timestamp is the sender's and decides nothing */
		same += b.len == len && memcmp(copy, body, len) == 0;
		free(copy);
		status = call("POST", ROUTE_REGISTER, "", NULL, b);
		if (status == 200) {
			char name[16];

			snprintf(name, sizeof name, "vm-m%u", i % 10000u);
			make(&r, name);
			before.nonces_open = counts().nonces_open;
			before.refused--;
		} else if (!proper_refusal(status)) {
			wrong++;
			printf("# %d %s\n", status, out);
		}
	}
	after = counts();
	ok(wrong == 0, "%d mutated bodies: a refusal with a code each",
	   MUTATIONS);
	ok(after.refused == before.refused + MUTATIONS, "one row each");
	ok(same < MUTATIONS / 10, "most mutations change something");
}

/* ---- edges ---- */

static void test_edges(void)
{
	const struct slice none = str_slice("");

	ok(call("GET", ROUTE_CHALLENGE, "", NULL, none) == 400, "no vm_name");
	ok(call("GET", ROUTE_CHALLENGE, "vm_name=", NULL, none) == 400,
	   "an empty one");
	ok(call("GET", ROUTE_CHALLENGE, "vm_name=a&vm_name=b", NULL, none) ==
		   400,
	   "two");
	ok(call("GET", "/nope", "", NULL, none) == 404, "no such route");
	ok(call("DELETE", ROUTE_AGENTS, "", NULL, none) == 405, "DELETE");
	ok(call("GET", ROUTE_AGENTS "/", "", NULL, none) == 404, "no id");
	ok(call("GET", ROUTE_AGENTS "/a/b", "", NULL, none) == 404, "two ids");
	ok(call("GET", ROUTE_AGENTS "/none", "", NULL, none) == 404, "unknown");
	ok(call("GET", ROUTE_AGENTS, "vm_name=vm-1", NULL, none) == 200 &&
		   strstr(out, "\"total\":1") != NULL,
	   "agents by name");
	ok(call("GET", ROUTE_AGENTS, "status=lost", NULL, none) == 200 &&
		   strstr(out, "\"total\":0") != NULL,
	   "agents by status");
	ok(call("GET", "/livez", "", NULL, none) == 200, "alive");
	ok(call("GET", "/metrics", "", NULL, none) == 200 &&
		   strstr(out, "ee_cp_agents ") != NULL,
	   "metrics");
	ok(call("GET", "/api/v1/admin/attestation-events", "", NULL, none) ==
		   401,
	   "events are the admin's");
	ok(call("GET", "/api/v1/admin/attestation-events", "", "admin", none) ==
		   200,
	   "who can read them");
}

int main(void)
{
	char cmd[256];

	setup();
	test_trust();
	test_accepted();
	test_nonce();
	test_binding();
	test_evidence();
	test_policy();
	test_collateral();
	test_conflict();
	test_edges();
	test_mutations();
	store_close(p->store);
	free(p);
	free(collateral_mem);
	snprintf(cmd, sizeof cmd, "rm -f %s %s-wal %s-shm", path, path, path);
	ok(system(cmd) == 0, "cleaned up");
	return tap_done();
}
