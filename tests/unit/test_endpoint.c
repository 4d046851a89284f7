/* The launcher's metadata endpoint, held to what Google documents of the real
 * one: "Metadata-Flavor: Google" both ways, X-Forwarded-For refused, 404 for
 * what is not there. */
#include "host-launcher/vm/metadata.h"
#include "lib/proto.h"
#include "tests/tap.h"

static const char config[] = "{\"version\":1}";
static char response[METADATA_RESPONSE_MAX + 1];
static size_t response_len;

static enum err answer(const char *request, size_t len)
{
	static uint8_t buf[METADATA_REQUEST_MAX];
	struct wr w = wr_over(response, METADATA_RESPONSE_MAX);
	struct slice in = at_page_end(request, len);
	enum err e;

	memcpy(buf, in.ptr, in.len);
	e = metadata_answer(buf, in.len, str_slice(config), &w);
	response_len = w.len;
	response[w.len] = '\0';
	return e;
}

#define HEAD(method, path) method " " path " HTTP/1.1\r\nHost: metadata\r\n"
#define GOOD               HEAD("GET", METADATA_PATH) METADATA_HEADER "\r\n"

static void test_good(void)
{
	is_err(answer(GOOD, strlen(GOOD)), ERR_OK, "the guest's request");
	ok(strcmp(response, "HTTP/1.1 200 OK\r\n"
			    "Content-Type: application/text\r\n"
			    "Content-Length: 13\r\n"
			    "Connection: close\r\n"
			    "Metadata-Flavor: Google\r\n"
			    "Server: Metadata Server for VM\r\n\r\n"
			    "{\"version\":1}") == 0,
	   "is answered with the configuration, byte for byte");
	for (size_t n = 0; n < strlen(GOOD); n++) {
		is_err(answer(GOOD, n), ERR_AGAIN, "%zu bytes of it wait", n);
		ok(response_len == 0, "without an answer");
	}
}

static void test_refusals(void)
{
	static const struct {
		const char *what, *request;
		int status;
	} rows[] = {
		{ "no flavor", HEAD("GET", METADATA_PATH) "\r\n", 403 },
		{ "another flavor",
		  HEAD("GET", METADATA_PATH) "Metadata-Flavor: Amazon\r\n\r\n",
		  403 },
		{ "the old header",
		  HEAD("GET",
		       METADATA_PATH) "X-Google-Metadata-Request: True\r\n\r\n",
		  403 },
		{ "a relayed request",
		  HEAD("GET", METADATA_PATH) METADATA_HEADER
		  "X-Forwarded-For: 10.0.0.1\r\n\r\n",
		  403 },
		{ "another attribute",
		  HEAD("GET", METADATA_PATH "2") METADATA_HEADER "\r\n", 404 },
		{ "the folder above",
		  HEAD("GET", "/computeMetadata/v1/") METADATA_HEADER "\r\n",
		  404 },
		{ "the root", HEAD("GET", "/") METADATA_HEADER "\r\n", 404 },
		{ "a path with dots",
		  HEAD("GET", "/computeMetadata/v1/instance/../instance/"
			      "attributes/ee-config") METADATA_HEADER "\r\n",
		  404 },
		{ "another method",
		  HEAD("DELETE", METADATA_PATH) METADATA_HEADER "\r\n", 405 },
		{ "a body",
		  HEAD("POST", METADATA_PATH) METADATA_HEADER
		  "Content-Length: 1\r\n\r\nx",
		  400 },
		{ "no request at all", "hello\r\n\r\n", 400 },
		{ "another version", "GET " METADATA_PATH " HTTP/2.0\r\n\r\n",
		  400 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char head[32];

		is_err(answer(rows[i].request, strlen(rows[i].request)), ERR_OK,
		       "%s", rows[i].what);
		(void)snprintf(head, sizeof head, "HTTP/1.1 %d ",
			       rows[i].status);
		ok(strncmp(response, head, strlen(head)) == 0, "is a %d",
		   rows[i].status);
		ok(strstr(response, METADATA_HEADER) != NULL &&
			   strstr(response, "version") == NULL,
		   "with the header and without the configuration");
	}
}

static void test_space(void)
{
	static uint8_t buf[sizeof GOOD];
	char small[64];
	struct wr w = wr_over(small, sizeof small);

	memcpy(buf, GOOD, sizeof GOOD);
	is_err(metadata_answer(buf, sizeof GOOD - 1, str_slice(config), &w),
	       ERR_SPACE, "no room for the answer");
}

int main(void)
{
	test_good();
	test_refusals();
	test_space();
	return tap_done();
}
