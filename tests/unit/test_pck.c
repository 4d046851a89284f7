/* The SGX extension of a PCK certificate, entry by entry. The sound one is put
 * together here after Intel's profile of PCK certificates 1.5, 1.3.5; its bytes
 * are those of a certificate of the Platform CA, values aside. */
#include "lib/der.h"
#include "measure/lib/pck.h"
#include "tests/tap.h"

/* clang-format off */
#define RAW(s) { (const uint8_t *)(s), sizeof(s) - 1 }
/* clang-format on */
#define BYTES(s) ((struct slice)RAW(s))

#define OID "\x2a\x86\x48\x86\xf8\x4d\x01\x0d\x01"

static uint8_t store[1024];

/* SEQUENCE { oid, value }: value is a whole element. */
static void put(struct wr *w, struct slice oid, struct slice value)
{
	size_t at = der_open(w, DER_SEQUENCE);

	der_put(w, DER_OID, oid);
	wr_bytes(w, value);
	der_close(w, at);
}

/* Which entry a case leaves out, and what it puts in its place. */
struct change {
	unsigned id;         /* 1 to 7; 0: none */
	struct slice oid;    /* {NULL, 0}: the right one */
	struct slice value;  /* {NULL, 0}: the entry is left out */
	struct slice append; /* raw, after all entries */
};

enum {
	SVN_17 = 17,
	SVN_COUNT = 18,
};

/* The contents of entry 2: component SVNs 101 to 116, PCESVN 0x0b0c, CPUSVN.
 * skip: one that is left out; twice: one that is there twice. */
static void put_tcb(struct wr *w, unsigned skip, unsigned twice)
{
	uint8_t oid[] = OID "\x02\x01", component[] = { 0x02, 1, 0 };
	size_t list = der_open(w, DER_SEQUENCE);

	for (unsigned i = 1; i <= SVN_COUNT; i++) {
		struct slice value = { component, sizeof component };

		oid[10] = (uint8_t)i;
		component[2] = (uint8_t)(100 + i);
		if (i == SVN_17)
			value = BYTES("\x02\x02\x0b\x0c");
		if (i == SVN_COUNT)
			value = BYTES("\x04\x10"
				      "cpusvncpusvncpus");
		for (unsigned n = i == twice ? 2 : i != skip; n > 0; n--)
			put(w, (struct slice){ oid, 11 }, value);
	}
	der_close(w, list);
}

static struct slice build(const struct change *c)
{
	static uint8_t tcb[512];
	struct wr t = wr_over(tcb, sizeof tcb);
	struct wr w = wr_over(store, sizeof store);
	size_t list = der_open(&w, DER_SEQUENCE);
	struct slice value[] = {
		BYTES("\x04\x10ppidppidppidppid"),
		{ NULL, 0 },
		BYTES("\x04\x02pc"),
		BYTES("\x04\x06"
		      "fmspc0"),
		BYTES("\x0a\x01\x01"),
		BYTES("\x04\x10piidpiidpiidpiid"),
		BYTES("\x30\x36"
		      "\x30\x10\x06\x0b" OID "\x07\x01\x01\x01\xff"
		      "\x30\x10\x06\x0b" OID "\x07\x02\x01\x01\x00"
		      "\x30\x10\x06\x0b" OID "\x07\x03\x01\x01\xff"),
	};

	put_tcb(&t, 0, 0);
	value[1] = wr_slice(&t);
	for (unsigned i = 1; i <= 7; i++) {
		uint8_t oid[] = OID "\x01";
		struct slice id = { oid, 10 };

		oid[9] = (uint8_t)i;
		if (i == c->id && c->oid.ptr != NULL)
			id = c->oid;
		if (i == c->id)
			value[i - 1] = c->value;
		if (value[i - 1].ptr != NULL)
			put(&w, id, value[i - 1]);
	}
	wr_bytes(&w, c->append);
	der_close(&w, list);
	if (wr_end(&w) != ERR_OK)
		_exit(98);
	return wr_slice(&w);
}

static void test_sound(void)
{
	struct slice ext = build(&(struct change){ 0 });
	struct pck p = { 0 };
	size_t accepted = 0;
	uint8_t more[sizeof store + 1] = { 0 };

	is_err(pck_parse(at_page_end(ext.ptr, ext.len), &p), ERR_OK,
	       "an extension of the Platform CA");
	ok(memcmp(p.ppid, "ppidppidppidppid", 16) == 0 &&
		   memcmp(p.pceid, "pc", 2) == 0 &&
		   memcmp(p.fmspc, "fmspc0", 6) == 0 &&
		   memcmp(p.cpusvn, "cpusvncpusvncpus", 16) == 0,
	   "PPID, PCEID, FMSPC, CPUSVN");
	ok(p.has_piid && memcmp(p.piid, "piidpiidpiidpiid", 16) == 0,
	   "the platform instance id");
	ok(p.tcb.sgx[0] == 101 && p.tcb.sgx[15] == 116 &&
		   p.tcb.pcesvn == 0x0b0c,
	   "component SVNs, PCESVN");
	for (size_t n = 0; n < ext.len; n++)
		accepted += pck_parse(at_page_end(ext.ptr, n), &p) == ERR_OK;
	ok(accepted == 0, "none of its %zu prefixes", ext.len);
	memcpy(more, ext.ptr, ext.len);
	is_err(pck_parse((struct slice){ more, ext.len + 1 }, &p), ERR_EXTRA,
	       "nor one byte more");
	is_err(pck_parse((struct slice){ NULL, 0 }, &p), ERR_MISSING,
	       "nor nothing at all");
}

static const struct {
	const char *why;
	struct change c;
	enum err want;
} cases[] = {
	{ "no PPID", { .id = 1 }, ERR_MISSING },
	{ "no TCB", { .id = 2 }, ERR_MISSING },
	{ "no PCEID", { .id = 3 }, ERR_MISSING },
	{ "no FMSPC", { .id = 4 }, ERR_MISSING },
	{ "no SGX type", { .id = 5 }, ERR_MISSING },
	{ "a configuration without an instance id", { .id = 6 }, ERR_MISSING },
	{ "an instance id without a configuration", { .id = 7 }, ERR_MISSING },
	{ "a PPID of 15 bytes",
	  { .id = 1, .value = RAW("\x04\x0fppidppidppidppi") },
	  ERR_VALUE },
	{ "a PPID of 17 bytes",
	  { .id = 1, .value = RAW("\x04\x11ppidppidppidppidp") },
	  ERR_VALUE },
	{ "a PCEID of 3 bytes",
	  { .id = 3, .value = RAW("\x04\x03pce") },
	  ERR_VALUE },
	{ "an FMSPC of 5 bytes",
	  { .id = 4,
	    .value = RAW("\x04\x05"
			 "fmspc") },
	  ERR_VALUE },
	{ "an FMSPC that is text",
	  { .id = 4,
	    .value = RAW("\x0c\x06"
			 "fmspc0") },
	  ERR_VALUE },
	{ "SGX type standard",
	  { .id = 5, .value = RAW("\x0a\x01\x00") },
	  ERR_OK },
	{ "SGX type scalable with integrity",
	  { .id = 5, .value = RAW("\x0a\x01\x02") },
	  ERR_OK },
	{ "an SGX type nobody knows",
	  { .id = 5, .value = RAW("\x0a\x01\x03") },
	  ERR_VALUE },
	{ "a negative SGX type",
	  { .id = 5, .value = RAW("\x0a\x01\xff") },
	  ERR_VALUE },
	{ "an SGX type as INTEGER",
	  { .id = 5, .value = RAW("\x02\x01\x01") },
	  ERR_VALUE },
	{ "an instance id of 15 bytes",
	  { .id = 6, .value = RAW("\x04\x0fpiidpiidpiidpii") },
	  ERR_VALUE },
	{ "a configuration of no flag",
	  { .id = 7, .value = RAW("\x30\x00") },
	  ERR_OK },
	{ "a flag that is neither true nor false",
	  { .id = 7,
	    .value = RAW("\x30\x12\x30\x10\x06\x0b" OID
			 "\x07\x01\x01\x01\x01") },
	  ERR_VALUE },
	{ "a flag of two bytes",
	  { .id = 7,
	    .value = RAW("\x30\x13\x30\x11\x06\x0b" OID
			 "\x07\x01\x01\x02\x00\x00") },
	  ERR_VALUE },
	{ "a fourth flag",
	  { .id = 7,
	    .value = RAW("\x30\x12\x30\x10\x06\x0b" OID
			 "\x07\x04\x01\x01\xff") },
	  ERR_VALUE },
	{ "a flag twice",
	  { .id = 7,
	    .value = RAW("\x30\x24"
			 "\x30\x10\x06\x0b" OID "\x07\x01\x01\x01\xff"
			 "\x30\x10\x06\x0b" OID "\x07\x01\x01\x01\xff") },
	  ERR_DUPLICATE },
	{ "something after a flag",
	  { .id = 7,
	    .value = RAW("\x30\x14\x30\x12\x06\x0b" OID
			 "\x07\x01\x01\x01\xff\x05\x00") },
	  ERR_EXTRA },
	{ "a flag of another entry",
	  { .id = 7,
	    .value = RAW("\x30\x12\x30\x10\x06\x0b" OID
			 "\x02\x01\x01\x01\xff") },
	  ERR_VALUE },
	{ "FMSPC twice",
	  { .append = RAW("\x30\x14\x06\x0a" OID "\x04\x04\x06"
			  "fmspc1") },
	  ERR_DUPLICATE },
	{ "an eighth entry",
	  { .append = RAW("\x30\x0e\x06\x0a" OID "\x08\x05\x00") },
	  ERR_VALUE },
	{ "an entry under another arc",
	  { .append = RAW("\x30\x07\x06\x03\x55\x1d\x0f\x05\x00") },
	  ERR_VALUE },
	{ "something after the last entry",
	  { .append = RAW("\x05\x00") },
	  ERR_VALUE },
	{ "PPID under the OID of the whole",
	  { .id = 1,
	    .oid = RAW(OID),
	    .value = RAW("\x04\x10ppidppidppidppid") },
	  ERR_VALUE },
};

static void test_cases(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct slice ext = build(&cases[i].c);
		struct pck p = { .fmspc = "intact" };

		is_err(pck_parse(at_page_end(ext.ptr, ext.len), &p),
		       cases[i].want, "%s", cases[i].why);
		ok(cases[i].want == ERR_OK || memcmp(p.fmspc, "intact", 6) == 0,
		   "and nothing is written");
	}
}

/* What the Processor CA issues: neither of the last two. */
static void test_processor(void)
{
	struct slice ext = build(&(struct change){ 0 });
	struct wr w = wr_over(store, sizeof store);
	struct pck p = { .has_piid = true };
	/* 6 is 0x04 0x10 in an OID's entry, 7 holds three flags */
	size_t tail = 2 + 12 + 18 + 2 + 12 + 0x38;
	size_t head = ext.ptr[1] == 0x82 ? 4 : 3;
	uint8_t inner[sizeof store];
	size_t n = ext.len - head - tail, list;

	memcpy(inner, ext.ptr + head, n);
	list = der_open(&w, DER_SEQUENCE);
	wr_bytes(&w, (struct slice){ inner, n });
	der_close(&w, list);
	is_err(pck_parse(wr_slice(&w), &p), ERR_OK,
	       "an extension of the Processor CA");
	ok(!p.has_piid && memcmp(p.fmspc, "fmspc0", 6) == 0,
	   "has no platform instance id");
}

static void test_svns(void)
{
	size_t bad = 0;
	struct pck p;

	for (unsigned i = 1; i <= SVN_COUNT; i++) {
		static uint8_t tcb[600];
		struct wr t = wr_over(tcb, sizeof tcb);

		put_tcb(&t, i, 0);
		bad += pck_parse(build(&(struct change){
					 .id = 2, .value = wr_slice(&t) }),
				 &p) != ERR_MISSING;
		t = wr_over(tcb, sizeof tcb);
		put_tcb(&t, 0, i);
		bad += pck_parse(build(&(struct change){
					 .id = 2, .value = wr_slice(&t) }),
				 &p) != ERR_DUPLICATE;
	}
	ok(bad == 0, "each of 18 SVNs once, no more and no less");
}

int main(void)
{
	test_sound();
	test_cases();
	test_processor();
	test_svns();
	return tap_done();
}
