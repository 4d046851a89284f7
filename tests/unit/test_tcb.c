/* TCB info, QE identity, and the status they give. The table of outcomes is
 * that of Intel's library (quote verification, July 2026), written down from
 * its description. */
#include <stdlib.h>

#include "measure/lib/tcb.h"
#include "tests/peers/fakequote.h"
#include "tests/tap.h"

static struct fake fake;
static struct tcb_info info;
static struct qe_identity identity;
static uint8_t memory[1 << 20];
static struct arena arena;

static struct slice info_text(void)
{
	return (struct slice){ (const uint8_t *)fake.info, fake.info_len };
}

static struct slice identity_text(void)
{
	return (struct slice){ (const uint8_t *)fake.identity,
			       fake.identity_len };
}

static void load(void)
{
	const char *what = "";

	fake_build(&fake);
	arena = arena_over(memory, sizeof memory);
	if (tcb_info_parse(&arena, info_text(), &info, &what) != ERR_OK ||
	    qe_identity_parse(&arena, identity_text(), &identity, &what) !=
		    ERR_OK) {
		printf("# %s\n", what);
		exit(98);
	}
}

static struct tcb_state state;

static enum tcb_status evaluate(struct tcb_advisories *adv)
{
	struct tcb_platform p = { .pcesvn = fake.pcesvn };

	load();
	memcpy(p.sgx, fake.sgx, sizeof p.sgx);
	tcb_evaluate(&info, &identity, &p, &fake.body, fake.qe.isvsvn, &state);
	*adv = state.advisories;
	return state.status;
}

static void is_status(enum tcb_status got, const char *want, const char *title)
{
	if (!ok(strcmp(tcb_status_name(got), want) == 0, "%s: %s", title, want))
		printf("#   got %s\n", tcb_status_name(got));
}

static void test_names(void)
{
	static const char *const names[] = {
		"UpToDate",
		"SWHardeningNeeded",
		"ConfigurationNeeded",
		"ConfigurationAndSWHardeningNeeded",
		"OutOfDate",
		"OutOfDateConfigurationNeeded",
		"TDRelaunchAdvised",
		"TDRelaunchAdvisedConfigurationNeeded",
		"Revoked",
		"TcbNotSupported",
	};
	enum tcb_status s = TCB_STATUS_COUNT;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		ok(tcb_status_parse(str_slice(names[i]), &s) == ERR_OK &&
			   strcmp(tcb_status_name(s), names[i]) == 0,
		   "%s there and back", names[i]);
	is_err(tcb_status_parse(str_slice("uptodate"), &s), ERR_UNKNOWN,
	       "case counts");
	is_err(tcb_status_parse(str_slice(""), &s), ERR_UNKNOWN, "nothing");
	ok(strcmp(tcb_status_name(TCB_STATUS_COUNT), "?") == 0, "no status");
}

static void test_parsed(void)
{
	fake_init(&fake);
	fake.platform.advisory = "INTEL-SA-00009";
	fake.module_version = 0xab;
	load();
	ok(memcmp(info.fmspc, fake.fmspc, 6) == 0 &&
		   info.evaluation_number == 20 && info.n_levels == 2 &&
		   info.n_modules == 1 && info.modules[0].version == 0xab,
	   "TCB info");
	ok(info.issued_s == FAKE_NOW - FAKE_DAY &&
		   info.next_update_s == FAKE_NOW + FAKE_DAY,
	   "its dates");
	ok(info.levels[0].pcesvn == 11 && info.levels[0].sgx[15] == 2 &&
		   info.levels[0].tdx[2] == 3 &&
		   info.levels[0].status == TCB_UP_TO_DATE &&
		   json_count(info.levels[0].advisories) == 1,
	   "its first level");
	ok(identity.isvprodid == 2 && identity.levels.n == 2 &&
		   identity.levels.at[0].isvsvn == 4 &&
		   identity.miscselect_mask == UINT32_MAX &&
		   identity.attributes_mask[0] == 0xfb,
	   "QE identity");
}

/* One member of a good text exchanged for another text. */
static const struct {
	const char *why, *from, *to;
	enum err want;
	const char *what;
} edits[] = {
	{ "another document", "\"TDX\"", "\"SGX\"", ERR_UNSUPP, "id" },
	{ "another version", "\"version\":3", "\"version\":2", ERR_UNSUPP,
	  "version" },
	{ "another TCB type", "\"tcbType\":0", "\"tcbType\":1", ERR_UNSUPP,
	  "tcbType" },
	{ "no FMSPC", "\"fmspc\"", "\"fmspd\"", ERR_MISSING, "fmspc" },
	{ "an FMSPC of another length", "\"fmspc\":\"", "\"fmspc\":\"00",
	  ERR_VALUE, "fmspc" },
	{ "a date that is none", "\"issueDate\":\"2", "\"issueDate\":\"x",
	  ERR_VALUE, "issueDate" },
	{ "an unknown status", "\"UpToDate\"", "\"UpTodate\"", ERR_UNKNOWN,
	  "tcbStatus" },
	{ "a module's status that Intel gives to none",
	  "\"tcbStatus\":\"UpToDate\"", "\"tcbStatus\":\"SWHardeningNeeded\"",
	  ERR_UNSUPP, "tcbStatus" },
	{ "a module's status that only a TD can have",
	  "\"tcbStatus\":\"UpToDate\"", "\"tcbStatus\":\"TDRelaunchAdvised\"",
	  ERR_UNSUPP, "tcbStatus" },
	{ "a platform's status that only a TD can have",
	  "\"tcbStatus\":\"UpToDate\",\"advisoryIDs\"",
	  "\"tcbStatus\":\"TDRelaunchAdvised\",\"advisoryIDs\"", ERR_UNSUPP,
	  "tcbStatus" },
	{ "a platform's status that no level can have",
	  "\"tcbStatus\":\"UpToDate\",\"advisoryIDs\"",
	  "\"tcbStatus\":\"TcbNotSupported\",\"advisoryIDs\"", ERR_UNSUPP,
	  "tcbStatus" },
	{ "an SVN of 256", "[{\"svn\":2}", "[{\"svn\":256}", ERR_VALUE, "svn" },
	{ "a negative SVN", "[{\"svn\":2}", "[{\"svn\":-1}", ERR_VALUE, "svn" },
	{ "a fraction of an SVN", "[{\"svn\":2}", "[{\"svn\":1.5}", ERR_VALUE,
	  "svn" },
	{ "an SVN as text", "[{\"svn\":2}", "[{\"svn\":\"2\"}", ERR_VALUE,
	  "svn" },
	{ "15 components", "[{\"svn\":2},", "[", ERR_VALUE,
	  "sgxtcbcomponents" },
	{ "17 components", "[{\"svn\":2},", "[{\"svn\":2},{\"svn\":2},",
	  ERR_VALUE, "sgxtcbcomponents" },
	{ "a PCESVN of 65536", "\"pcesvn\":11", "\"pcesvn\":65536", ERR_VALUE,
	  "pcesvn" },
	{ "no PCESVN", "\"pcesvn\":11", "\"pcesvm\":11", ERR_MISSING,
	  "pcesvn" },
	{ "a module's id in lower case", "\"TDX_0A\"", "\"TDX_0a\"", ERR_VALUE,
	  "tdxModuleIdentities.id" },
	{ "a module's id of another kind", "\"TDX_0A\"", "\"TDX-0A\"",
	  ERR_VALUE, "tdxModuleIdentities.id" },
	{ "a mask with holes", "\"FFFFFFFFFFFFFFFF\"", "\"FFFFFFFFFFFFFFFE\"",
	  ERR_UNSUPP, "attributesMask" },
	{ "no date of a level", "\"tcbDate\"", "\"tcbdate\"", ERR_MISSING,
	  "tcbDate" },
	{ "a date of a level that is none", "\"tcbDate\":\"2026-01",
	  "\"tcbDate\":\"2026-13", ERR_VALUE, "tcbDate" },
	{ "a date of a level as a number", "\"tcbDate\":\"2026",
	  "\"tcbDate\":7,\"x\":\"2026", ERR_VALUE, "tcbDate" },
	{ "a key twice", "\"id\":\"TDX\"", "\"id\":\"TDX\",\"id\":\"TDX\"",
	  ERR_DUPLICATE, "" },
	{ "advisories that are no list", "\"advisoryIDs\":[\"A\"]",
	  "\"advisoryIDs\":\"A\"", ERR_VALUE, "advisoryIDs" },
	{ "an advisory that is no text", "\"advisoryIDs\":[\"A\"]",
	  "\"advisoryIDs\":[7]", ERR_VALUE, "advisoryIDs" },
	{ "something after it", "]}", "]}", ERR_OK, "" },
};

static void test_edits(void)
{
	static char text[16 * 1024];

	fake_init(&fake);
	fake.module_version = 10;
	fake.platform.advisory = "A";
	load();
	for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
		const char *what = "";
		char *at = memmem(fake.info, fake.info_len, edits[i].from,
				  strlen(edits[i].from));
		struct tcb_info out;
		enum err e;

		ok(at != NULL, "%s: there is a place", edits[i].why);
		if (at == NULL)
			continue;
		snprintf(text, sizeof text, "%.*s%s%.*s", (int)(at - fake.info),
			 fake.info, edits[i].to,
			 (int)(fake.info_len - (size_t)(at - fake.info) -
			       strlen(edits[i].from)),
			 at + strlen(edits[i].from));
		arena = arena_over(memory, sizeof memory);
		e = tcb_info_parse(&arena, str_slice(text), &out, &what);
		is_err(e, edits[i].want, "%s", edits[i].why);
		ok(strcmp(what, edits[i].what) == 0, "and named: \"%s\"", what);
	}
}

static void test_prefixes(void)
{
	size_t accepted = 0;

	fake_init(&fake);
	load();
	for (size_t n = 0; n < fake.info_len; n++) {
		const char *what = "";
		struct tcb_info a;

		arena = arena_over(memory, sizeof memory);
		accepted += tcb_info_parse(&arena,
					   (struct slice){ info_text().ptr, n },
					   &a, &what) == ERR_OK;
	}
	for (size_t n = 0; n < fake.identity_len; n++) {
		const char *what = "";
		struct qe_identity b;

		arena = arena_over(memory, sizeof memory);
		accepted += qe_identity_parse(
				    &arena,
				    (struct slice){ identity_text().ptr, n },
				    &b, &what) == ERR_OK;
	}
	ok(accepted == 0, "no prefix of TCB info or QE identity is accepted");
}

/* Every size of the arena: too small is an error, never a crash. */
static void test_arena(void)
{
	size_t need, failed = 0;

	fake_init(&fake);
	load();
	need = arena.used;
	for (size_t cap = 0; cap < need; cap += 97) {
		const char *what = "";
		struct tcb_info a;
		struct qe_identity b;

		arena = arena_over(memory, cap);
		if (tcb_info_parse(&arena, info_text(), &a, &what) != ERR_OK ||
		    qe_identity_parse(&arena, identity_text(), &b, &what) !=
			    ERR_OK)
			failed++;
	}
	ok(failed == (need + 96) / 97,
	   "an arena that is too small is an error");
}

/* Platform, module and QE status to the converged one. */
static const struct {
	const char *platform, *module, *qe, *want;
} converge[] = {
	{ "UpToDate", "UpToDate", "UpToDate", "UpToDate" },
	{ "UpToDate", "OutOfDate", "UpToDate", "OutOfDate" },
	{ "UpToDate", "UpToDate", "OutOfDate", "OutOfDate" },
	{ "UpToDate", "OutOfDate", "OutOfDate", "OutOfDate" },
	{ "UpToDate", "Revoked", "UpToDate", "Revoked" },
	{ "UpToDate", "UpToDate", "Revoked", "Revoked" },
	{ "UpToDate", "OutOfDate", "Revoked", "Revoked" },
	{ "SWHardeningNeeded", "UpToDate", "UpToDate", "SWHardeningNeeded" },
	{ "SWHardeningNeeded", "OutOfDate", "UpToDate", "OutOfDate" },
	{ "SWHardeningNeeded", "UpToDate", "OutOfDate", "OutOfDate" },
	{ "ConfigurationNeeded", "UpToDate", "UpToDate",
	  "ConfigurationNeeded" },
	{ "ConfigurationNeeded", "OutOfDate", "UpToDate",
	  "OutOfDateConfigurationNeeded" },
	{ "ConfigurationNeeded", "UpToDate", "OutOfDate",
	  "OutOfDateConfigurationNeeded" },
	{ "ConfigurationAndSWHardeningNeeded", "UpToDate", "UpToDate",
	  "ConfigurationAndSWHardeningNeeded" },
	{ "ConfigurationAndSWHardeningNeeded", "OutOfDate", "UpToDate",
	  "OutOfDateConfigurationNeeded" },
	{ "OutOfDate", "UpToDate", "UpToDate", "OutOfDate" },
	{ "OutOfDate", "OutOfDate", "OutOfDate", "OutOfDate" },
	{ "OutOfDateConfigurationNeeded", "UpToDate", "OutOfDate",
	  "OutOfDateConfigurationNeeded" },
	{ "Revoked", "UpToDate", "UpToDate", "Revoked" },
	{ "Revoked", "OutOfDate", "OutOfDate", "Revoked" },
};

static void test_converge(void)
{
	for (size_t i = 0; i < sizeof converge / sizeof converge[0]; i++) {
		struct tcb_advisories adv;
		char title[128];

		fake_init(&fake);
		fake.platform.status = converge[i].platform;
		fake.module.status = converge[i].module;
		fake.qe_levels.status = converge[i].qe;
		snprintf(title, sizeof title, "%s, module %s, QE %s",
			 converge[i].platform, converge[i].module,
			 converge[i].qe);
		is_status(evaluate(&adv), converge[i].want, title);
	}
}

/* ---- dates ---- */

/* Gives each level its own day of January 2026, in the order of the text. */
static void set_days(char *text, size_t len, const unsigned *day)
{
	static const char key[] = "\"tcbDate\":\"2026-01-";
	char *at = text;

	for (; *day != 0; day++) {
		at = memmem(at, len - (size_t)(at - text), key, sizeof key - 1);
		if (at == NULL)
			exit(98);
		at += sizeof key - 1;
		at[0] = (char)('0' + *day / 10);
		at[1] = (char)('0' + *day % 10);
	}
}

static int64_t january(unsigned day)
{
	/* 2026-01-01T00:00:00Z, by date(1) */
	return day == 0 ? 0 : INT64_C(1767225600) + (day - 1) * FAKE_DAY;
}

static const struct {
	const char *why;
	/* days of: module good, low; platform good, low; QE good, low */
	unsigned module[2], platform[2], qe[2];
	/* which levels the quote reaches: the low one; below all */
	bool low_module, low_platform, low_qe, no_qe;
	unsigned date, since; /* 0: none */
} dated[] = {
	{ "all UpToDate", { 9, 3 }, { 8, 2 }, { 7, 1 }, 0, 0, 0, 0, 7, 0 },
	{ "the oldest is the platform's",
	  { 9, 3 },
	  { 6, 2 },
	  { 7, 1 },
	  0,
	  0,
	  0,
	  0,
	  6,
	  0 },
	{ "an old module", { 9, 3 }, { 8, 2 }, { 7, 1 }, 1, 0, 0, 0, 3, 9 },
	{ "an old platform", { 9, 3 }, { 8, 2 }, { 7, 1 }, 0, 1, 0, 0, 2, 8 },
	{ "an old QE", { 9, 3 }, { 8, 2 }, { 7, 1 }, 0, 0, 1, 0, 1, 7 },
	{ "all of them old: since the first of the dates",
	  { 9, 3 },
	  { 8, 2 },
	  { 7, 1 },
	  1,
	  1,
	  1,
	  0,
	  1,
	  7 },
	{ "a better level of the same day",
	  { 9, 9 },
	  { 9, 9 },
	  { 9, 9 },
	  1,
	  1,
	  1,
	  0,
	  9,
	  0 },
	{ "a better level that is older",
	  { 9, 9 },
	  { 8, 9 },
	  { 9, 9 },
	  0,
	  1,
	  0,
	  0,
	  9,
	  0 },
	{ "two of them old, and one does not say since when",
	  { 9, 3 },
	  { 9, 9 },
	  { 7, 1 },
	  1,
	  1,
	  0,
	  0,
	  3,
	  0 },
	{ "a part below all of its levels has no date",
	  { 9, 3 },
	  { 8, 2 },
	  { 7, 1 },
	  0,
	  1,
	  0,
	  1,
	  0,
	  8 },
};

static void test_dates(void)
{
	for (size_t i = 0; i < sizeof dated / sizeof dated[0]; i++) {
		const unsigned info_days[] = { dated[i].module[0],
					       dated[i].module[1],
					       dated[i].platform[0],
					       dated[i].platform[1], 0 };
		const unsigned qe_days[] = { dated[i].qe[0], dated[i].qe[1],
					     0 };
		struct tcb_platform p = { .pcesvn = 11 };
		const char *what = "";

		fake_init(&fake);
		fake.platform.low_status = "OutOfDate";
		if (dated[i].low_module)
			fake.body.tee_tcb_svn[0] = 4;
		if (dated[i].low_platform)
			p.pcesvn = 10;
		fake.qe.isvsvn = dated[i].no_qe ? 1 : dated[i].low_qe ? 3 : 4;
		fake_build(&fake);
		set_days(fake.info, fake.info_len, info_days);
		set_days(fake.identity, fake.identity_len, qe_days);
		arena = arena_over(memory, sizeof memory);
		memcpy(p.sgx, fake.sgx, sizeof p.sgx);
		if (tcb_info_parse(&arena, info_text(), &info, &what) !=
			    ERR_OK ||
		    qe_identity_parse(&arena, identity_text(), &identity,
				      &what) != ERR_OK)
			exit(98);
		tcb_evaluate(&info, &identity, &p, &fake.body, fake.qe.isvsvn,
			     &state);
		ok(state.date_s == january(dated[i].date) &&
			   state.out_of_date_since_s == january(dated[i].since),
		   "%s: its date, and since when", dated[i].why);
	}
}

/* Longer lists, and the states of them, without a document around. */
static const struct isv_level ladder[] = {
	{ .isvsvn = 5, .status = TCB_UP_TO_DATE, .date_s = 9 },
	{ .isvsvn = 4, .status = TCB_UP_TO_DATE, .date_s = 6 },
	{ .isvsvn = 3, .status = TCB_OUT_OF_DATE, .date_s = 4 },
	{ .isvsvn = 2, .status = TCB_REVOKED, .date_s = 2 },
};

static const struct {
	enum tcb_status platform; /* of the lower level; day 7, above: day 8 */
	bool low;
	uint16_t isvsvn;
	int64_t date, since;
} climbed[] = {
	{ TCB_OUT_OF_DATE, false, 5, 8, 0 },
	{ TCB_OUT_OF_DATE, false, 4, 6, 0 },
	{ TCB_OUT_OF_DATE, false, 3, 4, 6 },
	{ TCB_OUT_OF_DATE, false, 2, 2, 4 },
	{ TCB_OUT_OF_DATE, true, 5, 7, 8 },
	{ TCB_OUT_OF_DATE_CONFIGURATION, true, 5, 7, 8 },
	{ TCB_REVOKED, true, 5, 7, 8 },
	{ TCB_SW_HARDENING, true, 5, 7, 0 },
	{ TCB_CONFIGURATION, true, 5, 7, 0 },
	{ TCB_CONFIGURATION_SW_HARDENING, true, 5, 7, 0 },
};

static void test_ladders(void)
{
	static const struct qe_identity id = { .levels = { ladder, 4 } };
	struct quote_body body = { .type = QUOTE_BODY_TD10 };

	for (size_t i = 0; i < sizeof climbed / sizeof climbed[0]; i++) {
		const struct tcb_level levels[] = {
			{ .pcesvn = 2, .status = TCB_UP_TO_DATE, .date_s = 8 },
			{ .status = climbed[i].platform, .date_s = 7 },
		};
		const struct tcb_info one = { .levels = levels, .n_levels = 2 };
		struct tcb_platform p = { .pcesvn = climbed[i].low ? 1 : 2 };

		tcb_evaluate(&one, &id, &p, &body, climbed[i].isvsvn, &state);
		ok(state.date_s == climbed[i].date &&
			   state.out_of_date_since_s == climbed[i].since,
		   "%s, QE of SVN %u: level of day %d, behind since day %d",
		   tcb_status_name(climbed[i].low ? climbed[i].platform
						  : TCB_UP_TO_DATE),
		   climbed[i].isvsvn, (int)climbed[i].date,
		   (int)climbed[i].since);
	}
}

static void test_parts(void)
{
	struct tcb_advisories adv;

	fake_init(&fake);
	fake.qe.isvsvn = 3;
	(void)evaluate(&adv);
	ok(state.part[TCB_PLATFORM].applies && state.part[TCB_MODULE].applies &&
		   state.part[TCB_QE].applies &&
		   state.part[TCB_PLATFORM].status == TCB_UP_TO_DATE &&
		   state.part[TCB_MODULE].status == TCB_UP_TO_DATE &&
		   state.part[TCB_QE].status == TCB_OUT_OF_DATE,
	   "each part has its own status");
	fake_init(&fake);
	fake.body.tee_tcb_svn[1] = 0;
	fake.level_tdx[0] = 0;
	(void)evaluate(&adv);
	ok(!state.part[TCB_MODULE].applies && state.date_s == january(1),
	   "the first TDX module has no levels, and no part in the dates");
	fake_init(&fake);
	fake.body.tee_tcb_svn[1] = 9;
	(void)evaluate(&adv);
	ok(state.status == TCB_NOT_SUPPORTED && state.date_s == 0 &&
		   !state.part[TCB_MODULE].applies,
	   "a module that nobody knows gives no date");
	fake_init(&fake);
	fake.platform.low = 0;
	fake.level_pcesvn = fake.pcesvn + 1u;
	(void)evaluate(&adv);
	ok(state.status == TCB_NOT_SUPPORTED && state.date_s == 0 &&
		   state.part[TCB_QE].date_s != 0,
	   "nor does a platform below all levels, whatever the others have");
}

static void test_levels(void)
{
	struct tcb_advisories adv;

	fake_init(&fake);
	fake.platform.low_status = "ConfigurationNeeded";
	for (size_t i = 0; i < 16; i++) {
		fake.sgx[i]--;
		is_status(evaluate(&adv), "ConfigurationNeeded",
			  "an SGX component one too low");
		fake.sgx[i]++;
	}
	for (size_t i = 2; i < 16; i++) {
		fake.level_tdx[i] = (uint8_t)(fake.body.tee_tcb_svn[i] + 1);
		is_status(evaluate(&adv), "ConfigurationNeeded",
			  "a TDX component one too low");
		fake.level_tdx[i] = 0;
	}
	fake.pcesvn--;
	is_status(evaluate(&adv), "ConfigurationNeeded", "PCESVN one too low");
	fake.pcesvn++;
	fake.level_tdx[0] = 6;
	is_status(evaluate(&adv), "UpToDate",
		  "TDX component 0 is the module's own business");
	fake.body.tee_tcb_svn[1] = 0;
	is_status(evaluate(&adv), "ConfigurationNeeded",
		  "but counts for the first module");
	fake.body.tee_tcb_svn[0] = 6;
	is_status(evaluate(&adv), "UpToDate", "and is then enough");
	fake_init(&fake);
	fake.body.tee_tcb_svn[0] = 4;
	is_status(evaluate(&adv), "OutOfDate", "a module below its level");
	fake.body.tee_tcb_svn[0] = 2;
	is_status(evaluate(&adv), "TcbNotSupported", "below all of them");
	fake_init(&fake);
	fake.qe.isvsvn = 3;
	is_status(evaluate(&adv), "OutOfDate", "a QE below its level");
	fake.qe.isvsvn = 1;
	is_status(evaluate(&adv), "TcbNotSupported", "below all of them");
}

/* TD 1.5: status at launch and now, by the module's SVN then and now. */
static void test_relaunch(void)
{
	static const struct {
		const char *platform, *low;
		uint8_t launch, now;
		const char *want, *then; /* if it were launched anew */
	} rows[] = {
		{ "UpToDate", "OutOfDate", 5, 5, "UpToDate", "UpToDate" },
		{ "UpToDate", "OutOfDate", 3, 3, "OutOfDate", "OutOfDate" },
		{ "UpToDate", "OutOfDate", 3, 5, "TDRelaunchAdvised",
		  "UpToDate" },
		{ "SWHardeningNeeded", "OutOfDate", 3, 5, "TDRelaunchAdvised",
		  "SWHardeningNeeded" },
		{ "ConfigurationNeeded", "OutOfDate", 3, 5,
		  "TDRelaunchAdvisedConfigurationNeeded",
		  "ConfigurationNeeded" },
		{ "ConfigurationNeeded", "OutOfDate", 3, 3,
		  "OutOfDateConfigurationNeeded",
		  "OutOfDateConfigurationNeeded" },
		{ "ConfigurationAndSWHardeningNeeded", "OutOfDate", 3, 5,
		  "TDRelaunchAdvisedConfigurationNeeded",
		  "ConfigurationAndSWHardeningNeeded" },
		{ "UpToDate", "Revoked", 3, 5, "Revoked", "UpToDate" },
		{ "UpToDate", "OutOfDate", 2, 5, "TcbNotSupported",
		  "UpToDate" },
		{ "UpToDate", "OutOfDate", 5, 2, "TcbNotSupported",
		  "TcbNotSupported" },
		{ "OutOfDate", "OutOfDate", 3, 5, "OutOfDate", "OutOfDate" },
		{ "UpToDate", "OutOfDate", 5, 3, "UpToDate", "OutOfDate" },
		{ "ConfigurationNeeded", "OutOfDate", 5, 3,
		  "ConfigurationNeeded", "OutOfDateConfigurationNeeded" },
		{ "UpToDate", "Revoked", 2, 3, "Revoked", "Revoked" },
	};
	struct tcb_advisories adv;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char title[96];

		fake_init(&fake);
		fake.body.type = QUOTE_BODY_TD15;
		fake.version = 5;
		fake.platform.status = rows[i].platform;
		fake.module.low_status = rows[i].low;
		fake.body.tee_tcb_svn[0] = rows[i].launch;
		fake.body.tee_tcb_svn2[0] = rows[i].now;
		snprintf(title, sizeof title, "%s, module SVN %u then, %u now",
			 rows[i].platform, rows[i].launch, rows[i].now);
		is_status(evaluate(&adv), rows[i].want, title);
		is_status(state.now, rows[i].then, "launched anew");
		fake.body.type = QUOTE_BODY_TD10;
		(void)evaluate(&adv);
		ok(state.now == state.status, "of TD 1.0 there is one status");
	}
	fake_init(&fake);
	fake.body.type = QUOTE_BODY_TD15;
	fake.version = 5;
	fake.body.tee_tcb_svn2[1] = 9;
	is_status(evaluate(&adv), "TcbNotSupported", "a module nobody knows");
}

static void test_advisories(void)
{
	struct tcb_advisories adv;

	fake_init(&fake);
	fake.platform.advisory = "INTEL-SA-00001";
	fake.module.advisory = "INTEL-SA-00002";
	fake.qe_levels.advisory = "INTEL-SA-00001";
	(void)evaluate(&adv);
	ok(adv.n == 2 && strcmp(adv.id[0], "INTEL-SA-00001") == 0 &&
		   strcmp(adv.id[1], "INTEL-SA-00002") == 0,
	   "advisories of all parts, each once");
	fake.platform.advisory = "AN-ADVISORY-WHOSE-NAME-IS-TOO-LONG";
	(void)evaluate(&adv);
	ok(adv.n == 2 && strcmp(adv.id[0], "INTEL-SA-00002") == 0,
	   "one that does not fit is left out");
}

int main(void)
{
	test_names();
	test_parsed();
	test_edits();
	test_prefixes();
	test_arena();
	test_converge();
	test_dates();
	test_ladders();
	test_parts();
	test_levels();
	test_relaunch();
	test_advisories();
	return tap_done();
}
