/* doctor.c - what this machine can do, line by line, and which Debian package
 * or setting has what is missing. Looks only; changes nothing. */
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "host-launcher/cli/host.h"
#include "host-launcher/cli/verbs.h"
#include "host-launcher/lib/file.h"
#include "host-launcher/vm/kvm.h"
#include "host-launcher/vm/qmp.h"
#include "host-launcher/vm/spawn.h"
#include "lib/json.h"
#include "lib/proto.h"
#include "lib/sock.h"
#include "measure/lib/tdvf.h"

enum {
	TEXT_CAP = 256,
	FIRMWARE_MAX = 64 * 1024 * 1024,
	NEED_MIB = 2048
};

enum level {
	LEVEL_OK,      /* there */
	LEVEL_NOTE,    /* not there, and simulation does without */
	LEVEL_MISSING, /* simulation does not work without */
};

static const char *const level_names[] = { "ok", "note", "missing" };

struct finding {
	enum level level;
	char text[TEXT_CAP]; /* what is so */
	const char *fix;     /* what to do about it, or NULL */
};

static void say(struct finding *f, enum level l, const char *fix,
		const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static void say(struct finding *f, enum level l, const char *fix,
		const char *fmt, ...)
{
	va_list ap;

	f->level = l;
	f->fix = l == LEVEL_OK ? NULL : fix;
	va_start(ap, fmt);
	(void)vsnprintf(f->text, sizeof f->text, fmt, ap);
	va_end(ap);
}

/* Lets QEMU make a machine and quit. There are hosts where a virtual CPU runs
 * and QEMU still fails, since the KVM below refuses what it asks for. */
static void try_qemu(struct finding *f)
{
	const char *const argv[] = { "qemu-system-x86_64",
				     "-accel",
				     "kvm",
				     "-cpu",
				     "host",
				     "-machine",
				     "q35",
				     "-m",
				     "16M",
				     "-nodefaults",
				     "-display",
				     "none",
				     "-S",
				     "-qmp",
				     "stdio",
				     NULL };
	char text[2048], *line;
	enum err e =
		host_output(argv, QMP_CAPABILITIES QMP_QUIT, text, sizeof text);

	if (e == ERR_OK)
		say(f, LEVEL_OK, NULL, "works, and QEMU runs under it");
	else if (e != ERR_REFUSED)
		say(f, LEVEL_OK, NULL, "a virtual CPU runs");
	if (e != ERR_REFUSED)
		return;
	line = strstr(text, "error:");
	if (line == NULL)
		line = text;
	line[strcspn(line, "\r\n")] = '\0';
	say(f, LEVEL_NOTE,
	    "common on hosts that are virtual machines themselves; "
	    "--accel tcg is used",
	    "a virtual CPU runs, but QEMU fails: %.160s", line);
}

static void check_kvm(struct finding *f)
{
	char why[128];

	switch (kvm_probe(why, sizeof why)) {
	case KVM_WORKS:
		try_qemu(f);
		break;
	case KVM_ABSENT:
		say(f, LEVEL_NOTE, "slower without; --accel tcg is used",
		    "not there: %s", why);
		break;
	case KVM_DENIED:
		say(f, LEVEL_NOTE, "`adduser $USER kvm` and log in again", "%s",
		    why);
		break;
	case KVM_BROKEN:
		say(f, LEVEL_NOTE,
		    "common on hosts that are virtual machines themselves; "
		    "--accel tcg is used",
		    "/dev/kvm is there, but broken: %s", why);
		break;
	}
}

static void check_qemu(struct finding *f)
{
	struct qemu_version v;

	if (host_qemu_version("qemu-system-x86_64", &v) == ERR_OK)
		say(f, LEVEL_OK, NULL, "qemu-system-x86_64 %u.%u", v.major,
		    v.minor);
	else
		say(f, LEVEL_MISSING, "apt install qemu-system-x86",
		    "no qemu-system-x86_64");
}

/* A host kernel that runs TDs says so in KVM's module parameter. */
static void check_tdx(struct finding *f)
{
	struct qemu_version v = { 0 };
	struct buf b = { 0 };
	bool module = file_read("/sys/module/kvm_intel/parameters/tdx", 16,
				&b) == ERR_OK &&
		      b.len > 0 && (b.ptr[0] == 'Y' || b.ptr[0] == '1');

	buf_free(&b);
	if (!module)
		say(f, LEVEL_NOTE,
		    "--tdx needs a TDX processor, enabled in its firmware, and "
		    "a host kernel (6.16 or later) with kvm_intel.tdx=1",
		    "this host does not run TDs");
	else if (host_qemu_version("qemu-system-x86_64", &v) != ERR_OK ||
		 !qemu_has_tdx(&v))
		say(f, LEVEL_NOTE, "--tdx needs QEMU 10.1 or later",
		    "the host runs TDs, QEMU %u.%u does not", v.major, v.minor);
	else
		say(f, LEVEL_OK, NULL, "host and QEMU run TDs");
}

static void check_firmware(struct finding *f)
{
	static const char path[] = "/usr/share/ovmf/OVMF.fd";
	struct buf b = { 0 };
	struct tdvf t;
	const char *why = "no such file";
	enum err e = file_read(path, FIRMWARE_MAX, &b);

	if (e == ERR_OK)
		e = tdvf_parse(buf_slice(&b), &t, &why);
	buf_free(&b);
	if (e == ERR_OK)
		say(f, LEVEL_OK, NULL, "%s, with TDX metadata", path);
	else
		say(f, LEVEL_MISSING,
		    "apt install ovmf, or give --firmware one that has TDX "
		    "metadata",
		    "%s: %s", path, why);
}

static void check_swtpm(struct finding *f)
{
	const char *const argv[] = { "swtpm", "--version", NULL };
	char text[128];

	if (host_output(argv, "", text, sizeof text) == ERR_OK) {
		text[strcspn(text, "\n")] = '\0';
		say(f, LEVEL_OK, NULL, "%s", text);
	} else {
		say(f, LEVEL_NOTE, "apt install swtpm (for tests only)",
		    "no swtpm");
	}
}

static void check_state(struct finding *f)
{
	char root[PATH_CAP];
	struct statvfs fs;
	unsigned long long mib;

	if (state_root(root) != ERR_OK || dir_make(root, 0700) != ERR_OK ||
	    access(root, W_OK) != 0 || statvfs(root, &fs) != 0) {
		say(f, LEVEL_MISSING, "set XDG_STATE_HOME or HOME",
		    "the state folder cannot be written");
		return;
	}
	mib = (unsigned long long)fs.f_bavail * fs.f_frsize >> 20;
	say(f, mib >= NEED_MIB ? LEVEL_OK : LEVEL_NOTE,
	    "a build takes about 2 GiB", "%.120s, %llu MiB free", root, mib);
}

static void check_ports(struct finding *f)
{
	int fd;
	uint16_t port;

	if (sock_listen("127.0.0.1", DEFAULT_API_PORT, &fd, &port) == ERR_OK) {
		(void)close(fd);
		say(f, LEVEL_OK, NULL, "127.0.0.1:%d is free",
		    DEFAULT_API_PORT);
	} else if (free_port(&port) == ERR_OK) {
		say(f, LEVEL_OK, NULL, "127.0.0.1:%d is taken, %u is free",
		    DEFAULT_API_PORT, port);
	} else {
		say(f, LEVEL_MISSING, "is 127.0.0.1 up?",
		    "no port of 127.0.0.1 can be had");
	}
}

static const struct {
	const char *name;
	void (*check)(struct finding *f);
} checks[] = {
	{ "kvm", check_kvm },     { "qemu", check_qemu },
	{ "tdx", check_tdx },     { "firmware", check_firmware },
	{ "swtpm", check_swtpm }, { "state", check_state },
	{ "ports", check_ports },
};

enum {
	CHECKS = sizeof checks / sizeof checks[0]
};

static void print_line(const char *name, const struct finding *f)
{
	(void)printf("%-8s %-9s %s\n", level_names[f->level], name, f->text);
	if (f->fix != NULL)
		(void)printf("%-18s -> %s\n", "", f->fix);
}

static void write_finding(struct jw *j, const char *name,
			  const struct finding *f)
{
	jw_open(j, '{');
	jw_kstr(j, "check", name);
	jw_key(j, "fix");
	if (f->fix != NULL)
		jw_str(j, f->fix);
	else
		jw_null(j);
	jw_kstr(j, "level", level_names[f->level]);
	jw_kstr(j, "text", f->text);
	jw_close(j);
}

/* Exit: 0 when simulated instances can run here, 4 when something is missing.
 */
VERB(cmd_doctor)
{
	static uint8_t mem[CHECKS * 1024];
	const struct show_opts *o = opts;
	struct wr w = wr_over(mem, sizeof mem);
	enum exit_status status;
	bool json, missing = false;
	struct jw j;

	(void)operands;
	(void)n;
	status = wants_json(o->format, &json);
	if (status != STATUS_DONE)
		return status;
	jw_init(&j, &w);
	jw_open(&j, '[');
	for (size_t i = 0; i < CHECKS; i++) {
		struct finding f;

		checks[i].check(&f);
		missing |= f.level == LEVEL_MISSING;
		if (json)
			write_finding(&j, checks[i].name, &f);
		else
			print_line(checks[i].name, &f);
	}
	jw_close(&j);
	if (json && jw_end(&j) != ERR_OK)
		return STATUS_INTERNAL;
	if (json)
		(void)printf("%.*s\n", (int)w.len, (const char *)mem);
	return missing ? STATUS_UNAVAILABLE : STATUS_DONE;
}
