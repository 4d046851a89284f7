/* lib/config.h and the URLs in it: a good document, and one refusal a rule with
 * the name of the member. The certificate was made with: openssl req -x509
 * -newkey ec -pkeyopt ec_paramgen_curve:P-256 -days 36500 -subj '/CN=Test CA'
 */
#include "lib/config.h"

#include "lib/text.h"
#include "tests/tap.h"

/* As it stands in JSON, with escaped line ends. */
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
#define VENUE(name)                                                            \
	"{\"name\":\"" name "\",\"url\":\"https://v:1\",\"ca\":\"" PEM "\"}"

static const struct member {
	const char *key, *value;
} good[] = {
	{ "version", "1" },
	{ "vm_name", "\"vm-1\"" },
	{ "node_size", "\"tiny\"" },
	{ "datacenter", "\"gcp:us-central1-a\"" },
	{ "control_plane_url", "\"https://cp.example:8443\"" },
	{ "control_plane_ca", "\"" PEM "\"" },
	{ "api_port", "8443" },
	{ "operator_token_sha256", "\"" TOKEN "\"" },
	{ "venues", "[" VENUE("paper") "," VENUE("other") "]" },
	{ "heartbeat_seconds", "5" },
};

static char doc[LIMIT_CONFIG_BYTES + 16], scratch[1 << 16];
static struct config c;
static const char *key;

/* The good document with `over` in place of, or next to, the member of that
 * name; a value of NULL leaves it out. */
static struct slice make(struct member over)
{
	struct wr w = wr_over(doc, sizeof doc);
	const char *comma = "";
	bool seen = false;

	wr_str(&w, "{");
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		const char *v = good[i].value;

		if (over.key != NULL && strcmp(over.key, good[i].key) == 0) {
			v = over.value;
			seen = true;
		}
		if (v == NULL)
			continue;
		wr_fmt(&w, "%s\"%s\":%s", comma, good[i].key, v);
		comma = ",";
	}
	if (over.key != NULL && !seen)
		wr_fmt(&w, ",\"%s\":%s", over.key, over.value);
	wr_str(&w, "}");
	if (wr_end(&w) != ERR_OK)
		ok(0, "the test's document does not fit");
	return wr_slice(&w);
}

static enum err parse(struct slice in)
{
	key = "?";
	return config_parse(in, scratch, sizeof scratch, &c, &key);
}

static void test_good(void)
{
	struct slice in = make((struct member){ NULL, NULL });
	uint8_t digest[SHA384_LEN], token[SHA256_LEN];
	size_t taken = 0;

	is_err(parse(in), ERR_OK, "a good document");
	ok(strcmp(c.vm_name, "vm-1") == 0 && strcmp(c.node_size, "tiny") == 0 &&
		   strcmp(c.datacenter, "gcp:us-central1-a") == 0,
	   "names");
	ok(strcmp(c.control_plane_url, "https://cp.example:8443") == 0, "URL");
	ok(c.api_port == 8443 && c.heartbeat_seconds == 5, "numbers");
	ok(strncmp(c.control_plane_ca, "-----BEGIN CERTIFICATE-----\nMIIBezCC",
		   36) == 0,
	   "CA with its line ends");
	ok(hex_decode(str_slice(TOKEN), token, sizeof token) == ERR_OK &&
		   memcmp(c.operator_token_sha256, token, sizeof token) == 0,
	   "token digest");
	ok(c.nvenues == 2 && strcmp(c.venues[0].name, "paper") == 0 &&
		   strcmp(c.venues[1].name, "other") == 0 &&
		   strcmp(c.venues[1].url, "https://v:1") == 0,
	   "venues");
	sha384(in, digest);
	ok(memcmp(digest, c.sha384, sizeof digest) == 0, "bytes as received");
	for (size_t n = 0; n < in.len; n++)
		taken += parse((struct slice){ in.ptr, n }) == ERR_OK;
	ok(taken == 0, "every prefix refused");
	doc[in.len] = '}';
	is_err(parse((struct slice){ in.ptr, in.len + 1 }), ERR_EXTRA,
	       "one byte more refused");
	is_err(parse(make((struct member){ "heartbeat_seconds", NULL })),
	       ERR_OK, "no heartbeat_seconds");
	ok(c.heartbeat_seconds == 30, "means 30");
	is_err(parse(make((struct member){ "venues", "[]" })), ERR_OK,
	       "no venues");
	ok(c.nvenues == 0, "means none");
	in = make((struct member){ NULL, NULL });
	is_err(config_parse(in, scratch, 256, &c, &key), ERR_SPACE,
	       "too little memory");
}

static const struct {
	const char *key, *value;
	enum err want;
	const char *says; /* when it is not key */
} bad[] = {
	{ "version", NULL, ERR_MISSING, NULL },
	{ "version", "2", ERR_UNSUPP, NULL },
	{ "version", "\"1\"", ERR_VALUE, NULL },
	{ "version", "1.0", ERR_VALUE, NULL },
	{ "vm_name", NULL, ERR_MISSING, NULL },
	{ "vm_name", "1", ERR_VALUE, NULL },
	{ "vm_name", "\"\"", ERR_VALUE, NULL },
	{ "vm_name", "\"a b\"", ERR_VALUE, NULL },
	{ "vm_name", "\"-a\"", ERR_VALUE, NULL },
	{ "vm_name",
	  "\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	  "\"",
	  ERR_LIMIT, NULL },
	{ "node_size", NULL, ERR_MISSING, NULL },
	{ "node_size", "\"Tiny\"", ERR_VALUE, NULL },
	{ "node_size", "\"_a\"", ERR_VALUE, NULL },
	{ "node_size", "\"a.b\"", ERR_VALUE, NULL },
	{ "node_size", "\"0123456789abcdef0123456789abcdefg\"", ERR_LIMIT,
	  NULL },
	{ "datacenter", NULL, ERR_MISSING, NULL },
	{ "datacenter", "\"gcp\"", ERR_VALUE, NULL },
	{ "datacenter", "\"gcp:\"", ERR_VALUE, NULL },
	{ "datacenter", "\":a\"", ERR_VALUE, NULL },
	{ "datacenter", "\"gcp:a:b\"", ERR_VALUE, NULL },
	{ "datacenter", "\"GCP:a\"", ERR_VALUE, NULL },
	{ "control_plane_url", NULL, ERR_MISSING, NULL },
	{ "control_plane_url", "\"http://cp\"", ERR_VALUE, NULL },
	{ "control_plane_url", "\"https://cp/\"", ERR_VALUE, NULL },
	{ "control_plane_url", "\"https://cp:0\"", ERR_VALUE, NULL },
	{ "control_plane_ca", NULL, ERR_MISSING, NULL },
	{ "control_plane_ca", "\"\"", ERR_VALUE, NULL },
	{ "control_plane_ca",
	  "\"-----BEGIN CERTIFICATE-----\\nAAAA\\n"
	  "-----END CERTIFICATE-----\\n\"",
	  ERR_VALUE, NULL },
	{ "control_plane_ca",
	  "\"-----BEGIN PRIVATE KEY-----\\nAAAA\\n"
	  "-----END PRIVATE KEY-----\\n\"",
	  ERR_VALUE, NULL },
	{ "control_plane_ca", "\"" PEM PEM "\"", ERR_VALUE, NULL },
	{ "api_port", NULL, ERR_MISSING, NULL },
	{ "api_port", "0", ERR_VALUE, NULL },
	{ "api_port", "65536", ERR_VALUE, NULL },
	{ "api_port", "\"1\"", ERR_VALUE, NULL },
	{ "heartbeat_seconds", "0", ERR_VALUE, NULL },
	{ "heartbeat_seconds", "3601", ERR_VALUE, NULL },
	{ "heartbeat_seconds", "null", ERR_VALUE, NULL },
	{ "operator_token_sha256", NULL, ERR_MISSING, NULL },
	{ "operator_token_sha256", "\"00\"", ERR_VALUE, NULL },
	{ "operator_token_sha256",
	  "\"0011223344556677889900112233445566778899AABBCCDDEEFF0011223344FF"
	  "\"",
	  ERR_VALUE, NULL },
	{ "venues", NULL, ERR_MISSING, NULL },
	{ "venues", "{}", ERR_VALUE, NULL },
	{ "venues", "[1]", ERR_VALUE, "venues[0]" },
	{ "venues", "[{}]", ERR_MISSING, "venues[0].name" },
	{ "venues", "[" VENUE("a") ",{\"name\":\"b\"}]", ERR_MISSING,
	  "venues[1].url" },
	{ "venues", "[" VENUE("a") ",{\"name\":\"b\",\"url\":\"ftp://x\"}]",
	  ERR_VALUE, "venues[1].url" },
	{ "venues", "[{\"name\":\"b\",\"url\":\"https://x\"}]", ERR_MISSING,
	  "venues[0].ca" },
	{ "venues", "[{\"name\":\"b\",\"url\":\"https://x\",\"ca\":\"x\"}]",
	  ERR_VALUE, "venues[0].ca" },
	{ "venues", "[{\"nam\":\"b\"}]", ERR_UNKNOWN, "venues[0].nam" },
	{ "venues", "[" VENUE("a") "," VENUE("b") "," VENUE("a") "]",
	  ERR_DUPLICATE, "venues[2].name" },
	{ "venues", "[1,2,3,4,5]", ERR_LIMIT, NULL },
	{ "debug", "true", ERR_UNKNOWN, NULL },
	{ "VM_NAME", "\"x\"", ERR_UNKNOWN, NULL },
	{ "a\\u001b[2J", "1", ERR_UNKNOWN, "(unprintable)" },
};

static void test_bad(void)
{
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		const char *says = bad[i].says ? bad[i].says : bad[i].key;
		struct member over = { bad[i].key, bad[i].value };

		memset(&c, 0x5a, sizeof c);
		is_err(parse(make(over)), bad[i].want, "%s %.24s", bad[i].key,
		       bad[i].value ? bad[i].value : "left out");
		ok(strcmp(key, says) == 0, "says %s", key);
		ok(c.nvenues == (size_t)0x5a5a5a5a5a5a5a5a, "writes nothing");
	}
	is_err(parse(str_slice("[]")), ERR_VALUE, "an array");
	ok(*key == '\0', "the document itself");
	is_err(parse(str_slice("{\"version\":1,\"version\":1}")), ERR_DUPLICATE,
	       "a key twice");
	ok(*key == '\0', "the document itself");
	memset(doc, ' ', sizeof doc);
	is_err(parse((struct slice){ (uint8_t *)doc, LIMIT_CONFIG_BYTES + 1 }),
	       ERR_LIMIT, "too long");
}

/* What is just allowed. */
static void test_edges(void)
{
	static const struct member edges[] = {
		{ "node_size", "\"z0123456789abcdef0123456789ab_-9\"" },
		{ "node_size", "\"0\"" },
		{ "node_size", "\"9z\"" },
		{ "datacenter", "\"0:9\"" },
		{ "datacenter", "\"z_-:a.b_c-z\"" },
		{ "api_port", "1" },
		{ "api_port", "65535" },
		{ "heartbeat_seconds", "1" },
		{ "heartbeat_seconds", "3600" },
		{ "venues", "[" VENUE("a") "," VENUE("b") "," VENUE(
				    "c") "," VENUE("d") "]" },
	};
	struct slice in;

	for (size_t i = 0; i < sizeof edges / sizeof *edges; i++)
		is_err(parse(make(edges[i])), ERR_OK, "%s %.40s", edges[i].key,
		       edges[i].value);
	ok(c.nvenues == LIMIT_VENUES, "four venues");
	in = make((struct member){ NULL, NULL });
	memset(doc + in.len, ' ', LIMIT_CONFIG_BYTES - in.len);
	in.len = LIMIT_CONFIG_BYTES;
	is_err(parse(in), ERR_OK, "as long as the limit");
	is_err(parse(make((struct member){ "datacenter", "\"a:b:\"" })),
	       ERR_VALUE, "a colon at the end of the zone");
}

static void test_url(void)
{
	static const struct {
		const char *url, *host;
		uint16_t port;
	} urls[] = {
		{ "https://a", "a", 443 },
		{ "https://a.b-c.example:8443", "a.b-c.example", 8443 },
		{ "https://10.0.2.2:65535", "10.0.2.2", 65535 },
		{ "https://A1:443", "A1", 443 },
		{ "https://AZaz09.zZ9", "AZaz09.zZ9", 443 },
	};
	static const char *const refused[] = {
		"",
		"https://",
		"http://a",
		"HTTPS://a",
		"https:/a",
		"https://a/",
		"https://a/x",
		"https://a?x",
		"https://a#x",
		"https://u@a",
		"https://u:p@a",
		"https://a:",
		"https://a:0",
		"https://a:65536",
		"https://a:080",
		"https://a:8 ",
		"https://a:8:9",
		"https://:1",
		"https://a..b",
		"https://.a",
		"https://a.",
		"https://-a",
		"https://a-",
		"https://a.-b",
		"https://a-.b",
		"https://[::1]:80",
		"https://a b",
		"https://a_b",
		"https://a\n",
		"https://\xc3\xa9",
		" https://a",
		"https://a\\b",
		"https://a%41",
	};
	char host[256], url[300] = "https://";
	uint16_t port;

	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
		size_t n = strlen(urls[i].url);

		is_err(url_split(at_page_end(urls[i].url, n), host, &port),
		       ERR_OK, "%s", urls[i].url);
		ok(strcmp(host, urls[i].host) == 0 && port == urls[i].port,
		   "is %s port %u", host, port);
	}
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		is_err(url_split(at_page_end(refused[i], strlen(refused[i])),
				 host, &port),
		       ERR_VALUE, "URL %zu refused", i);
	memset(url + 8, 'a', 254);
	is_err(url_split((struct slice){ (uint8_t *)url, 8 + 253 }, host,
			 &port),
	       ERR_OK, "host of 253 characters");
	is_err(url_split((struct slice){ (uint8_t *)url, 8 + 254 }, host,
			 &port),
	       ERR_VALUE, "not of 254");
}

int main(void)
{
	test_good();
	test_bad();
	test_edges();
	test_url();
	return tap_done();
}
