/* The boot path: kernels with QEMU's -kernel and chains of loaders, and what
 * they measure into RTMR1 and RTMR2. Expected values:
 * tests/peers/tdx_peer.py; an event log of a real machine where named. */
#include "measure/lib/bzimage.h"
#include "tests/tap.h"
#include "tests/unit/predict_make.h"

static uint8_t disk[DISK_LEN], kernel[PE_MAX], uki[UKI_MAX];
static size_t kernel_len, uki_len;
static uint8_t initrd[5000];

/* ---- kernels */

static void test_header(void)
{
	static const struct {
		const char *release;
		unsigned want;
	} good[] = {
		{ "6.12.1 (ee)", 6012 },
		{ "6.9.0-rc1", 6009 },
		{ "10.0", 10000 },
		{ "", 0 },
		{ "6", 0 },
		{ "6.", 0 },
		{ "x6.1", 0 },
		{ "1000.1", 0 },
		{ "6.1000", 0 },
		{ "06.1", 0 },
	};
	static const size_t at[] = { 0x202, 0x206, 0x207, 0x211 };
	uint8_t img[PE_MAX];

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		size_t n = make_kernel(img, good[i].release);

		ok(bzimage_version(of(img, n)) == good[i].want,
		   "release \"%s\"", good[i].release);
	}
	for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
		size_t n = make_kernel(img, "6.12");

		img[at[i]] = 0;
		ok(!bzimage_is(of(img, n)) && bzimage_version(of(img, n)) == 0,
		   "0x%zx differs: no kernel of today", at[i]);
	}
	make_kernel(img, "6.12");
	for (size_t i = 0; i <= 0x304; i++) {
		struct slice s = heap_copy(img, i);

		if (bzimage_is(s) != (i >= 0x238) ||
		    (bzimage_version(s) != 0) != (i > 0x302))
			ok(false, "%zu bytes of a kernel", i);
		heap_free(s);
	}
	put_le(img + 0x20e, 0, 2);
	ok(bzimage_version(of(img, PE_MAX)) == 0, "no release");
	put_le(img + 0x20e, 0xffff, 2);
	ok(bzimage_version(of(img, PE_MAX)) == 0, "a release past the end");
}

/* What QEMU writes, as the digest of the whole. */
static void test_patch(void)
{
	static const struct {
		const char *title, *cmdline, *want;
		uint32_t top;
		bool above_4g;
		uint64_t memory;
		size_t initrd_len;
	} boots[] = {
		{ "512 MiB", "", BOOT_KERNEL_512M, 0x7fffffff, false, GIB / 2,
		  5000 },
		{ "2 GiB", "", BOOT_KERNEL_2G, 0x7fffffff, false, 2 * GIB,
		  5000 },
		{ "64 GiB: the initrd as in 2 GiB", "", BOOT_KERNEL_2G,
		  0x7fffffff, false, 64 * GIB, 5000 },
		{ "a kernel that takes it lower", "", BOOT_KERNEL_LOW_MAX,
		  0x37ffffff, false, 2 * GIB, 5000 },
		{ "a kernel that takes it anywhere", "", BOOT_KERNEL_64G,
		  0x37ffffff, true, 64 * GIB, 5000 },
		{ "no initrd, vga=0x317", "a vga=0x317 b", BOOT_KERNEL_VGA, 0,
		  false, GIB, 0 },
		{ "vga=791, the same", "vga=791", BOOT_KERNEL_VGA, 0, false,
		  GIB, 0 },
		{ "vga=01427, too", "vga=01427 vga=1", BOOT_KERNEL_VGA, 0,
		  false, GIB, 0 },
		{ "vga=ask", "xvga=asking", BOOT_KERNEL_VGA_ASK, 0, false, GIB,
		  0 },
	};
	uint8_t img[PE_MAX], out[SHA384_LEN];
	const char *why = "";

	for (size_t i = 0; i < sizeof boots / sizeof *boots; i++) {
		const struct qemu_kernel k = {
			.memory_bytes = boots[i].memory,
			.initrd_len = boots[i].initrd_len,
			.cmdline = str_slice(boots[i].cmdline),
		};
		size_t n = make_kernel(img, "6.12.1 (ee)");
		struct predict_in in;

		put_le(img + 0x22c, boots[i].top, 4);
		put_le(img + 0x236, boots[i].above_4g ? 0x40 : 0, 2);
		in = direct(img, n);
		in.memory_bytes = boots[i].memory;
		in.cmdline = k.cmdline;
		if (k.initrd_len > 0)
			in.initrd = of(initrd, k.initrd_len);
		is_err(run(&in), ERR_OK, "%s", boots[i].title);
		for (size_t e = 0; e < p.events.n; e++)
			if (p.events.ev[e].type == EVENT_APPLICATION)
				memcpy(out, p.events.ev[e].digest, sizeof out);
		ok(hex_is(out, boots[i].want), "is the peer's kernel");
		is_err(qemu_patch_kernel(img, n, &k, &why), ERR_OK,
		       "patched again");
	}
}

static void test_patch_refusals(void)
{
	static const char *const vga[] = { "vga=",          "vga=x",
					   "vga=1x",        "vga=0x",
					   "vga=08",        "vga=normalvga",
					   "vga=4294967296" };
	struct qemu_kernel k = { .memory_bytes = GIB };
	const char *why = NULL;
	uint8_t img[PE_MAX];
	size_t n = make_kernel(img, "6.12");

	put_le(img + 0x22c, 0x7fffffff, 4);
	for (size_t i = 0; i < sizeof vga / sizeof *vga; i++) {
		k.cmdline = str_slice(vga[i]);
		is_err(qemu_patch_kernel(img, n, &k, &why),
		       strstr(vga[i], "normal") != NULL ? ERR_OK : ERR_VALUE,
		       "%s", vga[i]);
	}
	k.cmdline = str_slice("");
	k.initrd_len = GIB;
	is_err(qemu_patch_kernel(img, n, &k, &why), ERR_LIMIT,
	       "an initrd larger than the memory");
	k.initrd_len = GIB - 0x28000 - 1;
	is_err(qemu_patch_kernel(img, n, &k, &why), ERR_LIMIT,
	       "one that leaves no byte");
	k.initrd_len--;
	is_err(qemu_patch_kernel(img, n, &k, &why), ERR_OK, "one less");
	k = (struct qemu_kernel){ .memory_bytes = 0x28000, .initrd_len = 1 };
	is_err(qemu_patch_kernel(img, n, &k, &why), ERR_LIMIT,
	       "no memory but for the ACPI tables");
	ok(why != NULL, "with a sentence");
}

/* The number of events in RTMR2. */
static size_t measured(void)
{
	size_t n = 0;

	for (size_t i = 0; i < p.events.n; i++)
		n += p.events.ev[i].rtmr == 2;
	return n;
}

static void test_linux(void)
{
	static const struct {
		const char *text;
		bool off;
	} words[] = {
		{ "noinitrdx", false },
		{ "xnoinitrd", false },
		{ "  noinitrd  a", true },
		{ "noinitrd=1", true },
		{ "\"noinitrd\"", true },
		{ "x=\"a noinitrd b\" c", false },
		{ "x=\"a b\" noinitrd", true },
		{ "-- noinitrd", false },
		{ "--x noinitrd", true },
	};
	struct predict_in in = direct(kernel, kernel_len);
	uint8_t old[PE_MAX];

	is_err(run(&in), ERR_OK, "a kernel alone");
	ok(p.rtmr[2].known && p.events.n > 0, "RTMR2 is known");
	in.cmdline = str_slice("a b");
	in.initrd = of(initrd, sizeof initrd);
	put_le(kernel + 0x22c, 0x7fffffff, 4);
	is_err(run(&in), ERR_OK, "with a command line and an initrd");
	ok(rtmr_is(2, BOOT_LINUX_RTMR2), "RTMR2 is the peer's");
	in.quirks = QUIRK_INITRD_FIRST;
	is_err(run(&in), ERR_OK, "by firmware of 2025");
	ok(rtmr_is(2, BOOT_LINUX_FIRST_RTMR2), "it is that peer's");
	in.quirks = 0;
	in.cmdline = str_slice("a noinitrd");
	is_err(run(&in), ERR_OK, "noinitrd on the command line");
	ok(rtmr_is(2, BOOT_LINUX_NOINITRD_RTMR2), "no initrd is measured");
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		in.cmdline = str_slice(words[i].text);
		is_err(run(&in), ERR_OK, "%s", words[i].text);
		ok(p.rtmr[2].known && measured() == (words[i].off ? 1 : 2),
		   "%s", words[i].off ? "no initrd" : "an initrd");
	}
	in.kernel_measures = MEASURES_NO;
	is_err(run(&in), ERR_OK, "a kernel that measures nothing");
	in.cmdline = in.initrd = of(NULL, 0);
	ok(p.rtmr[2].known && measured() == 0, "RTMR2 has no event");
	in = direct(kernel, kernel_len);
	in.cmdline = str_slice("caf\xc3\xa9");
	is_err(run(&in), ERR_OK, "not ASCII");
	ok(rtmr_unknown(2, "ASCII"), "is not guessed");
	make_kernel(old, "6.8.0");
	in.image = of(old, kernel_len);
	in.cmdline = str_slice("a");
	is_err(run(&in), ERR_OK, "Linux 6.8");
	ok(rtmr_unknown(2, "6.9"), "is not guessed");
	make_kernel(old, "");
	is_err(run(&in), ERR_OK, "a kernel without a release");
	ok(rtmr_unknown(2, "version"), "is not guessed");
	put_le(kernel + 0x22c, 0, 4);
}

/* ---- chains */

/* A PE file that says in .sbat what it is. */
static size_t make_loader(uint8_t img[static UKI_MAX], const char *sbat)
{
	const struct part row = { ".sbat", str_slice(sbat) };

	return make_uki_of(img, "x", &row, 1);
}

/* The number of tagged events in a register. */
static size_t tagged(unsigned rtmr)
{
	size_t n = 0;

	for (size_t i = 0; i < p.events.n; i++)
		n += p.events.ev[i].rtmr == rtmr &&
		     p.events.ev[i].type == EVENT_EVENT_TAG;
	return n;
}

static void test_loader(void)
{
	static const char *const known[] = { "sbat,1,x\nshim,4,UEFI shim\n",
					     "grub,3,x", "a,1\ngrub2,1,Fedora",
					     "systemd-boot,1,x" };
	static const char *const unknown[] = { "shim", "ashim,1,x", "shimx,1,x",
					       "sbat,1,shim,1" };
	struct predict_in in;

	for (size_t i = 0; i < 4; i++) {
		uki_len = make_loader(uki, known[i]);
		in = direct(uki, uki_len);
		is_err(run(&in), ERR_OK, "loader %zu", i);
		ok(rtmr_unknown(1, "chain") && rtmr_unknown(2, "chain"),
		   "what it starts is not guessed");
		uki_len = make_loader(uki, unknown[i]);
		in = direct(uki, uki_len);
		is_err(run(&in), ERR_OK, "no loader %zu", i);
		ok(p.rtmr[1].known && p.rtmr[2].known, "just a program");
	}
	uki_len = make_uki_of(uki, "#### LoaderInfo: systemd-boot 252 ####",
			      NULL, 0);
	in = direct(uki, uki_len);
	is_err(run(&in), ERR_OK, "systemd-boot by its mark");
	ok(rtmr_unknown(1, "chain"), "is a loader");
	ok(tagged(0) == 1, "that may measure the machine into RTMR0");
	in.cmdline = str_slice("a");
	uki_len = make_loader(uki, "x");
	in.image = of(uki, uki_len);
	is_err(run(&in), ERR_OK, "a program with load options");
	ok(rtmr_unknown(2, "no Linux kernel"), "RTMR2 is unknown");
}

static void test_chain(void)
{
	uint8_t first[PE_MAX], second[PE_MAX];
	size_t nfirst = make_pe(first, &(struct pe_spec){ 0 });
	size_t nsecond = make_pe(second, &(struct pe_spec){ .pe32 = true });
	struct slice chain[CHAIN_MAX + 1] = { of(first, nfirst),
					      of(second, nsecond),
					      of(kernel, kernel_len) };
	struct predict_in in = direct(disk, sizeof disk);

	in.chain = chain;
	in.nchain = 3;
	is_err(run(&in), ERR_OK, "three programs");
	ok(rtmr_is(1, BOOT_CHAIN_RTMR1), "RTMR1 is the peer's");
	ok(rtmr_unknown(2, "list"), "RTMR2 needs a list");
	in.measured = str_slice(boot_list);
	is_err(run(&in), ERR_OK, "with one");
	ok(rtmr_is(2, BOOT_LIST_RTMR2), "RTMR2 is the list's");
	in.measured = str_slice("x");
	is_err(run(&in), ERR_VALUE, "with another");
	in.measured = str_slice(boot_list);
	in.nchain = 1;
	is_err(run(&in), ERR_VALUE, "a list without a chain");
	in.measured = of(NULL, 0);
	is_err(run(&in), ERR_OK, "a chain of one");
	ok(p.rtmr[2].known, "is the image itself");
	in.chain = chain + 1;
	is_err(run(&in), ERR_MISMATCH, "another one is not");
	in.nchain = 2;
	is_err(run(&in), ERR_MISMATCH, "another first program");
	in.chain = chain;
	chain[1].len--;
	is_err(run(&in), ERR_TRUNC, "a program cut off");
	in.nchain = CHAIN_MAX + 1;
	is_err(run(&in), ERR_LIMIT, "a long chain");
	in.nchain = 0;
	in.cmdline = str_slice("a");
	is_err(run(&in), ERR_UNSUPP, "a disk with -append");
	in.cmdline = of(NULL, 0);
	in.initrd = of(initrd, 1);
	is_err(run(&in), ERR_UNSUPP, "a disk with -initrd");
}

static const struct event *authority(size_t i)
{
	for (size_t k = 0; k < p.events.n; k++)
		if (p.events.ev[k].type == EVENT_VARIABLE_AUTHORITY && i-- == 0)
			return &p.events.ev[k];
	return NULL;
}

/* The digests are those of an event log of Container-Optimized OS 113 on Google
 * Compute Engine (google/go-tdx-guest, ccel_data.dat). */
static void test_shim(void)
{
	static const char sbat[] =
		"f143e2948d63fcd3442e841bb36a7e180871f0a894654196"
		"1fe9d12e70d0727874600956264dba531e2edd8729c5eb38";
	static const char mok[] =
		"841b29f5200c91e1a02e64a6636587bac5b85496a67e6d3c"
		"3cf52415a7ab726b4d2259134d84e9082191ac8ee15b7890";
	struct efi_var vars[] = {
		{ "SbatLevel", str_slice("sbat,1,2021030218\n") },
		{ "MokListTrusted", str_slice("\1") },
		{ "SecureBoot", str_slice("\1") },
	};
	static const char mark[] = "#### LoaderInfo: systemd-boot 262 ####";
	static uint8_t other[UKI_MAX];
	struct slice chain[2];
	struct predict_in in;

	uki_len = make_loader(uki, "shim,4,x\n");
	chain[0] = of(uki, uki_len);
	chain[1] = of(kernel, kernel_len);
	in = direct(uki, uki_len);
	in.chain = chain;
	in.nchain = 2;
	is_err(run(&in), ERR_OK, "a chain with shim");
	ok(authority(1) != NULL && !authority(0)->known &&
		   !authority(1)->known && authority(2) == NULL,
	   "shim's variables are not guessed");
	in.vars = vars;
	in.nvars = 2;
	is_err(run(&in), ERR_OK, "with the variables");
	ok(tagged(0) == 0, "nothing else goes into RTMR0");
	ok(authority(1) != NULL && hex_is(authority(0)->digest, sbat),
	   "SbatLevel has the digest of a real log");
	ok(hex_is(authority(1)->digest, mok), "MokListTrusted, too");
	vars[1].data.len = 0;
	is_err(run(&in), ERR_OK, "a shim without MokListTrusted");
	ok(authority(0) != NULL && authority(1) == NULL, "measures one");
	in.nvars = 3;
	is_err(run(&in), ERR_OK, "with secure boot on");
	ok(!authority(0)->known && authority(1)->known,
	   "the entry of db is not guessed");
	chain[1] = of(other, make_uki_of(other, mark, NULL, 0));
	is_err(run(&in), ERR_OK, "shim and systemd-boot");
	ok(tagged(0) == 1, "which may measure the machine into RTMR0");
}

int main(void)
{
	make_firmware(fw);
	make_default_disk(disk);
	kernel_len = make_kernel(kernel, "6.12.1 (ee)");
	for (size_t i = 0; i < sizeof initrd; i++)
		initrd[i] = (uint8_t)(i % 250);
	test_header();
	test_patch();
	test_patch_refusals();
	test_linux();
	test_loader();
	test_chain();
	test_shim();
	return tap_done();
}
