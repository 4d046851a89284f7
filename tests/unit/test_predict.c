/* Predictions: TD HOB lists, the events behind the registers, the registers.
 * Expected values: tests/peers/tdx_peer.py; published digests where named. */
#include "measure/lib/gcp.h"
#include "measure/lib/hob.h"
#include "measure/lib/predict.h"
#include "tests/tap.h"
#include "tests/unit/measure_make.h"

#define GIB (1ULL << 30)

static uint8_t fw[FW_LEN], disk[DISK_LEN], kernel[PE_MAX];
static size_t kernel_len;

static void test_hob(void)
{
	static const struct {
		const char *title, *want;
		enum hob_form form;
		uint64_t memory;
	} lists[] = {
		{ "QEMU, 512 MiB", HOB_QEMU_512M, HOB_QEMU, GIB / 2 },
		{ "QEMU, just below 2.75 GiB", HOB_QEMU_BELOW_2G75, HOB_QEMU,
		  0xaffff000 },
		{ "QEMU, 2.75 GiB", HOB_QEMU_2G75, HOB_QEMU, 0xb0000000 },
		{ "QEMU, 64 GiB", HOB_QEMU_64G, HOB_QEMU, 64 * GIB },
		{ "Google, 16 GiB", HOB_GOOGLE_16G, HOB_GOOGLE, 16 * GIB },
		{ "Google, 704 GiB", HOB_GOOGLE_704G, HOB_GOOGLE, 704 * GIB },
	};
	uint8_t buf[HOB_MAX_BYTES], digest[SHA384_LEN];
	const char *why;
	struct tdvf t;

	is_err(tdvf_parse(of(fw, sizeof fw), &t, &why), ERR_OK, "firmware");
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		struct wr w = wr_over(buf, sizeof buf);

		is_err(hob_write(&t, lists[i].form, lists[i].memory, &w),
		       ERR_OK, "%s", lists[i].title);
		sha384(wr_slice(&w), digest);
		ok(hex_is(digest, lists[i].want), "is the peer's list");
	}
}

static void test_hob_refusals(void)
{
	static const struct {
		const char *title;
		enum hob_form form;
		uint64_t memory;
		enum err want;
	} bad[] = {
		{ "no memory", HOB_QEMU, 0, ERR_LIMIT },
		{ "half a page", HOB_QEMU, GIB + 2048, ERR_LIMIT },
		{ "2^46 bytes", HOB_QEMU, 1ULL << 46, ERR_LIMIT },
		{ "8 MiB, too little for the firmware", HOB_QEMU, 8 << 20,
		  ERR_VALUE },
		{ "8 MiB at Google", HOB_GOOGLE, 8 << 20, ERR_VALUE },
		{ "2 TiB at Google", HOB_GOOGLE, 1ULL << 41, ERR_LIMIT },
	};
	uint8_t buf[HOB_MAX_BYTES];
	struct wr w = wr_over(buf, sizeof buf);
	const char *why;
	struct tdvf t;

	is_err(tdvf_parse(of(fw, sizeof fw), &t, &why), ERR_OK, "firmware");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		is_err(hob_write(&t, bad[i].form, bad[i].memory, &w),
		       bad[i].want, "%s", bad[i].title);
	ok(wr_slice(&w).len == 0, "nothing is written");
	w = wr_over(buf, 100);
	is_err(hob_write(&t, HOB_QEMU, GIB, &w), ERR_SPACE, "no room");
	w = wr_over(buf, sizeof buf);
	t.s[4].type = TDVF_PERM_MEM;
	is_err(hob_write(&t, HOB_QEMU, GIB, &w), ERR_UNSUPP,
	       "QEMU knows no PermMem");
}

/* The layout of OVMF's 2 MiB build, which Google's firmware has as well: with
 * it the lists of Google's machines have published digests (flashbots/
 * dstack-mr-gcp, internal/consts.go). */
static void test_hob_published(void)
{
	static const struct tdvf t = {
		.n = 6,
		.s = { { 0x20000, 0x1e0000, 0xffe20000, 0x1e0000, TDVF_BFV, 1 },
		       { 0, 0x20000, 0xffe00000, 0x20000, TDVF_CFV, 0 },
		       { 0, 0, 0x810000, 0x10000, TDVF_TEMP_MEM, 0 },
		       { 0, 0, 0x80b000, 0x2000, TDVF_TEMP_MEM, 0 },
		       { 0, 0, 0x809000, 0x2000, TDVF_TD_HOB, 0 },
		       { 0, 0, 0x800000, 0x6000, TDVF_TEMP_MEM, 0 } },
	};
	static const char *const machines[][2] = {
		{ "c3-standard-4",
		  "458994daa60deac8dea19dba79748f6ff93fd0aebb8e3e0b"
		  "e5a65eb12309d342c3ce31cc67af7bbd22af1a44e7d9fe21" },
		{ "c3-standard-8",
		  "aa9e81feeb58a9eb3a9f4110cc7b5696240437ea4c1a9c30"
		  "518cfc44fa305183e6473e6bc02ddc4de09d0c49c49fadb5" },
		{ "c3-standard-22",
		  "a5be8ecd74020972e328fbbe94d2886817ef0d2e8a4e94e9"
		  "572e8e1b221f3f608cddc868cf8b08e8e645e4aaeba68279" },
		{ "c3-standard-44",
		  "21092eadb73948aebb405b826354c23c3025635c89a8d91f"
		  "85905afb120b7d98025a6c3083e8e82b5320695b253ce341" },
	};
	uint8_t buf[HOB_MAX_BYTES], digest[SHA384_LEN];

	for (size_t i = 0; i < sizeof machines / sizeof *machines; i++) {
		const struct gcp_machine *m = gcp_machine(machines[i][0]);
		struct wr w = wr_over(buf, sizeof buf);

		if (!ok(m != NULL, "%s is known", machines[i][0]))
			continue;
		is_err(hob_write(&t, HOB_GOOGLE, m->memory_bytes, &w), ERR_OK,
		       "its list");
		sha384(wr_slice(&w), digest);
		ok(hex_is(digest, machines[i][1]), "is the published one");
	}
	ok(gcp_machine("c3-standard-5") == NULL, "no such machine");
}

static struct predict_in sim_in(void)
{
	return (struct predict_in){ .platform = PLATFORM_SIM,
				    .firmware = of(fw, sizeof fw),
				    .image = of(disk, sizeof disk),
				    .memory_bytes = GIB / 2,
				    .cpus = 1 };
}

static bool zero(const struct predicted_rtmr *r)
{
	static const uint8_t none[SHA384_LEN];

	return r->known && memcmp(r->value, none, sizeof none) == 0;
}

static void test_sim(void)
{
	struct predict_in in = sim_in();
	const char *why = "";
	uint8_t config[SHA384_LEN];
	struct prediction p;

	is_err(predict(&in, &p, &why), ERR_OK, "simulated TDX %s", why);
	ok(p.is_disk && hex_is(p.mrtd, FIRMWARE_MRTD), "MRTD");
	ok(p.rtmr[0].known && hex_is(p.rtmr[0].value, RTMR0_SIM_512M), "RTMR0");
	ok(p.rtmr[1].known && hex_is(p.rtmr[1].value, RTMR1_DISK), "RTMR1");
	ok(zero(&p.rtmr[2]) && zero(&p.rtmr[3]), "RTMR2 and RTMR3 are zero");
	ok(hex_is(p.efi_authenticode_sha384, PE_PLUS), "the EFI binary's");
	ok(p.events.n == 14, "8 and 6 events");
	sha384(str_slice("{}"), config);
	in.config_sha384 = config;
	is_err(predict(&in, &p, &why), ERR_OK, "with a configuration");
	ok(hex_is(p.rtmr[3].value, RTMR3_CONFIG), "RTMR3 holds it");
	in.memory_bytes = GIB;
	is_err(predict(&in, &p, &why), ERR_OK, "with more memory");
	ok(!hex_is(p.rtmr[0].value, RTMR0_SIM_512M) &&
		   hex_is(p.rtmr[1].value, RTMR1_DISK),
	   "RTMR0 differs, RTMR1 does not");
	in.order = MRTD_TWO_PASS;
	is_err(predict(&in, &p, &why), ERR_OK, "with two passes");
	ok(hex_is(p.mrtd, FIRMWARE_MRTD_TWO_PASS), "MRTD differs");
}

/* The boot file in clusters that do not lie together. */
static void test_fragmented(void)
{
	static const uint8_t chain[] = { 40, 6, 20 };
	static uint8_t pe[PE_MAX], vol[FAT_LEN], other[DISK_LEN];
	struct predict_in in = sim_in();
	size_t n = make_pe(pe, &(struct pe_spec){ 0 });
	const char *why = "";
	struct prediction p;

	make_fat12(vol, of(pe, n), chain);
	make_disk(other, vol);
	in.image = of(other, sizeof other);
	is_err(predict(&in, &p, &why), ERR_OK, "fragments %s", why);
	ok(hex_is(p.rtmr[1].value, RTMR1_DISK), "the same RTMR1");
}

static void test_direct(void)
{
	struct predict_in in = sim_in();
	const char *why = "";
	struct prediction p;

	in.image = of(kernel, kernel_len);
	is_err(predict(&in, &p, &why), ERR_OK, "a bare kernel %s", why);
	ok(!p.is_disk && hex_is(p.rtmr[1].value, RTMR1_DIRECT),
	   "RTMR1 of a direct boot");
	ok(hex_is(p.efi_authenticode_sha384, KERNEL_AS_IS),
	   "the EFI binary's digest is that of the file");
	in.quirks = QUIRK_KERNEL_UNPATCHED;
	is_err(predict(&in, &p, &why), ERR_OK, "by a new QEMU");
	ok(hex_is(p.events.ev[8].digest, KERNEL_AS_IS) &&
		   !hex_is(p.rtmr[1].value, RTMR1_DIRECT),
	   "the kernel as it is");
}

static size_t count(const struct eventlist *l, unsigned rtmr, bool known)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		n += l->ev[i].rtmr == rtmr && l->ev[i].known == known;
	return n;
}

static void test_qemu(void)
{
	static const uint8_t order[] = { 1, 0, 0, 0 };
	const struct efi_var vars[] = {
		{ "BootOrder", of(order, sizeof order) },
		{ "Boot0001", str_slice("disk") },
		{ "PK", str_slice("key") },
	};
	struct predict_in in = sim_in();
	const char *why = "";
	struct prediction p;

	in.platform = PLATFORM_QEMU;
	is_err(predict(&in, &p, &why), ERR_OK, "QEMU %s", why);
	ok(!p.rtmr[0].known && strstr(p.rtmr[0].why_not, "ACPI") != NULL,
	   "RTMR0 is not guessed without the ACPI blobs");
	ok(zero(&p.rtmr[2]) && hex_is(p.rtmr[1].value, RTMR1_DISK),
	   "the others are known");
	ok(count(&p.events, 0, false) == 4, "four events are unknown");
	for (size_t i = 0; i < 3; i++)
		in.acpi[i] = str_slice("acpi");
	is_err(predict(&in, &p, &why), ERR_OK, "with ACPI blobs");
	ok(!p.rtmr[0].known && strstr(p.rtmr[0].why_not, "boot variables"),
	   "RTMR0 wants the boot variables as well");
	in.vars = vars;
	in.nvars = 2;
	is_err(predict(&in, &p, &why), ERR_OK, "with boot variables");
	ok(p.rtmr[0].known && count(&p.events, 0, true) == 14,
	   "RTMR0 is known, by 14 events");
	in.nvars = 3;
	struct prediction q;

	is_err(predict(&in, &q, &why), ERR_OK, "with a platform key");
	ok(memcmp(p.events.ev[3].digest, q.events.ev[3].digest, 48) != 0 &&
		   memcmp(p.rtmr[0].value, q.rtmr[0].value, 48) != 0,
	   "the key changes its event and RTMR0");
	in.quirks = QUIRK_SEPARATOR_RTMR0;
	is_err(predict(&in, &p, &why), ERR_OK, "old firmware");
	ok(count(&p.events, 0, true) == 15 && count(&p.events, 1, true) == 5 &&
		   p.events.ev[p.events.n - 5].type == EVENT_SEPARATOR,
	   "has the second separator in RTMR0");
}

static void test_refusals(void)
{
	static const uint8_t order[] = { 1, 0, 0 };
	const struct efi_var odd = { "BootOrder", of(order, 3) };
	struct predict_in in = sim_in();
	const char *why = NULL;
	struct prediction p;

	in.cpus = 0;
	is_err(predict(&in, &p, &why), ERR_VALUE, "no CPU");
	in = sim_in();
	in.firmware.len--;
	is_err(predict(&in, &p, &why), ERR_MISSING, "firmware cut off");
	in = sim_in();
	in.memory_bytes = 8 << 20;
	is_err(predict(&in, &p, &why), ERR_VALUE, "too little memory");
	in = sim_in();
	in.image = of(fw, sizeof fw);
	is_err(predict(&in, &p, &why), ERR_VALUE, "neither disk nor EFI");
	in.image = of(NULL, 0);
	is_err(predict(&in, &p, &why), ERR_VALUE, "an empty image");
	in = sim_in();
	in.platform = PLATFORM_QEMU;
	in.vars = &odd;
	in.nvars = 1;
	is_err(predict(&in, &p, &why), ERR_VALUE, "an odd BootOrder");
	in = sim_in();
	in.platform = PLATFORM_GCP;
	is_err(predict(&in, &p, &why), ERR_MISSING, "no machine type");
	in.machine = gcp_machine("c3-standard-4");
	is_err(predict(&in, &p, &why), ERR_VALUE, "another number of CPUs");
	in.cpus = 4;
	in.image = of(kernel, kernel_len);
	is_err(predict(&in, &p, &why), ERR_UNSUPP, "a bare kernel on GCP");
	ok(why != NULL, "each with a sentence");
}

/* A CFV is needed for RTMR0, though not for a TD. */
static void test_no_cfv(void)
{
	static uint8_t bare[FW_LEN];
	struct predict_in in = sim_in();
	const char *why = "";
	struct prediction p;

	make_firmware_of(bare, sizeof bare, fw_sections, 1);
	make_descriptor(
		bare + FW_DESC,
		(const struct tdvf_section[]){ fw_sections[0], fw_sections[3] },
		2);
	in.firmware = of(bare, sizeof bare);
	is_err(predict(&in, &p, &why), ERR_MISSING, "no variable store");
}

static void test_eventlist(void)
{
	static const uint8_t d[SHA384_LEN];
	struct eventlist l = { 0 };
	uint8_t reg[SHA384_LEN] = { 7 };

	for (size_t i = 0; i < EVENTS_MAX; i++)
		event_add(&l, 0, EVENT_ACTION, d, "x");
	ok(l.err == ERR_OK && l.n == EVENTS_MAX, "a full list");
	event_add(&l, 0, EVENT_ACTION, d, "x");
	ok(l.err == ERR_SPACE, "takes no more, and says so");
	l = (struct eventlist){ 0 };
	event_add(&l, 4, EVENT_ACTION, d, "x");
	ok(l.err == ERR_SPACE && l.n == 0, "there is no RTMR4");
	l = (struct eventlist){ 0 };
	event_add_unknown(&l, 2, EVENT_GPT, "x");
	ok(!eventlist_replay(&l, 2, reg) && reg[0] == 7,
	   "an unknown event makes its register unknown");
	ok(eventlist_replay(&l, 1, reg) && reg[0] == 0, "and no other one");
	ok(event_type_number(EVENT_GPT) == 0x80000006 &&
		   strcmp(event_type_name(EVENT_GPT), "EV_EFI_GPT_EVENT") == 0,
	   "types have the TCG's numbers and names");
}

int main(void)
{
	make_firmware(fw);
	make_default_disk(disk);
	kernel_len = make_pe(kernel, &(struct pe_spec){ .linux = true });
	test_hob();
	test_hob_refusals();
	test_hob_published();
	test_sim();
	test_fragmented();
	test_direct();
	test_qemu();
	test_refusals();
	test_no_cfv();
	test_eventlist();
	return tap_done();
}
