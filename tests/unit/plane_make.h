/* plane_make.h - a control plane with a store of its own and a simulated
 * platform whose quotes it can judge, for the tests of its decisions. */
#ifndef TESTS_UNIT_PLANE_MAKE_H
#define TESTS_UNIT_PLANE_MAKE_H

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
	T0 = 1800000000
};

static struct plane *p;
static struct sim_td td = { .td_attributes = SIM_TD_ATTRIBUTES,
			    .xfam = SIM_XFAM };
static struct pki_keys keys;
static struct pki pki;
static struct rng rng;
static int64_t now_s = T0;
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

/* Registers that are trusted by trust(). */
static void made_up(void)
{
	memset(td.mrtd, 1, SHA384_LEN);
	for (int i = 0; i < 3; i++)
		memset(td.rtmr[i], 2 + i, SHA384_LEN);
}

static void setup(void)
{
	struct bundle b = { 0 };
	struct pki_spec spec = { .created_s = T0,
				 .issued_s = T0 - 3600,
				 .valid_s = 30 * 86400,
				 .tcb_status = TCB_UP_TO_DATE };
	const char *what;
	char why[256];

	rng_seeded(&rng, str_slice("plane"));
	p = calloc(1, sizeof *p);
	if (p == NULL)
		bail("memory");
	must(pki_generate(rng_prng(&rng), &keys), "keys");
	must(pki_issue(&keys, &spec, &pki), "pki");
	must(bundle_parse(pki.collateral, &b, &what), what);
	snprintf(path, sizeof path, "/tmp/test_plane.%d.db", (int)getpid());
	must(store_open(path, true, &p->store, why, sizeof why), "store");
	p->rng = rng_prng(&rng);
	p->now_ms = clock_ms;
	must(bundles_add(&p->collateral, &b), "bundle");
	rules_init(&p->rules);
	sha256(str_slice("admin"), p->admin_sha256);
	made_up();
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

/* ---- trust ---- */

static void hex48(const uint8_t b[static SHA384_LEN], char text[static 97])
{
	hex_encode((struct slice){ b, SHA384_LEN }, text);
}

/* A development build. */
static const struct reference_release unreleased;

static void trust(void)
{
	char mrtd[97], r[3][97];
	const char *const regs[3] = { r[0], r[1], r[2] };

	hex48(td.mrtd, mrtd);
	for (size_t i = 0; i < 3; i++)
		hex48(td.rtmr[i], r[i]);
	must(store_trust_mrtd(p->store, mrtd, "agent", "", T0), "mrtd");
	must(store_trust_rtmrs(p->store, mrtd, regs, "sim", &unreleased, T0),
	     "rtmrs");
}

static void teardown(void)
{
	char cmd[256];

	store_close(p->store);
	bundles_free(&p->collateral);
	rules_done(&p->rules);
	free(p);
	snprintf(cmd, sizeof cmd, "rm -f %s %s-wal %s-shm", path, path, path);
	ok(system(cmd) == 0, "cleaned up");
}
#endif
