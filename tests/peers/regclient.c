/* regclient - registers made-up simulated agents at a control plane, as fast as
 * it answers, and keeps at it when it dies. For tests and benchmarks: no guest,
 * but real challenges, quotes and TLS.
 *
 *   regclient reference                    a reference file for its registers
 *   regclient register HOST PORT CA PKI PREFIX COUNT
 *       one line each: "accepted VM_NAME NONCE AGENT_ID", to standard output
 *   regclient replay HOST PORT CA PKI < lines of the above
 *       sends each nonce again: "VM_NAME HTTP_STATUS CODE"
 *   regclient latency HOST PORT CA PKI PREFIX COUNT
 *       one line each: microseconds of challenge and registration together
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "host-launcher/lib/log.h"
#include "host-launcher/vm/pkistore.h"
#include "host-launcher/vm/simquote.h"
#include "lib/httpc.h"
#include "lib/json.h"
#include "lib/proto.h"
#include "lib/rng.h"
#include "lib/text.h"
#include "tests/peers/registers.h"
#include "tests/reference_make.h"

enum {
	BUF = 96 * 1024,
	TRY_AGAIN_US = 50 * 1000,
	TRIES_MAX = 600
};

static struct rng rng;
static struct pki_store pki;
static struct tls_anchors anchors;
static struct httpc http;
static uint8_t http_buf[BUF], arena_mem[256 * 1024];

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
	struct httpc_opts o = {
		.tls = { .trust = TLS_TRUST_CA,
			 .anchors = &anchors,
			 .now_s = wall_ms() / 1000,
			 .rng = rng_prng(&rng) },
		.timeout_ms = 10000,
		.max_body = 64 * 1024,
		.buf = http_buf,
		.buf_len = sizeof http_buf,
	};
	struct buf ca = { 0 };
	uint64_t port;

	check("entropy", rng_system(&rng));
	check(argv[2], file_read(argv[2], 8192, &ca));
	check("CA", tls_anchors_add(&anchors, buf_slice(&ca)));
	buf_free(&ca);
	check("port", u64_parse(str_slice(argv[1]), UINT16_MAX, &port));
	check("host", slice_cstr(str_slice(argv[0]), o.host, sizeof o.host));
	o.port = (uint16_t)port;
	check(argv[3],
	      pki_store_open(argv[3], rng_prng(&rng), wall_ms() / 1000, &pki));
	httpc_init(&http, &o);
}

static enum err ask(const char *method, const char *target, struct slice body,
		    int *status, struct json *doc)
{
	struct arena a = arena_over(arena_mem, sizeof arena_mem);
	struct http_msg res;
	enum err e = httpc_run(&http, method, target,
			       body.len > 0 ? "application/json" : NULL, "",
			       body, &res);

	if (e == ERR_OK)
		e = json_parse(&a, res.body, doc);
	if (e == ERR_OK)
		*status = res.status;
	return e;
}

static enum err challenge(const char *vm, char nonce[static 65])
{
	char target[160];
	struct json doc;
	struct slice s;
	int status;
	enum err e;

	snprintf(target, sizeof target, ROUTE_CHALLENGE "?vm_name=%s", vm);
	e = ask("GET", target, str_slice(""), &status, &doc);
	if (e == ERR_OK && status != 200)
		e = ERR_REFUSED;
	if (e == ERR_OK)
		e = json_str(doc, "nonce", &s);
	return e != ERR_OK ? e : slice_cstr(s, nonce, 65);
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
	b->tls_pub[0] = b->report_pub[0] = 4;
	rtmr_extend(td.rtmr[3], b->config_sha384);
	reportdata(b, rd);
	check("quote", simquote(&pki.keys, &pki.pki, &td, rd, quote));
}

static enum err send_registration(const char *vm, const char *nonce,
				  int *status, struct json *doc)
{
	static uint8_t quote[LIMIT_QUOTE_BYTES], body[64 * 1024];
	struct wr q = wr_over(quote, sizeof quote);
	struct wr w = wr_over(body, sizeof body);
	struct binding b;
	struct jw j;

	make_quote(vm, nonce, &b, &q);
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
	jw_kstr(&j, "nonce", nonce);
	jw_kstr(&j, "version", AGENT_VERSION);
	jw_kstr(&j, "vm_name", vm);
	jw_close(&j);
	check("body", jw_end(&j));
	return ask("POST", ROUTE_REGISTER, wr_slice(&w), status, doc);
}

/* True when it was accepted; false when the control plane was not there. */
static bool register_once(const char *vm)
{
	char nonce[65];
	struct json doc;
	struct slice id, code;
	int status = 0;

	if (challenge(vm, nonce) != ERR_OK ||
	    send_registration(vm, nonce, &status, &doc) != ERR_OK)
		return false;
	if (status != 200) {
		if (json_str(doc, "code", &code) == ERR_OK)
			fprintf(stderr, "regclient: %s: %.*s\n", vm,
				(int)code.len, (const char *)code.ptr);
		exit(1);
	}
	check("agent_id", json_str(doc, "agent_id", &id));
	printf("accepted %s %s %.*s\n", vm, nonce, (int)id.len,
	       (const char *)id.ptr);
	fflush(stdout);
	return true;
}

static int register_all(const char *prefix, unsigned long count)
{
	for (unsigned long i = 0; i < count; i++) {
		char vm[64];
		int tries = 0;

		snprintf(vm, sizeof vm, "%.40s-%lu", prefix, i);
		while (!register_once(vm)) {
			if (++tries == TRIES_MAX)
				die(vm, ERR_TIMEOUT);
			usleep(TRY_AGAIN_US);
		}
	}
	return 0;
}

static int replay(void)
{
	char vm[64], nonce[65], line[256];

	while (fgets(line, sizeof line, stdin) != NULL) {
		struct slice code = str_slice("OK");
		struct json doc;
		int status = 0;

		if (sscanf(line, "accepted %63s %64s", vm, nonce) != 2)
			continue;
		check("replay", send_registration(vm, nonce, &status, &doc));
		if (status != 200)
			check("code", json_str(doc, "code", &code));
		printf("%s %d %.*s\n", vm, status, (int)code.len,
		       (const char *)code.ptr);
	}
	return 0;
}

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int latency(const char *prefix, unsigned long count)
{
	for (unsigned long i = 0; i < count; i++) {
		char vm[64], nonce[65];
		struct json doc;
		int64_t start = now_us();
		int status = 0;

		snprintf(vm, sizeof vm, "%.40s-%lu", prefix, i);
		check("challenge", challenge(vm, nonce));
		check("register", send_registration(vm, nonce, &status, &doc));
		if (status != 200)
			die(vm, ERR_REFUSED);
		printf("%" PRId64 "\n", now_us() - start);
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";

	if (argc == 2 && strcmp(verb, "reference") == 0)
		return reference();
	if (argc == 6 && strcmp(verb, "replay") == 0) {
		open_client(argv + 2);
		return replay();
	}
	if (argc == 8 && strcmp(verb, "register") == 0) {
		open_client(argv + 2);
		return register_all(argv[6], strtoul(argv[7], NULL, 10));
	}
	if (argc == 8 && strcmp(verb, "latency") == 0) {
		open_client(argv + 2);
		return latency(argv[6], strtoul(argv[7], NULL, 10));
	}
	fputs("usage: regclient reference | register|latency HOST PORT CA PKI "
	      "PREFIX COUNT | replay HOST PORT CA PKI\n",
	      stderr);
	return 2;
}
