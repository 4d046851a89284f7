/* input_acpi.c - the folder that `ee-launcher acpi` makes, as an input. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "measure/cli/input.h"

enum {
	PATH_LEN = 4096
};

static int path_of(const char *dir, const char *name, char out[static PATH_LEN])
{
	if (snprintf(out, PATH_LEN, "%s/%s", dir, name) >= PATH_LEN)
		return cli_fail(CLI_USAGE, "%s: the name is too long", dir);
	return CLI_DONE;
}

/* A file of the folder. None is empty, unless a copy of it went wrong. */
static int read_file(const char *path, size_t max, struct cli_file *f)
{
	int rc = cli_read(path, max, f);

	if (rc == CLI_DONE && f->data.len == 0)
		rc = cli_fail(CLI_MALFORMED, "%s is empty", path);
	return rc;
}

static int read_machine(const char *dir, struct platform_machine *m)
{
	char path[PATH_LEN];
	struct cli_file f;
	enum err e;
	int rc = path_of(dir, PLATFORM_MACHINE, path);

	if (rc == CLI_DONE)
		rc = cli_read(path, PLATFORM_JSON_MAX, &f);
	if (rc != CLI_DONE)
		return rc;
	e = platform_machine_read(f.data, m);
	cli_close(&f);
	if (e == ERR_OK)
		return CLI_DONE;
	return cli_fail(CLI_MALFORMED, "%s: not a captured machine: %s", path,
			err_text(e));
}

/* What was captured of one machine says nothing about another. What the user
 * does not say of the machine, the folder says. */
static int check_machine(const char *dir, struct predict_in *in)
{
	uint8_t sha[SHA256_LEN];
	struct platform_machine m;
	int rc = read_machine(dir, &m);

	if (rc != CLI_DONE)
		return rc;
	if (in->platform != PLATFORM_QEMU)
		return cli_fail(CLI_USAGE, "--acpi is for --platform qemu");
	if (in->memory_bytes == 0)
		in->memory_bytes = m.memory_bytes;
	if (in->cpus == 0)
		in->cpus = m.cpus;
	if (m.memory_bytes != in->memory_bytes || m.cpus != in->cpus)
		return cli_fail(
			CLI_MALFORMED,
			"%s is of a machine with %llu MiB and %u CPUs, "
			"not of one with %llu MiB and %u",
			dir, (unsigned long long)(m.memory_bytes >> 20), m.cpus,
			(unsigned long long)(in->memory_bytes >> 20), in->cpus);
	sha256(in->firmware, sha);
	if (!ct_eq(sha, m.firmware_sha256, sizeof sha))
		return cli_fail(CLI_MALFORMED,
				"%s was made with another firmware", dir);
	return CLI_DONE;
}

static int read_blobs(const char *dir, struct input_files *f,
		      struct predict_in *in)
{
	char path[PATH_LEN];

	for (size_t i = 0; i < PLATFORM_ACPI_BLOBS; i++) {
		int rc = path_of(dir, platform_acpi[i].file, path);

		if (in->acpi[i].ptr != NULL)
			return cli_fail(CLI_USAGE,
					"--acpi holds what the other --acpi "
					"options name");
		if (rc == CLI_DONE)
			rc = read_file(path, PLATFORM_BLOB_MAX, &f->acpi[i]);
		if (rc != CLI_DONE)
			return rc;
		in->acpi[i] = f->acpi[i].data;
	}
	return CLI_DONE;
}

/* Which items there are depends on the machine. */
static int read_items(const char *dir, struct input_files *f,
		      struct predict_in *in)
{
	char path[PATH_LEN];
	struct stat st;

	for (size_t i = 0; i < PLATFORM_ITEMS; i++) {
		int rc = path_of(dir, platform_items[i].file, path);

		if (rc == CLI_DONE && stat(path, &st) != 0)
			continue;
		if (rc == CLI_DONE)
			rc = read_file(path, PLATFORM_BLOB_MAX, &f->item[i]);
		if (rc != CLI_DONE)
			return rc;
		in->items[i] = f->item[i].data;
	}
	in->items_known = true;
	return CLI_DONE;
}

static int add_var(const char *dir, const char *name, struct input_files *f)
{
	char text[PATH_LEN + 32];
	int rc;

	(void)snprintf(text, sizeof text, "%s=%s/" PLATFORM_EFIVAR "%s", name,
		       dir, name);
	rc = input_add_var(f, text);
	if (rc == CLI_DONE && f->vars[f->nvars - 1].data.len == 0)
		rc = cli_fail(CLI_MALFORMED, "%s is empty",
			      strchr(text, '=') + 1);
	return rc;
}

/* Those of secure boot, too, that the firmware has. */
static int read_keys(const char *dir, struct input_files *f)
{
	static const char *const names[] = { "SecureBoot", "PK", "KEK", "db",
					     "dbx" };
	int rc = CLI_DONE;

	for (size_t i = 0; i < 5 && rc == CLI_DONE; i++) {
		char file[32], path[PATH_LEN];
		struct stat st;

		(void)snprintf(file, sizeof file, PLATFORM_EFIVAR "%s",
			       names[i]);
		rc = path_of(dir, file, path);
		if (rc == CLI_DONE && stat(path, &st) == 0)
			rc = add_var(dir, names[i], f);
	}
	return rc;
}

static int read_boot(const char *dir, struct input_files *f)
{
	int rc = add_var(dir, "BootOrder", f);
	struct rd r;

	if (rc != CLI_DONE)
		return rc;
	r = rd_over(f->vars[f->nvars - 1].data);
	while (r.left >= 2 && rc == CLI_DONE) {
		char name[16];

		(void)snprintf(name, sizeof name, "Boot%04X",
			       (unsigned)rd_u16le(&r));
		rc = add_var(dir, name, f);
	}
	return rc;
}

int input_acpi(const char *dir, struct input_files *f, struct predict_in *in)
{
	int rc = check_machine(dir, in);

	if (rc == CLI_DONE)
		rc = read_blobs(dir, f, in);
	if (rc == CLI_DONE)
		rc = read_items(dir, f, in);
	if (rc == CLI_DONE)
		rc = read_boot(dir, f);
	if (rc == CLI_DONE)
		rc = read_keys(dir, f);
	in->vars = f->vars;
	in->nvars = f->nvars;
	return rc;
}
