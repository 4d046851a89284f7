#include "measure/lib/policy.h"

void policy_init(struct policy *p)
{
	*p = (struct policy){
		.tcb_allowed = { [TCB_UP_TO_DATE] = true },
		/* x87, SSE, AVX, AVX-512, PKRU, AMX: Google's C3; and the same
		 * with CET. */
		.xfam = { UINT64_C(0x600e7), UINT64_C(0x618e7) },
		.n_xfam = 2,
		.td_attributes_required = TD_ATTR_SEPT_VE_DISABLE,
		.td_attributes_allowed =
			TD_ATTR_SEPT_VE_DISABLE | TD_ATTR_LASS | TD_ATTR_PKS,
		.tcb_mode = ENFORCE_STRICT,
		.rtmr_mode = ENFORCE_STRICT,
		.mr_seam_mode = ENFORCE_WARN,
		.simulated = true,
		.verifier = POLICY_DCAP,
	};
}

enum err policy_add(struct policy *p, const struct policy_set *set)
{
	if (p->n_sets == POLICY_MAX_SETS)
		return ERR_SPACE;
	p->sets[p->n_sets++] = *set;
	return ERR_OK;
}

bool policy_has_images(const struct policy *p)
{
	return p->n_sets > 0 || p->n_references > 0;
}

const char *enforce_name(enum enforce e)
{
	static const char *const names[] = {
		[ENFORCE_STRICT] = "strict",
		[ENFORCE_WARN] = "warn",
		[ENFORCE_DISABLED] = "disabled",
	};

	return names[e];
}

const char *policy_verifier_name(enum policy_verifier v)
{
	static const char *const names[] = {
		[POLICY_DCAP] = "dcap",
		[POLICY_ITA] = "ita",
		[POLICY_BOTH] = "both",
	};

	return names[v];
}
