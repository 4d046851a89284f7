/* Launch endorsements. Those of tests/fuzz/corpus/endorsement and their root
 * are by tests/peers/gcp_peer.py: keys and signatures are OpenSSL's. With the
 * shared folder also Google's own, and damaged ones. What has to be signed anew
 * to be wrong is in tests/integration/gcp.py. */
#include <stdlib.h>

#include "lib/cert.h"
#include "lib/json.h"
#include "lib/text.h"
#include "measure/lib/endorsement.h"
#include "measure/lib/endorsement_known.h"
#include "tests/shared.h"
#include "tests/tap.h"

#define NOW INT64_C(1790000000) /* gcp_peer.py's */
#define DAY INT64_C(86400)

/* While Google's signer of 2026 is valid. */
#define GOOGLE_NOW INT64_C(1790000000)

static uint8_t root_pem[4096], good[4096];
static struct slice root, file;
static const struct slice no_root;

static struct slice read_file(const char *path, uint8_t *buf, size_t cap)
{
	FILE *f = fopen(path, "rb");
	size_t n;

	if (f == NULL)
		_exit(98);
	n = fread(buf, 1, cap, f);
	fclose(f);
	return (struct slice){ buf, n };
}

/* Parse and verify. */
static enum err judge(struct slice in, struct slice with, int64_t now_s,
		      struct endorsement_check *c)
{
	struct endorsement e;
	const char *where;
	enum err err = endorsement_parse(in, &e, &where);

	return err != ERR_OK ? err : endorsement_verify(&e, with, now_s, c);
}

/* ---- what is in it */

/* SHA-384 of the text, as gcp_peer.py names its digests. */
static bool is_digest_of(const uint8_t *got, const char *text)
{
	uint8_t want[SHA384_LEN];

	sha384(str_slice(text), want);
	return memcmp(got, want, sizeof want) == 0;
}

static void test_fields(void)
{
	struct endorsement e;
	const char *where = "";
	uint8_t any[SHA384_LEN];

	is_err(endorsement_parse(at_page_end(file.ptr, file.len), &e, &where),
	       ERR_OK, "an endorsement %s", where);
	ok(e.timestamp_s == NOW - 1000 && e.timestamp_ns == 5 &&
		   e.cl_spec == 77 && e.commit.len == 20,
	   "when and from what it was made");
	ok(is_digest_of(e.uefi_sha384, "uefi"), "the firmware's digest");
	ok(e.has_tdx && e.tdx_svn == 2 && e.ntd == 3, "three ways for a TD");
	ok(e.td[0].ram_gib == 4 && !e.td[0].early_accept &&
		   is_digest_of(e.td[0].mrtd, "4 GiB"),
	   "the first");
	ok(e.td[1].ram_gib == 8 && e.td[1].early_accept &&
		   is_digest_of(e.td[1].mrtd, "8 GiB"),
	   "the second, early accept");
	ok(e.td[2].ram_gib == 0 && is_digest_of(e.td[2].mrtd, "any"),
	   "the third");
	ok(e.has_snp && e.snp_svn == 3 && e.snp_policy == 0x70000 &&
		   e.nsnp == 2 && e.snp[1].vmsas == 2 &&
		   is_digest_of(e.snp[1].measurement, "2") &&
		   e.snp_family_id.len == 16 && e.snp_image_id.ptr[0] == 16,
	   "SEV-SNP, with a field that we do not know");
	sha384(str_slice("any"), any);
	ok(endorsement_find(&e, any) == &e.td[2], "a row is found by its MRTD");
	any[47] ^= 1;
	ok(endorsement_find(&e, any) == NULL, "and no other");
}

/* ---- its form, made by hand: signatures come later */

struct message {
	uint8_t buf[4096];
	struct wr w;
};

static void begin(struct message *m)
{
	m->w = wr_over(m->buf, sizeof m->buf);
}

static void put_varint(struct wr *w, uint64_t v)
{
	for (; v > 127; v >>= 7)
		wr_u8(w, (uint8_t)(v | 128));
	wr_u8(w, (uint8_t)v);
}

static void put_bytes(struct message *m, unsigned field, struct slice s)
{
	put_varint(&m->w, field << 3 | 2);
	put_varint(&m->w, s.len);
	wr_bytes(&m->w, s);
}

static struct slice done(const struct message *m)
{
	if (wr_end(&m->w) != ERR_OK)
		_exit(98);
	return wr_slice(&m->w);
}

/* A golden measurement around these parts: field numbers and bytes. */
struct part {
	unsigned field; /* 0: the last one */
	const char *bytes;
	size_t n;
};

static const uint8_t d48[SHA384_LEN];

static enum err parse_golden(const struct part *parts, bool needed,
			     const char **where)
{
	static struct message golden, outer;
	static struct endorsement e;

	begin(&golden);
	if (needed) {
		put_bytes(&golden, 1, str_slice("\x08\x01"));
		put_bytes(&golden, 4, str_slice("cert"));
		put_bytes(&golden, 5, (struct slice){ d48, sizeof d48 });
	}
	for (; parts->field != 0; parts++)
		put_bytes(&golden, parts->field,
			  (struct slice){ (const uint8_t *)parts->bytes,
					  parts->n });
	begin(&outer);
	put_bytes(&outer, 1, done(&golden));
	put_bytes(&outer, 2, str_slice("sig"));
	return endorsement_parse(done(&outer), &e, where);
}

#define P(field, s)                                                            \
	{                                                                      \
		field, s, sizeof(s) - 1                                        \
	}
#define D16 "0123456789abcdef"
#define D48 D16 D16 D16

static void test_forms(void)
{
	static const struct {
		const char *why, *where;
		enum err want;
		struct part p[3];
	} t[] = {
		{ "nothing but what is needed", "", ERR_OK, { { 0 } } },
		{ "an empty TDX part", "", ERR_OK, { P(8, "") } },
		{ "a TD", "", ERR_OK, { P(8, "\x12\x32\x1a\x30" D48) } },
		{ "a TD's fields in another order",
		  "",
		  ERR_OK,
		  { P(8, "\x12\x34\x1a\x30" D48 "\x08\x01") } },
		{ "the TDX part twice",
		  "the golden measurement",
		  ERR_DUPLICATE,
		  { P(8, ""), P(8, "") } },
		{ "the certificate twice",
		  "the golden measurement",
		  ERR_DUPLICATE,
		  { P(4, "cert") } },
		{ "the digest twice",
		  "the golden measurement",
		  ERR_DUPLICATE,
		  { P(5, D48) } },
		{ "a later field", "", ERR_OK, { P(9, "?") } },
		{ "a later field in the TDX part",
		  "tdx",
		  ERR_UNKNOWN,
		  { P(8, "\x18\x01") } },
		{ "a later field of a TD",
		  "tdx",
		  ERR_UNKNOWN,
		  { P(8, "\x12\x34\x1a\x30" D48 "\x20\x01") } },
		{ "a later field in the SEV-SNP part",
		  "",
		  ERR_OK,
		  { P(7, "\x3a\x01?") } },
		{ "a later field in the map",
		  "sev_snp",
		  ERR_UNKNOWN,
		  { P(7, "\x12\x34\x12\x30" D48 "\x18\x01") } },
		{ "a TD without MRTD",
		  "tdx",
		  ERR_MISSING,
		  { P(8, "\x12\x02\x08\x01") } },
		{ "an MRTD of 47 bytes",
		  "tdx",
		  ERR_VALUE,
		  { P(8, "\x12\x31\x1a\x2f" D16 D16 "0123456789abcde") } },
		{ "two MRTDs in one TD",
		  "tdx",
		  ERR_DUPLICATE,
		  { P(8, "\x12\x64\x1a\x30" D48 "\x1a\x30" D48) } },
		{ "early accept of 2",
		  "tdx",
		  ERR_LIMIT,
		  { P(8, "\x12\x34\x10\x02\x1a\x30" D48) } },
		{ "RAM above 32 bits",
		  "tdx",
		  ERR_LIMIT,
		  { P(8, "\x12\x38\x08\x80\x80\x80\x80\x10\x1a\x30" D48) } },
		{ "an SVN twice",
		  "tdx",
		  ERR_DUPLICATE,
		  { P(8, "\x08\x01\x08\x02") } },
		{ "a TD that is cut",
		  "tdx",
		  ERR_TRUNC,
		  { P(8, "\x12\x32\x1a\x30" D16) } },
		{ "a measurement without its value",
		  "sev_snp",
		  ERR_MISSING,
		  { P(7, "\x12\x02\x08\x01") } },
		{ "a family of 15 bytes",
		  "sev_snp",
		  ERR_VALUE,
		  { P(7, "\x1a\x0f"
			 "0123456789abcde") } },
		{ "a commit of 65 bytes",
		  "the golden measurement",
		  ERR_LIMIT,
		  { P(3, D48 D16 "x") } },
	};

	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		const char *where = "";

		is_err(parse_golden(t[i].p, true, &where), t[i].want,
		       "form: %s", t[i].why);
		ok(strcmp(where, t[i].where) == 0, "form: %s: in \"%s\"",
		   t[i].why, where);
	}
}

static void test_needed(void)
{
	static const struct {
		const char *why;
		struct part p[4];
		enum err want;
	} t[] = {
		{ "all three",
		  { P(1, "\x08\x01"), P(4, "c"), P(5, D48) },
		  ERR_OK },
		{ "no time", { P(4, "c"), P(5, D48) }, ERR_MISSING },
		{ "no certificate",
		  { P(1, "\x08\x01"), P(5, D48) },
		  ERR_MISSING },
		{ "no digest", { P(1, "\x08\x01"), P(4, "c") }, ERR_MISSING },
		{ "a time of 10^9 nanoseconds",
		  { P(1, "\x10\x80\x94\xeb\xdc\x03"), P(4, "c"), P(5, D48) },
		  ERR_LIMIT },
		{ "a time before 1970",
		  { P(1, "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
		    P(4, "c"), P(5, D48) },
		  ERR_LIMIT },
		{ "a later field in the time",
		  { P(1, "\x18\x01"), P(4, "c"), P(5, D48) },
		  ERR_UNKNOWN },
	};

	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		const char *where = "";

		is_err(parse_golden(t[i].p, false, &where), t[i].want,
		       "needed: %s", t[i].why);
	}
}

static void test_rows(void)
{
	static struct message tdx;
	static const uint8_t row[] = "\x1a\x30" D48;
	const char *where = "";

	begin(&tdx);
	for (int i = 0; i < ENDORSEMENT_MAX_ROWS; i++)
		put_bytes(&tdx, 2, (struct slice){ row, 50 });
	is_err(parse_golden(
		       (struct part[]){ { 8, (const char *)tdx.buf, tdx.w.len },
					{ 0 } },
		       true, &where),
	       ERR_OK, "as many TDs as we hold");
	put_bytes(&tdx, 2, (struct slice){ row, 50 });
	is_err(parse_golden(
		       (struct part[]){ { 8, (const char *)tdx.buf, tdx.w.len },
					{ 0 } },
		       true, &where),
	       ERR_LIMIT, "and one more");
}

static void test_outer(void)
{
	static const struct {
		const char *why, *bytes;
		size_t n;
		enum err want;
	} t[] = {
		{ "nothing", "", 0, ERR_MISSING },
		{ "no signature", "\x0a\x01x", 3, ERR_MISSING },
		{ "no golden measurement", "\x12\x01x", 3, ERR_MISSING },
		{ "two signatures", "\x12\x01x\x12\x01x", 6, ERR_DUPLICATE },
		{ "two golden measurements", "\x0a\x01x\x0a\x01x", 6,
		  ERR_DUPLICATE },
		{ "a field more", "\x18\x01", 2, ERR_UNKNOWN },
	};
	static uint8_t big[ENDORSEMENT_MAX_BYTES + 1];
	struct endorsement e;
	const char *where = "";

	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++)
		is_err(endorsement_parse(at_page_end(t[i].bytes, t[i].n), &e,
					 &where),
		       t[i].want, "outside: %s", t[i].why);
	is_err(endorsement_parse((struct slice){ big, sizeof big }, &e, &where),
	       ERR_LIMIT, "outside: too large");
}

/* ---- whose it is */

static void test_verify(void)
{
	static const struct {
		const char *why, *says;
		int64_t now_s;
		enum err want;
	} t[] = {
		{ "while all is valid", "", NOW, ERR_OK },
		{ "in the signer's first second", "later", NOW - DAY,
		  ERR_EXPIRED },
		{ "in the second it was made", "", NOW - 1000, ERR_OK },
		{ "the second before it was made", "was made later", NOW - 1001,
		  ERR_EXPIRED },
		{ "in the signer's last second", "", NOW + DAY, ERR_OK },
		{ "a second after", "the signer's certificate is valid",
		  NOW + DAY + 1, ERR_EXPIRED },
		{ "before the signer", "the signer's certificate is valid",
		  NOW - DAY - 1, ERR_EXPIRED },
		{ "before the root", "the root certificate is valid",
		  NOW - 100 * DAY - 1, ERR_EXPIRED },
		{ "after the root", "the root certificate is valid",
		  NOW + 100 * DAY + 1, ERR_EXPIRED },
		{ "long ago", "the root certificate is valid", 0, ERR_EXPIRED },
	};
	struct endorsement_check c;

	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		is_err(judge(file, root, t[i].now_s, &c), t[i].want, "%s",
		       t[i].why);
		ok(strstr(c.why, t[i].says) != NULL &&
			   (c.why[0] == '\0') == (t[i].want == ERR_OK),
		   "%s: \"%s\"", t[i].why, c.why);
	}
	ok(!c.google_root && strcmp(c.signer_serial, "1e") == 0 &&
		   c.not_before_s == NOW - DAY && c.not_after_s == NOW + DAY,
	   "who signed");
	is_err(judge(file, no_root, NOW, &c), ERR_MISMATCH,
	       "nobody is believed who is not given and not Google");
	ok(strstr(c.why, "not Google's") != NULL, "and it says so: %s", c.why);
	is_err(judge(file, str_slice("no PEM"), NOW, &c), ERR_MISSING,
	       "a root that is none");
}

static void test_roots(void)
{
	uint8_t copy[4096], der[X509_MAX_DER], pem[4096];
	struct wr d = wr_over(der, sizeof der), p;
	struct endorsement_check c;
	struct endorsement e;
	const char *where = "";
	size_t accepted = 0, n;

	if (endorsement_parse(file, &e, &where) != ERR_OK ||
	    pem_read(root, "CERTIFICATE", &d) != ERR_OK)
		_exit(98);
	/* The signer's certificate as the root, and one bit of each byte. */
	p = wr_over(pem, sizeof pem);
	pem_write(&p, "CERTIFICATE", e.cert);
	is_err(judge(file, wr_slice(&p), NOW, &c), ERR_MISMATCH,
	       "the signer is no root: %s", c.why);
	n = wr_slice(&d).len;
	for (size_t i = 0; i < n; i++) {
		memcpy(copy, der, n);
		copy[i] ^= (uint8_t)(1 << i % 8);
		p = wr_over(pem, sizeof pem);
		pem_write(&p, "CERTIFICATE", (struct slice){ copy, n });
		accepted += judge(file, wr_slice(&p), NOW, &c) == ERR_OK;
	}
	ok(accepted == 0, "no root with a flipped bit, of %zu", n);
}

static void test_damage(void)
{
	uint8_t copy[4096];
	struct endorsement_check c;
	struct endorsement e;
	const char *where;
	size_t accepted = 0, n = file.len;

	for (size_t i = 0; i < n; i++)
		accepted += endorsement_parse(at_page_end(file.ptr, i), &e,
					      &where) == ERR_OK;
	ok(accepted == 0, "none of %zu prefixes is an endorsement", n);
	memcpy(copy, file.ptr, n);
	for (int i = 0; i < 256; i++) {
		copy[n] = (uint8_t)i;
		accepted += endorsement_parse((struct slice){ copy, n + 1 }, &e,
					      &where) == ERR_OK;
	}
	ok(accepted == 0, "nor is one byte more, whatever it is");
	for (size_t i = 0; i < n; i++) {
		copy[i] ^= (uint8_t)(1 << i % 8);
		accepted += judge((struct slice){ copy, n }, root, NOW, &c) ==
			    ERR_OK;
		copy[i] ^= (uint8_t)(1 << i % 8);
	}
	ok(accepted == 0, "nor is one with a flipped bit, in any byte");
}

/* ---- lists of what was published */

static void test_known(void)
{
#define A16 "aaaaaaaaaaaaaaaa"
#define A96 A16 A16 A16 A16 A16 A16
#define B96 A16 A16 A16 A16 A16 "aaaaaaaaaaaaaaab"
	static const struct {
		const char *why, *text;
		enum err want;
		size_t line;
		const char *day, *newest; /* day NULL: not found */
	} t[] = {
		{ "nothing", "", ERR_OK, 0, NULL, "" },
		{ "a comment", "# 1\n", ERR_OK, 0, NULL, "" },
		{ "an entry", "2024-07-01 5865 " A96 "\n", ERR_OK, 0,
		  "2024-07-01", "2024-07-01" },
		{ "without the last line's end", "2024-07-01 5865 " A96, ERR_OK,
		  0, "2024-07-01", "2024-07-01" },
		{ "another's", "2024-07-01 5865 " B96 "\n", ERR_OK, 0, NULL,
		  "2024-07-01" },
		{ "the first of two days",
		  "2025-07-01 1 " A96 "\n2024-07-01 1 " A96
		  "\n2026-07-01 1 " B96 "\n",
		  ERR_OK, 0, "2024-07-01", "2026-07-01" },
		{ "an empty line", "\n2024-07-01 1 " A96 "\n", ERR_VALUE, 1,
		  NULL, NULL },
		{ "a day that is none", "#\n2024-02-30 1 " A96 "\n", ERR_VALUE,
		  2, NULL, NULL },
		{ "no size", "2024-07-01 " A96 "\n", ERR_VALUE, 1, NULL, NULL },
		{ "a word for a size", "2024-07-01 x " A96 "\n", ERR_VALUE, 1,
		  NULL, NULL },
		{ "two spaces", "2024-07-01 1  " A96 "\n", ERR_VALUE, 1, NULL,
		  NULL },
		{ "a digit too few", "2024-07-01 1 " A16 "\n", ERR_VALUE, 1,
		  NULL, NULL },
		{ "a digit too many", "2024-07-01 1 " A96 "a\n", ERR_VALUE, 1,
		  NULL, NULL },
		{ "an end of DOS", "2024-07-01 1 " A96 "\r\n", ERR_VALUE, 1,
		  NULL, NULL },
	};
	uint8_t mrtd[SHA384_LEN];

	memset(mrtd, 0xaa, sizeof mrtd);
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		struct known_mrtds k = { 0 };
		struct slice s = at_page_end(t[i].text, strlen(t[i].text));
		size_t line = 0;

		is_err(known_mrtds_search(s, mrtd, &k, &line), t[i].want,
		       "list: %s", t[i].why);
		ok(line == t[i].line && k.found == (t[i].day != NULL) &&
			   strcmp(k.day, t[i].day != NULL ? t[i].day : "") ==
				   0 &&
			   strcmp(k.newest,
				  t[i].newest != NULL ? t[i].newest : "") == 0,
		   "list: %s: line %zu, day %s, newest %s", t[i].why, line,
		   k.day, k.newest);
	}
}

/* ---- Google's own */

static void test_google(void)
{
	struct slice in, root1;
	struct endorsement e;
	struct endorsement_check c;
	const char *where = "";

	if (!shared_read("fixtures/gcp/endorsement_c1ee9c16.binarypb", &in) ||
	    !shared_read("fixtures/certs/gce_cc_tcb_root_1.pem", &root1)) {
		printf("ok %d - Google's endorsement # SKIP no shared "
		       "fixtures\n",
		       ++tap_n);
		return;
	}
	is_err(endorsement_parse(in, &e, &where), ERR_OK, "Google's %s", where);
	is_err(endorsement_verify(&e, no_root, GOOGLE_NOW, &c), ERR_OK,
	       "is theirs %s", c.why);
	ok(c.google_root && strcmp(c.signer_serial, "1e") == 0,
	   "by its own root");
	is_err(endorsement_verify(&e, root1, GOOGLE_NOW, &c), ERR_OK,
	       "or by the one they publish %s", c.why);
	ok(c.google_root, "which is the same");
	is_err(endorsement_verify(&e, root, GOOGLE_NOW, &c), ERR_MISMATCH,
	       "and by no other: %s", c.why);
	ok(e.timestamp_s == 1779407565 && e.cl_spec == 919307640 &&
		   e.tdx_svn == 2 && e.ntd == 1 && e.nsnp == 15 &&
		   e.td[0].ram_gib == 0,
	   "what it says");
	is_err(judge(file, root1, NOW, &c), ERR_MISMATCH,
	       "theirs did not sign ours: %s", c.why);
	free((void *)(uintptr_t)in.ptr);
	free((void *)(uintptr_t)root1.ptr);
}

/* Each damaged one is refused, the control is not. */
static void test_negative(void)
{
	static uint8_t store[256 * 1024];
	struct arena a = arena_over(store, sizeof store);
	struct endorsement_check c;
	struct slice text, in, name, why;
	struct json list;

	if (!shared_read("fixtures/negative/endorsement_negative.json",
			 &text)) {
		printf("ok %d - damaged endorsements # SKIP no shared "
		       "fixtures\n",
		       ++tap_n);
		return;
	}
	if (json_parse(&a, text, &list) != ERR_OK)
		_exit(98);
	for (struct json v = json_first(list); v.node; v = json_next(v)) {
		char path[128] = "fixtures/";
		bool control;

		if (json_str(v, "file", &name) != ERR_OK ||
		    json_str(v, "why", &why) != ERR_OK ||
		    slice_cstr(name, path + 9, sizeof path - 9) != ERR_OK ||
		    !shared_read(path, &in))
			_exit(98);
		control = why.len > 7 && memcmp(why.ptr, "control", 7) == 0;
		ok((judge(in, no_root, GOOGLE_NOW, &c) == ERR_OK) == control,
		   "%s: %.*s", path, (int)why.len, (const char *)why.ptr);
		free((void *)(uintptr_t)in.ptr);
	}
	free((void *)(uintptr_t)text.ptr);
}

int main(void)
{
	root = read_file("tests/vectors/gcp_root.pem", root_pem,
			 sizeof root_pem);
	file = read_file("tests/fuzz/corpus/endorsement/good", good,
			 sizeof good);
	test_fields();
	test_forms();
	test_needed();
	test_rows();
	test_outer();
	test_verify();
	test_roots();
	test_damage();
	test_known();
	test_google();
	test_negative();
	return tap_done();
}
