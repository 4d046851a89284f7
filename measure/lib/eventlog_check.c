/* eventlog_check.c - the names of event types, and which types have a digest
 * that covers the data beside it. */
#include <bearssl.h>
#include <string.h>

#include "measure/lib/eventlog_form.h"

/* How a type's digest comes from its data. */
enum covers {
	COVERS_OTHER,    /* an image, a table: what the data only describes */
	COVERS_DATA,     /* all of it */
	COVERS_VARIABLE, /* the variable's value, or all of it */
	COVERS_IPL,      /* after the prefix that says what it is */
	COVERS_DSTACK,
};

/* clang-format off */
#define LOG_TYPES(X)                                                        \
	X(EV_PREBOOT_CERT,                   0x00000000, OTHER)             \
	X(EV_POST_CODE,                      0x00000001, OTHER)             \
	X(EV_NO_ACTION,                      0x00000003, OTHER)             \
	X(EV_SEPARATOR,                      0x00000004, DATA)              \
	X(EV_ACTION,                         0x00000005, DATA)              \
	X(EV_EVENT_TAG,                      0x00000006, OTHER)             \
	X(EV_S_CRTM_CONTENTS,                0x00000007, OTHER)             \
	X(EV_S_CRTM_VERSION,                 0x00000008, DATA)              \
	X(EV_CPU_MICROCODE,                  0x00000009, OTHER)             \
	X(EV_PLATFORM_CONFIG_FLAGS,          0x0000000a, OTHER)             \
	X(EV_TABLE_OF_DEVICES,               0x0000000b, OTHER)             \
	X(EV_COMPACT_HASH,                   0x0000000c, OTHER)             \
	X(EV_IPL,                            0x0000000d, IPL)               \
	X(EV_IPL_PARTITION_DATA,             0x0000000e, OTHER)             \
	X(EV_NONHOST_CODE,                   0x0000000f, OTHER)             \
	X(EV_NONHOST_CONFIG,                 0x00000010, OTHER)             \
	X(EV_NONHOST_INFO,                   0x00000011, OTHER)             \
	X(EV_OMIT_BOOT_DEVICE_EVENTS,        0x00000012, DATA)              \
	X(EV_EFI_VARIABLE_DRIVER_CONFIG,     0x80000001, DATA)              \
	X(EV_EFI_VARIABLE_BOOT,              0x80000002, VARIABLE)          \
	X(EV_EFI_BOOT_SERVICES_APPLICATION,  0x80000003, OTHER)             \
	X(EV_EFI_BOOT_SERVICES_DRIVER,       0x80000004, OTHER)             \
	X(EV_EFI_RUNTIME_SERVICES_DRIVER,    0x80000005, OTHER)             \
	X(EV_EFI_GPT_EVENT,                  0x80000006, DATA)              \
	X(EV_EFI_ACTION,                     0x80000007, DATA)              \
	X(EV_EFI_PLATFORM_FIRMWARE_BLOB,     0x80000008, OTHER)             \
	X(EV_EFI_HANDOFF_TABLES,             0x80000009, OTHER)             \
	X(EV_EFI_PLATFORM_FIRMWARE_BLOB2,    0x8000000a, OTHER)             \
	X(EV_EFI_HANDOFF_TABLES2,            0x8000000b, OTHER)             \
	X(EV_EFI_VARIABLE_BOOT2,             0x8000000c, VARIABLE)          \
	X(EV_EFI_GPT_EVENT2,                 0x8000000d, OTHER)             \
	X(EV_EFI_HCRTM_EVENT,                0x80000010, OTHER)             \
	X(EV_EFI_VARIABLE_AUTHORITY,         0x800000e0, DATA)              \
	X(EV_EFI_SPDM_FIRMWARE_BLOB,         0x800000e1, OTHER)             \
	X(EV_EFI_SPDM_FIRMWARE_CONFIG,       0x800000e2, OTHER)             \
	X(EV_EFI_SPDM_DEVICE_POLICY,         0x800000e3, OTHER)             \
	X(EV_EFI_SPDM_DEVICE_AUTHORITY,      0x800000e4, OTHER)             \
	X(DSTACK_RUNTIME, LOG_EV_DSTACK_RUNTIME,         DSTACK)            \
	X(CEL_MANAGEMENT,    LOG_EV_CEL + 4,             OTHER)             \
	X(CEL_PCCLIENT,      LOG_EV_CEL + 5,             OTHER)             \
	X(CEL_IMA_TEMPLATE,  LOG_EV_CEL + 7,             OTHER)             \
	X(CEL_CONTAINER_OS,  LOG_EV_CEL + 80,            DATA)
/* clang-format on */

static const struct {
	uint32_t type;
	enum covers covers;
	const char *name;
} types[] = {
#define X(name, number, covers) { number, COVERS_##covers, #name },
	LOG_TYPES(X)
#undef X
};

enum {
	NTYPES = sizeof types / sizeof types[0]
};

static size_t type_index(uint32_t type)
{
	size_t i = 0;

	while (i < NTYPES && types[i].type != type)
		i++;
	return i;
}

const char *eventlog_type_name(uint32_t type)
{
	size_t i = type_index(type);

	return i < NTYPES ? types[i].name : NULL;
}

const char *eventlog_alg_name(uint16_t alg)
{
	static const struct {
		uint16_t id;
		const char *name;
	} names[] = {
		{ 0x0004, "sha1" },     { 0x000b, "sha256" },
		{ 0x000c, "sha384" },   { 0x000d, "sha512" },
		{ 0x0012, "sm3" },      { 0x0027, "sha3-256" },
		{ 0x0028, "sha3-384" }, { 0x0029, "sha3-512" },
	};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (names[i].id == alg)
			return names[i].name;
	return NULL;
}

static bool is_digest_of(const struct log_event *ev, struct slice data)
{
	uint8_t digest[SHA384_LEN];

	sha384(data, digest);
	return ct_eq(digest, ev->sha384, SHA384_LEN);
}

static enum log_check verdict(bool same)
{
	return same ? LOG_CHECK_SAME : LOG_CHECK_DIFFERS;
}

/* The value in a UEFI_VARIABLE_DATA; all of it when it is none. */
static struct slice variable_value(struct slice data)
{
	struct rd r = rd_over(data);
	uint64_t chars, len;
	struct slice value;

	rd_take(&r, 16);
	chars = rd_u64le(&r);
	len = rd_u64le(&r);
	if (r.err != ERR_OK || chars > r.left / 2 || len > r.left)
		return data;
	rd_take(&r, (size_t)chars * 2);
	value = rd_take(&r, (size_t)len);
	return rd_end(&r) == ERR_OK ? value : data;
}

/* edk2 digests the value of a boot variable, newer profiles of TCG say all of
 * the structure. */
static enum log_check check_variable(const struct log_event *ev)
{
	return verdict(is_digest_of(ev, variable_value(ev->data)) ||
		       is_digest_of(ev, ev->data));
}

/* GRUB digests its commands without the prefix and the NUL. Of other loaders'
 * events the data is a name, or nothing is known. */
static enum log_check check_ipl(const struct log_event *ev)
{
	static const char *const prefixes[] = {
		"grub_cmd: ", "kernel_cmdline: ", "module_cmdline: "
	};
	struct slice s = ev->data;

	if (s.len > 0 && s.ptr[s.len - 1] == '\0')
		s.len--;
	for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
		size_t n = strlen(prefixes[i]);

		if (s.len >= n && memcmp(s.ptr, prefixes[i], n) == 0)
			return verdict(is_digest_of(
				ev, (struct slice){ s.ptr + n, s.len - n }));
	}
	return LOG_CHECK_NONE;
}

/* In a CCEL to which dstack appends its events, the data is what was hashed. */
static enum log_check check_dstack(const struct log_event *ev)
{
	uint8_t digest[SHA384_LEN];

	for (unsigned version = 1; version <= 2; version++) {
		log_dstack_digest(ev, version, digest);
		if (ct_eq(digest, ev->sha384, SHA384_LEN))
			return LOG_CHECK_SAME;
	}
	return verdict(ev->name.len == 0 && is_digest_of(ev, ev->data));
}

enum log_check eventlog_check(const struct log_event *ev)
{
	size_t i = type_index(ev->type);

	if (ev->sha384 == NULL || ev->stripped || i == NTYPES)
		return LOG_CHECK_NONE;
	switch (types[i].covers) {
	case COVERS_OTHER:
		break;
	case COVERS_DATA:
		return verdict(is_digest_of(ev, ev->data));
	case COVERS_VARIABLE:
		return check_variable(ev);
	case COVERS_IPL:
		return check_ipl(ev);
	case COVERS_DSTACK:
		return check_dstack(ev);
	}
	return LOG_CHECK_NONE;
}
