/* explain_bench - how fast the search for a cause is, beside the SHA-384
 * extends that it is made of. One register that nothing explains is searched to
 * the end: RTMR0 of a machine of Google's, with all alternatives. Prints one
 * JSON object. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "measure/lib/explain.h"
#include "measure/lib/gcp.h"

enum {
	EVENTS = 14,
	EXTENDS = 2000000
};

static const struct {
	enum event_type type;
	const char *what;
} rtmr0[EVENTS] = {
	{ EVENT_HANDOFF_TABLES2, "TdxTable" },
	{ EVENT_FIRMWARE_BLOB2, "CFV" },
	{ EVENT_VARIABLE_CONFIG, "SecureBoot" },
	{ EVENT_VARIABLE_CONFIG, "PK" },
	{ EVENT_VARIABLE_CONFIG, "KEK" },
	{ EVENT_VARIABLE_CONFIG, "db" },
	{ EVENT_VARIABLE_CONFIG, "dbx" },
	{ EVENT_SEPARATOR, "separator" },
	{ EVENT_PLATFORM_CONFIG_FLAGS, "etc/table-loader" },
	{ EVENT_PLATFORM_CONFIG_FLAGS, "etc/acpi/rsdp" },
	{ EVENT_PLATFORM_CONFIG_FLAGS, "etc/acpi/tables" },
	{ EVENT_VARIABLE_BOOT, "BootOrder" },
	{ EVENT_VARIABLE_BOOT, "Boot0001" },
	{ EVENT_VARIABLE_BOOT, "Boot0000" },
};

/* The layout of OVMF's 2 MiB build. */
static const struct tdvf layout = {
	.n = 6,
	.s = { { 0x20000, 0x1e0000, 0xffe20000, 0x1e0000, TDVF_BFV, 1 },
	       { 0, 0x20000, 0xffe00000, 0x20000, TDVF_CFV, 0 },
	       { 0, 0, 0x810000, 0x10000, TDVF_TEMP_MEM, 0 },
	       { 0, 0, 0x80b000, 0x2000, TDVF_TEMP_MEM, 0 },
	       { 0, 0, 0x809000, 0x2000, TDVF_TD_HOB, 0 },
	       { 0, 0, 0x800000, 0x6000, TDVF_TEMP_MEM, 0 } },
};

static struct explain_event events[EVENTS];
static struct explain_machine machine = { .source = "bench",
					  .primary = true,
					  .platform = PLATFORM_GCP,
					  .machine_type = "c3-standard-4",
					  .acpi_release = "",
					  .known = { true, true, true },
					  .has_events = true };
static const struct explain_firmware firmware = { .name = "bench",
						  .tdvf = &layout };

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void make_machine(void)
{
	const struct gcp_machine *g = gcp_machine(machine.machine_type);

	machine.memory_bytes = g->memory_bytes;
	machine.cpus = g->cpus;
	machine.ev[0] = events;
	machine.nev[0] = EVENTS;
	for (size_t i = 0; i < EVENTS; i++) {
		events[i].type = event_type_number(rtmr0[i].type);
		events[i].known = true;
		events[i].what = rtmr0[i].what;
		sha384(str_slice(rtmr0[i].what), events[i].digest);
		rtmr_extend(machine.rtmr[0], events[i].digest);
	}
}

static double extends_per_s(void)
{
	uint8_t reg[SHA384_LEN] = { 0 };
	double start = now_s();

	for (size_t i = 0; i < EXTENDS; i++)
		rtmr_extend(reg, events[i % EVENTS].digest);
	return EXTENDS / (now_s() - start + reg[0] * 1e-12);
}

/* Of this program alone: what rusage has is also its parent's. */
static long peak_kib(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[128];
	long kib = 0;

	while (f != NULL && fgets(line, sizeof line, f) != NULL)
		if (sscanf(line, "VmHWM: %ld kB", &kib) == 1)
			break;
	if (f != NULL)
		fclose(f);
	return kib;
}

int main(void)
{
	static struct explain_out out;
	struct quote_body body = { .rtmr = { { 1 } } };
	struct explain_in in = { .body = &body,
				 .machine = &machine,
				 .nmachines = 1,
				 .firmware = &firmware,
				 .nfirmware = 1 };
	double start, took;

	make_machine();
	start = now_s();
	if (explain(&in, &out) != ERR_OK || out.exhausted ||
	    out.reg[1].explained) {
		fprintf(stderr, "explain_bench: not the search it should be\n");
		return 5;
	}
	took = now_s() - start;
	printf("{\"candidates\":%llu,\"candidates_per_s\":%.0f,"
	       "\"extends_per_s\":%.0f,\"hashes_per_s\":%.0f,"
	       "\"peak_kib\":%ld,\"seconds\":%.3f}\n",
	       (unsigned long long)out.tried, (double)out.tried / took,
	       extends_per_s(), (double)out.hashes / took, peak_kib(), took);
	return 0;
}
