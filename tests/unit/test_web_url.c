/* Base URLs, read strictly, and the CAs that vouch for their hosts. */
#include "measure/net/web.h"
#include "tests/pki.h"

static void test_urls(void)
{
	static const struct {
		const char *text, *host;
		unsigned port;
		bool plain;
		const char *path;
	} good[] = {
		{ "https://h", "h", 443, false, "" },
		{ "https://api.trustedservices.intel.com/",
		  "api.trustedservices.intel.com", 443, false, "" },
		{ "https://a-b.c:8081/x/y.z_~-1", "a-b.c", 8081, false,
		  "/x/y.z_~-1" },
		{ "https://10.0.0.1:65535/x/", "10.0.0.1", 65535, false, "/x" },
		{ "http://127.0.0.1", "127.0.0.1", 80, true, "" },
		{ "http://localhost:1/..a/...", "localhost", 1, true,
		  "/..a/..." },
		{ "https://1e100.net", "1e100.net", 443, false, "" },
	};
	static const struct {
		const char *text;
		enum err err;
	} bad[] = {
		{ "", ERR_VALUE },
		{ "h", ERR_VALUE },
		{ "https:/", ERR_VALUE },
		{ "https://", ERR_VALUE },
		{ "HTTPS://h", ERR_VALUE },
		{ "ftp://h", ERR_VALUE },
		{ " https://h", ERR_VALUE },
		{ "https:///x", ERR_VALUE },
		{ "https://:443", ERR_VALUE },
		{ "https://h:", ERR_VALUE },
		{ "https://h:0", ERR_VALUE },
		{ "https://h:65536", ERR_VALUE },
		{ "https://h:080", ERR_VALUE },
		{ "https://h:+1", ERR_VALUE },
		{ "https://h:1:2", ERR_VALUE },
		{ "https://u@h", ERR_VALUE },
		{ "https://u:p@h/x", ERR_VALUE },
		{ "https://[::1]/", ERR_UNSUPP },
		{ "https://h_h", ERR_VALUE },
		{ "https://-h", ERR_VALUE },
		{ "https://h-", ERR_VALUE },
		{ "https://h-.x", ERR_VALUE },
		{ "https://h..x", ERR_VALUE },
		{ "https://.h", ERR_VALUE },
		{ "https://h.", ERR_VALUE },
		{ "https://127.1", ERR_VALUE },
		{ "https://0x7f.0.0.1", ERR_VALUE },
		{ "https://h.0x1", ERR_VALUE },
		{ "https://2130706433", ERR_VALUE },
		{ "https://256.0.0.1", ERR_VALUE },
		{ "https://h x", ERR_VALUE },
		{ "https://h\r\nX: y", ERR_VALUE },
		{ "https://h?x", ERR_VALUE },
		{ "https://h/?x", ERR_VALUE },
		{ "https://h/#x", ERR_VALUE },
		{ "https://h//", ERR_VALUE },
		{ "https://h//x", ERR_VALUE },
		{ "https://h/x//y", ERR_VALUE },
		{ "https://h/.", ERR_VALUE },
		{ "https://h/../x", ERR_VALUE },
		{ "https://h/x/./y", ERR_VALUE },
		{ "https://h/%2e", ERR_VALUE },
		{ "https://h/a b", ERR_VALUE },
		{ "http://h", ERR_REFUSED },
		{ "http://10.0.0.1", ERR_REFUSED },
		{ "http://128.0.0.1", ERR_REFUSED },
		{ "http://127.0.0.1.evil.com", ERR_REFUSED },
		{ "http://localhost.evil.com", ERR_REFUSED },
	};
	static char big[LIMIT_URL_BYTES + 2] = "https://h/";
	struct web_url u;
	const char *what;

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		is_err(web_url_parse(good[i].text, false, &u, &what), ERR_OK,
		       "%s", good[i].text);
		ok(strcmp(u.host, good[i].host) == 0 &&
			   u.port == good[i].port && u.plain == good[i].plain &&
			   strcmp(u.path, good[i].path) == 0,
		   "its parts");
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		what = NULL;
		is_err(web_url_parse(bad[i].text, false, &u, &what), bad[i].err,
		       "refused: URL %zu", i);
		ok(what != NULL && what[0] != '\0', "with a reason");
	}
	is_err(web_url_parse("http://h/x", true, &u, &what), ERR_OK,
	       "http:// to another machine when that is asked for");
	memset(big + 10, 'a', sizeof big - 11);
	is_err(web_url_parse(big, false, &u, &what), ERR_LIMIT, "256 bytes");
	big[LIMIT_URL_BYTES] = '\0';
	is_err(web_url_parse(big, false, &u, &what), ERR_OK, "255 bytes");
}

/* ---- CAs ---- */

static void test_cas(void)
{
	static struct web_cas cas;
	static struct pki a, b;
	static char pem[16 * 1024];
	struct wr t = wr_over(pem, sizeof pem);
	size_t whole;

	pki_init(&a, "ca a");
	pki_init(&b, "ca b");
	for (int i = 0; i < 3; i++) {
		pem_write(&t, "CERTIFICATE",
			  (struct slice){ a.ca_der, a.ca_len });
		pem_write(&t, "CERTIFICATE", (struct slice){ a.der, a.len });
		pem_write(&t, "CERTIFICATE",
			  (struct slice){ b.ca_der, b.ca_len });
	}
	whole = t.len;
	is_err(web_cas_read(&cas, wr_slice(&t)), ERR_OK,
	       "CAs, and certificates that are none");
	ok(cas.anchors.n == 6 && cas.skipped == 3 &&
		   cas.anchors.room.ta == cas.ta,
	   "six CAs, more than a guest takes; three left out");
	is_err(web_cas_read(&cas, (struct slice){ t.buf, whole - 10 }),
	       ERR_VALUE, "cut off");
	is_err(web_cas_read(&cas, str_slice("")), ERR_MISSING, "nothing");
	is_err(web_cas_read(&cas, str_slice("no PEM\n")), ERR_MISSING,
	       "something else");
	t = wr_over(pem, sizeof pem);
	pem_write(&t, "CERTIFICATE", (struct slice){ a.der, a.len });
	is_err(web_cas_read(&cas, wr_slice(&t)), ERR_MISSING, "no CA");
}

/* The bundle of the machine that runs the test, whole. */
static void test_system_cas(void)
{
	static struct web_cas cas;
	static uint8_t pem[1 << 20];
	FILE *f = fopen(WEB_SYSTEM_CAS, "rb");
	size_t n;

	if (f == NULL) {
		ok(1, "the system's CAs # SKIP no " WEB_SYSTEM_CAS);
		return;
	}
	n = fread(pem, 1, sizeof pem, f);
	fclose(f);
	is_err(web_cas_read(&cas, (struct slice){ pem, n }), ERR_OK,
	       "the system's CAs fit");
	ok(cas.anchors.n > TLS_MAX_ANCHORS && cas.skipped < cas.anchors.n / 10,
	   "%zu of them, %zu left out", cas.anchors.n, cas.skipped);
}

int main(void)
{
	test_urls();
	test_cas();
	test_system_cas();
	return tap_done();
}
