/* A policy file: whatever it says, no policy allows a TD that its host can see,
 * and what is accepted or refused can be told in one printable text. */
#include <string.h>

#include "measure/lib/policy.h"
#include "measure/lib/printable.h"
#include "tests/fuzz/earned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool good)
{
	if (!good)
		__builtin_trap();
}

static void must_be_safe(const struct policy *p)
{
	const uint64_t all =
		p->td_attributes_allowed | p->td_attributes_required;
	const char *what = "";

	must(p->n_sets <= POLICY_MAX_SETS && p->n_xfam <= POLICY_MAX_XFAM &&
	     p->n_references <= POLICY_MAX_REFERENCES &&
	     p->n_ppid <= POLICY_MAX_PLATFORMS &&
	     p->n_piid <= POLICY_MAX_PLATFORMS &&
	     p->n_mr_seam <= POLICY_MAX_SEAMS);
	must((all & TD_ATTR_NEVER) == 0 &&
	     (p->td_attributes_required & TD_ATTR_SEPT_VE_DISABLE) != 0);
	must(!p->tcb_allowed[TCB_REVOKED] &&
	     !p->tcb_allowed[TCB_NOT_SUPPORTED] &&
	     p->tcb_grace_days[TCB_REVOKED] == 0 &&
	     p->tcb_grace_days[TCB_NOT_SUPPORTED] == 0);
	for (size_t i = 0; i < p->n_sets; i++) /* or any image would do */
		must(p->rtmr_mode != ENFORCE_STRICT || p->sets[i].has_rtmr[1]);
	must(policy_rules_check(p, &what) == ERR_OK);
}

static void must_be_told(const struct policy *p)
{
	static char text[16 * 1024];
	struct policy_rule rule;
	struct wr w = wr_over(text, sizeof text);

	for (size_t i = 0; policy_rule_say(p, i, &w, &rule); i++) {
		must(wr_end(&w) == ERR_OK && w.len > 0);
		w = wr_over(text, sizeof text);
	}
	for (size_t i = 0, next; i < p->n_sets; i = next) {
		w = wr_over(text, sizeof text - 1);
		next = policy_image_say(p, i, &w);
		must(next > i && wr_end(&w) == ERR_OK);
		text[w.len] = '\0';
		must(strlen(text) == w.len && is_printable(text));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct policy p;
	struct arena a = earned_arena(len, 0);
	char line[POLICY_WHY];
	struct wr w = wr_over(line, sizeof line - 1);
	const char *what = NULL;
	enum err e = policy_parse(&a, (struct slice){ data, len }, &p, &what);

	/* more sets than a policy holds are no matter of memory */
	if (what == NULL || strcmp(what, "measurements") != 0)
		must_be_earned(e, len);
	if (e == ERR_OK) {
		must_be_safe(&p);
		must_be_told(&p);
		return 0;
	}
	must(what != NULL);
	policy_fault(&w, e, what);
	must(wr_end(&w) == ERR_OK && w.len > 0);
	line[w.len] = '\0';
	must(strlen(line) == w.len && is_printable(line));
	return 0;
}
