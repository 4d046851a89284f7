/* platformdir.h - what one run of a machine tells about RTMR0, as files in a
 * folder. `ee-launcher acpi` writes it, `ee-measure --acpi` reads it; the names
 * are defined here alone.
 *
 *   table-loader, rsdp, tables   the ACPI blobs of fw_cfg, as QEMU makes them
 *   fw_cfg.*                     the items that edk2 2025.05 measures
 *   efivar.*                     BootOrder and the Boot#### in it; those of
 *                                SecureBoot, PK, KEK, db, dbx that there are
 *   machine.json                 what machine it was
 *
 * Source: edk2 OvmfPkg/AcpiPlatformDxe/QemuFwCfgAcpi.c and
 * OvmfPkg/Library/QemuFwCfgLib/QemuFwCfgCacheInit.c; QEMU docs/specs/fw_cfg. */
#ifndef MEASURE_LIB_PLATFORMDIR_H
#define MEASURE_LIB_PLATFORMDIR_H

#include "lib/digest.h"

enum {
	PLATFORM_ACPI_BLOBS = 3,
	/* measured by newer firmware, in the order of fw_cfg_items; which are
	   there depends on the machine */
	PLATFORM_ITEMS = 6,
	PLATFORM_BLOB_MAX = 4 * 1024 * 1024,
	PLATFORM_JSON_MAX = 4096,
	PLATFORM_QEMU_CAP = 80,
};

#define PLATFORM_MACHINE "machine.json"
#define PLATFORM_EFIVAR  "efivar."

/* An item of fw_cfg and the file that holds it. key: its number, or 0 when it
 * is in the directory by its name. size: the only size that counts, or 0. */
struct platform_item {
	const char *name, *file;
	uint16_t key;
	uint32_t size;
};

extern const struct platform_item platform_acpi[PLATFORM_ACPI_BLOBS];
extern const struct platform_item platform_items[PLATFORM_ITEMS];

struct platform_machine {
	uint64_t memory_bytes;
	uint32_t cpus, disks, phys_bits;
	uint8_t firmware_sha256[SHA256_LEN];
	char qemu[PLATFORM_QEMU_CAP]; /* its version, for people */
};

/* machine.json: canonical JSON, one object. Reading refuses unknown members.
 * Errors: ERR_SPACE; those of json_parse, json_only and the json_ getters. */
MUST_CHECK enum err platform_machine_write(const struct platform_machine *m,
					   struct wr *out);
MUST_CHECK enum err platform_machine_read(struct slice text,
					  struct platform_machine *out);
#endif
