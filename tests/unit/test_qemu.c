/* The QEMU command: compared whole with tests/golden/qemu-*.txt, one argument a
 * line, and the odds and ends it is made from. */
#include "host-launcher/lib/file.h"
#include "host-launcher/vm/qemu.h"
#include "host-launcher/vm/spawn.h"
#include "tests/tap.h"

static const struct qemu_spec base = {
	.binary = "qemu-system-x86_64",
	.name = "one",
	.accel = ACCEL_TCG,
	.firmware = "/usr/share/ovmf/OVMF.fd",
	.image = "/srv/ee-appliance.raw",
	.memory_bytes = 128 << 20,
	.cpus = 1,
	.host_port = 18081,
	.guest_port = 8081,
	.metadata_command = "'/usr/bin/ee-launcher' metadata-serve --state "
			    "'/state/one'",
	.qgs = "",
};

static struct qemu_command command;

static void golden(const struct qemu_spec *s, const char *file)
{
	static char text[QEMU_TEXT_MAX];
	struct wr w = wr_over(text, sizeof text);
	struct buf want = { 0 };

	is_err(qemu_command(s, &command), ERR_OK, "%s: a command", file);
	ok(command.argv[command.argc] == NULL, "that ends with NULL");
	for (size_t i = 0; i < command.argc; i++) {
		wr_str(&w, command.argv[i]);
		wr_str(&w, "\n");
	}
	is_err(file_read(file, QEMU_TEXT_MAX, &want), ERR_OK, "%s", file);
	if (!ok(slice_eq(wr_slice(&w), buf_slice(&want)),
		"every argument is the golden file's"))
		printf("# the command is now:\n%.*s# end\n", (int)w.len, text);
	buf_free(&want);
}

static void test_golden(void)
{
	struct qemu_spec s = base;

	golden(&s, "tests/golden/qemu-sim-tcg.txt");
	s.accel = ACCEL_KVM;
	s.cpus = 4;
	s.memory_bytes = UINT64_C(2) << 30;
	s.metadata_command = NULL;
	golden(&s, "tests/golden/qemu-sim-kvm.txt");
	s.tdx = true;
	s.qgs = "vsock:2:4050";
	s.metadata_command = base.metadata_command;
	golden(&s, "tests/golden/qemu-tdx.txt");
	s = base;
	s.capture = true;
	s.phys_bits = 46;
	s.more_disks = 2;
	golden(&s, "tests/golden/qemu-capture.txt");
}

/* The argument after the nth `option`. */
static const char *value(const char *option, const char *prefix)
{
	for (size_t i = 0; i + 1 < command.argc; i++)
		if (strcmp(command.argv[i], option) == 0 &&
		    strncmp(command.argv[i + 1], prefix, strlen(prefix)) == 0)
			return command.argv[i + 1];
	return "";
}

static void test_hard_names(void)
{
	struct qemu_spec s = base;

	s.image = "/a,b/{image}";
	s.firmware = "/f,g";
	is_err(qemu_command(&s, &command), ERR_OK, "commas and braces");
	ok(strstr(value("-drive", "if=none"), ",file=/a,,b/{image}") != NULL,
	   "commas of a file name are doubled, its braces are its own");
	ok(strcmp(value("-bios", ""), "/f,g") == 0,
	   "but not where the name is the whole value");
	s.tdx = true;
	s.qgs = "/run/a \"q\"";
	is_err(qemu_command(&s, &command), ERR_OK, "a socket's path");
	ok(strstr(value("-object", "{"),
		  "{\"type\":\"unix\",\"path\":\"/run/a \\\"q\\\"\"}}") != NULL,
	   "is a JSON string");
}

static void test_qgs(void)
{
	static const char *const bad[] = {
		"",          "vsock",       "vsock:",
		"vsock:2",   "vsock:2:",    "vsock::1",
		"vsock:x:1", "vsock:2:1:3", "vsock:2:04050",
		"qgs.sock",  "/run/a\n"
	};
	struct qemu_spec s = base;

	s.tdx = true;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		size_t n = strlen(bad[i]) + 1;

		s.qgs = (const char *)at_page_end(bad[i], n).ptr;
		is_err(qemu_command(&s, &command), ERR_VALUE, "address %zu", i);
	}
}

/* The machine of a capture is a TD's: all that makes devices is the same. */
static void test_capture_is_tdx(void)
{
	static const char *const same[] = { "-bios", "-device",     "-drive",
					    "-m",    "-nodefaults", "-smp" };
	static struct qemu_command tdx;
	struct qemu_spec s = base;

	s.tdx = true;
	s.qgs = "vsock:2:4050";
	is_err(qemu_command(&s, &tdx), ERR_OK, "a TD");
	s.tdx = false;
	s.capture = true;
	s.phys_bits = 46;
	is_err(qemu_command(&s, &command), ERR_OK, "and its capture");
	for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
		size_t a = 0, b = 0, n = 0, differ = 0;

		for (;; a++, b++, n++) {
			while (a < tdx.argc && strcmp(tdx.argv[a], same[i]))
				a++;
			while (b < command.argc &&
			       strcmp(command.argv[b], same[i]))
				b++;
			if (a == tdx.argc || b == command.argc)
				break;
			differ += strcmp(same[i], "-nodefaults") != 0 &&
				  strcmp(tdx.argv[a + 1],
					 command.argv[b + 1]) != 0;
		}
		ok(n > 0 && differ == 0 && a == tdx.argc && b == command.argc,
		   "have the same %s", same[i]);
	}
	s.more_disks = QEMU_MORE_DISKS_MAX + 1;
	is_err(qemu_command(&s, &command), ERR_LIMIT, "too many disks");
}

static void test_too_long(void)
{
	static char name[QEMU_TEXT_MAX + 1];
	struct qemu_spec s = base;

	memset(name, 'x', sizeof name - 1);
	s.image = name;
	is_err(qemu_command(&s, &command), ERR_SPACE, "a name too long");
}

static void test_version(void)
{
	static const struct {
		const char *text;
		enum err want;
		uint32_t major, minor;
		bool tdx;
	} rows[] = {
		{ "QEMU emulator version 7.2.22 (Debian 1:7.2)\nC", ERR_OK, 7,
		  2, false },
		{ "QEMU emulator version 10.0.2", ERR_OK, 10, 0, false },
		{ "QEMU emulator version 10.1.0", ERR_OK, 10, 1, true },
		{ "QEMU emulator version 10.1", ERR_OK, 10, 1, true },
		{ "QEMU emulator version 11.0.0", ERR_OK, 11, 0, true },
		{ "QEMU emulator version 9.10.0", ERR_OK, 9, 10, false },
		{ "QEMU emulator version 10", ERR_VALUE, 0, 0, false },
		{ "QEMU emulator version 10.", ERR_VALUE, 0, 0, false },
		{ "QEMU emulator version ", ERR_VALUE, 0, 0, false },
		{ "QEMU emulator version x.1", ERR_VALUE, 0, 0, false },
		{ "qemu-img version 10.1", ERR_VALUE, 0, 0, false },
		{ "", ERR_VALUE, 0, 0, false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct qemu_version v = { 0, 0 };
		struct slice s =
			at_page_end(rows[i].text, strlen(rows[i].text));

		is_err(qemu_version_parse(s, &v), rows[i].want, "version: %s",
		       rows[i].text);
		ok(v.major == rows[i].major && v.minor == rows[i].minor &&
			   qemu_has_tdx(&v) == rows[i].tdx,
		   "numbers, and whether it has TDX");
	}
}

static void test_words(void)
{
	static const struct {
		const char *in, *want;
	} rows[] = { { "a", "'a'" },
		     { "", "''" },
		     { "a b", "'a b'" },
		     { "a'b", "'a'\\''b'" },
		     { "$x`y`\"\\", "'$x`y`\"\\'" } };
	enum accel a;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char text[64];
		struct wr w = wr_over(text, sizeof text);

		wr_shell_word(&w, rows[i].in);
		ok(slice_is(wr_slice(&w), rows[i].want), "word %s",
		   rows[i].want);
	}
	is_err(accel_parse(str_slice("kvm"), &a), ERR_OK, "kvm");
	ok(a == ACCEL_KVM && strcmp(accel_name(a), "kvm") == 0, "by name");
	is_err(accel_parse(str_slice("hvf"), &a), ERR_UNKNOWN, "no other");
}

int main(void)
{
	test_golden();
	test_hard_names();
	test_qgs();
	test_capture_is_tdx();
	test_too_long();
	test_version();
	test_words();
	return tap_done();
}
