/* platformdir.c - the names and the one JSON file of a captured machine. */
#include "measure/lib/platformdir.h"

#include "lib/json.h"

enum {
	FORMAT = 1,
	KEY_BOOT_MENU = 0x0e,
	JSON_ARENA = 32 * 1024
};

const struct platform_item platform_acpi[PLATFORM_ACPI_BLOBS] = {
	{ "etc/table-loader", "table-loader", 0, 0 },
	{ "etc/acpi/rsdp", "rsdp", 0, 0 },
	{ "etc/acpi/tables", "tables", 0, 0 },
};

const struct platform_item platform_items[PLATFORM_ITEMS] = {
	{ "etc/extra-pci-roots", "fw_cfg.extra-pci-roots", 0, 8 },
	{ "BootMenu", "fw_cfg.BootMenu", KEY_BOOT_MENU, 2 },
	{ "etc/boot-menu-wait", "fw_cfg.boot-menu-wait", 0, 2 },
	{ "etc/reserved-memory-end", "fw_cfg.reserved-memory-end", 0, 8 },
	{ "opt/ovmf/X-PciMmio64Mb", "fw_cfg.X-PciMmio64Mb", 0, 0 },
	{ "bootorder", "fw_cfg.bootorder", 0, 0 },
};

enum err platform_machine_write(const struct platform_machine *m,
				struct wr *out)
{
	struct jw j;

	jw_init(&j, out);
	jw_open(&j, '{');
	jw_ki64(&j, "cpus", m->cpus);
	jw_ki64(&j, "disks", m->disks);
	jw_khex(&j, "firmware_sha256",
		(struct slice){ m->firmware_sha256, SHA256_LEN });
	jw_ki64(&j, "format", FORMAT);
	jw_ki64(&j, "memory_bytes", (int64_t)m->memory_bytes);
	jw_ki64(&j, "phys_bits", m->phys_bits);
	jw_kstr(&j, "qemu", m->qemu);
	jw_close(&j);
	wr_str(out, "\n");
	return jw_end(&j);
}

static enum err read_number(struct json v, const char *key, int64_t max,
			    uint32_t *out)
{
	int64_t n;
	enum err e = json_int(v, key, 1, max, &n);

	if (e == ERR_OK)
		*out = (uint32_t)n;
	return e;
}

static enum err read_members(struct json v, struct platform_machine *m)
{
	static const char *const known[] = { "cpus",
					     "disks",
					     "firmware_sha256",
					     "format",
					     "memory_bytes",
					     "phys_bits",
					     "qemu",
					     NULL };
	int64_t format = 0, memory = 0;
	const char *which;
	struct slice qemu = { 0 };
	enum err e = json_only(v, known, &which);

	if (e == ERR_OK)
		e = json_int(v, "format", FORMAT, FORMAT, &format);
	if (e == ERR_OK)
		e = json_int(v, "memory_bytes", 1, INT64_MAX, &memory);
	if (e == ERR_OK)
		e = read_number(v, "cpus", 4096, &m->cpus);
	if (e == ERR_OK)
		e = read_number(v, "disks", 64, &m->disks);
	if (e == ERR_OK)
		e = read_number(v, "phys_bits", 64, &m->phys_bits);
	if (e == ERR_OK)
		e = json_hex(v, "firmware_sha256", m->firmware_sha256,
			     SHA256_LEN);
	if (e == ERR_OK)
		e = json_str(v, "qemu", &qemu);
	if (e == ERR_OK)
		e = slice_cstr(qemu, m->qemu, sizeof m->qemu);
	m->memory_bytes = (uint64_t)memory;
	return e;
}

enum err platform_machine_read(struct slice text, struct platform_machine *out)
{
	uint8_t mem[JSON_ARENA];
	struct arena a = arena_over(mem, sizeof mem);
	struct platform_machine m = { 0 };
	struct json v;
	enum err e = text.len > PLATFORM_JSON_MAX ? ERR_LIMIT
						  : json_parse(&a, text, &v);

	if (e == ERR_OK)
		e = read_members(v, &m);
	if (e == ERR_OK)
		*out = m;
	return e;
}
