/* TCB info, and an evaluation of some platforms with what it says. */
#include "measure/lib/tcb.h"
#include "tests/fuzz/earned.h"

enum {
	MAX_ADV = sizeof((struct tcb_advisories *)NULL)->id /
		  sizeof((struct tcb_advisories *)NULL)->id[0]
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* A platform whose every SVN is n. */
static void evaluate(const struct tcb_info *info, uint8_t n)
{
	static const struct qe_identity no_levels = { 0 };
	struct tcb_platform platform = { .pcesvn = n };
	struct quote_body body = { .type = QUOTE_BODY_TD15 };
	const char *what = "";
	struct tcb_state s;

	for (size_t i = 0; i < 16; i++)
		platform.sgx[i] = body.tee_tcb_svn[i] = body.tee_tcb_svn2[i] =
			n;
	body.tee_tcb_svn[1] = n & 3; /* the module's version */
	tcb_evaluate(info, &no_levels, &platform, &body, n, &s);
	if (s.status >= TCB_STATUS_COUNT || s.advisories.n > MAX_ADV ||
	    (tcb_module_check(info, &body, &what) != ERR_OK && what[0] == '\0'))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const uint8_t svns[] = { 0, 1, 2, 3, 5, 7, 11, 255 };
	struct arena a = earned_arena(len, 0);
	struct tcb_info info = { 0 };
	const char *what = NULL;
	enum err e =
		tcb_info_parse(&a, (struct slice){ data, len }, &info, &what);

	must_be_earned(e, len);
	if (e != ERR_OK) {
		if (what == NULL)
			__builtin_trap();
		return 0;
	}
	for (size_t i = 0; i < sizeof svns; i++)
		evaluate(&info, svns[i]);
	return 0;
}
