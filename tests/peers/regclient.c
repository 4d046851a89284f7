/* regclient - registers made-up simulated agents at a control plane, as fast as
 * it answers, and keeps at it when it dies. For tests and benchmarks: no guest,
 * but real challenges, quotes and TLS. Each agent has a connection, a nonce and
 * keys of its own.
 *
 *   regclient reference                    a reference file for its registers
 *   regclient register HOST PORT CA PKI PREFIX COUNT [AT_ONCE]
 *       one line each, to standard output, in the order of the answers:
 *       "accepted VM_NAME NONCE AGENT_ID CHALLENGE_US REGISTER_US". The times
 *       are those from sending to having the answer; connecting belongs to the
 *       challenge, making the quote in between to neither.
 *   regclient replay HOST PORT CA PKI < lines of the above
 *       sends each nonce again: "VM_NAME HTTP_STATUS CODE"
 *   regclient connect HOST PORT CA PKI COUNT
 *       one line each: microseconds of a new connection and GET /livez
 */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host-launcher/lib/log.h"
#include "host-launcher/vm/pkistore.h"
#include "host-launcher/vm/simquote.h"
#include "lib/httpc.h"
#include "lib/json.h"
#include "lib/proto.h"
#include "lib/rng.h"
#include "lib/sock.h"
#include "lib/text.h"
#include "tests/peers/registers.h"
#include "tests/reference_make.h"

enum {
	BUF = 32 * 1024,
	AT_ONCE_MAX = 512,
	TIMEOUT_MS = 30000,
	TRY_AGAIN_MS = 50,
	TRIES_MAX = 600
};

enum phase {
	DONE, /* or not begun */
	CHALLENGE,
	REGISTER,
	TRY_AGAIN
};

/* One agent on its way, or the place for the next one. */
struct agent {
	struct httpc http;
	uint8_t buf[BUF];
	enum phase phase;
	char vm[64], nonce[2 * NONCE_LEN + 1];
	int tries;
	int64_t again_ms;     /* TRY_AGAIN: when */
	int64_t since_us;     /* the request was sent */
	int64_t challenge_us; /* how long it took */
};

static struct rng rng;
static struct pki_store pki;
static struct tls_anchors anchors;
static struct httpc_opts opts;

static void die(const char *what, enum err e)
{
	fprintf(stderr, "regclient: %s: %s\n", what, err_text(e));
	exit(4);
}

static void check(const char *what, enum err e)
{
	if (e != ERR_OK)
		die(what, e);
}

static int reference(void)
{
	static struct reference r;
	static uint8_t text[64 * 1024];
	struct sim_td td = made_up_registers();
	struct wr w = wr_over(text, sizeof text);

	make_reference(&r, td.mrtd, td.rtmr);
	check("reference", reference_write(&r, &w));
	fwrite(text, 1, w.len, stdout);
	return 0;
}

static void open_client(char **argv)
{
	struct buf ca = { 0 };
	uint64_t port;

	opts = (struct httpc_opts){
		.tls = { .trust = TLS_TRUST_CA,
			 .anchors = &anchors,
			 .now_s = wall_ms() / 1000,
			 .rng = rng_prng(&rng) },
		.timeout_ms = TIMEOUT_MS,
		.max_body = 16 * 1024,
		.buf_len = BUF,
	};
	check("entropy", rng_system(&rng));
	check(argv[2], file_read(argv[2], 8192, &ca));
	check("CA", tls_anchors_add(&anchors, buf_slice(&ca)));
	buf_free(&ca);
	check("port", u64_parse(str_slice(argv[1]), UINT16_MAX, &port));
	check("host",
	      slice_cstr(str_slice(argv[0]), opts.host, sizeof opts.host));
	opts.port = (uint16_t)port;
	check(argv[3],
	      pki_store_open(argv[3], rng_prng(&rng), wall_ms() / 1000, &pki));
}

static struct agent *new_agents(size_t n)
{
	struct agent *a = calloc(n, sizeof *a);

	if (n == 0 || a == NULL)
		die("agents", n == 0 ? ERR_VALUE : ERR_SPACE);
	for (size_t i = 0; i < n; i++) {
		opts.buf = a[i].buf;
		httpc_init(&a[i].http, &opts);
	}
	return a;
}

static unsigned long number(const char *text, uint64_t max)
{
	uint64_t n;

	check(text, u64_parse(str_slice(text), max, &n));
	return (unsigned long)n;
}

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static struct json parse_answer(const struct http_msg *res)
{
	static uint8_t mem[128 * 1024];
	struct arena a = arena_over(mem, sizeof mem);
	struct json doc;

	check("answer", json_parse(&a, res->body, &doc));
	return doc;
}

/* ---- the registration of one agent ---- */

static enum err start_challenge(struct agent *a)
{
	char target[160];

	a->phase = CHALLENGE;
	a->since_us = now_us();
	snprintf(target, sizeof target, ROUTE_CHALLENGE "?vm_name=%s", a->vm);
	return httpc_start(&a->http, "GET", target, NULL, "", str_slice(""));
}

static void make_quote(const char *vm, const char *nonce, struct binding *b,
		       struct wr *quote)
{
	struct sim_td td = made_up_registers();
	uint8_t rd[REPORTDATA_LEN];

	memset(b, 0, sizeof *b);
	check("nonce", hex_decode(str_slice(nonce), b->nonce, NONCE_LEN));
	check("name", slice_cstr(str_slice(vm), b->vm_name, 64));
	strcpy(b->role, ROLE_REGISTER);
	rng_bytes(rng_prng(&rng), b->tls_pub, sizeof b->tls_pub);
	rng_bytes(rng_prng(&rng), b->report_pub, sizeof b->report_pub);
	b->tls_pub[0] = b->report_pub[0] = 4;
	rtmr_extend(td.rtmr[3], b->config_sha384);
	reportdata(b, rd);
	check("quote", simquote(&pki.keys, &pki.pki, &td, rd, quote));
}

static enum err start_registration(struct agent *a)
{
	static uint8_t quote[LIMIT_QUOTE_BYTES], body[BUF];
	struct wr q = wr_over(quote, sizeof quote);
	struct wr w = wr_over(body, sizeof body);
	struct binding b;
	struct jw j;

	make_quote(a->vm, a->nonce, &b, &q);
	jw_init(&j, &w);
	jw_open(&j, '{');
	jw_key(&j, "attestation");
	jw_open(&j, '{');
	jw_key(&j, "binding");
	binding_write(&j, &b);
	jw_key(&j, "tdx");
	jw_open(&j, '{');
	jw_kb64(&j, "quote_b64", wr_slice(&q));
	jw_close(&j);
	jw_close(&j);
	jw_kstr(&j, "datacenter", "local:test");
	jw_kstr(&j, "node_size", "tiny");
	jw_kstr(&j, "nonce", a->nonce);
	jw_kstr(&j, "version", AGENT_VERSION);
	jw_kstr(&j, "vm_name", a->vm);
	jw_close(&j);
	check("body", jw_end(&j));
	a->phase = REGISTER;
	a->since_us = now_us();
	return httpc_start(&a->http, "POST", ROUTE_REGISTER, "application/json",
			   "", wr_slice(&w));
}

/* The control plane was not there, or went away. */
static void try_again(struct agent *a, enum err why)
{
	if (++a->tries == TRIES_MAX)
		die(a->vm, why);
	httpc_close(&a->http);
	a->phase = TRY_AGAIN;
	a->again_ms = mono_ms() + TRY_AGAIN_MS;
}

static void refused(const struct agent *a, int status, struct json doc)
{
	struct slice code = str_slice("");

	if (json_str(doc, "code", &code) != ERR_OK)
		code = str_slice("no code");
	fprintf(stderr, "regclient: %s: %d %.*s\n", a->vm, status,
		(int)code.len, (const char *)code.ptr);
	exit(1);
}

static void challenged(struct agent *a, struct json doc)
{
	struct slice nonce;
	enum err e;

	a->challenge_us = now_us() - a->since_us;
	check("nonce", json_str(doc, "nonce", &nonce));
	check("nonce", slice_cstr(nonce, a->nonce, sizeof a->nonce));
	e = start_registration(a);
	if (e != ERR_OK)
		try_again(a, e);
}

static void registered(struct agent *a, struct json doc)
{
	int64_t took_us = now_us() - a->since_us;
	struct slice id;

	check("agent_id", json_str(doc, "agent_id", &id));
	printf("accepted %s %s %.*s %" PRId64 " %" PRId64 "\n", a->vm, a->nonce,
	       (int)id.len, (const char *)id.ptr, a->challenge_us, took_us);
	fflush(stdout);
	httpc_close(&a->http);
	a->phase = DONE;
}

/* Goes on with a; true when its phase ended. */
static bool step(struct agent *a)
{
	struct http_msg res;
	struct json doc;
	enum err e;

	if (a->phase == TRY_AGAIN) {
		if (mono_ms() < a->again_ms)
			return false;
		e = start_challenge(a);
	} else {
		e = httpc_step(&a->http, &res);
		if (e == ERR_AGAIN)
			return false;
		if (e == ERR_OK) {
			doc = parse_answer(&res);
			if (res.status != 200)
				refused(a, res.status, doc);
			else if (a->phase == CHALLENGE)
				challenged(a, doc);
			else
				registered(a, doc);
		}
	}
	if (e != ERR_OK)
		try_again(a, e);
	return true;
}

/* ---- verbs ---- */

static void wait_for_any(const struct agent *a, size_t n)
{
	struct pollfd p[AT_ONCE_MAX];
	int64_t deadline_ms = INT64_MAX;

	for (size_t i = 0; i < n; i++) {
		httpc_poll(&a[i].http, &p[i], &deadline_ms);
		if (a[i].phase == TRY_AGAIN && a[i].again_ms < deadline_ms)
			deadline_ms = a[i].again_ms;
	}
	poll(p, n, mono_left(deadline_ms));
}

/* Who is to be registered. */
struct plan {
	const char *prefix;
	unsigned long count, begun, done;
};

/* Puts the next agent into a free place; false when there is no other. */
static bool begin(struct agent *a, struct plan *p)
{
	if (p->begun == p->count)
		return false;
	snprintf(a->vm, sizeof a->vm, "%.40s-%lu", p->prefix, p->begun++);
	a->tries = 0;
	a->phase = TRY_AGAIN;
	a->again_ms = 0;
	return true;
}

/* Works at one place until it has to wait. */
static void work(struct agent *a, struct plan *p)
{
	while ((a->phase != DONE || begin(a, p)) && step(a))
		p->done += a->phase == DONE;
}

static int register_all(const char *prefix, unsigned long count, size_t n)
{
	struct plan p = { .prefix = prefix, .count = count };
	struct agent *a = new_agents(n);

	while (p.done < p.count) {
		for (size_t i = 0; i < n; i++)
			work(&a[i], &p);
		if (p.done < p.count)
			wait_for_any(a, n);
	}
	free(a);
	return 0;
}

/* One request to its end. */
static struct http_msg run(struct agent *a)
{
	struct http_msg res;
	enum err e;

	while ((e = httpc_step(&a->http, &res)) == ERR_AGAIN)
		wait_for_any(a, 1);
	check(a->vm, e);
	return res;
}

static int replay(void)
{
	struct agent *a = new_agents(1);
	char line[256];

	while (fgets(line, sizeof line, stdin) != NULL) {
		struct slice code = str_slice("OK");
		struct http_msg res;
		struct json doc;

		if (sscanf(line, "accepted %63s %64s", a->vm, a->nonce) != 2)
			continue;
		check("replay", start_registration(a));
		res = run(a);
		doc = parse_answer(&res);
		if (res.status != 200)
			check("code", json_str(doc, "code", &code));
		printf("%s %d %.*s\n", a->vm, res.status, (int)code.len,
		       (const char *)code.ptr);
	}
	free(a);
	return 0;
}

static int connect_all(unsigned long count)
{
	struct agent *a = new_agents(1);

	for (unsigned long i = 0; i < count; i++) {
		int64_t start = now_us();

		check("connect", httpc_start(&a->http, "GET", "/livez", NULL,
					     "", str_slice("")));
		if (run(a).status != 200)
			die("/livez", ERR_REFUSED);
		printf("%" PRId64 "\n", now_us() - start);
		httpc_close(&a->http);
	}
	free(a);
	return 0;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";

	if (argc == 2 && strcmp(verb, "reference") == 0)
		return reference();
	if (argc >= 6)
		open_client(argv + 2);
	if (argc == 6 && strcmp(verb, "replay") == 0)
		return replay();
	if (argc == 7 && strcmp(verb, "connect") == 0)
		return connect_all(number(argv[6], UINT32_MAX));
	if ((argc == 8 || argc == 9) && strcmp(verb, "register") == 0)
		return register_all(argv[6], number(argv[7], UINT32_MAX),
				    argc == 9 ? number(argv[8], AT_ONCE_MAX)
					      : 1);
	fputs("usage: regclient reference |"
	      " register HOST PORT CA PKI PREFIX COUNT [AT_ONCE] |"
	      " replay HOST PORT CA PKI | connect HOST PORT CA PKI COUNT\n",
	      stderr);
	return 2;
}
