/* A whole fetch from a service in a process of its own: what it is asked, and
 * what is made of each of its answers. On the made-up platform. */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "lib/rng.h"
#include "lib/sock.h"
#include "measure/net/pcs.h"
#include "tests/unit/pcs_make.h"

#define KEY "hush-hush-hush"

enum {
	REQUESTS = 8
};

static struct rng rng;
static struct pcs_work work;
static uint8_t store[COLLATERAL_ARENA_BYTES];

static struct seen {
	int n;
	char request[REQUESTS][1024];
} * seen;

/* Which document a path asks for. */
static int document(const char *request)
{
	static const char *const paths[PCS_DOCUMENTS] = {
		"GET /base/tdx/certification/v4/tcb?fmspc=",
		"GET /base/tdx/certification/v4/qe/identity",
		"GET /base/sgx/certification/v4/pckcrl?ca=",
		"GET /base/sgx/certification/v4/rootcacrl",
	};

	for (int i = 0; i < PCS_DOCUMENTS; i++)
		if (strncmp(request, paths[i], strlen(paths[i])) == 0)
			return i;
	return strncmp(request, "GET /IntelSGXRootCA.der ", 24) == 0
		       ? PCS_ROOT_CRL
		       : -1;
}

static void serve_one(int fd, const struct answer *a)
{
	static uint8_t wire[ANSWER_CAP];
	struct wr w = wr_over(wire, sizeof wire);
	char *req = seen->request[seen->n % REQUESTS];
	size_t n = 0;
	int d;

	memset(req, 0, sizeof seen->request[0]);
	while (strstr(req, "\r\n\r\n") == NULL) {
		ssize_t got =
			recv(fd, req + n, sizeof seen->request[0] - 1 - n, 0);

		if (got <= 0)
			break;
		n += (size_t)got;
	}
	seen->n++;
	d = document(req);
	if (d >= 0)
		put_answer(&w, &a[d]);
	else
		wr_str(&w, "HTTP/1.1 400 x\r\nContent-Length: 0\r\n\r\n");
	for (size_t done = 0; done < w.len;) {
		ssize_t got = send(fd, wire + done, w.len - done, MSG_NOSIGNAL);

		if (got <= 0)
			break;
		done += (size_t)got;
	}
	close(fd);
}

static pid_t serve(const struct answer *a, uint16_t *port)
{
	int listener;
	pid_t pid;

	memset(seen, 0, sizeof *seen);
	if (sock_listen("127.0.0.1", 0, &listener, port) != ERR_OK)
		_exit(97);
	pid = fork();
	if (pid != 0) {
		close(listener);
		return pid;
	}
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* should the test die */
	for (;;) {
		if (sock_wait(listener, POLLIN, mono_ms() + 30000) != ERR_OK)
			_exit(0);
		serve_one(accept(listener, NULL, NULL), a);
	}
}

static struct trust_roots roots;

static struct pcs_opts options(uint16_t port, bool pccs)
{
	struct pcs_opts o = {
		.service = { .host = "127.0.0.1",
			     .port = port,
			     .plain = true,
			     .path = "/base" },
		.pccs = pccs,
		.roots = &roots,
		.rng = rng_prng(&rng),
		.now_s = FAKE_NOW,
		.patience = { .attempts = 2,
			      .attempt_ms = 10000,
			      .total_ms = 20000,
			      .first_wait_ms = 2,
			      .max_wait_ms = 2 },
		.work = &work,
	};

	if (!pccs)
		o.root_crl = (struct web_url){ .host = "127.0.0.1",
					       .port = port,
					       .plain = true,
					       .path = "/IntelSGXRootCA.der" };
	return o;
}

static uint8_t out_mem[COLLATERAL_MAX_BYTES];
static struct wr out;
static char why[PCS_WHY];

static enum err fetch(const struct answer *a, struct pcs_opts *o, bool pccs)
{
	uint16_t port;
	pid_t pid = serve(a, &port);
	struct pcs_opts def = options(port, pccs);
	enum err e;

	if (o != NULL) {
		o->service.port = port;
		if (o->root_crl.host[0] != '\0')
			o->root_crl.port = port;
	}
	out = wr_over(out_mem, sizeof out_mem);
	memset(why, 'x', sizeof why);
	e = pcs_fetch(o != NULL ? o : &def, fake.fmspc, PCS_PLATFORM, &out,
		      why);
	kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	return e;
}

static void trust(void)
{
	trust_roots_init(&roots);
	if (trust_roots_add_insecure(
		    &roots, (struct slice){ (uint8_t *)fake.root_pem,
					    fake.root_pem_len }) != ERR_OK)
		exit(98);
}

static bool bundle_good(void)
{
	struct arena a = arena_over(store, sizeof store);
	struct collateral c;
	const char *what;

	if (collateral_parse(&a, wr_slice(&out), &c, &what) != ERR_OK)
		return false;
	collateral_authenticate(&c);
	return c.signatures == REASON_OK && slice_eq(c.tcb_info_text, has.info);
}

static bool asked(int i, const char *want)
{
	bool same = strncmp(seen->request[i], want, strlen(want)) == 0;

	if (!same)
		printf("#   asked %.120s\n", seen->request[i]);
	return same;
}

static void test_fetch(void)
{
	static struct answer a[PCS_DOCUMENTS];
	struct pcs_opts o;

	answers(a, false);
	is_err(fetch(a, NULL, false), ERR_OK, "from a PCS: %s", why);
	ok(bundle_good() && why[0] == '\0', "a bundle that is genuine");
	ok(seen->n == 4 &&
		   asked(0, "GET /base/tdx/certification/v4/tcb?fmspc="
			    "FA4E00000001 HTTP/1.1\r\n") &&
		   asked(1, "GET /base/tdx/certification/v4/qe/identity ") &&
		   asked(2, "GET /base/sgx/certification/v4/pckcrl?ca=platform"
			    "&encoding=der ") &&
		   asked(3, "GET /IntelSGXRootCA.der "),
	   "four questions");
	answers(a, true);
	o = options(0, true);
	o.api_key = KEY;
	o.early = true;
	is_err(fetch(a, &o, true), ERR_OK, "from a PCCS: %s", why);
	ok(bundle_good() && seen->n == 4 &&
		   asked(0, "GET /base/tdx/certification/v4/tcb?fmspc="
			    "FA4E00000001&update=early ") &&
		   asked(1, "GET /base/tdx/certification/v4/qe/identity"
			    "?update=early ") &&
		   asked(3, "GET /base/sgx/certification/v4/rootcacrl "),
	   "its own root CRL, early");
	ok(strstr(seen->request[0],
		  "\r\nOcp-Apim-Subscription-Key: " KEY "\r\n") != NULL &&
		   strstr(seen->request[3], KEY) != NULL,
	   "the key goes to the service");
	o = options(0, false);
	o.api_key = KEY;
	o.evaluation_number = 17;
	is_err(fetch(a, &o, false), ERR_OK, "an evaluation number: %s", why);
	ok(asked(0, "GET /base/tdx/certification/v4/tcb?fmspc=FA4E00000001&"
		    "tcbEvaluationDataNumber=17 ") &&
		   asked(1, "GET /base/tdx/certification/v4/qe/identity?"
			    "tcbEvaluationDataNumber=17 "),
	   "is asked for");
	ok(strstr(seen->request[2], KEY) != NULL &&
		   strstr(seen->request[3], KEY) == NULL,
	   "the key does not go where the root CRL is");
}

static void test_wiped(void)
{
	bool there = memmem(&work, sizeof work, KEY, sizeof KEY - 1) != NULL;

	ok(!there, "the key does not stay in memory");
}

/* What one answer makes of the fetch; changes are undone between. */
static const struct fault {
	const char *title;
	enum pcs_document d;
	const char *status, *body; /* NULL: as it was */
	enum err err;
	const char *why;
} faults[] = {
	{ "an FMSPC that Intel does not know", PCS_TCB_INFO, "404 Not Found",
	  "", ERR_MISSING,
	  "TCB info: the service knows none for FMSPC "
	  "fa4e00000001 (404)" },
	{ "an evaluation number gone", PCS_TCB_INFO, "410 Gone", "",
	  ERR_MISSING, "knows none" },
	{ "404 for another", PCS_QE_IDENTITY, "404 Not Found", "", ERR_REFUSED,
	  "QE identity: 127.0.0.1: answers 404 Not Found" },
	{ "no key", PCS_PCK_CRL, "401 x", "", ERR_REFUSED,
	  "PCK CRL: 127.0.0.1: answers 401 Unauthorized: is the API key" },
	{ "down", PCS_ROOT_CRL, "503 x", "", ERR_REFUSED,
	  "root CRL: 127.0.0.1: answers 503 Service Unavailable (2 attempts)" },
	{ "moved", PCS_TCB_INFO, "302 x", "", ERR_REFUSED, "a redirect" },
	{ "a page instead", PCS_TCB_INFO, NULL, "<html>", ERR_VALUE,
	  "TCB info: the answer has a body that is not the JSON" },
	{ "nothing instead", PCS_PCK_CRL, NULL, "", ERR_VALUE,
	  "PCK CRL: the answer has a body that is not a CRL" },
	{ "another CRL", PCS_ROOT_CRL, NULL, "3000", ERR_VALUE,
	  "root_ca_crl: " },
};

static void test_faults(void)
{
	static struct answer a[PCS_DOCUMENTS];

	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
		const struct fault *f = &faults[i];
		struct answer *x = &a[f->d];

		answers(a, false);
		if (f->status != NULL)
			x->status = f->status;
		if (f->body != NULL)
			set_body(x, "%s", f->body);
		is_err(fetch(a, NULL, false), f->err, "%s", f->title);
		if (!ok(strstr(why, f->why) != NULL && out.len == 0 &&
				out.err == ERR_OK,
			"says so, and no bundle"))
			printf("#   %s\n", why);
	}
	answers(a, false);
	a[PCS_PCK_CRL].header = NULL;
	is_err(fetch(a, NULL, false), ERR_VALUE, "no issuer chain");
	ok(strstr(why, "PCK CRL: the answer has no issuer chain") != NULL,
	   "says so");
}

static void other_fmspc(struct fake *f)
{
	f->info_fmspc[0] ^= 1;
}
static void other_ca(struct fake *f)
{
	f->ca_cert.cn = "Intel SGX PCK Processor CA";
	f->pck_cert.issuer_cn = f->pck_crl.issuer_cn = f->ca_cert.cn;
}
static void other_root(struct fake *f)
{
	f->root = f->stranger;
}
static void forged_info(struct fake *f)
{
	f->info_signer = &f->stranger;
}
static void forged_crl(struct fake *f)
{
	f->root_crl.signer = &f->stranger;
}
static void old_info(struct fake *f)
{
	f->info_to_s = FAKE_NOW - 1;
}
static void young_crl(struct fake *f)
{
	f->pck_crl.from_s = FAKE_NOW + 1;
}
static void revoked_signer(struct fake *f)
{
	f->root_crl.revoked = FAKE_SERIAL_TCB;
}

static void test_judged(void)
{
	static const struct {
		void (*change)(struct fake *);
		enum err err;
		const char *why;
	} row[] = {
		{ other_fmspc, ERR_MISMATCH, "another FMSPC" },
		{ other_ca, ERR_MISMATCH, "another CA" },
		{ other_root, ERR_SIGNATURE, "EE-ATT-010 the root is not" },
		{ forged_info, ERR_SIGNATURE,
		  "EE-ATT-007 collateral: the sig" },
		{ forged_crl, ERR_SIGNATURE, "EE-ATT-007 collateral: a CRL" },
		{ revoked_signer, ERR_SIGNATURE, "is revoked" },
		{ old_info, ERR_EXPIRED, "EE-ATT-008 TCB info has expired" },
		{ young_crl, ERR_EXPIRED, "EE-ATT-009 PCK CRL is not valid" },
	};
	static struct answer a[PCS_DOCUMENTS];

	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		fake_init(&fake);
		row[i].change(&fake);
		build();
		answers(a, false);
		is_err(fetch(a, NULL, false), row[i].err, "refused: %s",
		       row[i].why);
		if (!ok(strstr(why, row[i].why) != NULL && out.len == 0,
			"says so, and no bundle"))
			printf("#   %s\n", why);
	}
	fake_init(&fake);
	build();
}

static void test_options(void)
{
	struct pcs_opts o = options(1, true);
	enum pcs_ca ca = PCS_PLATFORM;

	out = wr_over(out_mem, sizeof out_mem);
	o.early = true;
	o.evaluation_number = 1;
	is_err(pcs_fetch(&o, fake.fmspc, PCS_PLATFORM, &out, why), ERR_STATE,
	       "early, and a number: %s", why);
	o = options(1, false);
	o.root_crl.host[0] = '\0';
	is_err(pcs_fetch(&o, fake.fmspc, PCS_PLATFORM, &out, why), ERR_STATE,
	       "a PCS without a root CRL: %s", why);
	o = options(1, true);
	o.api_key = "hush\r\nX: y";
	is_err(pcs_fetch(&o, fake.fmspc, PCS_PLATFORM, &out, why), ERR_STATE,
	       "a key of two lines: %s", why);
	ok(strstr(why, "hush") == NULL, "which is not told");
	is_err(pcs_key_check(""), ERR_VALUE, "an empty key");
	is_err(pcs_key_check("a b"), ERR_VALUE, "a key with a space");
	is_err(pcs_ca_parse(str_slice("processor"), &ca), ERR_OK, "a CA");
	ok(ca == PCS_PROCESSOR && strcmp(pcs_ca_name(ca), "processor") == 0,
	   "it is that one");
	is_err(pcs_ca_parse(str_slice("Platform"), &ca), ERR_UNKNOWN,
	       "no CA of that name");
	o = options(1, true);
	out = wr_over(out_mem, 100);
	is_err(pcs_fetch(&o, fake.fmspc, PCS_PLATFORM, &out, why), ERR_IO,
	       "nobody there: %s", why);
}

static void test_no_room(void)
{
	static struct answer a[PCS_DOCUMENTS];
	struct pcs_opts o;
	uint16_t port;
	pid_t pid;

	answers(a, false);
	pid = serve(a, &port);
	o = options(port, false);
	out = wr_over(out_mem, 1000);
	is_err(pcs_fetch(&o, fake.fmspc, PCS_PLATFORM, &out, why), ERR_SPACE,
	       "no room for the bundle: %s", why);
	ok(out.len == 0 && out.err == ERR_OK, "nothing is written");
	kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}

int main(void)
{
	seen = mmap(NULL, sizeof *seen, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (seen == MAP_FAILED)
		return 99;
	rng_seeded(&rng, str_slice("waits"));
	fake_init(&fake);
	build();
	trust();
	test_fetch();
	test_wiped();
	test_faults();
	test_judged();
	test_options();
	test_no_room();
	return tap_done();
}
