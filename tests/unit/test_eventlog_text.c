/* What events say, as text, and whether their digests cover it. The device
 * paths are written as UEFI 2.10, section 10.6, has them. */
#include "measure/lib/eventlog_text.h"
#include "tests/tap.h"
#include "tests/unit/eventlog_make.h"

static char text[LOG_TEXT_MAX];

static const char *describe(uint32_t type, struct slice data)
{
	struct log_event ev = { .type = type, .data = data };
	struct slice guarded = at_page_end(data.ptr, data.len);

	ev.data = guarded;
	memset(text, '!', sizeof text);
	eventlog_describe(&ev, text);
	munmap((void *)(uintptr_t)(guarded.ptr + data.len - 4096), 8192);
	return text;
}

static void says(uint32_t type, struct slice data, const char *want)
{
	const char *got = describe(type, data);

	if (!ok(strcmp(got, want) == 0, "%s", want))
		printf("#   got %s\n", got);
}

static void wr_utf16(struct wr *w, const char *s)
{
	for (; *s != '\0'; s++)
		wr_u16le(w, (uint8_t)*s);
}

/* 00010203-0405-... as a GUID is stored. */
static const uint8_t guid[16] = { 3, 2, 1,  0,  5,  4,  7,  6,
				  8, 9, 10, 11, 12, 13, 14, 15 };
#define GUID "00010203-0405-0607-0809-0a0b0c0d0e0f"

/* ---- data of no particular form */

static void test_plain(void)
{
	static const uint8_t mixed[] = { 'a', 'b', 0, 1, 2 };
	static const uint8_t named[] = "td_hob\0\0\x01\x02";
	static const uint8_t utf16[] = { 'v', 0, '2', 0, 0, 0 };
	uint8_t many[40] = { 0xff };

	says(T_ACTION, str_slice(action_exit), action_exit);
	says(T_SEPARATOR, bytes_of(separator, 4), "4 bytes: 00000000");
	says(T_SEPARATOR, bytes_of(NULL, 0), "0 bytes");
	says(T_IPL, bytes_of("MokList", 8), "MokList");
	says(T_IPL, str_slice("a\n\tb"), "a\\n\\x09b");
	says(T_FLAGS, bytes_of(named, 10), "td_hob, 10 bytes in all");
	says(T_FLAGS, bytes_of(mixed, 5), "5 bytes: 6162000102");
	says(T_VERSION, bytes_of(utf16, 6), "v2");
	says(0x1234, bytes_of(many, 40),
	     "40 bytes: ff00000000000000000000000000000000000000000000000000"
	     "000000000000...");
	says(3, str_slice("SP800-155 Event3 and more"),
	     "SP800-155 Event3, 25 bytes in all");
	says(3, str_slice("short"), "short");
}

static void test_tag(void)
{
	static const uint8_t tag[] = { 0xec, 0x22, 0x3b, 0x8f, 13,  0,   0,
				       0,    'L',  'i',  'n',  'u', 'x', ' ',
				       'i',  'n',  'i',  't',  'r', 'd', 0 };

	says(T_TAG, bytes_of(tag, sizeof tag), "0x8f3b22ec Linux initrd");
	says(T_TAG, bytes_of(tag, sizeof tag - 1),
	     "20 bytes: ec223b8f0d0000004c696e757820696e69747264");
}

static void test_flags(void)
{
	uint8_t flags[16 + 4 + 6] = "td_payload_info\0\6\0\0\0ro x";

	says(T_FLAGS, bytes_of("ACPI DATA", 9), "ACPI DATA");
	says(T_FLAGS, bytes_of(flags, sizeof flags), "td_payload_info = ro x");
	flags[16] = 7;
	says(T_FLAGS, bytes_of(flags, sizeof flags),
	     "td_payload_info, 26 bytes in all");
}

/* ---- variables */

static struct slice variable(const char *name, struct slice value)
{
	struct wr w = wr_over(store, sizeof store);

	wr_bytes(&w, bytes_of(guid, sizeof guid));
	wr_u64le(&w, strlen(name));
	wr_u64le(&w, value.len);
	wr_utf16(&w, name);
	wr_bytes(&w, value);
	return wr_slice(&w);
}

static void test_variable(void)
{
	static const uint8_t order[] = { 1, 0, 0, 0, 0xff, 0 };
	static const uint8_t binary[17] = { 0 };
	struct slice in;

	says(T_VARIABLE, bytes_of(secure_boot, sizeof secure_boot),
	     "SecureBoot 8be4df61-93ca-11d2-aa0d-00e098032b8c = 01");
	says(T_VARIABLE, variable("dbx", bytes_of(NULL, 0)),
	     "dbx " GUID " = empty");
	says(T_VARIABLE, variable("db", bytes_of(binary, 17)),
	     "db " GUID " = 17 bytes");
	says(0x800000e0,
	     variable("SbatLevel", str_slice("sbat,1,2021030218\n")),
	     "SbatLevel " GUID " = sbat,1,2021030218\\n");
	says(T_BOOT, variable("BootOrder", bytes_of(order, 6)),
	     "BootOrder " GUID " = 0001,0000,00ff");
	says(T_VARIABLE, variable("BootOrder", bytes_of(order, 6)),
	     "BootOrder " GUID " = 01000000ff00");
	in = variable("db", bytes_of(binary, 17));
	store[16] = 0xff; /* more characters than there are */
	store[23] = 0xff;
	ok(strncmp(describe(T_VARIABLE, in), "53 bytes: ", 10) == 0,
	   "a variable whose sizes do not add up is bytes");
	in = variable("db", bytes_of(binary, 17));
	store[24] = 16;
	ok(strncmp(describe(T_VARIABLE, in), "53 bytes: ", 10) == 0,
	   "and so is one with a byte left over");
	in = variable("\x01\x7f", bytes_of(binary, 1));
	store[32 + 1] = 0x20;
	says(T_VARIABLE, in, "\\u2001\\x7f " GUID " = 00");
}

/* ---- device paths */

static void node(struct wr *w, uint8_t type, uint8_t subtype, size_t len)
{
	wr_u8(w, type);
	wr_u8(w, subtype);
	wr_u16le(w, (uint16_t)(len + 4));
}

static void end_node(struct wr *w)
{
	node(w, 0x7f, 0xff, 0);
}

/* PciRoot(0x0)/Pci(0x1f,0x2) */
static void pci(struct wr *w)
{
	node(w, 2, 1, 8);
	wr_u32le(w, 0x0a0341d0);
	wr_u32le(w, 0);
	node(w, 1, 1, 2);
	wr_u8(w, 2);
	wr_u8(w, 0x1f);
}

static void path_is(const struct wr *w, const char *want)
{
	char buf[LOG_TEXT_MAX];
	struct log_text t = { .buf = buf };
	struct slice path = at_page_end(w->buf, w->len);

	lt_device_path(&t, path);
	munmap((void *)(uintptr_t)(path.ptr + path.len - 4096), 8192);
	buf[t.len] = '\0';
	if (!ok(strcmp(buf, want) == 0, "%s", want))
		printf("#   got %s\n", buf);
}

static void test_disk_path(void)
{
	uint8_t buf[512];
	struct wr w = wr_over(buf, sizeof buf);

	pci(&w);
	node(&w, 3, 18, 6);
	wr_u16le(&w, 1);
	wr_u16le(&w, 0xffff);
	wr_u16le(&w, 0);
	node(&w, 4, 1, 38);
	wr_u32le(&w, 12);
	wr_u64le(&w, 0x800);
	wr_u64le(&w, 0x100000);
	wr_bytes(&w, bytes_of(guid, 16));
	wr_u8(&w, 2);
	wr_u8(&w, 2);
	node(&w, 4, 4, 12);
	wr_utf16(&w, "\\EFI\\");
	wr_u16le(&w, 0);
	end_node(&w);
	path_is(&w, "PciRoot(0x0)/Pci(0x1f,0x2)/Sata(0x1,0xffff,0x0)/"
		    "HD(12,GPT," GUID ",0x800,0x100000)/\\EFI\\");
	w.len -= 4 + 16 + 1;
	w.buf[w.len++] = 1; /* of an MBR the first four bytes count */
	path_is(&w, "PciRoot(0x0)/Pci(0x1f,0x2)/Sata(0x1,0xffff,0x0)/HD(12,MBR,"
		    "03020100,0x800,0x100000)");
}

static void test_other_nodes(void)
{
	uint8_t buf[512];
	struct wr w = wr_over(buf, sizeof buf);

	node(&w, 2, 1, 8);
	wr_u32le(&w, 0x0a0841d0);
	wr_u32le(&w, 1);
	node(&w, 2, 1, 8);
	wr_u32le(&w, 0x050141d0);
	wr_u32le(&w, 0);
	node(&w, 3, 2, 4);
	wr_u16le(&w, 1);
	wr_u16le(&w, 2);
	node(&w, 3, 23, 12);
	wr_u32le(&w, 1);
	for (uint8_t i = 1; i < 9; i++)
		wr_u8(&w, i);
	node(&w, 3, 24, 4);
	wr_str(&w, "h\x1b:/");
	node(&w, 0x7f, 1, 0);
	node(&w, 4, 7, 16);
	wr_bytes(&w, bytes_of(guid, 16));
	node(&w, 4, 6, 16);
	wr_bytes(&w, bytes_of(guid, 16));
	node(&w, 1, 4, 17);
	wr_bytes(&w, bytes_of(guid, 16));
	wr_u8(&w, 0xab);
	node(&w, 5, 9, 1);
	wr_u8(&w, 0xcd);
	node(&w, 1, 1, 1); /* a PCI node that is too short */
	wr_u8(&w, 0xef);
	end_node(&w);
	wr_str(&w, "not looked at");
	path_is(&w, "PcieRoot(0x1)/Acpi(0x050141d0,0x0)/Scsi(0x1,0x2)/"
		    "NVMe(0x1,08-07-06-05-04-03-02-01)/Uri(h\\x1b:/),"
		    "Fv(" GUID ")/FvFile(" GUID ")/VenHw(" GUID ",ab)/"
		    "Path(5,9,cd)/Path(1,1,ef)");
}

static void test_damaged_path(void)
{
	uint8_t buf[64];
	struct wr w = wr_over(buf, sizeof buf);

	wr_u32le(&w, 0x0003047f); /* a length below that of the head */
	path_is(&w, "(damaged path)");
	w = wr_over(buf, sizeof buf);
	pci(&w);
	wr_u32le(&w, 0xffff0101);
	path_is(&w, "PciRoot(0x0)/Pci(0x1f,0x2)/(damaged path)");
	w.len = 3;
	path_is(&w, "(damaged path)");
	w.len = 0;
	path_is(&w, "");
}

/* ---- structures with paths and names in them */

static void test_load_option(void)
{
	uint8_t buf[512], value[256];
	struct wr w = wr_over(buf, sizeof buf), v = wr_over(value, 256);

	pci(&w);
	end_node(&w);
	wr_u32le(&v, 1);
	wr_u16le(&v, (uint16_t)w.len);
	wr_utf16(&v, "UEFI disk");
	wr_u16le(&v, 0);
	wr_bytes(&v, wr_slice(&w));
	says(T_BOOT, variable("Boot0001", wr_slice(&v)),
	     "Boot0001 " GUID " = \"UEFI disk\" PciRoot(0x0)/Pci(0x1f,0x2)");
	wr_utf16(&v, "ro");
	says(T_BOOT, variable("Boot0001", wr_slice(&v)),
	     "Boot0001 " GUID " = \"UEFI disk\" PciRoot(0x0)/Pci(0x1f,0x2), "
	     "options ro");
	says(T_BOOT, variable("Boot0001", bytes_of(value, 7)),
	     "Boot0001 " GUID " = 010000001600"
	     "55");
	value[4] = 0xff;
	says(T_BOOT, variable("Boot0001", wr_slice(&v)),
	     "Boot0001 " GUID " = 52 bytes");
}

static void test_image(void)
{
	uint8_t buf[256], path[64];
	struct wr w = wr_over(buf, sizeof buf), p = wr_over(path, 64);

	pci(&p);
	end_node(&p);
	wr_u64le(&w, 0x7b34e018);
	wr_u64le(&w, 924688);
	wr_u64le(&w, 0);
	wr_u64le(&w, p.len);
	wr_bytes(&w, wr_slice(&p));
	says(T_APPLICATION, wr_slice(&w),
	     "PciRoot(0x0)/Pci(0x1f,0x2), 924688 bytes at 0x7b34e018");
	buf[24] = 0;
	says(T_APPLICATION, bytes_of(buf, 32),
	     "from memory, 924688 bytes at 0x7b34e018");
	buf[24] = 1;
	ok(strncmp(describe(T_APPLICATION, bytes_of(buf, 32)), "32 bytes", 8) ==
		   0,
	   "a path longer than the event is no path");
}

static void test_gpt(void)
{
	uint8_t buf[512];
	struct wr w = wr_over(buf, sizeof buf);

	wr_str(&w, "EFI PART");
	wr_zero(&w, 48);
	wr_bytes(&w, bytes_of(guid, 16));
	wr_zero(&w, 20);
	wr_u64le(&w, 1);
	wr_zero(&w, 16);
	wr_bytes(&w, bytes_of(guid, 16));
	wr_zero(&w, 24);
	wr_utf16(&w, "esp");
	wr_zero(&w, 66);
	says(T_GPT, wr_slice(&w),
	     "disk " GUID ", 1 partition: " GUID " \"esp\"");
	buf[92] = 2;
	ok(strncmp(describe(T_GPT, wr_slice(&w)), "EFI PART, 228", 13) == 0,
	   "a partition that is not there");
}

static void test_firmware(void)
{
	uint8_t buf[128];
	struct wr w = wr_over(buf, sizeof buf);

	wr_u8(&w, 9);
	wr_bytes(&w, bytes_of("TdxTable", 9));
	wr_u64le(&w, 1);
	wr_bytes(&w, bytes_of(guid, 16));
	wr_u64le(&w, 0x809000);
	says(0x8000000b, wr_slice(&w), "TdxTable, " GUID " at 0x809000");
	w = wr_over(buf, sizeof buf);
	wr_u8(&w, 4);
	wr_str(&w, "Fv()");
	wr_u64le(&w, 0xffc00000);
	wr_u64le(&w, 540672);
	says(0x8000000a, wr_slice(&w), "Fv(), 540672 bytes at 0xffc00000");
	buf[0] = 200;
	ok(strncmp(describe(0x8000000a, wr_slice(&w)), "21 bytes", 8) == 0,
	   "a name longer than the event");
}

static void test_runtimes(void)
{
	struct log_event ev = { .type = LOG_EV_DSTACK_RUNTIME,
				.name = str_slice("app\x1b-id") };

	eventlog_describe(&ev, text);
	ok(strcmp(text, "app\\x1b-id") == 0, "dstack: a name alone");
	ev.data = bytes_of("\xd7\x22", 2);
	eventlog_describe(&ev, text);
	ok(strcmp(text, "app\\x1b-id = d722") == 0, "dstack: and bytes");
	ev.data = str_slice("{\"a\":1}");
	eventlog_describe(&ev, text);
	ok(strcmp(text, "app\\x1b-id = {\"a\":1}") == 0, "dstack: and text");
	ev = (struct log_event){ .type = 4, .stripped = true };
	eventlog_describe(&ev, text);
	ok(strcmp(text, "its data is not in the log") == 0, "dstack: stripped");
	says(LOG_EV_DSTACK_RUNTIME, str_slice("{\"event\":\"app-id\"}"),
	     "{\"event\":\"app-id\"}");
	says(LOG_EV_CEL + 80, bytes_of(restart_policy, sizeof restart_policy),
	     "restart policy = Never");
}

static void test_cut(void)
{
	static uint8_t many[2 * LOG_TEXT_MAX];
	struct log_event ev = { .type = T_ACTION,
				.data = { many, sizeof many } };

	for (unsigned c = 1; c < 256; c += 64) {
		memset(many, (int)c, sizeof many);
		eventlog_describe(&ev, text);
		ok(strlen(text) < LOG_TEXT_MAX &&
			   strcmp(text + strlen(text) - 3, "...") == 0,
		   "much of 0x%02x is cut", c);
	}
}

/* ---- what digests cover */

static enum log_check check(uint32_t type, struct slice hashed,
			    struct slice data)
{
	uint8_t digest[SHA384_LEN];
	struct log_event ev = { .type = type, .sha384 = digest, .data = data };

	sha384(hashed, digest);
	return eventlog_check(&ev);
}

static void test_check(void)
{
	static const uint32_t whole[] = { 4,          5,          8,
					  0x80000001, 0x80000006, 0x80000007,
					  0x800000e0 };
	static const uint32_t other[] = { 0x00000006, 0x0000000a, 0x80000003,
					  0x8000000a, 0x8000000b, 0x1234 };
	struct slice a = str_slice("some data"), b = str_slice("some dat"), v;
	bool good = true;

	for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++)
		good = good && check(whole[i], a, a) == LOG_CHECK_SAME &&
		       check(whole[i], b, a) == LOG_CHECK_DIFFERS;
	ok(good, "types whose digest covers the data");
	for (size_t i = 0; i < sizeof other / sizeof other[0]; i++)
		good = good && check(other[i], b, a) == LOG_CHECK_NONE;
	ok(good, "types whose digest is of something else");
	v = variable("Boot0001", a);
	ok(check(T_BOOT, a, v) == LOG_CHECK_SAME &&
		   check(T_BOOT, v, v) == LOG_CHECK_SAME &&
		   check(T_BOOT, b, v) == LOG_CHECK_DIFFERS,
	   "a boot variable: its value, or all of it");
	ok(check(T_IPL, a, str_slice("grub_cmd: some data")) ==
			   LOG_CHECK_SAME &&
		   check(T_IPL, a, bytes_of("kernel_cmdline: some data", 26)) ==
			   LOG_CHECK_SAME &&
		   check(T_IPL, b, str_slice("grub_cmd: some data")) ==
			   LOG_CHECK_DIFFERS &&
		   check(T_IPL, b, str_slice("/boot/vmlinuz")) ==
			   LOG_CHECK_NONE,
	   "GRUB's commands, without what they are called");
}

static void test_check_runtimes(void)
{
	uint8_t digest[SHA384_LEN];
	struct log_event ev = { .type = LOG_EV_DSTACK_RUNTIME,
				.sha384 = digest,
				.name = str_slice("app-id"),
				.data = bytes_of("\xd7\x22\xc4\x3a", 4) };

	if (hex_decode(str_slice(DSTACK_DIGEST), digest, SHA384_LEN) != ERR_OK)
		_exit(98);
	ok(eventlog_check(&ev) == LOG_CHECK_SAME, "dstack's own digest");
	ev.name = str_slice("app_id");
	ok(eventlog_check(&ev) == LOG_CHECK_DIFFERS, "covers the name");
	ok(check(LOG_EV_DSTACK_RUNTIME, str_slice("\1:a:b"),
		 str_slice("\1:a:b")) == LOG_CHECK_SAME,
	   "dstack's events in a CCEL: the data is what was hashed");
	ev.sha384 = NULL;
	ok(eventlog_check(&ev) == LOG_CHECK_NONE, "no SHA-384, no verdict");
}

/* The names of the events that we predict are those of the log. */
static void test_names(void)
{
	bool good = true;

#define X(name, label, number)                                                 \
	good = good && (number == 0 ||                                         \
			(eventlog_type_name(number) != NULL &&                 \
			 strcmp(eventlog_type_name(number), #label) == 0));
	EVENT_TYPES(X)
#undef X
	ok(good, "event types have one name");
	ok(eventlog_type_name(0x1234) == NULL, "and some have none");
	ok(strcmp(eventlog_alg_name(0x0012), "sm3") == 0 &&
		   eventlog_alg_name(0) == NULL,
	   "names of algorithms");
}

int main(void)
{
	test_plain();
	test_tag();
	test_flags();
	test_variable();
	test_disk_path();
	test_other_nodes();
	test_damaged_path();
	test_load_option();
	test_image();
	test_gpt();
	test_firmware();
	test_runtimes();
	test_cut();
	test_check();
	test_check_runtimes();
	test_names();
	return tap_done();
}
