/* Our TLS and HTTP against curl and OpenSSL as clients, and against Python's
 * OpenSSL as a server with RSA and P-384 chains. Skipped when one is missing.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

#include "lib/httpc.h"
#include "lib/serve.h"
#include "lib/sock.h"
#include "tests/pki.h"

enum {
	BODY = 100000,
	CONNS = 4
};

static struct pki pki, other;
static struct serve *srv;
static uint16_t port;
static char dir[] = "/tmp/interop.XXXXXX";
static char out[2 * BODY];
static size_t nout;

static void handler(void *ctx, int conn, const struct http_msg *req,
		    struct serve_response *res)
{
	(void)ctx, (void)conn;
	if (req->body.len > 0)
		wr_bytes(&res->body, req->body);
	else
		wr_str(&res->body, "hello");
}

static void start(void)
{
	struct serve_opts o = { .tls = pki_server(&pki),
				.max_conns = CONNS,
				.max_request_body = BODY,
				.max_response_body = BODY,
				.request_timeout_ms = 5000,
				.idle_timeout_ms = 5000,
				.handler = handler };
	void *mem = malloc(serve_mem(&o));

	if (mem == NULL ||
	    sock_listen("127.0.0.1", 0, &o.listener, &port) != ERR_OK ||
	    serve_init(&srv, &o, mem, serve_mem(&o)) != ERR_OK)
		_exit(97);
}

static void write_pem(const char *name, struct pki *p)
{
	char path[64], pem[2048];
	struct wr w = wr_over(pem, sizeof pem);
	FILE *f;

	pem_write(&w, "CERTIFICATE", (struct slice){ p->ca_der, p->ca_len });
	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "w");
	if (f == NULL || fwrite(pem, 1, w.len, f) != w.len || fclose(f) != 0)
		_exit(97);
}

/* Starts sh -c CMD in `dir`, with PORT set; its output is *fd. */
static pid_t spawn(const char *cmd, int *fd)
{
	int p[2];
	pid_t pid;

	if (pipe2(p, O_NONBLOCK) != 0)
		_exit(97);
	pid = fork();
	if (pid == 0) {
		char text[16];

		(void)snprintf(text, sizeof text, "%u", (unsigned)port);
		if (setenv("PORT", text, 1) != 0 || chdir(dir) != 0 ||
		    dup2(p[1], 1) < 0 || fcntl(1, F_SETFL, 0) != 0)
			_exit(97);
		execl("/bin/sh", "sh", "-c", cmd, (char *)NULL);
		_exit(127);
	}
	close(p[1]);
	*fd = p[0];
	return pid;
}

static void turn(int fd, short events)
{
	struct pollfd p[2 + CONNS] = { { fd, events, 0 } };
	int64_t deadline = mono_ms() + 20, wait;
	size_t n = serve_poll(srv, p + 1, &deadline);

	wait = deadline - mono_ms();
	poll(p, n + 1, wait < 0 ? 0 : (int)wait);
	serve_run(srv, p + 1, n);
}

/* Runs CMD while the server serves; its exit status, output in out. */
static int run(const char *cmd)
{
	int fd, status;
	pid_t pid = spawn(cmd, &fd);
	ssize_t n = -1;

	for (nout = 0; n != 0 && nout < sizeof out - 1;) {
		n = read(fd, out + nout, sizeof out - 1 - nout);
		if (n > 0)
			nout += (size_t)n;
		if (n < 0)
			turn(fd, POLLIN);
	}
	out[nout] = '\0';
	close(fd);
	while (waitpid(pid, &status, WNOHANG) == 0)
		turn(-1, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool have(const char *tool)
{
	char cmd[64];

	(void)snprintf(cmd, sizeof cmd, "command -v %s >/dev/null", tool);
	return system(cmd) == 0;
}

#define CURL "curl -sS -m 20 --noproxy '*' --cacert ca.pem "
#define URL  "https://localhost:$PORT/x"

static const struct {
	const char *what, *cmd;
	int status;
	const char *out; /* NULL: not compared */
} curls[] = {
	{ "a GET", CURL URL, 0, "hello" },
	{ "a GET by address", CURL "https://127.0.0.1:$PORT/", 60, NULL },
	{ "two over one connection", CURL "-w %{num_connects} " URL " " URL, 0,
	  "hello1hello0" },
	{ "a POST", CURL "-d some-body " URL, 0, "some-body" },
	{ "a body of 100000 bytes",
	  "head -c 100000 /dev/zero | tr '\\0' x >big; " CURL
	  "--data-binary @big " URL " | cmp - big && echo same",
	  0, "same\n" },
	{ "a body of 100001 bytes",
	  "head -c 100001 /dev/zero >big; " CURL
	  "-o /dev/null -w %{http_code} --data-binary @big " URL,
	  0, "413" },
	{ "a chunked body",
	  CURL "-o /dev/null -w %{http_code} -H 'Transfer-Encoding: chunked' "
	       "-d x " URL,
	  0, "501" },
	{ "HTTP/1.0", CURL "-o /dev/null -w %{http_code} -0 " URL, 0, "501" },
	{ "HTTP/2 offered", CURL "--http2 " URL, 0, "hello" },
	{ "AES-256",
	  CURL "--ciphers ECDHE-ECDSA-AES256-GCM-SHA384 "
	       "--tls-max 1.2 " URL,
	  0, "hello" },
	{ "ChaCha20",
	  CURL "--ciphers ECDHE-ECDSA-CHACHA20-POLY1305 "
	       "--tls-max 1.2 " URL,
	  0, "hello" },
	{ "P-256 for the key exchange", CURL "--curves P-256 " URL, 0,
	  "hello" },
	{ "X25519 for the key exchange", CURL "--curves X25519:P-256 " URL, 0,
	  "hello" },
	{ "a cipher we do not have",
	  CURL "--ciphers ECDHE-ECDSA-AES128-SHA --tls-max 1.2 " URL, 35,
	  NULL },
	{ "TLS 1.1",
	  CURL "--ciphers DEFAULT:@SECLEVEL=0 --tlsv1.0 "
	       "--tls-max 1.1 " URL,
	  35, NULL },
	{ "another CA", "curl -sS -m 20 --noproxy '*' --cacert other.pem " URL,
	  60, NULL },
	{ "plain HTTP",
	  "curl -sS -m 20 --noproxy '*' http://localhost:$PORT/ || echo no", 0,
	  "no\n" },
};

static void test_curl(void)
{
	if (!have("curl")) {
		ok(1, "curl as client # SKIP curl is not installed");
		return;
	}
	for (size_t i = 0; i < sizeof curls / sizeof *curls; i++) {
		char cmd[512];
		int st;

		(void)snprintf(cmd, sizeof cmd, "(%s) 2>/dev/null",
			       curls[i].cmd);
		st = run(cmd);
		if (!ok(st == curls[i].status &&
				(curls[i].out == NULL ||
				 strcmp(out, curls[i].out) == 0),
			"curl: %s", curls[i].what))
			printf("#   status %d: %.200s\n", st, out);
	}
}

static void test_openssl(void)
{
	int st;

	if (!have("openssl")) {
		ok(1, "openssl as client # SKIP openssl is not installed");
		return;
	}
	st = run("openssl s_client -connect localhost:$PORT -CAfile ca.pem "
		 "-verify_return_error -verify_hostname localhost </dev/null "
		 "2>&1");
	ok(st == 0 && strstr(out, "Verify return code: 0 (ok)") != NULL &&
		   strstr(out, "TLSv1.2, Cipher is "
			       "ECDHE-ECDSA-AES128-GCM-SHA256") != NULL,
	   "openssl: handshake, chain and name; our first cipher");
	ok(strstr(out, "Secure Renegotiation IS supported") != NULL &&
		   strstr(out, "Compression: NONE") != NULL,
	   "RFC 5746 is spoken, compression is not");
	(void)run("{ sleep 0.3; echo R; sleep 0.5; } | openssl s_client "
		  "-connect localhost:$PORT -CAfile ca.pem -tls1_2 2>&1");
	ok(strstr(out, "RENEGOTIATING") != NULL &&
		   strstr(out, "no renegotiation") != NULL,
	   "a renegotiation that the client asks for is declined");
	st = run(CURL URL " 2>/dev/null");
	ok(st == 0 && strcmp(out, "hello") == 0, "and the server goes on");
}

/* A CA, an intermediate where asked for, and a server certificate. */
static const char make_chains[] =
	"set -e; exec 2>/dev/null\n"
	"ca() { openssl req -x509 -newkey $2 -nodes -keyout $1.key "
	"-out $1.pem -days 3650 -subj /CN=$1 -addext "
	"basicConstraints=critical,CA:TRUE; }\n"
	"leaf() { openssl req -newkey $2 -nodes -keyout $1.key -out $1.csr "
	"-subj /CN=$1; printf \"$4\" >$1.ext; openssl x509 -req -in $1.csr "
	"-CA $3.pem -CAkey $3.key -set_serial 7 -days 3650 -sha384 "
	"-extfile $1.ext -out $1.pem; }\n"
	"ca rsa-ca rsa:2048\n"
	"leaf rsa-srv rsa:2048 rsa-ca 'subjectAltName=DNS:localhost'\n"
	"p384='ec -pkeyopt ec_paramgen_curve:P-384'\n"
	"ca ec-ca \"$p384\"\n"
	"leaf ec-int \"$p384\" ec-ca 'basicConstraints=critical,CA:TRUE'\n"
	"leaf ec-srv 'ec -pkeyopt ec_paramgen_curve:P-256' ec-int "
	"'subjectAltName=DNS:localhost'\n"
	"cat ec-int.pem >>ec-srv.pem\n";

static const char python_server[] =
	"exec python3 -c '\n"
	"import http.server, ssl, sys\n"
	"class H(http.server.BaseHTTPRequestHandler):\n"
	"    protocol_version = \"HTTP/1.1\"\n"
	"    def log_message(self, *a): pass\n"
	"    def do_POST(self):\n"
	"        b = self.rfile.read(int(self.headers[\"Content-Length\"]))\n"
	"        self.send_response(200)\n"
	"        self.send_header(\"Transfer-Encoding\", \"chunked\")\n"
	"        self.end_headers()\n"
	"        for i in range(0, len(b), 1000):\n"
	"            c = b[i:i + 1000]\n"
	"            self.wfile.write(b\"%%x\\r\\n%%s\\r\\n\" %% (len(c), c))\n"
	"        self.wfile.write(b\"0\\r\\n\\r\\n\")\n"
	"s = http.server.HTTPServer((\"127.0.0.1\", 0), H)\n"
	"c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)\n"
	"c.load_cert_chain(\"%s-srv.pem\", \"%s-srv.key\")\n"
	"s.socket = c.wrap_socket(s.socket, server_side=True)\n"
	"print(s.server_port, flush=True)\n"
	"s.serve_forever()'";

static bool read_anchors(const char *name, struct tls_anchors *a)
{
	char path[64], pem[4096];
	size_t n;
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "r");
	if (f == NULL)
		return false;
	n = fread(pem, 1, sizeof pem, f);
	fclose(f);
	memset(a, 0, sizeof *a);
	return tls_anchors_add(a, (struct slice){ (uint8_t *)pem, n }) ==
	       ERR_OK;
}

static void talk_to(const char *kind, struct tls_anchors *a, uint16_t to)
{
	static struct httpc c;
	static uint8_t buf[4 * BODY], body[BODY];
	struct httpc_opts o = { .host = "localhost",
				.port = to,
				.tls = pki_client(&pki),
				.timeout_ms = 10000,
				.max_body = BODY,
				.buf = buf,
				.buf_len = sizeof buf };
	struct http_msg m;
	uint8_t pub[P256_PUB_LEN];

	o.tls.anchors = a;
	o.tls.now_s = time(NULL);
	for (size_t i = 0; i < sizeof body; i++)
		body[i] = (uint8_t)(i * 13);
	httpc_init(&c, &o);
	for (int i = 0; i < 2; i++) {
		is_err(httpc_run(&c, "POST", "/", "text/plain", "",
				 (struct slice){ body, sizeof body }, &m),
		       ERR_OK, "%s server: POST %d: %s", kind, i, c.error);
		ok(m.body.len == BODY && memcmp(m.body.ptr, body, BODY) == 0 &&
			   c.reused == (i > 0),
		   "100000 bytes there and back, chunked");
	}
	is_err(httpc_peer_key(&c, pub),
	       strcmp(kind, "ec") == 0 ? ERR_OK : ERR_STATE,
	       "its P-256 key, if it is one");
	httpc_done(&c);
	o.tls = pki_client(&pki);
	httpc_init(&c, &o);
	is_err(httpc_run(&c, "GET", "/", NULL, "", (struct slice){ NULL, 0 },
			 &m),
	       ERR_TLS, "not under another CA");
	httpc_done(&c);
}

static void test_python(void)
{
	static const char *const kinds[] = { "rsa", "ec" };
	static struct tls_anchors a;

	if (!have("python3") || !have("openssl")) {
		ok(1, "python3 as server # SKIP python3 is not installed");
		return;
	}
	ok(run(make_chains) == 0, "chains made by openssl");
	for (size_t i = 0; i < 2; i++) {
		char cmd[2048], line[16] = "", ca[16];
		int fd, status;
		pid_t pid;

		(void)snprintf(cmd, sizeof cmd, python_server, kinds[i],
			       kinds[i]);
		(void)snprintf(ca, sizeof ca, "%s-ca.pem", kinds[i]);
		pid = spawn(cmd, &fd);
		for (int k = 0; k < 500 && strchr(line, '\n') == NULL; k++) {
			usleep(20000);
			(void)!read(fd, line, sizeof line - 1);
		}
		ok(read_anchors(ca, &a), "%s: the CA is read", kinds[i]);
		talk_to(kinds[i], &a, (uint16_t)atoi(line));
		kill(pid, SIGTERM);
		waitpid(pid, &status, 0);
		close(fd);
	}
}

int main(void)
{
	char cmd[64];

	signal(SIGPIPE, SIG_IGN);
	if (mkdtemp(dir) == NULL)
		return 97;
	/* OpenSSL judges by the clock of the machine. */
	pki_init_at(&pki, "interop", time(NULL));
	pki_init_at(&other, "other", time(NULL));
	write_pem("ca.pem", &pki);
	write_pem("other.pem", &other);
	start();
	test_curl();
	test_openssl();
	test_python();
	(void)snprintf(cmd, sizeof cmd, "rm -rf %s", dir);
	ok(system(cmd) == 0, "cleaned up");
	return tap_done();
}
