#include "host-launcher/vm/qemu.h"

#include <string.h>

#include "lib/text.h"

static const char *const accel_names[] = { "auto", "kvm", "tcg" };

const char *accel_name(enum accel a)
{
	return accel_names[a];
}

enum err accel_parse(struct slice s, enum accel *out)
{
	for (size_t i = 0; i < 3; i++) {
		if (slice_is(s, accel_names[i])) {
			*out = (enum accel)i;
			return ERR_OK;
		}
	}
	return ERR_UNKNOWN;
}

/* Digits from the front of *s. */
static enum err number(struct slice *s, uint32_t *out)
{
	struct slice d = { s->ptr, 0 };
	uint64_t n;
	enum err e;

	while (d.len < s->len && d.ptr[d.len] >= '0' && d.ptr[d.len] <= '9')
		d.len++;
	s->ptr += d.len;
	s->len -= d.len;
	e = u64_parse(d, UINT32_MAX, &n);
	if (e == ERR_OK)
		*out = (uint32_t)n;
	return e;
}

enum err qemu_version_parse(struct slice text, struct qemu_version *out)
{
	static const char prefix[] = "QEMU emulator version ";
	struct qemu_version v;
	struct slice rest;
	enum err e;

	if (text.len < sizeof prefix - 1 ||
	    memcmp(text.ptr, prefix, sizeof prefix - 1) != 0)
		return ERR_VALUE;
	rest.ptr = text.ptr + sizeof prefix - 1;
	rest.len = text.len - (sizeof prefix - 1);
	e = number(&rest, &v.major);
	if (e != ERR_OK || rest.len == 0 || rest.ptr[0] != '.')
		return ERR_VALUE;
	rest.ptr++;
	rest.len--;
	e = number(&rest, &v.minor);
	if (e == ERR_OK)
		*out = v;
	return e;
}

bool qemu_has_tdx(const struct qemu_version *v)
{
	return v->major > QEMU_TDX_MAJOR ||
	       (v->major == QEMU_TDX_MAJOR && v->minor >= QEMU_TDX_MINOR);
}

enum when {
	ALWAYS = 0,
	SIM = 1 << 0,
	TDX = 1 << 1,
	KVM = 1 << 2,
	TCG = 1 << 3,
	METADATA = 1 << 4,
	NO_METADATA = 1 << 5,
	CAPTURE = 1 << 6,
};

/* A row is used when all of its conditions hold. In values {x} stands for a
 * field of the spec; file names get their commas doubled. */
struct row {
	const char *option;
	unsigned when;
	const char *value;
};

#define NETWORK                                                                \
	"user,id=net,net=169.254.169.0/24,host=169.254.169.2,"                 \
	"dns=169.254.169.3,dhcpstart=169.254.169.15,"                          \
	"hostfwd=tcp:127.0.0.1:{host_port}-:{guest_port}"

/* clang-format off */
static const struct row rows[] = {
	{ "-name",           ALWAYS, "{name}" },
	{ "-nodefaults",     ALWAYS, NULL },
	{ "-no-user-config", ALWAYS, NULL },
	{ "-no-reboot",      ALWAYS, NULL },
	{ "-display",        ALWAYS, "none" },
	/* the metadata command is a child with a session of its own, so spawn
	 * and setsid stay allowed; no_new_privs is set before QEMU starts */
	{ "-sandbox",        ALWAYS, "on,obsolete=deny,resourcecontrol=deny" },
	{ "-machine",        SIM,    "q35,usb=off,vmport=off" },
	{ "-machine",        TDX,    "q35,usb=off,vmport=off,"
				     "kernel-irqchip=split,"
				     "confidential-guest-support=tdx0" },
	{ "-object",         TDX,    "{\"qom-type\":\"tdx-guest\","
				     "\"id\":\"tdx0\","
				     "\"quote-generation-socket\":{qgs}}" },
	/* what the tdx-guest object changes in a machine, by itself */
	{ "-machine",        CAPTURE, "q35,usb=off,vmport=off,"
				     "kernel-irqchip=split,smm=off,pic=off" },
	{ "-global",         CAPTURE, "virtio-pci.disable-legacy=on" },
	{ "-global",         CAPTURE, "virtio-device.iommu_platform=on" },
	{ "-no-shutdown",    CAPTURE, NULL },
	{ "-accel",          KVM,    "kvm" },
	{ "-accel",          TCG,    "tcg" },
	{ "-cpu",            KVM,    "host" },
	/* REP STOSB is emulated byte by byte: without ERMS and FSRM the guest
	 * clears memory with wide stores */
	{ "-cpu",            TCG | SIM, "max,-erms,-fsrm" },
	{ "-cpu",            TCG | CAPTURE, "max,-erms,-fsrm,"
				     "vendor=GenuineIntel,"
				     "phys-bits={phys_bits}" },
	{ "-smp",            ALWAYS, "{cpus}" },
	{ "-m",              ALWAYS, "{memory}M" },
	{ "-bios",           ALWAYS, "{firmware}" },
	{ "-drive",          ALWAYS, "if=none,id=disk,format=raw,read-only=on,"
				     "file={image}" },
	{ "-device",         ALWAYS, "virtio-blk-pci,drive=disk,bootindex=0" },
	{ "-netdev",         METADATA, NETWORK ",guestfwd="
				     "tcp:169.254.169.254:80-cmd:{metadata}" },
	{ "-netdev",         NO_METADATA, NETWORK },
	{ "-netdev",         CAPTURE, "user,id=net,restrict=on" },
	/* no option ROM: the network is not a place to boot from */
	{ "-device",         ALWAYS, "virtio-net-pci,netdev=net,romfile=" },
	{ "-chardev",        ALWAYS, "file,id=console,append=on,"
				     "path=" QEMU_CONSOLE_LOG },
	{ "-serial",         ALWAYS, "chardev:console" },
	{ "-chardev",        SIM,    "socket,id=sim,path=" QEMU_SIM_SOCKET },
	{ "-serial",         SIM,    "chardev:sim" },
	{ "-qtest",          CAPTURE, "unix:" QEMU_QTEST_SOCKET
				     ",server=on,wait=off" },
	{ "-qtest-log",      CAPTURE, "/dev/null" },
	{ "-chardev",        ALWAYS, "socket,id=qmp,server=on,wait=off,"
				     "path=" QEMU_QMP_SOCKET },
	{ "-mon",            ALWAYS, "chardev=qmp,mode=control" },
};
/* clang-format on */

/* A file name, or any other text, as a value inside an option: QEMU ends
 * values at a comma unless it is doubled. */
static void wr_escaped(struct wr *w, const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == ',')
			wr_u8(w, ',');
		wr_u8(w, (uint8_t)*s);
	}
}

/* A JSON string: the paths and numbers that occur need no more than this. */
static void wr_json_string(struct wr *w, struct slice s)
{
	wr_u8(w, '"');
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < ' ')
			wr_fail(w, ERR_VALUE);
		if (s.ptr[i] == '"' || s.ptr[i] == '\\')
			wr_u8(w, '\\');
		wr_u8(w, s.ptr[i]);
	}
	wr_u8(w, '"');
}

/* The socket address of the quote generation service. */
static void wr_qgs(struct wr *w, const char *qgs)
{
	struct slice rest = str_slice(qgs), cid, port;
	uint64_t n;

	if (qgs[0] == '/') {
		wr_str(w, "{\"type\":\"unix\",\"path\":");
		wr_json_string(w, rest);
		wr_str(w, "}");
		return;
	}
	if (strncmp(qgs, "vsock:", 6) != 0) {
		wr_fail(w, ERR_VALUE);
		return;
	}
	cid = (struct slice){ rest.ptr + 6, 0 };
	while (cid.len < rest.len - 6 && cid.ptr[cid.len] != ':')
		cid.len++;
	port.ptr = cid.ptr + cid.len + 1;
	port.len = rest.len - 6 - cid.len;
	if (port.len == 0) {
		wr_fail(w, ERR_VALUE);
		return;
	}
	port.len--;
	if (u64_parse(cid, UINT32_MAX, &n) != ERR_OK ||
	    u64_parse(port, UINT32_MAX, &n) != ERR_OK)
		wr_fail(w, ERR_VALUE);
	wr_str(w, "{\"type\":\"vsock\",\"cid\":");
	wr_json_string(w, cid);
	wr_str(w, ",\"port\":");
	wr_json_string(w, port);
	wr_str(w, "}");
}

/* Writes what {field} stands for. */
static void wr_field(struct wr *w, struct slice field,
		     const struct qemu_spec *s)
{
	if (slice_is(field, "name"))
		wr_escaped(w, s->name);
	else if (slice_is(field, "firmware"))
		wr_str(w, s->firmware); /* the whole value: no commas end it */
	else if (slice_is(field, "image"))
		wr_escaped(w, s->image);
	else if (slice_is(field, "metadata"))
		wr_escaped(w, s->metadata_command);
	else if (slice_is(field, "qgs"))
		wr_qgs(w, s->qgs);
	else if (slice_is(field, "cpus"))
		wr_fmt(w, "%u", s->cpus);
	else if (slice_is(field, "phys_bits"))
		wr_fmt(w, "%u", s->phys_bits);
	else if (slice_is(field, "memory"))
		wr_fmt(w, "%llu", (unsigned long long)(s->memory_bytes >> 20));
	else if (slice_is(field, "host_port"))
		wr_fmt(w, "%u", s->host_port);
	else if (slice_is(field, "guest_port"))
		wr_fmt(w, "%u", s->guest_port);
	else
		wr_fail(w, ERR_STATE);
}

/* Lower-case letters and underscores between braces are a field; other braces
 * (JSON has them) are themselves. */
static size_t field_len(const char *s)
{
	size_t n = 1;

	while ((s[n] >= 'a' && s[n] <= 'z') || s[n] == '_')
		n++;
	return n > 1 && s[n] == '}' ? n + 1 : 0;
}

static void wr_value(struct wr *w, const char *v, const struct qemu_spec *s)
{
	while (*v != '\0') {
		size_t n = *v == '{' ? field_len(v) : 0;

		if (n == 0) {
			wr_u8(w, (uint8_t)*v++);
			continue;
		}
		wr_field(w, (struct slice){ (const uint8_t *)v + 1, n - 2 }, s);
		v += n;
	}
}

static unsigned conditions(const struct qemu_spec *s)
{
	unsigned c = s->capture ? CAPTURE : s->tdx ? TDX : SIM;

	c |= s->accel == ACCEL_KVM ? KVM : TCG;
	if (s->capture)
		return c;
	return c | (s->metadata_command != NULL ? METADATA : NO_METADATA);
}

static void begin_arg(struct wr *w, struct qemu_command *c)
{
	if (c->argc == QEMU_ARGS_MAX) {
		wr_fail(w, ERR_SPACE);
		return;
	}
	c->argv[c->argc++] = c->text + w->len;
}

static void add_row(struct wr *w, struct qemu_command *c, const struct row *row,
		    const struct qemu_spec *spec)
{
	begin_arg(w, c);
	wr_str(w, row->option);
	wr_u8(w, '\0');
	if (row->value == NULL)
		return;
	begin_arg(w, c);
	wr_value(w, row->value, spec);
	wr_u8(w, '\0');
}

/* Disks that hold nothing, as a machine with data disks has them. */
static void add_disk(struct wr *w, struct qemu_command *c, uint32_t n)
{
	static const char *const values[][2] = {
		{ "-drive", "if=none,driver=null-co,size=1G,read-zeroes=on,"
			    "read-only=on,id=disk" },
		{ "-device", "virtio-blk-pci,drive=disk" },
	};

	for (size_t i = 0; i < 2; i++) {
		begin_arg(w, c);
		wr_str(w, values[i][0]);
		wr_u8(w, '\0');
		begin_arg(w, c);
		wr_fmt(w, "%s%u", values[i][1], n);
		wr_u8(w, '\0');
	}
}

enum err qemu_command(const struct qemu_spec *spec, struct qemu_command *out)
{
	struct wr w = wr_over(out->text, sizeof out->text);
	unsigned have = conditions(spec);

	if (spec->more_disks > QEMU_MORE_DISKS_MAX)
		return ERR_LIMIT;
	out->argc = 0;
	begin_arg(&w, out);
	wr_str(&w, spec->binary);
	wr_u8(&w, '\0');
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if ((rows[i].when & have) == rows[i].when)
			add_row(&w, out, &rows[i], spec);
	for (uint32_t i = 0; i < spec->more_disks; i++)
		add_disk(&w, out, i + 2);
	out->argv[out->argc] = NULL;
	return wr_end(&w);
}
