/* TCB info and QE identity, whichever the input is, and an evaluation with what
 * they say. */
#include "measure/lib/tcb.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void evaluate(const struct tcb_info *info, const struct qe_identity *id)
{
	struct tcb_platform platform = { { 1, 2, 3 }, 5 };
	struct quote_body body = { .type = QUOTE_BODY_TD15,
				   .tee_tcb_svn = { 3, 1, 2 },
				   .tee_tcb_svn2 = { 4, 0, 2 } };
	struct qe_report qe = { .isvsvn = 3 };
	struct tcb_state s;
	const char *what = "";

	tcb_evaluate(info, id, &platform, &body, qe.isvsvn, &s);
	if (s.status >= TCB_STATUS_COUNT ||
	    s.advisories.n >
		    sizeof s.advisories.id / sizeof s.advisories.id[0] ||
	    (tcb_module_check(info, &body, &what) != ERR_OK &&
	     what[0] == '\0') ||
	    (qe_identity_check(id, &qe, &what) != ERR_OK && what[0] == '\0'))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint8_t memory[1 << 20];
	struct arena a = arena_over(memory, sizeof memory);
	struct slice in = { data, len };
	struct qe_identity id = { 0 };
	struct tcb_info info = { 0 };
	const char *what = NULL;
	enum err e = tcb_info_parse(&a, in, &info, &what);

	if (e != ERR_OK && what == NULL)
		__builtin_trap();
	if (e != ERR_OK) {
		a.used = 0;
		e = qe_identity_parse(&a, in, &id, &what);
	}
	if (e == ERR_OK)
		evaluate(&info, &id);
	return 0;
}
