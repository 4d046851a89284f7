/* input_boot.c - the options that describe what starts. */
#include "measure/cli/input_boot.h"

#include <string.h>

#include "measure/cli/input.h"
#include "measure/lib/fat.h"
#include "measure/lib/measured.h"

static int open_opt(const struct cli *c, const char *name, size_t max,
		    struct cli_file *file, struct slice *out)
{
	const char *path = cli_get(c, name);
	int rc;

	if (path == NULL)
		return CLI_DONE;
	rc = cli_map(path, max, file);
	if (rc != CLI_DONE)
		return rc;
	if (file->data.len == 0)
		return cli_fail(CLI_MALFORMED, "%s: empty", path);
	*out = file->data;
	return CLI_DONE;
}

static int yes_no(const struct cli *c, const char *name, enum measures *out)
{
	const char *text = cli_get(c, name);

	if (text == NULL)
		return CLI_DONE;
	if (strcmp(text, "yes") == 0)
		*out = MEASURES_YES;
	else if (strcmp(text, "no") == 0)
		*out = MEASURES_NO;
	else
		return cli_fail(CLI_USAGE, "--%s %s: not yes or no", name,
				text);
	return CLI_DONE;
}

static int open_chain(const struct cli *c, struct boot_files *f,
		      struct predict_in *in)
{
	const char *path;
	size_t n = 0;

	for (; (path = cli_nth(c, "chain", n)) != NULL; n++) {
		int rc;

		if (n == CHAIN_MAX)
			return cli_fail(CLI_USAGE, "--chain more than %d times",
					(int)CHAIN_MAX);
		rc = cli_map(path, FAT_MAX_FILE, &f->chain[n]);
		if (rc != CLI_DONE)
			return rc;
		f->programs[n] = f->chain[n].data;
	}
	in->chain = f->programs;
	in->nchain = n;
	return CLI_DONE;
}

/* A list is read here already, to name the line that is wrong. */
static int open_measured(const struct cli *c, struct boot_files *f,
			 struct predict_in *in)
{
	static struct eventlist l;
	size_t line = 0;
	int rc = open_opt(c, "measured", INPUT_MAX_BLOB, &f->measured,
			  &in->measured);

	if (rc != CLI_DONE || in->measured.ptr == NULL ||
	    measured_is_log(in->measured) ||
	    measured_events(in->measured, &l, &line) == ERR_OK)
		return rc;
	return cli_fail(CLI_MALFORMED, "%s: line %zu: not a measurement",
			cli_get(c, "measured"), line);
}

/* Options that belong to one of the forms of a boot are refused with the
 * others, not ignored. */
static int check(const struct cli *c, const struct predict_in *in)
{
	if (in->platform == PLATFORM_GCP && cli_has(c, "cmdline"))
		return cli_fail(CLI_USAGE, "--cmdline is for -kernel");
	if (in->platform == PLATFORM_GCP && cli_has(c, "initrd"))
		return cli_fail(CLI_USAGE, "--initrd is for -kernel");
	if (cli_has(c, "measured") && in->nchain < 2)
		return cli_fail(CLI_USAGE,
				"--measured needs --chain, more than once");
	if (cli_has(c, "initrd-first") && !cli_has(c, "initrd"))
		return cli_fail(CLI_USAGE, "--initrd-first needs --initrd");
	return CLI_DONE;
}

int input_boot(const struct cli *c, struct boot_files *f, struct predict_in *in)
{
	const char *cmdline = cli_get(c, "cmdline");
	int rc = open_chain(c, f, in);

	if (rc == CLI_DONE)
		rc = check(c, in);
	if (rc == CLI_DONE)
		rc = open_opt(c, "initrd", FAT_MAX_FILE, &f->initrd,
			      &in->initrd);
	if (rc == CLI_DONE)
		rc = open_measured(c, f, in);
	if (rc == CLI_DONE)
		rc = yes_no(c, "kernel-measures", &in->kernel_measures);
	if (rc == CLI_DONE)
		rc = yes_no(c, "stub-measures", &in->stub_measures);
	if (cmdline != NULL)
		in->cmdline = str_slice(cmdline);
	if (cli_has(c, "initrd-first"))
		in->quirks |= QUIRK_INITRD_FIRST;
	if (cli_has(c, "noinitrd"))
		in->quirks |= QUIRK_NOINITRD;
	return rc;
}

void boot_files_close(struct boot_files *f)
{
	cli_close(&f->initrd);
	cli_close(&f->measured);
	for (size_t i = 0; i < CHAIN_MAX; i++)
		cli_close(&f->chain[i]);
}
