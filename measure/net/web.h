/* web.h - requests to a service that others run (Intel's PCS, a PCCS, Intel
 * Trust Authority): a base URL, the CAs that vouch for it, and patience.
 * Blocking; on the host only. measure/lib never includes this folder: what is
 * true is decided without a network.
 *
 * Repeated, with exponential backoff: a connection that fails or is cut off,
 * 429 (not before its Retry-After) and 5xx. Never repeated: any other status,
 * and a server that is not who it should be (ERR_TLS). A POST is repeated as
 * well, so a request whose second execution does harm has no place here.
 *
 * Redirects are not followed: the URL that was configured is the one asked.
 * Extra headers may hold an API key: they go into the request and nowhere
 * else; error texts hold the host, the status and texts of ours, never what
 * was sent or the body of an answer. */
#ifndef MEASURE_NET_WEB_H
#define MEASURE_NET_WEB_H

#include "lib/httpc.h"

enum {
	WEB_WHY = 240,          /* an error text with its NUL */
	WEB_PATH_BYTES = 512,   /* the path of one request, query included */
	WEB_MAX_CAS = 256,      /* Debian trusts some 150 */
	WEB_CA_MEM = 192 * 1024 /* their names and keys: some 62 KiB */
};

/* Where Debian keeps the CAs that its machines trust. */
#define WEB_SYSTEM_CAS "/etc/ssl/certs/ca-certificates.crt"

struct web_url {
	char host[256]; /* name or IPv4 */
	uint16_t port;
	bool plain;                 /* http:// */
	char path[LIMIT_URL_BYTES]; /* "" or "/a/b", never with a "/" at its
				       end */
};

/* Reads "http[s]://host[:port][/path]", at most LIMIT_URL_BYTES. No user, no
 * query, no fragment, no "." or ".." or empty segment (but one "/" at the end),
 * no IPv6 address, no port 0. http:// is for loopback alone (localhost,
 * 127.0.0.0/8) unless insecure_http: without TLS anybody on the way reads the
 * API key, and decides what is new. Errors: ERR_VALUE, ERR_LIMIT, ERR_UNSUPP,
 * and ERR_REFUSED for such http; *what says what is wrong, static, for people.
 */
MUST_CHECK enum err web_url_parse(const char *text, bool insecure_http,
				  struct web_url *out, const char **what);

/* CAs that a host trusts; static or malloc'ed by the caller (about 220 KiB),
 * holds pointers into itself: not to be moved or copied. */
struct web_cas {
	struct tls_anchors anchors;
	br_x509_trust_anchor ta[WEB_MAX_CAS];
	uint8_t mem[WEB_CA_MEM];
	size_t skipped; /* certificates with keys that TLS here cannot use, or
			   that are no CA's */
};

/* Takes every CA of a PEM bundle: RSA, P-256, P-384, P-521. What cannot be used
 * is left out and counted: fewer CAs trust less. Errors: ERR_MISSING no usable
 * one; ERR_SPACE; ERR_VALUE when the text is cut off inside a certificate. */
MUST_CHECK enum err web_cas_read(struct web_cas *cas, struct slice pem);

/* Time, so that tests need not wait. Zeroed: the system's. */
struct web_time {
	int64_t (*now_ms)(void *ctx); /* monotonic */
	void (*sleep_ms)(void *ctx, int64_t ms);
	void *ctx;
};

/* How long to try. The n-th wait is between half of and all of first_wait_ms *
 * 2^(n-1), drawn at random so that many clients do not come back at once, at
 * most max_wait_ms, and at least the server's Retry-After. */
struct web_patience {
	unsigned attempts;   /* in all, 1 or more */
	uint32_t attempt_ms; /* for one of them */
	uint32_t total_ms;   /* for all, waits included */
	uint32_t first_wait_ms, max_wait_ms;
};

/* What a person at a terminal waits for: 4 attempts within 60 s. */
extern const struct web_patience web_patience_default;

struct web_opts {
	struct web_url url;
	const struct tls_anchors *anchors; /* https: required */
	const br_prng_class **rng;         /* TLS, and the waits */
	int64_t now_s; /* Unix seconds, to judge certificates by */
	struct web_patience patience;
	struct web_time time;
	size_t max_body; /* bytes of an answer */
	void *buf;       /* request and answer: max_body and 24 KiB, and the
			    body that is sent */
	size_t buf_len;
};

/* One service. About 44 KiB; not to be moved. */
struct web {
	struct web_opts o;
	struct httpc c;
	int status;        /* of the last answer, 0 when there was none */
	unsigned attempts; /* of the last request */
	char why[WEB_WHY]; /* why the last request failed, for people */
};

struct web_request {
	const char *method;       /* "GET" or "POST" */
	const char *path;         /* below the URL's: "/a?b=c" */
	const char *content_type; /* NULL: no body */
	const char *headers;      /* lines with CRLF, or ""; may be secret */
	struct slice body;
};

/* o is copied, what it points to stays the caller's. */
void web_init(struct web *w, const struct web_opts *o);
void web_done(struct web *w); /* closes; wipes the buffer and itself */

/* Asks, and asks again as patience allows.
 * ERR_OK: *res is an answer that is final, whatever its status, and points into
 * the buffer until the next request. Else w->why says why for people:
 * ERR_REFUSED still 429 or 5xx at the end, w->status says which; ERR_TIMEOUT
 * no time left; ERR_VALUE a request that cannot be one, or no HTTP answer; and
 * httpc_step's. */
MUST_CHECK enum err web_ask(struct web *w, const struct web_request *r,
			    struct http_msg *res);

/* For an answer that has to be 200: ERR_OK, or ERR_REFUSED with w->why. */
MUST_CHECK enum err web_need_200(struct web *w, const struct http_msg *res);
#endif
