/* eventlog_text.c - the data of events as text. Sources: TCG PC Client Platform
 * Firmware Profile 1.06, section 10; UEFI 2.10, section 3.1.3 (load options).
 */
#include "measure/lib/eventlog_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "measure/lib/gpt.h"

#define EV_EVENT_TAG              UINT32_C(0x00000006)
#define EV_PLATFORM_CONFIG_FLAGS  UINT32_C(0x0000000a)
#define EV_VARIABLE_DRIVER_CONFIG UINT32_C(0x80000001)
#define EV_VARIABLE_BOOT          UINT32_C(0x80000002)
#define EV_APPLICATION            UINT32_C(0x80000003)
#define EV_BOOT_DRIVER            UINT32_C(0x80000004)
#define EV_RUNTIME_DRIVER         UINT32_C(0x80000005)
#define EV_GPT                    UINT32_C(0x80000006)
#define EV_FIRMWARE_BLOB2         UINT32_C(0x8000000a)
#define EV_HANDOFF_TABLES2        UINT32_C(0x8000000b)
#define EV_VARIABLE_BOOT2         UINT32_C(0x8000000c)
#define EV_VARIABLE_AUTHORITY     UINT32_C(0x800000e0)

enum {
	GUID_LEN = 16,
	HEX_SHOWN = 32,   /* bytes of data that is no text */
	VALUE_SHOWN = 16, /* bytes of a variable's value */
	PREFIX_MIN = 4,   /* letters that make a name of what they begin */
	SIGNATURE_LEN = 16,
};

/* ---- pieces of text */

void lt_char(struct log_text *t, unsigned c)
{
	char one[8];
	size_t n;

	if (c >= 0x20 && c <= 0x7e)
		n = (size_t)snprintf(one, sizeof one, "%c", (char)c);
	else if (c == '\n')
		n = (size_t)snprintf(one, sizeof one, "\\n");
	else
		n = (size_t)snprintf(one, sizeof one,
				     c <= 0xff ? "\\x%02x" : "\\u%04x",
				     c & 0xffff);
	if (t->cut || t->len + n + sizeof "..." > LOG_TEXT_MAX) {
		t->cut = true;
		return;
	}
	memcpy(t->buf + t->len, one, n);
	t->len += n;
}

void lt_str(struct log_text *t, const char *s)
{
	lt_bytes(t, str_slice(s));
}

void lt_fmt(struct log_text *t, const char *fmt, ...)
{
	char one[128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(one, sizeof one, fmt, ap);
	va_end(ap);
	lt_str(t, one);
}

void lt_bytes(struct log_text *t, struct slice ascii)
{
	for (size_t i = 0; i < ascii.len && !t->cut; i++)
		lt_char(t, ascii.ptr[i]);
}

void lt_utf16(struct log_text *t, struct slice units)
{
	for (size_t i = 0; i + 1 < units.len && !t->cut; i += 2) {
		unsigned c = units.ptr[i] | (unsigned)units.ptr[i + 1] << 8;

		if (c == 0)
			return;
		lt_char(t, c);
	}
}

void lt_hex(struct log_text *t, struct slice bytes)
{
	size_t n = bytes.len < HEX_SHOWN ? bytes.len : HEX_SHOWN;

	for (size_t i = 0; i < n; i++)
		lt_fmt(t, "%02x", bytes.ptr[i]);
	if (n < bytes.len)
		lt_str(t, "...");
}

/* The first three parts are little-endian numbers, the others bytes. */
void lt_guid(struct log_text *t, struct slice guid)
{
	static const struct {
		uint8_t at;
		const char *after;
	} order[GUID_LEN] = {
		{ 3, "" },  { 2, "" },  { 1, "" },  { 0, "-" },
		{ 5, "" },  { 4, "-" }, { 7, "" },  { 6, "-" },
		{ 8, "" },  { 9, "-" }, { 10, "" }, { 11, "" },
		{ 12, "" }, { 13, "" }, { 14, "" }, { 15, "" },
	};

	for (size_t i = 0; i < GUID_LEN; i++)
		lt_fmt(t, "%02x%s", guid.ptr[order[i].at], order[i].after);
}

/* ---- data that may be text */

static bool is_printable(unsigned c)
{
	return (c >= 0x20 && c <= 0x7e) || c == '\n' || c == '\t';
}

/* Bytes of printable ASCII at the beginning. */
static size_t ascii_prefix(struct slice s)
{
	size_t n = 0;

	while (n < s.len && is_printable(s.ptr[n]))
		n++;
	return n;
}

static bool is_nul_from(struct slice s, size_t i)
{
	while (i < s.len && s.ptr[i] == '\0')
		i++;
	return i == s.len;
}

static bool is_utf16(struct slice s)
{
	size_t i = 0;

	while (i + 1 < s.len && s.ptr[i + 1] == 0 && is_printable(s.ptr[i]))
		i += 2;
	return i >= 2 && is_nul_from(s, i);
}

static void put_bytes(struct log_text *t, struct slice s)
{
	lt_fmt(t, "%zu byte%s", s.len, s.len == 1 ? "" : "s");
	if (s.len > 0)
		lt_str(t, ": ");
	lt_hex(t, s);
}

/* Text when it is text; else the name it begins with, or hex. */
static void put_guess(struct log_text *t, struct slice s)
{
	size_t n = ascii_prefix(s);

	if (n > 0 && is_nul_from(s, n)) {
		lt_bytes(t, (struct slice){ s.ptr, n });
	} else if (is_utf16(s)) {
		lt_utf16(t, s);
	} else if (n >= PREFIX_MIN && s.ptr[n] == '\0') {
		lt_bytes(t, (struct slice){ s.ptr, n });
		lt_fmt(t, ", %zu bytes in all", s.len);
	} else {
		put_bytes(t, s);
	}
}

/* ---- one function for each kind of data. False: it is not of that kind, and
 * nothing has been written. */

typedef bool text_fn(const struct log_event *ev, struct log_text *t);

/* EFI_LOAD_OPTION. */
static bool put_load_option(struct log_text *t, struct slice value)
{
	struct rd r = rd_over(value);
	struct slice name, path, options;
	uint16_t path_len;
	size_t n = 0;

	rd_u32le(&r); /* attributes */
	path_len = rd_u16le(&r);
	while (n + 1 < r.left && (r.p[n] != 0 || r.p[n + 1] != 0))
		n += 2;
	name = rd_take(&r, n);
	rd_u16le(&r);
	path = rd_take(&r, path_len);
	options = rd_take(&r, r.left);
	if (r.err != ERR_OK)
		return false;
	lt_str(t, "\"");
	lt_utf16(t, name);
	lt_str(t, "\" ");
	lt_device_path(t, path);
	if (options.len > 0) {
		lt_str(t, ", options ");
		put_guess(t, options);
	}
	return true;
}

static void put_boot_order(struct log_text *t, struct slice value)
{
	for (size_t i = 0; i + 1 < value.len; i += 2)
		lt_fmt(t, "%s%04x", i > 0 ? "," : "",
		       value.ptr[i] | (unsigned)value.ptr[i + 1] << 8);
}

static bool utf16_is(struct slice units, const char *s)
{
	if (units.len != 2 * strlen(s))
		return false;
	for (size_t i = 0; s[i] != '\0'; i++)
		if (units.ptr[2 * i] != (uint8_t)s[i] ||
		    units.ptr[2 * i + 1] != 0)
			return false;
	return true;
}

static void put_value(struct log_text *t, bool boot, struct slice name,
		      struct slice value)
{
	size_t n = ascii_prefix(value);

	if (value.len == 0) {
		lt_str(t, "empty");
	} else if (boot && utf16_is(name, "BootOrder")) {
		put_boot_order(t, value);
	} else if (boot && name.len == 2 * strlen("Boot0000") &&
		   put_load_option(t, value)) {
		return;
	} else if (value.len <= VALUE_SHOWN) {
		lt_hex(t, value);
	} else if (n > 0 && is_nul_from(value, n)) {
		put_guess(t, value);
	} else {
		lt_fmt(t, "%zu bytes", value.len);
	}
}

/* UEFI_VARIABLE_DATA. */
static bool text_variable(const struct log_event *ev, struct log_text *t)
{
	bool boot =
		ev->type == EV_VARIABLE_BOOT || ev->type == EV_VARIABLE_BOOT2;
	struct rd r = rd_over(ev->data);
	struct slice guid = rd_take(&r, GUID_LEN), name, value;
	uint64_t chars = rd_u64le(&r), len = rd_u64le(&r);

	if (r.err != ERR_OK || chars > r.left / 2)
		return false;
	name = rd_take(&r, (size_t)chars * 2);
	if (len != r.left)
		return false;
	value = rd_take(&r, r.left);
	lt_utf16(t, name);
	lt_str(t, " ");
	lt_guid(t, guid);
	lt_str(t, " = ");
	put_value(t, boot, name, value);
	return true;
}

/* UEFI_IMAGE_LOAD_EVENT. */
static bool text_image(const struct log_event *ev, struct log_text *t)
{
	struct rd r = rd_over(ev->data);
	uint64_t at = rd_u64le(&r), len = rd_u64le(&r), path_len;

	rd_u64le(&r); /* address it was linked for */
	path_len = rd_u64le(&r);
	if (r.err != ERR_OK || path_len != r.left)
		return false;
	if (r.left > 0)
		lt_device_path(t, rd_take(&r, r.left));
	else
		lt_str(t, "from memory");
	lt_fmt(t, ", %llu bytes at 0x%llx", (unsigned long long)len,
	       (unsigned long long)at);
	return true;
}

/* UEFI_GPT_DATA. */
static bool text_gpt(const struct log_event *ev, struct log_text *t)
{
	struct rd r = rd_over(ev->data);
	struct slice header = rd_take(&r, GPT_HEADER_LEN);
	uint64_t n = rd_u64le(&r);

	if (r.err != ERR_OK || n != r.left / GPT_ENTRY_LEN ||
	    r.left % GPT_ENTRY_LEN != 0)
		return false;
	lt_str(t, "disk ");
	lt_guid(t, (struct slice){ header.ptr + 56, GUID_LEN });
	lt_fmt(t, ", %llu partition%s:", (unsigned long long)n,
	       n == 1 ? "" : "s");
	while (r.left > 0 && !t->cut) {
		struct slice entry = rd_take(&r, GPT_ENTRY_LEN);

		lt_str(t, " ");
		lt_guid(t, (struct slice){ entry.ptr + 16, GUID_LEN });
		lt_str(t, " \"");
		lt_utf16(t, (struct slice){ entry.ptr + 56, 72 });
		lt_str(t, "\"");
	}
	return true;
}

/* UEFI_PLATFORM_FIRMWARE_BLOB2. */
static bool text_blob2(const struct log_event *ev, struct log_text *t)
{
	struct rd r = rd_over(ev->data);
	struct slice name = rd_take(&r, rd_u8(&r));
	uint64_t base = rd_u64le(&r), len = rd_u64le(&r);

	if (rd_end(&r) != ERR_OK)
		return false;
	lt_bytes(t, (struct slice){ name.ptr, ascii_prefix(name) });
	lt_fmt(t, ", %llu bytes at 0x%llx", (unsigned long long)len,
	       (unsigned long long)base);
	return true;
}

/* UEFI_HANDOFF_TABLE_POINTERS2. */
static bool text_tables2(const struct log_event *ev, struct log_text *t)
{
	struct rd r = rd_over(ev->data);
	struct slice name = rd_take(&r, rd_u8(&r));
	uint64_t n = rd_u64le(&r);

	if (r.err != ERR_OK || n != r.left / (GUID_LEN + 8) ||
	    r.left % (GUID_LEN + 8) != 0)
		return false;
	lt_bytes(t, (struct slice){ name.ptr, ascii_prefix(name) });
	while (r.left > 0 && !t->cut) {
		lt_str(t, ", ");
		lt_guid(t, rd_take(&r, GUID_LEN));
		lt_fmt(t, " at 0x%llx", (unsigned long long)rd_u64le(&r));
	}
	return true;
}

/* TCG_PCClientTaggedEvent. */
static bool text_tag(const struct log_event *ev, struct log_text *t)
{
	struct rd r = rd_over(ev->data);
	uint32_t id = rd_u32le(&r);
	struct slice data = rd_take(&r, rd_u32le(&r));

	if (rd_end(&r) != ERR_OK)
		return false;
	lt_fmt(t, "0x%08x ", (unsigned)id);
	put_guess(t, data);
	return true;
}

/* td-shim: a name of 16 bytes, a length, and what it handed over, such as a
 * command line. edk2 has a name alone here. */
static bool text_flags(const struct log_event *ev, struct log_text *t)
{
	struct rd r = rd_over(ev->data);
	struct slice name = rd_take(&r, SIGNATURE_LEN), data;
	size_t n = ascii_prefix(name);

	data = rd_take(&r, rd_u32le(&r));
	if (rd_end(&r) != ERR_OK || n == 0 || !is_nul_from(name, n))
		return false;
	lt_bytes(t, (struct slice){ name.ptr, n });
	lt_str(t, " = ");
	put_guess(t, data);
	return true;
}

/* A signature, then what it says, which is not for us. */
static bool text_no_action(const struct log_event *ev, struct log_text *t)
{
	struct slice s = ev->data;

	if (s.len < SIGNATURE_LEN)
		return false;
	s.len = SIGNATURE_LEN;
	put_guess(t, s);
	lt_fmt(t, ", %zu bytes in all", ev->data.len);
	return true;
}

static bool text_dstack(const struct log_event *ev, struct log_text *t)
{
	if (ev->name.len == 0)
		return false;
	lt_bytes(t, ev->name);
	if (ev->data.len == 0)
		return true;
	lt_str(t, " = ");
	if (ascii_prefix(ev->data) == ev->data.len)
		lt_bytes(t, ev->data);
	else
		lt_hex(t, ev->data);
	return true;
}

/* The content of a record of Google's container launcher: a TLV in a TLV. */
static bool text_launcher(const struct log_event *ev, struct log_text *t)
{
	static const char *const names[] = {
		"image reference", "image digest",    "restart policy",
		"image ID",        "argument",        "environment",
		"argument set",    "environment set", "launch separator",
		"memory monitor",
	};
	struct rd r = rd_over(ev->data);
	struct slice value;
	uint8_t kind;

	rd_take(&r, 5);
	kind = rd_u8(&r);
	value = rd_take(&r, rd_u32be(&r));
	if (rd_end(&r) != ERR_OK)
		return false;
	if (kind < sizeof names / sizeof names[0])
		lt_str(t, names[kind]);
	else
		lt_fmt(t, "content %u", kind);
	if (value.len == 0)
		return true;
	lt_str(t, " = ");
	put_guess(t, value);
	return true;
}

static const struct {
	uint32_t type;
	text_fn *write;
} texts[] = {
	{ LOG_EV_NO_ACTION, text_no_action },
	{ EV_EVENT_TAG, text_tag },
	{ EV_PLATFORM_CONFIG_FLAGS, text_flags },
	{ EV_VARIABLE_DRIVER_CONFIG, text_variable },
	{ EV_VARIABLE_BOOT, text_variable },
	{ EV_APPLICATION, text_image },
	{ EV_BOOT_DRIVER, text_image },
	{ EV_RUNTIME_DRIVER, text_image },
	{ EV_GPT, text_gpt },
	{ EV_FIRMWARE_BLOB2, text_blob2 },
	{ EV_HANDOFF_TABLES2, text_tables2 },
	{ EV_VARIABLE_BOOT2, text_variable },
	{ EV_VARIABLE_AUTHORITY, text_variable },
	{ LOG_EV_DSTACK_RUNTIME, text_dstack },
	{ LOG_EV_CEL + 80, text_launcher },
};

void eventlog_describe(const struct log_event *ev,
		       char out[static LOG_TEXT_MAX])
{
	struct log_text t = { .buf = out };
	size_t i = 0, n = sizeof texts / sizeof texts[0];

	while (i < n && texts[i].type != ev->type)
		i++;
	if (ev->stripped)
		lt_str(&t, "its data is not in the log");
	else if (i == n || !texts[i].write(ev, &t))
		put_guess(&t, ev->data);
	memcpy(out + t.len, t.cut ? "..." : "", t.cut ? 4 : 1);
}
