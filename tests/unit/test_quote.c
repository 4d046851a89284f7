/* The form of a quote: fields where they belong, and every way in which the
 * sizes may not add up. The quote is made by fakequote.c, which writes each
 * field from the values compared here; verdicts.py judges real ones. */
#include "lib/limit.h"
#include "tests/peers/fakequote.h"
#include "tests/tap.h"

static struct fake fake;

/* Offsets from Intel's TDX DCAP Quoting Library API, appendix A.3. */
enum {
	V4_BODY = 48,
	V4_SIG_LEN = V4_BODY + 584,
	V4_SIG = V4_SIG_LEN + 4,
	V4_CERT_TYPE = V4_SIG + 128,
	V4_CERT_LEN = V4_CERT_TYPE + 2,
	V4_QE_REPORT = V4_CERT_LEN + 4,
	V4_AUTH_LEN = V4_QE_REPORT + 384 + 64,
	V4_CHAIN_TYPE = V4_AUTH_LEN + 2 + 32,
	V4_CHAIN_LEN = V4_CHAIN_TYPE + 2,
	V5_BODY_TYPE = 48,
	V5_BODY_LEN = 50,
	V5_BODY = 54,
};

static void build(uint16_t version, enum quote_body_type type)
{
	fake_init(&fake);
	fake.version = version;
	fake.body.type = type;
	memset(fake.body.mr_seam, 0xa1, SHA384_LEN);
	memset(fake.body.mr_config_id, 0xa2, SHA384_LEN);
	memset(fake.body.mr_owner, 0xa3, SHA384_LEN);
	memset(fake.body.mr_owner_config, 0xa4, SHA384_LEN);
	memset(fake.body.rtmr[3], 0xa5, SHA384_LEN);
	memset(fake.body.mr_servicetd, 0xa6, SHA384_LEN);
	memset(fake.qe.cpusvn, 0xa7, sizeof fake.qe.cpusvn);
	memset(fake.qe.mrenclave, 0xa8, sizeof fake.qe.mrenclave);
	fake.body.td_attributes = UINT64_C(0x8000000010000000);
	fake_build(&fake);
}

static struct slice whole(void)
{
	return (struct slice){ fake.quote, fake.quote_len };
}

static bool same_body(const struct quote_body *a, const struct quote_body *b)
{
	return memcmp(a->tee_tcb_svn, b->tee_tcb_svn, 16) == 0 &&
	       memcmp(a->mr_seam, b->mr_seam, SHA384_LEN) == 0 &&
	       memcmp(a->mr_signer_seam, b->mr_signer_seam, SHA384_LEN) == 0 &&
	       a->seam_attributes == b->seam_attributes &&
	       a->td_attributes == b->td_attributes && a->xfam == b->xfam &&
	       memcmp(a->mrtd, b->mrtd, SHA384_LEN) == 0 &&
	       memcmp(a->mr_config_id, b->mr_config_id, SHA384_LEN) == 0 &&
	       memcmp(a->mr_owner, b->mr_owner, SHA384_LEN) == 0 &&
	       memcmp(a->mr_owner_config, b->mr_owner_config, SHA384_LEN) ==
		       0 &&
	       memcmp(a->rtmr, b->rtmr, sizeof a->rtmr) == 0 &&
	       memcmp(a->reportdata, b->reportdata, sizeof a->reportdata) == 0;
}

static void test_fields(uint16_t version, enum quote_body_type type)
{
	static const uint8_t zero[SHA384_LEN];
	bool new = type == QUOTE_BODY_TD15;
	const char *field = "";
	struct quote q;
	size_t body = version == 4 ? 48 : 54;

	build(version, type);
	is_err(quote_parse(whole(), &q, &field), ERR_OK, "version %u, body %d",
	       version, (int)type);
	ok(q.version == version && q.body.type == type &&
		   same_body(&q.body, &fake.body),
	   "TD report");
	ok(memcmp(q.body.mr_servicetd, new ? fake.body.mr_servicetd : zero,
		  SHA384_LEN) == 0,
	   "mr_servicetd is there, or zero");
	ok(q.signed_part.ptr == fake.quote &&
		   q.signed_part.len == body + (new ? 648u : 584u),
	   "the signature covers header and body");
	ok(memcmp(q.attestation_key, fake.attest.pub + 1, 64) == 0 &&
		   memcmp(q.signature, fake.quote + q.signed_part.len + 4,
			  64) == 0,
	   "signature and attestation key");
	ok(q.qe_report.isvsvn == 4 && q.qe_report.isvprodid == 2 &&
		   q.qe_report.attributes[0] == 0x11 &&
		   memcmp(q.qe_report.cpusvn, fake.qe.cpusvn, 16) == 0 &&
		   memcmp(q.qe_report.mrenclave, fake.qe.mrenclave, 32) == 0 &&
		   memcmp(q.qe_report.mrsigner, fake.qe.mrsigner, 32) == 0,
	   "QE report");
	ok(q.qe_auth.len == 32 && q.padding == 0 &&
		   memcmp(q.pck_chain.ptr, "-----BEGIN", 10) == 0,
	   "authentication data and chain");
}

static void test_prefixes(uint16_t version, enum quote_body_type type)
{
	size_t bad = 0;

	build(version, type);
	for (size_t n = 0; n < fake.quote_len; n++) {
		const char *field = NULL;
		struct quote q;
		/* The last page of it is enough to catch a read too far. */
		size_t tail = n < 4096 ? n : 0;
		struct slice in = tail != 0 ? at_page_end(fake.quote, n)
					    : (struct slice){ fake.quote, n };

		bad += quote_parse(in, &q, &field) != ERR_TRUNC ||
		       field == NULL;
		if (tail != 0)
			munmap((void *)((uintptr_t)in.ptr & ~(uintptr_t)4095),
			       8192);
	}
	ok(bad == 0, "version %u: each of %zu prefixes ends too early", version,
	   fake.quote_len);
}

static const struct {
	const char *why;
	uint16_t version;
	size_t at, n;
	uint8_t bytes[4];
	enum err want;
	const char *field;
} bad[] = {
	{ "version 3", 4, 0, 2, { 3 }, ERR_UNSUPP, "version" },
	{ "version 6", 4, 0, 2, { 6 }, ERR_UNSUPP, "version" },
	{ "version 5 on a v4", 4, 0, 2, { 5 }, ERR_UNSUPP, "body type" },
	{ "P-384", 4, 2, 2, { 3 }, ERR_UNSUPP, "attestation key type" },
	{ "SGX", 4, 4, 4, { 0 }, ERR_UNSUPP, "TEE type" },
	{ "another vendor", 4, 12, 1, { 0 }, ERR_VALUE, "QE vendor id" },
	{ "signature data one short",
	  4,
	  V4_SIG_LEN,
	  0,
	  { 0xff },
	  ERR_EXTRA,
	  "certification data size" },
	{ "signature data one long",
	  4,
	  V4_SIG_LEN,
	  0,
	  { 1 },
	  ERR_TRUNC,
	  "signature data size" },
	{ "signature data without end",
	  4,
	  V4_SIG_LEN,
	  4,
	  { 0xff, 0xff, 0xff, 0xff },
	  ERR_TRUNC,
	  "signature data size" },
	{ "no signature data",
	  4,
	  V4_SIG_LEN,
	  4,
	  { 0 },
	  ERR_TRUNC,
	  "certification data type" },
	{ "certification type 5",
	  4,
	  V4_CERT_TYPE,
	  2,
	  { 5 },
	  ERR_UNSUPP,
	  "certification data type 5: a PCK certificate chain" },
	{ "certification data one short",
	  4,
	  V4_CERT_LEN,
	  0,
	  { 0xff },
	  ERR_EXTRA,
	  "certification data size" },
	{ "certification data one long",
	  4,
	  V4_CERT_LEN,
	  0,
	  { 1 },
	  ERR_EXTRA,
	  "certification data size" },
	{ "authentication data too long",
	  4,
	  V4_AUTH_LEN,
	  2,
	  { 0xff, 0xff },
	  ERR_TRUNC,
	  "QE authentication data" },
	{ "chain type 6",
	  4,
	  V4_CHAIN_TYPE,
	  2,
	  { 6 },
	  ERR_UNSUPP,
	  "QE certification data type 6: a QE report" },
	{ "chain one short",
	  4,
	  V4_CHAIN_LEN,
	  0,
	  { 0xff },
	  ERR_EXTRA,
	  "QE certification data size" },
	{ "chain one long",
	  4,
	  V4_CHAIN_LEN,
	  0,
	  { 1 },
	  ERR_EXTRA,
	  "QE certification data size" },
	{ "an SGX body",
	  5,
	  V5_BODY_TYPE,
	  2,
	  { 1 },
	  ERR_UNSUPP,
	  "body type 1: an SGX enclave report" },
	{ "the body of newer modules",
	  5,
	  V5_BODY_TYPE,
	  2,
	  { 4 },
	  ERR_UNSUPP,
	  "body type 4: a TD report of 885 bytes" },
	{ "a body from the future",
	  5,
	  V5_BODY_TYPE,
	  2,
	  { 5 },
	  ERR_UNSUPP,
	  "body type" },
	{ "TD 1.0 of TD 1.5's size",
	  5,
	  V5_BODY_TYPE,
	  2,
	  { 2 },
	  ERR_EXTRA,
	  "body size" },
	{ "TD 1.5 one short",
	  5,
	  V5_BODY_LEN,
	  0,
	  { 0xff },
	  ERR_EXTRA,
	  "body size" },
};

static void test_refusals(void)
{
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		const char *field = "";
		struct quote q;
		enum err e;

		build(bad[i].version,
		      bad[i].version == 4 ? QUOTE_BODY_TD10 : QUOTE_BODY_TD15);
		/* n of 0 adds to the byte, else n bytes are set. */
		if (bad[i].n == 0)
			fake.quote[bad[i].at] =
				(uint8_t)(fake.quote[bad[i].at] +
					  bad[i].bytes[0]);
		else
			memcpy(fake.quote + bad[i].at, bad[i].bytes, bad[i].n);
		e = quote_parse(whole(), &q, &field);
		is_err(e, bad[i].want, "%s is refused", bad[i].why);
		ok(strcmp(field, bad[i].field) == 0, "and named: %s", field);
	}
}

/* Every number that means something is refused by its name, the two types that
 * are taken where the other belongs included; any other as what it is not. */
static void test_certification_types(void)
{
	static const char *const names[] = {
		"",
		" 1: the PPID in the clear",
		" 2: the PPID, encrypted with RSA-2048",
		" 3: the PPID, encrypted with RSA-3072",
		" 4: a PCK certificate without its chain",
		" 5: a PCK certificate chain",
		" 6: a QE report",
		" 7: a platform manifest",
		"",
	};
	static const struct {
		size_t at;
		uint8_t good;
		const char *what;
	} place[] = { { V4_CERT_TYPE, 6, "certification data type" },
		      { V4_CHAIN_TYPE, 5, "QE certification data type" } };

	for (size_t i = 0; i < 2 * 9; i++) {
		const char *field = "";
		uint8_t type = (uint8_t)(i / 2);
		char want[80];
		struct quote q;
		enum err e;

		build(4, QUOTE_BODY_TD10);
		fake.quote[place[i % 2].at] = type;
		snprintf(want, sizeof want, "%s%s", place[i % 2].what,
			 names[type]);
		e = quote_parse(whole(), &q, &field);
		if (type == place[i % 2].good)
			is_err(e, ERR_OK, "%s is taken", want);
		else
			ok(e == ERR_UNSUPP && strcmp(field, want) == 0,
			   "%s is not: %s", want, field);
		fake.quote[place[i % 2].at + 1] = 1;
		e = quote_parse(whole(), &q, &field);
		ok(e == ERR_UNSUPP && strcmp(field, place[i % 2].what) == 0,
		   "%s %u has no name", place[i % 2].what, type + 256u);
	}
}

static void test_tail(void)
{
	const char *field = "";
	struct quote q;

	build(4, QUOTE_BODY_TD10);
	fake.quote[fake.quote_len++] = 0;
	is_err(quote_parse(whole(), &q, &field), ERR_OK, "a zero byte more");
	ok(q.padding == 1, "is counted");
	fake.quote[fake.quote_len++] = '\n';
	is_err(quote_parse(whole(), &q, &field), ERR_VALUE,
	       "a line break is not padding");
}

static void test_limit(void)
{
	static uint8_t big[LIMIT_QUOTE_BYTES + 1];
	const char *field = "";
	struct quote q;

	build(4, QUOTE_BODY_TD10);
	memcpy(big, fake.quote, fake.quote_len);
	is_err(quote_parse((struct slice){ big, sizeof big - 1 }, &q, &field),
	       ERR_OK, "padded up to the limit");
	is_err(quote_parse((struct slice){ big, sizeof big }, &q, &field),
	       ERR_LIMIT, "one byte above the limit");
	ok(strcmp(field, "size") == 0, "is a matter of size");
}

int main(void)
{
	test_fields(4, QUOTE_BODY_TD10);
	test_fields(5, QUOTE_BODY_TD10);
	test_fields(5, QUOTE_BODY_TD15);
	test_prefixes(4, QUOTE_BODY_TD10);
	test_prefixes(5, QUOTE_BODY_TD15);
	test_refusals();
	test_certification_types();
	test_tail();
	test_limit();
	return tap_done();
}
