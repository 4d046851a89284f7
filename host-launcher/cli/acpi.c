/* acpi.c - what RTMR0 says of the machine that `run --tdx` makes, taken from a
 * run of it without TDX, into a folder for `ee-measure --acpi`. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host-launcher/cli/host.h"
#include "host-launcher/cli/verbs.h"
#include "host-launcher/vm/capture.h"
#include "host-launcher/vm/image.h"
#include "lib/json.h"
#include "lib/sock.h"
#include "lib/text.h"
#include "measure/lib/gpt.h"
#include "measure/lib/tdvf.h"

enum {
	DEFAULT_PHYS_BITS = 46,
	DEADLINE_MS = 300 * 1000,
	OUTPUT_CAP = 16 * 1024,
	/* While it looks for partitions and files, firmware reads less. */
	PROGRAM_MIN = 1024 * 1024,
	FILES_MAX = PLATFORM_ACPI_BLOBS + PLATFORM_ITEMS + BOOTVARS_MAX +
		    BOOTVARS_KEYS + 2,
};

#define VERSION_PREFIX "QEMU emulator version "
#define WORK_NAME      "ee-acpi-XXXXXX"

/* All that differs from a TD, or may; for --help's reader, the man page has the
 * same at length. */
static const char *const notes[] = {
	"another version of QEMU makes other ACPI tables: take the TDX host's",
	"made without TDX, with what the tdx-guest object sets: no SMM, no "
	"PIC, split irqchip, no legacy virtio; what else it may change is not "
	"in them",
	"firmware places 64-bit PCI windows by the CPU's physical address "
	"bits: 46 is right for every CPU that has 46 or more",
	"boot variables are this firmware's, in this machine",
};

/* The machine, and the absolute paths of what it is made from. */
struct job {
	char image[PATH_CAP], firmware[PATH_CAP], out[PATH_CAP], qemu[PATH_CAP];
	struct qemu_spec spec;
	struct platform_machine machine;
	uint64_t program_bytes;
	struct capture found;
	/* what has been written */
	size_t nfiles;
	struct {
		char name[40];
		uint8_t sha384[SHA384_LEN];
	} file[FILES_MAX];
};

static const char *reason(enum err e)
{
	return e == ERR_IO ? strerror(errno) : err_text(e);
}

/* A path is resolved, too, since QEMU runs in another folder; a name is looked
 * for in PATH. One that is not there is told by the first thing that runs it.
 */
static enum exit_status resolve_qemu(struct job *j)
{
	const char *binary = j->spec.binary;

	if (strchr(binary, '/') == NULL || access(binary, X_OK) != 0)
		return STATUS_DONE;
	j->spec.binary = j->qemu;
	return resolve(binary, j->qemu);
}

static enum exit_status read_firmware(struct job *j)
{
	const char *why = "";
	struct slice fw = { 0 };
	enum err e = file_map(j->firmware, &fw);
	bool found = e == ERR_OK;
	struct tdvf t;

	if (found)
		e = tdvf_parse(fw, &t, &why);
	if (e == ERR_OK)
		sha256(fw, j->machine.firmware_sha256);
	file_unmap(fw);
	if (e == ERR_OK)
		return STATUS_DONE;
	if (!found) {
		complain("%s: %s", j->firmware, reason(e));
		return exit_of(e);
	}
	complain("%s: not a TDX firmware: %s", j->firmware, why);
	return STATUS_MALFORMED;
}

static enum err program_size(struct slice disk, uint64_t *bytes,
			     const char **why)
{
	struct fat_file file;
	struct fat fat;
	enum err e;

	*why = "it is not a disk: `run --tdx` boots one";
	if (!gpt_is(disk))
		return ERR_VALUE;
	e = image_program(disk, &fat, &file, why);
	if (e != ERR_OK)
		return e;
	*why = "its program is under 1 MiB: nobody could tell when the "
	       "firmware has read it";
	if (file.size < PROGRAM_MIN)
		return ERR_VALUE;
	*bytes = file.size;
	return ERR_OK;
}

static enum exit_status read_image(struct job *j)
{
	const char *why = "";
	struct slice disk = { 0 };
	enum err e = file_map(j->image, &disk);
	bool found = e == ERR_OK;

	if (found)
		e = program_size(disk, &j->program_bytes, &why);
	file_unmap(disk);
	if (e == ERR_OK)
		return STATUS_DONE;
	if (!found) {
		complain("%s: %s", j->image, reason(e));
		return exit_of(e);
	}
	complain("%s: %s: %s", j->image, why, err_text(e));
	return STATUS_MALFORMED;
}

/* The version in words, as it was asked for: two numbers are not enough to
 * tell two builds of a distribution apart. */
static enum exit_status read_qemu(struct job *j)
{
	const char *const argv[] = { j->spec.binary, "--version", NULL };
	char text[256];
	size_t skip = sizeof VERSION_PREFIX - 1;

	if (host_output(argv, "", text, sizeof text) != ERR_OK ||
	    strncmp(text, VERSION_PREFIX, skip) != 0) {
		complain("%s does not run; Debian has it in qemu-system-x86",
			 j->spec.binary);
		return STATUS_UNAVAILABLE;
	}
	text[strcspn(text, "\r\n")] = '\0';
	(void)snprintf(j->machine.qemu, sizeof j->machine.qemu, "%.*s",
		       PLATFORM_QEMU_CAP - 1, text + skip);
	return STATUS_DONE;
}

static enum exit_status check_options(const struct acpi_opts *o)
{
	if (o->image == NULL || o->firmware == NULL || o->out == NULL) {
		complain("--image, --firmware and --out are needed");
		return STATUS_USAGE;
	}
	if (o->phys_bits != 0 && o->phys_bits < 36) {
		complain("--phys-bits: 36 to 52");
		return STATUS_USAGE;
	}
	if (o->memory % (1024 * 1024) != 0) {
		complain("--memory: whole MiB");
		return STATUS_USAGE;
	}
	return STATUS_DONE;
}

static enum exit_status fill(const struct acpi_opts *o, struct job *j)
{
	struct platform_machine *m = &j->machine;
	enum exit_status status = check_options(o);

	m->memory_bytes = o->memory != 0 ? o->memory : DEFAULT_MEMORY;
	m->cpus = o->cpus != 0 ? (uint32_t)o->cpus : 1;
	m->disks = o->disks != 0 ? (uint32_t)o->disks : 1;
	m->phys_bits =
		o->phys_bits != 0 ? (uint32_t)o->phys_bits : DEFAULT_PHYS_BITS;
	j->spec = (struct qemu_spec){
		.binary = o->qemu != NULL ? o->qemu : DEFAULT_QEMU,
		.name = "acpi",
		.accel = ACCEL_TCG,
		.firmware = j->firmware,
		.image = j->image,
		.memory_bytes = m->memory_bytes,
		.cpus = m->cpus,
		.qgs = "",
		.capture = true,
		.phys_bits = m->phys_bits,
		.more_disks = m->disks - 1,
	};
	if (status == STATUS_DONE)
		status = resolve(o->image, j->image);
	if (status == STATUS_DONE)
		status = resolve(o->firmware, j->firmware);
	if (status == STATUS_DONE)
		status = resolve_qemu(j);
	if (status == STATUS_DONE && dir_make(o->out, 0755) != ERR_OK) {
		complain("%s: %s", o->out, strerror(errno));
		status = STATUS_UNAVAILABLE;
	}
	if (status == STATUS_DONE)
		status = resolve(o->out, j->out);
	return status;
}

/* The last line that QEMU printed, when there is one. */
static void complain_log(void)
{
	struct buf log = { 0 };
	const char *line;

	if (file_read("qemu.log", 1024 * 1024, &log) == ERR_OK && log.len > 0) {
		while (log.len > 0 && log.ptr[log.len - 1] == '\n')
			log.ptr[--log.len] = '\0';
		line = strrchr((const char *)log.ptr, '\n');
		complain("QEMU: %s",
			 line != NULL ? line + 1 : (const char *)log.ptr);
	}
	buf_free(&log);
}

static char work[PATH_CAP];

/* Removes the working folder, which is the current one, with all that can be in
 * it. Only what a signal handler may call. */
static void leave(void)
{
	static const char *const files[] = { "qemu.log", CAPTURE_MEMORY,
					     QEMU_CONSOLE_LOG, QEMU_QMP_SOCKET,
					     QEMU_QTEST_SOCKET };

	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		(void)unlink(files[i]);
	if (chdir("/") == 0)
		(void)rmdir(work);
}

static void interrupted(int number)
{
	leave();
	_exit(128 + number); /* and QEMU with it */
}

/* Those that are ignored, as in the background, stay so. */
static void on_signals(void (*handler)(int))
{
	static const int numbers[] = { SIGHUP, SIGINT, SIGTERM };

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		if (signal(numbers[i], handler) == SIG_IGN)
			(void)signal(numbers[i], SIG_IGN);
}

/* Runs the machine in a private folder, which goes with all that is in it. */
static enum exit_status run_machine(struct job *j)
{
	const char *dir = getenv("TMPDIR"), *why = "";
	char tmp[PATH_CAP];
	enum exit_status status;
	enum err e;

	/* absolute, for it is removed from another folder */
	status = resolve(dir != NULL && dir[0] != '\0' ? dir : "/tmp", tmp);
	if (status != STATUS_DONE)
		return status;
	e = path_fmt(work, "%s/" WORK_NAME, tmp);
	if (e != ERR_OK) {
		complain("%s: %s", tmp, err_text(e));
		return exit_of(e);
	}
	if (mkdtemp(work) == NULL || chdir(work) != 0) {
		complain("%s: %s", work, strerror(errno));
		return STATUS_UNAVAILABLE;
	}
	on_signals(interrupted);
	e = capture_run(&j->spec, j->program_bytes, mono_ms() + DEADLINE_MS,
			&j->found, &why);
	if (e == ERR_IO || e == ERR_CLOSED)
		complain("%s", why); /* which says it all */
	else if (e != ERR_OK)
		complain("%s: %s", why, err_text(e));
	if (e != ERR_OK)
		complain_log();
	on_signals(SIG_IGN); /* the rest is a matter of milliseconds */
	leave();
	return e == ERR_OK ? STATUS_DONE : STATUS_UNAVAILABLE;
}

static enum err save(struct job *j, const char *name, struct slice data)
{
	char path[PATH_CAP];
	enum err e = path_fmt(path, "%s/%s", j->out, name);

	if (e == ERR_OK)
		e = file_write(path, 0644, data);
	if (e != ERR_OK)
		return e;
	(void)snprintf(j->file[j->nfiles].name, sizeof j->file[0].name, "%s",
		       name);
	sha384(data, j->file[j->nfiles++].sha384);
	return ERR_OK;
}

/* An item that this machine has not must not be left over from another. */
static enum err save_or_remove(struct job *j, const char *name,
			       struct slice data)
{
	char path[PATH_CAP];
	enum err e;

	if (data.ptr != NULL)
		return save(j, name, data);
	e = path_fmt(path, "%s/%s", j->out, name);
	if (e == ERR_OK)
		(void)unlink(path);
	return e;
}

static enum err save_boot(struct job *j)
{
	const struct bootvars *b = &j->found.boot;
	enum err e = save(j, PLATFORM_EFIVAR "BootOrder", b->order);

	for (size_t i = 0; i < BOOTVARS_KEYS && e == ERR_OK; i++) {
		char name[32];

		(void)snprintf(name, sizeof name, PLATFORM_EFIVAR "%s",
			       bootvars_keys[i]);
		e = save_or_remove(j, name, b->key[i]);
	}
	for (size_t i = 0; i < b->n && e == ERR_OK; i++) {
		char name[32];

		(void)snprintf(name, sizeof name, PLATFORM_EFIVAR "Boot%04X",
			       (unsigned)b->option[i].number);
		e = save(j, name, b->option[i].data);
	}
	return e;
}

/* machine.json last: it says that the rest is whole. One that is there already
 * says so of another machine, and goes first. */
static enum exit_status save_all(struct job *j)
{
	static const struct slice none;
	uint8_t text[PLATFORM_JSON_MAX];
	struct wr w = wr_over(text, sizeof text);
	enum err e = platform_machine_write(&j->machine, &w);

	if (e == ERR_OK)
		e = save_or_remove(j, PLATFORM_MACHINE, none);
	for (size_t i = 0; i < PLATFORM_ACPI_BLOBS && e == ERR_OK; i++)
		e = save(j, platform_acpi[i].file,
			 buf_slice(&j->found.acpi[i]));
	for (size_t i = 0; i < PLATFORM_ITEMS && e == ERR_OK; i++)
		e = save_or_remove(j, platform_items[i].file,
				   buf_slice(&j->found.item[i]));
	if (e == ERR_OK)
		e = save_boot(j);
	if (e == ERR_OK)
		e = save(j, PLATFORM_MACHINE, wr_slice(&w));
	if (e == ERR_OK)
		return STATUS_DONE;
	complain("%s: %s", j->out, reason(e));
	return STATUS_UNAVAILABLE;
}

static void print_text(const struct job *j)
{
	const struct platform_machine *m = &j->machine;

	(void)printf("made by  QEMU %s\n"
		     "machine  memory %llu MiB, CPUs %u, disks %u, "
		     "physical address bits %u\n"
		     "folder   %s\n\n",
		     m->qemu, (unsigned long long)(m->memory_bytes >> 20),
		     m->cpus, m->disks, m->phys_bits, j->out);
	for (size_t i = 0; i < j->nfiles; i++) {
		char hex[2 * SHA384_LEN + 1];

		hex_encode((struct slice){ j->file[i].sha384, SHA384_LEN },
			   hex);
		(void)printf("%s  %s\n", hex, j->file[i].name);
	}
	(void)printf("\nWhat differs from a TD, or may:\n");
	for (size_t i = 0; i < sizeof notes / sizeof *notes; i++)
		(void)printf("- %s\n", notes[i]);
}

static enum exit_status print_json(const struct job *j)
{
	static uint8_t mem[OUTPUT_CAP];
	struct wr w = wr_over(mem, sizeof mem);
	struct jw jw;

	jw_init(&jw, &w);
	jw_open(&jw, '{');
	jw_key(&jw, "files");
	jw_open(&jw, '[');
	for (size_t i = 0; i < j->nfiles; i++) {
		jw_open(&jw, '{');
		jw_kstr(&jw, "name", j->file[i].name);
		jw_khex(&jw, "sha384",
			(struct slice){ j->file[i].sha384, SHA384_LEN });
		jw_close(&jw);
	}
	jw_close(&jw);
	jw_key(&jw, "notes");
	jw_open(&jw, '[');
	for (size_t i = 0; i < sizeof notes / sizeof *notes; i++)
		jw_str(&jw, notes[i]);
	jw_close(&jw);
	jw_kstr(&jw, "out", j->out);
	jw_kstr(&jw, "qemu", j->machine.qemu);
	jw_close(&jw);
	if (jw_end(&jw) != ERR_OK)
		return STATUS_INTERNAL;
	(void)printf("%.*s\n", (int)w.len, (const char *)mem);
	return STATUS_DONE;
}

VERB(cmd_acpi)
{
	static struct job j;
	const struct acpi_opts *o = opts;
	enum exit_status status;
	struct qemu_version v;
	bool json;

	(void)operands;
	(void)n;
	status = wants_json(o->format, &json);
	if (status == STATUS_DONE)
		status = fill(o, &j);
	if (status == STATUS_DONE)
		status = read_qemu(&j);
	if (status == STATUS_DONE)
		status = read_firmware(&j);
	if (status == STATUS_DONE)
		status = read_image(&j);
	if (status == STATUS_DONE)
		status = run_machine(&j);
	if (status == STATUS_DONE)
		status = save_all(&j);
	capture_free(&j.found);
	if (status != STATUS_DONE)
		return status;
	if (host_qemu_version(j.spec.binary, &v) == ERR_OK && !qemu_has_tdx(&v))
		complain("QEMU %u.%u runs no TDs: what it makes is for no "
			 "TD, and good for tests only",
			 v.major, v.minor);
	if (json)
		return print_json(&j);
	print_text(&j);
	return STATUS_DONE;
}
