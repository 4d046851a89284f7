/* explain: mismatches made on purpose, each of which must be named right, most
 * of them twice: with an event log, and by search alone. */
#include "tests/unit/explain_make.h"

/* ---- seeds */

static void seed_nothing(void)
{
}

static void seed_odd_memory(void)
{
	struct predict_in in = machine();

	in.memory_bytes = 3001ULL << 20;
	show(&in);
}

/* All of the other machine, which is in the reference: nothing differs. */
static void seed_other_entry(void)
{
	struct predict_in in = machine();

	in.acpi[2] = str_slice("tables of 4");
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

static void seed_new_separator(void)
{
	scene.world = &world_old;
}

static void seed_separator_memory(void)
{
	struct predict_in in = machine();

	in.quirks = QUIRK_SEPARATOR_RTMR0;
	in.memory_bytes = 3001ULL << 20;
	show(&in);
}

static void seed_new_separator_memory(void)
{
	scene.world = &world_old;
	seed_odd_memory();
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

/* Its data are also those of a BootOrder. */
static void seed_boot_menu(void)
{
	static const uint8_t off[2];

	insert(&scene.shown[0], 2, 0x0a, of(off, sizeof off),
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

static const char config_text[] = "{\"role\":\"executor\"}";

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

/* ---- what each must be called */

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
	{ "the separator of new edk2", seed_new_separator,
	  SAME(C(SEPARATOR)), PROVED, PROVED },
	{ "3001 MiB, and the separator of old edk2", seed_separator_memory,
	  SAME(C(MEMORY), C(SEPARATOR)), PROVED, PROVED },
	{ "3001 MiB, and the separator of new edk2", seed_new_separator_memory,
	  SAME(C(MEMORY), C(SEPARATOR)), PROVED, PROVED },
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
	{ "fw_cfg's BootMenu", seed_boot_menu, SAME(C(FW_CFG)), PROVED,
	  PROVED },
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

/* clang-format on */

static void run_seed(const struct seed *s)
{
	start_scene();
	s->make();
	finish_scene();
	memcpy(scene.logged, scene.shown, sizeof scene.logged);
	scene.budget = s->search_proof == GUESSED ? GUESS_BUDGET : 0;
	ask(false);
	if (!ok(named(s->search, s->search_proof) && !out.match &&
			digests_are_shown() &&
			all_explained() == (s->search_proof != GUESSED),
		"%s: by search (%llu tried)", s->title,
		(unsigned long long)out.tried))
		print_causes();
	if (scene.zero_rtmrs)
		return; /* a log would be of another boot */
	ask(true);
	if (!ok(named(s->log, s->log_proof) && !out.match &&
			digests_are_shown(),
		"%s: with the log", s->title))
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

int main(void)
{
	make_all();
	for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++)
		run_seed(&seeds[i]);
	for (size_t i = 0; i < sizeof equal / sizeof *equal; i++)
		run_equal(&equal[i]);
	return tap_done();
}
