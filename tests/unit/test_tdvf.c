/* The TDX metadata of a firmware and the MRTD that follows from it. Expected
 * MRTDs: tests/peers/tdx_peer.py; published ones of real firmware where the
 * fixtures are there. */
#include "lib/json.h"
#include "measure/lib/mrtd.h"
#include "measure/lib/tdvf.h"
#include "tests/shared.h"
#include "tests/tap.h"
#include "tests/unit/measure_make.h"

static uint8_t fw[FW_LEN];

static enum err parse(const uint8_t *p, size_t n, struct tdvf *t)
{
	struct slice s = heap_copy(p, n);
	const char *why = NULL;
	enum err e = tdvf_parse(s, t, &why);

	if (e != ERR_OK && why == NULL)
		e = ERR_STATE; /* every refusal has a sentence */
	heap_free(s);
	return e;
}

static void test_good(void)
{
	struct slice in = { fw, sizeof fw };
	uint8_t digest[SHA384_LEN];
	struct tdvf t;

	make_firmware(fw);
	sha384(in, digest);
	ok(hex_is(digest, FIRMWARE_SHA384), "the firmware is the peer's");
	is_err(parse(fw, sizeof fw, &t), ERR_OK, "it parses");
	ok(t.n == 5, "five sections");
	ok(memcmp(t.s, fw_sections, sizeof fw_sections) == 0,
	   "each as it was written");
	ok(tdvf_find(&t, TDVF_CFV) == &t.s[1], "the CFV is found");
	ok(tdvf_find(&t, TDVF_TEMP_MEM) == NULL,
	   "a type that occurs twice is not \"the\" section");
	mrtd(in, &t, MRTD_SINGLE_PASS, digest);
	ok(hex_is(digest, FIRMWARE_MRTD), "MRTD, single pass");
	mrtd(in, &t, MRTD_TWO_PASS, digest);
	ok(hex_is(digest, FIRMWARE_MRTD_TWO_PASS), "MRTD, two passes");
	ok(mrtd_hashed_bytes(&t) == 23 * 128 + 32 * (128 + 256),
	   "23 pages added, 32 chunks extended");
}

static void test_page_end(void)
{
	static uint8_t small[TDVF_PAGE];
	static const struct tdvf_section s[] = {
		{ 0, TDVF_PAGE, 0xfffff000, TDVF_PAGE, TDVF_BFV, 1 },
		{ 0, 0, 0x809000, 0x2000, TDVF_TD_HOB, 0 },
	};
	uint8_t digest[SHA384_LEN];
	const char *why;
	struct slice in;
	struct tdvf t;

	make_firmware_of(small, sizeof small, s, 2);
	in = at_page_end(small, sizeof small);
	is_err(tdvf_parse(in, &t, &why), ERR_OK, "4 KiB before a guard page");
	mrtd(in, &t, MRTD_SINGLE_PASS, digest);
	ok(t.n == 2, "measured without a read past the end");
}

/* One change to the firmware and what it must lead to. */
struct change {
	const char *title;
	size_t at;
	uint64_t value;
	size_t len;
	enum err want;
};

#define DESC(field) (FW_DESC + (field))
#define FROM_END(n) (FW_LEN - (n))

static void test_refusals(void)
{
	const struct change changes[] = {
		{ "another footer GUID", FROM_END(END_FOOTER), 0, 1,
		  ERR_MISSING },
		{ "a table shorter than its footer", FROM_END(END_TOTAL), 17, 2,
		  ERR_TRUNC },
		{ "a table larger than the file", FROM_END(END_TOTAL), 0xffff,
		  2, ERR_TRUNC },
		{ "a table without entries", FROM_END(END_TOTAL), 18, 2,
		  ERR_MISSING },
		{ "a table that ends inside an entry", FROM_END(END_TOTAL), 30,
		  2, ERR_TRUNC },
		{ "an entry of size 0", FROM_END(END_SIZE), 0, 2, ERR_VALUE },
		{ "an entry larger than the table", FROM_END(END_SIZE), 23, 2,
		  ERR_VALUE },
		{ "an entry that is no 32-bit offset", FROM_END(END_SIZE), 21,
		  2, ERR_VALUE },
		{ "another entry's GUID", FROM_END(END_GUID), 0, 1,
		  ERR_MISSING },
		{ "an offset of 0", FROM_END(END_OFFSET), 0, 4, ERR_TRUNC },
		{ "an offset past the start", FROM_END(END_OFFSET), FW_LEN - 15,
		  4, ERR_TRUNC },
		{ "an offset of 4 GiB - 1", FROM_END(END_OFFSET), 0xffffffff, 4,
		  ERR_TRUNC },
		{ "an offset to elsewhere", FROM_END(END_OFFSET), 0x401, 4,
		  ERR_VALUE },
		{ "another metadata GUID", FW_DESC - 16, 0, 1, ERR_VALUE },
		{ "not TDVF", DESC(0), 't', 1, ERR_VALUE },
		{ "a length that does not fit the count", DESC(4), 16 + 32 * 6,
		  4, ERR_VALUE },
		{ "version 0", DESC(8), 0, 4, ERR_UNSUPP },
		{ "version 2", DESC(8), 2, 4, ERR_UNSUPP },
		{ "no sections", DESC(12), 0, 4, ERR_VALUE },
		{ "33 sections", DESC(12), 33, 4, ERR_VALUE },
		{ "2^27 sections", DESC(12), 1u << 27, 4, ERR_VALUE },
		{ "type 9", sec_at(2, SEC_TYPE), 9, 4, ERR_UNKNOWN },
		{ "type 2^32 - 1", sec_at(2, SEC_TYPE), 0xffffffff, 4,
		  ERR_UNKNOWN },
		{ "attribute bit 2", sec_at(2, SEC_ATTR), 4, 4, ERR_UNKNOWN },
		{ "code that is not measured", sec_at(0, SEC_ATTR), 0, 4,
		  ERR_VALUE },
		{ "memory added later, but not PermMem", sec_at(2, SEC_ATTR), 2,
		  4, ERR_VALUE },
		{ "an address inside a page", sec_at(2, SEC_GPA), 0x810001, 8,
		  ERR_VALUE },
		{ "an address above 2^52", sec_at(2, SEC_GPA), 1ULL << 52, 8,
		  ERR_VALUE },
		{ "an address that wraps", sec_at(2, SEC_GPA),
		  0xfffffffffffff000, 8, ERR_VALUE },
		{ "half a page of memory", sec_at(2, SEC_MEM), 0x10800, 8,
		  ERR_VALUE },
		{ "no memory", sec_at(2, SEC_MEM), 0, 8, ERR_VALUE },
		{ "2^63 bytes of memory", sec_at(2, SEC_MEM), 1ULL << 63, 8,
		  ERR_VALUE },
		{ "more memory than anybody measures", sec_at(2, SEC_MEM),
		  1ULL << 28, 8, ERR_LIMIT },
		{ "data past the end", sec_at(0, SEC_OFF), 2 * TDVF_PAGE, 4,
		  ERR_TRUNC },
		{ "data at 4 GiB - 1", sec_at(0, SEC_OFF), 0xffffffff, 4,
		  ERR_TRUNC },
		{ "more data than memory", sec_at(1, SEC_RAW), TDVF_PAGE + 1, 4,
		  ERR_VALUE },
		{ "a firmware volume that is not whole", sec_at(1, SEC_RAW),
		  TDVF_PAGE - 1, 4, ERR_VALUE },
		{ "temporary memory with data", sec_at(2, SEC_RAW), 1, 4,
		  ERR_VALUE },
		{ "two BFVs", sec_at(1, SEC_TYPE), TDVF_BFV, 4, ERR_VALUE },
		{ "no TD HOB", sec_at(3, SEC_TYPE), TDVF_TEMP_MEM, 4,
		  ERR_VALUE },
		{ "two TD HOBs", sec_at(4, SEC_TYPE), TDVF_TD_HOB, 4,
		  ERR_VALUE },
		{ "sections that overlap", sec_at(4, SEC_GPA), 0x80a000, 8,
		  ERR_VALUE },
		{ "sections that are the same", sec_at(4, SEC_GPA), 0x809000, 8,
		  ERR_VALUE },
	};

	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		const struct change *c = &changes[i];
		struct tdvf t = { .n = 99 };

		make_firmware(fw);
		put_le(fw + c->at, c->value, c->len);
		is_err(parse(fw, sizeof fw, &t), c->want, "%s", c->title);
		ok(t.n == 99, "and nothing is written");
	}
}

static void test_sizes(void)
{
	struct tdvf t;
	size_t taken = 0;

	make_firmware(fw);
	for (size_t n = 0; n < sizeof fw; n += n < 64 ? 1 : 61)
		taken += parse(fw, n, &t) == ERR_OK;
	for (size_t n = sizeof fw - 64; n < sizeof fw; n++)
		taken += parse(fw, n, &t) == ERR_OK;
	ok(taken == 0, "no prefix of a firmware is one");
	taken = 0;
	for (size_t n = 1; n < sizeof fw; n += 61)
		taken += parse(fw + n, sizeof fw - n, &t) == ERR_OK;
	ok(taken == 0, "nor is an end of it: its sections' data are gone");
	uint8_t *more = malloc(sizeof fw + 1);

	if (more == NULL)
		_exit(99);
	memcpy(more, fw, sizeof fw);
	more[sizeof fw] = 0;
	is_err(parse(more, sizeof fw + 1, &t), ERR_MISSING, "one byte more");
	free(more);
	is_err(tdvf_parse((struct slice){ fw, TDVF_MAX_FIRMWARE + 1UL }, &t,
			  &(const char *){ NULL }),
	       ERR_LIMIT, "more than 64 MiB is not looked at");
}

/* Memory that is added later is no part of MRTD; PermMem may be so. */
static void test_aug(void)
{
	uint8_t later[SHA384_LEN], without[SHA384_LEN], added[SHA384_LEN];
	struct slice in = { fw, sizeof fw };
	struct tdvf t;

	make_firmware(fw);
	put_le(fw + sec_at(4, SEC_TYPE), TDVF_PERM_MEM, 4);
	put_le(fw + sec_at(4, SEC_ATTR), TDVF_ATTR_AUG, 4);
	is_err(parse(fw, sizeof fw, &t), ERR_OK, "PermMem added later");
	mrtd(in, &t, MRTD_SINGLE_PASS, later);
	t.n = 4;
	mrtd(in, &t, MRTD_SINGLE_PASS, without);
	ok(memcmp(later, without, SHA384_LEN) == 0, "is not measured");
	t.n = 5;
	t.s[4].attributes = 0;
	mrtd(in, &t, MRTD_SINGLE_PASS, added);
	ok(memcmp(added, later, SHA384_LEN) != 0,
	   "added at the start it would be");
}

/* The form before the GUID table: a file offset, 32 bytes before the end. */
static void test_old_form(void)
{
	static const struct {
		const char *title;
		uint32_t offset;
		enum err want;
	} bad[] = {
		{ "an old offset past the end", FW_LEN, ERR_MISSING },
		{ "one of 4 GiB - 1", 0xffffffff, ERR_MISSING },
		{ "one into the last 16 bytes", FW_LEN - 15, ERR_MISSING },
		{ "one to no descriptor", FW_DESC - 4, ERR_MISSING },
	};
	uint8_t digest[SHA384_LEN];
	struct tdvf t = { 0 };

	make_firmware(fw);
	put_le(fw + FROM_END(END_FOOTER), 0, 16);
	put_le(fw + FW_LEN - 0x20, FW_DESC, 4);
	is_err(parse(fw, sizeof fw, &t), ERR_OK, "no GUID table: an offset");
	ok(t.n == 5 && memcmp(t.s, fw_sections, sizeof fw_sections) == 0,
	   "leads to the same sections");
	put_le(fw + FW_DESC + 8, 2, 4);
	is_err(parse(fw, sizeof fw, &t), ERR_UNSUPP, "which are checked, too");
	make_firmware(fw);
	put_le(fw + FROM_END(END_GUID), 0, 16);
	put_le(fw + FW_LEN - 0x20, FW_DESC, 4);
	is_err(parse(fw, sizeof fw, &t), ERR_OK,
	       "a GUID table without an entry for TDX: the offset counts");
	mrtd((struct slice){ fw, sizeof fw }, &t, MRTD_SINGLE_PASS, digest);
	ok(!hex_is(digest, FIRMWARE_MRTD), "it is another firmware");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		put_le(fw + FW_LEN - 0x20, bad[i].offset, 4);
		is_err(parse(fw, sizeof fw, &t), bad[i].want, "%s",
		       bad[i].title);
	}
	make_firmware(fw);
	put_le(fw + FROM_END(END_OFFSET), 0, 4);
	put_le(fw + FW_LEN - 0x20, FW_DESC, 4);
	is_err(parse(fw, sizeof fw, &t), ERR_TRUNC,
	       "a broken entry for TDX is not made up for by the offset");
}

static void test_google_old(void)
{
	uint8_t digest[SHA384_LEN], other[SHA384_LEN];
	struct slice in = { fw, sizeof fw };
	struct tdvf t;

	make_firmware(fw);
	is_err(parse(fw, sizeof fw, &t), ERR_OK, "a firmware");
	is_err(mrtd_google_old(in, &t, 16ULL << 30, digest), ERR_OK,
	       "MRTD with the TD HOB in it");
	ok(hex_is(digest, FIRMWARE_MRTD_GOOGLE_OLD_16G), "is the peer's");
	is_err(mrtd_google_old(in, &t, 32ULL << 30, other), ERR_OK,
	       "another machine");
	ok(memcmp(digest, other, sizeof digest) != 0, "has another");
	is_err(mrtd_google_old(in, &t, 0, other), ERR_LIMIT, "no memory");
	t.s[3].gpa = 8ULL << 30;
	is_err(mrtd_google_old(in, &t, 16ULL << 30, other), ERR_VALUE,
	       "a section that Google's machines have no memory for");
}

static void fixture_is(struct json row, const char *key, const uint8_t *digest,
		       const char *title)
{
	struct slice want;
	uint8_t raw[SHA384_LEN];

	ok(json_str(row, key, &want) == ERR_OK &&
		   hex_decode(want, raw, sizeof raw) == ERR_OK &&
		   memcmp(raw, digest, sizeof raw) == 0,
	   "its %s", title);
}

static void check_fixture(struct json row)
{
	uint8_t digest[SHA384_LEN];
	const char *why = "";
	struct slice file, in;
	char name[128] = "", path[160];
	struct tdvf t;

	if (json_str(row, "file", &file) != ERR_OK ||
	    slice_cstr(file, name, sizeof name) != ERR_OK)
		_exit(98);
	snprintf(path, sizeof path, "fixtures/%s", name);
	if (!shared_read(path, &in)) {
		ok(true, "%s # SKIP not there", name);
		return;
	}
	is_err(tdvf_parse(in, &t, &why), ERR_OK, "%s %s", name, why);
	mrtd(in, &t, MRTD_SINGLE_PASS, digest);
	fixture_is(row, "mrtd_single_pass", digest, "MRTD");
	mrtd(in, &t, MRTD_TWO_PASS, digest);
	fixture_is(row, "mrtd_two_pass", digest, "MRTD in two passes");
	is_err(mrtd_google_old(in, &t, 16ULL << 30, digest), ERR_OK,
	       "as c3-standard-4 until 2024-11");
	fixture_is(row, "go_peer_tdhobbug_c3_standard_4", digest,
		   "MRTD with the TD HOB in it");
	sha384(tdvf_bytes(in, tdvf_find(&t, TDVF_CFV)), digest);
	fixture_is(row, "cfv_sha384", digest, "CFV");
	heap_free(in);
}

/* Every firmware of the fixtures: Intel's definition as gce-tcb-verifier and
 * quotes from hardware confirm it. */
static void test_fixtures(void)
{
	struct json list;
	struct arena a;
	struct slice text;

	if (!shared_read("fixtures/firmware/firmware.json", &text)) {
		ok(true, "published MRTDs # SKIP no fixtures");
		return;
	}
	a = arena_over(malloc(1 << 20), 1 << 20);
	if (a.buf == NULL || json_parse(&a, text, &list) != ERR_OK)
		_exit(98);
	for (struct json e = json_first(list); e.node != NULL; e = json_next(e))
		check_fixture(e);
	free(a.buf);
	heap_free(text);
}

int main(void)
{
	test_good();
	test_page_end();
	test_refusals();
	test_sizes();
	test_aug();
	test_old_form();
	test_google_old();
	test_fixtures();
	return tap_done();
}
