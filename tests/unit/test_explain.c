/* explain: mismatches made on purpose, each of which must be named right, most
 * of them twice: with an event log, and by search alone. What a machine shows
 * is made by predict.h, whose values tests/peers/tdx_peer.py and hardware
 * confirm, and by edits of its event list; the registers are replayed here. */
#include "measure/lib/explain_world.h"
#include "measure/lib/gcp.h"
#include "measure/lib/gpt.h"
#include "tests/tap.h"
#include "tests/unit/measure_make.h"

#define GIB (1ULL << 30)

enum {
	MAX_EVENTS = 64,
	MAX_CAUSES = 6,
	RAW_GUID = 512 + 56 /* the disk's GUID in its header */
};

/* ---- the world: a reference, another release, a simulation, a firmware, and
 * what the user has at hand */

static uint8_t fw_a[FW_LEN], fw_b[FW_LEN], fw_c[FW_LEN];
static uint8_t disk[DISK_LEN], disk_next[DISK_LEN], disk_sim[DISK_LEN],
	disk_other[DISK_LEN], disk_guid[DISK_LEN];
static uint8_t kernel[PE_MAX];
static size_t kernel_len;
static struct reference ref, ref_next, ref_sim, ref_kernel, ref_gcp;
static struct reference_firmware known_b;
static struct explain_world world, world_gcp, world_kernel;
static const char config_text[] = "{\"role\":\"executor\"}";

static const uint8_t order_one[] = { 1, 0, 0, 0 };
static const struct efi_var vars[] = {
	{ "BootOrder", { order_one, sizeof order_one } },
	{ "Boot0001", { (const uint8_t *)"disk 1", 6 } },
};

static struct slice of(const uint8_t *p, size_t n)
{
	return (struct slice){ p, n };
}

static void make_other(uint8_t out[static DISK_LEN], const char *mark)
{
	static uint8_t pe[PE_MAX], vol[FAT_LEN];
	size_t n = make_pe(pe, &(struct pe_spec){ 0 });

	memcpy(pe + 600, mark, strlen(mark));
	make_fat12(vol, of(pe, n), NULL);
	make_disk(out, vol);
}

static struct predict_in machine(void)
{
	return (struct predict_in){
		.platform = PLATFORM_QEMU,
		.firmware = of(fw_a, sizeof fw_a),
		.image = of(disk, sizeof disk),
		.memory_bytes = 2 * GIB,
		.cpus = 2,
		.acpi = { str_slice("loader"), str_slice("rsdp"),
			  str_slice("tables of 2") },
		.vars = vars,
		.nvars = 2,
	};
}

static struct predict_in machine_gcp(const char *type)
{
	return (struct predict_in){ .platform = PLATFORM_GCP,
				    .firmware = of(fw_a, sizeof fw_a),
				    .image = of(disk, sizeof disk),
				    .machine = gcp_machine(type),
				    .gcp_stub_keys = true };
}

static struct predict_in machine_kernel(void)
{
	struct predict_in in = machine();

	in.image = of(kernel, kernel_len);
	in.vars = NULL;
	in.nvars = 0;
	return in;
}

static void must(bool good, const char *what)
{
	if (good)
		return;
	printf("Bail out! %s\n", what);
	_exit(99);
}

static void predicted(const struct predict_in *in, struct prediction *p)
{
	const char *why = "";

	must(predict(in, p, &why) == ERR_OK, why);
}

static void add(struct reference *r, const struct predict_in *in)
{
	static struct prediction p;
	const char *why = "";

	if (r->nfirmware == 0) {
		must(reference_firmware_of(in->firmware, "a.fd",
					   &r->firmware[0], &why) == ERR_OK,
		     why);
		r->nfirmware = 1;
	}
	predicted(in, &p);
	must(reference_add(r, in, 0, &p) == ERR_OK, "reference_add");
}

static void candidate(unsigned rtmr, enum event_type type,
		      enum explain_cause cause, struct slice data,
		      const char *what, bool optional)
{
	uint8_t digest[SHA384_LEN];

	sha384(data, digest);
	must(explain_add_candidate(&world, rtmr, type, cause, digest, what,
				   optional) == ERR_OK,
	     "candidate");
}

static void make_images(void)
{
	make_firmware(fw_a);
	make_firmware(fw_b);
	make_firmware(fw_c);
	fw_b[100] ^= 1;             /* its variable store */
	fw_b[TDVF_PAGE + 100] ^= 1; /* its code */
	fw_c[TDVF_PAGE + 200] ^= 1;
	make_default_disk(disk);
	make_other(disk_next, "next release");
	make_other(disk_sim, "simulation");
	make_other(disk_other, "unknown");
	make_default_disk(disk_guid);
	disk_guid[RAW_GUID] ^= 0x55;
	gpt_seal(disk_guid, 4);
	kernel_len = make_pe(kernel, &(struct pe_spec){ .linux = true });
}

static void make_references(void)
{
	struct predict_in in = machine();

	add(&ref, &in);
	in.cpus = 4;
	in.acpi[2] = str_slice("tables of 4");
	add(&ref, &in);
	in = machine();
	in.image = of(disk_next, sizeof disk_next);
	add(&ref_next, &in);
	in.image = of(disk_sim, sizeof disk_sim);
	ref_sim.kind = REFERENCE_SIM;
	add(&ref_sim, &in);
	in = machine_gcp("c3-standard-4");
	in.acpi_release = 2;
	add(&ref_gcp, &in);
	in = machine_kernel();
	add(&ref_kernel, &in);
}

static void make_world(void)
{
	struct predict_in in = machine();
	static struct prediction p;
	const char *why = "";
	struct gpt gpt;
	uint8_t digest[SHA384_LEN];

	must(reference_firmware_of(of(fw_b, sizeof fw_b), "b.fd", &known_b,
				   &why) == ERR_OK,
	     why);
	must(explain_add_reference(&world, &ref, "ref", true) == ERR_OK &&
		     explain_add_reference(&world, &ref_next, "next", false) ==
			     ERR_OK &&
		     explain_add_reference(&world, &ref_sim, "sim", false) ==
			     ERR_OK &&
		     explain_add_firmware(&world, &known_b) == ERR_OK &&
		     explain_add_reference(&world_gcp, &ref_gcp, "gcp", true) ==
			     ERR_OK &&
		     explain_add_reference(&world_kernel, &ref_kernel, "kernel",
					   true) == ERR_OK,
	     "world");
	candidate(2, EVENT_EVENT_TAG, EXPLAIN_COMMAND_LINE,
		  str_slice("console=ttyS0"), "console=ttyS0", true);
	candidate(2, EVENT_EVENT_TAG, EXPLAIN_INITRD, str_slice("initrd"),
		  "Linux initrd of initrd.img", true);
	must(gpt_parse(of(disk_guid, sizeof disk_guid), &gpt, &why) == ERR_OK,
	     why);
	gpt_digest(&gpt, digest);
	must(explain_add_candidate(&world, 1, EVENT_GPT, EXPLAIN_GPT, digest,
				   "the partition table of disk.raw",
				   false) == ERR_OK,
	     "candidate");
	in.image = of(kernel, kernel_len);
	predicted(&in, &p);
	must(explain_add_candidate(
		     &world_kernel, 1, EVENT_APPLICATION, EXPLAIN_KERNEL_PATCH,
		     p.efi_authenticode_sha384,
		     "the kernel as it is in the file", false) == ERR_OK,
	     "candidate");
}

/* ---- what a quote and its log show */

struct events {
	size_t n;
	struct explain_event ev[MAX_EVENTS];
};

struct scene {
	const struct explain_world *world;
	struct quote_body body;
	size_t padding;
	const char *config;
	struct events shown[RTMR_COUNT], logged[RTMR_COUNT];
	bool zero_rtmrs;
};

static struct scene scene;
static struct prediction prediction;
static struct explain_out out;

static void show(const struct predict_in *in)
{
	predicted(in, &prediction);
	memcpy(scene.body.mrtd, prediction.mrtd, SHA384_LEN);
	for (size_t r = 0; r < RTMR_COUNT; r++)
		scene.shown[r].n = 0;
	for (size_t i = 0; i < prediction.events.n; i++) {
		const struct event *from = &prediction.events.ev[i];
		struct events *to = &scene.shown[from->rtmr];

		must(from->known, "an event is not known");
		to->ev[to->n] = (struct explain_event){
			.type = event_type_number(from->type),
			.known = true,
			.what = from->what
		};
		memcpy(to->ev[to->n++].digest, from->digest, SHA384_LEN);
	}
}

static void remove_at(struct events *l, size_t i)
{
	must(i < l->n, "no such event");
	l->n--;
	memmove(&l->ev[i], &l->ev[i + 1], (l->n - i) * sizeof l->ev[0]);
}

static void insert(struct events *l, size_t i, uint32_t type, struct slice data,
		   const char *what)
{
	memmove(&l->ev[i + 1], &l->ev[i], (l->n - i) * sizeof l->ev[0]);
	l->ev[i] = (struct explain_event){ .type = type,
					   .known = true,
					   .what = what };
	sha384(data, l->ev[i].digest);
	l->n++;
}

static void action(struct events *l, size_t i, const char *text)
{
	insert(l, i, event_type_number(EVENT_ACTION), str_slice(text), text);
}

static void repeat(struct events *l, size_t i)
{
	insert(l, i + 1, l->ev[i].type, str_slice(""), l->ev[i].what);
	memcpy(l->ev[i + 1].digest, l->ev[i].digest, SHA384_LEN);
}

static void exchange(struct events *l, size_t i, size_t k)
{
	struct explain_event ev = l->ev[i];

	l->ev[i] = l->ev[k];
	l->ev[k] = ev;
}

static void change(struct events *l, size_t i, const char *data)
{
	sha384(str_slice(data), l->ev[i].digest);
}

/* ---- seeds. The order of RTMR0: HOB, CFV, 5 variables, separator, 3 ACPI,
 * BootOrder, Boot0001, Boot0000. RTMR1: calling, separator, GPT, binary, 2
 * actions. */

enum {
	AT_PK = 3,
	AT_KEK = 4,
	AT_ACPI = 8,
	AT_ORDER = 11,
	AT_GPT = 2,
	AT_PE = 3
};

static void seed_nothing(void)
{
}

static void seed_memory(void)
{
	struct predict_in in = machine();

	in.memory_bytes = 4 * GIB;
	show(&in);
}

static void seed_odd_memory(void)
{
	struct predict_in in = machine();

	in.memory_bytes = 3001ULL << 20;
	show(&in);
}

static void seed_cpus(void)
{
	struct predict_in in = machine();

	in.acpi[2] = str_slice("tables of 4");
	in.memory_bytes = 8 * GIB;
	in.cpus = 4;
	show(&in);
}

/* All of the other machine, which is in the reference: nothing differs. */
static void seed_other_entry(void)
{
	struct predict_in in = machine();

	in.acpi[2] = str_slice("tables of 4");
	show(&in);
}

static void seed_firmware(void)
{
	struct predict_in in = machine();

	in.firmware = of(fw_b, sizeof fw_b);
	show(&in);
}

static void seed_firmware_memory_secure_boot(void)
{
	static const uint8_t on[] = { 1 };
	static struct efi_var v[3];
	struct predict_in in = machine();

	memcpy(v, vars, sizeof vars);
	v[2] = (struct efi_var){ "SecureBoot", { on, 1 } };
	in.firmware = of(fw_b, sizeof fw_b);
	in.memory_bytes = 16 * GIB;
	in.vars = v;
	in.nvars = 3;
	show(&in);
}

static void seed_two_pass(void)
{
	struct predict_in in = machine();

	in.order = MRTD_TWO_PASS;
	show(&in);
}

static void seed_unknown_firmware(void)
{
	struct predict_in in = machine();

	in.firmware = of(fw_c, sizeof fw_c);
	show(&in);
}

static void seed_secure_boot(void)
{
	static const uint8_t on[] = { 1 };
	static struct efi_var v[3];
	struct predict_in in = machine();

	memcpy(v, vars, sizeof vars);
	v[2] = (struct efi_var){ "SecureBoot", { on, 1 } };
	in.vars = v;
	in.nvars = 3;
	show(&in);
}

static void seed_keys(void)
{
	static const uint8_t off[] = { 0 };
	static struct efi_var v[7];
	static const char *const names[] = { "PK", "KEK", "db", "dbx" };
	struct predict_in in = machine();

	memcpy(v, vars, sizeof vars);
	v[2] = (struct efi_var){ "SecureBoot", { off, 1 } };
	for (size_t i = 0; i < 4; i++)
		v[3 + i] = (struct efi_var){
			names[i], { gcp_stub_keys, GCP_STUB_KEYS_LEN }
		};
	in.vars = v;
	in.nvars = 7;
	show(&in);
}

static void image(const uint8_t *d)
{
	struct predict_in in = machine();

	in.image = of(d, DISK_LEN);
	show(&in);
}

static void seed_sim(void)
{
	image(disk_sim);
}

static void seed_release(void)
{
	image(disk_next);
}

static void seed_unknown_binary(void)
{
	image(disk_other);
}

static void seed_guid(void)
{
	image(disk_guid);
}

static void seed_unknown_gpt(void)
{
	change(&scene.shown[1], AT_GPT, "another partition table");
}

static void seed_cmdline(void)
{
	insert(&scene.shown[2], 0, event_type_number(EVENT_EVENT_TAG),
	       str_slice("console=ttyS0"), "LOADED_IMAGE::LoadOptions");
}

static void seed_initrd(void)
{
	insert(&scene.shown[2], 0, event_type_number(EVENT_EVENT_TAG),
	       str_slice("initrd"), "Linux initrd");
}

static void seed_cmdline_initrd(void)
{
	seed_cmdline();
	insert(&scene.shown[2], 1, event_type_number(EVENT_EVENT_TAG),
	       str_slice("initrd"), "Linux initrd");
}

static void seed_unknown_cmdline(void)
{
	insert(&scene.shown[2], 0, event_type_number(EVENT_EVENT_TAG),
	       str_slice("quiet"), "LOADED_IMAGE::LoadOptions");
}

static void seed_missing(void)
{
	remove_at(&scene.shown[0], AT_KEK);
}

static void seed_two_missing(void)
{
	remove_at(&scene.shown[0], AT_KEK);
	remove_at(&scene.shown[0], 1);
}

static void seed_missing_and_memory(void)
{
	seed_memory();
	remove_at(&scene.shown[0], AT_PK);
}

static void seed_extra(void)
{
	insert(&scene.shown[0], 5, 0x0a, str_slice("surprise"), "surprise");
}

static void seed_zero_extra(void)
{
	insert(&scene.shown[0], 5, event_type_number(EVENT_SEPARATOR),
	       str_slice(""), "?");
	memset(scene.shown[0].ev[5].digest, 0, SHA384_LEN);
}

static void seed_order(void)
{
	exchange(&scene.shown[0], AT_PK, AT_KEK);
}

static void seed_repeated(void)
{
	repeat(&scene.shown[0], AT_ACPI);
}

static void seed_separator(void)
{
	struct predict_in in = machine();

	in.quirks = QUIRK_SEPARATOR_RTMR0;
	show(&in);
}

static void seed_no_separator(void)
{
	remove_at(&scene.shown[1], 1);
}

static void seed_retry(void)
{
	action(&scene.shown[1], 2,
	       "Returning from EFI Application from Boot Option");
	action(&scene.shown[1], 3, "Calling EFI Application from Boot Option");
}

static void seed_exit_retry(void)
{
	action(&scene.shown[1], 4, "Exit Boot Services Invocation");
	action(&scene.shown[1], 5, "Exit Boot Services Returned with Failure");
}

static void seed_no_disk(void)
{
	static const uint8_t menu[] = { 0, 0 };

	remove_at(&scene.shown[0], AT_ORDER + 1);
	sha384(of(menu, 2), scene.shown[0].ev[AT_ORDER].digest);
}

static void seed_boot_order(void)
{
	static const uint8_t turned[] = { 0, 0, 1, 0 };

	exchange(&scene.shown[0], AT_ORDER + 1, AT_ORDER + 2);
	sha384(of(turned, 4), scene.shown[0].ev[AT_ORDER].digest);
}

static void seed_unknown_option(void)
{
	change(&scene.shown[0], AT_ORDER + 1, "some device path");
}

static void seed_unknown_acpi(void)
{
	change(&scene.shown[0], AT_ACPI + 2, "tables of another QEMU");
}

static void seed_direct(void)
{
	struct events *l = &scene.shown[1];

	remove_at(l, AT_GPT);
	exchange(l, 1, 2);
	exchange(l, 0, 1);
}

static void seed_fw_cfg(void)
{
	insert(&scene.shown[0], 2, 0x0a, str_slice("4"),
	       "QEMU FW CFG BootMenu");
}

static void seed_loader(void)
{
	insert(&scene.shown[2], 0, 0x0d, str_slice("grub"),
	       "grub_cmd: linux /vmlinuz");
}

static void seed_chained(void)
{
	insert(&scene.shown[1], AT_PE + 1, event_type_number(EVENT_APPLICATION),
	       str_slice("inner"), "a kernel");
}

static void with_config(const char *measured, size_t times)
{
	scene.config = config_text;
	for (size_t i = 0; i < times; i++)
		insert(&scene.shown[3], 0, event_type_number(EVENT_CONFIG),
		       str_slice(measured), "configuration");
}

static void seed_config(void)
{
	with_config(config_text, 1);
}

static void seed_config_missing(void)
{
	with_config(config_text, 0);
}

static void seed_config_other(void)
{
	with_config("{\"role\":\"other\"}", 1);
}

static void seed_config_newline(void)
{
	with_config("{\"role\":\"executor\"}\n", 1);
}

static void seed_config_twice(void)
{
	with_config(config_text, 2);
}

static void seed_zero(void)
{
	scene.zero_rtmrs = true;
}

static void seed_no_td(void)
{
	scene.zero_rtmrs = true;
	memset(scene.body.mrtd, 0, SHA384_LEN);
}

static void seed_debug(void)
{
	scene.body.td_attributes |= TD_ATTR_DEBUG;
}

static void seed_padded(void)
{
	scene.padding = 3000;
}

/* Google's machines */
static void seed_gcp(void)
{
	struct predict_in in = machine_gcp("c3-standard-4");

	scene.world = &world_gcp;
	in.acpi_release = 2;
	show(&in);
}

static void seed_gcp_release(void)
{
	struct predict_in in = machine_gcp("c3-standard-4");

	scene.world = &world_gcp;
	in.acpi_release = 3;
	show(&in);
}

static void seed_gcp_machine(void)
{
	struct predict_in in = machine_gcp("c3-standard-22");

	scene.world = &world_gcp;
	in.acpi_release = 1;
	show(&in);
}

static void seed_gcp_disks(void)
{
	static const uint8_t three[] = { 1, 0, 2, 0, 0, 0 };
	static const struct efi_var v = { "BootOrder",
					  { three, sizeof three } };
	struct predict_in in = machine_gcp("c3-standard-4");

	scene.world = &world_gcp;
	in.acpi_release = 2;
	in.vars = &v;
	in.nvars = 1;
	show(&in);
}

/* A kernel started with -kernel */
static void seed_unpatched(void)
{
	struct predict_in in = machine_kernel();

	scene.world = &world_kernel;
	in.quirks = QUIRK_KERNEL_UNPATCHED;
	show(&in);
}

/* ---- seeds of the log: it says something else than the registers */

static void log_extra(void)
{
	insert(&scene.logged[0], 5, 0x0a, str_slice("never extended"), "idle");
}

static void log_cut(void)
{
	remove_at(&scene.logged[0], AT_KEK);
}

static void log_order(void)
{
	exchange(&scene.logged[0], AT_PK, AT_KEK);
}

static void log_edited(void)
{
	change(&scene.logged[1], AT_PE, "a lie");
}

static void log_foreign(void)
{
	for (size_t i = 0; i < scene.logged[0].n; i++)
		change(&scene.logged[0], i, "another boot");
}

static void log_extra_memory(void)
{
	seed_memory();
	memcpy(scene.logged, scene.shown, sizeof scene.logged);
	log_extra();
}

static void log_later(void)
{
	struct predict_in in = machine();

	in.memory_bytes = 4 * GIB;
	show(&in);
	memcpy(scene.logged, scene.shown, sizeof scene.logged);
	insert(&scene.logged[0], scene.logged[0].n, 0x0d, str_slice("later"),
	       "later");
}

/* A log that also lies about types: the digests are what counts. */
static void log_types(void)
{
	seed_memory();
	memcpy(scene.logged, scene.shown, sizeof scene.logged);
	scene.logged[0].ev[AT_KEK].type = 0x0d;
	scene.logged[1].ev[AT_PE].type = 0x0d;
}

/* The reference is met, and the log goes on. */
static void log_goes_on(void)
{
	for (size_t i = 0; i < 6; i++)
		insert(&scene.logged[1], scene.logged[1].n, 0x0d,
		       str_slice("later"), "later");
}

/* ---- running them */

#define C(name) EXPLAIN_##name

struct seed {
	const char *title;
	void (*make)(void);
	/* first the causes by search alone, then those with the log; they end
	   with UNKNOWN. A row without the second has the same. */
	enum explain_cause search[MAX_CAUSES], log[MAX_CAUSES];
	enum explain_proof search_proof, log_proof;
};

#define SAME(...)                                                              \
	{ __VA_ARGS__, C(UNKNOWN) },                                           \
	{                                                                      \
		__VA_ARGS__, C(UNKNOWN)                                        \
	}
#define PROVED  EXPLAIN_PROVED
#define LOGGED  EXPLAIN_LOGGED
#define GUESSED EXPLAIN_GUESSED

/* clang-format off */
static const struct seed seeds[] = {
	{ "4 GiB instead of 2", seed_memory, SAME(C(MEMORY)), PROVED, PROVED },
	{ "3001 MiB", seed_odd_memory, SAME(C(MEMORY)), PROVED, PROVED },
	{ "8 GiB and 4 vCPUs", seed_cpus, { C(CPUS), C(MEMORY), C(UNKNOWN) },
	  /* the log shows which entry is the nearest */
	  { C(MEMORY), C(UNKNOWN) }, PROVED, PROVED },
	{ "another firmware", seed_firmware, SAME(C(FIRMWARE)), PROVED,
	  PROVED },
	{ "another firmware, 16 GiB and Secure Boot",
	  seed_firmware_memory_secure_boot,
	  SAME(C(FIRMWARE), C(MEMORY), C(SECURE_BOOT)), PROVED, PROVED },
	{ "two passes", seed_two_pass, SAME(C(MRTD_ORDER)), PROVED, PROVED },
	{ "a firmware that nobody knows", seed_unknown_firmware,
	  SAME(C(FIRMWARE)), GUESSED, GUESSED },
	{ "Secure Boot on", seed_secure_boot, SAME(C(SECURE_BOOT)), PROVED,
	  PROVED },
	{ "other keys", seed_keys, SAME(C(SECURE_BOOT)), PROVED, PROVED },
	{ "the simulation's image", seed_sim, SAME(C(KIND)), PROVED, PROVED },
	{ "another release", seed_release, SAME(C(RELEASE)), PROVED, PROVED },
	{ "an unknown binary", seed_unknown_binary,
	  { C(BINARY), C(GPT), C(UNKNOWN) }, { C(BINARY), C(UNKNOWN) },
	  GUESSED, LOGGED },
	{ "another disk GUID", seed_guid, SAME(C(GPT)), PROVED, PROVED },
	{ "an unknown partition table", seed_unknown_gpt,
	  { C(BINARY), C(GPT), C(UNKNOWN) }, { C(GPT), C(UNKNOWN) },
	  GUESSED, LOGGED },
	{ "a command line", seed_cmdline, SAME(C(COMMAND_LINE)), PROVED,
	  PROVED },
	{ "an initrd", seed_initrd, SAME(C(INITRD)), PROVED, PROVED },
	{ "both", seed_cmdline_initrd, SAME(C(COMMAND_LINE), C(INITRD)),
	  PROVED, PROVED },
	{ "an unknown command line", seed_unknown_cmdline,
	  { C(COMMAND_LINE), C(INITRD), C(UNKNOWN) },
	  { C(COMMAND_LINE), C(UNKNOWN) }, GUESSED, LOGGED },
	{ "KEK is not measured", seed_missing, SAME(C(MISSING)), PROVED,
	  PROVED },
	{ "two events are not measured", seed_two_missing, SAME(C(MISSING)),
	  PROVED, PROVED },
	{ "4 GiB, and PK is not measured", seed_missing_and_memory,
	  SAME(C(MEMORY), C(MISSING)), PROVED, PROVED },
	{ "an event more", seed_extra,
	  { C(ACPI), C(BOOT_VARIABLES), C(SECURE_BOOT), C(UNKNOWN) },
	  { C(EXTRA), C(UNKNOWN) }, GUESSED, LOGGED },
	{ "a zero digest more", seed_zero_extra, SAME(C(EXTRA)), PROVED,
	  PROVED },
	{ "PK and KEK exchanged", seed_order, SAME(C(ORDER)), PROVED, PROVED },
	{ "an event twice", seed_repeated, SAME(C(TWICE)), PROVED, PROVED },
	{ "the separator of old edk2", seed_separator, SAME(C(SEPARATOR)),
	  PROVED, PROVED },
	{ "no separator at all", seed_no_separator, SAME(C(MISSING)), PROVED,
	  PROVED },
	{ "a boot option that failed", seed_retry, SAME(C(BOOT_RETRY)), PROVED,
	  PROVED },
	{ "leaving boot services failed", seed_exit_retry,
	  SAME(C(BOOT_RETRY)), PROVED, PROVED },
	{ "no disk among the boot options", seed_no_disk, SAME(C(DISKS)),
	  PROVED, PROVED },
	{ "another boot order", seed_boot_order, SAME(C(BOOT_VARIABLES)),
	  PROVED, PROVED },
	{ "an unknown boot option", seed_unknown_option,
	  { C(ACPI), C(BOOT_VARIABLES), C(SECURE_BOOT), C(UNKNOWN) },
	  { C(BOOT_VARIABLES), C(UNKNOWN) }, GUESSED, LOGGED },
	{ "unknown ACPI tables", seed_unknown_acpi,
	  { C(ACPI), C(BOOT_VARIABLES), C(SECURE_BOOT), C(UNKNOWN) },
	  { C(ACPI), C(UNKNOWN) }, GUESSED, LOGGED },
	{ "started without a disk", seed_direct, SAME(C(BOOT_PATH)), PROVED,
	  PROVED },
	{ "fw_cfg items", seed_fw_cfg,
	  { C(ACPI), C(BOOT_VARIABLES), C(SECURE_BOOT), C(UNKNOWN) },
	  { C(FW_CFG), C(UNKNOWN) }, GUESSED, LOGGED },
	{ "a boot loader", seed_loader,
	  { C(COMMAND_LINE), C(INITRD), C(UNKNOWN) },
	  { C(LOADER), C(UNKNOWN) }, GUESSED, LOGGED },
	{ "a second binary", seed_chained,
	  { C(BINARY), C(GPT), C(UNKNOWN) }, { C(LOADER), C(UNKNOWN) },
	  GUESSED, LOGGED },
	{ "a configuration never measured", seed_config_missing,
	  SAME(C(CONFIG_MISSING)), PROVED, PROVED },
	{ "another configuration", seed_config_other, SAME(C(CONFIG)), GUESSED,
	  LOGGED },
	{ "the configuration and a newline", seed_config_newline,
	  SAME(C(CONFIG)), PROVED, PROVED },
	{ "the configuration twice", seed_config_twice,
	  SAME(C(CONFIG_TWICE)), PROVED, PROVED },
	{ "a firmware that measures nothing", seed_zero,
	  SAME(C(NOT_MEASURED)), PROVED, PROVED },
	{ "no TD", seed_no_td, SAME(C(NO_TD), C(NOT_MEASURED)), PROVED,
	  PROVED },
	{ "a TD in debug mode", seed_debug, SAME(C(DEBUG)), PROVED, PROVED },
	{ "Google's next host release", seed_gcp_release, SAME(C(ACPI)),
	  PROVED, PROVED },
	{ "another machine type", seed_gcp_machine, SAME(C(CPUS), C(MEMORY)),
	  PROVED, PROVED },
	{ "a second disk at Google", seed_gcp_disks, SAME(C(DISKS)), PROVED,
	  PROVED },
	{ "QEMU left the kernel as it is", seed_unpatched,
	  SAME(C(KERNEL_PATCH)), PROVED, PROVED },
};

static const struct seed equal[] = {
	{ "nothing differs", seed_nothing, SAME(C(UNKNOWN)), PROVED, PROVED },
	{ "another entry", seed_other_entry, SAME(C(UNKNOWN)), PROVED, PROVED },
	{ "a configuration", seed_config, SAME(C(UNKNOWN)), PROVED, PROVED },
	{ "a padded quote", seed_padded, SAME(C(PADDED)), PROVED, PROVED },
	{ "Google's machine", seed_gcp, SAME(C(UNKNOWN)), PROVED, PROVED },
};

static const struct seed log_seeds[] = {
	{ "an event was logged and not extended", log_extra,
	  SAME(C(NOT_EXTENDED)), PROVED, PROVED },
	{ "an event was extended and not logged", log_cut,
	  SAME(C(NOT_LOGGED)), PROVED, PROVED },
	{ "the log's order is not that of the extends", log_order,
	  SAME(C(LOG_ORDER)), PROVED, PROVED },
	{ "a digest of the log was changed", log_edited,
	  SAME(C(NOT_EXTENDED)), PROVED, PROVED },
	{ "a log of another boot", log_foreign, SAME(C(LOG_FOREIGN)), PROVED,
	  PROVED },
	{ "4 GiB, and an event that was not extended", log_extra_memory,
	  SAME(C(MEMORY), C(NOT_EXTENDED)), PROVED, PROVED },
	{ "4 GiB, and a log with wrong types", log_types, SAME(C(MEMORY)),
	  PROVED, PROVED },
	{ "a log that goes on", log_goes_on, SAME(C(LOG_LATER)), PROVED,
	  PROVED },
	{ "4 GiB, and a log that goes on", log_later,
	  SAME(C(MEMORY), C(LOG_LATER)), PROVED, PROVED },
};
/* clang-format on */

static void start_scene(void)
{
	struct predict_in in = machine();

	memset(&scene, 0, sizeof scene);
	scene.world = &world;
	show(&in);
}

static void finish_scene(void)
{
	for (size_t r = 0; r < RTMR_COUNT && !scene.zero_rtmrs; r++)
		for (size_t i = 0; i < scene.shown[r].n; i++)
			rtmr_extend(scene.body.rtmr[r],
				    scene.shown[r].ev[i].digest);
}

static void ask(bool log)
{
	struct explain_in in = { .body = &scene.body,
				 .padding = scene.padding };

	explain_set_world(scene.world, &in);
	if (scene.config != NULL)
		in.config = str_slice(scene.config);
	for (size_t r = 0; log && r < RTMR_COUNT; r++) {
		in.log[r] = scene.logged[r].ev;
		in.nlog[r] = scene.logged[r].n;
		in.log_covers[r] = r < 3 || scene.config != NULL;
	}
	is_err(explain(&in, &out), ERR_OK, "is explained");
}

static bool has_cause(enum explain_cause c, enum explain_proof p)
{
	for (size_t i = 0; i < out.ncauses; i++)
		if (out.cause[i].cause == c && out.cause[i].proof == p)
			return true;
	return false;
}

/* Exactly these causes, so well founded. */
static bool named(const enum explain_cause *want, enum explain_proof proof)
{
	size_t n = 0;

	for (; want[n] != EXPLAIN_UNKNOWN; n++)
		if (!has_cause(want[n], proof))
			return false;
	return n == out.ncauses;
}

static void print_causes(void)
{
	for (size_t i = 0; i < out.nchanges; i++) {
		const struct explain_change *c = &out.change[i];

		printf("#   %s (%s) register %d event %d: %s; %s\n",
		       explain_cause_name(c->cause),
		       explain_proof_name(c->proof), c->reg, c->index, c->event,
		       c->detail);
	}
}

static bool all_explained(void)
{
	for (size_t i = 0; i < EXPLAIN_REGISTERS; i++)
		if (!out.reg[i].explained)
			return false;
	return true;
}

static void run_seed(const struct seed *s)
{
	start_scene();
	s->make();
	finish_scene();
	memcpy(scene.logged, scene.shown, sizeof scene.logged);
	ask(false);
	if (!ok(named(s->search, s->search_proof) && !out.match &&
			all_explained() == (s->search_proof != GUESSED),
		"%s: by search (%llu tried)", s->title,
		(unsigned long long)out.tried))
		print_causes();
	if (scene.zero_rtmrs)
		return; /* a log would be of another boot */
	ask(true);
	if (!ok(named(s->log, s->log_proof) && !out.match, "%s: with the log",
		s->title))
		print_causes();
}

static void run_equal(const struct seed *s)
{
	start_scene();
	s->make();
	finish_scene();
	memcpy(scene.logged, scene.shown, sizeof scene.logged);
	for (int log = 0; log < 2; log++) {
		ask(log != 0);
		if (!ok(named(s->search, PROVED) && out.match &&
				all_explained(),
			"%s: match%s", s->title, log != 0 ? ", with log" : ""))
			print_causes();
	}
}

static void run_log_seed(const struct seed *s)
{
	start_scene();
	memcpy(scene.logged, scene.shown, sizeof scene.logged);
	s->make();
	finish_scene();
	ask(true);
	if (!ok(named(s->log, s->log_proof) && !out.match, "%s", s->title))
		print_causes();
}

/* ---- what is said of each */

static const struct explain_change *first(void)
{
	return &out.change[out.cause[0].first];
}

static void test_details(void)
{
	start_scene();
	seed_memory();
	finish_scene();
	ask(false);
	ok(strcmp(first()->detail, "4096 MiB instead of 2048 MiB") == 0,
	   "says which size");
	ok(first()->reg == 1 && first()->index == 0 && first()->has_expected &&
		   first()->has_observed &&
		   memcmp(first()->observed, scene.shown[0].ev[0].digest,
			  SHA384_LEN) == 0,
	   "says which event, with both digests");
	start_scene();
	seed_firmware();
	finish_scene();
	ask(false);
	ok(strcmp(first()->detail, "b.fd instead of a.fd") == 0,
	   "says which firmware");
	start_scene();
	seed_cmdline();
	finish_scene();
	ask(false);
	ok(strcmp(first()->detail, "console=ttyS0") == 0,
	   "says which command line");
	start_scene();
	seed_missing();
	finish_scene();
	ask(false);
	ok(first()->index == AT_KEK && first()->has_expected &&
		   !first()->has_observed &&
		   strncmp(first()->event, "KEK", 3) == 0,
	   "says which event is missing");
}

static void test_refusals(void)
{
	static struct explain_event many[EXPLAIN_LIST_IN + 1];
	static struct explain_machine m;
	struct explain_in in = { .body = &scene.body };

	is_err(explain(&in, &out), ERR_MISSING, "no machine");
	explain_set_world(&world, &in);
	in.log[0] = many;
	in.nlog[0] = EXPLAIN_LIST_IN + 1;
	is_err(explain(&in, &out), ERR_LIMIT, "too many events");
	in.nlog[0] = 0;
	m = world.machine[0];
	m.primary = false;
	in.machine = &m;
	in.nmachines = 1;
	is_err(explain(&in, &out), ERR_MISSING, "no machine of the reference");
	m.primary = true;
	m.firmware = in.nfirmware;
	is_err(explain(&in, &out), ERR_VALUE, "a firmware that is not there");
}

/* The budget ends a search, and it is said. */
static void test_budget(void)
{
	struct explain_in in = { .body = &scene.body, .budget = 1000 };

	start_scene();
	seed_unknown_acpi();
	finish_scene();
	explain_set_world(&world, &in);
	is_err(explain(&in, &out), ERR_OK, "with a small budget");
	ok(out.exhausted && out.hashes < 4000, "the budget holds: %llu",
	   (unsigned long long)out.hashes);
	ask(false);
	ok(!out.exhausted && out.tried > 100000,
	   "the usual one is enough for all: %llu tried",
	   (unsigned long long)out.tried);
}

/* Events that the reference cannot predict stand for any of their type, and a
 * register that holds one is compared by the log alone. */
static void test_unpredicted(void)
{
	static struct explain_event ev[MAX_EVENTS];
	static struct explain_machine m;
	struct explain_in in = { .body = &scene.body };

	start_scene();
	seed_memory();
	seed_unknown_acpi();
	finish_scene();
	explain_set_world(&world, &in);
	m = world.machine[0];
	memcpy(ev, m.ev[0], m.nev[0] * sizeof ev[0]);
	for (size_t i = AT_ACPI; i < m.nev[0]; i++)
		ev[i].known = false;
	ev[m.nev[0]] = (struct explain_event){ .type = 0x0d, .what = "any" };
	m.ev[0] = ev;
	m.nev[0]++;
	m.known[0] = false;
	in.machine = &m;
	in.nmachines = 1;
	is_err(explain(&in, &out), ERR_OK, "a register without prediction");
	ok(out.match && out.nchanges == 0 && out.reg[1].state == EXPLAIN_OPEN &&
		   all_explained(),
	   "is not compared");
	in.log[0] = scene.shown[0].ev;
	in.nlog[0] = scene.shown[0].n;
	in.log_covers[0] = true;
	is_err(explain(&in, &out), ERR_OK, "with its log");
	ok(!out.match && out.nchanges == 1 &&
		   first()->cause == EXPLAIN_MEMORY &&
		   first()->proof == EXPLAIN_PROVED,
	   "the events that are predicted are");
}

/* More changes than there is room for are counted. */
static void test_many_changes(void)
{
	static struct explain_event many[EXPLAIN_LIST_IN];
	struct explain_in in = { .body = &scene.body };

	start_scene();
	for (size_t i = 0; i < EXPLAIN_LIST_IN; i++) {
		many[i] = (struct explain_event){ .type = 0x0d,
						  .known = true,
						  .what = "grub" };
		sha384(of((const uint8_t *)&i, sizeof i), many[i].digest);
		rtmr_extend(scene.body.rtmr[2], many[i].digest);
	}
	explain_set_world(&world, &in);
	in.log[2] = many;
	in.nlog[2] = EXPLAIN_LIST_IN;
	in.log_covers[2] = true;
	is_err(explain(&in, &out), ERR_OK, "a log of %d events",
	       EXPLAIN_LIST_IN);
	ok(out.nchanges == EXPLAIN_CHANGES && out.dropped > 0 &&
		   has_cause(EXPLAIN_LOADER, EXPLAIN_LOGGED) &&
		   out.reg[3].explained && out.reg[3].log_replays,
	   "%zu changes are listed, %zu not", out.nchanges, out.dropped);
}

/* An entry that tells values and no events. */
static void test_values_only(void)
{
	static struct explain_machine m[2];
	struct explain_in in = { .body = &scene.body };

	start_scene();
	seed_cpus();
	finish_scene();
	explain_set_world(&world, &in);
	m[0] = m[1] = world.machine[0];
	m[0].has_events = m[1].has_events = false;
	m[0].nev[0] = m[1].nev[0] = m[0].nev[1] = m[1].nev[1] = 0;
	m[1].memory_bytes = 8 * GIB;
	m[1].primary = false;
	memcpy(m[1].rtmr[0], scene.body.rtmr[0], SHA384_LEN);
	in.machine = m;
	in.nmachines = 2;
	is_err(explain(&in, &out), ERR_OK, "values without events");
	ok(out.ncauses == 1 && out.cause[0].cause == EXPLAIN_MEMORY &&
		   all_explained(),
	   "the machine that has the value tells the cause");
	m[1].rtmr[0][0] ^= 1;
	is_err(explain(&in, &out), ERR_OK, "no machine has the value");
	ok(!out.match && !out.reg[1].explained, "it stays open");
}

int main(void)
{
	make_images();
	make_references();
	make_world();
	for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++)
		run_seed(&seeds[i]);
	for (size_t i = 0; i < sizeof equal / sizeof *equal; i++)
		run_equal(&equal[i]);
	for (size_t i = 0; i < sizeof log_seeds / sizeof *log_seeds; i++)
		run_log_seed(&log_seeds[i]);
	test_details();
	test_refusals();
	test_budget();
	test_values_only();
	test_unpredicted();
	test_many_changes();
	return tap_done();
}
