/* measurements.json: what is written is read again; everything that is not
 * exactly such a file is refused, by name. */
#include "measure/lib/reference.h"

#include <stdlib.h>
#include <string.h>

#include "tests/tap.h"

#define H64 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define H96 H64 "00112233445566778899aabbccddeeff"

#define IMAGE                                                                  \
	"\"image\":{\"efi_authenticode_sha384\":\"" H96 "\","                  \
	"\"efi_sha256\":\"" H64 "\",\"gcp_tar_sha256\":null,"                  \
	"\"raw_sha256\":\"" H64 "\"}"
#define ENTRY                                                                  \
	"{\"cpus\":2,\"firmware\":{\"name\":\"OVMF.fd\",\"sha256\":\"" H64     \
	"\"},\"machine_type\":null,\"memory_bytes\":536870912,\"mrtd\":\"" H96 \
	"\",\"platform\":\"sim\",\"reason\":null,\"rtmr0\":\"" H96             \
	"\",\"rtmr1\":\"" H96 "\",\"rtmr2\":\"" H96 "\"}"
#define UNKNOWN_ENTRY                                                          \
	"{\"cpus\":4,\"firmware\":{\"name\":\"g.fd\",\"sha256\":\"" H64        \
	"\"},\"machine_type\":\"c3-standard-4\",\"memory_bytes\":17179869184," \
	"\"mrtd\":\"" H96 "\",\"platform\":\"gcp\",\"reason\":\"no keys\","    \
	"\"rtmr0\":null,\"rtmr1\":\"" H96 "\",\"rtmr2\":\"" H96 "\"}"
#define TAIL                                                                   \
	"\"release\":false,\"sources\":{\"lock_sha256\":\"" H64 "\"},"         \
	"\"toolchain\":\"gcc 12\",\"version\":1}"

static const char good[] = "{" IMAGE ",\"kind\":\"sim\",\"measurements\":"
			   "[" ENTRY "," UNKNOWN_ENTRY "]," TAIL "\n";

static uint8_t mem[REFERENCE_ARENA];
static struct reference ref;

static enum err parse(const char *text, size_t n, const char **what)
{
	struct arena a = arena_over(mem, sizeof mem);

	return reference_parse(&a, at_page_end(text, n), &ref, what);
}

static void test_good(void)
{
	static uint8_t out[8192];
	struct wr w = wr_over(out, sizeof out);
	const char *what;

	is_err(parse(good, strlen(good), &what), ERR_OK, "a good file");
	ok(ref.kind == REFERENCE_SIM && !ref.release && ref.n == 2,
	   "kind, release, entries");
	ok(ref.has_raw && !ref.has_gcp_tar && ref.raw_sha256[1] == 0x11,
	   "digests that may be null");
	ok(ref.e[0].platform == PLATFORM_SIM && ref.e[0].cpus == 2 &&
		   ref.e[0].memory_bytes == 512 << 20 &&
		   ref.e[0].machine_type[0] == '\0' && ref.e[0].rtmr_known[0] &&
		   ref.e[0].reason[0] == '\0',
	   "the first machine");
	ok(!ref.e[1].rtmr_known[0] && ref.e[1].rtmr_known[2] &&
		   strcmp(ref.e[1].reason, "no keys") == 0 &&
		   strcmp(ref.e[1].machine_type, "c3-standard-4") == 0,
	   "the second, with a register that is not known");
	is_err(reference_write(&ref, &w), ERR_OK, "written again");
	ok(slice_is(wr_slice(&w), good), "is the same text");
	w = wr_over(out, strlen(good) - 1);
	is_err(reference_write(&ref, &w), ERR_SPACE, "one byte too little");
}

static void test_prefixes(void)
{
	const char *what;
	size_t taken = 0;

	for (size_t n = 0; n < strlen(good) - 1; n++)
		taken += parse(good, n, &what) == ERR_OK;
	ok(taken == 0, "no prefix is a file");
	is_err(parse("{}x", 3, &what), ERR_EXTRA, "one byte more");
}

/* Replaces the first `from` in the good file. */
static enum err with(const char *from, const char *to, const char **what)
{
	static char text[8192];
	const char *at = strstr(good, from);

	if (at == NULL)
		_exit(99);
	snprintf(text, sizeof text, "%.*s%s%s", (int)(at - good), good, to,
		 at + strlen(from));
	return parse(text, strlen(text), what);
}

static void test_refusals(void)
{
	static const struct {
		const char *from, *to, *what;
		enum err want;
	} changes[] = {
		{ "\"version\":1", "\"version\":2", "version", ERR_UNSUPP },
		{ "\"version\":1", "\"version\":\"1\"", "version", ERR_VALUE },
		{ ",\"version\":1", "", "version", ERR_MISSING },
		{ "\"version\":1", "\"version\":1,\"more\":0", "more",
		  ERR_UNKNOWN },
		{ "\"kind\":\"sim\"", "\"kind\":\"debug\"", "kind", ERR_VALUE },
		{ "\"release\":false", "\"release\":0", "release", ERR_VALUE },
		{ "\"release\":false,", "", "release", ERR_MISSING },
		{ "\"toolchain\":\"gcc 12\"", "\"toolchain\":\"\"", "toolchain",
		  ERR_VALUE },
		{ "{\"lock_sha256\":\"00", "{\"lock_sha256\":\"0",
		  "lock_sha256", ERR_VALUE },
		{ "{\"lock_sha256\"", "{\"x\":1,\"lock_sha256\"", "x",
		  ERR_UNKNOWN },
		{ "\"efi_sha256\":\"00", "\"efi_sha256\":\"0g", "efi_sha256",
		  ERR_VALUE },
		{ "\"gcp_tar_sha256\":null,", "", "gcp_tar_sha256",
		  ERR_MISSING },
		{ "\"gcp_tar_sha256\":null", "\"gcp_tar_sha256\":\"\"",
		  "gcp_tar_sha256", ERR_VALUE },
		{ "\"cpus\":2", "\"cpus\":0", "cpus", ERR_VALUE },
		{ "\"cpus\":2", "\"cpus\":2.5", "cpus", ERR_VALUE },
		{ "\"cpus\":2", "\"cpus\":2,\"cpus\":2", "", ERR_DUPLICATE },
		{ "\"cpus\":2", "\"cpu\":2", "cpu", ERR_UNKNOWN },
		{ "536870912", "0", "memory_bytes", ERR_VALUE },
		{ "536870912", "70368744177665", "memory_bytes", ERR_VALUE },
		{ "\"platform\":\"sim\"", "\"platform\":\"xen\"", "platform",
		  ERR_VALUE },
		{ "\"machine_type\":null", "\"machine_type\":\"\"",
		  "machine_type", ERR_VALUE },
		{ "\"mrtd\":\"" H96 "\"", "\"mrtd\":null", "mrtd", ERR_VALUE },
		{ "\"mrtd\":\"" H96 "\"", "\"mrtd\":\"" H64 "\"", "mrtd",
		  ERR_VALUE },
		{ "\"rtmr1\":\"" H96 "\"", "\"rtmr1\":1", "rtmr1", ERR_VALUE },
		{ "\"rtmr2\":\"" H96 "\"", "\"rtmr2\":null", "reason",
		  ERR_VALUE },
		{ "\"reason\":null", "\"reason\":\"why\"", "reason",
		  ERR_VALUE },
		{ "\"reason\":\"no keys\"", "\"reason\":null", "reason",
		  ERR_VALUE },
		{ "[" ENTRY "," UNKNOWN_ENTRY "]", "[]", "measurements",
		  ERR_VALUE },
		{ "[" ENTRY "," UNKNOWN_ENTRY "]", "{}", "measurements",
		  ERR_VALUE },
		{ "[" ENTRY, "[1", "measurements", ERR_VALUE },
	};
	const char *what;

	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		is_err(with(changes[i].from, changes[i].to, &what),
		       changes[i].want, "%.40s instead of %.40s", changes[i].to,
		       changes[i].from);
		ok(strcmp(what, changes[i].what) == 0 && ref.n == 0,
		   "names %s (%s), and leaves nothing", changes[i].what, what);
	}
}

static void test_limits(void)
{
	static char text[128 * 1024];
	struct arena a = arena_over(mem, sizeof mem);
	struct wr w = wr_over(text, sizeof text);
	const char *what;

	wr_str(&w, "{" IMAGE ",\"kind\":\"sim\",\"measurements\":[");
	for (size_t i = 0; i < REFERENCE_MAX; i++)
		wr_str(&w, ENTRY ",");
	wr_str(&w, ENTRY "]," TAIL);
	is_err(reference_parse(&a, wr_slice(&w), &ref, &what), ERR_LIMIT,
	       "65 machines");
	is_err(reference_parse(&a, (struct slice){ mem, REFERENCE_BYTES + 1 },
			       &ref, &what),
	       ERR_LIMIT, "a file that is too long is not looked at");
	is_err(with("\"toolchain\":\"gcc 12\"",
		    "\"toolchain\":\"" H96 H96 H96 "\"", &what),
	       ERR_LIMIT, "a toolchain of 288 characters");
}

int main(void)
{
	test_good();
	test_prefixes();
	test_refusals();
	test_limits();
	return tap_done();
}
