/* measurements.json: what is written is read again; everything that is not
 * exactly such a file is refused, by name. */
#include "measure/lib/reference.h"

#include <stdlib.h>
#include <string.h>

#include "tests/tap.h"

#define H64 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define H96 H64 "00112233445566778899aabbccddeeff"

#define H40 "00112233445566778899aabbccddeeff00112233"
/* SHA-384 of 48 zeros and H96, and of that and H96: python3's hashlib. */
#define ONCE                                                                   \
	"5df740dffbbad45269f74c2b83ae2709a4de22782637d4d549c10f0a336891efde4b" \
	"8c85546cc655ef00a331533a1368"
#define TWICE                                                                  \
	"caa9b9616c9d3b5c816a57e97e98c85980dce3f7f1da02780e3064b17fedf4006255" \
	"69f807ede44a60bef50449d7fdc5"
#define ZERO                                                                   \
	"00000000000000000000000000000000000000000000000000000000000000000000" \
	"0000000000000000000000000000"

#define SECTION(type, at, file, data, attributes)                              \
	"{\"address\":" at ",\"attributes\":" attributes                       \
	",\"data_offset\":" file ",\"data_size\":" data                        \
	",\"memory_size\":4096,\"type\":\"" type "\"}"
#define FIRMWARE                                                               \
	"{\"cfv_sha384\":\"" H96 "\",\"mrtd\":\"" H96                          \
	"\",\"mrtd_two_pass\":\"" ONCE "\",\"name\":\"OVMF.fd\","              \
	"\"sections\":[" SECTION(                                              \
		"BFV", "8192", "4096", "4096",                                 \
		"1") "," SECTION("CFV", "4096", "0", "4096",                   \
				 "0") "," SECTION("TD_HOB", "16384", "0", "0", \
						  "0") "],"                    \
						       "\"sha256\":\"" H64     \
						       "\",\"size\":8192}"
#define IMAGE                                                                  \
	"\"image\":{\"efi_authenticode_sha384\":\"" H96 "\","                  \
	"\"efi_sha256\":\"" H64 "\",\"gcp_tar_sha256\":null,"                  \
	"\"raw_sha256\":\"" H64 "\"}"
#define EVENT(rtmr, digest)                                                    \
	"{\"digest\":" digest ",\"rtmr\":" rtmr                                \
	",\"type\":\"EV_SEPARATOR\",\"what\":\"separator\"}"
#define KNOWN "\"" H96 "\""
#define ENTRY                                                                  \
	"{\"acpi_release\":null,\"boot\":\"disk\",\"cpus\":2,"                 \
	"\"events\":[" EVENT("0", KNOWN) "," EVENT("1", KNOWN) "," EVENT(      \
		"0", KNOWN) "],\"firmware\":\"" H64                            \
			    "\",\"machine_type\":null,\"memory_bytes\":"       \
			    "536870912,\"mrtd\":\"" H96                        \
			    "\",\"options\":[],\"platform\":\"sim\","          \
			    "\"reason\":null,"                                 \
			    "\"rtmr0\":\"" TWICE "\",\"rtmr1\":\"" ONCE        \
			    "\",\"rtmr2\":\"" ZERO "\"}"
#define UNKNOWN_ENTRY                                                          \
	"{\"acpi_release\":\"2026-04\",\"boot\":\"efi\",\"cpus\":4,"           \
	"\"events\":[" EVENT(                                                  \
		"0", "null") "],\"firmware\":\"" H64                           \
			     "\",\"machine_type\":\"c3-standard-4\",\"memory_" \
			     "bytes\":17179869184,"                            \
			     "\"mrtd\":\"" ONCE                                \
			     "\",\"options\":[\"stub-keys\",\"two-pass\"],"    \
			     "\"platform\":\"gcp\",\"reason\":\"no "           \
			     "keys\",\"rtmr0\":null,"                          \
			     "\"rtmr1\":\"" ZERO "\",\"rtmr2\":\"" ZERO "\"}"
#define RELEASE                                                                \
	"\"release\":{\"commit\":\"" H40                                       \
	"\",\"counter\":7,\"not_after\":\"2027-01-02T03:04:05Z\","             \
	"\"not_before\":\"2026-01-02T03:04:05Z\",\"pinned\":true,"             \
	"\"version\":\"1.2.3\"},"                                              \
	"\"revoked\":[{\"counter\":2,\"reason\":\"leaks\",\"version\":"        \
	"\"1.0.1\"},{\"counter\":6,\"reason\":\"slow\",\"version\":\"1.2.2\"}" \
	"],"
#define DEVELOPMENT                                                            \
	"\"release\":{\"commit\":null,\"counter\":0,\"not_after\":null,"       \
	"\"not_before\":null,\"pinned\":false,\"version\":null},"              \
	"\"revoked\":[],"
#define SOURCES                                                                \
	"\"sources\":{\"lock_sha256\":\"" H64 "\"},\"toolchain\":\"gcc 12\"}"
#define FILE_WITH(entries, release)                                            \
	"{\"firmware\":[" FIRMWARE "],\"format\":2," IMAGE                     \
	",\"kind\":\"sim\",\"measurements\":[" entries "]," release SOURCES    \
	"\n"

static const char good[] = FILE_WITH(ENTRY "," UNKNOWN_ENTRY, RELEASE);
static const char development[] = FILE_WITH(ENTRY, DEVELOPMENT);

static uint8_t mem[REFERENCE_ARENA];
static struct reference ref;

static enum err parse(const char *text, size_t n, const char **what)
{
	struct arena a = arena_over(mem, sizeof mem);

	return reference_parse(&a, at_page_end(text, n), &ref, what);
}

static void test_good(void)
{
	static uint8_t out[16384];
	struct wr w = wr_over(out, sizeof out);
	const char *what;

	is_err(parse(good, strlen(good), &what), ERR_OK, "a good file");
	ok(what[0] == '\0', "and nothing is wrong (%s)", what);
	ok(ref.kind == REFERENCE_SIM && ref.n == 2 && ref.nfirmware == 1 &&
		   ref.nevents == 4,
	   "kind, entries, firmware, events");
	ok(strcmp(ref.release.version, "1.2.3") == 0 &&
		   ref.release.counter == 7 && ref.release.pinned &&
		   ref.release.not_before_s == 1767323045 &&
		   ref.release.not_after_s == 1798859045 &&
		   strcmp(ref.release.commit, H40) == 0,
	   "the release");
	ok(ref.nrevoked == 2 && ref.revoked[1].counter == 6 &&
		   strcmp(ref.revoked[0].reason, "leaks") == 0 &&
		   strcmp(ref.revoked[1].version, "1.2.2") == 0,
	   "what it revokes");
	ok(ref.has_raw && !ref.has_gcp_tar && ref.raw_sha256[1] == 0x11,
	   "digests that may be null");
	ok(ref.firmware[0].size == 8192 && ref.firmware[0].tdvf.n == 3 &&
		   ref.firmware[0].tdvf.s[1].type == TDVF_CFV &&
		   ref.firmware[0].mrtd[MRTD_TWO_PASS][0] == 0x5d,
	   "the firmware");
	ok(ref.e[0].platform == PLATFORM_SIM && ref.e[0].cpus == 2 &&
		   ref.e[0].memory_bytes == 512 << 20 &&
		   ref.e[0].machine_type[0] == '\0' && ref.e[0].rtmr_known[0] &&
		   ref.e[0].boot == REFERENCE_DISK && ref.e[0].options == 0 &&
		   ref.e[0].reason[0] == '\0' && ref.e[0].nevents == 3,
	   "the first machine");
	ok(!ref.e[1].rtmr_known[0] && ref.e[1].rtmr_known[2] &&
		   strcmp(ref.e[1].reason, "no keys") == 0 &&
		   strcmp(ref.e[1].machine_type, "c3-standard-4") == 0 &&
		   strcmp(ref.e[1].acpi_release, "2026-04") == 0 &&
		   ref.e[1].boot == REFERENCE_EFI &&
		   ref.e[1].options == (1u << REFERENCE_STUB_KEYS_BIT |
					1u << REFERENCE_TWO_PASS_BIT) &&
		   ref.e[1].first_event == 3 && !ref.event[3].known,
	   "the second, with a register that is not known");
	is_err(reference_write(&ref, &w), ERR_OK, "written again");
	ok(slice_is(wr_slice(&w), good), "is the same text");
	w = wr_over(out, strlen(good) - 1);
	is_err(reference_write(&ref, &w), ERR_SPACE, "one byte too little");
	ref.e[1].rtmr[1][0] ^= 1;
	w = wr_over(out, sizeof out);
	is_err(reference_write(&ref, &w), ERR_MISMATCH,
	       "what contradicts itself is not written");
}

static void test_development(void)
{
	static uint8_t out[16384];
	struct wr w = wr_over(out, sizeof out);
	const char *what;

	is_err(parse(development, strlen(development), &what), ERR_OK,
	       "a development build");
	ok(ref.release.counter == 0 && ref.release.version[0] == '\0' &&
		   !ref.release.pinned && ref.nrevoked == 0,
	   "has no version, counter or dates");
	is_err(reference_write(&ref, &w), ERR_OK, "written again");
	ok(slice_is(wr_slice(&w), development), "is the same text");
}

static void test_in_force(void)
{
	struct reference_release r = { .version = "1",
				       .counter = 3,
				       .not_before_s = 100,
				       .not_after_s = 200 };
	struct reference_release none = { 0 };
	struct reference_revoked row = { .version = "2", .counter = 9 };

	is_err(reference_in_force(&r, 99), ERR_STATE, "before its time");
	is_err(reference_in_force(&r, 100), ERR_OK, "from its first second");
	is_err(reference_in_force(&r, 200), ERR_OK, "to its last");
	is_err(reference_in_force(&r, 201), ERR_EXPIRED, "and not after");
	is_err(reference_in_force(&none, 0), ERR_OK,
	       "a development build has no time");
	ok(!reference_names(&row, &r), "another release is not named");
	row.counter = 3;
	ok(reference_names(&row, &r), "by its counter it is");
	row = (struct reference_revoked){ .version = "1", .counter = 4 };
	ok(reference_names(&row, &r), "or by its version");
	row = (struct reference_revoked){ 0 };
	ok(!reference_names(&row, &none), "a development build never is");
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
	static char text[16384];
	const char *at = strstr(good, from);

	if (at == NULL)
		_exit(99);
	snprintf(text, sizeof text, "%.*s%s%s", (int)(at - good), good, to,
		 at + strlen(from));
	return parse(text, strlen(text), what);
}

struct change {
	const char *from, *to, *what;
	enum err want;
};

static void refuse(const struct change *c, size_t n)
{
	const char *what;

	for (size_t i = 0; i < n; i++) {
		is_err(with(c[i].from, c[i].to, &what), c[i].want,
		       "%.40s instead of %.40s", c[i].to, c[i].from);
		ok(strcmp(what, c[i].what) == 0 && ref.n == 0,
		   "names %s (%s), and leaves nothing", c[i].what, what);
	}
}
#define REFUSE(list) refuse(list, sizeof list / sizeof *list)

static void test_head(void)
{
	static const struct change changes[] = {
		{ "\"format\":2", "\"format\":1", "format", ERR_UNSUPP },
		{ "\"format\":2", "\"format\":\"2\"", "format", ERR_VALUE },
		{ "\"format\":2,", "", "format", ERR_MISSING },
		{ "\"format\":2", "\"format\":2,\"more\":0", "more",
		  ERR_UNKNOWN },
		{ "\"format\":2", "\"format\":2,\"version\":1", "version",
		  ERR_UNKNOWN },
		{ "\"kind\":\"sim\"", "\"kind\":\"debug\"", "kind", ERR_VALUE },
		{ "leaks", "leaks\\nverdict: accepted", "reason", ERR_VALUE },
		{ "leaks", "\\u001b[2J", "reason", ERR_VALUE },
		{ "leaks", "\\u009b2J", "reason", ERR_VALUE },
		{ "gcc 12", "gcc\\t12", "toolchain", ERR_VALUE },
		{ "c3-standard-4", "c3\\u007f", "machine_type", ERR_VALUE },
		{ "\"reason\":\"no ", "\"reason\":\"\\r", "reason", ERR_VALUE },
		{ "\"toolchain\":\"gcc 12\"", "\"toolchain\":\"\"", "toolchain",
		  ERR_VALUE },
		{ "{\"lock_sha256\":\"00", "{\"lock_sha256\":\"0",
		  "lock_sha256", ERR_VALUE },
		{ "{\"lock_sha256\"", "{\"x\":1,\"lock_sha256\"", "x",
		  ERR_UNKNOWN },
		{ "\"efi_sha256\":\"00", "\"efi_sha256\":\"0g", "efi_sha256",
		  ERR_VALUE },
		{ "\"efi_sha256\":\"00112233445566778899aa",
		  "\"efi_sha256\":\"00112233445566778899AA", "efi_sha256",
		  ERR_VALUE },
		{ "\"gcp_tar_sha256\":null,", "", "gcp_tar_sha256",
		  ERR_MISSING },
		{ "\"gcp_tar_sha256\":null", "\"gcp_tar_sha256\":\"\"",
		  "gcp_tar_sha256", ERR_VALUE },
	};

	REFUSE(changes);
}

static void test_release(void)
{
	static const struct change changes[] = {
		{ "\"release\":{", "\"release\":{\"x\":1,", "x", ERR_UNKNOWN },
		{ RELEASE, "\"release\":true,\"revoked\":[],", "release",
		  ERR_VALUE },
		{ RELEASE, "\"revoked\":[],", "release", ERR_MISSING },
		{ "\"commit\":\"0", "\"commit\":\"", "commit", ERR_VALUE },
		{ "\"commit\":\"0", "\"commit\":\"A", "commit", ERR_VALUE },
		{ "\"commit\":\"" H40 "\"", "\"commit\":null", "commit",
		  ERR_MISMATCH },
		{ "\"counter\":7", "\"counter\":0", "version", ERR_MISMATCH },
		{ "\"counter\":7", "\"counter\":2147483648", "counter",
		  ERR_VALUE },
		{ "\"counter\":7", "\"counter\":-1", "counter", ERR_VALUE },
		{ "\"version\":\"1.2.3\"", "\"version\":null", "version",
		  ERR_MISMATCH },
		{ "\"version\":\"1.2.3\"", "\"version\":\"\"", "version",
		  ERR_VALUE },
		{ "\"version\":\"1.2.3\"", "\"version\":\".1\"", "version",
		  ERR_VALUE },
		{ "\"version\":\"1.2.3\"", "\"version\":\"1 2\"", "version",
		  ERR_VALUE },
		{ "\"version\":\"1.2.3\"",
		  "\"version\":\"1.2.3.4.5.6.7.8.9.10.11.12.13.14\"", "version",
		  ERR_VALUE },
		{ "\"pinned\":true", "\"pinned\":false", "pinned",
		  ERR_MISMATCH },
		{ "\"pinned\":true", "\"pinned\":1", "pinned", ERR_VALUE },
		{ "\"not_after\":\"2027", "\"not_after\":\"2025", "not_after",
		  ERR_MISMATCH },
		{ "2027-01-02T03:04:05Z", "2026-01-02T03:04:05Z", "not_after",
		  ERR_MISMATCH },
		{ "2027-01-02T03:04:05Z", "2027-01-02T03:04:05.5Z", "not_after",
		  ERR_VALUE },
		{ "2027-01-02T03:04:05Z", "2027-02-30T03:04:05Z", "not_after",
		  ERR_VALUE },
		{ "2026-01-02T03:04:05Z", "2026-01-02 03:04:05Z", "not_before",
		  ERR_VALUE },
		{ "2026-01-02T03:04:05Z", "1970-01-01T00:00:00Z", "not_before",
		  ERR_VALUE },
		{ "\"not_before\":\"2026-01-02T03:04:05Z\"",
		  "\"not_before\":null", "not_before", ERR_MISMATCH },
		{ "\"not_after\":\"2027-01-02T03:04:05Z\"",
		  "\"not_after\":null", "not_after", ERR_MISMATCH },
		{ "\"counter\":2,", "\"counter\":0,", "counter", ERR_VALUE },
		{ "\"counter\":2,", "\"counter\":6,", "revoked", ERR_MISMATCH },
		{ "\"counter\":6,", "\"counter\":7,", "revoked", ERR_MISMATCH },
		{ "\"version\":\"1.0.1\"", "\"version\":\"1.2.3\"", "revoked",
		  ERR_MISMATCH },
		{ "\"version\":\"1.0.1\"", "\"version\":\"1.2.2\"", "revoked",
		  ERR_DUPLICATE },
		{ "\"reason\":\"leaks\"", "\"reason\":\"\"", "reason",
		  ERR_VALUE },
		{ "\"reason\":\"leaks\",", "", "reason", ERR_MISSING },
		{ "\"reason\":\"leaks\"", "\"reason\":\"leaks\",\"x\":1", "x",
		  ERR_UNKNOWN },
	};

	REFUSE(changes);
}

static void test_firmware(void)
{
	static const struct change changes[] = {
		{ FIRMWARE, FIRMWARE "," FIRMWARE, "firmware", ERR_DUPLICATE },
		{ "[" FIRMWARE, "[7", "firmware", ERR_VALUE },
		{ FIRMWARE, "", "firmware", ERR_MISMATCH },
		{ "\"cfv_sha384\":\"" H96 "\"", "\"cfv_sha384\":null",
		  "cfv_sha384", ERR_MISMATCH },
		{ "\"mrtd_two_pass\"", "\"mrtd_too\"", "mrtd_too",
		  ERR_UNKNOWN },
		{ "\"name\":\"OVMF.fd\"", "\"name\":\"\"", "name", ERR_VALUE },
		{ "\"size\":8192", "\"size\":8191", "sections", ERR_TRUNC },
		{ "\"size\":8192", "\"size\":67108865", "size", ERR_VALUE },
		{ "\"address\":8192", "\"address\":8193", "sections",
		  ERR_VALUE },
		{ "\"address\":8192", "\"address\":4096", "sections",
		  ERR_VALUE },
		{ "\"address\":8192", "\"address\":9007199254740992", "address",
		  ERR_VALUE },
		{ "\"attributes\":1", "\"attributes\":9", "sections",
		  ERR_UNKNOWN },
		{ "\"type\":\"BFV\"", "\"type\":\"bfv\"", "type", ERR_UNKNOWN },
		{ "\"type\":\"BFV\"", "\"type\":\"CFV\"", "sections",
		  ERR_VALUE },
		{ "\"sections\":[", "\"sections\":[],\"x\":[", "x",
		  ERR_UNKNOWN },
	};

	REFUSE(changes);
}

static void test_machine(void)
{
	static const struct change changes[] = {
		{ "\"cpus\":2", "\"cpus\":0", "cpus", ERR_VALUE },
		{ "\"cpus\":2", "\"cpus\":2.5", "cpus", ERR_VALUE },
		{ "\"cpus\":2", "\"cpus\":2,\"cpus\":2", "", ERR_DUPLICATE },
		{ "\"cpus\":2", "\"cpu\":2", "cpu", ERR_UNKNOWN },
		{ "536870912", "0", "memory_bytes", ERR_VALUE },
		{ "536870912", "70368744177665", "memory_bytes", ERR_VALUE },
		{ "\"platform\":\"sim\"", "\"platform\":\"xen\"", "platform",
		  ERR_VALUE },
		{ "\"platform\":\"sim\"", "\"platform\":\"gcp\"",
		  "machine_type", ERR_MISMATCH },
		{ "\"boot\":\"disk\"", "\"boot\":\"tape\"", "boot", ERR_VALUE },
		{ "\"machine_type\":null", "\"machine_type\":\"\"",
		  "machine_type", ERR_VALUE },
		{ "\"acpi_release\":null", "\"acpi_release\":\"x\"",
		  "acpi_release", ERR_MISMATCH },
		{ "\"options\":[]", "\"options\":[\"x\"]", "options",
		  ERR_UNKNOWN },
		{ "\"options\":[]", "\"options\":[7]", "options", ERR_VALUE },
		{ "\"options\":[]", "\"options\":[\"two-pass\"]", "mrtd",
		  ERR_MISMATCH },
		{ "[\"stub-keys\",\"two-pass\"]",
		  "[\"two-pass\",\"stub-keys\"]", "options", ERR_UNKNOWN },
		{ "[\"stub-keys\",\"two-pass\"]", "[\"two-pass\",\"two-pass\"]",
		  "options", ERR_UNKNOWN },
		{ "\"firmware\":\"00", "\"firmware\":\"01", "firmware",
		  ERR_MISMATCH },
		{ "\"firmware\":\"00", "\"firmware\":\"0", "firmware",
		  ERR_VALUE },
		{ "[" ENTRY "," UNKNOWN_ENTRY "]", "[]", "measurements",
		  ERR_VALUE },
		{ "[" ENTRY "," UNKNOWN_ENTRY "]", "{}", "measurements",
		  ERR_VALUE },
		{ "[" ENTRY, "[1", "measurements", ERR_VALUE },
	};

	REFUSE(changes);
}

static void test_registers(void)
{
	static const struct change changes[] = {
		{ "536870912,\"mrtd\":\"0", "536870912,\"mrtd\":\"1", "mrtd",
		  ERR_MISMATCH },
		{ "536870912,\"mrtd\":\"" H96 "\"", "536870912,\"mrtd\":null",
		  "mrtd", ERR_VALUE },
		{ "536870912,\"mrtd\":\"" H96, "536870912,\"mrtd\":\"" H64,
		  "mrtd", ERR_VALUE },
		{ "\"rtmr1\":\"" ONCE "\"", "\"rtmr1\":1", "rtmr1", ERR_VALUE },
		{ "\"rtmr1\":\"" ONCE "\"", "\"rtmr1\":\"" TWICE "\"", "rtmr1",
		  ERR_MISMATCH },
		{ "\"rtmr2\":\"" ZERO "\"", "\"rtmr2\":null", "rtmr2",
		  ERR_MISMATCH },
		{ "\"rtmr2\":\"" ZERO "\"", "\"rtmr2\":\"" ONCE "\"", "rtmr2",
		  ERR_MISMATCH },
		{ "\"reason\":null", "\"reason\":\"why\"", "reason",
		  ERR_MISMATCH },
		{ "\"reason\":\"no keys\"", "\"reason\":null", "reason",
		  ERR_MISMATCH },
		{ "\"digest\":\"" H96 "\"", "\"digest\":null", "rtmr0",
		  ERR_MISMATCH },
		{ "\"digest\":\"00", "\"digest\":\"01", "rtmr0", ERR_MISMATCH },
		{ "\"rtmr\":0", "\"rtmr\":3", "rtmr", ERR_VALUE },
		{ "\"rtmr\":0", "\"rtmr\":2", "rtmr0", ERR_MISMATCH },
		{ "EV_SEPARATOR", "EE_CONFIG", "type", ERR_UNKNOWN },
		{ "EV_SEPARATOR", "EV_NO_ACTION", "type", ERR_UNKNOWN },
		{ "\"what\":\"separator\"", "\"what\":\"\"", "what",
		  ERR_VALUE },
		{ "\"what\":\"separator\"", "\"x\":\"separator\"", "x",
		  ERR_UNKNOWN },
		{ ",\"what\":\"separator\"", "", "what", ERR_MISSING },
		{ "[" EVENT("0", KNOWN), "[7", "events", ERR_VALUE },
	};
	const char *what;

	REFUSE(changes);
	is_err(with("[" EVENT("0", "null") "]", "[]", &what), ERR_OK,
	       "a machine that tells no events is believed");
}

/* As many of everything as there may be, and one more of each. */
static enum err many(size_t entries, size_t events, size_t bytes)
{
	static char text[2 * REFERENCE_BYTES];
	struct arena a = arena_over(mem, sizeof mem);
	struct wr w = wr_over(text, sizeof text);
	const char *what;

	wr_str(&w, "{\"firmware\":[" FIRMWARE "],\"format\":2," IMAGE
		   ",\"kind\":\"sim\",\"measurements\":[");
	for (size_t i = 0; i < entries; i++) {
		wr_fmt(&w,
		       "%s{\"acpi_release\":null,\"boot\":\"disk\","
		       "\"cpus\":1,\"events\":[",
		       i > 0 ? "," : "");
		for (size_t k = 0; k < events; k++)
			wr_fmt(&w, "%s" EVENT("0", "null"), k > 0 ? "," : "");
		wr_str(&w,
		       "],\"firmware\":\"" H64 "\",\"machine_type\":null,"
		       "\"memory_bytes\":1,\"mrtd\":\"" H96 "\","
		       "\"options\":[],\"platform\":\"qemu\","
		       "\"reason\":\"none\",\"rtmr0\":null,\"rtmr1\":\"" ZERO
		       "\",\"rtmr2\":\"" ZERO "\"}");
	}
	wr_str(&w, "]," DEVELOPMENT SOURCES);
	while (wr_slice(&w).len < bytes)
		wr_str(&w, " ");
	return reference_parse(&a, wr_slice(&w), &ref, &what);
}

static void test_limits(void)
{
	const char *what;

	is_err(many(REFERENCE_MAX, REFERENCE_MAX_EVENTS / REFERENCE_MAX, 0),
	       ERR_OK, "64 machines with 2048 events");
	is_err(many(REFERENCE_MAX + 1, 1, 0), ERR_LIMIT, "65 machines");
	is_err(many(1, REFERENCE_MAX_EVENTS + 1, 0), ERR_LIMIT, "2049 events");
	is_err(many(1, 1, REFERENCE_BYTES), ERR_OK, "a file of 1 MiB");
	is_err(many(1, 1, REFERENCE_BYTES + 1), ERR_LIMIT,
	       "one that is too long is not looked at");
	is_err(with("\"toolchain\":\"gcc 12\"",
		    "\"toolchain\":\"" H96 H96 H96 "\"", &what),
	       ERR_LIMIT, "a toolchain of 288 characters");
}

int main(void)
{
	test_good();
	test_development();
	test_in_force();
	test_prefixes();
	test_head();
	test_release();
	test_firmware();
	test_machine();
	test_registers();
	test_limits();
	return tap_done();
}
