/* The TDX metadata of a firmware and the MRTD that follows from it. Expected
 * MRTDs: tests/peers/tdx_peer.py; published ones of real firmware where the
 * fixtures are there. */
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

static void test_fixtures(void)
{
	/* fixtures/INDEX.md section 4; the third is that of a quote from
	   hardware */
	static const struct {
		const char *file, *single, *two;
	} known[] = {
		{ "fixtures/firmware/debian12-OVMF.fd",
		  "4c7206f0f483c524f12c366c711e9049030a8d47c471ee5a"
		  "a9c4999a08de4057fb887fed0744d5631a212967fb231c47",
		  "acccbcc870a381adab0d3919d90a7f268ac3b0364771f202"
		  "ed4bb4e892d045b33db3b32e6924cba830a724eed443f7e1" },
		{ "fixtures/firmware/ubuntu-plucky-OVMF.fd",
		  "7357a10d2e2724dffe68813e3cc4cfcde6814d749f2fb62e"
		  "3953e54f6e0b50a219786afe2cd478f684b52c61837e1114",
		  "7ce4cec5729d95652108c1dfe381a3ccb6a6a9061920f047"
		  "9a3e4c7c806cf51d2438958def083084880f2bf4dd2e14eb" },
		{ "fixtures/firmware/ubuntu-questing-OVMF.inteltdx.fd",
		  "7348651a34b2d2d3462822e3a750ec6110125f36757c7848"
		  "0bbfc69cc0d21fb001a1ced3ee19747dda8f750c3bc8f876",
		  "5a1bf4126439842192b0857b0581c949c4e4df9a066cba37"
		  "fa9b2367d835e838953d49d644740c8885c3f947abbb4959" },
		{ "fixtures/firmware/virtee-OVMF.inteltdx.fd",
		  "88c63708f207ab01a46b4d9424ea92ab11f8826be30d208a"
		  "fbb58f174f2a19cdcfafb2b12a6a2c98be0740b808894d55",
		  "307c9a6831bdd6e6f56d9305f9598d238d42e864a9144f11"
		  "c0a46ee42e62ed81eb9845511a80fa77b200743d85d977e3" },
	};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		uint8_t digest[SHA384_LEN];
		const char *why = "";
		struct slice in;
		struct tdvf t;

		if (!shared_read(known[i].file, &in)) {
			ok(true, "%s # SKIP no fixtures", known[i].file);
			continue;
		}
		is_err(tdvf_parse(in, &t, &why), ERR_OK, "%s %s", known[i].file,
		       why);
		mrtd(in, &t, MRTD_SINGLE_PASS, digest);
		ok(hex_is(digest, known[i].single), "its MRTD");
		mrtd(in, &t, MRTD_TWO_PASS, digest);
		ok(hex_is(digest, known[i].two), "its MRTD in two passes");
		heap_free(in);
	}
}

int main(void)
{
	test_good();
	test_page_end();
	test_refusals();
	test_sizes();
	test_aug();
	test_fixtures();
	return tap_done();
}
