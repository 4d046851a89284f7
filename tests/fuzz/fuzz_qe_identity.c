/* A quoting enclave's identity, and enclaves judged by what it says. */
#include <string.h>

#include "measure/lib/tcb.h"
#include "tests/fuzz/earned.h"

enum {
	MAX_ADV = sizeof((struct tcb_advisories *)NULL)->id /
		  sizeof((struct tcb_advisories *)NULL)->id[0]
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The enclave that the identity describes passes, and another one's signer does
 * not. */
static void judge(const struct qe_identity *id)
{
	struct qe_report qe = { .isvprodid = id->isvprodid };
	const char *what = "";

	qe.miscselect = id->miscselect & id->miscselect_mask;
	for (size_t i = 0; i < sizeof qe.attributes; i++)
		qe.attributes[i] = id->attributes[i] & id->attributes_mask[i];
	memcpy(qe.mrsigner, id->mrsigner, sizeof qe.mrsigner);
	if (qe_identity_check(id, &qe, &what) != ERR_OK && what[0] == '\0')
		__builtin_trap();
	qe.mrsigner[31] ^= 1;
	if (qe_identity_check(id, &qe, &what) == ERR_OK || what[0] == '\0')
		__builtin_trap();
}

static void evaluate(const struct qe_identity *id)
{
	static const struct tcb_info no_levels = { 0 };
	static const struct tcb_platform platform = { { 1 }, 1 };
	static const struct quote_body body = { .type = QUOTE_BODY_TD10 };
	struct tcb_state s;

	for (unsigned svn = 0; svn < 12; svn++) {
		tcb_evaluate(&no_levels, id, &platform, &body, (uint16_t)svn,
			     &s);
		if (s.status >= TCB_STATUS_COUNT || s.advisories.n > MAX_ADV)
			__builtin_trap();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct arena a = earned_arena(len, 0);
	struct qe_identity id = { 0 };
	const char *what = NULL;
	enum err e =
		qe_identity_parse(&a, (struct slice){ data, len }, &id, &what);

	must_be_earned(e, len);
	if (e != ERR_OK) {
		if (what == NULL)
			__builtin_trap();
		return 0;
	}
	judge(&id);
	evaluate(&id);
	return 0;
}
