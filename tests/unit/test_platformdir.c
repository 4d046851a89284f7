/* machine.json of a captured machine. Expected bytes are written by hand. */
#include "measure/lib/platformdir.h"
#include "tests/tap.h"

#define SHA "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define GOOD                                                                   \
	"{\"cpus\":2,\"disks\":1,\"firmware_sha256\":\"" SHA                   \
	"\",\"format\":1,\"memory_bytes\":1073741824,\"phys_bits\":46,"        \
	"\"qemu\":\"10.1.2 (Debian)\"}\n"

static enum err read_text(const char *text, struct platform_machine *m)
{
	return platform_machine_read(at_page_end(text, strlen(text)), m);
}

static void test_good(void)
{
	static const char good[] = GOOD;
	struct platform_machine m = { 0 };
	uint8_t out[PLATFORM_JSON_MAX];
	struct wr w = wr_over(out, sizeof out), small = wr_over(out, 100);
	size_t taken = 0;

	is_err(read_text(good, &m), ERR_OK, "a machine");
	ok(m.memory_bytes == 1 << 30 && m.cpus == 2 && m.disks == 1 &&
		   m.phys_bits == 46 && m.firmware_sha256[1] == 0x11 &&
		   strcmp(m.qemu, "10.1.2 (Debian)") == 0,
	   "with every member");
	is_err(platform_machine_write(&m, &w), ERR_OK, "written again");
	ok(slice_is(wr_slice(&w), good), "are the same bytes");
	is_err(platform_machine_write(&m, &small), ERR_SPACE, "no room");
	for (size_t n = 0; n < sizeof good - 2; n++)
		taken += platform_machine_read(at_page_end(good, n), &m) ==
			 ERR_OK;
	ok(taken == 0, "no prefix is one");
}

static void test_refusals(void)
{
	static const struct {
		const char *text;
		enum err want;
	} rows[] = {
		{ "[]", ERR_VALUE },
		{ "{}", ERR_MISSING },
		{ "{\"cpus\":2,\"disks\":1,\"firmware_sha256\":\"" SHA
		  "\",\"format\":2,\"memory_bytes\":1,\"phys_bits\":46,"
		  "\"qemu\":\"\"}",
		  ERR_VALUE },
		{ "{\"cpus\":0,\"disks\":1,\"firmware_sha256\":\"" SHA
		  "\",\"format\":1,\"memory_bytes\":1,\"phys_bits\":46,"
		  "\"qemu\":\"\"}",
		  ERR_VALUE },
		{ "{\"cpus\":1,\"disks\":1,\"firmware_sha256\":\"00"
		  "\",\"format\":1,\"memory_bytes\":1,\"phys_bits\":46,"
		  "\"qemu\":\"\"}",
		  ERR_VALUE },
		{ "{\"cpus\":1,\"disks\":1,\"firmware_sha256\":\"" SHA
		  "\",\"format\":1,\"memory_bytes\":1,\"phys_bits\":46,"
		  "\"qemu\":\"\",\"x\":1}",
		  ERR_UNKNOWN },
		{ GOOD "x", ERR_EXTRA },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct platform_machine m = { .cpus = 77 };

		is_err(read_text(rows[i].text, &m), rows[i].want,
		       "refused: row %zu", i);
		ok(m.cpus == 77, "and nothing is written");
	}
}

static void test_names(void)
{
	for (size_t i = 0; i < PLATFORM_ITEMS; i++)
		for (size_t k = 0; k < i; k++)
			ok(strcmp(platform_items[i].file,
				  platform_items[k].file) != 0,
			   "%s and %s have files of their own",
			   platform_items[i].name, platform_items[k].name);
}

int main(void)
{
	test_good();
	test_refusals();
	test_names();
	return tap_done();
}
