/* A policy file: whatever it says, no policy allows a TD that its host can see.
 */
#include "measure/lib/policy.h"
#include "tests/fuzz/earned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct policy p;
	struct arena a = earned_arena(len, sizeof p);
	const char *what = NULL;
	enum err e = policy_parse(&a, (struct slice){ data, len }, &p, &what);

	must_be_earned(e, len);
	if (e != ERR_OK) {
		if (what == NULL)
			__builtin_trap();
		return 0;
	}
	if (p.n_sets > POLICY_MAX_SETS || p.n_xfam > POLICY_MAX_XFAM ||
	    (p.td_attributes_allowed & TD_ATTR_NEVER) != 0 ||
	    p.tcb_allowed[TCB_REVOKED] || p.tcb_allowed[TCB_NOT_SUPPORTED])
		__builtin_trap();
	for (size_t i = 0; i < p.n_sets; i++)
		if (p.rtmr_mode == ENFORCE_STRICT && !p.sets[i].has_rtmr[1])
			__builtin_trap(); /* any image would do */
	return 0;
}
