/* input.c - inputs that more than one command takes. */
#include "measure/cli/input.h"

#include <stdio.h>
#include <string.h>

#include "lib/text.h"
#include "measure/lib/gcp.h"

/* Where the image that does have the metadata is found; Debian ships it as a
 * file of its own beside the split ones. */
static const char hint[] = "in Debian's ovmf package the one for a TD is "
			   "/usr/share/ovmf/OVMF.fd, the unsplit 2 MiB build";

static int firmware_failed(const char *path, enum err e, const char *why)
{
	if (e == ERR_MISSING || e == ERR_TRUNC)
		return cli_fail(CLI_MALFORMED, "%s: not a TDX firmware: %s; %s",
				path, why, hint);
	return cli_fail(CLI_MALFORMED, "%s: %s", path, why);
}

int input_firmware(const char *path, struct cli_file *fw, struct tdvf *t)
{
	const char *why = "";
	int rc = cli_map(path, TDVF_MAX_FIRMWARE, fw);
	enum err e;

	if (rc != CLI_DONE)
		return rc;
	e = tdvf_parse(fw->data, t, &why);
	if (e == ERR_OK)
		return CLI_DONE;
	cli_close(fw);
	return firmware_failed(path, e, why);
}

/* The newest release of a machine's ACPI tables, or the one that is named. */
static int acpi_release(const char *name, const struct gcp_machine *m,
			size_t *out)
{
	*out = m->nacpi > 0 ? m->nacpi - 1 : 0;
	if (name == NULL)
		return CLI_DONE;
	for (size_t i = 0; i < m->nacpi; i++)
		if (strcmp(m->acpi[i].release, name) == 0) {
			*out = i;
			return CLI_DONE;
		}
	return cli_fail(CLI_USAGE, "no ACPI tables of %s are known for %s",
			name, m->name);
}

static int gcp_machine_opts(const struct cli *c, struct predict_in *in)
{
	const char *name = cli_get(c, "machine-type");

	if (name == NULL)
		return cli_fail(CLI_USAGE,
				"--platform gcp needs --machine-type");
	in->machine = gcp_machine(name);
	if (in->machine == NULL)
		return cli_fail(CLI_USAGE, "unknown machine type %s", name);
	if (cli_has(c, "memory"))
		return cli_fail(CLI_USAGE,
				"--memory: the machine type says it");
	if (!cli_has(c, "cpus"))
		in->cpus = 0;
	in->gcp_stub_keys = cli_has(c, "stub-keys");
	in->gcp_second_disk = cli_has(c, "second-disk");
	return acpi_release(cli_get(c, "acpi-release"), in->machine,
			    &in->acpi_release);
}

/* Options that mean nothing elsewhere are refused, not ignored. */
static int no_gcp_opts(const struct cli *c)
{
	static const char *const only[] = { "machine-type", "acpi-release",
					    "second-disk", "stub-keys" };

	for (size_t i = 0; i < sizeof only / sizeof *only; i++)
		if (cli_has(c, only[i]))
			return cli_fail(CLI_USAGE, "--%s is for --platform gcp",
					only[i]);
	return CLI_DONE;
}

int input_machine(const struct cli *c, struct predict_in *in)
{
	const char *platform = cli_get(c, "platform");
	const char *memory = cli_get(c, "memory"), *cpus = cli_get(c, "cpus");
	uint64_t n = 2;

	in->platform = PLATFORM_QEMU;
	if (platform != NULL &&
	    platform_parse(str_slice(platform), &in->platform) != ERR_OK)
		return cli_fail(CLI_USAGE, "unknown platform %s", platform);
	in->memory_bytes = 2ULL << 30;
	if (memory != NULL && cli_size(memory, &in->memory_bytes) != ERR_OK)
		return cli_fail(CLI_USAGE,
				"--memory %s: not a size: write 2048M or 2G",
				memory);
	if (cpus != NULL &&
	    (u64_parse(str_slice(cpus), 4096, &n) != ERR_OK || n == 0))
		return cli_fail(CLI_USAGE, "--cpus %s: not 1 to 4096", cpus);
	in->cpus = (uint32_t)n;
	return in->platform == PLATFORM_GCP ? gcp_machine_opts(c, in)
					    : no_gcp_opts(c);
}

static int open_opt(const struct cli *c, const char *name, size_t max,
		    struct cli_file *file, struct slice *out)
{
	const char *path = cli_get(c, name);
	int rc;

	if (path == NULL)
		return CLI_DONE;
	rc = cli_map(path, max, file);
	if (rc == CLI_DONE)
		*out = file->data;
	return rc;
}

static bool known_var(const char *name)
{
	static const char *const names[] = {
		"SecureBoot", "PK",        "KEK",       "db",
		"dbx",        "BootOrder", "SbatLevel", "MokListTrusted",
	};
	uint8_t number[2];

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return strncmp(name, "Boot", 4) == 0 &&
	       hex_decode(str_slice(name + 4), number, 2) == ERR_OK;
}

int input_add_var(struct input_files *f, const char *text)
{
	const char *eq = strchr(text, '=');
	size_t n = f->nvars;
	int rc;

	if (n == INPUT_MAX_VARS)
		return cli_fail(CLI_USAGE, "too many --efi-var");
	if (eq == NULL ||
	    slice_cstr((struct slice){ (const uint8_t *)text,
				       (size_t)(eq - text) },
		       f->var_name[n], sizeof f->var_name[n]) != ERR_OK ||
	    !known_var(f->var_name[n]))
		return cli_fail(CLI_USAGE,
				"--efi-var %s: not NAME=FILE, or a variable "
				"that is not measured",
				text);
	for (size_t i = 0; i < n; i++)
		if (strcmp(f->vars[i].name, f->var_name[n]) == 0)
			return cli_fail(CLI_USAGE,
					"--efi-var %s is given twice",
					f->var_name[n]);
	rc = cli_read(eq + 1, INPUT_MAX_BLOB, &f->var[n]);
	if (rc != CLI_DONE)
		return rc;
	f->vars[n] = (struct efi_var){ f->var_name[n], f->var[n].data };
	f->nvars++;
	return CLI_DONE;
}

static int add_vars(const struct cli *c, struct input_files *f,
		    struct predict_in *in)
{
	const char *text;

	for (size_t i = 0; (text = cli_nth(c, "efi-var", i)) != NULL; i++) {
		int rc = input_add_var(f, text);

		if (rc != CLI_DONE)
			return rc;
	}
	in->vars = f->vars;
	in->nvars = f->nvars;
	return CLI_DONE;
}

static int add_config(const struct cli *c, struct input_files *f,
		      struct predict_in *in)
{
	struct slice config;
	int rc;

	if (!cli_has(c, "config"))
		return CLI_DONE;
	rc = open_opt(c, "config", INPUT_MAX_BLOB, &f->config, &config);
	if (rc != CLI_DONE)
		return rc;
	sha384(config, f->config_sha384);
	in->config_sha384 = f->config_sha384;
	return CLI_DONE;
}

bool input_quirk(const char *name, struct predict_in *in)
{
	static const struct {
		const char *name;
		unsigned bit;
	} quirks[] = {
		{ "old-separator", QUIRK_SEPARATOR_RTMR0 },
		{ "unpatched-kernel", QUIRK_KERNEL_UNPATCHED },
		{ "fw-cfg-events", QUIRK_FW_CFG_EVENTS },
	};

	if (strcmp(name, "two-pass") == 0) {
		in->order = MRTD_TWO_PASS;
		return true;
	}
	for (size_t i = 0; i < sizeof quirks / sizeof *quirks; i++)
		if (strcmp(quirks[i].name, name) == 0) {
			in->quirks |= quirks[i].bit;
			return true;
		}
	return false;
}

static int hex_opt(const struct cli *c, const char *name,
		   uint8_t out[static SHA384_LEN])
{
	const char *hex = cli_get(c, name);

	if (hex == NULL)
		return cli_fail(CLI_USAGE,
				"--firmware is required, or for gcp both "
				"--endorsed-mrtd and --cfv-sha384");
	if (hex_decode(str_slice(hex), out, SHA384_LEN) != ERR_OK)
		return cli_fail(CLI_USAGE, "--%s: not 96 of 0-9 a-f", name);
	return CLI_DONE;
}

/* The firmware, or two digests in its place. */
static int open_firmware(const struct cli *c, struct input_files *f,
			 struct predict_in *in)
{
	bool digests = cli_has(c, "endorsed-mrtd") || cli_has(c, "cfv-sha384");
	struct tdvf t;
	int rc;

	if (cli_has(c, "firmware")) {
		if (digests)
			return cli_fail(CLI_USAGE,
					"--firmware has what the digests say");
		rc = input_firmware(cli_get(c, "firmware"), &f->firmware, &t);
		in->firmware = f->firmware.data;
		return rc;
	}
	if (digests && in->platform != PLATFORM_GCP)
		return cli_fail(CLI_USAGE,
				"only for gcp can digests stand for the "
				"firmware");
	rc = hex_opt(c, "endorsed-mrtd", f->endorsed_mrtd);
	if (rc == CLI_DONE)
		rc = hex_opt(c, "cfv-sha384", f->cfv_sha384);
	in->endorsed_mrtd = f->endorsed_mrtd;
	in->cfv_sha384 = f->cfv_sha384;
	return rc;
}

int input_predict(const struct cli *c, struct input_files *f,
		  struct predict_in *in)
{
	static const char *const acpi[3] = { "acpi-loader", "acpi-rsdp",
					     "acpi-tables" };
	int rc = open_firmware(c, f, in);

	if (rc == CLI_DONE)
		rc = open_opt(c, "image", INPUT_MAX_IMAGE, &f->image,
			      &in->image);
	for (size_t i = 0; i < 3 && rc == CLI_DONE; i++)
		rc = open_opt(c, acpi[i], INPUT_MAX_BLOB, &f->acpi[i],
			      &in->acpi[i]);
	if (rc == CLI_DONE)
		rc = add_config(c, f, in);
	if (rc == CLI_DONE)
		rc = add_vars(c, f, in);
	if (cli_has(c, "acpi") && in->platform == PLATFORM_QEMU) {
		in->memory_bytes = cli_has(c, "memory") ? in->memory_bytes : 0;
		in->cpus = cli_has(c, "cpus") ? in->cpus : 0;
	}
	if (rc == CLI_DONE && cli_has(c, "acpi"))
		rc = input_acpi(cli_get(c, "acpi"), f, in);
	for (size_t i = 0; i < c->n; i++)
		(void)input_quirk(c->given[i].opt->name, in);
	return rc;
}

void input_files_close(struct input_files *f)
{
	cli_close(&f->firmware);
	cli_close(&f->image);
	cli_close(&f->config);
	for (size_t i = 0; i < PLATFORM_ACPI_BLOBS; i++)
		cli_close(&f->acpi[i]);
	for (size_t i = 0; i < PLATFORM_ITEMS; i++)
		cli_close(&f->item[i]);
	for (size_t i = 0; i < f->nvars; i++)
		cli_close(&f->var[i]);
}

int input_predict_failed(enum err e, const char *why)
{
	return cli_fail(e == ERR_SPACE ? CLI_INTERNAL : CLI_MALFORMED, "%s",
			why);
}

void input_note_firmware(enum platform platform,
			 const uint8_t mrtd[static SHA384_LEN])
{
	/* Debian 12, ovmf 2022.11-6+deb12u2, OVMF.fd */
	static const char debian12[] =
		"4c7206f0f483c524f12c366c711e9049030a8d47c471ee5a"
		"a9c4999a08de4057fb887fed0744d5631a212967fb231c47";
	static bool noted;
	char hex[2 * SHA384_LEN + 1];

	hex_encode((struct slice){ mrtd, SHA384_LEN }, hex);
	if (noted || platform != PLATFORM_QEMU || strcmp(hex, debian12) != 0)
		return;
	noted = true;
	cli_note("this firmware (Debian 12's) has no driver for RTMRs: a TD "
		 "that it boots shows zeros in RTMR0 to RTMR2 and is refused; "
		 "take one with TdTcg2Dxe, such as OVMF.inteltdx.fd");
}

int input_log_format(const struct cli *c, enum log_format *out)
{
	static const enum log_format all[] = { LOG_CCEL, LOG_TCG2, LOG_TCG1,
					       LOG_CEL, LOG_DSTACK };
	const char *name = cli_get(c, "format");

	*out = LOG_AUTO;
	if (name == NULL)
		return CLI_DONE;
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		if (strcmp(name, eventlog_format_name(all[i])) == 0) {
			*out = all[i];
			return CLI_DONE;
		}
	return cli_fail(CLI_USAGE, "--format %s: no such form of a log", name);
}
