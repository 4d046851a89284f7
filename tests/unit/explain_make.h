/* explain_make.h - the world of the explain tests: a reference with two
 * machines, another release, a simulation, a firmware that is known, and what
 * the user has at hand; and the scene, that is what a quote and its log show.
 * What a machine shows is made by predict.h, whose values
 * tests/peers/tdx_peer.py and hardware confirm, and by edits of its event list;
 * the registers are replayed here. */
#ifndef TESTS_UNIT_EXPLAIN_MAKE_H
#define TESTS_UNIT_EXPLAIN_MAKE_H

#include "measure/lib/explain_world.h"
#include "measure/lib/gcp.h"
#include "measure/lib/gpt.h"
#include "tests/tap.h"
#include "tests/unit/measure_make.h"

#define GIB (1ULL << 30)

enum {
	MAX_EVENTS = 64,
	MAX_CAUSES = 6,
	GUESS_BUDGET = 2000000, /* enough to fail for good */
	RAW_GUID = 512 + 56     /* the disk's GUID in its header */
};

/* ---- the world: a reference, another release, a simulation, a firmware, and
 * what the user has at hand */

static uint8_t fw_a[FW_LEN], fw_b[FW_LEN], fw_c[FW_LEN];
static uint8_t disk[DISK_LEN], disk_next[DISK_LEN], disk_sim[DISK_LEN],
	disk_other[DISK_LEN], disk_guid[DISK_LEN];
static uint8_t kernel[PE_MAX];
static size_t kernel_len;
static struct reference ref, ref_next, ref_sim, ref_kernel, ref_gcp, ref_old;
static struct reference_firmware known_b;
static struct explain_world world, world_gcp, world_kernel, world_old;

static const uint8_t order_one[] = { 1, 0, 0, 0 };
static const struct efi_var vars[] = {
	{ "BootOrder", { order_one, sizeof order_one } },
	{ "Boot0001", { (const uint8_t *)"disk 1", 6 } },
};

MAKE void make_other(uint8_t out[static DISK_LEN], const char *mark)
{
	static uint8_t pe[PE_MAX], vol[FAT_LEN];
	size_t n = make_pe(pe, &(struct pe_spec){ 0 });

	memcpy(pe + 600, mark, strlen(mark));
	make_fat12(vol, of(pe, n), NULL);
	make_disk(out, vol);
}

MAKE struct predict_in machine(void)
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

MAKE struct predict_in machine_gcp(const char *type)
{
	return (struct predict_in){ .platform = PLATFORM_GCP,
				    .firmware = of(fw_a, sizeof fw_a),
				    .image = of(disk, sizeof disk),
				    .machine = gcp_machine(type),
				    .gcp_stub_keys = true };
}

MAKE struct predict_in machine_kernel(void)
{
	struct predict_in in = machine();

	in.image = of(kernel, kernel_len);
	in.vars = NULL;
	in.nvars = 0;
	return in;
}

MAKE void must(bool good, const char *what)
{
	if (good)
		return;
	printf("Bail out! %s\n", what);
	_exit(99);
}

MAKE void predicted(const struct predict_in *in, struct prediction *p)
{
	const char *why = "";

	must(predict(in, p, &why) == ERR_OK, why);
}

MAKE void add(struct reference *r, const struct predict_in *in)
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

MAKE void candidate(unsigned rtmr, enum event_type type,
		    enum explain_cause cause, struct slice data,
		    const char *what, bool optional)
{
	uint8_t digest[SHA384_LEN];

	sha384(data, digest);
	must(explain_add_candidate(&world, rtmr, type, cause, digest, what,
				   optional) == ERR_OK,
	     "candidate");
}

MAKE void make_images(void)
{
	struct tdvf_section sections[5];

	make_firmware(fw_a);
	memcpy(sections, fw_sections, sizeof sections);
	sections[2].mem_size += TDVF_PAGE; /* and so other TD HOBs */
	make_firmware_of(fw_b, sizeof fw_b, sections, 5);
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

MAKE void make_references(void)
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
	in = machine();
	in.quirks = QUIRK_SEPARATOR_RTMR0;
	add(&ref_old, &in);
}

MAKE void make_world(void)
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
		     explain_add_reference(&world, &ref_next, "ref", false) ==
			     ERR_OK &&
		     explain_add_reference(&world, &ref_sim, "sim", false) ==
			     ERR_OK &&
		     explain_add_firmware(&world, &known_b) == ERR_OK &&
		     explain_add_reference(&world_gcp, &ref_gcp, "gcp", true) ==
			     ERR_OK &&
		     explain_add_reference(&world_old, &ref_old, "old", true) ==
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

MAKE void make_all(void)
{
	make_images();
	make_references();
	make_world();
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
	uint64_t budget;
	const char *config;
	struct events shown[RTMR_COUNT], logged[RTMR_COUNT];
	bool zero_rtmrs;
};

static struct scene scene;
static struct prediction prediction;
static struct explain_out out;

MAKE void show(const struct predict_in *in)
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

MAKE void remove_at(struct events *l, size_t i)
{
	must(i < l->n, "no such event");
	l->n--;
	memmove(&l->ev[i], &l->ev[i + 1], (l->n - i) * sizeof l->ev[0]);
}

MAKE void insert(struct events *l, size_t i, uint32_t type, struct slice data,
		 const char *what)
{
	memmove(&l->ev[i + 1], &l->ev[i], (l->n - i) * sizeof l->ev[0]);
	l->ev[i] = (struct explain_event){ .type = type,
					   .known = true,
					   .what = what };
	sha384(data, l->ev[i].digest);
	l->n++;
}

MAKE void action(struct events *l, size_t i, const char *text)
{
	insert(l, i, event_type_number(EVENT_ACTION), str_slice(text), text);
}

MAKE void repeat(struct events *l, size_t i)
{
	insert(l, i + 1, l->ev[i].type, str_slice(""), l->ev[i].what);
	memcpy(l->ev[i + 1].digest, l->ev[i].digest, SHA384_LEN);
}

MAKE void exchange(struct events *l, size_t i, size_t k)
{
	struct explain_event ev = l->ev[i];

	l->ev[i] = l->ev[k];
	l->ev[k] = ev;
}

MAKE void change(struct events *l, size_t i, const char *data)
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

MAKE void seed_memory(void)
{
	struct predict_in in = machine();

	in.memory_bytes = 4 * GIB;
	show(&in);
}

MAKE void seed_cpus(void)
{
	struct predict_in in = machine();

	in.acpi[2] = str_slice("tables of 4");
	in.memory_bytes = 8 * GIB;
	in.cpus = 4;
	show(&in);
}

MAKE void seed_firmware(void)
{
	struct predict_in in = machine();

	in.firmware = of(fw_b, sizeof fw_b);
	show(&in);
}

MAKE void seed_cmdline(void)
{
	insert(&scene.shown[2], 0, event_type_number(EVENT_EVENT_TAG),
	       str_slice("console=ttyS0"), "LOADED_IMAGE::LoadOptions");
}

MAKE void seed_missing(void)
{
	remove_at(&scene.shown[0], AT_KEK);
}

MAKE void seed_unknown_acpi(void)
{
	change(&scene.shown[0], AT_ACPI + 2, "tables of another QEMU");
}

/* ---- a mismatch and its name */

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

/* ---- asking */

MAKE void start_scene(void)
{
	struct predict_in in = machine();

	memset(&scene, 0, sizeof scene);
	scene.world = &world;
	show(&in);
}

MAKE void finish_scene(void)
{
	for (size_t r = 0; r < RTMR_COUNT && !scene.zero_rtmrs; r++)
		for (size_t i = 0; i < scene.shown[r].n; i++)
			rtmr_extend(scene.body.rtmr[r],
				    scene.shown[r].ev[i].digest);
}

MAKE void ask(bool log)
{
	struct explain_in in = { .body = &scene.body,
				 .padding = scene.padding,
				 .budget = scene.budget };

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

MAKE bool has_cause(enum explain_cause c, enum explain_proof p)
{
	for (size_t i = 0; i < out.ncauses; i++)
		if (out.cause[i].cause == c && out.cause[i].proof == p)
			return true;
	return false;
}

/* Exactly these causes, so well founded. */
MAKE bool named(const enum explain_cause *want, enum explain_proof proof)
{
	size_t n = 0;

	for (; want[n] != EXPLAIN_UNKNOWN; n++)
		if (!has_cause(want[n], proof))
			return false;
	return n == out.ncauses;
}

MAKE void print_causes(void)
{
	for (size_t i = 0; i < out.nchanges; i++) {
		const struct explain_change *c = &out.change[i];

		printf("#   %s (%s) register %d event %d: %s; %s\n",
		       explain_cause_name(c->cause),
		       explain_proof_name(c->proof), c->reg, c->index, c->event,
		       c->detail);
	}
}

/* What is said to be measured was. */
MAKE bool digests_are_shown(void)
{
	for (size_t i = 0; i < out.nchanges; i++) {
		const struct explain_change *c = &out.change[i];
		bool shown = c->reg < 1 || !c->has_observed;

		for (size_t k = 0; !shown && k < scene.shown[c->reg - 1].n; k++)
			shown = memcmp(scene.shown[c->reg - 1].ev[k].digest,
				       c->observed, SHA384_LEN) == 0;
		if (!shown)
			return false;
	}
	return true;
}

MAKE bool all_explained(void)
{
	for (size_t i = 0; i < EXPLAIN_REGISTERS; i++)
		if (!out.reg[i].explained)
			return false;
	return true;
}

MAKE const struct explain_change *first(void)
{
	return &out.change[out.cause[0].first];
}

#endif
