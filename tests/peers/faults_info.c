/* faults_info.c - TCB info: its members, dates and signature. What its levels
 * come to is in faults_status.c. */
#include "tests/peers/faults.h"

#define INFO(o, from, to)                                                      \
	.edit = { .part = FAKE_INFO, .op = (o), .at = (from), BYTES(to) }
#define INFO_AT(o, where, n, to)                                               \
	.edit = { .part = FAKE_INFO,                                           \
		  .op = (o),                                                   \
		  .offset = (where),                                           \
		  .old = (n),                                                  \
		  BYTES(to) }

static void info_signer(struct fault_case *c)
{
	c->fake.info_signer = &c->fake.stranger;
}

static void info_by_pck(struct fault_case *c)
{
	c->fake.info_signer = &c->fake.pck;
}

static void info_by_root(struct fault_case *c)
{
	c->fake.info_signer = &c->fake.root;
}

static void info_late(struct fault_case *c)
{
	c->fake.info_to_s = FAKE_NOW - 1;
}

static void info_early(struct fault_case *c)
{
	c->fake.info_from_s = FAKE_NOW + 1;
}

static void info_fmspc(struct fault_case *c)
{
	c->fake.info_fmspc[5] ^= 1;
}

static void info_pceid(struct fault_case *c)
{
	c->fake.info_pceid[1] ^= 1;
}

static void info_sgx(struct fault_case *c)
{
	c->fake.info_id = "SGX";
}

static void info_version_2(struct fault_case *c)
{
	c->fake.info_version = 2;
}

static void info_version_4(struct fault_case *c)
{
	c->fake.info_version = 4;
}

static void pck_fmspc(struct fault_case *c)
{
	c->fake.fmspc[0] ^= 1;
}

static void pck_pceid(struct fault_case *c)
{
	c->fake.pceid[0] ^= 1;
}

/* Up to the status of the best platform level. */
#define BEST                                                                   \
	"\"pcesvn\":11},\"tcbDate\":\"2026-01-01T00:00:00Z\",\"tcbStatus\":"

/* clang-format off */
static const struct fault info[] = {
	{ "info-signature", "signed by a stranger", REASON_SIGNATURE,
	  "the signature of TCB info", .make = info_signer },
	{ "info-by-pck", "signed by the PCK", REASON_SIGNATURE,
	  "the signature of TCB info", .make = info_by_pck },
	{ "info-by-root", "signed by the root itself", REASON_SIGNATURE,
	  "the signature of TCB info", .make = info_by_root },
	{ "info-unsigned", "a level's SVN changed after signing",
	  REASON_SIGNATURE, "the signature of TCB info",
	  .edit = { .part = FAKE_BUNDLE, .stage = FAKE_AFTER,
	   .at = "\\\"pcesvn\\\":11", BYTES("\\\"pcesvn\\\":10") } },
	{ "info-space", "a space more after signing", REASON_SIGNATURE,
	  "the signature of TCB info",
	  .edit = { .part = FAKE_BUNDLE, .stage = FAKE_AFTER,
	   .at = "\\\"pcesvn\\\":11", BYTES("\\\"pcesvn\\\": 11") } },
	{ "info-expired", "it has expired", REASON_EXPIRED,
	  "TCB info has expired", .make = info_late },
	{ "info-early", "it is not valid yet", REASON_NOT_YET_VALID,
	  "TCB info is not valid yet", .make = info_early },
	{ "info-fmspc", "of another FMSPC", REASON_UNAVAILABLE, "another FMSPC",
	  .make = info_fmspc },
	{ "info-pceid", "of another PCE", REASON_UNAVAILABLE, "another PCE",
	  .make = info_pceid },
	{ "pck-fmspc", "a PCK certificate of another FMSPC", REASON_UNAVAILABLE,
	  "another FMSPC", .make = pck_fmspc },
	{ "pck-pceid", "a PCK certificate of another PCE", REASON_UNAVAILABLE,
	  "another PCE", .make = pck_pceid },
	{ "info-sgx", "the id of SGX", REASON_UNAVAILABLE, "tcb_info id",
	  .make = info_sgx },
	{ "info-id-case", "its id in small letters", REASON_UNAVAILABLE,
	  "tcb_info id", INFO(FAKE_SET, "\"id\":\"TDX\",", "\"id\":\"tdx\",") },
	{ "info-version-2", "version 2", REASON_UNAVAILABLE, "tcb_info version",
	  .make = info_version_2 },
	{ "info-version-4", "version 4", REASON_UNAVAILABLE, "tcb_info version",
	  .make = info_version_4 },
	{ "info-version-text", "its version in a string", REASON_UNAVAILABLE,
	  "tcb_info version",
	  INFO(FAKE_SET, "\"version\":3", "\"version\":\"3\"") },
	{ "info-tcb-type", "TCB type 1", REASON_UNAVAILABLE, "tcb_info tcbType",
	  INFO(FAKE_SET, "\"tcbType\":0", "\"tcbType\":1") },
	{ "info-no-id", "no id", REASON_UNAVAILABLE, "tcb_info id",
	  INFO(FAKE_SET, "\"id\":", "\"x\":") },
	{ "info-no-version", "no version", REASON_UNAVAILABLE,
	  "tcb_info version", INFO(FAKE_SET, "\"version\":", "\"x\":") },
	{ "info-no-issue-date", "no issueDate", REASON_UNAVAILABLE,
	  "tcb_info issueDate", INFO(FAKE_SET, "\"issueDate\":", "\"x\":") },
	{ "info-no-next-update", "no nextUpdate", REASON_UNAVAILABLE,
	  "tcb_info nextUpdate", INFO(FAKE_SET, "\"nextUpdate\":", "\"x\":") },
	{ "info-no-fmspc", "no fmspc", REASON_UNAVAILABLE, "tcb_info fmspc",
	  INFO(FAKE_SET, "\"fmspc\":", "\"x\":") },
	{ "info-no-pceid", "no pceId", REASON_UNAVAILABLE, "tcb_info pceId",
	  INFO(FAKE_SET, "\"pceId\":", "\"x\":") },
	{ "info-no-tcb-type", "no tcbType", REASON_UNAVAILABLE,
	  "tcb_info tcbType", INFO(FAKE_SET, "\"tcbType\":", "\"x\":") },
	{ "info-no-evaluation", "no tcbEvaluationDataNumber",
	  REASON_UNAVAILABLE, "tcb_info tcbEvaluationDataNumber",
	  INFO(FAKE_SET, "\"tcbEvaluationDataNumber\":", "\"x\":") },
	{ "info-no-module", "no tdxModule", REASON_UNAVAILABLE,
	  "tcb_info tdxModule", INFO(FAKE_SET, "\"tdxModule\":", "\"x\":") },
	{ "info-no-levels", "no tcbLevels", REASON_UNAVAILABLE,
	  "tcb_info tcbLevels",
	  INFO(FAKE_SET, "}],\"tcbLevels\":", "}],\"x\":") },
	{ "info-no-tcb", "a level without tcb", REASON_UNAVAILABLE,
	  "tcb_info tcb", INFO(FAKE_SET, "{\"tcb\":{\"sgx", "{\"x\":{\"sgx") },
	{ "info-no-sgx", "a level without SGX components", REASON_UNAVAILABLE,
	  "tcb_info sgxtcbcomponents",
	  INFO(FAKE_SET, "\"sgxtcbcomponents\":", "\"x\":") },
	{ "info-no-tdx", "a level without TDX components", REASON_UNAVAILABLE,
	  "tcb_info tdxtcbcomponents",
	  INFO(FAKE_SET, "\"tdxtcbcomponents\":", "\"x\":") },
	{ "info-no-pcesvn", "a level without a PCESVN", REASON_UNAVAILABLE,
	  "tcb_info pcesvn", INFO(FAKE_SET, "\"pcesvn\":", "\"x\":") },
	{ "info-no-status", "a level without a status", REASON_UNAVAILABLE,
	  "tcb_info tcbStatus", INFO(FAKE_SET, BEST, "\"pcesvn\":11},\"x\":") },
	{ "info-no-date", "a level without a date", REASON_UNAVAILABLE,
	  "tcb_info tcbDate",
	  INFO(FAKE_SET, "\"pcesvn\":11},\"tcbDate\":",
	   "\"pcesvn\":11},\"x\":") },
	{ "info-date-form", "a level's date that is none", REASON_UNAVAILABLE,
	  "tcb_info tcbDate",
	  INFO(FAKE_SET, "\"pcesvn\":11},\"tcbDate\":\"2026-01-01T",
	   "\"pcesvn\":11},\"tcbDate\":\"2026-13-01T") },
	{ "info-date-day", "a level's date without a time", REASON_UNAVAILABLE,
	  "tcb_info tcbDate",
	  INFO(FAKE_SET, "\"pcesvn\":11},\"tcbDate\":\"2026-01-01T00:00:00Z\"",
	   "\"pcesvn\":11},\"tcbDate\":\"2026-01-01\"") },
	{ "info-date-number", "a level's date as a number", REASON_UNAVAILABLE,
	  "tcb_info tcbDate",
	  INFO(FAKE_SET, "\"pcesvn\":11},\"tcbDate\":\"2026-01-01T00:00:00Z\"",
	   "\"pcesvn\":11},\"tcbDate\":1767225600") },
	{ "info-status-unknown", "a status nobody knows", REASON_UNAVAILABLE,
	  "tcb_info tcbStatus",
	  INFO(FAKE_SET, BEST "\"UpToDate\"", BEST "\"Fine\"") },
	{ "info-status-case", "a status in small letters", REASON_UNAVAILABLE,
	  "tcb_info tcbStatus",
	  INFO(FAKE_SET, BEST "\"UpToDate\"", BEST "\"uptodate\"") },
	{ "info-status-td", "a status that a TD has, and no platform",
	  REASON_UNAVAILABLE, "tcb_info tcbStatus",
	  INFO(FAKE_SET, BEST "\"UpToDate\"", BEST "\"TDRelaunchAdvised\"") },
	{ "info-status-none", "a status that no level gives",
	  REASON_UNAVAILABLE, "tcb_info tcbStatus",
	  INFO(FAKE_SET, BEST "\"UpToDate\"", BEST "\"TcbNotSupported\"") },
	{ "info-status-list", "a status in a list", REASON_UNAVAILABLE,
	  "tcb_info tcbStatus",
	  INFO(FAKE_SET, BEST "\"UpToDate\"", BEST "[\"UpToDate\"]") },
	{ "info-advisories-text", "advisories in one string",
	  REASON_UNAVAILABLE, "tcb_info advisoryIDs",
	  INFO(FAKE_SET, BEST "\"UpToDate\"",
	   BEST "\"UpToDate\",\"advisoryIDs\":\"INTEL-SA-00001\"") },
	{ "info-advisories-number", "an advisory that is a number",
	  REASON_UNAVAILABLE, "tcb_info advisoryIDs",
	  INFO(FAKE_SET, BEST "\"UpToDate\"",
	   BEST "\"UpToDate\",\"advisoryIDs\":[1]") },
	{ "info-advisories-escape", "an advisory that clears a terminal",
	  REASON_UNAVAILABLE, "tcb_info advisoryIDs",
	  INFO(FAKE_SET, BEST "\"UpToDate\"",
	   BEST "\"UpToDate\",\"advisoryIDs\":[\"\\u001b[2J\"]") },
	{ "info-advisories-empty", "an advisory without a name",
	  REASON_UNAVAILABLE, "tcb_info advisoryIDs",
	  INFO(FAKE_SET, BEST "\"UpToDate\"",
	   BEST "\"UpToDate\",\"advisoryIDs\":[\"\"]") },
	{ "info-svn-256", "a component SVN of 256", REASON_UNAVAILABLE,
	  "tcb_info svn", INFO(FAKE_SET, "{\"svn\":2}", "{\"svn\":256}") },
	{ "info-svn-negative", "a component SVN below zero", REASON_UNAVAILABLE,
	  "tcb_info svn", INFO(FAKE_SET, "{\"svn\":2}", "{\"svn\":-1}") },
	{ "info-svn-fraction", "a component SVN with a fraction",
	  REASON_UNAVAILABLE, "tcb_info svn",
	  INFO(FAKE_SET, "{\"svn\":2}", "{\"svn\":2.5}") },
	{ "info-svn-text", "a component SVN in a string", REASON_UNAVAILABLE,
	  "tcb_info svn", INFO(FAKE_SET, "{\"svn\":2}", "{\"svn\":\"2\"}") },
	{ "info-svn-missing", "a component without an SVN", REASON_UNAVAILABLE,
	  "tcb_info svn", INFO(FAKE_SET, "{\"svn\":2}", "{}") },
	{ "info-components-15", "15 components", REASON_UNAVAILABLE,
	  "tcb_info sgxtcbcomponents",
	  INFO(FAKE_SET, "{\"svn\":2},{\"svn\":2}", "{\"svn\":2}") },
	{ "info-components-17", "17 components", REASON_UNAVAILABLE,
	  "tcb_info sgxtcbcomponents",
	  INFO(FAKE_SET, "{\"svn\":2}", "{\"svn\":2},{\"svn\":2}") },
	{ "info-components-none", "no components", REASON_UNAVAILABLE,
	  "tcb_info sgxtcbcomponents",
	  INFO(FAKE_SET, "\"sgxtcbcomponents\":",
	   "\"sgxtcbcomponents\":[],\"x\":") },
	{ "info-pcesvn-large", "a PCESVN of 65,536", REASON_UNAVAILABLE,
	  "tcb_info pcesvn",
	  INFO(FAKE_SET, "\"pcesvn\":11", "\"pcesvn\":65536") },
	{ "info-fmspc-short", "an FMSPC of 5 bytes", REASON_UNAVAILABLE,
	  "tcb_info fmspc", INFO(FAKE_SET, "\"fmspc\":\"fa", "\"fmspc\":\"") },
	{ "info-fmspc-digits", "an FMSPC with a character that is no digit",
	  REASON_UNAVAILABLE, "tcb_info fmspc",
	  INFO(FAKE_SET, "\"fmspc\":\"fa", "\"fmspc\":\"gg") },
	{ "info-pceid-long", "a PCE id of 3 bytes", REASON_UNAVAILABLE,
	  "tcb_info pceId", INFO(FAKE_SET, "\"pceId\":\"", "\"pceId\":\"00") },
	{ "info-issued-form", "an issue date that is none", REASON_UNAVAILABLE,
	  "tcb_info issueDate",
	  INFO(FAKE_SET, "\"issueDate\":\"2026", "\"issueDate\":\"26") },
	{ "info-next-form", "a next update that is none", REASON_UNAVAILABLE,
	  "tcb_info nextUpdate",
	  INFO(FAKE_SET, "\"nextUpdate\":\"2026", "\"nextUpdate\":\"never") },
	{ "info-evaluation-negative", "an evaluation number below zero",
	  REASON_UNAVAILABLE, "tcb_info tcbEvaluationDataNumber",
	  INFO(FAKE_SET, "DataNumber\":20", "DataNumber\":-20") },
	{ "info-evaluation-text", "an evaluation number in a string",
	  REASON_UNAVAILABLE, "tcb_info tcbEvaluationDataNumber",
	  INFO(FAKE_SET, "DataNumber\":20", "DataNumber\":\"20\"") },
	{ "info-evaluation-large", "an evaluation number of 33 bits",
	  REASON_UNAVAILABLE, "tcb_info tcbEvaluationDataNumber",
	  INFO(FAKE_SET, "DataNumber\":20", "DataNumber\":4294967296") },
	{ "info-duplicate", "a member twice", REASON_UNAVAILABLE,
	  "the same key",
	  INFO(FAKE_SET, "\"tcbType\":0", "\"tcbType\":0,\"tcbType\":0") },
	{ "info-duplicate-level", "a level's status twice", REASON_UNAVAILABLE,
	  "the same key",
	  INFO(FAKE_SET, BEST "\"UpToDate\"",
	   BEST "\"UpToDate\",\"tcbStatus\":\"UpToDate\"") },
	{ "info-tail", "text after it", REASON_UNAVAILABLE, "tcb_info ",
	  INFO_AT(FAKE_SET, FAKE_FROM_END, 0, "x") },
	{ "info-cut", "it ends too early", REASON_UNAVAILABLE, "tcb_info ",
	  INFO_AT(FAKE_SET, FAKE_FROM_END + 1, 1, "") },
	{ "info-empty", "no text of it", REASON_UNAVAILABLE, "tcb_info ",
	  INFO_AT(FAKE_SET, 0, FAKE_ALL, "") },
	{ "info-array", "an array in its place", REASON_UNAVAILABLE,
	  "tcb_info ", INFO_AT(FAKE_SET, 0, FAKE_ALL, "[]") },
	{ "info-comma", "a comma before the end", REASON_UNAVAILABLE,
	  "tcb_info ", INFO_AT(FAKE_SET, FAKE_FROM_END + 1, 0, ",") },
};
/* clang-format on */

const struct fault_table faults_info = {
	.subject = "TCB info",
	.at = info,
	.n = sizeof info / sizeof *info,
};
