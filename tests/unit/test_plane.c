/* The control plane's decisions, through its handler, with quotes of the
 * simulated platform: what is accepted, every refusal with its code, one audit
 * row each and nothing else changed; mutated requests; the API's edges. */
#include "tests/reference_make.h"
#include "tests/unit/plane_make.h"

enum {
	MUTATIONS = 2000
};

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

/* The next release's reference, which has another image. */
static void revoke_by_next(const struct reference_release *v)
{
	static struct reference next;
	struct store_release st = { .reference = &next };
	uint8_t other[SHA384_LEN] = { 1 }, rtmr[3][SHA384_LEN] = { { 1 } };

	make_reference(&next, other, rtmr);
	make_release(&next, "1.2.3", v->counter + 1);
	make_revoke(&next, v->version, v->counter, "it leaks");
	must(store_release_begin(p->store, &st, now_s), "begin");
	must(store_release_end(p->store, ERR_OK), "end");
}

static void test_trust(void)
{
	struct req r;
	char json[256], mrtd[97];

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
	ok(call("POST", route, "", NULL, str_slice(beat)) == 400 &&
		   strstr(out, "\"code\":\"invalid_input\"") != NULL,
	   "without one it is no heartbeat");
	ok(call("POST", route, "", "", str_slice(beat)) == 400, "nor empty");
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

/* The security contract's order: what is wrong first is what is told. */
static void test_order(void)
{
	struct req r;

	make(&r, "vm-2");
	r.nonce[0] = r.nonce[0] == 'a' ? 'b' : 'a';
	r.quote_len = 600;
	refused(&r, 403, "EE-ATT-002", "an unknown nonce and half a quote");
	make(&r, "vm-2");
	r.quote[100] ^= 1;
	r.b.report_pub[64] ^= 1;
	refused(&r, 403, "EE-ATT-005", "another key, and a bad signature");
	make(&r, "vm-o");
	ok(post(&r) == 200, "accepted");
	r.quote[100] ^= 1;
	refused(&r, 403, "EE-ATT-004", "replayed, and a bad signature");
	r.b.report_pub[64] ^= 1;
	refused(&r, 403, "EE-ATT-005", "replayed, with another key");
	r.quote_len = 600;
	refused(&r, 400, "EE-ATT-012", "replayed, with half a quote");
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

/* Releases in the store: their dates count at every registration, and what is
 * revoked is refused. */
static void test_release(void)
{
	struct reference_release v = { .version = "1.2.2",
				       .counter = 6,
				       .not_before_s = T0 - 10,
				       .not_after_s = T0 + 10 };
	char mrtd[97], r[3][97];
	const char *const regs[3] = { r[0], r[1], r[2] };
	struct sim_td kept = td;
	int64_t kept_s = now_s;
	struct req q;

	memset(td.mrtd, 0x61, sizeof td.mrtd);
	hex48(td.mrtd, mrtd);
	for (size_t n = 0; n < 3; n++) {
		memset(td.rtmr[n], 0x62, SHA384_LEN);
		hex48(td.rtmr[n], r[n]);
	}
	must(store_trust_mrtd(p->store, mrtd, "agent", "", T0), "mrtd");
	must(store_trust_rtmrs(p->store, mrtd, regs, "sim", &v, T0), "set");
	now_s = T0 + 10;
	make(&q, "vm-r");
	ok(post(&q) == 200, "a release in its last second");
	now_s = T0 + 11;
	make(&q, "vm-r");
	refused(&q, 403, "EE-ATT-008", "and one second later");
	v.not_before_s = T0 + 12;
	v.not_after_s = T0 + 20;
	must(store_trust_rtmrs(p->store, mrtd, regs, "sim", &v, T0), "later");
	refused(&q, 403, "EE-ATT-009", "before its time");
	now_s = T0 + 12;
	make(&q, "vm-r");
	ok(post(&q) == 200, "a new reference gives new dates");
	revoke_by_next(&v);
	make(&q, "vm-r");
	refused(&q, 403, "EE-ATT-016", "a release that is revoked");
	ok(strstr(out, "1.2.2 is revoked: it leaks") != NULL, "says why");
	must(store_trust_rtmrs(p->store, mrtd, regs, "sim", &unreleased, T0),
	     "again");
	make(&q, "vm-r");
	refused(&q, 403, "EE-ATT-016", "no other name makes it good");
	must(store_untrust_mrtd(p->store, mrtd), "untrust");
	now_s = kept_s;
	td = kept;
}

/* Far more trusted sets than a policy holds: the right one is still found. */
static void test_many_sets(void)
{
	char mrtd[97], r[3][97];
	const char *const regs[3] = { r[0], r[1], r[2] };
	uint8_t other[SHA384_LEN] = { 0 };
	struct req q;

	hex48(td.mrtd, mrtd);
	for (int i = 0; i < 3 * POLICY_MAX_SETS; i++) {
		other[0] = (uint8_t)i;
		other[1] = (uint8_t)(i >> 8);
		for (size_t n = 0; n < 3; n++)
			hex48(other, r[n]);
		must(store_trust_rtmrs(p->store, mrtd, regs, "sim", &unreleased,
				       T0),
		     "set");
	}
	make(&q, "vm-2");
	ok(post(&q) == 200, "%d other sets hide nothing", 3 * POLICY_MAX_SETS);
	make(&q, "vm-2");
	q.td.rtmr[1][0] ^= 1;
	sign(&q);
	refused(&q, 403, "EE-ATT-016", "an RTMR of none of them");
	ok(strstr(out, "RTMR1") != NULL, "is named by the closest set");
}

/* An RTMR0 that nobody knows, beside sets that do know it. */
static void test_unknown_rtmr0(void)
{
	char mrtd[97], r[3][97] = { "" };
	const char *const regs[3] = { r[0], r[1], r[2] };
	struct sim_td kept = td;
	struct req q;

	memset(td.mrtd, 0x51, sizeof td.mrtd);
	memset(td.rtmr[1], 0x52, SHA384_LEN);
	hex48(td.mrtd, mrtd);
	for (size_t n = 1; n < 3; n++)
		hex48(td.rtmr[n], r[n]);
	must(store_trust_mrtd(p->store, mrtd, "agent", "", T0), "mrtd");
	must(store_trust_rtmrs(p->store, mrtd, regs, "qemu", &unreleased, T0),
	     "set");
	make(&q, "vm-0a");
	q.td.rtmr[0][0] ^= 1;
	sign(&q);
	ok(post(&q) == 200, "an RTMR0 that is not known is not compared");
	make(&q, "vm-2");
	q.td.rtmr[1][0] ^= 1;
	sign(&q);
	refused(&q, 403, "EE-ATT-016", "the other RTMRs are");
	make(&q, "vm-2");
	q.td.rtmr[2][0] ^= 1;
	sign(&q);
	refused(&q, 403, "EE-ATT-016", "both");
	ok(call("GET", ROUTE_TRUSTED_MRTDS, "", "admin", str_slice("")) ==
			   200 &&
		   strstr(out, "\"rtmr0\":null") != NULL,
	   "it is listed as null");
	must(store_untrust_mrtd(p->store, mrtd), "untrust");
	td = kept;
}

/* Takes the one bundle out, or puts it back. */
static void collateral_there(bool there)
{
	p->collateral.n = there ? 1 : 0;
}

/* A second bundle: for another platform it is not asked, whatever is wrong with
 * it; for the same one, the later counts, wherever it stands. */
static void test_two_bundles(void)
{
	struct bundle *own = &p->collateral.at[0],
		      *other = &p->collateral.at[1];
	struct bundle kept = *own;
	struct req r;

	*other = *own;
	p->collateral.n = 2;
	snprintf(own->of.fmspc, sizeof own->of.fmspc, "00906ed50000");
	own->c.tcb_info.fmspc[0] ^= 1;
	own->c.signatures = REASON_SIGNATURE;
	own->c.signatures_what = "made so";
	make(&r, "vm-2");
	ok(post(&r) == 200, "another platform's collateral is not asked");
	*own = kept;
	own->c.tcb_info.issued_s--;
	other->c.tcb_info.next_update_s = T0 - 1;
	make(&r, "vm-2");
	refused(&r, 403, "EE-ATT-008", "the one that was issued last counts");
	own->c.tcb_info.issued_s += 2;
	ok(post(&r) == 200, "which may be the first, too");
	*own = kept;
	p->collateral.n = 1;
}

static void test_no_collateral(void)
{
	char want[128];
	struct req r;

	make(&r, "vm-2");
	collateral_there(false);
	refused(&r, 403, "EE-ATT-018", "no collateral");
	snprintf(want, sizeof want,
		 "ee-cp collateral add --fmspc %s --ca platform",
		 p->collateral.at[0].of.fmspc);
	ok(strstr(out, want) != NULL, "which says what to do: %s", want);
	ok(call("GET", "/readyz", "", NULL, str_slice("")) == 503,
	   "and /readyz tells");
	collateral_there(true);
	strcpy(p->collateral.at[0].of.ca, "processor");
	refused(&r, 403, "EE-ATT-018", "that of the other CA");
	strcpy(p->collateral.at[0].of.ca, "platform");
}

static void test_collateral(void)
{
	struct trust_roots with = p->roots;
	struct req r;

	make(&r, "vm-2");
	trust_roots_init(&p->roots);
	refused(&r, 403, "EE-ATT-010", "the simulated root is not named");
	ok(call("GET", "/readyz", "", NULL, str_slice("")) == 503,
	   "and its collateral is of no use");
	strcpy(p->collateral.at[0].of.fmspc, "00906ed50000");
	refused(&r, 403, "EE-ATT-010", "nor asked for");
	strcpy(p->collateral.at[0].of.fmspc, "454553494d00");
	p->roots = with;
	test_no_collateral();
	ok(call("GET", "/readyz", "", NULL, str_slice("")) == 200,
	   "with it, it is ready");
	now_s = T0 + 31 * 86400;
	make(&r, "vm-2");
	refused(&r, 403, "EE-ATT-008", "collateral a month old");
	ok(call("GET", "/readyz", "", NULL, str_slice("")) == 503,
	   "with which it is not ready");
	now_s = T0;
	test_two_bundles();
}

static void test_conflict(void)
{
	struct req r;
	struct store_counts before = counts();

	make(&r, "vm-1");
	strcpy(r.node_size, "standard");
	ok(post(&r) == 409 && member_is("code", "vm_name_conflict"),
	   "another node size under a name that is taken");
	ok(counts().agents == before.agents &&
		   counts().refused == before.refused + 1,
	   "changes nothing, and leaves a row");
	ok(call("GET", "/api/v1/admin/attestation-events", "", "admin",
		str_slice("")) == 200 &&
		   strstr(out, "\"reason_code\":\"vm_name_conflict\"") != NULL,
	   "of the same code");
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

int main(void)
{
	setup();
	test_trust();
	test_accepted();
	test_nonce();
	test_binding();
	test_evidence();
	test_order();
	test_policy();
	test_unknown_rtmr0();
	test_release();
	test_many_sets();
	test_collateral();
	test_conflict();
	test_mutations();
	teardown();
	return tap_done();
}
