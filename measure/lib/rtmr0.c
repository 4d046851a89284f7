/* rtmr0.c - the configuration of the platform. */
#include "measure/lib/rtmr.h"

#include <bearssl.h>
#include <stdio.h>
#include <string.h>

#include "lib/text.h"
#include "measure/lib/gcp.h"
#include "measure/lib/hob.h"

enum {
	GUID_LEN = 16,
	MAX_BOOT_OPTIONS = 16
};

/* 8be4df61-93ca-11d2-aa0d-00e098032b8c: EFI global variables */
static const uint8_t guid_global[GUID_LEN] = { 0x61, 0xdf, 0xe4, 0x8b,
					       0xca, 0x93, 0xd2, 0x11,
					       0xaa, 0x0d, 0x00, 0xe0,
					       0x98, 0x03, 0x2b, 0x8c };
/* d719b2cb-3d3a-4596-a3bc-dad00e67656f: image security database */
static const uint8_t guid_security[GUID_LEN] = { 0xcb, 0xb2, 0x19, 0xd7,
						 0x3a, 0x3d, 0x96, 0x45,
						 0xa3, 0xbc, 0xda, 0xd0,
						 0x0e, 0x67, 0x65, 0x6f };
/* 605dab50-e046-4300-abb6-3dd810dd8b23: shim's variables */
static const uint8_t guid_shim[GUID_LEN] = { 0x50, 0xab, 0x5d, 0x60, 0x46, 0xe0,
					     0x00, 0x43, 0xab, 0xb6, 0x3d, 0xd8,
					     0x10, 0xdd, 0x8b, 0x23 };

/* The variables that are always measured, in this order. */
static const struct {
	const char *name;
	const uint8_t *guid;
} secure_vars[] = {
	{ "SecureBoot", guid_global }, { "PK", guid_global },
	{ "KEK", guid_global },        { "db", guid_security },
	{ "dbx", guid_security },
};

const struct efi_var *rtmr0_variable_given(const struct predict_in *in,
					   const char *name)
{
	for (size_t i = 0; i < in->nvars; i++)
		if (strcmp(in->vars[i].name, name) == 0)
			return &in->vars[i];
	return NULL;
}

static const uint8_t *variable_guid(const char *name)
{
	for (size_t i = 0; i < sizeof secure_vars / sizeof *secure_vars; i++)
		if (strcmp(secure_vars[i].name, name) == 0)
			return secure_vars[i].guid;
	return guid_shim;
}

/* UEFI_VARIABLE_DATA: GUID, length of the name in characters, length of the
 * data, name in UTF-16 without NUL, data. An absent variable has no data. */
void rtmr0_variable(const char *name, struct slice data,
		    uint8_t out[static SHA384_LEN])
{
	uint8_t head[GUID_LEN + 16 + 2 * 16];
	struct wr w = wr_over(head, sizeof head);
	br_sha384_context h;

	wr_bytes(&w, (struct slice){ variable_guid(name), GUID_LEN });
	wr_u64le(&w, strlen(name));
	wr_u64le(&w, data.len);
	for (const char *c = name; *c != '\0'; c++)
		wr_u16le(&w, (uint8_t)*c);
	br_sha384_init(&h);
	br_sha384_update(&h, head, wr_slice(&w).len);
	br_sha384_update(&h, data.ptr, data.len);
	br_sha384_out(&h, out);
}

/* The state of one secure boot variable; false when it cannot be known. */
static bool secure_var_data(const struct predict_in *in, const char *name,
			    struct slice *data)
{
	static const uint8_t off[1] = { 0 };
	const struct efi_var *v = rtmr0_variable_given(in, name);

	if (v != NULL) {
		*data = v->data;
		return true;
	}
	*data = (struct slice){ NULL, 0 };
	if (in->platform != PLATFORM_GCP)
		return true; /* absent, as of a firmware without Secure Boot */
	if (!in->gcp_stub_keys)
		return false;
	*data = strcmp(name, "SecureBoot") == 0
			? (struct slice){ off, sizeof off }
			: (struct slice){ gcp_stub_keys, GCP_STUB_KEYS_LEN };
	return true;
}

static void add_secure_vars(const struct predict_in *in, struct eventlist *l)
{
	for (size_t i = 0; i < sizeof secure_vars / sizeof *secure_vars; i++) {
		const char *name = secure_vars[i].name;
		uint8_t digest[SHA384_LEN];
		struct slice data;
		char what[32];

		if (!secure_var_data(in, name, &data)) {
			event_add_unknown(l, 0, EVENT_VARIABLE_CONFIG, name);
			continue;
		}
		rtmr0_variable(name, data, digest);
		snprintf(what, sizeof what, "%s%s", name,
			 data.len == 0 ? " (absent)" : "");
		event_add(l, 0, EVENT_VARIABLE_CONFIG, digest, what);
	}
}

/* A digest out of gcp.h's tables. */
static void add_hex(struct eventlist *l, enum event_type type, const char *hex,
		    const char *what)
{
	uint8_t digest[SHA384_LEN];

	if (hex != NULL &&
	    hex_decode(str_slice(hex), digest, sizeof digest) == ERR_OK)
		event_add(l, 0, type, digest, what);
	else
		event_add_unknown(l, 0, type, what);
}

/* QEMU's configuration, where the firmware measures what it takes of it. */
static void add_items(const struct predict_in *in, struct eventlist *l)
{
	if (in->platform != PLATFORM_QEMU ||
	    !(in->quirks & QUIRK_FW_CFG_EVENTS))
		return;
	if (!in->items_known)
		event_add_unknown(l, 0, EVENT_PLATFORM_CONFIG_FLAGS,
				  "QEMU FW CFG: the items of the machine");
	for (size_t i = 0; i < PLATFORM_ITEMS; i++) {
		char what[EVENT_WHAT_LEN];

		if (in->items[i].ptr == NULL)
			continue;
		snprintf(what, sizeof what, "QEMU FW CFG: %s",
			 platform_items[i].name);
		event_add_data(l, 0, EVENT_PLATFORM_CONFIG_FLAGS, in->items[i],
			       what);
	}
}

static void add_acpi(const struct predict_in *in, struct eventlist *l)
{
	const struct gcp_machine *m = in->machine;

	for (size_t i = 0; i < PLATFORM_ACPI_BLOBS; i++) {
		char what[EVENT_WHAT_LEN];

		snprintf(what, sizeof what, "ACPI DATA: %s",
			 platform_acpi[i].name);
		if (in->acpi[i].ptr != NULL) {
			event_add_data(l, 0, EVENT_PLATFORM_CONFIG_FLAGS,
				       in->acpi[i], what);
		} else if (m != NULL && in->acpi_release < m->nacpi) {
			const struct gcp_acpi *a = &m->acpi[in->acpi_release];

			snprintf(what, sizeof what,
				 "ACPI DATA: %s (%s, host release %s)",
				 platform_acpi[i].name, m->name, a->release);
			add_hex(l, EVENT_PLATFORM_CONFIG_FLAGS, a->digest[i],
				what);
		} else {
			event_add_unknown_why(
				l, 0, EVENT_PLATFORM_CONFIG_FLAGS, what,
				m != NULL ? "the ACPI tables of that machine "
					    "type and host release are not "
					    "published"
					  : NULL);
		}
	}
}

/* What BootOrder is when nobody says: with -kernel the firmware has only its
 * own menu; Google's lists the disks before that; for a disk under QEMU it
 * depends on the devices. */
static struct slice default_order(const struct predict_in *in, bool is_disk)
{
	static const uint8_t menu[] = { 0, 0 }, disk[] = { 1, 0, 0, 0 };
	static const uint8_t disks[] = { 1, 0, 2, 0, 0, 0 };

	if (in->platform == PLATFORM_GCP && in->gcp_second_disk)
		return (struct slice){ disks, sizeof disks };
	if (in->platform == PLATFORM_GCP)
		return (struct slice){ disk, sizeof disk };
	if (!is_disk)
		return (struct slice){ menu, sizeof menu };
	return (struct slice){ NULL, 0 };
}

static void add_boot_option(const struct predict_in *in, uint16_t number,
			    struct eventlist *l)
{
	char name[16];
	const struct efi_var *v;

	snprintf(name, sizeof name, "Boot%04X", (unsigned)number);
	v = rtmr0_variable_given(in, name);
	if (v != NULL)
		event_add_data(l, 0, EVENT_VARIABLE_BOOT, v->data, name);
	else if (number == 0 || in->platform == PLATFORM_GCP)
		add_hex(l, EVENT_VARIABLE_BOOT, gcp_boot_digest(number), name);
	else
		event_add_unknown(l, 0, EVENT_VARIABLE_BOOT, name);
}

static enum err add_boot_vars(const struct predict_in *in, bool is_disk,
			      struct eventlist *l, const char **why)
{
	const struct efi_var *v = rtmr0_variable_given(in, "BootOrder");
	struct slice order = v != NULL ? v->data : default_order(in, is_disk);
	struct rd r = rd_over(order);

	if (order.ptr == NULL) {
		event_add_unknown(l, 0, EVENT_VARIABLE_BOOT,
				  "BootOrder and the options in it");
		return ERR_OK;
	}
	if (order.len % 2 != 0 || order.len > 2 * MAX_BOOT_OPTIONS) {
		*why = "BootOrder is not a list of at most 16 numbers";
		return ERR_VALUE;
	}
	event_add_data(l, 0, EVENT_VARIABLE_BOOT, order, "BootOrder");
	for (size_t n = order.len / 2; n > 0; n--)
		add_boot_option(in, rd_u16le(&r), l);
	return ERR_OK;
}

static enum err add_hob(const struct predict_in *in, const struct tdvf *t,
			struct eventlist *l, const char **why)
{
	bool gcp = in->platform == PLATFORM_GCP;
	uint64_t memory = gcp ? in->machine->memory_bytes : in->memory_bytes;
	uint8_t hob[HOB_MAX_BYTES];
	struct wr w = wr_over(hob, sizeof hob);
	enum err e = hob_write(t, gcp ? HOB_GOOGLE : HOB_QEMU, memory, &w);
	char what[EVENT_WHAT_LEN];

	if (e == ERR_LIMIT)
		*why = "the memory size is not possible";
	else if (e == ERR_UNSUPP)
		*why = "the firmware has a section that QEMU does not know";
	else if (e != ERR_OK)
		*why = "the firmware needs memory that the VM does not have";
	if (e != ERR_OK)
		return e;
	snprintf(what, sizeof what, "TdxTable: TD HOB list for %llu MiB",
		 (unsigned long long)(memory >> 20));
	event_add_data(l, 0, EVENT_HANDOFF_TABLES2, wr_slice(&w), what);
	return ERR_OK;
}

enum err rtmr0_events(const struct predict_in *in, const struct tdvf *t,
		      bool is_disk, struct eventlist *l, const char **why)
{
	static const uint8_t zero[4];
	const struct tdvf_section *cfv = tdvf_find(t, TDVF_CFV);
	enum err e = add_hob(in, t, l, why);

	if (e != ERR_OK)
		return e;
	if (cfv == NULL) {
		*why = "the firmware has no variable store (CFV)";
		return ERR_MISSING;
	}
	if (in->cfv_sha384 != NULL)
		event_add(l, 0, EVENT_FIRMWARE_BLOB2, in->cfv_sha384,
			  "CFV: the firmware's variable store, as given");
	else
		event_add_data(l, 0, EVENT_FIRMWARE_BLOB2,
			       tdvf_bytes(in->firmware, cfv),
			       "CFV: the firmware's variable store");
	add_items(in, l);
	add_secure_vars(in, l);
	event_add_data(l, 0, EVENT_SEPARATOR,
		       (struct slice){ zero, sizeof zero }, "secure boot");
	if (in->platform == PLATFORM_SIM)
		return ERR_OK;
	add_acpi(in, l);
	return add_boot_vars(in, is_disk, l, why);
}
