/* sys/metadata.h against a server on loopback that plays what a metadata
 * server, or something in its place, can say. */
#include "sys/metadata.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "lib/proto.h"
#include "lib/sock.h"
#include "sys/child.h"
#include "sys/kfile.h"
#include "tests/tap.h"

/* The certificate of tests/unit/test_config.c. */
#define PEM                                                                    \
	"-----BEGIN CERTIFICATE-----\\n"                                       \
	"MIIBezCCASGgAwIBAgIUYkW60uq/oApe2wrZOmP+l1wo7u0wCgYIKoZIzj0EAwIw\\n"  \
	"EjEQMA4GA1UEAwwHVGVzdCBDQTAgFw0yNjExMjAwNjEyMjZaGA8yMTI2MTAyNzA2\\n"  \
	"MTIyNlowEjEQMA4GA1UEAwwHVGVzdCBDQTBZMBMGByqGSM49AgEGCCqGSM49AwEH\\n"  \
	"A0IABM+p95mnQm6K1pDy3N5gCFpVXPDglh2v0VFVvqJCb5sE/q6YkGwaKqM/5RW9\\n"  \
	"p+AjBBW4rtJ3vZ4AKjyc+UnCWKmjUzBRMB0GA1UdDgQWBBQBfFvp4g6r3mLCIgHX\\n"  \
	"FhUTooiFazAfBgNVHSMEGDAWgBQBfFvp4g6r3mLCIgHXFhUTooiFazAPBgNVHRMB\\n"  \
	"Af8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIB7Q7RhGZowi4NZJ25kzCyvnzbe1\\n"  \
	"TaYhiRgTgGZahzhmAiEA7H9RBTTkuA5Qro44IY2nD5dB19f6dW8s65tFjV6OL9A=\\n"  \
	"-----END CERTIFICATE-----\\n"
#define TOKEN "0011223344556677889900112233445566778899aabbccddeeff0011223344ff"
#define CONFIG(vm_name, more)                                                  \
	"{\"version\":1," vm_name "\"node_size\":\"tiny\","                    \
	"\"datacenter\":\"gcp:us-central1-a\",\"control_plane_url\":"          \
	"\"https://cp.example:8443\",\"control_plane_ca\":\"" PEM "\","        \
	"\"api_port\":8443,\"operator_token_sha256\":\"" TOKEN "\","           \
	"\"venues\":[]" more "}"
#define NAME   "\"vm_name\":\"vm-1\","
#define FLAVOR "Metadata-Flavor: Google\r\n"

/* What the server does with one connection after the other. */
struct scene {
	const char *head; /* status line after "HTTP/1.1 ", and headers */
	const char *body;
	size_t body_len; /* 0: of the text; else that many spaces */
	int refuse;      /* first connections, closed without an answer */
	const char *refuse_head; /* or answered with this */
	bool silent;             /* never answers */
	bool drip;               /* a byte of the head at a time, slowly */
};

static const char request_line[] = "GET " METADATA_PATH " HTTP/1.1\r\n";

/* Reads the head of a request; true when it is the one that we want. */
static bool read_request(int fd)
{
	char buf[2048] = "";
	size_t n = 0;
	ssize_t r;

	while (strstr(buf, "\r\n\r\n") == NULL && n < sizeof buf - 1) {
		r = read(fd, buf + n, sizeof buf - 1 - n);
		if (r <= 0)
			return false;
		n += (size_t)r;
		buf[n] = '\0';
	}
	return strncmp(buf, request_line, strlen(request_line)) == 0 &&
	       strstr(buf, "\r\n" FLAVOR) != NULL;
}

static void put(int fd, const char *s, size_t n, bool drip)
{
	for (size_t at = 0; at < n;) {
		size_t part = drip ? 1 : n - at;
		ssize_t r = send(fd, s + at, part, MSG_NOSIGNAL);

		if (r <= 0)
			return;
		at += (size_t)r;
		if (drip)
			poll(NULL, 0, 40);
	}
}

static void answer(int fd, const struct scene *s, const char *head)
{
	static char text[LIMIT_CONFIG_BYTES * 2];
	size_t n = s->body_len != 0 ? s->body_len : strlen(s->body);

	snprintf(text, sizeof text, "HTTP/1.1 %sContent-Length: %zu\r\n\r\n",
		 head, n);
	put(fd, text, strlen(text), s->drip);
	memset(text, ' ', n);
	memcpy(text, s->body, strlen(s->body));
	put(fd, text, n, false);
}

static void serve(int listener, const struct scene *s)
{
	int refuse = s->refuse;

	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (s->silent)
			continue; /* and keep it open */
		if (read_request(fd)) {
			if (refuse == 0)
				answer(fd, s, s->head);
			else if (s->refuse_head != NULL)
				answer(fd, s, s->refuse_head);
		}
		refuse -= refuse > 0;
		close(fd);
	}
}

static pid_t start(const struct scene *s, uint16_t *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t n = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	pid_t pid;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&a, sizeof a) != 0 ||
	    listen(fd, 8) != 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &n) != 0)
		_exit(99);
	*port = ntohs(a.sin_port);
	pid = fork();
	if (pid == 0)
		serve(fd, s);
	close(fd);
	return pid;
}

static void stop(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static struct metadata_result r;

static int64_t run(const struct scene *s, uint32_t total_ms)
{
	struct metadata_source source = { "127.0.0.1", 0, 300, total_ms };
	pid_t pid = start(s, &source.port);
	int64_t before = mono_ms(), took;

	memset(&r, 0x55, sizeof r);
	metadata_read(&source, &r);
	took = mono_ms() - before;
	stop(pid);
	return took;
}

#define OK_HEAD "200 OK\r\n" FLAVOR
static const char good[] = CONFIG(NAME, "");

static void test_good(void)
{
	struct scene s = { .head = OK_HEAD, .body = good };

	run(&s, 1000);
	is_err((enum err)r.err, ERR_OK, "a configuration");
	ok(r.stage == METADATA_PARSE && r.key[0] == '\0', "was parsed");
	ok(r.len == strlen(good) && memcmp(r.config, good, r.len) == 0,
	   "its bytes as received");
	ok(metadata_result_ok(&r, sizeof r), "a record that init takes");
	s.head = "200 OK\r\nmetadata-flavor: Google\r\n";
	run(&s, 1000);
	is_err((enum err)r.err, ERR_OK, "a header in lower case");
	s.head = OK_HEAD;
	s.body_len = LIMIT_CONFIG_BYTES;
	run(&s, 1000);
	is_err((enum err)r.err, ERR_OK, "the largest one");
	ok(r.len == LIMIT_CONFIG_BYTES, "is %d bytes", LIMIT_CONFIG_BYTES);
}

static void test_retried(void)
{
	struct scene s = { .head = OK_HEAD, .body = good, .refuse = 3 };
	static const char *const heads[] = {
		"503 Unavailable\r\n" FLAVOR,
		"503 Unavailable\r\n",
		"429 Slow down\r\n" FLAVOR,
		"500 Error\r\n" FLAVOR,
	};
	int64_t took = run(&s, 3000);

	is_err((enum err)r.err, ERR_OK, "three closed connections, then good");
	ok(took >= 50 + 100 + 200, "after growing pauses (%d ms)", (int)took);
	for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
		s.refuse = 1;
		s.refuse_head = heads[i];
		run(&s, 3000);
		is_err((enum err)r.err, ERR_OK, "%.3s, then good", heads[i]);
	}
}

static void is_refused(const struct scene *s, enum err want, const char *what)
{
	int64_t took = run(s, 5000);

	is_err((enum err)r.err, want, "%s", what);
	ok(r.stage == METADATA_FETCH && r.len == 0 && r.config[0] == 0 &&
		   r.key[0] == '\0' && metadata_result_ok(&r, sizeof r),
	   "nothing comes with it");
	ok(took < 2000, "and it is not tried again (%d ms)", (int)took);
}

static void test_refused(void)
{
	struct scene s = { .head = "200 OK\r\n", .body = good };

	is_refused(&s, ERR_MISMATCH, "no Metadata-Flavor");
	s.head = "200 OK\r\nMetadata-Flavor: google\r\n";
	is_refused(&s, ERR_MISMATCH, "another Metadata-Flavor");
	s.head = "200 OK\r\nX-Metadata-Flavor: Google\r\n";
	is_refused(&s, ERR_MISMATCH, "a header like it");
	s.head = "404 Not Found\r\n";
	is_refused(&s, ERR_MISMATCH, "somebody else's 404");
	s.head = "404 Not Found\r\n" FLAVOR;
	is_refused(&s, ERR_MISSING, "no such attribute");
	s.head = "403 Forbidden\r\n" FLAVOR;
	is_refused(&s, ERR_REFUSED, "a refusal");
	s.head = "302 Found\r\nLocation: http://127.0.0.1/\r\n" FLAVOR;
	is_refused(&s, ERR_REFUSED, "a redirect");
	s.head = OK_HEAD;
	s.body_len = LIMIT_CONFIG_BYTES + 1;
	is_refused(&s, ERR_LIMIT, "one byte too many");
	s.body_len = 0;
	s.head = OK_HEAD "Content-Length: 3\r\n";
	is_refused(&s, ERR_VALUE, "two lengths");
	s.head = OK_HEAD "Bad header\r\n";
	is_refused(&s, ERR_VALUE, "not HTTP");
}

static void test_late(void)
{
	struct scene s = { .silent = true };
	int64_t took = run(&s, 700);

	is_err((enum err)r.err, ERR_TIMEOUT, "a server that says nothing");
	ok(took >= 300 && took < 1500, "takes %d ms", (int)took);
	s = (struct scene){ .head = OK_HEAD, .body = good, .drip = true };
	took = run(&s, 700);
	is_err((enum err)r.err, ERR_TIMEOUT, "one that drips");
	ok(took >= 300 && took < 1500, "takes %d ms", (int)took);
	s = (struct scene){ .head = OK_HEAD, .body = good, .refuse = 1000 };
	took = run(&s, 700);
	is_err((enum err)r.err, ERR_TIMEOUT, "one that only closes");
	ok(r.stage == METADATA_FETCH && metadata_result_ok(&r, sizeof r),
	   "is a record that init takes");
}

static void test_parse(void)
{
	static const struct {
		const char *body;
		enum err err;
		const char *key;
	} t[] = {
		{ CONFIG("", ""), ERR_MISSING, "vm_name" },
		{ CONFIG("\"vm_name\":7,", ""), ERR_VALUE, "vm_name" },
		{ CONFIG(NAME, ",\"shell\":\"yes\""), ERR_UNKNOWN, "shell" },
		{ CONFIG(NAME, ",\"a\\nFATAL\":1"), ERR_UNKNOWN, "" },
		{ CONFIG(NAME, ",\"api_port\":1"), ERR_DUPLICATE, "" },
		{ "", ERR_TRUNC, "" },
		{ "not JSON", ERR_VALUE, "" },
	};

	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		struct scene s = { .head = OK_HEAD, .body = t[i].body };

		run(&s, 1000);
		is_err((enum err)r.err, t[i].err, "%zu: %s %s", i,
		       err_name(t[i].err), t[i].key);
		ok(strcmp(r.key, t[i].key) == 0, "names the key: '%s'", r.key);
		ok(r.stage == METADATA_PARSE && r.len == 0 &&
			   metadata_result_ok(&r, sizeof r),
		   "and holds no configuration");
	}
}

static void test_record(void)
{
	struct scene s = { .head = OK_HEAD, .body = good };
	struct metadata_result m;

	run(&s, 1000);
	m = r;
	ok(!metadata_result_ok(&m, sizeof m - 1), "a short record");
	ok(!metadata_result_ok(&m, 0), "none");
	m.magic++;
	ok(!metadata_result_ok(&m, sizeof m), "another magic");
	m = r;
	m.len = LIMIT_CONFIG_BYTES + 1;
	ok(!metadata_result_ok(&m, sizeof m), "a length above the limit");
	m.len = 0;
	ok(!metadata_result_ok(&m, sizeof m), "an empty configuration");
	m = r;
	m.err = ERR_IO + 1;
	ok(!metadata_result_ok(&m, sizeof m), "an error that is none");
	m = r;
	m.err = ERR_VALUE;
	ok(!metadata_result_ok(&m, sizeof m), "an error with bytes");
	m = r;
	m.stage = METADATA_FETCH;
	ok(!metadata_result_ok(&m, sizeof m), "not parsed");
	m = r;
	memset(m.key, 'a', sizeof m.key);
	ok(!metadata_result_ok(&m, sizeof m), "a key without its end");
}

/* The child as init starts it: its own uid, under its filter. */
static void test_child(void)
{
	struct scene s = { .head = OK_HEAD, .body = good, .refuse = 1 };
	struct metadata_source source = { "127.0.0.1", 0, 300, 1000 };
	struct child_spec spec = { .role = CHILD_METADATA,
				   .nfds = 1,
				   .entry = metadata_child,
				   .ctx = &source };
	int ends[2], status = -1;
	size_t n = 0;
	pid_t server, pid;

#ifdef __SANITIZE_ADDRESS__
	ok(1, "the child # SKIP the sanitizer makes calls of its own");
	return;
#endif
	if (geteuid() != 0) {
		ok(1, "the child # SKIP only root can give up root");
		return;
	}
	server = start(&s, &source.port);
	if (pipe(ends) != 0)
		_exit(99);
	spec.fds = &ends[1];
	is_err(child_spawn(&spec, &pid), ERR_OK, "the child");
	close(ends[1]);
	memset(&r, 0x55, sizeof r);
	is_err(kfile_drain(ends[0], &r, sizeof r, &n), ERR_OK, "writes");
	ok(waitpid(pid, &status, 0) == pid && status == 0, "ends: %d", status);
	ok(metadata_result_ok(&r, n) && r.err == ERR_OK &&
		   r.len == strlen(good),
	   "a good record");
	close(ends[0]);
	stop(server);
}

int main(void)
{
	test_good();
	test_retried();
	test_refused();
	test_late();
	test_parse();
	test_record();
	test_child();
	return tap_done();
}
