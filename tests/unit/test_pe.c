/* The Authenticode digest. Expected values: tests/peers/tdx_peer.py; events of
 * real machines where the fixtures are there. */
#include "measure/lib/pe.h"
#include "tests/shared.h"
#include "tests/tap.h"
#include "tests/unit/measure_make.h"

static uint8_t img[PE_MAX];

static enum err digest(const uint8_t *p, size_t n, uint8_t out[static 48])
{
	struct slice s = heap_copy(p, n);
	const char *why = NULL;
	enum err e = pe_authenticode(s, out, &why);

	if (e != ERR_OK && why == NULL)
		e = ERR_STATE; /* every refusal has a sentence */
	heap_free(s);
	return e;
}

static void test_good(void)
{
	static const struct {
		const char *title, *want;
		struct pe_spec spec;
	} files[] = {
		{ "PE32+", PE_PLUS, { 0 } },
		{ "PE32", PE_32, { .pe32 = true } },
		{ "sections not in the table's order",
		  PE_SWAPPED,
		  { .swap = true } },
		{ "signed, with bytes after the sections",
		  PE_TAIL_CERT,
		  { .tail = 20, .cert = 16 } },
		{ "a Linux kernel", KERNEL_AS_IS, { .linux = true } },
	};
	uint8_t out[SHA384_LEN];

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		size_t n = make_pe(img, &files[i].spec);

		is_err(digest(img, n, out), ERR_OK, "%s", files[i].title);
		ok(hex_is(out, files[i].want), "has the peer's digest");
	}
}

/* What Authenticode leaves out, and that it leaves out nothing else. */
static void test_covered(void)
{
	const struct pe_spec spec = { .tail = 20, .cert = 16 };
	size_t n = make_pe(img, &spec), open = 0;
	uint8_t want[SHA384_LEN], got[SHA384_LEN];

	is_err(digest(img, n, want), ERR_OK, "a signed file");
	for (size_t i = 0; i < n; i++) {
		img[i] ^= 0x40;
		if (digest(img, n, got) == ERR_OK &&
		    memcmp(want, got, SHA384_LEN) == 0)
			open++;
		img[i] ^= 0x40;
	}
	ok(open == 4 + 4 + 16,
	   "free to change: the checksum, the certificates and their address "
	   "(%zu bytes)",
	   open);
}

static void test_refusals(void)
{
	static const struct pe_spec spec = { 0 };
	const size_t dirs = pe_dirs(&spec);
	const struct {
		const char *title;
		size_t at;
		uint64_t value;
		size_t len;
		enum err want;
	} changes[] = {
		{ "not MZ", 0, 'm', 1, ERR_VALUE },
		{ "a PE header past the end", 60, PE_MAX, 4, ERR_TRUNC },
		{ "a PE header at 4 GiB - 1", 60, 0xffffffff, 4, ERR_TRUNC },
		{ "not PE", PE_AT, 'p', 1, ERR_VALUE },
		{ "97 sections", PE_AT + 6, 97, 2, ERR_LIMIT },
		{ "more sections than headers", PE_AT + 6, 20, 2, ERR_VALUE },
		{ "no optional header", PE_AT + 20, 0, 2, ERR_VALUE },
		{ "an optional header cut off", PE_AT + 20, 111, 2, ERR_TRUNC },
		{ "an optional header past the end", PE_AT + 20, 0xffff, 2,
		  ERR_TRUNC },
		{ "neither PE32 nor PE32+", PE_OPT, 0x107, 2, ERR_VALUE },
		{ "headers past the end", PE_OPT + 60, 1537, 4, ERR_TRUNC },
		{ "headers without the section table", PE_OPT + 60, 256, 4,
		  ERR_VALUE },
		{ "headers over the first section", PE_OPT + 60, 513, 4,
		  ERR_VALUE },
		{ "17 data directories", dirs - 4, 17, 4, ERR_VALUE },
		{ "2^32 - 1 data directories", dirs - 4, 0xffffffff, 4,
		  ERR_VALUE },
		{ "certificates over the sections", dirs + 36, 8, 4,
		  ERR_VALUE },
		{ "certificates larger than the file", dirs + 36, 0xffffffff, 4,
		  ERR_VALUE },
		{ "a section past the end", pe_row(&spec, PE_DATA) + 16, 513, 4,
		  ERR_TRUNC },
		{ "a section at 4 GiB - 1", pe_row(&spec, PE_DATA) + 20,
		  0xffffffff, 4, ERR_TRUNC },
		{ "sections that overlap", pe_row(&spec, PE_DATA) + 20, 1023, 4,
		  ERR_VALUE },
		{ "a section over the headers", pe_row(&spec, PE_TEXT) + 20,
		  511, 4, ERR_VALUE },
	};

	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		size_t n = make_pe(img, &spec);
		uint8_t out[SHA384_LEN] = { 0x55 };

		put_le(img + changes[i].at, changes[i].value, changes[i].len);
		is_err(digest(img, n, out), changes[i].want, "%s",
		       changes[i].title);
		ok(out[0] == 0x55, "and nothing is written");
	}
}

static void test_sizes(void)
{
	size_t n = make_pe(img, &(struct pe_spec){ 0 }), taken = 0;
	uint8_t out[SHA384_LEN], whole[SHA384_LEN];
	struct slice at_end = at_page_end(img, n);
	const char *why;

	is_err(pe_authenticode(at_end, whole, &why), ERR_OK,
	       "a file at the end of a page");
	for (size_t i = 0; i < n; i++)
		taken += digest(img, i, out) == ERR_OK;
	ok(taken == 0, "no prefix of a file is one");
	is_err(digest(img, n + 1, out), ERR_OK, "one byte more");
	ok(memcmp(out, whole, SHA384_LEN) != 0, "is part of the digest");
	put_le(img + pe_dirs(&(struct pe_spec){ 0 }) - 4, 4, 4);
	is_err(digest(img, n, out), ERR_OK, "no certificate directory at all");
}

static void test_fixtures(void)
{
	/* fixtures/INDEX.md section 8: events of real machines */
	static const char *const known[][2] = {
		{ "fixtures/pe/ubuntu-shim-15.8-shimx64.efi.signed",
		  "4637fb5cd30847e5f09ae24f8a50ce1611c4d21afd0ecb69"
		  "c8ec40bc82dc11bc48abda1f8044fe340bfb70b29606eb47" },
		{ "fixtures/pe/ubuntu-shim-15.8-fbx64.efi",
		  "eb68d5c47d5d71eabe10545cd97bef13e1f8eaf405bcfd99"
		  "7f8b085ce13e4df0c5982731ee02839cb030232f7630919a" },
	};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		uint8_t out[SHA384_LEN];
		const char *why = "";
		struct slice in;

		if (!shared_read(known[i][0], &in)) {
			ok(true, "%s # SKIP no fixtures", known[i][0]);
			continue;
		}
		is_err(pe_authenticode(in, out, &why), ERR_OK, "%s %s",
		       known[i][0], why);
		ok(hex_is(out, known[i][1]), "the digest of its event");
		heap_free(in);
	}
}

int main(void)
{
	test_good();
	test_covered();
	test_refusals();
	test_sizes();
	test_fixtures();
	return tap_done();
}
