/* Fuzz target: explain, over event logs. The first byte says what the quote
 * shows: what the log replays to, what is expected, or neither; whether a
 * configuration is given; and whether the log is used at all. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "measure/lib/explain_log.h"
#include "measure/lib/explain_world.h"

enum {
	SHOW_LOG = 1,
	SHOW_EXPECTED = 2,
	WITH_CONFIG = 4,
	WITHOUT_LOG = 8,
	OTHER_MRTD = 16,
	BUDGET = 6000
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const struct tdvf layouts[2] = {
	{ .n = 3,
	  .s = { { 0x1000, 0x1000, 0xfffff000, 0x1000, TDVF_BFV, 1 },
		 { 0, 0x1000, 0xffffe000, 0x1000, TDVF_CFV, 0 },
		 { 0, 0, 0x809000, 0x2000, TDVF_TD_HOB, 0 } } },
	{ .n = 2,
	  .s = { { 0x1000, 0x1000, 0xfffff000, 0x1000, TDVF_BFV, 1 },
		 { 0, 0, 0x80a000, 0x2000, TDVF_TD_HOB, 0 } } },
};

/* A made-up machine with an event of every type in each of RTMR0 to RTMR2; the
 * digest of each is that of its text. */
static void make_machine(struct explain_machine *m, struct explain_event *ev)
{
	static const enum event_type types[] = { EVENT_HANDOFF_TABLES2,
						 EVENT_FIRMWARE_BLOB2,
						 EVENT_VARIABLE_CONFIG,
						 EVENT_VARIABLE_CONFIG,
						 EVENT_VARIABLE_CONFIG,
						 EVENT_VARIABLE_CONFIG,
						 EVENT_VARIABLE_CONFIG,
						 EVENT_SEPARATOR,
						 EVENT_PLATFORM_CONFIG_FLAGS,
						 EVENT_VARIABLE_BOOT,
						 EVENT_VARIABLE_BOOT,
						 EVENT_ACTION,
						 EVENT_GPT,
						 EVENT_APPLICATION,
						 EVENT_EVENT_TAG,
						 EVENT_IPL };
	const size_t n = sizeof types / sizeof *types;

	for (size_t i = 0; i < n; i++) {
		ev[i] = (struct explain_event){
			.type = event_type_number(types[i]),
			.known = true,
			.what = event_type_name(types[i]),
		};
		sha384(str_slice(ev[i].what), ev[i].digest);
	}
	*m = (struct explain_machine){ .source = "fuzz",
				       .primary = true,
				       .memory_bytes = UINT64_C(1) << 30,
				       .cpus = 1,
				       .machine_type = "",
				       .acpi_release = "",
				       .has_events = true };
	for (size_t r = 0; r < 3; r++) {
		m->known[r] = true;
		m->ev[r] = ev;
		m->nev[r] = n;
		for (size_t i = 0; i < n; i++)
			rtmr_extend(m->rtmr[r], ev[i].digest);
	}
}

static void show(uint8_t flags, const struct explain_in *in,
		 struct quote_body *body)
{
	for (size_t r = 0; r < RTMR_COUNT; r++) {
		memset(body->rtmr[r], (int)r + 1, SHA384_LEN);
		if (flags & SHOW_EXPECTED && r < 3) {
			memcpy(body->rtmr[r], in->machine->rtmr[r], SHA384_LEN);
		} else if (flags & SHOW_LOG) {
			memset(body->rtmr[r], 0, SHA384_LEN);
			for (size_t i = 0; i < in->nlog[r]; i++)
				rtmr_extend(body->rtmr[r],
					    in->log[r][i].digest);
		}
	}
}

/* What holds for every answer. */
static void check(const struct explain_out *out)
{
	size_t changes = 0;

	if (out->nchanges > EXPLAIN_CHANGES || out->ncauses > EXPLAIN_CAUSES ||
	    out->hashes > 4 * BUDGET + 4096)
		abort();
	for (size_t i = 0; i < out->ncauses; i++)
		changes += out->cause[i].nchanges;
	if (changes > out->nchanges)
		abort();
	for (size_t i = 0; i < EXPLAIN_REGISTERS; i++) {
		bool told = false;

		for (size_t k = 0; k < out->nchanges; k++)
			told = told || out->change[k].reg == (int)i ||
			       out->nchanges == EXPLAIN_CHANGES;
		if (out->reg[i].state == EXPLAIN_DIFFERS && !told)
			abort(); /* what differs is always spoken of */
		if (out->match && out->reg[i].state == EXPLAIN_DIFFERS)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct eventlog reader;
	static struct explain_log log;
	static struct explain_event ev[16];
	static struct explain_machine machine;
	static struct explain_out out;
	const struct explain_firmware fw[2] = {
		{ .name = "a", .has_cfv = true, .tdvf = &layouts[0] },
		{ .name = "b", .mrtd = { { 1 } }, .tdvf = &layouts[1] },
	};
	struct quote_body body = { 0 };
	struct explain_in in = { .body = &body,
				 .machine = &machine,
				 .nmachines = 1,
				 .firmware = fw,
				 .nfirmware = 2,
				 .budget = BUDGET };
	const char *why;

	if (len == 0)
		return 0;
	make_machine(&machine, ev);
	if (eventlog_open((struct slice){ data + 1, len - 1 }, LOG_AUTO,
			  &reader, &why) != ERR_OK ||
	    explain_read_log(&reader, &log, &why) != ERR_OK)
		return 0;
	explain_set_log(&log, &in);
	show(data[0], &in, &body);
	if (data[0] & OTHER_MRTD)
		body.mrtd[0] = 1;
	if (data[0] & WITHOUT_LOG)
		memset(in.log_covers, 0, sizeof in.log_covers);
	if (data[0] & WITH_CONFIG)
		in.config = str_slice("{}");
	if (explain(&in, &out) != ERR_OK)
		abort();
	check(&out);
	return 0;
}
