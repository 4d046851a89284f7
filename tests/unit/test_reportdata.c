/* lib/reportdata.h. The expected 64 bytes come from Python:
 *   f = [b"ee-reportdata-v1", bytes(range(32)), b"\4" + b"\1"*64,
 *        b"\4" + b"\2"*64, b"\3"*32, b"\4"*48, b"register", b"vm-1"]
 *   sha512(b"".join(len(x).to_bytes(8, "big") + x for x in f)).hexdigest() */
#include "lib/reportdata.h"

#include "lib/json.h"
#include "lib/text.h"
#include "tests/tap.h"

#define EXPECTED                                                               \
	"3ab0cb86323f5b6e1a642f61874e2a2dc866d1aff6dae6b1fbd5d98d03437889"     \
	"50a744034b27d015bd07be4ec6c0249227b9156a92c7ac8aaab72537b78a83fa"

static uint8_t memory[1 << 16];

static struct binding sample(void)
{
	struct binding b = { .role = ROLE_REGISTER, .vm_name = "vm-1" };

	for (uint8_t i = 0; i < NONCE_LEN; i++)
		b.nonce[i] = i;
	memset(b.tls_pub, 1, sizeof b.tls_pub);
	memset(b.report_pub, 2, sizeof b.report_pub);
	b.tls_pub[0] = b.report_pub[0] = 4;
	memset(b.seal_pub, 3, sizeof b.seal_pub);
	memset(b.config_sha384, 4, sizeof b.config_sha384);
	return b;
}

static void test_value(void)
{
	struct binding b = sample();
	uint8_t got[REPORTDATA_LEN], other[REPORTDATA_LEN];
	char text[2 * REPORTDATA_LEN + 1];
	uint8_t *const fields[] = { b.nonce,
				    b.tls_pub,
				    b.report_pub,
				    b.seal_pub,
				    b.config_sha384,
				    (uint8_t *)b.role,
				    (uint8_t *)b.vm_name };

	reportdata(&b, got);
	hex_encode((struct slice){ got, sizeof got }, text);
	ok(strcmp(text, EXPECTED) == 0, "REPORTDATA as Python computes it");
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		fields[i][0] ^= 1;
		reportdata(&b, other);
		ok(memcmp(got, other, sizeof got) != 0, "field %zu counts", i);
		fields[i][0] ^= 1;
	}
	/* Lengths are hashed: a byte cannot move from one field to the next. */
	snprintf(b.role, sizeof b.role, "registerv");
	snprintf(b.vm_name, sizeof b.vm_name, "m-1");
	reportdata(&b, other);
	ok(memcmp(got, other, sizeof got) != 0, "nor where a field ends");
}

static struct slice written(const struct binding *b, char *buf, size_t cap)
{
	struct wr w = wr_over(buf, cap);
	struct jw j;

	jw_init(&j, &w);
	binding_write(&j, b);
	is_err(jw_end(&j), ERR_OK, "written");
	return wr_slice(&w);
}

static enum err read_back(struct slice text, struct binding *out)
{
	struct arena a = arena_over(memory, sizeof memory);
	struct json v;
	enum err e = json_parse(&a, text, &v);

	return e == ERR_OK ? binding_read(v, out) : e;
}

static void test_json(void)
{
	struct binding b = sample(), back;
	char buf[1024];
	struct slice text = written(&b, buf, sizeof buf);

	ok(text.len > 100 &&
		   memcmp(text.ptr, "{\"config_sha384\":\"0404", 22) == 0,
	   "starts with config_sha384");
	is_err(read_back(text, &back), ERR_OK, "read back");
	ok(memcmp(b.nonce, back.nonce, NONCE_LEN) == 0 &&
		   memcmp(b.tls_pub, back.tls_pub, P256_PUB_LEN) == 0 &&
		   memcmp(b.report_pub, back.report_pub, P256_PUB_LEN) == 0 &&
		   memcmp(b.seal_pub, back.seal_pub, HPKE_KEY_LEN) == 0 &&
		   memcmp(b.config_sha384, back.config_sha384, SHA384_LEN) ==
			   0 &&
		   strcmp(b.role, back.role) == 0 &&
		   strcmp(b.vm_name, back.vm_name) == 0,
	   "every field");
}

/* The written form with the first `from` replaced by `to`. */
static const struct {
	const char *from, *to;
	enum err want;
} edits[] = {
	{ "\"nonce\":", "\"nonc\":", ERR_UNKNOWN },
	{ "\"nonce\":", "\"Nonce\":", ERR_UNKNOWN },
	{ "\"nonce\":", "\"extra\":1,\"nonce\":", ERR_UNKNOWN },
	{ "1e1f\"", "1E1F\"", ERR_VALUE },
	{ "1e1f\"", "1e\"", ERR_VALUE },
	{ "1e1f\"", "1e1f00\"", ERR_VALUE },
	{ "\"config_sha384\":\"04", "\"config_sha384\":\"0g", ERR_VALUE },
	{ "\"report_public_key\":\"BA", "\"report_public_key\":\"AA",
	  ERR_VALUE },
	{ "\"tls_public_key\":\"BA", "\"tls_public_key\":\"AwE", ERR_VALUE },
	{ "\"tls_public_key\":\"BA", "\"tls_public_key\":\"AA", ERR_VALUE },
	{ "\"seal_public_key\":\"", "\"seal_public_key\":\"AAAA", ERR_VALUE },
	{ "\"seal_public_key\":\"AwMD", "\"seal_public_key\":\"", ERR_VALUE },
	{ "\"role\":\"register\"", "\"role\":\"\"", ERR_VALUE },
	{ "\"role\":\"register\"", "\"role\":\"0123456789abcdef\"", ERR_VALUE },
	{ "\"role\":\"register\"", "\"role\":1", ERR_VALUE },
	{ "\"vm_name\":\"vm-1\"", "\"vm_name\":\"a b\"", ERR_VALUE },
	{ ",\"vm_name\":\"vm-1\"", "", ERR_MISSING },
	{ "\"role\":\"register\",", "", ERR_MISSING },
};

static void test_edits(void)
{
	struct binding b = sample(), back;
	char buf[1024], edited[1100];

	(void)written(&b, buf, sizeof buf - 1);
	buf[sizeof buf - 1] = '\0';
	*(strchr(buf, '}') + 1) = '\0';
	memset(&back, 0x77, sizeof back);
	for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
		char *at = strstr(buf, edits[i].from);

		if (!ok(at != NULL, "edit %zu applies", i))
			continue;
		snprintf(edited, sizeof edited, "%.*s%s%s", (int)(at - buf),
			 buf, edits[i].to, at + strlen(edits[i].from));
		is_err(read_back(str_slice(edited), &back), edits[i].want,
		       "%s for %s", edits[i].to, edits[i].from);
	}
	is_err(read_back(str_slice("[]"), &back), ERR_VALUE, "no object");
	is_err(read_back(str_slice("{}"), &back), ERR_MISSING, "empty");
	ok(back.nonce[0] == 0x77, "a refusal writes nothing");
}

int main(void)
{
	test_value();
	test_json();
	test_edits();
	return tap_done();
}
