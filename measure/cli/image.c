/* image.c - ee-measure image: the measurements of a genuine boot of an image,
 * with the events behind them. */
#include <stdio.h>
#include <stdlib.h>

#include "lib/text.h"
#include "measure/cli/cli.h"
#include "measure/cli/input.h"
#include "measure/cli/input_boot.h"

static const struct cli_opt opts[] = {
	{ "firmware", "FW", "the TDX firmware image", 0 },
	{ "endorsed-mrtd", "HEX",
	  "gcp, without FW: the MRTD of a verified launch endorsement", 0 },
	{ "cfv-sha384", "HEX",
	  "gcp, without FW: the digest of that firmware's CFV", 0 },
	{ "image", "FILE", "an image disk, or a bare EFI binary (-kernel)",
	  CLI_REQUIRED },
	INPUT_MACHINE_OPTS,
	INPUT_BOOT_OPTS,
	{ "config", "FILE", "the instance configuration, extended into RTMR3",
	  0 },
	{ "acpi", "DIR", "qemu: the machine that `ee-launcher acpi` left there",
	  0 },
	{ "acpi-loader", "FILE", "qemu: fw_cfg etc/table-loader", 0 },
	{ "acpi-rsdp", "FILE", "qemu: fw_cfg etc/acpi/rsdp", 0 },
	{ "acpi-tables", "FILE", "qemu: fw_cfg etc/acpi/tables", 0 },
	{ "efi-var", "NAME=FILE",
	  "data of an EFI variable: BootOrder, Boot0001, PK, ...", CLI_MANY },
	INPUT_QUIRK_OPTS,
	{ NULL, NULL, NULL, 0 },
};

static void write_register(struct jw *j, const char *key, bool known,
			   const uint8_t *value)
{
	if (known) {
		jw_khex(j, key, (struct slice){ value, SHA384_LEN });
		return;
	}
	jw_key(j, key);
	jw_null(j);
}

static void write_event(struct jw *j, const struct event *ev)
{
	jw_open(j, '{');
	write_register(j, "digest", ev->known, ev->digest);
	jw_ki64(j, "rtmr", ev->rtmr);
	jw_kstr(j, "type", event_type_name(ev->type));
	jw_kstr(j, "what", ev->what);
	jw_close(j);
}

static enum err write_json(struct wr *w, const struct predict_in *in,
			   const struct prediction *p)
{
	struct jw j;

	jw_init(&j, w);
	jw_open(&j, '{');
	jw_khex(&j, "efi_authenticode_sha384",
		(struct slice){ p->efi_authenticode_sha384, SHA384_LEN });
	jw_khex(&j, "efi_sha256", (struct slice){ p->efi_sha256, SHA256_LEN });
	jw_key(&j, "events");
	jw_open(&j, '[');
	for (size_t i = 0; i < p->events.n; i++)
		write_event(&j, &p->events.ev[i]);
	jw_close(&j);
	write_register(&j, "mrtd", true, p->mrtd);
	jw_kstr(&j, "platform", platform_name(in->platform));
	jw_key(&j, "reasons");
	jw_open(&j, '{');
	for (unsigned i = 0; i < RTMR_COUNT; i++) {
		char key[8];

		snprintf(key, sizeof key, "rtmr%u", i);
		if (!p->rtmr[i].known)
			jw_kstr(&j, key, p->rtmr[i].why_not);
	}
	jw_close(&j);
	for (unsigned i = 0; i < RTMR_COUNT; i++) {
		char key[8];

		snprintf(key, sizeof key, "rtmr%u", i);
		write_register(&j, key, p->rtmr[i].known, p->rtmr[i].value);
	}
	jw_close(&j);
	wr_str(w, "\n");
	return jw_end(&j);
}

static void text_digest(struct wr *w, bool known, const uint8_t *d)
{
	if (known)
		wr_hex(w, (struct slice){ d, SHA384_LEN });
	else
		wr_str(w, "unknown");
}

static enum err write_text(struct wr *w, const struct prediction *p)
{
	wr_str(w, "MRTD  ");
	text_digest(w, true, p->mrtd);
	wr_str(w, "\n");
	for (unsigned i = 0; i < RTMR_COUNT; i++) {
		wr_fmt(w, "RTMR%u ", i);
		text_digest(w, p->rtmr[i].known, p->rtmr[i].value);
		if (!p->rtmr[i].known)
			wr_fmt(w, ": %s", p->rtmr[i].why_not);
		wr_str(w, "\n");
		for (size_t k = 0; k < p->events.n; k++) {
			const struct event *ev = &p->events.ev[k];

			if (ev->rtmr != i)
				continue;
			wr_str(w, "  ");
			text_digest(w, ev->known, ev->digest);
			wr_fmt(w, " %s: %s\n", event_type_name(ev->type),
			       ev->what);
		}
	}
	return wr_end(w);
}

static int print(const struct cli *c, const struct predict_in *in,
		 const struct prediction *p)
{
	static uint8_t text[EVENTS_MAX * 400 + 4096];
	struct wr w = wr_over(text, sizeof text);
	enum err e = c->json ? write_json(&w, in, p) : write_text(&w, p);

	if (e != ERR_OK || wr_end(&w) != ERR_OK)
		return cli_fail(CLI_INTERNAL, "the output does not fit");
	input_note_firmware(in->platform, p->mrtd);
	return cli_print(wr_slice(&w));
}

static int run(const struct cli *c)
{
	static struct prediction p;
	struct input_files files = { 0 };
	struct boot_files boot = { 0 };
	struct predict_in in = { 0 };
	const char *why = "";
	int rc = input_machine(c, &in);

	if (rc == CLI_DONE)
		rc = input_boot(c, &boot, &in);
	if (rc == CLI_DONE)
		rc = input_predict(c, &files, &in);
	if (rc == CLI_DONE) {
		enum err e = predict(&in, &p, &why);

		rc = e == ERR_OK ? print(c, &in, &p)
				 : input_predict_failed(e, why);
	}
	boot_files_close(&boot);
	input_files_close(&files);
	return rc;
}

const struct cli_cmd cmd_image = {
	.name = "image",
	.operands = "",
	.noperands = 0,
	.summary = "predict MRTD and RTMR0..3 of an image, with their events",
	.opts = opts,
	.run = run,
};
