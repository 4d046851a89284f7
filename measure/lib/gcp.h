/* gcp.h - what is known of Google Compute Engine's TDX machines. Constants: the
 * ACPI tables change with the host's release, which a VM cannot choose. A
 * verifier that wants to accept the next release adds it here.
 * Sources: flashbots/dstack-mr-gcp internal/consts.go (machine types, ACPI up
 * to 2026-04), a quote of 2026-06 of flashbots/attested-tls (ACPI of 2026-06,
 * boot variables). */
#ifndef MEASURE_LIB_GCP_H
#define MEASURE_LIB_GCP_H

#include "lib/digest.h"
#include "measure/lib/tdvf.h"

/* The digests of etc/table-loader, etc/acpi/rsdp, etc/acpi/tables, as hex. */
struct gcp_acpi {
	const char *release; /* "2026-04": when it was first seen */
	const char *digest[3];
};

struct gcp_machine {
	const char *name; /* "c3-standard-4" */
	uint32_t cpus;
	uint64_t memory_bytes;
	const struct gcp_acpi *acpi; /* oldest first */
	size_t nacpi;                /* may be 0: none published */
};

/* NULL when there is no such machine type. */
const struct gcp_machine *gcp_machine(const char *name);

/* The i-th machine type, NULL after the last. */
const struct gcp_machine *gcp_machine_at(size_t i);

/* Where the sections of Google's firmware lie in memory, in metadata order: no
 * file offsets. Source:
 * the TD HOB of a quote of 2026-06 and the published TD HOB digests, which all
 * follow from it. MRTD covers the sections, so another layout is another MRTD.
 */
extern const struct tdvf gcp_layout;

/* Data digests of the boot variables that Google's firmware makes, as hex, or
 * NULL: 0 the firmware's menu, 1 the boot disk, 2 a second disk. */
const char *gcp_boot_digest(unsigned number);

/* An image's default secure boot keys are Google's and Microsoft's and change.
 * An image that is created with this one 52-byte signature list as its PK, KEK,
 * db and dbx has constant ones; no signature can ever verify under it, so
 * secure boot stays off. Bytes: an EFI_SIGNATURE_LIST of one X.509 entry whose
 * certificate is the first 8 bytes of a SEQUENCE. */
enum {
	GCP_STUB_KEYS_LEN = 52
};
extern const uint8_t gcp_stub_keys[GCP_STUB_KEYS_LEN];
#endif
