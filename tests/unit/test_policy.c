/* Policy files and defaults. */
#include "measure/lib/policy.h"
#include "tests/tap.h"

#define H48  "00112233445566778899aabbccddeeff"
#define MRTD "\"" H48 H48 H48 "\""

static uint8_t memory[1 << 20];

static enum err parse(const char *text, struct policy *p, const char **what)
{
	struct arena a = arena_over(memory, sizeof memory);

	*what = "";
	return policy_parse(&a, str_slice(text), p, what);
}

static void test_defaults(void)
{
	struct policy p;
	size_t allowed = 0;

	policy_init(&p);
	for (size_t i = 0; i < TCB_STATUS_COUNT; i++)
		allowed += p.tcb_allowed[i];
	ok(p.n_sets == 0 && allowed == 1 && p.tcb_allowed[TCB_UP_TO_DATE],
	   "nothing is trusted, UpToDate alone is good enough");
	ok(p.tcb_mode == ENFORCE_STRICT && p.rtmr_mode == ENFORCE_STRICT,
	   "strict");
	ok(p.td_attributes_required == TD_ATTR_SEPT_VE_DISABLE &&
		   (p.td_attributes_allowed & TD_ATTR_NEVER) == 0,
	   "attributes");
	ok(p.n_xfam == 2 && p.xfam[0] == 0x600e7, "XFAM of Google's machines");
}

static void test_full(void)
{
	static const char text[] =
		"{\"version\":1,\"measurements\":[{\"platform\":\"gcp\","
		"\"mrtd\":" MRTD ",\"rtmr1\":" MRTD "},{\"mrtd\":" MRTD "}],"
		"\"tcb_statuses\":[\"UpToDate\",\"SWHardeningNeeded\"],"
		"\"min_tcb_evaluation_number\":18,"
		"\"xfam\":[\"e702060000000000\"],"
		"\"td_attributes_allowed\":\"0000001000000080\","
		"\"td_attributes_required\":\"0000001000000080\","
		"\"references\":[{\"file\":\"m.json\",\"key\":\"k.pem\","
		"\"min_counter\":7},{\"file\":\"n.json\"}],"
		"\"tcb_grace_days\":{\"OutOfDate\":30},"
		"\"ppid\":[\"" H48 "\"],\"piid\":[\"" H48 "\"],"
		"\"mr_seam\":[" MRTD "],\"mr_seam_mode\":\"strict\","
		"\"simulated\":true,\"verifier\":\"both\","
		"\"mr_config_id\":" MRTD ",\"tcb_mode\":\"warn\","
		"\"rtmr_mode\":\"disabled\"}";
	const char *what = "";
	struct policy p;

	is_err(parse(text, &p, &what), ERR_OK, "a policy with everything");
	ok(p.n_sets == 2 && strcmp(p.sets[0].platform, "gcp") == 0 &&
		   p.sets[1].platform[0] == '\0',
	   "two sets");
	ok(p.sets[0].mrtd[1] == 0x11 && p.sets[0].has_rtmr[1] &&
		   !p.sets[0].has_rtmr[0] && !p.sets[0].has_rtmr[3],
	   "with the registers that are given");
	ok(p.tcb_allowed[TCB_SW_HARDENING] && !p.tcb_allowed[TCB_OUT_OF_DATE],
	   "TCB statuses");
	ok(p.min_evaluation_number == 18 && p.n_xfam == 1 &&
		   p.xfam[0] == 0x602e7,
	   "evaluation number and XFAM");
	ok(p.td_attributes_allowed ==
			   (TD_ATTR_SEPT_VE_DISABLE | TD_ATTR_PERFMON) &&
		   p.td_attributes_required == p.td_attributes_allowed,
	   "attributes, little-endian as in a quote");
	ok(p.n_references == 2 && strcmp(p.references[0].file, "m.json") == 0 &&
		   strcmp(p.references[0].key, "k.pem") == 0 &&
		   p.references[0].min_counter == 7 &&
		   p.references[1].key[0] == '\0' &&
		   p.references[1].min_counter == 0,
	   "references");
	ok(p.tcb_grace_days[TCB_OUT_OF_DATE] == 30 &&
		   p.tcb_grace_days[TCB_RELAUNCH] == 0,
	   "grace");
	ok(p.n_ppid == 1 && p.ppid[0][15] == 0xff && p.n_piid == 1 &&
		   p.piid[0][1] == 0x11 && p.n_mr_seam == 1 &&
		   p.mr_seam[0][47] == 0xff,
	   "platforms and modules");
	ok(p.mr_seam_mode == ENFORCE_STRICT && p.simulated &&
		   p.verifier == POLICY_BOTH,
	   "words");
	ok(p.mr_config_id[2] == 0x22 && p.mr_owner[2] == 0, "owner fields");
	ok(p.tcb_mode == ENFORCE_WARN && p.rtmr_mode == ENFORCE_DISABLED,
	   "modes");
}

static const struct {
	const char *text;
	enum err want;
	const char *what;
} bad[] = {
	{ "", ERR_TRUNC, "" },
	{ "{", ERR_VALUE, "" },
	{ "[]", ERR_VALUE, "" },
	{ "{}", ERR_MISSING, "version" },
	{ "{\"version\":2}", ERR_UNSUPP, "version" },
	{ "{\"version\":\"1\"}", ERR_VALUE, "version" },
	{ "{\"version\":1,\"version\":1}", ERR_DUPLICATE, "" },
	{ "{\"version\":1,\"mrtd\":" MRTD "}", ERR_UNKNOWN, "mrtd" },
	{ "{\"version\":1,\"measurements\":{}}", ERR_VALUE, "measurements" },
	{ "{\"version\":1,\"measurements\":[{}]}", ERR_MISSING, "mrtd" },
	{ "{\"version\":1,\"measurements\":[7]}", ERR_VALUE, "measurements" },
	{ "{\"version\":1,\"measurements\":[{\"mrtd\":\"00\"}]}", ERR_VALUE,
	  "mrtd" },
	{ "{\"version\":1,\"measurements\":[{\"mrtd\":" MRTD
	  ",\"rtmr0\":null}]}",
	  ERR_VALUE, "rtmr0" },
	{ "{\"version\":1,\"measurements\":[{\"mrtd\":" MRTD "}]}", ERR_MISSING,
	  "rtmr1" },
	{ "{\"version\":1,\"measurements\":[{\"mrtd\":" MRTD ",\"rtmr0\":" MRTD
	  ",\"rtmr2\":" MRTD ",\"rtmr3\":" MRTD "}],\"rtmr_mode\":\"strict\"}",
	  ERR_MISSING, "rtmr1" },
	{ "{\"version\":1,\"measurements\":[{\"mrtd\":" MRTD ",\"rtmr1\":" MRTD
	  "},{\"mrtd\":" MRTD "}]}",
	  ERR_MISSING, "rtmr1" },
	{ "{\"version\":1,\"measurements\":[{\"mrtd\":" MRTD ",\"rtmr4\":" MRTD
	  "}]}",
	  ERR_UNKNOWN, "rtmr4" },
	{ "{\"version\":1,\"tcb_statuses\":\"UpToDate\"}", ERR_VALUE,
	  "tcb_statuses" },
	{ "{\"version\":1,\"tcb_statuses\":[\"Fine\"]}", ERR_VALUE,
	  "tcb_statuses" },
	{ "{\"version\":1,\"tcb_statuses\":[\"Revoked\"]}", ERR_VALUE,
	  "tcb_statuses" },
	{ "{\"version\":1,\"tcb_statuses\":[\"TcbNotSupported\"]}", ERR_VALUE,
	  "tcb_statuses" },
	{ "{\"version\":1,\"min_tcb_evaluation_number\":-1}", ERR_VALUE,
	  "min_tcb_evaluation_number" },
	{ "{\"version\":1,\"xfam\":[\"e7\"]}", ERR_VALUE, "xfam" },
	{ "{\"version\":1,\"tcb_mode\":\"off\"}", ERR_VALUE, "tcb_mode" },
	{ "{\"version\":1,\"rtmr_mode\":\"\"}", ERR_VALUE, "rtmr_mode" },
	{ "{\"version\":1,\"mr_owner\":\"\"}", ERR_VALUE, "mr_owner" },
};

static void test_refusals(void)
{
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct policy p = { .n_sets = 77 };
		const char *what = "";
		enum err e = parse(bad[i].text, &p, &what);

		is_err(e, bad[i].want, "%s", bad[i].text);
		ok(strcmp(what, bad[i].what) == 0, "names \"%s\"", what);
		ok(p.n_sets == 77, "and leaves the output alone");
	}
}

static void test_limits(void)
{
	static char text[POLICY_MAX_BYTES + 2];
	struct wr w = wr_over(text, sizeof text);
	const char *what = "";
	struct policy p;

	wr_str(&w, "{\"version\":1,\"measurements\":[");
	for (int i = 0; i <= POLICY_MAX_SETS; i++)
		wr_fmt(&w, "%s{\"mrtd\":" MRTD "}", i > 0 ? "," : "");
	wr_str(&w, "]}");
	text[w.len] = '\0';
	is_err(parse(text, &p, &what), ERR_LIMIT, "one set too many");
	is_err(parse("{\"version\":1,\"xfam\":[\"0300000000000000\","
		     "\"0300000000000000\",\"0300000000000000\","
		     "\"0300000000000000\",\"0300000000000000\","
		     "\"0300000000000000\",\"0300000000000000\","
		     "\"0300000000000000\",\"0300000000000000\"]}",
		     &p, &what),
	       ERR_LIMIT, "one XFAM too many");
	memset(text, ' ', sizeof text - 1);
	is_err(parse(text, &p, &what), ERR_LIMIT, "a file too long");
}

int main(void)
{
	test_defaults();
	test_full();
	test_refusals();
	test_limits();
	return tap_done();
}
