/* Unified kernel images: their sections, and what their stub and kernel measure
 * into RTMR1 and RTMR2. Expected values: tests/peers/tdx_peer.py. */
#include "measure/lib/uki.h"
#include "tests/tap.h"
#include "tests/unit/predict_make.h"

static uint8_t kernel[PE_MAX], uki[UKI_MAX];
static size_t kernel_len, uki_len;
static uint8_t initrd[10];

/* The UKI's parts; the kernel is the last one. */
enum {
	OSREL,
	CMDLINE,
	INITRD,
	UCODE,
	SPLASH,
	UNAME,
	SBAT,
	PCRPKEY,
	PCRSIG,
	KERNEL,
	NPARTS
};
static struct part parts[NPARTS];

static void fill_parts(void)
{
	static const char *const text[NPARTS][2] = {
		{ ".osrel", "NAME=ee\n" },
		{ ".cmdline", "console=ttyS0\tquiet \n" },
		{ ".initrd", "initrdinitrdinitrd" },
		{ ".ucode", "ucode" },
		{ ".splash", "BM" },
		{ ".uname", "6.12.1" },
		{ ".sbat", "sbat,1,x\n" },
		{ ".pcrpkey", "key\n" },
		{ ".pcrsig", "{}\n" },
		{ ".linux", "" },
	};

	for (size_t i = 0; i < NPARTS; i++)
		parts[i] = (struct part){ text[i][0], str_slice(text[i][1]) };
	parts[KERNEL].data = of(kernel, kernel_len);
}

static void build(unsigned version)
{
	uki_len = make_uki(uki, version, parts, NPARTS);
}

static void test_uki(void)
{
	static const struct {
		unsigned version;
		enum measures stub;
		const char *rtmr1, *rtmr2;
	} rows[] = {
		{ 252, MEASURES_BY_VERSION, BOOT_UKI_252_RTMR1,
		  BOOT_UKI_252_RTMR2 },
		{ 252, MEASURES_YES, BOOT_UKI_252_RTMR1,
		  BOOT_UKI_252_LOUD_RTMR2 },
		{ 256, MEASURES_BY_VERSION, NULL, BOOT_UKI_256_RTMR2 },
		{ 257, MEASURES_BY_VERSION, NULL, BOOT_UKI_257_RTMR2 },
		{ 258, MEASURES_BY_VERSION, BOOT_UKI_258_RTMR1,
		  BOOT_UKI_258_RTMR2 },
	};
	uint8_t digest[SHA384_LEN];
	struct predict_in in;

	build(252);
	sha384(of(uki, uki_len), digest);
	ok(hex_is(digest, BOOT_UKI), "the UKI is the peer's");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		build(rows[i].version);
		in = direct(uki, uki_len);
		in.stub_measures = rows[i].stub;
		is_err(run(&in), ERR_OK, "systemd-stub %u%s", rows[i].version,
		       rows[i].stub == MEASURES_YES ? ", told to measure" : "");
		if (rows[i].rtmr1 != NULL)
			ok(rtmr_is(1, rows[i].rtmr1), "RTMR1 is the peer's");
		ok(rtmr_is(2, rows[i].rtmr2), "RTMR2 is the peer's");
	}
	in.cmdline = str_slice(" a\nb ");
	is_err(run(&in), ERR_OK, "a command line from outside");
	ok(rtmr_is(2, BOOT_UKI_258_APPEND_RTMR2), "is measured twice");
	uki_len = make_uki(
		uki, 252, (const struct part[]){ parts[INITRD], parts[KERNEL] },
		2);
	in = direct(uki, uki_len);
	is_err(run(&in), ERR_OK, "a kernel and an initrd alone");
	ok(rtmr_is(2, BOOT_UKI_BARE_RTMR2), "RTMR2 is the initrd's");
}

/* Whether RTMR0 may have something of the stub. */
static bool smbios(void)
{
	for (size_t i = 0; i < p.events.n; i++)
		if (p.events.ev[i].rtmr == 0 &&
		    p.events.ev[i].type == EVENT_EVENT_TAG)
			return !p.events.ev[i].known;
	return false;
}

/* A UKI of which not everything is known is told apart, never guessed. */
static void test_uki_unknown(void)
{
	static const uint8_t on[] = { 1 };
	const struct efi_var secure = { "SecureBoot", of(on, 1) };
	const struct part profile = { ".profile", str_slice("ID=x") };
	struct part more[NPARTS + 2];
	struct predict_in in;

	for (unsigned v = 251; v <= 259; v += 8) {
		build(v);
		in = direct(uki, uki_len);
		is_err(run(&in), ERR_OK, "systemd-stub %u", v);
		ok(rtmr_unknown(1, "stub") && rtmr_unknown(2, "stub"),
		   "RTMR1 and RTMR2 are unknown");
		ok(smbios() == (v > 258), "RTMR0, too, when it is a new one");
	}
	uki_len = make_uki_of(uki, "another stub", parts, NPARTS);
	in = direct(uki, uki_len);
	is_err(run(&in), ERR_OK, "another stub");
	ok(rtmr_unknown(1, "stub") && rtmr_unknown(2, "stub") && smbios(),
	   "likewise");
	build(254);
	in.image = of(uki, uki_len);
	in.stub_measures = MEASURES_YES;
	is_err(run(&in), ERR_OK, "254, told to measure");
	ok(p.rtmr[1].known && rtmr_unknown(2, "253"), "RTMR2 is unknown");
	memcpy(more, parts, sizeof parts);
	more[NPARTS] = profile;
	more[NPARTS + 1] = parts[CMDLINE];
	uki_len = make_uki(uki, 257, more, NPARTS + 2);
	in = direct(uki, uki_len);
	is_err(run(&in), ERR_OK, "a UKI with profiles");
	ok(rtmr_unknown(2, "machine"), "RTMR2 is unknown");
	build(258);
	in = direct(uki, uki_len);
	in.cmdline = str_slice("a");
	in.vars = &secure;
	in.nvars = 1;
	is_err(run(&in), ERR_OK, "a command line and secure boot");
	ok(rtmr_unknown(2, "secure boot"), "RTMR2 is unknown");
	in.nvars = 0;
	in.cmdline = str_slice("@1 a");
	is_err(run(&in), ERR_OK, "a command line that chooses a profile");
	ok(rtmr_unknown(2, "profile"), "RTMR2 is unknown");
	in.cmdline = str_slice("  ");
	is_err(run(&in), ERR_OK, "a blank command line");
	ok(rtmr_unknown(2, "command line"), "RTMR2 is unknown");
	in.cmdline = str_slice("a");
	in.initrd = of(initrd, 10);
	is_err(run(&in), ERR_UNSUPP, "QEMU hands no initrd to a UKI");
}

static enum err parse(const uint8_t *at, size_t n, struct uki *out)
{
	struct slice s = heap_copy(at, n);
	const char *why = NULL;
	enum err e = uki_parse(s, out, &why);

	if (e != ERR_OK && why == NULL)
		e = ERR_STATE;
	heap_free(s);
	return e;
}

static void test_uki_refusals(void)
{
	struct part two[] = { parts[KERNEL], parts[CMDLINE], parts[CMDLINE] };
	const struct part empty[] = { parts[KERNEL], { ".dtb", { NULL, 0 } } };
	struct uki u = { .version = 7 };
	size_t n = make_uki(uki, 252, two, 3), taken = 0;

	is_err(parse(uki, n, &u), ERR_DUPLICATE, "a section twice");
	n = make_uki(uki, 252, empty, 2);
	is_err(parse(uki, n, &u), ERR_UNSUPP, "an empty section");
	n = make_uki(uki, 252, two + 1, 1);
	is_err(parse(uki, n, &u), ERR_MISSING, "no kernel");
	n = make_uki(uki, 252, two, 2);
	put_le(uki + uki_row(3) + 8, 513, 4);
	is_err(parse(uki, n, &u), ERR_UNSUPP, "larger in memory than here");
	n = make_uki(uki, 252, two, 2);
	for (size_t i = 0; i < n; i++)
		taken += parse(uki, i, &u) == ERR_OK;
	ok(taken == 0 && u.version == 7, "no prefix is one");
	is_err(parse(uki, n + 1, &u), ERR_OK, "a byte more is no section");
	ok(u.version == 252 && u.has[UKI_LINUX] && u.has[UKI_CMDLINE] &&
		   u.section[UKI_CMDLINE].len == parts[CMDLINE].data.len,
	   "sections have the length that they have in memory");
	n = make_uki_of(uki, "#### LoaderInfo: systemd-stub 99999.1", two, 2);
	is_err(parse(uki, n, &u), ERR_OK, "a version of five digits");
	ok(u.version == 0, "is none");
}

static void test_cmdline(void)
{
	static const struct {
		const char *title, *in, *out;
		unsigned version;
		enum err want;
	} rows[] = {
		{ "blanks at the end", "a b \t\n", "a b", 258, ERR_OK },
		{ "controls become blanks", "a\x1f\x7f b", "a   b", 252,
		  ERR_OK },
		{ "258 drops blanks in front", " a", "a", 258, ERR_OK },
		{ "252 keeps them", "\ta", " a", 252, ERR_OK },
		{ "257 drops them", " a", "a", 257, ERR_OK },
		{ "256: not known", " a", "", 256, ERR_UNSUPP },
		{ "nothing", "", "", 258, ERR_VALUE },
		{ "blanks alone", " \t ", "", 252, ERR_VALUE },
		{ "not ASCII", "\xc3\xa9", "", 258, ERR_UNSUPP },
	};
	static uint8_t big[UKI_CMDLINE_MAX + 1];
	uint8_t buf[UKI_CMDLINE_MAX];
	struct uki u = { .version = 258 };
	struct wr w;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		u.version = rows[i].version;
		w = wr_over(buf, sizeof buf);
		is_err(uki_cmdline(&u, str_slice(rows[i].in), &w), rows[i].want,
		       "%s", rows[i].title);
		ok(slice_is(wr_slice(&w), rows[i].out), "what comes out");
	}
	memset(big, 'x', sizeof big);
	w = wr_over(buf, sizeof buf);
	is_err(uki_cmdline(&u, of(big, sizeof big), &w), ERR_LIMIT, "too long");
	is_err(uki_cmdline(&u, of(big, UKI_CMDLINE_MAX), &w), ERR_OK,
	       "as long as possible");
	w = wr_over(buf, sizeof buf);
	is_err(uki_cmdline(&u, of((const uint8_t *)"a\0b", 3), &w), ERR_OK,
	       "a NUL");
	ok(slice_is(wr_slice(&w), "a"), "ends it");
}

int main(void)
{
	make_firmware(fw);
	kernel_len = make_kernel(kernel, "6.12.1 (ee)");
	fill_parts();
	test_uki();
	test_uki_unknown();
	test_uki_refusals();
	test_cmdline();
	return tap_done();
}
