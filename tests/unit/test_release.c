/* The statement of a release: what is written is read again, and nothing but
 * that text is. */
#include "measure/lib/release.h"

#include <stdlib.h>
#include <string.h>

#include "tests/reference_make.h"
#include "tests/tap.h"

static uint8_t mem[RELEASE_ARENA];
static uint8_t text[RELEASE_MAX_STATEMENT], changed[RELEASE_MAX_STATEMENT];
static struct reference r, got;
static size_t len;

static void make(void)
{
	uint8_t mrtd[SHA384_LEN], rtmr[3][SHA384_LEN];

	memset(mrtd, 1, sizeof mrtd);
	memset(rtmr, 2, sizeof rtmr);
	make_reference(&r, mrtd, rtmr);
	make_release(&r, "1.2.3", 7);
	memset(r.efi_sha256, 0xee, SHA256_LEN);
	r.has_gcp_tar = true;
	memset(r.gcp_tar_sha256, 0xcc, SHA256_LEN);
}

static enum err take(const void *p, size_t n, const char **what)
{
	struct arena a = arena_over(mem, sizeof mem);

	return release_statement_read(&a, at_page_end(p, n), &got, what);
}

static void test_good(void)
{
#define EE "eeeeeeeeeeeeeeee"
#define CC "cccccccccccccccc"
	static const char head[] =
		"{\"_type\":\"https://in-toto.io/Statement/v1\","
		"\"predicate\":{\"firmware\":[";
	static const char tail[] =
		",\"predicateType\":\"" RELEASE_PREDICATE_TYPE "\","
		"\"subject\":["
		"{\"digest\":{\"sha256\":\"" EE EE EE EE "\"},"
		"\"name\":\"BOOTX64.EFI\"},"
		"{\"digest\":{\"sha256\":\"" CC CC CC CC "\"},"
		"\"name\":\"ee-appliance-gcp.tar.gz\"}]}";
	struct wr w = wr_over(text, sizeof text);
	const char *what;

	is_err(release_statement_write(&r, &w), ERR_OK, "a statement");
	len = wr_slice(&w).len;
	ok(len > sizeof head + sizeof tail &&
		   memcmp(text, head, sizeof head - 1) == 0 &&
		   memcmp(text + len - (sizeof tail - 1), tail,
			  sizeof tail - 1) == 0,
	   "of these types, about the files that have a digest");
	is_err(take(text, len, &what), ERR_OK, "is read");
	ok(memcmp(&r, &got, sizeof r) == 0, "the same reference");
	w = wr_over(changed, len - 1);
	is_err(release_statement_write(&r, &w), ERR_SPACE,
	       "one byte too little");
}

static void test_prefixes(void)
{
	const char *what;
	size_t taken = 0;

	for (size_t n = 0; n < len; n++)
		taken += take(text, n, &what) == ERR_OK;
	ok(taken == 0, "no prefix is a statement");
	memcpy(changed, text, len);
	changed[len] = '\n';
	is_err(take(changed, len + 1, &what), ERR_VALUE, "one byte more");
}

static enum err with(const char *from, const char *to, const char **what)
{
	const char *at = strstr((char *)text, from);
	int n;

	if (at == NULL)
		_exit(99);
	n = snprintf((char *)changed, sizeof changed, "%.*s%s%s",
		     (int)(at - (char *)text), (char *)text, to,
		     at + strlen(from));
	return take(changed, (size_t)n, what);
}

static void test_refusals(void)
{
	static const struct {
		const char *from, *to, *what;
		enum err want;
	} cases[] = {
		{ "Statement/v1", "Statement/v0.1", "_type", ERR_UNSUPP },
		{ "{\"_type\":\"https://in-toto.io/Statement/v1\",", "{",
		  "_type", ERR_MISSING },
		{ "measurements:2\"", "measurements:1\"", "predicateType",
		  ERR_UNSUPP },
		{ "\"predicate\":{", "\"predicate\":7,\"x\":{", "predicate",
		  ERR_VALUE },
		{ "\"format\":2", "\"format\":3", "format", ERR_UNSUPP },
		{ "\"counter\":7", "\"counter\":0", "version", ERR_MISMATCH },
		{ "\"name\":\"BOOTX64.EFI\"", "\"name\":\"bootx64.efi\"", "",
		  ERR_VALUE },
		{ "\"sha256\":\"ee", "\"sha256\":\"ff", "", ERR_VALUE },
		{ "\"subject\":[", "\"subject\":[ ", "", ERR_VALUE },
		{ "\"subject\":[",
		  "\"subject\":[{\"digest\":{\"sha256\":\"00\"},"
		  "\"name\":\"x\"},",
		  "", ERR_VALUE },
		{ ",\"subject\"", ",\"more\":1,\"subject\"", "", ERR_VALUE },
		{ "\"kind\":\"sim\"", "\"kind\":\"production\"", NULL, ERR_OK },
	};
	const char *what;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		is_err(with(cases[i].from, cases[i].to, &what), cases[i].want,
		       "%.30s for %.30s", cases[i].to, cases[i].from);
		if (cases[i].what != NULL)
			ok(strcmp(what, cases[i].what) == 0, "names %s (%s)",
			   cases[i].what, what);
	}
}

/* The key of the DSSE protocol 1.0, "Test Vectors", as openssl writes it. */
static const char signer[] =
	"-----BEGIN EC PRIVATE KEY-----\n"
	"MHcCAQEEINc+xDf9Y0bjYZxev9//D2kWgElVrTKsmsSSsO3h9v+3oAoGCCqGSM49\n"
	"AwEHoUQDQgAEZ805D3eqNZywjCI19lInBJOp7YMrCrzAH3CVTAOQ0jgMeCvVTiaR\n"
	"JaRPRDOv8UMs6U4SvKc6pnrIDOoSYI3fdA==\n"
	"-----END EC PRIVATE KEY-----\n";

static uint8_t open_mem[RELEASE_OPEN_ARENA];
static uint8_t plain[REFERENCE_BYTES], sealed[DSSE_MAX_BYTES];
static struct p256_key key;

static enum err open_it(struct slice in, const uint8_t *pub, struct slice *got_,
			const char **what)
{
	struct arena a = arena_over(open_mem, sizeof open_mem);

	return release_open(&a, at_page_end(in.ptr, in.len), pub, got_, what);
}

static struct slice seal(const char *type, struct slice payload)
{
	struct wr w = wr_over(sealed, sizeof sealed);

	if (dsse_sign(&key, type, payload, &w) != ERR_OK)
		_exit(99);
	return wr_slice(&w);
}

static void refused(struct slice in, const uint8_t *pub, enum err want,
		    const char *why, const char *title)
{
	const char *what = NULL;
	struct slice out = { plain, 1 };

	is_err(open_it(in, pub, &out, &what), want, "%s", title);
	ok(strcmp(what, why) == 0 && out.ptr == plain && out.len == 1,
	   "says \"%s\" (%s) and gives nothing", why, what);
}

static void test_open(void)
{
	struct wr w = wr_over(plain, sizeof plain);
	struct slice statement = { text, len }, in, out = { NULL, 0 };
	uint8_t other[P256_PUB_LEN];
	const char *what;

	is_err(dsse_private_pem(str_slice(signer), &key), ERR_OK, "a key");
	memcpy(other, key.pub, sizeof other);
	other[40] ^= 1;
	is_err(reference_write(&r, &w), ERR_OK, "a reference");
	is_err(open_it(wr_slice(&w), NULL, &out, &what), ERR_OK,
	       "a plain one, and no key");
	ok(slice_eq(out, wr_slice(&w)), "is as it was");
	in = seal(RELEASE_PAYLOAD_TYPE, statement);
	is_err(open_it(in, key.pub, &out, &what), ERR_OK, "a signed one");
	ok(slice_eq(out, wr_slice(&w)), "holds the same text");
	refused(wr_slice(&w), key.pub, ERR_SIGNATURE, "a key, and no envelope",
		"a plain one where a signed one was wanted");
	refused(in, NULL, ERR_SIGNATURE, "an envelope, and no key to open it",
		"a signed one without its key");
	refused(in, other, ERR_SIGNATURE, "not signed with that key",
		"a signed one with another key");
	refused((struct slice){ in.ptr, in.len - 2 }, key.pub, ERR_SIGNATURE,
		"a key, and no envelope", "one that is cut short");
	refused(seal("application/json", statement), key.pub, ERR_UNSUPP,
		"payloadType", "the same bytes, signed as something else");
	refused(seal(RELEASE_PAYLOAD_TYPE, wr_slice(&w)), key.pub, ERR_MISSING,
		"_type", "a reference that was signed without a statement");
	refused(str_slice("{\"payloadType\":1}"), key.pub, ERR_VALUE,
		"not an envelope", "what only looks like one");
	in = seal(RELEASE_PAYLOAD_TYPE, statement);
	for (size_t i = 12; i < 20; i++) {
		memcpy(changed, in.ptr, in.len);
		changed[i] = changed[i] == 'A' ? 'B' : 'A';
		refused((struct slice){ changed, in.len }, key.pub,
			ERR_SIGNATURE, "not signed with that key",
			"another letter of the payload");
	}
}

static void test_development(void)
{
	struct wr w = wr_over(changed, sizeof changed);

	memset(&r.release, 0, sizeof r.release);
	is_err(release_statement_write(&r, &w), ERR_STATE,
	       "a development build is no release");
}

int main(void)
{
	make();
	test_good();
	test_prefixes();
	test_refusals();
	test_open();
	test_development();
	return tap_done();
}
