/* Which kernel an image holds, and the lines of QEMU's machine protocol. */
#include "host-launcher/vm/image.h"
#include "host-launcher/vm/qmp.h"
#include "tests/tap.h"

enum {
	KERNEL_LEN = 2048,
	VERSION_AT = 0x600
};

static uint8_t kernel[KERNEL_LEN];

/* A bzImage as far as its setup header goes (Linux, Documentation/arch/x86/
 * boot.rst). */
static struct slice make(const char *version)
{
	memset(kernel, 0, sizeof kernel);
	memcpy(kernel, "MZ", 2);
	memcpy(kernel + 0x202, "HdrS", 4);
	kernel[0x20e] = (VERSION_AT - 0x200) & 0xff;
	kernel[0x20f] = (VERSION_AT - 0x200) >> 8;
	memcpy(kernel + VERSION_AT, version, strlen(version));
	return (struct slice){ kernel, sizeof kernel };
}

static void test_kinds(void)
{
	static const struct {
		const char *version;
		enum image_kind want;
	} rows[] = {
		{ "6.12.94 (ee@appliance) #1 SMP 1970", IMAGE_PRODUCTION },
		{ "6.12.94-sim (ee@appliance) #1 SMP 1970", IMAGE_SIM },
		{ "6.12.94-simple (ee@x-sim) #1", IMAGE_PRODUCTION },
		{ "6.12.94+deb12-sim (a@b)", IMAGE_SIM },
		{ "", IMAGE_PRODUCTION },
	};
	struct image_info info;
	const char *why = "";

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		is_err(image_inspect(make(rows[i].version), &info, &why),
		       ERR_OK, "version \"%s\"", rows[i].version);
		ok(info.kind == rows[i].want &&
			   strcmp(info.version, rows[i].version) == 0,
		   "is read, and the kind is right");
	}
}

static void test_refusals(void)
{
	struct slice k = make("6.12.94 (x)");
	struct image_info info;
	const char *why = NULL;

	for (size_t n = 0; n <= VERSION_AT; n++)
		if (image_inspect(at_page_end(k.ptr, n), &info, &why) !=
		    ERR_VALUE)
			ok(false, "%zu bytes of a kernel", n);
	ok(why != NULL && why[0] != '\0', "a reason: %s", why);
	is_err(image_inspect(at_page_end(k.ptr, VERSION_AT + 3), &info, &why),
	       ERR_OK, "a version that runs into the end of the file");
	ok(strcmp(info.version, "6.1") == 0, "ends there");
	kernel[0x203] ^= 1;
	is_err(image_inspect(k, &info, &why), ERR_VALUE, "no HdrS");
	k = make("x");
	kernel[0x20f] = 0xff;
	is_err(image_inspect(k, &info, &why), ERR_VALUE,
	       "a version outside the file");
	k = make("x");
	memset(kernel + VERSION_AT, 'v', IMAGE_VERSION_CAP);
	is_err(image_inspect(k, &info, &why), ERR_VALUE,
	       "a version without an end");
	memcpy(kernel + 512, "EFI PART", 8);
	ok(image_inspect(k, &info, &why) != ERR_OK, "a damaged disk");
}

static void test_qmp(void)
{
	/* Lines as QEMU 7.2 writes them. */
	static const struct {
		const char *line;
		enum err err;
		enum qmp_event want;
	} rows[] = {
		{ "{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 22, "
		  "\"minor\": 2, \"major\": 7}, \"package\": \"Debian\"}, "
		  "\"capabilities\": [\"oob\"]}}",
		  ERR_OK, QMP_GREETING },
		{ "{\"return\": {}}", ERR_OK, QMP_OTHER },
		{ "{\"timestamp\": {\"seconds\": 1795156000, \"microseconds\": "
		  "1}, \"event\": \"STOP\"}",
		  ERR_OK, QMP_STOPPED },
		{ "{\"timestamp\": {\"seconds\": 1, \"microseconds\": 2}, "
		  "\"event\": \"SHUTDOWN\", \"data\": {\"guest\": true}}",
		  ERR_OK, QMP_OTHER },
		{ "{\"return\": {\"status\": \"internal-error\", "
		  "\"singlestep\": false, \"running\": false}}",
		  ERR_OK, QMP_BROKEN },
		{ "{\"return\": {\"status\": \"paused\", \"running\": "
		  "false}}",
		  ERR_OK, QMP_OTHER },
		{ "{\"error\": {\"class\": \"x\", \"desc\": \"y\"}}", ERR_OK,
		  QMP_OTHER },
		{ "[]", ERR_VALUE, QMP_OTHER },
		{ "", ERR_TRUNC, QMP_OTHER },
	};
	static uint8_t mem[QMP_ARENA];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		enum qmp_event ev = QMP_OTHER;
		struct slice line =
			at_page_end(rows[i].line, strlen(rows[i].line));

		is_err(qmp_line(line, mem, &ev), rows[i].err, "line %zu", i);
		ok(ev == rows[i].want, "and what it means");
	}
}

int main(void)
{
	test_kinds();
	test_refusals();
	test_qmp();
	return tap_done();
}
